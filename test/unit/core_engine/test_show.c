/* Seeing inside: records, filters, cursors; and the events that somebody should hear of. */
#include "unit/core_path/path_bed.h"

static u32 flows(const struct path_bed *bed, const struct sluice_flow_filter *filter, u32 step)
{
	struct sluice_flow rows[64];
	u32 cursor = 0, count = 0;

	while (cursor != SLUICE_CURSOR_END)
		count += sluice_show_flows(bed->rig.s, filter, bed->rig.now, &cursor, rows, step);
	return count;
}

/* Ten UDP flows, the first five answered, and three TCP flows. */
static void begin_flows(struct path_bed *bed)
{
	for (u32 n = 0; n < 10; n++) {
		u16 port;

		build_udp4(&bed->b, addr(HOST), (u16)(5000 + n), addr(SERVER), 53, 20);
		port = path_pass(bed, RIG_IN)->sport;
		build_udp4(&bed->b, addr(SERVER), 53, addr(GATEWAY_OUT), port, 30);
		if (n < 5)
			(void)path_pass(bed, RIG_OUT);
	}
	for (u32 n = 0; n < 3; n++) {
		build_tcp4(&bed->b, addr("10.20.0.7"), (u16)(7000 + n), addr(SERVER), 80, TCP_SYN);
		(void)path_pass(bed, RIG_IN2);
	}
}

/* An echo request with the identifier 53, which is the port of the other flows. */
static u16 begin_ping(struct path_bed *bed)
{
	build_echo4(&bed->b, addr(HOST), addr(SERVER), ICMP_ECHO, 53, 1);
	return path_pass(bed, RIG_IN)->icmp_id;
}

static void test_filters_and_cursors(void **state)
{
	struct path_bed *bed = path_bed_open();
	const struct {
		struct sluice_flow_filter filter;
		u32 count;
	} cases[] = {
		{ { .proto = 0 }, 13 },
		{ { .proto = IP_PROTO_TCP }, 3 },
		{ { .proto = IP_PROTO_UDP }, 10 },
		{ { .unanswered_only = true }, 8 },
		{ { .proto = IP_PROTO_UDP, .unanswered_only = true }, 5 },
		{ { .port = 5003 }, 1 },
		{ { .port = 53 }, 10 },
		{ { .port = 54 }, 0 },
		{ { .addr = addr("10.20.0.0"), .addr_len = 16 }, 3 },
		{ { .addr = addr("10.0.0.0"), .addr_len = 8 }, 13 },
		{ { .addr = addr(HOST), .addr_len = 32 }, 10 },
		{ { .addr = addr(GATEWAY_OUT), .addr_len = 32 }, 13 },
		{ { .addr = addr("10.10.0.6"), .addr_len = 32 }, 0 },
		{ { .state = "stream" }, 5 },
		{ { .state = "new" }, 5 },
		{ { .state = "syn-sent" }, 3 },
		{ { .state = "syn-sent2" }, 0 },
		{ { .state = "syn" }, 0 },
	};

	(void)state;
	begin_flows(bed);
	for (u32 n = 0; n < ARRAY_COUNT(cases); n++) {
		assert_int_equal(flows(bed, &cases[n].filter, 64), cases[n].count);
		assert_int_equal(flows(bed, &cases[n].filter, 1), cases[n].count);
		assert_int_equal(flows(bed, &cases[n].filter, 3), cases[n].count);
	}
	path_bed_close(bed);
}

/* An identifier is no port, and neither are type and code: 8 << 8. */
static void test_identifiers_of_icmp_are_no_ports(void **state)
{
	struct path_bed *bed = path_bed_open();
	struct sluice_flow_filter by_port = { .port = 53 };
	struct sluice_flow_filter by_id = { .icmp_id = 53, .by_icmp_id = true };
	u16 translated;

	(void)state;
	begin_flows(bed);
	translated = begin_ping(bed);
	assert_int_equal(flows(bed, &by_port, 64), 10);
	by_port.port = ICMP_ECHO << 8;
	assert_int_equal(flows(bed, &by_port, 64), 0);
	assert_int_equal(flows(bed, &by_id, 64), 1);
	by_id.icmp_id = translated;
	assert_int_equal(flows(bed, &by_id, 64), 1);
	by_id.icmp_id = 5003;
	assert_int_equal(flows(bed, &by_id, 64), translated == 5003);
	path_bed_close(bed);
}

static void test_a_flow_as_it_is_shown(void **state)
{
	struct path_bed *bed = path_bed_open();
	struct sluice_flow_filter filter = { .port = 5002 };
	struct sluice_flow flow;
	u64 handle;

	(void)state;
	begin_flows(bed);
	rig_advance(&bed->rig, 5 * NS_PER_SEC);
	assert_true(rig_find_flow(&bed->rig, &filter, &flow));
	assert_int_equal(flow.proto, IP_PROTO_UDP);
	assert_true(be32_eq(flow.orig.src, addr(HOST)));
	assert_int_equal(be16_host(flow.orig.sport), 5002);
	assert_true(be32_eq(flow.repl.src, addr(SERVER)));
	assert_true(be32_eq(flow.repl.dst, addr(GATEWAY_OUT)));
	assert_true(flow.answered && flow.assured && flow.translated);
	assert_true(flow.endpoint_independent);
	assert_string_equal(flow.state, "stream");
	assert_int_equal(flow.idle_ms, 5000);
	assert_int_equal(flow.expires_ms, 295000);
	assert_int_equal(flow.packets[0], 1);
	assert_int_equal(flow.packets[1], 1);
	assert_int_equal(flow.bytes[0], 48);
	assert_int_equal(flow.bytes[1], 58);
	handle = flow.handle;
	/* When its slot is used again, the handle is another one. */
	rig_advance(&bed->rig, 1000 * NS_PER_SEC);
	bed->rig.s->ct.free_head = (u32)handle;
	build_udp4(&bed->b, addr(HOST), 5002, addr(SERVER), 53, 20);
	bed->rig.s->ct.flow[(u32)handle].next = IDX_NONE;
	(void)path_pass(bed, RIG_IN);
	assert_true(rig_find_flow(&bed->rig, &filter, &flow));
	assert_int_equal((u32)flow.handle, (u32)handle);
	assert_true(flow.handle != handle);
	path_bed_close(bed);
}

static void test_mappings_ports_and_destinations(void **state)
{
	struct path_bed *bed = path_bed_open();
	struct sluice_mapping mapping[16];
	struct sluice_ports ports[8];
	struct sluice_dest dest[4];
	u32 cursor = 0, count;

	(void)state;
	begin_flows(bed);
	count = sluice_show_nat(bed->rig.s, bed->rig.now, &cursor, mapping, 16);
	assert_int_equal(count, 10);
	for (u32 n = 0; n < count; n++) {
		assert_int_equal(mapping[n].proto, IP_PROTO_UDP);
		assert_true(be32_eq(mapping[n].inside_addr, addr(HOST)));
		assert_true(be32_eq(mapping[n].public_addr, addr(GATEWAY_OUT)));
		assert_int_equal(mapping[n].flow_count, 1);
	}
	cursor = 0;
	assert_int_equal(sluice_show_ports(bed->rig.s, &cursor, ports, 8), 4);
	for (u32 n = 0; n < 4; n++) {
		bool tcp = ports[n].proto == IP_PROTO_TCP, udp = ports[n].proto == IP_PROTO_UDP;

		assert_int_equal(ports[n].port_count,
				 ports[n].proto == IP_PROTO_ICMP ? 65535 : 64512);
		assert_int_equal(ports[n].mapped, udp ? 10 : 0);
		assert_int_equal(ports[n].flows, tcp ? 3 : 0);
		assert_int_equal(ports[n].refused, 0);
	}
	cursor = 0;
	assert_int_equal(sluice_show_dests(bed->rig.s, &cursor, dest, 4), 0);
	assert_int_equal(cursor, SLUICE_CURSOR_END);
	path_bed_close(bed);
}

/* A resting port counts once. Those of flows without an answer have rested already. */
static void test_resting_ports_are_not_mapped(void **state)
{
	struct path_bed *bed = path_bed_open();
	struct sluice_ports ports[8];
	u32 cursor = 0;

	(void)state;
	begin_flows(bed);
	rig_advance(&bed->rig, 310 * NS_PER_SEC);
	assert_int_equal(sluice_show_ports(bed->rig.s, &cursor, ports, 8), NAT_PROTO_COUNT);
	for (u32 n = 0; n < NAT_PROTO_COUNT; n++) {
		if (ports[n].proto != IP_PROTO_UDP)
			continue;
		assert_int_equal(ports[n].mapped, 0);
		assert_int_equal(ports[n].resting, 5);
	}
	path_bed_close(bed);
}

static void test_every_drop_and_counter_is_shown_once(void **state)
{
	struct path_bed *bed = path_bed_open();
	struct sluice_counter rows[128];
	u32 cursor = 0, count;

	(void)state;
	count = sluice_show_drops(bed->rig.s, &cursor, rows, 128);
	assert_int_equal(count, DROP_COUNT - 1);
	assert_int_equal(sluice_show_drops(bed->rig.s, &cursor, rows + count, 128 - count), 0);
	cursor = 0;
	count = sluice_show_counters(bed->rig.s, &cursor, rows, 128);
	assert_true(count > 20);
	for (u32 a = 0; a < count; a++) {
		assert_true(strlen(rows[a].sentence) > 5);
		for (u32 b = 0; b < a; b++)
			assert_string_not_equal(rows[a].name, rows[b].name);
	}
	path_bed_close(bed);
}

/* ---- events ---------------------------------------------------------------------------------- */

/* TCP through four ports: 10.10.0.5 holds three of them, 10.10.0.6 one. */
static struct path_bed *ports_out(void)
{
	struct path_bed *bed = path_bed_new();

	bed->conf.nat.masquerade_port_first = 4000;
	bed->conf.nat.masquerade_port_last = 4003;
	path_bed_start(bed);
	for (u32 n = 0; n < 4; n++) {
		build_tcp4(&bed->b, addr(n == 1 ? "10.10.0.6" : HOST), (u16)(5000 + n),
			   addr(SERVER), 80, TCP_SYN);
		(void)path_pass(bed, RIG_IN);
	}
	return bed;
}

static void refuse(struct path_bed *bed, u32 count)
{
	u64 before = rig_drop_count(&bed->rig, DROP_NAT_NO_PORT);

	for (u32 n = 0; n < count; n++) {
		build_tcp4(&bed->b, addr("10.10.0.9"), (u16)(6000 + n), addr(SERVER), 80, TCP_SYN);
		assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
	}
	rig_drain(&bed->rig);
	assert_int_equal(rig_drop_count(&bed->rig, DROP_NAT_NO_PORT), before + count);
}

/* The next event but the warnings, of which test_filling.c is. */
static bool event_next(const struct path_bed *bed, struct sluice_event *event)
{
	while (sluice_event_next(bed->rig.s, event)) {
		if (event->kind != SLUICE_EVENT_FILLING)
			return true;
	}
	return false;
}

static void test_ports_out_names_the_holders(void **state)
{
	struct path_bed *bed = ports_out();
	struct sluice_event event;

	(void)state;
	refuse(bed, 7);
	assert_false(event_next(bed, &event));
	rig_advance(&bed->rig, NS_PER_SEC);
	assert_true(event_next(bed, &event));
	assert_int_equal(event.kind, SLUICE_EVENT_PORTS_OUT);
	assert_int_equal(event.refused, 7);
	assert_int_equal(event.proto, IP_PROTO_TCP);
	assert_true(be32_eq(event.public_addr, addr(GATEWAY_OUT)));
	assert_true(be32_eq(event.dst, addr(SERVER)));
	assert_int_equal(be16_host(event.dport), 80);
	assert_int_equal(event.holder_count, 2);
	assert_true(be32_eq(event.holder[0].addr, addr(HOST)));
	assert_int_equal(event.holder[0].held, 3);
	assert_true(be32_eq(event.holder[1].addr, addr("10.10.0.6")));
	assert_int_equal(event.holder[1].held, 1);
	assert_false(event_next(bed, &event));
	path_bed_close(bed);
}

/* One report in EVENT_INTERVAL_S, and none is forgotten: the next counts what came meanwhile. */
static void test_events_are_rate_limited(void **state)
{
	struct path_bed *bed = ports_out();
	struct sluice_event event;

	(void)state;
	refuse(bed, 1);
	rig_advance(&bed->rig, NS_PER_SEC);
	assert_true(event_next(bed, &event));
	refuse(bed, 5);
	rig_advance(&bed->rig, (EVENT_INTERVAL_S - 3) * NS_PER_SEC);
	assert_false(event_next(bed, &event));
	rig_advance(&bed->rig, 4 * NS_PER_SEC);
	assert_true(event_next(bed, &event));
	assert_int_equal(event.refused, 5);
	rig_advance(&bed->rig, 30 * NS_PER_SEC);
	assert_false(event_next(bed, &event));
	path_bed_close(bed);
}

static void test_full_tables_are_told(void **state)
{
	struct path_bed *bed = path_bed_new();
	struct sluice_event event;
	u16 port;

	(void)state;
	bed->conf.ct.flow_count = 1;
	path_bed_start(bed);
	udp_out(bed);
	port = path_pass(bed, RIG_IN)->sport;
	build_udp4(&bed->b, addr(SERVER), 53, addr(GATEWAY_OUT), port, 20);
	(void)path_pass(bed, RIG_OUT);
	for (u32 n = 0; n < 3; n++) {
		build_udp4(&bed->b, addr(HOST), (u16)(6000 + n), addr(SERVER), 53, 20);
		assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
	}
	assert_int_equal(rig_drop_count(&bed->rig, DROP_CT_FULL), 3);
	rig_advance(&bed->rig, NS_PER_SEC);
	assert_true(event_next(bed, &event));
	assert_int_equal(event.kind, SLUICE_EVENT_TABLE_FULL);
	assert_int_equal(event.refused, 3);
	assert_int_equal(event.holder_count, 1);
	assert_true(be32_eq(event.holder[0].addr, addr(HOST)));
	assert_int_equal(event.holder[0].held, 1);
	path_bed_close(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_filters_and_cursors),
		cmocka_unit_test(test_identifiers_of_icmp_are_no_ports),
		cmocka_unit_test(test_a_flow_as_it_is_shown),
		cmocka_unit_test(test_mappings_ports_and_destinations),
		cmocka_unit_test(test_resting_ports_are_not_mapped),
		cmocka_unit_test(test_every_drop_and_counter_is_shown_once),
		cmocka_unit_test(test_ports_out_names_the_holders),
		cmocka_unit_test(test_events_are_rate_limited),
		cmocka_unit_test(test_full_tables_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
