/* Addresses that can not be meant: that no host can have, that a network has for itself, that are
 * of the other side. As far as the file alone tells: where interfaces have the addresses of the
 * host, only a gateway that starts can tell the rest.                                           */
#include "host/conf/conf_check_address.h"

#include "host/conf/conf_checking.h"
#include "host/conf/values.h"

#define NO_HOSTS "0.0.0.0/8, 127.0.0.0/8 or 224.0.0.0/3"

static struct nat_range range_of(be32 addr, u8 len)
{
	be32 first = value_network(addr, len);
	u32 rest = (u32)(UINT64_C(0xffffffff) >> len);

	return (struct nat_range){ first, be32_of(be32_host(first) | rest) };
}

static bool meets(const struct nat_range *a, const struct nat_range *b)
{
	return be32_host(a->first) <= be32_host(b->last) &&
	       be32_host(b->first) <= be32_host(a->last);
}

/* "This" network, loopback, multicast and reserved: RFC 1122 section 3.2.1.3. */
static bool has_no_hosts(const struct nat_range *range)
{
	static const struct {
		u32 addr;
		u8 len;
	} bad[] = { { 0x00000000, 8 }, { 0x7f000000, 8 }, { 0xe0000000, 3 } };

	for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
		struct nat_range part = range_of(be32_of(bad[i].addr), bad[i].len);

		if (meets(range, &part))
			return true;
	}
	return false;
}

/* The first or last address of a network; one of two has no such: RFC 3021. */
static bool is_edge(const struct iface_addr *of, be32 addr)
{
	struct nat_range network = range_of(of->addr, of->prefix_len);

	return of->prefix_len < 31 &&
	       (be32_eq(addr, network.first) || be32_eq(addr, network.last));
}

/* ---- interfaces ------------------------------------------------------------------------------ */

static void check_own(struct checking *c, const struct iface_addr *own)
{
	struct nat_range one = { own->addr, own->addr };
	struct value_addr text = value_show_prefix(own->addr, own->prefix_len);

	if (has_no_hosts(&one))
		conf_error(c->errors, checking_at(c, own),
			   "%s: no host can have an address of " NO_HOSTS, text.text);
	else if (is_edge(own, own->addr))
		conf_error(c->errors, checking_at(c, own),
			   "%s: is the first or last address of this network, which nobody on it "
			   "can have",
			   text.text);
}

/* An address of an interface, by place in all of them; NULL: that was the last. Of one that could
 * not be read there are none.                                                                    */
static const struct iface_addr *addr_next(const struct checking *c, u32 *iface, u32 *at)
{
	for (; *iface < c->conf->iface_count; (*iface)++, *at = 0) {
		const struct conf_iface *of = &c->conf->iface[*iface];

		if (!checking_doubts(c, of) && *at < of->addr_count)
			return &of->addr[(*at)++];
	}
	return NULL;
}

/* ---- routes ---------------------------------------------------------------------------------- */

static void check_via(struct checking *c, const void *where, const char *zone, be32 gateway)
{
	const struct iface_addr *addr;

	for (u32 i = 0, at = 0; (addr = addr_next(c, &i, &at)) != NULL;) {
		const struct conf_iface *iface = &c->conf->iface[i];

		if (strcmp(iface->zone, zone) != 0 || !is_edge(addr, gateway))
			continue;
		conf_error(c->errors, checking_at(c, where),
			   "%s is the first or last address of the network on %s, which no "
			   "neighbour has",
			   value_show_addr(gateway).text, iface->name);
		return;
	}
}

/* It would cut an own network off. */
static void check_own_network(struct checking *c, const struct conf_route *route)
{
	const struct iface_addr *addr;

	for (u32 i = 0, at = 0; (addr = addr_next(c, &i, &at)) != NULL;) {
		const struct conf_iface *iface = &c->conf->iface[i];
		bool own = route->prefix_len == 32 && be32_eq(route->prefix, addr->addr);
		bool network = route->prefix_len == addr->prefix_len &&
			       be32_eq(route->prefix, value_network(addr->addr, addr->prefix_len));

		if (strcmp(iface->zone, route->zone) != 0 || (!own && !network))
			continue;
		conf_error(c->errors, checking_at(c, &route->prefix),
			   "%s: is the own %s of %s, to which a way is known",
			   value_show_prefix(route->prefix, route->prefix_len).text,
			   own ? "address" : "network", iface->name);
		return;
	}
}

static void check_route(struct checking *c, const struct conf_route *route)
{
	struct nat_range range = range_of(route->prefix, route->prefix_len);

	if (checking_doubts(c, route))
		return;
	if (route->prefix_len > 0 && has_no_hosts(&range))
		conf_error(c->errors, checking_at(c, &route->prefix),
			   "%s: has addresses that nothing is forwarded to, of " NO_HOSTS,
			   value_show_prefix(route->prefix, route->prefix_len).text);
	check_own_network(c, route);
	if (route->kind == CONF_VIA_GATEWAY)
		check_via(c, &route->kind, route->zone, route->gateway);
}

/* The interface of the inside, of this zone or (NULL) of any, on whose network some of them are. */
static const char *inside_of(const struct checking *c, const char *zone,
			     const struct nat_range *range)
{
	const struct iface_addr *addr;

	for (u32 i = 0, at = 0; (addr = addr_next(c, &i, &at)) != NULL;) {
		const struct conf_iface *iface = &c->conf->iface[i];
		struct nat_range network = range_of(addr->addr, addr->prefix_len);

		if (iface->side == IFACE_INSIDE && (!zone || strcmp(iface->zone, zone) == 0) &&
		    meets(range, &network))
			return iface->name;
	}
	return NULL;
}

static bool is_own(const struct checking *c, be32 addr)
{
	const struct iface_addr *own;

	for (u32 i = 0, at = 0; (own = addr_next(c, &i, &at)) != NULL;) {
		if (be32_eq(own->addr, addr))
			return true;
	}
	return false;
}

static void check_default(struct checking *c)
{
	be32 gateway = c->conf->gateway;
	struct nat_range one = { gateway, gateway };
	const char *inside = inside_of(c, "", &one);

	/* What is wrong with an own one is said elsewhere. */
	if (gateway.raw == 0 || checking_doubts(c, &c->conf->gateway) || is_own(c, gateway))
		return;
	check_via(c, &c->conf->gateway, "", gateway);
	if (inside)
		conf_error(c->errors, checking_at(c, &c->conf->gateway),
			   "%s is on the network of %s, which is inside; the way out is a "
			   "neighbour on a network of the outside (a route to 0.0.0.0/0 leads "
			   "inside)",
			   value_show_addr(gateway).text, inside);
}

/* ---- public addresses ------------------------------------------------------------------------ */

/* What no packet would come back to. */
static void check_public(struct checking *c, const void *where, const struct nat_range *range)
{
	const char *inside = inside_of(c, NULL, range);
	bool one = be32_eq(range->first, range->last);
	struct value_addr first = value_show_addr(range->first);
	struct value_addr last = value_show_addr(range->last);

	if (has_no_hosts(range))
		conf_error(c->errors, checking_at(c, where),
			   "%s%s%s: no host can have an address of " NO_HOSTS, first.text,
			   one ? "" : "-", one ? "" : last.text);
	else if (inside)
		conf_error(c->errors, checking_at(c, where),
			   "%s%s%s: is on the network of %s, which is inside; public addresses are "
			   "of the outside",
			   first.text, one ? "" : "-", one ? "" : last.text, inside);
}

static void check_pools(struct checking *c)
{
	for (u32 i = 0; i < c->conf->pool_count; i++) {
		const struct conf_pool *pool = &c->conf->pool[i];

		for (u32 at = 0; at < pool->pool.range_count && !checking_doubts(c, pool); at++)
			check_public(c, &pool->pool.range[at], &pool->pool.range[at]);
	}
}

static void check_one_to_one(struct checking *c)
{
	for (u32 i = 0; i < c->conf->static_count; i++) {
		const struct conf_static *fixed = &c->conf->fixed[i];
		struct nat_range outside = range_of(fixed->outside, fixed->outside_len);

		if (!checking_doubts(c, fixed))
			check_public(c, &fixed->outside, &outside);
	}
}

/* ---- all ------------------------------------------------------------------------------------- */

void conf_check_addresses(const struct conf *conf, const struct conf_marks *marks,
			  struct conf_errors *errors)
{
	struct checking c = { .conf = conf, .marks = marks, .errors = errors };
	const struct iface_addr *addr;

	for (u32 i = 0, at = 0; (addr = addr_next(&c, &i, &at)) != NULL;)
		check_own(&c, addr);
	check_default(&c);
	for (u32 i = 0; i < conf->route_count; i++)
		check_route(&c, &conf->route[i]);
	check_pools(&c);
	check_one_to_one(&c);
}
