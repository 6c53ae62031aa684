/* Options of segments: the bytes that are written, and that anything may be read. */
#include "unit/core_base/base_bed.h"

#include "core/tcp/seg.h"
#include "core/wire/tcp_opt.h"

enum { ROOM = TCP_HLEN_MAX - TCP_HLEN_MIN, ROUNDS = 200000 };

static void expect_bytes(const struct tcp_opts *opts, const char *bytes, u32 len)
{
	u8 at[ROOM];

	assert_int_equal(tcp_opts_len(opts, 0), len);
	assert_int_equal(tcp_opts_write(at, opts, 0), len);
	assert_memory_equal(at, bytes, len);
}

static void read_bytes(struct tcp_opts *opts, u8 flags, const void *bytes, u32 len)
{
	u8 at[TCP_HLEN_MAX] = { 0 };
	struct tcp_hdr *hdr = (struct tcp_hdr *)at;

	memcpy(at + TCP_HLEN_MIN, bytes, len);
	hdr->doff = (u8)((TCP_HLEN_MIN + len + 3) / 4 << 4);
	hdr->flags = flags;
	tcp_opts_read(opts, hdr);
}

/* "mss 1460,sackOK,TS val 1 ecr 2,nop,wscale 7" of tcpdump, byte by byte. */
static void test_syn_as_linux_has_it(void **state)
{
	struct tcp_opts opts = { .mss = 1460, .has_wscale = true, .wscale = 7 };

	(void)state;
	opts.sack_permitted = opts.has_ts = true;
	opts.tsval = 1;
	opts.tsecr = 2;
	expect_bytes(&opts, "\2\4\5\xb4\4\2\x8\xa\0\0\0\1\0\0\0\2\1\3\3\7", 20);
	/* "mss 1460,nop,nop,sackOK,nop,wscale 7" */
	opts.has_ts = false;
	expect_bytes(&opts, "\2\4\5\xb4\1\1\4\2\1\3\3\7", 12);
	opts.sack_permitted = false;
	expect_bytes(&opts, "\2\4\5\xb4\1\3\3\7", 8);
	opts.has_ts = true;
	expect_bytes(&opts, "\2\4\5\xb4\1\1\x8\xa\0\0\0\1\0\0\0\2\1\3\3\7", 20);
	opts.has_ts = opts.has_wscale = false;
	expect_bytes(&opts, "\2\4\5\xb4", 4);
	opts.mss = 0;
	expect_bytes(&opts, "", 0);
}

static void test_data_as_linux_has_it(void **state)
{
	struct tcp_opts opts = { .has_ts = true, .tsval = 0x01020304, .tsecr = 0x05060708 };

	(void)state;
	expect_bytes(&opts, "\1\1\x8\xa\1\2\3\4\5\6\7\x8", 12);
	opts.sack_count = 1;
	opts.sack[0] = (struct sack_block){ 0x11121314, 0x21222324 };
	expect_bytes(&opts, "\1\1\x8\xa\1\2\3\4\5\6\7\x8\1\1\5\xa\x11\x12\x13\x14!\"#$", 24);
	opts.has_ts = false;
	expect_bytes(&opts, "\1\1\5\xa\x11\x12\x13\x14!\"#$", 12);
}

/* RFC 2018 section 3: four blocks without timestamps, three with them; less beside a signature. */
static void test_blocks_that_find_no_room(void **state)
{
	static const struct {
		bool has_ts;
		u32 reserve;
		u32 blocks;
	} cases[] = { { false, 0, 4 }, { true, 0, 3 },  { false, 20, 2 },
		      { true, 20, 0 }, { true, 16, 1 }, { false, 40, 0 } };
	struct tcp_opts opts = { .sack_count = 4 }, back;
	u8 at[ROOM];

	(void)state;
	for (u32 n = 0; n < 4; n++)
		opts.sack[n] = (struct sack_block){ n * 10, n * 10 + 5 };
	for (u32 n = 0; n < ARRAY_COUNT(cases); n++) {
		u32 len;

		opts.has_ts = cases[n].has_ts;
		len = tcp_opts_write(at, &opts, cases[n].reserve);
		assert_int_equal(len, tcp_opts_len(&opts, cases[n].reserve));
		assert_true(len + cases[n].reserve <= ROOM);
		read_bytes(&back, TCP_ACK, at, len);
		assert_int_equal(back.sack_count, cases[n].blocks);
		/* The first ones are those that stay. */
		assert_memory_equal(back.sack, opts.sack,
				    cases[n].blocks * sizeof(struct sack_block));
	}
}

static void test_options_of_a_syn_are_read_from_a_syn(void **state)
{
	static const char bytes[] = "\2\4\5\xb4\4\2\x8\xa\0\0\0\1\0\0\0\2\1\3\3\xff";
	struct tcp_opts opts;

	(void)state;
	read_bytes(&opts, TCP_SYN | TCP_ACK, bytes, 20);
	assert_int_equal(opts.mss, 1460);
	assert_true(opts.has_wscale && opts.sack_permitted && opts.has_ts);
	assert_int_equal(opts.wscale, 255);
	assert_int_equal(opts.tsval, 1);
	assert_int_equal(opts.tsecr, 2);
	read_bytes(&opts, TCP_ACK, bytes, 20);
	assert_int_equal(opts.mss, 0);
	assert_false(opts.has_wscale || opts.sack_permitted);
	assert_true(opts.has_ts);
}

static void test_malformed_ends_the_reading(void **state)
{
	static const struct {
		const char *bytes;
		u32 len;
		bool has_ts; /* behind the fault, or before it */
	} cases[] = {
		{ "\x63\0\1\1\x8\xa\0\0\0\1\0\0\0\2\1\1", 16, false },   /* length zero */
		{ "\x63\1\1\1\x8\xa\0\0\0\1\0\0\0\2\1\1", 16, false },   /* length one */
		{ "\x63\x11\1\1\x8\xa\0\0\0\1\0\0\0\2\1\1", 16, false }, /* beyond the end */
		{ "\0\0\1\1\x8\xa\0\0\0\1\0\0\0\2\1\1", 16, false },     /* END */
		{ "\x8\xa\0\0\0\1\0\0\0\2\1\1\1\1\1\x63", 16, true },    /* no length at all */
		{ "\x63\4\1\1\x8\xa\0\0\0\1\0\0\0\2\1\1", 16, true },    /* unknown */
		{ "\x8\x9\0\0\0\1\0\0\0\1\1\1", 12, false }, /* wrong size for its kind */
		{ "\x2\x3\0\4\1\5\1\1\x8\xa\0\0\0\1\0\0\0\2\1\1", 20, false },
		{ "\x2\x3\0\4\2\5\3\1\x8\xa\0\0\0\1\0\0\0\2\1\1", 20, true },
	};
	struct tcp_opts opts;

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(cases); n++) {
		read_bytes(&opts, TCP_SYN, cases[n].bytes, cases[n].len);
		assert_int_equal(opts.has_ts, cases[n].has_ts);
		assert_int_equal(opts.mss, 0);
		assert_int_equal(opts.sack_count, 0);
	}
}

static void test_authentication_is_named(void **state)
{
	u8 bytes[20] = { TCP_OPT_MD5, 18 };
	struct tcp_opts opts;

	(void)state;
	read_bytes(&opts, TCP_ACK, bytes, 20);
	assert_int_equal(opts.auth_kind, TCP_OPT_MD5);
	bytes[0] = TCP_OPT_AO;
	bytes[1] = 16;
	read_bytes(&opts, TCP_SYN, bytes, 20);
	assert_int_equal(opts.auth_kind, TCP_OPT_AO);
}

/* Bytes that are options now and then: kinds that exist, lengths that are nearly theirs. */
static void random_options(struct rng *rng, u8 *at, u32 len)
{
	static const u8 sizes[] = { 0, 1, 4, 3, 2, 10, 18, 26, 10 };

	for (u32 n = 0; n < len; n++)
		at[n] = (u8)rng_u32(rng);
	for (u32 n = 0; n + 1 < len && rng_below(rng, 8) != 0;) {
		u32 kind = rng_below(rng, 9);

		at[n] = (u8)kind;
		if (kind >= 2)
			at[n + 1] = (u8)(sizes[kind] + (rng_below(rng, 16) == 0));
		n += kind < 2 ? 1 : sizes[kind];
	}
}

static void expect_same_after_writing(const struct tcp_opts *opts, u8 flags)
{
	struct tcp_opts back;
	u8 at[ROOM];
	u32 len = tcp_opts_write(at, opts, 0);

	assert_true(len % 4 == 0 && len <= ROOM && len == tcp_opts_len(opts, 0));
	read_bytes(&back, flags, at, len);
	assert_true(back.sack_count <= opts->sack_count);
	assert_memory_equal(back.sack, opts->sack, back.sack_count * sizeof back.sack[0]);
	assert_int_equal(back.mss, opts->mss);
	assert_int_equal(back.has_wscale, opts->has_wscale);
	assert_int_equal(back.wscale, opts->wscale);
	assert_int_equal(back.sack_permitted, opts->sack_permitted);
	assert_int_equal(back.has_ts, opts->has_ts);
	assert_int_equal(back.tsval, opts->tsval);
	assert_int_equal(back.tsecr, opts->tsecr);
}

/* Each header ends where its memory does, so that ASan sees a read behind it. What core/wire finds
 * of a kind is found here.                                                                       */
static void test_random_bytes(void **state)
{
	struct rng rng = rng_of(4);
	u32 with_ts = 0, with_sack = 0, with_mss = 0;

	(void)state;
	for (u32 n = 0; n < ROUNDS; n++) {
		u32 words = rng_below(&rng, 11);
		u8 *at = malloc(TCP_HLEN_MIN + words * 4);
		struct tcp_hdr *hdr = (struct tcp_hdr *)at;
		struct tcp_opts opts;

		assert_non_null(at);
		memset(at, 0, TCP_HLEN_MIN);
		random_options(&rng, at + TCP_HLEN_MIN, words * 4);
		hdr->doff = (u8)((5 + words) << 4);
		hdr->flags = rng_below(&rng, 2) == 0 ? TCP_SYN : TCP_ACK;
		tcp_opts_read(&opts, hdr);
		assert_int_equal(opts.has_ts, tcp_opt_find(hdr, TCP_OPT_TIMESTAMPS, 10) != NULL);
		assert_int_equal(opts.has_wscale,
				 hdr->flags == TCP_SYN &&
					 tcp_opt_find(hdr, TCP_OPT_WSCALE, 3) != NULL);
		expect_same_after_writing(&opts, hdr->flags);
		with_ts += opts.has_ts;
		with_sack += opts.sack_count > 0;
		with_mss += opts.mss != 0;
		free(at);
	}
	assert_true(with_ts > ROUNDS / 50 && with_sack > ROUNDS / 50 && with_mss > ROUNDS / 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_syn_as_linux_has_it),
		cmocka_unit_test(test_data_as_linux_has_it),
		cmocka_unit_test(test_blocks_that_find_no_room),
		cmocka_unit_test(test_options_of_a_syn_are_read_from_a_syn),
		cmocka_unit_test(test_malformed_ends_the_reading),
		cmocka_unit_test(test_authentication_is_named),
		cmocka_unit_test(test_random_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
