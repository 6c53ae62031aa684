/* UDP (RFC 768). */
#ifndef CORE_WIRE_UDP_H
#define CORE_WIRE_UDP_H

#include "core/base/bytes.h"

enum { UDP_HLEN = 8 };

struct WIRE udp_hdr {
	be16 sport;
	be16 dport;
	be16 len;  /* header and data */
	be16 csum; /* zero: the sender made none */
};
_Static_assert(sizeof(struct udp_hdr) == UDP_HLEN, "UDP header");

/* Whether what a header that is there says of its length fits into l4_len_bytes. */
static inline bool udp_len_fits(const struct udp_hdr *udp, u32 l4_len_bytes)
{
	return be16_host(udp->len) >= UDP_HLEN && be16_host(udp->len) <= l4_len_bytes;
}

/* The same, and the header is there. */
static inline bool udp_fits(const struct udp_hdr *udp, u32 l4_len_bytes)
{
	return l4_len_bytes >= UDP_HLEN && udp_len_fits(udp, l4_len_bytes);
}

#endif
