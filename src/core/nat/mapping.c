/* Endpoint-independent mappings, the remote addresses they have spoken to, and their rest. */
#include "core/nat/nat.h"

enum { REST_SWEEP_MAX = 256 };

static u32 inside_head(const struct nat *nat, be32 addr, be16 port, u8 proto, u8 zone)
{
	struct tuple t = { .src = addr, .sport = port };

	return hash_range(tuple_hash(&nat->key, &t, proto, zone), nat->mapping_head_count);
}

static u32 public_head(const struct nat *nat, u32 address, u16 port, u8 proto)
{
	struct tuple t = { .dst = be32_of(address), .dport = be16_of(port) };

	return hash_range(tuple_hash(&nat->key, &t, proto, 0), nat->mapping_head_count);
}

u32 nat_mapping_by_inside(const struct nat *nat, be32 addr, be16 port, u8 proto, u8 zone)
{
	u32 idx;

	if (nat->mapping.live == 0)
		return IDX_NONE;
	idx = nat->inside_heads[inside_head(nat, addr, port, proto, zone)];
	while (idx != IDX_NONE) {
		const struct nat_mapping_rec *rec = nat_mapping_at(nat, idx);

		if (be32_eq(rec->inside_addr, addr) && be16_eq(rec->inside_port, port) &&
		    rec->proto == proto && rec->zone == zone)
			break;
		idx = rec->next_inside;
	}
	return idx;
}

void nat_mapping_expect(const struct nat *nat, be32 addr, be16 port, u8 proto, u8 zone)
{
	prefetch_write(&nat->inside_heads[inside_head(nat, addr, port, proto, zone)]);
}

u32 nat_mapping_by_public(const struct nat *nat, u32 address, u16 port, u8 proto)
{
	u32 idx;

	if (nat->mapping.live == 0)
		return IDX_NONE;
	idx = nat->public_heads[public_head(nat, address, port, proto)];
	while (idx != IDX_NONE) {
		const struct nat_mapping_rec *rec = nat_mapping_at(nat, idx);

		if (rec->address == address && rec->public_port == port && rec->proto == proto)
			break;
		idx = rec->next_public;
	}
	return idx;
}

u32 nat_mapping_new(struct nat *nat, const struct nat_mapping_rec *from)
{
	u32 idx = slab_new(&nat->mapping);
	struct nat_mapping_rec *rec;
	u32 *inside, *public;

	if (idx == IDX_NONE)
		return IDX_NONE;
	rec = nat_mapping_at(nat, idx);
	*rec = *from;
	inside = &nat->inside_heads[inside_head(nat, rec->inside_addr, rec->inside_port,
						rec->proto, rec->zone)];
	public = &nat->public_heads[public_head(nat, rec->address, rec->public_port, rec->proto)];
	rec->next_inside = *inside;
	*inside = idx;
	rec->next_public = *public;
	*public = idx;
	rec->rest_next = rec->rest_prev = IDX_NONE;
	nat->stats.mappings_made++;
	return idx;
}

static void rest_remove(struct nat *nat, u32 idx)
{
	struct nat_mapping_rec *rec = nat_mapping_at(nat, idx);

	if (rec->rest_prev == IDX_NONE)
		nat->rest_head = rec->rest_next;
	else
		nat_mapping_at(nat, rec->rest_prev)->rest_next = rec->rest_next;
	if (rec->rest_next == IDX_NONE)
		nat->rest_tail = rec->rest_prev;
	else
		nat_mapping_at(nat, rec->rest_next)->rest_prev = rec->rest_prev;
	rec->rest_next = rec->rest_prev = IDX_NONE;
	nat_space_of(nat, rec->address, rec->proto)->resting_count--;
}

static bool mapping_rests(const struct nat *nat, u32 idx)
{
	const struct nat_mapping_rec *rec = nat_mapping_at(nat, idx);

	return rec->rest_prev != IDX_NONE || nat->rest_head == idx;
}

void nat_mapping_get(struct nat *nat, u32 idx)
{
	struct nat_mapping_rec *rec = nat_mapping_at(nat, idx);

	if (mapping_rests(nat, idx)) {
		rest_remove(nat, idx);
		nat->stats.mappings_revived++;
	}
	rec->flow_count++;
}

static void mapping_rest(struct nat *nat, u32 idx, ns_t now)
{
	struct nat_mapping_rec *rec = nat_mapping_at(nat, idx);

	rec->rested = true;
	rec->idle_ms = ct_ms(now);
	rec->rest_prev = nat->rest_tail;
	rec->rest_next = IDX_NONE;
	if (nat->rest_tail == IDX_NONE)
		nat->rest_head = idx;
	else
		nat_mapping_at(nat, nat->rest_tail)->rest_next = idx;
	nat->rest_tail = idx;
	nat_space_of(nat, rec->address, rec->proto)->resting_count++;
}

static void inside_unchain(struct nat *nat, u32 idx)
{
	const struct nat_mapping_rec *rec = nat_mapping_at(nat, idx);
	u32 *link = &nat->inside_heads[inside_head(nat, rec->inside_addr, rec->inside_port,
						   rec->proto, rec->zone)];

	while (*link != idx) {
		CHECK(*link != IDX_NONE);
		link = &nat_mapping_at(nat, *link)->next_inside;
	}
	*link = rec->next_inside;
}

void nat_mapping_forsake(struct nat *nat, u32 idx)
{
	CHECK(!nat_mapping_at(nat, idx)->forsaken);
	inside_unchain(nat, idx);
	nat_mapping_at(nat, idx)->forsaken = true;
}

static void mapping_unchain(struct nat *nat, u32 idx)
{
	const struct nat_mapping_rec *rec = nat_mapping_at(nat, idx);
	u32 *link;

	if (!rec->forsaken)
		inside_unchain(nat, idx);
	link = &nat->public_heads[public_head(nat, rec->address, rec->public_port, rec->proto)];
	while (*link != idx) {
		CHECK(*link != IDX_NONE);
		link = &nat_mapping_at(nat, *link)->next_public;
	}
	*link = rec->next_public;
}

static void mapping_del(struct nat *nat, u32 idx)
{
	const struct nat_mapping_rec *rec = nat_mapping_at(nat, idx);

	mapping_unchain(nat, idx);
	nat_port_disown(nat, rec->address, rec->proto, rec->public_port);
	subscriber_put_port(nat->subscribers, rec->subscriber);
	slab_del(&nat->mapping, idx);
}

void nat_mapping_put(struct nat *nat, u32 idx, bool kept, ns_t now)
{
	struct nat_mapping_rec *rec = nat_mapping_at(nat, idx);

	CHECK(rec->flow_count > 0);
	if (--rec->flow_count > 0)
		return;
	if (kept || rec->rested)
		mapping_rest(nat, idx, now);
	else
		mapping_del(nat, idx);
}

bool nat_mapping_has_room(const struct nat *nat)
{
	return nat->mapping.live < nat->mapping.cap || nat->rest_head != IDX_NONE;
}

void nat_mapping_make_room(struct nat *nat)
{
	u32 idx = nat->rest_head;

	if (nat->mapping.live < nat->mapping.cap)
		return;
	CHECK(idx != IDX_NONE);
	rest_remove(nat, idx);
	mapping_del(nat, idx);
	nat->stats.mappings_taken++;
}

/* Resting mappings whose time is over give their port back. */
void nat_mapping_expire(struct nat *nat, ns_t now)
{
	for (u32 step = 0; step < REST_SWEEP_MAX && nat->rest_head != IDX_NONE; step++) {
		u32 idx = nat->rest_head;
		const struct nat_mapping_rec *rec = nat_mapping_at(nat, idx);

		if (ct_ms(now) - rec->idle_ms < nat->conf.quarantine_s * 1000)
			return;
		rest_remove(nat, idx);
		mapping_del(nat, idx);
	}
}

/* ---- the filter: whom the owner of a mapping has spoken to ----------------------------------- */

static u32 *peer_link(const struct nat *nat, u32 mapping, be32 addr)
{
	u64 hash = hash_words(&nat->key, mapping, addr.raw);
	u32 *link = &nat->peer_heads[hash_range(hash, nat->peer_head_count)];

	while (*link != IDX_NONE) {
		struct nat_peer *peer = slab_at(&nat->peer, *link);

		if (peer->mapping == mapping && be32_eq(peer->addr, addr))
			break;
		link = &peer->next;
	}
	return link;
}

bool nat_peer_find(const struct nat *nat, u32 mapping, be32 addr)
{
	return nat->peer.live > 0 && *peer_link(nat, mapping, addr) != IDX_NONE;
}

bool nat_peer_add(struct nat *nat, u32 mapping, be32 addr)
{
	u32 *link = peer_link(nat, mapping, addr);
	struct nat_peer *peer;

	if (*link == IDX_NONE) {
		u32 idx = slab_new(&nat->peer);

		if (idx == IDX_NONE) {
			nat->stats.no_peer++;
			return false;
		}
		peer = slab_at(&nat->peer, idx);
		*peer = (struct nat_peer){ mapping, addr, 0, IDX_NONE };
		*link = idx;
	}
	peer = slab_at(&nat->peer, *link);
	peer->flow_count++;
	return true;
}

void nat_peer_del(struct nat *nat, u32 mapping, be32 addr)
{
	u32 *link = peer_link(nat, mapping, addr);
	u32 idx = *link;
	struct nat_peer *peer;

	CHECK(idx != IDX_NONE);
	peer = slab_at(&nat->peer, idx);
	if (--peer->flow_count > 0)
		return;
	*link = peer->next;
	slab_del(&nat->peer, idx);
}
