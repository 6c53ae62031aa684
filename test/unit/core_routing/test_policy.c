/* Policies, prefixes as text, and the log of speakers. */
#include "core/routing/policy.h"

#include "rib_bed.h"

static struct policy_conf *conf_new(void)
{
	struct policy_conf *conf = calloc(1, sizeof *conf);

	assert_non_null(conf);
	conf->policy_count = 1;
	for (u32 at = 0; at < POLICY_RULES_MAX; at++)
		conf->rule[at].list = POLICY_NONE;
	return conf;
}

static struct policy_rule *rule_add(struct policy_conf *conf, enum policy_action action)
{
	struct policy_rule *rule = &conf->rule[conf->rule_count++];

	conf->policy[0].count = conf->rule_count;
	rule->action = action;
	return rule;
}

static void prefix_add(struct policy_conf *conf, const char *text, u8 min_len, u8 max_len)
{
	conf->prefix[conf->prefix_count++] = (struct policy_prefix){ net(text), min_len, max_len };
	conf->list_count = 1;
	conf->list[0].count = conf->prefix_count;
}

static bool accepts(const struct policy_conf *conf, const struct policy_view *view)
{
	struct policy_result result;

	assert_null(policy_conf_wrong(conf));
	policy_run(conf, 0, view, &result);
	return result.accepted;
}

static void nothing_matches_is_rejected(void **state)
{
	struct policy_conf *conf = conf_new();
	struct policy_view view = { .prefix = net("10.0.0.0/8"), .source = ROUTE_RIP };
	struct policy_result result;

	(void)state;
	assert_false(accepts(conf, &view));
	policy_run(conf, POLICY_NONE, &view, &result);
	assert_false(result.accepted);
	rule_add(conf, POLICY_ACCEPT)->sources = 1 << ROUTE_BGP;
	assert_false(accepts(conf, &view));
	view.source = ROUTE_BGP;
	assert_true(accepts(conf, &view));
	free(conf);
}

static void lists_hold_lengths(void **state)
{
	struct policy_conf *conf = conf_new();
	static const struct {
		const char *prefix;
		bool in;
	} of[] = {
		{ "10.0.0.0/8", false },    { "10.0.0.0/16", true },  { "10.255.0.0/24", true },
		{ "10.1.2.128/25", false }, { "11.0.0.0/16", false }, { "0.0.0.0/0", false },
		{ "192.0.2.0/24", true },
	};

	(void)state;
	prefix_add(conf, "10.0.0.0/8", 16, 24);
	prefix_add(conf, "192.0.2.0/24", 24, 24);
	for (u32 n = 0; n < ARRAY_COUNT(of); n++) {
		struct ip_prefix prefix = net(of[n].prefix);

		assert_int_equal(policy_list_has(conf, 0, &prefix), of[n].in);
	}
	conf->prefix[0].max_len = 33;
	assert_non_null(policy_conf_wrong(conf));
	free(conf);
}

/* Each condition refuses alone; communities need one of them. */
static void all_conditions_count(void **state)
{
	static const u32 path[] = { 65001, 65002, 65003 };
	static const u32 community[] = { 1, 2 };
	static const struct large_community large[] = { { 1, 2, 3 } };
	struct policy_conf *conf = conf_new();
	struct policy_rule *rule = rule_add(conf, POLICY_ACCEPT);
	struct policy_view view = {
		.prefix = net("10.0.0.0/8"),
		.source = ROUTE_BGP,
		.as_path = path,
		.as_path_count = 3,
		.community = community,
		.community_count = 2,
		.large = large,
		.large_count = 1,
	};

	(void)state;
	rule->max_as_path = 3;
	rule->origin_as = 65003;
	rule->neighbour_as = 65001;
	rule->as_count = 2;
	rule->as[0] = 7;
	rule->as[1] = 65002;
	rule->community_count = 1;
	rule->community[0] = 2;
	rule->large_count = 1;
	rule->large[0] = (struct large_community){ 1, 2, 3 };
	assert_true(accepts(conf, &view));
	rule->large[0].local2 = 4;
	assert_false(accepts(conf, &view));
	rule->large_count = 0;
	rule->community[0] = 3;
	assert_false(accepts(conf, &view));
	rule->community_count = 0;
	rule->as_count = 1;
	assert_false(accepts(conf, &view));
	rule->as_count = 0;
	rule->neighbour_as = 65002;
	assert_false(accepts(conf, &view));
	rule->neighbour_as = 0;
	rule->origin_as = 65001;
	assert_false(accepts(conf, &view));
	rule->origin_as = 0;
	rule->max_as_path = 2;
	assert_false(accepts(conf, &view));
	rule->max_as_path = 0;
	rule->has_tag = true;
	assert_false(accepts(conf, &view));
	view.has_tag = true;
	assert_true(accepts(conf, &view));
	free(conf);
}

/* What goes on changes, too, but of what is rejected nothing is changed. */
static void changes_come_in_order(void **state)
{
	struct policy_conf *conf = conf_new();
	struct policy_view view = { .prefix = net("10.0.0.0/8"), .source = ROUTE_BGP };
	struct policy_result result;

	(void)state;
	rule_add(conf, POLICY_NEXT)->set = POLICY_SET_MED;
	(void)rule_add(conf, POLICY_NEXT);
	rule_add(conf, POLICY_NEXT)->prepend_count = 2;
	rule_add(conf, POLICY_ACCEPT)->set = POLICY_SET_LOCAL_PREF;
	policy_run(conf, 0, &view, &result);
	assert_true(result.accepted);
	assert_int_equal(result.rule, 3);
	assert_int_equal(result.change_count, 3);
	assert_int_equal(result.change[0], 0);
	assert_int_equal(result.change[1], 2);
	assert_int_equal(result.change[2], 3);
	conf->rule[3].action = POLICY_REJECT;
	policy_run(conf, 0, &view, &result);
	assert_false(result.accepted);
	assert_int_equal(result.change_count, 0);
	for (u32 n = 0; n < 7; n++)
		rule_add(conf, POLICY_NEXT)->set = POLICY_SET_MED;
	assert_non_null(policy_conf_wrong(conf));
	free(conf);
}

static void prefixes_are_read_and_printed(void **state)
{
	static const char *const wrong[] = {
		"",           "10",          "10.0.0",      "10.0.0.0.0",
		"10.0.0.256", "010.0.0.0",   "10.0.0.0/33", "10.0.0.1/8",
		"10.0.0.0/",  "10.0.0.0/8 ", " 10.0.0.0/8", "10.0.0.0/08",
		"a.b.c.d",
	};
	static const char *const right[] = { "0.0.0.0/0", "10.0.0.0/8", "255.255.255.255/32" };
	struct ip_prefix prefix;
	char text[IP_TEXT_SIZE];

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(wrong); n++)
		assert_false(ip_prefix_parse(wrong[n], &prefix));
	for (u32 n = 0; n < ARRAY_COUNT(right); n++) {
		assert_true(ip_prefix_parse(right[n], &prefix));
		ip_prefix_print(&prefix, text, sizeof text);
		assert_string_equal(text, right[n]);
	}
	assert_true(ip_prefix_parse("192.0.2.1", &prefix));
	assert_int_equal(prefix.len, 32);
	ip_addr_print(&prefix.addr, text, sizeof text);
	assert_string_equal(text, "192.0.2.1");
}

static void log_loses_the_oldest(void **state)
{
	struct speaker_log *log = calloc(1, sizeof *log);
	struct speaker_event event = { .kind = SPEAKER_NOTE };

	(void)state;
	assert_non_null(log);
	assert_false(speaker_log_take(log, &event));
	for (u32 n = 0; n < SPEAKER_LOG_SIZE + 3; n++) {
		event.at_ns = n;
		speaker_log_add(log, &event);
	}
	assert_int_equal(log->lost, 3);
	for (u32 n = 3; n < SPEAKER_LOG_SIZE + 3; n++) {
		assert_true(speaker_log_take(log, &event));
		assert_int_equal(event.at_ns, n);
	}
	assert_false(speaker_log_take(log, &event));
	free(log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_matches_is_rejected),
		cmocka_unit_test(lists_hold_lengths),
		cmocka_unit_test(all_conditions_count),
		cmocka_unit_test(changes_come_in_order),
		cmocka_unit_test(prefixes_are_read_and_printed),
		cmocka_unit_test(log_loses_the_oldest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
