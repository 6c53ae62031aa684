/* Who gets a local packet: a socket, the gateway's echo, the host's own stack, or nobody. */
#include "core/path/path.h"
#include "core/path/tell.h"
#include "core/pkt/segment.h"
#include "core/wire/icmp.h"
#include "core/wire/ip4.h"

bool path_find_addr(const struct path *path, u8 zone, be32 addr, u16 *index)
{
	u32 route;

	/* Nearly always no, which one look into the table tells. */
	zone = path_lookup(path, zone, addr, &route);
	return fib_route_at(&path->fib[zone], route)->type == FIB_LOCAL &&
	       iface_find_addr(path->ifaces, zone, addr, index);
}

bool path_is_host_addr(const struct path *path, u8 zone, be32 addr)
{
	u16 index;

	if (!path_find_addr(path, zone, addr, &index))
		return false;
	for (u32 at = 0; at < path_iface(path, index)->conf.addr_count; at++) {
		const struct iface_addr *own = &path_iface(path, index)->conf.addr[at];

		if (be32_eq(own->addr, addr))
			return own->host;
	}
	return false;
}

static bool is_echo_request(const struct pkt *pkt)
{
	const struct ip4_hdr *ip = (const void *)pkt_l3(pkt);

	return ip->proto == IP_PROTO_ICMP &&
	       ((const struct icmp_hdr *)(const void *)pkt_l4(pkt))->type == ICMP_ECHO;
}

/* What has an answer of its own when no socket does. */
static bool is_known(const struct pkt *pkt)
{
	u8 proto = ((const struct ip4_hdr *)(const void *)pkt_l3(pkt))->proto;

	return proto == IP_PROTO_ICMP || proto == IP_PROTO_TCP || proto == IP_PROTO_UDP;
}

/* The flow was made for a packet that somebody else answers: as if it had never been. */
static void forget_flow(struct path *path, struct pkt *pkt, ns_t now)
{
	struct flow *flow = path_flow(path, pkt);

	if (flow == NULL || (flow->flags & (FLOW_CONFIRMED | FLOW_ENDED)) != 0)
		return;
	ct_abandon(path->ct, pkt->flow >> 1);
	path_drain_ended(path, now);
	pkt->flow = IDX_NONE;
}

static verdict deliver_host(struct path *path, struct pkt *pkt, ns_t now)
{
	if (path->host_if == IFACE_NONE)
		return pkt_drop(path->drops, pkt, DROP_NO_HOST);
	forget_flow(path, pkt, now);
	pkt->flow = IDX_NONE;
	pkt->flags |= PKT_TO_HOST;
	pkt->out_if = path->host_if;
	pkt->l2 = pkt->l3;
	path->stats.to_host++;
	if (path_is_traced(path))
		tell_deliver(path, pkt, TRACE_FATE_HOST);
	path_enqueue(path, pkt);
	return VERDICT_STOLEN;
}

/* Echo: the flow is confirmed here, its answer travels OUTPUT like everything made here. */
static verdict deliver_echo(struct path *path, struct pkt *pkt, ns_t now)
{
	struct flow *flow = path_flow(path, pkt);
	struct pkt *reply;

	if (flow != NULL && (flow->flags & FLOW_CONFIRMED) == 0) {
		flow->flags |= FLOW_LOCAL;
		if (ct_confirm(path->ct, pkt->flow >> 1, now) != ERR_OK)
			return pkt_drop(path->drops, pkt, DROP_CT_FULL);
	}
	reply = icmp_echo_reply(path->icmp, pkt);
	if (reply == NULL)
		return pkt_drop(path->drops, pkt, DROP_NO_BUFFER);
	reply->zone = pkt->zone;
	path->stats.echo_replies++;
	if (path_is_traced(path))
		tell_deliver(path, pkt, TRACE_FATE_ANSWERED);
	pkt_put(pkt);
	path_output(path, reply, now);
	return VERDICT_STOLEN;
}

static verdict deliver_nobody(struct path *path, struct pkt *pkt)
{
	const struct ip4_hdr *ip = (const void *)pkt_l3(pkt);

	/* From outside, on an address that NAT uses: silence (RFC 5382 REQ-4). */
	if (ip->proto == IP_PROTO_TCP && !path_from_inside(path, pkt) &&
	    nat_owns(path->nat, ip->dst))
		return pkt_drop(path->drops, pkt, DROP_NAT_UNSOLICITED);
	if (!pkt_csum_is_right(pkt))
		return pkt_drop(path->drops, pkt, DROP_TRANSPORT_CHECKSUM);
	switch (ip->proto) {
	case IP_PROTO_ICMP:
		return pkt_drop(path->drops, pkt, DROP_ICMP_CONSUMED);
	case IP_PROTO_TCP:
	case IP_PROTO_UDP:
		return pkt_drop(path->drops, pkt, DROP_NO_SOCKET);
	default:
		return pkt_drop(path->drops, pkt, DROP_NO_PROTOCOL);
	}
}

/* The sockets have it, and nobody else is to. */
static verdict deliver_done(struct path *path, struct pkt *pkt, ns_t now)
{
	path_confirm_local(path, pkt, now);
	if (path_is_traced(path))
		tell_deliver(path, pkt, TRACE_FATE_SOCKET);
	pkt_put(pkt);
	return VERDICT_STOLEN;
}

/* ACCEPT: no socket, or not only; others are asked. A group has members here and on the host. */
static verdict deliver_sock(struct path *path, struct pkt *pkt, enum fib_type type, ns_t now)
{
	bool group = type != FIB_LOCAL;
	bool shared = path->host_if != IFACE_NONE &&
		      (group || path_is_host_addr(path, pkt->zone, path_dst(path, pkt)));

	switch (path_deliver_sock(path, pkt, group, now)) {
	case SOCK_NOBODY: return VERDICT_ACCEPT;
	case SOCK_DAMAGED: return pkt_drop(path->drops, pkt, DROP_TRANSPORT_CHECKSUM);
	case SOCK_TAKEN: return group && shared ? VERDICT_ACCEPT : deliver_done(path, pkt, now);
	case SOCK_COPIED: break;
	}
	/* A raw socket is all that this protocol has here. */
	return shared || is_known(pkt) ? VERDICT_ACCEPT : deliver_done(path, pkt, now);
}

verdict path_deliver(struct path *path, struct pkt *pkt, enum fib_type type, ns_t now)
{
	const struct ip4_hdr *ip = (const void *)pkt_l3(pkt);

	if (!sock_is_off(path->socks)) {
		verdict v = deliver_sock(path, pkt, type, now);

		if (!verdict_is_accept(v))
			return v;
	}
	/* Groups of a link: the host may be a member (DHCP, routing daemons). */
	if (type != FIB_LOCAL || path_is_host_addr(path, pkt->zone, ip->dst))
		return deliver_host(path, pkt, now);
	if (is_echo_request(pkt))
		return deliver_echo(path, pkt, now);
	return deliver_nobody(path, pkt);
}
