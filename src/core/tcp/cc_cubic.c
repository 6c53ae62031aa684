/* CUBIC: RFC 9438, with HyStart++ in the first slow start. Names are the RFC's.
 *
 * The RFC counts in segments and seconds. Here windows are bytes and times milliseconds:
 *
 *     W_cubic(t) = C * (t - K)^3 + W_max        C = 0.4 segments / s^3
 *
 * What an ACK adds to a window is mostly less than a byte, so the remainder of each division is
 * kept (cnt, and 16 bits of fraction in W_est).                                                  */
#include "core/tcp/cc_part.h"
#include "core/tcp/hystart.h"

enum {
	BETA_TENTHS = 7,       /* beta_cubic, section 4.6 */
	ALPHA_NUM = 9,         /* alpha_cubic = 3 * (1 - beta) / (1 + beta) = 9 / 17 */
	ALPHA_DEN = 17,        /* section 4.3 */
	CUBE_MS_MAX = 1 << 20, /* of |t - K|: a quarter of an hour; its cube fits 60 bits */
	K_BITS = 21,           /* of the cube root of 64 bits */
	FRACTION = 16,         /* bits of W_est behind the point */
};

/* What a congestion event changes, and a spurious one gets back: section 4.9. */
struct cubic_curve {
	ns_t t_epoch; /* when congestion avoidance began; NS_NEVER: not yet */
	u64 W_est;    /* bytes << FRACTION */
	u32 W_max;
	u32 cwnd_prior;
	u32 K;    /* ms */
	u32 cwnd; /* both only in the copy that undo has */
	u32 ssthresh;
};

struct CC_STATE cubic {
	struct cubic_curve now;
	struct cubic_curve undo;
	struct hystart hystart;
	u64 recover; /* what was sent when the window was reduced */
	u64 cnt;     /* the remainder of growth, in units of 1 / cwnd bytes */
	bool first_slow_start;
	bool fast_recovery; /* PRR has cwnd */
	bool loss_recovery;
};

CC_STATE_FITS(struct cubic);

static struct cubic *state_of(struct cc *cc)
{
	return (struct cubic *)cc->priv;
}

static void init(struct cc *cc, ns_t now)
{
	struct cubic *cubic = state_of(cc);

	(void)now;
	memset(cc->priv, 0, sizeof cc->priv);
	hystart_init(&cubic->hystart);
	cubic->now.t_epoch = NS_NEVER;
	cubic->first_slow_start = true;
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
	state_of(cc)->first_slow_start = cc->ssthresh == UINT32_MAX;
}

/* Bit by bit from the top. */
static u32 cube_root(u64 value)
{
	u64 root = 0;

	for (u32 bit = K_BITS; bit-- > 0;) {
		u64 next = root | UINT64_C(1) << bit;

		if (next * next * next <= value)
			root = next;
	}
	return (u32)root;
}

/* Section 4.2: K = cbrt((W_max - cwnd_epoch) / C); ms^3 in a s^3 by 1 / C is 25 * 10^8. */
static void start_epoch(struct cc *cc, ns_t now)
{
	struct cubic_curve *curve = &state_of(cc)->now;

	curve->t_epoch = now;
	curve->W_est = (u64)cc->cwnd << FRACTION;
	if (curve->W_max > cc->cwnd) {
		curve->K = cube_root((curve->W_max - cc->cwnd) * UINT64_C(2500000000) / cc->mss);
	} else {
		curve->K = 0;
		curve->W_max = cc->cwnd;
	}
	state_of(cc)->cnt = 0;
}

static u32 W_cubic(const struct cc *cc, const struct cubic_curve *curve, ns_t t)
{
	u64 t_ms = t / NS_PER_MS;
	bool below = t_ms < curve->K;
	u64 d = u64_min(below ? curve->K - t_ms : t_ms - curve->K, CUBE_MS_MAX);
	u64 volume = d * d * d / 1000000 * cc->mss * 4 / 10000;

	if (below)
		return volume >= curve->W_max ? 0 : curve->W_max - (u32)volume;
	return cc_u32(curve->W_max + volume);
}

/* Section 4.3: what AIMD with the same loss would have; from cwnd_prior on it grows as Reno. */
static void update_W_est(struct cc *cc, u32 acked)
{
	struct cubic_curve *curve = &state_of(cc)->now;
	u64 share = ((u64)u32_min(acked, cc->cwnd) << 24) / cc->cwnd * cc->mss;

	if (curve->W_est >> FRACTION < curve->cwnd_prior)
		share = share * ALPHA_NUM / ALPHA_DEN;
	curve->W_est = u64_min(curve->W_est + (share >> (24 - FRACTION)),
			       (u64)UINT32_MAX << FRACTION);
}

static void avoid_congestion(struct cc *cc, const struct cc_ack *ack)
{
	struct cubic *cubic = state_of(cc);
	struct cubic_curve *curve = &cubic->now;
	u32 W_est;
	u64 target;
	ns_t t;

	if (curve->t_epoch == NS_NEVER)
		start_epoch(cc, ack->now);
	t = ack->now - curve->t_epoch;
	update_W_est(cc, ack->una_bytes);
	W_est = (u32)(curve->W_est >> FRACTION);
	if (W_cubic(cc, curve, t) < W_est) {
		cc->cwnd = u32_max(cc->cwnd, W_est);
		return;
	}
	/* Sections 4.4 and 4.5: to where the curve is in a round trip, half as much again at
	 * most.                                                                                  */
	target = W_cubic(cc, curve, t + ack->srtt_ns);
	target = u64_min(u64_max(target, cc->cwnd), (u64)cc->cwnd + cc->cwnd / 2);
	cubic->cnt += (target - cc->cwnd) * u32_min(ack->una_bytes, cc->cwnd);
	target = cc->cwnd + cubic->cnt / cc->cwnd;
	cubic->cnt %= cc->cwnd;
	cc->cwnd = cc_u32(target);
}

static void slow_start(struct cc *cc, const struct cc_ack *ack)
{
	struct cubic *cubic = state_of(cc);
	u32 acked = cc_acked_first(ack);
	u32 growth;

	if (cubic->first_slow_start) {
		growth = hystart_growth(&cubic->hystart, acked, cc->mss,
					cc->pacing_rate != 0);
		if (hystart_on_ack(&cubic->hystart, ack)) {
			cc->ssthresh = cc->cwnd;
			cubic->first_slow_start = false;
		}
	} else {
		growth = u32_min(acked, cc->mss * (cubic->loss_recovery ? 1 : 2));
	}
	cc->cwnd = cc_u32((u64)cc->cwnd + growth);
}

/* Sections 4.6 and 4.7; from: the bytes that beta_cubic is of. */
static void reduce(struct cc *cc, const struct cc_ack *ack, u32 from)
{
	struct cubic *cubic = state_of(cc);
	struct cubic_curve *curve = &cubic->now;
	u64 reduced = (u64)from * BETA_TENTHS / 10;

	cubic->undo = cubic->now;
	cubic->undo.cwnd = cc->cwnd;
	cubic->undo.ssthresh = cc->ssthresh;
	curve->cwnd_prior = cc->cwnd;
	/* Fast convergence: whoever has less than before leaves room for the newcomer. */
	if (cc->cwnd < curve->W_max)
		curve->W_max = cc_u32((u64)cc->cwnd * (10 + BETA_TENTHS) / 20);
	else
		curve->W_max = cc->cwnd;
	curve->t_epoch = NS_NEVER;
	cc->ssthresh = u32_max((u32)reduced, 2 * cc->mss);
	cubic->recover = ack->snd_nxt;
	cubic->first_slow_start = false;
}

static void on_ack(struct cc *cc, const struct cc_ack *ack)
{
	struct cubic *cubic = state_of(cc);

	if (cubic->fast_recovery)
		return;
	if (ack->ecn_echo && ack->snd_una >= cubic->recover) {
		/* RFC 3168 section 6.1.2: as after a loss, once per window. */
		reduce(cc, ack, cc_flight_size(cc, ack));
		cc->cwnd = cc->ssthresh;
	} else if (!ack->cwnd_limited) {
		/* Section 5.8: time in which the window was not used is not the curve's. The epoch
		 * begins anew where cwnd stands.                                                 */
		cubic->now.t_epoch = NS_NEVER;
	} else if (cc->cwnd < cc->ssthresh) {
		slow_start(cc, ack);
	} else {
		avoid_congestion(cc, ack);
	}
	cc->cwnd = u32_max(u32_min(cc->cwnd, cc->cwnd_limit), cc->mss);
}

/* Section 4.8. */
static void on_timeout(struct cc *cc, const struct cc_ack *ack)
{
	struct cubic *cubic = state_of(cc);

	/* RFC 5681 section 3.1: held constant when the same is lost again. Section 4.6 lets it be
	 * of cwnd, since that does not grow unused: slow start tries all of it anew, and else one
	 * small segment that is lost would end it at two.                                        */
	if (!cubic->loss_recovery)
		reduce(cc, ack, cc->cwnd);
	/* The next epoch begins at its own plateau: K = 0. */
	cubic->now.W_max = 0;
	cubic->now.t_epoch = NS_NEVER;
	cubic->fast_recovery = false;
	cubic->loss_recovery = true;
	cc->cwnd = cc->mss;
}

/* Section 4.9.2. */
static void undo(struct cc *cc)
{
	struct cubic *cubic = state_of(cc);

	cubic->now = cubic->undo;
	cc->cwnd = u32_max(cc->cwnd, cubic->undo.cwnd);
	cc->ssthresh = u32_max(cc->ssthresh, cubic->undo.ssthresh);
	cubic->fast_recovery = cubic->loss_recovery = false;
}

static void on_event(struct cc *cc, enum cc_event event, const struct cc_ack *ack)
{
	struct cubic *cubic = state_of(cc);

	switch (event) {
	case CC_ENTER_RECOVERY:
		reduce(cc, ack, cc_flight_size(cc, ack));
		cubic->fast_recovery = true;
		break;
	case CC_EXIT_RECOVERY:
		if (cubic->fast_recovery)
			cc->cwnd = cc->ssthresh;
		cubic->fast_recovery = cubic->loss_recovery = false;
		break;
	case CC_TIMEOUT: on_timeout(cc, ack); break;
	case CC_UNDO: undo(cc); break;
	case CC_IDLE_RESTART:
		/* RFC 5681 section 4.1. */
		cc->cwnd = u32_min(cc->cwnd, cc_initial_window(cc->mss));
		cubic->now.t_epoch = NS_NEVER;
		break;
	}
}

static const char *state(const struct cc *cc)
{
	const struct cubic *cubic = (const struct cubic *)cc->priv;

	if (cubic->fast_recovery || cubic->loss_recovery)
		return "recovery";
	if (cc->cwnd < cc->ssthresh)
		return cubic->hystart.css_baseline_min_rtt != NS_NEVER && cubic->first_slow_start
			       ? "conservative slow start"
			       : "slow start";
	return "avoidance";
}

static void check(const struct cc *cc)
{
	const struct cubic *cubic = (const struct cubic *)cc->priv;

	CHECK(cc->cwnd >= cc->mss);
	CHECK(!(cubic->fast_recovery && cubic->loss_recovery));
	CHECK(cubic->now.t_epoch == NS_NEVER || cubic->now.W_max > 0);
}

const struct cc_ops cc_cubic = {
	.name = "cubic",
	.wants_prr = true,
	.answers_marks = true,
	.init = init,
	.on_ack = on_ack,
	.on_event = on_event,
	.resume = resume,
	.state = state,
	.check = check,
};
