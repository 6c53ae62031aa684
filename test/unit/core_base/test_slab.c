/* Slabs: an index comes back as late as possible, full is an answer, stale is told. */
#include "unit/core_base/base_bed.h"

#include "core/base/slab.h"

enum { CAP = 8, OBJ_SIZE = 12 };

static void *slab_open(struct slab *slab, u32 cap)
{
	void *region = region_new(4096);
	struct mem mem;

	mem_init(&mem, region, 4096);
	slab_layout(slab, &mem, "things", cap, OBJ_SIZE);
	slab_init(slab);
	return region;
}

static void test_full_is_an_answer(void **state)
{
	struct slab slab;
	void *region = slab_open(&slab, CAP);

	(void)state;
	for (u32 n = 0; n < CAP; n++) {
		assert_int_equal(slab_new(&slab), n);
		assert_int_equal(slab.live, n + 1);
	}
	assert_int_equal(slab_new(&slab), IDX_NONE);
	assert_int_equal(slab_new(&slab), IDX_NONE);
	slab_del(&slab, 3);
	assert_int_equal(slab_new(&slab), 3);
	assert_int_equal(slab_new(&slab), IDX_NONE);
	free(region);
}

/* Among CAP objects, one that was freed comes back after all others that were free before. */
static void test_reuse_is_delayed(void **state)
{
	struct slab slab;
	void *region = slab_open(&slab, CAP);
	u32 first = slab_new(&slab);

	(void)state;
	slab_del(&slab, first);
	for (u32 n = 1; n < CAP; n++)
		assert_int_not_equal(slab_new(&slab), first);
	assert_int_equal(slab_new(&slab), first);
	free(region);
}

static void test_freed_in_order_comes_back_in_order(void **state)
{
	struct slab slab;
	void *region = slab_open(&slab, CAP);

	(void)state;
	for (u32 n = 0; n < CAP; n++)
		(void)slab_new(&slab);
	slab_del(&slab, 5);
	slab_del(&slab, 2);
	slab_del(&slab, 7);
	assert_int_equal(slab_new(&slab), 5);
	slab_del(&slab, 0);
	assert_int_equal(slab_new(&slab), 2);
	assert_int_equal(slab_new(&slab), 7);
	assert_int_equal(slab_new(&slab), 0);
	assert_int_equal(slab_new(&slab), IDX_NONE);
	free(region);
}

static void test_stale_and_foreign_indices_are_not_live(void **state)
{
	struct slab slab;
	void *region = slab_open(&slab, CAP);
	u32 idx = slab_new(&slab);

	(void)state;
	assert_true(slab_is_live(&slab, idx));
	assert_false(slab_is_live(&slab, idx + 1));
	assert_false(slab_is_live(&slab, CAP));
	assert_false(slab_is_live(&slab, IDX_NONE));
	slab_del(&slab, idx);
	assert_false(slab_is_live(&slab, idx));
	free(region);
}

static void test_objects_are_zeroed_and_apart(void **state)
{
	static const u8 zero[OBJ_SIZE];
	struct slab slab;
	void *region = slab_open(&slab, CAP);

	(void)state;
	for (u32 round = 0; round < 3; round++) {
		for (u32 n = 0; n < CAP; n++) {
			u8 *at = slab_at(&slab, slab_new(&slab));

			assert_memory_equal(at, zero, OBJ_SIZE);
			memset(at, 0xee, OBJ_SIZE);
		}
		for (u32 n = 0; n < CAP; n++) {
			assert_true(slab_is_live(&slab, n));
			slab_del(&slab, n);
		}
	}
	free(region);
}

static void test_a_slab_of_nothing(void **state)
{
	struct slab slab;
	void *region = slab_open(&slab, 0);

	(void)state;
	assert_int_equal(slab_new(&slab), IDX_NONE);
	assert_false(slab_is_live(&slab, 0));
	free(region);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full_is_an_answer),
		cmocka_unit_test(test_reuse_is_delayed),
		cmocka_unit_test(test_freed_in_order_comes_back_in_order),
		cmocka_unit_test(test_stale_and_foreign_indices_are_not_live),
		cmocka_unit_test(test_objects_are_zeroed_and_apart),
		cmocka_unit_test(test_a_slab_of_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
