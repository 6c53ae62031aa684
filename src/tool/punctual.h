/* Being on time, for tools that carry packets: sleeping until just before something is due, and
 * looking again and again for the rest. Signals are let in only while it sleeps, so none is lost
 * between a test and a sleep.
 *
 * Sleeping until a moment is too coarse by some 50 us; so the process sleeps until 80 us before it.
 *
 * With precedence (SCHED_RR) it goes before all that has no such: measured beside two busy
 * processes, 99 of 100 packets were late by up to 13 us, and without it by up to more than 2 ms.
 * What takes a whole processor so would be stopped by the kernel for 50 ms in each second
 * (sched_rt_runtime_us), which is the worst jitter of all, so it rests by itself before. */
#ifndef SLUICE_TOOL_PUNCTUAL_H
#define SLUICE_TOOL_PUNCTUAL_H

#include <poll.h>
#include <signal.h>

#include "core/base/bytes.h"

struct punctual {
	sigset_t while_asleep;
	ns_t look_ns;  /* when descriptors and signals are to be looked at, at the latest */
	bool realtime; /* has precedence */
};

/* SIGINT and SIGTERM are noted from now on. One of a process. */
void punctual_begin(struct punctual *punctual);
/* Whether one of them came. */
bool punctual_is_stopped(void);
/* Precedence over other processes, where there is more than one processor and the system grants it;
 * on the only one everything else would wait. Before capabilities are given up. */
void punctual_take_precedence(struct punctual *punctual);
/* Waits until due_ns, but for what is to be looked for in the last moment, or until a descriptor
 * has something, for a second at most; with moved, which says that there may be more to do at once,
 * not at all. True: the descriptors were looked at. */
bool punctual_wait(struct punctual *punctual, struct pollfd *waiting, u32 count, ns_t due_ns,
		   bool moved);

#endif
