/* What TCP costs, in memory, both ends on one core, beside lwIP (bench_lwip.c) in the same run.
 *
 * The core is called as the engine calls it; packets are handed over by pointer, with no link
 * between, MTU 1500, every checksum made and verified. Windows and send buffers are 64 KB, which is
 * what lwIP has. Rounds of the two alternate. What is counted is the time of the processor, since
 * others may use the machine; time of the connections is virtual.
 *
 *     bulk      bytes a second over 1 connection, and over 1,000 that all send
 *               and over 1 with packets of 64 KB that stand for segments, as a way out carries
 *               them: no checksum is made, and none verified
 *     short     connect, a byte there, a byte back, close; a second
 *     memory    bytes of a connection without buffers: control block, index, deadline; and what
 *               one that has something in flight takes beside
 *     idle      one look at the clock, with and without 100,000 connections that stand          */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/tcp/tcp.h"
#include "core/wire/ip4.h"
#include "host/os/entropy.h"
#include "host/os/hugepages.h"

enum {
	ROUNDS = 5,
	PORT = 80,
	MTU = 1500,
	BUFFER = 65536,
	CHUNK = 65536,
	TURN_NS = 20000, /* of virtual time: one exchange in both directions */
	SHORT_AT_ONCE = 32,
	TICKS = 100000,
	WARM_UP = 2, /* half of the bytes once more, before: windows are open */
	PORTS_PER_ADDRESS = 50000,
	MANY = 1000,
	IDLE = 100000,
	IDLE_LWIP = 10000, /* lwIP walks over all of them for each one that comes */
	PLAN_STEP = 100000,
};

#define BULK_BYTES (UINT64_C(1) << 29)
#define MANY_BYTES (UINT64_C(1) << 28)
enum { SHORTS = 64000 };

struct end {
	struct tcp tcp;
	struct pkt_pool pool;
	void *memory;
	u64 memory_bytes;
	tcp_id listener;
	u64 bytes; /* written, or read */
	u32 ended; /* connections that it closed after the other side had */
};

/* Who begins is end 0. */
struct pair {
	struct end end[2];
	ns_t now;
	u64 goal; /* bytes in all */
};

/* One line of the table. */
struct row {
	const char *name;
	const char *unit;
	double ours;
	double lwip; /* zero: no such figure */
	double ratio;
};

static u8 source[2 * CHUNK];
static char lwip_program[PATH_MAX + 32];

static _Noreturn void give_up(const char *what)
{
	fprintf(stderr, "bench_tcp: %s\n", what);
	exit(1);
}

static u64 cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (u64)t.tv_sec * NS_PER_SEC + (u64)t.tv_nsec;
}

/* ---- two ends -------------------------------------------------------------------------------- */

static void bench_conf(struct tcp_conf *conf, u32 connections)
{
	tcp_conf_defaults(conf);
	conf->tcb_limit = connections + SHORT_AT_ONCE;
	conf->half_open_limit = connections + SHORT_AT_ONCE;
	conf->buffer_bytes = (u64)(connections < MANY ? connections : MANY) * 2 * BUFFER +
			     (UINT64_C(4) << 20);
	conf->cc = "cubic";
}

static void end_open(struct end *end, const struct tcp_conf *conf, ns_t now)
{
	struct pkt_pool_conf packets = { .small_count = 8192, .large_count = 64 };
	struct tcp_listen listen = { .port = be16_of(PORT), .backlog = UINT16_MAX };
	struct mem plan, mem;
	u8 seed[32];

	os_entropy(seed, sizeof seed);
	mem_init_plan(&plan);
	pkt_pool_layout(&end->pool, &packets, &plan);
	tcp_layout(&end->tcp, conf, &plan);
	end->memory_bytes = plan.used + MEM_LINE;
	end->memory = os_region_new(end->memory_bytes, NULL);
	if (end->memory == NULL)
		give_up("no memory");
	mem_init(&mem, end->memory, end->memory_bytes);
	pkt_pool_layout(&end->pool, &packets, &mem);
	tcp_layout(&end->tcp, conf, &mem);
	CHECK(!mem.short_of);
	pkt_pool_init(&end->pool);
	tcp_init(&end->tcp, conf, &end->pool, seed, now);
	tcp_sockopt_defaults(&listen.opt);
	listen.opt.recv_buffer = listen.opt.send_buffer = BUFFER;
	CHECK(tcp_listen(&end->tcp, &listen, &end->listener) == ERR_OK);
}

static struct pair *pair_open(const struct tcp_conf *conf)
{
	struct pair *pair = calloc(1, sizeof *pair);

	if (pair == NULL)
		give_up("no memory");
	pair->now = 3600 * NS_PER_SEC;
	for (u32 n = 0; n < 2; n++)
		end_open(&pair->end[n], conf, pair->now);
	return pair;
}

static void pair_close(struct pair *pair)
{
	for (u32 n = 0; n < 2; n++) {
		tcp_check(&pair->end[n].tcp);
		os_region_del(pair->end[n].memory, pair->end[n].memory_bytes);
	}
	free(pair);
}

static tcp_id dial(struct pair *pair, u32 number)
{
	struct tcp_open open = { .mtu = MTU, .owner = number };
	tcp_id id;

	open.key.local = be32_of(0x0a000001 + number / PORTS_PER_ADDRESS);
	open.key.local_port = be16_of((u16)(1024 + number % PORTS_PER_ADDRESS));
	open.key.peer = be32_of(0x0a010001);
	open.key.peer_port = be16_of(PORT);
	tcp_sockopt_defaults(&open.opt);
	open.opt.keepalive = true;
	open.opt.recv_buffer = open.opt.send_buffer = BUFFER;
	if (tcp_connect(&pair->end[0].tcp, &open, &id, pair->now) != ERR_OK)
		give_up("no connection");
	return id;
}

/* What one end has to say, to the other. */
static void carry(struct pair *pair, u32 from)
{
	struct tcp_rx rx = { .mtu = MTU };
	struct batch out;

	out.count = 0;
	while (tcp_output(&pair->end[from].tcp, &out, pair->now)) {
		for (u32 at = 0; at < out.count; at++) {
			if (!tcp_in(&pair->end[!from].tcp, out.pkt[at], &rx, pair->now))
				give_up("nobody took a segment");
			pkt_put(out.pkt[at]);
		}
		out.count = 0;
	}
}

static void pass_time(struct pair *pair)
{
	pair->now += TURN_NS;
	for (u32 n = 0; n < 2; n++) {
		if (tcp_next(&pair->end[n].tcp) <= pair->now)
			tcp_tick(&pair->end[n].tcp, pair->now);
	}
}

/* ---- bulk ------------------------------------------------------------------------------------ */

static void bulk_write(struct pair *pair, tcp_id id)
{
	struct end *end = &pair->end[0];
	u32 bytes = CHUNK;

	while (bytes == CHUNK && end->bytes < pair->goal) {
		u32 want = (u32)u64_min(CHUNK, pair->goal - end->bytes);

		bytes = tcp_write(&end->tcp, id, source + end->bytes % CHUNK, want, false,
				  pair->now);
		end->bytes += bytes;
	}
}

static void bulk_read(struct pair *pair, tcp_id id)
{
	static u8 sink[CHUNK];
	struct end *end = &pair->end[1];
	u32 bytes;

	while ((bytes = tcp_read(&end->tcp, id, sink, CHUNK, pair->now)) > 0)
		end->bytes += bytes;
}

static void bulk_turn(struct pair *pair)
{
	struct tcp_news news;

	while (tcp_news(&pair->end[0].tcp, &news)) {
		if ((news.ready & TCP_WRITABLE) != 0)
			bulk_write(pair, news.id);
	}
	carry(pair, 0);
	while (tcp_news(&pair->end[1].tcp, &news)) {
		if ((news.ready & TCP_READABLE) != 0)
			bulk_read(pair, news.id);
	}
	carry(pair, 1);
	pass_time(pair);
}

static void dial_all(struct pair *pair, u32 count)
{
	u32 accepted = 0;

	for (u32 at = 0; at < count; at++) {
		(void)dial(pair, at);
		carry(pair, 0);
		carry(pair, 1);
		carry(pair, 0);
		accepted += tcp_accept(&pair->end[1].tcp, pair->end[1].listener, at) != TCP_ID_NONE;
	}
	if (accepted != count)
		give_up("not everybody is connected");
}

static u64 bulk_until(struct pair *pair, u64 bytes)
{
	u64 begin = cpu_ns();

	while (pair->end[1].bytes < bytes)
		bulk_turn(pair);
	return cpu_ns() - begin;
}

static double bulk(u32 connections, u64 bytes, u32 gso_max_bytes)
{
	struct tcp_conf conf;
	struct pair *pair;
	u64 ns;

	bench_conf(&conf, connections);
	conf.gso_max_bytes = gso_max_bytes;
	pair = pair_open(&conf);
	dial_all(pair, connections);
	pair->goal = bytes + bytes / WARM_UP;
	(void)bulk_until(pair, bytes / WARM_UP);
	ns = bulk_until(pair, pair->goal);
	if (pair->end[0].tcp.stats.segs_again != 0)
		give_up("something was sent again");
	pair_close(pair);
	return (double)ns;
}

/* ---- short connections ----------------------------------------------------------------------- */

static void short_of_client(struct pair *pair)
{
	struct tcp *tcp = &pair->end[0].tcp;
	struct tcp_news news;
	u8 answer;

	while (tcp_news(tcp, &news)) {
		if ((news.ready & TCP_FAILED) != 0)
			give_up("a short connection failed");
		if ((news.ready & TCP_READABLE) == 0) {
			(void)tcp_write(tcp, news.id, "?", 1, false, pair->now);
		} else if (tcp_read(tcp, news.id, &answer, 1, pair->now) == 1) {
			pair->end[0].ended++;
			tcp_close(tcp, news.id, pair->now);
		}
	}
}

static void short_of_server(struct pair *pair)
{
	struct end *end = &pair->end[1];
	struct tcp_news news;
	tcp_id id;
	u8 asked;

	while ((id = tcp_accept(&end->tcp, end->listener, 0)) != TCP_ID_NONE) {
		if (tcp_read(&end->tcp, id, &asked, 1, pair->now) == 1)
			(void)tcp_write(&end->tcp, id, "!", 1, false, pair->now);
	}
	while (tcp_news(&end->tcp, &news)) {
		if (tcp_read(&end->tcp, news.id, &asked, 1, pair->now) == 1)
			(void)tcp_write(&end->tcp, news.id, "!", 1, false, pair->now);
		if ((news.ready & TCP_PEER_DONE) != 0) {
			end->ended++;
			tcp_close(&end->tcp, news.id, pair->now);
		}
	}
}

static double shorts(u32 count)
{
	struct tcp_conf conf;
	struct pair *pair;
	u64 begin;

	bench_conf(&conf, SHORT_AT_ONCE);
	pair = pair_open(&conf);
	begin = cpu_ns();
	for (u32 done = 0; done < count; done += SHORT_AT_ONCE) {
		for (u32 at = 0; at < SHORT_AT_ONCE; at++)
			(void)dial(pair, done + at);
		while (pair->end[1].ended < done + SHORT_AT_ONCE) {
			carry(pair, 0);
			short_of_server(pair);
			carry(pair, 1);
			short_of_client(pair);
			pass_time(pair);
		}
		carry(pair, 1);
		carry(pair, 0);
	}
	begin = cpu_ns() - begin;
	if (pair->end[0].ended != count || pair->end[0].tcp.stats.segs_again != 0)
		give_up("short connections went wrong");
	pair_close(pair);
	return (double)begin;
}

/* ---- idle ones, and their memory ------------------------------------------------------------- */

static double idle(u32 connections)
{
	struct batch out = { .count = 0 };
	struct tcp_conf conf;
	struct pair *pair;
	u64 begin;

	bench_conf(&conf, connections);
	pair = pair_open(&conf);
	dial_all(pair, connections);
	pair->now += NS_PER_SEC;
	begin = cpu_ns();
	for (u32 at = 0; at < TICKS; at++) {
		pair->now += TURN_NS;
		tcp_tick(&pair->end[0].tcp, pair->now);
		(void)tcp_output(&pair->end[0].tcp, &out, pair->now);
		(void)tcp_next(&pair->end[0].tcp);
	}
	begin = cpu_ns() - begin;
	if (out.count != 0)
		give_up("an idle connection said something");
	pair_close(pair);
	return (double)begin / TICKS;
}

static u64 planned(const struct tcp_conf *conf)
{
	static struct tcp tcp;
	struct mem plan;

	mem_init_plan(&plan);
	tcp_layout(&tcp, conf, &plan);
	return plan.used;
}

/* By how much the plan grows with one limit, for one of what it limits. */
static double bytes_of(u32 *limit, const struct tcp_conf *conf)
{
	u64 before;

	*limit = PLAN_STEP;
	before = planned(conf);
	*limit = 2 * PLAN_STEP;
	return (double)(planned(conf) - before) / PLAN_STEP;
}

/* ---- beside lwIP ----------------------------------------------------------------------------- */

/* What bench_lwip says; zero when it was not built. */
static double lwip(const char *what)
{
	char command[PATH_MAX + 64];
	double value;
	FILE *pipe;

	if (lwip_program[0] == '\0')
		return 0;
	snprintf(command, sizeof command, "%s %s", lwip_program, what);
	pipe = popen(command, "r");
	if (pipe == NULL || fscanf(pipe, "%lf", &value) != 1 || pclose(pipe) != 0)
		give_up("bench_lwip failed");
	return value;
}

static int double_compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *value)
{
	qsort(value, ROUNDS, sizeof *value, double_compare);
	return value[ROUNDS / 2];
}

/* ours, theirs: time that `amount` took in each round. What disturbs one of a pair disturbs the
 * other one most often, so the ratio is the median of those of the rounds.                       */
static void row_of_times(struct row *row, double amount, double *ours, double *theirs)
{
	double ratio[ROUNDS];

	for (u32 round = 0; round < ROUNDS; round++)
		ratio[round] = theirs[round] / ours[round];
	row->ours = amount / median(ours);
	if (theirs[0] == 0)
		return;
	row->lwip = amount / median(theirs);
	row->ratio = median(ratio);
}

static void measure_bulk(struct row *row, u32 connections, u64 bytes, u32 gso_max_bytes)
{
	double ours[ROUNDS], theirs[ROUNDS];
	char what[64];

	snprintf(what, sizeof what, "bulk %u %llu", connections, (unsigned long long)bytes);
	for (u32 round = 0; round < ROUNDS; round++) {
		ours[round] = bulk(connections, bytes, gso_max_bytes);
		theirs[round] = lwip(what);
	}
	/* Bits in a nanosecond are gigabits in a second. */
	row_of_times(row, (double)bytes * CHAR_BIT, ours, theirs);
}

static void measure_shorts(struct row *row)
{
	double ours[ROUNDS], theirs[ROUNDS];
	char what[64];

	snprintf(what, sizeof what, "short %u", SHORTS);
	for (u32 round = 0; round < ROUNDS; round++) {
		ours[round] = shorts(SHORTS);
		theirs[round] = lwip(what);
	}
	row_of_times(row, SHORTS * 1e9, ours, theirs);
}

static void row_print(const struct row *row)
{
	printf("%-34s %12.4g", row->name, row->ours);
	if (row->lwip > 0)
		printf(" %12.4g", row->lwip);
	else
		printf(" %12s", "");
	if (row->ratio > 0)
		printf(" %7.2f", row->ratio);
	else
		printf(" %7s", "");
	printf("  %s\n", row->unit);
	fflush(stdout);
}

static void rows_write(const char *path, const struct row *rows, u32 count)
{
	FILE *file = fopen(path, "w");

	if (file == NULL) {
		perror(path);
		exit(1);
	}
	fprintf(file, "{\n  \"version\": 1,\n  \"rounds\": %d,\n  \"tcp\": [\n", ROUNDS);
	for (u32 at = 0; at < count; at++)
		fprintf(file,
			"    {\"name\": \"%s\", \"unit\": \"%s\", \"sluice\": %.6g, "
			"\"lwip\": %.6g, \"ratio\": %.4g}%s\n",
			rows[at].name, rows[at].unit, rows[at].ours, rows[at].lwip, rows[at].ratio,
			at + 1 < count ? "," : "");
	fprintf(file, "  ]\n}\n");
	fclose(file);
}

static void find_lwip(const char *self)
{
	const char *slash = strrchr(self, '/');
	u32 folder = slash == NULL ? 0 : (u32)(slash - self) + 1;
	FILE *file;

	snprintf(lwip_program, sizeof lwip_program, "%.*sbench_lwip", (int)folder, self);
	file = fopen(lwip_program, "r");
	if (file != NULL) {
		fclose(file);
		return;
	}
	printf("without bench_lwip, which is not there\n");
	lwip_program[0] = '\0';
}

static void measure(struct row *row)
{
	struct tcp_conf conf;
	double size = lwip("size");

	measure_bulk(row++, 1, BULK_BYTES, 0);
	measure_bulk(row++, MANY, MANY_BYTES, 0);
	measure_bulk(row++, 1, BULK_BYTES, IP4_LEN_MAX);
	measure_shorts(row++);
	bench_conf(&conf, PLAN_STEP);
	row[0].ours = bytes_of(&conf.tcb_limit, &conf);
	row[1].ours = bytes_of(&conf.air_limit, &conf);
	row[2].ours = bytes_of(&conf.half_open_limit, &conf);
	row[3].ours = bytes_of(&conf.time_wait_limit, &conf);
	row[0].lwip = row[2].lwip = row[3].lwip = size;
	row += 4;
	row[0].ours = idle(0);
	row[1].ours = idle(IDLE_LWIP);
	row[2].ours = idle(IDLE);
	row[0].lwip = lwip("idle 0");
	row[1].lwip = lwip("idle 10000");
}

int main(int argc, char **argv)
{
	struct row row[] = {
		{ .name = "bulk, 1 connection", .unit = "Gbit per CPU second" },
		{ .name = "bulk, 1,000 connections", .unit = "Gbit per CPU second" },
		{ .name = "bulk, packets of 64 KB", .unit = "Gbit per CPU second" },
		{ .name = "short connections", .unit = "per CPU second" },
		{ .name = "a connection", .unit = "bytes" },
		{ .name = "more while it has data in flight", .unit = "bytes" },
		{ .name = "a half-open one", .unit = "bytes" },
		{ .name = "one in TIME-WAIT", .unit = "bytes" },
		{ .name = "timers, no connection", .unit = "ns" },
		{ .name = "timers, 10,000 idle connections", .unit = "ns" },
		{ .name = "timers, 100,000 idle connections", .unit = "ns" },
	};

	if (argc != 1 && (argc != 3 || strcmp(argv[1], "--json") != 0))
		give_up("usage: bench_tcp [--json FILE]");
	for (u32 at = 0; at < sizeof source; at++)
		source[at] = (u8)(at * 7);
	find_lwip(argv[0]);
	printf("both ends on one core, CPU time, medians of %d rounds in turn\n", ROUNDS);
	printf("%-34s %12s %12s %7s\n", "", "sluice", "lwIP", "ratio");
	measure(row);
	for (u32 at = 0; at < ARRAY_COUNT(row); at++)
		row_print(&row[at]);
	if (argc == 3)
		rows_write(argv[2], row, ARRAY_COUNT(row));
	return 0;
}
