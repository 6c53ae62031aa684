/* Text into a given buffer. */
#include "unit/core_base/base_bed.h"

#include "core/base/text.h"

static void test_numbers(void **state)
{
	char buf[128];
	struct text text;

	(void)state;
	text_init(&text, buf, sizeof buf);
	text_u64(&text, 0);
	text_char(&text, ' ');
	text_u64(&text, UINT64_MAX);
	text_char(&text, ' ');
	text_hex(&text, 0xbeef, 2);
	text_char(&text, ' ');
	text_hex(&text, 0xa, 4);
	text_char(&text, ' ');
	text_ip4(&text, be32_of(0xc6120001));
	text_char(&text, ' ');
	text_ip4(&text, be32_of(0));
	assert_string_equal(buf, "0 18446744073709551615 beef 000a 198.18.0.1 0.0.0.0");
	assert_int_equal(text.len, strlen(buf));
	assert_false(text.cut);
}

static void test_too_long_is_cut(void **state)
{
	char buf[6] = "zzzzz";
	struct text text;

	(void)state;
	text_init(&text, buf, 5);
	text_str(&text, "four");
	assert_string_equal(buf, "four");
	assert_false(text.cut);
	text_str(&text, "");
	assert_false(text.cut);
	text_char(&text, '!');
	assert_true(text.cut);
	assert_string_equal(buf, "four");
	text_init(&text, buf, 5);
	text_u64(&text, 1234567);
	assert_string_equal(buf, "1234");
	assert_true(text.cut);
}

static void test_one_of_many(void **state)
{
	(void)state;
	assert_string_equal(text_plural(0), "s");
	assert_string_equal(text_plural(1), "");
	assert_string_equal(text_plural(2), "s");
	assert_string_equal(text_plural(UINT64_MAX), "s");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_too_long_is_cut),
		cmocka_unit_test(test_one_of_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
