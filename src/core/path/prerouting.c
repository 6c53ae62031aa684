/* PREROUTING: from a valid IP header to a packet that belongs to a flow. */
#include "core/ip/ip.h"
#include "core/ip/tcp_reset.h"
#include "core/path/path.h"
#include "core/path/tell.h"
#include "core/pkt/segment.h"
#include "core/wire/icmp.h"
#include "core/wire/ip4.h"
#include "core/wire/tcp.h"

static bool icmp_error_packet(const struct pkt *pkt)
{
	const struct ip4_hdr *ip = (const void *)pkt_l3(pkt);

	return ip->proto == IP_PROTO_ICMP &&
	       icmp_is_error(((const struct icmp_hdr *)(const void *)pkt_l4(pkt))->type);
}

static bool is_redirect(const struct pkt *pkt)
{
	return ((const struct icmp_hdr *)(const void *)pkt_l4(pkt))->type == ICMP_REDIRECT;
}

/* An ICMP error: RELATED to the flow that its quotation belongs to. It neither refreshes nor ends
 * that flow (RFC 5508 REQ-6). About nothing known: only the host itself may want it.             */
static verdict prerouting_error(struct path *path, struct pkt *pkt, ns_t now)
{
	const struct ip4_hdr *ip = (const void *)pkt_l3(pkt);
	const struct ip4_hdr *quoted = (const void *)(pkt_l4(pkt) + ICMP_HLEN);

	pkt->flags |= PKT_ICMP_ERROR;
	pkt->flow = nat_related(path->ct, pkt);
	if (pkt->flow != IDX_NONE && ct_is_expired(path->ct, pkt->flow >> 1, now))
		pkt->flow = IDX_NONE;
	/* RFC 5508 section 7.3: it would show routers of the inside. No such packet passed here. */
	if (pkt->flow != IDX_NONE && ip_has_source_route(quoted))
		return pkt_drop(path->drops, pkt, DROP_IP_SOURCE_ROUTE);
	/* RFC 5508 REQ-10 (b) leaves it to us: behind a translation nobody can reach that gateway,
	 * and who believed it would leave the way that his translation is on.                    */
	if (is_redirect(pkt) && pkt->flow != IDX_NONE &&
	    (path_flow(path, pkt)->flags & FLOW_TRANSLATED) != 0)
		return pkt_drop(path->drops, pkt, DROP_ICMP_REDIRECT);
	if (pkt->flow != IDX_NONE || path_find_addr(path, pkt->zone, ip->dst, &(u16){ 0 }))
		return VERDICT_ACCEPT;
	return pkt_drop(path->drops, pkt, DROP_CT_RELATED);
}

/* What a zone has a route of its own to is there, whosever address it is elsewhere. */
static bool sees_public(const struct path *path, const struct pkt *pkt, be32 dst)
{
	u32 route;

	return LIKELY(pkt->zone == 0) || path_lookup(path, pkt->zone, dst, &route) == 0;
}

verdict path_begin_flow(struct path *path, struct pkt *pkt, const struct tuple_key *key,
			bool from_inside, ns_t now)
{
	verdict v = VERDICT_ACCEPT;
	u32 holder = IDX_NONE;
	u32 idx;

	if (from_inside)
		v = subscriber_admit(path->subscribers, path->drops, pkt, key->tuple.src, now,
				     &holder);
	if (!verdict_is_accept(v))
		return v;
	if (!ct_has_room(path->ct)) {
		(void)ct_make_room(path->ct, now);
		path_drain_ended(path, now);
	}
	if (!ct_has_room(path->ct)) {
		path->ct->stats.refused++;
		return pkt_drop(path->drops, pkt, DROP_CT_FULL);
	}
	idx = ct_new(path->ct, key, now);
	pkt->flow = idx << 1 | TUPLE_ORIG;
	subscriber_hold(path->subscribers, path->ct, idx, holder);
	return VERDICT_ACCEPT;
}

static verdict prerouting_new(struct path *path, struct pkt *pkt, const struct tuple_key *key,
			      ns_t now)
{
	bool from_inside = path_from_inside(path, pkt);
	bool for_sock = path_is_for_sock(path, key);
	verdict v;

	/* The flow of a connection may have ended before it: our answer begins it again. */
	if (for_sock && !path_begins_sock_flow(pkt))
		return VERDICT_ACCEPT;
	v = for_sock ? VERDICT_ACCEPT : ct_may_begin(path->ct, path->drops, pkt);
	if (verdict_is_accept(v))
		v = path_begin_flow(path, pkt, key, from_inside, now);
	if (verdict_is_accept(v) && sees_public(path, pkt, key->tuple.dst))
		v = nat_dst(path->nat, path->ct, path->drops, pkt, pkt->flow >> 1, from_inside);
	if (verdict_is_accept(v))
		ct_track(path->ct, pkt->flow >> 1, TUPLE_ORIG, pkt, ct_ms(now));
	return v;
}

/* An address that the host has too: what no mapping claims is the host's, whatever it is; its
 * connections are not tracked here, since half of their packets never pass.                     */
static bool is_for_host(const struct path *path, const struct pkt *pkt,
			const struct tuple_key *key)
{
	return path_is_host_addr(path, pkt->zone, key->tuple.dst) &&
	       !(sees_public(path, pkt, key->tuple.dst) &&
		 nat_claims(path->nat, key, path_from_inside(path, pkt)));
}

/* ---- flows whose backend is gone ------------------------------------------------------------- */

static bool is_first_of_flow(const struct pkt *pkt, const struct flow *flow)
{
	const struct tcp_hdr *tcp = (const void *)pkt_l4(pkt);

	return path_dir(pkt) == TUPLE_ORIG &&
	       (flow->proto != IP_PROTO_TCP ||
		(tcp->flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) == TCP_SYN);
}

/* The packet's flow can not go on as it is: its backend is gone, or takes nothing new, and this
 * begins anew.                                                                                   */
static bool backend_is_lost(const struct path *path, const struct pkt *pkt)
{
	const struct balance *balance = &path->nat->balance;
	const struct flow *flow = path_flow(path, pkt);

	if (LIKELY(!flow_has_backend(flow)))
		return false;
	return flow_is_stale(balance, flow) ||
	       (backend_state(flow_backend(balance, flow)) != BACKEND_UP &&
		ct_reopens(path->ct, pkt->flow >> 1, path_dir(pkt), pkt));
}

/* The client of a connection whose server has just been reset must hear of it too. What was sent to
 * it last says which number it waits for; if some of that was lost, the number is still inside its
 * window, and RFC 5961 section 3.2 makes it ask with an ACK, which is answered exactly.          */
static void reset_client(struct path *path, const struct pkt *pkt, const struct flow *flow,
			 ns_t now)
{
	const struct tcp_hdr *tcp = (const void *)pkt_l4(pkt);
	struct tuple to = flow_tuple_out(flow, TUPLE_REPLY);
	struct tcp_ends ends = { to.src, to.dst, to.sport, to.dport };
	const struct flow_window *sent = NULL;
	u32 seq = be32_host(tcp->seq);
	struct pkt *reset;

	if (path->ct->more != NULL)
		sent = &path->ct->more[pkt->flow >> 1].window[TUPLE_REPLY];
	if (sent != NULL && (sent->flags & WINDOW_SEEN) != 0)
		seq = sent->end;
	reset = ip_tcp_reset_at(path->pool, &ends, seq);
	if (reset != NULL) {
		reset->zone = flow->zone[TUPLE_ORIG];
		path->stats.resets++;
		path_output(path, reset, now);
	}
}

static void end_flow(struct path *path, struct pkt *pkt, ns_t now)
{
	ct_end(path->ct, pkt->flow >> 1);
	path_drain_ended(path, now);
	pkt->flow = IDX_NONE;
}

/* What begins a flow may go on without one: it gets another backend. A TCP connection can not be
 * moved, so both ends are told. ACCEPT: pkt->flow is none.                                       */
static verdict prerouting_lost(struct path *path, struct pkt *pkt, ns_t now)
{
	struct flow *flow = path_flow(path, pkt);

	if (is_first_of_flow(pkt, flow)) {
		balance_count_stale(&path->nat->balance, flow, true);
		end_flow(path, pkt, now);
		return VERDICT_ACCEPT;
	}
	if (flow->proto == IP_PROTO_TCP && !pkt_csum_is_right(pkt))
		return pkt_drop(path->drops, pkt, DROP_TRANSPORT_CHECKSUM);
	/* Who has had no answer yet sends its SYN again, and that moves it. */
	if (flow->proto != IP_PROTO_TCP || flow->state == FLOW_TCP_SYN_SENT)
		return pkt_drop(path->drops, pkt, DROP_NAT_BACKEND_GONE);
	balance_count_stale(&path->nat->balance, flow, false);
	if (path_dir(pkt) == TUPLE_REPLY)
		reset_client(path, pkt, flow, now);
	end_flow(path, pkt, now);
	return pkt_drop(path->drops, pkt, DROP_NAT_BACKEND_GONE);
}

/* ---- flows whose way out is another one now -------------------------------------------------- */

/* A route went or came, and what is masqueraded as one interface would leave by another, since none
 * of its paths is by that one. Those that have an address of a pool go on there.                 */
static bool way_is_lost(const struct path *path, const struct pkt *pkt)
{
	const struct fib_path *way;
	const struct fib *fib;
	be32 dst;
	u32 route;

	if (!path_leaves_translated(path, pkt))
		return false;
	dst = path_dst(path, pkt);
	fib = &path->fib[path_route_find(path, pkt, dst, &route)];
	if (fib_route_at(fib, route)->type != FIB_UNICAST)
		return false;
	way = path_pick_kept(path, pkt, fib, route, dst);
	return path_iface(path, way->out_if)->conf.side == IFACE_OUTSIDE &&
	       nat_is_stranded(path->nat, path_flow(path, pkt), way->out_if);
}

/* TCP can not be moved: its inside end is told. Everything else begins anew, as the new way has it.
 * ACCEPT: pkt->flow is none.                                                                     */
static verdict prerouting_stranded(struct path *path, struct pkt *pkt, ns_t now)
{
	const struct flow *flow = path_flow(path, pkt);
	bool again = flow->proto != IP_PROTO_TCP || is_first_of_flow(pkt, flow);

	if (!again && !pkt_csum_is_right(pkt))
		return pkt_drop(path->drops, pkt, DROP_TRANSPORT_CHECKSUM);
	end_flow(path, pkt, now);
	return again ? VERDICT_ACCEPT : pkt_drop(path->drops, pkt, DROP_NAT_WAY_GONE);
}

static verdict prerouting_track(struct path *path, struct pkt *pkt, ns_t now)
{
	struct tuple_key key;
	u32 ref;

	if (!ct_tuple_of(pkt, &key))
		return path_is_host_addr(path, pkt->zone, key.tuple.dst) ?
			       VERDICT_ACCEPT :
			       pkt_drop(path->drops, pkt, DROP_CT_INVALID);
	ref = ct_find(path->ct, &key, now);
	path_drain_ended(path, now);
	pkt->flow = ref;
	if (ref != IDX_NONE && UNLIKELY(backend_is_lost(path, pkt))) {
		verdict v = prerouting_lost(path, pkt, now);

		if (!verdict_is_accept(v))
			return v;
	}
	if (pkt->flow != IDX_NONE && UNLIKELY(nat_has_ways(path->nat)) && way_is_lost(path, pkt)) {
		verdict v = prerouting_stranded(path, pkt, now);

		if (!verdict_is_accept(v))
			return v;
	}
	if (pkt->flow == IDX_NONE)
		return is_for_host(path, pkt, &key) && !path_is_for_sock(path, &key) ?
			       VERDICT_ACCEPT :
			       prerouting_new(path, pkt, &key, now);
	if (UNLIKELY(path_is_split(path, pkt))) {
		if (path_split_tracks(path, pkt, now))
			return VERDICT_ACCEPT;
	} else if (ct_reopens(path->ct, ref >> 1, ref & 1, pkt)) {
		ct_reopen(path->ct, ref >> 1);
	}
	if (path_refreshes(path, pkt))
		ct_track(path->ct, ref >> 1, ref & 1, pkt, ct_ms(now));
	else
		ct_track_quietly(path->ct, ref >> 1, ref & 1, pkt, ct_ms(now));
	nat_answered(path->nat, path_flow(path, pkt));
	return VERDICT_ACCEPT;
}

/* Broadcast and multicast are for the link, not for a flow. */
static bool is_for_group(const struct path *path, const struct pkt *pkt)
{
	const struct ip4_hdr *ip = (const void *)pkt_l3(pkt);

	return ip4_is_multicast(ip->dst) || ip4_is_limited_broadcast(ip->dst) ||
	       iface_is_broadcast(path_iface(path, pkt->in_if), ip->dst);
}

/* The table of the zone knows its own addresses and broadcasts, however many interfaces it has. */
verdict path_check_source(struct path *path, struct pkt *pkt, u8 zone)
{
	be32 src = ((const struct ip4_hdr *)(const void *)pkt_l3(pkt))->src;

	switch (fib_type_of(&path->fib[zone], src)) {
	case FIB_LOCAL: return pkt_drop(path->drops, pkt, DROP_IP_SPOOFED);
	/* RFC 1812 section 4.2.2.11: a directed broadcast is nobody's source. */
	case FIB_BROADCAST: return pkt_drop(path->drops, pkt, DROP_IP_SOURCE);
	default: return VERDICT_ACCEPT;
	}
}

/* Nor is anybody outside who can have a public address of ours: flows of his making would take the
 * tuples that inside hosts are answered by.                                                      */
static verdict check_public_source(const struct path *path, struct pkt *pkt)
{
	be32 src = ((const struct ip4_hdr *)(const void *)pkt_l3(pkt))->src;

	if (path_from_inside(path, pkt) || !nat_owns(path->nat, src) ||
	    !sees_public(path, pkt, src))
		return VERDICT_ACCEPT;
	return pkt_drop(path->drops, pkt, DROP_IP_SPOOFED);
}

static bool leads_by(const struct fib_route *route, u16 out_if)
{
	for (u32 at = 0; at < route->path_count; at++) {
		if (route->path[at].out_if == out_if)
			return true;
	}
	return false;
}

/* In its own zone only: what answers a flow never looks elsewhere. Who has no address yet is judged
 * later.                                                                                         */
bool path_find_way_back(const struct path *path, const struct pkt *pkt)
{
	enum iface_source_check check = path_iface(path, pkt->in_if)->conf.source_check;
	be32 src = ((const struct ip4_hdr *)(const void *)pkt_l3(pkt))->src;
	const struct fib *fib = &path->fib[pkt->zone];
	const struct fib_route *route;

	if (ip4_is_zeronet(src))
		return true;
	route = fib_route_at(fib, fib_lookup(fib, src));
	return route->type == FIB_UNICAST &&
	       (check == IFACE_SOURCE_ROUTED || leads_by(route, pkt->in_if));
}

verdict path_prerouting(struct path *path, struct pkt **pkt, ns_t now)
{
	struct batch dead;
	verdict v = VERDICT_ACCEPT;

	dead.count = 0;
	if (ip4_is_fragment((const void *)pkt_l3(*pkt))) {
		v = ip_reassemble(path->reass, path->drops, pkt, (*pkt)->zone, now, &dead);
		path_drain(path, NULL, &dead, now);
		if (path_is_traced(path))
			tell_fragment(path, *pkt, v);
	}
	if (verdict_is_accept(v))
		v = ip_check_options(path->drops, *pkt);
	if (verdict_is_accept(v))
		v = ip_check_l4(path->drops, *pkt);
	if (verdict_is_accept(v))
		v = path_check_source(path, *pkt, (*pkt)->zone);
	if (verdict_is_accept(v))
		v = check_public_source(path, *pkt);
	if (verdict_is_accept(v) && !path_has_way_back(path, *pkt))
		v = pkt_drop(path->drops, *pkt, DROP_IP_NO_WAY_BACK);
	if (!verdict_is_accept(v))
		return v;
	if (is_for_group(path, *pkt))
		return VERDICT_ACCEPT;
	/* Nobody can be there (RFC 1812 5.3.7), so no flow is made for it either. */
	if (!ip_is_one_host(((const struct ip4_hdr *)(void *)pkt_l3(*pkt))->dst))
		return pkt_drop(path->drops, *pkt, DROP_IP_DESTINATION);
	/* RFC 1122 section 3.2.1.3 (a): who has no address yet speaks to all stations only. */
	if (ip4_is_zeronet(((const struct ip4_hdr *)(void *)pkt_l3(*pkt))->src))
		return pkt_drop(path->drops, *pkt, DROP_IP_SOURCE);
	/* RFC 1812 section 5.3.4: sent to all stations, yet for one host. */
	if (((*pkt)->flags & (PKT_LINK_BROADCAST | PKT_LINK_MULTICAST)) != 0)
		return pkt_drop(path->drops, *pkt, DROP_LINK_GROUP);
	if (icmp_error_packet(*pkt))
		return prerouting_error(path, *pkt, now);
	return prerouting_track(path, *pkt, now);
}
