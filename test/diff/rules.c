/* Random filter rules, twice: for the engine and for nftables. */
#include "diff/rules.h"

#include <stdarg.h>
#include <stdio.h>

#include "diff/kernel.h"

static be32 draw_addr(struct net *net)
{
	static const char *const some[] = { "10.10.0.11",  "10.10.0.12",  "10.10.0.13",
					    "10.10.7.7",   "198.18.0.9",  "203.0.113.5",
					    "203.0.113.6", "198.18.0.10", "10.10.0.1" };

	return addr(some[net_below(net, ARRAY_COUNT(some))]);
}

static u8 draw_len(struct net *net)
{
	static const u8 some[] = { 32, 32, 31, 30, 24, 16, 9 };

	return some[net_below(net, ARRAY_COUNT(some))];
}

static be32 draw_prefix(struct net *net, u8 len)
{
	return be32_of(be32_host(draw_addr(net)) & (UINT32_MAX << (32 - len)));
}

static u16 draw_port(struct net *net)
{
	switch (net_below(net, 3)) {
	case 0: return (u16)(80 + net_below(net, 8));
	case 1: return (u16)(7000 + net_below(net, 6));
	default: return (u16)net_random(net);
	}
}

static void draw_sets(struct rules *rules, struct net *net)
{
	for (u32 kind = 0; kind < RULES_SETS; kind++) {
		struct filter_set_conf *set = &rules->set[kind];

		snprintf(set->name, sizeof set->name, "s%u", kind);
		set->kind = (u8)kind;
		set->elem = rules->elem[kind];
		set->elem_count = 1 + net_below(net, RULES_ELEMS);
		for (u32 n = 0; n < set->elem_count; n++) {
			struct filter_elem *elem = &rules->elem[kind][n];

			if (kind == FILTER_SET_PORTS) {
				elem->port_first = draw_port(net);
				elem->port_last = elem->port_first;
				continue;
			}
			elem->len = kind == FILTER_SET_ADDRS ? draw_len(net) : 32;
			elem->addr = draw_prefix(net, elem->len);
			if (kind == FILTER_SET_PAIRS)
				elem->port_first = elem->port_last = draw_port(net);
		}
	}
}

static void draw_end(struct net *net, struct filter_addr *at)
{
	if (net_chance(net, 45)) {
		at->len = draw_len(net);
		at->prefix = draw_prefix(net, at->len);
		at->not = net_chance(net, 15);
	} else if (net_chance(net, 15)) {
		at->set = FILTER_SET_ADDRS;
		at->not = net_chance(net, 15);
	}
}

static void draw_ports(struct net *net, struct filter_ports *at)
{
	at->not = net_chance(net, 15);
	if (net_chance(net, 20)) {
		at->set = FILTER_SET_PORTS;
		return;
	}
	at->first = at->last = draw_port(net);
	if (net_chance(net, 50))
		at->last = (u16)u32_min(65535, at->first + net_below(net, 3000));
}

static void draw_icmp(struct net *net, struct filter_rule_conf *rule)
{
	static const u8 types[] = { ICMP_ECHO,    ICMP_ECHO,          ICMP_ECHO_REPLY,
				    ICMP_UNREACH, ICMP_TIME_EXCEEDED, ICMP_PARAM_PROBLEM };

	rule->icmp = net_chance(net, 70);
	rule->icmp_type = types[net_below(net, ARRAY_COUNT(types))];
	if (net_chance(net, 50))
		rule->icmp_code = net_chance(net, 60) ? 0 : (s32)net_below(net, 16);
}

/* Half of them as rules usually ask, the others any of all eight. */
static void draw_flags(struct net *net, struct filter_rule_conf *rule)
{
	static const u8 usual[][2] = { { TCP_SYN | TCP_ACK, TCP_SYN },
				       { TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN, TCP_ACK },
				       { TCP_RST, TCP_RST },
				       { TCP_PSH, 0 } };
	const u8 *drawn = usual[net_below(net, ARRAY_COUNT(usual))];

	if (net_chance(net, 50)) {
		rule->tcp_mask = drawn[0];
		rule->tcp_flags = drawn[1];
		return;
	}
	rule->tcp_mask = (u8)net_random(net);
	rule->tcp_flags = (u8)net_random(net) & rule->tcp_mask;
}

static void draw_l4(struct net *net, struct filter_rule_conf *rule)
{
	static const s32 protos[] = { FILTER_PROTO_ANY, IP_PROTO_TCP, IP_PROTO_TCP,
				      IP_PROTO_UDP,     IP_PROTO_UDP, IP_PROTO_ICMP,
				      IP_PROTO_SCTP,    IP_PROTO_GRE, IP_PROTO_UDPLITE };

	rule->proto = net_chance(net, 10) ? (s32)net_below(net, 256)
					  : protos[net_below(net, ARRAY_COUNT(protos))];
	if (rule->proto == IP_PROTO_ICMP) {
		draw_icmp(net, rule);
		return;
	}
	rule->proto_not = rule->proto != FILTER_PROTO_ANY && net_chance(net, 6);
	if (rule->proto_not || (rule->proto != FILTER_PROTO_ANY &&
				!ip4_has_ports((u8)rule->proto)))
		return;
	if (net_chance(net, 50))
		draw_ports(net, &rule->dport);
	if (net_chance(net, 15))
		draw_ports(net, &rule->sport);
	if (net_chance(net, 10))
		rule->dst_pair = FILTER_SET_PAIRS;
	if (rule->proto == IP_PROTO_TCP && net_chance(net, 25))
		draw_flags(net, rule);
}

/* Answers to echo, errors, resets. Only answers to echo have the source that was spoken to in both,
 * and a reset for an open connection is of it in the one, and related to it in the other.        */
static void draw_output(struct net *net, struct filter_rule_conf *rule)
{
	static const u8 types[] = { ICMP_ECHO_REPLY, ICMP_ECHO_REPLY, ICMP_UNREACH, ICMP_UNREACH,
				    ICMP_TIME_EXCEEDED };
	static const u8 states[] = { FILTER_ESTABLISHED | FILTER_RELATED, FILTER_NEW };
	static const s32 protos[] = { FILTER_PROTO_ANY, IP_PROTO_TCP, IP_PROTO_ICMP,
				      IP_PROTO_ICMP };

	rule->chain = FILTER_OUTPUT;
	rule->proto = protos[net_below(net, ARRAY_COUNT(protos))];
	if (net_chance(net, 30))
		rule->states = states[net_below(net, ARRAY_COUNT(states))];
	if (rule->proto == IP_PROTO_ICMP) {
		rule->icmp = net_chance(net, 80);
		rule->icmp_type = types[net_below(net, ARRAY_COUNT(types))];
		if (rule->icmp_type == ICMP_UNREACH && net_chance(net, 60))
			rule->icmp_code = (s32)net_below(net, 14);
		if (net_chance(net, 30))
			rule->states = net_chance(net, 50) ? FILTER_ESTABLISHED : FILTER_RELATED;
		if (rule->icmp && rule->icmp_type == ICMP_ECHO_REPLY)
			draw_end(net, &rule->src);
	}
	if (rule->proto == IP_PROTO_TCP && net_chance(net, 40))
		draw_ports(net, &rule->dport);
	if (rule->proto == IP_PROTO_TCP && net_chance(net, 25))
		draw_flags(net, rule);
	if (net_chance(net, 30))
		rule->out_ifs = 1U << net_below(net, 2);
	draw_end(net, &rule->dst);
	rule->fate.action = net_chance(net, 50) ? FILTER_ACCEPT : FILTER_DROP;
}

/* For what both let come as far as to the rules, and take for the same: no segment of a connection
 * that one of them has forgotten, nor an error.                                                  */
static void draw_limit(struct net *net, struct filter_rule_conf *rule)
{
	static const u32 bursts[] = { 1, 2, 3, 8, 30, 100000 };
	struct filter_limit limit = { 1, 86400, bursts[net_below(net, ARRAY_COUNT(bursts))] };

	if (rule->chain == FILTER_OUTPUT && rule->proto != IP_PROTO_ICMP)
		return;
	if (rule->proto != IP_PROTO_UDP && rule->proto != IP_PROTO_ICMP) {
		rule->proto = IP_PROTO_UDP;
		rule->proto_not = false;
		rule->tcp_mask = rule->tcp_flags = 0;
	}
	if (rule->proto == IP_PROTO_ICMP) {
		rule->icmp = true;
		rule->icmp_type = rule->chain == FILTER_OUTPUT || net_chance(net, 20)
					  ? ICMP_ECHO_REPLY
					  : ICMP_ECHO;
		rule->icmp_code = -1;
	}
	if (rule->fate.reject == FILTER_REJECT_RESET)
		rule->fate.reject = FILTER_REJECT_PORT;
	if (net_chance(net, 50))
		rule->limit = limit;
	else
		rule->source_limit = limit;
	rule->limit_over = net_chance(net, 40);
}

static void draw_rule(struct net *net, struct filter_rule_conf *rule)
{
	static const u8 states[] = { FILTER_NEW, FILTER_ESTABLISHED | FILTER_RELATED,
				     FILTER_ESTABLISHED, FILTER_RELATED,
				     FILTER_NEW | FILTER_RELATED };

	filter_rule_defaults(rule);
	if (net_chance(net, 12)) {
		draw_output(net, rule);
		return;
	}
	if (net_chance(net, 12)) {
		rule->chain = FILTER_INPUT;
	} else {
		if (net_chance(net, 40))
			rule->states = states[net_below(net, ARRAY_COUNT(states))];
		if (net_chance(net, 20))
			rule->out_ifs = 1U << net_below(net, 2);
	}
	if (net_chance(net, 20))
		rule->in_ifs = 1U << net_below(net, 2);
	draw_l4(net, rule);
	draw_end(net, &rule->src);
	if (rule->dst_pair == FILTER_SET_NONE)
		draw_end(net, &rule->dst);
	rule->fate.action = (u8)(net_chance(net, 50) ? FILTER_ACCEPT : 1 + net_below(net, 2));
	rule->fate.reject = (u8)net_below(net, FILTER_REJECTS);
	if (rule->fate.reject == FILTER_REJECT_RESET &&
	    (rule->proto != IP_PROTO_TCP || rule->proto_not))
		rule->fate.reject = FILTER_REJECT_PORT;
}

/* ---- as text --------------------------------------------------------------------------------- */

static void say(struct rules *rules, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(struct rules *rules, const char *format, ...)
{
	size_t len = strlen(rules->text);
	va_list list;
	int more;

	va_start(list, format);
	more = vsnprintf(rules->text + len, sizeof rules->text - len, format, list);
	va_end(list);
	CHECK(more >= 0 && len + (size_t)more < sizeof rules->text);
}

static void say_addr(struct rules *rules, be32 at)
{
	u32 host = be32_host(at);

	say(rules, "%u.%u.%u.%u", host >> 24, host >> 16 & 255, host >> 8 & 255, host & 255);
}

static void say_set(struct rules *rules, const struct filter_set_conf *set)
{
	static const char *const types[] = { "ipv4_addr; flags interval; auto-merge",
					     "inet_service", "ipv4_addr . inet_service" };

	say(rules, " set %s { type %s; elements = {", set->name, types[set->kind]);
	for (u32 n = 0; n < set->elem_count; n++) {
		const struct filter_elem *elem = &set->elem[n];

		say(rules, n > 0 ? ", " : " ");
		if (set->kind != FILTER_SET_PORTS)
			say_addr(rules, elem->addr);
		if (set->kind == FILTER_SET_ADDRS)
			say(rules, "/%u", elem->len);
		if (set->kind == FILTER_SET_PAIRS)
			say(rules, " . ");
		if (set->kind != FILTER_SET_ADDRS)
			say(rules, "%u", elem->port_first);
	}
	say(rules, " } ; }\n");
}

static void say_end(struct rules *rules, const char *which, const struct filter_addr *at)
{
	const char *not = at->not ? "!= " : "";

	if (at->set != FILTER_SET_NONE) {
		say(rules, " ip %s %s@s%u", which, not, at->set);
	} else if (at->len > 0) {
		say(rules, " ip %s %s", which, not );
		say_addr(rules, at->prefix);
		say(rules, "/%u", at->len);
	}
}

static void say_ports(struct rules *rules, const char *which, const struct filter_ports *at)
{
	const char *not = at->not ? "!= " : "";

	if (at->set != FILTER_SET_NONE)
		say(rules, " th %s %s@s%u", which, not, at->set);
	else if (at->first != 0 || at->last != 65535)
		say(rules, " th %s %s%u-%u", which, not, at->first, at->last);
}

/* What is said about a packet without a flow, or one whose flow dies with it, is invalid to the
 * kernel; to the engine all that it says by itself about another packet is related.              */
static void say_states(struct rules *rules, const struct filter_rule_conf *rule)
{
	static const char *const names[] = { "new", "established", "related", "untracked" };
	const char *comma = "";

	if (rule->states == FILTER_STATES)
		return;
	say(rules, " ct state { ");
	for (u32 n = 0; n < ARRAY_COUNT(names); n++) {
		if ((rule->states >> n & 1) != 0) {
			say(rules, "%s%s", comma, names[n]);
			comma = ", ";
		}
	}
	if (rule->chain == FILTER_OUTPUT && (rule->states & FILTER_RELATED) != 0)
		say(rules, ", invalid");
	say(rules, " }");
}

static void say_l4(struct rules *rules, const struct filter_rule_conf *rule)
{
	bool ports = rule->sport.set != FILTER_SET_NONE || rule->dport.set != FILTER_SET_NONE ||
		     rule->sport.first > 0 || rule->dport.first > 0 || rule->sport.last < 65535 ||
		     rule->dport.last < 65535 || rule->dst_pair != FILTER_SET_NONE;

	if (rule->proto != FILTER_PROTO_ANY)
		say(rules, " meta l4proto %s%d", rule->proto_not ? "!= " : "", rule->proto);
	else if (ports)
		say(rules, " meta l4proto { 6, 17, 33, 132, 136 }");
	if (rule->icmp)
		say(rules, " icmp type %u", rule->icmp_type);
	if (rule->icmp && rule->icmp_code >= 0)
		say(rules, " icmp code %d", rule->icmp_code);
	if (rule->tcp_mask != 0)
		say(rules, " tcp flags & 0x%x == 0x%x", rule->tcp_mask, rule->tcp_flags);
	say_ports(rules, "sport", &rule->sport);
	say_ports(rules, "dport", &rule->dport);
	if (rule->dst_pair != FILTER_SET_NONE)
		say(rules, " ip daddr . th dport @s%u", rule->dst_pair);
}

static void say_limit(struct rules *rules, const struct filter_rule_conf *rule)
{
	const char *over = rule->limit_over ? "over " : "";

	if (rule->limit.rate != 0)
		say(rules, " limit rate %s1/day burst %u packets", over, rule->limit.burst);
	if (rule->source_limit.rate != 0)
		say(rules, " add @m%u { ip saddr limit rate %s1/day burst %u packets }",
		    (u32)(rule - rules->rule), over, rule->source_limit.burst);
}

static void say_rule(struct rules *rules, const struct filter_rule_conf *rule)
{
	static const char *const rejects[FILTER_REJECTS] = {
		[FILTER_REJECT_PROHIBITED] = "icmp type admin-prohibited",
		[FILTER_REJECT_PORT] = "icmp type port-unreachable",
		[FILTER_REJECT_HOST] = "icmp type host-unreachable",
		[FILTER_REJECT_NET] = "icmp type net-unreachable",
		[FILTER_REJECT_RESET] = "tcp reset",
	};

	say(rules, " ");
	if (rule->in_ifs != FILTER_IFACE_ANY)
		say(rules, " iifname %s", rule->in_ifs == 1 << KERNEL_IN ? "in0" : "out0");
	if (rule->out_ifs != FILTER_IFACE_ANY)
		say(rules, " oifname %s", rule->out_ifs == 1 << KERNEL_IN ? "in0" : "out0");
	say_states(rules, rule);
	say_end(rules, "saddr", &rule->src);
	say_end(rules, "daddr", &rule->dst);
	say_l4(rules, rule);
	say_limit(rules, rule);
	if (rule->fate.action == FILTER_REJECT)
		say(rules, " reject with %s\n", rejects[rule->fate.reject]);
	else
		say(rules, " %s\n", rule->fate.action == FILTER_ACCEPT ? "accept" : "drop");
}

static void say_chain(struct rules *rules, enum filter_chain chain, const char *name)
{
	say(rules, " chain %s {\n  type filter hook %s priority -10; policy %s;\n", name, name,
	    rules->drops[chain] ? "drop" : "accept");
	for (u32 n = 0; n < rules->rule_count; n++) {
		if (rules->rule[n].chain == chain)
			say_rule(rules, &rules->rule[n]);
	}
	say(rules, " }\n");
}

static void say_all(struct rules *rules)
{
	say(rules, "table ip rules {\n");
	for (u32 n = 0; n < RULES_SETS; n++)
		say_set(rules, &rules->set[n]);
	for (u32 n = 0; n < rules->rule_count; n++) {
		if (rules->rule[n].source_limit.rate != 0)
			say(rules, " set m%u { type ipv4_addr; size %u; flags dynamic; }\n", n,
			    RULES_SOURCES);
	}
	say_chain(rules, FILTER_INPUT, "input");
	say_chain(rules, FILTER_FORWARD, "forward");
	say_chain(rules, FILTER_OUTPUT, "output");
	say(rules, "}\n");
}

void rules_draw(struct rules *rules, struct net *net, bool limited)
{
	memset(rules, 0, sizeof *rules);
	rules->rule_count = 1 + net_below(net, RULES_MAX);
	draw_sets(rules, net);
	for (u32 n = 0; n < rules->rule_count; n++) {
		draw_rule(net, &rules->rule[n]);
		if (limited && net_chance(net, 60))
			draw_limit(net, &rules->rule[n]);
	}
	/* As most begin; and some conversation should come about. */
	if (net_chance(net, 60)) {
		filter_rule_defaults(&rules->rule[0]);
		rules->rule[0].states = FILTER_ESTABLISHED | FILTER_RELATED;
	}
	rules->drops[FILTER_FORWARD] = net_chance(net, 25);
	rules->drops[FILTER_OUTPUT] = net_chance(net, 10);
	say_all(rules);
}

void rules_conf(const struct rules *rules, struct filter_conf *conf)
{
	conf->rule = rules->rule;
	conf->rule_count = rules->rule_count;
	conf->set = rules->set;
	conf->set_count = RULES_SETS;
	conf->source_limit = RULES_SOURCES;
	for (u32 chain = 0; chain < FILTER_CHAINS; chain++)
		conf->policy[chain].action = rules->drops[chain] ? FILTER_DROP : FILTER_ACCEPT;
}
