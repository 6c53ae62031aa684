/* Prefixes of lists, communities, AS numbers, areas and texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "host/conf/values_routing.h"

static void prefix_is(const char *text, u8 len, u8 min, u8 max, const char *shown)
{
	struct conf_list_prefix prefix;

	if (!value_list_prefix(text, &prefix))
		fail_msg("'%s' is refused", text);
	assert_int_equal(prefix.len, len);
	assert_int_equal(prefix.min_len, min);
	assert_int_equal(prefix.max_len, max);
	assert_string_equal(value_show_list_prefix(&prefix).text, shown);
}

static void prefixes_with_bounds(void **state)
{
	struct conf_list_prefix prefix;

	(void)state;
	prefix_is("10.0.0.0/8", 8, 8, 8, "10.0.0.0/8");
	prefix_is("10.0.0.1", 32, 32, 32, "10.0.0.1/32");
	prefix_is("10.0.0.0/8 le 24", 8, 8, 24, "10.0.0.0/8 le 24");
	prefix_is("10.0.0.0/8 ge 16", 8, 16, 32, "10.0.0.0/8 ge 16");
	prefix_is("10.0.0.0/8  ge 16  le 16", 8, 16, 16, "10.0.0.0/8 ge 16 le 16");
	prefix_is("10.0.0.0/8 ge 16 le 32", 8, 16, 32, "10.0.0.0/8 ge 16");
	prefix_is("10.0.0.0/8 ge 8 le 9", 8, 8, 9, "10.0.0.0/8 le 9");
	prefix_is("0.0.0.0/0 le 32", 0, 0, 32, "0.0.0.0/0 le 32");
	prefix_is("0.0.0.0/0 ge 32", 0, 32, 32, "0.0.0.0/0 ge 32");
	assert_false(value_list_prefix("10.0.0.0/8 ge 7", &prefix));
	assert_false(value_list_prefix("10.0.0.0/8 le 7", &prefix));
	assert_false(value_list_prefix("10.0.0.0/8 ge 33", &prefix));
	assert_false(value_list_prefix("10.0.0.0/8 le 24 ge 16", &prefix));
	assert_false(value_list_prefix("10.0.0.0/8 ge 24 le 16", &prefix));
	assert_false(value_list_prefix("10.0.0.0/8 ge", &prefix));
	assert_false(value_list_prefix("10.0.0.0/8 le 24 le 25", &prefix));
	assert_false(value_list_prefix("10.0.0.1/8 le 24", &prefix));
	assert_false(value_list_prefix("", &prefix));
}

static void communities_and_their_words(void **state)
{
	struct large_community large;
	u32 community = 7;

	(void)state;
	assert_true(value_community("65001:100", &community));
	assert_int_equal(community, 65001U << 16 | 100);
	assert_string_equal(value_show_community(community).text, "65001:100");
	assert_true(value_community("65535:65281", &community));
	assert_string_equal(value_show_community(community).text, "no-export");
	assert_true(value_community("blackhole", &community));
	assert_int_equal(community, 0xffff029a);
	assert_false(value_community("65536:1", &community));
	assert_false(value_community("1:65536", &community));
	assert_false(value_community("1", &community));
	assert_false(value_community("1:", &community));
	assert_false(value_community(":1", &community));
	assert_false(value_community("1:2:3", &community));
	assert_int_equal(community, 0xffff029a);
	assert_true(value_large_community("4294967295:0:1", &large));
	assert_int_equal(large.global, UINT32_MAX);
	assert_int_equal(large.local1, 0);
	assert_int_equal(large.local2, 1);
	assert_string_equal(value_show_large_community(&large).text, "4294967295:0:1");
	assert_false(value_large_community("1:2", &large));
	assert_false(value_large_community("1:2:3:4", &large));
	assert_false(value_large_community("4294967296:2:3", &large));
}

static void numbers_of_ases_and_areas(void **state)
{
	u32 number = 0;

	(void)state;
	assert_true(value_as("4294967295", &number));
	assert_int_equal(number, UINT32_MAX);
	assert_true(value_as("1.10", &number));
	assert_int_equal(number, 65546);
	assert_true(value_as("0.1", &number));
	assert_int_equal(number, 1);
	assert_false(value_as("0", &number));
	assert_false(value_as("0.0", &number));
	assert_false(value_as("4294967296", &number));
	assert_false(value_as("1.65536", &number));
	assert_false(value_as("1.", &number));
	assert_false(value_as(".1", &number));
	assert_true(value_area("0", &number));
	assert_int_equal(number, 0);
	assert_true(value_area("0.0.1.0", &number));
	assert_int_equal(number, 256);
	assert_true(value_area("4294967295", &number));
	assert_false(value_area("0.0.1", &number));
	assert_false(value_area("", &number));
}

static void texts_are_printable(void **state)
{
	(void)state;
	assert_true(value_text("a \"b\" \\ ~", 20));
	assert_true(value_text("abc", 4));
	assert_false(value_text("abcd", 4));
	assert_false(value_text("", 4));
	assert_false(value_text(" a", 4));
	assert_false(value_text("a ", 4));
	assert_false(value_text("a\tb", 4));
	assert_false(value_text("\xc3\xa4", 4));
	assert_false(value_text("a\x7f", 4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prefixes_with_bounds),
		cmocka_unit_test(communities_and_their_words),
		cmocka_unit_test(numbers_of_ases_and_areas),
		cmocka_unit_test(texts_are_printable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
