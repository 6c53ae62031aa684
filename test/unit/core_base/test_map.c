/* Maps: what was put in is found under its hash, and nothing else of that hash. */
#include "unit/core_base/base_bed.h"

#include "core/base/map.h"

enum { CAP = 64, HASHES = 24, STEPS = 20000, REGION = 4096 };

/* The obvious: per object, whether it is in, and under which hash. */
struct model {
	u64 hash[CAP];
	bool in[CAP];
	u32 count;
};

static void *map_open(struct map *map, u32 cap)
{
	void *region = region_new(REGION);
	struct mem mem;

	mem_init(&mem, region, REGION);
	map_layout(map, &mem, "things", cap);
	assert_false(mem.short_of);
	map_init(map);
	return region;
}

/* The chain of a hash has every object of that hash once, and nothing that is not in. */
static void compare(const struct map *map, const struct model *model, u64 hash)
{
	bool seen[CAP] = { false };
	u32 steps = 0;

	for (u32 at = map_first(map, hash); at != IDX_NONE; at = map_next(map, at)) {
		assert_true(at < CAP);
		assert_true(model->in[at]);
		assert_false(seen[at]);
		assert_true(++steps <= CAP);
		seen[at] = true;
	}
	for (u32 idx = 0; idx < CAP; idx++) {
		if (model->in[idx] && model->hash[idx] == hash)
			assert_true(seen[idx]);
	}
	assert_int_equal(map->count, model->count);
}

/* Few hashes, so that chains are long and are cut at their head, middle and end. */
static void test_random_against_a_model(void **state)
{
	struct rng rng = rng_of(1);
	struct model model = { .count = 0 };
	struct map map;
	void *region = map_open(&map, CAP);
	u64 hashes[HASHES];

	(void)state;
	for (u32 n = 0; n < HASHES; n++)
		hashes[n] = rng_u64(&rng);
	for (u32 step = 0; step < STEPS; step++) {
		u32 idx = rng_below(&rng, CAP);

		if (model.in[idx]) {
			map_del(&map, model.hash[idx], idx);
			model.count--;
		} else {
			model.hash[idx] = hashes[rng_below(&rng, HASHES)];
			map_add(&map, model.hash[idx], idx);
			model.count++;
		}
		model.in[idx] = !model.in[idx];
		compare(&map, &model, hashes[rng_below(&rng, HASHES)]);
	}
	free(region);
}

static void test_newest_first(void **state)
{
	struct map map;
	void *region = map_open(&map, CAP);

	(void)state;
	map_add(&map, 7, 3);
	map_add(&map, 7, 5);
	assert_int_equal(map_first(&map, 7), 5);
	assert_int_equal(map_next(&map, 5), 3);
	assert_int_equal(map_next(&map, 3), IDX_NONE);
	free(region);
}

/* As many as there is room for, all under one hash. */
static void test_full(void **state)
{
	struct map map;
	void *region = map_open(&map, CAP);
	u32 found = 0;

	(void)state;
	for (u32 idx = 0; idx < CAP; idx++)
		map_add(&map, UINT64_MAX, idx);
	for (u32 at = map_first(&map, UINT64_MAX); at != IDX_NONE; at = map_next(&map, at))
		found++;
	assert_int_equal(found, CAP);
	for (u32 idx = 0; idx < CAP; idx++)
		map_del(&map, UINT64_MAX, idx);
	assert_int_equal(map.count, 0);
	assert_int_equal(map_first(&map, UINT64_MAX), IDX_NONE);
	free(region);
}

static void test_a_map_of_nothing(void **state)
{
	struct map map;
	void *region = map_open(&map, 0);

	(void)state;
	assert_int_equal(map_first(&map, 0), IDX_NONE);
	assert_int_equal(map_first(&map, UINT64_MAX), IDX_NONE);
	free(region);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_against_a_model),
		cmocka_unit_test(test_newest_first),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_a_map_of_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
