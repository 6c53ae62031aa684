/* Routers that speak RIP, on links that lose, delay and break, in virtual time.
 *
 * After each event - a datagram arrives, a deadline comes, a link changes - the routers that it
 * touched are checked, and where packets would go is followed through their forwarding tables: a
 * loop is seen when it begins, not when somebody looks.                                          */
#ifndef TEST_SIM_RIP_NET_H
#define TEST_SIM_RIP_NET_H

#include "core/routing/rip/rip.h"
#include "fake/dgram.h"

enum { RIP_NET_ROUTERS = 32, RIP_NET_LINKS = 64, RIP_NET_FLYING = 8192 };

struct rip_router {
	bool running;
	struct iface_table ifaces;
	struct rip_conf conf;
	struct rip rip;
	struct rib rib;
	struct fib fib;
	struct speaker_log log;
	struct dgram_host *host;
	void *region;
	u16 connected; /* client of the RIB */
	u32 starts;
	u32 link[IFACE_MAX]; /* by interface */
	u64 seen_version;
	u16 seen_gen;
};

struct rip_end {
	u32 router;
	u16 iface;
};

struct rip_link {
	u32 end_count;
	struct rip_end end[RIP_NET_ROUTERS];
	bool carrier; /* interfaces see it */
	bool passes;  /* datagrams do */
	u32 loss_ppm;
	ns_t delay_min_ns;
	ns_t delay_max_ns;
};

struct rip_flight {
	ns_t when;
	u64 order;
	u32 router;
	struct dgram *dgram;
};

struct rip_net_sim {
	ns_t now;
	struct rng rng;
	u32 router_count;
	struct rip_router *router[RIP_NET_ROUTERS];
	u32 link_count;
	struct rip_link link[RIP_NET_LINKS];
	u32 flying;
	struct rip_flight flight[RIP_NET_FLYING];
	u64 order;
	/* what was seen */
	u64 events;
	u64 datagrams;
	ns_t loop_since[RIP_NET_LINKS]; /* by destination; zero: there is none */
	ns_t loop_longest_ns;
	u64 loops;
	u32 worst_metric; /* below 16 that any route had, since it was set to zero */
};

struct rip_net_sim *rip_net_new(u64 seed);
void rip_net_free(struct rip_net_sim *sim);
/* A link is 10.0.N.0/24, and the router R has the address R + 1 on it. */
u32 rip_net_link(struct rip_net_sim *sim);
u32 rip_net_router(struct rip_net_sim *sim);
/* The interface that joins them. */
u16 rip_net_join(struct rip_net_sim *sim, u32 router, u32 link, u8 cost);
void rip_net_start(struct rip_net_sim *sim, u32 router);
/* graceful: it says so. Otherwise it is dead at once, its interfaces too. */
void rip_net_halt(struct rip_net_sim *sim, u32 router, bool graceful);
void rip_net_carrier(struct rip_net_sim *sim, u32 link, bool up);
/* One event, or nothing until `until`; false: that time has come. */
bool rip_net_step(struct rip_net_sim *sim, ns_t until);
void rip_net_run(struct rip_net_sim *sim, ns_t for_ns);
/* Metric of a router for a link's network as it tells it; 16. */
u32 rip_net_metric_of(const struct rip_net_sim *sim, u32 router, u32 link);
/* What Bellman and Ford say: metric[router][link], 16 for what can not be reached. */
void rip_net_oracle(const struct rip_net_sim *sim, u32 metric[RIP_NET_ROUTERS][RIP_NET_LINKS]);
/* Everything is as the oracle has it, each least way is used and no other, and nothing is left of
 * what can not be reached; else a line that says where, on stderr.                               */
bool rip_net_is_settled(const struct rip_net_sim *sim);

#endif
