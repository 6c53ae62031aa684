/* Segments that stand for many (GSO) and checksums that are not finished yet.
 *
 * Both travel through the gateway as they are; what is here is for the way out that cannot take
 * them. Requires, but for pkt_is_segmentable: ip_validate and ip_check_l4 accepted the packet.  */
#ifndef CORE_PKT_SEGMENT_H
#define CORE_PKT_SEGMENT_H

#include "core/pkt/pkt.h"

enum pkt_csum {
	PKT_CSUM_COMPLETE,      /* finish the checksum of each segment */
	PKT_CSUM_LEAVE_PARTIAL, /* the way out does it: PKT_CSUM_PARTIAL */
};

/* What a part of a packet, or a whole made of parts, has from it: where it came from, where it
 * goes, its flow, its flags. Facts of checksums, segments and fragments are not inherited.       */
void pkt_inherit(struct pkt *pkt, const struct pkt *from);
/* Whether the field that PKT_CSUM_PARTIAL speaks of lies inside the packet; a driver says where. */
static inline bool pkt_csum_fits(const struct pkt *pkt)
{
	return (u32)pkt->csum_start + pkt->csum_offset + sizeof(be16) <= pkt->len;
}
/* Whether the field is that of the transport header at l4. It may as well be one further inside, of
 * a packet in a tunnel: then the checksum at l4, if there is one, is whole and counts on it.     */
static inline bool pkt_csum_is_of_l4(const struct pkt *pkt)
{
	return (pkt->flags & PKT_CSUM_PARTIAL) != 0 && pkt->csum_start == pkt->l4 - pkt->l3;
}
/* What a partial checksum becomes when it is finished. Requires: PKT_CSUM_PARTIAL, it fits, and no
 * GSO_TCP4 or GSO_UDP_L4.                                                                        */
be16 pkt_csum_value(const struct pkt *pkt);
/* Whether the TCP or UDP checksum is right, as far as it can be told: the driver's word for it
 * counts (PKT_CSUM_VALID, PKT_CSUM_PARTIAL), a UDP checksum of zero is none (RFC 768), a GSO
 * segment never was one packet, and of other protocols nothing is known. Requires: the packet is
 * whole.                                                                                         */
bool pkt_csum_is_right(const struct pkt *pkt);
/* PKT_CSUM_PARTIAL becomes a complete checksum (a UDP checksum of zero is sent as 0xffff, RFC 768);
 * without that flag nothing happens. Not for GSO_TCP4 and GSO_UDP_L4.                            */
void pkt_finish_csum(struct pkt *pkt);
/* Whether it is a GSO_TCP4 or GSO_UDP_L4 that can be split. Requires no more than ip_validate: of
 * what died before ip_check_l4 nobody knows whether the headers that its parts repeat are there. */
bool pkt_is_segmentable(const struct pkt *pkt);
/* Bytes of IP and transport header of a GSO segment, which each of its parts repeats. */
u32 pkt_gso_header_len(const struct pkt *pkt);
/* How many packets pkt_segment makes of it; 1 for what is no GSO_TCP4 or GSO_UDP_L4. */
u32 pkt_segment_count(const struct pkt *pkt);
/* Part `index` of them alone; NULL when no buffer is free. */
struct pkt *pkt_segment_at(struct pkt_pool *pool, const struct pkt *pkt, u32 index,
			   enum pkt_csum csum);
/* Split a GSO_TCP4 or GSO_UDP_L4 segment as a network card would and append the parts to out. pkt
 * stays the caller's. All or nothing: false when buffers ran out or out has no room.             */
bool pkt_segment(struct pkt_pool *pool, const struct pkt *pkt, enum pkt_csum csum,
		 struct batch *out);

#endif
