/* The index beside a plain list: every entry is found where a look-up would look, to the planned
 * load and beyond it until there is no place.                                                    */
#include "unit/core_base/base_bed.h"

#include "core/ct/index.h"

enum { ENTRIES = 4000, REGION = 1 << 20 };

struct entry {
	u64 hash;
	u32 ref;
};

struct index_bed {
	struct index ix;
	void *region;
	struct rng rng;
	u32 count;
	struct entry entry[4 * ENTRIES];
};

static struct index_bed *bed_open(u32 entry_count, u8 seed)
{
	struct index_bed *bed = calloc(1, sizeof *bed);
	struct mem mem;

	assert_non_null(bed);
	bed->region = region_new(REGION);
	mem_init(&mem, bed->region, REGION);
	index_layout(&bed->ix, &mem, entry_count);
	assert_false(mem.short_of);
	index_init(&bed->ix);
	bed->rng = rng_of(seed);
	return bed;
}

static void bed_close(struct index_bed *bed)
{
	index_check(&bed->ix);
	free(bed->region);
	free(bed);
}

/* As a look-up does it: the first bucket; the other one and the stash only if it says so. */
static bool is_found(const struct index *ix, const struct entry *entry)
{
	u16 tag = index_tag(entry->hash);
	u32 first = index_first(ix, entry->hash);
	struct index_match match;
	u32 ref;

	match = index_match_bucket(&ix->bucket[first], tag);
	while ((ref = index_match_next(&match)) != IDX_NONE) {
		if (ref == entry->ref)
			return true;
	}
	if (ix->bucket[first].moved > 0) {
		match = index_match_bucket(&ix->bucket[index_other(ix, first, tag)],
					   tag | TAG_MOVED);
		while ((ref = index_match_next(&match)) != IDX_NONE) {
			if (ref == entry->ref)
				return true;
		}
	}
	if (ix->bucket[first].stashed == 0)
		return false;
	for (u32 at = 0; at < ix->stash_count; at++) {
		if (ix->stash[at].hash == entry->hash && ix->stash[at].ref == entry->ref)
			return true;
	}
	return false;
}

static enum err add_random(struct index_bed *bed)
{
	struct entry entry = { rng_u64(&bed->rng), rng_u32(&bed->rng) };
	enum err err = index_add(&bed->ix, entry.hash, entry.ref);

	if (err == ERR_OK)
		bed->entry[bed->count++] = entry;
	return err;
}

static void del_random(struct index_bed *bed)
{
	u32 at = rng_below(&bed->rng, bed->count);

	index_del(&bed->ix, bed->entry[at].hash, bed->entry[at].ref);
	assert_false(is_found(&bed->ix, &bed->entry[at]));
	bed->entry[at] = bed->entry[--bed->count];
}

static void expect_all_found(const struct index_bed *bed)
{
	index_check(&bed->ix);
	assert_int_equal(bed->ix.entry_count, bed->count);
	for (u32 at = 0; at < bed->count; at++)
		assert_true(is_found(&bed->ix, &bed->entry[at]));
}

static void test_other_bucket_leads_back(void **state)
{
	static const u32 counts[] = { 2, 3, 10, 1000, 12345, 1u << 20, 1u << 28 };
	struct rng rng = rng_of(1);

	(void)state;
	for (u32 n = 0; n < 200000; n++) {
		struct index ix = { .bucket_count = counts[n % ARRAY_COUNT(counts)] };
		u64 hash = rng_u64(&rng);
		u16 tag = index_tag(hash);
		u32 at = index_first(&ix, hash);
		u32 other = index_other(&ix, at, tag);

		assert_true(at < ix.bucket_count);
		assert_true(other < ix.bucket_count);
		assert_int_equal(index_other(&ix, other, tag), at);
		assert_int_equal(index_other(&ix, other, tag | TAG_MOVED), at);
	}
}

/* A lane that is free, or has another tag, is not offered: what lies in its reference may be of a
 * flow that ended.                                                                               */
static void test_free_lanes_never_match(void **state)
{
	(void)state;
	for (u32 value = 0; value < 0x8000; value++) {
		u16 tag = index_tag(value);

		for (u32 lane = 0; lane < INDEX_LANES; lane++) {
			struct index_bucket bucket;
			struct index_match match;

			memset(&bucket, 0, sizeof bucket);
			for (u32 n = 0; n < INDEX_LANES; n++)
				bucket.ref[n] = 100 + n;
			bucket.tag[lane] = tag;
			match = index_match_bucket(&bucket, tag);
			assert_int_equal(index_match_next(&match), 100 + lane);
			assert_int_equal(index_match_next(&match), IDX_NONE);
			bucket.tag[lane] = tag | TAG_MOVED;
			match = index_match_bucket(&bucket, tag | TAG_MOVED);
			assert_int_equal(index_match_next(&match), 100 + lane);
			assert_int_equal(index_match_next(&match), IDX_NONE);
			match = index_match_bucket(&bucket, tag);
			assert_int_equal(index_match_next(&match), IDX_NONE);
		}
	}
}

static void test_each_lane_comes_once(void **state)
{
	struct index_bucket bucket;
	struct index_match match;
	u32 seen = 0;

	(void)state;
	memset(&bucket, 0, sizeof bucket);
	for (u32 n = 0; n < INDEX_LANES; n++) {
		bucket.tag[n] = 77;
		bucket.ref[n] = n;
	}
	match = index_match_bucket(&bucket, 77);
	for (u32 n = 0; n < INDEX_LANES; n++)
		seen |= 1u << index_match_next(&match);
	assert_int_equal(seen, (1u << INDEX_LANES) - 1);
	assert_int_equal(index_match_next(&match), IDX_NONE);
}

/* What lies behind the tags is not taken for one. */
static void test_lanes_are_the_tags_alone(void **state)
{
	struct rng rng = rng_of(2);

	(void)state;
	for (u32 n = 0; n < 100000; n++) {
		struct index_bucket bucket;
		u16 tag = (u16)(1 + rng_u64(&rng) % 3);
		u32 lanes = 0, found = 0;

		for (u32 lane = 0; lane < INDEX_LANES; lane++) {
			bucket.tag[lane] = (u16)(rng_u64(&rng) % 4);
			bucket.ref[lane] = tag | (u32)tag << 16;
			lanes |= (u32)(bucket.tag[lane] == tag) << lane;
		}
		bucket.moved = bucket.stashed = tag;
		for (u64 bits = index_lanes(&bucket, tag); bits != 0; bits &= bits - 1)
			found |= 1u << index_lane(bits);
		assert_int_equal(found, lanes);
	}
}

static void test_planned_load_needs_hardly_any_stash(void **state)
{
	(void)state;
	for (u8 seed = 0; seed < 5; seed++) {
		struct index_bed *bed = bed_open(ENTRIES, seed);
		u32 moved = 0;

		for (u32 n = 0; n < ENTRIES; n++)
			assert_int_equal(add_random(bed), ERR_OK);
		expect_all_found(bed);
		assert_true(bed->ix.stash_count <= 2);
		for (u32 at = 0; at < bed->ix.bucket_count; at++)
			moved += bed->ix.bucket[at].moved;
		/* A look-up that finds nothing touches one line in nearly all cases. */
		assert_true(moved > 0);
		assert_true(moved < ENTRIES / 4);
		bed_close(bed);
	}
}

static void test_random_add_and_delete(void **state)
{
	struct index_bed *bed = bed_open(ENTRIES, 9);

	(void)state;
	for (u32 round = 0; round < 40; round++) {
		for (u32 n = 0; n < 2000; n++) {
			bool grow = bed->count < ENTRIES &&
				    rng_below(&bed->rng, 2 * ENTRIES) > bed->count / 2;

			if (grow || bed->count == 0)
				assert_int_equal(add_random(bed), ERR_OK);
			else
				del_random(bed);
		}
		expect_all_found(bed);
	}
	while (bed->count > 0)
		del_random(bed);
	for (u32 at = 0; at < bed->ix.bucket_count; at++) {
		assert_int_equal(bed->ix.bucket[at].moved, 0);
		assert_int_equal(bed->ix.bucket[at].stashed, 0);
	}
	assert_int_equal(bed->ix.stash_count, 0);
	bed_close(bed);
}

/* Beyond the plan: nothing is lost, and full changes nothing. */
static void test_until_full_and_back(void **state)
{
	struct index_bed *bed = bed_open(ENTRIES, 3);
	u32 full_at;

	(void)state;
	while (add_random(bed) == ERR_OK)
		;
	full_at = bed->count;
	assert_int_equal(bed->ix.stash_count, INDEX_STASH_MAX);
	assert_true(full_at > bed->ix.bucket_count * INDEX_LANES * 90 / 100);
	expect_all_found(bed);
	assert_int_equal(add_random(bed), ERR_FULL);
	expect_all_found(bed);
	while (bed->count > full_at / 2)
		del_random(bed);
	expect_all_found(bed);
	while (bed->count < ENTRIES)
		assert_int_equal(add_random(bed), ERR_OK);
	expect_all_found(bed);
	bed_close(bed);
}

/* Several entries with one hash (both directions never have, but nothing forbids it). */
static void test_same_hash_many_times(void **state)
{
	struct index_bed *bed = bed_open(100, 4);

	(void)state;
	for (u32 ref = 0; ref < 30; ref++) {
		assert_int_equal(index_add(&bed->ix, 0x1234567812345678, ref), ERR_OK);
		bed->entry[bed->count++] = (struct entry){ 0x1234567812345678, ref };
	}
	expect_all_found(bed);
	assert_int_equal(bed->ix.stash_count, 10);
	while (bed->count > 0)
		del_random(bed);
	bed_close(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_other_bucket_leads_back),
		cmocka_unit_test(test_free_lanes_never_match),
		cmocka_unit_test(test_each_lane_comes_once),
		cmocka_unit_test(test_lanes_are_the_tags_alone),
		cmocka_unit_test(test_planned_load_needs_hardly_any_stash),
		cmocka_unit_test(test_random_add_and_delete),
		cmocka_unit_test(test_until_full_and_back),
		cmocka_unit_test(test_same_hash_many_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
