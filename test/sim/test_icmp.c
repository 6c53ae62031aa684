/* Scenarios of ICMP: each error that the gateway makes, and each rule that keeps it silent (RFC
 * 792, 1122 section 3.2.2, 1812 section 4.3).                                                    */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/wire/icmp.h"
#include "sim/scene.h"

static void make_udp(struct scene *s, u8 ttl)
{
	scene_udp(s, "10.10.0.5", 5000, "203.0.113.9", 33434, 64);
	build_ip(&s->in)->ttl = ttl;
	build_seal(&s->in);
}

/* RFC 1812 section 4.3.2.4, 4.3.2.5: source, TTL, precedence. */
static void time_exceeded_in_transit(void **state)
{
	struct scene *s = scene_begin();

	(void)state;
	make_udp(s, 1);
	scene_error(s, RIG_IN, DROP_TTL_EXPIRED, ICMP_TIME_EXCEEDED, ICMP_EXCEEDED_TRANSIT);
	assert_int_equal(be32_host(s->out.seen.src), be32_host(addr("10.10.0.1")));
	assert_int_equal(s->out.seen.tos >> 5, 6);
	assert_true(s->out.seen.ttl >= 64);
	scene_end(s);
}

/* RFC 1122 section 3.2.1.7, RFC 1812 4.2.2.9: TTL is looked at when a packet is forwarded. */
static void echo_with_ttl_one_is_answered_locally(void **state)
{
	struct scene *s = scene_begin();

	(void)state;
	for (u8 ttl = 0; ttl < 2; ttl++) {
		build_echo4(&s->in, addr("10.10.0.5"), addr("10.10.0.1"), ICMP_ECHO, 9, 4);
		build_ip(&s->in)->ttl = ttl;
		build_seal(&s->in);
		scene_pass(s, RIG_IN, RIG_IN);
		assert_int_equal(s->out.seen.type, ICMP_ECHO_REPLY);
		assert_int_equal(s->out.seen.icmp_id, 9);
		assert_int_equal(s->out.seen.icmp_seq, 4);
		assert_int_equal(s->out.seen.ttl, IP4_TTL_DEFAULT);
		assert_memory_equal(s->out.seen.data, build_data(&s->in), s->out.seen.data_len);
	}
	scene_end(s);
}

/* RFC 1812 section 4.3.3.6: reassembled, and answered whole, whatever the MTU is. */
static void echo_in_fragments_is_answered(void **state)
{
	enum { DATA = 4000, PIECE = 1480 };
	struct scene *s = scene_begin();
	struct build whole;
	u8 back[DATA + ICMP_HLEN];
	u32 got = 0;

	(void)state;
	build_start(&whole);
	build_ip4(&whole, addr("10.10.0.5"), addr("10.10.0.1"), IP_PROTO_ICMP);
	build_icmp(&whole, ICMP_ECHO, 0, 0x00070001);
	build_payload(&whole, DATA, 3);
	build_seal(&whole);
	for (u32 n = 0; build_fragment(&s->in, &whole, PIECE, n); n++)
		assert_true(rig_send(&s->rig, RIG_IN, &s->in));
	while (rig_next(&s->rig, &s->out)) {
		assert_int_equal(s->out.out_if, RIG_IN);
		assert_int_equal(s->out.seen.wrong, 0);
		assert_true(s->out.seen.len <= s->conf.iface[RIG_IN].mtu);
		assert_int_equal(s->out.seen.frag_offset, got);
		assert_true(got + s->out.seen.data_len <= sizeof back);
		memcpy(back + got, s->out.seen.data, s->out.seen.data_len);
		got += s->out.seen.data_len;
	}
	assert_int_equal(got, sizeof back);
	assert_int_equal(back[0], ICMP_ECHO_REPLY);
	assert_memory_equal(back + ICMP_HLEN, build_data(&whole), DATA);
	scene_end(s);
}

/* RFC 1812 section 4.3.2.5: the reply has TOS and precedence of the request. */
static void echo_reply_has_the_tos_of_the_request(void **state)
{
	struct scene *s = scene_begin();

	(void)state;
	for (u32 tos = 0; tos < 256; tos++) {
		build_echo4(&s->in, addr("10.10.0.5"), addr("10.10.0.1"), ICMP_ECHO, 9, 4);
		build_ip(&s->in)->tos = (u8)tos;
		build_seal(&s->in);
		scene_pass(s, RIG_IN, RIG_IN);
		assert_int_equal(s->out.seen.tos, tos);
	}
	scene_end(s);
}

/* RFC 1122 section 3.2.2, RFC 1812 4.3.2.1: silence, whether it is for us or for others. */
static void unknown_types_are_met_with_silence(void **state)
{
	static const u8 types[] = { 1, 2, 6, 7, 19, 20, 29, 42, 44, 127, 128, 200, 253, 255 };
	static const struct {
		u16 in_if;
		const char *src, *dst;
	} ways[] = { { RIG_IN, "10.10.0.5", "10.10.0.1" },
		     { RIG_IN, "10.10.0.5", "203.0.113.9" },
		     { RIG_OUT, "203.0.113.9", "198.18.0.1" },
		     { RIG_OUT, "203.0.113.9", "10.10.0.5" } };
	struct scene *s = scene_begin();

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(types) * ARRAY_COUNT(ways); n++) {
		u32 way = n % ARRAY_COUNT(ways);

		build_start(&s->in);
		build_ip4(&s->in, addr(ways[way].src), addr(ways[way].dst), IP_PROTO_ICMP);
		build_icmp(&s->in, types[n / ARRAY_COUNT(ways)], 0, 1);
		build_payload(&s->in, 20, 0);
		build_seal(&s->in);
		scene_dies(s, ways[way].in_if, DROP_CT_INVALID);
		build_ip(&s->in)->ttl = 1;
		build_seal_ip(&s->in);
		scene_swallow(s, ways[way].in_if);
	}
	scene_is_empty(s);
	scene_end(s);
}

/* RFC 1812 section 4.3.2.1: on an address of the host its stack is who may know the type. */
static void unknown_types_for_the_host_are_the_hosts(void **state)
{
	struct scene *s = scene_conf();

	(void)state;
	s->conf.host_if = RIG_IN2;
	s->conf.iface[RIG_OUT].addr[0].host = true;
	rig_open(&s->rig, &s->conf);
	build_start(&s->in);
	build_ip4(&s->in, addr("203.0.113.9"), addr("198.18.0.1"), IP_PROTO_ICMP);
	build_icmp(&s->in, 42, 0, 0x00070100);
	build_payload(&s->in, 20, 0);
	build_seal(&s->in);
	scene_pass(s, RIG_OUT, RIG_IN2);
	assert_int_equal(s->out.seen.type, 42);
	scene_is_empty(s);
	scene_end(s);
}

/* RFC 6864 section 4: zero, or the same again, is for packets that nobody may cut. */
static void identification_is_zero_with_df_only(void **state)
{
	struct scene *s = scene_begin();
	u16 ids[2] = { 0 };
	u32 same = 0;

	(void)state;
	for (u32 n = 0; n < 64; n++) {
		scene_tcp(s, "10.10.0.5", (u16)(5000 + n), "203.0.113.9", 80, TCP_ACK);
		scene_pass(s, RIG_IN, RIG_IN);
		assert_int_equal(s->out.seen.flags & TCP_RST, TCP_RST);
		assert_true(s->out.seen.df);
		assert_int_equal(s->out.seen.id, 0);
		make_udp(s, 1);
		scene_pass(s, RIG_IN, RIG_IN);
		assert_int_equal(s->out.seen.type, ICMP_TIME_EXCEEDED);
		assert_false(s->out.seen.df);
		same += s->out.seen.id == ids[0];
		ids[0] = s->out.seen.id;
		build_echo4(&s->in, addr("10.10.0.5"), addr("10.10.0.1"), ICMP_ECHO, 9, 4);
		scene_pass(s, RIG_IN, RIG_IN);
		assert_false(s->out.seen.df);
		same += s->out.seen.id == ids[1];
		ids[1] = s->out.seen.id;
	}
	assert_in_range(same, 0, 1);
	scene_end(s);
}

/* RFC 1191 section 4: the MTU of the next hop stands in the error. */
static void fragmentation_needed(void **state)
{
	struct scene *s = scene_conf();

	(void)state;
	s->conf.iface[RIG_OUT].mtu = 1280;
	rig_open(&s->rig, &s->conf);
	scene_udp(s, "10.10.0.5", 5000, "203.0.113.9", 53, 1400);
	build_ip(&s->in)->frag = be16_of(IP4_DF);
	build_seal(&s->in);
	scene_error(s, RIG_IN, DROP_TOO_BIG_DF, ICMP_UNREACH, ICMP_UNREACH_FRAG);
	assert_int_equal(s->out.seen.icmp_seq, 1280);
	/* Without DF it is cut (RFC 4787 REQ-13). */
	build_ip(&s->in)->frag = be16_of(0);
	build_seal_ip(&s->in);
	assert_true(rig_send(&s->rig, RIG_IN, &s->in));
	scene_expect(s, RIG_OUT);
	assert_true(s->out.seen.mf);
	assert_true(s->out.seen.len <= 1280);
	scene_expect(s, RIG_OUT);
	assert_false(s->out.seen.mf);
	scene_nothing(s);
	scene_end(s);
}

static void network_unreachable(void **state)
{
	struct scene *s = scene_conf();

	(void)state;
	s->conf.route_count = 0;
	rig_open(&s->rig, &s->conf);
	make_udp(s, 64);
	scene_error(s, RIG_IN, DROP_NO_ROUTE, ICMP_UNREACH, ICMP_UNREACH_NET);
	scene_end(s);
}

static void administratively_prohibited(void **state)
{
	struct scene *s = scene_conf();

	(void)state;
	s->conf.route[1].prefix = addr("203.0.113.0");
	s->conf.route[1].prefix_len = 24;
	s->conf.route[1].route.type = FIB_PROHIBIT;
	s->conf.route_count = 2;
	rig_open(&s->rig, &s->conf);
	make_udp(s, 64);
	scene_error(s, RIG_IN, DROP_ROUTE_PROHIBITED, ICMP_UNREACH, ICMP_UNREACH_PROHIBITED);
	scene_end(s);
}

static void blackhole_is_silent(void **state)
{
	struct scene *s = scene_conf();

	(void)state;
	s->conf.route[1].prefix = addr("203.0.113.0");
	s->conf.route[1].prefix_len = 24;
	s->conf.route[1].route.type = FIB_BLACKHOLE;
	s->conf.route_count = 2;
	rig_open(&s->rig, &s->conf);
	make_udp(s, 64);
	scene_dies(s, RIG_IN, DROP_ROUTE_BLACKHOLE);
	scene_end(s);
}

/* The neighbour is asked, and asked again; then who waited is told (RFC 1812 section 3.3.2). */
static void host_unreachable_when_arp_fails(void **state)
{
	struct scene *s = scene_begin();

	(void)state;
	s->rig.silent[s->rig.silent_count++] = addr("198.18.0.66");
	scene_udp(s, "10.10.0.5", 5000, "198.18.0.66", 53, 64);
	scene_swallow(s, RIG_IN);
	rig_advance(&s->rig, 3200 * NS_PER_MS);
	scene_expect(s, RIG_IN);
	assert_int_equal(s->out.seen.type, ICMP_UNREACH);
	assert_int_equal(s->out.seen.code, ICMP_UNREACH_HOST);
	/* As its sender made it: inside address, inside port, the TTL that it came with. */
	assert_memory_equal(s->out.seen.quote, s->in.bytes, s->out.seen.quote_len);
	assert_true(rig_drop_count(&s->rig, DROP_NEIGH_FAILED) >= 1);
	scene_end(s);
}

static void more_than_the_queue_holds_are_dropped(void **state)
{
	struct scene *s = scene_begin();
	u32 count = 0;

	(void)state;
	s->rig.silent[s->rig.silent_count++] = addr("198.18.0.66");
	for (u16 n = 0; n < NEIGH_QUEUE_MAX + 4; n++) {
		scene_udp(s, "10.10.0.5", (u16)(5000 + n), "198.18.0.66", 53, 8);
		assert_true(rig_send(&s->rig, RIG_IN, &s->in));
	}
	assert_int_equal(rig_drop_count(&s->rig, DROP_NEIGH_QUEUE_FULL), 4);
	(void)rig_drain(&s->rig);
	/* A late answer frees those that wait, the youngest. */
	s->rig.silent_count = 0;
	rig_advance(&s->rig, 1100 * NS_PER_MS);
	while (rig_next(&s->rig, &s->out))
		count += s->out.out_if == RIG_OUT;
	assert_int_equal(count, NEIGH_QUEUE_MAX);
	scene_end(s);
}

static void protocol_and_port_unreachable(void **state)
{
	struct scene *s = scene_begin();

	(void)state;
	scene_udp(s, "10.10.0.5", 5000, "10.10.0.1", 99, 64);
	scene_error(s, RIG_IN, DROP_NO_SOCKET, ICMP_UNREACH, ICMP_UNREACH_PORT);
	build_start(&s->in);
	build_ip4(&s->in, addr("10.10.0.5"), addr("10.10.0.1"), 47);
	build_payload(&s->in, 40, 0);
	build_seal(&s->in);
	scene_error(s, RIG_IN, DROP_NO_PROTOCOL, ICMP_UNREACH, ICMP_UNREACH_PROTO);
	scene_end(s);
}

static void parameter_problem_points_at_the_option(void **state)
{
	static const u8 cut[] = { 1, 7, 40, 4 };
	struct scene *s = scene_begin();

	(void)state;
	build_start(&s->in);
	build_ip4(&s->in, addr("10.10.0.5"), addr("203.0.113.9"), IP_PROTO_UDP);
	build_ip_options(&s->in, cut, sizeof cut);
	build_udp(&s->in, 1, 2);
	build_seal(&s->in);
	scene_error(s, RIG_IN, DROP_IP_OPTIONS, ICMP_PARAM_PROBLEM, 0);
	assert_in_range(s->out.seen.icmp_id >> 8, 21, 22);
	scene_end(s);
}

static void source_route_failed(void **state)
{
	static const u8 route[] = { 131, 7, 4, 198, 18, 0, 9 };
	struct scene *s = scene_begin();

	(void)state;
	build_start(&s->in);
	build_ip4(&s->in, addr("10.10.0.5"), addr("203.0.113.9"), IP_PROTO_UDP);
	build_ip_options(&s->in, route, sizeof route);
	build_udp(&s->in, 1, 2);
	build_seal(&s->in);
	scene_error(s, RIG_IN, DROP_IP_SOURCE_ROUTE, ICMP_UNREACH, ICMP_UNREACH_SRC_ROUTE);
	scene_end(s);
}

/* RFC 1122 section 3.3.2: only when the first fragment is there. */
static void time_exceeded_in_reassembly(void **state)
{
	struct scene *s = scene_begin();
	struct build whole, first;

	(void)state;
	build_udp4(&whole, addr("10.10.0.5"), 5000, addr("203.0.113.9"), 53, 2000);
	build_fragment(&s->in, &whole, 1000, 0);
	first = s->in;
	scene_swallow(s, RIG_IN);
	build_ip(&whole)->id = be16_of(99);
	build_seal_ip(&whole);
	build_fragment(&s->in, &whole, 1000, 1);
	scene_swallow(s, RIG_IN);
	rig_advance(&s->rig, s->conf.reass.timeout_ns + 2 * NS_PER_SEC);
	scene_expect(s, RIG_IN);
	assert_int_equal(s->out.seen.type, ICMP_TIME_EXCEEDED);
	assert_int_equal(s->out.seen.code, ICMP_EXCEEDED_REASSEMBLY);
	assert_memory_equal(s->out.seen.quote, first.bytes, s->out.seen.quote_len);
	scene_nothing(s);
	assert_int_equal(rig_drop_count(&s->rig, DROP_FRAG_TIMEOUT), 2);
	scene_is_empty(s);
	scene_end(s);
}

static void redirect_when_the_sender_could_do_it_itself(void **state)
{
	struct scene *s = scene_conf();

	(void)state;
	s->conf.redirects = true;
	rig_open(&s->rig, &s->conf);
	scene_udp(s, "10.10.0.5", 5000, "10.10.0.6", 53, 64);
	assert_true(rig_send(&s->rig, RIG_IN, &s->in));
	scene_expect(s, RIG_IN);
	assert_int_equal(s->out.seen.type, ICMP_REDIRECT);
	assert_int_equal(s->out.seen.code, 1);
	assert_int_equal((u32)s->out.seen.icmp_id << 16 | s->out.seen.icmp_seq,
			 be32_host(addr("10.10.0.6")));
	scene_expect(s, RIG_IN);
	assert_int_equal(s->out.seen.proto, IP_PROTO_UDP);
	scene_end(s);
}

/* Two networks on one link, and senders behind another router: neither could use the next hop. */
static void no_redirect_across_networks(void **state)
{
	struct scene *s = scene_conf();
	struct iface_conf *in = &s->conf.iface[RIG_IN];

	(void)state;
	s->conf.redirects = true;
	in->addr[in->addr_count++] = (struct iface_addr){ addr("10.11.0.1"), 16, false };
	rig_open(&s->rig, &s->conf);
	scene_udp(s, "10.11.0.5", 5000, "10.10.0.6", 53, 64);
	scene_pass(s, RIG_IN, RIG_IN);
	scene_udp(s, "10.30.0.5", 5000, "10.10.0.6", 53, 64);
	scene_pass(s, RIG_IN, RIG_IN);
	scene_udp(s, "10.11.0.5", 5000, "10.11.0.6", 53, 64);
	assert_true(rig_send(&s->rig, RIG_IN, &s->in));
	scene_expect(s, RIG_IN);
	assert_int_equal(s->out.seen.type, ICMP_REDIRECT);
	assert_true(be32_eq(s->out.seen.src, addr("10.11.0.1")));
	scene_expect(s, RIG_IN);
	scene_end(s);
}

/* ---- silence. Each packet would get a time exceeded, were it not for the rule. */

static void about_an_icmp_error(void **state)
{
	struct scene *s = scene_begin();

	(void)state;
	scene_udp(s, "10.10.0.5", 5000, "203.0.113.9", 53, 64);
	scene_pass(s, RIG_IN, RIG_OUT);
	scene_reply(s, 20);
	scene_pass(s, RIG_OUT, RIG_IN);
	scene_complain(s, "10.10.0.5", ICMP_UNREACH, ICMP_UNREACH_PORT, 0, 48);
	build_ip(&s->in)->ttl = 1;
	build_seal_ip(&s->in);
	scene_dies(s, RIG_IN, DROP_TTL_EXPIRED);
	scene_end(s);
}

/* A query is no error: it may cause one. */
static void about_an_icmp_query_it_speaks(void **state)
{
	struct scene *s = scene_begin();

	(void)state;
	build_echo4(&s->in, addr("10.10.0.5"), addr("203.0.113.9"), ICMP_ECHO, 7, 1);
	build_ip(&s->in)->ttl = 1;
	build_seal_ip(&s->in);
	scene_error(s, RIG_IN, DROP_TTL_EXPIRED, ICMP_TIME_EXCEEDED, 0);
	scene_end(s);
}

static void quiet_about(struct scene *s, const char *src, const char *dst)
{
	build_udp4(&s->in, addr(src), 5000, addr(dst), 33434, 64);
	build_ip(&s->in)->ttl = 1;
	build_seal_ip(&s->in);
	scene_swallow(s, RIG_IN);
}

static void about_broadcasts_and_multicasts(void **state)
{
	struct scene *s = scene_begin();

	(void)state;
	quiet_about(s, "10.10.0.5", "255.255.255.255");
	quiet_about(s, "10.10.0.5", "10.10.255.255");
	quiet_about(s, "10.10.0.5", "198.18.255.255");
	quiet_about(s, "10.10.0.5", "224.0.0.5");
	quiet_about(s, "10.10.0.5", "239.1.2.3");
	scene_is_empty(s);
	scene_end(s);
}

static void about_sources_that_are_no_single_host(void **state)
{
	struct scene *s = scene_begin();

	(void)state;
	quiet_about(s, "0.0.0.0", "203.0.113.9");
	quiet_about(s, "0.1.2.3", "203.0.113.9");
	quiet_about(s, "127.0.0.1", "203.0.113.9");
	quiet_about(s, "224.0.0.5", "203.0.113.9");
	quiet_about(s, "255.255.255.255", "203.0.113.9");
	quiet_about(s, "10.10.255.255", "203.0.113.9");
	quiet_about(s, "250.1.1.1", "203.0.113.9");
	scene_is_empty(s);
	scene_end(s);
}

static void about_link_layer_groups(void **state)
{
	struct scene *s = scene_begin();
	struct pkt *pkt;

	(void)state;
	make_udp(s, 1);
	for (u32 n = 0; n < 2; n++) {
		pkt = rig_make(&s->rig, RIG_IN, &s->in);
		assert_non_null(pkt);
		memset(pkt_frame(pkt), n == 0 ? 0xff : 0x01, ETH_ALEN);
		pkt->flags |= n == 0 ? PKT_LINK_BROADCAST : PKT_LINK_MULTICAST;
		rig_input(&s->rig, pkt);
		scene_nothing(s);
	}
	scene_is_empty(s);
	scene_end(s);
}

/* The whole never came, and only a later fragment is there to be quoted. */
static void about_other_than_first_fragments(void **state)
{
	struct scene *s = scene_begin();
	struct build whole;

	(void)state;
	build_udp4(&whole, addr("10.10.0.5"), 5000, addr("203.0.113.9"), 53, 2000);
	build_fragment(&s->in, &whole, 1000, 1);
	scene_swallow(s, RIG_IN);
	rig_advance(&s->rig, s->conf.reass.timeout_ns + 2 * NS_PER_SEC);
	scene_nothing(s);
	assert_int_equal(rig_drop_count(&s->rig, DROP_FRAG_TIMEOUT), 1);
	scene_end(s);
}

static void about_invalid_headers(void **state)
{
	struct scene *s = scene_begin();

	(void)state;
	make_udp(s, 1);
	build_ip(&s->in)->csum.raw ^= 1;
	scene_dies(s, RIG_IN, DROP_IP_CHECKSUM);
	make_udp(s, 1);
	build_ip(&s->in)->len = be16_of(1000);
	build_seal_ip(&s->in);
	scene_dies(s, RIG_IN, DROP_IP_LENGTH);
	scene_end(s);
}

/* RFC 1812 section 4.3.2.8: bounded, and a traceroute of 30 hops with 3 probes fits. */
static void errors_are_rate_limited(void **state)
{
	struct scene *s = scene_conf();
	u32 count = 0;

	(void)state;
	s->conf.icmp = (struct icmp_conf)ICMP_CONF_DEFAULT;
	rig_open(&s->rig, &s->conf);
	for (u32 n = 0; n < 10000; n++) {
		make_udp(s, 1);
		assert_true(rig_send(&s->rig, RIG_IN, &s->in));
		count += rig_drain(&s->rig);
		if (n == 89)
			assert_int_equal(count, 90);
	}
	assert_true(count <= ICMP_DEST_BURST_DEFAULT);
	assert_int_equal(rig_drop_count(&s->rig, DROP_TTL_EXPIRED), 10000);
	scene_wait(s, 1);
	make_udp(s, 1);
	scene_error(s, RIG_IN, DROP_TTL_EXPIRED, ICMP_TIME_EXCEEDED, 0);
	scene_end(s);
}

/* What dies for an outside host is quoted as that host made it: the public address, its TTL. */
static void an_error_to_the_outside_quotes_the_outside(void **state)
{
	struct scene *s = scene_begin();

	(void)state;
	scene_udp(s, "10.10.0.5", 5000, "203.0.113.9", 53, 64);
	scene_pass(s, RIG_IN, RIG_OUT);
	scene_reply(s, 30);
	build_ip(&s->in)->ttl = 1;
	build_seal_ip(&s->in);
	scene_error(s, RIG_OUT, DROP_TTL_EXPIRED, ICMP_TIME_EXCEEDED, 0);
	assert_int_equal(be32_host(s->out.seen.src), be32_host(addr("198.18.0.1")));
	scene_end(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(time_exceeded_in_transit),
		cmocka_unit_test(echo_with_ttl_one_is_answered_locally),
		cmocka_unit_test(echo_in_fragments_is_answered),
		cmocka_unit_test(echo_reply_has_the_tos_of_the_request),
		cmocka_unit_test(unknown_types_are_met_with_silence),
		cmocka_unit_test(unknown_types_for_the_host_are_the_hosts),
		cmocka_unit_test(identification_is_zero_with_df_only),
		cmocka_unit_test(fragmentation_needed),
		cmocka_unit_test(network_unreachable),
		cmocka_unit_test(administratively_prohibited),
		cmocka_unit_test(blackhole_is_silent),
		cmocka_unit_test(host_unreachable_when_arp_fails),
		cmocka_unit_test(more_than_the_queue_holds_are_dropped),
		cmocka_unit_test(protocol_and_port_unreachable),
		cmocka_unit_test(parameter_problem_points_at_the_option),
		cmocka_unit_test(source_route_failed),
		cmocka_unit_test(time_exceeded_in_reassembly),
		cmocka_unit_test(redirect_when_the_sender_could_do_it_itself),
		cmocka_unit_test(no_redirect_across_networks),
		cmocka_unit_test(about_an_icmp_error),
		cmocka_unit_test(about_an_icmp_query_it_speaks),
		cmocka_unit_test(about_broadcasts_and_multicasts),
		cmocka_unit_test(about_sources_that_are_no_single_host),
		cmocka_unit_test(about_link_layer_groups),
		cmocka_unit_test(about_other_than_first_fragments),
		cmocka_unit_test(about_invalid_headers),
		cmocka_unit_test(errors_are_rate_limited),
		cmocka_unit_test(an_error_to_the_outside_quotes_the_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
