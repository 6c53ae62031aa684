/* Slow start, avoidance and the halving of RFC 5681; the list of algorithms. */
#include "fake/cc_bed.h"
#include "unit/core_tcp/feed.h"

static const u32 mss = FEED_MSS;

static void test_list_of_algorithms(void **state)
{
	u32 count = 0;

	(void)state;
	for (; cc_name_at(count) != NULL; count++)
		assert_string_equal(cc_find(cc_name_at(count))->name, cc_name_at(count));
	assert_ptr_equal(cc_find("newreno"), &cc_newreno);
	assert_null(cc_find("newren"));
	assert_null(cc_find("newrenoo"));
	assert_null(cc_find(""));
	assert_null(cc_name_at(count + 1));
}

static void test_initial_window(void **state)
{
	(void)state;
	assert_int_equal(cc_initial_window(536), 5360);
	assert_int_equal(cc_initial_window(1460), 14600);
	assert_int_equal(cc_initial_window(1500), 14600);
	assert_int_equal(cc_initial_window(9000), 18000);
}

static void test_slow_start(void **state)
{
	struct feed feed;

	(void)state;
	feed_open(&feed, &cc_newreno);
	assert_string_equal(cc_newreno.state(&feed.cc), "slow start");
	for (u32 n = 0; n < 10; n++)
		feed_ack(&feed, mss);
	assert_int_equal(feed.cc.cwnd, 20 * mss);
	feed_ack(&feed, 5 * mss);
	assert_int_equal(feed.cc.cwnd, 22 * mss);
	feed_ack(&feed, 300);
	assert_int_equal(feed.cc.cwnd, 22 * mss + 300);
	feed.ack.cwnd_limited = false;
	feed_ack(&feed, mss);
	assert_int_equal(feed.cc.cwnd, 22 * mss + 300);
}

static void test_avoidance(void **state)
{
	struct feed feed;

	(void)state;
	feed_open(&feed, &cc_newreno);
	feed.cc.ssthresh = feed.cc.cwnd = 20 * mss;
	feed_fill(&feed);
	assert_string_equal(cc_newreno.state(&feed.cc), "avoidance");
	for (u32 n = 0; n < 19; n++)
		feed_ack(&feed, mss);
	assert_int_equal(feed.cc.cwnd, 20 * mss);
	feed_ack(&feed, mss);
	assert_int_equal(feed.cc.cwnd, 21 * mss);
	feed_ack(&feed, 21 * mss);
	assert_int_equal(feed.cc.cwnd, 22 * mss);
}

static void test_halving(void **state)
{
	struct feed feed;

	(void)state;
	feed_open(&feed, &cc_newreno);
	feed.cc.cwnd = 40 * mss;
	feed_fill(&feed);
	feed.nxt += 2 * mss; /* limited transmit */
	feed_event(&feed, CC_ENTER_RECOVERY);
	assert_int_equal(feed.cc.ssthresh, 20 * mss);
	assert_string_equal(cc_newreno.state(&feed.cc), "recovery");
	feed.cc.cwnd = 25 * mss; /* PRR's */
	feed_ack(&feed, 26 * mss);
	assert_int_equal(feed.cc.cwnd, 25 * mss);
	feed_event(&feed, CC_EXIT_RECOVERY);
	assert_int_equal(feed.cc.cwnd, 20 * mss);
	/* Never below two segments. */
	feed.nxt = feed.una + mss;
	feed_event(&feed, CC_ENTER_RECOVERY);
	assert_int_equal(feed.cc.ssthresh, 2 * mss);
}

static void test_timeout(void **state)
{
	struct feed feed;

	(void)state;
	feed_open(&feed, &cc_newreno);
	feed.cc.cwnd = 40 * mss;
	feed_fill(&feed);
	feed_event(&feed, CC_TIMEOUT);
	assert_int_equal(feed.cc.cwnd, mss);
	assert_int_equal(feed.cc.ssthresh, 20 * mss);
	feed_event(&feed, CC_TIMEOUT);
	assert_int_equal(feed.cc.ssthresh, 20 * mss);
	/* RFC 3465: one segment an ACK while the time-out is repaired, two afterwards. */
	feed_ack(&feed, 3 * mss);
	assert_int_equal(feed.cc.cwnd, 2 * mss);
	feed_event(&feed, CC_EXIT_RECOVERY);
	assert_int_equal(feed.cc.cwnd, 2 * mss);
	feed_ack(&feed, 3 * mss);
	assert_int_equal(feed.cc.cwnd, 4 * mss);
	feed_event(&feed, CC_TIMEOUT);
	assert_int_equal(feed.cc.ssthresh, 2 * mss);
}

static void test_congestion_mark_once_per_window(void **state)
{
	struct feed feed;

	(void)state;
	feed_open(&feed, &cc_newreno);
	feed.cc.cwnd = feed.cc.ssthresh = 40 * mss;
	feed_fill(&feed);
	feed.ack.ecn_echo = true;
	feed_ack(&feed, mss);
	assert_int_equal(feed.cc.cwnd, 39 * mss / 2);
	assert_int_equal(feed.cc.ssthresh, feed.cc.cwnd);
	for (u32 n = 0; n < 38; n++)
		feed_ack(&feed, mss);
	assert_in_range(feed.cc.cwnd, 39 * mss / 2, 39 * mss / 2 + 2 * mss);
	feed_ack(&feed, mss);
	assert_in_range(feed.cc.cwnd, 9 * mss, 11 * mss);
}

static void test_undo(void **state)
{
	struct feed feed;

	(void)state;
	feed_open(&feed, &cc_newreno);
	feed.cc.cwnd = 40 * mss;
	feed.cc.ssthresh = 35 * mss;
	feed_fill(&feed);
	feed_event(&feed, CC_ENTER_RECOVERY);
	feed.cc.cwnd = 25 * mss;
	feed_event(&feed, CC_UNDO);
	assert_int_equal(feed.cc.cwnd, 40 * mss);
	assert_int_equal(feed.cc.ssthresh, 35 * mss);
	feed_ack(&feed, 40 * mss);
	assert_int_equal(feed.cc.cwnd, 41 * mss);
	feed_event(&feed, CC_TIMEOUT);
	feed_event(&feed, CC_UNDO);
	assert_int_equal(feed.cc.cwnd, 41 * mss);
	assert_int_equal(feed.cc.ssthresh, 35 * mss);
}

static void test_idle_and_limit(void **state)
{
	struct feed feed;

	(void)state;
	feed_open(&feed, &cc_newreno);
	feed.cc.cwnd = 40 * mss;
	feed_event(&feed, CC_IDLE_RESTART);
	assert_int_equal(feed.cc.cwnd, 10 * mss);
	feed.cc.cwnd_limit = 11 * mss;
	feed_ack(&feed, 2 * mss);
	assert_int_equal(feed.cc.cwnd, 11 * mss);
	feed.cc.cwnd = 4 * mss;
	feed_event(&feed, CC_IDLE_RESTART);
	assert_int_equal(feed.cc.cwnd, 4 * mss);
}

/* What was counted towards the next segment belongs to the window that there was. */
static void test_idle_in_avoidance(void **state)
{
	struct feed feed;

	(void)state;
	feed_open(&feed, &cc_newreno);
	feed.cc.cwnd = feed.cc.ssthresh = 40 * mss;
	feed_ack(&feed, 30 * mss);
	assert_int_equal(feed.cc.cwnd, 40 * mss);
	feed_event(&feed, CC_IDLE_RESTART);
	feed.cc.ops->check(&feed.cc);
	assert_int_equal(feed.cc.cwnd, 10 * mss);
	feed_ack(&feed, 2 * mss);
	assert_int_equal(feed.cc.cwnd, 12 * mss);
	feed.cc.ops->check(&feed.cc);
}

static void test_timeout_again_in_avoidance(void **state)
{
	struct feed feed;

	(void)state;
	feed_open(&feed, &cc_newreno);
	feed.cc.cwnd = 40 * mss;
	feed_event(&feed, CC_TIMEOUT);
	feed.cc.cwnd = feed.cc.ssthresh = 20 * mss;
	feed_ack(&feed, 15 * mss);
	assert_int_equal(feed.cc.cwnd, 20 * mss);
	feed_event(&feed, CC_TIMEOUT);
	feed.cc.ops->check(&feed.cc);
	assert_int_equal(feed.cc.cwnd, mss);
}

/* Twenty segments of one window are lost: the window is halved once. */
static void test_one_reduction_per_window(void **state)
{
	struct cc_bed bed;
	struct cc_bed_conf conf = cc_bed_usual();
	struct cc_bed_flow *flow;
	u32 before;

	(void)state;
	conf.buffer *= 4;
	cc_bed_open(&bed, &conf);
	flow = cc_bed_add(&bed, &cc_newreno, 0);
	cc_bed_run(&bed, 650 * NS_PER_MS);
	before = flow->cc.cwnd;
	flow->drop_next = 20;
	assert_true(cc_bed_reach(&bed, flow, "recovery", 2 * NS_PER_SEC));
	assert_in_range(flow->cc.ssthresh, before / 2, before * 11 / 10);
	before = flow->cc.ssthresh;
	assert_true(cc_bed_reach(&bed, flow, "avoidance", 3 * NS_PER_SEC));
	assert_int_equal(flow->recoveries, 1);
	assert_int_equal(flow->timeouts, 0);
	assert_in_range(flow->cc.cwnd, before, before + 2 * conf.mss);
	cc_bed_close(&bed);
}

/* RFC 5681 section 4.1: the restart window; ssthresh is what it was. */
static void test_resume(void **state)
{
	struct feed feed;

	(void)state;
	feed_open(&feed, &cc_newreno);
	feed.cc.cwnd = 100 * mss;
	feed.cc.ssthresh = 50 * mss;
	feed.cc.ops->resume(&feed.cc, 0, feed.ack.now);
	feed.cc.ops->check(&feed.cc);
	assert_int_equal(feed.cc.cwnd, cc_initial_window(mss));
	assert_int_equal(feed.cc.ssthresh, 50 * mss);
	feed.cc.cwnd = 2 * mss;
	feed.cc.ops->resume(&feed.cc, 0, feed.ack.now);
	assert_int_equal(feed.cc.cwnd, 2 * mss);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list_of_algorithms),
		cmocka_unit_test(test_initial_window),
		cmocka_unit_test(test_slow_start),
		cmocka_unit_test(test_avoidance),
		cmocka_unit_test(test_halving),
		cmocka_unit_test(test_timeout),
		cmocka_unit_test(test_congestion_mark_once_per_window),
		cmocka_unit_test(test_undo),
		cmocka_unit_test(test_idle_and_limit),
		cmocka_unit_test(test_idle_in_avoidance),
		cmocka_unit_test(test_timeout_again_in_avoidance),
		cmocka_unit_test(test_one_reduction_per_window),
		cmocka_unit_test(test_resume),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
