/* A peer that does what few do, and what the RFCs let it do. */
#include "core/wire/icmp.h"
#include "fake/build.h"
#include "sim/tcp_hostile.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { FAR_PORT = 7000, FAR_ISN = 5000 };

/* RFC 9293 section 3.10.7.3: a SYN,ACK may have data behind it, each byte in its place. */
static void test_data_with_syn_ack(void **state)
{
	static const u8 first[] = "abcdef", second[] = "ghi";
	struct hostile *hostile = hostile_new();
	struct tcp *tcp = &hostile->pair.end[1].tcp;
	struct tcp_open open = { .key = { .local = tcp_pair_addr(1),
					  .peer = addr("203.0.113.66"),
					  .peer_port = be16_of(FAR_PORT) },
				 .mtu = 1500 };
	struct say say = {
		.flags = TCP_SYN | TCP_ACK, .seq = FAR_ISN, .window = 65535, .data = first, .len = 6
	};
	char got[16] = "";
	tcp_id id;

	(void)state;
	hostile_begin(hostile);
	tcp_sockopt_defaults(&open.opt);
	assert_int_equal(tcp_connect(tcp, &open, &id, hostile->pair.now), ERR_OK);
	hostile_wait(hostile, NS_PER_MS);
	say.key = hostile_tcb(hostile, id)->key;
	say.ack = hostile_tcb(hostile, id)->snd_nxt;
	hostile_say(hostile, &say);
	assert_int_equal(hostile_tcb(hostile, id)->state, TCP_ESTABLISHED);
	assert_int_equal(hostile_tcb(hostile, id)->rcv_nxt, FAR_ISN + 7);
	say = hostile_next(hostile, id);
	say.data = second;
	say.len = 3;
	hostile_say(hostile, &say);
	assert_int_equal(tcp_read(tcp, id, got, sizeof got, hostile->pair.now), 9);
	assert_string_equal(got, "abcdefghi");
	tcp_abort(tcp, id, hostile->pair.now);
	hostile_free(hostile);
}

/* Data that came out of order lie behind the place where the stream ends: they are nobody's. */
static void test_data_behind_fin(void **state)
{
	static const u8 data[20];
	struct hostile *hostile = hostile_new();
	struct tcp *tcp = &hostile->pair.end[1].tcp;
	struct say say;
	u8 got[100];
	tcp_id id;

	(void)state;
	hostile_begin(hostile);
	id = hostile_connect(hostile, FAR_PORT, true);
	say = hostile_next(hostile, id);
	say.data = data;
	say.len = 20;
	say.seq += 11;
	hostile_say(hostile, &say);
	assert_int_equal(tcp->ranges.live, 1);
	say = hostile_next(hostile, id);
	say.data = data;
	say.len = 10;
	say.flags |= TCP_FIN;
	hostile_say(hostile, &say);
	tcp_check(tcp);
	assert_int_equal(hostile_tcb(hostile, id)->state, TCP_CLOSE_WAIT);
	assert_int_equal(tcp->ranges.live, 0);
	assert_int_equal(tcp_read(tcp, id, got, sizeof got, hostile->pair.now), 10);
	tcp_abort(tcp, id, hostile->pair.now);
	hostile_free(hostile);
}

/* The path takes smaller segments than those that are on their way, and no record is free to cut
 * one: what is sent again is cut nevertheless, so that all of it comes through.                  */
static void test_smaller_segments_without_records(void **state)
{
	enum { RECORDS = 6, MTU = 600, BYTES = 20000 };
	struct hostile *hostile = hostile_new();
	struct tcp *tcp = &hostile->pair.end[1].tcp;
	struct tcp_icmp icmp = { .type = ICMP_UNREACH, .code = ICMP_UNREACH_FRAG, .mtu = MTU };
	const struct tcb *tcb;
	struct say say;
	u32 begin;
	tcp_id id;

	(void)state;
	hostile->conf.tcp[1].segment_limit = RECORDS;
	hostile->conf.tcp[1].cc = "newreno";
	hostile_begin(hostile);
	id = hostile_connect(hostile, FAR_PORT, true);
	tcb = hostile_tcb(hostile, id);
	begin = tcb->snd_una;
	hostile_write(hostile, id, BYTES);
	hostile_wait(hostile, NS_PER_MS);
	assert_int_equal(tcp->recs.live, RECORDS);
	icmp.key = tcb->key;
	icmp.seq = tcb->snd_una;
	tcp_icmp_in(tcp, &icmp, hostile->pair.now);
	assert_in_range(tcb->snd_mss, 1, MTU);
	for (u32 turn = 0; turn < 200 && tcb->snd_una - begin < BYTES; turn++) {
		const struct link_stats *link = link_stats(&hostile->pair.link[1]);
		struct link_stats before = *link;
		u64 sent = tcb->bytes_sent, split = hostile->pair.split;

		hostile_wait(hostile, 500 * NS_PER_MS);
		tcp_check(tcp);
		/* Nor is it left to whoever splits segments, who asks no window. */
		assert_int_equal(hostile->pair.split, split);
		assert_true(link->in_bytes - before.in_bytes <=
			    MTU * (link->in_packets - before.in_packets));
		/* One segment, and what fits behind it, has come. */
		say = hostile_next(hostile, id);
		say.ack = tcb->snd_una + (u32)u64_min(tcb->bytes_sent - sent, tcb->snd_mss);
		if (seq_gt(say.ack, tcb->snd_nxt))
			say.ack = tcb->snd_nxt;
		hostile_say(hostile, &say);
	}
	assert_int_equal(tcb->snd_una - begin, BYTES);
	tcp_abort(tcp, id, hostile->pair.now);
	hostile_free(hostile);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_data_with_syn_ack),
		cmocka_unit_test(test_data_behind_fin),
		cmocka_unit_test(test_smaller_segments_without_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
