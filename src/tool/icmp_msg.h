/* ICMP echo messages as the tools build and read them, and the words for ICMP errors.
 *
 * Pure functions of bytes; the headers are core/wire's. Everything that comes from a socket is
 * checked against its length here before a field is read. */
#ifndef SLUICE_TOOL_ICMP_MSG_H
#define SLUICE_TOOL_ICMP_MSG_H

#include "core/base/bytes.h"

#define ICMP_TEXT_SIZE   96
#define ICMP_PATTERN_MAX 16
/* The largest payload of an echo request: 65,535 less 20 bytes of IP and 8 of ICMP. */
#define ICMP_PAYLOAD_MAX 65507

/* What the payload is filled with: the pattern over and over, or 0, 1, 2 ... when len is 0. */
struct icmp_pattern {
	u8 bytes[ICMP_PATTERN_MAX];
	u32 len;
};

struct icmp_echo {
	u8 type;
	u8 code;
	u16 id;
	u16 seq;
	bool csum_good;
	const u8 *payload;
	u32 payload_len;
};

/* An ICMP error as a raw socket shows it, with the echo request that it quotes. */
struct icmp_report {
	u8 type;
	u8 code;
	u32 info; /* MTU, pointer, or gateway in network order: see icmp_error_text */
	be32 quoted_dst;
	u16 quoted_id;
	u16 quoted_seq;
};

struct icmp_mismatch {
	u32 at; /* index in the payload */
	u8 want;
	u8 got;
};

/* Writes an echo request of 8 + payload_len bytes and its checksum; the caller's buffer holds
 * them. */
u32 icmp_build_echo(u8 *out, u16 id, u16 seq, const struct icmp_pattern *pattern, u32 payload_len);

/* Length of the IPv4 header at the front of a raw socket's packet; 0 when there is none of ICMP. */
u32 icmp_after_ip(const u8 *packet, u32 len, u8 *ttl);

/* False when shorter than a header. Any type is read; the caller looks at it. */
bool icmp_parse_echo(const u8 *msg, u32 len, struct icmp_echo *echo);

/* False unless msg is an ICMP error with a good checksum that quotes an echo request from its first
 * fragment. Eight quoted bytes after the IP header are enough, RFC 792. */
bool icmp_parse_report(const u8 *msg, u32 len, struct icmp_report *report);

/* Compares a payload with what was sent; false and *wrong on the first byte that differs. */
bool icmp_check_payload(const struct icmp_echo *echo, const struct icmp_pattern *pattern,
			struct icmp_mismatch *wrong);

/* The sentence for an ICMP error, as iputils words it. info is the MTU for type 3 code 4, the
 * pointer for type 12, the gateway (network order) for type 5. Returns text. */
const char *icmp_error_text(u8 type, u8 code, u32 info, char text[ICMP_TEXT_SIZE]);

#endif
