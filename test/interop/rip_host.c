/* rip_host IFACE[=AUTH,KEY]... [export=PREFIX] [bfd=ADDRESS[,KEY]]
 *
 * The RIP and the BFD of the core on datagram sockets of the system, for trials with other routers.
 * Every second it writes neighbours, routes and sessions, a line each, to standard output; SIGTERM
 * ends it as gracefully as the protocols can. AUTH: plain, md5, sha1, sha256, sha384, sha512; key
 * id 1, of BFD, too, which then is meticulous SHA-1. BFD is on the first interface.              */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/routing/bfd/bfd.h"
#include "core/routing/rip/rip.h"

enum { SOCKS = 16 };

static struct {
	struct rip rip;
	struct bfd bfd;
	struct rib rib;
	struct fib fib;
	struct iface_table ifaces;
	struct policy_conf policies;
	struct speaker_log log;
	struct rip_conf conf;
	struct bfd_conf bfd_conf;
	int fd[SOCKS];
	volatile sig_atomic_t ended;
} host;

static ns_t clock_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (ns_t)t.tv_sec * NS_PER_SEC + (ns_t)t.tv_nsec;
}

static void die(const char *what)
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

static enum sock_error io_open(void *ctx, enum sock_kind kind, u8 proto, sock_id *sock)
{
	int one = 1;

	(void)ctx;
	(void)kind;
	(void)proto;
	for (u32 n = 0; n < SOCKS; n++) {
		if (host.fd[n] >= 0)
			continue;
		host.fd[n] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
		*sock = n;
		setsockopt(host.fd[n], IPPROTO_IP, IP_RECVTTL, &one, sizeof one);
		setsockopt(host.fd[n], IPPROTO_IP, IP_PKTINFO, &one, sizeof one);
		return host.fd[n] >= 0 ? SOCK_OK : SOCK_LIMIT;
	}
	return SOCK_LIMIT;
}

static void io_close(void *ctx, sock_id sock, ns_t now)
{
	(void)ctx;
	(void)now;
	close(host.fd[sock]);
	host.fd[sock] = -1;
}

static enum sock_error io_bind(void *ctx, sock_id sock, const struct sock_addr *local)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = local->addr.raw,
				  .sin_port = local->port.raw };

	(void)ctx;
	return bind(host.fd[sock], (void *)&at, sizeof at) == 0 ? SOCK_OK : SOCK_IN_USE;
}

static const char *name_of(u16 iface)
{
	return host.ifaces.iface[iface].conf.name;
}

static enum sock_error io_set(void *ctx, sock_id sock, enum sock_option option,
			      const struct sock_value *value, ns_t now)
{
	struct ip_mreqn group = { .imr_multiaddr.s_addr = value->addr.raw };
	int fd = host.fd[sock], number = (int)value->number, answer = -1;

	(void)ctx;
	(void)now;
	group.imr_ifindex = (int)if_nametoindex(name_of(value->iface));
	switch (option) {
	case SOCK_OPT_REUSE:
		answer = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &number, sizeof number);
		break;
	case SOCK_OPT_BIND_IFACE:
		answer = setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name_of(value->iface),
				    IFACE_NAME_SIZE);
		break;
	case SOCK_OPT_MULTICAST_IF:
		answer = setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &group, sizeof group);
		break;
	case SOCK_OPT_TTL:
		answer = setsockopt(fd, IPPROTO_IP, IP_TTL, &number, sizeof number);
		break;
	case SOCK_OPT_MULTICAST_TTL:
		answer = setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &number, sizeof number);
		break;
	case SOCK_OPT_MULTICAST_LOOP:
		answer = setsockopt(fd, IPPROTO_IP, IP_MULTICAST_LOOP, &number, sizeof number);
		break;
	case SOCK_OPT_JOIN:
		answer = setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof group);
		break;
	default: break;
	}
	return answer == 0 ? SOCK_OK : SOCK_INVALID;
}

static enum sock_error io_watch(void *ctx, sock_id sock, u8 bits)
{
	(void)ctx;
	(void)sock;
	(void)bits;
	return SOCK_OK;
}

static enum sock_error io_send_to(void *ctx, sock_id sock, const void *data, u32 bytes,
				  const struct sock_dgram *dgram)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_addr.s_addr = dgram->to.addr.raw,
				  .sin_port = dgram->to.port.raw };

	(void)ctx;
	return sendto(host.fd[sock], data, bytes, 0, (void *)&to, sizeof to) == (ssize_t)bytes
		       ? SOCK_OK
		       : SOCK_AGAIN;
}

static u16 iface_of(int index)
{
	for (u16 n = 0; n < host.ifaces.count; n++) {
		if ((int)if_nametoindex(name_of(n)) == index)
			return n;
	}
	return IFACE_NONE;
}

static void read_control(struct msghdr *msg, struct sock_info *info)
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
			info->iface = iface_of(packet.ipi_ifindex);
		}
	}
}

static enum sock_error io_recv(void *ctx, sock_id sock, struct sock_buf *buf,
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
	*info = (struct sock_info){ .bytes = (u32)got };
	info->from.addr.raw = from.sin_addr.s_addr;
	info->from.port.raw = from.sin_port;
	read_control(&msg, info);
	return SOCK_OK;
}

/* ---- configuration --------------------------------------------------------------------------- */

static u16 take_iface(const char *name)
{
	struct iface *iface = &host.ifaces.iface[host.ifaces.count];
	struct ifaddrs *all;

	snprintf(iface->conf.name, sizeof iface->conf.name, "%s", name);
	iface->conf.mtu = 1500;
	iface->up = true;
	if (getifaddrs(&all) != 0)
		die("getifaddrs");
	for (struct ifaddrs *at = all; at != NULL; at = at->ifa_next) {
		struct iface_addr *addr = &iface->conf.addr[iface->conf.addr_count];

		if (strcmp(at->ifa_name, name) != 0 || at->ifa_addr == NULL ||
		    at->ifa_addr->sa_family != AF_INET)
			continue;
		addr->addr.raw = ((struct sockaddr_in *)(void *)at->ifa_addr)->sin_addr.s_addr;
		addr->prefix_len = (u8)u64_count_bits(
			((struct sockaddr_in *)(void *)at->ifa_netmask)->sin_addr.s_addr);
		iface->conf.addr_count++;
	}
	freeifaddrs(all);
	return (u16)host.ifaces.count++;
}

static void take_auth(struct rip_auth_conf *auth, const char *kind, const char *secret)
{
	static const char *const alg[] = { "md5", "sha1", "sha256", "sha384", "sha512" };
	struct rip_key *key = &auth->key[0];

	auth->kind = strcmp(kind, "plain") == 0 ? RIP_AUTH_PASSWORD : RIP_AUTH_DIGEST;
	auth->key_count = 1;
	key->id = 1;
	key->len_bytes = (u32)strnlen(secret, RIP_SECRET_MAX);
	memcpy(key->secret, secret, key->len_bytes);
	for (u32 n = 0; n < ARRAY_COUNT(alg); n++) {
		if (strcmp(kind, alg[n]) == 0)
			key->alg = (enum digest_alg)n;
	}
}

static void take_bfd_key(const char *secret)
{
	struct bfd_auth_conf *auth = &host.bfd_conf.params.auth;

	auth->kind = BFD_AUTH_SHA1_METICULOUS;
	auth->key_count = 1;
	auth->key[0].id = 1;
	auth->key[0].len_bytes = (u8)strnlen(secret, BFD_SECRET_MAX);
	memcpy(auth->key[0].secret, secret, auth->key[0].len_bytes);
}

static be32 peer;
static const char *exported;

static void take_argument(char *text)
{
	char *name = strtok(text, "="), *first = strtok(NULL, ","), *second = strtok(NULL, ",");
	struct rip_iface_conf *conf = &host.conf.iface[host.conf.iface_count];
	struct ip_addr addr;

	if (strcmp(name, "export") == 0) {
		exported = first;
	} else if (strcmp(name, "bfd") == 0) {
		if (!ip_addr_parse(first, &addr))
			die(first);
		peer = addr.word[0];
		if (second != NULL)
			take_bfd_key(second);
	} else {
		rip_iface_conf_defaults(conf, take_iface(name));
		if (second != NULL)
			take_auth(&conf->auth, first, second);
		host.conf.iface_count++;
	}
}

static void export_static(void)
{
	struct rib_path path = { .client = rib_client_new(&host.rib, ROUTE_STATIC),
				 .type = FIB_BLACKHOLE,
				 .distance = 1,
				 .hops = RIB_NONE };
	struct ip_prefix prefix;

	if (!ip_prefix_parse(exported, &prefix) || rib_offer(&host.rib, &prefix, &path) != ERR_OK)
		die(exported);
}

static void layout(struct mem *mem)
{
	struct hash_key key = { { 1, 2, 3, 4 } };
	struct rib_conf rib = {
		.net_limit = 4096, .path_limit = 8192, .hops_limit = 1024, .key = key
	};
	struct fib_conf fib = { .prefix_count = 8192, .route_count = 2048, .key = key };

	fib_layout(&host.fib, &fib, mem);
	rib_layout(&host.rib, &rib, mem);
	rip_layout(&host.rip, &host.conf, mem);
	bfd_layout(&host.bfd, &host.bfd_conf, mem);
}

static void set_up(void)
{
	struct mem mem;
	void *region;

	host.policies.rule_count = host.policies.policy_count = 1;
	host.policies.policy[0].count = 1;
	host.policies.rule[0].list = POLICY_NONE;
	host.conf.policy = &host.policies;
	host.conf.export = 0;
	host.conf.sequence_base = (u32)time(NULL);
	mem_init_plan(&mem);
	layout(&mem);
	region = aligned_alloc(MEM_LINE, mem.used);
	if (region == NULL)
		die("memory");
	memset(region, 0, mem.used);
	mem_init(&mem, region, mem.used);
	layout(&mem);
	fib_init(&host.fib);
	rib_init(&host.rib, &host.fib);
}

/* ---- running --------------------------------------------------------------------------------- */

static void say_all(ns_t now)
{
	struct rip_neigh_info neigh;
	struct rip_route_info route;
	struct bfd_info about;
	struct speaker_event event;
	u32 cursor = 0;

	while (speaker_log_take(&host.log, &event))
		printf("log %s\n", event.text);
	while (rip_show_neighbours(&host.rip, &cursor, &neigh, 1, now) == 1)
		printf("neighbour %s packets %llu bad %llu\n",
		       inet_ntoa((struct in_addr){ neigh.addr.raw }),
		       (unsigned long long)neigh.packets,
		       (unsigned long long)(neigh.bad_packets + neigh.bad_routes));
	cursor = 0;
	while (rip_show_routes(&host.rip, &cursor, &route, 1, now) == 1)
		printf("route %s/%u metric %u tag %u\n",
		       inet_ntoa((struct in_addr){ route.addr.raw }), route.len, route.metric,
		       route.tag);
	cursor = 0;
	while (bfd_show(&host.bfd, &cursor, &about, 1, now) == 1)
		printf("bfd %s %s detect %u downs %u bad %llu\n",
		       inet_ntoa((struct in_addr){ about.addr.raw }), bfd_state_name(about.state),
		       about.detect_us, about.downs, (unsigned long long)about.bad_auth);
	printf("end\n");
	fflush(stdout);
}

static void on_end(int signal)
{
	(void)signal;
	host.ended = 1;
}

static int wait_ms(ns_t now)
{
	ns_t next = u64_min(rip_next(&host.rip), bfd_next(&host.bfd));

	if (next <= now)
		return 0;
	return (int)u64_min((next - now) / NS_PER_MS + 1, 100);
}

static void turn(const struct pollfd *poll_fd, ns_t now)
{
	for (u32 n = 0; n < SOCKS; n++) {
		if (host.fd[n] < 0 || (poll_fd[n].revents & POLLIN) == 0)
			continue;
		rip_sock(&host.rip, n, SOCK_READABLE, now);
		bfd_sock(&host.bfd, n, SOCK_READABLE, now);
	}
	while (rib_tick(&host.rib, now))
		;
	rip_tick(&host.rip, now);
	bfd_tick(&host.bfd, now);
	rip_check(&host.rip);
	bfd_check(&host.bfd);
}

static void run(void)
{
	ns_t said = 0;

	while (!host.ended) {
		struct pollfd poll_fd[SOCKS];
		ns_t now = clock_now();

		for (u32 n = 0; n < SOCKS; n++)
			poll_fd[n] = (struct pollfd){ .fd = host.fd[n], .events = POLLIN };
		if (poll(poll_fd, SOCKS, wait_ms(now)) < 0 && errno != EINTR)
			die("poll");
		now = clock_now();
		turn(poll_fd, now);
		if (now - said >= NS_PER_SEC) {
			say_all(now);
			said = now;
		}
	}
	bfd_stop(&host.bfd, clock_now());
	rip_stop(&host.rip, clock_now());
}

int main(int argc, char **argv)
{
	struct speaker_io io = { .open = io_open,
				 .close = io_close,
				 .bind = io_bind,
				 .set = io_set,
				 .watch = io_watch,
				 .send_to = io_send_to,
				 .recv = io_recv };
	struct rip_start rip = {
		.io = io, .rib = &host.rib, .ifaces = &host.ifaces, .log = &host.log
	};
	struct bfd_start bfd = { .io = io, .ifaces = &host.ifaces, .log = &host.log };

	for (u32 n = 0; n < SOCKS; n++)
		host.fd[n] = -1;
	rip_conf_defaults(&host.conf);
	bfd_conf_defaults(&host.bfd_conf);
	for (int n = 1; n < argc; n++)
		take_argument(argv[n]);
	if (argc < 2 || rip_conf_wrong(&host.conf) != NULL) {
		fprintf(stderr,
			"rip_host IFACE[=AUTH,KEY]... [export=PREFIX] [bfd=ADDRESS[,KEY]]\n");
		return 2;
	}
	set_up();
	if (exported != NULL)
		export_static();
	signal(SIGTERM, on_end);
	signal(SIGINT, on_end);
	memcpy(rip.seed, &(time_t){ time(NULL) }, sizeof(time_t));
	memcpy(bfd.seed, rip.seed, sizeof bfd.seed);
	if (rip_init(&host.rip, &host.conf, &rip, clock_now()) != ERR_OK)
		die("rip");
	bfd_init(&host.bfd, &host.bfd_conf, &bfd);
	if (peer.raw != 0 && bfd_get(&host.bfd, peer, 0, ROUTE_STATIC, clock_now()) == BFD_NONE)
		die("bfd");
	run();
	return 0;
}
