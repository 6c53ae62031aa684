/* Sources that could not be answered, on the whole road and on the short cut. */
#include "unit/core_path/zone_bed.h"

static struct path_bed *checked_open(struct path_bed *bed, u16 iface, enum iface_source_check check)
{
	bed->conf.iface[iface].source_check = check;
	path_bed_start(bed);
	return bed;
}

static void dies(struct path_bed *bed, u16 in_if)
{
	u64 before = rig_drop_count(&bed->rig, DROP_IP_NO_WAY_BACK);
	u64 sum = rig_drop_sum(&bed->rig);

	assert_true(rig_send(&bed->rig, in_if, &bed->b));
	assert_int_equal(rig_drop_count(&bed->rig, DROP_IP_NO_WAY_BACK), before + 1);
	assert_int_equal(rig_drop_sum(&bed->rig), sum + 1);
	assert_false(rig_next(&bed->rig, &bed->out));
}

static void from(struct path_bed *bed, const char *src)
{
	build_udp4(&bed->b, addr(src), 5000, addr(SERVER), 53, 20);
}

static void add_route(struct path_bed *bed, const char *prefix, u8 len, enum fib_type type)
{
	struct sluice_route_conf *route = &bed->conf.route[bed->conf.route_count++];

	*route = (struct sluice_route_conf){ .prefix = addr(prefix), .prefix_len = len };
	route->route.type = type;
}

static void add_path(struct path_bed *bed, const char *gateway, u16 out_if)
{
	struct fib_route *route = &bed->conf.route[bed->conf.route_count - 1].route;

	route->path[route->path_count++] = (struct fib_path){ addr(gateway), out_if, 1 };
}

/* ---- who is asked ---------------------------------------------------------------------------- */

static void test_off(void **state)
{
	struct path_bed *bed = path_bed_open();

	(void)state;
	from(bed, "10.20.0.5");
	(void)path_pass(bed, RIG_IN);
	path_bed_close(bed);
}

/* RFC 3704 section 2.2: its own networks, and nothing else; no flow is left, and nobody is told. */
static void test_strict(void **state)
{
	static const char *const others[] = { "10.20.0.5", "203.0.113.77", "172.16.1.1" };
	struct path_bed *bed = checked_open(path_bed_new(), RIG_IN, IFACE_SOURCE_HERE);

	(void)state;
	/* The way out is known from now on: first packets have a short cut, too. */
	from(bed, HOST);
	(void)path_pass(bed, RIG_IN);
	from(bed, "10.10.0.6");
	(void)path_pass(bed, RIG_IN);
	assert_int_equal(rig_counter(&bed->rig, "packets_opening"), 1);
	for (u32 n = 0; n < ARRAY_COUNT(others); n++) {
		from(bed, others[n]);
		dies(bed, RIG_IN);
		build_echo4(&bed->b, addr(others[n]), addr(GATEWAY_IN), ICMP_ECHO, 1, 1);
		dies(bed, RIG_IN);
	}
	assert_int_equal(sluice_flow_count(bed->rig.s), 2);
	/* Nobody else asks. */
	from(bed, "10.10.0.7");
	(void)path_pass(bed, RIG_IN2);
	path_bed_close(bed);
}

/* At a border, BCP 38 from the other side: whose network is inside is not outside. */
static void test_strict_outside(void **state)
{
	struct path_bed *bed = checked_open(path_bed_new(), RIG_OUT, IFACE_SOURCE_HERE);

	(void)state;
	build_udp4(&bed->b, addr(SERVER), 53, addr(HOST), 5000, 20);
	(void)path_pass(bed, RIG_OUT);
	build_udp4(&bed->b, addr("10.20.0.5"), 53, addr(HOST), 5000, 20);
	dies(bed, RIG_OUT);
	path_bed_close(bed);
}

/* Section 2.4: any way is good enough, that of the default route, too; none is none. */
static void test_loose(void **state)
{
	struct path_bed *bed = path_bed_new();

	(void)state;
	add_route(bed, "192.0.2.0", 24, FIB_BLACKHOLE);
	add_route(bed, "192.0.3.0", 24, FIB_PROHIBIT);
	(void)checked_open(bed, RIG_IN, IFACE_SOURCE_ROUTED);
	from(bed, "10.20.0.5");
	(void)path_pass(bed, RIG_IN);
	/* What is thrown away on its way out (RFC 5635 section 4) is so on its way in. */
	from(bed, "192.0.2.7");
	dies(bed, RIG_IN);
	from(bed, "192.0.3.7");
	dies(bed, RIG_IN);
	bed->conf.route_count = 0;
	assert_true(rig_configure(&bed->rig, &bed->conf));
	from(bed, "172.16.1.1");
	dies(bed, RIG_IN);
	path_bed_close(bed);
}

/* Section 2.3: of several ways that are as good each is one. */
static void test_strict_with_several_ways(void **state)
{
	struct path_bed *bed = path_bed_new();

	(void)state;
	add_route(bed, "172.16.0.0", 16, FIB_UNICAST);
	add_path(bed, "10.10.0.9", RIG_IN);
	add_path(bed, "10.20.0.9", RIG_IN2);
	bed->conf.nat.rule[0].source_len = 0;
	bed->conf.iface[RIG_IN].source_check = IFACE_SOURCE_HERE;
	(void)checked_open(bed, RIG_IN2, IFACE_SOURCE_HERE);
	for (u32 n = 0; n < 20; n++) {
		build_udp4(&bed->b, be32_of(be32_host(addr("172.16.0.1")) + n % 4), 5000,
			   addr(SERVER), 53, 20);
		(void)path_pass(bed, n / 4 % 2 == 0 ? RIG_IN : RIG_IN2);
	}
	path_bed_close(bed);
}

/* Who asks for his address has none; stations and groups are no exception. */
static void test_to_everybody(void **state)
{
	struct path_bed *bed = checked_open(path_bed_new(), RIG_IN, IFACE_SOURCE_HERE);

	(void)state;
	build_udp4(&bed->b, addr("0.0.0.0"), 68, addr("255.255.255.255"), 67, 300);
	assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
	assert_int_equal(rig_drop_count(&bed->rig, DROP_IP_NO_WAY_BACK), 0);
	build_udp4(&bed->b, addr("10.20.0.5"), 68, addr("255.255.255.255"), 67, 300);
	dies(bed, RIG_IN);
	path_bed_close(bed);
}

/* ---- zones ----------------------------------------------------------------------------------- */

/* Answers stay in the zone, so that is where the way back has to be; the same addresses elsewhere
 * are somebody else's.                                                                           */
static void test_in_a_zone(void **state)
{
	static const enum iface_source_check checks[] = { IFACE_SOURCE_ROUTED, IFACE_SOURCE_HERE };

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(checks); n++) {
		struct path_bed *bed = checked_open(zones_new(), BLUE, checks[n]);

		from(bed, HOST);
		(void)path_pass(bed, BLUE);
		from(bed, "203.0.113.77");
		dies(bed, BLUE);
		from(bed, "172.16.1.1");
		dies(bed, BLUE);
		path_bed_close(bed);
	}
}

/* ---- flows that stand ------------------------------------------------------------------------ */

static u64 fast(const struct path_bed *bed)
{
	return rig_counter(&bed->rig, "packets_fast");
}

/* What claims to be of a known flow is asked where it came from, too; who is right stays fast. */
static void test_the_short_cut_asks(void **state)
{
	struct path_bed *bed = path_bed_new();
	u16 port;
	u64 before;

	(void)state;
	bed->conf.iface[RIG_IN2].source_check = IFACE_SOURCE_HERE;
	bed->conf.iface[RIG_OUT].source_check = IFACE_SOURCE_HERE;
	(void)checked_open(bed, RIG_IN, IFACE_SOURCE_HERE);
	from(bed, HOST);
	port = path_pass(bed, RIG_IN)->sport;
	build_udp4(&bed->b, addr(SERVER), 53, addr(GATEWAY_OUT), port, 20);
	(void)path_pass(bed, RIG_OUT);
	before = fast(bed);
	from(bed, HOST);
	(void)path_pass(bed, RIG_IN);
	build_udp4(&bed->b, addr(SERVER), 53, addr(GATEWAY_OUT), port, 20);
	(void)path_pass(bed, RIG_OUT);
	assert_int_equal(fast(bed), before + 2);
	from(bed, HOST);
	dies(bed, RIG_IN2);
	build_udp4(&bed->b, addr(SERVER), 53, addr(GATEWAY_OUT), port, 20);
	dies(bed, RIG_IN2);
	assert_int_equal(fast(bed), before + 2);
	path_bed_close(bed);
}

/* A reload asks from then on, of flows that stand as of others. */
static void test_a_new_configuration(void **state)
{
	struct path_bed *bed = path_bed_open();

	(void)state;
	for (u32 n = 0; n < 3; n++) {
		from(bed, "10.20.0.5");
		(void)path_pass(bed, RIG_IN);
	}
	bed->conf.iface[RIG_IN].source_check = IFACE_SOURCE_HERE;
	assert_true(rig_configure(&bed->rig, &bed->conf));
	dies(bed, RIG_IN);
	bed->conf.iface[RIG_IN].source_check = (enum iface_source_check)(IFACE_SOURCE_HERE + 1);
	assert_false(rig_configure(&bed->rig, &bed->conf));
	bed->conf.iface[RIG_IN].source_check = IFACE_SOURCE_ROUTED;
	assert_true(rig_configure(&bed->rig, &bed->conf));
	from(bed, "10.20.0.5");
	(void)path_pass(bed, RIG_IN);
	path_bed_close(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_off),
		cmocka_unit_test(test_strict),
		cmocka_unit_test(test_strict_outside),
		cmocka_unit_test(test_loose),
		cmocka_unit_test(test_strict_with_several_ways),
		cmocka_unit_test(test_to_everybody),
		cmocka_unit_test(test_in_a_zone),
		cmocka_unit_test(test_the_short_cut_asks),
		cmocka_unit_test(test_a_new_configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
