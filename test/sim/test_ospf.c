/* Networks of OSPF routers: whatever happens, when it is quiet again every router has the shortest
 * ways to all that can be reached, and to nothing else.                                          */
#include "sim/ospf_net.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void test_two_on_a_link(void **state)
{
	struct ospf_net *net = ospf_net_new(1);
	u32 a = ospf_net_router(net, 0x01010101), b = ospf_net_router(net, 0x02020202);
	u32 link = ospf_net_segment(net, OSPF_NET_PTP, 0x0a000000, 30);
	u32 left = ospf_net_segment(net, OSPF_NET_BROADCAST, 0x0a010000, 24);
	u32 right = ospf_net_segment(net, OSPF_NET_BROADCAST, 0x0a020000, 24);

	(void)state;
	ospf_net_attach(net, a, link, 10, 0);
	ospf_net_attach(net, b, link, 10, 0);
	ospf_net_attach(net, a, left, 5, 0);
	ospf_net_attach(net, b, right, 7, 0);
	ospf_net_start(net, a);
	ospf_net_start(net, b);
	ospf_net_run(net, 60);
	assert_int_equal(ospf_net_count(net, a, OSPF_NBR_FULL), 1);
	assert_int_equal(ospf_net_count(net, b, OSPF_NBR_FULL), 1);
	assert_true(ospf_net_judge(net));
	ospf_net_free(net);
}

/* All on one network. */
static struct ospf_net *lan_of(u64 seed, u32 count, u32 *lan)
{
	struct ospf_net *net = ospf_net_new(seed);

	*lan = ospf_net_segment(net, OSPF_NET_BROADCAST, 0x0a000000, 24);
	for (u32 n = 0; n < count; n++) {
		u32 at = ospf_net_router(net, 0x01000001 + n);
		u32 stub = ospf_net_segment(net, OSPF_NET_BROADCAST, 0x0a010000 + (n << 8), 24);

		ospf_net_attach(net, at, *lan, (u16)(1 + n), 0);
		ospf_net_attach(net, at, stub, 3, 0);
		ospf_net_start(net, at);
	}
	return net;
}

static u32 leads(struct ospf_net *net, u32 at, enum ospf_iface_state state)
{
	return net->router[at]->ospf.iface[0].state == state;
}

static void test_designated_router(void **state)
{
	u32 lan;
	struct ospf_net *net = lan_of(2, 5, &lan);

	(void)state;
	ospf_net_run(net, 120);
	assert_true(ospf_net_judge(net));
	assert_true(leads(net, 4, OSPF_IFACE_DR));
	assert_true(leads(net, 3, OSPF_IFACE_BACKUP));
	for (u32 n = 0; n < 3; n++) {
		assert_true(leads(net, n, OSPF_IFACE_OTHER));
		assert_int_equal(ospf_net_count(net, n, OSPF_NBR_FULL), 2);
		assert_int_equal(ospf_net_count(net, n, OSPF_NBR_TWO_WAY), 2);
	}
	/* The backup takes over, and another one becomes the backup. */
	ospf_net_crash(net, 4);
	ospf_net_run(net, 120);
	assert_true(leads(net, 3, OSPF_IFACE_DR));
	assert_true(leads(net, 2, OSPF_IFACE_BACKUP));
	assert_true(ospf_net_judge(net));
	/* Who comes back does not take it away. */
	ospf_net_start(net, 4);
	ospf_net_run(net, 120);
	assert_true(leads(net, 3, OSPF_IFACE_DR));
	assert_true(leads(net, 4, OSPF_IFACE_OTHER));
	assert_true(ospf_net_judge(net));
	ospf_net_free(net);
}

/* Who stops tells: nobody waits for the dead interval, and nothing of him is left. */
static void test_graceful_stop(void **state)
{
	u32 lan;
	struct ospf_net *net = lan_of(3, 4, &lan);

	(void)state;
	ospf_net_run(net, 120);
	ospf_net_stop(net, 1);
	ospf_net_run(net, 10);
	for (u32 n = 0; n < 4; n++) {
		struct ospf_lsa_shown lsa;
		u32 cursor = 0;

		while (n != 1 &&
		       ospf_show_lsas(&net->router[n]->ospf, &cursor, &lsa, 1, net->now) == 1)
			assert_int_not_equal(be32_host(lsa.hdr.adv), 0x01000002);
	}
	assert_true(ospf_net_judge(net));
	ospf_net_free(net);
}

/* ---- any network, any fault ------------------------------------------------------------------ */

/* Longer than a neighbour may be silent, and what is lost is sent again. */
enum { LOOP_MOST_S = 90 };

struct wild {
	struct ospf_net *net;
	struct rng rng;
	ns_t looping[NET_ROUTERS][NET_SEGMENTS]; /* since when packets go in circles; zero: not */
};

static void attach(struct wild *wild, u32 router, u32 segment)
{
	const struct net_segment *seg = &wild->net->segment[segment];

	for (u32 n = 0; n < seg->end_count; n++) {
		if (seg->end[n].router == router)
			return;
	}
	if (seg->end_count < NET_ENDS && wild->net->router[router]->ifaces.count < NET_PORTS)
		ospf_net_attach(wild->net, router, segment, (u16)(1 + rng_below(&wild->rng, 20)),
				0);
}

static void wild_init(struct wild *wild, u64 seed, u32 routers)
{
	u8 bytes[32] = { 1 };

	memcpy(bytes + 1, &seed, sizeof seed);
	rng_init(&wild->rng, bytes);
	wild->net = ospf_net_new(seed);
	for (u32 n = 0; n < routers; n++)
		(void)ospf_net_router(wild->net, 0x01000001 + n);
	/* A tree of links, some more, and networks of many. */
	for (u32 n = 1; n < routers; n++) {
		u32 link = ospf_net_segment(wild->net, OSPF_NET_PTP, 0x0a000000 + n * 4, 30);

		attach(wild, n, link);
		attach(wild, rng_below(&wild->rng, n), link);
	}
	for (u32 n = 0; n < routers / 2; n++) {
		u32 lan = ospf_net_segment(wild->net, OSPF_NET_BROADCAST, 0x0a800000 + (n << 8),
					   24);
		u32 ends = 1 + rng_below(&wild->rng, 5);

		for (u32 e = 0; e < ends; e++)
			attach(wild, rng_below(&wild->rng, routers), lan);
	}
	for (u32 n = 0; n < wild->net->segment_count; n++) {
		struct net_segment *seg = &wild->net->segment[n];

		seg->delay_ns = (1 + rng_below(&wild->rng, 20)) * NS_PER_MS;
		seg->jitter_ns = rng_below(&wild->rng, 10) * NS_PER_MS;
		seg->loss_percent = rng_below(&wild->rng, 2) * rng_below(&wild->rng, 20);
		seg->twice_percent = rng_below(&wild->rng, 10);
	}
	for (u32 n = 0; n < routers; n++)
		ospf_net_start(wild->net, n);
}

static void wild_fault(struct wild *wild)
{
	struct ospf_net *net = wild->net;
	u32 segment = rng_below(&wild->rng, net->segment_count);
	u32 router = rng_below(&wild->rng, net->router_count);

	switch (rng_below(&wild->rng, 6)) {
	case 0: ospf_net_carrier(net, segment, !net->segment[segment].carrier); break;
	case 1:
	case 2: net->segment[segment].passes = !net->segment[segment].passes; break;
	case 3:
		if (net->router[router]->running)
			ospf_net_crash(net, router);
		else
			ospf_net_start(net, router);
		break;
	case 4:
		if (net->router[router]->running)
			ospf_net_stop(net, router);
		else
			ospf_net_start(net, router);
		break;
	default: net->segment[segment].loss_percent = rng_below(&wild->rng, 60); break;
	}
}

/* Networks where packets get lost for good need not be quiet; loss ends with the faults. */
static void wild_heal(struct wild *wild)
{
	for (u32 n = 0; n < wild->net->segment_count; n++) {
		wild->net->segment[n].loss_percent = 0;
		wild->net->segment[n].passes = true;
	}
}

/* From every router to every network; false: somewhere packets go in circles for too long. What is
 * drawn for it is not missing elsewhere.                                                         */
static bool loops_end(struct wild *wild)
{
	struct ospf_net *net = wild->net;
	struct rng kept = net->rng;
	bool good = true;

	for (u32 at = 0; at < net->router_count; at++) {
		for (u32 s = 0; s < net->segment_count; s++) {
			ns_t *since = &wild->looping[at][s];

			if (ospf_net_trace(net, at, net->segment[s].addr + 1) != NET_ROUTERS + 1)
				*since = 0;
			else if (*since == 0)
				*since = net->now;
			good = good &&
			       (*since == 0 || net->now - *since <= LOOP_MOST_S * NS_PER_SEC);
		}
	}
	net->rng = kept;
	return good;
}

/* Looks at every second of it. */
static bool run_watched(struct wild *wild, u32 ms)
{
	bool good = true;

	for (; ms >= 1000 && good; ms -= 1000) {
		ospf_net_run_ms(wild->net, 1000);
		good = loops_end(wild);
	}
	ospf_net_run_ms(wild->net, ms);
	return good;
}

static void wild_run(u64 seed, u32 routers, u32 faults)
{
	struct wild wild = { .net = NULL };
	bool good;

	wild_init(&wild, seed, routers);
	good = run_watched(&wild, (30 + rng_below(&wild.rng, 200)) * 1000);
	for (u32 n = 0; n < faults; n++) {
		wild_fault(&wild);
		good = run_watched(&wild, rng_below(&wild.rng, 2) == 0
						  ? rng_below(&wild.rng, 3000)
						  : rng_below(&wild.rng, 100000)) &&
		       good;
	}
	wild_heal(&wild);
	good = run_watched(&wild, 240 * 1000) && good;
	if (!good)
		printf("packets go in circles for more than %u s\n", LOOP_MOST_S);
	if (!ospf_net_judge(wild.net) || !good) {
		printf("seed %llu\n", (unsigned long long)seed);
		fail();
	}
	ospf_net_free(wild.net);
}

static void test_any_network(void **state)
{
	const char *text = getenv("SEED"), *many = getenv("SEEDS");
	u64 first = text == NULL ? 1 : strtoull(text, NULL, 10);
	u64 seeds = many == NULL ? 12 : strtoull(many, NULL, 10);

	(void)state;
	for (u64 seed = first; seed < first + seeds; seed++)
		wild_run(seed, 4 + (u32)(seed * 7 % 20), 15);
}

/* Hours of loss: LSAs are refreshed, none ages out, nothing is left over, and all is known. */
static void test_hours(void **state)
{
	struct wild wild;

	(void)state;
	wild_init(&wild, 77, 8);
	ospf_net_run(wild.net, 3 * 3600);
	wild_heal(&wild);
	ospf_net_run(wild.net, 240);
	assert_true(ospf_net_judge(wild.net));
	for (u32 at = 0; at < wild.net->router_count; at++) {
		const struct ospf *o = &wild.net->router[at]->ospf;
		struct ospf_lsa_shown lsa;
		u32 cursor = 0;

		assert_int_equal(o->rxmts.live, 0);
		assert_int_equal(o->requests.live, 0);
		assert_int_equal(o->flushed_count, 0);
		assert_int_equal(o->stats.malformed, 0);
		while (ospf_show_lsas(o, &cursor, &lsa, 1, wild.net->now) == 1)
			assert_true(be16_host(lsa.hdr.age) < OSPF_REFRESH_S + 60);
	}
	ospf_net_free(wild.net);
}

/* ---- many areas ------------------------------------------------------------------------------ */

enum { AREAS = 4, INSIDE = 3 };

/* A backbone of border routers, two to each area, and routers inside; each has its own network.
 * Returns the network of a router in *own.                                                       */
static void areas_init(struct wild *wild, u64 seed, u32 *own)
{
	u8 bytes[32] = { 2 };
	struct ospf_net *net = ospf_net_new(seed);
	u32 core = ospf_net_segment(net, OSPF_NET_BROADCAST, 0x0a000000, 24);

	memcpy(bytes + 1, &seed, sizeof seed);
	rng_init(&wild->rng, bytes);
	wild->net = net;
	for (u32 area = 1; area <= AREAS; area++) {
		u32 lan = ospf_net_segment(net, OSPF_NET_BROADCAST, 0x0a000000 + (area << 16), 24);

		for (u32 n = 0; n < 2 + INSIDE; n++) {
			u32 at = ospf_net_router(net, (area << 8) + n + 1);

			if (n < 2)
				ospf_net_attach(net, at, core, (u16)(1 + rng_below(&wild->rng, 20)),
						0);
			ospf_net_attach(net, at, lan, (u16)(1 + rng_below(&wild->rng, 20)), area);
			own[at] = ospf_net_segment(net, OSPF_NET_BROADCAST,
						   0x0a000000 + (area << 16) + ((n + 1) << 8), 24);
			ospf_net_attach(net, at, own[at], 1, area);
		}
		for (u32 n = 0; area % 2 == 0 && n < 2 + INSIDE; n++)
			ospf_net_area(net, net->router_count - 1 - n, area)
				->kind = area == 2 ? OSPF_AREA_STUB : OSPF_AREA_NSSA;
	}
	for (u32 at = 0; at < net->router_count; at++)
		ospf_net_start(net, at);
}

static bool has_border(const struct ospf_net *net, u32 first)
{
	return net->router[first]->running || net->router[first + 1]->running;
}

/* Whoever runs is reached by whoever runs, as long as both areas have a border router. */
static void areas_judge(struct wild *wild, const u32 *own)
{
	struct ospf_net *net = wild->net;
	u32 each = 2 + INSIDE;

	for (u32 a = 0; a < net->router_count; a++) {
		for (u32 b = 0; b < net->router_count; b++) {
			u32 first_a = a / each * each, first_b = b / each * each;
			bool way = has_border(net, first_a) && has_border(net, first_b);
			u32 end;

			if (!net->router[a]->running)
				continue;
			end = ospf_net_trace(net, a, net->segment[own[b]].addr + 1);
			assert_int_not_equal(end, NET_ROUTERS + 1);
			if (net->router[b]->running && (way || first_a == first_b))
				assert_int_equal(end, b);
			else
				assert_int_equal(end, NET_ROUTERS);
		}
	}
}

static void test_any_areas(void **state)
{
	const char *text = getenv("SEED"), *many = getenv("SEEDS");
	u64 first = text == NULL ? 1 : strtoull(text, NULL, 10);
	u64 seeds = many == NULL ? 6 : strtoull(many, NULL, 10);

	(void)state;
	for (u64 seed = first; seed < first + seeds; seed++) {
		struct wild wild;
		u32 own[NET_ROUTERS];

		printf("seed %llu\n", (unsigned long long)seed);
		areas_init(&wild, seed, own);
		ospf_net_run(wild.net, 150);
		areas_judge(&wild, own);
		for (u32 fault = 0; fault < 12; fault++) {
			u32 at = rng_below(&wild.rng, wild.net->router_count);

			if (!wild.net->router[at]->running)
				ospf_net_start(wild.net, at);
			else if (rng_below(&wild.rng, 2) == 0)
				ospf_net_crash(wild.net, at);
			else
				ospf_net_stop(wild.net, at);
			ospf_net_run(wild.net, rng_below(&wild.rng, 90));
		}
		ospf_net_run(wild.net, 240);
		areas_judge(&wild, own);
		ospf_net_free(wild.net);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_on_a_link), cmocka_unit_test(test_designated_router),
		cmocka_unit_test(test_graceful_stop), cmocka_unit_test(test_any_network),
		cmocka_unit_test(test_hours),         cmocka_unit_test(test_any_areas),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
