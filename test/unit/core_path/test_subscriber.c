/* Subscribers on the road: whose a flow is, what is charged to whom, and when it is given back. */
#include "unit/core_path/path_bed.h"

#define HOST2 "10.10.0.6"

static bool subscriber_shown(const struct path_bed *bed, const char *who,
			     struct sluice_subscriber *out)
{
	u32 cursor = 0;

	while (sluice_show_subscribers(bed->rig.s, &cursor, out, 1) == 1) {
		if (be32_eq(out->addr, addr(who)))
			return true;
	}
	return false;
}

static void expect_held(const struct path_bed *bed, const char *who, u32 flows, u32 ports)
{
	struct sluice_subscriber shown;

	if (!subscriber_shown(bed, who, &shown)) {
		assert_int_equal(flows + ports, 0);
		return;
	}
	assert_int_equal(shown.flows, flows);
	assert_int_equal(shown.ports, ports);
}

/* A mapping is one port however many flows use it, and is his while it rests; TCP takes a port per
 * flow.                                                                                         */
static void test_flows_and_ports_are_charged(void **state)
{
	struct path_bed *bed = path_bed_open();

	(void)state;
	for (u32 n = 0; n < 3; n++) {
		build_udp4(&bed->b, addr(HOST), 5000, addr(SERVER), (u16)(100 + n), 20);
		(void)path_pass(bed, RIG_IN);
	}
	expect_held(bed, HOST, 3, 1);
	tcp_out(bed, TCP_SYN);
	(void)path_pass(bed, RIG_IN);
	expect_held(bed, HOST, 4, 2);
	build_udp4(&bed->b, addr(HOST2), 5000, addr(SERVER), 53, 20);
	(void)path_pass(bed, RIG_IN);
	expect_held(bed, HOST2, 1, 1);
	expect_held(bed, HOST, 4, 2);
	rig_advance(&bed->rig, 130 * NS_PER_SEC); /* UDP without an answer: 120 s */
	expect_held(bed, HOST, 1, 2);
	rig_advance(&bed->rig, 130 * NS_PER_SEC); /* SYN: 240 s; the mappings have rested 120 s */
	expect_held(bed, HOST, 0, 0);
	expect_held(bed, HOST2, 0, 0);
	path_bed_close(bed);
}

/* What dies before it is confirmed is charged to nobody. */
static void test_the_dead_hold_nothing(void **state)
{
	struct path_bed *bed = path_bed_new();

	(void)state;
	bed->conf.route_count = 0;
	path_bed_start(bed);
	assert_true(rig_send(&bed->rig, RIG_IN, udp_out(bed)));
	assert_int_equal(rig_drop_count(&bed->rig, DROP_NO_ROUTE), 1);
	expect_held(bed, HOST, 0, 0);
	path_bed_close(bed);
}

/* Strangers that come in through a mapping do not use up the share of its owner, nor the table. */
static void test_strangers_are_not_charged(void **state)
{
	struct path_bed *bed = path_bed_new();
	struct sluice_subscriber shown;
	u16 port;

	(void)state;
	rig_conf_mapping(&bed->conf, NAT_MAP_ENDPOINT_INDEPENDENT, NAT_FILTER_ENDPOINT_INDEPENDENT);
	bed->conf.subscribers.limits = (struct subscriber_limits){ .flows = 2, .rate = 4 };
	path_bed_start(bed);
	udp_out(bed);
	port = path_pass(bed, RIG_IN)->sport;
	for (u32 n = 0; n < 20; n++) {
		build_udp4(&bed->b, be32_of(be32_host(addr("203.0.113.20")) + n), 53,
			   addr(GATEWAY_OUT), port, 20);
		(void)path_pass(bed, RIG_OUT);
	}
	expect_held(bed, HOST, 1, 1);
	assert_false(subscriber_shown(bed, "203.0.113.20", &shown));
	build_udp4(&bed->b, addr(HOST), 5001, addr(SERVER), 53, 20);
	(void)path_pass(bed, RIG_IN);
	path_bed_close(bed);
}

/* Known flows, answers and errors pass, whatever the limits say of new ones. */
static void test_limits_are_for_new_flows(void **state)
{
	struct path_bed *bed = path_bed_new();
	u16 port;

	(void)state;
	bed->conf.subscribers.limits = (struct subscriber_limits){ 1, 1, 1, 1 };
	path_bed_start(bed);
	udp_out(bed);
	port = path_pass(bed, RIG_IN)->sport;
	for (u32 n = 0; n < 10; n++) {
		udp_out(bed);
		(void)path_pass(bed, RIG_IN);
		build_udp4(&bed->b, addr(SERVER), 53, addr(GATEWAY_OUT), port, 20);
		(void)path_pass(bed, RIG_OUT);
	}
	path_bed_close(bed);
}

/* A new flow of a host that has its share takes nobody's place in a full table. */
static void test_refused_before_room_is_made(void **state)
{
	struct path_bed *bed = path_bed_new();

	(void)state;
	bed->conf.ct.flow_count = 2;
	bed->conf.subscribers.limits.flows = 1;
	path_bed_start(bed);
	udp_out(bed);
	(void)path_pass(bed, RIG_IN);
	build_udp4(&bed->b, addr(HOST2), 5000, addr(SERVER), 53, 20);
	(void)path_pass(bed, RIG_IN);
	build_udp4(&bed->b, addr(HOST2), 5001, addr(SERVER), 53, 20);
	assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
	assert_int_equal(rig_drop_count(&bed->rig, DROP_SUBSCRIBER_FLOWS), 1);
	assert_int_equal(rig_counter(&bed->rig, "flows_taken"), 0);
	expect_held(bed, HOST, 1, 1);
	expect_held(bed, HOST2, 1, 1);
	path_bed_close(bed);
}

/* A flow that makes room for another of the same host leaves the counts right. */
static void test_room_made_of_ones_own(void **state)
{
	struct path_bed *bed = path_bed_new();

	(void)state;
	bed->conf.ct.flow_count = 1;
	bed->conf.ct.counters = false;
	path_bed_start(bed);
	for (u32 n = 0; n < 5; n++) {
		build_tcp4(&bed->b, addr(HOST), (u16)(5000 + n), addr(SERVER), 80, TCP_SYN);
		(void)path_pass(bed, RIG_IN);
		expect_held(bed, HOST, 1, 1);
		sluice_check(bed->rig.s);
	}
	path_bed_close(bed);
}

static bool event_find(const struct path_bed *bed, enum sluice_event_kind kind,
		       struct sluice_event *event)
{
	while (sluice_event_next(bed->rig.s, event)) {
		if (event->kind == kind)
			return true;
	}
	return false;
}

/* The event names the one that was refused, and those who hold most, exactly. */
static void test_the_event_names_top_holders(void **state)
{
	struct path_bed *bed = path_bed_new();
	struct sluice_event event;

	(void)state;
	bed->conf.subscribers.limits.flows = 5;
	path_bed_start(bed);
	for (u32 host = 1; host <= 5; host++) {
		for (u32 n = 0; n < host; n++) {
			build_udp4(&bed->b, be32_of(be32_host(addr("10.10.1.0")) + host),
				   (u16)(5000 + n), addr(SERVER), 53, 20);
			(void)path_pass(bed, RIG_IN);
		}
	}
	for (u32 n = 0; n < 7; n++) {
		build_udp4(&bed->b, addr("10.10.1.5"), (u16)(6000 + n), addr(SERVER), 53, 20);
		assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
	}
	rig_advance(&bed->rig, NS_PER_SEC);
	assert_true(event_find(bed, SLUICE_EVENT_SUBSCRIBER_LIMIT, &event));
	assert_int_equal(event.refused, 7);
	assert_true(be32_eq(event.dst, addr("10.10.1.5")));
	assert_string_equal(event.what, "flows");
	assert_int_equal(event.holder_count, 3);
	for (u32 at = 0; at < 3; at++) {
		assert_int_equal(event.holder[at].held, 5 - at);
		assert_int_equal(be32_host(event.holder[at].addr) & 255, 5 - at);
	}
	/* Not again at once, and then with what came meanwhile. */
	build_udp4(&bed->b, addr("10.10.1.5"), 7000, addr(SERVER), 53, 20);
	assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
	rig_advance(&bed->rig, NS_PER_SEC);
	assert_false(event_find(bed, SLUICE_EVENT_SUBSCRIBER_LIMIT, &event));
	rig_advance(&bed->rig, EVENT_INTERVAL_S * NS_PER_SEC);
	assert_true(event_find(bed, SLUICE_EVENT_SUBSCRIBER_LIMIT, &event));
	assert_int_equal(event.refused, 1);
	path_bed_close(bed);
}

static void test_as_it_is_shown(void **state)
{
	struct path_bed *bed = path_bed_new();
	struct sluice_subscriber shown;

	(void)state;
	bed->conf.subscribers.prefix_len = 24;
	bed->conf.subscribers.limits = (struct subscriber_limits){ 1, 50, 100, 0 };
	path_bed_start(bed);
	udp_out(bed);
	(void)path_pass(bed, RIG_IN);
	build_udp4(&bed->b, addr(HOST2), 5000, addr(SERVER), 53, 20);
	assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
	assert_true(subscriber_shown(bed, "10.10.0.0", &shown));
	assert_int_equal(shown.prefix_len, 24);
	assert_int_equal(shown.flow_limit, 1);
	assert_int_equal(shown.port_limit, 50);
	assert_int_equal(shown.rate_limit, 100);
	assert_int_equal(shown.refused_flows, 1);
	assert_int_equal(shown.refused_ports + shown.refused_rate, 0);
	assert_int_equal(rig_counter(&bed->rig, "subscribers_refused"), 1);
	path_bed_close(bed);
}

static void test_a_new_configuration(void **state)
{
	struct path_bed *bed = path_bed_open();
	struct sluice_conf *conf = &bed->conf;

	(void)state;
	udp_out(bed);
	(void)path_pass(bed, RIG_IN);
	conf->subscribers.prefix_len = 24;
	assert_false(rig_configure(&bed->rig, conf));
	conf->subscribers.prefix_len = 32;
	conf->subscribers.limits.burst = 1;
	assert_false(rig_configure(&bed->rig, conf));
	conf->subscribers.limits = (struct subscriber_limits){ .flows = 1 };
	assert_true(rig_configure(&bed->rig, conf));
	build_udp4(&bed->b, addr(HOST), 5001, addr(SERVER), 53, 20);
	assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
	assert_int_equal(rig_drop_count(&bed->rig, DROP_SUBSCRIBER_FLOWS), 1);
	path_bed_close(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flows_and_ports_are_charged),
		cmocka_unit_test(test_the_dead_hold_nothing),
		cmocka_unit_test(test_strangers_are_not_charged),
		cmocka_unit_test(test_limits_are_for_new_flows),
		cmocka_unit_test(test_refused_before_room_is_made),
		cmocka_unit_test(test_room_made_of_ones_own),
		cmocka_unit_test(test_the_event_names_top_holders),
		cmocka_unit_test(test_as_it_is_shown),
		cmocka_unit_test(test_a_new_configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
