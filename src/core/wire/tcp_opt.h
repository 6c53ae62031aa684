/* Options of the TCP header (RFC 9293 section 3.1). */
#ifndef CORE_WIRE_TCP_OPT_H
#define CORE_WIRE_TCP_OPT_H

#include "core/wire/tcp.h"

enum { TCP_OPT_MSS_LEN = 4 };

/* Bytes of the option at opt[0..left), left > 0; zero: it is malformed, and so is all behind it. */
static inline u32 tcp_opt_len(const u8 *opt, u32 left)
{
	if (*opt == TCP_OPT_NOP || *opt == TCP_OPT_END)
		return 1;
	return left < 2 || opt[1] < 2 || opt[1] > left ? 0 : opt[1];
}

/* The first option of that kind and size; NULL when there is none before the end or a malformed
 * one. Requires: the header is whole, its length at least TCP_HLEN_MIN.                          */
const u8 *tcp_opt_find(const struct tcp_hdr *tcp, u8 kind, u32 size);

#endif
