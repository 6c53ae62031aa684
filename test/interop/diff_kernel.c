/* The differential test: packets of simulated hosts through the engine and through the kernel.
 *
 *     diff_kernel [first seed [seeds [packets of each]]]
 *
 * Odd seeds have filter rules, even ones have none; every fourth from the third on has rules with
 * limits, and hosts that only send what is in order.
 *
 * Needs root: it makes network namespaces. Ends with 1 and both outputs at the first difference
 * that nothing explains. docs/differential.md says what is compared.                             */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "diff/twin.h"
#include "sim/host.h"

enum { SEEDS = 25, PACKETS = 4400, INSIDE_MAX = 4, OUTSIDE_MAX = 4, SKIP = 77 };

static struct link_conf draw_link(struct net *net)
{
	struct link_conf conf = { NS_PER_MS * (1 + net_below(net, 40)), 0, 0, 0 };

	if (net_chance(net, 50))
		conf.jitter_ns = NS_PER_MS * net_below(net, 60);
	if (net_chance(net, 40))
		conf.loss_percent = net_below(net, 12);
	if (net_chance(net, 30))
		conf.repeat_percent = net_below(net, 8);
	return conf;
}

static struct host *add_host(struct net *net, struct twin *twin, be32 at, bool inside, bool polite)
{
	struct host_conf conf = { at,
				  inside,
				  net_chance(net, 40) && !polite ? net_below(net, 12) : 0,
				  net_chance(net, 50) && !polite ? net_below(net, 6) : 0,
				  1500,
				  addr(inside ? "10.10.200.254" : "198.18.0.2") };
	struct link_conf up = draw_link(net);
	struct link_conf down = draw_link(net);
	struct host *host = host_new(net, &conf);

	host->up = link_new(net, &up, &twin->actor, inside ? KERNEL_IN : KERNEL_OUT);
	twin_attach(twin, at, link_new(net, &down, &host->actor, 0));
	return host;
}

static void add_hosts(struct net *net, struct twin *twin, bool polite)
{
	static const char *const inside[INSIDE_MAX] = { "10.10.0.11", "10.10.0.12", "10.10.0.13",
							"10.10.7.7" };
	static const char *const outside[OUTSIDE_MAX] = { "198.18.0.9", "203.0.113.5",
							  "203.0.113.6", "198.18.0.10" };
	u32 inside_count = 2 + net_below(net, INSIDE_MAX - 1);
	u32 outside_count = 1 + net_below(net, OUTSIDE_MAX);

	for (u32 n = 0; n < outside_count; n++)
		host_knows(add_host(net, twin, addr(outside[n]), false, polite),
			   addr("198.18.0.1"));
	for (u32 n = 0; n < inside_count; n++) {
		struct host *host = add_host(net, twin, addr(inside[n]), true, polite);

		for (u32 k = 0; k < outside_count; k++)
			host_knows(host, addr(outside[k]));
		host_knows(host, addr("10.10.0.1"));
		host_knows(host, addr("198.18.0.1"));
		host_knows(host, addr(inside[net_below(net, inside_count)]));
	}
}

static bool run_seed(u64 seed, u64 packets, struct twin_stats *stats)
{
	static const u32 mtus[] = { 1500, 1500, 1400, 1280, 576 };
	static struct net net;
	static const enum twin_filter filters[] = { TWIN_UNFILTERED, TWIN_FILTERED,
						    TWIN_UNFILTERED, TWIN_LIMITED };
	enum twin_filter filter = filters[seed % ARRAY_COUNT(filters)];
	u32 mtu[KERNEL_TUNS];
	u64 until = stats->packets + packets;
	u64 before = stats->packets;
	struct twin *twin;

	net_init(&net, seed);
	for (u32 n = 0; n < KERNEL_TUNS; n++)
		mtu[n] = mtus[net_below(&net, ARRAY_COUNT(mtus))];
	twin = twin_new(&net, mtu, filter, stats);
	add_hosts(&net, twin, filter == TWIN_LIMITED);
	while (net.why == NULL && stats->packets < until) {
		net_run(&net, net.now + 5 * NS_PER_SEC, 4000);
		for (u32 jumps = net_chance(&net, 12) ? 1 + net_below(&net, 5) : 0; jumps > 0;
		     jumps--)
			twin_jump(twin);
	}
	if (net.why != NULL)
		fprintf(stderr, "seed %" PRIu64 ", packet %" PRIu64 ", MTU %u and %u: %s\n", seed,
			stats->packets - before, mtu[0], mtu[1], net.why);
	if (net.why != NULL && twin->rules.rule_count > 0)
		fprintf(stderr, "%s", twin->rules.text);
	if (net.why != NULL && getenv("TRACE") != NULL)
		net_trace_print(&net);
	before = net.why != NULL;
	net_fini(&net);
	return before == 0;
}

static void print_stats(const struct twin_stats *stats)
{
	static const char *const counts[TWIN_COUNTS] = {
		"TCP",    "UDP",       "ICMP queries", "ICMP errors", "fragments",
		"others", "passed on", "answered",     "silence",     "time jumps of 100 s",
	};
	static const char *const left_outs[TWIN_LEFT_OUTS] = {
		"overlapping fragments",
		"ICMPv6, PIM, and beside rules what the kernel knows no ports of",
	};

	for (u32 n = 0; n < TWIN_COUNTS; n++)
		printf("  %8" PRIu64 "  %s\n", stats->count[n], counts[n]);
	for (u32 n = 0; n < TWIN_RULES; n++)
		printf("  %8" PRIu64 "  outcome: %s\n", stats->rule[n],
		       twin_rule_name((enum twin_rule)n));
	for (u32 n = 0; n < TWIN_LEFT_OUTS; n++)
		printf("  %8" PRIu64 "  left out: %s\n", stats->left_out[n], left_outs[n]);
}

static u64 number(int argc, char **argv, int at, u64 otherwise)
{
	return argc > at ? strtoull(argv[at], NULL, 0) : otherwise;
}

int main(int argc, char **argv)
{
	static struct twin_stats stats;
	u64 first = number(argc, argv, 1, 1);
	u64 seeds = number(argc, argv, 2, SEEDS);
	u64 packets = number(argc, argv, 3, PACKETS);
	u64 failed = 0;

	if (geteuid() != 0) {
		printf("skipped: needs root to make network namespaces\n");
		return SKIP;
	}
	for (u64 seed = first; seed < first + seeds; seed++)
		failed += !run_seed(seed, packets, &stats);
	printf("%" PRIu64 " packets of %" PRIu64 " seeds from %" PRIu64 " through both\n",
	       stats.packets, seeds, first);
	print_stats(&stats);
	printf("%" PRIu64 " seeds differ\n", failed);
	return failed > 0 ? 1 : 0;
}
