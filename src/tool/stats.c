/* Round-trip times: least, mean, greatest and their deviation. */
#include "tool/stats.h"

#include <math.h>
#include <string.h>

void stats_init(struct rtt_stats *stats)
{
	memset(stats, 0, sizeof(*stats));
}

void stats_add(struct rtt_stats *stats, uint64_t rtt_ns)
{
	double distance = (double)rtt_ns - stats->mean_ns;

	if (stats->count == 0 || rtt_ns < stats->min_ns)
		stats->min_ns = rtt_ns;
	if (rtt_ns > stats->max_ns)
		stats->max_ns = rtt_ns;
	stats->count++;
	stats->mean_ns += distance / (double)stats->count;
	stats->square_sum += distance * ((double)rtt_ns - stats->mean_ns);
}

uint64_t stats_mean_ns(const struct rtt_stats *stats)
{
	return (uint64_t)(stats->mean_ns + 0.5);
}

uint64_t stats_mdev_ns(const struct rtt_stats *stats)
{
	if (stats->count == 0)
		return 0;
	return (uint64_t)(sqrt(stats->square_sum / (double)stats->count) + 0.5);
}

double stats_loss_percent(uint64_t transmitted, uint64_t received)
{
	if (transmitted == 0 || received >= transmitted)
		return 0.0;
	return 100.0 * (double)(transmitted - received) / (double)transmitted;
}
