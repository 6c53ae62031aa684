/* How the speaker begins, is told of other interfaces and other wishes, and ends. */
#include "core/routing/ospf/ospf_part.h"

/* Bodies of larger classes are fewer: one for every so many LSAs, and a few at least. */
static const u32 class_size[OSPF_LSA_CLASSES] = { 64, 256, 1024, 4096, OSPF_LSA_SIZE_MAX };
static const u32 class_share[OSPF_LSA_CLASSES] = { 1, 4, 16, 64, 256 };
enum { CLASS_MIN = 8 };

void ospf_layout(struct ospf *o, const struct ospf_conf *conf, struct mem *mem)
{
	memset(o, 0, sizeof *o);
	o->conf = *conf;
	slab_layout(&o->nbrs, mem, "ospf_neighbours", conf->nbr_limit, sizeof(struct ospf_nbr));
	slab_layout(&o->lsas, mem, "ospf_lsas", conf->lsa_limit, sizeof(struct ospf_lsa));
	for (u32 class = 0; class < OSPF_LSA_CLASSES; class ++)
		slab_layout(&o->bodies[class], mem, "ospf_lsas",
			    u32_max(conf->lsa_limit / class_share[class], CLASS_MIN),
			    class_size[class]);
	map_layout(&o->lsa_map, mem, "ospf_lsas", conf->lsa_limit);
	slab_layout(&o->rxmts, mem, "ospf_retransmissions", conf->rxmt_limit,
		    sizeof(struct ospf_rxmt));
	slab_layout(&o->requests, mem, "ospf_requests", conf->request_limit,
		    sizeof(struct ospf_request));
	map_layout(&o->request_map, mem, "ospf_requests", conf->request_limit);
	slab_layout(&o->routes, mem, "ospf_routes", conf->route_limit, sizeof(struct ospf_route));
	map_layout(&o->route_map, mem, "ospf_routes", conf->route_limit);
	slab_layout(&o->exports, mem, "ospf_exports", conf->export_limit,
		    sizeof(struct ospf_export));
	map_layout(&o->export_map, mem, "ospf_exports", conf->export_limit);
	heap_layout(&o->iface_heap, mem, "ospf_timers", OSPF_IFACE_MAX * OSPF_IFACE_TIMERS);
	heap_layout(&o->nbr_heap, mem, "ospf_timers", conf->nbr_limit * OSPF_NBR_TIMERS);
	heap_layout(&o->lsa_heap, mem, "ospf_timers", conf->lsa_limit);
	heap_layout(&o->candidates, mem, "ospf_candidates", conf->lsa_limit);
	o->rx = mem_take(mem, "ospf_packets", 1, IP4_LEN_MAX);
	o->tx = mem_take(mem, "ospf_packets", 1, IP4_LEN_MAX + 64);
	o->made = mem_take(mem, "ospf_packets", 1, OSPF_LSA_SIZE_MAX);
}

static void init_tables(struct ospf *o)
{
	slab_init(&o->nbrs);
	slab_init(&o->lsas);
	for (u32 class = 0; class < OSPF_LSA_CLASSES; class ++)
		slab_init(&o->bodies[class]);
	map_init(&o->lsa_map);
	slab_init(&o->rxmts);
	slab_init(&o->requests);
	map_init(&o->request_map);
	slab_init(&o->routes);
	map_init(&o->route_map);
	slab_init(&o->exports);
	map_init(&o->export_map);
	heap_init(&o->iface_heap);
	heap_init(&o->nbr_heap);
	heap_init(&o->lsa_heap);
	heap_init(&o->candidates);
}

/* RFC 2328 section C.1: the configured one, else the highest address. */
static be32 choose_router_id(const struct ospf *o)
{
	u32 best = o->conf.router_id;

	for (u32 at = 0; o->conf.router_id == 0 && at < o->env.ifaces->count; at++) {
		const struct iface *iface = &o->env.ifaces->iface[at];

		for (u32 n = 0; n < iface->conf.addr_count; n++)
			best = u32_max(best, be32_host(iface->conf.addr[n].addr));
	}
	return be32_of(best);
}

u32 ospf_area_find(const struct ospf *o, u32 id)
{
	for (u32 at = 0; at < OSPF_AREA_MAX; at++) {
		if (o->area[at].used && o->area[at].conf.id == id)
			return at;
	}
	return IDX_NONE;
}

/* ---- interfaces ------------------------------------------------------------------------------ */

static const struct iface *system_iface(const struct ospf *o, u32 iface)
{
	return iface < o->env.ifaces->count ? &o->env.ifaces->iface[iface] : NULL;
}

static bool is_usable(const struct iface *iface)
{
	return iface != NULL && iface->up && iface->conf.addr_count > 0;
}

static void iface_down(struct ospf *o, u32 at, ns_t now)
{
	ospf_iface_event(o, at, OSPF_IE_DOWN, now);
	ospf_io_close(o, at, now);
}

static void iface_up(struct ospf *o, u32 at, ns_t now)
{
	struct ospf_iface *ifc = &o->iface[at];

	if (o->router_id.raw == 0)
		return;
	if (!ifc->conf.passive && !ospf_io_open(o, at, now)) {
		ospf_warn_at(o, at, NULL, "no socket of protocol 89 could be had", now);
		return;
	}
	ospf_iface_event(o, at, OSPF_IE_UP, now);
}

/* What the interface table says now. */
static void look_at_iface(struct ospf *o, u32 at, ns_t now)
{
	struct ospf_iface *ifc = &o->iface[at];
	const struct iface *iface = system_iface(o, at);
	const struct iface_addr *addr = iface == NULL ? NULL : &iface->conf.addr[0];
	bool usable = is_usable(iface);

	if (ifc->state != OSPF_IFACE_DOWN &&
	    (!usable || !be32_eq(addr->addr, ifc->addr) || addr->prefix_len != ifc->len))
		iface_down(o, at, now);
	if (!usable)
		return;
	ifc->mtu = (u16)u32_min(iface->conf.mtu, UINT16_MAX);
	ifc->addr = addr->addr;
	ifc->len = addr->prefix_len;
	if (ifc->state == OSPF_IFACE_DOWN)
		iface_up(o, at, now);
}

void ospf_ifaces(struct ospf *o, ns_t now)
{
	if (o->stopped)
		return;
	ospf_clock(o, now);
	if (o->router_id.raw == 0)
		o->router_id = choose_router_id(o);
	for (u32 at = 0; at < OSPF_IFACE_MAX; at++) {
		if (o->iface[at].used)
			look_at_iface(o, at, now);
	}
	/* Secondary addresses are stub links. */
	ospf_work_at(o, OSPF_WORK_LINKS, now);
	ospf_work_at(o, OSPF_WORK_EXT, now);
	ospf_work(o, now);
}

void ospf_nbr_lost(struct ospf *o, u16 iface, be32 addr, ns_t now)
{
	if (o->stopped || iface >= OSPF_IFACE_MAX)
		return;
	for (u32 at = o->iface[iface].nbr_first; at != IDX_NONE; at = ospf_nbr_at(o, at)->next) {
		if (be32_eq(ospf_nbr_at(o, at)->addr, addr)) {
			ospf_nbr_event(o, at, OSPF_NE_LL_DOWN, now);
			break;
		}
	}
	ospf_work(o, now);
}

/* ---- configuration --------------------------------------------------------------------------- */

static void area_use(struct ospf *o, const struct ospf_area_conf *conf)
{
	u32 at = 0;

	while (at < OSPF_AREA_MAX && o->area[at].used)
		at++;
	CHECK(at < OSPF_AREA_MAX);
	o->area[at].used = true;
	o->area[at].conf = *conf;
	o->area[at].translator = false;
	o->area[at].translator_until = 0;
}

static const struct ospf_area_conf *wanted_area(const struct ospf_conf *conf, u32 id)
{
	for (u32 n = 0; n < conf->area_count; n++) {
		if (conf->area[n].id == id)
			return &conf->area[n];
	}
	return NULL;
}

static const struct ospf_iface_conf *wanted_iface(const struct ospf_conf *conf, u32 iface)
{
	for (u32 n = 0; n < conf->iface_count; n++) {
		if (conf->iface[n].iface == iface)
			return &conf->iface[n];
	}
	return NULL;
}

/* Whether neighbours can not but notice. */
static bool is_other_iface(const struct ospf *o, const struct ospf_iface *ifc,
			   const struct ospf_iface_conf *conf)
{
	return conf == NULL || conf->area_id != o->area[ifc->area].conf.id ||
	       conf->type != ifc->conf.type || conf->hello_s != ifc->conf.hello_s ||
	       conf->dead_s != ifc->conf.dead_s || conf->passive != ifc->conf.passive;
}

static bool is_other_area(const struct ospf_area_conf *old, const struct ospf_area_conf *conf)
{
	return conf == NULL || conf->kind != old->kind;
}

/* Nobody is left to take AS-external-LSAs from, and to flood them to. */
static void leave_externals(struct ospf *o, const struct ospf_conf *conf)
{
	for (u32 n = 0; n < conf->area_count; n++) {
		if (conf->area[n].kind == OSPF_AREA_NORMAL)
			return;
	}
	ospf_lsa_drop_area(o, OSPF_AREA_AS);
}

/* Interfaces that go, and those of areas that go or become others. */
static void leave_old(struct ospf *o, const struct ospf_conf *conf, ns_t now)
{
	for (u32 at = 0; at < OSPF_IFACE_MAX; at++) {
		struct ospf_iface *ifc = &o->iface[at];
		const struct ospf_iface_conf *wanted = wanted_iface(conf, at);

		if (!ifc->used)
			continue;
		if (is_other_iface(o, ifc, wanted) ||
		    is_other_area(&o->area[ifc->area].conf,
				  wanted_area(conf, o->area[ifc->area].conf.id))) {
			if (ifc->state != OSPF_IFACE_DOWN)
				iface_down(o, at, now);
			ifc->used = false;
		}
	}
	for (u32 at = 0; at < OSPF_AREA_MAX; at++) {
		struct ospf_area *area = &o->area[at];

		if (!area->used || !is_other_area(&area->conf, wanted_area(conf, area->conf.id)))
			continue;
		ospf_lsa_drop_area(o, at);
		area->used = false;
	}
}

static void enter_new(struct ospf *o, ns_t now)
{
	for (u32 n = 0; n < o->conf.area_count; n++) {
		u32 at = ospf_area_find(o, o->conf.area[n].id);

		if (at == IDX_NONE)
			area_use(o, &o->conf.area[n]);
		else
			o->area[at].conf = o->conf.area[n];
	}
	for (u32 n = 0; n < o->conf.iface_count; n++) {
		const struct ospf_iface_conf *conf = &o->conf.iface[n];
		struct ospf_iface *ifc = &o->iface[conf->iface];

		if (!ifc->used) {
			*ifc = (struct ospf_iface){ .used = true,
						    .nbr_first = IDX_NONE,
						    .sock = SOCK_ID_NONE };
			ifc->area = (u8)ospf_area_find(o, conf->area_id);
		} else if (ifc->conf.priority != conf->priority) {
			ifc->news |= OSPF_NEWS_NBR_CHANGE;
		}
		ifc->conf = *conf;
		look_at_iface(o, conf->iface, now);
	}
	for (u32 work = 0; work < OSPF_WORKS; work++)
		ospf_work_at(o, work, now);
}

static bool has_same_limits(const struct ospf_conf *a, const struct ospf_conf *b)
{
	return a->lsa_limit == b->lsa_limit && a->nbr_limit == b->nbr_limit &&
	       a->rxmt_limit == b->rxmt_limit && a->request_limit == b->request_limit &&
	       a->route_limit == b->route_limit && a->export_limit == b->export_limit;
}

/* Another router id is another router: all that the old one said is flushed first. */
static void change_router_id(struct ospf *o, be32 id, ns_t now)
{
	for (u32 at = 0; at < o->conf.lsa_limit; at++) {
		if (slab_is_live(&o->lsas, at) && ospf_lsa_at(o, at)->own &&
		    !ospf_lsa_at(o, at)->flushed)
			ospf_lsa_flush(o, at, now);
	}
	for (u32 at = 0; at < OSPF_IFACE_MAX; at++) {
		if (o->iface[at].flood_count > 0)
			ospf_flood_send(o, at, now);
		if (o->iface[at].used && o->iface[at].state != OSPF_IFACE_DOWN)
			iface_down(o, at, now);
	}
	for (u32 at = 0; at < OSPF_AREAS; at++)
		ospf_lsa_drop_area(o, at);
	o->router_id = id;
}

enum err ospf_configure(struct ospf *o, const struct ospf_conf *conf, ns_t now)
{
	u32 old_id = o->conf.router_id;

	if (ospf_conf_wrong(conf) != NULL || !has_same_limits(&o->conf, conf) || o->stopped)
		return ERR_RANGE;
	ospf_clock(o, now);
	if (conf->router_id != old_id && conf->router_id != 0 &&
	    conf->router_id != be32_host(o->router_id))
		change_router_id(o, be32_of(conf->router_id), now);
	leave_old(o, conf, now);
	leave_externals(o, conf);
	/* What hangs on the distance is told anew. */
	if (conf->distance != o->conf.distance)
		ospf_routes_drop(o);
	o->conf = *conf;
	enter_new(o, now);
	ospf_policies(o, now);
	return ERR_OK;
}

void ospf_policies(struct ospf *o, ns_t now)
{
	if (o->stopped)
		return;
	/* What is not let out any more goes as it is told again. */
	rib_reader_rewind(o->env.rib, o->reader);
	ospf_export_read(o, now);
	ospf_work_at(o, OSPF_WORK_SPF, now);
	ospf_work_at(o, OSPF_WORK_EXT, now);
	ospf_work(o, now);
}

/* What an earlier life, that ended by ospf_stop(), has left. */
static void forget(struct ospf *o)
{
	o->stopped = o->is_abr = false;
	o->purge = o->nbr_news = false;
	o->flushed_count = o->exchanging = 0;
	o->hop_count = o->direct_count = 0;
	o->pass = o->run = o->spf_level = 0;
	o->spf_last_ns = o->spf_first_ns = 0;
	memset(o->area, 0, sizeof o->area);
	memset(&o->stats, 0, sizeof o->stats);
}

void ospf_init(struct ospf *o, const struct ospf_env *env, ns_t now)
{
	CHECK(ospf_conf_wrong(&o->conf) == NULL);
	forget(o);
	o->env = *env;
	o->start_ns = now;
	rng_init(&o->rng, env->seed);
	for (u32 n = 0; n < ARRAY_COUNT(o->key.k); n++)
		o->key.k[n] = rng_u64(&o->rng);
	init_tables(o);
	o->client = rib_client_new(env->rib, ROUTE_OSPF);
	rib_set_chooser(env->rib, ROUTE_OSPF,
			&(struct rib_chooser){ .ctx = o, .why_hidden = ospf_why_hidden });
	o->reader = rib_reader_new(env->rib);
	o->router_id = choose_router_id(o);
	o->dying_first = IDX_NONE;
	o->full_told_ns = NS_NEVER;
	o->stub_until = o->conf.stub_router_start_s == 0
				? NS_NEVER
				: now + o->conf.stub_router_start_s * NS_PER_SEC;
	for (u32 work = 0; work < OSPF_WORKS; work++)
		o->due[work] = NS_NEVER;
	for (u32 at = 0; at < OSPF_AREAS; at++) {
		for (u32 type = 0; type < OSPF_LSA_TYPES; type++)
			o->area[at].lsa_first[type] = IDX_NONE;
	}
	for (u32 at = 0; at < OSPF_IFACE_MAX; at++)
		o->iface[at] = (struct ospf_iface){ .nbr_first = IDX_NONE, .sock = SOCK_ID_NONE };
	ospf_clock(o, now);
	enter_new(o, now);
	ospf_export_read(o, now);
	ospf_work(o, now);
}

void ospf_stop(struct ospf *o, ns_t now)
{
	if (o->stopped)
		return;
	ospf_clock(o, now);
	for (u32 at = 0; at < o->conf.lsa_limit; at++) {
		if (slab_is_live(&o->lsas, at) && ospf_lsa_at(o, at)->own &&
		    !ospf_lsa_at(o, at)->flushed)
			ospf_lsa_flush(o, at, now);
	}
	for (u32 at = 0; at < OSPF_IFACE_MAX; at++) {
		struct ospf_iface *ifc = &o->iface[at];

		if (ifc->state == OSPF_IFACE_DOWN)
			continue;
		ospf_flood_send(o, at, now);
		ospf_ack_flush(o, at);
		/* Neighbours need not wait for the dead interval. */
		if (!ifc->conf.passive)
			ospf_hello_send(o, at, true);
		iface_down(o, at, now);
	}
	ospf_routes_drop(o);
	rib_client_del(o->env.rib, o->client);
	rib_reader_del(o->env.rib, o->reader);
	o->stopped = true;
}
