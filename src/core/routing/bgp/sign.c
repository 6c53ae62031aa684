/* Keys of peers, given to sockets: MD5 (RFC 2385) and TCP-AO (RFC 5925).
 *
 * A call is signed by the keys of its socket, and what comes to the listener by those that the
 * listener has for the peer's address. So the listener is told whenever they change.
 *
 * Keys of TCP-AO may change while a connection stands, as long as one that both ends have stays.
 * Which one we send with is the peer's to say, and which one it sends with is ours (RFC 5925
 * section 4): of what was configured the first. In whatever order both ends hear of a change, each
 * one sends with a key that it was asked for, and takes what any of its keys signed.             */
#include "core/routing/bgp/bgp_part.h"

enum { HOST_LEN = 32 };

static struct sock_value value_of(const struct bgp_peer *peer)
{
	return (struct sock_value){ .addr = peer->conf.addr, .addr_len = HOST_LEN };
}

static enum sock_error key_set(struct bgp *bgp, sock_id sock, enum sock_option option,
			       const struct sock_value *value)
{
	return bgp->env.io.set(bgp->env.io.ctx, sock, option, value, bgp->now);
}

static struct tcp_auth_secret secret_of(const struct bgp_key *key)
{
	struct tcp_auth_secret secret = { .len_bytes = key->len_bytes };

	CHECK(key->len_bytes <= TCP_AUTH_KEY_MAX);
	memcpy(secret.byte, key->secret, key->len_bytes);
	return secret;
}

/* SOCK_OPT_AO_ADD or SOCK_OPT_AO_DEL. */
static enum sock_error ao_set(struct bgp *bgp, const struct bgp_peer *peer, sock_id sock,
			      enum sock_option option, const struct bgp_key *key)
{
	struct tcp_ao_key ao = {
		.send_id = key->send_id,
		.recv_id = key->recv_id,
		.covers_options = true,
		.alg = key->alg == BGP_KEY_SHA1 ? TCP_AO_HMAC_SHA1 : TCP_AO_AES_128_CMAC,
		.master = secret_of(key),
	};
	struct sock_value value = value_of(peer);

	value.ao = &ao;
	return key_set(bgp, sock, option, &value);
}

/* All of the peer's; those that are there stay as they are. False: there is no room. */
static bool ao_add_all(struct bgp *bgp, const struct bgp_peer *peer, sock_id sock)
{
	const struct bgp_auth_conf *auth = &peer->conf.auth;

	for (u32 at = 0; at < auth->key_count; at++) {
		enum sock_error error = ao_set(bgp, peer, sock, SOCK_OPT_AO_ADD, &auth->key[at]);

		if (error != SOCK_OK && error != SOCK_IN_USE)
			return false;
	}
	return true;
}

bool bgp_line_sign(struct bgp *bgp, const struct bgp_peer *peer, sock_id sock)
{
	struct sock_value value = value_of(peer);
	struct tcp_auth_secret secret;

	if (peer->conf.auth.kind != BGP_AUTH_MD5)
		return ao_add_all(bgp, peer, sock);
	secret = secret_of(&peer->conf.auth.key[0]);
	value.secret = &secret;
	return key_set(bgp, sock, SOCK_OPT_MD5SIG, &value) == SOCK_OK;
}

void bgp_listen_unsign(struct bgp *bgp, const struct bgp_peer *peer)
{
	const struct bgp_auth_conf *auth = &peer->conf.auth;
	struct sock_value value = value_of(peer);

	if (bgp->listener == SOCK_ID_NONE)
		return;
	/* They may never have been there: then there is nothing to forget. */
	if (auth->kind == BGP_AUTH_MD5)
		(void)key_set(bgp, bgp->listener, SOCK_OPT_MD5SIG, &value);
	for (u32 at = 0; at < auth->key_count && auth->kind == BGP_AUTH_AO; at++)
		(void)ao_set(bgp, peer, bgp->listener, SOCK_OPT_AO_DEL, &auth->key[at]);
}

static void may_call_set(struct bgp *bgp, struct bgp_peer *peer, bool has_keys)
{
	peer->may_call = has_keys;
	if (!has_keys)
		bgp_tell(bgp, peer, SPEAKER_WARNING, "no room for its key: it can not call", "");
}

void bgp_listen_sign(struct bgp *bgp, struct bgp_peer *peer)
{
	peer->may_call = false;
	if (bgp->listener != SOCK_ID_NONE)
		may_call_set(bgp, peer, bgp_line_sign(bgp, peer, bgp->listener));
}

void bgp_listen_sign_all(struct bgp *bgp)
{
	for (u32 at = 0; at < bgp->conf.peer_limit; at++) {
		if (bgp->peer[at].used)
			bgp_listen_sign(bgp, &bgp->peer[at]);
	}
}

/* ---- other keys ------------------------------------------------------------------------------ */

static bool key_equal(const struct bgp_key *a, const struct bgp_key *b)
{
	return a->send_id == b->send_id && a->recv_id == b->recv_id && a->alg == b->alg &&
	       a->len_bytes == b->len_bytes && memcmp(a->secret, b->secret, a->len_bytes) == 0;
}

static bool has_key(const struct bgp_auth_conf *auth, const struct bgp_key *key)
{
	for (u32 at = 0; at < auth->key_count; at++) {
		if (key_equal(&auth->key[at], key))
			return true;
	}
	return false;
}

/* The first of the new ones that was there before; NULL. */
static const struct bgp_key *key_that_stays(const struct bgp_auth_conf *old,
					    const struct bgp_auth_conf *new)
{
	for (u32 at = 0; at < new->key_count; at++) {
		if (has_key(old, &new->key[at]))
			return &new->key[at];
	}
	return NULL;
}

bool bgp_auth_goes_on(const struct bgp_auth_conf *old, const struct bgp_auth_conf *new)
{
	return old->kind == new->kind &&
	       (new->kind == BGP_AUTH_NONE || key_that_stays(old, new) != NULL);
}

static bool auth_equal(const struct bgp_auth_conf *a, const struct bgp_auth_conf *b)
{
	if (a->kind != b->kind || a->key_count != b->key_count)
		return false;
	for (u32 at = 0; at < a->key_count; at++) {
		if (!key_equal(&a->key[at], &b->key[at]))
			return false;
	}
	return true;
}

/* What is gone goes first: a new one may have its identifiers, and there is room for no more than
 * BGP_KEYS_MAX. False: there is none for all.                                                    */
static bool keys_replace(struct bgp *bgp, const struct bgp_peer *peer, sock_id sock,
			 const struct bgp_auth_conf *old)
{
	for (u32 at = 0; at < old->key_count; at++) {
		/* Of a connection that has the listener's they are those of the listener. */
		if (!has_key(&peer->conf.auth, &old->key[at]))
			(void)ao_set(bgp, peer, sock, SOCK_OPT_AO_DEL, &old->key[at]);
	}
	return ao_add_all(bgp, peer, sock);
}

/* Whether it has such keys. */
static bool keys_use(struct bgp *bgp, sock_id sock, u8 current_id, u8 rnext_id)
{
	struct sock_value value = { .number = SOCK_AO_USE(current_id, rnext_id) };

	return key_set(bgp, sock, SOCK_OPT_AO_USE, &value) == SOCK_OK;
}

/* False: it has no keys. */
static bool keys_used(struct bgp *bgp, sock_id sock, u8 *current_id, u8 *rnext_id)
{
	struct sock_value value = { 0 };

	if (bgp->env.io.get(bgp->env.io.ctx, sock, SOCK_OPT_AO_USE, &value) != SOCK_OK)
		return false;
	*current_id = (u8)(value.number >> 8);
	*rnext_id = (u8)value.number;
	return true;
}

void bgp_line_want(struct bgp *bgp, struct bgp_peer *peer, u8 at)
{
	const struct bgp_auth_conf *auth = &peer->conf.auth;
	sock_id sock = peer->line[at].sock;
	u8 current_id, rnext_id;

	if (auth->kind == BGP_AUTH_AO && keys_used(bgp, sock, &current_id, &rnext_id) &&
	    rnext_id != auth->key[0].recv_id)
		(void)keys_use(bgp, sock, current_id, auth->key[0].recv_id);
}

/* The key of an identifier that was in use, if it stays; NULL. */
static const struct bgp_key *used_that_stays(const struct bgp_auth_conf *old,
					     const struct bgp_auth_conf *new, bool recv, u8 id)
{
	for (u32 at = 0; at < new->key_count; at++) {
		const struct bgp_key *key = &new->key[at];

		if ((recv ? key->recv_id : key->send_id) == id && has_key(old, key))
			return key;
	}
	return NULL;
}

/* What we send with stays, since the peer wants it; and so does what we ask for until the first new
 * one is there. What is to go gives way to one that was there before, as the peer may not have the
 * new ones yet: then it has to hear of that one first, and bgp_line_want() asks for more.        */
static void line_keys_change(struct bgp *bgp, struct bgp_peer *peer, u8 at,
			     const struct bgp_auth_conf *old)
{
	const struct bgp_auth_conf *new = &peer->conf.auth;
	const struct bgp_key *stays = key_that_stays(old, new), *current, *next;
	const struct bgp_line *line = &peer->line[at];
	u8 current_id, rnext_id, asks_id;

	if (line->sock == SOCK_ID_NONE || !keys_used(bgp, line->sock, &current_id, &rnext_id))
		return;
	current = used_that_stays(old, new, false, current_id);
	next = used_that_stays(old, new, true, rnext_id);
	current_id = current != NULL ? current_id : stays->send_id;
	asks_id = next != NULL ? new->key[0].recv_id : stays->recv_id;
	(void)keys_use(bgp, line->sock, current_id, next != NULL ? rnext_id : asks_id);
	if (!keys_replace(bgp, peer, line->sock, old) ||
	    !keys_use(bgp, line->sock, current_id, asks_id))
		bgp_tell(bgp, peer, SPEAKER_WARNING,
			 "no room for another key: its connection goes on with an old one", "");
	/* Said at once the peer changes over at once. Twice a second is too often (RFC 4271 section
	 * 4.4), and without a hold time there are none.                                          */
	if (rnext_id != asks_id && line->state == BGP_ESTABLISHED && line->keepalive_ns > 0 &&
	    bgp->now - line->said_ns >= NS_PER_SEC)
		bgp_line_event(bgp, peer, at, BGP_EVENT_KEEPALIVE_EXPIRES);
}

void bgp_keys_change(struct bgp *bgp, struct bgp_peer *peer, const struct bgp_auth_conf *old)
{
	const struct bgp_auth_conf *new = &peer->conf.auth;

	if (new->kind != BGP_AUTH_AO || auth_equal(old, new))
		return;
	for (u8 at = 0; at < BGP_LINES; at++)
		line_keys_change(bgp, peer, at, old);
	if (bgp->listener != SOCK_ID_NONE)
		may_call_set(bgp, peer, keys_replace(bgp, peer, bgp->listener, old));
}
