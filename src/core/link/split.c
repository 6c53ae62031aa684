/* Frames of any kind come in here unvalidated; what a frame says of itself is believed only as far
 * as its length bears it out.                                                                    */
#include "core/link/split.h"
#include "core/pkt/segment.h"
#include "core/pkt/segment6.h"
#include "core/wire/checksum.h"
#include "core/wire/crc32c.h"
#include "core/wire/eth.h"
#include "core/wire/ip4.h"
#include "core/wire/ip6.h"
#include "core/wire/sctp.h"
#include "core/wire/udp.h"

enum { ECN4_MASK = 0x03, CLASS6_AT = 1, CLASS6_ECN = 0x30 };

static u32 link_len_of(const struct pkt *pkt)
{
	return (u32)(pkt->l3 - pkt->l2);
}

/* 4 or 6; 0: neither, or cut off. */
static u32 ip_version(const struct pkt *pkt)
{
	u32 version = pkt->len > 0 ? pkt_l3(pkt)[0] >> 4 : 0;
	u16 type;

	if (link_len_of(pkt) >= ETH_HLEN) {
		type = be16_host(be16_load(pkt_l3(pkt) - sizeof(be16)));
		if (type != (version == 4 ? ETH_TYPE_IP4 : ETH_TYPE_IP6))
			return 0;
	}
	if (version == 4 && pkt->len >= IP4_HLEN_MIN &&
	    ip4_hlen((const struct ip4_hdr *)pkt_l3(pkt)) >= IP4_HLEN_MIN)
		return 4;
	return version == 6 && pkt->len >= IP6_HLEN ? 6 : 0;
}

enum split_kind split_kind(const struct pkt *pkt)
{
	u32 version;

	if (LIKELY(pkt->gso_type == GSO_NONE) || link_len_of(pkt) > PKT_HEADROOM)
		return SPLIT_WHOLE;
	version = ip_version(pkt);
	if (version == 4 && pkt_is_segmentable(pkt))
		return SPLIT_IP4;
	return version == 6 && pkt6_is_segmentable(pkt) ? SPLIT_IP6 : SPLIT_WHOLE;
}

u32 split_count(const struct pkt *pkt, enum split_kind kind)
{
	return kind == SPLIT_IP4 ? pkt_segment_count(pkt) : pkt6_segment_count(pkt);
}

struct pkt *split_at(const struct pkt *pkt, enum split_kind kind, u32 index)
{
	struct pkt *part = kind == SPLIT_IP4
				   ? pkt_segment_at(pkt->pool, pkt, index, PKT_CSUM_COMPLETE)
				   : pkt6_segment_at(pkt->pool, pkt, index);

	if (part == NULL)
		return NULL;
	part->l2 = (u16)(part->l3 - link_len_of(pkt));
	memcpy(pkt_frame(part), pkt_frame(pkt), link_len_of(pkt));
	return part;
}

/* The offset of the field tells the protocol, also of a packet in a tunnel: where that of SCTP is,
 * no other protocol that a kernel leaves to a card has its sum.                                  */
void split_finish_csum(struct pkt *pkt)
{
	u8 *start = pkt_l3(pkt) + pkt->csum_start, *field = start + pkt->csum_offset;
	u32 len = pkt->len - pkt->csum_start;
	be16 csum;

	if ((pkt->flags & PKT_CSUM_PARTIAL) == 0 || pkt->gso_type != GSO_NONE ||
	    !pkt_csum_fits(pkt))
		return;
	pkt->flags &= ~(u32)PKT_CSUM_PARTIAL;
	if (pkt->csum_offset == SCTP_CSUM_AT) {
		if (len < SCTP_HLEN)
			return;
		crc32c_store(field, 0);
		crc32c_store(field, crc32c(start, len));
		return;
	}
	csum = csum_finish(csum_sum(start, len));
	if (csum.raw == 0 && pkt->csum_offset == offsetof(struct udp_hdr, csum))
		csum = be16_of(0xffff);
	be16_store(field, csum);
}

bool split_mark_congestion(struct pkt *pkt)
{
	u32 version = ip_version(pkt);
	struct ip4_hdr *ip = (struct ip4_hdr *)pkt_l3(pkt);
	be16 before;

	if (version == 4) {
		if ((ip->tos & ECN4_MASK) == 0)
			return false;
		before = be16_load(ip);
		ip->tos |= ECN4_MASK;
		ip->csum = csum_replace16(ip->csum, before, be16_load(ip));
		return true;
	}
	if (version != 6 || (pkt_l3(pkt)[CLASS6_AT] & CLASS6_ECN) == 0)
		return false;
	pkt_l3(pkt)[CLASS6_AT] |= CLASS6_ECN;
	return true;
}
