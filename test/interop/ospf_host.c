/* ospf_host RID IFACE=AREA,TYPE,HELLO,DEAD[,AUTH[,KEY]]... [kind=AREA,stub|nssa] [export=PREFIX]...
 *
 * The OSPF of the core on raw sockets of the system, for trials with other routers. Every second it
 * writes neighbours and routes, a line each, to standard output; SIGTERM ends it as gracefully as
 * the protocol can. TYPE: ptp or lan. AUTH: plain, md5, sha1, sha256, sha384, sha512; key id 1.  */
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

#include "core/routing/ospf/ospf.h"

enum { SOCKS = 16 };

static struct {
	struct ospf ospf;
	struct rib rib;
	struct fib fib;
	struct iface_table ifaces;
	struct policy_conf policies;
	struct speaker_log log;
	struct ospf_conf conf;
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
	(void)ctx;
	(void)kind;
	for (u32 n = 0; n < SOCKS; n++) {
		if (host.fd[n] >= 0)
			continue;
		host.fd[n] = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK, proto);
		*sock = n;
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

static const char *name_of(u16 iface)
{
	return host.ifaces.iface[iface].conf.name;
}

static enum sock_error io_set(void *ctx, sock_id sock, enum sock_option option,
			      const struct sock_value *value, ns_t now)
{
	struct ip_mreqn group = { .imr_multiaddr.s_addr = value->addr.raw };
	int fd = host.fd[sock], number = (int)value->number, answer = 0;

	(void)ctx;
	(void)now;
	group.imr_ifindex = (int)if_nametoindex(name_of(value->iface));
	switch (option) {
	case SOCK_OPT_BIND_IFACE:
		answer = setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name_of(value->iface),
				    IFACE_NAME_SIZE);
		break;
	case SOCK_OPT_MULTICAST_IF:
		answer = setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &group, sizeof group);
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
	case SOCK_OPT_LEAVE:
		answer = setsockopt(fd, IPPROTO_IP, IP_DROP_MEMBERSHIP, &group, sizeof group);
		break;
	default: return SOCK_NOT_SUPPORTED;
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
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = dgram->to.addr.raw };
	int tos = dgram->tos, ttl = dgram->ttl;

	(void)ctx;
	setsockopt(host.fd[sock], IPPROTO_IP, IP_TOS, &tos, sizeof tos);
	setsockopt(host.fd[sock], IPPROTO_IP, IP_TTL, &ttl, sizeof ttl);
	return sendto(host.fd[sock], data, bytes, 0, (void *)&to, sizeof to) == (ssize_t)bytes
		       ? SOCK_OK
		       : SOCK_AGAIN;
}

static enum sock_error io_recv(void *ctx, sock_id sock, struct sock_buf *buf,
			       struct sock_info *info, ns_t now)
{
	ssize_t got = recv(host.fd[sock], buf->to, buf->bytes, 0);

	(void)ctx;
	(void)info;
	(void)now;
	if (got < 0)
		return SOCK_AGAIN;
	buf->got = (u32)got;
	return SOCK_OK;
}

/* ---- configuration --------------------------------------------------------------------------- */

static u16 take_iface(const char *name)
{
	struct iface *iface = &host.ifaces.iface[host.ifaces.count];
	struct ifaddrs *all;
	struct ifreq request = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	snprintf(iface->conf.name, sizeof iface->conf.name, "%s", name);
	snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
	if (ioctl(fd, SIOCGIFMTU, &request) != 0)
		die(name);
	close(fd);
	iface->conf.mtu = (u32)request.ifr_mtu;
	iface->up = true;
	if (getifaddrs(&all) != 0)
		die("getifaddrs");
	for (struct ifaddrs *at = all; at != NULL; at = at->ifa_next) {
		struct iface_addr *addr = &iface->conf.addr[iface->conf.addr_count];
		u32 mask;

		if (strcmp(at->ifa_name, name) != 0 || at->ifa_addr == NULL ||
		    at->ifa_addr->sa_family != AF_INET)
			continue;
		addr->addr.raw = ((struct sockaddr_in *)(void *)at->ifa_addr)->sin_addr.s_addr;
		mask = ntohl(((struct sockaddr_in *)(void *)at->ifa_netmask)->sin_addr.s_addr);
		addr->prefix_len = (u8)u64_count_bits(mask);
		iface->conf.addr_count++;
	}
	freeifaddrs(all);
	return (u16)host.ifaces.count++;
}

static void take_area(u32 id, const char *kind)
{
	struct ospf_area_conf *area = NULL;

	for (u32 n = 0; n < host.conf.area_count; n++) {
		if (host.conf.area[n].id == id)
			area = &host.conf.area[n];
	}
	if (area == NULL) {
		area = &host.conf.area[host.conf.area_count++];
		ospf_area_conf_defaults(area, id);
	}
	if (strcmp(kind, "stub") == 0)
		area->kind = OSPF_AREA_STUB;
	else if (strcmp(kind, "nssa") == 0)
		area->kind = OSPF_AREA_NSSA;
}

static void take_auth(struct ospf_auth_conf *auth, const char *kind, const char *key)
{
	static const char *const alg[] = { "md5", "sha1", "sha256", "sha384", "sha512" };

	if (strcmp(kind, "plain") == 0) {
		auth->kind = OSPF_AUTH_PLAIN;
		memcpy(auth->plain, key, strnlen(key, OSPF_PLAIN_SIZE));
	}
	for (u32 n = 0; n < ARRAY_COUNT(alg); n++) {
		if (strcmp(kind, alg[n]) != 0)
			continue;
		auth->kind = OSPF_AUTH_CRYPTO;
		auth->key_count = 1;
		auth->key[0] = (struct ospf_key){ .id = 1,
						  .alg = (enum ospf_key_alg)n,
						  .len_bytes = (u32)strnlen(key, OSPF_KEY_SIZE) };
		memcpy(auth->key[0].byte, key, auth->key[0].len_bytes);
	}
}

static void take_argument(char *text)
{
	char *name = strtok(text, "="), *area = strtok(NULL, ","), *type = strtok(NULL, ",");
	char *hello = strtok(NULL, ","), *dead = strtok(NULL, ","), *auth = strtok(NULL, ",");
	char *key = strtok(NULL, ",");
	struct ospf_iface_conf *conf = &host.conf.iface[host.conf.iface_count];

	if (strcmp(name, "kind") == 0) {
		take_area((u32)atoi(area), type);
		return;
	}
	take_area((u32)atoi(area), "");
	ospf_iface_conf_defaults(conf, take_iface(name), (u32)atoi(area));
	conf->type = strcmp(type, "ptp") == 0 ? OSPF_NET_PTP : OSPF_NET_BROADCAST;
	conf->hello_s = (u16)atoi(hello);
	conf->dead_s = (u32)atoi(dead);
	if (key != NULL)
		take_auth(&conf->auth, auth, key);
	host.conf.iface_count++;
}

static void export(const char *text)
{
	u16 client = rib_client_new(&host.rib, ROUTE_STATIC);
	struct rib_path path = {
		.client = client, .type = FIB_BLACKHOLE, .distance = 1, .hops = RIB_NONE
	};
	struct ip_prefix prefix;

	if (!ip_prefix_parse(text, &prefix) || rib_offer(&host.rib, &prefix, &path) != ERR_OK)
		die(text);
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
	ospf_layout(&host.ospf, &host.conf, mem);
}

static void set_up(void)
{
	struct mem mem;
	void *region;

	host.policies.rule_count = host.policies.policy_count = 1;
	host.policies.policy[0].count = 1;
	host.policies.rule[0] = (struct policy_rule){ .list = POLICY_NONE,
						      .sources = 1 << ROUTE_STATIC };
	host.conf.export_policy = 0;
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
	struct ospf_nbr_shown nbr;
	struct ospf_route_shown route;
	struct speaker_event event;
	char text[IP_TEXT_SIZE];
	u32 cursor = 0;

	while (speaker_log_take(&host.log, &event))
		printf("log %s\n", event.text);
	while (ospf_show_nbrs(&host.ospf, &cursor, &nbr, 1, now) == 1)
		printf("neighbour %s %s rxmt %u\n", inet_ntoa((struct in_addr){ nbr.rid.raw }),
		       ospf_nbr_state_name(nbr.state), nbr.rxmt_waiting);
	cursor = 0;
	while (ospf_show_routes(&host.ospf, &cursor, &route, 1) == 1) {
		ip_prefix_print(&route.prefix, text, sizeof text);
		printf("route %s %s\n", text, route.why);
	}
	printf("end malformed %llu auth %llu refused %llu\n",
	       (unsigned long long)host.ospf.stats.malformed,
	       (unsigned long long)host.ospf.stats.bad_auth,
	       (unsigned long long)host.ospf.stats.refused);
	fflush(stdout);
}

static void on_end(int signal)
{
	(void)signal;
	host.ended = 1;
}

static void run(void)
{
	ns_t said = 0;

	while (!host.ended) {
		struct pollfd poll_fd[SOCKS];
		ns_t now = clock_now();

		for (u32 n = 0; n < SOCKS; n++)
			poll_fd[n] = (struct pollfd){ .fd = host.fd[n], .events = POLLIN };
		if (poll(poll_fd, SOCKS, 20) < 0 && errno != EINTR)
			die("poll");
		now = clock_now();
		for (u32 n = 0; n < SOCKS; n++) {
			if (host.fd[n] >= 0 && (poll_fd[n].revents & POLLIN) != 0)
				ospf_sock(&host.ospf, n, SOCK_READABLE, now);
		}
		while (rib_tick(&host.rib, now))
			;
		ospf_tick(&host.ospf, now);
		ospf_check(&host.ospf);
		if (now - said >= NS_PER_SEC) {
			say_all(now);
			said = now;
		}
	}
	ospf_stop(&host.ospf, clock_now());
}

int main(int argc, char **argv)
{
	struct ospf_env env = { .io = { .open = io_open,
					.close = io_close,
					.set = io_set,
					.watch = io_watch,
					.send_to = io_send_to,
					.recv = io_recv },
				.rib = &host.rib,
				.ifaces = &host.ifaces,
				.policies = &host.policies,
				.log = &host.log,
				.auth_seq = (u32)time(NULL) };
	struct ip_addr rid;

	if (argc < 3 || !ip_addr_parse(argv[1], &rid)) {
		fprintf(stderr, "ospf_host RID IFACE=AREA,TYPE,HELLO,DEAD[,AUTH,KEY]...\n");
		return 2;
	}
	for (u32 n = 0; n < SOCKS; n++)
		host.fd[n] = -1;
	ospf_conf_defaults(&host.conf);
	host.conf.router_id = be32_host(rid.word[0]);
	for (int n = 2; n < argc; n++) {
		if (strncmp(argv[n], "export=", 7) != 0)
			take_argument(argv[n]);
	}
	if (ospf_conf_wrong(&host.conf) != NULL) {
		fprintf(stderr, "%s\n", ospf_conf_wrong(&host.conf));
		return 2;
	}
	set_up();
	for (int n = 2; n < argc; n++) {
		if (strncmp(argv[n], "export=", 7) == 0)
			export(argv[n] + 7);
	}
	signal(SIGTERM, on_end);
	signal(SIGINT, on_end);
	ospf_init(&host.ospf, &env, clock_now());
	run();
	return 0;
}
