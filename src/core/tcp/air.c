/* Where a connection has what it needs while something is in flight: struct tcp_air.
 *
 * Of many connections few send at any time, so there are fewer places than control blocks. A place
 * is taken for the first segment and stays beyond the last one, because who talks in turns with its
 * peer would lose its model of the path in each turn. Who has nothing in flight stands in a list,
 * the longest one first: when no place is free, the first of them gives its own up, and keeps cwnd,
 * ssthresh, the smallest round trip and a bandwidth. When all places have something in flight, who
 * would begin waits, and is counted (docs/adr/0036-what-is-in-flight-is-apart.md).               */
#include "core/tcp/loss_part.h"

/* Beside zeroes. */
static void set_none(struct tcp_air *air)
{
	air->tcb = IDX_NONE;
	air->idle = (struct tcb_link){ TCB_UNLISTED, IDX_NONE };
	air->tx_first = air->tx_last = air->time_first = air->time_last = IDX_NONE;
	air->tx_hint = air->tx_lost = IDX_NONE;
	air->cc.min_rtt_ns = NS_NEVER;
}

void air_clear(struct tcp_air *air)
{
	memset(air, 0, sizeof *air);
	set_none(air);
}

static struct tcp_air *air_at(const struct tcp *tcp, u32 idx)
{
	return slab_at(&tcp->airs, idx);
}

static u32 air_idx(const struct tcp *tcp, const struct tcp_air *air)
{
	return (u32)(air - (const struct tcp_air *)(const void *)tcp->airs.base);
}

/* ---- who has nothing in flight --------------------------------------------------------------- */

void air_idle(struct tcp *tcp, struct tcp_air *air)
{
	u32 idx = air_idx(tcp, air);

	air->idle = (struct tcb_link){ IDX_NONE, tcp->idle.last };
	if (tcp->idle.last == IDX_NONE)
		tcp->idle.first = idx;
	else
		air_at(tcp, tcp->idle.last)->idle.next = idx;
	tcp->idle.last = idx;
}

void air_busy(struct tcp *tcp, struct tcp_air *air)
{
	if (air->idle.prev == IDX_NONE)
		tcp->idle.first = air->idle.next;
	else
		air_at(tcp, air->idle.prev)->idle.next = air->idle.next;
	if (air->idle.next == IDX_NONE)
		tcp->idle.last = air->idle.prev;
	else
		air_at(tcp, air->idle.next)->idle.prev = air->idle.prev;
	air->idle.next = TCB_UNLISTED;
}

/* ---- congestion control ---------------------------------------------------------------------- */

static void begin_cc(struct tcp *tcp, struct tcb *tcb, ns_t now)
{
	struct cc *cc = &tcb->air->cc;

	cc->ops = tcb->cc_ops;
	cc->rng = &tcp->rng;
	cc->min_rtt_ns = tcb->rest.min_rtt_ns;
	cc->mss = cc->send_quantum = tcb_mss(tcb);
	cc->cwnd = tcb->rest.cwnd;
	cc->ssthresh = cc->cwnd_limit = UINT32_MAX;
	cc->has_sack = (tcb->flags & TCB_SACK) != 0;
	if (!loss_has_cc(tcb))
		return;
	cc->ops->init(cc, now);
	if ((tcb->flags & TCB_RESTED) == 0)
		return;
	cc->ssthresh = tcb->rest.ssthresh;
	/* What it begins with is the application's pace, not the path's. */
	cc->app_limited = 1;
	if (cc->ops->resume != NULL)
		cc->ops->resume(cc, tcb->rest.bw, now);
}

void loss_established(struct tcp *tcp, struct tcb *tcb, u32 cwnd, ns_t now)
{
	tcb->rest.cwnd = cwnd;
	if (!tcb_has_air(tcb))
		return;
	tcb->rest.min_rtt_ns = tcb->air->cc.min_rtt_ns;
	begin_cc(tcp, tcb, now);
}

void loss_exchange_cc(struct tcb *tcb, const struct cc_ops *ops, ns_t now)
{
	struct cc *cc = &tcb->air->cc;

	tcb->cc_ops = ops;
	tcb->rest.bw = 0;
	if (!tcb_has_air(tcb))
		return;
	cc->ops = ops;
	memset(cc->priv, 0, sizeof cc->priv);
	cc->pacing_rate = 0;
	if (loss_has_cc(tcb))
		ops->init(cc, now);
}

/* ---- taken, and given back ------------------------------------------------------------------- */

static void air_del(struct tcp *tcp, struct tcb *tcb)
{
	air_busy(tcp, tcb->air);
	slab_del(&tcp->airs, air_idx(tcp, tcb->air));
	tcb->air = &tcp->at_rest;
}

/* Requires: nothing of it is in flight. */
static void air_rest(struct tcp *tcp, struct tcb *tcb)
{
	const struct cc *cc = &tcb->air->cc;
	bool was_paced = (tcb->flags & TCB_PACED) != 0;

	tcb->rest = (struct tcp_rest){ .min_rtt_ns = cc->min_rtt_ns,
				       .cwnd = cc->cwnd,
				       .ssthresh = cc->ssthresh };
	if (loss_has_cc(tcb) && cc->ops->keep != NULL)
		tcb->rest.bw = cc->ops->keep(cc);
	tcb->flags &= ~(u32)(TCB_PACED | TCB_PROBE | TCB_CWND_LIMITED);
	tcb->flags |= TCB_RESTED;
	tcb->ca = TCP_CA_OPEN;
	timer_stop(tcp, tcb, TCP_TIMER_RETRANSMIT);
	timer_stop(tcp, tcb, TCP_TIMER_REORDER);
	timer_stop(tcp, tcb, TCP_TIMER_PACING);
	air_del(tcp, tcb);
	if (was_paced)
		tcp_want_send(tcp, tcb_idx(tcp, tcb));
}

static bool air_take(struct tcp *tcp, struct tcb *tcb, ns_t now)
{
	u32 idx;

	if (tcp->airs.live == tcp->airs.cap && tcp->idle.first != IDX_NONE)
		air_rest(tcp, tcb_at(tcp, air_at(tcp, tcp->idle.first)->tcb));
	idx = slab_new(&tcp->airs);
	if (idx == IDX_NONE) {
		tcp->stats.no_air++;
		return false;
	}
	tcb->air = air_at(tcp, idx);
	set_none(tcb->air);
	tcb->air->tcb = tcb_idx(tcp, tcb);
	tcb->air->delivered_ns = tcb->air->first_sent_ns = tcb->air->rto_start_ns = now;
	loss_begin_at(tcb, tcb->snd_una);
	air_idle(tcp, tcb->air);
	begin_cc(tcp, tcb, now);
	return true;
}

bool loss_find_room(struct tcp *tcp, struct tcb *tcb, ns_t now)
{
	if (!loss_has_room(tcp)) {
		tcp->stats.no_record++;
		return false;
	}
	return tcb_has_air(tcb) || air_take(tcp, tcb, now);
}

void loss_fini(struct tcp *tcp, struct tcb *tcb)
{
	while (tcb->air->tx_first != IDX_NONE)
		txq_del_first(tcp, tcb);
	if (tcb_has_air(tcb))
		air_del(tcp, tcb);
}

/* ---- invariants ------------------------------------------------------------------------------ */

void air_check(const struct tcp *tcp)
{
	struct tcp_air none;
	u32 count = 0;
	u32 prev = IDX_NONE;

	air_clear(&none);
	CHECK(memcmp(&tcp->at_rest, &none, sizeof none) == 0);
	for (u32 idx = tcp->idle.first; idx != IDX_NONE; idx = air_at(tcp, idx)->idle.next) {
		CHECK(slab_is_live(&tcp->airs, idx) && count < tcp->airs.live);
		CHECK(air_at(tcp, idx)->idle.prev == prev);
		CHECK(air_at(tcp, idx)->tx_first == IDX_NONE);
		count++;
		prev = idx;
	}
	CHECK(tcp->idle.last == prev);
	for (u32 idx = 0; idx < tcp->airs.cap; idx++) {
		if (!slab_is_live(&tcp->airs, idx))
			continue;
		CHECK(slab_is_live(&tcp->tcbs, air_at(tcp, idx)->tcb));
		CHECK(tcb_at(tcp, air_at(tcp, idx)->tcb)->air == air_at(tcp, idx));
		count -= air_at(tcp, idx)->tx_first == IDX_NONE;
	}
	CHECK(count == 0);
}
