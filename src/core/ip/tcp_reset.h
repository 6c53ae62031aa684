/* The reset that answers a TCP segment for which there is nobody (RFC 9293 section 3.10.7.1). */
#ifndef CORE_IP_TCP_RESET_H
#define CORE_IP_TCP_RESET_H

#include "core/pkt/pkt.h"

/* A new packet from the segment's destination to its source, checksum complete, PKT_LOCAL_OUT; pkt
 * stays the caller's. NULL for a segment that is itself a reset, is cut off, or has an address
 * that is no single host's; NULL when no buffer is free. Directed broadcasts are the caller's to
 * know. Requires: ip_validate accepted pkt, which is no fragment.                                */
struct pkt *ip_tcp_reset(struct pkt_pool *pool, const struct pkt *pkt);

/* Who a segment is from, and to whom. */
struct tcp_ends {
	be32 src;
	be32 dst;
	be16 sport;
	be16 dport;
};

/* A reset that answers nothing: dst expects seq next. NULL when no buffer is free. */
struct pkt *ip_tcp_reset_at(struct pkt_pool *pool, const struct tcp_ends *ends, u32 seq);

#endif
