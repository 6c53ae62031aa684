/* Sets of attributes: the store where equal ones are one, and the body that is changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/base/rng.h"
#include "core/routing/bgp/attr.h"

enum { ATTRS = 64, CELLS = 200 };

static struct bgp_attr_store store;
static struct bgp_attrs set, back;

static int setup(void **state)
{
	struct hash_key key = { { 1, 2, 3, 4 } };
	struct mem mem;
	void *region;

	mem_init_plan(&mem);
	bgp_attr_store_layout(&store, ATTRS, CELLS, &mem);
	region = aligned_alloc(MEM_LINE, mem.used);
	memset(region, 0, mem.used);
	mem_init(&mem, region, mem.used);
	bgp_attr_store_layout(&store, ATTRS, CELLS, &mem);
	assert_false(mem.short_of);
	bgp_attr_store_init(&store, &key);
	*state = region;
	return 0;
}

static int teardown(void **state)
{
	bgp_attr_store_check(&store);
	free(*state);
	return 0;
}

static void make(u32 number, u32 len)
{
	u8 value[BGP_BODY_MAX];

	memset(&set, 0xee, sizeof set);
	memset(&set.head, 0, sizeof set.head);
	set.head.med = number;
	set.body_len = 0;
	memset(value, (int)number, sizeof value);
	if (len > 0)
		assert_true(bgp_body_set(&set, 99, 0xc0, value, len));
}

/* Of every length around the borders of cells. */
static void what_goes_in_comes_out(void **state)
{
	static const u32 lens[] = { 0, 1, 55, 56, 57, 115, 116, 117, 118, 4000, 8188 };

	(void)state;
	for (u32 at = 0; at < ARRAY_COUNT(lens); at++) {
		u32 attr;

		make(at, lens[at]);
		attr = bgp_attr_get(&store, &set);
		assert_int_not_equal(attr, BGP_ATTR_NONE);
		bgp_attr_load(&store, attr, &back);
		assert_memory_equal(&back.head, &set.head, sizeof set.head);
		assert_int_equal(back.body_len, set.body_len);
		assert_memory_equal(back.body, set.body, set.body_len);
		bgp_attr_store_check(&store);
		bgp_attr_put(&store, attr);
		assert_int_equal(store.attrs.live, 0);
		assert_int_equal(store.cells.live, 0);
	}
}

static void equal_ones_are_one(void **state)
{
	u32 first, second, other;

	(void)state;
	make(1, 200);
	first = bgp_attr_get(&store, &set);
	make(1, 200);
	second = bgp_attr_get(&store, &set);
	assert_int_equal(first, second);
	assert_int_equal(bgp_attr_at(&store, first)->refs, 2);
	/* Each byte counts: of the head, of the first cell, of the last one. */
	set.head.med = 2;
	other = bgp_attr_get(&store, &set);
	assert_int_not_equal(other, first);
	bgp_attr_put(&store, other);
	set.head.med = 1;
	for (u32 at = 0; at < set.body_len; at += 7) {
		set.body[at] ^= 0x10;
		other = bgp_attr_get(&store, &set);
		assert_int_not_equal(other, first);
		bgp_attr_put(&store, other);
		set.body[at] ^= 0x10;
	}
	bgp_attr_put(&store, first);
	assert_int_equal(store.attrs.live, 1);
	bgp_attr_put(&store, first);
	assert_int_equal(store.attrs.live, 0);
}

/* Full of sets, and full of cells: nothing has changed, and room comes back. */
static void full_is_an_answer(void **state)
{
	u32 attr[ATTRS];
	u32 count = 0;

	(void)state;
	for (; count < ATTRS; count++) {
		make(count, 0);
		attr[count] = bgp_attr_get(&store, &set);
		assert_int_not_equal(attr[count], BGP_ATTR_NONE);
	}
	make(ATTRS, 0);
	assert_int_equal(bgp_attr_get(&store, &set), BGP_ATTR_NONE);
	assert_int_equal(store.full, 1);
	while (count > 0)
		bgp_attr_put(&store, attr[--count]);
	make(0, 8188);
	attr[0] = bgp_attr_get(&store, &set);
	make(1, 4000);
	assert_int_equal(bgp_attr_get(&store, &set), BGP_ATTR_NONE);
	bgp_attr_store_check(&store);
	bgp_attr_put(&store, attr[0]);
	attr[0] = bgp_attr_get(&store, &set);
	assert_int_not_equal(attr[0], BGP_ATTR_NONE);
	bgp_attr_put(&store, attr[0]);
}

/* ---- bodies ---------------------------------------------------------------------------------- */

/* Beside a plain table of what each type has. */
static void bodies_as_a_table(void **state)
{
	static u8 value[256][64];
	u32 len[256];
	struct rng rng;
	u8 seed[32] = { 5 };

	(void)state;
	rng_init(&rng, seed);
	memset(len, 0, sizeof len);
	memset(&set, 0, sizeof set);
	for (u32 n = 0; n < 5000; n++) {
		u8 type = (u8)(3 + rng_below(&rng, 40));
		u32 size = rng_below(&rng, 64);
		struct bgp_body_attr each;
		u32 at = 0, last = 0;

		for (u32 byte = 0; byte < size; byte++)
			value[type][byte] = (u8)rng_u32(&rng);
		len[type] = size;
		assert_true(bgp_body_set(&set, type, 0xc0, value[type], size));
		while (bgp_body_next(&set, &at, &each)) {
			assert_true(each.type > last);
			last = each.type;
			assert_int_equal(each.value.len, len[each.type]);
			assert_memory_equal(each.value.at, value[each.type], each.value.len);
		}
		for (u32 other = 3; other < 43; other++) {
			struct bgp_piece piece;

			assert_int_equal(bgp_body_find(&set, (u8)other, &piece), len[other] > 0);
		}
	}
}

static void a_body_has_an_end(void **state)
{
	u8 value[BGP_BODY_MAX] = { 0 };
	struct bgp_piece piece;

	(void)state;
	memset(&set, 0, sizeof set);
	assert_false(bgp_body_set(&set, 9, 0, value, BGP_BODY_MAX));
	assert_true(bgp_body_set(&set, 9, 0, value, 8000));
	assert_false(bgp_body_set(&set, 10, 0, value, 200));
	assert_true(bgp_body_set(&set, 10, 0, value, 184));
	assert_int_equal(set.body_len, BGP_BODY_MAX);
	assert_true(bgp_body_set(&set, 9, 0, value, 0));
	assert_false(bgp_body_find(&set, 9, &piece));
	/* An empty path is one. */
	assert_true(bgp_body_set(&set, BGP_AS_PATH, 0, value, 0));
	assert_true(bgp_body_find(&set, BGP_AS_PATH, &piece));
	assert_int_equal(piece.len, 0);
}

/* RFC 4271 section 5.1.2: into the first sequence as long as it has room. */
static void prepending(void **state)
{
	struct bgp_path_segment segment;
	struct bgp_piece path;

	(void)state;
	memset(&set, 0, sizeof set);
	assert_true(bgp_body_set(&set, BGP_AS_PATH, 0x40, "", 0));
	assert_true(bgp_path_prepend(&set, 7, 0));
	assert_true(bgp_path_prepend(&set, 7, 2));
	assert_true(bgp_path_prepend(&set, 8, 1));
	bgp_body_find(&set, BGP_AS_PATH, &path);
	assert_int_equal(path.len, 14);
	assert_int_equal(set.head.path_len, 3);
	assert_int_equal(set.head.neighbour_as, 8);
	assert_int_equal(set.head.origin_as, 7);
	for (u32 n = 0; n < 63; n++)
		assert_true(bgp_path_prepend(&set, 9, 4));
	bgp_body_find(&set, BGP_AS_PATH, &path);
	assert_true(bgp_path_next(&path, &segment));
	assert_int_equal(segment.count, 255);
	assert_int_equal(path.len, 0);
	/* The 256th begins a segment. */
	assert_true(bgp_path_prepend(&set, 10, 1));
	bgp_body_find(&set, BGP_AS_PATH, &path);
	assert_true(bgp_path_next(&path, &segment));
	assert_int_equal(segment.count, 1);
	assert_int_equal(set.head.path_len, 256);
	assert_true(bgp_path_has((struct bgp_piece){ segment.as - 2, 6 }, 10));
	/* So does one in front of a set. */
	assert_true(bgp_body_set(&set, BGP_AS_PATH, 0x40, "\1\2\0\0\0\1\0\0\0\2", 10));
	bgp_head_of_path(&set);
	assert_int_equal(set.head.neighbour_as, 0);
	assert_int_equal(set.head.origin_as, 0);
	assert_int_equal(set.head.path_len, 1);
	assert_true(bgp_path_prepend(&set, 10, 1));
	assert_int_equal(set.head.path_len, 2);
	assert_int_equal(set.head.neighbour_as, 10);
	/* There is an end of room, too. */
	for (u32 n = 0; n < 130 && bgp_path_prepend(&set, 11, 16); n++)
		;
	assert_false(bgp_path_prepend(&set, 11, 16));
}

static void communities_come_and_go(void **state)
{
	static const u32 add[] = { 5, 6, BGP_COMMUNITY_NO_EXPORT, 5 };
	static const u32 del[] = { 6, BGP_COMMUNITY_NO_EXPORT };
	static const struct large_community large[] = { { 1, 2, 3 }, { 1, 2, 4 }, { 1, 2, 3 } };
	struct bgp_list_change change = {
		.add = add, .add_count = 4, .add_large = large, .add_large_count = 3
	};
	struct bgp_piece piece;

	(void)state;
	memset(&set, 0, sizeof set);
	assert_true(bgp_lists_change(&set, &change));
	assert_true(bgp_lists_change(&set, &change));
	bgp_body_find(&set, BGP_COMMUNITIES, &piece);
	assert_int_equal(piece.len, 12);
	bgp_body_find(&set, BGP_LARGE_COMMUNITIES, &piece);
	assert_int_equal(piece.len, 24);
	assert_int_equal(set.head.flags, BGP_NO_EXPORT);
	change = (struct bgp_list_change){ .del = del, .del_count = 2 };
	assert_true(bgp_lists_change(&set, &change));
	bgp_body_find(&set, BGP_COMMUNITIES, &piece);
	assert_int_equal(piece.len, 4);
	assert_memory_equal(piece.at, "\0\0\0\5", 4);
	assert_int_equal(set.head.flags, 0);
	change = (struct bgp_list_change){ .clear = true };
	assert_true(bgp_lists_change(&set, &change));
	assert_int_equal(set.body_len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_goes_in_comes_out, setup, teardown),
		cmocka_unit_test_setup_teardown(equal_ones_are_one, setup, teardown),
		cmocka_unit_test_setup_teardown(full_is_an_answer, setup, teardown),
		cmocka_unit_test(bodies_as_a_table),
		cmocka_unit_test(a_body_has_an_end),
		cmocka_unit_test(prepending),
		cmocka_unit_test(communities_come_and_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
