/* What the gateway itself knows of routes, as clients of the RIB: its links, the configuration, and
 * the prefixes of NAT.
 *
 * Building is a comparison: what stood is stale, what is still so is offered again, and the rest of
 * the old configuration is taken back at once. Each net that is concerned is chosen on the spot, so
 * that a change is in force when it is answered; routes of others are not touched.              */
#include "core/base/text.h"
#include "core/engine/engine.h"
#include "core/wire/ip4.h"

/* What a walk over routes of a configuration does with each. */
struct local_route {
	struct ip_prefix prefix;
	u16 client;
	u32 path_id;
	enum fib_type type;
	u8 distance;
	bool hidden; /* kept to be shown: nothing of it can be reached */
	u8 withheld; /* enum routing_withheld */
	u32 extra;   /* of a connected one its place among those of its prefix, of others the tag */
	u32 hop_count;
	struct rib_hop hop[RIB_HOPS_MAX];
};

enum local_step { LOCAL_OFFER, LOCAL_SETTLE, LOCAL_TAKE_STALE, LOCAL_TAKE };

struct local_walk {
	struct sluice *s;
	const struct sluice_conf *conf;
	enum local_step step;
	enum err err; /* the first one */
	u32 pool_count;
};

static void route_offer(struct local_walk *walk, const struct local_route *route)
{
	struct rib *rib = &walk->s->routing->rib;
	struct rib_path path = {
		.client = route->client,
		.type = (u8)route->type,
		.distance = route->distance,
		.hidden = route->hidden,
		.path_id = route->path_id,
		.attr = route->withheld,
		.extra = route->extra,
		.hops = RIB_NONE,
	};

	if (route->hop_count > 0) {
		path.hops = rib_hops_get(rib, route->hop, route->hop_count);
		if (path.hops == RIB_NONE) {
			walk->err = ERR_FULL;
			return;
		}
	}
	walk->err = rib_offer(rib, &route->prefix, &path);
}

static void route_take(struct local_walk *walk, const struct local_route *route)
{
	struct rib *rib = &walk->s->routing->rib;
	struct rib_path path;

	if (!rib_find(rib, &route->prefix, route->client, route->path_id, &path) ||
	    (walk->step == LOCAL_TAKE_STALE && !path.stale))
		return;
	CHECK(rib_withdraw(rib, &route->prefix, route->client, route->path_id) == ERR_OK);
	/* Room that is missing now is somebody else's. */
	(void)!rib_settle(rib, &route->prefix);
}

static void route_do(struct local_walk *walk, const struct local_route *route)
{
	if (walk->err != ERR_OK)
		return;
	switch (walk->step) {
	case LOCAL_OFFER: route_offer(walk, route); break;
	case LOCAL_SETTLE: walk->err = rib_settle(&walk->s->routing->rib, &route->prefix); break;
	case LOCAL_TAKE_STALE:
	case LOCAL_TAKE: route_take(walk, route); break;
	}
}

/* ---- links ----------------------------------------------------------------------------------- */

/* Of those that are on the same prefix the own address wins, then the first interface. */
static void choose_link(void *ctx, const struct rib_candidate *candidate, u32 count,
			struct rib_choice *choice)
{
	(void)ctx;
	choice->best = 0;
	choice->equal_count = 0;
	for (u32 at = 1; at < count; at++) {
		if (candidate[at].path.extra < candidate[choice->best].path.extra)
			choice->best = at;
	}
}

static void why_link(void *ctx, const struct rib_candidate *better,
		     const struct rib_candidate *worse, char *why, u32 size)
{
	bool own = better->path.type == FIB_LOCAL && worse->path.type != FIB_LOCAL;
	struct text text;

	(void)ctx;
	text_init(&text, why, size);
	text_str(&text, own ? "an address of the gateway goes first"
			    : "of the interfaces on a network the first is used");
}

/* attr of a path of the configuration says why it is told to nobody. */
static const char *withheld_fixed(void *ctx, const struct rib_path *path)
{
	(void)ctx;
	return routing_withheld_text((enum routing_withheld)path->attr);
}

static void why_hidden_fixed(void *ctx, const struct ip_prefix *prefix, const struct rib_path *path,
			     char *why, u32 size)
{
	struct text text;

	(void)ctx;
	(void)prefix;
	(void)path;
	text_init(&text, why, size);
	text_str(&text, "BFD does not reach its next hop");
}

void routing_local_init(struct routing *routing)
{
	static const struct rib_chooser links = { .choose = choose_link, .why = why_link };
	static const struct rib_chooser fixed = { .why_hidden = why_hidden_fixed,
						  .withheld = withheld_fixed };

	routing->connected = rib_client_new(&routing->rib, ROUTE_CONNECTED);
	routing->fixed = rib_client_new(&routing->rib, ROUTE_STATIC);
	CHECK(routing->fixed != RIB_CLIENT_NONE);
	rib_set_chooser(&routing->rib, ROUTE_CONNECTED, &links);
	rib_set_chooser(&routing->rib, ROUTE_STATIC, &fixed);
}

static void link_route(struct local_walk *walk, u16 iface, u32 prefix, u8 len, enum fib_type type)
{
	route_do(walk, &(struct local_route){
			       .prefix = ip_prefix4(be32_of(prefix), len),
			       .client = walk->s->routing->connected,
			       .path_id = (u32)type << 16 | iface,
			       .type = type,
			       .distance = RIB_DISTANCE_CONNECTED,
			       .extra = (u32)(type != FIB_LOCAL) << 16 | iface,
			       .hop_count = 1,
			       .hop = { { .iface = iface, .weight = 1 } },
		       });
}

static void link_addr(struct local_walk *walk, u16 iface, const struct iface_addr *own, bool up)
{
	u32 addr = be32_host(own->addr);
	u32 mask = ip4_mask(own->prefix_len);

	link_route(walk, iface, addr, 32, FIB_LOCAL);
	if (!up)
		return;
	if (own->prefix_len < 32)
		link_route(walk, iface, addr & mask, own->prefix_len, FIB_UNICAST);
	/* RFC 3021: a /31 has none. */
	if (own->prefix_len >= 31)
		return;
	link_route(walk, iface, addr | ~mask, 32, FIB_BROADCAST);
	link_route(walk, iface, addr & mask, 32, FIB_BROADCAST);
}

/* Who takes back takes all that there may be. */
static bool is_up(const struct local_walk *walk, u16 iface)
{
	return walk->step == LOCAL_TAKE || walk->step == LOCAL_TAKE_STALE ||
	       walk->s->ifaces.iface[iface].up;
}

static void links_walk(struct local_walk *walk)
{
	for (u16 at = 0; at < walk->conf->iface_count; at++) {
		const struct iface_conf *conf = &walk->conf->iface[at];

		for (u32 own = 0; conf->zone == 0 && own < conf->addr_count; own++)
			link_addr(walk, at, &conf->addr[own], is_up(walk, at));
	}
}

/* ---- the configuration ----------------------------------------------------------------------- */

/* By links that are up, and by gateways that the RIB looks up; of a route without any, nothing is
 * left. Where BFD watches, by gateways that it reaches, too: if there are none the route stands and
 * is not used.                                                                                   */
static bool fixed_hops(const struct local_walk *walk, const struct fib_route *from, bool bfd,
		       struct local_route *route)
{
	for (u32 at = 0; from->type == FIB_UNICAST && at < from->path_count; at++) {
		const struct fib_path *path = &from->path[at];
		struct rib_hop *hop = &route->hop[route->hop_count];

		if (path->out_if != IFACE_NONE &&
		    (path->out_if >= walk->conf->iface_count || !is_up(walk, path->out_if)))
			continue;
		if (bfd && !routing_fixed_reaches(walk->s->routing, path) != route->hidden)
			continue;
		hop->gateway = (struct ip_addr){ .family = FAMILY_NONE };
		if (path->gateway.raw != 0)
			hop->gateway = ip_addr4(path->gateway);
		hop->iface = path->out_if;
		hop->weight = path->weight;
		route->hop_count++;
	}
	return from->type != FIB_UNICAST || route->hop_count > 0;
}

static void fixed_do(struct local_walk *walk, const struct sluice_route_conf *conf)
{
	struct local_route route = {
		.client = walk->s->routing->fixed,
		.type = conf->route.type,
		.distance = RIB_DISTANCE_STATIC,
		.extra = conf->tag,
	};
	bool some;

	/* Bits behind the length are the RIB's to find. */
	route.prefix = (struct ip_prefix){ ip_addr4(conf->prefix), conf->prefix_len };
	if (conf->route.path_count > FIB_PATHS_MAX) {
		walk->err = ERR_RANGE;
		return;
	}
	some = fixed_hops(walk, &conf->route, conf->bfd, &route);
	if (!some && conf->bfd) {
		route.hidden = true;
		some = fixed_hops(walk, &conf->route, true, &route);
	}
	if (some)
		route_do(walk, &route);
}

static void fixed_walk(struct local_walk *walk)
{
	for (u32 at = 0; at < walk->conf->route_count; at++) {
		if (walk->conf->route[at].zone == 0)
			fixed_do(walk, &walk->conf->route[at]);
	}
}

void routing_fixed_again(struct sluice *s, be32 gateway, u16 iface)
{
	struct local_walk walk = { .s = s, .conf = &s->conf };

	for (u32 at = 0; at < s->conf.route_count; at++) {
		const struct sluice_route_conf *conf = &s->conf.route[at];

		if (!conf->bfd || conf->zone != 0 || !routing_fixed_is_by(conf, gateway, iface))
			continue;
		/* There was room for it before, and it takes the same place. */
		walk.err = ERR_OK;
		for (walk.step = LOCAL_OFFER; walk.step <= LOCAL_SETTLE; walk.step++)
			fixed_do(&walk, conf);
	}
	fib_publish(&s->fib[0]);
}

/* ---- prefixes of NAT ------------------------------------------------------------------------- */

static bool is_on_link(const struct sluice_conf *conf, u32 prefix, u8 len)
{
	for (u32 at = 0; at < conf->iface_count; at++) {
		const struct iface_conf *iface = &conf->iface[at];

		for (u32 own = 0; iface->zone == 0 && own < iface->addr_count; own++) {
			const struct iface_addr *addr = &iface->addr[own];
			u32 differ = be32_host(addr->addr) ^ prefix;

			if (addr->prefix_len <= len && (differ & ip4_mask(addr->prefix_len)) == 0)
				return true;
		}
	}
	return false;
}

enum { POOL_PATH_ID = 1 /* of the same client as routes of the configuration */ };

static void pool_route(struct local_walk *walk, u32 prefix, u8 len)
{
	if (is_on_link(walk->conf, prefix, len))
		return;
	walk->pool_count++;
	route_do(walk, &(struct local_route){
			       .prefix = ip_prefix4(be32_of(prefix), len),
			       .client = walk->s->routing->fixed,
			       .path_id = POOL_PATH_ID,
			       .type = FIB_BLACKHOLE,
			       .distance = ROUTING_DISTANCE_POOL,
			       .withheld = walk->s->routing->withheld,
		       });
}

static void pools_walk(struct local_walk *walk)
{
	const struct nat_conf *nat = &walk->conf->nat;

	for (u32 pool = 0; pool < nat->pool_count; pool++) {
		const struct nat_pool_conf *from = &nat->pool[pool];

		for (u32 range = 0; range < from->range_count; range++) {
			u64 first = be32_host(from->range[range].first);
			u32 last = be32_host(from->range[range].last);

			for (u8 len; first <= last; first += (u64)~ip4_mask(len) + 1) {
				len = ip4_prefix_in((u32)first, last);
				pool_route(walk, (u32)first, len);
			}
		}
	}
	for (u32 at = 0; at < nat->static_count; at++)
		pool_route(walk, be32_host(nat->fixed[at].outside), nat->fixed[at].prefix_len);
	for (u32 at = 0; at < nat->balance.service_count; at++) {
		if (nat->balance.service[at].addr_if == IFACE_NONE)
			pool_route(walk, be32_host(nat->balance.service[at].addr), 32);
	}
}

/* The route stays, so that what comes for the prefix does not go back by a default route. */
void routing_pools_again(struct sluice *s)
{
	struct local_walk walk = { .s = s, .conf = &s->conf };

	/* There was room for it before, and it takes the same place. */
	for (walk.step = LOCAL_OFFER; walk.step <= LOCAL_SETTLE; walk.step++) {
		walk.err = ERR_OK;
		pools_walk(&walk);
	}
	fib_publish(&s->fib[0]);
}

/* ---- all of it ------------------------------------------------------------------------------- */

static enum err local_walk(struct sluice *s, const struct sluice_conf *conf, enum local_step step)
{
	struct local_walk walk = { .s = s, .conf = conf, .step = step };

	links_walk(&walk);
	fixed_walk(&walk);
	pools_walk(&walk);
	if (walk.err == ERR_OK && step == LOCAL_SETTLE)
		s->routing->pool_count = walk.pool_count;
	return walk.err;
}

enum err routing_build(struct sluice *s, const struct sluice_conf *conf, const char **why)
{
	struct routing *routing = s->routing;
	enum err err;

	rib_client_stale(&routing->rib, routing->connected);
	rib_client_stale(&routing->rib, routing->fixed);
	err = local_walk(s, conf, LOCAL_OFFER);
	if (err == ERR_OK) {
		(void)local_walk(s, &s->conf, LOCAL_TAKE_STALE);
		err = local_walk(s, conf, LOCAL_SETTLE);
	}
	if (err != ERR_OK) {
		*why = "a route is malformed, or there are more than planned";
		if (conf != &s->conf)
			(void)local_walk(s, conf, LOCAL_TAKE);
		return err;
	}
	rib_client_unstale(&routing->rib, routing->connected);
	rib_client_unstale(&routing->rib, routing->fixed);
	fib_publish(&s->fib[0]);
	return ERR_OK;
}
