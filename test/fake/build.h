/* Packets for tests: put together layer by layer, right by default, broken where a test says so.
 *
 *     struct build b;
 *     build_udp4(&b, addr("10.10.0.5"), 5000, addr("198.18.0.9"), 53, 32);
 *     build_ip(&b)->ttl = 1;
 *     build_seal(&b);                      lengths and checksums as they should be
 *     build_ip(&b)->csum.raw ^= 1;         what is changed after sealing stays wrong
 *
 * Ports, lengths and identifiers are in host order, addresses be32. The bytes begin with the IP
 * header, or with a link header after build_eth().                                              */
#ifndef TEST_FAKE_BUILD_H
#define TEST_FAKE_BUILD_H

#include "core/pkt/pkt.h"
#include "core/wire/arp.h"
#include "core/wire/icmp.h"
#include "core/wire/ip4.h"
#include "core/wire/tcp.h"
#include "core/wire/udp.h"

enum { BUILD_MAX = 65535 + ETH_HLEN };

struct build {
	u32 len;
	u32 l3; /* 14 after build_eth(), else 0 */
	u32 l4; /* 0 until there is an IP header */
	u8 bytes[BUILD_MAX];
};

/* "10.10.0.5"; a malformed one stops the program. */
be32 addr(const char *text);

void build_start(struct build *b);
void build_eth(struct build *b, const struct mac *dst, const struct mac *src, u16 type);
void build_ip4(struct build *b, be32 src, be32 dst, u8 proto);
/* Directly after build_ip4(); padded to words with END. */
void build_ip_options(struct build *b, const void *options, u32 len);
void build_udp(struct build *b, u16 sport, u16 dport);
void build_tcp(struct build *b, u16 sport, u16 dport, u8 flags, u32 seq, u32 ack);
void build_tcp_options(struct build *b, const void *options, u32 len);
/* word is the second half of the header as the network sees it, in host order: id << 16 | seq. */
void build_icmp(struct build *b, u8 type, u8 code, u32 word);
void build_sctp(struct build *b, u16 sport, u16 dport, u32 tag);
/* One more chunk; padded. */
void build_sctp_chunk(struct build *b, u8 type, u8 flags, const void *value, u32 len);
/* With 48 bits of sequence number and, where the type has one, of acknowledgement number. */
void build_dccp(struct build *b, u16 sport, u16 dport, u8 type, u64 seq, u64 ack);
void build_bytes(struct build *b, const void *bytes, u32 len);
/* len bytes that differ from each other: fill, fill + 1, ... */
void build_payload(struct build *b, u32 len, u8 fill);
/* Total length, UDP length, data offset stay as they are unless zero; checksums are computed. A
 * fragment's transport header is left alone.                                                    */
void build_seal(struct build *b);
/* The IP header's checksum alone. */
void build_seal_ip(struct build *b);

struct ip4_hdr *build_ip(struct build *b);
void *build_l4(struct build *b);
struct udp_hdr *build_udp_hdr(struct build *b);
struct tcp_hdr *build_tcp_hdr(struct build *b);
struct icmp_hdr *build_icmp_hdr(struct build *b);
u8 *build_data(struct build *b); /* what follows the transport header */

/* Whole packets, sealed, without a link header. */
void build_udp4(struct build *b, be32 src, u16 sport, be32 dst, u16 dport, u32 payload_len);
void build_tcp4(struct build *b, be32 src, u16 sport, be32 dst, u16 dport, u8 flags);
/* Other sequence numbers for a sealed TCP packet. */
void build_tcp4_at(struct build *b, u32 seq, u32 ack);
void build_echo4(struct build *b, be32 src, be32 dst, u8 type, u16 id, u16 seq);
/* An ICMP error of `from` to `to`; build_quote() ends it with the first bytes of an IP packet. */
void build_error4(struct build *b, be32 from, be32 to, u8 type, u8 code, u32 word);
void build_quote(struct build *b, const void *ip, u32 quote_len);
/* An ARP frame to everybody. */
void build_arp(struct build *b, u16 op, const struct mac *sha, be32 spa, be32 tpa);

/* Cut a sealed IP packet into fragment number index of pieces of piece_len (a multiple of 8)
 * bytes of payload. False when there is no such fragment.                                       */
bool build_fragment(struct build *out, const struct build *whole, u32 piece_len, u32 index);
/* The fragment that carries payload bytes [offset, offset + len); more says MF. */
void build_fragment_at(struct build *out, const struct build *whole, u32 offset, u32 len,
		       bool more);

/* As a driver hands it in: frame in buffer, l2 and l3 set, len to the end of the frame, link-layer
 * flags from the destination address. NULL when the pool is empty.                              */
struct pkt *build_pkt(struct pkt_pool *pool, const struct build *b, u16 in_if);

#endif
