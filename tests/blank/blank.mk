# From a blank file: one file for the student, graded like a lesson. Included by the top Makefile.
#
#     make blank02           blank02.c, with the task; blank03 likewise; FORCE=1 keeps what is there
#     make check-blank02     builds it as ./server and grades it; CHECK='-k --strict' as for check02
#
# The model answers stand beside the tasks, in lesson02_frames/blank and lesson03_broadcast/blank, and
# are built and graded by tests/blank. Nothing of common/ is compiled, linked or included.

BLANKS        := blank02 blank03
BLANK_ANSWERS := $(BLANKS:%=$(BUILD)/blank/%)
blank_dir      = $($(1:blank%=lesson%))/blank
BLANK_BUILD    = $(call step,CC,$<)$(CC) -D_DEFAULT_SOURCE $(SANITIZE_CPPFLAGS) $(CRYPTO_CFLAGS) $(CPPFLAGS) \
                 $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(CRYPTO_LIBS)

# What needs more than a WebSocket server: GET /status, and --max-clients; in lesson 2 also --ping-interval, and
# a goodbye when it stops; in lesson 3, --max-message. They are not asked for.
BLANK_EXCEPT_blank02 := --except threads-full --except close-awaits-answer --except fragment-own-time --except fragment-endless
BLANK_EXCEPT_blank03 := --except join-status --except slow-counted --except threads-full --except slow-catches-up-one

.PHONY: $(BLANKS) $(BLANKS:%=check-%) blank-programs
$(BLANKS):
	@FORCE=$(FORCE) tests/blank/lay-out $(call blank_dir,$@)/task.c $@.c

$(BLANKS:%=check-%): check-%: $(BUILD)/blank/own-% wscheck
	$(call leave,server)
	@./wscheck --lesson $(patsubst blank0%,%,$*) --server ./server $(BLANK_EXCEPT_$*) $(CHECK)

$(BLANKS:%=$(BUILD)/blank/own-%): $(BUILD)/blank/own-%: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(BLANK_BUILD)

blank-programs: $(BLANK_ANSWERS)
$(BLANK_ANSWERS): $(BUILD)/blank/%: $$(call blank_dir,%)/answer.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(BLANK_BUILD)

# It is not there yet: say how it comes.
$(BLANKS:%=%.c):
	@echo '$(if $(CHINESE),还没有 $@：请先运行,There is no $@ yet:) make $(@:.c=)' >&2; exit 1
