/* The routing decision, by the destination that the packet's flow says, or its own. */
#include "core/path/path.h"
#include "core/path/tell.h"
#include "core/wire/ip4.h"

be32 path_dst(const struct path *path, const struct pkt *pkt)
{
	const struct ip4_hdr *ip = (const void *)pkt_l3(pkt);
	const struct flow *flow = path_flow(path, pkt);

	if (flow == NULL)
		return ip->dst;
	/* An error travels to whoever sent the packet that it quotes. */
	if ((pkt->flags & PKT_ICMP_ERROR) != 0)
		return flow_tuple(flow, !path_dir(pkt))->src;
	return flow_tuple_out(flow, path_dir(pkt)).dst;
}

u8 path_lookup(const struct path *path, u8 zone, be32 dst, u32 *route)
{
	*route = fib_lookup(&path->fib[zone], dst);
	if (LIKELY(zone == 0) || *route != FIB_ROUTE_NONE)
		return zone;
	*route = fib_lookup(&path->fib[0], dst);
	return 0;
}

const struct fib_path *path_pick(const struct path *path, const struct fib *fib, u32 route,
				 be32 src, be32 dst)
{
	const struct fib_route *only = fib_route_at(fib, route);

	if (LIKELY(only->path_count == 1))
		return &only->path[0];
	return fib_pick(fib, route, (u32)hash_words(&path->key, dst.raw, src.raw));
}

bool path_leaves_translated(const struct path *path, const struct pkt *pkt)
{
	const u16 wanted = FLOW_CONFIRMED | FLOW_TRANSLATED;
	const struct flow *flow = path_flow(path, pkt);

	return flow != NULL && (flow->flags & (wanted | FLOW_HAIRPIN)) == wanted &&
	       path_dir(pkt) == TUPLE_ORIG && path_from_inside(path, pkt);
}

/* One of those by the interface whose address the flow has; NULL: there is none. */
static const struct fib_path *path_of_flow(const struct path *path, const struct flow *flow,
					   const struct fib_route *route, u32 hash)
{
	const struct fib_path *own[FIB_PATHS_MAX];
	u32 count = 0;

	for (u32 at = 0; at < route->path_count; at++) {
		if (nat_is_of_way(path->nat, flow, route->path[at].out_if))
			own[count++] = &route->path[at];
	}
	return count == 0 ? NULL : own[hash_range((u64)hash << 32, count)];
}

/* When a path comes, some slots are its from then on; a connection that lives on another one's
 * address would end for that.                                                                    */
static NOINLINE const struct fib_path *pick_of_many(const struct path *path, const struct pkt *pkt,
						    const struct fib *fib, u32 route, be32 dst)
{
	const struct ip4_hdr *ip = (const void *)pkt_l3(pkt);
	const struct fib_path *way = path_pick(path, fib, route, ip->src, dst);
	const struct flow *flow = path_flow(path, pkt);
	const struct fib_path *own;

	if (!nat_has_ways(path->nat) || !path_leaves_translated(path, pkt) ||
	    !nat_is_stranded(path->nat, flow, way->out_if))
		return way;
	own = path_of_flow(path, flow, fib_route_at(fib, route),
			   (u32)hash_words(&path->key, dst.raw, ip->src.raw));
	return own == NULL ? way : own;
}

const struct fib_path *path_pick_kept(const struct path *path, const struct pkt *pkt,
				      const struct fib *fib, u32 route, be32 dst)
{
	const struct fib_route *only = fib_route_at(fib, route);

	if (LIKELY(only->path_count == 1))
		return &only->path[0];
	return pick_of_many(path, pkt, fib, route, dst);
}

static u8 zone_to(const struct path *path, const struct pkt *pkt)
{
	const struct flow *flow = path_flow(path, pkt);

	/* Where a packet goes is where those of the other direction arrive. */
	return flow == NULL ? pkt->zone : flow->zone[!path_dir(pkt)];
}

static bool is_hairpin(const struct path *path, const struct pkt *pkt)
{
	const struct flow *flow = path_flow(path, pkt);

	return flow != NULL && (flow->flags & FLOW_HAIRPIN) != 0;
}

/* Who begins a flow may leave his zone for the common one. What belongs to a flow, is made here, or
 * asked for a public address, goes where that is: without a route it must not appear outside.    */
static bool may_leave_zone(const struct path *path, const struct pkt *pkt, u8 zone)
{
	const struct flow *flow = path_flow(path, pkt);

	return zone == pkt->zone && (pkt->flags & PKT_LOCAL_OUT) == 0 && !is_hairpin(path, pkt) &&
	       (flow == NULL || (flow->flags & FLOW_CONFIRMED) == 0);
}

u8 path_route_find(const struct path *path, const struct pkt *pkt, be32 dst, u32 *idx)
{
	u8 zone = zone_to(path, pkt);

	if (zone == 0 || may_leave_zone(path, pkt, zone))
		return path_lookup(path, zone, dst, idx);
	*idx = fib_lookup(&path->fib[zone], dst);
	return zone;
}

/* Between two zones, and whether it may: inside networks meet by public addresses only. */
static NOINLINE verdict check_border(struct path *path, struct pkt *pkt, u16 out_if)
{
	if (path_from_inside(path, pkt) &&
	    path_iface(path, out_if)->conf.side == IFACE_INSIDE && !is_hairpin(path, pkt))
		return pkt_drop(path->drops, pkt, DROP_ROUTE_ZONE);
	return VERDICT_ACCEPT;
}

static verdict route_to(struct path *path, struct pkt *pkt, be32 dst, enum fib_type *type,
			be32 *gateway)
{
	u32 idx;
	u8 zone = path_route_find(path, pkt, dst, &idx);
	const struct fib *fib = &path->fib[zone];
	const struct fib_route *route = fib_route_at(fib, idx);
	const struct fib_path *way;
	verdict v = VERDICT_ACCEPT;

	*type = route->type;
	*gateway = dst;
	/* A public address without a mapping: routed on, it would come back (a pool announced to
	 * the provider loops). Silence, RFC 5382 REQ-4.                                          */
	if (route->type != FIB_LOCAL && zone == 0 && nat_owns(path->nat, dst))
		return pkt_drop(path->drops, pkt, DROP_NAT_UNSOLICITED);
	switch (route->type) {
	case FIB_UNICAST:
		way = path_pick_kept(path, pkt, fib, idx, dst);
		if (UNLIKELY(zone != pkt->zone))
			v = check_border(path, pkt, way->out_if);
		if (!verdict_is_accept(v))
			return v;
		pkt->out_if = way->out_if;
		if (way->gateway.raw != 0)
			*gateway = way->gateway;
		return VERDICT_ACCEPT;
	case FIB_LOCAL:
	case FIB_BROADCAST:
	case FIB_MULTICAST:
		return VERDICT_ACCEPT;
	case FIB_BLACKHOLE:
		return pkt_drop(path->drops, pkt, DROP_ROUTE_BLACKHOLE);
	case FIB_PROHIBIT:
		return pkt_drop(path->drops, pkt, DROP_ROUTE_PROHIBITED);
	default:
		return pkt_drop(path->drops, pkt, DROP_NO_ROUTE);
	}
}

verdict path_route(struct path *path, struct pkt *pkt, enum fib_type *type, be32 *gateway)
{
	be32 dst = path_dst(path, pkt);
	verdict v = route_to(path, pkt, dst, type, gateway);

	if (path_is_traced(path))
		tell_route(path, pkt, dst, *type, *gateway);
	return v;
}
