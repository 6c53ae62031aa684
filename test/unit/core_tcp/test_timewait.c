/* TIME-WAIT: RFC 9293 sections 3.6.1 and 3.10.7.4, RFC 6191, RFC 1337. */
#include "unit/core_tcp/tcp_bed.h"

enum {
	SND_NXT = 7000,
	RCV_NXT = 50000,
	WINDOW = 100 << 7,
	TS_RECENT = 300000,
	MSL_S = 30,
	CYCLES = 1000000,
};

struct wait_bed {
	struct tcp_bed bed;
	struct tcp *tcp; /* of the bed */
	struct tcb tcb;  /* that is over */
	u32 idx;
	u32 iss;
};

static void wait_bed_open_as(struct wait_bed *bed, const struct tcp_conf *conf, bool has_ts)
{
	struct tcp_listen listen = {
		.addr = addr(SERVER), .port = be16_of(SERVER_PORT), .any_zone = true, .backlog = 1
	};
	u64 id;

	tcp_bed_open(&bed->bed, conf);
	bed->tcp = &bed->bed.tcp;
	assert_int_equal(tcp_listen(bed->tcp, &listen, &id), ERR_OK);
	bed->tcb = (struct tcb){ .key = tcp_bed_key(CLIENT_PORT),
				 .snd_nxt = SND_NXT,
				 .rcv_nxt = RCV_NXT,
				 .rcv_adv = RCV_NXT + WINDOW,
				 .rcv_wscale = 7,
				 .ts_recent = TS_RECENT,
				 .ts_recent_ns = bed->bed.now,
				 .ts_offset = 0xdeadbeef };
	if (has_ts)
		bed->tcb.flags = TCB_TS;
	timewait_new(bed->tcp, &bed->tcb, bed->bed.now);
	bed->idx = timewait_find(bed->tcp, &bed->tcb.key);
	assert_int_not_equal(bed->idx, IDX_NONE);
}

static void wait_bed_open(struct wait_bed *bed, bool has_ts)
{
	struct tcp_conf conf = tcp_bed_conf();

	wait_bed_open_as(bed, &conf, has_ts);
}

static void wait_bed_close(struct wait_bed *bed)
{
	timewait_check(bed->tcp);
	tcp_bed_close(&bed->bed);
}

static bool is_there(struct wait_bed *bed)
{
	return timewait_find(bed->tcp, &bed->tcb.key) != IDX_NONE;
}

/* A segment comes in; with timestamps if the record has them, as new as the last one. */
static struct tcp_seg seg_for(struct wait_bed *bed, u8 flags, u32 seq, u32 len)
{
	struct tcp_seg seg = tcp_bed_seg(CLIENT_PORT, flags, seq, SND_NXT);

	seg.len = len;
	seg.opt.has_ts = (bed->tcb.flags & TCB_TS) != 0;
	seg.opt.tsval = seg.opt.has_ts ? TS_RECENT : 0;
	return seg;
}

static enum timewait_answer wait_in(struct wait_bed *bed, const struct tcp_seg *seg)
{
	enum timewait_answer answer;

	answer = timewait_in(bed->tcp, bed->idx, seg, &bed->iss, bed->bed.now);
	timewait_check(bed->tcp);
	return answer;
}

static void expect_ack(struct wait_bed *bed)
{
	struct said said = tcp_bed_said(&bed->bed);

	assert_int_equal(said.seen.flags, TCP_ACK);
	assert_int_equal(said.seen.seq, SND_NXT);
	assert_int_equal(said.seen.ack, RCV_NXT);
	assert_int_equal(said.window, WINDOW >> 7);
	assert_int_equal(said.zone, BED_ZONE);
	assert_true(be32_eq(said.seen.dst, addr(CLIENT)));
	assert_int_equal(said.opt.has_ts, (bed->tcb.flags & TCB_TS) != 0);
	if (said.opt.has_ts)
		assert_int_equal(said.opt.tsval, tcp_ts(bed->tcb.ts_offset, bed->bed.now));
	tcp_bed_silent(&bed->bed);
}

/* ---- time ------------------------------------------------------------------------------------ */

static void test_two_msl(void **state)
{
	struct wait_bed bed;
	ns_t end;

	(void)state;
	wait_bed_open(&bed, true);
	end = bed.bed.now + 2 * MSL_S * NS_PER_SEC;
	assert_true(timewait_next(bed.tcp) == end);
	timewait_tick(bed.tcp, end - 1);
	assert_true(is_there(&bed));
	assert_true(timewait_next(bed.tcp) == end);
	timewait_tick(bed.tcp, end);
	assert_false(is_there(&bed));
	assert_true(timewait_next(bed.tcp) == NS_NEVER);
	assert_true(bed.tcp->stats.time_waits == 1);
	wait_bed_close(&bed);
}

/* A shorter MSL does not bring the list out of order. */
static void test_order_when_msl_changes(void **state)
{
	struct wait_bed bed;
	ns_t end;

	(void)state;
	wait_bed_open(&bed, true);
	end = timewait_next(bed.tcp);
	bed.tcp->conf.msl_ms = 1000;
	bed.tcb.key = tcp_bed_key(CLIENT_PORT + 1);
	timewait_new(bed.tcp, &bed.tcb, bed.bed.now);
	timewait_check(bed.tcp);
	assert_true(timewait_next(bed.tcp) == end);
	timewait_tick(bed.tcp, end);
	assert_int_equal(bed.tcp->timewait.slab.live, 0);
	wait_bed_close(&bed);
}

static void test_full(void **state)
{
	struct tcp_conf conf = tcp_bed_conf();
	struct wait_bed bed;

	(void)state;
	conf.time_wait_limit = 3;
	wait_bed_open_as(&bed, &conf, true);
	for (u16 n = 1; n < 6; n++) {
		bed.tcb.key = tcp_bed_key((u16)(CLIENT_PORT + n));
		timewait_new(bed.tcp, &bed.tcb, bed.bed.now);
		timewait_check(bed.tcp);
	}
	for (u16 n = 0; n < 6; n++) {
		struct tcp_key key = tcp_bed_key((u16)(CLIENT_PORT + n));

		assert_int_equal(timewait_find(bed.tcp, &key) != IDX_NONE, n >= 3);
	}
	assert_true(bed.tcp->stats.time_wait_full == 3 && bed.tcp->stats.time_waits == 6);
	wait_bed_close(&bed);
}

static void test_a_table_of_nothing(void **state)
{
	struct tcp_conf conf = tcp_bed_conf();
	struct tcb tcb = { .key = tcp_bed_key(CLIENT_PORT) };
	struct tcp_bed bed;

	(void)state;
	conf.time_wait_limit = 0;
	tcp_bed_open(&bed, &conf);
	timewait_new(&bed.tcp, &tcb, bed.now);
	timewait_check(&bed.tcp);
	assert_true(bed.tcp.stats.time_wait_full == 1);
	assert_int_equal(timewait_find(&bed.tcp, &tcb.key), IDX_NONE);
	tcp_bed_close(&bed);
}

static struct tcp_key random_key(struct rng *rng)
{
	struct tcp_key key = tcp_bed_key((u16)rng_u32(rng));

	key.peer.raw += rng_below(rng, 4);
	return key;
}

/* Created, expired, reset, taken over, and displaced, a million of them. */
static void test_a_million(void **state)
{
	struct tcp_conf conf = tcp_bed_conf();
	struct rng rng = bed_rng(11);
	struct tcb tcb = { .flags = TCB_TS };
	struct tcp_bed bed;
	u64 reset = 0, reused = 0;

	(void)state;
	conf.time_wait_limit = 6000;
	conf.msl_ms = 500;
	tcp_bed_open(&bed, &conf);
	for (u32 n = 0; n < CYCLES; n++) {
		u32 idx, iss;

		/* Some five thousand at a time, and six thousand now and then. */
		bed.now += (n / 100000 % 2 == 0 ? 200 : 160) * NS_PER_US;
		timewait_tick(&bed.tcp, bed.now);
		tcb.key = random_key(&rng);
		tcb.ts_recent_ns = n % 2 == 0 ? bed.now : bed.now - 3 * NS_PER_SEC;
		idx = timewait_find(&bed.tcp, &tcb.key);
		if (idx == IDX_NONE) {
			timewait_new(&bed.tcp, &tcb, bed.now);
		} else if (n % 3 == 0) {
			struct tcp_seg rst = { .key = tcb.key, .flags = TCP_RST };

			timewait_in(&bed.tcp, idx, &rst, &iss, bed.now);
			reset++;
		} else {
			reused += timewait_reuse(&bed.tcp, idx, &iss, bed.now);
		}
		if (n % 50000 == 0)
			timewait_check(&bed.tcp);
	}
	assert_true(bed.tcp.stats.time_waits > CYCLES / 10 * 9);
	assert_true(reset > 1000 && reused > 1000);
	assert_true(bed.tcp.stats.time_wait_full > 1000);
	timewait_tick(&bed.tcp, bed.now + NS_PER_SEC);
	timewait_check(&bed.tcp);
	assert_int_equal(bed.tcp.timewait.slab.live, 0);
	tcp_bed_close(&bed);
}

/* ---- segments -------------------------------------------------------------------------------- */

/* The peer's FIN, alone, with data before it, with or without timestamps. */
static void test_fin_again(void **state)
{
	(void)state;
	for (u32 n = 0; n < 4; n++) {
		u32 len = n % 2 == 0 ? 0 : 700;
		struct wait_bed bed;
		struct tcp_seg fin;
		ns_t end;

		wait_bed_open(&bed, n / 2 == 0);
		bed.bed.now += 20 * NS_PER_SEC;
		fin = seg_for(&bed, TCP_FIN | TCP_ACK, RCV_NXT - 1 - len, len);
		fin.opt.tsval += fin.opt.has_ts ? 5 : 0;
		assert_int_equal(wait_in(&bed, &fin), TIMEWAIT_DONE);
		expect_ack(&bed);
		assert_true(bed.tcp->stats.challenge_acks == 0);
		end = bed.bed.now + 2 * MSL_S * NS_PER_SEC;
		assert_true(timewait_next(bed.tcp) == end);
		/* What it said last is echoed from now on. */
		bed.bed.now += NS_PER_SEC;
		assert_int_equal(wait_in(&bed, &fin), TIMEWAIT_DONE);
		assert_int_equal(tcp_bed_said(&bed.bed).opt.tsecr,
				 fin.opt.has_ts ? TS_RECENT + 5 : 0);
		wait_bed_close(&bed);
	}
}

/* Two connections: the one whose FIN came again now ends last. */
static void test_fin_again_moves_it(void **state)
{
	struct wait_bed bed;
	struct tcp_seg fin;

	(void)state;
	wait_bed_open(&bed, false);
	bed.tcb.key = tcp_bed_key(CLIENT_PORT + 1);
	timewait_new(bed.tcp, &bed.tcb, bed.bed.now);
	bed.bed.now += NS_PER_SEC;
	fin = seg_for(&bed, TCP_FIN | TCP_ACK, RCV_NXT - 1, 0);
	(void)wait_in(&bed, &fin);
	timewait_tick(bed.tcp, bed.bed.now + (2 * MSL_S - 1) * NS_PER_SEC);
	assert_false(is_there(&bed));
	bed.tcb.key = tcp_bed_key(CLIENT_PORT);
	assert_true(is_there(&bed));
	wait_bed_close(&bed);
}

/* Not acceptable: an ACK, as often as strangers may make us say it, and no time is won. */
static void test_what_does_not_fit(void **state)
{
	static const struct {
		u8 flags;
		u32 seq, len;
	} cases[] = { { TCP_ACK, RCV_NXT - 1, 0 },
		      { TCP_ACK, RCV_NXT - 10, 9 },
		      { TCP_ACK, RCV_NXT + WINDOW, 0 },
		      { TCP_FIN | TCP_ACK, RCV_NXT - 2, 0 }, /* not the FIN that we had */
		      { TCP_FIN, RCV_NXT - 1, 0 } };

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(cases); n++) {
		struct wait_bed bed;
		struct tcp_seg seg;
		ns_t end;

		wait_bed_open(&bed, true);
		end = timewait_next(bed.tcp);
		bed.bed.now += NS_PER_SEC;
		bed.tcp->conf.challenge_acks = 1;
		seg = seg_for(&bed, cases[n].flags, cases[n].seq, cases[n].len);
		assert_int_equal(wait_in(&bed, &seg), TIMEWAIT_DONE);
		expect_ack(&bed);
		assert_int_equal(wait_in(&bed, &seg), TIMEWAIT_DONE);
		tcp_bed_silent(&bed.bed);
		assert_true(bed.tcp->stats.challenge_limited == 1);
		assert_true(timewait_next(bed.tcp) == end);
		wait_bed_close(&bed);
	}
}

static void test_what_fits(void **state)
{
	static const struct {
		u8 flags;
		u32 seq, len;
	} cases[] = { { TCP_ACK, RCV_NXT, 0 },
		      { TCP_ACK | TCP_PSH, RCV_NXT, 100 },
		      { TCP_ACK, RCV_NXT + WINDOW - 1, 1 },
		      { TCP_ACK, RCV_NXT - 5, 10 } };

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(cases); n++) {
		struct wait_bed bed;
		struct tcp_seg seg;
		ns_t end;

		wait_bed_open(&bed, true);
		end = timewait_next(bed.tcp);
		bed.bed.now += NS_PER_SEC;
		seg = seg_for(&bed, cases[n].flags, cases[n].seq, cases[n].len);
		assert_int_equal(wait_in(&bed, &seg), TIMEWAIT_DONE);
		tcp_bed_silent(&bed.bed);
		assert_true(timewait_next(bed.tcp) == end);
		wait_bed_close(&bed);
	}
}

/* RFC 7323 sections 3.2 and 5.3: they are in every segment, and do not go back. */
static void test_timestamps(void **state)
{
	struct wait_bed bed;
	struct tcp_seg fin;

	(void)state;
	wait_bed_open(&bed, true);
	fin = seg_for(&bed, TCP_FIN | TCP_ACK, RCV_NXT - 1, 0);
	fin.opt.tsval--;
	assert_int_equal(wait_in(&bed, &fin), TIMEWAIT_DONE);
	expect_ack(&bed);
	assert_true(bed.tcp->stats.paws == 1 && bed.tcp->stats.challenge_acks == 1);
	fin.opt.has_ts = false;
	assert_int_equal(wait_in(&bed, &fin), TIMEWAIT_DONE);
	tcp_bed_silent(&bed.bed);
	wait_bed_close(&bed);
}

static void test_reset(void **state)
{
	static const struct {
		u32 seq;
		bool ends, challenged;
	} cases[] = { { RCV_NXT, true, false },
		      { RCV_NXT + 1, false, true },
		      { RCV_NXT + WINDOW - 1, false, true },
		      { RCV_NXT + WINDOW, false, false },
		      { RCV_NXT - 1, false, false } };

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(cases); n++) {
		struct wait_bed bed;
		struct tcp_seg rst;

		wait_bed_open(&bed, true);
		rst = seg_for(&bed, TCP_RST, cases[n].seq, 0);
		/* PAWS is not for RST: section 5.3 of RFC 7323, R1. */
		rst.opt.has_ts = n % 2 != 0;
		rst.opt.tsval = 0;
		assert_int_equal(wait_in(&bed, &rst), TIMEWAIT_DONE);
		if (cases[n].challenged)
			expect_ack(&bed);
		tcp_bed_silent(&bed.bed);
		assert_int_equal(is_there(&bed), !cases[n].ends);
		wait_bed_close(&bed);
	}
}

static void test_reset_with_rfc1337(void **state)
{
	struct tcp_conf conf = tcp_bed_conf();
	struct wait_bed bed;
	struct tcp_seg rst;

	(void)state;
	conf.rfc1337 = true;
	wait_bed_open_as(&bed, &conf, true);
	for (u32 n = 0; n < 3; n++) {
		rst = seg_for(&bed, TCP_RST, RCV_NXT + n, 0);
		assert_int_equal(wait_in(&bed, &rst), TIMEWAIT_DONE);
		tcp_bed_silent(&bed.bed);
	}
	assert_true(is_there(&bed));
	wait_bed_close(&bed);
}

/* A FIN may take the number behind the end of the window: then it was zero. */
static void test_window_was_closed(void **state)
{
	struct wait_bed bed;
	struct tcp_seg seg;

	(void)state;
	wait_bed_open(&bed, true);
	bed.tcb.key = tcp_bed_key(CLIENT_PORT + 1);
	bed.tcb.rcv_adv = RCV_NXT - 1;
	timewait_new(bed.tcp, &bed.tcb, bed.bed.now);
	bed.idx = timewait_find(bed.tcp, &bed.tcb.key);
	seg = seg_for(&bed, TCP_ACK, RCV_NXT + 1, 0);
	assert_int_equal(wait_in(&bed, &seg), TIMEWAIT_DONE);
	assert_int_equal(tcp_bed_said(&bed.bed).window, 0);
	seg.flags = TCP_RST;
	seg.seq = RCV_NXT;
	assert_int_equal(wait_in(&bed, &seg), TIMEWAIT_DONE);
	assert_false(is_there(&bed));
	wait_bed_close(&bed);
}

/* ---- its place is taken ---------------------------------------------------------------------- */

static void test_syn(void **state)
{
	static const struct {
		bool had_ts, has_ts;
		u32 tsval, seq;
		bool is_new;
	} cases[] = {
		{ true, true, TS_RECENT + 1, 1, true },
		{ true, true, TS_RECENT + 1, RCV_NXT, true },
		{ true, true, TS_RECENT, RCV_NXT, false },
		{ true, true, TS_RECENT, RCV_NXT + 1, true },
		{ true, true, TS_RECENT - 1, RCV_NXT + 1, false },
		{ true, false, 0, RCV_NXT + 1, true },
		{ true, false, 0, RCV_NXT, false },
		{ false, false, 0, RCV_NXT + 1, true },
		{ false, false, 0, RCV_NXT, false },
		{ false, true, 9, RCV_NXT + 1, true },
		{ false, true, 9, RCV_NXT, false },
	};

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(cases); n++) {
		struct wait_bed bed;
		struct tcp_seg syn;

		wait_bed_open(&bed, cases[n].had_ts);
		syn = tcp_bed_seg(CLIENT_PORT, TCP_SYN, cases[n].seq, 0);
		syn.opt.has_ts = cases[n].has_ts;
		syn.opt.tsval = cases[n].tsval;
		assert_int_equal(wait_in(&bed, &syn),
				 cases[n].is_new ? TIMEWAIT_SYN : TIMEWAIT_DONE);
		assert_int_equal(is_there(&bed), !cases[n].is_new);
		assert_true(bed.tcp->stats.time_wait_reused == cases[n].is_new);
		if (cases[n].is_new)
			assert_int_equal(bed.iss, SND_NXT);
		else
			expect_ack(&bed);
		wait_bed_close(&bed);
	}
}

/* What is not a SYN alone opens nothing. */
static void test_syn_with_others(void **state)
{
	static const u8 flags[] = { TCP_SYN | TCP_ACK, TCP_SYN | TCP_FIN };
	struct wait_bed bed;

	(void)state;
	wait_bed_open(&bed, true);
	for (u32 n = 0; n < ARRAY_COUNT(flags); n++) {
		struct tcp_seg syn = seg_for(&bed, flags[n], RCV_NXT + 1000, 0);

		syn.opt.tsval += 10;
		assert_int_equal(wait_in(&bed, &syn), TIMEWAIT_DONE);
		expect_ack(&bed);
	}
	assert_true(is_there(&bed));
	wait_bed_close(&bed);
}

static void test_syn_where_nobody_listens(void **state)
{
	struct wait_bed bed;
	struct tcp_seg syn;

	(void)state;
	wait_bed_open(&bed, true);
	bed.tcb.key.local_port = be16_of(SERVER_PORT + 1);
	timewait_new(bed.tcp, &bed.tcb, bed.bed.now);
	bed.idx = timewait_find(bed.tcp, &bed.tcb.key);
	syn = tcp_bed_seg(CLIENT_PORT, TCP_SYN, RCV_NXT + 1000, 0);
	syn.key.local_port = be16_of(SERVER_PORT + 1);
	assert_int_equal(wait_in(&bed, &syn), TIMEWAIT_DONE);
	expect_ack(&bed);
	assert_true(is_there(&bed));
	wait_bed_close(&bed);
}

/* A connect of ours: with timestamps, and a second after the peer's last one. */
static void test_reuse(void **state)
{
	static const struct {
		bool has_ts;
		u32 after_ms;
		bool is_free;
	} cases[] = { { false, 50000, false },
		      { true, 0, false },
		      { true, 999, false },
		      { true, 1000, true },
		      { true, 50000, true } };

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(cases); n++) {
		struct wait_bed bed;

		wait_bed_open(&bed, cases[n].has_ts);
		assert_int_equal(timewait_reuse(bed.tcp, bed.idx, &bed.iss,
						bed.bed.now + cases[n].after_ms * NS_PER_MS),
				 cases[n].is_free);
		assert_int_equal(is_there(&bed), !cases[n].is_free);
		assert_true(bed.tcp->stats.time_wait_reused == cases[n].is_free);
		if (cases[n].is_free)
			assert_int_equal(bed.iss, SND_NXT);
		wait_bed_close(&bed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_msl),
		cmocka_unit_test(test_order_when_msl_changes),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_a_table_of_nothing),
		cmocka_unit_test(test_a_million),
		cmocka_unit_test(test_fin_again),
		cmocka_unit_test(test_fin_again_moves_it),
		cmocka_unit_test(test_what_does_not_fit),
		cmocka_unit_test(test_what_fits),
		cmocka_unit_test(test_timestamps),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_reset_with_rfc1337),
		cmocka_unit_test(test_window_was_closed),
		cmocka_unit_test(test_syn),
		cmocka_unit_test(test_syn_with_others),
		cmocka_unit_test(test_syn_where_nobody_listens),
		cmocka_unit_test(test_reuse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
