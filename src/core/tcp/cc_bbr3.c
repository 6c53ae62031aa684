/* BBR version 3, the states: draft-ietf-ccwg-bbr, "State Machine Operation" and "Restarting From
 * Idle".
 *
 * Where this deviates from the draft stands at is_startup_loss_high() here and LossLowerBounds() in
 * cc_bbr3_model.c; why, in docs/adr/0030-tcp-is-pulled-and-lies-in-rings.md.
 *
 * Startup -> Drain -> ProbeBW { DOWN -> CRUISE -> REFILL -> UP } and ProbeRTT from everywhere.
 * Each ACK updates the model, then the state, then what may leave; each loss is looked at by
 * itself, for how much was in flight when the lost segment left.                                 */
#include "core/tcp/cc_bbr3.h"

enum {
	ExtraAckedFilterLen = 10,
	DrainRoundsMax = 3,
	StartupGrowingLoss = 3, /* times LossThresh */
	RenoRoundsMax = 63, /* T_reno_bound; the other value, 62, by a start of one round */
	ProbeUpRoundsMax = 30,
};

#define ProbeRTTDuration (200 * NS_PER_MS)
#define ProbeWaitMin     (2 * NS_PER_SEC)
#define ProbeWaitSpread  NS_PER_SEC

CC_STATE_FITS(struct bbr3);

/* ---- Startup and Drain ----------------------------------------------------------------------- */

/* EnterStartup(). */
void bbr3_enter_startup(struct bbr3 *bbr)
{
	bbr->state = BBR3_STARTUP;
}

static void enter_drain(struct bbr3 *bbr)
{
	bbr->state = BBR3_DRAIN;
	bbr->drain_start_round = (u8)bbr->round_count;
}

/* The criteria of "Exiting Startup Based on Packet Loss". A loss round begins with its first loss,
 * by which recovery begins at the latest, so that its end is a full round in recovery.
 *
 * While the bandwidth still grows as Startup wants it to, more has to be lost than the draft has
 * it. Of the few packets of such a round two in a hundred are lost by chance on many a path; what a
 * buffer cannot hold of a rate that has been doubled is many more.                               */
static bool is_startup_loss_high(const struct cc *cc, const struct cc_ack *ack)
{
	const struct bbr3 *bbr = bbr3_seen(cc);
	u64 lost = ack->lost - ack->rate.tx_lost;

	if (bbr->full_bw_count == 0)
		lost /= StartupGrowingLoss;
	if (!bbr->in_recovery)
		return false;
	if (!cc->has_sack)
		return bbr->lost_ranges > 0;
	return bbr->loss_round_start && bbr->lost_ranges >= StartupFullLossCnt &&
	       bbr3_is_inflight_too_high(cc, lost, ack->rate.tx_in_flight);
}

static void check_startup_high_loss(struct cc *cc, const struct cc_ack *ack)
{
	struct bbr3 *bbr = bbr3_of(cc);
	u64 bdp;

	if (bbr->full_bw_reached || !is_startup_loss_high(cc, ack))
		return;
	bdp = bbr3_bdp_multiple(cc, bbr3_bw(bbr), CC_ONE);
	bbr->undo_state = BBR3_STARTUP;
	bbr->full_bw_now = true;
	bbr->full_bw_reached = true;
	bbr->inflight_longterm = u32_max(cc_u32(bdp), bbr->inflight_latest);
}

static void check_startup_done(struct cc *cc, const struct cc_ack *ack)
{
	struct bbr3 *bbr = bbr3_of(cc);

	if (bbr->state != BBR3_STARTUP)
		return;
	check_startup_high_loss(cc, ack);
	if (bbr->full_bw_reached)
		enter_drain(bbr);
}

static void check_drain_done(struct cc *cc, const struct cc_ack *ack)
{
	struct bbr3 *bbr = bbr3_of(cc);

	if (bbr->state != BBR3_DRAIN)
		return;
	if (ack->in_flight <= bbr3_inflight(cc, bbr3_bw(bbr), CC_ONE) ||
	    (u8)(bbr->round_count - bbr->drain_start_round) > DrainRoundsMax)
		bbr3_start_probe_bw_down(cc, ack->now, ack->delivered);
}

/* ---- ProbeBW --------------------------------------------------------------------------------- */

static void pick_probe_wait(struct cc *cc, ns_t now)
{
	struct bbr3 *bbr = bbr3_of(cc);

	bbr->rounds_since_probe_up = rng_below(cc->rng, 2) & 1;
	bbr->phase_end = now + ProbeWaitMin + rng_below(cc->rng, (u32)ProbeWaitSpread);
}

/* StartProbeBW_DOWN(). */
void bbr3_start_probe_bw_down(struct cc *cc, ns_t now, u64 delivered)
{
	struct bbr3 *bbr = bbr3_of(cc);

	bbr3_reset_congestion_signals(bbr);
	bbr->probe_up_acked_per_inc = CC_BYTES_NONE;
	pick_probe_wait(cc, now);
	bbr->ack_phase = ACKS_PROBE_STOPPING;
	bbr3_start_round(bbr, delivered);
	bbr->state = BBR3_PROBE_BW_DOWN;
}

/* StartProbeBW_REFILL(). */
void bbr3_start_probe_bw_refill(struct bbr3 *bbr, u64 delivered)
{
	bbr3_reset_short_term_model(bbr);
	bbr->bw_probe_up_rounds = 0;
	bbr->bw_probe_up_acked = 0;
	bbr->prev_probe_precautionary = false;
	bbr->ack_phase = ACKS_REFILLING;
	bbr3_start_round(bbr, delivered);
	bbr->state = BBR3_PROBE_BW_REFILL;
}

static void raise_inflight_longterm_slope(struct cc *cc)
{
	struct bbr3 *bbr = bbr3_of(cc);
	u32 growth_this_round = UINT32_C(1) << bbr->bw_probe_up_rounds;

	if (bbr->bw_probe_up_rounds < ProbeUpRoundsMax)
		bbr->bw_probe_up_rounds++;
	bbr->probe_up_acked_per_inc = u32_max(cc->cwnd / growth_this_round, cc->mss);
}

static void start_probe_bw_up(struct cc *cc, const struct cc_ack *ack)
{
	struct bbr3 *bbr = bbr3_of(cc);

	bbr->ack_phase = ACKS_PROBE_STARTING;
	bbr3_start_round(bbr, ack->delivered);
	bbr3_reset_full_bw(bbr);
	bbr->full_bw = cc_sample_rate(&ack->rate);
	bbr->state = BBR3_PROBE_BW_UP;
	raise_inflight_longterm_slope(cc);
}

static bool is_time_to_probe_bw(struct cc *cc, const struct cc_ack *ack)
{
	struct bbr3 *bbr = bbr3_of(cc);
	u32 reno_rounds = u32_min(bbr3_target_inflight(cc) / cc->mss, RenoRoundsMax);

	if (ack->now <= bbr->phase_end && bbr->rounds_since_probe_up < reno_rounds)
		return false;
	bbr3_start_probe_bw_refill(bbr, ack->delivered);
	return true;
}

static bool is_time_to_cruise(const struct cc *cc, const struct cc_ack *ack)
{
	return ack->in_flight <= bbr3_inflight_with_headroom(cc) &&
	       ack->in_flight <= bbr3_inflight(cc, bbr3_max_bw(bbr3_seen(cc)), CC_ONE);
}

static bool is_time_to_go_down(struct cc *cc, const struct cc_ack *ack)
{
	struct bbr3 *bbr = bbr3_of(cc);

	/* Reached in whole segments, before this ACK took some away. */
	if (bbr->prev_probe_too_high &&
	    (u64)ack->prior_in_flight + cc->mss > bbr->inflight_longterm) {
		bbr->prev_probe_precautionary = true;
		return true;
	}
	if (ack->cwnd_limited && cc->cwnd >= bbr->inflight_longterm) {
		bbr3_reset_full_bw(bbr);
		bbr->full_bw = cc_sample_rate(&ack->rate);
		return false;
	}
	return bbr->full_bw_now;
}

static void probe_inflight_longterm_upward(struct cc *cc, const struct cc_ack *ack)
{
	struct bbr3 *bbr = bbr3_of(cc);
	u32 delta;

	if (!ack->cwnd_limited || cc->cwnd < bbr->inflight_longterm)
		return;
	bbr->bw_probe_up_acked = cc_u32((u64)bbr->bw_probe_up_acked + ack->acked_bytes);
	if (bbr->bw_probe_up_acked >= bbr->probe_up_acked_per_inc) {
		delta = bbr->bw_probe_up_acked / bbr->probe_up_acked_per_inc;
		bbr->bw_probe_up_acked -= delta * bbr->probe_up_acked_per_inc;
		bbr->inflight_longterm = cc_u32(bbr->inflight_longterm + (u64)delta * cc->mss);
	}
	if (bbr->round_start)
		raise_inflight_longterm_slope(cc);
}

/* The ACKs of a probe have all come. True: "Precautionary Bandwidth Probing: Acceleration". */
static bool end_of_probe_samples(struct bbr3 *bbr, const struct cc_ack *ack)
{
	bbr->is_bw_probe_sample = false;
	bbr->ack_phase = ACKS_INIT;
	if (!bbr3_is_in_probe_bw(bbr))
		return false;
	if (!ack->rate.app_limited)
		bbr3_advance_max_bw_filter(bbr);
	if (!bbr->prev_probe_precautionary || bbr->prev_probe_too_high)
		return false;
	bbr3_start_probe_bw_refill(bbr, ack->delivered);
	return true;
}

/* True: it decided on a change of state. */
static bool adapt_long_term_model(struct cc *cc, const struct cc_ack *ack)
{
	struct bbr3 *bbr = bbr3_of(cc);

	if (bbr->ack_phase == ACKS_PROBE_STARTING && bbr->round_start)
		bbr->ack_phase = ACKS_PROBE_FEEDBACK;
	if (bbr->ack_phase == ACKS_PROBE_STOPPING && bbr->round_start &&
	    end_of_probe_samples(bbr, ack))
		return true;
	if (bbr->inflight_longterm == CC_BYTES_NONE ||
	    bbr3_is_inflight_too_high(cc, ack->lost - ack->rate.tx_lost, ack->rate.tx_in_flight))
		return false;
	bbr->inflight_longterm = u32_max(bbr->inflight_longterm, ack->rate.tx_in_flight);
	if (bbr->state == BBR3_PROBE_BW_UP)
		probe_inflight_longterm_upward(cc, ack);
	return false;
}

static void update_probe_bw_cycle_phase(struct cc *cc, const struct cc_ack *ack)
{
	struct bbr3 *bbr = bbr3_of(cc);

	if (!bbr->full_bw_reached || adapt_long_term_model(cc, ack))
		return;
	switch (bbr->state) {
	case BBR3_PROBE_BW_DOWN:
		if (!is_time_to_probe_bw(cc, ack) && is_time_to_cruise(cc, ack))
			bbr->state = BBR3_PROBE_BW_CRUISE;
		break;
	case BBR3_PROBE_BW_CRUISE: (void)is_time_to_probe_bw(cc, ack); break;
	case BBR3_PROBE_BW_REFILL:
		if (bbr->round_start) {
			bbr->is_bw_probe_sample = true;
			start_probe_bw_up(cc, ack);
		}
		break;
	case BBR3_PROBE_BW_UP:
		if (is_time_to_go_down(cc, ack)) {
			bbr->prev_probe_too_high = false;
			bbr3_start_probe_bw_down(cc, ack->now, ack->delivered);
		}
		break;
	default: break;
	}
}

/* ---- ProbeRTT -------------------------------------------------------------------------------- */

static void exit_probe_rtt(struct cc *cc, ns_t now, u64 delivered)
{
	struct bbr3 *bbr = bbr3_of(cc);

	bbr3_reset_short_term_model(bbr);
	if (bbr->full_bw_reached) {
		bbr3_start_probe_bw_down(cc, now, delivered);
		bbr->state = BBR3_PROBE_BW_CRUISE;
	} else {
		bbr3_enter_startup(bbr);
	}
}

static void check_probe_rtt_done(struct cc *cc, ns_t now, u64 delivered)
{
	struct bbr3 *bbr = bbr3_of(cc);

	if (bbr->phase_end == 0 || now <= bbr->phase_end)
		return;
	bbr->probe_rtt_min_stamp = now;
	bbr3_restore_cwnd(cc);
	exit_probe_rtt(cc, now, delivered);
}

static void handle_probe_rtt(struct cc *cc, const struct cc_ack *ack)
{
	struct bbr3 *bbr = bbr3_of(cc);

	/* MarkConnectionAppLimited(): the low rates of now are of the algorithm's own making. */
	cc->app_limited = u64_max(ack->delivered + ack->in_flight, 1);
	bbr->is_held_back = true;
	if (bbr->phase_end == 0) {
		if (ack->in_flight > bbr3_probe_rtt_cwnd(cc))
			return;
		bbr->phase_end = ack->now + ProbeRTTDuration;
		bbr->probe_rtt_round_done = false;
		bbr3_start_round(bbr, ack->delivered);
		return;
	}
	if (bbr->round_start)
		bbr->probe_rtt_round_done = true;
	if (bbr->probe_rtt_round_done)
		check_probe_rtt_done(cc, ack->now, ack->delivered);
}

static void check_probe_rtt(struct cc *cc, const struct cc_ack *ack)
{
	struct bbr3 *bbr = bbr3_of(cc);

	if (bbr->state != BBR3_PROBE_RTT && bbr->probe_rtt_expired && !bbr->idle_restart) {
		bbr3_save_cwnd(cc);
		bbr->state = BBR3_PROBE_RTT;
		bbr->phase_end = 0;
		bbr->ack_phase = ACKS_PROBE_STOPPING;
		bbr3_start_round(bbr, ack->delivered);
	}
	if (bbr->state == BBR3_PROBE_RTT)
		handle_probe_rtt(cc, ack);
	bbr->idle_restart = false;
}

/* ---- what happens ---------------------------------------------------------------------------- */

static void init(struct cc *cc, ns_t now)
{
	struct bbr3 *bbr = bbr3_of(cc);

	memset(cc->priv, 0, sizeof cc->priv);
	bbr->min_rtt = bbr->probe_rtt_min_delay = cc->min_rtt_ns;
	bbr->min_rtt_stamp = bbr->probe_rtt_min_stamp = now;
	bbr->has_seen_rtt = bbr->min_rtt != NS_NEVER;
	bbr->undo_state = BBR3_NONE;
	bbr->inflight_longterm = CC_BYTES_NONE;
	bbr->probe_up_acked_per_inc = CC_BYTES_NONE;
	bbr->ack_phase = ACKS_INIT;
	cc_extra_start(&bbr->extra, now);
	bbr3_reset_short_term_model(bbr);
	cc->ssthresh = UINT32_MAX;
	bbr3_init_pacing_rate(cc, bbr->has_seen_rtt ? bbr->min_rtt : 0);
	bbr3_enter_startup(bbr);
}

static u64 keep(const struct cc *cc)
{
	return bbr3_seen(cc)->full_bw_reached ? bbr3_max_bw(bbr3_seen(cc)) : 0;
}

/* As after Startup and Drain, at the bandwidth that was found. */
static void resume(struct cc *cc, u64 bw, ns_t now)
{
	struct bbr3 *bbr = bbr3_of(cc);

	if (bw == 0 || !bbr->has_seen_rtt)
		return;
	bbr->max_bw_filter[1] = bbr->full_bw = bw;
	bbr->full_bw_reached = true;
	bbr3_start_probe_bw_down(cc, now, 0);
	bbr3_set_pacing_rate_with_gain(cc, CC_ONE);
}

static void update_ack_aggregation(struct cc *cc, const struct cc_ack *ack)
{
	struct bbr3 *bbr = bbr3_of(cc);

	cc_extra_update(&bbr->extra, ack, bbr3_bw(bbr), cc->cwnd, bbr->round_count,
			bbr->full_bw_reached ? ExtraAckedFilterLen : 1);
}

/* UpdateOnACK(). */
static void on_ack(struct cc *cc, const struct cc_ack *ack)
{
	struct bbr3 *bbr = bbr3_of(cc);

	if (ack->acked_bytes == 0)
		return;
	/* "Pacing Rate": the first round trip says what the initial window is a rate of. */
	if (!bbr->has_seen_rtt && ack->rate.rtt_ns != 0) {
		bbr->has_seen_rtt = true;
		bbr3_init_pacing_rate(cc, ack->rate.rtt_ns);
	}
	bbr3_update_latest_delivery_signals(bbr, ack);
	bbr3_update_congestion_signals(cc, ack);
	update_ack_aggregation(cc, ack);
	bbr3_check_full_bw_reached(bbr, ack);
	check_startup_done(cc, ack);
	check_drain_done(cc, ack);
	update_probe_bw_cycle_phase(cc, ack);
	bbr3_update_min_rtt(bbr, ack);
	check_probe_rtt(cc, ack);
	bbr3_advance_latest_delivery_signals(bbr, ack);
	bbr3_update_control_parameters(cc, ack);
}

/* HandleRestartFromIdle(). With nothing in flight a round begins with the next segment anyway, so
 * that next_round_delivered may stay.                                                            */
static void on_sent(struct cc *cc, u32 bytes, u32 in_flight, ns_t now)
{
	struct bbr3 *bbr = bbr3_of(cc);

	(void)bytes;
	if (in_flight != 0 || cc->app_limited == 0)
		return;
	bbr->idle_restart = true;
	cc_extra_start(&bbr->extra, now);
	if (bbr3_is_in_probe_bw(bbr))
		bbr3_set_pacing_rate_with_gain(cc, CC_ONE);
	else if (bbr->state == BBR3_PROBE_RTT)
		check_probe_rtt_done(cc, now, bbr->next_round_delivered);
}

static void on_event(struct cc *cc, enum cc_event event, const struct cc_ack *ack)
{
	struct bbr3 *bbr = bbr3_of(cc);

	switch (event) {
	case CC_ENTER_RECOVERY:
		bbr3_save_state_upon_loss(cc);
		bbr->in_recovery = true;
		break;
	case CC_TIMEOUT:
		/* OnEnterRTO(): nothing is in flight, and one segment may be. */
		bbr3_save_state_upon_loss(cc);
		bbr->in_recovery = true;
		cc->cwnd = cc->mss;
		break;
	case CC_UNDO:
		bbr3_handle_spurious_loss(cc, ack->delivered);
		bbr->in_recovery = bbr->is_undo_saved = false;
		break;
	case CC_EXIT_RECOVERY:
		if (bbr->in_recovery)
			bbr3_restore_cwnd(cc);
		bbr->in_recovery = bbr->is_undo_saved = false;
		break;
	case CC_IDLE_RESTART: break; /* on_sent knows better: after any time of idleness */
	}
}

static const char *state(const struct cc *cc)
{
	static const char *const names[] = {
		"startup",         "drain",       "probe bw down", "probe bw cruise",
		"probe bw refill", "probe bw up", "probe rtt",
	};

	return names[bbr3_seen(cc)->state];
}

static void check(const struct cc *cc)
{
	const struct bbr3 *bbr = bbr3_seen(cc);

	CHECK(bbr->state < BBR3_NONE);
	CHECK(bbr->full_bw_reached || bbr->state == BBR3_STARTUP || bbr->state == BBR3_PROBE_RTT);
	CHECK(!bbr->full_bw_now || bbr->full_bw_reached);
	CHECK(bbr->probe_up_acked_per_inc != 0);
	CHECK(cc->pacing_rate > 0 && cc->send_quantum >= cc->mss && cc->cwnd >= cc->mss);
}

const struct cc_ops cc_bbr3 = {
	.name = "bbr3",
	.init = init,
	.on_sent = on_sent,
	.on_lost = bbr3_on_lost,
	.on_ack = on_ack,
	.on_event = on_event,
	.keep = keep,
	.resume = resume,
	.state = state,
	.check = check,
};
