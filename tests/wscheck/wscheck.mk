# The grader, and the wrong servers that it is tested with. Included by the top Makefile.
#
#     make wscheck           leaves ./wscheck beside ./server
#     make check01           builds lesson 1 as ./server and grades it; check02, check03 likewise, and once
#                            more with ThreadSanitizer (RACES=no: not)
#     make check             how far all three lessons are
#     make watch01           grades again whenever a file is saved; watch02, watch03 likewise
#     make wscheck-matrix    every known mistake must be found, with the right diagnosis
#     make wscheck-mutants   every small change to a function that an exercise leaves open must be found
#
# CHECK is handed to wscheck: make check02 CHECK='-k --strict'
#
# It shares nothing of the protocol with the servers, and so none of their mistakes.

WSCHECK_BUILD   := $(BUILD)/tests/wscheck
WSCHECK_SOURCES := $(filter-out %/faulty.c,$(wildcard tests/wscheck/*.c))
WSCHECK_OBJECTS := $(WSCHECK_SOURCES:%.c=$(BUILD)/%.o)
WSCHECK_SHARED  := $(addprefix $(BUILD)/common/,language.o printable.o terminal.o wrap.o)
FAULTY_OBJECTS  := $(addprefix $(WSCHECK_BUILD)/,faulty.o bytes.o frame.o http.o wire.o)

.PHONY: wscheck wscheck-programs wscheck-matrix wscheck-mutants
wscheck: $(WSCHECK_BUILD)/wscheck
	$(call leave,wscheck)

wscheck-programs: $(WSCHECK_BUILD)/wscheck $(WSCHECK_BUILD)/faulty

wscheck-matrix: wscheck-programs
	tests/wscheck/matrix.py --wscheck $(WSCHECK_BUILD)/wscheck --faulty $(WSCHECK_BUILD)/faulty

# A part of them: make wscheck-mutants MUTANTS='unmask utf8'
wscheck-mutants:
	@$(MAKE) -s SAN= CC=cc programs wscheck-programs
	@$(MAKE) -s SAN=address CC=cc programs
	@$(MAKE) -s SAN=thread CC=cc programs
	tests/wscheck/mutants.py $(MUTANTS)

$(WSCHECK_BUILD)/wscheck: $(WSCHECK_OBJECTS) $(WSCHECK_SHARED)
	$(LINK)

$(WSCHECK_BUILD)/faulty: $(FAULTY_OBJECTS)
	$(LINK)

# A student is shown the files of the lesson, and one line for the grader: when its folder is made.
$(sort $(WSCHECK_OBJECTS) $(FAULTY_OBJECTS)): $(WSCHECK_BUILD)/%.o: tests/wscheck/%.c \
    $(BUILD)/flags tests/wscheck/wscheck.mk | $(WSCHECK_BUILD)
	$(quiet)$(CC) -D_DEFAULT_SOURCE $(SANITIZE_CPPFLAGS) $(CRYPTO_CFLAGS) $(CPPFLAGS) \
	    $(ALL_CFLAGS) -MMD -MP -c -o $@ $<
$(WSCHECK_BUILD):
	$(call step,CC,tests/wscheck/*.c)mkdir -p $@

# ------------------------------------------------------------------------------------ grading

CHECKS := $(LESSONS:lesson%=check%)

.PHONY: check $(CHECKS)
$(CHECKS): check%: lesson% wscheck
	@./wscheck --lesson $(patsubst 0%,%,$*) --server ./server $(CHECK)
	$(if $(filter 01,$*)$(filter no,$(RACES)),,@CC='$(CC)' MAKE='$(MAKE)' tests/wscheck/once-more $* $(CHECK))

# Lessons 2 and 3 share memory between threads. What goes wrong with that shows in one run of a thousand,
# but ThreadSanitizer sees it in the first: once-more builds and grades them with it, where that can be.
RACES ?= $(if $(SAN),no,yes)
RACY  := $(LESSONS:lesson%=racy%)

.PHONY: $(RACY)
$(RACY): racy%: $(BUILD)/lesson%
	@echo $<

CHALLENGE_CHECKS := $(patsubst challenge-%,check-%,$(filter-out challenge-f,$(CHALLENGE_TARGETS)))

.PHONY: $(CHALLENGE_CHECKS)
$(CHALLENGE_CHECKS): check-%: challenge-% wscheck
	@./wscheck --challenge $* --server ./server $(CHECK)

check: programs wscheck
	@status=0; \
	for n in $(LESSONS:lesson0%=%); do \
	    ./wscheck --lesson $$n --server $(BUILD)/lesson0$$n --brief $(CHECK) || status=1; \
	done; \
	exit $$status

# A check may fail, and a file may not compile: it is waited for the next that is saved all the same.
# Make runs what has $(MAKE) in it with -n, too, which must come to an end.
WATCHES := $(LESSONS:lesson%=watch%)

.PHONY: $(WATCHES)
$(WATCHES): watch%:
	@mkdir -p build; \
	trap 'exit 0' INT TERM; \
	while $(if $(findstring n,$(firstword -$(MAKEFLAGS))),false,:); do \
	    touch build/$@; \
	    $(MAKE) -s check$* RACES=no; \
	    echo; echo "$(if $(CHINESE),保存文件，就会重新评分。按 Ctrl-C 结束。,Save a file and it is graded again. Ctrl-C ends.)"; \
	    until [ -n "$$(find Makefile common lesson0* -newer build/$@)" ]; do sleep 1; done; \
	done

# ------------------------------------------------------------------------------------ strangers

# A server made of libwebsockets, which may fail only what it breaks: see strangers/expected.txt.
wscheck-programs: $(WSCHECK_BUILD)/lws
$(WSCHECK_BUILD)/lws: tests/wscheck/strangers/lws.c
	@mkdir -p $(@D)
	$(call step,CC,$<)$(CC) -std=gnu11 $(WARNINGS) $(CFLAGS) $(CPPFLAGS) -o $@ $< $(LDFLAGS) -lwebsockets
