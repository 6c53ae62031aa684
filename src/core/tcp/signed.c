/* Segments of peers that have keys: signed as they leave, checked as they come. */
#include "core/tcp/keys.h"
#include "core/tcp/listen_part.h"
#include "core/wire/icmp.h"

enum { OPT_WORD = 4 };

/* ---- out ------------------------------------------------------------------------------------- */

u32 auth_opt_len(const struct tcp *tcp, const struct auth_state *state)
{
	if (state == NULL)
		return 0;
	return (tcp_auth_opt_len(auth_conf(&tcp->keys, state)) + OPT_WORD - 1) / OPT_WORD *
	       OPT_WORD;
}

bool auth_prefers_sack(const struct tcp *tcp, const struct auth_state *state)
{
	struct tcp_opts opts = { .has_ts = true, .sack_count = 1 };
	u32 room = auth_opt_len(tcp, state);

	return tcp_opts_len(&opts, room) ==
	       tcp_opts_len(&(struct tcp_opts){ .has_ts = true }, room);
}

/* The first, when the one that was used is gone; MD5 has none, and asks for none. */
static u32 key_of_send_id(const struct tcp_auth_conf *conf, u8 send_id)
{
	for (u32 n = 0; n < conf->ao_count; n++) {
		if (conf->ao[n].send_id == send_id)
			return n;
	}
	return 0;
}

static u32 key_of_recv_id(const struct tcp_auth_conf *conf, u8 recv_id)
{
	for (u32 n = 0; n < conf->ao_count; n++) {
		if (conf->ao[n].recv_id == recv_id)
			return n;
	}
	return 0;
}

/* Of a SYN it is zero: with it the numbers begin (RFC 5925 section 6.2). */
static u32 sne_of(const struct auth_mark *mark, u32 seq, u8 flags)
{
	return (flags & TCP_SYN) != 0 ? 0 : tcp_ao_sne(mark->sne, mark->seq, seq);
}

/* A mark follows the numbers, never back; SYNs have none of their own. */
static void mark_move(struct auth_mark *mark, u32 seq, u8 flags)
{
	if ((flags & TCP_SYN) == 0 && seq_gt(seq, mark->seq))
		*mark = (struct auth_mark){ seq, sne_of(mark, seq, flags) };
}

void auth_sign(const struct tcp *tcp, struct auth_state *state, const struct tcp_key *key,
	       const struct tcp_hdr *hdr, u32 data_len, u8 *at)
{
	const struct tcp_auth_conf *conf = auth_conf(&tcp->keys, state);
	u32 fill = auth_opt_len(tcp, state) - tcp_auth_opt_len(conf);
	u32 seq = be32_host(hdr->seq);
	struct tcp_auth_segment segment = {
		.src = key->local,
		.dst = key->peer,
		.tcp = hdr,
		.data = { { (const u8 *)hdr + tcp_hlen(hdr), data_len } },
		.src_isn = state->local_isn,
		.dst_isn = state->peer_isn,
		.sne = sne_of(&state->snd, seq, hdr->flags),
	};

	memset(at, TCP_OPT_NOP, fill);
	tcp_auth_sign(conf, &segment, key_of_send_id(conf, state->current_id),
		      key_of_recv_id(conf, state->rnext_id), at + fill);
	mark_move(&state->snd, seq, hdr->flags);
}

/* ---- in -------------------------------------------------------------------------------------- */

static void count_refused(struct tcp_stats *stats, enum tcp_auth_answer answer)
{
	switch (answer) {
	case TCP_AUTH_OK: break;
	case TCP_AUTH_MISSING: stats->auth_missing++; break;
	case TCP_AUTH_MALFORMED: stats->auth_malformed++; break;
	case TCP_AUTH_UNKNOWN_KEY: stats->auth_unknown_key++; break;
	case TCP_AUTH_WRONG: stats->auth_wrong++; break;
	}
}

/* Somebody signs for whom we have no keys. What we would answer he could not believe, so that a
 * segment with a digest is dropped, as Linux does it. RFC 5925 section 7.3: one with TCP-AO is
 * taken as if it had none, unless that is configured otherwise.                                  */
static bool in_without_keys(struct tcp *tcp, const struct tcp_seg *seg)
{
	if (seg->opt.auth_kind == 0 ||
	    (seg->opt.auth_kind == TCP_OPT_AO && !tcp->conf.auth_refuse_unknown))
		return true;
	tcp->stats.auth_unexpected++;
	return false;
}

/* RFC 5925 section 7.5, 1.d and 2.g.ii: the peer says which key it wants us to use. An old segment
 * says it, too: it changes nothing, or one that is sent again by somebody else would bring a key
 * back that is given up.                                                                         */
static void take_ids(struct auth_state *state, const struct tcp_auth_conf *conf,
		     const struct tcp_seg *seg, const struct tcp_ao_seen *seen)
{
	bool is_new = (seg->flags & TCP_SYN) == 0 && seq_ge(seg->seq, state->rcv.seq);

	if (state->has_peer && !is_new)
		return;
	if (seen->wanted != IDX_NONE)
		state->current_id = conf->ao[seen->wanted].send_id;
	/* Whoever did not begin wants what the other one begins with. */
	if (!state->has_peer && (seg->flags & (TCP_SYN | TCP_ACK)) != (TCP_SYN | TCP_ACK))
		state->rnext_id = conf->ao[seen->key].recv_id;
}

bool auth_in(struct tcp *tcp, struct auth_state *state, const struct tcp_seg *seg)
{
	const struct tcp_auth_conf *conf;
	struct tcp_auth_segment segment;
	enum tcp_auth_answer answer;
	struct tcp_ao_seen seen;

	if (state == NULL)
		return in_without_keys(tcp, seg);
	conf = auth_conf(&tcp->keys, state);
	segment = (struct tcp_auth_segment){
		.src = seg->key.peer,
		.dst = seg->key.local,
		.tcp = seg->hdr,
		.data = { { seg->data, seg->len } },
		.src_isn = state->peer_isn,
		.dst_isn = state->local_isn,
		.sne = sne_of(&state->rcv, seg->seq, seg->flags),
	};
	answer = tcp_auth_check(conf, &segment, &seen);
	if (answer != TCP_AUTH_OK) {
		count_refused(&tcp->stats, answer);
		return false;
	}
	if (conf->kind == TCP_AUTH_AO)
		take_ids(state, conf, seg, &seen);
	if (state->has_peer)
		mark_move(&state->rcv, seg->seq, seg->flags);
	return true;
}

/* ---- of listeners ---------------------------------------------------------------------------- */

static u32 keys_of_listener(const struct tcp *tcp, u32 listener, const struct tcp_key *key)
{
	return keys_find(tcp, listener_at(tcp, listener)->ring, key->zone, key->peer);
}

struct auth_state *auth_of_half_open(const struct tcp *tcp, const struct half_open *rec,
				     struct auth_state *state)
{
	u32 keys = keys_of_listener(tcp, rec->listener, &rec->key);

	if (keys == IDX_NONE)
		return NULL;
	auth_begin(tcp, state, keys, rec->iss);
	auth_set_peer(state, rec->irs);
	state->current_id = rec->current_id;
	state->rnext_id = rec->rnext_id;
	return state;
}

/* Without a record: what a SYN says, and what the first segment behind one says of both numbers, as
 * the ACK of a cookie does. Others have a code that does not fit to what they say.               */
static void begin_of_segment(const struct tcp *tcp, u32 keys, const struct tcp_seg *seg,
			     struct auth_state *state)
{
	bool is_syn = (seg->flags & TCP_SYN) != 0;

	auth_begin(tcp, state, keys, (seg->flags & TCP_ACK) != 0 ? seg->ack - 1 : 0);
	state->peer_isn = is_syn ? seg->seq : seg->seq - 1;
	state->rcv.seq = state->peer_isn;
}

bool auth_in_listener(struct tcp *tcp, u32 listener, struct tcp_seg *seg, struct auth_state *state)
{
	u32 rec = half_open_find(tcp, &seg->key);
	u32 keys;

	seg->auth = NULL;
	if (rec != IDX_NONE) {
		seg->auth = auth_of_half_open(tcp, half_open_at(tcp, rec), state);
		return auth_in(tcp, seg->auth, seg);
	}
	keys = keys_of_listener(tcp, listener, &seg->key);
	if (keys != IDX_NONE) {
		begin_of_segment(tcp, keys, seg, state);
		seg->auth = state;
	}
	if (!auth_in(tcp, seg->auth, seg))
		return false;
	if (seg->auth != NULL)
		auth_set_peer(state, state->peer_isn);
	return true;
}

bool auth_in_closed(struct tcp *tcp, struct tcp_seg *seg, struct auth_state *state)
{
	struct tcp_key there = seg->key;
	u32 listener, keys;

	seg->auth = NULL;
	if (tcp->keys.by_at.count == 0 && seg->opt.auth_kind == 0)
		return true;
	there.local_port = seg->key.peer_port;
	listener = listen_find(tcp, &there);
	keys = listener == IDX_NONE ? IDX_NONE : keys_of_listener(tcp, listener, &seg->key);
	if (keys == IDX_NONE) {
		/* Whoever signs would not believe a RST that is not signed. */
		tcp->stats.auth_unexpected += seg->opt.auth_kind != 0;
		return seg->opt.auth_kind == 0;
	}
	begin_of_segment(tcp, keys, seg, state);
	seg->auth = state;
	return auth_in(tcp, state, seg);
}

bool auth_ignores_icmp(const struct tcp *tcp, const struct auth_state *state, u8 code)
{
	if (state == NULL || tcp->conf.auth_takes_icmp ||
	    auth_conf(&tcp->keys, state)->kind != TCP_AUTH_AO)
		return false;
	return code == ICMP_UNREACH_PROTO || code == ICMP_UNREACH_PORT || code == ICMP_UNREACH_FRAG;
}
