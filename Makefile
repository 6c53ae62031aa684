# sluice: one plain GNU Makefile (docs/adr/0012 says why).
#
# Sources are found, not listed: a new .c file in a known folder is built by the next `make`.
# Every object depends on its headers (-MMD), on the compiler's command line ($(BUILD)/flags),
# and every archive on the list of its members, so that nothing stale survives an edit, a
# changed flag or a deleted file. Folders that do not exist yet are simply empty.
#
# Variables:  BUILD=dir  CC=gcc|clang  SAN=1 (ASan, UBSan, DCHECK)  CFLAGS  LDFLAGS

MAKEFLAGS += --no-builtin-rules --no-print-directory
.DELETE_ON_ERROR:
.SECONDARY:
.DEFAULT_GOAL := all
SHELL := /bin/sh

BUILD ?= build
ifeq ($(origin CC),default)
CC := gcc
endif
AR := ar
PYTHON ?= python3
# What is only judged, and not measured, is compiled in half of the time.
CFLAGS ?= $(if $(NM),-O1,$(if $(SAN),-O1 -g1,-O2 -g))
UNIT_CFLAGS := $(if $(filter file,$(origin CFLAGS)),-O1)
JOBS ?= 2

# What to run: how many simulations, from which seed (0 draws one), which tests, how long.
SEEDS ?= 20
SEED ?=
K ?=
T ?=
S ?= 60
FUZZ_SHORT_S ?= 3
INTEROP_LIMIT_S ?= 300
ROUTING_LIMIT_S ?= 1200
INTEROP_JOBS ?= 1
SHARE ?= 1

# ---- flags -----------------------------------------------------------------------------------

WARN := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Werror
BASE_FLAGS := -std=c11 -Isrc -Iinclude -DDCHECK_ON=$(if $(SAN)$(FUZZ)$(COV),1,0) $(WARN)
LINK_FLAGS :=

ifneq ($(COV),)
BASE_FLAGS += --coverage -fprofile-update=atomic
LINK_FLAGS += --coverage
else ifneq ($(NM),)
# What nm_gate reads: nothing here may call for a helper of its own.
BASE_FLAGS += -fno-stack-protector -U_FORTIFY_SOURCE -fno-pie
else ifneq ($(SAN)$(FUZZ),)
# Warnings are judged in the plain builds: instrumented code confuses gcc's flow analysis.
BASE_FLAGS += -Wno-error -fsanitize=address,undefined -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer
LINK_FLAGS += -fsanitize=address,undefined
else
BASE_FLAGS += -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fPIE
LINK_FLAGS += -pie -Wl,-z,relro,-z,now
endif
IGNORED :=
ifneq ($(FUZZ),)
BASE_FLAGS += -fsanitize=fuzzer-no-link -fsanitize-coverage-ignorelist=test/fuzz/coverage.ignore
IGNORED := $(shell cksum <test/fuzz/coverage.ignore)
endif

# Only the program, its host half and the tests see an operating system.
HOST_FLAGS := $(BASE_FLAGS) -D_GNU_SOURCE
TEST_FLAGS := $(HOST_FLAGS) -Itest

PKGS := libevent jansson libmnl libnftnl libpcap libxdp libbpf yaml-0.1 libcap-ng libseccomp ncurses
PKG_LIBS := $(shell pkg-config --libs $(PKGS) 2>/dev/null)
ifeq ($(PKG_LIBS),)
PKG_LIBS := -levent -ljansson -lmnl -lnftnl -lpcap -lxdp -lbpf -lyaml -lcap-ng -lseccomp -lncurses -ltinfo
endif
HOST_LIBS := -Wl,--as-needed $(PKG_LIBS) -lm -pthread

# ---- what there is ---------------------------------------------------------------------------

find_c = $(shell find $(1) -name '*.c' 2>/dev/null | LC_ALL=C sort)
tests_in = $(foreach f,$(1),$(if $(filter test_%,$(notdir $(f))),$(f)))
obj = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))

CORE_SRC := $(call find_c,src/core)
DRY_SRC := $(call find_c,src/host/dry)
HOST_SRC := $(filter-out $(DRY_SRC),$(call find_c,src/host src/tool))
PROG_MAIN_SRC := $(wildcard src/prog/sluice.c)
PROG_SRC := $(filter-out $(PROG_MAIN_SRC),$(call find_c,src/prog))
FAKE_SRC := $(call find_c,test/fake)
UNIT_SRC := $(call tests_in,$(call find_c,test/unit))
SIM_ALL := $(call find_c,test/model test/sim test/diff)
SIM_TEST_SRC := $(call tests_in,$(SIM_ALL))
SIM_MAIN_SRC := $(filter test/sim/sim_main.c,$(SIM_ALL))
SIM_SRC := $(filter-out $(SIM_TEST_SRC) $(SIM_MAIN_SRC),$(SIM_ALL))
BENCH_SRC := $(filter-out test/bench/bench_lwip.c,$(wildcard test/bench/bench_*.c))
INTEROP_SRC := $(wildcard test/interop/*.c)
FUZZ_SRC := $(wildcard test/fuzz/fuzz_*.c)
STEP_SRC := test/script/reader.c $(wildcard test/script/step*.c)
SCRIPT_SRC := $(filter-out $(wildcard test/script/step*.c),$(wildcard test/script/*.c))
STEPS := $(sort $(wildcard test/script/*/*.step))
SCRIPTS := $(sort $(wildcard test/script/tcp/*.pkt))
SOCK_SRC := test/script/world.c $(wildcard test/script/sock*.c)
DRILL_CORE := $(foreach d,base wire crypto pkt tcp,$(wildcard src/core/$(d)/*.c))
DRILL_SRC := $(DRILL_CORE) $(SOCK_SRC) $(wildcard test/packetdrill/*.c) test/fake/check_failed.c
EXAMPLE_SRC := $(filter-out examples/embed.c,$(wildcard examples/*.c))

CORE_LIB := $(BUILD)/libsluice-core.a
HOST_LIB := $(BUILD)/libsluice-host.a
DRY_LIB := $(BUILD)/libsluice-dry.a
DRILL_LIB := $(BUILD)/libsluice-packetdrill.so
PROG_LIB := $(BUILD)/libsluice-prog.a
FAKE_LIB := $(BUILD)/libfake.a
SIM_LIB := $(BUILD)/libsim.a
LIBS := $(CORE_LIB) $(DRY_LIB) $(HOST_LIB)
TEST_LIBS := $(FAKE_LIB) $(SIM_LIB) $(PROG_LIB) $(HOST_LIB) $(DRY_LIB) $(CORE_LIB)

SLUICE := $(if $(PROG_MAIN_SRC),$(BUILD)/sluice)
SIM := $(if $(SIM_MAIN_SRC),$(BUILD)/sim)
UNIT_BIN := $(patsubst test/%.c,$(BUILD)/test/%,$(UNIT_SRC))
SIM_TEST_BIN := $(patsubst test/%.c,$(BUILD)/test/%,$(SIM_TEST_SRC))
BENCH_BIN := $(patsubst test/bench/%.c,$(BUILD)/%,$(BENCH_SRC))
INTEROP_BIN := $(patsubst test/interop/%.c,$(BUILD)/interop/bin/%,$(INTEROP_SRC))
FUZZ_BIN := $(patsubst test/fuzz/%.c,$(BUILD)/%,$(FUZZ_SRC))
EXAMPLE_BIN := $(patsubst examples/%.c,$(BUILD)/examples/%,$(EXAMPLE_SRC))

# ---- building --------------------------------------------------------------------------------

.PHONY: all tests core-lib examples
core-lib: $(CORE_LIB)
all: $(LIBS) $(SLUICE) ## build the program and its libraries
examples: $(EXAMPLE_BIN) ## build programs that have the engine inside
tests: all $(UNIT_BIN) $(SIM_TEST_BIN) $(SIM) $(BUILD)/script $(BUILD)/steps $(BENCH_BIN) $(DRILL_LIB) $(INTEROP_BIN) $(EXAMPLE_BIN) ## build every test program

.PHONY: judged
judged: $(UNIT_BIN) $(SIM_TEST_BIN) $(SIM)

# Warnings come from the front end: no code has to be made to see them.
READ_SRC := $(CORE_SRC) $(DRY_SRC) $(HOST_SRC) $(PROG_SRC) $(PROG_MAIN_SRC) $(FAKE_SRC) $(UNIT_SRC) $(SIM_ALL) \
	$(BENCH_SRC) $(INTEROP_SRC) $(FUZZ_SRC) $(SCRIPT_SRC) $(filter-out $(SCRIPT_SRC),$(STEP_SRC)) $(EXAMPLE_SRC) examples/embed.c
.PHONY: warnings read
read: $(call obj,$(READ_SRC))
warnings: ## what a compiler has to say of every source, without making code: CC=clang
	@$(MAKE) SYNTAX=1 BUILD=$(BUILD)/read-$(notdir $(firstword $(CC))) read

.PHONY: FORCE
FORCE:

# $(call keep,text): write text to $@ only when it differs, so that its age tells of a change.
keep = @mkdir -p $(@D); printf '%s\n' '$(1)' | cmp -s - $@ || printf '%s\n' '$(1)' >$@

$(BUILD)/flags: FORCE
	$(call keep,$(CC) $(CFLAGS) $(UNIT_CFLAGS) $(TEST_FLAGS) $(LDFLAGS) $(LINK_FLAGS) $(IGNORED))
$(BUILD)/core.list: FORCE
	$(call keep,$(CORE_SRC))
$(BUILD)/host.list: FORCE
	$(call keep,$(HOST_SRC))
$(BUILD)/prog.list: FORCE
	$(call keep,$(PROG_SRC))
$(BUILD)/fake.list: FORCE
	$(call keep,$(FAKE_SRC))
$(BUILD)/sim.list: FORCE
	$(call keep,$(SIM_SRC))

ifeq ($(SYNTAX),)
compile = @mkdir -p $(@D); echo "  CC    $<"; \
	$(CC) $(1) $(CFLAGS) $(2) -MMD -MP -MF $(@:.o=.d) -c $< -o $@
else
compile = @mkdir -p $(@D); echo "  READ  $<"; \
	$(CC) $(1) $(CFLAGS) -MMD -MP -MF $(@:.o=.d) -MT $@ -fsyntax-only $< && touch $@
endif
archive = @mkdir -p $(@D); echo "  AR    $@"; rm -f $@; $(AR) rcsD $@ $(filter %.o,$^)
link = @mkdir -p $(@D); echo "  LINK  $@"; \
	$(CC) $(CFLAGS) $(LINK_FLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) \
	-Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(1)

$(BUILD)/obj/src/core/%.o: src/core/%.c $(BUILD)/flags
	$(call compile,$(BASE_FLAGS))
$(BUILD)/obj/src/%.o: src/%.c $(BUILD)/flags
	$(call compile,$(HOST_FLAGS))
$(BUILD)/obj/test/unit/%.o: test/unit/%.c $(BUILD)/flags
	$(call compile,$(TEST_FLAGS),$(UNIT_CFLAGS))
$(BUILD)/obj/test/%.o: test/%.c $(BUILD)/flags
	$(call compile,$(TEST_FLAGS))
$(BUILD)/obj/examples/%.o: examples/%.c $(BUILD)/flags
	$(call compile,$(HOST_FLAGS))

ifneq ($(FUZZ),)
# Tables and the road compare counts and times, and what a packet says with what an earlier one
# said. To tell libFuzzer of each of these takes a third of its time and shows it no new input; it
# still hears of every branch that is taken.
UNCOMPARED := src/core/path src/core/engine src/core/ct src/core/nat test/model test/sim test/fake
$(UNCOMPARED:%=$(BUILD)/obj/%/%.o): BASE_FLAGS += -fno-sanitize-coverage=trace-cmp
$(UNCOMPARED:%=$(BUILD)/obj/%/%.o): TEST_FLAGS += -fno-sanitize-coverage=trace-cmp
endif
# The core a second time, for dry runs (docs/adr/0022): its stores are reported, its copies and
# fills are calls, and of all its names the link leaves those of include/sluice/explain.h.
DRY_FLAGS := -std=c11 -Isrc -Iinclude -DDCHECK_ON=0 $(WARN) -O1 -g -fno-builtin -fPIE \
	-fno-stack-protector -U_FORTIFY_SOURCE
DRY_OBJ := $(patsubst %.c,$(BUILD)/dry/%.o,$(CORE_SRC))
DRY_CALLS := memcpy memmove memset
DRY_FACE := explainer_new explainer_del sluice_explain

$(BUILD)/dry/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D); echo "  CC    $< (dry)"
	@$(CC) $(DRY_FLAGS) -fsanitize=thread -MMD -MP -MF $(@:.o=.d) -c $< -o $@
	@objcopy $(foreach f,$(DRY_CALLS),--redefine-sym $(f)=dry_$(f)) $@
$(BUILD)/obj/src/host/dry/%.o: src/host/dry/%.c $(BUILD)/flags
	$(call compile,$(DRY_FLAGS) -D_GNU_SOURCE)
$(BUILD)/dry/all.o: $(DRY_OBJ) $(call obj,$(DRY_SRC)) $(BUILD)/core.list
	@echo "  LD    $@"
	@ld -r -o $@ $(filter %.o,$^)
	@objcopy $(foreach f,$(DRY_FACE),--keep-global-symbol=$(f)) $@
$(DRY_LIB): $(BUILD)/dry/all.o
	$(archive)

# TCP a third time, for packetdrill: a shared object that shows one name. What lies above TCP stays
# out: the sockets over it are those of test/script, which have the names of the core's.
DRILL_OBJ := $(patsubst %.c,$(BUILD)/packetdrill/%.o,$(DRILL_SRC))
DRILL_FLAGS = $(filter-out -fPIE,$(TEST_FLAGS)) -fPIC -fvisibility=hidden

$(BUILD)/packetdrill/%.o: %.c $(BUILD)/flags
	$(call compile,$(DRILL_FLAGS))
$(DRILL_LIB): $(DRILL_OBJ)
	@echo "  LINK  $@"
	@$(CC) -shared $(CFLAGS) $(LDFLAGS) -o $@ $^ -pthread

$(CORE_LIB): $(call obj,$(CORE_SRC)) $(BUILD)/core.list
	$(archive)
$(HOST_LIB): $(call obj,$(HOST_SRC)) $(BUILD)/host.list
	$(archive)
$(FAKE_LIB): $(call obj,$(FAKE_SRC)) $(BUILD)/fake.list
	$(archive)
$(SIM_LIB): $(call obj,$(SIM_SRC)) $(BUILD)/sim.list
	$(archive)

$(PROG_LIB): $(call obj,$(PROG_SRC)) $(BUILD)/prog.list
	$(archive)
$(BUILD)/sluice: $(call obj,$(PROG_MAIN_SRC)) $(PROG_LIB) $(HOST_LIB) $(DRY_LIB) $(CORE_LIB)
	$(call link,$(HOST_LIBS))
$(BUILD)/sim: $(call obj,$(SIM_MAIN_SRC)) $(TEST_LIBS)
	$(call link,$(HOST_LIBS))
$(UNIT_BIN) $(SIM_TEST_BIN): $(BUILD)/test/%: $(BUILD)/obj/test/%.o $(TEST_LIBS)
	$(call link,-lcmocka $(HOST_LIBS))
$(BENCH_BIN): $(BUILD)/%: $(BUILD)/obj/test/bench/%.o $(TEST_LIBS)
	$(call link,$(HOST_LIBS))
$(INTEROP_BIN): $(BUILD)/interop/bin/%: $(BUILD)/obj/test/interop/%.o $(TEST_LIBS)
	$(call link,$(HOST_LIBS))
$(BUILD)/script: $(call obj,$(SCRIPT_SRC)) $(BUILD)/obj/test/fake/check_failed.o $(CORE_LIB)
	$(call link)
$(BUILD)/steps: $(call obj,$(STEP_SRC)) $(TEST_LIBS)
	$(call link,$(HOST_LIBS))
# Nothing of the host half: the core and libevent are all that they stand on.
$(EXAMPLE_BIN): $(BUILD)/examples/%: $(BUILD)/obj/examples/%.o $(BUILD)/obj/examples/embed.o $(CORE_LIB)
	$(call link,-levent)
$(FUZZ_BIN): $(BUILD)/%: $(BUILD)/obj/test/fuzz/%.o $(TEST_LIBS)
	$(call link,-fsanitize=fuzzer $(HOST_LIBS))

ifneq ($(wildcard $(BUILD)/obj),)
-include $(shell find $(BUILD)/obj $(BUILD)/dry $(BUILD)/packetdrill -name '*.d' 2>/dev/null)
endif

# ---- tests -----------------------------------------------------------------------------------

RUN := $(PYTHON) tools/run_tests.py
SIM_ARGS = --seeds $(SEEDS) $(if $(SEED),--seed $(SEED))

.PHONY: test unit script sim-test sim sim-short tcp-grid tcp-short asan tidy nm-gate tool-test
.PHONY: mutate check
test: tidy unit script sim-short ## tidy, unit tests, dialogues, twenty simulations; needs no root
unit: $(UNIT_BIN) ## unit tests (K=part of a name)
	@$(RUN) --cmocka --jobs $(JOBS) --only '$(K)' --logs $(BUILD)/log/unit $(UNIT_BIN)
having = $(if $(K),$(foreach f,$(1),$(if $(findstring $(K),$(f)),$(f))),$(1))
script: $(BUILD)/script $(BUILD)/steps ## dialogues with the TCP of the core, step tests of the routing protocols (K=part of a name)
	@$(BUILD)/script $(call having,$(SCRIPTS))
	@$(BUILD)/steps $(call having,$(STEPS))
	@test/script/test_steps.sh $(BUILD)/steps $(call having,$(STEPS))
sim-test: $(SIM_TEST_BIN)
	@$(RUN) --cmocka --jobs $(JOBS) --only '$(K)' --logs $(BUILD)/log/sim $(SIM_TEST_BIN)
sim: $(SIM) ## simulations: SEEDS=how many, SEED=the first (0 draws one)
	@$(if $(SIM),$(SIM) $(SIM_ARGS),echo "no simulator: test/sim/sim_main.c is missing")
# The seeds in two halves beside each other; both say how many passed.
HALF = $(shell expr $(SEEDS) / 2)
sim-short: sim-test $(SIM)
	@$(SIM) --seeds $(HALF) --seed $(or $(SEED),1) & \
	$(SIM) --seeds $$(($(SEEDS) - $(HALF))) --seed $$(($(or $(SEED),1) + $(HALF))); second=$$?; \
	wait $$! && exit $$second
tcp-grid: $(BUILD)/test/sim/test_tcp_grid ## congestion control on links of every kind beside test/golden (UPDATE=1 writes it anew; GRID_SEEDS=n: other seeds, floors alone)
	@$<
tcp-short: $(addprefix $(BUILD)/test/sim/,test_tcp_short test_sock_short) ## a million short connections between two stacks, and between sockets
	@for t in $^; do CONNECTIONS=1000000 $$t || exit 1; done
asan: ## unit tests and simulations under ASan and UBSan
	@$(MAKE) -j$(JOBS) SAN=1 BUILD=$(BUILD)/asan judged
	@$(MAKE) SAN=1 BUILD=$(BUILD)/asan unit
	@$(MAKE) SAN=1 BUILD=$(BUILD)/asan sim-short
tidy: ## the rules of the house, as a test
	@$(PYTHON) tools/tidy.py
nm-gate: ## the core asks for nothing from outside
	@$(MAKE) -j$(JOBS) NM=1 BUILD=$(BUILD)/nm core-lib
	@$(PYTHON) tools/nm_gate.py $(BUILD)/nm/libsluice-core.a
tool-test: ## tests of the tools themselves
	@$(PYTHON) tools/test_tidy.py
	@$(PYTHON) tools/test_tools.py
mutate: tests ## plant faults in a copy of the tree; each must be caught (K=part of a name)
	@$(PYTHON) tools/mutate.py --build $(BUILD) --jobs $(JOBS) --only '$(K)' --share $(SHARE)
check: ## everything that ./check runs
	@$(PYTHON) tools/check.py --build $(BUILD) --jobs $(JOBS)

# google/packetdrill and its scripts, from anywhere: docs/packetdrill.md.
TOOL ?=
SUITE ?=
.PHONY: packetdrill
packetdrill: $(DRILL_LIB) ## packetdrill's scripts against the TCP of the core: TOOL=path/packetdrill SUITE=path/tcp K=part of a name
	@test -n '$(TOOL)' -a -n '$(SUITE)' || { echo 'which? TOOL=path/packetdrill SUITE=path/tcp'; exit 2; }
	@$(PYTHON) test/packetdrill/run.py --tool '$(TOOL)' --suite '$(SUITE)' --lib $(DRILL_LIB) --only '$(K)'

INTEROP_TESTS := $(sort $(wildcard test/interop/test_*.sh test/interop/test_*.py))
ROUTING_TESTS := $(sort $(wildcard test/interop/matrix_*.sh))
interop_run = SLUICE=$(abspath $(BUILD)/sluice) INTEROP_BIN=$(abspath $(BUILD)/interop/bin) \
	EXAMPLES=$(abspath $(BUILD)/examples) \
	$(RUN) --jobs $(INTEROP_JOBS) --only '$(K)' --logs $(BUILD)/interop
.PHONY: interop interop-routing lab
interop: all $(INTEROP_BIN) $(EXAMPLE_BIN) ## namespace tests with real programs, as root (K=part of a name)
	@$(interop_run) --limit $(INTEROP_LIMIT_S) $(INTEROP_TESTS)
interop-routing: all ## each case of docs/routing.md with each router of others, a quarter of an hour, as root (K=bgp_frr CASES='cut flap')
	@$(interop_run) --limit $(ROUTING_LIMIT_S) $(ROUTING_TESTS)
lab: all ## the gateway at work in a private lab of namespaces, as root
	@SLUICE=$(abspath $(BUILD)/sluice) tools/lab.sh

# Fuzzing has its own build: clang, libFuzzer, ASan, UBSan, DCHECK.
FUZZ_MAKE = $(MAKE) CC=clang FUZZ=1 BUILD=$(BUILD)/fuzz
.PHONY: fuzz fuzz-corpus fuzz-short fuzz-programs
fuzz-programs: $(FUZZ_BIN)
fuzz: ## fuzz one target for S seconds; what it finds stays in the build folder: T=name S=60
	@test -n '$(T)' || { echo "which target? T=one of: $(patsubst fuzz_%.c,%,$(notdir $(FUZZ_SRC)))"; exit 2; }
	@$(FUZZ_MAKE) -j$(JOBS) fuzz-programs
	@mkdir -p test/fuzz/corpus/$(T) $(BUILD)/fuzz/grown/$(T) $(BUILD)/fuzz/found
	$(BUILD)/fuzz/fuzz_$(T) -max_total_time=$(S) -artifact_prefix=$(BUILD)/fuzz/found/ \
	$(BUILD)/fuzz/grown/$(T) test/fuzz/corpus/$(T)
fuzz-corpus: ## what fuzzing one target found goes into the repository, as few files as reach as much: T=name
	@test -n '$(T)' || { echo "which target? T=one of: $(patsubst fuzz_%.c,%,$(notdir $(FUZZ_SRC)))"; exit 2; }
	@$(FUZZ_MAKE) -j$(JOBS) fuzz-programs
	@rm -rf $(BUILD)/fuzz/merged && mkdir -p test/fuzz/corpus/$(T) $(BUILD)/fuzz/grown/$(T) $(BUILD)/fuzz/merged
	@$(BUILD)/fuzz/fuzz_$(T) -merge=1 -use_counters=0 $(BUILD)/fuzz/merged test/fuzz/corpus/$(T) \
	$(BUILD)/fuzz/grown/$(T)
	@rm -rf test/fuzz/corpus/$(T) && mv $(BUILD)/fuzz/merged test/fuzz/corpus/$(T)
fuzz-short: ## every target for a moment and always with the same inputs, corpus first
	@$(FUZZ_MAKE) -j$(JOBS) fuzz-programs
	@$(PYTHON) tools/fuzz_short.py --build $(BUILD)/fuzz --seconds $(FUZZ_SHORT_S) --jobs $(JOBS) \
	$(patsubst fuzz_%.c,%,$(notdir $(FUZZ_SRC)))

INSTALL_TESTS := $(sort $(wildcard test/install/test_*.sh))
.PHONY: install-test
install-test: all ## manual pages, completion, installation, package (K=part of a name)
	@SLUICE=$(abspath $(BUILD)/sluice) BUILD=$(BUILD) \
	$(RUN) --limit $(INTEROP_LIMIT_S) --only '$(K)' --logs $(BUILD)/install $(INSTALL_TESTS)

# ---- measuring -------------------------------------------------------------------------------

BENCH_ARGS ?= --json $(BUILD)/bench.json
.PHONY: bench bench-fib bench-net bench-filter bench-tcp bench-split bench-cc bench-routes bench-converge cover
bench: $(BENCH_BIN) ## ns per packet in memory, beside the machine's floor
	$(BUILD)/bench_nat $(BENCH_ARGS)
bench-fib: $(BUILD)/bench_fib $(BUILD)/bench_table ## routes in memory: look-ups, changes, bytes of a million prefixes, and what packets wait for
	$(BUILD)/bench_fib --json $(BUILD)/bench_fib.json
	$(BUILD)/bench_table --json $(BUILD)/bench_table.json
bench-filter: $(BENCH_BIN) ## ns per packet that filter rules are asked about, beside reading them from end to end
	$(BUILD)/bench_filter
# The peer wants liblwip-dev, which nothing else does.
$(BUILD)/bench_lwip: test/bench/bench_lwip.c $(BUILD)/flags
	@mkdir -p $(@D); echo "  LINK  $@"; \
	$(CC) $(TEST_FLAGS) $(CFLAGS) -isystem /usr/include/lwip $(LINK_FLAGS) -o $@ $< -llwip
bench-tcp: all $(BENCH_BIN) $(BUILD)/bench_lwip ## bytes and connections per CPU second: in memory beside lwIP; as root over veth, beside Linux with Linux (BENCH_TCP='--rounds 3')
	$(BUILD)/bench_tcp --json $(BUILD)/bench_tcp.json
	@$(PYTHON) -B test/bench/bench_tcp_net.py --sluice $(abspath $(BUILD)/sluice) --json $(BUILD)/bench_tcp_net.json $(BENCH_TCP) || [ $$? = 77 ]
bench-split: all ## an upload over a link that loses packets: kernel NAT, sluice, sluice with accelerate in turn, as root (BENCH_SPLIT='--rounds 3')
	@$(PYTHON) -B test/bench/bench_split.py --sluice $(abspath $(BUILD)/sluice) --json $(BUILD)/bench_split.json $(BENCH_SPLIT)
bench-net: all $(INTEROP_BIN) ## beside kernel NAT over veth, in turn, as root
	@SLUICE=$(abspath $(BUILD)/sluice) INTEROP_BIN=$(abspath $(BUILD)/interop/bin) test/bench/bench_net.sh
bench-cc: all ## congestion control beside Linux's over `sluice link`, as root (BENCH_CC='--table loss --cells 1,5 --seeds 2')
	@$(PYTHON) test/bench/bench_cc.py --sluice $(abspath $(BUILD)/sluice) --json $(BUILD)/bench_cc.json $(BENCH_CC)
bench-routes: all ## a table of routes from BIRD, taken in by sluice, BIRD and FRR in turn, as root (BENCH_ROUTES='--routes 1000000 --rounds 5')
	@$(PYTHON) -B test/bench/bench_routes.py --sluice $(abspath $(BUILD)/sluice) --json $(BUILD)/bench_routes.json $(BENCH_ROUTES)
bench-converge: all ## how long until routes are right, sluice and BIRD with FRR at the other end, as root
	@$(PYTHON) -B test/bench/bench_converge.py --sluice $(abspath $(BUILD)/sluice) --json $(BUILD)/bench_converge.json $(BENCH_CONVERGE)
cover: ## which lines the unit tests and simulations reach
	@$(MAKE) -j$(JOBS) COV=1 CFLAGS='-O0 -g' BUILD=$(BUILD)/cover tests
	@find $(BUILD)/cover -name '*.gcda' -delete
	@$(MAKE) COV=1 CFLAGS='-O0 -g' BUILD=$(BUILD)/cover unit sim-short
	@$(PYTHON) tools/cover.py $(BUILD)/cover

# ---- installing ------------------------------------------------------------------------------

DESTDIR ?=
PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
BASH_COMPLETION_DIR ?= $(PREFIX)/share/bash-completion/completions
ZSH_COMPLETION_DIR ?= $(PREFIX)/share/zsh/site-functions
MAN_PAGES := $(wildcard docs/man/*.[58])
# $(call man_place,docs/man/x.8): man8/x.8
man_place = man$(subst .,,$(suffix $(1)))/$(notdir $(1))
VERSION := $(shell sed -n 's/^.define PROG_VERSION "\(.*\)"/\1/p' src/prog/prog.h)
INSTALLED := $(PREFIX)/bin/sluice \
	$(foreach page,$(MAN_PAGES),$(PREFIX)/share/man/$(call man_place,$(page))) \
	$(BASH_COMPLETION_DIR)/sluice $(ZSH_COMPLETION_DIR)/_sluice \
	$(PREFIX)/lib/systemd/system/sluice.service $(PREFIX)/lib/sysusers.d/sluice.conf \
	$(SYSCONFDIR)/sluice/options.example $(PREFIX)/share/doc/sluice/examples/sluice.yaml

# Folders of the path are made with the file.
put = install -D -m $(1) $(2) '$(DESTDIR)$(3)'
.PHONY: install uninstall deb
install: all ## install the program, its pages and its service: DESTDIR= PREFIX=/usr/local
	$(call put,755,$(BUILD)/sluice,$(PREFIX)/bin/sluice)
	$(foreach page,$(MAN_PAGES),$(call put,644,$(page),$(PREFIX)/share/man/$(call man_place,$(page))) &&) true
	$(BUILD)/sluice completion bash >$(BUILD)/completion.bash
	$(BUILD)/sluice completion zsh >$(BUILD)/completion.zsh
	$(call put,644,$(BUILD)/completion.bash,$(BASH_COMPLETION_DIR)/sluice)
	$(call put,644,$(BUILD)/completion.zsh,$(ZSH_COMPLETION_DIR)/_sluice)
	sed 's|/usr/bin/|$(PREFIX)/bin/|; s|/etc/sluice|$(SYSCONFDIR)/sluice|g' packaging/sluice.service \
	>$(BUILD)/sluice.service
	$(call put,644,$(BUILD)/sluice.service,$(PREFIX)/lib/systemd/system/sluice.service)
	$(call put,644,packaging/sluice.sysusers,$(PREFIX)/lib/sysusers.d/sluice.conf)
	$(call put,644,packaging/options.example,$(SYSCONFDIR)/sluice/options.example)
	$(call put,644,examples/sluice.yaml,$(PREFIX)/share/doc/sluice/examples/sluice.yaml)
	@test -n '$(DESTDIR)' || echo "As a service: systemd-sysusers && systemctl daemon-reload; see sluice(8)."
uninstall: ## remove what `make install` put there, and nothing else
	rm -f $(foreach file,$(INSTALLED),'$(DESTDIR)$(file)')
	@rmdir '$(DESTDIR)$(SYSCONFDIR)/sluice' 2>/dev/null || true
deb: all ## a Debian package in the build folder; needs no network
	rm -rf $(BUILD)/deb
	$(MAKE) install DESTDIR=$(abspath $(BUILD)/deb/stage) PREFIX=/usr SYSCONFDIR=/etc \
	ZSH_COMPLETION_DIR=/usr/share/zsh/vendor-completions >/dev/null
	SOURCE_DATE_EPOCH=$${SOURCE_DATE_EPOCH-$$(git log -1 --format=%ct 2>/dev/null)} \
	packaging/deb.sh $(BUILD)/deb/stage $(VERSION) $(BUILD)

# ---- housekeeping ----------------------------------------------------------------------------

C_FILES = $(shell find src include test examples -name '*.[ch]' 2>/dev/null | LC_ALL=C sort)
.PHONY: lint fmt docs docs-fresh clean help
lint: ## clang-tidy and cppcheck
	clang-tidy --quiet --checks='-*,bugprone-*,-bugprone-easily-swappable-parameters,clang-analyzer-*' \
	$(CORE_SRC) $(HOST_SRC) $(PROG_SRC) $(PROG_MAIN_SRC) -- $(HOST_FLAGS)
	cppcheck --quiet --std=c11 --enable=warning,portability --inline-suppr --error-exitcode=1 \
	-Isrc -Iinclude src
fmt: ## clang-format every C file
	clang-format -i $(C_FILES)
docs: $(SLUICE) ## write the pages that are made from the code
	@$(PYTHON) tools/drops.py --write
	@$(PYTHON) tools/fsm.py --write
	@$(PYTHON) tools/conf_docs.py $(BUILD)/sluice --write
docs-fresh: $(SLUICE) ## are those pages what the code says?
	@$(PYTHON) tools/drops.py --check
	@$(PYTHON) tools/fsm.py --check
	@$(PYTHON) tools/conf_docs.py $(BUILD)/sluice --check
clean: ## remove what was built
	rm -rf $(BUILD)
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-15s %s\n", $$1, $$2}' Makefile
