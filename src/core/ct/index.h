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
	u64 lanes[3]; /* a bit at 16 * lane + 15 for each lane that matches */
	const struct index_bucket *bucket;
};

void index_layout(struct index *ix, struct mem *mem, u32 entry_count_max);
void index_init(struct index *ix);
/* ERR_FULL only when the stash is full; nothing has changed then. */
enum err index_add(struct index *ix, u64 hash, u32 ref);
/* The entry must be there. */
void index_del(struct index *ix, u64 hash, u32 ref);
void index_check(const struct index *ix);

/* Never 0, which is a free lane; never 1, which index_lanes() could confuse with one. */
static inline u16 index_tag(u64 hash)
{
	u16 tag = (u16)(hash & 0x7fff);

	return tag < 2 ? tag + 2 : tag;
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

static inline u64 index_lanes(u64 four_tags, u64 pattern)
{
	const u64 ones = UINT64_C(0x0001000100010001);
	u64 diff = four_tags ^ pattern;

	/* A zero lane sets its top bit. A lane above a zero one may too, when its tag differs in
	 * the lowest bit only: the caller compares.                                             */
	return (diff - ones) & ~diff & (ones << 15);
}

static inline void index_match_bucket(struct index_match *match, const struct index_bucket *bucket,
				      u16 tag)
{
	u64 word[3];
	u64 pattern = tag * UINT64_C(0x0001000100010001);

	memcpy(word, bucket->tag, sizeof word);
	match->bucket = bucket;
	match->lanes[0] = index_lanes(word[0], pattern);
	match->lanes[1] = index_lanes(word[1], pattern);
	match->lanes[2] = index_lanes(word[2], pattern) & 0xffffffff;
}

/* The lane is as good as random: where a branch would guess, the three words are laid over one
 * another instead.                                                                               */
static inline u32 index_match_first(const struct index_match *match)
{
	u64 lanes = match->lanes[0] >> 15 | match->lanes[1] >> 14 | match->lanes[2] >> 13;
	u32 at;

	if (lanes == 0)
		return IDX_NONE;
	at = (u32)__builtin_ctzll(lanes);
	return match->bucket->ref[at % 16 * 4 + at / 16];
}

/* The next reference, taken out of the match; IDX_NONE at the end. */
static inline u32 index_match_next(struct index_match *match)
{
	for (u32 word = 0; word < 3; word++) {
		if (match->lanes[word] != 0) {
			u32 lane = 4 * word + (u32)__builtin_ctzll(match->lanes[word]) / 16;

			match->lanes[word] &= match->lanes[word] - 1;
			return match->bucket->ref[lane];
		}
	}
	return IDX_NONE;
}

#endif
