/* OUTPUT: packets made here. They find their flow if they answer one (echo), and take no TTL. Those
 * of sockets begin one if there is none. Who leaves by an interface that its socket named does so
 * whatever routes say, groups and broadcasts among them.                                         */
#include "core/path/path.h"
#include "core/path/tell.h"
#include "core/wire/ip4.h"
#include "core/wire/tcp.h"

static bool is_for_group(const struct path *path, const struct pkt *pkt)
{
	be32 dst = ((const struct ip4_hdr *)(const void *)pkt_l3(pkt))->dst;

	return ip4_is_multicast(dst) || ip4_is_limited_broadcast(dst) ||
	       (pkt->out_if != IFACE_NONE &&
		iface_is_broadcast(path_iface(path, pkt->out_if), dst));
}

/* A RST ends what is not there. */
static bool is_reset(const struct pkt *pkt)
{
	return ((const struct ip4_hdr *)(const void *)pkt_l3(pkt))->proto == IP_PROTO_TCP &&
	       (((const struct tcp_hdr *)(const void *)pkt_l4(pkt))->flags & TCP_RST) != 0;
}

static verdict begin_flow(struct path *path, struct pkt *pkt, const struct tuple_key *key,
			  ns_t now)
{
	verdict v = path_begin_flow(path, pkt, key, false, now);

	if (!verdict_is_accept(v))
		return v;
	path_flow(path, pkt)->flags |= FLOW_LOCAL;
	ct_track(path->ct, pkt->flow >> 1, TUPLE_ORIG, pkt, ct_ms(now));
	return VERDICT_ACCEPT;
}

static verdict output_track(struct path *path, struct pkt *pkt, ns_t now)
{
	bool of_sock = (pkt->flags & PKT_OF_SOCK) != 0;
	struct tuple_key key;
	u32 ref;

	pkt->flow = IDX_NONE;
	if ((pkt->flags & PKT_ICMP_ERROR) != 0 || (of_sock && is_for_group(path, pkt)) ||
	    !ct_tuple_of(pkt, &key))
		return VERDICT_ACCEPT;
	ref = ct_find(path->ct, &key, now);
	path_drain_ended(path, now);
	if (ref != IDX_NONE && (path->ct->flow[ref >> 1].flags & FLOW_LOCAL) != 0) {
		if (of_sock && ct_reopens(path->ct, ref >> 1, ref & 1, pkt))
			ct_reopen(path->ct, ref >> 1);
		ct_track(path->ct, ref >> 1, ref & 1, pkt, ct_ms(now));
		pkt->flow = ref;
		return VERDICT_ACCEPT;
	}
	return of_sock && ref == IDX_NONE && !is_reset(pkt) ? begin_flow(path, pkt, &key, now) :
							      VERDICT_ACCEPT;
}

/* By the interface that the socket named: through its gateway, if the route leads there. */
static void route_by(struct path *path, struct pkt *pkt, u16 out_if, be32 *gateway)
{
	be32 dst = ((const struct ip4_hdr *)(const void *)pkt_l3(pkt))->dst;
	const struct fib_path *way;
	const struct fib *fib = &path->fib[pkt->zone];
	u32 route = fib_lookup(fib, dst);

	*gateway = dst;
	pkt->out_if = out_if;
	if (fib_route_at(fib, route)->type != FIB_UNICAST)
		return;
	way = path_pick(path, fib, route, be32_of(0), dst);
	if (way->out_if == out_if && way->gateway.raw != 0)
		*gateway = way->gateway;
}

static verdict output_route(struct path *path, struct pkt *pkt, enum fib_type *type,
			    be32 *gateway)
{
	u16 out_if = (pkt->flags & PKT_OF_SOCK) != 0 ? pkt->out_if : IFACE_NONE;

	if (out_if == IFACE_NONE)
		return path_route(path, pkt, type, gateway);
	*type = FIB_UNICAST;
	route_by(path, pkt, out_if, gateway);
	return VERDICT_ACCEPT;
}

/* The way out, or round: to one of our own addresses. */
static verdict output_leave(struct path *path, struct pkt *pkt, enum fib_type type, be32 gateway,
			    ns_t now)
{
	verdict v = path_filter(path, pkt, FILTER_OUTPUT, now);

	if (verdict_is_accept(v) && type == FIB_LOCAL)
		return path_turn_round(path, pkt, now);
	if (verdict_is_accept(v))
		v = path_postrouting(path, pkt, now);
	if (verdict_is_accept(v))
		v = path_transmit(path, pkt, gateway, now);
	return v;
}

void path_output(struct path *path, struct pkt *pkt, ns_t now)
{
	enum fib_type type;
	be32 gateway;
	verdict v;

	pkt->flags |= PKT_LOCAL_OUT;
	if (path_is_traced(path))
		tell_output(path, pkt);
	path->stats.of_sock += (pkt->flags & PKT_OF_SOCK) != 0;
	v = output_track(path, pkt, now);
	if (verdict_is_accept(v))
		v = output_route(path, pkt, &type, &gateway);
	if (verdict_is_accept(v) && type != FIB_UNICAST &&
	    (type != FIB_LOCAL || sock_is_off(path->socks)))
		v = pkt_drop(path->drops, pkt, DROP_NO_ROUTE);
	if (verdict_is_accept(v))
		v = output_leave(path, pkt, type, gateway, now);
	if (verdict_is_dead(v))
		path_bury(path, pkt, now);
}
