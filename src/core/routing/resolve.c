/* What next hops resolve to: which way a gateway is reached.
 *
 * A gateway that comes with its interface is there. One without is looked up among the routes that
 * gateways are found by: of the longest net the path of lowest distance, source and metric. Where
 * that one's gateways have no interface either, they are looked up in turn, at most RIB_STEPS_MAX
 * sets deep. One that leads back to a set on the way is passed over, and so is one that leads
 * nowhere: what is next in order is tried (RFC 4271 section 9.1.2.1: the longest that is resolvable
 * and not resolved through this one).
 *
 * What is found follows from what is offered alone, not from what was found before, so that nothing
 * can swing and no order of events matters. One search has at most RIB_TRIES_MAX routes.         */
#include "core/routing/rib_part.h"

enum { WEIGHT_MAX = UINT16_MAX };

/* A set on the way. */
struct look {
	const struct rib_hops *set;
	u32 hop;                       /* that is looked for */
	u32 len;                       /* of the nets that it is looked for in */
	const struct rib_route *tried; /* of that net, the last one; NULL */
	u32 cost;                      /* up to here */
	u32 weight;
	bool reached;
};

struct search {
	const struct rib *rib;
	struct fib_route route; /* the ways that were found */
	u32 lowest;             /* cost */
	u32 tries;
	bool looped;
	u32 depth;
	struct look look[RIB_STEPS_MAX];
};

/* ---- routes that gateways are found by ------------------------------------------------------- */

bool rib_route_finds(const struct rib *rib, const struct rib_route *route)
{
	if ((route->bits & ROUTE_HIDDEN) != 0 || route->distance == RIB_DISTANCE_UNREACHABLE ||
	    rib_route_is_dead(rib, route))
		return false;
	return route->hops == RIB_NONE || rib->hops[route->hops].direct ||
	       rib->chooser[rib->client[route->client].source].choose == NULL;
}

static s32 order(u64 a, u64 b)
{
	return a == b ? 0 : a < b ? -1 : 1;
}

static s32 hops_order(const struct rib *rib, u32 a, u32 b)
{
	s32 found = 0;

	if (a == b)
		return 0;
	if (a == RIB_NONE || b == RIB_NONE)
		return a == RIB_NONE ? -1 : 1;
	for (u32 at = 0; at < RIB_HOPS_MAX && found == 0; at++)
		found = order(rib_gateway_rank(&rib->hops[a].hop[at]),
			      rib_gateway_rank(&rib->hops[b].hop[at]));
	return found;
}

/* Of two paths of a net; zero: there is no difference to a gateway. */
static s32 route_order(const struct rib *rib, const struct rib_route *a, const struct rib_route *b)
{
	s32 found = order(rib_route_rank(rib, a), rib_route_rank(rib, b));

	if (found == 0)
		found = order(a->metric, b->metric);
	return found != 0 ? found : hops_order(rib, a->hops, b->hops);
}

/* The first of those behind one of them; NULL: of all. NULL: there is none. */
static const struct rib_route *next_of_net(const struct rib *rib, u32 net,
					   const struct rib_route *behind)
{
	const struct rib_route *found = NULL;
	u32 at = rib->net[net].route;

	for (u32 steps = 0; at != IDX_NONE; steps++) {
		const struct rib_route *route = &rib->route[at];

		CHECK(steps < RIB_NET_PATHS_MAX);
		at = route->next;
		if (!rib_route_finds(rib, route) ||
		    (behind != NULL && route_order(rib, route, behind) <= 0))
			continue;
		if (found == NULL || route_order(rib, route, found) < 0)
			found = route;
	}
	return found;
}

/* In nets of this length and shorter ones, behind one of this length. NULL: no more. */
static const struct rib_route *next_route(const struct rib *rib, u32 addr, u32 *len,
					  const struct rib_route *behind)
{
	for (;; --*len, behind = NULL) {
		const struct rib_route *found = NULL;
		u32 net = IDX_NONE;

		if ((rib->resolver_lengths >> *len & 1) != 0)
			net = rib_net_find(rib, addr & ip4_mask(*len), *len);
		if (net != IDX_NONE && (rib->net[net].flags & NET_RESOLVER) != 0)
			found = next_of_net(rib, net, behind);
		if (found != NULL || *len == 0)
			return found;
	}
}

const struct rib_route *rib_resolver_find(const struct rib *rib, u32 addr)
{
	u32 len = RIB_LENGTHS - 1;

	return next_route(rib, addr, &len, NULL);
}

/* ---- the search ------------------------------------------------------------------------------ */

static bool is_on_link(const struct rib_hops *hops)
{
	return hops->count == 1 && hops->hop[0].addr == 0;
}

static u32 weight_of(u32 a, u32 b)
{
	return u32_min(a * b, WEIGHT_MAX);
}

static u32 cost_of(u32 a, u32 b)
{
	return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}

/* Two ways that turn out to be the same are one of their weight. Those that find no place are left
 * out.                                                                                           */
static void way_add(struct fib_route *route, u32 addr, u16 iface, u32 weight)
{
	struct fib_path *path;

	for (u32 i = 0; i < route->path_count; i++) {
		path = &route->path[i];
		if (be32_host(path->gateway) != addr || path->out_if != iface)
			continue;
		path->weight = (u16)u32_min(path->weight + weight, WEIGHT_MAX);
		return;
	}
	if (route->path_count == FIB_PATHS_MAX)
		return;
	route->path[route->path_count++] = (struct fib_path){
		.gateway = be32_of(addr),
		.out_if = iface,
		.weight = (u16)weight,
	};
}

static void look_begin(struct look *look, u32 hop)
{
	look->hop = hop;
	look->len = RIB_LENGTHS - 1;
	look->tried = NULL;
}

static void search_push(struct search *s, const struct rib_hops *set, u32 weight, u32 cost)
{
	struct look *look = &s->look[s->depth++];

	*look = (struct look){ .set = set, .weight = weight, .cost = cost };
	look_begin(look, 0);
}

static void hop_reached(struct search *s, struct look *look, u32 cost)
{
	s->lowest = u32_min(s->lowest, cost);
	look->reached = true;
	look_begin(look, look->hop + 1);
}

static bool is_on_the_way(const struct search *s, const struct rib_hops *set)
{
	for (u32 at = 0; at < s->depth; at++) {
		const struct rib_hops *on = s->look[at].set;

		if (on->count == set->count && memcmp(on->hop, set->hop, sizeof on->hop) == 0)
			return true;
	}
	return false;
}

/* A gateway without an interface, and the next route that may lead there. */
static void search_by(struct search *s, struct look *look, const struct rib_gateway *hop,
		      const struct rib_route *by)
{
	const struct rib_hops *set = &s->rib->hops[by->hops];
	u32 weight = weight_of(look->weight, hop->weight);
	u32 cost = cost_of(look->cost, is_on_link(set) ? 0 : by->metric);

	look->tried = by;
	if (set->direct) {
		for (u32 at = 0; at < set->count; at++)
			way_add(&s->route, set->hop[at].addr != 0 ? set->hop[at].addr : hop->addr,
				set->hop[at].iface, weight_of(weight, set->hop[at].weight));
		hop_reached(s, look, cost);
	} else if (is_on_the_way(s, set)) {
		s->looped = true;
	} else if (s->depth == RIB_STEPS_MAX) {
		/* A shorter route is not where the packets of this one's own go. */
		look_begin(look, look->hop + 1);
	} else {
		search_push(s, set, weight, cost);
	}
}

static void search_step(struct search *s)
{
	struct look *look = &s->look[s->depth - 1];
	const struct rib_gateway *hop = &look->set->hop[look->hop];
	const struct rib_route *by = NULL;

	if (look->hop == look->set->count) {
		bool reached = look->reached;

		s->depth--;
		/* If not, the one before tries its next route. */
		if (s->depth > 0 && reached)
			hop_reached(s, &s->look[s->depth - 1], s->lowest);
		return;
	}
	if (hop->iface != IFACE_NONE) {
		way_add(&s->route, hop->addr, hop->iface, weight_of(look->weight, hop->weight));
		hop_reached(s, look, look->cost);
		return;
	}
	if (s->tries > 0) {
		s->tries--;
		by = next_route(s->rib, hop->addr, &look->len, look->tried);
	}
	/* An own address, or what goes nowhere, is no way either. */
	if (by == NULL || rib_route_type(by) != FIB_UNICAST)
		look_begin(look, look->hop + 1);
	else
		search_by(s, look, hop, by);
}

static void search(struct search *s, const struct rib *rib, const struct rib_hops *set)
{
	*s = (struct search){ .rib = rib, .lowest = UINT32_MAX, .tries = RIB_TRIES_MAX };
	s->route.type = FIB_UNICAST;
	search_push(s, set, 1, 0);
	while (s->depth > 0)
		search_step(s);
}

/* ---- sets ------------------------------------------------------------------------------------ */

/* FIB_ROUTE_NONE: the table of the forwarding table's next hops is full. */
static u32 route_get(struct fib *fib, const struct fib_route *route)
{
	enum err err;
	u32 idx;

	err = fib_route_get(fib, route, &idx);
	if (err == ERR_MEMORY) {
		fib_publish(fib);
		err = fib_route_get(fib, route, &idx);
	}
	CHECK(err != ERR_RANGE);
	return err == ERR_OK ? idx : FIB_ROUTE_NONE;
}

u32 rib_hops_resolve(struct rib *rib, u32 idx)
{
	struct rib_hops *hops = &rib->hops[idx];
	struct rib_hops old = *hops;
	struct search s;

	search(&s, rib, hops);
	hops->reachable = s.route.path_count > 0;
	hops->looped = s.looped;
	hops->cost = hops->reachable ? s.lowest : 0;
	hops->fib_route = FIB_ROUTE_NONE;
	if (hops->reachable)
		hops->fib_route = route_get(rib->fib, &s.route);
	if (old.fib_route != FIB_ROUTE_NONE)
		fib_route_put(rib->fib, old.fib_route);
	if (hops->reachable != old.reachable || hops->cost != old.cost ||
	    hops->fib_route != old.fib_route)
		hops->changed_round = rib_round_want(rib);
	return u32_max(RIB_TRIES_MAX - s.tries, 1);
}

/* Each set is looked at once more, from where the last look ended: none waits for ever. */
void rib_resolve_again(struct rib *rib)
{
	rib->resolve_left = rib->hops_top;
}

void rib_resolve_step(struct rib *rib)
{
	for (u32 done = 0; done < RIB_STEP_HOPS && rib->resolve_left > 0;) {
		const struct rib_hops *hops;
		u32 tries = 1;

		if (rib->resolve_at >= rib->hops_top)
			rib->resolve_at = 0;
		hops = &rib->hops[rib->resolve_at];
		/* Without room for its ways before, a direct one may find some now. */
		if (hops->refs > 0 && (!hops->direct || hops->fib_route == FIB_ROUTE_NONE))
			tries = rib_hops_resolve(rib, rib->resolve_at);
		done += tries;
		rib->resolve_at++;
		rib->resolve_left--;
	}
}

struct rib_way rib_resolve(const struct rib *rib, const struct ip_addr *addr)
{
	struct rib_hops set = { .count = 1 };
	struct search s;

	if (rib_is_off(rib) || addr->family != FAMILY_IP4)
		return (struct rib_way){ .reachable = false };
	set.hop[0] = (struct rib_gateway){ be32_host(addr->word[0]), IFACE_NONE, 1 };
	search(&s, rib, &set);
	if (s.route.path_count == 0)
		return (struct rib_way){ .reachable = false };
	return (struct rib_way){ true, s.lowest };
}
