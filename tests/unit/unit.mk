# make unit                        builds the unit tests; tests/run unit runs them
# make unit SAN=memory CC=clang    for MemorySanitizer: is what is used written before?

# What those with a socket share.
$(UNIT_TESTS): $(BUILD)/tests/unit/peer.o
