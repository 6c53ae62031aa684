/* What programs share that run a speaker of the core on sockets of the system, for trials with
 * other routers: the sockets, the interfaces as the system has them, a RIB with a route to export,
 * and a loop that ends by SIGTERM.                                                               */
#ifndef TEST_INTEROP_SPEAKER_HOST_H
#define TEST_INTEROP_SPEAKER_HOST_H

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/routing/rib.h"
#include "core/routing/speaker.h"

enum { HOST_SOCKS = 16 };

static struct {
	struct rib rib;
	struct fib fib;
	struct iface_table ifaces;
	struct policy_conf policies; /* number 0 takes static routes, and nothing else */
	struct speaker_log log;
	int fd[HOST_SOCKS];
	volatile sig_atomic_t ended;
} host;

static ns_t host_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (ns_t)t.tv_sec * NS_PER_SEC + (ns_t)t.tv_nsec;
}

static void host_die(const char *what)
{
	perror(what);
	exit(2);
}

_Noreturn void check_failed(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, what);
	abort();
}

/* ---- sockets --------------------------------------------------------------------------------- */

static enum sock_error host_open(void *ctx, enum sock_kind kind, u8 proto, sock_id *sock)
{
	int type = kind == SOCK_RAW_KIND ? SOCK_RAW : SOCK_DGRAM, one = 1;

	(void)ctx;
	for (u32 n = 0; n < HOST_SOCKS; n++) {
		if (host.fd[n] >= 0)
			continue;
		host.fd[n] = socket(AF_INET, type | SOCK_NONBLOCK, proto);
		*sock = n;
		if (host.fd[n] < 0)
			return SOCK_LIMIT;
		setsockopt(host.fd[n], IPPROTO_IP, IP_RECVTTL, &one, sizeof one);
		setsockopt(host.fd[n], IPPROTO_IP, IP_PKTINFO, &one, sizeof one);
		return SOCK_OK;
	}
	return SOCK_LIMIT;
}

static void host_close(void *ctx, sock_id sock, ns_t now)
{
	(void)ctx;
	(void)now;
	close(host.fd[sock]);
	host.fd[sock] = -1;
}

static struct sockaddr_in host_sockaddr(const struct sock_addr *addr)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_addr.s_addr = addr->addr.raw,
				     .sin_port = addr->port.raw };
}

static enum sock_error host_bind(void *ctx, sock_id sock, const struct sock_addr *local)
{
	struct sockaddr_in at = host_sockaddr(local);

	(void)ctx;
	return bind(host.fd[sock], (void *)&at, sizeof at) == 0 ? SOCK_OK : SOCK_IN_USE;
}

static const char *host_iface_name(u16 iface)
{
	return host.ifaces.iface[iface].conf.name;
}

static enum sock_error host_set(void *ctx, sock_id sock, enum sock_option option,
				const struct sock_value *value, ns_t now)
{
	static const int ip_options[] = {
		[SOCK_OPT_TTL] = IP_TTL,
		[SOCK_OPT_MULTICAST_IF] = IP_MULTICAST_IF,
		[SOCK_OPT_MULTICAST_TTL] = IP_MULTICAST_TTL,
		[SOCK_OPT_MULTICAST_LOOP] = IP_MULTICAST_LOOP,
		[SOCK_OPT_JOIN] = IP_ADD_MEMBERSHIP,
		[SOCK_OPT_LEAVE] = IP_DROP_MEMBERSHIP,
	};
	bool is_group = option == SOCK_OPT_MULTICAST_IF || option == SOCK_OPT_JOIN ||
			option == SOCK_OPT_LEAVE;
	struct ip_mreqn group = { .imr_multiaddr.s_addr = value->addr.raw };
	int fd = host.fd[sock], number = (int)value->number, answer = -1;

	(void)ctx;
	(void)now;
	if (option == SOCK_OPT_REUSE) {
		answer = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &number, sizeof number);
	} else if (option == SOCK_OPT_BIND_IFACE) {
		answer = setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, host_iface_name(value->iface),
				    IFACE_NAME_SIZE);
	} else if (is_group) {
		group.imr_ifindex = (int)if_nametoindex(host_iface_name(value->iface));
		answer = setsockopt(fd, IPPROTO_IP, ip_options[option], &group, sizeof group);
	} else if (option < ARRAY_COUNT(ip_options) && ip_options[option] != 0) {
		answer = setsockopt(fd, IPPROTO_IP, ip_options[option], &number, sizeof number);
	}
	return answer == 0 ? SOCK_OK : SOCK_INVALID;
}

static enum sock_error host_watch(void *ctx, sock_id sock, u8 bits)
{
	(void)ctx;
	(void)sock;
	(void)bits;
	return SOCK_OK;
}

static enum sock_error host_send_to(void *ctx, sock_id sock, const void *data, u32 bytes,
				    const struct sock_dgram *dgram)
{
	struct sockaddr_in to = host_sockaddr(&dgram->to);
	int tos = dgram->tos, ttl = dgram->ttl;

	(void)ctx;
	if (tos != 0)
		setsockopt(host.fd[sock], IPPROTO_IP, IP_TOS, &tos, sizeof tos);
	if (ttl != 0)
		setsockopt(host.fd[sock], IPPROTO_IP, IP_TTL, &ttl, sizeof ttl);
	return sendto(host.fd[sock], data, bytes, 0, (void *)&to, sizeof to) == (ssize_t)bytes
		       ? SOCK_OK
		       : SOCK_AGAIN;
}

static u16 host_iface_of(int index)
{
	for (u16 n = 0; n < host.ifaces.count; n++) {
		if ((int)if_nametoindex(host_iface_name(n)) == index)
			return n;
	}
	return IFACE_NONE;
}

static void host_read_control(struct msghdr *msg, struct sock_info *info)
{
	for (struct cmsghdr *at = CMSG_FIRSTHDR(msg); at != NULL; at = CMSG_NXTHDR(msg, at)) {
		struct in_pktinfo packet;
		int ttl;

		if (at->cmsg_type == IP_TTL) {
			memcpy(&ttl, CMSG_DATA(at), sizeof ttl);
			info->ttl = (u8)ttl;
		} else if (at->cmsg_type == IP_PKTINFO) {
			memcpy(&packet, CMSG_DATA(at), sizeof packet);
			info->to.raw = packet.ipi_addr.s_addr;
			info->iface = host_iface_of(packet.ipi_ifindex);
		}
	}
}

/* info may be NULL. */
static enum sock_error host_recv(void *ctx, sock_id sock, struct sock_buf *buf,
				 struct sock_info *info, ns_t now)
{
	struct sockaddr_in from = { 0 };
	struct iovec iov = { buf->to, buf->bytes };
	_Alignas(struct cmsghdr) u8 control[256];
	struct msghdr msg = { .msg_name = &from,
			      .msg_namelen = sizeof from,
			      .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof control };
	ssize_t got = recvmsg(host.fd[sock], &msg, MSG_TRUNC);

	(void)ctx;
	(void)now;
	if (got < 0)
		return SOCK_AGAIN;
	buf->got = u32_min((u32)got, buf->bytes);
	if (info == NULL)
		return SOCK_OK;
	*info = (struct sock_info){ .bytes = (u32)got };
	info->from.addr.raw = from.sin_addr.s_addr;
	info->from.port.raw = from.sin_port;
	host_read_control(&msg, info);
	return SOCK_OK;
}

static const struct speaker_io host_io = { .open = host_open,
					   .close = host_close,
					   .bind = host_bind,
					   .set = host_set,
					   .watch = host_watch,
					   .send_to = host_send_to,
					   .recv = host_recv };

/* ---- setting up ------------------------------------------------------------------------------ */

static be32 host_addr_of(const struct sockaddr *addr)
{
	struct sockaddr_in in;

	memcpy(&in, addr, sizeof in);
	return (be32){ in.sin_addr.s_addr };
}

static u32 host_mtu(const char *name)
{
	struct ifreq request = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
	if (ioctl(fd, SIOCGIFMTU, &request) != 0)
		host_die(name);
	close(fd);
	return (u32)request.ifr_mtu;
}

/* With the addresses that it has; its index in host.ifaces. */
static u16 host_take_iface(const char *name)
{
	struct iface *iface = &host.ifaces.iface[host.ifaces.count];
	struct ifaddrs *all;

	snprintf(iface->conf.name, sizeof iface->conf.name, "%s", name);
	iface->conf.mtu = host_mtu(name);
	iface->up = true;
	if (getifaddrs(&all) != 0)
		host_die("getifaddrs");
	for (struct ifaddrs *at = all; at != NULL; at = at->ifa_next) {
		struct iface_addr *addr = &iface->conf.addr[iface->conf.addr_count];

		if (strcmp(at->ifa_name, name) != 0 || at->ifa_addr == NULL ||
		    at->ifa_addr->sa_family != AF_INET)
			continue;
		addr->addr = host_addr_of(at->ifa_addr);
		addr->prefix_len = (u8)u64_count_bits(host_addr_of(at->ifa_netmask).raw);
		iface->conf.addr_count++;
	}
	freeifaddrs(all);
	return (u16)host.ifaces.count++;
}

static void host_layout(struct mem *mem, void layout(struct mem *mem))
{
	struct hash_key key = { { 1, 2, 3, 4 } };
	struct rib_conf rib = {
		.net_limit = 4096, .path_limit = 8192, .hops_limit = 1024, .key = key
	};
	struct fib_conf fib = { .prefix_count = 8192, .route_count = 2048, .key = key };

	fib_layout(&host.fib, &fib, mem);
	rib_layout(&host.rib, &rib, mem);
	layout(mem);
}

/* layout: of the speakers. */
static void host_set_up(void layout(struct mem *mem))
{
	struct mem mem;
	void *region;

	for (u32 n = 0; n < HOST_SOCKS; n++)
		host.fd[n] = -1;
	host.policies.rule_count = host.policies.policy_count = 1;
	host.policies.policy[0].count = 1;
	host.policies.rule[0] = (struct policy_rule){ .list = POLICY_NONE,
						      .sources = 1 << ROUTE_STATIC };
	mem_init_plan(&mem);
	host_layout(&mem, layout);
	region = aligned_alloc(MEM_LINE, mem.used);
	if (region == NULL)
		host_die("memory");
	memset(region, 0, mem.used);
	mem_init(&mem, region, mem.used);
	host_layout(&mem, layout);
	fib_init(&host.fib);
	rib_init(&host.rib, &host.fib);
}

static void host_export(const char *text)
{
	struct rib_path path = { .client = rib_client_new(&host.rib, ROUTE_STATIC),
				 .type = FIB_BLACKHOLE,
				 .distance = 1,
				 .hops = RIB_NONE };
	struct ip_prefix prefix;

	if (!ip_prefix_parse(text, &prefix) || rib_offer(&host.rib, &prefix, &path) != ERR_OK)
		host_die(text);
}

/* ---- running --------------------------------------------------------------------------------- */

struct host_calls {
	void (*sock)(sock_id sock, ns_t now);
	void (*tick)(ns_t now);
	ns_t (*next)(void);
	void (*say)(ns_t now); /* every second, after what was logged; it ends with a line "end" */
};

static void host_on_end(int signal)
{
	(void)signal;
	host.ended = 1;
}

static int host_wait_ms(ns_t now, ns_t next)
{
	return next <= now ? 0 : (int)u64_min((next - now) / NS_PER_MS + 1, 100);
}

static void host_turn(const struct host_calls *calls)
{
	struct pollfd poll_fd[HOST_SOCKS];
	ns_t now = host_now();

	for (u32 n = 0; n < HOST_SOCKS; n++)
		poll_fd[n] = (struct pollfd){ .fd = host.fd[n], .events = POLLIN };
	if (poll(poll_fd, HOST_SOCKS, host_wait_ms(now, calls->next())) < 0 && errno != EINTR)
		host_die("poll");
	now = host_now();
	for (u32 n = 0; n < HOST_SOCKS; n++) {
		if (host.fd[n] >= 0 && (poll_fd[n].revents & POLLIN) != 0)
			calls->sock(n, now);
	}
	while (rib_tick(&host.rib, now))
		;
	calls->tick(now);
}

/* Until SIGTERM. */
static void host_run(const struct host_calls *calls)
{
	struct speaker_event event;
	ns_t said = 0;

	signal(SIGTERM, host_on_end);
	signal(SIGINT, host_on_end);
	while (!host.ended) {
		host_turn(calls);
		if (host_now() - said < NS_PER_SEC)
			continue;
		said = host_now();
		while (speaker_log_take(&host.log, &event))
			printf("log %s\n", event.text);
		calls->say(said);
		fflush(stdout);
	}
}

#endif
