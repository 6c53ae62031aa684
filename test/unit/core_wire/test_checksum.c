/* The Internet checksum beside a plain one that adds 16 bits at a time (RFC 1071), and updates
 * beside sums made anew (RFC 1624).                                                             */
#include "unit/core_base/base_bed.h"

#include "core/wire/checksum.h"

/* What the field has to hold, as the network reads it. */
static u16 plain_csum(const u8 *at, u32 len)
{
	u32 sum = 0;

	for (u32 n = 0; n < len; n++)
		sum += n % 2 == 0 ? (u32)at[n] << 8 : at[n];
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (u16)~sum;
}

static void fill(struct rng *rng, u8 *at, u32 len)
{
	for (u32 n = 0; n < len; n++)
		at[n] = (u8)rng_u32(rng);
}

static void test_sum_of_every_length_and_place(void **state)
{
	struct rng rng = rng_of(1);
	u8 bytes[200];

	(void)state;
	for (u32 len = 0; len < 150; len++) {
		for (u32 from = 0; from < 9; from++) {
			fill(&rng, bytes, sizeof bytes);
			assert_int_equal(be16_host(csum_finish(csum_sum(bytes + from, len))),
					 plain_csum(bytes + from, len));
		}
	}
}

static void test_sum_of_large_and_extreme(void **state)
{
	u8 *bytes = malloc(65536);

	(void)state;
	assert_non_null(bytes);
	memset(bytes, 0xff, 65536);
	assert_int_equal(be16_host(csum_finish(csum_sum(bytes, 65536))), 0);
	assert_int_equal(be16_host(csum_finish(csum_sum(bytes, 65535))),
			 plain_csum(bytes, 65535));
	memset(bytes, 0, 65536);
	assert_int_equal(be16_host(csum_finish(csum_sum(bytes, 65536))), 0xffff);
	free(bytes);
}

/* A copy sums up as its bytes do, alone and behind an odd number of others. */
static void test_copy_of_every_length(void **state)
{
	struct rng rng = rng_of(6);
	u8 bytes[200], copy[200];

	(void)state;
	for (u32 len = 0; len < 150; len++) {
		for (u32 from = 0; from < 9; from++) {
			u64 sum;

			fill(&rng, bytes, sizeof bytes);
			memset(copy, 0, sizeof copy);
			sum = csum_sum(bytes, from);
			if (from % 2 == 0)
				sum += csum_copy(copy, bytes + from, len);
			else
				sum += csum_odd(csum_copy(copy, bytes + from, len));
			assert_memory_equal(copy, bytes + from, len);
			assert_int_equal(copy[len], 0);
			assert_int_equal(be16_host(csum_finish(sum)),
					 plain_csum(bytes, from + len));
		}
	}
}

static void test_sum20_is_the_sum(void **state)
{
	struct rng rng = rng_of(2);
	u8 bytes[20];

	(void)state;
	for (u32 n = 0; n < 1000; n++) {
		fill(&rng, bytes, sizeof bytes);
		assert_int_equal(csum_fold(csum_sum20(bytes)), csum_fold(csum_sum(bytes, 20)));
	}
	memset(bytes, 0xff, sizeof bytes);
	assert_int_equal(csum_fold(csum_sum20(bytes)), 0xffff);
}

static void test_fold_of_extremes(void **state)
{
	(void)state;
	assert_int_equal(csum_fold(0), 0);
	assert_int_equal(csum_fold(UINT64_MAX), 0xffff);
	assert_int_equal(csum_fold(0x1fffe), 0xffff);
	assert_int_equal(csum_fold(0x10000), 1);
	assert_int_equal(csum_fold(UINT64_C(0xffffffff00000001)), 1);
}

static void test_pseudo_header(void **state)
{
	struct rng rng = rng_of(3);

	(void)state;
	for (u32 n = 0; n < 1000; n++) {
		u8 head[12];
		be32 src, dst;
		u32 len;

		fill(&rng, head, sizeof head);
		head[8] = 0;
		src = be32_load(head);
		dst = be32_load(head + 4);
		len = be16_host(be16_load(head + 10));
		assert_int_equal(be16_host(csum_finish(csum_pseudo(src, dst, head[9], len))),
				 plain_csum(head, 12));
	}
}

/* RFC 1624 section 4: equation 2 gives 0x0000 here, which no sum over this data has. */
static void test_example_of_rfc1624(void **state)
{
	be16 csum = be16_of(0xdd2f);

	(void)state;
	csum = csum_replace16(csum, be16_of(0x5555), be16_of(0x3285));
	assert_int_equal(be16_host(csum), 0);
}

/* Words at their extremes: what is stored afterwards verifies, and is what a sum made anew gives
 * wherever a sum over the data has one form only (data that is not all zeros has no sum 0).      */
static void test_corners_of_zero(void **state)
{
	static const u16 words[] = { 0x0000, 0x0001, 0x7fff, 0x8000, 0xfffe, 0xffff };

	(void)state;
	for (u32 a = 0; a < ARRAY_COUNT(words); a++) {
		for (u32 b = 0; b < ARRAY_COUNT(words); b++) {
			for (u32 c = 0; c < ARRAY_COUNT(words); c++) {
				be16 data[2] = { be16_of(words[a]), be16_of(words[c]) };
				be16 csum = csum_finish(csum_sum(data, 4));
				be16 updated;

				updated = csum_replace16(csum, data[0], be16_of(words[b]));
				data[0] = be16_of(words[b]);
				if (words[b] == 0 && words[c] == 0)
					continue; /* no header is all zeros */
				assert_int_equal(csum_fold(csum_sum(data, 4) + updated.raw),
						 0xffff);
				assert_int_equal(be16_host(updated),
						 plain_csum((const u8 *)data, 4));
			}
		}
	}
}

/* Several words change at once, as in a rewritten header; and back. */
static void test_delta_of_random_headers(void **state)
{
	struct rng rng = rng_of(4);
	u8 head[20], changed[20];

	(void)state;
	for (u32 n = 0; n < 20000; n++) {
		u16 delta;
		be16 csum, updated;

		fill(&rng, head, sizeof head);
		head[0] = 0x45; /* never all zeros */
		memcpy(changed, head, sizeof head);
		fill(&rng, changed + 8, 12);
		if (n % 16 == 0)
			memset(changed + 8, n % 32 == 0 ? 0 : 0xff, 12);
		csum = csum_finish(csum_sum(head, 20));
		delta = csum_delta(csum_sum(head + 8, 12), csum_sum(changed + 8, 12));
		updated = csum_apply(csum, delta);
		assert_int_equal(be16_host(updated), plain_csum(changed, 20));
		/* The way back takes away what was added: the complement. */
		assert_int_equal(be16_host(csum_apply(updated, (u16)~delta)),
				 plain_csum(head, 20));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sum_of_every_length_and_place),
		cmocka_unit_test(test_sum_of_large_and_extreme),
		cmocka_unit_test(test_copy_of_every_length),
		cmocka_unit_test(test_sum20_is_the_sum),
		cmocka_unit_test(test_fold_of_extremes),
		cmocka_unit_test(test_pseudo_header),
		cmocka_unit_test(test_example_of_rfc1624),
		cmocka_unit_test(test_corners_of_zero),
		cmocka_unit_test(test_delta_of_random_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
