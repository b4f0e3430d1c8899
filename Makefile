# make               what there is to make
# make lesson01      builds a lesson and leaves it as ./server; lesson02, lesson03 likewise
#
# CC=clang, SAN=address, SAN=thread, SAN=undefined: each combination has objects of its own.
# CFLAGS, CPPFLAGS, LDFLAGS are yours to set; what the code needs is added to them.

LESSONS  := lesson01 lesson02 lesson03
lesson01 := lesson01_handshake
lesson02 := lesson02_frames
lesson03 := lesson03_broadcast

# One file a noun, and each may use only those before it; tests/unit/test_layers.sh holds it to that.
PURE     := http handshake frame utf8 message trace
COMMON   := $(PURE) net buffer log options opening outbox conn server

# ------------------------------------------------------------------------------------- flags

CFLAGS  ?= -O2 -g
SAN     ?=
SYSTEM  := $(shell uname -s)

CRYPTO_CFLAGS := $(shell pkg-config --cflags libcrypto 2>/dev/null)
CRYPTO_LIBS   := $(shell pkg-config --libs libcrypto 2>/dev/null || echo -lcrypto)

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion
ALL_CFLAGS   = -std=c11 $(WARNINGS) -pthread $(HARDENING) $(SANITIZE) $(CFLAGS)
ALL_CPPFLAGS = -D_DEFAULT_SOURCE -Icommon $(SANITIZE_CPPFLAGS) $(CRYPTO_CFLAGS) $(CPPFLAGS)
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
  SANITIZE_CPPFLAGS := -DWORKER_STACK=1048576
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

COMMON_OBJECTS := $(COMMON:%=$(BUILD)/common/%.o)

.SECONDEXPANSION:
LESSON_OBJECTS = $(patsubst %.c,$(BUILD)/%.o,$(wildcard $($(1))/*.c))
$(LESSONS:%=$(BUILD)/%): $(BUILD)/%: $$(call LESSON_OBJECTS,%) $(COMMON_OBJECTS)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(CRYPTO_LIBS)

# A challenge is one file, a_*.c to f_*.c, with what they share and lesson 3's room. Only f needs
# hiredis; `programs` goes without it where that is not installed.
CHALLENGE_DIR := $(lesson03)/challenges
CHALLENGES    := $(patsubst $(CHALLENGE_DIR)/%.c,%,$(wildcard $(CHALLENGE_DIR)/?_*.c))
challenge_of   = $(filter $(1)_%,$(CHALLENGES))
CHALLENGE_TARGETS := $(foreach c,$(CHALLENGES),challenge-$(firstword $(subst _, ,$(c))))

.PHONY: $(CHALLENGE_TARGETS)
$(CHALLENGE_TARGETS): challenge-%: $$(BUILD)/challenges/$$(call challenge_of,%)
	@rm -f server
	@cp $< server

$(CHALLENGES:%=$(BUILD)/challenges/%): $(BUILD)/challenges/%: $(BUILD)/$(CHALLENGE_DIR)/%.o \
    $(BUILD)/$(CHALLENGE_DIR)/lobby.o $(BUILD)/$(lesson03)/room.o $(COMMON_OBJECTS)
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(CRYPTO_LIBS) $(CHALLENGE_LIBS)
$(CHALLENGES:%=$(BUILD)/$(CHALLENGE_DIR)/%.o) $(BUILD)/$(CHALLENGE_DIR)/lobby.o: $(BUILD)/$(CHALLENGE_DIR)/page.h
$(BUILD)/challenges/f_%: CHALLENGE_LIBS = $(shell pkg-config --libs hiredis 2>/dev/null || echo -lhiredis)
WITH_HIREDIS := $(shell pkg-config --exists hiredis && echo yes)

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(ALL_CPPFLAGS) -I$(BUILD)/$(*D) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# The pages go into the binary, so that they are there whatever directory the server is started in.
$(foreach l,$(LESSONS),$(BUILD)/$($(l))/server.o): $(BUILD)/%/server.o: $(BUILD)/%/page.h
$(BUILD)/$(lesson03)/xray.o: $(BUILD)/$(lesson03)/xray_page.h
$(BUILD)/%page.h: %page.html
	@mkdir -p $(@D)
	@{ echo 'static const unsigned char $(basename $(@F))_html[] = {'; \
	   od -An -v -tx1 $< | sed 's/ *\([0-9a-f][0-9a-f]\)/0x\1,/g'; \
	   echo '};'; } > $@

# ------------------------------------------------------------------------------------- tests

UNIT_TESTS   := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/test_*.c))
UNIT_SCRIPTS := $(patsubst tests/unit/%,$(BUILD)/unit/%,$(wildcard tests/unit/test_*.sh))

.PHONY: programs unit test
programs: $(LESSONS:%=$(BUILD)/%) \
    $(patsubst %,$(BUILD)/challenges/%,$(if $(WITH_HIREDIS),$(CHALLENGES),$(filter-out f_%,$(CHALLENGES))))
unit: $(UNIT_TESTS) $(UNIT_SCRIPTS)

$(UNIT_TESTS): $(BUILD)/unit/%: $(BUILD)/tests/unit/%.o $(BUILD)/tests/unit/guard.o $(COMMON_OBJECTS)
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(CRYPTO_LIBS) -lcmocka

$(UNIT_SCRIPTS): $(BUILD)/unit/%: tests/unit/%
	@mkdir -p $(@D)
	@cp $< $@ && chmod +x $@

# Everything is built three times: as it is used, and under the sanitizers that look for misuse of
# memory and for data races. tests/run runs it and counts.
test:
	@$(MAKE) -s -j2 SAN= programs unit wscheck-programs bench-programs blank-programs
	@$(MAKE) -s -j2 SAN=address programs unit fuzz-programs faults-programs wscheck-programs blank-programs
	@$(MAKE) -s -j2 SAN=thread programs blank-programs
	@$(MAKE) -s -j2 fuzz-build
	@tests/run

include $(wildcard tests/*/*.mk)

.PHONY: clean
clean:
	rm -rf build server wscheck

-include $(shell find build -name '*.d' 2>/dev/null)
