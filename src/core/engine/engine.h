/* Inside of the engine: every table in one place. */
#ifndef CORE_ENGINE_ENGINE_H
#define CORE_ENGINE_ENGINE_H

#include "core/path/path.h"
#include "sluice/sluice.h"

enum {
	EVENT_MAX = 64,
	EVENT_INTERVAL_S = 10, /* one event of a kind in this time */
	REPORT_PORTS = 1024,   /* ports looked at per tick while the holders are counted */
	REPORT_HOLDERS = 64,   /* inside hosts kept in mind while counting */
};

/* Who holds the ports to a destination: counted over several ticks, a piece at a time. */
struct report {
	bool running;
	u32 port;      /* where the count goes on */
	u32 holder_count;
	struct {
		be32 addr;
		u32 held;
	} holder[REPORT_HOLDERS];
	struct nat_refusal about;
	u64 reported;  /* refusals that earlier reports spoke of */
	ns_t next_ns;  /* not before */
};

struct event_limit {
	ns_t next_ns;
	u64 reported;
};

struct sluice {
	struct sluice_conf conf;
	struct mem mem;
	struct pkt_pool pool;
	struct iface_table ifaces;
	struct neigh_table neigh;
	struct fib fib;
	struct reass reass;
	struct icmp icmp;
	struct ct ct;
	struct nat nat;
	struct drop_stats drops;
	struct path path;
	ns_t now; /* of the last call */
	ns_t ticked_ns; /* the last tick: under steady traffic the next one must not move away */
	struct sluice_event event[EVENT_MAX];
	u32 event_head;
	u32 event_count;
	u64 events_lost;
	struct report report;
	struct event_limit table_full;
	struct event_limit mappings_full;
	struct event_limit conflicts;
	struct event_limit no_backend;
};

/* The tables of an engine, wherever they stand: in it, or beside a plan that only counts. */
struct engine_tables {
	struct pkt_pool *pool;
	struct neigh_table *neigh;
	struct fib *fib;
	struct reass *reass;
	struct ct *ct;
	struct nat *nat;
	struct path *path;
};

void engine_layout(const struct engine_tables *t, const struct sluice_conf *conf, struct mem *mem);
/* Addresses, routes and rules; nothing has changed when it fails. */
enum err engine_apply(struct sluice *s, const struct sluice_conf *conf, const char **why);
/* What of a configuration can not be, or NULL. */
const char *engine_conf_wrong(const struct sluice_conf *conf);
bool engine_flow_matches(const struct flow *flow, const struct sluice_flow_filter *filter);
/* Which limit that memory was planned with is another one, or NULL. */
const char *engine_limit_changed(const struct sluice_conf *old, const struct sluice_conf *new);
void engine_events_tick(struct sluice *s, ns_t now);
ns_t engine_events_next(const struct sluice *s);

#endif
