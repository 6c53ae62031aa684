/* From what an administrator wrote to what is matched. */
#include "core/base/text.h"
#include "core/filter/filter.h"
#include "core/wire/ip4.h"
#include "core/wire/tcp.h"

/* ---- what can not be ------------------------------------------------------------------------- */

static bool name_ends(const char name[FILTER_NAME_SIZE])
{
	for (u32 at = 0; at < FILTER_NAME_SIZE; at++) {
		if (name[at] == '\0')
			return true;
	}
	return false;
}

static bool set_is(const struct filter_conf *conf, u16 set, enum filter_set_kind kind)
{
	return set == FILTER_SET_NONE || (set < conf->set_count && conf->set[set].kind == kind);
}

static const char *addr_wrong(const struct filter_conf *conf, const struct filter_addr *at,
			      u16 pair)
{
	if (at->len > 32 || (be32_host(at->prefix) & ~ip4_mask(at->len)) != 0)
		return "a filter rule has a prefix longer than 32 bits, or bits beyond its length";
	if (!set_is(conf, at->set, FILTER_SET_ADDRS))
		return "a filter rule asks for addresses of a set that is not one of addresses";
	if (!set_is(conf, pair, FILTER_SET_PAIRS))
		return "a filter rule asks for pairs of a set that is not one of pairs";
	if (at->set != FILTER_SET_NONE && (at->len != 0 || pair != FILTER_SET_NONE))
		return "a filter rule has more than one of prefix, set and set of pairs";
	if (at->not &&at->len == 0 && at->set == FILTER_SET_NONE)
		return "a filter rule excludes every address";
	return NULL;
}

static const char *ports_wrong(const struct filter_conf *conf, const struct filter_ports *at)
{
	if (at->first > at->last)
		return "a filter rule has a port range that ends before it begins";
	if (!set_is(conf, at->set, FILTER_SET_PORTS))
		return "a filter rule asks for ports of a set that is not one of ports";
	if (at->set != FILTER_SET_NONE && (at->first != 0 || at->last != UINT16_MAX))
		return "a filter rule has both a port range and a set of ports";
	if (at->not &&at->first == 0 && at->last == UINT16_MAX && at->set == FILTER_SET_NONE)
		return "a filter rule excludes every port";
	return NULL;
}

static bool limit_is_wrong(const struct filter_limit *limit)
{
	return limit->rate != 0 &&
	       (limit->rate > 1000000000 || limit->burst == 0 || limit->burst > 1000000 ||
		limit->per_s == 0 || limit->per_s > 86400);
}

static bool ports_asked(const struct filter_ports *at)
{
	return at->set != FILTER_SET_NONE || at->first != 0 || at->last != UINT16_MAX;
}

static const char *proto_wrong(const struct filter_rule_conf *rule)
{
	bool ports = ports_asked(&rule->sport) || ports_asked(&rule->dport) ||
		     rule->src_pair != FILTER_SET_NONE || rule->dst_pair != FILTER_SET_NONE;
	bool any = rule->proto == FILTER_PROTO_ANY;
	bool has_ports = any || (!rule->proto_not && ip4_has_ports((u8)rule->proto));
	bool is_tcp = rule->proto == IP_PROTO_TCP && !rule->proto_not;

	if (!any && (rule->proto < 0 || rule->proto > UINT8_MAX))
		return "a filter rule has a protocol outside of 0 to 255";
	if (rule->proto_not && any)
		return "a filter rule excludes every protocol";
	if (ports && !has_ports)
		return "a filter rule asks for ports of a protocol that has none";
	if (rule->icmp && (rule->proto != IP_PROTO_ICMP || rule->proto_not))
		return "a filter rule asks for an ICMP type without the protocol ICMP";
	if (rule->icmp && (rule->icmp_code < -1 || rule->icmp_code > 255))
		return "a filter rule has an ICMP code outside of 0 to 255";
	if (rule->tcp_mask != 0 && !is_tcp)
		return "a filter rule asks for TCP flags without the protocol TCP";
	if ((rule->tcp_flags & ~rule->tcp_mask) != 0)
		return "a filter rule wants TCP flags set that it does not look at";
	if (rule->fate.action == FILTER_REJECT && rule->fate.reject == FILTER_REJECT_RESET &&
	    !is_tcp)
		return "a filter rule rejects with a reset, but is not for TCP alone";
	return NULL;
}

static bool fate_is_wrong(const struct filter_fate *fate)
{
	return fate->action > FILTER_REJECT ||
	       (fate->action == FILTER_REJECT && fate->reject >= FILTER_REJECTS);
}

static const char *rule_wrong(const struct filter_conf *conf, const struct filter_rule_conf *rule)
{
	const char *why = addr_wrong(conf, &rule->src, rule->src_pair);

	if (why == NULL)
		why = addr_wrong(conf, &rule->dst, rule->dst_pair);
	if (why == NULL)
		why = ports_wrong(conf, &rule->sport);
	if (why == NULL)
		why = ports_wrong(conf, &rule->dport);
	if (why == NULL)
		why = proto_wrong(rule);
	if (why != NULL)
		return why;
	if (!name_ends(rule->name))
		return "the name of a filter rule is longer than 31 bytes";
	if (rule->chain >= FILTER_CHAINS || fate_is_wrong(&rule->fate))
		return "a filter rule has an unknown chain or action";
	if (rule->states == 0 || rule->states > FILTER_STATES)
		return "a filter rule is for no state, or an unknown one";
	if (rule->in_ifs == 0 || rule->out_ifs == 0)
		return "a filter rule is for no interface";
	if ((rule->chain == FILTER_INPUT && rule->out_ifs != FILTER_IFACE_ANY) ||
	    (rule->chain == FILTER_OUTPUT && rule->in_ifs != FILTER_IFACE_ANY))
		return "a filter rule of INPUT names a way out, or one of OUTPUT a way in";
	if (rule->chain == FILTER_OUTPUT && rule->fate.action == FILTER_REJECT)
		return "a filter rule of OUTPUT rejects: who would hear of it is this gateway";
	if (limit_is_wrong(&rule->limit) || limit_is_wrong(&rule->source_limit))
		return "a filter rule has a limit without time or burst, or beyond all bounds";
	if (rule->limit_over && rule->limit.rate == 0 && rule->source_limit.rate == 0)
		return "a filter rule is for what is beyond a limit, and has none";
	return NULL;
}

static const char *sets_wrong(const struct filter_conf *conf)
{
	u32 port_sets = 0;

	if (conf->set_count > conf->set_limit)
		return "the filter has more sets than planned (limit set_limit)";
	for (u32 at = 0; at < conf->set_count; at++) {
		const struct filter_set_conf *set = &conf->set[at];

		if (set->kind >= FILTER_SET_KINDS)
			return "a filter set is of an unknown kind";
		if (!name_ends(set->name) || set->name[0] == '\0')
			return "a filter set has no name, or one longer than 31 bytes";
		for (u32 other = 0; other < at; other++) {
			if (text_equal(set->name, conf->set[other].name, FILTER_NAME_SIZE))
				return "two filter sets have one name";
		}
		port_sets += set->kind == FILTER_SET_PORTS;
	}
	if (port_sets > conf->port_set_limit)
		return "the filter has more sets of ports than planned (limit port_set_limit)";
	return NULL;
}

const char *filter_conf_wrong(const struct filter_conf *conf)
{
	const char *why = sets_wrong(conf);

	if (why != NULL)
		return why;
	if (conf->rule_count > conf->rule_limit)
		return "the filter has more rules than planned (limit rule_limit)";
	if (conf->log_rate != 0 && (conf->log_burst == 0 || conf->log_rate > 1000000))
		return "the filter's log has a rate without burst, or beyond a million a second";
	for (u32 chain = 0; chain < FILTER_CHAINS; chain++) {
		const struct filter_fate *policy = &conf->policy[chain];

		if (fate_is_wrong(policy))
			return "a policy of the filter is unknown";
		if (policy->action == FILTER_REJECT &&
		    (chain == FILTER_OUTPUT || policy->reject == FILTER_REJECT_RESET))
			return "a policy of the filter rejects by reset, or in OUTPUT";
		if (policy->action != FILTER_ACCEPT && conf->rule_limit == 0)
			return "no filter was planned (limit rule_limit)";
	}
	for (u32 at = 0; at < conf->rule_count && why == NULL; at++)
		why = rule_wrong(conf, &conf->rule[at]);
	return why;
}

/* ---- one rule -------------------------------------------------------------------------------- */

static u16 flag_if(bool is, enum filter_rule_flag flag)
{
	return is ? (u16)flag : 0;
}

static u16 rule_flags(const struct filter_rule_conf *conf)
{
	u16 flags = 0;

	flags |= flag_if(conf->src.not, FILTER_SRC_NOT);
	flags |= flag_if(conf->dst.not, FILTER_DST_NOT);
	flags |= flag_if(conf->sport.not, FILTER_SPORT_NOT);
	flags |= flag_if(conf->dport.not, FILTER_DPORT_NOT);
	flags |= flag_if(conf->proto != FILTER_PROTO_ANY, FILTER_PROTO_ONE);
	flags |= flag_if(conf->proto_not, FILTER_PROTO_NOT);
	flags |= flag_if(conf->icmp, FILTER_ICMP);
	flags |= flag_if(conf->icmp && conf->icmp_code >= 0, FILTER_ICMP_CODE);
	flags |= flag_if(ports_asked(&conf->sport), FILTER_SPORTS);
	flags |= flag_if(ports_asked(&conf->dport), FILTER_DPORTS);
	flags |= flag_if(conf->src_pair != FILTER_SET_NONE, FILTER_SRC_PAIR);
	flags |= flag_if(conf->dst_pair != FILTER_SET_NONE, FILTER_DST_PAIR);
	flags |= flag_if(conf->log, FILTER_LOG);
	flags |= flag_if(conf->each, FILTER_EACH);
	return flags;
}

void filter_rule_compile(struct filter_rule *rule, const struct filter_rule_conf *conf)
{
	memset(rule, 0, sizeof *rule);
	rule->src = be32_host(conf->src.prefix);
	rule->src_mask = ip4_mask(conf->src.len);
	rule->dst = be32_host(conf->dst.prefix);
	rule->dst_mask = ip4_mask(conf->dst.len);
	rule->sport_first = conf->sport.first;
	rule->sport_last = conf->sport.last;
	rule->dport_first = conf->dport.first;
	rule->dport_last = conf->dport.last;
	rule->in_ifs = conf->in_ifs;
	rule->out_ifs = conf->out_ifs;
	rule->src_set = conf->src_pair != FILTER_SET_NONE ? conf->src_pair : conf->src.set;
	rule->dst_set = conf->dst_pair != FILTER_SET_NONE ? conf->dst_pair : conf->dst.set;
	rule->sport_set = conf->sport.set;
	rule->dport_set = conf->dport.set;
	rule->flags = rule_flags(conf);
	rule->states = conf->states;
	rule->proto = conf->proto != FILTER_PROTO_ANY ? (u8)conf->proto : 0;
	rule->icmp_type = conf->icmp_type;
	rule->icmp_code = conf->icmp_code >= 0 ? (u8)conf->icmp_code : 0;
	rule->tcp_mask = conf->tcp_mask;
	rule->tcp_flags = conf->tcp_flags;
	rule->action = conf->fate.action;
	rule->reject = conf->fate.reject;
	rule->limiter = FILTER_RULE_NONE;
}

static void box_addr(u32 addr, u32 mask, bool not, u32 *lo, u32 *hi)
{
	*lo = not ? 0 : addr & mask;
	*hi = not ? UINT32_MAX : *lo | ~mask;
}

static void box_ports(u16 first, u16 last, bool not, u32 *lo, u32 *hi)
{
	*lo = not ? 0 : first;
	*hi = not ? UINT16_MAX : last;
}

/* Made here, a packet has no way in: the bit behind all interfaces. */
static void box_ifs(u64 ifs, u32 *lo, u32 *hi)
{
	*lo = ifs == FILTER_IFACE_ANY ? 0 : (u32)__builtin_ctzll(ifs);
	*hi = ifs == FILTER_IFACE_ANY ? FILTER_IFACES : 63 - (u32)__builtin_clzll(ifs);
}

void filter_rule_box(const struct filter_rule *rule, u32 lo[FILTER_FIELDS], u32 hi[FILTER_FIELDS])
{
	const u16 any_ports = FILTER_SPORTS | FILTER_DPORTS | FILTER_SRC_PAIR | FILTER_DST_PAIR;

	box_addr(rule->src, rule->src_mask, (rule->flags & FILTER_SRC_NOT) != 0, &lo[FILTER_SRC],
		 &hi[FILTER_SRC]);
	box_addr(rule->dst, rule->dst_mask, (rule->flags & FILTER_DST_NOT) != 0, &lo[FILTER_DST],
		 &hi[FILTER_DST]);
	box_ports(rule->sport_first, rule->sport_last, (rule->flags & FILTER_SPORT_NOT) != 0,
		  &lo[FILTER_SPORT], &hi[FILTER_SPORT]);
	box_ports(rule->dport_first, rule->dport_last, (rule->flags & FILTER_DPORT_NOT) != 0,
		  &lo[FILTER_DPORT], &hi[FILTER_DPORT]);
	box_ifs(rule->in_ifs, &lo[FILTER_IN_IF], &hi[FILTER_IN_IF]);
	box_ifs(rule->out_ifs, &lo[FILTER_OUT_IF], &hi[FILTER_OUT_IF]);
	lo[FILTER_PROTO] = 0;
	hi[FILTER_PROTO] = UINT8_MAX;
	if ((rule->flags & (FILTER_PROTO_ONE | FILTER_PROTO_NOT)) == FILTER_PROTO_ONE) {
		lo[FILTER_PROTO] = hi[FILTER_PROTO] = rule->proto;
	} else if ((rule->flags & any_ports) != 0) {
		/* From the first to the last of ip4_has_ports(): the rule itself tells the rest. */
		lo[FILTER_PROTO] = IP_PROTO_TCP;
		hi[FILTER_PROTO] = IP_PROTO_UDPLITE;
	}
}

/* ---- a chain --------------------------------------------------------------------------------- */

/* Established packets pass here, whatever they are. */
static bool passes_established(const struct filter_rule *rule)
{
	return rule->action == FILTER_ACCEPT && (rule->states & FILTER_ESTABLISHED) != 0 &&
	       rule->src_mask == 0 && rule->dst_mask == 0 && rule->src_set == FILTER_SET_NONE &&
	       rule->dst_set == FILTER_SET_NONE && (rule->flags & ~FILTER_LOG) == 0 &&
	       rule->in_ifs == FILTER_IFACE_ANY && rule->out_ifs == FILTER_IFACE_ANY &&
	       rule->tcp_mask == 0 && rule->limiter == FILTER_RULE_NONE;
}

/* Interfaces that no rule tells apart are of one kind: split every kind by those of the rule. */
static u32 kinds_split(u64 kind[FILTER_IFACES], u32 count, u64 ifs)
{
	u32 before = count;

	for (u32 at = 0; at < before; at++) {
		u64 in = kind[at] & ifs;

		if (in == 0 || in == kind[at])
			continue;
		kind[count++] = in;
		kind[at] &= ~ifs;
	}
	return count;
}

void filter_chain_compile(struct filter_rules *rules, enum filter_chain which, u32 iface_count)
{
	const u8 known = TCP_SYN | TCP_FIN | TCP_RST | TCP_ACK;
	struct filter_chain_rules *chain = &rules->chain[which];
	u64 kind[FILTER_IFACES] = { UINT64_MAX >> (FILTER_IFACES - iface_count) };
	u32 kind_count = 1, rule_count = 0;
	bool passed = false, only = true;

	chain->uses_sets = chain->varies = false;
	chain->fast = FILTER_FAST_ESTABLISHED;
	for (u32 at = 0; at < rules->rule_count; at++) {
		const struct filter_rule *rule = &rules->rule[at];

		if (rules->conf[at].chain != which)
			continue;
		rule_count++;
		chain->uses_sets |= (rule->src_set & rule->dst_set & rule->sport_set &
				     rule->dport_set) != FILTER_SET_NONE;
		if (passed || (rule->states & FILTER_ESTABLISHED) == 0)
			continue;
		passed = passes_established(rule);
		if (passed)
			continue;
		only = false;
		kind_count = kinds_split(kind, kind_count, rule->in_ifs);
		chain->varies |= rule->tcp_mask != 0;
		/* Flags that packets of the short cut may have or not. */
		if ((rule->tcp_mask & ~known) != 0 &&
		    (rule->tcp_flags & known) == (TCP_ACK & rule->tcp_mask))
			chain->fast = FILTER_FAST_NEVER;
	}
	if (passed && only)
		chain->fast = FILTER_FAST_ALWAYS;
	chain->varies |= kind_count > 1;
	chain->ways_in = 0;
	for (u32 at = 0; at < kind_count; at++)
		chain->ways_in |= kind[at] & -kind[at];
	chain->idle = rule_count == 0 && chain->policy.action == FILTER_ACCEPT;
}
