/* ARP for IPv4 over Ethernet (RFC 826, 5227). */
#ifndef CORE_WIRE_ARP_H
#define CORE_WIRE_ARP_H

#include "core/wire/eth.h"

enum { ARP_LEN = 28, ARP_HTYPE_ETHERNET = 1, ARP_REQUEST = 1, ARP_REPLY = 2 };

struct WIRE arp_hdr {
	be16 htype;
	be16 ptype;
	u8 hlen;
	u8 plen;
	be16 op;
	struct mac sha; /* sender hardware address */
	be32 spa;       /* sender protocol address */
	struct mac tha;
	be32 tpa;
};
_Static_assert(sizeof(struct arp_hdr) == ARP_LEN, "ARP packet");

#endif
