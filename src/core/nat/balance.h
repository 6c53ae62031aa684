/* Services and their backends: where a new flow to a public address goes.
 *
 * A flow of a service remembers its backend as a reference, slot and generation, in the field
 * `mapping_dst`, which a flow that came in through a mapping uses for that (never both). When a
 * backend goes down, or is drained for long enough, or leaves the configuration, its generation
 * grows: no flow is touched, but each finds at its next packet that its reference is stale. The
 * short cut need not look: `gen` is part of path->gen, so that every flow takes the road once.
 *
 * Choice by hash: a table after Maglev (Eisenbud et al., NSDI 2016, section 3.4) with weights, made
 * of what the configuration says and of nothing else. Whether a backend is up, drains or warms up
 * is asked at look-up; a place whose backend will not do is tried again with another hash. So a
 * backend that goes down moves the clients that were its own, and gets just those when it is back.
 *
 * Bounds: a choice looks at BALANCE_TRIES places, then at each backend of the service once. A
 * change of configuration fills the tables of services whose backends changed, in table_size * ln
 * table_size steps each on the average.                                                          */
#ifndef CORE_NAT_BALANCE_H
#define CORE_NAT_BALANCE_H

#include "core/base/hash.h"
#include "core/base/mem.h"
#include "core/ct/ct.h"
#include "core/nat/backend_state.h"
#include "core/nat/balance_conf.h"

enum {
	BALANCE_TRIES = 8,
	BALANCE_NONE = UINT16_MAX, /* slot of no backend, or of no service */
	BACKEND_SHARE_FULL = 256,
};
#define BALANCE_DRAIN_DEFAULT UINT32_MAX

struct backend {
	be32 addr;
	u16 port;
	u16 weight;
	u16 service;      /* slot; BALANCE_NONE: this one is free */
	u16 gen;          /* flows that carry another one are stale */
	u16 gen_first;    /* when this slot was given to this backend */
	u8 health;        /* enum backend_state, as balance_set() said */
	bool drain;       /* as the configuration says */
	bool ordered;     /* to drain, whatever that says (balance_order) */
	bool drained;     /* its deadline has passed */
	bool warming;     /* slow start */
	bool kept;        /* named by the configuration that is being taken */
	ns_t up_ns;       /* with warming: since when */
	u32 ordered_s;    /* with ordered: the time for that */
	ns_t deadline_ns; /* while it drains */
	u32 flow_count;   /* of this generation */
	u64 made;
	u64 moved; /* flows that were decided again, because it was gone */
	u64 reset;
	u64 checks; /* as balance_set_checks() said */
	u64 checks_failed;
};

struct service {
	struct service_conf conf; /* backend_first and backend_count are the configuration's */
	be32 addr;                /* now; zero: its interface has none */
	u16 member_count;
	bool live;
	bool kept;
	u16 *member; /* slots of backends, in the configuration's order */
	u16 *table;  /* of table_size places: slots of backends */
	u64 made;
	u64 refused;
	u64 moved;
	u64 reset;
};

struct balance {
	struct hash_key key;
	u32 service_limit;
	u32 backend_limit;
	u32 table_size;
	u32 service_count;
	u16 order[BALANCE_SERVICE_MAX]; /* slots of services, first match first */
	struct service *service;
	struct backend *backend;
	u16 *members;
	u16 *tables;
	ns_t next_ns;        /* when the next backend has drained or is warm */
	u32 stale_count;     /* flows whose backend is gone */
	u16 gen;             /* grows whenever flows have become stale */
	u16 refused_service; /* of the last new flow that found no backend */
	u64 refused;         /* of all services, those that are gone included */
	u64 moved;
	u64 reset;
};

void balance_layout(struct balance *b, const struct balance_conf *conf, struct mem *mem);
void balance_init(struct balance *b, const struct hash_key *key);
/* NULL when conf fits into what was planned and makes sense; balance_configure() succeeds then. */
const char *balance_refuses(const struct balance *b, const struct balance_conf *conf);
/* Services and backends from now on. Those that were there before keep their flows and their state;
 * flows of those that are gone become stale. iface_addr: each interface's address, zero for none.
 * Requires: balance_refuses() said NULL.                                                         */
void balance_configure(struct balance *b, const struct balance_conf *conf, const be32 *iface_addr,
		       ns_t now);
/* The backend's health, by their places in the configuration. ERR_RANGE: there is none. */
enum err balance_set(struct balance *b, u32 service, u32 backend, enum backend_state state,
		     ns_t now);
/* How often its health was asked about, and how often that failed: to be shown beside its state. */
enum err balance_set_checks(struct balance *b, u32 service, u32 backend, u64 checks, u64 failed);
/* An order to drain, or its end. It outlives configurations that have the backend as it was; one
 * that gives it another weight, or says something else of draining, ends it. deadline_s: until its
 * flows are given up; BALANCE_DRAIN_DEFAULT: as long as the service says.                        */
enum err balance_order(struct balance *b, u32 service, u32 backend, bool drain, u32 deadline_s,
		       ns_t now);
void balance_tick(struct balance *b, ns_t now);
ns_t balance_next(const struct balance *b);
void balance_check(const struct balance *b, const struct ct *ct);

/* The service that the tuple asks for; BALANCE_NONE when there is none. */
u16 balance_find(const struct balance *b, const struct tuple *t, u8 proto, bool from_inside);
bool balance_owns(const struct balance *b, be32 addr);
/* Ports of word * 64 .. word * 64 + 63 that services have on this address, one bit each. */
u64 balance_ports(const struct balance *b, be32 addr, u8 proto, u32 word);
/* Give an unconfirmed flow a backend of the service: its reply tuple, and the reference. False, and
 * counted, when none is up.                                                                      */
bool balance_choose(struct balance *b, u16 service, struct flow *flow);
/* The flow ended or was abandoned. */
void balance_release(struct balance *b, struct flow *flow);
/* A flow whose backend is gone is about to be ended: decided again, or reset. */
void balance_count_stale(struct balance *b, const struct flow *flow, bool moved);
/* Whether anybody wants it to: the configuration, its check, or an order. */
bool backend_drains(const struct backend *backend);
/* As it takes part now: draining beyond its deadline is down. */
enum backend_state backend_state(const struct backend *backend);
/* 1..BACKEND_SHARE_FULL: how much of its weight a backend has that is warming up. */
u32 backend_share(const struct balance *b, const struct backend *backend, u32 now_ms);

/* ---- maglev.c -------------------------------------------------------------------------------- */

/* Fill table[0..size) with slots of members. The order of members does not matter. */
void maglev_fill(const struct balance *b, const u16 *member, u32 count, u16 *table, u32 size);

/* ---- what a flow says of its backend --------------------------------------------------------- */

static inline bool flow_has_backend(const struct flow *flow)
{
	return (flow->flags & FLOW_MAPPED_DST) == 0 && flow->mapping_dst != IDX_NONE;
}

static inline struct backend *flow_backend(const struct balance *b, const struct flow *flow)
{
	return &b->backend[flow->mapping_dst & UINT16_MAX];
}

static inline bool flow_is_stale(const struct balance *b, const struct flow *flow)
{
	return flow_has_backend(flow) && flow_backend(b, flow)->gen != flow->mapping_dst >> 16;
}

#endif
