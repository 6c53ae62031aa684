/* BBR version 3 on whole paths: random loss, other flows, no SACK; and what the draft's example
 * cases do not look at.                                                                          */
#include "core/tcp/cc_bbr3.h"
#include "fake/cc_bed.h"
#include "unit/core_tcp/feed.h"

static struct cc_bed bed;

static const struct bbr3 *look(const struct cc_bed_flow *flow)
{
	return bbr3_seen(&flow->cc);
}

static void reach(const struct cc_bed_flow *flow, u32 state)
{
	ns_t limit = bed.now + 30 * NS_PER_SEC;

	while (look(flow)->state != state)
		assert_true(cc_bed_step(&bed, limit));
}

static struct cc_bed_flow *open_one(const struct cc_bed_conf *conf)
{
	cc_bed_open(&bed, conf);
	return cc_bed_add(&bed, &cc_bbr3, 0);
}

/* It answers to more than two percent in a round by design; below, it is to be near the link. */
static void test_random_loss(void **state)
{
	static const struct {
		u32 loss_ppm, floor;
	} rows[] = { { 0, 91 }, { 10, 90 }, { 100, 90 }, { 1000, 91 }, { 10000, 89 } };

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(rows); n++) {
		for (u64 seed = 1; seed <= 12; seed++) {
			struct cc_bed_conf conf = cc_bed_usual();
			struct cc_bed_flow *flow;
			u64 percent;

			conf.loss_ppm = rows[n].loss_ppm;
			conf.seed = seed;
			flow = open_one(&conf);
			cc_bed_run(&bed, 20 * NS_PER_SEC);
			percent = flow->goodput * 100 / (conf.rate * 20);
			if (percent < rows[n].floor)
				fail_msg("%u ppm, seed %u: %u percent", conf.loss_ppm, (u32)seed,
					 (u32)percent);
			cc_bed_close(&bed);
		}
	}
}

/* Shares of the last half of a minute, in percent of the link. */
static void share(const struct cc_ops *const *ops, u32 count, ns_t rtt, u64 buffer, u64 *percent)
{
	struct cc_bed_conf conf = cc_bed_usual();

	conf.rtt = rtt;
	conf.buffer = buffer;
	cc_bed_open(&bed, &conf);
	for (u32 n = 0; n < count; n++)
		(void)cc_bed_add(&bed, ops[n], n * NS_PER_SEC);
	cc_bed_run(&bed, 30 * NS_PER_SEC);
	for (u32 n = 0; n < count; n++)
		percent[n] = bed.flow[n].goodput;
	cc_bed_run(&bed, 60 * NS_PER_SEC);
	for (u32 n = 0; n < count; n++)
		percent[n] = (bed.flow[n].goodput - percent[n]) * 100 / (conf.rate * 30);
	cc_bed_close(&bed);
}

static void test_shares_with_its_kind(void **state)
{
	static const struct cc_ops *const five[] = { &cc_bbr3, &cc_bbr3, &cc_bbr3, &cc_bbr3,
						     &cc_bbr3 };
	u64 percent[5];

	(void)state;
	share(five, 2, 10 * NS_PER_MS, 375000, percent);
	assert_in_range(percent[0], 35, 65);
	assert_in_range(percent[1], 35, 65);
	share(five, 5, 10 * NS_PER_MS, 375000, percent);
	for (u32 n = 0; n < 5; n++)
		assert_in_range(percent[n], 12, 30);
}

/* With a buffer of two BDP neither starves the other. */
static void test_shares_with_cubic(void **state)
{
	static const struct cc_ops *const two[] = { &cc_bbr3, &cc_cubic };
	u64 percent[2];

	(void)state;
	share(two, 2, 100 * NS_PER_MS, 2500000, percent);
	assert_in_range(percent[0], 25, 75);
	assert_in_range(percent[1], 25, 75);
}

/* One loss in a round is all that can be seen without SACK, and is enough. */
static void test_without_sack(void **state)
{
	struct cc_bed_conf conf = cc_bed_usual();

	(void)state;
	conf.buffer *= 10;
	for (u32 sack = 0; sack < 2; sack++) {
		struct cc_bed_flow *flow = open_one(&conf);

		flow->cc.has_sack = sack;
		cc_bed_run(&bed, 500 * NS_PER_MS);
		flow->drop_next = 1;
		cc_bed_run(&bed, 850 * NS_PER_MS);
		assert_int_equal(look(flow)->full_bw_reached, !sack);
		reach(flow, BBR3_PROBE_RTT);
		reach(flow, BBR3_PROBE_BW_UP);
		flow->drop_next = 1;
		reach(flow, BBR3_PROBE_BW_DOWN);
		assert_int_equal(look(flow)->prev_probe_too_high, !sack);
		cc_bed_close(&bed);
	}
}

/* "Bandwidth Probing and Coexistence with Reno/CUBIC": of a small BDP as many rounds as segments,
 * of a large one two to three seconds.                                                           */
static void test_wait_between_probes(void **state)
{
	struct cc_bed_conf conf = cc_bed_usual();
	struct cc_bed_flow *flow;
	ns_t start;
	u32 round;

	(void)state;
	conf.rtt = 10 * NS_PER_MS;
	conf.rate = 1500 * 20 * 100; /* twenty segments */
	flow = open_one(&conf);
	for (u32 n = 0; n < 5; n++) {
		reach(flow, BBR3_PROBE_BW_UP);
		reach(flow, BBR3_PROBE_BW_DOWN);
		round = look(flow)->round_count;
		reach(flow, BBR3_PROBE_BW_REFILL);
		assert_in_range(look(flow)->round_count - round, 17, 22);
	}
	cc_bed_close(&bed);
	conf.rtt = 100 * NS_PER_MS;
	conf.rate = 12500000;
	flow = open_one(&conf);
	for (u32 n = 0; n < 5; n++) {
		reach(flow, BBR3_PROBE_RTT);
		reach(flow, BBR3_PROBE_BW_CRUISE);
		start = bed.now;
		reach(flow, BBR3_PROBE_BW_REFILL);
		assert_in_range(bed.now - start, 2 * NS_PER_SEC, 3100 * NS_PER_MS);
	}
	cc_bed_close(&bed);
}

/* "Precautionary Bandwidth Probing": after a probe that lost too much, a short one that only goes
 * where that one was; if it loses nothing, a whole one follows at once.                          */
static void test_precautionary_probe(void **state)
{
	struct cc_bed_conf conf = cc_bed_usual();
	struct cc_bed_flow *flow;
	ns_t start;

	(void)state;
	conf.buffer *= 10;
	flow = open_one(&conf);
	reach(flow, BBR3_PROBE_RTT);
	reach(flow, BBR3_PROBE_BW_UP);
	flow->drop_next = 60;
	reach(flow, BBR3_PROBE_BW_DOWN);
	flow->drop_next = 0;
	assert_true(look(flow)->prev_probe_too_high);
	reach(flow, BBR3_PROBE_BW_UP);
	start = bed.now;
	reach(flow, BBR3_PROBE_BW_DOWN);
	assert_true(bed.now - start < 250 * NS_PER_MS);
	assert_true(look(flow)->prev_probe_precautionary);
	assert_false(look(flow)->prev_probe_too_high);
	start = bed.now;
	reach(flow, BBR3_PROBE_BW_REFILL);
	assert_true(bed.now - start < 250 * NS_PER_MS);
	reach(flow, BBR3_PROBE_BW_UP);
	start = bed.now;
	reach(flow, BBR3_PROBE_BW_DOWN);
	assert_true(bed.now - start > 300 * NS_PER_MS);
	cc_bed_close(&bed);
}

/* A spurious loss that ended Startup: it goes on. */
static void test_undo_of_startup(void **state)
{
	struct cc_bed_conf conf = cc_bed_usual();
	struct cc_bed_flow *flow;

	(void)state;
	conf.buffer *= 10;
	flow = open_one(&conf);
	flow->undo = true;
	flow->delay_ns = 90 * NS_PER_MS; /* before what is sent again has come back */
	cc_bed_run(&bed, 700 * NS_PER_MS);
	for (u32 n = 0; n < 280; n++) {
		flow->delay_next += n % 4 == 0;
		for (u64 sent = flow->sent; flow->sent == sent;)
			assert_true(cc_bed_step(&bed, NS_PER_SEC));
	}
	while (look(flow)->state == BBR3_STARTUP)
		assert_true(cc_bed_step(&bed, 2 * NS_PER_SEC));
	assert_int_equal(look(flow)->undo_state, BBR3_STARTUP);
	while (flow->undone == 0)
		assert_true(cc_bed_step(&bed, 2 * NS_PER_SEC));
	assert_int_equal(look(flow)->state, BBR3_STARTUP);
	assert_false(look(flow)->full_bw_reached);
	cc_bed_run(&bed, 5 * NS_PER_SEC);
	assert_true(look(flow)->full_bw_reached);
	assert_in_range(bbr3_max_bw(look(flow)), conf.rate * 98 / 100, conf.rate * 115 / 100);
	cc_bed_close(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_loss),
		cmocka_unit_test(test_shares_with_its_kind),
		cmocka_unit_test(test_shares_with_cubic),
		cmocka_unit_test(test_without_sack),
		cmocka_unit_test(test_wait_between_probes),
		cmocka_unit_test(test_precautionary_probe),
		cmocka_unit_test(test_undo_of_startup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
