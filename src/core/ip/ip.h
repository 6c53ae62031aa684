/* IPv4 as a router and host must treat it: validation, options, TTL, sizes (RFC 791, 1122, 1812). */
#ifndef CORE_IP_IP_H
#define CORE_IP_IP_H

#include "core/pkt/pkt.h"
#include "core/wire/ip4.h"

/* RFC 1812 section 5.2.2, plus the addresses that may never stand in a source (5.3.7). Sets l4 and
 * cuts link-layer padding off (len becomes the total length). Does not look at options.
 * A GSO segment from a driver may have a total length of 0 or less than it carries only when
 * pkt->gso_type is set; then the total length is taken from pkt->len.                            */
verdict ip_validate(struct drop_stats *stats, struct pkt *pkt);
/* The options (RFC 791 section 3.1, RFC 1812 4.2.2.1): malformed ones answer with the pointer;
 * source routes are refused (3/5). No-op for a header of 20 bytes.                               */
verdict ip_check_options(struct drop_stats *stats, struct pkt *pkt);
/* Record route and timestamp options of a forwarded packet are filled in with addr, as RFC 1812
 * section 5.2.4 asks; the header checksum follows.                                               */
void ip_fill_options(struct pkt *pkt, be32 addr, u32 ms_since_midnight);
/* In transit: TTL 1 or 0 dies, TTL_EXPIRED (RFC 1812 5.3.1). Does not decrement. */
verdict ip_check_ttl(struct drop_stats *stats, struct pkt *pkt);
/* TTL - 1 and the checksum with it (RFC 1141); sets PKT_TTL_TAKEN. */
void ip_decrement_ttl(struct pkt *pkt);
/* Bytes of the largest IP packet that this one becomes on the wire: gso segments count one by one.*/
u32 ip_wire_len(const struct pkt *pkt);
/* Whether it may leave by a link with this MTU: accepts what fits or may be fragmented; a larger
 * one with DF dies TOO_BIG_DF with drop_arg = mtu. A reassembled packet whose fragments carried DF
 * is measured by its largest fragment.                                                            */
verdict ip_fit_mtu(struct drop_stats *stats, struct pkt *pkt, u32 mtu);

#endif
