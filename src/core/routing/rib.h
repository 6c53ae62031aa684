/* The routing information base: every path that anybody offers, the best of each prefix, and from
 * there the forwarding table and whoever wants to announce it.
 *
 *   rib_offer, rib_withdraw    a client (the interfaces, the configuration, RIP, OSPF, each peer of
 *                              BGP) changes what it offers for a prefix and a path id
 *   rib_tick                   chooses anew where something changed, resolves next hops, writes to
 *                              the forwarding table: bounded steps, published between two batches
 *   rib_read                   a reader gets each prefix whose best path changed, once, and at
 *                              first all of them: a new reader and a late one walk the same list
 *
 * A prefix is a net, its paths a list. Nets stand in a list in the order of their last change, so
 * that a reader is a place in it; a net without paths stays until every reader has passed it. Next
 * hops of a path are a set, shared by all paths that have the same; a gateway that comes without an
 * interface is looked up among the routes of sources that have no chooser, and those that name an
 * interface for each of their hops, or have none to name (RFC 4271 section 5.1.3): connected ones,
 * static ones, those of OSPF, RIP and zebra, but not those of BGP. A route that is found so may
 * have gateways that are looked up in turn; those that lead back are passed over (resolve.c). When
 * what a gateway resolves to changes, the nets behind it are chosen anew, step by step.
 *
 * The best: each source says which of its usable paths is its best (struct rib_chooser); where it
 * has no chooser, the one of lowest distance and then metric, and equal ones together (ECMP). Of
 * the best of all sources the one of lowest distance is used.
 *
 * One sweep over all paths serves what concerns many: those of a client that left or is stale, and
 * those whose next hops resolve to something else now.
 *
 * Bounds: the limits of struct rib_conf; RIB_STEP_NETS nets and RIB_STEP_PATHS paths a step. Full
 * is an answer. A net has 32 bytes and a path 32, and 4 and 1/4 for finding them.                */
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
	RIB_STEP_NETS = 256,
	RIB_BACKLOG = 2048,     /* nets that wait to be chosen: who offers many waits above that */
	RIB_STEP_PATHS = 2048, /* looked at by the sweep */
	RIB_STEP_HOPS = 64,  /* routes tried for sets that are resolved anew; a set is done whole */
	RIB_STEPS_MAX = 8,   /* sets between a path and an interface, its own the first */
	RIB_TRIES_MAX = 256, /* routes tried for one set */
	RIB_NET_LIMIT = 1 << 22,
	RIB_PATH_LIMIT = 1 << 24,
	RIB_HOPS_LIMIT = 1 << 20,
	RIB_LENGTHS = 33,
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
	RIB_DISTANCE_FPM = 130,
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
	/* enum fib_type: UNICAST with hops; LOCAL and BROADCAST with one or none; BLACKHOLE and
	 * PROHIBIT without.                                                                      */
	u8 type;
	u8 distance;
	u32 path_id; /* of add-path (RFC 7911); 0 */
	u32 metric;  /* compared among the paths of one source that has no chooser */
	u32 attr;    /* the source's own */
	u32 extra;   /* the source's own, too: of the configuration, OSPF and RIP the tag */
	u32 hops;    /* rib_hops_get(); RIB_NONE for those without */
	bool stale;  /* RFC 4724: kept for a peer that restarts */
	bool hidden; /* stored and never used: policy refused it */
};

/* The tag, for policies; false: paths of this source have none. */
static inline bool rib_path_tag(enum route_source source, const struct rib_path *path, u32 *tag)
{
	bool has = source == ROUTE_STATIC || source == ROUTE_OSPF || source == ROUTE_RIP;

	*tag = has ? path->extra : 0;
	return has;
}

/* How the hops of a path stand now. */
struct rib_way {
	bool reachable;
	u32 cost; /* metrics of the routes that the gateway was found by; 0: connected */
};

/* Which of the usable paths of one source and net is the best, and which forward as well as it;
 * distances are not its matter. Contract of a source; it reads and calls nothing of the RIB.     */
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
	/* Why a path is hidden, likewise; without this a policy refused it. */
	void (*why_hidden)(void *ctx, const struct ip_prefix *prefix, const struct rib_path *path,
			   char *text, u32 size);
	/* A path of the source is gone or replaced: one reference less of attr and of extra. */
	void (*release)(void *ctx, const struct rib_path *path);
	/* Why readers are told nothing of a path that is forwarded by: a static text without a
	 * full stop; NULL: they are told.                                                        */
	const char *(*withheld)(void *ctx, const struct rib_path *path);
};

struct rib_conf {
	u32 net_limit;
	u32 path_limit;
	u32 hops_limit; /* different sets of next hops */
	struct hash_key key;
};

/* A prefix: its paths, its place in the list of changes. */
struct rib_net {
	u32 prefix; /* host order */
	u32 route;  /* first of its paths; the best is first */
	u32 chain;  /* of the hash table; list of free ones */
	u32 prev;   /* list of changes */
	u32 next;
	u32 gone_next;
	u32 seq; /* grows along the list of changes */
	u8 len;
	u8 flags;     /* rib_part.h */
	u16 standing; /* readers whose place is this net */
};
_Static_assert(sizeof(struct rib_net) == 32, "two nets a line");

/* A path as it lies there. */
struct rib_route {
	u32 next; /* of the net; list of free ones */
	u32 net;  /* IDX_NONE: free */
	u32 path_id;
	u32 metric;
	u32 attr;
	u32 extra;
	u32 hops;
	u16 client : 9;
	u16 era : 6;      /* of the client, when it was offered */
	u16 resolver : 1; /* gateways inside of the net may be found by it */
	u8 distance;
	u8 bits; /* type and flags: rib_part.h */
};
_Static_assert(sizeof(struct rib_route) == 32, "two paths a line");

/* One next hop of a set, packed. */
struct rib_gateway {
	u32 addr; /* host order; zero: on the link */
	u16 iface;
	u16 weight;
};

/* A set of next hops, interned and counted. */
struct rib_hops {
	u32 refs; /* zero: free */
	u32 free_next;
	u32 fib_route; /* what the set resolves to; FIB_ROUTE_NONE: nothing, or no room for it */
	u32 cost;
	u64 hash;
	u64 changed_round; /* the round of the sweep that tells its nets */
	u8 count;
	bool direct; /* each hop names its interface */
	bool reachable;
	bool looped; /* a route to a gateway led back, and was passed over */
	struct rib_gateway hop[RIB_HOPS_MAX]; /* sorted */
};

/* Eras tell the paths of a client apart without touching them: each path has that of its offer. */
enum { RIB_ERAS = 64 };
struct rib_client {
	enum route_source source;
	bool used;
	bool leaving;
	bool purging; /* paths that are dead may stand until purge_round has ended */
	u8 era;
	u8 live_era;  /* older ones are dead */
	u8 fresh_era; /* older ones are stale */
	u8 first_era; /* older ones do not exist */
	u64 purge_round;
};

struct rib_reader {
	u32 at; /* the net that was told last, IDX_NONE: none yet */
	bool used;
	bool all;
};

/* Which nets are to be chosen anew: those of this round, and those that have changed since it
 * began. Set bits are found in order.                                                            */
struct rib_marks {
	struct rib_marks_round {
		u64 *word;
		u64 *summary; /* a bit for each word that is not zero */
		u32 count;
	} round[2];
	u32 now; /* the round that is being taken */
	u32 at;  /* in it, where the search goes on */
	u32 word_count;
	u32 summary_count;
	u32 count; /* of both */
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
	u32 source_paths[ROUTE_SOURCES];
	u32 source_best[ROUTE_SOURCES]; /* nets whose best path is of the source */
};

struct rib {
	struct rib_conf conf;
	struct fib *fib;
	struct rib_net *net;
	u32 *net_head; /* hash table */
	u32 net_head_count;
	u32 net_top; /* those behind were never used */
	u32 net_free;
	u32 net_count;
	struct rib_route *route;
	u32 route_top;
	u32 route_free;
	u32 route_count;
	struct rib_marks dirty;
	struct rib_hops *hops;
	struct map hops_map;
	u32 hops_top;
	u32 hops_free;
	u32 hops_count;
	/* the list of changes */
	u32 first;
	u32 last;
	u32 seq;
	u32 gone_first; /* nets without paths that readers have to be told of */
	u32 gone_last;
	/* the sweep over all paths */
	bool sweeping;
	u32 sweep_at;
	u64 round;         /* that runs, or ran last */
	u64 round_wanted;  /* none beyond this one */
	u32 purging_count; /* clients */
	/* the sweep over all sets of next hops */
	u32 resolve_at;
	u32 resolve_left; /* sets that have not been looked at since the last change */
	u32 resolver_count[RIB_LENGTHS]; /* nets, by length, that gateways are found by */
	u64 resolver_lengths;            /* a bit for each length that is there */
	u32 best_count[RIB_LENGTHS];     /* nets, by length, that have a best path */
	u32 fib_waiting;                 /* nets that the forwarding table has no room for */
	ns_t published_ns;
	struct rib_client client[RIB_CLIENT_MAX];
	struct rib_reader reader[RIB_READER_MAX];
	u32 reader_top;
	u32 all_count; /* readers that want to hear of every path */
	struct rib_chooser chooser[ROUTE_SOURCES];
	struct rib_stats stats;
	/* one choice at a time */
	struct rib_candidate candidate[RIB_NET_PATHS_MAX];
	u32 candidate_route[RIB_NET_PATHS_MAX];
};

/* What of the limits can not be, or NULL. All of them zero: there is no RIB. */
const char *rib_conf_wrong(const struct rib_conf *conf);
void rib_layout(struct rib *rib, const struct rib_conf *conf, struct mem *mem);
/* fib outlives it and is written by it alone from now on. */
void rib_init(struct rib *rib, struct fib *fib);
/* choosers are copied; ctx outlives the RIB. */
void rib_set_chooser(struct rib *rib, enum route_source source, const struct rib_chooser *chooser);
void rib_check(const struct rib *rib);

/* ---- clients --------------------------------------------------------------------------------- */

/* A client; RIB_CLIENT_NONE when there are too many. */
#define RIB_CLIENT_NONE UINT16_MAX
u16 rib_client_new(struct rib *rib, enum route_source source);
/* Its paths are used no longer from now on and go step by step; then the client is free. */
void rib_client_del(struct rib *rib, u16 client);
/* All its paths go, step by step, and it stays. What it offers from now on is not meant. */
void rib_client_clear(struct rib *rib, u16 client);
/* RFC 4724 section 4.2: its paths are stale from now on; what is offered again is not. */
void rib_client_stale(struct rib *rib, u16 client);
/* Whether that takes no look at all paths now. Who begins anew as often as a peer likes asks first:
 * there is room again when the sweep has been over what went.                                    */
bool rib_client_has_era(const struct rib *rib, u16 client);
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
/* A prefix will be offered or withdrawn soon. */
void rib_prefetch(const struct rib *rib, const struct ip_prefix *prefix);
/* ERR_NOT_FOUND. */
MUST_USE enum err rib_withdraw(struct rib *rib, const struct ip_prefix *prefix, u16 client,
			       u32 path_id);
/* What this client offers. False: nothing. */
bool rib_find(const struct rib *rib, const struct ip_prefix *prefix, u16 client, u32 path_id,
	      struct rib_path *out);
/* What is chosen for a net. False: nothing. */
bool rib_best(const struct rib *rib, const struct ip_prefix *prefix, struct rib_path *out);
/* Walk over what a client offers, from *cursor (0 to begin) on, at most max paths and a bounded
 * number of steps; false when there are no more. For a policy that changed: what is offered again
 * in between may come twice.                                                                     */
struct rib_owned {
	struct ip_prefix prefix;
	struct rib_path path;
};
bool rib_client_walk(const struct rib *rib, u16 client, u32 *cursor, struct rib_owned *out, u32 max,
		     u32 *count);

/* Where an address leads now, by what is chosen: for peers that are not connected. */
struct rib_way rib_resolve(const struct rib *rib, const struct ip_addr *addr);

/* ---- work ------------------------------------------------------------------------------------ */

/* One step; true: there is more to do at once. The forwarding table is published by it when
 * something changed: between batches only.                                                       */
bool rib_tick(struct rib *rib, ns_t now);
bool rib_is_idle(const struct rib *rib);
/* This net is chosen now, and not when its turn comes; ERR_FULL: the forwarding table has no room
 * for it. Published by the next step, or by the caller.                                          */
MUST_USE enum err rib_settle(struct rib *rib, const struct ip_prefix *prefix);
/* A change waits for all nets that changed before it. Who reads a table of routes looks here first,
 * so that others' changes are seen in time, and reads on when it is called again.                */
static inline bool rib_is_behind(const struct rib *rib)
{
	return rib->dirty.count > RIB_BACKLOG;
}
static inline bool rib_is_off(const struct rib *rib)
{
	return rib->conf.net_limit == 0;
}

/* ---- readers --------------------------------------------------------------------------------- */

struct rib_change {
	u32 net; /* stays the prefix's as long as a reader has not been told that it has no path */
	struct ip_prefix prefix;
	bool gone; /* no path is chosen, or one that is withheld */
	struct rib_path best;
	enum route_source source; /* of the best */
};

#define RIB_READER_NONE UINT16_MAX
/* One that has seen nothing yet; RIB_READER_NONE: too many. */
u16 rib_reader_new(struct rib *rib);
void rib_reader_del(struct rib *rib, u16 reader);
/* To the beginning: everything is new to it (RFC 2918: a peer asks for all of it again). */
void rib_reader_rewind(struct rib *rib, u16 reader);
/* It is to be told of a net, too, when a path that is not the best changes: add-path. */
void rib_reader_set_all(struct rib *rib, u16 reader, bool all);
/* The next net whose best path is another one since this reader last heard of it; false: there is
 * none. It may be told of a net without a path that it had never heard of.                       */
bool rib_read(struct rib *rib, u16 reader, struct rib_change *out);
/* Usable paths of a net that are not withheld, of add-path: the best, those that are as good, then
 * the others by distance, source and metric. At most max.                                        */
u32 rib_net_paths(const struct rib *rib, u32 net, struct rib_path *out, u32 max);

/* ---- seeing inside --------------------------------------------------------------------------- */

struct rib_shown {
	u32 net; /* as of struct rib_change */
	struct ip_prefix prefix;
	struct rib_path path;
	enum route_source source;
	struct rib_way way;
	bool best;
	bool equal;             /* forwards beside the best */
	const char *withheld;   /* why no reader is told of it; NULL: they are */
	char why[RIB_WHY_SIZE]; /* why it is the best, or what beats it */
};

/* Paths of the net that longest match finds for addr, best first, and behind them those of longer
 * nets that cover it and have none that can be used, the longest first. Zero: no net covers it.  */
u32 rib_explain(const struct rib *rib, const struct ip_addr *addr, struct rib_shown *out, u32 max);
/* Up to max paths from *cursor on (0 to begin), net by net; zero: there are no more. */
u32 rib_show(const struct rib *rib, u64 *cursor, struct rib_shown *out, u32 max);
void rib_stats(const struct rib *rib, struct rib_stats *out);
/* The source that a client is of. */
enum route_source rib_client_source(const struct rib *rib, u16 client);

#endif
