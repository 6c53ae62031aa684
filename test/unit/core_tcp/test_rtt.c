/* Round trips and RTO: RFC 6298, RFC 7323 section 4, Karn. */
#include "unit/core_tcp/loss_bed.h"

static void test_rfc6298_2_1_before_the_first_measurement(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, 0);
	assert_int_equal(bed.tcb->rto_ns, NS_PER_SEC);
	bed_send(&bed, 1);
	assert_int_equal(bed_timer_ms(&bed, TCP_TIMER_RETRANSMIT), 1000);
	bed_close(&bed);
}

static void test_rfc6298_2_2_first_measurement(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, 0);
	rtt_sample(&bed.tcp, bed.tcb, 400 * NS_PER_MS);
	assert_int_equal(bed.tcb->srtt_ns, 400 * NS_PER_MS);
	assert_int_equal(bed.tcb->rttvar_ns, 200 * NS_PER_MS);
	assert_int_equal(bed.tcb->rto_ns, 1200 * NS_PER_MS);
	assert_int_equal(bed.tcb->air->cc.min_rtt_ns, 400 * NS_PER_MS);
	bed_close(&bed);
}

static void test_rfc6298_2_3_further_measurements(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, 0);
	rtt_sample(&bed.tcp, bed.tcb, 400 * NS_PER_MS);
	rtt_sample(&bed.tcp, bed.tcb, 480 * NS_PER_MS);
	assert_int_equal(bed.tcb->rttvar_ns, (3 * 200 + 80) * NS_PER_MS / 4);
	assert_int_equal(bed.tcb->srtt_ns, (7 * 400 + 480) * NS_PER_MS / 8);
	assert_int_equal(bed.tcb->air->cc.min_rtt_ns, 400 * NS_PER_MS);
	rtt_sample(&bed.tcp, bed.tcb, 40 * NS_PER_MS);
	assert_int_equal(bed.tcb->rttvar_ns, (3 * 170 + 370) * NS_PER_MS / 4);
	assert_int_equal(bed.tcb->air->cc.min_rtt_ns, 40 * NS_PER_MS);
	bed_close(&bed);
}

static void test_rfc6298_2_4_and_2_5_bounds(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, 0);
	for (u32 n = 0; n < 100; n++)
		rtt_sample(&bed.tcp, bed.tcb, 10 * NS_PER_MS);
	assert_int_equal(rtt_rto(&bed.tcp, bed.tcb), 210 * NS_PER_MS);
	bed.tcb->rto_min_ms = 50;
	assert_int_equal(rtt_rto(&bed.tcp, bed.tcb), 60 * NS_PER_MS);
	bed.tcp.conf.rto_max_ms = 40;
	assert_int_equal(rtt_rto(&bed.tcp, bed.tcb), 40 * NS_PER_MS);
	bed_close(&bed);
}

static void test_rtt_of_zero_is_a_measurement(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, 0);
	bed_send(&bed, 1);
	bed_ack_to(&bed, SEG(1));
	assert_int_equal(bed.tcb->srtt_ns, 1);
	assert_int_equal(bed.tcb->air->cc.min_rtt_ns, 1);
	bed_close(&bed);
}

/* The oldest for RTO, the newest for the smallest: a delayed ACK is in one and not in the other. */
static void test_delayed_ack_measures_from_the_first(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, 0);
	bed_send(&bed, 1);
	bed_wait_ms(&bed, 40);
	bed_send(&bed, 1);
	bed_wait_ms(&bed, 100);
	bed_ack_to(&bed, SEG(2));
	assert_int_equal(bed.tcb->srtt_ns, 140 * NS_PER_MS);
	assert_int_equal(bed.tcb->air->cc.min_rtt_ns, 100 * NS_PER_MS);
	bed_close(&bed);
}

static void test_karn_nothing_is_measured_of_what_left_twice(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, 0);
	bed_send(&bed, 2);
	bed_time_out(&bed);
	bed_again(&bed);
	bed_wait_ms(&bed, 30);
	/* The second left once, and waited for the first one. */
	bed_ack_to(&bed, SEG(2));
	assert_int_equal(bed.tcb->srtt_ns, 0);
	bed_send(&bed, 1);
	bed_wait_ms(&bed, 70);
	bed_ack_to(&bed, SEG(3));
	assert_int_equal(bed.tcb->srtt_ns, 70 * NS_PER_MS);
	bed_close(&bed);
}

static void test_rfc7323_4_1_echo_measures_what_left_twice(void **state)
{
	struct bed bed;
	ns_t again_ns;

	(void)state;
	bed_open(&bed, TCB_TS);
	bed_send(&bed, 2);
	bed_time_out(&bed);
	bed_again(&bed);
	again_ns = bed.now;
	bed_wait_ms(&bed, 30);
	/* An ACK that acknowledges nothing new has no echo that means anything. */
	bed_ack(&bed, (struct bed_ack){ .has_ts = true, .ts_ns = again_ns });
	assert_int_equal(bed.tcb->srtt_ns, 0);
	bed_ack(&bed, (struct bed_ack){ .ack = SEG(1), .has_ts = true, .ts_ns = again_ns });
	assert_int_equal(bed.tcb->srtt_ns, 30 * NS_PER_MS);
	/* Milliseconds make no smallest round trip. */
	assert_int_equal(bed.tcb->air->cc.min_rtt_ns, NS_NEVER);
	bed_close(&bed);
}

static void test_rfc7323_4_1_echo_that_is_none_is_ignored(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_TS);
	bed_send(&bed, 3);
	bed_time_out(&bed);
	for (u32 n = 0; n < 3; n++) {
		bed.tcb->air->frto = 0;
		bed_again(&bed);
	}
	bed_ack(&bed, (struct bed_ack){
			      .ack = SEG(1), .has_ts = true, .ts_ns = bed.now + 5 * NS_PER_MS });
	bed_ack(&bed, (struct bed_ack){ .ack = SEG(2),
					.has_ts = true,
					.ts_ns = bed.now + 3000000 * NS_PER_SEC });
	assert_int_equal(bed.tcb->srtt_ns, 0);
	bed.tcb->flags &= ~(u32)TCB_TS;
	bed_ack(&bed, (struct bed_ack){ .ack = SEG(3), .has_ts = true, .ts_ns = bed.now });
	assert_int_equal(bed.tcb->srtt_ns, 0);
	bed_close(&bed);
}

/* Our own clock is finer than the echo. */
static void test_sent_once_is_measured_by_our_clock(void **state)
{
	struct bed bed;
	ns_t sent_ns;

	(void)state;
	bed_open(&bed, TCB_TS);
	sent_ns = bed.now;
	bed_send(&bed, 1);
	bed.now += 2345678;
	bed_ack(&bed, (struct bed_ack){ .ack = SEG(1), .has_ts = true, .ts_ns = sent_ns });
	assert_int_equal(bed.tcb->srtt_ns, 2345678);
	bed_close(&bed);
}

static void test_sack_is_a_measurement(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_send(&bed, 3);
	bed_wait_ms(&bed, 80);
	bed_sack(&bed, 0, SEG(1), SEG(2));
	assert_int_equal(bed.tcb->srtt_ns, 80 * NS_PER_MS);
	/* The same block tells nothing more. */
	bed_wait_ms(&bed, 80);
	bed_sack(&bed, 0, SEG(1), SEG(2));
	assert_int_equal(bed.tcb->srtt_ns, 80 * NS_PER_MS);
	bed_close(&bed);
}

/* The oldest of what one ACK SACKs. */
static void test_sack_measures_from_the_first(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_send(&bed, 2);
	bed_wait_ms(&bed, 30);
	bed_send(&bed, 1);
	bed_wait_ms(&bed, 50);
	bed_sack(&bed, 0, SEG(1), SEG(3));
	assert_int_equal(bed.tcb->srtt_ns, 80 * NS_PER_MS);
	assert_int_equal(bed.tcb->air->cc.min_rtt_ns, 50 * NS_PER_MS);
	bed_close(&bed);
}

/* The passive side measures before it has a control block's records. */
static void test_round_trip_of_the_handshake_stays(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, 0);
	loss_fini(&bed.tcp, bed.tcb);
	rtt_sample(&bed.tcp, bed.tcb, 30 * NS_PER_MS);
	loss_init(&bed.tcp, bed.tcb);
	assert_true(loss_make_room(&bed.tcp, bed.tcb, bed.now));
	assert_int_equal(bed.tcb->air->cc.min_rtt_ns, 30 * NS_PER_MS);
	assert_int_equal(bed.tcb->rto_ns, 230 * NS_PER_MS);
	bed_close(&bed);
}

static void test_rfc6298_5_1_to_5_3_the_timer(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, 0);
	assert_int_equal(bed_timer_ms(&bed, TCP_TIMER_RETRANSMIT), UINT32_MAX);
	bed_warm(&bed, 1, 100);
	assert_int_equal(bed_timer_ms(&bed, TCP_TIMER_RETRANSMIT), UINT32_MAX);
	bed_send(&bed, 1);
	assert_int_equal(bed_timer_ms(&bed, TCP_TIMER_RETRANSMIT), 300);
	bed_wait_ms(&bed, 60);
	bed_send(&bed, 1);
	assert_int_equal(bed_timer_ms(&bed, TCP_TIMER_RETRANSMIT), 240);
	bed_wait_ms(&bed, 40);
	bed_ack_to(&bed, SEG(2));
	assert_int_equal(bed_timer_ms(&bed, TCP_TIMER_RETRANSMIT), 300);
	bed_wait_ms(&bed, 60);
	bed_ack_to(&bed, SEG(2));
	assert_int_equal(bed_timer_ms(&bed, TCP_TIMER_RETRANSMIT), 240);
	bed_ack_to(&bed, SEG(3));
	assert_int_equal(bed_timer_ms(&bed, TCP_TIMER_RETRANSMIT), UINT32_MAX);
	bed_close(&bed);
}

static void test_rfc6298_5_5_backs_off_and_comes_back(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, 0);
	bed_warm(&bed, 1, 100);
	bed_send(&bed, 2);
	for (u32 n = 1; n <= 4; n++) {
		bed_time_out(&bed);
		assert_int_equal(bed_timer_ms(&bed, TCP_TIMER_RETRANSMIT), 300u << n);
		assert_int_equal(bed.tcb->backoff, n);
		assert_int_equal(bed_again(&bed), SEG(1));
		assert_int_equal(bed_timer_ms(&bed, TCP_TIMER_RETRANSMIT), 300u << n);
	}
	assert_int_equal(bed.tcb->timeouts, 4);
	assert_int_equal(bed.tcp.stats.timeouts, 4);
	/* What left five times measures nothing (Karn), so the back-off stays ... */
	bed_ack_to(&bed, SEG(2));
	assert_int_equal(bed.tcb->backoff, 4);
	assert_int_equal(bed_timer_ms(&bed, TCP_TIMER_RETRANSMIT), 4800);
	/* ... until new data does. */
	bed_send(&bed, 1);
	bed_wait_ms(&bed, 100);
	bed_again(&bed);
	bed_ack_to(&bed, SEG(4));
	bed_send(&bed, 1);
	bed_wait_ms(&bed, 100);
	bed_ack_to(&bed, SEG(5));
	assert_int_equal(bed.tcb->backoff, 0);
	assert_true(bed.tcb->rto_ns < 320 * NS_PER_MS);
	bed_close(&bed);
}

static void test_rfc6298_5_5_back_off_is_bounded(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, 0);
	bed_send(&bed, 1);
	for (u32 n = 0; n < 300; n++)
		bed_time_out(&bed);
	assert_int_equal(bed.tcb->rto_ns, 120 * NS_PER_SEC);
	assert_int_equal(bed.tcb->backoff, UINT8_MAX);
	bed_close(&bed);
}

static void test_rfc6298_5_7_after_a_syn_that_left_twice(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, 0);
	bed.tcb->state = TCP_SYN_SENT;
	bed.tcb->snd_una = bed.tcb->snd_nxt = BED_ISS;
	bed_send_one(&bed, 1, REC_SYN);
	loss_arm(&bed.tcp, bed.tcb, bed.now);
	bed_time_out(&bed);
	assert_int_equal(bed.tcb->ca, TCP_CA_OPEN);
	assert_int_equal(bed_again(&bed), UINT32_MAX);
	bed_ack_to(&bed, 0);
	assert_int_equal(bed.tcb->rto_ns, 3 * NS_PER_SEC);
	assert_int_equal(bed_log.event_count, 0);
	bed_close(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc6298_2_1_before_the_first_measurement),
		cmocka_unit_test(test_rfc6298_2_2_first_measurement),
		cmocka_unit_test(test_rfc6298_2_3_further_measurements),
		cmocka_unit_test(test_rfc6298_2_4_and_2_5_bounds),
		cmocka_unit_test(test_rtt_of_zero_is_a_measurement),
		cmocka_unit_test(test_delayed_ack_measures_from_the_first),
		cmocka_unit_test(test_karn_nothing_is_measured_of_what_left_twice),
		cmocka_unit_test(test_rfc7323_4_1_echo_measures_what_left_twice),
		cmocka_unit_test(test_rfc7323_4_1_echo_that_is_none_is_ignored),
		cmocka_unit_test(test_sent_once_is_measured_by_our_clock),
		cmocka_unit_test(test_sack_is_a_measurement),
		cmocka_unit_test(test_sack_measures_from_the_first),
		cmocka_unit_test(test_round_trip_of_the_handshake_stays),
		cmocka_unit_test(test_rfc6298_5_1_to_5_3_the_timer),
		cmocka_unit_test(test_rfc6298_5_5_backs_off_and_comes_back),
		cmocka_unit_test(test_rfc6298_5_5_back_off_is_bounded),
		cmocka_unit_test(test_rfc6298_5_7_after_a_syn_that_left_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
