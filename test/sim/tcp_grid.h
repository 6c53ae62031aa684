/* How well congestion control does on links of every kind: one transfer, or some at once, on a link
 * whose rate follows from its round trip, so that every cell moves as many packets.              */
#ifndef TEST_SIM_TCP_GRID_H
#define TEST_SIM_TCP_GRID_H

#include "sim/tcp_pair.h"

enum { GRID_BDP_PACKETS = 40, GRID_FLOWS_MAX = 8 };

struct grid_cell {
	u64 seed;
	u32 rtt_ms;
	u32 loss_ppm;
	u32 reorder_ppm;    /* so many of the packets that carry data come later, by */
	u32 reorder_ms;
	u32 buffer_percent; /* of the BDP */
	u32 settle_rounds;  /* round trips before anything is measured */
	u32 rounds;         /* and those that are */
	u32 stagger_ms;     /* each flow begins so much after the one before */
	u32 flow_count;
	const char *cc[GRID_FLOWS_MAX];
	bool check; /* every invariant after every event */
};

struct grid_result {
	u32 goodput[GRID_FLOWS_MAX]; /* per mille of the rate less its loss */
	u32 total;                   /* of all of them */
	u32 again[GRID_FLOWS_MAX];   /* per mille of the bytes sent were sent again */
	u32 rtt_percent;             /* median of the first flow's, 100: the path's own */
	u32 jain;                    /* per mille: 1000 is fair */
};

void grid_run(const struct grid_cell *cell, struct grid_result *result);

#endif
