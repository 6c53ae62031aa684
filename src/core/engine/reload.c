/* Building an engine, and exchanging addresses, routes and rules between two batches.
 *
 * What may fail is tried before what can not: interfaces are checked on a copy; routes that do not
 * fit are taken back by building the old ones again, which did fit; rules are checked by NAT before
 * it changes anything. Packets see none of it, since nobody calls in between.                    */
#include "core/engine/engine.h"
#include "core/wire/ip4.h"

static enum err route_add(struct fib *fib, be32 prefix, u8 len, const struct fib_route *route)
{
	enum err err = fib_add(fib, prefix, len, route);

	if (err != ERR_MEMORY)
		return err;
	fib_publish(fib);
	return fib_add(fib, prefix, len, route);
}

static bool is_own(const struct fib *fib, be32 addr)
{
	enum fib_type type = fib_type_of(fib, addr);

	return type == FIB_LOCAL || type == FIB_BROADCAST;
}

static enum err route_build(struct fib *fibs, const struct sluice_route_conf *route)
{
	/* What an interface has, its addresses and broadcasts, no route takes from it. */
	if (route->prefix_len == 32 && is_own(&fibs[route->zone], route->prefix))
		return ERR_OK;
	return route_add(&fibs[route->zone], route->prefix, route->prefix_len, &route->route);
}

/* Zones from `first` on. */
static enum err zones_build(struct fib *fibs, const struct sluice_conf *conf, u32 first,
			    const struct iface_table *ifaces, const char **why)
{
	u32 zone_count = engine_zone_count(conf);

	for (u32 zone = first; zone < zone_count; zone++)
		fib_clear(&fibs[zone]);
	for (u16 index = 0; index < ifaces->count; index++) {
		u8 zone = ifaces->iface[index].conf.zone;

		if (zone < first)
			continue;
		if (fib_add_iface(&fibs[zone], ifaces, index) != ERR_OK) {
			*why = "the addresses of an interface do not fit into the routing table";
			return ERR_RANGE;
		}
		fib_publish(&fibs[zone]);
	}
	for (u32 at = 0; at < conf->route_count; at++) {
		const struct sluice_route_conf *route = &conf->route[at];

		if (route->zone >= first && route_build(fibs, route) != ERR_OK) {
			*why = "a route is malformed, or there are more than planned";
			return ERR_RANGE;
		}
	}
	for (u32 zone = first; zone < zone_count; zone++)
		fib_clear_end(&fibs[zone]);
	return ERR_OK;
}

/* The RIB, where there is one, has the routes of the common zone. */
static enum err routes_build(struct sluice *s, const struct sluice_conf *conf, const char **why)
{
	enum err err = zones_build(s->fib, conf, s->routing != NULL, &s->ifaces, why);

	if (err == ERR_OK && s->routing != NULL)
		err = routing_build(s, conf, why);
	return err;
}

static void masquerade_addresses(const struct sluice_conf *conf, be32 out[NAT_IFACE_MAX])
{
	memset(out, 0, NAT_IFACE_MAX * sizeof *out);
	for (u32 at = 0; at < conf->iface_count; at++) {
		if (conf->iface[at].side == IFACE_OUTSIDE && conf->iface[at].addr_count > 0)
			out[at] = conf->iface[at].addr[0].addr;
	}
}

/* Split first..last into aligned prefixes; an address of the interface itself is covered too, which
 * does no harm.                                                                                 */
static enum err proxy_range(struct neigh_table *neigh, u16 iface, u32 first, u32 last)
{
	u64 addr = first;

	while (addr <= last) {
		u8 len = ip4_prefix_in((u32)addr, last);

		if (neigh_set_proxy(neigh, iface, be32_of((u32)addr), len) != ERR_OK)
			return ERR_FULL;
		addr += (u64)~ip4_mask(len) + 1;
	}
	return ERR_OK;
}

static enum err proxies_of(struct neigh_table *neigh, const struct nat_conf *nat, u16 iface)
{
	enum err err = ERR_OK;

	for (u32 pool = 0; pool < nat->pool_count; pool++) {
		const struct nat_pool_conf *from = &nat->pool[pool];

		for (u32 range = 0; range < from->range_count && err == ERR_OK; range++)
			err = proxy_range(neigh, iface, be32_host(from->range[range].first),
					  be32_host(from->range[range].last));
	}
	for (u32 at = 0; at < nat->static_count && err == ERR_OK; at++)
		err = neigh_set_proxy(neigh, iface, nat->fixed[at].outside,
				      nat->fixed[at].prefix_len);
	for (u32 at = 0; at < nat->balance.service_count && err == ERR_OK; at++) {
		if (nat->balance.service[at].addr_if == IFACE_NONE)
			err = neigh_set_proxy(neigh, iface, nat->balance.service[at].addr, 32);
	}
	return err;
}

/* Public addresses that no interface has must be answered for on the outside links, or nobody
 * there finds them.                                                                             */
static enum err proxies_build(struct sluice *s, const struct sluice_conf *conf, const char **why)
{
	neigh_clear_proxies(&s->neigh);
	for (u16 at = 0; at < conf->iface_count; at++) {
		if (conf->iface[at].side != IFACE_OUTSIDE || conf->iface[at].link != IFACE_ETHERNET)
			continue;
		if (proxies_of(&s->neigh, &conf->nat, at) != ERR_OK) {
			*why = "the public addresses make more than 256 prefixes to answer ARP for";
			return ERR_FULL;
		}
	}
	return ERR_OK;
}

/* Keep what an interface has counted, whether it is there, and whether it is up. */
static enum err ifaces_build(struct iface_table *ifaces, const struct sluice_conf *conf)
{
	struct iface_table built;
	enum err err = iface_init(&built, conf->iface, conf->iface_count);

	if (err != ERR_OK)
		return err;
	for (u32 at = 0; at < built.count && at < ifaces->count; at++) {
		built.iface[at].up = ifaces->iface[at].up;
		built.iface[at].gone = ifaces->iface[at].gone;
		built.iface[at].stats = ifaces->iface[at].stats;
		built.iface[at].losses = ifaces->iface[at].losses;
		built.iface[at].link_stats = ifaces->iface[at].link_stats;
	}
	*ifaces = built;
	return ERR_OK;
}

/* What an interface has, sockets may use, whether or not translation does so too. */
static void addresses_share(struct sluice *s)
{
	for (u32 at = 0; at < s->ifaces.count; at++) {
		const struct iface_conf *conf = &s->ifaces.iface[at].conf;

		for (u32 own = 0; own < conf->addr_count; own++)
			nat_share(&s->nat, conf->addr[own].addr);
	}
}

static enum err tables_build(struct sluice *s, const struct sluice_conf *conf, const char **why)
{
	be32 masquerade[NAT_IFACE_MAX];
	enum err err = ifaces_build(&s->ifaces, conf);

	if (err != ERR_OK) {
		*why = "an interface has a bad name, address, prefix length, MTU, MSS or check";
		return err;
	}
	err = routes_build(s, conf, why);
	if (err == ERR_OK)
		err = proxies_build(s, conf, why);
	masquerade_addresses(conf, masquerade);
	if (err == ERR_OK)
		err = nat_configure(&s->nat, &conf->nat, masquerade, conf->iface_count, why);
	if (err == ERR_OK)
		addresses_share(s);
	return err;
}

/* Last, and it can not fail: flows of a backend that is gone are given up here. */
static void services_take(struct sluice *s, const struct sluice_conf *conf)
{
	be32 addr[NAT_IFACE_MAX] = { 0 };

	for (u32 at = 0; at < conf->iface_count; at++) {
		if (conf->iface[at].addr_count > 0)
			addr[at] = conf->iface[at].addr[0].addr;
	}
	balance_configure(&s->nat.balance, &conf->nat.balance, addr, s->now);
}

/* How long a flow of each state may be silent and still take the short cut. */
static void silence_measure(struct sluice *s, const struct sluice_conf *conf)
{
	/* Half of the shortest time after which an unused neighbour may be given away. */
	for (u32 state = 0; state < FLOW_STATE_COUNT; state++)
		s->path.fast_silent_ms[state] =
			u32_min((u32)(conf->neigh.reachable_ns / NS_PER_MS / 2),
				s->ct.timeout_ms[flow_timeout_class(state)]);
}

_Static_assert(IFACE_MAX <= 64, "one bit each in strict_ifs");

static void source_checks_take(struct sluice *s)
{
	s->path.strict_ifs = 0;
	for (u32 at = 0; at < s->ifaces.count; at++) {
		if (s->ifaces.iface[at].conf.source_check == IFACE_SOURCE_HERE)
			s->path.strict_ifs |= UINT64_C(1) << at;
	}
}

/* What needs no table of its own, and can not fail. */
static void settings_take(struct sluice *s, const struct sluice_conf *conf)
{
	ct_configure(&s->ct, &conf->ct);
	silence_measure(s, conf);
	s->conf.ct = s->ct.conf;
	s->icmp.conf = conf->icmp;
	s->conf.icmp = conf->icmp;
	s->path.redirects = conf->redirects;
	s->conf.redirects = conf->redirects;
}

static bool has_same_addrs(const struct iface_conf *a, const struct iface_conf *b)
{
	return a->addr_count == b->addr_count &&
	       memcmp(a->addr, b->addr, a->addr_count * sizeof a->addr[0]) == 0;
}

/* old: NULL at the start, when all of them are new. */
static void addresses_announce(struct sluice *s, const struct sluice_conf *old)
{
	for (u16 at = 0; at < s->ifaces.count; at++) {
		const struct iface_conf *conf = &s->ifaces.iface[at].conf;

		neigh_iface_changed(&s->neigh, at);
		if (!old) {
			neigh_announce(&s->neigh, at, s->now);
		} else if (!has_same_addrs(conf, &old->iface[at])) {
			neigh_readdress(&s->neigh, at, &old->iface[at], s->now);
			engine_iface_event(s, at, "addresses");
		}
	}
}

static u16 fibs_gen(const struct sluice *s)
{
	u16 gen = 0;

	for (u32 zone = 0; zone < s->path.zone_count; zone++)
		gen = (u16)(gen + fib_gen(&s->fib[zone]));
	return gen;
}

static bool zones_are_kept(const struct sluice_conf *old, const struct sluice_conf *new)
{
	for (u32 at = 0; at < old->iface_count; at++) {
		if (old->iface[at].zone != new->iface[at].zone)
			return false;
	}
	return true;
}

/* What can not be changed, or makes no sense; NULL: nothing. */
static const char *change_wrong(const struct sluice *s, const struct sluice_conf *conf)
{
	const char *why = engine_conf_wrong(conf);

	if (why == NULL)
		why = engine_limit_changed(&s->conf, conf);
	if (why != NULL)
		return why;
	if (conf->iface_count != s->conf.iface_count || conf->host_if != s->conf.host_if)
		return "interfaces can not be added or taken away while the engine runs";
	if (!zones_are_kept(&s->conf, conf))
		return "an interface can not change its zone while the engine runs";
	if (conf->subscribers.prefix_len != s->conf.subscribers.prefix_len)
		return "the prefix of subscribers can not change while the engine runs";
	if (s->conf.subscribers.subscriber_count == 0 && conf->subscribers.subscriber_count > 0)
		return "subscribers were not counted from the start, and can not be limited now";
	if (s->conf.splice.split_limit == 0 && conf->splice.split_limit > 0)
		return "connections were not split from the start, and can not be now";
	return routing_change_wrong(s->routing, conf);
}

enum err sluice_look(struct sluice *s, const struct sluice_conf *conf, const char **why)
{
	be32 masquerade[NAT_IFACE_MAX];
	enum err err;

	*why = change_wrong(s, conf);
	if (*why != NULL)
		return ERR_RANGE;
	err = filter_prepare(&s->filter, &conf->filter, conf->iface_count, why);
	if (err != ERR_OK)
		return err;
	filter_forget(&s->filter);
	masquerade_addresses(conf, masquerade);
	return nat_look(&s->nat, &conf->nat, masquerade, conf->iface_count, why);
}

enum err sluice_configure(struct sluice *s, const struct sluice_conf *conf, ns_t now,
			  const char **why)
{
	u16 gen_before = fibs_gen(s);
	enum err err;

	*why = change_wrong(s, conf);
	if (*why != NULL)
		return ERR_RANGE;
	engine_now(s, now);
	err = filter_prepare(&s->filter, &conf->filter, conf->iface_count, why);
	if (err != ERR_OK)
		return err;
	err = tables_build(s, conf, why);
	if (err != ERR_OK) {
		const char *ignored;

		CHECK(tables_build(s, &s->conf, &ignored) == ERR_OK);
	}
	/* Flows ask for their way again, whatever the number of steps was. */
	s->path.conf_gen = (u16)(s->path.conf_gen + gen_before - fibs_gen(s) + 1);
	if (err != ERR_OK) {
		filter_forget(&s->filter);
		return err;
	}
	services_take(s, conf);
	filter_commit(&s->filter);
	settings_take(s, conf);
	source_checks_take(s);
	addresses_announce(s, &s->conf);
	memcpy(s->conf.iface, conf->iface, sizeof s->conf.iface);
	memcpy(s->conf.route, conf->route, sizeof s->conf.route);
	s->conf.route_count = conf->route_count;
	s->conf.nat = s->nat.conf;
	subscriber_configure(&s->subscribers, &conf->subscribers);
	s->conf.subscribers = s->subscribers.conf;
	splice_configure(&s->splice, &conf->splice);
	s->conf.splice = s->splice.conf;
	if (s->routing != NULL)
		routing_configure(s, conf->routing);
	return ERR_OK;
}

/* Keys and seeds of the modules, all from the one seed. */
static void keys_draw(struct rng *rng, struct hash_key *key)
{
	for (u32 at = 0; at < ARRAY_COUNT(key->k); at++)
		key->k[at] = rng_u64(rng);
}

/* Secrets of TCP, ports and identifiers; drawn last, so that nobody else's change with them. */
static void socks_init(struct sluice *s, struct rng *rng)
{
	struct sock_seeds seeds;

	for (u32 at = 0; at < sizeof seeds.tcp; at++) {
		seeds.tcp[at] = (u8)rng_u32(rng);
		seeds.ports[at] = (u8)rng_u32(rng);
	}
	keys_draw(rng, &seeds.udp);
	seeds.ip_id = (u16)rng_u32(rng);
	sock_init(&s->socks, &s->pool, &seeds, s->now);
}

/* Behind them, for the same reason. */
static void splice_seed(struct sluice *s, struct rng *rng)
{
	u8 seed[32];

	for (u32 at = 0; at < sizeof seed; at++)
		seed[at] = (u8)rng_u32(rng);
	splice_init(&s->splice, &s->pool, seed, s->now);
}

static void modules_init(struct sluice *s, const struct sluice_conf *conf)
{
	struct hash_key key;
	struct rng rng;
	u32 seed[8];

	rng_init(&rng, conf->seed);
	pkt_pool_init(&s->pool);
	keys_draw(&rng, &key);
	neigh_init(&s->neigh, &s->ifaces, &s->pool, &key);
	for (u32 zone = 0; zone < engine_zone_count(conf); zone++) {
		keys_draw(&rng, &s->fib[zone].conf.key);
		fib_init(&s->fib[zone]);
	}
	keys_draw(&rng, &key);
	reass_init(&s->reass, &s->pool, &key);
	keys_draw(&rng, &key);
	icmp_init(&s->icmp, &conf->icmp, &s->pool, &key);
	keys_draw(&rng, &key);
	ct_init(&s->ct, &key, s->now);
	keys_draw(&rng, &key);
	for (u32 at = 0; at < ARRAY_COUNT(seed); at++)
		seed[at] = rng_u32(&rng);
	nat_init(&s->nat, &key, (const u8 *)seed);
	keys_draw(&rng, &s->path.key);
	keys_draw(&rng, &key);
	subscriber_init(&s->subscribers, &key);
	keys_draw(&rng, &key);
	filter_init(&s->filter, &key);
	socks_init(s, &rng);
	splice_seed(s, &rng);
	if (s->routing != NULL)
		routing_init(s, &rng);
}

static void path_wire(struct sluice *s, const struct sluice_conf *conf)
{
	struct path *path = &s->path;

	path->pool = &s->pool;
	path->ifaces = &s->ifaces;
	path->neigh = &s->neigh;
	path->fib = s->fib;
	path->zone_count = engine_zone_count(conf);
	path->reass = &s->reass;
	path->icmp = &s->icmp;
	path->ct = &s->ct;
	path->subscribers = &s->subscribers;
	path->nat = &s->nat;
	s->nat.subscribers = &s->subscribers;
	path->filter = &s->filter;
	path->socks = &s->socks;
	path->splice = &s->splice;
	s->nat.own = &s->socks.ports;
	path->drops = &s->drops;
	path->host_if = conf->host_if;
	path->slow_road = conf->slow_road;
	path->redirects = conf->redirects;
	silence_measure(s, conf);
}

enum err sluice_new(struct sluice **out, const struct sluice_conf *conf, void *memory, u64 size,
		    ns_t now, const char **why)
{
	struct mem mem;
	struct sluice *s;
	enum err err;

	*why = engine_conf_wrong(conf);
	if (*why != NULL)
		return ERR_RANGE;
	sluice_plan(conf, &mem);
	if (mem.used > size) {
		*why = "less memory than planned";
		return ERR_MEMORY;
	}
	mem_init(&mem, memory, size);
	s = mem_take(&mem, "engine", 1, sizeof *s);
	engine_layout(&(struct engine_tables){ &s->pool, &s->neigh, &s->fib, &s->reass, &s->ct,
					       &s->subscribers, &s->nat, &s->filter, &s->socks,
					       &s->splice, &s->path, &s->routing },
		      conf, &mem);
	mem_seal(&mem);
	s->mem = mem;
	s->conf = *conf;
	s->conf.filter = s->filter.conf;
	s->conf.routing = s->routing == NULL ? NULL : &s->routing->conf;
	s->now = now;
	modules_init(s, conf);
	path_wire(s, conf);
	err = filter_prepare(&s->filter, &conf->filter, conf->iface_count, why);
	if (err == ERR_OK)
		err = tables_build(s, conf, why);
	if (err != ERR_OK)
		return err;
	services_take(s, conf);
	source_checks_take(s);
	filter_commit(&s->filter);
	addresses_announce(s, NULL);
	if (s->routing != NULL)
		routing_configure(s, &s->routing->conf);
	*out = s;
	return ERR_OK;
}
