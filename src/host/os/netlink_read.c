/* Messages of rtnetlink, read with every length looked at: nothing here trusts who sent them. */
#include "host/os/netlink_read.h"

#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

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

/* Whether there is all of the header that a message of its type begins with. */
static bool is_whole(const struct nlmsghdr *message, size_t header_len)
{
	return mnl_nlmsg_get_payload_len(message) >= header_len;
}

/* ---- the link ------------------------------------------------------------------------------ */

int os_link_read(const struct nlmsghdr *message, void *context)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
	struct os_iface *iface = context;
	struct attr_table table = { { NULL } };
	const struct nlattr *mac;

	if (!is_whole(message, sizeof *info))
		return MNL_CB_OK;
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

/* ---- its addresses ------------------------------------------------------------------------- */

int os_addr_read(const struct nlmsghdr *message, void *context)
{
	const struct ifaddrmsg *info = mnl_nlmsg_get_payload(message);
	struct os_iface *iface = context;
	struct attr_table table = { { NULL } };
	const struct nlattr *local;
	struct os_addr *addr;

	if (message->nlmsg_type != RTM_NEWADDR || !is_whole(message, sizeof *info) ||
	    info->ifa_family != AF_INET || info->ifa_index != iface->index ||
	    info->ifa_prefixlen > 32)
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

int os_route_read(const struct nlmsghdr *message, void *context)
{
	const struct rtmsg *info = mnl_nlmsg_get_payload(message);
	struct os_iface *iface = context;
	struct attr_table table = { { NULL } };
	struct os_route route = { .prefix_len = 0 };
	u32 table_id;

	if (message->nlmsg_type != RTM_NEWROUTE || !is_whole(message, sizeof *info) ||
	    info->rtm_family != AF_INET || info->rtm_dst_len > 32 ||
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
	route.protocol = info->rtm_protocol;
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

/* ---- word of changes ----------------------------------------------------------------------- */

static int watch_oif(const struct nlattr *attr, void *context)
{
	if (mnl_attr_get_type(attr) == RTA_OIF)
		*(u32 *)context = attr_u32(attr);
	return MNL_CB_OK;
}

/* A route without a single way out (several next hops) counts as everybody's. */
static u32 watch_route_index(const struct nlmsghdr *message)
{
	u32 index = 0;

	(void)mnl_attr_parse(message, sizeof(struct rtmsg), watch_oif, &index);
	return index;
}

int os_news_read(const struct nlmsghdr *message, void *context)
{
	struct os_news *news = context;
	const void *body = mnl_nlmsg_get_payload(message);
	u32 index = 0, change = 0;

	switch (message->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		if (!is_whole(message, sizeof(struct ifinfomsg)))
			break;
		index = (u32)((const struct ifinfomsg *)body)->ifi_index;
		change = OS_CHANGE_LINK;
		break;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		if (!is_whole(message, sizeof(struct ifaddrmsg)))
			break;
		index = ((const struct ifaddrmsg *)body)->ifa_index;
		change = OS_CHANGE_ADDR;
		break;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		index = watch_route_index(message);
		change = OS_CHANGE_ROUTE;
		break;
	default: break;
	}
	if (news->index == 0 || index == 0 || index == news->index)
		news->changes |= change;
	return MNL_CB_OK;
}
