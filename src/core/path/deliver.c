/* Who gets a local packet: the gateway's echo, the host's own stack, or nobody. */
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

verdict path_deliver(struct path *path, struct pkt *pkt, enum fib_type type, ns_t now)
{
	const struct ip4_hdr *ip = (const void *)pkt_l3(pkt);

	/* Groups of a link: the host may be a member (DHCP, routing daemons). */
	if (type != FIB_LOCAL || path_is_host_addr(path, pkt->zone, ip->dst))
		return deliver_host(path, pkt, now);
	if (is_echo_request(pkt))
		return deliver_echo(path, pkt, now);
	return deliver_nobody(path, pkt);
}
