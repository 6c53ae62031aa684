/* What interfaces put into the forwarding table, and what is always there. */
#include "fib_bed.h"

static void add_addr(struct iface_conf *conf, u32 addr, u8 len)
{
	conf->addr[conf->addr_count++] =
		(struct iface_addr){ .addr = be32_of(addr), .prefix_len = len };
}

static void test_fixed(void **state)
{
	struct fib fib;
	void *region = bed_open(&fib, 64, 64);

	(void)state;
	bed_add(&fib, 0, 0, 1);
	fib_publish(&fib);
	assert_int_equal(bed_type(&fib, ip(255, 255, 255, 255)), FIB_BROADCAST);
	assert_int_equal(bed_type(&fib, ip(224, 0, 0, 5)), FIB_MULTICAST);
	assert_int_equal(bed_type(&fib, ip(239, 255, 255, 255)), FIB_MULTICAST);
	assert_int_equal(bed_type(&fib, ip(240, 0, 0, 1)), FIB_BLACKHOLE);
	assert_int_equal(bed_type(&fib, ip(127, 0, 0, 1)), FIB_BLACKHOLE);
	assert_int_equal(bed_type(&fib, ip(0, 0, 0, 1)), FIB_BLACKHOLE);
	assert_int_equal(bed_type(&fib, ip(223, 255, 255, 255)), FIB_UNICAST);
	free(region);
}

static void test_iface(void **state)
{
	struct fib fib;
	void *region = bed_open(&fib, 64, 64);
	struct iface_conf conf[2] = {
		{ .name = "in", .mtu = 1500, .mac = { { 2, 0, 0, 0, 0, 1 } } },
		{ .name = "out", .mtu = 1500, .mac = { { 2, 0, 0, 0, 0, 2 } } },
	};
	struct iface_table ifaces;
	const struct fib_route *route;

	(void)state;
	add_addr(&conf[0], ip(10, 10, 0, 1), 16);
	add_addr(&conf[0], ip(10, 10, 255, 255), 32); /* wins over the broadcast address */
	add_addr(&conf[1], ip(198, 18, 0, 0), 31);
	add_addr(&conf[1], ip(10, 10, 0, 9), 16); /* the prefix stays with the first */
	assert_int_equal(iface_init(&ifaces, conf, 2), ERR_OK);
	assert_int_equal(fib_add_iface(&fib, &ifaces, 0), ERR_OK);
	assert_int_equal(fib_add_iface(&fib, &ifaces, 1), ERR_OK);
	fib_publish(&fib);
	fib_check(&fib);
	route = fib_route_at(&fib, fib_lookup(&fib, be32_of(ip(10, 10, 3, 4))));
	assert_int_equal(route->type, FIB_UNICAST);
	assert_int_equal(route->path[0].out_if, 0);
	assert_int_equal(be32_host(route->path[0].gateway), 0);
	route = fib_route_at(&fib, fib_lookup(&fib, be32_of(ip(10, 10, 0, 9))));
	assert_int_equal(route->type, FIB_LOCAL);
	assert_int_equal(route->path[0].out_if, 1);
	assert_int_equal(bed_type(&fib, ip(10, 10, 0, 1)), FIB_LOCAL);
	assert_int_equal(bed_type(&fib, ip(10, 10, 0, 0)), FIB_BROADCAST);
	assert_int_equal(bed_type(&fib, ip(10, 10, 255, 255)), FIB_LOCAL);
	assert_int_equal(bed_type(&fib, ip(198, 18, 0, 0)), FIB_LOCAL);
	assert_int_equal(bed_type(&fib, ip(198, 18, 0, 1)), FIB_UNICAST);
	assert_int_equal(bed_type(&fib, ip(198, 18, 0, 2)), FIB_NONE);
	free(region);
}

/* Without room it says so. */
static void test_iface_full(void **state)
{
	struct fib fib;
	void *region = bed_open(&fib, 3, 8);
	struct iface_conf conf = { .name = "in", .mtu = 1500 };
	struct iface_table ifaces;

	(void)state;
	add_addr(&conf, ip(10, 10, 0, 1), 16);
	assert_int_equal(iface_init(&ifaces, &conf, 1), ERR_OK);
	assert_int_equal(fib_add_iface(&fib, &ifaces, 0), ERR_FULL);
	fib_check(&fib);
	free(region);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fixed),
		cmocka_unit_test(test_iface),
		cmocka_unit_test(test_iface_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
