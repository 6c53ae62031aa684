/* RACK (RFC 8985 section 6): losses by time. */
#include "unit/core_tcp/loss_bed.h"

static void test_rfc8985_6_2_step_2_newest_delivered(void **state)
{
	struct bed bed;
	ns_t second_ns;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_send(&bed, 1);
	bed_wait_ms(&bed, 10);
	second_ns = bed.now;
	bed_send(&bed, 1);
	bed_wait_ms(&bed, 90);
	bed_sack(&bed, 0, SEG(1), SEG(2));
	assert_int_equal(bed.tcb->air->rack_xmit_ns, second_ns);
	assert_int_equal(bed.tcb->air->rack_end_seq, bed_seq(SEG(2)));
	assert_int_equal(bed.tcb->air->rack_rtt_ns, 90 * NS_PER_MS);
	/* An older one changes nothing. */
	bed_ack_to(&bed, SEG(2));
	assert_int_equal(bed.tcb->air->rack_xmit_ns, second_ns);
	assert_int_equal(bed.tcb->air->rack_rtt_ns, 90 * NS_PER_MS);
	bed_close(&bed);
}

/* An ACK sooner than any round trip is one of the first transmission. */
static void test_rfc8985_6_2_step_2_too_soon_for_a_retransmission(void **state)
{
	struct bed bed;
	ns_t before_ns;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_warm(&bed, 1, 100);
	bed_send(&bed, 2);
	bed_time_out(&bed);
	bed_again(&bed);
	before_ns = bed.tcb->air->rack_xmit_ns;
	bed_wait_ms(&bed, 99);
	bed_ack_to(&bed, SEG(2));
	assert_int_equal(bed.tcb->air->rack_xmit_ns, before_ns);
	bed_again(&bed);
	bed_wait_ms(&bed, 100);
	bed_ack_to(&bed, SEG(3));
	assert_int_equal(bed.tcb->air->rack_xmit_ns, bed.now - 100 * NS_PER_MS);
	bed_close(&bed);
}

/* The echo of an older timestamp is another proof of that. */
static void test_rfc8985_6_2_step_2_echo_of_the_original(void **state)
{
	struct bed bed;
	ns_t before_ns;
	ns_t first_ns;

	(void)state;
	bed_open(&bed, TCB_SACK | TCB_TS);
	bed_warm(&bed, 1, 10);
	first_ns = bed.now;
	bed_send(&bed, 1);
	bed_time_out(&bed);
	bed_again(&bed);
	before_ns = bed.tcb->air->rack_xmit_ns;
	bed_wait_ms(&bed, 30);
	bed_ack(&bed, (struct bed_ack){ .ack = SEG(2), .has_ts = true, .ts_ns = first_ns });
	assert_int_equal(bed.tcb->air->rack_xmit_ns, before_ns);
	bed_close(&bed);
}

static void test_rfc8985_6_2_step_3_reordering_is_seen(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_warm(&bed, 1, 100);
	bed_send(&bed, 3);
	bed_wait_ms(&bed, 100);
	bed_sack(&bed, SEG(1), SEG(2), SEG(3));
	assert_false(bed.tcb->rack_reordering);
	bed_ack_to(&bed, SEG(3));
	assert_true(bed.tcb->rack_reordering);
	bed_close(&bed);
}

static void test_rfc8985_6_2_step_3_a_retransmission_is_no_reordering(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_warm(&bed, 1, 100);
	bed_send(&bed, 4);
	bed_wait_ms(&bed, 100);
	bed_sack(&bed, SEG(1), SEG(2), SEG(5));
	assert_int_equal(bed_again(&bed), SEG(1));
	bed_wait_ms(&bed, 100);
	bed_ack_to(&bed, SEG(5));
	assert_false(bed.tcb->rack_reordering);
	bed_close(&bed);
}

/* RACK.fack is the highest, whatever is delivered after it. */
static void test_rfc8985_6_2_step_3_fack_never_falls(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_warm(&bed, 1, 100);
	bed_send(&bed, 6);
	bed_wait_ms(&bed, 130);
	bed_sack(&bed, SEG(1), SEG(5), SEG(6));
	bed_fire(&bed, TCP_TIMER_REORDER);
	assert_int_equal(bed_again(&bed), SEG(1));
	bed_wait_ms(&bed, 100);
	bed_ack_to(&bed, SEG(2));
	assert_false(bed.tcb->rack_reordering);
	assert_int_equal(bed.tcb->air->rack_fack, bed_seq(SEG(6)));
	bed_ack_to(&bed, SEG(3));
	assert_true(bed.tcb->rack_reordering);
	bed_close(&bed);
}

/* Nothing was reordered yet and three have arrived behind it: no waiting. */
static void test_rfc8985_6_2_step_4_dupthresh_waits_for_nothing(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_warm(&bed, 1, 100);
	bed_send(&bed, 5);
	bed_wait_ms(&bed, 100);
	bed_sack(&bed, SEG(1), SEG(2), SEG(3));
	bed_sack(&bed, SEG(1), SEG(2), SEG(4));
	assert_int_equal(bed.tcb->air->lost_bytes, 0);
	assert_int_equal(bed_timer_ms(&bed, TCP_TIMER_REORDER), 25);
	bed_sack(&bed, SEG(1), SEG(2), SEG(5));
	assert_int_equal(bed.tcb->air->lost_bytes, SEG(1));
	assert_int_equal(bed_next_again(&bed), SEG(1));
	assert_int_equal(bed_timer_ms(&bed, TCP_TIMER_REORDER), UINT32_MAX);
	bed_close(&bed);
}

static void test_rfc8985_6_2_step_5_the_reordering_timer(void **state)
{
	struct bed bed;
	u32 want_count;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_warm(&bed, 1, 100);
	bed_send(&bed, 2);
	bed_wait_ms(&bed, 5);
	bed_send(&bed, 2);
	bed_wait_ms(&bed, 100);
	bed_sack(&bed, SEG(1), SEG(4), SEG(5));
	/* The first two have 100 + 25 ms since they left, the third left at the same time. */
	assert_int_equal(bed_timer_ms(&bed, TCP_TIMER_REORDER), 20);
	want_count = bed_log.want_count;
	bed_fire(&bed, TCP_TIMER_REORDER);
	assert_int_equal(bed.tcb->air->lost_bytes, SEG(2));
	assert_int_equal(bed.tcb->ca, TCP_CA_RECOVERY);
	assert_int_equal(bed_events(CC_ENTER_RECOVERY), 1);
	assert_int_equal(bed_log.want_count, want_count + 1);
	/* In recovery, without reordering, the third is not waited for any longer. */
	bed_sack(&bed, SEG(1), SEG(4), SEG(5));
	assert_int_equal(bed.tcb->air->lost_bytes, SEG(3));
	bed_close(&bed);
}

static void test_rfc8985_6_2_step_4_reordering_keeps_the_window(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_warm(&bed, 1, 100);
	bed.tcb->rack_reordering = true;
	bed_send(&bed, 6);
	bed_wait_ms(&bed, 100);
	bed_sack(&bed, SEG(1), SEG(2), SEG(7));
	assert_int_equal(bed.tcb->air->lost_bytes, 0);
	assert_int_equal(bed_timer_ms(&bed, TCP_TIMER_REORDER), 25);
	bed_wait_ms(&bed, 10);
	/* It was only late. */
	bed_ack_to(&bed, SEG(7));
	assert_int_equal(bed_timer_ms(&bed, TCP_TIMER_REORDER), UINT32_MAX);
	assert_int_equal(bed.tcb->air->lost, 0);
	bed_close(&bed);
}

static void dsack(struct bed *bed, u32 ack)
{
	bed_ack(bed, (struct bed_ack){ .ack = ack, .sack_count = 1, .sack = { { 0, SEG(1) } } });
}

/* Each round with a DSACK widens the window by a quarter of the smallest round trip, up to SRTT. */
static void test_rfc8985_6_2_step_4_dsack_widens_the_window(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_warm(&bed, 1, 100);
	bed.tcb->rack_reordering = true;
	for (u32 n = 1; n < 8; n++) {
		bed_send(&bed, 2);
		bed_wait_ms(&bed, 100);
		dsack(&bed, SEG(2 * n - 1));
		/* A second one in the same round changes nothing. */
		dsack(&bed, SEG(2 * n - 1));
		assert_int_equal(bed.tcb->rack_reo_mult, 1 + n);
		bed_sack(&bed, SEG(2 * n - 1), SEG(2 * n), SEG(2 * n + 1));
		assert_int_equal(bed_timer_ms(&bed, TCP_TIMER_REORDER), u32_min(25 * (1 + n), 100));
		bed_ack_to(&bed, SEG(2 * n + 1));
	}
	bed_close(&bed);
}

/* Sixteen recoveries without a DSACK, and it is as narrow as before. */
static void test_rfc8985_6_2_step_4_window_narrows_again(void **state)
{
	struct bed bed;
	u32 base = 1;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_warm(&bed, 1, 100);
	bed_send(&bed, 1);
	bed_wait_ms(&bed, 100);
	dsack(&bed, SEG(2));
	assert_int_equal(bed.tcb->rack_reo_mult, 2);
	base = 2;
	for (u32 n = 0; n < 16; n++) {
		assert_int_equal(bed.tcb->rack_reo_mult, 2);
		bed_send(&bed, 4);
		bed_wait_ms(&bed, 100);
		bed_sack(&bed, SEG(base), SEG(base + 1), SEG(base + 4));
		assert_int_equal(bed.tcb->ca, TCP_CA_RECOVERY);
		bed_again(&bed);
		bed_wait_ms(&bed, 100);
		base += 4;
		bed_ack_to(&bed, SEG(base));
		assert_int_equal(bed.tcb->ca, TCP_CA_OPEN);
	}
	assert_int_equal(bed.tcb->rack_reo_mult, 1);
	bed_close(&bed);
}

/* What was sent again and is lost once more is found by time, too: no time-out. */
static void test_rfc8985_3_lost_retransmission(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_warm(&bed, 1, 100);
	bed_send(&bed, 4);
	bed_wait_ms(&bed, 100);
	bed_sack(&bed, SEG(1), SEG(2), SEG(5));
	assert_int_equal(bed_again(&bed), SEG(1));
	bed_wait_ms(&bed, 1);
	bed_send(&bed, 2);
	assert_int_equal(bed.tcb->air->lost, SEG(1));
	bed_wait_ms(&bed, 100);
	bed_sack(&bed, SEG(1), SEG(2), SEG(6));
	assert_int_equal(bed.tcb->air->lost_bytes, SEG(1));
	assert_int_equal(bed.tcb->air->again_bytes, 0);
	assert_int_equal(bed.tcb->air->lost, SEG(2));
	assert_int_equal(bed_again(&bed), SEG(1));
	assert_int_equal(bed_rec(&bed, SEG(1))->xmit_count, 3);
	bed_wait_ms(&bed, 100);
	bed_ack_to(&bed, SEG(7));
	assert_int_equal(bed.tcb->ca, TCP_CA_OPEN);
	assert_int_equal(bed_events(CC_ENTER_RECOVERY), 1);
	bed_close(&bed);
}

/* What left at the same time, behind what has arrived, is not older. */
static void test_rfc8985_6_2_equal_times_go_by_sequence(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_warm(&bed, 1, 100);
	bed_send(&bed, 8);
	bed_wait_ms(&bed, 100);
	bed_sack(&bed, SEG(1), SEG(3), SEG(6));
	assert_int_equal(bed.tcb->air->lost_bytes, SEG(2));
	assert_int_equal(tcb_in_flight(bed.tcb), SEG(3));
	bed_close(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc8985_6_2_step_2_newest_delivered),
		cmocka_unit_test(test_rfc8985_6_2_step_2_too_soon_for_a_retransmission),
		cmocka_unit_test(test_rfc8985_6_2_step_2_echo_of_the_original),
		cmocka_unit_test(test_rfc8985_6_2_step_3_reordering_is_seen),
		cmocka_unit_test(test_rfc8985_6_2_step_3_a_retransmission_is_no_reordering),
		cmocka_unit_test(test_rfc8985_6_2_step_3_fack_never_falls),
		cmocka_unit_test(test_rfc8985_6_2_step_4_dupthresh_waits_for_nothing),
		cmocka_unit_test(test_rfc8985_6_2_step_5_the_reordering_timer),
		cmocka_unit_test(test_rfc8985_6_2_step_4_reordering_keeps_the_window),
		cmocka_unit_test(test_rfc8985_6_2_step_4_dsack_widens_the_window),
		cmocka_unit_test(test_rfc8985_6_2_step_4_window_narrows_again),
		cmocka_unit_test(test_rfc8985_3_lost_retransmission),
		cmocka_unit_test(test_rfc8985_6_2_equal_times_go_by_sequence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
