/* What packets wait for while a table of routes comes in by BGP, and goes with its session.
 *
 *     bench_table [--routes n] [--json file]
 *
 * Two engines: the peer tells its routes, the gateway takes them while a batch of packets passes in
 * each of its turns (test/sim/table_bed.h). Time between them is virtual; what is measured is the
 * CPU time of the gateway's part of a turn: between two looks at the drivers nothing else happens.
 * A packet of a route that stays is never lost, or this stops.                                   */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/table_bed.h"

enum { ROUTES = 1000000, QUIET_TURNS = 2000 };

struct phase {
	const char *what, *key;
	u32 turns;
	double mean_us, worst_us;
	double change_us; /* until one change among the others is seen, the longest */
};

static u64 cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (u64)now.tv_sec * NS_PER_SEC + (u64)now.tv_nsec;
}

static bool is_quiet(const struct table_bed *bed)
{
	return bed->turns >= QUIET_TURNS;
}

static void run(struct table_bed *bed, bool (*is_done)(const struct table_bed *bed),
		struct phase *phase)
{
	double sum_ns = 0, worst_ns = 0;

	table_bed_forget(bed);
	while (!is_done(bed)) {
		double turn_ns;

		table_bed_turn(bed);
		turn_ns = (double)(bed->last.input_ns + bed->last.tick_ns);
		sum_ns += turn_ns;
		if (turn_ns > worst_ns)
			worst_ns = turn_ns;
		if (bed->passed == bed->sent)
			continue;
		fprintf(stderr, "bench_table: a packet was lost while %s\n", phase->what);
		exit(1);
	}
	phase->turns = bed->turns;
	phase->mean_us = sum_ns / bed->turns / 1e3;
	phase->worst_us = worst_ns / 1e3;
	phase->change_us = (double)bed->probe.worst_ns / 1e3;
}

static void write_json(const struct phase *phase, u32 count, u32 routes, const char *name)
{
	FILE *out = fopen(name, "w");

	if (out == NULL) {
		fprintf(stderr, "bench_table: %s can not be written\n", name);
		exit(1);
	}
	fprintf(out, "{\"routes\":%u", routes);
	for (u32 at = 0; at < count; at++)
		fprintf(out,
			",\"%s_mean_us\":%.1f,\"%s_worst_us\":%.1f,\"%s_change_us\":%.1f",
			phase[at].key, phase[at].mean_us, phase[at].key, phase[at].worst_us,
			phase[at].key, phase[at].change_us);
	fprintf(out, "}\n");
	fclose(out);
}

int main(int argc, char **argv)
{
	struct phase phase[] = { { .what = "nothing changes", .key = "quiet" },
				 { .what = "the table comes in", .key = "comes" },
				 { .what = "it goes with its session", .key = "goes" } };
	const char *json = NULL;
	u32 routes = ROUTES;
	struct table_bed *bed;

	for (int at = 1; at + 1 < argc; at += 2) {
		if (strcmp(argv[at], "--routes") == 0)
			routes = (u32)strtoul(argv[at + 1], NULL, 10);
		else if (strcmp(argv[at], "--json") == 0)
			json = argv[at + 1];
	}
	bed = table_bed_new(routes, cpu_ns);
	run(bed, is_quiet, &phase[0]);
	table_bed_begin(bed);
	run(bed, table_bed_has_all, &phase[1]);
	table_bed_end(bed);
	run(bed, table_bed_has_none, &phase[2]);
	printf("%u routes by BGP, %u packets in each turn, %" PRIu64 " in all, none lost\n", routes,
	       TABLE_BATCH, bed->sent);
	for (u32 at = 0; at < ARRAY_COUNT(phase); at++)
		printf("%-28s %7u turns  %7.1f us each  %7.1f us the longest  %8.1f us until a "
		       "change is seen\n",
		       phase[at].what, phase[at].turns, phase[at].mean_us, phase[at].worst_us,
		       phase[at].change_us);
	table_bed_del(bed);
	if (json != NULL)
		write_json(phase, ARRAY_COUNT(phase), routes, json);
	return 0;
}
