/* SACK (RFC 2018), DSACK (RFC 2883): what of a block is believed, and what it costs. */
#include "unit/core_tcp/loss_bed.h"

static void test_rfc2018_4_block_marks_records(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_warm(&bed, 1, 100);
	bed_send(&bed, 6);
	bed_wait_ms(&bed, 100);
	bed_sack(&bed, SEG(1), SEG(2), SEG(4));
	assert_true(bed.acked.progress);
	assert_int_equal(bed.tcb->air->sacked_bytes, SEG(2));
	assert_int_equal(bed.tcb->air->sacked_count, 2);
	assert_int_equal(bed.tcb->air->delivered, SEG(3));
	assert_int_equal(bed_log.ack.acked_bytes, SEG(2));
	assert_int_equal(bed_log.ack.una_bytes, 0);
	assert_int_equal(bed.tcb->ca, TCP_CA_DISORDER);
	/* Acknowledged by number later, it is not delivered once more. */
	bed_ack_to(&bed, SEG(5));
	assert_int_equal(bed.tcb->air->delivered, SEG(5));
	assert_int_equal(bed.tcb->air->sacked_bytes, 0);
	assert_int_equal(bed.tcb->ca, TCP_CA_OPEN);
	bed_close(&bed);
}

static void test_rfc2018_4_blocks_outside_are_ignored(void **state)
{
	static const u32 wrong[][2] = {
		{ SEG(2), SEG(7) },  /* beyond SND.NXT */
		{ SEG(0), SEG(3) },  /* begins below SND.UNA */
		{ SEG(3), SEG(3) },  /* empty */
		{ SEG(4), SEG(3) },  /* backwards */
		{ SEG(9), SEG(12) }, /* never sent */
	};
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_warm(&bed, 1, 100);
	bed_send(&bed, 5);
	for (u32 n = 0; n < ARRAY_COUNT(wrong); n++) {
		bed_ack(&bed, (struct bed_ack){ .ack = SEG(1),
						.sack_count = 1,
						.sack = { { wrong[n][0], wrong[n][1] } } });
		assert_int_equal(bed.tcb->air->sacked_bytes, 0);
	}
	bed_close(&bed);
}

static void test_without_the_option_blocks_are_nothing(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, 0);
	bed_send(&bed, 5);
	bed_ack(&bed, (struct bed_ack){ .sack_count = 1, .sack = { { SEG(1), SEG(3) } } });
	assert_int_equal(bed.tcb->air->sacked_bytes, 0);
	bed_close(&bed);
}

static void test_part_of_a_record_cuts_it(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_send(&bed, 3);
	bed_sack(&bed, 0, SEG(1) + 200, SEG(1) + 700);
	assert_int_equal(bed.tcb->air->tx_count, 5);
	assert_int_equal(bed.tcb->air->sacked_bytes, 500);
	assert_int_equal(bed_rec(&bed, SEG(1) + 200)->flags & REC_SACKED, REC_SACKED);
	assert_int_equal(bed_rec(&bed, SEG(1))->flags & REC_SACKED, 0);
	assert_int_equal(bed_rec(&bed, SEG(1) + 700)->flags & REC_SACKED, 0);
	bed_close(&bed);
}

static void test_part_is_ignored_when_no_record_is_free(void **state)
{
	struct bed bed;

	(void)state;
	bed_open_sized(&bed, TCB_SACK, 4);
	bed_send(&bed, 4);
	bed_sack(&bed, 0, SEG(1) + 200, SEG(3));
	assert_int_equal(bed.tcb->air->sacked_bytes, SEG(1));
	assert_int_equal(bed_rec(&bed, SEG(2))->flags & REC_SACKED, REC_SACKED);
	/* One is free: the same block once more is done whole. */
	bed_ack(&bed, (struct bed_ack){ .ack = SEG(1),
					.sack_count = 1,
					.sack = { { SEG(1) + 200, SEG(3) } } });
	assert_int_equal(bed.tcb->air->sacked_bytes, SEG(2) - 200);
	bed_close(&bed);
}

/* One byte here, one there: the peer's pieces do not take the records of all others. */
static void test_pieces_are_bounded(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_send(&bed, 2);
	for (u32 at = 1; at + 1 < SEG(2); at += 2)
		bed_sack(&bed, 0, at, at + 1);
	assert_in_range(bed.tcb->air->tx_count, 60, 72);
	bed_close(&bed);
}

static void test_several_blocks_in_any_order(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_send(&bed, 12);
	bed_ack(&bed,
		(struct bed_ack){
			.dup = true,
			.sack_count = 3,
			.sack = { { SEG(10), SEG(11) }, { SEG(2), SEG(4) }, { SEG(6), SEG(7) } } });
	assert_int_equal(bed.tcb->air->sacked_bytes, SEG(4));
	/* RFC 2018 section 4: what was told before grows, forward, backward, and together. */
	bed_ack(&bed, (struct bed_ack){ .dup = true,
					.sack_count = 2,
					.sack = { { SEG(2), SEG(9) }, { SEG(10), SEG(12) } } });
	assert_int_equal(bed.tcb->air->sacked_bytes, SEG(9));
	bed_ack(&bed,
		(struct bed_ack){ .dup = true, .sack_count = 1, .sack = { { SEG(1), SEG(12) } } });
	assert_int_equal(bed.tcb->air->sacked_bytes, SEG(11));
	bed_close(&bed);
}

/* No order of blocks in one ACK is taken for reordering on the path. */
static void test_rfc8985_6_2_step_3_order_of_blocks_is_no_reordering(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_send(&bed, 9);
	bed_ack(&bed, (struct bed_ack){ .dup = true,
					.sack_count = 2,
					.sack = { { SEG(5), SEG(6) }, { SEG(1), SEG(3) } } });
	assert_false(bed.tcb->rack_reordering);
	bed_close(&bed);
}

static void test_rfc2883_4_1_below_the_ack(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_send(&bed, 6);
	bed_ack_to(&bed, SEG(3));
	bed_ack(&bed, (struct bed_ack){ .ack = SEG(3),
					.dup = true,
					.sack_count = 2,
					.sack = { { SEG(1), SEG(2) }, { SEG(4), SEG(5) } } });
	assert_int_equal(bed.tcb->air->sacked_bytes, SEG(1));
	assert_int_equal(bed.tcb->rack_reo_mult, 2);
	bed_close(&bed);
}

static void test_rfc2883_4_2_inside_the_second(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_send(&bed, 6);
	bed_ack(&bed, (struct bed_ack){ .dup = true,
					.sack_count = 2,
					.sack = { { SEG(2), SEG(3) }, { SEG(2), SEG(4) } } });
	assert_int_equal(bed.tcb->air->sacked_bytes, SEG(2));
	assert_int_equal(bed.tcb->rack_reo_mult, 2);
	bed_close(&bed);
}

static void test_rfc2883_two_blocks_apart_are_no_dsack(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_send(&bed, 8);
	bed_ack(&bed, (struct bed_ack){ .dup = true,
					.sack_count = 2,
					.sack = { { SEG(6), SEG(7) }, { SEG(2), SEG(4) } } });
	assert_int_equal(bed.tcb->air->sacked_bytes, SEG(3));
	assert_int_equal(bed.tcb->rack_reo_mult, 1);
	bed_close(&bed);
}

static void test_rfc2883_a_block_that_is_none_is_no_dsack(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_send(&bed, 8);
	bed_ack_to(&bed, SEG(4));
	bed_sack(&bed, SEG(4), SEG(3), SEG(2));
	assert_int_equal(bed.tcb->rack_reo_mult, 1);
	/* Inside of a second one that nobody can have received. */
	bed_ack(&bed, (struct bed_ack){ .ack = SEG(4),
					.sack_count = 2,
					.sack = { { SEG(6), SEG(7) }, { SEG(5), SEG(9) } } });
	assert_int_equal(bed.tcb->rack_reo_mult, 1);
	assert_int_equal(bed.tcb->air->sacked_bytes, SEG(1));
	bed_close(&bed);
}

/* A time-out says nothing of what was SACKed: only the rest is sent again. */
static void test_rfc2018_8_time_out_keeps_the_marks(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_warm(&bed, 1, 100);
	bed_send(&bed, 4);
	bed_wait_ms(&bed, 100);
	bed_sack(&bed, SEG(1), SEG(2), SEG(5));
	assert_int_equal(bed.tcp.recs.live, 4);
	bed_time_out(&bed);
	assert_int_equal(bed.tcb->air->sacked_bytes, SEG(3));
	assert_int_equal(bed.tcb->air->lost_bytes, SEG(1));
	assert_int_equal(bed.tcb->air->lost, SEG(1));
	assert_int_equal(bed_again(&bed), SEG(1));
	bed_wait_ms(&bed, 100);
	bed_ack_to(&bed, SEG(5));
	assert_int_equal(bed.tcb->air->delivered, SEG(5));
	bed_close(&bed);
}

/* A peer that waits for what it has SACKed dropped it: then all are sent again. */
static void test_rfc2018_8_time_out_after_reneging(void **state)
{
	struct bed bed;
	u64 lost;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_warm(&bed, 1, 100);
	bed_send(&bed, 4);
	bed_wait_ms(&bed, 100);
	bed_sack(&bed, SEG(1), SEG(2), SEG(5));
	bed_ack_to(&bed, SEG(2));
	assert_int_equal(bed.tcb->air->sacked_bytes, SEG(3));
	lost = bed.tcb->air->lost;
	bed_time_out(&bed);
	assert_int_equal(bed.tcb->air->sacked_bytes, 0);
	assert_int_equal(bed.tcb->air->lost_bytes, SEG(3));
	/* They had arrived once: they are not lost to congestion control ... */
	assert_int_equal(bed.tcb->air->lost, lost);
	/* ... nor delivered twice, but for the one that arrives again. */
	assert_int_equal(bed_again(&bed), SEG(2));
	bed_wait_ms(&bed, 100);
	bed_ack_to(&bed, SEG(5));
	assert_int_equal(bed.tcb->air->delivered, SEG(6));
	bed_close(&bed);
}

/* The same blocks again after that: they are believed anew. */
static void test_blocks_are_believed_again_after_a_time_out(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed, TCB_SACK);
	bed_warm(&bed, 1, 100);
	bed_send(&bed, 4);
	bed_wait_ms(&bed, 100);
	bed_sack(&bed, SEG(1), SEG(2), SEG(5));
	bed_time_out(&bed);
	bed_sack(&bed, SEG(1), SEG(2), SEG(5));
	assert_int_equal(bed.tcb->air->sacked_bytes, SEG(3));
	assert_int_equal(bed.tcb->air->delivered, SEG(4));
	bed_close(&bed);
}

/* More records between two blocks than are passed for one ACK: the rest comes with the next. */
static void test_cost_of_one_ack_is_bounded(void **state)
{
	enum { MANY = 20000 };
	struct bed bed;

	(void)state;
	bed_open_sized(&bed, TCB_SACK, MANY + 8);
	for (u32 n = 0; n < MANY; n++)
		loss_sent(&bed.tcp, bed.idx, bed_seq(n * 10),
			  bed.tcb->snd_nxt = bed_seq(n * 10 + 10), 0, bed.now);
	loss_check(&bed.tcp, bed.tcb);
	bed_sack(&bed, 0, MANY * 5, MANY * 5 + 10);
	assert_int_equal(bed.tcb->air->sacked_bytes, 0);
	for (u32 n = 0; n < 3 && bed.tcb->air->sacked_bytes == 0; n++)
		bed_sack(&bed, 0, MANY * 5, MANY * 5 + 10);
	assert_int_equal(bed.tcb->air->sacked_bytes, 10);
	/* From there on it is near. */
	bed_sack(&bed, 0, MANY * 5, MANY * 5 + 20);
	assert_int_equal(bed.tcb->air->sacked_bytes, 20);
	/* What was told before is not passed again, however much it is. */
	for (u32 n = 1; n <= 3; n++)
		bed_sack(&bed, 0, MANY * 5, MANY * 5 + n * 30000);
	assert_int_equal(bed.tcb->air->sacked_bytes, 90000);
	bed_sack(&bed, 0, MANY * 5, MANY * 5 + 90010);
	assert_int_equal(bed.tcb->air->sacked_bytes, 90010);
	assert_int_equal(bed.tcb->air->sack_seen_count, 1);
	bed_close(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc2018_4_block_marks_records),
		cmocka_unit_test(test_rfc2018_4_blocks_outside_are_ignored),
		cmocka_unit_test(test_without_the_option_blocks_are_nothing),
		cmocka_unit_test(test_part_of_a_record_cuts_it),
		cmocka_unit_test(test_part_is_ignored_when_no_record_is_free),
		cmocka_unit_test(test_pieces_are_bounded),
		cmocka_unit_test(test_several_blocks_in_any_order),
		cmocka_unit_test(test_rfc8985_6_2_step_3_order_of_blocks_is_no_reordering),
		cmocka_unit_test(test_rfc2883_4_1_below_the_ack),
		cmocka_unit_test(test_rfc2883_4_2_inside_the_second),
		cmocka_unit_test(test_rfc2883_two_blocks_apart_are_no_dsack),
		cmocka_unit_test(test_rfc2883_a_block_that_is_none_is_no_dsack),
		cmocka_unit_test(test_rfc2018_8_time_out_keeps_the_marks),
		cmocka_unit_test(test_rfc2018_8_time_out_after_reneging),
		cmocka_unit_test(test_blocks_are_believed_again_after_a_time_out),
		cmocka_unit_test(test_cost_of_one_ack_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
