/* Round trips, and the time-out of retransmission that follows from them (RFC 6298).
 *
 * A record that was sent once is measured by our own clock, in nanoseconds. What was sent again
 * says nothing (Karn), unless timestamps do (RFC 7323 section 4): they tick in milliseconds, so
 * they are asked only then, and never for the smallest round trip.                               */
#include "core/tcp/isn.h"
#include "core/tcp/loss_part.h"

enum { RTO_AFTER_SYN_MS = 3000 };

static ns_t rto_bounded(const struct tcp *tcp, ns_t rto_ns)
{
	return u64_min(rto_ns, tcp->conf.rto_max_ms * NS_PER_MS);
}

/* Section 2.4's minimum bounds the term of variance, as G does in section 2.3: an RTO is never
 * within less than that of the round trip itself.                                                */
ns_t rtt_rto(const struct tcp *tcp, const struct tcb *tcb)
{
	u32 min_ms = tcb->rto_min_ms != 0 ? tcb->rto_min_ms : tcp->conf.rto_min_ms;
	ns_t spread_ns = 4 * tcb->rttvar_ns;

	if (tcb->srtt_ns == 0)
		return rto_bounded(tcp, tcp->conf.rto_initial_ms * NS_PER_MS);
	if (spread_ns < min_ms * NS_PER_MS)
		spread_ns = min_ms * NS_PER_MS;
	return rto_bounded(tcp, tcb->srtt_ns + spread_ns);
}

void rtt_back_off(const struct tcp *tcp, struct tcb *tcb)
{
	if (tcb->backoff < UINT8_MAX)
		tcb->backoff++;
	tcb->rto_ns = rto_bounded(tcp, 2 * tcb->rto_ns);
}

/* Sections 2.2 and 2.3. A measurement ends back-off: section 5, the note behind 5.7. */
static void rtt_smooth(const struct tcp *tcp, struct tcb *tcb, ns_t rtt_ns)
{
	ns_t off_ns;

	/* Zero says that nothing was measured. */
	rtt_ns += rtt_ns == 0;
	if (tcb->srtt_ns == 0) {
		tcb->srtt_ns = rtt_ns;
		tcb->rttvar_ns = rtt_ns / 2;
	} else {
		off_ns = tcb->srtt_ns > rtt_ns ? tcb->srtt_ns - rtt_ns : rtt_ns - tcb->srtt_ns;
		tcb->rttvar_ns = (3 * tcb->rttvar_ns + off_ns) / 4;
		tcb->srtt_ns = (7 * tcb->srtt_ns + rtt_ns) / 8;
		tcb->srtt_ns += tcb->srtt_ns == 0;
	}
	tcb->backoff = 0;
	tcb->rto_ns = rtt_rto(tcp, tcb);
}

static void rtt_min(struct tcb *tcb, ns_t rtt_ns)
{
	struct tcp_air *air = tcb->air;

	rtt_ns += rtt_ns == 0;
	if (tcb_has_air(tcb))
		air->cc.min_rtt_ns = u64_min(air->cc.min_rtt_ns, rtt_ns);
	else
		tcb->rest.min_rtt_ns = u64_min(tcb->rest.min_rtt_ns, rtt_ns);
}

void rtt_sample(const struct tcp *tcp, struct tcb *tcb, ns_t rtt_ns)
{
	rtt_min(tcb, rtt_ns);
	rtt_smooth(tcp, tcb, rtt_ns);
}

void rtt_on_delivered(const struct tx_rec *rec, struct loss_step *step, bool by_number)
{
	if (rec->flags & REC_EVER_AGAIN) {
		step->again_acked |= by_number;
		return;
	}
	/* The first one waited longest for a delayed ACK, and RTO has to cover that. */
	if (by_number && !step->number_sample) {
		step->number_sample = true;
		step->sent_number_ns = rec->sent_ns;
	}
	if (!by_number && !step->sack_sample) {
		step->sack_sample = true;
		step->sent_sack_ns = rec->sent_ns;
	}
	if (!step->once_sample || step->sent_once_ns < rec->sent_ns) {
		step->once_sample = true;
		step->sent_once_ns = rec->sent_ns;
	}
}

/* RTTM (RFC 7323 section 4.1): only an ACK that moves SND.UNA has an echo of what it acknowledges.
 * Zero: none; what would be beyond any RTO, or of the future, is no echo of ours.                */
static ns_t rtt_by_echo(const struct tcp *tcp, const struct tcb *tcb, const struct loss_step *step)
{
	u32 now_ts = tcp_ts(tcb->ts_offset, step->now);
	u32 echo = step->seg->opt.tsecr;

	if ((tcb->flags & TCB_TS) == 0 || !step->seg->opt.has_ts)
		return 0;
	if (tcb->snd_una == step->una_before || now_ts - echo > tcp->conf.rto_max_ms)
		return 0;
	return u32_max(now_ts - echo, 1) * NS_PER_MS;
}

void rtt_finish(const struct tcp *tcp, struct tcb *tcb, struct loss_step *step)
{
	ns_t echo_ns;

	if (step->once_sample)
		rtt_min(tcb, step->now - step->sent_once_ns);
	/* Behind a hole that was mended, the first one that was sent once waited for that, too. */
	if (step->number_sample && !step->again_acked) {
		rtt_smooth(tcp, tcb, step->now - step->sent_number_ns);
		return;
	}
	echo_ns = rtt_by_echo(tcp, tcb, step);
	if (echo_ns != 0)
		rtt_smooth(tcp, tcb, echo_ns);
	else if (step->sack_sample)
		rtt_smooth(tcp, tcb, step->now - step->sent_sack_ns);
	/* RFC 6298 section 5.7: the path may be one that is slower than the first RTO. */
	if (step->syn && tcb->srtt_ns == 0) {
		tcb->backoff = 0;
		tcb->rto_ns = rto_bounded(tcp, RTO_AFTER_SYN_MS * NS_PER_MS);
	}
}
