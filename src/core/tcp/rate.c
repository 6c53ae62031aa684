/* Delivery-rate samples: draft-ietf-ccwg-bbr, "Delivery Rate Samples".
 *
 * Each transmission writes down how much was delivered by then, and when. What was delivered until
 * its ACK, divided by the time that this took, is the rate of the path, unless the sender was
 * slower: so the time is the longer one of sending and of acknowledging.                         */
#include "core/tcp/loss_part.h"

/* "Transmitting Data Packets". in_flight: before it. */
void rate_on_sent(struct tcb *tcb, struct tx_rec *rec, u32 in_flight, ns_t now)
{
	struct tcp_air *air = tcb->air;

	/* After a pause time begins anew, or the pause would count as slowness. */
	if (in_flight == 0)
		air->first_sent_ns = air->delivered_ns = now;
	rec->first_sent_ns = air->first_sent_ns;
	rec->delivered_ns = air->delivered_ns;
	rec->delivered = air->delivered;
	rec->lost = air->lost;
	rec->tx_in_flight = in_flight + rec_len(rec);
	rec->flags &= (u16)~REC_APP_LIMITED;
	if (air->cc.app_limited != 0)
		rec->flags |= REC_APP_LIMITED;
}

/* UpdateRateSample() */
void rate_on_delivered(struct tcb *tcb, const struct tx_rec *rec, struct loss_step *step)
{
	struct tcp_air *air = tcb->air;
	struct rate_sample *rate = &step->ack.rate;

	air->delivered += rec_payload(rec);
	air->delivered_ns = step->now;
	if (step->has_rate &&
	    !sent_before(air->first_sent_ns, step->rate_end, rec->sent_ns, rec->end))
		return;
	step->has_rate = true;
	step->rate_end = rec->end;
	rate->prior_delivered = rec->delivered;
	rate->prior_ns = rec->delivered_ns;
	rate->tx_in_flight = rec->tx_in_flight;
	rate->tx_lost = rec->lost;
	rate->app_limited = (rec->flags & REC_APP_LIMITED) != 0;
	rate->rtt_ns = rec->flags & REC_EVER_AGAIN ? 0 : step->now - rec->sent_ns;
	rate->interval_ns = rec->sent_ns - rec->first_sent_ns;
	air->first_sent_ns = rec->sent_ns;
}

/* GenerateRateSample() */
void rate_finish(struct tcb *tcb, struct loss_step *step)
{
	struct tcp_air *air = tcb->air;
	struct rate_sample *rate = &step->ack.rate;
	ns_t ack_elapsed_ns = step->now - rate->prior_ns;

	/* The bubble has left the pipe. */
	if (air->cc.app_limited != 0 && air->delivered > air->cc.app_limited)
		air->cc.app_limited = 0;
	if (!step->has_rate)
		return;
	rate->delivered = air->delivered - rate->prior_delivered;
	if (rate->interval_ns < ack_elapsed_ns)
		rate->interval_ns = ack_elapsed_ns;
	/* Shorter than the path: an ACK of a retransmission was for what it repeated. */
	if (air->cc.min_rtt_ns == NS_NEVER || rate->interval_ns < air->cc.min_rtt_ns)
		rate->interval_ns = 0;
	if (rate->interval_ns == 0)
		return;
	air->rate_last = rate->delivered * NS_PER_SEC / rate->interval_ns;
	air->rate_app_limited = rate->app_limited;
}

/* MarkConnectionAppLimited(): while something is still to be sent again, it is not. */
void loss_app_limited(struct tcb *tcb)
{
	struct tcp_air *air = tcb->air;

	if (air->lost_bytes > 0)
		return;
	air->cc.app_limited = air->delivered + tcb_in_flight(tcb);
	if (air->cc.app_limited == 0)
		air->cc.app_limited = 1;
}
