/* What the owner of a connection calls: RFC 9293 section 3.9.1. */
#include "core/tcp/emit.h"
#include "core/tcp/isn.h"
#include "core/tcp/loss.h"
#include "core/tcp/tcp_part.h"

enum {
	/* RFC 6056 section 3.2 allows all from 1024 on; these are what Linux draws from. */
	PORT_FIRST = 32768,
	PORT_COUNT = 28232,
	PORT_TRIES = 512, /* drawn at random; then all in order */
};

static u32 idx_of(const struct tcp *tcp, tcp_id id)
{
	u32 idx = (u32)id;

	if (id == TCP_ID_NONE || idx >= tcp->tcbs.cap || !slab_is_live(&tcp->tcbs, idx) ||
	    tcp_id_at(tcp, idx) != id ||
	    (tcb_at(tcp, idx)->flags & TCB_ORPHAN) != 0)
		return IDX_NONE;
	return idx;
}

static void flag_set(struct tcb *tcb, u32 flag, bool on)
{
	tcb->flags = on ? tcb->flags | flag : tcb->flags & ~flag;
}

const struct tcb *tcp_find(const struct tcp *tcp, tcp_id id)
{
	u32 idx = idx_of(tcp, id);

	return idx == IDX_NONE ? NULL : tcb_at(tcp, idx);
}

/* ---- open ------------------------------------------------------------------------------------ */

/* Whether nobody uses the four-tuple; one in TIME-WAIT may be taken over: then *iss is what our
 * numbers have to be above, and *above is set.                                                   */
static bool key_is_free(struct tcp *tcp, const struct tcp_key *key, bool *above, u32 *iss,
			ns_t now)
{
	u32 at;

	*above = false;
	if (tcb_find(tcp, key) != IDX_NONE || listen_of_half_open(tcp, key) != IDX_NONE)
		return false;
	at = timewait_find(tcp, key);
	if (at == IDX_NONE)
		return true;
	*above = timewait_reuse(tcp, at, iss, now);
	return *above;
}

/* RFC 6056 section 3.3.1: at random, then whatever is left. */
static bool choose_port(struct tcp *tcp, struct tcp_key *key, bool *above, u32 *iss, ns_t now)
{
	u32 start = rng_below(&tcp->rng, PORT_COUNT);

	for (u32 count = 0; count < PORT_TRIES + PORT_COUNT; count++) {
		u32 at = count < PORT_TRIES ? rng_below(&tcp->rng, PORT_COUNT) :
					      (start + count) % PORT_COUNT;

		key->local_port = be16_of((u16)(PORT_FIRST + at));
		if (key_is_free(tcp, key, above, iss, now))
			return true;
	}
	return false;
}

/* What a SYN of ours offers. */
static void offer(struct tcp *tcp, struct tcb *tcb, const struct tcp_sockopt *opt)
{
	const struct auth_state *auth = auth_at(tcp, tcb->auth);

	if (!opt->no_wscale) {
		tcb->flags |= TCB_WSCALE;
		tcb->rcv_wscale = tcp_wscale_for(tcb->recv_fixed ? tcb->recv_limit :
								   tcp->conf.recv_buffer_max);
	}
	if (!opt->no_timestamps)
		tcb->flags |= TCB_TS;
	if (!opt->no_sack)
		tcb->flags |= TCB_SACK;
	if (auth != NULL && auth_prefers_sack(tcp, auth) && !opt->no_sack)
		tcb->flags &= ~(u32)TCB_TS;
	if (tcp->conf.ecn)
		tcb->flags |= TCB_ECN;
}

enum err tcp_connect(struct tcp *tcp, const struct tcp_open *open, tcp_id *id, ns_t now)
{
	u32 keys = keys_find(tcp, open->ring, open->key.zone, open->key.peer);
	struct tcp_key key = open->key;
	struct auth_state state;
	struct tcb *tcb;
	bool above;
	u32 iss = 0;
	u32 idx;

	if (open->opt.cc != NULL && cc_find(open->opt.cc) == NULL)
		return ERR_RANGE;
	if (key.local_port.raw == 0) {
		if (!choose_port(tcp, &key, &above, &iss, now))
			return ERR_FULL;
	} else if (!key_is_free(tcp, &key, &above, &iss, now)) {
		return ERR_EXISTS;
	}
	if (keys != IDX_NONE && !auth_has_room(tcp))
		return ERR_FULL;
	idx = tcb_new(tcp, &key, &open->opt, open->mtu, now);
	if (idx == IDX_NONE)
		return ERR_FULL;
	tcb = tcb_at(tcp, idx);
	tcb->owner = open->owner;
	tcb->flags |= TCB_ACCEPTED;
	tcb->iss = tcp_isn(tcp, &key, now);
	if (above && seq_le(tcb->iss, iss))
		tcb->iss = iss + 1;
	if (keys != IDX_NONE) {
		auth_begin(tcp, &state, keys, tcb->iss);
		tcb_set_auth(tcp, tcb, &state);
		tcb_set_sizes(tcb);
	}
	offer(tcp, tcb, &open->opt);
	tcb->ts_offset = tcp_ts_offset(tcp, &key);
	tcb->snd_una = tcb->snd_nxt = tcb->iss;
	tcb->snd_small = tcb->snd_push = tcb->iss;
	tcp_set_state(tcp, idx, TCP_SYN_SENT, now);
	tcp->stats.opened_active++;
	tcp_want_send(tcp, idx);
	*id = tcp_id_at(tcp, idx);
	return ERR_OK;
}

/* ---- send and receive ------------------------------------------------------------------------ */

u32 tcp_write(struct tcp *tcp, tcp_id id, const void *data, u32 bytes, bool more, ns_t now)
{
	u32 idx = idx_of(tcp, id);
	struct tcb *tcb;
	u32 room;

	(void)now;
	if (idx == IDX_NONE)
		return 0;
	tcb = tcb_at(tcp, idx);
	if (tcb->state == TCP_CLOSED || (tcb->flags & TCB_FIN_QUEUED) != 0)
		return 0;
	room = tcb->send_limit > tcb->snd.len ? tcb->send_limit - tcb->snd.len : 0;
	bytes = u32_min(bytes, room);
	room = budget_send(tcp, tcb, tcb->snd.len + bytes);
	bytes = u32_min(bytes, room > tcb->snd.len ? room - tcb->snd.len : 0);
	if (bytes > 0 && !ring_reserve(&tcb->snd, &tcp->buffers, tcb->snd.len + bytes)) {
		tcp->stats.no_buffer++;
		bytes = 0;
	}
	if (bytes > 0) {
		ring_write(&tcb->snd, &tcp->buffers, tcb->snd.len, data, bytes);
		tcb->snd.len += bytes;
		if (!more)
			tcb->snd_push = tcb_snd_base(tcb) + tcb->snd.len;
		flag_set(tcb, TCB_MORE, more);
		tcp_want_send(tcp, idx);
	}
	if (tcb->snd.len >= tcb->send_limit || bytes == 0)
		tcp_set_ready(tcp, tcb, 0, TCP_WRITABLE);
	return bytes;
}

const u8 *tcp_peek(const struct tcp *tcp, tcp_id id, u32 *bytes)
{
	u32 idx = idx_of(tcp, id);
	const struct tcb *tcb;

	*bytes = 0;
	if (idx == IDX_NONE)
		return NULL;
	tcb = tcb_at(tcp, idx);
	return ring_peek(&tcb->rcv, &tcp->buffers, 0, tcb->rcv.len, bytes);
}

void tcp_read_done(struct tcp *tcp, tcp_id id, u32 bytes, ns_t now)
{
	u32 idx = idx_of(tcp, id);
	struct tcb *tcb;

	if (idx == IDX_NONE || bytes == 0)
		return;
	tcb = tcb_at(tcp, idx);
	ring_drop(&tcb->rcv, &tcp->buffers, bytes);
	if (tcb->rcv.len == 0 && (tcb->ready & (TCP_PEER_DONE | TCP_FAILED)) == 0)
		tcp_set_ready(tcp, tcb, 0, TCP_READABLE);
	if (tcb->state == TCP_CLOSED || !reasm_was_read(tcp, tcb, bytes, now))
		return;
	tcb->flags |= TCB_ACK_NOW;
	tcp_want_send(tcp, idx);
}

u32 tcp_read(struct tcp *tcp, tcp_id id, void *to, u32 bytes, ns_t now)
{
	u32 idx = idx_of(tcp, id);
	struct tcb *tcb;

	if (idx == IDX_NONE)
		return 0;
	tcb = tcb_at(tcp, idx);
	bytes = u32_min(bytes, tcb->rcv.len);
	if (bytes == 0)
		return 0;
	ring_copy(&tcb->rcv, &tcp->buffers, 0, to, bytes);
	tcp_read_done(tcp, id, bytes, now);
	return bytes;
}

/* ---- the end --------------------------------------------------------------------------------- */

/* Section 3.10.4: no more data will be written. */
static void queue_fin(struct tcp *tcp, u32 idx, ns_t now)
{
	struct tcb *tcb = tcb_at(tcp, idx);

	if ((tcb->flags & TCB_FIN_QUEUED) != 0)
		return;
	tcb->flags |= TCB_FIN_QUEUED | TCB_PUSH_ALL;
	tcp_set_ready(tcp, tcb, 0, TCP_WRITABLE);
	if (tcb->state == TCP_ESTABLISHED)
		tcp_set_state(tcp, idx, TCP_FIN_WAIT_1, now);
	else if (tcb->state == TCP_CLOSE_WAIT)
		tcp_set_state(tcp, idx, TCP_LAST_ACK, now);
	tcp_want_send(tcp, idx);
}

void tcp_shutdown(struct tcp *tcp, tcp_id id, ns_t now)
{
	u32 idx = idx_of(tcp, id);

	if (idx != IDX_NONE && tcb_at(tcp, idx)->state != TCP_CLOSED)
		queue_fin(tcp, idx, now);
}

void tcb_abort(struct tcp *tcp, u32 idx, ns_t now)
{
	struct tcb *tcb = tcb_at(tcp, idx);

	/* Section 3.10.5: none in SYN-SENT. */
	if (tcb_is_synchronized(tcb))
		emit_reset_of(tcp, tcb, now);
	tcb_fail(tcp, idx, TCP_ERR_RESET, now);
}

void tcp_abort(struct tcp *tcp, tcp_id id, ns_t now)
{
	u32 idx = idx_of(tcp, id);

	if (idx == IDX_NONE)
		return;
	tcb_leave_owner(tcp, idx);
	if (slab_is_live(&tcp->tcbs, idx))
		tcb_abort(tcp, idx, now);
}

void tcp_close(struct tcp *tcp, tcp_id id, ns_t now)
{
	u32 idx = idx_of(tcp, id);
	struct tcb *tcb;

	if (idx == IDX_NONE)
		return;
	tcb = tcb_at(tcp, idx);
	if (tcb->state == TCP_SYN_SENT || tcb->rcv.len > 0 ||
	    ((tcb->flags & TCB_LINGER) != 0 && tcb->linger_ms == 0)) {
		tcp_abort(tcp, id, now);
		return;
	}
	tcb_leave_owner(tcp, idx);
	if (!slab_is_live(&tcp->tcbs, idx))
		return;
	queue_fin(tcp, idx, now);
	if (tcb->state == TCP_FIN_WAIT_2)
		timer_set(tcp, tcb, TCP_TIMER_END, now + tcp->conf.fin_wait_2_ms * NS_PER_MS);
	else if ((tcb->flags & TCB_LINGER) != 0)
		timer_set(tcp, tcb, TCP_TIMER_END, now + tcb->linger_ms * NS_PER_MS);
}

/* ---- options, news --------------------------------------------------------------------------- */

static enum err cc_exchange(struct tcb *tcb, const char *name, ns_t now)
{
	const struct cc_ops *ops = name == NULL ? tcb->cc_ops : cc_find(name);

	if (ops == NULL)
		return ERR_RANGE;
	if (ops != tcb->cc_ops)
		loss_exchange_cc(tcb, ops, now);
	return ERR_OK;
}

enum err tcp_set_opt(struct tcp *tcp, tcp_id id, const struct tcp_sockopt *opt, ns_t now)
{
	u32 idx = idx_of(tcp, id);
	struct tcb *tcb;
	enum err err;

	if (idx == IDX_NONE)
		return ERR_NOT_FOUND;
	tcb = tcb_at(tcp, idx);
	err = cc_exchange(tcb, opt->cc, now);
	if (err != ERR_OK || tcb->state == TCP_CLOSED)
		return err;
	/* Whoever turns Nagle off wants what is queued to leave, corked or not. */
	if (opt->nodelay && (tcb->flags & TCB_NODELAY) == 0 && tcb_unsent(tcb) > 0)
		tcb->flags |= TCB_PUSH_ALL;
	flag_set(tcb, TCB_KEEPALIVE, opt->keepalive);
	flag_set(tcb, TCB_NODELAY, opt->nodelay);
	flag_set(tcb, TCB_CORK, opt->cork);
	flag_set(tcb, TCB_LINGER, opt->linger);
	flag_set(tcb, TCB_QUICKACK, opt->quickack);
	if (opt->send_buffer != 0)
		tcb->send_limit = u32_min(opt->send_buffer, tcp->conf.send_buffer_max);
	if (opt->recv_buffer != 0)
		tcb->recv_limit = u32_min(opt->recv_buffer, tcp->conf.recv_buffer_max);
	tcb->send_fixed = opt->send_buffer != 0;
	tcb->recv_fixed = opt->recv_buffer != 0;
	tcb->keepalive_idle_ms = opt->keepalive_idle_ms;
	tcb->keepalive_interval_ms = opt->keepalive_interval_ms;
	tcb->keepalive_probes = (u8)u32_min(opt->keepalive_probes, UINT8_MAX);
	tcb->linger_ms = opt->linger_ms;
	tcb->pacing_max = opt->pacing_max;
	tcb->rto_min_ms = opt->rto_min_ms;
	tcb->min_ttl = opt->min_ttl;
	tcb->ttl_tos = (u16)(opt->ttl << 8 | opt->tos);
	if (opt->user_timeout_ms != 0)
		tcb->user_timeout_ms = opt->user_timeout_ms;
	if (tcb->state >= TCP_ESTABLISHED)
		out_keepalive_restart(tcp, tcb, now);
	tcp_want_send(tcp, idx);
	return ERR_OK;
}

bool tcp_news(struct tcp *tcp, struct tcp_news *news)
{
	u32 idx = tcp->news.first;
	struct tcb *tcb;

	if (idx == IDX_NONE)
		return false;
	tcb = tcb_at(tcp, idx);
	tcb_list_del(tcp, &tcp->news, idx, offsetof(struct tcb, in_news));
	*news = (struct tcp_news){ .id = tcp_id_at(tcp, idx), .owner = tcb->owner,
				   .ready = tcb->ready, .error = tcb->error };
	return true;
}
