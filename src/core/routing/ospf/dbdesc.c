/* Database descriptions (RFC 2328 sections 10.6 and 10.8).
 *
 * The summary list is not kept: it is a cursor over the places of the database. What is installed
 * while the exchange goes on is flooded to the neighbour, too (section 13.3), so it is no matter on
 * which side of the cursor it falls. The last description is kept as it was sent, since a slave has
 * to repeat it.                                                                                  */
#include "core/routing/ospf/ospf_part.h"

static struct ospf_dd *last_sent(struct ospf_nbr *nbr)
{
	return (struct ospf_dd *)(void *)nbr->dd;
}

static void set_retry(struct ospf *o, u32 idx, ns_t now)
{
	const struct ospf_nbr *nbr = ospf_nbr_at(o, idx);

	ospf_nbr_timer(o, idx, OSPF_TIMER_DD, now + o->iface[nbr->iface].conf.rxmt_s * NS_PER_SEC);
}

void ospf_dd_resend(struct ospf *o, u32 idx)
{
	struct ospf_nbr *nbr = ospf_nbr_at(o, idx);

	if (nbr->dd_len == 0)
		return;
	memcpy(ospf_io_body(o), nbr->dd, nbr->dd_len);
	ospf_io_send(o, nbr->iface, OSPF_DD, nbr->dd_len, ospf_io_nbr_addr(o, nbr));
}

static void fill_head(struct ospf *o, struct ospf_nbr *nbr, u8 flags)
{
	const struct ospf_iface *ifc = &o->iface[nbr->iface];

	*last_sent(nbr) = (struct ospf_dd){ .mtu = be16_of(ifc->mtu),
					    .options = ospf_options(&o->area[ifc->area]),
					    .flags = flags,
					    .seq = be32_of(nbr->dd_seq) };
}

void ospf_dd_start(struct ospf *o, u32 idx, ns_t now)
{
	struct ospf_nbr *nbr = ospf_nbr_at(o, idx);

	nbr->dd_seq++;
	nbr->master = false;
	fill_head(o, nbr, OSPF_DD_I | OSPF_DD_M | OSPF_DD_MS);
	nbr->dd_len = sizeof(struct ospf_dd);
	ospf_dd_resend(o, idx);
	set_retry(o, idx, now);
}

/* Whether the neighbour is to hear of an LSA: its area's, and AS-external ones where they go. */
static bool is_for(const struct ospf *o, const struct ospf_nbr *nbr, const struct ospf_lsa *lsa)
{
	u8 area = o->iface[nbr->iface].area;

	if (lsa->area == OSPF_AREA_AS)
		return o->area[area].conf.kind == OSPF_AREA_NORMAL;
	return lsa->area == area;
}

void ospf_dd_begin_exchange(struct ospf *o, u32 idx, ns_t now)
{
	struct ospf_nbr *nbr = ospf_nbr_at(o, idx);

	nbr->cursor = 0;
	nbr->more = true;
	/* Section 10.3, NegotiationDone: MaxAge LSAs are not described but sent. */
	for (u32 at = 0; o->flushed_count > 0 && at < o->conf.lsa_limit; at++) {
		if (slab_is_live(&o->lsas, at) && ospf_lsa_at(o, at)->flushed &&
		    is_for(o, nbr, ospf_lsa_at(o, at)))
			ospf_rxmt_add(o, at, idx, now);
	}
}

/* Headers from the cursor on, as many as fit. */
static void describe(struct ospf *o, struct ospf_nbr *nbr, ns_t now)
{
	u32 room = u32_min(ospf_io_room(o, nbr->iface), OSPF_DD_SIZE_MAX);
	u32 limit = o->conf.lsa_limit;

	nbr->dd_len = sizeof(struct ospf_dd);
	for (; nbr->cursor < limit; nbr->cursor++) {
		const struct ospf_lsa *lsa;
		struct ospf_lsa_hdr hdr;

		if (!slab_is_live(&o->lsas, nbr->cursor))
			continue;
		lsa = ospf_lsa_at(o, nbr->cursor);
		if (lsa->flushed || !is_for(o, nbr, lsa))
			continue;
		if (nbr->dd_len + sizeof hdr > room)
			break;
		hdr = ospf_lsa_hdr_now(o, lsa, now);
		memcpy(nbr->dd + nbr->dd_len, &hdr, sizeof hdr);
		nbr->dd_len += (u32)sizeof hdr;
	}
	nbr->more = nbr->cursor < limit;
}

void ospf_dd_send_next(struct ospf *o, u32 idx, ns_t now)
{
	struct ospf_nbr *nbr = ospf_nbr_at(o, idx);

	describe(o, nbr, now);
	fill_head(o, nbr, (u8)((nbr->more ? OSPF_DD_M : 0) | (nbr->master ? 0 : OSPF_DD_MS)));
	ospf_dd_resend(o, idx);
	/* The slave speaks when it is spoken to. */
	if (nbr->master)
		ospf_nbr_timer(o, idx, OSPF_TIMER_DD, NS_NEVER);
	else
		set_retry(o, idx, now);
}

/* ---- what arrives ---------------------------------------------------------------------------- */

/* Section 10.6: what is listed and we do not have, or have older, is asked for. False: there is an
 * LSA that makes no sense, and the exchange begins anew.                                         */
static bool take_headers(struct ospf *o, const struct ospf_in *in, ns_t now)
{
	const struct ospf_nbr *nbr = ospf_nbr_at(o, in->nbr);
	u32 area = o->iface[nbr->iface].area;

	for (u32 at = sizeof(struct ospf_dd); at < in->len; at += sizeof(struct ospf_lsa_hdr)) {
		struct ospf_lsa_hdr hdr, own;
		u32 have;

		memcpy(&hdr, in->body + at, sizeof hdr);
		if (!ospf_lsa_type_known(hdr.type) ||
		    (hdr.type == OSPF_EXTERNAL_LSA &&
		     o->area[area].conf.kind != OSPF_AREA_NORMAL) ||
		    (hdr.type == OSPF_NSSA_LSA && o->area[area].conf.kind != OSPF_AREA_NSSA))
			return false;
		have = ospf_lsa_find(o, ospf_lsa_scope(area, hdr.type), hdr.type, hdr.id, hdr.adv);
		if (have != IDX_NONE) {
			own = ospf_lsa_hdr_now(o, ospf_lsa_at(o, have), now);
			if (ospf_lsa_compare(&hdr, &own) <= 0)
				continue;
		}
		if (!ospf_req_add(o, in->nbr, &hdr))
			return false;
	}
	return true;
}

/* Section 10.6, "the packet is accepted": as the next one in sequence. */
static void accept(struct ospf *o, const struct ospf_in *in, ns_t now)
{
	struct ospf_nbr *nbr = ospf_nbr_at(o, in->nbr);
	const struct ospf_dd *dd = (const void *)in->body;
	bool more = (dd->flags & OSPF_DD_M) != 0;

	if (!take_headers(o, in, now)) {
		ospf_nbr_event(o, in->nbr, OSPF_NE_SEQ_MISMATCH, now);
		return;
	}
	nbr->last_dd = *dd;
	nbr->dd_seen = true;
	if (nbr->master) {
		nbr->dd_seq = be32_host(dd->seq);
		ospf_dd_send_next(o, in->nbr, now);
		if (!more && !nbr->more)
			ospf_nbr_event(o, in->nbr, OSPF_NE_EXCHANGED, now);
	} else {
		/* It has acknowledged what we sent last. */
		nbr->dd_seq++;
		if (!more && !nbr->more)
			ospf_nbr_event(o, in->nbr, OSPF_NE_EXCHANGED, now);
		else
			ospf_dd_send_next(o, in->nbr, now);
	}
	if (nbr->state == OSPF_NBR_EXCHANGE)
		ospf_req_send(o, in->nbr, false, now);
}

/* ExStart: who is the master (section 10.6). */
static void negotiate(struct ospf *o, const struct ospf_in *in, ns_t now)
{
	struct ospf_nbr *nbr = ospf_nbr_at(o, in->nbr);
	const struct ospf_dd *dd = (const void *)in->body;
	u8 flags = dd->flags & (OSPF_DD_I | OSPF_DD_M | OSPF_DD_MS);
	bool is_greater = be32_host(in->rid) > be32_host(o->router_id);

	if (flags == (OSPF_DD_I | OSPF_DD_M | OSPF_DD_MS) && in->len == sizeof *dd && is_greater) {
		nbr->master = true;
		nbr->dd_seq = be32_host(dd->seq);
	} else if ((flags & (OSPF_DD_I | OSPF_DD_MS)) == 0 && !is_greater &&
		   be32_host(dd->seq) == nbr->dd_seq) {
		nbr->master = false;
	} else {
		return;
	}
	ospf_nbr_event(o, in->nbr, OSPF_NE_NEGOTIATED, now);
	accept(o, in, now);
}

/* Room for all that it lists; else it is as if it had been lost, and comes again. */
static bool has_room(struct ospf *o, const struct ospf_in *in)
{
	u32 count = (in->len - (u32)sizeof(struct ospf_dd)) / (u32)sizeof(struct ospf_lsa_hdr);

	if (o->requests.cap - o->requests.live >= count)
		return true;
	o->stats.request_full++;
	return false;
}

static bool is_duplicate(const struct ospf_nbr *nbr, const struct ospf_dd *dd)
{
	return nbr->dd_seen && be32_eq(dd->seq, nbr->last_dd.seq) &&
	       dd->flags == nbr->last_dd.flags && dd->options == nbr->last_dd.options;
}

/* Exchange. */
static void go_on(struct ospf *o, const struct ospf_in *in, ns_t now)
{
	struct ospf_nbr *nbr = ospf_nbr_at(o, in->nbr);
	const struct ospf_dd *dd = (const void *)in->body;
	u32 wanted = nbr->master ? nbr->dd_seq + 1 : nbr->dd_seq;

	if (is_duplicate(nbr, dd)) {
		if (nbr->master)
			ospf_dd_resend(o, in->nbr);
		return;
	}
	if (((dd->flags & OSPF_DD_MS) != 0) != nbr->master || (dd->flags & OSPF_DD_I) != 0 ||
	    dd->options != nbr->last_dd.options || be32_host(dd->seq) != wanted)
		ospf_nbr_event(o, in->nbr, OSPF_NE_SEQ_MISMATCH, now);
	else
		accept(o, in, now);
}

static bool mtu_fits(struct ospf *o, const struct ospf_in *in, ns_t now)
{
	const struct ospf_iface *ifc = &o->iface[in->iface];
	struct ospf_nbr *nbr = ospf_nbr_at(o, in->nbr);
	u32 theirs = be16_host(((const struct ospf_dd *)(const void *)in->body)->mtu);
	char line[SPEAKER_TEXT_SIZE];
	struct text text;

	/* Zero: of a virtual link. Section 10.6 refuses the larger one; it is said at both ends. */
	if (theirs == ifc->mtu || theirs == 0 || ifc->conf.mtu_ignore)
		return true;
	if (!nbr->mtu_told) {
		text_init(&text, line, sizeof line);
		text_str(&text, "MTU mismatch: neighbour ");
		text_ip4(&text, nbr->rid);
		text_str(&text, " has ");
		text_u64(&text, theirs);
		text_str(&text, " bytes, this interface ");
		text_u64(&text, ifc->mtu);
		text_str(&text, theirs > ifc->mtu ? "; there is no adjacency" : "");
		ospf_tell(o, SPEAKER_WARNING, in->iface, &nbr->addr, &text, now);
	}
	nbr->mtu_told = true;
	if (theirs > ifc->mtu)
		speaker_refuse(&o->iface[in->iface].refused, "an MTU larger than ours", in->src,
			       now);
	return theirs < ifc->mtu;
}

void ospf_dd_in(struct ospf *o, const struct ospf_in *in, ns_t now)
{
	struct ospf_nbr *nbr = ospf_nbr_at(o, in->nbr);
	const struct ospf_dd *dd = (const void *)in->body;

	if (!mtu_fits(o, in, now) || !has_room(o, in))
		return;
	/* Section 10.6: a description is as good as a hello that names us. */
	if (nbr->state == OSPF_NBR_INIT)
		ospf_nbr_event(o, in->nbr, OSPF_NE_TWO_WAY, now);
	switch (nbr->state) {
	case OSPF_NBR_EXSTART: negotiate(o, in, now); break;
	case OSPF_NBR_EXCHANGE: go_on(o, in, now); break;
	case OSPF_NBR_LOADING:
	case OSPF_NBR_FULL:
		if (!is_duplicate(nbr, dd))
			ospf_nbr_event(o, in->nbr, OSPF_NE_SEQ_MISMATCH, now);
		else if (nbr->master)
			ospf_dd_resend(o, in->nbr);
		break;
	default: break;
	}
}
