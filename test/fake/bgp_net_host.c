/* Routers that speak BGP: hosts with a RIB and a speaker, and their time. */
#include "fake/bgp_net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "fake/build.h"

enum { NETS = 4096, PATHS = 16384, HOPS = 1024, ROUNDS = 1 << 22 };

/* ---- hosts ----------------------------------------------------------------------------------- */

struct bgp_net *bgp_net_new(void)
{
	struct bgp_net *net = calloc(1, sizeof *net);

	CHECK(net != NULL);
	net->now = NS_PER_SEC;
	net->delay = NS_PER_MS;
	return net;
}

void bgp_net_del(struct bgp_net *net)
{
	for (u32 at = 0; at < net->host_count; at++) {
		free(net->host[at]->region);
		free(net->host[at]);
	}
	free(net);
}

u32 bgp_net_host(struct bgp_net *net, u32 as, const char *router_id)
{
	struct bgp_net_host *host = calloc(1, sizeof *host);
	struct hash_key key = { { 11, 22, 33, 44 + net->host_count } };

	CHECK(host != NULL && net->host_count < BGP_NET_HOSTS);
	host->net = net;
	host->index = net->host_count;
	net->host[net->host_count++] = host;
	host->rib_conf = (struct rib_conf){ NETS, PATHS, HOPS, key };
	bgp_conf_defaults(&host->conf);
	host->conf.as = as;
	host->conf.router_id = addr(router_id);
	host->conf.peer_limit = BGP_NET_HOSTS;
	host->conf.attr_limit = NETS;
	host->conf.cell_limit = 2 * NETS;
	host->conf.net_limit = NETS;
	host->conf.paths_out_limit = 4;
	host->conf.key = key;
	host->conf.policy = &host->policy;
	for (u32 at = 0; at < BGP_NET_POLICIES; at++)
		bgp_net_policy(net, host->index);
	bgp_net_rule(net, host->index, BGP_NET_ANY);
	return host->index;
}

u16 bgp_net_policy(struct bgp_net *net, u32 host)
{
	struct policy_conf *conf = &net->host[host]->policy;
	struct policy *policy = &conf->policy[conf->policy_count];

	policy->name[0] = 'a';
	policy->first = conf->rule_count;
	policy->count = 0;
	return (u16)conf->policy_count++;
}

struct policy_rule *bgp_net_rule(struct bgp_net *net, u32 host, u16 policy)
{
	struct policy_conf *conf = &net->host[host]->policy;
	u32 at = conf->policy[policy].first;

	memmove(&conf->rule[at + 1], &conf->rule[at],
		(conf->rule_count - at) * sizeof conf->rule[0]);
	conf->rule_count++;
	conf->policy[policy].count++;
	for (u32 other = policy + 1u; other < conf->policy_count; other++)
		conf->policy[other].first++;
	memset(&conf->rule[at], 0, sizeof conf->rule[0]);
	conf->rule[at].list = POLICY_NONE;
	return &conf->rule[at];
}

void bgp_net_attach(struct bgp_net *net, u32 at, const char *prefix)
{
	struct bgp_net_host *host = net->host[at];
	struct iface *iface = &host->ifaces.iface[host->ifaces.count++];
	char text[IP_TEXT_SIZE];
	u32 slash = 0;

	memset(text, 0, sizeof text);
	while (prefix[slash] != '/')
		slash++;
	memcpy(text, prefix, slash);
	iface->up = true;
	iface->conf.mtu = 1500;
	iface->conf.addr_count = 1;
	iface->conf.addr[0].addr = addr(text);
	iface->conf.addr[0].prefix_len = (u8)atoi(prefix + slash + 1);
}

struct bgp_peer_conf *bgp_net_peer(struct bgp_net *net, u32 host, const char *to, u32 as)
{
	struct bgp_conf *conf = &net->host[host]->conf;
	struct bgp_peer_conf *peer = &conf->peer[conf->peer_count++];

	bgp_peer_conf_defaults(peer);
	peer->addr = addr(to);
	peer->as = as;
	peer->import = peer->export = BGP_NET_ANY;
	return peer;
}

static void host_cut(struct bgp_net_host *host)
{
	struct fib_conf fib = { host->rib_conf.net_limit, 1024, host->conf.key };
	struct mem mem;
	u64 size = 0;

	for (u32 pass = 0; pass < 2; pass++) {
		if (pass == 0) {
			mem_init_plan(&mem);
		} else {
			size = mem.used;
			host->region = aligned_alloc(MEM_LINE, size);
			CHECK(host->region != NULL);
			memset(host->region, 0, size);
			mem_init(&mem, host->region, size);
		}
		fib_layout(&host->fib, &fib, &mem);
		rib_layout(&host->rib, &host->rib_conf, &mem);
		bgp_layout(&host->bgp, &host->conf, &mem);
	}
	CHECK(!mem.short_of);
}

static void connected_offer(struct bgp_net_host *host)
{
	for (u16 at = 0; at < host->ifaces.count; at++) {
		const struct iface_addr *own = &host->ifaces.iface[at].conf.addr[0];
		struct ip_prefix prefix = ip_prefix4(own->addr, own->prefix_len);
		struct rib_hop hop = { .iface = at, .weight = 1 };
		struct rib_path path = { .client = host->connected, .type = FIB_UNICAST };

		path.hops = rib_hops_get(&host->rib, &hop, 1);
		CHECK(rib_offer(&host->rib, &prefix, &path) == ERR_OK);
	}
}

static void speaker_begin(struct bgp_net_host *host)
{
	struct bgp_env env = { .io = bgp_net_io(host),
			       .rib = &host->rib,
			       .ifaces = &host->ifaces,
			       .log = &host->log };

	memset(env.seed, (int)host->index + 1, sizeof env.seed);
	bgp_init(&host->bgp, &env, host->net->now);
}

void bgp_net_again(struct bgp_net *net, u32 at)
{
	net->host[at]->bgp.conf = net->host[at]->conf;
	speaker_begin(net->host[at]);
}

void bgp_net_start(struct bgp_net *net, u32 at)
{
	struct bgp_net_host *host = net->host[at];

	CHECK(bgp_conf_wrong(&host->conf) == NULL);
	host_cut(host);
	fib_init(&host->fib);
	rib_init(&host->rib, &host->fib);
	host->connected = rib_client_new(&host->rib, ROUTE_CONNECTED);
	host->fixed = rib_client_new(&host->rib, ROUTE_STATIC);
	connected_offer(host);
	speaker_begin(host);
	host->speaks = true;
}

void bgp_net_kill(struct bgp_net *net, u32 host)
{
	for (u32 at = 0; at < BGP_NET_SOCKS; at++) {
		if (net->sock[at].used && net->sock[at].host == host)
			bgp_net_sock_end(net, &net->sock[at], SOCK_RESET);
	}
	net->host[host]->speaks = false;
	free(net->host[host]->region);
	net->host[host]->region = NULL;
}

struct bgp_net *bgp_net_row(const u32 *as, u32 count)
{
	struct bgp_net *net = bgp_net_new();

	for (u32 at = 0; at < count; at++) {
		char text[32];

		(void)snprintf(text, sizeof text, "192.0.2.%u", at + 1);
		bgp_net_host(net, as[at], text);
		if (at > 0) {
			(void)snprintf(text, sizeof text, "10.%u.0.2/24", at);
			bgp_net_attach(net, at, text);
			(void)snprintf(text, sizeof text, "10.%u.0.1", at);
			bgp_net_peer(net, at, text, as[at - 1]);
		}
		if (at + 1 < count) {
			(void)snprintf(text, sizeof text, "10.%u.0.1/24", at + 1);
			bgp_net_attach(net, at, text);
			(void)snprintf(text, sizeof text, "10.%u.0.2", at + 1);
			bgp_net_peer(net, at, text, as[at + 1]);
		}
	}
	return net;
}

struct bgp_net *bgp_net_mesh(const u32 *as, u32 count)
{
	struct bgp_net *net = bgp_net_new();
	char text[32];

	for (u32 at = 0; at < count; at++) {
		(void)snprintf(text, sizeof text, "192.0.2.%u", at + 1);
		bgp_net_host(net, as[at], text);
		(void)snprintf(text, sizeof text, "10.0.0.%u/24", at + 1);
		bgp_net_attach(net, at, text);
	}
	for (u32 at = 0; at < count; at++) {
		for (u32 to = 0; to < count; to++) {
			(void)snprintf(text, sizeof text, "10.0.0.%u", to + 1);
			if (to != at)
				bgp_net_peer(net, at, text, as[to]);
		}
	}
	return net;
}

void bgp_net_start_all(struct bgp_net *net)
{
	for (u32 at = 0; at < net->host_count; at++)
		bgp_net_start(net, at);
}

/* ---- time ------------------------------------------------------------------------------------ */

static void log_read(struct bgp_net_host *host)
{
	struct speaker_event event;

	while (speaker_log_take(&host->log, &event)) {
		host->ups += event.kind == SPEAKER_UP;
		host->downs += event.kind == SPEAKER_DOWN;
		host->warnings += event.kind == SPEAKER_WARNING;
		if (event.kind == SPEAKER_DOWN)
			memcpy(host->last_down, event.text, sizeof event.text);
		if (event.kind == SPEAKER_WARNING)
			memcpy(host->last_warning, event.text, sizeof event.text);
	}
}

/* True: something happened. */
static bool host_run(struct bgp_net *net, struct bgp_net_host *host)
{
	bool busy = false;

	for (u32 at = 0; at < BGP_NET_SOCKS; at++) {
		struct bgp_net_sock *sock = &net->sock[at];
		u8 ready;

		if (!sock->used || sock->host != host->index || !sock->accepted)
			continue;
		ready = bgp_net_ready(net, sock);
		if ((ready & sock->watch) == 0)
			continue;
		bgp_sock(&host->bgp, bgp_net_id(net, sock), ready, net->now);
		busy = true;
	}
	busy |= rib_tick(&host->rib, net->now);
	bgp_tick(&host->bgp, net->now);
	busy |= bgp_next(&host->bgp) <= net->now || !rib_is_idle(&host->rib);
	log_read(host);
	if (!net->unchecked)
		bgp_check(&host->bgp);
	return busy;
}

static ns_t later(ns_t now, ns_t next, ns_t when)
{
	return when > now && when < next ? when : next;
}

static ns_t net_next(const struct bgp_net *net)
{
	ns_t next = NS_NEVER;

	for (u32 at = 0; at < BGP_NET_SOCKS; at++) {
		const struct bgp_net_sock *sock = &net->sock[at];

		if (!sock->used)
			continue;
		next = later(net->now, next, sock->fails_at);
		next = later(net->now, next, sock->stands_at);
		next = later(net->now, next, sock->done_at);
		for (u32 chunk = 0; chunk < sock->chunk_count; chunk++)
			next = later(net->now, next, sock->chunk[chunk].at);
	}
	for (u32 at = 0; at < net->host_count; at++) {
		if (net->host[at]->speaks)
			next = later(net->now, next, bgp_next(&net->host[at]->bgp));
	}
	return next;
}

void bgp_net_run(struct bgp_net *net, ns_t ns)
{
	ns_t end = net->now + ns;

	for (u32 round = 0; net->now < end; round++) {
		bool busy = false;
		ns_t next;

		CHECK(round < ROUNDS);
		for (u32 at = 0; at < net->host_count; at++) {
			if (net->host[at]->speaks)
				busy |= host_run(net, net->host[at]);
		}
		next = busy ? net->now + NS_PER_US : net_next(net);
		net->now = u64_min(next, end);
	}
	for (u32 at = 0; at < net->host_count && !net->unchecked; at++) {
		if (net->host[at]->speaks)
			rib_check(&net->host[at]->rib);
	}
}

/* ---- what a test asks ------------------------------------------------------------------------ */

static struct ip_prefix prefix_of(const char *text)
{
	struct ip_prefix prefix;

	CHECK(ip_prefix_parse(text, &prefix));
	return prefix;
}

void bgp_net_originate(struct bgp_net *net, u32 host, const char *text)
{
	struct rib_path path = { .client = net->host[host]->fixed,
				 .type = FIB_BLACKHOLE,
				 .distance = RIB_DISTANCE_STATIC,
				 .hops = RIB_NONE };
	struct ip_prefix prefix = prefix_of(text);

	CHECK(rib_offer(&net->host[host]->rib, &prefix, &path) == ERR_OK);
}

void bgp_net_retract(struct bgp_net *net, u32 host, const char *text)
{
	struct ip_prefix prefix = prefix_of(text);

	CHECK(rib_withdraw(&net->host[host]->rib, &prefix, net->host[host]->fixed, 0) == ERR_OK);
}

u32 bgp_net_paths(struct bgp_net *net, u32 host, const char *text, struct rib_shown *out, u32 max)
{
	struct ip_prefix prefix = prefix_of(text);
	struct rib_shown shown[32];
	u32 count = 0, got;
	u64 cursor = 0;

	while ((got = rib_show(&net->host[host]->rib, &cursor, shown, ARRAY_COUNT(shown))) > 0) {
		for (u32 at = 0; at < got && count < max; at++) {
			if (ip_prefix_eq(&shown[at].prefix, &prefix))
				out[count++] = shown[at];
		}
	}
	return count;
}

bool bgp_net_has(struct bgp_net *net, u32 host, const char *prefix)
{
	struct rib_shown shown[8];

	return bgp_net_paths(net, host, prefix, shown, ARRAY_COUNT(shown)) > 0 && shown[0].best;
}

struct bgp_attrs_shown bgp_net_attrs(struct bgp_net *net, u32 host, const char *prefix)
{
	struct bgp_attrs_shown out;
	struct rib_shown shown[8];

	CHECK(bgp_net_paths(net, host, prefix, shown, ARRAY_COUNT(shown)) > 0);
	CHECK(shown[0].source == ROUTE_BGP);
	bgp_show_attrs(&net->host[host]->bgp, shown[0].path.attr, &out);
	return out;
}

struct bgp_peer_shown bgp_net_shown(struct bgp_net *net, u32 host, const char *to)
{
	struct bgp_peer_shown shown;
	u32 cursor = 0;

	while (bgp_show_peers(&net->host[host]->bgp, &cursor, &shown, 1, net->now) > 0) {
		if (be32_eq(shown.addr, addr(to)))
			return shown;
	}
	CHECK(false);
	return shown;
}

bool bgp_net_is_up(struct bgp_net *net, u32 host, const char *to)
{
	return bgp_net_shown(net, host, to).state == BGP_ESTABLISHED;
}
