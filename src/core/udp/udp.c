/* Endpoints: who they are, where they are found, what they joined. */
#include "core/udp/udp.h"
#include "core/base/check.h"
#include "core/wire/ip4.h"

void udp_conf_defaults(struct udp_conf *conf)
{
	*conf = (struct udp_conf){
		.datagram_limit = 4096,
		.queue_limit = 512,
		.queue_bytes = 212992,
		.group_limit = 256,
		.ttl = IP4_TTL_DEFAULT,
	};
}

void udp_opt_defaults(struct udp_opt *opt)
{
	*opt = (struct udp_opt){
		.multicast_if = UDP_IFACE_ANY,
		.multicast_ttl = UDP_MULTICAST_TTL,
		.multicast_loop = true,
	};
}

void udp_layout(struct udp *udp, const struct udp_conf *conf, struct mem *mem)
{
	u32 ends = conf->endpoint_limit;

	memset(udp, 0, sizeof *udp);
	udp->conf = *conf;
	if (ends == 0)
		return;
	slab_layout(&udp->ends, mem, "udp_endpoints", ends, sizeof(struct udp_end));
	udp->end_gen = mem_take(mem, "udp_endpoints", ends, sizeof *udp->end_gen);
	map_layout(&udp->by_port, mem, "udp_index", ends);
	map_layout(&udp->by_peer, mem, "udp_index", ends);
	slab_layout(&udp->dgrams, mem, "udp_datagrams", conf->datagram_limit,
		    sizeof(struct udp_dgram));
	slab_layout(&udp->groups, mem, "udp_groups", conf->group_limit, sizeof(struct udp_group));
	udp->outbox = mem_take(mem, "udp_outbox", UDP_OUTBOX_MAX, sizeof *udp->outbox);
}

void udp_init(struct udp *udp, struct pkt_pool *pool, const struct hash_key *key, u16 ip_id)
{
	udp->pool = pool;
	udp->hash_key = *key;
	udp->ip_id = ip_id;
	udp->news_first = udp->news_last = IDX_NONE;
	if (udp_is_off(udp))
		return;
	slab_init(&udp->ends);
	slab_init(&udp->dgrams);
	slab_init(&udp->groups);
	map_init(&udp->by_port);
	map_init(&udp->by_peer);
}

struct udp_end *end_of(const struct udp *udp, udp_id id)
{
	u32 idx = (u32)id;

	if (id == UDP_ID_NONE || idx >= udp->ends.cap || !slab_is_live(&udp->ends, idx) ||
	    end_at(udp, idx)->gen != (u32)(id >> 32))
		return NULL;
	return end_at(udp, idx);
}

static u32 idx_of(const struct udp *udp, const struct udp_end *end)
{
	return (u32)((u64)((const u8 *)end - udp->ends.base) / udp->ends.obj_size);
}

const struct udp_end *udp_find(const struct udp *udp, udp_id id)
{
	return end_of(udp, id);
}

struct udp_opt *udp_opt(struct udp *udp, udp_id id)
{
	struct udp_end *end = end_of(udp, id);

	return end == NULL ? NULL : &end->opt;
}

/* Raw endpoints hang where port zero would be. */
u64 end_port_hash(const struct udp *udp, const struct udp_key *key)
{
	return hash_words(&udp->hash_key, (u64)key->zone << 8 | key->proto,
			  (u64)key->raw << 16 | key->local_port.raw);
}

u64 end_peer_hash(const struct udp *udp, const struct udp_key *key)
{
	return hash_words(&udp->hash_key, (u64)key->local.raw << 32 | key->peer.raw,
			  (u64)key->zone << 32 | (u64)key->local_port.raw << 16 |
				  key->peer_port.raw);
}

/* A connected UDP endpoint whose own address is known is found by all of its key. */
static bool is_by_peer(const struct udp_end *end)
{
	return !end->key.raw && end->key.peer.raw != 0 && end->key.local.raw != 0;
}

static void table_add(struct udp *udp, struct udp_end *end)
{
	if (is_by_peer(end))
		map_add(&udp->by_peer, end_peer_hash(udp, &end->key), idx_of(udp, end));
	else
		map_add(&udp->by_port, end_port_hash(udp, &end->key), idx_of(udp, end));
	end->bound = true;
}

static void table_del(struct udp *udp, struct udp_end *end)
{
	if (!end->bound)
		return;
	if (is_by_peer(end))
		map_del(&udp->by_peer, end_peer_hash(udp, &end->key), idx_of(udp, end));
	else
		map_del(&udp->by_port, end_port_hash(udp, &end->key), idx_of(udp, end));
	end->bound = false;
}

enum err udp_open(struct udp *udp, const struct udp_key *key, u32 owner, udp_id *id)
{
	struct udp_end *end;
	u32 idx = udp_is_off(udp) ? IDX_NONE : slab_new(&udp->ends);

	if (idx == IDX_NONE)
		return ERR_FULL;
	end = end_at(udp, idx);
	end->key = *key;
	end->gen = ++udp->end_gen[idx];
	end->owner = owner;
	end->first = end->last = end->group = IDX_NONE;
	end->news_next = UDP_UNLISTED;
	end->made = ++udp->made;
	udp_opt_defaults(&end->opt);
	if (key->raw) {
		udp->raw_count++;
		table_add(udp, end);
	}
	*id = (u64)end->gen << 32 | idx;
	return ERR_OK;
}

static bool ifaces_meet(u16 a, u16 b)
{
	return a == UDP_IFACE_ANY || b == UDP_IFACE_ANY || a == b;
}

/* Both would get the same datagrams. */
static bool clashes(const struct udp_end *other, const struct udp_end *end, be32 local)
{
	if (other == end || (other->opt.reuse && end->opt.reuse) ||
	    !ifaces_meet(other->key.iface, end->key.iface))
		return false;
	return other->key.local.raw == 0 || local.raw == 0 || be32_eq(other->key.local, local);
}

bool udp_is_taken(const struct udp *udp, udp_id id, be32 local, be16 port)
{
	const struct udp_end *end = end_of(udp, id);
	struct udp_key key;
	u64 hash;

	if (end == NULL)
		return false;
	key = end->key;
	key.local_port = port;
	hash = end_port_hash(udp, &key);
	for (u32 at = map_first(&udp->by_port, hash); at != IDX_NONE;
	     at = map_next(&udp->by_port, at)) {
		const struct udp_end *other = end_at(udp, at);

		if (!other->key.raw && be16_eq(other->key.local_port, port) &&
		    other->key.zone == key.zone && clashes(other, end, local))
			return true;
	}
	return false;
}

enum err udp_bind(struct udp *udp, udp_id id, be32 local, be16 port)
{
	struct udp_end *end = end_of(udp, id);

	if (end == NULL || (end->bound && !end->key.raw) || (!end->key.raw && port.raw == 0))
		return ERR_RANGE;
	if (!end->key.raw && udp_is_taken(udp, id, local, port))
		return ERR_EXISTS;
	table_del(udp, end);
	end->key.local = local;
	end->key.local_port = end->key.raw ? be16_of(0) : port;
	table_add(udp, end);
	return ERR_OK;
}

void udp_connect(struct udp *udp, udp_id id, be32 local, be32 peer, be16 peer_port)
{
	struct udp_end *end = end_of(udp, id);

	if (end == NULL)
		return;
	CHECK(end->bound);
	table_del(udp, end);
	end->key.local = local;
	end->key.peer = peer;
	end->key.peer_port = end->key.raw ? be16_of(0) : peer_port;
	end->error = UDP_ERR_NONE;
	table_add(udp, end);
}

void udp_set_iface(struct udp *udp, udp_id id, u16 iface)
{
	struct udp_end *end = end_of(udp, id);

	if (end == NULL)
		return;
	CHECK(end->key.raw || !end->bound);
	end->key.iface = iface;
}

/* ---- groups ---------------------------------------------------------------------------------- */

bool end_has_group(const struct udp *udp, const struct udp_end *end, be32 group, u16 iface)
{
	for (u32 at = end->group; at != IDX_NONE;) {
		const struct udp_group *member = slab_at(&udp->groups, at);

		if (be32_eq(member->group, group) && member->iface == iface)
			return true;
		at = member->next;
	}
	return false;
}

enum err udp_join(struct udp *udp, udp_id id, be32 group, u16 iface)
{
	struct udp_end *end = end_of(udp, id);
	struct udp_group *member;
	u32 idx;

	if (end == NULL || !ip4_is_multicast(group) || iface == UDP_IFACE_ANY)
		return ERR_RANGE;
	if (end_has_group(udp, end, group, iface))
		return ERR_EXISTS;
	idx = slab_new(&udp->groups);
	if (idx == IDX_NONE)
		return ERR_FULL;
	member = slab_at(&udp->groups, idx);
	*member = (struct udp_group){ group, (u32)id, end->group, iface };
	end->group = idx;
	return ERR_OK;
}

enum err udp_leave(struct udp *udp, udp_id id, be32 group, u16 iface)
{
	struct udp_end *end = end_of(udp, id);
	u32 *link;

	if (end == NULL)
		return ERR_NOT_FOUND;
	for (link = &end->group; *link != IDX_NONE;) {
		struct udp_group *member = slab_at(&udp->groups, *link);
		u32 idx = *link;

		if (be32_eq(member->group, group) && member->iface == iface) {
			*link = member->next;
			slab_del(&udp->groups, idx);
			return ERR_OK;
		}
		link = &member->next;
	}
	return ERR_NOT_FOUND;
}

bool udp_has_group(const struct udp *udp, be32 group, u16 iface)
{
	if (udp->groups.live == 0)
		return false;
	for (u32 at = 0; at < udp->groups.cap; at++) {
		const struct udp_group *member = slab_at(&udp->groups, at);

		if (slab_is_live(&udp->groups, at) && be32_eq(member->group, group) &&
		    member->iface == iface)
			return true;
	}
	return false;
}

/* ---- the end --------------------------------------------------------------------------------- */

static void queue_clear(struct udp *udp, struct udp_end *end)
{
	while (end->first != IDX_NONE) {
		u32 idx = end->first;
		struct udp_dgram *dgram = slab_at(&udp->dgrams, idx);

		end->first = dgram->next;
		pkt_put(dgram->pkt);
		slab_del(&udp->dgrams, idx);
	}
}

static void news_del(struct udp *udp, u32 idx)
{
	u32 before = IDX_NONE;

	if (end_at(udp, idx)->news_next == UDP_UNLISTED)
		return;
	for (u32 at = udp->news_first; at != idx; at = end_at(udp, at)->news_next)
		before = at;
	if (before == IDX_NONE)
		udp->news_first = end_at(udp, idx)->news_next;
	else
		end_at(udp, before)->news_next = end_at(udp, idx)->news_next;
	if (udp->news_last == idx)
		udp->news_last = before;
}

void udp_close(struct udp *udp, udp_id id)
{
	struct udp_end *end = end_of(udp, id);
	u32 idx = (u32)id;

	if (end == NULL)
		return;
	table_del(udp, end);
	queue_clear(udp, end);
	while (end->group != IDX_NONE) {
		u32 member = end->group;

		end->group = ((struct udp_group *)slab_at(&udp->groups, member))->next;
		slab_del(&udp->groups, member);
	}
	udp->raw_count -= end->key.raw;
	news_del(udp, idx);
	slab_del(&udp->ends, idx);
}

/* ---- news ------------------------------------------------------------------------------------ */

void end_tell(struct udp *udp, struct udp_end *end)
{
	u32 idx = idx_of(udp, end);

	if (end->news_next != UDP_UNLISTED)
		return;
	end->news_next = IDX_NONE;
	if (udp->news_last == IDX_NONE)
		udp->news_first = idx;
	else
		end_at(udp, udp->news_last)->news_next = idx;
	udp->news_last = idx;
}

bool udp_news(struct udp *udp, u32 *owner)
{
	u32 idx = udp->news_first;
	struct udp_end *end;

	if (idx == IDX_NONE)
		return false;
	end = end_at(udp, idx);
	udp->news_first = end->news_next;
	if (udp->news_first == IDX_NONE)
		udp->news_last = IDX_NONE;
	end->news_next = UDP_UNLISTED;
	*owner = end->owner;
	return true;
}

u8 udp_ready(const struct udp *udp, udp_id id)
{
	const struct udp_end *end = end_of(udp, id);
	u8 ready = 0;

	if (end == NULL)
		return 0;
	if (end->count > 0)
		ready |= UDP_READABLE;
	if (udp->outbox_count < UDP_OUTBOX_MAX)
		ready |= UDP_WRITABLE;
	if (end->error != UDP_ERR_NONE)
		ready |= UDP_FAILED;
	return ready;
}

enum udp_error udp_take_error(struct udp *udp, udp_id id)
{
	struct udp_end *end = end_of(udp, id);
	enum udp_error error;

	if (end == NULL)
		return UDP_ERR_NONE;
	error = (enum udp_error)end->error;
	end->error = UDP_ERR_NONE;
	return error;
}

/* ---- the invariants -------------------------------------------------------------------------- */

static u32 queue_check(const struct udp *udp, const struct udp_end *end)
{
	u32 count = 0, bytes = 0;

	for (u32 at = end->first; at != IDX_NONE;) {
		const struct udp_dgram *dgram = slab_at(&udp->dgrams, at);

		CHECK(slab_is_live(&udp->dgrams, at));
		CHECK(count < udp->conf.queue_limit);
		CHECK(dgram->next != IDX_NONE || end->last == at);
		count++;
		bytes += dgram->pkt->len;
		at = dgram->next;
	}
	CHECK(count == end->count);
	CHECK(bytes == end->bytes);
	return count;
}

static u32 groups_check(const struct udp *udp, const struct udp_end *end, u32 idx)
{
	u32 count = 0;

	for (u32 at = end->group; at != IDX_NONE; count++) {
		const struct udp_group *member = slab_at(&udp->groups, at);

		CHECK(slab_is_live(&udp->groups, at));
		CHECK(member->end == idx);
		at = member->next;
	}
	return count;
}

void udp_check(const struct udp *udp)
{
	u32 dgrams = 0, groups = 0, raw = 0, bound = 0;

	CHECK(udp->outbox_count <= UDP_OUTBOX_MAX);
	for (u32 idx = 0; idx < udp->ends.cap; idx++) {
		const struct udp_end *end = end_at(udp, idx);

		if (!slab_is_live(&udp->ends, idx))
			continue;
		dgrams += queue_check(udp, end);
		groups += groups_check(udp, end, idx);
		raw += end->key.raw;
		bound += end->bound;
	}
	CHECK(dgrams == udp->dgrams.live);
	CHECK(groups == udp->groups.live);
	CHECK(raw == udp->raw_count);
	CHECK(bound == udp->by_port.count + udp->by_peer.count);
}
