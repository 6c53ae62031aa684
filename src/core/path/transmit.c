/* The way out: what the link can not take whole is cut here, and nowhere before; then the link
 * header of the next hop.                                                                       */
#include "core/ip/frag.h"
#include "core/ip/ip.h"
#include "core/ip/tcp_mss.h"
#include "core/path/path.h"
#include "core/path/tell.h"
#include "core/pkt/segment.h"
#include "core/wire/ip4.h"

bool path_pop(struct path *path, struct batch *tx)
{
	u32 count = u32_min(path->queue_count, BATCH_MAX);

	for (u32 at = 0; at < count; at++)
		tx->pkt[at] = path->queue[(path->queue_head + at) % PATH_QUEUE_MAX];
	path->queue_head = (path->queue_head + count) % PATH_QUEUE_MAX;
	path->queue_count -= count;
	/* Back to the beginning: a short queue stays in the lines that are in the cache. */
	if (path->queue_count == 0)
		path->queue_head = 0;
	tx->count = count;
	return count > 0;
}

void path_drain(struct path *path, struct batch *out, struct batch *dead, ns_t now)
{
	for (u32 at = 0; out != NULL && at < out->count; at++)
		path_enqueue(path, out->pkt[at]);
	for (u32 at = 0; at < dead->count; at++)
		path_bury(path, dead->pkt[at], now);
	dead->count = 0;
	if (out != NULL)
		out->count = 0;
}

/* RFC 1812 section 5.2.4: record route and timestamp of a forwarded packet get the address of the
 * way out. Only now, when nothing can die any more that an error would have to quote; a packet that
 * waits for ARP goes without. The clock is nobody's time of day: the high bit says so (RFC 791). */
static void fill_options(const struct path *path, struct pkt *pkt, ns_t now)
{
	const u32 day_ms = 24 * 3600 * 1000;
	const struct iface *out = path_iface(path, pkt->out_if);

	if ((pkt->flags & PKT_TTL_TAKEN) != 0 &&
	    ip4_hlen((const void *)pkt_l3(pkt)) > IP4_HLEN_MIN && out->conf.addr_count > 0)
		ip_fill_options(pkt, out->conf.addr[0].addr,
				UINT32_C(1) << 31 | ct_ms(now) % day_ms);
}

/* One packet that the link takes as it is. Owns it. */
static verdict transmit_one(struct path *path, struct pkt *pkt, ns_t now)
{
	struct batch out, dead;
	verdict v;

	out.count = dead.count = 0;
	v = neigh_resolve(path->neigh, path->drops, pkt, now, &out, &dead);
	if (path_is_traced(path))
		tell_transmit(path, pkt, v);
	if (verdict_is_accept(v)) {
		fill_options(path, pkt, now);
		path_enqueue(path, pkt);
		v = VERDICT_STOLEN;
	}
	path_drain(path, &out, &dead, now);
	return v;
}

/* Send all of a batch of parts; the packet that they come from is put. */
static verdict transmit_parts(struct path *path, struct pkt *whole, struct batch *parts, ns_t now)
{
	pkt_put(whole);
	for (u32 at = 0; at < parts->count; at++) {
		verdict v = transmit_one(path, parts->pkt[at], now);

		if (verdict_is_dead(v))
			path_bury(path, parts->pkt[at], now);
	}
	return VERDICT_STOLEN;
}

static verdict transmit_sized(struct path *path, struct pkt *pkt, u32 mtu, ns_t now)
{
	struct batch parts;

	parts.count = 0;
	if (!ip_needs_fragments(pkt, mtu))
		return transmit_one(path, pkt, now);
	if (!ip_fragment(path->pool, pkt, mtu, &parts))
		return pkt_drop(path->drops, pkt, DROP_NO_BUFFER);
	path->stats.fragmented++;
	path->stats.fragments += parts.count;
	if (path_is_traced(path))
		tell_cut(path, "cut into fragments for the way out", parts.count, mtu);
	return transmit_parts(path, pkt, &parts, now);
}

static verdict transmit_segments(struct path *path, struct pkt *pkt, u32 mtu, ns_t now)
{
	struct batch parts;

	parts.count = 0;
	if (!pkt_segment(path->pool, pkt, PKT_CSUM_COMPLETE, &parts))
		return pkt_drop(path->drops, pkt, DROP_NO_BUFFER);
	path->stats.segmented++;
	path->stats.segments += parts.count;
	if (path_is_traced(path))
		tell_cut(path, "split into segments for the way out", parts.count, mtu);
	pkt_put(pkt);
	for (u32 at = 0; at < parts.count; at++) {
		verdict v = transmit_sized(path, parts.pkt[at], mtu, now);

		if (verdict_is_dead(v))
			path_bury(path, parts.pkt[at], now);
	}
	return VERDICT_STOLEN;
}

/* The flow remembers its way out: with both directions known it may take the short cut, where
 * nobody looks for the first answer: what passed the other way may have been none.               */
static ALWAYS_INLINE void flow_learn_way(const struct path *path, const struct pkt *pkt)
{
	struct flow *flow = path_flow(path, pkt);

	if (flow == NULL ||
	    (pkt->flags & (PKT_ICMP_ERROR | PKT_LOCAL_OUT | PKT_JUDGE_EACH)) != 0)
		return;
	/* Each packet that turns round on its link may call for a redirect: FORWARD's affair. */
	if (path->redirects && pkt->in_if == pkt->out_if)
		return;
	if (flow->decided_gen != path->gen) {
		flow->nexthop[0] = flow->nexthop[1] = NEXTHOP_NONE;
		flow->flags &= (u16)~FLOW_FAST;
		flow->decided_gen = path->gen;
	}
	flow->nexthop[path_dir(pkt)] = pkt->nexthop;
	if (flow->nexthop[0] != NEXTHOP_NONE && flow->nexthop[1] != NEXTHOP_NONE &&
	    (flow->flags & FLOW_ANSWERED) != 0)
		flow->flags |= FLOW_FAST;
}

/* A SYN takes the whole road, so all of them come by here. */
static void lower_mss(const struct path *path, struct pkt *pkt)
{
	u32 limit;

	if (((const struct ip4_hdr *)(const void *)pkt_l3(pkt))->proto != IP_PROTO_TCP)
		return;
	if (pkt->in_if == IFACE_NONE || (pkt->flags & PKT_LOCAL_OUT) != 0)
		return;
	limit = ip_mss_limit(&path_iface(path, pkt->in_if)->conf,
			     &path_iface(path, pkt->out_if)->conf);
	if (limit > 0)
		ip_mss_lower(pkt, limit);
}

void path_transmit_plain(struct path *path, struct pkt *pkt, u16 nexthop, ns_t now)
{
	struct neigh *neigh = neigh_at(path->neigh, nexthop);

	pkt->nexthop = nexthop;
	neigh_use(path->neigh, nexthop, now);
	lower_mss(path, pkt);
	flow_learn_way(path, pkt);
	path_write_link(pkt, neigh);
	path_enqueue(path, pkt);
}

verdict path_transmit(struct path *path, struct pkt *pkt, be32 gateway, ns_t now)
{
	const struct iface *out = path_iface(path, pkt->out_if);

	pkt->nexthop = neigh_get(path->neigh, pkt->out_if, gateway, now);
	if (pkt->nexthop == NEXTHOP_NONE)
		return neigh_drop_full(path->drops, pkt);
	lower_mss(path, pkt);
	path_update_gen(path); /* somebody else's index may have been taken */
	flow_learn_way(path, pkt);
	if (pkt->flow != IDX_NONE)
		pkt->flow_gen = path_flow(path, pkt)->handle_gen;
	if (pkt->gso_type == GSO_TCP4 || pkt->gso_type == GSO_UDP_L4)
		return ip_takes_segments(&out->conf, pkt)
			       ? transmit_one(path, pkt, now)
			       : transmit_segments(path, pkt, out->conf.mtu, now);
	if ((pkt->flags & PKT_CSUM_PARTIAL) != 0 && pkt->gso_type == GSO_NONE &&
	    (out->conf.offloads & IFACE_TX_CSUM) == 0)
		pkt_finish_csum(pkt);
	return transmit_sized(path, pkt, out->conf.mtu, now);
}
