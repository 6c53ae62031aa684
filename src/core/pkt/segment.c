/* Splitting segments and finishing checksums in software, as a network card would (VIRTIO 1.2,
 * 5.1.6.2). The parts of a segment differ from it in lengths, IP identifier, sequence number,
 * flags and checksums, and in nothing else.                                                      */
#include "core/pkt/segment.h"
#include "core/wire/checksum.h"
#include "core/wire/ip4.h"
#include "core/wire/tcp.h"
#include "core/wire/udp.h"

static const u32 flags_of_one_only = PKT_CSUM_PARTIAL | PKT_CSUM_VALID | PKT_REASSEMBLED |
				     PKT_FRAG_DF | PKT_CUT;

void pkt_inherit(struct pkt *pkt, const struct pkt *from)
{
	pkt->in_if = from->in_if;
	pkt->zone = from->zone;
	pkt->out_if = from->out_if;
	pkt->nexthop = from->nexthop;
	pkt->flags = from->flags & ~flags_of_one_only;
	pkt->flow = from->flow;
	pkt->flow_gen = from->flow_gen;
	pkt->rx_ns = from->rx_ns;
	pkt->mss_before = from->mss_before;
}

static bool pkt_is_splittable(const struct pkt *pkt)
{
	return pkt->gso_type == GSO_TCP4 || pkt->gso_type == GSO_UDP_L4;
}

static const struct ip4_hdr *pkt_ip4(const struct pkt *pkt)
{
	return (const struct ip4_hdr *)pkt_l3(pkt);
}

/* Zero in a UDP header says that there is no checksum, so a sum of zero is sent as its twin. */
static be16 csum_of_udp(be16 csum)
{
	return csum.raw == 0 ? be16_of(0xffff) : csum;
}

be16 pkt_csum_value(const struct pkt *pkt)
{
	const u8 *start = pkt_l3(pkt) + pkt->csum_start;
	be16 csum;

	CHECK((pkt->flags & PKT_CSUM_PARTIAL) != 0);
	CHECK(!pkt_is_splittable(pkt));
	CHECK(pkt_csum_fits(pkt));
	csum = csum_finish(csum_sum(start, pkt->len - pkt->csum_start));
	if (pkt_ip4(pkt)->proto == IP_PROTO_UDP)
		return csum_of_udp(csum);
	return csum;
}

bool pkt_csum_is_right(const struct pkt *pkt)
{
	const struct ip4_hdr *ip = pkt_ip4(pkt);
	const struct udp_hdr *udp = (const struct udp_hdr *)pkt_l4(pkt);
	u32 len = pkt_l4_len(pkt);

	if ((pkt->flags & (PKT_CSUM_PARTIAL | PKT_CSUM_VALID)) != 0 || pkt->gso_type != GSO_NONE ||
	    (ip->proto != IP_PROTO_TCP && ip->proto != IP_PROTO_UDP))
		return true;
	if (ip->proto == IP_PROTO_UDP) {
		if (udp->csum.raw == 0)
			return true;
		len = u32_min(len, be16_host(udp->len));
	}
	return csum_fold(csum_pseudo(ip->src, ip->dst, ip->proto, len) + csum_sum(udp, len)) ==
	       0xffff;
}

void pkt_finish_csum(struct pkt *pkt)
{
	if ((pkt->flags & PKT_CSUM_PARTIAL) == 0)
		return;
	if (pkt_csum_fits(pkt))
		be16_store(pkt_l3(pkt) + pkt->csum_start + pkt->csum_offset, pkt_csum_value(pkt));
	pkt->flags &= ~(u32)PKT_CSUM_PARTIAL;
}

u32 pkt_gso_header_len(const struct pkt *pkt)
{
	u32 ip_hlen = ip4_hlen(pkt_ip4(pkt));

	if (pkt->gso_type == GSO_TCP4)
		return ip_hlen + tcp_hlen((const struct tcp_hdr *)(pkt_l3(pkt) + ip_hlen));
	return ip_hlen + UDP_HLEN;
}

bool pkt_is_segmentable(const struct pkt *pkt)
{
	bool tcp = pkt->gso_type == GSO_TCP4;
	u32 hlen_min = ip4_hlen(pkt_ip4(pkt)) + (tcp ? TCP_HLEN_MIN : UDP_HLEN);
	u32 header_len;

	if (!pkt_is_splittable(pkt) || pkt->gso_size == 0 || pkt->len < hlen_min ||
	    pkt_ip4(pkt)->proto != (tcp ? IP_PROTO_TCP : IP_PROTO_UDP))
		return false;
	header_len = pkt_gso_header_len(pkt);
	return header_len >= hlen_min && header_len <= pkt->len;
}

u32 pkt_segment_count(const struct pkt *pkt)
{
	u32 header_len, payload_len;

	if (!pkt_is_splittable(pkt))
		return 1;
	header_len = pkt_gso_header_len(pkt);
	CHECK(pkt->gso_size > 0);
	CHECK(header_len <= pkt->len);
	payload_len = pkt->len - header_len;
	return payload_len == 0 ? 1 : (payload_len + pkt->gso_size - 1) / pkt->gso_size;
}

/* The pseudo-header's sum into the field, and all the rest on top of it if asked. */
static void segment_set_csum(struct pkt *segment, be16 *field, enum pkt_csum csum)
{
	const struct ip4_hdr *ip = pkt_ip4(segment);
	u32 l4_len = pkt_l4_len(segment);
	u64 pseudo = csum_pseudo(ip->src, ip->dst, ip->proto, l4_len);

	*field = (be16){ csum_fold(pseudo) };
	if (csum == PKT_CSUM_LEAVE_PARTIAL) {
		segment->flags |= PKT_CSUM_PARTIAL;
		segment->csum_start = (u16)(segment->l4 - segment->l3);
		segment->csum_offset = (u16)((u8 *)field - pkt_l4(segment));
		return;
	}
	*field = csum_finish(csum_sum(pkt_l4(segment), l4_len));
	if (ip->proto == IP_PROTO_UDP)
		*field = csum_of_udp(*field);
}

static void segment_set_tcp(struct pkt *segment, u32 start, bool last, enum pkt_csum csum)
{
	struct tcp_hdr *tcp = (struct tcp_hdr *)pkt_l4(segment);

	tcp->seq = be32_of(be32_host(tcp->seq) + start);
	if (start > 0)
		tcp->flags &= (u8)~TCP_CWR;
	if (!last)
		tcp->flags &= (u8) ~(TCP_FIN | TCP_PSH);
	segment_set_csum(segment, &tcp->csum, csum);
}

static void segment_set_udp(struct pkt *segment, enum pkt_csum csum)
{
	struct udp_hdr *udp = (struct udp_hdr *)pkt_l4(segment);

	udp->len = be16_of((u16)pkt_l4_len(segment));
	segment_set_csum(segment, &udp->csum, csum);
}

static void segment_set_ip(struct pkt *segment, u32 index)
{
	struct ip4_hdr *ip = (struct ip4_hdr *)pkt_l3(segment);

	ip->len = be16_of((u16)segment->len);
	ip->id = be16_of((u16)(be16_host(ip->id) + index));
	ip->csum = (be16){ 0 };
	ip->csum = csum_finish(csum_sum(ip, ip4_hlen(ip)));
}

struct pkt *pkt_segment_at(struct pkt_pool *pool, const struct pkt *pkt, u32 index,
			   enum pkt_csum csum)
{
	u32 header_len = pkt_gso_header_len(pkt);
	u32 start = index * pkt->gso_size;
	u32 part_len = u32_min(pkt->gso_size, pkt->len - header_len - start);
	struct pkt *segment;

	CHECK(pkt_is_splittable(pkt));
	CHECK(index < pkt_segment_count(pkt));
	segment = pkt_new(pool, header_len + part_len);
	if (segment == NULL)
		return NULL;
	pkt_inherit(segment, pkt);
	memcpy(pkt_l3(segment), pkt_l3(pkt), header_len);
	memcpy(pkt_l3(segment) + header_len, pkt_l3(pkt) + header_len + start, part_len);
	segment->l4 = (u16)(segment->l3 + ip4_hlen(pkt_ip4(pkt)));
	segment_set_ip(segment, index);
	if (pkt->gso_type == GSO_TCP4)
		segment_set_tcp(segment, start, header_len + start + part_len == pkt->len, csum);
	else
		segment_set_udp(segment, csum);
	return segment;
}

bool pkt_segment(struct pkt_pool *pool, const struct pkt *pkt, enum pkt_csum csum,
		 struct batch *out)
{
	u32 count = pkt_segment_count(pkt);
	u32 before = out->count;

	CHECK(pkt_is_splittable(pkt));
	if (count > BATCH_MAX - before)
		return false;
	for (u32 index = 0; index < count; index++) {
		struct pkt *segment = pkt_segment_at(pool, pkt, index, csum);

		if (segment == NULL) {
			while (out->count > before)
				pkt_put(out->pkt[--out->count]);
			return false;
		}
		(void)batch_add(out, segment);
	}
	return true;
}
