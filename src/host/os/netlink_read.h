/* What messages of rtnetlink say, as callbacks of libmnl. Functions of bytes; no socket. */
#ifndef HOST_OS_NETLINK_READ_H
#define HOST_OS_NETLINK_READ_H

#include <libmnl/libmnl.h>

#include "host/os/netlink.h"

/* context: struct os_iface. What is of another interface than iface->index is left out, but for
 * os_link_read, which sets the index.                                                           */
int os_link_read(const struct nlmsghdr *message, void *context);
int os_addr_read(const struct nlmsghdr *message, void *context);
int os_route_read(const struct nlmsghdr *message, void *context);

/* What changed, enum os_change, on the interface of this index (0: any). */
struct os_news {
	u32 index;
	u32 changes;
};

/* context: struct os_news. */
int os_news_read(const struct nlmsghdr *message, void *context);

#endif
