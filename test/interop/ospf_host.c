/* ospf_host RID IFACE=AREA,TYPE,HELLO,DEAD[,AUTH[,KEY]]... [kind=AREA,stub|nssa] [export=PREFIX]...
 *
 * The OSPF of the core on raw sockets of the system, for trials with other routers. Every second it
 * writes neighbours and routes, a line each, to standard output; SIGTERM ends it as gracefully as
 * the protocol can. TYPE: ptp or lan. AUTH: plain, md5, sha1, sha256, sha384, sha512; key id 1.  */
#include "core/routing/ospf/ospf.h"
#include "interop/speaker_host.h"

static struct ospf ospf;
static struct ospf_conf ospf_conf;

/* ---- configuration --------------------------------------------------------------------------- */

static void take_area(u32 id, const char *kind)
{
	struct ospf_area_conf *area = NULL;

	for (u32 n = 0; n < ospf_conf.area_count; n++) {
		if (ospf_conf.area[n].id == id)
			area = &ospf_conf.area[n];
	}
	if (area == NULL) {
		area = &ospf_conf.area[ospf_conf.area_count++];
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
	struct ospf_iface_conf *conf = &ospf_conf.iface[ospf_conf.iface_count];

	if (strcmp(name, "kind") == 0) {
		take_area((u32)atoi(area), type);
		return;
	}
	take_area((u32)atoi(area), "");
	ospf_iface_conf_defaults(conf, host_take_iface(name), (u32)atoi(area));
	conf->type = strcmp(type, "ptp") == 0 ? OSPF_NET_PTP : OSPF_NET_BROADCAST;
	conf->hello_s = (u16)atoi(hello);
	conf->dead_s = (u32)atoi(dead);
	if (key != NULL)
		take_auth(&conf->auth, auth, key);
	ospf_conf.iface_count++;
}

static void layout(struct mem *mem)
{
	ospf_layout(&ospf, &ospf_conf, mem);
}

/* ---- running --------------------------------------------------------------------------------- */

static void on_sock(sock_id sock, ns_t now)
{
	ospf_sock(&ospf, sock, SOCK_READABLE, now);
}

static void on_tick(ns_t now)
{
	ospf_tick(&ospf, now);
	ospf_check(&ospf);
}

static ns_t next(void)
{
	return ospf_next(&ospf);
}

static void say(ns_t now)
{
	struct ospf_nbr_shown nbr;
	struct ospf_route_shown route;
	char text[IP_TEXT_SIZE];
	u32 cursor = 0;

	while (ospf_show_nbrs(&ospf, &cursor, &nbr, 1, now) == 1)
		printf("neighbour %s %s rxmt %u\n", inet_ntoa((struct in_addr){ nbr.rid.raw }),
		       ospf_nbr_state_name(nbr.state), nbr.rxmt_waiting);
	cursor = 0;
	while (ospf_show_routes(&ospf, &cursor, &route, 1) == 1) {
		ip_prefix_print(&route.prefix, text, sizeof text);
		printf("route %s %s\n", text, route.why);
	}
	printf("end malformed %llu auth %llu refused %llu\n",
	       (unsigned long long)ospf.stats.malformed,
	       (unsigned long long)ospf.stats.bad_auth,
	       (unsigned long long)ospf.stats.refused);
}

int main(int argc, char **argv)
{
	static const struct host_calls calls = { on_sock, on_tick, next, say };
	struct ospf_env env = { .io = host_io,
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
	ospf_conf_defaults(&ospf_conf);
	ospf_conf.router_id = be32_host(rid.word[0]);
	for (int n = 2; n < argc; n++) {
		if (strncmp(argv[n], "export=", 7) != 0)
			take_argument(argv[n]);
	}
	if (ospf_conf_wrong(&ospf_conf) != NULL) {
		fprintf(stderr, "%s\n", ospf_conf_wrong(&ospf_conf));
		return 2;
	}
	ospf_conf.export_policy = 0;
	host_set_up(layout);
	for (int n = 2; n < argc; n++) {
		if (strncmp(argv[n], "export=", 7) == 0)
			host_export(argv[n] + 7);
	}
	ospf_init(&ospf, &env, host_now());
	host_run(&calls);
	ospf_stop(&ospf, host_now());
	return 0;
}
