/* Cutting a packet into fragments (RFC 791 section 3.2, RFC 1812 5.2.6). */
#ifndef CORE_IP_FRAG_H
#define CORE_IP_FRAG_H

#include "core/pkt/pkt.h"

/* Append fragments of pkt of at most mtu bytes to out, which must have room for
 * ip_fragment_count(pkt, mtu) packets. Options with the copied flag go into each, the others into
 * the first. Metadata (out_if, nexthop, flow, flags) is copied. pkt itself stays the caller's.
 * False when buffers ran out: out is then as before.                                             */
bool ip_fragment(struct pkt_pool *pool, const struct pkt *pkt, u32 mtu, struct batch *out);
u32 ip_fragment_count(const struct pkt *pkt, u32 mtu);

#endif
