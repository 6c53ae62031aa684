/* BBR of 2016: what the paper says of it, on a queue (test/fake/cc_bed.h). */
#include "fake/cc_bed.h"
#include "unit/core_tcp/feed.h"

static struct cc_bed bed;

static struct cc_bed_flow *open_one(const struct cc_bed_conf *conf)
{
	cc_bed_open(&bed, conf);
	return cc_bed_add(&bed, &cc_bbr, 0);
}

/* In thousandths of the bottleneck's rate. */
static u32 pace(const struct cc_bed_flow *flow)
{
	return (u32)(flow->cc.pacing_rate * 1000 / bed.conf.rate);
}

/* Goodput of a time, in percent of rate * (1 - loss). */
static u32 percent_of(const struct cc_bed_flow *flow, ns_t time)
{
	u64 best = bed.conf.rate * (time / NS_PER_MS) / 1000 * (1000000 - bed.conf.loss_ppm) /
		   1000000;
	u64 before = flow->goodput;

	cc_bed_run(&bed, bed.now + time);
	return (u32)((flow->goodput - before) * 100 / best);
}

/* The rate doubles in each round, with a queue of two BDP at most; three rounds without growth end
 * it, and the queue is drained in about one.                                                     */
static void test_startup_and_drain(void **state)
{
	struct cc_bed_conf conf = cc_bed_usual();
	struct cc_bed_flow *flow;
	ns_t at;

	(void)state;
	conf.buffer *= 50;
	flow = open_one(&conf);
	cc_bed_run(&bed, 900 * NS_PER_MS);
	assert_true(percent_of(flow, 100 * NS_PER_MS) >= 90);
	assert_string_equal(cc_bbr.state(&flow->cc), "startup");
	assert_true(cc_bed_reach(&bed, flow, "drain", 3 * NS_PER_SEC));
	assert_in_range(pace(flow), 335, 350);
	at = bed.now;
	assert_in_range(at, 1200 * NS_PER_MS, 1900 * NS_PER_MS);
	assert_true(flow->rtt_max <= 3 * conf.rtt);
	assert_true(cc_bed_reach(&bed, flow, "probe bw", 5 * NS_PER_SEC));
	assert_true(bed.now - at < 500 * NS_PER_MS);
	assert_in_range(flow->in_flight, cc_bed_bdp(&bed) * 9 / 10, cc_bed_bdp(&bed) * 11 / 10);
	assert_int_equal(flow->lost, 0);
	cc_bed_close(&bed);
}

/* Figure 8: 100 Mbit/s, 100 ms, 20 s with the start, every seed above the floor of its loss. */
static void test_random_loss(void **state)
{
	static const struct {
		u32 loss_ppm, floor, floor_behind;
	} rows[] = {
		{ 0, 95, 95 },     { 1000, 94, 94 },   { 10000, 93, 92 },  { 20000, 92, 91 },
		{ 50000, 95, 92 }, { 100000, 95, 91 }, { 150000, 95, 87 }, { 200000, 90, 80 },
	};

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(rows); n++) {
		for (u64 seed = 1; seed <= 7; seed++) {
			struct cc_bed_conf conf = cc_bed_usual();
			struct cc_bed_flow *flow;
			u32 percent;

			conf.loss_ppm = rows[n].loss_ppm;
			conf.loss_behind = seed > 5;
			conf.seed = seed;
			flow = open_one(&conf);
			percent = percent_of(flow, 20 * NS_PER_SEC);
			if (percent < (seed > 5 ? rows[n].floor_behind : rows[n].floor))
				fail_msg("%u ppm, seed %u: %u percent", conf.loss_ppm, (u32)seed,
					 percent);
			cc_bed_close(&bed);
		}
	}
}

/* A small window has few samples of a round, and loses in most of them. */
static void test_random_loss_of_small_windows(void **state)
{
	(void)state;
	for (u64 seed = 1; seed <= 40; seed++) {
		struct cc_bed_conf conf = cc_bed_usual();
		struct cc_bed_flow *flow;
		u32 percent;

		conf.rate /= 10;
		conf.buffer /= 10;
		conf.loss_ppm = seed % 2 ? 100000 : 150000;
		conf.seed = seed;
		flow = open_one(&conf);
		cc_bed_run(&bed, 4 * NS_PER_SEC);
		percent = percent_of(flow, 10 * NS_PER_SEC);
		if (percent < 75)
			fail_msg("seed %u: %u percent", (u32)seed, percent);
		cc_bed_close(&bed);
	}
}

/* A start that by its losses had three rounds without growth while little was in flight. */
static void test_startup_of_a_few_segments(void **state)
{
	struct cc_bed_conf conf = cc_bed_usual();
	struct cc_bed_flow *flow;

	(void)state;
	conf.rate = 125000;
	conf.rtt = 300 * NS_PER_MS;
	conf.buffer = 37500;
	conf.loss_ppm = 200000;
	conf.seed = 179;
	flow = open_one(&conf);
	cc_bed_run(&bed, 5 * NS_PER_SEC);
	assert_true(percent_of(flow, 10 * NS_PER_SEC) >= 80);
	cc_bed_close(&bed);
}

/* Not the buffer decides on the delay. */
static void test_round_trip_under_load(void **state)
{
	struct cc_bed_conf conf = cc_bed_usual();
	struct cc_bed_flow *flow;
	u64 sum, count;

	(void)state;
	conf.buffer *= 50;
	flow = open_one(&conf);
	cc_bed_run(&bed, 3 * NS_PER_SEC);
	sum = flow->rtt_sum;
	count = flow->rtt_count;
	flow->rtt_max = 0;
	assert_true(percent_of(flow, 20 * NS_PER_SEC) >= 96);
	assert_true((flow->rtt_sum - sum) / (flow->rtt_count - count) < conf.rtt * 107 / 100);
	assert_true(flow->rtt_max < conf.rtt * 130 / 100);
	cc_bed_close(&bed);
}

/* Eight phases of a round trip: a quarter more, a quarter less, six at the bandwidth. */
static void test_eight_phases(void **state)
{
	struct cc_bed_conf conf = cc_bed_usual();
	struct cc_bed_flow *flow;
	ns_t up, down, cruise;

	(void)state;
	conf.buffer *= 2;
	flow = open_one(&conf);
	cc_bed_run(&bed, 4 * NS_PER_SEC);
	for (u32 n = 0; n < 3; n++) {
		while (pace(flow) < 1200)
			assert_true(cc_bed_step(&bed, 9 * NS_PER_SEC));
		up = bed.now;
		while (pace(flow) > 1100)
			assert_true(cc_bed_step(&bed, 9 * NS_PER_SEC));
		down = bed.now;
		assert_in_range(pace(flow), 730, 755);
		assert_in_range(down - up, 100 * NS_PER_MS, 150 * NS_PER_MS);
		while (pace(flow) < 900)
			assert_true(cc_bed_step(&bed, 9 * NS_PER_SEC));
		cruise = bed.now;
		assert_in_range(pace(flow), 980, 1000);
		assert_in_range(cruise - down, 1 * NS_PER_MS, 110 * NS_PER_MS);
		while (pace(flow) < 1200)
			assert_true(cc_bed_step(&bed, 9 * NS_PER_SEC));
		assert_in_range(bed.now - cruise, 600 * NS_PER_MS, 660 * NS_PER_MS);
	}
	cc_bed_close(&bed);
}

/* The first phase is drawn, and is not the one that drains. */
static void test_first_phase(void **state)
{
	ns_t first = 0, last = 0;

	(void)state;
	for (u64 seed = 1; seed <= 40; seed++) {
		struct cc_bed_conf conf = cc_bed_usual();
		struct cc_bed_flow *flow;
		ns_t wait;

		conf.seed = seed;
		conf.buffer *= 2;
		flow = open_one(&conf);
		assert_true(cc_bed_reach(&bed, flow, "probe bw", 3 * NS_PER_SEC));
		assert_true(pace(flow) > 900);
		wait = bed.now;
		while (pace(flow) > 900)
			assert_true(cc_bed_step(&bed, 9 * NS_PER_SEC));
		wait = bed.now - wait;
		first = seed == 1 || wait < first ? wait : first;
		last = wait > last ? wait : last;
		cc_bed_close(&bed);
	}
	assert_true(first < 250 * NS_PER_MS && last > 600 * NS_PER_MS);
}

/* The way becomes longer: it is ten seconds until that is believed, and the flight is four segments
 * for 200 ms to be sure.                                                                         */
static void test_probe_rtt(void **state)
{
	struct cc_bed_conf conf = cc_bed_usual();
	struct cc_bed_flow *flow;
	u32 before;
	ns_t at;

	(void)state;
	conf.buffer *= 2;
	flow = open_one(&conf);
	cc_bed_run(&bed, 4 * NS_PER_SEC);
	bed.conf.rtt = 120 * NS_PER_MS;
	before = flow->cc.cwnd;
	assert_true(cc_bed_reach(&bed, flow, "probe rtt", 20 * NS_PER_SEC));
	at = bed.now;
	assert_in_range(at, 13 * NS_PER_SEC, 15 * NS_PER_SEC);
	assert_int_equal(flow->cc.cwnd, 4 * conf.mss);
	assert_true(cc_bed_reach(&bed, flow, "probe bw", 20 * NS_PER_SEC));
	assert_in_range(bed.now - at, 300 * NS_PER_MS, 600 * NS_PER_MS);
	assert_true(flow->cc.cwnd >= before);
	cc_bed_run(&bed, bed.now + NS_PER_SEC);
	assert_in_range(flow->cc.cwnd, before * 11 / 10, before * 13 / 10);
	cc_bed_close(&bed);
}

/* On a short path ProbeRTT takes more rounds than the bandwidth is remembered for. */
static void test_probe_rtt_keeps_the_bandwidth(void **state)
{
	struct cc_bed_conf conf = cc_bed_usual();
	struct cc_bed_flow *flow;

	(void)state;
	conf.rtt = 10 * NS_PER_MS;
	flow = open_one(&conf);
	cc_bed_run(&bed, 4 * NS_PER_SEC);
	bed.conf.rtt = 12 * NS_PER_MS;
	assert_true(cc_bed_reach(&bed, flow, "probe rtt", 20 * NS_PER_SEC));
	assert_true(cc_bed_reach(&bed, flow, "probe bw", 20 * NS_PER_SEC));
	assert_true(pace(flow) > 900);
	cc_bed_close(&bed);
}

/* The bandwidth of ten rounds: gone soon after the path has less, found when it has more. */
static void test_bandwidth_changes(void **state)
{
	struct cc_bed_conf conf = cc_bed_usual();
	struct cc_bed_flow *flow;

	(void)state;
	conf.buffer *= 4;
	flow = open_one(&conf);
	cc_bed_run(&bed, 4 * NS_PER_SEC);
	cc_bed_set_rate(&bed, bed.conf.rate / 2);
	cc_bed_run(&bed, 8 * NS_PER_SEC);
	assert_in_range(pace(flow), 700, 1300);
	cc_bed_set_rate(&bed, bed.conf.rate * 2);
	cc_bed_run(&bed, 13 * NS_PER_SEC);
	assert_true(percent_of(flow, 4 * NS_PER_SEC) >= 93);
	cc_bed_close(&bed);
}

/* One round that sends what is delivered, and the window is back. */
static void test_recovery(void **state)
{
	struct cc_bed_conf conf = cc_bed_usual();
	struct cc_bed_flow *flow;
	u64 recoveries;
	u32 before;

	(void)state;
	flow = open_one(&conf);
	cc_bed_run(&bed, 5 * NS_PER_SEC);
	before = flow->cc.cwnd;
	recoveries = flow->recoveries;
	flow->drop_next = 100;
	while (!flow->in_recovery)
		assert_true(cc_bed_step(&bed, 6 * NS_PER_SEC));
	assert_true(flow->cc.cwnd < before * 3 / 4);
	assert_true(flow->cc.cwnd >= cc_bed_bdp(&bed) * 97 / 100);
	while (flow->in_recovery)
		assert_true(cc_bed_step(&bed, 7 * NS_PER_SEC));
	assert_in_range(flow->cc.cwnd, before * 98 / 100, before * 102 / 100);
	assert_int_equal(flow->recoveries, recoveries + 1);
	cc_bed_close(&bed);
}

static void test_timeout(void **state)
{
	struct cc_bed_conf conf = cc_bed_usual();
	struct cc_bed_flow *flow;
	u32 before;

	(void)state;
	flow = open_one(&conf);
	cc_bed_run(&bed, 5 * NS_PER_SEC);
	before = flow->cc.cwnd;
	flow->drop_next = 2000;
	while (flow->timeouts == 0)
		assert_true(cc_bed_step(&bed, 9 * NS_PER_SEC));
	flow->drop_next = 0;
	assert_true(flow->cc.cwnd < 2 * conf.mss);
	while (flow->in_recovery)
		assert_true(cc_bed_step(&bed, 15 * NS_PER_SEC));
	assert_true(flow->cc.cwnd >= before * 9 / 10);
	assert_true(percent_of(flow, 2 * NS_PER_SEC) >= 90);
	cc_bed_close(&bed);
}

/* On a path that loses much the window needs more than ten rounds to grow again, since what is lost
 * does not make it grow; the bandwidth is still known then, and in every one of them.            */
static void test_timeout_keeps_the_bandwidth(void **state)
{
	struct cc_bed_conf conf = cc_bed_usual();
	struct cc_bed_flow *flow;
	u64 timeouts;

	(void)state;
	conf.loss_ppm = 150000;
	conf.loss_behind = true;
	flow = open_one(&conf);
	cc_bed_run(&bed, 5 * NS_PER_SEC);
	assert_true(pace(flow) >= 700);
	timeouts = flow->timeouts;
	flow->drop_next = 2000;
	while (flow->timeouts == timeouts)
		assert_true(cc_bed_step(&bed, 9 * NS_PER_SEC));
	flow->drop_next = 0;
	while (flow->in_recovery) {
		assert_true(cc_bed_step(&bed, 20 * NS_PER_SEC));
		assert_true(pace(flow) >= 600);
	}
	assert_true(percent_of(flow, 2 * NS_PER_SEC) >= 85);
	cc_bed_close(&bed);
}

/* Segments that were only late: the window is back at once, and Startup goes on. */
static void test_undo(void **state)
{
	struct cc_bed_conf conf = cc_bed_usual();
	struct cc_bed_flow *flow;
	u32 before;

	(void)state;
	conf.buffer *= 4;
	flow = open_one(&conf);
	flow->undo = true;
	flow->delay_ns = 20 * NS_PER_MS;
	cc_bed_run(&bed, 750 * NS_PER_MS);
	flow->delay_next = 5;
	while (!flow->in_recovery)
		assert_true(cc_bed_step(&bed, NS_PER_SEC));
	while (flow->in_recovery)
		assert_true(cc_bed_step(&bed, 2 * NS_PER_SEC));
	assert_int_equal(flow->undone, 1);
	assert_string_equal(cc_bbr.state(&flow->cc), "startup");
	cc_bed_run(&bed, 5 * NS_PER_SEC);
	before = flow->cc.cwnd;
	flow->delay_next = 5;
	while (!flow->in_recovery)
		assert_true(cc_bed_step(&bed, 6 * NS_PER_SEC));
	assert_true(flow->cc.cwnd < before * 3 / 4);
	while (flow->in_recovery)
		assert_true(cc_bed_step(&bed, 6 * NS_PER_SEC));
	assert_int_equal(flow->undone, 2);
	assert_in_range(flow->cc.cwnd, before * 98 / 100, before * 102 / 100);
	cc_bed_close(&bed);
}

/* After idleness: at the bandwidth, without ProbeRTT; idleness was one. */
static void test_restart_from_idle(void **state)
{
	struct cc_bed_conf conf = cc_bed_usual();
	struct cc_bed_flow *flow;

	(void)state;
	flow = open_one(&conf);
	cc_bed_run(&bed, 5 * NS_PER_SEC);
	while (pace(flow) < 1200)
		assert_true(cc_bed_step(&bed, 9 * NS_PER_SEC));
	flow->app_rate = 0;
	cc_bed_run(&bed, bed.now + 50 * NS_PER_MS);
	assert_in_range(pace(flow), 1200, 1260); /* the phase that it is stopped in */
	cc_bed_run(&bed, 25 * NS_PER_SEC);
	assert_int_equal(flow->in_flight, 0);
	flow->app_rate = CC_BED_UNLIMITED;
	assert_true(cc_bed_step(&bed, 26 * NS_PER_SEC));
	assert_in_range(pace(flow), 970, 1000);
	for (u64 end = flow->delivered + flow->cc.cwnd; flow->delivered < end;) {
		assert_true(cc_bed_step(&bed, 27 * NS_PER_SEC));
		assert_string_equal(cc_bbr.state(&flow->cc), "probe bw");
	}
	assert_true(percent_of(flow, NS_PER_SEC) >= 90);
	cc_bed_close(&bed);
}

/* Its place was another's meanwhile: it goes on at the bandwidth that it had found. */
static void test_resume(void **state)
{
	struct cc_bed_conf conf = cc_bed_usual();
	struct cc_bed_flow *flow;
	u64 bw;

	(void)state;
	flow = open_one(&conf);
	cc_bed_run(&bed, 100 * NS_PER_MS);
	assert_string_equal(cc_bbr.state(&flow->cc), "startup");
	assert_int_equal(cc_bbr.keep(&flow->cc), 0);
	assert_true(cc_bed_reach(&bed, flow, "probe bw", 5 * NS_PER_SEC));
	bw = cc_bbr.keep(&flow->cc);
	assert_in_range(bw, conf.rate * 95 / 100, conf.rate * 105 / 100);
	cc_bbr.init(&flow->cc, bed.now);
	cc_bbr.resume(&flow->cc, 0, bed.now);
	assert_string_equal(cc_bbr.state(&flow->cc), "startup");
	cc_bbr.resume(&flow->cc, bw, bed.now);
	cc_bbr.check(&flow->cc);
	assert_string_equal(cc_bbr.state(&flow->cc), "probe bw");
	assert_in_range(flow->cc.pacing_rate, bw * 98 / 100, bw);
	assert_true(percent_of(flow, 2 * NS_PER_SEC) >= 90);
	assert_string_equal(cc_bbr.state(&flow->cc), "probe bw");
	cc_bed_close(&bed);
}

/* The application's own slowness ends no Startup, and lowers no estimate. */
static void test_application_limited(void **state)
{
	struct cc_bed_conf conf = cc_bed_usual();
	struct cc_bed_flow *flow;

	(void)state;
	flow = open_one(&conf);
	flow->app_rate = conf.rate / 20;
	cc_bed_run(&bed, 5 * NS_PER_SEC);
	assert_string_equal(cc_bbr.state(&flow->cc), "startup");
	flow->app_rate = CC_BED_UNLIMITED;
	cc_bed_run(&bed, 8 * NS_PER_SEC);
	flow->app_rate = conf.rate / 20;
	cc_bed_run(&bed, 12 * NS_PER_SEC);
	assert_true(pace(flow) > 700);
	flow->app_rate = CC_BED_UNLIMITED;
	assert_true(percent_of(flow, NS_PER_SEC) >= 85);
	cc_bed_close(&bed);
}

/* ACKs that come every 40 ms on a path of 20 ms: the window makes up for the silences. */
static void test_aggregation(void **state)
{
	struct cc_bed_conf conf = cc_bed_usual();
	struct cc_bed_flow *flow;

	(void)state;
	conf.rtt = 20 * NS_PER_MS;
	conf.ack_every = 40 * NS_PER_MS;
	flow = open_one(&conf);
	cc_bed_run(&bed, 3 * NS_PER_SEC);
	assert_true(percent_of(flow, 5 * NS_PER_SEC) >= 90);
	assert_true(flow->cc.cwnd > 4 * cc_bed_bdp(&bed));
	cc_bed_close(&bed);
}

/* A bandwidth-delay product of half a segment. */
static void test_four_segments_at_least(void **state)
{
	struct cc_bed_conf conf = cc_bed_usual();
	struct cc_bed_flow *flow;

	(void)state;
	conf.rate = 64000 / 8;
	conf.buffer = 30000;
	flow = open_one(&conf);
	cc_bed_run(&bed, 30 * NS_PER_SEC);
	assert_true(flow->cc.cwnd >= 4 * conf.mss);
	assert_true(percent_of(flow, 60 * NS_PER_SEC) >= 95);
	cc_bed_close(&bed);
}

/* Jain's index of what flows had in a time, in thousandths. */
static u32 fairness(u32 count, ns_t from, ns_t until)
{
	u64 before[CC_BED_FLOWS];
	u64 sum = 0, squares = 0;

	cc_bed_run(&bed, from);
	for (u32 n = 0; n < count; n++)
		before[n] = bed.flow[n].goodput;
	cc_bed_run(&bed, until);
	for (u32 n = 0; n < count; n++) {
		u64 had = (bed.flow[n].goodput - before[n]) / 1000;

		sum += had;
		squares += had * had;
	}
	return (u32)(sum * sum * 1000 / count / squares);
}

/* Flows of 10 ms that begin two seconds apart: after forty seconds none can tell who was first. */
static void test_fairness(void **state)
{
	static const u32 counts[] = { 2, 5 };

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(counts); n++) {
		struct cc_bed_conf conf = cc_bed_usual();
		u32 index;

		conf.rtt = 10 * NS_PER_MS;
		conf.buffer = 375000;
		cc_bed_open(&bed, &conf);
		for (u32 flow = 0; flow < counts[n]; flow++)
			(void)cc_bed_add(&bed, &cc_bbr, flow * 2 * NS_PER_SEC);
		index = fairness(counts[n], 40 * NS_PER_SEC, 60 * NS_PER_SEC);
		if (index < 950)
			fail_msg("%u flows: %u", counts[n], index);
		cc_bed_close(&bed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_startup_and_drain),
		cmocka_unit_test(test_random_loss),
		cmocka_unit_test(test_random_loss_of_small_windows),
		cmocka_unit_test(test_startup_of_a_few_segments),
		cmocka_unit_test(test_round_trip_under_load),
		cmocka_unit_test(test_eight_phases),
		cmocka_unit_test(test_first_phase),
		cmocka_unit_test(test_probe_rtt),
		cmocka_unit_test(test_probe_rtt_keeps_the_bandwidth),
		cmocka_unit_test(test_bandwidth_changes),
		cmocka_unit_test(test_recovery),
		cmocka_unit_test(test_timeout),
		cmocka_unit_test(test_timeout_keeps_the_bandwidth),
		cmocka_unit_test(test_undo),
		cmocka_unit_test(test_restart_from_idle),
		cmocka_unit_test(test_resume),
		cmocka_unit_test(test_application_limited),
		cmocka_unit_test(test_aggregation),
		cmocka_unit_test(test_four_segments_at_least),
		cmocka_unit_test(test_fairness),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
