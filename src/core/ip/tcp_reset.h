/* TCP segments made here in somebody's name: the reset that answers one for which there is nobody
 * (RFC 9293 section 3.10.7.1), that of a connection that ends, the question whether one lives.   */
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

/* A keep-alive (RFC 1122 section 4.2.3.6): dst, which expects seq and has sent up to ack, answers
 * with an ACK if it knows the connection, and with a reset if not. NULL when no buffer is free.  */
struct pkt *ip_tcp_keepalive(struct pkt_pool *pool, const struct tcp_ends *ends, u32 seq, u32 ack,
			     u16 window);

#endif
