/* Scenarios of the road: segments, sizes, fragments, neighbours, batches, configuration. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/wire/checksum.h"
#include "core/wire/icmp.h"
#include "sim/scene.h"

/* A TCP segment of `len` payload bytes of the flow that scene_handshake() made. */
static void make_segment(struct scene *s, u32 len)
{
	build_start(&s->in);
	build_ip4(&s->in, addr("10.10.0.5"), addr("203.0.113.9"), IP_PROTO_TCP);
	build_tcp(&s->in, 5000, 80, TCP_ACK | TCP_PSH, 1001, 9001);
	build_payload(&s->in, len, 3);
	build_seal(&s->in);
}

/* As a driver hands in what the sender's kernel left to hardware: the sum of the pseudo-header. */
static struct pkt *make_gso(struct scene *s, u32 len, u16 gso_size)
{
	struct pkt *pkt;
	struct tcp_hdr *tcp;

	make_segment(s, len);
	pkt = rig_make(&s->rig, RIG_IN, &s->in);
	assert_non_null(pkt);
	tcp = (struct tcp_hdr *)(pkt_l3(pkt) + IP4_HLEN_MIN);
	tcp->csum = (be16){ csum_fold(csum_pseudo(addr("10.10.0.5"), addr("203.0.113.9"),
						  IP_PROTO_TCP, TCP_HLEN_MIN + len)) };
	pkt->flags |= PKT_CSUM_PARTIAL;
	pkt->csum_start = IP4_HLEN_MIN;
	pkt->csum_offset = 16;
	if (gso_size > 0) {
		pkt->gso_type = GSO_TCP4;
		pkt->gso_size = gso_size;
	}
	return pkt;
}

/* Segments of up to 64 KB travel whole when the way out splits them; the MTU is for each part. */
static void gso_segment_passes_whole(void **state)
{
	struct scene *s = scene_conf();
	u16 partial;

	(void)state;
	s->conf.iface[RIG_OUT].offloads = IFACE_TX_CSUM | IFACE_TX_TSO;
	rig_open(&s->rig, &s->conf);
	scene_handshake(s, "10.10.0.5", 5000, "203.0.113.9", 80);
	rig_input(&s->rig, make_gso(s, 60000, 1448));
	assert_true(rig_next(&s->rig, &s->out));
	assert_int_equal(s->out.out_if, RIG_OUT);
	assert_int_equal(s->out.gso_type, GSO_TCP4);
	assert_int_equal(s->out.gso_size, 1448);
	assert_true((s->out.flags & PKT_CSUM_PARTIAL) != 0);
	assert_int_equal(s->out.frame.len - s->out.frame.l3, 60040);
	assert_int_equal(s->out.seen.ttl, 63);
	assert_int_equal(s->out.seen.wrong & SEEN_IP_CSUM, 0);
	assert_memory_equal(s->out.seen.data, build_data(&s->in), 60000);
	/* What is left for the hardware to add to is the new pseudo-header's sum. */
	partial = csum_fold(csum_pseudo(s->out.seen.src, s->out.seen.dst, IP_PROTO_TCP, 60020));
	assert_int_equal(s->out.seen.csum, be16_host((be16){ partial }));
	scene_nothing(s);
	scene_end(s);
}

/* A way out that can not: split into segments that fit, each right by itself. */
static void gso_segment_is_split_where_needed(void **state)
{
	struct scene *s = scene_begin();
	u32 seq = 1001;
	u32 done = 0;

	(void)state;
	scene_handshake(s, "10.10.0.5", 5000, "203.0.113.9", 80);
	rig_input(&s->rig, make_gso(s, 10000, 1448));
	while (rig_next(&s->rig, &s->out)) {
		assert_int_equal(s->out.out_if, RIG_OUT);
		assert_int_equal(s->out.seen.wrong, 0);
		assert_true(s->out.seen.len <= 1500);
		assert_int_equal(s->out.seen.seq, seq);
		assert_memory_equal(s->out.seen.data, build_data(&s->in) + done,
				    s->out.seen.data_len);
		seq += s->out.seen.data_len;
		done += s->out.seen.data_len;
	}
	assert_int_equal(done, 10000);
	scene_end(s);
}

/* The MTU test is on the size of a segment: too large for the way out with DF is an error. */
static void gso_segment_too_big_for_the_way_out(void **state)
{
	struct scene *s = scene_conf();
	struct pkt *pkt;

	(void)state;
	s->conf.iface[RIG_OUT].mtu = 1280;
	s->conf.iface[RIG_OUT].offloads = IFACE_TX_CSUM | IFACE_TX_TSO;
	rig_open(&s->rig, &s->conf);
	scene_handshake(s, "10.10.0.5", 5000, "203.0.113.9", 80);
	pkt = make_gso(s, 10000, 1448);
	((struct ip4_hdr *)pkt_l3(pkt))->frag = be16_of(IP4_DF);
	((struct ip4_hdr *)pkt_l3(pkt))->csum.raw = 0;
	((struct ip4_hdr *)pkt_l3(pkt))->csum = csum_finish(csum_sum20(pkt_l3(pkt)));
	rig_input(&s->rig, pkt);
	assert_true(rig_next(&s->rig, &s->out));
	assert_int_equal(s->out.out_if, RIG_IN);
	assert_int_equal(s->out.seen.type, ICMP_UNREACH);
	assert_int_equal(s->out.seen.code, ICMP_UNREACH_FRAG);
	assert_int_equal(s->out.seen.icmp_seq, 1280);
	scene_nothing(s);
	scene_end(s);
}

static void partial_checksum_is_finished_where_needed(void **state)
{
	struct scene *s = scene_begin();

	(void)state;
	scene_handshake(s, "10.10.0.5", 5000, "203.0.113.9", 80);
	rig_input(&s->rig, make_gso(s, 700, 0));
	scene_expect(s, RIG_OUT); /* its checksum is right */
	assert_int_equal(s->out.flags & PKT_CSUM_PARTIAL, 0);
	scene_end(s);
}

static void next_order(u32 *order, u32 count, u32 n)
{
	for (u32 k = 0; k < count; k++)
		order[k] = k;
	for (u32 k = count; k > 1; k--) {
		u32 other = n % k;
		u32 held = order[k - 1];

		n /= k;
		order[k - 1] = order[other];
		order[other] = held;
	}
}

/* RFC 4787 REQ-14: in every order; what leaves is the same, cut anew for the way out. */
static void fragments_in_every_order(void **state)
{
	enum { PIECES = 4, ORDERS = 24 };
	struct scene *s = scene_begin();
	struct build whole, got;

	(void)state;
	for (u32 n = 0; n < ORDERS; n++) {
		u32 order[PIECES];

		build_udp4(&whole, addr("10.10.0.5"), 5000, addr("203.0.113.9"), 53, 3000);
		build_ip(&whole)->id = be16_of((u16)(100 + n));
		build_seal_ip(&whole);
		next_order(order, PIECES, n);
		for (u32 k = 0; k < PIECES; k++) {
			assert_true(build_fragment(&s->in, &whole, 800, order[k]));
			assert_true(rig_send(&s->rig, RIG_IN, &s->in));
			if (k + 1 < PIECES)
				scene_nothing(s);
		}
		build_start(&got);
		while (rig_next(&s->rig, &s->out)) {
			assert_int_equal(s->out.out_if, RIG_OUT);
			assert_true(s->out.seen.len <= 1500);
			assert_int_equal(s->out.seen.id, 100 + n);
			assert_int_equal(s->out.seen.frag_offset, got.len);
			build_bytes(&got, s->out.frame.bytes + s->out.frame.l3 + s->out.seen.hlen,
				    s->out.seen.len - s->out.seen.hlen);
		}
		assert_int_equal(got.len, 3008);
		assert_memory_equal(got.bytes + 8, build_data(&whole), 3000);
		assert_int_equal(csum_fold(csum_sum(got.bytes, got.len) +
					   csum_pseudo(addr("198.18.0.1"), addr("203.0.113.9"),
						       IP_PROTO_UDP, got.len)),
				 0xffff);
	}
	assert_int_equal(sluice_flow_count(s->rig.s), 1);
	scene_end(s);
}

/* A flood of fragments that never become whole ends by itself, and others still get through. */
static void fragments_that_never_become_whole(void **state)
{
	struct scene *s = scene_conf();
	struct build whole;

	(void)state;
	s->conf.reass.queue_count = 16;
	s->conf.reass.fragment_count = 32;
	s->conf.reass.fragments_per_source = 32;
	rig_open(&s->rig, &s->conf);
	build_udp4(&whole, addr("10.10.0.5"), 5000, addr("203.0.113.9"), 53, 2000);
	for (u16 n = 0; n < 500; n++) {
		build_ip(&whole)->id = be16_of(n);
		build_fragment(&s->in, &whole, 1000, 1);
		assert_true(rig_send(&s->rig, RIG_IN, &s->in));
	}
	assert_int_equal(rig_drop_count(&s->rig, DROP_FRAG_FULL), 500 - 16);
	(void)rig_drain(&s->rig);
	build_ip(&whole)->id = be16_of(1000);
	build_ip(&whole)->src = addr("10.10.0.6");
	build_seal(&whole);
	for (u32 n = 0; n < 3; n++) {
		build_fragment(&s->in, &whole, 1000, n);
		assert_true(rig_send(&s->rig, RIG_IN, &s->in));
	}
	scene_expect(s, RIG_OUT);
	(void)rig_drain(&s->rig);
	rig_advance(&s->rig, s->conf.reass.timeout_ns + NS_PER_SEC);
	(void)rig_drain(&s->rig);
	scene_end(s);
}

/* Who waits for a neighbour goes when the answer comes, in order. */
static void packets_wait_for_the_neighbour(void **state)
{
	struct scene *s = scene_begin();
	struct mac station = rig_mac_of(addr("198.18.0.66"));
	struct build reply;

	(void)state;
	s->rig.silent[s->rig.silent_count++] = addr("198.18.0.66");
	for (u16 n = 0; n < 5; n++) {
		scene_udp(s, "10.10.0.5", (u16)(5000 + n), "198.18.0.66", (u16)(100 + n), 8);
		scene_swallow(s, RIG_IN);
	}
	build_arp(&reply, ARP_REPLY, &station, addr("198.18.0.66"), addr("198.18.0.1"));
	memcpy(reply.bytes, &s->rig.mac[RIG_OUT], ETH_ALEN);
	memcpy(reply.bytes + reply.l3 + 18, &s->rig.mac[RIG_OUT], ETH_ALEN);
	assert_true(rig_send(&s->rig, RIG_OUT, &reply));
	for (u16 n = 0; n < 5; n++) {
		scene_expect(s, RIG_OUT);
		assert_int_equal(s->out.seen.dport, 100 + n);
		assert_memory_equal(s->out.frame.bytes, &station, ETH_ALEN);
	}
	scene_nothing(s);
	scene_end(s);
}

/* The flow remembers by which neighbour it leaves. While only answers come in, that neighbour is
 * forgotten and its place goes to another one: the next packet must not go there.                */
static void a_forgotten_neighbour_is_asked_for_again(void **state)
{
	struct scene *s = scene_conf();
	struct mac station = rig_mac_of(addr("198.18.0.9"));
	struct build question, answer;

	(void)state;
	s->conf.neigh.count = 6;
	rig_open(&s->rig, &s->conf);
	scene_udp(s, "10.10.0.5", 5000, "198.18.0.9", 53, 8);
	question = s->in;
	scene_pass(s, RIG_IN, RIG_OUT);
	scene_reply(s, 8);
	answer = s->in;
	scene_pass(s, RIG_OUT, RIG_IN);
	/* A second one that is forgotten after it, so that there is a place left in the end. */
	rig_advance(&s->rig, 3 * NS_PER_SEC);
	scene_udp(s, "10.10.0.5", 6000, "198.18.0.50", 53, 8);
	scene_pass(s, RIG_IN, RIG_OUT);
	for (ns_t past = 0; past < 4 * s->conf.neigh.idle_ns; past += 5 * NS_PER_SEC) {
		for (u32 n = 0; n < 5; n++) {
			rig_advance(&s->rig, NS_PER_SEC);
			(void)rig_drain(&s->rig);
		}
		s->in = answer;
		scene_pass(s, RIG_OUT, RIG_IN);
	}
	for (u16 n = 0; n < 4; n++) {
		build_udp4(&s->in, addr("10.10.0.5"), 6000, be32_of(0xc6120020u + n), 53, 8);
		assert_true(rig_send(&s->rig, RIG_IN, &s->in));
		(void)rig_drain(&s->rig);
		rig_advance(&s->rig, NS_PER_MS);
	}
	s->in = answer;
	scene_pass(s, RIG_OUT, RIG_IN);
	rig_advance(&s->rig, NS_PER_MS);
	s->in = question;
	scene_pass(s, RIG_IN, RIG_OUT);
	assert_memory_equal(s->out.frame.bytes, &station, ETH_ALEN);
	scene_end(s);
}

/* Packets less than a second apart must not keep the others from ending. */
static void flows_expire_under_steady_traffic(void **state)
{
	struct scene *s = scene_begin();

	(void)state;
	/* On a link without neighbours, whose timers would tick for the others. */
	scene_udp(s, "10.20.0.5", 5000, "10.20.0.9", 53, 8);
	scene_pass(s, RIG_IN2, RIG_IN2);
	scene_reply(s, 8);
	scene_pass(s, RIG_IN2, RIG_IN2);
	for (u32 n = 0; n < 2 * s->conf.ct.timeout_s[CT_TIMEOUT_UDP] + 5; n++) {
		scene_udp(s, "10.20.0.6", 5000, "10.20.0.9", 53, 8);
		scene_pass(s, RIG_IN2, RIG_IN2);
		rig_advance(&s->rig, NS_PER_SEC / 2);
	}
	assert_int_equal(sluice_flow_count(s->rig.s), 1);
	scene_end(s);
}

/* A batch of 256: packets that make flows and packets of the same flows, mixed with broken ones. */
static void a_full_batch_keeps_its_order(void **state)
{
	struct scene *s = scene_begin();
	struct batch rx;
	u32 count = 0;

	(void)state;
	scene_udp(s, "10.10.0.5", 4999, "203.0.113.9", 53, 8);
	scene_pass(s, RIG_IN, RIG_OUT);
	rx.count = 0;
	for (u16 n = 0; n < BATCH_MAX; n++) {
		scene_udp(s, "10.10.0.5", (u16)(5000 + n / 4), "203.0.113.9", 53, n);
		if (n % 16 == 5)
			build_ip(&s->in)->csum.raw ^= 1;
		assert_true(batch_add(&rx, rig_make(&s->rig, RIG_IN, &s->in)));
	}
	sluice_input(s->rig.s, &rx, s->rig.now);
	assert_int_equal(rx.count, 0);
	for (u32 n = 0; n < BATCH_MAX; n++) {
		if (n % 16 == 5)
			continue;
		scene_expect(s, RIG_OUT);
		assert_int_equal(s->out.seen.data_len, n);
		count++;
	}
	scene_nothing(s);
	assert_int_equal(count, 240);
	assert_int_equal(sluice_flow_count(s->rig.s), 65);
	scene_end(s);
}

/* RFC 9293, 7857: a connection closed by both is short-lived; a new SYN revives it in place. */
static void closing_and_opening_again(void **state)
{
	struct scene *s = scene_begin();
	struct sluice_flow_filter all = { 0 };
	struct sluice_flow flow;
	u16 port;

	(void)state;
	scene_handshake(s, "10.10.0.5", 5000, "203.0.113.9", 80);
	port = s->out.seen.sport;
	scene_tcp(s, "10.10.0.5", 5000, "203.0.113.9", 80, TCP_FIN | TCP_ACK);
	build_tcp4_at(&s->in, 1001, 9001);
	scene_pass(s, RIG_IN, RIG_OUT);
	scene_tcp_reply(s, TCP_FIN | TCP_ACK);
	build_tcp4_at(&s->in, 9001, 1002);
	scene_pass(s, RIG_OUT, RIG_IN);
	scene_tcp(s, "10.10.0.5", 5000, "203.0.113.9", 80, TCP_ACK);
	build_tcp4_at(&s->in, 1002, 9002);
	scene_pass(s, RIG_IN, RIG_OUT);
	assert_true(rig_find_flow(&s->rig, &all, &flow));
	assert_true(flow.expires_ms <= 1000 * s->conf.ct.timeout_s[CT_TIMEOUT_TCP_CLOSED]);
	scene_tcp(s, "10.10.0.5", 5000, "203.0.113.9", 80, TCP_SYN);
	build_tcp4_at(&s->in, 70000, 0);
	scene_pass(s, RIG_IN, RIG_OUT);
	assert_int_equal(s->out.seen.sport, port);
	assert_int_equal(sluice_flow_count(s->rig.s), 1);
	scene_end(s);
}

/* Other rules from now on; what stands goes on as it was. */
static void a_new_configuration_moves_no_standing_flow(void **state)
{
	struct scene *s = scene_conf();
	be32 before;
	u16 port;

	(void)state;
	rig_conf_pool(&s->conf, "198.18.1.0", "198.18.1.0");
	rig_open(&s->rig, &s->conf);
	scene_handshake(s, "10.10.0.5", 5000, "203.0.113.9", 80);
	before = s->out.seen.src;
	port = s->out.seen.sport;
	rig_conf_pool(&s->conf, "198.18.3.7", "198.18.3.7");
	assert_true(rig_configure(&s->rig, &s->conf));
	make_segment(s, 100);
	scene_pass(s, RIG_IN, RIG_OUT);
	assert_true(be32_eq(s->out.seen.src, before));
	assert_int_equal(s->out.seen.sport, port);
	scene_tcp(s, "10.10.0.5", 5001, "203.0.113.9", 80, TCP_SYN);
	scene_pass(s, RIG_IN, RIG_OUT);
	assert_int_equal(be32_host(s->out.seen.src), be32_host(addr("198.18.3.7")));
	scene_end(s);
}

/* When no buffer is free for the fragments of a packet, the packet dies and nothing leaks. */
static void no_buffer_for_fragments(void **state)
{
	struct scene *s = scene_conf();
	struct pkt *held[64];
	u32 count = 0;

	(void)state;
	s->conf.packets.small_count = 32;
	s->conf.iface[RIG_OUT].mtu = 576;
	rig_open(&s->rig, &s->conf);
	scene_udp(s, "10.10.0.5", 5000, "203.0.113.9", 53, 8);
	scene_pass(s, RIG_IN, RIG_OUT);
	scene_udp(s, "10.10.0.5", 5000, "203.0.113.9", 53, 1400);
	held[count] = rig_make(&s->rig, RIG_IN, &s->in);
	while ((held[count + 1] = pkt_new(sluice_pool(s->rig.s), 100)) != NULL && count < 62)
		count++;
	rig_input(&s->rig, held[0]);
	assert_false(rig_next(&s->rig, &s->out));
	assert_true(rig_drop_count(&s->rig, DROP_NO_BUFFER) >= 1);
	for (u32 n = 1; n <= count; n++)
		pkt_put(held[n]);
	scene_end(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gso_segment_passes_whole),
		cmocka_unit_test(gso_segment_is_split_where_needed),
		cmocka_unit_test(gso_segment_too_big_for_the_way_out),
		cmocka_unit_test(partial_checksum_is_finished_where_needed),
		cmocka_unit_test(fragments_in_every_order),
		cmocka_unit_test(fragments_that_never_become_whole),
		cmocka_unit_test(packets_wait_for_the_neighbour),
		cmocka_unit_test(a_forgotten_neighbour_is_asked_for_again),
		cmocka_unit_test(flows_expire_under_steady_traffic),
		cmocka_unit_test(a_full_batch_keeps_its_order),
		cmocka_unit_test(closing_and_opening_again),
		cmocka_unit_test(a_new_configuration_moves_no_standing_flow),
		cmocka_unit_test(no_buffer_for_fragments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
