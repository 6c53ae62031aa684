/* Health checks, and following a configuration with them. */
#include "prog/run_health.h"

#include <stdlib.h>

#include "host/conf/conf_zone.h"
#include "host/conf/values.h"
#include "host/health/health.h"
#include "host/os/clock.h"
#include "host/os/entropy.h"
#include "prog/run_service.h"

enum {
	END_SIZE = VALUE_PREFIX_SIZE + 8,
	EVENTS_MAX = 32,
	TURNS_MAX = 16, /* of events; who has more gets the next turn of the loop */
};

struct run_health {
	struct health *health;
	u32 count;
	struct health_target target[BALANCE_BACKEND_MAX]; /* that are checked */
	struct health_target next[BALANCE_BACKEND_MAX];
};

/* As the file and the commands name it. */
static void end_text(char text[END_SIZE], const struct backend_conf *backend)
{
	struct value_addr addr = value_show_addr(backend->addr);

	if (backend->port)
		snprintf(text, END_SIZE, "%s:%u", addr.text, backend->port);
	else
		snprintf(text, END_SIZE, "%s", addr.text);
}

/* Where the check looked, when that is not where the service is. */
static void asked_text(char text[END_SIZE], const struct conf_service *service)
{
	text[0] = 0;
	if (service->check.kind > HEALTH_ICMP && service->check.port)
		snprintf(text, END_SIZE, " (port %u)", service->check.port);
}

static void on_change(void *arg, const struct health_change *change)
{
	static const char *const words[] = {
		[BACKEND_UP] = "up", [BACKEND_DOWN] = "down", [BACKEND_DRAINING] = "draining"
	};
	struct run *run = arg;
	const struct conf_service *service = &run->asked.conf.service[change->service];
	char text[END_SIZE], asked[END_SIZE];

	if (sluice_backend_set(run->sluice, change->service, change->backend, change->state,
			       os_now()) != ERR_OK)
		return;
	if (change->again || (change->first && change->state == BACKEND_UP))
		return;
	end_text(text, &service->backend[change->backend]);
	asked_text(asked, service);
	run_log_say(&run->log, change->state == BACKEND_UP ? RUN_INFO : RUN_WARNING, "backend",
		    "%s: backend %s is %s: %s%s", service->name, text, words[change->state],
		    change->why, asked);
}

static u32 targets_of(const struct conf *conf, struct health_target *target)
{
	u32 count = 0;

	memset(target, 0, BALANCE_BACKEND_MAX * sizeof *target);
	for (u32 i = 0; i < conf->service_count; i++) {
		const struct conf_service *service = &conf->service[i];

		for (u32 j = 0; service->check.kind != HEALTH_NONE && j < service->backend_count;
		     j++) {
			const struct backend_conf *backend = &service->backend[j];
			struct health_target *one = &target[count++];

			one->service = i;
			one->backend = j;
			memcpy(one->name, service->name, sizeof one->name);
			one->zone = conf_zone_find(conf, service->zone);
			one->addr = backend->addr;
			one->port = backend->port ? backend->port : service->port_first;
			one->conf = service->check;
		}
	}
	return count;
}

void run_health_follow(struct run *run, const struct conf *conf, ns_t now)
{
	struct run_health *checks = run->checks;
	u32 count = targets_of(conf, checks->next);

	if (count == checks->count &&
	    memcmp(checks->next, checks->target, sizeof checks->next) == 0)
		return;
	health_set(checks->health, checks->next, count, now);
	memcpy(checks->target, checks->next, sizeof checks->target);
	checks->count = count;
}

static void settle_service(struct run *run, u32 index, const struct conf_service *was,
			   const struct conf_service *is, ns_t now)
{
	for (u32 i = 0; i < is->backend_count; i++) {
		bool known = run_service_has(was, &is->backend[i]);

		if (is->check.kind != HEALTH_NONE && !known)
			(void)sluice_backend_set(run->sluice, index, i, BACKEND_DOWN, now);
		else if (is->check.kind == HEALTH_NONE && known && was->check.kind != HEALTH_NONE)
			(void)sluice_backend_set(run->sluice, index, i, BACKEND_UP, now);
	}
}

void run_health_settle(struct run *run, const struct conf *from, const struct conf *to, ns_t now)
{
	for (u32 i = 0; i < to->service_count; i++)
		settle_service(run, i, run_service_find(from, to->service[i].name), &to->service[i],
			       now);
}

void run_health_tell(struct run *run)
{
	struct health_count count;

	for (u32 i = 0; health_count(run->checks->health, i, &count); i++)
		(void)sluice_backend_set_checks(run->sluice, count.service, count.backend,
						count.checks, count.failed);
}

/* Before all addresses answer no server could. */
void run_health_turn(struct run *run, ns_t now)
{
	struct sock_event event[EVENTS_MAX];
	struct health *health = run->checks->health;
	u32 count = EVENTS_MAX;

	if (!run->ready)
		return;
	for (u32 turn = 0; turn < TURNS_MAX && count == EVENTS_MAX; turn++) {
		count = sluice_take_ready(run->sluice, event, EVENTS_MAX);
		for (u32 i = 0; i < count; i++)
			(void)health_sock(health, &event[i], now);
	}
	if (health_next(health) <= now)
		health_tick(health, now);
}

ns_t run_health_next(const struct run *run)
{
	return run->ready ? health_next(run->checks->health) : NS_NEVER;
}

bool run_health_begin(struct run *run, ns_t now)
{
	u8 seed[HEALTH_SEED_BYTES];

	os_entropy(seed, sizeof seed);
	run->checks = calloc(1, sizeof *run->checks);
	if (run->checks)
		run->checks->health = health_new(run->sluice, seed, on_change, run);
	if (run->checks && run->checks->health) {
		run_health_follow(run, &run->asked.conf, now);
		return true;
	}
	run_error(&run->errors, "there is no memory for checks of backends");
	return false;
}

void run_health_end(struct run *run)
{
	if (run->checks)
		health_del(run->checks->health);
	free(run->checks);
	run->checks = NULL;
}
