/* What rtnetlink might say: any bytes as messages about links, addresses, routes and changes.
 *
 *     the input is what a socket gave                                                            */
#include <linux/rtnetlink.h>
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

/* An address as the kernel tells of it, put together anew, is read for what it is. */
static void judge_address(const u8 *data, size_t size)
{
	struct {
		struct nlmsghdr head;
		struct ifaddrmsg info;
		struct nlattr local;
		u8 addr[4];
		struct nlattr peer;
		u8 far[4];
	} message;
	struct os_iface iface = { .index = 2 };
	bool has_peer;

	if (size < 10)
		return;
	memset(&message, 0, sizeof message);
	message.head = (struct nlmsghdr){ .nlmsg_len = sizeof message, .nlmsg_type = RTM_NEWADDR };
	message.info = (struct ifaddrmsg){ .ifa_family = AF_INET,
					   .ifa_prefixlen = data[0] % 33,
					   .ifa_flags = data[1],
					   .ifa_index = 2 };
	message.local = (struct nlattr){ .nla_len = 8, .nla_type = IFA_LOCAL };
	message.peer = (struct nlattr){ .nla_len = 8, .nla_type = IFA_ADDRESS };
	memcpy(message.addr, data + 2, 4);
	memcpy(message.far, data + 6, 4);
	has_peer = memcmp(message.addr, message.far, 4) != 0;
	CHECK(os_addr_read(&message.head, &iface) == MNL_CB_OK);
	CHECK(iface.addr_count == 1 && be32_eq(iface.addr[0].addr, be32_load(message.addr)));
	CHECK(iface.addr[0].prefix_len == (has_peer ? 32 : data[0] % 33));
	CHECK(iface.addr[0].secondary == ((data[1] & IFA_F_SECONDARY) != 0));
}

/* The same of a route. */
static void judge_route(const u8 *data, size_t size)
{
	struct {
		struct nlmsghdr head;
		struct rtmsg info;
		struct nlattr dst;
		u8 prefix[4];
		struct nlattr gateway;
		u8 via[4];
		struct nlattr oif;
		u32 index;
	} message;
	struct os_iface iface = { .index = 2 };
	be32 gateway;

	if (size < 10)
		return;
	memset(&message, 0, sizeof message);
	message.head = (struct nlmsghdr){ .nlmsg_len = sizeof message,
					  .nlmsg_type = RTM_NEWROUTE };
	message.info = (struct rtmsg){ .rtm_family = AF_INET,
				       .rtm_dst_len = data[0] % 33,
				       .rtm_table = RT_TABLE_MAIN,
				       .rtm_protocol = data[1],
				       .rtm_type = RTN_UNICAST };
	message.dst = (struct nlattr){ .nla_len = 8, .nla_type = RTA_DST };
	message.gateway = (struct nlattr){ .nla_len = 8, .nla_type = RTA_GATEWAY };
	message.oif = (struct nlattr){ .nla_len = 8, .nla_type = RTA_OIF };
	message.index = 1 + data[2] % 3;
	memcpy(message.prefix, data + 2, 4);
	memcpy(message.via, data + 6, 4);
	CHECK(os_route_read(&message.head, &iface) == MNL_CB_OK);
	CHECK(iface.route_count == (message.index == 2));
	if (iface.route_count == 0)
		return;
	CHECK(be32_eq(iface.route[0].prefix, be32_load(message.prefix)));
	CHECK(iface.route[0].prefix_len == data[0] % 33);
	CHECK(be32_eq(iface.route[0].gateway, be32_load(message.via)));
	CHECK(iface.route[0].connected == (data[1] == RTPROT_KERNEL));
	if (data[0] % 33 == 0 && be32_load(message.via).raw != 0)
		CHECK(os_iface_gateway(&iface, &gateway) &&
		      be32_eq(gateway, be32_load(message.via)));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct os_iface iface = { .index = 2 };

	judge_address(data, size);
	judge_route(data, size);
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
