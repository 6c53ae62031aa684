/* Scenarios of numbers: as many connections as there are ports, and what happens when there are no
 * more; the table when it is full.                                                               */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/wire/icmp.h"
#include "sim/scene.h"

enum { PORTS = 64512 /* 1024..65535 */, MANY = 70000 };

static struct scene *scene_big(u32 flows)
{
	struct scene *s = scene_conf();

	s->conf.ct.flow_count = flows;
	s->conf.nat.dest_count = 8;
	/* TCP is per destination by default; nothing expires while the test runs. */
	return s;
}

/* A SYN of flow number n, from as many inside hosts as it needs. */
static void syn_of(struct scene *s, u32 n, const char *dst)
{
	be32 host = be32_of(be32_host(addr("10.10.1.0")) + n / 50000);

	build_tcp4(&s->in, host, (u16)(10000 + n % 50000), addr(dst), 443, TCP_SYN);
}

/* Sends it; what comes out lands in s->out. False when the gateway refused. */
static bool syn_passes(struct scene *s, u32 n, const char *dst)
{
	syn_of(s, n, dst);
	assert_true(rig_send(&s->rig, RIG_IN, &s->in));
	assert_true(rig_next(&s->rig, &s->out));
	return s->out.out_if == RIG_OUT;
}

struct taken {
	u8 port[8][65536];
};

static void take(struct taken *taken, u32 which, u16 port)
{
	assert_int_equal(taken->port[which][port], 0);
	taken->port[which][port] = 1;
}

static struct taken *taken_new(void)
{
	struct taken *taken = calloc(1, sizeof *taken);

	assert_non_null(taken);
	return taken;
}

/* One public address, two destinations: far more than 65,536 flows, and each answer finds home. */
static void seventy_thousand_flows_to_two_destinations(void **state)
{
	static const char *const dst[2] = { "203.0.113.9", "203.0.113.10" };
	struct taken *taken = taken_new();
	struct scene *s = scene_big(MANY + 16);

	(void)state;
	rig_open(&s->rig, &s->conf);
	for (u32 n = 0; n < MANY; n++) {
		assert_true(syn_passes(s, n, dst[n % 2]));
		assert_int_equal(be32_host(s->out.seen.src), be32_host(addr("198.18.0.1")));
		assert_true(s->out.seen.sport >= 1024);
		take(taken, n % 2, s->out.seen.sport);
		if (n % 1000 == 999) {
			be32 inside = build_ip(&s->in)->src;
			u16 port = be16_host(build_tcp_hdr(&s->in)->sport);

			scene_tcp_reply(s, TCP_SYN | TCP_ACK);
			assert_true(rig_send(&s->rig, RIG_OUT, &s->in));
			scene_expect(s, RIG_IN);
			assert_int_equal(be32_host(s->out.seen.dst), be32_host(inside));
			assert_int_equal(s->out.seen.dport, port);
		}
	}
	assert_int_equal(sluice_flow_count(s->rig.s), MANY);
	scene_end(s);
	free(taken);
}

/* Exactly as many as there are ports; the next one is refused with 3/13, and told of. */
static void ports_out_exactly(struct scene *s, u32 addresses)
{
	struct taken *taken = taken_new();
	u32 want = PORTS * addresses;
	struct sluice_event event;
	bool told = false;

	rig_open(&s->rig, &s->conf);
	for (u32 n = 0; n < want; n++) {
		u32 which;

		assert_true(syn_passes(s, n, "203.0.113.9"));
		which = addresses == 1 ? 0 : be32_host(s->out.seen.src) & 7;
		assert_true(which < 8);
		take(taken, which, s->out.seen.sport);
	}
	assert_int_equal(sluice_flow_count(s->rig.s), want);
	syn_of(s, want, "203.0.113.9");
	scene_error(s, RIG_IN, DROP_NAT_NO_PORT, ICMP_UNREACH, ICMP_UNREACH_PROHIBITED);
	/* Another destination has all its ports. */
	assert_true(syn_passes(s, want, "203.0.113.10"));
	assert_int_equal(sluice_flow_count(s->rig.s), want + 1);
	rig_advance(&s->rig, 5 * NS_PER_SEC);
	while (sluice_event_next(s->rig.s, &event)) {
		if (event.kind != SLUICE_EVENT_PORTS_OUT)
			continue;
		told = true;
		assert_int_equal(be32_host(event.dst), be32_host(addr("203.0.113.9")));
		assert_int_equal(be16_host(event.dport), 443);
		assert_true(event.holder_count >= 1);
		assert_true(event.holder[0].held >= PORTS / 4);
	}
	assert_true(told);
	scene_end(s);
	free(taken);
}

static void ports_out_to_one_destination_at_64512(void **state)
{
	(void)state;
	ports_out_exactly(scene_big(PORTS + 16), 1);
}

static void two_addresses_carry_twice_as_many(void **state)
{
	struct scene *s = scene_big(2 * PORTS + 16);

	(void)state;
	rig_conf_pool(&s->conf, "198.18.1.0", "198.18.1.1");
	ports_out_exactly(s, 2);
}

/* RFC 4787 REQ-2 with strict pairing: a host whose address is used up is not moved to another. */
static void strict_pairing_refuses_earlier(void **state)
{
	struct scene *s = scene_big(512);
	u32 refused = 0;

	(void)state;
	rig_conf_pool(&s->conf, "198.18.1.0", "198.18.1.1");
	s->conf.nat.pool[0].port_first = 4000;
	s->conf.nat.pool[0].port_last = 4099;
	s->conf.nat.pool[0].strict_pairing = true;
	rig_open(&s->rig, &s->conf);
	for (u32 n = 0; n < 150; n++)
		refused += !syn_passes(s, n, "203.0.113.9");
	assert_int_equal(refused, 50);
	scene_end(s);
}

/* A port that is given back can be used again at once by another flow to the same destination. */
static void a_port_comes_back(void **state)
{
	struct scene *s = scene_big(512);

	(void)state;
	s->conf.nat.masquerade_port_first = s->conf.nat.masquerade_port_last = 4000;
	s->conf.ct.timeout_s[CT_TIMEOUT_TCP_OPENING] = 10;
	rig_open(&s->rig, &s->conf);
	assert_true(syn_passes(s, 0, "203.0.113.9"));
	assert_false(syn_passes(s, 1, "203.0.113.9"));
	scene_wait(s, 13);
	assert_int_equal(sluice_flow_count(s->rig.s), 0);
	assert_true(syn_passes(s, 1, "203.0.113.9"));
	assert_int_equal(s->out.seen.sport, 4000);
	scene_end(s);
}

/* Both kinds on one address: a mapped port serves no flow per destination, and the reverse. */
static void mapped_ports_and_ports_per_destination_keep_apart(void **state)
{
	struct taken *taken = taken_new();
	struct scene *s = scene_big(2048);

	(void)state;
	s->conf.nat.masquerade_port_first = 2048;
	s->conf.nat.masquerade_port_last = 4095;
	s->conf.nat.rule[0].mapping[NAT_PROTO_TCP] = NAT_MAP_ENDPOINT_INDEPENDENT;
	s->conf.nat.rule[1] = s->conf.nat.rule[0];
	s->conf.nat.rule[1].mapping[NAT_PROTO_TCP] = NAT_MAP_DESTINATION;
	s->conf.nat.rule[0].source = addr("10.10.0.0");
	s->conf.nat.rule[0].source_len = 16;
	s->conf.nat.rule_count = 2;
	rig_open(&s->rig, &s->conf);
	for (u16 n = 0; n < 600; n++) {
		const char *dst = n % 2 == 0 ? "203.0.113.9" : "203.0.113.10";

		scene_tcp(s, "10.10.0.5", (u16)(3000 + n), dst, 443, TCP_SYN);
		scene_pass(s, RIG_IN, RIG_OUT);
		take(taken, 0, s->out.seen.sport); /* against all destinations */
		scene_tcp(s, "10.20.0.5", (u16)(3000 + n), dst, 443, TCP_SYN);
		scene_pass(s, RIG_IN2, RIG_OUT);
		assert_int_equal(taken->port[0][s->out.seen.sport], 0);
		take(taken, 1 + n % 2, s->out.seen.sport);
	}
	for (u32 port = 0; port < 65536; port++)
		assert_false(taken->port[0][port] &&
			     (taken->port[1][port] || taken->port[2][port]));
	scene_end(s);
	free(taken);
}

/* HOUSE decision 7: never-answered flows go first, the one that was silent longest before the
 * others; answered ones never.                                                                   */
static void a_full_table_takes_the_oldest_unanswered(void **state)
{
	struct scene *s = scene_big(8);
	struct sluice_flow_filter filter = { .port = 10001 };
	struct sluice_flow flow;

	(void)state;
	rig_open(&s->rig, &s->conf);
	for (u32 n = 0; n < 8; n++) {
		assert_true(syn_passes(s, n, "203.0.113.9"));
		scene_wait(s, 1);
		if (n % 2 == 0) {
			scene_tcp_reply(s, TCP_SYN | TCP_ACK);
			assert_true(rig_send(&s->rig, RIG_OUT, &s->in));
			scene_expect(s, RIG_IN);
		}
	}
	assert_true(syn_passes(s, 100, "203.0.113.9"));
	assert_int_equal(sluice_flow_count(s->rig.s), 8);
	assert_false(rig_find_flow(&s->rig, &filter, &flow));
	filter.port = 10003;
	assert_true(rig_find_flow(&s->rig, &filter, &flow));
	/* Three unanswered old ones and the new one: then there is nothing left to take. */
	for (u32 n = 101; n < 104; n++)
		assert_true(syn_passes(s, n, "203.0.113.9"));
	for (u32 n = 0; n < 8; n += 2) {
		filter.port = (u16)(10000 + n);
		assert_true(rig_find_flow(&s->rig, &filter, &flow));
	}
	scene_end(s);
}

static void a_table_of_answered_flows_refuses(void **state)
{
	struct scene *s = scene_big(4);

	(void)state;
	rig_open(&s->rig, &s->conf);
	for (u32 n = 0; n < 4; n++) {
		assert_true(syn_passes(s, n, "203.0.113.9"));
		scene_tcp_reply(s, TCP_SYN | TCP_ACK);
		assert_true(rig_send(&s->rig, RIG_OUT, &s->in));
		scene_expect(s, RIG_IN);
	}
	syn_of(s, 50, "203.0.113.9");
	scene_error(s, RIG_IN, DROP_CT_FULL, ICMP_UNREACH, ICMP_UNREACH_PROHIBITED);
	assert_int_equal(sluice_flow_count(s->rig.s), 4);
	scene_end(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(seventy_thousand_flows_to_two_destinations),
		cmocka_unit_test(ports_out_to_one_destination_at_64512),
		cmocka_unit_test(two_addresses_carry_twice_as_many),
		cmocka_unit_test(strict_pairing_refuses_earlier),
		cmocka_unit_test(a_port_comes_back),
		cmocka_unit_test(mapped_ports_and_ports_per_destination_keep_apart),
		cmocka_unit_test(a_full_table_takes_the_oldest_unanswered),
		cmocka_unit_test(a_table_of_answered_flows_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
