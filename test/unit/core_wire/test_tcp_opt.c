/* Options of the TCP header: whatever stands there, walks stay inside of it and end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/base/rng.h"
#include "core/wire/tcp_opt.h"

/* A header with these options and not a byte more, so that ASan sees who reads behind it. */
static struct tcp_hdr *header_new(const u8 *options, u32 len)
{
	struct tcp_hdr *tcp = calloc(1, TCP_HLEN_MIN + len);

	assert_non_null(tcp);
	assert_true(len % 4 == 0 && len <= TCP_HLEN_MAX - TCP_HLEN_MIN);
	tcp->doff = (u8)((TCP_HLEN_MIN + len) / 4 << 4);
	memcpy(tcp + 1, options, len);
	return tcp;
}

static void test_one_after_the_other(void **state)
{
	static const u8 options[] = { 1, 2, 4, 5, 180, 1, 1, 3, 3, 7, 4, 2, 19, 2, 0, 8 };
	struct tcp_hdr *tcp = header_new(options, sizeof options);
	const u8 *first = (const u8 *)(tcp + 1), *opt = NULL;

	(void)state;
	assert_ptr_equal(opt = tcp_opt_next(tcp, opt), first + 1);
	assert_ptr_equal(opt = tcp_opt_next(tcp, opt), first + 7);
	assert_ptr_equal(opt = tcp_opt_next(tcp, opt), first + 10);
	assert_ptr_equal(opt = tcp_opt_next(tcp, opt), first + 12);
	assert_null(tcp_opt_next(tcp, opt));
	assert_ptr_equal(tcp_opt_find(tcp, TCP_OPT_WSCALE, 3), first + 7);
	assert_null(tcp_opt_find(tcp, TCP_OPT_WSCALE, 4));
	assert_null(tcp_opt_find(tcp, TCP_OPT_TIMESTAMPS, 10));
	free(tcp);
}

/* No options; a length of zero and of one; one beyond the header; a kind without a length. */
static void test_malformed_ends_it(void **state)
{
	static const u8 bad[][8] = {
		{ 3, 0, 2, 4, 0, 0, 0, 0 }, { 3, 1, 2, 4, 0, 0, 0, 0 }, { 3, 9, 2, 4, 0, 0, 0, 0 },
		{ 1, 1, 1, 1, 1, 1, 1, 2 }, { 1, 1, 1, 1, 1, 1, 1, 1 },
	};
	struct tcp_hdr *tcp = header_new(bad[0], 0);

	(void)state;
	assert_null(tcp_opt_next(tcp, NULL));
	free(tcp);
	for (u32 n = 0; n < ARRAY_COUNT(bad); n++) {
		tcp = header_new(bad[n], sizeof bad[n]);
		assert_null(tcp_opt_next(tcp, NULL));
		free(tcp);
	}
}

static void test_random_options_end(void **state)
{
	static const u8 seed[32] = { 0 };
	u8 options[TCP_HLEN_MAX - TCP_HLEN_MIN];
	struct rng rng;

	(void)state;
	rng_init(&rng, seed);
	for (u32 turn = 0; turn < 100000; turn++) {
		u32 len = rng_below(&rng, 11) * 4, count = 0;
		struct tcp_hdr *tcp;

		for (u32 n = 0; n < len; n++)
			options[n] = (u8)rng_below(&rng, 6);
		tcp = header_new(options, len);
		for (const u8 *opt = tcp_opt_next(tcp, NULL); opt != NULL;
		     opt = tcp_opt_next(tcp, opt)) {
			assert_true(opt >= (u8 *)(tcp + 1));
			assert_true(opt + opt[1] <= (u8 *)tcp + tcp_hlen(tcp));
			assert_true(++count <= len / 2);
		}
		free(tcp);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_after_the_other),
		cmocka_unit_test(test_malformed_ends_it),
		cmocka_unit_test(test_random_options_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
