/* Spreading flows: fair by weight, the same for the same flow, and calm when a path goes. */
#include "fib_bed.h"

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

/* Of the slots whose path stays at most a quarter moves, on average one in a dozen. */
static void test_a_path_goes(void **state)
{
	struct fib fib;
	void *region = bed_open(&fib, 300, 300);
	u32 moved_sum = 0, cases = 0;

	(void)state;
	for (u32 count = 2; count <= FIB_PATHS_MAX; count++) {
		struct fib_route all = paths(count, FIB_PATHS_MAX);
		u32 before = route_of(&fib, &all, ip(10, 0, 0, 0));

		for (u32 gone = 0; gone < count; gone++) {
			struct fib_route rest = paths(count, gone);
			u32 after = route_of(&fib, &rest, ip(10, 0, 1, 0));
			u32 moved = 0;

			for (u32 slot = 0; slot < FIB_BUCKETS; slot++) {
				u8 was = fib.nexthop[before].bucket[slot];
				u8 is = fib.nexthop[after].bucket[slot];
				be32 old = fib.nexthop[before].route.path[was].gateway;

				if (be32_host(old) == ip(192, 0, 2, 1 + gone))
					continue;
				moved += !be32_eq(old, fib.nexthop[after].route.path[is].gateway);
			}
			assert_in_range(moved, 0, FIB_BUCKETS / 4);
			moved_sum += moved;
			cases++;
		}
	}
	print_message("slots moved without need: %u in %u cases\n", moved_sum, cases);
	assert_in_range(moved_sum, 0, cases * 5);
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
		cmocka_unit_test(test_equal_weights), cmocka_unit_test(test_weights),
		cmocka_unit_test(test_a_path_goes),   cmocka_unit_test(test_interned),
		cmocka_unit_test(test_without_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
