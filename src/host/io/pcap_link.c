/* Link types of captures. The "cooked" ones of Linux have two forms (LINKTYPE_LINUX_SLL and
 * LINKTYPE_LINUX_SLL2 of the tcpdump group's list), with the same fields in other places.       */
#include "host/io/pcap_link.h"

#include <pcap/pcap.h>

/* DLT_IPV4, which Debian's header has under this number too. */
enum { LINK_IPV4 = 228 };

enum { COOKED_BROADCAST = 1, COOKED_MULTICAST = 2 };

/* Where the fields of a cooked header are. */
struct cooked {
	u32 len;
	u32 kind_at; /* for whom it was; its low octet */
	u32 addr_len_at;
	u32 addr_at;
	u32 type_at; /* an EtherType */
};

static const struct cooked *cooked_of(int type)
{
	static const struct cooked first = { 16, 1, 5, 6, 14 };
	static const struct cooked second = { 20, 10, 11, 12, 0 };

	switch (type) {
	case DLT_LINUX_SLL: return &first;
	case DLT_LINUX_SLL2: return &second;
	default: return NULL;
	}
}

bool pcap_link_is_known(int type)
{
	return type == DLT_EN10MB || type == DLT_RAW || type == LINK_IPV4 ||
	       cooked_of(type) != NULL;
}

u32 pcap_link_len(int type)
{
	const struct cooked *cooked = cooked_of(type);

	if (type == DLT_EN10MB)
		return ETH_HLEN;
	return cooked != NULL ? cooked->len : 0;
}

void pcap_link_eth(int type, const u8 *frame, struct eth_hdr *eth)
{
	static const struct mac all_hosts = { { 0x01, 0x00, 0x5e, 0x00, 0x00, 0x01 } };
	const struct cooked *cooked = cooked_of(type);

	if (cooked == NULL) {
		memcpy(eth, frame, sizeof *eth);
		return;
	}
	memset(eth, 0, sizeof *eth);
	if (frame[cooked->kind_at] == COOKED_BROADCAST)
		eth->dst = MAC_BROADCAST;
	else if (frame[cooked->kind_at] == COOKED_MULTICAST)
		eth->dst = all_hosts;
	if (frame[cooked->addr_len_at] == ETH_ALEN)
		memcpy(&eth->src, frame + cooked->addr_at, ETH_ALEN);
	eth->type = be16_load(frame + cooked->type_at);
}
