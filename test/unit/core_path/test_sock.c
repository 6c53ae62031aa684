/* Datagram and raw sockets on the road: packets in, packets out, tracking, filter, translation. */
#include "unit/core_path/sock_bed.h"

#define RIP       "224.0.0.9"
#define NEIGHBOUR "198.18.0.77"

static void test_a_packet_for_us_comes_to_a_socket(void **state)
{
	struct path_bed *bed = sock_bed_open();
	sock_id id = sock_bed_udp(bed, NULL, 53);
	struct sluice_flow_filter filter = { .port = 53 };
	struct sluice_flow flow;
	struct sock_heard heard;

	(void)state;
	build_udp4(&bed->b, addr(HOST), 4000, addr(GATEWAY_IN), 53, 20);
	assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
	heard = sock_bed_recv(bed, id);
	assert_int_equal(heard.error, SOCK_OK);
	assert_int_equal(heard.bytes, 20);
	assert_memory_equal(heard.data, build_data(&bed->b), 20);
	assert_true(be32_eq(heard.info.from.addr, addr(HOST)));
	assert_int_equal(be16_host(heard.info.from.port), 4000);
	assert_true(be32_eq(heard.info.to, addr(GATEWAY_IN)));
	assert_int_equal(heard.info.iface, RIG_IN);
	assert_true(rig_find_flow(&bed->rig, &filter, &flow));
	assert_false(flow.translated);
	assert_int_equal(sock_bed_recv(bed, id).error, SOCK_AGAIN);
	/* The answer is of the same flow. */
	assert_int_equal(sock_bed_send(bed, id, HOST, 4000), SOCK_OK);
	assert_int_equal(sock_bed_out(bed)->sport, 53);
	assert_true(be32_eq(bed->out.seen.src, addr(GATEWAY_IN)));
	assert_true(rig_find_flow(&bed->rig, &filter, &flow));
	assert_true(flow.answered);
	assert_int_equal(rig_drop_sum(&bed->rig), 0);
	sluice_close(bed->rig.s, id, bed->rig.now);
	assert_int_equal(sock_bed_recv(bed, id).error, SOCK_BAD);
	assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
	assert_int_equal(rig_drop_count(&bed->rig, DROP_NO_SOCKET), 1);
	path_bed_close(bed);
}

static void test_nobodys_packet_goes_the_old_way(void **state)
{
	struct path_bed *bed = sock_bed_open();

	(void)state;
	(void)sock_bed_udp(bed, NULL, 53);
	build_udp4(&bed->b, addr(HOST), 4000, addr(GATEWAY_IN), 54, 20);
	assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
	assert_int_equal(rig_drop_count(&bed->rig, DROP_NO_SOCKET), 1);
	assert_true(rig_next(&bed->rig, &bed->out));
	assert_int_equal(bed->out.seen.type, ICMP_UNREACH);
	assert_int_equal(bed->out.seen.code, ICMP_UNREACH_PORT);
	build_echo4(&bed->b, addr(HOST), addr(GATEWAY_IN), ICMP_ECHO, 1, 1);
	assert_int_equal(path_pass(bed, RIG_IN)->type, ICMP_ECHO_REPLY);
	path_bed_close(bed);
}

static void test_a_socket_speaks_first(void **state)
{
	struct path_bed *bed = sock_bed_open();
	sock_id id = sock_bed_socket(bed, SOCK_DGRAM_KIND, 0);
	struct sock_addr local, peer, to = at_port(SERVER, 53);
	struct sluice_flow_filter filter = { .port = 53 };
	struct sluice_flow flow;

	(void)state;
	assert_int_equal(sluice_connect(bed->rig.s, id, &to, bed->rig.now), SOCK_OK);
	assert_int_equal(sluice_names(bed->rig.s, id, &local, &peer), SOCK_OK);
	assert_true(be32_eq(local.addr, addr(GATEWAY_OUT)));
	assert_in_range(be16_host(local.port), bed->conf.sockets.port_first,
			bed->conf.sockets.port_last);
	assert_int_equal(sock_bed_say(bed, id, "hello"), SOCK_OK);
	assert_int_equal(sock_bed_out(bed)->dport, 53);
	assert_int_equal(bed->out.out_if, RIG_OUT);
	assert_true(be32_eq(bed->out.seen.src, addr(GATEWAY_OUT)));
	assert_int_equal(bed->out.seen.sport, be16_host(local.port));
	assert_memory_equal(bed->out.seen.data, "hello", 5);
	sock_bed_answer(bed, RIG_OUT, 9);
	assert_int_equal(sock_bed_recv(bed, id).bytes, 9);
	assert_int_equal(sock_bed_say(bed, id, "again"), SOCK_OK);
	(void)sock_bed_out(bed);
	assert_true(rig_find_flow(&bed->rig, &filter, &flow));
	assert_int_equal(flow.packets[0], 2);
	assert_int_equal(flow.packets[1], 1);
	/* Somebody else's answer is not heard. */
	build_udp4(&bed->b, addr("203.0.113.10"), 53, local.addr, be16_host(local.port), 3);
	assert_true(rig_send(&bed->rig, RIG_OUT, &bed->b));
	assert_int_equal(sock_bed_recv(bed, id).error, SOCK_AGAIN);
	path_bed_close(bed);
}

static void test_the_source_is_that_of_the_way_out(void **state)
{
	struct path_bed *bed = sock_bed_open();
	sock_id id = sock_bed_udp(bed, NULL, 520), bound = sock_bed_udp(bed, GATEWAY_IN, 521);
	struct sock_dgram dgram = { .to = at_port(SERVER, 9),
				    .from = addr("10.20.0.1"),
				    .iface = SOCK_IFACE_ANY,
				    .ttl = 3 };

	(void)state;
	assert_int_equal(sock_bed_send(bed, id, "10.20.0.9", 9), SOCK_OK);
	assert_true(be32_eq(sock_bed_out(bed)->src, addr("10.20.0.1")));
	assert_int_equal(sock_bed_send(bed, bound, "10.20.0.9", 9), SOCK_OK);
	assert_true(be32_eq(sock_bed_out(bed)->src, addr(GATEWAY_IN)));
	assert_int_equal(sluice_send_to(bed->rig.s, id, "x", 1, &dgram), SOCK_OK);
	assert_true(be32_eq(sock_bed_out(bed)->src, addr("10.20.0.1")));
	assert_int_equal(bed->out.seen.ttl, 3);
	dgram.from = addr("10.20.0.2");
	assert_int_equal(sluice_send_to(bed->rig.s, id, "x", 1, &dgram), SOCK_NOT_OURS);
	path_bed_close(bed);
}

static void test_the_filter_judges_both_ways(void **state)
{
	struct path_bed *bed = path_bed_new();
	static struct rules rules;
	struct filter_rule_conf *rule;
	sock_id id;

	(void)state;
	sock_bed_conf(bed);
	rule = add(&rules, FILTER_INPUT, FILTER_DROP);
	rule->proto = IP_PROTO_UDP;
	rule->dport.first = rule->dport.last = 53;
	rule = add(&rules, FILTER_OUTPUT, FILTER_DROP);
	rule->proto = IP_PROTO_UDP;
	rule->dport.first = rule->dport.last = 99;
	put(bed, &rules);
	path_bed_start(bed);
	id = sock_bed_udp(bed, NULL, 53);
	build_udp4(&bed->b, addr(HOST), 4000, addr(GATEWAY_IN), 53, 20);
	assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
	assert_int_equal(rig_drop_count(&bed->rig, DROP_FILTER_INPUT), 1);
	assert_int_equal(sock_bed_recv(bed, id).error, SOCK_AGAIN);
	assert_int_equal(sock_bed_send(bed, id, HOST, 99), SOCK_OK);
	sock_bed_turn(bed);
	assert_false(rig_next(&bed->rig, &bed->out));
	assert_int_equal(rig_drop_count(&bed->rig, DROP_FILTER_OUTPUT), 1);
	assert_int_equal(sluice_flow_count(bed->rig.s), 0);
	/* What we began is answered whatever the rules say of new flows. */
	assert_int_equal(sock_bed_send(bed, id, HOST, 98), SOCK_OK);
	assert_int_equal(sock_bed_out(bed)->dport, 98);
	path_bed_close(bed);
}

static void test_answers_are_established(void **state)
{
	struct path_bed *bed = path_bed_new();
	static struct rules rules;
	sock_id id;

	(void)state;
	sock_bed_conf(bed);
	add(&rules, FILTER_INPUT, FILTER_ACCEPT)->states = FILTER_ESTABLISHED;
	put(bed, &rules);
	policy(bed, FILTER_INPUT, FILTER_DROP);
	path_bed_start(bed);
	id = sock_bed_udp(bed, NULL, 5353);
	build_udp4(&bed->b, addr(HOST), 53, addr(GATEWAY_IN), 5353, 20);
	assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
	assert_int_equal(sock_bed_recv(bed, id).error, SOCK_AGAIN);
	assert_int_equal(sock_bed_send(bed, id, HOST, 53), SOCK_OK);
	(void)sock_bed_out(bed);
	sock_bed_answer(bed, RIG_IN, 7);
	assert_int_equal(sock_bed_recv(bed, id).bytes, 7);
	path_bed_close(bed);
}

static void test_an_icmp_error_is_the_sockets(void **state)
{
	struct path_bed *bed = sock_bed_open();
	sock_id id = sock_bed_socket(bed, SOCK_DGRAM_KIND, 0);
	struct sock_addr to = at_port(SERVER, 53);
	struct build quote;

	(void)state;
	assert_int_equal(sluice_connect(bed->rig.s, id, &to, bed->rig.now), SOCK_OK);
	assert_int_equal(sock_bed_say(bed, id, "hello"), SOCK_OK);
	(void)sock_bed_out(bed);
	quote = bed->out.frame;
	build_error4(&bed->b, addr(SERVER), addr(GATEWAY_OUT), ICMP_UNREACH, ICMP_UNREACH_PORT, 0);
	build_quote(&bed->b, quote.bytes + quote.l3, 28);
	assert_true(rig_send(&bed->rig, RIG_OUT, &bed->b));
	assert_int_equal(sluice_sock_ready(bed->rig.s, id), SOCK_WRITABLE | SOCK_FAILED);
	assert_int_equal(sock_bed_recv(bed, id).error, SOCK_REFUSED);
	assert_int_equal(sock_bed_recv(bed, id).error, SOCK_AGAIN);
	path_bed_close(bed);
}

static void test_who_does_not_answer_arp_is_unreachable(void **state)
{
	struct path_bed *bed = sock_bed_open();
	sock_id id = sock_bed_socket(bed, SOCK_DGRAM_KIND, 0);
	struct sock_addr to = at_port(NEIGHBOUR, 53);

	(void)state;
	bed->rig.silent[bed->rig.silent_count++] = addr(NEIGHBOUR);
	assert_int_equal(sluice_connect(bed->rig.s, id, &to, bed->rig.now), SOCK_OK);
	assert_int_equal(sock_bed_say(bed, id, "hello"), SOCK_OK);
	sock_bed_turn(bed);
	rig_drain(&bed->rig);
	rig_advance(&bed->rig, 10 * NS_PER_SEC);
	assert_int_equal(rig_drop_count(&bed->rig, DROP_NEIGH_FAILED), 1);
	assert_int_equal(sock_bed_recv(bed, id).error, SOCK_HOST_UNREACHABLE);
	path_bed_close(bed);
}

static void test_groups_are_joined_by_interface(void **state)
{
	struct path_bed *bed = sock_bed_open();
	sock_id id = sock_bed_udp(bed, NULL, 520);
	struct sock_dgram dgram = { .to = at_port(RIP, 520), .iface = RIG_OUT };
	struct sock_heard heard;

	(void)state;
	assert_int_equal(sock_bed_join(bed, id, RIP, RIG_OUT), SOCK_OK);
	build_udp4(&bed->b, addr(NEIGHBOUR), 520, addr(RIP), 520, 24);
	build_ip(&bed->b)->ttl = 1;
	build_seal(&bed->b);
	assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
	assert_int_equal(sock_bed_recv(bed, id).error, SOCK_AGAIN);
	assert_true(rig_send(&bed->rig, RIG_OUT, &bed->b));
	heard = sock_bed_recv(bed, id);
	assert_int_equal(heard.bytes, 24);
	assert_int_equal(heard.info.iface, RIG_OUT);
	assert_int_equal(heard.info.ttl, 1);
	assert_true(be32_eq(heard.info.to, addr(RIP)));
	/* And out, by the interface that is named, to its link's group. */
	assert_int_equal(sock_bed_number(bed, id, SOCK_OPT_MULTICAST_LOOP, 0), SOCK_OK);
	assert_int_equal(sluice_send_to(bed->rig.s, id, "rip", 3, &dgram), SOCK_OK);
	assert_int_equal(sock_bed_out(bed)->ttl, 1);
	assert_int_equal(bed->out.out_if, RIG_OUT);
	assert_true(be32_eq(bed->out.seen.src, addr(GATEWAY_OUT)));
	assert_memory_equal(bed->out.frame.bytes, "\x01\x00\x5e\x00\x00\x09", 6);
	dgram.iface = RIG_IN;
	assert_int_equal(sluice_send_to(bed->rig.s, id, "rip", 3, &dgram), SOCK_OK);
	assert_true(be32_eq(sock_bed_out(bed)->src, addr(GATEWAY_IN)));
	assert_int_equal(bed->out.out_if, RIG_IN);
	assert_int_equal(sluice_flow_count(bed->rig.s), 0);
	path_bed_close(bed);
}

static void test_broadcast_asks_for_its_option(void **state)
{
	struct path_bed *bed = sock_bed_open();
	sock_id id = sock_bed_udp(bed, NULL, 520);

	(void)state;
	assert_int_equal(sock_bed_send(bed, id, "10.10.255.255", 520), SOCK_NOT_ALLOWED);
	assert_int_equal(sock_bed_number(bed, id, SOCK_OPT_BROADCAST, 1), SOCK_OK);
	assert_int_equal(sock_bed_send(bed, id, "10.10.255.255", 520), SOCK_OK);
	assert_int_equal(sock_bed_out(bed)->dport, 520);
	assert_int_equal(bed->out.out_if, RIG_IN);
	assert_memory_equal(bed->out.frame.bytes, "\xff\xff\xff\xff\xff\xff", 6);
	build_udp4(&bed->b, addr(HOST), 520, addr("255.255.255.255"), 520, 4);
	assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
	assert_int_equal(sock_bed_recv(bed, id).bytes, 4);
	path_bed_close(bed);
}

static void test_raw_sockets_speak_a_protocol_of_their_own(void **state)
{
	struct path_bed *bed = sock_bed_open();
	sock_id id = sock_bed_socket(bed, SOCK_RAW_KIND, 89);
	struct sock_dgram dgram = { .to = at_port("224.0.0.5", 0), .iface = RIG_IN, .ttl = 1 };
	struct sock_heard heard;

	(void)state;
	assert_int_equal(sock_bed_join(bed, id, "224.0.0.5", RIG_IN), SOCK_OK);
	build_start(&bed->b);
	build_ip4(&bed->b, addr(HOST), addr("224.0.0.5"), 89);
	build_payload(&bed->b, 44, 1);
	build_seal(&bed->b);
	assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
	heard = sock_bed_recv(bed, id);
	assert_int_equal(heard.bytes, 64);
	assert_memory_equal(heard.data, bed->b.bytes, 64);
	build_ip(&bed->b)->dst = addr(GATEWAY_IN);
	build_seal(&bed->b);
	assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
	assert_int_equal(sock_bed_recv(bed, id).bytes, 64);
	assert_int_equal(rig_drop_count(&bed->rig, DROP_NO_PROTOCOL), 0);
	assert_int_equal(sluice_send_to(bed->rig.s, id, "hello", 5, &dgram), SOCK_OK);
	assert_int_equal(sock_bed_out(bed)->proto, 89);
	assert_int_equal(bed->out.out_if, RIG_IN);
	dgram.to = at_port(HOST, 0);
	assert_int_equal(sluice_send_to(bed->rig.s, id, "hello", 5, &dgram), SOCK_OK);
	assert_int_equal(sock_bed_out(bed)->len, 25);
	sluice_close(bed->rig.s, id, bed->rig.now);
	build_ip(&bed->b)->src = addr("10.10.0.6");
	build_seal(&bed->b);
	assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
	assert_int_equal(rig_drop_count(&bed->rig, DROP_NO_PROTOCOL), 1);
	path_bed_close(bed);
}

static void test_large_datagrams_are_cut(void **state)
{
	static u8 data[4000];
	struct path_bed *bed = sock_bed_open();
	sock_id id = sock_bed_udp(bed, NULL, 520);
	struct sock_dgram dgram = { .to = at_port(HOST, 9), .iface = SOCK_IFACE_ANY };
	u32 pieces = 0;

	(void)state;
	assert_int_equal(sluice_send_to(bed->rig.s, id, data, sizeof data, &dgram), SOCK_OK);
	sock_bed_turn(bed);
	while (rig_next(&bed->rig, &bed->out))
		pieces += seen_is_fragment(&bed->out.seen);
	assert_int_equal(pieces, 3);
	assert_int_equal(sock_bed_number(bed, id, SOCK_OPT_DONT_FRAGMENT, 1), SOCK_OK);
	assert_int_equal(sluice_send_to(bed->rig.s, id, data, sizeof data, &dgram), SOCK_TOO_LONG);
	path_bed_close(bed);
}

static void test_one_segment_of_many_datagrams_is_taken_apart(void **state)
{
	struct path_bed *bed = sock_bed_open();
	sock_id id = sock_bed_udp(bed, NULL, 53);
	struct pkt *pkt;

	(void)state;
	build_udp4(&bed->b, addr(HOST), 4000, addr(GATEWAY_IN), 53, 250);
	pkt = rig_make(&bed->rig, RIG_IN, &bed->b);
	assert_non_null(pkt);
	pkt->gso_type = GSO_UDP_L4;
	pkt->gso_size = 100;
	pkt->flags |= PKT_CSUM_PARTIAL;
	pkt->csum_start = IP4_HLEN_MIN;
	pkt->csum_offset = offsetof(struct udp_hdr, csum);
	rig_input(&bed->rig, pkt);
	assert_int_equal(sock_bed_recv(bed, id).bytes, 100);
	assert_int_equal(sock_bed_recv(bed, id).bytes, 100);
	assert_int_equal(sock_bed_recv(bed, id).bytes, 50);
	path_bed_close(bed);
}

static void test_sockets_reach_each_other_here(void **state)
{
	struct path_bed *bed = sock_bed_open();
	sock_id one = sock_bed_udp(bed, NULL, 1000), two = sock_bed_udp(bed, NULL, 2000);
	struct sock_addr to = at_port(GATEWAY_OUT, 3000);
	sock_id three = sock_bed_socket(bed, SOCK_DGRAM_KIND, 0);
	struct sock_heard heard;

	(void)state;
	assert_int_equal(sock_bed_send(bed, one, GATEWAY_IN, 2000), SOCK_OK);
	sock_bed_turn(bed);
	heard = sock_bed_recv(bed, two);
	assert_int_equal(heard.bytes, 5);
	assert_true(be32_eq(heard.info.from.addr, addr(GATEWAY_IN)));
	assert_int_equal(sock_bed_send(bed, two, GATEWAY_IN, 1000), SOCK_OK);
	sock_bed_turn(bed);
	assert_int_equal(sock_bed_recv(bed, one).bytes, 5);
	/* Nobody is there: the error comes back as one from afar would. */
	assert_int_equal(sluice_connect(bed->rig.s, three, &to, bed->rig.now), SOCK_OK);
	assert_int_equal(sock_bed_say(bed, three, "x"), SOCK_OK);
	sock_bed_turn(bed);
	assert_int_equal(sock_bed_recv(bed, three).error, SOCK_REFUSED);
	assert_false(rig_next(&bed->rig, &bed->out));
	path_bed_close(bed);
}

static void test_ports_are_shared_with_translation(void **state)
{
	struct path_bed *bed = path_bed_new();
	struct sock_addr taken;
	sock_id id;

	(void)state;
	sock_bed_conf(bed);
	rig_conf_mapping(&bed->conf, NAT_MAP_ENDPOINT_INDEPENDENT, NAT_FILTER_ENDPOINT_INDEPENDENT);
	bed->conf.nat.rule[0].parity = false;
	bed->conf.nat.masquerade_port_first = 2000;
	bed->conf.nat.masquerade_port_last = 2003;
	path_bed_start(bed);
	id = sock_bed_udp(bed, NULL, 2001);
	(void)sock_bed_udp(bed, GATEWAY_IN, 2002);
	for (u16 n = 0; n < 2; n++) {
		build_udp4(&bed->b, addr(HOST), (u16)(5000 + n), addr(SERVER), 53, 20);
		assert_true(path_pass(bed, RIG_IN)->sport == 2000 || bed->out.seen.sport == 2003);
	}
	build_udp4(&bed->b, addr(HOST), 5002, addr(SERVER), 53, 20);
	assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
	assert_int_equal(rig_drop_count(&bed->rig, DROP_NAT_NO_PORT), 1);
	rig_drain(&bed->rig);
	/* And the other way round. */
	taken = at_port(NULL, 2003);
	assert_int_equal(sluice_bind(bed->rig.s, sock_bed_socket(bed, SOCK_DGRAM_KIND, 0), &taken),
			 SOCK_IN_USE);
	taken = at_port(GATEWAY_IN, 2003);
	assert_int_equal(sluice_bind(bed->rig.s, sock_bed_socket(bed, SOCK_DGRAM_KIND, 0), &taken),
			 SOCK_OK);
	/* A port that is given back is free. */
	sluice_close(bed->rig.s, id, bed->rig.now);
	build_udp4(&bed->b, addr(HOST), 5003, addr(SERVER), 53, 20);
	assert_int_equal(path_pass(bed, RIG_IN)->sport, 2001);
	path_bed_close(bed);
}

static void test_per_destination_ports_are_left_alone_too(void **state)
{
	struct path_bed *bed = path_bed_new();

	(void)state;
	sock_bed_conf(bed);
	rig_conf_mapping(&bed->conf, NAT_MAP_DESTINATION, NAT_FILTER_ADDRESS_PORT);
	bed->conf.nat.masquerade_port_first = 2000;
	bed->conf.nat.masquerade_port_last = 2001;
	path_bed_start(bed);
	(void)sock_bed_udp(bed, NULL, 2001);
	for (u16 n = 0; n < 4; n++) {
		build_udp4(&bed->b, addr(HOST), (u16)(5000 + n), addr(SERVER), (u16)(53 + n), 20);
		assert_int_equal(path_pass(bed, RIG_IN)->sport, 2000);
	}
	build_udp4(&bed->b, addr(HOST), 5009, addr(SERVER), 53, 20);
	assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
	assert_int_equal(rig_drop_count(&bed->rig, DROP_NAT_NO_PORT), 1);
	path_bed_close(bed);
}

static void test_an_address_of_the_host_is_asked_of_sockets_first(void **state)
{
	struct path_bed *bed = path_bed_new();
	sock_id id;

	(void)state;
	sock_bed_conf(bed);
	bed->conf.iface[RIG_IN].addr[0].host = true;
	bed->conf.host_if = RIG_IN2;
	path_bed_start(bed);
	id = sock_bed_udp(bed, NULL, 53);
	build_udp4(&bed->b, addr(HOST), 4000, addr(GATEWAY_IN), 53, 20);
	assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
	assert_false(rig_next(&bed->rig, &bed->out));
	assert_int_equal(sock_bed_recv(bed, id).bytes, 20);
	assert_int_equal(sluice_flow_count(bed->rig.s), 1);
	build_udp4(&bed->b, addr(HOST), 4000, addr(GATEWAY_IN), 54, 20);
	assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
	assert_true(rig_next(&bed->rig, &bed->out));
	assert_int_equal(bed->out.out_if, RIG_IN2);
	assert_int_equal(sluice_flow_count(bed->rig.s), 1);
	path_bed_close(bed);
}

/* Both may be members. */
static void test_a_group_is_the_hosts_as_well(void **state)
{
	struct path_bed *bed = path_bed_new();
	sock_id id;

	(void)state;
	sock_bed_conf(bed);
	bed->conf.host_if = RIG_IN2;
	path_bed_start(bed);
	id = sock_bed_udp(bed, NULL, 520);
	assert_int_equal(sock_bed_join(bed, id, RIP, RIG_IN), SOCK_OK);
	build_udp4(&bed->b, addr(HOST), 520, addr(RIP), 520, 24);
	assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
	assert_int_equal(sock_bed_recv(bed, id).bytes, 24);
	assert_true(rig_next(&bed->rig, &bed->out));
	assert_int_equal(bed->out.out_if, RIG_IN2);
	path_bed_close(bed);
}

static void test_names_that_can_not_be(void **state)
{
	struct path_bed *bed = sock_bed_open();
	sock_id id = sock_bed_udp(bed, NULL, 53), other = sock_bed_socket(bed, SOCK_DGRAM_KIND, 0);
	struct sock_addr local = at_port("10.10.0.2", 54);
	sock_id none;

	(void)state;
	assert_int_equal(sluice_bind(bed->rig.s, other, &local), SOCK_NOT_OURS);
	local = at_port(NULL, 53);
	assert_int_equal(sluice_bind(bed->rig.s, other, &local), SOCK_IN_USE);
	assert_int_equal(sluice_bind(bed->rig.s, id, &local), SOCK_INVALID);
	assert_int_equal(sluice_socket(bed->rig.s, SOCK_DGRAM_KIND, 0, 1, &none), SOCK_INVALID);
	assert_int_equal(sluice_socket(bed->rig.s, SOCK_RAW_KIND, 0, 0, &none), SOCK_INVALID);
	assert_int_equal(sock_bed_join(bed, id, RIP, 40), SOCK_INVALID);
	assert_int_equal(sock_bed_send(bed, id, NULL, 9), SOCK_NO_DESTINATION);
	path_bed_close(bed);
}

static void test_without_sockets_there_are_none(void **state)
{
	struct path_bed *bed = path_bed_open();
	sock_id id;

	(void)state;
	assert_int_equal(sluice_socket(bed->rig.s, SOCK_DGRAM_KIND, 0, 0, &id), SOCK_LIMIT);
	assert_int_equal(sluice_socket(bed->rig.s, SOCK_STREAM_KIND, 0, 0, &id), SOCK_LIMIT);
	for (u32 at = 0; at < sluice_mem(bed->rig.s)->row_count; at++) {
		const struct mem_row *row = &sluice_mem(bed->rig.s)->row[at];

		assert_string_not_equal(row->name, "sockets");
		assert_string_not_equal(row->name, "local_ports");
	}
	path_bed_close(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_packet_for_us_comes_to_a_socket),
		cmocka_unit_test(test_nobodys_packet_goes_the_old_way),
		cmocka_unit_test(test_a_socket_speaks_first),
		cmocka_unit_test(test_the_source_is_that_of_the_way_out),
		cmocka_unit_test(test_the_filter_judges_both_ways),
		cmocka_unit_test(test_answers_are_established),
		cmocka_unit_test(test_an_icmp_error_is_the_sockets),
		cmocka_unit_test(test_who_does_not_answer_arp_is_unreachable),
		cmocka_unit_test(test_groups_are_joined_by_interface),
		cmocka_unit_test(test_broadcast_asks_for_its_option),
		cmocka_unit_test(test_raw_sockets_speak_a_protocol_of_their_own),
		cmocka_unit_test(test_large_datagrams_are_cut),
		cmocka_unit_test(test_one_segment_of_many_datagrams_is_taken_apart),
		cmocka_unit_test(test_sockets_reach_each_other_here),
		cmocka_unit_test(test_ports_are_shared_with_translation),
		cmocka_unit_test(test_per_destination_ports_are_left_alone_too),
		cmocka_unit_test(test_an_address_of_the_host_is_asked_of_sockets_first),
		cmocka_unit_test(test_a_group_is_the_hosts_as_well),
		cmocka_unit_test(test_names_that_can_not_be),
		cmocka_unit_test(test_without_sockets_there_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
