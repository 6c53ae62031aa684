/* Receive: link headers off, and the short cut.
 *
 * The memory that a packet of an established flow waits for is its bytes, a bucket of the index,
 * and its flow. Each is asked for a stage ahead: while one packet is sent, the flow of one that
 * comes some packets later is on its way from memory, and the bucket of one later still. Packets
 * take their turns in order. Each goes by the short cut if nothing about it or its flow is special,
 * else down the road. Both give
 * the same packet: `slow_road` turns the short cut off, and tests compare the two.               */
#include "core/ip/ip.h"
#include "core/path/path.h"
#include "core/path/tell.h"
#include "core/wire/checksum.h"
#include "core/wire/eth.h"
#include "core/wire/ip4.h"
#include "core/wire/tcp.h"
#include "core/wire/udp.h"

/* Packets between asking for a descriptor, asking for its frame, and reading that. */
enum { DESCRIPTOR_AHEAD = 24, FRAME_AHEAD = 12 };
/* Packets between parsing one and the later stages: long enough for memory to answer meanwhile. */
enum { MATCH_BEHIND = 16, MOVED_BEHIND = 24, ACT_BEHIND = 40, LOOK_RING = 64 };

/* What is known of a packet of the step before its turn comes. */
struct lookup {
	struct tuple tuple;
	u64 hash;
	u32 ref;    /* candidate: index << 1 | direction */
	u8 kind;    /* enum link_kind */
	u8 proto;   /* 0: not for the short cut */
	bool moved; /* not in its first bucket, maybe in the other */
	bool new;   /* there is no flow, unless a packet before it makes one */
	bool plain; /* ip_is_plain held: the header need not be checked again */
};

enum link_kind { LINK_IP4, LINK_ARP, LINK_DEAD };

static enum drop link_fault(const struct iface *iface, struct pkt *pkt)
{
	const struct eth_hdr *eth = (const void *)pkt_frame(pkt);

	if (pkt_frame_len(pkt) < ETH_HLEN)
		return DROP_LINK_SHORT;
	if (!mac_eq(&eth->dst, &iface->conf.mac)) {
		if (!mac_is_group(&eth->dst))
			return DROP_LINK_OTHER_HOST;
		pkt->flags |= mac_is_broadcast(&eth->dst) ? PKT_LINK_BROADCAST :
							    PKT_LINK_MULTICAST;
	}
	return DROP_NONE;
}

/* What is no IPv4 for this station alone. */
static NOINLINE enum link_kind receive_uncommon(struct path *path, const struct iface *iface,
						struct pkt *pkt)
{
	enum drop fault;
	u16 type;

	if (iface->conf.link == IFACE_RAW_IP) {
		pkt->flags |= PKT_RAW_IP;
		return LINK_IP4;
	}
	fault = link_fault(iface, pkt);
	if (fault != DROP_NONE) {
		(void)pkt_drop(path->drops, pkt, fault);
		return LINK_DEAD;
	}
	type = be16_host(((const struct eth_hdr *)(const void *)pkt_frame(pkt))->type);
	if (type == ETH_TYPE_IP4)
		return LINK_IP4;
	if (type == ETH_TYPE_ARP)
		return LINK_ARP;
	(void)pkt_drop(path->drops, pkt, DROP_LINK_TYPE);
	return LINK_DEAD;
}

static ALWAYS_INLINE enum link_kind receive_link(struct path *path, struct pkt *pkt)
{
	struct iface *iface = path_iface(path, pkt->in_if);
	const struct eth_hdr *eth = (const void *)pkt_frame(pkt);

	pkt->zone = iface->conf.zone;
	iface->stats.rx_packets++;
	iface->stats.rx_bytes += pkt->len;
	if (LIKELY(iface->conf.link == IFACE_ETHERNET && pkt_frame_len(pkt) >= ETH_HLEN &&
		   mac_eq(&eth->dst, &iface->conf.mac) &&
		   be16_eq(eth->type, be16_of(ETH_TYPE_IP4))))
		return LINK_IP4;
	return receive_uncommon(path, iface, pkt);
}

static void receive_arp(struct path *path, struct pkt *pkt, ns_t now)
{
	struct batch out, dead;
	verdict v;

	out.count = dead.count = 0;
	v = neigh_in(path->neigh, path->drops, pkt, now, &out);
	path_drain(path, &out, &dead, now);
	if (verdict_is_dead(v))
		path_bury(path, pkt, now);
}

/* Only what the flow's direction and ports are read from must be there; the tracker's own checks
 * follow in fast_ok().                                                                          */
static ALWAYS_INLINE void look_ahead(const struct path *path, struct pkt *pkt,
				     struct lookup *look)
{
	const struct ip4_hdr *ip = (const void *)pkt_l3(pkt);
	struct tuple_key key;

	look->plain = ip_is_plain(pkt);
	if (!look->plain || (ip->proto != IP_PROTO_UDP && ip->proto != IP_PROTO_TCP) ||
	    pkt_l4_len(pkt) < UDP_HLEN)
		return;
	look->proto = ip->proto;
	memcpy(&look->tuple, &ip->src, 12);
	key = (struct tuple_key){ look->tuple, ip->proto, pkt->zone };
	look->hash = ct_hash(path->ct, &key);
	prefetch(&path->ct->index.bucket[index_first(&path->ct->index, look->hash)]);
}

static ALWAYS_INLINE void prefetch_flow(const struct ct *ct, u32 ref)
{
	prefetch_write(&ct->flow[ref >> 1]);
	if (ct->more != NULL)
		prefetch_write(&ct->more[ref >> 1]);
}

/* Match the tags; an entry that moved is looked for a stage later, when its bucket is there. */
static ALWAYS_INLINE void match_tags(const struct ct *ct, struct lookup *look)
{
	const struct index *ix = &ct->index;
	u32 first = index_first(ix, look->hash);
	struct index_match match;

	index_match_bucket(&match, &ix->bucket[first], index_tag(look->hash));
	look->ref = index_match_first(&match);
	if (LIKELY(look->ref != IDX_NONE)) {
		prefetch_flow(ct, look->ref);
	} else if (ix->bucket[first].moved > 0) {
		look->moved = true;
		prefetch(&ix->bucket[index_other(ix, first, index_tag(look->hash))]);
	} else {
		look->new = true;
	}
}

static ALWAYS_INLINE void match_moved(const struct ct *ct, struct lookup *look)
{
	const struct index *ix = &ct->index;
	u16 tag = index_tag(look->hash);
	struct index_match match;

	index_match_bucket(&match, &ix->bucket[index_other(ix, index_first(ix, look->hash), tag)],
			   tag | TAG_MOVED);
	look->ref = index_match_first(&match);
	if (look->ref != IDX_NONE)
		prefetch_flow(ct, look->ref);
	else
		look->new = true;
}

/* ---- the short cut --------------------------------------------------------------------------- */

static ALWAYS_INLINE bool fast_l4_ok(const struct pkt *pkt, const struct flow *flow,
				     enum tuple_dir dir)
{
	u32 len = pkt_l4_len(pkt);

	if (flow->proto == IP_PROTO_UDP) {
		u32 udp_len = be16_host(((const struct udp_hdr *)(const void *)pkt_l4(pkt))->len);

		return udp_len >= UDP_HLEN && udp_len <= len &&
		       (dir == TUPLE_ORIG || (flow->flags & FLOW_ANSWERED) != 0);
	} else {
		const struct tcp_hdr *tcp = (const void *)pkt_l4(pkt);

		return len >= TCP_HLEN_MIN && flow->state == FLOW_TCP_ESTABLISHED &&
		       (tcp->flags & (TCP_SYN | TCP_FIN | TCP_RST | TCP_ACK)) == TCP_ACK &&
		       tcp_hlen(tcp) >= TCP_HLEN_MIN && tcp_hlen(tcp) <= len;
	}
}

/* A packet with facts for the device, as a local sender or GRO makes them: the way out must take it
 * whole. NOINLINE: the others must not pay for these.                                            */
static NOINLINE bool fast_facts_ok(const struct iface_conf *out, const struct pkt *pkt, u8 proto)
{
	u32 field = proto == IP_PROTO_TCP ? offsetof(struct tcp_hdr, csum) :
					    offsetof(struct udp_hdr, csum);

	if ((pkt->flags & PKT_CSUM_PARTIAL) != 0 &&
	    (pkt->csum_start != IP4_HLEN_MIN || pkt->csum_offset != field ||
	     (out->offloads & IFACE_TX_CSUM) == 0))
		return false;
	switch ((enum gso_type)pkt->gso_type) {
	case GSO_NONE:
		return pkt->len <= out->mtu;
	case GSO_TCP4:
		return proto == IP_PROTO_TCP && pkt->gso_size > 0 && ip_takes_segments(out, pkt);
	case GSO_UDP_L4:
		return proto == IP_PROTO_UDP && pkt->gso_size > 0 && ip_takes_segments(out, pkt);
	case GSO_UDP_FRAG:
		return false;
	}
	return false;
}

static ALWAYS_INLINE bool fast_ok(const struct path *path, const struct pkt *pkt,
				  const struct lookup *look, u32 now_ms)
{
	const struct ip4_hdr *ip = (const void *)pkt_l3(pkt);
	const struct flow *flow = &path->ct->flow[look->ref >> 1];
	enum tuple_dir dir = look->ref & 1;
	const struct neigh *neigh;
	const u32 flags_need = FLOW_FAST | FLOW_CONFIRMED;

	if ((flow->flags & (flags_need | FLOW_ENDED)) != flags_need ||
	    !tuple_eq(flow_tuple(flow, dir), &look->tuple) || flow->proto != look->proto ||
	    flow->zone[dir] != pkt->zone ||
	    flow->decided_gen != path->gen)
		return false;
	if (now_ms - flow->seen_ms >= path->fast_silent_ms[flow->state])
		return false;
	if (ip->ttl <= 1 || (pkt->flags & (PKT_LINK_BROADCAST | PKT_LINK_MULTICAST)) != 0)
		return false;
	neigh = neigh_at(path->neigh, flow->nexthop[dir]);
	/* A packet that turns round on its link may call for a redirect: FORWARD's affair. */
	if (path->redirects && neigh->out_if == pkt->in_if)
		return false;
	if (!neigh->usable || !fast_l4_ok(pkt, flow, dir))
		return false;
	if (LIKELY((pkt->flags & PKT_CSUM_PARTIAL) == 0 && pkt->gso_type == GSO_NONE))
		return pkt->len <= neigh->mtu;
	return fast_facts_ok(&path->ifaces->iface[neigh->out_if].conf, pkt, look->proto);
}

/* TTL and addresses change together: one update of the header checksum. TTL is the high byte of
 * its word in network order, so taking one away adds the complement of 0x0100 (RFC 1141).        */
static ALWAYS_INLINE void fast_header(struct ip4_hdr *ip, u16 delta)
{
	u32 sum = (u32)(u16)~ip->csum.raw + delta + (u16)~be16_of(0x0100).raw;

	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	ip->csum.raw = (u16)~sum;
	ip->ttl--;
}

/* The field of a partial checksum holds the sum of the pseudo-header, which has no ports. */
static NOINLINE void fast_translate_partial(struct pkt *pkt, u16 delta_l3)
{
	u8 *field = pkt_l4(pkt) + pkt->csum_offset;

	be16_store(field, (be16){ csum_fold((u64)be16_load(field).raw + delta_l3) });
}

static ALWAYS_INLINE void fast_translate(struct pkt *pkt, const struct flow *flow,
					 enum tuple_dir dir)
{
	struct tuple to = flow_tuple_out(flow, dir);
	struct ip4_hdr *ip = (void *)pkt_l3(pkt);
	u16 delta_l4 = dir == TUPLE_ORIG ? flow->delta_l4 : (u16)~flow->delta_l4;

	memcpy(&ip->src, &to, sizeof to);
	if (UNLIKELY((pkt->flags & PKT_CSUM_PARTIAL) != 0)) {
		fast_translate_partial(pkt, dir == TUPLE_ORIG ? flow->delta_l3 :
								(u16)~flow->delta_l3);
	} else if (flow->proto == IP_PROTO_UDP) {
		struct udp_hdr *udp = (void *)pkt_l4(pkt);

		if (udp->csum.raw != 0) {
			udp->csum = csum_apply(udp->csum, delta_l4);
			if (udp->csum.raw == 0)
				udp->csum.raw = 0xffff;
		}
	} else {
		struct tcp_hdr *tcp = (void *)pkt_l4(pkt);

		tcp->csum = csum_apply(tcp->csum, delta_l4);
	}
}

static ALWAYS_INLINE void fast_track(struct path *path, const struct pkt *pkt, u32 ref,
				     u32 now_ms)
{
	struct flow *flow = &path->ct->flow[ref >> 1];
	enum tuple_dir dir = ref & 1;

	if (path_refreshes(path, pkt))
		flow->seen_ms = now_ms;
	if (path->ct->more == NULL)
		return;
	path->ct->more[ref >> 1].packets[dir]++;
	path->ct->more[ref >> 1].bytes[dir] += pkt->len;
	if (flow->proto == IP_PROTO_TCP)
		ct_tcp_segment(path->ct, &path->ct->more[ref >> 1], dir, pkt);
}

static ALWAYS_INLINE void fast_send(struct path *path, struct pkt *pkt, u32 ref, u32 now_ms)
{
	const struct flow *flow = &path->ct->flow[ref >> 1];
	enum tuple_dir dir = ref & 1;
	struct neigh *neigh = neigh_at(path->neigh, flow->nexthop[dir]);

	fast_track(path, pkt, ref, now_ms);
	if ((flow->flags & FLOW_TRANSLATED) != 0) {
		fast_header((void *)pkt_l3(pkt),
			    dir == TUPLE_ORIG ? flow->delta_l3 : (u16)~flow->delta_l3);
		fast_translate(pkt, flow, dir);
	} else {
		fast_header((void *)pkt_l3(pkt), 0);
	}
	pkt->out_if = neigh->out_if;
	pkt->l2 = (u16)(pkt->l3 - neigh->link_len);
	/* Fourteen bytes always: on a link without header they fall into the headroom unused. */
	memcpy(pkt->buf + pkt->l3 - ETH_HLEN, neigh->link, ETH_HLEN);
	if (!neigh->used)
		neigh->used = true;
	path->stats.fast++;
	path->stats.forwarded++;
	path_enqueue(path, pkt);
}

/* ---- one packet, one batch ------------------------------------------------------------------ */

void path_road(struct path *path, struct pkt *pkt, ns_t now)
{
	enum fib_type type;
	be32 gateway;
	verdict v = path_prerouting(path, &pkt, now);

	path->stats.slow++;
	if (path_is_traced(path) && verdict_is_accept(v))
		tell_flow(path, pkt);
	if (verdict_is_accept(v))
		v = path_route(path, pkt, &type, &gateway);
	if (verdict_is_accept(v) && type != FIB_UNICAST) {
		v = path_input(path, pkt, type, now);
	} else if (verdict_is_accept(v)) {
		v = path_forward(path, pkt, gateway, now);
		if (verdict_is_accept(v))
			v = path_postrouting(path, pkt, now);
		if (verdict_is_accept(v))
			v = path_transmit(path, pkt, gateway, now);
	}
	if (verdict_is_dead(v))
		path_bury(path, pkt, now);
}

/* The road is asked about: would the short cut have taken the packet? */
static NOINLINE void receive_tell(struct path *path, struct pkt *pkt, const struct lookup *look,
				  u32 now_ms)
{
	tell_receive(path, pkt, look->ref != IDX_NONE && fast_ok(path, pkt, look, now_ms));
}

static void receive_slow(struct path *path, struct pkt *pkt, bool plain, ns_t now)
{
	if (!plain) {
		verdict v = ip_validate(path->drops, pkt);

		if (!verdict_is_accept(v)) {
			path_bury(path, pkt, now);
			return;
		}
	}
	path_road(path, pkt, now);
}

/* A packet's turn. */
static ALWAYS_INLINE void receive_act(struct path *path, struct pkt *pkt,
				      const struct lookup *look, ns_t now, u32 now_ms)
{
	if (UNLIKELY(look->kind != LINK_IP4)) {
		if (look->kind == LINK_ARP)
			receive_arp(path, pkt, now);
		else
			path_bury(path, pkt, now);
	} else if (LIKELY(look->ref != IDX_NONE && !path->slow_road &&
			  fast_ok(path, pkt, look, now_ms))) {
		fast_send(path, pkt, look->ref, now_ms);
	} else {
		if (path_is_traced(path))
			receive_tell(path, pkt, look, now_ms);
		receive_slow(path, pkt, look->plain, now);
	}
}

static void receive_begin(struct path *path, struct pkt *pkt, struct lookup *look)
{
	look->kind = (u8)receive_link(path, pkt);
	look->ref = IDX_NONE;
	look->proto = 0;
	look->moved = look->new = false;
	if (LIKELY(look->kind == LINK_IP4))
		look_ahead(path, pkt, look);
}

void path_receive(struct path *path, struct batch *rx, ns_t now)
{
	struct lookup look[LOOK_RING];
	u32 count = rx->count;
	u32 now_ms = ct_ms(now);

	for (u32 at = 0; at < u32_min(DESCRIPTOR_AHEAD, count); at++)
		prefetch_write(rx->pkt[at]);
	for (u32 at = 0; at < u32_min(FRAME_AHEAD, count); at++)
		prefetch_write(pkt_frame(rx->pkt[at]));
	for (u32 at = 0; at < count + ACT_BEHIND; at++) {
		struct lookup *ahead = &look[at % LOOK_RING];
		u32 match = at - MATCH_BEHIND, moved = at - MOVED_BEHIND, act = at - ACT_BEHIND;

		if (at + DESCRIPTOR_AHEAD < count)
			prefetch_write(rx->pkt[at + DESCRIPTOR_AHEAD]);
		if (at + FRAME_AHEAD < count)
			prefetch_write(pkt_frame(rx->pkt[at + FRAME_AHEAD]));
		if (at < count)
			receive_begin(path, rx->pkt[at], ahead);
		/* Below zero these wrap to more than any count. */
		if (match < count && look[match % LOOK_RING].proto != 0)
			match_tags(path->ct, &look[match % LOOK_RING]);
		if (moved < count && UNLIKELY(look[moved % LOOK_RING].moved))
			match_moved(path->ct, &look[moved % LOOK_RING]);
		if (moved < count && UNLIKELY(look[moved % LOOK_RING].new) &&
		    path_from_inside(path, rx->pkt[moved]))
			nat_expect(path->nat, path->ct, &look[moved % LOOK_RING].tuple,
				   look[moved % LOOK_RING].proto, rx->pkt[moved]->zone);
		if (act < count)
			receive_act(path, rx->pkt[act], &look[act % LOOK_RING], now, now_ms);
	}
	rx->count = 0;
}
