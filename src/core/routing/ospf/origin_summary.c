/* Own summary-LSAs: what one area is told of others (RFC 2328 section 12.4.3). */
#include "core/routing/ospf/ospf_part.h"

static void summary(struct ospf *o, u32 area, be32 addr, u8 len, u32 cost, ns_t now)
{
	struct ospf_summary_lsa *lsa = (void *)o->made;
	struct ospf_want want = { .area = (u8)area,
				  .type = OSPF_SUMMARY_LSA,
				  .options = ospf_options(&o->area[area]) & OSPF_OPT_E,
				  .prefix_len = len,
				  .len = sizeof *lsa,
				  .work = OSPF_WORK_SUMMARY };

	if (cost >= OSPF_LS_INFINITY)
		return;
	if (!ospf_origin_id(o, &want, addr, &want.id)) {
		o->stats.id_clash++;
		return;
	}
	lsa->mask = be32_of(ip4_mask(len));
	lsa->metric = be32_of(cost);
	ospf_originate(o, &want, now);
}

static bool in_range(const struct ospf *o, const struct ospf_route *route)
{
	const struct ospf_area_conf *conf = &o->area[route->area].conf;

	for (u32 n = 0; n < conf->range_count; n++) {
		const struct ospf_range *range = &conf->range[n];

		if (range->len <= route->len &&
		    ((be32_host(range->addr) ^ be32_host(route->addr)) & ip4_mask(range->len)) == 0)
			return true;
	}
	return false;
}

/* Routes to networks; hosts first (ospf_origin_id). */
static void networks(struct ospf *o, u32 area, bool hosts, ns_t now)
{
	for (u32 at = 0; at < o->conf.route_limit; at++) {
		const struct ospf_route *route;

		if (!slab_is_live(&o->routes, at))
			continue;
		route = ospf_route_at(o, at);
		if (route->len > 32 || (route->len == 32) != hosts ||
		    route->path > OSPF_PATH_INTER || route->area == area)
			continue;
		/* Routes of other areas are known to the backbone already, and ours are known by
		 * their ranges.                                                                  */
		if (route->path == OSPF_PATH_INTER ? o->area[area].conf.id == 0
						   : in_range(o, route))
			continue;
		summary(o, area, route->addr, route->len, route->cost, now);
	}
}

static void ranges(struct ospf *o, u32 area, ns_t now)
{
	for (u32 other = 0; other < OSPF_AREA_MAX; other++) {
		const struct ospf_area *from = &o->area[other];

		if (other == area || !ospf_area_is_active(o, other))
			continue;
		for (u32 n = 0; n < from->conf.range_count; n++) {
			if (from->range_active[n] && !from->conf.range[n].hidden)
				summary(o, area, from->conf.range[n].addr, from->conf.range[n].len,
					from->range_cost[n], now);
		}
	}
}

static void asbr(struct ospf *o, u32 area, be32 rid, ns_t now)
{
	struct ospf_summary_lsa *lsa = (void *)o->made;
	struct ospf_want want = { .area = (u8)area,
				  .type = OSPF_ASBR_LSA,
				  .options = OSPF_OPT_E,
				  .id = rid,
				  .len = sizeof *lsa,
				  .work = OSPF_WORK_SUMMARY };
	struct ospf_reach reach;

	if (be32_eq(rid, o->router_id) || !ospf_asbr_reach(o, rid, &reach) || reach.area == area ||
	    (reach.inter && o->area[area].conf.id == 0) || reach.dist >= OSPF_LS_INFINITY)
		return;
	lsa->mask = be32_of(0);
	lsa->metric = be32_of(reach.dist);
	ospf_originate(o, &want, now);
}

static void asbrs(struct ospf *o, u32 area, ns_t now)
{
	for (u32 other = 0; other < OSPF_AREA_MAX; other++) {
		/* Type-5 LSAs of an NSSA's routers are made by its border routers. */
		if (other == area || o->area[other].conf.kind != OSPF_AREA_NORMAL)
			continue;
		for (u32 at = ospf_lsa_first(o, other, OSPF_ROUTER_LSA); at != IDX_NONE;
		     at = ospf_lsa_at(o, at)->next) {
			const struct ospf_lsa *lsa = ospf_lsa_at(o, at);
			const struct ospf_router_lsa *router = (const void *)ospf_lsa_bytes(o, lsa);

			if (lsa->run == o->run && (router->flags & OSPF_RTR_E) != 0)
				asbr(o, area, lsa->adv, now);
		}
	}
	for (u32 at = 0; at < o->conf.route_limit; at++) {
		if (slab_is_live(&o->routes, at) && ospf_route_at(o, at)->len == OSPF_ROUTE_ASBR)
			asbr(o, area, ospf_route_at(o, at)->addr, now);
	}
}

static void area_summaries(struct ospf *o, u32 area, ns_t now)
{
	const struct ospf_area_conf *conf = &o->area[area].conf;

	/* Sections 12.4.3.1, RFC 3101 section 2.7: without summaries a default route has to do. */
	if (conf->kind == OSPF_AREA_STUB || conf->no_summary)
		summary(o, area, be32_of(0), 0, conf->default_cost, now);
	if (conf->no_summary)
		return;
	networks(o, area, true, now);
	ranges(o, area, now);
	networks(o, area, false, now);
	if (conf->kind == OSPF_AREA_NORMAL)
		asbrs(o, area, now);
}

void ospf_origin_summaries(struct ospf *o, ns_t now)
{
	ospf_origin_pass(o);
	for (u32 area = 0; area < OSPF_AREA_MAX; area++) {
		if (o->is_abr && ospf_area_is_active(o, area))
			area_summaries(o, area, now);
		ospf_origin_sweep(o, area, OSPF_SUMMARY_LSA, now);
		ospf_origin_sweep(o, area, OSPF_ASBR_LSA, now);
	}
}
