# make bench [SCENARIOS=echo64,pipe64] [ROUNDS=5] [SERVERS=raw,lesson]: how fast, against raw TCP and
# other servers, see tests/bench/bench.py. Another server: BENCH_PEER_name='command {port}'.
# make bench-curves measures how cost grows, and draws it.

# Boost is large, so tests/setup does not install it: apt-get install libboost-dev, or say where it is.
BOOST         ?= /usr/include
BOOST_FLAGS    = $(if $(filter-out /usr/include,$(BOOST)),-isystem $(BOOST))

BENCH_DIR     := tests/bench
BENCH_BUILD   := $(BUILD)/bench
BENCH_LOAD    := main ring client measure scenario_echo scenario_room scenario_connect scenario_idle
BENCH_PEERS   := $(shell pkg-config --exists libwebsockets 2>/dev/null && echo lws) \
                 $(if $(wildcard /usr/include/civetweb.h),civetweb) \
                 $(if $(wildcard $(BOOST)/boost/beast.hpp),beast)
BENCH_PROGRAMS = $(addprefix $(BENCH_BUILD)/,load raw_echo raw_room $(BENCH_PEERS))
BENCH_CFLAGS   = -std=c11 -D_GNU_SOURCE $(WARNINGS) -O2 -g -pthread

ROUNDS    ?= 5
SCENARIOS ?=
SERVERS   ?=
BENCH_ARGUMENTS = --build $(BUILD) --rounds $(ROUNDS) $(if $(SCENARIOS),--scenarios $(SCENARIOS)) \
                  $(if $(SERVERS),--servers $(SERVERS))

.PHONY: bench bench-curves bench-programs
bench: programs bench-programs
	@$(BENCH_DIR)/bench.py $(BENCH_ARGUMENTS)

bench-curves: programs bench-programs
	$(BENCH_DIR)/bench.py --build $(BUILD) --rounds $(ROUNDS) --servers raw,raw+,lesson --curves $(BENCH_DIR)/curves.json
	$(BENCH_DIR)/draw.py $(BENCH_DIR)/curves.json $(BENCH_DIR)/curves.svg

bench-programs: $(if $(filter Linux,$(SYSTEM)),$(BENCH_PROGRAMS))

$(BENCH_BUILD)/load: $(BENCH_LOAD:%=$(BENCH_DIR)/%.c) $(BENCH_DIR)/load.h $(BENCH_DIR)/ring.h
	@mkdir -p $(@D)
	$(call step,CC,$@)$(CC) $(BENCH_CFLAGS) -o $@ $(filter %.c,$^)

$(BENCH_BUILD)/raw_%: $(BENCH_DIR)/raw_%.c $(BENCH_DIR)/raw.c $(BENCH_DIR)/raw.h
	@mkdir -p $(@D)
	$(call step,CC,$@)$(CC) $(BENCH_CFLAGS) -o $@ $(filter %.c,$^)

# Other people's headers need not pass our warnings.
$(BENCH_BUILD)/lws: $(BENCH_DIR)/peers/lws.c
	@mkdir -p $(@D)
	$(call step,CC,$@)$(CC) -O2 -o $@ $< $(shell pkg-config --cflags --libs libwebsockets)

$(BENCH_BUILD)/civetweb: $(BENCH_DIR)/peers/civetweb.c
	@mkdir -p $(@D)
	$(call step,CC,$@)$(CC) -O2 -pthread -o $@ $< -lcivetweb

$(BENCH_BUILD)/beast: $(BENCH_DIR)/peers/beast.cpp
	@mkdir -p $(@D)
	$(call step,CXX,$@)$(CXX) -std=c++17 -O2 -pthread $(BOOST_FLAGS) -o $@ $<
