/* Insertion and removal; index.h tells the theory. */
#include "core/ct/index.h"
#include "core/base/check.h"

enum { LANE_NONE = INDEX_LANES };

void index_layout(struct index *ix, struct mem *mem, u32 entry_count_max)
{
	u64 lanes = (u64)entry_count_max * 100 / INDEX_LOAD_PERCENT + 1;

	memset(ix, 0, sizeof *ix);
	ix->bucket_count = (u32)(lanes / INDEX_LANES + 2);
	ix->bucket = mem_take(mem, "flow_index", ix->bucket_count, sizeof *ix->bucket);
	ix->stash = mem_take(mem, "flow_index_stash", INDEX_STASH_MAX, sizeof *ix->stash);
}

void index_init(struct index *ix)
{
	CHECK(ix->bucket != NULL);
	ix->stash_count = 0;
	ix->entry_count = 0;
}

static u32 bucket_lane(const struct index_bucket *bucket, u16 tag, u32 ref)
{
	for (u64 lanes = index_lanes(bucket, tag); lanes != 0; lanes &= lanes - 1) {
		u32 lane = index_lane(lanes);

		if (bucket->ref[lane] == ref)
			return lane;
	}
	return LANE_NONE;
}

static bool bucket_put(struct index_bucket *bucket, u16 tag, u32 ref)
{
	u64 free = index_lanes(bucket, 0);
	u32 lane;

	if (free == 0)
		return false;
	lane = index_lane(free);
	bucket->tag[lane] = tag;
	bucket->ref[lane] = ref;
	return true;
}

/* Make a free lane in bucket `at` by moving one of its entries to that entry's other bucket. */
static bool index_displace(struct index *ix, u32 at)
{
	struct index_bucket *from = &ix->bucket[at];

	for (u32 lane = 0; lane < INDEX_LANES; lane++) {
		u16 tag = from->tag[lane];
		u32 other = index_other(ix, at, tag);
		struct index_bucket *to = &ix->bucket[other];

		if (other == at || !bucket_put(to, tag ^ TAG_MOVED, from->ref[lane]))
			continue;
		if ((tag & TAG_MOVED) == 0)
			from->moved++;
		else
			to->moved--;
		from->tag[lane] = 0;
		return true;
	}
	return false;
}

/* The first bucket is full. NOINLINE: the entries that find it so are few. */
static NOINLINE enum err add_elsewhere(struct index *ix, u64 hash, u32 ref)
{
	u16 tag = index_tag(hash);
	u32 first = index_first(ix, hash);
	u32 other = index_other(ix, first, tag);
	struct index_bucket *home = &ix->bucket[first];

	/* A free lane anywhere before moving others: each move reads buckets of strangers. */
	if (bucket_put(&ix->bucket[other], tag | TAG_MOVED, ref)) {
		home->moved++;
		ix->entry_count++;
		return ERR_OK;
	}
	if (index_displace(ix, first) && bucket_put(home, tag, ref)) {
		ix->entry_count++;
		return ERR_OK;
	}
	if (index_displace(ix, other) && bucket_put(&ix->bucket[other], tag | TAG_MOVED, ref)) {
		home->moved++;
		ix->entry_count++;
		return ERR_OK;
	}
	if (ix->stash_count == INDEX_STASH_MAX)
		return ERR_FULL;
	ix->stash[ix->stash_count++] = (struct index_stash){ hash, ref };
	home->stashed++;
	ix->entry_count++;
	return ERR_OK;
}

enum err index_add(struct index *ix, u64 hash, u32 ref)
{
	if (!bucket_put(&ix->bucket[index_first(ix, hash)], index_tag(hash), ref))
		return add_elsewhere(ix, hash, ref);
	ix->entry_count++;
	return ERR_OK;
}

static void stash_del(struct index *ix, u64 hash, u32 ref)
{
	u32 at = 0;

	while (at < ix->stash_count && !(ix->stash[at].hash == hash && ix->stash[at].ref == ref))
		at++;
	CHECK(at < ix->stash_count);
	ix->stash[at] = ix->stash[--ix->stash_count];
}

void index_del(struct index *ix, u64 hash, u32 ref)
{
	u16 tag = index_tag(hash);
	u32 first = index_first(ix, hash);
	struct index_bucket *home = &ix->bucket[first];
	struct index_bucket *away = &ix->bucket[index_other(ix, first, tag)];
	u32 lane = bucket_lane(home, tag, ref);

	ix->entry_count--;
	if (lane != LANE_NONE) {
		home->tag[lane] = 0;
		return;
	}
	lane = home->moved > 0 ? bucket_lane(away, tag | TAG_MOVED, ref) : LANE_NONE;
	if (lane != LANE_NONE) {
		away->tag[lane] = 0;
		home->moved--;
		return;
	}
	CHECK(home->stashed > 0);
	stash_del(ix, hash, ref);
	home->stashed--;
}

void index_check(const struct index *ix)
{
	u32 live = 0, moved = 0, moved_tags = 0, stashed = 0;

	for (u32 at = 0; at < ix->bucket_count; at++) {
		const struct index_bucket *bucket = &ix->bucket[at];

		for (u32 lane = 0; lane < INDEX_LANES; lane++) {
			live += bucket->tag[lane] != 0;
			moved_tags += (bucket->tag[lane] & TAG_MOVED) != 0;
		}
		moved += bucket->moved;
		stashed += bucket->stashed;
	}
	CHECK(moved == moved_tags);
	CHECK(stashed == ix->stash_count);
	CHECK(live + stashed == ix->entry_count);
}
