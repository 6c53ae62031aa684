/* An ACK, from what it acknowledges to what congestion control is told of it.
 *
 * Blocks of SACK come again and again, oldest news last. What the ACK before this one said is
 * remembered and left out, so that the walk over the records is over what is new, from where the
 * last one ended; and it ends after SACK_STEPS_MAX, whatever a peer says.                        */
#include "core/tcp/loss_part.h"

enum {
	SACK_STEPS_MAX = 4096, /* records passed for one ACK */
	SACK_CUTS_MAX = 64,    /* records more than twice the segments in flight: no more is cut */
};

void loss_step_init(struct loss_step *step, const struct tcb *tcb, ns_t now)
{
	const struct tcp_air *air = tcb->air;

	memset(step, 0, sizeof *step);
	step->now = now;
	step->una_before = tcb->snd_una;
	step->delivered_before = air->delivered;
	step->lost_before = air->lost;
	step->ack.prior_in_flight = tcb_in_flight(tcb);
}

/* ---- delivered ------------------------------------------------------------------------------- */

static void deliver(struct tcb *tcb, struct tx_rec *rec, struct loss_step *step, bool by_number)
{
	/* SACKed before; or before a time-out, which takes the mark but not this. */
	if (rec->flags & REC_DELIVERED)
		return;
	rec->flags |= REC_DELIVERED;
	rate_on_delivered(tcb, rec, step);
	rtt_on_delivered(rec, step, by_number);
	rack_on_delivered(tcb, rec, step);
	if ((rec->flags & REC_EVER_AGAIN) == 0 && seq_le(rec->end, tcb->air->high_seq))
		step->orig_acked = true;
}

/* The first record is acknowledged in part: what is left is as it was. */
static void deliver_part(struct tcp *tcp, struct tcb *tcb, struct loss_step *step)
{
	struct tcp_air *air = tcb->air;
	const struct tx_rec *rec = rec_at(tcp, air->tx_first);
	u32 bytes = step->seg->ack - rec->seq;

	if ((rec->flags & REC_DELIVERED) == 0) {
		air->delivered += bytes;
		air->delivered_ns = step->now;
	}
	txq_shorten_first(tcp, tcb, step->seg->ack);
}

static void ack_by_number(struct tcp *tcp, struct tcb *tcb, struct loss_step *step,
			  struct loss_acked *acked)
{
	struct tcp_air *air = tcb->air;
	u32 ack = step->seg->ack;
	u32 fin_count = 0;

	if (ack == tcb->snd_una)
		return;
	step->head_bytes = rec_len(rec_at(tcp, air->tx_first));
	/* Ends: each turn takes a record. */
	while (air->tx_first != IDX_NONE && seq_le(rec_at(tcp, air->tx_first)->end, ack)) {
		struct tx_rec *rec = rec_at(tcp, air->tx_first);

		deliver(tcb, rec, step, true);
		step->syn |= (rec->flags & REC_SYN) != 0;
		fin_count += (rec->flags & REC_FIN) != 0;
		step->rec_count++;
		txq_del_first(tcp, tcb);
	}
	if (air->tx_first != IDX_NONE && seq_lt(rec_at(tcp, air->tx_first)->seq, ack))
		deliver_part(tcp, tcb, step);
	acked->una_bytes = ack - tcb->snd_una;
	acked->syn = step->syn;
	acked->fin = fin_count > 0;
	step->ack.una_bytes = acked->una_bytes - step->syn - fin_count;
	tcb->snd_una = ack;
	/* RFC 6298 section 5.3 */
	air->rto_start_ns = step->now;
	air->pto_done = false;
	tcb->flags &= ~(u32)TCB_PROBE;
}

/* ---- SACK ------------------------------------------------------------------------------------ */

static u32 seq_distance(u32 a, u32 b)
{
	return seq_lt(a, b) ? b - a : a - b;
}

/* The record that seq is in, looked for from the nearest of three that are known; IDX_NONE: too far
 * away for the steps that are left, or there is none.                                            */
static u32 sack_find(const struct tcp *tcp, struct tcb *tcb, u32 seq, u32 *steps)
{
	struct tcp_air *air = tcb->air;
	u32 start[] = { air->tx_hint, air->tx_first, air->tx_last };
	u32 at = air->tx_first;

	for (u32 n = 0; n < ARRAY_COUNT(start); n++) {
		if (start[n] != IDX_NONE && seq_distance(rec_at(tcp, start[n])->seq, seq) <
						    seq_distance(rec_at(tcp, at)->seq, seq))
			at = start[n];
	}
	while (at != IDX_NONE && *steps > 0) {
		const struct tx_rec *rec = rec_at(tcp, at);

		air->tx_hint = at;
		if (seq_lt(seq, rec->seq))
			at = rec->prev;
		else if (seq_ge(seq, rec->end))
			at = rec->next;
		else
			return at;
		(*steps)--;
	}
	return IDX_NONE;
}

/* Whether the pieces that a peer makes of our records stay few. */
static bool may_cut(const struct tcb *tcb)
{
	const struct tcp_air *air = tcb->air;

	return air->tx_count < 2 * ((tcb->snd_nxt - tcb->snd_una) / air->cc.mss) + SACK_CUTS_MAX;
}

/* Makes at exactly what [start, end) covers of it, or false. *at: the part that is covered. */
static bool sack_cut(struct tcp *tcp, struct tcb *tcb, u32 *at, u32 start, u32 end)
{
	const struct tx_rec *rec = rec_at(tcp, *at);

	if (seq_ge(rec->seq, start) && seq_le(rec->end, end))
		return true;
	if (!may_cut(tcb))
		return false;
	if (seq_lt(rec->seq, start)) {
		if (!txq_cut(tcp, tcb, *at, start - rec->seq))
			return false;
		*at = rec->next;
		rec = rec_at(tcp, *at);
	}
	return seq_le(rec->end, end) || txq_cut(tcp, tcb, *at, end - rec->seq);
}

/* False: not all of it was done. */
static bool sack_range(struct tcp *tcp, struct tcb *tcb, struct sack_block range, u32 *steps,
		       struct loss_step *step)
{
	u32 at = sack_find(tcp, tcb, range.start, steps);
	bool whole = at != IDX_NONE;

	while (at != IDX_NONE && seq_lt(rec_at(tcp, at)->seq, range.end)) {
		if (*steps == 0)
			return false;
		(*steps)--;
		if ((rec_at(tcp, at)->flags & REC_SACKED) == 0) {
			if (sack_cut(tcp, tcb, &at, range.start, range.end)) {
				deliver(tcb, rec_at(tcp, at), step, false);
				txq_mark_sacked(tcp, tcb, at);
			} else {
				whole = false;
			}
		}
		tcb->air->tx_hint = at;
		at = rec_at(tcp, at)->next;
	}
	return whole;
}

/* What of a block the last ACK did not say. */
static bool sack_block(struct tcp *tcp, struct tcb *tcb, struct sack_block block, u32 *steps,
		       struct loss_step *step)
{
	struct tcp_air *air = tcb->air;
	struct sack_block part = block;
	bool whole = true;

	for (u32 n = 0; n < air->sack_seen_count; n++) {
		const struct sack_block *seen = &air->sack_seen[n];

		if (seq_le(seen->end, part.start) || seq_ge(seen->start, block.end))
			continue;
		part.end = seen->start;
		if (seq_lt(part.start, part.end))
			whole &= sack_range(tcp, tcb, part, steps, step);
		part.start = seen->end;
	}
	part.end = block.end;
	if (seq_lt(part.start, part.end))
		whole &= sack_range(tcp, tcb, part, steps, step);
	return whole;
}

/* What is not within [SND.UNA, SND.NXT] is old, or wrong (RFC 2018 section 4). */
static bool is_believed(const struct tcb *tcb, const struct sack_block *block)
{
	return seq_ge(block->start, tcb->snd_una) && seq_lt(block->start, block->end) &&
	       seq_lt(block->start, tcb->snd_nxt) && seq_le(block->end, tcb->snd_nxt);
}

/* RFC 2883 section 4: the first block, below the ACK or inside the second, tells of what arrived
 * twice.                                                                                         */
static void find_dsack(const struct tcb *tcb, const struct tcp_seg *seg, struct loss_step *step)
{
	const struct sack_block *first = &seg->opt.sack[0];
	const struct sack_block *second = &seg->opt.sack[1];

	if (seg->opt.sack_count == 0 || seq_ge(first->start, first->end))
		return;
	step->dsack = seq_le(first->end, seg->ack);
	if (!step->dsack && seg->opt.sack_count > 1 && is_believed(tcb, second))
		step->dsack = seq_ge(first->start, second->start) &&
			      seq_le(first->end, second->end);
	step->dsack_block = *first;
}

static void insert_sorted(struct sack_block *sorted, u32 count, const struct sack_block *block)
{
	u32 at = count;

	while (at > 0 && seq_lt(block->start, sorted[at - 1].start)) {
		sorted[at] = sorted[at - 1];
		at--;
	}
	sorted[at] = *block;
}

static void ack_by_sack(struct tcp *tcp, struct tcb *tcb, struct loss_step *step)
{
	struct tcp_air *air = tcb->air;
	const struct tcp_opts *opt = &step->seg->opt;
	struct sack_block sorted[TCP_SACK_BLOCKS_MAX];
	u32 steps = SACK_STEPS_MAX;
	u32 count = 0;
	bool whole = true;

	if ((tcb->flags & TCB_SACK) == 0)
		return;
	find_dsack(tcb, step->seg, step);
	for (u32 n = 0; n < opt->sack_count; n++) {
		if (is_believed(tcb, &opt->sack[n]))
			insert_sorted(sorted, count++, &opt->sack[n]);
	}
	for (u32 n = 0; n < count; n++)
		whole &= sack_block(tcp, tcb, sorted[n], &steps, step);
	/* What could not be done now comes again with the next ACK. */
	air->sack_seen_count = whole ? (u8)count : 0;
	for (u32 n = 0; n < air->sack_seen_count; n++)
		air->sack_seen[n] = sorted[n];
}

/* ---- what follows ---------------------------------------------------------------------------- */

/* RFC 3168 section 6.1.2: ECE is answered once per window of data. The one that its answer left
 * behind ends when the segment with CWR, the first one sent after it, is acknowledged. Who reduces
 * nothing says no CWR, which would end the echo.                                                 */
static void ecn_on_ack(struct tcb *tcb, struct loss_step *step)
{
	struct tcp_air *air = tcb->air;
	bool is_new_window = seq_gt(tcb->snd_una, air->ecn_end_seq);

	if (is_new_window)
		air->ecn_end_seq = tcb->snd_una - 1;
	if (!tcb_is_ect(tcb) || (step->seg->flags & (TCP_ECE | TCP_SYN)) != TCP_ECE)
		return;
	if (!is_new_window)
		return;
	step->ack.ecn_echo = true;
	air->ecn_end_seq = tcb->snd_nxt;
	tcb->flags |= TCB_CWR;
}

/* Since the connection began, for a number from SND.UNA on. in.c counts what this ACK acknowledges
 * when it is through.                                                                            */
static u64 offset_of(const struct tcb *tcb, const struct loss_step *step, u32 seq)
{
	return tcb->bytes_acked + step->ack.una_bytes + (seq - tcb->snd_una);
}

void loss_mark(struct tcp *tcp, struct tcb *tcb, u32 idx, const struct loss_step *step)
{
	struct tcp_air *air = tcb->air;
	const struct tx_rec *rec = rec_at(tcp, idx);
	struct cc_lost lost = {
		.now = step->now,
		.seq = offset_of(tcb, step, rec->seq),
		.delivered = air->delivered,
		.tx_lost = rec->lost,
		.bytes = rec_payload(rec),
		.tx_in_flight = rec->tx_in_flight,
		.app_limited = (rec->flags & REC_APP_LIMITED) != 0,
	};

	air->lost += lost.bytes;
	lost.lost = air->lost;
	txq_mark_lost(tcp, tcb, idx);
	if (loss_has_cc(tcb) && air->cc.ops->on_lost != NULL)
		air->cc.ops->on_lost(&air->cc, &lost);
}

static void fill_ack(const struct tcb *tcb, struct loss_step *step)
{
	const struct tcp_air *air = tcb->air;
	struct cc_ack *ack = &step->ack;

	ack->now = step->now;
	ack->delivered = air->delivered;
	ack->lost = air->lost;
	ack->acked_bytes = (u32)(air->delivered - step->delivered_before);
	ack->lost_bytes = (u32)(air->lost - step->lost_before);
	ack->in_flight = tcb_in_flight(tcb);
	ack->snd_una = offset_of(tcb, step, tcb->snd_una);
	ack->snd_nxt = offset_of(tcb, step, tcb->snd_nxt);
	ack->srtt_ns = tcb->srtt_ns;
	ack->in_recovery = loss_in_recovery(tcb);
	ack->cwnd_limited = (tcb->flags & TCB_CWND_LIMITED) != 0;
	ack->ack_delayed = step->rec_count == 1 && step->head_bytes < air->cc.mss;
}

void loss_tell(struct tcb *tcb, enum cc_event event, struct loss_step *step)
{
	struct tcp_air *air = tcb->air;

	if (!loss_has_cc(tcb))
		return;
	fill_ack(tcb, step);
	air->cc.ops->on_event(&air->cc, event, &step->ack);
}

static void tell_ack(struct tcb *tcb, struct loss_step *step)
{
	struct tcp_air *air = tcb->air;

	if (!loss_has_cc(tcb))
		return;
	fill_ack(tcb, step);
	air->cc.ops->on_ack(&air->cc, &step->ack);
	/* A round is over when something that was sent in it is delivered. */
	if (step->has_rate && step->ack.rate.prior_delivered >= air->round_end) {
		air->round_end = air->delivered;
		tcb->flags &= ~(u32)TCB_CWND_LIMITED;
	}
}

void loss_on_ack(struct tcp *tcp, u32 idx, const struct tcp_seg *seg, bool is_dup,
		 struct loss_acked *acked, ns_t now)
{
	struct tcb *tcb = tcb_at(tcp, idx);
	const struct tcp_air *air = tcb->air;
	struct loss_step step;

	memset(acked, 0, sizeof *acked);
	/* Who only receives has nothing to learn from it. */
	if (air->tx_first == IDX_NONE &&
	    (!tcb_has_air(tcb) || (seg->opt.sack_count == 0 && (seg->flags & TCP_ECE) == 0)))
		return;
	CHECK(seq_le(tcb->snd_una, seg->ack) && seq_le(seg->ack, tcb->snd_nxt));
	loss_step_init(&step, tcb, now);
	step.seg = seg;
	step.is_dup = is_dup;
	ack_by_number(tcp, tcb, &step, acked);
	ack_by_sack(tcp, tcb, &step);
	acked->progress = acked->una_bytes > 0 || air->delivered != step.delivered_before;
	rtt_finish(tcp, tcb, &step);
	reno_on_ack(tcp, tcb, &step);
	rate_finish(tcb, &step);
	recovery_on_ack(tcp, tcb, &step);
	rack_detect(tcp, tcb, &step);
	if (tlp_on_ack(tcb, &step) && air->lost == step.lost_before)
		recovery_of_probe(tcp, tcb, &step);
	recovery_on_loss(tcp, tcb, &step);
	ecn_on_ack(tcb, &step);
	tell_ack(tcb, &step);
	if (air->lost_bytes > 0)
		tcp_want_send(tcp, idx);
	loss_arm(tcp, tcb, now);
}
