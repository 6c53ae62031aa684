/* Rings of keys, and the states of connections that are signed. */
#include "core/tcp/keys.h"
#include "core/tcp/listen_part.h"
#include "core/tcp/tcp_part.h"
#include "core/wire/ip4.h"

void keys_layout(struct keys_table *table, const struct tcp_conf *conf, struct mem *mem)
{
	slab_layout(&table->keys, mem, "tcp_keys", conf->key_limit, sizeof(struct tcp_keys));
	slab_layout(&table->states, mem, "tcp_auth_states",
		    u32_min(conf->auth_limit, TCP_AUTH_LIMIT), sizeof(struct auth_state));
	map_layout(&table->by_at, mem, "tcp_keys", conf->key_limit);
}

void keys_init(struct keys_table *table)
{
	slab_init(&table->keys);
	slab_init(&table->states);
	map_init(&table->by_at);
	memset(table->len_count, 0, sizeof table->len_count);
}

/* ---- rings ----------------------------------------------------------------------------------- */

static struct tcp_keys *keys_at(const struct tcp *tcp, u32 idx)
{
	return slab_at(&tcp->keys.keys, idx);
}

static be32 prefix_of(be32 addr, u8 len)
{
	return be32_of(be32_host(addr) & ip4_mask(len));
}

static u64 at_hash(const struct tcp *tcp, const struct tcp_keys_at *at)
{
	return hash_words(&tcp->hash_key, (u64)at->ring << 32 | at->peer.raw,
			  (u64)at->peer_len << 8 | at->zone);
}

static bool at_eq(const struct tcp_keys_at *a, const struct tcp_keys_at *b)
{
	return a->ring == b->ring && be32_eq(a->peer, b->peer) && a->peer_len == b->peer_len &&
	       a->zone == b->zone;
}

/* Exactly there, at: of a prefix, without bits behind it; IDX_NONE. */
static u32 find_at(const struct tcp *tcp, const struct tcp_keys_at *at)
{
	const struct map *map = &tcp->keys.by_at;
	u64 hash = at_hash(tcp, at);

	for (u32 idx = map_first(map, hash); idx != IDX_NONE; idx = map_next(map, idx)) {
		if (at_eq(&keys_at(tcp, idx)->at, at))
			return idx;
	}
	return IDX_NONE;
}

u32 keys_find(const struct tcp *tcp, u32 ring, u8 zone, be32 peer)
{
	const struct keys_table *table = &tcp->keys;

	if (ring == TCP_RING_NONE || table->by_at.count == 0)
		return IDX_NONE;
	for (u32 len = TCP_KEYS_LENGTHS; len > 0; len--) {
		struct tcp_keys_at at = { ring, prefix_of(peer, (u8)(len - 1)), (u8)(len - 1),
					  zone };
		u32 idx = table->len_count[len - 1] == 0 ? IDX_NONE : find_at(tcp, &at);

		if (idx != IDX_NONE)
			return idx;
	}
	return IDX_NONE;
}

/* The keys there; without, a place for some, of no kind. ERR_RANGE, ERR_FULL. */
static enum err keys_get(struct tcp *tcp, const struct tcp_keys_at *where, struct tcp_keys **keys)
{
	struct keys_table *table = &tcp->keys;
	struct tcp_keys_at at = *where;
	u32 idx;

	if (at.ring == TCP_RING_NONE || at.peer_len >= TCP_KEYS_LENGTHS ||
	    !be32_eq(prefix_of(at.peer, at.peer_len), at.peer))
		return ERR_RANGE;
	idx = find_at(tcp, &at);
	if (idx == IDX_NONE) {
		idx = slab_new(&table->keys);
		if (idx == IDX_NONE)
			return ERR_FULL;
		keys_at(tcp, idx)->at = at;
		map_add(&table->by_at, at_hash(tcp, &at), idx);
		table->len_count[at.peer_len]++;
	}
	*keys = keys_at(tcp, idx);
	return ERR_OK;
}

/* Whoever gets the memory next finds no secret in it. */
static void keys_end(struct tcp *tcp, u32 idx)
{
	memset(keys_at(tcp, idx), 0, sizeof(struct tcp_keys));
	slab_del(&tcp->keys.keys, idx);
}

static void keys_remove(struct tcp *tcp, u32 idx)
{
	struct tcp_keys *keys = keys_at(tcp, idx);

	map_del(&tcp->keys.by_at, at_hash(tcp, &keys->at), idx);
	tcp->keys.len_count[keys->at.peer_len]--;
	keys->is_removed = true;
	if (keys->use_count == 0)
		keys_end(tcp, idx);
}

/* Of the other kind, they are those of connections that agreed on it. */
static bool keys_may_be(const struct tcp_keys *keys, enum tcp_auth_kind kind)
{
	return keys->conf.kind == kind || keys->use_count == 0;
}

static void keys_be(struct tcp_keys *keys, enum tcp_auth_kind kind)
{
	if (keys->conf.kind == kind)
		return;
	memset(&keys->conf, 0, sizeof keys->conf);
	keys->conf.kind = kind;
}

static bool secret_is_valid(const struct tcp_auth_secret *secret)
{
	return secret->len_bytes > 0 && secret->len_bytes <= TCP_AUTH_KEY_MAX;
}

enum err tcp_keys_set_md5(struct tcp *tcp, const struct tcp_keys_at *at,
			  const struct tcp_auth_secret *secret)
{
	struct tcp_keys *keys;
	enum err err;

	if (!secret_is_valid(secret))
		return ERR_RANGE;
	err = keys_get(tcp, at, &keys);
	if (err != ERR_OK)
		return err;
	if (!keys_may_be(keys, TCP_AUTH_MD5))
		return ERR_RANGE;
	keys_be(keys, TCP_AUTH_MD5);
	keys->conf.md5 = *secret;
	CHECK(tcp_auth_conf_is_valid(&keys->conf));
	return ERR_OK;
}

enum err tcp_keys_add_ao(struct tcp *tcp, const struct tcp_keys_at *at,
			 const struct tcp_ao_key *key)
{
	struct tcp_auth_conf *conf;
	struct tcp_keys *keys;
	enum err err;

	if (!secret_is_valid(&key->master) || (u32)key->alg > TCP_AO_AES_128_CMAC)
		return ERR_RANGE;
	err = keys_get(tcp, at, &keys);
	if (err != ERR_OK)
		return err;
	if (!keys_may_be(keys, TCP_AUTH_AO))
		return ERR_RANGE;
	keys_be(keys, TCP_AUTH_AO);
	conf = &keys->conf;
	for (u32 n = 0; n < conf->ao_count; n++) {
		if (conf->ao[n].send_id == key->send_id || conf->ao[n].recv_id == key->recv_id)
			return ERR_EXISTS;
	}
	if (conf->ao_count == TCP_AO_KEYS_MAX)
		return ERR_FULL;
	conf->ao[conf->ao_count++] = *key;
	CHECK(tcp_auth_conf_is_valid(conf));
	return ERR_OK;
}

enum err tcp_keys_del_ao(struct tcp *tcp, const struct tcp_keys_at *at, u8 send_id, u8 recv_id)
{
	u32 idx = find_at(tcp, at);
	struct tcp_auth_conf *conf;
	u32 n = 0;

	if (idx == IDX_NONE)
		return ERR_NOT_FOUND;
	conf = &keys_at(tcp, idx)->conf;
	while (n < conf->ao_count &&
	       (conf->ao[n].send_id != send_id || conf->ao[n].recv_id != recv_id))
		n++;
	if (n == conf->ao_count)
		return ERR_NOT_FOUND;
	if (conf->ao_count == 1) {
		keys_remove(tcp, idx);
		return ERR_OK;
	}
	conf->ao_count--;
	memmove(&conf->ao[n], &conf->ao[n + 1], (conf->ao_count - n) * sizeof conf->ao[0]);
	memset(&conf->ao[conf->ao_count], 0, sizeof conf->ao[0]);
	return ERR_OK;
}

enum err tcp_keys_del(struct tcp *tcp, const struct tcp_keys_at *at)
{
	u32 idx = find_at(tcp, at);

	if (idx == IDX_NONE)
		return ERR_NOT_FOUND;
	keys_remove(tcp, idx);
	return ERR_OK;
}

void tcp_keys_forget(struct tcp *tcp, u32 ring)
{
	const struct slab *slab = &tcp->keys.keys;

	for (u32 idx = 0; idx < slab->cap && tcp->keys.by_at.count > 0; idx++) {
		if (slab_is_live(slab, idx) && keys_at(tcp, idx)->at.ring == ring &&
		    !keys_at(tcp, idx)->is_removed)
			keys_remove(tcp, idx);
	}
}

/* ---- states ---------------------------------------------------------------------------------- */

/* Whoever begins sends with the first key, and wants the same. */
void auth_begin(const struct tcp *tcp, struct auth_state *state, u32 keys, u32 local_isn)
{
	const struct tcp_auth_conf *conf = &keys_at(tcp, keys)->conf;

	*state = (struct auth_state){
		.keys = keys,
		.local_isn = local_isn,
		.snd = { .seq = local_isn },
		.current_id = conf->ao[0].send_id,
		.rnext_id = conf->ao[0].recv_id,
	};
}

void auth_set_peer(struct auth_state *state, u32 peer_isn)
{
	state->peer_isn = peer_isn;
	state->rcv = (struct auth_mark){ .seq = peer_isn };
	state->has_peer = true;
}

bool auth_has_room(struct tcp *tcp)
{
	const struct slab *states = &tcp->keys.states;

	if (states->live < states->cap || timewait_give_up_auth(tcp))
		return true;
	tcp->stats.no_auth++;
	return false;
}

u16 auth_keep(struct tcp *tcp, const struct auth_state *state)
{
	u32 idx = slab_new(&tcp->keys.states);

	CHECK(idx != IDX_NONE);
	*(struct auth_state *)slab_at(&tcp->keys.states, idx) = *state;
	keys_at(tcp, state->keys)->use_count++;
	return (u16)(idx + 1);
}

static void keys_put(struct tcp *tcp, u32 idx)
{
	struct tcp_keys *keys = keys_at(tcp, idx);

	CHECK(keys->use_count > 0);
	if (--keys->use_count == 0 && keys->is_removed)
		keys_end(tcp, idx);
}

void auth_drop(struct tcp *tcp, u16 auth)
{
	if (auth == 0)
		return;
	keys_put(tcp, auth_at(tcp, auth)->keys);
	slab_del(&tcp->keys.states, auth - 1u);
}

/* ---- of a connection's owner ----------------------------------------------------------------- */

static struct auth_state *state_of(const struct tcp *tcp, u64 id)
{
	const struct tcb *tcb = tcp_find(tcp, id);

	return tcb == NULL ? NULL : auth_at(tcp, tcb->auth);
}

enum err tcp_keys_own(struct tcp *tcp, u64 id, u32 ring, struct tcp_keys_at *at)
{
	const struct tcb *tcb = tcp_find(tcp, id);
	struct auth_state *state = state_of(tcp, id);
	const struct tcp_keys *old;
	struct tcp_keys *own;
	enum err err;

	if (state == NULL)
		return ERR_NOT_FOUND;
	old = keys_at(tcp, state->keys);
	*at = old->at;
	if (old->at.ring == ring && !old->is_removed)
		return ERR_OK;
	*at = (struct tcp_keys_at){ ring, tcb->key.peer, TCP_KEYS_LENGTHS - 1, tcb->key.zone };
	err = keys_get(tcp, at, &own);
	if (err != ERR_OK)
		return err;
	if (!keys_may_be(own, old->conf.kind))
		return ERR_EXISTS;
	own->conf = old->conf;
	own->use_count++;
	keys_put(tcp, state->keys);
	state->keys = find_at(tcp, at);
	return ERR_OK;
}

struct tcp_keys_use auth_use(const struct tcp *tcp, const struct auth_state *state)
{
	if (state == NULL)
		return (struct tcp_keys_use){ 0 };
	return (struct tcp_keys_use){ .kind = auth_conf(&tcp->keys, state)->kind,
				      .current_id = state->current_id,
				      .rnext_id = state->rnext_id };
}

struct tcp_keys_use tcp_keys_used(const struct tcp *tcp, u64 id)
{
	return auth_use(tcp, state_of(tcp, id));
}

enum err tcp_keys_use_ao(struct tcp *tcp, u64 id, u8 current_id, u8 rnext_id)
{
	struct auth_state *state = state_of(tcp, id);
	const struct tcp_auth_conf *conf;
	bool has_current = false, has_rnext = false;

	if (state == NULL)
		return ERR_NOT_FOUND;
	conf = auth_conf(&tcp->keys, state);
	for (u32 n = 0; n < conf->ao_count; n++) {
		has_current |= conf->ao[n].send_id == current_id;
		has_rnext |= conf->ao[n].recv_id == rnext_id;
	}
	if (!has_current || !has_rnext)
		return ERR_NOT_FOUND;
	state->current_id = current_id;
	state->rnext_id = rnext_id;
	return ERR_OK;
}

/* ---- invariants ------------------------------------------------------------------------------ */

void keys_check(const struct tcp *tcp)
{
	const struct keys_table *table = &tcp->keys;
	u32 uses = 0, found = 0;

	for (u32 idx = 0; idx < table->keys.cap; idx++) {
		const struct tcp_keys *keys = keys_at(tcp, idx);

		if (!slab_is_live(&table->keys, idx))
			continue;
		CHECK(tcp_auth_conf_is_valid(&keys->conf) && keys->conf.kind != TCP_AUTH_NONE);
		CHECK(!keys->is_removed || keys->use_count > 0);
		CHECK(keys->is_removed == (find_at(tcp, &keys->at) != idx));
		uses += keys->use_count;
		found += !keys->is_removed;
	}
	CHECK(found == table->by_at.count && uses == table->states.live);
}
