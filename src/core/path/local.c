/* Between the road and the sockets that live here: packets for them, what happened to packets of
 * theirs, and what they want to send.
 *
 * A packet for one of our addresses is asked of the sockets first, then of echo, then it is the
 * host's. Its flow is tracked like any other: begun at PREROUTING or OUTPUT, confirmed at INPUT or
 * POSTROUTING, and never translated.                                                             */
#include "core/ip/ip.h"
#include "core/path/path.h"
#include "core/path/tell.h"
#include "core/pkt/segment.h"
#include "core/wire/icmp.h"
#include "core/wire/ip4.h"
#include "core/wire/tcp.h"

enum { PULLS_MAX = 8 /* batches in one call; what is left is due again at once */ };

/* ---- in -------------------------------------------------------------------------------------- */

bool path_is_for_sock(const struct path *path, const struct tuple_key *key)
{
	return !sock_is_off(path->socks) &&
	       sock_may_want(path->socks, key->proto, key->tuple.dport) &&
	       path_find_addr(path, key->zone, key->tuple.dst, &(u16){ 0 });
}

bool path_begins_sock_flow(const struct pkt *pkt)
{
	const struct ip4_hdr *ip = (const void *)pkt_l3(pkt);
	const struct tcp_hdr *tcp = (const void *)pkt_l4(pkt);

	return ip->proto != IP_PROTO_TCP ||
	       (tcp->flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) == TCP_SYN;
}

void path_confirm_local(struct path *path, const struct pkt *pkt, ns_t now)
{
	struct flow *flow = path_flow(path, pkt);

	if (flow == NULL || (flow->flags & (FLOW_CONFIRMED | FLOW_ENDED)) != 0)
		return;
	flow->flags |= FLOW_LOCAL;
	if (ct_confirm(path->ct, pkt->flow >> 1, now) != ERR_OK)
		path->ct->stats.refused++;
}

/* What is quoted by an ICMP error for one of our addresses. Its header was checked when the error
 * came in, or it belongs to no flow and is read with as much care here.                          */
static void fault_quoted(struct path *path, const struct pkt *pkt, ns_t now)
{
	const struct icmp_hdr *icmp = (const void *)pkt_l4(pkt);
	const struct ip4_hdr *quoted = (const void *)(pkt_l4(pkt) + ICMP_HLEN);
	u32 len = pkt_l4_len(pkt);
	struct sock_fault fault = { .ip = quoted,
				    .zone = pkt->zone,
				    .type = icmp->type,
				    .code = icmp->code,
				    .mtu = be16_host(icmp->frag.mtu) };

	if (len < ICMP_HLEN + IP4_HLEN_MIN + 8 || quoted->version_ihl >> 4 != 4 ||
	    ip4_hlen(quoted) < IP4_HLEN_MIN || len < ICMP_HLEN + ip4_hlen(quoted) + 8 ||
	    ip4_frag_offset_bytes(quoted) != 0 ||
	    !be32_eq(quoted->src, ((const struct ip4_hdr *)(const void *)pkt_l3(pkt))->dst))
		return;
	fault.l4 = (const u8 *)quoted + ip4_hlen(quoted);
	sock_fault_in(path->socks, &fault, now);
}

/* A segment that a sender or the driver made of many datagrams. */
static enum sock_fate give_parts(struct path *path, const struct pkt *pkt, const struct sock_rx *rx,
				 ns_t now)
{
	enum sock_fate fate = SOCK_NOBODY;
	struct batch parts;

	parts.count = 0;
	if (!pkt_segment(path->pool, pkt, PKT_CSUM_COMPLETE, &parts))
		return SOCK_TAKEN;
	for (u32 at = 0; at < parts.count; at++) {
		fate = sock_in(path->socks, parts.pkt[at], rx, now);
		pkt_put(parts.pkt[at]);
	}
	return fate;
}

static u16 mtu_back(const struct path *path, const struct pkt *pkt)
{
	be32 src = ((const struct ip4_hdr *)(const void *)pkt_l3(pkt))->src;
	struct path_way way;

	if (path_find_way(path, pkt->zone, src, IFACE_NONE, &way) != ERR_OK)
		return pkt->in_if == IFACE_NONE ? IP4_MTU_MIN
						: (u16)path_iface(path, pkt->in_if)->conf.mtu;
	return way.mtu;
}

enum sock_fate path_deliver_sock(struct path *path, struct pkt *pkt, bool group, ns_t now)
{
	struct sock_rx rx = { .group = group };
	enum sock_fate fate;

	if ((pkt->flags & PKT_ICMP_ERROR) != 0 && !group)
		fault_quoted(path, pkt, now);
	/* Only a connection that begins asks how large its segments may be. */
	if (((const struct ip4_hdr *)(const void *)pkt_l3(pkt))->proto == IP_PROTO_TCP)
		rx.mtu = mtu_back(path, pkt);
	fate = pkt->gso_type == GSO_UDP_L4 ? give_parts(path, pkt, &rx, now)
					   : sock_in(path->socks, pkt, &rx, now);
	path->stats.to_sock += fate == SOCK_TAKEN || fate == SOCK_COPIED;
	return fate;
}

/* ---- what died before the wire --------------------------------------------------------------- */

void path_fault_sock(struct path *path, const struct pkt *pkt, ns_t now)
{
	struct sock_fault fault = { .ip = (const void *)pkt_l3(pkt),
				    .l4 = pkt_l4(pkt),
				    .zone = pkt->zone,
				    .type = ICMP_UNREACH };

	switch ((enum drop)pkt->drop) {
	case DROP_NO_ROUTE:
	case DROP_ROUTE_BLACKHOLE: fault.code = ICMP_UNREACH_NET; break;
	case DROP_NEIGH_FAILED: fault.code = ICMP_UNREACH_HOST; break;
	case DROP_ROUTE_PROHIBITED:
	case DROP_FILTER_REJECTED: fault.code = ICMP_UNREACH_PROHIBITED; break;
	default: return;
	}
	/* A fragment behind the first has no header to be known by. */
	if (ip4_frag_offset_bytes(fault.ip) == 0 && pkt_l4_len(pkt) >= 8)
		sock_fault_in(path->socks, &fault, now);
}

/* ---- out ------------------------------------------------------------------------------------- */

void path_send_socks(struct path *path, ns_t now)
{
	struct batch out;

	for (u32 pull = 0; pull < PULLS_MAX; pull++) {
		out.count = 0;
		if (!sock_pull(path->socks, &out, now))
			return;
		for (u32 at = 0; at < out.count; at++) {
			out.pkt[at]->flags |= PKT_OF_SOCK;
			path_output(path, out.pkt[at], now);
		}
	}
}

/* From one of our addresses to another: the packet turns round here, and comes in by the interface
 * that has the address.                                                                          */
verdict path_turn_round(struct path *path, struct pkt *pkt, ns_t now)
{
	const struct ip4_hdr *ip = (const void *)pkt_l3(pkt);
	u16 index;

	if (!path_find_addr(path, pkt->zone, ip->dst, &index))
		return pkt_drop(path->drops, pkt, DROP_NO_ROUTE);
	pkt->flags &= ~(u32)(PKT_LOCAL_OUT | PKT_OF_SOCK);
	pkt->flags |= PKT_CSUM_VALID | PKT_RAW_IP;
	pkt->in_if = index;
	pkt->out_if = IFACE_NONE;
	pkt->l2 = pkt->l3;
	return path_input(path, pkt, FIB_LOCAL, now);
}
