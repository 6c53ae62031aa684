/* Services of a simulation, and what happens to their backends: they go down, come back, drain, get
 * other weights, join and leave, while clients of the outside and the inside use them.          */
#include <stdio.h>

#include "sim/sim.h"

enum { SERVICES_MAX = 3, BACKENDS_MAX = 4 };

static u32 slow_start_of(u32 choice)
{
	static const u32 seconds[] = { 0, 0, 3, 30 };

	return seconds[choice % ARRAY_COUNT(seconds)];
}

static u32 drain_of(u32 choice)
{
	static const u32 seconds[] = { 1, 20, 300 };

	return seconds[choice % ARRAY_COUNT(seconds)];
}

/* As many numbers as are wanted, from one. */
static u32 draw(u64 *numbers, u32 count)
{
	u32 drawn = (u32)(*numbers % count);

	*numbers /= count;
	return drawn;
}

static u64 numbers_of(const u8 *seed)
{
	u64 numbers = 0;

	for (u32 n = 0; n < sizeof numbers; n++)
		numbers = numbers << 8 | seed[n];
	return numbers;
}

/* A single port, ports as they are, ports moved; or all that there is. */
static void draw_ports(struct service_conf *service, u64 *numbers, u16 *backend_port)
{
	static const struct {
		u16 first, last, backend;
	} kinds[] = { { 80, 86, 0 }, { 443, 443, 82 }, { 4000, 4009, 80 }, { 81, 81, 0 } };
	u32 kind = draw(numbers, ARRAY_COUNT(kinds));

	*backend_port = 0;
	service->proto = draw(numbers, 2) == 0 ? IP_PROTO_TCP : IP_PROTO_UDP;
	if (draw(numbers, 6) == 0) {
		service->proto = 0;
		return;
	}
	service->port_first = kinds[kind].first;
	service->port_last = kinds[kind].last;
	*backend_port = kinds[kind].backend;
}

static void draw_address(const struct sluice_conf *conf, struct service_conf *service,
			 u64 *numbers)
{
	switch (draw(numbers, 4)) {
	case 0: service->addr_if = RIG_OUT; break;
	case 1:
		service->addr = conf->nat.pool_count > 0 ? conf->nat.pool[0].range[0].first
							 : addr("198.18.0.1");
		break;
	default: service->addr = addr(draw(numbers, 2) == 0 ? "198.18.3.1" : "198.18.3.2"); break;
	}
}

static bool has_backend(const struct balance_conf *balance, const struct service_conf *service,
			be32 at)
{
	for (u32 n = 0; n < service->backend_count; n++) {
		if (be32_eq(balance->backend[service->backend_first + n].addr, at))
			return true;
	}
	return false;
}

/* Inside hosts of one zone. */
static void draw_backends(struct sluice_conf *conf, struct service_conf *service, u64 *numbers,
			  u16 port)
{
	const struct sim_place *place = sim_places(conf);
	struct balance_conf *balance = &conf->nat.balance;
	u32 count = 1 + draw(numbers, BACKENDS_MAX), start = draw(numbers, SIM_INSIDE_MAX);

	service->zone = conf->iface[place[start].iface].zone;
	service->backend_first = (u16)balance->backend_count;
	for (u32 n = 0; n < SIM_INSIDE_MAX && service->backend_count < count; n++) {
		const struct sim_place *at = &place[(start + n) % SIM_INSIDE_MAX];

		if (conf->iface[at->iface].zone != service->zone ||
		    has_backend(balance, service, addr(at->addr)))
			continue;
		balance->backend[balance->backend_count++] = (struct backend_conf){
			.addr = addr(at->addr),
			.port = port,
			.weight = (u16)(1 + draw(numbers, 4)),
		};
		service->backend_count++;
	}
}

/* No rule translates who asks for the service. */
static void exempt_clients(struct sluice_conf *conf, const struct service_conf *service)
{
	struct nat_rule_conf *rule = conf->nat.rule;

	memmove(rule + 1, rule, conf->nat.rule_count++ * sizeof *rule);
	nat_rule_defaults(rule);
	rule->kind = NAT_KIND_NONE;
	rule->dest = service->addr;
	rule->dest_len = 32;
}

static void draw_service(struct sluice_conf *conf, u64 *numbers)
{
	struct balance_conf *balance = &conf->nat.balance;
	struct service_conf *service = &balance->service[balance->service_count];
	u16 port;

	service_conf_defaults(service);
	snprintf(service->name, sizeof service->name, "s%u", balance->service_count++);
	draw_ports(service, numbers, &port);
	draw_address(conf, service, numbers);
	service->hairpin = draw(numbers, 2) == 0;
	service->method = (enum balance_method)draw(numbers, BALANCE_LEAST + 1);
	service->slow_start_s = slow_start_of(draw(numbers, 4));
	service->drain_s = drain_of(draw(numbers, 3));
	draw_backends(conf, service, numbers, port);
	if (service->hairpin && service->addr_if == IFACE_NONE && draw(numbers, 2) == 0)
		exempt_clients(conf, service);
}

/* Of every third gateway. From the secrets, so that everything else of a seed stays what it is. */
void sim_conf_services(struct sluice_conf *conf)
{
	struct balance_conf *balance = &conf->nat.balance;
	u64 numbers = numbers_of(conf->seed + 24);

	balance->service_limit = SERVICES_MAX;
	balance->backend_limit = SERVICES_MAX * SIM_INSIDE_MAX;
	balance->table_size = BALANCE_TABLE_MIN;
	if (conf->seed[16] >= 96)
		return;
	for (u32 n = 0; n <= conf->seed[17] % SERVICES_MAX; n++) {
		draw_service(conf, &numbers);
		numbers = numbers_of(conf->seed + 18 + n);
	}
}

void sim_add_services(struct sim *sim)
{
	const struct sluice_conf *conf = sim->gate->conf;
	const struct balance_conf *balance = &conf->nat.balance;

	for (u32 n = 0; n < balance->service_count; n++) {
		const struct service_conf *service = &balance->service[n];
		struct net_visit visit = { service->proto, service->addr, service->port_first,
					   service->port_last };

		if (service->addr_if != IFACE_NONE)
			visit.addr = conf->iface[service->addr_if].addr[0].addr;
		if (service->port_first == 0) {
			visit.port_first = 80;
			visit.port_last = 86;
		}
		for (u32 k = 0; k < sim->host_count; k++)
			host_visits(sim->host[k], &visit);
	}
	for (u32 k = 0; k < sim->host_count; k++)
		sim->host[k]->serves = balance->service_count > 0;
}

/* ---- what happens to them -------------------------------------------------------------------- */

static void change_weight(struct net *net, struct balance_conf *balance)
{
	u32 at = net_below(net, balance->backend_count);

	balance->backend[at].weight = (u16)(1 + net_below(net, 4));
}

static void change_drain(struct net *net, struct balance_conf *balance)
{
	struct backend_conf *backend = &balance->backend[net_below(net, balance->backend_count)];

	backend->drain = !backend->drain && net_chance(net, 60);
}

/* The first or the last backend of a service leaves it, or comes back. */
static void change_members(struct net *net, struct balance_conf *balance,
			   const struct balance_conf *all)
{
	u32 at = net_below(net, balance->service_count);
	struct service_conf *service = &balance->service[at];
	u16 first = all->service[at].backend_first, count = all->service[at].backend_count;

	if (service->backend_count < count || count == 1) {
		service->backend_first = first;
		service->backend_count = count;
	} else {
		service->backend_first += net_chance(net, 50);
		service->backend_count--;
	}
}

static void change_service(struct net *net, struct balance_conf *balance)
{
	struct service_conf *service = &balance->service[net_below(net, balance->service_count)];

	switch (net_below(net, 4)) {
	case 0: service->hairpin = !service->hairpin; break;
	case 1: service->method = (enum balance_method)net_below(net, BALANCE_LEAST + 1); break;
	case 2: service->slow_start_s = slow_start_of(net_below(net, 4)); break;
	default: service->drain_s = drain_of(net_below(net, 3)); break;
	}
}

/* The last service goes, or all are there again, as they were. */
static void change_count(struct balance_conf *balance, const struct balance_conf *all)
{
	if (balance->service_count == all->service_count) {
		balance->service_count--;
		return;
	}
	*balance = *all;
}

static void reload(struct sim *sim)
{
	struct net *net = &sim->net;
	const struct balance_conf *all = &sim->gate->own->nat.balance;
	struct sluice_conf *conf = sim_next_conf(sim);
	struct balance_conf *balance = &conf->nat.balance;

	switch (balance->service_count == 0 ? 0 : net_below(net, 8)) {
	case 0: change_count(balance, all); break;
	case 1:
	case 2: change_weight(net, balance); break;
	case 3:
	case 4: change_drain(net, balance); break;
	case 5:
	case 6: change_members(net, balance, all); break;
	default: change_service(net, balance); break;
	}
	gate_configure(sim->gate, conf);
	net_trace(net, "reload: %u services", balance->service_count);
}

static void speak_of(struct sim *sim, u32 service, u32 backend)
{
	static const u32 deadlines[] = { 0, 5, SLUICE_DRAIN_DEFAULT };
	struct net *net = &sim->net;
	u32 kind = net_below(net, 100);
	enum backend_state state = kind < 40   ? BACKEND_UP
				   : kind < 55 ? BACKEND_DOWN
					       : BACKEND_DRAINING;

	net_trace(net, "backend %u of service %u: %s", backend, service,
		  kind >= 80   ? "no order"
		  : kind >= 65 ? "ordered to drain"
		  : kind >= 55 ? "drains"
		  : kind >= 40 ? "down"
			       : "up");
	if (kind < 65)
		gate_backend_set(sim->gate, service, backend, state);
	else
		gate_backend_order(sim->gate, service, backend, kind < 80,
				   deadlines[net_below(net, ARRAY_COUNT(deadlines))]);
}

static void something_happens(struct sim *sim)
{
	const struct balance_conf *balance = &sim->gate->conf->nat.balance;
	struct net *net = &sim->net;
	u32 service;

	gate_pause(sim->gate);
	if (net->why != NULL)
		return;
	if (balance->service_count == 0 || net_chance(net, 25)) {
		reload(sim);
	} else {
		service = net_below(net, balance->service_count);
		speak_of(sim, service, net_below(net, balance->service[service].backend_count));
	}
	if (net->why == NULL)
		gate_compare(sim->gate);
}

void sim_run_services(struct sim *sim)
{
	struct net *net = &sim->net;
	ns_t until = net->now + SIM_PIECE_NS;

	while (net->why == NULL && net->now + NS_PER_SEC < until) {
		net_run(net, net->now + NS_PER_SEC / 2 + net_random(net) % NS_PER_SEC, 1000);
		if (net->why == NULL && net_chance(net, 40))
			something_happens(sim);
	}
}
