/* One public address and port, 200,000 clients connected at once, several servers behind it. One
 * server dies, one is drained, one is added; each client is asked afterwards whether its connection
 * is what it was. More clients than ports there are: a service needs none.                       */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake/service.h"
#include "sim/scene.h"

enum {
	CLIENTS = 200000,
	LATE = 20000, /* that come while a server is drained, and again as many when one is new */
	ALL = CLIENTS + 2 * LATE,
	SERVERS = 6, /* 10.10.1.1 to 10.10.1.6; the last is added late */
	NOBODY = 0,
	FLOW_BYTES_MAX = 200,
};

#define PUBLIC "198.18.0.1"

struct crowd {
	struct scene *s;
	u8 server[ALL]; /* whom each client is connected with: 1 and on */
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

static void server_set(struct crowd *c, u8 server, enum backend_state state)
{
	assert_int_equal(sluice_backend_set(c->s->rig.s, 0, server - 1u, state, c->s->rig.now),
			 ERR_OK);
}

static struct crowd *crowd_open(u64 *flow_bytes)
{
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
	c->s->conf.ct.flow_count = 16;
	sluice_plan(&c->s->conf, &without);
	c->s->conf.ct.flow_count = ALL + 16;
	sluice_plan(&c->s->conf, &with);
	*flow_bytes = (with.used - without.used) / ALL;
	rig_open(&c->s->rig, &c->s->conf);
	return c;
}

static void print_shares(const struct crowd *c, const char *when, u32 first, u32 count)
{
	printf("%s:", when);
	for (u8 server = 1; server <= SERVERS; server++)
		printf(" %u", count_of(c, first, count, server));
	printf("\n");
}

static void two_hundred_thousand_clients(void **state)
{
	u64 flow_bytes;
	struct crowd *c = crowd_open(&flow_bytes);
	u32 dead, drained, late;

	(void)state;
	connect_all(c, 0, CLIENTS);
	print_shares(c, "200,000 clients on 5 servers", 0, CLIENTS);
	assert_int_equal(sluice_flow_count(c->s->rig.s), CLIENTS);
	assert_int_equal(rig_ports_held(&c->s->rig), 0);
	assert_int_equal(rig_mapping_count(&c->s->rig), 0);
	printf("memory: %llu bytes a flow, planned at start\n", (unsigned long long)flow_bytes);
	assert_true(flow_bytes <= FLOW_BYTES_MAX);
	for (u8 server = 1; server < SERVERS; server++)
		assert_in_range(count_of(c, 0, CLIENTS, server), CLIENTS / 5 * 95 / 100,
				CLIENTS / 5 * 105 / 100);

	dead = count_of(c, 0, CLIENTS, 2);
	server_set(c, 2, BACKEND_DOWN);
	assert_int_equal(everybody_sends(c, CLIENTS, 2), dead);
	printf("server 2 died: %u reset, its own; %u untouched\n", dead, CLIENTS - dead);

	server_set(c, 3, BACKEND_DRAINING);
	connect_all(c, CLIENTS, LATE);
	print_shares(c, "20,000 more while server 3 drains", CLIENTS, LATE);
	assert_int_equal(count_of(c, CLIENTS, LATE, 2) + count_of(c, CLIENTS, LATE, 3), 0);
	assert_int_equal(everybody_sends(c, CLIENTS + LATE, NOBODY), 0);

	/* Added: nobody who is connected notices. */
	(void)fake_backend(&c->s->conf.nat.balance, "10.10.1.6", 8443);
	assert_true(rig_configure(&c->s->rig, &c->s->conf));
	assert_int_equal(everybody_sends(c, CLIENTS + LATE, NOBODY), 0);
	connect_all(c, CLIENTS + LATE, LATE);
	print_shares(c, "20,000 more with server 6", CLIENTS + LATE, LATE);
	late = count_of(c, CLIENTS + LATE, LATE, 6);
	assert_in_range(late, LATE / 4 * 90 / 100, LATE / 4 * 110 / 100);

	drained = count_of(c, 0, ALL, 3);
	rig_advance(&c->s->rig, 301 * NS_PER_SEC);
	assert_int_equal(everybody_sends(c, ALL, 3), drained);
	printf("server 3 was drained for its time: %u reset, its own; %u untouched\n", drained,
	       ALL - dead - drained);
	assert_int_equal(sluice_flow_count(c->s->rig.s), ALL - dead - drained);
	assert_int_equal(rig_counter(&c->s->rig, "service_reset"), dead + drained);
	assert_int_equal(rig_counter(&c->s->rig, "service_moved"), 0);
	assert_int_equal(rig_counter(&c->s->rig, "service_stale"), 0);
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
