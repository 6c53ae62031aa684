/* Services and backends as the configuration names them and as their health is; the invariants. */
#include "core/base/text.h"
#include "core/nat/nat.h"
#include "core/wire/ip4.h"

void service_conf_defaults(struct service_conf *service)
{
	memset(service, 0, sizeof *service);
	service->addr_if = UINT16_MAX;
	service->slow_start_s = 10;
	service->drain_s = 300;
}

void balance_conf_defaults(struct balance_conf *conf)
{
	memset(conf, 0, sizeof *conf);
	conf->service_limit = 16;
	conf->backend_limit = 128;
	conf->table_size = 8191;
}

/* ---- what makes no sense --------------------------------------------------------------------- */

static bool is_prime(u32 number)
{
	for (u32 by = 2; by * by <= number; by++) {
		if (number % by == 0)
			return false;
	}
	return number > 1;
}

static bool is_one_host(be32 addr)
{
	return !ip4_is_zeronet(addr) && !ip4_is_loopback(addr) && !ip4_is_multicast(addr) &&
	       !ip4_is_class_e(addr) && !ip4_is_limited_broadcast(addr);
}

static const char *ports_wrong(const struct service_conf *service)
{
	if (service->proto != 0 && !ip4_has_ports(service->proto))
		return "a service is for a protocol with ports, or for every protocol";
	if ((service->port_first == 0) != (service->port_last == 0) ||
	    service->port_first > service->port_last)
		return "a service's first port is behind its last";
	if (service->proto == 0 && service->port_first != 0)
		return "a service for every protocol has no ports";
	return NULL;
}

static const char *backend_wrong(const struct service_conf *service,
				 const struct backend_conf *backend)
{
	u32 width = (u32)service->port_last - service->port_first;

	if (!is_one_host(backend->addr) || be32_eq(backend->addr, service->addr))
		return "a backend's address is no host's, or the service's own";
	if (backend->weight == 0 || backend->weight > BALANCE_WEIGHT_MAX)
		return "a backend's weight is 1 to 256";
	if (backend->port != 0 && service->port_first == 0)
		return "a service for all ports keeps them: its backends have none";
	if (backend->port + width > UINT16_MAX)
		return "a backend's ports end beyond 65535";
	return NULL;
}

static const char *backends_wrong(const struct balance_conf *conf,
				  const struct service_conf *service)
{
	const struct backend_conf *first = &conf->backend[service->backend_first];

	if (service->backend_count == 0 || service->backend_count > BALANCE_EACH_MAX)
		return "a service needs 1 to 128 backends";
	if ((u32)service->backend_first + service->backend_count > conf->backend_count)
		return "a service names backends that do not exist";
	for (u32 at = 0; at < service->backend_count; at++) {
		const char *wrong = backend_wrong(service, &first[at]);

		if (wrong != NULL)
			return wrong;
		for (u32 other = 0; other < at; other++) {
			if (be32_eq(first[at].addr, first[other].addr) &&
			    first[at].port == first[other].port)
				return "a service has the same backend twice";
		}
	}
	return NULL;
}

static const char *service_wrong(const struct balance_conf *conf, u32 index)
{
	const struct service_conf *service = &conf->service[index];
	const char *wrong = ports_wrong(service);

	if (service->name[0] == '\0' || service->name[BALANCE_NAME_SIZE - 1] != '\0')
		return "a service's name is empty or too long";
	for (u32 other = 0; other < index; other++) {
		if (text_equal(service->name, conf->service[other].name, BALANCE_NAME_SIZE))
			return "two services have the same name";
	}
	if ((service->addr.raw == 0) == (service->addr_if == UINT16_MAX))
		return "a service has an address, or an interface whose address it takes";
	if (service->addr_if != UINT16_MAX && service->addr_if >= NAT_IFACE_MAX)
		return "a service takes the address of an interface that does not exist";
	if (service->addr.raw != 0 && !is_one_host(service->addr))
		return "a service's address is no host's";
	if (service->method > BALANCE_LEAST)
		return "a service's method is maglev, sticky or least";
	if (service->slow_start_s > BALANCE_SECONDS_MAX || service->drain_s > BALANCE_SECONDS_MAX)
		return "slow start and draining take a day at most";
	return wrong != NULL ? wrong : backends_wrong(conf, service);
}

const char *balance_conf_wrong(const struct balance_conf *conf)
{
	if (conf->service_limit == 0 || conf->service_limit > BALANCE_SERVICE_MAX ||
	    conf->backend_limit == 0 || conf->backend_limit > BALANCE_BACKEND_MAX)
		return "the limits of services are 1 to 64, of backends 1 to 512";
	if (conf->table_size < BALANCE_TABLE_MIN || conf->table_size > BALANCE_TABLE_MAX ||
	    !is_prime(conf->table_size))
		return "the table size of services is a prime number from 251 to 131071";
	if (conf->service_count > BALANCE_SERVICE_MAX || conf->backend_count > BALANCE_BACKEND_MAX)
		return "too many services or backends";
	for (u32 at = 0; at < conf->service_count; at++) {
		const char *wrong = service_wrong(conf, at);

		if (wrong != NULL)
			return wrong;
	}
	return NULL;
}

static u32 backends_named(const struct balance_conf *conf)
{
	u32 count = 0;

	for (u32 at = 0; at < conf->service_count; at++)
		count += conf->service[at].backend_count;
	return count;
}

const char *balance_refuses(const struct balance *b, const struct balance_conf *conf)
{
	const char *wrong = balance_conf_wrong(conf);

	if (wrong != NULL)
		return wrong;
	if (conf->service_count > b->service_limit)
		return "more services than the limit `services` allows";
	if (backends_named(conf) > b->backend_limit)
		return "more backends than the limit `backends` allows";
	return NULL;
}

/* ---- memory ---------------------------------------------------------------------------------- */

void balance_layout(struct balance *b, const struct balance_conf *conf, struct mem *mem)
{
	memset(b, 0, sizeof *b);
	b->service_limit = conf->service_limit;
	b->backend_limit = conf->backend_limit;
	b->table_size = conf->table_size;
	b->service = mem_take(mem, "services", conf->service_limit, sizeof *b->service);
	b->members = mem_take_more(mem, "services", 0, (u64)conf->service_limit * BALANCE_EACH_MAX,
				   sizeof *b->members);
	b->backend = mem_take(mem, "backends", conf->backend_limit, sizeof *b->backend);
	b->tables = mem_take(mem, "service_tables", (u64)conf->service_limit * conf->table_size,
			     sizeof *b->tables);
}

void balance_init(struct balance *b, const struct hash_key *key)
{
	b->key = *key;
	b->next_ns = NS_NEVER;
	for (u32 at = 0; at < b->service_limit; at++) {
		b->service[at].member = &b->members[(u64)at * BALANCE_EACH_MAX];
		b->service[at].table = &b->tables[(u64)at * b->table_size];
	}
	for (u32 at = 0; at < b->backend_limit; at++)
		b->backend[at].service = BALANCE_NONE;
}

/* ---- states of a backend --------------------------------------------------------------------- */

/* Its flows are stale from now on. A generation that no flow carries can be used again. */
static void backend_forsake(struct balance *b, struct backend *backend)
{
	if (backend->flow_count == 0)
		return;
	b->stale_count += backend->flow_count;
	backend->flow_count = 0;
	backend->gen++;
	b->gen++;
}

static u32 slow_start_s(const struct balance *b, const struct backend *backend)
{
	return b->service[backend->service].conf.slow_start_s;
}

static void next_update(struct balance *b)
{
	b->next_ns = NS_NEVER;
	for (u32 at = 0; at < b->backend_limit; at++) {
		const struct backend *backend = &b->backend[at];

		if (backend->service == BALANCE_NONE)
			continue;
		if (backend_state(backend) == BACKEND_DRAINING)
			b->next_ns = u64_min(b->next_ns, backend->deadline_ns);
		if (backend->warming)
			b->next_ns = u64_min(b->next_ns, backend->up_ns + slow_start_s(b, backend) *
										  NS_PER_SEC);
	}
}

/* What follows when it was in state `before` until now. */
static void backend_turn(struct balance *b, struct backend *backend, enum backend_state before,
			 ns_t now)
{
	const struct service_conf *conf = &b->service[backend->service].conf;
	enum backend_state after;

	if (!backend_drains(backend))
		backend->drained = false;
	after = backend_state(backend);
	if (after == BACKEND_DRAINING && before != BACKEND_DRAINING)
		backend->deadline_ns = now + (backend->ordered ? backend->ordered_s :
								 conf->drain_s) * NS_PER_SEC;
	if (after == BACKEND_DOWN && before != BACKEND_DOWN)
		backend_forsake(b, backend);
	if (after == BACKEND_UP && before == BACKEND_DOWN && conf->slow_start_s > 0) {
		backend->warming = true;
		backend->up_ns = now;
	}
	if (after != BACKEND_UP)
		backend->warming = false;
}

/* By their places in the configuration; NULL: there is none. */
static struct backend *backend_at(struct balance *b, u32 service, u32 index)
{
	if (service >= b->service_count || index >= b->service[b->order[service]].member_count)
		return NULL;
	return &b->backend[b->service[b->order[service]].member[index]];
}

enum err balance_set(struct balance *b, u32 service, u32 index, enum backend_state state, ns_t now)
{
	struct backend *backend = backend_at(b, service, index);
	enum backend_state before;

	if (backend == NULL || state > BACKEND_DRAINING)
		return ERR_RANGE;
	balance_tick(b, now);
	before = backend_state(backend);
	backend->health = (u8)state;
	backend_turn(b, backend, before, now);
	next_update(b);
	return ERR_OK;
}

enum err balance_set_checks(struct balance *b, u32 service, u32 index, u64 checks, u64 failed)
{
	struct backend *backend = backend_at(b, service, index);

	if (backend == NULL)
		return ERR_RANGE;
	backend->checks = checks;
	backend->checks_failed = failed;
	return ERR_OK;
}

enum err balance_order(struct balance *b, u32 service, u32 index, bool drain, u32 deadline_s,
		       ns_t now)
{
	struct backend *backend = backend_at(b, service, index);
	enum backend_state before;

	if (backend == NULL ||
	    (deadline_s > BALANCE_SECONDS_MAX && deadline_s != BALANCE_DRAIN_DEFAULT))
		return ERR_RANGE;
	balance_tick(b, now);
	before = backend_state(backend);
	backend->ordered = drain;
	backend->ordered_s = deadline_s != BALANCE_DRAIN_DEFAULT
				     ? deadline_s
				     : b->service[backend->service].conf.drain_s;
	backend_turn(b, backend, before, now);
	if (drain && backend_state(backend) == BACKEND_DRAINING)
		backend->deadline_ns = now + backend->ordered_s * NS_PER_SEC;
	next_update(b);
	return ERR_OK;
}

void balance_tick(struct balance *b, ns_t now)
{
	if (now < b->next_ns)
		return;
	for (u32 at = 0; at < b->backend_limit; at++) {
		struct backend *backend = &b->backend[at];

		if (backend->service == BALANCE_NONE)
			continue;
		if (backend_state(backend) == BACKEND_DRAINING && now >= backend->deadline_ns) {
			backend->drained = true;
			backend_turn(b, backend, BACKEND_DRAINING, now);
		}
		if (backend->warming &&
		    now >= backend->up_ns + slow_start_s(b, backend) * NS_PER_SEC)
			backend->warming = false;
	}
	next_update(b);
}

ns_t balance_next(const struct balance *b)
{
	return b->next_ns;
}

/* ---- configuration --------------------------------------------------------------------------- */

static u16 service_by_name(const struct balance *b, const char *name)
{
	for (u32 at = 0; at < b->service_limit; at++) {
		const struct service *service = &b->service[at];

		if (service->live && text_equal(service->conf.name, name, BALANCE_NAME_SIZE))
			return (u16)at;
	}
	return BALANCE_NONE;
}

static u16 backend_of(const struct balance *b, u16 service, const struct backend_conf *conf)
{
	for (u32 at = 0; at < b->backend_limit; at++) {
		const struct backend *backend = &b->backend[at];

		if (backend->service == service && be32_eq(backend->addr, conf->addr) &&
		    backend->port == conf->port)
			return (u16)at;
	}
	return BALANCE_NONE;
}

/* Marks what the configuration names and is there already; the rest goes. */
static void keep_and_drop(struct balance *b, const struct balance_conf *conf)
{
	for (u32 at = 0; at < b->service_limit; at++)
		b->service[at].kept = false;
	for (u32 at = 0; at < b->backend_limit; at++)
		b->backend[at].kept = false;
	for (u32 at = 0; at < conf->service_count; at++) {
		const struct service_conf *named = &conf->service[at];
		u16 slot = service_by_name(b, named->name);

		if (slot == BALANCE_NONE)
			continue;
		b->service[slot].kept = true;
		for (u32 each = 0; each < named->backend_count; each++) {
			u16 backend = backend_of(b, slot,
						 &conf->backend[named->backend_first + each]);

			if (backend != BALANCE_NONE)
				b->backend[backend].kept = true;
		}
	}
	for (u32 at = 0; at < b->backend_limit; at++) {
		struct backend *backend = &b->backend[at];

		if (backend->service == BALANCE_NONE || backend->kept)
			continue;
		backend_forsake(b, backend);
		backend->service = BALANCE_NONE;
	}
	for (u32 at = 0; at < b->service_limit; at++)
		b->service[at].live = b->service[at].kept;
}

static u16 service_slot(struct balance *b, const char *name)
{
	u16 slot = service_by_name(b, name);

	for (u16 at = 0; slot == BALANCE_NONE && at < b->service_limit; at++) {
		struct service *service = &b->service[at];

		if (service->live)
			continue;
		slot = at;
		*service = (struct service){ .member = service->member, .table = service->table };
	}
	CHECK(slot != BALANCE_NONE);
	return slot;
}

static u16 backend_slot(struct balance *b)
{
	u16 slot = 0;

	while (b->backend[slot].service != BALANCE_NONE) {
		slot++;
		CHECK(slot < b->backend_limit);
	}
	return slot;
}

/* One that joins others begins slowly; those that a service begins with share it at once. */
static u16 backend_new(struct balance *b, u16 service, const struct backend_conf *conf, bool joins,
		       ns_t now)
{
	u16 slot = backend_slot(b);
	struct backend *backend = &b->backend[slot];
	u16 gen = backend->gen;

	*backend = (struct backend){
		.addr = conf->addr,
		.port = conf->port,
		.service = service,
		.gen = gen,
		.gen_first = gen,
		.health = BACKEND_UP,
		.drain = conf->drain,
	};
	backend_turn(b, backend, joins ? BACKEND_DOWN : BACKEND_UP, now);
	return slot;
}

static void backend_keep(struct balance *b, u16 slot, const struct backend_conf *conf, ns_t now)
{
	struct backend *backend = &b->backend[slot];
	enum backend_state before = backend_state(backend);

	/* Who wrote this knew of no order, and speaks of this very backend. */
	if (backend->drain != conf->drain || backend->weight != conf->weight)
		backend->ordered = false;
	backend->drain = conf->drain;
	backend_turn(b, backend, before, now);
}

static void service_take(struct balance *b, const struct balance_conf *conf, u32 index,
			 const be32 *iface_addr, ns_t now)
{
	const struct service_conf *named = &conf->service[index];
	u16 slot = service_slot(b, named->name);
	struct service *service = &b->service[slot];
	bool joins = service->live;
	bool same = service->member_count == named->backend_count;

	service->live = service->kept = true;
	service->conf = *named;
	service->addr = named->addr_if == UINT16_MAX ? named->addr : iface_addr[named->addr_if];
	service->member_count = named->backend_count;
	b->order[index] = slot;
	for (u32 at = 0; at < named->backend_count; at++) {
		const struct backend_conf *each = &conf->backend[named->backend_first + at];
		u16 backend = backend_of(b, slot, each);

		same = same && backend != BALANCE_NONE && service->member[at] == backend &&
		       b->backend[backend].weight == each->weight;
		if (backend != BALANCE_NONE)
			backend_keep(b, backend, each, now);
		else
			backend = backend_new(b, slot, each, joins, now);
		service->member[at] = backend;
		b->backend[backend].weight = each->weight;
	}
	if (!same)
		maglev_fill(b, service->member, service->member_count, service->table,
			    b->table_size);
}

void balance_configure(struct balance *b, const struct balance_conf *conf, const be32 *iface_addr,
		       ns_t now)
{
	CHECK(balance_refuses(b, conf) == NULL);
	/* What is due by now comes before what begins now. */
	balance_tick(b, now);
	keep_and_drop(b, conf);
	b->service_count = conf->service_count;
	for (u32 at = 0; at < conf->service_count; at++)
		service_take(b, conf, at, iface_addr, now);
	next_update(b);
}

/* ---- the invariants -------------------------------------------------------------------------- */

static void service_check(const struct balance *b, u16 slot)
{
	const struct service *service = &b->service[slot];

	CHECK(service->live);
	CHECK(service->member_count > 0);
	for (u32 at = 0; at < service->member_count; at++)
		CHECK(b->backend[service->member[at]].service == slot);
	for (u32 at = 0; at < b->table_size; at++)
		CHECK(b->backend[service->table[at]].service == slot);
}

void balance_check(const struct balance *b, const struct ct *ct)
{
	u64 held = 0, stale = 0, counted = 0;

	for (u32 at = 0; at < b->service_count; at++)
		service_check(b, b->order[at]);
	for (u32 at = 0; at < b->backend_limit; at++) {
		counted += b->backend[at].flow_count;
		CHECK(b->backend[at].service != BALANCE_NONE || b->backend[at].flow_count == 0);
		CHECK(backend_state(&b->backend[at]) != BACKEND_DOWN ||
		      b->backend[at].flow_count == 0);
	}
	for (u32 idx = 0; idx < ct->conf.flow_count; idx++) {
		const struct flow *flow = &ct->flow[idx];

		if (!flow_is_confirmed(flow) || !flow_has_backend(flow))
			continue;
		held += !flow_is_stale(b, flow);
		stale += flow_is_stale(b, flow);
	}
	CHECK(held == counted);
	CHECK(stale == b->stale_count);
}
