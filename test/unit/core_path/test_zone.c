/* Zones on the road: the same inside addresses in several of them, what leads from one to another,
 * and what they share.                                                                           */
#include "unit/core_path/zone_bed.h"

static struct path_bed *zones_open(void)
{
	struct path_bed *bed = zones_new();

	path_bed_start(bed);
	return bed;
}

static void expect_way(const struct path_bed *bed, const struct seen *seen, u16 out_if,
		       const char *src, const char *dst)
{
	assert_int_equal(bed->out.out_if, out_if);
	assert_true(be32_eq(seen->src, addr(src)));
	assert_true(be32_eq(seen->dst, addr(dst)));
}

/* It dies, of this alone. */
static void dies(struct path_bed *bed, u16 in_if, enum drop why)
{
	u64 before = rig_drop_count(&bed->rig, why), sum = rig_drop_sum(&bed->rig);

	assert_true(rig_send(&bed->rig, in_if, &bed->b));
	assert_int_equal(rig_drop_count(&bed->rig, why), before + 1);
	assert_int_equal(rig_drop_sum(&bed->rig), sum + 1);
}

static const struct seen *answer(struct path_bed *bed)
{
	assert_true(rig_next(&bed->rig, &bed->out));
	assert_int_equal(bed->out.seen.wrong, 0);
	return &bed->out.seen;
}

static u32 zone_flows(const struct path_bed *bed, u8 zone)
{
	struct sluice_zone shown[IFACE_ZONE_MAX];
	u32 cursor = 0, count;

	count = sluice_show_zones(bed->rig.s, &cursor, shown, IFACE_ZONE_MAX);
	assert_int_equal(cursor, SLUICE_CURSOR_END);
	assert_in_range(zone, 0, count - 1);
	return shown[zone].flows;
}

/* ---- the same addresses ---------------------------------------------------------------------- */

/* UDP there and back from the same address and port of both zones, on the whole road and on the
 * short cut.                                                                                     */
static void test_same_endpoint_in_two_zones(void **state)
{
	struct path_bed *bed = zones_open();
	u16 port[2];
	u64 fast;

	(void)state;
	for (u32 round = 0; round < 3; round++) {
		fast = rig_counter(&bed->rig, "packets_fast");
		udp_out(bed);
		expect_way(bed, path_pass(bed, BLUE), RIG_OUT, BLUE_PUBLIC, SERVER);
		port[0] = bed->out.seen.sport;
		udp_out(bed);
		expect_way(bed, path_pass(bed, RED), RIG_OUT, RED_PUBLIC, SERVER);
		port[1] = bed->out.seen.sport;
		build_udp4(&bed->b, addr(SERVER), 53, addr(BLUE_PUBLIC), port[0], 20);
		expect_way(bed, path_pass(bed, RIG_OUT), BLUE, SERVER, HOST);
		build_udp4(&bed->b, addr(SERVER), 53, addr(RED_PUBLIC), port[1], 20);
		expect_way(bed, path_pass(bed, RIG_OUT), RED, SERVER, HOST);
	}
	assert_int_equal(rig_counter(&bed->rig, "packets_fast"), fast + 4);
	assert_int_equal(sluice_flow_count(bed->rig.s), 2);
	assert_int_equal(zone_flows(bed, 1), 1);
	assert_int_equal(zone_flows(bed, 2), 1);
	assert_int_equal(zone_flows(bed, 0), 0);
	path_bed_close(bed);
}

/* Behind one address for all: its ports tell them apart. */
static void test_one_public_address_for_all(void **state)
{
	struct path_bed *bed = zones_new();
	u16 port[2];

	(void)state;
	bed->conf.nat.rule_count = 1;
	bed->conf.nat.rule[0].zone = NAT_ZONE_ANY;
	path_bed_start(bed);
	for (u32 n = 0; n < 2; n++) {
		tcp_out(bed, TCP_SYN);
		expect_way(bed, path_pass(bed, n == 0 ? BLUE : RED), RIG_OUT, BLUE_PUBLIC, SERVER);
		port[n] = bed->out.seen.sport;
	}
	assert_int_not_equal(port[0], port[1]);
	for (u32 n = 0; n < 2; n++) {
		build_tcp4(&bed->b, addr(SERVER), 80, addr(BLUE_PUBLIC), port[n],
			   TCP_SYN | TCP_ACK);
		expect_way(bed, path_pass(bed, RIG_OUT), n == 0 ? BLUE : RED, SERVER, HOST);
	}
	path_bed_close(bed);
}

/* A rule for one zone is none for another. */
static void test_a_rule_is_of_its_zone(void **state)
{
	struct path_bed *bed = zones_new();

	(void)state;
	bed->conf.nat.rule_count = 1; /* of blue */
	path_bed_start(bed);
	udp_out(bed);
	(void)path_pass(bed, BLUE);
	udp_out(bed);
	dies(bed, RED, DROP_MARTIAN_OUT);
	path_bed_close(bed);
}

/* Pieces with the same addresses and identifier are put together zone by zone. */
static void test_fragments_of_two_zones(void **state)
{
	struct path_bed *bed = zones_open();
	struct build whole;

	(void)state;
	build_udp4(&whole, addr(HOST), 5000, addr(SERVER), 53, 1200);
	for (u32 piece = 0; piece < 2; piece++) {
		for (u32 zone = 0; zone < 2; zone++) {
			assert_true(build_fragment(&bed->b, &whole, 800, piece));
			if (piece == 0) {
				assert_true(rig_send(&bed->rig, zone == 0 ? BLUE : RED, &bed->b));
				assert_false(rig_next(&bed->rig, &bed->out));
				continue;
			}
			expect_way(bed, path_pass(bed, zone == 0 ? BLUE : RED), RIG_OUT,
				   zone == 0 ? BLUE_PUBLIC : RED_PUBLIC, SERVER);
			(void)rig_drain(&bed->rig);
		}
	}
	path_bed_close(bed);
}

/* One zone's host does not use up what another's of the same address may have. */
static void test_subscribers_are_of_a_zone(void **state)
{
	struct path_bed *bed = zones_new();

	(void)state;
	bed->conf.subscribers.limits.flows = 1;
	path_bed_start(bed);
	udp_out(bed);
	(void)path_pass(bed, BLUE);
	udp_out(bed);
	(void)path_pass(bed, RED);
	build_udp4(&bed->b, addr(HOST), 5001, addr(SERVER), 53, 20);
	dies(bed, BLUE, DROP_SUBSCRIBER_FLOWS);
	path_bed_close(bed);
}

/* Neither does what its filter rules let each source have. */
static void test_limits_of_sources_are_of_a_zone(void **state)
{
	struct path_bed *bed = zones_new();
	struct filter_rule_conf rule;

	(void)state;
	filter_rule_defaults(&rule);
	rule.states = FILTER_NEW;
	rule.source_limit = (struct filter_limit){ 1, 60, 1 };
	rule.limit_over = true;
	rule.fate.action = FILTER_DROP;
	bed->conf.filter.rule = &rule;
	bed->conf.filter.rule_count = 1;
	path_bed_start(bed);
	udp_out(bed);
	(void)path_pass(bed, BLUE);
	udp_out(bed);
	(void)path_pass(bed, RED);
	build_udp4(&bed->b, addr(HOST), 5001, addr(SERVER), 53, 20);
	dies(bed, BLUE, DROP_FILTER_FORWARD);
	build_udp4(&bed->b, addr(HOST), 5001, addr(SERVER), 53, 20);
	dies(bed, RED, DROP_FILTER_FORWARD);
	path_bed_close(bed);
}

/* ---- the gateway and errors ------------------------------------------------------------------ */

/* The gateway's address of every zone answers into that zone, and so does the common one. */
static void test_echo_of_the_gateway(void **state)
{
	struct path_bed *bed = zones_open();

	(void)state;
	build_echo4(&bed->b, addr(HOST), addr(GATEWAY_IN), 8, 7, 1);
	expect_way(bed, path_pass(bed, BLUE), BLUE, GATEWAY_IN, HOST);
	build_echo4(&bed->b, addr(HOST), addr(GATEWAY_IN), 8, 7, 1);
	expect_way(bed, path_pass(bed, RED), RED, GATEWAY_IN, HOST);
	build_echo4(&bed->b, addr(HOST), addr(GATEWAY_OUT), 8, 7, 1);
	expect_way(bed, path_pass(bed, RED), RED, GATEWAY_OUT, HOST);
	path_bed_close(bed);
}

/* An error about a flow reaches the zone whose packet it quotes; one of the gateway's own goes back
 * where the packet came from.                                                                    */
static void test_errors_find_their_zone(void **state)
{
	struct path_bed *bed = zones_open();
	struct build sent;
	const struct seen *seen;

	(void)state;
	udp_out(bed);
	(void)path_pass(bed, BLUE);
	udp_out(bed);
	(void)path_pass(bed, RED);
	sent = bed->out.frame;
	build_error4(&bed->b, addr("203.0.113.1"), addr(RED_PUBLIC), 3, 1, 0);
	build_quote(&bed->b, build_ip(&sent), 28);
	expect_way(bed, path_pass(bed, RIG_OUT), RED, "203.0.113.1", HOST);
	udp_out(bed);
	build_ip(&bed->b)->ttl = 1;
	build_seal_ip(&bed->b);
	dies(bed, RED, DROP_TTL_EXPIRED);
	seen = answer(bed);
	expect_way(bed, seen, RED, GATEWAY_IN, HOST);
	assert_int_equal(seen->type, 11);
	path_bed_close(bed);
}

/* The outside's broadcast address is one from a zone, too: no error about it (RFC 1812 4.3.2.7). */
static void test_no_error_about_a_broadcast_outside(void **state)
{
	struct path_bed *bed = zones_new();

	(void)state;
	bed->conf.subscribers.limits.flows = 1;
	path_bed_start(bed);
	udp_out(bed);
	(void)path_pass(bed, BLUE);
	build_udp4(&bed->b, addr(HOST), 5001, addr(SERVER), 53, 20);
	dies(bed, BLUE, DROP_SUBSCRIBER_FLOWS);
	expect_way(bed, answer(bed), BLUE, GATEWAY_IN, HOST);
	build_udp4(&bed->b, addr(HOST), 5001, addr("198.18.255.255"), 53, 20);
	dies(bed, BLUE, DROP_SUBSCRIBER_FLOWS);
	assert_false(rig_next(&bed->rig, &bed->out));
	path_bed_close(bed);
}

/* ---- from zone to zone ----------------------------------------------------------------------- */

/* A common inside network is no way round: what leads there is the outside, or nothing. */
static void test_no_way_to_another_inside(void **state)
{
	struct path_bed *bed = zones_new();
	const struct seen *seen;

	(void)state;
	zone_set(&bed->conf.iface[RED], 0, "");
	bed->conf.iface[RED].addr[0].addr = addr("10.20.0.1");
	bed->conf.nat.rule_count = 1;
	path_bed_start(bed);
	build_udp4(&bed->b, addr(HOST), 5000, addr("10.20.0.7"), 53, 20);
	dies(bed, BLUE, DROP_ROUTE_ZONE);
	seen = answer(bed);
	expect_way(bed, seen, BLUE, GATEWAY_IN, HOST);
	assert_int_equal(seen->type, 3);
	assert_int_equal(seen->code, 13);
	path_bed_close(bed);
}

/* By public addresses zones meet as strangers do, with the same inside addresses on both sides. */
static void test_hairpin_between_zones(void **state)
{
	struct path_bed *bed = zones_new();
	struct nat_conf *nat = &bed->conf.nat;
	u16 port;

	(void)state;
	nat->static_count = 1;
	nat->fixed[0] = (struct nat_static_conf){ addr(HOST), addr("198.18.7.7"), 32, 2 };
	path_bed_start(bed);
	build_tcp4(&bed->b, addr(HOST), 5000, addr("198.18.7.7"), 80, TCP_SYN);
	expect_way(bed, path_pass(bed, BLUE), RED, BLUE_PUBLIC, HOST);
	port = bed->out.seen.sport;
	build_tcp4(&bed->b, addr(HOST), 80, addr(BLUE_PUBLIC), port, TCP_SYN | TCP_ACK);
	expect_way(bed, path_pass(bed, RED), BLUE, "198.18.7.7", HOST);
	/* In blue the address belongs to nobody, so its host goes by the rule. */
	udp_out(bed);
	expect_way(bed, path_pass(bed, BLUE), RIG_OUT, BLUE_PUBLIC, SERVER);
	udp_out(bed);
	expect_way(bed, path_pass(bed, RED), RIG_OUT, "198.18.7.7", SERVER);
	path_bed_close(bed);
}

/* Whom a host has spoken to behind his public address is in his zone. An outside host that has the
 * address he has there is a stranger, also where it is not in a zone.                            */
static void test_a_host_of_another_zone_is_no_peer_outside(void **state)
{
	struct path_bed *bed = zones_new();
	struct nat_conf *nat = &bed->conf.nat;
	u16 port;

	(void)state;
	nat->static_count = 1;
	nat->fixed[0] = (struct nat_static_conf){ addr(HOST), addr("198.18.7.7"), 32, 2 };
	path_bed_start(bed);
	build_udp4(&bed->b, addr(HOST), 5000, addr("198.18.7.7"), 53, 20);
	expect_way(bed, path_pass(bed, BLUE), RED, BLUE_PUBLIC, HOST);
	port = bed->out.seen.sport;
	build_udp4(&bed->b, addr(HOST), 99, addr(BLUE_PUBLIC), port, 20);
	dies(bed, RIG_OUT, DROP_NAT_FILTERED);
	/* He himself is let in, by whatever port, as all of the inside are. */
	build_udp4(&bed->b, addr(HOST), 99, addr(BLUE_PUBLIC), port, 20);
	expect_way(bed, path_pass(bed, RED), BLUE, "198.18.7.7", HOST);
	/* So is outside who was spoken to there. */
	build_udp4(&bed->b, addr(HOST), 5000, addr(SERVER), 53, 20);
	(void)path_pass(bed, BLUE);
	build_udp4(&bed->b, addr(SERVER), 99, addr(BLUE_PUBLIC), port, 20);
	expect_way(bed, path_pass(bed, RIG_OUT), BLUE, SERVER, HOST);
	path_bed_close(bed);
}

/* Who masquerades does so as an interface, also to those behind a pool: its ports are not his, and
 * the mapping that he gets is the one that he has outside.                                       */
static void test_who_masquerades_keeps_off_pools(void **state)
{
	struct path_bed *bed = zones_new();

	(void)state;
	bed->conf.nat.rule[0].kind = NAT_KIND_MASQUERADE;
	path_bed_start(bed);
	udp_out(bed);
	expect_way(bed, path_pass(bed, RED), RIG_OUT, RED_PUBLIC, SERVER);
	build_udp4(&bed->b, addr(HOST), 5000, addr(RED_PUBLIC), bed->out.seen.sport, 20);
	expect_way(bed, path_pass(bed, BLUE), RED, GATEWAY_OUT, HOST);
	udp_out(bed);
	expect_way(bed, path_pass(bed, BLUE), RIG_OUT, GATEWAY_OUT, SERVER);
	path_bed_close(bed);
}

/* What a public address stands for is in its zone; without a route there it is not outside. */
static void test_hairpin_stays_in_the_zone(void **state)
{
	struct path_bed *bed = zones_open();

	(void)state;
	build_udp4(&bed->b, addr("10.99.0.5"), 5000, addr(SERVER), 53, 20);
	expect_way(bed, path_pass(bed, BLUE), RIG_OUT, BLUE_PUBLIC, SERVER);
	build_udp4(&bed->b, addr(HOST), 5000, addr(BLUE_PUBLIC), bed->out.seen.sport, 20);
	dies(bed, BLUE, DROP_NO_ROUTE);
	path_bed_close(bed);
}

/* ---- overlaps with the outside --------------------------------------------------------------- */

/* A network that a zone has for itself is there, even where outside hosts, the gateway and its pool
 * have the same addresses; other zones reach those.                                              */
static void test_a_zone_covers_the_outside(void **state)
{
	struct path_bed *bed = zones_new();
	struct sluice_route_conf *route = &bed->conf.route[bed->conf.route_count++];

	(void)state;
	route->prefix = addr("198.18.0.0");
	route->prefix_len = 15;
	route->zone = 1;
	route->route.type = FIB_UNICAST;
	route->route.path_count = 1;
	route->route.path[0] = (struct fib_path){ addr("10.10.0.9"), BLUE, 1 };
	path_bed_start(bed);
	udp_out(bed);
	(void)path_pass(bed, RED);
	/* What red's mapping owns outside is a port of blue's own host here. */
	build_udp4(&bed->b, addr(HOST), 5000, addr(RED_PUBLIC), bed->out.seen.sport, 20);
	expect_way(bed, path_pass(bed, BLUE), BLUE, HOST, RED_PUBLIC);
	build_echo4(&bed->b, addr(HOST), addr(GATEWAY_OUT), 8, 7, 1);
	expect_way(bed, path_pass(bed, BLUE), BLUE, HOST, GATEWAY_OUT);
	build_echo4(&bed->b, addr(HOST), addr(GATEWAY_OUT), 8, 7, 1);
	expect_way(bed, path_pass(bed, RED), RED, GATEWAY_OUT, HOST);
	path_bed_close(bed);
}

/* Answers whose zone has lost the route to their host do not appear outside instead. */
static void test_nothing_leaks_when_a_route_goes(void **state)
{
	struct path_bed *bed = zones_open();
	u16 port;

	(void)state;
	udp_out(bed);
	(void)path_pass(bed, RED);
	port = bed->out.seen.sport;
	bed->conf.iface[RED].addr[0].addr = addr("10.99.0.1");
	bed->conf.iface[RED].addr[0].prefix_len = 24;
	assert_true(rig_configure(&bed->rig, &bed->conf));
	(void)rig_drain(&bed->rig);
	build_udp4(&bed->b, addr(SERVER), 53, addr(RED_PUBLIC), port, 20);
	dies(bed, RIG_OUT, DROP_NO_ROUTE);
	path_bed_close(bed);
}

/* A stranger is in a zone neither its gateway nor all of its hosts. */
static void test_sources_of_the_zone_from_outside(void **state)
{
	struct path_bed *bed = zones_new();

	(void)state;
	bed->conf.nat.static_count = 1;
	bed->conf.nat.fixed[0] = (struct nat_static_conf){ addr(HOST), addr("198.18.7.7"), 32, 2 };
	path_bed_start(bed);
	build_udp4(&bed->b, addr(GATEWAY_IN), 53, addr("198.18.7.7"), 5000, 20);
	dies(bed, RIG_OUT, DROP_IP_SPOOFED);
	build_udp4(&bed->b, addr("10.10.255.255"), 53, addr("198.18.7.7"), 5000, 20);
	dies(bed, RIG_OUT, DROP_IP_SOURCE);
	build_udp4(&bed->b, addr(SERVER), 53, addr("198.18.7.7"), 5000, 20);
	expect_way(bed, path_pass(bed, RIG_OUT), RED, SERVER, HOST);
	path_bed_close(bed);
}

/* Nor is he outside the gateway or all, who leaves his zone without translation. */
static void test_sources_of_the_outside_from_a_zone(void **state)
{
	struct path_bed *bed = zones_new();
	struct build sent;

	(void)state;
	bed->conf.nat.rule[0].kind = NAT_KIND_NONE;
	path_bed_start(bed);
	build_udp4(&bed->b, addr(GATEWAY_OUT), 5000, addr(SERVER), 53, 20);
	dies(bed, BLUE, DROP_MARTIAN_OUT);
	bed->conf.nat.rule[0].source_len = 0;
	assert_true(rig_configure(&bed->rig, &bed->conf));
	dies(bed, BLUE, DROP_IP_SPOOFED);
	build_udp4(&bed->b, addr("198.18.255.255"), 5000, addr(SERVER), 53, 20);
	dies(bed, BLUE, DROP_IP_SOURCE);
	assert_int_equal(sluice_flow_count(bed->rig.s), 0);
	udp_out(bed);
	expect_way(bed, path_pass(bed, BLUE), RIG_OUT, HOST, SERVER);
	build_udp4(&bed->b, addr(SERVER), 53, addr(HOST), 5000, 20);
	expect_way(bed, path_pass(bed, RIG_OUT), BLUE, SERVER, HOST);
	sent = bed->out.frame;
	for (u32 n = 0; n < 2; n++) {
		build_error4(&bed->b, addr(n == 0 ? HOST : GATEWAY_OUT), addr(SERVER), 3, 3, 0);
		build_quote(&bed->b, build_ip(&sent), 28);
		if (n == 0)
			expect_way(bed, path_pass(bed, BLUE), RIG_OUT, HOST, SERVER);
		else
			dies(bed, BLUE, DROP_IP_SPOOFED);
	}
	path_bed_close(bed);
}

/* Nor in another zone: no rule translates him, and he asks for a public address. */
static void test_sources_of_a_zone_from_another(void **state)
{
	struct path_bed *bed = zones_new();

	(void)state;
	bed->conf.nat.rule_count = 0;
	bed->conf.iface[RED].addr[bed->conf.iface[RED].addr_count++] =
		(struct iface_addr){ addr("10.20.0.1"), 16, false };
	bed->conf.nat.static_count = 1;
	bed->conf.nat.fixed[0] = (struct nat_static_conf){ addr(HOST), addr("198.18.7.7"), 32, 2 };
	path_bed_start(bed);
	build_udp4(&bed->b, addr("10.20.0.1"), 53, addr("198.18.7.7"), 5000, 20);
	dies(bed, BLUE, DROP_IP_SPOOFED);
	build_udp4(&bed->b, addr("10.20.0.2"), 53, addr("198.18.7.7"), 5000, 20);
	expect_way(bed, path_pass(bed, BLUE), RED, "10.20.0.2", HOST);
	path_bed_close(bed);
}

/* ---- what can not be ------------------------------------------------------------------------- */

static void refused(struct path_bed *bed, const char *says)
{
	const char *why = engine_conf_wrong(&bed->conf);

	assert_non_null(why);
	assert_non_null(strstr(why, says));
	free(bed);
}

static void test_refusals(void **state)
{
	struct path_bed *bed = zones_new();

	(void)state;
	zone_set(&bed->conf.iface[RIG_OUT], 3, "green");
	refused(bed, "common to all zones");
	bed = zones_new();
	bed->conf.iface[RED].zone = IFACE_ZONE_MAX;
	refused(bed, "63 zones");
	bed = zones_new();
	bed->conf.route[0].zone = 3;
	refused(bed, "a route is of a zone");
	bed = zones_new();
	bed->conf.nat.rule[1].zone = 3;
	refused(bed, "a NAT rule is of a zone");
	bed = zones_new();
	bed->conf.nat.static_count = 1;
	bed->conf.nat.fixed[0] = (struct nat_static_conf){ addr(HOST), addr(SERVER), 32, 3 };
	refused(bed, "a one-to-one entry is of a zone");
	bed = zones_new();
	zone_set(&bed->conf.iface[RED], 2, "blue");
	refused(bed, "names do not agree");
	bed = zones_new();
	zone_set(&bed->conf.iface[RED], 0, "red");
	refused(bed, "names do not agree");
}

static void test_an_interface_stays_in_its_zone(void **state)
{
	struct path_bed *bed = zones_open();

	(void)state;
	zone_set(&bed->conf.iface[RED], 1, "blue");
	assert_false(rig_configure(&bed->rig, &bed->conf));
	path_bed_close(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_endpoint_in_two_zones),
		cmocka_unit_test(test_one_public_address_for_all),
		cmocka_unit_test(test_a_rule_is_of_its_zone),
		cmocka_unit_test(test_fragments_of_two_zones),
		cmocka_unit_test(test_subscribers_are_of_a_zone),
		cmocka_unit_test(test_limits_of_sources_are_of_a_zone),
		cmocka_unit_test(test_echo_of_the_gateway),
		cmocka_unit_test(test_errors_find_their_zone),
		cmocka_unit_test(test_no_error_about_a_broadcast_outside),
		cmocka_unit_test(test_no_way_to_another_inside),
		cmocka_unit_test(test_hairpin_between_zones),
		cmocka_unit_test(test_a_host_of_another_zone_is_no_peer_outside),
		cmocka_unit_test(test_who_masquerades_keeps_off_pools),
		cmocka_unit_test(test_hairpin_stays_in_the_zone),
		cmocka_unit_test(test_a_zone_covers_the_outside),
		cmocka_unit_test(test_nothing_leaks_when_a_route_goes),
		cmocka_unit_test(test_sources_of_the_zone_from_outside),
		cmocka_unit_test(test_sources_of_the_outside_from_a_zone),
		cmocka_unit_test(test_sources_of_a_zone_from_another),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_an_interface_stays_in_its_zone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
