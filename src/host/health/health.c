/* When checks are made, and what follows from them. */
#include "host/health/health.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "host/health/health_part.h"

static void timer_set(struct check *check, u32 ms)
{
	struct timeval wait = { .tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000 };

	event_add(check->timer, &wait);
}

static void check_close(struct check *check)
{
	if (check->io)
		event_free(check->io);
	check->io = NULL;
	if (check->fd >= 0)
		close(check->fd);
	check->fd = -1;
	check->under_way = check->connected = false;
	check->reply_len = 0;
	check->status = HEALTH_STATUS_NONE;
	check->rest_bytes = 0;
}

static enum backend_state state_of(enum health_outcome outcome)
{
	switch (outcome) {
	case HEALTH_GOOD: return BACKEND_UP;
	case HEALTH_BAD: return BACKEND_DOWN;
	case HEALTH_DRAIN: return BACKEND_DRAINING;
	}
	return BACKEND_DOWN;
}

void check_end(struct check *check, enum health_outcome outcome, const char *format, ...)
{
	const struct health_target *target = &check->target;
	enum health_outcome before = check->run.state;
	struct health_change change = { .service = target->service,
					.backend = target->backend,
					.first = !check->run.known };
	va_list list;

	va_start(list, format);
	vsnprintf(change.why, sizeof change.why, format, list);
	va_end(list);
	check_close(check);
	timer_set(check, target->conf.interval_ms);
	if (!health_run_add(&check->run, &target->conf, outcome))
		return;
	change.state = state_of(check->run.state);
	change.again = check->again && check->run.state == before;
	check->again = false;
	check->health->fn(check->health->arg, &change);
}

static void check_begin(struct check *check)
{
	check->under_way = true;
	timer_set(check, check->target.conf.timeout_ms);
	if (check->target.conf.kind == HEALTH_ICMP)
		check_echo(check);
	else
		check_connect(check);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct check *check = arg;

	(void)fd;
	(void)what;
	/* Good or bad by its status, whether its page ends or not. */
	if (check->under_way && check->status > HEALTH_STATUS_NONE)
		check_judge(check);
	else if (check->under_way)
		check_end(check, HEALTH_BAD, "%s within %u ms",
			  check->connected ? "connected, but no answer" : "no answer",
			  check->target.conf.timeout_ms);
	else
		check_begin(check);
}

static void checks_free(struct health *health)
{
	for (u32 i = 0; i < health->count; i++) {
		check_close(&health->check[i]);
		if (health->check[i].timer)
			event_free(health->check[i].timer);
	}
	free(health->check);
	health->check = NULL;
	health->count = 0;
}

/* A backend that was checked before goes on from what was known of it; that is told again, since
 * the engine may have made it anew.                                                             */
static void take_over(struct check *check, const struct check *old, u32 old_count)
{
	for (u32 i = 0; i < old_count; i++) {
		if (be32_eq(old[i].target.addr, check->target.addr) &&
		    old[i].target.port == check->target.port &&
		    strcmp(old[i].target.name, check->target.name) == 0)
			check->run = old[i].run;
	}
	check->again = check->run.known;
	check->run.told = false;
}

static bool check_init(struct health *health, struct check *check,
		       const struct health_target *target)
{
	*check = (struct check){ .health = health, .target = *target, .fd = -1 };
	check->timer = evtimer_new(health->base, on_timer, check);
	if (!check->timer)
		return false;
	if (target->conf.kind == HEALTH_ICMP && !health_echo_open(health))
		return false;
	/* Not all at once: the first ones spread over a tenth of their interval. */
	timer_set(check, target->conf.interval_ms / 10 * (health->count % 16) / 16);
	return true;
}

bool health_set(struct health *health, const struct health_target *target, u32 count)
{
	struct health old = *health;

	CHECK(count <= BALANCE_BACKEND_MAX);
	health->count = 0;
	health->check = calloc(count ? count : 1, sizeof *health->check);
	if (!health->check) {
		*health = old;
		return false;
	}
	for (u32 i = 0; i < count; i++) {
		struct check *check = &health->check[health->count];

		if (target[i].conf.kind == HEALTH_NONE)
			continue;
		health->count++;
		if (!check_init(health, check, &target[i])) {
			checks_free(health);
			health->check = old.check;
			health->count = old.count;
			return false;
		}
		take_over(check, old.check, old.count);
	}
	checks_free(&old);
	return true;
}

bool health_count(const struct health *health, u32 index, struct health_count *out)
{
	const struct check *check;

	if (index >= health->count)
		return false;
	check = &health->check[index];
	*out = (struct health_count){ check->target.service, check->target.backend,
				      check->run.checks, check->run.failed };
	return true;
}

struct health *health_new(struct loop *loop, health_fn *fn, void *arg)
{
	struct health *health = calloc(1, sizeof *health);

	if (!health)
		return NULL;
	health->base = loop_base(loop);
	health->fn = fn;
	health->arg = arg;
	health->echo_fd = -1;
	return health;
}

void health_del(struct health *health)
{
	if (!health)
		return;
	checks_free(health);
	if (health->echo_io)
		event_free(health->echo_io);
	if (health->echo_fd >= 0)
		close(health->echo_fd);
	free(health);
}
