/* One interface, and an engine with sockets on it.
 *
 * A packet socket hears the host's own packets, too. They are none of this program's business: its
 * filter drops in silence what would be forwarded, so nobody is told that it is not wanted here. */
#include "prog/perf_net.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>

#include "host/conf/values.h"
#include "host/io/afpacket.h"
#include "host/io/tun.h"
#include "host/os/claim.h"
#include "host/os/clock.h"
#include "host/os/entropy.h"
#include "host/os/hugepages.h"
#include "host/os/netlink.h"
#include "prog/options.h"

enum {
	FLOWS = 4096,
	SMALL_PACKETS = 8192,
	LARGE_PACKETS = 512, /* whole segments of up to 64 KB */
	SEGMENTS = 131072,   /* in flight */
	RANGES = 16384,
	PATH_SIZE = 64,
	INFOS = 16, /* looked at in one go */
	COUNTERS = 32,
};

#define BUFFER_BYTES (UINT64_C(64) << 20)

/* ---- the interface --------------------------------------------------------------------------- */

/* One that is there and is a TUN device needs no --tun. */
static bool is_tun(const struct perf_args *args)
{
	char path[PATH_SIZE];
	struct os_iface os;
	char why[OS_WHY_SIZE];

	if (args->tun)
		return true;
	snprintf(path, sizeof path, "/sys/class/net/%.15s/tun_flags", args->dev);
	return access(path, F_OK) == 0 && os_iface_read(args->dev, &os, why, sizeof why) &&
	       !os.ethernet;
}

/* The host's own stack would answer for the address as well, with resets. */
static bool is_free(be32 addr, struct ctl_why *why)
{
	struct ifaddrs *all = NULL;
	bool good = true;

	if (getifaddrs(&all) != 0)
		return true;
	for (const struct ifaddrs *each = all; each && good; each = each->ifa_next) {
		const struct sockaddr_in *in = (const void *)each->ifa_addr;

		if (!in || in->sin_family != AF_INET || in->sin_addr.s_addr != addr.raw)
			continue;
		good = options_refuse(why,
				      "--addr %s: this host has that address itself, on %.15s, and "
				      "would answer for it; right is one that nobody has",
				      value_show_addr(addr).text, each->ifa_name);
	}
	freeifaddrs(all);
	return good;
}

static bool claim_iface(struct perf_net *net, struct ctl_why *why)
{
	char text[OS_WHY_SIZE];

	net->claim = os_iface_claim(net->port->os_index, text, sizeof text);
	return net->claim >= 0 || options_refuse(why, "%s: %s", net->port->name, text);
}

static bool open_port(struct perf_net *net, const struct perf_args *args, struct ctl_why *why)
{
	const struct afpacket_conf packet = { .name = args->dev };
	const struct tun_conf tun = { .name = args->dev };
	char text[PORT_WHY_SIZE] = "";

	net->port = is_tun(args) ? tun_open(&tun, text, sizeof text)
				 : afpacket_open(&packet, text, sizeof text);
	if (!net->port)
		return options_refuse(why, "--dev: %s", text);
	return claim_iface(net, why);
}

/* ---- the engine ------------------------------------------------------------------------------ */

static bool is_near(const struct perf_args *args, be32 addr)
{
	return be32_eq(value_network(addr, args->addr_len),
		       value_network(args->addr, args->addr_len));
}

/* On a TUN device everybody is at its other end. */
static bool conf_route(struct sluice_conf *conf, const struct perf_args *args, enum iface_link link,
		       struct ctl_why *why)
{
	struct fib_route *route = &conf->route[0].route;
	bool ethernet = link == IFACE_ETHERNET;

	if (ethernet && args->has_gateway && !is_near(args, args->gateway))
		return options_refuse(why,
				      "--gateway %s: is not on the network of --addr; right "
				      "is one that is",
				      value_show_addr(args->gateway).text);
	if (ethernet && args->sends && !args->has_gateway && !is_near(args, args->peer.addr))
		return options_refuse(why,
				      "--peer: %s is not on the network of --addr; right is "
				      "--gateway with the way there",
				      value_show_addr(args->peer.addr).text);
	if (ethernet && !args->has_gateway)
		return true;
	conf->route_count = 1;
	route->type = FIB_UNICAST;
	route->path_count = 1;
	route->path[0].weight = 1;
	if (ethernet)
		route->path[0].gateway = args->gateway;
	return true;
}

static u32 power_above(u32 bytes)
{
	u32 power = 1;

	while (power < bytes)
		power *= 2;
	return power;
}

static void conf_sockets(struct sluice_conf *conf, const struct perf_args *args)
{
	struct tcp_conf *tcp = &conf->tcp;

	conf->sockets.sock_limit = PERF_SOCKS_MAX;
	conf->sockets.op_limit = 1;
	conf->udp.datagram_limit = 1;
	conf->udp.group_limit = 1;
	tcp->tcb_limit = PERF_SOCKS_MAX;
	tcp->listener_limit = 1;
	tcp->key_limit = args->md5 ? 1 : 0;
	tcp->auth_limit = args->md5 ? PERF_SOCKS_MAX : 0;
	tcp->half_open_limit = PERF_SOCKS_MAX;
	tcp->time_wait_limit = PERF_SOCKS_MAX;
	tcp->air_limit = PERF_SOCKS_MAX;
	tcp->segment_limit = SEGMENTS;
	tcp->range_limit = RANGES;
	tcp->buffer_bytes = BUFFER_BYTES;
	if (args->buffer > 0) {
		tcp->send_buffer_max = tcp->recv_buffer_max = power_above(args->buffer);
		if (tcp->buffer_bytes < 2 * (u64)tcp->send_buffer_max)
			tcp->buffer_bytes = 2 * (u64)tcp->send_buffer_max;
	}
}

static void conf_limits(struct sluice_conf *conf)
{
	conf->ct.flow_count = FLOWS;
	conf->ct.news_count = 0;
	conf->subscribers.subscriber_count = 0;
	conf->nat.address_count = conf->nat.mapping_count = conf->nat.dest_count = 1;
	conf->fib = (struct fib_conf){ .prefix_count = 64, .route_count = 16 };
	conf->neigh.count = conf->neigh.queue_count = 256;
	conf->packets = (struct pkt_pool_conf){ SMALL_PACKETS, LARGE_PACKETS, AFPACKET_FRAMES };
	/* One rule of none, so that there is a filter for the policy to be of. */
	conf->filter.rule_limit = 1;
	conf->filter.set_limit = conf->filter.port_set_limit = 1;
	conf->filter.elem_limit = conf->filter.source_limit = 1;
	conf->filter.policy[FILTER_FORWARD] = (struct filter_fate){ .action = FILTER_DROP };
}

static bool build_conf(struct perf_net *net, const struct perf_args *args, struct ctl_why *why)
{
	struct sluice_conf *conf = &net->conf;
	struct iface_conf *iface = &conf->iface[0];

	sluice_conf_defaults(conf);
	conf_limits(conf);
	conf_sockets(conf, args);
	conf->iface_count = 1;
	port_describe(net->port, iface);
	iface->side = IFACE_INSIDE;
	iface->addr_count = 1;
	iface->addr[0] = (struct iface_addr){ .addr = args->addr, .prefix_len = args->addr_len };
	os_entropy(conf->seed, sizeof conf->seed);
	return conf_route(conf, args, net->port->link, why);
}

bool perf_net_open(struct perf_net *net, const struct perf_args *args, struct ctl_why *why)
{
	const char *wrong = "";
	struct mem plan;

	if (!is_free(args->addr, why) || !open_port(net, args, why) || !build_conf(net, args, why))
		return false;
	sluice_plan(&net->conf, &plan);
	net->region_bytes = plan.used;
	net->region = os_region_new(plan.used, NULL);
	if (!net->region)
		return options_refuse(why,
				      "there is no memory for %llu MB of packets and buffers; "
				      "right is less by --buffer",
				      (unsigned long long)(plan.used >> 20));
	if (sluice_new(&net->sluice, &net->conf, net->region, net->region_bytes, os_now(),
		       &wrong) != ERR_OK)
		return options_refuse(why, "the engine refuses this: %s", wrong);
	sluice_set_link(net->sluice, 0, net->port->up);
	return true;
}

void perf_net_close(struct perf_net *net)
{
	port_close(net->port);
	if (net->claim >= 0)
		os_iface_release(net->claim);
	if (net->region)
		os_region_del(net->region, net->region_bytes);
}

/* ---- packets --------------------------------------------------------------------------------- */

static bool send_all(struct perf_net *net)
{
	bool any = false;

	while (sluice_output(net->sluice, &net->tx)) {
		any = true;
		port_tx(net->port, &net->tx);
		while (net->tx.count > 0) {
			struct pkt *pkt = net->tx.pkt[--net->tx.count];

			sluice_count_unsent(net->sluice, pkt);
			pkt_put(pkt);
		}
	}
	return any;
}

bool perf_net_carry(struct perf_net *net)
{
	bool any = port_rx(net->port, sluice_pool(net->sluice), &net->rx) > 0;
	ns_t now = os_now();

	if (any)
		sluice_input(net->sluice, &net->rx, now);
	if (now >= sluice_next(net->sluice))
		sluice_tick(net->sluice, now);
	return send_all(net) || any;
}

bool perf_net_look(struct perf_net *net)
{
	bool there = port_refresh(net->port);

	sluice_set_link(net->sluice, 0, there && net->port->up);
	return there;
}

/* ---- what is known --------------------------------------------------------------------------- */

/* The connections that have not passed into TIME-WAIT, some at a time from *cursor on. */
static u32 connections(const struct perf_net *net, ns_t now, u32 *cursor,
		       struct sluice_sock_info *out, u32 max)
{
	const struct sluice_sock_filter all = { .any.proto = IP_PROTO_TCP };
	u32 count = sluice_show_sockets(net->sluice, &all, now, cursor, out, max), kept = 0;

	for (u32 at = 0; at < count; at++) {
		if (out[at].has_info)
			out[kept++] = out[at];
	}
	return kept;
}

bool perf_net_info(const struct perf_net *net, sock_id sock, ns_t now,
		   struct sluice_sock_info *info)
{
	struct sluice_sock_info some[INFOS];
	u32 cursor = 0;

	while (cursor != SLUICE_CURSOR_END) {
		u32 count = connections(net, now, &cursor, some, INFOS);

		for (u32 at = 0; at < count; at++) {
			if (!some[at].owned || some[at].handle != sock)
				continue;
			*info = some[at];
			return true;
		}
	}
	return false;
}

bool perf_net_is_quiet(const struct perf_net *net, ns_t now)
{
	struct sluice_sock_info some[INFOS];
	u32 cursor = 0;

	while (cursor != SLUICE_CURSOR_END) {
		if (connections(net, now, &cursor, some, INFOS) > 0)
			return false;
	}
	return true;
}

u64 perf_net_segments_again(const struct perf_net *net)
{
	struct sluice_counter some[COUNTERS];
	u32 cursor = 0, count;

	while ((count = sluice_show_counters(net->sluice, &cursor, some, COUNTERS)) > 0) {
		for (u32 at = 0; at < count; at++) {
			if (strcmp(some[at].name, "tcp_segs_again") == 0)
				return some[at].count;
		}
	}
	return 0;
}
