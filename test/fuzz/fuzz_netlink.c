/* What rtnetlink might say: any bytes as messages about links, addresses, routes and changes.
 *
 *     the input is what a socket gave                                                            */
#include <stdlib.h>

#include "fuzz/input.h"
#include "host/os/netlink_read.h"

static void judge(const struct os_iface *iface)
{
	be32 gateway;

	CHECK(iface->addr_count <= OS_ADDR_MAX && iface->route_count <= OS_ROUTE_MAX);
	for (u32 n = 0; n < iface->addr_count; n++)
		CHECK(iface->addr[n].prefix_len <= 32);
	for (u32 n = 0; n < iface->route_count; n++)
		CHECK(iface->route[n].prefix_len <= 32);
	if (os_iface_gateway(iface, &gateway))
		CHECK(gateway.raw != 0);
}

/* One whole message; that it is whole, libmnl sees to. */
static void read_message(const struct nlmsghdr *message, struct os_iface *iface)
{
	struct os_news news = { .index = 2 };

	(void)os_link_read(message, iface);
	iface->index = 2;
	(void)os_addr_read(message, iface);
	(void)os_route_read(message, iface);
	(void)os_news_read(message, &news);
	CHECK((news.changes & ~(u32)(OS_CHANGE_LINK | OS_CHANGE_ADDR | OS_CHANGE_ROUTE)) == 0);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct os_iface iface = { .index = 2 };

	while (size >= sizeof(struct nlmsghdr)) {
		struct nlmsghdr *message;
		u32 len;

		memcpy(&len, data, sizeof len);
		if (len < sizeof *message || len > size)
			break;
		/* libmnl reads to the end of the last word, as sockets give it. */
		message = calloc(1, (len + 3) & ~3u);
		CHECK(message != NULL);
		memcpy(message, data, len);
		read_message(message, &iface);
		free(message);
		len = u32_min((len + 3) & ~3u, (u32)size);
		data += len;
		size -= len;
	}
	judge(&iface);
	return 0;
}
