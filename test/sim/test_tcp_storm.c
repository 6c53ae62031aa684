/* Storms: more than anybody means, from who means no good. What stands goes on, what is held stays
 * within its limits, and what is answered is bounded.                                            */
#include "fake/build.h"
#include "sim/tcp_hostile.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum {
	STORM = 100000, /* segments of one */
	PER_MS = 10,
	SECONDS = STORM / PER_MS / 1000,
	PORTS_FROM = 1024,
};

static u32 drawn(struct hostile *hostile)
{
	return (u32)rng_u64(&hostile->rng);
}

static struct say syn_from_nowhere(struct hostile *hostile)
{
	struct say say = { .key = { .local = tcp_pair_addr(1),
				    .peer = be32_of(drawn(hostile)),
				    .local_port = be16_of(TCP_PAIR_PORT),
				    .peer_port = be16_of((u16)drawn(hostile)) },
			   .flags = TCP_SYN,
			   .seq = drawn(hostile),
			   .window = 65535 };

	say.opt.mss = 1460;
	say.opt.has_wscale = say.opt.sack_permitted = true;
	say.opt.wscale = 7;
	say.opt.has_ts = true;
	say.opt.tsval = drawn(hostile);
	return say;
}

/* So many segments, ten in each millisecond, while the talks go on; bytes that the standing one has
 * moved meanwhile, in per mille of what the link lets through.                                   */
static u32 storm(struct hostile *hostile, struct say (*next)(struct hostile *hostile), u32 segments)
{
	struct tcp_pair *pair = &hostile->pair;
	u64 before = hostile->talk.read[1];
	ns_t from = pair->now;

	for (u32 count = 0; count < segments; count += PER_MS) {
		for (u32 at = 0; at < PER_MS && next != NULL; at++) {
			struct say say = next(hostile);

			hostile_say(hostile, &say);
		}
		tcp_pair_run(pair, pair->now + NS_PER_MS);
	}
	tcp_check(&pair->end[1].tcp);
	return tcp_pair_goodput(pair, 0, hostile->talk.read[1] - before, from);
}

/* What the same transfer does when nobody disturbs it. */
static u32 calm(u32 segments)
{
	struct hostile *hostile = hostile_new();
	u32 goodput;

	hostile_begin(hostile);
	hostile_stand(hostile);
	goodput = storm(hostile, NULL, segments);
	hostile_free(hostile);
	return goodput;
}

/* RFC 4987: half-open records are full of nobody's SYNs, and who really comes is served. */
static void test_syn_flood(void **state)
{
	struct hostile *hostile = hostile_new();
	const struct tcp *tcp = &hostile->pair.end[1].tcp;
	struct tcp_talk client = { .goal = { 50000, 50000 } };
	u32 goodput;

	(void)state;
	hostile->conf.tcp[1].half_open_limit = 256;
	hostile_begin(hostile);
	hostile_stand(hostile);
	tcp_sockopt_defaults(&client.opt);
	client.start_ns = hostile->pair.now + 2 * NS_PER_SEC;
	tcp_pair_talk(&hostile->pair, 0, &client);
	goodput = storm(hostile, syn_from_nowhere, STORM);
	assert_in_range(goodput, calm(STORM) * 95 / 100, 1000);
	assert_in_range(tcp->listen.half_open.live, 1, 256);
	assert_true(tcp->stats.cookies_sent > STORM / 2);
	assert_int_equal(tcp->stats.cookies_good, 1);
	assert_in_range(tcp->tcbs.live, 1, 2);
	assert_true(client.finished_ns != 0);
	assert_true(client.read[0] == 50000 && client.read[1] == 50000);
	hostile_free(hostile);
}

/* In the name of end 0, of the connection that stands; timestamps are guessed well. */
static struct say in_its_name(struct hostile *hostile)
{
	const struct tcb *tcb = hostile_tcb(hostile, hostile->talk.id[1]);
	struct say say = { .key = tcb->key,
			   .seq = drawn(hostile),
			   .ack = drawn(hostile),
			   .window = (u16)drawn(hostile) };

	say.opt.has_ts = true;
	say.opt.tsval = tcb->ts_recent;
	return say;
}

/* Half of them anywhere, the others in the window: never the one number that is right. */
static struct say guessed_rst(struct hostile *hostile)
{
	const struct tcb *tcb = hostile_tcb(hostile, hostile->talk.id[1]);
	struct say say = in_its_name(hostile);

	say.flags = TCP_RST;
	if ((say.ack & 1) != 0)
		say.seq = tcb->rcv_nxt + 1 + say.seq % 10000;
	return say;
}

static struct say guessed_ack(struct hostile *hostile)
{
	const struct tcb *tcb = hostile_tcb(hostile, hostile->talk.id[1]);
	struct say say = in_its_name(hostile);

	say.flags = TCP_ACK;
	if ((say.seq & 1) != 0)
		say.seq = tcb->rcv_nxt;
	return say;
}

static struct say guessed_syn(struct hostile *hostile)
{
	struct say say = in_its_name(hostile);

	say.flags = TCP_SYN;
	return say;
}

static void run_guesses(struct say (*next)(struct hostile *hostile))
{
	struct hostile *hostile = hostile_new();
	const struct tcp *tcp = &hostile->pair.end[1].tcp;
	u64 limit = hostile->conf.tcp[1].challenge_acks;
	u32 goodput;

	hostile_begin(hostile);
	hostile_stand(hostile);
	goodput = storm(hostile, next, STORM);
	assert_in_range(goodput, calm(STORM) * 95 / 100, 1000);
	assert_int_equal(hostile->talk.error[1], TCP_ERR_NONE);
	assert_true(hostile->talk.open[0] && hostile->talk.open[1]);
	assert_in_range(tcp->stats.challenge_acks, 1, (SECONDS + 1) * limit);
	assert_true(tcp->stats.challenge_limited > 0);
	hostile_free(hostile);
}

static void test_rfc5961_3_rst_storm(void **state)
{
	(void)state;
	run_guesses(guessed_rst);
}

static void test_rfc5961_4_syn_storm(void **state)
{
	(void)state;
	run_guesses(guessed_syn);
}

static void test_rfc5961_5_ack_storm(void **state)
{
	(void)state;
	run_guesses(guessed_ack);
}

/* Bytes that are no options, in SYNs from nowhere and in the name of end 0: in the window, but none
 * knows where that begins.                                                                       */
static struct say absurd_options(struct hostile *hostile)
{
	static u8 raw[40];
	bool is_syn = (drawn(hostile) & 1) != 0;
	struct say say = is_syn ? syn_from_nowhere(hostile) : in_its_name(hostile);

	/* What the one before it did. */
	tcp_check(&hostile->pair.end[1].tcp);
	if (!is_syn)
		say.seq = hostile_tcb(hostile, hostile->talk.id[1])->rcv_nxt + 1 + say.seq % 10000;
	for (u32 at = 0; at < sizeof raw; at++)
		raw[at] = (u8)(drawn(hostile) % (at % 2 == 0 ? 9 : 256));
	say.flags |= is_syn ? 0 : TCP_ACK;
	say.raw = raw;
	say.raw_len = 1 + drawn(hostile) % (u32)sizeof raw;
	return say;
}

static void test_absurd_options(void **state)
{
	struct hostile *hostile = hostile_new();
	u32 goodput;

	(void)state;
	hostile_begin(hostile);
	hostile_stand(hostile);
	goodput = storm(hostile, absurd_options, STORM / 5);
	assert_in_range(goodput, calm(STORM / 5) * 95 / 100, 1000);
	assert_int_equal(hostile->talk.error[1], TCP_ERR_NONE);
	assert_true(hostile->talk.open[0] && hostile->talk.open[1]);
	hostile_free(hostile);
}

/* ---- a peer that does not keep to the rules -------------------------------------------------- */

/* RFC 9293 section 3.8.6 SHLD-15: who is told of a smaller window bears it. */
static void test_shrinking_window(void **state)
{
	struct hostile *hostile = hostile_new();
	const struct tcb *tcb;
	u32 edge, begin;
	tcp_id id;

	(void)state;
	hostile_begin(hostile);
	id = hostile_connect(hostile, PORTS_FROM, true);
	tcb = hostile_tcb(hostile, id);
	begin = tcb->snd_una;
	hostile_write(hostile, id, 60000);
	edge = tcb->snd_una + tcb->snd_wnd;
	for (u32 turn = 0; turn < 4000 && tcb->snd_una != begin + 60000; turn++) {
		struct say say = hostile_next(hostile, id);

		/* One segment more each time, and a window of any size behind it. */
		say.ack = tcb->snd_una + u32_min(tcb->snd_nxt - tcb->snd_una, turn % 2 * 1000);
		say.window = (u16)(drawn(hostile) % 3000);
		hostile_say(hostile, &say);
		if (seq_gt(say.ack + say.window, edge))
			edge = say.ack + say.window;
		hostile_wait(hostile, 300 * NS_PER_MS);
		tcp_check(&hostile->pair.end[1].tcp);
		assert_true(seq_le(tcb->snd_nxt, edge));
	}
	assert_int_equal(tcb->snd_una - begin, 60000);
	assert_int_equal(tcb->error, TCP_ERR_NONE);
	tcp_abort(&hostile->pair.end[1].tcp, id, hostile->pair.now);
	hostile_free(hostile);
}

/* RFC 9293 section 3.8.6.1: as long as the probes are answered, the connection stays; one a minute
 * at most.                                                                                       */
static void test_window_of_zero_for_hours(void **state)
{
	struct hostile *hostile = hostile_new();
	const struct tcb *tcb;
	struct say say;
	u32 before, begin;
	tcp_id id;

	(void)state;
	hostile_begin(hostile);
	id = hostile_connect(hostile, PORTS_FROM, true);
	tcb = hostile_tcb(hostile, id);
	begin = tcb->snd_una;
	say = hostile_next(hostile, id);
	say.window = 0;
	hostile_say(hostile, &say);
	hostile_write(hostile, id, 5000);
	before = tcb->segs_out;
	for (u32 second = 0; second < 2 * 3600; second++) {
		u32 segs = tcb->segs_out;

		hostile_wait(hostile, NS_PER_SEC);
		if (tcb->segs_out != segs)
			hostile_say(hostile, &say);
	}
	assert_int_equal(tcb->error, TCP_ERR_NONE);
	assert_in_range(tcb->segs_out - before, 100, 150);
	assert_int_equal(tcb->bytes_sent, 0);
	say.window = 65535;
	hostile_say(hostile, &say);
	hostile_wait(hostile, NS_PER_SEC);
	assert_int_equal(tcb->snd_nxt - begin, 5000);
	tcp_abort(&hostile->pair.end[1].tcp, id, hostile->pair.now);
	hostile_free(hostile);
}

/* R2 of RFC 9293 section 3.8.3 ends it, and what it held is free. */
static void test_peer_never_acknowledges(void **state)
{
	struct hostile *hostile = hostile_new();
	struct tcp *tcp = &hostile->pair.end[1].tcp;
	const struct tcb *tcb;
	tcp_id id;

	(void)state;
	hostile_begin(hostile);
	id = hostile_connect(hostile, PORTS_FROM, true);
	tcb = hostile_tcb(hostile, id);
	hostile_write(hostile, id, 60000);
	hostile_wait(hostile, 14 * 60 * NS_PER_SEC);
	assert_int_equal(tcb->error, TCP_ERR_NONE);
	assert_in_range(tcb->segs_out, 10, 60);
	hostile_wait(hostile, 6 * 60 * NS_PER_SEC);
	assert_int_equal(tcb->error, TCP_ERR_TIMEOUT_RETRANSMIT);
	assert_int_equal(tcp->recs.live, 0);
	assert_true(tcp->buffers.used_bytes == 0);
	tcp_close(tcp, id, hostile->pair.now);
	assert_int_equal(tcp->tcbs.live, 0);
	hostile_free(hostile);
}

/* ACKs of what was not sent make nothing faster (RFC 5961 section 5.2). */
static void test_optimistic_acks(void **state)
{
	struct hostile *hostile = hostile_new();
	struct tcp *tcp = &hostile->pair.end[1].tcp;
	const struct tcb *tcb;
	u32 cwnd, una;
	tcp_id id;

	(void)state;
	hostile_begin(hostile);
	id = hostile_connect(hostile, PORTS_FROM, true);
	tcb = hostile_tcb(hostile, id);
	hostile_write(hostile, id, 60000);
	hostile_wait(hostile, NS_PER_MS);
	cwnd = tcb->air->cc.cwnd;
	una = tcb->snd_una;
	for (u32 count = 0; count < STORM; count++) {
		struct say say = hostile_next(hostile, id);

		say.ack += 1 + drawn(hostile) % 60000;
		hostile_say(hostile, &say);
	}
	tcp_check(tcp);
	assert_int_equal(tcb->snd_una, una);
	assert_int_equal(tcb->air->cc.cwnd, cwnd);
	assert_in_range(tcp->stats.challenge_acks, 1, hostile->conf.tcp[1].challenge_acks);
	tcp_abort(tcp, id, hostile->pair.now);
	hostile_free(hostile);
}

/* Blocks of any bytes of what is in flight: each may cut a record, but not for ever. */
static void test_sack_storm(void **state)
{
	struct hostile *hostile = hostile_new();
	struct tcp *tcp = &hostile->pair.end[1].tcp;
	const struct tcb *tcb;
	u32 begin, records;
	struct say say;
	tcp_id id;

	(void)state;
	hostile_begin(hostile);
	id = hostile_connect(hostile, PORTS_FROM, true);
	tcb = hostile_tcb(hostile, id);
	begin = tcb->snd_una;
	hostile_write(hostile, id, 60000);
	hostile_wait(hostile, NS_PER_MS);
	records = tcb->air->tx_count;
	for (u32 count = 0; count < STORM; count++) {
		u32 flight = tcb->snd_nxt - tcb->snd_una;

		say = hostile_next(hostile, id);
		say.ack = tcb->snd_una;
		say.opt.sack_count = TCP_SACK_BLOCKS_MAX - 1;
		for (u32 at = 0; at < say.opt.sack_count; at++) {
			say.opt.sack[at].start = tcb->snd_una + drawn(hostile) % flight;
			say.opt.sack[at].end = say.opt.sack[at].start + 1 + drawn(hostile) % 3;
		}
		hostile_say(hostile, &say);
		if (count % PER_MS == 0)
			hostile_wait(hostile, NS_PER_MS);
		if (count % 1000 == 0)
			tcp_check(tcp);
	}
	/* Ten segments of data, each of them in pieces that have a bound. */
	assert_true(tcb->air->tx_count >= records);
	assert_in_range(tcp->recs.live, 1, 256);
	/* It said that its path is slow, and is served as slowly. */
	for (u32 turn = 0; turn < 600 && tcb->snd_una != begin + 60000; turn++) {
		say = hostile_next(hostile, id);
		hostile_say(hostile, &say);
		hostile_wait(hostile, NS_PER_SEC);
	}
	assert_int_equal(tcb->snd_una - begin, 60000);
	assert_int_equal(tcp->recs.live, 0);
	tcp_abort(tcp, id, hostile->pair.now);
	hostile_free(hostile);
}

/* Single bytes with holes between them, by several at once: ranges have a limit in all, and data
 * in order are taken whatever happened.                                                          */
static void test_flood_out_of_order(void **state)
{
	enum { PEERS = 4, RANGES = 600 };
	static const u8 data[1000];
	struct hostile *hostile = hostile_new();
	struct tcp *tcp = &hostile->pair.end[1].tcp;
	tcp_id id[PEERS];
	struct say say;

	(void)state;
	hostile->conf.tcp[1].range_limit = RANGES;
	hostile_begin(hostile);
	for (u16 at = 0; at < PEERS; at++)
		id[at] = hostile_connect(hostile, (u16)(PORTS_FROM + at), true);
	for (u32 count = 0; count < STORM; count++) {
		say = hostile_next(hostile, id[count % PEERS]);
		say.seq += 1 + drawn(hostile) % 30000;
		say.data = data;
		say.len = 1;
		hostile_say(hostile, &say);
		if (count % PER_MS == 0)
			hostile_wait(hostile, NS_PER_MS);
		if (count % 1000 == 0)
			tcp_check(tcp);
	}
	assert_int_equal(tcp->ranges.live, RANGES);
	assert_true(tcp->stats.no_range > 0);
	assert_true(tcp->buffers.used_bytes <= PEERS * (UINT64_C(64) << 10));
	for (u32 at = 0; at < PEERS; at++) {
		u64 before = hostile_tcb(hostile, id[at])->bytes_received;

		for (u32 turn = 0; turn < 40; turn++) {
			say = hostile_next(hostile, id[at]);
			say.data = data;
			say.len = sizeof data;
			hostile_say(hostile, &say);
			hostile_wait(hostile, NS_PER_MS);
		}
		assert_true(hostile_tcb(hostile, id[at])->bytes_received > before);
		assert_true(hostile_tcb(hostile, id[at])->rcv.len >= 40000);
		tcp_abort(tcp, id[at], hostile->pair.now);
	}
	assert_int_equal(tcp->ranges.live, 0);
	hostile_free(hostile);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_syn_flood),
		cmocka_unit_test(test_rfc5961_3_rst_storm),
		cmocka_unit_test(test_rfc5961_4_syn_storm),
		cmocka_unit_test(test_rfc5961_5_ack_storm),
		cmocka_unit_test(test_absurd_options),
		cmocka_unit_test(test_shrinking_window),
		cmocka_unit_test(test_window_of_zero_for_hours),
		cmocka_unit_test(test_peer_never_acknowledges),
		cmocka_unit_test(test_optimistic_acks),
		cmocka_unit_test(test_sack_storm),
		cmocka_unit_test(test_flood_out_of_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
