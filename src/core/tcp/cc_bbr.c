/* BBR as published in 2016: N. Cardwell et al., "BBR: Congestion-Based Congestion Control", ACM
 * Queue 14(5); names are those of draft-cardwell-iccrg-bbr-congestion-control-00.
 *
 * The bandwidth is the largest delivery rate of ten round trips, the propagation delay the
 * smallest round trip of ten seconds. Packets leave near the bandwidth, and at most twice the
 * product of both is in flight. Loss by itself says nothing about either; so what has to hold on a
 * link that loses one packet in six is:
 *
 * - Startup ends when the bandwidth stays the same although more was in flight, and by nothing
 *   else. A round in which recovery or a small window kept the flight small is no evidence.
 * - A loss holds the window to what is in flight for one round, but never below what the phase
 *   wants there: who loses in every round would never get away from where it is.
 * - The window is what it was when recovery ends, and after a time-out too.
 * - The rounds in which the window grows again after a time-out carry less than the pipe does, and
 *   do not count in the ten that the bandwidth is remembered for: they are as many.
 *
 * From later versions: the margin of one percent below the bandwidth, and room for ACKs that come
 * in heaps (draft-ietf-ccwg-bbr, "BBR.extra_acked").
 *
 * Beyond the paper: the bandwidth is what arrives, and who sends as much as arrives fills a link
 * that loses p of it to 1 - p only. What is lost in every round of two cycles, those that drain
 * included, while no queue stands, is lost by the path and not by a queue, and so much more is
 * sent. It is a ninth at most: a flow that takes a queue of others for the path's own delay would
 * not let it drain otherwise.                                                                    */
#include "core/tcp/cc_part.h"

enum bbr_state { STARTUP, DRAIN, PROBE_BW, PROBE_RTT };

enum {
	BtlBwFilterLen = 10,      /* rounds */
	ExtraAckedFilterLen = 10, /* rounds */
	BBRHighGain = 2885,       /* 2 / ln(2): the rate doubles in each round */
	BBRDrainGain = 347,       /* its inverse */
	ProbeBwCwndGain = 2000,
	PacingMarginPercent = 1,
	BBRGainCycleLen = 8,
	BBRMinPipeCwnd = 4,  /* segments */
	FullBwCount = 3,     /* rounds */
	FullBwThresh = 1250, /* growth that is growth */
	/* What must have been in flight, of the bandwidth seen so far, for a round to be evidence
	 * of a full pipe: FullBwThresh would still be delivered if a fifth were lost.            */
	FullBwFlight = 1600,
	ArrivalFilterLen = 20, /* rounds: more than two cycles */
	ArrivalMin = 900,       /* at most a ninth more is sent */
	QueueThresh = 1125,    /* a round trip that has a queue in it */
	RoomThresh = 1080,     /* one by which a queue is seen to have had room */
};

#define RTpropFilterLen   (10 * NS_PER_SEC)
#define ProbeRTTDuration  (200 * NS_PER_MS)
#define ExtraAckedMaxTime (100 * NS_PER_MS)

struct CC_STATE bbr {
	struct cc_max btl_bw;
	struct cc_extra extra;
	struct cc_max arrival; /* what arrives of what was sent, in thousandths, by round */
	u64 arrival_delivered; /* cc_ack.delivered at the round's beginning, and cc_ack.lost */
	u64 arrival_lost;
	ns_t arrival_rtt; /* the smallest of the round; NS_NEVER: none */
	ns_t rtprop;      /* NS_NEVER: not known */
	ns_t rtprop_stamp;
	ns_t probe_rtt_done_stamp; /* zero: the flight is not small yet */
	ns_t cycle_stamp;
	u64 next_round_delivered;
	u64 full_bw;
	u32 prior_cwnd;
	u16 round_count;
	u16 arrival_round; /* the last that told of arrivals */
	u16 room_round;    /* the last with a round trip above RoomThresh */
	u8 state;
	u8 cycle_index;
	u8 full_bw_count;
	bool filled_pipe;
	bool round_start;
	bool probe_rtt_round_done;
	bool idle_restart;
	bool packet_conservation;
	bool in_recovery;
	bool is_regrowing; /* after a time-out: the pipe has not been full since */
	bool has_seen_rtt;
};

CC_STATE_FITS(struct bbr);

static const u16 cycle_gain[BBRGainCycleLen] = { 1250, 750, 1000, 1000, 1000, 1000, 1000, 1000 };

static struct bbr *state_of(struct cc *cc)
{
	return (struct bbr *)cc->priv;
}

static u32 pacing_gain(const struct bbr *bbr)
{
	switch (bbr->state) {
	case STARTUP: return BBRHighGain;
	case DRAIN: return BBRDrainGain;
	case PROBE_BW: return cycle_gain[bbr->cycle_index];
	default: return CC_ONE;
	}
}

static u32 cwnd_gain(const struct bbr *bbr)
{
	switch (bbr->state) {
	case PROBE_BW: return ProbeBwCwndGain;
	case PROBE_RTT: return CC_ONE;
	default: return BBRHighGain;
	}
}

/* What has to be sent for the bandwidth to arrive. Startup sends more than enough. */
static u64 sent_bw(const struct bbr *bbr)
{
	u64 bw = cc_max_get(&bbr->btl_bw);

	return bbr->filled_pipe ? bw * CC_ONE / cc_max_get(&bbr->arrival) : bw;
}

/* Bandwidth-delay product times gain, and enough for the sender's and the receiver's offload. */
static u64 inflight(const struct cc *cc, const struct bbr *bbr, u32 gain)
{
	u64 bdp;

	if (bbr->rtprop == NS_NEVER)
		return cc_initial_window(cc->mss);
	bdp = cc_volume(sent_bw(bbr), bbr->rtprop);
	return cc_gain(bdp, gain) + 3 * (u64)cc->send_quantum;
}

static void set_pacing_rate(struct cc *cc, u32 gain)
{
	struct bbr *bbr = state_of(cc);
	u64 rate = cc_gain(sent_bw(bbr), gain);

	/* Not where it probes: a quarter more, less a fifth lost, is still all of it. */
	if (gain <= CC_ONE)
		rate = rate * (100 - PacingMarginPercent) / 100;
	if (bbr->filled_pipe || rate > cc->pacing_rate)
		cc->pacing_rate = rate;
}

static void set_send_quantum(struct cc *cc)
{
	u64 quantum = u64_min(cc_volume(cc->pacing_rate, NS_PER_MS), CC_QUANTUM_MAX);

	cc->send_quantum = u32_max((u32)quantum, 2 * cc->mss);
}

/* The initial window in the first round trip, or in a millisecond while none is known. */
static void init_pacing_rate(struct cc *cc, ns_t rtt)
{
	u64 nominal = cc_rate(cc_initial_window(cc->mss), rtt != 0 ? rtt : NS_PER_MS);

	cc->pacing_rate = cc_gain(nominal, BBRHighGain);
	set_send_quantum(cc);
}

static void init(struct cc *cc, ns_t now)
{
	struct bbr *bbr = state_of(cc);

	memset(cc->priv, 0, sizeof cc->priv);
	bbr->rtprop = cc->min_rtt_ns;
	bbr->rtprop_stamp = now;
	bbr->has_seen_rtt = bbr->rtprop != NS_NEVER;
	cc_extra_start(&bbr->extra, now);
	cc_max_reset(&bbr->arrival, CC_ONE, 0);
	bbr->arrival_rtt = NS_NEVER;
	cc->ssthresh = UINT32_MAX;
	init_pacing_rate(cc, bbr->has_seen_rtt ? bbr->rtprop : 0);
}

static void start_round(struct bbr *bbr, u64 delivered)
{
	bbr->next_round_delivered = delivered;
}

/* In every round trip since the round began; or there was none to be measured. Beside the smallest
 * that the connection ever had: in RTprop there may be a queue of others.                        */
static bool sees_queue(const struct cc *cc, const struct bbr *bbr)
{
	return bbr->arrival_rtt / QueueThresh >= cc->min_rtt_ns / CC_ONE;
}

static u16 rounds_since(const struct bbr *bbr, u16 round)
{
	return (u16)(bbr->round_count - round);
}

static u64 arrival_of_round(const struct bbr *bbr, const struct cc_ack *ack)
{
	u64 arrived = ack->delivered - bbr->arrival_delivered;
	u64 lost = ack->lost - bbr->arrival_lost;

	return u64_max(arrived * CC_ONE / u64_max(arrived + lost, 1), ArrivalMin);
}

static void begin_arrival(struct bbr *bbr, const struct cc_ack *ack)
{
	bbr->arrival_delivered = ack->delivered;
	bbr->arrival_lost = ack->lost;
	bbr->arrival_rtt = NS_NEVER;
}

/* At the end of a round. One with a queue tells nothing, and who is never without one loses by it.
 * Nor is who never finds room in one alone: the queue may be full, and be taken for the path.    */
static void update_arrival(const struct cc *cc, struct bbr *bbr, const struct cc_ack *ack)
{
	u64 arrival = arrival_of_round(bbr, ack);
	bool has_queue = sees_queue(cc, bbr);

	begin_arrival(bbr, ack);
	if (has_queue && rounds_since(bbr, bbr->arrival_round) < ArrivalFilterLen)
		return;
	if (has_queue || rounds_since(bbr, bbr->room_round) > ArrivalFilterLen)
		arrival = CC_ONE;
	bbr->arrival_round = bbr->round_count;
	cc_max_update(&bbr->arrival, arrival, bbr->round_count, ArrivalFilterLen);
}

static void update_round(const struct cc *cc, struct bbr *bbr, const struct cc_ack *ack)
{
	ns_t rtt = ack->rate.rtt_ns;

	if (rtt != 0)
		bbr->arrival_rtt = u64_min(bbr->arrival_rtt, rtt);
	if (rtt / RoomThresh >= cc->min_rtt_ns / CC_ONE)
		bbr->room_round = bbr->round_count;
	bbr->round_start = ack->rate.prior_delivered >= bbr->next_round_delivered;
	if (!bbr->round_start)
		return;
	start_round(bbr, ack->delivered);
	bbr->packet_conservation = false;
	bbr->is_regrowing &= ack->rate.tx_in_flight < inflight(cc, bbr, CC_ONE);
	if (bbr->is_regrowing) {
		begin_arrival(bbr, ack);
		return;
	}
	bbr->round_count++;
	update_arrival(cc, bbr, ack);
}

static void update_btl_bw(const struct cc *cc, struct bbr *bbr, const struct cc_ack *ack)
{
	u64 rate = cc_sample_rate(&ack->rate);

	update_round(cc, bbr, ack);
	if (rate != 0 && (rate >= cc_max_get(&bbr->btl_bw) || !ack->rate.app_limited))
		cc_max_update(&bbr->btl_bw, rate, bbr->round_count, BtlBwFilterLen);
}

static void advance_cycle_phase(struct bbr *bbr, ns_t now)
{
	bbr->cycle_stamp = now;
	bbr->cycle_index = (u8)((bbr->cycle_index + 1) % BBRGainCycleLen);
}

static bool is_next_cycle_phase(const struct cc *cc, const struct bbr *bbr,
				const struct cc_ack *ack)
{
	u32 gain = pacing_gain(bbr);
	bool is_full_length = ack->now - bbr->cycle_stamp > bbr->rtprop;

	if (gain == CC_ONE)
		return is_full_length;
	/* A loss is enough: what was to be put in flight may not fit. */
	if (gain > CC_ONE)
		return is_full_length &&
		       (ack->lost_bytes > 0 || ack->prior_in_flight >= inflight(cc, bbr, gain));
	return is_full_length || ack->prior_in_flight <= inflight(cc, bbr, CC_ONE);
}

/* In any phase but the one that drains: flows that share a queue are not to probe together. */
static void enter_probe_bw(struct cc *cc, ns_t now)
{
	struct bbr *bbr = state_of(cc);
	u32 index = rng_below(cc->rng, BBRGainCycleLen - 1);

	bbr->state = PROBE_BW;
	bbr->cycle_index = (u8)(index == 0 ? BBRGainCycleLen - 1 : index);
	advance_cycle_phase(bbr, now);
}

static u64 keep(const struct cc *cc)
{
	const struct bbr *bbr = (const struct bbr *)cc->priv;

	return bbr->filled_pipe ? cc_max_get(&bbr->btl_bw) : 0;
}

/* At the bandwidth that the pipe had when it was full. */
static void resume(struct cc *cc, u64 bw, ns_t now)
{
	struct bbr *bbr = state_of(cc);

	if (bw == 0 || bbr->rtprop == NS_NEVER)
		return;
	cc_max_reset(&bbr->btl_bw, bw, 0);
	bbr->filled_pipe = true;
	bbr->full_bw = bw;
	bbr->full_bw_count = FullBwCount;
	enter_probe_bw(cc, now);
	set_pacing_rate(cc, CC_ONE);
	set_send_quantum(cc);
}

static void check_full_pipe(struct bbr *bbr, const struct cc_ack *ack)
{
	u64 bw = cc_max_get(&bbr->btl_bw);

	if (bbr->filled_pipe || !bbr->round_start || ack->rate.app_limited)
		return;
	if (bw >= cc_gain(bbr->full_bw, FullBwThresh)) {
		bbr->full_bw = bw;
		bbr->full_bw_count = 0;
		return;
	}
	if (ack->rate.tx_in_flight < cc_gain(cc_volume(bbr->full_bw, bbr->rtprop), FullBwFlight))
		return;
	bbr->filled_pipe = ++bbr->full_bw_count >= FullBwCount;
}

static void check_drain(struct cc *cc, const struct cc_ack *ack)
{
	struct bbr *bbr = state_of(cc);

	if (bbr->state == STARTUP && bbr->filled_pipe)
		bbr->state = DRAIN;
	if (bbr->state == DRAIN && ack->in_flight <= inflight(cc, bbr, CC_ONE))
		enter_probe_bw(cc, ack->now);
}

static void save_cwnd(struct cc *cc)
{
	struct bbr *bbr = state_of(cc);

	if (!bbr->in_recovery && bbr->state != PROBE_RTT)
		bbr->prior_cwnd = cc->cwnd;
	else
		bbr->prior_cwnd = u32_max(bbr->prior_cwnd, cc->cwnd);
}

static void restore_cwnd(struct cc *cc)
{
	cc->cwnd = u32_max(cc->cwnd, state_of(cc)->prior_cwnd);
}

static void check_probe_rtt_done(struct cc *cc, ns_t now)
{
	struct bbr *bbr = state_of(cc);

	if (bbr->probe_rtt_done_stamp == 0 || now <= bbr->probe_rtt_done_stamp)
		return;
	bbr->rtprop_stamp = now;
	restore_cwnd(cc);
	if (bbr->filled_pipe)
		enter_probe_bw(cc, now);
	else
		bbr->state = STARTUP;
}

static void handle_probe_rtt(struct cc *cc, const struct cc_ack *ack)
{
	struct bbr *bbr = state_of(cc);

	/* The low rates of now are of the algorithm's own making. */
	cc->app_limited = u64_max(ack->delivered + ack->in_flight, 1);
	if (bbr->probe_rtt_done_stamp == 0) {
		if (ack->in_flight > BBRMinPipeCwnd * cc->mss)
			return;
		bbr->probe_rtt_done_stamp = ack->now + ProbeRTTDuration;
		bbr->probe_rtt_round_done = false;
		start_round(bbr, ack->delivered);
		return;
	}
	bbr->probe_rtt_round_done |= bbr->round_start;
	if (bbr->probe_rtt_round_done)
		check_probe_rtt_done(cc, ack->now);
}

static void update_rtprop(struct cc *cc, const struct cc_ack *ack)
{
	struct bbr *bbr = state_of(cc);
	bool expired = ack->now > bbr->rtprop_stamp + RTpropFilterLen;

	if (ack->rate.rtt_ns != 0 && (ack->rate.rtt_ns <= bbr->rtprop || expired)) {
		bbr->rtprop = ack->rate.rtt_ns;
		bbr->rtprop_stamp = ack->now;
	}
	if (bbr->state != PROBE_RTT && expired && !bbr->idle_restart) {
		save_cwnd(cc);
		bbr->state = PROBE_RTT;
		bbr->probe_rtt_done_stamp = 0;
	}
	if (bbr->state == PROBE_RTT)
		handle_probe_rtt(cc, ack);
	bbr->idle_restart = false;
}

static u32 target_cwnd(const struct cc *cc, const struct bbr *bbr)
{
	u64 target = inflight(cc, bbr, cwnd_gain(bbr));
	u64 most = cc_volume(cc_max_get(&bbr->btl_bw), ExtraAckedMaxTime);

	if (bbr->filled_pipe)
		target += u64_min(cc_max_get(&bbr->extra.max), most);
	return cc_u32(target);
}

/* What may be in flight in the first round of recovery, even if less was. In Startup a loss may be
 * the buffer's, and is, when there is a queue; in ProbeBW not even that is a reason to end the
 * search before it has begun.                                                                    */
static u32 conservation_gain(const struct cc *cc, const struct bbr *bbr)
{
	if (bbr->state == STARTUP && sees_queue(cc, bbr))
		return CC_ONE;
	return u32_max(pacing_gain(bbr), CC_ONE);
}

static void set_cwnd(struct cc *cc, const struct cc_ack *ack)
{
	struct bbr *bbr = state_of(cc);
	u32 target = target_cwnd(cc, bbr);
	u64 cwnd = (u64)cc->cwnd + ack->acked_bytes;

	if (bbr->packet_conservation) {
		u64 floor = u64_min(inflight(cc, bbr, conservation_gain(cc, bbr)), cc->cwnd);

		cwnd = u64_max((u64)ack->in_flight + ack->acked_bytes, floor);
	} else if (bbr->filled_pipe) {
		cwnd = u64_min(cwnd, target);
	} else if (cc->cwnd >= target && ack->delivered >= cc_initial_window(cc->mss)) {
		cwnd = cc->cwnd;
	}
	cwnd = u64_max(cwnd, BBRMinPipeCwnd * cc->mss);
	if (bbr->state == PROBE_RTT)
		cwnd = u64_min(cwnd, BBRMinPipeCwnd * cc->mss);
	cc->cwnd = u32_max(u32_min(cc_u32(cwnd), cc->cwnd_limit), cc->mss);
}

static void see_first_rtt(struct cc *cc, const struct cc_ack *ack)
{
	struct bbr *bbr = state_of(cc);

	if (bbr->has_seen_rtt || ack->rate.rtt_ns == 0)
		return;
	bbr->has_seen_rtt = true;
	init_pacing_rate(cc, ack->rate.rtt_ns);
}

static void on_ack(struct cc *cc, const struct cc_ack *ack)
{
	struct bbr *bbr = state_of(cc);

	if (ack->acked_bytes == 0)
		return;
	see_first_rtt(cc, ack);
	update_btl_bw(cc, bbr, ack);
	cc_extra_update(&bbr->extra, ack, cc_max_get(&bbr->btl_bw), cc->cwnd, bbr->round_count,
			ExtraAckedFilterLen);
	if (bbr->state == PROBE_BW && is_next_cycle_phase(cc, bbr, ack))
		advance_cycle_phase(bbr, ack->now);
	check_full_pipe(bbr, ack);
	check_drain(cc, ack);
	update_rtprop(cc, ack);
	set_pacing_rate(cc, pacing_gain(bbr));
	set_send_quantum(cc);
	set_cwnd(cc, ack);
}

/* Restarting from idle: at the bandwidth, whatever phase it was. */
static void on_sent(struct cc *cc, u32 bytes, u32 in_flight, ns_t now)
{
	struct bbr *bbr = state_of(cc);

	(void)bytes;
	if (in_flight != 0 || cc->app_limited == 0)
		return;
	bbr->idle_restart = true;
	cc_extra_start(&bbr->extra, now);
	if (bbr->state == PROBE_BW)
		set_pacing_rate(cc, CC_ONE);
	else if (bbr->state == PROBE_RTT)
		check_probe_rtt_done(cc, now);
}

static void on_event(struct cc *cc, enum cc_event event, const struct cc_ack *ack)
{
	struct bbr *bbr = state_of(cc);

	switch (event) {
	case CC_ENTER_RECOVERY:
		save_cwnd(cc);
		bbr->in_recovery = bbr->packet_conservation = true;
		start_round(bbr, ack->delivered);
		break;
	case CC_TIMEOUT:
		save_cwnd(cc);
		bbr->in_recovery = bbr->is_regrowing = true;
		bbr->packet_conservation = false;
		cc->cwnd = cc->mss;
		break;
	case CC_UNDO:
		/* Startup goes on as if it had not been disturbed. */
		if (!bbr->filled_pipe) {
			bbr->full_bw = 0;
			bbr->full_bw_count = 0;
		}
		/* fall through */
	case CC_EXIT_RECOVERY:
		if (bbr->in_recovery)
			restore_cwnd(cc);
		bbr->in_recovery = bbr->packet_conservation = bbr->is_regrowing = false;
		break;
	case CC_IDLE_RESTART: break; /* on_sent knows better: after any time of idleness */
	}
}

static const char *state(const struct cc *cc)
{
	static const char *const names[] = { "startup", "drain", "probe bw", "probe rtt" };

	return names[((const struct bbr *)cc->priv)->state];
}

static void check(const struct cc *cc)
{
	const struct bbr *bbr = (const struct bbr *)cc->priv;

	CHECK(bbr->state <= PROBE_RTT && bbr->cycle_index < BBRGainCycleLen);
	CHECK(bbr->filled_pipe || bbr->state == STARTUP || bbr->state == PROBE_RTT);
	CHECK(bbr->filled_pipe == (bbr->full_bw_count >= FullBwCount));
	CHECK(cc->pacing_rate > 0 && cc->send_quantum >= cc->mss && cc->cwnd >= cc->mss);
}

const struct cc_ops cc_bbr = {
	.name = "bbr",
	.init = init,
	.on_sent = on_sent,
	.on_ack = on_ack,
	.on_event = on_event,
	.keep = keep,
	.resume = resume,
	.state = state,
	.check = check,
};
