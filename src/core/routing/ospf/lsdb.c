/* The database: LSAs by area and type, by name; their age (RFC 2328 sections 12.2, 13.1, 14). */
#include "core/routing/ospf/ospf_part.h"

static const u32 class_size[OSPF_LSA_CLASSES] = { 64, 256, 1024, 4096, OSPF_LSA_SIZE_MAX };

/* A network-LSA is looked for by its id alone, too (section 16.1 (2)). */
static u64 lsa_hash(const struct ospf *o, u32 area, u8 type, be32 id, be32 adv)
{
	u32 second = type == OSPF_NETWORK_LSA ? 0 : adv.raw;

	return hash_words(&o->key, (u64)id.raw << 32 | second, (u64)area << 8 | type);
}

u32 ospf_lsa_find(const struct ospf *o, u32 area, u8 type, be32 id, be32 adv)
{
	u64 hash = lsa_hash(o, area, type, id, adv);

	for (u32 at = map_first(&o->lsa_map, hash); at != IDX_NONE;
	     at = map_next(&o->lsa_map, at)) {
		const struct ospf_lsa *lsa = ospf_lsa_at(o, at);

		if (lsa->type == type && lsa->area == area && be32_eq(lsa->id, id) &&
		    be32_eq(lsa->adv, adv))
			return at;
	}
	return IDX_NONE;
}

static bool lists_router(const u8 *bytes, be32 router)
{
	const struct ospf_network_lsa *network = (const void *)bytes;
	u32 count = (ospf_lsa_len(bytes) - (u32)sizeof *network) / 4;

	for (u32 at = 0; at < count; at++) {
		if (be32_eq(network->router[at], router))
			return true;
	}
	return false;
}

u32 ospf_lsa_find_network(const struct ospf *o, u32 area, be32 id, be32 router)
{
	u64 hash = lsa_hash(o, area, OSPF_NETWORK_LSA, id, router);

	for (u32 at = map_first(&o->lsa_map, hash); at != IDX_NONE;
	     at = map_next(&o->lsa_map, at)) {
		const struct ospf_lsa *lsa = ospf_lsa_at(o, at);

		if (lsa->type == OSPF_NETWORK_LSA && lsa->area == area && be32_eq(lsa->id, id) &&
		    !lsa->flushed && lists_router(ospf_lsa_bytes(o, lsa), router))
			return at;
	}
	return IDX_NONE;
}

u16 ospf_lsa_age(const struct ospf_lsa *lsa, ns_t now)
{
	s64 age = ((s64)now - lsa->born_ns) / (s64)NS_PER_SEC;

	if (lsa->flushed || age > OSPF_MAX_AGE)
		return OSPF_MAX_AGE;
	return (u16)age;
}

s32 ospf_lsa_compare(const struct ospf_lsa_hdr *a, const struct ospf_lsa_hdr *b)
{
	s32 seq_a = (s32)be32_host(a->seq), seq_b = (s32)be32_host(b->seq);
	s32 age_a = be16_host(a->age), age_b = be16_host(b->age);

	if (seq_a != seq_b)
		return seq_a > seq_b ? 1 : -1;
	if (!be16_eq(a->csum, b->csum))
		return be16_host(a->csum) > be16_host(b->csum) ? 1 : -1;
	if ((age_a >= OSPF_MAX_AGE) != (age_b >= OSPF_MAX_AGE))
		return age_a >= OSPF_MAX_AGE ? 1 : -1;
	if (age_a - age_b > OSPF_MAX_AGE_DIFF)
		return -1;
	return age_b - age_a > OSPF_MAX_AGE_DIFF ? 1 : 0;
}

struct ospf_lsa_hdr ospf_lsa_hdr_now(const struct ospf *o, const struct ospf_lsa *lsa, ns_t now)
{
	struct ospf_lsa_hdr hdr = *ospf_lsa_head(o, lsa);

	hdr.age = be16_of(ospf_lsa_age(lsa, now));
	return hdr;
}

void ospf_lsa_set_timer(struct ospf *o, u32 idx)
{
	const struct ospf_lsa *lsa = ospf_lsa_at(o, idx);
	s64 after = lsa->own ? OSPF_REFRESH_S : OSPF_MAX_AGE;
	s64 when = lsa->born_ns + after * (s64)NS_PER_SEC;

	if (lsa->flushed)
		heap_set(&o->lsa_heap, idx, NS_NEVER);
	else
		heap_set(&o->lsa_heap, idx, when < 0 ? 0 : (ns_t)when);
}

/* ---- in and out ------------------------------------------------------------------------------ */

/* Room for so many bytes, in the class that fits best and has some. */
static bool body_new(struct ospf *o, u32 len, u8 *class, u32 *body)
{
	for (u8 at = 0; at < OSPF_LSA_CLASSES; at++) {
		if (class_size[at] < len)
			continue;
		*body = slab_new(&o->bodies[at]);
		*class = at;
		if (*body != IDX_NONE)
			return true;
	}
	return false;
}

static void list_add(struct ospf *o, u32 idx)
{
	struct ospf_lsa *lsa = ospf_lsa_at(o, idx);
	struct ospf_area *area = &o->area[lsa->area];
	u32 *first = &area->lsa_first[lsa->type];

	lsa->prev = IDX_NONE;
	lsa->next = *first;
	if (*first != IDX_NONE)
		ospf_lsa_at(o, *first)->prev = idx;
	*first = idx;
	area->lsa_count++;
}

static void list_del(struct ospf *o, u32 idx)
{
	struct ospf_lsa *lsa = ospf_lsa_at(o, idx);
	struct ospf_area *area = &o->area[lsa->area];

	if (lsa->prev == IDX_NONE)
		area->lsa_first[lsa->type] = lsa->next;
	else
		ospf_lsa_at(o, lsa->prev)->next = lsa->next;
	if (lsa->next != IDX_NONE)
		ospf_lsa_at(o, lsa->next)->prev = lsa->prev;
	area->lsa_count--;
}

static u32 lsa_new(struct ospf *o, u32 area, const struct ospf_lsa_hdr *hdr)
{
	u32 idx = slab_new(&o->lsas);
	struct ospf_lsa *lsa;

	if (idx == IDX_NONE)
		return IDX_NONE;
	lsa = ospf_lsa_at(o, idx);
	lsa->type = hdr->type;
	lsa->area = (u8)area;
	lsa->id = hdr->id;
	lsa->adv = hdr->adv;
	lsa->own = be32_eq(hdr->adv, o->router_id);
	lsa->body = IDX_NONE;
	lsa->rxmt = IDX_NONE;
	lsa->made_ns = lsa->back_ns = NS_NEVER;
	list_add(o, idx);
	map_add(&o->lsa_map, lsa_hash(o, area, lsa->type, lsa->id, lsa->adv), idx);
	return idx;
}

/* It is on no list of those that die. */
static void lsa_del(struct ospf *o, u32 idx)
{
	struct ospf_lsa *lsa = ospf_lsa_at(o, idx);

	ospf_rxmt_del_lsa(o, idx);
	heap_set(&o->lsa_heap, idx, NS_NEVER);
	o->flushed_count -= lsa->flushed;
	list_del(o, idx);
	map_del(&o->lsa_map, lsa_hash(o, lsa->area, lsa->type, lsa->id, lsa->adv), idx);
	if (lsa->body != IDX_NONE)
		slab_del(&o->bodies[lsa->class], lsa->body);
	slab_del(&o->lsas, idx);
}

/* Section 13.2: whether routes may be others. */
static bool is_other(const u8 *a, const u8 *b, bool was_flushed, bool is_flushed)
{
	const struct ospf_lsa_hdr *hdr_a = (const void *)a, *hdr_b = (const void *)b;
	u32 head = sizeof *hdr_a, len = ospf_lsa_len(a);

	return was_flushed != is_flushed || hdr_a->options != hdr_b->options ||
	       len != ospf_lsa_len(b) || memcmp(a + head, b + head, len - head) != 0;
}

static void set_flushed(struct ospf *o, u32 idx, bool flushed)
{
	struct ospf_lsa *lsa = ospf_lsa_at(o, idx);

	o->flushed_count += flushed;
	o->flushed_count -= lsa->flushed;
	lsa->flushed = flushed;
	if (!flushed)
		return;
	o->purge = true;
	if (lsa->dying)
		return;
	lsa->dying = true;
	lsa->dying_next = o->dying_first;
	o->dying_first = idx;
}

/* A body for so many bytes: its own, where that is of the right class, or where there is no other
 * and it is long enough. So an update of what is there finds room in a full database.           */
static bool body_for(struct ospf *o, u32 idx, u32 len, u8 *class, u32 *body)
{
	const struct ospf_lsa *lsa = idx == IDX_NONE ? NULL : ospf_lsa_at(o, idx);
	bool fits = lsa != NULL && class_size[lsa->class] >= len;

	if (fits && (lsa->class == 0 || class_size[lsa->class - 1] < len)) {
		*class = lsa->class;
		*body = lsa->body;
		return true;
	}
	if (body_new(o, len, class, body))
		return true;
	if (fits) {
		*class = lsa->class;
		*body = lsa->body;
	}
	return fits;
}

/* The bytes become the body; whether that changes anything. */
static bool body_set(struct ospf *o, u32 idx, u8 class, u32 body, const u8 *bytes)
{
	struct ospf_lsa *lsa = ospf_lsa_at(o, idx);
	bool flushed = be16_host(((const struct ospf_lsa_hdr *)(const void *)bytes)->age) >=
		       OSPF_MAX_AGE;
	bool other = true;

	if (lsa->body != IDX_NONE) {
		other = is_other(ospf_lsa_bytes(o, lsa), bytes, lsa->flushed, flushed);
		if (lsa->class != class || lsa->body != body)
			slab_del(&o->bodies[lsa->class], lsa->body);
	}
	lsa->class = class;
	lsa->body = body;
	memcpy(ospf_lsa_bytes(o, lsa), bytes, ospf_lsa_len(bytes));
	set_flushed(o, idx, flushed);
	return other;
}

u32 ospf_lsa_install(struct ospf *o, u32 area, const u8 *bytes, ns_t now)
{
	const struct ospf_lsa_hdr *hdr = (const void *)bytes;
	u32 idx = ospf_lsa_find(o, area, hdr->type, hdr->id, hdr->adv);
	struct ospf_lsa *lsa;
	u8 class;
	u32 body;

	if (!body_for(o, idx, ospf_lsa_len(bytes), &class, &body))
		return IDX_NONE;
	if (idx == IDX_NONE)
		idx = lsa_new(o, area, hdr);
	if (idx == IDX_NONE) {
		slab_del(&o->bodies[class], body);
		return IDX_NONE;
	}
	lsa = ospf_lsa_at(o, idx);
	lsa->born_ns = (s64)now - (s64)be16_host(hdr->age) * (s64)NS_PER_SEC;
	lsa->came_ns = now;
	if (body_set(o, idx, class, body, bytes))
		ospf_spf_wanted(o, now);
	ospf_lsa_set_timer(o, idx);
	return idx;
}

void ospf_lsa_flush(struct ospf *o, u32 idx, ns_t now)
{
	struct ospf_lsa *lsa = ospf_lsa_at(o, idx);

	CHECK(!lsa->flushed);
	set_flushed(o, idx, true);
	lsa->again = false;
	ospf_lsa_head(o, lsa)->age = be16_of(OSPF_MAX_AGE);
	heap_set(&o->lsa_heap, idx, NS_NEVER);
	ospf_rxmt_del_lsa(o, idx);
	(void)ospf_flood(o, idx, IDX_NONE, now);
	ospf_spf_wanted(o, now);
}

/* A flushed LSA of ours is gone: if it is wanted still, it may be made again now. */
static void gone(struct ospf *o, const struct ospf_lsa *lsa, ns_t now)
{
	if (!lsa->own)
		return;
	if (lsa->type == OSPF_ROUTER_LSA || lsa->type == OSPF_NETWORK_LSA)
		ospf_work_at(o, OSPF_WORK_LINKS, now);
	else if (lsa->type == OSPF_SUMMARY_LSA || lsa->type == OSPF_ASBR_LSA)
		ospf_work_at(o, OSPF_WORK_SUMMARY, now);
	else
		ospf_work_at(o, OSPF_WORK_EXT, now);
}

/* Section 14: no list of retransmissions has it, and nobody is in an exchange. One of ours that
 * came back (section 13.4) stays until a pass has made it anew, with the number behind its own.  */
static bool may_go(const struct ospf *o, const struct ospf_lsa *lsa)
{
	return lsa->rxmt == IDX_NONE && o->exchanging == 0 && !(lsa->own && lsa->again);
}

void ospf_lsa_purge(struct ospf *o, ns_t now)
{
	u32 *link = &o->dying_first;

	o->purge = false;
	for (u32 left = o->conf.lsa_limit; left > 0 && *link != IDX_NONE; left--) {
		u32 idx = *link;
		struct ospf_lsa *lsa = ospf_lsa_at(o, idx);

		if (lsa->flushed && !may_go(o, lsa)) {
			link = &lsa->dying_next;
			continue;
		}
		*link = lsa->dying_next;
		lsa->dying = false;
		if (lsa->flushed) {
			gone(o, lsa, now);
			lsa_del(o, idx);
		}
	}
}

void ospf_lsa_drop_area(struct ospf *o, u32 area)
{
	u32 *link = &o->dying_first;

	for (u32 left = o->conf.lsa_limit; left > 0 && *link != IDX_NONE; left--) {
		struct ospf_lsa *lsa = ospf_lsa_at(o, *link);

		if (lsa->area == area) {
			lsa->dying = false;
			*link = lsa->dying_next;
		} else {
			link = &lsa->dying_next;
		}
	}
	for (u32 type = 0; type < OSPF_LSA_TYPES; type++) {
		for (u32 left = o->conf.lsa_limit;
		     left > 0 && o->area[area].lsa_first[type] != IDX_NONE; left--)
			lsa_del(o, o->area[area].lsa_first[type]);
	}
}

/* The same again with the next number; where there is none it goes first (section 12.1.6). */
static void refresh(struct ospf *o, u32 idx, ns_t now)
{
	struct ospf_lsa *lsa = ospf_lsa_at(o, idx);
	struct ospf_lsa_hdr *hdr = ospf_lsa_head(o, lsa);
	u32 seq = be32_host(hdr->seq);

	if (seq == OSPF_SEQ_MAX) {
		ospf_lsa_flush(o, idx, now);
		return;
	}
	hdr->seq = be32_of(seq + 1);
	hdr->age = be16_of(0);
	ospf_lsa_sign(ospf_lsa_bytes(o, lsa), ospf_lsa_len(ospf_lsa_bytes(o, lsa)));
	lsa->born_ns = (s64)now;
	lsa->came_ns = lsa->made_ns = now;
	o->stats.lsas_made++;
	ospf_lsa_set_timer(o, idx);
	ospf_rxmt_del_lsa(o, idx);
	(void)ospf_flood(o, idx, IDX_NONE, now);
}

void ospf_lsa_old(struct ospf *o, u32 idx, ns_t now)
{
	struct ospf_lsa *lsa = ospf_lsa_at(o, idx);

	if (ospf_lsa_age(lsa, now) >= OSPF_MAX_AGE)
		ospf_lsa_flush(o, idx, now);
	else if (lsa->own)
		refresh(o, idx, now);
}
