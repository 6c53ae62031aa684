/* Two TCP stacks and the links between them, in virtual time. */
#include "sim/tcp_pair.h"
#include "core/pkt/segment.h"
#include "core/wire/ip4.h"
#include "fake/build.h"
#include <stdlib.h>

enum { CHUNK = 16384 };

be32 tcp_pair_addr(u32 n)
{
	return addr(n == 0 ? "192.0.2.1" : "198.51.100.1");
}

static u8 byte_at(u8 sender, u64 at)
{
	return (u8)(at ^ at >> 8 ^ at >> 16 ^ (sender + 1u) * 85u);
}

void tcp_pair_conf_defaults(struct tcp_pair_conf *conf)
{
	*conf = (struct tcp_pair_conf){ .mtu = 1500, .packets = 8192, .seed = 1, .check = true };
	for (u32 n = 0; n < 2; n++) {
		tcp_conf_defaults(&conf->tcp[n]);
		conf->link[n] = (struct link_conf){ .rate_bps = 100000000,
						    .delay_ns = 10 * NS_PER_MS,
						    .buffer_packets = 1000,
						    .flight_max = 65536 };
	}
}

/* Zeroed by the system when it is touched: most of a plan never is. */
static void *region_of(const struct mem *plan, struct mem *mem)
{
	u64 size = (plan->used / MEM_LINE + 2) * MEM_LINE;
	u8 *memory = calloc(1, size);
	u64 skip = MEM_LINE - (uintptr_t)memory % MEM_LINE;

	CHECK(memory != NULL);
	mem_init(mem, memory + skip, size - MEM_LINE);
	return memory;
}

static void end_init(struct tcp_pair *pair, u32 n)
{
	struct tcp_end *end = &pair->end[n];
	struct pkt_pool_conf packets = { .small_count = pair->conf.packets,
					 .large_count = TCP_PAIR_LARGE };
	const struct tcp_conf *conf = &pair->conf.tcp[n];
	u8 seed[32] = { (u8)pair->conf.seed, (u8)(pair->conf.seed >> 8),
			(u8)(pair->conf.seed >> 16), (u8)n };
	struct tcp_listen listen = { .addr = tcp_pair_addr(n),
				     .port = be16_of(TCP_PAIR_PORT),
				     .backlog = 1024,
				     .ring = TCP_PAIR_RING_LISTEN };
	struct mem plan, mem;

	mem_init_plan(&plan);
	pkt_pool_layout(&end->pool, &packets, &plan);
	tcp_layout(&end->tcp, conf, &plan);
	end->memory = region_of(&plan, &mem);
	pkt_pool_layout(&end->pool, &packets, &mem);
	tcp_layout(&end->tcp, conf, &mem);
	CHECK(!mem.short_of);
	pkt_pool_init(&end->pool);
	tcp_init(&end->tcp, conf, &end->pool, seed, pair->now);
	tcp_sockopt_defaults(&listen.opt);
	CHECK(tcp_listen(&end->tcp, &listen, &end->listener) == ERR_OK);
}

void tcp_pair_init(struct tcp_pair *pair, const struct tcp_pair_conf *conf)
{
	memset(pair, 0, sizeof *pair);
	pair->conf = *conf;
	pair->now = 3600 * NS_PER_SEC;
	for (u32 n = 0; n < 2; n++) {
		u8 seed[32] = { (u8)conf->seed, (u8)(conf->seed >> 8), (u8)(conf->seed >> 16),
				(u8)(n + 16) };
		struct mem plan, mem;

		end_init(pair, n);
		CHECK(link_conf_check(&conf->link[n]) == ERR_OK);
		mem_init_plan(&plan);
		link_layout(&pair->link[n], &conf->link[n], &plan);
		pair->link_memory[n] = region_of(&plan, &mem);
		link_layout(&pair->link[n], &conf->link[n], &mem);
		link_init(&pair->link[n], seed);
	}
}

void tcp_pair_fini(struct tcp_pair *pair)
{
	for (u32 n = 0; n < 2; n++)
		link_fini(&pair->link[n]);
	for (u32 n = 0; n < 2; n++) {
		struct batch out = { 0 };

		while (tcp_output(&pair->end[n].tcp, &out, pair->now)) {
			for (u32 at = 0; at < out.count; at++)
				pkt_put(out.pkt[at]);
			out.count = 0;
		}
		CHECK(pair->end[n].pool.free_count[PKT_CLASS_SMALL] == pair->conf.packets);
		CHECK(pair->end[n].pool.free_count[PKT_CLASS_LARGE] == TCP_PAIR_LARGE);
		free(pair->end[n].memory);
		free(pair->link_memory[n]);
	}
}

void tcp_pair_talk(struct tcp_pair *pair, u8 from, struct tcp_talk *talk)
{
	CHECK(pair->talk_count < TCP_TALKS_MAX);
	talk->from = from;
	pair->talk[pair->talk_count++] = talk;
}

static void talk_begin(struct tcp_pair *pair, u32 index)
{
	struct tcp_talk *talk = pair->talk[index];
	struct tcp_open open = { .key = { .local = tcp_pair_addr(talk->from),
					  .peer = tcp_pair_addr(!talk->from),
					  .peer_port = be16_of(TCP_PAIR_PORT) },
				 .opt = talk->opt,
				 .mtu = pair->conf.mtu,
				 .owner = index,
				 .ring = TCP_PAIR_RING_TALK };

	talk->begun = true;
	CHECK(tcp_connect(&pair->end[talk->from].tcp, &open, &talk->id[talk->from], pair->now) ==
	      ERR_OK);
	talk->open[talk->from] = true;
}

/* Whose connection it is that was accepted: the port tells. */
static struct tcp_talk *talk_of(struct tcp_pair *pair, u8 acceptor, const struct tcb *tcb)
{
	for (u32 at = 0; at < pair->talk_count; at++) {
		struct tcp_talk *talk = pair->talk[at];
		const struct tcb *other;

		if (talk->from == acceptor || !talk->open[talk->from] || talk->open[acceptor])
			continue;
		other = tcp_find(&pair->end[talk->from].tcp, talk->id[talk->from]);
		if (other != NULL && be16_eq(other->key.local_port, tcb->key.peer_port))
			return talk;
	}
	return NULL;
}

static void accept_all(struct tcp_pair *pair, u8 n)
{
	struct tcp *tcp = &pair->end[n].tcp;
	tcp_id id;

	while ((id = tcp_accept(tcp, pair->end[n].listener, 0)) != TCP_ID_NONE) {
		struct tcp_talk *talk = talk_of(pair, n, tcp_find(tcp, id));

		if (talk == NULL) {
			tcp_close(tcp, id, pair->now);
			continue;
		}
		talk->id[n] = id;
		talk->open[n] = true;
		pair->accepted++;
	}
}

static void talk_read(struct tcp_pair *pair, struct tcp_talk *talk, u8 n)
{
	struct tcp *tcp = &pair->end[n].tcp;
	static u8 chunk[CHUNK];
	u32 bytes;

	while ((bytes = tcp_read(tcp, talk->id[n], chunk, CHUNK, pair->now)) > 0) {
		for (u32 at = 0; at < bytes; at++)
			CHECK(chunk[at] == byte_at(!n, talk->read[n] + at));
		talk->read[n] += bytes;
	}
}

static void talk_write(struct tcp_pair *pair, struct tcp_talk *talk, u8 n)
{
	struct tcp *tcp = &pair->end[n].tcp;
	static u8 chunk[CHUNK];

	while (talk->written[n] < talk->goal[n]) {
		u32 want = (u32)u64_min(CHUNK, talk->goal[n] - talk->written[n]);
		u32 bytes;

		for (u32 at = 0; at < want; at++)
			chunk[at] = byte_at(n, talk->written[n] + at);
		bytes = tcp_write(tcp, talk->id[n], chunk, want, false, pair->now);
		talk->written[n] += bytes;
		if (bytes < want)
			return;
	}
}

static void talk_serve(struct tcp_pair *pair, struct tcp_talk *talk, u8 n)
{
	struct tcp *tcp = &pair->end[n].tcp;
	const struct tcb *tcb = tcp_find(tcp, talk->id[n]);

	if (!talk->is_deaf[n])
		talk_read(pair, talk, n);
	if ((tcb->ready & TCP_FAILED) != 0) {
		talk->error[n] = tcb->error;
		talk->open[n] = false;
		tcp_close(tcp, talk->id[n], pair->now);
		return;
	}
	if ((tcb->ready & TCP_WRITABLE) != 0 && !talk->is_mute[n])
		talk_write(pair, talk, n);
	if (talk->written[n] == talk->goal[n])
		tcp_shutdown(tcp, talk->id[n], pair->now);
	if ((tcb->ready & TCP_PEER_DONE) != 0 && tcb->rcv.len == 0)
		talk->done[n] = true;
	if (talk->done[n] && talk->written[n] == talk->goal[n]) {
		talk->open[n] = false;
		tcp_close(tcp, talk->id[n], pair->now);
	}
	if (talk->done[0] && talk->done[1] && talk->finished_ns == 0)
		talk->finished_ns = pair->now;
}

static void serve(struct tcp_pair *pair)
{
	for (u32 at = 0; at < pair->talk_count; at++) {
		if (!pair->talk[at]->begun && pair->talk[at]->start_ns <= pair->now)
			talk_begin(pair, at);
	}
	for (u8 n = 0; n < 2; n++) {
		accept_all(pair, n);
		for (u32 at = 0; at < pair->talk_count; at++) {
			if (pair->talk[at]->open[n])
				talk_serve(pair, pair->talk[at], n);
		}
	}
}

static void send_one(struct tcp_pair *pair, u32 n, struct pkt *pkt)
{
	CHECK(pkt->len <= pair->conf.mtu);
	if (pair->look == NULL || pair->look(pair, n, pkt, pair->look_of))
		link_in(&pair->link[n], pkt, pair->now);
	else
		pkt_put(pkt);
}

/* A link carries segments as they are on the wire. */
static void send_split(struct tcp_pair *pair, u32 n, struct pkt *pkt)
{
	struct batch parts;

	parts.count = 0;
	if (pkt->gso_type == GSO_NONE) {
		send_one(pair, n, pkt);
		return;
	}
	CHECK(pkt->gso_size < pair->conf.mtu);
	CHECK(pkt_segment(&pair->end[n].pool, pkt, PKT_CSUM_COMPLETE, &parts));
	pkt_put(pkt);
	pair->split++;
	for (u32 at = 0; at < parts.count; at++)
		send_one(pair, n, parts.pkt[at]);
}

static void flush(struct tcp_pair *pair)
{
	for (u32 n = 0; n < 2; n++) {
		struct batch out = { 0 };

		while (tcp_output(&pair->end[n].tcp, &out, pair->now)) {
			for (u32 at = 0; at < out.count; at++)
				send_split(pair, n, out.pkt[at]);
			out.count = 0;
		}
	}
}

static void deliver(struct tcp_pair *pair)
{
	for (u32 n = 0; n < 2; n++) {
		struct tcp_rx rx = { .mtu = pair->conf.mtu };
		struct batch in = { 0 };

		while (link_out(&pair->link[n], &in, pair->now) > 0) {
			for (u32 at = 0; at < in.count; at++) {
				(void)tcp_in(&pair->end[!n].tcp, in.pkt[at], &rx, pair->now);
				pkt_put(in.pkt[at]);
			}
			in.count = 0;
		}
		tcp_tick(&pair->end[n].tcp, pair->now);
	}
}

static ns_t next_event(const struct tcp_pair *pair)
{
	ns_t next = NS_NEVER;

	for (u32 n = 0; n < 2; n++) {
		next = u64_min(next, tcp_next(&pair->end[n].tcp));
		next = u64_min(next, link_next(&pair->link[n]));
	}
	for (u32 at = 0; at < pair->talk_count; at++) {
		if (!pair->talk[at]->begun)
			next = u64_min(next, pair->talk[at]->start_ns);
	}
	return next;
}

bool tcp_pair_turn(struct tcp_pair *pair, ns_t until)
{
	ns_t next;

	flush(pair);
	next = next_event(pair);
	if (next > until) {
		pair->now = until;
		return false;
	}
	pair->now = next > pair->now ? next : pair->now;
	pair->events++;
	deliver(pair);
	if (pair->conf.check) {
		tcp_check(&pair->end[0].tcp);
		tcp_check(&pair->end[1].tcp);
	}
	return true;
}

bool tcp_pair_step(struct tcp_pair *pair, ns_t until)
{
	serve(pair);
	return tcp_pair_turn(pair, until);
}

void tcp_pair_run(struct tcp_pair *pair, ns_t until)
{
	while (tcp_pair_step(pair, until))
		;
}

u32 tcp_pair_goodput(const struct tcp_pair *pair, u8 sender, u64 bytes, ns_t from)
{
	const struct link_conf *link = &pair->conf.link[sender];
	u64 good_bps = link->rate_bps * (LINK_MILLION - link->loss_ppm) / LINK_MILLION;

	return (u32)(bytes * 8 * 1000 / (good_bps * ((pair->now - from) / NS_PER_US) / 1000000));
}
