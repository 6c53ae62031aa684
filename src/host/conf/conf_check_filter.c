/* What rules of the filter may say together. */
#include "host/conf/conf_check_filter.h"

#include "core/wire/ip4.h"
#include "host/conf/conf_check_set.h"

static void check_iface(struct checking *c, const char *name)
{
	struct checking_names ifaces = checking_ifaces(c);

	if (name[0])
		(void)checking_find(c, &ifaces, name);
}

static bool is_for(const struct conf_filter_rule *rule, s32 proto)
{
	return rule->proto == proto && !rule->proto_not;
}

static void check_flags(struct checking *c, const struct conf_filter_rule *rule)
{
	for (u32 i = 0; i < rule->flag_count; i++) {
		for (u32 j = 0; j < i; j++) {
			if (rule->flag[i] % CONF_FLAG_COUNT == rule->flag[j] % CONF_FLAG_COUNT)
				checking_wrong(c, &rule->flag[i],
					       "'tcp-flags' names this flag twice");
		}
	}
	if (rule->flag_count > 0 && !is_for(rule, IP_PROTO_TCP))
		checking_wrong(c, &rule->flag[0], "'tcp-flags' need 'protocol: tcp'");
}

static void check_match(struct checking *c, const struct conf_filter_rule *rule)
{
	bool has_ports = conf_rule_has_ports(rule);

	check_iface(c, rule->in);
	check_iface(c, rule->out);
	if (rule->chain == FILTER_INPUT && rule->out[0])
		checking_wrong(c, rule->out, "what is in chain input leaves by no interface");
	if (rule->chain == FILTER_OUTPUT && rule->in[0])
		checking_wrong(c, rule->in, "what is in chain output has come by no interface");
	if (rule->source_not && rule->source_len == 0 && !rule->source_set[0])
		checking_wrong(c, &rule->source_not,
			       "'source-not' needs a 'source' or a 'source-set'");
	if (rule->dest_not && rule->dest_len == 0 && !rule->dest_set[0])
		checking_wrong(c, &rule->dest_not,
			       "'destination-not' needs a 'destination' or a 'destination-set'");
	if (rule->sport_first && !has_ports)
		checking_wrong(c, &rule->sport_first,
			       "'source-ports' need a protocol that has ports");
	if (rule->dport_first && !has_ports)
		checking_wrong(c, &rule->dport_first, "'ports' need a protocol that has ports");
	if (rule->proto_not && rule->proto == CONF_ANY)
		checking_wrong(c, &rule->proto_not, "'protocol-not' needs a 'protocol'");
	if (rule->icmp_type != CONF_ANY && !is_for(rule, IP_PROTO_ICMP))
		checking_wrong(c, &rule->icmp_type, "'icmp' needs 'protocol: icmp'");
	check_flags(c, rule);
}

/* Without a rate there is no limit, whatever is said. In full, defaults are said, too. */
static void check_limit(struct checking *c, const struct filter_limit *limit)
{
	bool rate = checking_given(c, &limit->rate);

	if (limit->rate)
		return;
	if (limit->burst != CONF_LIMIT_BURST || (checking_given(c, &limit->burst) && !rate))
		checking_wrong(
			c, &limit->burst,
			"'burst' needs a 'rate', or there is no limit: {rate: 10, burst: 20}");
	if (limit->per_s != CONF_LIMIT_PER_S || (checking_given(c, &limit->per_s) && !rate))
		checking_wrong(c, &limit->per_s,
			       "'per' needs a 'rate', or there is no limit: {rate: 10, per: 1m}");
}

static void check_action(struct checking *c, const struct conf_filter_rule *rule)
{
	check_limit(c, &rule->limit);
	check_limit(c, &rule->source_limit);
	if (rule->limit_over && rule->limit.rate == 0 && rule->source_limit.rate == 0)
		checking_wrong(c, &rule->limit_over,
			       "'limit-over' needs a 'limit' or 'source-limit'");
	if (rule->chain == FILTER_OUTPUT && rule->action == FILTER_REJECT)
		checking_wrong(
			c, &rule->action,
			"what is in chain output can not be rejected: this gateway is the sender");
	/* The default may stand there: it does, where everything is printed. */
	if (rule->action != FILTER_REJECT && rule->reject != FILTER_REJECT_PROHIBITED)
		checking_wrong(c, &rule->reject, "'reject-with' needs 'action: reject'");
	else if (rule->action == FILTER_REJECT && rule->reject == FILTER_REJECT_RESET &&
		 !is_for(rule, IP_PROTO_TCP))
		checking_wrong(c, &rule->reject, "'tcp-reset' needs 'protocol: tcp'");
}

void conf_check_filter(const struct conf *conf, const struct conf_marks *marks,
		       struct conf_errors *errors)
{
	struct checking c = { .conf = conf, .marks = marks, .errors = errors };
	const struct conf_filter *filter = &conf->filter;

	conf_check_sets(&c);
	for (u32 i = 0; i < filter->rule_count; i++) {
		if (checking_doubts(&c, &filter->rule[i]))
			continue;
		conf_check_set_names(&c, &filter->rule[i]);
		check_match(&c, &filter->rule[i]);
		check_action(&c, &filter->rule[i]);
	}
	if (filter->rule_limit && filter->rule_count > filter->rule_limit &&
	    !checking_doubts(&c, &filter->rule_limit))
		conf_error(errors, checking_at(&c, &filter->rule[filter->rule_limit].action),
			   "there are %u filter rules; limits.filter-rules allows %u",
			   filter->rule_count, filter->rule_limit);
}
