/* ICMP (RFC 792, 1122, 1191, 1812). */
#ifndef CORE_WIRE_ICMP_H
#define CORE_WIRE_ICMP_H

#include "core/base/bytes.h"

enum { ICMP_HLEN = 8 };

enum icmp_type {
	ICMP_ECHO_REPLY = 0,
	ICMP_UNREACH = 3,
	ICMP_SOURCE_QUENCH = 4,
	ICMP_REDIRECT = 5,
	ICMP_ECHO = 8,
	ICMP_TIME_EXCEEDED = 11,
	ICMP_PARAM_PROBLEM = 12,
	ICMP_TIMESTAMP = 13,
	ICMP_TIMESTAMP_REPLY = 14,
	ICMP_INFO = 15,
	ICMP_INFO_REPLY = 16,
	ICMP_MASK = 17,
	ICMP_MASK_REPLY = 18,
};

enum icmp_unreach_code {
	ICMP_UNREACH_NET = 0,
	ICMP_UNREACH_HOST = 1,
	ICMP_UNREACH_PROTO = 2,
	ICMP_UNREACH_PORT = 3,
	ICMP_UNREACH_FRAG = 4,
	ICMP_UNREACH_SRC_ROUTE = 5,
	ICMP_UNREACH_PROHIBITED = 13,
};

enum icmp_exceeded_code { ICMP_EXCEEDED_TRANSIT = 0, ICMP_EXCEEDED_REASSEMBLY = 1 };

struct WIRE icmp_hdr {
	u8 type;
	u8 code;
	be16 csum;
	union {
		struct {
			be16 id;
			be16 seq;
		} query;
		struct {
			be16 unused;
			be16 mtu;
		} frag;
		struct {
			u8 pointer;
			u8 unused[3];
		} param;
		be32 gateway;
		be32 word;
	};
};
_Static_assert(sizeof(struct icmp_hdr) == ICMP_HLEN, "ICMP header");

/* An error quotes the packet that it is about; RFC 1122 section 3.2.2. */
static inline bool icmp_is_error(u8 type)
{
	return type == ICMP_UNREACH || type == ICMP_SOURCE_QUENCH || type == ICMP_REDIRECT ||
	       type == ICMP_TIME_EXCEEDED || type == ICMP_PARAM_PROBLEM;
}

static inline bool icmp_is_request(u8 type)
{
	return type == ICMP_ECHO || type == ICMP_TIMESTAMP || type == ICMP_INFO ||
	       type == ICMP_MASK;
}

static inline bool icmp_is_reply(u8 type)
{
	return type == ICMP_ECHO_REPLY || type == ICMP_TIMESTAMP_REPLY ||
	       type == ICMP_INFO_REPLY || type == ICMP_MASK_REPLY;
}

/* The request that a reply of this type answers. */
static inline u8 icmp_request_of(u8 reply_type)
{
	return reply_type == ICMP_ECHO_REPLY ? ICMP_ECHO : (u8)(reply_type - 1);
}

#endif
