/* rip_host IFACE[=AUTH,KEY]... [export=PREFIX] [bfd=ADDRESS[,KEY]]
 *
 * The RIP and the BFD of the core on datagram sockets of the system, for trials with other routers.
 * Every second it writes neighbours, routes and sessions, a line each, to standard output; SIGTERM
 * ends it as gracefully as the protocols can. AUTH: plain, md5, sha1, sha256, sha384, sha512; key
 * id 1, of BFD, too, which then is meticulous SHA-1. BFD is on the first interface.              */
#include "core/routing/bfd/bfd.h"
#include "core/routing/rip/rip.h"
#include "interop/speaker_host.h"

static struct rip rip;
static struct bfd bfd;
static struct rip_conf rip_conf;
static struct bfd_conf bfd_conf;

/* ---- configuration --------------------------------------------------------------------------- */

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
	struct bfd_auth_conf *auth = &bfd_conf.params.auth;

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
	struct rip_iface_conf *conf = &rip_conf.iface[rip_conf.iface_count];
	struct ip_addr addr;

	if (strcmp(name, "export") == 0) {
		exported = first;
	} else if (strcmp(name, "bfd") == 0) {
		if (!ip_addr_parse(first, &addr))
			host_die(first);
		peer = addr.word[0];
		if (second != NULL)
			take_bfd_key(second);
	} else {
		rip_iface_conf_defaults(conf, host_take_iface(name));
		if (second != NULL)
			take_auth(&conf->auth, first, second);
		rip_conf.iface_count++;
	}
}

static void layout(struct mem *mem)
{
	rip_layout(&rip, &rip_conf, mem);
	bfd_layout(&bfd, &bfd_conf, mem);
}

/* ---- running --------------------------------------------------------------------------------- */

static void on_sock(sock_id sock, ns_t now)
{
	rip_sock(&rip, sock, SOCK_READABLE, now);
	bfd_sock(&bfd, sock, SOCK_READABLE, now);
}

static void on_tick(ns_t now)
{
	rip_tick(&rip, now);
	bfd_tick(&bfd, now);
	rip_check(&rip);
	bfd_check(&bfd);
}

static ns_t next(void)
{
	return u64_min(rip_next(&rip), bfd_next(&bfd));
}

static void say(ns_t now)
{
	struct rip_neigh_info neigh;
	struct rip_route_info route;
	struct bfd_info about;
	u32 cursor = 0;

	while (rip_show_neighbours(&rip, &cursor, &neigh, 1, now) == 1)
		printf("neighbour %s packets %llu bad %llu\n",
		       inet_ntoa((struct in_addr){ neigh.addr.raw }),
		       (unsigned long long)neigh.packets,
		       (unsigned long long)(neigh.bad_packets + neigh.bad_routes));
	cursor = 0;
	while (rip_show_routes(&rip, &cursor, &route, 1, now) == 1)
		printf("route %s/%u metric %u tag %u\n",
		       inet_ntoa((struct in_addr){ route.addr.raw }), route.len, route.metric,
		       route.tag);
	cursor = 0;
	while (bfd_show(&bfd, &cursor, &about, 1, now) == 1)
		printf("bfd %s %s detect %u downs %u bad %llu\n",
		       inet_ntoa((struct in_addr){ about.addr.raw }), bfd_state_name(about.state),
		       about.detect_us, about.downs, (unsigned long long)about.bad_auth);
	printf("end\n");
}

int main(int argc, char **argv)
{
	static const struct host_calls calls = { on_sock, on_tick, next, say };
	struct rip_start rip_start = {
		.io = host_io, .rib = &host.rib, .ifaces = &host.ifaces, .log = &host.log
	};
	struct bfd_start bfd_start = { .io = host_io, .ifaces = &host.ifaces, .log = &host.log };

	rip_conf_defaults(&rip_conf);
	bfd_conf_defaults(&bfd_conf);
	for (int n = 1; n < argc; n++)
		take_argument(argv[n]);
	if (argc < 2 || rip_conf_wrong(&rip_conf) != NULL) {
		fprintf(stderr,
			"rip_host IFACE[=AUTH,KEY]... [export=PREFIX] [bfd=ADDRESS[,KEY]]\n");
		return 2;
	}
	rip_conf.policy = &host.policies;
	rip_conf.export = 0;
	rip_conf.sequence_base = (u32)time(NULL);
	host_set_up(layout);
	if (exported != NULL)
		host_export(exported);
	memcpy(rip_start.seed, &(time_t){ time(NULL) }, sizeof(time_t));
	memcpy(bfd_start.seed, rip_start.seed, sizeof bfd_start.seed);
	if (rip_init(&rip, &rip_conf, &rip_start, host_now()) != ERR_OK)
		host_die("rip");
	bfd_init(&bfd, &bfd_conf, &bfd_start);
	if (peer.raw != 0 && bfd_get(&bfd, peer, 0, ROUTE_STATIC, host_now()) == BFD_NONE)
		host_die("bfd");
	host_run(&calls);
	bfd_stop(&bfd, host_now());
	rip_stop(&rip, host_now());
	return 0;
}
