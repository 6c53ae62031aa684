/* CUBIC beside the equations of RFC 9438, and HyStart++ (RFC 9406). */
#include "fake/cc_bed.h"
#include "unit/core_tcp/feed.h"

#include <math.h>

static const u32 mss = FEED_MSS;

/* Out of slow start at so many segments: a loss at cwnd, then avoidance. */
static void lose_at(struct feed *feed, u32 segments)
{
	feed->cc.cwnd = segments * mss;
	feed->nxt = feed->una + feed->cc.cwnd;
	feed_event(feed, CC_ENTER_RECOVERY);
	feed_event(feed, CC_EXIT_RECOVERY);
	feed_fill(feed);
}

/* One round trip of full windows, acknowledged segment by segment. */
static void round_trip(struct feed *feed)
{
	u32 count = feed->cc.cwnd / mss;
	ns_t step = feed->ack.srtt_ns / count;

	for (u32 n = 0; n < count; n++) {
		feed->ack.now += step;
		feed_ack(feed, mss);
	}
}

static double W_cubic(double t, double W_max, double cwnd_epoch)
{
	double K = cbrt((W_max - cwnd_epoch) / 0.4);

	return 0.4 * pow(t - K, 3) + W_max;
}

/* Concave, plateau, convex: RFC 9438 sections 4.2, 4.4 and 4.5. */
static void test_curve_of_the_equation(void **state)
{
	struct feed feed;
	ns_t begin;

	(void)state;
	feed_open(&feed, &cc_cubic);
	lose_at(&feed, 1000);
	assert_int_equal(feed.cc.cwnd, 700 * mss);
	begin = feed.ack.now;
	for (u32 n = 0; n < 140; n++) {
		double t, right;

		round_trip(&feed);
		t = (double)(feed.ack.now - begin) / 1e9;
		right = W_cubic(t, 1000, 700);
		assert_in_range(feed.cc.cwnd, (u64)(right * mss * 0.99), (u64)(right * mss * 1.01));
	}
}

/* Of a large window an ACK adds a fraction of a byte: none is lost. */
static void test_curve_of_a_large_window(void **state)
{
	struct feed feed;
	ns_t begin;

	(void)state;
	feed_open(&feed, &cc_cubic);
	lose_at(&feed, 10000);
	begin = feed.ack.now;
	while (feed.ack.now < begin + 25 * NS_PER_SEC) {
		double right;

		round_trip(&feed);
		right = W_cubic((double)(feed.ack.now - begin) / 1e9, 10000, 7000) * mss;
		assert_in_range(feed.cc.cwnd, (u64)(right * 0.9994), (u64)(right * 1.0006));
	}
}

/* Section 4.4: half as much again in a round trip, wherever the curve is. */
static void test_growth_is_bounded(void **state)
{
	struct feed feed;
	u32 before;

	(void)state;
	feed_open(&feed, &cc_cubic);
	lose_at(&feed, 100);
	feed.ack.srtt_ns = 30 * NS_PER_SEC;
	before = feed.cc.cwnd;
	round_trip(&feed);
	assert_in_range(feed.cc.cwnd, before * 14 / 10, before * 165 / 100);
}

/* Section 4.3: where the curve is flat the window grows as W_est, by alpha a round trip to the
 * window before, then by one segment.                                                            */
static void test_reno_friendly_region(void **state)
{
	struct feed feed;
	u32 before;

	(void)state;
	feed_open(&feed, &cc_cubic);
	feed.ack.srtt_ns = 5 * NS_PER_MS;
	lose_at(&feed, 40);
	for (u32 n = 0; n < 20; n++)
		round_trip(&feed);
	assert_in_range(feed.cc.cwnd, 28 * mss + 20 * mss * 9 / 17 - mss,
			28 * mss + 20 * mss * 9 / 17 + mss);
	while (feed.cc.cwnd < 41 * mss)
		round_trip(&feed);
	before = feed.cc.cwnd;
	for (u32 n = 0; n < 10; n++)
		round_trip(&feed);
	assert_in_range(feed.cc.cwnd - before, 9 * mss, 11 * mss);
}

/* Section 4.7: W_max is below where the loss was, if that was below the last one. */
static void test_fast_convergence(void **state)
{
	struct feed feed;
	ns_t begin;

	(void)state;
	feed_open(&feed, &cc_cubic);
	lose_at(&feed, 1000);
	lose_at(&feed, 800);
	assert_int_equal(feed.cc.cwnd, 560 * mss);
	begin = feed.ack.now;
	while (feed.ack.now < begin + 6700 * NS_PER_MS)
		round_trip(&feed);
	assert_in_range(feed.cc.cwnd, 675 * mss, 685 * mss);
}

/* Section 4.8: the first epoch after a time-out is flat where it begins. */
static void test_timeout(void **state)
{
	struct feed feed;
	u32 begin;

	(void)state;
	feed_open(&feed, &cc_cubic);
	feed.cc.cwnd = 100 * mss;
	feed_fill(&feed);
	feed_event(&feed, CC_TIMEOUT);
	assert_int_equal(feed.cc.cwnd, mss);
	assert_int_equal(feed.cc.ssthresh, 70 * mss);
	feed_event(&feed, CC_TIMEOUT);
	assert_int_equal(feed.cc.ssthresh, 70 * mss);
	feed_ack(&feed, 3 * mss);
	assert_int_equal(feed.cc.cwnd, 2 * mss);
	feed_event(&feed, CC_EXIT_RECOVERY);
	while (feed.cc.cwnd < feed.cc.ssthresh)
		round_trip(&feed);
	begin = feed.cc.cwnd;
	for (u32 n = 0; n < 10; n++)
		round_trip(&feed);
	assert_in_range(feed.cc.cwnd, begin + 5 * mss, begin + 7 * mss); /* W_est: 10 * 9 / 17 */
}

/* Section 4.6: of cwnd, however little was in flight, since it grew only while it was used. */
static void test_timeout_of_one_segment(void **state)
{
	struct feed feed;

	(void)state;
	feed_open(&feed, &cc_cubic);
	feed.nxt = feed.una + mss;
	feed_event(&feed, CC_TIMEOUT);
	assert_int_equal(feed.cc.cwnd, mss);
	assert_int_equal(feed.cc.ssthresh, 7 * mss);
}

/* Section 4.9: the curve goes on as if nothing had been lost. */
static void test_undo(void **state)
{
	struct feed feed;
	ns_t begin;
	u32 before;

	(void)state;
	feed_open(&feed, &cc_cubic);
	lose_at(&feed, 1000);
	begin = feed.ack.now;
	for (u32 n = 0; n < 40; n++)
		round_trip(&feed);
	before = feed.cc.cwnd;
	feed_event(&feed, CC_ENTER_RECOVERY);
	assert_string_equal(cc_cubic.state(&feed.cc), "recovery");
	feed.cc.cwnd = before * 8 / 10;
	feed_ack(&feed, mss);
	assert_int_equal(feed.cc.cwnd, before * 8 / 10);
	feed_event(&feed, CC_UNDO);
	assert_int_equal(feed.cc.cwnd, before);
	for (u32 n = 0; n < 40; n++) {
		double right;

		round_trip(&feed);
		right = W_cubic((double)(feed.ack.now - begin) / 1e9, 1000, 700);
		assert_in_range(feed.cc.cwnd, (u64)(right * mss * 0.99), (u64)(right * mss * 1.01));
	}
}

static void test_mark_idle_and_unused_window(void **state)
{
	struct feed feed;
	u32 before;

	(void)state;
	feed_open(&feed, &cc_cubic);
	lose_at(&feed, 1000);
	round_trip(&feed);
	round_trip(&feed); /* what was sent before the loss is acknowledged */
	before = feed.cc.cwnd;
	feed.ack.ecn_echo = true;
	feed_ack(&feed, mss);
	assert_in_range(feed.cc.cwnd, (before - 2 * mss) / 10 * 7, before / 10 * 7);
	before = feed.cc.cwnd;
	feed_ack(&feed, mss);
	assert_in_range(feed.cc.cwnd, before, before + mss);
	feed.ack.ecn_echo = false;
	/* Section 5.8: not used, not grown, and the curve does not run away meanwhile. */
	feed.ack.cwnd_limited = false;
	for (u32 n = 0; n < 100; n++)
		round_trip(&feed);
	assert_in_range(feed.cc.cwnd, before, before + mss);
	feed.ack.cwnd_limited = true;
	round_trip(&feed);
	assert_in_range(feed.cc.cwnd, before, before * 11 / 10);
	feed_event(&feed, CC_IDLE_RESTART);
	assert_int_equal(feed.cc.cwnd, 10 * mss);
}

/* A round of slow start, all samples the same. */
static void round_of_rtt(struct feed *feed, u32 rtt_ms)
{
	u64 end = feed->nxt;

	feed->ack.rate.rtt_ns = rtt_ms * NS_PER_MS;
	while (feed->una < end)
		feed_ack(feed, mss);
}

static void test_hystart_ends_slow_start(void **state)
{
	struct feed feed;
	u32 before;

	(void)state;
	feed_open(&feed, &cc_cubic);
	for (u32 n = 0; n < 4; n++)
		round_of_rtt(&feed, 100);
	round_of_rtt(&feed, 111); /* less than an eighth */
	assert_string_equal(cc_cubic.state(&feed.cc), "slow start");
	round_of_rtt(&feed, 126);
	assert_string_equal(cc_cubic.state(&feed.cc), "conservative slow start");
	before = feed.cc.cwnd;
	round_of_rtt(&feed, 127);
	assert_in_range(feed.cc.cwnd, before * 5 / 4 - 2 * mss, before * 5 / 4 + 2 * mss);
	for (u32 n = 0; n < 3; n++) {
		assert_int_equal(feed.cc.ssthresh, UINT32_MAX);
		round_of_rtt(&feed, 127);
	}
	round_of_rtt(&feed, 127);
	round_of_rtt(&feed, 127);
	assert_string_equal(cc_cubic.state(&feed.cc), "avoidance");
	assert_true(feed.cc.ssthresh <= feed.cc.cwnd);
}

static void test_hystart_false_alarm(void **state)
{
	struct feed feed;
	u32 before;

	(void)state;
	feed_open(&feed, &cc_cubic);
	for (u32 n = 0; n < 3; n++)
		round_of_rtt(&feed, 100);
	round_of_rtt(&feed, 130);
	assert_string_equal(cc_cubic.state(&feed.cc), "conservative slow start");
	round_of_rtt(&feed, 105);
	assert_string_equal(cc_cubic.state(&feed.cc), "slow start");
	before = feed.cc.cwnd;
	round_of_rtt(&feed, 105);
	assert_in_range(feed.cc.cwnd, before * 2 - 2 * mss, before * 2 + 2 * mss);
}

/* A deep buffer: slow start ends by the delay, and nothing is lost. */
static void test_hystart_on_a_queue(void **state)
{
	struct cc_bed bed;
	struct cc_bed_conf conf = cc_bed_usual();
	struct cc_bed_flow *flow;

	(void)state;
	conf.buffer *= 50;
	cc_bed_open(&bed, &conf);
	flow = cc_bed_add(&bed, &cc_cubic, 0);
	assert_true(cc_bed_reach(&bed, flow, "avoidance", 6 * NS_PER_SEC));
	assert_int_equal(flow->lost, 0);
	assert_in_range(flow->cc.cwnd, cc_bed_bdp(&bed), 7 * cc_bed_bdp(&bed));
	cc_bed_close(&bed);
}

static u64 percent_at(u32 loss_ppm, u64 seed)
{
	struct cc_bed bed;
	struct cc_bed_conf conf = cc_bed_usual();
	u64 percent;

	conf.loss_ppm = loss_ppm;
	conf.seed = seed;
	cc_bed_open(&bed, &conf);
	(void)cc_bed_add(&bed, &cc_cubic, 0);
	cc_bed_run(&bed, 60 * NS_PER_SEC);
	percent = bed.flow[0].goodput * 100 / (conf.rate * 60);
	cc_bed_close(&bed);
	return percent;
}

/* What is known of loss-based control on 100 Mbit/s and 100 ms: if this fails, the queue of the
 * tests is not one.                                                                              */
static void test_random_loss(void **state)
{
	(void)state;
	assert_true(percent_at(0, 1) >= 95);
	for (u64 seed = 1; seed <= 5; seed++) {
		assert_in_range(percent_at(1000, seed), 2, 20);
		assert_in_range(percent_at(10000, seed), 1, 5);
	}
}

/* RFC 5681 section 4.1: the restart window; ssthresh is what it was. */
static void test_resume(void **state)
{
	struct feed feed;

	(void)state;
	feed_open(&feed, &cc_cubic);
	feed.cc.cwnd = 100 * mss;
	feed.cc.ssthresh = 50 * mss;
	feed.cc.ops->resume(&feed.cc, 0, feed.ack.now);
	feed.cc.ops->check(&feed.cc);
	assert_int_equal(feed.cc.cwnd, cc_initial_window(mss));
	assert_int_equal(feed.cc.ssthresh, 50 * mss);
	feed.cc.cwnd = 2 * mss;
	feed.cc.ops->resume(&feed.cc, 0, feed.ack.now);
	assert_int_equal(feed.cc.cwnd, 2 * mss);
	/* Not the first slow start any more: two segments for an ACK, not eight. */
	feed_fill(&feed);
	feed_ack(&feed, 2 * mss);
	feed_ack(&feed, 4 * mss);
	assert_int_equal(feed.cc.cwnd, 6 * mss);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_curve_of_the_equation),
		cmocka_unit_test(test_curve_of_a_large_window),
		cmocka_unit_test(test_growth_is_bounded),
		cmocka_unit_test(test_reno_friendly_region),
		cmocka_unit_test(test_fast_convergence),
		cmocka_unit_test(test_timeout),
		cmocka_unit_test(test_timeout_of_one_segment),
		cmocka_unit_test(test_undo),
		cmocka_unit_test(test_mark_idle_and_unused_window),
		cmocka_unit_test(test_hystart_ends_slow_start),
		cmocka_unit_test(test_hystart_false_alarm),
		cmocka_unit_test(test_hystart_on_a_queue),
		cmocka_unit_test(test_random_loss),
		cmocka_unit_test(test_resume),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
