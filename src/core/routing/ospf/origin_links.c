/* Own router-LSAs and network-LSAs (RFC 2328 sections 12.4.1 and 12.4.2). */
#include "core/routing/ospf/ospf_part.h"

/* A router-LSA under construction at ospf.made. */
struct links {
	struct ospf *o;
	u32 count;
	u32 len;
	bool most; /* RFC 6987: links to routers cost the most */
};

static void add_link(struct links *links, const struct ospf_link *link)
{
	if (links->count == OSPF_LINKS_MAX)
		return;
	memcpy(links->o->made + links->len, link, sizeof *link);
	links->len += (u32)sizeof *link;
	links->count++;
}

static void add_stub(struct links *links, be32 addr, u8 len, u16 cost)
{
	u32 mask = ip4_mask(len);
	struct ospf_link link = { .id = be32_of(be32_host(addr) & mask),
				  .data = be32_of(mask),
				  .type = OSPF_LINK_STUB,
				  .metric = be16_of(cost) };

	add_link(links, &link);
}

static u16 cost_of(const struct links *links, const struct ospf_iface *ifc)
{
	return links->most ? OSPF_MAX_LINK_METRIC : ifc->conf.cost;
}

static void add_nbrs(struct links *links, const struct ospf_iface *ifc)
{
	const struct ospf *o = links->o;

	for (u32 at = ifc->nbr_first; at != IDX_NONE; at = ospf_nbr_at(o, at)->next) {
		const struct ospf_nbr *nbr = ospf_nbr_at(o, at);
		struct ospf_link link = { .id = nbr->rid,
					  .data = ifc->addr,
					  .type = OSPF_LINK_PTP,
					  .metric = be16_of(cost_of(links, ifc)) };

		if (nbr->state == OSPF_NBR_FULL)
			add_link(links, &link);
	}
}

static bool has_full(const struct ospf *o, const struct ospf_iface *ifc, bool dr_only)
{
	for (u32 at = ifc->nbr_first; at != IDX_NONE; at = ospf_nbr_at(o, at)->next) {
		const struct ospf_nbr *nbr = ospf_nbr_at(o, at);

		if (nbr->state == OSPF_NBR_FULL && (!dr_only || be32_eq(nbr->addr, ifc->dr)))
			return true;
	}
	return false;
}

/* Section 12.4.1.2: a transit network once the designated router is Full, or we lead and somebody
 * is.                                                                                            */
static void add_broadcast(struct links *links, const struct ospf_iface *ifc)
{
	struct ospf_link link = { .id = ifc->dr,
				  .data = ifc->addr,
				  .type = OSPF_LINK_TRANSIT,
				  .metric = be16_of(cost_of(links, ifc)) };
	bool leads = ifc->state == OSPF_IFACE_DR;

	if (ifc->state != OSPF_IFACE_WAITING && ifc->dr.raw != 0 && has_full(links->o, ifc, !leads))
		add_link(links, &link);
	else
		add_stub(links, ifc->addr, ifc->len, ifc->conf.cost);
}

static void add_iface(struct links *links, u32 at)
{
	const struct ospf_iface *ifc = &links->o->iface[at];
	const struct iface_conf *conf = &links->o->env.ifaces->iface[at].conf;

	if (ifc->conf.type == OSPF_NET_PTP) {
		add_nbrs(links, ifc);
		/* Section 12.4.1.1, option 2: the subnet. */
		add_stub(links, ifc->addr, ifc->len, ifc->conf.cost);
	} else if (ifc->conf.passive) {
		add_stub(links, ifc->addr, ifc->len, ifc->conf.cost);
	} else {
		add_broadcast(links, ifc);
	}
	for (u32 n = 1; n < conf->addr_count; n++)
		add_stub(links, conf->addr[n].addr, conf->addr[n].prefix_len, ifc->conf.cost);
}

bool ospf_is_stub_router(const struct ospf *o, ns_t now)
{
	return o->conf.stub_router || (o->stub_until != NS_NEVER && now < o->stub_until);
}

static bool has_nssa(const struct ospf *o)
{
	for (u32 at = 0; at < OSPF_AREA_MAX; at++) {
		if (ospf_area_is_active(o, at) && o->area[at].conf.kind == OSPF_AREA_NSSA)
			return true;
	}
	return false;
}

/* RFC 2328 section 12.4.1; RFC 3101 section 3.1: a border router of an NSSA is one of the AS. */
static u8 flags_of(const struct ospf *o, const struct ospf_area *area)
{
	u8 flags = o->is_abr ? OSPF_RTR_B : 0;

	if (area->conf.kind != OSPF_AREA_STUB && (ospf_is_asbr(o) || (o->is_abr && has_nssa(o))))
		flags |= OSPF_RTR_E;
	if (area->conf.kind == OSPF_AREA_NSSA && area->conf.nssa_always && o->is_abr)
		flags |= OSPF_RTR_NT;
	return flags;
}

/* Of the header of an LSA that is not of type 7. */
static u8 lsa_options(const struct ospf_area *area)
{
	return ospf_options(area) & OSPF_OPT_E;
}

static void router_lsa(struct ospf *o, u32 area, ns_t now)
{
	struct links links = { .o = o,
			       .len = sizeof(struct ospf_router_lsa),
			       .most = ospf_is_stub_router(o, now) };
	struct ospf_router_lsa *router = (void *)o->made;
	struct ospf_want want = { .area = (u8)area,
				  .type = OSPF_ROUTER_LSA,
				  .id = o->router_id,
				  .options = lsa_options(&o->area[area]),
				  .work = OSPF_WORK_LINKS };

	for (u32 at = 0; at < OSPF_IFACE_MAX; at++) {
		const struct ospf_iface *ifc = &o->iface[at];

		if (ifc->used && ifc->area == area && ifc->state != OSPF_IFACE_DOWN)
			add_iface(&links, at);
	}
	router->flags = flags_of(o, &o->area[area]);
	router->zero = 0;
	router->link_count = be16_of((u16)links.count);
	want.len = links.len;
	ospf_originate(o, &want, now);
}

/* Section 12.4.2: of the designated router, when somebody is Full. */
static void network_lsa(struct ospf *o, u32 iface, ns_t now)
{
	const struct ospf_iface *ifc = &o->iface[iface];
	struct ospf_network_lsa *network = (void *)o->made;
	u32 count = 0;
	struct ospf_want want = { .area = ifc->area,
				  .type = OSPF_NETWORK_LSA,
				  .id = ifc->addr,
				  .options = lsa_options(&o->area[ifc->area]),
				  .work = OSPF_WORK_LINKS };

	if (ifc->state != OSPF_IFACE_DR || !has_full(o, ifc, false))
		return;
	network->mask = be32_of(ip4_mask(ifc->len));
	network->router[count++] = o->router_id;
	for (u32 at = ifc->nbr_first; at != IDX_NONE && count < OSPF_LINKS_MAX;
	     at = ospf_nbr_at(o, at)->next) {
		if (ospf_nbr_at(o, at)->state == OSPF_NBR_FULL)
			network->router[count++] = ospf_nbr_at(o, at)->rid;
	}
	want.len = (u32)sizeof *network + 4 * count;
	ospf_originate(o, &want, now);
}

/* RFC 3509 section 2.2: a border router has the backbone and another area. */
static void look_at_areas(struct ospf *o)
{
	u32 active = 0;
	bool backbone = false;

	for (u32 at = 0; at < OSPF_AREA_MAX; at++) {
		active += ospf_area_is_active(o, at);
		backbone = backbone || (ospf_area_is_active(o, at) && o->area[at].conf.id == 0);
	}
	o->is_abr = backbone && active > 1;
}

void ospf_origin_links(struct ospf *o, ns_t now)
{
	look_at_areas(o);
	ospf_origin_pass(o);
	for (u32 area = 0; area < OSPF_AREA_MAX; area++) {
		if (ospf_area_is_active(o, area))
			router_lsa(o, area, now);
	}
	for (u32 at = 0; at < OSPF_IFACE_MAX; at++) {
		if (o->iface[at].used)
			network_lsa(o, at, now);
	}
	for (u32 area = 0; area < OSPF_AREA_MAX; area++) {
		ospf_origin_sweep(o, area, OSPF_ROUTER_LSA, now);
		ospf_origin_sweep(o, area, OSPF_NETWORK_LSA, now);
	}
}
