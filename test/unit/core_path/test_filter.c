/* The filter on the road: hooks, verdicts, what a rule sees of a packet, the short cut. */
#include "unit/core_path/rules_bed.h"

/* ---- verdicts -------------------------------------------------------------------------------- */

static void test_forward_drops(void **state)
{
	struct rules rules = { 0 };
	struct path_bed *bed;

	(void)state;
	add(&rules, FILTER_FORWARD, FILTER_DROP)->proto = IP_PROTO_UDP;
	bed = open_with(&rules);
	udp_out(bed);
	dies(bed, RIG_IN, DROP_FILTER_FORWARD);
	in_silence(bed);
	assert_int_equal(rig_ports_held(&bed->rig), 0);
	tcp_out(bed, TCP_SYN);
	(void)path_pass(bed, RIG_IN);
	path_bed_close(bed);
}

static void test_policy_drops(void **state)
{
	struct rules rules = { 0 };
	struct path_bed *bed = path_bed_new();

	(void)state;
	policy(bed, FILTER_FORWARD, FILTER_DROP);
	policy(bed, FILTER_INPUT, FILTER_DROP);
	put(bed, &rules);
	path_bed_start(bed);
	udp_out(bed);
	dies(bed, RIG_IN, DROP_FILTER_FORWARD);
	build_echo4(&bed->b, addr(HOST), addr(GATEWAY_IN), ICMP_ECHO, 7, 1);
	dies(bed, RIG_IN, DROP_FILTER_INPUT);
	in_silence(bed);
	path_bed_close(bed);
}

static void test_input_drops(void **state)
{
	struct rules rules = { 0 };
	struct filter_rule_conf *rule = add(&rules, FILTER_INPUT, FILTER_DROP);
	struct path_bed *bed;

	(void)state;
	rule->proto = IP_PROTO_ICMP;
	rule->icmp = true;
	rule->icmp_type = ICMP_ECHO;
	bed = open_with(&rules);
	build_echo4(&bed->b, addr(HOST), addr(GATEWAY_IN), ICMP_ECHO, 7, 1);
	dies(bed, RIG_IN, DROP_FILTER_INPUT);
	in_silence(bed);
	/* What passes through is no affair of INPUT. */
	build_echo4(&bed->b, addr(HOST), addr(SERVER), ICMP_ECHO, 7, 1);
	(void)path_pass(bed, RIG_IN);
	path_bed_close(bed);
}

static void test_output_drops(void **state)
{
	struct rules rules = { 0 };
	struct path_bed *bed;

	(void)state;
	add(&rules, FILTER_OUTPUT, FILTER_DROP)->states = FILTER_RELATED;
	bed = open_with(&rules);
	/* Echo is answered: that belongs to a flow. The error about a TTL is related. */
	build_echo4(&bed->b, addr(HOST), addr(GATEWAY_IN), ICMP_ECHO, 7, 1);
	(void)path_pass(bed, RIG_IN);
	build_ip(udp_out(bed))->ttl = 1;
	build_seal(&bed->b);
	assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
	assert_int_equal(rig_drop_count(&bed->rig, DROP_TTL_EXPIRED), 1);
	assert_int_equal(rig_drop_count(&bed->rig, DROP_FILTER_OUTPUT), 1);
	in_silence(bed);
	path_bed_close(bed);
}

static void expect_error(struct path_bed *bed, u8 code)
{
	const struct seen *seen = &bed->out.seen;

	assert_true(rig_next(&bed->rig, &bed->out));
	assert_int_equal(seen->wrong, 0);
	assert_int_equal(seen->type, ICMP_UNREACH);
	assert_int_equal(seen->code, code);
	assert_true(be32_eq(seen->dst, build_ip(&bed->b)->src));
	assert_memory_equal(seen->quote, bed->b.bytes, u32_min(seen->quote_len, bed->b.len));
	in_silence(bed);
}

static void test_rejects_with_every_code(void **state)
{
	static const struct {
		u8 reject; /* enum filter_reject */
		u8 code;
	} codes[] = { { FILTER_REJECT_PROHIBITED, 13 },
		      { FILTER_REJECT_PORT, 3 },
		      { FILTER_REJECT_HOST, 1 },
		      { FILTER_REJECT_NET, 0 } };

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(codes); n++) {
		struct rules rules = { 0 };
		struct path_bed *bed;

		add(&rules, FILTER_FORWARD, FILTER_REJECT)->fate.reject = (u8)codes[n].reject;
		add(&rules, FILTER_INPUT, FILTER_REJECT)->fate.reject = (u8)codes[n].reject;
		bed = open_with(&rules);
		udp_out(bed);
		dies(bed, RIG_IN, DROP_FILTER_REJECTED);
		expect_error(bed, codes[n].code);
		tcp_out(bed, TCP_SYN);
		dies(bed, RIG_IN, DROP_FILTER_REJECTED);
		expect_error(bed, codes[n].code);
		build_udp4(&bed->b, addr(SERVER), 53, addr(GATEWAY_OUT), 5000, 20);
		dies(bed, RIG_OUT, DROP_FILTER_REJECTED);
		expect_error(bed, codes[n].code);
		path_bed_close(bed);
	}
}

static void expect_reset(struct path_bed *bed, u16 out_if)
{
	assert_true(rig_next(&bed->rig, &bed->out));
	assert_int_equal(bed->out.out_if, out_if);
	assert_int_equal(bed->out.seen.wrong, 0);
	assert_int_equal(bed->out.seen.flags, TCP_RST | TCP_ACK);
	assert_true(be32_eq(bed->out.seen.src, build_ip(&bed->b)->dst));
	assert_int_equal(bed->out.seen.ack, 1001);
	in_silence(bed);
}

/* Whichever side it comes from: the rule asks for it. */
static void test_rejects_with_a_reset(void **state)
{
	struct rules rules = { 0 };
	struct filter_rule_conf *rule = add(&rules, FILTER_FORWARD, FILTER_REJECT);
	struct path_bed *bed;

	(void)state;
	rule->proto = IP_PROTO_TCP;
	rule->fate.reject = FILTER_REJECT_RESET;
	bed = open_with(&rules);
	tcp_out(bed, TCP_SYN);
	dies(bed, RIG_IN, DROP_FILTER_REJECTED);
	expect_reset(bed, RIG_IN);
	build_tcp4(&bed->b, addr(SERVER), 5000, addr(HOST), 80, TCP_SYN);
	dies(bed, RIG_OUT, DROP_FILTER_REJECTED);
	expect_reset(bed, RIG_OUT);
	path_bed_close(bed);
}

/* Who sent a damaged packet nobody knows. */
static void test_damaged_packet_is_not_answered(void **state)
{
	struct rules rules = { 0 };
	struct path_bed *bed;

	(void)state;
	add(&rules, FILTER_FORWARD, FILTER_REJECT);
	bed = open_with(&rules);
	udp_out(bed);
	build_udp_hdr(&bed->b)->csum.raw ^= 1;
	dies(bed, RIG_IN, DROP_FILTER_FORWARD);
	in_silence(bed);
	path_bed_close(bed);
}

/* An error about an error would have no end (RFC 1122 section 3.2.2). */
static void test_rejected_error_is_not_answered(void **state)
{
	static struct build left;
	struct rules rules = { 0 };
	struct path_bed *bed;

	(void)state;
	add(&rules, FILTER_FORWARD, FILTER_REJECT)->states = FILTER_RELATED;
	bed = open_with(&rules);
	udp_out(bed);
	(void)path_pass(bed, RIG_IN);
	build_start(&left);
	build_bytes(&left, bed->out.frame.bytes + bed->out.frame.l3, bed->out.seen.len);
	build_error4(&bed->b, addr("198.18.0.2"), addr(GATEWAY_OUT), ICMP_UNREACH, 1, 0);
	build_quote(&bed->b, left.bytes, left.len);
	dies(bed, RIG_OUT, DROP_FILTER_REJECTED);
	in_silence(bed);
	path_bed_close(bed);
}

/* ---- what a rule sees ------------------------------------------------------------------------ */

/* After destination translation: the inside address and port of a mapping. */
static void test_addresses_are_those_after_dnat(void **state)
{
	struct rules rules = { 0 };
	struct filter_rule_conf *rule = add(&rules, FILTER_FORWARD, FILTER_DROP);
	struct path_bed *bed = path_bed_new();
	u16 port;

	(void)state;
	rule->dst.prefix = addr(HOST);
	rule->dst.len = 32;
	rule->dport.first = rule->dport.last = 5000;
	rule->src.prefix = addr("203.0.113.66");
	rule->src.len = 32;
	bed->conf.nat.rule[0].filtering[NAT_PROTO_UDP] = NAT_FILTER_ENDPOINT_INDEPENDENT;
	put(bed, &rules);
	path_bed_start(bed);
	udp_out(bed);
	port = path_pass(bed, RIG_IN)->sport;
	reply(bed, port);
	(void)path_pass(bed, RIG_OUT);
	build_udp4(&bed->b, addr("203.0.113.66"), 53, addr(GATEWAY_OUT), port, 20);
	dies(bed, RIG_OUT, DROP_FILTER_FORWARD);
	build_udp4(&bed->b, addr("203.0.113.67"), 53, addr(GATEWAY_OUT), port, 20);
	(void)path_pass(bed, RIG_OUT);
	path_bed_close(bed);
}

static void test_addresses_are_those_before_snat(void **state)
{
	struct rules rules = { 0 };
	struct filter_rule_conf *rule = add(&rules, FILTER_FORWARD, FILTER_DROP);
	struct path_bed *bed;

	(void)state;
	rule->src.prefix = addr(HOST);
	rule->src.len = 32;
	rule->sport.first = rule->sport.last = 5000;
	rule->in_ifs = 1 << RIG_IN;
	rule->out_ifs = 1 << RIG_OUT;
	bed = open_with(&rules);
	udp_out(bed);
	dies(bed, RIG_IN, DROP_FILTER_FORWARD);
	build_udp4(&bed->b, addr(HOST), 5001, addr(SERVER), 53, 20);
	(void)path_pass(bed, RIG_IN);
	path_bed_close(bed);
}

/* New until answered, then established; an error about it is related. */
static void test_states_of_a_flow(void **state)
{
	static const struct {
		u8 states;
		bool first, answer, second, error;
	} cases[] = { { FILTER_NEW, false, false, false, false },
		      { FILTER_ESTABLISHED, true, false, true, true },
		      { FILTER_RELATED, true, true, true, false },
		      { FILTER_UNTRACKED, true, true, true, true } };

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(cases); n++) {
		static struct build left;
		struct rules rules = { 0 };
		struct path_bed *bed;
		u16 port;

		add(&rules, FILTER_FORWARD, FILTER_DROP)->states = cases[n].states;
		bed = open_with(&rules);
		udp_out(bed);
		if (!cases[n].first) {
			dies(bed, RIG_IN, DROP_FILTER_FORWARD);
			path_bed_close(bed);
			continue;
		}
		port = path_pass(bed, RIG_IN)->sport;
		build_start(&left);
		build_bytes(&left, bed->out.frame.bytes + bed->out.frame.l3, bed->out.seen.len);
		build_error4(&bed->b, addr("198.18.0.2"), addr(GATEWAY_OUT), ICMP_UNREACH, 1, 0);
		build_quote(&bed->b, left.bytes, left.len);
		if (cases[n].error)
			(void)path_pass(bed, RIG_OUT);
		else
			dies(bed, RIG_OUT, DROP_FILTER_FORWARD);
		reply(bed, port);
		if (cases[n].answer)
			(void)path_pass(bed, RIG_OUT);
		else
			dies(bed, RIG_OUT, DROP_FILTER_FORWARD);
		path_bed_close(bed);
	}
}

/* What is for the host itself has no flow. */
static void test_host_is_untracked(void **state)
{
	struct rules rules = { 0 };
	struct path_bed *bed = path_bed_new();

	(void)state;
	add(&rules, FILTER_INPUT, FILTER_DROP)->states = FILTER_UNTRACKED;
	bed->conf.iface[RIG_IN].addr[0].host = true;
	put(bed, &rules);
	path_bed_start(bed);
	build_tcp4(&bed->b, addr(HOST), 5000, addr(GATEWAY_IN), 22, TCP_SYN);
	dies(bed, RIG_IN, DROP_FILTER_INPUT);
	path_bed_close(bed);
}

/* A SYN that begins a closed connection anew is new, whatever was before. */
static void test_reopened_flow_is_new(void **state)
{
	struct rules open = { 0 }, shut = { 0 };
	struct path_bed *bed;
	u16 port;

	(void)state;
	add_established(&open);
	add_established(&shut);
	add(&shut, FILTER_FORWARD, FILTER_DROP);
	bed = open_with(&open);
	tcp_out(bed, TCP_SYN);
	port = path_pass(bed, RIG_IN)->sport;
	build_tcp4(&bed->b, addr(SERVER), 80, addr(GATEWAY_OUT), port, TCP_RST | TCP_ACK);
	build_tcp4_at(&bed->b, 0, 1001);
	(void)path_pass(bed, RIG_OUT);
	change(bed, &shut);
	tcp_out(bed, TCP_SYN);
	dies(bed, RIG_IN, DROP_FILTER_FORWARD);
	path_bed_close(bed);
}

/* ---- the stateful helper --------------------------------------------------------------------- */

static void test_stateful_gateway(void **state)
{
	static struct filter_rule_conf rule[FILTER_STATEFUL_MAX];
	struct path_bed *bed = path_bed_new();
	u16 port;

	(void)state;
	assert_int_equal(filter_conf_stateful(&bed->conf.filter, rule, 1 << RIG_IN | 1 << RIG_IN2,
					      1 << RIG_OUT),
			 4);
	path_bed_start(bed);
	port = flow_up(bed);
	assert_true(is_fast(bed, port));
	/* From outside to an inside address that routing knows. */
	build_udp4(&bed->b, addr(SERVER), 53, addr(HOST), 99, 20);
	dies(bed, RIG_OUT, DROP_FILTER_FORWARD);
	in_silence(bed);
	/* From one inside network to another; and back to the same, as hairpins go. */
	build_udp4(&bed->b, addr(HOST), 53, addr("10.20.0.9"), 99, 20);
	dies(bed, RIG_IN, DROP_FILTER_FORWARD);
	build_udp4(&bed->b, addr("10.10.0.9"), 53, addr(GATEWAY_OUT), port, 20);
	(void)path_pass(bed, RIG_IN);
	assert_int_equal(bed->out.out_if, RIG_IN);
	path_bed_close(bed);
}

/* ---- the short cut --------------------------------------------------------------------------- */

/* As a firewall is usually written; no rule is asked any more once both ends have spoken. */
static void test_established_flows_take_the_short_cut(void **state)
{
	struct rules rules = { 0 };
	struct path_bed *bed;
	u64 asked;

	(void)state;
	add(&rules, FILTER_FORWARD, FILTER_DROP)->states = FILTER_UNTRACKED;
	add_established(&rules);
	add(&rules, FILTER_FORWARD, FILTER_ACCEPT)->in_ifs = 1 << RIG_IN;
	bed = open_with(&rules);
	flow_up(bed);
	assert_int_equal(fast(bed), 1);
	asked = rig_counter(&bed->rig, "filter_asked");
	assert_int_equal(asked, 2);
	path_bed_close(bed);
}

/* Rules without states hold for each packet: the first and the second may differ. */
static void test_new_packet_does_not_speak_for_the_established(void **state)
{
	struct rules rules = { 0 };
	struct filter_rule_conf *rule;
	struct path_bed *bed;
	u16 port;

	(void)state;
	add(&rules, FILTER_FORWARD, FILTER_ACCEPT)->states = FILTER_NEW;
	rule = add(&rules, FILTER_FORWARD, FILTER_ACCEPT);
	rule->src.prefix = addr(SERVER);
	rule->src.len = 32;
	add(&rules, FILTER_FORWARD, FILTER_DROP);
	bed = open_with(&rules);
	udp_out(bed);
	port = path_pass(bed, RIG_IN)->sport;
	reply(bed, port);
	(void)path_pass(bed, RIG_OUT);
	udp_out(bed);
	dies(bed, RIG_IN, DROP_FILTER_FORWARD);
	path_bed_close(bed);
}

static void test_stateless_rules_allow_the_short_cut(void **state)
{
	struct rules rules = { 0 };
	struct filter_rule_conf *rule;
	struct path_bed *bed;

	(void)state;
	rule = add(&rules, FILTER_FORWARD, FILTER_DROP);
	rule->proto = IP_PROTO_TCP;
	rule->tcp_mask = TCP_SYN | TCP_FIN;
	rule->tcp_flags = TCP_SYN | TCP_FIN;
	add(&rules, FILTER_FORWARD, FILTER_ACCEPT)->in_ifs = 1 << RIG_IN;
	add(&rules, FILTER_FORWARD, FILTER_ACCEPT)->in_ifs = 1 << RIG_OUT | 1 << RIG_IN2;
	add(&rules, FILTER_FORWARD, FILTER_DROP);
	bed = open_with(&rules);
	assert_true(is_fast(bed, flow_up(bed)));
	path_bed_close(bed);
}

/* The same flow by another link would be another matter for the rules. */
static void test_way_in_that_matters_forbids_it(void **state)
{
	struct rules rules = { 0 };
	struct path_bed *bed;
	u16 port;

	(void)state;
	add(&rules, FILTER_FORWARD, FILTER_DROP)->in_ifs = 1 << RIG_IN2;
	bed = open_with(&rules);
	port = flow_up(bed);
	assert_false(is_fast(bed, port));
	udp_out(bed);
	dies(bed, RIG_IN2, DROP_FILTER_FORWARD);
	path_bed_close(bed);
}

static void test_each_packet_is_judged(void **state)
{
	struct rules rules = { 0 };
	struct sluice_rule shown;
	struct path_bed *bed;
	u32 cursor = 0;

	(void)state;
	add(&rules, FILTER_FORWARD, FILTER_ACCEPT)->each = true;
	bed = open_with(&rules);
	assert_false(is_fast(bed, flow_up(bed)));
	while (sluice_show_rules(bed->rig.s, &cursor, &shown, 1) == 1 &&
	       (shown.policy || shown.conf.chain != FILTER_FORWARD))
		;
	assert_int_equal(shown.packets, 7);
	assert_int_equal(shown.bytes, 7 * 48);
	path_bed_close(bed);
}

/* Two packets a second of what is not TCP, burst of three. */
static void test_limit_holds_for_each_packet_of_a_flow(void **state)
{
	struct rules rules = { 0 };
	struct filter_rule_conf *rule = add(&rules, FILTER_FORWARD, FILTER_ACCEPT);
	struct path_bed *bed;

	(void)state;
	rule->limit = (struct filter_limit){ 2, 1, 3 };
	add(&rules, FILTER_FORWARD, FILTER_DROP);
	bed = open_with(&rules);
	flow_up(bed);
	udp_out(bed);
	dies(bed, RIG_IN, DROP_FILTER_FORWARD);
	rig_advance(&bed->rig, NS_PER_SEC / 2);
	udp_out(bed);
	(void)path_pass(bed, RIG_IN);
	udp_out(bed);
	dies(bed, RIG_IN, DROP_FILTER_FORWARD);
	assert_int_equal(fast(bed), 0);
	path_bed_close(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forward_drops),
		cmocka_unit_test(test_policy_drops),
		cmocka_unit_test(test_input_drops),
		cmocka_unit_test(test_output_drops),
		cmocka_unit_test(test_rejects_with_every_code),
		cmocka_unit_test(test_rejects_with_a_reset),
		cmocka_unit_test(test_damaged_packet_is_not_answered),
		cmocka_unit_test(test_rejected_error_is_not_answered),
		cmocka_unit_test(test_addresses_are_those_after_dnat),
		cmocka_unit_test(test_addresses_are_those_before_snat),
		cmocka_unit_test(test_states_of_a_flow),
		cmocka_unit_test(test_host_is_untracked),
		cmocka_unit_test(test_reopened_flow_is_new),
		cmocka_unit_test(test_stateful_gateway),
		cmocka_unit_test(test_established_flows_take_the_short_cut),
		cmocka_unit_test(test_new_packet_does_not_speak_for_the_established),
		cmocka_unit_test(test_stateless_rules_allow_the_short_cut),
		cmocka_unit_test(test_way_in_that_matters_forbids_it),
		cmocka_unit_test(test_each_packet_is_judged),
		cmocka_unit_test(test_limit_holds_for_each_packet_of_a_flow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
