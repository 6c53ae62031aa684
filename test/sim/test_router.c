/* Scenarios of what a router leaves as it is, and of what it keeps from its links (RFC 791, 1812,
 * 2113, 2644).                                                                                   */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sim/scene.h"

enum { RESERVED_BIT = 0x8000, ODD_TOS = 0xff };

static u16 frag_field(struct scene *s)
{
	return be16_host(((const struct ip4_hdr *)(s->out.frame.bytes + s->out.frame.l3))->frag);
}

static void set_odd_bits(struct scene *s)
{
	struct ip4_hdr *ip = build_ip(&s->in);

	ip->tos = ODD_TOS;
	ip->frag = be16_of(be16_host(ip->frag) | RESERVED_BIT);
	build_seal_ip(&s->in);
}

/* RFC 1812 sections 4.2.2.3, 5.2.5, 5.3.3.3: nobody is refused for bits that mean nothing yet, and
 * they leave as they came. The first packets take the whole road, later ones the short cut.      */
static void unused_bits_and_precedence_pass(void **state)
{
	struct scene *s = scene_begin();

	(void)state;
	for (u32 n = 0; n < 4; n++) {
		scene_udp(s, "10.10.0.5", 5000, "203.0.113.9", 53, 32);
		set_odd_bits(s);
		scene_pass(s, RIG_IN, RIG_OUT);
		assert_int_equal(s->out.seen.tos, ODD_TOS);
		assert_int_equal(frag_field(s), RESERVED_BIT);
		scene_reply(s, 32);
		set_odd_bits(s);
		scene_pass(s, RIG_OUT, RIG_IN);
		assert_int_equal(s->out.seen.tos, ODD_TOS);
		assert_int_equal(frag_field(s), RESERVED_BIT);
	}
	assert_true(rig_counter(&s->rig, "packets_fast") > 0);
	scene_end(s);
}

/* RFC 1812 section 5.2.5: a copy in each fragment; the identification of the whole (RFC 791). */
static void unused_bits_are_in_every_fragment(void **state)
{
	struct scene *s = scene_conf();
	u32 count = 0;

	(void)state;
	s->conf.iface[RIG_OUT].mtu = 576;
	rig_open(&s->rig, &s->conf);
	scene_udp(s, "10.10.0.5", 5000, "203.0.113.9", 53, 1400);
	build_ip(&s->in)->id = be16_of(0x1234);
	set_odd_bits(s);
	assert_true(rig_send(&s->rig, RIG_IN, &s->in));
	while (rig_next(&s->rig, &s->out)) {
		count++;
		assert_int_equal(s->out.out_if, RIG_OUT);
		assert_int_equal(s->out.seen.wrong, 0);
		assert_int_equal(s->out.seen.tos, ODD_TOS);
		assert_int_equal(s->out.seen.id, 0x1234);
		assert_int_equal(frag_field(s) & RESERVED_BIT, RESERVED_BIT);
	}
	assert_int_equal(count, 3);
	scene_end(s);
}

static void make_with_options(struct scene *s, const u8 *options, u32 len)
{
	build_start(&s->in);
	build_ip4(&s->in, addr("10.10.0.5"), addr("203.0.113.9"), IP_PROTO_UDP);
	build_ip_options(&s->in, options, len);
	build_udp(&s->in, 5000, 53);
	build_payload(&s->in, 20, 0);
	build_seal(&s->in);
}

/* Router alert with every value (RFC 2113), an option that nobody knows, and the stream identifier
 * (RFC 1812 sections 5.3.13.1, 5.3.13.3) cross NAT unchanged.                                    */
static void options_of_others_pass_unchanged(void **state)
{
	static const u8 options[][8] = { { 148, 4, 0, 0 },       { 148, 4, 0, 1 },
					 { 148, 4, 0xff, 0xff }, { 99, 4, 1, 2 },
					 { 94, 6, 1, 2, 3, 4 },  { 136, 4, 7, 8 } };
	struct scene *s = scene_begin();

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(options); n++) {
		u32 len = (options[n][1] + 3u) / 4 * 4;

		make_with_options(s, options[n], options[n][1]);
		scene_pass(s, RIG_IN, RIG_OUT);
		assert_int_equal(s->out.seen.hlen, IP4_HLEN_MIN + len);
		assert_memory_equal(s->out.frame.bytes + s->out.frame.l3 + IP4_HLEN_MIN, options[n],
				    len);
		assert_int_equal(s->out.seen.dport, 53);
		assert_int_equal(s->out.seen.data_len, 20);
	}
	assert_int_equal(sluice_flow_count(s->rig.s), 1);
	scene_end(s);
}

static void make_broadcast(struct scene *s, const char *src, const char *dst)
{
	scene_udp(s, src, 5000, dst, 9, 32);
}

/* RFC 2644 section 3: a directed broadcast from elsewhere reaches neither the link nor the host. On
 * the link itself it is the host's.                                                              */
static void directed_broadcasts_stay_on_their_link(void **state)
{
	static const char *const inside[] = { "10.10.255.255", "10.10.0.0", "10.20.255.255" };
	struct scene *s = scene_conf();

	(void)state;
	s->conf.host_if = RIG_IN2;
	rig_open(&s->rig, &s->conf);
	for (u32 n = 0; n < ARRAY_COUNT(inside); n++) {
		make_broadcast(s, "203.0.113.9", inside[n]);
		scene_dies(s, RIG_OUT, DROP_IP_DESTINATION);
		build_echo4(&s->in, addr("203.0.113.9"), addr(inside[n]), 8, 1, 1);
		scene_dies(s, RIG_OUT, DROP_IP_DESTINATION);
	}
	make_broadcast(s, "10.10.0.5", "198.18.255.255");
	scene_dies(s, RIG_IN, DROP_IP_DESTINATION);
	scene_is_empty(s);
	make_broadcast(s, "10.10.0.5", "10.10.255.255");
	scene_pass(s, RIG_IN, RIG_IN2);
	assert_int_equal(s->out.seen.ttl, build_ip(&s->in)->ttl);
	scene_is_empty(s);
	scene_end(s);
}

/* A route to it changes nothing about that: neither who may have it as a source. */
static void a_route_to_a_broadcast_is_none(void **state)
{
	struct scene *s = scene_conf();
	struct sluice_route_conf *route = &s->conf.route[s->conf.route_count++];

	(void)state;
	*route = s->conf.route[0];
	route->prefix = addr("10.10.255.255");
	route->prefix_len = 32;
	rig_open(&s->rig, &s->conf);
	build_udp4(&s->in, addr("10.10.255.255"), 1000, addr("203.0.113.9"), 53, 8);
	build_seal(&s->in);
	scene_dies(s, RIG_IN, DROP_IP_SOURCE);
	scene_is_empty(s);
	scene_end(s);
}

/* RFC 1812 section 5.3.5.1: not forwarded, and not thrown away: the host gets it. */
static void limited_broadcasts_are_the_hosts(void **state)
{
	struct scene *s = scene_conf();

	(void)state;
	s->conf.host_if = RIG_IN2;
	rig_open(&s->rig, &s->conf);
	make_broadcast(s, "0.0.0.0", "255.255.255.255");
	scene_pass(s, RIG_IN, RIG_IN2);
	make_broadcast(s, "198.18.0.9", "255.255.255.255");
	scene_pass(s, RIG_OUT, RIG_IN2);
	scene_is_empty(s);
	scene_end(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unused_bits_and_precedence_pass),
		cmocka_unit_test(unused_bits_are_in_every_fragment),
		cmocka_unit_test(options_of_others_pass_unchanged),
		cmocka_unit_test(directed_broadcasts_stay_on_their_link),
		cmocka_unit_test(a_route_to_a_broadcast_is_none),
		cmocka_unit_test(limited_broadcasts_are_the_hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
