/* The hash of the tables: even over buckets for the tuples that networks have, different by key. */
#include "unit/core_base/base_bed.h"

#include "core/base/hash.h"

enum { BUCKETS = 256, KEYS = 65536 };

static struct hash_key key_of(u8 seed)
{
	struct rng rng = rng_of(seed);
	struct hash_key key;

	for (u32 n = 0; n < 4; n++)
		key.k[n] = rng_u64(&rng);
	return key;
}

/* Pearson's sum over BUCKETS buckets: about 255, with a standard deviation of 23. */
static double unevenness(const u32 hit[BUCKETS])
{
	double want = (double)KEYS / BUCKETS, sum = 0;

	for (u32 n = 0; n < BUCKETS; n++)
		sum += ((double)hit[n] - want) * ((double)hit[n] - want) / want;
	return sum;
}

/* Consecutive addresses, consecutive ports: what one subnet makes. By the high half (hash_range)
 * and by the low bits (tags).                                                                    */
static void test_even_over_buckets(void **state)
{
	(void)state;
	for (u8 seed = 0; seed < 8; seed++) {
		struct hash_key key = key_of(seed);
		u32 high[BUCKETS] = { 0 }, low[BUCKETS] = { 0 };

		for (u32 n = 0; n < KEYS; n++) {
			u64 hash = hash_words(&key, UINT64_C(0x090012c60a0a0000) + n / 256,
					      UINT64_C(0x1100350000) + n % 256);

			high[hash_range(hash, BUCKETS)]++;
			low[hash % BUCKETS]++;
		}
		assert_true(unevenness(high) < 400);
		assert_true(unevenness(low) < 400);
	}
}

static void test_other_key_other_hash(void **state)
{
	struct hash_key a = key_of(1), b = key_of(2);
	u32 same = 0;

	(void)state;
	for (u32 n = 0; n < KEYS; n++)
		same += hash_range(hash_words(&a, n, 5), BUCKETS) ==
			hash_range(hash_words(&b, n, 5), BUCKETS);
	assert_in_range(same, KEYS / BUCKETS / 2, KEYS / BUCKETS * 2);
}

/* Every bit of the input turns about half of the bits of the hash. */
static void test_every_bit_counts(void **state)
{
	struct hash_key key = key_of(5);

	(void)state;
	for (u32 bit = 0; bit < 128; bit++) {
		u32 turned = 0;

		for (u64 n = 0; n < 64; n++) {
			u64 a = n << 17 | 3, b = n << 32 | 77;
			u64 a2 = bit < 64 ? a ^ UINT64_C(1) << bit : a;
			u64 b2 = bit < 64 ? b : b ^ UINT64_C(1) << (bit - 64);

			turned += (u32)__builtin_popcountll(hash_words(&key, a, b) ^
							    hash_words(&key, a2, b2));
		}
		assert_in_range(turned, 64 * 24, 64 * 40);
	}
}

static void test_range_covers_all(void **state)
{
	(void)state;
	assert_int_equal(hash_range(0, 7), 0);
	assert_int_equal(hash_range(UINT64_MAX, 7), 6);
	assert_int_equal(hash_range(UINT64_MAX, UINT32_MAX), UINT32_MAX - 1);
	assert_int_equal(hash_range(UINT64_MAX, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_even_over_buckets),
		cmocka_unit_test(test_other_key_other_hash),
		cmocka_unit_test(test_every_bit_counts),
		cmocka_unit_test(test_range_covers_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
