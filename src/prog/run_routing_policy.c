/* Lists and policies, by name in what is asked for, by index in what the engine is given. */
#include "prog/run_routing_part.h"

static u16 list_index(const struct conf_routing *asked, const char *name)
{
	for (u32 i = 0; name[0] && i < asked->list_count; i++) {
		if (strcmp(asked->list[i].name, name) == 0)
			return (u16)i;
	}
	return POLICY_NONE;
}

static void build_lists(const struct conf_routing *asked, struct policy_conf *policy)
{
	policy->list_count = asked->list_count;
	for (u32 i = 0; i < asked->list_count; i++) {
		const struct conf_prefix_list *given = &asked->list[i];
		struct policy_list *list = &policy->list[i];

		memcpy(list->name, given->name, sizeof list->name);
		list->first = policy->prefix_count;
		for (u32 n = 0; n < given->prefix_count; n++) {
			const struct conf_list_prefix *prefix = &given->prefix[n];

			/* conf_check() has seen that they fit. */
			if (policy->prefix_count == POLICY_PREFIXES_MAX)
				break;
			policy->prefix[policy->prefix_count++] = (struct policy_prefix){
				.prefix = ip_prefix4(prefix->prefix, prefix->len),
				.min_len = prefix->min_len,
				.max_len = prefix->max_len,
			};
		}
		list->count = policy->prefix_count - list->first;
	}
}

/* ---- rules ----------------------------------------------------------------------------------- */

static void build_conditions(const struct conf_routing *asked, const struct conf_policy_rule *given,
			     struct policy_rule *rule)
{
	rule->list = list_index(asked, given->list);
	for (u32 i = 0; i < given->source_count; i++)
		rule->sources |= (u8)(1U << given->source[i]);
	rule->community_count = (u8)given->community_count;
	memcpy(rule->community, given->community, sizeof rule->community);
	rule->large_count = (u8)given->large_count;
	memcpy(rule->large, given->large, sizeof rule->large);
	rule->as_count = (u8)given->as_count;
	memcpy(rule->as, given->as, sizeof rule->as);
	rule->max_as_path = (u8)given->max_as_path;
	rule->origin_as = given->origin_as;
	rule->neighbour_as = given->neighbour_as;
	rule->has_tag = given->tag != CONF_ANY;
	rule->tag = rule->has_tag ? (u32)given->tag : 0;
}

static void set_number(struct policy_rule *rule, enum policy_set what, s64 given, u32 *number)
{
	if (given == CONF_ANY)
		return;
	rule->set |= what;
	*number = (u32)given;
}

static void build_changes(const struct conf_policy_rule *given, struct policy_rule *rule)
{
	set_number(rule, POLICY_SET_LOCAL_PREF, given->local_pref, &rule->local_pref);
	set_number(rule, POLICY_SET_MED, given->med, &rule->med);
	set_number(rule, POLICY_SET_METRIC, given->metric, &rule->metric);
	set_number(rule, POLICY_SET_TAG, given->new_tag, &rule->new_tag);
	if (given->metric_type == 2)
		rule->set |= POLICY_SET_TYPE2;
	if (given->nexthop.raw) {
		rule->set |= POLICY_SET_NEXTHOP;
		rule->nexthop = ip_addr4(given->nexthop);
	}
	if (given->clear)
		rule->set |= POLICY_CLEAR_COMMUNITIES;
	rule->prepend_count = (u8)given->prepend;
	rule->add_count = (u8)given->add_count;
	memcpy(rule->add, given->add, sizeof rule->add);
	rule->add_large_count = (u8)given->add_large_count;
	memcpy(rule->add_large, given->add_large, sizeof rule->add_large);
	rule->del_count = (u8)given->del_count;
	memcpy(rule->del, given->del, sizeof rule->del);
	rule->action = given->action;
}

static struct policy *add_policy(struct policy_conf *policy, const char *name)
{
	struct policy *added = &policy->policy[policy->policy_count++];

	strncpy(added->name, name, sizeof added->name - 1);
	added->first = policy->rule_count;
	return added;
}

static struct policy_rule *add_rule(struct policy_conf *policy, struct policy *of)
{
	of->count++;
	return &policy->rule[policy->rule_count++];
}

static void build_policies(const struct conf_routing *asked, struct policy_conf *policy)
{
	struct policy *any;

	for (u32 i = 0; i < asked->policy_count; i++) {
		const struct conf_policy *given = &asked->policy[i];
		struct policy *added = add_policy(policy, given->name);

		for (u32 n = 0; n < given->rule_count; n++) {
			struct policy_rule *rule;

			if (policy->rule_count == POLICY_RULES_MAX - 1)
				break;
			rule = add_rule(policy, added);
			build_conditions(asked, &given->rule[n], rule);
			build_changes(&given->rule[n], rule);
		}
	}
	/* What has no rules rejects all. */
	(void)add_policy(policy, CONF_POLICY_NONE);
	any = add_policy(policy, CONF_POLICY_ANY);
	add_rule(policy, any)->list = POLICY_NONE;
}

void run_routing_policies(const struct conf_routing *asked, struct policy_conf *policy)
{
	build_lists(asked, policy);
	build_policies(asked, policy);
}

u16 run_routing_policy(const struct policy_conf *policy, const char *name)
{
	for (u32 i = 0; name[0] && i < policy->policy_count; i++) {
		if (strcmp(policy->policy[i].name, name) == 0)
			return (u16)i;
	}
	return POLICY_NONE;
}
