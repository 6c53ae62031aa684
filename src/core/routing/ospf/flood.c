/* Flooding (RFC 2328 section 13.3) and lists of retransmissions (13.6). */
#include "core/routing/ospf/ospf_part.h"

enum { RXMT_PACKETS_MAX = 8 /* to one neighbour, when its timer fires */ };

/* One that alone is too long for the link leaves alone, and in fragments. */
bool ospf_flood_pack(struct ospf *o, u32 iface, u32 idx, u32 count, u32 *len, ns_t now)
{
	const struct ospf_lsa *lsa = ospf_lsa_at(o, idx);
	const u8 *bytes = ospf_lsa_bytes(o, lsa);
	u32 size = ospf_lsa_len(bytes);
	u8 *to = ospf_io_body(o) + *len;
	u32 age;

	if (count > 0 && *len + size > ospf_io_room(o, iface))
		return false;
	memcpy(to, bytes, size);
	/* Section 13.3 (5). */
	age = u32_min(ospf_lsa_age(lsa, now) + o->iface[iface].conf.delay_s, OSPF_MAX_AGE);
	be16_store(to + offsetof(struct ospf_lsa_hdr, age), be16_of((u16)age));
	*len += size;
	return true;
}

/* ---- retransmissions ------------------------------------------------------------------------- */

u32 ospf_rxmt_find(const struct ospf *o, u32 lsa, u32 nbr)
{
	for (u32 at = ospf_lsa_at(o, lsa)->rxmt; at != IDX_NONE;
	     at = ospf_rxmt_at(o, at)->lsa_next) {
		if (ospf_rxmt_at(o, at)->nbr == nbr)
			return at;
	}
	return IDX_NONE;
}

static void nbr_list_add(struct ospf *o, u32 at)
{
	struct ospf_rxmt *rxmt = ospf_rxmt_at(o, at);
	struct ospf_list *list = &ospf_nbr_at(o, rxmt->nbr)->rxmts;

	rxmt->nbr_next = IDX_NONE;
	rxmt->nbr_prev = list->last;
	if (list->last == IDX_NONE)
		list->first = at;
	else
		ospf_rxmt_at(o, list->last)->nbr_next = at;
	list->last = at;
	list->count++;
}

static void nbr_list_del(struct ospf *o, u32 at)
{
	struct ospf_rxmt *rxmt = ospf_rxmt_at(o, at);
	struct ospf_list *list = &ospf_nbr_at(o, rxmt->nbr)->rxmts;

	if (rxmt->nbr_prev == IDX_NONE)
		list->first = rxmt->nbr_next;
	else
		ospf_rxmt_at(o, rxmt->nbr_prev)->nbr_next = rxmt->nbr_next;
	if (rxmt->nbr_next == IDX_NONE)
		list->last = rxmt->nbr_prev;
	else
		ospf_rxmt_at(o, rxmt->nbr_next)->nbr_prev = rxmt->nbr_prev;
	list->count--;
}

static void set_timer(struct ospf *o, u32 idx)
{
	const struct ospf_nbr *nbr = ospf_nbr_at(o, idx);
	ns_t wait = o->iface[nbr->iface].conf.rxmt_s * NS_PER_SEC;

	ospf_nbr_timer(o, idx, OSPF_TIMER_RXMT,
		       nbr->rxmts.first == IDX_NONE
			       ? NS_NEVER
			       : ospf_rxmt_at(o, nbr->rxmts.first)->sent_ns + wait);
}

void ospf_rxmt_add(struct ospf *o, u32 lsa, u32 nbr, ns_t now)
{
	struct ospf_lsa *own = ospf_lsa_at(o, lsa);
	struct ospf_rxmt *rxmt;
	u32 at = ospf_rxmt_find(o, lsa, nbr);

	if (at != IDX_NONE) {
		nbr_list_del(o, at);
		ospf_rxmt_at(o, at)->sent_ns = now;
		nbr_list_add(o, at);
		return;
	}
	at = slab_new(&o->rxmts);
	if (at == IDX_NONE) {
		/* What can not be made certain is begun anew, when this call is over. */
		o->stats.rxmt_full++;
		ospf_nbr_at(o, nbr)->overrun = true;
		o->nbr_news = true;
		return;
	}
	rxmt = ospf_rxmt_at(o, at);
	*rxmt = (struct ospf_rxmt){
		.lsa = lsa, .nbr = nbr, .lsa_next = own->rxmt, .lsa_prev = IDX_NONE, .sent_ns = now
	};
	if (own->rxmt != IDX_NONE)
		ospf_rxmt_at(o, own->rxmt)->lsa_prev = at;
	own->rxmt = at;
	nbr_list_add(o, at);
	if (ospf_nbr_at(o, nbr)->rxmts.count == 1)
		set_timer(o, nbr);
}

void ospf_rxmt_del(struct ospf *o, u32 at)
{
	struct ospf_rxmt *rxmt = ospf_rxmt_at(o, at);
	struct ospf_lsa *lsa = ospf_lsa_at(o, rxmt->lsa);
	u32 nbr = rxmt->nbr;

	nbr_list_del(o, at);
	if (rxmt->lsa_prev == IDX_NONE)
		lsa->rxmt = rxmt->lsa_next;
	else
		ospf_rxmt_at(o, rxmt->lsa_prev)->lsa_next = rxmt->lsa_next;
	if (rxmt->lsa_next != IDX_NONE)
		ospf_rxmt_at(o, rxmt->lsa_next)->lsa_prev = rxmt->lsa_prev;
	o->purge = o->purge || (lsa->rxmt == IDX_NONE && lsa->flushed);
	slab_del(&o->rxmts, at);
	if (ospf_nbr_at(o, nbr)->rxmts.first == IDX_NONE)
		ospf_nbr_timer(o, nbr, OSPF_TIMER_RXMT, NS_NEVER);
}

void ospf_rxmt_del_lsa(struct ospf *o, u32 lsa)
{
	for (u32 left = o->conf.nbr_limit; left > 0 && ospf_lsa_at(o, lsa)->rxmt != IDX_NONE;
	     left--)
		ospf_rxmt_del(o, ospf_lsa_at(o, lsa)->rxmt);
}

/* One packet of what is due; false: nothing was. */
static bool send_some(struct ospf *o, u32 idx, ns_t now)
{
	struct ospf_nbr *nbr = ospf_nbr_at(o, idx);
	ns_t wait = o->iface[nbr->iface].conf.rxmt_s * NS_PER_SEC;
	u32 len = 4, count = 0;

	for (u32 left = nbr->rxmts.count; left > 0; left--) {
		u32 at = nbr->rxmts.first;
		struct ospf_rxmt *rxmt = ospf_rxmt_at(o, at);

		if (rxmt->sent_ns + wait > now ||
		    !ospf_flood_pack(o, nbr->iface, rxmt->lsa, count, &len, now))
			break;
		count++;
		rxmt->sent_ns = now;
		nbr_list_del(o, at);
		nbr_list_add(o, at);
	}
	if (count == 0)
		return false;
	o->stats.retransmitted += count;
	nbr->rxmt_count += count;
	be32_store(ospf_io_body(o), be32_of(count));
	ospf_io_send(o, nbr->iface, OSPF_LSUPD, len, ospf_io_nbr_addr(o, nbr));
	return true;
}

void ospf_rxmt_send(struct ospf *o, u32 nbr, ns_t now)
{
	for (u32 packets = 0; packets < RXMT_PACKETS_MAX && send_some(o, nbr, now); packets++)
		;
	set_timer(o, nbr);
	/* What is left of a long list waits a little, and not behind its time. */
	if (ospf_nbr_at(o, nbr)->rxmts.first != IDX_NONE &&
	    heap_when(&o->nbr_heap, nbr * OSPF_NBR_TIMERS + OSPF_TIMER_RXMT) <= now)
		ospf_nbr_timer(o, nbr, OSPF_TIMER_RXMT, now + 100 * NS_PER_MS);
}

/* ---- flooding -------------------------------------------------------------------------------- */

static bool is_eligible(const struct ospf *o, const struct ospf_iface *ifc,
			const struct ospf_lsa *lsa)
{
	if (!ifc->used || ifc->state == OSPF_IFACE_DOWN || ifc->conf.passive)
		return false;
	if (lsa->area == OSPF_AREA_AS)
		return o->area[ifc->area].conf.kind == OSPF_AREA_NORMAL;
	return lsa->area == ifc->area;
}

/* Section 13.3 (1) for one neighbour: whether it has to acknowledge the LSA. */
static bool nbr_wants(struct ospf *o, u32 at, u32 idx, u32 from)
{
	const struct ospf_nbr *nbr = ospf_nbr_at(o, at);
	const struct ospf_lsa *lsa = ospf_lsa_at(o, idx);

	if (nbr->state < OSPF_NBR_EXCHANGE)
		return false;
	if (nbr->state != OSPF_NBR_FULL) {
		u32 req = ospf_req_find(o, at, lsa->type, lsa->id, lsa->adv);
		s32 newer;

		if (req != IDX_NONE) {
			newer = ospf_lsa_compare(ospf_lsa_head(o, lsa), &ospf_req_at(o, req)->hdr);
			if (newer < 0)
				return false;
			ospf_req_del(o, req);
			if (newer == 0)
				return false;
		}
	}
	return at != from;
}

static void flood_out(struct ospf *o, u32 iface, u32 idx, ns_t now)
{
	struct ospf_iface *ifc = &o->iface[iface];

	if (ifc->flood_count == OSPF_FLOODS_MAX)
		ospf_flood_send(o, iface, now);
	ifc->flood[ifc->flood_count++] = idx;
}

/* True: it leaves by this interface. */
static bool flood_iface(struct ospf *o, u32 iface, u32 idx, u32 from, ns_t now)
{
	const struct ospf_iface *ifc = &o->iface[iface];
	bool added = false;

	for (u32 at = ifc->nbr_first; at != IDX_NONE; at = ospf_nbr_at(o, at)->next) {
		if (nbr_wants(o, at, idx, from)) {
			ospf_rxmt_add(o, idx, at, now);
			added = true;
		}
	}
	if (!added)
		return false;
	/* (3) and (4): whoever leads has it, or passes it on. */
	if (from != IDX_NONE && ospf_nbr_at(o, from)->iface == iface) {
		const struct ospf_nbr *nbr = ospf_nbr_at(o, from);

		if (be32_eq(nbr->addr, ifc->dr) || be32_eq(nbr->addr, ifc->bdr) ||
		    ifc->state == OSPF_IFACE_BACKUP)
			return false;
	}
	flood_out(o, iface, idx, now);
	return true;
}

bool ospf_flood(struct ospf *o, u32 idx, u32 from, ns_t now)
{
	const struct ospf_lsa *lsa = ospf_lsa_at(o, idx);
	bool back = false;

	for (u32 iface = 0; iface < OSPF_IFACE_MAX; iface++) {
		if (!is_eligible(o, &o->iface[iface], lsa))
			continue;
		if (flood_iface(o, iface, idx, from, now) && from != IDX_NONE &&
		    ospf_nbr_at(o, from)->iface == iface)
			back = true;
	}
	return back;
}

void ospf_flood_send(struct ospf *o, u32 iface, ns_t now)
{
	struct ospf_iface *ifc = &o->iface[iface];
	u32 len = 4, count = 0;

	for (u32 n = 0; n < ifc->flood_count; n++) {
		/* It may be gone since. */
		if (!slab_is_live(&o->lsas, ifc->flood[n]))
			continue;
		if (!ospf_flood_pack(o, iface, ifc->flood[n], count, &len, now)) {
			be32_store(ospf_io_body(o), be32_of(count));
			ospf_io_send(o, iface, OSPF_LSUPD, len, ospf_io_group(ifc));
			len = 4;
			count = 0;
			(void)ospf_flood_pack(o, iface, ifc->flood[n], count, &len, now);
		}
		count++;
	}
	ifc->flood_count = 0;
	if (count == 0)
		return;
	be32_store(ospf_io_body(o), be32_of(count));
	ospf_io_send(o, iface, OSPF_LSUPD, len, ospf_io_group(ifc));
}
