/* From what zebra tells to what the RIB is offered. */
#include "core/routing/fpm/fpm_part.h"
#include "core/wire/ip4.h"

/* ---- interfaces ------------------------------------------------------------------------------ */

static u16 iface_of(const struct fpm *fpm, u32 os_index)
{
	for (u16 at = 0; os_index != 0 && at < fpm->start.ifaces->count; at++) {
		if (fpm->os_index[at] == os_index && fpm->start.ifaces->iface[at].conf.zone == 0)
			return at;
	}
	return IFACE_NONE;
}

static bool is_on_link(const struct fpm *fpm, u16 iface, be32 addr)
{
	const struct iface_conf *conf = &fpm->start.ifaces->iface[iface].conf;

	for (u32 at = 0; at < conf->addr_count; at++) {
		u32 differ = be32_host(conf->addr[at].addr) ^ be32_host(addr);

		if ((differ & ip4_mask(conf->addr[at].prefix_len)) == 0)
			return true;
	}
	return false;
}

static enum fpm_why hop_find(const struct fpm *fpm, const struct fpm_hop *from, struct rib_hop *to)
{
	u16 iface = IFACE_NONE;

	if (from->why != FPM_TAKEN)
		return from->why;
	if (fpm->peer.same_host)
		iface = iface_of(fpm, from->os_index);
	*to = (struct rib_hop){ .iface = iface, .weight = from->weight };
	if (from->gateway.raw == 0)
		return iface == IFACE_NONE ? FPM_INTERFACE : FPM_TAKEN;
	to->gateway = ip_addr4(from->gateway);
	if (iface != IFACE_NONE && !from->onlink && !is_on_link(fpm, iface, from->gateway))
		to->iface = IFACE_NONE;
	return FPM_TAKEN;
}

/* Those that can be used; why: of the last one that can not. */
static u32 hops_find(struct fpm *fpm, const struct fpm_msg *route, struct rib_hop hop[RIB_HOPS_MAX],
		     enum fpm_why *why)
{
	u32 count = 0;

	_Static_assert((u32)FPM_HOPS_MAX <= (u32)RIB_HOPS_MAX, "hops of a route");
	*why = route->hop_count == 0 ? FPM_NO_HOP : FPM_TAKEN;
	for (u32 at = 0; at < route->hop_count; at++) {
		enum fpm_why of = hop_find(fpm, &route->hop[at], &hop[count]);

		if (of == FPM_TAKEN)
			count++;
		else
			*why = of;
	}
	return count;
}

/* ---- what stood ------------------------------------------------------------------------------ */

/* The path is offered no longer as it was: what counts it does so no more. */
static void path_uncount(struct fpm *fpm, const struct rib_path *path)
{
	u32 object;

	if (path->stale) {
		CHECK(fpm->stale > 0);
		fpm->stale--;
		return;
	}
	CHECK(fpm->routes > 0);
	fpm->routes--;
	fpm->hidden -= path->hidden;
	if (path->extra == 0)
		return;
	object = fpm_object_find(fpm, path->extra);
	CHECK(object != IDX_NONE);
	CHECK(fpm_object_at(fpm, object)->routes > 0);
	fpm_object_at(fpm, object)->routes--;
	fpm_object_loose(fpm, object);
}

/* An object that it refers to has its reference already. */
static void path_count(struct fpm *fpm, const struct rib_path *path)
{
	fpm->routes++;
	fpm->hidden += path->hidden;
}

static void take_back(struct fpm *fpm, const struct ip_prefix *prefix)
{
	struct rib *rib = fpm->start.rib;
	struct rib_path old;

	if (!rib_find(rib, prefix, fpm->client, 0, &old))
		return;
	CHECK(rib_withdraw(rib, prefix, fpm->client, 0) == ERR_OK);
	path_uncount(fpm, &old);
}

void fpm_route_unset(struct fpm *fpm, const struct fpm_msg *route)
{
	struct ip_prefix prefix = ip_prefix4(route->prefix, route->len);

	take_back(fpm, &prefix);
}

/* ---- what is told ---------------------------------------------------------------------------- */

static u8 path_type(enum fpm_kind kind)
{
	switch (kind) {
	case FPM_BLACKHOLE: return FIB_BLACKHOLE;
	case FPM_PROHIBIT: return FIB_PROHIBIT;
	default: return FIB_UNICAST;
	}
}

/* The path that a route is, its hops with a reference. Where it can not be forwarded by now, and
 * its next hop has a number, it is hidden; otherwise why not.                                    */
static enum fpm_why path_make(struct fpm *fpm, const struct fpm_msg *route, struct rib_path *path)
{
	struct rib_hop hop[RIB_HOPS_MAX];
	enum fpm_why why;
	u32 count;

	*path = (struct rib_path){
		.client = fpm->client,
		.type = path_type(route->kind),
		.distance = fpm->conf.distance,
		.metric = route->metric,
		.attr = route->protocol,
		.extra = route->id,
		.hops = RIB_NONE,
	};
	if (route->kind != FPM_UNICAST)
		return FPM_TAKEN;
	count = hops_find(fpm, route, hop, &why);
	/* Of a route that is not refused as a whole, what is left out of it. */
	if (why != FPM_TAKEN && why != FPM_NO_HOP && (count > 0 || route->id != 0))
		fpm->stats.refused[why]++;
	if (count > 0) {
		path->hops = rib_hops_get(fpm->start.rib, hop, count);
		return path->hops == RIB_NONE ? FPM_FULL : FPM_TAKEN;
	}
	if (route->id == 0)
		return why;
	path->type = FIB_BLACKHOLE;
	path->hidden = true;
	return FPM_TAKEN;
}

static bool is_full(const struct fpm *fpm, const struct ip_prefix *prefix)
{
	struct rib_path old;

	if (fpm->routes < fpm->conf.route_limit)
		return false;
	return !rib_find(fpm->start.rib, prefix, fpm->client, 0, &old) || old.stale;
}

static enum fpm_why route_offer(struct fpm *fpm, const struct ip_prefix *prefix,
				const struct fpm_msg *route)
{
	struct rib *rib = fpm->start.rib;
	struct rib_path path, old;
	enum fpm_why why = path_make(fpm, route, &path);
	bool stood;

	if (why != FPM_TAKEN)
		return why;
	stood = rib_find(rib, prefix, fpm->client, 0, &old);
	if (rib_offer(rib, prefix, &path) != ERR_OK)
		return FPM_FULL;
	if (stood)
		path_uncount(fpm, &old);
	path_count(fpm, &path);
	return FPM_TAKEN;
}

enum fpm_why fpm_route_set(struct fpm *fpm, struct fpm_msg *route)
{
	struct ip_prefix prefix = ip_prefix4(route->prefix, route->len);
	enum fpm_why why = route->why;
	u32 object = IDX_NONE;

	if (why == FPM_TAKEN && is_full(fpm, &prefix))
		why = FPM_FULL;
	if (why == FPM_TAKEN && route->id != 0 && route->kind == FPM_UNICAST) {
		object = fpm_object_get(fpm, route->id);
		if (object == IDX_NONE)
			why = FPM_FULL;
		else
			fpm_object_resolve(fpm, object, route);
	} else {
		route->id = 0;
	}
	if (object != IDX_NONE)
		fpm_object_at(fpm, object)->routes++;
	if (why == FPM_TAKEN)
		why = route_offer(fpm, &prefix, route);
	if (why == FPM_TAKEN)
		return FPM_TAKEN;
	if (object != IDX_NONE) {
		fpm_object_at(fpm, object)->routes--;
		fpm_object_loose(fpm, object);
	}
	/* What zebra's host or another table has says nothing about the route that was told. */
	if (why != FPM_OF_KERNEL && why != FPM_OTHER_TABLE)
		take_back(fpm, &prefix);
	return why;
}

/* ---- the sweep ------------------------------------------------------------------------------- */

u64 fpm_round_want(struct fpm *fpm)
{
	fpm->round_wanted = fpm->round + 1;
	return fpm->round_wanted;
}

/* Whether something that it refers to changed. Without a number: only the distance can have. */
static bool is_changed(const struct fpm *fpm, const struct rib_path *path)
{
	if (path->stale)
		return false;
	if (fpm->all_round >= fpm->round)
		return true;
	return path->extra != 0 && fpm_object_changed(fpm, fpm_object_find(fpm, path->extra));
}

static void path_renew(struct fpm *fpm, const struct rib_owned *owned)
{
	struct rib *rib = fpm->start.rib;
	struct fpm_msg route = { .id = owned->path.extra };
	struct rib_path path = owned->path;
	enum fpm_why why = FPM_TAKEN;

	if (route.id == 0) {
		path.distance = fpm->conf.distance;
		if (path.hops != RIB_NONE) {
			struct rib_hop hop[RIB_HOPS_MAX];
			u32 count = rib_hops_read(rib, path.hops, hop);

			path.hops = rib_hops_get(rib, hop, count);
		}
	} else {
		route.metric = path.metric;
		route.protocol = (u8)path.attr;
		fpm_object_resolve(fpm, fpm_object_find(fpm, route.id), &route);
		why = path_make(fpm, &route, &path);
	}
	if (why != FPM_TAKEN) {
		fpm->stats.refused[why]++;
		take_back(fpm, &owned->prefix);
		return;
	}
	fpm->hidden -= owned->path.hidden;
	fpm->hidden += path.hidden;
	/* It stands, so that there is room for it. */
	CHECK(rib_offer(rib, &owned->prefix, &path) == ERR_OK);
}

void fpm_sweep_step(struct fpm *fpm)
{
	struct rib_owned owned[FPM_STEP_ROUTES];
	bool more;
	u32 count;

	if (!fpm->sweeping) {
		if (fpm->round_wanted <= fpm->round)
			return;
		fpm->round++;
		fpm->sweep_at = 0;
		fpm->sweeping = true;
	}
	more = rib_client_walk(fpm->start.rib, fpm->client, &fpm->sweep_at, owned, FPM_STEP_ROUTES,
			       &count);
	for (u32 at = 0; at < count; at++) {
		if (is_changed(fpm, &owned[at].path))
			path_renew(fpm, &owned[at]);
	}
	fpm->sweeping = more;
}

void fpm_routes_check(const struct fpm *fpm)
{
	struct rib_owned owned;
	u32 cursor = 0, count = 0, routes = 0, hidden = 0, stale = 0, referring = 0, referred = 0;
	bool more = true;

	while (more) {
		more = rib_client_walk(fpm->start.rib, fpm->client, &cursor, &owned, 1, &count);
		if (count == 0)
			continue;
		stale += owned.path.stale;
		routes += !owned.path.stale;
		hidden += !owned.path.stale && owned.path.hidden;
		referring += !owned.path.stale && owned.path.extra != 0;
		CHECK(owned.path.stale || owned.path.extra == 0 ||
		      fpm_object_find(fpm, owned.path.extra) != IDX_NONE);
	}
	for (u32 at = 0; at < fpm->objects.cap; at++) {
		if (slab_is_live(&fpm->objects, at))
			referred += fpm_object_at(fpm, at)->routes;
	}
	CHECK(stale == fpm->stale);
	CHECK(routes == fpm->routes);
	CHECK(hidden == fpm->hidden);
	CHECK(referring == referred);
}
