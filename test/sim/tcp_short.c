/* Short connections, one after the other. */
#include "sim/tcp_short.h"

enum {
	REQUEST = 64,
	REPLY = 200,
	LIMIT_S = 10,
	CHECK_EVERY = 1000,
	PORT_WAIT_MS = 500,
};

struct talk {
	tcp_id id[2]; /* TCP_ID_NONE: not yet, or not any more */
	bool closed[2];
	u32 read[2];
	u8 first;
};

void short_conf_defaults(struct tcp_pair_conf *conf)
{
	tcp_pair_conf_defaults(conf);
	conf->check = false;
	conf->packets = 256;
	for (u32 n = 0; n < 2; n++) {
		struct tcp_conf *tcp = &conf->tcp[n];

		tcp->tcb_limit = tcp->half_open_limit = 16;
		tcp->segment_limit = tcp->range_limit = 64;
		tcp->buffer_bytes = 1 << 20;
		tcp->time_wait_limit = 65536;
		conf->link[n] = (struct link_conf){ .delay_ns = 100 * NS_PER_US,
						    .flight_max = 256 };
	}
}

static void connect_now(struct short_run *run, struct talk *talk)
{
	struct tcp_pair *pair = &run->pair;
	struct tcp_open open = { .key = { .local = tcp_pair_addr(0),
					  .peer = tcp_pair_addr(1),
					  .peer_port = be16_of(TCP_PAIR_PORT) },
				 .opt = run->opt,
				 .mtu = pair->conf.mtu };
	u8 request[REQUEST] = { 1 };
	enum err err;

	while ((err = tcp_connect(&pair->end[0].tcp, &open, &talk->id[0], pair->now)) != ERR_OK) {
		ns_t until = pair->now + PORT_WAIT_MS * NS_PER_MS;

		CHECK(err == ERR_FULL);
		run->no_port++;
		while (tcp_pair_turn(pair, until))
			;
	}
	CHECK(tcp_write(&pair->end[0].tcp, talk->id[0], request, REQUEST, false, pair->now) ==
	      REQUEST);
}

static void close_now(struct short_run *run, struct talk *talk, u8 n)
{
	tcp_close(&run->pair.end[n].tcp, talk->id[n], run->pair.now);
	talk->id[n] = TCP_ID_NONE;
	talk->closed[n] = true;
}

static void serve(struct short_run *run, struct talk *talk, u8 n)
{
	struct tcp *tcp = &run->pair.end[n].tcp;
	u32 wanted = n == 0 ? REPLY : REQUEST;
	const struct tcb *tcb = tcp_find(tcp, talk->id[n]);
	u8 data[REPLY] = { 2 };
	u32 bytes;

	CHECK(tcb != NULL && (tcb->ready & TCP_FAILED) == 0);
	bytes = tcp_read(tcp, talk->id[n], data, sizeof data, run->pair.now);
	talk->read[n] += bytes;
	if (bytes > 0 && talk->read[n] == wanted) {
		if (n == 1)
			CHECK(tcp_write(tcp, talk->id[n], data, REPLY, false, run->pair.now) ==
			      REPLY);
		if (talk->first == n)
			close_now(run, talk, n);
	} else if ((tcb->ready & TCP_PEER_DONE) != 0 && tcb->rcv.len == 0) {
		close_now(run, talk, n);
	}
}

static void short_one(struct short_run *run, u8 first)
{
	struct tcp_pair *pair = &run->pair;
	struct talk talk = { .id = { TCP_ID_NONE, TCP_ID_NONE }, .first = first };
	ns_t begin;

	connect_now(run, &talk);
	begin = pair->now;
	while (!talk.closed[0] || !talk.closed[1]) {
		CHECK(tcp_pair_turn(pair, begin + LIMIT_S * NS_PER_SEC));
		if (talk.id[1] == TCP_ID_NONE && !talk.closed[1])
			talk.id[1] = tcp_accept(&pair->end[1].tcp, pair->end[1].listener, 0);
		for (u8 n = 0; n < 2; n++) {
			if (talk.id[n] != TCP_ID_NONE)
				serve(run, &talk, n);
		}
	}
	CHECK(talk.read[0] == REPLY && talk.read[1] == REQUEST);
	run->longest_ns = pair->now - begin > run->longest_ns ? pair->now - begin : run->longest_ns;
	run->done++;
}

static void note(struct short_run *run)
{
	for (u32 n = 0; n < 2; n++) {
		const struct tcp *tcp = &run->pair.end[n].tcp;

		run->most_tcbs = u32_max(run->most_tcbs, tcp->tcbs.live);
		run->most_time_waits = u32_max(run->most_time_waits, tcp->timewait.slab.live);
		run->most_recs = u32_max(run->most_recs, tcp->recs.live);
		if (run->most_buffer_bytes < tcp->buffers.used_bytes)
			run->most_buffer_bytes = tcp->buffers.used_bytes;
		if (run->done % CHECK_EVERY == 0)
			tcp_check(tcp);
	}
}

void short_go(struct short_run *run, u64 count, u8 first)
{
	for (u64 at = 0; at < count; at++) {
		short_one(run, first);
		note(run);
	}
}
