# make stall: what clients that never read cost the others, see measure_stall.py.

.PHONY: stall
stall: programs
	@SERVER_DIR=$(BUILD) tests/abuse/measure_stall.py $(if $(filter command%,$(origin ROUNDS)),--rounds $(ROUNDS))

# make heads: how soon a client gets in among ten thousand that never complete a request, see
# measure_heads.py.

.PHONY: heads
heads: programs
	@SERVER_DIR=$(BUILD) tests/abuse/measure_heads.py

# make flood: what one client that says more than others can take costs them, see measure_flood.py.

.PHONY: flood
flood: programs
	@SERVER_DIR=$(BUILD) tests/abuse/measure_flood.py $(if $(filter command%,$(origin ROUNDS)),--rounds $(ROUNDS))
