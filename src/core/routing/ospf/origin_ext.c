/* Own AS-external-LSAs and NSSA-LSAs (RFC 2328 section 12.4.4, RFC 3101), and what of the RIB they
 * announce.                                                                                      */
#include "core/routing/ospf/ospf_part.h"

enum {
	READ_MAX = 1024,   /* changes of the RIB in one call */
	SETTLE_MS = 100,   /* changes that come together leave together */
	TRANSLATOR_S = 40, /* RFC 3101 appendix D, TranslatorStabilityInterval */
};

static u64 export_hash(const struct ospf *o, be32 addr, u8 len)
{
	return hash_words(&o->key, addr.raw, len);
}

static struct ospf_export *export_at(const struct ospf *o, u32 idx)
{
	return slab_at(&o->exports, idx);
}

static u32 export_find(const struct ospf *o, be32 addr, u8 len)
{
	for (u32 at = map_first(&o->export_map, export_hash(o, addr, len)); at != IDX_NONE;
	     at = map_next(&o->export_map, at)) {
		if (be32_eq(export_at(o, at)->addr, addr) && export_at(o, at)->len == len)
			return at;
	}
	return IDX_NONE;
}

static void export_del(struct ospf *o, u32 idx)
{
	const struct ospf_export *export = export_at(o, idx);

	map_del(&o->export_map, export_hash(o, export->addr, export->len), idx);
	slab_del(&o->exports, idx);
}

bool ospf_is_asbr(const struct ospf *o)
{
	return o->exports.live > 0;
}

bool ospf_iface_has(const struct ospf *o, u32 iface, be32 addr, u32 mask)
{
	const struct iface_conf *conf = &o->env.ifaces->iface[iface].conf;

	for (u32 n = 0; n < conf->addr_count; n++) {
		if (ip4_mask(conf->addr[n].prefix_len) == mask &&
		    ((be32_host(conf->addr[n].addr) ^ be32_host(addr)) & mask) == 0)
			return true;
	}
	return false;
}

bool ospf_is_own_net(const struct ospf *o, be32 addr, u8 len)
{
	for (u32 at = 0; at < OSPF_IFACE_MAX; at++) {
		if (o->iface[at].used && o->iface[at].state != OSPF_IFACE_DOWN &&
		    ospf_iface_has(o, at, addr, ip4_mask(len)))
			return true;
	}
	return false;
}

/* What the rules that matched say. */
static void apply(const struct ospf *o, const struct policy_result *result,
		  struct ospf_export *export)
{
	for (u32 n = 0; n < result->change_count; n++) {
		const struct policy_rule *rule = &o->env.policies->rule[result->change[n]];

		if ((rule->set & POLICY_SET_METRIC) != 0) {
			export->metric = u32_min(rule->metric, OSPF_LS_INFINITY - 1);
			export->type2 = false;
		}
		if ((rule->set & POLICY_SET_TYPE2) != 0)
			export->type2 = true;
		if ((rule->set & POLICY_SET_TAG) != 0)
			export->tag = rule->new_tag;
	}
}

/* Where its packets go, if that is one router. */
static void take_gateway(const struct ospf *o, const struct rib_change *change,
			 struct ospf_export *export)
{
	struct rib_hop hop[RIB_HOPS_MAX];

	if (change->best.hops == RIB_NONE ||
	    rib_hops_read(o->env.rib, change->best.hops, hop) != 1 ||
	    hop[0].gateway.family != FAMILY_IP4)
		return;
	export->gateway = hop[0].gateway.word[0];
	export->iface = hop[0].iface;
}

/* Own addresses and broadcasts are nobody else's. */
static bool is_for_others(u8 type)
{
	return type == FIB_UNICAST || type == FIB_BLACKHOLE || type == FIB_PROHIBIT;
}

static bool export_made(const struct ospf *o, const struct rib_change *change,
			struct ospf_export *export)
{
	struct policy_view view = { .prefix = change->prefix,
				    .source = change->source,
				    .metric = change->best.metric };
	struct policy_result result;

	if (change->gone || change->prefix.addr.family != FAMILY_IP4 ||
	    change->source == ROUTE_OSPF || o->conf.export_policy == POLICY_NONE ||
	    !is_for_others(change->best.type))
		return false;
	view.has_tag = rib_path_tag(change->source, &change->best, &view.tag);
	policy_run(o->env.policies, o->conf.export_policy, &view, &result);
	if (!result.accepted)
		return false;
	*export = (struct ospf_export){ .addr = change->prefix.addr.word[0],
					.len = change->prefix.len,
					.source = (u8)change->source,
					.type2 = true,
					.metric = o->conf.export_metric,
					.tag = view.tag,
					.iface = IFACE_NONE };
	apply(o, &result, export);
	take_gateway(o, change, export);
	return true;
}

static void export_take(struct ospf *o, const struct rib_change *change)
{
	struct ospf_export made;
	be32 addr = change->prefix.addr.word[0];
	bool wanted = export_made(o, change, &made);
	u32 idx = change->prefix.addr.family == FAMILY_IP4
			  ? export_find(o, addr, change->prefix.len)
			  : IDX_NONE;

	if (idx != IDX_NONE && !wanted) {
		export_del(o, idx);
		return;
	}
	if (!wanted)
		return;
	if (idx == IDX_NONE) {
		idx = slab_new(&o->exports);
		if (idx == IDX_NONE) {
			o->stats.export_full++;
			return;
		}
		map_add(&o->export_map, export_hash(o, made.addr, made.len), idx);
	}
	*export_at(o, idx) = made;
}

void ospf_export_read(struct ospf *o, ns_t now)
{
	struct rib_change change;
	u32 count = 0;

	while (count < READ_MAX && rib_read(o->env.rib, o->reader, &change)) {
		export_take(o, &change);
		count++;
	}
	if (count == 0)
		return;
	ospf_work_at(o, OSPF_WORK_EXT, count == READ_MAX ? now : now + SETTLE_MS * NS_PER_MS);
	/* Whether there is anything decides the E bit. */
	ospf_work_at(o, OSPF_WORK_LINKS, now);
}

/* ---- LSAs ------------------------------------------------------------------------------------ */

/* One external route as it is to be announced. */
struct external {
	be32 addr;
	u8 len;
	bool propagate; /* the P bit of type 7 */
	u32 metric;     /* with OSPF_EXT_TYPE2 */
	u32 tag;
	be32 forward;
};

static void external(struct ospf *o, u32 area, u8 type, const struct external *ext, ns_t now)
{
	struct ospf_external_lsa *lsa = (void *)o->made;
	struct ospf_want want = { .area = (u8)area,
				  .type = type,
				  .prefix_len = ext->len,
				  .len = sizeof *lsa,
				  .work = OSPF_WORK_EXT };

	if (type == OSPF_EXTERNAL_LSA)
		want.options = OSPF_OPT_E;
	else
		want.options = ext->propagate ? OSPF_OPT_NP : 0;
	if (!ospf_origin_id(o, &want, ext->addr, &want.id)) {
		o->stats.id_clash++;
		return;
	}
	lsa->mask = be32_of(ip4_mask(ext->len));
	lsa->metric = be32_of(ext->metric);
	lsa->forward = ext->forward;
	lsa->tag = be32_of(ext->tag);
	ospf_originate(o, &want, now);
}

static bool on_net(const struct ospf_iface *ifc, be32 addr)
{
	return ((be32_host(ifc->addr) ^ be32_host(addr)) & ip4_mask(ifc->len)) == 0;
}

/* Section 12.4.4.1: a gateway that others reach directly on a network that OSPF knows. Zero: all
 * shall come here.                                                                               */
static be32 forward_of(const struct ospf *o, const struct ospf_export *export, u32 area)
{
	const struct ospf_iface *ifc;

	for (u32 at = 0; export->gateway.raw != 0 && at < OSPF_IFACE_MAX; at++) {
		ifc = &o->iface[at];
		if (!ifc->used || ifc->state == OSPF_IFACE_DOWN ||
		    ifc->conf.type != OSPF_NET_BROADCAST || !on_net(ifc, export->gateway))
			continue;
		if (area == OSPF_AREA_AS ? o->area[ifc->area].conf.kind == OSPF_AREA_NORMAL
					 : ifc->area == area)
			return export->gateway;
	}
	return be32_of(0);
}

/* RFC 3101 section 2.3: what is to be translated has an address inside of the NSSA. */
static be32 own_forward(const struct ospf *o, u32 area)
{
	for (u32 at = 0; at < OSPF_IFACE_MAX; at++) {
		const struct ospf_iface *ifc = &o->iface[at];

		if (ifc->used && ifc->area == area && ifc->state != OSPF_IFACE_DOWN)
			return ifc->addr;
	}
	return be32_of(0);
}

static bool has_normal_area(const struct ospf *o)
{
	for (u32 at = 0; at < OSPF_AREA_MAX; at++) {
		if (ospf_area_is_active(o, at) && o->area[at].conf.kind == OSPF_AREA_NORMAL)
			return true;
	}
	return false;
}

static void export_lsas(struct ospf *o, const struct ospf_export *export, bool as_wide, ns_t now)
{
	struct external ext = { .addr = export->addr,
				.len = export->len,
				.metric = export->metric | (export->type2 ? OSPF_EXT_TYPE2 : 0),
				.tag = export->tag };

	if (ospf_is_own_net(o, export->addr, export->len))
		return;
	if (as_wide) {
		ext.forward = forward_of(o, export, OSPF_AREA_AS);
		external(o, OSPF_AREA_AS, OSPF_EXTERNAL_LSA, &ext, now);
	}
	for (u32 area = 0; area < OSPF_AREA_MAX; area++) {
		if (!ospf_area_is_active(o, area) || o->area[area].conf.kind != OSPF_AREA_NSSA)
			continue;
		/* RFC 3101 section 2.4: who announces it to the AS wants no translation. */
		ext.propagate = !as_wide;
		ext.forward = forward_of(o, export, area);
		if (ext.forward.raw == 0 && ext.propagate)
			ext.forward = own_forward(o, area);
		external(o, area, OSPF_NSSA_LSA, &ext, now);
	}
}

static void exports(struct ospf *o, bool hosts, bool as_wide, ns_t now)
{
	for (u32 at = 0; at < o->conf.export_limit; at++) {
		if (slab_is_live(&o->exports, at) && (export_at(o, at)->len == 32) == hosts)
			export_lsas(o, export_at(o, at), as_wide, now);
	}
}

/* ---- translation: RFC 3101 section 3 --------------------------------------------------------- */

/* Section 3.1: one that always translates, else the border router of the highest id. */
static bool is_elected(const struct ospf *o, u32 area)
{
	if (!o->is_abr || !ospf_area_is_active(o, area) ||
	    o->area[area].conf.kind != OSPF_AREA_NSSA)
		return false;
	if (o->area[area].conf.nssa_always)
		return true;
	for (u32 at = ospf_lsa_first(o, area, OSPF_ROUTER_LSA); at != IDX_NONE;
	     at = ospf_lsa_at(o, at)->next) {
		const struct ospf_lsa *lsa = ospf_lsa_at(o, at);
		u8 flags = ((const struct ospf_router_lsa *)(const void *)ospf_lsa_bytes(o, lsa))
				   ->flags;

		if (lsa->run != o->run || lsa->own || (flags & OSPF_RTR_B) == 0)
			continue;
		if ((flags & OSPF_RTR_NT) != 0 || be32_host(lsa->adv) > be32_host(o->router_id))
			return false;
	}
	return true;
}

/* One that lost goes on for a while, so that there is no gap. */
static bool translates(struct ospf *o, u32 at, ns_t now)
{
	struct ospf_area *area = &o->area[at];
	bool elected = is_elected(o, at);

	if (area->translator && !elected)
		area->translator_until = now + TRANSLATOR_S * NS_PER_SEC;
	area->translator = elected;
	if (elected || !o->is_abr || !ospf_area_is_active(o, at))
		return elected;
	if (now < area->translator_until) {
		ospf_work_at(o, OSPF_WORK_EXT, area->translator_until);
		return true;
	}
	return false;
}

/* Section 3.2: of the routes that were chosen, those of type 7 that ask for it. */
static void translate(struct ospf *o, u32 area, bool hosts, ns_t now)
{
	for (u32 at = 0; at < o->conf.route_limit; at++) {
		const struct ospf_route *route;
		const struct ospf_lsa *lsa;
		const struct ospf_external_lsa *body;
		struct external ext;

		if (!slab_is_live(&o->routes, at))
			continue;
		route = ospf_route_at(o, at);
		if ((route->path != OSPF_PATH_EXT1 && route->path != OSPF_PATH_EXT2) ||
		    (route->len == 32) != hosts || route->lsa == IDX_NONE ||
		    !slab_is_live(&o->lsas, route->lsa))
			continue;
		lsa = ospf_lsa_at(o, route->lsa);
		body = (const void *)ospf_lsa_bytes(o, lsa);
		if (lsa->type != OSPF_NSSA_LSA || lsa->area != area || lsa->own || lsa->flushed ||
		    (body->hdr.options & OSPF_OPT_NP) == 0 || body->forward.raw == 0 ||
		    export_find(o, route->addr, route->len) != IDX_NONE)
			continue;
		ext = (struct external){ .addr = route->addr,
					 .len = route->len,
					 .metric = be32_host(body->metric),
					 .tag = be32_host(body->tag),
					 .forward = body->forward };
		external(o, OSPF_AREA_AS, OSPF_EXTERNAL_LSA, &ext, now);
	}
}

/* RFC 3101 section 2.7: the default route of a border router is not to be translated. */
static void nssa_default(struct ospf *o, u32 area, ns_t now)
{
	const struct ospf_area_conf *conf = &o->area[area].conf;
	struct external ext = { .metric = conf->default_cost | OSPF_EXT_TYPE2 };

	if (o->is_abr && ospf_area_is_active(o, area) && conf->nssa_default &&
	    export_find(o, be32_of(0), 0) == IDX_NONE)
		external(o, area, OSPF_NSSA_LSA, &ext, now);
}

void ospf_origin_externals(struct ospf *o, ns_t now)
{
	bool as_wide = has_normal_area(o);
	bool works[OSPF_AREA_MAX];

	ospf_origin_pass(o);
	for (u32 area = 0; area < OSPF_AREA_MAX; area++)
		works[area] = translates(o, area, now);
	for (u32 hosts = 2; hosts-- > 0;) {
		exports(o, hosts == 1, as_wide, now);
		for (u32 area = 0; area < OSPF_AREA_MAX; area++) {
			if (works[area])
				translate(o, area, hosts == 1, now);
		}
	}
	for (u32 area = 0; area < OSPF_AREA_MAX; area++)
		nssa_default(o, area, now);
	ospf_origin_sweep(o, OSPF_AREA_AS, OSPF_EXTERNAL_LSA, now);
	for (u32 area = 0; area < OSPF_AREA_MAX; area++)
		ospf_origin_sweep(o, area, OSPF_NSSA_LSA, now);
}
