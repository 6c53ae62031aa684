/* The index: hash of a tuple to a flow and direction, for both directions of every flow.
 *
 * A bucket is one line of memory with ten entries: a tag of 15 bits of the hash, and a reference.
 * An entry lives in its first bucket or, when that was full, in its other one, which follows from
 * the first and the tag alone; there it carries TAG_MOVED. The first bucket counts how many of its
 * entries moved away, so that a look-up which finds nothing touches one line in nearly all cases.
 *
 * Insertion moves at most one standing entry to its other bucket. If that does not help either,
 * the entry goes to a small stash that is searched only for buckets which say so. At the planned
 * load of 0.82 that happens to a few entries in a million.
 *
 * What must be cheap: finding, in stages that a batch can overlap: prefetch the bucket, match the
 * tags, prefetch the flow, compare the tuple. The index never reads a flow itself.              */
#ifndef CORE_CT_INDEX_H
#define CORE_CT_INDEX_H

#include "core/base/bytes.h"
#include "core/base/err.h"
#include "core/base/hash.h"
#include "core/base/mem.h"

enum { INDEX_LANES = 10, INDEX_STASH_MAX = 256, INDEX_LOAD_PERCENT = 82 };

#define TAG_MOVED 0x8000u

struct index_bucket {
	u16 tag[INDEX_LANES]; /* 0: free */
	u16 moved;            /* entries whose first bucket this is, and who live in the other */
	u16 stashed;          /* the same, in the stash */
	u32 ref[INDEX_LANES];
};
_Static_assert(sizeof(struct index_bucket) == 64, "one line a bucket");

struct index_stash {
	u64 hash;
	u32 ref;
};

struct index {
	struct index_bucket *bucket;
	u32 bucket_count;
	u32 stash_count;
	u32 entry_count;
	struct index_stash *stash;
};

/* The references that match a hash so far: to be compared with the flows by the caller. */
struct index_match {
	u64 lanes; /* what index_lanes() said of each that matches */
	const struct index_bucket *bucket;
};

void index_layout(struct index *ix, struct mem *mem, u32 entry_count_max);
void index_init(struct index *ix);
/* ERR_FULL only when the stash is full; nothing has changed then. */
enum err index_add(struct index *ix, u64 hash, u32 ref);
/* The entry must be there. */
void index_del(struct index *ix, u64 hash, u32 ref);
void index_check(const struct index *ix);

/* Never 0, which is a free lane. */
static inline u16 index_tag(u64 hash)
{
	u16 tag = (u16)(hash & 0x7fff);

	return tag == 0 ? 1 : tag;
}

static inline u32 index_first(const struct index *ix, u64 hash)
{
	return hash_range(hash, ix->bucket_count);
}

/* The other bucket of an entry that lies in `at`: an involution, so it leads back as well. */
static inline u32 index_other(const struct index *ix, u32 at, u16 tag)
{
	u64 spread = (u64)(tag & 0x7fffu) * UINT64_C(0x9e3779b97f4a7c15);
	u32 pivot = hash_range(spread, ix->bucket_count);

	return pivot >= at ? pivot - at : pivot + (ix->bucket_count - at);
}

/* Eight tags in a register: the compiler's own vectors, for every processor. */
typedef u16 index_tags __attribute__((vector_size(16)));
typedef u64 index_halves __attribute__((vector_size(16)));

/* A bit for each lane with this tag: of the sixteen of a word the first for lanes 0 to 3, word by
 * word, the second for 4 to 7, the third for 8 and 9. index_lane() finds its way back.           */
static inline u64 index_lanes(const struct index_bucket *bucket, u16 tag)
{
	const index_tags low_bits = { 1, 1, 1, 1, 2, 2, 2, 2 };
	const index_tags high_bits = { 0, 0, 0, 0, 4, 4, 0, 0 };
	index_tags low, high;
	index_halves half;

	/* Tags 0 to 7; 4 to 9 and the two counts behind them. */
	memcpy(&low, bucket, sizeof low);
	memcpy(&high, (const u8 *)bucket + 4 * sizeof(u16), sizeof high);
	low = (index_tags)(low == tag) & low_bits;
	half = (index_halves)(low | ((index_tags)(high == tag) & high_bits));
	return half[0] | half[1];
}

/* One of the lanes that there are bits for. */
static inline u32 index_lane(u64 lanes)
{
	u32 bit = (u32)__builtin_ctzll(lanes);

	return bit / 16 + bit % 16 * 4;
}

/* Whether nothing of what has this tag, and this bucket for its first, can be in the index. */
static inline bool index_is_empty_for(const struct index_bucket *home, u16 tag)
{
	return (index_lanes(home, tag) | home->moved | home->stashed) == 0;
}

static inline struct index_match index_match_bucket(const struct index_bucket *bucket, u16 tag)
{
	return (struct index_match){ index_lanes(bucket, tag), bucket };
}

/* The next reference, taken out of the match; IDX_NONE at the end. */
static inline u32 index_match_next(struct index_match *match)
{
	u32 lane;

	if (match->lanes == 0)
		return IDX_NONE;
	lane = index_lane(match->lanes);
	match->lanes &= match->lanes - 1;
	return match->bucket->ref[lane];
}

#endif
