/* Path attributes (RFC 4271 section 5): a set of them as one works with it, and the store where
 * equal sets are one.
 *
 * What decisions read is in the head; the rest is the body: attributes as type, flags, length and
 * value, ascending by type, AS numbers always of four bytes. A set in the store is a line of memory
 * and cells of 60 bytes of its body; a table of a million routes has about six routes a set.
 *
 * References: bgp_attr_get() gives one, whoever stores the index twice takes another one; the last
 * put frees. Full is an answer. Sets are found by a keyed hash: what peers send can aim at nothing.
 */
#ifndef CORE_ROUTING_BGP_ATTR_H
#define CORE_ROUTING_BGP_ATTR_H

#include "core/base/hash.h"
#include "core/base/map.h"
#include "core/base/slab.h"
#include "core/routing/bgp/bgp_msg.h"
#include "core/routing/policy.h"

enum bgp_attr_type {
	BGP_ORIGIN = 1,
	BGP_AS_PATH = 2,
	BGP_NEXT_HOP = 3,
	BGP_MED = 4,
	BGP_LOCAL_PREF = 5,
	BGP_ATOMIC_AGGREGATE = 6,
	BGP_AGGREGATOR = 7,
	BGP_COMMUNITIES = 8,   /* RFC 1997 */
	BGP_ORIGINATOR_ID = 9, /* RFC 4456 */
	BGP_CLUSTER_LIST = 10,
	BGP_MP_REACH = 14, /* RFC 4760 */
	BGP_MP_UNREACH = 15,
	BGP_EXT_COMMUNITIES = 16, /* RFC 4360 */
	BGP_AS4_PATH = 17,        /* RFC 6793 */
	BGP_AS4_AGGREGATOR = 18,
	BGP_LARGE_COMMUNITIES = 32, /* RFC 8092 */
};

enum bgp_attr_flag {
	BGP_FLAG_OPTIONAL = 0x80,
	BGP_FLAG_TRANSITIVE = 0x40,
	BGP_FLAG_PARTIAL = 0x20,
	BGP_FLAG_EXTENDED = 0x10, /* its length has two bytes */
};

enum bgp_origin { BGP_ORIGIN_IGP, BGP_ORIGIN_EGP, BGP_ORIGIN_INCOMPLETE };
enum bgp_segment { BGP_SEGMENT_SET = 1, BGP_SEGMENT_SEQUENCE = 2 };

/* RFC 1997; the others are those of whoever gives them. */
#define BGP_COMMUNITY_NO_EXPORT           0xffffff01u
#define BGP_COMMUNITY_NO_ADVERTISE        0xffffff02u
#define BGP_COMMUNITY_NO_EXPORT_SUBCONFED 0xffffff03u

enum bgp_head_flag {
	BGP_HAS_MED = 1 << 0,
	BGP_HAS_LOCAL_PREF = 1 << 1,
	BGP_HAS_ORIGINATOR = 1 << 2,
	BGP_HAS_ATOMIC = 1 << 3,
	BGP_NO_EXPORT = 1 << 4, /* by its communities, as the next */
	BGP_NO_ADVERTISE = 1 << 5,
};

enum {
	BGP_BODY_MAX = 8192, /* a path of 2-byte numbers grows to twice its size */
	BGP_BODY_HLEN = 4,   /* type, flags, length of two bytes */
	BGP_CELL_DATA = 60,
	BGP_CELLS_MAX = (BGP_BODY_MAX + BGP_CELL_DATA - 1) / BGP_CELL_DATA,
	BGP_VALUES_MAX = 1024, /* communities that a message may hold; AS numbers are as many */
};

struct bgp_attr_head {
	be32 nexthop;
	u32 med;
	u32 local_pref;
	be32 originator;
	u32 neighbour_as;  /* the first of the path; zero: there is none, or it begins with a set */
	u32 origin_as;     /* the last one, likewise */
	u16 path_len;      /* as RFC 4271 section 9.1.2.2 (a) counts */
	u8 origin;         /* enum bgp_origin */
	u8 flags;          /* enum bgp_head_flag */
	u16 cluster_count; /* RFC 4456 section 9 */
	u16 unused;        /* zero */
};
_Static_assert(sizeof(struct bgp_attr_head) == 32, "no holes: heads are compared as bytes");

/* A set to work with. */
struct bgp_attrs {
	struct bgp_attr_head head;
	u32 body_len;
	u8 body[BGP_BODY_MAX];
};

/* ---- the body -------------------------------------------------------------------------------- */

/* The value of an attribute of the body; false: it is not there. */
bool bgp_body_find(const struct bgp_attrs *attrs, u8 type, struct bgp_piece *value);
/* Set, replace or, with a length of zero, remove. False: no room; nothing has changed. Values of
 * the body itself must not be given. A path may be empty and is kept then.                       */
bool bgp_body_set(struct bgp_attrs *attrs, u8 type, u8 flags, const void *value, u32 len);
/* One attribute of a body after the other, from *at (0 at first). */
struct bgp_body_attr {
	u8 type;
	u8 flags;
	struct bgp_piece value;
};
bool bgp_body_next(const struct bgp_attrs *attrs, u32 *at, struct bgp_body_attr *out);

/* ---- AS paths: segments of a type, a count and numbers of four bytes ------------------------- */

struct bgp_path_segment {
	u8 type; /* enum bgp_segment */
	u8 count;
	const u8 *as;
};
/* False: there are no more. */
bool bgp_path_next(struct bgp_piece *path, struct bgp_path_segment *segment);
static inline u32 bgp_segment_as(const struct bgp_path_segment *segment, u32 at)
{
	return be32_host(be32_load(segment->as + (u64)at * 4));
}
bool bgp_path_has(struct bgp_piece path, u32 as);
/* Its ends and its length in the head, after it was changed. */
void bgp_head_of_path(struct bgp_attrs *attrs);
/* What well-known communities ask for, in the head, after they were changed. */
void bgp_head_of_communities(struct bgp_attrs *attrs);
/* count times in front. False: no room. */
bool bgp_path_prepend(struct bgp_attrs *attrs, u32 as, u32 count);

/* ---- lists of communities -------------------------------------------------------------------- */

struct bgp_list_change {
	bool clear;
	const u32 *del;
	u32 del_count;
	const u32 *add;
	u32 add_count;
	const struct large_community *add_large;
	u32 add_large_count;
};
/* False: no room; some may have been changed. */
bool bgp_lists_change(struct bgp_attrs *attrs, const struct bgp_list_change *change);

/* ---- from and to the wire -------------------------------------------------------------------- */

/* What RFC 7606 section 2 wants to be done, the mildest first. */
enum bgp_harm { BGP_HARM_NONE, BGP_HARM_DISCARD, BGP_HARM_WITHDRAW, BGP_HARM_RESET };

struct bgp_wire {
	bool as4;      /* RFC 6793: both ends have four bytes */
	bool internal; /* iBGP */
	bool with_id;  /* prefixes have path identifiers (RFC 7911) */
};

struct bgp_attr_found {
	enum bgp_harm harm;
	u8 bad_type;      /* of the first attribute that did the most harm */
	const char *what; /* static */
	bool any;         /* there was one beside MP_UNREACH_NLRI */
	bool has_origin;
	bool has_path;
	bool has_nexthop;
	bool has_mp_reach; /* of IPv4 unicast, as the others */
	bool has_mp_unreach;
	bool other_family; /* prefixes of other families were passed over */
	be32 mp_nexthop;
	struct bgp_piece mp_reach;
	struct bgp_piece mp_unreach;
	struct bgp_error error; /* of a reset */
};

/* Read a list of attributes. What out has when harm is WITHDRAW or RESET means nothing. Bounds: one
 * pass over the bytes and one over the types. See: RFC 7606, of which each clause is named.      */
void bgp_attrs_read(struct bgp_piece attrs, const struct bgp_wire *wire, struct bgp_attrs *out,
		    struct bgp_attr_found *found);
/* What may be said only when it is known which prefixes there are: RFC 7606 sections 3 (d), 5.2. */
void bgp_attrs_judge(const struct bgp_update *update, struct bgp_attr_found *found);
/* Bytes written to to[0..room), zero: they do not fit. */
u32 bgp_attrs_write(u8 *to, u32 room, const struct bgp_attrs *attrs, const struct bgp_wire *wire);

/* ---- the store ------------------------------------------------------------------------------- */

struct bgp_attr {
	struct bgp_attr_head head;
	u64 hash;
	u32 refs;
	u32 cell; /* the first; IDX_NONE */
	u16 body_len;
	u16 unused[7];
};
_Static_assert(sizeof(struct bgp_attr) == 64, "a set is one line and its cells");

struct bgp_cell {
	u8 data[BGP_CELL_DATA];
	u32 next;
};

struct bgp_attr_store {
	struct hash_key key;
	struct slab attrs;
	struct slab cells;
	struct map by_hash;
	u64 found; /* sets that were there already */
	u64 full;
};

#define BGP_ATTR_NONE UINT32_MAX

void bgp_attr_store_layout(struct bgp_attr_store *store, u32 attr_limit, u32 cell_limit,
			   struct mem *mem);
void bgp_attr_store_init(struct bgp_attr_store *store, const struct hash_key *key);
void bgp_attr_store_check(const struct bgp_attr_store *store);
/* One reference more of the set; BGP_ATTR_NONE: full. */
u32 bgp_attr_get(struct bgp_attr_store *store, const struct bgp_attrs *attrs);
void bgp_attr_put(struct bgp_attr_store *store, u32 attr);
/* The whole of it. */
void bgp_attr_load(const struct bgp_attr_store *store, u32 attr, struct bgp_attrs *out);

static inline struct bgp_attr *bgp_attr_at(const struct bgp_attr_store *store, u32 attr)
{
	return slab_at(&store->attrs, attr);
}

static inline void bgp_attr_ref(struct bgp_attr_store *store, u32 attr, u32 count)
{
	bgp_attr_at(store, attr)->refs += count;
}

#endif
