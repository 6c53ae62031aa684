/* The grave: every packet that dies ends here, whether on the road, in a tick, or at transmit.
 *
 * The packet is turned back into what its sender made; then the rules decide about an ICMP error
 * or a TCP reset; then the flow that was made only for it is forgotten.                         */
#include "core/ip/tcp_mss.h"
#include "core/ip/tcp_reset.h"
#include "core/path/path.h"
#include "core/path/tell.h"
#include "core/wire/ip4.h"

/* The sender's form: POSTROUTING may have translated it. A packet that waited for ARP may have
 * outlived its flow; then nothing can be quoted truthfully.                                      */
static bool turn_back(const struct path *path, struct pkt *pkt)
{
	const struct flow *flow = path_flow(path, pkt);

	ip_mss_restore(pkt);
	if ((pkt->flags & PKT_TRANSLATED) == 0)
		return true;
	if (flow == NULL || flow->handle_gen != (u16)pkt->flow_gen ||
	    (flow->flags & FLOW_ENDED) != 0)
		return false;
	nat_rewrite_back(pkt, flow, path_dir(pkt));
	return true;
}

static u32 address_facts(const struct path *path, const struct pkt *pkt)
{
	const struct ip4_hdr *ip = (const void *)pkt_l3(pkt);
	u32 facts = 0, route;
	u8 there = path_lookup(path, pkt->zone, ip->dst, &route);

	if (fib_route_at(&path->fib[there], route)->type == FIB_BROADCAST)
		facts |= ICMP_DST_IS_BROADCAST;
	if (fib_type_of(&path->fib[pkt->zone], ip->src) == FIB_BROADCAST)
		facts |= ICMP_SRC_IS_BROADCAST;
	return facts;
}

/* The address that an error comes from: of the interface that the packet came in by (RFC 1812
 * section 4.3.2.4 as practised), the one nearest to its sender.                                  */
static bool error_source(const struct path *path, const struct pkt *pkt, be32 *source)
{
	const struct ip4_hdr *ip = (const void *)pkt_l3(pkt);

	return iface_source_for(path_iface(path, pkt->in_if), ip->src, source);
}

/* Outside hosts get a reset only where a rule asks for it or a service is offered to them, be it of
 * a flow that nobody knows any more: elsewhere silence (RFC 5382 REQ-4).                         */
static bool may_reset(const struct path *path, const struct pkt *pkt)
{
	struct tuple_key key;

	return path_from_inside(path, pkt) || pkt->drop == DROP_NAT_BACKEND_GONE ||
	       pkt->drop == DROP_FILTER_REJECTED ||
	       (ct_tuple_of(pkt, &key) &&
		balance_find(&path->nat->balance, &key.tuple, key.proto, false) != BALANCE_NONE);
}

static void bury_answer(struct path *path, struct pkt *pkt, ns_t now)
{
	u32 facts = address_facts(path, pkt);
	struct icmp_error_spec spec;
	enum icmp_refusal why = icmp_error_decide(pkt, facts, &spec);
	struct pkt *answer = NULL;
	be32 source;

	if (why == ICMP_REFUSED_TCP_RESET && facts == 0 && may_reset(path, pkt)) {
		answer = ip_tcp_reset(path->pool, pkt);
		path->stats.resets += answer != NULL;
	} else if (why == ICMP_SENT && error_source(path, pkt, &source)) {
		answer = icmp_error_make(path->icmp, pkt, &spec, source, now, &why);
	}
	if (path_is_traced(path))
		tell_answer(path, why, answer);
	if (answer == NULL)
		return;
	answer->zone = pkt->zone;
	path_output(path, answer, now);
}

/* Of a packet whose header tells nothing that could be answered. */
static void tell_unanswered(struct path *path, const struct pkt *pkt)
{
	struct icmp_error_spec spec;

	tell_answer(path, icmp_error_decide(pkt, 0, &spec), NULL);
}

static bool has_ip_header(const struct pkt *pkt)
{
	return pkt->l4 != 0;
}

void path_bury(struct path *path, struct pkt *pkt, ns_t now)
{
	struct flow *flow = path_flow(path, pkt);

	CHECK(pkt->drop != DROP_NONE);
	if (path_is_traced(path))
		tell_drop(path, pkt, now);
	if (pkt->in_if != IFACE_NONE && (pkt->flags & PKT_LOCAL_OUT) == 0 && has_ip_header(pkt) &&
	    turn_back(path, pkt))
		bury_answer(path, pkt, now);
	else if (path_is_traced(path) && !has_ip_header(pkt))
		tell_unanswered(path, pkt);
	if (UNLIKELY((pkt->flags & PKT_OF_SOCK) != 0))
		path_fault_sock(path, pkt, now);
	if (UNLIKELY((pkt->flags & PKT_OF_SPLICE) != 0))
		path_fault_splice(path, pkt, now);
	/* One that has a next hop was confirmed; it may have outlived its flow. */
	if (flow != NULL && pkt->nexthop == NEXTHOP_NONE &&
	    (flow->flags & (FLOW_CONFIRMED | FLOW_ENDED)) == 0) {
		ct_abandon(path->ct, pkt->flow >> 1);
		path_drain_ended(path, now);
	}
	pkt_put(pkt);
}

void path_release_ended(struct path *path, ns_t now)
{
	u32 idx;

	while ((idx = ct_ended_next(path->ct)) != IDX_NONE) {
		nat_release(path->nat, path->ct, idx, now);
		subscriber_release(path->subscribers, path->ct, idx);
		if (!splice_is_off(path->splice))
			splice_flow_ended(path->splice, idx, now);
		ct_free(path->ct);
	}
}
