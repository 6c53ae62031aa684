/* The IPv6 header, for those who carry it without being its router. */
#ifndef CORE_WIRE_IP6_H
#define CORE_WIRE_IP6_H

#include "core/base/bytes.h"

enum { IP6_HLEN = 40, ETH_TYPE_IP6 = 0x86dd };

struct WIRE ip6_hdr {
	be32 version_class_label; /* 4, 8 and 20 bits */
	be16 len;                 /* of what follows this header */
	u8 next;
	u8 hops;
	u8 src[16];
	u8 dst[16];
};
_Static_assert(sizeof(struct ip6_hdr) == IP6_HLEN, "IPv6 header");

#endif
