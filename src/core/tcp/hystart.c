/* HyStart++: RFC 9406 section 4.2, with the constants of section 4.3. */
#include "core/tcp/hystart.h"

enum {
	MIN_RTT_DIVISOR = 8,
	N_RTT_SAMPLE = 8,
	CSS_GROWTH_DIVISOR = 4,
	CSS_ROUNDS = 5,
	L = 8, /* segments for one ACK, of a sender that is not paced */
};

#define MIN_RTT_THRESH (4 * NS_PER_MS)
#define MAX_RTT_THRESH (16 * NS_PER_MS)

void hystart_init(struct hystart *hystart)
{
	*hystart = (struct hystart){
		.last_round_min_rtt = NS_NEVER,
		.current_round_min_rtt = NS_NEVER,
		.css_baseline_min_rtt = NS_NEVER,
	};
}

static bool in_css(const struct hystart *hystart)
{
	return hystart->css_baseline_min_rtt != NS_NEVER;
}

/* True: it was the last of the rounds of Conservative Slow Start. */
static bool start_round(struct hystart *hystart, u64 snd_nxt)
{
	hystart->window_end = snd_nxt;
	hystart->last_round_min_rtt = hystart->current_round_min_rtt;
	hystart->current_round_min_rtt = NS_NEVER;
	hystart->rtt_sample_count = 0;
	return in_css(hystart) && ++hystart->css_rounds >= CSS_ROUNDS;
}

static void judge(struct hystart *hystart)
{
	ns_t last = hystart->last_round_min_rtt;
	ns_t current = hystart->current_round_min_rtt;

	if (hystart->rtt_sample_count < N_RTT_SAMPLE || current == NS_NEVER)
		return;
	if (in_css(hystart)) {
		if (current < hystart->css_baseline_min_rtt)
			hystart->css_baseline_min_rtt = NS_NEVER;
	} else if (last != NS_NEVER) {
		ns_t thresh = u64_min(last / MIN_RTT_DIVISOR, MAX_RTT_THRESH);

		if (thresh < MIN_RTT_THRESH)
			thresh = MIN_RTT_THRESH;
		if (current >= last + thresh) {
			hystart->css_baseline_min_rtt = current;
			hystart->css_rounds = 0;
		}
	}
}

bool hystart_on_ack(struct hystart *hystart, const struct cc_ack *ack)
{
	bool done = false;

	if (ack->snd_una >= hystart->window_end)
		done = start_round(hystart, ack->snd_nxt);
	if (ack->rate.rtt_ns != 0) {
		hystart->current_round_min_rtt = u64_min(hystart->current_round_min_rtt,
							 ack->rate.rtt_ns);
		if (hystart->rtt_sample_count < N_RTT_SAMPLE)
			hystart->rtt_sample_count++;
		judge(hystart);
	}
	return done;
}

u32 hystart_growth(const struct hystart *hystart, u32 acked, u32 mss, bool paced)
{
	u32 growth = paced ? acked : u32_min(acked, L * mss);

	return in_css(hystart) ? growth / CSS_GROWTH_DIVISOR : growth;
}
