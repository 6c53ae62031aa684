/* Addresses and prefixes of any family, as routing knows them. */
#ifndef CORE_ROUTING_PREFIX_H
#define CORE_ROUTING_PREFIX_H

#include "core/base/bytes.h"

/* The address family numbers of IANA, as BGP sends them (RFC 4760). */
enum family { FAMILY_NONE = 0, FAMILY_IP4 = 1, FAMILY_IP6 = 2 };

/* Of IPv4 the first word; the others are zero. */
struct ip_addr {
	be32 word[4];
	u8 family;
};

/* Bits behind the length are zero. */
struct ip_prefix {
	struct ip_addr addr;
	u8 len; /* 0..32, of IPv6 ..128 */
};

static inline struct ip_addr ip_addr4(be32 addr)
{
	struct ip_addr out = { .family = FAMILY_IP4 };

	out.word[0] = addr;
	return out;
}

/* The bits behind the length are cleared. Requires: len at most 32. */
static inline struct ip_prefix ip_prefix4(be32 addr, u8 len)
{
	u32 mask = len == 0 ? 0 : UINT32_MAX << (32 - len);

	return (struct ip_prefix){ ip_addr4(be32_of(be32_host(addr) & mask)), len };
}

static inline bool ip_addr_eq(const struct ip_addr *a, const struct ip_addr *b)
{
	return a->family == b->family && a->word[0].raw == b->word[0].raw &&
	       a->word[1].raw == b->word[1].raw && a->word[2].raw == b->word[2].raw &&
	       a->word[3].raw == b->word[3].raw;
}

static inline bool ip_prefix_eq(const struct ip_prefix *a, const struct ip_prefix *b)
{
	return a->len == b->len && ip_addr_eq(&a->addr, &b->addr);
}

/* "192.0.2.1", nothing before or behind it. Of IPv4 only, as yet all that is routed. */
bool ip_addr_parse(const char *text, struct ip_addr *out);
/* "192.0.2.0/24", or an address, which is a /32. False: not one, or bits behind the length. */
bool ip_prefix_parse(const char *text, struct ip_prefix *out);
/* What fits into size bytes; IP_TEXT_SIZE are always enough. */
enum { IP_TEXT_SIZE = 48 };
void ip_addr_print(const struct ip_addr *addr, char *out, u32 size);
void ip_prefix_print(const struct ip_prefix *prefix, char *out, u32 size);

#endif
