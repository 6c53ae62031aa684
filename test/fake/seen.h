/* What is in a packet, and whether its checksums are right: for looking at what came out.
 *
 * Written for tests only and independent of the parsers of core. Everything is in host order but
 * addresses.                                                                                     */
#ifndef TEST_FAKE_SEEN_H
#define TEST_FAKE_SEEN_H

#include "core/base/bytes.h"

enum seen_wrong {
	SEEN_CUT = 1 << 0, /* shorter than its headers say */
	SEEN_IP_CSUM = 1 << 1,
	SEEN_L4_CSUM = 1 << 2,       /* never judged for a fragment */
	SEEN_QUOTE_IP_CSUM = 1 << 3, /* of the packet that an ICMP error quotes */
	SEEN_QUOTE_L4_CSUM = 1 << 4, /* judged when the quotation is whole */
};

struct seen {
	be32 src;
	be32 dst;
	u8 proto;
	u8 ttl;
	u8 tos;
	bool df;
	bool mf;
	u16 id;
	u32 frag_offset; /* bytes */
	u32 hlen;        /* of the IP header */
	u32 len;         /* of the IP packet */
	bool has_l4;     /* the fields below were there */
	u16 sport; /* of GRE the folded key, in both */
	u16 dport;
	u8 flags; /* TCP */
	u32 seq;
	u32 ack;
	u16 csum; /* of the transport, as it stands */
	u8 type;  /* ICMP */
	u8 code;
	u16 icmp_id;
	u16 icmp_seq; /* low half of the second word: MTU in a 3/4 */
	u32 l4_hlen;
	const u8 *data; /* behind the transport header; for a fragment, behind the IP header */
	u32 data_len;
	const u8 *quote; /* the packet that an ICMP error quotes; NULL otherwise */
	u32 quote_len;
	u32 wrong; /* enum seen_wrong */
};

/* False when there is not even a whole IP header. */
bool seen_parse(struct seen *seen, const u8 *ip, u32 len);
/* A packet quoted by an ICMP error: it may end anywhere behind the IP header. */
bool seen_parse_quote(struct seen *seen, const u8 *ip, u32 len);
/* One line like tcpdump's, cut at size. */
void seen_print(const struct seen *seen, char *buf, u32 size);
bool seen_is_fragment(const struct seen *seen);
bool seen_is_icmp_error(const struct seen *seen);

#endif
