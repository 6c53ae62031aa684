/* POSTROUTING: as whom the packet leaves. The second record point: here, and nowhere else on the
 * way through, does a new flow enter the table.                                                 */
#include "core/path/path.h"
#include "core/path/tell.h"

static verdict postrouting_new(struct path *path, struct pkt *pkt, ns_t now)
{
	u32 idx = pkt->flow >> 1;
	struct nat_way way = {
		.out_if = pkt->out_if,
		.to_outside = path_iface(path, pkt->out_if)->conf.side == IFACE_OUTSIDE,
		.from_inside = path_from_inside(path, pkt),
		.now = now,
	};
	verdict v;

	/* Here it is known where its answers will come in. */
	path->ct->flow[idx].zone[TUPLE_REPLY] = path_iface(path, pkt->out_if)->conf.zone;
	v = nat_src(path->nat, path->ct, path->drops, pkt, idx, &way);

	path_drain_ended(path, now);
	if (!verdict_is_accept(v))
		return v;
	if (ct_confirm(path->ct, idx, now) != ERR_OK) {
		path->ct->stats.refused++;
		return pkt_drop(path->drops, pkt, DROP_CT_FULL);
	}
	if (path_is_traced(path))
		tell_source(path, pkt);
	return VERDICT_ACCEPT;
}

static verdict postrouting_leave(struct path *path, struct pkt *pkt, ns_t now)
{
	struct flow *flow = path_flow(path, pkt);

	if (flow == NULL)
		return VERDICT_ACCEPT;
	if ((pkt->flags & PKT_ICMP_ERROR) != 0) {
		path->stats.related++;
		nat_rewrite_error(path->nat, pkt, flow, path_dir(pkt));
		return VERDICT_ACCEPT;
	}
	if ((flow->flags & FLOW_CONFIRMED) == 0) {
		verdict v = postrouting_new(path, pkt, now);

		if (!verdict_is_accept(v))
			return v;
	}
	nat_rewrite(pkt, flow, path_dir(pkt));
	return VERDICT_ACCEPT;
}

verdict path_postrouting(struct path *path, struct pkt *pkt, ns_t now)
{
	verdict v = postrouting_leave(path, pkt, now);

	if (path_is_traced(path) && verdict_is_accept(v))
		tell_leaves(path, pkt);
	return v;
}
