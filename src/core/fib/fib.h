/* The forwarding table: destination address to what happens with the packet.
 *
 * Longest prefix match over prefixes; each leads to a route with one or several next hops (ECMP).
 * An update takes bounded steps and becomes visible at fib_publish(), between two batches; until
 * then readers see the old state.
 *
 * The structure: a root of 65536 slots for the first 16 bits, then at most two pages of 256 slots
 * (bits 16..23 and 24..31). A page is one line of memory: a bitmap in which a bit is set where a
 * run of equal slots begins, and the runs' values, up to five in the page itself, more in a block
 * of their own. So a look-up reads one to five lines, and what a table costs follows the number of
 * prefixes: at most about 160 bytes each. A slot says which route its longest prefix *of this
 * level* has (zero: none) and how long it is, or names the page below; a page of the last level
 * keeps what its slot would have said. The default route stands apart.
 *
 * Updates copy the page, its parent and their blocks; what readers may see is freed at publish.
 * The root exists twice and the slots that changed are replayed.
 *
 * Bounds: 2^(level end - prefix length) slots an update, so 256 behind /16 and 32768 for a /1.  */
#ifndef CORE_FIB_FIB_H
#define CORE_FIB_FIB_H

#include "core/base/bytes.h"
#include "core/base/err.h"
#include "core/base/hash.h"
#include "core/base/mem.h"
#include "core/iface/iface.h"

enum {
	FIB_PATHS_MAX = 16,
	FIB_BUCKETS = 64, /* slots of a route that flows are spread over */
	FIB_PREFIX_MAX = 1 << 22,
	FIB_ROUTE_MAX = 1 << 20,
	FIB_ROOT_BITS = 16,
	FIB_ROOT_SLOTS = 1 << FIB_ROOT_BITS,
	FIB_PAGE_SLOTS = 256,
	FIB_PAGE_WORDS = FIB_PAGE_SLOTS / 64,
	FIB_INLINE_RUNS = 5,
	FIB_DIRTY_MAX = 4096,  /* root slots remembered one by one until publish */
	FIB_BLOCK_CLASSES = 6, /* blocks of 8, 16, ... 256 values */
};
#define FIB_ROUTE_NONE 0u

enum fib_type {
	FIB_NONE,      /* no route: ICMP 3/0 */
	FIB_UNICAST,   /* by a gateway or directly */
	FIB_LOCAL,     /* one of the gateway's own addresses */
	FIB_BROADCAST, /* limited or directed broadcast of a connected prefix */
	FIB_MULTICAST,
	FIB_BLACKHOLE, /* silently */
	FIB_PROHIBIT,  /* ICMP 3/13 */
	FIB_TYPE_COUNT
};

/* One way out. */
struct fib_path {
	be32 gateway; /* zero: the destination is on the link itself */
	u16 out_if;
	u16 weight; /* share among the paths of a route, at least 1 */
};

struct fib_route {
	enum fib_type type;
	u32 path_count; /* 1..FIB_PATHS_MAX for FIB_UNICAST; else 0, or 1 to say the interface */
	struct fib_path path[FIB_PATHS_MAX];
};

struct fib_conf {
	u32 prefix_count; /* prefixes that can stand at once, the fixed ones not counted */
	u32 route_count;  /* different sets of next hops */
	struct hash_key key;
};

/* A set of next hops, interned: equal sets are one. */
struct fib_nexthop {
	struct fib_route route; /* paths sorted, unused ones zero */
	u8 bucket[FIB_BUCKETS]; /* path of each slot of the flow hash */
	u32 refs;               /* prefixes that lead here */
	u32 next;               /* hash chain; list of free ones */
	u32 old_next;           /* list of those to look at at publish */
	u32 many_prev;          /* list of those with several paths, the newest first */
	u32 many_next;
	bool kept; /* one of its references is that of fib_clear() */
	bool old;
	u64 hash;
};

/* A prefix as the control plane knows it. */
struct fib_prefix {
	u32 prefix; /* host order */
	u32 route;
	u32 next;
	u8 len;
	bool live;
};

/* 256 slots. */
struct fib_page {
	_Alignas(64) u64 starts[FIB_PAGE_WORDS]; /* bit set: a run begins at this slot */
	u32 above;                 /* last level: what the slot of the page above would say */
	u8 before[FIB_PAGE_WORDS]; /* runs that begin in the words before */
	u32 epoch;                 /* publish count when made << 1 | the block is older */
	u32 runs[FIB_INLINE_RUNS]; /* values; or, with more runs than fit, [0] is the block */
};
_Static_assert(sizeof(struct fib_page) == 64, "a page is one line");

struct fib_root_slot {
	u32 value; /* as a run's */
	u32 page;  /* 0: none */
};

/* Blocks of 8 << class values in one store, split and joined as buddies. A unit is 8 values. */
struct fib_blocks {
	u32 *store;
	u8 *class_of; /* per unit: class of the block that begins here, and whether it is free */
	u32 *next;    /* per unit: list of free ones of a class, or of those to free at publish */
	u32 *prev;
	u32 head[FIB_BLOCK_CLASSES];
	u32 unit_count;
	u32 used_count; /* units */
};

struct fib {
	struct fib_conf conf;
	/* what a look-up reads */
	struct fib_root_slot *seen;
	struct fib_page *page;
	struct fib_nexthop *nexthop;
	u32 seen_default;
	/* what updates read */
	struct fib_root_slot *next_root;
	u32 next_default;
	u32 epoch;
	u16 gen;
	bool changed;
	bool dirty_all;
	u32 dirty_count;
	u16 dirty[FIB_DIRTY_MAX];
	u32 page_cap;
	u32 page_free; /* list by page_next */
	u32 page_old;  /* to be freed at publish: index << 1 | the block lives on */
	u32 page_free_count;
	u32 *page_next;
	struct fib_blocks blocks;
	u32 block_old; /* to be freed at publish */
	struct fib_prefix *prefix;
	u32 *prefix_bucket;
	u32 prefix_cap;
	u32 prefix_bucket_count;
	u32 prefix_free;
	u32 prefix_live;
	u32 *nexthop_bucket;
	u32 nexthop_cap;
	u32 nexthop_bucket_count;
	u32 nexthop_free;
	u32 nexthop_old;
	u32 nexthop_many; /* the first of those with several paths */
	u32 nexthop_live;
	u32 nexthop_held; /* references of fib_route_get() */
};

/* Index of a bucket. */
static inline u32 fib_prefix_hash(const struct fib *fib, u32 prefix, u32 len)
{
	u64 hash = hash_words(&fib->conf.key, (u64)prefix << 8 | len, 1);

	return (u32)hash & (fib->prefix_bucket_count - 1);
}

/* Copies conf into fib. */
void fib_layout(struct fib *fib, const struct fib_conf *conf, struct mem *mem);
/* Empty but for what is fixed: 255.255.255.255 BROADCAST, 224/4 MULTICAST, and 0/8, 127/8 and
 * 240/4 BLACKHOLE. Published.                                                                   */
void fib_init(struct fib *fib);

/* Add a prefix or replace what it leads to.
 *
 * ERR_RANGE  - bits behind the length, length, type, path count, out_if or weight; a path twice.
 * ERR_FULL   - prefixes, routes or pages; nothing has changed.
 * ERR_MEMORY - the copies since the last publish used up the spare pages; publish and repeat.   */
MUST_USE enum err fib_add(struct fib *fib, be32 prefix, u8 len, const struct fib_route *route);
/* A set of next hops that many prefixes will lead to: interned once, and then named. One reference
 * more; ERR_RANGE, ERR_FULL and ERR_MEMORY as above.                                             */
MUST_USE enum err fib_route_get(struct fib *fib, const struct fib_route *route, u32 *idx);
void fib_route_put(struct fib *fib, u32 idx);
/* fib_add() of a route that the caller has got. */
MUST_USE enum err fib_set(struct fib *fib, be32 prefix, u8 len, u32 route_idx);
/* A prefix will be added or deleted soon. */
static ALWAYS_INLINE void fib_prefetch(const struct fib *fib, be32 prefix, u8 len)
{
	prefetch(&fib->prefix_bucket[fib_prefix_hash(fib, be32_host(prefix), len)]);
	prefetch(&fib->next_root[be32_host(prefix) >> 16]);
}
/* Once that is there: what it leads to. */
static inline void fib_prefetch_page(const struct fib *fib, be32 prefix, u8 len)
{
	u32 first = fib->prefix_bucket[fib_prefix_hash(fib, be32_host(prefix), len)];

	prefetch(&fib->page[fib->next_root[be32_host(prefix) >> 16].page]);
	if (first != IDX_NONE)
		prefetch(&fib->prefix[first]);
}

/* ERR_NOT_FOUND, ERR_MEMORY as above. What is fixed becomes again what it was. */
MUST_USE enum err fib_del(struct fib *fib, be32 prefix, u8 len);
/* Connected prefixes, own addresses and directed broadcasts of one interface. Own addresses win
 * over broadcasts and connected prefixes, and a prefix that another interface has stays there.  */
MUST_USE enum err fib_add_iface(struct fib *fib, const struct iface_table *ifaces, u16 ifidx);
/* Everything but what is fixed goes; published. */
void fib_clear(struct fib *fib);
/* What stands anew after fib_clear() stands. Until then sets of several paths were kept, so that
 * flows find the slots of those that are like them (ecmp.c).                                     */
void fib_clear_end(struct fib *fib);
/* From here on readers see what was added and deleted. Between batches only. */
void fib_publish(struct fib *fib);
/* Changes with each publish that changed something; what was looked up before may be stale. */
static inline u16 fib_gen(const struct fib *fib)
{
	return fib->gen;
}

/* Route index of the longest match, FIB_ROUTE_NONE when there is none. */
u32 fib_lookup(const struct fib *fib, be32 dst);
/* The same of many: their memory is waited for together. At most FIB_BATCH_MAX. */
enum { FIB_BATCH_MAX = 64 };
void fib_lookup_batch(const struct fib *fib, const be32 *dst, u32 *route, u32 count);
/* For indices from fib_lookup, until the next publish; FIB_ROUTE_NONE has type FIB_NONE. */
static inline const struct fib_route *fib_route_at(const struct fib *fib, u32 idx)
{
	return &fib->nexthop[idx].route;
}

/* What an address is by the table. */
static inline enum fib_type fib_type_of(const struct fib *fib, be32 addr)
{
	return fib_route_at(fib, fib_lookup(fib, addr))->type;
}

/* The path of a flow: always the same for the same hash, and when a path goes, few flows but its
 * own move (each route has FIB_BUCKETS slots, chosen by rendezvous). NULL for a route without
 * paths.                                                                                        */
const struct fib_path *fib_pick(const struct fib *fib, u32 route_idx, u32 flow_hash);

/* The route of exactly this prefix as last added, published or not; FIB_ROUTE_NONE. */
u32 fib_find(const struct fib *fib, be32 prefix, u8 len);

struct fib_info {
	be32 prefix;
	u8 len;
	u32 route;
};

/* Up to max prefixes from *cursor on (0 to begin), in no order; 0 when there are no more. */
u32 fib_show(const struct fib *fib, u32 *cursor, struct fib_info *out, u32 max);
const char *fib_type_name(enum fib_type type);
void fib_check(const struct fib *fib);

#endif
