/* The table of routes (RFC 2328 sections 16.1 to 16.4), and what of it the RIB is told.
 *
 * A route whose run is not that of the last calculation is not there any more; it goes when the RIB
 * has been told.                                                                                 */
#include "core/base/text.h"
#include "core/routing/ospf/ospf_part.h"

static u64 route_hash(const struct ospf *o, be32 addr, u8 len)
{
	return hash_words(&o->key, addr.raw, (u64)len << 32);
}

/* Also one of an earlier run. */
static u32 find_any(const struct ospf *o, be32 addr, u8 len)
{
	for (u32 at = map_first(&o->route_map, route_hash(o, addr, len)); at != IDX_NONE;
	     at = map_next(&o->route_map, at)) {
		if (be32_eq(ospf_route_at(o, at)->addr, addr) && ospf_route_at(o, at)->len == len)
			return at;
	}
	return IDX_NONE;
}

u32 ospf_route_find(const struct ospf *o, be32 addr, u8 len)
{
	u32 at = find_any(o, addr, len);

	return at != IDX_NONE && ospf_route_at(o, at)->run == o->run ? at : IDX_NONE;
}

u32 ospf_route_match(const struct ospf *o, be32 addr)
{
	for (u32 len = 33; len-- > 0;) {
		u32 at = ospf_route_find(o, be32_of(be32_host(addr) & ip4_mask(len)), (u8)len);

		if (at != IDX_NONE && ospf_route_at(o, at)->path <= OSPF_PATH_INTER)
			return at;
	}
	return IDX_NONE;
}

/* Below zero when a is preferred: sections 11 and 16.4 (6), RFC 3101 section 2.5 (6). */
static s32 compare(const struct ospf_route *a, const struct ospf_route *b)
{
	if (a->path != b->path)
		return a->path < b->path ? -1 : 1;
	if (a->path == OSPF_PATH_EXT2 && a->cost2 != b->cost2)
		return a->cost2 < b->cost2 ? -1 : 1;
	if (a->far != b->far)
		return b->far ? -1 : 1;
	if (a->cost != b->cost)
		return a->cost < b->cost ? -1 : 1;
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	return 0;
}

static u32 route_new(struct ospf *o, be32 addr, u8 len)
{
	u32 at = slab_new(&o->routes);

	if (at == IDX_NONE) {
		o->stats.route_full++;
		return IDX_NONE;
	}
	ospf_route_at(o, at)->addr = addr;
	ospf_route_at(o, at)->len = len;
	ospf_route_at(o, at)->told_hops = RIB_NONE;
	map_add(&o->route_map, route_hash(o, addr, len), at);
	return at;
}

static void route_del(struct ospf *o, u32 at)
{
	const struct ospf_route *route = ospf_route_at(o, at);

	map_del(&o->route_map, route_hash(o, route->addr, route->len), at);
	slab_del(&o->routes, at);
}

/* A path to a destination: it replaces what is worse, and joins what is equal. */
static void add_path(struct ospf *o, const struct ospf_route *path)
{
	u32 at = find_any(o, path->addr, path->len);
	struct ospf_route *route;
	s32 better;

	if (at == IDX_NONE)
		at = route_new(o, path->addr, path->len);
	if (at == IDX_NONE)
		return;
	route = ospf_route_at(o, at);
	better = route->run == o->run ? compare(path, route) : -1;
	if (better == 0)
		ospf_hops_add(&route->hops, &path->hops);
	if (better >= 0)
		return;
	route->path = path->path;
	route->area = path->area;
	route->rank = path->rank;
	route->far = path->far;
	route->cost = path->cost;
	route->cost2 = path->cost2;
	route->tag = path->tag;
	route->hops = path->hops;
	route->lsa = path->lsa;
	route->adv = path->adv;
	route->forward = path->forward;
	route->run = o->run;
}

/* ---- inside of an area ----------------------------------------------------------------------- */

static struct ospf_hopset own_link(struct ospf *o, u32 area, be32 addr, u32 mask)
{
	for (u32 at = 0; at < OSPF_IFACE_MAX; at++) {
		const struct ospf_iface *ifc = &o->iface[at];

		if (ifc->used && ifc->area == area && ifc->state != OSPF_IFACE_DOWN &&
		    ospf_iface_has(o, at, addr, mask))
			return ospf_hops_of(o, (u16)at, be32_of(0));
	}
	return (struct ospf_hopset){ { 0 } };
}

/* Section 16.1, the second stage: stub links. */
static void router_stubs(struct ospf *o, u32 idx)
{
	const struct ospf_lsa *lsa = ospf_lsa_at(o, idx);
	const u8 *bytes = ospf_lsa_bytes(o, lsa);
	struct ospf_link link;

	for (u32 at = 0; ospf_link_next(bytes, &at, &link);) {
		u32 len = ospf_mask_len(link.data);
		struct ospf_route path = { .path = OSPF_PATH_INTRA,
					   .area = lsa->area,
					   .cost = lsa->dist + be16_host(link.metric),
					   .lsa = idx,
					   .adv = lsa->adv,
					   .hops = lsa->hops };

		if (link.type != OSPF_LINK_STUB || len > 32)
			continue;
		path.addr = be32_of(be32_host(link.id) & be32_host(link.data));
		path.len = (u8)len;
		if (lsa->own)
			path.hops = own_link(o, lsa->area, path.addr, be32_host(link.data));
		add_path(o, &path);
	}
}

static void network_route(struct ospf *o, u32 idx)
{
	const struct ospf_lsa *lsa = ospf_lsa_at(o, idx);
	const struct ospf_network_lsa *network = (const void *)ospf_lsa_bytes(o, lsa);
	struct ospf_route path = { .path = OSPF_PATH_INTRA,
				   .area = lsa->area,
				   .cost = lsa->dist,
				   .lsa = idx,
				   .adv = lsa->adv,
				   .hops = lsa->hops,
				   .len = (u8)ospf_mask_len(network->mask) };

	path.addr = be32_of(be32_host(lsa->id) & be32_host(network->mask));
	add_path(o, &path);
}

void ospf_routes_intra(struct ospf *o, u32 area)
{
	for (u8 type = OSPF_ROUTER_LSA; type <= OSPF_NETWORK_LSA; type++) {
		for (u32 at = ospf_lsa_first(o, area, type); at != IDX_NONE;
		     at = ospf_lsa_at(o, at)->next) {
			if (ospf_lsa_at(o, at)->run != o->run || !ospf_lsa_at(o, at)->settled)
				continue;
			if (type == OSPF_ROUTER_LSA)
				router_stubs(o, at);
			else
				network_route(o, at);
		}
	}
}

static bool range_has(const struct ospf_range *range, const struct ospf_route *route)
{
	return range->len <= route->len &&
	       ((be32_host(range->addr) ^ be32_host(route->addr)) & ip4_mask(range->len)) == 0;
}

/* Section 12.4.3: a range costs as much as the farthest network in it. */
static void use_ranges(struct ospf *o, const struct ospf_route *route)
{
	struct ospf_area *area = &o->area[route->area];

	for (u32 n = 0; n < area->conf.range_count; n++) {
		if (!range_has(&area->conf.range[n], route))
			continue;
		area->range_active[n] = true;
		area->range_cost[n] = u32_max(area->range_cost[n], route->cost);
	}
}

void ospf_routes_ranges(struct ospf *o)
{
	if (!o->is_abr)
		return;
	for (u32 at = 0; at < o->conf.route_limit; at++) {
		if (slab_is_live(&o->routes, at) && ospf_route_at(o, at)->run == o->run &&
		    ospf_route_at(o, at)->len <= 32)
			use_ranges(o, ospf_route_at(o, at));
	}
	for (u32 area = 0; area < OSPF_AREA_MAX; area++) {
		const struct ospf_area *own = &o->area[area];

		for (u32 n = 0; own->used && n < own->conf.range_count; n++) {
			struct ospf_route path = { .path = OSPF_PATH_DISCARD,
						   .area = (u8)area,
						   .addr = own->conf.range[n].addr,
						   .len = own->conf.range[n].len,
						   .lsa = IDX_NONE };

			if (own->range_active[n])
				add_path(o, &path);
		}
	}
}

/* ---- between areas: section 16.2 ------------------------------------------------------------- */

static bool is_own_range(const struct ospf *o, be32 addr, u32 len)
{
	for (u32 area = 0; o->is_abr && area < OSPF_AREA_MAX; area++) {
		const struct ospf_area *own = &o->area[area];

		for (u32 n = 0; own->used && n < own->conf.range_count; n++) {
			if (own->range_active[n] && own->conf.range[n].len == len &&
			    be32_eq(own->conf.range[n].addr, addr))
				return true;
		}
	}
	return false;
}

static bool has_flag(const struct ospf *o, u32 router, u8 flag)
{
	const struct ospf_router_lsa *lsa = (const void *)ospf_lsa_bytes(o, ospf_lsa_at(o, router));

	return (lsa->flags & flag) != 0;
}

static void summary_route(struct ospf *o, u32 idx)
{
	const struct ospf_lsa *lsa = ospf_lsa_at(o, idx);
	const struct ospf_summary_lsa *body = (const void *)ospf_lsa_bytes(o, lsa);
	u32 metric = be32_host(body->metric) & OSPF_LS_INFINITY;
	struct ospf_route path = {
		.path = OSPF_PATH_INTER, .area = lsa->area, .lsa = idx, .adv = lsa->adv
	};
	u32 router;

	if (lsa->flushed || lsa->own || metric == OSPF_LS_INFINITY)
		return;
	router = ospf_spf_router(o, lsa->area, lsa->adv);
	if (router == IDX_NONE || !has_flag(o, router, OSPF_RTR_B))
		return;
	path.addr = lsa->id;
	path.len = OSPF_ROUTE_ASBR;
	if (lsa->type == OSPF_SUMMARY_LSA) {
		path.addr = be32_of(be32_host(lsa->id) & be32_host(body->mask));
		path.len = (u8)ospf_mask_len(body->mask);
		if (is_own_range(o, path.addr, path.len))
			return;
	} else if (be32_eq(lsa->id, o->router_id)) {
		return;
	}
	path.cost = ospf_lsa_at(o, router)->dist + metric;
	path.hops = ospf_lsa_at(o, router)->hops;
	add_path(o, &path);
}

void ospf_routes_inter(struct ospf *o)
{
	for (u32 area = 0; area < OSPF_AREA_MAX; area++) {
		/* A border router listens to the backbone only. */
		if (!ospf_area_is_active(o, area) || (o->is_abr && o->area[area].conf.id != 0))
			continue;
		for (u8 type = OSPF_SUMMARY_LSA; type <= OSPF_ASBR_LSA; type++) {
			for (u32 at = ospf_lsa_first(o, area, type); at != IDX_NONE;
			     at = ospf_lsa_at(o, at)->next)
				summary_route(o, at);
		}
	}
}

/* ---- external: section 16.4 ------------------------------------------------------------------ */

/* Section 16.4 (3) and 16.4.1: of several areas that lead to the router, one that is not the
 * backbone; then the shortest way; then the area of the largest id.                              */
static bool is_better_reach(const struct ospf *o, const struct ospf_reach *a,
			    const struct ospf_reach *b)
{
	bool near_a = !a->inter && o->area[a->area].conf.id != 0;
	bool near_b = !b->inter && o->area[b->area].conf.id != 0;

	if (!o->conf.rfc1583 && near_a != near_b)
		return near_a;
	if (a->dist != b->dist)
		return a->dist < b->dist;
	return o->area[a->area].conf.id > o->area[b->area].conf.id;
}

/* By areas that carry AS-external-LSAs. */
bool ospf_asbr_reach(const struct ospf *o, be32 rid, struct ospf_reach *reach)
{
	u32 at = ospf_route_find(o, rid, OSPF_ROUTE_ASBR);
	bool found = false;

	for (u32 area = 0; area < OSPF_AREA_MAX; area++) {
		u32 router;
		struct ospf_reach one;

		if (!ospf_area_is_active(o, area) || o->area[area].conf.kind != OSPF_AREA_NORMAL)
			continue;
		router = ospf_spf_router(o, area, rid);
		if (router == IDX_NONE || !has_flag(o, router, OSPF_RTR_E))
			continue;
		one = (struct ospf_reach){ .area = area,
					   .dist = ospf_lsa_at(o, router)->dist,
					   .hops = ospf_lsa_at(o, router)->hops };
		if (!found || is_better_reach(o, &one, reach))
			*reach = one;
		found = true;
	}
	if (found || at == IDX_NONE)
		return found;
	*reach = (struct ospf_reach){ .area = ospf_route_at(o, at)->area,
				      .dist = ospf_route_at(o, at)->cost,
				      .inter = true,
				      .hops = ospf_route_at(o, at)->hops };
	return true;
}

/* The router that announces it, as far as this LSA may use it. */
static bool origin_reach(const struct ospf *o, const struct ospf_lsa *lsa, struct ospf_reach *reach)
{
	u32 router;

	if (lsa->type == OSPF_EXTERNAL_LSA)
		return ospf_asbr_reach(o, lsa->adv, reach);
	/* RFC 3101 section 2.5 (3): inside of the NSSA only. */
	router = ospf_spf_router(o, lsa->area, lsa->adv);
	if (router == IDX_NONE || !has_flag(o, router, OSPF_RTR_E))
		return false;
	*reach = (struct ospf_reach){ .area = lsa->area,
				      .dist = ospf_lsa_at(o, router)->dist,
				      .hops = ospf_lsa_at(o, router)->hops };
	return true;
}

/* Section 16.4 (3), a forwarding address: by a route inside of the system, of type 7 its NSSA. */
static bool forward_reach(struct ospf *o, const struct ospf_lsa *lsa, be32 forward,
			  struct ospf_reach *reach)
{
	u32 at = ospf_route_match(o, forward);
	const struct ospf_route *route;

	for (u32 n = 0; n < OSPF_IFACE_MAX; n++) {
		if (o->iface[n].used && be32_eq(o->iface[n].addr, forward))
			return false;
	}
	if (at == IDX_NONE)
		return false;
	route = ospf_route_at(o, at);
	if (lsa->type == OSPF_NSSA_LSA &&
	    (route->path != OSPF_PATH_INTRA || route->area != lsa->area))
		return false;
	*reach = (struct ospf_reach){ .area = route->area,
				      .dist = route->cost,
				      .inter = route->path == OSPF_PATH_INTER,
				      .hops = ospf_hops_via(o, &route->hops, forward) };
	return true;
}

static u8 rank_of(const struct ospf_lsa *lsa, const struct ospf_external_lsa *body)
{
	if (lsa->type == OSPF_EXTERNAL_LSA)
		return 1;
	return (body->hdr.options & OSPF_OPT_NP) != 0 && body->forward.raw != 0 ? 0 : 2;
}

static void external_route(struct ospf *o, u32 idx)
{
	const struct ospf_lsa *lsa = ospf_lsa_at(o, idx);
	const struct ospf_external_lsa *body = (const void *)ospf_lsa_bytes(o, lsa);
	u32 metric = be32_host(body->metric) & OSPF_LS_INFINITY;
	bool type2 = (be32_host(body->metric) & OSPF_EXT_TYPE2) != 0;
	struct ospf_route path = { .path = type2 ? OSPF_PATH_EXT2 : OSPF_PATH_EXT1,
				   .area = OSPF_AREA_AS,
				   .rank = rank_of(lsa, body),
				   .len = (u8)ospf_mask_len(body->mask),
				   .tag = be32_host(body->tag),
				   .lsa = idx,
				   .adv = lsa->adv,
				   .forward = body->forward };
	struct ospf_reach reach;

	if (lsa->flushed || lsa->own || metric == OSPF_LS_INFINITY || !origin_reach(o, lsa, &reach))
		return;
	/* RFC 3101 section 2.5 (3): border routers do not follow each other's default routes. */
	if (lsa->type == OSPF_NSSA_LSA && path.len == 0 && path.rank == 2 && o->is_abr)
		return;
	if (body->forward.raw != 0 && !forward_reach(o, lsa, body->forward, &reach))
		return;
	path.addr = be32_of(be32_host(lsa->id) & be32_host(body->mask));
	path.cost = type2 ? reach.dist : reach.dist + metric;
	path.cost2 = type2 ? metric : 0;
	path.far = !o->conf.rfc1583 && (reach.inter || o->area[reach.area].conf.id == 0);
	path.hops = reach.hops;
	add_path(o, &path);
}

void ospf_routes_external(struct ospf *o)
{
	for (u32 at = ospf_lsa_first(o, OSPF_AREA_AS, OSPF_EXTERNAL_LSA); at != IDX_NONE;
	     at = ospf_lsa_at(o, at)->next)
		external_route(o, at);
	for (u32 area = 0; area < OSPF_AREA_MAX; area++) {
		if (!ospf_area_is_active(o, area))
			continue;
		for (u32 at = ospf_lsa_first(o, area, OSPF_NSSA_LSA); at != IDX_NONE;
		     at = ospf_lsa_at(o, at)->next)
			external_route(o, at);
	}
}

/* ---- the RIB --------------------------------------------------------------------------------- */

static void withdraw(struct ospf *o, struct ospf_route *route)
{
	struct ip_prefix prefix = ip_prefix4(route->addr, (u8)u32_min(route->len, 32));

	if (!route->offered)
		return;
	route->offered = false;
	route->told_hops = RIB_NONE;
	/* It may be gone with the client. */
	if (rib_withdraw(o->env.rib, &prefix, o->client, 0) != ERR_OK)
		o->stats.rib_missing++;
}

/* Requires an import policy. */
static void import_ask(const struct ospf *o, const struct ip_prefix *prefix, u32 path, u32 tag,
		       struct policy_result *result)
{
	struct policy_view view = { .prefix = *prefix,
				    .source = ROUTE_OSPF,
				    .has_tag = path >= OSPF_PATH_EXT1,
				    .tag = tag };

	policy_run(o->env.policies, o->conf.import_policy, &view, result);
}

static bool is_refused(const struct ospf *o, const struct ospf_route *route)
{
	struct ip_prefix prefix = ip_prefix4(route->addr, route->len);
	struct policy_result result;

	if (o->conf.import_policy == POLICY_NONE || route->path == OSPF_PATH_DISCARD)
		return false;
	import_ask(o, &prefix, route->path, route->tag, &result);
	return !result.accepted;
}

void ospf_why_hidden(void *ctx, const struct ip_prefix *prefix, const struct rib_path *path,
		     char *why, u32 size)
{
	const struct ospf *o = ctx;
	struct policy_result result = { .accepted = true };
	struct text text;

	if (o->conf.import_policy != POLICY_NONE)
		import_ask(o, prefix, path->attr, path->extra, &result);
	if (!result.accepted) {
		policy_why_refused(o->env.policies, o->conf.import_policy, &result, why, size);
		return;
	}
	text_init(&text, why, size);
	text_str(&text, "its policy changed: it will be looked at next");
}

/* False: it is on our own link, which the RIB has from the interface, or leads nowhere. */
static bool hops_for_rib(struct ospf *o, const struct ospf_route *route, u32 *hops)
{
	struct rib_hop hop[RIB_HOPS_MAX];
	u32 count;

	*hops = RIB_NONE;
	if (route->path == OSPF_PATH_DISCARD)
		return true;
	count = ospf_hops_list(o, &route->hops, hop, RIB_HOPS_MAX);
	for (u32 n = 0; n < count; n++) {
		if (hop[n].gateway.family == FAMILY_NONE)
			return false;
	}
	if (count == 0)
		return false;
	*hops = rib_hops_get(o->env.rib, hop, count);
	if (*hops == RIB_NONE)
		o->stats.rib_full++;
	return *hops != RIB_NONE;
}

static void tell(struct ospf *o, struct ospf_route *route)
{
	struct ip_prefix prefix = ip_prefix4(route->addr, route->len);
	bool hidden = is_refused(o, route);
	u32 metric = route->path == OSPF_PATH_EXT2 ? route->cost2 : route->cost;
	struct rib_path path = { .client = o->client,
				 .distance = o->conf.distance,
				 .type = FIB_UNICAST,
				 .metric = metric,
				 .attr = route->path,
				 .extra = route->tag,
				 .hidden = hidden };

	if (!hops_for_rib(o, route, &path.hops)) {
		withdraw(o, route);
		return;
	}
	if (route->path == OSPF_PATH_DISCARD)
		path.type = FIB_BLACKHOLE;
	if (route->offered && route->told_hops == path.hops && route->told_path == route->path &&
	    route->told_metric == metric && route->told_tag == route->tag &&
	    route->hidden == hidden) {
		if (path.hops != RIB_NONE)
			rib_hops_put(o->env.rib, path.hops);
		return;
	}
	if (rib_offer(o->env.rib, &prefix, &path) != ERR_OK) {
		o->stats.rib_full++;
		return;
	}
	route->offered = true;
	route->hidden = hidden;
	route->told_hops = path.hops;
	route->told_path = route->path;
	route->told_metric = metric;
	route->told_tag = route->tag;
}

void ospf_routes_tell(struct ospf *o)
{
	for (u32 at = 0; at < o->conf.route_limit; at++) {
		struct ospf_route *route = ospf_route_at(o, at);

		if (!slab_is_live(&o->routes, at))
			continue;
		if (route->run != o->run) {
			withdraw(o, route);
			route_del(o, at);
		} else if (route->len <= 32) {
			tell(o, route);
		}
	}
}

void ospf_routes_drop(struct ospf *o)
{
	for (u32 at = 0; at < o->conf.route_limit; at++) {
		if (!slab_is_live(&o->routes, at))
			continue;
		withdraw(o, ospf_route_at(o, at));
		route_del(o, at);
	}
}
