/* The deadlines of a connection: each has its place in the control block, the earliest of them is
 * in the stack's heap. Nothing scans.                                                            */
#include "core/tcp/emit.h"
#include "core/tcp/isn.h"
#include "core/tcp/loss.h"
#include "core/tcp/tcp_part.h"

enum { ORPHAN_PROBES = 10 /* in a row: minutes, as they back off */ };

void timer_set(struct tcp *tcp, struct tcb *tcb, enum tcp_timer timer, ns_t when)
{
	ns_t earliest = NS_NEVER;

	if (tcb->timer[timer] == when)
		return;
	tcb->timer[timer] = when;
	for (u32 at = 0; at < TCP_TIMER_COUNT; at++)
		earliest = u64_min(earliest, tcb->timer[at]);
	heap_set(&tcp->deadlines, tcb_idx(tcp, tcb), earliest);
}

/* The time-out that ends a connection tells its peer, if they know each other. */
static void time_is_up(struct tcp *tcp, u32 idx, enum tcp_error error, ns_t now)
{
	struct tcb *tcb = tcb_at(tcp, idx);

	if (error == TCP_ERR_TIMEOUT_KEEPALIVE)
		tcp->stats.keepalive_ended++;
	else if (error == TCP_ERR_TIMEOUT_RETRANSMIT)
		tcp->stats.retransmit_ended++;
	if (tcb_is_synchronized(tcb))
		emit_reset_of(tcp, tcb, now);
	tcb_fail(tcp, idx, error, now);
}

static void on_retransmit(struct tcp *tcp, u32 idx, ns_t now)
{
	struct tcb *tcb = tcb_at(tcp, idx);
	u32 retries = tcb->state == TCP_SYN_SENT ? tcp->conf.syn_retries :
						   tcp->conf.syn_ack_retries;

	if (tcb_is_opening(tcb)) {
		if (tcb->syn_retries >= retries) {
			time_is_up(tcp, idx, TCP_ERR_TIMEOUT_CONNECT, now);
			return;
		}
	} else if (now - tcb->air->unacked_ns >= tcb->user_timeout_ms * NS_PER_MS) {
		time_is_up(tcp, idx, TCP_ERR_TIMEOUT_RETRANSMIT, now);
		return;
	}
	if (loss_on_timer(tcp, idx, now)) {
		if (tcb_is_opening(tcb))
			tcb->syn_retries++;
		else
			pmtu_on_timeout(tcp, idx, now);
	}
	tcp_want_send(tcp, idx);
}

/* RFC 9293 section 3.8.6.1: probes go on as long as the peer answers them; while anybody waits for
 * it here, that is (RFC 6429 section 4): memory of who was closed is not the peer's to keep.     */
static bool persists_for_nobody(const struct tcb *tcb)
{
	return (tcb->flags & TCB_ORPHAN) != 0 && tcb->persist_shift >= ORPHAN_PROBES;
}

static void on_persist(struct tcp *tcp, u32 idx, ns_t now)
{
	struct tcb *tcb = tcb_at(tcp, idx);

	if (now - tcb->last_rx_ns >= tcb->user_timeout_ms * NS_PER_MS || persists_for_nobody(tcb)) {
		time_is_up(tcp, idx, TCP_ERR_TIMEOUT_RETRANSMIT, now);
		return;
	}
	tcb->persist_shift = (u8)u32_min(tcb->persist_shift + 1u, 16);
	tcb->flags |= tcb->snd_wnd == 0 ? TCB_WINDOW_PROBE : TCB_PERSIST_OVER;
	tcp_want_send(tcp, idx);
}

/* RFC 9293 section 3.8.4. */
static void on_keepalive(struct tcp *tcp, u32 idx, ns_t now)
{
	struct tcb *tcb = tcb_at(tcp, idx);
	ns_t idle = now - tcb->last_rx_ns;
	ns_t idle_max = tcb->keepalive_idle_ms * NS_PER_MS;

	if (tcb->keep_probes == 0 && idle < idle_max) {
		timer_set(tcp, tcb, TCP_TIMER_KEEPALIVE, tcb->last_rx_ns + idle_max);
		return;
	}
	if (tcb->keep_probes >= tcb->keepalive_probes) {
		time_is_up(tcp, idx, TCP_ERR_TIMEOUT_KEEPALIVE, now);
		return;
	}
	/* With data in flight the retransmission timer asks already. */
	if (tcb->snd_nxt == tcb->snd_una) {
		tcb->keep_probes++;
		tcb->flags |= TCB_KEEP_PROBE;
		tcp_want_send(tcp, idx);
	}
	timer_set(tcp, tcb, TCP_TIMER_KEEPALIVE, now + tcb->keepalive_interval_ms * NS_PER_MS);
}

static void timer_fire(struct tcp *tcp, u32 idx, enum tcp_timer timer, ns_t now)
{
	struct tcb *tcb = tcb_at(tcp, idx);

	switch (timer) {
	case TCP_TIMER_RETRANSMIT:
		on_retransmit(tcp, idx, now);
		break;
	case TCP_TIMER_REORDER:
		loss_on_reorder(tcp, idx, now);
		tcp_want_send(tcp, idx);
		break;
	case TCP_TIMER_PERSIST:
		on_persist(tcp, idx, now);
		break;
	case TCP_TIMER_DELACK:
		tcb->flags |= TCB_ACK_NOW;
		tcp_want_send(tcp, idx);
		break;
	case TCP_TIMER_KEEPALIVE:
		on_keepalive(tcp, idx, now);
		break;
	case TCP_TIMER_END:
		if (tcb->state == TCP_FIN_WAIT_2)
			tcp_set_state(tcp, idx, TCP_CLOSED, now);
		else
			tcb_abort(tcp, idx, now);
		break;
	case TCP_TIMER_PACING:
		tcp_want_send(tcp, idx);
		break;
	case TCP_TIMER_COUNT:
		break;
	}
}

/* One of a control block's timers, the earliest; others that are due come in their turn. */
static void timer_run(struct tcp *tcp, u32 idx, ns_t now)
{
	struct tcb *tcb = tcb_at(tcp, idx);
	enum tcp_timer first = 0;

	for (u32 at = 1; at < TCP_TIMER_COUNT; at++) {
		if (tcb->timer[at] < tcb->timer[first])
			first = (enum tcp_timer)at;
	}
	CHECK(tcb->timer[first] <= now);
	timer_stop(tcp, tcb, first);
	timer_fire(tcp, idx, first, now);
}

void tcp_tick(struct tcp *tcp, ns_t now)
{
	/* As many as there are timers: one that is set anew for this very moment waits its turn. */
	u64 most = (u64)tcp->deadlines.count * TCP_TIMER_COUNT;

	if (now >= tcp->retry_ns)
		tcp->retry_ns = NS_NEVER;
	listen_tick(tcp, now);
	timewait_tick(tcp, now);
	for (u64 count = 0; count < most; count++) {
		u32 idx = heap_due(&tcp->deadlines, now);

		if (idx == IDX_NONE)
			break;
		timer_run(tcp, idx, now);
	}
}

ns_t tcp_next(const struct tcp *tcp)
{
	ns_t next = u64_min(heap_next(&tcp->deadlines), tcp->retry_ns);

	next = u64_min(next, listen_next(tcp));
	return u64_min(next, timewait_next(tcp));
}
