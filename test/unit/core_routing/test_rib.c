/* The promises of rib.h, one by one: clients, choice, next hops, limits. */
#include <stdio.h>

#include "rib_bed.h"

static void choice_follows_distance_then_metric(void **state)
{
	struct rib_bed *bed = bed_open(64, 64, 64, 64);
	u16 rip = rib_client_new(&bed->rib, ROUTE_RIP);
	u16 ospf = rib_client_new(&bed->rib, ROUTE_OSPF);
	u32 a = bed_hop(bed, "192.0.2.1", 0), b = bed_hop(bed, "192.0.2.2", 0);
	u32 c = bed_hop(bed, "192.0.2.3", 1);

	(void)state;
	assert_int_equal(bed_offer(bed, "10.0.0.0/8", bed_path(rip, 120, 1, a)), ERR_OK);
	bed_settle(bed);
	assert_int_equal(bed_gateway(bed, "10.1.1.1"), ip(192, 0, 2, 1));
	assert_int_equal(bed_offer(bed, "10.0.0.0/8", bed_path(ospf, 110, 50, b)), ERR_OK);
	bed_settle(bed);
	assert_int_equal(bed_gateway(bed, "10.1.1.1"), ip(192, 0, 2, 2));
	/* Another path of the same source with a lower metric, by its path id. */
	struct rib_path lower = bed_path(ospf, 110, 40, c);

	lower.path_id = 7;
	assert_int_equal(bed_offer(bed, "10.0.0.0/8", lower), ERR_OK);
	bed_settle(bed);
	assert_int_equal(bed_gateway(bed, "10.1.1.1"), ip(192, 0, 2, 3));
	rib_client_del(&bed->rib, ospf);
	bed_settle(bed);
	assert_int_equal(bed_gateway(bed, "10.1.1.1"), ip(192, 0, 2, 1));
	assert_int_equal(bed_withdraw(bed, "10.0.0.0/8", rip), ERR_OK);
	assert_int_equal(bed_withdraw(bed, "10.0.0.0/8", rip), ERR_NOT_FOUND);
	bed_settle(bed);
	assert_int_equal(bed_route(bed, "10.1.1.1")->type, FIB_NONE);
	bed_close(bed);
}

static void gateways_are_found_through_routes(void **state)
{
	struct rib_bed *bed = bed_open(64, 64, 64, 64);
	u16 link = rib_client_new(&bed->rib, ROUTE_CONNECTED);
	u16 ospf = rib_client_new(&bed->rib, ROUTE_OSPF);
	u16 bgp = rib_client_new(&bed->rib, ROUTE_BGP);
	struct ip_addr far = addr("203.0.113.1");

	(void)state;
	assert_int_equal(bed_offer(bed, "198.51.100.0/24",
				   bed_path(bgp, 200, 0, bed_hop(bed, "203.0.113.1", IFACE_NONE))),
			 ERR_OK);
	bed_settle(bed);
	assert_int_equal(bed_route(bed, "198.51.100.1")->type, FIB_NONE);
	assert_false(rib_resolve(&bed->rib, &far).reachable);
	/* By an interior route, whose metric is the cost; then on a link. */
	assert_int_equal(bed_offer(bed, "203.0.113.0/24",
				   bed_path(ospf, 110, 30, bed_hop(bed, "192.0.2.9", 2))),
			 ERR_OK);
	bed_settle(bed);
	assert_int_equal(bed_gateway(bed, "198.51.100.1"), ip(192, 0, 2, 9));
	assert_int_equal(bed_route(bed, "198.51.100.1")->path[0].out_if, 2);
	assert_int_equal(rib_resolve(&bed->rib, &far).cost, 30);
	assert_int_equal(
		bed_offer(bed, "203.0.113.0/24", bed_path(link, 0, 0, bed_hop(bed, "", 3))),
		ERR_OK);
	bed_settle(bed);
	assert_int_equal(bed_gateway(bed, "198.51.100.1"), ip(203, 0, 113, 1));
	assert_int_equal(rib_resolve(&bed->rib, &far).cost, 0);
	/* A longer route that goes nowhere has the gateway. */
	assert_int_equal(bed_offer(bed, "203.0.113.1/32", bed_path(ospf, 110, 1, RIB_NONE)),
			 ERR_OK);
	bed_settle(bed);
	assert_int_equal(bed_route(bed, "198.51.100.1")->type, FIB_NONE);
	bed_close(bed);
}

static void choose_first(void *ctx, const struct rib_candidate *candidate, u32 count,
			 struct rib_choice *choice)
{
	(void)ctx;
	(void)candidate;
	assert_true(count > 0);
	choice->best = 0;
	choice->equal_count = 0;
}

static void by_gateway(struct rib_bed *bed, u16 client, u8 distance, const char *prefix,
		       const char *gateway, u16 iface)
{
	assert_int_equal(bed_offer(bed, prefix,
				   bed_path(client, distance, distance == 110 ? 30 : 0,
					    bed_hop(bed, gateway, iface))),
			 ERR_OK);
}

/* What is found follows the longest route, as packets do, though that has a gateway to be found. */
static void gateways_are_found_in_several_steps(void **state)
{
	struct rib_bed *bed = bed_open(64, 64, 64, 64);
	u16 fixed = rib_client_new(&bed->rib, ROUTE_STATIC);
	u16 ospf = rib_client_new(&bed->rib, ROUTE_OSPF);
	u16 bgp = rib_client_new(&bed->rib, ROUTE_BGP);
	struct ip_addr far = addr("203.0.113.1");

	(void)state;
	by_gateway(bed, bgp, 200, "198.51.100.0/24", "203.0.113.1", IFACE_NONE);
	by_gateway(bed, fixed, 1, "203.0.113.0/24", "10.9.9.9", IFACE_NONE);
	by_gateway(bed, fixed, 1, "0.0.0.0/0", "192.0.2.1", 0);
	bed_settle(bed);
	assert_int_equal(bed_gateway(bed, "203.0.113.1"), ip(192, 0, 2, 1));
	assert_int_equal(bed_gateway(bed, "198.51.100.1"), ip(192, 0, 2, 1));
	by_gateway(bed, ospf, 110, "10.9.0.0/16", "192.0.2.9", 2);
	bed_settle(bed);
	assert_int_equal(bed_gateway(bed, "203.0.113.1"), ip(192, 0, 2, 9));
	assert_int_equal(bed_gateway(bed, "198.51.100.1"), ip(192, 0, 2, 9));
	assert_int_equal(rib_resolve(&bed->rib, &far).cost, 30);
	/* The gateway's network is a link now: that of the step before is the neighbour. */
	by_gateway(bed, ospf, 110, "10.9.9.0/24", "", 3);
	bed_settle(bed);
	assert_int_equal(bed_gateway(bed, "198.51.100.1"), ip(10, 9, 9, 9));
	assert_int_equal(bed_route(bed, "198.51.100.1")->path[0].out_if, 3);
	assert_int_equal(rib_resolve(&bed->rib, &far).cost, 0);
	/* One that leads nowhere itself is passed over. */
	rib_client_clear(&bed->rib, ospf);
	assert_int_equal(bed_offer(bed, "10.9.0.0/16", bed_path(ospf, 110, 1, RIB_NONE)), ERR_OK);
	bed_settle(bed);
	assert_int_equal(bed_gateway(bed, "203.0.113.1"), ip(192, 0, 2, 1));
	assert_true(rib_resolve(&bed->rib, &far).reachable);
	assert_int_equal(bed->rib.stats.source_best[ROUTE_BGP], 1);
	rib_client_clear(&bed->rib, ospf);
	bed_settle(bed);
	assert_int_equal(bed_gateway(bed, "198.51.100.1"), ip(192, 0, 2, 1));
	assert_int_equal(bed_withdraw(bed, "0.0.0.0/0", fixed), ERR_OK);
	bed_settle(bed);
	assert_int_equal(bed_route(bed, "203.0.113.1")->type, FIB_NONE);
	assert_int_equal(bed_route(bed, "198.51.100.1")->type, FIB_NONE);
	bed_close(bed);
}

static void why_is(const struct rib_bed *bed, const char *to, const char *why)
{
	struct ip_addr of = addr(to);
	struct rib_shown shown[2];

	assert_int_equal(rib_explain(&bed->rib, &of, shown, 2), 1);
	assert_string_equal(shown[0].why, why);
}

/* RFC 4271 section 9.1.2.1: routes that are found by each other alone are found by none. */
static void routes_that_lead_back_are_passed_over(void **state)
{
	(void)state;
	for (u32 turn = 0; turn < 2; turn++) {
		struct rib_bed *bed = bed_open(64, 64, 64, 64);
		u16 fixed = rib_client_new(&bed->rib, ROUTE_STATIC);
		u16 ospf = rib_client_new(&bed->rib, ROUTE_OSPF);

		/* With and without another way from the beginning: nothing depends on it. */
		if (turn == 1)
			by_gateway(bed, ospf, 110, "0.0.0.0/0", "192.0.2.9", 2);
		by_gateway(bed, fixed, 1, "10.1.0.0/16", "10.2.0.1", IFACE_NONE);
		bed_settle(bed);
		by_gateway(bed, fixed, 1, "10.2.0.0/16", "10.1.0.1", IFACE_NONE);
		by_gateway(bed, fixed, 1, "10.3.0.0/16", "10.3.0.1", IFACE_NONE);
		by_gateway(bed, fixed, 1, "10.4.0.0/16", "10.1.0.7", IFACE_NONE);
		bed_settle(bed);
		if (turn == 0) {
			why_is(bed, "10.1.1.1",
			       "the route to its next hop 10.2.0.1 leads back to it");
			why_is(bed, "10.3.1.1",
			       "the route to its next hop 10.3.0.1 leads back to it");
			by_gateway(bed, ospf, 110, "0.0.0.0/0", "192.0.2.9", 2);
			bed_settle(bed);
		}
		assert_int_equal(bed_gateway(bed, "10.1.1.1"), ip(192, 0, 2, 9));
		assert_int_equal(bed_gateway(bed, "10.2.1.1"), ip(192, 0, 2, 9));
		assert_int_equal(bed_gateway(bed, "10.3.1.1"), ip(192, 0, 2, 9));
		assert_int_equal(bed_gateway(bed, "10.4.1.1"), ip(192, 0, 2, 9));
		assert_int_equal(bed_withdraw(bed, "0.0.0.0/0", ospf), ERR_OK);
		bed_settle(bed);
		assert_int_equal(bed_route(bed, "10.1.1.1")->type, FIB_NONE);
		assert_int_equal(bed_route(bed, "10.4.1.1")->type, FIB_NONE);
		bed_close(bed);
	}
}

/* 10.n.0.0/16 by an address in the next one, the last of them on a link. */
static void steps_have_an_end(void **state)
{
	struct rib_bed *bed = bed_open(64, 64, 64, 64);
	u16 fixed = rib_client_new(&bed->rib, ROUTE_STATIC);
	char prefix[32], gateway[32];

	(void)state;
	for (u32 n = 0; n <= RIB_STEPS_MAX; n++) {
		(void)snprintf(prefix, sizeof prefix, "10.%u.0.0/16", n);
		(void)snprintf(gateway, sizeof gateway, "10.%u.0.1", n + 1);
		by_gateway(bed, fixed, 1, prefix, gateway, IFACE_NONE);
	}
	(void)snprintf(prefix, sizeof prefix, "10.%u.0.0/16", RIB_STEPS_MAX + 1);
	by_gateway(bed, fixed, 1, prefix, "192.0.2.9", 2);
	bed_settle(bed);
	assert_int_equal(bed_route(bed, "10.0.1.1")->type, FIB_NONE);
	why_is(bed, "10.0.1.1", "its next hop 10.1.0.1 is more steps away than are followed");
	assert_int_equal(bed_gateway(bed, "10.1.1.1"), ip(192, 0, 2, 9));
	bed_close(bed);
}

/* Which path of BGP is the best may follow from what is found: nothing is found by them. */
static void gateways_are_not_found_by_bgp(void **state)
{
	struct rib_bed *bed = bed_open(64, 64, 64, 64);
	u16 fixed = rib_client_new(&bed->rib, ROUTE_STATIC);
	u16 bgp = rib_client_new(&bed->rib, ROUTE_BGP);
	const struct rib_chooser chooser = { .choose = choose_first };

	(void)state;
	rib_set_chooser(&bed->rib, ROUTE_BGP, &chooser);
	by_gateway(bed, fixed, 1, "192.0.2.0/24", "", 1);
	by_gateway(bed, bgp, 200, "203.0.113.0/24", "192.0.2.7", IFACE_NONE);
	by_gateway(bed, bgp, 200, "198.51.100.0/24", "203.0.113.1", IFACE_NONE);
	bed_settle(bed);
	assert_int_equal(bed_gateway(bed, "203.0.113.1"), ip(192, 0, 2, 7));
	why_is(bed, "198.51.100.1", "no route that next hops are found by leads to 203.0.113.1");
	bed_close(bed);
}

/* RFC 4724: what is not offered again goes when it is said so, and not before. */
static void stale_paths_stay_until_it_is_said(void **state)
{
	struct rib_bed *bed = bed_open(64, 64, 64, 64);
	u16 bgp = rib_client_new(&bed->rib, ROUTE_BGP);
	struct ip_prefix kept = net("10.0.0.0/8"), lost = net("11.0.0.0/8");
	struct rib_path path;

	(void)state;
	for (u32 round = 0; round < 3 * RIB_ERAS; round++) {
		assert_int_equal(bed_offer(bed, "10.0.0.0/8",
					   bed_path(bgp, 20, 0, bed_hop(bed, "192.0.2.1", 0))),
				 ERR_OK);
		assert_int_equal(bed_offer(bed, "11.0.0.0/8",
					   bed_path(bgp, 20, 0, bed_hop(bed, "192.0.2.1", 0))),
				 ERR_OK);
		rib_client_stale(&bed->rib, bgp);
		/* Steps lie between some, so that eras have to be gathered as well. */
		if (round % 90 == 0)
			bed_settle(bed);
		assert_true(rib_find(&bed->rib, &lost, bgp, 0, &path));
		assert_true(path.stale);
		assert_int_equal(bed_offer(bed, "10.0.0.0/8",
					   bed_path(bgp, 20, 0, bed_hop(bed, "192.0.2.1", 0))),
				 ERR_OK);
		assert_true(rib_find(&bed->rib, &kept, bgp, 0, &path));
		assert_false(path.stale);
	}
	rib_client_unstale(&bed->rib, bgp);
	assert_false(rib_find(&bed->rib, &lost, bgp, 0, &path));
	bed_settle(bed);
	assert_int_equal(bed_gateway(bed, "10.1.1.1"), ip(192, 0, 2, 1));
	assert_int_equal(bed_route(bed, "11.1.1.1")->type, FIB_NONE);
	bed_close(bed);
}

/* Many nets go in steps of a bounded size, and come again; every one of them is freed. */
static void many_go_in_steps(void **state)
{
	enum { MANY = 100000 };
	struct rib_bed *bed = bed_open(MANY, MANY, 16, MANY + 16);
	u16 bgp = rib_client_new(&bed->rib, ROUTE_BGP);
	u16 reader = rib_reader_new(&bed->rib);
	struct rib_change change;
	u32 told = 0, before;

	(void)state;
	for (u32 n = 0; n < MANY; n++) {
		struct ip_prefix prefix = ip_prefix4(be32_of(0x10000000 + (n << 8)), 24);
		struct rib_path path = bed_path(bgp, 20, 0, bed_hop(bed, "192.0.2.1", 0));

		assert_int_equal(rib_offer(&bed->rib, &prefix, &path), ERR_OK);
	}
	assert_true(bed_settle(bed) >= MANY / RIB_STEP_NETS);
	while (rib_read(&bed->rib, reader, &change))
		told += !change.gone;
	assert_int_equal(told, MANY);
	rib_client_del(&bed->rib, bgp);
	before = bed->rib.route_count;
	(void)rib_tick(&bed->rib, bed->now);
	assert_in_range(before - bed->rib.route_count, 1, RIB_STEP_NETS);
	bed_settle(bed);
	assert_int_equal(bed->rib.route_count, 0);
	assert_int_equal(bed->fib.prefix_live, 5);
	/* They wait for the reader. */
	assert_int_equal(bed->rib.net_count, MANY);
	for (told = 0; rib_read(&bed->rib, reader, &change); told++)
		assert_true(change.gone);
	assert_int_equal(told, MANY);
	bed_settle(bed);
	assert_int_equal(bed->rib.net_count, 0);
	assert_int_equal(rib_client_new(&bed->rib, ROUTE_BGP), bgp);
	bed_close(bed);
}

static void limits_answer_full(void **state)
{
	struct rib_bed *bed = bed_open(2, 3, 2, 1);
	u16 a = rib_client_new(&bed->rib, ROUTE_OSPF), b = rib_client_new(&bed->rib, ROUTE_RIP);
	struct rib_stats stats;

	(void)state;
	assert_int_equal(bed_offer(bed, "10.0.0.0/8", bed_path(a, 110, 1, RIB_NONE)), ERR_OK);
	assert_int_equal(bed_offer(bed, "11.0.0.0/8", bed_path(a, 110, 1, RIB_NONE)), ERR_OK);
	assert_int_equal(bed_offer(bed, "12.0.0.0/8", bed_path(a, 110, 1, RIB_NONE)), ERR_FULL);
	assert_int_equal(bed_offer(bed, "11.0.0.0/8", bed_path(b, 120, 1, RIB_NONE)), ERR_OK);
	assert_int_equal(bed_offer(bed, "10.0.0.0/8", bed_path(b, 120, 1, RIB_NONE)), ERR_FULL);
	(void)bed_hop(bed, "192.0.2.1", 0);
	(void)bed_hop(bed, "192.0.2.2", 0);
	assert_int_equal(bed_hop(bed, "192.0.2.3", 0), RIB_NONE);
	/* The forwarding table has room for one; when that goes, the other has its place. */
	bed_settle(bed);
	assert_int_equal(bed->rib.fib_waiting, 1);
	rib_stats(&bed->rib, &stats);
	assert_int_equal(stats.full, 2);
	assert_int_equal(stats.fib_full, 1);
	assert_int_equal(bed_withdraw(bed, "10.0.0.0/8", a), ERR_OK);
	bed_settle(bed);
	assert_int_equal(bed->rib.fib_waiting, 0);
	assert_int_equal(bed_route(bed, "11.1.1.1")->type, FIB_BLACKHOLE);
	bed_close(bed);
}

static void what_can_not_be_is_refused(void **state)
{
	struct rib_bed *bed = bed_open(8, 8, 8, 8);
	u16 a = rib_client_new(&bed->rib, ROUTE_OSPF);
	struct ip_prefix behind = { ip_addr4(be32_of(ip(10, 0, 0, 1))), 24 };
	struct ip_prefix six = { .addr = { .family = FAMILY_IP6 }, .len = 64 };
	struct rib_path path = bed_path(a, 110, 1, bed_hop(bed, "192.0.2.1", 0));
	struct rib_hop nowhere = { .iface = IFACE_NONE, .weight = 1 };

	(void)state;
	assert_int_equal(rib_offer(&bed->rib, &behind, &path), ERR_RANGE);
	/* The reference went with the offer. */
	assert_int_equal(bed->rib.hops_count, 0);
	path.hops = RIB_NONE;
	assert_int_equal(bed_offer(bed, "10.0.0.0/8", path), ERR_RANGE);
	path.type = FIB_BLACKHOLE;
	assert_int_equal(rib_offer(&bed->rib, &six, &path), ERR_RANGE);
	assert_int_equal(rib_hops_get(&bed->rib, &nowhere, 1), RIB_NONE);
	assert_int_equal(rib_hops_get(&bed->rib, &nowhere, 0), RIB_NONE);
	bed_close(bed);
}

/* One change among others that follow is seen within the bound, and not only at the end. */
static void changes_are_seen_in_time(void **state)
{
	enum { MANY = 20000 };
	struct rib_bed *bed = bed_open(MANY, MANY, 16, MANY + 16);
	u16 bgp = rib_client_new(&bed->rib, ROUTE_BGP);
	u32 first_seen = 0;

	(void)state;
	for (u32 n = 0; n < MANY; n++) {
		struct ip_prefix prefix = ip_prefix4(be32_of(0x10000000 + (n << 8)), 24);
		struct rib_path path = bed_path(bgp, 20, 0, bed_hop(bed, "192.0.2.1", 0));

		assert_int_equal(rib_offer(&bed->rib, &prefix, &path), ERR_OK);
	}
	for (u32 step = 1; rib_tick(&bed->rib, bed->now); step++) {
		if (first_seen == 0 && bed_route(bed, "16.0.0.1")->type == FIB_UNICAST)
			first_seen = step;
		bed->now += NS_PER_MS;
	}
	assert_in_range(first_seen, 1, 10);
	bed_close(bed);
}

/* More nets come than are chosen, and a change of an old one is seen long before all of them. */
static void a_change_is_not_overtaken(void **state)
{
	enum { ROUNDS = 200, EACH = 2 * RIB_STEP_NETS };
	enum { NETS = ROUNDS * EACH + 1 };
	struct rib_bed *bed = bed_open(NETS, NETS, 16, NETS + 16);
	u16 bgp = rib_client_new(&bed->rib, ROUTE_BGP), rip = rib_client_new(&bed->rib, ROUTE_RIP);
	u32 seen = 0;

	(void)state;
	by_gateway(bed, rip, 120, "15.0.0.0/24", "192.0.2.7", 0);
	bed_settle(bed);
	for (u32 n = 0; n < ROUNDS; n++) {
		for (u32 i = 0; i < EACH; i++) {
			struct ip_prefix prefix =
				ip_prefix4(be32_of(0x10000000 + ((n * EACH + i) << 8)), 24);
			struct rib_path path = bed_path(bgp, 20, 0, bed_hop(bed, "192.0.2.1", 0));

			assert_int_equal(rib_offer(&bed->rib, &prefix, &path), ERR_OK);
		}
		if (n == 10)
			by_gateway(bed, rip, 120, "15.0.0.0/24", "192.0.2.8", 0);
		(void)rib_tick(&bed->rib, bed->now += NS_PER_MS);
		if (seen == 0 && bed_gateway(bed, "15.0.0.1") == ip(192, 0, 2, 8))
			seen = n;
	}
	assert_true(rib_is_behind(&bed->rib));
	assert_in_range(seen, 10, 40);
	bed_settle(bed);
	bed_close(bed);
}

static void explain_says_why(void **state)
{
	struct rib_bed *bed = bed_open(64, 64, 64, 64);
	u16 ospf = rib_client_new(&bed->rib, ROUTE_OSPF),
	    rip = rib_client_new(&bed->rib, ROUTE_RIP);
	u16 bgp = rib_client_new(&bed->rib, ROUTE_BGP);
	struct rib_path hidden = bed_path(bgp, 20, 0, bed_hop(bed, "192.0.2.3", 0));
	struct ip_addr to = addr("10.1.1.1"), other = addr("11.1.1.1");
	struct rib_shown shown[8];
	u64 cursor = 0;

	(void)state;
	hidden.hidden = true;
	assert_int_equal(
		bed_offer(bed, "10.0.0.0/8", bed_path(ospf, 110, 5, bed_hop(bed, "192.0.2.1", 0))),
		ERR_OK);
	assert_int_equal(
		bed_offer(bed, "10.0.0.0/8", bed_path(rip, 120, 5, bed_hop(bed, "192.0.2.2", 0))),
		ERR_OK);
	assert_int_equal(bed_offer(bed, "10.0.0.0/8", hidden), ERR_OK);
	bed_settle(bed);
	assert_int_equal(rib_explain(&bed->rib, &other, shown, 8), 0);
	assert_int_equal(rib_explain(&bed->rib, &to, shown, 8), 3);
	assert_true(shown[0].best);
	assert_int_equal(shown[0].source, ROUTE_OSPF);
	assert_string_equal(shown[0].why, "distance 110 is lower than 120");
	for (u32 n = 1; n < 3; n++) {
		assert_false(shown[n].best);
		assert_string_equal(shown[n].why, shown[n].source == ROUTE_BGP
							  ? "policy refused it"
							  : "distance 110 is lower than 120");
	}
	assert_int_equal(rib_show(&bed->rib, &cursor, shown, 2), 2);
	assert_int_equal(rib_show(&bed->rib, &cursor, shown, 2), 1);
	assert_int_equal(rib_show(&bed->rib, &cursor, shown, 2), 0);
	bed_close(bed);
}

static void say_hidden(void *ctx, const struct ip_prefix *prefix, const struct rib_path *path,
		       char *why, u32 size)
{
	assert_int_equal(size, RIB_WHY_SIZE);
	assert_int_equal(prefix->len, 16);
	assert_int_equal(path->attr, 3);
	memcpy(why, ctx, strlen(ctx) + 1);
}

/* The one path of a net that is longer than what is forwarded by, and why it is not. */
static void longer_is(struct rib_bed *bed, const char *prefix, const char *why)
{
	struct ip_addr to = addr("10.1.2.3");
	struct ip_prefix of = net(prefix);
	struct rib_shown shown[8];

	bed_settle(bed);
	assert_int_equal(rib_explain(&bed->rib, &to, shown, 8), 2);
	assert_true(shown[0].best);
	assert_int_equal(shown[0].prefix.len, 0);
	assert_false(shown[1].best);
	assert_int_equal(shown[1].prefix.len, of.len);
	assert_string_equal(shown[1].why, why);
}

/* A longer prefix that nobody can use is why the default route is used. */
static void explain_tells_of_longer_nets(void **state)
{
	static char hidden_why[] = "it is not to be";
	const struct rib_chooser chooser = { .ctx = hidden_why, .why_hidden = say_hidden };
	struct rib_bed *bed = bed_open(64, 64, 64, 64);
	u16 fixed = rib_client_new(&bed->rib, ROUTE_STATIC);
	u16 bgp = rib_client_new(&bed->rib, ROUTE_BGP);
	struct rib_path path = bed_path(bgp, 20, 0, bed_hop(bed, "192.0.2.3", 0));
	struct ip_addr to = addr("10.1.2.3"), other = addr("11.1.2.3");
	struct rib_shown shown[8];

	(void)state;
	path.hidden = true;
	path.attr = 3;
	assert_int_equal(bed_offer(bed, "10.1.0.0/16", path), ERR_OK);
	bed_settle(bed);
	/* With nothing that is forwarded by, too. */
	assert_int_equal(rib_explain(&bed->rib, &to, shown, 8), 1);
	assert_string_equal(shown[0].why, "policy refused it");
	assert_int_equal(rib_explain(&bed->rib, &other, shown, 8), 0);
	assert_int_equal(
		bed_offer(bed, "0.0.0.0/0", bed_path(fixed, 1, 0, bed_hop(bed, "192.0.2.1", 0))),
		ERR_OK);
	longer_is(bed, "10.1.0.0/16", "policy refused it");
	rib_set_chooser(&bed->rib, ROUTE_BGP, &chooser);
	longer_is(bed, "10.1.0.0/16", "it is not to be");
	assert_int_equal(bed_withdraw(bed, "10.1.0.0/16", bgp), ERR_OK);
	assert_int_equal(
		bed_offer(bed, "10.1.2.0/24", bed_path(bgp, 255, 0, bed_hop(bed, "192.0.2.3", 0))),
		ERR_OK);
	longer_is(bed, "10.1.2.0/24", "distance 255 is never used");
	bed_close(bed);
}

/* RFC 4271 section 5.1.3: what a next hop may not be found by. */
static void explain_tells_of_next_hops(void **state)
{
	struct rib_bed *bed = bed_open(64, 64, 64, 64);
	u16 fixed = rib_client_new(&bed->rib, ROUTE_STATIC);
	u16 bgp = rib_client_new(&bed->rib, ROUTE_BGP);
	struct rib_path own = bed_path(fixed, 0, 0, RIB_NONE);
	struct ip_addr to = addr("10.1.2.3");
	struct rib_shown shown[2];

	(void)state;
	assert_int_equal(bed_offer(bed, "10.1.0.0/16",
				   bed_path(bgp, 20, 0, bed_hop(bed, "203.0.113.1", IFACE_NONE))),
			 ERR_OK);
	bed_settle(bed);
	assert_int_equal(rib_explain(&bed->rib, &to, shown, 2), 1);
	assert_string_equal(shown[0].why,
			    "no route that next hops are found by leads to 203.0.113.1");
	assert_int_equal(bed_offer(bed, "203.0.113.0/24", own), ERR_OK);
	bed_settle(bed);
	assert_int_equal(rib_explain(&bed->rib, &to, shown, 2), 1);
	assert_string_equal(shown[0].why, "the route to its next hop 203.0.113.1 goes nowhere");
	own.type = FIB_LOCAL;
	assert_int_equal(bed_offer(bed, "203.0.113.1/32", own), ERR_OK);
	bed_settle(bed);
	assert_int_equal(rib_explain(&bed->rib, &to, shown, 2), 1);
	assert_string_equal(shown[0].why, "its next hop 203.0.113.1 is an address of the gateway");
	bed_close(bed);
}

static const char *withhold_marked(void *ctx, const struct rib_path *path)
{
	return path->attr != 0 ? ctx : NULL;
}

/* It is forwarded by, and readers hear that it is gone, and that it is there again. */
static void what_is_withheld_is_told_to_nobody(void **state)
{
	static char why[] = "not now";
	const struct rib_chooser chooser = { .ctx = why, .withheld = withhold_marked };
	struct rib_bed *bed = bed_open(64, 64, 64, 64);
	u16 fixed = rib_client_new(&bed->rib, ROUTE_STATIC);
	u16 bgp = rib_client_new(&bed->rib, ROUTE_BGP);
	u16 reader = rib_reader_new(&bed->rib);
	struct rib_path path = bed_path(fixed, 254, 0, RIB_NONE);
	struct ip_addr to = addr("10.1.1.1");
	struct rib_path told[4];
	struct rib_change change;
	struct rib_shown shown;

	(void)state;
	rib_set_chooser(&bed->rib, ROUTE_STATIC, &chooser);
	for (u32 turn = 0; turn < 4; turn++) {
		path.attr = turn % 2;
		assert_int_equal(bed_offer(bed, "10.0.0.0/8", path), ERR_OK);
		bed_settle(bed);
		assert_int_equal(bed_route(bed, "10.1.1.1")->type, FIB_BLACKHOLE);
		assert_true(rib_read(&bed->rib, reader, &change));
		assert_int_equal(change.gone, turn % 2);
		assert_false(rib_read(&bed->rib, reader, &change));
		assert_int_equal(rib_net_paths(&bed->rib, change.net, told, 4), turn % 2 == 0);
		assert_int_equal(rib_explain(&bed->rib, &to, &shown, 1), 1);
		assert_ptr_equal(shown.withheld, turn % 2 ? why : NULL);
	}
	/* Behind another one it is no second path to be told of. */
	assert_int_equal(
		bed_offer(bed, "10.0.0.0/8", bed_path(bgp, 20, 0, bed_hop(bed, "192.0.2.1", 0))),
		ERR_OK);
	bed_settle(bed);
	assert_true(rib_read(&bed->rib, reader, &change));
	assert_false(change.gone);
	assert_int_equal(rib_net_paths(&bed->rib, change.net, told, 4), 1);
	assert_int_equal(told[0].client, bgp);
	bed_close(bed);
}

/* Sets that come while all are looked at again do not push others out of the circle. */
static void each_set_has_its_turn(void **state)
{
	enum { OLD = 150, NEW = 60 };
	struct rib_bed *bed = bed_open(8, 8, 512, 16);
	u16 link = rib_client_new(&bed->rib, ROUTE_CONNECTED);
	struct rib_hop hop = { .iface = IFACE_NONE, .weight = 1 };
	u32 set[OLD + NEW];

	(void)state;
	for (u32 n = 0; n < OLD; n++) {
		hop.gateway = ip_addr4(be32_of(ip(203, 0, 113, 1 + n)));
		set[n] = rib_hops_get(&bed->rib, &hop, 1);
		assert_false(rib_hops_way(&bed->rib, set[n]).reachable);
	}
	bed->rib.resolve_at = OLD / 2;
	assert_int_equal(
		bed_offer(bed, "203.0.113.0/24", bed_path(link, 0, 0, bed_hop(bed, "", 3))),
		ERR_OK);
	(void)rib_tick(&bed->rib, bed->now);
	for (u32 n = OLD; n < OLD + NEW; n++) {
		hop.gateway = ip_addr4(be32_of(ip(203, 0, 113, 1 + n)));
		set[n] = rib_hops_get(&bed->rib, &hop, 1);
	}
	bed_settle(bed);
	for (u32 n = 0; n < OLD + NEW; n++)
		assert_true(rib_hops_way(&bed->rib, set[n]).reachable);
	bed_close(bed);
}

/* Numbers of changes come to an end; the order does not. */
static void numbers_begin_anew(void **state)
{
	struct rib_bed *bed = bed_open(64, 64, 64, 64);
	u16 a = rib_client_new(&bed->rib, ROUTE_OSPF);
	u16 reader = rib_reader_new(&bed->rib);
	struct rib_change change;
	u32 told = 0;

	(void)state;
	assert_int_equal(bed_offer(bed, "10.0.0.0/8", bed_path(a, 110, 5, RIB_NONE)), ERR_OK);
	bed_settle(bed);
	assert_true(rib_read(&bed->rib, reader, &change));
	bed->rib.seq = UINT32_MAX - 1;
	for (u32 n = 0; n < 5; n++) {
		assert_int_equal(bed_offer(bed, "11.0.0.0/8", bed_path(a, 110, n, RIB_NONE)),
				 ERR_OK);
		bed_settle(bed);
		assert_int_equal(bed_offer(bed, "12.0.0.0/8", bed_path(a, 110, n, RIB_NONE)),
				 ERR_OK);
		bed_settle(bed);
		while (rib_read(&bed->rib, reader, &change))
			told++;
	}
	assert_int_equal(told, 10);
	assert_true(bed->rib.seq < 100);
	bed_close(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(choice_follows_distance_then_metric),
		cmocka_unit_test(gateways_are_found_through_routes),
		cmocka_unit_test(gateways_are_found_in_several_steps),
		cmocka_unit_test(routes_that_lead_back_are_passed_over),
		cmocka_unit_test(steps_have_an_end),
		cmocka_unit_test(gateways_are_not_found_by_bgp),
		cmocka_unit_test(stale_paths_stay_until_it_is_said),
		cmocka_unit_test(many_go_in_steps),
		cmocka_unit_test(limits_answer_full),
		cmocka_unit_test(what_can_not_be_is_refused),
		cmocka_unit_test(changes_are_seen_in_time),
		cmocka_unit_test(a_change_is_not_overtaken),
		cmocka_unit_test(explain_says_why),
		cmocka_unit_test(explain_tells_of_longer_nets),
		cmocka_unit_test(explain_tells_of_next_hops),
		cmocka_unit_test(what_is_withheld_is_told_to_nobody),
		cmocka_unit_test(each_set_has_its_turn),
		cmocka_unit_test(numbers_begin_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
