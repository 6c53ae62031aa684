/* Building the filter. */
#include "prog/run_filter.h"

static u64 ifaces_named(const struct conf *asked, const char *name)
{
	if (name[0] == 0)
		return FILTER_IFACE_ANY;
	for (u32 i = 0; i < asked->iface_count; i++) {
		if (strcmp(asked->iface[i].name, name) == 0)
			return UINT64_C(1) << i;
	}
	return 0;
}

/* Those by which packets of a zone come. */
static u64 ifaces_of_zone(const struct conf *asked, const char *zone)
{
	u64 ifs = 0;

	if (zone[0] == 0)
		return FILTER_IFACE_ANY;
	for (u32 i = 0; i < asked->iface_count; i++) {
		if (strcmp(asked->iface[i].zone, zone) == 0)
			ifs |= UINT64_C(1) << i;
	}
	return ifs;
}

static void build_ports(struct filter_ports *ports, u16 first, u16 last)
{
	if (first == 0)
		return;
	ports->first = first;
	ports->last = last;
}

static u16 set_index(const struct conf *asked, const char *name)
{
	for (u32 i = 0; name[0] && i < asked->filter.set_count; i++) {
		if (strcmp(asked->filter.set[i].name, name) == 0)
			return (u16)i;
	}
	return FILTER_SET_NONE;
}

/* A set of address-ports is asked about both. */
static void build_end(const struct conf *asked, const char *name, struct filter_addr *addr,
		      u16 *pair)
{
	u16 set = set_index(asked, name);

	if (set != FILTER_SET_NONE && asked->filter.set[set].kind == FILTER_SET_PAIRS)
		*pair = set;
	else
		addr->set = set;
}

static void build_l4(const struct conf_filter_rule *given, struct filter_rule_conf *rule)
{
	rule->proto = given->proto;
	rule->proto_not = given->proto_not;
	rule->icmp = given->icmp_type != CONF_ANY;
	if (rule->icmp) {
		rule->icmp_type = (u8)given->icmp_type;
		rule->icmp_code = given->icmp_code;
	}
	for (u32 i = 0; i < given->flag_count; i++) {
		u8 flag = (u8)(1U << given->flag[i] % CONF_FLAG_COUNT);

		rule->tcp_mask |= flag;
		if (given->flag[i] < CONF_FLAG_COUNT)
			rule->tcp_flags |= flag;
	}
}

static void build_rule(const struct conf *asked, const struct conf_filter_rule *given,
		       struct filter_rule_conf *rule)
{
	filter_rule_defaults(rule);
	memcpy(rule->name, given->name, sizeof rule->name);
	rule->chain = (u8)given->chain;
	if (given->state_count)
		rule->states = 0;
	for (u32 i = 0; i < given->state_count; i++)
		rule->states |= (u8)(1U << given->state[i]);
	rule->src.prefix = given->source;
	rule->src.len = given->source_len;
	rule->src.not = given->source_not;
	rule->dst.prefix = given->dest;
	rule->dst.len = given->dest_len;
	rule->dst.not = given->dest_not;
	build_ports(&rule->sport, given->sport_first, given->sport_last);
	build_ports(&rule->dport, given->dport_first, given->dport_last);
	rule->sport.not = given->sport_not;
	rule->dport.not = given->dport_not;
	rule->sport.set = set_index(asked, given->sport_set);
	rule->dport.set = set_index(asked, given->dport_set);
	build_end(asked, given->source_set, &rule->src, &rule->src_pair);
	build_end(asked, given->dest_set, &rule->dst, &rule->dst_pair);
	build_l4(given, rule);
	rule->in_ifs = ifaces_named(asked, given->in) & ifaces_of_zone(asked, given->zone);
	rule->out_ifs = ifaces_named(asked, given->out);
	rule->fate.action = (u8)given->action;
	rule->fate.reject = (u8)given->reject;
	rule->limit = given->limit;
	rule->source_limit = given->source_limit;
	rule->limit_over = given->limit_over;
	rule->log = given->log;
	rule->each = given->each;
}

/* What needs memory for a filter, a value that a file names; NULL: nothing does. */
static const void *filtering(const struct conf_filter *filter)
{
	for (u32 chain = 0; chain < FILTER_CHAINS; chain++) {
		if (filter->policy[chain] != FILTER_ACCEPT)
			return &filter->policy[chain];
	}
	if (filter->rule_count > 0)
		return &filter->rule[0].action;
	return filter->set_count > 0 ? filter->set[0].name : NULL;
}

static void build_sets(const struct run_source *source, struct filter_conf *filter,
		       struct run_rules *rules)
{
	const struct conf_filter *asked = &source->conf->filter;
	u32 first = 0;

	filter->set = asked->set_count ? rules->set : NULL;
	filter->set_count = asked->set_count;
	filter->set_limit = asked->set_limit;
	filter->port_set_limit = asked->port_set_limit;
	filter->elem_limit = asked->elem_limit;
	for (u32 i = 0; i < asked->set_count; i++) {
		const struct conf_set *given = &asked->set[i];
		struct filter_set_conf *set = &rules->set[i];

		*set = (struct filter_set_conf){ .kind = (u8)given->kind, .stamp = given->stamp };
		memcpy(set->name, given->name, sizeof set->name);
		if (!source->elems || given->all_count == 0)
			continue;
		set->elem = source->elems->elem + first;
		set->elem_count = given->all_count;
		first += given->all_count;
	}
}

/* What a file that does not say gets: room to grow. */
static u32 usual_limit(const struct conf_filter *asked)
{
	return u32_min(u32_max(CONF_FILTER_RULE_USUAL, 2 * asked->rule_count),
		       CONF_FILTER_RULE_MAX);
}

void run_filter_build(const struct run_source *source, const struct run_facts *facts,
		      struct sluice_conf *conf, struct run_rules *rules, struct run_errors *errors)
{
	const struct conf_filter *asked = &source->conf->filter;
	struct filter_conf *filter = &conf->filter;
	u32 limit = asked->rule_limit;

	if (facts->address_limit)
		limit = facts->filter_limit;
	else if (limit == 0 && filtering(asked))
		limit = usual_limit(asked);
	filter->rule_limit = limit;
	filter->source_limit = asked->source_limit;
	build_sets(source, filter, rules);
	filter->reclassify = asked->reclassify;
	filter->log_rate = asked->log_rate;
	filter->log_burst = asked->log_burst;
	filter->rule = asked->rule_count ? rules->rule : NULL;
	filter->rule_count = asked->rule_count;
	for (u32 chain = 0; chain < FILTER_CHAINS; chain++)
		filter->policy[chain] = (struct filter_fate){ .action = (u8)asked->policy[chain] };
	for (u32 i = 0; i < asked->rule_count; i++)
		build_rule(source->conf, &asked->rule[i], &rules->rule[i]);
	if (limit == 0 && filtering(asked))
		run_error(errors,
			  "%s: the gateway was started without memory for a filter "
			  "(limits.filter-rules): it has to be started again",
			  run_asked_by(source, filtering(asked), "filter").text);
}
