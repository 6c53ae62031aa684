/* What stands before IP in a capture: nothing, an Ethernet header, or what Linux has in its place
 * where several interfaces are captured at once (`tcpdump -i any`).                             */
#ifndef HOST_IO_PCAP_LINK_H
#define HOST_IO_PCAP_LINK_H

#include "core/wire/eth.h"

/* Of a capture of another link type, as libpcap numbers them. */
#define PCAP_LINK_RIGHT                                                                            \
	"Ethernet (1), raw IP (12, 101, 228) or 'tcpdump -i any' (113, 276) would do"

/* type: what pcap_datalink() says, here and below. */
bool pcap_link_is_known(int type);
/* Bytes before the network layer; 0: raw IP, or a type that is not known. */
u32 pcap_link_len(int type);
/* The header as Ethernet would have it. Requires pcap_link_len() bytes of frame, and that there are
 * some. What Linux keeps has no destination: it is zero for a single station, and a group's address
 * where it says that the packet was for one; a source that is not of Ethernet is zero, too.     */
void pcap_link_eth(int type, const u8 *frame, struct eth_hdr *eth);

#endif
