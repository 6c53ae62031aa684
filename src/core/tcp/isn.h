/* Initial sequence numbers (RFC 6528) and timestamp offsets (RFC 7323 section 5.4).             */
#ifndef CORE_TCP_ISN_H
#define CORE_TCP_ISN_H

#include "core/tcp/tcp.h"

/* M + F(local, peer, secret): M ticks every 4 microseconds, F is SipHash. */
u32 tcp_isn(const struct tcp *tcp, const struct tcp_key *key, ns_t now);
/* Added to the clock of milliseconds: one per pair of addresses, so that a peer sees one clock for
 * all connections of ours, whichever port, and learns nothing of how long we run.               */
u32 tcp_ts_offset(const struct tcp *tcp, const struct tcp_key *key);
/* TSval now. */
static inline u32 tcp_ts(u32 offset, ns_t now)
{
	return (u32)(now / NS_PER_MS) + offset;
}

/* RFC 5961 section 7: whether one more challenge ACK may go out in this second; counted. */
bool tcp_may_challenge(struct tcp *tcp, ns_t now);

#endif
