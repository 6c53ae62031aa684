/* An engine with filter rules, for tests of the road. */
#ifndef TEST_UNIT_CORE_PATH_RULES_BED_H
#define TEST_UNIT_CORE_PATH_RULES_BED_H

#include "unit/core_path/path_bed.h"

enum { RULES_MAX = 16 };

struct rules {
	u32 count;
	struct filter_rule_conf rule[RULES_MAX];
};

static inline struct filter_rule_conf *add(struct rules *rules, enum filter_chain chain,
					   enum filter_action action)
{
	struct filter_rule_conf *rule = &rules->rule[rules->count++];

	filter_rule_defaults(rule);
	rule->chain = (u8)chain;
	rule->fate.action = (u8)action;
	return rule;
}

static inline void add_established(struct rules *rules)
{
	add(rules, FILTER_FORWARD, FILTER_ACCEPT)->states = FILTER_ESTABLISHED | FILTER_RELATED;
}

static inline void put(struct path_bed *bed, const struct rules *rules)
{
	bed->conf.filter.rule = rules->rule;
	bed->conf.filter.rule_count = rules->count;
}

static inline struct path_bed *open_with(const struct rules *rules)
{
	struct path_bed *bed = path_bed_new();

	put(bed, rules);
	path_bed_start(bed);
	return bed;
}

static inline void policy(struct path_bed *bed, enum filter_chain chain, enum filter_action action)
{
	bed->conf.filter.policy[chain].action = (u8)action;
}

static inline void change(struct path_bed *bed, const struct rules *rules)
{
	put(bed, rules);
	assert_true(rig_configure(&bed->rig, &bed->conf));
}

/* It dies of the one reason, and leaves nothing. */
static inline void dies(struct path_bed *bed, u16 in_if, enum drop drop)
{
	u64 before = rig_drop_count(&bed->rig, drop), sum = rig_drop_sum(&bed->rig);
	u32 flows = sluice_flow_count(bed->rig.s);

	assert_true(rig_send(&bed->rig, in_if, &bed->b));
	assert_int_equal(rig_drop_count(&bed->rig, drop), before + 1);
	assert_int_equal(rig_drop_sum(&bed->rig), sum + 1);
	assert_int_equal(sluice_flow_count(bed->rig.s), flows);
	sluice_check(bed->rig.s);
}

static inline void in_silence(struct path_bed *bed)
{
	assert_false(rig_next(&bed->rig, &bed->out));
}

static inline void reply(struct path_bed *bed, u16 port)
{
	build_udp4(&bed->b, addr(SERVER), 53, addr(GATEWAY_OUT), port, 20);
}

/* A UDP flow that takes the short cut; returns its public port. */
static inline u16 flow_up(struct path_bed *bed)
{
	u16 port;

	udp_out(bed);
	port = path_pass(bed, RIG_IN)->sport;
	reply(bed, port);
	(void)path_pass(bed, RIG_OUT);
	udp_out(bed);
	(void)path_pass(bed, RIG_IN);
	return port;
}

static inline u64 fast(const struct path_bed *bed)
{
	return rig_counter(&bed->rig, "packets_fast");
}

/* Whether packets of both directions of the flow take the short cut now. */
static inline bool is_fast(struct path_bed *bed, u16 port)
{
	u64 before;

	udp_out(bed);
	(void)path_pass(bed, RIG_IN);
	reply(bed, port);
	(void)path_pass(bed, RIG_OUT);
	before = fast(bed);
	udp_out(bed);
	(void)path_pass(bed, RIG_IN);
	reply(bed, port);
	(void)path_pass(bed, RIG_OUT);
	return fast(bed) == before + 2;
}

#endif
