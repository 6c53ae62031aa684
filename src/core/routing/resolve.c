/* What next hops resolve to: which way a gateway is reached.
 *
 * A gateway that comes with its interface is there. One without is looked up among the resolvers:
 * of each net the path of lowest distance, source and metric among those whose hops all name an
 * interface, or that have none to name. So what is found depends on no other look-up (RFC 4271
 * section 5.1.3 asks for one step of recursion).                                                 */
#include "core/routing/rib_part.h"

enum { WEIGHT_MAX = UINT16_MAX };

static const struct rib_route *resolver_of(const struct rib *rib, u32 net)
{
	u32 at = rib->net[net].route;

	for (u32 steps = 0; at != IDX_NONE; steps++) {
		CHECK(steps < RIB_NET_PATHS_MAX);
		if (rib->route[at].resolver)
			return &rib->route[at];
		at = rib->route[at].next;
	}
	/* It went, and its net was not chosen since. */
	return NULL;
}

const struct rib_route *rib_resolver_find(const struct rib *rib, u32 addr)
{
	for (u32 len = RIB_LENGTHS; len-- > 0;) {
		u32 net;

		if ((rib->resolver_lengths >> len & 1) == 0)
			continue;
		net = rib_net_find(rib, addr & ip4_mask(len), len);
		if (net != IDX_NONE && (rib->net[net].flags & NET_RESOLVER) != 0)
			return resolver_of(rib, net);
	}
	return NULL;
}

static bool is_on_link(const struct rib_hops *hops)
{
	return hops->count == 1 && hops->hop[0].addr == 0;
}

/* The hops that an address is reached by; NULL: none, it is our own, or a route that goes nowhere
 * has it.                                                                                        */
static const struct rib_hops *hops_towards(const struct rib *rib, u32 addr, u32 *cost)
{
	const struct rib_route *by = rib_resolver_find(rib, addr);

	if (by == NULL || rib_route_type(by) != FIB_UNICAST)
		return NULL;
	/* It was offered with other hops, and its net was not chosen since: soon it is none. */
	if (!rib->hops[by->hops].direct)
		return NULL;
	*cost = is_on_link(&rib->hops[by->hops]) ? 0 : by->metric;
	return &rib->hops[by->hops];
}

/* Two ways that turn out to be the same are one of their weight. Those that find no place are left
 * out.                                                                                           */
static void way_add(struct fib_route *route, u32 addr, u16 iface, u32 weight)
{
	struct fib_path *path;

	weight = u32_min(weight, WEIGHT_MAX);
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

/* The ways out, and the lowest cost of a gateway. */
static u32 ways_find(const struct rib *rib, const struct rib_hops *hops, struct fib_route *route)
{
	u32 lowest = UINT32_MAX;

	for (u32 i = 0; i < hops->count; i++) {
		const struct rib_gateway *hop = &hops->hop[i];
		const struct rib_hops *by;
		u32 cost;

		if (hop->iface != IFACE_NONE) {
			way_add(route, hop->addr, hop->iface, hop->weight);
			lowest = 0;
			continue;
		}
		by = hops_towards(rib, hop->addr, &cost);
		if (by == NULL)
			continue;
		lowest = u32_min(lowest, cost);
		for (u32 j = 0; j < by->count; j++)
			way_add(route, by->hop[j].addr != 0 ? by->hop[j].addr : hop->addr,
				by->hop[j].iface, (u32)hop->weight * by->hop[j].weight);
	}
	return lowest;
}

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

void rib_hops_resolve(struct rib *rib, u32 idx)
{
	struct rib_hops *hops = &rib->hops[idx];
	struct rib_hops old = *hops;
	struct fib_route route = { .type = FIB_UNICAST };
	u32 cost = ways_find(rib, hops, &route);

	hops->reachable = route.path_count > 0;
	hops->cost = hops->reachable ? cost : 0;
	hops->fib_route = FIB_ROUTE_NONE;
	if (hops->reachable)
		hops->fib_route = route_get(rib->fib, &route);
	if (old.fib_route != FIB_ROUTE_NONE)
		fib_route_put(rib->fib, old.fib_route);
	if (hops->reachable != old.reachable || hops->cost != old.cost ||
	    hops->fib_route != old.fib_route)
		hops->changed_round = rib_round_want(rib);
}

/* Each set is looked at once more, from where the last look ended: none waits for ever. */
void rib_resolve_again(struct rib *rib)
{
	rib->resolve_left = rib->hops_top;
}

void rib_resolve_step(struct rib *rib)
{
	for (u32 done = 0; done < RIB_STEP_HOPS && rib->resolve_left > 0; done++) {
		const struct rib_hops *hops;

		if (rib->resolve_at >= rib->hops_top)
			rib->resolve_at = 0;
		hops = &rib->hops[rib->resolve_at];
		/* Without room for its ways before, a direct one may find some now. */
		if (hops->refs > 0 && (!hops->direct || hops->fib_route == FIB_ROUTE_NONE))
			rib_hops_resolve(rib, rib->resolve_at);
		rib->resolve_at++;
		rib->resolve_left--;
	}
}

struct rib_way rib_resolve(const struct rib *rib, const struct ip_addr *addr)
{
	u32 cost = 0;

	if (rib_is_off(rib) || addr->family != FAMILY_IP4 ||
	    hops_towards(rib, be32_host(addr->word[0]), &cost) == NULL)
		return (struct rib_way){ .reachable = false };
	return (struct rib_way){ true, cost };
}
