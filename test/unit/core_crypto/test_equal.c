/* Comparing: a difference in any bit of any byte counts. */
#include "unit/core_crypto/crypto_bed.h"

#include "core/crypto/equal.h"

static void test_every_bit_counts(void **state)
{
	u8 a[20], b[20];

	(void)state;
	fill_message(a, sizeof a);
	memcpy(b, a, sizeof b);
	assert_true(bytes_equal(a, b, sizeof a));
	for (u32 bit = 0; bit < sizeof a * 8; bit++) {
		b[bit / 8] ^= (u8)(1u << bit % 8);
		assert_false(bytes_equal(a, b, sizeof a));
		b[bit / 8] = a[bit / 8];
	}
}

static void test_bytes_behind_do_not_count(void **state)
{
	(void)state;
	assert_true(bytes_equal("abcd", "abce", 3));
	assert_false(bytes_equal("abcd", "abce", 4));
	assert_true(bytes_equal("x", "y", 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_bit_counts),
		cmocka_unit_test(test_bytes_behind_do_not_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
