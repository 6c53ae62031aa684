/* One simulation: a seed makes a gateway's configuration, a network around it, and what happens. */
#ifndef TEST_SIM_SIM_H
#define TEST_SIM_SIM_H

#include "sim/gate.h"
#include "sim/host.h"

enum {
	SIM_PACKETS = 1200, /* into the gateway, before a run ends */
	SIM_INSIDE_MAX = 6,
	SIM_OUTSIDE_MAX = 4,
	SIM_CONFS = 2,
	SIM_FILTERS = SIM_CONFS + 1,
	SIM_FILTER_RULES = 9,
	SIM_FILTER_SETS = 3,
	SIM_FILTER_ELEMS = 6,
	SIM_IN3 = RIG_IFACES, /* where there are three networks */
};

#define SIM_PIECE_NS (5 * NS_PER_SEC)

/* What a filter's configuration points to. */
struct sim_filter {
	struct filter_rule_conf rule[SIM_FILTER_RULES];
	struct filter_set_conf set[SIM_FILTER_SETS]; /* one of each kind */
	struct filter_elem elem[SIM_FILTER_SETS][SIM_FILTER_ELEMS];
};

struct sim {
	struct net net;
	struct gate *gate;
	u64 seed;
	u32 host_count;
	struct host *host[SIM_INSIDE_MAX + SIM_OUTSIDE_MAX];
	u32 conf_next; /* of these, the next to be filled */
	struct sluice_conf *conf[SIM_CONFS];
	u32 filter_next; /* the same */
	struct sim_filter filter[SIM_FILTERS];
};

/* The gateway's configuration that belongs to a seed; *lenient: its limits are so small that it may
 * refuse what is new.                                                                           */
void sim_configure(struct net *net, struct sluice_conf *conf, bool *lenient);
/* Whether its inside are several networks with the same addresses. */
bool sim_has_zones(const struct sluice_conf *conf);
struct sim_place {
	const char *addr;
	u16 iface;
};

/* SIM_INSIDE_MAX places where hosts of the inside may be; in zones the same addresses again. */
const struct sim_place *sim_places(const struct sluice_conf *conf);
/* Services and their backends, drawn like the rest; what hosts know of them; and most of a piece of
 * time in which things happen to them.                                                           */
void sim_conf_services(struct sluice_conf *conf);
void sim_add_services(struct sim *sim);
void sim_run_services(struct sim *sim);
/* A copy of the configuration that stands, to be changed; until the next but one. */
struct sluice_conf *sim_next_conf(struct sim *sim);
/* Other rules and sets, which stay the simulation's; the same rules and other sets. */
void sim_draw_filter(struct sim *sim, struct sluice_conf *conf);
void sim_draw_sets(struct sim *sim, struct sluice_conf *conf);
/* A set is changed without a reload. */
void sim_change_set(struct sim *sim);
/* Another configuration is taken. */
void sim_reload(struct sim *sim);
void sim_init(struct sim *sim, u64 seed);
/* True when nothing was wrong; else sim->net.why says what. */
bool sim_run(struct sim *sim);
void sim_fini(struct sim *sim);

#endif
