/* When checks are made, and what follows from them. */
#include "host/health/health.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "host/health/health_part.h"

static void due_in(struct check *check, ns_t now, u32 ms)
{
	check->health->due_ns[check->at] = now + ms * NS_PER_MS;
}

/* ---- sockets --------------------------------------------------------------------------------- */

enum sock_error check_open(struct check *check, enum sock_kind kind, u8 proto)
{
	struct health *health = check->health;

	return sluice_socket(health->sluice, kind, proto, check->target.zone,
			     &health->sock[check->at]);
}

void check_watch(struct check *check, enum check_phase phase, u8 bits)
{
	struct health *health = check->health;

	check->phase = phase;
	(void)sluice_watch(health->sluice, health->sock[check->at], bits);
}

enum sock_error check_read(struct check *check, struct sock_buf *buf, ns_t now)
{
	struct health *health = check->health;

	return sluice_recv(health->sluice, health->sock[check->at], buf, 0, NULL, now);
}

void check_reset(struct check *check, ns_t now)
{
	struct health *health = check->health;

	sluice_abort(health->sluice, health->sock[check->at], now);
	health->sock[check->at] = SOCK_ID_NONE;
}

/* A server that has said all, or need not say any more, is bid farewell; what it has not done when
 * the next check begins is not waited for. Whoever is in trouble, or does not come to an end, may
 * never answer a FIN.                                                                            */
static void check_leave(struct check *check, enum health_outcome outcome, ns_t now)
{
	struct health *health = check->health;
	sock_id sock = health->sock[check->at];
	enum check_phase phase = check->phase;

	check->phase = CHECK_WAITS;
	if (check->ended || (phase == CHECK_CONNECT && outcome == HEALTH_GOOD)) {
		(void)sluice_shutdown(health->sluice, sock, SOCK_SHUT_WRITE, now);
		check_watch(check, CHECK_WAITS, check->ended ? 0 : SOCK_READABLE);
	} else {
		check_reset(check, now);
	}
}

/* ---- the end of a check ---------------------------------------------------------------------- */

static enum backend_state state_of(enum health_outcome outcome)
{
	switch (outcome) {
	case HEALTH_GOOD: return BACKEND_UP;
	case HEALTH_BAD: return BACKEND_DOWN;
	case HEALTH_DRAIN: return BACKEND_DRAINING;
	}
	return BACKEND_DOWN;
}

void check_end(struct check *check, ns_t now, enum health_outcome outcome, const char *format, ...)
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
	check_leave(check, outcome, now);
	due_in(check, now, target->conf.interval_ms);
	if (!health_run_add(&check->run, &target->conf, outcome))
		return;
	change.state = state_of(check->run.state);
	change.again = check->again && check->run.state == before;
	check->again = false;
	check->health->fn(check->health->arg, &change);
}

void check_fail(struct check *check, ns_t now, const char *what, enum sock_error error)
{
	check_end(check, now, HEALTH_BAD, "%s: %s", what, sock_error_text(error));
}

/* ---- time ------------------------------------------------------------------------------------ */

static void check_begin(struct check *check, ns_t now)
{
	check->ended = false;
	check_reset(check, now);
	check->reply_len = check->rest_bytes = 0;
	check->status = HEALTH_STATUS_NONE;
	due_in(check, now, check->target.conf.timeout_ms);
	if (check->target.conf.kind == HEALTH_ICMP)
		check_echo(check, now);
	else
		check_connect(check, now);
}

static void check_due(struct check *check, ns_t now)
{
	u32 timeout_ms = check->target.conf.timeout_ms;

	switch (check->phase) {
	case CHECK_WAITS: check_begin(check, now); break;
	/* Good or bad by its status, whether its page ends or not. */
	case CHECK_PAGE: check_judge(check, now); break;
	case CHECK_ANSWER:
		check_end(check, now, HEALTH_BAD, "connected, but no answer within %u ms",
			  timeout_ms);
		break;
	case CHECK_ECHO:
	case CHECK_CONNECT:
		check_end(check, now, HEALTH_BAD, "no answer within %u ms", timeout_ms);
		break;
	}
}

void health_tick(struct health *health, ns_t now)
{
	for (u32 at = 0; at < health->count; at++) {
		if (health->due_ns[at] <= now)
			check_due(&health->check[at], now);
	}
}

ns_t health_next(const struct health *health)
{
	ns_t next = NS_NEVER;

	for (u32 at = 0; at < health->count; at++)
		next = u64_min(next, health->due_ns[at]);
	return next;
}

bool health_sock(struct health *health, const struct sock_event *event, ns_t now)
{
	u32 at = 0;

	while (at < health->count && health->sock[at] != event->sock)
		at++;
	if (at == health->count)
		return false;
	if (health->check[at].phase == CHECK_ECHO)
		check_echo_sock(&health->check[at], now);
	else
		check_connect_sock(&health->check[at], event->ready, now);
	return true;
}

/* ---- targets --------------------------------------------------------------------------------- */

static bool is_same(const struct health_target *one, const struct health_target *other)
{
	return be32_eq(one->addr, other->addr) && one->port == other->port &&
	       one->zone == other->zone && strcmp(one->name, other->name) == 0;
}

/* A backend that was checked before goes on from what was known of it; that is told again, since
 * the engine may have made it anew.                                                             */
static void take_over(struct check *check, const struct check *old, u32 old_count)
{
	for (u32 i = 0; i < old_count; i++) {
		if (is_same(&old[i].target, &check->target))
			check->run = old[i].run;
	}
	check->again = check->run.known;
	check->run.told = false;
}

void health_set(struct health *health, const struct health_target *target, u32 count, ns_t now)
{
	struct check *old = health->check;
	u32 old_count = health->count;

	CHECK(count <= BALANCE_BACKEND_MAX);
	for (u32 i = 0; i < old_count; i++)
		check_reset(&old[i], now);
	health->check = health->other;
	health->other = old;
	health->count = 0;
	for (u32 i = 0; i < count; i++) {
		u32 at = health->count;
		struct check *check = &health->check[at];

		if (target[i].conf.kind == HEALTH_NONE)
			continue;
		*check = (struct check){ .health = health, .at = at, .target = target[i] };
		health->sock[at] = SOCK_ID_NONE;
		/* Not all at once: the first ones spread over a tenth of their interval. */
		due_in(check, now, target[i].conf.interval_ms / 10 * (at % 16) / 16);
		take_over(check, old, old_count);
		health->count++;
	}
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

struct health *health_new(struct sluice *sluice, const u8 seed[HEALTH_SEED_BYTES], health_fn *fn,
			  void *arg)
{
	struct health *health = calloc(1, sizeof *health);

	if (!health)
		return NULL;
	health->sluice = sluice;
	health->fn = fn;
	health->arg = arg;
	rng_init(&health->rng, seed);
	health->echo_id = (u16)rng_u32(&health->rng);
	health->check = calloc(BALANCE_BACKEND_MAX, sizeof *health->check);
	health->other = calloc(BALANCE_BACKEND_MAX, sizeof *health->other);
	if (health->check && health->other)
		return health;
	health_del(health);
	return NULL;
}

void health_del(struct health *health)
{
	if (!health)
		return;
	free(health->check);
	free(health->other);
	free(health);
}
