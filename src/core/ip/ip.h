/* IPv4 as a router and host must treat it: validation, options, TTL, sizes (RFC 791, 1122, 1812).
 *
 * A packet passes ip_validate first; every other function here relies on it: the header is whole,
 * l4 stands behind it, and len is the total length.                                             */
#ifndef CORE_IP_IP_H
#define CORE_IP_IP_H

#include "core/iface/iface.h"
#include "core/pkt/pkt.h"
#include "core/wire/checksum.h"
#include "core/wire/ip4.h"

/* RFC 1812 section 5.2.2, plus the addresses that may never stand in a source (5.3.7) and the
 * impossible fragments (FRAG_MALFORMED). Sets l4 and cuts link-layer padding off (len becomes the
 * total length). Does not look at options. A source of zero passes: DHCP needs it, and
 * ip_check_forwardable keeps it from being forwarded.
 * A GSO segment from a driver may have a total length of 0 or less than it carries only when
 * pkt->gso_type is set; then the total length is taken from pkt->len.                            */
verdict ip_validate(struct drop_stats *stats, struct pkt *pkt);

/* Whether ip_validate would accept a common packet: 20 bytes of header, no fragment, the length of
 * the frame or padded. Sets l4 and len like it. False says nothing but "ask ip_validate".       */
static ALWAYS_INLINE bool ip_is_plain(struct pkt *pkt)
{
	const struct ip4_hdr *ip = (const struct ip4_hdr *)pkt_l3(pkt);
	u32 total_len, source_net;

	if (pkt->len < IP4_HLEN_MIN || ip->version_ihl != 0x45)
		return false;
	total_len = be16_host(ip->len);
	if (total_len < IP4_HLEN_MIN || total_len > pkt->len)
		return false;
	if (pkt->gso_type != GSO_NONE && total_len != pkt->len)
		return false;
	source_net = be32_host(ip->src) >> 24;
	if (source_net >= 224 || source_net == 127 || ip4_is_fragment(ip))
		return false;
	if (!csum_is_right(csum_sum20(ip)))
		return false;
	pkt->len = total_len;
	pkt->l4 = (u16)(pkt->l3 + IP4_HLEN_MIN);
	return true;
}

/* ip_validate with the common packet decided inline. */
static ALWAYS_INLINE verdict ip_validate_fast(struct drop_stats *stats, struct pkt *pkt)
{
	if (LIKELY(ip_is_plain(pkt)))
		return VERDICT_ACCEPT;
	return ip_validate(stats, pkt);
}

/* Whether an address can be one host's: what may be answered (RFC 1122 section 3.2.1.3). */
static inline bool ip_is_one_host(be32 addr)
{
	return !ip4_is_zeronet(addr) && !ip4_is_loopback(addr) && !ip4_is_multicast(addr) &&
	       !ip4_is_class_e(addr);
}

/* Whether a packet from or to the address may be forwarded (RFC 1812 section 5.3.7, RFC 3927
 * section 7).                                                                                    */
static inline bool ip_source_travels(be32 addr)
{
	return !ip4_is_zeronet(addr) && !ip4_is_loopback(addr) && !ip4_is_link_local(addr);
}

static inline bool ip_dest_travels(be32 addr)
{
	return ip_source_travels(addr) && !ip4_is_class_e(addr);
}

/* The header checksum, made anew. */
static inline void ip_set_csum(struct ip4_hdr *ip)
{
	ip->csum = (be16){ 0 };
	ip->csum = csum_finish(csum_sum(ip, ip4_hlen(ip)));
}

/* Addresses that are good on a link but not through a router (RFC 1812 5.3.7, 3927 section 7):
 * from 0/8, 127/8, link-local: IP_SOURCE; to 0/8, 127/8, class E, link-local: IP_DESTINATION.   */
verdict ip_check_forwardable(struct drop_stats *stats, struct pkt *pkt);
/* The transport header of a whole packet (a fragment passes unseen): UDP, TCP, ICMP, SCTP, DCCP
 * and UDP-Lite headers complete and their lengths possible (L4_SHORT), what the driver said of
 * checksum and segments possible (L4_SHORT), TCP flags that can stand together (TCP_FLAGS), the
 * ICMP checksum right (L4_CHECKSUM) unless the driver vouches for it.                            */
verdict ip_check_l4(struct drop_stats *stats, struct pkt *pkt);
/* The options (RFC 791 section 3.1, RFC 1812 4.2.2.1): malformed ones die IP_OPTIONS with
 * drop_arg = the offset of the bad octet in the header; source routes die IP_SOURCE_ROUTE (3/5).
 * No-op for a header of 20 bytes.                                                                */
verdict ip_check_options(struct drop_stats *stats, struct pkt *pkt);
/* Of a header that is whole, in a quotation for example. */
bool ip_has_source_route(const struct ip4_hdr *ip);
/* Record route and timestamp options of a forwarded packet are filled in with addr, as RFC 1812
 * section 5.2.4 asks; the header checksum follows. Requires: ip_check_options accepted.          */
void ip_fill_options(struct pkt *pkt, be32 addr, u32 ms_since_midnight);
/* In transit: TTL 1 or 0 dies, TTL_EXPIRED (RFC 1812 5.3.1). Does not decrement. */
verdict ip_check_ttl(struct drop_stats *stats, struct pkt *pkt);
/* TTL - 1 and the checksum with it (RFC 1141); sets PKT_TTL_TAKEN. */
static inline void ip_decrement_ttl(struct pkt *pkt)
{
	struct ip4_hdr *ip = (struct ip4_hdr *)pkt_l3(pkt);

	CHECK(ip->ttl > 0);
	ip->ttl--;
	/* The high byte of its word, RFC 1141. To read the word again would wait for the store. */
	ip->csum = csum_replace16(ip->csum, be16_of(0x0100), be16_of(0));
	pkt->flags |= PKT_TTL_TAKEN;
}

/* Bytes of the largest IP packet that this one becomes on the wire: each gso segment by itself. */
u32 ip_wire_len(const struct pkt *pkt);
/* Whether an interface takes a GSO_TCP4 or GSO_UDP_L4 segment whole: it splits that kind by itself,
 * and what it makes of it fits.                                                                  */
bool ip_takes_segments(const struct iface_conf *out, const struct pkt *pkt);
/* Whether it may leave by a link with this MTU: accepts what fits or may be fragmented; a larger
 * one with DF dies TOO_BIG_DF with drop_arg = mtu. A reassembled packet whose fragments carried DF
 * is measured by its largest fragment.                                                           */
verdict ip_fit_mtu(struct drop_stats *stats, struct pkt *pkt, u32 mtu);

#endif
