/* Every death on the road, one packet each: the reason is counted once and nothing else is, the
 * sender hears what the RFCs want it to hear, and what dies before it is confirmed leaves no flow,
 * no mapping and no port behind.
 *
 * Deaths of headers, fragments and segments have tests of their own in unit/core_ip.            */
#include "fake/service.h"
#include "unit/core_path/path_bed.h"

enum { SILENCE = 0, RESET = -1, CONFIRMED = 1 };
#define ICMP(type, code) ((type) << 8 | (code))

struct death {
	enum drop drop;
	u16 in_if;
	int answer;
	void (*conf)(struct sluice_conf *conf);
	void (*make)(struct path_bed *bed); /* prepares, and leaves the packet in bed->b */
	int flows;                          /* that stand afterwards */
};

/* ---- configurations -------------------------------------------------------------------------- */

static void conf_own_route(struct sluice_conf *conf, enum fib_type type)
{
	conf->route[conf->route_count++] = (struct sluice_route_conf){
		.prefix = addr("203.0.113.0"), .prefix_len = 24, .route = { .type = type }
	};
}

static void conf_blackhole(struct sluice_conf *conf)
{
	conf_own_route(conf, FIB_BLACKHOLE);
}

static void conf_prohibit(struct sluice_conf *conf)
{
	conf_own_route(conf, FIB_PROHIBIT);
}

static void conf_no_route(struct sluice_conf *conf)
{
	conf->route_count = 0;
}

static void conf_small_mtu(struct sluice_conf *conf)
{
	conf->iface[RIG_OUT].mtu = 600;
}

static void conf_one_flow(struct sluice_conf *conf)
{
	conf->ct.flow_count = 1;
}

static void conf_one_port(struct sluice_conf *conf)
{
	conf->nat.masquerade_port_first = conf->nat.masquerade_port_last = 5000;
}

static void conf_one_mapping(struct sluice_conf *conf)
{
	conf->nat.mapping_count = 1;
}

/* What the subscriber may still have is used up by the first flow. */
static void conf_one_flow_each(struct sluice_conf *conf)
{
	conf->subscribers.limits.flows = 1;
}

static void conf_one_port_each(struct sluice_conf *conf)
{
	conf->subscribers.limits.ports = 1;
}

static void conf_one_flow_a_second(struct sluice_conf *conf)
{
	conf->subscribers.limits.rate = 1;
}

static void conf_one_subscriber(struct sluice_conf *conf)
{
	conf->subscribers.subscriber_count = 1;
	conf->subscribers.limits.flows = 10;
}

static void conf_no_address(struct sluice_conf *conf)
{
	conf->iface[RIG_OUT].addr_count = 0;
	conf->route[0].route.path[0].gateway = addr("10.20.0.9");
	conf->route[0].route.path[0].out_if = RIG_OUT;
}

static void conf_other_source(struct sluice_conf *conf)
{
	conf->nat.rule[0].source = addr("10.20.0.0");
	conf->nat.rule[0].source_len = 16;
}

static void conf_one_neighbour(struct sluice_conf *conf)
{
	conf->neigh.count = 1;
}

static void conf_pool(struct sluice_conf *conf)
{
	rig_conf_pool(conf, "198.18.7.1", "198.18.7.1");
}

static void conf_host_address(struct sluice_conf *conf)
{
	conf->iface[RIG_IN].addr[0].host = true;
}

static void conf_service(struct sluice_conf *conf)
{
	(void)fake_service(&conf->nat.balance, "web", GATEWAY_OUT, 80);
	(void)fake_backend(&conf->nat.balance, "10.10.1.1", 8080);
}

static void conf_udp_service(struct sluice_conf *conf)
{
	conf_service(conf);
	conf->nat.balance.service[0].proto = IP_PROTO_UDP;
}

/* ---- packets --------------------------------------------------------------------------------- */

static void make_udp(struct path_bed *bed)
{
	udp_out(bed);
}

static void make_syn(struct path_bed *bed)
{
	tcp_out(bed, TCP_SYN);
}

static void make_ack(struct path_bed *bed)
{
	tcp_out(bed, TCP_ACK);
}

static void make_rst(struct path_bed *bed)
{
	tcp_out(bed, TCP_RST);
}

static void make_reply_of_nothing(struct path_bed *bed)
{
	build_echo4(&bed->b, addr(HOST), addr(SERVER), ICMP_ECHO_REPLY, 7, 1);
}

static void make_unknown_icmp(struct path_bed *bed)
{
	build_start(&bed->b);
	build_ip4(&bed->b, addr(HOST), addr(SERVER), IP_PROTO_ICMP);
	build_icmp(&bed->b, 200, 0, 0);
	build_seal(&bed->b);
}

static void make_contradicting_flags(struct path_bed *bed)
{
	tcp_out(bed, TCP_SYN | TCP_FIN);
}

static void make_ttl_1(struct path_bed *bed)
{
	build_ip(udp_out(bed))->ttl = 1;
	build_seal(&bed->b);
}

static void make_df(struct path_bed *bed)
{
	build_udp4(&bed->b, addr(HOST), 5000, addr(SERVER), 53, 1000);
	build_ip(&bed->b)->frag = be16_of(IP4_DF);
	build_seal(&bed->b);
}

static void make_spoofed(struct path_bed *bed)
{
	build_udp4(&bed->b, addr(GATEWAY_OUT), 5000, addr(SERVER), 53, 20);
}

static void conf_strict(struct sluice_conf *conf)
{
	conf->iface[RIG_IN].source_check = IFACE_SOURCE_HERE;
}

static void make_from_elsewhere(struct path_bed *bed)
{
	build_udp4(&bed->b, addr("10.20.0.5"), 5000, addr(SERVER), 53, 20);
}

static void make_from_broadcast(struct path_bed *bed)
{
	build_udp4(&bed->b, addr("10.10.255.255"), 5000, addr(SERVER), 53, 20);
}

static void make_to_class_e(struct path_bed *bed)
{
	build_udp4(&bed->b, addr(HOST), 5000, addr("240.0.0.1"), 53, 20);
}

static void make_bad_icmp_checksum(struct path_bed *bed)
{
	build_echo4(&bed->b, addr(HOST), addr(SERVER), ICMP_ECHO, 7, 1);
	build_icmp_hdr(&bed->b)->csum.raw ^= 1;
}

static void make_cut_udp(struct path_bed *bed)
{
	build_udp_hdr(udp_out(bed))->len = be16_of(200);
}

static void make_error_about_nothing(struct path_bed *bed)
{
	struct build quoted;

	build_udp4(&quoted, addr(GATEWAY_OUT), 5000, addr(SERVER), 53, 20);
	build_error4(&bed->b, addr("198.18.0.2"), addr("203.0.113.200"), ICMP_UNREACH, 1, 0);
	build_quote(&bed->b, quoted.bytes, 28);
}

/* ---- to the gateway itself ------------------------------------------------------------------- */

static void make_udp_to_gateway(struct path_bed *bed)
{
	build_udp4(&bed->b, addr(HOST), 5000, addr(GATEWAY_IN), 53, 20);
}

static void make_syn_to_gateway(struct path_bed *bed)
{
	build_tcp4(&bed->b, addr(HOST), 5000, addr(GATEWAY_IN), 80, TCP_SYN);
}

static void make_gre_to_gateway(struct path_bed *bed)
{
	build_start(&bed->b);
	build_ip4(&bed->b, addr(HOST), addr(GATEWAY_IN), 47);
	build_payload(&bed->b, 20, 0);
	build_seal(&bed->b);
}

static void make_timestamp_to_gateway(struct path_bed *bed)
{
	build_start(&bed->b);
	build_ip4(&bed->b, addr(HOST), addr(GATEWAY_IN), IP_PROTO_ICMP);
	build_icmp(&bed->b, ICMP_TIMESTAMP, 0, 0x00070001);
	build_payload(&bed->b, 12, 0);
	build_seal(&bed->b);
}

static void make_error_to_gateway(struct path_bed *bed)
{
	struct build quoted;

	build_udp4(&quoted, addr(GATEWAY_OUT), 5000, addr(SERVER), 53, 20);
	build_error4(&bed->b, addr("198.18.0.2"), addr(GATEWAY_OUT), ICMP_UNREACH, 1, 0);
	build_quote(&bed->b, quoted.bytes, 28);
}

static void make_damaged_ack(struct path_bed *bed)
{
	build_tcp_hdr(tcp_out(bed, TCP_ACK))->csum.raw ^= 1;
}

static void make_damaged_udp_to_gateway(struct path_bed *bed)
{
	make_udp_to_gateway(bed);
	build_udp_hdr(&bed->b)->csum.raw ^= 1;
}

static void make_damaged_syn_to_gateway(struct path_bed *bed)
{
	make_syn_to_gateway(bed);
	build_tcp_hdr(&bed->b)->csum.raw ^= 1;
}

static void make_damaged_echo_to_gateway(struct path_bed *bed)
{
	build_echo4(&bed->b, addr(HOST), addr(GATEWAY_IN), ICMP_ECHO, 7, 1);
	build_icmp_hdr(&bed->b)->csum.raw ^= 1;
}

/* ---- from outside ---------------------------------------------------------------------------- */

static void make_udp_from_outside(struct path_bed *bed)
{
	build_udp4(&bed->b, addr(SERVER), 53, addr(GATEWAY_OUT), 5000, 20);
}

static void make_syn_from_outside(struct path_bed *bed)
{
	build_tcp4(&bed->b, addr(SERVER), 53, addr(GATEWAY_OUT), 5000, TCP_SYN);
}

static void make_udp_to_pool(struct path_bed *bed)
{
	build_udp4(&bed->b, addr(SERVER), 53, addr("198.18.7.1"), 5000, 20);
}

static void make_stranger(struct path_bed *bed)
{
	u16 port;

	udp_out(bed);
	port = path_pass(bed, RIG_IN)->sport;
	build_udp4(&bed->b, addr("203.0.113.66"), 53, addr(GATEWAY_OUT), port, 20);
}

static void make_spoofed_public(struct path_bed *bed)
{
	u16 port;

	tcp_out(bed, TCP_SYN);
	port = path_pass(bed, RIG_IN)->sport;
	build_tcp4(&bed->b, addr("198.18.7.1"), port, addr(SERVER), 80, TCP_SYN);
}

/* ---- for a service --------------------------------------------------------------------------- */

static void backend_fails(struct path_bed *bed)
{
	assert_int_equal(sluice_backend_set(bed->rig.s, 0, 0, BACKEND_DOWN, bed->rig.now), ERR_OK);
}

/* What the backend would answer from is how it speaks to the client of its own accord. */
static void make_client_that_backend_asked(struct path_bed *bed)
{
	build_tcp4(&bed->b, addr("10.10.1.1"), 8080, addr(SERVER), 5000, TCP_SYN);
	(void)path_pass(bed, RIG_IN);
	build_tcp4(&bed->b, addr(SERVER), 5000, addr(GATEWAY_OUT), 80, TCP_SYN);
}

static void make_syn_without_backend(struct path_bed *bed)
{
	backend_fails(bed);
	build_tcp4(&bed->b, addr(SERVER), 5000, addr(GATEWAY_OUT), 80, TCP_SYN);
}

static void make_damaged_syn_of_service(struct path_bed *bed)
{
	make_syn_without_backend(bed);
	build_tcp_hdr(&bed->b)->csum.raw ^= 1;
}

static void make_udp_without_backend(struct path_bed *bed)
{
	backend_fails(bed);
	build_udp4(&bed->b, addr(SERVER), 5000, addr(GATEWAY_OUT), 80, 20);
}

static void make_ack_of_gone_backend(struct path_bed *bed)
{
	build_tcp4(&bed->b, addr(SERVER), 5000, addr(GATEWAY_OUT), 80, TCP_SYN);
	(void)path_pass(bed, RIG_OUT);
	build_tcp4(&bed->b, addr("10.10.1.1"), 8080, addr(SERVER), 5000, TCP_SYN | TCP_ACK);
	(void)path_pass(bed, RIG_IN);
	backend_fails(bed);
	build_tcp4(&bed->b, addr(SERVER), 5000, addr(GATEWAY_OUT), 80, TCP_ACK);
}

static void make_answer_of_gone_backend(struct path_bed *bed)
{
	build_udp4(&bed->b, addr(SERVER), 5000, addr(GATEWAY_OUT), 80, 20);
	(void)path_pass(bed, RIG_OUT);
	backend_fails(bed);
	build_udp4(&bed->b, addr("10.10.1.1"), 8080, addr(SERVER), 5000, 20);
}

static void make_midstream_of_service(struct path_bed *bed)
{
	build_tcp4(&bed->b, addr(SERVER), 5000, addr(GATEWAY_OUT), 80, TCP_ACK);
}

/* As a router of the outside might say it, and as one of the inside. */
static void make_redirect_from_outside(struct path_bed *bed)
{
	static struct build left;

	udp_out(bed);
	(void)path_pass(bed, RIG_IN);
	build_start(&left);
	build_bytes(&left, bed->out.frame.bytes + bed->out.frame.l3, bed->out.seen.len);
	build_error4(&bed->b, addr("198.18.0.2"), addr(GATEWAY_OUT), ICMP_REDIRECT, 1,
		     be32_host(addr("198.18.0.3")));
	build_quote(&bed->b, left.bytes, left.len);
}

static void make_redirect_from_inside(struct path_bed *bed)
{
	static struct build left;
	u16 port;

	udp_out(bed);
	port = path_pass(bed, RIG_IN)->sport;
	build_udp4(&bed->b, addr(SERVER), 53, addr(GATEWAY_OUT), port, 20);
	(void)path_pass(bed, RIG_OUT);
	build_start(&left);
	build_bytes(&left, bed->out.frame.bytes + bed->out.frame.l3, bed->out.seen.len);
	build_error4(&bed->b, addr("10.10.0.254"), addr(SERVER), ICMP_REDIRECT, 1,
		     be32_host(addr("10.10.0.253")));
	build_quote(&bed->b, left.bytes, left.len);
}

/* ---- tables that are full -------------------------------------------------------------------- */

static void make_second_after_answered(struct path_bed *bed)
{
	u16 port;

	udp_out(bed);
	port = path_pass(bed, RIG_IN)->sport;
	build_udp4(&bed->b, addr(SERVER), 53, addr(GATEWAY_OUT), port, 20);
	(void)path_pass(bed, RIG_OUT);
	build_udp4(&bed->b, addr(HOST), 5001, addr(SERVER), 53, 20);
}

static void make_second_endpoint(struct path_bed *bed)
{
	udp_out(bed);
	(void)path_pass(bed, RIG_IN);
	build_udp4(&bed->b, addr(HOST), 5001, addr(SERVER), 53, 20);
}

static void make_second_subscriber(struct path_bed *bed)
{
	udp_out(bed);
	(void)path_pass(bed, RIG_IN);
	build_udp4(&bed->b, addr("10.10.0.6"), 5000, addr(SERVER), 53, 20);
}

/* An entry for which packets wait is not given away. */
static void make_second_next_hop(struct path_bed *bed)
{
	bed->rig.silent[bed->rig.silent_count++] = addr("198.18.0.2");
	assert_true(rig_send(&bed->rig, RIG_IN, udp_out(bed)));
	assert_false(rig_next(&bed->rig, &bed->out));
	build_udp4(&bed->b, addr(HOST), 5000, addr("198.18.0.77"), 53, 20);
}

static void make_link_down(struct path_bed *bed)
{
	sluice_set_link(bed->rig.s, RIG_OUT, false);
	udp_out(bed);
}

static const struct death deaths[] = {
	{ DROP_IP_SPOOFED, RIG_IN, SILENCE, NULL, make_spoofed, 0 },
	{ DROP_IP_SPOOFED, RIG_OUT, SILENCE, conf_pool, make_spoofed_public, 1 },
	{ DROP_IP_NO_WAY_BACK, RIG_IN, SILENCE, conf_strict, make_from_elsewhere, 0 },
	{ DROP_IP_SOURCE, RIG_IN, SILENCE, NULL, make_from_broadcast, 0 },
	{ DROP_IP_DESTINATION, RIG_IN, SILENCE, NULL, make_to_class_e, 0 },
	{ DROP_L4_SHORT, RIG_IN, SILENCE, NULL, make_cut_udp, 0 },
	{ DROP_L4_CHECKSUM, RIG_IN, SILENCE, NULL, make_bad_icmp_checksum, 0 },
	{ DROP_TCP_FLAGS, RIG_IN, SILENCE, NULL, make_contradicting_flags, 0 },
	{ DROP_CT_INVALID, RIG_IN, SILENCE, NULL, make_rst, 0 },
	{ DROP_CT_INVALID, RIG_IN, SILENCE, NULL, make_reply_of_nothing, 0 },
	{ DROP_CT_INVALID, RIG_IN, SILENCE, NULL, make_unknown_icmp, 0 },
	{ DROP_CT_MIDSTREAM, RIG_IN, RESET, NULL, make_ack, 0 },
	{ DROP_CT_FULL, RIG_IN, ICMP(3, 13), conf_one_flow, make_second_after_answered, 1 },
	{ DROP_CT_RELATED, RIG_OUT, SILENCE, NULL, make_error_about_nothing, 0 },
	{ DROP_ICMP_REDIRECT, RIG_OUT, SILENCE, NULL, make_redirect_from_outside, 1 },
	{ DROP_ICMP_REDIRECT, RIG_IN, SILENCE, NULL, make_redirect_from_inside, 1 },
	{ DROP_CT_CLASH, RIG_OUT, SILENCE, conf_service, make_client_that_backend_asked, 1 },
	{ DROP_NAT_NO_PORT, RIG_IN, ICMP(3, 13), conf_one_port, make_second_endpoint, 1 },
	{ DROP_NAT_NO_ADDRESS, RIG_IN, ICMP(3, 13), conf_no_address, make_udp, 0 },
	{ DROP_NAT_MAPPING_FULL, RIG_IN, ICMP(3, 13), conf_one_mapping, make_second_endpoint, 1 },
	{ DROP_NAT_FILTERED, RIG_OUT, SILENCE, NULL, make_stranger, 1 },
	{ DROP_NAT_UNSOLICITED, RIG_OUT, SILENCE, conf_pool, make_udp_to_pool, 0 },
	{ DROP_NAT_UNSOLICITED, RIG_OUT, SILENCE, NULL, make_syn_from_outside, 0 },
	{ DROP_NAT_NO_BACKEND, RIG_OUT, RESET, conf_service, make_syn_without_backend, 0 },
	{ DROP_NAT_NO_BACKEND, RIG_OUT, ICMP(3, 3), conf_udp_service, make_udp_without_backend, 0 },
	{ DROP_NAT_BACKEND_GONE, RIG_OUT, RESET, conf_service, make_ack_of_gone_backend, 0 },
	{ DROP_NAT_BACKEND_GONE, RIG_IN, SILENCE, conf_udp_service, make_answer_of_gone_backend,
	  1 },
	{ DROP_CT_MIDSTREAM, RIG_OUT, RESET, conf_service, make_midstream_of_service, 0 },
	{ DROP_TRANSPORT_CHECKSUM, RIG_OUT, SILENCE, conf_service, make_damaged_syn_of_service, 0 },
	{ DROP_MARTIAN_OUT, RIG_IN, SILENCE, conf_other_source, make_udp, 0 },
	{ DROP_SUBSCRIBER_FLOWS, RIG_IN, ICMP(3, 13), conf_one_flow_each, make_second_endpoint, 1 },
	{ DROP_SUBSCRIBER_PORTS, RIG_IN, ICMP(3, 13), conf_one_port_each, make_second_endpoint, 1 },
	{ DROP_SUBSCRIBER_RATE, RIG_IN, ICMP(3, 13), conf_one_flow_a_second, make_second_endpoint,
	  1 },
	{ DROP_SUBSCRIBER_FULL, RIG_IN, ICMP(3, 13), conf_one_subscriber, make_second_subscriber,
	  1 },
	{ DROP_NO_ROUTE, RIG_IN, ICMP(3, 0), conf_no_route, make_udp, 0 },
	{ DROP_NO_ROUTE, RIG_IN, ICMP(3, 0), conf_no_route, make_syn, 0 },
	{ DROP_ROUTE_BLACKHOLE, RIG_IN, SILENCE, conf_blackhole, make_udp, 0 },
	{ DROP_ROUTE_PROHIBITED, RIG_IN, ICMP(3, 13), conf_prohibit, make_udp, 0 },
	{ DROP_TTL_EXPIRED, RIG_IN, ICMP(11, 0), NULL, make_ttl_1, 0 },
	{ DROP_TOO_BIG_DF, RIG_IN, ICMP(3, 4), conf_small_mtu, make_df, 0 },
	{ DROP_NEIGH_FULL, RIG_IN, SILENCE, conf_one_neighbour, make_second_next_hop, 2 },
	{ DROP_IFACE_DOWN, RIG_IN, ICMP(3, 1), NULL, make_link_down, CONFIRMED },
	{ DROP_NO_SOCKET, RIG_IN, ICMP(3, 3), NULL, make_udp_to_gateway, 0 },
	{ DROP_NO_SOCKET, RIG_IN, RESET, NULL, make_syn_to_gateway, 0 },
	{ DROP_NO_SOCKET, RIG_OUT, ICMP(3, 3), NULL, make_udp_from_outside, 0 },
	{ DROP_TRANSPORT_CHECKSUM, RIG_IN, SILENCE, NULL, make_damaged_ack, 0 },
	{ DROP_TRANSPORT_CHECKSUM, RIG_IN, SILENCE, NULL, make_damaged_udp_to_gateway, 0 },
	{ DROP_TRANSPORT_CHECKSUM, RIG_IN, SILENCE, NULL, make_damaged_syn_to_gateway, 0 },
	{ DROP_L4_CHECKSUM, RIG_IN, SILENCE, NULL, make_damaged_echo_to_gateway, 0 },
	{ DROP_NO_PROTOCOL, RIG_IN, ICMP(3, 2), NULL, make_gre_to_gateway, 0 },
	{ DROP_NO_HOST, RIG_IN, SILENCE, conf_host_address, make_udp_to_gateway, 0 },
	{ DROP_ICMP_CONSUMED, RIG_IN, SILENCE, NULL, make_timestamp_to_gateway, 0 },
	{ DROP_ICMP_CONSUMED, RIG_OUT, SILENCE, NULL, make_error_to_gateway, 0 },
};

/* What the sender gets must quote its packet as it sent it, TTL and all. */
static void expect_answer(struct path_bed *bed, const struct death *death)
{
	const struct seen *seen = &bed->out.seen;

	if (death->answer == SILENCE) {
		if (rig_next(&bed->rig, &bed->out))
			fail_msg("%s was answered", drop_name(death->drop));
		return;
	}
	if (!rig_next(&bed->rig, &bed->out))
		fail_msg("%s was not answered", drop_name(death->drop));
	assert_int_equal(bed->out.out_if, death->in_if);
	assert_int_equal(seen->wrong, 0);
	assert_true(be32_eq(seen->dst, build_ip(&bed->b)->src));
	if (death->answer == RESET) {
		assert_int_equal(seen->flags & TCP_RST, TCP_RST);
		assert_true(be32_eq(seen->src, build_ip(&bed->b)->dst));
	} else {
		assert_int_equal(ICMP(seen->type, seen->code), death->answer);
		assert_true(be32_eq(seen->src, death->in_if == RIG_IN ? addr(GATEWAY_IN) :
									addr(GATEWAY_OUT)));
		assert_true(seen->quote_len >= 28);
		assert_memory_equal(seen->quote, bed->b.bytes,
				    u32_min(seen->quote_len, bed->b.len));
	}
	assert_false(rig_next(&bed->rig, &bed->out));
}

static void die(const struct death *death, bool slow)
{
	struct path_bed *bed = path_bed_new();
	u64 before, ports;
	u32 mappings;

	bed->conf.slow_road = slow;
	if (death->conf != NULL)
		death->conf(&bed->conf);
	path_bed_start(bed);
	death->make(bed);
	before = rig_drop_sum(&bed->rig);
	ports = rig_ports_held(&bed->rig);
	mappings = rig_mapping_count(&bed->rig);
	assert_int_equal(rig_drop_count(&bed->rig, death->drop), 0);
	assert_true(rig_send(&bed->rig, death->in_if, &bed->b));
	if (rig_drop_count(&bed->rig, death->drop) != 1)
		fail_msg("%s was not counted", drop_name(death->drop));
	assert_int_equal(rig_drop_sum(&bed->rig), before + 1);
	expect_answer(bed, death);
	assert_int_equal(sluice_flow_count(bed->rig.s), death->flows);
	if (death->drop != DROP_IFACE_DOWN && death->drop != DROP_NEIGH_FULL) {
		assert_int_equal(rig_ports_held(&bed->rig), ports);
		assert_int_equal(rig_mapping_count(&bed->rig), mappings);
	}
	sluice_check(bed->rig.s);
	path_bed_close(bed);
}

/* A router leaves the transport checksum of what it forwards to the receiver; and an error that
 * forwarding calls for is about the IP header alone.                                             */
static void test_damage_is_forwarded(void **state)
{
	struct path_bed *bed = path_bed_open();

	(void)state;
	build_udp_hdr(udp_out(bed))->csum.raw ^= 1;
	assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
	assert_true(rig_next(&bed->rig, &bed->out));
	assert_int_equal(bed->out.out_if, RIG_OUT);
	assert_int_equal(bed->out.seen.wrong, SEEN_L4_CSUM);
	build_tcp_hdr(tcp_out(bed, TCP_SYN))->csum.raw ^= 1;
	assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
	assert_true(rig_next(&bed->rig, &bed->out));
	assert_int_equal(bed->out.out_if, RIG_OUT);
	make_ttl_1(bed);
	build_udp_hdr(&bed->b)->csum.raw ^= 1;
	assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
	assert_true(rig_next(&bed->rig, &bed->out));
	assert_int_equal(bed->out.out_if, RIG_IN);
	assert_int_equal(bed->out.seen.type, ICMP_TIME_EXCEEDED);
	path_bed_close(bed);
}

static void test_every_death(void **state)
{
	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(deaths); n++) {
		die(&deaths[n], false);
		die(&deaths[n], true);
	}
}

/* ---- the link -------------------------------------------------------------------------------- */

static void link_dies(struct path_bed *bed, const struct mac *dst, u16 type, enum drop drop)
{
	struct mac src = rig_mac_of(addr(HOST));
	struct build ip = *udp_out(bed);

	build_start(&bed->b);
	build_eth(&bed->b, dst, &src, type);
	build_bytes(&bed->b, ip.bytes, ip.len);
	assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
	if (rig_drop_count(&bed->rig, drop) != 1)
		fail_msg("%s was not counted", drop_name(drop));
	assert_false(rig_next(&bed->rig, &bed->out));
}

static void test_deaths_of_the_link(void **state)
{
	struct path_bed *bed = path_bed_open();
	struct mac own = bed->rig.mac[RIG_IN], other = own, all = MAC_BROADCAST;
	struct mac group = { { 1, 0, 0x5e, 0, 0, 5 } };
	struct pkt *pkt;

	(void)state;
	other.byte[5] ^= 0x40;
	link_dies(bed, &own, 0x86dd, DROP_LINK_TYPE);
	link_dies(bed, &other, ETH_TYPE_IP4, DROP_LINK_OTHER_HOST);
	link_dies(bed, &all, ETH_TYPE_IP4, DROP_LINK_GROUP);
	bed->rig.s->drops.count[DROP_LINK_GROUP] = 0;
	link_dies(bed, &group, ETH_TYPE_IP4, DROP_LINK_GROUP);
	link_dies(bed, &own, ETH_TYPE_ARP, DROP_ARP_MALFORMED);
	pkt = rig_make(&bed->rig, RIG_IN, udp_out(bed));
	pkt->l3 = (u16)(pkt->l2 + 10);
	pkt->len = 0;
	rig_input(&bed->rig, pkt);
	assert_int_equal(rig_drop_count(&bed->rig, DROP_LINK_SHORT), 1);
	assert_int_equal(rig_drop_sum(&bed->rig), 5);
	assert_int_equal(sluice_flow_count(bed->rig.s), 0);
	path_bed_close(bed);
}

/* ---- neighbours ------------------------------------------------------------------------------ */

static void make_silent(struct path_bed *bed)
{
	bed->rig.silent[bed->rig.silent_count++] = addr("198.18.0.2");
}

static void test_next_hop_that_does_not_answer(void **state)
{
	struct path_bed *bed = path_bed_open();
	struct build sent;

	(void)state;
	make_silent(bed);
	sent = *udp_out(bed);
	assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
	for (u32 n = 0; n < 200 && rig_drop_count(&bed->rig, DROP_NEIGH_FAILED) == 0; n++) {
		assert_false(rig_next(&bed->rig, &bed->out));
		rig_advance(&bed->rig, 100 * NS_PER_MS);
	}
	assert_int_equal(rig_drop_count(&bed->rig, DROP_NEIGH_FAILED), 1);
	/* The packet was translated before it waited: the error quotes it as it was sent. */
	assert_true(rig_next(&bed->rig, &bed->out));
	assert_int_equal(ICMP(bed->out.seen.type, bed->out.seen.code), ICMP(3, 1));
	assert_memory_equal(bed->out.seen.quote, sent.bytes, sent.len);
	path_bed_close(bed);
}

static void test_too_many_wait_for_a_next_hop(void **state)
{
	struct path_bed *bed = path_bed_open();
	u32 sent = 0;

	(void)state;
	make_silent(bed);
	while (rig_drop_count(&bed->rig, DROP_NEIGH_QUEUE_FULL) == 0 && sent < 1000) {
		build_udp4(&bed->b, addr(HOST), (u16)(5000 + sent++), addr(SERVER), 53, 20);
		assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
	}
	assert_in_range(sent, 2, 999);
	assert_int_equal(rig_drop_sum(&bed->rig), 1);
	path_bed_close(bed);
}

/* ---- buffers and queues ---------------------------------------------------------------------- */

/* Larger than the way out, no DF, and no buffers for the fragments. */
static void test_no_buffer(void **state)
{
	struct path_bed *bed = path_bed_new();
	struct pkt *taken[64];
	u32 count = 0;
	struct pkt *pkt;

	(void)state;
	conf_small_mtu(&bed->conf);
	bed->conf.packets.small_count = 24;
	path_bed_start(bed);
	udp_out(bed);
	(void)path_pass(bed, RIG_IN);
	build_udp4(&bed->b, addr(HOST), 5000, addr(SERVER), 53, 1000);
	pkt = rig_make(&bed->rig, RIG_IN, &bed->b);
	while (count < 64 && (taken[count] = pkt_new(sluice_pool(bed->rig.s), 100)) != NULL)
		count++;
	rig_input(&bed->rig, pkt);
	assert_int_equal(rig_drop_count(&bed->rig, DROP_NO_BUFFER), 1);
	while (count > 0)
		pkt_put(taken[--count]);
	assert_false(rig_next(&bed->rig, &bed->out));
	path_bed_close(bed);
}

static void test_queue_of_the_drivers_full(void **state)
{
	struct path_bed *bed = path_bed_new();

	(void)state;
	bed->conf.packets.small_count = PATH_QUEUE_MAX + 64;
	path_bed_start(bed);
	udp_out(bed);
	(void)path_pass(bed, RIG_IN);
	for (u32 n = 0; n < PATH_QUEUE_MAX; n++)
		assert_true(rig_send(&bed->rig, RIG_IN, udp_out(bed)));
	assert_int_equal(rig_drop_sum(&bed->rig), 0);
	assert_true(rig_send(&bed->rig, RIG_IN, udp_out(bed)));
	assert_int_equal(rig_drop_count(&bed->rig, DROP_TX_FULL), 1);
	assert_int_equal(rig_drain(&bed->rig), PATH_QUEUE_MAX);
	path_bed_close(bed);
}

/* What a driver could not send is counted in the same place, and not as sent. */
static void test_what_a_driver_could_not_send(void **state)
{
	struct path_bed *bed = path_bed_open();
	const struct iface_stats *stats = &sluice_ifaces(bed->rig.s)->iface[RIG_OUT].stats;
	struct batch batch = { .count = 0 };
	u64 packets, bytes;

	(void)state;
	udp_out(bed);
	(void)path_pass(bed, RIG_IN);
	packets = stats->tx_packets;
	bytes = stats->tx_bytes;
	assert_true(rig_send(&bed->rig, RIG_IN, udp_out(bed)));
	assert_int_equal(stats->tx_packets, packets + 1);
	assert_true(sluice_output(bed->rig.s, &batch));
	assert_int_equal(batch.count, 1);
	sluice_count_unsent(bed->rig.s, batch.pkt[0]);
	pkt_put(batch.pkt[0]);
	assert_int_equal(rig_drop_count(&bed->rig, DROP_TX_FULL), 1);
	assert_int_equal(stats->tx_packets, packets);
	assert_int_equal(stats->tx_bytes, bytes);
	path_bed_close(bed);
}

/* A packet that waited for its next hop may have outlived its flow; the slot may be somebody's who
 * is on the road at this moment.                                                                */
static void test_grave_of_the_late_leaves_others_alone(void **state)
{
	struct path_bed *bed = path_bed_open();
	struct ct *ct = &bed->rig.s->ct;
	struct tuple_key key = { { addr(HOST), addr(SERVER), be16_of(1), be16_of(2) }, 17, 0 };
	struct pkt *late = rig_make(&bed->rig, RIG_IN, udp_out(bed));
	u32 idx = ct_new(ct, &key, bed->rig.now);

	(void)state;
	late->flow = idx << 1;
	late->flow_gen = (u32)ct->flow[idx].handle_gen - 1;
	late->nexthop = 0;
	late->drop = DROP_NEIGH_FAILED;
	path_bury(&bed->rig.s->path, late, bed->rig.now);
	assert_int_equal(ct->flow[idx].flags & FLOW_ENDED, 0);
	ct_abandon(ct, idx);
	path_drain_ended(&bed->rig.s->path, bed->rig.now);
	path_bed_close(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_death),
		cmocka_unit_test(test_damage_is_forwarded),
		cmocka_unit_test(test_deaths_of_the_link),
		cmocka_unit_test(test_next_hop_that_does_not_answer),
		cmocka_unit_test(test_too_many_wait_for_a_next_hop),
		cmocka_unit_test(test_no_buffer),
		cmocka_unit_test(test_queue_of_the_drivers_full),
		cmocka_unit_test(test_what_a_driver_could_not_send),
		cmocka_unit_test(test_grave_of_the_late_leaves_others_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
