/* Tail loss probes: RFC 8985 section 7. */
#include "unit/core_tcp/loss_bed.h"

static void test_rfc8985_7_2_two_round_trips(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_warm(&bed, 1, 50);
	bed_send(&bed, 3);
	assert_true(bed.tcb->retransmit_is_probe);
	assert_int_equal(bed_timer_ms(&bed, TCP_TIMER_RETRANSMIT), 100);
	/* New data, and what moves SND.UNA, begin it anew. */
	bed_wait_ms(&bed, 20);
	bed_send(&bed, 1);
	assert_int_equal(bed_timer_ms(&bed, TCP_TIMER_RETRANSMIT), 100);
	bed_wait_ms(&bed, 30);
	bed_ack_to(&bed, SEG(2));
	assert_int_equal(bed_timer_ms(&bed, TCP_TIMER_RETRANSMIT), 100);
	bed_wait_ms(&bed, 10);
	bed_ack_to(&bed, SEG(2));
	loss_arm(&bed.tcp, bed.tcb, bed.now);
	assert_int_equal(bed_timer_ms(&bed, TCP_TIMER_RETRANSMIT), 90);
	bed_close(&bed);
}

/* One segment may wait for the peer's delayed ACK. */
static void test_rfc8985_7_2_one_segment(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_warm(&bed, 1, 1);
	bed.tcb->rto_min_ms = 1000;
	bed.tcb->rto_ns = rtt_rto(&bed.tcp, bed.tcb);
	bed_send(&bed, 1);
	assert_true(bed.tcb->retransmit_is_probe);
	assert_int_equal(bed_timer_ms(&bed, TCP_TIMER_RETRANSMIT), 2 + BED_DELACK_MS);
	bed_close(&bed);
}

static void test_rfc8985_7_2_without_a_round_trip_one_second(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed.tcb->rto_ns = 5 * NS_PER_SEC;
	bed_send(&bed, 3);
	assert_true(bed.tcb->retransmit_is_probe);
	assert_int_equal(bed_timer_ms(&bed, TCP_TIMER_RETRANSMIT), 1000);
	bed_close(&bed);
}

/* It is never later than the RTO; then it takes its place. */
static void test_rfc8985_7_2_not_behind_the_rto(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	for (u32 n = 0; n < 50; n++)
		rtt_sample(&bed.tcp, bed.tcb, 300 * NS_PER_MS);
	bed_send(&bed, 3);
	assert_true(bed.tcb->retransmit_is_probe);
	assert_int_equal(bed_timer_ms(&bed, TCP_TIMER_RETRANSMIT), 500);
	assert_false(bed_fire(&bed, TCP_TIMER_RETRANSMIT));
	assert_int_equal(bed.tcb->timeouts, 0);
	bed_close(&bed);
}

static void test_rfc8985_7_2_no_probe_where_others_mend(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_warm(&bed, 1, 50);
	bed_send(&bed, 6);
	assert_true(bed.tcb->retransmit_is_probe);
	bed_wait_ms(&bed, 50);
	bed_sack(&bed, SEG(1), SEG(2), SEG(3));
	assert_false(bed.tcb->retransmit_is_probe);
	bed_sack(&bed, SEG(1), SEG(2), SEG(5));
	assert_int_equal(bed.tcb->ca, TCP_CA_RECOVERY);
	bed_again(&bed);
	bed_send(&bed, 1);
	assert_false(bed.tcb->retransmit_is_probe);
	bed_close(&bed);
}

static void test_rfc8985_7_needs_sack(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, 0);
	bed_warm(&bed, 1, 50);
	bed_send(&bed, 3);
	assert_false(bed.tcb->retransmit_is_probe);
	assert_int_equal(bed_timer_ms(&bed, TCP_TIMER_RETRANSMIT), 250);
	bed_close(&bed);
}

static void fire_probe(struct bed *bed)
{
	u32 want_count = bed_log.want_count;

	assert_true(bed->tcb->retransmit_is_probe);
	assert_false(bed_fire(bed, TCP_TIMER_RETRANSMIT));
	assert_int_equal(bed->tcb->flags & TCB_PROBE, TCB_PROBE);
	assert_int_equal(bed_log.want_count, want_count + 1);
	bed->tcb->flags &= ~(u32)TCB_PROBE;
}

static u32 probe_again(struct bed *bed)
{
	u32 rec = loss_probe_again(&bed->tcp, bed->tcb);
	u32 offset = bed_offset(bed, rec);

	loss_sent_again(&bed->tcp, bed->idx, rec, true, bed->now);
	loss_arm(&bed->tcp, bed->tcb, bed->now);
	loss_check(&bed->tcp, bed->tcb);
	return offset;
}

/* The last one again; then the RTO from there, and no second probe. */
static void test_rfc8985_7_3_probe_is_the_last_again(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_warm(&bed, 1, 50);
	bed_send(&bed, 3);
	fire_probe(&bed);
	assert_int_equal(probe_again(&bed), SEG(3));
	assert_int_equal(tcb_in_flight(bed.tcb), SEG(3));
	assert_int_equal(bed.tcb->air->again_bytes, SEG(1));
	assert_int_equal(bed_rec(&bed, SEG(3))->flags & REC_PROBE, REC_PROBE);
	assert_true(bed.tcb->air->tlp_active && bed.tcb->air->tlp_is_again);
	assert_false(bed.tcb->retransmit_is_probe);
	assert_int_equal(bed_timer_ms(&bed, TCP_TIMER_RETRANSMIT),
			 (u32)(bed.tcb->rto_ns / NS_PER_MS));
	bed_send(&bed, 1);
	assert_false(bed.tcb->retransmit_is_probe);
	bed_close(&bed);
}

static void test_rfc8985_7_3_probe_is_new_data(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_warm(&bed, 1, 50);
	bed_send(&bed, 3);
	fire_probe(&bed);
	bed_send_one(&bed, MSS, 0);
	loss_sent_probe_new(&bed.tcp, bed.idx, bed.tcb->snd_nxt, bed.now);
	loss_arm(&bed.tcp, bed.tcb, bed.now);
	loss_check(&bed.tcp, bed.tcb);
	assert_false(bed.tcb->retransmit_is_probe);
	/* Its ACK ends it, without any consequence. */
	bed_wait_ms(&bed, 50);
	bed_ack_to(&bed, SEG(5));
	assert_false(bed.tcb->air->tlp_active);
	assert_int_equal(bed_log.event_count, 0);
	bed_close(&bed);
}

/* Its SACK lets RACK find the others. */
static void test_rfc8985_7_3_probe_makes_a_tail_a_fast_recovery(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_warm(&bed, 1, 50);
	bed_send(&bed, 3);
	fire_probe(&bed);
	probe_again(&bed);
	bed_wait_ms(&bed, 50);
	bed_sack(&bed, SEG(1), SEG(3), SEG(4));
	assert_int_equal(bed.tcb->ca, TCP_CA_RECOVERY);
	assert_int_equal(bed.tcb->air->lost_bytes, SEG(2));
	assert_int_equal(bed.tcb->timeouts, 0);
	bed_close(&bed);
}

/* A probe that could not be sent is not asked for again and again: RTO stands. */
static void test_rfc8985_7_3_rto_stands_when_no_probe_left(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_warm(&bed, 1, 50);
	bed_send(&bed, 3);
	fire_probe(&bed);
	loss_arm(&bed.tcp, bed.tcb, bed.now);
	assert_false(bed.tcb->retransmit_is_probe);
	assert_true(bed_fire(&bed, TCP_TIMER_RETRANSMIT));
	assert_int_equal(bed.tcb->timeouts, 1);
	assert_false(bed.tcb->air->tlp_active);
	bed_close(&bed);
}

/* New data, or an ACK of something new, and there may be another one. */
static void test_rfc8985_7_2_anew_after_a_probe_that_did_not_leave(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_warm(&bed, 1, 50);
	bed_send(&bed, 3);
	fire_probe(&bed);
	bed_send(&bed, 1);
	assert_true(bed.tcb->retransmit_is_probe);
	fire_probe(&bed);
	assert_false(bed.tcb->retransmit_is_probe);
	bed_ack_to(&bed, SEG(2));
	assert_true(bed.tcb->retransmit_is_probe);
	bed_close(&bed);
}

/* It found room some time after its time had come. */
static void test_rfc8985_7_3_rto_counts_from_the_probe(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_warm(&bed, 1, 50);
	bed_send(&bed, 3);
	fire_probe(&bed);
	bed_wait_ms(&bed, 10);
	probe_again(&bed);
	assert_int_equal(bed.tcb->timer[TCP_TIMER_RETRANSMIT], bed.now + bed.tcb->rto_ns);
	bed_close(&bed);
}

static void open_probed(struct bed *bed)
{
	bed_open(bed, TCB_SACK);
	bed->tcb->air->cc.ops = &bed_cc_prr;
	bed_warm(bed, 1, 50);
	bed_send(bed, 3);
	fire_probe(bed);
	probe_again(bed);
}

/* An ACK beyond the probe: it or the original was lost, and congestion control hears of it. */
static void test_rfc8985_7_4_probe_mended_a_loss(void **state)
{
	struct bed bed;

	(void)state;
	open_probed(&bed);
	bed_send(&bed, 1);
	bed_wait_ms(&bed, 50);
	bed_ack_to(&bed, SEG(4));
	assert_true(bed.tcb->air->tlp_active);
	assert_int_equal(bed_log.event_count, 0);
	bed_ack_to(&bed, SEG(5));
	assert_false(bed.tcb->air->tlp_active);
	assert_int_equal(bed_log.event_count, 2);
	assert_int_equal(bed_log.event[0], CC_ENTER_RECOVERY);
	assert_int_equal(bed_log.event[1], CC_EXIT_RECOVERY);
	assert_int_equal(bed.tcb->air->cc.cwnd, bed.tcb->air->cc.ssthresh);
	assert_false(bed.tcb->air->send_budget_set);
	assert_int_equal(bed.tcb->ca, TCP_CA_OPEN);
	assert_int_equal(bed.tcb->recoveries, 1);
	bed_close(&bed);
}

static void test_rfc8985_7_4_dsack_says_the_probe_was_not_needed(void **state)
{
	struct bed bed;

	(void)state;
	open_probed(&bed);
	bed_send(&bed, 1);
	bed_wait_ms(&bed, 50);
	bed_ack_to(&bed, SEG(4));
	bed_sack(&bed, SEG(4), SEG(3), SEG(4));
	assert_false(bed.tcb->air->tlp_active);
	bed_ack_to(&bed, SEG(5));
	assert_int_equal(bed_log.event_count, 0);
	bed_close(&bed);
}

static void test_rfc8985_7_4_dup_ack_without_sack_says_it_too(void **state)
{
	struct bed bed;

	(void)state;
	open_probed(&bed);
	bed_send(&bed, 1);
	bed_wait_ms(&bed, 50);
	bed_ack_to(&bed, SEG(4));
	bed_ack(&bed, (struct bed_ack){ .ack = SEG(4), .dup = true });
	assert_false(bed.tcb->air->tlp_active);
	bed_ack_to(&bed, SEG(5));
	assert_int_equal(bed_log.event_count, 0);
	bed_close(&bed);
}

static void test_rfc8985_7_4_dsack_of_another_says_nothing(void **state)
{
	struct bed bed;

	(void)state;
	open_probed(&bed);
	bed_send(&bed, 1);
	bed_wait_ms(&bed, 50);
	bed_ack_to(&bed, SEG(4));
	bed_sack(&bed, SEG(4), SEG(1), SEG(2));
	assert_true(bed.tcb->air->tlp_active);
	bed_close(&bed);
}

/* The same ACK shows another loss: one event for both. */
static void test_rfc8985_7_4_beside_another_loss(void **state)
{
	struct bed bed;

	(void)state;
	open_probed(&bed);
	bed_send(&bed, 6);
	bed_wait_ms(&bed, 50);
	bed_ack(&bed, (struct bed_ack){
			      .ack = SEG(5), .sack_count = 1, .sack = { { SEG(6), SEG(10) } } });
	assert_false(bed.tcb->air->tlp_active);
	assert_int_equal(bed_log.event_count, 1);
	assert_int_equal(bed.tcb->ca, TCP_CA_RECOVERY);
	bed_close(&bed);
}

/* Fast recovery mends it already, and congestion control has heard of that. */
static void test_rfc8985_7_4_in_recovery_it_is_no_second_event(void **state)
{
	struct bed bed;

	(void)state;
	open_probed(&bed);
	bed_send(&bed, 1);
	bed_wait_ms(&bed, 50);
	bed_sack(&bed, SEG(1), SEG(3), SEG(4));
	assert_int_equal(bed.tcb->ca, TCP_CA_RECOVERY);
	bed_again(&bed);
	bed_again(&bed);
	bed_send(&bed, 1);
	bed.tcb->air->high_seq = bed.tcb->snd_nxt;
	bed_wait_ms(&bed, 50);
	bed_ack_to(&bed, SEG(5));
	assert_false(bed.tcb->air->tlp_active);
	assert_int_equal(bed_log.event_count, 1);
	assert_int_equal(bed.tcb->ca, TCP_CA_RECOVERY);
	bed_close(&bed);
}

/* Who asks late is told now, not a time that has gone by. */
static void test_timer_is_never_in_the_past(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_warm(&bed, 1, 50);
	bed_send(&bed, 3);
	bed_wait_ms(&bed, 5000);
	loss_arm(&bed.tcp, bed.tcb, bed.now);
	assert_int_equal(bed.tcb->timer[TCP_TIMER_RETRANSMIT], bed.now);
	bed_close(&bed);
}

/* A SYN offers SACK; nothing is known of the path that a probe could count by. */
static void test_no_probe_of_a_syn(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed.tcb->state = TCP_SYN_SENT;
	bed.tcb->snd_una = bed.tcb->snd_nxt = BED_ISS;
	bed_send_one(&bed, 1, REC_SYN);
	loss_arm(&bed.tcp, bed.tcb, bed.now);
	assert_false(bed.tcb->retransmit_is_probe);
	assert_int_equal(bed_timer_ms(&bed, TCP_TIMER_RETRANSMIT), 1000);
	bed_close(&bed);
}

/* An answer came between the timer and the probe: it is not needed any more. */
static void test_probe_is_withdrawn(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_warm(&bed, 1, 50);
	bed_send(&bed, 3);
	assert_false(bed_fire(&bed, TCP_TIMER_RETRANSMIT));
	bed_ack_to(&bed, SEG(2));
	assert_int_equal(bed.tcb->flags & TCB_PROBE, 0);
	assert_true(bed.tcb->retransmit_is_probe);
	bed_close(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc8985_7_2_two_round_trips),
		cmocka_unit_test(test_rfc8985_7_2_one_segment),
		cmocka_unit_test(test_rfc8985_7_2_without_a_round_trip_one_second),
		cmocka_unit_test(test_rfc8985_7_2_not_behind_the_rto),
		cmocka_unit_test(test_rfc8985_7_2_no_probe_where_others_mend),
		cmocka_unit_test(test_rfc8985_7_needs_sack),
		cmocka_unit_test(test_rfc8985_7_3_probe_is_the_last_again),
		cmocka_unit_test(test_rfc8985_7_3_probe_is_new_data),
		cmocka_unit_test(test_rfc8985_7_3_probe_makes_a_tail_a_fast_recovery),
		cmocka_unit_test(test_rfc8985_7_3_rto_stands_when_no_probe_left),
		cmocka_unit_test(test_rfc8985_7_2_anew_after_a_probe_that_did_not_leave),
		cmocka_unit_test(test_rfc8985_7_3_rto_counts_from_the_probe),
		cmocka_unit_test(test_rfc8985_7_4_probe_mended_a_loss),
		cmocka_unit_test(test_rfc8985_7_4_dsack_says_the_probe_was_not_needed),
		cmocka_unit_test(test_rfc8985_7_4_dup_ack_without_sack_says_it_too),
		cmocka_unit_test(test_rfc8985_7_4_dsack_of_another_says_nothing),
		cmocka_unit_test(test_rfc8985_7_4_beside_another_loss),
		cmocka_unit_test(test_rfc8985_7_4_in_recovery_it_is_no_second_event),
		cmocka_unit_test(test_timer_is_never_in_the_past),
		cmocka_unit_test(test_no_probe_of_a_syn),
		cmocka_unit_test(test_probe_is_withdrawn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
