/* Scenarios of TCP as seen from the middle: the ends judge each other's segments, the gateway only
 * takes note (RFC 5961, 6191, 9293 section 3.10.7.4).                                            */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sim/scene.h"

enum { CONGESTION = 0xc0 }; /* CWR and ECE, RFC 3168 */

static const char client[] = "10.10.0.5";
static const char server[] = "203.0.113.9";

/* A segment of the client's connection, or of the server's to the public port. */
static void client_says(struct scene *s, u8 flags, u32 seq, u32 ack)
{
	scene_tcp(s, client, 5000, server, 80, flags);
	build_tcp4_at(&s->in, seq, ack);
	scene_pass(s, RIG_IN, RIG_OUT);
	assert_int_equal(s->out.seen.flags, flags);
	assert_int_equal(s->out.seen.seq, seq);
	assert_int_equal(s->out.seen.ack, ack);
	assert_int_equal(be32_host(s->out.seen.src), be32_host(addr("198.18.0.1")));
}

static void server_says(struct scene *s, u16 port, u8 flags, u32 seq, u32 ack)
{
	scene_tcp(s, server, 80, "198.18.0.1", port, flags);
	build_tcp4_at(&s->in, seq, ack);
	scene_pass(s, RIG_OUT, RIG_IN);
	assert_int_equal(s->out.seen.flags, flags);
	assert_int_equal(s->out.seen.seq, seq);
	assert_int_equal(s->out.seen.ack, ack);
	assert_int_equal(be32_host(s->out.seen.dst), be32_host(addr(client)));
	assert_int_equal(s->out.seen.dport, 5000);
}

static struct sluice_flow the_flow(const struct scene *s)
{
	struct sluice_flow_filter all = { 0 };
	struct sluice_flow flow;

	assert_true(rig_find_flow(&s->rig, &all, &flow));
	assert_int_equal(sluice_flow_count(s->rig.s), 1);
	return flow;
}

/* The client's ISS is 1000, the server's 9000: see scene_handshake(). */
static u16 handshake(struct scene *s)
{
	scene_handshake(s, client, 5000, server, 80);
	return s->out.seen.sport;
}

/* RFC 9293 section 3.10.7.4: whoever gets a segment outside of his window answers with an ACK, and
 * must get it for that.                                                                          */
static void segments_outside_of_the_window_pass(void **state)
{
	struct scene *s = scene_begin();
	u16 port = handshake(s);

	(void)state;
	assert_int_equal(rig_counter(&s->rig, "tcp_out_of_window"), 0);
	client_says(s, TCP_ACK, 0x70000000, 9001);
	client_says(s, TCP_ACK | TCP_PSH, 1001, 0x70000000);
	server_says(s, port, TCP_ACK, 0xf0000000, 1001);
	server_says(s, port, TCP_ACK | TCP_FIN, 0x60000000, 1001);
	assert_int_equal(rig_counter(&s->rig, "tcp_out_of_window"), 4);
	scene_end(s);
}

/* RFC 5961 section 4.2: a client that lost its connection sends a SYN on it; the challenge ACK and
 * the RST with just the right number go through, and then the flow is over. Section 5.2: a blind
 * ACK is challenged too.                                                                         */
static void challenge_acks_reach_the_peer(void **state)
{
	struct scene *s = scene_begin();
	u16 port = handshake(s);

	(void)state;
	server_says(s, port, TCP_ACK, 9001, 0x30000000);
	client_says(s, TCP_ACK, 1001, 9001);
	client_says(s, TCP_SYN, 0x50000000, 0);
	server_says(s, port, TCP_ACK, 9001, 1001);
	assert_true(the_flow(s).expires_ms > 1000 * s->conf.ct.timeout_s[CT_TIMEOUT_TCP_CLOSED]);
	client_says(s, TCP_RST, 1001, 0);
	assert_true(the_flow(s).expires_ms <= 1000 * s->conf.ct.timeout_s[CT_TIMEOUT_TCP_CLOSED]);
	client_says(s, TCP_SYN, 0x50000000, 0);
	server_says(s, port, TCP_SYN | TCP_ACK, 0x20000000, 0x50000001);
	client_says(s, TCP_ACK, 0x50000001, 0x20000001);
	assert_true(the_flow(s).expires_ms > 1000 * s->conf.ct.timeout_s[CT_TIMEOUT_TCP_CLOSED]);
	scene_end(s);
}

/* RFC 5961 section 9.3: a RST that lies in the window without being exact is challenged by its
 * receiver. The challenge must get through, though the flow looks closed from here; and when the
 * server knows nothing of a RST, the connection goes on.                                         */
static void a_challenged_reset_ends_nothing(void **state)
{
	struct scene *s = scene_begin();
	u32 closed_ms = 1000 * s->conf.ct.timeout_s[CT_TIMEOUT_TCP_CLOSED];
	u16 port = handshake(s);

	(void)state;
	server_says(s, port, TCP_RST, 9001 + 100, 0);
	client_says(s, TCP_ACK, 1001, 9001);
	scene_tcp(s, server, 80, "198.18.0.1", port, TCP_ACK | TCP_PSH);
	build_payload(&s->in, 50, 0);
	build_ip(&s->in)->len = (be16){ 0 };
	build_tcp4_at(&s->in, 9001, 1001);
	scene_pass(s, RIG_OUT, RIG_IN);
	assert_true(the_flow(s).expires_ms > closed_ms);
	client_says(s, TCP_ACK, 1001, 9051);
	scene_end(s);
}

/* RFC 9293 section 3.1: bits that mean nothing yet are ignored, and cross by either way. */
static void reserved_bits_pass(void **state)
{
	(void)state;
	for (u32 slow = 0; slow < 2; slow++) {
		struct scene *s = scene_conf();

		s->conf.slow_road = slow;
		rig_open(&s->rig, &s->conf);
		(void)handshake(s);
		scene_tcp(s, client, 5000, server, 80, TCP_ACK | CONGESTION);
		build_tcp_hdr(&s->in)->doff |= 0x0f;
		build_tcp4_at(&s->in, 1001, 9001);
		scene_pass(s, RIG_IN, RIG_OUT);
		assert_int_equal(s->out.seen.flags, TCP_ACK | CONGESTION);
		assert_int_equal(s->out.frame.bytes[s->out.frame.l3 + IP4_HLEN_MIN + 12], 0x5f);
		scene_end(s);
	}
}

static void client_opens_with_timestamps(struct scene *s, u32 seq)
{
	static const u8 timestamps[12] = { TCP_OPT_NOP, TCP_OPT_NOP, TCP_OPT_TIMESTAMPS, 10, 9 };

	build_start(&s->in);
	build_ip4(&s->in, addr(client), addr(server), IP_PROTO_TCP);
	build_tcp(&s->in, 5000, 80, TCP_SYN, seq, 0);
	build_tcp_options(&s->in, timestamps, sizeof timestamps);
	build_seal(&s->in);
	scene_pass(s, RIG_IN, RIG_OUT);
}

/* RFC 6191: the same ports at once again with a lower sequence number. The server may take it by
 * its timestamps, and then the connection has to stand as long as any (RFC 5382 REQ-5).          */
static void reopened_by_timestamps_stands_two_hours(void **state)
{
	struct scene *s = scene_begin();
	u16 port = handshake(s);

	(void)state;
	client_says(s, TCP_FIN | TCP_ACK, 1001, 9001);
	server_says(s, port, TCP_FIN | TCP_ACK, 9001, 1002);
	client_says(s, TCP_ACK, 1002, 9002);
	client_opens_with_timestamps(s, 77);
	assert_int_equal(s->out.seen.sport, port);
	server_says(s, port, TCP_SYN | TCP_ACK, 700000, 78);
	client_says(s, TCP_ACK, 78, 700001);
	scene_wait(s, 2 * 3600);
	server_says(s, port, TCP_ACK, 700001, 78);
	assert_int_equal(rig_counter(&s->rig, "tcp_out_of_window"), 0);
	scene_end(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(segments_outside_of_the_window_pass),
		cmocka_unit_test(challenge_acks_reach_the_peer),
		cmocka_unit_test(a_challenged_reset_ends_nothing),
		cmocka_unit_test(reserved_bits_pass),
		cmocka_unit_test(reopened_by_timestamps_stands_two_hours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
