/* SYN, SYN,ACK, ACK, and what else may come: RFC 9293 sections 3.10.7.2 and 3.10.7.4. */
#include "unit/core_tcp/listen_bed.h"

static void expect_reset(struct listen_bed *bed, u32 seq)
{
	struct said said = tcp_bed_said(&bed->bed);

	assert_int_equal(said.seen.flags, TCP_RST);
	assert_int_equal(said.seen.seq, seq);
	assert_int_equal(said.seen.ack, 0);
	tcp_bed_silent(&bed->bed);
}

/* <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK> */
static void expect_ack(struct listen_bed *bed, const struct said *syn_ack)
{
	struct said said = tcp_bed_said(&bed->bed);

	assert_int_equal(said.seen.flags, TCP_ACK);
	assert_int_equal(said.seen.seq, syn_ack->seen.seq + 1);
	assert_int_equal(said.seen.ack, IRS + 1);
	assert_int_equal(said.opt.has_ts, syn_ack->opt.has_ts);
	assert_int_equal(said.window, syn_ack->window >> syn_ack->opt.wscale);
	tcp_bed_silent(&bed->bed);
}

static bool has_record(struct listen_bed *bed, u16 peer_port)
{
	struct tcp_key key = tcp_bed_key(peer_port);

	return listen_of_half_open(bed->tcp, &key) != IDX_NONE;
}

/* ---- the answer to a SYN --------------------------------------------------------------------- */

static void test_three_segments(void **state)
{
	struct tcp_seg syn = syn_of(CLIENT_PORT), ack;
	struct listen_bed bed;
	struct said said;

	(void)state;
	listen_bed_open(&bed);
	said = listen_bed_syn_ack(&bed, &syn);
	assert_int_equal(said.seen.seq, tcp_isn(bed.tcp, &syn.key, bed.bed.now));
	assert_int_equal(said.opt.tsval, tcp_ts(tcp_ts_offset(bed.tcp, &syn.key), bed.bed.now));
	assert_int_equal(said.opt.tsecr, 900000);
	assert_int_equal(listen_bed_listener(&bed)->half_open, 1);
	bed.bed.now += 30 * NS_PER_MS;
	ack = ack_of(CLIENT_PORT, &said);
	ack.len = 10;
	assert_true(listen_bed_in(&bed, &ack));
	tcp_bed_silent(&bed.bed);
	assert_true(tcp_key_eq(&bed.born.key, &syn.key));
	assert_int_equal(bed.born.listener, bed.listener);
	assert_int_equal(bed.born.irs, IRS);
	assert_int_equal(bed.born.iss, said.seen.seq);
	assert_int_equal(bed.born.ts_recent, 900000);
	assert_int_equal(bed.born.ts_offset, tcp_ts_offset(bed.tcp, &syn.key));
	assert_int_equal(bed.born.window, 1000 << 7);
	assert_int_equal(bed.born.peer_mss, 1460);
	assert_int_equal(bed.born.mtu, 1500);
	assert_int_equal(bed.born.snd_wscale, 7);
	assert_int_equal(bed.born.rcv_wscale, said.opt.wscale);
	assert_int_equal(bed.born.flags, TCB_WSCALE | TCB_TS | TCB_SACK);
	assert_true(bed.born.rtt_ns == 30 * NS_PER_MS);
	/* The record is gone. */
	assert_false(has_record(&bed, CLIENT_PORT));
	assert_int_equal(listen_bed_listener(&bed)->half_open, 0);
	listen_bed_close(&bed);
}

/* RFC 7323 section 2.2: the window of a SYN,ACK is not scaled; 2.3: the shift fits the buffer. */
static void test_window_and_scale(void **state)
{
	static const struct {
		u32 start, max, fixed;
		u16 window;
		u8 scale;
	} cases[] = { { 128 << 10, 6 << 20, 0, 65535, 7 }, { 4096, 65535, 0, 4096, 0 },
		      { 65536, 65536, 0, 65535, 1 },       { 8192, 1 << 30, 0, 8192, 14 },
		      { 8192, UINT32_MAX, 0, 8192, 14 },   { 128 << 10, 6 << 20, 4096, 4096, 0 },
		      { 4096, 65535, 1 << 20, 65535, 5 } };

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(cases); n++) {
		struct tcp_conf conf = tcp_bed_conf();
		struct tcp_listen listen = listen_conf();
		struct tcp_seg syn = syn_of(CLIENT_PORT);
		struct listen_bed bed;
		struct said said;

		conf.recv_buffer_start = cases[n].start;
		conf.recv_buffer_max = cases[n].max;
		listen.opt.recv_buffer = cases[n].fixed;
		listen_bed_open_as(&bed, &conf, &listen);
		said = listen_bed_syn_ack(&bed, &syn);
		assert_true(said.opt.has_wscale);
		assert_int_equal(said.window, cases[n].window);
		assert_int_equal(said.opt.wscale, cases[n].scale);
		listen_bed_close(&bed);
	}
}

/* RFC 7323 section 2.3: more than 14 is taken for 14. */
static void test_scale_of_the_peer(void **state)
{
	static const u8 cases[][2] = { { 0, 0 }, { 14, 14 }, { 15, 14 }, { 255, 14 } };
	struct listen_bed bed;

	(void)state;
	listen_bed_open(&bed);
	for (u32 n = 0; n < ARRAY_COUNT(cases); n++) {
		struct tcp_seg syn = syn_of(CLIENT_PORT), ack;
		struct said said;

		syn.opt.wscale = cases[n][0];
		said = listen_bed_syn_ack(&bed, &syn);
		ack = ack_of(CLIENT_PORT, &said);
		assert_true(listen_bed_in(&bed, &ack));
		assert_int_equal(bed.born.snd_wscale, cases[n][1]);
		assert_int_equal(bed.born.window, 1000 << cases[n][1]);
	}
	listen_bed_close(&bed);
}

/* An option is used when both sides offer it: each alone, and refused by the listener. */
static void test_options_of_both_sides(void **state)
{
	struct tcp_conf conf = tcp_bed_conf();

	(void)state;
	for (u32 asked = 0; asked < 8; asked++) {
		for (u32 refused = 0; refused < 8; refused++) {
			struct tcp_listen listen = listen_conf();
			struct tcp_seg syn = syn_of(CLIENT_PORT), ack;
			u32 used = asked & ~refused;
			struct listen_bed bed;
			struct said said;

			listen.opt.no_wscale = (refused & TCB_WSCALE) != 0;
			listen.opt.no_timestamps = (refused & TCB_TS) != 0;
			listen.opt.no_sack = (refused & TCB_SACK) != 0;
			listen_bed_open_as(&bed, &conf, &listen);
			syn.opt.has_wscale = (asked & TCB_WSCALE) != 0;
			syn.opt.has_ts = (asked & TCB_TS) != 0;
			syn.opt.sack_permitted = (asked & TCB_SACK) != 0;
			said = listen_bed_syn_ack(&bed, &syn);
			assert_int_equal(said.opt.has_wscale, (used & TCB_WSCALE) != 0);
			assert_int_equal(said.opt.has_ts, (used & TCB_TS) != 0);
			assert_int_equal(said.opt.sack_permitted, (used & TCB_SACK) != 0);
			ack = ack_of(CLIENT_PORT, &said);
			assert_true(listen_bed_in(&bed, &ack));
			assert_int_equal(bed.born.flags, used);
			if ((used & TCB_WSCALE) == 0)
				assert_int_equal(bed.born.snd_wscale + bed.born.rcv_wscale, 0);
			listen_bed_close(&bed);
		}
	}
}

/* RFC 9293 section 3.7.1: what is announced is the MTU less both headers, whatever the options. */
static void test_segment_size(void **state)
{
	static const struct {
		u16 mtu, max, mss;
	} cases[] = { { 1500, 0, 1460 },   { 1500, 1200, 1200 }, { 1400, 1460, 1360 },
		      { 65535, 0, 65495 }, { 68, 0, 28 },        { 0, 0, 28 } };
	struct tcp_conf conf = tcp_bed_conf();

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(cases); n++) {
		struct tcp_listen listen = listen_conf();
		struct tcp_seg syn = syn_of(CLIENT_PORT), ack;
		struct listen_bed bed;
		struct said said;

		listen.opt.mss_max = cases[n].max;
		listen_bed_open_as(&bed, &conf, &listen);
		syn.mtu = cases[n].mtu;
		syn.opt.mss = n == 0 ? 0 : 900;
		said = listen_bed_syn_ack(&bed, &syn);
		assert_int_equal(said.opt.mss, cases[n].mss);
		ack = ack_of(CLIENT_PORT, &said);
		assert_true(listen_bed_in(&bed, &ack));
		/* Zero where none was said. */
		assert_int_equal(bed.born.peer_mss, syn.opt.mss);
		assert_int_equal(bed.born.mtu, cases[n].mtu);
		listen_bed_close(&bed);
	}
}

/* RFC 3168 section 6.1.1: SYN with both, SYN,ACK with ECE alone, and not ECT. */
static void test_ecn(void **state)
{
	static const struct {
		u8 asked, said;
	} cases[] = { { TCP_ECE | TCP_CWR, TCP_ECE }, { TCP_ECE, 0 }, { TCP_CWR, 0 }, { 0, 0 } };
	struct tcp_conf conf = tcp_bed_conf();

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(cases); n++) {
		struct tcp_listen listen = listen_conf();
		struct tcp_seg syn = syn_of(CLIENT_PORT), ack;
		struct listen_bed bed;
		struct said said;

		listen.opt.tos = 0xbb;
		listen.opt.ttl = 3;
		listen_bed_open_as(&bed, &conf, &listen);
		syn.flags |= cases[n].asked;
		said = listen_bed_syn_ack(&bed, &syn);
		assert_int_equal(said.seen.flags, TCP_SYN | TCP_ACK | cases[n].said);
		assert_int_equal(said.seen.tos, 0xb8);
		assert_int_equal(said.seen.ttl, 3);
		ack = ack_of(CLIENT_PORT, &said);
		assert_true(listen_bed_in(&bed, &ack));
		assert_int_equal((bed.born.flags & TCB_ECN) != 0, cases[n].said != 0);
		listen_bed_close(&bed);
	}
}

/* ---- LISTEN ---------------------------------------------------------------------------------- */

/* RST is ignored, ACK is answered by RST, SYN opens, what is nothing of these is dropped. */
static void test_all_flags_in_listen(void **state)
{
	(void)state;
	for (u32 flags = 0; flags < 64; flags++) {
		struct tcp_seg seg = tcp_bed_seg(CLIENT_PORT, (u8)flags, IRS, 123456);
		struct listen_bed bed;

		listen_bed_open(&bed);
		assert_false(listen_bed_in(&bed, &seg));
		if ((flags & TCP_RST) == 0 && (flags & TCP_ACK) != 0)
			expect_reset(&bed, 123456);
		else if ((flags & (TCP_RST | TCP_FIN | TCP_SYN)) == TCP_SYN)
			assert_int_equal(tcp_bed_said(&bed.bed).seen.flags, TCP_SYN | TCP_ACK);
		tcp_bed_silent(&bed.bed);
		assert_int_equal(has_record(&bed, CLIENT_PORT),
				 (flags & (TCP_RST | TCP_FIN | TCP_ACK | TCP_SYN)) == TCP_SYN);
		listen_bed_close(&bed);
	}
}

/* Data of a SYN is not acknowledged, and so comes again. */
static void test_data_of_a_syn(void **state)
{
	struct tcp_seg syn = syn_of(CLIENT_PORT);
	struct listen_bed bed;

	(void)state;
	listen_bed_open(&bed);
	syn.len = 100;
	assert_int_equal(listen_bed_syn_ack(&bed, &syn).seen.ack, IRS + 1);
	listen_bed_close(&bed);
}

/* RFC 9293 section 3.6.1: who takes the place of TIME-WAIT begins above its numbers. */
static void test_above_time_wait(void **state)
{
	struct tcp_seg syn = syn_of(CLIENT_PORT);
	struct listen_bed bed;

	(void)state;
	listen_bed_open(&bed);
	syn.has_iss_above = true;
	for (u32 n = 0; n < 8; n++) {
		struct said said;
		u32 isn;

		syn.key.peer_port = be16_of((u16)(CLIENT_PORT + n));
		isn = tcp_isn(bed.tcp, &syn.key, bed.bed.now);
		/* Just below and just above what the clock gives, and farther. */
		syn.iss_above = isn + (n < 4 ? n - 2 : n * 100000000);
		said = listen_bed_syn_ack(&bed, &syn);
		assert_true(seq_gt(said.seen.seq, syn.iss_above));
		if (n < 2)
			assert_int_equal(said.seen.seq, isn);
		listen_drop(bed.tcp, bed.listener);
	}
	listen_bed_close(&bed);
}

/* ---- SYN-RECEIVED ---------------------------------------------------------------------------- */

/* The same SYN is answered as before, and then an ACK says nothing of the round trip. */
static void test_syn_again(void **state)
{
	struct tcp_seg syn = syn_of(CLIENT_PORT), ack;
	struct listen_bed bed;
	struct said first, again;

	(void)state;
	listen_bed_open(&bed);
	first = listen_bed_syn_ack(&bed, &syn);
	bed.bed.now += NS_PER_MS;
	syn.opt.tsval += 1000;
	again = listen_bed_syn_ack(&bed, &syn);
	assert_int_equal(again.seen.seq, first.seen.seq);
	assert_int_equal(again.opt.tsecr, first.opt.tsecr + 1000);
	assert_int_equal(listen_bed_listener(&bed)->half_open, 1);
	ack = ack_of(CLIENT_PORT, &again);
	ack.opt.tsval = syn.opt.tsval;
	assert_true(listen_bed_in(&bed, &ack));
	assert_true(bed.born.rtt_ns == 0);
	assert_int_equal(bed.born.ts_recent, syn.opt.tsval);
	listen_bed_close(&bed);
}

/* RFC 5961 section 3.2: exactly the next number ends it, another in the window is challenged, one
 * outside is dropped.                                                                            */
static void test_reset(void **state)
{
	static const struct {
		u32 seq;
		bool ends, challenged;
	} cases[] = { { IRS, false, false },         { IRS + 1, true, false },
		      { IRS + 2, false, true },      { IRS + 65535, false, true },
		      { IRS + 65536, false, false }, { IRS + 0x80000000, false, false } };

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(cases); n++) {
		struct tcp_seg syn = syn_of(CLIENT_PORT), rst;
		struct listen_bed bed;
		struct said said;

		listen_bed_open(&bed);
		said = listen_bed_syn_ack(&bed, &syn);
		rst = tcp_bed_seg(CLIENT_PORT, TCP_RST, cases[n].seq, 0);
		assert_false(listen_bed_in(&bed, &rst));
		if (cases[n].challenged)
			expect_ack(&bed, &said);
		tcp_bed_silent(&bed.bed);
		assert_int_equal(has_record(&bed, CLIENT_PORT), !cases[n].ends);
		assert_true(bed.tcp->stats.failed_opens == cases[n].ends);
		listen_bed_close(&bed);
	}
}

/* RFC 9293 section 3.10.7.4, fourth: a SYN in the window brings a passive OPEN back to LISTEN; one
 * outside is not acceptable, and answered by an ACK; the peer that does not know us sends RST.   */
static void test_another_syn(void **state)
{
	struct tcp_seg syn = syn_of(CLIENT_PORT), other = syn;
	struct listen_bed bed;
	struct said said;

	(void)state;
	listen_bed_open(&bed);
	said = listen_bed_syn_ack(&bed, &syn);
	other.seq = syn.seq - 70000;
	assert_false(listen_bed_in(&bed, &other));
	expect_ack(&bed, &said);
	assert_true(has_record(&bed, CLIENT_PORT));
	other.seq = IRS + 100;
	assert_false(listen_bed_in(&bed, &other));
	tcp_bed_silent(&bed.bed);
	assert_false(has_record(&bed, CLIENT_PORT));
	said = listen_bed_syn_ack(&bed, &other);
	assert_int_equal(said.seen.ack, IRS + 101);
	listen_bed_close(&bed);
}

/* Fifth: any other acknowledgment than that of our SYN is answered by RST; the record stays. */
static void test_wrong_ack(void **state)
{
	static const u32 off[] = { 0, 2, 100, 0x80000000, UINT32_MAX };
	struct tcp_seg syn = syn_of(CLIENT_PORT), ack;
	struct listen_bed bed;
	struct said said;

	(void)state;
	listen_bed_open(&bed);
	said = listen_bed_syn_ack(&bed, &syn);
	for (u32 n = 0; n < ARRAY_COUNT(off); n++) {
		ack = ack_of(CLIENT_PORT, &said);
		ack.ack = said.seen.seq + off[n];
		assert_false(listen_bed_in(&bed, &ack));
		expect_reset(&bed, said.seen.seq + off[n]);
	}
	ack = ack_of(CLIENT_PORT, &said);
	assert_true(listen_bed_in(&bed, &ack));
	listen_bed_close(&bed);
}

/* First: outside of the window an ACK is owed; without ACK nothing happens. */
static void test_unacceptable(void **state)
{
	struct tcp_seg syn = syn_of(CLIENT_PORT), seg;
	struct listen_bed bed;
	struct said said;

	(void)state;
	listen_bed_open(&bed);
	said = listen_bed_syn_ack(&bed, &syn);
	seg = ack_of(CLIENT_PORT, &said);
	seg.seq = IRS;
	assert_false(listen_bed_in(&bed, &seg));
	expect_ack(&bed, &said);
	seg.seq = IRS + 1 + 65535;
	assert_false(listen_bed_in(&bed, &seg));
	expect_ack(&bed, &said);
	assert_true(bed.tcp->stats.out_of_window == 2);
	seg.seq = IRS + 1;
	seg.flags = TCP_PSH;
	assert_false(listen_bed_in(&bed, &seg));
	tcp_bed_silent(&bed.bed);
	/* Some of it is in the window: that is acceptable. */
	seg.flags = TCP_ACK;
	seg.seq = IRS;
	seg.len = 2;
	assert_true(listen_bed_in(&bed, &seg));
	listen_bed_close(&bed);
}

/* RFC 7323: agreed upon, timestamps are in every segment (3.2), and do not go back (5.3). */
static void test_timestamps_of_the_ack(void **state)
{
	struct tcp_seg syn = syn_of(CLIENT_PORT), ack;
	struct listen_bed bed;
	struct said said;

	(void)state;
	listen_bed_open(&bed);
	said = listen_bed_syn_ack(&bed, &syn);
	ack = ack_of(CLIENT_PORT, &said);
	ack.opt.has_ts = false;
	assert_false(listen_bed_in(&bed, &ack));
	tcp_bed_silent(&bed.bed);
	ack.opt.has_ts = true;
	ack.opt.tsval = 899999;
	assert_false(listen_bed_in(&bed, &ack));
	expect_ack(&bed, &said);
	assert_true(bed.tcp->stats.paws == 1);
	ack.opt.tsval = 900000;
	assert_true(listen_bed_in(&bed, &ack));
	listen_bed_close(&bed);
}

/* RFC 5961 section 7: strangers do not make us talk without end. */
static void test_challenges_are_limited(void **state)
{
	struct tcp_seg syn = syn_of(CLIENT_PORT), rst;
	struct listen_bed bed;

	(void)state;
	listen_bed_open(&bed);
	bed.tcp->conf.challenge_acks = 1;
	(void)listen_bed_syn_ack(&bed, &syn);
	rst = tcp_bed_seg(CLIENT_PORT, TCP_RST, IRS + 50, 0);
	for (u32 n = 0; n < 10; n++)
		assert_false(listen_bed_in(&bed, &rst));
	assert_int_equal(bed.tcp->outbox_count, 1);
	assert_true(bed.tcp->stats.challenge_limited == 9);
	listen_bed_close(&bed);
}

/* ---- the backlog ----------------------------------------------------------------------------- */

/* The owner is late: the ACK is not heard, SYN,ACK goes out again, and then it is. */
static void test_full_accept_queue(void **state)
{
	struct tcp_seg syn = syn_of(CLIENT_PORT), ack;
	struct listen_bed bed;
	struct said said;

	(void)state;
	listen_bed_open(&bed);
	said = listen_bed_syn_ack(&bed, &syn);
	for (u32 n = 0; n < BACKLOG; n++)
		(void)listen_bed_wait(&bed);
	ack = ack_of(CLIENT_PORT, &said);
	assert_false(listen_bed_in(&bed, &ack));
	tcp_bed_silent(&bed.bed);
	assert_true(bed.tcp->stats.accept_full == 1);
	/* Nobody else is let in. */
	syn = syn_of(CLIENT_PORT + 1);
	assert_false(listen_bed_in(&bed, &syn));
	tcp_bed_silent(&bed.bed);
	assert_true(bed.tcp->stats.accept_full == 2);
	bed.bed.now += NS_PER_SEC;
	listen_tick(bed.tcp, bed.bed.now);
	assert_int_equal(tcp_bed_said(&bed.bed).seen.seq, said.seen.seq);
	assert_true(tcp_accept(bed.tcp, bed.id, 1) != TCP_ID_NONE);
	assert_true(listen_bed_in(&bed, &ack));
	listen_bed_close(&bed);
}

/* No control block is free: the same, for who comes and for who has come. */
static void test_no_control_block(void **state)
{
	struct tcp_seg syn = syn_of(CLIENT_PORT), ack;
	struct listen_bed bed;
	struct said said;
	u32 taken = 0;

	(void)state;
	listen_bed_open(&bed);
	said = listen_bed_syn_ack(&bed, &syn);
	while (bed.tcp->tcbs.live < bed.tcp->tcbs.cap)
		taken = slab_new(&bed.tcp->tcbs);
	ack = ack_of(CLIENT_PORT, &said);
	assert_false(listen_bed_in(&bed, &ack));
	syn = syn_of(CLIENT_PORT + 1);
	assert_false(listen_bed_in(&bed, &syn));
	tcp_bed_silent(&bed.bed);
	assert_true(bed.tcp->stats.no_tcb == 2 && bed.tcp->stats.accept_full == 0);
	slab_del(&bed.tcp->tcbs, taken);
	assert_true(listen_bed_in(&bed, &ack));
	listen_bed_close(&bed);
}

/* Without cookies a SYN that finds no place is dropped, by the backlog or by the table. */
static void test_full_without_cookies(void **state)
{
	struct tcp_seg syn;
	struct listen_bed bed;

	(void)state;
	listen_bed_open(&bed);
	bed.tcp->conf.syn_cookies = false;
	for (u16 n = 0; n < BACKLOG; n++) {
		syn = syn_of((u16)(CLIENT_PORT + n));
		(void)listen_bed_syn_ack(&bed, &syn);
	}
	syn = syn_of(CLIENT_PORT + BACKLOG);
	assert_false(listen_bed_in(&bed, &syn));
	tcp_bed_silent(&bed.bed);
	assert_true(bed.tcp->stats.syn_dropped == 1);
	listen_bed_listener(&bed)->backlog = 100;
	for (u16 n = BACKLOG; n < 8; n++) {
		syn = syn_of((u16)(CLIENT_PORT + n));
		(void)listen_bed_syn_ack(&bed, &syn);
	}
	syn = syn_of(CLIENT_PORT + 8);
	assert_false(listen_bed_in(&bed, &syn));
	assert_true(bed.tcp->stats.syn_dropped == 2 && bed.tcp->stats.cookies_sent == 0);
	listen_bed_close(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_three_segments),
		cmocka_unit_test(test_window_and_scale),
		cmocka_unit_test(test_scale_of_the_peer),
		cmocka_unit_test(test_options_of_both_sides),
		cmocka_unit_test(test_segment_size),
		cmocka_unit_test(test_ecn),
		cmocka_unit_test(test_all_flags_in_listen),
		cmocka_unit_test(test_data_of_a_syn),
		cmocka_unit_test(test_above_time_wait),
		cmocka_unit_test(test_syn_again),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_another_syn),
		cmocka_unit_test(test_wrong_ack),
		cmocka_unit_test(test_unacceptable),
		cmocka_unit_test(test_timestamps_of_the_ack),
		cmocka_unit_test(test_challenges_are_limited),
		cmocka_unit_test(test_full_accept_queue),
		cmocka_unit_test(test_no_control_block),
		cmocka_unit_test(test_full_without_cookies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
