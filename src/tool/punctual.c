/* Being on time, for tools that carry packets. */
#include "tool/punctual.h"

#include <sched.h>
#include <string.h>
#include <sys/prctl.h>

#include "host/os/clock.h"

#define SPIN_NS     (80 * NS_PER_US)
#define WAIT_MAX_NS NS_PER_SEC
/* Signals and descriptors are looked for at least so often, however busy it is, and then comes the
 * rest that precedence asks for. */
#define LOOK_NS NS_PER_MS
#define REST_NS (100 * NS_PER_US)

static volatile sig_atomic_t stop_asked;

static void ask_stop(int signal_number)
{
	(void)signal_number;
	stop_asked = 1;
}

bool punctual_is_stopped(void)
{
	return stop_asked != 0;
}

void punctual_begin(struct punctual *punctual)
{
	struct sigaction action = { .sa_handler = ask_stop };
	sigset_t blocked;

	memset(punctual, 0, sizeof(*punctual));
	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGINT);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_BLOCK, &blocked, &punctual->while_asleep);
	sigdelset(&punctual->while_asleep, SIGINT);
	sigdelset(&punctual->while_asleep, SIGTERM);
	/* A sleep ends when it should, not up to 50 us later. */
	(void)prctl(PR_SET_TIMERSLACK, 1);
}

void punctual_take_precedence(struct punctual *punctual)
{
	struct sched_param lowest = { .sched_priority = sched_get_priority_min(SCHED_RR) };
	cpu_set_t processors;

	if (sched_getaffinity(0, sizeof(processors), &processors) != 0 ||
	    CPU_COUNT(&processors) < 2)
		return;
	punctual->realtime = sched_setscheduler(0, SCHED_RR, &lowest) == 0;
}

static bool sleep_for(const struct punctual *punctual, struct pollfd *waiting, u32 count,
		      ns_t wait_ns)
{
	struct timespec length = { .tv_sec = (time_t)(wait_ns / NS_PER_SEC),
				   .tv_nsec = (long)(wait_ns % NS_PER_SEC) };

	return ppoll(waiting, count, &length, &punctual->while_asleep) >= 0;
}

bool punctual_wait(struct punctual *punctual, struct pollfd *waiting, u32 count, ns_t due_ns,
		   bool moved)
{
	ns_t now = os_now(), wait_ns = 0;

	if (!moved && due_ns > now + SPIN_NS)
		wait_ns = u64_min(due_ns - SPIN_NS - now, WAIT_MAX_NS);
	if (wait_ns == 0 && now < punctual->look_ns)
		return false;
	/* Whatever waits. */
	if (wait_ns == 0 && punctual->realtime)
		(void)sleep_for(punctual, NULL, 0, REST_NS);
	punctual->look_ns = now + wait_ns + LOOK_NS;
	return sleep_for(punctual, waiting, count, wait_ns);
}
