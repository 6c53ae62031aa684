/* What people may see: plain records, copied. */
#include "core/routing/ospf/ospf_part.h"

const char *ospf_path_name(enum ospf_path path)
{
	static const char *const name[] = {
		[OSPF_PATH_INTRA] = "intra-area",     [OSPF_PATH_INTER] = "inter-area",
		[OSPF_PATH_EXT1] = "external type 1", [OSPF_PATH_EXT2] = "external type 2",
		[OSPF_PATH_DISCARD] = "discard",
	};

	_Static_assert(ARRAY_COUNT(name) == OSPF_PATHS, "a name for each kind");
	return name[path];
}

static ns_t until(ns_t when, ns_t now)
{
	if (when == NS_NEVER)
		return NS_NEVER;
	return when > now ? when - now : 0;
}

static void show_iface(const struct ospf *o, u32 at, struct ospf_iface_shown *out, ns_t now)
{
	const struct ospf_iface *ifc = &o->iface[at];

	*out = (struct ospf_iface_shown){
		.iface = (u16)at,
		.area_id = o->area[ifc->area].conf.id,
		.type = ifc->conf.type,
		.state = ifc->state,
		.addr = ifc->addr,
		.len = ifc->len,
		.cost = ifc->conf.cost,
		.mtu = ifc->mtu,
		.priority = ifc->conf.priority,
		.passive = ifc->conf.passive,
		.dr = ifc->dr,
		.bdr = ifc->bdr,
		.nbr_count = ifc->nbr_count,
		.hello_ns = until(
			heap_when(&o->iface_heap, at * OSPF_IFACE_TIMERS + OSPF_TIMER_HELLO), now),
		.hello_s = ifc->conf.hello_s,
		.dead_s = ifc->conf.dead_s,
		.rxmt_s = ifc->conf.rxmt_s,
		.auth = ifc->conf.auth.kind,
		.refused = ifc->refused,
	};
	memcpy(out->got, ifc->got, sizeof out->got);
	memcpy(out->sent, ifc->sent, sizeof out->sent);
	for (u32 nbr = ifc->nbr_first; nbr != IDX_NONE; nbr = ospf_nbr_at(o, nbr)->next)
		out->full_count += ospf_nbr_at(o, nbr)->state == OSPF_NBR_FULL;
}

u32 ospf_show_ifaces(const struct ospf *o, u32 *cursor, struct ospf_iface_shown *out, u32 max,
		     ns_t now)
{
	u32 count = 0;

	for (; *cursor < OSPF_IFACE_MAX && count < max; (*cursor)++) {
		if (o->iface[*cursor].used)
			show_iface(o, *cursor, &out[count++], now);
	}
	return count;
}

u32 ospf_show_nbrs(const struct ospf *o, u32 *cursor, struct ospf_nbr_shown *out, u32 max, ns_t now)
{
	u32 count = 0;

	for (; *cursor < o->conf.nbr_limit && count < max; (*cursor)++) {
		const struct ospf_nbr *nbr;

		if (!slab_is_live(&o->nbrs, *cursor))
			continue;
		nbr = ospf_nbr_at(o, *cursor);
		out[count++] = (struct ospf_nbr_shown){
			.iface = nbr->iface,
			.rid = nbr->rid,
			.addr = nbr->addr,
			.state = nbr->state,
			.priority = nbr->priority,
			.dr = nbr->dr,
			.bdr = nbr->bdr,
			.dead_ns = until(heap_when(&o->nbr_heap,
						   *cursor * OSPF_NBR_TIMERS + OSPF_TIMER_DEAD),
					 now),
			.full_ns = nbr->full_ns,
			.rxmt_waiting = nbr->rxmts.count,
			.request_waiting = nbr->requests.count,
			.retransmitted = nbr->rxmt_count,
		};
	}
	return count;
}

u32 ospf_count_untold(const struct ospf *o)
{
	u32 count = 0;

	count += o->due[OSPF_WORK_LINKS] != NS_NEVER;
	count += o->due[OSPF_WORK_EXT] != NS_NEVER;
	for (u32 at = 0; at < o->conf.lsa_limit; at++) {
		const struct ospf_lsa *lsa = ospf_lsa_at(o, at);

		count += slab_is_live(&o->lsas, at) && lsa->own &&
			 (lsa->flushed || lsa->rxmt != IDX_NONE);
	}
	return count;
}

u32 ospf_show_lsas(const struct ospf *o, u32 *cursor, struct ospf_lsa_shown *out, u32 max, ns_t now)
{
	u32 count = 0;

	for (; *cursor < o->conf.lsa_limit && count < max; (*cursor)++) {
		const struct ospf_lsa *lsa;

		if (!slab_is_live(&o->lsas, *cursor))
			continue;
		lsa = ospf_lsa_at(o, *cursor);
		out[count] = (struct ospf_lsa_shown){
			.area_id = lsa->area == OSPF_AREA_AS ? UINT32_MAX
							     : o->area[lsa->area].conf.id,
			.hdr = ospf_lsa_hdr_now(o, lsa, now),
			.own = lsa->own,
			.bytes = ospf_lsa_bytes(o, lsa),
		};
		for (u32 at = lsa->rxmt; at != IDX_NONE; at = ospf_rxmt_at(o, at)->lsa_next)
			out[count].rxmt_waiting++;
		count++;
	}
	return count;
}

static const char *lsa_type_name(u8 type)
{
	static const char *const name[OSPF_LSA_TYPES] = {
		[OSPF_ROUTER_LSA] = "router-LSA",        [OSPF_NETWORK_LSA] = "network-LSA",
		[OSPF_SUMMARY_LSA] = "summary-LSA",      [OSPF_ASBR_LSA] = "ASBR-summary-LSA",
		[OSPF_EXTERNAL_LSA] = "AS-external-LSA", [OSPF_NSSA_LSA] = "NSSA-LSA",
	};

	return type < OSPF_LSA_TYPES && name[type] != NULL ? name[type] : "LSA";
}

/* "external type 2, metric 20, 30 to 10.0.0.1: AS-external-LSA of 4.4.4.4". */
static void why(const struct ospf_route *route, struct ospf_route_shown *out)
{
	struct text text;

	text_init(&text, out->why, sizeof out->why);
	text_str(&text, ospf_path_name(route->path));
	if (route->path == OSPF_PATH_DISCARD) {
		text_str(&text, ": what an own range has no route for");
		return;
	}
	if (route->path == OSPF_PATH_EXT2) {
		text_str(&text, ", metric ");
		text_u64(&text, route->cost2);
	}
	text_str(&text, ", cost ");
	text_u64(&text, route->cost);
	if (route->forward.raw != 0) {
		text_str(&text, " by ");
		text_ip4(&text, route->forward);
	}
	text_str(&text, ": ");
	text_str(&text, lsa_type_name(out->lsa_type));
	text_str(&text, " of ");
	text_ip4(&text, route->adv);
}

static void show_route(const struct ospf *o, const struct ospf_route *route,
		       struct ospf_route_shown *out)
{
	*out = (struct ospf_route_shown){
		.prefix = ip_prefix4(route->addr, route->len),
		.path = route->path,
		.area_id = route->area == OSPF_AREA_AS ? UINT32_MAX : o->area[route->area].conf.id,
		.cost = route->cost,
		.cost2 = route->cost2,
		.tag = route->tag,
		.adv = route->adv,
		.hidden = route->hidden,
	};
	out->hop_count = ospf_hops_list(o, &route->hops, out->hop, RIB_HOPS_MAX);
	/* It may have gone since the calculation. */
	if (route->lsa != IDX_NONE && slab_is_live(&o->lsas, route->lsa)) {
		out->lsa_type = ospf_lsa_at(o, route->lsa)->type;
		out->lsa_id = ospf_lsa_at(o, route->lsa)->id;
	}
	why(route, out);
}

u32 ospf_show_routes(const struct ospf *o, u32 *cursor, struct ospf_route_shown *out, u32 max)
{
	u32 count = 0;

	for (; *cursor < o->conf.route_limit && count < max; (*cursor)++) {
		if (slab_is_live(&o->routes, *cursor) && ospf_route_at(o, *cursor)->len <= 32)
			show_route(o, ospf_route_at(o, *cursor), &out[count++]);
	}
	return count;
}
