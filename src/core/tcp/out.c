/* What may be sent, segment by segment (RFC 9293 section 3.8.6, RFC 5681 section 3).
 *
 * A control block that may have something to send stands in a list; whoever has room for packets
 * pulls them out of it, so that nothing overflows. For each segment the questions are asked anew,
 * in this order: is it a reset or a handshake; is something lost; is a probe due; may new data go:
 * window, Nagle, silly windows, congestion window, pacing. What is owed and found no segment to
 * ride on leaves as an ACK of its own.                                                           */
#include "core/pkt/segment.h"
#include "core/tcp/emit.h"
#include "core/tcp/isn.h"
#include "core/tcp/loss.h"
#include "core/tcp/tcp_part.h"
#include "core/wire/ip4.h"

enum { OUT_TURN_SEGMENTS = 64 /* of one connection, before the next has its turn */ };

/* What one look at a connection found. */
enum out_step {
	OUT_SENT,
	OUT_NOTHING, /* until something happens: an ACK, data, a timer */
	OUT_NO_ROOM, /* no packet, or no record, is free now */
};

void tcp_want_send(struct tcp *tcp, u32 idx)
{
	tcb_list_add(tcp, &tcp->send, idx, offsetof(struct tcb, in_send));
}

/* ---- one segment ----------------------------------------------------------------------------- */

static void fill_options(const struct tcb *tcb, struct emit *emit, ns_t now)
{
	if ((emit->flags & TCP_SYN) != 0) {
		emit->opt.mss = (u16)tcb_mss_announced(tcb);
		emit->opt.has_wscale = (tcb->flags & TCB_WSCALE) != 0;
		emit->opt.wscale = tcb->rcv_wscale;
		emit->opt.sack_permitted = (tcb->flags & TCB_SACK) != 0;
	}
	if ((tcb->flags & TCB_TS) != 0) {
		emit->opt.has_ts = true;
		emit->opt.tsval = tcp_ts(tcb->ts_offset, now);
		emit->opt.tsecr = (emit->flags & TCP_ACK) != 0 ? tcb->ts_recent : 0;
	}
}

/* Everything but data: seq, flags are set. */
static void fill(struct tcp *tcp, struct tcb *tcb, struct emit *emit, ns_t now)
{
	emit->key = tcb->key;
	emit->auth = auth_at(tcp, tcb->auth);
	emit->ack = tcb->rcv_nxt;
	emit->ttl = (u8)(tcb->ttl_tos >> 8);
	emit->tos = (u8)(tcb->ttl_tos & ~IP4_ECN_MASK);
	fill_options(tcb, emit, now);
	if (tcb->state == TCP_SYN_SENT)
		emit->window = (u16)u32_min(tcb->recv_limit, UINT16_MAX);
	else
		emit->window = reasm_window(tcp, tcb, now);
	if ((tcb->flags & TCB_ECE) != 0 && (emit->flags & TCP_SYN) == 0)
		emit->flags |= TCP_ECE;
}

/* It has left, with an ACK in it: nothing is owed any more. */
static void acked_now(struct tcp *tcp, struct tcb *tcb)
{
	tcb->flags &= ~(u32)TCB_ACK_NOW;
	tcb->delack_segments = 0;
	tcb->last_ack_sent = tcb->rcv_nxt;
	timer_stop(tcp, tcb, TCP_TIMER_DELACK);
}

static bool send_it(struct tcp *tcp, struct tcb *tcb, const struct emit *emit, struct batch *out)
{
	struct pkt *pkt = emit_segment(tcp, emit);

	if (pkt == NULL)
		return false;
	CHECK(batch_add(out, pkt));
	tcb->segs_out += pkt_segment_count(pkt);
	if ((emit->flags & TCP_ACK) != 0)
		acked_now(tcp, tcb);
	return true;
}

/* ACK without data, from a given number on. Blocks of SACK are in such ones alone: a full segment
 * has no room for them.                                                                          */
static enum out_step send_ack(struct tcp *tcp, struct tcb *tcb, u32 seq, struct batch *out,
			      ns_t now)
{
	struct emit emit;

	emit_begin(&emit, seq, TCP_ACK);
	fill(tcp, tcb, &emit, now);
	reasm_sacks(tcp, tcb, &emit.opt);
	return send_it(tcp, tcb, &emit, out) ? OUT_SENT : OUT_NO_ROOM;
}

/* The bytes of the ring that a segment carries: two runs where it wraps. */
static void fill_data(const struct tcp *tcp, const struct tcb *tcb, struct emit *emit, u32 len)
{
	u32 at = emit->seq - tcb_snd_base(tcb);

	for (u32 run = 0; run < 2 && len > 0; run++) {
		emit->data[run] = ring_peek(&tcb->snd, &tcp->buffers, at, len,
					    &emit->data_len[run]);
		at += emit->data_len[run];
		len -= emit->data_len[run];
	}
	CHECK(len == 0);
}

/* Data from seq on, FIN behind them if it is due; the header's bits follow from what it is. */
static bool send_data(struct tcp *tcp, struct tcb *tcb, const struct tx_rec *what,
		      struct batch *out, ns_t now)
{
	bool fin = (what->flags & REC_FIN) != 0;
	u32 len = what->end - what->seq - fin;
	bool is_new = what->seq == tcb->snd_nxt;
	struct emit emit;

	emit_begin(&emit, what->seq, TCP_ACK);
	if (fin)
		emit.flags |= TCP_FIN;
	if ((what->flags & REC_PUSH) != 0 && len > 0)
		emit.flags |= TCP_PSH;
	fill(tcp, tcb, &emit, now);
	if (len > tcb_mss(tcb))
		emit.gso_size = (u16)tcb_mss(tcb);
	fill_data(tcp, tcb, &emit, len);
	/* RFC 3168 section 6.1.5: what is sent again is not ECN-capable. */
	if (tcb_is_ect(tcb) && is_new && len > 0)
		emit.tos |= IP4_ECN_ECT0;
	if ((tcb->flags & TCB_CWR) != 0 && is_new && len > 0)
		emit.flags |= TCP_CWR;
	if (!send_it(tcp, tcb, &emit, out))
		return false;
	if ((emit.flags & TCP_CWR) != 0)
		tcb->flags &= ~(u32)TCB_CWR;
	tcb->bytes_sent += len;
	return true;
}

/* ---- SYN ------------------------------------------------------------------------------------- */

static enum out_step send_syn(struct tcp *tcp, u32 idx, struct batch *out, ns_t now)
{
	struct tcb *tcb = tcb_at(tcp, idx);
	u32 again = loss_again(tcp, tcb);
	bool first = tcb->snd_nxt == tcb->iss;
	struct emit emit = { .seq = tcb->iss, .flags = TCP_SYN };

	if (!first && again == IDX_NONE) {
		if ((tcb->flags & TCB_ACK_NOW) == 0)
			return OUT_NOTHING;
		return send_ack(tcp, tcb, tcb->snd_nxt, out, now);
	}
	if (first && !loss_make_room(tcp, tcb, now))
		return OUT_NO_ROOM;
	if (tcb->state == TCP_SYN_RECEIVED)
		emit.flags |= TCP_ACK;
	/* RFC 3168 section 6.1.1; a SYN that was lost may have been lost for it. */
	if ((tcb->flags & TCB_ECN) != 0 && tcb->syn_retries == 0)
		emit.flags |= tcb->state == TCP_SYN_SENT ? TCP_ECE | TCP_CWR : TCP_ECE;
	fill(tcp, tcb, &emit, now);
	if (!send_it(tcp, tcb, &emit, out))
		return OUT_NO_ROOM;
	if (first) {
		tcb->snd_nxt = tcb->iss + 1;
		loss_sent(tcp, idx, tcb->iss, tcb->iss + 1, REC_SYN, now);
	} else {
		tcp->stats.segs_again++;
		loss_sent_again(tcp, idx, again, false, now);
	}
	return OUT_SENT;
}

/* ---- what congestion control and pacing allow ------------------------------------------------ */

/* Bytes that may leave now. */
static u32 allowed(const struct tcb *tcb)
{
	const struct tcp_air *air = tcb->air;
	u32 flight = tcb_in_flight(tcb);

	if (air->send_budget_set)
		return air->send_budget;
	return air->cc.cwnd > flight ? air->cc.cwnd - flight : 0;
}

static u64 pacing_rate(const struct tcb *tcb)
{
	u64 rate = tcb->air->cc.pacing_rate;

	if (tcb->pacing_max != 0 && (rate == 0 || rate > tcb->pacing_max))
		rate = tcb->pacing_max;
	return rate;
}

static bool pacing_holds(struct tcp *tcp, struct tcb *tcb, ns_t now)
{
	const struct tcp_air *air = tcb->air;

	if ((tcb->flags & TCB_PACED) == 0)
		return false;
	if (now < air->pacing_ns) {
		timer_set(tcp, tcb, TCP_TIMER_PACING, air->pacing_ns);
		return true;
	}
	tcb->flags &= ~(u32)TCB_PACED;
	return false;
}

/* Each byte of data takes its time; headers take none, because rates of delivery know none, and
 * who sends as fast as data arrive would send three percent less. A burst of one quantum may leave
 * ahead of it. A caller that comes late has lost no more than that, or a slow clock would slow the
 * sender down.                                                                                   */
static void pacing_count(struct tcb *tcb, u32 bytes, ns_t now)
{
	struct tcp_air *air = tcb->air;
	u64 rate = pacing_rate(tcb);
	ns_t burst, from;

	if (rate == 0)
		return;
	burst = (u64)air->cc.send_quantum * NS_PER_SEC / rate;
	from = now > burst ? now - burst : 0;
	if (air->pacing_ns < from)
		air->pacing_ns = from;
	air->pacing_ns += (u64)bytes * NS_PER_SEC / rate;
	if (air->pacing_ns >= now + burst)
		tcb->flags |= TCB_PACED;
}

static void count_sent(struct tcb *tcb, u32 bytes, ns_t now)
{
	struct tcp_air *air = tcb->air;

	if (air->send_budget_set)
		air->send_budget -= u32_min(air->send_budget, bytes);
	/* The window is used up, whether or not more waits (RFC 7661 section 4.1). */
	if (tcb_in_flight(tcb) >= air->cc.cwnd)
		tcb->flags |= TCB_CWND_LIMITED;
	pacing_count(tcb, bytes, now);
}

/* ---- again ----------------------------------------------------------------------------------- */

static enum out_step resend(struct tcp *tcp, u32 idx, u32 rec, bool is_probe, struct batch *out,
			    ns_t now)
{
	struct tcb *tcb = tcb_at(tcp, idx);
	u32 mss = tcb_mss(tcb);
	struct tx_rec what;
	u32 len;

	/* Without a record for the rest, the rest counts as sent and will be missed: who holds all
	 * records frees one only by what it sends.                                               */
	(void)loss_cut(tcp, idx, rec, mss);
	what = *rec_at(tcp, rec);
	if (what.end - what.seq > mss) {
		what.end = what.seq + mss;
		what.flags &= (u16)~REC_FIN;
	}
	len = what.end - what.seq;
	if (!send_data(tcp, tcb, &what, out, now))
		return OUT_NO_ROOM;
	tcp->stats.segs_again++;
	tcb->bytes_again += len;
	loss_sent_again(tcp, idx, rec, is_probe, now);
	count_sent(tcb, len, now);
	return OUT_SENT;
}

/* ---- new ------------------------------------------------------------------------------------- */

/* How many bytes of new data, and FIN, the window, Nagle and silly windows let go; *fin. */
static u32 new_data_len(struct tcb *tcb, bool *fin)
{
	u32 unsent = tcb_unsent(tcb);
	u32 mss = tcb_mss(tcb);
	s32 room = (s32)(tcb->snd_una + tcb->snd_wnd - tcb->snd_nxt);
	u32 wnd = room > 0 ? (u32)room : 0;
	u32 len = u32_min(u32_min(unsent, mss), wnd);
	bool wants_fin = tcb_owes_fin(tcb);

	/* FIN takes a number of the window, too. */
	*fin = wants_fin && len == unsent && len < wnd;
	if (len == mss || *fin)
		return len;
	if (len < unsent) {
		/* The window cuts it. RFC 9293 section 3.8.6.2.1: half of the largest seen, or when
		 * the persist timer says so.                                                     */
		if ((tcb->flags & TCB_PERSIST_OVER) != 0 ||
		    (len > 0 && len >= tcb->snd_max_wnd / 2))
			return len;
		return 0;
	}
	if ((tcb->flags & TCB_PUSH_ALL) != 0)
		return len;
	/* Whoever writes more and does not do it is waited for no longer than a window is. */
	if ((tcb->flags & (TCB_CORK | TCB_MORE)) != 0 && (tcb->flags & TCB_PERSIST_OVER) == 0)
		return 0;
	/* Nagle, as Minshall changed it: one segment that is not full may be on its way. */
	if ((tcb->flags & TCB_NODELAY) == 0 && seq_gt(tcb->snd_small, tcb->snd_una))
		return 0;
	return len;
}

/* How many bytes of full segments may leave in one packet, where one may: all that the windows have
 * room for, and one burst. Congestion control is told of each segment as ever. CWR is in the first
 * of them only, so that one leaves alone (RFC 3168 section 6.1.2).                               */
static u32 gso_len(const struct tcp *tcp, const struct tcb *tcb)
{
	u32 mss = tcb_mss(tcb);
	u32 room = tcb->snd_una + tcb->snd_wnd - tcb->snd_nxt;
	u32 most = u32_min(tcp->conf.gso_max_bytes, IP4_LEN_MAX - IP4_HLEN_MIN - TCP_HLEN_MAX);

	if (tcp->pool->free_count[PKT_CLASS_LARGE] == 0 || (tcb->flags & TCB_CWR) != 0)
		return mss;
	most = u32_min(u32_min(most, room), u32_min(allowed(tcb), tcb_unsent(tcb)));
	if (pacing_rate(tcb) != 0)
		most = u32_min(most, tcb->air->cc.send_quantum);
	return u32_max(u32_min(most / mss, tcp->recs.cap - tcp->recs.live), 1) * mss;
}

/* One record for each segment that it stands for; FIN and PSH are of the last one. */
static void record_sent(struct tcp *tcp, u32 idx, const struct tx_rec *what, ns_t now)
{
	struct tcb *tcb = tcb_at(tcp, idx);
	u32 mss = tcb_mss(tcb);
	u32 fin = (what->flags & REC_FIN) != 0;

	for (u32 seq = what->seq; seq != what->end; seq = tcb->snd_nxt) {
		bool last = what->end - seq <= mss + fin;
		u16 flags = last ? what->flags : (u16)(what->flags & ~(REC_FIN | REC_PUSH));

		tcb->snd_nxt = last ? what->end : seq + mss;
		loss_sent(tcp, idx, seq, tcb->snd_nxt, flags, now);
	}
}

static enum out_step send_new(struct tcp *tcp, u32 idx, u32 len, bool fin, struct batch *out,
			      ns_t now)
{
	struct tcb *tcb = tcb_at(tcp, idx);
	struct tx_rec what = { .seq = tcb->snd_nxt, .end = tcb->snd_nxt + len + fin,
			       .flags = fin ? REC_FIN : 0 };

	/* RFC 9293 section 3.9.1.2: what was written last is pushed; pushes may be one. So is what
	 * does not wait for more any longer.                                                     */
	if ((seq_gt(tcb->snd_push, what.seq) && seq_le(tcb->snd_push, what.seq + len)) ||
	    ((tcb->flags & TCB_PERSIST_OVER) != 0 && len == tcb_unsent(tcb)))
		what.flags |= REC_PUSH;
	if (!send_data(tcp, tcb, &what, out, now))
		return OUT_NO_ROOM;
	if (tcb->snd_nxt == tcb->snd_una)
		tcb->air->unacked_ns = now;
	if (len > 0 && len < tcb_mss(tcb))
		tcb->snd_small = what.end;
	if (fin)
		tcb->flags |= TCB_FIN_SENT;
	tcb->flags &= ~(u32)TCB_PERSIST_OVER;
	timer_stop(tcp, tcb, TCP_TIMER_PERSIST);
	record_sent(tcp, idx, &what, now);
	if (tcb_unsent(tcb) == 0 && (tcb->flags & TCB_FIN_QUEUED) == 0)
		tcb->flags &= ~(u32)TCB_PUSH_ALL;
	count_sent(tcb, len, now);
	return OUT_SENT;
}

/* ---- a connection's turn --------------------------------------------------------------------- */

/* RFC 8985 section 7.3: something new if the window has room, or the last segment again. */
static enum out_step send_probe(struct tcp *tcp, u32 idx, struct batch *out, ns_t now)
{
	struct tcb *tcb = tcb_at(tcp, idx);
	enum out_step step = OUT_NOTHING;
	bool fin;
	u32 len = new_data_len(tcb, &fin);
	u32 rec;

	if (len > 0) {
		step = loss_make_room(tcp, tcb, now) ?
			       send_new(tcp, idx, len, fin, out, now) : OUT_NO_ROOM;
		if (step == OUT_SENT)
			loss_sent_probe_new(tcp, idx, tcb->snd_nxt, now);
	} else {
		rec = loss_probe_again(tcp, tcb);
		if (rec != IDX_NONE)
			step = resend(tcp, idx, rec, true, out, now);
	}
	if (step == OUT_SENT)
		tcp->stats.probes++;
	if (step != OUT_NO_ROOM)
		tcb->flags &= ~(u32)TCB_PROBE;
	return step;
}

/* Nothing is in flight that an ACK would come for, and the window is in the way. */
static void plan_persist(struct tcp *tcp, struct tcb *tcb, ns_t now)
{
	u64 wait = rtt_rto(tcp, tcb) << tcb->persist_shift;

	if (tcb->snd_nxt != tcb->snd_una || tcb->timer[TCP_TIMER_PERSIST] != NS_NEVER)
		return;
	wait = u64_min(wait, TCP_PERSIST_MAX_MS * NS_PER_MS);
	timer_set(tcp, tcb, TCP_TIMER_PERSIST, now + wait);
}

static enum out_step step_new(struct tcp *tcp, u32 idx, struct batch *out, ns_t now)
{
	struct tcb *tcb = tcb_at(tcp, idx);
	bool fin;
	u32 len = new_data_len(tcb, &fin);
	u32 unsent = tcb_unsent(tcb);

	if (len == 0 && !fin) {
		if (unsent > 0 || tcb_owes_fin(tcb))
			plan_persist(tcp, tcb, now);
		else if (allowed(tcb) > 0 && loss_again(tcp, tcb) == IDX_NONE)
			loss_app_limited(tcb);
		return OUT_NOTHING;
	}
	/* Who rests has no window yet. */
	if (!tcb_has_air(tcb) && !loss_make_room(tcp, tcb, now))
		return OUT_NO_ROOM;
	if (len > 0 && allowed(tcb) < len) {
		tcb->flags |= TCB_CWND_LIMITED;
		return OUT_NOTHING;
	}
	if (len > 0 && pacing_holds(tcp, tcb, now))
		return OUT_NOTHING;
	if (!loss_make_room(tcp, tcb, now))
		return OUT_NO_ROOM;
	/* What is signed is signed as it arrives. */
	if (tcp->conf.gso_max_bytes != 0 && len == tcb_mss(tcb) && !fin && tcb->auth == 0)
		len = gso_len(tcp, tcb);
	return send_new(tcp, idx, len, fin, out, now);
}

static enum out_step step_again(struct tcp *tcp, u32 idx, u32 rec, struct batch *out, ns_t now)
{
	struct tcb *tcb = tcb_at(tcp, idx);
	const struct tx_rec *lost = rec_at(tcp, rec);
	u32 len = u32_min(lost->end - lost->seq, tcb_mss(tcb));

	if (allowed(tcb) < len && tcb_in_flight(tcb) > 0) {
		tcb->flags |= TCB_CWND_LIMITED;
		return OUT_NOTHING;
	}
	/* The peer may have drawn its window back: only the first byte of all may lie outside. */
	if (seq_ge(lost->seq, tcb->snd_una + u32_max(tcb->snd_wnd, 1)))
		return OUT_NOTHING;
	if (pacing_holds(tcp, tcb, now))
		return OUT_NOTHING;
	return resend(tcp, idx, rec, false, out, now);
}

static enum out_step step_probe_of_silence(struct tcp *tcp, u32 idx, struct batch *out, ns_t now)
{
	struct tcb *tcb = tcb_at(tcp, idx);
	enum out_step step;

	/* A byte that was acknowledged long ago: whoever gets it has to answer. */
	step = send_ack(tcp, tcb, tcb->snd_una - 1, out, now);
	if (step != OUT_SENT)
		return step;
	if ((tcb->flags & TCB_WINDOW_PROBE) != 0)
		plan_persist(tcp, tcb, now);
	tcb->flags &= ~(u32)(TCB_WINDOW_PROBE | TCB_KEEP_PROBE);
	return OUT_SENT;
}

static enum out_step out_step(struct tcp *tcp, u32 idx, struct batch *out, ns_t now)
{
	struct tcb *tcb = tcb_at(tcp, idx);
	enum out_step step = OUT_NOTHING;
	u32 rec;

	if (tcb_is_opening(tcb))
		return send_syn(tcp, idx, out, now);
	if ((tcb->flags & (TCB_WINDOW_PROBE | TCB_KEEP_PROBE)) != 0)
		return step_probe_of_silence(tcp, idx, out, now);
	/* Before data, which say that an ACK is owed no longer, and have no blocks. */
	if ((tcb->flags & TCB_ACK_NOW) != 0 && reasm_has_sacks(tcb))
		return send_ack(tcp, tcb, tcb->snd_nxt, out, now);
	if ((tcb->flags & TCB_PROBE) != 0)
		step = send_probe(tcp, idx, out, now);
	rec = loss_again(tcp, tcb);
	if (step == OUT_NOTHING)
		step = rec != IDX_NONE ? step_again(tcp, idx, rec, out, now) :
					 step_new(tcp, idx, out, now);
	/* Who finds no room for data may still have a packet for the ACK that its peer awaits. */
	if (step == OUT_SENT || (tcb->flags & TCB_ACK_NOW) == 0)
		return step;
	return send_ack(tcp, tcb, tcb->snd_nxt, out, now);
}

/* Whether it wants another turn. */
static bool out_turn(struct tcp *tcp, u32 idx, struct batch *out, ns_t now)
{
	struct tcb *tcb = tcb_at(tcp, idx);
	enum out_step step = OUT_SENT;

	for (u32 count = 0; count < OUT_TURN_SEGMENTS && out->count < BATCH_MAX; count++) {
		step = out_step(tcp, idx, out, now);
		if (step != OUT_SENT)
			break;
	}
	if (step == OUT_NO_ROOM)
		tcp->retry_ns = u64_min(tcp->retry_ns, now + TCP_RETRY_NS);
	loss_arm(tcp, tcb, now);
	return step != OUT_NOTHING;
}

bool tcp_output(struct tcp *tcp, struct batch *out, ns_t now)
{
	u32 before = out->count;
	/* Each has one turn a call, so that who finds no room does not keep the others waiting. */
	u32 last = tcp->send.last;

	(void)emit_take(tcp, out);
	while (tcp->send.first != IDX_NONE && out->count < BATCH_MAX) {
		u32 idx = tcp->send.first;

		tcb_list_del(tcp, &tcp->send, idx, offsetof(struct tcb, in_send));
		if (out_turn(tcp, idx, out, now))
			tcp_want_send(tcp, idx);
		if (idx == last)
			break;
	}
	return out->count > before;
}

void emit_reset_of(struct tcp *tcp, struct tcb *tcb, ns_t now)
{
	struct emit emit = { .seq = tcb->snd_nxt, .flags = TCP_RST | TCP_ACK };

	fill(tcp, tcb, &emit, now);
	/* RFC 7323 section 3.2: timestamps, too, once they were agreed upon. */
	emit.flags &= (u8)~TCP_ECE;
	tcp->stats.resets_out++;
	emit_answer(tcp, &emit);
}

void emit_ack_of(struct tcp *tcp, struct tcb *tcb, ns_t now)
{
	struct emit emit = { .seq = tcb->snd_nxt, .flags = TCP_ACK };

	fill(tcp, tcb, &emit, now);
	reasm_sacks(tcp, tcb, &emit.opt);
	acked_now(tcp, tcb);
	emit_answer(tcp, &emit);
}

void out_keepalive_restart(struct tcp *tcp, struct tcb *tcb, ns_t now)
{
	ns_t when = NS_NEVER;

	if ((tcb->flags & TCB_KEEPALIVE) != 0 && tcb->state != TCP_CLOSED)
		when = now + tcb->keepalive_idle_ms * NS_PER_MS;
	timer_set(tcp, tcb, TCP_TIMER_KEEPALIVE, when);
}
