/* OUTPUT: packets made here. They find their flow if they answer one (echo), and take no TTL. */
#include "core/path/path.h"
#include "core/path/tell.h"
#include "core/wire/ip4.h"

static void output_track(struct path *path, struct pkt *pkt, ns_t now)
{
	struct tuple_key key;
	u32 ref;

	pkt->flow = IDX_NONE;
	if ((pkt->flags & PKT_ICMP_ERROR) != 0 || !ct_tuple_of(pkt, &key))
		return;
	ref = ct_find(path->ct, &key, now);
	path_drain_ended(path, now);
	if (ref != IDX_NONE && (path->ct->flow[ref >> 1].flags & FLOW_LOCAL) != 0) {
		ct_track(path->ct, ref >> 1, ref & 1, pkt, ct_ms(now));
		pkt->flow = ref;
	}
}

void path_output(struct path *path, struct pkt *pkt, ns_t now)
{
	enum fib_type type;
	be32 gateway;
	verdict v;

	pkt->flags |= PKT_LOCAL_OUT;
	if (path_is_traced(path))
		tell_output(path, pkt);
	output_track(path, pkt, now);
	v = path_route(path, pkt, &type, &gateway);
	if (verdict_is_accept(v) && type != FIB_UNICAST)
		v = pkt_drop(path->drops, pkt, DROP_NO_ROUTE);
	if (verdict_is_accept(v))
		v = path_filter(path, pkt, FILTER_OUTPUT, now);
	if (verdict_is_accept(v))
		v = path_postrouting(path, pkt, now);
	if (verdict_is_accept(v))
		v = path_transmit(path, pkt, gateway, now);
	if (verdict_is_dead(v))
		path_bury(path, pkt, now);
}
