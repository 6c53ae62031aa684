/* One public address and port, 200,000 clients connected at once, several servers behind it. One
 * server dies, one hangs, one asks to be drained, which its checks by HTTP find out; one is added.
 * Each client is asked afterwards whether its connection is what it was. More clients than ports
 * there are: a service needs none.                                                               */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake/service.h"
#include "host/health/health.h"
#include "sim/scene.h"

enum {
	CLIENTS = 200000,
	LATE = 20000, /* that come while a server is drained, and again as many when one is new */
	ALL = CLIENTS + 2 * LATE,
	SERVERS = 6, /* 10.10.1.1 to 10.10.1.6; the last is added late */
	NOBODY = 0,
	FLOW_BYTES_MAX = 200,
	STEPS_MAX = 5000, /* until checks have found something out */
};

#define PUBLIC  "198.18.0.1"
#define GATEWAY "10.10.0.1"
#define STEP_NS (20 * NS_PER_MS)

/* What a server makes of a check. */
enum mood {
	ALIVE,
	DEAD,    /* its host refuses connections */
	HANGING, /* its host takes them, and what they say, but nobody answers */
	LEAVING, /* it asks for no new clients */
};

struct crowd {
	struct scene *s;
	struct health *health;
	enum mood mood[SERVERS + 1];
	enum backend_state found[SERVERS + 1]; /* by checks */
	u8 server[ALL];                        /* whom each client is connected with: 1 and on */
};

static be32 client_addr(u32 n)
{
	return be32_of(be32_host(addr("100.64.0.0")) + n / 4);
}

static u16 client_port(u32 n)
{
	return (u16)(2000 + n % 4);
}

/* What client and server have sent so far ends here: each connection has numbers of its own. */
static u32 client_seq(u32 n)
{
	return n * 2654435761u;
}

static u32 server_seq(u32 n)
{
	return n * 2246822519u + 99;
}

static void client_sends(struct crowd *c, u32 n, u8 flags)
{
	bool first = flags == TCP_SYN;

	build_tcp4(&c->s->in, client_addr(n), client_port(n), addr(PUBLIC), 443, flags);
	build_tcp4_at(&c->s->in, client_seq(n) - first, first ? 0 : server_seq(n));
	assert_true(rig_send(&c->s->rig, RIG_OUT, &c->s->in));
}

static u8 server_reached(struct crowd *c)
{
	u32 server = be32_host(c->s->out.seen.dst) - be32_host(addr("10.10.1.0"));

	assert_int_equal(c->s->out.out_if, RIG_IN);
	assert_int_equal(c->s->out.seen.dport, 8443);
	assert_in_range(server, 1, SERVERS);
	return (u8)server;
}

static void server_answers(struct crowd *c, u32 n)
{
	be32 server = be32_of(be32_host(addr("10.10.1.0")) + c->server[n]);

	build_tcp4(&c->s->in, server, 8443, client_addr(n), client_port(n), TCP_SYN | TCP_ACK);
	build_tcp4_at(&c->s->in, server_seq(n) - 1, client_seq(n));
	assert_true(rig_send(&c->s->rig, RIG_IN, &c->s->in));
	scene_expect(c->s, RIG_OUT);
	assert_true(be32_eq(c->s->out.seen.src, addr(PUBLIC)));
	assert_true(be32_eq(c->s->out.seen.dst, client_addr(n)));
	assert_int_equal(c->s->out.seen.dport, client_port(n));
}

static void connect_all(struct crowd *c, u32 first, u32 count)
{
	for (u32 n = first; n < first + count; n++) {
		client_sends(c, n, TCP_SYN);
		scene_expect(c->s, RIG_IN);
		c->server[n] = server_reached(c);
		assert_true(be32_eq(c->s->out.seen.src, client_addr(n)));
		assert_int_equal(c->s->out.seen.sport, client_port(n));
		server_answers(c, n);
		client_sends(c, n, TCP_ACK);
		scene_expect(c->s, RIG_IN);
		assert_int_equal(server_reached(c), c->server[n]);
	}
}

static u32 count_of(const struct crowd *c, u32 first, u32 count, u8 server)
{
	u32 found = 0;

	for (u32 n = first; n < first + count; n++)
		found += c->server[n] == server;
	return found;
}

/* Every client that is connected sends: those of `gone` get a reset that they must believe, all
 * others reach their own server. Returns how many were reset.                                    */
static u32 everybody_sends(struct crowd *c, u32 count, u8 gone)
{
	u32 reset = 0;

	for (u32 n = 0; n < count; n++) {
		if (c->server[n] == NOBODY)
			continue;
		client_sends(c, n, TCP_ACK);
		assert_true(rig_next(&c->s->rig, &c->s->out));
		if (c->server[n] != gone) {
			assert_int_equal(server_reached(c), c->server[n]);
			continue;
		}
		assert_int_equal(c->s->out.out_if, RIG_OUT);
		assert_int_equal(c->s->out.seen.flags, TCP_RST);
		assert_int_equal(c->s->out.seen.seq, server_seq(n));
		assert_int_equal(c->s->out.seen.sport, 443);
		assert_true(be32_eq(c->s->out.seen.dst, client_addr(n)));
		c->server[n] = NOBODY;
		reset++;
	}
	return reset;
}

/* ---- checks ---------------------------------------------------------------------------------- */

static void say(struct crowd *c, u8 flags, u32 ack, const char *text)
{
	const struct seen seen = c->s->out.seen;
	u32 page_seq = seen.seq * 2246822519u; /* of a number that asks for it, always the same */
	struct build *b = &c->s->in;

	build_start(b);
	build_ip4(b, seen.dst, seen.src, IP_PROTO_TCP);
	build_tcp(b, seen.dport, seen.sport, flags, (flags & TCP_SYN) != 0 ? page_seq : seen.ack,
		  ack);
	build_bytes(b, text, (u32)strlen(text));
	build_seal(b);
	assert_true(rig_send(&c->s->rig, RIG_IN, b));
}

/* The host of a server and the server, as far as a check sees them. */
static void server_is_asked(struct crowd *c)
{
	const struct seen *seen = &c->s->out.seen;
	enum mood mood = c->mood[server_reached(c)];
	u32 next = seen->seq + seen->data_len + ((seen->flags & (TCP_SYN | TCP_FIN)) != 0);

	assert_true(be32_eq(seen->src, addr(GATEWAY)));
	if ((seen->flags & TCP_RST) != 0)
		return;
	if ((seen->flags & TCP_SYN) != 0)
		say(c, mood == DEAD ? TCP_RST | TCP_ACK : TCP_SYN | TCP_ACK, next, "");
	else if (seen->data_len > 0 && mood != HANGING)
		say(c, TCP_FIN | TCP_ACK, next,
		    mood == LEAVING ? "HTTP/1.0 404 -\r\n\r\n" : "HTTP/1.0 200 -\r\n\r\n");
	else if (next != seen->seq)
		say(c, TCP_ACK, next, "");
}

static void on_change(void *arg, const struct health_change *change)
{
	struct crowd *c = arg;

	c->found[change->backend + 1] = change->state;
	assert_int_equal(sluice_backend_set(c->s->rig.s, change->service, change->backend,
					    change->state, c->s->rig.now),
			 ERR_OK);
}

static void check_servers(struct crowd *c, u32 count)
{
	struct health_target target[SERVERS] = { 0 };

	for (u32 at = 0; at < count; at++) {
		target[at] = (struct health_target){
			.backend = at,
			.name = "push",
			.addr = be32_of(be32_host(addr("10.10.1.1")) + at),
			.port = 8443,
		};
		health_conf_defaults(&target[at].conf);
		target[at].conf.kind = HEALTH_HTTP;
		target[at].conf.path[0] = '/';
		target[at].conf.drain_status = 404;
	}
	health_set(c->health, target, count, c->s->rig.now);
}

static void time_passes(struct crowd *c)
{
	struct rig *rig = &c->s->rig;
	struct sock_event event[SERVERS];
	u32 count;

	rig_advance(rig, STEP_NS);
	if (health_next(c->health) <= rig->now)
		health_tick(c->health, rig->now);
	do {
		rig_advance(rig, 0); /* what sockets have to say at once */
		while (rig_next(rig, &c->s->out))
			server_is_asked(c);
		count = sluice_take_ready(rig->s, event, ARRAY_COUNT(event));
		for (u32 at = 0; at < count; at++)
			(void)health_sock(c->health, &event[at], rig->now);
	} while (count > 0);
}

/* Until the checks have found out what a server is now, and the others are what they were. */
static void server_becomes(struct crowd *c, u8 server, enum mood mood, enum backend_state state)
{
	enum backend_state found[SERVERS + 1];

	memcpy(found, c->found, sizeof found);
	found[server] = state;
	c->mood[server] = mood;
	for (u32 n = 0; c->found[server] != state && n < STEPS_MAX; n++)
		time_passes(c);
	assert_memory_equal(c->found, found, sizeof found);
}

static bool all_are_up(const struct crowd *c)
{
	for (u8 server = 1; server < SERVERS; server++) {
		if (c->found[server] != BACKEND_UP)
			return false;
	}
	return true;
}

/* Of the gateway itself: what its checks made. */
static u32 flows_of_checks(struct crowd *c)
{
	const struct sluice_flow_filter own = { .addr = addr(GATEWAY), .addr_len = 32 };
	struct sluice_flow flow[SERVERS];
	u32 cursor = 0, count = 0;

	while (cursor != SLUICE_CURSOR_END)
		count += sluice_show_flows(c->s->rig.s, &own, c->s->rig.now, &cursor, flow,
					   SERVERS);
	return count;
}

static u32 flows_of_clients(struct crowd *c)
{
	return sluice_flow_count(c->s->rig.s) - flows_of_checks(c);
}

/* ---- the scenario ---------------------------------------------------------------------------- */

static void sockets_are_had(struct sluice_conf *conf)
{
	conf->sockets.sock_limit = conf->sockets.op_limit = 2 * SERVERS;
	conf->tcp.tcb_limit = conf->tcp.time_wait_limit = 4 * SERVERS;
	conf->tcp.segment_limit = conf->tcp.range_limit = 16 * SERVERS;
	conf->tcp.buffer_bytes = 1 << 20;
	conf->tcp.send_buffer_max = conf->tcp.recv_buffer_max = conf->tcp.recv_buffer_start = 4096;
}

static struct crowd *crowd_open(u64 *flow_bytes)
{
	static const u8 seed[HEALTH_SEED_BYTES] = { 7 };
	struct crowd *c = calloc(1, sizeof *c);
	struct mem with, without;

	assert_non_null(c);
	c->s = scene_conf();
	(void)fake_service(&c->s->conf.nat.balance, "push", PUBLIC, 443);
	for (u32 server = 1; server < SERVERS; server++) {
		char text[16];

		snprintf(text, sizeof text, "10.10.1.%u", server);
		(void)fake_backend(&c->s->conf.nat.balance, text, 8443);
	}
	sockets_are_had(&c->s->conf);
	c->s->conf.ct.flow_count = 16;
	sluice_plan(&c->s->conf, &without);
	c->s->conf.ct.flow_count = ALL + 16;
	sluice_plan(&c->s->conf, &with);
	*flow_bytes = (with.used - without.used) / ALL;
	rig_open(&c->s->rig, &c->s->conf);
	c->health = health_new(c->s->rig.s, seed, on_change, c);
	assert_non_null(c->health);
	check_servers(c, SERVERS - 1);
	for (u8 server = 1; server < SERVERS; server++)
		c->found[server] = BACKEND_DOWN;
	for (u32 n = 0; !all_are_up(c) && n < STEPS_MAX; n++)
		time_passes(c);
	assert_true(all_are_up(c));
	return c;
}

static void print_shares(const struct crowd *c, const char *when, u32 first, u32 count)
{
	printf("%s:", when);
	for (u8 server = 1; server <= SERVERS; server++)
		printf(" %u", count_of(c, first, count, server));
	printf("\n");
}

static u32 those_of(struct crowd *c, u8 server, u32 count, const char *what)
{
	u32 own = count_of(c, 0, count, server);

	assert_int_equal(everybody_sends(c, count, server), own);
	printf("server %u %s: %u reset, its own; %u untouched\n", server, what, own,
	       count - count_of(c, 0, count, NOBODY));
	return own;
}

static void two_hundred_thousand_clients(void **state)
{
	u64 flow_bytes;
	struct crowd *c = crowd_open(&flow_bytes);
	u32 gone, late;

	(void)state;
	connect_all(c, 0, CLIENTS);
	print_shares(c, "200,000 clients on 5 servers", 0, CLIENTS);
	assert_int_equal(flows_of_clients(c), CLIENTS);
	assert_int_equal(rig_ports_held(&c->s->rig), 0);
	assert_int_equal(rig_mapping_count(&c->s->rig), 0);
	printf("memory: %llu bytes a flow, planned at start\n", (unsigned long long)flow_bytes);
	assert_true(flow_bytes <= FLOW_BYTES_MAX);
	for (u8 server = 1; server < SERVERS; server++)
		assert_in_range(count_of(c, 0, CLIENTS, server), CLIENTS / 5 * 95 / 100,
				CLIENTS / 5 * 105 / 100);

	server_becomes(c, 2, DEAD, BACKEND_DOWN);
	gone = those_of(c, 2, CLIENTS, "died");
	server_becomes(c, 4, HANGING, BACKEND_DOWN);
	gone += those_of(c, 4, CLIENTS, "hung");

	server_becomes(c, 3, LEAVING, BACKEND_DRAINING);
	connect_all(c, CLIENTS, LATE);
	print_shares(c, "20,000 more while server 3 drains", CLIENTS, LATE);
	assert_int_equal(count_of(c, CLIENTS, LATE, 1) + count_of(c, CLIENTS, LATE, 5), LATE);
	assert_int_equal(everybody_sends(c, CLIENTS + LATE, NOBODY), 0);

	/* Added, and nobody is sent there until it is found to be up: nobody who is connected
	 * notices.                                                                               */
	(void)fake_backend(&c->s->conf.nat.balance, "10.10.1.6", 8443);
	assert_true(rig_configure(&c->s->rig, &c->s->conf));
	c->found[6] = BACKEND_DOWN;
	assert_int_equal(sluice_backend_set(c->s->rig.s, 0, 5, BACKEND_DOWN, c->s->rig.now),
			 ERR_OK);
	check_servers(c, SERVERS);
	server_becomes(c, 6, ALIVE, BACKEND_UP);
	assert_int_equal(everybody_sends(c, CLIENTS + LATE, NOBODY), 0);
	connect_all(c, CLIENTS + LATE, LATE);
	print_shares(c, "20,000 more with server 6", CLIENTS + LATE, LATE);
	late = count_of(c, CLIENTS + LATE, LATE, 6);
	assert_in_range(late, LATE / 3 * 90 / 100, LATE / 3 * 110 / 100);

	for (u32 n = 0; n < 301 * NS_PER_SEC / STEP_NS; n++)
		time_passes(c);
	gone += those_of(c, 3, ALL, "was drained for its time");
	assert_int_equal(flows_of_clients(c), ALL - gone);
	assert_int_equal(rig_counter(&c->s->rig, "service_reset"), gone);
	assert_int_equal(rig_counter(&c->s->rig, "service_moved"), 0);
	assert_int_equal(rig_counter(&c->s->rig, "service_stale"), 0);
	health_del(c->health);
	scene_end(c->s);
	free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_hundred_thousand_clients),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
