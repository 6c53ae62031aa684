/* SYN cookies: all that a record would hold comes back, and nothing else is believed. */
#include "unit/core_tcp/listen_bed.h"

enum { SLOT_S = 64, TS_BITS = 0x3f, IRS_HASH_BITS = 14 };

/* No record is to be had: every SYN is answered by a cookie. */
static void cookie_bed_open(struct listen_bed *bed)
{
	struct tcp_conf conf = tcp_bed_conf();
	struct tcp_listen listen = listen_conf();

	conf.half_open_limit = 0;
	listen_bed_open_as(bed, &conf, &listen);
}

static bool is_born(struct listen_bed *bed, const struct tcp_seg *ack)
{
	bool born = listen_bed_in(bed, ack);

	if (!born) {
		struct said said = tcp_bed_said(&bed->bed);

		assert_int_equal(said.seen.flags, TCP_RST);
		assert_int_equal(said.seen.seq, ack->ack);
	}
	tcp_bed_silent(&bed->bed);
	return born;
}

/* By the table of records, and by the backlog of one listener. */
static void test_when_there_is_no_room(void **state)
{
	struct tcp_seg syn = syn_of(CLIENT_PORT), ack;
	struct listen_bed bed;
	struct said said;

	(void)state;
	listen_bed_open(&bed);
	for (u16 n = 0; n < BACKLOG; n++) {
		syn = syn_of((u16)(CLIENT_PORT + n));
		(void)listen_bed_syn_ack(&bed, &syn);
	}
	assert_true(bed.tcp->stats.cookies_sent == 0);
	syn = syn_of(CLIENT_PORT + BACKLOG);
	said = listen_bed_syn_ack(&bed, &syn);
	assert_true(bed.tcp->stats.cookies_sent == 1 && bed.tcp->stats.syn_dropped == 0);
	assert_int_equal(listen_bed_listener(&bed)->half_open, BACKLOG);
	assert_int_equal(listen_of_half_open(bed.tcp, &syn.key), IDX_NONE);
	ack = ack_of(CLIENT_PORT + BACKLOG, &said);
	assert_true(is_born(&bed, &ack));
	assert_true(bed.tcp->stats.cookies_good == 1);
	/* The table is full before the backlog is. */
	listen_bed_listener(&bed)->backlog = 100;
	for (u16 n = BACKLOG; n < 8; n++) {
		syn = syn_of((u16)(CLIENT_PORT + n));
		(void)listen_bed_syn_ack(&bed, &syn);
	}
	syn = syn_of(CLIENT_PORT + 8);
	said = listen_bed_syn_ack(&bed, &syn);
	assert_true(bed.tcp->stats.cookies_sent == 2);
	listen_bed_close(&bed);
}

/* Every combination of what Linux' cookies remember, at random times. */
static void test_options_come_back(void **state)
{
	struct listen_bed bed;

	(void)state;
	cookie_bed_open(&bed);
	for (u32 n = 0; n < 4000; n++) {
		struct tcp_seg syn = syn_of((u16)n), ack;
		struct said said;
		u32 used;

		bed.bed.now += rng_below(&bed.tcp->rng, 3000) * NS_PER_MS;
		syn.seq = rng_u32(&bed.tcp->rng);
		syn.opt.has_wscale = (n & 1) != 0;
		syn.opt.wscale = (u8)(n % 15);
		syn.opt.sack_permitted = (n & 2) != 0;
		syn.flags |= (n & 4) != 0 ? TCP_ECE | TCP_CWR : 0;
		syn.opt.tsval = rng_u32(&bed.tcp->rng);
		said = listen_bed_syn_ack(&bed, &syn);
		bed.bed.now += rng_below(&bed.tcp->rng, SLOT_S * 1000) * NS_PER_MS;
		ack = ack_of((u16)n, &said);
		ack.opt.tsval = syn.opt.tsval + 1;
		assert_true(is_born(&bed, &ack));
		used = TCB_TS | ((n & 1) != 0 ? TCB_WSCALE : 0u) | ((n & 2) != 0 ? TCB_SACK : 0u) |
		       ((n & 4) != 0 ? TCB_ECN : 0u);
		assert_int_equal(bed.born.flags, used);
		assert_int_equal(said.opt.sack_permitted, (n & 2) != 0);
		assert_int_equal(said.opt.has_wscale, (n & 1) != 0);
		assert_int_equal(bed.born.snd_wscale, (n & 1) != 0 ? n % 15 : 0);
		assert_int_equal(bed.born.rcv_wscale, (n & 1) != 0 ? said.opt.wscale : 0);
		assert_int_equal(bed.born.window, 1000u << bed.born.snd_wscale);
		assert_int_equal(bed.born.irs, syn.seq);
		assert_int_equal(bed.born.iss, said.seen.seq);
		assert_int_equal(bed.born.ts_recent, ack.opt.tsval);
		assert_int_equal(bed.born.ts_offset, tcp_ts_offset(bed.tcp, &syn.key));
		assert_int_equal(bed.born.listener, bed.listener);
		assert_int_equal(bed.born.mtu, 1500);
		assert_true(tcp_key_eq(&bed.born.key, &syn.key) && bed.born.rtt_ns == 0);
	}
	assert_true(bed.tcp->stats.cookies_good == 4000 && bed.tcp->stats.cookies_bad == 0);
	listen_bed_close(&bed);
}

/* Six bits of the clock are lent, and it does not run ahead (RFC 7323 section 5.4). */
static void test_clock_does_not_run_ahead(void **state)
{
	struct listen_bed bed;
	u32 last = 0;

	(void)state;
	cookie_bed_open(&bed);
	for (u32 n = 0; n < 300; n++) {
		struct tcp_seg syn = syn_of(CLIENT_PORT);
		struct said said;
		u32 clock;

		bed.bed.now += NS_PER_MS;
		syn.opt.wscale = (u8)(n % 15);
		said = listen_bed_syn_ack(&bed, &syn);
		clock = tcp_ts(tcp_ts_offset(bed.tcp, &syn.key), bed.bed.now);
		assert_true(seq_le(said.opt.tsval, clock));
		assert_true(seq_lt(clock - said.opt.tsval, TS_BITS + 1));
		if (n > TS_BITS)
			assert_true(seq_gt(clock, last));
		last = said.opt.tsval;
	}
	listen_bed_close(&bed);
}

/* Without timestamps nothing but the size of segments can be remembered, so nothing is granted. */
static void test_without_timestamps(void **state)
{
	struct tcp_seg syn = syn_of(CLIENT_PORT), ack;
	struct listen_bed bed;
	struct said said;

	(void)state;
	cookie_bed_open(&bed);
	syn.opt.has_ts = false;
	syn.flags |= TCP_ECE | TCP_CWR;
	said = listen_bed_syn_ack(&bed, &syn);
	assert_int_equal(said.seen.flags, TCP_SYN | TCP_ACK);
	assert_false(said.opt.has_ts || said.opt.has_wscale || said.opt.sack_permitted);
	assert_int_equal(said.opt.mss, 1460);
	ack = ack_of(CLIENT_PORT, &said);
	assert_true(is_born(&bed, &ack));
	assert_int_equal(bed.born.flags, 0);
	assert_int_equal(bed.born.snd_wscale + bed.born.rcv_wscale, 0);
	assert_int_equal(bed.born.window, 1000);
	listen_bed_close(&bed);
}

/* Never more than the peer said; without a word of it, the default. */
static void test_segment_size(void **state)
{
	struct listen_bed bed;
	u16 last = 0;

	(void)state;
	cookie_bed_open(&bed);
	for (u32 mss = 0; mss <= 9000; mss += mss < 1500 ? 1 : 500) {
		struct tcp_seg syn = syn_of(CLIENT_PORT), ack;
		struct said said;

		syn.opt.mss = (u16)mss;
		if (mss > 0 && mss < 64) {
			assert_false(listen_bed_in(&bed, &syn));
			tcp_bed_silent(&bed.bed);
			continue;
		}
		said = listen_bed_syn_ack(&bed, &syn);
		ack = ack_of(CLIENT_PORT, &said);
		assert_true(is_born(&bed, &ack));
		if (mss == 0) {
			assert_int_equal(bed.born.peer_mss, TCP_MSS_DEFAULT);
			continue;
		}
		assert_true(bed.born.peer_mss <= mss && bed.born.peer_mss >= last);
		last = bed.born.peer_mss;
	}
	assert_int_equal(last, 1460);
	assert_true(bed.tcp->stats.syn_dropped == 63);
	listen_bed_close(&bed);
}

/* In its slot and the next one: after 64 seconds always, after 128 never. */
static void test_time(void **state)
{
	static const u32 ages_s[] = { 0, 1, 63, 64, 65, 100, 127, 128, 129, 1000 };

	(void)state;
	for (u32 begin_s = 0; begin_s < 3 * SLOT_S; begin_s += 7) {
		for (u32 n = 0; n < ARRAY_COUNT(ages_s); n++) {
			struct tcp_seg syn = syn_of(CLIENT_PORT), ack;
			u32 slots = (begin_s + ages_s[n]) / SLOT_S - begin_s / SLOT_S;
			struct listen_bed bed;
			struct said said;

			cookie_bed_open(&bed);
			bed.bed.now = begin_s * NS_PER_SEC;
			said = listen_bed_syn_ack(&bed, &syn);
			ack = ack_of(CLIENT_PORT, &said);
			bed.bed.now += ages_s[n] * NS_PER_SEC;
			assert_int_equal(is_born(&bed, &ack), slots < 2);
			listen_bed_close(&bed);
		}
	}
}

/* While none were sent, an ACK is one for nobody, and is not looked at. */
static void test_only_while_cookies_are_sent(void **state)
{
	struct tcp_seg syn = syn_of(CLIENT_PORT), ack;
	struct listen_bed bed;
	struct said said;

	(void)state;
	cookie_bed_open(&bed);
	said = listen_bed_syn_ack(&bed, &syn);
	ack = ack_of(CLIENT_PORT, &said);
	bed.tcp->listen.cookies_ns = NS_NEVER;
	assert_false(is_born(&bed, &ack));
	assert_true(bed.tcp->stats.cookies_bad == 0);
	bed.tcp->listen.cookies_ns = bed.bed.now - 128 * NS_PER_SEC;
	assert_false(is_born(&bed, &ack));
	assert_true(bed.tcp->stats.cookies_bad == 0);
	bed.tcp->listen.cookies_ns = bed.bed.now - 127 * NS_PER_SEC;
	assert_true(is_born(&bed, &ack));
	listen_bed_close(&bed);
}

/* Each part of what was said counts: whoever changes one, has no cookie. */
static void test_nothing_can_be_changed(void **state)
{
	struct tcp_seg syn = syn_of(CLIENT_PORT), ack, other;
	struct listen_bed bed;
	struct said said;

	(void)state;
	cookie_bed_open(&bed);
	listen_bed_listener(&bed)->addr = (be32){ 0 };
	listen_bed_listener(&bed)->any_zone = true;
	said = listen_bed_syn_ack(&bed, &syn);
	ack = ack_of(CLIENT_PORT, &said);
	for (u32 n = 0; n < 7; n++) {
		other = ack;
		switch (n) {
		case 0: other.key.peer.raw ^= 1; break;
		case 1: other.key.local.raw ^= 1; break;
		case 2: other.key.peer_port.raw ^= 1; break;
		case 3: other.key.zone ^= 1; break;
		case 4: other.opt.has_ts = false; break;
		case 5: other.flags |= TCP_SYN; break;
		default: bed.tcp->secret[3] ^= 1;
		}
		assert_false(is_born(&bed, &other));
	}
	bed.tcp->secret[3] ^= 1;
	for (u32 bit = IRS_HASH_BITS; bit < 32; bit++) {
		other = ack;
		other.ack = ((ack.ack - 1) ^ UINT32_C(1) << bit) + 1;
		assert_false(is_born(&bed, &other));
	}
	for (u32 bit = 0; bit < 6; bit++) {
		other = ack;
		other.opt.tsecr ^= UINT32_C(1) << bit;
		assert_false(is_born(&bed, &other));
	}
	assert_true(is_born(&bed, &ack));
	/* 7 and 18 and 6, but a SYN with ACK is not looked at. */
	assert_true(bed.tcp->stats.cookies_bad == 30 && bed.tcp->stats.cookies_good == 1);
	listen_bed_close(&bed);
}

/* Guessing: 2^18 numbers, one in 2^28 of which is right. */
static void test_guesses(void **state)
{
	struct tcp_seg syn = syn_of(CLIENT_PORT), ack;
	struct listen_bed bed;
	struct said said;
	u32 right = 0;

	(void)state;
	cookie_bed_open(&bed);
	said = listen_bed_syn_ack(&bed, &syn);
	ack = ack_of(CLIENT_PORT + 1, &said);
	for (u32 n = 0; n < 1 << 18; n++) {
		ack.ack = rng_u32(&bed.tcp->rng);
		right += listen_in(bed.tcp, bed.listener, &ack, &bed.born, bed.bed.now);
		listen_bed_drain(&bed);
	}
	assert_int_equal(right, 0);
	listen_bed_close(&bed);
}

/* The ACK and the first data were lost: what comes behind them proves nothing of where the stream
 * begins, and is not reset either, since the peer has the connection already.                    */
static void test_early_data(void **state)
{
	struct tcp_seg syn = syn_of(CLIENT_PORT), ack, late;
	struct listen_bed bed;
	struct said said;

	(void)state;
	cookie_bed_open(&bed);
	said = listen_bed_syn_ack(&bed, &syn);
	ack = ack_of(CLIENT_PORT, &said);
	for (u32 n = 1; n < 200; n++) {
		late = ack;
		late.seq += n * 100;
		late.len = 100;
		assert_false(listen_bed_in(&bed, &late));
		tcp_bed_silent(&bed.bed);
	}
	for (u32 bit = 0; bit < IRS_HASH_BITS; bit++) {
		late = ack;
		late.ack = ((ack.ack - 1) ^ UINT32_C(1) << bit) + 1;
		assert_false(listen_bed_in(&bed, &late));
		tcp_bed_silent(&bed.bed);
	}
	assert_true(bed.tcp->stats.cookies_bad == 0);
	assert_true(bed.tcp->stats.out_of_window == 199 + IRS_HASH_BITS);
	ack.len = 100;
	assert_true(is_born(&bed, &ack));
	assert_int_equal(bed.born.irs, IRS);
	listen_bed_close(&bed);
}

/* The ACK was lost: data brings the same number. When the owner is late, nobody is let in. */
static void test_data_brings_it(void **state)
{
	struct tcp_seg syn = syn_of(CLIENT_PORT), ack;
	struct listen_bed bed;
	struct said said;

	(void)state;
	cookie_bed_open(&bed);
	said = listen_bed_syn_ack(&bed, &syn);
	ack = ack_of(CLIENT_PORT, &said);
	ack.flags |= TCP_PSH;
	ack.len = 500;
	for (u32 n = 0; n < BACKLOG; n++)
		(void)listen_bed_wait(&bed);
	assert_false(listen_bed_in(&bed, &ack));
	tcp_bed_silent(&bed.bed);
	assert_true(bed.tcp->stats.accept_full == 1);
	assert_true(bed.tcp->stats.cookies_good == BACKLOG);
	assert_true(tcp_accept(bed.tcp, bed.id, 1) != TCP_ID_NONE);
	assert_true(is_born(&bed, &ack));
	listen_bed_close(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_when_there_is_no_room),
		cmocka_unit_test(test_options_come_back),
		cmocka_unit_test(test_clock_does_not_run_ahead),
		cmocka_unit_test(test_without_timestamps),
		cmocka_unit_test(test_segment_size),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_only_while_cookies_are_sent),
		cmocka_unit_test(test_nothing_can_be_changed),
		cmocka_unit_test(test_guesses),
		cmocka_unit_test(test_early_data),
		cmocka_unit_test(test_data_brings_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
