/* Round-trip times: least, mean, greatest and their deviation.
 *
 * The deviation is the one users of ping know as mdev: the square root of the mean of the squares
 * minus the square of the mean (a population deviation, so one sample has 0). It is kept in
 * Welford's running form, which does not lose the small difference of two large squares in a run of
 * days. */
#ifndef SLUICE_TOOL_STATS_H
#define SLUICE_TOOL_STATS_H

#include <stdint.h>

struct rtt_stats {
	uint64_t count;
	uint64_t min_ns;
	uint64_t max_ns;
	double mean_ns;
	double square_sum; /* sum of squared distances from the mean, ns^2 */
};

void stats_init(struct rtt_stats *stats);
void stats_add(struct rtt_stats *stats, uint64_t rtt_ns);

/* All are 0 while count is 0. */
uint64_t stats_mean_ns(const struct rtt_stats *stats);
uint64_t stats_mdev_ns(const struct rtt_stats *stats);

/* Percentage of transmitted that has no reply; 0 when nothing was sent. Never negative. */
double stats_loss_percent(uint64_t transmitted, uint64_t received);

#endif
