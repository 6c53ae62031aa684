/* The network: packets in flight, sockets, routers, and what ought to be true. */
#include "sim/ospf_net.h"

#include <stdio.h>
#include <stdlib.h>

enum { LSAS = 1024, AT_ONCE_MAX = 100 /* deadlines without any time between */ };
#define NO_WAY UINT32_MAX

static void must(bool is)
{
	CHECK(is);
}

/* ---- flights: a binary heap ------------------------------------------------------------------ */

static bool flies_before(const struct net_flight *a, const struct net_flight *b)
{
	return a->when != b->when ? a->when < b->when : a->order < b->order;
}

static void swap(struct net_flight *a, struct net_flight *b)
{
	struct net_flight c = *a;

	*a = *b;
	*b = c;
}

static void flight_add(struct ospf_net *net, const struct net_flight *flight)
{
	u32 at = net->flying;

	if (net->flying == NET_FLIGHTS) {
		free(flight->pkt);
		return;
	}
	net->flight[net->flying++] = *flight;
	for (; at > 0 && flies_before(&net->flight[at], &net->flight[(at - 1) / 2]);
	     at = (at - 1) / 2)
		swap(&net->flight[at], &net->flight[(at - 1) / 2]);
}

static struct net_flight flight_take(struct ospf_net *net)
{
	struct net_flight first = net->flight[0];
	u32 at = 0;

	net->flight[0] = net->flight[--net->flying];
	for (;;) {
		u32 least = at;

		for (u32 child = 2 * at + 1; child <= 2 * at + 2 && child < net->flying; child++) {
			if (flies_before(&net->flight[child], &net->flight[least]))
				least = child;
		}
		if (least == at)
			return first;
		swap(&net->flight[at], &net->flight[least]);
		at = least;
	}
}

/* ---- sockets --------------------------------------------------------------------------------- */

static struct net_sock *sock_of(struct net_router *router, sock_id id)
{
	CHECK(id < ARRAY_COUNT(router->sock) && router->sock[id].open);
	return &router->sock[id];
}

static enum sock_error io_open(void *ctx, enum sock_kind kind, u8 proto, sock_id *sock)
{
	struct net_router *router = ctx;

	CHECK(kind == SOCK_RAW_KIND);
	for (u32 at = 0; at < ARRAY_COUNT(router->sock); at++) {
		if (router->sock[at].open)
			continue;
		memset(&router->sock[at], 0, sizeof router->sock[at]);
		router->sock[at].open = true;
		router->sock[at].proto = proto;
		router->sock[at].iface = SOCK_IFACE_ANY;
		*sock = at;
		return SOCK_OK;
	}
	return SOCK_LIMIT;
}

static void io_close(void *ctx, sock_id id, ns_t now)
{
	struct net_sock *sock = sock_of(ctx, id);

	(void)now;
	for (; sock->count > 0; sock->count--)
		free(sock->queue[sock->first++ % NET_QUEUE]);
	sock->open = false;
}

static void send_one(struct ospf_net *net, struct net_segment *segment, const struct net_end *end,
		     const u8 *bytes, u32 len)
{
	struct net_flight flight = { .order = net->order++,
				     .router = end->router,
				     .life = net->router[end->router]->life,
				     .iface = end->iface };

	flight.when = net->now + segment->delay_ns;
	if (segment->jitter_ns > 0)
		flight.when += rng_u64(&net->rng) % segment->jitter_ns;
	flight.pkt = malloc(sizeof *flight.pkt);
	CHECK(flight.pkt != NULL && len <= NET_PKT);
	flight.pkt->len = len;
	memcpy(flight.pkt->bytes, bytes, len);
	flight_add(net, &flight);
}

static be32 addr_at(const struct ospf_net *net, const struct net_end *end)
{
	return net->router[end->router]->ifaces.iface[end->iface].conf.addr[0].addr;
}

static enum sock_error io_send_to(void *ctx, sock_id id, const void *data, u32 bytes,
				  const struct sock_dgram *dgram)
{
	struct net_router *router = ctx;
	struct ospf_net *net = router->net;
	struct net_segment *segment = &net->segment[router->segment[dgram->iface]];
	u8 packet[NET_PKT];
	struct ip4_hdr ip = { .version_ihl = 0x45,
			      .tos = dgram->tos,
			      .ttl = dgram->ttl,
			      .len = be16_of((u16)(bytes + IP4_HLEN_MIN)),
			      .proto = sock_of(router, id)->proto,
			      .src = dgram->from,
			      .dst = dgram->to.addr };

	CHECK(sock_of(router, id)->iface == dgram->iface && dgram->ttl == 1 && dgram->tos == 0xc0);
	CHECK(bytes + IP4_HLEN_MIN <= router->ifaces.iface[dgram->iface].conf.mtu);
	memcpy(packet, &ip, sizeof ip);
	memcpy(packet + sizeof ip, data, bytes);
	for (u32 n = 0; n < segment->end_count && segment->carrier && segment->passes; n++) {
		const struct net_end *end = &segment->end[n];

		if (end->router == router->idx ||
		    (!ip4_is_multicast(ip.dst) && !be32_eq(addr_at(net, end), ip.dst)))
			continue;
		if (rng_below(&net->rng, 100) < segment->loss_percent)
			continue;
		send_one(net, segment, end, packet, bytes + IP4_HLEN_MIN);
		if (rng_below(&net->rng, 100) < segment->twice_percent)
			send_one(net, segment, end, packet, bytes + IP4_HLEN_MIN);
	}
	return SOCK_OK;
}

static enum sock_error io_recv(void *ctx, sock_id id, struct sock_buf *buf, struct sock_info *info,
			       ns_t now)
{
	struct net_sock *sock = sock_of(ctx, id);
	struct net_pkt *pkt;

	(void)now;
	if (sock->count == 0)
		return SOCK_AGAIN;
	pkt = sock->queue[sock->first++ % NET_QUEUE];
	sock->count--;
	buf->got = u32_min(pkt->len, buf->bytes);
	memcpy(buf->to, pkt->bytes, buf->got);
	*info = (struct sock_info){ .bytes = pkt->len };
	free(pkt);
	return SOCK_OK;
}

static enum sock_error io_set(void *ctx, sock_id id, enum sock_option option,
			      const struct sock_value *value, ns_t now)
{
	struct net_sock *sock = sock_of(ctx, id);

	(void)now;
	switch (option) {
	case SOCK_OPT_BIND_IFACE: sock->iface = value->iface; return SOCK_OK;
	case SOCK_OPT_JOIN:
		CHECK(sock->group_count < ARRAY_COUNT(sock->group) && value->iface == sock->iface);
		sock->group[sock->group_count++] = value->addr;
		return SOCK_OK;
	case SOCK_OPT_LEAVE:
		for (u32 n = 0; n < sock->group_count; n++) {
			if (be32_eq(sock->group[n], value->addr)) {
				sock->group[n] = sock->group[--sock->group_count];
				return SOCK_OK;
			}
		}
		return SOCK_INVALID;
	case SOCK_OPT_MULTICAST_IF:
	case SOCK_OPT_MULTICAST_TTL:
	case SOCK_OPT_MULTICAST_LOOP: return SOCK_OK;
	default: return SOCK_NOT_SUPPORTED;
	}
}

static enum sock_error io_watch(void *ctx, sock_id id, u8 bits)
{
	sock_of(ctx, id)->watch = bits;
	return SOCK_OK;
}

static bool hears(const struct net_sock *sock, u16 iface, const struct ip4_hdr *ip)
{
	if (!sock->open || sock->iface != iface || sock->proto != ip->proto)
		return false;
	for (u32 n = 0; n < sock->group_count; n++) {
		if (be32_eq(sock->group[n], ip->dst))
			return true;
	}
	return !ip4_is_multicast(ip->dst);
}

/* ---- routers --------------------------------------------------------------------------------- */

struct ospf_net *ospf_net_new(u64 seed)
{
	struct ospf_net *net = calloc(1, sizeof *net);
	u8 bytes[32] = { 0 };

	CHECK(net != NULL);
	memcpy(bytes, &seed, sizeof seed);
	rng_init(&net->rng, bytes);
	net->flight = calloc(NET_FLIGHTS, sizeof *net->flight);
	CHECK(net->flight != NULL);
	net->now = 1000 * NS_PER_SEC;
	return net;
}

static void close_socks(struct net_router *router)
{
	for (u32 at = 0; at < ARRAY_COUNT(router->sock); at++) {
		if (router->sock[at].open)
			io_close(router, at, 0);
	}
}

void ospf_net_free(struct ospf_net *net)
{
	for (u32 at = 0; at < net->router_count; at++) {
		close_socks(net->router[at]);
		free(net->router[at]->region);
		free(net->router[at]);
	}
	while (net->flying > 0)
		free(net->flight[--net->flying].pkt);
	free(net->flight);
	free(net);
}

u32 ospf_net_router(struct ospf_net *net, u32 rid)
{
	struct net_router *router = calloc(1, sizeof *router);

	CHECK(router != NULL && net->router_count < NET_ROUTERS);
	router->net = net;
	router->idx = net->router_count;
	ospf_conf_defaults(&router->conf);
	router->conf.router_id = rid;
	router->conf.lsa_limit = LSAS;
	router->conf.nbr_limit = 64;
	router->conf.rxmt_limit = 8192;
	router->conf.request_limit = 1024;
	router->conf.route_limit = 1024;
	router->conf.export_limit = 256;
	net->router[net->router_count] = router;
	return net->router_count++;
}

u32 ospf_net_segment(struct ospf_net *net, enum ospf_net_type type, u32 addr, u8 len)
{
	CHECK(net->segment_count < NET_SEGMENTS);
	net->segment[net->segment_count] = (struct net_segment){
		.type = type,
		.addr = addr,
		.len = len,
		.carrier = true,
		.passes = true,
		.delay_ns = NS_PER_MS,
	};
	return net->segment_count++;
}

struct ospf_area_conf *ospf_net_area(struct ospf_net *net, u32 at, u32 area)
{
	struct ospf_conf *conf = &net->router[at]->conf;

	for (u32 n = 0; n < conf->area_count; n++) {
		if (conf->area[n].id == area)
			return &conf->area[n];
	}
	ospf_area_conf_defaults(&conf->area[conf->area_count], area);
	return &conf->area[conf->area_count++];
}

u16 ospf_net_attach(struct ospf_net *net, u32 at, u32 to, u16 cost, u32 area)
{
	struct net_router *router = net->router[at];
	struct net_segment *segment = &net->segment[to];
	struct ospf_iface_conf *conf = &router->conf.iface[router->conf.iface_count++];
	u16 iface = (u16)router->ifaces.count++;
	struct iface *system = &router->ifaces.iface[iface];

	CHECK(iface < NET_PORTS && segment->end_count < NET_ENDS);
	(void)ospf_net_area(net, at, area);
	ospf_iface_conf_defaults(conf, iface, area);
	conf->cost = cost;
	conf->type = segment->type;
	snprintf(system->conf.name, sizeof system->conf.name, "e%u", (unsigned)iface);
	system->conf.mtu = 1500;
	system->conf.addr_count = 1;
	system->conf.addr[0].addr = be32_of(segment->addr + 1 + segment->end_count);
	system->conf.addr[0].prefix_len = segment->len;
	system->up = segment->carrier;
	router->segment[iface] = to;
	segment->end[segment->end_count++] = (struct net_end){ at, iface, cost };
	return iface;
}

struct ospf_iface_conf *ospf_net_iface(struct ospf_net *net, u32 at, u32 segment)
{
	struct net_router *router = net->router[at];

	for (u32 n = 0; n < router->conf.iface_count; n++) {
		if (router->segment[router->conf.iface[n].iface] == segment)
			return &router->conf.iface[n];
	}
	CHECK(false);
	return NULL;
}

void ospf_net_export(struct ospf_net *net, u32 at, enum route_source source, bool type2, u32 metric)
{
	struct policy_conf *policies = &net->router[at]->policies;
	struct policy_rule *rule = &policies->rule[policies->rule_count];

	*rule = (struct policy_rule){ .list = POLICY_NONE,
				      .sources = (u8)(1 << source),
				      .set = POLICY_SET_METRIC | (type2 ? POLICY_SET_TYPE2 : 0),
				      .metric = metric,
				      .action = POLICY_ACCEPT };
	policies->policy[0] = (struct policy){ .name = "export", .count = ++policies->rule_count };
	policies->policy_count = 1;
	net->router[at]->conf.export_policy = 0;
}

static void layout(struct net_router *router, struct mem *mem)
{
	struct hash_key key = { { 7, 8, 9, router->idx } };
	struct rib_conf rib = {
		.net_limit = 2048, .path_limit = 4096, .hops_limit = 1024, .key = key
	};
	struct fib_conf fib = { .prefix_count = 4096, .route_count = 2048, .key = key };

	fib_layout(&router->fib, &fib, mem);
	rib_layout(&router->rib, &rib, mem);
	ospf_layout(&router->ospf, &router->conf, mem);
}

static void rib_run(struct net_router *router)
{
	for (u32 left = 10000; left > 0 && rib_tick(&router->rib, router->net->now); left--)
		;
}

/* What the interfaces offer. */
static void offer_connected(struct net_router *router)
{
	for (u32 n = 0; n < router->ifaces.count; n++) {
		const struct iface *iface = &router->ifaces.iface[n];
		struct ip_prefix prefix = ip_prefix4(iface->conf.addr[0].addr,
						     iface->conf.addr[0].prefix_len);
		struct rib_hop hop = { .iface = (u16)n, .weight = 1 };
		struct rib_path path = { .client = router->connected, .type = FIB_UNICAST };

		if (iface->up) {
			path.hops = rib_hops_get(&router->rib, &hop, 1);
			must(rib_offer(&router->rib, &prefix, &path) == ERR_OK);
		} else if (rib_find(&router->rib, &prefix, router->connected, 0, &path)) {
			must(rib_withdraw(&router->rib, &prefix, router->connected, 0) == ERR_OK);
		}
	}
}

static void after(struct net_router *router)
{
	struct speaker_event event;

	rib_run(router);
	ospf_tick(&router->ospf, router->net->now);
	rib_run(router);
	while (speaker_log_take(&router->log, &event)) {
		if (event.kind != SPEAKER_WARNING)
			continue;
		router->warnings++;
		memcpy(router->last, event.text, sizeof router->last);
	}
	ospf_check(&router->ospf);
	router->net->events++;
}

void ospf_net_start(struct ospf_net *net, u32 at)
{
	struct net_router *router = net->router[at];
	struct ospf_env env = { .io = { .ctx = router,
					.open = io_open,
					.close = io_close,
					.send_to = io_send_to,
					.recv = io_recv,
					.set = io_set,
					.watch = io_watch },
				.rib = &router->rib,
				.ifaces = &router->ifaces,
				.policies = &router->policies,
				.log = &router->log };
	struct mem mem;

	CHECK(!router->running);
	if (router->region == NULL) {
		mem_init_plan(&mem);
		layout(router, &mem);
		router->region_size = mem.used;
		router->region = aligned_alloc(MEM_LINE, mem.used);
		CHECK(router->region != NULL);
	}
	memset(router->region, 0, router->region_size);
	mem_init(&mem, router->region, router->region_size);
	layout(router, &mem);
	fib_init(&router->fib);
	rib_init(&router->rib, &router->fib);
	router->connected = rib_client_new(&router->rib, ROUTE_CONNECTED);
	router->fixed = rib_client_new(&router->rib, ROUTE_STATIC);
	router->life++;
	env.auth_seq = (u32)(net->now / NS_PER_SEC);
	for (u32 n = 0; n < sizeof env.seed; n++)
		env.seed[n] = (u8)rng_u32(&net->rng);
	offer_connected(router);
	rib_run(router);
	ospf_init(&router->ospf, &env, net->now);
	router->running = true;
	after(router);
}

void ospf_net_crash(struct ospf_net *net, u32 at)
{
	struct net_router *router = net->router[at];

	CHECK(router->running);
	close_socks(router);
	router->life++;
	router->running = false;
}

void ospf_net_stop(struct ospf_net *net, u32 at)
{
	struct net_router *router = net->router[at];

	ospf_stop(&router->ospf, net->now);
	ospf_check(&router->ospf);
	rib_run(router);
	router->life++;
	router->running = false;
}

void ospf_net_static(struct ospf_net *net, u32 at, u32 addr, u8 len, u32 gateway, u16 iface)
{
	struct net_router *router = net->router[at];
	struct ip_prefix prefix = ip_prefix4(be32_of(addr), len);
	struct rib_hop hop = { .gateway = ip_addr4(be32_of(gateway)), .iface = iface, .weight = 1 };
	struct rib_path path = {
		.client = router->fixed, .type = FIB_BLACKHOLE, .distance = 1, .hops = RIB_NONE
	};

	if (gateway != 0) {
		path.type = FIB_UNICAST;
		path.hops = rib_hops_get(&router->rib, &hop, 1);
	}
	must(rib_offer(&router->rib, &prefix, &path) == ERR_OK);
	after(router);
}

void ospf_net_carrier(struct ospf_net *net, u32 at, bool carrier)
{
	struct net_segment *segment = &net->segment[at];

	segment->carrier = carrier;
	for (u32 n = 0; n < segment->end_count; n++) {
		struct net_router *router = net->router[segment->end[n].router];

		router->ifaces.iface[segment->end[n].iface].up = carrier;
		if (!router->running)
			continue;
		offer_connected(router);
		ospf_ifaces(&router->ospf, net->now);
		after(router);
	}
}

/* ---- time ------------------------------------------------------------------------------------ */

static void deliver(struct ospf_net *net, const struct net_flight *flight)
{
	struct net_router *router = net->router[flight->router];

	for (u32 at = 0; at < ARRAY_COUNT(router->sock); at++) {
		struct net_sock *sock = &router->sock[at];

		if (!hears(sock, flight->iface, (const void *)flight->pkt->bytes) ||
		    sock->count == NET_QUEUE)
			continue;
		sock->queue[(sock->first + sock->count++) % NET_QUEUE] = flight->pkt;
		net->delivered++;
		ospf_sock(&router->ospf, at, SOCK_READABLE, net->now);
		CHECK(!sock->open || sock->count == 0);
		after(router);
		return;
	}
	free(flight->pkt);
}

static struct net_router *next_router(struct ospf_net *net, ns_t *when)
{
	struct net_router *first = NULL;

	*when = NS_NEVER;
	for (u32 at = 0; at < net->router_count; at++) {
		struct net_router *router = net->router[at];

		if (router->running && ospf_next(&router->ospf) < *when) {
			*when = ospf_next(&router->ospf);
			first = router;
		}
	}
	return first;
}

static void run_until(struct ospf_net *net, ns_t until)
{
	u32 at_once = 0;

	for (;;) {
		ns_t when;
		struct net_router *router = next_router(net, &when);
		struct net_flight flight;

		if (net->flying > 0 && net->flight[0].when <= when) {
			if (net->flight[0].when > until)
				break;
			flight = flight_take(net);
			net->now = flight.when;
			if (net->router[flight.router]->running &&
			    net->router[flight.router]->life == flight.life)
				deliver(net, &flight);
			else
				free(flight.pkt);
			continue;
		}
		if (router == NULL || when > until)
			break;
		at_once = when > net->now ? 0 : at_once + 1;
		CHECK(at_once < AT_ONCE_MAX);
		net->now = when > net->now ? when : net->now;
		after(router);
	}
	net->now = until;
}

void ospf_net_run(struct ospf_net *net, u32 seconds)
{
	run_until(net, net->now + seconds * NS_PER_SEC);
}

void ospf_net_run_ms(struct ospf_net *net, u32 ms)
{
	run_until(net, net->now + ms * NS_PER_MS);
}

/* ---- judgement ------------------------------------------------------------------------------- */

u32 ospf_net_count(struct ospf_net *net, u32 at, enum ospf_nbr_state state)
{
	struct ospf_nbr_shown nbr[64];
	u32 cursor = 0, count = 0;
	u32 some = ospf_show_nbrs(&net->router[at]->ospf, &cursor, nbr, 64, net->now);

	for (u32 n = 0; n < some; n++)
		count += nbr[n].state == state;
	return count;
}

bool ospf_net_route(struct ospf_net *net, u32 at, u32 addr, u8 len, struct ospf_route_shown *out)
{
	struct ip_prefix wanted = ip_prefix4(be32_of(addr), len);
	u32 cursor = 0;

	while (ospf_show_routes(&net->router[at]->ospf, &cursor, out, 1) == 1) {
		if (ip_prefix_eq(&out->prefix, &wanted))
			return true;
	}
	return false;
}

static u32 owner_of(const struct ospf_net *net, be32 addr)
{
	for (u32 at = 0; at < net->router_count; at++) {
		for (u32 n = 0; n < net->router[at]->ifaces.count; n++) {
			if (be32_eq(net->router[at]->ifaces.iface[n].conf.addr[0].addr, addr))
				return at;
		}
	}
	return NET_ROUTERS;
}

u32 ospf_net_trace(struct ospf_net *net, u32 at, u32 addr)
{
	struct ip_addr dst = ip_addr4(be32_of(addr));
	struct rib_shown shown;
	struct rib_hop hop[RIB_HOPS_MAX];

	for (u32 steps = 0; steps < NET_ROUTERS; steps++) {
		struct net_router *router = net->router[at];
		u32 count;

		if (!router->running || rib_explain(&router->rib, &dst, &shown, 1) == 0 ||
		    !shown.best)
			return NET_ROUTERS;
		if (shown.path.hops == RIB_NONE)
			return shown.source == ROUTE_STATIC ? at : NET_ROUTERS;
		count = rib_hops_read(&router->rib, shown.path.hops, hop);
		/* Any of them has to do. */
		hop[0] = hop[rng_below(&net->rng, count)];
		if (hop[0].gateway.family == FAMILY_NONE || shown.source == ROUTE_STATIC)
			return at;
		if (!net->segment[router->segment[hop[0].iface]].carrier)
			return NET_ROUTERS;
		at = owner_of(net, hop[0].gateway.word[0]);
		if (at == NET_ROUTERS)
			return NET_ROUTERS;
	}
	return NET_ROUTERS + 1;
}

/* Dijkstra over routers and segments: to a segment costs, from it does not. */
static void distances(const struct ospf_net *net, u32 from, u32 *segment)
{
	u32 router[NET_ROUTERS];
	bool done[NET_ROUTERS] = { false };

	for (u32 n = 0; n < NET_ROUTERS; n++)
		router[n] = NO_WAY;
	for (u32 n = 0; n < NET_SEGMENTS; n++)
		segment[n] = NO_WAY;
	router[from] = 0;
	for (;;) {
		u32 best = NET_ROUTERS;

		for (u32 n = 0; n < net->router_count; n++) {
			if (!done[n] && router[n] != NO_WAY &&
			    (best == NET_ROUTERS || router[n] < router[best]))
				best = n;
		}
		if (best == NET_ROUTERS)
			return;
		done[best] = true;
		for (u32 s = 0; s < net->segment_count; s++) {
			const struct net_segment *seg = &net->segment[s];

			for (u32 e = 0; e < seg->end_count && seg->carrier; e++) {
				u32 dist = router[best] + seg->end[e].cost;

				if (seg->end[e].router != best)
					continue;
				segment[s] = u32_min(segment[s], dist);
				for (u32 o = 0; o < seg->end_count; o++) {
					u32 other = seg->end[o].router;

					if (net->router[other]->running && seg->passes)
						router[other] = u32_min(router[other], dist);
				}
			}
		}
	}
}

static bool judge_route(struct ospf_net *net, u32 at, u32 s, u32 dist)
{
	const struct net_segment *seg = &net->segment[s];
	struct ospf_route_shown shown;
	bool there = ospf_net_route(net, at, seg->addr, seg->len, &shown);
	u32 end;

	if (there != (dist != NO_WAY) || (there && shown.cost != dist)) {
		printf("router %u, segment %u: %s of cost %u, and it ought to be %d\n", at, s,
		       there ? "a route" : "no route", there ? shown.cost : 0, (int)dist);
		return false;
	}
	end = ospf_net_trace(net, at, seg->addr);
	if (there ? end < NET_ROUTERS : end == NET_ROUTERS)
		return true;
	printf("router %u, segment %u: packets %s\n", at, s,
	       end == NET_ROUTERS  ? "are lost"
	       : end > NET_ROUTERS ? "go in circles"
				   : "arrive");
	return false;
}

bool ospf_net_judge(struct ospf_net *net)
{
	bool right = true;

	for (u32 at = 0; at < net->router_count; at++) {
		u32 segment[NET_SEGMENTS];

		if (!net->router[at]->running)
			continue;
		distances(net, at, segment);
		for (u32 s = 0; s < net->segment_count; s++)
			right = judge_route(net, at, s, segment[s]) && right;
	}
	return right;
}
