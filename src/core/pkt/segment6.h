/* Splitting IPv6 segments that stand for many, for who carries frames of every kind: the gateway
 * itself speaks IPv4 only (segment.h).                                                          */
#ifndef CORE_PKT_SEGMENT6_H
#define CORE_PKT_SEGMENT6_H

#include "core/pkt/pkt.h"

/* Whether the packet, of which nothing but its kind of frame is known, is a GSO_TCP6 or GSO_UDP_L4
 * segment of IPv6 that can be split. Extension headers before the transport header are allowed. */
bool pkt6_is_segmentable(const struct pkt *pkt);
/* How many segments it stands for. Requires: pkt6_is_segmentable. */
u32 pkt6_segment_count(const struct pkt *pkt);
/* Segment `index` of them, its checksum finished; NULL when no buffer is free. */
struct pkt *pkt6_segment_at(struct pkt_pool *pool, const struct pkt *pkt, u32 index);

#endif
