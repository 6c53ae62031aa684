/* Heaps: the earliest deadline is always the first, whatever was set, moved and stopped before. */
#include "unit/core_base/base_bed.h"

#include "core/base/heap.h"

enum { CAP = 100, STEPS = 50000, REGION = 8192 };

static void *heap_open(struct heap *heap, u32 cap)
{
	void *region = region_new(REGION);
	struct mem mem;

	mem_init(&mem, region, REGION);
	heap_layout(heap, &mem, "deadlines", cap);
	assert_false(mem.short_of);
	heap_init(heap);
	return region;
}

/* when: per id, NS_NEVER where nothing is set. */
static void compare(const struct heap *heap, const ns_t when[CAP])
{
	ns_t earliest = NS_NEVER;
	u32 due;

	heap_check(heap);
	for (u32 id = 0; id < CAP; id++) {
		assert_true(heap_when(heap, id) == when[id]);
		if (when[id] < earliest)
			earliest = when[id];
	}
	assert_true(heap_next(heap) == earliest);
	if (earliest == NS_NEVER) {
		assert_int_equal(heap_due(heap, NS_NEVER), IDX_NONE);
		return;
	}
	due = heap_due(heap, earliest);
	assert_true(due < CAP);
	assert_true(when[due] == earliest);
	if (earliest > 0)
		assert_int_equal(heap_due(heap, earliest - 1), IDX_NONE);
}

/* Many equal deadlines, moved to and fro; every fourth step stops one. */
static void test_random_against_a_model(void **state)
{
	struct rng rng = rng_of(2);
	struct heap heap;
	void *region = heap_open(&heap, CAP);
	ns_t when[CAP];

	(void)state;
	for (u32 id = 0; id < CAP; id++)
		when[id] = NS_NEVER;
	for (u32 step = 0; step < STEPS; step++) {
		u32 id = rng_below(&rng, CAP);

		when[id] = rng_below(&rng, 4) == 0 ? NS_NEVER : rng_below(&rng, 60);
		heap_set(&heap, id, when[id]);
		compare(&heap, when);
	}
	free(region);
}

static void test_comes_out_in_order(void **state)
{
	struct rng rng = rng_of(3);
	struct heap heap;
	void *region = heap_open(&heap, CAP);
	ns_t last = 0;

	(void)state;
	for (u32 id = 0; id < CAP; id++)
		heap_set(&heap, id, rng_u64(&rng) >> 1);
	for (u32 n = 0; n < CAP; n++) {
		u32 id = heap_due(&heap, NS_NEVER - 1);

		assert_true(heap_when(&heap, id) >= last);
		last = heap_when(&heap, id);
		/* It stays until it is stopped. */
		assert_int_equal(heap_due(&heap, NS_NEVER - 1), id);
		heap_set(&heap, id, NS_NEVER);
		heap_check(&heap);
	}
	assert_true(heap_next(&heap) == NS_NEVER);
	free(region);
}

static void test_stopping_twice(void **state)
{
	struct heap heap;
	void *region = heap_open(&heap, CAP);

	(void)state;
	heap_set(&heap, 4, NS_NEVER);
	assert_int_equal(heap.count, 0);
	heap_set(&heap, 4, 10);
	heap_set(&heap, 4, 10);
	assert_int_equal(heap.count, 1);
	heap_set(&heap, 4, NS_NEVER);
	heap_set(&heap, 4, NS_NEVER);
	assert_int_equal(heap.count, 0);
	heap_check(&heap);
	free(region);
}

static void test_a_heap_of_nothing(void **state)
{
	struct heap heap;
	void *region = heap_open(&heap, 0);

	(void)state;
	assert_true(heap_next(&heap) == NS_NEVER);
	assert_int_equal(heap_due(&heap, NS_NEVER), IDX_NONE);
	heap_check(&heap);
	free(region);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_against_a_model),
		cmocka_unit_test(test_comes_out_in_order),
		cmocka_unit_test(test_stopping_twice),
		cmocka_unit_test(test_a_heap_of_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
