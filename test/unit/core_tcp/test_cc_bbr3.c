/* The example test cases of draft-ietf-ccwg-bbr, one by one, in their order and by their names. */
#include "core/tcp/cc_bbr3.h"
#include "fake/cc_bed.h"
#include "unit/core_tcp/feed.h"

static struct cc_bed bed;

static struct cc_bed_flow *open_one(const struct cc_bed_conf *conf)
{
	cc_bed_open(&bed, conf);
	return cc_bed_add(&bed, &cc_bbr3, 0);
}

/* A buffer that is never full. */
static struct cc_bed_conf deep(void)
{
	struct cc_bed_conf conf = cc_bed_usual();

	conf.buffer *= 10;
	return conf;
}

static const struct bbr3 *look(const struct cc_bed_flow *flow)
{
	return bbr3_seen(&flow->cc);
}

static bool is_up(const struct cc_bed_flow *flow)
{
	return look(flow)->state == BBR3_PROBE_BW_UP;
}

static void reach(const struct cc_bed_flow *flow, u32 state)
{
	ns_t limit = bed.now + 30 * NS_PER_SEC;

	while (look(flow)->state != state)
		assert_true(cc_bed_step(&bed, limit));
}

/* Until it is in another state, which is answered. */
static u32 leave(const struct cc_bed_flow *flow)
{
	ns_t limit = bed.now + 30 * NS_PER_SEC;
	u32 state = look(flow)->state;

	while (look(flow)->state == state)
		assert_true(cc_bed_step(&bed, limit));
	return look(flow)->state;
}

static void wait_for_undo(const struct cc_bed_flow *flow)
{
	ns_t limit = bed.now + 5 * NS_PER_SEC;

	while (flow->undone == 0)
		assert_true(cc_bed_step(&bed, limit));
}

static u32 percent_of(const struct cc_bed_flow *flow, ns_t time)
{
	u64 best = bed.conf.rate * (time / NS_PER_MS) / 1000;
	u64 before = flow->goodput;

	cc_bed_run(&bed, bed.now + time);
	return (u32)((flow->goodput - before) * 100 / best);
}

/* A rate in thousandths of the bottleneck's. */
static u32 of_link(u64 rate)
{
	return (u32)u64_min(rate * 1000 / bed.conf.rate, UINT32_MAX);
}

/* Behind the first ProbeRTT, so that there is time until the next one. */
static void reach_up(const struct cc_bed_flow *flow)
{
	reach(flow, BBR3_PROBE_RTT);
	reach(flow, BBR3_PROBE_BW_UP);
}

/* Into ProbeBW with inflight_longterm set by a probe that lost too much. */
static void set_inflight_longterm(struct cc_bed_flow *flow)
{
	reach_up(flow);
	flow->drop_next = 60;
	assert_int_equal(leave(flow), BBR3_PROBE_BW_DOWN);
	assert_true(look(flow)->inflight_longterm != CC_BYTES_NONE);
	flow->drop_next = 0;
}

static void test_draft_startup_plateau(void **state)
{
	struct cc_bed_conf conf = deep();
	struct cc_bed_flow *flow = open_one(&conf);
	u32 full_since = 0;

	(void)state;
	while (look(flow)->state == BBR3_STARTUP) {
		assert_true(cc_bed_step(&bed, 5 * NS_PER_SEC));
		if (full_since == 0 && of_link(bbr3_max_bw(look(flow))) >= 980)
			full_since = look(flow)->round_count;
	}
	assert_int_equal(look(flow)->state, BBR3_DRAIN);
	assert_in_range(of_link(bbr3_max_bw(look(flow))), 980, 1020);
	assert_int_equal(look(flow)->full_bw_count, 3);
	assert_true(look(flow)->full_bw_now && look(flow)->full_bw_reached);
	assert_in_range(look(flow)->round_count - full_since, 3, 4);
	assert_true(flow->rtt_max <= conf.rtt * 22 / 10);
	assert_int_equal(flow->lost, 0);
	cc_bed_close(&bed);
}

static void test_draft_startup_loss_app_limited(void **state)
{
	struct cc_bed_conf conf = deep();
	struct cc_bed_flow *flow = open_one(&conf);

	(void)state;
	flow->app_rate = conf.rate / 4;
	cc_bed_run(&bed, 2 * NS_PER_SEC);
	assert_int_equal(look(flow)->state, BBR3_STARTUP);
	/* Below LossThresh, and above it in too few ranges: nothing. */
	bed.conf.loss_ppm = 2000;
	cc_bed_run(&bed, 3 * NS_PER_SEC);
	bed.conf.loss_ppm = 0;
	for (u32 n = 0; n < 3; n++) {
		flow->drop_next = 10;
		cc_bed_run(&bed, bed.now + 40 * NS_PER_MS);
	}
	cc_bed_run(&bed, 4 * NS_PER_SEC);
	assert_true(flow->recoveries > 0);
	assert_int_equal(look(flow)->state, BBR3_STARTUP);
	bed.conf.loss_ppm = 100000;
	assert_int_equal(leave(flow), BBR3_DRAIN);
	assert_true(flow->ack.rate.app_limited);
	assert_true(look(flow)->full_bw_now && look(flow)->full_bw_reached);
	assert_int_equal(look(flow)->undo_state, BBR3_STARTUP);
	assert_in_range(look(flow)->inflight_longterm, cc_bed_bdp(&bed) / 5, cc_bed_bdp(&bed));
	cc_bed_close(&bed);
}

static void test_draft_drain_inflight(void **state)
{
	struct cc_bed_conf conf = deep();
	struct cc_bed_flow *flow = open_one(&conf);
	u32 start, next;

	(void)state;
	reach(flow, BBR3_DRAIN);
	start = look(flow)->round_count;
	assert_in_range(of_link(flow->cc.pacing_rate), 490, 500);
	assert_true(flow->ack.in_flight > cc_bed_bdp(&bed) * 3 / 2);
	next = leave(flow);
	assert_true(next == BBR3_PROBE_BW_DOWN || next == BBR3_PROBE_BW_CRUISE);
	assert_in_range(flow->ack.in_flight, cc_bed_bdp(&bed) * 97 / 100,
			cc_bed_bdp(&bed) * 102 / 100);
	assert_true(look(flow)->round_count - start <= 3);
	cc_bed_close(&bed);
}

/* The draft's tenth less bandwidth is not enough to hold the flight up, so it is more. */
static void test_draft_drain_time(void **state)
{
	struct cc_bed_conf conf = deep();
	struct cc_bed_flow *flow = open_one(&conf);
	u32 start;

	(void)state;
	reach(flow, BBR3_DRAIN);
	start = look(flow)->round_count;
	cc_bed_set_rate(&bed, conf.rate * 4 / 10);
	assert_int_equal(leave(flow), BBR3_PROBE_BW_DOWN);
	assert_int_equal(look(flow)->round_count - start, 4);
	assert_true(flow->ack.in_flight > bbr3_inflight(&flow->cc, bbr3_bw(look(flow)), CC_ONE));
	cc_bed_close(&bed);
}

static void test_draft_probe_up_plateau(void **state)
{
	struct cc_bed_conf conf = deep();
	struct cc_bed_flow *flow = open_one(&conf);
	u32 start, cwnd = 0;

	(void)state;
	reach_up(flow);
	start = look(flow)->round_count;
	assert_in_range(of_link(flow->cc.pacing_rate), 1215, 1250);
	while (is_up(flow)) {
		cwnd = u32_max(cwnd, flow->cc.cwnd);
		assert_true(cc_bed_step(&bed, 30 * NS_PER_SEC));
	}
	assert_in_range(cwnd, cc_bed_bdp(&bed) * 222 / 100, cc_bed_bdp(&bed) * 230 / 100);
	assert_int_equal(look(flow)->state, BBR3_PROBE_BW_DOWN);
	assert_true(look(flow)->full_bw_now);
	assert_int_equal(look(flow)->full_bw_count, 3);
	assert_in_range(look(flow)->round_count - start, 3, 4);
	assert_int_equal(flow->lost, 0);
	assert_false(look(flow)->prev_probe_too_high);
	cc_bed_close(&bed);
}

static void test_draft_probe_up_loss_app_limited(void **state)
{
	struct cc_bed_conf conf = deep();
	struct cc_bed_flow *flow = open_one(&conf);

	(void)state;
	reach_up(flow);
	flow->app_rate = conf.rate / 4;
	cc_bed_run(&bed, bed.now + 300 * NS_PER_MS);
	assert_true(flow->ack.rate.app_limited);
	assert_int_equal(look(flow)->state, BBR3_PROBE_BW_UP);
	bed.conf.loss_ppm = 100000;
	/* DOWN, and through it at once: the flight is small. */
	assert_int_equal(leave(flow), BBR3_PROBE_BW_CRUISE);
	assert_true(look(flow)->prev_probe_too_high);
	/* An application's flight says nothing of what the path can hold. */
	assert_int_equal(look(flow)->inflight_longterm, CC_BYTES_NONE);
	assert_int_equal(look(flow)->undo_state, BBR3_PROBE_BW_UP);
	cc_bed_close(&bed);
}

static void test_draft_app_limited_never_exits(void **state)
{
	struct cc_bed_conf conf = deep();
	struct cc_bed_flow *flow = open_one(&conf);

	(void)state;
	flow->app_rate = conf.rate / 4;
	while (bed.now < 20 * NS_PER_SEC) {
		assert_true(cc_bed_step(&bed, 21 * NS_PER_SEC));
		assert_true(look(flow)->state == BBR3_STARTUP ||
			    look(flow)->state == BBR3_PROBE_RTT);
	}
	flow->app_rate = CC_BED_UNLIMITED;
	for (u32 n = 0; n < 3; n++) {
		reach(flow, BBR3_PROBE_BW_UP);
		flow->app_rate = conf.rate / 4;
		assert_int_equal(leave(flow), BBR3_PROBE_RTT);
		flow->app_rate = CC_BED_UNLIMITED;
	}
	cc_bed_close(&bed);
}

static void test_draft_probe_down_inflight(void **state)
{
	struct cc_bed_conf conf = deep();
	struct cc_bed_flow *flow = open_one(&conf);

	(void)state;
	for (u32 n = 0; n < 2; n++) {
		if (n == 1)
			set_inflight_longterm(flow);
		else
			reach_up(flow);
		reach(flow, BBR3_PROBE_BW_DOWN);
		assert_in_range(of_link(flow->cc.pacing_rate), 875, 900);
		assert_true(flow->ack.in_flight > cc_bed_bdp(&bed));
		assert_int_equal(leave(flow), BBR3_PROBE_BW_CRUISE);
		assert_in_range(of_link(flow->cc.pacing_rate), n == 0 ? 975 : 900, 1000);
		assert_true(flow->ack.in_flight <= bbr3_inflight_with_headroom(&flow->cc));
		assert_true(flow->ack.in_flight <=
			    bbr3_inflight(&flow->cc, bbr3_max_bw(look(flow)), CC_ONE));
		assert_true(flow->ack.in_flight >= cc_bed_bdp(&bed) * 7 / 10);
	}
	/* 0.85 of inflight_longterm, where there is one, is all that cruises. */
	assert_in_range(flow->cc.cwnd, 4 * conf.mss, look(flow)->inflight_longterm * 85 / 100 + 1);
	cc_bed_close(&bed);
}

static void test_draft_probe_down_max_time(void **state)
{
	struct cc_bed_conf conf = deep();
	struct cc_bed_flow *flow = open_one(&conf);
	ns_t start;

	(void)state;
	reach_up(flow);
	assert_int_equal(leave(flow), BBR3_PROBE_BW_DOWN);
	cc_bed_set_rate(&bed, conf.rate * 9 / 10);
	/* So that it is not the time of ProbeRTT first. */
	bbr3_of(&flow->cc)->probe_rtt_min_stamp = bed.now;
	start = bed.now;
	assert_int_equal(leave(flow), BBR3_PROBE_BW_REFILL);
	assert_in_range(bed.now - start, 2 * NS_PER_SEC, 3 * NS_PER_SEC + 10 * NS_PER_MS);
	assert_int_equal(look(flow)->bw_shortterm == CC_RATE_NONE, true);
	cc_bed_close(&bed);
}

static void test_draft_probe_rtt(void **state)
{
	struct cc_bed_conf conf = deep();
	struct cc_bed_flow *flow = open_one(&conf);
	ns_t start;
	u32 before, round;

	(void)state;
	reach(flow, BBR3_PROBE_BW_CRUISE);
	for (u32 n = 0; n < 3; n++) {
		do {
			before = flow->cc.cwnd;
			start = look(flow)->probe_rtt_min_stamp;
			assert_true(cc_bed_step(&bed, 30 * NS_PER_SEC));
		} while (look(flow)->state != BBR3_PROBE_RTT);
		assert_in_range(bed.now - start, 5 * NS_PER_SEC, 5200 * NS_PER_MS);
		assert_in_range(flow->cc.cwnd, cc_bed_bdp(&bed) * 48 / 100,
				cc_bed_bdp(&bed) * 51 / 100);
		while (look(flow)->phase_end == 0)
			assert_true(cc_bed_step(&bed, 30 * NS_PER_SEC));
		start = bed.now;
		round = look(flow)->round_count;
		assert_true(flow->ack.in_flight <= flow->cc.cwnd);
		assert_int_equal(leave(flow), BBR3_PROBE_BW_CRUISE);
		assert_in_range(bed.now - start, 200 * NS_PER_MS, 310 * NS_PER_MS);
		assert_true(look(flow)->round_count > round);
		assert_true(flow->cc.cwnd >= u32_min(before, (u32)cc_bed_bdp(&bed) * 19 / 10));
	}
	assert_true(percent_of(flow, 2 * NS_PER_SEC) >= 94);
	cc_bed_close(&bed);
}

static void test_draft_probe_rtt_skipped_after_idle(void **state)
{
	struct cc_bed_conf conf = deep();
	struct cc_bed_flow *flow = open_one(&conf);
	ns_t start;

	(void)state;
	reach_up(flow);
	flow->app_rate = 0;
	cc_bed_run(&bed, bed.now + 7 * NS_PER_SEC);
	assert_int_equal(flow->in_flight, 0);
	assert_false(look(flow)->idle_restart);
	flow->app_rate = CC_BED_UNLIMITED;
	assert_true(cc_bed_step(&bed, bed.now + NS_PER_SEC));
	assert_true(look(flow)->idle_restart);
	assert_in_range(of_link(flow->cc.pacing_rate), 980, 1000);
	start = bed.now;
	while (bed.now < start + NS_PER_SEC) {
		assert_true(cc_bed_step(&bed, start + 2 * NS_PER_SEC));
		assert_true(look(flow)->state != BBR3_PROBE_RTT);
	}
	assert_false(look(flow)->idle_restart);
	assert_true(look(flow)->probe_rtt_min_stamp >= start);
	cc_bed_close(&bed);
}

static void test_draft_startup_aggregation(void **state)
{
	struct cc_bed_conf conf = deep();
	struct cc_bed_flow *flow;

	(void)state;
	conf.rtt = 20 * NS_PER_MS;
	conf.ack_every = 30 * NS_PER_MS;
	flow = open_one(&conf);
	while (look(flow)->state == BBR3_STARTUP) {
		assert_true(cc_bed_step(&bed, 5 * NS_PER_SEC));
		if (of_link(bbr3_max_bw(look(flow))) > 900) {
			assert_true(cc_max_get(&look(flow)->extra.max) > 0);
			assert_true(flow->cc.cwnd > 2 * cc_bed_bdp(&bed));
		}
	}
	assert_in_range(of_link(bbr3_max_bw(look(flow))), 950, 1250);
	cc_bed_close(&bed);
}

static void test_draft_cruise_aggregation(void **state)
{
	struct cc_bed_conf conf = deep();
	struct cc_bed_flow *flow;
	u64 volume;

	(void)state;
	conf.rtt = 20 * NS_PER_MS;
	flow = open_one(&conf);
	cc_bed_run(&bed, 2 * NS_PER_SEC);
	reach(flow, BBR3_PROBE_BW_CRUISE);
	bed.conf.ack_every = 40 * NS_PER_MS;
	cc_bed_run(&bed, bed.now + NS_PER_SEC);
	/* What comes in 40 ms, but for what a round trip explains. */
	volume = cc_max_get(&look(flow)->extra.max);
	assert_in_range(volume, conf.rate * 20 / 1000, conf.rate * 45 / 1000);
	assert_true(flow->cc.cwnd > 2 * cc_bed_bdp(&bed) + conf.rate * 20 / 1000);
	assert_true(percent_of(flow, 4 * NS_PER_SEC) >= 93);
	/* Forgotten ten rounds after an interval in which less came than expected. */
	bed.conf.ack_every = 0;
	reach(flow, BBR3_PROBE_RTT);
	cc_bed_run(&bed, bed.now + NS_PER_SEC);
	assert_true(cc_max_get(&look(flow)->extra.max) < volume / 2);
	cc_bed_close(&bed);
}

static void test_draft_sub_packet_bdp(void **state)
{
	struct cc_bed_conf conf = cc_bed_usual();
	struct cc_bed_flow *flow;

	(void)state;
	conf.rate = 64000 / 8;
	conf.rtt = 50 * NS_PER_MS;
	conf.buffer = 60000;
	flow = open_one(&conf);
	reach(flow, BBR3_PROBE_BW_CRUISE);
	for (u32 n = 0; n < 2000; n++) {
		assert_true(cc_bed_step(&bed, bed.now + 10 * NS_PER_SEC));
		assert_true(flow->cc.cwnd >= 4 * conf.mss);
	}
	reach(flow, BBR3_PROBE_BW_CRUISE);
	assert_in_range(of_link(flow->cc.pacing_rate), 970, 1010);
	assert_true(percent_of(flow, 60 * NS_PER_SEC) >= 97);
	cc_bed_close(&bed);
}

/* Of a path that shows no bound, and of one that inflight_longterm bounds. */
static void test_draft_bandwidth_increase(void **state)
{
	(void)state;
	for (u32 bound = 0; bound < 2; bound++) {
		struct cc_bed_conf conf = deep();
		struct cc_bed_flow *flow;
		u32 doubled = 0, rounds = 0, per_inc = 0;
		u64 start;

		conf.rate /= 10;
		flow = open_one(&conf);
		if (bound)
			set_inflight_longterm(flow);
		reach(flow, BBR3_PROBE_BW_CRUISE);
		cc_bed_set_rate(&bed, bed.conf.rate * 10);
		start = bed.now;
		while (of_link(bbr3_max_bw(look(flow))) < 950) {
			assert_true(cc_bed_step(&bed, start + 15 * NS_PER_SEC));
			if (!is_up(flow) || look(flow)->bw_probe_up_rounds <= rounds) {
				rounds = is_up(flow) ? rounds : 0;
				continue;
			}
			/* By how much a segment more is earned: half as much in each round. */
			doubled += rounds > 0 && look(flow)->probe_up_acked_per_inc <=
							 u32_max(per_inc * 7 / 10, conf.mss);
			rounds = look(flow)->bw_probe_up_rounds;
			per_inc = look(flow)->probe_up_acked_per_inc;
		}
		assert_true(bed.now - start < (bound ? 9 : 6) * NS_PER_SEC);
		if (bound)
			assert_true(doubled >= 4);
		cc_bed_close(&bed);
	}
}

static void test_draft_bandwidth_decrease(void **state)
{
	struct cc_bed_conf conf = cc_bed_usual();
	struct cc_bed_flow *flow;
	u64 before;

	(void)state;
	conf.buffer /= 10;
	flow = open_one(&conf);
	reach(flow, BBR3_PROBE_BW_CRUISE);
	cc_bed_run(&bed, bed.now + 300 * NS_PER_MS);
	before = bbr3_max_bw(look(flow));
	cc_bed_set_rate(&bed, bed.conf.rate / 10);
	cc_bed_run(&bed, bed.now + 1500 * NS_PER_MS);
	assert_true(look(flow)->bw_shortterm < before / 3);
	assert_true(look(flow)->inflight_shortterm < CC_BYTES_NONE);
	for (u32 n = 0; n < 3; n++) {
		reach(flow, BBR3_PROBE_BW_UP);
		(void)leave(flow);
	}
	cc_bed_run(&bed, bed.now + 500 * NS_PER_MS);
	assert_in_range(of_link(bbr3_max_bw(look(flow))), 950, 1100);
	assert_true(percent_of(flow, 5 * NS_PER_SEC) >= 85);
	cc_bed_close(&bed);
}

static void test_draft_policer(void **state)
{
	struct cc_bed_conf conf = cc_bed_usual();
	struct cc_bed_flow *flow;
	bool adapted = false;
	u64 sent, lost, good;

	(void)state;
	conf.policer_rate = conf.rate / 10;
	conf.policer_burst = 125000;
	flow = open_one(&conf);
	while (bed.now < 10 * NS_PER_SEC) {
		assert_true(cc_bed_step(&bed, 11 * NS_PER_SEC));
		adapted |= look(flow)->bw_shortterm < CC_RATE_NONE &&
			   look(flow)->inflight_shortterm < CC_BYTES_NONE;
	}
	assert_true(adapted);
	sent = flow->sent;
	lost = flow->lost;
	good = flow->goodput;
	cc_bed_run(&bed, 40 * NS_PER_SEC);
	assert_true((flow->lost - lost) * 100 / (flow->sent - sent) < 3);
	assert_in_range((flow->goodput - good) * 100 / (conf.policer_rate * 30), 75, 100);
	assert_in_range(bbr3_max_bw(look(flow)), conf.policer_rate * 9 / 10,
			conf.policer_rate * 16 / 10);
	cc_bed_close(&bed);
}

static void test_draft_spurious_fast_recovery(void **state)
{
	struct cc_bed_conf conf = deep();
	struct cc_bed_flow *flow = open_one(&conf);
	u32 longterm;

	(void)state;
	set_inflight_longterm(flow);
	reach(flow, BBR3_PROBE_BW_UP); /* the precautionary one */
	(void)leave(flow);
	reach(flow, BBR3_PROBE_BW_UP);
	longterm = look(flow)->inflight_longterm;
	flow->undo = true;
	flow->delay_ns = 20 * NS_PER_MS;
	flow->delay_next = 60;
	assert_int_equal(leave(flow), BBR3_PROBE_BW_DOWN);
	assert_true(flow->in_recovery);
	assert_int_equal(look(flow)->undo_state, BBR3_PROBE_BW_UP);
	assert_int_equal(look(flow)->undo_inflight_longterm, longterm);
	assert_true(look(flow)->undo_bw_shortterm == CC_RATE_NONE);
	assert_true(look(flow)->undo_inflight_shortterm == CC_BYTES_NONE);
	wait_for_undo(flow);
	/* "returning to ProbeBW by starting a refill phase to restart the bandwidth probe" */
	assert_int_equal(look(flow)->state, BBR3_PROBE_BW_REFILL);
	assert_int_equal(look(flow)->undo_state, BBR3_NONE);
	assert_true(look(flow)->inflight_longterm >= longterm);
	assert_true(look(flow)->bw_shortterm == CC_RATE_NONE);
	assert_int_equal(leave(flow), BBR3_PROBE_BW_UP);
	cc_bed_close(&bed);
}

static void test_draft_spurious_rto(void **state)
{
	struct cc_bed_conf conf = deep();
	struct cc_bed_flow *flow;
	u32 before = 0;

	(void)state;
	conf.rate /= 10;
	flow = open_one(&conf);
	reach_up(flow);
	flow->undo = true;
	flow->delay_ns = 700 * NS_PER_MS;
	flow->delay_next = 400;
	cc_bed_run(&bed, bed.now + 300 * NS_PER_MS);
	flow->delay_next = 0;
	while (flow->timeouts == 0) {
		before = flow->cc.cwnd;
		assert_true(cc_bed_step(&bed, 30 * NS_PER_SEC));
	}
	assert_int_equal(flow->cc.cwnd, conf.mss);
	assert_int_equal(look(flow)->state, BBR3_PROBE_BW_DOWN);
	assert_int_equal(look(flow)->undo_state, BBR3_PROBE_BW_UP);
	assert_true(look(flow)->undo_inflight_longterm == CC_BYTES_NONE);
	assert_true(look(flow)->undo_bw_shortterm == CC_RATE_NONE);
	wait_for_undo(flow);
	assert_int_equal(look(flow)->state, BBR3_PROBE_BW_REFILL);
	assert_true(look(flow)->inflight_longterm == CC_BYTES_NONE);
	assert_in_range(flow->cc.cwnd, before * 8 / 10, before * 11 / 10);
	assert_int_equal(leave(flow), BBR3_PROBE_BW_UP);
	cc_bed_close(&bed);
}

static void test_draft_probe_rtt_in_startup(void **state)
{
	struct cc_bed_conf conf = deep();
	struct cc_bed_flow *flow = open_one(&conf);

	(void)state;
	flow->app_rate = conf.rate / 20;
	assert_int_equal(leave(flow), BBR3_PROBE_RTT);
	assert_false(look(flow)->full_bw_reached);
	assert_int_equal(leave(flow), BBR3_STARTUP);
	assert_false(look(flow)->full_bw_reached);
	flow->app_rate = CC_BED_UNLIMITED;
	assert_int_equal(leave(flow), BBR3_DRAIN);
	assert_in_range(of_link(bbr3_max_bw(look(flow))), 980, 1020);
	cc_bed_close(&bed);
}

static void test_draft_probe_up_loss_with_longterm(void **state)
{
	struct cc_bed_conf conf = deep();
	struct cc_bed_flow *flow = open_one(&conf);
	u32 before, target;

	(void)state;
	set_inflight_longterm(flow);
	/* A probe that loses nothing raises it, so that there is something to take away. */
	reach(flow, BBR3_PROBE_BW_REFILL);
	reach(flow, BBR3_PROBE_BW_UP);
	(void)leave(flow);
	reach(flow, BBR3_PROBE_BW_UP);
	before = look(flow)->inflight_longterm;
	target = bbr3_target_inflight(&flow->cc);
	assert_true(before > target);
	flow->drop_next = 60;
	assert_int_equal(leave(flow), BBR3_PROBE_BW_DOWN);
	assert_false(look(flow)->full_bw_now);
	assert_true(look(flow)->prev_probe_too_high);
	assert_true(look(flow)->inflight_longterm < before);
	assert_true(look(flow)->inflight_longterm >= cc_gain(target, Beta));
	cc_bed_close(&bed);
}

static void test_draft_app_limited_refill(void **state)
{
	struct cc_bed_conf conf = deep();
	struct cc_bed_flow *flow = open_one(&conf);
	u64 before;

	(void)state;
	reach(flow, BBR3_PROBE_RTT);
	reach(flow, BBR3_PROBE_BW_REFILL);
	before = bbr3_max_bw(look(flow));
	flow->app_rate = conf.rate / 50;
	assert_int_equal(leave(flow), BBR3_PROBE_BW_UP);
	cc_bed_run(&bed, bed.now + 150 * NS_PER_MS);
	assert_true(flow->ack.rate.app_limited);
	assert_int_equal(bbr3_max_bw(look(flow)), before);
	flow->app_rate = CC_BED_UNLIMITED;
	assert_int_equal(leave(flow), BBR3_PROBE_BW_DOWN);
	assert_in_range(of_link(bbr3_max_bw(look(flow))), 980, 1020);
	assert_true(percent_of(flow, 2 * NS_PER_SEC) >= 94);
	cc_bed_close(&bed);
}

/* Its place was another's meanwhile: it goes on at the bandwidth that it had found. */
static void test_resume(void **state)
{
	struct cc_bed_conf conf = deep();
	struct cc_bed_flow *flow = open_one(&conf);
	u64 bw;

	(void)state;
	cc_bed_run(&bed, 100 * NS_PER_MS);
	assert_int_equal(cc_bbr3.keep(&flow->cc), 0);
	reach(flow, BBR3_PROBE_BW_CRUISE);
	bw = cc_bbr3.keep(&flow->cc);
	assert_in_range(of_link(bw), 950, 1050);
	cc_bbr3.init(&flow->cc, bed.now);
	cc_bbr3.resume(&flow->cc, 0, bed.now);
	assert_int_equal(look(flow)->state, BBR3_STARTUP);
	cc_bbr3.resume(&flow->cc, bw, bed.now);
	cc_bbr3.check(&flow->cc);
	assert_int_equal(look(flow)->state, BBR3_PROBE_BW_DOWN);
	assert_in_range(flow->cc.pacing_rate, bw * 98 / 100, bw);
	assert_true(percent_of(flow, 2 * NS_PER_SEC) >= 90);
	cc_bed_close(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resume),
		cmocka_unit_test(test_draft_startup_plateau),
		cmocka_unit_test(test_draft_startup_loss_app_limited),
		cmocka_unit_test(test_draft_drain_inflight),
		cmocka_unit_test(test_draft_drain_time),
		cmocka_unit_test(test_draft_probe_up_plateau),
		cmocka_unit_test(test_draft_probe_up_loss_app_limited),
		cmocka_unit_test(test_draft_app_limited_never_exits),
		cmocka_unit_test(test_draft_probe_down_inflight),
		cmocka_unit_test(test_draft_probe_down_max_time),
		cmocka_unit_test(test_draft_probe_rtt),
		cmocka_unit_test(test_draft_probe_rtt_skipped_after_idle),
		cmocka_unit_test(test_draft_startup_aggregation),
		cmocka_unit_test(test_draft_cruise_aggregation),
		cmocka_unit_test(test_draft_sub_packet_bdp),
		cmocka_unit_test(test_draft_bandwidth_increase),
		cmocka_unit_test(test_draft_bandwidth_decrease),
		cmocka_unit_test(test_draft_policer),
		cmocka_unit_test(test_draft_spurious_fast_recovery),
		cmocka_unit_test(test_draft_spurious_rto),
		cmocka_unit_test(test_draft_probe_rtt_in_startup),
		cmocka_unit_test(test_draft_probe_up_loss_with_longterm),
		cmocka_unit_test(test_draft_app_limited_refill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
