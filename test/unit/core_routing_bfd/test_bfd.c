/* Sessions of BFD over one hop, clause by clause of RFC 5880 and RFC 5881. */
#include "unit/core_routing_bfd/bfd_bed.h"

static const ns_t ms = NS_PER_MS;

static struct bfd_change change_of(struct bfd_bed *bed, u32 n)
{
	struct bfd_change change;

	assert_true(bfd_read(&bed->side[n].bfd, &change));
	return change;
}

static bool has_news(struct bfd_bed *bed, u32 n)
{
	return bed->side[n].bfd.news_first != IDX_NONE;
}

/* ---- packets --------------------------------------------------------------------------------- */

/* RFC 5881 sections 4 and 5: ports and TTL. */
static void test_what_is_sent(void **state)
{
	struct bfd_bed *bed = bed_new(1);
	struct bfd_msg msg;
	u16 port;

	(void)state;
	side_start(bed, 0);
	side_get(bed, 0);
	assert_int_equal(bed->sent[0], 1);
	assert_true(be32_eq(bed->last[0].to.addr, side_addr(1)));
	assert_int_equal(be16_host(bed->last[0].to.port), 3784);
	assert_int_equal(bed->last[0].ttl, 255);
	port = be16_host(bed->last[0].from.port);
	assert_in_range(port, 49152, 65535);
	msg = msg_of(&bed->last[0]);
	assert_int_equal(msg.state, BFD_DOWN);
	assert_int_equal(msg.yours, 0);
	assert_true(msg.mine != 0);
	assert_int_equal(msg.min_echo_us, 0);
	bed_wait(bed, 10 * NS_PER_SEC);
	assert_int_equal(be16_host(bed->last[0].from.port), port);
	bed_free(bed);
}

/* Each session has a port and a discriminator of its own. */
static void test_sessions_differ(void **state)
{
	struct bfd_bed *bed = bed_new(1);
	struct bfd_info info[4];
	u32 cursor = 0;

	(void)state;
	side_start(bed, 0);
	for (u32 n = 0; n < 4; n++)
		assert_true(bfd_get(&bed->side[0].bfd, be32_of(0xc0000210u + n), 0, ROUTE_BGP,
				    bed->now) != BFD_NONE);
	/* Full, and no address of a neighbour. */
	assert_true(bfd_get(&bed->side[0].bfd, be32_of(0xc0000220u), 0, ROUTE_BGP, bed->now) ==
		    BFD_NONE);
	assert_true(bfd_get(&bed->side[0].bfd, be32_of(0xe0000005u), 0, ROUTE_BGP, bed->now) ==
		    BFD_NONE);
	side_turn(bed, 0);
	assert_int_equal(bfd_show(&bed->side[0].bfd, &cursor, info, 4, bed->now), 4);
	for (u32 a = 0; a < 4; a++) {
		for (u32 b = 0; b < a; b++) {
			assert_int_not_equal(info[a].mine, info[b].mine);
			assert_int_not_equal(info[a].port, info[b].port);
		}
	}
	bed_free(bed);
}

static void test_what_is_not_believed(void **state)
{
	struct bfd_bed *bed = bed_new(1);
	struct bfd_msg msg = hand_msg(BFD_DOWN, 0);
	struct dgram in = hand_dgram(&msg);
	const struct bfd_stats *stats = &bed->side[0].bfd.stats;

	(void)state;
	side_start(bed, 0);
	side_get(bed, 0);
	/* RFC 5881 section 5: from farther than the link. */
	in.ttl = 254;
	dgram_put(bed->side[0].host, &in);
	side_turn(bed, 0);
	assert_int_equal(stats->bad[BFD_BAD_TTL], 1);
	in.ttl = 255;
	in.from.addr = side_addr(7);
	dgram_put(bed->side[0].host, &in);
	side_turn(bed, 0);
	assert_int_equal(stats->bad[BFD_BAD_PEER], 1);
	/* RFC 5880 section 6.8.6: a discriminator that is none of ours. */
	msg.yours = side_info(bed, 0).mine + 1;
	hand_say(bed, &msg);
	assert_int_equal(stats->bad[BFD_BAD_PEER], 2);
	/* Signed, and we do not ask for it. */
	msg = hand_msg(BFD_DOWN, 0);
	msg.flags = BFD_AUTHENTICATED;
	msg.len_bytes = BFD_LEN + 4;
	hand_say(bed, &msg);
	assert_int_equal(stats->bad[BFD_BAD_AUTH], 1);
	assert_int_equal(side_info(bed, 0).state, BFD_DOWN);
	assert_int_equal(side_info(bed, 0).yours, 0);
	bed_free(bed);
}

/* ---- up and down ----------------------------------------------------------------------------- */

static void test_it_comes_up(void **state)
{
	struct bfd_bed *bed = bed_up(2, NULL);
	struct bfd_change change;
	struct speaker_event event;

	(void)state;
	for (u32 n = 0; n < 2; n++) {
		struct bfd_info info = side_info(bed, n);

		assert_int_equal(info.state, BFD_UP);
		assert_int_equal(info.remote_state, BFD_UP);
		assert_int_equal(info.diag, BFD_DIAG_NONE);
		assert_int_equal(info.tx_us, 300000);
		assert_int_equal(info.detect_us, 900000);
		assert_false(info.polling);
		change = change_of(bed, n);
		assert_int_equal(change.state, BFD_UP);
		assert_int_equal(change.sources, 1 << ROUTE_STATIC);
		assert_false(change.failed);
		assert_false(has_news(bed, n));
		assert_true(bfd_is_up(&bed->side[n].bfd, bed->side[n].id));
		assert_true(speaker_log_take(&bed->side[n].log, &event));
		assert_int_equal(event.kind, SPEAKER_UP);
	}
	bed_free(bed);
}

/* Section 6.8.3: not more than a packet a second until it is up. */
static void test_slow_until_up(void **state)
{
	struct bfd_bed *bed = bed_new(3);

	(void)state;
	side_start(bed, 0);
	side_get(bed, 0);
	bed_wait(bed, 100 * NS_PER_SEC);
	/* 75 to 100 percent of a second each. */
	assert_in_range(bed->sent[0], 101, 134);
	assert_int_equal(msg_of(&bed->last[0]).min_tx_us, 1000000);
	bed_free(bed);
}

static void fast(struct bfd_bed *bed)
{
	for (u32 n = 0; n < 2; n++) {
		bed->side[n].conf.params.min_tx_us = 50000;
		bed->side[n].conf.params.min_rx_us = 50000;
	}
}

/* Section 6.8.4: 50 ms three times, to the nanosecond; and section 6.8.7: 75 to 100 percent. */
static void test_detection(void **state)
{
	struct bfd_bed *bed = bed_up(4, fast);
	const struct bfd_peer *peer = slab_at(&bed->side[0].bfd.peers, bed->side[0].id);
	ns_t least = NS_NEVER, most = 0, last;
	u32 sent;

	(void)state;
	assert_int_equal(side_info(bed, 0).detect_us, 150000);
	for (u32 n = 0; n < 500; n++) {
		last = bed->sent_ns[0];
		sent = bed->sent[0];
		while (bed->sent[0] == sent)
			bed_step(bed, NS_NEVER - 1);
		least = u64_min(least, bed->sent_ns[0] - last);
		most = bed->sent_ns[0] - last > most ? bed->sent_ns[0] - last : most;
	}
	assert_in_range(least, 37500000, 38500000);
	assert_in_range(most, 49000000, 50000000);
	assert_int_equal(side_info(bed, 0).downs, 0);
	/* One end falls silent. */
	bed->passes[1] = false;
	while (side_info(bed, 0).state == BFD_UP)
		bed_step(bed, NS_NEVER - 1);
	assert_true(bed->now == peer->heard_ns + 150 * ms);
	assert_int_equal(side_info(bed, 0).diag, BFD_DIAG_EXPIRED);
	(void)change_of(bed, 0);
	/* The other end hears of it, and why. */
	bed_wait(bed, 2 * ms);
	assert_int_equal(side_info(bed, 1).state, BFD_DOWN);
	assert_int_equal(side_info(bed, 1).diag, BFD_DIAG_NEIGHBOUR);
	assert_int_equal(side_info(bed, 1).remote_diag, BFD_DIAG_EXPIRED);
	assert_true(change_of(bed, 1).failed);
	bed_free(bed);
}

/* Two packets of three may be lost. */
static void test_two_lost_are_no_failure(void **state)
{
	struct bfd_bed *bed = bed_up(5, fast);

	(void)state;
	for (u32 n = 0; n < 50; n++) {
		u32 sent = bed->sent[1];

		bed->passes[1] = false;
		while (bed->sent[1] < sent + 2)
			bed_step(bed, NS_NEVER - 1);
		bed->passes[1] = true;
		bed_wait(bed, 500 * ms);
	}
	assert_int_equal(side_info(bed, 0).downs, 0);
	bed_free(bed);
}

/* Section 6.8.4: the detection time is that of the other end's packets, and its multiplier. */
static void uneven(struct bfd_bed *bed)
{
	bed->side[0].conf.params.min_tx_us = 100000;
	bed->side[0].conf.params.min_rx_us = 200000;
	bed->side[0].conf.params.multiplier = 5;
	bed->side[1].conf.params.min_tx_us = 400000;
	bed->side[1].conf.params.min_rx_us = 50000;
	bed->side[1].conf.params.multiplier = 2;
}

static void test_negotiation(void **state)
{
	struct bfd_bed *bed = bed_up(6, uneven);

	(void)state;
	assert_int_equal(side_info(bed, 0).tx_us, 100000);
	assert_int_equal(side_info(bed, 0).detect_us, 800000);
	assert_int_equal(side_info(bed, 1).tx_us, 400000);
	assert_int_equal(side_info(bed, 1).detect_us, 500000);
	bed_free(bed);
}

/* Section 6.8.7: 90 percent at most where one lost packet is a failure. */
static void one_is_enough(struct bfd_bed *bed)
{
	fast(bed);
	bed->side[0].conf.params.multiplier = 1;
}

static void test_jitter_with_a_multiplier_of_one(void **state)
{
	struct bfd_bed *bed = bed_up(7, one_is_enough);
	ns_t most = 0, last;
	u32 sent;

	(void)state;
	for (u32 n = 0; n < 500; n++) {
		last = bed->sent_ns[0];
		sent = bed->sent[0];
		while (bed->sent[0] == sent)
			bed_step(bed, NS_NEVER - 1);
		most = bed->sent_ns[0] - last > most ? bed->sent_ns[0] - last : most;
	}
	assert_in_range(most, 44 * ms, 45 * ms);
	assert_int_equal(side_info(bed, 1).downs, 0);
	bed_free(bed);
}

/* ---- polls ----------------------------------------------------------------------------------- */

/* Section 6.5: answered at once, with F and without P, whatever the timers say. */
static void test_a_poll_is_answered(void **state)
{
	struct bfd_bed *bed = bed_new(8);
	struct bfd_msg msg = hand_msg(BFD_DOWN, 0), answer;
	ns_t next;
	u32 sent;

	(void)state;
	side_start(bed, 0);
	side_get(bed, 0);
	hand_say(bed, &msg);
	msg = hand_msg(BFD_UP, side_info(bed, 0).mine);
	hand_say(bed, &msg);
	bed_wait(bed, 100 * ms);
	next = bfd_next(&bed->side[0].bfd);
	sent = bed->sent[0];
	msg.flags = BFD_POLL;
	hand_say(bed, &msg);
	assert_int_equal(bed->sent[0], sent + 1);
	answer = msg_of(&bed->last[0]);
	assert_int_equal(answer.flags, BFD_FINAL);
	assert_true(next == bfd_next(&bed->side[0].bfd));
	bed_free(bed);
}

/* Section 6.8.3: with a session that is up, slower sending and faster detection wait for the end
 * of a poll.                                                                                     */
static void test_intervals_change_by_a_poll(void **state)
{
	struct bfd_bed *bed = bed_up(9, NULL);
	struct bfd_conf conf = bed->side[0].conf;

	(void)state;
	bed->passes[0] = false;
	conf.params.min_tx_us = 600000;
	conf.params.min_rx_us = 100000;
	bfd_configure(&bed->side[0].bfd, &conf, bed->now);
	side_turn(bed, 0);
	assert_true(side_info(bed, 0).polling);
	assert_int_equal(side_info(bed, 0).tx_us, 300000);
	assert_int_equal(side_info(bed, 0).detect_us, 900000);
	bed_wait(bed, 400 * ms);
	assert_true((msg_of(&bed->last[0]).flags & BFD_POLL) != 0);
	assert_int_equal(msg_of(&bed->last[0]).min_tx_us, 600000);
	assert_int_equal(side_info(bed, 0).tx_us, 300000);
	bed->passes[0] = true;
	bed_wait(bed, 500 * ms);
	assert_false(side_info(bed, 0).polling);
	assert_int_equal(side_info(bed, 0).tx_us, 600000);
	assert_int_equal(side_info(bed, 0).detect_us, 900000);
	assert_int_equal(side_info(bed, 1).detect_us, 1800000);
	bed_wait(bed, 30 * NS_PER_SEC);
	assert_int_equal(side_info(bed, 0).downs, 0);
	assert_int_equal(side_info(bed, 1).downs, 0);
	/* Back: faster sending at once. */
	bfd_configure(&bed->side[0].bfd, &bed->side[0].conf, bed->now);
	assert_int_equal(side_info(bed, 0).tx_us, 300000);
	bed_wait(bed, 30 * NS_PER_SEC);
	assert_int_equal(side_info(bed, 1).detect_us, 900000);
	assert_int_equal(side_info(bed, 0).downs + side_info(bed, 1).downs, 0);
	bed_free(bed);
}

/* ---- who speaks ------------------------------------------------------------------------------ */

static void passive0(struct bfd_bed *bed)
{
	bed->side[0].conf.params.passive = true;
}

/* Section 6.1: who is passive waits; section 6.8.7. */
static void test_passive(void **state)
{
	struct bfd_bed *bed = bed_new(10);

	(void)state;
	passive0(bed);
	side_start(bed, 0);
	side_get(bed, 0);
	bed_wait(bed, 10 * NS_PER_SEC);
	assert_int_equal(bed->sent[0], 0);
	side_start(bed, 1);
	side_get(bed, 1);
	bed_wait(bed, 5 * NS_PER_SEC);
	assert_int_equal(side_info(bed, 0).state, BFD_UP);
	bed_free(bed);
}

/* Section 6.8.7: a neighbour that wants no packets gets none, one in demand mode none while both
 * are up; a poll of it is answered all the same.                                                 */
static void test_silence_on_demand(void **state)
{
	struct bfd_bed *bed = bed_new(11);
	struct bfd_msg msg = hand_msg(BFD_DOWN, 0);
	u32 sent;

	(void)state;
	side_start(bed, 0);
	side_get(bed, 0);
	hand_say(bed, &msg);
	msg = hand_msg(BFD_UP, side_info(bed, 0).mine);
	msg.flags = BFD_FINAL;
	hand_say(bed, &msg);
	hand_say(bed, &msg);
	msg.flags = BFD_DEMAND;
	hand_say(bed, &msg);
	sent = bed->sent[0];
	bed_wait(bed, 2900 * ms);
	assert_int_equal(bed->sent[0], sent);
	msg.flags = BFD_DEMAND | BFD_POLL;
	hand_say(bed, &msg);
	assert_int_equal(bed->sent[0], sent + 1);
	msg.flags = 0;
	msg.min_rx_us = 0;
	hand_say(bed, &msg);
	bed_wait(bed, 2900 * ms);
	assert_int_equal(bed->sent[0], sent + 1);
	msg.min_rx_us = 100000;
	hand_say(bed, &msg);
	bed_wait(bed, 2900 * ms);
	assert_in_range(bed->sent[0], sent + 9, sent + 14);
	/* Forgotten after the detection time: it is spoken to again. */
	msg.min_rx_us = 0;
	hand_say(bed, &msg);
	bed_wait(bed, 3 * NS_PER_SEC);
	assert_int_equal(side_info(bed, 0).state, BFD_DOWN);
	sent = bed->sent[0];
	bed_wait(bed, 10 * NS_PER_SEC);
	assert_in_range(bed->sent[0], sent + 9, sent + 14);
	bed_free(bed);
}

/* ---- the end --------------------------------------------------------------------------------- */

/* Section 6.8.16: the neighbour is told, and it is no failure of the path. */
static void test_the_last_user_leaves(void **state)
{
	struct bfd_bed *bed = bed_up(12, NULL);
	struct bfd *b = &bed->side[0].bfd;
	u32 id = bed->side[0].id;
	struct bfd_change change;

	(void)state;
	(void)change_of(bed, 1);
	assert_int_equal(bfd_get(b, side_addr(1), 0, ROUTE_OSPF, bed->now), id);
	bfd_put(b, id, ROUTE_OSPF, bed->now);
	bed_wait(bed, NS_PER_SEC);
	assert_int_equal(side_info(bed, 0).state, BFD_UP);
	side_put(bed, 0);
	bed_wait(bed, 10 * ms);
	change = change_of(bed, 1);
	assert_int_equal(change.state, BFD_DOWN);
	assert_true(change.failed);
	assert_true(change.remote_admin);
	assert_int_equal(side_info(bed, 1).remote_diag, BFD_DIAG_ADMIN);
	assert_int_equal(b->peers.live, 1);
	bed_wait(bed, 10 * NS_PER_SEC);
	assert_int_equal(b->peers.live, 0);
	/* And comes back. */
	side_get(bed, 0);
	bed_wait(bed, 5 * NS_PER_SEC);
	assert_int_equal(side_info(bed, 1).state, BFD_UP);
	bed_free(bed);
}

/* Somebody wants it again before it is gone. */
static void test_a_user_comes_back(void **state)
{
	struct bfd_bed *bed = bed_up(13, NULL);

	(void)state;
	side_put(bed, 0);
	bed_wait(bed, 500 * ms);
	assert_int_equal(side_info(bed, 0).state, BFD_ADMIN_DOWN);
	side_get(bed, 0);
	bed_wait(bed, 5 * NS_PER_SEC);
	assert_int_equal(side_info(bed, 0).state, BFD_UP);
	assert_int_equal(side_info(bed, 1).state, BFD_UP);
	bed_free(bed);
}

static void test_stop(void **state)
{
	struct bfd_bed *bed = bed_up(14, NULL);

	(void)state;
	bfd_stop(&bed->side[0].bfd, bed->now);
	bfd_check(&bed->side[0].bfd);
	assert_int_equal(dgram_open_count(bed->side[0].host), 0);
	bed_carry(bed, 0);
	assert_int_equal(msg_of(&bed->last[0]).state, BFD_ADMIN_DOWN);
	assert_int_equal(msg_of(&bed->last[0]).diag, BFD_DIAG_ADMIN);
	assert_true(bfd_next(&bed->side[0].bfd) == NS_NEVER);
	bed_free(bed);
}

static void test_the_interface_goes(void **state)
{
	struct bfd_bed *bed = bed_up(15, NULL);

	(void)state;
	(void)change_of(bed, 0);
	bed->side[0].ifaces.iface[0].up = false;
	bfd_ifaces(&bed->side[0].bfd, bed->now);
	side_turn(bed, 0);
	assert_int_equal(change_of(bed, 0).diag, BFD_DIAG_PATH);
	assert_int_equal(dgram_open_count(bed->side[0].host), 1);
	bed_wait(bed, 5 * NS_PER_SEC);
	assert_int_equal(side_info(bed, 1).state, BFD_DOWN);
	bed->side[0].ifaces.iface[0].up = true;
	bfd_ifaces(&bed->side[0].bfd, bed->now);
	side_turn(bed, 0);
	bed_wait(bed, 5 * NS_PER_SEC);
	assert_int_equal(side_info(bed, 0).state, BFD_UP);
	bed_free(bed);
}

/* Without a socket of its own a session could not answer: it does not come up either. */
static void test_who_can_not_answer_does_not_listen(void **state)
{
	struct bfd_bed *bed = bed_new(22);
	struct bfd_msg msg = hand_msg(BFD_DOWN, 0);

	(void)state;
	side_start(bed, 0);
	side_get(bed, 0);
	bed->side[0].ifaces.iface[0].up = false;
	bfd_ifaces(&bed->side[0].bfd, bed->now);
	hand_say(bed, &msg);
	assert_int_equal(side_info(bed, 0).state, BFD_DOWN);
	assert_int_equal(bed->side[0].bfd.stats.bad[BFD_BAD_PEER], 1);
	bed_free(bed);
}

/* The neighbour is another process with another discriminator: section 6.8.1. */
static void test_the_neighbour_starts_anew(void **state)
{
	struct bfd_bed *bed = bed_up(16, fast);

	(void)state;
	bfd_side_end(&bed->side[1]);
	side_start(bed, 1);
	side_get(bed, 1);
	bed_wait(bed, 10 * NS_PER_SEC);
	assert_int_equal(side_info(bed, 0).state, BFD_UP);
	assert_int_equal(side_info(bed, 1).state, BFD_UP);
	assert_int_equal(side_info(bed, 0).downs, 1);
	bed_free(bed);
}

static void test_no_socket_is_tried_again(void **state)
{
	struct bfd_bed *bed = bed_new(17);

	(void)state;
	side_start(bed, 0);
	bed->side[0].host->refuse = SOCK_IN_USE;
	side_get(bed, 0);
	assert_int_equal(dgram_open_count(bed->side[0].host), 0);
	assert_int_equal(bed->sent[0], 0);
	bed->side[0].host->refuse = SOCK_OK;
	bed_wait(bed, 2 * NS_PER_SEC);
	assert_int_equal(dgram_open_count(bed->side[0].host), 2);
	assert_true(bed->sent[0] > 0);
	bed_free(bed);
}

/* ---- news ------------------------------------------------------------------------------------ */

/* Each session once, as it is now; that it failed in between is not lost. */
static void test_a_flap_is_seen(void **state)
{
	struct bfd_bed *bed = bed_up(18, fast);
	struct bfd_change change;

	(void)state;
	(void)change_of(bed, 0);
	bed->passes[1] = false;
	bed_wait(bed, NS_PER_SEC);
	bed->passes[1] = true;
	bed_wait(bed, 10 * NS_PER_SEC);
	change = change_of(bed, 0);
	assert_int_equal(change.state, BFD_UP);
	assert_true(change.failed);
	assert_false(has_news(bed, 0));
	bed_free(bed);
}

/* ---- authentication -------------------------------------------------------------------------- */

static enum bfd_auth_kind auth_kind;

static void sign(struct bfd_bed *bed)
{
	for (u32 n = 0; n < 2; n++)
		bed->side[n].conf.params.auth = (struct bfd_auth_conf){
			.kind = auth_kind,
			.key_count = 1,
			.key = { { .id = 4, .len_bytes = 5, .secret = "hands" } },
		};
}

static void test_every_kind_comes_up(void **state)
{
	(void)state;
	for (u32 kind = BFD_AUTH_NONE; kind < BFD_AUTH_KINDS; kind++) {
		struct bfd_bed *bed;

		auth_kind = (enum bfd_auth_kind)kind;
		bed = bed_up(19, sign);
		assert_int_equal(side_info(bed, 0).state, BFD_UP);
		assert_int_equal(side_info(bed, 1).state, BFD_UP);
		assert_int_equal(side_info(bed, 0).bad_auth, 0);
		bed_free(bed);
	}
}

static void wrong_key(struct bfd_bed *bed)
{
	sign(bed);
	bed->side[1].conf.params.auth.key[0].secret[0] = 'H';
}

static void test_another_key_does_not(void **state)
{
	struct bfd_bed *bed;

	(void)state;
	auth_kind = BFD_AUTH_SHA1;
	bed = bed_up(20, wrong_key);
	assert_int_equal(side_info(bed, 0).state, BFD_DOWN);
	assert_true(side_info(bed, 0).bad_auth > 5);
	bed_free(bed);
}

/* Section 6.7.3: a packet that was there is not taken again by who is meticulous, and one far
 * behind by nobody.                                                                              */
static void test_replay(void **state)
{
	static const struct {
		enum bfd_auth_kind kind;
		bool again;
	} kinds[] = {
		{ BFD_AUTH_MD5, true },
		{ BFD_AUTH_MD5_METICULOUS, false },
		{ BFD_AUTH_SHA1, true },
		{ BFD_AUTH_SHA1_METICULOUS, false },
	};

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(kinds); n++) {
		struct bfd_bed *bed;
		struct dgram kept;

		auth_kind = kinds[n].kind;
		bed = bed_up(21, sign);
		bed_wait(bed, 5 * ms);
		kept = bed->last[1];
		kept.iface = 0;
		dgram_put(bed->side[0].host, &kept);
		side_turn(bed, 0);
		assert_int_equal(side_info(bed, 0).bad_auth, kinds[n].again ? 0 : 1);
		bed_wait(bed, NS_PER_SEC);
		dgram_put(bed->side[0].host, &kept);
		side_turn(bed, 0);
		assert_int_equal(side_info(bed, 0).bad_auth, kinds[n].again ? 1 : 2);
		assert_int_equal(side_info(bed, 0).state, BFD_UP);
		/* Section 6.8.1: who was silent for twice the time may begin with any number. */
		bfd_side_end(&bed->side[1]);
		bed_wait(bed, 3 * NS_PER_SEC);
		side_start(bed, 1);
		side_get(bed, 1);
		bed_wait(bed, 8 * NS_PER_SEC);
		assert_int_equal(side_info(bed, 0).state, BFD_UP);
		bed_free(bed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_sent),
		cmocka_unit_test(test_sessions_differ),
		cmocka_unit_test(test_what_is_not_believed),
		cmocka_unit_test(test_it_comes_up),
		cmocka_unit_test(test_slow_until_up),
		cmocka_unit_test(test_detection),
		cmocka_unit_test(test_two_lost_are_no_failure),
		cmocka_unit_test(test_negotiation),
		cmocka_unit_test(test_jitter_with_a_multiplier_of_one),
		cmocka_unit_test(test_a_poll_is_answered),
		cmocka_unit_test(test_intervals_change_by_a_poll),
		cmocka_unit_test(test_passive),
		cmocka_unit_test(test_silence_on_demand),
		cmocka_unit_test(test_the_last_user_leaves),
		cmocka_unit_test(test_a_user_comes_back),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_the_interface_goes),
		cmocka_unit_test(test_who_can_not_answer_does_not_listen),
		cmocka_unit_test(test_the_neighbour_starts_anew),
		cmocka_unit_test(test_no_socket_is_tried_again),
		cmocka_unit_test(test_a_flap_is_seen),
		cmocka_unit_test(test_every_kind_comes_up),
		cmocka_unit_test(test_another_key_does_not),
		cmocka_unit_test(test_replay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
