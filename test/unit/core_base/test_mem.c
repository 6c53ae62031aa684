/* The memory plan: what is counted is what is cut, and a region that is too small says so. */
#include "unit/core_base/base_bed.h"

static void take_all(struct mem *mem, u8 *at[3])
{
	at[0] = mem_take(mem, "one", 3, 7);
	at[1] = mem_take(mem, "none", 0, 100);
	at[2] = mem_take(mem, "lines", 2, 64);
}

static void test_plan_equals_cut(void **state)
{
	struct mem plan, mem;
	u8 *at[3];
	u8 *region = region_new(4096);

	(void)state;
	mem_init_plan(&plan);
	take_all(&plan, at);
	assert_null(at[0]);
	assert_false(plan.short_of);
	mem_init(&mem, region, 4096);
	take_all(&mem, at);
	assert_true(plan.used == mem.used);
	assert_true(plan.used == 64 + 0 + 128);
	assert_int_equal(plan.row_count, 3);
	for (u32 row = 0; row < 3; row++) {
		assert_string_equal(plan.row[row].name, mem.row[row].name);
		assert_true(plan.row[row].bytes == mem.row[row].bytes);
		assert_true(plan.row[row].count == mem.row[row].count);
	}
	assert_ptr_equal(at[0], region);
	assert_ptr_equal(at[2], region + 64);
	free(region);
}

static void test_more_is_bytes_only(void **state)
{
	struct mem mem;

	(void)state;
	mem_init_plan(&mem);
	(void)mem_take_more(&mem, "one", 5, 3, 64);
	(void)mem_take_more(&mem, "one", 0, 2, 64);
	assert_int_equal(mem.row_count, 1);
	assert_true(mem.row[0].count == 5);
	assert_true(mem.row[0].bytes == 10 * 64);
	assert_true(mem.used == 10 * 64);
}

static void test_exactly_enough_is_enough(void **state)
{
	struct mem mem;
	u8 *at[3];
	u8 *region = region_new(192);

	(void)state;
	mem_init(&mem, region, 192);
	take_all(&mem, at);
	assert_false(mem.short_of);
	assert_non_null(at[2]);
	memset(at[2], 1, 128);
	free(region);
}

static void test_one_byte_short_is_told(void **state)
{
	struct mem mem;
	u8 *at[3];
	u8 *region = region_new(192);

	(void)state;
	mem_init(&mem, region, 191);
	take_all(&mem, at);
	assert_true(mem.short_of);
	assert_non_null(at[0]);
	assert_null(at[2]);
	assert_true(mem.used == 64);
	/* What is smaller may still fit; the caller looks at short_of at the end. */
	assert_non_null(mem_take(&mem, "small", 1, 1));
	assert_true(mem.short_of);
	free(region);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plan_equals_cut),
		cmocka_unit_test(test_more_is_bytes_only),
		cmocka_unit_test(test_exactly_enough_is_enough),
		cmocka_unit_test(test_one_byte_short_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
