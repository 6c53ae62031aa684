/* Answers in steps. */
#include "host/ctl/ctl_answer.h"

#include <event2/buffer.h>
#include <inttypes.h>
#include <strings.h>

#include "core/wire/ip4.h"
#include "host/ctl/ctl_answer_routing.h"
#include "host/ctl/ctl_records.h"
#include "host/ctl/ctl_rules.h"
#include "host/ctl/ctl_sock.h"

void ctl_answer_init(struct ctl_answer *answer, const struct ctl_request *request)
{
	*answer = (struct ctl_answer){ .request = *request };
}

bool ctl_answer_record(struct ctl_answer *answer, struct evbuffer *out)
{
	const struct ctl_request *request = &answer->request;

	if (request->limit && answer->written == request->limit)
		return false;
	answer->written++;
	if (request->count_only)
		return false;
	evbuffer_add_printf(out, answer->listed++ ? ",\n" : "\n");
	return true;
}

static bool is_enough(const struct ctl_answer *answer)
{
	return answer->request.limit && answer->written == answer->request.limit;
}

bool ctl_answer_match(const struct sluice_flow_filter *filter, be32 addr)
{
	u32 mask = filter->addr_len ? UINT32_MAX << (32 - filter->addr_len) : 0;

	return ((be32_host(addr) ^ be32_host(filter->addr)) & mask) == 0;
}

static bool match_proto(const struct sluice_flow_filter *filter, u8 proto)
{
	return filter->proto == 0 || filter->proto == proto;
}

static bool match_port(const struct sluice_flow_filter *filter, u8 proto, be16 port)
{
	return filter->port == 0 || (ip4_has_ports(proto) && filter->port == be16_host(port));
}

static bool match_icmp_id(const struct sluice_flow_filter *filter, u8 proto, be16 id)
{
	return !filter->by_icmp_id || (proto == IP_PROTO_ICMP && filter->icmp_id == be16_host(id));
}

/* Whether the port of a mapping, or its identifier, is the one that is looked for. */
static bool match_ident(const struct sluice_flow_filter *filter, u8 proto, be16 ident)
{
	return match_port(filter, proto, ident) && match_icmp_id(filter, proto, ident);
}

bool ctl_answer_zone(struct ctl_request *request, const struct sluice *s)
{
	bool none = strcmp(request->zone, "none") == 0;
	struct sluice_zone zone;
	u32 cursor = 0;

	request->flow.by_zone = request->zone[0] != 0;
	if (!request->flow.by_zone || none)
		return true;
	while (sluice_show_zones(s, &cursor, &zone, 1) == 1) {
		request->flow.zone = zone.zone;
		if (strcmp(zone.name, request->zone) == 0)
			return true;
	}
	return false;
}

static bool match_zone(const struct sluice_flow_filter *filter, u8 zone)
{
	return !filter->by_zone || filter->zone == zone;
}

static bool match_state(const struct ctl_request *request, const char *state)
{
	return request->state[0] == 0 || strcmp(request->state, state) == 0;
}

/* Names of counters begin with the module's: "nat" is every one of NAT's. */
static bool match_counter(const struct ctl_request *request, const char *name)
{
	size_t len = strlen(request->name);

	return strncasecmp(request->name, name, len) == 0 &&
	       (len == 0 || name[len] == 0 || name[len] == '_');
}

static void step_flows(struct ctl_answer *answer, const struct sluice *s, ns_t now,
		       struct evbuffer *out)
{
	struct sluice_flow_filter filter = ctl_request_filter(&answer->request);
	struct sluice_flow flows[CTL_STEP_RECORDS];
	u32 count = sluice_show_flows(s, &filter, now, &answer->cursor, flows, CTL_STEP_RECORDS);

	for (u32 i = 0; i < count; i++) {
		if (ctl_answer_record(answer, out))
			ctl_put_flow(out, s, &flows[i]);
	}
}

static void step_nat(struct ctl_answer *answer, const struct sluice *s, ns_t now,
		     struct evbuffer *out)
{
	const struct sluice_flow_filter *filter = &answer->request.flow;
	struct sluice_mapping found[CTL_STEP_RECORDS];
	u32 count = sluice_show_nat(s, now, &answer->cursor, found, CTL_STEP_RECORDS);

	for (u32 i = 0; i < count; i++) {
		bool addr = ctl_answer_match(filter, found[i].inside_addr) ||
			    ctl_answer_match(filter, found[i].public_addr);
		bool ident = match_ident(filter, found[i].proto, found[i].inside_port) ||
			     match_ident(filter, found[i].proto, found[i].public_port);

		if (addr && ident && match_proto(filter, found[i].proto) &&
		    match_zone(filter, found[i].zone) && ctl_answer_record(answer, out))
			ctl_put_mapping(out, s, &found[i]);
	}
}

static void step_ports(struct ctl_answer *answer, const struct sluice *s, struct evbuffer *out)
{
	const struct sluice_flow_filter *filter = &answer->request.flow;
	struct sluice_ports found[CTL_STEP_RECORDS];
	u32 count = sluice_show_ports(s, &answer->cursor, found, CTL_STEP_RECORDS);

	for (u32 i = 0; i < count; i++) {
		/* All ports of an address: none of them is "the" port. */
		if (ctl_answer_match(filter, found[i].public_addr) && filter->port == 0 &&
		    match_proto(filter, found[i].proto) && ctl_answer_record(answer, out))
			ctl_put_ports(out, &found[i]);
	}
}

static void step_dests(struct ctl_answer *answer, const struct sluice *s, struct evbuffer *out)
{
	const struct sluice_flow_filter *filter = &answer->request.flow;
	struct sluice_dest found[CTL_STEP_RECORDS];
	u32 count = sluice_show_dests(s, &answer->cursor, found, CTL_STEP_RECORDS);

	for (u32 i = 0; i < count; i++) {
		bool addr = ctl_answer_match(filter, found[i].public_addr) ||
			    ctl_answer_match(filter, found[i].dst);

		if (addr && match_port(filter, found[i].proto, found[i].dport) &&
		    match_proto(filter, found[i].proto) && ctl_answer_record(answer, out))
			ctl_put_dest(out, &found[i]);
	}
}

/* What is for every protocol is for this one as well. */
static bool match_own_proto(const struct sluice_flow_filter *filter, u8 proto)
{
	return proto == 0 || match_proto(filter, proto);
}

static void step_backends(struct ctl_answer *answer, const struct sluice *s, ns_t now,
			  struct evbuffer *out)
{
	const struct sluice_flow_filter *filter = &answer->request.flow;
	struct sluice_backend found[CTL_STEP_RECORDS];
	u32 count = sluice_show_backends(s, now, &answer->cursor, found, CTL_STEP_RECORDS);

	for (u32 i = 0; i < count; i++) {
		bool port = filter->port == 0 || filter->port == found[i].port;
		bool kind = match_own_proto(filter, found[i].proto) &&
			    match_zone(filter, found[i].zone) &&
			    match_state(&answer->request, found[i].state);

		if (ctl_answer_match(filter, found[i].addr) && port && kind &&
		    ctl_answer_record(answer, out))
			ctl_put_backend(out, s, &found[i]);
	}
}

static void step_services(struct ctl_answer *answer, const struct sluice *s, struct evbuffer *out)
{
	const struct sluice_flow_filter *filter = &answer->request.flow;
	struct sluice_service found[CTL_STEP_RECORDS];
	u32 count = sluice_show_services(s, &answer->cursor, found, CTL_STEP_RECORDS);

	for (u32 i = 0; i < count; i++) {
		bool port = filter->port == 0 || found[i].port_first == 0 ||
			    (found[i].port_first <= filter->port &&
			     filter->port <= found[i].port_last);
		bool kind = match_own_proto(filter, found[i].proto) &&
			    match_zone(filter, found[i].zone);

		if (ctl_answer_match(filter, found[i].addr) && port && kind &&
		    ctl_answer_record(answer, out))
			ctl_put_service(out, s, &found[i]);
	}
}

static void step_subscribers(struct ctl_answer *answer, const struct sluice *s,
			     struct evbuffer *out)
{
	const struct sluice_flow_filter *filter = &answer->request.flow;
	struct sluice_subscriber found[CTL_STEP_RECORDS];
	u32 count = sluice_show_subscribers(s, &answer->cursor, found, CTL_STEP_RECORDS);

	for (u32 i = 0; i < count; i++) {
		struct sluice_flow_filter own = { .addr = found[i].addr,
						  .addr_len = found[i].prefix_len };

		/* Subscribers inside of the prefix, and the one that it is part of. */
		if ((ctl_answer_match(filter, found[i].addr) ||
		     ctl_answer_match(&own, filter->addr)) &&
		    match_zone(filter, found[i].zone) && ctl_answer_record(answer, out))
			ctl_put_subscriber(out, s, &found[i]);
	}
}

static void step_routes(struct ctl_answer *answer, const struct sluice *s, struct evbuffer *out)
{
	const struct sluice_flow_filter *filter = &answer->request.flow;
	struct sluice_route_info found[CTL_STEP_RECORDS];
	u32 count = sluice_show_routes(s, &answer->cursor, found, CTL_STEP_RECORDS);

	for (u32 i = 0; i < count; i++) {
		/* Routes inside of the prefix, and those that lead to it. */
		struct sluice_flow_filter route = { .addr = found[i].prefix,
						    .addr_len = found[i].prefix_len };
		bool good = ctl_answer_match(filter, found[i].prefix) ||
			    ctl_answer_match(&route, filter->addr);

		if (good && match_zone(filter, found[i].zone) && ctl_answer_record(answer, out))
			ctl_put_route(out, s, &found[i]);
	}
}

static u8 zone_of_iface(const struct sluice *s, u16 index)
{
	const struct iface_table *ifaces = sluice_ifaces(s);

	return index < ifaces->count ? ifaces->iface[index].conf.zone : 0;
}

static void step_neighbours(struct ctl_answer *answer, const struct sluice *s, ns_t now,
			    struct evbuffer *out)
{
	const struct sluice_flow_filter *filter = &answer->request.flow;
	struct neigh_info found[CTL_STEP_RECORDS];
	u32 count = sluice_show_neighbours(s, now, &answer->cursor, found, CTL_STEP_RECORDS);

	for (u32 i = 0; i < count; i++) {
		const char *state = neigh_state_name((enum neigh_state)found[i].state);
		bool zone = !filter->by_zone || zone_of_iface(s, found[i].out_if) == filter->zone;

		if (ctl_answer_match(filter, found[i].addr) && zone &&
		    match_state(&answer->request, state) && ctl_answer_record(answer, out))
			ctl_put_neigh(out, sluice_ifaces(s), &found[i], now);
	}
}

static void step_counters(struct ctl_answer *answer, const struct sluice *s, struct evbuffer *out)
{
	struct sluice_counter found[CTL_STEP_RECORDS];
	u32 count = answer->request.show == CTL_SHOW_DROPS
			    ? sluice_show_drops(s, &answer->cursor, found, CTL_STEP_RECORDS)
			    : sluice_show_counters(s, &answer->cursor, found, CTL_STEP_RECORDS);

	for (u32 i = 0; i < count; i++) {
		/* Who names some wants to see them. */
		bool wanted = found[i].count || answer->request.all || answer->request.name[0];

		if (wanted && match_counter(&answer->request, found[i].name) &&
		    ctl_answer_record(answer, out))
			ctl_put_counter(out, &found[i]);
	}
}

static bool match_iface(const struct ctl_request *request, const struct iface *iface)
{
	const struct iface_conf *conf = &iface->conf;
	bool addr = request->flow.addr_len == 0;

	for (u32 i = 0; i < u32_min(conf->addr_count, IFACE_ADDR_MAX); i++)
		addr |= ctl_answer_match(&request->flow, conf->addr[i].addr);
	return addr && (request->name[0] == 0 || strcmp(request->name, conf->name) == 0) &&
	       match_zone(&request->flow, conf->zone) &&
	       match_state(request, iface_state_name(iface));
}

/* Few enough for one step. */
static void step_interfaces(struct ctl_answer *answer, const struct sluice *s, struct evbuffer *out)
{
	const struct iface_table *ifaces = sluice_ifaces(s);

	for (u32 i = 0; i < ifaces->count; i++) {
		if (match_iface(&answer->request, &ifaces->iface[i]) &&
		    ctl_answer_record(answer, out))
			ctl_put_iface(out, &ifaces->iface[i]);
	}
	answer->cursor = SLUICE_CURSOR_END;
}

static void step_memory(struct ctl_answer *answer, const struct sluice *s, struct evbuffer *out)
{
	const struct mem *mem = sluice_mem(s);

	for (u32 i = 0; i < mem->row_count; i++) {
		if (ctl_answer_record(answer, out))
			ctl_put_mem_row(out, &mem->row[i]);
	}
	answer->cursor = SLUICE_CURSOR_END;
}

static void step_rules(struct ctl_answer *answer, const struct sluice *s, struct evbuffer *out)
{
	struct sluice_rule found[CTL_STEP_RECORDS];
	u32 count = sluice_show_rules(s, &answer->cursor, found, CTL_STEP_RECORDS);

	for (u32 i = 0; i < count; i++) {
		if (ctl_rule_matches(&answer->request, s, &found[i]) &&
		    ctl_answer_record(answer, out))
			ctl_put_rule(out, sluice_ifaces(s), &found[i]);
	}
}

static void step_sets(struct ctl_answer *answer, const struct sluice *s, struct evbuffer *out)
{
	struct sluice_set found[CTL_STEP_RECORDS];
	u32 count = sluice_show_sets(s, &answer->cursor, found, CTL_STEP_RECORDS);

	for (u32 i = 0; i < count; i++) {
		if (ctl_set_matches(&answer->request, s, found[i].name) &&
		    ctl_answer_record(answer, out))
			ctl_put_set(out, &found[i]);
	}
}

/* Bounds: FILTER_SET_LIMIT. */
static bool set_is_there(const struct sluice *s, const char *name, struct sluice_set *out)
{
	struct sluice_set found[CTL_STEP_RECORDS];
	u32 cursor = 0;
	u32 before;

	do {
		u32 count;

		before = cursor;
		count = sluice_show_sets(s, &cursor, found, CTL_STEP_RECORDS);
		for (u32 i = 0; i < count; i++) {
			*out = found[i];
			if (strcmp(out->name, name) == 0)
				return true;
		}
	} while (cursor != SLUICE_CURSOR_END && cursor != before);
	return false;
}

/* The one that was named; what counts are its elements. */
static void put_one_set(struct ctl_answer *answer, const struct sluice *s, struct evbuffer *out)
{
	struct sluice_set found;

	if (!answer->request.count_only && set_is_there(s, answer->request.set, &found)) {
		evbuffer_add_printf(out, "\n");
		ctl_put_set(out, &found);
	}
	answer->cursor = SLUICE_CURSOR_END;
}

static void step_elements(struct ctl_answer *answer, const struct sluice *s, struct evbuffer *out)
{
	struct filter_elem found[CTL_STEP_RECORDS];
	u32 count = sluice_show_elements(s, answer->request.set, &answer->cursor, found,
					 CTL_STEP_RECORDS);

	for (u32 i = 0; i < count; i++) {
		if (ctl_elem_matches(&answer->request, &found[i]) && ctl_answer_record(answer, out))
			ctl_put_elem(out, &found[i]);
	}
}

static void step_zones(struct ctl_answer *answer, const struct sluice *s, struct evbuffer *out)
{
	struct sluice_zone found[CTL_STEP_RECORDS];
	u32 count = sluice_show_zones(s, &answer->cursor, found, CTL_STEP_RECORDS);

	for (u32 i = 0; i < count; i++) {
		if (match_zone(&answer->request.flow, found[i].zone) &&
		    ctl_answer_record(answer, out))
			ctl_put_zone(out, s, &found[i]);
	}
}

static void step_sockets(struct ctl_answer *answer, const struct sluice *s, ns_t now,
			 struct evbuffer *out)
{
	struct sluice_flow_filter filter = ctl_request_filter(&answer->request);
	struct sluice_sock_info found[CTL_STEP_RECORDS];
	u32 count = sluice_show_sockets(s, &filter, now, &answer->cursor, found, CTL_STEP_RECORDS);

	for (u32 i = 0; i < count; i++) {
		if (ctl_answer_record(answer, out))
			ctl_put_sock(out, s, &found[i]);
	}
}

static void step_list(struct ctl_answer *answer, const struct sluice *s, ns_t now,
		      struct evbuffer *out)
{
	if (ctl_show_is_routing(answer->request.show)) {
		ctl_step_routing(answer, s, now, out);
		return;
	}
	switch (answer->request.show) {
	case CTL_SHOW_FLOWS: step_flows(answer, s, now, out); return;
	case CTL_SHOW_NAT: step_nat(answer, s, now, out); return;
	case CTL_SHOW_PORTS:
		if (answer->part)
			step_dests(answer, s, out);
		else
			step_ports(answer, s, out);
		return;
	case CTL_SHOW_BACKENDS:
		if (answer->part)
			step_services(answer, s, out);
		else
			step_backends(answer, s, now, out);
		return;
	case CTL_SHOW_SUBSCRIBERS: step_subscribers(answer, s, out); return;
	case CTL_SHOW_ROUTES: step_routes(answer, s, out); return;
	case CTL_SHOW_INTERFACES: step_interfaces(answer, s, out); return;
	case CTL_SHOW_NEIGHBOURS: step_neighbours(answer, s, now, out); return;
	case CTL_SHOW_DROPS:
	case CTL_SHOW_COUNTERS: step_counters(answer, s, out); return;
	case CTL_SHOW_MEMORY: step_memory(answer, s, out); return;
	case CTL_SHOW_RULES: step_rules(answer, s, out); return;
	case CTL_SHOW_ZONES: step_zones(answer, s, out); return;
	case CTL_SHOW_SOCKETS: step_sockets(answer, s, now, out); return;
	case CTL_SHOW_SETS:
		if (!answer->request.set[0])
			step_sets(answer, s, out);
		else if (answer->part)
			step_elements(answer, s, out);
		else
			put_one_set(answer, s, out);
		return;
	default: return;
	}
}

static void open_list(struct ctl_answer *answer, struct evbuffer *out, const char *key)
{
	answer->listed = 0;
	if (!answer->request.count_only)
		evbuffer_add_printf(out, "\"%s\":[", key);
}

static void close_list(struct ctl_answer *answer, struct evbuffer *out)
{
	if (!answer->request.count_only)
		evbuffer_add_printf(out, "\n],");
}

static void finish(struct ctl_answer *answer, const struct sluice *s, struct evbuffer *out)
{
	close_list(answer, out);
	if (answer->request.show == CTL_SHOW_MEMORY)
		evbuffer_add_printf(
			out, "\"used_bytes\":%" PRIu64 ",\"size_bytes\":%" PRIu64 ",\"flows\":%u,",
			sluice_mem(s)->used, sluice_mem(s)->size, sluice_flow_count(s));
	evbuffer_add_printf(out, "\"count\":%" PRIu64 "}\n", answer->written);
}

/* Of the answers that have two lists: what the second is called. */
static const char *second_list(const struct ctl_request *request)
{
	switch (request->show) {
	case CTL_SHOW_PORTS: return "destinations";
	case CTL_SHOW_BACKENDS: return "services";
	case CTL_SHOW_SETS: return request->set[0] ? "elements" : NULL;
	default: return NULL;
	}
}

static bool iface_is_there(const struct sluice *s, const char *name)
{
	const struct iface_table *ifaces = sluice_ifaces(s);

	for (u32 i = 0; i < ifaces->count; i++) {
		if (strcmp(ifaces->iface[i].conf.name, name) == 0)
			return true;
	}
	return false;
}

static bool counter_is_there(const struct ctl_request *request, const struct sluice *s)
{
	struct sluice_counter found[CTL_STEP_RECORDS];
	u32 cursor = 0;
	u32 before;

	do {
		u32 count;

		before = cursor;
		count = request->show == CTL_SHOW_DROPS
				? sluice_show_drops(s, &cursor, found, CTL_STEP_RECORDS)
				: sluice_show_counters(s, &cursor, found, CTL_STEP_RECORDS);
		for (u32 i = 0; i < count; i++) {
			if (match_counter(request, found[i].name))
				return true;
		}
	} while (cursor != SLUICE_CURSOR_END && cursor != before);
	return false;
}

/* Why nothing can be shown; NULL: it can. */
static const char *name_refusal(const struct ctl_request *request, const struct sluice *s)
{
	struct sluice_set found;

	if (request->set[0] && !set_is_there(s, request->set, &found))
		return "there is no set of that name; show sets lists them";
	if (!request->name[0])
		return NULL;
	if (request->show == CTL_SHOW_INTERFACES)
		return iface_is_there(s, request->name)
			       ? NULL
			       : "there is no interface of that name; show interfaces lists them";
	return counter_is_there(request, s)
		       ? NULL
		       : "there is nothing of that name, and nothing that begins "
			 "with it; the same with \"all\" lists them";
}

bool ctl_answer_step(struct ctl_answer *answer, const struct sluice *s, ns_t now,
		     struct evbuffer *out)
{
	const char *second = second_list(&answer->request);
	const char *refusal = answer->begun ? NULL : name_refusal(&answer->request, s);
	u32 before;

	if (!answer->begun && !refusal)
		refusal = ctl_routing_refusal(&answer->request, s);
	if (refusal) {
		ctl_answer_refuse(out, refusal);
		return false;
	}
	if (!answer->begun) {
		answer->begun = true;
		evbuffer_add_printf(out, "{\"version\":%d,", CTL_VERSION);
		open_list(answer, out, ctl_show_name(answer->request.show));
	}
	before = answer->cursor;
	step_list(answer, s, now, out);
	/* A cursor that stands still has come to its end, too. */
	if (answer->cursor != SLUICE_CURSOR_END && answer->cursor != before && !is_enough(answer))
		return true;
	if (second && answer->part == 0 && !is_enough(answer)) {
		close_list(answer, out);
		open_list(answer, out, second);
		answer->part = 1;
		answer->cursor = 0;
		return true;
	}
	finish(answer, s, out);
	return false;
}

void ctl_answer_refuse(struct evbuffer *out, const char *why)
{
	evbuffer_add_printf(out, "{\"version\":%d,\"error\":", CTL_VERSION);
	ctl_put_string(out, why);
	evbuffer_add_printf(out, "}\n");
}
