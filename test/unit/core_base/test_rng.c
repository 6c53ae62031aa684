/* The generator: ChaCha as the RFC has it, the same seed the same stream, even choices. */
#include "unit/core_base/base_bed.h"

/* RFC 8439 section 2.3.2. */
static void test_chacha_block_of_the_rfc(void **state)
{
	static const u32 in[16] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574, 0x03020100,
				    0x07060504, 0x0b0a0908, 0x0f0e0d0c, 0x13121110, 0x17161514,
				    0x1b1a1918, 0x1f1e1d1c, 0x00000001, 0x09000000, 0x4a000000,
				    0x00000000 };
	static const u32 want[16] = { 0xe4e7f110, 0x15593bd1, 0x1fdd0f50, 0xc47120a3, 0xc7f4d1c7,
				      0x0368c033, 0x9aaa2204, 0x4e6cd4c3, 0x466482d2, 0x09aa9f07,
				      0x05d7c214, 0xa2028bd9, 0xd19c12b5, 0xb94e16de, 0xe883d0cb,
				      0x4e3c50a2 };
	u32 out[16];

	(void)state;
	chacha_block(in, out, 20);
	assert_memory_equal(out, want, sizeof want);
	chacha_block(in, out, 12);
	assert_memory_not_equal(out, want, sizeof want);
}

/* The stream is the blocks of 12 rounds one after the other, the counter in word 12. */
static void test_stream_is_blocks_in_order(void **state)
{
	struct rng rng = rng_of(7);
	u32 block_in[16], block[16];

	(void)state;
	memcpy(block_in, rng.state, sizeof block_in);
	assert_int_equal(block_in[12], 0);
	for (u32 n = 0; n < 3; n++) {
		block_in[12] = n;
		chacha_block(block_in, block, 12);
		for (u32 word = 0; word < 16; word++)
			assert_int_equal(rng_u32(&rng), block[word]);
	}
}

static void test_counter_carries(void **state)
{
	struct rng rng = rng_of(7);

	(void)state;
	rng.state[12] = UINT32_MAX;
	(void)rng_u32(&rng);
	assert_int_equal(rng.state[12], 0);
	assert_int_equal(rng.state[13], 1);
}

static void test_same_seed_same_stream(void **state)
{
	struct rng a = rng_of(1), b = rng_of(1), c = rng_of(2);
	u32 differ = 0;

	(void)state;
	for (u32 n = 0; n < 1000; n++) {
		u64 word = rng_u64(&a);

		assert_true(word == rng_u64(&b));
		differ += word != rng_u64(&c);
	}
	assert_true(differ >= 999);
}

static void test_below_is_even_and_in_range(void **state)
{
	struct rng rng = rng_of(3);
	u32 hit[10] = { 0 };

	(void)state;
	for (u32 n = 0; n < 100000; n++) {
		u32 choice = rng_below(&rng, 10);

		assert_true(choice < 10);
		hit[choice]++;
	}
	/* 10,000 each; a standard deviation is 95. */
	for (u32 n = 0; n < 10; n++)
		assert_in_range(hit[n], 9500, 10500);
	assert_int_equal(rng_below(&rng, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chacha_block_of_the_rfc),
		cmocka_unit_test(test_stream_is_blocks_in_order),
		cmocka_unit_test(test_counter_carries),
		cmocka_unit_test(test_same_seed_same_stream),
		cmocka_unit_test(test_below_is_even_and_in_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
