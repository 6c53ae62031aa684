/* sim --seeds N [--seed S] [--verbose]: N simulations from seed S on (0 draws one).
 *
 * The last line is "N passed, N failed". A failure prints its seed and what happened last; a CHECK
 * that does not hold stops the run there.                                                       */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "sim/sim.h"

static struct sim *sim_now;
static u32 sim_passed;

/* After abort(): the process ends here, so what is not async-signal-safe does no harm. */
static void sim_aborted(int signal)
{
	(void)signal;
	fprintf(stderr, "stopped at seed %" PRIu64 "\n", sim_now->seed);
	net_trace_print(&sim_now->net);
	printf("%u passed, 1 failed\n", sim_passed);
	fflush(stdout);
	_exit(1);
}

static u64 sim_number(const char *text)
{
	char *end;
	u64 number = strtoull(text, &end, 10);

	if (*text == 0 || *end != 0) {
		fprintf(stderr, "sim: %s is not a number\n", text);
		exit(2);
	}
	return number;
}

int main(int argc, char **argv)
{
	u64 seeds = 20, seed = 1, packets = 0, judged = 0, streams = 0, moved = 0, reset = 0;
	bool verbose = false;
	u32 failed = 0;

	for (int n = 1; n < argc; n++) {
		if (strcmp(argv[n], "--seeds") == 0 && n + 1 < argc) {
			seeds = sim_number(argv[++n]);
		} else if (strcmp(argv[n], "--seed") == 0 && n + 1 < argc) {
			seed = sim_number(argv[++n]);
		} else if (strcmp(argv[n], "--verbose") == 0) {
			verbose = true;
		} else {
			fprintf(stderr, "usage: sim [--seeds N] [--seed S] [--verbose]\n");
			return 2;
		}
	}
	if (seed == 0)
		seed = (u64)time(NULL) * 1000003 % 1000000007;
	sim_now = calloc(1, sizeof *sim_now);
	if (sim_now == NULL)
		return 2;
	signal(SIGABRT, sim_aborted);
	for (u64 n = 0; n < seeds; n++) {
		sim_init(sim_now, seed + n);
		if (sim_run(sim_now)) {
			sim_passed++;
		} else {
			failed++;
			fprintf(stderr, "seed %" PRIu64 ": %s\n", sim_now->seed, sim_now->net.why);
			net_trace_print(&sim_now->net);
		}
		packets += sim_now->gate->packets_in;
		judged += sim_now->gate->model->judged;
		moved += rig_counter(&sim_now->gate->rig[0], "service_moved");
		reset += rig_counter(&sim_now->gate->rig[0], "service_reset");
		for (u32 k = 0; k < sim_now->host_count; k++)
			streams += sim_now->host[k]->streams_done;
		if (verbose)
			printf("seed %" PRIu64 ": %" PRIu64 " in, %" PRIu64 " out\n", sim_now->seed,
			       sim_now->gate->packets_in, sim_now->gate->packets_out);
		sim_fini(sim_now);
	}
	free(sim_now);
	printf("from seed %" PRIu64 ": %" PRIu64 " packets, %" PRIu64
	       " forwarded and judged, %" PRIu64 " streams to their end\n",
	       seed, packets, judged, streams);
	printf("flows whose server went away: %" PRIu64 " led to another one, %" PRIu64 " reset\n",
	       moved, reset);
	printf("%u passed, %u failed\n", sim_passed, failed);
	return failed == 0 ? 0 : 1;
}
