/* Short connections between the sockets of two engines. */
#include "sim/sock_short.h"

#include <stdlib.h>

enum { REQUEST = 64, REPLY = 200, LIMIT_S = 10, QUIET_S = 300, BACKLOG = 4 };

#define DELAY_NS (100 * NS_PER_US)

static const char *const addrs[2] = { "198.18.0.1", "198.18.0.9" };

struct talk {
	sock_id id[2]; /* SOCK_ID_NONE: not yet, or not any more */
	bool asked;
	bool closed[2];
	u32 read[2];
	u8 first;
};

struct sock_short *sock_short_new(void)
{
	struct sock_short *run = calloc(1, sizeof *run);

	CHECK(run != NULL);
	for (u32 n = 0; n < 2; n++) {
		struct sluice_conf *conf = &run->conf[n];

		rig_conf(conf);
		conf->iface[RIG_OUT].addr[0].addr = addr(addrs[n]);
		conf->iface[RIG_OUT].mac.byte[5] = (u8)(0x80 + n);
		conf->seed[0] = (u8)n;
		conf->ct.flow_count = 65536;
		sock_conf_defaults(&conf->sockets);
		conf->sockets.sock_limit = conf->sockets.op_limit = 16;
		tcp_conf_defaults(&conf->tcp);
		conf->tcp.tcb_limit = conf->tcp.half_open_limit = 16;
		conf->tcp.listener_limit = 4;
		conf->tcp.segment_limit = conf->tcp.range_limit = 64;
		conf->tcp.buffer_bytes = 1 << 20;
		conf->tcp.time_wait_limit = 65536;
	}
	return run;
}

void sock_short_open(struct sock_short *run)
{
	struct sock_addr any = { .port = be16_of(SOCK_SHORT_PORT) };
	struct sluice *s;

	for (u32 n = 0; n < 2; n++)
		rig_open(&run->rig[n], &run->conf[n]);
	run->now = run->rig[0].now;
	s = run->rig[1].s;
	CHECK(sluice_socket(s, SOCK_STREAM_KIND, 0, 0, &run->listener) == SOCK_OK);
	CHECK(sluice_bind(s, run->listener, &any) == SOCK_OK);
	CHECK(sluice_listen(s, run->listener, BACKLOG) == SOCK_OK);
}

/* ---- the wire -------------------------------------------------------------------------------- */

/* What an engine sends, to the other one a little later. */
static void flush(struct sock_short *run, u32 from)
{
	static struct rig_out out;

	while (rig_next(&run->rig[from], &out)) {
		u32 at = (run->air_first + run->air_count++) % SOCK_SHORT_AIR;
		u32 len = out.frame.len - out.frame.l3;

		CHECK(run->air_count <= SOCK_SHORT_AIR && len <= SOCK_SHORT_FRAME_MAX);
		CHECK(out.parsed && out.seen.wrong == 0 && out.out_if == RIG_OUT);
		run->air[at] = (struct sock_short_air){ .due_ns = run->now + DELAY_NS,
							.to = !from,
							.len = len };
		memcpy(run->air[at].bytes, out.frame.bytes + out.frame.l3, len);
	}
}

static void deliver(struct sock_short *run)
{
	static struct build b;

	while (run->air_count > 0 && run->air[run->air_first].due_ns <= run->now) {
		const struct sock_short_air *air = &run->air[run->air_first];

		build_start(&b);
		build_bytes(&b, air->bytes, air->len);
		CHECK(rig_send(&run->rig[air->to], RIG_OUT, &b));
		run->air_first = (run->air_first + 1) % SOCK_SHORT_AIR;
		run->air_count--;
	}
}

/* To the next event, `until` at the latest. */
static void turn(struct sock_short *run, ns_t until)
{
	ns_t next = until;

	for (u32 n = 0; n < 2; n++) {
		flush(run, n);
		next = u64_min(next, sluice_next(run->rig[n].s));
	}
	if (run->air_count > 0)
		next = u64_min(next, run->air[run->air_first].due_ns);
	run->now = next > run->now ? next : run->now;
	for (u32 n = 0; n < 2; n++)
		run->rig[n].now = run->now;
	deliver(run);
	for (u32 n = 0; n < 2; n++) {
		if (sluice_next(run->rig[n].s) <= run->now)
			sluice_tick(run->rig[n].s, run->now);
	}
}

void sock_short_wait(struct sock_short *run, ns_t by_ns)
{
	ns_t until = run->now + by_ns;

	while (run->now < until)
		turn(run, until);
}

/* ---- one connection -------------------------------------------------------------------------- */

static void say(struct sock_short *run, u32 n, sock_id id, u32 bytes)
{
	static const u8 data[REPLY];
	struct sock_out out = { .data = data, .bytes = bytes };

	CHECK(sluice_send(run->rig[n].s, id, &out, run->now) == SOCK_OK && out.sent == bytes);
}

static void close_now(struct sock_short *run, struct talk *talk, u32 n)
{
	sluice_close(run->rig[n].s, talk->id[n], run->now);
	talk->id[n] = SOCK_ID_NONE;
	talk->closed[n] = true;
}

static void serve(struct sock_short *run, struct talk *talk, u32 n)
{
	u32 wanted = n == 0 ? REPLY : REQUEST;
	u8 data[REPLY];
	struct sock_buf buf = { .to = data, .bytes = sizeof data };
	u8 ready = sluice_sock_ready(run->rig[n].s, talk->id[n]);
	enum sock_error error;

	CHECK((ready & SOCK_FAILED) == 0);
	if (n == 0 && !talk->asked && (ready & SOCK_CONNECTED) != 0) {
		say(run, 0, talk->id[0], REQUEST);
		talk->asked = true;
	}
	if ((ready & SOCK_READABLE) == 0)
		return;
	error = sluice_recv(run->rig[n].s, talk->id[n], &buf, 0, NULL, run->now);
	CHECK(error == SOCK_OK);
	talk->read[n] += buf.got;
	if (buf.got == 0) {
		close_now(run, talk, n);
		return;
	}
	CHECK(talk->read[n] <= wanted);
	if (talk->read[n] < wanted)
		return;
	if (n == 1)
		say(run, 1, talk->id[1], REPLY);
	if (talk->first == n)
		close_now(run, talk, n);
}

static void accept_one(struct sock_short *run, struct talk *talk)
{
	struct sock_addr peer;

	if (talk->id[1] == SOCK_ID_NONE && !talk->closed[1])
		(void)sluice_accept(run->rig[1].s, run->listener, &talk->id[1], &peer);
}

enum sock_error sock_short_one(struct sock_short *run, u8 first)
{
	struct sock_addr server = { addr(addrs[1]), be16_of(SOCK_SHORT_PORT) };
	struct talk talk = { .id = { SOCK_ID_NONE, SOCK_ID_NONE }, .first = first };
	struct sluice *s = run->rig[0].s;
	ns_t begin = run->now;
	enum sock_error error;

	CHECK(sluice_socket(s, SOCK_STREAM_KIND, 0, 0, &talk.id[0]) == SOCK_OK);
	error = sluice_connect(s, talk.id[0], &server, run->now);
	if (error != SOCK_IN_PROGRESS) {
		sluice_close(s, talk.id[0], run->now);
		return error;
	}
	while (!talk.closed[0] || !talk.closed[1]) {
		CHECK(run->now < begin + LIMIT_S * NS_PER_SEC);
		turn(run, begin + LIMIT_S * NS_PER_SEC);
		accept_one(run, &talk);
		for (u32 n = 0; n < 2; n++) {
			if (talk.id[n] != SOCK_ID_NONE)
				serve(run, &talk, n);
		}
	}
	CHECK(talk.read[0] == REPLY && talk.read[1] == REQUEST);
	if (run->now - begin > run->longest_ns)
		run->longest_ns = run->now - begin;
	run->done++;
	return SOCK_OK;
}

void sock_short_close(struct sock_short *run)
{
	sock_short_wait(run, QUIET_S * NS_PER_SEC);
	for (u32 n = 0; n < 2; n++) {
		const struct sock_table *socks = &run->rig[n].s->socks;

		CHECK(socks->socks.live == n && socks->tcp.tcbs.live == 0);
		CHECK(socks->tcp.timewait.slab.live == 0 && socks->tcp.buffers.used_bytes == 0);
		CHECK(sluice_flow_count(run->rig[n].s) == 0);
		CHECK(rig_drop_sum(&run->rig[n]) == 0);
		rig_close(&run->rig[n]);
	}
	free(run);
}
