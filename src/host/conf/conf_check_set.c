/* Sets: names that are there once, elements of their kind, and what rules may ask of them. */
#include "host/conf/conf_check_set.h"

#include "core/wire/ip4.h"
#include "host/conf/elem_text.h"
#include "host/conf/values.h"

const struct conf_set *conf_set_find(const struct conf *conf, const char *name)
{
	for (u32 i = 0; i < conf->filter.set_count; i++) {
		if (strcmp(conf->filter.set[i].name, name) == 0)
			return &conf->filter.set[i];
	}
	return NULL;
}

/* ---- sets ------------------------------------------------------------------------------------ */

static void check_elements(struct checking *c, const struct conf_set *set)
{
	for (u32 i = 0; i < set->elem_count; i++) {
		if (value_elem_kind(&set->elem[i]) != set->kind)
			conf_error(c->errors, checking_at(c, &set->elem[i]),
				   "'%s': in set '%s' it has to be %s",
				   value_show_elem(&set->elem[i]).text, set->name,
				   elem_text_expect(set->kind));
	}
}

void conf_check_sets(struct checking *c)
{
	const struct conf_filter *filter = &c->conf->filter;
	u32 port_sets = 0;

	for (u32 i = 0; i < filter->set_count; i++) {
		const struct conf_set *set = &filter->set[i];
		const struct conf_set *first = conf_set_find(c->conf, set->name);

		if (checking_doubts(c, set))
			continue;
		if (first != set && !checking_doubts(c, first))
			conf_error(c->errors, checking_at(c, set->name),
				   "there is a set '%s' already, in line %u", set->name,
				   checking_at(c, first->name).line);
		check_elements(c, set);
		port_sets += set->kind == FILTER_SET_PORTS;
		if (set->kind == FILTER_SET_PORTS && port_sets == filter->port_set_limit + 1 &&
		    !checking_doubts(c, &filter->port_set_limit))
			conf_error(c->errors, checking_at(c, set->name),
				   "there are more sets of ports than %u, which "
				   "limits.filter-port-sets allows",
				   filter->port_set_limit);
	}
	if (filter->set_count > filter->set_limit && !checking_doubts(c, &filter->set_limit))
		conf_error(c->errors, checking_at(c, filter->set[filter->set_limit].name),
			   "there are %u sets; limits.filter-sets allows %u", filter->set_count,
			   filter->set_limit);
}

/* ---- rules ----------------------------------------------------------------------------------- */

/* The set, or NULL: none is named, or it was said what is wrong with the name, or with the set. */
static const struct conf_set *named(struct checking *c, const char *name)
{
	const struct conf_filter *filter = &c->conf->filter;
	const struct checking_names sets = { "set", filter->set, sizeof filter->set[0],
					     &filter->set_count };
	const struct conf_set *set = name[0] ? checking_find(c, &sets, name) : NULL;

	return set && !checking_doubts(c, set) ? set : NULL;
}

/* Any protocol means those that have ports, once a rule asks for some. */
bool conf_rule_has_ports(const struct conf_filter_rule *rule)
{
	return rule->proto == CONF_ANY || (!rule->proto_not && ip4_has_ports((u8)rule->proto));
}

/* A set of a source or destination. `not` belongs to it. */
static void check_end(struct checking *c, const struct conf_filter_rule *rule, const char *name,
		      const bool * not )
{
	const struct conf_set *set = named(c, name);

	if (!set)
		return;
	if (set->kind == FILTER_SET_PORTS)
		conf_error(c->errors, checking_at(c, name),
			   "'%s' is a set of ports: 'port-set' and 'source-port-set' take it",
			   name);
	if (set->kind == FILTER_SET_PAIRS && *not )
		checking_wrong(
			c, not,
			"a set of address-ports is asked for what is in it, never for what is not");
	if (set->kind == FILTER_SET_PAIRS && !conf_rule_has_ports(rule))
		checking_wrong(c, name, "a set of address-ports needs a protocol that has ports");
}

static void check_port_set(struct checking *c, const struct conf_filter_rule *rule,
			   const char *name)
{
	const struct conf_set *set = named(c, name);

	if (!set)
		return;
	if (set->kind != FILTER_SET_PORTS)
		conf_error(c->errors, checking_at(c, name),
			   "'%s' is a set of %s, and has to be one of ports", name,
			   set->kind == FILTER_SET_ADDRS ? "addresses" : "address-ports");
	if (!conf_rule_has_ports(rule))
		checking_wrong(c, name, "a set of ports needs a protocol that has ports");
}

void conf_check_set_names(struct checking *c, const struct conf_filter_rule *rule)
{
	check_end(c, rule, rule->source_set, &rule->source_not);
	check_end(c, rule, rule->dest_set, &rule->dest_not);
	check_port_set(c, rule, rule->sport_set);
	check_port_set(c, rule, rule->dport_set);
	if (rule->source_set[0] && rule->source_len)
		checking_wrong(c, rule->source_set, "'source' and 'source-set': one of them");
	if (rule->dest_set[0] && rule->dest_len)
		checking_wrong(c, rule->dest_set,
			       "'destination' and 'destination-set': one of them");
	if (rule->sport_set[0] && rule->sport_first)
		checking_wrong(c, rule->sport_set,
			       "'source-ports' and 'source-port-set': one of them");
	if (rule->dport_set[0] && rule->dport_first)
		checking_wrong(c, rule->dport_set, "'ports' and 'port-set': one of them");
	if (rule->sport_not && !rule->sport_first && !rule->sport_set[0])
		checking_wrong(c, &rule->sport_not,
			       "'source-ports-not' needs 'source-ports' or a 'source-port-set'");
	if (rule->dport_not && !rule->dport_first && !rule->dport_set[0])
		checking_wrong(c, &rule->dport_not, "'ports-not' needs 'ports' or a 'port-set'");
}
