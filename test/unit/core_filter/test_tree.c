/* The compiled rules find what reading them from end to end finds: random rules, random packets. */
#include "unit/core_filter/filter_bed.h"

#include "model/filter_random.h"

enum { RULES_MAX = 3000 };

static struct filter_rule_conf rule[RULES_MAX];

struct trial {
	u64 seed;
	u32 rules;
	u32 spread;
	u32 packets;
	u32 rule_limit;
};

/* How many packets met a rule. */
static u32 compare(struct filter_bed *bed, struct filter_random *random, const struct trial *trial)
{
	u32 met = 0;

	for (u32 n = 0; n < trial->packets; n++) {
		enum filter_chain chain = n % FILTER_CHAINS;
		struct filter_model_packet packet;
		struct filter_key key;
		u32 want, got;

		filter_random_packet(random, chain, &packet);
		key = bed_key(&packet);
		want = filter_model_find(&bed->conf, chain, &packet, 0);
		got = filter_find(bed->filter.live, &bed->filter.key, chain, &key, 0);
		if ((want == trial->rules ? FILTER_RULE_NONE : want) != got)
			fail_msg("seed %u, packet %u: rule %u instead of %u", (u32)trial->seed, n,
				 got, want);
		met += got != FILTER_RULE_NONE;
		/* The next ones too, as a limit would go on to them. */
		for (u32 more = 0; more < 3 && got != FILTER_RULE_NONE; more++) {
			want = filter_model_find(&bed->conf, chain, &packet, got + 1);
			got = filter_find(bed->filter.live, &bed->filter.key, chain, &key,
					  got + 1U);
			assert_int_equal(want == trial->rules ? FILTER_RULE_NONE : want, got);
		}
	}
	return met;
}

static void run_trial(const struct trial *trial)
{
	struct filter_random *random = malloc(sizeof *random);
	struct filter_bed bed;
	struct filter_conf conf;
	u32 met;

	assert_non_null(random);
	filter_random_init(random, trial->seed, trial->spread);
	filter_conf_defaults(&conf);
	conf.rule_limit = trial->rule_limit;
	bed_open_with(&bed, &conf);
	filter_random_sets(random, &bed.conf);
	for (u32 n = 0; n < trial->rules; n++)
		filter_random_rule(random, rng_below(&random->rng, FILTER_CHAINS), &rule[n]);
	bed.conf.rule = rule;
	bed.conf.rule_count = trial->rules;
	bed_use(&bed);
	met = compare(&bed, random, trial);
	/* A test that never meets a rule, or always the first, tells nothing. */
	if (trial->rules >= 100)
		assert_true(met > trial->packets / 10);
	bed_close(&bed);
	free(random);
}

static void test_random_rules_as_the_model(void **state)
{
	static const struct {
		u32 rules, spread, packets, rounds;
	} sizes[] = { { 1, 4, 300, 200 },
		      { 7, 8, 1000, 200 },
		      { 40, 50, 3000, 150 },
		      { 200, 100, 6000, 50 },
		      { 3000, 2000, 6000, 4 } };
	u64 seed = 1;

	(void)state;
	for (u32 size = 0; size < ARRAY_COUNT(sizes); size++) {
		for (u32 round = 0; round < sizes[size].rounds; round++) {
			struct trial trial = { seed++, sizes[size].rules, sizes[size].spread,
					       sizes[size].packets, RULES_MAX };

			run_trial(&trial);
		}
	}
}

/* Rules that no split takes apart use up what is planned: larger leaves, the same answers. */
static void test_memory_that_is_used_up_changes_no_answer(void **state)
{
	(void)state;
	for (u64 seed = 1000; seed < 1040; seed++) {
		struct trial trial = { seed, 400, 30, 4000, 400 };

		run_trial(&trial);
	}
}

/* Where rules separate, leaves are small, so that a packet does not meet many rules. */
static void test_separate_rules_have_small_leaves(void **state)
{
	struct filter_conf conf;
	struct filter_bed bed;

	(void)state;
	filter_conf_defaults(&conf);
	conf.rule_limit = RULES_MAX;
	bed_open_with(&bed, &conf);
	for (u32 n = 0; n < RULES_MAX; n++) {
		filter_rule_defaults(&rule[n]);
		rule[n].proto = IP_PROTO_TCP;
		rule[n].dst.prefix = be32_of(UINT32_C(0x0a000000) + n / 10 * 256);
		rule[n].dst.len = 24;
		rule[n].dport.first = rule[n].dport.last = (u16)(n % 10 * 100);
		rule[n].fate.action = FILTER_DROP;
	}
	bed.conf.rule = rule;
	bed.conf.rule_count = RULES_MAX;
	bed_use(&bed);
	for (u32 at = 0; at < bed.filter.live->fork_count; at++) {
		const struct filter_fork *fork = &bed.filter.live->fork[at];

		for (u32 side = 0; side < 2; side++) {
			if ((fork->child[side] & FILTER_LEAF) != 0)
				assert_in_range(
					bed.filter.live->leaf[fork->child[side] & ~FILTER_LEAF], 1,
					FILTER_LEAF_RULES);
		}
	}
	assert_in_range(bed.filter.live->leaf_used, RULES_MAX, 2 * RULES_MAX);
	bed_close(&bed);
}

/* `count` rules, the n-th of which is narrow in those fields that the bits of n mod `kinds` say. */
static u32 groups_of(u32 count, u32 kinds)
{
	const struct filter_addr host = { be32_of(0x0a000001), 32, false, FILTER_SET_NONE };
	struct filter_bed bed;
	u32 groups;

	bed_open(&bed);
	for (u32 n = 0; n < count; n++) {
		filter_rule_defaults(&rule[n]);
		rule[n].proto = IP_PROTO_TCP;
		rule[n].fate.action = FILTER_DROP;
		if ((n % kinds & 1) != 0)
			rule[n].src = host;
		if ((n % kinds & 2) != 0)
			rule[n].dst = host;
		rule[n].dport.last = (n % kinds & 4) != 0 ? 80 : 65535;
	}
	bed.conf.rule = rule;
	bed.conf.rule_count = count;
	bed_use(&bed);
	groups = bed.filter.live->chain[rule[0].chain].group_count;
	bed_close(&bed);
	return groups;
}

/* Each group costs a look: a short list of rules of every kind is one. */
static void test_kinds_of_a_few_rules_share_a_group(void **state)
{
	(void)state;
	assert_int_equal(groups_of(1, 1), 1);
	assert_int_equal(groups_of(8 * FILTER_FEW_RULES, 8), 1);
	assert_int_equal(groups_of(7 * FILTER_FEW_RULES + 7, 7), 7);
	assert_int_equal(groups_of(8 * FILTER_FEW_RULES + 1, 8), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_rules_as_the_model),
		cmocka_unit_test(test_memory_that_is_used_up_changes_no_answer),
		cmocka_unit_test(test_separate_rules_have_small_leaves),
		cmocka_unit_test(test_kinds_of_a_few_rules_share_a_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
