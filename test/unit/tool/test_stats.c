/* Least, mean, greatest, deviation and loss. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tool/stats.h"
#include "core/base/bytes.h"

static void nothing_is_zero(void **state)
{
	struct rtt_stats stats;

	(void)state;
	stats_init(&stats);
	assert_int_equal(stats_mean_ns(&stats), 0);
	assert_int_equal(stats_mdev_ns(&stats), 0);
}

static void one_sample_has_no_deviation(void **state)
{
	struct rtt_stats stats;

	(void)state;
	stats_init(&stats);
	stats_add(&stats, 5 * NS_PER_MS);
	assert_int_equal(stats.min_ns, 5 * NS_PER_MS);
	assert_int_equal(stats.max_ns, 5 * NS_PER_MS);
	assert_int_equal(stats_mean_ns(&stats), 5 * NS_PER_MS);
	assert_int_equal(stats_mdev_ns(&stats), 0);
}

/* Root of mean of squares minus square of mean: of 1, 2, 3, 4 it is the root of 1.25. */
static void deviation_is_of_the_population(void **state)
{
	struct rtt_stats stats;

	(void)state;
	stats_init(&stats);
	for (uint64_t ms = 4; ms > 0; ms--)
		stats_add(&stats, ms * NS_PER_MS);
	assert_int_equal(stats.min_ns, NS_PER_MS);
	assert_int_equal(stats.max_ns, 4 * NS_PER_MS);
	assert_int_equal(stats_mean_ns(&stats), 2500000);
	assert_int_equal(stats_mdev_ns(&stats), 1118034);
}

/* A million samples a microsecond apart around ten seconds: the squares have no room in 64 bits. */
static void small_deviation_of_large_times_survives(void **state)
{
	struct rtt_stats stats;

	(void)state;
	stats_init(&stats);
	for (int count = 0; count < 1000000; count++)
		stats_add(&stats, 10 * NS_PER_SEC + (count % 2 ? NS_PER_US : 0));
	assert_int_equal(stats_mean_ns(&stats), 10 * NS_PER_SEC + 500);
	assert_in_range(stats_mdev_ns(&stats), 499, 501);
}

static void loss_is_never_negative(void **state)
{
	(void)state;
	assert_true(stats_loss_percent(0, 0) == 0.0);
	assert_true(stats_loss_percent(4, 3) == 25.0);
	assert_true(stats_loss_percent(3, 0) == 100.0);
	assert_true(stats_loss_percent(3, 4) == 0.0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_zero),
		cmocka_unit_test(one_sample_has_no_deviation),
		cmocka_unit_test(deviation_is_of_the_population),
		cmocka_unit_test(small_deviation_of_large_times_survives),
		cmocka_unit_test(loss_is_never_negative),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
