/* Numbers of the command line and of the output: bounds, forms, and the sentences of refusal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "tool/tool_text.h"

static struct tool_value value_of(const char *text)
{
	return (struct tool_value){ "-s", text, "a size" };
}

static void uint_keeps_its_bounds(void **state)
{
	static const char *const bad[] = { "",   "-1",  "65508", "1x", "x",
					   " 1", "1.0", "0x10",  "+1", "99999999999999999999" };
	struct tool_why why;
	uint64_t out = 7;

	(void)state;
	for (size_t index = 0; index < ARRAY_COUNT(bad); index++) {
		struct tool_value value = value_of(bad[index]);

		assert_false(tool_parse_uint(&value, 0, 65507, &out, &why));
		assert_int_equal(out, 7);
	}
	struct tool_value least = value_of("0");
	struct tool_value most = value_of("65507");

	assert_true(tool_parse_uint(&least, 0, 65507, &out, &why));
	assert_int_equal(out, 0);
	assert_true(tool_parse_uint(&most, 0, 65507, &out, &why));
	assert_int_equal(out, 65507);
}

static void refusal_names_option_value_and_bounds(void **state)
{
	struct tool_value value = value_of("70000");
	struct tool_why why;
	uint64_t out;

	(void)state;
	assert_false(tool_parse_uint(&value, 1, 65507, &out, &why));
	assert_string_equal(why.text,
			    "-s 70000: not a size; right is a whole number from 1 to 65507");
	assert_false(tool_parse_seconds(&value, 2 * NS_PER_MS, NS_PER_SEC, &out, &why));
	assert_string_equal(why.text,
			    "-s 70000: not a size; right is a number of seconds from 0.002 to 1");
}

static void seconds_are_exact(void **state)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} good[] = {
		{ "1", NS_PER_SEC },      { "0.2", 200 * NS_PER_MS }, { ".5", 500 * NS_PER_MS },
		{ "3.", 3 * NS_PER_SEC }, { "0.000000001", 1 },       { "0.0000000019", 1 },
	};
	static const char *const bad[] = { "", ".", "1e3", "-1", "1,5", "inf", "1.2.3", "0x1" };
	uint64_t ns = 0;

	(void)state;
	for (size_t index = 0; index < ARRAY_COUNT(good); index++) {
		assert_true(tool_scan_decimal(good[index].text, &ns));
		assert_int_equal(ns, good[index].ns);
	}
	for (size_t index = 0; index < ARRAY_COUNT(bad); index++)
		assert_false(tool_scan_decimal(bad[index], &ns));
}

static void times_look_as_users_know_them(void **state)
{
	char text[TOOL_MS_SIZE];

	(void)state;
	assert_string_equal(tool_format_rtt(123456, text), "0.123");
	assert_string_equal(tool_format_rtt(1239999, text), "1.23");
	assert_string_equal(tool_format_rtt(9999999, text), "9.99");
	assert_string_equal(tool_format_rtt(12345678, text), "12.3");
	assert_string_equal(tool_format_rtt(99999999, text), "99.9");
	assert_string_equal(tool_format_rtt(123456789, text), "123");
	assert_string_equal(tool_format_rtt(0, text), "0.000");
	assert_string_equal(tool_format_ms(12345678, text), "12.345");
	assert_string_equal(tool_format_ms(1005000000, text), "1005.000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(uint_keeps_its_bounds),
		cmocka_unit_test(refusal_names_option_value_and_bounds),
		cmocka_unit_test(seconds_are_exact),
		cmocka_unit_test(times_look_as_users_know_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
