/* Prefixes of NAT are routes that lead nowhere, and neighbours are told of them while the gateway
 * can serve who comes by them.                                                                   */
#include "core/engine/show_routing.h"
#include "unit/core_engine/routing_bed.h"

static void test_pools_are_there_to_be_announced(void **state)
{
	struct bed *bed = bed_new();
	struct sluice_route_info route;

	(void)state;
	rig_conf_pool(&bed->path.conf, "203.0.113.0", "203.0.113.47");
	path_bed_start(&bed->path);
	assert_true(shown(bed, "203.0.113.0/27", &route));
	assert_int_equal(route.route.type, FIB_BLACKHOLE);
	assert_int_equal(route.distance, ROUTING_DISTANCE_POOL);
	assert_string_equal(route.source, "static");
	assert_true(shown(bed, "203.0.113.32/28", &route));
	/* On a link of ours there is nobody to tell: ARP answers for it. */
	rig_conf_pool(&bed->path.conf, "198.18.5.0", "198.18.5.31");
	assert_true(rig_configure(&bed->path.rig, &bed->path.conf));
	assert_false(shown(bed, "198.18.5.0/27", &route));
	assert_false(shown(bed, "203.0.113.0/27", &route));
	bed_close(bed);
}

/* What a reader of the RIB was told last of the pool. */
struct pool_reader {
	u16 reader;
	bool told;
};

static bool pool_is_told(struct bed *bed, struct pool_reader *of)
{
	struct rib_change change;

	rig_advance(&bed->path.rig, 100 * NS_PER_MS);
	while (rib_read(rib_of(bed), of->reader, &change)) {
		if (be32_eq(change.prefix.addr.word[0], addr("203.0.113.0")))
			of->told = !change.gone;
	}
	return of->told;
}

/* The first event about pools that nobody has taken; "": none. */
static const char *pool_event(struct bed *bed, struct speaker_event *event)
{
	while (sluice_speaker_event(bed->path.rig.s, event)) {
		if (strstr(event->text, "pools") != NULL)
			return event->text;
	}
	return "";
}

/* With RIP on no interface: somebody who announces. */
static struct bed *bed_with_pool(enum routing_pools pools)
{
	struct bed *bed = bed_new();

	conf_sockets(bed);
	bed->routing.pools = pools;
	bed->routing.has_rip = true;
	rip_conf_defaults(&bed->routing.rip);
	bed->routing.rip.net_limit = 64;
	bed->routing.rip.neighbour_limit = 4;
	rig_conf_pool(&bed->path.conf, "203.0.113.0", "203.0.113.31");
	return bed;
}

static void test_pools_are_announced_while_they_can_be_served(void **state)
{
	struct bed *bed = bed_with_pool(ROUTING_POOLS_HEALTHY);
	struct pool_reader reader = { .told = false };
	struct speaker_event event;
	struct sluice *s;

	(void)state;
	path_bed_start(&bed->path);
	s = bed->path.rig.s;
	reader.reader = rib_reader_new(rib_of(bed));
	assert_true(pool_is_told(bed, &reader));
	assert_null(sluice_pools_withheld(s));
	assert_string_equal(pool_event(bed, &event), "prefixes of pools are announced");
	/* One of two links inside is left. */
	sluice_set_link(s, RIG_IN, false);
	assert_true(pool_is_told(bed, &reader));
	sluice_set_link(s, RIG_IN2, false);
	assert_false(pool_is_told(bed, &reader));
	assert_string_equal(sluice_pools_withheld(s), "no link inside is up");
	assert_string_equal(pool_event(bed, &event),
			    "prefixes of pools are announced to nobody: no link inside is up");
	assert_int_equal(event.kind, SPEAKER_WARNING);
	/* Nothing goes back by the default route meanwhile. */
	assert_int_equal(type_of(bed, "203.0.113.7"), FIB_BLACKHOLE);
	sluice_set_link(s, RIG_IN, true);
	assert_true(pool_is_told(bed, &reader));
	assert_string_equal(pool_event(bed, &event), "prefixes of pools are announced");
	sluice_set_link(s, RIG_OUT, false);
	assert_false(pool_is_told(bed, &reader));
	assert_string_equal(sluice_pools_withheld(s), "no link outside is up");
	/* A reload lets it stand, and one that says so takes it back. */
	assert_true(rig_configure(&bed->path.rig, &bed->path.conf));
	assert_false(pool_is_told(bed, &reader));
	bed->routing.pools = ROUTING_POOLS_ALWAYS;
	assert_true(rig_configure(&bed->path.rig, &bed->path.conf));
	assert_true(pool_is_told(bed, &reader));
	bed_close(bed);
}

static void test_pools_of_a_whole_gateway(void **state)
{
	struct bed *bed = bed_with_pool(ROUTING_POOLS_WHOLE);
	struct pool_reader reader = { .told = false };

	(void)state;
	path_bed_start(&bed->path);
	reader.reader = rib_reader_new(rib_of(bed));
	assert_true(pool_is_told(bed, &reader));
	sluice_set_link(bed->path.rig.s, RIG_IN2, false);
	assert_false(pool_is_told(bed, &reader));
	assert_string_equal(sluice_pools_withheld(bed->path.rig.s), "a link inside is down");
	sluice_set_link(bed->path.rig.s, RIG_IN2, true);
	assert_true(pool_is_told(bed, &reader));
	bed_close(bed);
}

/* RFC 5227: at the start not before it is known that nobody else has its addresses. An address that
 * comes later takes nothing back.                                                                */
static void test_pools_wait_for_addresses(void **state)
{
	struct bed *bed = bed_with_pool(ROUTING_POOLS_HEALTHY);
	struct pool_reader reader = { .told = false };
	struct iface_conf *in = &bed->path.conf.iface[RIG_IN];
	u32 waited = 0;

	(void)state;
	bed->path.conf.neigh.probe_count = 3;
	bed->path.conf.neigh.probe_min_ns = RIG_DETECTION_S * NS_PER_SEC;
	bed->path.conf.neigh.probe_max_ns = bed->path.conf.neigh.probe_min_ns;
	rig_open(&bed->path.rig, &bed->path.conf);
	reader.reader = rib_reader_new(rib_of(bed));
	for (u32 turn = 0; turn < 2000 && !pool_is_told(bed, &reader); turn++) {
		waited += !sluice_is_settled(bed->path.rig.s);
		rig_drain(&bed->path.rig);
	}
	assert_true(reader.told);
	assert_true(sluice_is_settled(bed->path.rig.s));
	assert_true(waited > 5);
	in->addr[in->addr_count++] = (struct iface_addr){ addr("10.77.0.1"), 16, false };
	assert_true(rig_configure(&bed->path.rig, &bed->path.conf));
	assert_false(sluice_is_settled(bed->path.rig.s));
	assert_true(pool_is_told(bed, &reader));
	bed_close(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pools_are_there_to_be_announced),
		cmocka_unit_test(test_pools_are_announced_while_they_can_be_served),
		cmocka_unit_test(test_pools_of_a_whole_gateway),
		cmocka_unit_test(test_pools_wait_for_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
