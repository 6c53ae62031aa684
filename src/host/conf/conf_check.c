/* What values of a configuration may stand together. */
#include "host/conf/conf_check_accelerate.h"
#include "host/conf/conf_check_address.h"
#include "host/conf/conf_check_filter.h"
#include "host/conf/conf_check_routing.h"
#include "host/conf/conf_check_service.h"
#include "host/conf/conf_check_subscriber.h"
#include "host/conf/conf_checking.h"
#include "host/conf/conf_load.h"
#include "host/conf/conf_zone.h"
#include "host/conf/values.h"

/* Public addresses that may come by themselves: an interface can get more while running. */
enum { ADDRESSES_SPARE = 64, ADDRESSES_MAX = UINT16_MAX - ADDRESSES_SPARE };

static u32 line_of(const struct checking *c, const void *value)
{
	return checking_at(c, value).line;
}

/* ---- interfaces ------------------------------------------------------------------------------ */

static bool same_network(be32 a, u8 a_len, be32 b, u8 b_len)
{
	u8 len = a_len < b_len ? a_len : b_len;

	return be32_eq(value_network(a, len), value_network(b, len));
}

static void check_addr_pair(struct checking *c, const struct conf_iface *one,
			    const struct conf_iface *two, u32 i, u32 j)
{
	const struct iface_addr *a = &one->addr[i];
	const struct iface_addr *b = &two->addr[j];

	if (one == two && be32_eq(a->addr, b->addr))
		conf_error(c->errors, checking_at(c, b), "%s is given twice",
			   value_show_addr(b->addr).text);
	else if (one != two && same_network(a->addr, a->prefix_len, b->addr, b->prefix_len))
		conf_error(c->errors, checking_at(c, b),
			   "%s of %s overlaps %s of %s in line %u: each interface needs a network "
			   "of its own",
			   value_show_prefix(b->addr, b->prefix_len).text, two->name,
			   value_show_prefix(a->addr, a->prefix_len).text, one->name,
			   line_of(c, a));
}

static bool same_zone(const char *one, const char *two)
{
	return strcmp(one, two) == 0;
}

static void check_addrs(struct checking *c, u32 one, u32 two)
{
	const struct conf_iface *a = &c->conf->iface[one];
	const struct conf_iface *b = &c->conf->iface[two];

	if (!same_zone(a->zone, b->zone))
		return;
	for (u32 j = 0; j < b->addr_count; j++) {
		for (u32 i = 0; i < (one == two ? j : a->addr_count); i++)
			check_addr_pair(c, a, b, i, j);
	}
}

static void check_iface(struct checking *c, u32 index)
{
	const struct conf_iface *iface = &c->conf->iface[index];

	if (checking_doubts(c, iface))
		return;
	for (u32 i = 0; i <= index; i++) {
		const struct conf_iface *other = &c->conf->iface[i];

		if (checking_doubts(c, other))
			continue;
		if (i < index && strcmp(other->name, iface->name) == 0) {
			conf_error(c->errors, checking_at(c, iface->name),
				   "'%s' is given twice, first in line %u; an interface has one "
				   "side, and may have several addresses",
				   iface->name, line_of(c, other->name));
			return;
		}
		check_addrs(c, i, index);
	}
	if (iface->driver == CONF_DRIVER_TUN && iface->addr_count == 0)
		conf_error(c->errors, checking_at(c, &iface->driver),
			   "'%s' is made by sluice, so the host has no addresses on it: give "
			   "'addresses'",
			   iface->name);
}

static void check_ifaces(struct checking *c)
{
	bool found[2] = { false, false };
	struct checking_names ifaces = checking_ifaces(c);
	struct conf_place place = checking_at(c, c->conf->iface);

	for (u32 i = 0; i < c->conf->iface_count; i++) {
		check_iface(c, i);
		found[c->conf->iface[i].side == IFACE_OUTSIDE] = true;
	}
	if (checking_doubts_any(c, &ifaces))
		return;
	if (c->conf->iface_count == 0)
		place = (struct conf_place){ 1, 1 };
	if (!found[0])
		conf_error(c->errors, place, "no interface has 'side: inside'");
	if (!found[1])
		conf_error(c->errors, place, "no interface has 'side: outside'");
}

/* ---- routes ---------------------------------------------------------------------------------- */

/* Where the host's addresses are taken, only a running gateway can say. */
static bool networks_known(const struct checking *c)
{
	struct checking_names ifaces = checking_ifaces(c);

	for (u32 i = 0; i < c->conf->iface_count; i++) {
		if (c->conf->iface[i].addr_count == 0)
			return false;
	}
	return !checking_doubts_any(c, &ifaces);
}

static void check_gateway(struct checking *c, const void *where, be32 gateway, const char *zone)
{
	bool near = !networks_known(c);

	for (u32 i = 0; i < c->conf->iface_count; i++) {
		const struct conf_iface *iface = &c->conf->iface[i];

		if (checking_doubts(c, iface))
			continue;
		for (u32 j = 0; j < iface->addr_count && same_zone(iface->zone, zone); j++) {
			const struct iface_addr *addr = &iface->addr[j];

			if (be32_eq(addr->addr, gateway)) {
				conf_error(c->errors, checking_at(c, where),
					   "'%s' is an address of this gateway itself, on %s",
					   value_show_addr(gateway).text, iface->name);
				return;
			}
			near |= same_network(addr->addr, addr->prefix_len, gateway, 32);
		}
	}
	if (!near)
		conf_error(c->errors, checking_at(c, where),
			   "'%s' is on no network of the interfaces%s%s%s; a gateway has to be a "
			   "neighbour",
			   value_show_addr(gateway).text, zone[0] ? " of zone '" : "", zone,
			   zone[0] ? "'" : "");
}

static void check_route(struct checking *c, u32 index)
{
	const struct conf_route *route = &c->conf->route[index];

	if (checking_doubts(c, route))
		return;
	if (route->kind == CONF_VIA_GATEWAY)
		check_gateway(c, &route->kind, route->gateway, route->zone);
	if (route->bfd && (route->kind != CONF_VIA_GATEWAY || route->zone[0] != 0))
		conf_error(c->errors, checking_at(c, &route->bfd),
			   "BFD looks after gateways, and in no zone");
	for (u32 i = 0; i < index; i++) {
		const struct conf_route *other = &c->conf->route[i];

		if (checking_doubts(c, other) || !same_zone(other->zone, route->zone) ||
		    other->prefix_len != route->prefix_len ||
		    !be32_eq(other->prefix, route->prefix))
			continue;
		conf_error(c->errors, checking_at(c, &route->prefix),
			   "'%s' has a route already, in line %u",
			   value_show_prefix(route->prefix, route->prefix_len).text,
			   line_of(c, &other->prefix));
		return;
	}
	if (route->prefix_len == 0 && route->zone[0] == 0 && c->conf->gateway.raw)
		conf_error(c->errors, checking_at(c, &route->prefix),
			   "the default route is given twice: by 'gateway' in line %u, too",
			   line_of(c, &c->conf->gateway));
}

static void check_routes(struct checking *c)
{
	u32 limit = c->conf->fib.prefix_count;

	if (c->conf->route_count > limit && !checking_doubts(c, &c->conf->fib.prefix_count))
		conf_error(c->errors, checking_at(c, &c->conf->route[limit].prefix),
			   "there are %u routes; limits.routes allows %u", c->conf->route_count,
			   limit);
	if (c->conf->gateway.raw)
		check_gateway(c, &c->conf->gateway, c->conf->gateway, "");
	for (u32 i = 0; i < c->conf->route_count; i++)
		check_route(c, i);
}

/* ---- pools ----------------------------------------------------------------------------------- */

static bool ranges_overlap(const struct nat_range *a, const struct nat_range *b)
{
	return be32_host(a->first) <= be32_host(b->last) &&
	       be32_host(b->first) <= be32_host(a->last);
}

static void check_range_pair(struct checking *c, const struct conf_pool *one,
			     const struct nat_range *a, const struct nat_range *b)
{
	if (ranges_overlap(a, b))
		conf_error(c->errors, checking_at(c, b),
			   "%s-%s overlaps %s-%s of pool '%s' in line %u; each address may be in "
			   "one",
			   value_show_addr(b->first).text, value_show_addr(b->last).text,
			   value_show_addr(a->first).text, value_show_addr(a->last).text, one->name,
			   line_of(c, a));
}

static void check_ranges(struct checking *c, u32 one, u32 two)
{
	const struct conf_pool *a = &c->conf->pool[one];
	const struct conf_pool *b = &c->conf->pool[two];

	if (checking_doubts(c, a))
		return;
	for (u32 j = 0; j < b->pool.range_count; j++) {
		for (u32 i = 0; i < (one == two ? j : a->pool.range_count); i++)
			check_range_pair(c, a, &a->pool.range[i], &b->pool.range[j]);
	}
}

static u64 pool_addresses(const struct conf_pool *pool)
{
	u64 sum = 0;

	for (u32 i = 0; i < pool->pool.range_count; i++)
		sum += (u64)be32_host(pool->pool.range[i].last) -
		       be32_host(pool->pool.range[i].first) + 1;
	return sum;
}

static bool in_pools(const struct checking *c, be32 addr)
{
	for (u32 i = 0; i < c->conf->pool_count; i++) {
		const struct nat_pool_conf *pool = &c->conf->pool[i].pool;

		for (u32 j = 0; j < pool->range_count; j++) {
			if (be32_host(pool->range[j].first) <= be32_host(addr) &&
			    be32_host(addr) <= be32_host(pool->range[j].last))
				return true;
		}
	}
	return false;
}

/* The first address of an outside interface is a public one as well. */
static void check_own_fit(struct checking *c, u64 sum, u32 limit)
{
	u64 pools = sum;

	for (u32 i = 0; i < c->conf->iface_count; i++) {
		const struct conf_iface *iface = &c->conf->iface[i];

		sum += iface->side == IFACE_OUTSIDE && iface->addr_count > 0 &&
		       !checking_doubts(c, iface) && !in_pools(c, iface->addr[0].addr);
	}
	if (pools <= limit && sum > limit)
		conf_error(c->errors, checking_at(c, &c->conf->address_count),
			   "with those of interfaces there are %llu public addresses; "
			   "limits.addresses allows %u",
			   (unsigned long long)sum, limit);
}

static void check_addresses_fit(struct checking *c)
{
	u32 limit = c->conf->address_count ? c->conf->address_count : ADDRESSES_MAX;
	u64 sum = 0;

	if (checking_doubts(c, &c->conf->address_count))
		return;
	for (u32 i = 0; i < c->conf->pool_count; i++) {
		const struct conf_pool *pool = &c->conf->pool[i];
		u64 before = sum;

		sum += pool_addresses(pool);
		if (sum > limit && before <= limit && !checking_doubts(c, pool))
			conf_error(
				c->errors, checking_at(c, pool->pool.range),
				"with pool '%s' there are %llu public addresses; limits.addresses "
				"allows %u",
				pool->name, (unsigned long long)sum, limit);
	}
	if (c->conf->address_count)
		check_own_fit(c, sum, limit);
}

static void check_pools(struct checking *c)
{
	for (u32 i = 0; i < c->conf->pool_count; i++) {
		const struct conf_pool *pool = &c->conf->pool[i];

		if (checking_doubts(c, pool))
			continue;
		for (u32 j = 0; j < i; j++) {
			if (!checking_doubts(c, &c->conf->pool[j]) &&
			    strcmp(c->conf->pool[j].name, pool->name) == 0)
				conf_error(c->errors, checking_at(c, pool->name),
					   "there is a pool '%s' already, in line %u", pool->name,
					   line_of(c, c->conf->pool[j].name));
		}
		for (u32 j = 0; j <= i; j++)
			check_ranges(c, j, i);
	}
	check_addresses_fit(c);
}

/* ---- rules ----------------------------------------------------------------------------------- */

static void check_out(struct checking *c, const struct conf_rule *rule)
{
	struct checking_names ifaces = checking_ifaces(c);
	const struct conf_iface *iface = checking_find(c, &ifaces, rule->out);

	if (iface && iface->side == IFACE_INSIDE && !checking_doubts(c, iface))
		conf_error(c->errors, checking_at(c, rule->out),
			   "'%s' is an inside interface; what leaves by it is not translated",
			   rule->out);
}

static void check_pool_of(struct checking *c, const struct conf_rule *rule)
{
	const struct checking_names pools = { "pool", c->conf->pool, sizeof c->conf->pool[0],
					      &c->conf->pool_count };

	if (rule->pool[0] == 0)
		checking_wrong(c, &rule->rule.kind, "'kind: pool' needs a 'pool'");
	else
		(void)checking_find(c, &pools, rule->pool);
}

static void check_rule(struct checking *c, const struct conf_rule *rule)
{
	struct nat_rule_conf standard;

	if (checking_doubts(c, rule))
		return;
	nat_rule_defaults(&standard);
	if (rule->out[0])
		check_out(c, rule);
	if (rule->rule.kind == NAT_KIND_POOL)
		check_pool_of(c, rule);
	else if (rule->pool[0])
		conf_error(c->errors, checking_at(c, rule->pool),
			   "pool '%s' is not used: this rule has another 'kind'", rule->pool);
	for (int i = 0; i < NAT_PROTO_COUNT; i++) {
		const enum nat_filtering *filtering = &rule->rule.filtering[i];

		if (rule->rule.mapping[i] == NAT_MAP_DESTINATION && checking_given(c, filtering) &&
		    *filtering != standard.filtering[i] && *filtering != NAT_FILTER_ADDRESS_PORT)
			conf_error(c->errors, checking_at(c, filtering),
				   "with 'mapping' destination only the endpoint that was spoken "
				   "to can answer: say address-port here, or endpoint there");
	}
}

/* ---- one-to-one ------------------------------------------------------------------------------ */

static bool in_range(const struct nat_range *range, be32 addr, u8 len)
{
	u32 first = be32_host(addr);
	u32 last = first | (u32)(UINT64_C(0xffffffff) >> len);

	return first <= be32_host(range->last) && be32_host(range->first) <= last;
}

static void check_static_in_pools(struct checking *c, const struct conf_static *fixed)
{
	for (u32 i = 0; i < c->conf->pool_count; i++) {
		const struct conf_pool *pool = &c->conf->pool[i];

		for (u32 j = 0; j < pool->pool.range_count && !checking_doubts(c, pool); j++) {
			if (in_range(&pool->pool.range[j], fixed->outside, fixed->outside_len))
				conf_error(
					c->errors, checking_at(c, &fixed->outside),
					"'%s' overlaps pool '%s' in line %u",
					value_show_prefix(fixed->outside, fixed->outside_len).text,
					pool->name, line_of(c, &pool->pool.range[j]));
		}
	}
}

static void check_static(struct checking *c, u32 index)
{
	const struct conf_static *fixed = &c->conf->fixed[index];

	if (checking_doubts(c, fixed))
		return;
	if (fixed->inside_len != fixed->outside_len)
		conf_error(c->errors, checking_at(c, &fixed->outside),
			   "'%s' and '%s' are not of one length",
			   value_show_prefix(fixed->outside, fixed->outside_len).text,
			   value_show_prefix(fixed->inside, fixed->inside_len).text);
	for (u32 i = 0; i < index; i++) {
		const struct conf_static *other = &c->conf->fixed[i];

		if (checking_doubts(c, other))
			continue;
		if (same_zone(fixed->zone, other->zone) &&
		    same_network(fixed->inside, fixed->inside_len, other->inside,
				 other->inside_len))
			conf_error(c->errors, checking_at(c, &fixed->inside),
				   "'%s' overlaps '%s' of the one-to-one in line %u",
				   value_show_prefix(fixed->inside, fixed->inside_len).text,
				   value_show_prefix(other->inside, other->inside_len).text,
				   line_of(c, &other->inside));
		if (same_network(fixed->outside, fixed->outside_len, other->outside,
				 other->outside_len))
			conf_error(c->errors, checking_at(c, &fixed->outside),
				   "'%s' overlaps '%s' of the one-to-one in line %u",
				   value_show_prefix(fixed->outside, fixed->outside_len).text,
				   value_show_prefix(other->outside, other->outside_len).text,
				   line_of(c, &other->outside));
	}
	check_static_in_pools(c, fixed);
}

/* ---- tracking -------------------------------------------------------------------------------- */

static void check_tracking(struct checking *c)
{
	if (c->conf->ct.expiry_probes && !c->conf->ct.counters &&
	    !checking_doubts(c, &c->conf->ct.counters))
		conf_error(c->errors, checking_at(c, &c->conf->ct.expiry_probes),
			   "'expiry-probes' needs the sequence numbers that 'counters: true' "
			   "keeps");
}

/* A burst of nothing. In full, defaults are said, too. */
static void check_burst(struct checking *c, const u32 *rate, const u32 *burst, u32 standard,
			const char *why)
{
	if (*rate == 0 && *burst != standard && !checking_doubts(c, rate))
		checking_wrong(c, burst, why);
}

static void check_bursts(struct checking *c)
{
	const struct icmp_conf *icmp = &c->conf->icmp;
	const struct conf_filter *filter = &c->conf->filter;
	struct sluice_conf engine;

	memset(&engine, 0, sizeof engine);
	sluice_conf_defaults(&engine);
	check_burst(c, &icmp->rate_per_second, &icmp->burst, engine.icmp.burst,
		    "'burst' needs a 'rate': with none, no ICMP error is ever sent");
	check_burst(c, &icmp->dest_rate_per_second, &icmp->dest_burst, engine.icmp.dest_burst,
		    "'destination-burst' needs a 'destination-rate': with none, no ICMP error is "
		    "ever sent");
	check_burst(c, &filter->log_rate, &filter->log_burst, engine.filter.log_burst,
		    "'log-burst' needs a 'log-rate': with none, no rule with 'log' makes an event");
}

/* ---- all ------------------------------------------------------------------------------------- */

bool conf_check(const struct conf *conf, const struct conf_marks *marks, struct conf_errors *errors)
{
	struct checking checking = { .conf = conf, .marks = marks, .errors = errors };
	u32 before = errors->count;

	check_ifaces(&checking);
	check_routes(&checking);
	check_pools(&checking);
	for (u32 i = 0; i < conf->rule_count; i++)
		check_rule(&checking, &conf->rule[i]);
	for (u32 i = 0; i < conf->static_count; i++)
		check_static(&checking, i);
	check_tracking(&checking);
	check_bursts(&checking);
	conf_check_addresses(conf, marks, errors);
	conf_check_zones(conf, marks, errors);
	conf_check_services(conf, marks, errors);
	conf_check_filter(conf, marks, errors);
	conf_check_subscribers(conf, marks, errors);
	conf_check_accelerate(conf, marks, errors);
	conf_check_routing(conf, marks, errors);
	return errors->count == before;
}
