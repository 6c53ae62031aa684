/* Interfaces as rtnetlink tells of them: one question for the link, one dump each for addresses
 * and routes of the whole machine, sifted here: kernels before 4.20 do not sift themselves.     */
#include "host/os/netlink.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>

#include "host/os/netlink_read.h"
#include "host/os/nl.h"

/* ---- the link ------------------------------------------------------------------------------ */

static int link_ask(struct nl *nl, struct os_iface *iface)
{
	char buf[NL_BUF_SIZE];
	struct nlmsghdr *message = nl_message(nl, buf, RTM_GETLINK, NLM_F_ACK);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(message, sizeof *info);

	info->ifi_family = AF_UNSPEC;
	mnl_attr_put_strz(message, IFLA_IFNAME, iface->name);
	return nl_ask(nl, message, os_link_read, iface);
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

static int addr_order(const void *a, const void *b)
{
	const struct os_addr *left = a, *right = b;

	return (int)left->secondary - (int)right->secondary;
}

/* ---- its routes ---------------------------------------------------------------------------- */

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
		err = dump_ask(nl, RTM_GETADDR, os_addr_read, iface);
	if (err == 0)
		err = dump_ask(nl, RTM_GETROUTE, os_route_read, iface);
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
