/* What the kernel knows of an interface, and word of its changes (rtnetlink).
 *
 * Everything is read anew on each call; there is no copy that could be out of date. Limits:
 * OS_ADDR_MAX addresses, OS_ROUTE_MAX routes by one interface; more are counted and left out.   */
#ifndef HOST_OS_NETLINK_H
#define HOST_OS_NETLINK_H

#include "core/base/bytes.h"

enum { OS_NAME_SIZE = 16, OS_ADDR_MAX = 64, OS_ROUTE_MAX = 256, OS_WHY_SIZE = 256 };

struct os_addr {
	be32 addr;
	u8 prefix_len;
	bool secondary; /* another address of the same prefix comes first */
};

/* A unicast route of the main table that leaves by the interface. */
struct os_route {
	be32 prefix;
	u8 prefix_len; /* 0: the default route */
	be32 gateway;  /* zero: on the link */
	be32 source;   /* preferred source; zero: none given */
	u32 metric;
	bool connected; /* the kernel made it from an address */
	u8 protocol;    /* who put it there, as rtnetlink numbers them */
};

struct os_iface {
	char name[OS_NAME_SIZE];
	u32 index;
	u32 master; /* index of the bridge, bond or VRF that it belongs to; 0: none */
	bool ethernet;
	u8 mac[6];
	u32 mtu;
	bool up;      /* set up by the administrator */
	bool running; /* and has a carrier */
	u32 addr_count;
	struct os_addr addr[OS_ADDR_MAX]; /* primary ones first */
	u32 route_count;
	struct os_route route[OS_ROUTE_MAX]; /* the lowest metric first */
	u32 left_out;                        /* addresses and routes that did not fit */
};

/* False: *why says what is wrong and what would be right. */
bool os_iface_read(const char *name, struct os_iface *out, char *why, size_t why_size);
/* The default gateway by this interface with the lowest metric; false when it has none. */
bool os_iface_gateway(const struct os_iface *iface, be32 *gateway);
bool os_iface_set_up(u32 index, char *why, size_t why_size);
/* The ports that the kernel gives to the host's own sockets (ip_local_port_range). */
bool os_local_ports(u16 *low, u16 *high);

/* Changes of links, IPv4 addresses and IPv4 routes. */
enum os_change {
	OS_CHANGE_LINK = 1 << 0,
	OS_CHANGE_ADDR = 1 << 1,
	OS_CHANGE_ROUTE = 1 << 2,
	OS_CHANGE_LOST = 1 << 3, /* the kernel dropped messages: read everything again */
};

struct os_watch;

struct os_watch *os_watch_new(char *why, size_t why_size);
/* Readable when there is something to read; never blocks. */
int os_watch_fd(const struct os_watch *watch);
/* What changed since the last call, on the given interface (0: any); enum os_change. Reads until
 * the socket is empty.                                                                          */
u32 os_watch_read(struct os_watch *watch, u32 index);
void os_watch_del(struct os_watch *watch);

#endif
