/* IPv4 options as a list of bytes (RFC 791 section 3.1). */
#ifndef CORE_IP_IP_OPT_H
#define CORE_IP_IP_OPT_H

#include "core/base/bytes.h"

enum ip_option {
	IP_OPT_END = 0,
	IP_OPT_NOP = 1,
	IP_OPT_RECORD_ROUTE = 7,
	IP_OPT_TIMESTAMP = 68,
	IP_OPT_LOOSE_ROUTE = 131,
	IP_OPT_STRICT_ROUTE = 137,
	IP_OPT_ROUTER_ALERT = 148, /* RFC 2113 */
	IP_OPT_COPIED = 0x80,      /* flag: goes into every fragment */
};

/* Length of the option at opt, of which `left` bytes, at least one, are in the header; 0 when that
 * is impossible.                                                                                 */
static inline u32 ip_option_len(const u8 *opt, u32 left)
{
	if (opt[0] == IP_OPT_END || opt[0] == IP_OPT_NOP)
		return 1;
	if (left < 2 || opt[1] < 2 || opt[1] > left)
		return 0;
	return opt[1];
}

static inline bool ip_option_is_source_route(u8 type)
{
	return type == IP_OPT_LOOSE_ROUTE || type == IP_OPT_STRICT_ROUTE;
}

#endif
