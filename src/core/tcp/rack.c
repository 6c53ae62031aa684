/* Losses by time, and probes of the tail: RACK-TLP (RFC 8985), for a peer with SACK.
 *
 * A record is lost when one that left later has arrived, and then as much time has passed as
 * reordering may take. The list by time has the oldest transmission first and ends the search at
 * the first one that may still come. The timer is set for that one alone: the RFC waits for the
 * last of them, which would take a walk over all that is in flight with each ACK, and would hold
 * back the first loss for the others.                                                            */
#include "core/tcp/isn.h"
#include "core/tcp/loss_part.h"

enum {
	REO_PERSIST = 16,   /* recoveries without DSACK that end a wider window: step 4 */
	REO_MULT_MAX = 250, /* far beyond what SRTT allows */
	MAX_ACK_DELAY_MS = 200, /* of a peer in the worst case: TLP.max_ack_delay of section 7.2 */
};

/* Section 6.2 step 2: whether an ACK may be for an earlier transmission. */
static bool is_doubtful(const struct tcb *tcb, const struct tx_rec *rec,
			const struct loss_step *step)
{
	if ((rec->flags & REC_EVER_AGAIN) == 0)
		return false;
	if ((tcb->flags & TCB_TS) != 0 && step->seg->opt.has_ts &&
	    seq_lt(step->seg->opt.tsecr, tcp_ts(tcb->ts_offset, rec->sent_ns)))
		return true;
	return step->now - rec->sent_ns < tcb->air->cc.min_rtt_ns;
}

/* Steps 2 and 3. In order of sequence within an ACK, or its own blocks were reordering. */
void rack_on_delivered(struct tcb *tcb, const struct tx_rec *rec, const struct loss_step *step)
{
	struct tcp_air *air = tcb->air;

	if (seq_gt(rec->end, air->rack_fack))
		air->rack_fack = rec->end;
	else if (seq_lt(rec->end, air->rack_fack) && (rec->flags & REC_EVER_AGAIN) == 0)
		tcb->rack_reordering = true;
	if (is_doubtful(tcb, rec, step))
		return;
	if (!sent_before(air->rack_xmit_ns, air->rack_end_seq, rec->sent_ns, rec->end))
		return;
	air->rack_rtt_ns = step->now - rec->sent_ns;
	air->rack_xmit_ns = rec->sent_ns;
	air->rack_end_seq = rec->end;
}

/* Step 4. */
static void adapt_window(struct tcb *tcb, const struct loss_step *step)
{
	struct tcp_air *air = tcb->air;

	if (air->rack_dsack_seen && seq_ge(tcb->snd_una, air->rack_dsack_round_end))
		air->rack_dsack_seen = false;
	if (step->dsack && !air->rack_dsack_seen) {
		air->rack_dsack_seen = true;
		air->rack_dsack_round_end = tcb->snd_nxt;
		if (tcb->rack_reo_mult < REO_MULT_MAX)
			tcb->rack_reo_mult++;
		tcb->rack_reo_persist = REO_PERSIST;
	} else if (step->exited && tcb->rack_reo_persist > 0) {
		tcb->rack_reo_persist--;
		if (tcb->rack_reo_persist == 0)
			tcb->rack_reo_mult = 1;
	}
}

static ns_t reo_wnd(const struct tcb *tcb)
{
	const struct tcp_air *air = tcb->air;

	if (!tcb->rack_reordering && (loss_in_recovery(tcb) || air->sacked_count >= LOSS_DUPTHRESH))
		return 0;
	if (air->cc.min_rtt_ns == NS_NEVER)
		return 0;
	return u64_min(tcb->rack_reo_mult * air->cc.min_rtt_ns / 4, tcb->srtt_ns);
}

/* Step 5. */
void rack_detect(struct tcp *tcp, struct tcb *tcb, const struct loss_step *step)
{
	struct tcp_air *air = tcb->air;
	ns_t deadline_ns = NS_NEVER;
	ns_t wait_ns;

	if ((tcb->flags & TCB_SACK) == 0)
		return;
	adapt_window(tcb, step);
	wait_ns = air->rack_rtt_ns + reo_wnd(tcb);
	while (air->time_first != IDX_NONE) {
		const struct tx_rec *rec = rec_at(tcp, air->time_first);

		if (!sent_before(rec->sent_ns, rec->end, air->rack_xmit_ns, air->rack_end_seq))
			break;
		if (rec->sent_ns + wait_ns > step->now) {
			deadline_ns = rec->sent_ns + wait_ns;
			break;
		}
		loss_mark(tcp, tcb, air->time_first, step);
	}
	if (tcb->timer[TCP_TIMER_REORDER] != deadline_ns)
		timer_set(tcp, tcb, TCP_TIMER_REORDER, deadline_ns);
}

void loss_on_reorder(struct tcp *tcp, u32 idx, ns_t now)
{
	struct tcb *tcb = tcb_at(tcp, idx);
	struct loss_step step;

	loss_step_init(&step, tcb, now);
	rack_detect(tcp, tcb, &step);
	recovery_on_loss(tcp, tcb, &step);
	if (tcb->air->lost_bytes > 0)
		tcp_want_send(tcp, idx);
	loss_arm(tcp, tcb, now);
}

/* ---- tail loss probes ------------------------------------------------------------------------ */

/* Section 7.2. What other means mend, and a probe whose answer is not known yet, exclude one. */
ns_t tlp_when(const struct tcp *tcp, const struct tcb *tcb)
{
	const struct tcp_air *air = tcb->air;
	ns_t pto_ns = 2 * tcb->srtt_ns;
	ns_t start_ns;

	if ((tcb->flags & TCB_SACK) == 0 || !loss_has_cc(tcb) || air->tx_last == IDX_NONE)
		return NS_NEVER;
	if (tcb->ca != TCP_CA_OPEN || air->lost_bytes > 0 || air->tlp_active || air->pto_done)
		return NS_NEVER;
	if (tcb->srtt_ns == 0)
		pto_ns = NS_PER_SEC;
	else if (tcb_in_flight(tcb) <= air->cc.mss)
		pto_ns += MAX_ACK_DELAY_MS * NS_PER_MS;
	/* From when SND.UNA moved, or new data left last. */
	start_ns = rec_at(tcp, air->tx_last)->sent_ns;
	if (start_ns < air->rto_start_ns)
		start_ns = air->rto_start_ns;
	return start_ns + pto_ns;
}

void loss_arm(struct tcp *tcp, struct tcb *tcb, ns_t now)
{
	const struct tcp_air *air = tcb->air;
	ns_t when_ns = NS_NEVER;
	ns_t probe_ns = tlp_when(tcp, tcb);

	if (air->tx_first != IDX_NONE)
		when_ns = air->rto_start_ns + tcb->rto_ns;
	/* A probe due later takes the place of the RTO: TLP_calc_PTO() of section 7.2. */
	tcb->retransmit_is_probe = probe_ns != NS_NEVER;
	when_ns = u64_min(when_ns, probe_ns);
	if (when_ns < now)
		when_ns = now;
	if (tcb->timer[TCP_TIMER_RETRANSMIT] != when_ns)
		timer_set(tcp, tcb, TCP_TIMER_RETRANSMIT, when_ns);
}

/* Section 7.4. A probe of new data asks nothing: its SACK, or its ACK, lets RACK judge the rest. */
bool tlp_on_ack(struct tcb *tcb, const struct loss_step *step)
{
	struct tcp_air *air = tcb->air;
	u32 ack = step->seg->ack;

	if (!air->tlp_active || seq_lt(ack, air->tlp_end_seq))
		return false;
	if (!air->tlp_is_again || (step->dsack && step->dsack_block.end == air->tlp_end_seq)) {
		air->tlp_active = false;
	} else if (seq_gt(ack, air->tlp_end_seq)) {
		air->tlp_active = false;
		return !loss_in_recovery(tcb);
	} else if (step->is_dup && step->seg->opt.sack_count == 0) {
		/* The original and the probe have both arrived. */
		air->tlp_active = false;
	}
	return false;
}
