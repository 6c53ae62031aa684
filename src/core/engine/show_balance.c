/* Services and backends from outside: their health goes in, records come out. */
#include "core/engine/engine.h"

enum err sluice_backend_set(struct sluice *s, u32 service, u32 backend, enum backend_state state,
			    ns_t now)
{
	return balance_set(&s->nat.balance, service, backend, state, engine_now(s, now));
}

enum err sluice_backend_set_checks(struct sluice *s, u32 service, u32 backend, u64 checks,
				   u64 failed)
{
	return balance_set_checks(&s->nat.balance, service, backend, checks, failed);
}

enum err sluice_backend_order(struct sluice *s, u32 service, u32 backend, bool drain,
			      u32 deadline_s, ns_t now)
{
	return balance_order(&s->nat.balance, service, backend, drain, deadline_s,
			     engine_now(s, now));
}

static const char *method_name(enum balance_method method)
{
	switch (method) {
	case BALANCE_MAGLEV: return "maglev";
	case BALANCE_STICKY: return "sticky";
	case BALANCE_LEAST: return "least";
	}
	return "";
}

enum shown_state { SHOWN_UP, SHOWN_WARMING, SHOWN_DRAINING, SHOWN_DRAINED, SHOWN_DOWN };

const char *sluice_backend_state_name(u32 index)
{
	static const char *const names[] = { "up", "warming", "draining", "drained", "down" };

	return index < ARRAY_COUNT(names) ? names[index] : NULL;
}

static enum shown_state state_shown(const struct backend *backend)
{
	switch (backend_state(backend)) {
	case BACKEND_UP: return backend->warming ? SHOWN_WARMING : SHOWN_UP;
	case BACKEND_DRAINING: return SHOWN_DRAINING;
	default: return backend->health == BACKEND_DOWN ? SHOWN_DOWN : SHOWN_DRAINED;
	}
}

static void service_shown(const struct balance *b, u32 index, struct sluice_service *out)
{
	const struct service *service = &b->service[b->order[index]];

	*out = (struct sluice_service){
		.name = service->conf.name,
		.addr = service->addr,
		.port_first = service->conf.port_first,
		.port_last = service->conf.port_last,
		.proto = service->conf.proto,
		.zone = service->conf.zone,
		.method = method_name(service->conf.method),
		.backends = service->member_count,
		.made = service->made,
		.refused = service->refused,
		.moved = service->moved,
		.reset = service->reset,
	};
	for (u32 at = 0; at < service->member_count; at++) {
		const struct backend *backend = &b->backend[service->member[at]];

		out->up += backend_state(backend) == BACKEND_UP;
		out->flows += backend->flow_count;
	}
}

u32 sluice_show_services(const struct sluice *s, u32 *cursor, struct sluice_service *out, u32 max)
{
	const struct balance *b = &s->nat.balance;
	u32 found = 0;

	while (*cursor < b->service_count && found < max)
		service_shown(b, (*cursor)++, &out[found++]);
	if (*cursor >= b->service_count)
		*cursor = SLUICE_CURSOR_END;
	return found;
}

static void backend_shown(const struct balance *b, const struct service *service, u32 index,
			  ns_t now, struct sluice_backend *out)
{
	const struct backend *backend = &b->backend[service->member[index]];
	bool drains = backend_state(backend) == BACKEND_DRAINING;

	*out = (struct sluice_backend){
		.service = service->conf.name,
		.addr = backend->addr,
		.port = backend->port,
		.weight = backend->weight,
		.proto = service->conf.proto,
		.zone = service->conf.zone,
		.state = sluice_backend_state_name(state_shown(backend)),
		.share = backend_share(b, backend, ct_ms(now)) * 100 / BACKEND_SHARE_FULL,
		.ordered = backend->ordered,
		.flows = backend->flow_count,
		.made = backend->made,
		.moved = backend->moved,
		.reset = backend->reset,
		.checks = backend->checks,
		.checks_failed = backend->checks_failed,
	};
	if (drains && backend->deadline_ns > now)
		out->left_ms = (u32)((backend->deadline_ns - now) / NS_PER_MS);
}

/* The cursor is a service's place, and the place of a backend in it. */
u32 sluice_show_backends(const struct sluice *s, ns_t now, u32 *cursor, struct sluice_backend *out,
			 u32 max)
{
	const struct balance *b = &s->nat.balance;
	u32 index = *cursor / BALANCE_EACH_MAX, each = *cursor % BALANCE_EACH_MAX;
	u32 found = 0;

	while (index < b->service_count && found < max) {
		const struct service *service = &b->service[b->order[index]];

		if (each < service->member_count)
			backend_shown(b, service, each++, now, &out[found++]);
		if (each >= service->member_count) {
			index++;
			each = 0;
		}
	}
	*cursor = index < b->service_count ? index * BALANCE_EACH_MAX + each : SLUICE_CURSOR_END;
	return found;
}
