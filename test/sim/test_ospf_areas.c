/* Areas, border routers, stub areas, NSSAs and routes of others (RFC 2328 sections 3 and 16, RFC
 * 3101), in one network:
 *
 *          R1 (has a static route)
 *           |
 *     ------+------------+--------+---   backbone, 10.0.0.0/24
 *           R2           R3       R5
 *           |            |        |  10.2.0.0/30
 *     ------+-----+------+---     R6 (has a static route)
 *       area 1    R4              |
 *     10.1.0.0/24 |               +--- 10.2.1.0/24, area 2
 *                 +--- 10.1.1.0/24                                                              */
#include "sim/ospf_net.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { R1, R2, R3, R4, R5, R6, ROUTERS };
enum { BACKBONE, AREA1, AREA1_STUB, AREA2, AREA2_STUB };
enum {
	NET_BACKBONE = 0x0a000000,
	NET_AREA1 = 0x0a010000,
	NET_AREA1_STUB = 0x0a010100,
	NET_AREA2 = 0x0a020000,
	NET_AREA2_STUB = 0x0a020100,
	OUT_OF_1 = 0x0a630000, /* static routes */
	OUT_OF_6 = 0x0a640000,
};

static struct ospf_net *areas_new(void)
{
	struct ospf_net *net = ospf_net_new(5);

	for (u32 n = 0; n < ROUTERS; n++)
		assert_int_equal(ospf_net_router(net, 0x01000001 + n), n);
	ospf_net_segment(net, OSPF_NET_BROADCAST, NET_BACKBONE, 24);
	ospf_net_segment(net, OSPF_NET_BROADCAST, NET_AREA1, 24);
	ospf_net_segment(net, OSPF_NET_BROADCAST, NET_AREA1_STUB, 24);
	ospf_net_segment(net, OSPF_NET_PTP, NET_AREA2, 30);
	ospf_net_segment(net, OSPF_NET_BROADCAST, NET_AREA2_STUB, 24);
	ospf_net_attach(net, R1, BACKBONE, 10, 0);
	ospf_net_attach(net, R2, BACKBONE, 10, 0);
	ospf_net_attach(net, R3, BACKBONE, 10, 0);
	ospf_net_attach(net, R5, BACKBONE, 10, 0);
	ospf_net_attach(net, R2, AREA1, 5, 1);
	ospf_net_attach(net, R3, AREA1, 6, 1);
	ospf_net_attach(net, R4, AREA1, 7, 1);
	ospf_net_attach(net, R4, AREA1_STUB, 1, 1);
	ospf_net_attach(net, R5, AREA2, 3, 2);
	ospf_net_attach(net, R6, AREA2, 4, 2);
	ospf_net_attach(net, R6, AREA2_STUB, 1, 2);
	ospf_net_export(net, R1, ROUTE_STATIC, true, 33);
	return net;
}

static void area2_kind(struct ospf_net *net, enum ospf_area_kind kind)
{
	ospf_net_area(net, R5, 2)->kind = kind;
	ospf_net_area(net, R6, 2)->kind = kind;
}

static void start(struct ospf_net *net)
{
	for (u32 n = 0; n < ROUTERS; n++)
		ospf_net_start(net, n);
	ospf_net_static(net, R1, OUT_OF_1, 24, 0, 0);
	ospf_net_static(net, R6, OUT_OF_6, 24, 0, 0);
	ospf_net_run(net, 120);
}

static struct ospf_route_shown route_of(struct ospf_net *net, u32 router, u32 addr, u8 len)
{
	struct ospf_route_shown out;

	assert_true(ospf_net_route(net, router, addr, len, &out));
	return out;
}

static bool has(struct ospf_net *net, u32 router, u32 addr, u8 len)
{
	struct ospf_route_shown out;

	return ospf_net_route(net, router, addr, len, &out);
}

/* LSAs of a type that a router has, and that are not on their way out. */
static u32 lsas_of(struct ospf_net *net, u32 router, u8 type)
{
	struct ospf_lsa_shown lsa;
	u32 cursor = 0, count = 0;

	while (ospf_show_lsas(&net->router[router]->ospf, &cursor, &lsa, 1, net->now) == 1)
		count += lsa.hdr.type == type && be16_host(lsa.hdr.age) < OSPF_MAX_AGE;
	return count;
}

/* Every way crosses the backbone once, so that plain Dijkstra is right here. */
static void test_three_areas(void **state)
{
	struct ospf_net *net = areas_new();
	struct ospf_route_shown route;

	(void)state;
	start(net);
	assert_true(ospf_net_judge(net));
	route = route_of(net, R4, NET_AREA2_STUB, 24);
	assert_int_equal(route.path, OSPF_PATH_INTER);
	assert_int_equal(route.cost, 7 + 10 + 3 + 1);
	/* Both border routers are as good. */
	assert_int_equal(route.hop_count, 2);
	route = route_of(net, R4, OUT_OF_1, 24);
	assert_int_equal(route.path, OSPF_PATH_EXT2);
	assert_int_equal(route.cost, 7 + 10);
	assert_int_equal(route.cost2, 33);
	assert_string_equal(route.why,
			    "external type 2, metric 33, cost 17: AS-external-LSA of 1.0.0.1");
	assert_int_equal(ospf_net_trace(net, R4, OUT_OF_1), R1);
	assert_int_equal(ospf_net_trace(net, R6, OUT_OF_1), R1);
	/* Nobody lets it out. */
	assert_false(has(net, R1, OUT_OF_6, 24));
	assert_true(lsas_of(net, R4, OSPF_ASBR_LSA) > 0);
	ospf_net_free(net);
}

static void test_border_router_dies(void **state)
{
	struct ospf_net *net = areas_new();

	(void)state;
	start(net);
	ospf_net_crash(net, R2);
	ospf_net_run(net, 120);
	assert_true(ospf_net_judge(net));
	assert_int_equal(route_of(net, R4, NET_AREA2_STUB, 24).hop_count, 1);
	assert_int_equal(ospf_net_trace(net, R4, OUT_OF_1), R1);
	ospf_net_crash(net, R3);
	ospf_net_run(net, 120);
	/* Cut from the backbone, and everybody knows it. */
	assert_true(ospf_net_judge(net));
	assert_false(has(net, R4, OUT_OF_1, 24));
	ospf_net_free(net);
}

static void test_stub_area(void **state)
{
	struct ospf_net *net = areas_new();
	struct ospf_route_shown route;

	(void)state;
	area2_kind(net, OSPF_AREA_STUB);
	ospf_net_area(net, R5, 2)->default_cost = 9;
	start(net);
	assert_int_equal(lsas_of(net, R6, OSPF_EXTERNAL_LSA), 0);
	assert_int_equal(lsas_of(net, R6, OSPF_ASBR_LSA), 0);
	assert_false(has(net, R6, OUT_OF_1, 24));
	route = route_of(net, R6, 0, 0);
	assert_int_equal(route.path, OSPF_PATH_INTER);
	assert_int_equal(route.cost, 4 + 9);
	assert_int_equal(ospf_net_trace(net, R6, OUT_OF_1), R1);
	assert_int_equal(route_of(net, R6, NET_AREA1_STUB, 24).cost, 4 + 10 + 5 + 1);
	ospf_net_free(net);
}

static void test_stub_area_without_summaries(void **state)
{
	struct ospf_net *net = areas_new();

	(void)state;
	area2_kind(net, OSPF_AREA_STUB);
	ospf_net_area(net, R5, 2)->no_summary = true;
	start(net);
	assert_false(has(net, R6, NET_AREA1_STUB, 24));
	assert_int_equal(lsas_of(net, R6, OSPF_SUMMARY_LSA), 1);
	assert_int_equal(ospf_net_trace(net, R6, NET_AREA1_STUB + 1), R4);
	ospf_net_free(net);
}

/* RFC 3101: what R6 announces in its area the border router tells to all. */
static void test_nssa(void **state)
{
	struct ospf_net *net = areas_new();
	struct ospf_route_shown route;

	(void)state;
	area2_kind(net, OSPF_AREA_NSSA);
	ospf_net_area(net, R5, 2)->nssa_default = true;
	ospf_net_export(net, R6, ROUTE_STATIC, false, 50);
	start(net);
	assert_int_equal(lsas_of(net, R6, OSPF_NSSA_LSA), 2);
	assert_int_equal(lsas_of(net, R6, OSPF_EXTERNAL_LSA), 0);
	assert_int_equal(lsas_of(net, R1, OSPF_NSSA_LSA), 0);
	assert_int_equal(lsas_of(net, R1, OSPF_EXTERNAL_LSA), 2);
	route = route_of(net, R4, OUT_OF_6, 24);
	assert_int_equal(route.path, OSPF_PATH_EXT1);
	/* By the forwarding address, which is R6's: to the link of area 2, and the metric. */
	assert_int_equal(route.cost, 7 + 10 + 3 + 50);
	assert_int_equal(be32_host(route.adv), 0x01000005);
	assert_int_equal(ospf_net_trace(net, R4, OUT_OF_6), R6);
	assert_int_equal(route_of(net, R5, OUT_OF_6, 24).lsa_type, OSPF_NSSA_LSA);
	/* The default route of the border router is of type 7. */
	assert_int_equal(route_of(net, R6, 0, 0).lsa_type, OSPF_NSSA_LSA);
	assert_int_equal(ospf_net_trace(net, R6, OUT_OF_1), R1);
	/* What is not there any more is taken back by all. */
	ospf_net_crash(net, R6);
	ospf_net_run(net, 120);
	assert_false(has(net, R4, OUT_OF_6, 24));
	assert_int_equal(lsas_of(net, R1, OSPF_EXTERNAL_LSA), 1);
	ospf_net_free(net);
}

static void test_range(void **state)
{
	struct ospf_net *net = areas_new();
	struct ospf_area_conf *area;
	struct ospf_route_shown route;

	(void)state;
	for (u32 router = R2; router <= R3; router++) {
		area = ospf_net_area(net, router, 1);
		area->range_count = 1;
		area->range[0] = (struct ospf_range){ .addr = be32_of(NET_AREA1), .len = 16 };
	}
	start(net);
	route = route_of(net, R1, NET_AREA1, 16);
	/* As far as the farthest of the networks in it. */
	assert_int_equal(route.cost, 10 + 5 + 1);
	assert_false(has(net, R1, NET_AREA1, 24));
	assert_false(has(net, R1, NET_AREA1_STUB, 24));
	assert_int_equal(ospf_net_trace(net, R1, NET_AREA1_STUB + 1), R4);
	/* What is in it and is not there ends at the border. */
	assert_int_equal(route_of(net, R2, NET_AREA1, 16).path, OSPF_PATH_DISCARD);
	assert_int_equal(ospf_net_trace(net, R1, 0x0a017701), NET_ROUTERS);
	for (u32 router = R2; router <= R3; router++) {
		struct ospf_conf conf = net->router[router]->conf;

		ospf_net_area(net, router, 1)->range[0].hidden = true;
		conf = net->router[router]->conf;
		assert_int_equal(ospf_configure(&net->router[router]->ospf, &conf, net->now), 0);
	}
	ospf_net_run(net, 60);
	assert_false(has(net, R1, NET_AREA1, 16));
	assert_int_equal(ospf_net_trace(net, R1, NET_AREA1_STUB + 1), NET_ROUTERS);
	ospf_net_free(net);
}

/* Section 16.4: type 1 before type 2, then the metric, then the way. */
static void test_external_types(void **state)
{
	struct ospf_net *net = areas_new();
	struct ospf_route_shown route;

	(void)state;
	ospf_net_export(net, R3, ROUTE_STATIC, false, 1000);
	start(net);
	ospf_net_static(net, R3, OUT_OF_1, 24, 0, 0);
	ospf_net_run(net, 30);
	route = route_of(net, R5, OUT_OF_1, 24);
	assert_int_equal(route.path, OSPF_PATH_EXT1);
	assert_int_equal(route.cost, 1010);
	assert_int_equal(be32_host(route.adv), 0x01000003);
	ospf_net_free(net);
}

/* Section 12.4.4.1: a gateway that all reach is named, and packets take no detour by R1. */
static void test_forwarding_address(void **state)
{
	struct ospf_net *net = areas_new();
	struct ospf_route_shown route;

	(void)state;
	start(net);
	/* A router of the backbone's network that does not speak OSPF. */
	ospf_net_static(net, R1, 0x0a650000, 24, NET_BACKBONE + 200, 0);
	ospf_net_run(net, 30);
	route = route_of(net, R5, 0x0a650000, 24);
	assert_int_equal(route.hop_count, 1);
	assert_int_equal(be32_host(route.hop[0].gateway.word[0]), NET_BACKBONE + 200);
	assert_int_equal(route.cost, 10);
	ospf_net_free(net);
}

/* Appendix E: prefixes that begin alike. */
static void test_link_state_ids(void **state)
{
	static const u8 len[] = { 8, 16, 24, 32, 0 };
	struct ospf_net *net = areas_new();

	(void)state;
	start(net);
	for (u32 n = 0; n < ARRAY_COUNT(len); n++)
		ospf_net_static(net, R1, len[n] == 0 ? 0 : 0x14000000, len[n], 0, 0);
	ospf_net_run(net, 60);
	assert_int_equal(lsas_of(net, R4, OSPF_EXTERNAL_LSA), 1 + ARRAY_COUNT(len));
	for (u32 n = 0; n < ARRAY_COUNT(len); n++)
		assert_true(has(net, R4, len[n] == 0 ? 0 : 0x14000000, len[n]));
	ospf_net_free(net);
}

/* The kind of an area changes while all runs. */
static void test_area_becomes_stub(void **state)
{
	struct ospf_net *net = areas_new();

	(void)state;
	start(net);
	assert_true(has(net, R6, OUT_OF_1, 24));
	area2_kind(net, OSPF_AREA_STUB);
	for (u32 router = R5; router <= R6; router++)
		assert_int_equal(ospf_configure(&net->router[router]->ospf,
						&net->router[router]->conf, net->now),
				 ERR_OK);
	ospf_net_run(net, 120);
	assert_false(has(net, R6, OUT_OF_1, 24));
	assert_true(has(net, R6, 0, 0));
	assert_int_equal(lsas_of(net, R6, OSPF_EXTERNAL_LSA), 0);
	assert_int_equal(ospf_net_trace(net, R6, OUT_OF_1), R1);
	ospf_net_free(net);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_three_areas),
		cmocka_unit_test(test_border_router_dies),
		cmocka_unit_test(test_stub_area),
		cmocka_unit_test(test_stub_area_without_summaries),
		cmocka_unit_test(test_nssa),
		cmocka_unit_test(test_range),
		cmocka_unit_test(test_external_types),
		cmocka_unit_test(test_forwarding_address),
		cmocka_unit_test(test_link_state_ids),
		cmocka_unit_test(test_area_becomes_stub),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
