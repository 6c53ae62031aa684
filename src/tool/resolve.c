/* Names to addresses and back. */
#include "tool/resolve.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>

/* So many look-ups in a row without an answer, and no more are made. */
#define SILENT_MAX 2

void resolve_init(struct resolver *resolver, bool numeric)
{
	memset(resolver, 0, sizeof(*resolver));
	resolver->numeric = numeric;
	setenv("RES_OPTIONS", "timeout:2 attempts:2", 0);
}

bool resolve_host(const char *host, struct in_addr *addr, bool *is_numeric, struct tool_why *why)
{
	struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_DGRAM };
	struct addrinfo *found = NULL;
	struct sockaddr_in address;
	struct in6_addr addr6;
	int error;

	*is_numeric = inet_aton(host, addr) == 1;
	if (*is_numeric)
		return true;
	if (inet_pton(AF_INET6, host, &addr6) == 1)
		return tool_refuse(why,
				   "%s: IPv6 is not spoken here; right is an IPv4 address or "
				   "a name that has one",
				   host);
	error = getaddrinfo(host, NULL, &hints, &found);
	if (error != 0)
		return tool_refuse(why, "%s: %s; right is an IPv4 address or a name that has one",
				   host, gai_strerror(error));
	memcpy(&address, found->ai_addr, sizeof(address));
	*addr = address.sin_addr;
	freeaddrinfo(found);
	return true;
}

bool resolve_is_name(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-._";

	return text[0] != '\0' && text[strspn(text, letters)] == '\0';
}

/* An empty name is an answer too, and kept. */
static void look_up(struct resolver *resolver, struct in_addr addr, char name[RESOLVE_NAME_SIZE])
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = addr };
	int error = getnameinfo((const struct sockaddr *)&address, sizeof(address), name,
				RESOLVE_NAME_SIZE, NULL, 0, NI_NAMEREQD);

	if (error != 0 || !resolve_is_name(name))
		name[0] = '\0';
	resolver->silent_count = error == EAI_AGAIN ? resolver->silent_count + 1 : 0;
}

static struct resolve_entry *find_entry(struct resolver *resolver, struct in_addr addr)
{
	for (u32 index = 0; index < resolver->entry_count; index++)
		if (resolver->entries[index].addr.s_addr == addr.s_addr)
			return &resolver->entries[index];
	return NULL;
}

static struct resolve_entry *take_entry(struct resolver *resolver)
{
	struct resolve_entry *entry = &resolver->entries[resolver->next_index];

	resolver->next_index = (resolver->next_index + 1) % RESOLVE_CACHE_SIZE;
	if (resolver->entry_count < RESOLVE_CACHE_SIZE)
		resolver->entry_count++;
	return entry;
}

const char *resolve_name(struct resolver *resolver, struct in_addr addr)
{
	struct resolve_entry *entry;

	if (resolver->numeric)
		return NULL;
	entry = find_entry(resolver, addr);
	if (!entry && resolver->silent_count < SILENT_MAX) {
		entry = take_entry(resolver);
		entry->addr = addr;
		look_up(resolver, addr, entry->name);
	}
	return entry && entry->name[0] ? entry->name : NULL;
}

const char *resolve_show(struct resolver *resolver, struct in_addr addr,
			 char text[RESOLVE_SHOWN_SIZE])
{
	const char *name = resolve_name(resolver, addr);
	char dotted[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &addr, dotted, sizeof(dotted));
	if (name)
		snprintf(text, RESOLVE_SHOWN_SIZE, "%s (%s)", name, dotted);
	else
		snprintf(text, RESOLVE_SHOWN_SIZE, "%s", dotted);
	return text;
}
