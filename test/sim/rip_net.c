/* Routers that speak RIP, in virtual time. */
#include "sim/rip_net.h"
#include "core/base/check.h"
#include "core/wire/ip4.h"

#include <stdio.h>
#include <stdlib.h>

enum { NETS = 256, ROUNDS_MAX = 1000 };

static void seed_of(struct rip_net_sim *sim, u8 out[32])
{
	for (u32 n = 0; n < 8; n++) {
		u32 word = rng_u32(&sim->rng);

		memcpy(out + n * 4, &word, 4);
	}
}

struct rip_net_sim *rip_net_new(u64 seed)
{
	struct rip_net_sim *sim = calloc(1, sizeof *sim);
	u8 bytes[32] = { 0 };

	CHECK(sim != NULL);
	memcpy(bytes, &seed, sizeof seed);
	rng_init(&sim->rng, bytes);
	sim->now = NS_PER_SEC;
	return sim;
}

static void router_clear(struct rip_router *r)
{
	if (r->host != NULL)
		dgram_host_del(r->host);
	r->host = NULL;
	free(r->region);
	r->region = NULL;
	r->running = false;
}

void rip_net_free(struct rip_net_sim *sim)
{
	for (u32 n = 0; n < sim->flying; n++)
		free(sim->flight[n].dgram);
	for (u32 n = 0; n < sim->router_count; n++) {
		router_clear(sim->router[n]);
		free(sim->router[n]);
	}
	free(sim);
}

/* ---- building -------------------------------------------------------------------------------- */

static be32 link_addr(u32 link, u32 host)
{
	return be32_of(0x0a000000u | link << 8 | host);
}

u32 rip_net_link(struct rip_net_sim *sim)
{
	struct rip_link *link = &sim->link[sim->link_count];

	CHECK(sim->link_count < RIP_NET_LINKS);
	*link = (struct rip_link){
		.carrier = true,
		.passes = true,
		.delay_min_ns = NS_PER_MS / 10,
		.delay_max_ns = NS_PER_MS,
	};
	return sim->link_count++;
}

u32 rip_net_router(struct rip_net_sim *sim)
{
	struct rip_router *r = calloc(1, sizeof *r);

	CHECK(r != NULL && sim->router_count < RIP_NET_ROUTERS);
	rip_conf_defaults(&r->conf);
	r->conf.net_limit = NETS;
	r->conf.neighbour_limit = 64;
	sim->router[sim->router_count] = r;
	return sim->router_count++;
}

u16 rip_net_join(struct rip_net_sim *sim, u32 router, u32 link, u8 cost)
{
	struct rip_router *r = sim->router[router];
	struct rip_link *l = &sim->link[link];
	u16 at = (u16)r->ifaces.count++;
	struct iface *iface = &r->ifaces.iface[at];
	struct rip_iface_conf *conf = &r->conf.iface[r->conf.iface_count++];

	iface->conf.mtu = 1500;
	iface->conf.addr_count = 1;
	iface->conf.addr[0] = (struct iface_addr){ link_addr(link, router + 1), 24, false };
	iface->up = l->carrier;
	rip_iface_conf_defaults(conf, at);
	conf->cost = cost;
	r->link[at] = link;
	l->end[l->end_count++] = (struct rip_end){ router, at };
	return at;
}

/* ---- one router ------------------------------------------------------------------------------ */

static void router_cut(struct rip_router *r)
{
	struct hash_key key = { { 0x1234567890abcdef, 77, 0x9988776655443322, 5 } };
	struct rib_conf rib = { NETS, 4 * NETS, 4 * NETS, key };
	struct fib_conf fib = { .prefix_count = NETS, .route_count = 4 * NETS, .key = key };
	struct mem mem;
	u64 size;

	mem_init_plan(&mem);
	for (u32 pass = 0; pass < 2; pass++) {
		fib_layout(&r->fib, &fib, &mem);
		rib_layout(&r->rib, &rib, &mem);
		rip_layout(&r->rip, &r->conf, &mem);
		if (pass == 1)
			break;
		size = mem.used;
		r->region = aligned_alloc(MEM_LINE, size);
		CHECK(r->region != NULL);
		memset(r->region, 0, size);
		mem_init(&mem, r->region, size);
	}
	CHECK(!mem.short_of);
}

/* What the engine offers for interfaces. */
static void offer_connected(struct rip_router *r)
{
	for (u16 n = 0; n < r->ifaces.count; n++) {
		const struct iface_addr *addr = &r->ifaces.iface[n].conf.addr[0];
		struct ip_prefix prefix = ip_prefix4(addr->addr, addr->prefix_len);
		struct rib_hop hop = { .iface = n, .weight = 1 };
		struct rib_path path = { .client = r->connected, .type = FIB_UNICAST };
		enum err err = ERR_OK;

		if (r->ifaces.iface[n].up) {
			path.hops = rib_hops_get(&r->rib, &hop, 1);
			CHECK(path.hops != RIB_NONE);
			err = rib_offer(&r->rib, &prefix, &path);
		} else {
			err = rib_withdraw(&r->rib, &prefix, r->connected, 0);
		}
		CHECK(err == ERR_OK || err == ERR_NOT_FOUND);
	}
}

void rip_net_start(struct rip_net_sim *sim, u32 router)
{
	struct rip_router *r = sim->router[router];
	struct rip_start start = { .rib = &r->rib, .ifaces = &r->ifaces, .log = &r->log };

	CHECK(!r->running);
	router_cut(r);
	r->host = dgram_host_new(&r->ifaces);
	fib_init(&r->fib);
	rib_init(&r->rib, &r->fib);
	for (u16 n = 0; n < r->ifaces.count; n++)
		r->ifaces.iface[n].up = sim->link[r->link[n]].carrier;
	r->connected = rib_client_new(&r->rib, ROUTE_CONNECTED);
	offer_connected(r);
	start.io = dgram_io(r->host);
	seed_of(sim, start.seed);
	r->starts++;
	r->conf.sequence_base = r->starts * 100000;
	CHECK(rip_init(&r->rip, &r->conf, &start, sim->now) == ERR_OK);
	r->running = true;
	r->seen_version = 0;
}

static bool flies_before(const struct rip_flight *a, const struct rip_flight *b)
{
	return a->when != b->when ? a->when < b->when : a->order < b->order;
}

static void fly(struct rip_net_sim *sim, struct rip_flight flight)
{
	u32 at = sim->flying++;

	CHECK(at < RIP_NET_FLYING);
	while (at > 0 && flies_before(&flight, &sim->flight[(at - 1) / 2])) {
		sim->flight[at] = sim->flight[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	sim->flight[at] = flight;
}

static struct rip_flight land(struct rip_net_sim *sim)
{
	struct rip_flight first = sim->flight[0], moved = sim->flight[--sim->flying];
	u32 at = 0;

	for (u32 child = 1; child < sim->flying; child = 2 * at + 1) {
		if (child + 1 < sim->flying &&
		    flies_before(&sim->flight[child + 1], &sim->flight[child]))
			child++;
		if (!flies_before(&sim->flight[child], &moved))
			break;
		sim->flight[at] = sim->flight[child];
		at = child;
	}
	if (sim->flying > 0)
		sim->flight[at] = moved;
	return first;
}

static void carry(struct rip_net_sim *sim, u32 router, const struct dgram *out)
{
	const struct rip_link *link = &sim->link[sim->router[router]->link[out->iface]];

	sim->datagrams++;
	for (u32 n = 0; n < link->end_count; n++) {
		const struct rip_end *end = &link->end[n];
		ns_t span = link->delay_max_ns - link->delay_min_ns;
		struct rip_flight flight = { .router = end->router, .order = sim->order++ };

		if (end->router == router || !link->passes || !link->carrier ||
		    rng_below(&sim->rng, 1000000) < link->loss_ppm)
			continue;
		flight.when = sim->now + link->delay_min_ns + rng_u64(&sim->rng) % (span + 1);
		flight.dgram = malloc(sizeof *flight.dgram);
		CHECK(flight.dgram != NULL);
		*flight.dgram = *out;
		flight.dgram->iface = end->iface;
		fly(sim, flight);
	}
}

static void send_all(struct rip_net_sim *sim, u32 router)
{
	struct dgram out;

	while (dgram_take(sim->router[router]->host, &out))
		carry(sim, router, &out);
}

/* Until there is nothing to do at this time, as the loop of a host would. */
static void turn(struct rip_net_sim *sim, u32 router)
{
	struct rip_router *r = sim->router[router];
	sock_id sock;
	u8 ready;
	u32 round;

	for (round = 0; round < ROUNDS_MAX; round++) {
		bool more = false;

		while (dgram_ready(r->host, &sock, &ready))
			rip_sock(&r->rip, sock, ready, sim->now);
		while (rib_tick(&r->rib, sim->now))
			more = true;
		rip_tick(&r->rip, sim->now);
		send_all(sim, router);
		if (!more && rip_next(&r->rip) > sim->now && rib_is_idle(&r->rib))
			break;
	}
	CHECK(round < ROUNDS_MAX);
	rip_check(&r->rip);
	rib_check(&r->rib);
}

void rip_net_halt(struct rip_net_sim *sim, u32 router, bool graceful)
{
	struct rip_router *r = sim->router[router];

	CHECK(r->running);
	if (graceful) {
		rip_stop(&r->rip, sim->now);
		rip_check(&r->rip);
		CHECK(dgram_open_count(r->host) == 0);
		send_all(sim, router);
	}
	router_clear(r);
}

void rip_net_carrier(struct rip_net_sim *sim, u32 link, bool up)
{
	struct rip_link *l = &sim->link[link];

	l->carrier = up;
	for (u32 n = 0; n < l->end_count; n++) {
		struct rip_router *r = sim->router[l->end[n].router];

		r->ifaces.iface[l->end[n].iface].up = up;
		if (!r->running)
			continue;
		offer_connected(r);
		rip_ifaces(&r->rip, sim->now);
		turn(sim, l->end[n].router);
	}
}

/* ---- loops ----------------------------------------------------------------------------------- */

static u32 owner_of(const struct rip_net_sim *sim, be32 gateway)
{
	u32 router = (be32_host(gateway) & 0xff) - 1;

	CHECK(router < sim->router_count);
	return router;
}

enum { WHITE, GREY, BLACK };

/* Whether packets for addr can come back to a router that they passed. */
static bool goes_round(const struct rip_net_sim *sim, u32 router, be32 addr, u8 *colour)
{
	const struct rip_router *r = sim->router[router];
	const struct fib_route *route;

	if (colour[router] != WHITE || !r->running)
		return colour[router] == GREY;
	colour[router] = GREY;
	route = fib_route_at(&r->fib, fib_lookup(&r->fib, addr));
	for (u32 n = 0; route->type == FIB_UNICAST && n < route->path_count; n++) {
		if (route->path[n].gateway.raw != 0 &&
		    goes_round(sim, owner_of(sim, route->path[n].gateway), addr, colour))
			return true;
	}
	colour[router] = BLACK;
	return false;
}

static void look_for_loops(struct rip_net_sim *sim)
{
	for (u32 link = 0; link < sim->link_count; link++) {
		u8 colour[RIP_NET_ROUTERS] = { WHITE };
		bool loop = false;

		for (u32 n = 0; n < sim->router_count && !loop; n++)
			loop = goes_round(sim, n, link_addr(link, 250), colour);
		if (!loop) {
			sim->loop_since[link] = 0;
			continue;
		}
		if (sim->loop_since[link] == 0) {
			sim->loop_since[link] = sim->now;
			sim->loops++;
		}
		if (sim->now - sim->loop_since[link] > sim->loop_longest_ns)
			sim->loop_longest_ns = sim->now - sim->loop_since[link];
	}
}

static void look_at_metrics(struct rip_net_sim *sim, const struct rip_router *r)
{
	for (u32 idx = 0; idx < r->rip.nets.cap; idx++) {
		const struct rip_net *net = slab_at(&r->rip.nets, idx);

		if (slab_is_live(&r->rip.nets, idx) && net->hop_count > 0)
			sim->worst_metric = u32_max(sim->worst_metric, net->metric);
	}
}

/* What changed where packets go, or what is told, since the last look. */
static void look(struct rip_net_sim *sim, u32 router)
{
	struct rip_router *r = sim->router[router];

	if (!r->running || (r->rip.version == r->seen_version && fib_gen(&r->fib) == r->seen_gen))
		return;
	r->seen_version = r->rip.version;
	r->seen_gen = fib_gen(&r->fib);
	look_at_metrics(sim, r);
	look_for_loops(sim);
}

/* ---- time ------------------------------------------------------------------------------------ */

static ns_t router_next(const struct rip_net_sim *sim, u32 *router)
{
	ns_t next = NS_NEVER;

	for (u32 n = 0; n < sim->router_count; n++) {
		ns_t when = sim->router[n]->running ? rip_next(&sim->router[n]->rip) : NS_NEVER;

		if (when < next) {
			next = when;
			*router = n;
		}
	}
	return next;
}

bool rip_net_step(struct rip_net_sim *sim, ns_t until)
{
	ns_t arrives = sim->flying > 0 ? sim->flight[0].when : NS_NEVER;
	u32 router = 0;
	ns_t due = router_next(sim, &router);
	ns_t next = u64_min(due, arrives);

	if (next > until) {
		sim->now = until;
		return false;
	}
	sim->now = next > sim->now ? next : sim->now;
	sim->events++;
	if (arrives < due) {
		struct rip_flight flight = land(sim);

		router = flight.router;
		if (sim->router[router]->running &&
		    sim->router[router]->ifaces.iface[flight.dgram->iface].up)
			dgram_put(sim->router[router]->host, flight.dgram);
		free(flight.dgram);
	}
	if (sim->router[router]->running)
		turn(sim, router);
	look(sim, router);
	return true;
}

void rip_net_run(struct rip_net_sim *sim, ns_t for_ns)
{
	ns_t until = sim->now + for_ns;

	while (rip_net_step(sim, until))
		;
}

/* ---- what ought to be ------------------------------------------------------------------------ */

static u8 cost_at(const struct rip_net_sim *sim, const struct rip_end *end)
{
	return sim->router[end->router]->conf.iface[end->iface].cost;
}

/* Packets for a network that a router is on go there directly, whatever others say. */
static bool is_on(const struct rip_net_sim *sim, u32 router, u32 link)
{
	for (u32 n = 0; n < sim->link[link].end_count; n++) {
		if (sim->link[link].end[n].router == router)
			return sim->link[link].carrier;
	}
	return false;
}

static bool relax(const struct rip_net_sim *sim, const struct rip_link *link,
		  u32 metric[RIP_NET_ROUTERS][RIP_NET_LINKS])
{
	bool changed = false;

	for (u32 from = 0; from < link->end_count; from++) {
		for (u32 to = 0; to < link->end_count; to++) {
			const struct rip_end *a = &link->end[from], *b = &link->end[to];

			if (a == b || !sim->router[a->router]->running ||
			    !sim->router[b->router]->running)
				continue;
			for (u32 n = 0; n < sim->link_count; n++) {
				u32 by = metric[a->router][n] + cost_at(sim, b);

				if (by >= metric[b->router][n] || is_on(sim, b->router, n))
					continue;
				metric[b->router][n] = by;
				changed = true;
			}
		}
	}
	return changed;
}

void rip_net_oracle(const struct rip_net_sim *sim, u32 metric[RIP_NET_ROUTERS][RIP_NET_LINKS])
{
	bool changed = true;

	for (u32 r = 0; r < RIP_NET_ROUTERS; r++) {
		for (u32 n = 0; n < RIP_NET_LINKS; n++)
			metric[r][n] = RIP_INFINITY;
	}
	/* A network that both ends are on is told with the cost of the first interface to it. */
	for (u32 n = 0; n < sim->link_count; n++) {
		for (u32 k = 0; k < sim->link[n].end_count; k++) {
			const struct rip_end *end = &sim->link[n].end[k];

			if (sim->router[end->router]->running && sim->link[n].carrier)
				metric[end->router][n] = cost_at(sim, end);
		}
	}
	while (changed) {
		changed = false;
		for (u32 n = 0; n < sim->link_count; n++) {
			if (sim->link[n].carrier && sim->link[n].passes)
				changed |= relax(sim, &sim->link[n], metric);
		}
	}
}

static const struct rip_net *net_of(const struct rip_net_sim *sim, u32 router, u32 link)
{
	const struct rip *rip = &sim->router[router]->rip;

	for (u32 idx = 0; idx < rip->nets.cap; idx++) {
		const struct rip_net *net = slab_at(&rip->nets, idx);

		if (slab_is_live(&rip->nets, idx) && be32_eq(net->addr, link_addr(link, 0)))
			return net;
	}
	return NULL;
}

u32 rip_net_metric_of(const struct rip_net_sim *sim, u32 router, u32 link)
{
	const struct rip_net *net;

	if (!sim->router[router]->running)
		return RIP_INFINITY;
	net = net_of(sim, router, link);
	if (net == NULL)
		return RIP_INFINITY;
	if (net->link_metric != 0)
		return net->link_metric;
	return net->chosen ? net->metric : RIP_INFINITY;
}

/* How many neighbours are on a least way, which is how many hops there have to be. */
static u32 best_count(const struct rip_net_sim *sim, u32 router, u32 dest,
		      u32 metric[RIP_NET_ROUTERS][RIP_NET_LINKS])
{
	const struct rip_router *r = sim->router[router];
	u32 count = 0;

	for (u16 at = 0; at < r->ifaces.count; at++) {
		const struct rip_link *link = &sim->link[r->link[at]];

		for (u32 n = 0; n < link->end_count && link->carrier && link->passes; n++) {
			const struct rip_end *end = &link->end[n];

			count += end->router != router && sim->router[end->router]->running &&
				 metric[end->router][dest] + r->conf.iface[at].cost ==
					 metric[router][dest];
		}
	}
	return u32_min(count, r->conf.hop_limit);
}

static bool router_is_settled(const struct rip_net_sim *sim, u32 router,
			      u32 metric[RIP_NET_ROUTERS][RIP_NET_LINKS])
{
	for (u32 n = 0; n < sim->link_count; n++) {
		const struct rip_net *net = net_of(sim, router, n);
		u32 has = rip_net_metric_of(sim, router, n);

		if (has != metric[router][n]) {
			fprintf(stderr, "router %u: metric %u for net %u, not %u\n", router, has, n,
				metric[router][n]);
			return false;
		}
		if (has == RIP_INFINITY && net != NULL) {
			fprintf(stderr, "router %u: net %u is not forgotten\n", router, n);
			return false;
		}
		if (net != NULL && net->link_metric == 0 &&
		    net->hop_count != best_count(sim, router, n, metric)) {
			fprintf(stderr, "router %u: net %u has %u hops, not %u\n", router, n,
				net->hop_count, best_count(sim, router, n, metric));
			return false;
		}
	}
	return true;
}

bool rip_net_is_settled(const struct rip_net_sim *sim)
{
	u32 metric[RIP_NET_ROUTERS][RIP_NET_LINKS];

	rip_net_oracle(sim, metric);
	for (u32 n = 0; n < sim->router_count; n++) {
		if (sim->router[n]->running && !router_is_settled(sim, n, metric))
			return false;
	}
	return true;
}
