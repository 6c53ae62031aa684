/* Does it fit through? (RFC 1191 section 4, RFC 1812 4.2.3.3) */
#include "core/ip/ip.h"
#include "core/pkt/segment.h"

u32 ip_wire_len(const struct pkt *pkt)
{
	const struct ip4_hdr *ip = (const struct ip4_hdr *)pkt_l3(pkt);

	switch ((enum gso_type)pkt->gso_type) {
	case GSO_TCP4:
	case GSO_UDP_L4: return u32_min(pkt->len, pkt_gso_header_len(pkt) + pkt->gso_size);
	case GSO_UDP_FRAG: return u32_min(pkt->len, ip4_hlen(ip) + pkt->gso_size);
	case GSO_TCP6:
	case GSO_NONE: break;
	}
	return pkt->len;
}

verdict ip_fit_mtu(struct drop_stats *stats, struct pkt *pkt, u32 mtu)
{
	const struct ip4_hdr *ip = (const struct ip4_hdr *)pkt_l3(pkt);
	u32 wire_len = ip_wire_len(pkt);
	bool df = (be16_host(ip->frag) & IP4_DF) != 0;

	if ((pkt->flags & PKT_REASSEMBLED) != 0) {
		wire_len = pkt->frag_max;
		df = (pkt->flags & PKT_FRAG_DF) != 0;
	}
	if (wire_len <= mtu || !df)
		return VERDICT_ACCEPT;
	return pkt_drop_arg(stats, pkt, DROP_TOO_BIG_DF, mtu);
}

bool ip_takes_segments(const struct iface_conf *out, const struct pkt *pkt)
{
	u32 need = pkt->gso_type == GSO_TCP4 ? IFACE_TX_TSO : IFACE_TX_USO;

	return (out->offloads & need) != 0 && ip_wire_len(pkt) <= out->mtu;
}
