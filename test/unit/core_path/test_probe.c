/* Expiry probes: a flow whose time is over is asked about with the right numbers, lives on when its
 * host answers, and ends when nobody does.                                                       */
#include "core/base/rng.h"
#include "fake/service.h"
#include "unit/core_path/path_bed.h"

enum { CLIENT = 1000, SERVING = 900000 }; /* initial sequence numbers */
enum { ALLOWED_S = 60, STEP_S = CT_PROBE_STEP_MS / 1000 };

/* With a zone, the other inside interface has the same network in none. */
static struct path_bed *bed_new(bool probes, u8 zone)
{
	struct path_bed *bed = path_bed_new();

	bed->conf.ct.timeout_s[CT_TIMEOUT_TCP_ESTABLISHED] = ALLOWED_S;
	bed->conf.ct.expiry_probes = probes;
	if (zone == 0)
		return bed;
	bed->conf.iface[RIG_IN].zone = zone;
	snprintf(bed->conf.iface[RIG_IN].zone_name, IFACE_NAME_SIZE, "blue");
	bed->conf.iface[RIG_IN2].addr[0].addr = addr("10.10.0.9");
	return bed;
}

static struct path_bed *bed_open(bool probes)
{
	struct path_bed *bed = bed_new(probes, 0);

	path_bed_start(bed);
	return bed;
}

static void segment_out(struct path_bed *bed, u16 sport, u8 flags, u32 seq, u32 ack)
{
	build_tcp4(&bed->b, addr(HOST), sport, addr(SERVER), 80, flags);
	build_tcp4_at(&bed->b, seq, ack);
}

static void segment_in(struct path_bed *bed, u16 port, u8 flags, u32 seq, u32 ack)
{
	build_tcp4(&bed->b, addr(SERVER), 80, addr(GATEWAY_OUT), port, flags);
	build_tcp4_at(&bed->b, seq, ack);
}

/* Established; the host has sent nothing since, the server 100 bytes. Returns the public port. */
static u16 open_one(struct path_bed *bed, u16 sport)
{
	u16 port;

	segment_out(bed, sport, TCP_SYN, CLIENT, 0);
	port = path_pass(bed, RIG_IN)->sport;
	segment_in(bed, port, TCP_SYN | TCP_ACK, SERVING, CLIENT + 1);
	(void)path_pass(bed, RIG_OUT);
	segment_out(bed, sport, TCP_ACK, CLIENT + 1, SERVING + 1);
	(void)path_pass(bed, RIG_IN);
	segment_in(bed, port, TCP_ACK, SERVING + 1, CLIENT + 1);
	build_payload(&bed->b, 100, 7);
	build_ip(&bed->b)->len = be16_of(0);
	build_seal(&bed->b);
	(void)path_pass(bed, RIG_OUT);
	return port;
}

static void pass_s(struct path_bed *bed, u32 seconds)
{
	for (u32 n = 0; n < seconds; n++)
		rig_advance(&bed->rig, NS_PER_SEC);
}

/* What came out is a question to the inside host, and nothing else did. */
static void expect_probe(struct path_bed *bed)
{
	const struct seen *seen = &bed->out.seen;

	assert_true(rig_next(&bed->rig, &bed->out));
	assert_int_equal(bed->out.out_if, RIG_IN);
	assert_int_equal(seen->wrong, 0);
	assert_true(be32_eq(seen->src, addr(SERVER)));
	assert_true(be32_eq(seen->dst, addr(HOST)));
	assert_int_equal(seen->sport, 80);
	assert_int_equal(seen->dport, 5000);
	assert_int_equal(seen->flags, TCP_ACK);
	/* One before what the host expects, RFC 1122 section 4.2.3.6. */
	assert_int_equal(seen->seq, SERVING + 100);
	assert_int_equal(seen->ack, CLIENT + 1);
	assert_int_equal(seen->data_len, 0);
	assert_false(rig_next(&bed->rig, &bed->out));
}

static u32 flows(const struct path_bed *bed)
{
	return (u32)sluice_flow_count(bed->rig.s);
}

static void test_silence_ends_it(void **state)
{
	struct path_bed *bed = bed_open(true);

	(void)state;
	(void)open_one(bed, 5000);
	pass_s(bed, ALLOWED_S - 1);
	assert_false(rig_next(&bed->rig, &bed->out));
	for (u32 n = 0; n < CT_PROBE_COUNT; n++) {
		pass_s(bed, n == 0 ? 4 : STEP_S);
		expect_probe(bed);
		assert_int_equal(flows(bed), 1);
	}
	pass_s(bed, STEP_S + 2);
	assert_false(rig_next(&bed->rig, &bed->out));
	assert_int_equal(flows(bed), 0);
	assert_int_equal(rig_counter(&bed->rig, "probes_sent"), CT_PROBE_COUNT);
	assert_int_equal(rig_counter(&bed->rig, "probes_answered"), 0);
	assert_int_equal(rig_counter(&bed->rig, "probes_missed"), 0);
	path_bed_close(bed);
}

/* An ACK, which goes on to the server as the host's. */
static void test_answer_keeps_it(void **state)
{
	struct path_bed *bed = bed_open(true);
	u16 port = open_one(bed, 5000);

	(void)state;
	for (u32 round = 0; round < 3; round++) {
		for (u32 n = 0; n <= round; n++) {
			pass_s(bed, n == 0 ? ALLOWED_S + 3 : STEP_S);
			expect_probe(bed);
		}
		segment_out(bed, 5000, TCP_ACK, CLIENT + 1, SERVING + 101);
		assert_int_equal(path_pass(bed, RIG_IN)->sport, port);
		pass_s(bed, ALLOWED_S - 1);
		assert_false(rig_next(&bed->rig, &bed->out));
		assert_int_equal(flows(bed), 1);
		segment_out(bed, 5000, TCP_ACK, CLIENT + 1, SERVING + 101);
		assert_int_equal(path_pass(bed, RIG_IN)->sport, port);
	}
	assert_int_equal(rig_counter(&bed->rig, "probes_answered"), 3);
	assert_int_equal(rig_counter(&bed->rig, "probes_sent"), 6);
	path_bed_close(bed);
}

/* A time-out shorter than the steps: whoever answers each question keeps the flow, for ever. */
static void test_short_times(void **state)
{
	struct path_bed *bed = path_bed_new();
	u32 asked = 0;

	(void)state;
	bed->conf.ct.timeout_s[CT_TIMEOUT_TCP_ESTABLISHED] = 2;
	bed->conf.ct.expiry_probes = true;
	path_bed_start(bed);
	(void)open_one(bed, 5000);
	for (u32 n = 0; n < 300; n++) {
		pass_s(bed, 1);
		if (!rig_next(&bed->rig, &bed->out))
			continue;
		asked++;
		segment_out(bed, 5000, TCP_ACK, CLIENT + 1, SERVING + 101);
		(void)path_pass(bed, RIG_IN);
		assert_int_equal(bed->out.out_if, RIG_OUT);
	}
	assert_int_equal(flows(bed), 1);
	assert_true(asked > 20);
	assert_true(rig_counter(&bed->rig, "probes_answered") > 5);
	path_bed_close(bed);
}

/* While it is asked about, the flow is found: nobody gets a RST for the answer. */
static void test_found_in_its_last_second(void **state)
{
	struct path_bed *bed = bed_open(true);

	(void)state;
	(void)open_one(bed, 5000);
	bed->rig.now += (ALLOWED_S + CT_PROBE_COUNT * STEP_S) * NS_PER_SEC - NS_PER_MS;
	segment_out(bed, 5000, TCP_ACK, CLIENT + 1, SERVING + 101);
	(void)path_pass(bed, RIG_IN);
	assert_int_equal(bed->out.out_if, RIG_OUT);
	path_bed_close(bed);
}

/* A host that was switched off and on knows nothing of it. */
static void test_reset_closes_it(void **state)
{
	struct path_bed *bed = bed_open(true);
	struct sluice_flow_filter all = { 0 };
	struct sluice_flow flow;

	(void)state;
	(void)open_one(bed, 5000);
	pass_s(bed, ALLOWED_S + 3);
	expect_probe(bed);
	segment_out(bed, 5000, TCP_RST, bed->out.seen.ack, 0);
	(void)path_pass(bed, RIG_IN);
	assert_true(rig_find_flow(&bed->rig, &all, &flow));
	assert_string_equal(flow.state, "close");
	pass_s(bed, 2 * STEP_S);
	assert_false(rig_next(&bed->rig, &bed->out));
	path_bed_close(bed);
}

static void test_off_by_default(void **state)
{
	struct path_bed *bed = bed_open(false);
	struct ct_conf conf;

	(void)state;
	ct_conf_defaults(&conf);
	assert_false(conf.expiry_probes);
	(void)open_one(bed, 5000);
	pass_s(bed, ALLOWED_S + 3);
	assert_false(rig_next(&bed->rig, &bed->out));
	assert_int_equal(flows(bed), 0);
	path_bed_close(bed);
}

/* Live: both ways while a flow stands. */
static void test_switched_while_it_runs(void **state)
{
	struct path_bed *bed = bed_open(false);

	(void)state;
	(void)open_one(bed, 5000);
	bed->conf.ct.expiry_probes = true;
	assert_true(rig_configure(&bed->rig, &bed->conf));
	rig_drain(&bed->rig);
	pass_s(bed, ALLOWED_S + 3);
	expect_probe(bed);
	bed->conf.ct.expiry_probes = false;
	assert_true(rig_configure(&bed->rig, &bed->conf));
	rig_drain(&bed->rig);
	pass_s(bed, STEP_S + 2);
	assert_false(rig_next(&bed->rig, &bed->out));
	assert_int_equal(flows(bed), 0);
	path_bed_close(bed);
}

static void test_needs_counters(void **state)
{
	struct path_bed *bed = path_bed_new();

	(void)state;
	bed->conf.ct.expiry_probes = true;
	bed->conf.ct.counters = false;
	assert_non_null(engine_conf_wrong(&bed->conf));
	bed->conf.ct.counters = true;
	assert_null(engine_conf_wrong(&bed->conf));
	free(bed);
}

/* Only what is established: the rest is over when its time is. */
static void test_others_are_not_asked(void **state)
{
	struct path_bed *bed = bed_open(true);

	(void)state;
	segment_out(bed, 5001, TCP_SYN, CLIENT, 0);
	(void)path_pass(bed, RIG_IN);
	(void)open_one(bed, 5000);
	segment_out(bed, 5000, TCP_FIN | TCP_ACK, CLIENT + 1, SERVING + 101);
	(void)path_pass(bed, RIG_IN);
	build_udp4(&bed->b, addr(HOST), 5000, addr(SERVER), 53, 20);
	(void)path_pass(bed, RIG_IN);
	pass_s(bed, 400);
	assert_false(rig_next(&bed->rig, &bed->out));
	assert_int_equal(flows(bed), 0);
	path_bed_close(bed);
}

/* The inside end of a connection to a service is its backend, by its own address. */
static void test_backend_is_asked(void **state)
{
	struct path_bed *bed = path_bed_new();

	(void)state;
	bed->conf.ct.timeout_s[CT_TIMEOUT_TCP_ESTABLISHED] = ALLOWED_S;
	bed->conf.ct.expiry_probes = true;
	(void)fake_service(&bed->conf.nat.balance, "web", GATEWAY_OUT, 80);
	(void)fake_backend(&bed->conf.nat.balance, HOST, 8080);
	path_bed_start(bed);
	build_tcp4(&bed->b, addr(SERVER), 40000, addr(GATEWAY_OUT), 80, TCP_SYN);
	(void)path_pass(bed, RIG_OUT);
	build_tcp4(&bed->b, addr(HOST), 8080, addr(SERVER), 40000, TCP_SYN | TCP_ACK);
	build_tcp4_at(&bed->b, SERVING, 1001);
	(void)path_pass(bed, RIG_IN);
	build_tcp4(&bed->b, addr(SERVER), 40000, addr(GATEWAY_OUT), 80, TCP_ACK);
	build_tcp4_at(&bed->b, 1001, SERVING + 1);
	(void)path_pass(bed, RIG_OUT);
	pass_s(bed, ALLOWED_S + 3);
	assert_true(rig_next(&bed->rig, &bed->out));
	assert_int_equal(bed->out.out_if, RIG_IN);
	assert_true(be32_eq(bed->out.seen.src, addr(SERVER)));
	assert_true(be32_eq(bed->out.seen.dst, addr(HOST)));
	assert_int_equal(bed->out.seen.sport, 40000);
	assert_int_equal(bed->out.seen.dport, 8080);
	assert_int_equal(bed->out.seen.seq, 1000);
	assert_int_equal(bed->out.seen.ack, SERVING + 1);
	assert_false(rig_next(&bed->rig, &bed->out));
	path_bed_close(bed);
}

/* Its host, and not the one of that address elsewhere. */
static void test_host_of_a_zone_is_asked(void **state)
{
	struct path_bed *bed = bed_new(true, 1);

	(void)state;
	path_bed_start(bed);
	(void)open_one(bed, 5000);
	pass_s(bed, ALLOWED_S + 3);
	expect_probe(bed);
	path_bed_close(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_silence_ends_it),
		cmocka_unit_test(test_answer_keeps_it),
		cmocka_unit_test(test_short_times),
		cmocka_unit_test(test_found_in_its_last_second),
		cmocka_unit_test(test_reset_closes_it),
		cmocka_unit_test(test_off_by_default),
		cmocka_unit_test(test_switched_while_it_runs),
		cmocka_unit_test(test_needs_counters),
		cmocka_unit_test(test_others_are_not_asked),
		cmocka_unit_test(test_backend_is_asked),
		cmocka_unit_test(test_host_of_a_zone_is_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
