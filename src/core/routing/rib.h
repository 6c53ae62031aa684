/* The routing information base: every path that anybody offers, the best of each prefix, and from
 * there the forwarding table and whoever wants to announce it.
 *
 *   rib_offer, rib_withdraw    a client (the interfaces, the configuration, RIP, OSPF, each peer of
 *                              BGP) changes what it offers for a prefix and a path id
 *   rib_tick                   chooses anew where something changed, resolves next hops, writes to
 *                              the forwarding table: bounded steps, published between two batches
 *   rib_read                   a reader gets each prefix whose best path changed, once, and at first
 *                              all of them: a new reader and a late one walk the same list
 *
 * A prefix is a net, its paths a list. Nets stand in a list in the order of their last change, so
 * that a reader is a place in it; a net without paths stays until every reader has passed it. Next
 * hops of a path are a set, shared by all paths that have the same; a gateway that is on no
 * connected prefix is looked up among the routes that are not themselves such (RFC 4271 section
 * 5.1.3), and when what it resolves to changes, the nets behind it are chosen anew, step by step.
 *
 * The best: the usable path of the lowest distance, and among those of one source what the source
 * says (struct rib_chooser); without one the lowest metric, and equal ones together (ECMP).
 *
 * Bounds: the limits of struct rib_conf; RIB_STEP_NETS nets a step. Full is an answer.             */
#ifndef CORE_ROUTING_RIB_H
#define CORE_ROUTING_RIB_H

#include "core/base/err.h"
#include "core/base/hash.h"
#include "core/base/map.h"
#include "core/base/mem.h"
#include "core/base/slab.h"
#include "core/fib/fib.h"
#include "core/routing/speaker.h"

enum {
	RIB_CLIENT_MAX = 512,
	RIB_READER_MAX = 512,
	RIB_HOPS_MAX = FIB_PATHS_MAX,
	RIB_NET_PATHS_MAX = 1024, /* paths of one net that are compared */
	RIB_STEP_NETS = 1024,
	RIB_WHY_SIZE = 96,
};
#define RIB_NONE UINT32_MAX

/* Distances that operators take for granted; a configuration may change each. */
enum {
	RIB_DISTANCE_CONNECTED = 0,
	RIB_DISTANCE_STATIC = 1,
	RIB_DISTANCE_EBGP = 20,
	RIB_DISTANCE_OSPF = 110,
	RIB_DISTANCE_RIP = 120,
	RIB_DISTANCE_IBGP = 200,
	RIB_DISTANCE_UNREACHABLE = 255, /* never used */
};

/* One next hop. gateway of family none: the destination is on the link of iface. */
struct rib_hop {
	struct ip_addr gateway;
	u16 iface;  /* IFACE_NONE: wherever the gateway is found, recursively if need be */
	u16 weight; /* at least 1 */
};

/* What a client offers for one prefix. */
struct rib_path {
	u16 client;
	u8 type;     /* enum fib_type: UNICAST with hops; LOCAL, BROADCAST, BLACKHOLE, PROHIBIT without */
	u8 distance;
	u32 path_id; /* of add-path (RFC 7911); 0 */
	u32 metric;  /* compared among the paths of one source that has no chooser */
	u32 attr;    /* the source's own */
	u32 extra;   /* the source's own, too */
	u32 hops;    /* rib_hops_get(); RIB_NONE for those without */
	bool stale;  /* RFC 4724: kept for a peer that restarts */
	bool hidden; /* stored and never used: policy refused it */
};

/* How the hops of a path stand now. */
struct rib_way {
	bool reachable;
	u32 cost; /* metric of the route that the gateway was found by; 0: connected */
};

/* Which of the usable paths of one source and net, all of the same distance, is the best, and which
 * are as good for forwarding. Contract of a source; it reads and calls nothing of the RIB.         */
enum { RIB_CHOICE_EQUAL_MAX = FIB_PATHS_MAX };
struct rib_candidate {
	struct rib_path path;
	struct rib_way way;
};
struct rib_choice {
	u32 best;        /* index of a candidate; RIB_NONE: none will do */
	u32 equal_count; /* beside the best */
	u32 equal[RIB_CHOICE_EQUAL_MAX];
};
struct rib_chooser {
	void *ctx;
	void (*choose)(void *ctx, const struct rib_candidate *candidate, u32 count,
		       struct rib_choice *choice);
	/* In which rule better beats worse, a sentence of less than RIB_WHY_SIZE bytes. */
	void (*why)(void *ctx, const struct rib_candidate *better,
		    const struct rib_candidate *worse, char *text, u32 size);
	/* A path of the source is gone or replaced: one reference less of attr and of extra. */
	void (*release)(void *ctx, const struct rib_path *path);
};

struct rib_conf {
	u32 net_limit;
	u32 path_limit;
	u32 hops_limit; /* different sets of next hops */
	struct hash_key key;
};

struct rib;

void rib_layout(struct rib *rib, const struct rib_conf *conf, struct mem *mem);
/* fib outlives it and is written by it alone from now on. */
void rib_init(struct rib *rib, struct fib *fib);
/* choosers are copied; ctx outlives the RIB. */
void rib_set_chooser(struct rib *rib, enum route_source source, const struct rib_chooser *chooser);
void rib_check(const struct rib *rib);

/* ---- clients --------------------------------------------------------------------------------- */

/* A client, RIB_CLIENT_NONE when there are too many. */
#define RIB_CLIENT_NONE UINT16_MAX
u16 rib_client_new(struct rib *rib, enum route_source source);
/* Its paths are used no longer from now on and go step by step; then the client is free. */
void rib_client_del(struct rib *rib, u16 client);
/* All its paths go, step by step, and it stays. What it offers from now on is not meant. */
void rib_client_clear(struct rib *rib, u16 client);
/* RFC 4724 section 4.2: its paths are stale from now on; what is offered again is not. */
void rib_client_stale(struct rib *rib, u16 client);
/* What is still stale goes, step by step. */
void rib_client_unstale(struct rib *rib, u16 client);

/* The set, one reference more; RIB_NONE: full, or hop_count is not in 1..RIB_HOPS_MAX. */
u32 rib_hops_get(struct rib *rib, const struct rib_hop *hop, u32 hop_count);
void rib_hops_put(struct rib *rib, u32 hops);
u32 rib_hops_read(const struct rib *rib, u32 hops, struct rib_hop out[RIB_HOPS_MAX]);
struct rib_way rib_hops_way(const struct rib *rib, u32 hops);

/* Add or replace what path->client offers for the prefix under path->path_id. The RIB takes over
 * the caller's reference of path->hops whatever it answers, and releases attr and extra of what it
 * replaces by the chooser. ERR_FULL: net_limit or path_limit, nothing has changed; ERR_RANGE: a
 * family that is not held, bits behind the length, distance or type.                             */
MUST_USE enum err rib_offer(struct rib *rib, const struct ip_prefix *prefix,
			    const struct rib_path *path);
/* ERR_NOT_FOUND. */
MUST_USE enum err rib_withdraw(struct rib *rib, const struct ip_prefix *prefix, u16 client,
			       u32 path_id);
/* What this client offers. False: nothing. */
bool rib_find(const struct rib *rib, const struct ip_prefix *prefix, u16 client, u32 path_id,
	      struct rib_path *out);
/* Walk over what a client offers, from *cursor (0 to begin) on, at most max paths and a bounded
 * number of steps; false when there are no more. For a policy that changed: what is offered again
 * in between may come twice.                                                                      */
struct rib_owned {
	struct ip_prefix prefix;
	struct rib_path path;
};
bool rib_client_walk(const struct rib *rib, u16 client, u32 *cursor, struct rib_owned *out,
		     u32 max, u32 *count);

/* Where an address leads now, by what is chosen: for peers that are not connected. */
struct rib_way rib_resolve(const struct rib *rib, const struct ip_addr *addr);

/* ---- work ------------------------------------------------------------------------------------ */

/* One step; true: there is more to do at once. The forwarding table is published by it when
 * something changed: between batches only.                                                       */
bool rib_tick(struct rib *rib, ns_t now);
bool rib_is_idle(const struct rib *rib);

/* ---- readers --------------------------------------------------------------------------------- */

struct rib_change {
	u32 net; /* stays the prefix's as long as a reader has not been told that it has no path */
	struct ip_prefix prefix;
	bool gone;             /* no path is chosen */
	struct rib_path best;
	enum route_source source; /* of the best */
};

#define RIB_READER_NONE UINT16_MAX
/* One that has seen nothing yet; RIB_READER_NONE: too many. */
u16 rib_reader_new(struct rib *rib);
void rib_reader_del(struct rib *rib, u16 reader);
/* To the beginning: everything is new to it (RFC 2918: a peer asks for all of it again). */
void rib_reader_rewind(struct rib *rib, u16 reader);
/* The next net that was chosen anew since this reader last heard of it; false: there is none. */
bool rib_read(struct rib *rib, u16 reader, struct rib_change *out);
/* Usable paths of a net, the best first; of add-path. At most max. */
u32 rib_net_paths(const struct rib *rib, u32 net, struct rib_path *out, u32 max);

/* ---- seeing inside --------------------------------------------------------------------------- */

struct rib_shown {
	struct ip_prefix prefix;
	struct rib_path path;
	enum route_source source;
	struct rib_way way;
	bool best;
	bool equal;             /* forwards beside the best */
	char why[RIB_WHY_SIZE]; /* why it is the best, or what beats it */
};

struct rib_stats {
	u32 nets;
	u32 paths;
	u32 hops;
	u64 offers;
	u64 withdrawals;
	u64 full; /* offers refused */
	u64 fib_writes;
	u64 fib_full; /* nets that the forwarding table had no room for */
};

/* Paths of the net that longest match finds for addr, best first; zero: no net covers it. */
u32 rib_explain(const struct rib *rib, const struct ip_addr *addr, struct rib_shown *out, u32 max);
/* Up to max paths from *cursor on (0 to begin), net by net; zero: there are no more. */
u32 rib_show(const struct rib *rib, u64 *cursor, struct rib_shown *out, u32 max);
void rib_stats(const struct rib *rib, struct rib_stats *out);
/* The source that a client is of. */
enum route_source rib_client_source(const struct rib *rib, u16 client);

#endif
