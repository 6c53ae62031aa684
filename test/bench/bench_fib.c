/* The forwarding table and the RIB with a table like the Internet's.
 *
 *     bench_fib [--prefixes n] [--json file]
 *
 * Prefixes are random: six in ten are /24, most others /16 to /23, a few shorter and some longer.
 * They are offered to the RIB as a speaker would, with some hundred sets of next hops, and reach
 * the forwarding table by its steps. Then random addresses are looked up, one by one (each has to
 * wait for its memory) and in batches (the memory of many is asked for at once); half of the
 * addresses lie in a prefix. At last one route after the other changes, and the time until the
 * forwarding table shows it is taken, publishing included.
 *
 * Bytes are those that are in use, of planned memory.                                            */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/rng.h"
#include "core/routing/rib.h"

enum {
	PREFIXES = 1000000,
	ADDRESSES = 1 << 20,
	LOOKUPS = 20000000,
	HOPS = 300,
	CHANGES = 2000,
	BATCH = 32,
};

struct bench {
	struct rib rib;
	struct fib fib;
	struct rng rng;
	u32 count;
	u32 *prefix;
	u8 *len;
	be32 *addr;
	u32 hops[HOPS];
	u16 client;
	ns_t now;
	/* results */
	double offer_s, tick_s, steps;
	double one_mps, batch_mps;
	double change_mean_us, change_worst_us;
	double rib_bytes, fib_bytes;
};

static u64 clock_ns(clockid_t of)
{
	struct timespec now;

	clock_gettime(of, &now);
	return (u64)now.tv_sec * NS_PER_SEC + (u64)now.tv_nsec;
}

static void *need(void *memory)
{
	if (memory == NULL) {
		fprintf(stderr, "bench_fib: no memory\n");
		exit(1);
	}
	return memory;
}

/* ---- a table --------------------------------------------------------------------------------- */

static u8 random_len(struct rng *rng)
{
	u32 draw = rng_below(rng, 1000);

	if (draw < 600)
		return 24;
	if (draw < 970)
		return (u8)(16 + rng_below(rng, 8));
	if (draw < 985)
		return (u8)(9 + rng_below(rng, 7));
	return (u8)(25 + rng_below(rng, 8));
}

/* Networks stand close together, as they do: in a third of all /16. */
static u32 random_addr(struct rng *rng)
{
	u32 block = 1 + rng_below(rng, 222);
	u32 second = rng_below(rng, 85) * 3;

	return (block == 127 ? 128 : block) << 24 | second << 16 | rng_below(rng, 65536);
}

static void table_draw(struct bench *b)
{
	b->prefix = need(malloc(b->count * sizeof *b->prefix));
	b->len = need(malloc(b->count));
	b->addr = need(malloc(ADDRESSES * sizeof *b->addr));
	for (u32 at = 0; at < b->count; at++) {
		b->len[at] = random_len(&b->rng);
		b->prefix[at] = random_addr(&b->rng) & UINT32_MAX << (32 - b->len[at]);
	}
	for (u32 at = 0; at < ADDRESSES; at++) {
		u32 of = rng_below(&b->rng, b->count);
		u32 inside = rng_u32(&b->rng);

		if (b->len[of] < 32)
			inside &= UINT32_MAX >> b->len[of];
		b->addr[at] = be32_of(at % 2 == 0 ? b->prefix[of] | inside : rng_u32(&b->rng));
	}
}

static void tables_open(struct bench *b)
{
	struct hash_key key = { { rng_u64(&b->rng), rng_u64(&b->rng), rng_u64(&b->rng), 7 } };
	struct fib_conf fib = { b->count + 4096, 4096, key };
	struct rib_conf rib = { b->count + 4096, b->count + 4096, 1024, key };
	struct mem mem;
	void *region;

	mem_init_plan(&mem);
	fib_layout(&b->fib, &fib, &mem);
	rib_layout(&b->rib, &rib, &mem);
	region = need(aligned_alloc(2 << 20, (mem.used | ((2 << 20) - 1)) + 1));
	memset(region, 0, mem.used);
	mem_init(&mem, region, mem.used);
	fib_layout(&b->fib, &fib, &mem);
	rib_layout(&b->rib, &rib, &mem);
	fib_init(&b->fib);
	rib_init(&b->rib, &b->fib);
	b->client = rib_client_new(&b->rib, ROUTE_BGP);
	for (u32 at = 0; at < HOPS; at++) {
		struct rib_hop hop = { ip_addr4(be32_of(0xc6120002 + at)), (u16)(at % 4), 1 };

		b->hops[at] = rib_hops_get(&b->rib, &hop, 1);
	}
}

static void offer(struct bench *b, u32 at, u32 hops)
{
	struct ip_prefix prefix = ip_prefix4(be32_of(b->prefix[at]), b->len[at]);
	struct rib_hop hop[RIB_HOPS_MAX];
	struct rib_path path = { .client = b->client, .type = FIB_UNICAST, .distance = 20 };
	u32 count = rib_hops_read(&b->rib, b->hops[hops], hop);

	path.hops = rib_hops_get(&b->rib, hop, count);
	if (rib_offer(&b->rib, &prefix, &path) != ERR_OK) {
		fprintf(stderr, "bench_fib: the table is full\n");
		exit(1);
	}
}

/* ---- what is measured ------------------------------------------------------------------------ */

static void load(struct bench *b)
{
	u64 begin = clock_ns(CLOCK_PROCESS_CPUTIME_ID), middle;

	for (u32 at = 0; at < b->count; at++)
		offer(b, at, at * 7 % HOPS);
	middle = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	for (b->steps = 1; rib_tick(&b->rib, b->now); b->steps++)
		b->now += NS_PER_MS / 10;
	b->offer_s = (double)(middle - begin) / 1e9;
	b->tick_s = (double)(clock_ns(CLOCK_PROCESS_CPUTIME_ID) - middle) / 1e9;
}

static double look_up_one(struct bench *b)
{
	u64 begin = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	u32 sum = 0;

	/* Each address depends on the answer before it, so that none overlaps another. */
	for (u32 n = 0; n < LOOKUPS / 4; n++)
		sum += fib_lookup(&b->fib, b->addr[(n + (sum & 1)) % ADDRESSES]);
	if (sum == 1)
		printf("\n");
	return LOOKUPS / 4 / ((double)(clock_ns(CLOCK_PROCESS_CPUTIME_ID) - begin) / 1e3);
}

static double look_up_batch(struct bench *b)
{
	u64 begin = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	u32 route[BATCH], sum = 0;

	for (u32 n = 0; n < LOOKUPS; n += BATCH) {
		fib_lookup_batch(&b->fib, &b->addr[n % ADDRESSES], route, BATCH);
		sum += route[n / BATCH % BATCH];
	}
	if (sum == 1)
		printf("\n");
	return LOOKUPS / ((double)(clock_ns(CLOCK_PROCESS_CPUTIME_ID) - begin) / 1e3);
}

/* Both ways answer the same. */
static void look_up_compare(struct bench *b)
{
	u32 route[BATCH];

	for (u32 n = 0; n < ADDRESSES; n += BATCH) {
		fib_lookup_batch(&b->fib, &b->addr[n], route, BATCH);
		for (u32 at = 0; at < BATCH; at++) {
			if (route[at] != fib_lookup(&b->fib, b->addr[n + at])) {
				fprintf(stderr, "bench_fib: a batch answers something else\n");
				exit(1);
			}
		}
	}
}

static void change(struct bench *b)
{
	double sum_us = 0;

	for (u32 n = 0; n < CHANGES; n++) {
		u32 at = rng_below(&b->rng, b->count);
		u64 begin = clock_ns(CLOCK_MONOTONIC);
		double took_us;

		offer(b, at, rng_below(&b->rng, HOPS));
		while (rib_tick(&b->rib, b->now))
			b->now += NS_PER_MS;
		took_us = (double)(clock_ns(CLOCK_MONOTONIC) - begin) / 1e3;
		sum_us += took_us;
		if (took_us > b->change_worst_us)
			b->change_worst_us = took_us;
	}
	b->change_mean_us = sum_us / CHANGES;
}

static void weigh(struct bench *b)
{
	const struct fib *fib = &b->fib;
	double nets = b->rib.net_count;
	double pages = fib->page_cap - 1 - fib->page_free_count;
	double fixed = 2.0 * FIB_ROOT_SLOTS * sizeof *fib->seen;

	b->rib_bytes = sizeof *b->rib.net + sizeof *b->rib.net_head + 1.0 / 4 +
		       sizeof *b->rib.route * (double)b->rib.route_count / nets;
	b->fib_bytes = sizeof *fib->prefix +
		       sizeof *fib->prefix_bucket * (double)fib->prefix_bucket_count / nets +
		       pages * (sizeof *fib->page + sizeof *fib->page_next) / nets +
		       fib->blocks.used_count * (8.0 * sizeof(u32) + 9) / nets + fixed / nets;
}

static void print(const struct bench *b)
{
	printf("%-44s %10u\n", "prefixes", b->rib.net_count);
	printf("%-44s %10.2f\n", "CPU s, offered to the RIB", b->offer_s);
	printf("%-44s %10.2f\n", "CPU s, chosen, written and published", b->tick_s);
	printf("%-44s %10.1f\n", "  us a step, of which there were many",
	       b->tick_s * 1e6 / b->steps);
	printf("%-44s %10.1f\n", "million look-ups/s, one after the other", b->one_mps);
	printf("%-44s %10.1f\n", "million look-ups/s, in batches of 32", b->batch_mps);
	printf("%-44s %10.1f\n", "us until one change is seen, mean", b->change_mean_us);
	printf("%-44s %10.1f\n", "us until one change is seen, worst", b->change_worst_us);
	printf("%-44s %10.1f\n", "bytes a prefix, RIB with one path", b->rib_bytes);
	printf("%-44s %10.1f\n", "bytes a prefix, forwarding table", b->fib_bytes);
}

static void write_json(const struct bench *b, const char *name)
{
	FILE *out = need(fopen(name, "w"));

	fprintf(out,
		"{\"prefixes\":%u,\"offer_cpu_s\":%.3f,\"tick_cpu_s\":%.3f,\"steps\":%.0f,"
		"\"lookups_one_mps\":%.1f,\"lookups_batch_mps\":%.1f,\"change_mean_us\":%.1f,"
		"\"change_worst_us\":%.1f,\"rib_bytes\":%.1f,\"fib_bytes\":%.1f}\n",
		b->rib.net_count, b->offer_s, b->tick_s, b->steps, b->one_mps, b->batch_mps,
		b->change_mean_us, b->change_worst_us, b->rib_bytes, b->fib_bytes);
	fclose(out);
}

int main(int argc, char **argv)
{
	struct bench *b = need(calloc(1, sizeof *b));
	const char *json = NULL;
	u8 seed[32] = { 1 };

	b->count = PREFIXES;
	for (int at = 1; at + 1 < argc; at += 2) {
		if (strcmp(argv[at], "--prefixes") == 0)
			b->count = (u32)strtoul(argv[at + 1], NULL, 10);
		else if (strcmp(argv[at], "--json") == 0)
			json = argv[at + 1];
	}
	rng_init(&b->rng, seed);
	b->now = NS_PER_SEC;
	table_draw(b);
	tables_open(b);
	load(b);
	look_up_compare(b);
	b->one_mps = look_up_one(b);
	b->batch_mps = look_up_batch(b);
	change(b);
	rib_check(&b->rib);
	weigh(b);
	print(b);
	if (json != NULL)
		write_json(b, json);
	return 0;
}
