/* Congestion control on links of every kind, beside what it did when somebody last looked at it:
 * test/golden/goodput.txt, reorder.txt and fairness.txt. UPDATE=1 writes them anew. What no figure
 * may fall below stands beside each, in goodput_floors.txt and so on, and is judged all the same.
 * GRID_SEEDS=n makes the tables with n other seeds, and asks the floors alone.                   */
#include "sim/floors.h"
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
	OTHER_SEEDS = 1000,
	RUNS = 3,
	RUNS_MAX = 100,
	ROW_SIZE = 40,
};

/* ---- tables ---------------------------------------------------------------------------------- */

struct table {
	struct golden golden;
	struct floors floors;
	u32 other_seeds; /* zero: those of the kept table */
	u32 row;
};

static void table_open(struct table *table, const char *kept, const char *floors)
{
	const char *seeds = getenv("GRID_SEEDS");

	*table = (struct table){ .other_seeds = seeds != NULL ? (u32)atoi(seeds) : 0 };
	assert_in_range(table->other_seeds, 0, RUNS_MAX);
	assert_true(table->other_seeds == 0 || getenv("UPDATE") == NULL);
	golden_open(&table->golden, kept);
	floors_open(&table->floors, floors);
}

/* Whether the next row is made. */
static bool table_next(struct table *table)
{
	if (table->row++ % ROW_SHARE == 0 || getenv("UPDATE") != NULL || table->other_seeds != 0)
		return true;
	golden_skip(&table->golden);
	floors_skip(&table->floors);
	return false;
}

static u32 table_runs(const struct table *table, u32 usual)
{
	return table->other_seeds != 0 ? table->other_seeds : usual;
}

static u64 table_seed(const struct table *table, u32 run)
{
	return (table->other_seeds != 0 ? OTHER_SEEDS : SEED) + run;
}

static void table_close(struct table *table)
{
	bool above = floors_close(&table->floors);
	bool same = golden_close(&table->golden);

	assert_true(above);
	assert_true(same || table->other_seeds != 0);
}

/* ---- one transfer ---------------------------------------------------------------------------- */

static const u32 buffer_percent[] = { 25, 100, 500, 5000 };
enum { BUFFERS = ARRAY_COUNT(buffer_percent), BUFFER_1 = 1, BUFFER_5 = 2 };

/* The mean of some runs: chance decides what a few losses at the wrong time cost. */
static void goodput_cell(const struct table *table, struct grid_cell *cell,
			 struct grid_result *mean)
{
	u32 runs = table_runs(table, cell->loss_ppm + cell->reorder_ppm > 0 ? RUNS : 1);

	*mean = (struct grid_result){ 0 };
	for (u32 run = 0; run < runs; run++) {
		struct grid_result result;

		cell->seed = table_seed(table, run);
		grid_run(cell, &result);
		mean->goodput[0] += result.goodput[0];
		mean->again[0] += result.again[0];
		mean->rtt_percent += result.rtt_percent;
	}
	mean->goodput[0] /= runs;
	mean->again[0] /= runs;
	mean->rtt_percent /= runs;
}

/* The same with each buffer from first to last. row: the name of what is alike in all of it. */
static void goodput_row(struct table *table, const struct grid_cell *alike, const char *row,
			u32 first, u32 last)
{
	u32 goodput[BUFFERS];
	char text[200];
	u32 len = 0;

	for (u32 at = first; at <= last; at++) {
		struct grid_cell cell = *alike;
		struct grid_result mean;

		cell.buffer_percent = buffer_percent[at];
		cell.settle_rounds = 25;
		cell.rounds = 50;
		cell.flow_count = 1;
		/* A time-out lasts 200 ms at least, and some of them belong to what is measured. */
		if (cell.rtt_ms * cell.rounds < 400 && cell.loss_ppm >= 20000)
			cell.rounds = 400 / cell.rtt_ms;
		cell.check = cell.rtt_ms == 40 && at == BUFFER_1 && cell.loss_ppm >= 10000;
		goodput_cell(table, &cell, &mean);
		goodput[at - first] = mean.goodput[0];
		len += (u32)snprintf(text + len, sizeof text - len, "   %4u %3u %5u",
				     mean.goodput[0], mean.again[0], mean.rtt_percent);
	}
	golden_line(&table->golden, "%s%s\n", row, text);
	floors_judge(&table->floors, row, goodput, last - first + 1);
}

static void test_goodput(void **state)
{
	static const u32 loss_ppm[] = { 0, 1000, 10000, 20000, 50000, 100000 };
	static const u32 rtt_ms[] = { 2, 40, 200 };
	struct table table;
	char row[ROW_SIZE];

	(void)state;
	table_open(&table, "test/golden/goodput.txt", "test/golden/goodput_floors.txt");
	golden_line(&table.golden,
		    "# One transfer over a link with a BDP of %u packets: ms of round "
		    "trip, per cent of loss, and for\n",
		    GRID_BDP_PACKETS);
	golden_line(&table.golden,
		    "# buffers of 0.25, 1, 5 and 50 BDP: goodput in per mille of the rate "
		    "less its loss, bytes sent\n");
	golden_line(&table.golden,
		    "# again in per mille, median round trip in per cent of the path's. "
		    "At best: 965, 0, 100.\n");
	golden_line(&table.golden, "# With loss, the mean of three runs.\n");
	for (u32 cc = 0; cc_name_at(cc) != NULL; cc++) {
		for (u32 at = 0; at < ARRAY_COUNT(rtt_ms) * ARRAY_COUNT(loss_ppm); at++) {
			struct grid_cell cell = { .rtt_ms = rtt_ms[at / ARRAY_COUNT(loss_ppm)],
						  .loss_ppm = loss_ppm[at % ARRAY_COUNT(loss_ppm)],
						  .cc = { cc_name_at(cc) } };

			snprintf(row, sizeof row, "%-8s%4u %3u.%u", cell.cc[0], cell.rtt_ms,
				 cell.loss_ppm / 10000, cell.loss_ppm / 1000 % 10);
			if (table_next(&table))
				goodput_row(&table, &cell, row, 0, BUFFERS - 1);
		}
	}
	table_close(&table);
}

/* Packets that others overtake are no loss: RFC 8985 section 6.2 waits for them, up to a round
 * trip.                                                                                          */
static void test_reordering(void **state)
{
	static const u32 reorder_ppm[] = { 10000, 100000 };
	static const u32 reorder_ms[] = { 5, 20 };
	static const u32 loss_ppm[] = { 0, 10000 };
	struct table table;
	char row[ROW_SIZE];

	(void)state;
	table_open(&table, "test/golden/reorder.txt", "test/golden/reorder_floors.txt");
	golden_line(&table.golden, "# The same over 40 ms, with packets that come later: per cent "
				   "of them, by how many ms, per cent of\n");
	golden_line(&table.golden, "# loss, and the columns of goodput.txt for buffers of 1 and 5 "
				   "BDP. The mean of three runs.\n");
	for (u32 cc = 0; cc_name_at(cc) != NULL; cc++) {
		for (u32 at = 0; at < 8; at++) {
			struct grid_cell cell = { .rtt_ms = 40,
						  .reorder_ppm = reorder_ppm[at / 4],
						  .reorder_ms = reorder_ms[at / 2 % 2],
						  .loss_ppm = loss_ppm[at % 2],
						  .cc = { cc_name_at(cc) } };

			snprintf(row, sizeof row, "%-8s%4u %3u %3u.%u", cell.cc[0],
				 cell.reorder_ppm / 10000, cell.reorder_ms, cell.loss_ppm / 10000,
				 cell.loss_ppm / 1000 % 10);
			if (table_next(&table))
				goodput_row(&table, &cell, row, BUFFER_1, BUFFER_5);
		}
	}
	table_close(&table);
}

/* ---- flows that share ------------------------------------------------------------------------ */

/* Of each run Jain's index; goodput and round trip are means. */
struct shared {
	u32 runs;
	u32 jain[RUNS_MAX];
	u32 jain_mean;
	u32 total;
	u32 rtt_percent;
	u32 goodput[GRID_FLOWS_MAX];
};

static void fairness_runs(const struct table *table, struct grid_cell *cell, struct shared *shared)
{
	*shared = (struct shared){ .runs = table_runs(table, RUNS) };
	for (u32 run = 0; run < shared->runs; run++) {
		struct grid_result result;

		cell->seed = table_seed(table, run);
		grid_run(cell, &result);
		shared->jain[run] = result.jain;
		shared->jain_mean += result.jain;
		shared->total += result.total;
		shared->rtt_percent += result.rtt_percent;
		for (u32 at = 0; at < cell->flow_count; at++)
			shared->goodput[at] += result.goodput[at];
	}
	shared->jain_mean /= shared->runs;
	shared->total /= shared->runs;
	shared->rtt_percent /= shared->runs;
	for (u32 at = 0; at < cell->flow_count; at++)
		shared->goodput[at] /= shared->runs;
}

/* Three runs: with few flows much depends on who came when. */
static void fairness_row(struct table *table, struct grid_cell *cell, const char *row)
{
	struct shared shared;
	u32 judged[2];
	char text[100];
	u32 len = 0;

	fairness_runs(table, cell, &shared);
	for (u32 at = 0; at < cell->flow_count; at++)
		len += (u32)snprintf(text + len, sizeof text - len, " %4u", shared.goodput[at]);
	golden_line(&table->golden, "%s   %4u %4u %4u   %4u   %5u %s\n", row, shared.jain[0],
		    shared.jain[1], shared.jain[2], shared.total, shared.rtt_percent, text);
	judged[0] = shared.jain_mean;
	judged[1] = shared.total;
	floors_judge(&table->floors, row, judged, ARRAY_COUNT(judged));
}

static void test_fairness(void **state)
{
	static const struct {
		const char *first;
		const char *rest;
		u32 flows;
	} who[] = {
		{ "bbr", "bbr", 2 },     { "bbr", "bbr", 5 },   { "bbr3", "bbr3", 2 },
		{ "bbr3", "bbr3", 5 },   { "bbr", "cubic", 2 }, { "bbr3", "cubic", 2 },
		{ "cubic", "cubic", 2 },
	};
	struct table table;
	char row[ROW_SIZE];

	(void)state;
	table_open(&table, "test/golden/fairness.txt", "test/golden/fairness_floors.txt");
	golden_line(&table.golden, "# Flows that share a link of 12 Mbit/s and 40 ms, each 0.5 s "
				   "after the one before, from 20 s to\n");
	golden_line(&table.golden, "# 40 s: the first one, the others, how many, buffer in BDP; "
				   "Jain's index in per mille of three\n");
	golden_line(&table.golden, "# runs; and their means: goodput of all in per mille, median "
				   "round trip in per cent of the path's,\n");
	golden_line(&table.golden, "# goodput of each.\n");
	for (u32 at = 0; at < 2 * ARRAY_COUNT(who); at++) {
		u32 flows = who[at / 2].flows, percent = buffer_percent[BUFFER_1 + at % 2];
		struct grid_cell cell = { .rtt_ms = 40,
					  .buffer_percent = percent,
					  .settle_rounds = 500,
					  .rounds = 500,
					  .stagger_ms = 500,
					  .flow_count = flows,
					  .cc = { who[at / 2].first } };

		for (u32 flow = 1; flow < flows; flow++)
			cell.cc[flow] = who[at / 2].rest;
		snprintf(row, sizeof row, "%-8s%-8s%u %4u.%u", cell.cc[0], cell.cc[1], flows,
			 percent / 100, percent / 10 % 10);
		if (table_next(&table))
			fairness_row(&table, &cell, row);
	}
	table_close(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_goodput),
		cmocka_unit_test(test_reordering),
		cmocka_unit_test(test_fairness),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
