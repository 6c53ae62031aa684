/* Link state requests (RFC 2328 sections 10.7 and 10.9). */
#include "core/routing/ospf/ospf_part.h"

static u64 req_hash(const struct ospf *o, u32 nbr, u8 type, be32 id, be32 adv)
{
	return hash_words(&o->key, (u64)id.raw << 32 | adv.raw, (u64)nbr << 8 | type);
}

u32 ospf_req_find(const struct ospf *o, u32 nbr, u8 type, be32 id, be32 adv)
{
	u64 hash = req_hash(o, nbr, type, id, adv);

	for (u32 at = map_first(&o->request_map, hash); at != IDX_NONE;
	     at = map_next(&o->request_map, at)) {
		const struct ospf_request *req = ospf_req_at(o, at);

		if (req->nbr == nbr && req->hdr.type == type && be32_eq(req->hdr.id, id) &&
		    be32_eq(req->hdr.adv, adv))
			return at;
	}
	return IDX_NONE;
}

bool ospf_req_add(struct ospf *o, u32 idx, const struct ospf_lsa_hdr *hdr)
{
	struct ospf_list *list = &ospf_nbr_at(o, idx)->requests;
	struct ospf_request *req;
	u32 at = ospf_req_find(o, idx, hdr->type, hdr->id, hdr->adv);

	if (at != IDX_NONE) {
		ospf_req_at(o, at)->hdr = *hdr;
		return true;
	}
	at = slab_new(&o->requests);
	if (at == IDX_NONE) {
		o->stats.request_full++;
		return false;
	}
	req = ospf_req_at(o, at);
	*req = (struct ospf_request){
		.hdr = *hdr, .nbr = idx, .next = IDX_NONE, .prev = list->last
	};
	if (list->last == IDX_NONE)
		list->first = at;
	else
		ospf_req_at(o, list->last)->next = at;
	list->last = at;
	list->count++;
	map_add(&o->request_map, req_hash(o, idx, hdr->type, hdr->id, hdr->adv), at);
	return true;
}

void ospf_req_del(struct ospf *o, u32 at)
{
	struct ospf_request *req = ospf_req_at(o, at);
	struct ospf_nbr *nbr = ospf_nbr_at(o, req->nbr);
	struct ospf_list *list = &nbr->requests;

	if (req->prev == IDX_NONE)
		list->first = req->next;
	else
		ospf_req_at(o, req->prev)->next = req->next;
	if (req->next == IDX_NONE)
		list->last = req->prev;
	else
		ospf_req_at(o, req->next)->prev = req->prev;
	list->count--;
	nbr->asked -= req->asked;
	o->nbr_news = true;
	map_del(&o->request_map, req_hash(o, req->nbr, req->hdr.type, req->hdr.id, req->hdr.adv),
		at);
	slab_del(&o->requests, at);
}

void ospf_req_send(struct ospf *o, u32 idx, bool again, ns_t now)
{
	struct ospf_nbr *nbr = ospf_nbr_at(o, idx);
	u32 room = ospf_io_room(o, nbr->iface), len = 0;
	u8 *body = ospf_io_body(o);

	if (nbr->requests.count == 0 || (nbr->asked > 0 && !again))
		return;
	/* What was asked for stands first in the list. */
	for (u32 at = nbr->requests.first; at != IDX_NONE; at = ospf_req_at(o, at)->next) {
		struct ospf_request *req = ospf_req_at(o, at);
		struct ospf_req out = { be32_of(req->hdr.type), req->hdr.id, req->hdr.adv };

		if (len + sizeof out > room)
			break;
		memcpy(body + len, &out, sizeof out);
		len += (u32)sizeof out;
		nbr->asked += !req->asked;
		req->asked = true;
	}
	ospf_io_send(o, nbr->iface, OSPF_LSREQ, len, ospf_io_nbr_addr(o, nbr));
	ospf_nbr_timer(o, idx, OSPF_TIMER_REQ, now + o->iface[nbr->iface].conf.rxmt_s * NS_PER_SEC);
}

void ospf_req_settle(struct ospf *o, u32 idx, ns_t now)
{
	const struct ospf_nbr *nbr = ospf_nbr_at(o, idx);

	if (nbr->state != OSPF_NBR_EXCHANGE && nbr->state != OSPF_NBR_LOADING)
		return;
	if (nbr->requests.count > 0) {
		ospf_req_send(o, idx, false, now);
		return;
	}
	ospf_nbr_timer(o, idx, OSPF_TIMER_REQ, NS_NEVER);
	if (nbr->state == OSPF_NBR_LOADING)
		ospf_nbr_event(o, idx, OSPF_NE_LOADED, now);
}

/* ---- what arrives ---------------------------------------------------------------------------- */

static u32 find_asked(const struct ospf *o, u32 iface, const struct ospf_req *req)
{
	u32 type = be32_host(req->type);

	if (type > UINT8_MAX || !ospf_lsa_type_known((u8)type))
		return IDX_NONE;
	return ospf_lsa_find(o, ospf_lsa_scope(o->iface[iface].area, (u8)type), (u8)type, req->id,
			     req->adv);
}

static void send_update(struct ospf *o, const struct ospf_nbr *nbr, u32 count, u32 len)
{
	be32_store(ospf_io_body(o), be32_of(count));
	ospf_io_send(o, nbr->iface, OSPF_LSUPD, len, ospf_io_nbr_addr(o, nbr));
}

/* One that stands further in front, too: who names it a hundred times gets one copy. */
static bool stands_before(const struct ospf_in *in, u32 end)
{
	for (u32 at = 0; at < end; at += sizeof(struct ospf_req)) {
		if (memcmp(in->body + at, in->body + end, sizeof(struct ospf_req)) == 0)
			return true;
	}
	return false;
}

/* Answered at once, and not put on the list of retransmissions: who asked asks again. */
void ospf_lsreq_in(struct ospf *o, const struct ospf_in *in, ns_t now)
{
	const struct ospf_nbr *nbr = ospf_nbr_at(o, in->nbr);
	u32 len = 4, count = 0;

	if (nbr->state < OSPF_NBR_EXCHANGE)
		return;
	for (u32 at = 0; at < in->len; at += sizeof(struct ospf_req)) {
		u32 lsa = find_asked(o, in->iface, (const void *)(in->body + at));

		if (lsa == IDX_NONE) {
			ospf_nbr_event(o, in->nbr, OSPF_NE_BAD_LSREQ, now);
			return;
		}
		if (stands_before(in, at))
			continue;
		if (!ospf_flood_pack(o, in->iface, lsa, count, &len, now)) {
			send_update(o, nbr, count, len);
			len = 4;
			count = 0;
			(void)ospf_flood_pack(o, in->iface, lsa, count, &len, now);
		}
		count++;
	}
	if (count > 0)
		send_update(o, nbr, count, len);
}
