/* Listeners and half-open records: where they are, and when a record's time is over. */
#include "core/tcp/emit.h"
#include "core/tcp/isn.h"
#include "core/tcp/listen_part.h"

void listen_layout(struct listen_table *table, const struct tcp_conf *conf, struct mem *mem)
{
	slab_layout(&table->listeners, mem, "tcp_listeners", conf->listener_limit,
		    sizeof(struct listener));
	slab_layout(&table->half_open, mem, "tcp_half_open", conf->half_open_limit,
		    sizeof(struct half_open));
	map_layout(&table->by_port, mem, "tcp_listeners", conf->listener_limit);
	map_layout(&table->by_key, mem, "tcp_half_open", conf->half_open_limit);
}

void listen_init(struct listen_table *table)
{
	slab_init(&table->listeners);
	slab_init(&table->half_open);
	map_init(&table->by_port);
	map_init(&table->by_key);
	for (u32 level = 0; level < LISTEN_SYN_LEVELS; level++)
		table->level[level].first = table->level[level].last = IDX_NONE;
	table->cookies_ns = NS_NEVER;
	table->gen_last = 0;
}

/* How well a listener fits: zero, not at all. */
static u32 fitness(const struct listener *listener, const struct tcp_key *key)
{
	bool addr = be32_eq(listener->addr, key->local);
	bool zone = !listener->any_zone && listener->zone == key->zone;

	if (!be16_eq(listener->port, key->local_port))
		return 0;
	if ((!addr && listener->addr.raw != 0) || (!zone && !listener->any_zone))
		return 0;
	return 1 + 2u * addr + zone;
}

u32 listen_find(const struct tcp *tcp, const struct tcp_key *key)
{
	const struct map *map = &tcp->listen.by_port;
	u64 hash = listen_hash(tcp, key->local_port);
	u32 best = IDX_NONE;
	u32 best_fit = 0;

	for (u32 at = map_first(map, hash); at != IDX_NONE; at = map_next(map, at)) {
		u32 fit = fitness(listener_at(tcp, at), key);

		if (fit > best_fit) {
			best_fit = fit;
			best = at;
		}
	}
	return best;
}

/* ---- records --------------------------------------------------------------------------------- */

u32 half_open_find(const struct tcp *tcp, const struct tcp_key *key)
{
	const struct map *map = &tcp->listen.by_key;
	u64 hash = tcp_key_hash(tcp, key);

	for (u32 at = map_first(map, hash); at != IDX_NONE; at = map_next(map, at)) {
		if (tcp_key_eq(&half_open_at(tcp, at)->key, key))
			return at;
	}
	return IDX_NONE;
}

u32 listen_of_half_open(const struct tcp *tcp, const struct tcp_key *key)
{
	u32 idx = half_open_find(tcp, key);

	return idx == IDX_NONE ? IDX_NONE : half_open_at(tcp, idx)->listener;
}

/* RFC 6298 section 5.5: each time it waits twice as long. */
static ns_t level_wait(const struct tcp *tcp, u32 level)
{
	u64 wait_ms = (u64)tcp->conf.rto_initial_ms << level;

	return u64_min(wait_ms, tcp->conf.rto_max_ms) * NS_PER_MS;
}

/* Never before the one in front of it: the time to wait may have been made shorter since. */
static void level_add(struct tcp *tcp, u32 idx, ns_t now)
{
	struct half_open *rec = half_open_at(tcp, idx);
	u32 *first = &tcp->listen.level[rec->level].first;
	u32 *last = &tcp->listen.level[rec->level].last;

	rec->due_ns = now + level_wait(tcp, rec->level);
	rec->next = IDX_NONE;
	rec->prev = *last;
	if (*last == IDX_NONE) {
		*first = idx;
	} else {
		struct half_open *before = half_open_at(tcp, *last);

		before->next = idx;
		if (rec->due_ns < before->due_ns)
			rec->due_ns = before->due_ns;
	}
	*last = idx;
}

static void level_remove(struct tcp *tcp, u32 idx)
{
	const struct half_open *rec = half_open_at(tcp, idx);
	u32 *first = &tcp->listen.level[rec->level].first;
	u32 *last = &tcp->listen.level[rec->level].last;

	if (rec->prev == IDX_NONE)
		*first = rec->next;
	else
		half_open_at(tcp, rec->prev)->next = rec->next;
	if (rec->next == IDX_NONE)
		*last = rec->prev;
	else
		half_open_at(tcp, rec->next)->prev = rec->prev;
}

bool half_open_keep(struct tcp *tcp, const struct half_open *made, ns_t now)
{
	u32 idx = slab_new(&tcp->listen.half_open);
	struct half_open *rec;

	if (idx == IDX_NONE)
		return false;
	rec = half_open_at(tcp, idx);
	*rec = *made;
	rec->sent_ns = now;
	map_add(&tcp->listen.by_key, tcp_key_hash(tcp, &rec->key), idx);
	level_add(tcp, idx, now);
	listener_at(tcp, rec->listener)->half_open++;
	return true;
}

void half_open_del(struct tcp *tcp, u32 idx)
{
	const struct half_open *rec = half_open_at(tcp, idx);

	listener_at(tcp, rec->listener)->half_open--;
	level_remove(tcp, idx);
	map_del(&tcp->listen.by_key, tcp_key_hash(tcp, &rec->key), idx);
	slab_del(&tcp->listen.half_open, idx);
}

void listen_drop(struct tcp *tcp, u32 listener)
{
	for (u32 level = 0; level < LISTEN_SYN_LEVELS; level++) {
		u32 next;

		for (u32 at = tcp->listen.level[level].first; at != IDX_NONE; at = next) {
			next = half_open_at(tcp, at)->next;
			if (half_open_at(tcp, at)->listener == listener)
				half_open_del(tcp, at);
		}
	}
}

void listen_unreachable(struct tcp *tcp, const struct tcp_key *key, u32 seq, u8 code)
{
	u32 idx = half_open_find(tcp, key);
	struct auth_state state;

	if (idx == IDX_NONE || half_open_at(tcp, idx)->iss != seq)
		return;
	if (auth_ignores_icmp(tcp, auth_of_half_open(tcp, half_open_at(tcp, idx), &state), code)) {
		tcp->stats.auth_icmp++;
		return;
	}
	tcp->stats.failed_opens++;
	half_open_del(tcp, idx);
}

/* ---- time ------------------------------------------------------------------------------------ */

static void level_expired(struct tcp *tcp, u32 idx, ns_t now)
{
	u32 retries = u32_min(tcp->conf.syn_ack_retries, LISTEN_SYN_LEVELS - 1);
	struct half_open *rec = half_open_at(tcp, idx);

	if (rec->level >= retries) {
		tcp->stats.failed_opens++;
		half_open_del(tcp, idx);
		return;
	}
	level_remove(tcp, idx);
	rec->level++;
	level_add(tcp, idx, now);
	syn_ack_again(tcp, rec, now);
}

/* The highest level first, so that each record has at most one turn. When the outbox is full, the
 * rest waits until it was taken: a SYN,ACK that would only be dropped is none.                   */
void listen_tick(struct tcp *tcp, ns_t now)
{
	for (u32 level = LISTEN_SYN_LEVELS; level > 0; level--) {
		const u32 *first = &tcp->listen.level[level - 1].first;

		while (*first != IDX_NONE && half_open_at(tcp, *first)->due_ns <= now) {
			if (tcp->outbox_count == TCP_OUTBOX_MAX)
				return;
			level_expired(tcp, *first, now);
		}
	}
}

ns_t listen_next(const struct tcp *tcp)
{
	ns_t next = NS_NEVER;

	for (u32 level = 0; level < LISTEN_SYN_LEVELS; level++) {
		u32 first = tcp->listen.level[level].first;

		if (first != IDX_NONE)
			next = u64_min(next, half_open_at(tcp, first)->due_ns);
	}
	return next;
}

/* ---- invariants ------------------------------------------------------------------------------ */

static u32 check_level(const struct tcp *tcp, u32 level)
{
	const struct slab *slab = &tcp->listen.half_open;
	u32 prev = IDX_NONE, count = 0;
	ns_t due = 0;

	for (u32 at = tcp->listen.level[level].first; at != IDX_NONE;) {
		const struct half_open *rec = half_open_at(tcp, at);

		CHECK(slab_is_live(slab, at) && ++count <= slab->live);
		CHECK(rec->level == level && rec->prev == prev && rec->due_ns >= due);
		CHECK(half_open_find(tcp, &rec->key) == at);
		CHECK(slab_is_live(&tcp->listen.listeners, rec->listener));
		due = rec->due_ns;
		prev = at;
		at = rec->next;
	}
	CHECK(tcp->listen.level[level].last == prev);
	return count;
}

static void check_accept_queue(const struct tcp *tcp, const struct listener *listener)
{
	u32 last = IDX_NONE, count = 0;

	for (u32 at = listener->accept_first; at != IDX_NONE; at = tcb_at(tcp, at)->accept_next) {
		CHECK(slab_is_live(&tcp->tcbs, at) && ++count <= listener->waiting);
		last = at;
	}
	CHECK(count == listener->waiting && listener->accept_last == last);
}

void listen_check(const struct tcp *tcp)
{
	const struct listen_table *table = &tcp->listen;
	u32 records = 0, half_open = 0, listeners = 0;

	for (u32 level = 0; level < LISTEN_SYN_LEVELS; level++)
		records += check_level(tcp, level);
	for (u32 idx = 0; idx < table->listeners.cap; idx++) {
		if (!slab_is_live(&table->listeners, idx))
			continue;
		listeners++;
		half_open += listener_at(tcp, idx)->half_open;
		check_accept_queue(tcp, listener_at(tcp, idx));
	}
	CHECK(records == table->half_open.live && records == table->by_key.count);
	CHECK(records == half_open);
	CHECK(listeners == table->by_port.count);
}
