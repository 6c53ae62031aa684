/* Choosing the best path of a net, and what follows from it.
 *
 * The lowest distance wins, then the source; among the paths of one source its chooser decides,
 * whatever their distances are, or else the lowest metric. From there the forwarding table is
 * written, gateways are found anew, and readers hear of it.                                      */
#include "core/routing/rib_part.h"

enum { GROUP_OF_CHOOSER = 1 << 16 /* above all ranks */ };

/* What a net had before, and has now. */
struct choice {
	u32 best;           /* path; IDX_NONE */
	bool best_changed;  /* the same path with other values */
	bool finds;         /* gateways are found by one of its paths */
	bool finds_changed; /* another one than before, or with other values */
	u32 equal_count;
	u32 equal[RIB_CHOICE_EQUAL_MAX];
};

/* Which path was the best, while marks of the last choice are taken away; and which gateways are
 * found by now, whatever is chosen.                                                              */
static void old_choice(struct rib *rib, const struct rib_net *net, struct choice *old)
{
	u32 at = net->route;

	*old = (struct choice){ .best = IDX_NONE };
	for (u32 steps = 0; at != IDX_NONE; steps++) {
		struct rib_route *route = &rib->route[at];
		bool changed = (route->bits & ROUTE_CHANGED) != 0;
		bool finds = rib_route_finds(rib, route);

		CHECK(steps < RIB_NET_PATHS_MAX);
		if ((route->bits & ROUTE_BEST) != 0) {
			rib->stats.source_best[rib->client[route->client].source]--;
			old->best = at;
			old->best_changed = changed;
		}
		old->finds |= finds;
		old->finds_changed |= finds != (route->resolver != 0) || (finds && changed);
		route->resolver = finds;
		route->bits &= (u8) ~(ROUTE_BEST | ROUTE_EQUAL | ROUTE_CHANGED);
		at = route->next;
	}
}

/* Paths that have one measure: all of a source that has a chooser, since its order comes before
 * distances (of RFC 4271 9.1.2.2 external before internal is the fourth rule only), and of other
 * sources those of one rank.                                                                     */
static u32 group_of(const struct rib *rib, const struct rib_route *route)
{
	enum route_source source = rib->client[route->client].source;

	return rib->chooser[source].choose != NULL ? GROUP_OF_CHOOSER | (u32)source
						   : rib_route_rank(rib, route);
}

/* The lowest group with a usable path that is higher than `above`; UINT32_MAX: there is none. */
static u32 group_next(const struct rib *rib, const struct rib_net *net, u32 above, bool any)
{
	u32 lowest = UINT32_MAX;

	for (u32 at = net->route; at != IDX_NONE; at = rib->route[at].next) {
		const struct rib_route *route = &rib->route[at];
		u32 group = group_of(rib, route);

		if (group < lowest && (any || group > above) && rib_route_is_usable(rib, route))
			lowest = group;
	}
	return lowest;
}

static u32 candidates_of(struct rib *rib, const struct rib_net *net, u32 group)
{
	u32 count = 0;

	for (u32 at = net->route; at != IDX_NONE; at = rib->route[at].next) {
		const struct rib_route *route = &rib->route[at];

		if (group_of(rib, route) != group || !rib_route_is_usable(rib, route))
			continue;
		CHECK(count < RIB_NET_PATHS_MAX);
		rib->candidate[count].path = rib_path_of(rib, route);
		rib->candidate[count].way = rib_route_way(rib, route);
		rib->candidate_route[count++] = at;
	}
	return count;
}

/* The lowest metric; equal ones forward together. Of paths that go nowhere there is one. */
static void choose_metric(const struct rib_candidate *candidate, u32 count,
			  struct rib_choice *choice)
{
	u32 best = 0;

	for (u32 at = 1; at < count; at++) {
		if (candidate[at].path.metric < candidate[best].path.metric)
			best = at;
	}
	choice->best = best;
	choice->equal_count = 0;
	for (u32 at = 0; at < count && choice->equal_count < RIB_CHOICE_EQUAL_MAX; at++) {
		if (at != best && candidate[at].path.type == FIB_UNICAST &&
		    candidate[best].path.type == FIB_UNICAST &&
		    candidate[at].path.metric == candidate[best].path.metric)
			choice->equal[choice->equal_count++] = at;
	}
}

/* Its best stays IDX_NONE where none of them will do. */
static void choose_of_group(struct rib *rib, const struct rib_net *net, u32 group,
			    struct choice *new)
{
	u32 count = candidates_of(rib, net, group);
	u16 client = rib->candidate[0].path.client;
	const struct rib_chooser *chooser = &rib->chooser[rib->client[client].source];
	struct rib_choice choice = { .best = RIB_NONE };

	if (chooser->choose != NULL)
		chooser->choose(chooser->ctx, rib->candidate, count, &choice);
	else
		choose_metric(rib->candidate, count, &choice);
	if (choice.best == RIB_NONE)
		return;
	CHECK(choice.best < count);
	CHECK(choice.equal_count <= RIB_CHOICE_EQUAL_MAX);
	new->best = rib->candidate_route[choice.best];
	new->equal_count = choice.equal_count;
	for (u32 i = 0; i < choice.equal_count; i++) {
		CHECK(choice.equal[i] < count);
		CHECK(choice.equal[i] != choice.best);
		new->equal[i] = rib->candidate_route[choice.equal[i]];
	}
}

static void new_choice(struct rib *rib, const struct rib_net *net, struct choice *new)
{
	u32 group = group_next(rib, net, 0, true), rank = UINT32_MAX;

	*new = (struct choice){ .best = IDX_NONE };
	/* At most one turn for each path. */
	for (; group != UINT32_MAX; group = group_next(rib, net, group, false)) {
		struct choice of_group = *new;

		of_group.best = IDX_NONE;
		choose_of_group(rib, net, group, &of_group);
		if (of_group.best == IDX_NONE ||
		    rib_route_rank(rib, &rib->route[of_group.best]) > rank)
			continue;
		*new = of_group;
		rank = rib_route_rank(rib, &rib->route[new->best]);
	}
}

/* The best stands first in its list. */
static void best_to_front(struct rib *rib, struct rib_net *net, u32 best)
{
	u32 *at = &net->route;

	for (u32 steps = 0; *at != best; steps++) {
		CHECK(steps < RIB_NET_PATHS_MAX);
		at = &rib->route[*at].next;
	}
	*at = rib->route[best].next;
	rib->route[best].next = net->route;
	net->route = best;
}

static void choice_mark(struct rib *rib, struct rib_net *net, const struct choice *new)
{
	if (new->best == IDX_NONE)
		return;
	best_to_front(rib, net, new->best);
	rib->route[new->best].bits |= ROUTE_BEST;
	rib->stats.source_best[rib->client[rib->route[new->best].client].source]++;
	for (u32 i = 0; i < new->equal_count; i++)
		rib->route[new->equal[i]].bits |= ROUTE_EQUAL;
}

/* ---- the forwarding table -------------------------------------------------------------------- */

static void ways_join(const struct rib *rib, const struct rib_route *from, struct fib_route *route)
{
	const struct fib_route *add;

	if (from->hops == RIB_NONE || rib->hops[from->hops].fib_route == FIB_ROUTE_NONE)
		return;
	add = fib_route_at(rib->fib, rib->hops[from->hops].fib_route);
	for (u32 i = 0; i < add->path_count; i++) {
		const struct fib_path *path = &add->path[i];
		u32 at = 0;

		while (at < route->path_count &&
		       (!be32_eq(route->path[at].gateway, path->gateway) ||
			route->path[at].out_if != path->out_if))
			at++;
		if (at == route->path_count && route->path_count < FIB_PATHS_MAX)
			route->path[route->path_count++] = *path;
	}
}

/* Several paths forward together, or none by a gateway. */
static enum err fib_write_joined(struct rib *rib, const struct rib_net *net,
				 const struct choice *new)
{
	const struct rib_route *best = &rib->route[new->best];
	struct fib_route route = { .type = rib_route_type(best) };

	if (route.type == FIB_UNICAST) {
		ways_join(rib, best, &route);
		for (u32 i = 0; i < new->equal_count; i++)
			ways_join(rib, &rib->route[new->equal[i]], &route);
		if (route.path_count == 0)
			return ERR_FULL;
	} else if (best->hops != RIB_NONE) {
		const struct rib_gateway *hop = &rib->hops[best->hops].hop[0];

		route.path_count = hop->iface == IFACE_NONE ? 0 : 1;
		route.path[0] = (struct fib_path){ .out_if = hop->iface, .weight = 1 };
	}
	return fib_add(rib->fib, be32_of(net->prefix), net->len, &route);
}

static enum err fib_write(struct rib *rib, const struct rib_net *net, const struct choice *new)
{
	const struct rib_route *best = &rib->route[new->best];
	u32 idx;

	if (rib_route_type(best) != FIB_UNICAST || new->equal_count > 0)
		return fib_write_joined(rib, net, new);
	idx = rib->hops[best->hops].fib_route;
	/* Its ways found no room before. */
	if (idx == FIB_ROUTE_NONE) {
		(void)rib_hops_resolve(rib, best->hops);
		idx = rib->hops[best->hops].fib_route;
	}
	return idx == FIB_ROUTE_NONE ? ERR_FULL
				     : fib_set(rib->fib, be32_of(net->prefix), net->len, idx);
}

static void fib_forget(struct rib *rib, struct rib_net *net)
{
	be32 prefix = be32_of(net->prefix);

	if ((net->flags & NET_IN_FIB) == 0)
		return;
	if (fib_del(rib->fib, prefix, net->len) != ERR_OK) {
		fib_publish(rib->fib);
		CHECK(fib_del(rib->fib, prefix, net->len) == ERR_OK);
	}
	net->flags &= (u8)~NET_IN_FIB;
	rib->stats.fib_writes++;
	if (rib->fib_waiting > 0)
		(void)rib_round_want(rib);
}

static void fib_follow(struct rib *rib, struct rib_net *net, const struct choice *new)
{
	enum err err = ERR_OK;

	if ((net->flags & NET_FIB_FULL) != 0) {
		net->flags &= (u8)~NET_FIB_FULL;
		rib->fib_waiting--;
	}
	if (new->best == IDX_NONE) {
		fib_forget(rib, net);
		return;
	}
	err = fib_write(rib, net, new);
	if (err == ERR_MEMORY) {
		fib_publish(rib->fib);
		err = fib_write(rib, net, new);
	}
	CHECK(err != ERR_RANGE);
	if (err == ERR_OK) {
		net->flags |= NET_IN_FIB;
		rib->stats.fib_writes++;
		return;
	}
	/* Not the way of a path that is not the best any more. */
	fib_forget(rib, net);
	net->flags |= NET_FIB_FULL;
	rib->fib_waiting++;
	rib->stats.fib_full++;
}

/* ---- what follows ---------------------------------------------------------------------------- */

static void count_best(struct rib *rib, struct rib_net *net, bool has)
{
	if (((net->flags & NET_BEST) != 0) == has)
		return;
	net->flags ^= NET_BEST;
	rib->best_count[net->len] += has ? 1 : UINT32_MAX;
}

static void count_resolver(struct rib *rib, struct rib_net *net, bool has)
{
	u32 *count = &rib->resolver_count[net->len];

	if (((net->flags & NET_RESOLVER) != 0) == has)
		return;
	net->flags ^= NET_RESOLVER;
	*count += has ? 1 : UINT32_MAX;
	rib->resolver_lengths &= ~(UINT64_C(1) << net->len);
	rib->resolver_lengths |= (u64)(*count > 0) << net->len;
}

void rib_choose(struct rib *rib, u32 idx)
{
	struct rib_net *net = &rib->net[idx];
	bool had_best = (net->flags & NET_BEST) != 0;
	bool touched = (net->flags & NET_TOUCHED) != 0;
	struct choice old, new;
	bool changed;

	CHECK((net->flags & NET_LIVE) != 0);
	old_choice(rib, net, &old);
	new_choice(rib, net, &new);
	choice_mark(rib, net, &new);
	net->flags &= (u8)~NET_TOUCHED;
	fib_follow(rib, net, &new);
	changed = had_best != (new.best != IDX_NONE) || new.best != old.best || old.best_changed;
	count_best(rib, net, new.best != IDX_NONE);
	count_resolver(rib, net, old.finds);
	if (old.finds_changed)
		rib_resolve_again(rib);
	if (changed || (touched && rib->all_count > 0 && had_best))
		rib_list_move(rib, idx);
	if (net->route == IDX_NONE)
		rib_list_gone(rib, idx);
}
