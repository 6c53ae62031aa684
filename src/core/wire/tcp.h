/* The TCP header and its options (RFC 9293 section 3.1, 7323, 2018). */
#ifndef CORE_WIRE_TCP_H
#define CORE_WIRE_TCP_H

#include "core/base/bytes.h"

enum { TCP_HLEN_MIN = 20, TCP_HLEN_MAX = 60 };

enum tcp_flag {
	TCP_FIN = 0x01,
	TCP_SYN = 0x02,
	TCP_RST = 0x04,
	TCP_PSH = 0x08,
	TCP_ACK = 0x10,
	TCP_URG = 0x20,
	TCP_ECE = 0x40, /* RFC 3168 section 6.1 */
	TCP_CWR = 0x80, /* the window was reduced, said once: section 6.1.2 */
};

enum tcp_option {
	TCP_OPT_END = 0,
	TCP_OPT_NOP = 1,
	TCP_OPT_MSS = 2,
	TCP_OPT_WSCALE = 3,
	TCP_OPT_SACK_PERMITTED = 4,
	TCP_OPT_SACK = 5,
	TCP_OPT_TIMESTAMPS = 8,
	TCP_OPT_MD5 = 19, /* RFC 2385 */
	TCP_OPT_AO = 29,  /* RFC 5925 section 2.2 */
};

enum { TCP_WSCALE_MAX = 14 }; /* RFC 7323 section 2.3 */

struct WIRE tcp_hdr {
	be16 sport;
	be16 dport;
	be32 seq;
	be32 ack;
	u8 doff; /* high nibble: header length in words */
	u8 flags;
	be16 window;
	be16 csum;
	be16 urgent;
};
_Static_assert(sizeof(struct tcp_hdr) == TCP_HLEN_MIN, "TCP header");

/* "syn"; bit: from 0 to 7, of the byte of flags. */
const char *tcp_flag_name(u32 bit);

static inline u32 tcp_hlen(const struct tcp_hdr *tcp)
{
	return (u32)(tcp->doff >> 4) * 4;
}

/* Whether a header is there, and all of it within l4_len_bytes. */
static inline bool tcp_fits(const struct tcp_hdr *tcp, u32 l4_len_bytes)
{
	return l4_len_bytes >= TCP_HLEN_MIN && tcp_hlen(tcp) >= TCP_HLEN_MIN &&
	       tcp_hlen(tcp) <= l4_len_bytes;
}

/* Sequence numbers live on a circle of 2^32 and are compared only by these (RFC 9293 3.4). */
static inline bool seq_lt(u32 a, u32 b)
{
	return (s32)(a - b) < 0;
}

static inline bool seq_le(u32 a, u32 b)
{
	return (s32)(a - b) <= 0;
}

static inline bool seq_gt(u32 a, u32 b)
{
	return (s32)(a - b) > 0;
}

static inline bool seq_ge(u32 a, u32 b)
{
	return (s32)(a - b) >= 0;
}

#endif
