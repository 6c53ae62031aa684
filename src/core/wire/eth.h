/* Ethernet II (IEEE 802.3) and the EtherTypes that concern a gateway. */
#ifndef CORE_WIRE_ETH_H
#define CORE_WIRE_ETH_H

#include "core/base/bytes.h"

enum { ETH_HLEN = 14, ETH_ALEN = 6 };
enum { ETH_TYPE_IP4 = 0x0800, ETH_TYPE_ARP = 0x0806, ETH_TYPE_VLAN = 0x8100 };

struct mac {
	u8 byte[ETH_ALEN];
};

struct WIRE eth_hdr {
	struct mac dst;
	struct mac src;
	be16 type;
};
_Static_assert(sizeof(struct eth_hdr) == ETH_HLEN, "Ethernet header");

#define MAC_BROADCAST ((struct mac){ { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } })

static inline bool mac_eq(const struct mac *a, const struct mac *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}

static inline bool mac_is_broadcast(const struct mac *mac)
{
	struct mac all = MAC_BROADCAST;

	return mac_eq(mac, &all);
}

/* The group bit: broadcast is a group too. */
static inline bool mac_is_group(const struct mac *mac)
{
	return (mac->byte[0] & 1) != 0;
}

static inline bool mac_is_zero(const struct mac *mac)
{
	struct mac zero = { { 0 } };

	return mac_eq(mac, &zero);
}

#endif
