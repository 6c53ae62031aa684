/* What an ACK says without SACK: duplicates (RFC 6582), and congestion (RFC 3168). */
#include "unit/core_tcp/loss_bed.h"

/* Ten segments behind the first, the first of them lost: three SACKs have come. */
static void open_lossy(struct bed *bed, u32 flags)
{
	bed_open(bed, flags);
	bed->tcb->air->cc.ops = &bed_cc_prr;
	bed->tcb->air->cc.cwnd = SEG(10);
	bed_warm(bed, 1, 100);
	bed_send(bed, 10);
	bed_wait_ms(bed, 100);
	for (u32 n = 1; n <= 3; n++)
		bed_sack(bed, SEG(1), SEG(2), SEG(2 + n));
}

/* ---- a peer without SACK ---- */

static void dup(struct bed *bed, u32 ack)
{
	bed_ack(bed, (struct bed_ack){ .ack = ack, .dup = true });
}

static void test_rfc6582_3_2_third_duplicate(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, 0);
	bed_warm(&bed, 1, 100);
	bed_send(&bed, 8);
	bed_wait_ms(&bed, 100);
	dup(&bed, SEG(1));
	dup(&bed, SEG(1));
	/* RFC 3042: each makes room for a segment of new data. */
	assert_int_equal(tcb_in_flight(bed.tcb), SEG(6));
	assert_int_equal(bed.tcb->air->lost_bytes, 0);
	assert_int_equal(bed.tcb->ca, TCP_CA_DISORDER);
	dup(&bed, SEG(1));
	assert_int_equal(bed.tcb->ca, TCP_CA_RECOVERY);
	assert_int_equal(bed_next_again(&bed), SEG(1));
	assert_int_equal(tcb_in_flight(bed.tcb), SEG(4));
	assert_int_equal(bed_again(&bed), SEG(1));
	assert_int_equal(bed_next_again(&bed), UINT32_MAX);
	/* The fourth to seventh: all others have arrived, and no more than that. */
	for (u32 n = 0; n < 10; n++)
		dup(&bed, SEG(1));
	assert_int_equal(tcb_in_flight(bed.tcb), SEG(1));
	assert_int_equal(bed.tcb->air->delivered, SEG(8));
	bed_wait_ms(&bed, 100);
	bed_ack_to(&bed, SEG(9));
	assert_int_equal(bed.tcb->air->delivered, SEG(9));
	assert_int_equal(bed.tcb->ca, TCP_CA_OPEN);
	assert_int_equal(bed_events(CC_EXIT_RECOVERY), 1);
	bed_close(&bed);
}

static void test_rfc6582_3_2_partial_ack(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, 0);
	bed_warm(&bed, 1, 100);
	bed_send(&bed, 8);
	bed_wait_ms(&bed, 100);
	for (u32 n = 0; n < 6; n++)
		dup(&bed, SEG(1));
	assert_int_equal(bed_again(&bed), SEG(1));
	bed_wait_ms(&bed, 100);
	bed_ack_to(&bed, SEG(4));
	assert_int_equal(bed.tcb->ca, TCP_CA_RECOVERY);
	assert_int_equal(bed_next_again(&bed), SEG(4));
	assert_int_equal(bed.tcb->air->delivered, SEG(1) + SEG(6) + SEG(1));
	assert_int_equal(tcb_in_flight(bed.tcb), 0);
	assert_int_equal(bed_again(&bed), SEG(4));
	bed_wait_ms(&bed, 100);
	bed_ack_to(&bed, SEG(9));
	assert_int_equal(bed.tcb->air->delivered, SEG(9));
	assert_int_equal(bed.tcb->recoveries, 1);
	bed_close(&bed);
}

/* Duplicates of what was sent twice: nothing behind the last recovery is acknowledged. */
static void test_rfc6582_3_2_step_2_not_again_at_recover(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, 0);
	bed_warm(&bed, 1, 100);
	bed_send(&bed, 4);
	bed_time_out(&bed);
	for (u32 n = 0; n < 4; n++) {
		bed.tcb->air->frto = 0;
		bed_again(&bed);
	}
	bed_wait_ms(&bed, 100);
	bed_ack_to(&bed, SEG(5));
	assert_int_equal(bed.tcb->ca, TCP_CA_OPEN);
	bed_send(&bed, 4);
	for (u32 n = 0; n < 3; n++)
		dup(&bed, SEG(5));
	assert_int_equal(bed.tcb->ca, TCP_CA_DISORDER);
	assert_int_equal(bed.tcb->air->lost_bytes, 0);
	/* Behind it they count. */
	bed_ack_to(&bed, SEG(6));
	for (u32 n = 0; n < 3; n++)
		dup(&bed, SEG(6));
	assert_int_equal(bed.tcb->ca, TCP_CA_RECOVERY);
	bed_close(&bed);
}

static void test_rfc6582_duplicates_after_a_time_out_are_nothing(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, 0);
	bed_warm(&bed, 1, 100);
	bed_send(&bed, 4);
	bed_time_out(&bed);
	bed_again(&bed);
	for (u32 n = 0; n < 5; n++)
		dup(&bed, SEG(1));
	assert_int_equal(bed.tcb->ca, TCP_CA_LOSS);
	assert_int_equal(bed.tcb->air->sacked_bytes, 0);
	bed_close(&bed);
}

/* ---- ECN ---- */

static void ece(struct bed *bed, u32 ack)
{
	bed_ack(bed, (struct bed_ack){ .ack = ack, .ece = true });
}

static void test_rfc3168_6_1_2_once_per_window(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK | TCB_ECN);
	bed_warm(&bed, 1, 100);
	bed_send(&bed, 6);
	ece(&bed, SEG(2));
	assert_true(bed_log.ack.ecn_echo);
	assert_int_equal(bed.tcb->flags & TCB_CWR, TCB_CWR);
	assert_int_equal(bed_log.event_count, 0);
	bed.tcb->flags &= ~(u32)TCB_CWR;
	bed_send(&bed, 2);
	/* Until the segment with CWR is acknowledged. */
	ece(&bed, SEG(4));
	assert_false(bed_log.ack.ecn_echo);
	ece(&bed, SEG(7));
	assert_false(bed_log.ack.ecn_echo);
	assert_int_equal(bed.tcb->flags & TCB_CWR, 0);
	ece(&bed, SEG(8));
	assert_true(bed_log.ack.ecn_echo);
	bed_close(&bed);
}

static void test_rfc3168_6_1_2_not_beside_a_loss(void **state)
{
	struct bed bed;

	(void)state;
	open_lossy(&bed, TCB_SACK | TCB_ECN);
	/* A loss is answered, and said, too. */
	assert_int_equal(bed.tcb->flags & TCB_CWR, TCB_CWR);
	bed_again(&bed);
	bed_send(&bed, 2);
	bed_wait_ms(&bed, 100);
	ece(&bed, SEG(9));
	assert_false(bed_log.ack.ecn_echo);
	ece(&bed, SEG(11));
	assert_int_equal(bed.tcb->ca, TCP_CA_OPEN);
	assert_false(bed_log.ack.ecn_echo);
	ece(&bed, SEG(12));
	assert_true(bed_log.ack.ecn_echo);
	bed_close(&bed);
}

/* Nothing is in flight any more: the path was congested all the same. */
static void test_rfc3168_6_1_2_with_nothing_outstanding(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK | TCB_ECN);
	bed_warm(&bed, 1, 100);
	ece(&bed, SEG(1));
	assert_true(bed_log.ack.ecn_echo);
	bed_close(&bed);
}

/* Section 6.1.1: in a SYN,ACK it says that the peer can do ECN. */
static void test_rfc3168_6_1_1_in_a_syn_ack(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_ECN);
	bed.tcb->state = TCP_SYN_SENT;
	bed.tcb->snd_una = bed.tcb->snd_nxt = BED_ISS;
	bed_send_one(&bed, 1, REC_SYN);
	bed_ack(&bed, (struct bed_ack){ .ack = 0, .ece = true, .syn = true });
	assert_int_equal(bed.tcb->flags & TCB_CWR, 0);
	bed_close(&bed);
}

/* What is remembered by sequence number does not come back when they have gone half around. */
static void test_marks_follow_for_ever(void **state)
{
	struct bed bed;
	u32 end = 0;

	(void)state;
	bed_open(&bed, TCB_ECN);
	for (u32 n = 0; n < 9; n++) {
		for (u32 quarter = 0; quarter < 3; quarter++) {
			bed_send_one(&bed, 1u << 30, 0);
			end += 1u << 30;
			bed_ack_to(&bed, end);
		}
		bed_send_one(&bed, 3 * MSS, 0);
		ece(&bed, end + MSS);
		assert_true(bed_log.ack.ecn_echo);
		bed_ack_to(&bed, end + 3 * MSS);
		end += 3 * MSS;
		bed_send_one(&bed, MSS, 0);
		bed_send(&bed, 5);
		bed_ack_to(&bed, end + MSS);
		for (u32 dups = 0; dups < 3; dups++)
			dup(&bed, end + MSS);
		assert_int_equal(bed.tcb->ca, TCP_CA_RECOVERY);
		assert_int_equal(bed.tcb->recoveries, n + 1);
		bed_again(&bed);
		end += SEG(6);
		bed_ack_to(&bed, end);
		assert_int_equal(bed.tcb->ca, TCP_CA_OPEN);
		/* Behind the end of recovery. */
		bed_send(&bed, 1);
		end += MSS;
		bed_ack_to(&bed, end);
	}
	bed_close(&bed);
}

static void test_ece_without_ecn_is_nothing(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_send(&bed, 3);
	ece(&bed, SEG(1));
	assert_false(bed_log.ack.ecn_echo);
	bed_close(&bed);
}

/* Nor for an algorithm that reduces nothing for it, whose data were never ECN-capable. */
static void test_rfc3168_6_1_2_no_cwr_without_a_reduction(void **state)
{
	struct cc_ops deaf = bed_cc;
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK | TCB_ECN);
	deaf.answers_marks = false;
	bed.tcb->cc_ops = bed.tcb->air->cc.ops = &deaf;
	bed_warm(&bed, 1, 100);
	bed_send(&bed, 6);
	ece(&bed, SEG(2));
	assert_false(bed_log.ack.ecn_echo);
	assert_int_equal(bed.tcb->flags & TCB_CWR, 0);
	for (u32 n = 0; n < 3; n++)
		dup(&bed, SEG(2));
	bed_time_out(&bed);
	assert_int_equal(bed.tcb->ca, TCP_CA_LOSS);
	assert_int_equal(bed.tcb->flags & TCB_CWR, 0);
	bed_close(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc6582_3_2_third_duplicate),
		cmocka_unit_test(test_rfc6582_3_2_partial_ack),
		cmocka_unit_test(test_rfc6582_3_2_step_2_not_again_at_recover),
		cmocka_unit_test(test_rfc6582_duplicates_after_a_time_out_are_nothing),
		cmocka_unit_test(test_rfc3168_6_1_2_once_per_window),
		cmocka_unit_test(test_rfc3168_6_1_2_not_beside_a_loss),
		cmocka_unit_test(test_rfc3168_6_1_2_with_nothing_outstanding),
		cmocka_unit_test(test_rfc3168_6_1_1_in_a_syn_ack),
		cmocka_unit_test(test_marks_follow_for_ever),
		cmocka_unit_test(test_ece_without_ecn_is_nothing),
		cmocka_unit_test(test_rfc3168_6_1_2_no_cwr_without_a_reduction),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
