/* Filters over the last rounds: the largest value, and how far ACKs come in heaps. */
#include "core/tcp/cc_part.h"

enum { ROUND_BITS = 16 };

static u64 sample_of(u64 value, u16 round)
{
	return value << ROUND_BITS | round;
}

static u16 age_of(u64 sample, u16 round)
{
	return (u16)(round - (u16)sample);
}

u64 cc_max_get(const struct cc_max *max)
{
	return max->best[0] >> ROUND_BITS;
}

void cc_max_reset(struct cc_max *max, u64 value, u16 round)
{
	max->best[0] = max->best[1] = max->best[2] = sample_of(value, round);
}

/* The idea is Kathleen Nichols': draft-ietf-ccwg-bbr, "Updating the BBR.max_bw Max Filter". The
 * second candidate is to be of the last three quarters of the window and the third of its last
 * half, so that there is a good one when the first grows old.                                    */
void cc_max_update(struct cc_max *max, u64 value, u16 round, u16 window_rounds)
{
	u64 *best = max->best;
	u64 now = sample_of(value, round);

	if (value >= best[0] >> ROUND_BITS || age_of(best[2], round) > window_rounds) {
		cc_max_reset(max, value, round);
		return;
	}
	if (value >= best[1] >> ROUND_BITS)
		best[1] = best[2] = now;
	else if (value >= best[2] >> ROUND_BITS)
		best[2] = now;
	for (u32 n = 0; n < 2 && age_of(best[0], round) > window_rounds; n++) {
		best[0] = best[1];
		best[1] = best[2];
		best[2] = now;
	}
	if (best[1] == best[0] && age_of(best[0], round) > window_rounds / 4)
		best[1] = best[2] = now;
	else if (best[2] == best[1] && age_of(best[1], round) > window_rounds / 2)
		best[2] = now;
}

void cc_extra_start(struct cc_extra *extra, ns_t now)
{
	extra->start = now;
	extra->delivered = 0;
}

/* draft-ietf-ccwg-bbr, UpdateACKAggregation(). */
void cc_extra_update(struct cc_extra *extra, const struct cc_ack *ack, u64 bw, u32 bound, u16 round,
		     u16 window_rounds)
{
	u64 expected = cc_volume(bw, ack->now - extra->start);

	if (extra->delivered <= expected) {
		cc_extra_start(extra, ack->now);
		expected = 0;
	}
	extra->delivered = cc_u32((u64)extra->delivered + ack->acked_bytes);
	cc_max_update(&extra->max, u64_min(extra->delivered - expected, bound), round,
		      window_rounds);
}
