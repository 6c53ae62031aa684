/* Between the road and the stacks. */
#include "core/sock/sock.h"
#include "core/wire/icmp.h"
#include "core/wire/ip4.h"
#include "core/wire/tcp.h"
#include "core/wire/udp.h"

bool sock_may_want(const struct sock_table *t, u8 proto, be16 local_port)
{
	switch (proto) {
	case IP_PROTO_TCP: return port_use_has(&t->ports, PORT_USE_TCP, be16_host(local_port));
	case IP_PROTO_UDP: return port_use_has(&t->ports, PORT_USE_UDP, be16_host(local_port));
	case IP_PROTO_ICMP: return false;
	default: return t->udp.raw_count > 0;
	}
}

enum sock_fate sock_in(struct sock_table *t, const struct pkt *pkt, const struct sock_rx *rx,
		       ns_t now)
{
	const struct ip4_hdr *ip = (const void *)pkt_l3(pkt);
	struct tcp_rx tcp_rx = { .zone = pkt->zone, .mtu = rx->mtu };
	bool copied = udp_raw_in(&t->udp, pkt, rx->group);

	if (ip->proto == IP_PROTO_UDP) {
		switch (udp_in(&t->udp, pkt, rx->group)) {
		case UDP_TAKEN: return SOCK_TAKEN;
		case UDP_DAMAGED: return SOCK_DAMAGED;
		case UDP_NOBODY: break;
		}
	}
	/* RFC 1122 section 4.2.3.10: nothing of TCP is for groups. */
	if (ip->proto == IP_PROTO_TCP && !rx->group && !sock_has_no_tcp(t) &&
	    tcp_in(&t->tcp, pkt, &tcp_rx, now))
		return SOCK_TAKEN;
	return copied ? SOCK_COPIED : SOCK_NOBODY;
}

static void fault_tcp(struct sock_table *t, const struct sock_fault *fault, ns_t now)
{
	struct tcp_icmp icmp = {
		.key = { .local = fault->ip->src,
			 .peer = fault->ip->dst,
			 .local_port = be16_load(fault->l4),
			 .peer_port = be16_load(fault->l4 + 2),
			 .zone = fault->zone },
		.seq = be32_host(be32_load(fault->l4 + 4)),
		.type = fault->type,
		.code = fault->code,
		.mtu = fault->mtu,
	};

	tcp_icmp_in(&t->tcp, &icmp, now);
}

void sock_fault_in(struct sock_table *t, const struct sock_fault *fault, ns_t now)
{
	struct udp_key key = { .local = fault->ip->src,
			       .peer = fault->ip->dst,
			       .iface = UDP_IFACE_ANY,
			       .zone = fault->zone,
			       .proto = fault->ip->proto };

	if (fault->ip->proto == IP_PROTO_TCP && !sock_has_no_tcp(t))
		fault_tcp(t, fault, now);
	if (fault->ip->proto != IP_PROTO_UDP)
		return;
	key.local_port = be16_load(fault->l4);
	key.peer_port = be16_load(fault->l4 + 2);
	udp_icmp_in(&t->udp, &key, fault->type, fault->code);
}

bool sock_pull(struct sock_table *t, struct batch *out, ns_t now)
{
	u32 before = out->count;
	struct pkt *pkt;

	while (out->count < BATCH_MAX && (pkt = udp_pull(&t->udp)) != NULL)
		(void)batch_add(out, pkt);
	if (!sock_has_no_tcp(t) && out->count < BATCH_MAX)
		(void)tcp_output(&t->tcp, out, now);
	if (out->count < BATCH_MAX)
		t->stirred = false;
	return out->count > before;
}
