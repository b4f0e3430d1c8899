# make soak MINUTES=n: chat and abuse at the same time, see tests/soak/soak.py; with any CC and SAN.

MINUTES ?= 1

.PHONY: soak
soak: programs
	SERVER_DIR=$(BUILD) tests/soak/soak.py --minutes $(MINUTES) $(if $(SEED),--seed $(SEED))
