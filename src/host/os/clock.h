/* The clock of the program: it only grows, and stands still while the machine sleeps. */
#ifndef HOST_OS_CLOCK_H
#define HOST_OS_CLOCK_H

#include "core/base/bytes.h"

enum { OS_STAMP_SIZE = sizeof "2026-01-31T23:59:59.999999Z" };

/* CLOCK_MONOTONIC. */
ns_t os_now(void);
/* The time of day: nanoseconds since 1970, which the administrator may set. */
ns_t os_wall(void);
/* The time of day in UTC. May be called in a signal handler. */
void os_stamp(char text[OS_STAMP_SIZE]);
/* The same when os_now() was `when`, or will be: as the time of day is set now. */
void os_stamp_at(ns_t when, char text[OS_STAMP_SIZE]);
/* The same of any time between 1970 and 9999. */
void os_stamp_of(u64 seconds, u32 microseconds, char text[OS_STAMP_SIZE]);

#endif
