/* Whose segments are authenticated, and what a connection remembers of it (RFC 2385, RFC 5925).
 *
 * Keys belong to a ring, which is whatever its owner numbers: a listener has one, and so has who
 * connects. In it they are found by zone and by the longest prefix that the peer's address has. A
 * segment for a listener asks its ring each time, so that a half-open record and a cookie hold
 * nothing of it; a connection, and what is left of it in TIME-WAIT, has a state that refers to the
 * keys. What is changed in them counts from the next segment on, for all that refer to them. Keys
 * that are removed are found no more, and go with the last connection that was made with them.
 *
 * A connection of a peer without keys costs one test for a segment: of tcb->auth and of the option.
 *
 * keys.c    rings, keys and states: where they are
 * signed.c  segments: signed as they leave, checked as they come                                 */
#ifndef CORE_TCP_KEYS_H
#define CORE_TCP_KEYS_H

#include "core/base/err.h"
#include "core/base/map.h"
#include "core/base/slab.h"
#include "core/tcp/auth.h"
#include "core/tcp/seg.h"
#include "core/tcp/tcp_conf.h"

struct tcp;

enum {
	TCP_RING_NONE = 0,
	TCP_KEYS_LENGTHS = 33,       /* of a prefix, 0 to 32 bits */
	TCP_AUTH_LIMIT = UINT16_MAX, /* states at most: 16 bits refer to one, zero to none */
};

/* Where keys are: one peer, or all of a prefix. */
struct tcp_keys_at {
	u32 ring;
	be32 peer;
	u8 peer_len; /* bits of it, 32 at most */
	u8 zone;
};

struct tcp_keys {
	struct tcp_keys_at at;
	struct tcp_auth_conf conf;
	u32 use_count;   /* states that refer to it */
	bool is_removed; /* in no ring any more */
};

/* An extension, and the sequence number that it is of (RFC 5925 section 6.2). */
struct auth_mark {
	u32 seq;
	u32 sne;
};

/* What one connection knows; of one that is being made, it lies on the stack. */
struct auth_state {
	u32 keys; /* index of tcp_keys */
	u32 local_isn;
	u32 peer_isn;         /* with has_peer */
	struct auth_mark snd; /* the highest that was sent, and that was received: the numbers of */
	struct auth_mark rcv; /* the SYNs at first */
	u8 current_id;        /* SendID of current_key: by identifiers, since keys come and go */
	u8 rnext_id;          /* RecvID of rnext_key */
	bool has_peer;        /* its SYN was seen */
};

struct keys_table {
	struct slab keys;
	struct slab states;
	struct map by_at;
	u32 len_count[TCP_KEYS_LENGTHS]; /* prefixes of each length, in all rings */
};

void keys_layout(struct keys_table *table, const struct tcp_conf *conf, struct mem *mem);
void keys_init(struct keys_table *table);
void keys_check(const struct tcp *tcp);

/* ---- of the owner ---------------------------------------------------------------------------- */

/* The peer's segments are to have this key from now on. ERR_RANGE: the secret is empty or too long,
 * a prefix is none, or connections have keys of TCP-AO there; ERR_FULL: key_limit.               */
enum err tcp_keys_set_md5(struct tcp *tcp, const struct tcp_keys_at *at,
			  const struct tcp_auth_secret *secret);
/* One key more. ERR_EXISTS: one there has an identifier of it, and keys do not change (RFC 5925
 * section 3.1): it is removed first. ERR_FULL: TCP_AO_KEYS_MAX, or key_limit.                    */
enum err tcp_keys_add_ao(struct tcp *tcp, const struct tcp_keys_at *at,
			 const struct tcp_ao_key *key);
/* Who sends with this one goes on with the first that is left. The last one goes as by
 * tcp_keys_del(). ERR_NOT_FOUND.                                                                 */
enum err tcp_keys_del_ao(struct tcp *tcp, const struct tcp_keys_at *at, u8 send_id, u8 recv_id);
/* Of all kinds. Connections keep them to their end; ERR_NOT_FOUND. */
enum err tcp_keys_del(struct tcp *tcp, const struct tcp_keys_at *at);
/* All of a ring. */
void tcp_keys_forget(struct tcp *tcp, u32 ring);
/* From now on a connection has keys in this ring, a copy if it has them from another: *at is where,
 * and what changes there changes for it alone. ERR_NOT_FOUND: it has none, and gets none, since it
 * is with SYNs that both ends agree on it; ERR_FULL: key_limit; ERR_EXISTS: others of another kind
 * are there, and in use.                                                                         */
enum err tcp_keys_own(struct tcp *tcp, u64 id, u32 ring, struct tcp_keys_at *at);
/* The kind, and of TCP-AO current_key's SendID and rnext_key's RecvID. */
struct tcp_keys_use {
	enum tcp_auth_kind kind;
	u8 current_id;
	u8 rnext_id;
};
/* TCP_AUTH_NONE: of a connection that is gone, too. */
struct tcp_keys_use tcp_keys_used(const struct tcp *tcp, u64 id);
/* Which keys of TCP-AO we send with, and want to be sent (RFC 5925 section 4). The peer may have us
 * change the first, at its next segment. ERR_NOT_FOUND: no connection, or no such keys.          */
enum err tcp_keys_use_ao(struct tcp *tcp, u64 id, u8 current_id, u8 rnext_id);

/* ---- inside this folder: keys.c -------------------------------------------------------------- */

/* IDX_NONE: the ring has none for this peer. */
u32 keys_find(const struct tcp *tcp, u32 ring, u8 zone, be32 peer);
/* A state that begins: with the first of the keys, the peer not heard of. */
void auth_begin(const struct tcp *tcp, struct auth_state *state, u32 keys, u32 local_isn);
/* The peer's SYN was taken. */
void auth_set_peer(struct auth_state *state, u32 peer_isn);
/* Whether auth_keep() finds a place; the oldest TIME-WAIT that has one gives it up. Counted. */
bool auth_has_room(struct tcp *tcp);
/* A copy that lives as long as what it is of, as tcb->auth. Requires: auth_has_room(). */
u16 auth_keep(struct tcp *tcp, const struct auth_state *state);
void auth_drop(struct tcp *tcp, u16 auth);
/* For people; NULL: TCP_AUTH_NONE. */
struct tcp_keys_use auth_use(const struct tcp *tcp, const struct auth_state *state);
static inline const struct tcp_auth_conf *auth_conf(const struct keys_table *table,
						    const struct auth_state *state)
{
	return &((const struct tcp_keys *)slab_at(&table->keys, state->keys))->conf;
}

/* ---- signed.c -------------------------------------------------------------------------------- */

/* Bytes among the options of each segment, a multiple of four; NULL: zero. */
u32 auth_opt_len(const struct tcp *tcp, const struct auth_state *state);
/* Whether no block of SACK would find room beside timestamps, as with a digest: 20 bytes, and 12,
 * and 12. Who has both offers, or is offered, takes SACK, as Linux does: loss is often, and numbers
 * that go around while an old segment lives are not.                                             */
bool auth_prefers_sack(const struct tcp *tcp, const struct auth_state *state);
/* Writes the option to at, in the header hdr, whose data follow it; all but the checksum is there.
 * key: as of what we send, local is its source.                                                  */
void auth_sign(const struct tcp *tcp, struct auth_state *state, const struct tcp_key *key,
	       const struct tcp_hdr *hdr, u32 data_len, u8 *at);
/* Whether a segment may be believed that came for who has this state; NULL: no keys. Counted by
 * reason if not. Of TCP-AO it says which key the peer wants us to use (RFC 5925 section 7.5).    */
bool auth_in(struct tcp *tcp, struct auth_state *state, const struct tcp_seg *seg);
/* The same of one for a listener. seg->auth is *state if the ring has keys for the peer: it signs
 * what is answered, and a connection keeps a copy.                                               */
bool auth_in_listener(struct tcp *tcp, u32 listener, struct tcp_seg *seg, struct auth_state *state);
/* The same of one for nobody; seg->auth signs a RST. Keys are those of a listener on the peer's
 * port: with a connection that was begun here its ring is gone, and where either end may begin,
 * both listen on the same port.                                                                  */
bool auth_in_closed(struct tcp *tcp, struct tcp_seg *seg, struct auth_state *state);
struct half_open;
/* What signs for a half-open record, in *state; NULL: nothing does. */
struct auth_state *auth_of_half_open(const struct tcp *tcp, const struct half_open *rec,
				     struct auth_state *state);
/* RFC 5925 section 7.8: whether an ICMP error changes nothing; NULL: no keys, it does. */
bool auth_ignores_icmp(const struct tcp *tcp, const struct auth_state *state, u8 code);

#endif
