/* Invariants of the routing information base. */
#include "core/routing/rib_part.h"

struct tally {
	u32 nets;
	u32 routes;
	u32 marked;
	u32 fib_waiting;
	u32 best[RIB_LENGTHS];
	u32 resolver[RIB_LENGTHS];
	u32 source_paths[ROUTE_SOURCES];
	u32 source_best[ROUTE_SOURCES];
};

static void check_route(const struct rib *rib, const struct rib_route *route, u32 net)
{
	CHECK(route->net == net);
	CHECK(rib->client[route->client].used);
	CHECK(rib_route_type(route) != FIB_UNICAST || route->hops != RIB_NONE);
	CHECK(route->hops == RIB_NONE || rib->hops[route->hops].refs > 0);
}

/* A net that nothing happened to since it was chosen. */
static void check_chosen(const struct rib *rib, const struct rib_net *net, u32 best_count,
			 u32 resolver_count)
{
	CHECK(best_count == (u32)((net->flags & NET_BEST) != 0));
	CHECK((resolver_count > 0) == ((net->flags & NET_RESOLVER) != 0));
	CHECK((net->flags & NET_TOUCHED) == 0);
	CHECK(best_count == 0 || (rib->route[net->route].bits & ROUTE_BEST) != 0);
	if ((net->flags & NET_IN_FIB) != 0) {
		CHECK((net->flags & NET_BEST) != 0);
		CHECK(fib_find(rib->fib, be32_of(net->prefix), net->len) != FIB_ROUTE_NONE);
	}
	CHECK((net->flags & NET_BEST) == 0 || (net->flags & (NET_IN_FIB | NET_FIB_FULL)) != 0);
}

static void check_net(const struct rib *rib, u32 idx, struct tally *tally)
{
	const struct rib_net *net = &rib->net[idx];
	bool marked = rib_marks_has(&rib->dirty, idx);
	u32 count = 0, best_count = 0, resolver_count = 0;

	CHECK(rib_net_find(rib, net->prefix, net->len) == idx);
	for (u32 at = net->route; at != IDX_NONE; at = rib->route[at].next) {
		const struct rib_route *route = &rib->route[at];

		CHECK(count++ < RIB_NET_PATHS_MAX);
		check_route(rib, route, idx);
		best_count += (route->bits & ROUTE_BEST) != 0;
		tally->source_paths[rib->client[route->client].source]++;
		tally->source_best[rib->client[route->client].source] +=
			(route->bits & ROUTE_BEST) != 0;
		resolver_count += route->resolver;
		CHECK(marked || (route->bits & ROUTE_CHANGED) == 0);
	}
	CHECK(best_count <= 1);
	if (!marked)
		check_chosen(rib, net, best_count, resolver_count);
	CHECK(net->route != IDX_NONE || marked || (net->flags & NET_GONE) != 0);
	tally->nets++;
	tally->routes += count;
	tally->marked += marked;
	tally->fib_waiting += (net->flags & NET_FIB_FULL) != 0;
	tally->best[net->len] += (net->flags & NET_BEST) != 0;
	tally->resolver[net->len] += (net->flags & NET_RESOLVER) != 0;
}

static void check_free(const struct rib *rib)
{
	u32 nets = 0, routes = 0;

	for (u32 at = rib->net_free; at != IDX_NONE; at = rib->net[at].chain) {
		CHECK(rib->net[at].flags == 0);
		CHECK(!rib_marks_has(&rib->dirty, at));
		CHECK(++nets <= rib->net_top);
	}
	for (u32 at = rib->route_free; at != IDX_NONE; at = rib->route[at].next) {
		CHECK(rib->route[at].net == IDX_NONE);
		CHECK(++routes <= rib->route_top);
	}
	CHECK(nets + rib->net_count == rib->net_top);
	CHECK(routes + rib->route_count == rib->route_top);
}

static void check_gone(const struct rib *rib)
{
	u32 count = 0, last = IDX_NONE;

	for (u32 at = rib->gone_first; at != IDX_NONE; at = rib->net[at].gone_next) {
		CHECK((rib->net[at].flags & NET_GONE) != 0);
		CHECK(++count <= rib->net_count);
		last = at;
	}
	CHECK(rib->gone_last == last);
}

void rib_check(const struct rib *rib)
{
	struct tally tally = { 0 };

	if (rib_is_off(rib))
		return;
	for (u32 idx = 0; idx < rib->net_top; idx++) {
		if ((rib->net[idx].flags & NET_LIVE) != 0)
			check_net(rib, idx, &tally);
	}
	CHECK(tally.nets == rib->net_count);
	CHECK(tally.routes == rib->route_count);
	CHECK(tally.marked == rib->dirty.count);
	CHECK(tally.fib_waiting == rib->fib_waiting);
	for (u32 len = 0; len < RIB_LENGTHS; len++) {
		CHECK(tally.best[len] == rib->best_count[len]);
		CHECK(tally.resolver[len] == rib->resolver_count[len]);
		CHECK((rib->resolver_lengths >> len & 1) == (u64)(tally.resolver[len] > 0));
	}
	for (u32 source = 0; source < ROUTE_SOURCES; source++) {
		CHECK(tally.source_paths[source] == rib->stats.source_paths[source]);
		CHECK(tally.source_best[source] == rib->stats.source_best[source]);
	}
	check_free(rib);
	check_gone(rib);
	rib_hops_check(rib);
	rib_readers_check(rib);
	rib_clients_check(rib);
}
