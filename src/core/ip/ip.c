/* What an IPv4 header and the transport header behind it must fulfil before anything else looks at
 * the packet. Checks stand in the order of RFC 1812 section 5.2.2.                               */
#include "core/ip/ip.h"
#include "core/pkt/segment.h"
#include "core/wire/crc32c.h"
#include "core/wire/dccp.h"
#include "core/wire/icmp.h"
#include "core/wire/sctp.h"
#include "core/wire/tcp.h"
#include "core/wire/udp.h"

/* Protocols of which only the length of the header is checked. */
enum {
	UDPLITE_HLEN = 8,   /* RFC 3828 section 3.1 */
};

/* A driver that merged or was promised segments may leave the total length behind the truth. */
static bool ip_adopt_len(struct pkt *pkt, struct ip4_hdr *ip)
{
	be16 len = be16_of((u16)pkt->len);

	if (pkt->len > IP4_LEN_MAX)
		return false;
	ip->csum = csum_replace16(ip->csum, ip->len, len);
	ip->len = len;
	return true;
}

static verdict ip_check_len(struct drop_stats *stats, struct pkt *pkt, struct ip4_hdr *ip)
{
	u32 total_len = be16_host(ip->len);

	if (pkt->gso_type != GSO_NONE && total_len < pkt->len) {
		if (!ip_adopt_len(pkt, ip))
			return pkt_drop(stats, pkt, DROP_IP_LENGTH);
		total_len = pkt->len;
	}
	if (total_len < ip4_hlen(ip) || total_len > pkt->len)
		return pkt_drop(stats, pkt, DROP_IP_LENGTH);
	pkt->len = total_len;
	return VERDICT_ACCEPT;
}

/* A fragment must carry something, in units of 8 bytes unless it is the last, and must not reach
 * beyond the longest packet (RFC 791 section 3.2). DF does not contradict: a sender may probe the
 * path with fragments of its own making.                                                         */
static verdict ip_check_fragment(struct drop_stats *stats, struct pkt *pkt,
				 const struct ip4_hdr *ip)
{
	u32 payload_len = pkt->len - ip4_hlen(ip);
	bool more = (be16_host(ip->frag) & IP4_MF) != 0;

	if (payload_len == 0 || (more && payload_len % 8 != 0))
		return pkt_drop(stats, pkt, DROP_FRAG_MALFORMED);
	if (ip4_frag_offset_bytes(ip) + pkt->len > IP4_LEN_MAX)
		return pkt_drop(stats, pkt, DROP_FRAG_MALFORMED);
	if (pkt->gso_type != GSO_NONE)
		return pkt_drop(stats, pkt, DROP_FRAG_MALFORMED);
	return VERDICT_ACCEPT;
}

verdict ip_validate(struct drop_stats *stats, struct pkt *pkt)
{
	struct ip4_hdr *ip = (struct ip4_hdr *)pkt_l3(pkt);
	verdict v;
	u32 hlen;

	if (pkt->len < IP4_HLEN_MIN)
		return pkt_drop(stats, pkt, DROP_IP_SHORT);
	if (ip->version_ihl >> 4 != 4)
		return pkt_drop(stats, pkt, DROP_IP_VERSION);
	hlen = ip4_hlen(ip);
	if (hlen < IP4_HLEN_MIN || hlen > pkt->len)
		return pkt_drop(stats, pkt, DROP_IP_HEADER_LEN);
	if (csum_fold(csum_sum(ip, hlen)) != 0xffff)
		return pkt_drop(stats, pkt, DROP_IP_CHECKSUM);
	v = ip_check_len(stats, pkt, ip);
	if (!verdict_is_accept(v))
		return v;
	if (ip4_is_multicast(ip->src) || ip4_is_class_e(ip->src) || ip4_is_loopback(ip->src))
		return pkt_drop(stats, pkt, DROP_IP_SOURCE);
	pkt->l4 = (u16)(pkt->l3 + hlen);
	if (ip4_is_fragment(ip))
		return ip_check_fragment(stats, pkt, ip);
	return VERDICT_ACCEPT;
}

verdict ip_check_forwardable(struct drop_stats *stats, struct pkt *pkt)
{
	const struct ip4_hdr *ip = (const struct ip4_hdr *)pkt_l3(pkt);

	if (!ip_source_travels(ip->src))
		return pkt_drop(stats, pkt, DROP_IP_SOURCE);
	if (!ip_dest_travels(ip->dst))
		return pkt_drop(stats, pkt, DROP_IP_DESTINATION);
	return VERDICT_ACCEPT;
}

verdict ip_check_ttl(struct drop_stats *stats, struct pkt *pkt)
{
	const struct ip4_hdr *ip = (const struct ip4_hdr *)pkt_l3(pkt);

	if (ip->ttl <= 1)
		return pkt_drop(stats, pkt, DROP_TTL_EXPIRED);
	return VERDICT_ACCEPT;
}

/* Segments must be of the protocol that their type says, and of some size. */
static bool gso_is_possible(const struct pkt *pkt, u8 proto)
{
	if (pkt->gso_type == GSO_NONE)
		return true;
	if (pkt->gso_size == 0)
		return false;
	return proto == (pkt->gso_type == GSO_TCP4 ? IP_PROTO_TCP : IP_PROTO_UDP);
}

/* One of SYN, RST, or ACK with whatever may go with it: what RFC 9293 section 3.5 can send. URG
 * is tolerated beside a plain SYN or ACK; PSH and the congestion bits say nothing here.          */
static bool tcp_flags_agree(u8 flags)
{
	u8 rest = flags & (TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK | TCP_URG);

	if ((rest & TCP_SYN) != 0)
		return rest == TCP_SYN || rest == (TCP_SYN | TCP_ACK) ||
		       rest == (TCP_SYN | TCP_URG);
	if ((rest & TCP_RST) != 0)
		return (rest & ~TCP_ACK) == TCP_RST;
	return (rest & TCP_ACK) != 0;
}

static verdict tcp_check(struct drop_stats *stats, struct pkt *pkt)
{
	const struct tcp_hdr *tcp = (const struct tcp_hdr *)pkt_l4(pkt);

	if (!tcp_fits(tcp, pkt_l4_len(pkt)))
		return pkt_drop(stats, pkt, DROP_L4_SHORT);
	if (!tcp_flags_agree(tcp->flags))
		return pkt_drop(stats, pkt, DROP_TCP_FLAGS);
	return VERDICT_ACCEPT;
}

static verdict udp_check(struct drop_stats *stats, struct pkt *pkt)
{
	const struct udp_hdr *udp = (const struct udp_hdr *)pkt_l4(pkt);

	if (!udp_fits(udp, pkt_l4_len(pkt)))
		return pkt_drop(stats, pkt, DROP_L4_SHORT);
	return VERDICT_ACCEPT;
}

static verdict icmp_check(struct drop_stats *stats, struct pkt *pkt)
{
	u32 l4_len = pkt_l4_len(pkt);

	if (l4_len < ICMP_HLEN)
		return pkt_drop(stats, pkt, DROP_L4_SHORT);
	if ((pkt->flags & (PKT_CSUM_PARTIAL | PKT_CSUM_VALID)) != 0)
		return VERDICT_ACCEPT;
	if (csum_fold(csum_sum(pkt_l4(pkt), l4_len)) != 0xffff)
		return pkt_drop(stats, pkt, DROP_L4_CHECKSUM);
	return VERDICT_ACCEPT;
}

static verdict l4_check_len(struct drop_stats *stats, struct pkt *pkt, u32 hlen)
{
	if (pkt_l4_len(pkt) < hlen)
		return pkt_drop(stats, pkt, DROP_L4_SHORT);
	return VERDICT_ACCEPT;
}

/* Where a transport's checksum stands, and how long its header is at least; false for one that the
 * road does not look into.                                                                       */
static bool csum_place(u8 proto, u32 *field, u32 *hlen)
{
	*field = offsetof(struct udp_hdr, csum);
	*hlen = UDP_HLEN;
	switch (proto) {
	case IP_PROTO_TCP:
		*field = offsetof(struct tcp_hdr, csum);
		*hlen = TCP_HLEN_MIN;
		return true;
	case IP_PROTO_SCTP:
		*field = SCTP_CSUM_AT;
		*hlen = SCTP_HLEN;
		return true;
	case IP_PROTO_DCCP: *hlen = DCCP_HLEN_MIN; return true;
	case IP_PROTO_UDP:
	case IP_PROTO_UDPLITE: return true;
	default: return false;
	}
}

/* What a driver may leave to be finished: the checksum of the transport header, or one behind it,
 * of a packet in a tunnel. Anything else would write over a field that the road relies on.       */
static bool csum_is_possible(const struct pkt *pkt, const struct ip4_hdr *ip)
{
	u32 behind = pkt->csum_start - ip4_hlen(ip);
	u32 field, hlen;

	if (pkt->csum_start < ip4_hlen(ip) || !pkt_csum_fits(pkt))
		return false;
	if (ip4_is_fragment(ip) || !csum_place(ip->proto, &field, &hlen))
		return true;
	return behind == 0 ? pkt->csum_offset == field : behind >= hlen;
}

/* What a sender left to the hardware is finished here: the facts of a packet can not say which kind
 * of sum it is, and everybody further on would take it for that of TCP and UDP.                  */
static verdict sctp_check(struct drop_stats *stats, struct pkt *pkt)
{
	verdict v = l4_check_len(stats, pkt, SCTP_HLEN);
	u8 *sctp = pkt_l4(pkt);

	if (!verdict_is_accept(v) || !pkt_csum_is_of_l4(pkt))
		return v;
	crc32c_store(sctp + SCTP_CSUM_AT, 0);
	crc32c_store(sctp + SCTP_CSUM_AT, crc32c(sctp, pkt_l4_len(pkt)));
	pkt->flags &= ~(u32)PKT_CSUM_PARTIAL;
	return v;
}

verdict ip_check_l4(struct drop_stats *stats, struct pkt *pkt)
{
	const struct ip4_hdr *ip = (const struct ip4_hdr *)pkt_l3(pkt);

	if ((pkt->flags & PKT_CSUM_PARTIAL) != 0 && !csum_is_possible(pkt, ip))
		return pkt_drop(stats, pkt, DROP_L4_SHORT);
	if (ip4_is_fragment(ip))
		return VERDICT_ACCEPT;
	if (!gso_is_possible(pkt, ip->proto))
		return pkt_drop(stats, pkt, DROP_L4_SHORT);
	switch (ip->proto) {
	case IP_PROTO_TCP: return tcp_check(stats, pkt);
	case IP_PROTO_UDP: return udp_check(stats, pkt);
	case IP_PROTO_ICMP: return icmp_check(stats, pkt);
	case IP_PROTO_SCTP: return sctp_check(stats, pkt);
	case IP_PROTO_DCCP: return l4_check_len(stats, pkt, DCCP_HLEN_MIN);
	case IP_PROTO_UDPLITE: return l4_check_len(stats, pkt, UDPLITE_HLEN);
	default: return VERDICT_ACCEPT;
	}
}
