/* A table comes in by BGP and goes with its session, while packets pass: none is lost, and no turn
 * has more work than its share, however large the table is.                                     */
#include "sim/table_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { ROUTES = 60000, TURNS_MAX = 2000, CALLS_MAX = 8, SEEN_MAX = 48 };

static void turns_until(struct table_bed *bed, bool (*is_done)(const struct table_bed *bed),
			const char *what)
{
	table_bed_forget(bed);
	while (!is_done(bed)) {
		table_bed_turn(bed);
		assert_int_equal(bed->passed, bed->sent);
		assert_true(bed->turns < TURNS_MAX);
		assert_in_range(bed->last.writes, 0, bed->last.calls * RIB_STEP_NETS);
		assert_in_range(bed->last.paths, 0, bed->last.calls * RIB_STEP_NETS);
	}
	print_message("%s: %u turns of at most %u steps; in one of them at most %u routes read, %u "
		      "written, %u gone\n",
		      what, bed->turns, bed->worst.calls, bed->worst.offers, bed->worst.writes,
		      bed->worst.paths);
	print_message("a change among them is seen after at most %u steps\n",
		      bed->probe.worst_calls);
	/* The nets before it, and what a publishing waits for the next one. */
	assert_in_range(bed->probe.worst_calls, 1, SEEN_MAX);
	assert_in_range(bed->worst.calls, 1, CALLS_MAX);
	/* A prefix of 24 bits has four bytes of what is read of a peer in a step. */
	assert_in_range(bed->worst.offers, 0, CALLS_MAX * BGP_STEP_BYTES / 4);
}

static void test_no_packet_waits_for_a_table(void **state)
{
	struct table_bed *bed = table_bed_new(ROUTES, NULL);

	(void)state;
	table_bed_begin(bed);
	turns_until(bed, table_bed_has_all, "it comes");
	assert_true(bed->turns > ROUTES / RIB_STEP_NETS / CALLS_MAX);
	table_bed_end(bed);
	turns_until(bed, table_bed_has_none, "it goes");
	assert_true(bed->turns > ROUTES / RIB_STEP_NETS / CALLS_MAX);
	table_bed_del(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_packet_waits_for_a_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
