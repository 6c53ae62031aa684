/* Neighbours for people, and the invariants of their table. */
#include "core/iface/neigh_part.h"

u32 neigh_show(const struct neigh_table *table, u32 *cursor, struct neigh_info *out, u32 max)
{
	u32 count = 0;

	for (; *cursor < table->conf.count && count < max; (*cursor)++) {
		const struct neigh *neigh = &table->neigh[*cursor];
		struct neigh_info *info = &out[count];

		if (neigh->state == NEIGH_FREE)
			continue;
		*info = (struct neigh_info){
			.addr = neigh->addr,
			.mac_known = (neigh->flags & NEIGH_KNOWN) != 0,
			.used = neigh->used,
			.state = neigh->state,
			.out_if = neigh->out_if,
			.queue_count = neigh->queue_count,
			.confirmed_ns = neigh->confirmed_ns,
		};
		memcpy(&info->mac, neigh->link, ETH_ALEN);
		count++;
	}
	return count;
}

const char *neigh_state_name(enum neigh_state state)
{
	static const char *const names[NEIGH_STATE_COUNT] = {
		"free", "idle", "incomplete", "reachable", "probe", "failed", "permanent",
	};

	CHECK(state < NEIGH_STATE_COUNT);
	return names[state];
}

const char *neigh_own_state_name(enum neigh_own_state state)
{
	static const char *const names[] = { "ready", "probing", "announcing", "conflict" };

	CHECK(state < ARRAY_COUNT(names));
	return names[state];
}

static u32 check_queue(const struct neigh_table *table, const struct neigh *neigh)
{
	u32 count = 0;
	u16 last = NEXTHOP_NONE;

	for (u16 slot = neigh->queue_head; slot != NEXTHOP_NONE; slot = table->wait[slot].next) {
		CHECK(slot < table->conf.queue_count);
		CHECK(table->wait[slot].pkt != NULL);
		CHECK(count < NEIGH_QUEUE_MAX);
		count++;
		last = slot;
	}
	CHECK(neigh->queue_tail == last);
	CHECK(neigh->queue_count == count);
	return count;
}

static void check_entry(const struct neigh_table *table, u16 idx)
{
	const struct neigh *neigh = neigh_at(table, idx);
	bool armed = heap_when(&table->timers, idx) != NS_NEVER;

	CHECK(neigh->state < NEIGH_STATE_COUNT);
	CHECK(neigh_find(table, neigh->out_if, neigh->addr) == idx);
	CHECK(armed == (neigh->state != NEIGH_PERMANENT));
	CHECK(!neigh->usable || neigh->link_len == 0 || (neigh->flags & NEIGH_KNOWN) != 0);
	CHECK(!neigh->usable || neigh->queue_count == 0);
	if (neigh->state == NEIGH_IDLE || neigh->state == NEIGH_FAILED) {
		CHECK(neigh->queue_count == 0);
		CHECK(!neigh->usable);
	}
	if (neigh->state == NEIGH_INCOMPLETE)
		CHECK(neigh->queue_count > 0);
	if (neigh->state == NEIGH_PERMANENT || neigh->state == NEIGH_PROBE)
		CHECK(neigh->queue_count == 0);
}

static void check_lru(const struct neigh_table *table, u32 listed_count)
{
	u32 count = 0;
	u16 prev = NEXTHOP_NONE;

	for (u16 idx = table->lru_head; idx != NEXTHOP_NONE; idx = neigh_at(table, idx)->lru_next) {
		const struct neigh *neigh = neigh_at(table, idx);

		CHECK(neigh->state == NEIGH_IDLE || neigh->state == NEIGH_FAILED);
		CHECK(neigh->lru_prev == prev);
		CHECK(count < table->conf.count);
		prev = idx;
		count++;
	}
	CHECK(table->lru_tail == prev);
	CHECK(count == listed_count);
}

static void check_free(const struct neigh_table *table)
{
	u32 count = 0;

	for (u16 idx = table->free_head; idx != NEXTHOP_NONE;
	     idx = neigh_at(table, idx)->hash_next) {
		CHECK(neigh_at(table, idx)->state == NEIGH_FREE);
		CHECK(count < table->conf.count);
		count++;
	}
	CHECK(count + table->live_count == table->conf.count);
	count = 0;
	for (u16 slot = table->wait_free; slot != NEXTHOP_NONE; slot = table->wait[slot].next) {
		CHECK(table->wait[slot].pkt == NULL);
		CHECK(count < table->conf.queue_count);
		count++;
	}
	CHECK(count + table->wait_count == table->conf.queue_count);
}

/* Those that are not ready have a timer, and there are as many timers of own addresses. */
static void check_own(const struct neigh_table *table)
{
	u32 waiting = 0;

	for (u32 i = 0; i < NEIGH_OWN_MAX; i++) {
		const struct neigh_own *own = &table->own[i];

		CHECK(own->state <= NEIGH_OWN_CONFLICT);
		if (own->state == NEIGH_OWN_READY)
			continue;
		CHECK(heap_when(&table->timers, table->conf.count + i) != NS_NEVER);
		waiting++;
	}
	for (u32 place = 0; place < table->timers.count; place++)
		waiting -= table->timers.place[place].id >= table->conf.count;
	CHECK(waiting == 0);
}

void neigh_check(const struct neigh_table *table)
{
	u32 live_count = 0, listed_count = 0, wait_count = 0;

	for (u32 i = 0; i < table->conf.count; i++) {
		const struct neigh *neigh = &table->neigh[i];

		if (neigh->state == NEIGH_FREE) {
			CHECK(!neigh->usable);
			continue;
		}
		live_count++;
		check_entry(table, (u16)i);
		wait_count += check_queue(table, neigh);
		listed_count += neigh->state == NEIGH_IDLE || neigh->state == NEIGH_FAILED;
	}
	CHECK(live_count == table->live_count);
	CHECK(wait_count == table->wait_count);
	check_lru(table, listed_count);
	check_free(table);
	check_own(table);
	heap_check(&table->timers);
}
