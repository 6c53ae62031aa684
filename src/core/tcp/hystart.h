/* HyStart++ (RFC 9406): the first slow start ends when the round trips grow, before a full buffer
 * loses half a window.
 *
 * Rounds are marked by SND.NXT. A rise of the smallest round trip from one round to the next leads
 * to Conservative Slow Start, which grows at a quarter; it either proves true for five rounds, or
 * was noise and slow start goes on.                                                              */
#ifndef CORE_TCP_HYSTART_H
#define CORE_TCP_HYSTART_H

#include "core/tcp/cc.h"

struct hystart {
	u64 window_end;
	ns_t last_round_min_rtt;
	ns_t current_round_min_rtt;
	ns_t css_baseline_min_rtt; /* NS_NEVER: not in Conservative Slow Start */
	u8 rtt_sample_count;
	u8 css_rounds;
};

void hystart_init(struct hystart *hystart);
/* Takes the ACK's round trip; true: slow start is over, ssthresh is cwnd. */
bool hystart_on_ack(struct hystart *hystart, const struct cc_ack *ack);
/* By how much cwnd grows for so many bytes acknowledged. */
u32 hystart_growth(const struct hystart *hystart, u32 acked, u32 mss, bool paced);

#endif
