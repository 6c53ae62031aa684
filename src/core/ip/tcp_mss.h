/* Lowering the maximum segment size that a SYN announces (RFC 9293 section 3.7.1).
 *
 * For links whose MTU the ends do not learn in time, because somebody on the way swallows the ICMP
 * errors that would tell them. The option is only ever lowered and never added: without one the
 * receiver assumes 536, which fits every link that may call itself one.                          */
#ifndef CORE_IP_TCP_MSS_H
#define CORE_IP_TCP_MSS_H

#include "core/iface/iface.h"
#include "core/pkt/pkt.h"

/* What a SYN between these two interfaces may announce; 0: anything. */
u32 ip_mss_limit(const struct iface_conf *in, const struct iface_conf *out);
/* Lower the option of a SYN or SYN-ACK to `limit`, checksum and all; sets PKT_MSS_LOWERED when it
 * was higher. Anything else, malformed options too, stays as it is. RFC 6691 section 2: the option
 * counts no options, so it is compared with the MTU less both fixed headers.
 * Requires: ip_check_l4 accepted pkt.                                                            */
void ip_mss_lower(struct pkt *pkt, u32 limit);
/* The option as the sender made it: for an error that quotes the packet. */
void ip_mss_restore(struct pkt *pkt);

#endif
