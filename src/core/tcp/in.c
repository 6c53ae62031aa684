/* A segment arrives: RFC 9293 section 3.10.7, in its order, one function a paragraph. A function
 * that returns false has dealt with the segment.                                                 */
#include "core/pkt/segment.h"
#include "core/tcp/isn.h"
#include "core/tcp/emit.h"
#include "core/tcp/loss.h"
#include "core/tcp/tcp_part.h"
#include "core/wire/ip4.h"

enum {
	/* RFC 7323 section 5.5: a timestamp older than 24 days may have wrapped. */
	PAWS_OLD_DAYS = 24,
	DELACK_SEGMENTS = 2, /* RFC 9293 section 3.8.6.3: an ACK for every second full segment */
	QUICK_SEGMENTS = 16, /* each, at the start: the slow start of the peer counts them */
};

/* What the segment is answered with, at the next output. */
static void ack_now(struct tcp *tcp, u32 idx)
{
	tcb_at(tcp, idx)->flags |= TCB_ACK_NOW;
	tcp_want_send(tcp, idx);
}

/* RFC 5961: what an attacker could have sent is answered by an ACK, and so many a second only. */
static void challenge(struct tcp *tcp, u32 idx, ns_t now)
{
	if (tcp_may_challenge(tcp, now))
		ack_now(tcp, idx);
}

static void reset_answer(struct tcp *tcp, const struct tcp_seg *seg)
{
	if ((seg->flags & TCP_RST) == 0)
		emit_reset_for(tcp, seg);
}

/* ---- 3.10.7.4 the states that are synchronized ----------------------------------------------- */

/* What is not acceptable and takes sequence space comes again because its ACK was lost, but a SYN,
 * which comes from who has nothing of this connection: RFC 5961 section 4.2.                     */
static void ack_unacceptable(struct tcp *tcp, u32 idx, const struct tcp_seg *seg, ns_t now)
{
	if (tcp_seg_space(seg) > 0 && (seg->flags & TCP_SYN) == 0)
		ack_now(tcp, idx);
	else
		challenge(tcp, idx, now);
}

/* RFC 7323 section 5.3 R1. */
static bool check_timestamps(struct tcp *tcp, u32 idx, const struct tcp_seg *seg, ns_t now)
{
	struct tcb *tcb = tcb_at(tcp, idx);
	u64 old_ns = PAWS_OLD_DAYS * 24 * 3600 * NS_PER_SEC;

	if ((tcb->flags & TCB_TS) == 0 || (seg->flags & TCP_RST) != 0)
		return true;
	/* Section 3.2: one who agreed to them sends them always. */
	if (!seg->opt.has_ts)
		return false;
	if (!seq_lt(seg->opt.tsval, tcb->ts_recent) || now - tcb->ts_recent_ns > old_ns)
		return true;
	tcp->stats.paws++;
	ack_unacceptable(tcp, idx, seg, now);
	return false;
}

/* First: the sequence number, by the table of section 3.4. */
static bool check_sequence(struct tcp *tcp, u32 idx, const struct tcp_seg *seg, ns_t now)
{
	struct tcb *tcb = tcb_at(tcp, idx);
	u32 wnd = tcb_rcv_wnd(tcb);
	u32 space = tcp_seg_space(seg);

	/* At the right edge stands the ACK of a sender that has filled the window. */
	if (tcp_seg_fits(seg, tcb->rcv_nxt, wnd) || (space == 0 && seg->seq == tcb->rcv_adv))
		return true;
	/* A closed window takes nothing, but ACKs, URGs and RSTs are still believed. */
	if (space > 0 && seg->seq == tcb->rcv_nxt && wnd == 0) {
		ack_now(tcp, idx);
		return true;
	}
	tcp->stats.out_of_window++;
	if ((seg->flags & TCP_RST) != 0)
		return false;
	if (seg->len > 0 && seq_lt(seg->seq, tcb->rcv_nxt)) {
		/* Sent again although it had come: RFC 2883 says so to the sender. */
		tcb->dsack = (struct sack_block){ seg->seq, seg->seq + seg->len };
		if (seq_gt(tcb->dsack.end, tcb->rcv_nxt))
			tcb->dsack.end = tcb->rcv_nxt;
	}
	ack_unacceptable(tcp, idx, seg, now);
	return false;
}

/* Second: the RST, as RFC 5961 section 3.2 has it. */
static bool check_reset(struct tcp *tcp, u32 idx, const struct tcp_seg *seg, ns_t now)
{
	struct tcb *tcb = tcb_at(tcp, idx);

	if ((seg->flags & TCP_RST) == 0)
		return true;
	if (seg->seq != tcb->rcv_nxt) {
		challenge(tcp, idx, now);
		return false;
	}
	tcp->stats.resets_in++;
	tcb_fail(tcp, idx, tcb->state == TCP_SYN_RECEIVED ? TCP_ERR_REFUSED : TCP_ERR_RESET, now);
	return false;
}

/* Fourth: a SYN that does not belong here, RFC 5961 section 4.2. */
static bool check_syn(struct tcp *tcp, u32 idx, const struct tcp_seg *seg, ns_t now)
{
	if ((seg->flags & TCP_SYN) == 0)
		return true;
	challenge(tcp, idx, now);
	return false;
}

/* RFC 7323 section 4.3: TS.Recent comes from segments that span what was acknowledged last. */
static void take_timestamp(struct tcb *tcb, const struct tcp_seg *seg, ns_t now)
{
	if ((tcb->flags & TCB_TS) == 0 || !seg->opt.has_ts)
		return;
	if (seq_ge(seg->opt.tsval, tcb->ts_recent) && seq_le(seg->seq, tcb->last_ack_sent)) {
		tcb->ts_recent = seg->opt.tsval;
		tcb->ts_recent_ns = now;
	}
}

/* The ACK of an ACK: who is allowed to update the window. Returns whether it changed. */
static bool take_window(struct tcp *tcp, u32 idx, const struct tcp_seg *seg)
{
	struct tcb *tcb = tcb_at(tcp, idx);
	u32 wnd = (u32)seg->window << tcb->snd_wscale;
	bool changed = wnd != tcb->snd_wnd;

	if (!(seq_lt(tcb->snd_wl1, seg->seq) ||
	      (tcb->snd_wl1 == seg->seq && seq_le(tcb->snd_wl2, seg->ack))))
		return false;
	tcb->snd_wnd = wnd;
	tcb->snd_wl1 = seg->seq;
	tcb->snd_wl2 = seg->ack;
	tcb->snd_max_wnd = u32_max(tcb->snd_max_wnd, wnd);
	if (changed) {
		timer_stop(tcp, tcb, TCP_TIMER_PERSIST);
		tcb->persist_shift = 0;
	}
	return changed;
}

/* The writer may go on once a third of what it may queue is free; the buffer grows with cwnd. */
static void make_room(struct tcp *tcp, struct tcb *tcb)
{
	if (!tcb->send_fixed && tcb->send_limit < tcp->conf.send_buffer_max) {
		/* A window in flight, another one SACKed behind a hole that is sent again, and as
		 * much that waits: less, and the writer would be what limits the rate.           */
		u64 want = 4 * (u64)tcb->air->cc.cwnd + TCP_SEND_START;

		want = u64_min(want, tcp->conf.send_buffer_max);
		tcb->send_limit = u32_max(tcb->send_limit, budget_send(tcp, tcb, (u32)want));
	}
	if (tcb->snd.len <= tcb->send_limit - tcb->send_limit / 3 &&
	    (tcb->flags & TCB_FIN_QUEUED) == 0)
		tcp_set_ready(tcp, tcb, TCP_WRITABLE, 0);
}

/* Our FIN is acknowledged. False: the connection is over. */
static bool fin_acked(struct tcp *tcp, u32 idx, ns_t now)
{
	struct tcb *tcb = tcb_at(tcp, idx);

	switch (tcb->state) {
	case TCP_FIN_WAIT_1:
		tcp_set_state(tcp, idx, TCP_FIN_WAIT_2, now);
		return true;
	case TCP_CLOSING:
		tcp_set_state(tcp, idx, TCP_TIME_WAIT, now);
		return false;
	case TCP_LAST_ACK:
		tcp_set_state(tcp, idx, TCP_CLOSED, now);
		return false;
	default:
		return true;
	}
}

static bool is_duplicate(const struct tcb *tcb, const struct tcp_seg *seg)
{
	/* RFC 5681 section 2, (a) to (e); with SACK the blocks tell instead. */
	return tcb->snd_nxt != tcb->snd_una && tcp_seg_space(seg) == 0 &&
	       seg->ack == tcb->snd_una &&
	       ((u32)seg->window << tcb->snd_wscale) == tcb->snd_wnd;
}

/* An ACK that was overtaken by a later one: what it SACKs above that has arrived all the same. One
 * block below, and it is not known which of them are old, and which are DSACKs.                  */
static void take_old_sacks(struct tcp *tcp, u32 idx, const struct tcp_seg *seg, ns_t now)
{
	struct tcb *tcb = tcb_at(tcp, idx);
	struct tcp_seg current = *seg;
	struct loss_acked acked;

	for (u32 at = 0; at < seg->opt.sack_count; at++) {
		if (seq_lt(seg->opt.sack[at].start, tcb->snd_una))
			return;
	}
	if (seg->opt.sack_count == 0)
		return;
	current.ack = tcb->snd_una;
	loss_on_ack(tcp, idx, &current, false, &acked, now);
	tcp_want_send(tcp, idx);
}

/* Fifth: whether the ACK can be one of ours. What is not believed here may change nothing, or one
 * forged timestamp would make all that follow look old.                                          */
static bool check_ack(struct tcp *tcp, u32 idx, const struct tcp_seg *seg, ns_t now)
{
	struct tcb *tcb = tcb_at(tcp, idx);

	if ((seg->flags & TCP_ACK) == 0)
		return false;
	if (tcb->state == TCP_SYN_RECEIVED) {
		if (seq_le(seg->ack, tcb->snd_una) || seq_gt(seg->ack, tcb->snd_nxt)) {
			reset_answer(tcp, seg);
			return false;
		}
	} else if (seq_gt(seg->ack, tcb->snd_nxt) ||
		   seq_lt(seg->ack, tcb->snd_una - tcb->snd_max_wnd)) {
		challenge(tcp, idx, now); /* RFC 5961 section 5.2 */
		return false;
	}
	return true;
}

static bool take_ack(struct tcp *tcp, u32 idx, const struct tcp_seg *seg, ns_t now)
{
	struct tcb *tcb = tcb_at(tcp, idx);
	struct loss_acked acked = { 0 };
	bool is_dup;

	tcb->flags &= ~(u32)TCB_MORE;
	/* An old one: its data may be new, and what it SACKs. */
	if (seq_lt(seg->ack, tcb->snd_una)) {
		take_old_sacks(tcp, idx, seg, now);
		return true;
	}
	is_dup = is_duplicate(tcb, seg);
	(void)take_window(tcp, idx, seg);
	tcb->keep_probes = 0;
	loss_on_ack(tcp, idx, seg, is_dup, &acked, now);
	if (acked.una_bytes > 0) {
		u32 bytes = acked.una_bytes - acked.syn - acked.fin;

		tcb->air->unacked_ns = now;
		tcb->bytes_acked += bytes;
		ring_drop(&tcb->snd, &tcp->buffers, bytes);
		if (tcb->state == TCP_SYN_RECEIVED)
			tcp_set_state(tcp, idx, TCP_ESTABLISHED, now);
		make_room(tcp, tcb);
	}
	tcp_want_send(tcp, idx);
	return !acked.fin || fin_acked(tcp, idx, now);
}

/* RFC 9293 section 3.8.6.3, RFC 5681 section 4.2: when the ACK leaves. */
static void plan_ack(struct tcp *tcp, u32 idx, const struct tcp_seg *seg, bool in_order, ns_t now)
{
	struct tcb *tcb = tcb_at(tcp, idx);
	bool has_hole = tcb->range != IDX_NONE;

	/* Several segments in one, as a driver may join them, are several. */
	if (seg->len > tcb->rcv_mss)
		tcb->rcv_mss = (u16)u32_min(seg->len, tcb_mss_announced(tcb));
	if (seg->len >= tcb->rcv_mss)
		tcb->delack_segments = (u8)u32_min(tcb->delack_segments + seg->len / tcb->rcv_mss,
						   UINT8_MAX);
	/* A hole that is there or was just filled is told at once. */
	if (!in_order || has_hole || tcb->had_hole || tcb->delack_segments >= DELACK_SEGMENTS ||
	    (tcb->flags & (TCB_QUICKACK | TCB_ECE)) != 0 || tcb->segs_in < QUICK_SEGMENTS)
		ack_now(tcp, idx);
	else if (tcb->timer[TCP_TIMER_DELACK] == NS_NEVER)
		timer_set(tcp, tcb, TCP_TIMER_DELACK, now + tcp->conf.delack_ms * NS_PER_MS);
	tcb->had_hole = has_hole;
}

/* Seventh: the text. */
static bool take_text(struct tcp *tcp, u32 idx, const struct tcp_seg *seg, ns_t now)
{
	struct tcb *tcb = tcb_at(tcp, idx);
	bool moved;

	if (seg->len == 0)
		return true;
	if (tcb->state != TCP_ESTABLISHED && tcb->state != TCP_FIN_WAIT_1 &&
	    tcb->state != TCP_FIN_WAIT_2)
		return true;
	if ((tcb->flags & TCB_ORPHAN) != 0 && seq_gt(seg->seq + seg->len, tcb->rcv_nxt)) {
		/* Nobody will read it, and its sender should know: RFC 2525 section 2.17. With the
		 * number that it expects: it may not have our FIN, and would ask back.           */
		emit_reset_for(tcp, seg);
		tcb_fail(tcp, idx, TCP_ERR_RESET, now);
		return false;
	}
	reasm_rtt(tcb, seg, now);
	moved = reasm_in(tcp, tcb, seg, now);
	plan_ack(tcp, idx, seg, moved, now);
	if (moved)
		tcp_set_ready(tcp, tcb, TCP_READABLE, 0);
	return true;
}

/* Eighth: the FIN, once everything before it is here. */
static void take_fin(struct tcp *tcp, u32 idx, const struct tcp_seg *seg, ns_t now)
{
	struct tcb *tcb = tcb_at(tcp, idx);

	if ((seg->flags & TCP_FIN) != 0 && (tcb->flags & TCB_FIN_RECEIVED) == 0) {
		tcb->fin_early = true;
		tcb->fin_seq = seg->seq + seg->len;
	}
	if (!tcb->fin_early)
		return;
	if (tcb->fin_seq != tcb->rcv_nxt) {
		/* Out of order, as data would be: RFC 5681 section 4.2. */
		if ((seg->flags & TCP_FIN) != 0)
			ack_now(tcp, idx);
		return;
	}
	tcb->fin_early = false;
	/* Behind the end there is nothing, whatever came before it was known. */
	reasm_fini(tcp, tcb);
	tcb->flags |= TCB_FIN_RECEIVED;
	tcb->rcv_nxt++;
	if (seq_lt(tcb->rcv_adv, tcb->rcv_nxt))
		tcb->rcv_adv = tcb->rcv_nxt;
	ack_now(tcp, idx);
	tcp_set_ready(tcp, tcb, TCP_READABLE | TCP_PEER_DONE, 0);
	switch (tcb->state) {
	case TCP_ESTABLISHED:
		tcp_set_state(tcp, idx, TCP_CLOSE_WAIT, now);
		break;
	case TCP_FIN_WAIT_1:
		/* Had it acknowledged our FIN, we would be in FIN-WAIT-2. */
		tcp_set_state(tcp, idx, TCP_CLOSING, now);
		break;
	case TCP_FIN_WAIT_2:
		tcp_set_state(tcp, idx, TCP_TIME_WAIT, now);
		break;
	default:
		break;
	}
}

static void take_ecn(struct tcb *tcb, const struct tcp_seg *seg)
{
	/* RFC 3168 section 6.1.3. */
	if ((tcb->flags & TCB_ECN) == 0)
		return;
	if ((seg->flags & TCP_CWR) != 0)
		tcb->flags &= ~(u32)TCB_ECE;
	if (seg->ecn == IP4_ECN_CE)
		tcb->flags |= TCB_ECE;
}

/* ---- 3.10.7.3 SYN-SENT ----------------------------------------------------------------------- */

/* What the peer's SYN says of options and sizes (RFC 7323 section 2.2 and 3.2, RFC 2018). */
static void take_syn_options(struct tcb *tcb, const struct tcp_seg *seg, ns_t now)
{
	const struct tcp_opts *opt = &seg->opt;

	if (!opt->has_wscale)
		tcb->flags &= ~(u32)TCB_WSCALE;
	if (!opt->has_ts)
		tcb->flags &= ~(u32)TCB_TS;
	if (!opt->sack_permitted)
		tcb->flags &= ~(u32)TCB_SACK;
	if ((seg->flags & (TCP_ECE | TCP_CWR)) != TCP_ECE)
		tcb->flags &= ~(u32)TCB_ECN;
	tcb->snd_wscale = 0;
	if ((tcb->flags & TCB_WSCALE) != 0)
		tcb->snd_wscale = (u8)u32_min(opt->wscale, TCP_WSCALE_MAX);
	else
		tcb->rcv_wscale = 0;
	if ((tcb->flags & TCB_TS) != 0) {
		tcb->ts_recent = opt->tsval;
		tcb->ts_recent_ns = now;
	}
	if (opt->mss != 0)
		tcb->peer_mss = opt->mss;
	tcb_set_sizes(tcb);
}

static void in_syn_sent(struct tcp *tcp, u32 idx, const struct tcp_seg *seg, ns_t now)
{
	struct tcb *tcb = tcb_at(tcp, idx);
	bool has_ack = (seg->flags & TCP_ACK) != 0;
	struct loss_acked acked;
	struct tcp_seg text;

	/* First: the ACK. */
	if (has_ack && (seq_le(seg->ack, tcb->iss) || seq_gt(seg->ack, tcb->snd_nxt))) {
		reset_answer(tcp, seg);
		return;
	}
	/* Second: the RST. */
	if ((seg->flags & TCP_RST) != 0) {
		if (has_ack)
			tcb_fail(tcp, idx, TCP_ERR_REFUSED, now);
		return;
	}
	/* Fourth: the SYN. */
	if ((seg->flags & TCP_SYN) == 0)
		return;
	tcb->irs = seg->seq;
	if (seg->auth != NULL)
		auth_set_peer(seg->auth, seg->seq);
	tcb->rcv_nxt = tcb->last_ack_sent = seg->seq + 1;
	tcb->rcv_adv = tcb->rcv_nxt + u32_min(tcb->recv_limit, UINT16_MAX);
	take_syn_options(tcb, seg, now);
	tcb->snd_wnd = tcb->snd_max_wnd = seg->window; /* not scaled: RFC 7323 section 2.2 */
	tcb->snd_wl1 = seg->seq;
	tcb->snd_wl2 = seg->ack;
	if (!has_ack) {
		/* Both began at once: <SEQ=ISS><ACK=RCV.NXT><CTL=SYN,ACK>. */
		tcp_set_state(tcp, idx, TCP_SYN_RECEIVED, now);
		tcb->snd_nxt = tcb->iss;
		loss_fini(tcp, tcb);
		loss_init(tcp, tcb);
		tcp_want_send(tcp, idx);
		return;
	}
	loss_on_ack(tcp, idx, seg, false, &acked, now);
	tcp_set_state(tcp, idx, TCP_ESTABLISHED, now);
	ack_now(tcp, idx);
	/* Seventh and eighth: data begin behind the SYN, and may be all that there is. */
	text = *seg;
	text.seq++;
	if (text.len > 0 && reasm_in(tcp, tcb, &text, now))
		tcp_set_ready(tcp, tcb, TCP_READABLE, 0);
	take_fin(tcp, idx, &text, now);
}

/* ---- each of them ---------------------------------------------------------------------------- */

void tcp_in_tcb(struct tcp *tcp, u32 idx, const struct tcp_seg *seg, ns_t now)
{
	struct tcb *tcb = tcb_at(tcp, idx);
	struct tcp_seg crossed;

	tcb->segs_in++;
	tcb->last_rx_ns = now;
	if (tcb->state == TCP_SYN_SENT) {
		in_syn_sent(tcp, idx, seg, now);
		return;
	}
	/* The SYN,ACK of a peer that began at the same time lies before the window, by its SYN. */
	if (tcb->state == TCP_SYN_RECEIVED && (seg->flags & TCP_SYN) != 0 &&
	    (seg->flags & TCP_ACK) != 0 && seg->seq == tcb->irs && seg->ack == tcb->snd_nxt) {
		crossed = *seg;
		crossed.flags &= (u8)~TCP_SYN;
		crossed.seq++;
		/* Its window is not scaled (RFC 7323 section 2.2); all others are. */
		crossed.window = (u16)(crossed.window >> tcb->snd_wscale);
		seg = &crossed;
	}
	if (!check_timestamps(tcp, idx, seg, now) || !check_sequence(tcp, idx, seg, now) ||
	    !check_reset(tcp, idx, seg, now) || !check_syn(tcp, idx, seg, now))
		return;
	if (!check_ack(tcp, idx, seg, now))
		return;
	take_timestamp(tcb, seg, now);
	take_ecn(tcb, seg);
	if (!take_ack(tcp, idx, seg, now) || !take_text(tcp, idx, seg, now))
		return;
	take_fin(tcp, idx, seg, now);
}

/* ---- to whom it is --------------------------------------------------------------------------- */

static bool seg_read(struct tcp_seg *seg, const struct pkt *pkt, const struct tcp_rx *rx)
{
	const struct ip4_hdr *ip = (const void *)pkt_l3(pkt);
	const struct tcp_hdr *hdr = (const void *)pkt_l4(pkt);
	u32 l4_len = pkt_l4_len(pkt);

	if (!tcp_fits(hdr, l4_len) || !pkt_csum_is_right(pkt))
		return false;
	memset(seg, 0, offsetof(struct tcp_seg, opt));
	seg->key.local = ip->dst;
	seg->key.peer = ip->src;
	seg->key.local_port = hdr->dport;
	seg->key.peer_port = hdr->sport;
	seg->key.zone = rx->zone;
	seg->seq = be32_host(hdr->seq);
	seg->ack = be32_host(hdr->ack);
	seg->len = l4_len - tcp_hlen(hdr);
	seg->window = be16_host(hdr->window);
	seg->flags = hdr->flags;
	seg->ecn = ip->tos & IP4_ECN_MASK;
	seg->mtu = rx->mtu;
	seg->data = (const u8 *)hdr + tcp_hlen(hdr);
	seg->hdr = hdr;
	tcp_opts_read(&seg->opt, hdr);
	return true;
}

/* Nobody has it. True: it is answered here, signed, or not at all. */
static bool in_closed(struct tcp *tcp, struct tcp_seg *seg)
{
	struct auth_state state;

	if (!auth_in_closed(tcp, seg, &state))
		return true;
	if (seg->auth == NULL)
		return false;
	emit_reset_for(tcp, seg);
	return true;
}

/* A segment that no control block has. */
static bool in_no_tcb(struct tcp *tcp, struct tcp_seg *seg, ns_t now)
{
	u32 at = timewait_find(tcp, &seg->key);
	struct auth_state state;
	struct tcp_born born;
	u32 listener;
	u32 idx;

	if (at != IDX_NONE) {
		if (!auth_in(tcp, timewait_auth(tcp, at), seg) ||
		    timewait_in(tcp, at, seg, &seg->iss_above, now) == TIMEWAIT_DONE)
			return true;
		seg->has_iss_above = true;
	}
	listener = listen_of_half_open(tcp, &seg->key);
	if (listener == IDX_NONE)
		listener = listen_find(tcp, &seg->key);
	if (listener == IDX_NONE)
		return in_closed(tcp, seg);
	if (!auth_in_listener(tcp, listener, seg, &state) ||
	    !listen_in(tcp, listener, seg, &born, now))
		return true;
	idx = tcb_born(tcp, &born, now);
	if (idx == IDX_NONE)
		return true;
	listen_queue(tcp, born.listener, idx);
	seg->auth = auth_at(tcp, tcb_at(tcp, idx)->auth);
	tcp_in_tcb(tcp, idx, seg, now);
	return true;
}

bool tcp_in(struct tcp *tcp, const struct pkt *pkt, const struct tcp_rx *rx, ns_t now)
{
	const struct ip4_hdr *ip = (const void *)pkt_l3(pkt);
	struct tcp_seg seg;
	u32 idx;

	tcp->stats.segs_in++;
	if (!seg_read(&seg, pkt, rx)) {
		tcp->stats.bad_segments++;
		return true;
	}
	/* RFC 9293 MUST-57: nothing of TCP is broadcast. */
	if ((pkt->flags & (PKT_LINK_BROADCAST | PKT_LINK_MULTICAST)) != 0)
		return true;
	idx = tcb_find(tcp, &seg.key);
	if (idx == IDX_NONE)
		return in_no_tcb(tcp, &seg, now);
	if (ip->ttl < tcb_at(tcp, idx)->min_ttl) {
		tcp->stats.min_ttl++;
		return true;
	}
	seg.auth = auth_at(tcp, tcb_at(tcp, idx)->auth);
	if ((seg.auth != NULL || seg.opt.auth_kind != 0) && !auth_in(tcp, seg.auth, &seg))
		return true;
	tcp_in_tcb(tcp, idx, &seg, now);
	return true;
}
