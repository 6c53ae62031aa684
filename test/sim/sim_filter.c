/* Filters of a simulation: a few rules about the few addresses and ports that there are, with sets,
 * limits and every way to say no.                                                                */
#include <stdio.h>

#include "sim/sim.h"

enum { SET_ADDRS, SET_PORTS, SETS };

static void draw_sets(struct net *net, struct sim_filter *filter)
{
	static const char *const addrs[SIM_FILTER_ELEMS] = { "10.10.0.11", "203.0.113.5",
							     "198.18.0.8", "10.20.0.0" };

	for (u32 at = 0; at < SETS; at++) {
		struct filter_set_conf *set = &filter->set[at];

		memset(set, 0, sizeof *set);
		snprintf(set->name, sizeof set->name, at == SET_ADDRS ? "hosts" : "ports");
		set->kind = at == SET_ADDRS ? FILTER_SET_ADDRS : FILTER_SET_PORTS;
		set->elem = filter->elem[at];
		for (u32 n = 0; n < SIM_FILTER_ELEMS; n++) {
			struct filter_elem *elem = &filter->elem[at][set->elem_count];

			if (net_chance(net, 40))
				continue;
			memset(elem, 0, sizeof *elem);
			if (at == SET_ADDRS) {
				elem->addr = addr(addrs[n]);
				elem->len = n < 2 ? 32 : n == 2 ? 30 : 16;
			} else {
				elem->port_first = (u16)(80 + 2 * n);
				elem->port_last = (u16)(elem->port_first + n % 2);
			}
			set->elem_count++;
		}
	}
}

static void draw_end(struct net *net, struct filter_addr *end)
{
	static const char *const hosts[] = { "10.10.0.11",  "10.10.0.12", "203.0.113.5",
					     "203.0.113.6", "198.18.0.9", "198.18.0.1" };

	switch (net_below(net, 5)) {
	case 0: end->set = SET_ADDRS; break;
	case 1:
		end->prefix = addr(hosts[net_below(net, ARRAY_COUNT(hosts))]);
		end->len = 32;
		break;
	case 2:
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

static void draw_rule(struct net *net, struct filter_rule_conf *rule)
{
	static const s32 protos[] = { FILTER_PROTO_ANY, IP_PROTO_TCP, IP_PROTO_UDP, IP_PROTO_ICMP };
	static const enum filter_chain chains[] = { FILTER_FORWARD, FILTER_FORWARD, FILTER_FORWARD,
						    FILTER_INPUT, FILTER_OUTPUT };

	filter_rule_defaults(rule);
	rule->chain = (u8)chains[net_below(net, ARRAY_COUNT(chains))];
	if (net_chance(net, 60))
		rule->states = FILTER_NEW;
	rule->proto = protos[net_below(net, ARRAY_COUNT(protos))];
	draw_end(net, &rule->src);
	draw_end(net, &rule->dst);
	if (rule->proto == IP_PROTO_TCP || rule->proto == IP_PROTO_UDP) {
		if (net_chance(net, 30)) {
			rule->dport.set = SET_PORTS;
		} else if (net_chance(net, 50)) {
			rule->dport.first = (u16)(80 + net_below(net, 6));
			rule->dport.last = (u16)(rule->dport.first + net_below(net, 3));
		}
	}
	if (rule->chain != FILTER_OUTPUT && net_chance(net, 25))
		rule->in_ifs = UINT64_C(1) << net_below(net, RIG_IFACES);
	if (rule->chain != FILTER_INPUT && net_chance(net, 25))
		rule->out_ifs = UINT64_C(1) << net_below(net, RIG_IFACES);
	draw_fate(net, &rule->fate, rule->proto == IP_PROTO_TCP);
	if (rule->chain == FILTER_OUTPUT && rule->fate.action == FILTER_REJECT)
		rule->fate.action = FILTER_DROP;
	if (net_chance(net, 15))
		rule->source_limit = (struct filter_limit){ 1 + net_below(net, 4), 10, 2 };
}

void sim_draw_filter(struct sim *sim, struct sluice_conf *conf)
{
	struct sim_filter *filter = &sim->filter[sim->filter_next++ % ARRAY_COUNT(sim->filter)];
	struct net *net = &sim->net;

	draw_sets(net, filter);
	conf->filter.rule = filter->rule;
	conf->filter.rule_count = 1 + net_below(net, SIM_FILTER_RULES - 1);
	conf->filter.set = filter->set;
	conf->filter.set_count = SETS;
	conf->filter.reclassify = net_chance(net, 50);
	for (u32 n = 0; n < conf->filter.rule_count; n++)
		draw_rule(net, &filter->rule[n]);
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
