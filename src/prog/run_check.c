/* Looking for what can not be meant. */
#include "prog/run_check.h"

#include <stdio.h>

#include "host/conf/conf_zone.h"
#include "host/conf/values.h"

struct checking {
	const struct run_source *source;
	const struct conf *asked;
	const struct sluice_conf *conf;
	struct run_errors *errors;
};

/* What addresses may be to an interface. */
enum { ZONE_ANY = UINT8_MAX };

enum relation {
	REL_OWN,    /* its own address is among them */
	REL_HOSTS,  /* and the host's own stack has it, too */
	REL_EDGE,   /* the first or last of its network is */
	REL_INSIDE, /* some are on its network, which is of the inside */
};

/* "--route", or the place in the file. */
static struct run_place said(const struct checking *c, const void *value, const char *option)
{
	return run_asked_by(c->source, value, option);
}

/* The same before a value. */
static struct run_place said_of(const struct checking *c, const void *value, const char *option)
{
	struct run_place place = run_asked_by(c->source, value, option);

	if (c->source->marks)
		strcat(place.text, ":");
	return place;
}

static const char *inside_word(const struct checking *c)
{
	return c->source->marks ? "inside" : "--lan";
}

static struct nat_range network_range(be32 addr, u8 prefix_len)
{
	be32 first = value_network(addr, prefix_len);
	u32 rest = (u32)(UINT64_C(0xffffffff) >> prefix_len);

	return (struct nat_range){ first, be32_of(be32_host(first) | rest) };
}

static struct nat_range one_addr(be32 addr)
{
	return (struct nat_range){ addr, addr };
}

static bool ranges_meet(const struct nat_range *a, const struct nat_range *b)
{
	return be32_host(a->first) <= be32_host(b->last) &&
	       be32_host(b->first) <= be32_host(a->last);
}

static bool range_holds(const struct nat_range *range, be32 addr)
{
	struct nat_range one = one_addr(addr);

	return ranges_meet(range, &one);
}

/* "This" network, loopback, multicast and reserved: RFC 1122 section 3.2.1.3. */
static bool is_no_hosts(const struct nat_range *range)
{
	static const u32 bad[][2] = {
		{ 0x00000000, 0x00ffffff },
		{ 0x7f000000, 0x7fffffff },
		{ 0xe0000000, 0xffffffff },
	};

	for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
		struct nat_range part = { be32_of(bad[i][0]), be32_of(bad[i][1]) };

		if (ranges_meet(range, &part))
			return true;
	}
	return false;
}

static bool is_of_zone(const struct iface_conf *iface, u8 zone)
{
	return zone == ZONE_ANY || iface->zone == zone;
}

static bool is_related(const struct iface_conf *iface, const struct iface_addr *addr,
		       const struct nat_range *range, enum relation relation)
{
	struct nat_range network = network_range(addr->addr, addr->prefix_len);

	switch (relation) {
	case REL_OWN: return range_holds(range, addr->addr);
	case REL_HOSTS: return addr->host && range_holds(range, addr->addr);
	case REL_EDGE:
		/* A network of two has no such addresses: RFC 3021. */
		return addr->prefix_len < 31 &&
		       (range_holds(range, network.first) || range_holds(range, network.last));
	case REL_INSIDE: return iface->side == IFACE_INSIDE && ranges_meet(range, &network);
	}
	return false;
}

/* The name of the first interface of the zone to which these addresses are that; NULL: of none. */
static const char *related_iface(const struct checking *c, u8 zone, const struct nat_range *range,
				 enum relation relation)
{
	for (u32 i = 0; i < c->conf->iface_count; i++) {
		const struct iface_conf *iface = &c->conf->iface[i];

		for (u32 j = 0; j < iface->addr_count && is_of_zone(iface, zone); j++) {
			if (is_related(iface, &iface->addr[j], range, relation))
				return iface->name;
		}
	}
	return NULL;
}

/* ---- gateways and routes --------------------------------------------------------------------- */

static bool check_neighbour(struct checking *c, const struct run_place *place, u8 zone,
			    be32 gateway)
{
	struct nat_range range = one_addr(gateway);
	const char *own = related_iface(c, zone, &range, REL_OWN);
	const char *edge = related_iface(c, zone, &range, REL_EDGE);

	if (own)
		run_error(c->errors,
			  "%s: %s is this gateway's own address, on %s; it has to be a neighbour's",
			  place->text, value_show_addr(gateway).text, own);
	else if (edge)
		run_error(c->errors,
			  "%s: %s is the first or last address of the network on %s, which no "
			  "neighbour has",
			  place->text, value_show_addr(gateway).text, edge);
	return !own && !edge;
}

static void check_gateway(struct checking *c)
{
	struct run_place place = said(c, &c->asked->gateway, "--gateway");
	struct nat_range range = one_addr(c->asked->gateway);
	const char *inside = related_iface(c, 0, &range, REL_INSIDE);

	if (!c->asked->gateway.raw || !check_neighbour(c, &place, 0, c->asked->gateway))
		return;
	if (inside)
		run_error(c->errors,
			  "%s: %s is on the network of %s, which is %s; the way out is a neighbour "
			  "on a network of the outside (a route to 0.0.0.0/0 leads inside)",
			  place.text, value_show_addr(c->asked->gateway).text, inside,
			  inside_word(c));
}

/* A given route stands before what follows from addresses: it would cut the network off. */
static void check_own_network(struct checking *c, u8 zone, const struct conf_route *route)
{
	for (u32 i = 0; i < c->conf->iface_count; i++) {
		const struct iface_conf *iface = &c->conf->iface[i];

		for (u32 j = 0; j < iface->addr_count && iface->zone == zone; j++) {
			const struct iface_addr *addr = &iface->addr[j];
			bool network = route->prefix_len == addr->prefix_len &&
				       be32_eq(route->prefix,
					       value_network(addr->addr, addr->prefix_len));
			bool own = route->prefix_len == 32 && be32_eq(route->prefix, addr->addr);

			if (!network && !own)
				continue;
			run_error(c->errors, "%s %s: is the own %s of %s, to which a way is known",
				  said_of(c, route, "--route").text,
				  value_show_prefix(route->prefix, route->prefix_len).text,
				  own ? "address" : "network", iface->name);
			return;
		}
	}
}

static void check_routes(struct checking *c)
{
	for (u32 i = 0; i < c->asked->route_count; i++) {
		const struct conf_route *route = &c->asked->route[i];
		struct run_place place = said(c, &route->kind, "--route");
		struct nat_range range = network_range(route->prefix, route->prefix_len);
		struct value_addr text = value_show_prefix(route->prefix, route->prefix_len);
		u8 zone = conf_zone_find(c->asked, route->zone);

		if (route->prefix_len == 0 && zone == 0 && c->asked->gateway.raw)
			run_error(c->errors, "%s %s: is what %sgateway says; leave one out",
				  said_of(c, route, "--route").text, text.text,
				  c->source->marks ? "" : "--");
		else if (route->prefix_len && is_no_hosts(&range))
			run_error(c->errors,
				  "%s %s: has addresses that nothing is forwarded to (0.0.0.0/8, "
				  "127.0.0.0/8, 224.0.0.0/3)",
				  said_of(c, route, "--route").text, text.text);
		check_own_network(c, zone, route);
		if (route->kind == CONF_VIA_GATEWAY)
			check_neighbour(c, &place, zone, route->gateway);
	}
}

/* ---- public addresses ------------------------------------------------------------------------ */

/* What no packet would come back to. */
static void check_public(struct checking *c, const struct run_place *place,
			 const struct nat_range *range)
{
	const char *inside = related_iface(c, ZONE_ANY, range, REL_INSIDE);
	char text[2 * VALUE_PREFIX_SIZE];

	snprintf(text, sizeof text, "%s-%s", value_show_addr(range->first).text,
		 value_show_addr(range->last).text);
	if (be32_eq(range->first, range->last))
		*strchr(text, '-') = 0;
	if (is_no_hosts(range))
		run_error(c->errors,
			  "%s: %s: no host can have an address of 0.0.0.0/8, 127.0.0.0/8 or "
			  "224.0.0.0/3",
			  place->text, text);
	else if (inside)
		run_error(c->errors,
			  "%s: %s: is on the network of %s, which is %s; public addresses are of "
			  "the outside",
			  place->text, text, inside, inside_word(c));
}

static void check_in_pools(struct checking *c, const char *place, const struct conf_static *fixed,
			   const struct nat_range *outside)
{
	for (u32 i = 0; i < c->asked->pool_count; i++) {
		const struct nat_pool_conf *pool = &c->asked->pool[i].pool;

		for (u32 j = 0; j < pool->range_count; j++) {
			if (ranges_meet(outside, &pool->range[j]))
				run_error(
					c->errors,
					"%s: %s is in a %spool, too; an address belongs to one "
					"inside host or to all",
					place,
					value_show_prefix(fixed->outside, fixed->outside_len).text,
					c->source->marks ? "" : "--");
		}
	}
}

/* All of the address goes inside: the host could be reached there no more, by ssh for one. */
static void check_fixed(struct checking *c, const struct conf_static *fixed)
{
	struct run_place place = said(c, &fixed->outside, "--one-to-one");
	struct nat_range outside = network_range(fixed->outside, fixed->outside_len);
	const char *hosts = related_iface(c, ZONE_ANY, &outside, REL_HOSTS);

	check_public(c, &place, &outside);
	if (hosts)
		run_error(c->errors,
			  "%s: %s has the host's own address on %s, where the host could be "
			  "reached no more; take another, or take it off the host",
			  place.text, value_show_prefix(fixed->outside, fixed->outside_len).text,
			  hosts);
	check_in_pools(c, place.text, fixed, &outside);
}

static void check_pool(struct checking *c, const struct nat_pool_conf *pool)
{
	for (u32 i = 0; i < pool->range_count; i++) {
		struct run_place place = said(c, &pool->range[i], "--pool");

		check_public(c, &place, &pool->range[i]);
	}
}

/* ---- services -------------------------------------------------------------------------------- */

/* What is for the gateway goes to its host, whoever translated it. */
static void check_backend(struct checking *c, const struct backend_conf *backend)
{
	struct nat_range range = one_addr(backend->addr);
	const char *own = related_iface(c, ZONE_ANY, &range, REL_OWN);

	if (own)
		run_error(c->errors,
			  "%s: %s is this gateway's own address, on %s; a backend is another host",
			  said(c, &backend->addr, "--dnat").text,
			  value_show_addr(backend->addr).text, own);
}

/* Zero: its interface has none now. */
static be32 service_addr(const struct checking *c, const struct conf_service *service)
{
	for (u32 i = 0; service->iface[0] && i < c->conf->iface_count; i++) {
		const struct iface_conf *iface = &c->conf->iface[i];

		if (strcmp(iface->name, service->iface) == 0 && iface->addr_count)
			return iface->addr[0].addr;
	}
	return service->addr;
}

/* All ports of an address that the host has, too, are the host's as well. */
static void check_service(struct checking *c, const struct conf_service *service)
{
	struct nat_range range = one_addr(service_addr(c, service));
	const char *hosts = related_iface(c, ZONE_ANY, &range, REL_HOSTS);

	if (hosts && service->port_first == 0)
		run_error(c->errors,
			  "%s: %s is the host's own address on %s, where the host could be "
			  "reached no more; name the ports, or take another",
			  said(c, &service->port_first, "--dnat").text,
			  value_show_addr(range.first).text, hosts);
	for (u32 i = 0; i < service->backend_count; i++)
		check_backend(c, &service->backend[i]);
}

void run_check(const struct run_source *source, const struct sluice_conf *conf,
	       struct run_errors *errors)
{
	struct checking c = { source, source->conf, conf, errors };

	check_gateway(&c);
	check_routes(&c);
	for (u32 i = 0; i < c.asked->pool_count; i++)
		check_pool(&c, &c.asked->pool[i].pool);
	for (u32 i = 0; i < c.asked->static_count; i++)
		check_fixed(&c, &c.asked->fixed[i]);
	for (u32 i = 0; i < c.asked->service_count; i++)
		check_service(&c, &c.asked->service[i]);
}
