/* Slow start and congestion avoidance: RFC 5681, counted in bytes (RFC 3465).
 *
 * Recovery itself is not here: the scoreboard says what to send again (RFC 6582 and 6675), PRR
 * says how much. What stays is one halving per window, and the way back if it was none.          */
#include "core/tcp/cc_part.h"

struct CC_STATE newreno {
	u64 recover;   /* what was sent when the window was reduced (RFC 6582) */
	u32 acked;     /* bytes, towards the next segment of cwnd */
	u32 undo_cwnd; /* both as they were before the reduction */
	u32 undo_ssthresh;
	bool fast_recovery; /* PRR has cwnd */
	bool loss_recovery; /* after a time-out, until all of before is acknowledged */
};

CC_STATE_FITS(struct newreno);

static struct newreno *state_of(struct cc *cc)
{
	return (struct newreno *)cc->priv;
}

static void init(struct cc *cc, ns_t now)
{
	(void)now;
	memset(cc->priv, 0, sizeof cc->priv);
	cc->ssthresh = UINT32_MAX;
	cc->pacing_rate = 0;
	cc->send_quantum = u32_max(cc->mss, CC_QUANTUM_MAX);
}

/* RFC 5681 section 4.1. */
static void resume(struct cc *cc, u64 bw, ns_t now)
{
	(void)bw;
	(void)now;
	cc->cwnd = u32_min(cc->cwnd, cc_initial_window(cc->mss));
}

/* RFC 5681 equation 4. */
static void reduce(struct cc *cc, const struct cc_ack *ack)
{
	struct newreno *reno = state_of(cc);

	reno->undo_cwnd = cc->cwnd;
	reno->undo_ssthresh = cc->ssthresh;
	cc->ssthresh = u32_max(cc_flight_size(cc, ack) / 2, 2 * cc->mss);
	reno->recover = ack->snd_nxt;
	reno->acked = 0;
}

/* RFC 3465: in slow start as much as was acknowledged, but two segments at most, and one while a
 * time-out is repaired; then one segment for each window.                                        */
static void grow(struct cc *cc, const struct cc_ack *ack)
{
	struct newreno *reno = state_of(cc);
	u32 acked = ack->una_bytes;

	if (cc->cwnd < cc->ssthresh) {
		u32 most = cc->mss * (reno->loss_recovery ? 1 : 2);

		cc->cwnd = cc_u32((u64)cc->cwnd + u32_min(cc_acked_first(ack), most));
		return;
	}
	reno->acked = cc_u32((u64)reno->acked + acked);
	if (reno->acked >= cc->cwnd) {
		reno->acked -= cc->cwnd;
		cc->cwnd = cc_u32((u64)cc->cwnd + cc->mss);
	}
	reno->acked = u32_min(reno->acked, cc->cwnd);
}

static void on_ack(struct cc *cc, const struct cc_ack *ack)
{
	struct newreno *reno = state_of(cc);

	if (reno->fast_recovery)
		return;
	/* RFC 3168 section 6.1.2: as after a loss, and once per window. */
	if (ack->ecn_echo && ack->snd_una >= reno->recover) {
		reduce(cc, ack);
		cc->cwnd = cc->ssthresh;
	} else if (ack->cwnd_limited) {
		grow(cc, ack);
	}
	cc->cwnd = u32_max(u32_min(cc->cwnd, cc->cwnd_limit), cc->mss);
}

static void on_timeout(struct cc *cc, const struct cc_ack *ack)
{
	struct newreno *reno = state_of(cc);

	/* RFC 5681 section 3.1: held constant when the same is lost again. */
	if (!reno->loss_recovery)
		reduce(cc, ack);
	reno->fast_recovery = false;
	reno->loss_recovery = true;
	reno->acked = 0;
	cc->cwnd = cc->mss;
}

static void on_event(struct cc *cc, enum cc_event event, const struct cc_ack *ack)
{
	struct newreno *reno = state_of(cc);

	switch (event) {
	case CC_ENTER_RECOVERY:
		reduce(cc, ack);
		reno->fast_recovery = true;
		break;
	case CC_EXIT_RECOVERY:
		/* RFC 6582 section 3.2 step 3; after a time-out slow start has led cwnd here. */
		if (reno->fast_recovery)
			cc->cwnd = cc->ssthresh;
		reno->fast_recovery = reno->loss_recovery = false;
		break;
	case CC_TIMEOUT: on_timeout(cc, ack); break;
	case CC_UNDO:
		cc->cwnd = u32_max(cc->cwnd, reno->undo_cwnd);
		cc->ssthresh = u32_max(cc->ssthresh, reno->undo_ssthresh);
		reno->fast_recovery = reno->loss_recovery = false;
		break;
	case CC_IDLE_RESTART:
		/* RFC 5681 section 4.1: the restart window. */
		cc->cwnd = u32_min(cc->cwnd, cc_initial_window(cc->mss));
		reno->acked = 0;
		break;
	}
}

static const char *state(const struct cc *cc)
{
	const struct newreno *reno = (const struct newreno *)cc->priv;

	if (reno->fast_recovery || reno->loss_recovery)
		return "recovery";
	return cc->cwnd < cc->ssthresh ? "slow start" : "avoidance";
}

static void check(const struct cc *cc)
{
	const struct newreno *reno = (const struct newreno *)cc->priv;

	CHECK(cc->cwnd >= cc->mss);
	CHECK(reno->acked <= cc->cwnd);
	CHECK(!(reno->fast_recovery && reno->loss_recovery));
}

const struct cc_ops cc_newreno = {
	.name = "newreno",
	.wants_prr = true,
	.answers_marks = true,
	.init = init,
	.on_ack = on_ack,
	.on_event = on_event,
	.resume = resume,
	.state = state,
	.check = check,
};
