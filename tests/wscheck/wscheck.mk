# The grader, and the wrong servers that it is tested with. Included by the top Makefile, from which
# it takes CC, CFLAGS, CPPFLAGS, LDFLAGS and BUILD; objects go under $(BUILD)/wscheck.
#
#     make wscheck           leaves ./wscheck beside ./server
#     make wscheck-matrix    every known mistake must be found, with the right diagnosis
#
# It is built by itself: nothing of common/ is compiled, linked or included.

WSCHECK_DIR     := tests/wscheck
WSCHECK_BUILD   := $(or $(BUILD),build)/wscheck
WSCHECK_SOURCES := $(filter-out %/faulty.c,$(wildcard $(WSCHECK_DIR)/*.c))
WSCHECK_OBJECTS := $(WSCHECK_SOURCES:$(WSCHECK_DIR)/%.c=$(WSCHECK_BUILD)/%.o)
FAULTY_OBJECTS  := $(addprefix $(WSCHECK_BUILD)/,faulty.o bytes.o frame.o http.o wire.o)

WSCHECK_WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion
WSCHECK_CFLAGS    = -std=c11 $(WSCHECK_WARNINGS) -pthread $(CFLAGS)
WSCHECK_CPPFLAGS  = -D_DEFAULT_SOURCE $(CRYPTO_CFLAGS) $(CPPFLAGS)
WSCHECK_LIBS      = $(or $(CRYPTO_LIBS),-lcrypto)

.PHONY: wscheck wscheck-matrix
wscheck: $(WSCHECK_BUILD)/wscheck
	@rm -f wscheck
	@cp $< wscheck

wscheck-matrix: wscheck $(WSCHECK_BUILD)/faulty
	$(WSCHECK_DIR)/matrix.py --wscheck ./wscheck --faulty $(WSCHECK_BUILD)/faulty

$(WSCHECK_BUILD)/wscheck: $(WSCHECK_OBJECTS)
	$(CC) -pthread $(LDFLAGS) -o $@ $^ $(WSCHECK_LIBS)

$(WSCHECK_BUILD)/faulty: $(FAULTY_OBJECTS)
	$(CC) -pthread $(LDFLAGS) -o $@ $^ $(WSCHECK_LIBS)

$(WSCHECK_BUILD)/%.o: $(WSCHECK_DIR)/%.c $(WSCHECK_DIR)/wscheck.mk
	@mkdir -p $(@D)
	$(CC) $(WSCHECK_CPPFLAGS) $(WSCHECK_CFLAGS) -MMD -MP -c -o $@ $<

-include $(WSCHECK_OBJECTS:.o=.d) $(WSCHECK_BUILD)/faulty.d
