/* Attributes as policies see them, and what policies change of them. */
#include "core/routing/bgp/bgp_part.h"

enum { COMMUNITY_SIZE = 4, LARGE_SIZE = 12 };

void bgp_view_fill(struct bgp *bgp, const struct bgp_attrs *attrs, struct policy_view *view)
{
	struct bgp_path_segment segment;
	struct bgp_piece path, list, large;
	u32 count = 0;

	view->as_path_count = view->community_count = view->large_count = 0;
	if (attrs == NULL)
		return;
	bgp_body_find(attrs, BGP_AS_PATH, &path);
	bgp_body_find(attrs, BGP_COMMUNITIES, &list);
	bgp_body_find(attrs, BGP_LARGE_COMMUNITIES, &large);
	while (bgp_path_next(&path, &segment)) {
		for (u32 at = 0; at < segment.count && count < ARRAY_COUNT(bgp->path_as); at++)
			bgp->path_as[count++] = bgp_segment_as(&segment, at);
	}
	view->as_path = bgp->path_as;
	view->as_path_count = count;
	view->community = bgp->community;
	view->community_count = u32_min(list.len / COMMUNITY_SIZE, ARRAY_COUNT(bgp->community));
	for (u32 at = 0; at < view->community_count; at++)
		bgp->community[at] = be32_host(be32_load(list.at + (u64)at * COMMUNITY_SIZE));
	view->large = bgp->large;
	view->large_count = u32_min(large.len / LARGE_SIZE, ARRAY_COUNT(bgp->large));
	for (u32 at = 0; at < view->large_count; at++) {
		const u8 *from = large.at + (u64)at * LARGE_SIZE;

		bgp->large[at] = (struct large_community){ be32_host(be32_load(from)),
							   be32_host(be32_load(from + 4)),
							   be32_host(be32_load(from + 8)) };
	}
}

static bool rule_make(struct bgp *bgp, const struct policy_rule *rule, struct bgp_attrs *attrs,
		      bool *nexthop_set)
{
	struct bgp_list_change change = {
		.clear = (rule->set & POLICY_CLEAR_COMMUNITIES) != 0,
		.del = rule->del,
		.del_count = rule->del_count,
		.add = rule->add,
		.add_count = rule->add_count,
		.add_large = rule->add_large,
		.add_large_count = rule->add_large_count,
	};

	if ((rule->set & POLICY_SET_LOCAL_PREF) != 0) {
		attrs->head.local_pref = rule->local_pref;
		attrs->head.flags |= BGP_HAS_LOCAL_PREF;
	}
	if ((rule->set & POLICY_SET_MED) != 0) {
		attrs->head.med = rule->med;
		attrs->head.flags |= BGP_HAS_MED;
	}
	if ((rule->set & POLICY_SET_NEXTHOP) != 0 && rule->nexthop.family == FAMILY_IP4) {
		attrs->head.nexthop = rule->nexthop.word[0];
		*nexthop_set = true;
	}
	return bgp_lists_change(attrs, &change) &&
	       bgp_path_prepend(attrs, bgp->conf.as, rule->prepend_count);
}

bool bgp_changes_make(struct bgp *bgp, const struct policy_result *result, struct bgp_attrs *attrs,
		      bool *nexthop_set)
{
	for (u32 at = 0; at < result->change_count; at++) {
		const struct policy_rule *rule = &bgp->conf.policy->rule[result->change[at]];

		if (!rule_make(bgp, rule, attrs, nexthop_set))
			return false;
	}
	return true;
}

void bgp_policy_ask(const struct bgp *bgp, const struct bgp_peer *peer, u16 policy,
		    const struct policy_view *view, struct policy_result *result)
{
	if (policy != POLICY_NONE) {
		policy_run(bgp->conf.policy, policy, view, result);
		return;
	}
	/* RFC 8212 section 2: nothing from or to another AS without a policy. */
	*result = (struct policy_result){ .accepted = peer->internal, .rule = IDX_NONE };
}

static u64 mark_bytes(const struct bgp *bgp, u64 mark, const void *bytes, u64 len)
{
	const u8 *at = bytes;
	u64 word;

	for (; len > 0; at += u64_min(len, sizeof word), len -= u64_min(len, sizeof word)) {
		word = 0;
		memcpy(&word, at, u64_min(len, sizeof word));
		mark = hash_words(&bgp->conf.key, mark, word);
	}
	return mark;
}

u64 bgp_policy_mark(const struct bgp *bgp, u16 policy)
{
	const struct policy_conf *conf = bgp->conf.policy;
	const struct policy *of;
	u64 mark = 1;

	if (policy == POLICY_NONE)
		return 0;
	of = &conf->policy[policy];
	for (u32 at = of->first; at < of->first + of->count; at++) {
		const struct policy_rule *rule = &conf->rule[at];

		mark = mark_bytes(bgp, mark, rule, sizeof *rule);
		if (rule->list != POLICY_NONE) {
			const struct policy_list *list = &conf->list[rule->list];

			mark = mark_bytes(bgp, mark, &conf->prefix[list->first],
					  (u64)list->count * sizeof conf->prefix[0]);
		}
	}
	return mark;
}
