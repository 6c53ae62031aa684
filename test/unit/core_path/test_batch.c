/* A batch is many packets that came together, and nothing else: an engine that gets them in batches
 * does the same as one that gets each alone, though a batch's packets are looked up ahead, and
 * those before them make, end and throw out flows meanwhile.                                     */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/base/rng.h"
#include "fake/engine.h"

enum { HOSTS = 4, PORTS = 12, BATCHES = 400, BATCH_LARGEST = 80, ONE_PORT = 4000 };

struct pair {
	struct sluice_conf conf;
	struct rig together;
	struct rig alone;
	struct rng rng;
	struct build b;
	struct rig_out one;
	struct rig_out other;
};

static be32 host(u32 n)
{
	return be32_of(be32_host(addr("10.10.0.2")) + n);
}

/* Both engines know the way to each host, so nothing waits for ARP later. */
static void meet(struct pair *pair, struct rig *rig)
{
	for (u32 n = 0; n < HOSTS; n++) {
		build_udp4(&pair->b, host(n), 9, addr("203.0.113.9"), 9, 8);
		assert_true(rig_send(rig, RIG_IN, &pair->b));
		while (rig_next(rig, &pair->one))
			;
		build_udp4(&pair->b, addr("203.0.113.9"), 9, host(n), 9, 8);
		assert_true(rig_send(rig, RIG_OUT, &pair->b));
		while (rig_next(rig, &pair->one))
			;
	}
}

static struct pair *pair_new(u8 seed)
{
	struct pair *pair = calloc(1, sizeof *pair);

	assert_non_null(pair);
	rng_init(&pair->rng, (u8[32]){ seed });
	rig_conf(&pair->conf);
	return pair;
}

static struct pair *pair_begin(struct pair *pair)
{
	rig_open(&pair->together, &pair->conf);
	rig_open(&pair->alone, &pair->conf);
	meet(pair, &pair->together);
	meet(pair, &pair->alone);
	return pair;
}

/* Ports are not drawn here: whoever draws ahead draws in another order. */
static struct pair *pair_open(u32 flows, u8 seed)
{
	struct pair *pair = pair_new(seed);

	pair->conf.nat.rule_count = 0;
	pair->conf.ct.flow_count = flows;
	return pair_begin(pair);
}

static void pair_close(struct pair *pair)
{
	rig_close(&pair->together);
	rig_close(&pair->alone);
	free(pair);
}

/* Of a few flows, so that they meet within a batch; the interface that it comes in by. */
static u16 draw_packet(struct pair *pair)
{
	static const u8 flags[] = { TCP_SYN, TCP_SYN | TCP_ACK, TCP_ACK, TCP_ACK, TCP_ACK | TCP_PSH,
				    TCP_ACK | TCP_FIN, TCP_RST, TCP_RST | TCP_ACK };
	u16 in_if = rng_below(&pair->rng, 2) == 0 ? RIG_IN : RIG_OUT;
	be32 src = host(rng_below(&pair->rng, HOSTS)), dst = addr("203.0.113.9");
	u16 sport = (u16)(1000 + rng_below(&pair->rng, PORTS)), dport = 80;

	if (in_if == RIG_OUT) {
		dst = src;
		src = addr("203.0.113.9");
		dport = sport;
		sport = 80;
	}
	if (rng_below(&pair->rng, 3) == 0)
		build_udp4(&pair->b, src, sport, dst, dport, 20);
	else
		build_tcp4(&pair->b, src, sport, dst, dport,
			   flags[rng_below(&pair->rng, ARRAY_COUNT(flags))]);
	if (rng_below(&pair->rng, 16) == 0)
		build_ip(&pair->b)->ttl = 1;
	build_seal(&pair->b);
	if (rng_below(&pair->rng, 16) == 0)
		build_ip(&pair->b)->csum.raw ^= 1;
	return in_if;
}

static void send_both(struct pair *pair, u16 (*draw)(struct pair *pair))
{
	u32 count = 1 + rng_below(&pair->rng, BATCH_LARGEST);
	struct batch rx = { .count = 0 };

	for (u32 n = 0; n < count; n++) {
		u16 in_if = draw(pair);

		assert_true(batch_add(&rx, rig_make(&pair->together, in_if, &pair->b)));
		assert_true(rig_send(&pair->alone, in_if, &pair->b));
	}
	sluice_input(pair->together.s, &rx, pair->together.now);
}

/* Identifiers of what the engine makes itself are drawn; the header's checksum follows them. */
static void expect_same_frame(struct pair *pair)
{
	struct build *frame[] = { &pair->one.frame, &pair->other.frame };

	assert_int_equal(pair->one.out_if, pair->other.out_if);
	assert_int_equal(frame[0]->len, frame[1]->len);
	for (u32 n = 0; n < 2; n++) {
		struct ip4_hdr *ip = (void *)(frame[n]->bytes + ETH_HLEN);

		ip->id = ip->csum = be16_of(0);
	}
	assert_memory_equal(frame[0]->bytes, frame[1]->bytes, frame[0]->len);
}

static void expect_same(struct pair *pair)
{
	while (rig_next(&pair->together, &pair->one)) {
		assert_true(rig_next(&pair->alone, &pair->other));
		expect_same_frame(pair);
	}
	assert_false(rig_next(&pair->alone, &pair->other));
	for (u32 reason = DROP_NONE + 1; reason < DROP_COUNT; reason++)
		assert_int_equal(rig_drop_count(&pair->together, (enum drop)reason),
				 rig_drop_count(&pair->alone, (enum drop)reason));
	assert_int_equal(sluice_flow_count(pair->together.s), sluice_flow_count(pair->alone.s));
}

static void same_together_and_alone(u32 flows, u8 seed)
{
	struct pair *pair = pair_open(flows, seed);

	for (u32 n = 0; n < BATCHES; n++) {
		send_both(pair, draw_packet);
		expect_same(pair);
		if (n % 8 == 0) {
			ns_t by_ns = rng_below(&pair->rng, 200) * NS_PER_SEC;

			rig_advance(&pair->together, by_ns);
			rig_advance(&pair->alone, by_ns);
			expect_same(pair);
		}
	}
	/* It was about the short cut, too. */
	assert_true(rig_counter(&pair->together, "packets_fast") > 500);
	pair_close(pair);
}

static void test_same_together_and_alone(void **state)
{
	(void)state;
	for (u8 seed = 1; seed <= 4; seed++)
		same_together_and_alone(512, seed);
}

/* Flows throw each other out: what was looked up ahead may be another's when its turn comes. */
static void test_same_in_a_full_table(void **state)
{
	(void)state;
	for (u8 seed = 1; seed <= 4; seed++)
		same_together_and_alone(40, seed);
}

/* ---- expiry and reuse in one batch ----------------------------------------------------------- */

/* One port for all, so that whoever draws can draw only this one, and it is another's as soon as
 * its flow is over.                                                                              */
static struct pair *pair_open_port(enum nat_mapping mapping, u8 seed)
{
	struct pair *pair = pair_new(seed);

	rig_conf_mapping(&pair->conf, mapping, NAT_FILTER_ADDRESS_PORT);
	pair->conf.nat.masquerade_port_first = pair->conf.nat.masquerade_port_last = ONE_PORT;
	pair->conf.nat.quarantine_s = 0;
	pair->conf.ct.flow_count = 16;
	for (u32 class = 0; class < CT_TIMEOUT_COUNT; class ++)
		pair->conf.ct.timeout_s[class] = 2;
	return pair_begin(pair);
}

/* Of the inside to one of two servers, or back to the port that one of them has. */
static u16 draw_translated(struct pair *pair)
{
	static const u8 flags[] = { TCP_SYN, TCP_SYN, TCP_ACK, TCP_ACK | TCP_FIN,
				    TCP_RST | TCP_ACK };
	bool back = rng_below(&pair->rng, 2) == 0;
	be32 server = addr("203.0.113.9"), src = host(rng_below(&pair->rng, HOSTS));
	u16 server_port = (u16)(80 + rng_below(&pair->rng, 2)), port = 1000;
	u8 flag = flags[rng_below(&pair->rng, ARRAY_COUNT(flags))];
	bool udp = rng_below(&pair->rng, 2) == 0;

	if (back)
		build_udp4(&pair->b, server, server_port, addr("198.18.0.1"), ONE_PORT, 20);
	else
		build_udp4(&pair->b, src, port, server, server_port, 20);
	if (!udp && back)
		build_tcp4(&pair->b, server, server_port, addr("198.18.0.1"), ONE_PORT,
			   flag == TCP_SYN ? TCP_SYN | TCP_ACK : flag);
	else if (!udp)
		build_tcp4(&pair->b, src, port, server, server_port, flag);
	return back ? RIG_OUT : RIG_IN;
}

/* Time goes on, and nobody has looked what is over: the first packet that meets a flow does. */
static void sleep_both(struct pair *pair)
{
	ns_t by_ns = rng_below(&pair->rng, 3) * NS_PER_SEC;

	pair->together.now += by_ns;
	pair->alone.now += by_ns;
}

static void same_with_one_port(enum nat_mapping mapping, u8 seed)
{
	struct pair *pair = pair_open_port(mapping, seed);

	for (u32 n = 0; n < BATCHES; n++) {
		send_both(pair, draw_translated);
		expect_same(pair);
		sleep_both(pair);
		if (n % 8 == 0) {
			rig_advance(&pair->together, 0);
			rig_advance(&pair->alone, 0);
			expect_same(pair);
		}
	}
	/* It was about ports that are given away anew, and packets by the short cut. */
	assert_true(rig_counter(&pair->together, "nat_flows") > 200);
	assert_true(rig_counter(&pair->together, "flows_expired") > 100);
	assert_true(rig_counter(&pair->together, "packets_fast") > 500);
	pair_close(pair);
}

static void test_same_with_one_port(void **state)
{
	(void)state;
	for (u8 seed = 1; seed <= 4; seed++) {
		same_with_one_port(NAT_MAP_DESTINATION, seed);
		same_with_one_port(NAT_MAP_ENDPOINT_INDEPENDENT, seed);
	}
}

static void add(struct pair *pair, struct batch *rx, u16 in_if)
{
	assert_true(batch_add(rx, rig_make(&pair->together, in_if, &pair->b)));
}

static void expect_to(struct pair *pair, u16 out_if, be32 dst, u16 dport)
{
	assert_true(rig_next(&pair->together, &pair->one));
	assert_int_equal(pair->one.out_if, out_if);
	assert_true(be32_eq(pair->one.seen.dst, dst));
	assert_int_equal(pair->one.seen.dport, dport);
}

/* A flow is over, and in one batch comes what shows it, who takes its port, and a packet for that
 * port, which was looked up when the old flow still had it.                                      */
static void test_port_is_taken_again_within_a_batch(void **state)
{
	struct pair *pair = pair_open_port(NAT_MAP_DESTINATION, 1);
	be32 server = addr("203.0.113.9"), public = addr("198.18.0.1");
	struct batch rx = { .count = 0 };

	(void)state;
	build_udp4(&pair->b, host(0), 1000, server, 80, 20);
	assert_true(rig_send(&pair->together, RIG_IN, &pair->b));
	expect_to(pair, RIG_OUT, server, 80);
	build_udp4(&pair->b, server, 80, public, ONE_PORT, 20);
	assert_true(rig_send(&pair->together, RIG_OUT, &pair->b));
	expect_to(pair, RIG_IN, host(0), 1000);
	pair->together.now += 3 * NS_PER_SEC;
	add(pair, &rx, RIG_OUT);
	build_udp4(&pair->b, host(1), 1001, server, 80, 20);
	add(pair, &rx, RIG_IN);
	build_udp4(&pair->b, server, 80, public, ONE_PORT, 20);
	add(pair, &rx, RIG_OUT);
	sluice_input(pair->together.s, &rx, pair->together.now);
	/* Nobody is there any more. */
	assert_true(rig_next(&pair->together, &pair->one));
	assert_int_equal(pair->one.seen.proto, IP_PROTO_ICMP);
	expect_to(pair, RIG_OUT, server, 80);
	assert_int_equal(pair->one.seen.sport, ONE_PORT);
	expect_to(pair, RIG_IN, host(1), 1001);
	assert_false(rig_next(&pair->together, &pair->one));
	assert_int_equal(rig_drop_count(&pair->together, DROP_NO_SOCKET), 1);
	pair_close(pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_together_and_alone),
		cmocka_unit_test(test_same_in_a_full_table),
		cmocka_unit_test(test_same_with_one_port),
		cmocka_unit_test(test_port_is_taken_again_within_a_batch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
