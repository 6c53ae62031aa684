/* F-RTO (RFC 5682): whether a time-out was for nothing. */
#include "unit/core_tcp/loss_bed.h"

/* Six in flight, the timer expired, the first left again; there are new data. */
static void open_timed_out(struct bed *bed, u32 flags)
{
	bed_open(bed, flags);
	bed_warm(bed, 1, 100);
	bed_send(bed, 6);
	bed->unsent = SEG(20);
	bed_wait_ms(bed, 10);
	bed_time_out(bed);
	assert_int_equal(bed->tcb->ca, TCP_CA_LOSS);
	assert_int_equal(bed_again(bed), SEG(1));
	/* Step 1: no more than the first. */
	assert_int_equal(bed_next_again(bed), UINT32_MAX);
	assert_int_equal(bed_log.event[0], CC_TIMEOUT);
	bed_wait_ms(bed, 20);
}

static void test_rfc5682_2_1_spurious(void **state)
{
	struct bed bed;

	(void)state;
	open_timed_out(&bed, 0);
	bed_ack_to(&bed, SEG(2));
	/* Step 2b: new data, though more is thought lost. */
	assert_int_equal(bed.tcb->air->lost_bytes, SEG(5));
	assert_int_equal(bed_next_again(&bed), UINT32_MAX);
	bed_send(&bed, 2);
	bed_ack_to(&bed, SEG(3));
	/* Step 3b. */
	assert_int_equal(bed_events(CC_UNDO), 1);
	assert_int_equal(bed.tcp.stats.undone, 1);
	assert_int_equal(bed.tcb->ca, TCP_CA_OPEN);
	assert_int_equal(bed.tcb->air->lost_bytes, 0);
	assert_int_equal(tcb_in_flight(bed.tcb), SEG(6));
	assert_int_equal(bed.tcb->air->cc.cwnd, SEG(100));
	assert_int_equal(bed_events(CC_EXIT_RECOVERY), 0);
	bed_close(&bed);
}

static void test_rfc5682_2_1_step_2a_everything_acknowledged(void **state)
{
	struct bed bed;

	(void)state;
	open_timed_out(&bed, 0);
	bed_ack_to(&bed, SEG(7));
	assert_int_equal(bed_events(CC_UNDO), 0);
	assert_int_equal(bed_events(CC_EXIT_RECOVERY), 1);
	assert_int_equal(bed.tcb->ca, TCP_CA_OPEN);
	bed_close(&bed);
}

static void test_rfc5682_2_1_step_2_duplicate_is_a_loss(void **state)
{
	struct bed bed;

	(void)state;
	open_timed_out(&bed, 0);
	bed_ack(&bed, (struct bed_ack){ .ack = SEG(1), .dup = true });
	assert_int_equal(bed.tcb->air->frto, 0);
	assert_int_equal(bed_next_again(&bed), SEG(2));
	bed_close(&bed);
}

static void test_rfc5682_2_1_step_3a_duplicate_is_a_loss(void **state)
{
	struct bed bed;

	(void)state;
	open_timed_out(&bed, 0);
	bed_ack_to(&bed, SEG(2));
	bed_send(&bed, 2);
	bed_ack(&bed, (struct bed_ack){ .ack = SEG(2), .dup = true });
	assert_int_equal(bed.tcb->air->frto, 0);
	assert_int_equal(bed_events(CC_UNDO), 0);
	assert_int_equal(bed.tcb->ca, TCP_CA_LOSS);
	assert_int_equal(bed_again(&bed), SEG(2));
	/* What is acknowledged now proves nothing any more. */
	bed_ack_to(&bed, SEG(4));
	assert_int_equal(bed_events(CC_UNDO), 0);
	bed_close(&bed);
}

static void test_rfc5682_2_1_step_2b_without_new_data(void **state)
{
	struct bed bed;

	(void)state;
	open_timed_out(&bed, 0);
	bed.unsent = 0;
	bed_ack_to(&bed, SEG(2));
	assert_int_equal(bed.tcb->air->frto, 0);
	assert_int_equal(bed_next_again(&bed), SEG(2));
	bed_close(&bed);
}

static void test_rfc5682_2_1_step_2b_without_a_window(void **state)
{
	struct bed bed;

	(void)state;
	open_timed_out(&bed, 0);
	bed.tcb->snd_wnd = SEG(5);
	bed_ack_to(&bed, SEG(2));
	assert_int_equal(bed.tcb->air->frto, 0);
	assert_int_equal(bed_next_again(&bed), SEG(2));
	bed_close(&bed);
}

/* New data were there, and none are any more when they should leave. */
static void test_rfc5682_new_data_vanish(void **state)
{
	struct bed bed;

	(void)state;
	open_timed_out(&bed, TCB_SACK);
	bed_ack_to(&bed, SEG(2));
	assert_int_equal(bed.tcb->air->frto, 3);
	bed.tcb->snd_wnd = SEG(5);
	assert_int_equal(bed_again(&bed), SEG(2));
	assert_int_equal(bed.tcb->air->frto, 0);
	bed_close(&bed);
}

static void test_rfc5682_3_1_step_3b_sack_of_the_original(void **state)
{
	struct bed bed;

	(void)state;
	open_timed_out(&bed, TCB_SACK);
	bed_ack_to(&bed, SEG(2));
	bed_send(&bed, 2);
	bed_sack(&bed, SEG(2), SEG(3), SEG(4));
	assert_int_equal(bed_events(CC_UNDO), 1);
	assert_int_equal(bed.tcb->ca, TCP_CA_DISORDER);
	assert_int_equal(bed.tcb->air->lost_bytes, 0);
	bed_close(&bed);
}

static void test_rfc5682_3_1_step_3a_sack_of_new_data(void **state)
{
	struct bed bed;

	(void)state;
	open_timed_out(&bed, TCB_SACK);
	bed_ack_to(&bed, SEG(2));
	bed_send(&bed, 2);
	bed_sack(&bed, SEG(2), SEG(7), SEG(8));
	assert_int_equal(bed_events(CC_UNDO), 0);
	assert_int_equal(bed.tcb->air->frto, 0);
	assert_int_equal(bed_next_again(&bed), SEG(2));
	bed_close(&bed);
}

/* Section 3.1 step 2: SACKs before the ACK of the retransmission decide nothing. */
static void test_rfc5682_3_1_step_2_sack_waits(void **state)
{
	struct bed bed;

	(void)state;
	open_timed_out(&bed, TCB_SACK);
	bed_sack(&bed, SEG(1), SEG(2), SEG(3));
	assert_int_equal(bed.tcb->air->frto, 2);
	assert_int_equal(bed_events(CC_UNDO), 0);
	bed_close(&bed);
}

/* What had been SACKed before the timer expired is no proof when it is acknowledged. */
static void test_rfc5682_sacked_before_is_no_proof(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_warm(&bed, 1, 100);
	bed_send(&bed, 4);
	bed.unsent = SEG(20);
	bed_wait_ms(&bed, 100);
	bed_sack(&bed, SEG(1), SEG(3), SEG(4));
	/* Two are thought lost only by the timer: the second is not known to RACK yet. */
	bed_fire(&bed, TCP_TIMER_RETRANSMIT);
	assert_int_equal(bed.tcb->air->frto, 2);
	bed_again(&bed);
	bed_wait_ms(&bed, 20);
	bed_ack_to(&bed, SEG(2));
	assert_int_equal(bed.tcb->air->frto, 3);
	bed_send(&bed, 2);
	bed_sack(&bed, SEG(2), SEG(3), SEG(4));
	assert_int_equal(bed_events(CC_UNDO), 0);
	bed_close(&bed);
}

/* A probe had sent the last one again: its SACK is of either. */
static void test_rfc5682_probed_before_is_no_proof(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_warm(&bed, 1, 100);
	bed_send(&bed, 6);
	bed.unsent = SEG(20);
	assert_false(bed_fire(&bed, TCP_TIMER_RETRANSMIT));
	loss_sent_again(&bed.tcp, bed.idx, bed.tcb->air->tx_last, true, bed.now);
	loss_arm(&bed.tcp, bed.tcb, bed.now);
	assert_true(bed_fire(&bed, TCP_TIMER_RETRANSMIT));
	bed_again(&bed);
	bed_ack_to(&bed, SEG(2));
	bed_send(&bed, 2);
	bed_sack(&bed, SEG(2), SEG(6), SEG(7));
	assert_int_equal(bed_events(CC_UNDO), 0);
	assert_int_equal(bed.tcb->air->frto, 0);
	bed_close(&bed);
}

static void test_rfc5682_2_1_step_1_not_in_loss_recovery(void **state)
{
	struct bed bed;

	(void)state;
	open_timed_out(&bed, 0);
	assert_int_equal(bed.tcb->air->frto, 2);
	bed_time_out(&bed);
	assert_int_equal(bed.tcb->air->frto, 0);
	bed_close(&bed);
}

/* Eifel after a time-out, DSACK after a time-out. */
static void test_rfc3522_after_a_time_out(void **state)
{
	struct bed bed;

	(void)state;
	open_timed_out(&bed, TCB_TS);
	bed_ack(&bed, (struct bed_ack){
			      .ack = SEG(2), .has_ts = true, .ts_ns = bed.now - 330 * NS_PER_MS });
	assert_int_equal(bed_events(CC_UNDO), 1);
	assert_int_equal(bed.tcb->air->lost_bytes, 0);
	bed_close(&bed);
}

static void test_rfc3708_after_a_time_out(void **state)
{
	struct bed bed;

	(void)state;
	open_timed_out(&bed, TCB_SACK);
	bed_sack(&bed, SEG(7), SEG(1), SEG(2));
	assert_int_equal(bed_events(CC_UNDO), 1);
	assert_int_equal(bed_events(CC_EXIT_RECOVERY), 0);
	bed_close(&bed);
}

/* A second time-out for the same data takes both back, when DSACKs come for all that left. */
static void test_rfc3708_after_two_time_outs(void **state)
{
	struct bed bed;

	(void)state;
	open_timed_out(&bed, TCB_SACK);
	bed_time_out(&bed);
	assert_int_equal(bed_again(&bed), SEG(1));
	assert_int_equal(bed.tcb->air->undo_again, SEG(2));
	bed_sack(&bed, SEG(3), SEG(1), SEG(2));
	assert_int_equal(bed_events(CC_UNDO), 0);
	bed_sack(&bed, SEG(3), SEG(1), SEG(2));
	assert_int_equal(bed_events(CC_UNDO), 1);
	bed_close(&bed);
}

/* What was sent once goes back to its place in time: RACK finds the first loss by it. */
static void test_undo_restores_the_order_of_time(void **state)
{
	struct bed bed;

	(void)state;
	open_timed_out(&bed, TCB_SACK);
	bed_ack_to(&bed, SEG(2));
	bed_send(&bed, 2);
	bed_ack_to(&bed, SEG(3));
	assert_int_equal(bed_events(CC_UNDO), 1);
	assert_int_equal(rec_at(&bed.tcp, bed.tcb->air->time_first)->seq, bed_seq(SEG(3)));
	assert_int_equal(rec_at(&bed.tcp, bed.tcb->air->time_last)->seq, bed_seq(SEG(8)));
	bed_wait_ms(&bed, 100);
	bed_sack(&bed, SEG(3), SEG(7), SEG(9));
	bed_fire(&bed, TCP_TIMER_RETRANSMIT);
	bed_close(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc5682_2_1_spurious),
		cmocka_unit_test(test_rfc5682_2_1_step_2a_everything_acknowledged),
		cmocka_unit_test(test_rfc5682_2_1_step_2_duplicate_is_a_loss),
		cmocka_unit_test(test_rfc5682_2_1_step_3a_duplicate_is_a_loss),
		cmocka_unit_test(test_rfc5682_2_1_step_2b_without_new_data),
		cmocka_unit_test(test_rfc5682_2_1_step_2b_without_a_window),
		cmocka_unit_test(test_rfc5682_new_data_vanish),
		cmocka_unit_test(test_rfc5682_3_1_step_3b_sack_of_the_original),
		cmocka_unit_test(test_rfc5682_3_1_step_3a_sack_of_new_data),
		cmocka_unit_test(test_rfc5682_3_1_step_2_sack_waits),
		cmocka_unit_test(test_rfc5682_sacked_before_is_no_proof),
		cmocka_unit_test(test_rfc5682_probed_before_is_no_proof),
		cmocka_unit_test(test_rfc5682_2_1_step_1_not_in_loss_recovery),
		cmocka_unit_test(test_rfc3522_after_a_time_out),
		cmocka_unit_test(test_rfc3708_after_a_time_out),
		cmocka_unit_test(test_rfc3708_after_two_time_outs),
		cmocka_unit_test(test_undo_restores_the_order_of_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
