/* What a packet costs, in memory, on one core.
 *
 * An established packet travels from an Ethernet frame in a batch of 256 to the rewritten frame and
 * its freed buffer: link and IP header with checksum, index, flow with time-out, windows (TCP) and
 * counters, translation of addresses, ports and checksums, next hop, new link header. Frames lie in
 * a pool that is larger than the second-level cache and are written anew, outside of the measured
 * time, before each round. Keys, ports and the order of flows differ in each run.
 *
 * Beside it stands the machine's floor: per packet two lines of memory, the second known only when
 * the first has come, prefetched in batches of 32 over as many lines as index and flows have. No
 * table that keeps a hash and a flow apart can be quicker.
 *
 * Every result is checked: a sample of each round goes through the whole road once more and must
 * come out the same, byte for byte.                                                             */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/engine/engine.h"
#include "core/wire/checksum.h"
#include "core/wire/ip4.h"
#include "core/wire/tcp.h"
#include "core/wire/udp.h"
#include "host/os/entropy.h"
#include "host/os/hugepages.h"

enum {
	FRAMES = 16384,
	RUNS = 5,
	SAMPLE = 2048,
	SIZES_MAX = 16,
	FLOOR_STEP = 32,
	FRAME_LEN = 64,
	INSIDE = 0,
	OUTSIDE = 1,
	PUBLIC_ADDRESSES = 64,
};

enum direction { DIR_OUT, DIR_IN, DIR_COUNT };
static const char *const direction_names[] = { "out", "in" };

struct bench {
	struct sluice *s;
	void *memory;
	u64 memory_bytes;
	bool huge;
	u32 flow_count;
	u8 proto;
	struct tuple *tuple;  /* [2 * flow]: as it arrives, original and reply */
	u32 *order;
	ns_t now;
	u64 new_ns;
};

struct result {
	u32 flows;
	const char *order;
	const char *direction;
	const char *proto;
	double ns;
	double ns_min;
	double ns_max;
	double floor_ns;
};

static struct result results[256];
static u32 result_count;

static u64 clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * NS_PER_SEC + (u64)t.tv_nsec;
}

static u64 random_state;

static u64 random_u64(void)
{
	/* splitmix64: only spreads test traffic, nothing secret. */
	u64 z = (random_state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static _Noreturn void give_up(const char *what)
{
	fprintf(stderr, "bench_nat: %s\n", what);
	exit(1);
}

static const struct mac mac_gw[2] = { { { 2, 0, 0, 0, 0, 1 } }, { { 2, 0, 0, 0, 0, 2 } } };
static const struct mac mac_peer[2] = { { { 2, 0, 0, 0, 1, 1 } }, { { 2, 0, 0, 0, 1, 2 } } };

static void conf_iface(struct iface_conf *conf, const char *name, enum iface_side side, u32 addr)
{
	*conf = (struct iface_conf){ .link = IFACE_ETHERNET, .side = side, .mtu = 1500,
				     .mac = mac_gw[side], .addr_count = 1 };
	snprintf(conf->name, sizeof conf->name, "%s", name);
	conf->addr[0] = (struct iface_addr){ be32_of(addr), 24, false };
}

static void conf_route(struct sluice_conf *conf, u32 prefix, u8 len, u32 gateway, u16 out_if)
{
	struct sluice_route_conf *route = &conf->route[conf->route_count++];

	route->prefix = be32_of(prefix);
	route->prefix_len = len;
	route->route = (struct fib_route){ .type = FIB_UNICAST, .path_count = 1 };
	route->route.path[0] = (struct fib_path){ be32_of(gateway), out_if, 1 };
}

/* Inside 10/8 behind one router, everything else behind another: two next hops. */
static void bench_conf(struct sluice_conf *conf, u32 flows, enum nat_mapping mapping,
		       bool counters)
{
	sluice_conf_defaults(conf);
	conf->iface_count = 2;
	conf_iface(&conf->iface[INSIDE], "inside", IFACE_INSIDE, 0xc0a80001);
	conf_iface(&conf->iface[OUTSIDE], "outside", IFACE_OUTSIDE, 0xc6120001);
	conf_route(conf, 0x0a000000, 8, 0xc0a80002, INSIDE);
	conf_route(conf, 0, 0, 0xc6120002, OUTSIDE);
	conf->ct.flow_count = flows;
	conf->ct.counters = counters;
	conf->nat.pool_count = 1;
	conf->nat.pool[0].range_count = 1;
	conf->nat.pool[0].range[0] = (struct nat_range){
		be32_of(0xcb007100), be32_of(0xcb007100 + PUBLIC_ADDRESSES - 1) };
	conf->nat.rule_count = 1;
	nat_rule_defaults(&conf->nat.rule[0]);
	conf->nat.rule[0].kind = NAT_KIND_POOL;
	for (u32 kind = 0; kind < NAT_PROTO_COUNT; kind++)
		conf->nat.rule[0].mapping[kind] = mapping;
	conf->nat.address_count = PUBLIC_ADDRESSES + 8;
	conf->nat.mapping_count = mapping == NAT_MAP_ENDPOINT_INDEPENDENT ? flows : 1024;
	conf->nat.dest_count = 64;
	conf->packets = (struct pkt_pool_conf){ .small_count = FRAMES + 2 * SAMPLE,
						.large_count = 1, .ring_count = 1 };
	os_entropy(conf->seed, sizeof conf->seed);
}

static void bench_open(struct bench *b, const struct sluice_conf *conf)
{
	struct mem plan;
	const char *why;

	sluice_plan(conf, &plan);
	b->memory_bytes = plan.used;
	b->memory = os_region_new(plan.used, &b->huge);
	b->flow_count = conf->ct.flow_count;
	b->now = NS_PER_SEC;
	if (b->memory == NULL ||
	    sluice_new(&b->s, conf, b->memory, plan.used, b->now, &why) != ERR_OK)
		give_up("no engine");
	if (neigh_set_permanent(&b->s->neigh, INSIDE, be32_of(0xc0a80002), &mac_peer[INSIDE],
				b->now) != ERR_OK ||
	    neigh_set_permanent(&b->s->neigh, OUTSIDE, be32_of(0xc6120002), &mac_peer[OUTSIDE],
				b->now) != ERR_OK)
		give_up("no neighbours");
	b->tuple = malloc((size_t)b->flow_count * 2 * sizeof *b->tuple);
	b->order = malloc((size_t)b->flow_count * sizeof *b->order);
	if (b->tuple == NULL || b->order == NULL)
		give_up("no memory for the traffic");
	random_state = clock_ns();
}

static void bench_close(struct bench *b)
{
	os_region_del(b->memory, b->memory_bytes);
	free(b->tuple);
	free(b->order);
}

/* 64 bytes of Ethernet: 22 of UDP payload and 4 that the card would check, or 10 of TCP. */
static struct pkt *frame_new(struct bench *b, u32 flow, enum direction dir, u8 tcp_flags)
{
	struct pkt *pkt = pkt_new(&b->s->pool, FRAME_LEN - 4);
	const struct tuple *t = &b->tuple[2 * flow + dir];
	struct eth_hdr *eth;
	struct ip4_hdr *ip;
	u32 l4_len = FRAME_LEN - 4 - ETH_HLEN - IP4_HLEN_MIN;

	if (pkt == NULL)
		give_up("no packet");
	pkt->l2 = PKT_HEADROOM;
	pkt->l3 = PKT_HEADROOM + ETH_HLEN;
	pkt->len = FRAME_LEN - 4 - ETH_HLEN;
	pkt->in_if = dir == DIR_OUT ? INSIDE : OUTSIDE;
	eth = (void *)pkt_frame(pkt);
	*eth = (struct eth_hdr){ mac_gw[pkt->in_if], mac_peer[pkt->in_if], be16_of(ETH_TYPE_IP4) };
	ip = (void *)pkt_l3(pkt);
	*ip = (struct ip4_hdr){ .version_ihl = 0x45, .len = be16_of((u16)pkt->len),
				.id = be16_of((u16)flow), .ttl = 64, .proto = b->proto,
				.src = t->src, .dst = t->dst };
	ip->csum = csum_finish(csum_sum20(ip));
	memset(ip + 1, 0, l4_len);
	if (b->proto == IP_PROTO_UDP) {
		struct udp_hdr *udp = (void *)(ip + 1);

		*udp = (struct udp_hdr){ t->sport, t->dport, be16_of((u16)l4_len), be16_of(0) };
		udp->csum = csum_finish(csum_pseudo(t->src, t->dst, b->proto, l4_len) +
					csum_sum(udp, l4_len));
	} else {
		struct tcp_hdr *tcp = (void *)(ip + 1);

		*tcp = (struct tcp_hdr){ t->sport, t->dport, be32_of(1000 + dir),
					 be32_of(1000 + !dir), 0x50, tcp_flags,
					 be16_of(0xffff), be16_of(0), be16_of(0) };
		if ((tcp_flags & TCP_SYN) != 0)
			tcp->seq = be32_of(999 + dir);
		tcp->csum = csum_finish(csum_pseudo(t->src, t->dst, b->proto, l4_len) +
					csum_sum(tcp, l4_len));
	}
	return pkt;
}

static u32 drain(struct bench *b)
{
	struct batch tx;
	u32 count = 0;

	while (sluice_output(b->s, &tx)) {
		for (u32 at = 0; at < tx.count; at++)
			pkt_put(tx.pkt[at]);
		count += tx.count;
	}
	return count;
}

/* As drain, and each packet tells the tuple that its answers will have. */
static void drain_learn(struct bench *b, u32 first)
{
	struct batch tx;

	while (sluice_output(b->s, &tx)) {
		for (u32 at = 0; at < tx.count; at++) {
			const struct ip4_hdr *ip = (const void *)pkt_l3(tx.pkt[at]);
			const u8 *l4 = (const u8 *)(ip + 1);

			b->tuple[2 * first++ + 1] = (struct tuple){ ip->dst, ip->src,
								    be16_load(l4 + 2),
								    be16_load(l4) };
			pkt_put(tx.pkt[at]);
		}
	}
}

static void traffic_draw(struct bench *b)
{
	for (u32 flow = 0; flow < b->flow_count; flow++) {
		u64 r = random_u64();

		/* The flow's number in source and port keeps tuples apart, the rest is drawn. */
		b->tuple[2 * flow] = (struct tuple){
			be32_of(0x0a000000 | (flow >> 4 & 0xffffff)),
			be32_of(0x40000000 | (u32)(r & 0x0fffffff)),
			be16_of((u16)(1024 + (flow & 15) * 4000 + (r >> 32) % 4000)),
			be16_of((u16)(443 + (r >> 48) % 3)) };
		b->order[flow] = flow;
	}
}

/* Send one packet of each flow; only the engine's part is timed. */
static u64 send_each(struct bench *b, enum direction dir, u8 tcp_flags, bool learn)
{
	u64 spent = 0;

	for (u32 first = 0; first < b->flow_count; first += BATCH_MAX) {
		struct batch rx = { .count = 0 };
		u64 begin;

		for (u32 at = 0; at < BATCH_MAX && first + at < b->flow_count; at++)
			rx.pkt[rx.count++] = frame_new(b, first + at, dir, tcp_flags);
		b->now += NS_PER_US;
		begin = clock_ns();
		sluice_input(b->s, &rx, b->now);
		spent += clock_ns() - begin;
		if (learn)
			drain_learn(b, first);
		else
			(void)drain(b);
	}
	return spent;
}

static void flows_establish(struct bench *b)
{
	traffic_draw(b);
	b->new_ns = send_each(b, DIR_OUT, TCP_SYN, true);
	if (sluice_flow_count(b->s) != b->flow_count)
		give_up("not every flow was made");
	(void)send_each(b, DIR_IN, TCP_SYN | TCP_ACK, false);
	(void)send_each(b, DIR_OUT, TCP_ACK, false);
	(void)send_each(b, DIR_IN, TCP_ACK, false);
}

static void order_shuffle(struct bench *b)
{
	for (u32 at = b->flow_count; at > 1; at--) {
		u32 with = (u32)(random_u64() % at);
		u32 flow = b->order[at - 1];

		b->order[at - 1] = b->order[with];
		b->order[with] = flow;
	}
}

/* ns per packet over at least `packets` packets. */
static double measure(struct bench *b, enum direction dir, u32 *position, u32 packets)
{
	static struct pkt *frames[FRAMES];
	u64 spent = 0, fast = b->s->path.stats.fast;
	u32 sent = 0;

	while (sent < packets) {
		for (u32 at = 0; at < FRAMES; at++) {
			frames[at] = frame_new(b, b->order[*position], dir, TCP_ACK);
			*position = *position + 1 == b->flow_count ? 0 : *position + 1;
		}
		for (u32 first = 0; first < FRAMES; first += BATCH_MAX) {
			struct batch rx;
			u64 begin;

			memcpy(rx.pkt, frames + first, sizeof rx.pkt);
			rx.count = BATCH_MAX;
			b->now += 10 * NS_PER_US;
			begin = clock_ns();
			sluice_input(b->s, &rx, b->now);
			(void)drain(b);
			spent += clock_ns() - begin;
		}
		sent += FRAMES;
		sluice_tick(b->s, b->now);
	}
	if (b->s->path.stats.fast - fast < (u64)sent * 99 / 100)
		give_up("established packets did not take the short cut");
	return (double)spent / sent;
}

/* The same packets by the short cut and down the whole road. */
static void compare_roads(struct bench *b, enum direction dir, u32 position)
{
	static u8 frames[SAMPLE][FRAME_LEN];

	/* What the last tick sent of its own accord, ARP, is not of the sample. */
	(void)drain(b);
	for (u32 slow = 0; slow < 2; slow++) {
		struct batch tx;
		u32 out = 0;

		b->s->path.slow_road = slow == 1;
		for (u32 first = 0; first < SAMPLE; first += BATCH_MAX) {
			struct batch rx = { .count = 0 };

			for (u32 at = 0; at < BATCH_MAX; at++)
				rx.pkt[rx.count++] = frame_new(
					b, b->order[(position + first + at) % b->flow_count], dir,
					TCP_ACK);
			sluice_input(b->s, &rx, b->now);
			while (sluice_output(b->s, &tx)) {
				for (u32 at = 0; at < tx.count; at++, out++) {
					u8 *frame = pkt_frame(tx.pkt[at]);

					if (out == SAMPLE)
						give_up("more came out than went in");
					if (slow == 0)
						memcpy(frames[out], frame, FRAME_LEN - 4);
					else if (memcmp(frames[out], frame, FRAME_LEN - 4) != 0)
						give_up("the two roads differ");
					pkt_put(tx.pkt[at]);
				}
			}
		}
		if (out != SAMPLE)
			give_up("packets are missing");
	}
	b->s->path.slow_road = false;
}

/* ---- the floor ------------------------------------------------------------------------------- */

struct line {
	_Alignas(64) u32 word[16];
};

static double floor_measure(u32 flows, bool *huge)
{
	/* As much memory as the tables take: the index, then flow and counters of each flow. */
	u32 first_count = flows * 2 / 8 + 1, second_count = flows * 2;
	u64 bytes = ((u64)first_count + second_count) * sizeof(struct line);
	struct line *first = os_region_new(bytes, huge);
	struct line *second = first + first_count;
	double best[RUNS];

	if (first == NULL)
		give_up("no memory for the floor");
	for (u32 at = 0; at < first_count; at++) {
		for (u32 word = 0; word < 16; word++)
			first[at].word[word] = (u32)(random_u64() % second_count);
	}
	for (u32 run = 0; run < RUNS; run++) {
		u32 packets = 2000000, sum = 0;
		u64 state = random_u64(), begin = clock_ns();

		for (u32 sent = 0; sent < packets; sent += FLOOR_STEP) {
			u32 at[FLOOR_STEP], then[FLOOR_STEP];

			for (u32 i = 0; i < FLOOR_STEP; i++) {
				state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
				at[i] = (u32)((state >> 32) * first_count >> 32);
				prefetch(&first[at[i]]);
			}
			for (u32 i = 0; i < FLOOR_STEP; i++) {
				then[i] = first[at[i]].word[at[i] & 15];
				prefetch_write(&second[then[i]]);
			}
			for (u32 i = 0; i < FLOOR_STEP; i++)
				sum += second[then[i]].word[0]++;
		}
		best[run] = (double)(clock_ns() - begin) / packets;
		if (sum == 1)
			printf(" ");
	}
	os_region_del(first, bytes);
	for (u32 at = 0; at < RUNS; at++) {
		for (u32 other = at + 1; other < RUNS; other++) {
			if (best[other] < best[at]) {
				double swap = best[at];

				best[at] = best[other];
				best[other] = swap;
			}
		}
	}
	return best[RUNS / 2];
}

/* ---- the table ------------------------------------------------------------------------------- */

static int double_compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void measure_row(struct bench *b, const char *order, enum direction dir, double floor_ns)
{
	double ns[RUNS];
	u32 position = 0;
	u32 packets = b->flow_count < 1000000 ? 1000000 : b->flow_count;
	struct result *row = &results[result_count++];

	(void)measure(b, dir, &position, packets / 2);
	for (u32 run = 0; run < RUNS; run++)
		ns[run] = measure(b, dir, &position, packets);
	compare_roads(b, dir, position);
	qsort(ns, RUNS, sizeof *ns, double_compare);
	*row = (struct result){ b->flow_count, order, direction_names[dir],
				b->proto == IP_PROTO_UDP ? "udp" : "tcp", ns[RUNS / 2], ns[0],
				ns[RUNS - 1], floor_ns };
	printf("%-4s %9u  %-8s %-4s %8.1f %8.1f %8.1f %8.1f %6.2f\n", row->proto, row->flows,
	       order, row->direction, row->ns, row->ns_min, row->ns_max, floor_ns,
	       row->ns / floor_ns);
	fflush(stdout);
}

/* Bytes that a flow takes of index, flow, ports; counters and windows apart. */
static void bytes_per_flow(u32 flows, double *plain, double *full)
{
	static const char *const counted[] = { "flows", "flow_index", "flow_index_stash",
					       "nat_port_maps", "nat_port_map_index",
					       "nat_mappings", "nat_mapping_index", "nat_peers",
					       "nat_peer_index", "nat_ports" };
	struct sluice_conf *conf = malloc(sizeof *conf);
	struct mem plan;
	u64 sum = 0, counters = 0;

	bench_conf(conf, flows, NAT_MAP_DESTINATION, true);
	sluice_plan(conf, &plan);
	for (u32 row = 0; row < plan.row_count; row++) {
		for (u32 name = 0; name < ARRAY_COUNT(counted); name++)
			if (strcmp(plan.row[row].name, counted[name]) == 0)
				sum += plan.row[row].bytes;
		if (strcmp(plan.row[row].name, "flow_counters") == 0)
			counters += plan.row[row].bytes;
	}
	*plain = (double)sum / flows;
	*full = (double)(sum + counters) / flows;
	free(conf);
}

static double new_rate(u32 flows, enum nat_mapping mapping)
{
	struct sluice_conf *conf = malloc(sizeof *conf);
	struct bench b = { .proto = IP_PROTO_UDP };
	double rate[RUNS];

	for (u32 run = 0; run < RUNS; run++) {
		bench_conf(conf, flows, mapping, true);
		bench_open(&b, conf);
		traffic_draw(&b);
		rate[run] = (double)flows * 1e9 / (double)send_each(&b, DIR_OUT, 0, false);
		if (sluice_flow_count(b.s) != flows)
			give_up("not every flow was made");
		bench_close(&b);
	}
	free(conf);
	qsort(rate, RUNS, sizeof *rate, double_compare);
	return rate[RUNS / 2];
}

static bool measure_size(u32 flows, u8 proto, double floor_ns)
{
	struct sluice_conf *conf = malloc(sizeof *conf);
	struct bench b = { .proto = proto };
	bool huge;

	bench_conf(conf, flows, NAT_MAP_DESTINATION, true);
	bench_open(&b, conf);
	flows_establish(&b);
	measure_row(&b, "in-order", DIR_OUT, floor_ns);
	measure_row(&b, "in-order", DIR_IN, floor_ns);
	order_shuffle(&b);
	measure_row(&b, "random", DIR_OUT, floor_ns);
	measure_row(&b, "random", DIR_IN, floor_ns);
	huge = b.huge;
	bench_close(&b);
	free(conf);
	return huge;
}

static void write_json(const char *path, double new_dest, double new_eim, double plain,
		       double full, bool huge)
{
	FILE *file = fopen(path, "w");

	if (file == NULL) {
		perror(path);
		exit(1);
	}
	fprintf(file, "{\n  \"version\": 1,\n  \"huge_pages\": %s,\n  \"nat\": [\n",
		huge ? "true" : "false");
	for (u32 at = 0; at < result_count; at++) {
		const struct result *r = &results[at];

		fprintf(file,
			"    {\"proto\": \"%s\", \"flows\": %u, \"order\": \"%s\", "
			"\"direction\": \"%s\", \"ns_per_packet\": %.1f, \"ns_min\": %.1f, "
			"\"ns_max\": %.1f, \"floor_ns\": %.1f}%s\n",
			r->proto, r->flows, r->order, r->direction, r->ns, r->ns_min, r->ns_max,
			r->floor_ns, at + 1 < result_count ? "," : "");
	}
	fprintf(file,
		"  ],\n  \"new_flows_per_second\": %.0f,\n"
		"  \"new_flows_per_second_endpoint_independent\": %.0f,\n"
		"  \"bytes_per_flow\": %.1f,\n  \"bytes_per_flow_with_counters\": %.1f\n}\n",
		new_dest, new_eim, plain, full);
	fclose(file);
}

static u32 sizes_parse(const char *text, u32 *sizes)
{
	u32 count = 0;
	char *end;

	while (count < SIZES_MAX && *text != '\0') {
		unsigned long value = strtoul(text, &end, 10);

		if (end == text || value < 256 || value > 50000000)
			give_up("--flows takes numbers from 256 to 50000000 with commas between");
		sizes[count++] = (u32)value;
		text = *end == ',' ? end + 1 : end;
	}
	return count;
}

int main(int argc, char **argv)
{
	u32 sizes[SIZES_MAX];
	u32 size_count = sizes_parse("1000,64000,1000000,4000000,10000000", sizes);
	const char *json = NULL;
	double new_dest, new_eim, plain, full;
	bool huge = true;

	for (int at = 1; at < argc; at++) {
		if (strcmp(argv[at], "--json") == 0 && at + 1 < argc)
			json = argv[++at];
		else if (strcmp(argv[at], "--flows") == 0 && at + 1 < argc)
			size_count = sizes_parse(argv[++at], sizes);
		else
			give_up("usage: bench_nat [--json FILE] [--flows N,N,...]");
	}
	printf("ns per established packet, 64-byte frames, batches of %d, median of %d runs\n",
	       BATCH_MAX, RUNS);
	printf("%-4s %9s  %-8s %-4s %8s %8s %8s %8s %6s\n", "", "flows", "order", "dir", "ns",
	       "min", "max", "floor", "ratio");
	for (u32 at = 0; at < size_count; at++) {
		bool floor_huge;
		double floor_ns = floor_measure(sizes[at], &floor_huge);

		huge = measure_size(sizes[at], IP_PROTO_UDP, floor_ns) && huge;
		if (sizes[at] <= 1000000)
			(void)measure_size(sizes[at], IP_PROTO_TCP, floor_ns);
	}
	new_dest = new_rate(1000000, NAT_MAP_DESTINATION);
	new_eim = new_rate(1000000, NAT_MAP_ENDPOINT_INDEPENDENT);
	bytes_per_flow(1000000, &plain, &full);
	printf("new flows per second: %.2f million per destination, "
	       "%.2f million endpoint-independent\n",
	       new_dest / 1e6, new_eim / 1e6);
	printf("bytes per flow: %.1f, with windows and counters %.1f\n", plain, full);
	printf("2 MiB pages: %s\n", huge ? "yes" : "no, smaller ones (expect more)");
	if (json != NULL)
		write_json(json, new_dest, new_eim, plain, full, huge);
	return 0;
}
