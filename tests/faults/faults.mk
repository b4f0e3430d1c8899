# make faults          walks every fault through every lesson, in about two minutes
# make faults QUICK=1  each fault at some places only, in less than one
#
# The servers are those of the ordinary sanitizer build, linked once more with inject.c between them
# and the calls that can fail. Needs a linker that knows --wrap (GNU ld, gold, lld). The sanitizers must
# stay outside, in a library of their own, or their calls would fail too: gcc's are, clang's if told.

FAULTS_CALLS := socket bind listen getsockname getaddrinfo accept setsockopt getsockopt ioctl poll recv \
                send sendmsg shutdown close pipe open fcntl read write malloc calloc realloc free \
                pthread_create pthread_attr_init pthread_attr_setstacksize \
                pthread_attr_setdetachstate pthread_cond_wait pthread_cond_timedwait nanosleep localtime_r sysconf \
                getrlimit setrlimit EVP_Digest atexit _exit

$(BUILD)/faults/%: LIBS = $(FAULTS_CALLS:%=-Wl,--wrap=%) $(FAULTS_RUNTIME)
ifneq ($(findstring clang,$(CC)),)
  FAULTS_RUNTIME = -shared-libasan -Wl,-rpath,$(shell $(CC) -print-runtime-dir)
endif

.PHONY: faults faults-walk faults-programs
faults:
	@$(MAKE) -s SAN=address faults-walk
faults-walk: faults-programs
	@FAULTS_DIR=$(BUILD)/faults tests/faults/walk.py $(if $(QUICK),--quick)
faults-programs: $(LESSONS:%=$(BUILD)/faults/%)

$(LESSONS:%=$(BUILD)/faults/%): $(BUILD)/faults/%: $(BUILD)/$$($$*)/server.o \
                                       $(BUILD)/tests/faults/inject.o $(BUILD)/%.a
	$(LINK)
