/* Building the configuration. */
#include "prog/run_conf.h"

#include "host/conf/values.h"

/* Public addresses that may come by themselves: an interface can get more while running. */
enum { ADDRESSES_SPARE = 64, POOL_ADDRESSES_MAX = 65536 };

struct building {
	const struct run_args *args;
	const struct run_facts *facts;
	struct sluice_conf *conf;
	struct run_notes *notes;
	struct run_errors *errors;
};

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
	const struct run_iface_args *given = &b->args->iface[index];
	const struct run_iface_facts *facts = &b->facts->iface[index];

	if (facts->addr_count)
		run_error(b->errors,
			  "%s=%s: %s has the address %s of the host already; leave '=...' away to "
			  "use that, or take it off with 'ip address flush dev %s'",
			  given->name,
			  value_show_prefix(given->addr[0].addr, given->addr[0].prefix_len).text,
			  given->name,
			  value_show_prefix(facts->addr[0].addr, facts->addr[0].prefix_len).text,
			  given->name);
	for (u32 i = 0; i < given->addr_count; i++)
		add_addr(b, &b->conf->iface[index], &given->addr[i]);
}

static void own_addrs(struct building *b, u32 index)
{
	const struct run_iface_args *given = &b->args->iface[index];
	const struct run_iface_facts *facts = &b->facts->iface[index];

	if (facts->addr_count == 0 && !b->facts->running)
		run_error(b->errors,
			  "%s has no IPv4 address; give one, as in --%s %s=%s, or set one with "
			  "'ip address add'",
			  given->name, given->side == IFACE_INSIDE ? "lan" : "wan", given->name,
			  given->side == IFACE_INSIDE ? "10.10.0.1/16" : "198.18.0.1/16");
	else if (b->args->no_host && facts->addr_count)
		run_error(b->errors,
			  "--no-host: %s has the address %s of the host, whose packets would not "
			  "come to it; take the address off, or leave --no-host away",
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
	const struct run_iface_args *given = &b->args->iface[index];
	struct iface_conf *iface = &b->conf->iface[index];

	*iface = b->facts->iface[index].port;
	memcpy(iface->name, given->name, sizeof iface->name);
	iface->side = given->side;
	iface->addr_count = 0;
	if (given->mtu)
		iface->mtu = given->mtu;
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

/* No two interfaces may have the same address, and networks of the two sides must not overlap:
 * which of them an address is on could not be said.                                             */
static void check_overlap(struct building *b, u32 one, u32 two)
{
	const struct iface_conf *a = &b->conf->iface[one];
	const struct iface_conf *c = &b->conf->iface[two];

	for (u32 i = 0; i < a->addr_count; i++) {
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
	b->conf->iface_count = b->args->iface_count;
	for (u32 i = 0; i < b->args->iface_count; i++)
		build_iface(b, i);
	for (u32 i = 0; i < b->args->iface_count; i++) {
		for (u32 j = i + 1; j < b->args->iface_count; j++)
			check_overlap(b, i, j);
	}
	build_host(b);
}

/* ---- routes ---------------------------------------------------------------------------------- */

/* The interface on one of whose networks the gateway is. */
static bool iface_towards(const struct sluice_conf *conf, be32 gateway, u16 *index)
{
	for (u32 i = 0; i < conf->iface_count; i++) {
		const struct iface_conf *iface = &conf->iface[i];

		for (u32 j = 0; j < iface->addr_count; j++) {
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

/* The first route to a prefix stays: command line before system, low metric before high. */
static void add_route(struct building *b, const struct sluice_route_conf *route)
{
	struct sluice_conf *conf = b->conf;

	for (u32 i = 0; i < conf->route_count; i++) {
		if (conf->route[i].prefix_len == route->prefix_len &&
		    be32_eq(conf->route[i].prefix, route->prefix))
			return;
	}
	if (conf->route_count == SLUICE_ROUTE_MAX) {
		run_error(b->errors, "there are more than %d routes", SLUICE_ROUTE_MAX);
		return;
	}
	conf->route[conf->route_count++] = *route;
}

static void add_unicast(struct building *b, be32 prefix, u8 prefix_len, struct fib_path path)
{
	struct sluice_route_conf route = { .prefix = prefix, .prefix_len = prefix_len };

	route.route.type = FIB_UNICAST;
	route.route.path_count = 1;
	route.route.path[0] = path;
	route.route.path[0].weight = 1;
	add_route(b, &route);
}

static void route_by_gateway(struct building *b, const char *option,
			     const struct run_route_args *given)
{
	struct fib_path path = { .gateway = given->gateway };

	if (!iface_towards(b->conf, given->gateway, &path.out_if)) {
		run_error(b->errors,
			  "%s: the gateway %s is on no network of the interfaces; it has to be a "
			  "neighbour",
			  option, value_show_addr(given->gateway).text);
		return;
	}
	add_unicast(b, given->prefix, given->prefix_len, path);
}

static void given_routes(struct building *b)
{
	struct run_route_args gateway = { .gateway = b->args->gateway };

	for (u32 i = 0; i < b->args->route_count; i++) {
		const struct run_route_args *given = &b->args->route[i];
		struct sluice_route_conf route = { .prefix = given->prefix,
						   .prefix_len = given->prefix_len };

		if (given->kind == RUN_ROUTE_GATEWAY) {
			route_by_gateway(b, "--route", given);
			continue;
		}
		route.route.type = given->kind == RUN_ROUTE_BLACKHOLE ? FIB_BLACKHOLE
								      : FIB_PROHIBIT;
		add_route(b, &route);
	}
	if (b->args->gateway_given)
		route_by_gateway(b, "--gateway", &gateway);
}

/* What the host's routing table says, except what follows from addresses by itself. A default
 * route of the inside is the host's own affair.                                                 */
static void own_routes(struct building *b, u32 index)
{
	const struct run_iface_facts *facts = &b->facts->iface[index];

	if (b->args->iface[index].addr_count)
		return;
	for (u32 i = 0; i < facts->route_count; i++) {
		const struct os_route *route = &facts->route[i];
		struct fib_path path = { .gateway = route->gateway, .out_if = (u16)index };

		if (route->connected)
			continue;
		if (route->prefix_len == 0 && b->args->iface[index].side == IFACE_INSIDE)
			continue;
		add_unicast(b, route->prefix, route->prefix_len, path);
	}
}

static void build_routes(struct building *b)
{
	bool found = false;

	b->conf->route_count = 0;
	given_routes(b);
	for (u32 i = 0; i < b->args->iface_count; i++)
		own_routes(b, i);
	for (u32 i = 0; i < b->conf->route_count; i++)
		found |= b->conf->route[i].prefix_len == 0;
	b->notes->no_default = !found;
}

/* ---- translation ----------------------------------------------------------------------------- */

static void build_exempt(struct building *b)
{
	struct nat_conf *nat = &b->conf->nat;

	for (u32 i = 0; i < b->args->exempt_count; i++) {
		struct nat_rule_conf *rule = &nat->rule[nat->rule_count++];

		nat_rule_defaults(rule);
		rule->kind = NAT_KIND_NONE;
		rule->dest = b->args->exempt[i].prefix;
		rule->dest_len = b->args->exempt[i].prefix_len;
		rule->dest_port = b->args->exempt[i].port;
	}
}

static void build_pool(struct building *b, struct nat_rule_conf *rule)
{
	struct nat_conf *nat = &b->conf->nat;
	struct nat_pool_conf *pool = &nat->pool[0];
	u64 addresses = 0;

	nat->pool_count = 1;
	rule->kind = NAT_KIND_POOL;
	rule->pool = 0;
	pool->range_count = b->args->pool_count;
	pool->port_first = b->args->port_first;
	pool->port_last = b->args->port_last;
	pool->strict_pairing = b->args->strict_pairing;
	for (u32 i = 0; i < b->args->pool_count; i++) {
		pool->range[i] = b->args->pool[i];
		addresses += (u64)be32_host(pool->range[i].last) - be32_host(pool->range[i].first) +
			     1;
	}
	if (addresses > POOL_ADDRESSES_MAX)
		run_error(b->errors, "--pool: %llu addresses in all; at most %d are allowed",
			  (unsigned long long)addresses, POOL_ADDRESSES_MAX);
	else
		nat->address_count = u32_max(nat->address_count, (u32)addresses + ADDRESSES_SPARE);
}

static bool outside_is_hosts(const struct sluice_conf *conf)
{
	for (u32 i = 0; i < conf->iface_count; i++) {
		const struct iface_conf *iface = &conf->iface[i];

		for (u32 j = 0; iface->side == IFACE_OUTSIDE && j < iface->addr_count; j++) {
			if (iface->addr[j].host)
				return true;
		}
	}
	return false;
}

/* The host's own sockets use the address that flows are translated to: its port range is spared,
 * unless the user has named the ports.                                                          */
static void build_masquerade(struct building *b, struct nat_rule_conf *rule)
{
	struct nat_conf *nat = &b->conf->nat;
	const struct run_args *args = b->args;
	const struct run_facts *facts = b->facts;

	rule->kind = NAT_KIND_MASQUERADE;
	nat->masquerade_port_first = args->port_first;
	nat->masquerade_port_last = args->port_last;
	if (!outside_is_hosts(b->conf) || facts->local_first == 0)
		return;
	if (args->port_first == 0) {
		nat->masquerade_spare_first = facts->local_first;
		nat->masquerade_spare_last = facts->local_last;
		b->notes->shares_ports = true;
	} else {
		b->notes->overlapping = args->port_first <= facts->local_last &&
					facts->local_first <= args->port_last;
	}
}

/* Nothing of what follows would be used: better said than silently ignored. */
static void build_no_nat(struct building *b)
{
	const struct run_args *args = b->args;

	if (args->pool_count || args->static_count || args->exempt_count)
		run_error(b->errors,
			  "--no-nat: leaves every address as it is; take --pool, --one-to-one and "
			  "--no-nat-to away, or --no-nat");
	b->conf->nat.rule_count = 0;
}

static void build_nat(struct building *b)
{
	const struct run_args *args = b->args;
	struct nat_conf *nat = &b->conf->nat;
	struct nat_rule_conf *rule;

	if (args->no_nat) {
		build_no_nat(b);
		return;
	}
	build_exempt(b);
	rule = &nat->rule[nat->rule_count++];
	nat_rule_defaults(rule);
	if (args->pool_count)
		build_pool(b, rule);
	else
		build_masquerade(b, rule);
	for (int proto = 0; proto < NAT_PROTO_COUNT; proto++) {
		if (args->mapping_given[proto])
			rule->mapping[proto] = args->mapping[proto];
		if (args->filtering_given[proto])
			rule->filtering[proto] = args->filtering[proto];
		if (rule->mapping[proto] == NAT_MAP_DESTINATION && args->filtering_given[proto] &&
		    args->filtering[proto] != NAT_FILTER_ADDRESS_PORT)
			run_error(b->errors,
				  "--filtering: with --mapping destination only the endpoint that "
				  "was spoken to can answer; say address-port, or --mapping "
				  "endpoint");
	}
	rule->hairpin = !args->no_hairpin;
	rule->parity = !args->no_parity;
	if (args->strict_pairing && !args->pool_count)
		run_error(b->errors, "--strict-pairing: is about pools; give a --pool as well");
	nat->static_count = args->static_count;
	memcpy(nat->fixed, args->fixed, args->static_count * sizeof nat->fixed[0]);
	if (args->quarantine_given)
		nat->quarantine_s = args->quarantine_s;
	if (args->mappings)
		nat->mapping_count = args->mappings;
}

/* RFC 5227 leaves a host seven seconds before it uses an address. A gateway that starts is waited
 * for by everybody behind it, and links of today answer within milliseconds: the same three probes,
 * closer together.                                                                              */
static void build_neighbours(struct neigh_conf *neigh)
{
	neigh->probe_wait_ns = 50 * NS_PER_MS;
	neigh->probe_min_ns = 100 * NS_PER_MS;
	neigh->probe_max_ns = 150 * NS_PER_MS;
	neigh->announce_wait_ns = 200 * NS_PER_MS;
}

static void build_tracking(struct building *b)
{
	struct ct_conf *ct = &b->conf->ct;

	if (b->args->flows)
		ct->flow_count = b->args->flows;
	for (int i = 0; i < CT_TIMEOUT_COUNT; i++) {
		if (b->args->timeout_s[i])
			ct->timeout_s[i] = b->args->timeout_s[i];
	}
	ct->midstream = b->args->midstream;
	ct->outbound_refresh_only = b->args->outbound_refresh_only;
}

bool run_conf_build(const struct run_args *args, const struct run_facts *facts,
		    struct sluice_conf *conf, struct run_notes *notes, struct run_errors *errors)
{
	struct building b = { args, facts, conf, notes, errors };
	u32 before = errors->count;

	memset(conf, 0, sizeof *conf);
	memset(notes, 0, sizeof *notes);
	sluice_conf_defaults(conf);
	build_ifaces(&b);
	build_routes(&b);
	build_nat(&b);
	build_tracking(&b);
	build_neighbours(&conf->neigh);
	conf->packets.ring_count = facts->ring_frames;
	conf->slow_road = args->slow_road;
	memcpy(conf->seed, args->seed_given ? args->seed : facts->seed, sizeof conf->seed);
	return errors->count == before;
}
