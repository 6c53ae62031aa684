/* POSTROUTING: as whom the packet leaves. The second record point: here, and nowhere else on the
 * way through, does a new flow enter the table.                                                 */
#include "core/path/path.h"
#include "core/path/tell.h"
#include "core/wire/ip4.h"

/* Who goes to another zone untranslated must not pass there for the gateway, or for all. */
static inline verdict check_source_beyond(struct path *path, struct pkt *pkt, bool translated)
{
	u8 zone;

	if (translated)
		return VERDICT_ACCEPT;
	zone = path_iface(path, pkt->out_if)->conf.zone;
	return zone == pkt->zone ? VERDICT_ACCEPT : path_check_source(path, pkt, zone);
}

static verdict postrouting_error(struct path *path, struct pkt *pkt, const struct flow *flow)
{
	const struct ip4_hdr *ip = (const void *)pkt_l3(pkt);
	be32 src = ip->src;
	verdict v;

	nat_rewrite_error(path->nat, pkt, flow, path_dir(pkt));
	v = check_source_beyond(path, pkt, !be32_eq(ip->src, src));
	path->stats.related += verdict_is_accept(v);
	return v;
}

verdict path_confirm_flow(struct path *path, struct pkt *pkt, ns_t now)
{
	u32 idx = pkt->flow >> 1;
	struct flow *flow = &path->ct->flow[idx];
	struct nat_way way = {
		.out_if = pkt->out_if,
		.to_outside = path_iface(path, pkt->out_if)->conf.side == IFACE_OUTSIDE,
		.from_inside = path_from_inside(path, pkt),
		.now = now,
	};
	verdict v;

	/* Here it is known where its answers will come in. */
	flow->zone[TUPLE_REPLY] = path_iface(path, pkt->out_if)->conf.zone;
	v = nat_src(path->nat, path->ct, path->drops, pkt, idx, &way);

	path_drain_ended(path, now);
	if (verdict_is_accept(v))
		v = check_source_beyond(path, pkt, !be32_eq(flow->repl.dst, flow->orig.src));
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
	if ((pkt->flags & PKT_ICMP_ERROR) != 0)
		return postrouting_error(path, pkt, flow);
	if ((flow->flags & FLOW_CONFIRMED) == 0) {
		verdict v = path_confirm_flow(path, pkt, now);

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
