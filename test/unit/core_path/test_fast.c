/* The short cut gives what the whole road gives: two engines, one without the short cut, the same
 * packets at the same times; every frame that comes out and every record of a flow is compared.  */
#include "unit/core_path/twins_bed.h"

#include "core/wire/checksum.h"

enum { FLOWS = 12 };

/* One flow as its ends know it. */
struct talk {
	be32 host;
	u16 sport, dport;
	u8 proto;
	u8 state; /* TCP: 0 closed, 1 SYN sent, 2 SYN-ACK seen, 3 open */
	be32 public_addr;
	u16 public_port;
	u32 seq[2];
};

static u8 tcp_flags_next(struct talk *talk, bool answers, struct rng *rng)
{
	if (talk->state == 0)
		return TCP_SYN;
	if (talk->state == 1)
		return answers ? TCP_SYN | TCP_ACK : TCP_SYN;
	switch (rng_below(rng, 60)) {
	case 0:
		return TCP_FIN | TCP_ACK;
	case 1:
		return TCP_RST;
	default:
		return rng_below(rng, 2) ? TCP_ACK : TCP_ACK | TCP_PSH;
	}
}

/* Odd things that a packet may have, most of them forbidding the short cut. */
static void make_odd(struct build *b, struct rng *rng)
{
	switch (rng_below(rng, 24)) {
	case 0:
		build_ip(b)->ttl = (u8)(1 + rng_below(rng, 2));
		break;
	case 1:
		build_ip(b)->frag = be16_of(IP4_DF);
		break;
	case 2:
		build_ip(b)->tos = (u8)rng_u32(rng);
		break;
	case 3:
		build_ip(b)->ttl = 255;
		break;
	default:
		break;
	}
	build_seal(b);
	switch (rng_below(rng, 40)) {
	case 0:
		build_ip(b)->csum.raw ^= 0x100;
		break;
	case 1:
		if (build_ip(b)->proto == IP_PROTO_UDP)
			build_udp_hdr(b)->csum.raw = 0;
		break;
	case 2:
		if (build_ip(b)->proto == IP_PROTO_UDP)
			build_udp_hdr(b)->csum.raw = 0xffff;
		break;
	case 3:
		build_bytes(b, "padding", 7); /* of the link, behind the packet */
		break;
	case 4:
		if (build_ip(b)->proto == IP_PROTO_TCP)
			build_tcp_hdr(b)->doff = (u8)rng_u32(rng);
		break;
	default:
		break;
	}
}

/* As a local sender or GRO makes it: the sum of the pseudo-header in the field, parts of some size.
 * Now and then facts that no driver should tell.                                                 */
static struct facts make_facts(struct build *b, struct rng *rng)
{
	struct ip4_hdr *ip = build_ip(b);
	bool tcp = ip->proto == IP_PROTO_TCP;
	u32 l4_len = b->len - b->l4;
	struct facts facts = { .partial = rng_below(rng, 3) == 0,
			       .csum_start = IP4_HLEN_MIN,
			       .csum_offset = tcp ? 16 : 6 };
	be16 sum = { csum_fold(csum_pseudo(ip->src, ip->dst, ip->proto, l4_len)) };

	if (!facts.partial)
		return facts;
	be16_store(b->bytes + b->l4 + facts.csum_offset, sum);
	if (rng_below(rng, 2) == 0) {
		facts.gso_type = tcp ? GSO_TCP4 : GSO_UDP_L4;
		facts.gso_size = (u16)(1 + rng_below(rng, 1460));
	}
	switch (rng_below(rng, 60)) {
	case 0:
		facts.csum_start = (u16)rng_below(rng, 80);
		break;
	case 1:
		facts.csum_offset = (u16)rng_below(rng, 80);
		break;
	case 2:
		facts.gso_size = 0;
		break;
	case 3:
		facts.gso_type = (u8)(1 + rng_below(rng, 3));
		break;
	default:
		break;
	}
	return facts;
}

static void speak(struct twins *t, struct talk *talk)
{
	bool answers = talk->public_port != 0 && rng_below(&t->rng, 2) == 0;
	be32 server = addr(SERVER);
	be32 src = answers ? server : talk->host, dst = answers ? talk->public_addr : server;
	u16 sport = answers ? talk->dport : talk->sport;
	u16 dport = answers ? talk->public_port : talk->dport;
	struct build *b = &t->fast->b;
	struct facts facts;
	u32 len = rng_below(&t->rng, 20) == 0 ? rng_below(&t->rng, 1450) : rng_below(&t->rng, 64);

	build_start(b);
	build_ip4(b, src, dst, talk->proto);
	if (talk->proto == IP_PROTO_UDP) {
		build_udp(b, sport, dport);
	} else {
		u8 flags = tcp_flags_next(talk, answers, &t->rng);
		u32 jump = rng_below(&t->rng, 30) == 0 ? rng_u32(&t->rng) : 0;

		if ((flags & TCP_SYN) != 0)
			len = 0;
		build_tcp(b, sport, dport, flags, talk->seq[answers] + jump,
			  (flags & TCP_ACK) != 0 ? talk->seq[!answers] : 0);
		build_tcp_hdr(b)->window = be16_of(60000);
		talk->seq[answers] += len + ((flags & (TCP_SYN | TCP_FIN)) != 0);
		if (talk->state < 3)
			talk->state = (u8)(flags == TCP_SYN ? 1 : talk->state + 1);
	}
	build_payload(b, len, (u8)len);
	build_seal(b);
	make_odd(b, &t->rng);
	facts = make_facts(b, &t->rng);
	if (both(t, answers ? RIG_OUT : RIG_IN, b, &facts) && !answers &&
	    t->fast->out.out_if == RIG_OUT) {
		talk->public_addr = t->fast->out.seen.src;
		talk->public_port = t->fast->out.seen.sport;
	}
}

/* Many packets of a few flows; compares everything that comes out of both. */
static void talk_much(struct twins *t)
{
	struct talk talk[FLOWS];

	for (u32 n = 0; n < FLOWS; n++)
		talk[n] = (struct talk){ .host = be32_of(0x0a0a0005 + n / 3),
					 .sport = (u16)(5000 + n),
					 .dport = 80,
					 .proto = n % 2 ? IP_PROTO_TCP : IP_PROTO_UDP,
					 .seq = { n * 0x20000000, 0xfffffff0 } };
	for (u32 step = 0; step < 3000; step++) {
		u32 n = rng_below(&t->rng, FLOWS);

		speak(t, &talk[n]);
		if (rng_below(&t->rng, 10) == 0)
			pass_time(t, rng_below(&t->rng, 3000) * NS_PER_MS);
		if (rng_below(&t->rng, 300) == 0)
			pass_time(t, 200 * NS_PER_SEC);
		if (rng_below(&t->rng, 100) == 0) {
			talk[n].state = 0;
			talk[n].seq[0] += 100000;
		}
		if (step % 100 == 0)
			expect_same_flows(t);
	}
}

static void test_same_as_the_whole_road(void **state)
{
	(void)state;
	for (u8 seed = 0; seed < 6; seed++) {
		struct twins t;

		twins_open(&t, seed, seed % 2 == 0);
		talk_much(&t);
		assert_true(t.compared > 2000);
		assert_true(rig_counter(&t.fast->rig, "packets_fast") > 500);
		twins_close(&t);
	}
}

enum { RANDOM_RULES = 10 };

/* A rule that is about some of what these flows are. */
static void random_rule(struct filter_rule_conf *rule, struct rng *rng)
{
	static const s32 protos[] = { FILTER_PROTO_ANY, FILTER_PROTO_ANY, IP_PROTO_TCP,
				      IP_PROTO_UDP };
	static const u8 masks[] = { TCP_SYN, TCP_SYN | TCP_ACK, TCP_PSH, TCP_PSH | TCP_ACK,
				    TCP_FIN | TCP_RST };

	filter_rule_defaults(rule);
	rule->states = (u8)(1 + rng_below(rng, FILTER_STATES));
	rule->proto = protos[rng_below(rng, ARRAY_COUNT(protos))];
	if (rng_below(rng, 3) == 0) {
		rule->src.prefix = be32_of(0x0a0a0004 + rng_below(rng, 2) * 4);
		rule->src.len = 30;
	}
	if (rng_below(rng, 4) == 0)
		rule->dport.first = rule->dport.last = (u16)(5000 + rng_below(rng, FLOWS));
	rule->dport.not = rule->dport.first != 0 && rng_below(rng, 2) == 0;
	if (rule->proto != IP_PROTO_TCP && rule->proto != IP_PROTO_UDP)
		rule->dport = (struct filter_ports){ 0, UINT16_MAX, false, FILTER_SET_NONE };
	if (rng_below(rng, 4) == 0)
		rule->in_ifs = 1 + rng_below(rng, 7);
	if (rule->proto == IP_PROTO_TCP && rng_below(rng, 3) == 0) {
		rule->tcp_mask = masks[rng_below(rng, ARRAY_COUNT(masks))];
		rule->tcp_flags = (u8)rng_u32(rng) & rule->tcp_mask;
	}
	rule->each = rng_below(rng, 12) == 0;
	if (rng_below(rng, 8) == 0)
		rule->limit = (struct filter_limit){ 1 + rng_below(rng, 20), 1, 5 };
	if (rng_below(rng, 12) == 0)
		rule->source_limit = (struct filter_limit){ 1 + rng_below(rng, 20), 1, 5 };
	rule->limit_over = (rule->limit.rate != 0 || rule->source_limit.rate != 0) &&
			   rng_below(rng, 2) == 0;
	rule->fate.action = (u8)(rng_below(rng, 3) == 0 ? FILTER_DROP + rng_below(rng, 2) :
							  FILTER_ACCEPT);
}

/* Whatever the rules are about, now and then they change. */
static void test_same_with_random_rules(void **state)
{
	static struct filter_rule_conf rule[RANDOM_RULES];
	u64 fast = 0, dropped = 0;

	(void)state;
	for (u8 seed = 0; seed < 60; seed++) {
		struct twins t;
		struct filter_conf *conf;

		twins_prepare(&t, seed, seed % 2 == 0);
		for (u32 round = 0; round < 3; round++) {
			u32 count = rng_below(&t.rng, RANDOM_RULES + 1);

			for (u32 n = 0; n < count; n++)
				random_rule(&rule[n], &t.rng);
			if (count > 1 && seed % 3 == 0) {
				filter_rule_defaults(&rule[rng_below(&t.rng, count)]);
				rule[0].states |= FILTER_ESTABLISHED;
			}
			conf = &t.fast->conf.filter;
			conf->rule = rule;
			conf->rule_count = count;
			conf->reclassify = seed % 4 == 1;
			conf->policy[FILTER_FORWARD].action = seed % 5 == 0;
			t.slow->conf.filter = *conf;
			if (round == 0)
				twins_start(&t);
			assert_true(rig_configure(&t.fast->rig, &t.fast->conf));
			assert_true(rig_configure(&t.slow->rig, &t.slow->conf));
			talk_much(&t);
		}
		fast += rig_counter(&t.fast->rig, "packets_fast");
		dropped += rig_drop_count(&t.fast->rig, DROP_FILTER_FORWARD) +
			   rig_drop_count(&t.fast->rig, DROP_FILTER_REJECTED);
		twins_close(&t);
	}
	assert_true(fast > 20000);
	assert_true(dropped > 20000);
}

/* What forbids the short cut, one thing at a time, on a flow that takes it otherwise. */
static void test_what_is_special_takes_the_road(void **state)
{
	struct path_bed *bed = path_bed_open();
	u16 port;
	u64 fast;

	(void)state;
	udp_out(bed);
	port = path_pass(bed, RIG_IN)->sport;
	build_udp4(&bed->b, addr(SERVER), 53, addr(GATEWAY_OUT), port, 20);
	(void)path_pass(bed, RIG_OUT);
	udp_out(bed);
	(void)path_pass(bed, RIG_IN);
	assert_int_equal(rig_counter(&bed->rig, "packets_fast"), 1);
	build_ip(udp_out(bed))->ttl = 1;
	build_seal(&bed->b);
	assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
	assert_int_equal(rig_drop_count(&bed->rig, DROP_TTL_EXPIRED), 1);
	rig_drain(&bed->rig);
	fast = rig_counter(&bed->rig, "packets_fast");
	assert_int_equal(fast, 1);
	/* The link goes down and comes back: the way is asked for again. */
	sluice_set_link(bed->rig.s, RIG_OUT, false);
	assert_true(rig_send(&bed->rig, RIG_IN, udp_out(bed)));
	assert_int_equal(rig_drop_count(&bed->rig, DROP_IFACE_DOWN), 1);
	rig_drain(&bed->rig);
	sluice_set_link(bed->rig.s, RIG_OUT, true);
	assert_true(rig_send(&bed->rig, RIG_IN, udp_out(bed)));
	assert_true(rig_next(&bed->rig, &bed->out));
	assert_int_equal(rig_counter(&bed->rig, "packets_fast"), fast);
	path_bed_close(bed);
}

/* A known flow whose packets suddenly come by the link that they leave by: redirects are due. */
static void test_turning_round_takes_the_road(void **state)
{
	const struct facts none = { 0 };
	struct twins t;
	struct build *b;

	(void)state;
	twins_prepare(&t, 1, true);
	t.fast->conf.redirects = t.slow->conf.redirects = true;
	t.fast->conf.nat.rule_count = t.slow->conf.nat.rule_count = 0;
	twins_start(&t);
	b = udp_out(t.fast);
	assert_true(both(&t, RIG_IN, b, &none));
	build_udp4(b, addr(SERVER), 53, addr(HOST), 5000, 20);
	assert_true(both(&t, RIG_OUT, b, &none));
	assert_true(both(&t, RIG_IN, udp_out(t.fast), &none));
	assert_int_equal(rig_counter(&t.fast->rig, "packets_fast"), 1);
	assert_true(both(&t, RIG_OUT, udp_out(t.fast), &none));
	assert_int_equal(rig_counter(&t.fast->rig, "packets_fast"), 1);
	twins_close(&t);
}

/* Picked up in the middle, it is answered when the other side says something that counts, and not
 * by a RST that does not.                                                                        */
static void test_an_answer_is_seen_on_any_road(void **state)
{
	const struct facts none = { 0 };
	struct sluice_flow_filter any = { 0 };
	struct sluice_flow flow;
	struct twins t;
	struct build *b;
	u32 at = 0;

	(void)state;
	twins_prepare(&t, 1, true);
	t.fast->conf.ct.midstream = t.slow->conf.ct.midstream = true;
	t.fast->conf.nat.rule_count = t.slow->conf.nat.rule_count = 0;
	twins_start(&t);
	b = &t.fast->b;
	build_tcp4(b, addr(HOST), 5000, addr(SERVER), 80, TCP_ACK);
	build_tcp4_at(b, 1000, 5000);
	build_seal(b);
	assert_true(both(&t, RIG_IN, b, &none));
	build_tcp4(b, addr(SERVER), 80, addr(HOST), 5000, TCP_RST | TCP_ACK);
	build_tcp4_at(b, 0x80000000, 1000);
	build_seal(b);
	assert_true(both(&t, RIG_OUT, b, &none));
	for (u32 n = 0; n < 2; n++) {
		build_tcp4(b, addr(SERVER), 80, addr(HOST), 5000, TCP_ACK);
		build_tcp4_at(b, 5000, 1000);
		build_seal(b);
		assert_true(both(&t, RIG_OUT, b, &none));
	}
	assert_int_equal(sluice_show_flows(t.fast->rig.s, &any, t.fast->rig.now, &at, &flow, 1), 1);
	assert_true(flow.answered);
	assert_int_equal(rig_counter(&t.fast->rig, "packets_fast"), 1);
	twins_close(&t);
}

/* A flow whose time is over is not kept alive by the short cut. */
static void test_expired_flow_is_not_taken(void **state)
{
	struct path_bed *bed = path_bed_open();
	u16 port;

	(void)state;
	udp_out(bed);
	port = path_pass(bed, RIG_IN)->sport;
	build_udp4(&bed->b, addr(SERVER), 53, addr(GATEWAY_OUT), port, 20);
	(void)path_pass(bed, RIG_OUT);
	bed->rig.now += bed->conf.ct.timeout_s[CT_TIMEOUT_UDP] * NS_PER_SEC;
	assert_true(rig_send(&bed->rig, RIG_OUT, &bed->b));
	assert_int_equal(rig_drop_count(&bed->rig, DROP_NO_SOCKET), 1);
	assert_true(rig_next(&bed->rig, &bed->out));
	assert_true(seen_is_icmp_error(&bed->out.seen));
	assert_int_equal(sluice_flow_count(bed->rig.s), 0);
	path_bed_close(bed);
}

/* Packets of one batch travel in order, the first of a flow and what follows it. */
static void test_order_within_a_batch(void **state)
{
	struct path_bed *bed = path_bed_open();
	struct batch rx = { .count = 0 };

	(void)state;
	udp_out(bed);
	(void)path_pass(bed, RIG_IN);
	for (u32 n = 0; n < 200; n++) {
		build_udp4(&bed->b, addr(HOST), (u16)(5000 + n % 7), addr(SERVER), 53, 20);
		build_ip(&bed->b)->id = be16_of((u16)n);
		build_seal(&bed->b);
		assert_true(batch_add(&rx, rig_make(&bed->rig, RIG_IN, &bed->b)));
	}
	sluice_input(bed->rig.s, &rx, bed->rig.now);
	assert_int_equal(rx.count, 0);
	assert_int_equal(sluice_flow_count(bed->rig.s), 7);
	for (u32 n = 0; n < 200; n++) {
		assert_true(rig_next(&bed->rig, &bed->out));
		assert_int_equal(bed->out.seen.id, n);
	}
	path_bed_close(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_as_the_whole_road),
		cmocka_unit_test(test_same_with_random_rules),
		cmocka_unit_test(test_what_is_special_takes_the_road),
		cmocka_unit_test(test_turning_round_takes_the_road),
		cmocka_unit_test(test_an_answer_is_seen_on_any_road),
		cmocka_unit_test(test_expired_flow_is_not_taken),
		cmocka_unit_test(test_order_within_a_batch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
