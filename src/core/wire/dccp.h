/* The generic header of DCCP (RFC 4340 section 5.1), in its short form. */
#ifndef CORE_WIRE_DCCP_H
#define CORE_WIRE_DCCP_H

enum {
	DCCP_HLEN_MIN = 12,
	DCCP_DOFF_AT = 4, /* length of the header in words of four bytes */
};

#endif
