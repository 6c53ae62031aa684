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

static verdict route_to(struct path *path, struct pkt *pkt, be32 dst, enum fib_type *type,
			be32 *gateway)
{
	u32 idx = fib_lookup(path->fib, dst);
	const struct fib_route *route = fib_route_at(path->fib, idx);
	const struct fib_path *way;

	*type = route->type;
	*gateway = dst;
	/* A public address without a mapping: routed on, it would come back (a pool announced to
	 * the provider loops). Silence, RFC 5382 REQ-4.                                          */
	if (route->type != FIB_LOCAL && nat_owns(path->nat, dst))
		return pkt_drop(path->drops, pkt, DROP_NAT_UNSOLICITED);
	switch (route->type) {
	case FIB_UNICAST:
		way = fib_pick(path->fib, idx,
			       (u32)hash_words(&path->key, dst.raw,
					       ((const struct ip4_hdr *)(void *)pkt_l3(pkt))
						       ->src.raw));
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
