/* Congestion control on a queue of its own. */
#include "fake/cc_bed.h"

#include "core/base/check.h"

#include <stdlib.h>

enum { DUP_THRESH = 3, RING_MIN = 1 << 12 };

#define RTO_MIN (200 * NS_PER_MS)

struct cc_bed_conf cc_bed_usual(void)
{
	return (struct cc_bed_conf){
		.rate = 12500000,
		.rtt = 100 * NS_PER_MS,
		.buffer = 1250000,
		.seed = 1,
		.mss = 1500,
	};
}

u64 cc_bed_bdp(const struct cc_bed *bed)
{
	return bed->conf.rate * (bed->conf.rtt / NS_PER_US) / 1000000;
}

void cc_bed_open(struct cc_bed *bed, const struct cc_bed_conf *conf)
{
	u8 seed[32] = { 0 };

	memset(bed, 0, sizeof *bed);
	bed->conf = *conf;
	bed->draw = conf->seed * UINT64_C(0xd1342543de82ef95) + 1;
	bed->tokens = conf->policer_burst;
	memcpy(seed, &conf->seed, sizeof conf->seed);
	rng_init(&bed->rng, seed);
}

void cc_bed_close(struct cc_bed *bed)
{
	for (u32 n = 0; n < bed->flow_count; n++) {
		free(bed->flow[n].ring);
		free(bed->flow[n].got);
		free(bed->flow[n].again);
	}
}

struct cc_bed_flow *cc_bed_add(struct cc_bed *bed, const struct cc_ops *ops, ns_t start)
{
	struct cc_bed_flow *flow;
	u64 size = RING_MIN;

	CHECK(bed->flow_count < CC_BED_FLOWS);
	flow = &bed->flow[bed->flow_count++];
	while (size * bed->conf.mss < 24 * cc_bed_bdp(bed) + 3 * bed->conf.buffer)
		size *= 2;
	flow->mask = size - 1;
	flow->ring = calloc(size, sizeof *flow->ring);
	flow->got = calloc(size, sizeof *flow->got);
	flow->again = calloc(size, sizeof *flow->again);
	CHECK(flow->ring && flow->got && flow->again);
	flow->start = flow->next_send = flow->app_next = start;
	flow->app_rate = CC_BED_UNLIMITED;
	flow->rto_at = NS_NEVER;
	flow->cc = (struct cc){
		.ops = ops,
		.rng = &bed->rng,
		.min_rtt_ns = NS_NEVER,
		.mss = bed->conf.mss,
		.cwnd = cc_initial_window(bed->conf.mss),
		.ssthresh = UINT32_MAX,
		.cwnd_limit = UINT32_MAX / 2,
		.has_sack = true,
	};
	ops->init(&flow->cc, start);
	return flow;
}

static struct cc_bed_sent *at(const struct cc_bed_flow *flow, u64 tx)
{
	return &flow->ring[tx & flow->mask];
}

/* ---- the path -------------------------------------------------------------------------------- */

static u64 draw(struct cc_bed *bed)
{
	u64 v = bed->draw += UINT64_C(0x9e3779b97f4a7c15);

	v = (v ^ v >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	v = (v ^ v >> 27) * UINT64_C(0x94d049bb133111eb);
	return v ^ v >> 31;
}

static bool is_unlucky(struct cc_bed *bed)
{
	return bed->conf.loss_ppm > 0 && draw(bed) % 1000000 < bed->conf.loss_ppm;
}

static bool is_policed(struct cc_bed *bed)
{
	const struct cc_bed_conf *conf = &bed->conf;

	if (conf->policer_rate == 0)
		return false;
	bed->tokens += (bed->now - bed->tokens_at) * conf->policer_rate / NS_PER_SEC;
	bed->tokens = u64_min(bed->tokens, conf->policer_burst);
	bed->tokens_at = bed->now;
	if (bed->tokens < conf->mss)
		return true;
	bed->tokens -= conf->mss;
	return false;
}

static void pass(struct cc_bed *bed, struct cc_bed_sent *sent)
{
	const struct cc_bed_conf *conf = &bed->conf;
	ns_t free_at = bed->link_free > bed->now ? bed->link_free : bed->now;
	u64 queued = (free_at - bed->now) * conf->rate / NS_PER_SEC;

	sent->dropped = true;
	if ((!conf->loss_behind && is_unlucky(bed)) || is_policed(bed) || queued > conf->buffer)
		return;
	bed->link_free = free_at + conf->mss * NS_PER_SEC / conf->rate;
	sent->dropped = conf->loss_behind && is_unlucky(bed);
	sent->ack_at = bed->link_free + conf->rtt;
	if (conf->ack_every != 0)
		sent->ack_at += conf->ack_every - 1 - (sent->ack_at - 1) % conf->ack_every;
}

void cc_bed_set_rate(struct cc_bed *bed, u64 rate)
{
	ns_t behind = bed->now + bed->conf.rtt;

	for (u32 n = 0; n < bed->flow_count; n++) {
		struct cc_bed_flow *flow = &bed->flow[n];

		for (u64 tx = flow->tx_arrive; tx < flow->tx_next; tx++) {
			struct cc_bed_sent *sent = at(flow, tx);

			if (sent->ack_at > behind)
				sent->ack_at = behind +
					       (sent->ack_at - behind) * bed->conf.rate / rate;
		}
	}
	if (bed->link_free > bed->now)
		bed->link_free = bed->now + (bed->link_free - bed->now) * bed->conf.rate / rate;
	bed->conf.rate = rate;
}

/* ---- sending --------------------------------------------------------------------------------- */

static bool has_room(const struct cc_bed_flow *flow)
{
	return flow->in_flight + flow->cc.mss <= flow->cc.cwnd &&
	       flow->tx_next - flow->tx_done <= flow->mask &&
	       (flow->again_first != flow->again_end || flow->snd_nxt - flow->snd_una < flow->mask);
}

static bool has_data(const struct cc_bed *bed, const struct cc_bed_flow *flow)
{
	return flow->again_first != flow->again_end ||
	       (flow->app_rate != 0 && flow->app_next <= bed->now);
}

/* CheckIfApplicationLimited(). */
static void check_app_limited(const struct cc_bed *bed, struct cc_bed_flow *flow)
{
	if (!has_data(bed, flow) && flow->in_flight < flow->cc.cwnd)
		flow->cc.app_limited = flow->delivered + flow->in_flight + (flow->delivered == 0);
}

static u64 pick(struct cc_bed *bed, struct cc_bed_flow *flow, bool *again)
{
	*again = flow->again_first != flow->again_end;
	if (*again)
		return flow->again[flow->again_first++ & flow->mask];
	if (flow->app_rate != CC_BED_UNLIMITED)
		flow->app_next = (flow->app_next > bed->now ? flow->app_next : bed->now) +
				 flow->cc.mss * NS_PER_SEC / flow->app_rate;
	flow->got[flow->snd_nxt & flow->mask] = false;
	return flow->snd_nxt++;
}

static void send(struct cc_bed *bed, struct cc_bed_flow *flow)
{
	struct cc_bed_sent *sent = at(flow, flow->tx_next);
	u32 mss = flow->cc.mss;
	bool again;
	u64 number = pick(bed, flow, &again);

	if (flow->cc.ops->on_sent)
		flow->cc.ops->on_sent(&flow->cc, mss, flow->in_flight, bed->now);
	if (flow->in_flight == 0)
		flow->first_send_time = flow->delivered_time = bed->now;
	if (flow->in_flight == 0 || flow->rto_at == NS_NEVER)
		flow->rto_at = bed->now +
			       ((flow->srtt + 4 * flow->rttvar + RTO_MIN) << flow->backoff) +
			       (flow->srtt == 0 ? NS_PER_SEC : 0);
	flow->in_flight += mss;
	*sent = (struct cc_bed_sent){
		.number = number,
		.sent_at = bed->now,
		.delivered = flow->delivered,
		.delivered_time = flow->delivered_time,
		.first_send_time = flow->first_send_time,
		.lost = flow->lost,
		.tx_in_flight = flow->in_flight,
		.app_limited = flow->cc.app_limited != 0,
		.again = again,
	};
	pass(bed, sent);
	if (flow->drop_next > 0) {
		flow->drop_next--;
		sent->dropped = true;
	} else if (flow->delay_next > 0 && flow->delayed_count < CC_BED_DELAYED) {
		flow->delay_next--;
		sent->delayed = true;
		sent->ack_at += flow->delay_ns;
		flow->delayed[flow->delayed_count++] = flow->tx_next;
	}
	flow->tx_next++;
	flow->sent += mss;
	flow->prr_out += mss;
	if (flow->cc.pacing_rate != 0)
		flow->next_send = (flow->next_send > bed->now ? flow->next_send : bed->now) +
				  mss * NS_PER_SEC / flow->cc.pacing_rate;
}

static void send_all(struct cc_bed *bed, struct cc_bed_flow *flow)
{
	while (has_data(bed, flow)) {
		if (!has_room(flow)) {
			flow->limited_at = flow->delivered + flow->in_flight;
			return;
		}
		if (flow->cc.pacing_rate != 0 && flow->next_send > bed->now)
			return;
		send(bed, flow);
	}
	check_app_limited(bed, flow);
}

/* ---- receiving ------------------------------------------------------------------------------- */

static void note_rtt(struct cc_bed_flow *flow, ns_t rtt)
{
	ns_t diff = rtt > flow->srtt ? rtt - flow->srtt : flow->srtt - rtt;

	if (flow->srtt == 0) {
		flow->srtt = rtt;
		flow->rttvar = rtt / 2;
	} else {
		flow->rttvar = (3 * flow->rttvar + diff) / 4;
		flow->srtt = (7 * flow->srtt + rtt) / 8;
	}
	flow->cc.min_rtt_ns = u64_min(flow->cc.min_rtt_ns, rtt);
	flow->rtt_sum += rtt;
	flow->rtt_count++;
	flow->last_rtt = rtt;
	if (rtt > flow->rtt_max)
		flow->rtt_max = rtt;
}

/* UpdateRateSample(). */
static void arrive(struct cc_bed *bed, struct cc_bed_flow *flow, struct cc_bed_sent *sent,
		   struct cc_ack *ack)
{
	struct rate_sample *rate = &ack->rate;
	ns_t send_elapsed, ack_elapsed;

	sent->arrived = true;
	if (sent->marked)
		flow->episode_spurious++;
	else
		flow->in_flight -= flow->cc.mss;
	if (!flow->got[sent->number & flow->mask] && sent->number >= flow->snd_una) {
		flow->got[sent->number & flow->mask] = true;
		flow->goodput += flow->cc.mss;
	}
	flow->delivered += flow->cc.mss;
	flow->delivered_time = bed->now;
	ack->acked_bytes += flow->cc.mss;
	if (!sent->again)
		note_rtt(flow, bed->now - sent->sent_at);
	if (ack->acked_bytes > flow->cc.mss && sent->sent_at < flow->first_send_time)
		return;
	send_elapsed = sent->sent_at - sent->first_send_time;
	ack_elapsed = bed->now - sent->delivered_time;
	flow->first_send_time = sent->sent_at;
	*rate = (struct rate_sample){
		.prior_delivered = sent->delivered,
		.prior_ns = sent->delivered_time,
		.interval_ns = send_elapsed > ack_elapsed ? send_elapsed : ack_elapsed,
		.rtt_ns = sent->again ? 0 : bed->now - sent->sent_at,
		.tx_in_flight = sent->tx_in_flight,
		.tx_lost = sent->lost,
		.app_limited = sent->app_limited,
	};
}

static void mark_lost(struct cc_bed *bed, struct cc_bed_flow *flow, struct cc_bed_sent *sent)
{
	u32 mss = flow->cc.mss;

	sent->marked = true;
	flow->in_flight -= mss;
	flow->lost += mss;
	flow->episode_marked++;
	flow->again[flow->again_end++ & flow->mask] = sent->number;
	if (flow->cc.ops->on_lost) {
		struct cc_lost lost = {
			.now = bed->now,
			.seq = sent->number * mss,
			.delivered = flow->delivered,
			.lost = flow->lost,
			.tx_lost = sent->lost,
			.bytes = mss,
			.tx_in_flight = sent->tx_in_flight,
			.app_limited = sent->app_limited,
		};

		flow->cc.ops->on_lost(&flow->cc, &lost);
	}
}

/* Everything below `end` that has not arrived is lost. */
static u32 detect(struct cc_bed *bed, struct cc_bed_flow *flow, u64 end)
{
	u32 bytes = 0;

	for (; flow->tx_detect < end; flow->tx_detect++) {
		struct cc_bed_sent *sent = at(flow, flow->tx_detect);

		if (sent->arrived || sent->marked)
			continue;
		mark_lost(bed, flow, sent);
		bytes += flow->cc.mss;
	}
	while (flow->tx_done < flow->tx_detect) {
		const struct cc_bed_sent *sent = at(flow, flow->tx_done);

		if (!sent->arrived && !sent->dropped)
			break;
		flow->tx_done++;
	}
	return bytes;
}

static void advance_una(struct cc_bed_flow *flow)
{
	while (flow->snd_una < flow->snd_nxt && flow->got[flow->snd_una & flow->mask])
		flow->snd_una++;
}

static void fill_ack(const struct cc_bed *bed, struct cc_bed_flow *flow, struct cc_ack *ack)
{
	ack->now = bed->now;
	ack->delivered = flow->delivered;
	ack->lost = flow->lost;
	ack->in_flight = flow->in_flight;
	ack->snd_una = flow->snd_una * flow->cc.mss;
	ack->snd_nxt = flow->snd_nxt * flow->cc.mss;
	ack->srtt_ns = flow->srtt;
	ack->cwnd_limited = flow->limited_at != 0 && flow->delivered <= flow->limited_at;
}

static void tell(struct cc_bed_flow *flow, enum cc_event event, struct cc_ack *ack)
{
	ack->in_recovery = flow->in_recovery;
	flow->cc.ops->on_event(&flow->cc, event, ack);
}

static void enter_recovery(struct cc_bed_flow *flow, struct cc_ack *ack)
{
	flow->in_recovery = true;
	flow->after_timeout = false;
	flow->recovery_point = flow->snd_nxt;
	flow->recoveries++;
	flow->prr_delivered = flow->prr_out = 0;
	flow->recover_fs = u32_max(ack->prior_in_flight, flow->cc.mss);
	tell(flow, CC_ENTER_RECOVERY, ack);
}

/* All of what the episode took for lost has arrived by itself. */
static void check_spurious(struct cc_bed_flow *flow, struct cc_ack *ack)
{
	if (!flow->undo || !flow->in_recovery || flow->episode_spurious < flow->episode_marked)
		return;
	flow->undone++;
	flow->in_recovery = false;
	flow->again_first = flow->again_end;
	flow->episode_marked = flow->episode_spurious = 0;
	tell(flow, CC_UNDO, ack);
}

static void judge_recovery(struct cc_bed_flow *flow, struct cc_ack *ack)
{
	check_spurious(flow, ack);
	if (flow->in_recovery && flow->snd_una >= flow->recovery_point) {
		flow->in_recovery = false;
		tell(flow, CC_EXIT_RECOVERY, ack);
	}
	if (ack->lost_bytes > 0 && !flow->in_recovery) {
		flow->episode_marked = ack->lost_bytes / flow->cc.mss;
		flow->episode_spurious = 0;
		enter_recovery(flow, ack);
	}
	ack->in_recovery = flow->in_recovery;
}

/* RFC 6937 section 3. */
static void reduce_proportionally(struct cc_bed_flow *flow, const struct cc_ack *ack)
{
	u64 count;

	flow->prr_delivered += ack->acked_bytes;
	if (flow->in_flight > flow->cc.ssthresh) {
		count = (flow->prr_delivered * flow->cc.ssthresh + flow->recover_fs - 1) /
			flow->recover_fs;
		count = count > flow->prr_out ? count - flow->prr_out : 0;
	} else {
		count = flow->prr_delivered > flow->prr_out ? flow->prr_delivered - flow->prr_out
							    : 0;
		count = (count > ack->acked_bytes ? count : ack->acked_bytes) + flow->cc.mss;
		count = u64_min(count, flow->cc.ssthresh - flow->in_flight);
	}
	if (flow->prr_out == 0 && count < flow->cc.mss)
		count = flow->cc.mss;
	flow->cc.cwnd = flow->in_flight + (u32)count;
}

/* GenerateRateSample(). */
static void seal_sample(struct cc_bed_flow *flow, struct rate_sample *rate)
{
	if (flow->cc.app_limited != 0 && flow->delivered > flow->cc.app_limited)
		flow->cc.app_limited = 0;
	rate->delivered = flow->delivered - rate->prior_delivered;
	if (rate->interval_ns < flow->cc.min_rtt_ns)
		rate->interval_ns = 0;
}

static bool take_delayed(struct cc_bed *bed, struct cc_bed_flow *flow, struct cc_ack *ack)
{
	bool any = false;

	for (u32 n = 0; n < flow->delayed_count;) {
		struct cc_bed_sent *sent = at(flow, flow->delayed[n]);

		if (sent->ack_at > bed->now) {
			n++;
			continue;
		}
		flow->delayed[n] = flow->delayed[--flow->delayed_count];
		if (!sent->dropped) {
			arrive(bed, flow, sent, ack);
			any = true;
		}
	}
	return any;
}

static void take_acks(struct cc_bed *bed, struct cc_bed_flow *flow)
{
	struct cc_ack ack = { .prior_in_flight = flow->in_flight };
	u64 una = flow->snd_una;
	u64 highest = 0;
	bool any = take_delayed(bed, flow, &ack);

	check_app_limited(bed, flow);
	for (; flow->tx_arrive < flow->tx_next; flow->tx_arrive++) {
		struct cc_bed_sent *sent = at(flow, flow->tx_arrive);

		if (sent->dropped || sent->delayed)
			continue;
		if (sent->ack_at > bed->now)
			break;
		arrive(bed, flow, sent, &ack);
		highest = flow->tx_arrive + 1;
		any = true;
	}
	if (!any)
		return;
	advance_una(flow);
	ack.una_bytes = (u32)(flow->snd_una - una) * flow->cc.mss;
	seal_sample(flow, &ack.rate);
	flow->backoff = 0;
	flow->rto_at = bed->now + flow->srtt + 4 * flow->rttvar + RTO_MIN;
	ack.lost_bytes = detect(bed, flow, highest > DUP_THRESH ? highest - DUP_THRESH : 0);
	fill_ack(bed, flow, &ack);
	judge_recovery(flow, &ack);
	flow->cc.ops->on_ack(&flow->cc, &ack);
	if (flow->cc.ops->wants_prr && flow->in_recovery && !flow->after_timeout)
		reduce_proportionally(flow, &ack);
	flow->cc.ops->check(&flow->cc);
	flow->ack = ack;
	if (flow->in_flight == 0)
		flow->rto_at = NS_NEVER;
}

static void time_out(struct cc_bed *bed, struct cc_bed_flow *flow)
{
	struct cc_ack ack = { .prior_in_flight = flow->in_flight };

	flow->timeouts++;
	flow->backoff = u32_min(flow->backoff + 1, 6);
	flow->rto_at = NS_NEVER;
	flow->in_recovery = flow->after_timeout = true;
	flow->recovery_point = flow->snd_nxt;
	flow->episode_marked = flow->episode_spurious = 0;
	ack.in_flight = 0;
	(void)detect(bed, flow, flow->tx_next);
	fill_ack(bed, flow, &ack);
	tell(flow, CC_TIMEOUT, &ack);
}

/* ---- time ------------------------------------------------------------------------------------ */

static ns_t next_arrival(struct cc_bed_flow *flow)
{
	ns_t first = NS_NEVER;

	for (u32 n = 0; n < flow->delayed_count; n++)
		first = u64_min(first, at(flow, flow->delayed[n])->ack_at);
	for (; flow->tx_arrive < flow->tx_next; flow->tx_arrive++) {
		const struct cc_bed_sent *sent = at(flow, flow->tx_arrive);

		if (!sent->dropped && !sent->delayed)
			return u64_min(first, sent->ack_at);
	}
	return first;
}

static ns_t next_sending(const struct cc_bed *bed, const struct cc_bed_flow *flow)
{
	ns_t when = bed->now > flow->start ? bed->now : flow->start;

	if (!has_room(flow))
		return NS_NEVER;
	if (flow->again_first == flow->again_end) {
		if (flow->app_rate == 0)
			return NS_NEVER;
		when = flow->app_next > when ? flow->app_next : when;
	}
	if (flow->cc.pacing_rate != 0 && flow->next_send > when)
		when = flow->next_send;
	return when;
}

bool cc_bed_step(struct cc_bed *bed, ns_t until)
{
	struct cc_bed_flow *flow = NULL;
	ns_t when = NS_NEVER;

	for (u32 n = 0; n < bed->flow_count; n++) {
		struct cc_bed_flow *one = &bed->flow[n];
		ns_t first = u64_min(u64_min(next_arrival(one), next_sending(bed, one)),
				     one->rto_at);

		if (first < when) {
			when = first;
			flow = one;
		}
	}
	if (when > until) {
		bed->now = until;
		return false;
	}
	bed->now = when > bed->now ? when : bed->now;
	take_acks(bed, flow);
	if (flow->rto_at <= bed->now)
		time_out(bed, flow);
	send_all(bed, flow);
	return true;
}

void cc_bed_run(struct cc_bed *bed, ns_t until)
{
	while (cc_bed_step(bed, until))
		;
}

bool cc_bed_is_in(const struct cc_bed_flow *flow, const char *state)
{
	return strcmp(flow->cc.ops->state(&flow->cc), state) == 0;
}

bool cc_bed_reach(struct cc_bed *bed, const struct cc_bed_flow *flow, const char *state, ns_t until)
{
	while (!cc_bed_is_in(flow, state))
		if (!cc_bed_step(bed, until))
			return false;
	return true;
}
