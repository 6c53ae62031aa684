/* A recovery that was for nothing is taken back, and no other one: by the echo of a timestamp (RFC
 * 3522), by what is acknowledged after a time-out (RFC 5682).                                    */
#include "unit/core_tcp/loss_bed.h"

/* The first recovery sends SEG(1) again, and SEG(7), which it leaves in flight; the second one is
 * for SEG(11). When SEG(7) left again, and when SEG(11) did.                                     */
struct times {
	ns_t original_ns;
	ns_t seventh_ns;
	ns_t eleventh_ns;
};

static struct times two_recoveries(struct bed *bed)
{
	struct times times;
	ns_t first_ns;

	bed_open(bed, TCB_SACK | TCB_TS);
	bed_warm(bed, 1, 100);
	bed_send(bed, 6);
	bed_wait_ms(bed, 100);
	bed_sack(bed, SEG(1), SEG(2), SEG(7));
	times.original_ns = bed->now;
	bed_send(bed, 8);
	bed_wait_ms(bed, 10);
	assert_int_equal(bed_again(bed), SEG(1));
	first_ns = bed->now;
	bed_wait_ms(bed, 40);
	bed_sack(bed, SEG(1), SEG(8), SEG(11));
	assert_int_equal(bed_again(bed), SEG(7));
	times.seventh_ns = bed->now;
	bed_wait_ms(bed, 50);
	bed_ack(bed, (struct bed_ack){ .ack = SEG(7), .has_ts = true, .ts_ns = first_ns });
	assert_int_equal(bed_events(CC_EXIT_RECOVERY), 1);
	bed_wait_ms(bed, 10);
	bed_sack(bed, SEG(7), SEG(12), SEG(15));
	assert_int_equal(bed_events(CC_ENTER_RECOVERY), 2);
	assert_int_equal(bed_again(bed), SEG(11));
	times.eleventh_ns = bed->now;
	bed_wait_ms(bed, 40);
	return times;
}

/* What an earlier recovery sent again moves SND.UNA with an older echo: it says nothing of what
 * this one sent.                                                                                 */
static void test_rfc3522_3_2_echo_of_an_earlier_recovery(void **state)
{
	struct times times;
	struct bed bed;

	(void)state;
	times = two_recoveries(&bed);
	bed_ack(&bed,
		(struct bed_ack){ .ack = SEG(11), .has_ts = true, .ts_ns = times.seventh_ns });
	assert_int_equal(bed_events(CC_UNDO), 0);
	bed_wait_ms(&bed, 60);
	bed_ack(&bed,
		(struct bed_ack){ .ack = SEG(15), .has_ts = true, .ts_ns = times.eleventh_ns });
	assert_int_equal(bed_events(CC_UNDO), 0);
	assert_int_equal(bed_events(CC_EXIT_RECOVERY), 2);
	bed_close(&bed);
}

static void test_rfc3522_3_2_echo_of_the_original(void **state)
{
	struct times times;
	struct bed bed;

	(void)state;
	times = two_recoveries(&bed);
	bed_ack(&bed,
		(struct bed_ack){ .ack = SEG(11), .has_ts = true, .ts_ns = times.seventh_ns });
	bed_ack(&bed,
		(struct bed_ack){ .ack = SEG(12), .has_ts = true, .ts_ns = times.original_ns });
	assert_int_equal(bed_events(CC_UNDO), 1);
	bed_close(&bed);
}

/* Step 2b of RFC 5682 section 2.1 wants new data. With no record free for them nothing would be
 * sent until the timer expires again.                                                            */
static void test_rfc5682_2_1_no_record_for_new_data(void **state)
{
	struct bed bed;

	(void)state;
	bed_open_sized(&bed, TCB_SACK, 4);
	bed_warm(&bed, 1, 100);
	bed_send(&bed, 4);
	bed.unsent = SEG(10);
	bed_time_out(&bed);
	assert_int_equal(bed_again(&bed), SEG(1));
	bed_wait_ms(&bed, 100);
	bed_ack_to(&bed, SEG(2));
	assert_int_equal(bed_next_again(&bed), UINT32_MAX);
	bed_send(&bed, 1);
	assert_int_equal(bed_next_again(&bed), SEG(2));
	bed_close(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc3522_3_2_echo_of_an_earlier_recovery),
		cmocka_unit_test(test_rfc3522_3_2_echo_of_the_original),
		cmocka_unit_test(test_rfc5682_2_1_no_record_for_new_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
