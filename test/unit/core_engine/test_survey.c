/* Who holds most, where the same address is two hosts: of zone blue, and of zone red. */
#include "unit/core_path/zone_bed.h"

/* What one event said of each of the two, in turn. */
static void expect_holders(const struct sluice_event *event, u32 blue, u32 red)
{
	assert_int_equal(event->holder_count, 2);
	for (u32 at = 0; at < 2; at++) {
		u8 zone = (blue > red) == (at == 0) ? 1 : 2;

		assert_true(be32_eq(event->holder[at].addr, addr(HOST)));
		assert_int_equal(event->holder[at].zone, zone);
		assert_int_equal(event->holder[at].held, zone == 1 ? blue : red);
	}
}

static bool heard(struct path_bed *bed, enum sluice_event_kind kind, const char *what,
		  struct sluice_event *event)
{
	rig_advance(&bed->rig, 1100 * NS_PER_MS);
	while (sluice_event_next(bed->rig.s, event)) {
		if (event->kind == kind && (!what || strcmp(event->what, what) == 0))
			return true;
	}
	return false;
}

static void tcp_flows(struct path_bed *bed, u16 in_if, u32 count)
{
	for (u32 n = 0; n < count; n++) {
		build_tcp4(&bed->b, addr(HOST), (u16)(5000 + n), addr(SERVER), 80, TCP_SYN);
		(void)path_pass(bed, in_if);
	}
}

static void test_a_table_that_fills(void **state)
{
	struct path_bed *bed = zones_new();
	struct sluice_event event;

	(void)state;
	bed->conf.ct.flow_count = 100;
	path_bed_start(bed);
	tcp_flows(bed, BLUE, 30);
	tcp_flows(bed, RED, 45);
	assert_true(heard(bed, SLUICE_EVENT_FILLING, "flows", &event));
	expect_holders(&event, 30, 45);
	path_bed_close(bed);
}

static void test_fragments(void **state)
{
	struct path_bed *bed = zones_new();
	struct sluice_event event;

	(void)state;
	bed->conf.reass.fragment_count = 10;
	path_bed_start(bed);
	for (u16 n = 0; n < 7; n++)
		piece_in(bed, n < 5 ? BLUE : RED, HOST, n);
	assert_true(heard(bed, SLUICE_EVENT_FILLING, "fragments", &event));
	expect_holders(&event, 5, 2);
	path_bed_close(bed);
}

/* Both behind one address: by TCP, port by port, and by mappings. */
static void expect_ports_out(bool tcp)
{
	struct path_bed *bed = zones_new();
	struct sluice_event event;

	bed->conf.nat.rule_count = 1;
	bed->conf.nat.rule[0].zone = NAT_ZONE_ANY;
	bed->conf.nat.pool[0].port_first = 4000;
	bed->conf.nat.pool[0].port_last = 4003;
	path_bed_start(bed);
	for (u32 n = 0; n < 5; n++) {
		if (tcp)
			build_tcp4(&bed->b, addr(HOST), (u16)(5000 + n), addr(SERVER), 80, TCP_SYN);
		else
			build_udp4(&bed->b, addr(HOST), (u16)(5000 + n), addr(SERVER), 53, 20);
		assert_true(rig_send(&bed->rig, n == 0 ? BLUE : RED, &bed->b));
	}
	assert_int_equal(rig_drop_count(&bed->rig, DROP_NAT_NO_PORT), 1);
	assert_true(heard(bed, SLUICE_EVENT_PORTS_OUT, NULL, &event));
	expect_holders(&event, 1, 3);
	path_bed_close(bed);
}

static void test_ports_that_are_out(void **state)
{
	(void)state;
	expect_ports_out(true);
	expect_ports_out(false);
}

static void test_who_was_refused(void **state)
{
	struct path_bed *bed = zones_new();
	struct sluice_event event;

	(void)state;
	bed->conf.subscribers.limits.flows = 2;
	path_bed_start(bed);
	tcp_flows(bed, BLUE, 1);
	tcp_flows(bed, RED, 2);
	build_tcp4(&bed->b, addr(HOST), 5002, addr(SERVER), 80, TCP_SYN);
	assert_true(rig_send(&bed->rig, RED, &bed->b));
	assert_int_equal(rig_drop_count(&bed->rig, DROP_SUBSCRIBER_FLOWS), 1);
	assert_true(heard(bed, SLUICE_EVENT_SUBSCRIBER_LIMIT, NULL, &event));
	assert_true(be32_eq(event.dst, addr(HOST)));
	assert_int_equal(event.zone, 2);
	expect_holders(&event, 1, 2);
	path_bed_close(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_table_that_fills),
		cmocka_unit_test(test_fragments),
		cmocka_unit_test(test_ports_that_are_out),
		cmocka_unit_test(test_who_was_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
