/* Where metrics may be listened for: the command line asks, too, and has no engine. */
#include <arpa/inet.h>
#include <stdlib.h>

#include "host/ctl/metrics.h"

bool metrics_parse_address(const char *where, be32 *addr, u16 *port)
{
	const char *colon = strrchr(where, ':');
	char host[INET_ADDRSTRLEN];
	char *end;
	unsigned long number;

	if (!colon || (size_t)(colon - where) >= sizeof host || colon[1] < '0' || colon[1] > '9')
		return false;
	memcpy(host, where, (size_t)(colon - where));
	host[colon - where] = 0;
	number = strtoul(colon + 1, &end, 10);
	if (*end || number == 0 || number > UINT16_MAX || inet_pton(AF_INET, host, addr) != 1)
		return false;
	*port = (u16)number;
	return be32_host(*addr) >> 24 == 127;
}
