/* What the filter decided, and by which rule; of a rule that asks sets, what they said; and which
 * rules before it want other flags of TCP or another message of ICMP, and nothing else.          */
#include "core/path/tell.h"
#include "core/wire/ip4.h"

enum { TELL_NEAR_MAX = 4 };

static enum trace_station station_of(enum filter_chain chain)
{
	switch (chain) {
	case FILTER_INPUT: return TRACE_INPUT;
	case FILTER_OUTPUT: return TRACE_OUTPUT;
	case FILTER_FORWARD:
	case FILTER_CHAINS: break;
	}
	return TRACE_FORWARD;
}

static const char *fate_sentence(enum filter_action action)
{
	switch (action) {
	case FILTER_ACCEPT: return "the filter accepts it";
	case FILTER_REJECT: return "the filter rejects it";
	case FILTER_DROP: break;
	}
	return "the filter drops it";
}

/* What of the packet is asked about, and how the set was answered. */
struct asked {
	const char *in;
	const char *not_in;
	u16 set; /* FILTER_SET_NONE: nothing is */
	struct filter_elem elem;
};

static void tell_set(struct path *path, enum filter_chain chain, const struct asked *asked)
{
	const struct filter *filter = path->filter;
	struct trace_step step = { station_of(chain), "set", asked->in, { { 0 } } };
	struct filter_elem holder;
	const char *name;
	bool in = false;
	u32 count = 0;

	if (asked->set == FILTER_SET_NONE)
		return;
	name = filter->live->set[asked->set].name;
	if (filter_set_find(filter, name, &asked->elem, &in, &holder) != ERR_OK)
		return;
	step.value[count++] = trace_text("name", name);
	if (!in) {
		step.sentence = asked->not_in;
		trace_add(path->trace, &step);
		return;
	}
	if (filter->live->set[asked->set].kind != FILTER_SET_PORTS) {
		step.value[count++] = trace_addr("element", holder.addr);
		if (filter->live->set[asked->set].kind == FILTER_SET_ADDRS)
			step.value[count++] = trace_number("length", holder.len);
	}
	if (filter->live->set[asked->set].kind != FILTER_SET_ADDRS)
		step.value[count++] = trace_number("port", holder.port_first);
	if (holder.port_last != holder.port_first)
		step.value[count++] = trace_number("to", holder.port_last);
	trace_add(path->trace, &step);
}

static struct filter_elem addr_of(u32 addr)
{
	return (struct filter_elem){ .addr = be32_of(addr), .len = 32 };
}

static struct filter_elem port_of(u32 port)
{
	return (struct filter_elem){ .port_first = (u16)port, .port_last = (u16)port };
}

static struct filter_elem pair_of(u32 addr, u32 port)
{
	return (struct filter_elem){ be32_of(addr), 32, (u16)port, (u16)port };
}

static void tell_sets(struct path *path, const struct filter_ask *ask)
{
	const struct filter_rule_conf *rule = &path->filter->live->conf[ask->rule];
	const u32 *field = ask->key.field;
	const struct asked asked[] = {
		{ "the source is in the set", "the source is not in the set", rule->src.set,
		  addr_of(field[FILTER_SRC]) },
		{ "the destination is in the set", "the destination is not in the set",
		  rule->dst.set, addr_of(field[FILTER_DST]) },
		{ "the source port is in the set", "the source port is not in the set",
		  rule->sport.set, port_of(field[FILTER_SPORT]) },
		{ "the port is in the set", "the port is not in the set", rule->dport.set,
		  port_of(field[FILTER_DPORT]) },
		{ "the source and its port are in the set", "", rule->src_pair,
		  pair_of(field[FILTER_SRC], field[FILTER_SPORT]) },
		{ "the destination and its port are in the set", "", rule->dst_pair,
		  pair_of(field[FILTER_DST], field[FILTER_DPORT]) },
	};

	for (u32 at = 0; at < ARRAY_COUNT(asked); at++)
		tell_set(path, ask->chain, &asked[at]);
}

static void put_value(struct trace_step *step, struct trace_value value)
{
	for (u32 at = 0; at < TRACE_VALUES; at++) {
		if (step->value[at].kind == TRACE_NOTHING) {
			step->value[at] = value;
			return;
		}
	}
}

/* The rule, and what it asks of the packet beside addresses and ports. */
static void put_rule(const struct filter_rules *rules, u16 at, const struct filter_key *packet,
		     struct trace_step *step)
{
	put_value(step, trace_number("rule", at));
	if (rules->conf[at].name[0] != '\0')
		put_value(step, trace_text("name", rules->conf[at].name));
	if (rules->rule[at].tcp_mask != 0)
		put_value(step, trace_flags("flags", packet->tcp_flags));
	if ((rules->rule[at].flags & FILTER_ICMP) != 0)
		put_value(step, trace_number("type", packet->icmp_type));
	if ((rules->rule[at].flags & FILTER_ICMP_CODE) != 0)
		put_value(step, trace_number("code", packet->icmp_code));
}

/* What the rule wants otherwise, if that is all; NULL. Sets count that they are asked, which is
 * undone with all else of the dry run.                                                           */
static const char *near_sentence(struct path *path, u16 at, const struct filter_key *packet)
{
	struct filter_rules *rules = path->filter->live;
	const struct hash_key *hash = &path->filter->key;
	const struct filter_rule *rule = &rules->rule[at];
	struct filter_key wanted = *packet;
	bool type = packet->icmp_type == rule->icmp_type;
	bool limited = rule->limiter !=
		       FILTER_RULE_NONE; /* its limit might keep it from deciding */

	if (rule->tcp_mask == 0 && (rule->flags & FILTER_ICMP) == 0)
		return NULL;
	wanted.tcp_flags = rule->tcp_flags;
	wanted.icmp_type = rule->icmp_type;
	wanted.icmp_code = rule->icmp_code;
	if (!filter_rule_matches(rules, hash, at, &wanted) ||
	    filter_rule_matches(rules, hash, at, packet))
		return NULL;
	if (rule->tcp_mask != 0)
		return limited ? "would match, but wants other flags of TCP"
			       : "would decide, but wants other flags of TCP";
	if (type)
		return limited ? "would match, but wants another code of ICMP"
			       : "would decide, but wants another code of ICMP";
	return limited ? "would match, but wants another type of ICMP"
		       : "would decide, but wants another type of ICMP";
}

static void tell_near(struct path *path, const struct filter_ask *ask)
{
	const struct filter_rules *rules = path->filter->live;
	u32 end = u32_min(ask->rule, rules->rule_count), told = 0;

	for (u16 at = 0; at < end && told < TELL_NEAR_MAX; at++) {
		struct trace_step step = { station_of(ask->chain), "rule", NULL, { { 0 } } };

		if (rules->conf[at].chain != ask->chain)
			continue;
		step.sentence = near_sentence(path, at, &ask->key);
		if (step.sentence == NULL)
			continue;
		put_rule(rules, at, &ask->key, &step);
		trace_add(path->trace, &step);
		told++;
	}
}

void tell_filter(struct path *path, const struct filter_ask *ask, struct filter_fate fate)
{
	struct trace_step step = { station_of(ask->chain),
				   "filter",
				   fate_sentence((enum filter_action)fate.action),
				   { { 0 } } };

	tell_near(path, ask);
	if (ask->rule == FILTER_RULE_NONE) {
		step.value[0] = trace_text("by", "policy");
		trace_add(path->trace, &step);
		return;
	}
	put_rule(path->filter->live, ask->rule, &ask->key, &step);
	trace_add(path->trace, &step);
	tell_sets(path, ask);
}

void tell_filter_stands(struct path *path, enum filter_chain chain)
{
	trace_add(path->trace,
		  &(struct trace_step){ station_of(chain),
					"filter",
					"its flow stands since before these rules: not asked",
					{ { 0 } } });
}
