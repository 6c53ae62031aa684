/* Delivery-rate samples: draft-ietf-ccwg-bbr, "Delivery Rate Samples". */
#include "unit/core_tcp/loss_bed.h"

/* Ten segments, one each 10 ms, their ACKs 100 ms later one each 20 ms: the path's rate. */
static void test_draft_rate_of_acknowledging(void **state)
{
	struct bed bed;
	const struct rate_sample *rate = &bed_log.ack.rate;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_warm(&bed, 1, 100);
	for (u32 n = 0; n < 10; n++) {
		bed_send(&bed, 1);
		bed_wait_ms(&bed, 10);
	}
	for (u32 n = 0; n < 10; n++) {
		bed_ack_to(&bed, SEG(2 + n));
		/* All of them left before anything was delivered. */
		assert_int_equal(rate->prior_delivered, SEG(1));
		assert_int_equal(rate->delivered, SEG(1 + n));
		assert_int_equal(rate->interval_ns, (100 + 20 * n) * NS_PER_MS);
		assert_int_equal(rate->rtt_ns, (100 + 10 * n) * NS_PER_MS);
		assert_int_equal(rate->tx_in_flight, SEG(1 + n));
		assert_false(rate->app_limited);
		assert_int_equal(bed.tcb->air->rate_last, SEG(1 + n) * 1000 / (100 + 20 * n));
		bed_wait_ms(&bed, 20);
	}
	bed_close(&bed);
}

/* They left slowly and are acknowledged all at once: the sender's rate. */
static void test_draft_rate_of_sending(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_warm(&bed, 1, 100);
	for (u32 n = 0; n < 10; n++) {
		bed_send(&bed, 1);
		bed_wait_ms(&bed, 50);
	}
	bed_ack_to(&bed, SEG(2));
	bed_ack_to(&bed, SEG(11));
	/* From the first one, whose ACK began a new interval of sending, to the last. */
	assert_int_equal(bed_log.ack.rate.interval_ns, 500 * NS_PER_MS);
	bed_send(&bed, 1);
	bed_wait_ms(&bed, 300);
	bed_send(&bed, 1);
	bed_wait_ms(&bed, 100);
	bed_ack_to(&bed, SEG(13));
	assert_int_equal(bed_log.ack.rate.interval_ns, 400 * NS_PER_MS);
	bed_close(&bed);
}

/* ACKs that a queue held back come closer than what they acknowledge was sent. */
static void test_draft_rate_is_not_above_that_of_sending(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_warm(&bed, 1, 100);
	bed_send(&bed, 2);
	bed_wait_ms(&bed, 300);
	bed_ack_to(&bed, SEG(2));
	bed_send(&bed, 1);
	bed_wait_ms(&bed, 100);
	bed_ack_to(&bed, SEG(4));
	/* Two segments in 100 ms arrived, and in 300 ms left. */
	assert_int_equal(bed_log.ack.rate.delivered, 2 * MSS);
	assert_int_equal(bed_log.ack.rate.interval_ns, 300 * NS_PER_MS);
	bed_close(&bed);
}

/* first_sent_ns moves to what was delivered last: sending is measured from there. */
static void test_draft_send_elapsed_from_the_last_delivered(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_warm(&bed, 1, 10);
	bed_send(&bed, 2);
	bed_wait_ms(&bed, 10);
	bed_ack_to(&bed, SEG(2));
	bed_wait_ms(&bed, 200);
	bed_send(&bed, 1);
	bed_wait_ms(&bed, 10);
	bed_ack_to(&bed, SEG(3));
	bed_ack_to(&bed, SEG(4));
	assert_int_equal(bed_log.ack.rate.interval_ns, 210 * NS_PER_MS);
	assert_int_equal(bed_log.ack.rate.delivered, SEG(2));
	bed_close(&bed);
}

static void test_draft_pause_begins_time_anew(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_warm(&bed, 1, 100);
	bed_wait_ms(&bed, 5000);
	bed_send(&bed, 2);
	bed_wait_ms(&bed, 100);
	bed_ack_to(&bed, SEG(3));
	assert_int_equal(bed_log.ack.rate.interval_ns, 100 * NS_PER_MS);
	assert_int_equal(bed_log.ack.rate.delivered, SEG(2));
	bed_close(&bed);
}

/* Of what one ACK delivers, the one that left last counts. */
static void test_draft_newest_counts(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_warm(&bed, 1, 100);
	bed_send(&bed, 6);
	bed_wait_ms(&bed, 100);
	bed_sack(&bed, SEG(1), SEG(2), SEG(5));
	assert_int_equal(bed_again(&bed), SEG(1));
	bed_wait_ms(&bed, 100);
	bed_ack_to(&bed, SEG(7));
	/* The retransmission: three had been delivered before it left. */
	assert_int_equal(bed_log.ack.rate.prior_delivered, SEG(4));
	assert_int_equal(bed_log.ack.rate.delivered, SEG(3));
	assert_int_equal(bed_log.ack.rate.rtt_ns, 0);
	assert_int_equal(bed_log.ack.rate.tx_lost, SEG(1));
	assert_int_equal(bed_log.ack.rate.tx_in_flight, SEG(3));
	bed_close(&bed);
}

/* An interval shorter than any round trip is none. */
static void test_draft_too_short_an_interval(void **state)
{
	struct bed bed;
	u64 before;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_warm(&bed, 1, 100);
	before = bed.tcb->air->rate_last;
	assert_true(before > 0);
	bed_send(&bed, 1);
	bed_time_out(&bed);
	bed_again(&bed);
	bed_wait_ms(&bed, 5);
	bed_ack_to(&bed, SEG(2));
	assert_int_equal(bed_log.ack.rate.delivered, SEG(1));
	assert_int_equal(bed_log.ack.rate.interval_ns, 0);
	assert_int_equal(bed.tcb->air->rate_last, before);
	assert_int_equal(bed_log.ack.acked_bytes, SEG(1));
	bed_close(&bed);
}

static void test_draft_ack_of_nothing_is_no_sample(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_warm(&bed, 1, 100);
	bed_send(&bed, 2);
	bed_wait_ms(&bed, 100);
	bed_ack_to(&bed, SEG(1));
	assert_int_equal(bed_log.ack.rate.interval_ns, 0);
	assert_int_equal(bed_log.ack.rate.delivered, 0);
	assert_int_equal(bed_log.ack_count, 1);
	bed_close(&bed);
}

/* The bubble goes with what is in flight, and what leaves until it is gone is marked. */
static void test_draft_app_limited(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_warm(&bed, 1, 100);
	bed_send(&bed, 2);
	loss_app_limited(bed.tcb);
	assert_int_equal(bed.tcb->air->cc.app_limited, SEG(3));
	bed_wait_ms(&bed, 50);
	bed_send(&bed, 2);
	bed_wait_ms(&bed, 50);
	bed_ack_to(&bed, SEG(3));
	assert_false(bed_log.ack.rate.app_limited);
	assert_int_equal(bed.tcb->air->cc.app_limited, SEG(3));
	bed_wait_ms(&bed, 50);
	bed_ack_to(&bed, SEG(4));
	assert_true(bed_log.ack.rate.app_limited);
	assert_true(bed.tcb->air->rate_app_limited);
	assert_int_equal(bed.tcb->air->cc.app_limited, 0);
	bed_send(&bed, 1);
	bed_ack_to(&bed, SEG(5));
	bed_wait_ms(&bed, 100);
	bed_ack_to(&bed, SEG(6));
	assert_false(bed_log.ack.rate.app_limited);
	bed_close(&bed);
}

/* Sent again when there is enough to send, it is no longer the application's. */
static void test_draft_sent_again_without_the_bubble(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_warm(&bed, 1, 100);
	loss_app_limited(bed.tcb);
	bed_send(&bed, 5);
	assert_int_equal(bed_rec(&bed, SEG(1))->flags & REC_APP_LIMITED, REC_APP_LIMITED);
	bed_wait_ms(&bed, 100);
	bed_sack(&bed, SEG(1), SEG(2), SEG(5));
	assert_int_equal(bed.tcb->air->cc.app_limited, 0);
	bed_again(&bed);
	assert_int_equal(bed_rec(&bed, SEG(1))->flags & REC_APP_LIMITED, 0);
	bed_close(&bed);
}

static void test_draft_app_limited_with_nothing_sent(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	loss_app_limited(bed.tcb);
	assert_int_equal(bed.tcb->air->cc.app_limited, 1);
	bed_close(&bed);
}

static void test_draft_not_app_limited_while_something_is_lost(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_warm(&bed, 1, 100);
	bed_send(&bed, 5);
	bed_wait_ms(&bed, 100);
	bed_sack(&bed, SEG(1), SEG(2), SEG(5));
	loss_app_limited(bed.tcb);
	assert_int_equal(bed.tcb->air->cc.app_limited, 0);
	bed_again(&bed);
	loss_app_limited(bed.tcb);
	assert_true(bed.tcb->air->cc.app_limited > 0);
	bed_close(&bed);
}

/* Each mark counts, also a second one of the same bytes. */
static void test_draft_lost_counts_every_mark(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_warm(&bed, 1, 100);
	bed_send(&bed, 3);
	bed_time_out(&bed);
	assert_int_equal(bed.tcb->air->lost, SEG(3));
	bed_again(&bed);
	bed_time_out(&bed);
	assert_int_equal(bed.tcb->air->lost, SEG(4));
	assert_int_equal(bed_log.lost_count, 4);
	bed_close(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_draft_rate_of_acknowledging),
		cmocka_unit_test(test_draft_rate_of_sending),
		cmocka_unit_test(test_draft_rate_is_not_above_that_of_sending),
		cmocka_unit_test(test_draft_send_elapsed_from_the_last_delivered),
		cmocka_unit_test(test_draft_pause_begins_time_anew),
		cmocka_unit_test(test_draft_newest_counts),
		cmocka_unit_test(test_draft_too_short_an_interval),
		cmocka_unit_test(test_draft_ack_of_nothing_is_no_sample),
		cmocka_unit_test(test_draft_app_limited),
		cmocka_unit_test(test_draft_sent_again_without_the_bubble),
		cmocka_unit_test(test_draft_app_limited_with_nothing_sent),
		cmocka_unit_test(test_draft_not_app_limited_while_something_is_lost),
		cmocka_unit_test(test_draft_lost_counts_every_mark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
