# make               what there is to make
# make lesson01      builds a lesson and leaves it as ./server; lesson02, lesson03 likewise
#
# CC=clang, SAN=address, SAN=thread, SAN=undefined, SAN=memory: each combination has objects of its own.
# CFLAGS, CPPFLAGS, LDFLAGS are yours to set; what the code needs is added to them.

LESSONS  := lesson01 lesson02 lesson03
lesson01 := lesson01_handshake
lesson02 := lesson02_frames
lesson03 := lesson03_broadcast

# Dependencies run from right to left: a file uses only those before it, in its folder and in the
# folders before; tests/unit/test_layers.sh holds it to that. What is PURE only computes.
PURE     := http handshake frame utf8 message trace
COMMON   := $(PURE) net buffer log options
LESSON01 := listener opening
LESSON02 := worker logger admission keepalive input observer ending conn client process threads
LESSON03 := outbox members room xray

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
  SANITIZE_CPPFLAGS := -DWORKER_STACK=1048576 $(if $(filter memory,$(SAN)),-include tests/unit/memory.h)
  VARIANT := $(SAN)
endif
ifneq ($(notdir $(CC)),cc)
  VARIANT := $(VARIANT)-$(notdir $(CC))
endif
BUILD := build/$(VARIANT)

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
	@echo 'make bench           how fast it is, against raw TCP and other servers'
	@echo 'make pictures        take the pictures of the README anew'
	@echo 'make clean           remove everything that was built'
	@echo
	@echo 'SAN=address|thread|undefined builds with a sanitizer, CC=clang with another compiler:'
	@echo 'make lesson03 SAN=thread CC=clang && ./server'

.PHONY: $(LESSONS)
$(LESSONS): %: $(BUILD)/%
	@rm -f server
	@cp $< server

# What each lesson has made, for the next to link: all of its folder but server.c, which has main().
COMMON_OBJECTS   := $(COMMON:%=$(BUILD)/common/%.o)
LESSON01_OBJECTS := $(LESSON01:%=$(BUILD)/$(lesson01)/%.o) $(COMMON_OBJECTS)
LESSON02_OBJECTS := $(LESSON02:%=$(BUILD)/$(lesson02)/%.o) $(LESSON01_OBJECTS)
LESSON03_OBJECTS := $(LESSON03:%=$(BUILD)/$(lesson03)/%.o) $(LESSON02_OBJECTS)

$(BUILD)/lesson01: $(BUILD)/$(lesson01)/server.o $(LESSON01_OBJECTS)
$(BUILD)/lesson02: $(BUILD)/$(lesson02)/server.o $(LESSON02_OBJECTS)
$(BUILD)/lesson03: $(BUILD)/$(lesson03)/server.o $(LESSON03_OBJECTS)
$(LESSONS:%=$(BUILD)/%):
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(CRYPTO_LIBS)

# The naive broadcast server of lesson 3, step 2: members.c without what makes it safe.
NAIVE_OBJECTS := $(BUILD)/$(lesson03)/naive.o $(BUILD)/$(lesson03)/members.o $(LESSON02_OBJECTS)

.PHONY: naive
naive: $(BUILD)/naive
	@rm -f server
	@cp $< server
$(BUILD)/naive: $(NAIVE_OBJECTS)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(CRYPTO_LIBS)
$(BUILD)/$(lesson03)/naive.o: $(BUILD)/$(lesson03)/page.h

# A challenge is one file, a_*.c to f_*.c, on what its lesson and those before have made. Only f needs
# hiredis; `programs` goes without it where that is not installed.
CHALLENGE_SOURCES := $(wildcard lesson0*/challenges/?_*.c)
CHALLENGES        := $(notdir $(CHALLENGE_SOURCES:.c=))
challenge_of       = $(filter $(1)_%,$(CHALLENGES))
CHALLENGE_TARGETS := $(foreach c,$(CHALLENGES),challenge-$(firstword $(subst _, ,$(c))))
challenge_object   = $(BUILD)/$(filter %/$(1).o,$(CHALLENGE_SOURCES:.c=.o))

.SECONDEXPANSION:
.PHONY: $(CHALLENGE_TARGETS)
$(CHALLENGE_TARGETS): challenge-%: $$(BUILD)/challenges/$$(call challenge_of,%)
	@rm -f server
	@cp $< server

$(filter $(BUILD)/challenges/a_% $(BUILD)/challenges/d_% $(BUILD)/challenges/e_%, \
    $(CHALLENGES:%=$(BUILD)/challenges/%)): $(LESSON02_OBJECTS)
$(filter $(BUILD)/challenges/b_% $(BUILD)/challenges/c_% $(BUILD)/challenges/f_%, \
    $(CHALLENGES:%=$(BUILD)/challenges/%)): $(LESSON03_OBJECTS)
$(CHALLENGES:%=$(BUILD)/challenges/%): $(BUILD)/challenges/%: $$(call challenge_object,%)
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(CRYPTO_LIBS) $(CHALLENGE_LIBS)
$(CHALLENGE_SOURCES:%.c=$(BUILD)/%.o): $(BUILD)/$(lesson02)/challenges/challenge_page.h
$(BUILD)/challenges/f_%: CHALLENGE_LIBS = $(shell pkg-config --libs hiredis 2>/dev/null || echo -lhiredis)
WITH_HIREDIS := $(shell pkg-config --exists hiredis && echo yes)

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(ALL_CPPFLAGS) -I$(BUILD)/$(*D) -I$(BUILD)/$(lesson02)/challenges $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# The pages go into the binary, so that they are there whatever directory the server is started in.
$(foreach l,$(LESSONS),$(BUILD)/$($(l))/server.o): $(BUILD)/%/server.o: $(BUILD)/%/page.h
$(BUILD)/$(lesson03)/server.o: $(BUILD)/$(lesson03)/xray_page.h
$(BUILD)/%page.h: %page.html
	@mkdir -p $(@D)
	@{ echo 'static const unsigned char $(basename $(@F))_html[] = {'; \
	   od -An -v -tx1 $< | sed 's/ *\([0-9a-f][0-9a-f]\)/0x\1,/g'; \
	   echo '};'; } > $@

# ------------------------------------------------------------------------------------- tests

UNIT_TESTS   := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/test_*.c))
UNIT_SCRIPTS := $(patsubst tests/unit/%,$(BUILD)/unit/%,$(wildcard tests/unit/test_*.sh))

.PHONY: programs unit test
programs: $(LESSONS:%=$(BUILD)/%) $(BUILD)/naive \
    $(patsubst %,$(BUILD)/challenges/%,$(if $(WITH_HIREDIS),$(CHALLENGES),$(filter-out f_%,$(CHALLENGES))))
unit: $(UNIT_TESTS) $(UNIT_SCRIPTS)

$(UNIT_TESTS): $(BUILD)/unit/%: $(BUILD)/tests/unit/%.o $(BUILD)/tests/unit/guard.o $(LESSON03_OBJECTS)
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(CRYPTO_LIBS) -lcmocka

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

-include $(shell find build -name '*.d' 2>/dev/null)
