/* Filters of a simulation: a few rules about the few addresses and ports that there are, with sets,
 * limits and every way to say no. Sets change while the gateway runs.                            */
#include <stdio.h>

#include "sim/sim.h"

_Static_assert((u32)SIM_FILTER_SETS == (u32)FILTER_SET_KINDS, "sets are numbered by their kinds");

static const char *const set_names[SIM_FILTER_SETS] = {
	[FILTER_SET_ADDRS] = "hosts",
	[FILTER_SET_PORTS] = "ports",
	[FILTER_SET_PAIRS] = "pairs",
};

/* One of those that a set of this kind may have. Prefixes lie in each other. */
static struct filter_elem elem_of(u32 kind, u32 which)
{
	static const struct {
		const char *addr;
		u8 len;
	} prefixes[SIM_FILTER_ELEMS] = {
		{ "10.10.0.11", 32 }, { "203.0.113.5", 32 }, { "198.18.0.8", 30 },
		{ "10.20.0.0", 16 },  { "10.10.0.8", 29 },   { "203.0.113.4", 30 },
	};
	static const char *const hosts[] = { "203.0.113.5", "198.18.0.9", "10.10.0.11" };
	struct filter_elem elem;

	memset(&elem, 0, sizeof elem);
	switch ((enum filter_set_kind)kind) {
	case FILTER_SET_ADDRS:
		elem.addr = addr(prefixes[which].addr);
		elem.len = prefixes[which].len;
		break;
	case FILTER_SET_PORTS:
		elem.port_first = (u16)(80 + 2 * which);
		elem.port_last = (u16)(elem.port_first + which % 2);
		break;
	default:
		elem.addr = addr(hosts[which % ARRAY_COUNT(hosts)]);
		elem.len = 32;
		elem.port_first = elem.port_last = (u16)(80 + which);
		break;
	}
	return elem;
}

static u32 draw_elems(struct net *net, u32 kind, struct filter_elem elem[SIM_FILTER_ELEMS])
{
	u32 count = 0;

	for (u32 n = 0; n < SIM_FILTER_ELEMS; n++) {
		if (net_chance(net, 60))
			elem[count++] = elem_of(kind, n);
	}
	return count;
}

static void draw_set(struct net *net, struct sim_filter *filter, u32 kind)
{
	struct filter_set_conf *set = &filter->set[kind];

	memset(set, 0, sizeof *set);
	snprintf(set->name, sizeof set->name, "%s", set_names[kind]);
	set->kind = (u8)kind;
	set->elem = filter->elem[kind];
	set->elem_count = draw_elems(net, kind, filter->elem[kind]);
}

static void draw_end(struct net *net, struct filter_addr *end)
{
	static const char *const hosts[] = { "10.10.0.11",  "10.10.0.12", "203.0.113.5",
					     "203.0.113.6", "198.18.0.9", "198.18.0.1" };

	switch (net_below(net, 6)) {
	case 0:
	case 1: end->set = FILTER_SET_ADDRS; break;
	case 2:
		end->prefix = addr(hosts[net_below(net, ARRAY_COUNT(hosts))]);
		end->len = 32;
		break;
	case 3:
		end->len = net_chance(net, 50) ? 15 : 8;
		end->prefix = addr(end->len == 8 ? "10.0.0.0" : "198.18.0.0");
		break;
	default: return;
	}
	end->not = net_chance(net, 15);
}

static void draw_fate(struct net *net, struct filter_fate *fate, bool tcp)
{
	fate->action = (u8)net_below(net, 3);
	fate->reject = (u8)net_below(net, tcp ? FILTER_REJECTS : FILTER_REJECT_RESET);
}

static void draw_ports(struct net *net, struct filter_rule_conf *rule)
{
	u32 kind = net_below(net, 100);

	if (kind < 30) {
		rule->dport.set = FILTER_SET_PORTS;
	} else if (kind < 60) {
		rule->dport.first = (u16)(80 + net_below(net, 6));
		rule->dport.last = (u16)(rule->dport.first + net_below(net, 3));
	} else if (kind < 75 && rule->dst.len == 0 && rule->dst.set == FILTER_SET_NONE) {
		rule->dst_pair = FILTER_SET_PAIRS;
	}
	rule->dport.not = rule->dst_pair == FILTER_SET_NONE && kind < 60 && net_chance(net, 10);
	if (net_chance(net, 15)) {
		rule->sport.first = 7000;
		rule->sport.last = (u16)(7000 + net_below(net, 6));
	}
}

static void draw_icmp(struct net *net, struct filter_rule_conf *rule)
{
	static const u8 types[] = { ICMP_ECHO, ICMP_ECHO_REPLY, ICMP_UNREACH, ICMP_TIME_EXCEEDED,
				    ICMP_TIMESTAMP };

	rule->icmp = net_chance(net, 70);
	rule->icmp_type = types[net_below(net, ARRAY_COUNT(types))];
	rule->icmp_code = rule->icmp && net_chance(net, 40) ? (s32)net_below(net, 5) : -1;
}

/* As rules usually ask, or any. */
static void draw_flags(struct net *net, struct filter_rule_conf *rule)
{
	static const u8 usual[][2] = { { TCP_SYN | TCP_ACK, TCP_SYN },
				       { TCP_RST, TCP_RST },
				       { TCP_FIN | TCP_ACK, TCP_FIN | TCP_ACK },
				       { TCP_PSH, 0 } };
	const u8 *drawn = usual[net_below(net, ARRAY_COUNT(usual))];
	bool any = net_chance(net, 30);

	rule->tcp_mask = any ? (u8)net_random(net) : drawn[0];
	rule->tcp_flags = any ? (u8)net_random(net) & rule->tcp_mask : drawn[1];
}

static void draw_l4(struct net *net, struct filter_rule_conf *rule)
{
	static const s32 usual[] = { FILTER_PROTO_ANY, FILTER_PROTO_ANY, IP_PROTO_TCP, IP_PROTO_TCP,
				     IP_PROTO_UDP,     IP_PROTO_UDP,     IP_PROTO_ICMP };
	static const s32 others[] = { IP_PROTO_SCTP, IP_PROTO_DCCP, IP_PROTO_UDPLITE,
				      IP_PROTO_GRE };

	rule->proto = net_chance(net, 85) ? usual[net_below(net, ARRAY_COUNT(usual))]
					  : others[net_below(net, ARRAY_COUNT(others))];
	rule->proto_not = rule->proto != FILTER_PROTO_ANY && net_chance(net, 6);
	if (rule->proto_not)
		return;
	if (rule->proto == IP_PROTO_ICMP)
		draw_icmp(net, rule);
	else if (rule->proto == FILTER_PROTO_ANY ? net_chance(net, 20)
						 : ip4_has_ports((u8)rule->proto))
		draw_ports(net, rule);
	if (rule->proto == IP_PROTO_TCP && net_chance(net, 30))
		draw_flags(net, rule);
}

static void draw_limits(struct net *net, struct filter_rule_conf *rule)
{
	if (net_chance(net, 15))
		rule->source_limit = (struct filter_limit){ 1 + net_below(net, 4), 10, 2 };
	if (net_chance(net, 10))
		rule->limit = (struct filter_limit){ 1 + net_below(net, 4), 1 + net_below(net, 20),
						     1 + net_below(net, 4) };
	rule->limit_over = (rule->limit.rate != 0 || rule->source_limit.rate != 0) &&
			   net_chance(net, 30);
}

static void draw_rule(struct net *net, struct filter_rule_conf *rule, u32 iface_count)
{
	static const enum filter_chain chains[] = { FILTER_FORWARD, FILTER_FORWARD, FILTER_FORWARD,
						    FILTER_INPUT, FILTER_OUTPUT };
	static const u8 states[] = { FILTER_ESTABLISHED, FILTER_RELATED, FILTER_UNTRACKED,
				     FILTER_NEW | FILTER_RELATED };

	filter_rule_defaults(rule);
	rule->chain = (u8)chains[net_below(net, ARRAY_COUNT(chains))];
	if (net_chance(net, 60))
		rule->states = FILTER_NEW;
	else if (net_chance(net, 30))
		rule->states = states[net_below(net, ARRAY_COUNT(states))];
	draw_end(net, &rule->src);
	draw_end(net, &rule->dst);
	draw_l4(net, rule);
	if (rule->chain != FILTER_OUTPUT && net_chance(net, 25))
		rule->in_ifs = UINT64_C(1) << net_below(net, iface_count);
	if (rule->chain != FILTER_INPUT && net_chance(net, 25))
		rule->out_ifs = UINT64_C(1) << net_below(net, iface_count);
	draw_fate(net, &rule->fate, rule->proto == IP_PROTO_TCP && !rule->proto_not);
	if (rule->chain == FILTER_OUTPUT && rule->fate.action == FILTER_REJECT)
		rule->fate.action = FILTER_DROP;
	draw_limits(net, rule);
	rule->each = net_chance(net, 10);
	rule->log = net_chance(net, 10);
}

static struct sim_filter *next_filter(struct sim *sim)
{
	return &sim->filter[sim->filter_next++ % ARRAY_COUNT(sim->filter)];
}

void sim_draw_filter(struct sim *sim, struct sluice_conf *conf)
{
	struct sim_filter *filter = next_filter(sim);
	struct net *net = &sim->net;

	for (u32 kind = 0; kind < SIM_FILTER_SETS; kind++)
		draw_set(net, filter, kind);
	conf->filter.rule = filter->rule;
	conf->filter.rule_count = 1 + net_below(net, SIM_FILTER_RULES - 1);
	conf->filter.set = filter->set;
	conf->filter.set_count = SIM_FILTER_SETS;
	conf->filter.reclassify = net_chance(net, 50);
	conf->filter.log_rate = 10;
	conf->filter.log_burst = 5;
	for (u32 n = 0; n < conf->filter.rule_count; n++)
		draw_rule(net, &filter->rule[n], conf->iface_count);
	/* Nearly all let pass first what they let begin. */
	if (net_chance(net, 80)) {
		filter_rule_defaults(&filter->rule[0]);
		filter->rule[0].states = FILTER_ESTABLISHED | FILTER_RELATED;
	}
	for (u32 chain = 0; chain < FILTER_CHAINS; chain++) {
		memset(&conf->filter.policy[chain], 0, sizeof conf->filter.policy[chain]);
		if (net_chance(net, 20))
			draw_fate(net, &conf->filter.policy[chain], false);
	}
	if (conf->filter.policy[FILTER_OUTPUT].action == FILTER_REJECT)
		conf->filter.policy[FILTER_OUTPUT].action = FILTER_DROP;
}

void sim_draw_sets(struct sim *sim, struct sluice_conf *conf)
{
	struct sim_filter *filter = next_filter(sim);

	memcpy(filter->rule, conf->filter.rule, conf->filter.rule_count * sizeof filter->rule[0]);
	for (u32 kind = 0; kind < SIM_FILTER_SETS; kind++) {
		const struct filter_set_conf *set = &conf->filter.set[kind];

		if (net_chance(&sim->net, 50)) {
			draw_set(&sim->net, filter, kind);
			continue;
		}
		filter->set[kind] = *set;
		filter->set[kind].elem = filter->elem[kind];
		memcpy(filter->elem[kind], set->elem, set->elem_count * sizeof set->elem[0]);
	}
	conf->filter.rule = filter->rule;
	conf->filter.set = filter->set;
}

void sim_change_set(struct sim *sim)
{
	struct filter_elem elem[SIM_FILTER_ELEMS];
	struct net *net = &sim->net;
	u32 kind = net_below(net, SIM_FILTER_SETS);

	gate_pause(sim->gate);
	if (net->why != NULL)
		return;
	if (net_chance(net, 20)) {
		net_trace(net, "set %s is filled anew", set_names[kind]);
		gate_set_fill(sim->gate, set_names[kind], elem, draw_elems(net, kind, elem));
	}
	for (u32 n = 1 + net_below(net, 3); n > 0; n--) {
		bool in = net_chance(net, 50);

		kind = net_below(net, SIM_FILTER_SETS);
		elem[0] = elem_of(kind, net_below(net, SIM_FILTER_ELEMS));
		net_trace(net, "an element %s set %s", in ? "comes into" : "leaves",
			  set_names[kind]);
		gate_set_change(sim->gate, set_names[kind], elem, in);
	}
	if (net->why == NULL)
		gate_compare(sim->gate);
}
