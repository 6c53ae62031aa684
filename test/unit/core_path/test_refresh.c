/* What keeps flows and mappings: packets of both directions, or of the inside alone (RFC 4787
 * REQ-6, RFC 7857 section 7), in virtual time, by the short cut and by the whole road.           */
#include "unit/core_path/path_bed.h"

#define STRANGER "203.0.113.66"

struct setting {
	bool outbound_only;
	bool slow;
};

static const struct setting settings[] = {
	{ false, false }, { false, true }, { true, false }, { true, true }
};

/* Anybody may send to a mapping. */
static struct path_bed *bed_with(const struct setting *setting)
{
	struct path_bed *bed = path_bed_new();

	bed->conf.ct.outbound_refresh_only = setting->outbound_only;
	bed->conf.slow_road = setting->slow;
	rig_conf_mapping(&bed->conf, NAT_MAP_ENDPOINT_INDEPENDENT,
			 NAT_FILTER_ENDPOINT_INDEPENDENT);
	path_bed_start(bed);
	return bed;
}

static void send_in(struct path_bed *bed, const char *from, u16 sport, u16 port)
{
	build_udp4(&bed->b, addr(from), sport, addr(GATEWAY_OUT), port, 20);
}

static bool comes_in(struct path_bed *bed)
{
	bool passed;

	assert_true(rig_send(&bed->rig, RIG_OUT, &bed->b));
	passed = rig_next(&bed->rig, &bed->out) && bed->out.out_if == RIG_IN;
	rig_drain(&bed->rig);
	return passed;
}

/* An answered UDP flow of 300 s, to which the server goes on talking every 20 s. */
static void test_inbound_packets_of_a_flow(void **state)
{
	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(settings); n++) {
		struct path_bed *bed = bed_with(&settings[n]);
		u16 port;

		udp_out(bed);
		port = path_pass(bed, RIG_IN)->sport;
		send_in(bed, SERVER, 53, port);
		(void)path_pass(bed, RIG_OUT);
		udp_out(bed);
		(void)path_pass(bed, RIG_IN);
		for (u32 s = 20; s < 300; s += 20) {
			rig_advance(&bed->rig, 20 * NS_PER_SEC);
			send_in(bed, SERVER, 53, port);
			(void)path_pass(bed, RIG_OUT);
		}
		if (!settings[n].slow)
			assert_true(rig_counter(&bed->rig, "packets_fast") > 0);
		rig_advance(&bed->rig, 20 * NS_PER_SEC);
		send_in(bed, SERVER, 53, port);
		assert_int_equal(comes_in(bed), !settings[n].outbound_only);
		path_bed_close(bed);
	}
}

/* Each outbound packet does, whatever the setting. */
static void test_outbound_packets_of_a_flow(void **state)
{
	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(settings); n++) {
		struct path_bed *bed = bed_with(&settings[n]);
		u16 port;

		udp_out(bed);
		port = path_pass(bed, RIG_IN)->sport;
		for (u32 s = 0; s < 1000; s += 100) {
			rig_advance(&bed->rig, 100 * NS_PER_SEC);
			udp_out(bed);
			assert_int_equal(path_pass(bed, RIG_IN)->sport, port);
			assert_int_equal(sluice_flow_count(bed->rig.s), 1);
		}
		path_bed_close(bed);
	}
}

/* Strangers who come in by the mapping keep it only where inbound packets do; once its owner has
 * answered one of them, it is he who keeps it.                                                   */
static void test_inbound_flows_of_a_mapping(void **state)
{
	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(settings); n++) {
		struct path_bed *bed = bed_with(&settings[n]);
		bool kept = !settings[n].outbound_only;
		u16 port;

		udp_out(bed);
		port = path_pass(bed, RIG_IN)->sport;
		rig_advance(&bed->rig, 100 * NS_PER_SEC);
		send_in(bed, STRANGER, 1, port);
		assert_true(comes_in(bed));
		rig_advance(&bed->rig, 30 * NS_PER_SEC);
		send_in(bed, STRANGER, 2, port);
		assert_int_equal(comes_in(bed), kept);
		/* The first one's flow stands still; an answer to it is the owner's word. */
		build_udp4(&bed->b, addr(HOST), 5000, addr(STRANGER), 1, 20);
		assert_int_equal(path_pass(bed, RIG_IN)->sport, port);
		send_in(bed, STRANGER, 3, port);
		assert_true(comes_in(bed));
		rig_advance(&bed->rig, 299 * NS_PER_SEC);
		send_in(bed, STRANGER, 4, port);
		assert_true(comes_in(bed));
		rig_advance(&bed->rig, 2 * NS_PER_SEC);
		send_in(bed, STRANGER, 5, port);
		assert_int_equal(comes_in(bed), kept);
		path_bed_close(bed);
	}
}

/* A server that closes after a long silence: the time of the closing state begins with its FIN. */
static void test_inbound_fin_after_silence(void **state)
{
	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(settings); n++) {
		struct path_bed *bed = bed_with(&settings[n]);
		u16 port;

		tcp_out(bed, TCP_SYN);
		build_tcp4_at(&bed->b, 100, 0);
		port = path_pass(bed, RIG_IN)->sport;
		build_tcp4(&bed->b, addr(SERVER), 80, addr(GATEWAY_OUT), port, TCP_SYN | TCP_ACK);
		build_tcp4_at(&bed->b, 500, 101);
		(void)path_pass(bed, RIG_OUT);
		tcp_out(bed, TCP_ACK);
		build_tcp4_at(&bed->b, 101, 501);
		(void)path_pass(bed, RIG_IN);
		rig_advance(&bed->rig, 3600 * NS_PER_SEC);
		build_tcp4(&bed->b, addr(SERVER), 80, addr(GATEWAY_OUT), port, TCP_FIN | TCP_ACK);
		build_tcp4_at(&bed->b, 501, 101);
		(void)path_pass(bed, RIG_OUT);
		rig_advance(&bed->rig, 200 * NS_PER_SEC);
		tcp_out(bed, TCP_ACK);
		build_tcp4_at(&bed->b, 101, 502);
		assert_int_equal(path_pass(bed, RIG_IN)->sport, port);
		path_bed_close(bed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inbound_packets_of_a_flow),
		cmocka_unit_test(test_outbound_packets_of_a_flow),
		cmocka_unit_test(test_inbound_flows_of_a_mapping),
		cmocka_unit_test(test_inbound_fin_after_silence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
