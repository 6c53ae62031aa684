/* Segments that stand for many (GSO) and checksums that are not finished yet.
 *
 * Both travel through the gateway as they are; what is here is for the way out that cannot take
 * them. Requires everywhere: ip_validate and ip_check_l4 accepted the packet.                   */
#ifndef CORE_PKT_SEGMENT_H
#define CORE_PKT_SEGMENT_H

#include "core/pkt/pkt.h"

enum pkt_csum {
	PKT_CSUM_COMPLETE,      /* finish the checksum of each segment */
	PKT_CSUM_LEAVE_PARTIAL, /* the way out does: PKT_CSUM_PARTIAL, pseudo-header's sum in place */
};

/* PKT_CSUM_PARTIAL becomes a complete checksum (a UDP checksum of zero is sent as 0xffff, RFC 768);
 * without that flag nothing happens. Not for GSO_TCP4 and GSO_UDP_L4.                            */
void pkt_finish_csum(struct pkt *pkt);
/* Bytes of IP and transport header of a GSO segment, which each of its parts repeats. */
u32 pkt_gso_header_len(const struct pkt *pkt);
/* How many packets pkt_segment makes of it; 1 for what is no GSO_TCP4 or GSO_UDP_L4. */
u32 pkt_segment_count(const struct pkt *pkt);
/* Split a GSO_TCP4 or GSO_UDP_L4 segment as a network card would and append the parts to out. pkt
 * stays the caller's. All or nothing: false when buffers ran out or out has no room.             */
bool pkt_segment(struct pkt_pool *pool, const struct pkt *pkt, enum pkt_csum csum,
		 struct batch *out);

#endif
