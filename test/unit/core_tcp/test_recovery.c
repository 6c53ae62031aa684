/* Recovery: how it begins and ends, PRR, undo. */
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

static void test_rfc6675_5_begins_and_ends(void **state)
{
	struct bed bed;

	(void)state;
	open_lossy(&bed, TCB_SACK);
	assert_int_equal(bed.tcb->ca, TCP_CA_RECOVERY);
	assert_int_equal(bed.tcb->air->high_seq, bed_seq(SEG(11)));
	assert_int_equal(bed.tcb->recoveries, 1);
	assert_int_equal(bed.tcp.stats.recoveries, 1);
	assert_int_equal(bed_log.event_count, 1);
	assert_int_equal(bed_log.event[0], CC_ENTER_RECOVERY);
	/* Nine in flight before this ACK, one of them lost, one delivered. */
	assert_int_equal(bed_log.event_ack[0].prior_in_flight, SEG(8));
	assert_int_equal(bed_log.event_ack[0].in_flight, SEG(6));
	assert_int_equal(bed_log.event_ack[0].lost_bytes, SEG(1));
	assert_true(bed_log.ack.in_recovery);
	assert_int_equal(bed_log.want_count, 1);
	assert_int_equal(bed_log.lost_count, 1);
	assert_int_equal(bed_log.lost.seq, SEG(1));
	assert_int_equal(bed_log.lost.bytes, SEG(1));
	assert_int_equal(bed_log.lost.lost, SEG(1));
	assert_int_equal(bed_log.lost.tx_in_flight, SEG(1));
	assert_int_equal(bed_again(&bed), SEG(1));
	/* Losses in it are no new event. */
	bed_sack(&bed, SEG(1), SEG(6), SEG(8));
	assert_int_equal(bed.tcb->air->lost_bytes, SEG(1));
	assert_int_equal(bed_log.event_count, 1);
	assert_int_equal(bed_again(&bed), SEG(5));
	bed_wait_ms(&bed, 100);
	bed_ack_to(&bed, SEG(10));
	assert_int_equal(bed.tcb->ca, TCP_CA_RECOVERY);
	bed_ack_to(&bed, SEG(11));
	assert_int_equal(bed.tcb->ca, TCP_CA_OPEN);
	assert_int_equal(bed_log.event_count, 2);
	assert_int_equal(bed_log.event[1], CC_EXIT_RECOVERY);
	assert_int_equal(bed_log.ack_count, 3 + 1 + 2);
	assert_false(bed_log.ack.in_recovery);
	bed_close(&bed);
}

/* What is lost behind the end of a recovery is the next one's. */
static void test_loss_behind_the_end_begins_another(void **state)
{
	struct bed bed;

	(void)state;
	open_lossy(&bed, TCB_SACK);
	bed_again(&bed);
	bed_wait_ms(&bed, 10);
	bed_send(&bed, 4);
	bed_wait_ms(&bed, 100);
	bed_ack(&bed, (struct bed_ack){
			      .ack = SEG(11), .sack_count = 1, .sack = { { SEG(12), SEG(15) } } });
	assert_int_equal(bed_events(CC_EXIT_RECOVERY), 1);
	assert_int_equal(bed_events(CC_ENTER_RECOVERY), 2);
	assert_int_equal(bed.tcb->ca, TCP_CA_RECOVERY);
	assert_int_equal(bed.tcb->air->high_seq, bed_seq(SEG(15)));
	bed_close(&bed);
}

/* The first segment leaves at once, whatever the proportion says. */
static void test_rfc9937_fast_retransmit_is_allowed(void **state)
{
	struct bed bed;

	(void)state;
	open_lossy(&bed, TCB_SACK);
	assert_int_equal(bed.tcb->air->send_budget_set, true);
	assert_int_equal(bed.tcb->air->cc.ssthresh, SEG(4));
	assert_int_equal(bed.tcb->air->prr_start, SEG(10));
	assert_int_equal(bed.tcb->air->send_budget, SEG(1));
	assert_int_equal(bed.tcb->air->cc.cwnd, SEG(6) + SEG(1));
	bed_close(&bed);
}

static u32 ceil_div(u32 a, u32 b)
{
	return (a + b - 1) / b;
}

/* Above ssthresh: ssthresh bytes leave for each RecoverFS that are delivered. */
static void test_rfc9937_6_2_proportional(void **state)
{
	struct bed bed;
	u32 delivered = SEG(1);

	(void)state;
	open_lossy(&bed, TCB_SACK);
	bed_again(&bed);
	for (u32 n = 6; n < 8; n++) {
		bed_sack(&bed, SEG(1), SEG(2), SEG(n));
		delivered += SEG(1);
		assert_true(tcb_in_flight(bed.tcb) > bed.tcb->air->cc.ssthresh);
		assert_int_equal(bed.tcb->air->prr_delivered, delivered);
		assert_int_equal(bed.tcb->air->send_budget,
				 (u32)ceil_div(delivered * 4, 10) -
					 u32_min(SEG(1), ceil_div(delivered * 4, 10)));
		assert_int_equal(bed.tcb->air->cc.cwnd,
				 tcb_in_flight(bed.tcb) + bed.tcb->air->send_budget);
	}
	assert_int_equal(bed.tcb->air->send_budget, 200);
	/* An ACK that brings nothing grants nothing. */
	bed_sack(&bed, SEG(1), SEG(2), SEG(7));
	assert_int_equal(bed.tcb->air->prr_delivered, delivered);
	assert_int_equal(bed.tcb->air->send_budget, 200);
	bed_close(&bed);
}

/* Below ssthresh: what was delivered, and one segment more when the ACK moves on and tells of no
 * further loss.                                                                                  */
static void test_rfc9937_6_2_slow_start_reduction_bound(void **state)
{
	struct bed bed;

	(void)state;
	open_lossy(&bed, TCB_SACK);
	bed_again(&bed);
	/* Four of what is in flight, three beyond a hole: in flight falls from 7 to 2. */
	bed_sack(&bed, SEG(1), SEG(6), SEG(10));
	assert_int_equal(tcb_in_flight(bed.tcb), SEG(2));
	assert_int_equal(bed.tcb->air->prr_delivered, SEG(5));
	assert_int_equal(bed.tcb->air->prr_out, SEG(1));
	/* limit = max(5 - 1, 4), and ssthresh - pipe = 2. */
	assert_int_equal(bed.tcb->air->send_budget, SEG(2));
	bed.tcb->air->cc.ssthresh = SEG(100);
	bed_sack(&bed, SEG(1), SEG(10), SEG(11));
	assert_int_equal(bed.tcb->air->send_budget, SEG(6) - SEG(1));
	bed_sack(&bed, SEG(2), SEG(6), SEG(11));
	assert_int_equal(bed.tcb->air->send_budget, SEG(7) - SEG(1) + SEG(1));
	bed_close(&bed);
}

/* One ACK again and again, in slow start: it is worth no segment. */
static void test_rfc9937_ack_of_nothing_grants_nothing(void **state)
{
	struct bed bed;

	(void)state;
	open_lossy(&bed, TCB_SACK);
	bed_again(&bed);
	bed_sack(&bed, SEG(1), SEG(6), SEG(10));
	bed.tcb->air->cc.ssthresh = SEG(100);
	bed.tcb->air->send_budget = 0;
	for (u32 n = 0; n < 5; n++)
		bed_sack(&bed, SEG(1), SEG(6), SEG(10));
	assert_int_equal(bed.tcb->air->send_budget, 0);
	bed_close(&bed);
}

/* Found in the recovery before, not sent again when that ends. */
static void test_what_is_still_lost_begins_another(void **state)
{
	struct bed bed;

	(void)state;
	open_lossy(&bed, TCB_SACK);
	bed_again(&bed);
	bed_wait_ms(&bed, 10);
	bed_send(&bed, 4);
	bed_wait_ms(&bed, 100);
	bed_sack(&bed, SEG(1), SEG(12), SEG(15));
	assert_int_equal(bed.tcb->recoveries, 1);
	bed_ack(&bed, (struct bed_ack){
			      .ack = SEG(11), .sack_count = 1, .sack = { { SEG(12), SEG(15) } } });
	assert_int_equal(bed_log.ack.lost_bytes, 0);
	assert_int_equal(bed_events(CC_EXIT_RECOVERY), 1);
	assert_int_equal(bed.tcb->recoveries, 2);
	bed_close(&bed);
}

/* A new recovery asks for proofs of its own. */
static void test_proofs_are_of_one_recovery(void **state)
{
	struct bed bed;

	(void)state;
	open_lossy(&bed, TCB_SACK);
	bed_again(&bed);
	bed_wait_ms(&bed, 100);
	bed_ack_to(&bed, SEG(11));
	assert_true(bed.tcb->air->spurious_checked);
	bed_send(&bed, 5);
	bed_wait_ms(&bed, 100);
	bed_sack(&bed, SEG(11), SEG(12), SEG(15));
	assert_int_equal(bed.tcb->ca, TCP_CA_RECOVERY);
	assert_false(bed.tcb->air->spurious_checked || bed.tcb->air->undo_sent);
	/* Nothing was sent again in it. */
	bed_sack(&bed, SEG(11), SEG(11), SEG(12));
	bed_sack(&bed, SEG(12), SEG(11), SEG(12));
	assert_int_equal(bed_events(CC_UNDO), 0);
	bed_close(&bed);
}

static void test_rfc9937_ends_at_ssthresh(void **state)
{
	struct bed bed;

	(void)state;
	open_lossy(&bed, TCB_SACK);
	bed_again(&bed);
	bed_wait_ms(&bed, 100);
	bed_ack_to(&bed, SEG(11));
	assert_false(bed.tcb->air->send_budget_set);
	assert_int_equal(bed.tcb->air->cc.cwnd, bed.tcb->air->cc.ssthresh);
	bed_close(&bed);
}

/* One that leads cwnd itself is let alone. */
static void test_without_prr_nothing_is_bounded(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_warm(&bed, 1, 100);
	bed_send(&bed, 5);
	bed_wait_ms(&bed, 100);
	bed_sack(&bed, SEG(1), SEG(2), SEG(6));
	assert_int_equal(bed.tcb->ca, TCP_CA_RECOVERY);
	assert_false(bed.tcb->air->send_budget_set);
	assert_int_equal(bed.tcb->air->cc.cwnd, SEG(100));
	bed_again(&bed);
	bed_wait_ms(&bed, 100);
	bed_ack_to(&bed, SEG(6));
	assert_int_equal(bed.tcb->air->cc.cwnd, SEG(100));
	bed_close(&bed);
}

/* All that was sent again had arrived: also when recovery is over. */
static void test_rfc3708_dsack_for_each_retransmission(void **state)
{
	struct bed bed;

	(void)state;
	open_lossy(&bed, TCB_SACK);
	bed_again(&bed);
	bed_sack(&bed, SEG(1), SEG(6), SEG(8));
	assert_int_equal(bed_again(&bed), SEG(5));
	assert_int_equal(bed.tcb->air->undo_again, SEG(2));
	bed_wait_ms(&bed, 30);
	bed_ack_to(&bed, SEG(11));
	assert_int_equal(bed.tcb->ca, TCP_CA_OPEN);
	bed_wait_ms(&bed, 70);
	bed_sack(&bed, SEG(11), SEG(1), SEG(2));
	assert_int_equal(bed_events(CC_UNDO), 0);
	bed_sack(&bed, SEG(11), SEG(5), SEG(6));
	assert_int_equal(bed_events(CC_UNDO), 1);
	assert_int_equal(bed.tcp.stats.undone, 1);
	assert_int_equal(bed.tcb->air->cc.cwnd, SEG(10));
	assert_int_equal(bed.tcb->air->cc.ssthresh, UINT32_MAX);
	/* Only once. */
	bed_sack(&bed, SEG(11), SEG(5), SEG(6));
	assert_int_equal(bed_events(CC_UNDO), 1);
	bed_close(&bed);
}

/* In recovery: it is over, and what was never sent again is in flight as before. */
static void test_rfc3708_undo_in_recovery(void **state)
{
	struct bed bed;

	(void)state;
	open_lossy(&bed, TCB_SACK);
	bed_sack(&bed, SEG(1), SEG(6), SEG(8));
	assert_int_equal(bed.tcb->air->lost_bytes, SEG(2));
	assert_int_equal(bed_again(&bed), SEG(1));
	bed_wait_ms(&bed, 20);
	bed_ack(&bed, (struct bed_ack){ .ack = SEG(5),
					.dup = true,
					.sack_count = 2,
					.sack = { { SEG(1), SEG(2) }, { SEG(6), SEG(8) } } });
	assert_int_equal(bed_events(CC_UNDO), 1);
	assert_int_equal(bed_events(CC_EXIT_RECOVERY), 0);
	assert_false(bed.tcb->air->send_budget_set);
	assert_int_equal(bed.tcb->air->cc.cwnd, SEG(10));
	bed_close(&bed);
}

static void test_dsack_of_something_else_undoes_nothing(void **state)
{
	struct bed bed;

	(void)state;
	open_lossy(&bed, TCB_SACK);
	bed_again(&bed);
	bed_sack(&bed, SEG(1), SEG(0), SEG(1));
	assert_int_equal(bed.tcb->air->undo_again, SEG(1));
	assert_int_equal(bed_events(CC_UNDO), 0);
	bed_close(&bed);
}

/* The echo is older than the retransmission: the original was only late. */
static void test_rfc3522_3_2_eifel(void **state)
{
	struct bed bed;
	ns_t first_ns;

	(void)state;
	bed_open(&bed, TCB_SACK | TCB_TS);
	bed_warm(&bed, 1, 100);
	first_ns = bed.now;
	bed_send(&bed, 6);
	bed_wait_ms(&bed, 100);
	bed_sack(&bed, SEG(1), SEG(3), SEG(6));
	assert_int_equal(bed.tcb->air->lost_bytes, SEG(2));
	assert_int_equal(bed_again(&bed), SEG(1));
	bed_wait_ms(&bed, 10);
	bed_ack(&bed, (struct bed_ack){ .ack = SEG(2),
					.has_ts = true,
					.ts_ns = first_ns,
					.sack_count = 1,
					.sack = { { SEG(3), SEG(6) } } });
	assert_int_equal(bed_events(CC_UNDO), 1);
	assert_int_equal(bed.tcp.stats.undone, 1);
	assert_int_equal(bed.tcb->air->cc.cwnd, SEG(100));
	/* RACK goes on: reordering was not seen, three have arrived behind it. */
	assert_int_equal(bed_events(CC_ENTER_RECOVERY), 2);
	bed_close(&bed);
}

static void test_rfc3522_3_2_only_the_first_ack_decides(void **state)
{
	struct bed bed;
	ns_t first_ns;

	(void)state;
	bed_open(&bed, TCB_SACK | TCB_TS);
	bed_warm(&bed, 1, 100);
	first_ns = bed.now;
	bed_send(&bed, 6);
	bed_wait_ms(&bed, 100);
	bed_sack(&bed, SEG(1), SEG(3), SEG(6));
	bed_again(&bed);
	bed_again(&bed);
	bed_wait_ms(&bed, 100);
	bed_ack(&bed, (struct bed_ack){
			      .ack = SEG(2), .has_ts = true, .ts_ns = bed.now - 100 * NS_PER_MS });
	bed_ack(&bed, (struct bed_ack){ .ack = SEG(6), .has_ts = true, .ts_ns = first_ns });
	assert_int_equal(bed_events(CC_UNDO), 0);
	bed_close(&bed);
}

static void test_time_out_makes_lost_what_is_in_flight(void **state)
{
	struct bed bed;

	(void)state;
	open_lossy(&bed, TCB_SACK);
	bed_again(&bed);
	bed_time_out(&bed);
	assert_int_equal(bed.tcb->ca, TCP_CA_LOSS);
	assert_int_equal(bed.tcb->air->lost_bytes, SEG(7));
	assert_int_equal(bed.tcb->air->sacked_bytes, SEG(3));
	assert_int_equal(bed.tcb->air->again_bytes, 0);
	assert_int_equal(tcb_in_flight(bed.tcb), 0);
	assert_false(bed.tcb->air->send_budget_set);
	assert_int_equal(bed_timer_ms(&bed, TCP_TIMER_REORDER), UINT32_MAX);
	assert_int_equal(bed_log.event[bed_log.event_count - 1], CC_TIMEOUT);
	assert_int_equal(bed_log.event_ack[bed_log.event_count - 1].prior_in_flight, SEG(7));
	assert_int_equal(bed_log.event_ack[bed_log.event_count - 1].in_flight, 0);
	assert_int_equal(bed.tcb->air->frto, 0);
	assert_int_equal(bed_again(&bed), SEG(1));
	bed_wait_ms(&bed, 100);
	bed_ack_to(&bed, SEG(5));
	assert_int_equal(bed.tcb->ca, TCP_CA_LOSS);
	bed_ack_to(&bed, SEG(11));
	assert_int_equal(bed.tcb->ca, TCP_CA_OPEN);
	assert_int_equal(bed_log.event[bed_log.event_count - 1], CC_EXIT_RECOVERY);
	bed_close(&bed);
}

/* Too large now: again, in parts, and no congestion. */
static void test_rfc1191_6_5_smaller_mtu(void **state)
{
	struct bed bed;
	u32 want_count;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_warm(&bed, 1, 100);
	bed_send_one(&bed, 500, 0);
	bed_send(&bed, 3);
	bed.tcb->air->cc.mss = 600;
	want_count = bed_log.want_count;
	loss_on_pmtu(&bed.tcp, bed.idx, bed.now);
	loss_check(&bed.tcp, bed.tcb);
	assert_int_equal(bed.tcb->air->lost_bytes, SEG(3));
	assert_int_equal(bed.tcb->air->lost, 0);
	assert_int_equal(bed_log.event_count + bed_log.lost_count, 0);
	assert_int_equal(bed.tcb->ca, TCP_CA_OPEN);
	assert_false(bed.tcb->retransmit_is_probe);
	assert_int_equal(bed_log.want_count, want_count + 1);
	assert_true(loss_cut(&bed.tcp, bed.idx, loss_again(&bed.tcp, bed.tcb), 600));
	assert_int_equal(bed_again(&bed), SEG(1) + 500);
	assert_int_equal(bed.tcb->air->again_bytes, 600);
	assert_int_equal(bed_next_again(&bed), SEG(1) + 1100);
	bed_close(&bed);
}

/* What a smaller MTU made lost does not come back with an undo; when the MTU is large again, it
 * goes to its place between those that were sent before and after it.                            */
static void undo_with_mtu(u32 mss_then, u32 lost_bytes)
{
	struct bed bed;

	bed_open(&bed, TCB_SACK);
	bed_warm(&bed, 1, 100);
	bed_send_one(&bed, 500, 0);
	bed_wait_ms(&bed, 1);
	bed_send_one(&bed, 500, 0);
	bed_wait_ms(&bed, 1);
	bed_send_one(&bed, MSS, 0);
	bed_wait_ms(&bed, 1);
	bed_send_one(&bed, 500, 0);
	bed.tcb->air->cc.mss = 600;
	loss_on_pmtu(&bed.tcp, bed.idx, bed.now);
	bed.tcb->air->cc.mss = mss_then;
	bed.tcb->rack_reordering = true;
	bed_wait_ms(&bed, 124);
	bed_sack(&bed, SEG(1), SEG(3), SEG(3) + 500);
	bed_fire(&bed, TCP_TIMER_REORDER);
	assert_int_equal(bed.tcb->ca, TCP_CA_RECOVERY);
	assert_int_equal(bed.tcb->air->lost_bytes, SEG(1) + 500);
	assert_int_equal(bed_again(&bed), SEG(1));
	bed_wait_ms(&bed, 20);
	bed_ack(&bed,
		(struct bed_ack){ .ack = SEG(1) + 500,
				  .sack_count = 2,
				  .sack = { { SEG(1), SEG(1) + 500 }, { SEG(3), SEG(3) + 500 } } });
	assert_int_equal(bed_events(CC_UNDO), 1);
	assert_int_equal(bed.tcb->air->lost_bytes, lost_bytes);
	bed_close(&bed);
}

static void test_undo_and_mtu(void **state)
{
	(void)state;
	undo_with_mtu(600, SEG(1));
	undo_with_mtu(MSS, 0);
}

/* cwnd_limited: as long as the flag stood in this round. */
static void test_cwnd_limited_is_of_the_round(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_send(&bed, 4);
	bed.tcb->flags |= TCB_CWND_LIMITED;
	bed_wait_ms(&bed, 100);
	/* The first ACK ends the first round. */
	bed_ack_to(&bed, SEG(1));
	assert_true(bed_log.ack.cwnd_limited);
	assert_int_equal(bed.tcb->flags & TCB_CWND_LIMITED, 0);
	bed_send(&bed, 2);
	bed.tcb->flags |= TCB_CWND_LIMITED;
	for (u32 n = 2; n <= 4; n++) {
		bed_wait_ms(&bed, 1);
		bed_ack_to(&bed, SEG(n));
		assert_true(bed_log.ack.cwnd_limited);
		assert_int_equal(bed.tcb->flags & TCB_CWND_LIMITED, TCB_CWND_LIMITED);
	}
	bed_wait_ms(&bed, 100);
	bed_ack_to(&bed, SEG(5));
	assert_true(bed_log.ack.cwnd_limited);
	bed_ack_to(&bed, SEG(6));
	assert_false(bed_log.ack.cwnd_limited);
	bed_close(&bed);
}

static void test_one_short_segment_was_delayed(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_send_one(&bed, 10, 0);
	bed_send(&bed, 3);
	bed_ack_to(&bed, 10);
	assert_true(bed_log.ack.ack_delayed);
	bed_ack_to(&bed, SEG(1) + 10);
	assert_false(bed_log.ack.ack_delayed);
	bed_send_one(&bed, 10, 0);
	bed_ack_to(&bed, SEG(3) + 10);
	assert_false(bed_log.ack.ack_delayed);
	/* Two, the first of them short: that is why it came at once. */
	bed_send(&bed, 1);
	bed_ack_to(&bed, SEG(4) + 20);
	assert_false(bed_log.ack.ack_delayed);
	bed_close(&bed);
}

/* The hole is mended late in the round trip: the timer waits for the answer to that. */
static void test_rto_counts_from_the_first_retransmission(void **state)
{
	struct bed bed;

	(void)state;
	open_lossy(&bed, TCB_SACK);
	assert_true(bed_timer_ms(&bed, TCP_TIMER_RETRANSMIT) < (u32)(bed.tcb->rto_ns / NS_PER_MS));
	bed_again(&bed);
	assert_int_equal(bed_timer_ms(&bed, TCP_TIMER_RETRANSMIT),
			 (u32)(bed.tcb->rto_ns / NS_PER_MS));
	/* Not from a later one. */
	bed_sack(&bed, SEG(1), SEG(6), SEG(8));
	bed_wait_ms(&bed, 10);
	assert_int_equal(bed_again(&bed), SEG(5));
	assert_int_equal(bed_timer_ms(&bed, TCP_TIMER_RETRANSMIT),
			 (u32)(bed.tcb->rto_ns / NS_PER_MS) - 10);
	bed_close(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc6675_5_begins_and_ends),
		cmocka_unit_test(test_loss_behind_the_end_begins_another),
		cmocka_unit_test(test_rfc9937_fast_retransmit_is_allowed),
		cmocka_unit_test(test_rfc9937_6_2_proportional),
		cmocka_unit_test(test_rfc9937_6_2_slow_start_reduction_bound),
		cmocka_unit_test(test_rfc9937_ack_of_nothing_grants_nothing),
		cmocka_unit_test(test_what_is_still_lost_begins_another),
		cmocka_unit_test(test_proofs_are_of_one_recovery),
		cmocka_unit_test(test_rfc9937_ends_at_ssthresh),
		cmocka_unit_test(test_without_prr_nothing_is_bounded),
		cmocka_unit_test(test_rfc3708_dsack_for_each_retransmission),
		cmocka_unit_test(test_rfc3708_undo_in_recovery),
		cmocka_unit_test(test_dsack_of_something_else_undoes_nothing),
		cmocka_unit_test(test_rfc3522_3_2_eifel),
		cmocka_unit_test(test_rfc3522_3_2_only_the_first_ack_decides),
		cmocka_unit_test(test_time_out_makes_lost_what_is_in_flight),
		cmocka_unit_test(test_rfc1191_6_5_smaller_mtu),
		cmocka_unit_test(test_undo_and_mtu),
		cmocka_unit_test(test_cwnd_limited_is_of_the_round),
		cmocka_unit_test(test_one_short_segment_was_delayed),
		cmocka_unit_test(test_rto_counts_from_the_first_retransmission),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
