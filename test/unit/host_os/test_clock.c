/* The calendar against the system's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <cmocka.h>

#include "host/os/clock.h"

enum { DAY_S = 86400, DAYS = 366 * 600, LAST_SECOND_OF_DAY = DAY_S - 1 };

static void check_stamp(u64 seconds, u32 microseconds)
{
	char got[OS_STAMP_SIZE], wanted[64];
	time_t when = (time_t)seconds;
	struct tm parts;
	size_t len;

	assert_non_null(gmtime_r(&when, &parts));
	len = strftime(wanted, sizeof wanted, "%Y-%m-%dT%H:%M:%S", &parts);
	(void)snprintf(wanted + len, sizeof wanted - len, ".%06uZ", microseconds);
	os_stamp_of(seconds, microseconds, got);
	assert_string_equal(got, wanted);
}

static void every_day_of_six_centuries(void **state)
{
	(void)state;
	for (u64 day = 0; day < DAYS; day++) {
		check_stamp(day * DAY_S, (u32)(day * 7919 % 1000000));
		check_stamp(day * DAY_S + LAST_SECOND_OF_DAY, 999999);
		check_stamp(day * DAY_S + day % DAY_S, 7);
	}
}

static void now_has_its_shape(void **state)
{
	char text[OS_STAMP_SIZE];

	(void)state;
	os_stamp(text);
	assert_int_equal(strlen(text), OS_STAMP_SIZE - 1);
	assert_int_equal(text[10], 'T');
	assert_int_equal(text[OS_STAMP_SIZE - 2], 'Z');
}

/* Between two readings of the same clock; the wall may be set while this runs, but not by hours. */
static void another_time_has_its_distance(void **state)
{
	char now[OS_STAMP_SIZE], then[OS_STAMP_SIZE], early[OS_STAMP_SIZE];
	ns_t day = DAY_S * NS_PER_SEC;

	(void)state;
	do {
		os_stamp(now);
		os_stamp_at(os_now() + day, then);
		os_stamp(early);
	} while (strncmp(now, early, sizeof "2026-01-31T23:59" - 1) != 0);
	assert_memory_equal(now + 10, then + 10, sizeof "T23:59" - 1);
	assert_true(strncmp(now, then, 10) < 0);
	os_stamp_at(os_now() - 30000 * day, early);
	assert_string_equal(early, "1970-01-01T00:00:00.000000Z");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_day_of_six_centuries),
		cmocka_unit_test(now_has_its_shape),
		cmocka_unit_test(another_time_has_its_distance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
