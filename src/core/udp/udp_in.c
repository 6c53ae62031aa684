/* A datagram comes in: who gets it, and where it waits. */
#include "core/pkt/segment.h"
#include "core/udp/udp.h"
#include "core/wire/icmp.h"
#include "core/wire/ip4.h"
#include "core/wire/udp.h"

/* Whether an endpoint of the right port hears what comes with this key; key->local is where it goes
 * and key->peer who sent it.                                                                     */
static bool hears(const struct udp_end *end, const struct udp_key *key)
{
	const struct udp_key *own = &end->key;

	return own->zone == key->zone && own->proto == key->proto && own->raw == key->raw &&
	       be16_eq(own->local_port, key->local_port) &&
	       (own->local.raw == 0 || be32_eq(own->local, key->local)) &&
	       (own->iface == UDP_IFACE_ANY || own->iface == key->iface) &&
	       (own->peer.raw == 0 ||
		(be32_eq(own->peer, key->peer) && be16_eq(own->peer_port, key->peer_port)));
}

static u32 rank(const struct udp_end *end)
{
	return (u32)(end->key.peer.raw != 0) << 2 | (u32)(end->key.local.raw != 0) << 1 |
	       (end->key.iface != UDP_IFACE_ANY);
}

static bool is_better(const struct udp_end *end, const struct udp_end *best)
{
	if (best == NULL || rank(end) != rank(best))
		return best == NULL || rank(end) > rank(best);
	return end->made > best->made;
}

static struct udp_end *find_best(const struct udp *udp, const struct udp_key *key)
{
	const struct map *maps[] = { &udp->by_peer, &udp->by_port };
	u64 hashes[] = { end_peer_hash(udp, key), end_port_hash(udp, key) };
	struct udp_end *best = NULL;

	for (u32 map = 0; map < ARRAY_COUNT(maps) && best == NULL; map++) {
		for (u32 at = map_first(maps[map], hashes[map]); at != IDX_NONE;
		     at = map_next(maps[map], at)) {
			struct udp_end *end = end_at(udp, at);

			if (hears(end, key) && is_better(end, best))
				best = end;
		}
	}
	return best;
}

bool udp_finds(const struct udp *udp, const struct udp_key *key)
{
	return !udp_is_off(udp) && find_best(udp, key) != NULL;
}

/* ---- the queue ------------------------------------------------------------------------------- */

static u32 room_bytes(const struct udp *udp, const struct udp_end *end)
{
	return end->opt.recv_bytes != 0 ? end->opt.recv_bytes : udp->conf.queue_bytes;
}

static struct udp_dgram *queue_add(struct udp *udp, struct udp_end *end, struct pkt *pkt)
{
	u32 idx = slab_new(&udp->dgrams);
	struct udp_dgram *dgram;

	if (idx == IDX_NONE)
		return NULL;
	dgram = slab_at(&udp->dgrams, idx);
	*dgram = (struct udp_dgram){ pkt, IDX_NONE };
	if (end->first == IDX_NONE)
		end->first = idx;
	else
		((struct udp_dgram *)slab_at(&udp->dgrams, end->last))->next = idx;
	end->last = idx;
	end->count++;
	end->bytes += pkt->len;
	return dgram;
}

static void give(struct udp *udp, struct udp_end *end, const struct pkt *pkt)
{
	struct pkt *copy;

	if (end->count == udp->conf.queue_limit ||
	    end->bytes + (u64)pkt->len > room_bytes(udp, end)) {
		udp->stats.queue_full++;
		end->dropped++;
		return;
	}
	if (udp->dgrams.live == udp->dgrams.cap) {
		udp->stats.datagrams_full++;
		end->dropped++;
		return;
	}
	copy = pkt_copy(udp->pool, pkt);
	if (copy == NULL) {
		udp->stats.no_packet++;
		end->dropped++;
		return;
	}
	copy->flow = IDX_NONE;
	(void)queue_add(udp, end, copy);
	udp->stats.datagrams_in++;
	end->datagrams_in++;
	if (end->count == 1)
		end_tell(udp, end);
}

/* ---- from the road --------------------------------------------------------------------------- */

static struct udp_key key_of(const struct pkt *pkt, bool raw)
{
	const struct ip4_hdr *ip = (const void *)pkt_l3(pkt);
	const struct udp_hdr *udp = (const void *)pkt_l4(pkt);
	struct udp_key key = { .local = ip->dst,
			       .peer = ip->src,
			       .iface = pkt->in_if,
			       .zone = pkt->zone,
			       .proto = ip->proto,
			       .raw = raw };

	if (!raw) {
		key.local_port = udp->dport;
		key.peer_port = udp->sport;
	}
	return key;
}

/* Members of a group by their own joining only: who merely has the port did not ask for it. */
static bool hears_group(const struct udp *udp, const struct udp_end *end, const struct udp_key *key)
{
	return hears(end, key) &&
	       (!ip4_is_multicast(key->local) || end_has_group(udp, end, key->local, key->iface));
}

/* One that is connected has an address of its own, so no group's datagrams are for it. */
static bool give_all(struct udp *udp, const struct pkt *pkt, const struct udp_key *key, u64 hash)
{
	bool given = false;

	for (u32 at = map_first(&udp->by_port, hash); at != IDX_NONE;
	     at = map_next(&udp->by_port, at)) {
		struct udp_end *end = end_at(udp, at);

		if (hears_group(udp, end, key)) {
			give(udp, end, pkt);
			given = true;
		}
	}
	return given;
}

enum udp_fate udp_in(struct udp *udp, const struct pkt *pkt, bool group)
{
	struct udp_key key;
	struct udp_end *end;
	bool given;

	if (udp_is_off(udp))
		return UDP_NOBODY;
	key = key_of(pkt, false);
	end = group ? NULL : find_best(udp, &key);
	if (end == NULL && !group)
		return UDP_NOBODY;
	if (!pkt_csum_is_right(pkt)) {
		udp->stats.bad_checksum++;
		return UDP_DAMAGED;
	}
	if (!group) {
		give(udp, end, pkt);
		return UDP_TAKEN;
	}
	given = give_all(udp, pkt, &key, end_port_hash(udp, &key));
	return given ? UDP_TAKEN : UDP_NOBODY;
}

/* A raw endpoint of a group's packets has to have joined it as well. */
bool udp_raw_in(struct udp *udp, const struct pkt *pkt, bool group)
{
	struct udp_key key;
	u64 hash;
	bool given = false;

	if (udp->raw_count == 0)
		return false;
	key = key_of(pkt, true);
	hash = end_port_hash(udp, &key);
	for (u32 at = map_first(&udp->by_port, hash); at != IDX_NONE;
	     at = map_next(&udp->by_port, at)) {
		struct udp_end *end = end_at(udp, at);

		if (group ? hears_group(udp, end, &key) : hears(end, &key)) {
			give(udp, end, pkt);
			given = true;
		}
	}
	return given;
}

void udp_loop(struct udp *udp, const struct pkt *pkt, u16 iface)
{
	bool raw = ((const struct ip4_hdr *)(const void *)pkt_l3(pkt))->proto != IP_PROTO_UDP;
	struct udp_key key = key_of(pkt, raw);
	struct pkt *copy;

	key.iface = iface;
	copy = pkt_copy(udp->pool, pkt);
	if (copy == NULL) {
		udp->stats.no_packet++;
		return;
	}
	copy->in_if = iface;
	(void)give_all(udp, copy, &key, end_port_hash(udp, &key));
	pkt_put(copy);
}

/* ---- what ICMP says -------------------------------------------------------------------------- */

static enum udp_error error_of(u8 type, u8 code)
{
	if (type != ICMP_UNREACH)
		return UDP_ERR_NONE;
	switch (code) {
	case ICMP_UNREACH_PROTO:
	case ICMP_UNREACH_PORT: return UDP_ERR_REFUSED;
	case ICMP_UNREACH_FRAG: return UDP_ERR_TOO_LONG;
	case ICMP_UNREACH_NET: return UDP_ERR_NET_UNREACHABLE;
	default: return UDP_ERR_HOST_UNREACHABLE;
	}
}

void udp_icmp_in(struct udp *udp, const struct udp_key *key, u8 type, u8 code)
{
	enum udp_error error = error_of(type, code);
	struct udp_end *end;

	if (udp_is_off(udp) || error == UDP_ERR_NONE)
		return;
	end = find_best(udp, key);
	/* Who speaks to many can not tell which of them it is about. */
	if (end == NULL || end->key.peer.raw == 0)
		return;
	end->error = (u8)error;
	udp->stats.errors++;
	end_tell(udp, end);
}

/* ---- reading --------------------------------------------------------------------------------- */

bool udp_look(const struct udp *udp, udp_id id, void *to, u32 bytes, struct udp_info *info)
{
	const struct udp_end *end = end_of(udp, id);
	const struct ip4_hdr *ip;
	const struct udp_dgram *dgram;
	const struct pkt *pkt;
	const u8 *from;

	if (end == NULL || end->count == 0)
		return false;
	dgram = slab_at(&udp->dgrams, end->first);
	pkt = dgram->pkt;
	ip = (const void *)pkt_l3(pkt);
	*info = (struct udp_info){ .src = ip->src,
				   .dst = ip->dst,
				   .iface = pkt->in_if,
				   .ttl = ip->ttl,
				   .tos = ip->tos,
				   .bytes = pkt->len };
	from = pkt_l3(pkt);
	if (!end->key.raw) {
		const struct udp_hdr *hdr = (const void *)pkt_l4(pkt);

		info->sport = hdr->sport;
		info->bytes = be16_host(hdr->len) - (u32)UDP_HLEN;
		from = pkt_l4(pkt) + UDP_HLEN;
	}
	memcpy(to, from, u32_min(bytes, info->bytes));
	return true;
}

bool udp_recv(struct udp *udp, udp_id id, void *to, u32 bytes, struct udp_info *info)
{
	struct udp_end *end = end_of(udp, id);
	struct udp_dgram *dgram;
	u32 idx;

	if (!udp_look(udp, id, to, bytes, info))
		return false;
	idx = end->first;
	dgram = slab_at(&udp->dgrams, idx);
	end->first = dgram->next;
	if (end->first == IDX_NONE)
		end->last = IDX_NONE;
	end->count--;
	end->bytes -= dgram->pkt->len;
	pkt_put(dgram->pkt);
	slab_del(&udp->dgrams, idx);
	return true;
}
