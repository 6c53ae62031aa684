/* What always holds between two calls. */
#include "core/routing/ospf/ospf_part.h"

static void check_ifaces(const struct ospf *o)
{
	u32 active[OSPF_AREA_MAX] = { 0 }, nbrs = 0;

	for (u32 at = 0; at < OSPF_IFACE_MAX; at++) {
		const struct ospf_iface *ifc = &o->iface[at];
		u32 count = 0;

		for (u32 nbr = ifc->nbr_first; nbr != IDX_NONE; nbr = ospf_nbr_at(o, nbr)->next) {
			CHECK(slab_is_live(&o->nbrs, nbr) && ospf_nbr_at(o, nbr)->iface == at);
			CHECK(++count <= o->conf.nbr_limit);
		}
		CHECK(count == ifc->nbr_count && count <= o->conf.nbr_iface_limit);
		nbrs += count;
		CHECK(ifc->state < OSPF_IFACE_STATES);
		CHECK(ifc->news == 0 || ifc->state == OSPF_IFACE_DOWN);
		CHECK(ifc->flood_count == 0);
		CHECK(ifc->state != OSPF_IFACE_DOWN || (count == 0 && !ifc->open));
		CHECK(ifc->state == OSPF_IFACE_DOWN || (ifc->used && o->area[ifc->area].used));
		if (ifc->state != OSPF_IFACE_DOWN)
			active[ifc->area]++;
		CHECK((ifc->state == OSPF_IFACE_DR) ==
		      (ifc->state != OSPF_IFACE_DOWN && ifc->conf.type == OSPF_NET_BROADCAST &&
		       ifc->dr.raw != 0 && be32_eq(ifc->dr, ifc->addr)));
	}
	CHECK(nbrs == o->nbrs.live);
	for (u32 area = 0; area < OSPF_AREA_MAX; area++)
		CHECK(active[area] == o->area[area].active);
}

static void check_nbrs(const struct ospf *o)
{
	u32 rxmts = 0, requests = 0, exchanging = 0;

	for (u32 at = 0; at < o->conf.nbr_limit; at++) {
		const struct ospf_nbr *nbr;
		u32 count = 0, asked = 0;

		if (!slab_is_live(&o->nbrs, at))
			continue;
		nbr = ospf_nbr_at(o, at);
		CHECK(nbr->state != OSPF_NBR_DOWN && nbr->state < OSPF_NBR_STATES);
		for (u32 n = nbr->rxmts.first; n != IDX_NONE; n = ospf_rxmt_at(o, n)->nbr_next) {
			CHECK(ospf_rxmt_at(o, n)->nbr == at);
			CHECK(slab_is_live(&o->lsas, ospf_rxmt_at(o, n)->lsa));
			CHECK(++count <= o->conf.rxmt_limit);
		}
		CHECK(count == nbr->rxmts.count);
		CHECK(count == 0 || nbr->state >= OSPF_NBR_EXCHANGE);
		rxmts += count;
		CHECK((count > 0) ==
		      (heap_when(&o->nbr_heap, at * OSPF_NBR_TIMERS + OSPF_TIMER_RXMT) !=
		       NS_NEVER));
		count = 0;
		for (u32 n = nbr->requests.first; n != IDX_NONE; n = ospf_req_at(o, n)->next) {
			CHECK(ospf_req_at(o, n)->nbr == at);
			asked += ospf_req_at(o, n)->asked;
			CHECK(++count <= o->conf.request_limit);
		}
		CHECK(count == nbr->requests.count && asked == nbr->asked);
		CHECK(count == 0 || nbr->state == OSPF_NBR_EXCHANGE ||
		      nbr->state == OSPF_NBR_LOADING);
		CHECK(count > 0 || nbr->state != OSPF_NBR_LOADING);
		requests += count;
		exchanging += nbr->state == OSPF_NBR_EXCHANGE || nbr->state == OSPF_NBR_LOADING;
		CHECK(heap_when(&o->nbr_heap, at * OSPF_NBR_TIMERS + OSPF_TIMER_DEAD) != NS_NEVER);
	}
	CHECK(rxmts == o->rxmts.live);
	CHECK(requests == o->requests.live);
	CHECK(exchanging == o->exchanging);
}

static void check_lsas(const struct ospf *o)
{
	u32 flushed = 0, bodies = 0, listed = 0;

	for (u32 at = 0; at < o->conf.lsa_limit; at++) {
		const struct ospf_lsa *lsa;

		if (!slab_is_live(&o->lsas, at))
			continue;
		lsa = ospf_lsa_at(o, at);
		flushed += lsa->flushed;
		CHECK(lsa->class < OSPF_LSA_CLASSES);
		CHECK(slab_is_live(&o->bodies[lsa->class], lsa->body));
		CHECK(ospf_lsa_wrong(ospf_lsa_bytes(o, lsa), OSPF_LSA_SIZE_MAX) == NULL);
		CHECK(ospf_lsa_find(o, lsa->area, lsa->type, lsa->id, lsa->adv) == at);
		CHECK(lsa->area == OSPF_AREA_AS || o->area[lsa->area].used);
		CHECK(lsa->own == be32_eq(lsa->adv, o->router_id));
		CHECK(!lsa->flushed || lsa->dying);
		CHECK(lsa->flushed == (heap_when(&o->lsa_heap, at) == NS_NEVER));
		for (u32 n = lsa->rxmt; n != IDX_NONE; n = ospf_rxmt_at(o, n)->lsa_next)
			CHECK(ospf_rxmt_at(o, n)->lsa == at);
	}
	for (u32 class = 0; class < OSPF_LSA_CLASSES; class ++)
		bodies += o->bodies[class].live;
	for (u32 area = 0; area < OSPF_AREAS; area++)
		listed += o->area[area].lsa_count;
	CHECK(bodies == o->lsas.live && listed == o->lsas.live);
	CHECK(flushed == o->flushed_count);
	CHECK(o->lsa_map.count == o->lsas.live);
}

void ospf_check(const struct ospf *o)
{
	if (!o->stopped)
		check_ifaces(o);
	check_nbrs(o);
	check_lsas(o);
	CHECK(o->request_map.count == o->requests.live);
	CHECK(o->route_map.count == o->routes.live);
	CHECK(o->export_map.count == o->exports.live);
	CHECK(o->candidates.count == 0 && o->direct_count == 0);
	heap_check(&o->iface_heap);
	heap_check(&o->nbr_heap);
	heap_check(&o->lsa_heap);
}
