/* Receive: link headers off, and the short cut.
 *
 * The memory that a packet of an established flow waits for is its descriptor, its bytes, a bucket
 * of the index, and its flow. A batch goes through in groups, and each group asks for its memory a
 * step ahead: while the packets of one are sent, the flows of the next are on their way, and the
 * buckets of the one behind it. Packets take their turns in order. Each goes by the short cut if
 * nothing about it or its flow is special, else down the road. Both give the same packet:
 * `slow_road` turns the short cut off, and tests compare the two.                               */
#include "core/ip/ip.h"
#include "core/path/path.h"
#include "core/path/tell.h"
#include "core/wire/checksum.h"
#include "core/wire/eth.h"
#include "core/wire/ip4.h"
#include "core/wire/tcp.h"
#include "core/wire/udp.h"

/* Packets that are looked up together, and groups that are on their way at once. */
enum { GROUP = 6, GROUP_RING = 4 };

enum link_kind {
	LINK_PLAIN, /* IPv4, and ip_is_plain held: the header need not be checked again */
	LINK_IP4,
	LINK_ARP,
	LINK_DEAD,
};

/* What is known of a packet before its turn comes. */
struct lookup {
	const struct index_bucket *bucket; /* to look into: the first of the hash, then the other */
	u32 ref;  /* candidate: index << 1 | direction; IDX_NONE */
	u16 tag;  /* as it stands in that bucket */
	u8 kind;  /* enum link_kind */
	u8 proto; /* 0: not for the short cut */
};

struct group {
	u32 begin; /* in the batch */
	u32 count;
	u32 moved; /* a bit for each packet whose flow may be in the other bucket */
	u32 new;   /* a bit for each without a flow, unless a packet before it makes one */
	struct lookup look[GROUP];
};
_Static_assert(GROUP <= 32, "a bit for each packet of a group");

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

static NOINLINE void receive_arp(struct path *path, struct pkt *pkt, ns_t now)
{
	struct batch out, dead;
	verdict v;

	out.count = dead.count = 0;
	v = neigh_in(path->neigh, path->drops, pkt, now, &out);
	path_drain(path, &out, &dead, now);
	if (verdict_is_dead(v))
		path_bury(path, pkt, now);
}

/* Of a packet with ports and without options: addresses and ports lie side by side. */
static ALWAYS_INLINE struct tuple tuple_at(const struct pkt *pkt)
{
	struct tuple t;

	memcpy(&t, pkt_l3(pkt) + offsetof(struct ip4_hdr, src), sizeof t);
	return t;
}

/* Only what the flow's direction and ports are read from must be there; the tracker's own checks
 * follow in fast_ok().                                                                          */
static ALWAYS_INLINE bool look_ahead(const struct path *path, struct pkt *pkt, struct lookup *look)
{
	u8 proto = ((const struct ip4_hdr *)(const void *)pkt_l3(pkt))->proto;
	const struct index *ix = &path->ct->index;
	struct tuple_key key;
	u64 hash;

	if ((proto != IP_PROTO_UDP && proto != IP_PROTO_TCP) || pkt->len < IP4_HLEN_MIN + UDP_HLEN)
		return false;
	key = (struct tuple_key){ tuple_at(pkt), proto, pkt->zone };
	hash = ct_hash(path->ct, &key);
	*look = (struct lookup){ &ix->bucket[index_first(ix, hash)], IDX_NONE, index_tag(hash),
				 LINK_PLAIN, proto };
	prefetch(look->bucket);
	return true;
}

static ALWAYS_INLINE void prefetch_flow(const struct ct *ct, u32 ref)
{
	prefetch_write(&ct->flow[ref >> 1]);
	if (ct->more != NULL)
		prefetch_write(&ct->more[ref >> 1]);
}

/* Match the tags; an entry that moved is looked for a step later, when its bucket is there. */
static ALWAYS_INLINE void match_tags(const struct ct *ct, struct group *group, u32 at)
{
	const struct index *ix = &ct->index;
	struct lookup *look = &group->look[at];
	struct index_match match = index_match_bucket(look->bucket, look->tag);

	look->ref = index_match_next(&match);
	if (LIKELY(look->ref != IDX_NONE)) {
		prefetch_flow(ct, look->ref);
	} else if (look->bucket->moved > 0) {
		u32 home = (u32)(look->bucket - ix->bucket);

		group->moved |= 1u << at;
		look->bucket = &ix->bucket[index_other(ix, home, look->tag)];
		look->tag |= TAG_MOVED;
		prefetch(look->bucket);
	} else {
		group->new |= 1u << at;
	}
}

static void match_moved(const struct ct *ct, struct group *group, u32 at)
{
	struct lookup *look = &group->look[at];
	struct index_match match = index_match_bucket(look->bucket, look->tag);

	look->ref = index_match_next(&match);
	if (look->ref != IDX_NONE)
		prefetch_flow(ct, look->ref);
	else
		group->new |= 1u << at;
}

/* ---- the short cut --------------------------------------------------------------------------- */

/* `proto`, here and below, is UDP or TCP and known where it is inlined; `ip` has no options, for
 * ip_is_plain held.                                                                              */
static ALWAYS_INLINE bool fast_l4_ok(const struct ip4_hdr *ip, u32 len, const struct flow *flow,
				     u8 proto)
{
	if (proto == IP_PROTO_UDP) {
		/* look_ahead() saw that the header is there. */
		return udp_len_fits((const void *)(ip + 1), len);
	} else {
		const struct tcp_hdr *tcp = (const void *)(ip + 1);

		return tcp_fits(tcp, len) && flow->state == FLOW_TCP_ESTABLISHED &&
		       (tcp->flags & (TCP_SYN | TCP_FIN | TCP_RST | TCP_ACK)) == TCP_ACK;
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
	case GSO_TCP6:
		return false;
	}
	return false;
}

/* Where sources are asked for their way back: what answers the packet leaves by the interface that
 * it came in by. Where several ways are as good, the whole road looks at all of them. That there is
 * any way back was seen when the flow's way was learnt.                                          */
static ALWAYS_INLINE bool fast_source_ok(const struct path *path, const struct pkt *pkt,
					 const struct flow *flow, enum tuple_dir dir)
{
	return LIKELY((path->strict_ifs >> pkt->in_if & 1) == 0) ||
	       neigh_at(path->neigh, flow->nexthop[!dir])->out_if == pkt->in_if;
}

static ALWAYS_INLINE bool fast_flow_ok(const struct path *path, const struct pkt *pkt,
				       const struct flow *flow, enum tuple_dir dir, u8 proto,
				       u32 now_ms)
{
	const u32 flags_need = FLOW_FAST | FLOW_CONFIRMED;
	struct tuple t = tuple_at(pkt);

	return (flow->flags & (flags_need | FLOW_ENDED)) == flags_need &&
	       tuple_eq(flow_tuple(flow, dir), &t) && flow->proto == proto &&
	       flow->zone[dir] == pkt->zone && flow->decided_gen == path->gen &&
	       now_ms - flow->seen_ms < path->fast_silent_ms[flow->state] &&
	       fast_l4_ok((const void *)pkt_l3(pkt), pkt->len - IP4_HLEN_MIN, flow, proto) &&
	       fast_source_ok(path, pkt, flow, dir);
}

static ALWAYS_INLINE bool fast_way_ok(const struct path *path, const struct pkt *pkt,
				      const struct neigh *neigh, u8 proto)
{
	const struct ip4_hdr *ip = (const void *)pkt_l3(pkt);
	const u32 special = PKT_LINK_BROADCAST | PKT_LINK_MULTICAST | PKT_CSUM_PARTIAL;

	if (!neigh->usable || ip->ttl <= 1)
		return false;
	/* A packet that turns round on its link may call for a redirect: FORWARD's affair. */
	if (path->redirects && neigh->out_if == pkt->in_if)
		return false;
	if (LIKELY((pkt->flags & special) == 0 && pkt->gso_type == GSO_NONE))
		return pkt->len <= neigh->mtu;
	return (pkt->flags & (PKT_LINK_BROADCAST | PKT_LINK_MULTICAST)) == 0 &&
	       fast_facts_ok(&path->ifaces->iface[neigh->out_if].conf, pkt, proto);
}

static bool fast_ok(const struct path *path, const struct pkt *pkt, const struct lookup *look,
		    u32 now_ms)
{
	const struct flow *flow = &path->ct->flow[look->ref >> 1];
	enum tuple_dir dir = look->ref & 1;

	return fast_flow_ok(path, pkt, flow, dir, look->proto, now_ms) &&
	       fast_way_ok(path, pkt, neigh_at(path->neigh, flow->nexthop[dir]), look->proto);
}

/* TTL and addresses change together: one update of the header checksum. TTL is the high byte of
 * its word in network order, so taking one away adds the complement of 0x0100 (RFC 1141).        */
static ALWAYS_INLINE void fast_header(struct ip4_hdr *ip, u16 delta)
{
	ip->csum.raw = (u16)~csum_fold32((u32)(u16)~ip->csum.raw + delta +
					 (u16)~be16_of(0x0100).raw);
	ip->ttl--;
}

/* The field of a partial checksum holds the sum of the pseudo-header, which has no ports. */
static NOINLINE void fast_translate_partial(struct pkt *pkt, u16 delta_l3)
{
	u8 *field = pkt_l4(pkt) + pkt->csum_offset;

	be16_store(field, (be16){ csum_fold((u64)be16_load(field).raw + delta_l3) });
}

static ALWAYS_INLINE void fast_translate(struct pkt *pkt, struct ip4_hdr *ip,
					 const struct flow *flow, enum tuple_dir dir, u8 proto)
{
	struct tuple to = flow_tuple_out(flow, dir);
	u16 delta_l4 = flow_delta(flow->delta_l4, dir);

	memcpy(&ip->src, &to, sizeof to);
	if (UNLIKELY((pkt->flags & PKT_CSUM_PARTIAL) != 0)) {
		fast_translate_partial(pkt, flow_delta(flow->delta_l3, dir));
	} else if (proto == IP_PROTO_UDP) {
		struct udp_hdr *udp = (void *)(ip + 1);

		if (udp->csum.raw != 0) {
			udp->csum = csum_apply(udp->csum, delta_l4);
			if (udp->csum.raw == 0)
				udp->csum.raw = 0xffff;
		}
	} else {
		struct tcp_hdr *tcp = (void *)(ip + 1);

		tcp->csum = csum_apply(tcp->csum, delta_l4);
	}
}

static ALWAYS_INLINE void fast_track(struct path *path, const struct pkt *pkt, struct flow *flow,
				     u32 ref, u8 proto, u32 now_ms)
{
	enum tuple_dir dir = ref & 1;
	struct flow_more *more;

	if (path_refreshes(path, pkt))
		flow->seen_ms = now_ms;
	if (path->ct->more == NULL)
		return;
	more = &path->ct->more[ref >> 1];
	more->packets[dir]++;
	more->bytes[dir] += pkt->len;
	if (proto == IP_PROTO_TCP)
		ct_tcp_segment(path->ct, more, dir, pkt);
}

/* The short cut up to the queue. False: the packet has to take the road, and is as it was. */
static ALWAYS_INLINE bool receive_fast(struct path *path, struct pkt *pkt, u32 ref, u8 proto,
				       u32 now_ms)
{
	struct flow *flow = &path->ct->flow[ref >> 1];
	enum tuple_dir dir = ref & 1;
	struct ip4_hdr *ip = (void *)pkt_l3(pkt);
	struct neigh *neigh;

	if (!fast_flow_ok(path, pkt, flow, dir, proto, now_ms))
		return false;
	neigh = neigh_at(path->neigh, flow->nexthop[dir]);
	if (!fast_way_ok(path, pkt, neigh, proto))
		return false;
	fast_track(path, pkt, flow, ref, proto, now_ms);
	if ((flow->flags & FLOW_TRANSLATED) != 0) {
		fast_header(ip, flow_delta(flow->delta_l3, dir));
		fast_translate(pkt, ip, flow, dir, proto);
	} else {
		fast_header(ip, 0);
	}
	path_write_link(pkt, neigh);
	if (!neigh->used)
		neigh->used = true;
	return true;
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

/* The turn of a packet that takes no short cut. */
static NOINLINE void receive_slow(struct path *path, struct pkt *pkt, const struct lookup *look,
				  ns_t now)
{
	if (look->kind == LINK_ARP) {
		receive_arp(path, pkt, now);
		return;
	}
	if (look->kind == LINK_DEAD) {
		path_bury(path, pkt, now);
		return;
	}
	if (path_is_traced(path))
		receive_tell(path, pkt, look, ct_ms(now));
	if (look->kind != LINK_PLAIN && !verdict_is_accept(ip_validate(path->drops, pkt)))
		path_bury(path, pkt, now);
	else
		path_road(path, pkt, now);
}

/* Nothing was found, but a packet shortly before it may have made the flow since. */
static ALWAYS_INLINE bool is_new(const struct ct *ct, const struct lookup *look,
				 const struct tuple_key *key)
{
	return LIKELY((look->tag & TAG_MOVED) == 0 &&
		      index_is_empty_for(look->bucket, look->tag)) ||
	       ct_peek(ct, key) == IDX_NONE;
}

/* The short cut for first packets. False: as above. */
static bool receive_open(struct path *path, struct pkt *pkt, const struct lookup *look, ns_t now)
{
	struct tuple_key key = { tuple_at(pkt), look->proto, pkt->zone };

	return is_new(path->ct, look, &key) && path_open(path, pkt, &key, now);
}

/* The turn of a packet that did not take the short cut. */
static NOINLINE void receive_other(struct path *path, struct pkt *pkt, const struct lookup *look,
				   ns_t now)
{
	if (look->proto == 0 || look->ref != IDX_NONE || path->slow_road ||
	    !receive_open(path, pkt, look, now))
		receive_slow(path, pkt, look, now);
}

/* ---- the stages of a group. NOINLINE: each has the registers to itself ----------------------- */

static NOINLINE void group_begin(struct path *path, const struct batch *rx, struct group *group,
				 u32 begin)
{
	u32 count = u32_min(rx->count - begin, GROUP);

	group->begin = begin;
	group->count = count;
	group->moved = group->new = 0;
	for (u32 at = 0; at < count; at++) {
		struct pkt *pkt = rx->pkt[begin + at];
		enum link_kind kind = receive_link(path, pkt);
		bool plain = kind == LINK_IP4 && ip_is_plain(pkt);

		if (!plain || !look_ahead(path, pkt, &group->look[at]))
			group->look[at] = (struct lookup){ .ref = IDX_NONE,
							   .kind = plain ? LINK_PLAIN :
									   (u8)kind };
	}
}

static NOINLINE void group_match(const struct path *path, struct group *group)
{
	for (u32 at = 0; at < group->count; at++) {
		if (LIKELY(group->look[at].proto != 0))
			match_tags(path->ct, group, at);
	}
}

/* Whether some packet has not found its flow in its first bucket. */
static bool group_is_open(const struct group *group)
{
	return (group->moved | group->new) != 0;
}

/* What was not in its first bucket; for what is new, the ground is prepared. */
static NOINLINE void group_settle(struct path *path, const struct batch *rx, struct group *group)
{
	for (u32 left = group->moved; left != 0; left &= left - 1)
		match_moved(path->ct, group, (u32)__builtin_ctz(left));
	for (u32 left = group->new; left != 0; left &= left - 1) {
		u32 at = (u32)__builtin_ctz(left);
		const struct pkt *pkt = rx->pkt[group->begin + at];
		struct tuple t = tuple_at(pkt);

		prefetch_write(&pkt->rx_ns); /* the road writes the second line */
		if (path_from_inside(path, pkt))
			nat_expect(path->nat, path->ct, &t, group->look[at].proto, pkt->zone);
	}
}

static NOINLINE void group_act(struct path *path, const struct batch *rx, const struct group *group,
			       ns_t now)
{
	u32 now_ms = ct_ms(now);
	u32 count = group->count, fast = 0;

	for (u32 at = 0; at < count; at++) {
		const struct lookup *look = &group->look[at];
		struct pkt *pkt = rx->pkt[group->begin + at];

		/* Each protocol has its own code, so it is asked for once a packet. */
		if (LIKELY(look->ref != IDX_NONE && !path->slow_road) &&
		    (look->proto == IP_PROTO_UDP ?
			     receive_fast(path, pkt, look->ref, IP_PROTO_UDP, now_ms) :
			     receive_fast(path, pkt, look->ref, IP_PROTO_TCP, now_ms))) {
			path_enqueue(path, pkt);
			fast++;
		} else {
			receive_other(path, pkt, look, now);
		}
	}
	path->stats.fast += fast;
	path->stats.forwarded += fast;
}

/* Descriptors two groups ahead, and the frames that they point to one. Not a function of its own,
 * as the stages are: it would do nothing that the compiler can see, and gcc left its calls out.  */
static ALWAYS_INLINE void group_ask(const struct batch *rx, u32 begin)
{
	for (u32 at = begin + GROUP; at < u32_min(begin + 2 * GROUP, rx->count); at++)
		prefetch_write(rx->pkt[at]);
	for (u32 at = begin; at < u32_min(begin + GROUP, rx->count); at++)
		prefetch_write(pkt_frame(rx->pkt[at]));
}

void path_receive(struct path *path, struct batch *rx, ns_t now)
{
	struct group ring[GROUP_RING];
	u32 count = (rx->count + GROUP - 1) / GROUP;

	for (u32 at = 0; at < u32_min(GROUP, rx->count); at++)
		prefetch_write(rx->pkt[at]);
	group_ask(rx, 0);
	/* Each group is a step behind the one before it. Below zero, match and the others wrap to
	 * more than any count.                                                                   */
	for (u32 step = 0; step < count + 3; step++) {
		u32 match = step - 1, settle = step - 2, act = step - 3;

		group_ask(rx, (step + 1) * GROUP);
		if (step < count)
			group_begin(path, rx, &ring[step % GROUP_RING], step * GROUP);
		if (match < count)
			group_match(path, &ring[match % GROUP_RING]);
		if (settle < count && group_is_open(&ring[settle % GROUP_RING]))
			group_settle(path, rx, &ring[settle % GROUP_RING]);
		if (act < count)
			group_act(path, rx, &ring[act % GROUP_RING], now);
	}
	rx->count = 0;
}
