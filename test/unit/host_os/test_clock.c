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

static void check_stamp(u64 seconds, u32 milliseconds)
{
	char got[OS_STAMP_SIZE], wanted[64];
	time_t when = (time_t)seconds;
	struct tm parts;
	size_t len;

	assert_non_null(gmtime_r(&when, &parts));
	len = strftime(wanted, sizeof wanted, "%Y-%m-%dT%H:%M:%S", &parts);
	(void)snprintf(wanted + len, sizeof wanted - len, ".%03uZ", milliseconds);
	os_stamp_of(seconds, milliseconds, got);
	assert_string_equal(got, wanted);
}

static void every_day_of_six_centuries(void **state)
{
	(void)state;
	for (u64 day = 0; day < DAYS; day++) {
		check_stamp(day * DAY_S, (u32)(day % 1000));
		check_stamp(day * DAY_S + LAST_SECOND_OF_DAY, 999);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_day_of_six_centuries),
		cmocka_unit_test(now_has_its_shape),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
