/* Building the configuration. */
#include "prog/run_conf.h"

#include <stdio.h>

#include "host/conf/conf_zone.h"
#include "host/conf/values.h"
#include "prog/run_check.h"
#include "prog/run_filter.h"
#include "prog/run_routing.h"
#include "prog/run_sockets.h"
#include "prog/run_service.h"

/* Public addresses that may come by themselves: an interface can get more while running. */
enum { ADDRESSES_SPARE = 64, ADDRESSES_MAX = UINT16_MAX - ADDRESSES_SPARE };

struct building {
	const struct run_source *source;
	const struct conf *asked;
	const struct run_facts *facts;
	struct sluice_conf *conf;
	struct run_notes *notes;
	struct run_errors *errors;
};

struct run_place run_asked_by(const struct run_source *source, const void *value,
			      const char *option)
{
	struct conf_place at;
	struct run_place place;

	snprintf(place.text, sizeof place.text, "%s", option);
	if (!source->marks)
		return place;
	at = conf_place_of(source->marks, (u32)((const u8 *)value - (const u8 *)source->conf));
	snprintf(place.text, sizeof place.text, "%.100s:%u:%u", source->file, at.line, at.column);
	return place;
}

/* By somebody who can be told, as opposed to what the system's changes make of what runs. */
static bool is_asked_now(const struct run_facts *facts)
{
	return !facts->running || facts->changing;
}

/* ---- interfaces ------------------------------------------------------------------------------ */

static void add_addr(struct building *b, struct iface_conf *iface, const struct iface_addr *addr)
{
	if (iface->addr_count == IFACE_ADDR_MAX) {
		run_error(b->errors, "%s has more than %d addresses", iface->name, IFACE_ADDR_MAX);
		return;
	}
	iface->addr[iface->addr_count++] = *addr;
}

static void given_addrs(struct building *b, u32 index)
{
	const struct conf_iface *given = &b->asked->iface[index];
	const struct run_iface_facts *facts = &b->facts->iface[index];

	if (facts->addr_count)
		run_error(b->errors,
			  "%s%s%s=%s: %s has the address %s of the host already; leave out what is "
			  "given, to use that, or take it off with 'ip address flush dev %s'",
			  run_asked_by(b->source, &given->addr[0], "").text,
			  b->source->marks ? ": " : "", given->name,
			  value_show_prefix(given->addr[0].addr, given->addr[0].prefix_len).text,
			  given->name,
			  value_show_prefix(facts->addr[0].addr, facts->addr[0].prefix_len).text,
			  given->name);
	for (u32 i = 0; i < given->addr_count; i++)
		add_addr(b, &b->conf->iface[index], &given->addr[i]);
}

static void no_addr(struct building *b, const struct conf_iface *given)
{
	const char *example = given->side == IFACE_INSIDE ? "10.10.0.1/16" : "198.18.0.1/16";
	const char *host = b->facts->replayed ? "" : ", or set one with 'ip address add'";

	if (b->source->marks)
		run_error(b->errors, "%s: %s has no IPv4 address; say 'addresses: %s'%s",
			  run_asked_by(b->source, given->name, "").text, given->name, example,
			  host);
	else
		run_error(b->errors, "%s has no IPv4 address; give one, as in --%s %s=%s%s",
			  given->name, given->side == IFACE_INSIDE ? "lan" : "wan", given->name,
			  example, host);
}

static void own_addrs(struct building *b, u32 index)
{
	const struct conf_iface *given = &b->asked->iface[index];
	const struct run_iface_facts *facts = &b->facts->iface[index];

	if (facts->addr_count == 0 && !b->facts->running)
		no_addr(b, given);
	else if (!b->asked->host_port && facts->addr_count)
		run_error(b->errors,
			  "%s: %s has the address %s of the host, whose packets would not come to "
			  "it; take the address off, or leave this out",
			  run_asked_by(b->source, &b->asked->host_port, "--no-host").text,
			  given->name, value_show_addr(facts->addr[0].addr).text);
	for (u32 i = 0; i < facts->addr_count; i++) {
		struct iface_addr addr = { .addr = facts->addr[i].addr,
					   .prefix_len = facts->addr[i].prefix_len,
					   .host = true };

		add_addr(b, &b->conf->iface[index], &addr);
	}
}

static void build_iface(struct building *b, u32 index)
{
	const struct conf_iface *given = &b->asked->iface[index];
	struct iface_conf *iface = &b->conf->iface[index];

	*iface = b->facts->iface[index].port;
	memcpy(iface->name, given->name, sizeof iface->name);
	iface->side = given->side;
	iface->zone = conf_zone_find(b->asked, given->zone);
	memcpy(iface->zone_name, given->zone, sizeof iface->zone_name);
	iface->addr_count = 0;
	iface->mss = given->mss;
	iface->source_check = given->source_check;
	/* A link can carry less, never more: what is larger would be lost on the way out. */
	if (given->mtu > iface->mtu && is_asked_now(b->facts))
		run_error(b->errors,
			  "%s%s %s=%u: the interface carries at most %u; 'ip link set %s mtu %u' "
			  "would raise that",
			  run_asked_by(b->source, &given->mtu, "--mtu").text,
			  b->source->marks ? ":" : "", given->name, given->mtu, iface->mtu,
			  given->name, given->mtu);
	if (given->mtu)
		iface->mtu = u32_min(given->mtu, iface->mtu);
	if (given->addr_count)
		given_addrs(b, index);
	else
		own_addrs(b, index);
}

static void build_host(struct building *b)
{
	struct sluice_conf *conf = b->conf;

	conf->host_if = IFACE_NONE;
	if (!b->facts->host_port)
		return;
	conf->host_if = (u16)conf->iface_count;
	conf->iface[conf->iface_count] = b->facts->host;
	conf->iface[conf->iface_count].side = IFACE_INSIDE;
	conf->iface[conf->iface_count].addr_count = 0;
	conf->iface_count++;
}

/* No two interfaces of a zone may have the same address, and their networks must not overlap:
 * which of them an address is on could not be said.                                             */
static void check_overlap(struct building *b, u32 one, u32 two)
{
	const struct iface_conf *a = &b->conf->iface[one];
	const struct iface_conf *c = &b->conf->iface[two];

	for (u32 i = 0; i < a->addr_count && a->zone == c->zone; i++) {
		for (u32 j = 0; j < c->addr_count; j++) {
			u8 len = a->addr[i].prefix_len < c->addr[j].prefix_len
					 ? a->addr[i].prefix_len
					 : c->addr[j].prefix_len;

			if (be32_eq(value_network(a->addr[i].addr, len),
				    value_network(c->addr[j].addr, len)))
				run_error(b->errors,
					  "%s (%s) and %s (%s) overlap: each interface needs a "
					  "network of its own",
					  a->name,
					  value_show_prefix(a->addr[i].addr, a->addr[i].prefix_len)
						  .text,
					  c->name,
					  value_show_prefix(c->addr[j].addr, c->addr[j].prefix_len)
						  .text);
		}
	}
}

static void build_ifaces(struct building *b)
{
	b->conf->iface_count = b->asked->iface_count;
	for (u32 i = 0; i < b->asked->iface_count; i++)
		build_iface(b, i);
	for (u32 i = 0; i < b->asked->iface_count; i++) {
		for (u32 j = i + 1; j < b->asked->iface_count; j++)
			check_overlap(b, i, j);
	}
	build_host(b);
}

/* ---- routes ---------------------------------------------------------------------------------- */

/* The interface of the zone on one of whose networks the gateway is. */
static bool iface_towards(const struct sluice_conf *conf, u8 zone, be32 gateway, u16 *index)
{
	for (u32 i = 0; i < conf->iface_count; i++) {
		const struct iface_conf *iface = &conf->iface[i];

		for (u32 j = 0; j < iface->addr_count && iface->zone == zone; j++) {
			u8 len = iface->addr[j].prefix_len;

			if (be32_eq(value_network(iface->addr[j].addr, len),
				    value_network(gateway, len))) {
				*index = (u16)i;
				return true;
			}
		}
	}
	return false;
}

/* The first route to a prefix stays: what is asked for before the system's, low metric before
 * high.                                                                                         */
static void add_route(struct building *b, const struct sluice_route_conf *route)
{
	struct sluice_conf *conf = b->conf;

	for (u32 i = 0; i < conf->route_count; i++) {
		if (conf->route[i].zone == route->zone &&
		    conf->route[i].prefix_len == route->prefix_len &&
		    be32_eq(conf->route[i].prefix, route->prefix))
			return;
	}
	if (conf->route_count == SLUICE_ROUTE_MAX) {
		run_error(b->errors, "there are more than %d routes", SLUICE_ROUTE_MAX);
		return;
	}
	conf->route[conf->route_count++] = *route;
}

/* In the zone of the interface that it leads to; IFACE_NONE: in none. */
static void add_unicast(struct building *b, struct sluice_route_conf route, struct fib_path path)
{
	route.zone = path.out_if == IFACE_NONE ? 0 : b->conf->iface[path.out_if].zone;
	route.route.type = FIB_UNICAST;
	route.route.path_count = 1;
	route.route.path[0] = path;
	route.route.path[0].weight = 1;
	add_route(b, &route);
}

static void route_by_gateway(struct building *b, const struct run_place *place,
			     const struct conf_route *given)
{
	struct sluice_route_conf route = { .prefix = given->prefix,
					   .prefix_len = given->prefix_len,
					   .tag = given->tag,
					   .bfd = given->bfd };
	struct fib_path path = { .gateway = given->gateway, .out_if = IFACE_NONE };
	u8 zone = conf_zone_find(b->asked, given->zone);

	if (given->recursive || iface_towards(b->conf, zone, given->gateway, &path.out_if))
		add_unicast(b, route, path);
	else if (!b->facts->offline)
		run_error(b->errors,
			  "%s: the gateway %s is on no network of the interfaces; it has to be a "
			  "neighbour",
			  place->text, value_show_addr(given->gateway).text);
}

static void given_routes(struct building *b)
{
	struct conf_route gateway = { .gateway = b->asked->gateway };

	for (u32 i = 0; i < b->asked->route_count; i++) {
		const struct conf_route *given = &b->asked->route[i];
		struct sluice_route_conf route = { .prefix = given->prefix,
						   .prefix_len = given->prefix_len,
						   .tag = given->tag,
						   .zone = conf_zone_find(b->asked, given->zone) };
		struct run_place place = run_asked_by(b->source, &given->kind, "--route");

		if (given->kind == CONF_VIA_GATEWAY) {
			route_by_gateway(b, &place, given);
			continue;
		}
		route.route.type = given->kind == CONF_VIA_BLACKHOLE ? FIB_BLACKHOLE : FIB_PROHIBIT;
		add_route(b, &route);
	}
	if (b->asked->gateway.raw) {
		struct run_place place = run_asked_by(b->source, &b->asked->gateway, "--gateway");

		route_by_gateway(b, &place, &gateway);
	}
}

/* As FRR's daemons are numbered in the kernel's table. */
static bool is_of_zebra(u8 protocol)
{
	enum { ZEBRA = 11, BABEL = 42, FIRST = 186, LAST = 197 };

	return protocol == ZEBRA || protocol == BABEL || (protocol >= FIRST && protocol <= LAST);
}

/* What the host's routing table says, except what follows from addresses by itself. A default
 * route of the inside is the host's own affair. What a zebra on this host has put there it tells by
 * FPM as well, with all its next hops.                                                          */
static void own_routes(struct building *b, u32 index)
{
	const struct run_iface_facts *facts = &b->facts->iface[index];

	if (b->asked->iface[index].addr_count)
		return;
	for (u32 i = 0; i < facts->route_count; i++) {
		const struct os_route *route = &facts->route[i];
		struct sluice_route_conf own = { .prefix = route->prefix,
						 .prefix_len = route->prefix_len };
		struct fib_path path = { .gateway = route->gateway, .out_if = (u16)index };

		if (route->connected ||
		    (b->asked->routing.fpm.port != 0 && is_of_zebra(route->protocol)))
			continue;
		if (route->prefix_len == 0 && b->asked->iface[index].side == IFACE_INSIDE)
			continue;
		add_unicast(b, own, path);
	}
}

static void build_routes(struct building *b)
{
	bool found = false;

	b->conf->route_count = 0;
	given_routes(b);
	for (u32 i = 0; i < b->asked->iface_count; i++)
		if (!b->facts->iface[i].down)
			own_routes(b, i);
	for (u32 i = 0; i < b->asked->iface_count; i++)
		if (b->facts->iface[i].down)
			own_routes(b, i);
	for (u32 i = 0; i < b->conf->route_count; i++)
		found |= b->conf->route[i].prefix_len == 0 && b->conf->route[i].zone == 0;
	b->notes->no_default = !found;
}

/* ---- translation ----------------------------------------------------------------------------- */

static void build_pools(struct building *b)
{
	struct nat_conf *nat = &b->conf->nat;
	u64 addresses = 0;

	nat->pool_count = b->asked->pool_count;
	for (u32 i = 0; i < nat->pool_count; i++) {
		const struct nat_pool_conf *pool = &b->asked->pool[i].pool;

		nat->pool[i] = *pool;
		for (u32 j = 0; j < pool->range_count; j++)
			addresses += (u64)be32_host(pool->range[j].last) -
				     be32_host(pool->range[j].first) + 1;
	}
	if (addresses > ADDRESSES_MAX)
		run_error(b->errors, "%s: %llu addresses in all; at most %d are allowed",
			  run_asked_by(b->source, b->asked->pool, "--pool").text,
			  (unsigned long long)addresses, ADDRESSES_MAX);
	else if (b->asked->address_count)
		nat->address_count = b->asked->address_count;
	else if (b->facts->address_limit)
		nat->address_count = b->facts->address_limit;
	else if (addresses)
		nat->address_count = u32_max(nat->address_count, (u32)addresses + ADDRESSES_SPARE);
}

static u16 pool_index(const struct conf *asked, const char *name)
{
	for (u32 i = 0; i < asked->pool_count; i++) {
		if (strcmp(asked->pool[i].name, name) == 0)
			return (u16)i;
	}
	return 0;
}

static void build_rules(struct building *b)
{
	struct nat_conf *nat = &b->conf->nat;

	nat->rule_count = b->asked->rule_count;
	for (u32 i = 0; i < nat->rule_count; i++) {
		const struct conf_rule *rule = &b->asked->rule[i];

		nat->rule[i] = rule->rule;
		nat->rule[i].out_if = conf_iface_find(b->asked, rule->out);
		nat->rule[i].pool = pool_index(b->asked, rule->pool);
		if (rule->zone[0])
			nat->rule[i].zone = conf_zone_find(b->asked, rule->zone);
	}
}

static bool masquerades(const struct nat_conf *nat)
{
	for (u32 i = 0; i < nat->rule_count; i++) {
		if (nat->rule[i].kind == NAT_KIND_MASQUERADE)
			return true;
	}
	return false;
}

static bool pool_holds(const struct nat_pool_conf *pool, be32 addr)
{
	for (u32 i = 0; i < pool->range_count; i++) {
		if (be32_host(pool->range[i].first) <= be32_host(addr) &&
		    be32_host(addr) <= be32_host(pool->range[i].last))
			return true;
	}
	return false;
}

/* Are flows translated to this one? By masquerading they are to all addresses of the outside. */
static bool addr_is_public(const struct nat_conf *nat, be32 addr)
{
	for (u32 i = 0; i < nat->pool_count; i++) {
		if (pool_holds(&nat->pool[i], addr))
			return true;
	}
	return masquerades(nat);
}

static bool public_is_hosts(const struct building *b)
{
	for (u32 i = 0; i < b->conf->iface_count; i++) {
		const struct iface_conf *iface = &b->conf->iface[i];

		for (u32 j = 0; iface->side == IFACE_OUTSIDE && j < iface->addr_count; j++) {
			if (iface->addr[j].host &&
			    addr_is_public(&b->conf->nat, iface->addr[j].addr))
				return true;
		}
	}
	return false;
}

/* The host's own sockets use an address that flows are translated to: its port range is spared,
 * unless the user has named the ports. What holds for the address of an interface holds for it in
 * a pool as well.                                                                               */
static void build_own_ports(struct building *b)
{
	struct nat_conf *nat = &b->conf->nat;
	const struct run_facts *facts = b->facts;
	u16 first = b->asked->masquerade_port_first;
	u16 last = b->asked->masquerade_port_last;

	nat->masquerade_port_first = first;
	nat->masquerade_port_last = last;
	if (!public_is_hosts(b) || facts->local_first == 0)
		return;
	if (first == 0) {
		nat->masquerade_spare_first = facts->local_first;
		nat->masquerade_spare_last = facts->local_last;
		b->notes->shares_ports = true;
	} else {
		b->notes->overlapping = first <= facts->local_last && facts->local_first <= last;
	}
}

static void build_nat(struct building *b)
{
	struct nat_conf *nat = &b->conf->nat;

	build_pools(b);
	build_rules(b);
	build_own_ports(b);
	nat->static_count = b->asked->static_count;
	for (u32 i = 0; i < nat->static_count; i++) {
		const struct conf_static *fixed = &b->asked->fixed[i];

		nat->fixed[i] = (struct nat_static_conf){ .inside = fixed->inside,
							  .outside = fixed->outside,
							  .prefix_len = fixed->inside_len,
							  .zone = conf_zone_find(b->asked,
										 fixed->zone) };
	}
	nat->quarantine_s = b->asked->quarantine_s;
	nat->mapping_count = b->asked->mapping_count;
	nat->dest_count = b->asked->dest_count;
}

static void build_subscribers(struct building *b)
{
	const struct conf_subscribers *asked = &b->asked->subscribers;
	struct subscriber_conf *subscribers = &b->conf->subscribers;

	subscribers->subscriber_count = asked->count;
	subscribers->prefix_len = (u8)asked->prefix_len;
	subscribers->limits = asked->limits;
	subscribers->exception_count = asked->exception_count;
	for (u32 i = 0; i < asked->exception_count; i++) {
		const struct conf_exception *given = &asked->exception[i];

		subscribers->exception[i] = (struct subscriber_exception){
			.prefix = given->source,
			.prefix_len = given->source_len,
			.limits = given->limits,
			.by_zone = given->zone[0] != 0,
			.zone = conf_zone_find(b->asked, given->zone),
		};
	}
}

static void build_accelerate(struct building *b)
{
	static const char *const cc[] = { [CONF_CC_BBR] = "bbr",
					  [CONF_CC_BBR3] = "bbr3",
					  [CONF_CC_CUBIC] = "cubic",
					  [CONF_CC_NEWRENO] = "newreno" };
	struct splice_conf *splice = &b->conf->splice;

	splice->rule_count = b->asked->accelerate_count;
	if (splice->rule_count == 0)
		return;
	splice->split_limit = b->asked->split_limit;
	splice->buffer_bytes = (u64)b->asked->split_buffers_kb << 10;
	for (u32 i = 0; i < splice->rule_count; i++) {
		const struct conf_accelerate *given = &b->asked->accelerate[i];

		splice->rule[i] = (struct splice_rule){
			.in_if = given->in[0] ? conf_iface_find(b->asked, given->in) : IFACE_NONE,
			.src_len = given->source_len,
			.dst_len = given->dest_len,
			.src = given->source,
			.dst = given->dest,
			.port_first = given->port_first,
			.port_last = given->port_last,
			.split_limit = given->connections,
			.buffer_bytes = given->buffer_kb << 10,
			.cc = cc[given->cc],
			.early = given->early,
		};
	}
}

static void build_rest(struct building *b)
{
	const struct conf *asked = b->asked;
	struct sluice_conf *conf = b->conf;

	conf->ct = asked->ct;
	conf->icmp = asked->icmp;
	conf->redirects = asked->redirects;
	conf->neigh = asked->neigh;
	conf->fib = asked->fib;
	conf->reass = asked->reass;
	conf->packets = asked->packets;
	conf->packets.ring_count = b->facts->ring_frames;
	conf->slow_road = b->facts->slow_road;
	memcpy(conf->seed, b->facts->seed, sizeof conf->seed);
}

bool run_conf_build(const struct run_source *source, const struct run_facts *facts,
		    struct sluice_conf *conf, struct run_rules *rules, struct run_notes *notes,
		    struct run_errors *errors)
{
	struct building b = { source, source->conf, facts, conf, notes, errors };
	u32 before = errors->count;

	memset(conf, 0, sizeof *conf);
	memset(notes, 0, sizeof *notes);
	sluice_conf_defaults(conf);
	build_ifaces(&b);
	build_routes(&b);
	build_nat(&b);
	run_service_build(source, conf, errors);
	build_subscribers(&b);
	build_accelerate(&b);
	build_rest(&b);
	run_filter_build(source, facts, conf, rules, errors);
	run_routing_build(source, facts, conf, rules, errors);
	run_sockets_build(source, facts, conf, errors);
	if (is_asked_now(facts) && errors->count == before)
		run_check(source, conf, errors);
	return errors->count == before;
}
