/* Initial sequence numbers (RFC 6528), timestamp offsets (RFC 7323), how many challenge ACKs. */
#include "unit/core_tcp/tcp_bed.h"

enum { SAMPLES = 4096, BUCKETS = 64, TICK_NS = 4000 };

static void bed_open_isn(struct tcp_bed *bed, u32 challenge_acks)
{
	struct tcp_conf conf = tcp_bed_conf();

	conf.challenge_acks = challenge_acks;
	tcp_bed_open(bed, &conf);
}

/* RFC 9293 section 3.4.1: once every four microseconds, round in some 4.77 hours. */
static void test_clock_of_four_microseconds(void **state)
{
	const ns_t round = (UINT64_C(1) << 32) * TICK_NS;
	struct tcp_key key = tcp_bed_key(CLIENT_PORT);
	struct tcp_bed bed;
	u32 first;

	(void)state;
	bed_open_isn(&bed, 1);
	first = tcp_isn(&bed.tcp, &key, 0);
	assert_int_equal(tcp_isn(&bed.tcp, &key, TICK_NS - 1), first);
	assert_int_equal(tcp_isn(&bed.tcp, &key, TICK_NS), first + 1);
	assert_int_equal(tcp_isn(&bed.tcp, &key, NS_PER_SEC), first + 250000);
	assert_int_equal(tcp_isn(&bed.tcp, &key, round - 1), first - 1);
	assert_int_equal(tcp_isn(&bed.tcp, &key, round), first);
	assert_true(round / NS_PER_SEC == 17179); /* 4 hours 46 minutes */
	tcp_bed_close(&bed);
}

/* A connection between the same ends begins above the one before, at any time of a day. */
static void test_grows_with_time(void **state)
{
	struct tcp_key key = tcp_bed_key(CLIENT_PORT);
	struct tcp_bed bed;
	u32 last;

	(void)state;
	bed_open_isn(&bed, 1);
	last = tcp_isn(&bed.tcp, &key, 0);
	for (u32 n = 1; n < 24 * 60; n++) {
		u32 next = tcp_isn(&bed.tcp, &key, n * 60 * NS_PER_SEC);

		assert_true(seq_gt(next, last));
		last = next;
	}
	tcp_bed_close(&bed);
}

/* Chi-squared with BUCKETS - 1 degrees of freedom: 63 is the mean, 120 is passed once in 10^5. */
static void expect_spread(const u32 count[BUCKETS])
{
	double expected = (double)SAMPLES / BUCKETS;
	double sum = 0;

	for (u32 n = 0; n < BUCKETS; n++)
		sum += (count[n] - expected) * (count[n] - expected) / expected;
	assert_true(sum < 120);
	assert_true(sum > 25);
}

/* Ports one after the other: neither the numbers nor the steps between them are clustered. */
static void test_spread_over_ports(void **state)
{
	u32 high[BUCKETS] = { 0 }, low[BUCKETS] = { 0 }, step[BUCKETS] = { 0 };
	struct tcp_bed bed;
	u32 last = 0;

	(void)state;
	bed_open_isn(&bed, 1);
	for (u32 n = 0; n < SAMPLES; n++) {
		struct tcp_key key = tcp_bed_key((u16)(1024 + n));
		u32 isn = tcp_isn(&bed.tcp, &key, bed.now);

		high[isn >> 26]++;
		low[isn % BUCKETS]++;
		step[(isn - last) >> 26]++;
		last = isn;
	}
	expect_spread(high);
	expect_spread(low);
	expect_spread(step);
	tcp_bed_close(&bed);
}

/* Who sees the numbers of his own connections learns nothing of another's: under another secret the
 * difference between two tuples is another one, and each part of the tuple counts.               */
static void test_tuples_tell_nothing_of_each_other(void **state)
{
	u32 count[BUCKETS] = { 0 };
	struct tcp_key mine = tcp_bed_key(CLIENT_PORT), other[5];
	struct tcp_bed bed;

	(void)state;
	bed_open_isn(&bed, 1);
	for (u32 n = 0; n < ARRAY_COUNT(other); n++)
		other[n] = mine;
	other[0].local.raw ^= 1;
	other[1].peer.raw ^= 1;
	other[2].local_port.raw ^= 1;
	other[3].peer_port.raw ^= 1;
	other[4].zone ^= 1;
	for (u32 n = 0; n < ARRAY_COUNT(other); n++)
		assert_int_not_equal(tcp_isn(&bed.tcp, &mine, 0), tcp_isn(&bed.tcp, &other[n], 0));
	for (u32 n = 0; n < SAMPLES; n++) {
		u32 between;

		bed.tcp.secret[0] = rng_u64(&bed.tcp.rng);
		bed.tcp.secret[1] = rng_u64(&bed.tcp.rng);
		between = tcp_isn(&bed.tcp, &mine, 0) - tcp_isn(&bed.tcp, &other[1], 0);
		count[between >> 26]++;
	}
	expect_spread(count);
	tcp_bed_close(&bed);
}

static void test_fixed_for_scripts(void **state)
{
	struct tcp_conf conf = tcp_bed_conf();
	struct tcp_key key = tcp_bed_key(CLIENT_PORT);
	struct tcp_bed bed;

	(void)state;
	conf.isn_of_clock = false;
	conf.isn_fixed = 4711;
	tcp_bed_open(&bed, &conf);
	assert_int_equal(tcp_isn(&bed.tcp, &key, 0), 4711);
	assert_int_equal(tcp_isn(&bed.tcp, &key, NS_PER_SEC), 4711);
	tcp_bed_close(&bed);
}

/* RFC 7323 section 5.4: one clock for all ports of a pair of addresses, another one for another. */
static void test_one_timestamp_clock_per_pair(void **state)
{
	struct tcp_key key = tcp_bed_key(CLIENT_PORT);
	struct tcp_key other = key;
	u32 count[BUCKETS] = { 0 };
	struct tcp_bed bed;
	u32 offset;

	(void)state;
	bed_open_isn(&bed, 1);
	offset = tcp_ts_offset(&bed.tcp, &key);
	assert_int_not_equal(offset, tcp_isn(&bed.tcp, &key, 0));
	for (u32 n = 0; n < 1000; n++) {
		other.local_port.raw = (u16)rng_u32(&bed.tcp.rng);
		other.peer_port.raw = (u16)rng_u32(&bed.tcp.rng);
		assert_int_equal(tcp_ts_offset(&bed.tcp, &other), offset);
	}
	for (u32 n = 0; n < SAMPLES; n++) {
		other.peer = be32_of(0xc6336400 + n);
		count[tcp_ts_offset(&bed.tcp, &other) >> 26]++;
	}
	expect_spread(count);
	assert_int_equal(tcp_ts(offset, 5 * NS_PER_MS) - tcp_ts(offset, 0), 5);
	tcp_bed_close(&bed);
}

static u32 challenges_in_a_second(struct tcp_bed *bed, u32 wanted)
{
	u32 given = 0;

	for (u32 n = 0; n < wanted; n++)
		given += tcp_may_challenge(&bed->tcp, bed->now);
	bed->now += NS_PER_SEC;
	return given;
}

/* RFC 5961 section 7, and no fixed number: between half of the limit and all of it. */
static void test_challenges_are_limited(void **state)
{
	struct tcp_bed bed;
	u32 least = UINT32_MAX, most = 0;
	u64 given = 0;

	(void)state;
	bed_open_isn(&bed, 100);
	for (u32 n = 0; n < 500; n++) {
		u32 now = challenges_in_a_second(&bed, 150);

		given += now;
		least = u32_min(least, now);
		most = u32_max(most, now);
	}
	assert_true(least >= 50 && least < 55);
	assert_true(most <= 100 && most > 95);
	assert_true(bed.tcp.stats.challenge_acks == given);
	assert_true(bed.tcp.stats.challenge_limited == 500 * 150 - given);
	tcp_bed_close(&bed);
}

static void test_challenges_come_back_with_the_second(void **state)
{
	struct tcp_bed bed;

	(void)state;
	bed_open_isn(&bed, 1);
	assert_true(tcp_may_challenge(&bed.tcp, bed.now));
	assert_false(tcp_may_challenge(&bed.tcp, bed.now));
	assert_false(tcp_may_challenge(&bed.tcp, bed.now + NS_PER_SEC - 1));
	assert_true(tcp_may_challenge(&bed.tcp, bed.now + NS_PER_SEC));
	/* From the first moment of the clock on; none with a limit of none. */
	bed.tcp.challenge_second_ns = 0;
	assert_true(tcp_may_challenge(&bed.tcp, 0));
	bed.tcp.conf.challenge_acks = 0;
	assert_int_equal(challenges_in_a_second(&bed, 10), 0);
	tcp_bed_close(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clock_of_four_microseconds),
		cmocka_unit_test(test_grows_with_time),
		cmocka_unit_test(test_spread_over_ports),
		cmocka_unit_test(test_tuples_tell_nothing_of_each_other),
		cmocka_unit_test(test_fixed_for_scripts),
		cmocka_unit_test(test_one_timestamp_clock_per_pair),
		cmocka_unit_test(test_challenges_are_limited),
		cmocka_unit_test(test_challenges_come_back_with_the_second),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
