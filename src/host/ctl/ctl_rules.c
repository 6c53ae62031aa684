/* Filter rules and sets: which are asked for, and they as JSON.
 *
 * What a rule asks about is written as an administrator would: "10.0.0.0/8", "!@blocked",
 * "1024-65535". An @ goes before the name of a set, a ! before what must not be.                 */
#include "host/ctl/ctl_rules.h"

#include <event2/buffer.h>
#include <inttypes.h>
#include <stdio.h>

#include "core/wire/ip4.h"
#include "host/ctl/ctl_records.h"
#include "host/ctl/ctl_request.h"

enum { WORDS_SIZE = 96 };

static const char *const state_names[] = { "new", "established", "related", "untracked" };

const char *ctl_rule_state_name(u32 index)
{
	return index < ARRAY_COUNT(state_names) ? state_names[index] : NULL;
}

/* ---- which ----------------------------------------------------------------------------------- */

static bool overlaps(be32 a, u8 a_len, be32 b, u8 b_len)
{
	return ((be32_host(a) ^ be32_host(b)) & ip4_mask(a_len < b_len ? a_len : b_len)) == 0;
}

static bool holds(const struct sluice *s, const char *set, const struct filter_elem *elem)
{
	struct filter_elem holder;
	bool in = false;

	return sluice_set_find(s, set, elem, &in, &holder) == ERR_OK && in;
}

static struct filter_elem asked_elem(const struct sluice_flow_filter *filter)
{
	return (struct filter_elem){ filter->addr, filter->addr_len, filter->port, filter->port };
}

/* One that a rule has for one end. Without the port a pair may be any of its address. */
static bool addr_matches(const struct sluice *s, const struct sluice_flow_filter *filter,
			 const struct filter_addr *addr, const char *set, const char *pair)
{
	struct filter_elem asked = asked_elem(filter);

	if (pair)
		return filter->port == 0 || holds(s, pair, &asked);
	asked.port_first = asked.port_last = 0;
	if (set)
		return holds(s, set, &asked) != addr->not ;
	/* Of all but a prefix there is something in every one that is not within it. */
	if (addr->not )
		return filter->addr_len < addr->len ||
		       !overlaps(addr->prefix, addr->len, filter->addr, filter->addr_len);
	return addr->len > 0 && overlaps(addr->prefix, addr->len, filter->addr, filter->addr_len);
}

static bool names_addr(const struct filter_addr *addr, const char *set, const char *pair)
{
	return addr->len > 0 || set || pair;
}

static bool rule_has_addr(const struct sluice *s, const struct sluice_flow_filter *filter,
			  const struct sluice_rule *rule)
{
	const struct filter_addr *src = &rule->conf.src, *dst = &rule->conf.dst;
	bool by_src = names_addr(src, rule->src_set, rule->src_pair);
	bool by_dst = names_addr(dst, rule->dst_set, rule->dst_pair);

	return filter->addr_len == 0 || (!by_src && !by_dst) ||
	       (by_src && addr_matches(s, filter, src, rule->src_set, rule->src_pair)) ||
	       (by_dst && addr_matches(s, filter, dst, rule->dst_set, rule->dst_pair));
}

static bool names_ports(const struct filter_ports *ports, const char *set)
{
	return set || ports->first != 0 || ports->last != UINT16_MAX;
}

static bool ports_match(const struct sluice *s, u16 port, const struct filter_ports *ports,
			const char *set)
{
	const struct filter_elem asked = { .port_first = port, .port_last = port };
	bool in = set ? holds(s, set, &asked) : ports->first <= port && port <= ports->last;

	return names_ports(ports, set) && in != ports->not ;
}

/* A set of pairs without the address may have any port. */
static bool rule_has_port(const struct sluice *s, const struct sluice_flow_filter *filter,
			  const struct sluice_rule *rule)
{
	const struct filter_ports *sport = &rule->conf.sport, *dport = &rule->conf.dport;
	bool named = names_ports(sport, rule->sport_set) || names_ports(dport, rule->dport_set);
	bool pair = rule->src_pair || rule->dst_pair;

	return filter->port == 0 || (!named && !pair) || (pair && filter->addr_len == 0) ||
	       (pair && rule_has_addr(s, filter, rule)) ||
	       ports_match(s, filter->port, sport, rule->sport_set) ||
	       ports_match(s, filter->port, dport, rule->dport_set);
}

/* What asks about ports is for protocols that have some. */
static bool rule_has_proto(const struct sluice_flow_filter *filter, const struct sluice_rule *rule)
{
	const struct filter_rule_conf *conf = &rule->conf;
	bool ports = names_ports(&conf->sport, rule->sport_set) ||
		     names_ports(&conf->dport, rule->dport_set) || rule->src_pair || rule->dst_pair;
	u8 asked = filter->proto;

	if (asked != 0 && ports && !ip4_has_ports(asked))
		return false;
	/* Ports are asked for of protocols that have some. */
	if (asked == 0 && filter->port != 0 && !conf->proto_not &&
	    conf->proto != FILTER_PROTO_ANY && !ip4_has_ports((u8)conf->proto))
		return false;
	return asked == 0 || conf->proto == FILTER_PROTO_ANY ||
	       (conf->proto == asked) != conf->proto_not;
}

static bool rule_has_state(const struct ctl_request *request, u8 states)
{
	for (u32 i = 0; request->state[0] && i < ARRAY_COUNT(state_names); i++) {
		if (strcmp(request->state, state_names[i]) == 0)
			return (states >> i & 1) != 0;
	}
	return request->state[0] == 0;
}

/* It names an interface of the zone, as the way in or out, or none of any zone. */
static bool rule_has_zone(const struct sluice_flow_filter *filter, const struct sluice *s,
			  const struct filter_rule_conf *conf)
{
	const struct iface_table *ifaces = sluice_ifaces(s);
	bool any = conf->in_ifs == FILTER_IFACE_ANY && conf->out_ifs == FILTER_IFACE_ANY;
	u64 zone_ifs = 0, named = 0;

	for (u32 i = 0; i < ifaces->count; i++) {
		if (ifaces->iface[i].conf.zone == filter->zone)
			zone_ifs |= UINT64_C(1) << i;
	}
	if (conf->in_ifs != FILTER_IFACE_ANY)
		named |= conf->in_ifs;
	if (conf->out_ifs != FILTER_IFACE_ANY)
		named |= conf->out_ifs;
	return !filter->by_zone || any || (named & zone_ifs) != 0;
}

bool ctl_rule_matches(const struct ctl_request *request, const struct sluice *s,
		      const struct sluice_rule *rule)
{
	const struct sluice_flow_filter *filter = &request->flow;

	return (!request->by_chain || request->chain == rule->conf.chain) &&
	       rule_has_zone(filter, s, &rule->conf) &&
	       rule_has_state(request, rule->conf.states) && rule_has_proto(filter, rule) &&
	       rule_has_addr(s, filter, rule) && rule_has_port(s, filter, rule);
}

bool ctl_set_matches(const struct ctl_request *request, const struct sluice *s, const char *set)
{
	const struct sluice_flow_filter *filter = &request->flow;
	const struct filter_elem asked = asked_elem(filter);

	return (filter->addr_len == 0 && filter->port == 0) || holds(s, set, &asked);
}

bool ctl_elem_matches(const struct ctl_request *request, const struct filter_elem *elem)
{
	const struct sluice_flow_filter *filter = &request->flow;
	bool addr = filter->addr_len == 0 ||
		    (elem->len > 0 &&
		     overlaps(filter->addr, filter->addr_len, elem->addr, elem->len));
	bool port = filter->port == 0 ||
		    (elem->port_first <= filter->port && filter->port <= elem->port_last);

	return addr && port;
}

/* ---- as JSON --------------------------------------------------------------------------------- */

static void put_words(struct evbuffer *out, const char *key, const char *words)
{
	evbuffer_add_printf(out, ",\"%s\":", key);
	ctl_put_string(out, words);
}

static void put_addr(struct evbuffer *out, const char *key, const struct filter_addr *addr,
		     const char *set, const char *pair)
{
	const char *not = addr->not ? "!" : "";
	u32 host = be32_host(addr->prefix);
	char words[WORDS_SIZE];

	if (pair)
		snprintf(words, sizeof words, "@%s", pair);
	else if (set)
		snprintf(words, sizeof words, "%s@%s", not, set);
	else if (addr->len)
		snprintf(words, sizeof words, "%s%u.%u.%u.%u/%u", not, host >> 24, host >> 16 & 255,
			 host >> 8 & 255, host & 255, addr->len);
	else
		return;
	put_words(out, key, words);
}

static void put_ports(struct evbuffer *out, const char *key, const struct filter_ports *ports,
		      const char *set)
{
	const char *not = ports->not ? "!" : "";
	char words[WORDS_SIZE];

	if (set)
		snprintf(words, sizeof words, "%s@%s", not, set);
	else if (ports->first == ports->last)
		snprintf(words, sizeof words, "%s%u", not, ports->first);
	else if (ports->first != 0 || ports->last != UINT16_MAX)
		snprintf(words, sizeof words, "%s%u-%u", not, ports->first, ports->last);
	else
		return;
	put_words(out, key, words);
}

static void put_proto(struct evbuffer *out, const struct filter_rule_conf *conf)
{
	char words[WORDS_SIZE];

	if (conf->proto == FILTER_PROTO_ANY)
		return;
	snprintf(words, sizeof words, "%s%s", conf->proto_not ? "!" : "",
		 ctl_proto_text((u8)conf->proto).text);
	put_words(out, "proto", words);
	if (conf->icmp && conf->icmp_code < 0)
		evbuffer_add_printf(out, ",\"icmp\":\"%u\"", conf->icmp_type);
	else if (conf->icmp)
		evbuffer_add_printf(out, ",\"icmp\":\"%u/%d\"", conf->icmp_type, conf->icmp_code);
	if (conf->tcp_mask) {
		evbuffer_add_printf(out, ",\"tcp_flags\":");
		ctl_put_flags(out, conf->tcp_flags, conf->tcp_mask);
	}
}

static void put_states(struct evbuffer *out, u8 states)
{
	const char *comma = "";

	if (states == FILTER_STATES)
		return;
	evbuffer_add_printf(out, ",\"states\":[");
	for (u32 i = 0; i < ARRAY_COUNT(state_names); i++) {
		if (states >> i & 1) {
			evbuffer_add_printf(out, "%s\"%s\"", comma, state_names[i]);
			comma = ",";
		}
	}
	evbuffer_add_printf(out, "]");
}

static void put_ifaces(struct evbuffer *out, const char *key, const struct iface_table *ifaces,
		       u64 bits)
{
	const char *comma = "";

	if (bits == FILTER_IFACE_ANY)
		return;
	evbuffer_add_printf(out, ",\"%s\":[", key);
	for (u32 i = 0; i < ifaces->count; i++) {
		if (bits >> i & 1) {
			evbuffer_add_printf(out, "%s", comma);
			ctl_put_string(out, ifaces->iface[i].conf.name);
			comma = ",";
		}
	}
	evbuffer_add_printf(out, "]");
}

static void put_limit(struct evbuffer *out, const char *key, const struct filter_limit *limit)
{
	if (limit->rate)
		evbuffer_add_printf(out, ",\"%s\":{\"rate\":%u,\"per_s\":%u,\"burst\":%u}", key,
				    limit->rate, limit->per_s, limit->burst);
}

static void put_fate(struct evbuffer *out, const struct filter_fate *fate)
{
	static const char *const actions[] = { "accept", "drop", "reject" };
	static const char *const rejects[FILTER_REJECTS] = {
		[FILTER_REJECT_PROHIBITED] = "admin-prohibited",
		[FILTER_REJECT_PORT] = "port-unreachable",
		[FILTER_REJECT_HOST] = "host-unreachable",
		[FILTER_REJECT_NET] = "net-unreachable",
		[FILTER_REJECT_RESET] = "tcp-reset",
	};

	evbuffer_add_printf(out, ",\"action\":\"%s\"", actions[fate->action]);
	if (fate->action == FILTER_REJECT)
		evbuffer_add_printf(out, ",\"with\":\"%s\"", rejects[fate->reject]);
}

void ctl_put_rule(struct evbuffer *out, const struct iface_table *ifaces,
		  const struct sluice_rule *rule)
{
	const struct filter_rule_conf *conf = &rule->conf;

	evbuffer_add_printf(out, "{\"chain\":\"%s\"", ctl_chain_name(conf->chain));
	if (rule->policy)
		evbuffer_add_printf(out, ",\"policy\":true");
	else
		evbuffer_add_printf(out, ",\"index\":%u", rule->index);
	if (conf->name[0])
		put_words(out, "name", conf->name);
	put_states(out, conf->states);
	put_ifaces(out, "in", ifaces, conf->in_ifs);
	put_ifaces(out, "out", ifaces, conf->out_ifs);
	put_proto(out, conf);
	put_addr(out, "src", &conf->src, rule->src_set, rule->src_pair);
	put_ports(out, "sport", &conf->sport, rule->sport_set);
	put_addr(out, "dst", &conf->dst, rule->dst_set, rule->dst_pair);
	put_ports(out, "dport", &conf->dport, rule->dport_set);
	put_limit(out, "limit", &conf->limit);
	put_limit(out, "source_limit", &conf->source_limit);
	if (conf->limit_over)
		evbuffer_add_printf(out, ",\"limit_over\":true");
	put_fate(out, &conf->fate);
	if (conf->log)
		evbuffer_add_printf(out, ",\"log\":true");
	if (conf->each)
		evbuffer_add_printf(out, ",\"each\":true");
	evbuffer_add_printf(out, ",\"packets\":%" PRIu64 ",\"bytes\":%" PRIu64 "}", rule->packets,
			    rule->bytes);
}

/* As in a configuration. */
void ctl_put_elem(struct evbuffer *out, const struct filter_elem *elem)
{
	u32 host = be32_host(elem->addr);

	evbuffer_add_printf(out, "{\"element\":\"");
	if (elem->len || elem->port_last == 0) {
		evbuffer_add_printf(out, "%u.%u.%u.%u", host >> 24, host >> 16 & 255,
				    host >> 8 & 255, host & 255);
		if (elem->len < 32)
			evbuffer_add_printf(out, "/%u", elem->len);
		else if (elem->port_last)
			evbuffer_add_printf(out, ":%u", elem->port_first);
	} else if (elem->port_first == elem->port_last) {
		evbuffer_add_printf(out, "%u", elem->port_first);
	} else {
		evbuffer_add_printf(out, "%u-%u", elem->port_first, elem->port_last);
	}
	evbuffer_add_printf(out, "\"}");
}

void ctl_put_set(struct evbuffer *out, const struct sluice_set *set)
{
	static const char *const kinds[FILTER_SET_KINDS] = { "addresses", "ports",
							     "address-ports" };

	evbuffer_add_printf(out, "{\"name\":");
	ctl_put_string(out, set->name);
	evbuffer_add_printf(out, ",\"kind\":\"%s\",\"changed\":%s,\"elements\":%u",
			    kinds[set->kind], set->changed ? "true" : "false", set->elem_count);
	if (set->kind != FILTER_SET_PORTS)
		evbuffer_add_printf(out, ",\"room\":%u", set->room);
	evbuffer_add_printf(out, ",\"hits\":%" PRIu64 "}", set->hits);
}
