/* The loop of the gateway: one thread carries packets from ports to the engine and on to ports,
 * and gives the control side its turn between two batches.
 *
 * While packets come it does not wait, and for RUN_SPIN_NS after the last one it is ready for the
 * next. Who gets packets one at a time has somebody waiting for each, and goes on looking: that
 * saves a wake-up. Where several came at once more are on their way, and it sleeps until they are
 * there: a busy core has to be interrupted before the kernel can receive on it, which costs the
 * sender more than this core saves. The control side gets a turn each RUN_CONTROL_NS meanwhile; one
 * turn is one bounded step of one answer (ctl.h).                                                */
#include <stdio.h>
#include <stdlib.h>

#include <poll.h>
#include <sched.h>
#include <signal.h>

#include "core/routing/speaker.h"
#include "host/os/clock.h"
#include "host/os/netlink.h"
#include "prog/prog.h"
#include "prog/run_change.h"
#include "prog/run_fpm.h"
#include "prog/run_health.h"
#include "prog/run_sets.h"
#include "prog/run_state.h"

#define RUN_SPIN_NS       (50 * NS_PER_US)
#define RUN_CONTROL_NS    (1 * NS_PER_MS)
#define RUN_CARRY_NS      (200 * NS_PER_US) /* of longer work between two turns of packets */
#define RUN_SETTLE_NS     (50 * NS_PER_MS)  /* changes of the system come in groups */
#define RUN_COUNTS_NS     (200 * NS_PER_MS) /* between questions to drivers and checks */
#define RUN_WAIT_MAX_NS   (1 * NS_PER_SEC)
#define RUN_LEAVE_NS      (200 * NS_PER_MS) /* for what neighbours are told at the end */
#define RUN_LEAVE_TURN_NS (1 * NS_PER_MS)

enum {
	RUN_EVENTS_MAX = 16,
	RUN_SAMPLES_EACH = 32, /* of a page of metrics, between two turns of packets */
	RUN_TURNS_EACH = 8,    /* idle turns before others on this core get theirs */
};

/* ---- packets --------------------------------------------------------------------------------- */

/* What the driver leaves in the batch was not sent. */
static void send_batch(struct run *run, u32 index)
{
	struct batch *out = &run->out[index];

	port_tx(run->port[index], out);
	for (u32 i = 0; i < out->count; i++) {
		sluice_count_unsent(run->sluice, out->pkt[i]);
		pkt_put(out->pkt[i]);
	}
	out->count = 0;
}

/* Everything that the engine has to send, grouped by way out, the order within each kept. */
static void send_all(struct run *run)
{
	while (sluice_output(run->sluice, &run->tx)) {
		for (u32 i = 0; i < run->tx.count; i++) {
			struct pkt *pkt = run->tx.pkt[i];

			CHECK(pkt->out_if < run->port_count);
			batch_add(&run->out[pkt->out_if], pkt);
		}
		run->tx.count = 0;
		for (u32 i = 0; i < run->port_count; i++) {
			if (run->out[i].count)
				send_batch(run, i);
		}
	}
}

/* One batch from each port; answers how many packets there were. */
static u32 carry(struct run *run, ns_t now)
{
	struct pkt_pool *pool = sluice_pool(run->sluice);
	u32 count = 0;

	for (u32 i = 0; i < run->port_count; i++) {
		if (port_rx(run->port[i], pool, &run->rx) == 0)
			continue;
		count += run->rx.count;
		sluice_input(run->sluice, &run->rx, now);
		send_all(run);
	}
	if (now >= sluice_next(run->sluice)) {
		sluice_tick(run->sluice, now);
		send_all(run);
	}
	return count;
}

void run_carry(void *arg)
{
	struct run *run = arg;
	ns_t now = os_now();

	/* One batch of each port for so much of the work: under any load both go on. */
	if (now - run->carried_ns < RUN_CARRY_NS)
		return;
	(void)carry(run, now);
	notify_alive(&run->notify, now);
	run->carried_ns = os_now();
}

/* ---- the control side ------------------------------------------------------------------------ */

/* Answers whether there may be more. What became of an interface is in the log already: who did
 * it to the engine knows why (run_follow.c).                                                     */
static bool tell_events(struct run *run)
{
	struct sluice_event event;
	int count = 0;

	for (; count < RUN_EVENTS_MAX && sluice_event_next(run->sluice, &event); count++) {
		if (event.kind != SLUICE_EVENT_IFACE)
			run_log_event(&run->log, sluice_ifaces(run->sluice), &event);
		ctl_tell(run->ctl, &event);
	}
	return count == RUN_EVENTS_MAX;
}

/* What speakers of routing protocols have to tell; answers as above. */
static bool tell_speakers(struct run *run)
{
	struct speaker_event event;
	int count = 0;

	for (; count < RUN_EVENTS_MAX && sluice_speaker_event(run->sluice, &event); count++) {
		run_log_speaker(&run->log, sluice_ifaces(run->sluice), &event);
		ctl_tell_speaker(run->ctl, &event);
	}
	return count == RUN_EVENTS_MAX;
}

static void say_troubles(struct run *run)
{
	const struct ctl_stats *stats = ctl_stats(run->ctl);

	if (stats->stalled > run->ctl_stalled) {
		run_log_say(&run->log, RUN_WARNING, "control",
			    "a client of the control socket was cut off: it neither read nor wrote "
			    "for %d seconds",
			    CTL_STALL_S);
		run->ctl_stalled = stats->stalled;
	}
	if (os_seccomp_refused() > run->refused_said) {
		run->refused_said = os_seccomp_refused();
		run_log_say(&run->log, RUN_ERROR, "sandbox",
			    "system calls refused since the start: %llu; the first of each kind "
			    "was named",
			    (unsigned long long)run->refused_said);
	}
}

/* Who waits for the word may send packets at once: neighbours get answers from now on. */
static void say_ready(struct run *run)
{
	if (run->ready || !sluice_is_settled(run->sluice))
		return;
	run->ready = true;
	printf("ready\n");
	fflush(stdout);
	if (run->log.json)
		run_log_say(&run->log, RUN_INFO, "ready", "every address answers");
	notify_status(&run->notify, "the gateway between %u interfaces",
		      run->asked.conf.iface_count);
	notify_ready(&run->notify);
}

/* What others have counted and the engine shows. */
static void tell_counts(struct run *run, ns_t now)
{
	if (now - run->counts_ns < RUN_COUNTS_NS)
		return;
	run->counts_ns = now;
	for (u32 i = 0; i < run->port_count; i++)
		sluice_set_losses(run->sluice, (u16)i, &port_count(run->port[i])->losses);
	run_health_tell(run);
}

/* One action a turn, between two batches; answers whether there was one. */
static bool act(struct run *run, ns_t now)
{
	struct ctl_call call;
	char *answer;

	run_change_tick(run, now);
	if (run->reload) {
		run->reload = false;
		notify_reloading(&run->notify);
		run_change_reload(run, now);
		notify_ready(&run->notify);
		now = os_now();
	}
	if (run->sets) {
		run_sets_step(run);
		return true;
	}
	if (!ctl_action_take(run->ctl, &call))
		return false;
	if (ctl_do_is_set(call.action.what)) {
		run_sets_begin(run, &call);
		return true;
	}
	answer = run_change(run, &call, now);
	ctl_action_answer(run->ctl, &call,
			  answer ? answer
				 : "{\"version\":1,\"done\":false,\"error\":\"out of memory\"}");
	free(answer);
	return true;
}

/* Answers whether there is more to do at once. */
static bool control(struct run *run, ns_t now)
{
	bool more;

	tell_counts(run, now);
	loop_turn(run->loop);
	now = os_now(); /* a page of metrics takes a while, and packets went on */
	more = act(run, now);
	now = os_now(); /* so does a change of the configuration */
	more = ctl_work(run->ctl, now) || more;
	run_log_turn(&run->log, now);
	more = metrics_work(run->metrics, now) || more;
	say_troubles(run);
	say_ready(run);
	run_health_turn(run, now);
	notify_alive(&run->notify, now);
	if (run->changed && now - run->changed_ns >= RUN_SETTLE_NS) {
		run->changed = false;
		run_follow(run, now);
	} else if (run->follow_ns && now >= run->follow_ns) {
		run_follow(run, now);
	}
	more = tell_events(run) || more;
	more = tell_speakers(run) || more;
	run->control_ns = now;
	return more;
}

/* How long nothing has to be done of its own accord. */
static ns_t time_to_wait(const struct run *run, ns_t now)
{
	ns_t until = u64_min(sluice_next(run->sluice), now + RUN_WAIT_MAX_NS);

	until = u64_min(until, run_health_next(run));
	if (run->changed)
		until = u64_min(until, run->changed_ns + RUN_SETTLE_NS);
	if (run->follow_ns)
		until = u64_min(until, run->follow_ns);
	if (run->confirm_ns)
		until = u64_min(until, run->confirm_ns);
	return until > now ? until - now : 0;
}

/* ---- watches --------------------------------------------------------------------------------- */

static void on_packets(void *arg)
{
	/* The wait is over; the packets are fetched in turn. */
	(void)arg;
}

static void on_stop(void *arg)
{
	struct run *run = arg;

	run->stopping = true;
}

/* Without a file the options are all the configuration there is, and those of a process stay. */
static void on_reload(void *arg)
{
	struct run *run = arg;

	if (run->config_path) {
		run->reload = true;
		return;
	}
	notify_reloading(&run->notify);
	run_log_say(&run->log, RUN_WARNING, "reload",
		    "there is nothing to read again: options are given at the start");
	notify_ready(&run->notify);
}

static void on_netlink(void *arg)
{
	struct run *run = arg;

	if (os_watch_read(run->watch, 0) == 0 || run->changed)
		return;
	run->changed = true;
	run->changed_ns = os_now();
}

static bool keep_watch(struct run *run, struct loop_watch *watch)
{
	if (!watch || run->loop_watch_count == RUN_WATCH_MAX)
		return false;
	run->loop_watch[run->loop_watch_count++] = watch;
	return true;
}

bool run_watch_port(struct run *run, u32 index)
{
	struct run_watched *watched = &run->watched[index];
	int fd = port_fd(run->port[index]);

	if (fd < 0)
		return true;
	watched->packets = loop_watch_new(run->loop, fd, on_packets, run);
	return watched->packets != NULL;
}

static bool watch_ports(struct run *run)
{
	for (u32 i = 0; i < run->port_count; i++) {
		if (!run_watch_port(run, i))
			return false;
	}
	return true;
}

static bool watch_all(struct run *run)
{
	/* Some tools send these to every daemon for its log; they are no reason to end. */
	signal(SIGUSR1, SIG_IGN);
	signal(SIGUSR2, SIG_IGN);
	return watch_ports(run) &&
	       keep_watch(run,
			  loop_watch_new(run->loop, os_watch_fd(run->watch), on_netlink, run)) &&
	       keep_watch(run, loop_signal_new(run->loop, SIGHUP, on_reload, run)) &&
	       keep_watch(run, loop_signal_new(run->loop, SIGINT, on_stop, run)) &&
	       keep_watch(run, loop_signal_new(run->loop, SIGTERM, on_stop, run));
}

bool run_loop_begin(struct run *run)
{
	const struct turns turns = { .give = run_carry, .arg = run, .each = RUN_SAMPLES_EACH };
	struct ctl_why refused;
	char why[OS_WHY_SIZE];

	run->loop = loop_new();
	if (!run->loop) {
		run_error(&run->errors, "the system gives no event loop (epoll)");
		return false;
	}
	run->ctl = ctl_new(run->loop, run->sluice, run->asked.conf.control, &refused);
	if (!run->ctl) {
		run_error(&run->errors, "%s", refused.text);
		return false;
	}
	if (!run_health_begin(run, os_now()) || !run_fpm_begin(run))
		return false;
	if (run->asked.conf.metrics[0]) {
		run->metrics = metrics_new(run->loop, run->sluice, PROG_VERSION,
					   run->asked.conf.metrics, &turns, &refused);
		if (!run->metrics) {
			run_error(&run->errors, "%s", refused.text);
			return false;
		}
	}
	run->watch = os_watch_new(why, sizeof why);
	if (!run->watch) {
		run_error(&run->errors, "%s", why);
		return false;
	}
	if (!watch_all(run)) {
		run_error(&run->errors, "the ports can not be watched: the system refuses");
		return false;
	}
	return true;
}

/* Whoever was told of routes hears that they are gone, and until that has left packets go on. */
static void take_leave(struct run *run)
{
	ns_t now = os_now();
	ns_t until = now + RUN_LEAVE_NS;
	const char *why = "";

	if (!run->conf.routing)
		return;
	memcpy(&run->next_conf, &run->conf, sizeof run->conf);
	run->next_conf.routing = NULL;
	if (sluice_configure(run->sluice, &run->next_conf, now, &why) != ERR_OK) {
		run_log_say(&run->log, RUN_WARNING, "routing",
			    "neighbours are not told that the gateway ends: %s", why);
		return;
	}
	for (send_all(run); now < until; now = os_now()) {
		(void)carry(run, now);
		(void)tell_speakers(run);
		loop_wait(run->loop, u64_min(until - now, RUN_LEAVE_TURN_NS));
	}
}

static void sleep_until_packets(struct run *run)
{
	const struct timespec limit = { .tv_nsec = RUN_SPIN_NS };
	struct pollfd port[IFACE_MAX];

	for (u32 i = 0; i < run->port_count; i++)
		port[i] = (struct pollfd){ .fd = port_fd(run->port[i]), .events = POLLIN };
	(void)ppoll(port, run->port_count, &limit, NULL);
}

/* Nothing is there just now. Looking on lets others run: where the kernel receives in a thread on
 * the same core, what we look for comes from there.                                              */
static void idle(struct run *run, ns_t now)
{
	if (run->last_count > 1 && time_to_wait(run, now) >= RUN_SPIN_NS)
		sleep_until_packets(run);
	else if (++run->idle_turns % RUN_TURNS_EACH == 0)
		sched_yield();
}

void run_loop(struct run *run)
{
	while (!run->stopping) {
		ns_t now = os_now();
		u32 count = carry(run, now);

		if (count > 0) {
			run->active_ns = now;
			run->last_count = count;
		}
		if (now - run->active_ns < RUN_SPIN_NS) {
			if (now - run->control_ns >= RUN_CONTROL_NS)
				control(run, now);
			if (count == 0)
				idle(run, now);
			continue;
		}
		if (!control(run, now))
			loop_wait(run->loop, time_to_wait(run, now));
	}
	take_leave(run);
}

void run_loop_end(struct run *run)
{
	for (u32 i = 0; i < run->port_count; i++)
		loop_watch_del(run->watched[i].packets);
	while (run->loop_watch_count > 0)
		loop_watch_del(run->loop_watch[--run->loop_watch_count]);
	os_watch_del(run->watch);
	run_health_end(run);
	run_fpm_end(run);
	metrics_del(run->metrics);
	ctl_del(run->ctl);
	run_sets_end(run);
	loop_del(run->loop);
}
