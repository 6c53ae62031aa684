/* ICMP by name and number: what is shown is read back as what it was, and each name is its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "host/conf/value_icmp.h"

enum { CODE_COUNT = 257, UNTOUCHED = 777 };

static void is(const char *text, s32 type, s32 code)
{
	s32 found_type = UNTOUCHED, found_code = UNTOUCHED;

	if (!value_icmp(text, &found_type, &found_code))
		fail_msg("'%s' is refused", text);
	assert_int_equal(found_type, type);
	assert_int_equal(found_code, code);
}

static void names_and_numbers(void **state)
{
	(void)state;
	is("echo-request", 8, VALUE_ICMP_ANY);
	is("8", 8, VALUE_ICMP_ANY);
	is("0", 0, VALUE_ICMP_ANY);
	is("echo-request/0", 8, 0);
	is("unreachable/port", 3, 3);
	is("3/port", 3, 3);
	is("unreachable/3", 3, 3);
	is("3/3", 3, 3);
	is("time-exceeded/reassembly", 11, 1);
	is("255/255", 255, 255);
	assert_string_equal(value_show_icmp(3, 4).text, "unreachable/frag-needed");
	assert_string_equal(value_show_icmp(3, VALUE_ICMP_ANY).text, "unreachable");
	assert_string_equal(value_show_icmp(3, 200).text, "unreachable/200");
	assert_string_equal(value_show_icmp(200, 3).text, "200/3");
	assert_string_equal(value_show_icmp(200, VALUE_ICMP_ANY).text, "200");
}

static void what_is_none(void **state)
{
	static const char *const texts[] = {
		"", "/", "3/", "/3", "256", "3/256", "-1", "3/-1", "any", "3/any", "3/3/3",
		"net", "redirect/port", "8/port", "echo", "3 ", " 3", "Unreachable",
		"unreachable/unreachable/port",
		"a-type-of-icmp-with-a-name-that-is-longer-than-any",
	};
	s32 type = UNTOUCHED, code = UNTOUCHED;

	(void)state;
	for (size_t at = 0; at < ARRAY_COUNT(texts); at++) {
		if (value_icmp(texts[at], &type, &code))
			fail_msg("'%s' is taken", texts[at]);
		assert_int_equal(type, UNTOUCHED);
		assert_int_equal(code, UNTOUCHED);
	}
}

static void all_are_shown_and_read_back(void **state)
{
	(void)state;
	for (s32 type = 0; type <= UINT8_MAX; type++) {
		for (s32 code = VALUE_ICMP_ANY; code <= UINT8_MAX; code++)
			is(value_show_icmp(type, code).text, type, code);
	}
}

/* A name stands for one thing, and that has no other. */
static void names_are_told_apart(void **state)
{
	static bool seen[UINT8_MAX + 1][CODE_COUNT];
	struct value_icmp number;
	const char *name;
	s32 type, code;

	(void)state;
	for (u32 at = 0; (name = value_icmp_name(at, &number)) != NULL; at++) {
		assert_true(value_icmp(name, &type, &code));
		assert_string_equal(value_show_icmp(type, code).text, name);
		assert_false(seen[type][code + 1]);
		seen[type][code + 1] = true;
		is(number.text, type, code);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_numbers),
		cmocka_unit_test(what_is_none),
		cmocka_unit_test(all_are_shown_and_read_back),
		cmocka_unit_test(names_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
