/* Warnings before something is full: at 70 and at 90 percent, once, with those who hold most. */
#include "unit/core_path/path_bed.h"

/* A look is due once a second. */
static void let_it_look(struct path_bed *bed)
{
	rig_advance(&bed->rig, 1100 * NS_PER_MS);
}

static bool warned(struct path_bed *bed, struct sluice_event *event)
{
	let_it_look(bed);
	while (sluice_event_next(bed->rig.s, event)) {
		if (event->kind == SLUICE_EVENT_FILLING)
			return true;
	}
	return false;
}

static void flows_of(struct path_bed *bed, const char *host, u16 first, u32 count)
{
	for (u32 n = 0; n < count; n++) {
		build_tcp4(&bed->b, addr(host), (u16)(first + n), addr(SERVER), 80, TCP_SYN);
		(void)path_pass(bed, RIG_IN);
	}
}

static void test_a_table_of_flows(void **state)
{
	struct path_bed *bed = path_bed_new();
	struct sluice_event event;

	(void)state;
	bed->conf.ct.flow_count = 100;
	path_bed_start(bed);
	flows_of(bed, "10.10.0.5", 5000, 40);
	flows_of(bed, "10.10.0.6", 5000, 29);
	assert_false(warned(bed, &event));
	flows_of(bed, "10.10.0.7", 5000, 1);
	assert_true(warned(bed, &event));
	assert_string_equal(event.what, "flows");
	assert_int_equal(event.used, 70);
	assert_int_equal(event.limit, 100);
	assert_int_equal(event.percent, 70);
	assert_int_equal(event.holder_count, 3);
	assert_true(be32_eq(event.holder[0].addr, addr("10.10.0.5")));
	assert_int_equal(event.holder[0].held, 40);
	assert_int_equal(event.holder[1].held, 29);
	assert_int_equal(event.holder[2].held, 1);
	assert_false(warned(bed, &event));
	flows_of(bed, "10.10.0.7", 5001, 19);
	assert_false(warned(bed, &event));
	flows_of(bed, "10.10.0.7", 5020, 1);
	assert_true(warned(bed, &event));
	assert_int_equal(event.percent, 90);
	assert_false(warned(bed, &event));
	path_bed_close(bed);
}

/* End the flow that was made with this port, as an answer to its SYN does, and its time. */
static void flows_end(struct path_bed *bed, u32 count)
{
	struct ct *ct = &bed->rig.s->ct;

	for (u32 idx = 0; idx < ct->conf.flow_count && count > 0; idx++) {
		if (!flow_is_confirmed(&ct->flow[idx]))
			continue;
		ct_end(ct, idx);
		path_drain_ended(&bed->rig.s->path, bed->rig.now);
		count--;
	}
	assert_int_equal(count, 0);
}

/* Up and down around the mark is one crossing; ten percent below ends it. */
static void test_once_for_each_crossing(void **state)
{
	struct path_bed *bed = path_bed_new();
	struct sluice_event event;

	(void)state;
	bed->conf.ct.flow_count = 100;
	path_bed_start(bed);
	flows_of(bed, HOST, 5000, 75);
	assert_true(warned(bed, &event));
	flows_end(bed, 14); /* 61 */
	assert_false(warned(bed, &event));
	flows_of(bed, HOST, 6000, 14);
	assert_false(warned(bed, &event));
	flows_end(bed, 16); /* 59 */
	assert_false(warned(bed, &event));
	flows_of(bed, HOST, 7000, 11);
	assert_true(warned(bed, &event));
	assert_int_equal(event.percent, 70);
	/* From below both at once is one event, of the higher mark. */
	flows_end(bed, 50);
	assert_false(warned(bed, &event));
	flows_of(bed, HOST, 8000, 75); /* 95 */
	assert_true(warned(bed, &event));
	assert_int_equal(event.percent, 90);
	assert_false(warned(bed, &event));
	path_bed_close(bed);
}

static void test_mappings_and_ports(void **state)
{
	struct path_bed *bed = path_bed_new();
	struct sluice_event event;
	bool mappings = false, ports = false;

	(void)state;
	rig_conf_mapping(&bed->conf, NAT_MAP_ENDPOINT_INDEPENDENT, NAT_FILTER_ADDRESS);
	bed->conf.nat.masquerade_port_first = 4000;
	bed->conf.nat.masquerade_port_last = 4019;
	bed->conf.nat.masquerade_spare_first = 4010;
	bed->conf.nat.masquerade_spare_last = 4019;
	bed->conf.nat.mapping_count = 8;
	path_bed_start(bed);
	for (u32 n = 0; n < 7; n++) {
		build_udp4(&bed->b, addr(HOST), (u16)(5000 + n), addr(SERVER), 53, 20);
		(void)path_pass(bed, RIG_IN);
	}
	while (warned(bed, &event)) {
		mappings |= strcmp(event.what, "mappings") == 0 && event.used == 7 &&
			    event.limit == 8;
		if (strcmp(event.what, "ports") != 0)
			continue;
		ports = true;
		assert_int_equal(event.used, 7);
		assert_int_equal(event.limit, 10);
		assert_int_equal(event.proto, IP_PROTO_UDP);
		assert_true(be32_eq(event.public_addr, addr(GATEWAY_OUT)));
		assert_int_equal(event.dst.raw, 0);
		assert_int_equal(event.holder_count, 1);
		assert_int_equal(event.holder[0].held, 7);
	}
	assert_true(mappings);
	assert_true(ports);
	path_bed_close(bed);
}

/* Ports per destination fill towards one destination only: named when it has a map of its own. */
static void test_a_busy_destination(void **state)
{
	struct path_bed *bed = path_bed_new();
	struct sluice_event event;
	u32 seen = 0;

	(void)state;
	bed->conf.nat.masquerade_port_first = 4000;
	bed->conf.nat.masquerade_port_last = 4099;
	path_bed_start(bed);
	flows_of(bed, HOST, 5000, 90);
	while (warned(bed, &event)) {
		assert_string_equal(event.what, "ports");
		assert_true(be32_eq(event.dst, addr(SERVER)));
		assert_int_equal(be16_host(event.dport), 80);
		assert_int_equal(event.percent, 90);
		assert_int_equal(event.used, 90);
		assert_int_equal(event.limit, 100);
		seen++;
	}
	assert_int_equal(seen, 1);
	path_bed_close(bed);
}

/* Other ports than before: what flows of the old ones hold is none of the new ones. */
static void test_a_destination_with_other_ports(void **state)
{
	struct path_bed *bed = path_bed_new();
	struct sluice_event event;
	struct sluice_dest dest;
	u32 cursor = 0;

	(void)state;
	bed->conf.nat.masquerade_port_first = 4000;
	bed->conf.nat.masquerade_port_last = 4099;
	path_bed_start(bed);
	flows_of(bed, HOST, 5000, 65);
	bed->conf.nat.masquerade_port_first = 6000;
	bed->conf.nat.masquerade_port_last = 6099;
	assert_true(rig_configure(&bed->rig, &bed->conf));
	flows_of(bed, HOST, 5100, 60);
	assert_false(warned(bed, &event));
	assert_int_equal(sluice_show_dests(bed->rig.s, &cursor, &dest, 1), 1);
	assert_int_equal(dest.used, 60);
	assert_int_equal(dest.left, 40);
	flows_of(bed, HOST, 5200, 10);
	assert_true(warned(bed, &event));
	assert_int_equal(event.percent, 70);
	assert_int_equal(event.used, 70);
	assert_int_equal(event.limit, 100);
	path_bed_close(bed);
}

static void test_fragments(void **state)
{
	struct path_bed *bed = path_bed_new();
	struct sluice_event event;

	(void)state;
	bed->conf.reass.fragment_count = 10;
	path_bed_start(bed);
	for (u16 n = 0; n < 7; n++)
		piece_in(bed, RIG_IN, n < 5 ? "10.10.0.8" : "10.10.0.9", n);
	assert_true(warned(bed, &event));
	assert_string_equal(event.what, "fragments");
	assert_int_equal(event.used, 7);
	assert_int_equal(event.holder_count, 2);
	assert_true(be32_eq(event.holder[0].addr, addr("10.10.0.8")));
	assert_int_equal(event.holder[0].held, 5);
	path_bed_close(bed);
}

static void test_packets(void **state)
{
	struct path_bed *bed = path_bed_open();
	struct pkt_pool *pool = sluice_pool(bed->rig.s);
	struct pkt *taken[8192];
	u32 count = 0, most = pool->count[PKT_CLASS_SMALL] * 8 / 10;
	struct sluice_event event;

	(void)state;
	udp_out(bed);
	(void)path_pass(bed, RIG_IN); /* something that ticks */
	assert_in_range(most, 1, 8191);
	while (count < most)
		taken[count++] = pkt_new(pool, 100);
	assert_true(warned(bed, &event));
	assert_string_equal(event.what, "packets");
	assert_int_equal(event.percent, 70);
	assert_int_equal(event.holder_count, 0);
	while (count > 0)
		pkt_put(taken[--count]);
	path_bed_close(bed);
}

/* Many addresses that fill at once do not push everything else out of the queue of events. */
static void test_few_events_in_a_time(void **state)
{
	struct path_bed *bed = path_bed_new();
	struct sluice_event event;
	u32 seen = 0;

	(void)state;
	rig_conf_pool(&bed->conf, "198.18.7.1", "198.18.7.16");
	bed->conf.nat.pool[0].port_first = 4000;
	bed->conf.nat.pool[0].port_last = 4000;
	path_bed_start(bed);
	for (u32 n = 0; n < 16; n++) {
		build_udp4(&bed->b, be32_of(be32_host(addr("10.10.1.0")) + n), 5000, addr(SERVER),
			   53, 20);
		(void)path_pass(bed, RIG_IN);
	}
	rig_advance(&bed->rig, 3 * NS_PER_SEC);
	while (sluice_event_next(bed->rig.s, &event))
		seen += event.kind == SLUICE_EVENT_FILLING;
	assert_int_equal(seen, FILLING_EVENTS);
	rig_advance(&bed->rig, EVENT_INTERVAL_S * NS_PER_SEC);
	while (sluice_event_next(bed->rig.s, &event))
		seen += event.kind == SLUICE_EVENT_FILLING;
	assert_int_equal(seen, 16);
	path_bed_close(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_table_of_flows),
		cmocka_unit_test(test_once_for_each_crossing),
		cmocka_unit_test(test_mappings_and_ports),
		cmocka_unit_test(test_a_busy_destination),
		cmocka_unit_test(test_a_destination_with_other_ports),
		cmocka_unit_test(test_fragments),
		cmocka_unit_test(test_packets),
		cmocka_unit_test(test_few_events_in_a_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
