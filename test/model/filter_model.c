/* Filter rules, read from end to end. */
#include "model/filter_model.h"

static bool in_prefix(be32 addr, be32 prefix, u8 len)
{
	for (u32 bit = 0; bit < len; bit++) {
		u32 mask = UINT32_C(1) << (31 - bit);

		if ((be32_host(addr) & mask) != (be32_host(prefix) & mask))
			return false;
	}
	return true;
}

static bool in_set(const struct filter_set_conf *set, be32 addr, u16 port)
{
	for (u32 n = 0; n < set->elem_count; n++) {
		const struct filter_elem *elem = &set->elem[n];

		switch ((enum filter_set_kind)set->kind) {
		case FILTER_SET_ADDRS:
			if (in_prefix(addr, elem->addr, elem->len))
				return true;
			break;
		case FILTER_SET_PORTS:
			if (port >= elem->port_first && port <= elem->port_last)
				return true;
			break;
		default:
			if (be32_eq(addr, elem->addr) && port == elem->port_first)
				return true;
			break;
		}
	}
	return false;
}

static bool addr_is(const struct filter_conf *conf, const struct filter_addr *want, be32 addr)
{
	bool in = want->set != FILTER_SET_NONE ? in_set(&conf->set[want->set], addr, 0)
					       : in_prefix(addr, want->prefix, want->len);

	return want->not ? !in : in;
}

static bool has_ports(const struct filter_model_packet *p)
{
	return p->proto == 6 || p->proto == 17 || p->proto == 33 || p->proto == 132 ||
	       p->proto == 136;
}

static bool port_is(const struct filter_conf *conf, const struct filter_ports *want,
		    const struct filter_model_packet *p, u16 port)
{
	bool any = want->set == FILTER_SET_NONE && want->first == 0 && want->last == 65535;
	be32 none = { 0 };
	bool in;

	if (any)
		return true;
	if (!has_ports(p))
		return false;
	in = want->set != FILTER_SET_NONE ? in_set(&conf->set[want->set], none, port)
					  : port >= want->first && port <= want->last;
	return want->not ? !in : in;
}

static bool pair_is(const struct filter_conf *conf, u16 set, const struct filter_model_packet *p,
		    be32 addr, u16 port)
{
	return set == FILTER_SET_NONE ||
	       (has_ports(p) && in_set(&conf->set[set], addr, port));
}

static bool iface_is(u64 ifs, u16 index)
{
	return ifs == FILTER_IFACE_ANY || (index < 64 && (ifs >> index) % 2 == 1);
}

static bool rule_is(const struct filter_conf *conf, const struct filter_rule_conf *rule,
		    const struct filter_model_packet *p)
{
	if ((rule->states & p->state) == 0)
		return false;
	if (rule->proto != FILTER_PROTO_ANY && (rule->proto == p->proto) == rule->proto_not)
		return false;
	if (!addr_is(conf, &rule->src, p->src) || !addr_is(conf, &rule->dst, p->dst))
		return false;
	if (!port_is(conf, &rule->sport, p, p->sport) || !port_is(conf, &rule->dport, p, p->dport))
		return false;
	if (!pair_is(conf, rule->src_pair, p, p->src, p->sport) ||
	    !pair_is(conf, rule->dst_pair, p, p->dst, p->dport))
		return false;
	if (!iface_is(rule->in_ifs, p->in_if) || !iface_is(rule->out_ifs, p->out_if))
		return false;
	if (rule->icmp && rule->icmp_type != p->icmp_type)
		return false;
	if (rule->icmp && rule->icmp_code != -1 && rule->icmp_code != p->icmp_code)
		return false;
	for (u32 bit = 1; bit < 256; bit *= 2) {
		if ((rule->tcp_mask & bit) != 0 && (rule->tcp_flags & bit) != (p->tcp_flags & bit))
			return false;
	}
	return true;
}

u32 filter_model_find(const struct filter_conf *conf, enum filter_chain chain,
		      const struct filter_model_packet *packet, u32 from)
{
	for (u32 n = from; n < conf->rule_count; n++) {
		if (conf->rule[n].chain == chain && rule_is(conf, &conf->rule[n], packet))
			return n;
	}
	return conf->rule_count;
}
