/* The records of what was sent: their two orders, their states, and the counts of them.
 *
 * Who is sent again moves to the end of the list by time; who is thought lost, or SACKed, leaves
 * it. tx_lost is the first lost one by sequence, so that loss_again() looks nowhere: it moves on
 * when that one leaves again, and the steps it makes then lead over what was mended before.      */
#include "core/tcp/isn.h"
#include "core/tcp/loss_part.h"

/* ---- the two lists --------------------------------------------------------------------------- */

static void time_insert(struct tcp *tcp, struct tcb *tcb, u32 idx, u32 after)
{
	struct tcp_air *air = tcb->air;
	struct tx_rec *rec = rec_at(tcp, idx);
	u32 next = after == IDX_NONE ? air->time_first : rec_at(tcp, after)->time_next;

	rec->time_prev = after;
	rec->time_next = next;
	if (after == IDX_NONE)
		air->time_first = idx;
	else
		rec_at(tcp, after)->time_next = idx;
	if (next == IDX_NONE)
		air->time_last = idx;
	else
		rec_at(tcp, next)->time_prev = idx;
}

static void time_remove(struct tcp *tcp, struct tcb *tcb, u32 idx)
{
	struct tcp_air *air = tcb->air;
	struct tx_rec *rec = rec_at(tcp, idx);

	if (rec->time_prev == IDX_NONE)
		air->time_first = rec->time_next;
	else
		rec_at(tcp, rec->time_prev)->time_next = rec->time_next;
	if (rec->time_next == IDX_NONE)
		air->time_last = rec->time_prev;
	else
		rec_at(tcp, rec->time_next)->time_prev = rec->time_prev;
	rec->time_next = rec->time_prev = IDX_NONE;
}

static void seq_insert(struct tcp *tcp, struct tcb *tcb, u32 idx, u32 after)
{
	struct tcp_air *air = tcb->air;
	struct tx_rec *rec = rec_at(tcp, idx);
	u32 next = after == IDX_NONE ? air->tx_first : rec_at(tcp, after)->next;

	rec->prev = after;
	rec->next = next;
	if (after == IDX_NONE)
		air->tx_first = idx;
	else
		rec_at(tcp, after)->next = idx;
	if (next == IDX_NONE)
		air->tx_last = idx;
	else
		rec_at(tcp, next)->prev = idx;
	air->tx_count++;
}

/* From idx on; bounded by the records behind it. */
static u32 next_lost(const struct tcp *tcp, const struct tcb *tcb, u32 idx)
{
	if (tcb->air->lost_bytes == 0)
		return IDX_NONE;
	while (idx != IDX_NONE && (rec_at(tcp, idx)->flags & REC_LOST) == 0)
		idx = rec_at(tcp, idx)->next;
	return idx;
}

/* ---- states ---------------------------------------------------------------------------------- */

/* bytes of a record leave the count of the state that it is in. */
static void count_less(struct tcb *tcb, const struct tx_rec *rec, u32 bytes)
{
	struct tcp_air *air = tcb->air;

	if (rec->flags & REC_SACKED)
		air->sacked_bytes -= bytes;
	else if (rec->flags & REC_LOST)
		air->lost_bytes -= bytes;
	else if (rec->flags & REC_RETRANSMITTED)
		air->again_bytes -= bytes;
}

/* Out of its state, and of the list by time. */
static void leave_state(struct tcp *tcp, struct tcb *tcb, u32 idx)
{
	struct tcp_air *air = tcb->air;
	struct tx_rec *rec = rec_at(tcp, idx);
	bool was_lost = (rec->flags & REC_LOST) != 0;

	count_less(tcb, rec, rec_len(rec));
	if (rec_is_in_flight(rec))
		time_remove(tcp, tcb, idx);
	if (rec->flags & REC_SACKED)
		air->sacked_count--;
	rec->flags &= (u16) ~(REC_SACKED | REC_LOST | REC_RETRANSMITTED);
	if (was_lost && air->tx_lost == idx)
		air->tx_lost = next_lost(tcp, tcb, rec->next);
}

void txq_mark_sacked(struct tcp *tcp, struct tcb *tcb, u32 idx)
{
	struct tcp_air *air = tcb->air;
	struct tx_rec *rec = rec_at(tcp, idx);

	leave_state(tcp, tcb, idx);
	rec->flags |= REC_SACKED;
	air->sacked_bytes += rec_len(rec);
	air->sacked_count++;
}

void txq_mark_lost(struct tcp *tcp, struct tcb *tcb, u32 idx)
{
	struct tcp_air *air = tcb->air;
	struct tx_rec *rec = rec_at(tcp, idx);

	leave_state(tcp, tcb, idx);
	rec->flags |= REC_LOST;
	air->lost_bytes += rec_len(rec);
	if (air->tx_lost == IDX_NONE || seq_lt(rec->seq, rec_at(tcp, air->tx_lost)->seq))
		air->tx_lost = idx;
}

/* Those that were sent once are in the same order by sequence and by time, so that one walk over
 * both lists finds each its place. What a smaller MTU made lost does stay so: it cannot arrive.  */
void txq_restore(struct tcp *tcp, struct tcb *tcb)
{
	struct tcp_air *air = tcb->air;
	u32 after = IDX_NONE;
	u32 later = air->time_first;

	for (u32 idx = air->tx_first; idx != IDX_NONE; idx = rec_at(tcp, idx)->next) {
		struct tx_rec *rec = rec_at(tcp, idx);

		if ((rec->flags & (REC_LOST | REC_EVER_AGAIN)) != REC_LOST ||
		    rec_payload(rec) > air->cc.mss)
			continue;
		while (later != IDX_NONE &&
		       sent_before(rec_at(tcp, later)->sent_ns, rec_at(tcp, later)->end,
				   rec->sent_ns, rec->end)) {
			after = later;
			later = rec_at(tcp, later)->time_next;
		}
		air->lost_bytes -= rec_len(rec);
		rec->flags &= (u16)~REC_LOST;
		time_insert(tcp, tcb, idx, after);
		after = idx;
	}
	air->tx_lost = next_lost(tcp, tcb, air->tx_first);
}

/* ---- shorter, fewer -------------------------------------------------------------------------- */

void txq_del_first(struct tcp *tcp, struct tcb *tcb)
{
	struct tcp_air *air = tcb->air;
	u32 idx = air->tx_first;
	struct tx_rec *rec = rec_at(tcp, idx);

	leave_state(tcp, tcb, idx);
	if (air->tx_hint == idx)
		air->tx_hint = rec->next;
	air->tx_first = rec->next;
	if (rec->next == IDX_NONE) {
		air->tx_last = IDX_NONE;
		air_idle(tcp, air);
	} else {
		rec_at(tcp, rec->next)->prev = IDX_NONE;
	}
	air->tx_count--;
	slab_del(&tcp->recs, idx);
}

void txq_shorten_first(struct tcp *tcp, struct tcb *tcb, u32 seq)
{
	struct tx_rec *rec = rec_at(tcp, tcb->air->tx_first);

	count_less(tcb, rec, seq - rec->seq);
	rec->seq = seq;
}

bool txq_cut(struct tcp *tcp, struct tcb *tcb, u32 idx, u32 max)
{
	struct tx_rec *rec = rec_at(tcp, idx);
	struct tx_rec *rest;
	u32 rest_idx;

	CHECK(max > 0);
	if (rec_len(rec) <= max)
		return true;
	rest_idx = slab_new(&tcp->recs);
	if (rest_idx == IDX_NONE)
		return false;
	rest = rec_at(tcp, rest_idx);
	*rest = *rec;
	rest->seq = rec->end = rec->seq + max;
	/* FIN is the last of the sequence numbers, PSH goes with the last byte; SYN is alone. */
	rec->flags &= (u16) ~(REC_FIN | REC_PUSH);
	seq_insert(tcp, tcb, rest_idx, idx);
	rest->time_next = rest->time_prev = IDX_NONE;
	if (rec_is_in_flight(rec))
		time_insert(tcp, tcb, rest_idx, idx);
	if (rec->flags & REC_SACKED)
		tcb->air->sacked_count++;
	return true;
}

bool loss_cut(struct tcp *tcp, u32 idx, u32 rec, u32 max)
{
	return txq_cut(tcp, tcb_at(tcp, idx), rec, max);
}

/* ---- what out.c asks and says ---------------------------------------------------------------- */

/* high_seq and its like trail behind snd_una, so that they never get half a circle away from it. */
void loss_begin_at(struct tcb *tcb, u32 seq)
{
	struct tcp_air *air = tcb->air;

	air->high_seq = air->ecn_end_seq = seq - 1;
	air->rack_fack = air->rack_end_seq = air->undo_una = seq;
}

void loss_init(struct tcp *tcp, struct tcb *tcb)
{
	tcb->ca = TCP_CA_OPEN;
	tcb->air = &tcp->at_rest;
	tcb->rack_reo_mult = 1;
	/* The handshake's round trip, if it was measured before. */
	tcb->rest = (struct tcp_rest){ .min_rtt_ns = tcb->srtt_ns != 0 ? tcb->srtt_ns : NS_NEVER,
				       .cwnd = cc_initial_window(tcb_mss(tcb)),
				       .ssthresh = UINT32_MAX };
	tcb->rto_ns = rtt_rto(tcp, tcb);
}

static void tell_sent(struct tcb *tcb, u32 bytes, u32 in_flight, ns_t now)
{
	struct tcp_air *air = tcb->air;

	if (loss_has_cc(tcb) && air->cc.ops->on_sent != NULL)
		air->cc.ops->on_sent(&air->cc, bytes, in_flight, now);
}

/* RFC 5681 section 4.1: an RTO without anything in flight, and the window is stale. */
static void tell_idle(struct tcb *tcb, ns_t now)
{
	const struct tcp_air *air = tcb->air;
	struct loss_step step;

	if (air->delivered == 0 || now - air->delivered_ns <= tcb->rto_ns)
		return;
	loss_step_init(&step, tcb, now);
	loss_tell(tcb, CC_IDLE_RESTART, &step);
}

void loss_sent(struct tcp *tcp, u32 idx, u32 seq, u32 end, u16 flags, ns_t now)
{
	struct tcb *tcb = tcb_at(tcp, idx);
	struct tcp_air *air = tcb->air;
	u32 in_flight = tcb_in_flight(tcb) - (end - seq);
	u32 new_idx = slab_new(&tcp->recs);
	struct tx_rec *rec;

	CHECK(new_idx != IDX_NONE && end == tcb->snd_nxt);
	if (flags & REC_SYN)
		loss_begin_at(tcb, seq);
	if (air->tx_first == IDX_NONE) {
		air_busy(tcp, air);
		tell_idle(tcb, now);
		/* RFC 6298 section 5.1 */
		air->rto_start_ns = now;
	}
	rec = rec_at(tcp, new_idx);
	rec->seq = seq;
	rec->end = end;
	rec->flags = flags;
	rec->xmit_count = 1;
	rec->sent_ns = now;
	rate_on_sent(tcb, rec, in_flight, now);
	seq_insert(tcp, tcb, new_idx, air->tx_last);
	time_insert(tcp, tcb, new_idx, air->time_last);
	air->pto_done = false;
	recovery_on_sent(tcb, rec_len(rec));
	tell_sent(tcb, rec_payload(rec), in_flight, now);
}

u32 loss_again(const struct tcp *tcp, const struct tcb *tcb)
{
	const struct tcp_air *air = tcb->air;
	u32 unsent;

	/* RFC 5682 section 2.1 step 1: one, and its ACK is waited for. */
	if (air->frto == FRTO_FIRST && air->again_bytes > 0)
		return IDX_NONE;
	if (air->frto != FRTO_SECOND)
		return air->tx_lost;
	/* Step 2b: new data tell whether the time-out was spurious. When there are none, the peer's
	 * window takes none, or no record is free for them, it is recovery as usual.             */
	unsent = tcb->snd.len - u32_min(tcb->snd.len, tcb->snd_nxt - tcb->snd_una);
	if (unsent > 0 && seq_lt(tcb->snd_nxt, tcb->snd_una + tcb->snd_wnd) && loss_has_room(tcp))
		return IDX_NONE;
	return air->tx_lost;
}

u32 loss_probe_again(const struct tcp *tcp, const struct tcb *tcb)
{
	(void)tcp;
	return tcb->air->tx_last;
}

void loss_sent_again(struct tcp *tcp, u32 idx, u32 rec_idx, bool is_probe, ns_t now)
{
	struct tcb *tcb = tcb_at(tcp, idx);
	struct tcp_air *air = tcb->air;
	struct tx_rec *rec = rec_at(tcp, rec_idx);
	u32 in_flight;

	leave_state(tcp, tcb, rec_idx);
	rec->flags &= (u16) ~(REC_PROBE | REC_DELIVERED);
	rec->flags |= REC_RETRANSMITTED | REC_EVER_AGAIN;
	if (rec->xmit_count < UINT16_MAX)
		rec->xmit_count++;
	rec->sent_ns = now;
	air->again_bytes += rec_len(rec);
	in_flight = tcb_in_flight(tcb) - rec_len(rec);
	rate_on_sent(tcb, rec, in_flight, now);
	time_insert(tcp, tcb, rec_idx, air->time_last);
	/* The first hole is mended: RTO from now on, else it would expire in the round trip that
	 * mends it, when the loss came late in the one before.                                   */
	if (rec_idx == air->tx_first && tcb->ca == TCP_CA_RECOVERY)
		air->rto_start_ns = now;
	if (is_probe) {
		rec->flags |= REC_PROBE;
		air->tlp_active = air->tlp_is_again = true;
		air->tlp_end_seq = tcb->snd_nxt;
		air->rto_start_ns = now;
	}
	recovery_on_sent_again(tcb, rec, now);
	tell_sent(tcb, rec_payload(rec), in_flight, now);
}

void loss_sent_probe_new(struct tcp *tcp, u32 idx, u32 end, ns_t now)
{
	struct tcb *tcb = tcb_at(tcp, idx);
	struct tcp_air *air = tcb->air;
	struct tx_rec *rec = rec_at(tcp, air->tx_last);

	CHECK(rec->end == end);
	rec->flags |= REC_PROBE;
	air->tlp_active = true;
	air->tlp_is_again = false;
	air->tlp_end_seq = end;
	air->rto_start_ns = now;
}

/* ---- invariants ------------------------------------------------------------------------------ */

struct tally {
	u32 count, sacked_count, in_flight_count;
	u32 sacked, lost, again;
	u32 first_lost;
	bool has_hint;
};

static void tally_rec(const struct tcp *tcp, const struct tcb *tcb, u32 idx, struct tally *tally)
{
	const struct tx_rec *rec = rec_at(tcp, idx);
	u32 states = rec->flags & (REC_SACKED | REC_LOST | REC_RETRANSMITTED);

	CHECK(slab_is_live(&tcp->recs, idx));
	CHECK(seq_lt(rec->seq, rec->end));
	CHECK((states & (states - 1)) == 0);
	CHECK((states & REC_RETRANSMITTED) == 0 || (rec->flags & REC_EVER_AGAIN) != 0);
	CHECK((rec->flags & REC_SACKED) == 0 || (rec->flags & REC_DELIVERED) != 0);
	CHECK((rec->flags & REC_SACKED) == 0 || (tcb->flags & TCB_SACK) != 0);
	CHECK(rec->xmit_count > 0);
	CHECK((rec->xmit_count > 1) == ((rec->flags & REC_EVER_AGAIN) != 0));
	tally->count++;
	tally->in_flight_count += rec_is_in_flight(rec);
	if (states & REC_SACKED) {
		tally->sacked += rec_len(rec);
		tally->sacked_count++;
	} else if (states & REC_LOST) {
		tally->lost += rec_len(rec);
		if (tally->first_lost == IDX_NONE)
			tally->first_lost = idx;
	} else if (states & REC_RETRANSMITTED) {
		tally->again += rec_len(rec);
	}
	tally->has_hint |= idx == tcb->air->tx_hint;
}

static void check_by_seq(const struct tcp *tcp, const struct tcb *tcb, struct tally *tally)
{
	const struct tcp_air *air = tcb->air;
	u32 seq = tcb->snd_una;
	u32 prev = IDX_NONE;

	for (u32 idx = air->tx_first; idx != IDX_NONE; idx = rec_at(tcp, idx)->next) {
		CHECK(tally->count < air->tx_count);
		tally_rec(tcp, tcb, idx, tally);
		CHECK(rec_at(tcp, idx)->seq == seq);
		CHECK(rec_at(tcp, idx)->prev == prev);
		seq = rec_at(tcp, idx)->end;
		prev = idx;
	}
	CHECK(seq == tcb->snd_nxt);
	CHECK(prev == air->tx_last);
}

static void check_by_time(const struct tcp *tcp, const struct tcb *tcb, u32 in_flight_count)
{
	const struct tcp_air *air = tcb->air;
	u32 prev = IDX_NONE;
	u32 count = 0;

	for (u32 idx = air->time_first; idx != IDX_NONE; idx = rec_at(tcp, idx)->time_next) {
		CHECK(count < in_flight_count);
		CHECK(rec_is_in_flight(rec_at(tcp, idx)));
		CHECK(rec_at(tcp, idx)->time_prev == prev);
		CHECK(prev == IDX_NONE || rec_at(tcp, prev)->sent_ns <= rec_at(tcp, idx)->sent_ns);
		count++;
		prev = idx;
	}
	CHECK(count == in_flight_count);
	CHECK(prev == air->time_last);
}

void loss_check(const struct tcp *tcp, const struct tcb *tcb)
{
	const struct tcp_air *air = tcb->air;
	struct tally tally = { .first_lost = IDX_NONE };
	u32 outstanding = tcb->snd_nxt - tcb->snd_una;

	check_by_seq(tcp, tcb, &tally);
	check_by_time(tcp, tcb, tally.in_flight_count);
	CHECK(!tcb_has_air(tcb) || air->tcb == tcb_idx(tcp, tcb));
	CHECK(tally.count == air->tx_count);
	CHECK(tally.sacked_count == air->sacked_count);
	CHECK(tally.lost == air->lost_bytes);
	CHECK(tally.again == air->again_bytes);
	CHECK(tally.first_lost == air->tx_lost);
	CHECK(air->tx_hint == IDX_NONE || tally.has_hint);
	/* A peer without SACK: a guess by its duplicate ACKs, and the first record is missing. */
	CHECK((tcb->flags & TCB_SACK) == 0 || tally.sacked == air->sacked_bytes);
	CHECK(air->sacked_bytes + air->lost_bytes <= outstanding);
	CHECK(air->again_bytes + air->lost_bytes <= outstanding);
	CHECK(tcb->ca < TCP_CA_RECOVERY || seq_lt(tcb->snd_una, air->high_seq));
	CHECK(tcb->ca == TCP_CA_RECOVERY || !air->send_budget_set);
	CHECK(air->frto == 0 || tcb->ca == TCP_CA_LOSS);
	CHECK(air->sack_seen_count <= TCP_SACK_BLOCKS_MAX);
}
