/* Cutting a packet into fragments (RFC 791 section 3.2, RFC 1812 5.2.6).
 *
 * A packet that was put together here is cut again into pieces no larger than the largest one that
 * came (frag_max), with DF if the largest had it: path MTU discovery of a sender that fragments by
 * itself sees the road as it is. GSO_TCP4 and GSO_UDP_L4 segments are split by pkt_segment first
 * and are never given here.                                                                      */
#ifndef CORE_IP_FRAG_H
#define CORE_IP_FRAG_H

#include "core/pkt/pkt.h"

/* Whether the packet must be cut before it leaves by a link with this MTU. */
bool ip_needs_fragments(const struct pkt *pkt, u32 mtu);
/* How many fragments ip_fragment makes; 1 when it fits. mtu is at least IP4_MTU_MIN. */
u32 ip_fragment_count(const struct pkt *pkt, u32 mtu);
/* Append fragments of pkt of at most mtu bytes to out. Options with the copied flag go into each,
 * the others into the first. Metadata (in_if, out_if, nexthop, flow, flags) is copied. pkt itself
 * stays the caller's; a partial checksum in it is finished. False when buffers ran out, or out has
 * no room for ip_fragment_count(pkt, mtu) packets: out is then as before.                        */
bool ip_fragment(struct pkt_pool *pool, struct pkt *pkt, u32 mtu, struct batch *out);

#endif
