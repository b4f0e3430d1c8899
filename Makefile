# make               what there is to make
# make lesson01      builds a lesson and leaves it as ./server; lesson02, lesson03 likewise
#
# CC=clang, SAN=address, SAN=thread, SAN=undefined, SAN=memory: each combination has objects of its own.
# CFLAGS, CPPFLAGS, LDFLAGS are yours to set; what the code needs is added to them, and all is built
# anew when they change. V=1 shows the commands.

LESSONS  := lesson01 lesson02 lesson03
lesson01 := lesson01_handshake
lesson02 := lesson02_frames
lesson03 := lesson03_broadcast

# Dependencies run from right to left: a file uses only those before it, in its folder and in the
# folders before; tests/unit/test_layers.sh holds it to that. What is PURE only computes.
PURE     := http handshake frame utf8 utf8_blocks printable message wrap trace pcapng
COMMON   := $(PURE) language words net buffer terminal log options
LESSON01 := listener tracefile opening
LESSON02 := worker limiter logger places admission memory keepalive input observer ending closing conn loopback vote bench client process threads
LESSON03 := pace outbox members delivery room backpressure xray

# ------------------------------------------------------------------------------------- flags

CFLAGS  ?= -O2 -g
SAN     ?=
SYSTEM  := $(shell uname -s)

CRYPTO_CFLAGS := $(shell pkg-config --cflags libcrypto 2>/dev/null)
CRYPTO_LIBS   := $(shell pkg-config --libs libcrypto 2>/dev/null || echo -lcrypto)

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion
ALL_CFLAGS   = -std=c11 $(WARNINGS) -pthread $(HARDENING) $(SANITIZE) $(CFLAGS)
INCLUDES    := $(foreach f,common $(lesson01) $(lesson02) $(lesson03),-I$(f))
ALL_CPPFLAGS = -D_DEFAULT_SOURCE $(INCLUDES) $(SANITIZE_CPPFLAGS) $(CRYPTO_CFLAGS) $(CPPFLAGS)
ALL_LDFLAGS  = -pthread $(HARDENING_LD) $(SANITIZE) $(LDFLAGS)

ifeq ($(SAN),)
  # What a server that strangers talk to should be built with, whoever builds it.
  HARDENING    := -fPIE -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
  ifeq ($(SYSTEM),Linux)
    HARDENING_LD := -pie -Wl,-z,relro,-z,now
  endif
  VARIANT := plain
else
  SANITIZE := -fsanitize=$(SAN:address=address,undefined) -fno-omit-frame-pointer
  SANITIZE := $(SANITIZE) -fno-sanitize-recover=undefined
  SANITIZE_CPPFLAGS := -DWORKER_STACK=1048576 $(if $(filter memory,$(SAN)),-isystem tests/memory)
  VARIANT := $(SAN)
endif
# CC may be a path, or several words: clang, gcc_-m64, ccache_gcc.
ifneq ($(notdir $(CC)),cc)
  VARIANT := $(VARIANT)-$(shell printf %s '$(notdir $(CC))' | tr -c 'A-Za-z0-9.+-' _)
endif
BUILD := build/$(VARIANT)

# The flags of the last build. If they are others now, this file is made anew, and all that depends on it.
FLAGS = $(strip $(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) $(CRYPTO_LIBS))
ifneq ($(FLAGS),$(shell cat $(BUILD)/flags 2>/dev/null))
  .PHONY: $(BUILD)/flags
endif

# $(call step,CC,file) stands before a command and is shown in its place; with make -s, nothing is.
ifeq ($(V),1)
  quiet :=
  step  :=
else
  quiet := @
  step   = @$(if $(IS_SILENT),,echo '$(1) $(2)';)
endif
IS_SILENT := $(findstring s,$(firstword -$(MAKEFLAGS)))

# ------------------------------------------------------------------------------------- targets

.PHONY: help
help:
	@echo 'make lesson01        build lesson 1 and leave it as ./server (lesson02, lesson03 likewise)'
	@echo 'make check01         build lesson 1, grade it, and say what is wrong and why (check02, check03)'
	@echo 'make naive           the naive broadcast server of lesson 3, which freezes'
	@echo 'make challenge-a     build a challenge and leave it as ./server (a to f); make check-a grades it'
	@echo 'make check           how far all three lessons are'
	@echo 'make watch01         grade it again whenever a file is saved (watch02, watch03)'
	@echo 'make workbook        the course with its functions left to you, in workbook/'
	@echo 'make blank02         the task and an empty main(), for a server of your own in one file'
	@echo 'make check-blank02   build that file and grade it (blank03, check-blank03)'
	@echo 'make wscheck         the grader alone, for any server: ./wscheck --help'
	@echo 'make demo            a cast of clients comes to lesson 3, for a class to watch'
	@echo 'make test            build and run all tests'
	@echo 'make fuzz SECONDS=n  look for inputs that break something, so long for each target'
	@echo 'make soak MINUTES=n  chat and abuse at the same time'
	@echo 'make faults          let each system call fail in turn'
	@echo 'make stall           what clients that never read cost the others'
	@echo 'make heads           how soon one gets in among ten thousand silent ones'
	@echo 'make flood           what one who says more than others can take costs them'
	@echo 'make bench           how fast it is, against raw TCP and other servers'
	@echo 'make pictures        take the pictures of the README anew'
	@echo 'make clean           remove everything that was built'
	@echo
	@echo 'SAN=address|thread|undefined builds with a sanitizer, CC=clang with another compiler:'
	@echo 'make lesson03 SAN=thread CC=clang && ./server (SAN=memory needs clang)'
	@echo 'CFLAGS="-O0 -g" builds with other flags, V=1 shows the commands.'

# Moved into place whole, since the one that is there may be running.
leave = @cp $< $(BUILD)/$(1).new && mv -f $(BUILD)/$(1).new $(1)

.PHONY: $(LESSONS) naive
$(LESSONS) naive: %: $(BUILD)/%
	$(call leave,server)

# There is one ./server: goals that leave one do so in turn, with make -j too, and the last one stays.
ifneq ($(word 2,$(filter lesson% check0% naive challenge-% check-%,$(MAKECMDGOALS))),)
.NOTPARALLEL:
endif

# What each lesson and those before have made, as an archive: all but server.c, which has main(). The
# next lesson is linked with it, a challenge, and a server of your own.
COMMON_OBJECTS   := $(COMMON:%=$(BUILD)/common/%.o)
LESSON01_OBJECTS := $(LESSON01:%=$(BUILD)/$(lesson01)/%.o) $(COMMON_OBJECTS)
LESSON02_OBJECTS := $(LESSON02:%=$(BUILD)/$(lesson02)/%.o) $(LESSON01_OBJECTS)
LESSON03_OBJECTS := $(LESSON03:%=$(BUILD)/$(lesson03)/%.o) $(LESSON02_OBJECTS)

$(BUILD)/lesson01.a: $(LESSON01_OBJECTS)
$(BUILD)/lesson02.a: $(LESSON02_OBJECTS)
$(BUILD)/lesson03.a: $(LESSON03_OBJECTS)
$(LESSONS:%=$(BUILD)/%.a):
	$(ARCHIVE)

$(BUILD)/lesson01: $(BUILD)/$(lesson01)/server.o $(BUILD)/lesson01.a
$(BUILD)/lesson02: $(BUILD)/$(lesson02)/server.o $(BUILD)/lesson02.a
$(BUILD)/lesson03: $(BUILD)/$(lesson03)/server.o $(BUILD)/lesson03.a
$(BUILD)/naive:    $(BUILD)/$(lesson03)/naive.o  $(BUILD)/lesson03.a
$(LESSONS:%=$(BUILD)/%) $(BUILD)/naive:
	$(LINK)

# A challenge is one file, a_*.c to f_*.c, on what the lesson in whose folder it is has made.
CHALLENGE_SOURCES := $(wildcard lesson0*/challenges/?_*.c)
CHALLENGES        := $(notdir $(CHALLENGE_SOURCES:.c=))
CHALLENGE_TARGETS := $(foreach c,$(CHALLENGES),challenge-$(firstword $(subst _, ,$(c))))
challenge_named    = $(basename $(notdir $(wildcard lesson0*/challenges/$(1)_*.c)))

.SECONDEXPANSION:
.PHONY: $(CHALLENGE_TARGETS)
$(CHALLENGE_TARGETS): challenge-%: $(BUILD)/challenges/$$(call challenge_named,$$*)
	$(call leave,server)

$(BUILD)/challenges/%: $(BUILD)/$(lesson02)/challenges/%.o $(BUILD)/lesson02.a
	$(LINK)
$(BUILD)/challenges/%: $(BUILD)/$(lesson03)/challenges/%.o $(BUILD)/lesson03.a
	$(LINK)
$(CHALLENGE_SOURCES:%.c=$(BUILD)/%.o): $(BUILD)/$(lesson02)/challenges/challenge_page.h

# Only f needs hiredis; `programs` goes without it where that is not installed.
$(BUILD)/challenges/f_%: LIBS = $(shell pkg-config --libs hiredis 2>/dev/null || echo -lhiredis)
WITH_HIREDIS := $(shell pkg-config --exists hiredis && echo yes)

# ------------------------------------------------------------------------------------- commands

LIBS = # what a program needs besides libcrypto
define LINK
	@mkdir -p $(@D)
	$(call step,LD,$@)$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(CRYPTO_LIBS) $(LIBS)
endef

define ARCHIVE
	@mkdir -p $(@D)
	@rm -f $@
	$(call step,AR,$@)$(AR) rcs $@ $^
endef

# Where the pages of this folder are, those of lesson 2, and that of the challenges.
PAGES = -I$(BUILD)/$(*D) -I$(BUILD)/$(lesson02) -I$(BUILD)/$(lesson02)/challenges

$(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call step,CC,$<)$(CC) $(ALL_CPPFLAGS) $(PAGES) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/flags: Makefile
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(FLAGS))' >$@

# The pages go into the binary, so that they are there whatever directory the server is started in.
$(foreach l,$(LESSONS),$(BUILD)/$($(l))/server.o): $(BUILD)/%/server.o: $(BUILD)/%/page.h
$(BUILD)/$(lesson02)/server.o $(BUILD)/$(lesson03)/server.o: $(BUILD)/$(lesson02)/bench_page.h
$(BUILD)/$(lesson03)/server.o: $(BUILD)/$(lesson03)/xray_page.h
$(BUILD)/$(lesson03)/naive.o: $(BUILD)/$(lesson03)/page.h
$(BUILD)/%page.h: $(BUILD)/%page.html
	@{ echo 'static const unsigned char $(basename $(@F))_html[] = {'; \
	   od -An -v -tx1 $< | sed 's/ *\([0-9a-f][0-9a-f]\)/0x\1,/g'; \
	   echo '};'; } > $@

# A page is one file for the browser; what it has in common with others stands once, in common/page.
$(BUILD)/%page.html: %page.html $(wildcard common/page/*)
	@mkdir -p $(@D)
	@awk -f common/page/assemble.awk $< >$@.new && mv -f $@.new $@
.PRECIOUS: $(BUILD)/%page.html

# ------------------------------------------------------------------------------------- tests

UNIT_TESTS   := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/test_*.c))
UNIT_SCRIPTS := $(patsubst tests/unit/%,$(BUILD)/unit/%,$(wildcard tests/unit/test_*.sh))

.PHONY: programs unit test
programs: $(LESSONS:%=$(BUILD)/%) $(BUILD)/naive \
    $(patsubst %,$(BUILD)/challenges/%,$(if $(WITH_HIREDIS),$(CHALLENGES),$(filter-out f_%,$(CHALLENGES))))
unit: $(UNIT_TESTS) $(UNIT_SCRIPTS)

$(UNIT_TESTS): LIBS = -lcmocka
$(UNIT_TESTS): $(BUILD)/unit/%: $(BUILD)/tests/unit/%.o $(BUILD)/tests/unit/guard.o $(BUILD)/lesson03.a
	$(LINK)

$(UNIT_SCRIPTS): $(BUILD)/unit/%: tests/unit/%
	@mkdir -p $(@D)
	@cp $< $@ && chmod +x $@

# Everything is built three times: as it is used, and under the sanitizers that look for misuse of
# memory and for data races; the unit tests once more, to find what is used and was never written.
# tests/run runs it and counts.
test:
	@$(MAKE) -s -j2 SAN= programs unit wscheck-programs bench-programs blank-programs
	@$(MAKE) -s -j2 SAN=address programs unit fuzz-programs faults-programs wscheck-programs blank-programs
	@$(MAKE) -s -j2 SAN=thread programs blank-programs
	@$(MAKE) -s -j2 SAN=memory CC=clang unit
	@$(MAKE) -s -j2 fuzz-build
	@tests/run

include $(wildcard tests/*/*.mk)

.PHONY: clean
clean:
	rm -rf build server wscheck

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
