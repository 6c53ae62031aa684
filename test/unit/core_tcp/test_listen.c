/* Which listener, and the time of half-open records. */
#include "unit/core_tcp/listen_bed.h"

static u32 listen_at(struct tcp_bed *bed, const char *where, u8 zone, bool any_zone)
{
	struct tcp_listen listen = listen_conf();
	u64 id;

	listen.addr = addr(where);
	listen.zone = zone;
	listen.any_zone = any_zone;
	assert_int_equal(tcp_listen(&bed->tcp, &listen, &id), ERR_OK);
	return (u32)id;
}

/* The exact address before any, the zone before any zone; each order of making them. */
static void test_the_nearest_listener(void **state)
{
	static const struct {
		const char *where;
		bool any_zone;
	} kinds[4] = {
		{ "0.0.0.0", true }, { "0.0.0.0", false }, { SERVER, true }, { SERVER, false }
	};
	struct tcp_conf conf = tcp_bed_conf();
	struct tcp_key key = tcp_bed_key(CLIENT_PORT);

	(void)state;
	for (u32 set = 0; set < 16; set++) {
		for (u32 turn = 0; turn < 4; turn++) {
			u32 best = IDX_NONE;
			struct tcp_bed bed;

			tcp_bed_open(&bed, &conf);
			for (u32 n = 0; n < 4; n++) {
				u32 kind = (n + turn) % 4;
				u32 idx;

				if ((set >> kind & 1) == 0)
					continue;
				idx = listen_at(&bed, kinds[kind].where, BED_ZONE,
						kinds[kind].any_zone);
				/* None of those that are better. */
				if (set >> kind == 1)
					best = idx;
			}
			assert_int_equal(listen_find(&bed.tcp, &key), best);
			listen_check(&bed.tcp);
			tcp_bed_close(&bed);
		}
	}
}

static void test_others_do_not_hear_it(void **state)
{
	struct tcp_conf conf = tcp_bed_conf();
	struct tcp_key key = tcp_bed_key(CLIENT_PORT);
	struct tcp_bed bed;

	(void)state;
	tcp_bed_open(&bed, &conf);
	assert_int_equal(listen_find(&bed.tcp, &key), IDX_NONE);
	(void)listen_at(&bed, "192.0.2.2", BED_ZONE, false);
	(void)listen_at(&bed, SERVER, BED_ZONE + 1, false);
	assert_int_equal(listen_find(&bed.tcp, &key), IDX_NONE);
	key.local_port = be16_of(SERVER_PORT + 1);
	key.zone = BED_ZONE + 1;
	assert_int_equal(listen_find(&bed.tcp, &key), IDX_NONE);
	key.local_port = be16_of(SERVER_PORT);
	assert_int_equal(listen_find(&bed.tcp, &key), 1);
	tcp_bed_close(&bed);
}

/* RFC 6298 section 5.5: after 1, 2, 4, 8 and 16 seconds, and after 32 more it is gone. */
static void test_syn_ack_is_sent_again(void **state)
{
	struct tcp_seg syn = syn_of(CLIENT_PORT);
	struct listen_bed bed;
	struct said first;
	ns_t due;

	(void)state;
	listen_bed_open(&bed);
	first = listen_bed_syn_ack(&bed, &syn);
	due = bed.bed.now;
	for (u32 n = 0; n < 5; n++) {
		struct said again;

		due += (UINT64_C(1) << n) * NS_PER_SEC;
		assert_true(listen_next(bed.tcp) == due);
		listen_tick(bed.tcp, due - 1);
		tcp_bed_silent(&bed.bed);
		listen_tick(bed.tcp, due);
		listen_check(bed.tcp);
		again = tcp_bed_said(&bed.bed);
		tcp_bed_silent(&bed.bed);
		assert_int_equal(again.seen.seq, first.seen.seq);
		assert_int_equal(again.seen.ack, first.seen.ack);
		assert_int_equal(again.opt.mss, first.opt.mss);
		assert_int_equal(again.window, first.window);
		/* Its own time, the same peer's. */
		assert_int_equal(again.opt.tsval - first.opt.tsval,
				 (due - bed.bed.now) / NS_PER_MS);
		assert_int_equal(again.opt.tsecr, first.opt.tsecr);
	}
	due += 32 * NS_PER_SEC;
	assert_true(listen_next(bed.tcp) == due);
	listen_tick(bed.tcp, due);
	tcp_bed_silent(&bed.bed);
	assert_int_equal(listen_of_half_open(bed.tcp, &syn.key), IDX_NONE);
	assert_true(listen_next(bed.tcp) == NS_NEVER);
	assert_true(bed.tcp->stats.segs_again == 5 && bed.tcp->stats.failed_opens == 1);
	assert_int_equal(listen_bed_listener(&bed)->half_open, 0);
	listen_bed_close(&bed);
}

/* RFC 6298 section 2.5: no wait is longer than the maximum. */
static void test_the_longest_wait(void **state)
{
	struct tcp_conf conf = tcp_bed_conf();
	struct tcp_listen listen = listen_conf();
	struct tcp_seg syn = syn_of(CLIENT_PORT);
	struct listen_bed bed;

	(void)state;
	conf.rto_max_ms = 3000;
	conf.syn_ack_retries = 100;
	listen_bed_open_as(&bed, &conf, &listen);
	(void)listen_bed_syn_ack(&bed, &syn);
	bed.bed.now += 3 * NS_PER_SEC;
	listen_tick(bed.tcp, bed.bed.now); /* late: the first again */
	for (u32 n = 0; n < LISTEN_SYN_LEVELS - 2; n++) {
		ns_t next = listen_next(bed.tcp);

		assert_true(next - bed.bed.now == (n == 0 ? 2 : 3) * NS_PER_SEC);
		bed.bed.now = next;
		listen_tick(bed.tcp, next);
		listen_check(bed.tcp);
	}
	/* As many levels as there are, whatever was asked for. */
	assert_true(bed.tcp->stats.segs_again == LISTEN_SYN_LEVELS - 1);
	listen_tick(bed.tcp, bed.bed.now + 3 * NS_PER_SEC);
	assert_true(listen_next(bed.tcp) == NS_NEVER);
	listen_bed_close(&bed);
}

/* A time-out that was made shorter does not bring the queue out of order. */
static void test_order_when_the_wait_changes(void **state)
{
	struct tcp_seg syn = syn_of(CLIENT_PORT);
	struct listen_bed bed;

	(void)state;
	listen_bed_open(&bed);
	(void)listen_bed_syn_ack(&bed, &syn);
	bed.tcp->conf.rto_initial_ms = 100;
	syn = syn_of(CLIENT_PORT + 1);
	(void)listen_bed_syn_ack(&bed, &syn);
	assert_true(listen_next(bed.tcp) == bed.bed.now + NS_PER_SEC);
	listen_tick(bed.tcp, bed.bed.now + NS_PER_SEC);
	assert_int_equal(bed.tcp->outbox_count, 2);
	listen_bed_close(&bed);
}

/* What finds no room in the outbox is not lost: its turn comes when others were taken. */
static void test_full_outbox_delays(void **state)
{
	struct emit ack = { .key = tcp_bed_key(1), .flags = TCP_ACK };
	struct tcp_seg syn = syn_of(CLIENT_PORT);
	struct listen_bed bed;

	(void)state;
	listen_bed_open(&bed);
	(void)listen_bed_syn_ack(&bed, &syn);
	for (u32 n = 0; n < TCP_OUTBOX_MAX; n++)
		emit_answer(bed.tcp, &ack);
	bed.bed.now += NS_PER_SEC;
	listen_tick(bed.tcp, bed.bed.now);
	assert_true(listen_next(bed.tcp) <= bed.bed.now);
	assert_true(bed.tcp->stats.segs_again == 0 && bed.tcp->stats.outbox_full == 0);
	(void)tcp_bed_said(&bed.bed);
	listen_tick(bed.tcp, bed.bed.now);
	assert_true(bed.tcp->stats.segs_again == 1 && listen_next(bed.tcp) > bed.bed.now);
	listen_bed_close(&bed);
}

static void test_drop_of_a_listener(void **state)
{
	struct tcp_conf conf = tcp_bed_conf();
	struct tcp_listen listen = listen_conf();
	struct tcp_seg syn = syn_of(CLIENT_PORT);
	struct listen_bed bed;
	u64 other;

	(void)state;
	listen_bed_open_as(&bed, &conf, &listen);
	listen.port = be16_of(SERVER_PORT + 1);
	assert_int_equal(tcp_listen(bed.tcp, &listen, &other), ERR_OK);
	for (u16 n = 0; n < 3; n++) {
		syn = syn_of((u16)(CLIENT_PORT + n));
		(void)listen_bed_syn_ack(&bed, &syn);
		bed.bed.now += NS_PER_SEC;
		listen_tick(bed.tcp, bed.bed.now);
		listen_bed_drain(&bed);
	}
	syn.key.local_port = be16_of(SERVER_PORT + 1);
	assert_false(listen_bed_in(&bed, &syn));
	listen_drop(bed.tcp, bed.listener);
	listen_check(bed.tcp);
	assert_int_equal(listen_bed_listener(&bed)->half_open, 0);
	assert_int_equal(listen_of_half_open(bed.tcp, &syn.key), (u32)other);
	assert_int_equal(bed.tcp->listen.half_open.live, 1);
	listen_bed_close(&bed);
}

/* RFC 5927 section 4.1: who does not know the number of our SYN,ACK has seen none of it. */
static void test_unreachable(void **state)
{
	struct tcp_seg syn = syn_of(CLIENT_PORT);
	struct listen_bed bed;
	struct said said;

	(void)state;
	listen_bed_open(&bed);
	said = listen_bed_syn_ack(&bed, &syn);
	listen_unreachable(bed.tcp, &syn.key, said.seen.seq + 1);
	assert_int_equal(listen_of_half_open(bed.tcp, &syn.key), bed.listener);
	listen_unreachable(bed.tcp, &syn.key, said.seen.seq);
	assert_int_equal(listen_of_half_open(bed.tcp, &syn.key), IDX_NONE);
	listen_unreachable(bed.tcp, &syn.key, said.seen.seq);
	assert_true(bed.tcp->stats.failed_opens == 1);
	listen_bed_close(&bed);
}

static void random_step(struct listen_bed *bed, struct rng *rng)
{
	u16 port = (u16)(CLIENT_PORT + rng_below(rng, 40));
	struct tcp_seg seg = syn_of(port);
	u32 idx;

	switch (rng_below(rng, 4)) {
	case 0:
		bed->bed.now += rng_below(rng, 3000) * NS_PER_MS;
		listen_tick(bed->tcp, bed->bed.now);
		return;
	case 1:
		seg.flags = (u8)rng_u32(rng) & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN);
		seg.seq = IRS + rng_below(rng, 3);
		break;
	case 2:
		for (idx = 0; idx < bed->tcp->listen.half_open.cap; idx++) {
			const struct half_open *rec = slab_at(&bed->tcp->listen.half_open, idx);

			if (!slab_is_live(&bed->tcp->listen.half_open, idx))
				continue;
			seg = tcp_bed_seg(be16_host(rec->key.peer_port), TCP_ACK, rec->irs + 1,
					  rec->iss + rng_below(rng, 2));
			seg.opt.has_ts = true;
			seg.opt.tsval = 900000;
		}
		break;
	default: break;
	}
	(void)listen_bed_in(bed, &seg);
}

/* Whatever comes in whatever order, tables, queues and counts agree (listen_bed_in checks). */
static void test_random_traffic(void **state)
{
	struct rng rng = bed_rng(9);
	struct listen_bed bed;

	(void)state;
	listen_bed_open(&bed);
	listen_bed_listener(&bed)->backlog = 20;
	for (u32 n = 0; n < 20000; n++) {
		random_step(&bed, &rng);
		listen_check(bed.tcp);
		listen_bed_drain(&bed);
	}
	assert_true(bed.tcp->stats.segs_again > 100 && bed.tcp->stats.failed_opens > 100);
	assert_true(bed.tcp->stats.cookies_sent > 100);
	listen_bed_close(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_nearest_listener),
		cmocka_unit_test(test_others_do_not_hear_it),
		cmocka_unit_test(test_syn_ack_is_sent_again),
		cmocka_unit_test(test_the_longest_wait),
		cmocka_unit_test(test_order_when_the_wait_changes),
		cmocka_unit_test(test_full_outbox_delays),
		cmocka_unit_test(test_drop_of_a_listener),
		cmocka_unit_test(test_unreachable),
		cmocka_unit_test(test_random_traffic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
