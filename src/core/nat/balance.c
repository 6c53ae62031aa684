/* Choosing a backend for a new flow, and what flows and backends know of each other. */
#include "core/nat/nat.h"
#include "core/wire/ip4.h"

enum { SHARE_MASK = BACKEND_SHARE_FULL - 1 };

/* ---- which service --------------------------------------------------------------------------- */

static bool service_has_port(const struct service_conf *conf, u16 port)
{
	return conf->port_first == 0 || (port >= conf->port_first && port <= conf->port_last);
}

u16 balance_find(const struct balance *b, const struct tuple *t, u8 proto, bool from_inside)
{
	for (u32 at = 0; at < b->service_count; at++) {
		const struct service *service = &b->service[b->order[at]];

		if (!be32_eq(service->addr, t->dst) || (from_inside && !service->conf.hairpin))
			continue;
		if (service->conf.proto == 0 ||
		    (service->conf.proto == proto &&
		     service_has_port(&service->conf, be16_host(t->dport))))
			return b->order[at];
	}
	return BALANCE_NONE;
}

bool balance_owns(const struct balance *b, be32 addr)
{
	for (u32 at = 0; at < b->service_count; at++) {
		if (be32_eq(b->service[b->order[at]].addr, addr))
			return true;
	}
	return false;
}

/* Bits first..last, both from 0 to 63. */
static u64 bits_between(u32 first, u32 last)
{
	return (UINT64_MAX >> (63 - last)) & (UINT64_MAX << first);
}

u64 balance_ports(const struct balance *b, be32 addr, u8 proto, u32 word)
{
	u64 ports = 0;

	for (u32 at = 0; at < b->service_count; at++) {
		const struct service *service = &b->service[b->order[at]];
		const struct service_conf *conf = &service->conf;
		u32 first = u32_max(conf->port_first, word * 64);
		u32 last = u32_min(conf->port_last, word * 64 + 63);

		if (!be32_eq(service->addr, addr) || (conf->proto != 0 && conf->proto != proto))
			continue;
		if (conf->port_first == 0)
			return UINT64_MAX;
		if (first <= last)
			ports |= bits_between(first % 64, last % 64);
	}
	return ports;
}

/* ---- which backend --------------------------------------------------------------------------- */

bool backend_drains(const struct backend *backend)
{
	return backend->drain || backend->ordered || backend->health == BACKEND_DRAINING;
}

enum backend_state backend_state(const struct backend *backend)
{
	if (backend->health == BACKEND_DOWN)
		return BACKEND_DOWN;
	if (!backend_drains(backend))
		return BACKEND_UP;
	return backend->drained ? BACKEND_DOWN : BACKEND_DRAINING;
}

u32 backend_share(const struct balance *b, const struct backend *backend, u32 now_ms)
{
	u64 slow_ms, up_ms;

	if (!backend->warming)
		return BACKEND_SHARE_FULL;
	slow_ms = (u64)b->service[backend->service].conf.slow_start_s * 1000;
	up_ms = now_ms - ct_ms(backend->up_ns);
	return up_ms >= slow_ms ? BACKEND_SHARE_FULL
				: u32_max(1, (u32)(up_ms * BACKEND_SHARE_FULL / slow_ms));
}

/* One that warms up takes the flows whose luck is low: a growing part of those that are its. */
static bool backend_takes(const struct balance *b, u16 slot, u32 luck, u32 now_ms)
{
	const struct backend *backend = &b->backend[slot];

	return backend_state(backend) == BACKEND_UP && luck < backend_share(b, backend, now_ms);
}

static u16 choose_any(const struct balance *b, const struct service *service, u64 hash)
{
	u32 start = hash_range(hash, service->member_count);

	for (u32 step = 0; step < service->member_count; step++) {
		u16 slot = service->member[(start + step) % service->member_count];

		if (backend_state(&b->backend[slot]) == BACKEND_UP)
			return slot;
	}
	return BALANCE_NONE;
}

static u16 choose_by_hash(const struct balance *b, const struct service *service, u64 hash,
			  u32 now_ms)
{
	u32 luck = (u32)hash & SHARE_MASK;

	for (u32 try = 0; try < BALANCE_TRIES; try++) {
		u16 slot = service->table[hash_range(hash, b->table_size)];

		if (backend_takes(b, slot, luck, now_ms))
			return slot;
		hash = hash_words(&b->key, hash, try);
	}
	return choose_any(b, service, hash);
}

/* The fewest flows for its weight, counting the one that is to come. Which of equals is the first
 * to be asked follows from the hash.                                                             */
static u16 choose_least(const struct balance *b, const struct service *service, u64 hash,
			u32 now_ms)
{
	u32 start = hash_range(hash, service->member_count);
	u16 best = BALANCE_NONE;
	u64 best_flows = 0, best_weight = 0;

	for (u32 step = 0; step < service->member_count; step++) {
		u16 slot = service->member[(start + step) % service->member_count];
		const struct backend *backend = &b->backend[slot];
		u64 flows = (u64)backend->flow_count + 1;
		u64 weight = (u64)backend->weight * backend_share(b, backend, now_ms);

		if (backend_state(backend) != BACKEND_UP)
			continue;
		if (best == BALANCE_NONE || flows * best_weight < best_flows * weight) {
			best = slot;
			best_flows = flows;
			best_weight = weight;
		}
	}
	return best;
}

static u16 choose(const struct balance *b, const struct service *service, const struct flow *flow)
{
	u8 zone = flow->zone[TUPLE_ORIG];
	u64 hash = tuple_hash(&b->key, &flow->orig, flow->proto, zone);

	switch (service->conf.method) {
	case BALANCE_MAGLEV: break;
	case BALANCE_STICKY: hash = hash_words(&b->key, flow->orig.src.raw, zone); break;
	case BALANCE_LEAST: return choose_least(b, service, hash, flow->seen_ms);
	}
	return choose_by_hash(b, service, hash, flow->seen_ms);
}

bool balance_choose(struct balance *b, u16 index, struct flow *flow)
{
	struct service *service = &b->service[index];
	const struct service_conf *conf = &service->conf;
	u16 slot = choose(b, service, flow);
	struct backend *backend;

	if (slot == BALANCE_NONE) {
		service->refused++;
		b->refused++;
		b->refused_service = index;
		return false;
	}
	backend = &b->backend[slot];
	flow->repl.src = backend->addr;
	if (backend->port != 0)
		flow->repl.sport = be16_of(
			(u16)(backend->port + be16_host(flow->orig.dport) - conf->port_first));
	flow->mapping_dst = (u32)backend->gen << 16 | slot;
	nat_bind(flow);
	backend->flow_count++;
	backend->made++;
	service->made++;
	return true;
}

/* ---- afterwards ------------------------------------------------------------------------------ */

void balance_release(struct balance *b, struct flow *flow)
{
	struct backend *backend;

	if (!flow_has_backend(flow))
		return;
	backend = flow_backend(b, flow);
	if (flow_is_stale(b, flow)) {
		CHECK(b->stale_count > 0);
		b->stale_count--;
	} else {
		CHECK(backend->flow_count > 0);
		backend->flow_count--;
		if ((flow->flags & FLOW_CONFIRMED) == 0) {
			backend->made--;
			b->service[backend->service].made--;
		}
	}
	flow->mapping_dst = IDX_NONE;
}

/* Whether the slot is still the backend's that the flow went to, or another's by now. */
static bool backend_is_same(const struct backend *backend, u16 gen)
{
	return backend->service != BALANCE_NONE &&
	       (u16)(gen - backend->gen_first) <= (u16)(backend->gen - backend->gen_first);
}

void balance_count_stale(struct balance *b, const struct flow *flow, bool moved)
{
	struct backend *backend = flow_backend(b, flow);

	if (moved)
		b->moved++;
	else
		b->reset++;
	if (!backend_is_same(backend, (u16)(flow->mapping_dst >> 16)))
		return;
	if (moved) {
		backend->moved++;
		b->service[backend->service].moved++;
	} else {
		backend->reset++;
		b->service[backend->service].reset++;
	}
}
