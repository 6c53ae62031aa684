/* A connection's life: how a control block comes to be, changes its state, and goes. */
#include "core/tcp/emit.h"
#include "core/tcp/isn.h"
#include "core/tcp/loss.h"
#include "core/tcp/tcp_part.h"

const char *tcp_state_name(enum tcp_state state)
{
	/* As `ss` and the RFC have them. */
	static const char *const name[] = {
		[TCP_CLOSED] = "closed",
		[TCP_LISTEN] = "listen",
		[TCP_SYN_SENT] = "syn-sent",
		[TCP_SYN_RECEIVED] = "syn-received",
		[TCP_ESTABLISHED] = "established",
		[TCP_FIN_WAIT_1] = "fin-wait-1",
		[TCP_FIN_WAIT_2] = "fin-wait-2",
		[TCP_CLOSE_WAIT] = "close-wait",
		[TCP_CLOSING] = "closing",
		[TCP_LAST_ACK] = "last-ack",
		[TCP_TIME_WAIT] = "time-wait",
	};

	_Static_assert(ARRAY_COUNT(name) == TCP_STATE_COUNT, "a name for each state");
	return name[state];
}

bool tcp_state_may_move(enum tcp_state from, enum tcp_state to)
{
	static const bool may[TCP_STATE_COUNT][TCP_STATE_COUNT] = {
#define MOVE(from, to, event, section) [TCP_##from][TCP_##to] = true,
#include "core/tcp/state.def"
#undef MOVE
	};

	return may[from][to];
}

static struct tcb_link *link_at(struct tcp *tcp, u32 idx, size_t link)
{
	return (struct tcb_link *)(void *)((u8 *)tcb_at(tcp, idx) + link);
}

void tcb_list_add(struct tcp *tcp, struct tcb_list *list, u32 idx, size_t link)
{
	struct tcb_link *own = link_at(tcp, idx, link);

	if (own->next != TCB_UNLISTED)
		return;
	own->next = IDX_NONE;
	own->prev = list->last;
	if (list->last == IDX_NONE)
		list->first = idx;
	else
		link_at(tcp, list->last, link)->next = idx;
	list->last = idx;
}

void tcb_list_del(struct tcp *tcp, struct tcb_list *list, u32 idx, size_t link)
{
	struct tcb_link *own = link_at(tcp, idx, link);

	if (own->next == TCB_UNLISTED)
		return;
	if (own->prev == IDX_NONE)
		list->first = own->next;
	else
		link_at(tcp, own->prev, link)->next = own->next;
	if (own->next == IDX_NONE)
		list->last = own->prev;
	else
		link_at(tcp, own->next, link)->prev = own->prev;
	own->next = TCB_UNLISTED;
}

void tcp_set_ready(struct tcp *tcp, struct tcb *tcb, u8 set, u8 clear)
{
	u8 ready = (u8)((tcb->ready | set) & ~clear);

	if (ready == tcb->ready)
		return;
	tcb->ready = ready;
	/* Nobody asks about who waits in a listener's queue, or was left. */
	if ((tcb->flags & (TCB_ACCEPTED | TCB_ORPHAN)) == TCB_ACCEPTED)
		tcb_list_add(tcp, &tcp->news, tcb_idx(tcp, tcb), offsetof(struct tcb, in_news));
}

u32 tcb_find(const struct tcp *tcp, const struct tcp_key *key)
{
	u64 hash = tcp_key_hash(tcp, key);

	for (u32 at = map_first(&tcp->by_key, hash); at != IDX_NONE;
	     at = map_next(&tcp->by_key, at)) {
		if (tcp_key_eq(&tcb_at(tcp, at)->key, key))
			return at;
	}
	return IDX_NONE;
}

/* What a socket's options say from the first segment on. */
static void tcb_take_opt(struct tcb *tcb, const struct tcp *tcp, const struct tcp_sockopt *opt)
{
	const struct tcp_conf *conf = &tcp->conf;

	tcb->flags |= (opt->nodelay ? TCB_NODELAY : 0) | (opt->cork ? TCB_CORK : 0) |
		      (opt->keepalive ? TCB_KEEPALIVE : 0) | (opt->linger ? TCB_LINGER : 0) |
		      (opt->quickack ? TCB_QUICKACK : 0);
	tcb->ttl_tos = (u16)(opt->ttl << 8 | opt->tos);
	tcb->min_ttl = opt->min_ttl;
	tcb->keepalive_idle_ms = opt->keepalive_idle_ms;
	tcb->keepalive_interval_ms = opt->keepalive_interval_ms;
	tcb->keepalive_probes = (u8)u32_min(opt->keepalive_probes, UINT8_MAX);
	tcb->user_timeout_ms = opt->user_timeout_ms != 0 ? opt->user_timeout_ms :
							   conf->user_timeout_ms;
	tcb->linger_ms = opt->linger_ms;
	tcb->rto_min_ms = opt->rto_min_ms;
	tcb->send_fixed = opt->send_buffer != 0;
	tcb->send_limit = tcb->send_fixed ? u32_min(opt->send_buffer, conf->send_buffer_max) :
					    u32_min(TCP_SEND_START, conf->send_buffer_max);
	tcb->recv_fixed = opt->recv_buffer != 0;
	tcb->recv_limit = tcb->recv_fixed ?
				  u32_min(opt->recv_buffer, conf->recv_buffer_max) :
				  u32_min(conf->recv_buffer_start, conf->recv_buffer_max);
}

u32 tcb_new(struct tcp *tcp, const struct tcp_key *key, const struct tcp_sockopt *opt, u16 mtu,
	    ns_t now)
{
	const struct cc_ops *ops = cc_find(opt->cc != NULL ? opt->cc : tcp->conf.cc);
	u32 idx = slab_new(&tcp->tcbs);
	struct tcb *tcb;

	CHECK(ops != NULL);
	if (idx == IDX_NONE) {
		tcp->stats.no_tcb++;
		return IDX_NONE;
	}
	tcb = tcb_at(tcp, idx);
	tcb->key = *key;
	tcp->tcb_gen[idx]++;
	tcb->in_send.next = TCB_UNLISTED;
	tcb->in_news.next = TCB_UNLISTED;
	tcb->accept_next = IDX_NONE;
	tcb->range = IDX_NONE;
	tcb->pmtu = mtu;
	tcb->peer_mss = TCP_MSS_DEFAULT;
	tcb->born_ns = now;
	tcb->last_rx_ns = now;
	ring_init(&tcb->snd);
	ring_init(&tcb->rcv);
	for (u32 at = 0; at < TCP_TIMER_COUNT; at++)
		tcb->timer[at] = NS_NEVER;
	tcb_take_opt(tcb, tcp, opt);
	tcb->cc_ops = ops;
	tcb->mss_max = opt->mss_max;
	tcb->pacing_max = opt->pacing_max;
	tcb->air = &tcp->at_rest;
	tcb_set_sizes(tcb);
	loss_init(tcp, tcb);
	map_add(&tcp->by_key, tcp_key_hash(tcp, key), idx);
	return idx;
}

/* From the tables: the four-tuple is free for somebody else. */
static void tcb_leave(struct tcp *tcp, u32 idx)
{
	struct tcb *tcb = tcb_at(tcp, idx);

	map_del(&tcp->by_key, tcp_key_hash(tcp, &tcb->key), idx);
	loss_fini(tcp, tcb);
	reasm_fini(tcp, tcb);
	ring_fini(&tcb->snd, &tcp->buffers);
	for (u32 at = 0; at < TCP_TIMER_COUNT; at++)
		tcb->timer[at] = NS_NEVER;
	heap_set(&tcp->deadlines, idx, NS_NEVER);
	tcb_list_del(tcp, &tcp->send, idx, offsetof(struct tcb, in_send));
	auth_drop(tcp, tcb->auth);
	tcb->auth = 0;
}

static void tcb_del(struct tcp *tcp, u32 idx)
{
	struct tcb *tcb = tcb_at(tcp, idx);

	CHECK(tcb->state == TCP_CLOSED);
	ring_fini(&tcb->rcv, &tcp->buffers);
	tcb_list_del(tcp, &tcp->news, idx, offsetof(struct tcb, in_news));
	slab_del(&tcp->tcbs, idx);
}

/* A connection that stands: RFC 9293 section 3.10.7.4 for SYN-RECEIVED, 3.10.7.3 for SYN-SENT. */
static void tcb_established(struct tcp *tcp, struct tcb *tcb, ns_t now)
{
	u32 mss = tcb_mss(tcb);

	tcp->stats.established++;
	/* RFC 5681 section 3.1: who had to send SYN or SYN,ACK again begins with one segment. */
	loss_established(tcp, tcb, tcb->syn_retries > 0 ? mss : cc_initial_window(mss), now);
	reasm_round_begin(tcb, now);
	out_keepalive_restart(tcp, tcb, now);
	tcp_set_ready(tcp, tcb, TCP_CONNECTED | TCP_WRITABLE, 0);
}

void tcp_set_state(struct tcp *tcp, u32 idx, enum tcp_state state, ns_t now)
{
	struct tcb *tcb = tcb_at(tcp, idx);
	bool was_opening = tcb_is_opening(tcb) || tcb->state == TCP_CLOSED;

	if (tcb->state == state)
		return;
	CHECK(tcp_state_may_move(tcb->state, state));
	if (state == TCP_TIME_WAIT) {
		/* The record answers from now on; who still reads keeps the control block. */
		if ((tcb->flags & TCB_ACK_NOW) != 0)
			emit_ack_of(tcp, tcb, now);
		timewait_new(tcp, tcb, now);
		state = TCP_CLOSED;
	}
	if (state == TCP_CLOSED)
		tcb_leave(tcp, idx);
	tcb->state = (u8)state;
	if (state >= TCP_ESTABLISHED && was_opening)
		tcb_established(tcp, tcb, now);
	/* Its owner has closed it before it stood. */
	if (state == TCP_ESTABLISHED && (tcb->flags & TCB_FIN_QUEUED) != 0)
		tcb->state = state = TCP_FIN_WAIT_1;
	if (state == TCP_FIN_WAIT_2 && (tcb->flags & TCB_ORPHAN) != 0)
		timer_set(tcp, tcb, TCP_TIMER_END, now + tcp->conf.fin_wait_2_ms * NS_PER_MS);
	if (state == TCP_CLOSED && (tcb->flags & TCB_ORPHAN) != 0)
		tcb_del(tcp, idx);
}

void tcb_fail(struct tcp *tcp, u32 idx, enum tcp_error error, ns_t now)
{
	struct tcb *tcb = tcb_at(tcp, idx);

	tcb->error = (u8)error;
	if (tcb_is_opening(tcb))
		tcp->stats.failed_opens++;
	tcp_set_ready(tcp, tcb, TCP_FAILED | TCP_READABLE | TCP_WRITABLE, 0);
	tcp_set_state(tcp, idx, TCP_CLOSED, now);
}

void tcb_leave_owner(struct tcp *tcp, u32 idx)
{
	struct tcb *tcb = tcb_at(tcp, idx);

	tcb->flags |= TCB_ORPHAN;
	tcb_list_del(tcp, &tcp->news, idx, offsetof(struct tcb, in_news));
	if (tcb->state == TCP_CLOSED)
		tcb_del(tcp, idx);
}

void tcb_set_auth(struct tcp *tcp, struct tcb *tcb, const struct auth_state *state)
{
	tcb->auth = auth_keep(tcp, state);
	tcb->auth_opt_len = (u8)auth_opt_len(tcp, state);
}

u32 tcb_born(struct tcp *tcp, const struct tcp_born *born, ns_t now)
{
	const struct listener *listener = slab_at(&tcp->listen.listeners, born->listener);
	u32 idx = tcb_new(tcp, &born->key, &listener->opt, born->mtu, now);
	struct tcb *tcb;

	if (idx == IDX_NONE)
		return IDX_NONE;
	tcb = tcb_at(tcp, idx);
	tcb->iss = born->iss;
	tcb->snd_una = tcb->snd_nxt = born->iss + 1;
	tcb->snd_small = tcb->snd_push = tcb->snd_una;
	tcb->snd_wnd = tcb->snd_max_wnd = born->window;
	tcb->snd_wl1 = born->irs;
	tcb->snd_wl2 = tcb->snd_una;
	tcb->irs = born->irs;
	tcb->rcv_nxt = tcb->last_ack_sent = born->irs + 1;
	tcb->rcv_adv = tcb->rcv_nxt + u32_min(tcb->recv_limit, UINT16_MAX);
	tcb->snd_wscale = born->snd_wscale;
	tcb->rcv_wscale = born->rcv_wscale;
	tcb->flags |= born->flags;
	tcb->ts_recent = born->ts_recent;
	tcb->ts_recent_ns = now;
	tcb->ts_offset = born->ts_offset;
	if (born->peer_mss != 0)
		tcb->peer_mss = born->peer_mss;
	if (born->auth != NULL)
		tcb_set_auth(tcp, tcb, born->auth);
	tcb_set_sizes(tcb);
	tcb->syn_retries = born->again;
	if (born->rtt_ns != 0)
		rtt_sample(tcp, tcb, born->rtt_ns);
	loss_init(tcp, tcb);
	tcp->stats.opened_passive++;
	tcp_set_state(tcp, idx, TCP_ESTABLISHED, now);
	return idx;
}
