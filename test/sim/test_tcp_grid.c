/* Congestion control on links of every kind, beside what it did when somebody last looked at it:
 * test/golden/goodput.txt and fairness.txt. UPDATE=1 writes them anew.                           */
#include "sim/golden.h"
#include "sim/tcp_grid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
	/* Sanitizers make all of it take minutes: then one row of so many. */
	ROW_SHARE = DCHECK_ON ? 12 : 1,
	SEED = 42,
	RUNS = 3,
};

static bool row_is_made(u32 row)
{
	return row % ROW_SHARE == 0 || getenv("UPDATE") != NULL;
}

static const u32 buffer_percent[] = { 25, 100, 500, 5000 };

/* The mean of some runs: where much is lost, chance decides what a few time-outs cost. */
static void goodput_cell(struct grid_cell *cell, struct grid_result *mean)
{
	u32 runs = cell->loss_ppm >= 50000 ? RUNS : 1;

	*mean = (struct grid_result){ 0 };
	for (u32 run = 0; run < runs; run++) {
		struct grid_result result;

		cell->seed = SEED + run;
		grid_run(cell, &result);
		mean->goodput[0] += result.goodput[0];
		mean->again[0] += result.again[0];
		mean->rtt_percent += result.rtt_percent;
	}
	mean->goodput[0] /= runs;
	mean->again[0] /= runs;
	mean->rtt_percent /= runs;
}

static void goodput_row(struct golden *golden, const char *cc, u32 rtt_ms, u32 loss_ppm)
{
	char text[200];
	u32 len = 0;

	for (u32 at = 0; at < ARRAY_COUNT(buffer_percent); at++) {
		struct grid_cell cell = { .rtt_ms = rtt_ms,
					  .loss_ppm = loss_ppm,
					  .buffer_percent = buffer_percent[at],
					  .settle_rounds = 25,
					  .rounds = 50,
					  .flow_count = 1,
					  .cc = { cc } };
		struct grid_result mean;

		/* A time-out lasts 200 ms at least, and some of them belong to what is measured. */
		if (rtt_ms * cell.rounds < 400 && loss_ppm >= 20000)
			cell.rounds = 400 / rtt_ms;
		cell.check = rtt_ms == 40 && at == 1 && loss_ppm >= 10000;
		goodput_cell(&cell, &mean);
		len += (u32)snprintf(text + len, sizeof text - len, "   %4u %3u %5u",
				     mean.goodput[0], mean.again[0], mean.rtt_percent);
	}
	golden_line(golden, "%-8s%4u %3u.%u%s\n", cc, rtt_ms, loss_ppm / 10000,
		    loss_ppm / 1000 % 10, text);
}

static void test_goodput(void **state)
{
	static const u32 loss_ppm[] = { 0, 1000, 10000, 20000, 50000, 100000 };
	static const u32 rtt_ms[] = { 2, 40, 200 };
	struct golden golden;
	u32 row = 0;

	(void)state;
	golden_open(&golden, "test/golden/goodput.txt");
	golden_line(&golden,
		    "# One transfer over a link with a BDP of %u packets: ms of round "
		    "trip, per cent of loss, and for\n",
		    GRID_BDP_PACKETS);
	golden_line(&golden, "# buffers of 0.25, 1, 5 and 50 BDP: goodput in per mille of the rate "
			     "less its loss, bytes sent\n");
	golden_line(&golden, "# again in per mille, median round trip in per cent of the path's. "
			     "At best: 965, 0, 100.\n");
	golden_line(&golden, "# Of 5 %% and more, the mean of three runs.\n");
	for (u32 cc = 0; cc_name_at(cc) != NULL; cc++) {
		for (u32 rtt = 0; rtt < ARRAY_COUNT(rtt_ms); rtt++) {
			for (u32 loss = 0; loss < ARRAY_COUNT(loss_ppm); loss++) {
				if (row_is_made(row++))
					goodput_row(&golden, cc_name_at(cc), rtt_ms[rtt],
						    loss_ppm[loss]);
				else
					golden_skip(&golden);
			}
		}
	}
	assert_true(golden_close(&golden));
}

/* Three runs: with few flows much depends on who came when. Goodput is the mean of them. */
static void fairness_row(struct golden *golden, const char *first, const char *rest, u32 flows,
			 u32 percent)
{
	struct grid_cell cell = { .rtt_ms = 40,
				  .buffer_percent = percent,
				  .settle_rounds = 500,
				  .rounds = 500,
				  .stagger_ms = 500,
				  .flow_count = flows,
				  .cc = { first } };
	struct grid_result run[RUNS];
	u32 total = 0, rtt = 0, len = 0;
	char text[100];

	for (u32 at = 1; at < flows; at++)
		cell.cc[at] = rest;
	for (u32 n = 0; n < RUNS; n++) {
		cell.seed = SEED + n;
		grid_run(&cell, &run[n]);
		total += run[n].total;
		rtt += run[n].rtt_percent;
	}
	for (u32 at = 0; at < flows; at++) {
		u32 sum = 0;

		for (u32 n = 0; n < RUNS; n++)
			sum += run[n].goodput[at];
		len += (u32)snprintf(text + len, sizeof text - len, " %4u", sum / RUNS);
	}
	golden_line(golden, "%-8s%-8s%u %4u.%u   %4u %4u %4u   %4u   %5u %s\n", first, rest, flows,
		    percent / 100, percent / 10 % 10, run[0].jain, run[1].jain, run[2].jain,
		    total / RUNS, rtt / RUNS, text);
}

static void test_fairness(void **state)
{
	static const struct {
		const char *first;
		const char *rest;
		u32 flows;
	} row[] = {
		{ "bbr", "bbr", 2 },     { "bbr", "bbr", 5 },   { "bbr3", "bbr3", 2 },
		{ "bbr3", "bbr3", 5 },   { "bbr", "cubic", 2 }, { "bbr3", "cubic", 2 },
		{ "cubic", "cubic", 2 },
	};
	struct golden golden;

	(void)state;
	golden_open(&golden, "test/golden/fairness.txt");
	golden_line(&golden, "# Flows that share a link of 12 Mbit/s and 40 ms, each 0.5 s after "
			     "the one before, from 20 s to\n");
	golden_line(&golden, "# 40 s: the first one, the others, how many, buffer in BDP; Jain's "
			     "index in per mille of three\n");
	golden_line(&golden, "# runs; and their means: goodput of all in per mille, median round "
			     "trip in per cent of the path's,\n");
	golden_line(&golden, "# goodput of each.\n");
	for (u32 at = 0; at < ARRAY_COUNT(row); at++) {
		for (u32 buffer = 1; buffer <= 2; buffer++) {
			if (row_is_made(2 * at + buffer - 1))
				fairness_row(&golden, row[at].first, row[at].rest, row[at].flows,
					     buffer_percent[buffer]);
			else
				golden_skip(&golden);
		}
	}
	assert_true(golden_close(&golden));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_goodput),
		cmocka_unit_test(test_fairness),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
