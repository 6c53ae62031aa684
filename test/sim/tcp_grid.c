/* Transfers on links of every kind. */
#include "sim/tcp_grid.h"

#include <stdlib.h>

enum { SAMPLES = 256, MTU = 1500, BUFFER_MAX = 4 << 20 };

/* Windows are as large as any buffer, so that nothing but congestion control is in the way. */
static void conf_of(struct tcp_pair_conf *conf, const struct grid_cell *cell)
{
	u64 rate_bps = (u64)GRID_BDP_PACKETS * MTU * 8 * 1000 / cell->rtt_ms;
	u32 buffer = u32_max(GRID_BDP_PACKETS * cell->buffer_percent / 100, 1);

	tcp_pair_conf_defaults(conf);
	conf->seed = cell->seed;
	conf->check = cell->check;
	conf->packets = 16384;
	for (u32 n = 0; n < 2; n++) {
		struct tcp_conf *tcp = &conf->tcp[n];

		tcp->tcb_limit = tcp->listener_limit = GRID_FLOWS_MAX;
		tcp->half_open_limit = tcp->time_wait_limit = GRID_FLOWS_MAX;
		tcp->segment_limit = tcp->range_limit = 8192;
		tcp->send_buffer_max = tcp->recv_buffer_max = BUFFER_MAX;
		tcp->recv_buffer_start = BUFFER_MAX;
		tcp->buffer_bytes = 2 * BUFFER_MAX * cell->flow_count;
		conf->link[n] = (struct link_conf){ .rate_bps = rate_bps,
						    .delay_ns = cell->rtt_ms * NS_PER_MS / 2,
						    .flight_max = 8192 };
	}
	conf->link[0].loss_ppm = cell->loss_ppm;
	conf->link[0].reorder_ppm = cell->reorder_ppm;
	conf->link[0].reorder_ns = cell->reorder_ms * NS_PER_MS;
	conf->link[0].buffer_packets = buffer;
}

static const struct tcb *sender_of(const struct tcp_pair *pair, const struct tcp_talk *talk)
{
	return tcp_find(&pair->end[0].tcp, talk->id[0]);
}

static int by_size(const void *a, const void *b)
{
	ns_t left = *(const ns_t *)a, right = *(const ns_t *)b;

	return (left > right) - (left < right);
}

/* Runs until the end of the cell; the median round trip of the first flow. */
static ns_t measure(struct tcp_pair *pair, const struct tcp_talk *talk, ns_t span_ns)
{
	static ns_t rtt[SAMPLES];
	ns_t from = pair->now;

	for (u32 at = 0; at < SAMPLES; at++) {
		tcp_pair_run(pair, from + span_ns * (at + 1) / SAMPLES);
		rtt[at] = sender_of(pair, talk)->air->rack_rtt_ns;
	}
	qsort(rtt, SAMPLES, sizeof *rtt, by_size);
	return rtt[SAMPLES / 2];
}

/* Jain's index, in per mille: (sum)^2 / (n * sum of squares). */
static u32 jain(const u32 *share, u32 count)
{
	u64 sum = 0, squares = 0;

	for (u32 at = 0; at < count; at++) {
		sum += share[at];
		squares += (u64)share[at] * share[at];
	}
	return squares == 0 ? 0 : (u32)(sum * sum * 1000 / (count * squares));
}

void grid_run(const struct grid_cell *cell, struct grid_result *result)
{
	static struct tcp_pair pair;
	struct tcp_talk talk[GRID_FLOWS_MAX] = { 0 };
	u64 before[GRID_FLOWS_MAX];
	ns_t round_ns = cell->rtt_ms * NS_PER_MS;
	struct tcp_pair_conf conf;
	ns_t from, rtt_ns;

	CHECK(cell->flow_count > 0 && cell->flow_count <= GRID_FLOWS_MAX);
	conf_of(&conf, cell);
	tcp_pair_init(&pair, &conf);
	for (u32 at = 0; at < cell->flow_count; at++) {
		tcp_sockopt_defaults(&talk[at].opt);
		talk[at].opt.cc = cell->cc[at];
		talk[at].goal[0] = UINT64_MAX;
		talk[at].start_ns = pair.now + at * cell->stagger_ms * NS_PER_MS;
		tcp_pair_talk(&pair, 0, &talk[at]);
	}
	tcp_pair_run(&pair, pair.now + cell->settle_rounds * round_ns);
	from = pair.now;
	for (u32 at = 0; at < cell->flow_count; at++)
		before[at] = sender_of(&pair, &talk[at])->air->delivered;
	rtt_ns = measure(&pair, &talk[0], cell->rounds * round_ns);
	*result = (struct grid_result){ .rtt_percent = (u32)(rtt_ns * 100 / round_ns) };
	for (u32 at = 0; at < cell->flow_count; at++) {
		const struct tcb *tcb = sender_of(&pair, &talk[at]);

		result->goodput[at] =
			tcp_pair_goodput(&pair, 0, tcb->air->delivered - before[at], from);
		result->total += result->goodput[at];
		result->again[at] = (u32)(tcb->bytes_again * 1000 / tcb->bytes_sent);
	}
	result->jain = jain(result->goodput, cell->flow_count);
	for (u32 at = 0; at < cell->flow_count; at++) {
		tcp_abort(&pair.end[0].tcp, talk[at].id[0], pair.now);
		tcp_abort(&pair.end[1].tcp, talk[at].id[1], pair.now);
	}
	tcp_pair_fini(&pair);
}
