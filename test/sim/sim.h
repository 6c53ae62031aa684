/* One simulation: a seed makes a gateway's configuration, a network around it, and what happens. */
#ifndef TEST_SIM_SIM_H
#define TEST_SIM_SIM_H

#include "sim/gate.h"
#include "sim/host.h"

enum {
	SIM_PACKETS = 1200, /* into the gateway, before a run ends */
	SIM_INSIDE_MAX = 6,
	SIM_OUTSIDE_MAX = 4,
	SIM_IN3 = RIG_IFACES, /* where there are three networks */
};

struct sim {
	struct net net;
	struct gate *gate;
	u64 seed;
	u32 host_count;
	struct host *host[SIM_INSIDE_MAX + SIM_OUTSIDE_MAX];
};

/* The gateway's configuration that belongs to a seed; *lenient: its limits are so small that it may
 * refuse what is new.                                                                           */
void sim_configure(struct net *net, struct sluice_conf *conf, bool *lenient);
/* Whether its inside are several networks with the same addresses. */
bool sim_has_zones(const struct sluice_conf *conf);
void sim_init(struct sim *sim, u64 seed);
/* True when nothing was wrong; else sim->net.why says what. */
bool sim_run(struct sim *sim);
void sim_fini(struct sim *sim);

#endif
