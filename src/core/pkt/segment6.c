/* As segment.c, for IPv6. Where the transport header is, the driver has said: with every segment
 * comes a partial checksum (VIRTIO 1.2, 5.1.6.2), and that begins there. So nothing has to be known
 * of extension headers, which are the same in all parts.                                        */
#include "core/pkt/segment6.h"
#include "core/pkt/segment.h"
#include "core/wire/checksum.h"
#include "core/wire/ip4.h"
#include "core/wire/ip6.h"
#include "core/wire/tcp.h"
#include "core/wire/udp.h"

static u32 l4_hlen(const struct pkt *pkt)
{
	if (pkt->gso_type == GSO_TCP6)
		return tcp_hlen((const struct tcp_hdr *)(pkt_l3(pkt) + pkt->csum_start));
	return UDP_HLEN;
}

bool pkt6_is_segmentable(const struct pkt *pkt)
{
	bool tcp = pkt->gso_type == GSO_TCP6;
	u32 field = tcp ? offsetof(struct tcp_hdr, csum) : offsetof(struct udp_hdr, csum);
	u32 hlen_min = tcp ? TCP_HLEN_MIN : UDP_HLEN;

	if ((!tcp && pkt->gso_type != GSO_UDP_L4) || pkt->gso_size == 0 ||
	    (pkt->flags & PKT_CSUM_PARTIAL) == 0 || pkt->csum_offset != field ||
	    pkt->csum_start < IP6_HLEN || pkt->csum_start + hlen_min > pkt->len)
		return false;
	return l4_hlen(pkt) >= hlen_min && pkt->csum_start + l4_hlen(pkt) <= pkt->len;
}

u32 pkt6_segment_count(const struct pkt *pkt)
{
	u32 payload_len = pkt->len - pkt->csum_start - l4_hlen(pkt);

	return payload_len == 0 ? 1 : (payload_len + pkt->gso_size - 1) / pkt->gso_size;
}

static be16 segment6_csum(const struct pkt *segment, u8 proto)
{
	const struct ip6_hdr *ip = (const struct ip6_hdr *)pkt_l3(segment);
	u32 l4_len = pkt_l4_len(segment);
	u64 sum = csum_sum(ip->src, sizeof ip->src + sizeof ip->dst) + be16_of(proto).raw +
		  be16_of((u16)l4_len).raw;

	return csum_finish(sum + csum_sum(pkt_l4(segment), l4_len));
}

static void segment6_set_tcp(struct pkt *segment, u32 start, bool last)
{
	struct tcp_hdr *tcp = (struct tcp_hdr *)pkt_l4(segment);

	tcp->seq = be32_of(be32_host(tcp->seq) + start);
	if (start > 0)
		tcp->flags &= (u8)~TCP_CWR;
	if (!last)
		tcp->flags &= (u8) ~(TCP_FIN | TCP_PSH);
	tcp->csum = (be16){ 0 };
	tcp->csum = segment6_csum(segment, IP_PROTO_TCP);
}

static void segment6_set_udp(struct pkt *segment)
{
	struct udp_hdr *udp = (struct udp_hdr *)pkt_l4(segment);

	udp->len = be16_of((u16)pkt_l4_len(segment));
	udp->csum = (be16){ 0 };
	udp->csum = segment6_csum(segment, IP_PROTO_UDP);
	if (udp->csum.raw == 0)
		udp->csum = be16_of(0xffff);
}

struct pkt *pkt6_segment_at(struct pkt_pool *pool, const struct pkt *pkt, u32 index)
{
	u32 header_len = pkt->csum_start + l4_hlen(pkt);
	u32 start = index * pkt->gso_size;
	u32 part_len = u32_min(pkt->gso_size, pkt->len - header_len - start);
	struct pkt *segment;

	CHECK(index < pkt6_segment_count(pkt));
	segment = pkt_new(pool, header_len + part_len);
	if (segment == NULL)
		return NULL;
	pkt_inherit(segment, pkt);
	memcpy(pkt_l3(segment), pkt_l3(pkt), header_len);
	memcpy(pkt_l3(segment) + header_len, pkt_l3(pkt) + header_len + start, part_len);
	segment->l4 = (u16)(segment->l3 + pkt->csum_start);
	((struct ip6_hdr *)pkt_l3(segment))->len = be16_of((u16)(segment->len - IP6_HLEN));
	if (pkt->gso_type == GSO_TCP6)
		segment6_set_tcp(segment, start, header_len + start + part_len == pkt->len);
	else
		segment6_set_udp(segment);
	return segment;
}
