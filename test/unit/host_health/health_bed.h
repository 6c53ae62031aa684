/* A gateway that checks, and two servers in zones of their own with the same address: three engines
 * and the cables between them, in virtual time.
 *
 *     bed = bed_open(HEALTH_HTTP);
 *     bed->blue.answer = "HTTP/1.1 200 OK\r\n\r\n";
 *     bed_listen(&bed->blue);
 *     bed_check(bed);                         the server of blue, as backend 5 of service 3
 *     is(bed_wait(bed, 1), BACKEND_UP, "HTTP status 200");
 *     bed_close(bed);                         also checks every invariant of the engines
 */
#ifndef TEST_UNIT_HOST_HEALTH_HEALTH_BED_H
#define TEST_UNIT_HOST_HEALTH_HEALTH_BED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/wire/icmp.h"
#include "core/wire/tcp.h"
#include "fake/engine.h"
#include "host/health/health.h"

#define BED_GATEWAY "10.10.0.1"
#define BED_SERVER  "10.10.0.2"
#define BED_STEP_NS (1 * NS_PER_MS)

enum { BED_CHANGES_MAX = 16, BED_PORT = 8080, BED_ASKED_SIZE = 256, BED_STEPS_MAX = 30000 };

struct bed_server {
	struct rig rig;
	bool unplugged;
	bool stays;         /* never closes a connection */
	const char *answer; /* to what ends with an empty line; NULL: none */
	u32 answer_bytes;
	bool more; /* the page goes on later, so no end after the answer */
	sock_id listener;
	sock_id flow; /* the last one */
	u32 answered; /* bytes of it */
	u32 taken;
	u32 ends;   /* connections that the gateway ended in order */
	u32 resets; /* and not */
	u32 asked_len;
	char asked[BED_ASKED_SIZE]; /* on the last one */
};

struct health_bed {
	struct rig gateway;
	struct bed_server blue; /* by RIG_IN, zone 1 */
	struct bed_server red;  /* by RIG_IN2, zone 2 */
	struct health *health;
	struct health_conf conf;
	struct rig_out out;
	struct build echo; /* the last echo request that left to blue, unplugged or not */
	u32 echoes;
	u32 resets; /* that the gateway sent */
	u32 change_count;
	struct health_change change[BED_CHANGES_MAX];
};

/* ---- servers --------------------------------------------------------------------------------- */

static inline void bed_sockets(struct sluice_conf *conf, u32 socks)
{
	struct tcp_conf *tcp = &conf->tcp;

	conf->sockets.sock_limit = socks;
	conf->sockets.op_limit = 1;
	conf->udp.endpoint_limit = socks;
	conf->udp.datagram_limit = conf->udp.queue_limit = 16;
	conf->udp.group_limit = 1;
	tcp->tcb_limit = socks;
	tcp->listener_limit = tcp->half_open_limit = 4;
	tcp->time_wait_limit = 64;
	tcp->segment_limit = 256;
	tcp->range_limit = 16;
	tcp->buffer_bytes = 1 << 20;
	tcp->send_buffer_max = tcp->recv_buffer_max = tcp->recv_buffer_start = 1 << 16;
}

static inline void bed_server_open(struct bed_server *server)
{
	struct sluice_conf *conf = calloc(1, sizeof *conf);

	assert_non_null(conf);
	rig_conf(conf);
	conf->iface_count = 1;
	conf->iface[0].link = IFACE_RAW_IP;
	conf->iface[0].addr[0].addr = addr(BED_SERVER);
	conf->route_count = conf->nat.rule_count = 0;
	bed_sockets(conf, 32);
	rig_open(&server->rig, conf);
	server->listener = server->flow = SOCK_ID_NONE;
	free(conf);
}

static inline void bed_listen(struct bed_server *server)
{
	const struct sock_addr at = { .port = be16_of(BED_PORT) };
	struct sluice *s = server->rig.s;

	assert_int_equal(sluice_socket(s, SOCK_STREAM_KIND, 0, 0, &server->listener), SOCK_OK);
	assert_int_equal(sluice_bind(s, server->listener, &at), SOCK_OK);
	assert_int_equal(sluice_listen(s, server->listener, 8), SOCK_OK);
	assert_int_equal(sluice_watch(s, server->listener, SOCK_READABLE), SOCK_OK);
}

static inline void bed_server_take(struct bed_server *server)
{
	struct sock_addr peer;

	while (sluice_accept(server->rig.s, server->listener, &server->flow, &peer) == SOCK_OK) {
		assert_true(be32_eq(peer.addr, addr(BED_GATEWAY)));
		server->taken++;
		server->asked_len = server->answered = 0;
		(void)sluice_watch(server->rig.s, server->flow, SOCK_READABLE);
	}
}

static inline void bed_server_hear(struct bed_server *server, sock_id flow)
{
	char text[BED_ASKED_SIZE];
	struct sock_buf buf = { .to = text, .bytes = sizeof text };
	struct sluice *s = server->rig.s;
	enum sock_error error = sluice_recv(s, flow, &buf, 0, NULL, server->rig.now);

	if (error == SOCK_AGAIN)
		return;
	if (error == SOCK_OK && buf.got > 0) {
		assert_in_range(server->asked_len + buf.got, 1, sizeof server->asked - 1);
		memcpy(server->asked + server->asked_len, text, buf.got);
		server->asked_len += buf.got;
		server->asked[server->asked_len] = 0;
		return;
	}
	server->ends += error == SOCK_OK;
	server->resets += error == SOCK_RESET;
	(void)sluice_watch(s, flow, 0);
	if (!server->stays || error != SOCK_OK)
		sluice_close(s, flow, server->rig.now);
}

static inline void bed_server_say(struct bed_server *server)
{
	struct sock_out out = { .data = server->answer + server->answered,
				.bytes = server->answer_bytes - server->answered };
	struct sluice *s = server->rig.s;

	if (server->flow == SOCK_ID_NONE || server->asked_len < 4 ||
	    memcmp(server->asked + server->asked_len - 4, "\r\n\r\n", 4) != 0 ||
	    server->answered == server->answer_bytes)
		return;
	if (sluice_send(s, server->flow, &out, server->rig.now) == SOCK_OK)
		server->answered += out.sent;
	if (server->answered == server->answer_bytes && !server->stays && !server->more)
		(void)sluice_shutdown(s, server->flow, SOCK_SHUT_WRITE, server->rig.now);
}

static inline void bed_server_turn(struct bed_server *server)
{
	struct sock_event event[8];
	u32 count = sluice_take_ready(server->rig.s, event, ARRAY_COUNT(event));

	for (u32 i = 0; i < count; i++) {
		if (event[i].sock == server->listener)
			bed_server_take(server);
		else
			bed_server_hear(server, event[i].sock);
	}
	if (server->answer && server->answer_bytes == 0)
		server->answer_bytes = (u32)strlen(server->answer);
	if (server->answer)
		bed_server_say(server);
}

/* ---- the gateway ----------------------------------------------------------------------------- */

static inline void bed_on_change(void *arg, const struct health_change *change)
{
	struct health_bed *bed = arg;

	assert_in_range(bed->change_count, 0, BED_CHANGES_MAX - 1);
	bed->change[bed->change_count++] = *change;
}

/* socks: how many sockets and connections the gateway has room for. */
static inline struct health_bed *bed_open_with(enum health_kind kind, u32 socks)
{
	static const u8 seed[HEALTH_SEED_BYTES] = { 7 };
	struct health_bed *bed = calloc(1, sizeof *bed);
	struct sluice_conf *conf = calloc(1, sizeof *conf);

	assert_non_null(bed);
	assert_non_null(conf);
	bed_server_open(&bed->blue);
	bed_server_open(&bed->red);
	rig_conf(conf);
	rig_conf_zones(conf);
	conf->iface[RIG_IN].link = IFACE_RAW_IP;
	bed_sockets(conf, socks);
	rig_open(&bed->gateway, conf);
	free(conf);
	bed->health = health_new(bed->gateway.s, seed, bed_on_change, bed);
	assert_non_null(bed->health);
	health_conf_defaults(&bed->conf);
	bed->conf.kind = kind;
	bed->conf.interval_ms = bed->conf.timeout_ms = 100;
	memcpy(bed->conf.path, "/alive?x=1", 11);
	return bed;
}

static inline struct health_bed *bed_open(enum health_kind kind)
{
	return bed_open_with(kind, 8);
}

static inline void bed_close(struct health_bed *bed)
{
	health_del(bed->health);
	rig_close(&bed->gateway);
	rig_close(&bed->blue.rig);
	rig_close(&bed->red.rig);
	free(bed);
}

static inline struct health_target bed_target(const struct health_bed *bed, u32 service)
{
	return (struct health_target){ .service = service,
				       .name = "web",
				       .backend = 5,
				       .zone = 1,
				       .addr = addr(BED_SERVER),
				       .port = BED_PORT,
				       .conf = bed->conf };
}

static inline void bed_check_as(struct health_bed *bed, u32 service)
{
	struct health_target target = bed_target(bed, service);

	health_set(bed->health, &target, 1, bed->gateway.now);
}

static inline void bed_check(struct health_bed *bed)
{
	bed_check_as(bed, 3);
}

/* ---- time ------------------------------------------------------------------------------------ */

/* What goes to whom; true: something moved. */
static inline bool bed_carry(struct health_bed *bed)
{
	struct rig_out *out = &bed->out;
	bool moved = false;

	while (rig_next(&bed->gateway, out)) {
		struct bed_server *server = out->out_if == RIG_IN ? &bed->blue : &bed->red;

		moved = true;
		assert_int_equal(out->seen.wrong, 0);
		bed->resets += out->seen.proto == IP_PROTO_TCP && (out->seen.flags & TCP_RST) != 0;
		if (out->seen.proto == IP_PROTO_ICMP && server == &bed->blue) {
			bed->echo = out->frame;
			bed->echoes++;
		}
		if (out->out_if != RIG_OUT && !server->unplugged)
			assert_true(rig_send(&server->rig, 0, &out->frame));
	}
	while (rig_next(&bed->blue.rig, out)) {
		moved = true;
		if (!bed->blue.unplugged)
			assert_true(rig_send(&bed->gateway, RIG_IN, &out->frame));
	}
	while (rig_next(&bed->red.rig, out)) {
		moved = true;
		if (!bed->red.unplugged)
			assert_true(rig_send(&bed->gateway, RIG_IN2, &out->frame));
	}
	return moved;
}

static inline void bed_turn(struct health_bed *bed)
{
	struct sock_event event[8];
	u32 count = sluice_take_ready(bed->gateway.s, event, ARRAY_COUNT(event));

	for (u32 i = 0; i < count; i++)
		(void)health_sock(bed->health, &event[i], bed->gateway.now);
	if (health_next(bed->health) <= bed->gateway.now)
		health_tick(bed->health, bed->gateway.now);
}

static inline void bed_step(struct health_bed *bed)
{
	rig_advance(&bed->gateway, BED_STEP_NS);
	rig_advance(&bed->blue.rig, BED_STEP_NS);
	rig_advance(&bed->red.rig, BED_STEP_NS);
	(void)bed_carry(bed);
	bed_turn(bed);
	bed_server_turn(&bed->blue);
	bed_server_turn(&bed->red);
}

static inline void bed_run_ms(struct health_bed *bed, u32 ms)
{
	for (u32 n = 0; n < ms; n++)
		bed_step(bed);
}

/* Until a counter has got so far. */
static inline void bed_until(struct health_bed *bed, const u32 *counter, u32 count)
{
	for (u32 n = 0; *counter < count && n < BED_STEPS_MAX; n++)
		bed_step(bed);
	assert_int_equal(*counter, count);
}

/* Until so many changes were told. */
static inline const struct health_change *bed_wait(struct health_bed *bed, u32 count)
{
	bed_until(bed, &bed->change_count, count);
	return &bed->change[count - 1];
}

static inline void is(const struct health_change *change, enum backend_state state, const char *why)
{
	assert_int_equal(change->state, state);
	assert_string_equal(change->why, why);
}

#endif
