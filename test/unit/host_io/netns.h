/* A network namespace of the test's own, with or without root. */
#ifndef TEST_UNIT_HOST_IO_NETNS_H
#define TEST_UNIT_HOST_IO_NETNS_H

#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Once per program, before anything else; false where the system allows neither way. */
static inline bool netns_enter(void)
{
	return unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0;
}

/* `ip` with the given words. */
static inline __attribute__((format(printf, 1, 2))) void netns_ip(const char *words, ...)
{
	char command[256] = "ip ";
	va_list args;

	va_start(args, words);
	(void)vsnprintf(command + 3, sizeof command - 3, words, args);
	va_end(args);
	assert_int_equal(system(command), 0);
}

#endif
