/* Rules and sets that change while flows stand, and what the log says. */
#include "unit/core_path/rules_bed.h"

/* ---- rules that change ----------------------------------------------------------------------- */

static void rules_shut(struct rules *rules)
{
	memset(rules, 0, sizeof *rules);
	add_established(rules);
	add(rules, FILTER_FORWARD, FILTER_DROP)->proto = IP_PROTO_UDP;
}

static void test_standing_flow_outlives_new_rules(void **state)
{
	struct rules rules;
	struct path_bed *bed = path_bed_open();
	u16 port = flow_up(bed);

	(void)state;
	memset(&rules, 0, sizeof rules);
	add(&rules, FILTER_FORWARD, FILTER_DROP);
	change(bed, &rules);
	assert_true(is_fast(bed, port));
	/* A new one does not come about. */
	build_udp4(&bed->b, addr(HOST), 5001, addr(SERVER), 53, 20);
	dies(bed, RIG_IN, DROP_FILTER_FORWARD);
	path_bed_close(bed);
}

/* Judged as if it began now, by whichever side speaks first. */
static void test_reclassify_ends_what_is_not_allowed(void **state)
{
	(void)state;
	for (u32 side = 0; side < 2; side++) {
		struct rules rules;
		struct path_bed *bed = path_bed_open();
		u16 port = flow_up(bed);
		u64 asked;

		rules_shut(&rules);
		rules.rule[1].in_ifs = 1 << RIG_IN;
		rules.rule[1].out_ifs = 1 << RIG_OUT;
		rules.rule[1].dport.first = rules.rule[1].dport.last = 53;
		bed->conf.filter.reclassify = true;
		change(bed, &rules);
		udp_out(bed);
		if (side == 1)
			reply(bed, port);
		assert_true(rig_send(&bed->rig, side == 0 ? RIG_IN : RIG_OUT, &bed->b));
		asked = rig_counter(&bed->rig, "filter_asked");
		in_silence(bed);
		assert_int_equal(rig_drop_count(&bed->rig, DROP_FILTER_FORWARD), 1);
		assert_int_equal(sluice_flow_count(bed->rig.s), 0);
		assert_int_equal(rig_counter(&bed->rig, "filter_flows_ended"), 1);
		assert_int_equal(asked, 1);
		path_bed_close(bed);
	}
}

static void test_reclassify_lets_go_on_what_is_allowed(void **state)
{
	struct rules rules;
	struct path_bed *bed = path_bed_open();
	u16 port = flow_up(bed);

	(void)state;
	rules_shut(&rules);
	rules.rule[1].dport.first = rules.rule[1].dport.last = 54;
	bed->conf.filter.reclassify = true;
	change(bed, &rules);
	assert_true(is_fast(bed, port));
	/* TCP and ICMP as well: a SYN, a request. */
	path_bed_close(bed);
}

static void test_reclassify_rejects(void **state)
{
	struct rules rules = { 0 };
	struct path_bed *bed = path_bed_open();
	struct filter_rule_conf *rule;
	u16 port;

	(void)state;
	tcp_out(bed, TCP_SYN);
	port = path_pass(bed, RIG_IN)->sport;
	build_tcp4(&bed->b, addr(SERVER), 80, addr(GATEWAY_OUT), port, TCP_SYN | TCP_ACK);
	build_tcp4_at(&bed->b, 5000, 1001);
	(void)path_pass(bed, RIG_OUT);
	add_established(&rules);
	rule = add(&rules, FILTER_FORWARD, FILTER_REJECT);
	rule->proto = IP_PROTO_TCP;
	rule->tcp_mask = rule->tcp_flags = TCP_SYN;
	rule->fate.reject = FILTER_REJECT_RESET;
	bed->conf.filter.reclassify = true;
	change(bed, &rules);
	tcp_out(bed, TCP_ACK);
	build_tcp4_at(&bed->b, 1001, 5001);
	assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
	assert_true(rig_next(&bed->rig, &bed->out));
	assert_int_equal(bed->out.seen.flags, TCP_RST);
	assert_int_equal(sluice_flow_count(bed->rig.s), 0);
	path_bed_close(bed);
}

/* What changes nothing of the rules leaves counters, limits and flows alone. */
static void test_same_rules_are_not_exchanged(void **state)
{
	struct rules rules = { 0 };
	struct sluice_rule shown;
	struct path_bed *bed;
	u32 cursor = 2; /* behind the places of the one rule and the policy of INPUT */

	(void)state;
	add(&rules, FILTER_FORWARD, FILTER_ACCEPT);
	bed = open_with(&rules);
	flow_up(bed);
	bed->conf.route_count = 0;
	change(bed, &rules);
	assert_int_equal(sluice_show_rules(bed->rig.s, &cursor, &shown, 1), 1);
	assert_int_equal(shown.conf.chain, FILTER_FORWARD);
	assert_int_equal(shown.packets, 2);
	path_bed_close(bed);
}

/* Nor does what changes of other rules. */
static void test_rules_that_stay_keep_their_counters(void **state)
{
	struct rules rules = { 0 };
	struct sluice_rule shown;
	struct path_bed *bed;
	u32 cursor = 3; /* behind the places of the two rules and the policy of INPUT */

	(void)state;
	add(&rules, FILTER_FORWARD, FILTER_ACCEPT);
	bed = open_with(&rules);
	flow_up(bed);
	add(&rules, FILTER_FORWARD, FILTER_DROP);
	change(bed, &rules);
	assert_int_equal(sluice_show_rules(bed->rig.s, &cursor, &shown, 1), 1);
	assert_int_equal(shown.conf.fate.action, FILTER_ACCEPT);
	assert_int_equal(shown.packets, 2);
	path_bed_close(bed);
}

static void test_refused_rules_change_nothing(void **state)
{
	struct rules rules = { 0 };
	struct path_bed *bed;

	(void)state;
	add(&rules, FILTER_FORWARD, FILTER_DROP)->proto = IP_PROTO_UDP;
	bed = open_with(&rules);
	rules.rule[0].fate.action = FILTER_ACCEPT;
	rules.rule[0].states = 0;
	put(bed, &rules);
	assert_false(rig_configure(&bed->rig, &bed->conf));
	udp_out(bed);
	dies(bed, RIG_IN, DROP_FILTER_FORWARD);
	/* Good rules, and something else that is refused. */
	rules.rule[0].states = FILTER_STATES;
	bed->conf.nat.rule_count = NAT_RULE_MAX + 1;
	assert_false(rig_configure(&bed->rig, &bed->conf));
	udp_out(bed);
	dies(bed, RIG_IN, DROP_FILTER_FORWARD);
	path_bed_close(bed);
}

/* ---- sets and the log ------------------------------------------------------------------------ */

static void test_set_changes_at_run_time(void **state)
{
	const struct filter_elem host = { addr(SERVER), 32, 0, 0 };
	const struct filter_set_conf set = { .name = "bad", .kind = FILTER_SET_ADDRS };
	struct path_bed *bed = path_bed_new();
	struct rules rules = { 0 };
	u16 port;

	(void)state;
	add(&rules, FILTER_FORWARD, FILTER_DROP)->dst.set = 0;
	bed->conf.filter.set = &set;
	bed->conf.filter.set_count = 1;
	put(bed, &rules);
	path_bed_start(bed);
	port = flow_up(bed);
	assert_true(is_fast(bed, port));
	assert_int_equal(sluice_set_add(bed->rig.s, "bad", &host), ERR_OK);
	udp_out(bed);
	dies(bed, RIG_IN, DROP_FILTER_FORWARD);
	assert_int_equal(sluice_set_del(bed->rig.s, "bad", &host), ERR_OK);
	assert_true(is_fast(bed, port));
	path_bed_close(bed);
}

/* Each way to change a set tells flows that stand to ask again. */
static void test_each_change_of_a_set_reaches_flows(void **state)
{
	const struct filter_elem host = { addr(SERVER), 32, 0, 0 };
	const struct filter_set_conf set = { .name = "bad", .kind = FILTER_SET_ADDRS };
	struct path_bed *bed = path_bed_new();
	struct rules rules = { 0 };
	u32 fill, count;
	u16 port;

	(void)state;
	add(&rules, FILTER_FORWARD, FILTER_DROP)->dst.set = 0;
	bed->conf.filter.set = &set;
	bed->conf.filter.set_count = 1;
	put(bed, &rules);
	path_bed_start(bed);
	port = flow_up(bed);
	for (u32 round = 0; round < 2; round++) {
		assert_true(is_fast(bed, port));
		assert_int_equal(sluice_set_fill_begin(bed->rig.s, "bad", &fill), ERR_OK);
		assert_int_equal(sluice_set_fill(bed->rig.s, "bad", fill, &host, 1, &count),
				 ERR_OK);
		assert_true(is_fast(bed, port));
		assert_int_equal(sluice_set_fill_end(bed->rig.s, "bad", fill), ERR_OK);
		udp_out(bed);
		dies(bed, RIG_IN, DROP_FILTER_FORWARD);
		assert_int_equal(sluice_set_flush(bed->rig.s, "bad", &count), ERR_OK);
		assert_int_equal(count, 1);
		assert_true(is_fast(bed, port));
		assert_int_equal(sluice_set_change(bed->rig.s, "bad", &host, 1, true, &count),
				 ERR_OK);
		assert_int_equal(count, 1);
		udp_out(bed);
		dies(bed, RIG_IN, DROP_FILTER_FORWARD);
		assert_int_equal(sluice_set_change(bed->rig.s, "bad", &host, 1, false, &count),
				 ERR_OK);
	}
	assert_int_equal(sluice_set_fill_begin(bed->rig.s, "bad", &fill), ERR_OK);
	sluice_set_fill_drop(bed->rig.s, fill);
	assert_true(is_fast(bed, port));
	path_bed_close(bed);
}

static void test_set_with_reclassify_ends_flows(void **state)
{
	const struct filter_elem host = { addr(SERVER), 32, 0, 0 };
	const struct filter_set_conf set = { .name = "bad", .kind = FILTER_SET_ADDRS };
	struct path_bed *bed = path_bed_new();
	struct rules rules = { 0 };

	(void)state;
	add_established(&rules);
	add(&rules, FILTER_FORWARD, FILTER_DROP)->dst.set = 0;
	bed->conf.filter.set = &set;
	bed->conf.filter.set_count = 1;
	bed->conf.filter.reclassify = true;
	put(bed, &rules);
	path_bed_start(bed);
	flow_up(bed);
	assert_int_equal(sluice_set_add(bed->rig.s, "bad", &host), ERR_OK);
	udp_out(bed);
	assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
	assert_int_equal(rig_drop_count(&bed->rig, DROP_FILTER_FORWARD), 1);
	assert_int_equal(sluice_flow_count(bed->rig.s), 0);
	path_bed_close(bed);
}

static void test_log_is_an_event(void **state)
{
	struct rules rules = { 0 };
	struct filter_rule_conf *rule = add(&rules, FILTER_FORWARD, FILTER_DROP);
	struct path_bed *bed = path_bed_new();
	struct sluice_event event;

	(void)state;
	rule->log = true;
	memcpy(rule->name, "no", 3);
	bed->conf.filter.log_rate = 1;
	bed->conf.filter.log_burst = 2;
	put(bed, &rules);
	path_bed_start(bed);
	for (u32 n = 0; n < 5; n++)
		dies((udp_out(bed), bed), RIG_IN, DROP_FILTER_FORWARD);
	assert_true(sluice_event_next(bed->rig.s, &event));
	assert_int_equal(event.kind, SLUICE_EVENT_FILTER);
	assert_int_equal(event.chain, FILTER_FORWARD);
	assert_int_equal(event.action, FILTER_DROP);
	assert_int_equal(event.rule, 0);
	assert_string_equal(event.rule_name, "no");
	assert_int_equal(event.proto, IP_PROTO_UDP);
	assert_true(be32_eq(event.src, addr(HOST)) && be32_eq(event.dst, addr(SERVER)));
	assert_int_equal(be16_host(event.sport), 5000);
	assert_int_equal(be16_host(event.dport), 53);
	assert_int_equal(event.iface, RIG_IN);
	assert_int_equal(event.out_if, RIG_OUT);
	assert_true(sluice_event_next(bed->rig.s, &event));
	assert_false(sluice_event_next(bed->rig.s, &event));
	rig_advance(&bed->rig, NS_PER_SEC);
	udp_out(bed);
	dies(bed, RIG_IN, DROP_FILTER_FORWARD);
	assert_true(sluice_event_next(bed->rig.s, &event));
	assert_int_equal(event.refused, 3);
	assert_int_equal(rig_counter(&bed->rig, "filter_logs_lost"), 3);
	rig_advance(&bed->rig, NS_PER_SEC);
	build_echo4(&bed->b, addr(HOST), addr(SERVER), ICMP_ECHO, 7, 1);
	dies(bed, RIG_IN, DROP_FILTER_FORWARD);
	assert_true(sluice_event_next(bed->rig.s, &event));
	assert_int_equal(be16_host(event.dport), ICMP_ECHO << 8);
	path_bed_close(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_standing_flow_outlives_new_rules),
		cmocka_unit_test(test_reclassify_ends_what_is_not_allowed),
		cmocka_unit_test(test_reclassify_lets_go_on_what_is_allowed),
		cmocka_unit_test(test_reclassify_rejects),
		cmocka_unit_test(test_same_rules_are_not_exchanged),
		cmocka_unit_test(test_rules_that_stay_keep_their_counters),
		cmocka_unit_test(test_refused_rules_change_nothing),
		cmocka_unit_test(test_set_changes_at_run_time),
		cmocka_unit_test(test_each_change_of_a_set_reaches_flows),
		cmocka_unit_test(test_set_with_reclassify_ends_flows),
		cmocka_unit_test(test_log_is_an_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
