/* One system call, mapped into the process by the kernel: some 20 ns. The calendar is computed
 * here because gmtime_r() takes a lock, which a signal handler may not wait for.                */
#include "host/os/clock.h"

#include <time.h>

enum { DAY_S = 86400, DAYS_4_YEARS = 1461, DAYS_100_YEARS = 36524, DAYS_400_YEARS = 146097 };
/* From 1 March of the year 0 to 1 January 1970: a year that begins with March ends with the day
 * that comes and goes.                                                                          */
enum { DAYS_TO_1970 = 719468 };

static ns_t read_clock(clockid_t clock)
{
	struct timespec now = { 0, 0 };

	(void)clock_gettime(clock, &now);
	return (u64)now.tv_sec * NS_PER_SEC + (u64)now.tv_nsec;
}

ns_t os_now(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

ns_t os_wall(void)
{
	return read_clock(CLOCK_REALTIME);
}

static void digits(char *text, u64 number, u32 count)
{
	while (count > 0) {
		text[--count] = (char)('0' + number % 10);
		number /= 10;
	}
}

void os_stamp_of(u64 seconds, u32 microseconds, char text[OS_STAMP_SIZE])
{
	u64 days = seconds / DAY_S + DAYS_TO_1970, second = seconds % DAY_S;
	u64 era = days / DAYS_400_YEARS, day_of_era = days % DAYS_400_YEARS;
	u64 year = (day_of_era - day_of_era / (DAYS_4_YEARS - 1) + day_of_era / DAYS_100_YEARS -
		    day_of_era / (DAYS_400_YEARS - 1)) /
		   365;
	u64 day = day_of_era - (365 * year + year / 4 - year / 100);
	/* Months from March on: five of them have 153 days, whichever one begins with. */
	u64 month = (5 * day + 2) / 153;

	memcpy(text, "0000-00-00T00:00:00.000000Z", OS_STAMP_SIZE);
	digits(text, era * 400 + year + (month >= 10), 4);
	digits(text + 5, month < 10 ? month + 3 : month - 9, 2);
	digits(text + 8, day - (153 * month + 2) / 5 + 1, 2);
	digits(text + 11, second / 3600, 2);
	digits(text + 14, second / 60 % 60, 2);
	digits(text + 17, second % 60, 2);
	digits(text + 20, microseconds, 6);
}

/* Nanoseconds since 1970; what was before that is 1970: a clock that nobody has set is that far. */
static void stamp_wall(s64 wall_ns, char text[OS_STAMP_SIZE])
{
	u64 ns = wall_ns > 0 ? (u64)wall_ns : 0;

	os_stamp_of(ns / NS_PER_SEC, (u32)(ns % NS_PER_SEC / NS_PER_US), text);
}

void os_stamp(char text[OS_STAMP_SIZE])
{
	stamp_wall((s64)os_wall(), text);
}

void os_stamp_at(ns_t when, char text[OS_STAMP_SIZE])
{
	s64 age = (s64)(os_now() - when);

	stamp_wall((s64)os_wall() - age, text);
}
