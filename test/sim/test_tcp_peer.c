/* A peer that does what few do, and what the RFCs let it do. */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_data_with_syn_ack),
		cmocka_unit_test(test_data_behind_fin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
