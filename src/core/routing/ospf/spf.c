/* The tree of shortest paths of an area (RFC 2328 section 16.1), with all equal ones.
 *
 * Vertices are the router- and network-LSAs of the database; what a run knows of one is in the LSA
 * itself and counts as long as its `run` is that of the speaker. A set of next hops is a row of
 * bits, so that equal paths are an OR.                                                           */
#include "core/routing/ospf/ospf_part.h"

/* The next hop of a vertex, as it is found on the way from its parent. */
struct edge {
	u32 from;
	u32 to;
	u32 dist;  /* of `to`, by this edge */
	be32 near; /* our end: the data of the root's link */
	be32 far;  /* the other end: the data of the link back */
};

u32 ospf_hop_get(struct ospf *o, u16 iface, be32 gateway)
{
	for (u32 at = 0; at < o->hop_count; at++) {
		if (o->hop[at].iface == iface && be32_eq(o->hop[at].gateway, gateway))
			return at;
	}
	if (o->hop_count == OSPF_HOPS_MAX) {
		o->stats.hops_full++;
		return IDX_NONE;
	}
	o->hop[o->hop_count] = (struct ospf_hop){ iface, gateway };
	return o->hop_count++;
}

static void hops_set(struct ospf_hopset *hops, u32 bit)
{
	if (bit != IDX_NONE)
		hops->bits[bit / 64] |= UINT64_C(1) << bit % 64;
}

void ospf_hops_add(struct ospf_hopset *hops, const struct ospf_hopset *more)
{
	for (u32 n = 0; n < ARRAY_COUNT(hops->bits); n++)
		hops->bits[n] |= more->bits[n];
}

bool ospf_hops_have(const struct ospf_hopset *hops, u32 bit)
{
	return (hops->bits[bit / 64] >> bit % 64 & 1) != 0;
}

static bool hops_are_none(const struct ospf_hopset *hops)
{
	u64 any = 0;

	for (u32 n = 0; n < ARRAY_COUNT(hops->bits); n++)
		any |= hops->bits[n];
	return any == 0;
}

struct ospf_hopset ospf_hops_of(struct ospf *o, u16 iface, be32 gateway)
{
	struct ospf_hopset hops = { { 0 } };

	hops_set(&hops, ospf_hop_get(o, iface, gateway));
	return hops;
}

struct ospf_hopset ospf_hops_via(struct ospf *o, const struct ospf_hopset *hops, be32 gateway)
{
	struct ospf_hopset via = { { 0 } };
	u32 count = o->hop_count;

	for (u32 bit = 0; bit < count; bit++) {
		if (!ospf_hops_have(hops, bit))
			continue;
		if (o->hop[bit].gateway.raw == 0)
			hops_set(&via, ospf_hop_get(o, o->hop[bit].iface, gateway));
		else
			hops_set(&via, bit);
	}
	return via;
}

u32 ospf_hops_list(const struct ospf *o, const struct ospf_hopset *hops, struct rib_hop *out,
		   u32 max)
{
	u32 count = 0;

	for (u32 bit = 0; bit < o->hop_count && count < max; bit++) {
		const struct ospf_hop *hop = &o->hop[bit];

		if (!ospf_hops_have(hops, bit))
			continue;
		out[count] = (struct rib_hop){ .iface = hop->iface, .weight = 1 };
		if (hop->gateway.raw != 0)
			out[count].gateway = ip_addr4(hop->gateway);
		count++;
	}
	return count;
}

u32 ospf_spf_router(const struct ospf *o, u32 area, be32 rid)
{
	u32 idx = ospf_lsa_find(o, area, OSPF_ROUTER_LSA, rid, rid);

	if (idx == IDX_NONE || ospf_lsa_at(o, idx)->run != o->run || !ospf_lsa_at(o, idx)->settled)
		return IDX_NONE;
	return idx;
}

static u32 iface_of(const struct ospf *o, u32 area, be32 addr)
{
	for (u32 at = 0; at < OSPF_IFACE_MAX; at++) {
		const struct ospf_iface *ifc = &o->iface[at];

		if (ifc->used && ifc->area == area && ifc->state != OSPF_IFACE_DOWN &&
		    be32_eq(ifc->addr, addr))
			return at;
	}
	return IDX_NONE;
}

/* Whether the router `to` has a link back to `from` (section 16.1 (2) (b)); its data in *data. */
static bool links_back(const struct ospf *o, u32 from, u32 to, be32 *data)
{
	const struct ospf_lsa *parent = ospf_lsa_at(o, from);
	const u8 *bytes = ospf_lsa_bytes(o, ospf_lsa_at(o, to));
	u8 wanted = parent->type == OSPF_ROUTER_LSA ? OSPF_LINK_PTP : OSPF_LINK_TRANSIT;
	struct ospf_link link;

	for (u32 at = 0; ospf_link_next(bytes, &at, &link);) {
		if (link.type == wanted && be32_eq(link.id, parent->id)) {
			*data = link.data;
			return true;
		}
	}
	return false;
}

/* Section 16.1.1. */
static struct ospf_hopset next_hops(struct ospf *o, const struct edge *edge)
{
	const struct ospf_lsa *from = ospf_lsa_at(o, edge->from), *to = ospf_lsa_at(o, edge->to);
	struct ospf_hopset none = { { 0 } };
	u32 iface, nbr;

	if (from->type == OSPF_NETWORK_LSA)
		return ospf_hops_via(o, &from->hops, edge->far);
	if (!from->own)
		return from->hops;
	iface = iface_of(o, from->area, edge->near);
	if (iface == IDX_NONE)
		return none;
	if (to->type == OSPF_NETWORK_LSA)
		return ospf_hops_of(o, (u16)iface, be32_of(0));
	nbr = ospf_nbr_find(o, iface, to->adv, be32_of(0));
	return nbr == IDX_NONE ? none : ospf_hops_of(o, (u16)iface, ospf_nbr_at(o, nbr)->addr);
}

/* Section 16.1 (2) (d). */
static void relax(struct ospf *o, const struct edge *edge)
{
	struct ospf_lsa *to = ospf_lsa_at(o, edge->to);
	bool known = to->run == o->run;
	struct ospf_hopset hops;

	if (known && (to->settled || edge->dist > to->dist))
		return;
	hops = next_hops(o, edge);
	if (hops_are_none(&hops))
		return;
	if (known && edge->dist == to->dist) {
		ospf_hops_add(&to->hops, &hops);
		return;
	}
	to->run = o->run;
	to->settled = false;
	to->dist = edge->dist;
	to->hops = hops;
	/* Of equally far ones networks come first (section 16.1 (3)). */
	heap_set(&o->candidates, edge->to, (u64)edge->dist * 2 + (to->type == OSPF_ROUTER_LSA));
}

static void router_links(struct ospf *o, u32 idx)
{
	const struct ospf_lsa *lsa = ospf_lsa_at(o, idx);
	const u8 *bytes = ospf_lsa_bytes(o, lsa);
	struct ospf_link link;

	for (u32 at = 0; ospf_link_next(bytes, &at, &link);) {
		struct edge edge = { .from = idx,
				     .dist = lsa->dist + be16_host(link.metric),
				     .near = link.data };

		if (link.type == OSPF_LINK_TRANSIT)
			edge.to = ospf_lsa_find_network(o, lsa->area, link.id, lsa->adv);
		else if (link.type == OSPF_LINK_PTP)
			edge.to = ospf_lsa_find(o, lsa->area, OSPF_ROUTER_LSA, link.id, link.id);
		else
			continue;
		if (edge.to == IDX_NONE || ospf_lsa_at(o, edge.to)->flushed)
			continue;
		if (link.type == OSPF_LINK_TRANSIT || links_back(o, idx, edge.to, &edge.far))
			relax(o, &edge);
	}
}

static void network_links(struct ospf *o, u32 idx)
{
	const struct ospf_lsa *lsa = ospf_lsa_at(o, idx);
	const struct ospf_network_lsa *network = (const void *)ospf_lsa_bytes(o, lsa);
	u32 count = (ospf_lsa_len((const u8 *)network) - (u32)sizeof *network) / 4;

	for (u32 n = 0; n < count; n++) {
		be32 rid = network->router[n];
		struct edge edge = { .from = idx, .dist = lsa->dist };

		edge.to = ospf_lsa_find(o, lsa->area, OSPF_ROUTER_LSA, rid, rid);
		if (edge.to != IDX_NONE && !ospf_lsa_at(o, edge.to)->flushed &&
		    links_back(o, idx, edge.to, &edge.far))
			relax(o, &edge);
	}
}

void ospf_spf_area(struct ospf *o, u32 area)
{
	u32 at = ospf_lsa_find(o, area, OSPF_ROUTER_LSA, o->router_id, o->router_id);

	o->area[area].reached = 0;
	if (at == IDX_NONE || ospf_lsa_at(o, at)->flushed)
		return;
	ospf_lsa_at(o, at)->run = o->run;
	ospf_lsa_at(o, at)->dist = 0;
	ospf_lsa_at(o, at)->hops = (struct ospf_hopset){ { 0 } };
	heap_set(&o->candidates, at, 0);
	for (u32 left = o->conf.lsa_limit; left > 0 && o->candidates.count > 0; left--) {
		at = heap_due(&o->candidates, NS_NEVER - 1);
		heap_set(&o->candidates, at, NS_NEVER);
		ospf_lsa_at(o, at)->settled = true;
		o->area[area].reached++;
		if (ospf_lsa_at(o, at)->type == OSPF_ROUTER_LSA)
			router_links(o, at);
		else
			network_links(o, at);
	}
	CHECK(o->candidates.count == 0);
}

void ospf_spf_run(struct ospf *o, ns_t now)
{
	o->run++;
	o->hop_count = 0;
	o->stats.spf_runs++;
	for (u32 area = 0; area < OSPF_AREA_MAX; area++) {
		memset(o->area[area].range_active, 0, sizeof o->area[area].range_active);
		memset(o->area[area].range_cost, 0, sizeof o->area[area].range_cost);
		if (ospf_area_is_active(o, area))
			ospf_spf_area(o, area);
	}
	for (u32 area = 0; area < OSPF_AREA_MAX; area++) {
		if (ospf_area_is_active(o, area))
			ospf_routes_intra(o, area);
	}
	ospf_routes_ranges(o);
	ospf_routes_inter(o);
	ospf_routes_external(o);
	ospf_routes_tell(o);
	/* What other areas are told follows from it. */
	ospf_work_at(o, OSPF_WORK_SUMMARY, now);
	ospf_work_at(o, OSPF_WORK_EXT, now);
}
