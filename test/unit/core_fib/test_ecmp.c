/* Spreading flows: fair by weight, the same for the same flow, and calm when a path goes. */
#include "core/base/rng.h"

#include "fib_bed.h"

enum { FIXED_SETS = 3 /* of prefixes that every table has */ };

static struct fib_route paths(u32 count, u32 without)
{
	struct fib_route route = { .type = FIB_UNICAST };

	for (u32 i = 0; i < count; i++) {
		if (i == without)
			continue;
		route.path[route.path_count++] = (struct fib_path){
			.gateway = be32_of(ip(192, 0, 2, 1 + i)),
			.out_if = (u16)(i % 3),
			.weight = 1,
		};
	}
	return route;
}

static u32 route_of(struct fib *fib, const struct fib_route *route, u32 prefix)
{
	assert_int_equal(fib_add(fib, be32_of(prefix), 24, route), ERR_OK);
	fib_publish(fib);
	return fib_lookup(fib, be32_of(prefix));
}

static u32 gateway_of(const struct fib *fib, u32 route, u32 hash)
{
	return be32_host(fib_pick(fib, route, hash)->gateway);
}

static void test_equal_weights(void **state)
{
	enum { FLOWS = 64000 };
	struct fib fib;
	void *region = bed_open(&fib, 64, 64);

	(void)state;
	for (u32 count = 1; count <= FIB_PATHS_MAX; count++) {
		struct fib_route route = paths(count, FIB_PATHS_MAX);
		u32 idx = route_of(&fib, &route, ip(10, 0, count, 0));
		u32 flows[FIB_PATHS_MAX] = { 0 };

		for (u32 hash = 0; hash < FLOWS; hash++)
			flows[gateway_of(&fib, idx, hash) - ip(192, 0, 2, 1)]++;
		for (u32 i = 0; i < count; i++) {
			/* Whole slots: off by less than one slot, and a little for the hash. */
			assert_in_range(flows[i], FLOWS / 64 * (64 / count) * 19 / 20,
					FLOWS / 64 * (64 / count + 1) * 21 / 20);
		}
	}
	fib_check(&fib);
	free(region);
}

static void test_weights(void **state)
{
	struct fib fib;
	void *region = bed_open(&fib, 64, 64);
	struct fib_route route = paths(3, FIB_PATHS_MAX);
	u32 slots[4] = { 0 }; /* by the last bits of the gateway */
	u32 idx;

	(void)state;
	route.path[0].weight = 1;
	route.path[1].weight = 2;
	route.path[2].weight = 5;
	idx = route_of(&fib, &route, ip(10, 0, 0, 0));
	for (u32 slot = 0; slot < FIB_BUCKETS; slot++) {
		u8 path = fib.nexthop[idx].bucket[slot];

		slots[be32_host(fib.nexthop[idx].route.path[path].gateway) & 3] += 1;
	}
	assert_int_equal(slots[1], 8);
	assert_int_equal(slots[2], 16);
	route.path[2].weight = 60000; /* the small ones still get a slot each */
	idx = route_of(&fib, &route, ip(10, 0, 1, 0));
	memset(slots, 0, sizeof slots);
	for (u32 slot = 0; slot < FIB_BUCKETS; slot++)
		slots[fib.nexthop[idx].bucket[slot]]++;
	assert_int_equal(slots[0], 1);
	assert_int_equal(slots[1], 1);
	assert_int_equal(slots[2], 62);
	fib_check(&fib);
	free(region);
}

static u32 slot_gateway(const struct fib *fib, u32 route, u32 slot)
{
	const struct fib_nexthop *of = &fib->nexthop[route];

	return be32_host(of->route.path[of->bucket[slot]].gateway);
}

/* Every path has its share of slots, whole ones. */
static void slots_are_fair(const struct fib *fib, u32 route)
{
	u32 count = fib->nexthop[route].route.path_count;
	u32 slots[FIB_PATHS_MAX] = { 0 };

	for (u32 slot = 0; slot < FIB_BUCKETS; slot++)
		slots[fib->nexthop[route].bucket[slot]]++;
	for (u32 path = 0; path < count; path++)
		assert_in_range(slots[path], FIB_BUCKETS / count,
				(FIB_BUCKETS + count - 1) / count);
}

struct moves {
	u32 there;   /* from other paths to this one */
	u32 away;    /* from this one */
	u32 between; /* of two others */
};

static struct moves slot_moves(const u32 before[FIB_BUCKETS], const struct fib *fib, u32 after,
			       u32 gateway)
{
	struct moves moves = { 0 };

	for (u32 slot = 0; slot < FIB_BUCKETS; slot++) {
		u32 is = slot_gateway(fib, after, slot);

		if (is == before[slot])
			continue;
		moves.there += is == gateway;
		moves.away += before[slot] == gateway;
		moves.between += is != gateway && before[slot] != gateway;
	}
	return moves;
}

static void slots_note(const struct fib *fib, u32 route, u32 note[FIB_BUCKETS])
{
	for (u32 slot = 0; slot < FIB_BUCKETS; slot++)
		note[slot] = slot_gateway(fib, route, slot);
}

/* No slot moves but those of the path; the set with it has been forgotten when it comes back. */
static void test_a_path_goes_and_comes(void **state)
{
	struct fib fib;
	void *region = bed_open(&fib, 300, 300);

	(void)state;
	for (u32 count = 2; count <= FIB_PATHS_MAX; count++) {
		struct fib_route all = paths(count, FIB_PATHS_MAX);

		for (u32 gone = 0; gone < count; gone++) {
			struct fib_route rest = paths(count, gone);
			u32 gateway = ip(192, 0, 2, 1 + gone);
			u32 note[FIB_BUCKETS];
			struct moves moves;
			u32 route = route_of(&fib, &all, ip(10, 0, 0, 0));

			slots_note(&fib, route, note);
			route = route_of(&fib, &rest, ip(10, 0, 0, 0));
			moves = slot_moves(note, &fib, route, gateway);
			assert_int_equal(moves.between, 0);
			assert_in_range(moves.away, FIB_BUCKETS / count,
					(FIB_BUCKETS + count - 1) / count);
			slots_are_fair(&fib, route);
			assert_int_equal(fib.nexthop_live, 1 + FIXED_SETS);
			slots_note(&fib, route, note);
			route = route_of(&fib, &all, ip(10, 0, 0, 0));
			moves = slot_moves(note, &fib, route, gateway);
			assert_int_equal(moves.between, 0);
			assert_in_range(moves.there, FIB_BUCKETS / count,
					(FIB_BUCKETS + count - 1) / count);
			slots_are_fair(&fib, route);
		}
	}
	fib_check(&fib);
	free(region);
}

/* Other sets stand beside it, and it is the most alike that is followed. */
static void test_many_turns_stay_fair(void **state)
{
	struct fib fib;
	void *region = bed_open(&fib, 300, 300);
	u32 up = 0xff, turns = 0;
	u32 note[FIB_BUCKETS] = { 0 };
	struct rng rng;

	(void)state;
	rng_init(&rng, (const u8[32]){ 3 });
	for (u32 other = 0; other < 40; other++) {
		struct fib_route route = paths(2 + other % 3, 0);

		route.path[0].gateway = be32_of(ip(198, 51, 100, 1 + other));
		(void)route_of(&fib, &route, ip(10, 1, other, 0));
	}
	for (u32 turn = 0; turn < 400; turn++) {
		u32 path = rng_below(&rng, 8);
		struct fib_route route = { .type = FIB_UNICAST };
		struct moves moves;
		u32 idx;

		up ^= 1u << path;
		for (u32 i = 0; i < 8; i++) {
			if ((up >> i & 1) != 0)
				route.path[route.path_count++] = paths(8, 8).path[i];
		}
		if (route.path_count < 2) {
			up ^= 1u << path;
			continue;
		}
		idx = route_of(&fib, &route, ip(10, 0, 0, 0));
		slots_are_fair(&fib, idx);
		moves = slot_moves(note, &fib, idx, ip(192, 0, 2, 1 + path));
		if (turns++ > 0)
			assert_int_equal(moves.between, 0);
		slots_note(&fib, idx, note);
	}
	assert_true(turns > 300);
	fib_check(&fib);
	free(region);
}

/* The order of the paths is no matter, and equal sets are one. */
static void test_interned(void **state)
{
	struct fib fib;
	void *region = bed_open(&fib, 64, 64);
	struct fib_route route = paths(3, FIB_PATHS_MAX);
	struct fib_route turned = route;
	u32 idx = route_of(&fib, &route, ip(10, 0, 0, 0));

	(void)state;
	turned.path[0] = route.path[2];
	turned.path[2] = route.path[0];
	turned.path[5].gateway = be32_of(99); /* behind the count: no matter */
	assert_int_equal(route_of(&fib, &turned, ip(10, 0, 1, 0)), idx);
	assert_int_equal(fib.nexthop[idx].refs, 2);
	bed_del(&fib, ip(10, 0, 0, 0), 24);
	bed_del(&fib, ip(10, 0, 1, 0), 24);
	assert_int_equal(fib_route_at(&fib, idx)->path_count, 3); /* readers may have it */
	fib_publish(&fib);
	assert_int_equal(fib_route_at(&fib, idx)->type, FIB_NONE);
	fib_check(&fib);
	free(region);
}

static void test_without_paths(void **state)
{
	struct fib fib;
	void *region = bed_open(&fib, 64, 64);
	struct fib_route route = { .type = FIB_PROHIBIT };
	u32 idx = route_of(&fib, &route, ip(10, 0, 0, 0));

	(void)state;
	assert_null(fib_pick(&fib, idx, 1));
	assert_null(fib_pick(&fib, FIB_ROUTE_NONE, 1));
	free(region);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equal_weights),
		cmocka_unit_test(test_weights),
		cmocka_unit_test(test_a_path_goes_and_comes),
		cmocka_unit_test(test_many_turns_stay_fair),
		cmocka_unit_test(test_interned),
		cmocka_unit_test(test_without_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
