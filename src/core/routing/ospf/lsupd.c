/* Link state updates: the receiving half of flooding (RFC 2328 sections 13 and 13.4). */
#include "core/routing/ospf/ospf_part.h"

/* One LSA of an update, and what we have of it. */
struct news {
	const struct ospf_in *in;
	const u8 *bytes;
	struct ospf_lsa_hdr hdr;
	u32 area; /* where it belongs */
	u32 have; /* IDX_NONE */
};

static bool is_from_dr(const struct ospf *o, const struct ospf_in *in)
{
	const struct ospf_iface *ifc = &o->iface[in->iface];

	return be32_eq(ospf_nbr_at(o, in->nbr)->addr, ifc->dr);
}

/* Table 19, "delayed acknowledgment": of the backup only to what the DR sent. */
static void ack_delayed(struct ospf *o, const struct news *news, ns_t now)
{
	if (o->iface[news->in->iface].state != OSPF_IFACE_BACKUP || is_from_dr(o, news->in))
		ospf_ack_later(o, news->in->iface, &news->hdr, now);
}

static bool is_own_network(const struct ospf *o, const struct ospf_lsa_hdr *hdr)
{
	if (hdr->type != OSPF_NETWORK_LSA)
		return false;
	for (u32 at = 0; at < OSPF_IFACE_MAX; at++) {
		if (o->iface[at].used && be32_eq(o->iface[at].addr, hdr->id))
			return true;
	}
	return false;
}

/* Section 13.4: a newer copy of what is ours, of an earlier life for the most part. */
static void own_came_back(struct ospf *o, u32 idx, ns_t now)
{
	struct ospf_lsa *lsa = ospf_lsa_at(o, idx);

	if (!be32_eq(lsa->adv, o->router_id)) {
		if (!lsa->flushed)
			ospf_lsa_flush(o, idx, now);
		return;
	}
	lsa->again = true;
	/* The passes make it anew, or flush it. What follows from routes waits for them. */
	if (lsa->type == OSPF_ROUTER_LSA || lsa->type == OSPF_NETWORK_LSA)
		ospf_work_at(o, OSPF_WORK_LINKS, now);
	else
		ospf_spf_wanted(o, now);
}

static void tell_full(struct ospf *o, const struct news *news, ns_t now)
{
	struct text text;
	char line[SPEAKER_TEXT_SIZE];

	o->stats.lsa_full++;
	if (o->full_told_ns != NS_NEVER && now - o->full_told_ns < OSPF_TELL_S * NS_PER_SEC)
		return;
	o->full_told_ns = now;
	text_init(&text, line, sizeof line);
	text_str(&text, "the database is full (lsa_limit): an LSA of ");
	text_ip4(&text, news->hdr.adv);
	text_str(&text, " was refused, routes are incomplete");
	ospf_tell(o, SPEAKER_WARNING, news->in->iface, &news->in->src, &text, now);
}

/* Section 13 (5). */
static void take_newer(struct ospf *o, const struct news *news, ns_t now)
{
	u32 idx = news->have;

	if (idx != IDX_NONE && ospf_lsa_at(o, idx)->made_ns != ospf_lsa_at(o, idx)->came_ns &&
	    now - ospf_lsa_at(o, idx)->came_ns < OSPF_MIN_LS_ARRIVAL_S * NS_PER_SEC) {
		o->stats.too_soon++;
		return;
	}
	idx = ospf_lsa_install(o, news->area, news->bytes, now);
	if (idx == IDX_NONE) {
		tell_full(o, news, now);
		return;
	}
	ospf_rxmt_del_lsa(o, idx);
	if (!ospf_flood(o, idx, news->in->nbr, now))
		ack_delayed(o, news, now);
	if (be32_eq(news->hdr.adv, o->router_id) || is_own_network(o, &news->hdr))
		own_came_back(o, idx, now);
}

/* Section 13 (7). */
static void take_same(struct ospf *o, const struct news *news, ns_t now)
{
	u32 rxmt = ospf_rxmt_find(o, news->have, news->in->nbr);

	if (rxmt == IDX_NONE) {
		ospf_ack_now(o, news->in->nbr, &news->hdr);
		return;
	}
	/* An acknowledgment by the way. */
	ospf_rxmt_del(o, rxmt);
	if (o->iface[news->in->iface].state == OSPF_IFACE_BACKUP)
		ack_delayed(o, news, now);
}

/* Section 13 (8): what we have is newer, and it is told so. */
static void take_older(struct ospf *o, const struct news *news, ns_t now)
{
	struct ospf_lsa *lsa = ospf_lsa_at(o, news->have);
	const struct ospf_nbr *nbr = ospf_nbr_at(o, news->in->nbr);
	u32 len = 4;

	if (lsa->flushed && be32_host(ospf_lsa_head(o, lsa)->seq) == OSPF_SEQ_MAX)
		return;
	if (lsa->back_ns != NS_NEVER && now - lsa->back_ns < OSPF_MIN_LS_ARRIVAL_S * NS_PER_SEC)
		return;
	lsa->back_ns = now;
	(void)ospf_flood_pack(o, news->in->iface, news->have, 0, &len, now);
	be32_store(ospf_io_body(o), be32_of(1));
	ospf_io_send(o, news->in->iface, OSPF_LSUPD, len, ospf_io_nbr_addr(o, nbr));
}

/* Section 13 (1) to (3): whether an LSA of this kind belongs here. */
static bool is_welcome(const struct ospf *o, const struct news *news)
{
	const struct ospf_area *area = &o->area[o->iface[news->in->iface].area];

	if (!ospf_lsa_type_known(news->hdr.type))
		return false;
	if (news->hdr.type == OSPF_EXTERNAL_LSA && area->conf.kind != OSPF_AREA_NORMAL)
		return false;
	return news->hdr.type != OSPF_NSSA_LSA || area->conf.kind == OSPF_AREA_NSSA;
}

/* False: the rest of the update is not read. */
static bool take(struct ospf *o, const struct ospf_in *in, const u8 *bytes, ns_t now)
{
	struct news news = { .in = in, .bytes = bytes };
	struct ospf_lsa_hdr own;
	s32 newer = 1;

	memcpy(&news.hdr, bytes, sizeof news.hdr);
	if (!is_welcome(o, &news))
		return true;
	o->stats.lsas_in++;
	news.area = ospf_lsa_scope(o->iface[in->iface].area, news.hdr.type);
	news.have = ospf_lsa_find(o, news.area, news.hdr.type, news.hdr.id, news.hdr.adv);
	/* Section 13 (4). */
	if (be16_host(news.hdr.age) >= OSPF_MAX_AGE && news.have == IDX_NONE &&
	    o->exchanging == 0) {
		ospf_ack_now(o, in->nbr, &news.hdr);
		return true;
	}
	if (news.have != IDX_NONE) {
		own = ospf_lsa_hdr_now(o, ospf_lsa_at(o, news.have), now);
		newer = ospf_lsa_compare(&news.hdr, &own);
	}
	if (newer > 0) {
		take_newer(o, &news, now);
	} else if (ospf_req_find(o, in->nbr, news.hdr.type, news.hdr.id, news.hdr.adv) !=
		   IDX_NONE) {
		/* Section 13 (6): it promised a newer one. */
		ospf_nbr_event(o, in->nbr, OSPF_NE_BAD_LSREQ, now);
		return false;
	} else if (newer == 0) {
		take_same(o, &news, now);
	} else {
		take_older(o, &news, now);
	}
	return true;
}

void ospf_lsupd_in(struct ospf *o, const struct ospf_in *in, ns_t now)
{
	u32 count = be32_host(be32_load(in->body)), at = 4;

	if (ospf_nbr_at(o, in->nbr)->state < OSPF_NBR_EXCHANGE)
		return;
	for (u32 n = 0; n < count; n++) {
		const u8 *bytes = in->body + at;
		const char *wrong = ospf_lsa_wrong(bytes, in->len - at);

		if (wrong != NULL) {
			o->stats.malformed++;
			ospf_warn_at(o, in->iface, &in->src, wrong, now);
		}
		/* Without a length that makes sense there is no next one. */
		if (in->len - at < sizeof(struct ospf_lsa_hdr) ||
		    ospf_lsa_len(bytes) < sizeof(struct ospf_lsa_hdr) ||
		    ospf_lsa_len(bytes) > in->len - at)
			break;
		if (wrong == NULL && !take(o, in, bytes, now))
			break;
		at += ospf_lsa_len(bytes);
	}
	ospf_ack_direct(o, in->nbr);
	ospf_req_settle(o, in->nbr, now);
}
