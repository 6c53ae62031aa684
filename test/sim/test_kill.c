/* Kills a packet at every step of the road up to confirmation, and finds no state: no flow, no
 * mapping, no port. One row per way to die.                                                      */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/wire/icmp.h"
#include "sim/scene.h"

struct death {
	const char *name;
	enum drop drop;
	u16 in_if;
	void (*conf)(struct sluice_conf *conf); /* NULL: the usual one */
	void (*make)(struct scene *s);
};

/* ---- configurations */

static void conf_blackhole(struct sluice_conf *conf)
{
	conf->route[1].prefix = addr("203.0.113.0");
	conf->route[1].prefix_len = 24;
	conf->route[1].route.type = FIB_BLACKHOLE;
	conf->route_count = 2;
}

static void conf_prohibit(struct sluice_conf *conf)
{
	conf_blackhole(conf);
	conf->route[1].route.type = FIB_PROHIBIT;
}

static void conf_no_route(struct sluice_conf *conf)
{
	conf->route_count = 0;
}

static void conf_small_mtu(struct sluice_conf *conf)
{
	conf->iface[RIG_OUT].mtu = 1280;
}

static void conf_one_rule(struct sluice_conf *conf)
{
	conf->nat.rule[0].source = addr("10.10.0.0");
	conf->nat.rule[0].source_len = 16;
}

/* The pool's only address has one port, and that is the host's own. */
static void conf_no_port(struct sluice_conf *conf)
{
	conf->nat.masquerade_port_first = conf->nat.masquerade_port_last = 4000;
	conf->nat.masquerade_spare_first = conf->nat.masquerade_spare_last = 4000;
}

static void conf_no_address(struct sluice_conf *conf)
{
	conf->iface[RIG_OUT].addr_count = 0;
	conf->route[0].route.path[0].gateway = addr("0.0.0.0");
}

static void conf_few_fragments(struct sluice_conf *conf)
{
	conf->reass.fragments_per_packet = 2;
}

/* ---- packets that die */

static void make_udp(struct scene *s)
{
	scene_udp(s, "10.10.0.5", 5000, "203.0.113.9", 53, 64);
}

static void make_link_short(struct scene *s)
{
	const struct mac all = MAC_BROADCAST;

	build_start(&s->in);
	build_eth(&s->in, &all, &all, ETH_TYPE_IP4);
	s->in.len = 14;
}

static void make_link_type(struct scene *s)
{
	build_start(&s->in);
	build_eth(&s->in, &s->rig.mac[RIG_IN], &s->rig.mac[RIG_OUT], 0x86dd);
	build_payload(&s->in, 60, 0);
}

static void make_framed(struct scene *s, const struct mac *dst)
{
	struct build ip;

	make_udp(s);
	ip = s->in;
	build_start(&s->in);
	build_eth(&s->in, dst, &s->rig.mac[RIG_OUT], ETH_TYPE_IP4);
	build_bytes(&s->in, ip.bytes, ip.len);
	s->in.l4 = s->in.l3 + IP4_HLEN_MIN;
}

static void make_other_host(struct scene *s)
{
	const struct mac other = { { 2, 0, 0, 0, 0, 0x77 } };

	make_framed(s, &other);
}

static void make_link_group(struct scene *s)
{
	const struct mac all = MAC_BROADCAST;

	make_framed(s, &all);
}

static void make_arp_cut(struct scene *s)
{
	build_start(&s->in);
	build_eth(&s->in, &s->rig.mac[RIG_IN], &s->rig.mac[RIG_OUT], ETH_TYPE_ARP);
	build_payload(&s->in, 20, 0);
}

static void make_ip_short(struct scene *s)
{
	make_udp(s);
	s->in.len = 12;
}

static void make_version(struct scene *s)
{
	make_udp(s);
	build_ip(&s->in)->version_ihl = 0x65;
	build_seal_ip(&s->in);
}

static void make_header_len(struct scene *s)
{
	make_udp(s);
	build_ip(&s->in)->version_ihl = 0x44;
}

static void make_ip_checksum(struct scene *s)
{
	make_udp(s);
	build_ip(&s->in)->csum.raw ^= 1;
}

static void make_ip_length(struct scene *s)
{
	make_udp(s);
	build_ip(&s->in)->len = be16_of(500);
	build_seal_ip(&s->in);
}

static void make_source(struct scene *s)
{
	make_udp(s);
	build_ip(&s->in)->src = addr("127.0.0.1");
	build_seal(&s->in);
}

static void make_source_broadcast(struct scene *s)
{
	make_udp(s);
	build_ip(&s->in)->src = addr("10.10.255.255");
	build_seal(&s->in);
}

static void make_spoofed(struct scene *s)
{
	make_udp(s);
	build_ip(&s->in)->src = addr("198.18.0.1");
	build_seal(&s->in);
}

static void make_destination(struct scene *s)
{
	make_udp(s);
	build_ip(&s->in)->dst = addr("169.254.7.7");
	build_seal(&s->in);
}

static void make_directed_broadcast(struct scene *s)
{
	scene_udp(s, "203.0.113.9", 5000, "10.10.255.255", 7, 20);
}

static void make_options(struct scene *s)
{
	static const u8 cut[] = { 7, 40, 4, 0 };

	build_start(&s->in);
	build_ip4(&s->in, addr("10.10.0.5"), addr("203.0.113.9"), IP_PROTO_UDP);
	build_ip_options(&s->in, cut, sizeof cut);
	build_udp(&s->in, 1, 2);
	build_seal(&s->in);
}

static void make_source_route(struct scene *s)
{
	static const u8 route[] = { 137, 7, 4, 198, 18, 0, 9 };

	build_start(&s->in);
	build_ip4(&s->in, addr("10.10.0.5"), addr("203.0.113.9"), IP_PROTO_UDP);
	build_ip_options(&s->in, route, sizeof route);
	build_udp(&s->in, 1, 2);
	build_seal(&s->in);
}

static void make_fragment_malformed(struct scene *s)
{
	make_udp(s);
	build_ip(&s->in)->frag = be16_of(IP4_MF);
	build_ip(&s->in)->len = be16_of(20 + 13);
	s->in.len = 33;
	build_seal_ip(&s->in);
}

/* The earlier fragments are sent here; the one left in s->in is the one that kills. */
static void make_fragment(struct scene *s, u32 first, u32 second, u32 third)
{
	struct build whole;

	build_udp4(&whole, addr("10.10.0.5"), 5000, addr("203.0.113.9"), 53, 200);
	build_fragment_at(&s->in, &whole, first, 32, true);
	scene_swallow(s, RIG_IN);
	build_fragment_at(&s->in, &whole, second, 32, true);
	scene_swallow(s, RIG_IN);
	build_fragment_at(&s->in, &whole, third, 32, true);
}

static void make_fragment_overlap(struct scene *s)
{
	make_fragment(s, 0, 64, 56);
}

static void make_fragment_overlap_behind(struct scene *s)
{
	make_fragment(s, 0, 64, 80);
}

static void make_fragment_many(struct scene *s)
{
	make_fragment(s, 0, 32, 64);
}

static void make_l4_short(struct scene *s)
{
	make_udp(s);
	build_ip(&s->in)->len = be16_of(20 + 5);
	s->in.len = 25;
	build_seal_ip(&s->in);
}

static void make_icmp_checksum(struct scene *s)
{
	build_echo4(&s->in, addr("10.10.0.5"), addr("203.0.113.9"), ICMP_ECHO, 7, 1);
	build_icmp_hdr(&s->in)->csum.raw ^= 1;
}

static void make_tcp_flags(struct scene *s)
{
	scene_tcp(s, "10.10.0.5", 5000, "203.0.113.9", 80, TCP_SYN | TCP_FIN);
}

static void make_echo_reply(struct scene *s)
{
	build_echo4(&s->in, addr("10.10.0.5"), addr("203.0.113.9"), ICMP_ECHO_REPLY, 7, 1);
}

static void make_midstream(struct scene *s)
{
	scene_tcp(s, "203.0.113.9", 80, "198.18.0.1", 5000, TCP_ACK);
}

static void make_unrelated(struct scene *s)
{
	make_udp(s);
	s->out.frame = s->in;
	build_error4(&s->in, addr("203.0.113.7"), addr("10.10.0.5"), ICMP_UNREACH, 1, 0);
	build_quote(&s->in, s->out.frame.bytes, s->out.frame.len);
}

static void make_ttl(struct scene *s)
{
	make_udp(s);
	build_ip(&s->in)->ttl = 1;
	build_seal_ip(&s->in);
}

static void make_too_big(struct scene *s)
{
	scene_udp(s, "10.10.0.5", 5000, "203.0.113.9", 53, 1400);
	build_ip(&s->in)->frag = be16_of(IP4_DF);
	build_seal_ip(&s->in);
}

static void make_unnamed(struct scene *s)
{
	scene_udp(s, "10.20.0.5", 5000, "203.0.113.9", 53, 64);
}

static void make_unsolicited(struct scene *s)
{
	scene_tcp(s, "203.0.113.9", 80, "198.18.0.1", 5000, TCP_SYN);
}

static void make_no_socket(struct scene *s)
{
	scene_udp(s, "10.10.0.5", 5000, "10.10.0.1", 53, 64);
}

static void make_no_protocol(struct scene *s)
{
	build_start(&s->in);
	build_ip4(&s->in, addr("10.10.0.5"), addr("10.10.0.1"), 47);
	build_payload(&s->in, 40, 0);
	build_seal(&s->in);
}

static void make_no_host(struct scene *s)
{
	scene_udp(s, "10.10.0.5", 68, "255.255.255.255", 67, 64);
}

static void make_consumed(struct scene *s)
{
	build_echo4(&s->in, addr("10.10.0.5"), addr("10.10.0.1"), ICMP_TIMESTAMP, 7, 1);
}

static const struct death deaths[] = {
	{ "cut in the link header", DROP_LINK_TYPE, RIG_IN, NULL, make_link_type },
	{ "to another station", DROP_LINK_OTHER_HOST, RIG_IN, NULL, make_other_host },
	{ "sent to all stations", DROP_LINK_GROUP, RIG_IN, NULL, make_link_group },
	{ "half an ARP packet", DROP_ARP_MALFORMED, RIG_IN, NULL, make_arp_cut },
	{ "no IP header in the frame", DROP_IP_SHORT, RIG_IN, NULL, make_link_short },
	{ "half an IP header", DROP_IP_SHORT, RIG_IN, NULL, make_ip_short },
	{ "IP version", DROP_IP_VERSION, RIG_IN, NULL, make_version },
	{ "IP header length", DROP_IP_HEADER_LEN, RIG_IN, NULL, make_header_len },
	{ "IP checksum", DROP_IP_CHECKSUM, RIG_IN, NULL, make_ip_checksum },
	{ "IP length", DROP_IP_LENGTH, RIG_IN, NULL, make_ip_length },
	{ "source", DROP_IP_SOURCE, RIG_IN, NULL, make_source },
	{ "source is a broadcast", DROP_IP_SOURCE, RIG_IN, NULL, make_source_broadcast },
	{ "source is the gateway", DROP_IP_SPOOFED, RIG_IN, NULL, make_spoofed },
	{ "destination", DROP_IP_DESTINATION, RIG_IN, NULL, make_destination },
	{ "broadcast elsewhere", DROP_IP_DESTINATION, RIG_OUT, NULL, make_directed_broadcast },
	{ "options", DROP_IP_OPTIONS, RIG_IN, NULL, make_options },
	{ "source route", DROP_IP_SOURCE_ROUTE, RIG_IN, NULL, make_source_route },
	{ "fragment", DROP_FRAG_MALFORMED, RIG_IN, NULL, make_fragment_malformed },
	{ "fragments overlap", DROP_FRAG_OVERLAP, RIG_IN, NULL, make_fragment_overlap },
	{ "fragments overlap", DROP_FRAG_OVERLAP, RIG_IN, NULL, make_fragment_overlap_behind },
	{ "fragments too many", DROP_FRAG_TOO_MANY, RIG_IN, conf_few_fragments,
	  make_fragment_many },
	{ "half a UDP header", DROP_L4_SHORT, RIG_IN, NULL, make_l4_short },
	{ "ICMP checksum", DROP_L4_CHECKSUM, RIG_IN, NULL, make_icmp_checksum },
	{ "TCP flags", DROP_TCP_FLAGS, RIG_IN, NULL, make_tcp_flags },
	{ "begins with an answer", DROP_CT_INVALID, RIG_IN, NULL, make_echo_reply },
	{ "begins in mid-stream", DROP_CT_MIDSTREAM, RIG_OUT, NULL, make_midstream },
	{ "error about nothing", DROP_CT_RELATED, RIG_OUT, NULL, make_unrelated },
	{ "nobody has this port", DROP_NAT_UNSOLICITED, RIG_OUT, NULL, make_unsolicited },
	{ "no route", DROP_NO_ROUTE, RIG_IN, conf_no_route, make_udp },
	{ "blackhole", DROP_ROUTE_BLACKHOLE, RIG_IN, conf_blackhole, make_udp },
	{ "prohibited", DROP_ROUTE_PROHIBITED, RIG_IN, conf_prohibit, make_udp },
	{ "time to live", DROP_TTL_EXPIRED, RIG_IN, NULL, make_ttl },
	{ "too big", DROP_TOO_BIG_DF, RIG_IN, conf_small_mtu, make_too_big },
	{ "no rule", DROP_MARTIAN_OUT, RIG_IN2, conf_one_rule, make_unnamed },
	{ "no port", DROP_NAT_NO_PORT, RIG_IN, conf_no_port, make_udp },
	{ "no address", DROP_NAT_NO_ADDRESS, RIG_IN, conf_no_address, make_udp },
	{ "local UDP port", DROP_NO_SOCKET, RIG_IN, NULL, make_no_socket },
	{ "local protocol", DROP_NO_PROTOCOL, RIG_IN, NULL, make_no_protocol },
	{ "no host behind", DROP_NO_HOST, RIG_IN, NULL, make_no_host },
	{ "local ICMP", DROP_ICMP_CONSUMED, RIG_IN, NULL, make_consumed },
};

static void try_death(const struct death *death)
{
	struct scene *s = scene_conf();
	u64 before;

	if (death->conf != NULL)
		death->conf(&s->conf);
	rig_open(&s->rig, &s->conf);
	death->make(s);
	before = rig_drop_count(&s->rig, death->drop);
	assert_true(rig_send(&s->rig, death->in_if, &s->in));
	if (rig_drop_count(&s->rig, death->drop) <= before)
		print_error("%s: no %s\n", death->name, drop_name(death->drop));
	assert_true(rig_drop_count(&s->rig, death->drop) > before);
	/* ICMP errors and resets may answer; nothing may cross. */
	while (rig_next(&s->rig, &s->out))
		assert_int_equal(s->out.out_if, death->in_if);
	scene_is_empty(s);
	/* Nothing is stuck either: the same host's next packet passes. */
	scene_end(s);
}

static void kills_at_every_step_and_finds_no_state(void **state)
{
	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(deaths); n++)
		try_death(&deaths[n]);
}

/* The same, with the table and the mappings full of others: what was there stays as it was. */
static void a_full_table_is_not_touched(void **state)
{
	struct scene *s = scene_conf();

	(void)state;
	s->conf.ct.flow_count = 4;
	rig_open(&s->rig, &s->conf);
	for (u16 n = 0; n < 4; n++) {
		scene_udp(s, "10.10.0.5", (u16)(5000 + n), "203.0.113.9", 53, 8);
		scene_pass(s, RIG_IN, RIG_OUT);
		scene_reply(s, 8);
		scene_pass(s, RIG_OUT, RIG_IN);
	}
	make_udp(s);
	build_udp_hdr(&s->in)->sport = be16_of(6000);
	build_seal(&s->in);
	scene_error(s, RIG_IN, DROP_CT_FULL, ICMP_UNREACH, ICMP_UNREACH_PROHIBITED);
	assert_int_equal(sluice_flow_count(s->rig.s), 4);
	assert_int_equal(rig_mapping_count(&s->rig), 4);
	scene_end(s);
}

static void full_mappings_are_not_touched(void **state)
{
	struct scene *s = scene_conf();

	(void)state;
	s->conf.nat.mapping_count = 2;
	rig_open(&s->rig, &s->conf);
	for (u16 n = 0; n < 2; n++) {
		scene_udp(s, "10.10.0.5", (u16)(5000 + n), "203.0.113.9", 53, 8);
		scene_pass(s, RIG_IN, RIG_OUT);
	}
	scene_udp(s, "10.10.0.5", 5002, "203.0.113.9", 53, 8);
	scene_error(s, RIG_IN, DROP_NAT_MAPPING_FULL, ICMP_UNREACH, ICMP_UNREACH_PROHIBITED);
	assert_int_equal(sluice_flow_count(s->rig.s), 2);
	assert_int_equal(rig_mapping_count(&s->rig), 2);
	/* What stands goes on, also to new destinations. */
	scene_udp(s, "10.10.0.5", 5001, "203.0.113.10", 53, 8);
	scene_pass(s, RIG_IN, RIG_OUT);
	scene_end(s);
}

/* With quarantine longer than flows live, mappings that rest would fill the table. */
static void mappings_at_rest_make_room(void **state)
{
	struct scene *s = scene_conf();

	(void)state;
	s->conf.nat.mapping_count = 2;
	s->conf.nat.quarantine_s = 3600;
	rig_open(&s->rig, &s->conf);
	for (u16 n = 0; n < 5; n++) {
		scene_udp(s, "10.10.0.5", (u16)(5000 + n), "203.0.113.9", 53, 8);
		scene_pass(s, RIG_IN, RIG_OUT);
		scene_wait(s, 121);
		assert_int_equal(sluice_flow_count(s->rig.s), 0);
	}
	assert_int_equal(rig_mapping_count(&s->rig), 2);
	assert_int_equal(rig_counter(&s->rig, "nat_mappings_taken"), 3);
	scene_end(s);
}

/* One-to-one leaves no choice of port: what would answer as another flow does is refused. Here the
 * second host has two public addresses, and is spoken to by the other one.                       */
static void a_clash_leaves_the_first_flow_alone(void **state)
{
	struct scene *s = scene_conf();

	(void)state;
	s->conf.nat.static_count = 3;
	s->conf.nat.fixed[0] = (struct nat_static_conf){ addr("10.10.0.5"), addr("198.18.0.50"),
							 32, 0 };
	s->conf.nat.fixed[1] = (struct nat_static_conf){ addr("10.10.0.6"), addr("198.18.0.60"),
							 32, 0 };
	s->conf.nat.fixed[2] = (struct nat_static_conf){ addr("10.10.0.6"), addr("198.18.0.61"),
							 32, 0 };
	rig_open(&s->rig, &s->conf);
	scene_udp(s, "10.10.0.6", 53, "198.18.0.50", 5000, 8);
	scene_pass(s, RIG_IN, RIG_IN);
	scene_udp(s, "10.10.0.5", 5000, "198.18.0.61", 53, 8);
	scene_dies(s, RIG_IN, DROP_CT_CLASH);
	assert_int_equal(sluice_flow_count(s->rig.s), 1);
	scene_end(s);
}

/* What dies after confirmation leaves a never-answered flow: it stood in the table already. */
static void a_death_after_confirmation_leaves_an_unanswered_flow(void **state)
{
	struct scene *s = scene_conf();
	struct sluice_flow_filter unanswered = { .unanswered_only = true };
	struct sluice_flow flow;

	(void)state;
	rig_open(&s->rig, &s->conf);
	sluice_set_link(s->rig.s, RIG_OUT, false);
	make_udp(s);
	scene_error(s, RIG_IN, DROP_IFACE_DOWN, ICMP_UNREACH, ICMP_UNREACH_HOST);
	assert_true(rig_find_flow(&s->rig, &unanswered, &flow));
	assert_int_equal(sluice_flow_count(s->rig.s), 1);
	scene_end(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kills_at_every_step_and_finds_no_state),
		cmocka_unit_test(a_full_table_is_not_touched),
		cmocka_unit_test(full_mappings_are_not_touched),
		cmocka_unit_test(mappings_at_rest_make_room),
		cmocka_unit_test(a_clash_leaves_the_first_flow_alone),
		cmocka_unit_test(a_death_after_confirmation_leaves_an_unanswered_flow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
