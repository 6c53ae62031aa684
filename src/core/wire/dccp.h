/* DCCP: the generic header, in both its forms (RFC 4340 section 5.1). */
#ifndef CORE_WIRE_DCCP_H
#define CORE_WIRE_DCCP_H

#include "core/base/bytes.h"

enum {
	DCCP_HLEN_MIN = 12,  /* with 24 bits of sequence number */
	DCCP_HLEN_LONG = 16, /* with 48 */
	DCCP_DOFF_AT = 4,    /* length of the header in words of four bytes */
	DCCP_COVERAGE_AT = 5,
	DCCP_CSUM_AT = 6,
	DCCP_TYPE_AT = 8,  /* three bits, the type, and whether the sequence number is long */
	DCCP_SEQ_AT = 9,   /* of 24 bits */
	DCCP_SEQ_LONG_AT = 10,
	DCCP_ACK_AT = 1,      /* behind the generic header: of 24 bits */
	DCCP_ACK_LONG_AT = 2,
	DCCP_ACK_LEN = 4,
	DCCP_ACK_LONG_LEN = 8,
};

enum dccp_type {
	DCCP_REQUEST = 0,
	DCCP_RESPONSE = 1,
	DCCP_DATA = 2,
	DCCP_ACK = 3,
	DCCP_DATA_ACK = 4,
	DCCP_CLOSE_REQ = 5,
	DCCP_CLOSE = 6,
	DCCP_RESET = 7,
	DCCP_SYNC = 8,
	DCCP_SYNC_ACK = 9,
	DCCP_LISTEN = 10, /* RFC 5596 */
	DCCP_TYPE_COUNT
};

static inline bool dccp_is_long(const u8 *dccp)
{
	return (dccp[DCCP_TYPE_AT] & 1) != 0;
}

static inline u32 dccp_type(const u8 *dccp)
{
	return dccp[DCCP_TYPE_AT] >> 1 & 15u;
}

/* What no header of that type may be shorter than (RFC 4340 section 5). */
static inline u32 dccp_hlen_min(u32 type, bool is_long)
{
	switch (type) {
	case DCCP_DATA: return is_long ? DCCP_HLEN_LONG : DCCP_HLEN_MIN;
	case DCCP_ACK:
	case DCCP_DATA_ACK:
		return is_long ? DCCP_HLEN_LONG + DCCP_ACK_LONG_LEN : DCCP_HLEN_MIN + DCCP_ACK_LEN;
	case DCCP_REQUEST:
	case DCCP_LISTEN: return DCCP_HLEN_LONG + 4; /* service code */
	case DCCP_RESPONSE:
	case DCCP_RESET: return DCCP_HLEN_LONG + DCCP_ACK_LONG_LEN + 4;
	default: return DCCP_HLEN_LONG + DCCP_ACK_LONG_LEN;
	}
}

#endif
