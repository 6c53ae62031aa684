/* News of flows, and the order to end some. */
#include "unit/core_path/path_bed.h"

static bool next(struct path_bed *bed, struct sluice_news *news)
{
	return sluice_news_next(bed->rig.s, news);
}

static void expect(struct path_bed *bed, const char *kind, const char *reason, const char *state)
{
	struct sluice_news news;

	assert_true(next(bed, &news));
	assert_string_equal(news.kind, kind);
	assert_string_equal(news.reason, reason);
	assert_string_equal(news.state, state);
}

static void send(struct path_bed *bed, u16 in_if)
{
	assert_true(rig_send(&bed->rig, in_if, &bed->b));
	assert_true(rig_next(&bed->rig, &bed->out));
}

static void test_a_connection_from_its_beginning_to_its_end(void **state)
{
	struct path_bed *bed = path_bed_open();
	struct sluice_news news;
	u16 port;

	(void)state;
	sluice_news_listen(bed->rig.s, true);
	build_tcp4(&bed->b, addr(HOST), 41000, addr(SERVER), 443, TCP_SYN);
	send(bed, RIG_IN);
	port = bed->out.seen.sport;
	assert_true(next(bed, &news));
	assert_string_equal(news.kind, "new");
	assert_int_equal(news.when_ns, bed->rig.now);
	assert_true(news.translated);
	assert_false(news.answered);
	assert_int_equal(be16_host(news.repl.dport), port);
	assert_int_equal(news.packets[0], 1);
	build_tcp4(&bed->b, addr(SERVER), 443, addr(GATEWAY_OUT), port, TCP_SYN | TCP_ACK);
	send(bed, RIG_OUT);
	expect(bed, "update", "", "syn-recv");
	build_tcp4(&bed->b, addr(HOST), 41000, addr(SERVER), 443, TCP_ACK);
	send(bed, RIG_IN);
	expect(bed, "update", "", "established");
	send(bed, RIG_IN); /* nothing new */
	assert_false(next(bed, &news));
	rig_advance(&bed->rig, 8000 * NS_PER_SEC);
	expect(bed, "destroy", "expired", "established");
	assert_false(next(bed, &news));
	path_bed_close(bed);
}

static void test_nobody_listens_nothing_is_kept(void **state)
{
	struct path_bed *bed = path_bed_open();
	struct sluice_news news;

	(void)state;
	rig_send(&bed->rig, RIG_IN, udp_out(bed));
	assert_false(next(bed, &news));
	sluice_news_listen(bed->rig.s, true);
	assert_false(next(bed, &news));
	build_udp4(&bed->b, addr(HOST), 5001, addr(SERVER), 53, 20);
	rig_send(&bed->rig, RIG_IN, &bed->b);
	sluice_news_listen(bed->rig.s, false);
	assert_false(next(bed, &news));
	assert_int_equal(sluice_news_lost(bed->rig.s), 0);
	path_bed_close(bed);
}

static void test_full_ring_counts_what_it_skips(void **state)
{
	struct path_bed *bed = path_bed_open();
	struct sluice_news news;
	u32 heard = 0;

	(void)state;
	sluice_news_listen(bed->rig.s, true);
	for (u16 n = 0; n < 100; n++) {
		build_udp4(&bed->b, addr(HOST), (u16)(5000 + n), addr(SERVER), 53, 20);
		rig_send(&bed->rig, RIG_IN, &bed->b);
	}
	while (next(bed, &news))
		assert_int_equal(be16_host(news.orig.sport), 5000 + heard++);
	assert_int_equal(heard, 64);
	assert_int_equal(sluice_news_lost(bed->rig.s), 36);
	path_bed_close(bed);
}

static void test_filter_of_news(void **state)
{
	struct sluice_news news = { .proto = IP_PROTO_TCP,
				    .state = "new",
				    .orig = { addr(HOST), addr(SERVER), be16_of(41000),
					      be16_of(443) } };
	struct sluice_flow_filter filter = { .addr = addr("10.10.0.0"), .addr_len = 16 };

	(void)state;
	assert_true(sluice_news_matches(&news, &filter));
	filter.port = 443;
	assert_true(sluice_news_matches(&news, &filter));
	filter.port = 444;
	assert_false(sluice_news_matches(&news, &filter));
	filter.port = 0;
	filter.proto = IP_PROTO_UDP;
	assert_false(sluice_news_matches(&news, &filter));
	filter.proto = 0;
	filter.addr = addr("10.11.0.0");
	assert_false(sluice_news_matches(&news, &filter));
}

/* ---- interfaces ------------------------------------------------------------------------------ */

static void expect_iface(const struct path_bed *bed, u16 iface, const char *what)
{
	struct sluice_event event;

	assert_true(sluice_event_next(bed->rig.s, &event));
	assert_int_equal(event.kind, SLUICE_EVENT_IFACE);
	assert_int_equal(event.iface, iface);
	assert_string_equal(event.what, what);
}

/* Each change once, in order; what stays as it is is no event. */
static void test_what_becomes_of_interfaces(void **state)
{
	struct path_bed *bed = path_bed_open();
	struct sluice *s = bed->rig.s;
	struct sluice_event event;

	(void)state;
	sluice_set_link(s, RIG_IN, true);
	assert_true(rig_configure(&bed->rig, &bed->conf));
	assert_false(sluice_event_next(s, &event));
	sluice_set_link(s, RIG_IN, false);
	sluice_set_link(s, RIG_IN, false);
	sluice_set_link(s, RIG_IN, true);
	expect_iface(bed, RIG_IN, "down");
	expect_iface(bed, RIG_IN, "up");
	sluice_set_gone(s, RIG_OUT, true);
	sluice_set_gone(s, RIG_OUT, false);
	sluice_set_link(s, RIG_OUT, true);
	expect_iface(bed, RIG_OUT, "down");
	expect_iface(bed, RIG_OUT, "gone");
	expect_iface(bed, RIG_OUT, "retaken");
	expect_iface(bed, RIG_OUT, "up");
	bed->conf.iface[RIG_IN2].addr[0].addr = addr("10.20.0.9");
	bed->conf.iface[RIG_OUT].addr_count++;
	bed->conf.iface[RIG_OUT].addr[1] = (struct iface_addr){ addr("198.18.0.7"), 16, false };
	assert_true(rig_configure(&bed->rig, &bed->conf));
	expect_iface(bed, RIG_OUT, "addresses");
	expect_iface(bed, RIG_IN2, "addresses");
	bed->conf.iface[RIG_OUT].mtu = 1400;
	assert_true(rig_configure(&bed->rig, &bed->conf));
	assert_false(sluice_event_next(s, &event));
	path_bed_close(bed);
}

/* All of them at once, down and away, are kept. */
static void test_events_lost_are_counted(void **state)
{
	struct path_bed *bed = path_bed_open();
	struct sluice_event event;
	u64 kept = 0;

	(void)state;
	for (u32 n = 0; n < 200; n++) {
		sluice_set_link(bed->rig.s, RIG_IN, false);
		sluice_set_link(bed->rig.s, RIG_IN, true);
	}
	while (sluice_event_next(bed->rig.s, &event))
		kept++;
	assert_in_range(kept, 2 * IFACE_MAX, 399);
	assert_int_equal(kept + sluice_events_lost(bed->rig.s), 400);
	path_bed_close(bed);
}

/* ---- flush ----------------------------------------------------------------------------------- */

static u32 flush(struct path_bed *bed, const struct sluice_flow_filter *filter, u32 *steps)
{
	u32 cursor = 0, ended = 0;

	for (*steps = 0; cursor != SLUICE_CURSOR_END; (*steps)++) {
		ended += sluice_flush_flows(bed->rig.s, filter, bed->rig.now, &cursor);
		rig_check(&bed->rig);
	}
	return ended;
}

static void test_flush_ends_what_matches_and_frees_ports(void **state)
{
	struct path_bed *bed = path_bed_open();
	struct sluice_flow_filter filter = { .proto = IP_PROTO_UDP };
	struct sluice_news news;
	u32 steps;

	(void)state;
	for (u16 n = 0; n < 300; n++) {
		build_udp4(&bed->b, addr(HOST), (u16)(5000 + n), addr(SERVER), 53, 20);
		rig_send(&bed->rig, RIG_IN, &bed->b);
		build_tcp4(&bed->b, addr(HOST), (u16)(5000 + n), addr(SERVER), 80, TCP_SYN);
		rig_send(&bed->rig, RIG_IN, &bed->b);
	}
	rig_drain(&bed->rig);
	sluice_news_listen(bed->rig.s, true);
	assert_int_equal(flush(bed, &filter, &steps), 300);
	assert_true(steps >= 3); /* a bounded number in one */
	assert_int_equal(sluice_flow_count(bed->rig.s), 300);
	assert_true(next(bed, &news));
	assert_string_equal(news.reason, "flushed");
	filter = (struct sluice_flow_filter){ .addr = addr("10.99.0.0"), .addr_len = 16 };
	assert_int_equal(flush(bed, &filter, &steps), 0);
	filter = (struct sluice_flow_filter){ 0 };
	assert_int_equal(flush(bed, &filter, &steps), 300);
	assert_int_equal(sluice_flow_count(bed->rig.s), 0);
	rig_advance(&bed->rig, 200 * NS_PER_SEC); /* mappings rest, as after any end */
	assert_int_equal(rig_ports_held(&bed->rig), 0);
	path_bed_close(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_connection_from_its_beginning_to_its_end),
		cmocka_unit_test(test_nobody_listens_nothing_is_kept),
		cmocka_unit_test(test_full_ring_counts_what_it_skips),
		cmocka_unit_test(test_filter_of_news),
		cmocka_unit_test(test_what_becomes_of_interfaces),
		cmocka_unit_test(test_events_lost_are_counted),
		cmocka_unit_test(test_flush_ends_what_matches_and_frees_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
