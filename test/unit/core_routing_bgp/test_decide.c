/* The decision, rule by rule: RFC 4271 section 9.1.2.2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/base/rng.h"
#include "core/routing/bgp/bgp_part.h"

enum { PEERS = 4, ATTRS = 256 };

static struct bgp bgp;
static void *region;

static int setup(void **state)
{
	struct bgp_conf conf;
	struct mem mem;

	(void)state;
	bgp_conf_defaults(&conf);
	conf.peer_limit = PEERS;
	conf.attr_limit = ATTRS;
	conf.cell_limit = ATTRS;
	conf.net_limit = 64;
	mem_init_plan(&mem);
	bgp_layout(&bgp, &conf, &mem);
	region = aligned_alloc(MEM_LINE, mem.used);
	memset(region, 0, mem.used);
	mem_init(&mem, region, mem.used);
	bgp_layout(&bgp, &conf, &mem);
	bgp_attr_store_init(&bgp.store, &conf.key);
	/* Clients are numbered as their peers: 0 and 1 of other ASes, 2 and 3 of our own. */
	for (u32 at = 0; at < PEERS; at++) {
		bgp.peer_of_client[at] = (u16)at;
		bgp.peer[at].internal = at >= 2;
		bgp.peer[at].open.router_id = be32_of(100 - at);
		bgp.peer[at].conf.addr = be32_of(1000 + at);
	}
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(region);
	return 0;
}

struct likeness {
	u16 client;
	u32 path_id;
	u32 pref; /* zero: none */
	u16 path_len;
	u32 as;
	u8 origin;
	u32 med; /* zero: none */
	u32 cost;
	u32 originator; /* zero: none */
	u16 clusters;
	bool lost; /* no way to its next hop */
};

static struct rib_candidate candidate(const struct likeness *like)
{
	struct bgp_attrs attrs = { .body_len = 0 };
	struct rib_candidate out = { .way = { !like->lost, like->cost } };

	attrs.head.path_len = like->path_len;
	attrs.head.neighbour_as = like->as;
	attrs.head.origin = like->origin;
	attrs.head.med = like->med;
	attrs.head.local_pref = like->pref;
	attrs.head.originator = be32_of(like->originator);
	attrs.head.cluster_count = like->clusters;
	attrs.head.flags = (u8)((like->med > 0 ? BGP_HAS_MED : 0) |
				(like->pref > 0 ? BGP_HAS_LOCAL_PREF : 0) |
				(like->originator > 0 ? BGP_HAS_ORIGINATOR : 0));
	out.path.client = like->client;
	out.path.path_id = like->path_id;
	out.path.attr = bgp_attr_get(&bgp.store, &attrs);
	assert_int_not_equal(out.path.attr, BGP_ATTR_NONE);
	return out;
}

static u32 best_of(const struct likeness *like, u32 count)
{
	struct rib_candidate of[16];
	struct rib_choice choice;

	for (u32 at = 0; at < count; at++)
		of[at] = candidate(&like[at]);
	bgp_choose(&bgp, of, count, &choice);
	return choice.best;
}

/* Each rule alone decides, whatever the later ones say, in both orders; and says so. */
static void each_rule(void **state)
{
	static const struct {
		struct likeness better, worse;
		const char *why;
	} row[] = {
		{ { .client = 3, .pref = 101, .path_len = 9, .origin = 2 },
		  { .pref = 100 },
		  "9.1.1: higher local preference" },
		/* What comes without one has that of the configuration, 100. */
		{ { .client = 3, .path_len = 9 },
		  { .pref = 99 },
		  "9.1.1: higher local preference" },
		{ { .client = 3, .path_len = 2, .origin = 2, .as = 5, .med = 9 },
		  { .path_len = 3, .as = 5, .med = 1 },
		  "9.1.2.2 (a): shorter AS path" },
		{ { .client = 3, .as = 5, .med = 9, .cost = 7 },
		  { .origin = 1, .as = 5 },
		  "9.1.2.2 (b): lower origin" },
		{ { .client = 3, .as = 5, .med = 8, .cost = 7 },
		  { .as = 5, .med = 9 },
		  "9.1.2.2 (c): lower MED of the same neighbour AS" },
		/* None is the lowest. */
		{ { .client = 3, .as = 5, .cost = 7 },
		  { .as = 5, .med = 1 },
		  "9.1.2.2 (c): lower MED of the same neighbour AS" },
		{ { .client = 1, .as = 5, .med = 9, .cost = 7 },
		  { .client = 3, .as = 6, .med = 1 },
		  "9.1.2.2 (d): external before internal" },
		{ { .client = 0, .as = 5, .med = 9, .cost = 6 },
		  { .client = 1, .as = 6, .med = 1, .cost = 7 },
		  "9.1.2.2 (e): lower cost to the next hop" },
		{ { .client = 1 }, { .client = 0 }, "9.1.2.2 (f): lower BGP identifier" },
		{ { .client = 2, .originator = 5 },
		  { .client = 3 },
		  "9.1.2.2 (f): lower BGP identifier" },
		{ { .client = 3, .originator = 5, .clusters = 1 },
		  { .client = 2, .originator = 5, .clusters = 2 },
		  "RFC 4456 9: shorter cluster list" },
		{ { .client = 2, .originator = 5 },
		  { .client = 3, .originator = 5 },
		  "9.1.2.2 (g): lower peer address" },
		{ { .client = 0, .path_id = 4 },
		  { .client = 0, .path_id = 5 },
		  "RFC 7911: lower path identifier of the same peer" },
	};

	(void)state;
	for (u32 at = 0; at < ARRAY_COUNT(row); at++) {
		struct likeness both[2] = { row[at].better, row[at].worse };
		struct likeness turned[2] = { row[at].worse, row[at].better };
		struct rib_candidate better = candidate(&both[0]), worse = candidate(&both[1]);
		char text[RIB_WHY_SIZE];

		assert_int_equal(best_of(both, 2), 0);
		assert_int_equal(best_of(turned, 2), 1);
		bgp_why(&bgp, &better, &worse, text, sizeof text);
		assert_string_equal(text, row[at].why);
	}
}

/* RFC 4271 section 9.1.2.1. */
static void what_can_not_be_reached(void **state)
{
	struct likeness like[3] = { { .client = 1, .lost = true },
				    { .client = 0 },
				    { .client = 0, .pref = 500, .lost = true } };

	(void)state;
	assert_int_equal(best_of(like, 3), 1);
	like[1].lost = true;
	assert_int_equal(best_of(like, 3), RIB_NONE);
}

/* The classic: by pairs there is a ring; all together there is one answer in every order. */
static void med_in_every_order(void **state)
{
	static const struct likeness three[3] = {
		{ .client = 2, .as = 1, .med = 10, .cost = 5 },
		{ .client = 3, .as = 1, .med = 1, .cost = 20 },
		{ .client = 2, .as = 2, .cost = 10, .path_id = 1 },
	};
	static const u8 order[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
					{ 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
	struct rib_candidate better = candidate(&three[2]), worse = candidate(&three[0]);
	char text[RIB_WHY_SIZE];

	(void)state;
	for (u32 at = 0; at < 6; at++) {
		struct likeness like[3];

		for (u32 n = 0; n < 3; n++)
			like[n] = three[order[at][n]];
		/* The first goes by the MED of the second, which then is further away. */
		assert_int_equal(order[at][best_of(like, 3)], 2);
	}
	bgp_why(&bgp, &better, &worse, text, sizeof text);
	assert_string_equal(text, "another path beats it by MED");
}

/* Random ones: the same in any order. */
static void no_order_plays_a_part(void **state)
{
	struct rng rng;
	u8 seed[32] = { 9 };

	(void)state;
	rng_init(&rng, seed);
	for (u32 n = 0; n < 3000; n++) {
		struct likeness like[8], turned[8];
		u32 count = 2 + rng_below(&rng, 7);
		u32 turn = rng_below(&rng, count);
		u32 first, second;

		for (u32 at = 0; at < count; at++) {
			like[at] = (struct likeness){
				.client = (u16)rng_below(&rng, 4),
				.path_id = at,
				.path_len = (u16)rng_below(&rng, 2),
				.as = 1 + rng_below(&rng, 2),
				.med = rng_below(&rng, 3),
				.cost = rng_below(&rng, 2),
			};
		}
		for (u32 at = 0; at < count; at++)
			turned[(at + turn) % count] = like[at];
		first = best_of(like, count);
		second = best_of(turned, count);
		assert_int_equal(second, (first + turn) % count);
	}
}

/* Equal ones forward beside the best, if asked for: those that no rule up to (e) tells apart. */
static void several_forward(void **state)
{
	static const struct likeness like[] = {
		{ .client = 0, .as = 5, .path_len = 2 },
		{ .client = 1, .as = 5, .path_len = 2 },
		{ .client = 0, .as = 5, .path_len = 3, .path_id = 1 },
		{ .client = 1, .as = 6, .path_len = 2, .path_id = 1 },
		{ .client = 2, .as = 5, .path_len = 2 },
		{ .client = 0, .as = 5, .path_len = 2, .path_id = 2 },
	};
	struct rib_candidate of[ARRAY_COUNT(like)];
	struct rib_choice choice;

	(void)state;
	for (u32 at = 0; at < ARRAY_COUNT(like); at++)
		of[at] = candidate(&like[at]);
	bgp_choose(&bgp, of, ARRAY_COUNT(like), &choice);
	assert_int_equal(choice.best, 1);
	assert_int_equal(choice.equal_count, 0);
	bgp.conf.multipath = 2;
	bgp_choose(&bgp, of, ARRAY_COUNT(like), &choice);
	assert_int_equal(choice.equal_count, 1);
	bgp.conf.multipath = 8;
	bgp_choose(&bgp, of, ARRAY_COUNT(like), &choice);
	assert_int_equal(choice.best, 1);
	assert_int_equal(choice.equal_count, 2);
	assert_int_equal(choice.equal[0], 0);
	assert_int_equal(choice.equal[1], 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_rule, setup, teardown),
		cmocka_unit_test_setup_teardown(what_can_not_be_reached, setup, teardown),
		cmocka_unit_test_setup_teardown(med_in_every_order, setup, teardown),
		cmocka_unit_test_setup_teardown(no_order_plays_a_part, setup, teardown),
		cmocka_unit_test_setup_teardown(several_forward, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
