/* Recovery: how it begins, what may leave in it, how it ends, and when it was a mistake.
 *
 * Fast recovery begins with the first loss and ends when all that was outstanding then is
 * acknowledged (RFC 6675 section 5); a time-out makes it loss recovery. What told of a loss may be
 * taken back: by DSACKs for all that was sent again (RFC 3708), by the echo of a timestamp older
 * than the retransmission (Eifel, RFC 3522), by F-RTO (RFC 5682). Then congestion control has its
 * window back and nothing that was sent once counts as lost.
 *
 * A peer without SACK says by a duplicate ACK that one segment has arrived, not which: a full one
 * is counted in sacked_bytes for each, and no record is marked. So all that is in flight is
 * counted alike for both, and limited transmit (RFC 3042) and PRR need no word about it.         */
#include "core/tcp/isn.h"
#include "core/tcp/loss_part.h"

enum {
	FRTO_WINDOW = 3,         /* segments: RFC 5682 section 2.1 step 3a */
	UNDO_SPAN_MAX = 1 << 30, /* bytes behind recovery: no DSACK tells of it any more */
};

static void settle(struct tcb *tcb)
{
	tcb->ca = tcb->air->sacked_bytes > 0 ? TCP_CA_DISORDER : TCP_CA_OPEN;
}

/* Everything that reduces cwnd is told to the peer, and answers ECE, too: RFC 3168 6.1.2. Of who
 * sends nothing that could be marked, the peer awaits no word.                                   */
static void note_reduction(struct tcb *tcb)
{
	struct tcp_air *air = tcb->air;

	air->high_seq = air->ecn_end_seq = tcb->snd_nxt;
	if (tcb_is_ect(tcb))
		tcb->flags |= TCB_CWR;
}

/* What is being sent again already counts: its DSACKs say nothing of what follows. */
static void begin_undo(struct tcb *tcb)
{
	struct tcp_air *air = tcb->air;

	air->undo_possible = true;
	air->undo_una = tcb->snd_una;
	air->undo_again = air->again_bytes;
	air->undo_sent = air->spurious_checked = false;
}

static void begin_recovery(struct tcp *tcp, struct tcb *tcb, struct loss_step *step)
{
	struct tcp_air *air = tcb->air;

	tcb->ca = TCP_CA_RECOVERY;
	note_reduction(tcb);
	begin_undo(tcb);
	air->prr_delivered = air->prr_out = 0;
	air->prr_start = tcb->snd_nxt - step->una_before;
	air->send_budget_set = air->cc.ops->wants_prr;
	air->send_budget = 0;
	tcb->recoveries++;
	tcp->stats.recoveries++;
	loss_tell(tcb, CC_ENTER_RECOVERY, step);
}

static void end_guesses(struct tcb *tcb)
{
	struct tcp_air *air = tcb->air;

	air->dup_acks = 0;
	if ((tcb->flags & TCB_SACK) == 0)
		air->sacked_bytes = 0;
}

static void end_recovery(struct tcb *tcb, struct loss_step *step)
{
	struct tcp_air *air = tcb->air;

	/* RFC 9937 section 6.2: PRR has led it there, except for what was not sent. */
	if (air->send_budget_set)
		air->cc.cwnd = air->cc.ssthresh;
	air->send_budget_set = false;
	air->frto = 0;
	end_guesses(tcb);
	settle(tcb);
	step->exited = true;
	loss_tell(tcb, CC_EXIT_RECOVERY, step);
}

void recovery_of_probe(struct tcp *tcp, struct tcb *tcb, struct loss_step *step)
{
	begin_recovery(tcp, tcb, step);
	end_recovery(tcb, step);
	tcb->air->undo_possible = false;
}

/* ---- undo ------------------------------------------------------------------------------------ */

static void undo(struct tcp *tcp, struct tcb *tcb, struct loss_step *step)
{
	struct tcp_air *air = tcb->air;

	/* After its end nothing is lost, unless a new MTU made it so. */
	if (loss_in_recovery(tcb))
		txq_restore(tcp, tcb);
	air->undo_possible = false;
	air->send_budget_set = false;
	air->frto = 0;
	end_guesses(tcb);
	settle(tcb);
	tcp->stats.undone++;
	loss_tell(tcb, CC_UNDO, step);
}

/* A DSACK for a retransmission: both copies have arrived. When all of them were for nothing, so was
 * the recovery, even when it has ended meanwhile.                                                */
static bool is_undone_by_dsack(struct tcb *tcb, const struct loss_step *step)
{
	struct tcp_air *air = tcb->air;
	const struct sack_block *block = &step->dsack_block;

	if (!step->dsack || !air->undo_sent || seq_lt(block->start, air->undo_una) ||
	    seq_gt(block->end, tcb->snd_nxt))
		return false;
	air->undo_again -= u32_min(air->undo_again, block->end - block->start);
	return air->undo_again == 0;
}

/* RFC 3522 section 3.2, steps 4 and 5: the first ACK of what was sent again first decides. One that
 * ends before it is of a hole that an earlier recovery mends, and echoes that one's time.        */
static bool is_undone_by_echo(struct tcb *tcb, const struct loss_step *step)
{
	struct tcp_air *air = tcb->air;

	if (!air->undo_sent || air->spurious_checked || !loss_in_recovery(tcb) ||
	    tcb->snd_una == step->una_before || seq_le(tcb->snd_una, air->undo_seq))
		return false;
	air->spurious_checked = true;
	return (tcb->flags & TCB_TS) != 0 && step->seg->opt.has_ts &&
	       seq_lt(step->seg->opt.tsecr, air->undo_ts);
}

/* Whether something new may be sent: the ring still begins where SND.UNA was. */
static bool has_new_data(const struct tcb *tcb, const struct loss_step *step)
{
	return tcb->snd.len > tcb->snd_nxt - step->una_before &&
	       seq_lt(tcb->snd_nxt, tcb->snd_una + tcb->snd_wnd);
}

/* RFC 5682 sections 2.1 and 3.1, steps 2 and 3. In step 3 nothing but new data has left since the
 * first retransmission, so an ACK of what was sent once is one of the original transmission.     */
static bool is_undone_by_frto(struct tcb *tcb, const struct loss_step *step)
{
	struct tcp_air *air = tcb->air;
	bool is_forward = tcb->snd_una != step->una_before;
	bool is_news = air->delivered != step->delivered_before;

	if (air->frto == FRTO_SECOND) {
		if (step->orig_acked)
			return true;
		if (is_forward || is_news || step->is_dup)
			air->frto = 0;
		/* Step 3a: beside the two that are new one that was lost may leave; without SACK
		 * nobody says that they have arrived.                                            */
		if (step->is_dup && !is_news)
			air->cc.cwnd = u32_max(air->cc.cwnd, FRTO_WINDOW * air->cc.mss);
	} else if (air->frto == FRTO_FIRST && is_forward) {
		air->frto = has_new_data(tcb, step) ? FRTO_SECOND : 0;
	} else if (air->frto == FRTO_FIRST && step->is_dup && (tcb->flags & TCB_SACK) == 0) {
		air->frto = 0;
	}
	return false;
}

void recovery_on_ack(struct tcp *tcp, struct tcb *tcb, struct loss_step *step)
{
	struct tcp_air *air = tcb->air;
	bool is_spurious = false;

	if (air->undo_possible) {
		is_spurious = is_undone_by_dsack(tcb, step);
		is_spurious |= is_undone_by_echo(tcb, step);
		is_spurious |= is_undone_by_frto(tcb, step);
	}
	if (is_spurious)
		undo(tcp, tcb, step);
	if (loss_in_recovery(tcb) && seq_ge(tcb->snd_una, air->high_seq))
		end_recovery(tcb, step);
	/* It may not fall behind by half of the circle. Equal stays: RFC 6582 3.2 step 2. */
	if (!loss_in_recovery(tcb) && seq_gt(tcb->snd_una, air->high_seq))
		air->high_seq = tcb->snd_una - 1;
	if (tcb->snd_una - air->undo_una > UNDO_SPAN_MAX)
		air->undo_possible = false;
}

/* ---- a peer without SACK --------------------------------------------------------------------- */

/* What the first record, which is missing, and those that are lost leave for a guess. */
static u32 guess_max(const struct tcp *tcp, const struct tcb *tcb)
{
	const struct tcp_air *air = tcb->air;
	const struct tx_rec *head;
	u32 missing = air->lost_bytes;

	if (air->tx_first == IDX_NONE)
		return 0;
	head = rec_at(tcp, air->tx_first);
	if ((head->flags & REC_LOST) == 0)
		missing += rec_len(head);
	return tcb->snd_nxt - tcb->snd_una - missing;
}

/* Of what an ACK acknowledges by number, duplicate ACKs have told already, except of the record
 * that was missing.                                                                              */
static void guess_less(struct tcb *tcb, const struct loss_step *step)
{
	struct tcp_air *air = tcb->air;
	u32 told = tcb->snd_una - step->una_before;

	told -= u32_min(told, step->head_bytes);
	told = u32_min(told, air->sacked_bytes);
	air->sacked_bytes -= told;
	air->delivered -= told;
	if (!loss_in_recovery(tcb))
		end_guesses(tcb);
}

void reno_on_ack(struct tcp *tcp, struct tcb *tcb, struct loss_step *step)
{
	struct tcp_air *air = tcb->air;
	u32 more;
	u32 max;

	if (tcb->flags & TCB_SACK)
		return;
	if (tcb->snd_una != step->una_before)
		guess_less(tcb, step);
	max = guess_max(tcp, tcb);
	air->sacked_bytes = u32_min(air->sacked_bytes, max);
	/* After a time-out duplicate ACKs are those of what is sent twice. */
	if (!step->is_dup || tcb->ca == TCP_CA_LOSS)
		return;
	if (air->dup_acks < UINT8_MAX)
		air->dup_acks++;
	more = u32_min(air->cc.mss, max - air->sacked_bytes);
	air->sacked_bytes += more;
	air->delivered += more;
	air->delivered_ns = step->now;
}

/* RFC 6582 section 3.2: the third duplicate ACK, of something behind the last recovery (step 2), or
 * a partial ACK (step 3), and the first record is lost.                                          */
static void reno_detect(struct tcp *tcp, struct tcb *tcb, const struct loss_step *step)
{
	struct tcp_air *air = tcb->air;
	struct tx_rec *head;
	bool is_lost;

	if (air->tx_first == IDX_NONE)
		return;
	head = rec_at(tcp, air->tx_first);
	if (tcb->ca == TCP_CA_RECOVERY)
		is_lost = tcb->snd_una != step->una_before;
	else
		is_lost = tcb->ca != TCP_CA_LOSS && step->is_dup &&
			  air->dup_acks >= LOSS_DUPTHRESH && seq_gt(tcb->snd_una, air->high_seq);
	if (!is_lost || !rec_is_in_flight(head) || (head->flags & REC_RETRANSMITTED) != 0)
		return;
	loss_mark(tcp, tcb, air->tx_first, step);
}

/* ---- losses ---------------------------------------------------------------------------------- */

/* RFC 9937 section 6.2. The first segment is sent again whatever comes out: that is the fast
 * retransmit. Without news nothing is granted; a segment more than was delivered only when the ACK
 * moves on and tells of no further loss.                                                         */
static void prr(struct tcb *tcb, const struct loss_step *step)
{
	struct tcp_air *air = tcb->air;
	u64 delivered = air->delivered - step->delivered_before;
	u64 in_flight = tcb_in_flight(tcb);
	u64 ssthresh = air->cc.ssthresh;
	bool is_safe = tcb->snd_una != step->una_before && air->lost == step->lost_before;
	u64 allowed; /* in all, since recovery began */
	u64 budget;

	if (delivered == 0 && air->prr_out > 0)
		return;
	air->prr_delivered += (u32)delivered;
	if (in_flight > ssthresh) {
		allowed = (air->prr_delivered * ssthresh + air->prr_start - 1) / air->prr_start;
		budget = allowed - u64_min(allowed, air->prr_out);
	} else {
		budget = air->prr_delivered - u32_min(air->prr_delivered, air->prr_out);
		if (budget < delivered)
			budget = delivered;
		if (is_safe)
			budget += air->cc.mss;
		budget = u64_min(budget, ssthresh - in_flight);
	}
	if (air->prr_out == 0 && budget < air->cc.mss)
		budget = air->cc.mss;
	air->send_budget = (u32)u64_min(budget, UINT32_MAX);
	air->cc.cwnd = (u32)u64_min(in_flight + budget, UINT32_MAX);
}

void recovery_on_loss(struct tcp *tcp, struct tcb *tcb, struct loss_step *step)
{
	const struct tcp_air *air = tcb->air;

	if ((tcb->flags & TCB_SACK) == 0)
		reno_detect(tcp, tcb, step);
	if (!loss_in_recovery(tcb)) {
		/* What was lost in the recovery that ended just now, behind its end, is a loss of
		 * the next window.                                                               */
		if (air->lost != step->lost_before || (step->exited && air->lost_bytes > 0))
			begin_recovery(tcp, tcb, step);
		else
			settle(tcb);
	}
	if (tcb->ca == TCP_CA_RECOVERY && air->send_budget_set)
		prr(tcb, step);
}

/* out.c takes it from send_budget. */
void recovery_on_sent(struct tcb *tcb, u32 bytes)
{
	struct tcp_air *air = tcb->air;

	if (air->send_budget_set)
		air->prr_out += bytes;
}

void recovery_on_sent_again(struct tcb *tcb, const struct tx_rec *rec, ns_t now)
{
	struct tcp_air *air = tcb->air;

	/* RFC 5682 section 2.1 step 2b: with something sent again, step 3 tells nothing. */
	if (air->frto == FRTO_SECOND)
		air->frto = 0;
	recovery_on_sent(tcb, rec_len(rec));
	if (!air->undo_possible)
		return;
	if (!air->undo_sent) {
		air->undo_ts = tcp_ts(tcb->ts_offset, now);
		air->undo_seq = rec->seq;
	}
	air->undo_sent = true;
	air->undo_again += rec_len(rec);
}

/* ---- the timer ------------------------------------------------------------------------------- */

/* RFC 2018 section 8: the peer may have dropped what it SACKed. One that did shows it, because it
 * waits for something that it has SACKed (RFC 6675 section 5.1, erratum 1610 of RFC 2018); for
 * all others a time-out says nothing of what arrived, and on a long path that loses much most of
 * the window has. Only what was in flight is a loss to congestion control.                       */
static void lose_all(struct tcp *tcp, struct tcb *tcb, const struct loss_step *step)
{
	struct tcp_air *air = tcb->air;
	bool has_reneged = (rec_at(tcp, air->tx_first)->flags & REC_SACKED) != 0;

	for (u32 idx = air->tx_first; idx != IDX_NONE; idx = rec_at(tcp, idx)->next) {
		const struct tx_rec *rec = rec_at(tcp, idx);

		if (rec_is_in_flight(rec))
			loss_mark(tcp, tcb, idx, step);
		else if (has_reneged && (rec->flags & REC_SACKED) != 0)
			txq_mark_lost(tcp, tcb, idx);
	}
	if (has_reneged)
		air->sack_seen_count = 0;
	end_guesses(tcb);
}

static void begin_loss(struct tcb *tcb, struct loss_step *step, bool is_first)
{
	struct tcp_air *air = tcb->air;

	/* RFC 5682 section 2.1 step 1: not when what was sent again may be what is acknowledged. */
	air->frto = is_first ? FRTO_FIRST : 0;
	tcb->ca = TCP_CA_LOSS;
	air->send_budget_set = false;
	note_reduction(tcb);
	loss_tell(tcb, CC_TIMEOUT, step);
}

static void on_rto(struct tcp *tcp, struct tcb *tcb, ns_t now)
{
	struct tcp_air *air = tcb->air;
	bool is_first = !loss_in_recovery(tcb);
	bool is_again = tcb->ca == TCP_CA_LOSS &&
			(rec_at(tcp, air->tx_first)->flags & REC_EVER_AGAIN) != 0;
	struct loss_step step;

	loss_step_init(&step, tcb, now);
	/* Before the marks: what is in flight again may be told of by a DSACK. */
	if (loss_has_cc(tcb) && !is_again)
		begin_undo(tcb);
	lose_all(tcp, tcb, &step);
	air->tlp_active = false;
	tcb->flags &= ~(u32)TCB_PROBE;
	timer_stop(tcp, tcb, TCP_TIMER_REORDER);
	if (loss_has_cc(tcb))
		begin_loss(tcb, &step, is_first);
	/* RFC 6298 sections 5.5 and 5.6 */
	rtt_back_off(tcp, tcb);
	air->rto_start_ns = now;
	tcb->timeouts++;
	tcp->stats.timeouts++;
}

bool loss_on_timer(struct tcp *tcp, u32 idx, ns_t now)
{
	struct tcb *tcb = tcb_at(tcp, idx);
	struct tcp_air *air = tcb->air;
	bool is_probe = tcb->retransmit_is_probe;

	if (air->tx_first == IDX_NONE)
		return false;
	if (is_probe) {
		/* RFC 8985 section 7.3: RTO counts from here, even when no probe can be sent. */
		tcb->flags |= TCB_PROBE;
		air->pto_done = true;
		air->rto_start_ns = now;
	} else {
		on_rto(tcp, tcb, now);
	}
	loss_arm(tcp, tcb, now);
	tcp_want_send(tcp, idx);
	return !is_probe;
}

/* Not congestion: neither tcb->air->lost nor congestion control hears of it. */
void loss_on_pmtu(struct tcp *tcp, u32 idx, ns_t now)
{
	struct tcb *tcb = tcb_at(tcp, idx);
	const struct tcp_air *air = tcb->air;

	for (u32 at = air->tx_first; at != IDX_NONE; at = rec_at(tcp, at)->next) {
		const struct tx_rec *rec = rec_at(tcp, at);

		if (rec_is_in_flight(rec) && rec_payload(rec) > air->cc.mss)
			txq_mark_lost(tcp, tcb, at);
	}
	if (air->lost_bytes > 0)
		tcp_want_send(tcp, idx);
	loss_arm(tcp, tcb, now);
}
