/* Interfaces as rtnetlink tells of them: one question for the link, one dump each for addresses
 * and routes of the whole machine, sifted here: kernels before 4.20 do not sift themselves.     */
#include "host/os/netlink.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>

#include "host/os/nl.h"

struct attr_table {
	const struct nlattr *at[64];
};

static int attr_note(const struct nlattr *attr, void *context)
{
	struct attr_table *table = context;
	u16 type = mnl_attr_get_type(attr);

	if (type < ARRAY_COUNT(table->at))
		table->at[type] = attr;
	return MNL_CB_OK;
}

static u32 attr_u32(const struct nlattr *attr)
{
	return attr != NULL && mnl_attr_get_payload_len(attr) >= 4 ? mnl_attr_get_u32(attr) : 0;
}

static be32 attr_be32(const struct nlattr *attr)
{
	return (be32){ attr_u32(attr) };
}

/* ---- the link ------------------------------------------------------------------------------ */

static int link_read(const struct nlmsghdr *message, void *context)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
	struct os_iface *iface = context;
	struct attr_table table = { { NULL } };
	const struct nlattr *mac;

	(void)mnl_attr_parse(message, sizeof *info, attr_note, &table);
	iface->index = (u32)info->ifi_index;
	iface->ethernet = info->ifi_type == ARPHRD_ETHER;
	iface->up = (info->ifi_flags & IFF_UP) != 0;
	iface->running = iface->up && (info->ifi_flags & IFF_LOWER_UP) != 0;
	iface->mtu = attr_u32(table.at[IFLA_MTU]);
	iface->master = attr_u32(table.at[IFLA_MASTER]);
	mac = table.at[IFLA_ADDRESS];
	if (mac != NULL && mnl_attr_get_payload_len(mac) == sizeof iface->mac)
		memcpy(iface->mac, mnl_attr_get_payload(mac), sizeof iface->mac);
	return MNL_CB_OK;
}

static int link_ask(struct nl *nl, struct os_iface *iface)
{
	char buf[NL_BUF_SIZE];
	struct nlmsghdr *message = nl_message(nl, buf, RTM_GETLINK, NLM_F_ACK);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(message, sizeof *info);

	info->ifi_family = AF_UNSPEC;
	mnl_attr_put_strz(message, IFLA_IFNAME, iface->name);
	return nl_ask(nl, message, link_read, iface);
}

bool os_iface_set_up(u32 index, char *why, size_t why_size)
{
	char buf[NL_BUF_SIZE];
	struct nlmsghdr *message;
	struct ifinfomsg *info;
	struct nl nl;
	int err;

	if (!nl_open(&nl, NETLINK_ROUTE)) {
		(void)snprintf(why, why_size, "netlink: %s", strerror(errno));
		return false;
	}
	message = nl_message(&nl, buf, RTM_NEWLINK, NLM_F_ACK);
	info = mnl_nlmsg_put_extra_header(message, sizeof *info);
	info->ifi_family = AF_UNSPEC;
	info->ifi_index = (int)index;
	info->ifi_flags = IFF_UP;
	info->ifi_change = IFF_UP;
	err = nl_ask(&nl, message, NULL, NULL);
	nl_close(&nl);
	if (err != 0)
		(void)snprintf(why, why_size, "cannot set interface %u up: %s%s", index,
			       strerror(err), err == EPERM ? "; this needs root" : "");
	return err == 0;
}

/* ---- its addresses ------------------------------------------------------------------------- */

static int addr_read(const struct nlmsghdr *message, void *context)
{
	const struct ifaddrmsg *info = mnl_nlmsg_get_payload(message);
	struct os_iface *iface = context;
	struct attr_table table = { { NULL } };
	const struct nlattr *local;
	struct os_addr *addr;

	if (message->nlmsg_type != RTM_NEWADDR || info->ifa_family != AF_INET ||
	    info->ifa_index != iface->index)
		return MNL_CB_OK;
	(void)mnl_attr_parse(message, sizeof *info, attr_note, &table);
	local = table.at[IFA_LOCAL] != NULL ? table.at[IFA_LOCAL] : table.at[IFA_ADDRESS];
	if (local == NULL)
		return MNL_CB_OK;
	if (iface->addr_count == OS_ADDR_MAX) {
		iface->left_out++;
		return MNL_CB_OK;
	}
	addr = &iface->addr[iface->addr_count++];
	addr->addr = attr_be32(local);
	addr->prefix_len = info->ifa_prefixlen;
	/* With a peer, the prefix is the peer's and reaches the far end by a route of its own. */
	if (table.at[IFA_ADDRESS] != NULL && !be32_eq(attr_be32(table.at[IFA_ADDRESS]), addr->addr))
		addr->prefix_len = 32;
	addr->secondary = (info->ifa_flags & IFA_F_SECONDARY) != 0;
	return MNL_CB_OK;
}

static int addr_order(const void *a, const void *b)
{
	const struct os_addr *left = a, *right = b;

	return (int)left->secondary - (int)right->secondary;
}

/* ---- its routes ---------------------------------------------------------------------------- */

static void route_add(struct os_iface *iface, const struct os_route *route)
{
	if (iface->route_count == OS_ROUTE_MAX)
		iface->left_out++;
	else
		iface->route[iface->route_count++] = *route;
}

/* The next hops of a route with several: those by this interface become routes of their own. */
static void route_add_hops(struct os_iface *iface, struct os_route *route,
			   const struct nlattr *multipath)
{
	const u8 *at = mnl_attr_get_payload(multipath);
	size_t left = mnl_attr_get_payload_len(multipath);

	while (left >= sizeof(struct rtnexthop)) {
		const struct rtnexthop *hop = (const void *)at;
		size_t len = hop->rtnh_len;
		struct attr_table table = { { NULL } };

		if (len < sizeof *hop || len > left)
			return;
		(void)mnl_attr_parse_payload(hop + 1, len - sizeof *hop, attr_note, &table);
		if ((u32)hop->rtnh_ifindex == iface->index) {
			route->gateway = attr_be32(table.at[RTA_GATEWAY]);
			route_add(iface, route);
		}
		len = (len + RTNH_ALIGNTO - 1) & ~(size_t)(RTNH_ALIGNTO - 1);
		if (len > left)
			return;
		at += len;
		left -= len;
	}
}

static int route_read(const struct nlmsghdr *message, void *context)
{
	const struct rtmsg *info = mnl_nlmsg_get_payload(message);
	struct os_iface *iface = context;
	struct attr_table table = { { NULL } };
	struct os_route route = { .prefix_len = 0 };
	u32 table_id;

	if (message->nlmsg_type != RTM_NEWROUTE || info->rtm_family != AF_INET ||
	    info->rtm_type != RTN_UNICAST || (info->rtm_flags & RTM_F_CLONED) != 0)
		return MNL_CB_OK;
	(void)mnl_attr_parse(message, sizeof *info, attr_note, &table);
	table_id = table.at[RTA_TABLE] != NULL ? attr_u32(table.at[RTA_TABLE]) : info->rtm_table;
	if (table_id != RT_TABLE_MAIN)
		return MNL_CB_OK;
	route.prefix = attr_be32(table.at[RTA_DST]);
	route.prefix_len = info->rtm_dst_len;
	route.source = attr_be32(table.at[RTA_PREFSRC]);
	route.metric = attr_u32(table.at[RTA_PRIORITY]);
	route.connected = info->rtm_protocol == RTPROT_KERNEL;
	if (table.at[RTA_MULTIPATH] != NULL) {
		route_add_hops(iface, &route, table.at[RTA_MULTIPATH]);
	} else if (attr_u32(table.at[RTA_OIF]) == iface->index) {
		route.gateway = attr_be32(table.at[RTA_GATEWAY]);
		/* An IPv4 route whose gateway has an IPv6 address only (RFC 5549). */
		if (table.at[RTA_VIA] != NULL)
			iface->left_out++;
		else
			route_add(iface, &route);
	}
	return MNL_CB_OK;
}

static int route_order(const void *a, const void *b)
{
	const struct os_route *left = a, *right = b;

	return (left->metric > right->metric) - (left->metric < right->metric);
}

/* ---- all of it ----------------------------------------------------------------------------- */

static int dump_ask(struct nl *nl, u16 type, mnl_cb_t each, struct os_iface *iface)
{
	char buf[NL_BUF_SIZE];
	struct nlmsghdr *message = nl_message(nl, buf, type, NLM_F_DUMP);
	struct rtmsg *info = mnl_nlmsg_put_extra_header(message, sizeof *info);

	info->rtm_family = AF_INET;
	return nl_ask(nl, message, each, iface);
}

static int iface_ask(struct nl *nl, struct os_iface *iface)
{
	int err = link_ask(nl, iface);

	if (err == 0)
		err = dump_ask(nl, RTM_GETADDR, addr_read, iface);
	if (err == 0)
		err = dump_ask(nl, RTM_GETROUTE, route_read, iface);
	return err;
}

bool os_iface_read(const char *name, struct os_iface *out, char *why, size_t why_size)
{
	struct nl nl;
	int err;

	memset(out, 0, sizeof *out);
	if (name[0] == 0 || strlen(name) >= sizeof out->name) {
		(void)snprintf(why, why_size, "'%s' is no name of an interface: 1 to %d letters",
			       name, OS_NAME_SIZE - 1);
		return false;
	}
	memcpy(out->name, name, strlen(name));
	if (!nl_open(&nl, NETLINK_ROUTE)) {
		(void)snprintf(why, why_size, "netlink: %s", strerror(errno));
		return false;
	}
	err = iface_ask(&nl, out);
	nl_close(&nl);
	if (err == ENODEV)
		(void)snprintf(why, why_size,
			       "there is no interface '%s'; `ip link` lists those there are", name);
	else if (err != 0)
		(void)snprintf(why, why_size, "interface '%s': %s", name, strerror(err));
	qsort(out->addr, out->addr_count, sizeof out->addr[0], addr_order);
	qsort(out->route, out->route_count, sizeof out->route[0], route_order);
	return err == 0;
}

bool os_iface_gateway(const struct os_iface *iface, be32 *gateway)
{
	for (u32 i = 0; i < iface->route_count; i++) {
		const struct os_route *route = &iface->route[i];

		if (route->prefix_len == 0 && route->gateway.raw != 0) {
			*gateway = route->gateway;
			return true;
		}
	}
	return false;
}

bool os_local_ports(u16 *low, u16 *high)
{
	FILE *range = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");
	unsigned first = 0, last = 0;
	bool ok;

	if (range == NULL)
		return false;
	ok = fscanf(range, "%u %u", &first, &last) == 2 && first <= last && last <= UINT16_MAX;
	(void)fclose(range);
	*low = (u16)first;
	*high = (u16)last;
	return ok;
}
