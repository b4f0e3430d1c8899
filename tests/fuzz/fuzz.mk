# make fuzz SECONDS=60            looks for inputs that break something, that long for each target
# make fuzz SECONDS=60 ONLY=http  the same with one target, or several
# make fuzz-replay                runs the inputs in tests/fuzz/corpus; with any CC and SAN
#
# The same rules build both: fuzz-replay links a main() of its own, fuzz calls make again with
# libFuzzer in its place and with its instrumentation in all objects, which go to build/fuzz.

SECONDS ?= 60
FUZZ_CC ?= clang

FUZZ_TARGETS  := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_PROGRAMS := $(FUZZ_TARGETS:%=$(BUILD)/fuzz/%)
FUZZ_MODEL    := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/fuzz/model_*.c))
FUZZ_MAIN      = $(BUILD)/tests/fuzz/replay_main.o

FUZZ_SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
FUZZ_BUILD    := CC=$(FUZZ_CC) SAN= BUILD=build/fuzz CFLAGS='-O1 -g' HARDENING= HARDENING_LD= \
                 SANITIZE='$(FUZZ_SANITIZE) -fsanitize=fuzzer-no-link' \
                 FUZZ_MAIN= FUZZ_ENGINE=-fsanitize=fuzzer

.PHONY: fuzz-programs fuzz-build fuzz fuzz-replay fuzz-corpus
fuzz-programs: $(FUZZ_PROGRAMS)

# An archive, so that each target has in it what it tests and no more.
$(BUILD)/fuzz/tested.a: $(LESSON02_OBJECTS) $(FUZZ_MODEL)
	$(ARCHIVE)

# The grader is not what it grades: its target has nothing of the servers' protocol in it.
$(BUILD)/fuzz/grader.a: $$(filter-out %/main.o,$$(WSCHECK_OBJECTS)) $$(WSCHECK_SHARED)
	$(ARCHIVE)

$(FUZZ_PROGRAMS): LIBS = $(FUZZ_ENGINE)
$(FUZZ_PROGRAMS): $(BUILD)/fuzz/%: $(BUILD)/tests/fuzz/%.o $(FUZZ_MAIN) \
    $$(BUILD)/fuzz/$$(if $$(filter fuzz_wscheck,$$*),grader,tested).a
	$(LINK)

# fuzz_conn looks at what would be logged: there, write() in log.c is a function of its own.
$(BUILD)/fuzz/fuzz_conn: $(BUILD)/fuzz/log_caught.o
$(BUILD)/fuzz/log_caught.o: common/log.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call step,CC,$<)$(CC) $(ALL_CPPFLAGS) -Dwrite=fuzz_log_write $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

fuzz-build:
	@$(MAKE) -s $(FUZZ_BUILD) fuzz-programs

fuzz: fuzz-build
	@tests/fuzz/run.py fuzz build/fuzz/fuzz $(SECONDS) $(ONLY)

fuzz-replay: $(FUZZ_PROGRAMS)
	@tests/fuzz/run.py replay $(BUILD)/fuzz $(ONLY)

# Writes the hand-made part of the corpus anew.
fuzz-corpus:
	@tests/fuzz/make_corpus.py
