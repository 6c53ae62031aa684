/* BBR version 3: the state that cc_bbr3.c (the states), cc_bbr3_model.c (bandwidth, bounds,
 * and what losses mean) and cc_bbr3_control.c (what may leave) share. Private to the three.
 *
 * Names and sections are those of draft-ietf-ccwg-bbr. Infinity is CC_RATE_NONE for a rate and
 * CC_BYTES_NONE for a volume. Some of the draft's variables are computed where they are used: bw,
 * bdp, the gains, offload_budget, max_inflight, and what lasts for one ACK only.                 */
#ifndef CORE_TCP_CC_BBR3_H
#define CORE_TCP_CC_BBR3_H

#include "core/tcp/cc_part.h"

enum bbr3_state {
	BBR3_STARTUP,
	BBR3_DRAIN,
	BBR3_PROBE_BW_DOWN,
	BBR3_PROBE_BW_CRUISE,
	BBR3_PROBE_BW_REFILL,
	BBR3_PROBE_BW_UP,
	BBR3_PROBE_RTT,
	BBR3_NONE, /* of undo_state */
};

enum bbr3_ack_phase {
	ACKS_INIT,
	ACKS_REFILLING,
	ACKS_PROBE_STARTING,
	ACKS_PROBE_FEEDBACK,
	ACKS_PROBE_STOPPING,
};

enum {
	LossThresh = 20, /* thousandths, as all of these */
	Beta = 700,
	Headroom = 150,
	DefaultCwndGain = 2000,
	MinPipeCwnd = 4, /* segments */
	StartupFullLossCnt = 6,
};

struct CC_STATE bbr3 {
	u64 max_bw_filter[2]; /* the previous cycle's and this one's */
	u64 bw_shortterm;
	u64 bw_latest;
	u64 full_bw;
	u64 undo_bw_shortterm;
	ns_t min_rtt;
	ns_t min_rtt_stamp;
	ns_t probe_rtt_min_delay;
	ns_t probe_rtt_min_stamp;
	ns_t phase_end; /* ProbeBW: cycle_stamp + bw_probe_wait; ProbeRTT: probe_rtt_done_stamp */
	u64 next_round_delivered;
	u64 loss_round_delivered;
	struct cc_extra extra;
	u32 inflight_longterm;
	u32 inflight_shortterm;
	u32 inflight_latest;
	u32 undo_inflight_longterm;
	u32 undo_inflight_shortterm;
	u32 prior_cwnd;
	u32 bw_probe_up_acked;
	u32 probe_up_acked_per_inc;
	u32 lost_in_round; /* bytes, in this loss round */
	u32 last_lost_end; /* low half of the sequence number where the last loss ended */
	u16 round_count;
	u8 drain_start_round; /* low half of it */
	u8 rounds_since_probe_up : 6;
	u8 full_bw_count : 2;
	u32 state : 3;
	u32 undo_state : 3;
	u32 ack_phase : 3;
	u32 bw_probe_up_rounds : 5;
	u32 lost_ranges : 3; /* in this loss round; StartupFullLossCnt is the most */
	u32 full_bw_reached : 1;
	u32 full_bw_now : 1;
	u32 round_start : 1;
	u32 loss_round_start : 1;
	u32 is_loss_in_round : 1;
	u32 idle_restart : 1;
	u32 probe_rtt_expired : 1;
	u32 probe_rtt_round_done : 1;
	u32 is_bw_probe_sample : 1;
	u32 prev_probe_too_high : 1;
	u32 prev_probe_precautionary : 1;
	u32 in_recovery : 1;
	u32 is_undo_saved : 1; /* for this episode of loss recovery */
	u32 has_seen_rtt : 1;
	u32 is_held_back : 1; /* by ProbeRTT, and what arrives tells of it still */
};

static inline struct bbr3 *bbr3_of(struct cc *cc)
{
	return (struct bbr3 *)cc->priv;
}

static inline const struct bbr3 *bbr3_seen(const struct cc *cc)
{
	return (const struct bbr3 *)cc->priv;
}

static inline bool bbr3_is_in_probe_bw(const struct bbr3 *bbr)
{
	return bbr->state >= BBR3_PROBE_BW_DOWN && bbr->state <= BBR3_PROBE_BW_UP;
}

static inline u64 bbr3_max_bw(const struct bbr3 *bbr)
{
	return u64_max(bbr->max_bw_filter[0], bbr->max_bw_filter[1]);
}

/* BoundBWForModel(). */
static inline u64 bbr3_bw(const struct bbr3 *bbr)
{
	return u64_min(bbr3_max_bw(bbr), bbr->bw_shortterm);
}

/* StartRound(). */
static inline void bbr3_start_round(struct bbr3 *bbr, u64 delivered)
{
	bbr->next_round_delivered = delivered;
}

/* cc_bbr3.c: the states. */
void bbr3_enter_startup(struct bbr3 *bbr);
void bbr3_start_probe_bw_down(struct cc *cc, ns_t now, u64 delivered);
void bbr3_start_probe_bw_refill(struct bbr3 *bbr, u64 delivered);

/* cc_bbr3_control.c: what may leave. */
u32 bbr3_pacing_gain(const struct bbr3 *bbr);
u64 bbr3_bdp_multiple(const struct cc *cc, u64 bw, u32 gain);
u32 bbr3_inflight(const struct cc *cc, u64 bw, u32 gain);
u32 bbr3_inflight_with_headroom(const struct cc *cc);
u32 bbr3_probe_rtt_cwnd(const struct cc *cc);
u32 bbr3_target_inflight(const struct cc *cc);
void bbr3_init_pacing_rate(struct cc *cc, ns_t rtt);
void bbr3_set_pacing_rate_with_gain(struct cc *cc, u32 gain);
void bbr3_save_cwnd(struct cc *cc);
void bbr3_restore_cwnd(struct cc *cc);
void bbr3_update_control_parameters(struct cc *cc, const struct cc_ack *ack);

/* cc_bbr3_model.c: the path. */
void bbr3_update_latest_delivery_signals(struct bbr3 *bbr, const struct cc_ack *ack);
void bbr3_advance_latest_delivery_signals(struct bbr3 *bbr, const struct cc_ack *ack);
void bbr3_update_congestion_signals(struct cc *cc, const struct cc_ack *ack);
void bbr3_reset_congestion_signals(struct bbr3 *bbr);
void bbr3_reset_short_term_model(struct bbr3 *bbr);
void bbr3_advance_max_bw_filter(struct bbr3 *bbr);
void bbr3_reset_full_bw(struct bbr3 *bbr);
void bbr3_check_full_bw_reached(struct bbr3 *bbr, const struct cc_ack *ack);
void bbr3_update_min_rtt(struct bbr3 *bbr, const struct cc_ack *ack);
bool bbr3_is_inflight_too_high(const struct cc *cc, u64 lost, u64 tx_in_flight);
void bbr3_save_state_upon_loss(struct cc *cc);
void bbr3_on_lost(struct cc *cc, const struct cc_lost *lost);
void bbr3_handle_spurious_loss(struct cc *cc, u64 delivered);

#endif
