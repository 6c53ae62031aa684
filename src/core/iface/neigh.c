/* The table of neighbours: entries, how they are found, and which one goes when it is full. */
#include "core/iface/neigh_part.h"
#include "core/wire/ip4.h"

void neigh_conf_default(struct neigh_conf *conf)
{
	*conf = (struct neigh_conf){
		.count = 1024,
		.queue_count = 1024,
		.reachable_ns = 30 * NS_PER_SEC,
		.retry_ns = NS_PER_SEC,
		.failed_ns = 3 * NS_PER_SEC,
		.idle_ns = 300 * NS_PER_SEC,
		.probe_count = 3,
		.probe_wait_ns = NS_PER_SEC,
		.probe_min_ns = NS_PER_SEC,
		.probe_max_ns = 2 * NS_PER_SEC,
		.announce_wait_ns = 2 * NS_PER_SEC,
		.announce_count = 2,
		.announce_interval_ns = 2 * NS_PER_SEC,
		.defend_interval_ns = 10 * NS_PER_SEC,
		.conflict_retry_ns = 60 * NS_PER_SEC,
	};
}

void neigh_layout(struct neigh_table *table, const struct neigh_conf *conf, struct mem *mem)
{
	CHECK(conf->count >= 1 && conf->count <= NEIGH_MAX);
	CHECK(conf->queue_count >= 1 && conf->queue_count <= NEIGH_MAX);
	CHECK(conf->probe_min_ns <= conf->probe_max_ns);
	memset(table, 0, sizeof *table);
	table->conf = *conf;
	table->bucket_count = 1;
	while (table->bucket_count < conf->count)
		table->bucket_count *= 2;
	table->neigh = mem_take(mem, "neighbours", conf->count, sizeof *table->neigh);
	table->bucket = mem_take(mem, "neigh_index", table->bucket_count, sizeof *table->bucket);
	table->wait = mem_take(mem, "neigh_waiting", conf->queue_count, sizeof *table->wait);
	table->own = mem_take(mem, "neigh_own", NEIGH_OWN_MAX, sizeof *table->own);
	heap_layout(&table->timers, mem, "neigh_deadlines", conf->count + NEIGH_OWN_MAX);
}

void neigh_init(struct neigh_table *table, struct iface_table *ifaces, struct pkt_pool *pool,
		const struct hash_key *key)
{
	CHECK(table->neigh != NULL);
	table->ifaces = ifaces;
	table->pool = pool;
	table->key = *key;
	for (u32 i = 0; i < table->bucket_count; i++)
		table->bucket[i] = NEXTHOP_NONE;
	for (u32 i = 0; i < table->conf.count; i++) {
		u32 next = i + 1;

		table->neigh[i].hash_next = next < table->conf.count ? (u16)next : NEXTHOP_NONE;
	}
	table->free_tail = (u16)(table->conf.count - 1);
	for (u32 i = 0; i < table->conf.queue_count; i++) {
		u32 next = i + 1;

		table->wait[i].next = next < table->conf.queue_count ? (u16)next : NEXTHOP_NONE;
	}
	for (u32 i = 0; i < IFACE_MAX; i++)
		table->raw[i] = NEXTHOP_NONE;
	table->lru_head = table->lru_tail = NEXTHOP_NONE;
	heap_init(&table->timers);
}

u32 neigh_bucket(const struct neigh_table *table, u16 out_if, be32 addr)
{
	u64 hash = hash_words(&table->key, (u64)out_if << 32 | addr.raw, 0);

	return (u32)hash & (table->bucket_count - 1);
}

static bool neigh_is_listed(const struct neigh *neigh)
{
	return neigh->state == NEIGH_IDLE || neigh->state == NEIGH_FAILED;
}

static void lru_del(struct neigh_table *table, u16 idx)
{
	struct neigh *neigh = neigh_at(table, idx);

	if (neigh->lru_prev != NEXTHOP_NONE)
		neigh_at(table, neigh->lru_prev)->lru_next = neigh->lru_next;
	else
		table->lru_head = neigh->lru_next;
	if (neigh->lru_next != NEXTHOP_NONE)
		neigh_at(table, neigh->lru_next)->lru_prev = neigh->lru_prev;
	else
		table->lru_tail = neigh->lru_prev;
}

static void lru_add(struct neigh_table *table, u16 idx)
{
	struct neigh *neigh = neigh_at(table, idx);

	neigh->lru_prev = table->lru_tail;
	neigh->lru_next = NEXTHOP_NONE;
	if (table->lru_tail != NEXTHOP_NONE)
		neigh_at(table, table->lru_tail)->lru_next = idx;
	else
		table->lru_head = idx;
	table->lru_tail = idx;
}

void neigh_set_state(struct neigh_table *table, u16 idx, enum neigh_state state)
{
	struct neigh *neigh = neigh_at(table, idx);

	CHECK(state < NEIGH_STATE_COUNT);
	if (neigh_is_listed(neigh))
		lru_del(table, idx);
	neigh->state = (u8)state;
	if (neigh_is_listed(neigh))
		lru_add(table, idx);
}

void neigh_touch(struct neigh_table *table, u16 idx, ns_t now)
{
	struct neigh *neigh = neigh_at(table, idx);

	neigh->touched_ns = now;
	if (neigh_is_listed(neigh)) {
		lru_del(table, idx);
		lru_add(table, idx);
	}
}

void neigh_use(struct neigh_table *table, u16 idx, ns_t now)
{
	neigh_touch(table, idx, now);
	neigh_at(table, idx)->used = true;
}

void neigh_set_link(struct neigh_table *table, u16 idx, const struct mac *mac)
{
	struct neigh *neigh = neigh_at(table, idx);
	struct eth_hdr eth = { .dst = *mac, .type = be16_of(ETH_TYPE_IP4) };

	eth.src = neigh_iface(table, neigh->out_if)->conf.mac;
	memcpy(neigh->link, &eth, sizeof eth);
	neigh->flags |= NEIGH_KNOWN;
}

void neigh_del(struct neigh_table *table, u16 idx)
{
	struct neigh *neigh = neigh_at(table, idx);
	u16 *at = &table->bucket[neigh_bucket(table, neigh->out_if, neigh->addr)];
	u32 gen = neigh->gen + 1;

	CHECK(neigh->state != NEIGH_FREE);
	CHECK(neigh->queue_count == 0);
	for (u32 steps = 0; *at != idx; steps++) {
		CHECK(*at != NEXTHOP_NONE && steps < table->conf.count);
		at = &neigh_at(table, *at)->hash_next;
	}
	*at = neigh->hash_next;
	heap_set(&table->timers, idx, NS_NEVER);
	neigh_set_state(table, idx, NEIGH_FREE);
	memset(neigh, 0, sizeof *neigh);
	neigh->gen = gen;
	/* Last in the queue: who remembers the index finds it unusable as long as may be. */
	neigh->hash_next = NEXTHOP_NONE;
	if (table->free_head == NEXTHOP_NONE)
		table->free_head = idx;
	else
		neigh_at(table, table->free_tail)->hash_next = idx;
	table->free_tail = idx;
	table->live_count--;
}

/* A free index. Whoever was handed out at this very moment may stand in a batch and stays. One
 * that somebody else had before is lost to those who remember it.                               */
static u16 neigh_take_free(struct neigh_table *table, ns_t now)
{
	u16 idx = table->free_head;

	if (idx == NEXTHOP_NONE) {
		idx = table->lru_head;
		if (idx == NEXTHOP_NONE || neigh_at(table, idx)->touched_ns >= now) {
			table->stats.full++;
			return NEXTHOP_NONE;
		}
		table->stats.evictions++;
		neigh_del(table, idx);
	}
	table->free_head = neigh_at(table, idx)->hash_next;
	table->lost_count += neigh_at(table, idx)->gen > 0;
	return idx;
}

u16 neigh_make(struct neigh_table *table, u16 out_if, be32 addr, ns_t now)
{
	const struct iface_conf *conf = &neigh_iface(table, out_if)->conf;
	u16 idx = neigh_take_free(table, now);
	u16 *bucket = &table->bucket[neigh_bucket(table, out_if, addr)];
	struct neigh *neigh;

	if (idx == NEXTHOP_NONE)
		return NEXTHOP_NONE;
	neigh = neigh_at(table, idx);
	CHECK(neigh->state == NEIGH_FREE);
	neigh->out_if = out_if;
	neigh->addr = addr;
	neigh->mtu = conf->mtu;
	neigh->link_len = conf->link == IFACE_ETHERNET ? ETH_HLEN : 0;
	neigh->queue_head = neigh->queue_tail = NEXTHOP_NONE;
	neigh->touched_ns = now;
	neigh->hash_next = *bucket;
	*bucket = idx;
	table->live_count++;
	neigh_set_state(table, idx, NEIGH_IDLE);
	heap_set(&table->timers, idx, now + table->conf.idle_ns);
	return idx;
}

u16 neigh_find(const struct neigh_table *table, u16 out_if, be32 addr)
{
	u16 idx = table->bucket[neigh_bucket(table, out_if, addr)];

	for (u32 steps = 0; idx != NEXTHOP_NONE && steps < table->conf.count; steps++) {
		const struct neigh *neigh = neigh_at(table, idx);

		if (neigh->out_if == out_if && be32_eq(neigh->addr, addr))
			return idx;
		idx = neigh->hash_next;
	}
	return NEXTHOP_NONE;
}

/* RFC 1112 section 6.4 for groups; broadcast is everybody. */
static bool group_mac(const struct iface *iface, be32 addr, struct mac *mac)
{
	u32 host = be32_host(addr);

	if (ip4_is_limited_broadcast(addr) || iface_is_broadcast(iface, addr)) {
		*mac = MAC_BROADCAST;
		return true;
	}
	if (!ip4_is_multicast(addr))
		return false;
	*mac = (struct mac){ { 0x01, 0x00, 0x5e, (u8)(host >> 16 & 0x7f), (u8)(host >> 8),
			       (u8)host } };
	return true;
}

static u16 neigh_get_raw(struct neigh_table *table, u16 out_if, ns_t now)
{
	u16 idx = table->raw[out_if];

	if (idx != NEXTHOP_NONE)
		return idx;
	idx = neigh_make(table, out_if, (be32){ 0 }, now);
	if (idx == NEXTHOP_NONE)
		return NEXTHOP_NONE;
	table->raw[out_if] = idx;
	heap_set(&table->timers, idx, NS_NEVER);
	neigh_set_state(table, idx, NEIGH_PERMANENT);
	neigh_at(table, idx)->usable = true;
	return idx;
}

u16 neigh_get(struct neigh_table *table, u16 out_if, be32 addr, ns_t now)
{
	const struct iface *iface = neigh_iface(table, out_if);
	struct mac mac;
	u16 idx;

	if (iface->conf.link == IFACE_RAW_IP)
		return neigh_get_raw(table, out_if, now);
	idx = neigh_find(table, out_if, addr);
	if (idx == NEXTHOP_NONE) {
		idx = neigh_make(table, out_if, addr, now);
		if (idx == NEXTHOP_NONE || !group_mac(iface, addr, &mac))
			return idx;
		neigh_set_link(table, idx, &mac);
		neigh_at(table, idx)->flags |= NEIGH_GROUP;
		neigh_wake(table, idx, now, NULL);
		return idx;
	}
	neigh_touch(table, idx, now);
	return idx;
}

u16 neigh_peek(const struct neigh_table *table, u16 out_if, be32 addr)
{
	return neigh_iface(table, out_if)->conf.link == IFACE_RAW_IP ?
		       table->raw[out_if] :
		       neigh_find(table, out_if, addr);
}

enum err neigh_set_permanent(struct neigh_table *table, u16 out_if, be32 addr,
			     const struct mac *mac, ns_t now)
{
	struct neigh *neigh;
	u16 idx;

	if (neigh_iface(table, out_if)->conf.link != IFACE_ETHERNET || mac_is_group(mac) ||
	    mac_is_zero(mac))
		return ERR_RANGE;
	idx = neigh_find(table, out_if, addr);
	if (idx == NEXTHOP_NONE)
		idx = neigh_make(table, out_if, addr, now);
	if (idx == NEXTHOP_NONE)
		return ERR_FULL;
	neigh = neigh_at(table, idx);
	if (neigh->queue_count > 0)
		return ERR_EXISTS;
	neigh_set_link(table, idx, mac);
	heap_set(&table->timers, idx, NS_NEVER);
	neigh_set_state(table, idx, NEIGH_PERMANENT);
	neigh->usable = true;
	return ERR_OK;
}

verdict neigh_drop_full(struct drop_stats *stats, struct pkt *pkt)
{
	return pkt_drop(stats, pkt, DROP_NEIGH_FULL);
}

void neigh_iface_changed(struct neigh_table *table, u16 ifidx)
{
	const struct iface *iface = neigh_iface(table, ifidx);

	for (u16 idx = 0; idx < table->conf.count; idx++) {
		struct neigh *neigh = neigh_at(table, idx);

		if (neigh->state == NEIGH_FREE || neigh->out_if != ifidx)
			continue;
		if (neigh->state == NEIGH_FAILED)
			neigh_set_state(table, idx, NEIGH_IDLE);
		neigh->mtu = iface->conf.mtu;
		neigh->usable = false;
		if (neigh->link_len == ETH_HLEN)
			memcpy(neigh->link + ETH_ALEN, &iface->conf.mac, ETH_ALEN);
	}
}
