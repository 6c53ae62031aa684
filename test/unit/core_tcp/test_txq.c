/* Records of what was sent: cut, shortened, sent again, full, and the counts of them. */
#include "unit/core_tcp/loss_bed.h"

static void test_sent_is_in_flight_until_acknowledged(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_send(&bed, 5);
	assert_int_equal(tcb_in_flight(bed.tcb), SEG(5));
	assert_int_equal(bed.tcb->air->tx_count, 5);
	assert_int_equal(bed_log.sent_count, 5);
	assert_int_equal(bed_log.sent_in_flight, SEG(4));
	bed_ack_to(&bed, SEG(2));
	assert_int_equal(bed.acked.una_bytes, SEG(2));
	assert_true(bed.acked.progress);
	assert_false(bed.acked.syn || bed.acked.fin);
	assert_int_equal(tcb_in_flight(bed.tcb), SEG(3));
	assert_int_equal(bed.tcp.recs.live, 3);
	assert_int_equal(bed_log.ack.snd_una, SEG(2));
	assert_int_equal(bed_log.ack.snd_nxt, SEG(5));
	bed_ack_to(&bed, SEG(2));
	assert_false(bed.acked.progress);
	bed_close(&bed);
}

static void test_ack_in_the_middle_shortens(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_send(&bed, 3);
	bed_ack_to(&bed, SEG(1) + 300);
	assert_int_equal(bed.tcb->air->tx_count, 2);
	assert_int_equal(rec_at(&bed.tcp, bed.tcb->air->tx_first)->seq, bed_seq(SEG(1) + 300));
	assert_int_equal(tcb_in_flight(bed.tcb), SEG(3) - 1300);
	assert_int_equal(bed.tcb->air->delivered, 1300);
	bed_ack_to(&bed, SEG(3));
	assert_int_equal(bed.tcb->air->delivered, SEG(3));
	bed_close(&bed);
}

static void test_syn_and_fin_are_told_and_are_no_bytes(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed.tcb->state = TCP_SYN_SENT;
	bed.tcb->snd_una = bed.tcb->snd_nxt = BED_ISS;
	bed_send_one(&bed, 1, REC_SYN);
	loss_arm(&bed.tcp, bed.tcb, bed.now);
	bed_wait_ms(&bed, 50);
	bed_ack_to(&bed, 0);
	assert_true(bed.acked.syn);
	assert_int_equal(bed.acked.una_bytes, 1);
	assert_int_equal(bed.tcb->air->delivered, 0);
	assert_int_equal(bed_log.ack_count + bed_log.event_count + bed_log.sent_count, 0);
	assert_int_equal(bed.tcb->srtt_ns, 50 * NS_PER_MS);
	bed.tcb->state = TCP_FIN_WAIT_1;
	bed_send_one(&bed, 101, REC_FIN);
	bed_ack_to(&bed, 100);
	assert_false(bed.acked.fin);
	bed_ack_to(&bed, 101);
	assert_true(bed.acked.fin);
	assert_int_equal(bed.tcb->air->delivered, 100);
	assert_int_equal(bed_log.ack.snd_una, 100);
	bed_close(&bed);
}

/* Whatever state a record is in, both of its parts are in it. */
static void test_cut_keeps_the_state(void **state)
{
	struct bed bed;
	u32 first;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_send(&bed, 2);
	first = bed.tcb->air->tx_first;
	assert_true(loss_cut(&bed.tcp, bed.idx, first, MSS));
	assert_int_equal(bed.tcb->air->tx_count, 2);
	assert_true(loss_cut(&bed.tcp, bed.idx, first, 400));
	loss_check(&bed.tcp, bed.tcb);
	assert_int_equal(bed.tcb->air->tx_count, 3);
	bed_wait_ms(&bed, 10);
	bed_time_out(&bed);
	assert_true(loss_cut(&bed.tcp, bed.idx, first, 100));
	loss_check(&bed.tcp, bed.tcb);
	assert_int_equal(bed.tcb->air->lost_bytes, SEG(2));
	assert_int_equal(bed_again(&bed), 0);
	assert_int_equal(bed.tcb->air->again_bytes, 100);
	assert_true(loss_cut(&bed.tcp, bed.idx, first, 50));
	loss_check(&bed.tcp, bed.tcb);
	assert_int_equal(bed.tcb->air->again_bytes, 100);
	assert_int_equal(bed_rec(&bed, 50)->flags, bed_rec(&bed, 0)->flags);
	bed_close(&bed);
}

static void test_fin_stays_with_the_end(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_send_one(&bed, 301, REC_FIN);
	assert_true(loss_cut(&bed.tcp, bed.idx, bed.tcb->air->tx_first, 300));
	assert_int_equal(bed_rec(&bed, 0)->flags & REC_FIN, 0);
	assert_int_equal(bed_rec(&bed, 300)->flags & REC_FIN, REC_FIN);
	bed_ack_to(&bed, 300);
	assert_false(bed.acked.fin);
	bed_ack_to(&bed, 301);
	assert_true(bed.acked.fin);
	bed_close(&bed);
}

static void test_full_is_an_answer(void **state)
{
	struct bed bed;

	(void)state;
	bed_open_sized(&bed, TCB_SACK, 4);
	bed_send(&bed, 4);
	assert_false(loss_has_room(&bed.tcp));
	assert_false(loss_cut(&bed.tcp, bed.idx, bed.tcb->air->tx_first, 10));
	loss_check(&bed.tcp, bed.tcb);
	bed_ack_to(&bed, SEG(1));
	assert_true(loss_has_room(&bed.tcp));
	assert_true(loss_cut(&bed.tcp, bed.idx, bed.tcb->air->tx_first, 10));
	loss_check(&bed.tcp, bed.tcb);
	bed_close(&bed);
}

/* The first lost one by sequence, whatever order they were marked in. */
static void test_sent_again_in_order(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_send(&bed, 6);
	bed_wait_ms(&bed, 10);
	bed_time_out(&bed);
	for (u32 n = 0; n < 6; n++) {
		bed.tcb->air->frto = 0;
		assert_int_equal(bed_again(&bed), SEG(n));
		assert_int_equal(bed.tcb->air->again_bytes, SEG(n + 1));
		assert_int_equal(bed.tcb->air->lost_bytes, SEG(5 - n));
		assert_int_equal(tcb_in_flight(bed.tcb), SEG(n + 1));
		assert_int_equal(bed_rec(&bed, SEG(n))->xmit_count, 2);
	}
	assert_int_equal(bed_next_again(&bed), UINT32_MAX);
	bed_close(&bed);
}

static void test_first_after_a_pause_tells_of_it(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_warm(&bed, 2, 100);
	bed_send(&bed, 1);
	assert_int_equal(bed_events(CC_IDLE_RESTART), 0);
	bed_wait_ms(&bed, 100);
	bed_ack_to(&bed, SEG(3));
	bed_wait_ms(&bed, (u32)(bed.tcb->rto_ns / NS_PER_MS) + 1);
	bed_send(&bed, 2);
	assert_int_equal(bed_events(CC_IDLE_RESTART), 1);
	bed_close(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sent_is_in_flight_until_acknowledged),
		cmocka_unit_test(test_ack_in_the_middle_shortens),
		cmocka_unit_test(test_syn_and_fin_are_told_and_are_no_bytes),
		cmocka_unit_test(test_cut_keeps_the_state),
		cmocka_unit_test(test_fin_stays_with_the_end),
		cmocka_unit_test(test_full_is_an_answer),
		cmocka_unit_test(test_sent_again_in_order),
		cmocka_unit_test(test_first_after_a_pause_tells_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
