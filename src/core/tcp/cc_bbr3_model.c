/* BBR version 3, the model of the path: draft-ietf-ccwg-bbr, "Updating Network Path Model
 * Parameters" and "Exiting Acceleration Based on Bandwidth Plateau".                             */
#include "core/tcp/cc_bbr3.h"

enum {
	FullBwThresh = 1250,
	FullBwCount = 3,
	QueueThresh = 1125, /* a round trip that has a queue in it */
};

#define ProbeRTTInterval (5 * NS_PER_SEC)
#define MinRTTFilterLen  (10 * NS_PER_SEC)

static bool is_probing_bw(const struct bbr3 *bbr)
{
	return bbr->state == BBR3_STARTUP || bbr->state == BBR3_PROBE_BW_REFILL ||
	       bbr->state == BBR3_PROBE_BW_UP;
}

/* ---- rounds, bandwidth, round trip ----------------------------------------------------------- */

static void update_round(struct bbr3 *bbr, const struct cc_ack *ack)
{
	bbr->round_start = ack->rate.prior_delivered >= bbr->next_round_delivered;
	if (!bbr->round_start)
		return;
	bbr3_start_round(bbr, ack->delivered);
	bbr->round_count++;
	/* Only compared with bounds up to 63. */
	if (bbr->rounds_since_probe_up < 63)
		bbr->rounds_since_probe_up++;
}

static void update_max_bw(struct bbr3 *bbr, const struct cc_ack *ack)
{
	u64 rate = cc_sample_rate(&ack->rate);

	update_round(bbr, ack);
	if (rate != 0 && (rate >= bbr3_max_bw(bbr) || !ack->rate.app_limited))
		bbr->max_bw_filter[1] = u64_max(bbr->max_bw_filter[1], rate);
}

/* A cycle without one sample does not make the previous one forgotten: there would be no
 * bandwidth at all.                                                                              */
void bbr3_advance_max_bw_filter(struct bbr3 *bbr)
{
	if (bbr->max_bw_filter[1] == 0)
		return;
	bbr->max_bw_filter[0] = bbr->max_bw_filter[1];
	bbr->max_bw_filter[1] = 0;
}

void bbr3_reset_full_bw(struct bbr3 *bbr)
{
	bbr->full_bw = 0;
	bbr->full_bw_count = 0;
	bbr->full_bw_now = false;
}

void bbr3_check_full_bw_reached(struct bbr3 *bbr, const struct cc_ack *ack)
{
	u64 rate = cc_sample_rate(&ack->rate);

	if (bbr->full_bw_now || !bbr->round_start || ack->rate.app_limited)
		return;
	if (rate >= cc_gain(bbr->full_bw, FullBwThresh)) {
		bbr3_reset_full_bw(bbr);
		bbr->full_bw = rate;
		return;
	}
	bbr->full_bw_count++;
	bbr->full_bw_now = bbr->full_bw_count >= FullBwCount;
	if (bbr->full_bw_now)
		bbr->full_bw_reached = true;
}

void bbr3_update_min_rtt(struct bbr3 *bbr, const struct cc_ack *ack)
{
	ns_t rtt = ack->rate.rtt_ns;

	bbr->probe_rtt_expired = ack->now > bbr->probe_rtt_min_stamp + ProbeRTTInterval;
	if (rtt != 0 && (rtt < bbr->probe_rtt_min_delay || bbr->probe_rtt_expired)) {
		bbr->probe_rtt_min_delay = rtt;
		bbr->probe_rtt_min_stamp = ack->now;
	}
	if (bbr->probe_rtt_min_delay < bbr->min_rtt ||
	    ack->now > bbr->min_rtt_stamp + MinRTTFilterLen) {
		bbr->min_rtt = bbr->probe_rtt_min_delay;
		bbr->min_rtt_stamp = bbr->probe_rtt_min_stamp;
	}
}

/* ---- the short term: "When not Probing for Bandwidth" ---------------------------------------- */

void bbr3_update_latest_delivery_signals(struct bbr3 *bbr, const struct cc_ack *ack)
{
	bbr->bw_latest = u64_max(bbr->bw_latest, cc_sample_rate(&ack->rate));
	bbr->inflight_latest = u32_max(bbr->inflight_latest, cc_u32(ack->rate.delivered));
	bbr->loss_round_start = ack->rate.prior_delivered >= bbr->loss_round_delivered;
	if (bbr->loss_round_start)
		bbr->loss_round_delivered = ack->delivered;
}

void bbr3_advance_latest_delivery_signals(struct bbr3 *bbr, const struct cc_ack *ack)
{
	if (!bbr->loss_round_start)
		return;
	bbr->bw_latest = cc_sample_rate(&ack->rate);
	bbr->inflight_latest = cc_u32(ack->rate.delivered);
	bbr->lost_ranges = 0;
}

void bbr3_reset_congestion_signals(struct bbr3 *bbr)
{
	bbr->is_loss_in_round = false;
	bbr->bw_latest = 0;
	bbr->inflight_latest = 0;
}

void bbr3_reset_short_term_model(struct bbr3 *bbr)
{
	bbr->bw_shortterm = CC_RATE_NONE;
	bbr->inflight_shortterm = CC_BYTES_NONE;
}

/* The ACK at the end of a round with a loss is that of what was sent again, and measures no round
 * trip itself.                                                                                   */
static bool sees_queue(const struct cc *cc, const struct cc_ack *ack)
{
	return ack->srtt_ns / QueueThresh >= bbr3_seen(cc)->min_rtt / CC_ONE;
}

/* A sample is no larger than the rate at which it was sent: in DOWN and Drain less than what could
 * have been delivered.                                                                           */
static u64 bw_at_full_rate(const struct bbr3 *bbr)
{
	u64 bw = bbr->bw_latest * CC_ONE / u32_min(bbr3_pacing_gain(bbr), CC_ONE);

	return u64_max(u64_min(bw, bbr->bw_shortterm), bbr->bw_latest);
}

/* LossLowerBounds(). The draft has every loss lower them. Here losses of no more than LossThresh
 * do not while no queue stands, and not by what DOWN itself held back: what is delivered of what
 * was sent at a bound is less than the bound by what the path loses, and it would follow that down,
 * round after round, although nobody else wants the bandwidth. Nor do those of a round that tells
 * of what ProbeRTT sent: it delivers half, and a loss in a flight that was halved is twice as much
 * of it.                                                                                         */
static void adapt_lower_bounds_from_congestion(struct cc *cc, const struct cc_ack *ack)
{
	struct bbr3 *bbr = bbr3_of(cc);
	bool is_high = bbr3_is_inflight_too_high(cc, bbr->lost_in_round, ack->rate.tx_in_flight);
	u64 bw_latest;

	if (is_probing_bw(bbr) || !bbr->is_loss_in_round || (!is_high && !sees_queue(cc, ack)))
		return;
	if (bbr->is_held_back)
		return;
	if (bbr->bw_shortterm == CC_RATE_NONE)
		bbr->bw_shortterm = bbr3_max_bw(bbr);
	if (bbr->inflight_shortterm == CC_BYTES_NONE)
		bbr->inflight_shortterm = cc->cwnd;
	bw_latest = is_high ? bbr->bw_latest : bw_at_full_rate(bbr);
	bbr->bw_shortterm = u64_max(bw_latest, cc_gain(bbr->bw_shortterm, Beta));
	bbr->inflight_shortterm = u32_max(bbr->inflight_latest,
					  (u32)cc_gain(bbr->inflight_shortterm, Beta));
}

void bbr3_update_congestion_signals(struct cc *cc, const struct cc_ack *ack)
{
	struct bbr3 *bbr = bbr3_of(cc);

	update_max_bw(bbr, ack);
	if (!bbr->loss_round_start)
		return;
	bbr->is_held_back &= ack->rate.app_limited;
	adapt_lower_bounds_from_congestion(cc, ack);
	bbr->is_loss_in_round = false;
}

/* ---- the long term: "Probing for Bandwidth In ProbeBW" --------------------------------------- */

bool bbr3_is_inflight_too_high(const struct cc *cc, u64 lost, u64 tx_in_flight)
{
	return lost > cc_gain(tx_in_flight, LossThresh) || (lost > 0 && !cc->has_sack);
}

static void handle_inflight_too_high(struct cc *cc, const struct cc_lost *lost, u32 tx_in_flight,
				     ns_t now)
{
	struct bbr3 *bbr = bbr3_of(cc);

	bbr->prev_probe_too_high = true;
	bbr->is_bw_probe_sample = false;
	if (!lost->app_limited)
		bbr->inflight_longterm = u32_max(tx_in_flight,
						 (u32)cc_gain(bbr3_target_inflight(cc), Beta));
	if (bbr->state == BBR3_PROBE_BW_UP) {
		bbr->undo_state = BBR3_PROBE_BW_UP;
		bbr3_start_probe_bw_down(cc, now, lost->delivered);
	}
}

/* InflightAtLoss(): at which volume in flight the losses crossed LossThresh, which may be in the
 * midst of what left as one.                                                                     */
static u32 inflight_at_loss(const struct cc_lost *lost)
{
	u64 inflight_prev = lost->tx_in_flight > lost->bytes ? lost->tx_in_flight - lost->bytes : 0;
	u64 lost_prev = lost->lost - lost->tx_lost - lost->bytes;
	u64 allowed = cc_gain(inflight_prev, LossThresh);
	u64 lost_prefix = allowed > lost_prev ? allowed - lost_prev : 0;

	return cc_u32(inflight_prev + lost_prefix * CC_ONE / (CC_ONE - LossThresh));
}

static void note_loss(struct cc *cc, const struct cc_lost *lost)
{
	struct bbr3 *bbr = bbr3_of(cc);

	if (!bbr->is_loss_in_round) {
		bbr->loss_round_delivered = lost->delivered;
		bbr->lost_ranges = 0;
		bbr->lost_in_round = 0;
		bbr3_save_state_upon_loss(cc);
	}
	bbr->lost_in_round = cc_u32((u64)bbr->lost_in_round + lost->bytes);
	if ((bbr->lost_ranges == 0 || (u32)lost->seq != bbr->last_lost_end) &&
	    bbr->lost_ranges < StartupFullLossCnt)
		bbr->lost_ranges++;
	bbr->last_lost_end = (u32)(lost->seq + lost->bytes);
	bbr->is_loss_in_round = true;
}

/* HandleLostPacket(). */
void bbr3_on_lost(struct cc *cc, const struct cc_lost *lost)
{
	struct bbr3 *bbr = bbr3_of(cc);

	note_loss(cc, lost);
	if (!bbr->is_bw_probe_sample)
		return;
	if (bbr3_is_inflight_too_high(cc, lost->lost - lost->tx_lost, lost->tx_in_flight))
		handle_inflight_too_high(cc, lost, inflight_at_loss(lost), lost->now);
}

/* ---- "Updating the Model Upon Detecting a Spurious Loss Recovery" ---------------------------- */

/* "Saving State Upon Loss Recovery": as it was when the episode began. The draft's NoteLoss() saves
 * in each loss round, and a probe that ends by its losses begins a new one: what the first of them
 * changed would be saved with the second, and could not be undone.                               */
void bbr3_save_state_upon_loss(struct cc *cc)
{
	struct bbr3 *bbr = bbr3_of(cc);

	bbr3_save_cwnd(cc);
	if (bbr->is_undo_saved)
		return;
	bbr->is_undo_saved = true;
	bbr->undo_state = BBR3_NONE;
	bbr->undo_bw_shortterm = bbr->bw_shortterm;
	bbr->undo_inflight_shortterm = bbr->inflight_shortterm;
	bbr->undo_inflight_longterm = bbr->inflight_longterm;
}

void bbr3_handle_spurious_loss(struct cc *cc, u64 delivered)
{
	struct bbr3 *bbr = bbr3_of(cc);

	bbr3_restore_cwnd(cc);
	bbr->is_loss_in_round = false;
	bbr3_reset_full_bw(bbr);
	bbr->bw_shortterm = u64_max(bbr->bw_shortterm, bbr->undo_bw_shortterm);
	bbr->inflight_shortterm = u32_max(bbr->inflight_shortterm, bbr->undo_inflight_shortterm);
	bbr->inflight_longterm = u32_max(bbr->inflight_longterm, bbr->undo_inflight_longterm);
	if (bbr->undo_state == BBR3_STARTUP && bbr->state != BBR3_STARTUP) {
		bbr->full_bw_reached = false;
		if (bbr->state != BBR3_PROBE_RTT)
			bbr3_enter_startup(bbr);
	} else if (bbr->undo_state == BBR3_PROBE_BW_UP && bbr->state != BBR3_PROBE_BW_UP) {
		if (bbr->state != BBR3_PROBE_RTT)
			bbr3_start_probe_bw_refill(bbr, delivered);
	}
	bbr->undo_state = BBR3_NONE;
}
