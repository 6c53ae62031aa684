/* Policies: rules from the top, the first that matches decides. */
#include "core/routing/policy.h"
#include "core/base/check.h"
#include "core/base/text.h"
#include "core/routing/prefix.h"

static u32 word_mask(u32 len, u32 word)
{
	u32 bits = len > word * 32 ? u32_min(len - word * 32, 32) : 0;

	return bits == 0 ? 0 : UINT32_MAX << (32 - bits);
}

/* Whether outer holds the address of inner. */
static bool prefix_holds(const struct ip_prefix *outer, const struct ip_prefix *inner)
{
	if (outer->addr.family != inner->addr.family || outer->len > inner->len)
		return false;
	for (u32 word = 0; word < 4; word++) {
		u32 differ = be32_host(outer->addr.word[word]) ^ be32_host(inner->addr.word[word]);

		if ((differ & word_mask(outer->len, word)) != 0)
			return false;
	}
	return true;
}

bool policy_list_has(const struct policy_conf *conf, u16 list, const struct ip_prefix *prefix)
{
	const struct policy_list *of = &conf->list[list];

	CHECK(list < conf->list_count);
	for (u32 at = of->first; at < of->first + of->count; at++) {
		const struct policy_prefix *each = &conf->prefix[at];

		if (prefix->len >= each->min_len && prefix->len <= each->max_len &&
		    prefix_holds(&each->prefix, prefix))
			return true;
	}
	return false;
}

static bool has_any(const u32 *have, u32 have_count, const u32 *want, u32 want_count)
{
	for (u32 i = 0; i < have_count; i++) {
		for (u32 j = 0; j < want_count; j++) {
			if (have[i] == want[j])
				return true;
		}
	}
	return false;
}

static bool has_any_large(const struct policy_view *view, const struct policy_rule *rule)
{
	for (u32 i = 0; i < view->large_count; i++) {
		for (u32 j = 0; j < rule->large_count; j++) {
			const struct large_community *a = &view->large[i];
			const struct large_community *b = &rule->large[j];

			if (a->global == b->global && a->local1 == b->local1 &&
			    a->local2 == b->local2)
				return true;
		}
	}
	return false;
}

static bool path_matches(const struct policy_rule *rule, const struct policy_view *view)
{
	u32 count = view->as_path_count;

	if (rule->max_as_path != 0 && count > rule->max_as_path)
		return false;
	if (rule->origin_as != 0 && (count == 0 || view->as_path[count - 1] != rule->origin_as))
		return false;
	if (rule->neighbour_as != 0 && (count == 0 || view->as_path[0] != rule->neighbour_as))
		return false;
	return rule->as_count == 0 || has_any(view->as_path, count, rule->as, rule->as_count);
}

static bool rule_matches(const struct policy_conf *conf, const struct policy_rule *rule,
			 const struct policy_view *view)
{
	if (rule->sources != 0 && (rule->sources >> view->source & 1) == 0)
		return false;
	if (rule->has_tag && (!view->has_tag || view->tag != rule->tag))
		return false;
	if (rule->list != POLICY_NONE && !policy_list_has(conf, rule->list, &view->prefix))
		return false;
	if (rule->community_count > 0 && !has_any(view->community, view->community_count,
						  rule->community, rule->community_count))
		return false;
	if (rule->large_count > 0 && !has_any_large(view, rule))
		return false;
	return path_matches(rule, view);
}

static bool rule_changes(const struct policy_rule *rule)
{
	return rule->set != 0 || rule->prepend_count > 0 || rule->add_count > 0 ||
	       rule->add_large_count > 0 || rule->del_count > 0;
}

void policy_run(const struct policy_conf *conf, u16 policy, const struct policy_view *view,
		struct policy_result *result)
{
	const struct policy *of;

	*result = (struct policy_result){ .rule = IDX_NONE };
	if (policy == POLICY_NONE)
		return;
	CHECK(policy < conf->policy_count);
	of = &conf->policy[policy];
	for (u32 at = of->first; at < of->first + of->count; at++) {
		const struct policy_rule *rule = &conf->rule[at];

		if (!rule_matches(conf, rule, view))
			continue;
		if (rule_changes(rule) && rule->action != POLICY_REJECT) {
			/* policy_conf_wrong() saw that there are not more. */
			CHECK(result->change_count < POLICY_CHANGES_MAX);
			result->change[result->change_count++] = at;
		}
		if (rule->action == POLICY_NEXT)
			continue;
		result->accepted = rule->action == POLICY_ACCEPT;
		result->rule = at;
		break;
	}
	if (!result->accepted)
		result->change_count = 0;
}

void policy_why_refused(const struct policy_conf *conf, u16 policy,
			const struct policy_result *result, char *text, u32 size)
{
	const struct policy *of = &conf->policy[policy];
	struct text out;

	CHECK(policy < conf->policy_count && !result->accepted);
	text_init(&out, text, size);
	text_str(&out, "policy ");
	text_str(&out, of->name);
	text_str(&out, " refused it: ");
	if (result->rule == IDX_NONE) {
		text_str(&out, "no rule matches");
		return;
	}
	text_str(&out, "rule ");
	text_u64(&out, result->rule - of->first);
}

/* ---- what can not be ------------------------------------------------------------------------- */

static bool prefix_is_wrong(const struct policy_prefix *each)
{
	u32 most = each->prefix.addr.family == FAMILY_IP6 ? 128 : 32;

	if (each->prefix.addr.family != FAMILY_IP4 && each->prefix.addr.family != FAMILY_IP6)
		return true;
	if (each->prefix.len > most || each->max_len > most)
		return true;
	for (u32 word = 0; word < 4; word++) {
		u32 bits = be32_host(each->prefix.addr.word[word]);

		if ((bits & ~word_mask(each->prefix.len, word)) != 0)
			return true;
	}
	return false;
}

static const char *lists_wrong(const struct policy_conf *conf)
{
	if (conf->list_count > POLICY_LIST_MAX)
		return "more than 64 prefix lists are not possible";
	if (conf->prefix_count > POLICY_PREFIXES_MAX)
		return "more than 8,192 entries of prefix lists are not possible";
	for (u32 at = 0; at < conf->list_count; at++) {
		const struct policy_list *list = &conf->list[at];

		if (list->count > conf->prefix_count ||
		    list->first > conf->prefix_count - list->count)
			return "a prefix list has entries that do not exist";
	}
	for (u32 at = 0; at < conf->prefix_count; at++) {
		const struct policy_prefix *each = &conf->prefix[at];

		if (prefix_is_wrong(each))
			return "an entry of a prefix list has bits behind its length, or too many";
		if (each->min_len > each->max_len || each->max_len < each->prefix.len)
			return "the lengths that an entry of a prefix list allows do not occur";
	}
	return NULL;
}

static const char *rule_wrong(const struct policy_conf *conf, const struct policy_rule *rule)
{
	if (rule->list != POLICY_NONE && rule->list >= conf->list_count)
		return "a policy names a prefix list that does not exist";
	if (rule->sources >> ROUTE_SOURCES != 0)
		return "a policy names a source of routes that does not exist";
	if (rule->community_count > POLICY_VALUES_MAX || rule->large_count > POLICY_VALUES_MAX ||
	    rule->as_count > POLICY_VALUES_MAX || rule->add_count > POLICY_VALUES_MAX ||
	    rule->add_large_count > POLICY_VALUES_MAX || rule->del_count > POLICY_VALUES_MAX)
		return "a rule of a policy has more than 8 values of a kind";
	if (rule->prepend_count > POLICY_PREPEND_MAX)
		return "an AS path is made longer by 16 at most";
	if (rule->action > POLICY_NEXT)
		return "a rule of a policy accepts, rejects or goes on";
	if ((rule->set & POLICY_SET_NEXTHOP) != 0 && rule->nexthop.family == FAMILY_NONE)
		return "a rule of a policy sets a next hop that is no address";
	return NULL;
}

static const char *policy_wrong(const struct policy_conf *conf, const struct policy *policy)
{
	u32 changes = 0;

	if (policy->count > conf->rule_count || policy->first > conf->rule_count - policy->count)
		return "a policy has rules that do not exist";
	for (u32 at = policy->first; at < policy->first + policy->count; at++) {
		const struct policy_rule *rule = &conf->rule[at];
		const char *wrong = rule_wrong(conf, rule);

		if (wrong != NULL)
			return wrong;
		changes += rule_changes(rule) && rule->action == POLICY_NEXT;
	}
	/* And the one that decides. */
	if (changes >= POLICY_CHANGES_MAX)
		return "a policy has more than 7 rules that change something and go on";
	return NULL;
}

const char *policy_conf_wrong(const struct policy_conf *conf)
{
	const char *wrong = lists_wrong(conf);

	if (wrong != NULL)
		return wrong;
	if (conf->policy_count > POLICY_MAX)
		return "more than 64 policies are not possible";
	if (conf->rule_count > POLICY_RULES_MAX)
		return "more than 1,024 rules of policies are not possible";
	for (u32 at = 0; at < conf->policy_count && wrong == NULL; at++)
		wrong = policy_wrong(conf, &conf->policy[at]);
	return wrong;
}
