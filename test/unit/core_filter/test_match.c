/* One thing that a rule can ask about at a time: what it takes and what it does not; limits; what
 * is counted.                                                                                    */
#include "unit/core_filter/filter_bed.h"

static struct filter_model_packet tcp(void)
{
	return (struct filter_model_packet){ .src = addr("10.1.2.3"),
					     .dst = addr("198.18.0.9"),
					     .sport = 5000,
					     .dport = 80,
					     .proto = IP_PROTO_TCP,
					     .state = FILTER_NEW,
					     .in_if = 1,
					     .out_if = 2,
					     .tcp_flags = TCP_SYN };
}

static struct filter_rule_conf any_rule(void)
{
	struct filter_rule_conf rule;

	filter_rule_defaults(&rule);
	rule.fate.action = FILTER_DROP;
	return rule;
}

static bool meets(const struct filter_rule_conf *rule, const struct filter_model_packet *packet)
{
	struct filter_bed bed;
	struct filter_key key = bed_key(packet);
	u16 found;

	bed_open(&bed);
	bed.conf.rule = rule;
	bed.conf.rule_count = 1;
	bed_use(&bed);
	found = filter_find(bed.filter.live, &bed.filter.key, FILTER_FORWARD, &key, 0);
	bed_close(&bed);
	return found == 0;
}

static void test_addresses(void **state)
{
	struct filter_rule_conf rule = any_rule();
	struct filter_model_packet p = tcp();

	(void)state;
	assert_true(meets(&rule, &p));
	rule.src.prefix = addr("10.1.2.0");
	rule.src.len = 24;
	assert_true(meets(&rule, &p));
	p.src = addr("10.1.3.0");
	assert_false(meets(&rule, &p));
	rule.src.not = true;
	assert_true(meets(&rule, &p));
	p.src = addr("10.1.2.255");
	assert_false(meets(&rule, &p));
	rule = any_rule();
	rule.dst.prefix = addr("198.18.0.9");
	rule.dst.len = 32;
	assert_true(meets(&rule, &p));
	p.dst = addr("198.18.0.8");
	assert_false(meets(&rule, &p));
	rule.dst.not = true;
	assert_true(meets(&rule, &p));
}

static void test_ports(void **state)
{
	struct filter_rule_conf rule = any_rule();
	struct filter_model_packet p = tcp();

	(void)state;
	rule.dport.first = 80;
	rule.dport.last = 90;
	assert_true(meets(&rule, &p));
	p.dport = 90;
	assert_true(meets(&rule, &p));
	p.dport = 91;
	assert_false(meets(&rule, &p));
	rule.dport.not = true;
	assert_true(meets(&rule, &p));
	/* What has no ports meets no rule about ports, not even about others. */
	p.proto = 47;
	p.sport = p.dport = 0;
	assert_false(meets(&rule, &p));
	rule = any_rule();
	rule.sport.first = rule.sport.last = 5000;
	p = tcp();
	p.proto = IP_PROTO_UDP;
	assert_true(meets(&rule, &p));
	p.sport = 5001;
	assert_false(meets(&rule, &p));
	/* Each protocol with ports has them here, whether the rule names it or not. */
	p = tcp();
	p.proto = IP_PROTO_SCTP;
	rule = any_rule();
	rule.dport.first = rule.dport.last = p.dport;
	assert_true(meets(&rule, &p));
	rule.proto = IP_PROTO_SCTP;
	assert_true(meets(&rule, &p));
	p.dport++;
	assert_false(meets(&rule, &p));
}

static void test_protocols(void **state)
{
	struct filter_rule_conf rule = any_rule();
	struct filter_model_packet p = tcp();

	(void)state;
	rule.proto = IP_PROTO_TCP;
	assert_true(meets(&rule, &p));
	rule.proto = IP_PROTO_UDP;
	assert_false(meets(&rule, &p));
	rule.proto_not = true;
	assert_true(meets(&rule, &p));
	rule.proto = 0;
	assert_true(meets(&rule, &p));
	rule.proto_not = false;
	assert_false(meets(&rule, &p));
	p.proto = 0;
	assert_true(meets(&rule, &p));
	rule.proto_not = true;
	assert_false(meets(&rule, &p));
	rule = any_rule();
	rule.proto = UINT8_MAX;
	assert_false(meets(&rule, &p));
	p.proto = UINT8_MAX;
	assert_true(meets(&rule, &p));
	rule = any_rule();
	rule.proto = IP_PROTO_ICMP;
	rule.icmp = true;
	rule.icmp_type = 8;
	p.proto = IP_PROTO_ICMP;
	p.icmp_type = 8;
	p.icmp_code = 3;
	assert_true(meets(&rule, &p));
	rule.icmp_code = 0;
	assert_false(meets(&rule, &p));
	rule.icmp_code = 3;
	assert_true(meets(&rule, &p));
	p.icmp_type = 0;
	assert_false(meets(&rule, &p));
}

static void test_tcp_flags(void **state)
{
	struct filter_rule_conf rule = any_rule();
	struct filter_model_packet p = tcp();

	(void)state;
	rule.proto = IP_PROTO_TCP;
	rule.tcp_mask = TCP_SYN | TCP_ACK;
	rule.tcp_flags = TCP_SYN;
	assert_true(meets(&rule, &p));
	p.tcp_flags = TCP_SYN | TCP_PSH;
	assert_true(meets(&rule, &p));
	p.tcp_flags = TCP_SYN | TCP_ACK;
	assert_false(meets(&rule, &p));
	p.tcp_flags = 0;
	assert_false(meets(&rule, &p));
}

static void test_interfaces_and_states(void **state)
{
	struct filter_rule_conf rule = any_rule();
	struct filter_model_packet p = tcp();

	(void)state;
	rule.in_ifs = 1 << 1 | 1 << 5;
	rule.out_ifs = 1 << 2;
	assert_true(meets(&rule, &p));
	p.in_if = 5;
	assert_true(meets(&rule, &p));
	p.in_if = 3;
	assert_false(meets(&rule, &p));
	p.in_if = 1;
	p.out_if = 1;
	assert_false(meets(&rule, &p));
	rule = any_rule();
	rule.states = FILTER_NEW | FILTER_RELATED;
	assert_true(meets(&rule, &p));
	p.state = FILTER_ESTABLISHED;
	assert_false(meets(&rule, &p));
}

/* ---- answers --------------------------------------------------------------------------------- */

static struct filter_fate ask(struct filter_bed *bed, const struct filter_model_packet *packet,
			      ns_t now)
{
	struct filter_ask question = {
		.key = bed_key(packet), .chain = FILTER_FORWARD, .len_bytes = 100, .now = now
	};

	return filter_judge(&bed->filter, &question);
}

static void test_first_rule_decides_and_counts(void **state)
{
	struct filter_rule_conf rule[3] = { any_rule(), any_rule(), any_rule() };
	struct filter_model_packet p = tcp();
	struct filter_bed bed;

	(void)state;
	rule[0].chain = FILTER_INPUT;
	rule[1].dst.prefix = addr("198.18.0.9");
	rule[1].dst.len = 32;
	rule[1].fate = (struct filter_fate){ FILTER_REJECT, FILTER_REJECT_HOST };
	bed_open(&bed);
	bed.conf.rule = rule;
	bed.conf.rule_count = 3;
	bed_use(&bed);
	assert_int_equal(ask(&bed, &p, 1).action, FILTER_REJECT);
	assert_int_equal(ask(&bed, &p, 1).reject, FILTER_REJECT_HOST);
	p.dst = addr("198.18.0.8");
	assert_int_equal(ask(&bed, &p, 1).action, FILTER_DROP);
	assert_int_equal(bed.filter.live->count[0].packets, 0);
	assert_int_equal(bed.filter.live->count[1].packets, 2);
	assert_int_equal(bed.filter.live->count[1].bytes, 200);
	assert_int_equal(bed.filter.live->count[2].packets, 1);
	assert_int_equal(bed.filter.live->chain[FILTER_FORWARD].count.packets, 0);
	bed_close(&bed);
}

/* Three at once, then one each half second; what is beyond goes on to the policy. */
static void test_limit(void **state)
{
	struct filter_rule_conf rule = any_rule();
	struct filter_model_packet p = tcp();
	struct filter_bed bed;
	ns_t now = 1000 * NS_PER_SEC;

	(void)state;
	rule.limit = (struct filter_limit){ 2, 1, 3 };
	bed_open(&bed);
	bed.conf.rule = &rule;
	bed.conf.rule_count = 1;
	bed_use(&bed);
	for (u32 n = 0; n < 3; n++)
		assert_int_equal(ask(&bed, &p, now).action, FILTER_DROP);
	assert_int_equal(ask(&bed, &p, now).action, FILTER_ACCEPT);
	now += NS_PER_SEC / 2 - 1;
	assert_int_equal(ask(&bed, &p, now).action, FILTER_ACCEPT);
	now += 1;
	assert_int_equal(ask(&bed, &p, now).action, FILTER_DROP);
	assert_int_equal(ask(&bed, &p, now).action, FILTER_ACCEPT);
	now += 100 * NS_PER_SEC;
	for (u32 n = 0; n < 3; n++)
		assert_int_equal(ask(&bed, &p, now).action, FILTER_DROP);
	assert_int_equal(ask(&bed, &p, now).action, FILTER_ACCEPT);
	assert_int_equal(bed.filter.stats.limited, 4);
	assert_int_equal(bed.filter.live->chain[FILTER_FORWARD].count.packets, 4);
	bed_close(&bed);
}

/* Each source by itself; over: the rule is for those beyond. */
static void test_limit_of_each_source(void **state)
{
	struct filter_rule_conf rule = any_rule();
	struct filter_model_packet p = tcp();
	struct filter_bed bed;
	ns_t now = 1000 * NS_PER_SEC;

	(void)state;
	rule.source_limit = (struct filter_limit){ 60, 60, 2 };
	rule.limit_over = true;
	bed_open(&bed);
	bed.conf.rule = &rule;
	bed.conf.rule_count = 1;
	bed_use(&bed);
	for (u32 round = 0; round < 2; round++) {
		for (u32 host = 0; host < 20; host++) {
			p.src = be32_of(0x0a000001 + host);
			assert_int_equal(ask(&bed, &p, now).action, FILTER_ACCEPT);
		}
	}
	for (u32 host = 0; host < 20; host++) {
		p.src = be32_of(0x0a000001 + host);
		assert_int_equal(ask(&bed, &p, now).action, FILTER_DROP);
	}
	now += NS_PER_SEC;
	assert_int_equal(ask(&bed, &p, now).action, FILTER_ACCEPT);
	assert_int_equal(ask(&bed, &p, now).action, FILTER_DROP);
	assert_int_equal(bed.filter.stats.sources_evicted, 0);
	bed_close(&bed);
}

/* One address in two zones is two sources. */
static void test_limit_of_each_source_in_its_zone(void **state)
{
	struct filter_rule_conf rule = any_rule();
	struct filter_model_packet p = tcp();
	struct filter_ask question = { .key = bed_key(&p), .chain = FILTER_FORWARD, .now = 1 };
	struct filter_bed bed;

	(void)state;
	rule.source_limit = (struct filter_limit){ 1, 60, 2 };
	bed_open(&bed);
	bed.conf.rule = &rule;
	bed.conf.rule_count = 1;
	bed_use(&bed);
	for (u32 round = 0; round < 3; round++) {
		for (u8 zone = 0; zone < 64; zone++) {
			question.key.zone = zone;
			assert_int_equal(filter_judge(&bed.filter, &question).action,
					 round < 2 ? FILTER_DROP : FILTER_ACCEPT);
		}
	}
	assert_int_equal(bed.filter.stats.sources_evicted, 0);
	bed_close(&bed);
}

/* More sources than are remembered: the one nearest to rest gives way, and that is counted. */
static void test_table_of_sources_is_bounded(void **state)
{
	struct filter_rule_conf rule = any_rule();
	struct filter_model_packet p = tcp();
	struct filter_conf conf;
	struct filter_bed bed;

	(void)state;
	rule.source_limit = (struct filter_limit){ 1, 60, 2 };
	filter_conf_defaults(&conf);
	conf.source_limit = 8;
	bed_open_with(&bed, &conf);
	bed.conf.rule = &rule;
	bed.conf.rule_count = 1;
	bed_use(&bed);
	for (u32 host = 0; host < 100; host++) {
		p.src = be32_of(0x0a000001 + host);
		assert_int_equal(ask(&bed, &p, NS_PER_SEC).action, FILTER_DROP);
	}
	assert_int_equal(bed.filter.stats.sources_evicted, 92);
	bed_close(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_protocols),
		cmocka_unit_test(test_tcp_flags),
		cmocka_unit_test(test_interfaces_and_states),
		cmocka_unit_test(test_first_rule_decides_and_counts),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_limit_of_each_source),
		cmocka_unit_test(test_limit_of_each_source_in_its_zone),
		cmocka_unit_test(test_table_of_sources_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
