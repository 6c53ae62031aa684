/* Options of the TCP header (RFC 9293 section 3.1). */
#ifndef CORE_WIRE_TCP_OPT_H
#define CORE_WIRE_TCP_OPT_H

#include "core/wire/tcp.h"

enum { TCP_OPT_MSS_LEN = 4 };

/* The option behind opt, or the first one for NULL: kind, a length that counts these two bytes, and
 * the rest, all of it in the header. Fill bytes are passed over. NULL when there is none before the
 * end or a malformed one. Requires: as tcp_opt_find; opt came from here.                         */
const u8 *tcp_opt_next(const struct tcp_hdr *tcp, const u8 *opt);
/* The first option of that kind and size, not of a fill byte; NULL when there is none before the
 * end or a malformed one. Requires: the header is whole, its length at least TCP_HLEN_MIN.       */
const u8 *tcp_opt_find(const struct tcp_hdr *tcp, u8 kind, u32 size);

#endif
