/* One packet out of a capture. */
#ifndef HOST_IO_PCAP_PACKET_H
#define HOST_IO_PCAP_PACKET_H

#include "core/base/bytes.h"

enum { PCAP_PACKET_MAX = 1536 };

struct pcap_packet {
	u32 len;      /* bytes that are kept, from the IP header on */
	u32 full_len; /* that the packet had */
	u8 bytes[PCAP_PACKET_MAX];
};

/* Packet `number` of the file, 1 is the first. False: why says what is wrong. */
bool pcap_packet(const char *path, u64 number, struct pcap_packet *out, char *why, size_t why_size);

#endif
