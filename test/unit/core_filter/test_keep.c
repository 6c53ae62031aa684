/* What rules keep when others come beside them: counters, and what their limits have left. */
#include "core/base/rng.h"
#include "unit/core_filter/filter_bed.h"

enum { MANY = 10000, KINDS = 40, ROUNDS = 20, NOW_S = 1000 };

/* Only packets to its port come to this rule. */
static struct filter_rule_conf rule_for(u16 port)
{
	struct filter_rule_conf rule;

	filter_rule_defaults(&rule);
	rule.proto = IP_PROTO_TCP;
	rule.dport.first = rule.dport.last = port;
	rule.fate.action = FILTER_DROP;
	return rule;
}

static u8 asked(struct filter_bed *bed, u32 src, u16 port, ns_t now)
{
	struct filter_model_packet p = { .state = FILTER_NEW,
					 .proto = IP_PROTO_TCP,
					 .src = be32_of(src),
					 .dst = be32_of(0xc6336401),
					 .sport = 40000,
					 .dport = port };
	struct filter_ask ask = { .key = bed_key(&p),
				  .chain = FILTER_FORWARD,
				  .len_bytes = 100,
				  .now = now };

	return filter_judge(&bed->filter, &ask).action;
}

static void ask_times(struct filter_bed *bed, u16 port, u32 times)
{
	while (times-- > 0)
		(void)asked(bed, 0x0a000001, port, NOW_S * NS_PER_SEC);
}

static void use(struct filter_bed *bed, const struct filter_rule_conf *rule, u32 count)
{
	bed->conf.rule = rule;
	bed->conf.rule_count = count;
	bed_use(bed);
}

static u64 packets(const struct filter_bed *bed, u32 rule)
{
	return bed->filter.live->count[rule].packets;
}

static void test_rules_that_stay_go_on_counting(void **state)
{
	struct filter_rule_conf rule[] = { rule_for(80), rule_for(443), rule_for(22) };
	struct filter_rule_conf moved[4];
	struct filter_bed bed;

	(void)state;
	bed_open(&bed);
	use(&bed, rule, 3);
	ask_times(&bed, 80, 5);
	ask_times(&bed, 443, 6);
	ask_times(&bed, 22, 7);
	rule[1].fate.action = FILTER_ACCEPT;
	use(&bed, rule, 3);
	assert_int_equal(packets(&bed, 0), 5);
	assert_int_equal(packets(&bed, 1), 0);
	assert_int_equal(packets(&bed, 2), 7);
	assert_int_equal(bed.filter.live->count[2].bytes, 700);
	/* One more before all, one gone, two that change places. */
	moved[0] = rule_for(25);
	moved[1] = rule[2];
	moved[2] = rule[0];
	use(&bed, moved, 3);
	assert_int_equal(packets(&bed, 0), 0);
	assert_int_equal(packets(&bed, 1), 7);
	assert_int_equal(packets(&bed, 2), 5);
	use(&bed, rule, 3); /* what was gone has forgotten */
	assert_int_equal(packets(&bed, 0), 5);
	assert_int_equal(packets(&bed, 1), 0);
	memcpy(rule[0].name, "web", 4); /* it is called otherwise: another rule */
	use(&bed, rule, 3);
	assert_int_equal(packets(&bed, 0), 0);
	assert_int_equal(packets(&bed, 2), 7);
	rule[2].chain = FILTER_INPUT;
	use(&bed, rule, 3);
	assert_int_equal(packets(&bed, 2), 0);
	bed_close(&bed);
}

/* Several that say the same: the first is the first that was. */
static void test_equals_go_by_their_order(void **state)
{
	struct filter_rule_conf rule[] = { rule_for(80), rule_for(80), rule_for(80) };
	struct filter_bed bed;

	(void)state;
	rule[0].limit = rule[1].limit = (struct filter_limit){ 1, 60, 2 };
	bed_open(&bed);
	use(&bed, rule, 3);
	ask_times(&bed, 80, 7);
	assert_int_equal(packets(&bed, 0), 2);
	assert_int_equal(packets(&bed, 1), 2);
	assert_int_equal(packets(&bed, 2), 3);
	use(&bed, &rule[1], 2);
	assert_int_equal(packets(&bed, 0), 2);
	assert_int_equal(packets(&bed, 1), 3);
	use(&bed, rule, 3);
	assert_int_equal(packets(&bed, 0), 2);
	assert_int_equal(packets(&bed, 1), 0);
	assert_int_equal(packets(&bed, 2), 3);
	bed_close(&bed);
}

static void test_a_policy_that_stays_goes_on_counting(void **state)
{
	struct filter_rule_conf rule = rule_for(80);
	struct filter_bed bed;

	(void)state;
	bed_open(&bed);
	use(&bed, &rule, 1);
	ask_times(&bed, 22, 3);
	use(&bed, &rule, 0);
	assert_int_equal(bed.filter.live->chain[FILTER_FORWARD].count.packets, 3);
	bed.conf.policy[FILTER_FORWARD].action = FILTER_REJECT;
	use(&bed, &rule, 0);
	assert_int_equal(bed.filter.live->chain[FILTER_FORWARD].count.packets, 0);
	ask_times(&bed, 22, 3);
	bed.conf.policy[FILTER_FORWARD].reject = FILTER_REJECT_HOST;
	use(&bed, &rule, 1);
	assert_int_equal(bed.filter.live->chain[FILTER_FORWARD].count.packets, 0);
	bed_close(&bed);
}

/* It is the set of this name, wherever it stands and whatever is in it now. */
static void test_sets_are_known_by_their_names(void **state)
{
	const struct filter_elem elem = { be32_of(0x0a000001), 32, 0, 0 };
	struct filter_set_conf set[] = { { "hosts", FILTER_SET_ADDRS, 1, &elem, 0 },
					 { "others", FILTER_SET_ADDRS, 0, &elem, 0 } };
	struct filter_set_conf swapped[] = { set[1], set[0] };
	struct filter_rule_conf rule = rule_for(80);
	struct filter_bed bed;

	(void)state;
	rule.src.set = 0;
	bed_open(&bed);
	bed.conf.set_count = 2;
	bed.conf.set = set;
	use(&bed, &rule, 1);
	ask_times(&bed, 80, 5);
	rule.src.set = 1;
	bed.conf.set = swapped;
	use(&bed, &rule, 1);
	assert_int_equal(packets(&bed, 0), 5);
	swapped[1].elem_count = 0;
	use(&bed, &rule, 1);
	assert_int_equal(packets(&bed, 0), 5);
	rule.src.set = 0;
	use(&bed, &rule, 1);
	assert_int_equal(packets(&bed, 0), 0);
	bed_close(&bed);
}

/* Who has used a limit up gets nothing by a reload. */
static void test_limits_are_not_filled_again(void **state)
{
	struct filter_rule_conf rule[] = { rule_for(22), rule_for(80) };
	const ns_t now = NOW_S * NS_PER_SEC;
	struct filter_bed bed;

	(void)state;
	rule[1].limit = (struct filter_limit){ 1, 60, 2 };
	bed_open(&bed);
	use(&bed, rule, 2);
	ask_times(&bed, 80, 2);
	assert_int_equal(asked(&bed, 0x0a000001, 80, now), FILTER_ACCEPT);
	use(&bed, &rule[1], 1);
	assert_int_equal(asked(&bed, 0x0a000001, 80, now), FILTER_ACCEPT);
	rule[1].limit.burst = 3; /* another limit has more to give */
	use(&bed, &rule[1], 1);
	assert_int_equal(asked(&bed, 0x0a000001, 80, now), FILTER_DROP);
	bed_close(&bed);
}

/* Nor do sources, of which others know nothing: whose place the rule takes, or who takes its. */
static void test_sources_are_not_forgotten(void **state)
{
	struct filter_rule_conf rule[] = { rule_for(80), rule_for(22), rule_for(25) };
	const ns_t now = NOW_S * NS_PER_SEC;
	struct filter_bed bed;

	(void)state;
	for (u32 at = 0; at < ARRAY_COUNT(rule); at++)
		rule[at].source_limit = (struct filter_limit){ 1, 60, 1 };
	bed_open(&bed);
	use(&bed, rule, 2);
	for (u32 host = 0; host < 20; host++)
		assert_int_equal(asked(&bed, 0x0a000001 + host, 22, now), FILTER_DROP);
	use(&bed, &rule[1], 2);
	for (u32 host = 0; host < 20; host++) {
		assert_int_equal(asked(&bed, 0x0a000001 + host, 22, now), FILTER_ACCEPT);
		assert_int_equal(asked(&bed, 0x0a000001 + host, 25, now), FILTER_DROP);
	}
	use(&bed, rule, 3);
	for (u32 host = 0; host < 20; host++) {
		assert_int_equal(asked(&bed, 0x0a000001 + host, 80, now), FILTER_DROP);
		assert_int_equal(asked(&bed, 0x0a000001 + host, 22, now), FILTER_ACCEPT);
		assert_int_equal(asked(&bed, 0x0a000001 + host, 25, now), FILTER_ACCEPT);
	}
	assert_int_equal(bed.filter.stats.sources_evicted, 0);
	bed_close(&bed);
}

/* When the numbers of buildings begin anew nobody gets the buckets of another one. */
static void test_buildings_without_number(void **state)
{
	struct filter_rule_conf rule[] = { rule_for(80), rule_for(22) };
	const ns_t now = NOW_S * NS_PER_SEC;
	struct filter_bed bed;

	(void)state;
	rule[0].source_limit = rule[1].source_limit = (struct filter_limit){ 1, 60, 1 };
	bed_open(&bed);
	use(&bed, rule, 1);
	bed.filter.made = UINT16_MAX;
	use(&bed, &rule[1], 1);
	assert_int_equal(bed.filter.made, 1);
	assert_int_equal(asked(&bed, 0x0a000001, 22, now), FILTER_DROP);
	use(&bed, rule, 2);
	assert_int_equal(asked(&bed, 0x0a000001, 80, now), FILTER_DROP);
	assert_int_equal(asked(&bed, 0x0a000001, 22, now), FILTER_ACCEPT);
	bed.filter.made = UINT16_MAX;
	use(&bed, &rule[1], 1);
	assert_int_equal(bed.filter.live->limiter[0].made, 1);
	assert_int_equal(bed.filter.live->limiter[0].rule, 0);
	bed_close(&bed);
}

/* What is kept, found by going through all of it. */
static void expect_as_plain(const u16 *old, u64 *count, u32 old_count, const u16 *new,
			    u32 new_count, const struct filter_bed *bed)
{
	static bool taken[MANY];

	memset(taken, 0, sizeof taken);
	for (u32 at = 0; at < new_count; at++) {
		u32 was = 0;

		while (was < old_count && (taken[was] || old[was] != new[at]))
			was++;
		if (was < old_count)
			taken[was] = true;
		assert_int_equal(packets(bed, at), was < old_count ? count[was] : 0);
	}
}

static void test_random_changes_as_by_going_through_all(void **state)
{
	static struct filter_rule_conf rule[KINDS * 2];
	static u16 port[2][KINDS * 2];
	u64 count[KINDS * 2] = { 0 };
	u32 rules = 0, before;
	struct filter_bed bed;
	struct rng rng;

	(void)state;
	rng_init(&rng, (const u8[32]){ 7 });
	bed_open(&bed);
	for (u32 round = 0; round < ROUNDS; round++) {
		u16 *old = port[round % 2], *new = port[(round + 1) % 2];

		before = rules;
		rules = rng_below(&rng, ARRAY_COUNT(rule)) + 1;
		for (u32 at = 0; at < rules; at++) {
			new[at] = (u16)(1 + rng_below(&rng, KINDS));
			rule[at] = rule_for(new[at]);
		}
		use(&bed, rule, rules);
		expect_as_plain(old, count, before, new, rules, &bed);
		for (u32 at = 0; at < rules; at++)
			count[at] = bed.filter.live->count[at].packets = round * 1000 + at;
	}
	bed_close(&bed);
}

static void test_many_rules(void **state)
{
	static struct filter_rule_conf rule[MANY];
	struct filter_conf conf;
	struct filter_bed bed;

	(void)state;
	filter_conf_defaults(&conf);
	conf.rule_limit = MANY;
	bed_open_with(&bed, &conf);
	for (u32 at = 0; at < MANY; at++)
		rule[at] = rule_for((u16)(1 + at / 2)); /* each twice */
	use(&bed, rule, MANY);
	for (u32 at = 0; at < MANY; at++)
		bed.filter.live->count[at].packets = at + 1;
	use(&bed, &rule[1], MANY - 1);
	assert_int_equal(packets(&bed, 0), 1); /* of two that say the same, the first */
	for (u32 at = 1; at < MANY - 1; at++)
		assert_int_equal(packets(&bed, at), at + 2);
	for (u32 at = 0; at < MANY; at++)
		rule[at] = rule_for(7); /* all say the same */
	use(&bed, rule, MANY);
	assert_int_equal(packets(&bed, 0), 13);
	assert_int_equal(packets(&bed, 1), 14);
	assert_int_equal(packets(&bed, 2), 0);
	bed_close(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules_that_stay_go_on_counting),
		cmocka_unit_test(test_equals_go_by_their_order),
		cmocka_unit_test(test_a_policy_that_stays_goes_on_counting),
		cmocka_unit_test(test_sets_are_known_by_their_names),
		cmocka_unit_test(test_limits_are_not_filled_again),
		cmocka_unit_test(test_sources_are_not_forgotten),
		cmocka_unit_test(test_buildings_without_number),
		cmocka_unit_test(test_random_changes_as_by_going_through_all),
		cmocka_unit_test(test_many_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
