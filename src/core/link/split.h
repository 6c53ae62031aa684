/* What a driver hands over as one packet, as the packets that it stands for on the wire. */
#ifndef CORE_LINK_SPLIT_H
#define CORE_LINK_SPLIT_H

#include "core/pkt/pkt.h"

/* A kind that can be split, and in more than one. */
enum split_kind { SPLIT_WHOLE, SPLIT_IP4, SPLIT_IP6 };

enum split_kind split_kind(const struct pkt *pkt);
/* How many packets it stands for. Requires: split_kind said so, and not SPLIT_WHOLE. */
u32 split_count(const struct pkt *pkt, enum split_kind kind);
/* One of them, link header and checksum included; NULL when no buffer is free. */
struct pkt *split_at(const struct pkt *pkt, enum split_kind kind, u32 index);
/* Finishes the checksum of a packet that is no segment, TCP, UDP or SCTP, in a tunnel or not. */
void split_finish_csum(struct pkt *pkt);
/* Marks it as having met congestion; false: its sender does not know of that, or it is not IP.
 * Of IPv4 and IPv6, RFC 3168 section 5.                                                         */
bool split_mark_congestion(struct pkt *pkt);

#endif
