/* BBR version 3, what may leave: draft-ietf-ccwg-bbr, "Updating Control Parameters". */
#include "core/tcp/cc_bbr3.h"

enum { PacingMarginPercent = 1 };

/* "Summary of Control Behavior in the State Machine", by state. 2773: 4 ln 2. */
static const u16 pacing_gains[] = { 2773, 500, 900, 1000, 1000, 1250, 1000 };
static const u16 cwnd_gains[] = { 2000, 2000, 2000, 2000, 2000, 2250, 500 };

u32 bbr3_pacing_gain(const struct bbr3 *bbr)
{
	return pacing_gains[bbr->state];
}

/* ---- volumes --------------------------------------------------------------------------------- */

u64 bbr3_bdp_multiple(const struct cc *cc, u64 bw, u32 gain)
{
	const struct bbr3 *bbr = bbr3_seen(cc);

	if (bbr->min_rtt == NS_NEVER)
		return cc_initial_window(cc->mss);
	return cc_gain(cc_volume(bw, bbr->min_rtt), gain);
}

static u32 quantization_budget(const struct cc *cc, u64 inflight_cap)
{
	u64 offload_budget = 3 * (u64)cc->send_quantum;

	inflight_cap = u64_max(u64_max(inflight_cap, offload_budget), MinPipeCwnd * cc->mss);
	if (bbr3_seen(cc)->state == BBR3_PROBE_BW_UP)
		inflight_cap += 2 * cc->mss;
	return cc_u32(inflight_cap);
}

u32 bbr3_inflight(const struct cc *cc, u64 bw, u32 gain)
{
	return quantization_budget(cc, bbr3_bdp_multiple(cc, bw, gain));
}

u32 bbr3_inflight_with_headroom(const struct cc *cc)
{
	u32 longterm = bbr3_seen(cc)->inflight_longterm;
	u32 headroom = u32_max(cc->mss, (u32)cc_gain(longterm, Headroom));

	if (longterm == CC_BYTES_NONE)
		return CC_BYTES_NONE;
	return u32_max(longterm > headroom ? longterm - headroom : 0, MinPipeCwnd * cc->mss);
}

u32 bbr3_probe_rtt_cwnd(const struct cc *cc)
{
	u64 half = bbr3_bdp_multiple(cc, bbr3_bw(bbr3_seen(cc)), cwnd_gains[BBR3_PROBE_RTT]);

	return u32_max(cc_u32(half), MinPipeCwnd * cc->mss);
}

/* The estimated BDP, unless congestion cut cwnd. */
u32 bbr3_target_inflight(const struct cc *cc)
{
	return u32_min(cc_u32(bbr3_bdp_multiple(cc, bbr3_bw(bbr3_seen(cc)), CC_ONE)), cc->cwnd);
}

/* ---- pacing rate and quantum ----------------------------------------------------------------- */

static void set_send_quantum(struct cc *cc)
{
	u64 quantum = u64_min(cc_volume(cc->pacing_rate, NS_PER_MS), CC_QUANTUM_MAX);

	cc->send_quantum = u32_max((u32)quantum, 2 * cc->mss);
}

void bbr3_init_pacing_rate(struct cc *cc, ns_t rtt)
{
	u64 nominal_bandwidth = cc_rate(cc_initial_window(cc->mss), rtt != 0 ? rtt : NS_PER_MS);

	cc->pacing_rate = cc_gain(nominal_bandwidth, pacing_gains[BBR3_STARTUP]);
	set_send_quantum(cc);
}

void bbr3_set_pacing_rate_with_gain(struct cc *cc, u32 gain)
{
	const struct bbr3 *bbr = bbr3_of(cc);
	u64 rate = cc_gain(bbr3_bw(bbr), gain) * (100 - PacingMarginPercent) / 100;

	if (bbr->full_bw_reached || rate > cc->pacing_rate)
		cc->pacing_rate = u64_max(rate, 1);
}

/* ---- cwnd ------------------------------------------------------------------------------------ */

void bbr3_save_cwnd(struct cc *cc)
{
	struct bbr3 *bbr = bbr3_of(cc);

	if (!bbr->in_recovery && bbr->state != BBR3_PROBE_RTT)
		bbr->prior_cwnd = cc->cwnd;
	else
		bbr->prior_cwnd = u32_max(bbr->prior_cwnd, cc->cwnd);
}

void bbr3_restore_cwnd(struct cc *cc)
{
	cc->cwnd = u32_max(cc->cwnd, bbr3_of(cc)->prior_cwnd);
}

static void bound_cwnd_for_model(struct cc *cc)
{
	const struct bbr3 *bbr = bbr3_of(cc);
	u32 cap = CC_BYTES_NONE;

	if (bbr->state == BBR3_PROBE_RTT || bbr->state == BBR3_PROBE_BW_CRUISE)
		cap = bbr3_inflight_with_headroom(cc);
	else if (bbr3_is_in_probe_bw(bbr))
		cap = bbr->inflight_longterm;
	cap = u32_max(u32_min(cap, bbr->inflight_shortterm), MinPipeCwnd * cc->mss);
	cc->cwnd = u32_min(cc->cwnd, cap);
}

static void set_cwnd(struct cc *cc, const struct cc_ack *ack)
{
	const struct bbr3 *bbr = bbr3_of(cc);
	u64 bdp = bbr3_bdp_multiple(cc, bbr3_bw(bbr), cwnd_gains[bbr->state]);
	u32 max_inflight = quantization_budget(cc, bdp + cc_max_get(&bbr->extra.max));
	u64 grown = (u64)cc->cwnd + ack->acked_bytes;

	if (bbr->full_bw_reached)
		cc->cwnd = cc_u32(u64_min(grown, max_inflight));
	else if (cc->cwnd < max_inflight || ack->delivered < cc_initial_window(cc->mss))
		cc->cwnd = cc_u32(grown);
	cc->cwnd = u32_max(cc->cwnd, MinPipeCwnd * cc->mss);
	if (bbr->state == BBR3_PROBE_RTT)
		cc->cwnd = u32_min(cc->cwnd, bbr3_probe_rtt_cwnd(cc));
	bound_cwnd_for_model(cc);
	cc->cwnd = u32_max(u32_min(cc->cwnd, cc->cwnd_limit), cc->mss);
}

void bbr3_update_control_parameters(struct cc *cc, const struct cc_ack *ack)
{
	bbr3_set_pacing_rate_with_gain(cc, bbr3_pacing_gain(bbr3_of(cc)));
	set_send_quantum(cc);
	set_cwnd(cc, ack);
}
