/* "Did you mean": near enough, nearest, or nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "host/conf/nearest.h"

static const char *const words[] = { "flows", "nat", "ports", "routes", "interfaces" };

static const char *near(const char *typed)
{
	return nearest_word(typed, words, ARRAY_COUNT(words));
}

static void letters_missing_added_exchanged(void **state)
{
	(void)state;
	assert_string_equal(near("flow"), "flows");
	assert_string_equal(near("floows"), "flows");
	assert_string_equal(near("flaws"), "flows");
	assert_string_equal(near("interface"), "interfaces");
}

static void swapped_neighbours_are_one_change(void **state)
{
	static const char *const pair[] = { "abcd", "bacx" };

	(void)state;
	assert_string_equal(nearest_word("bacd", pair, 2), "abcd");
	assert_string_equal(near("prots"), "ports");
}

static void the_nearest_of_several(void **state)
{
	(void)state;
	assert_string_equal(near("porte"), "ports");
	assert_string_equal(near("route"), "routes");
}

static void far_is_nothing(void **state)
{
	(void)state;
	assert_null(near("zebra"));
	assert_null(near(""));
	assert_null(near("a-word-that-is-longer-than-any-of-the-list-can-be"));
	/* Not one of its letters would stay. */
	assert_null(nearest_word("xy", (const char *const[]){ "ab" }, 1));
	assert_null(near("a")); /* "nat" */
	assert_null(nearest_word("ip", (const char *const[]){ "icmp" }, 1));
}

static void capitals(void **state)
{
	(void)state;
	assert_string_equal(near("NAT"), "nat");
	assert_string_equal(near("Interfcaes"), "interfaces");
}

/* What is too far away may still be a part of one word, and of no other. */
static void parts_of_words(void **state)
{
	static const char *const more[] = { "prohibited", "tcp-reset", "port-prohibited" };

	(void)state;
	assert_string_equal(nearest_word("reset", more, 3), "tcp-reset");
	assert_string_equal(nearest_word("RES", more, 3), "tcp-reset");
	assert_string_equal(near("interf"), "interfaces");
	assert_null(near("in"));
	assert_null(nearest_word("prohi", more, 3)); /* of two */
	assert_null(nearest_word("set", more, 3));   /* not the begin of a part */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(letters_missing_added_exchanged),
		cmocka_unit_test(swapped_neighbours_are_one_change),
		cmocka_unit_test(the_nearest_of_several),
		cmocka_unit_test(far_is_nothing),
		cmocka_unit_test(capitals),
		cmocka_unit_test(parts_of_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
