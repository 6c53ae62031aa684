/* A network namespace of the test's own, with or without root. */
#ifndef TEST_UNIT_HOST_IO_NETNS_H
#define TEST_UNIT_HOST_IO_NETNS_H

#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline bool netns_write(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	return file != NULL && fputs(text, file) >= 0 && fclose(file) == 0;
}

/* Once per program, before anything else; false where the system allows neither way. Without root
 * one becomes root of a user namespace, so that `ip` may do what the test does.                 */
static inline bool netns_enter(void)
{
	char uids[32], gids[32];

	if (unshare(CLONE_NEWNET) == 0)
		return true;
	(void)snprintf(uids, sizeof uids, "0 %u 1", getuid());
	(void)snprintf(gids, sizeof gids, "0 %u 1", getgid());
	return unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 &&
	       netns_write("/proc/self/setgroups", "deny") &&
	       netns_write("/proc/self/uid_map", uids) && netns_write("/proc/self/gid_map", gids);
}

/* What a program that cannot have one says, in cmocka's words. */
static inline int netns_skip(size_t count, const char *why)
{
	printf("%s\n[  SKIPPED ] %zu test(s).\n", why, count);
	return 0;
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
