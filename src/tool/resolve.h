/* Names to addresses and back.
 *
 * Reverse names are kept per address, a bounded number of them, and a resolver that does not answer
 * is asked no more after a few times: a tool must not stand still for every line it prints. */
#ifndef SLUICE_TOOL_RESOLVE_H
#define SLUICE_TOOL_RESOLVE_H

#include <netinet/in.h>

#include "core/base/bytes.h"
#include "tool/tool_text.h"

#define RESOLVE_NAME_SIZE  256
#define RESOLVE_CACHE_SIZE 64
/* "name (255.255.255.255)" */
#define RESOLVE_SHOWN_SIZE (RESOLVE_NAME_SIZE + 24)

struct resolve_entry {
	struct in_addr addr;
	char name[RESOLVE_NAME_SIZE]; /* empty: has none */
};

struct resolver {
	bool numeric; /* never ask */
	u32 silent_count;
	u32 entry_count;
	u32 next_index; /* replaced next when full */
	struct resolve_entry entries[RESOLVE_CACHE_SIZE];
};

/* Bounds the waiting for a DNS server, unless the user set RES_OPTIONS. Call before any other. */
void resolve_init(struct resolver *resolver, bool numeric);

/* An IPv4 address, dotted or by name. is_numeric tells which. */
bool resolve_host(const char *host, struct in_addr *addr, bool *is_numeric, struct tool_why *why);

/* Whether it is a name as hosts have them: letters, digits, hyphens and dots, and underscores. Who
 * has an address chooses what it resolves to, and a terminal would obey other bytes.            */
bool resolve_is_name(const char *text);

/* The name of an address; NULL when it has none or names are not wanted. Valid until the next
 * call. */
const char *resolve_name(struct resolver *resolver, struct in_addr addr);

/* "name (address)", or "address" alone when there is no name. Returns text. */
const char *resolve_show(struct resolver *resolver, struct in_addr addr,
			 char text[RESOLVE_SHOWN_SIZE]);

#endif
