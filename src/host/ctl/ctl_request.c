/* Reading a request. */
#include "host/ctl/ctl_request.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/wire/ip4.h"
#include "host/ctl/ctl_action_read.h"

#define FILTER_ANY   (CTL_FILTER_LIMIT | CTL_FILTER_COUNT)
#define FILTER_ENDS  (CTL_FILTER_ADDR | CTL_FILTER_PORT | CTL_FILTER_PROTO)
#define FILTER_PLACE (CTL_FILTER_ADDR | CTL_FILTER_STATE | CTL_FILTER_ZONE)
#define FILTER_TUPLE (FILTER_ENDS | CTL_FILTER_ICMP_ID | CTL_FILTER_ZONE)

static const struct {
	const char *name;
	unsigned filters;
} ctl_shows[CTL_SHOW_COUNT] = {
	[CTL_SHOW_FLOWS] = { "flows",
			     FILTER_ANY | FILTER_TUPLE | CTL_FILTER_STATE | CTL_FILTER_UNANSWERED },
	[CTL_SHOW_NAT] = { "nat", FILTER_ANY | FILTER_TUPLE },
	[CTL_SHOW_PORTS] = { "ports", FILTER_ANY | FILTER_ENDS },
	[CTL_SHOW_BACKENDS] = { "backends",
				FILTER_ANY | FILTER_ENDS | CTL_FILTER_STATE | CTL_FILTER_ZONE },
	[CTL_SHOW_SUBSCRIBERS] = { "subscribers", FILTER_ANY | CTL_FILTER_ADDR | CTL_FILTER_ZONE },
	[CTL_SHOW_ROUTES] = { "routes", FILTER_ANY | CTL_FILTER_ADDR | CTL_FILTER_ZONE },
	[CTL_SHOW_INTERFACES] = { "interfaces", FILTER_ANY | FILTER_PLACE | CTL_FILTER_NAME },
	[CTL_SHOW_NEIGHBOURS] = { "neighbours", FILTER_ANY | FILTER_PLACE },
	[CTL_SHOW_DROPS] = { "drops", FILTER_ANY | CTL_FILTER_ALL | CTL_FILTER_NAME },
	[CTL_SHOW_COUNTERS] = { "counters", FILTER_ANY | CTL_FILTER_ALL | CTL_FILTER_NAME },
	[CTL_SHOW_MEMORY] = { "memory", FILTER_ANY },
	[CTL_SHOW_RULES] = { "rules", FILTER_ANY | FILTER_ENDS | CTL_FILTER_STATE |
					      CTL_FILTER_CHAIN | CTL_FILTER_ZONE },
	[CTL_SHOW_SETS] = { "sets",
			    FILTER_ANY | CTL_FILTER_ADDR | CTL_FILTER_PORT | CTL_FILTER_SET },
	[CTL_SHOW_ZONES] = { "zones", FILTER_ANY | CTL_FILTER_ZONE },
	[CTL_SHOW_SOCKETS] = { "sockets",
			       FILTER_ANY | FILTER_ENDS | CTL_FILTER_STATE | CTL_FILTER_ZONE },
	[CTL_SHOW_RIB] = { "rib", FILTER_ANY | CTL_FILTER_ADDR },
	[CTL_SHOW_PATHS] = { "paths", FILTER_ANY | CTL_FILTER_ADDR },
	[CTL_SHOW_BGP] = { "bgp", FILTER_ANY | CTL_FILTER_ADDR },
	[CTL_SHOW_BGP_ROUTES] = { "bgp_routes", FILTER_ANY | CTL_FILTER_ADDR | CTL_FILTER_PEER },
	[CTL_SHOW_BGP_ANNOUNCED] = { "bgp_announced",
				     FILTER_ANY | CTL_FILTER_ADDR | CTL_FILTER_PEER },
	[CTL_SHOW_OSPF] = { "ospf", FILTER_ANY | CTL_FILTER_ADDR },
	[CTL_SHOW_OSPF_INTERFACES] = { "ospf_interfaces", FILTER_ANY },
	[CTL_SHOW_OSPF_DATABASE] = { "ospf_database", FILTER_ANY | CTL_FILTER_ADDR },
	[CTL_SHOW_OSPF_ROUTES] = { "ospf_routes", FILTER_ANY | CTL_FILTER_ADDR },
	[CTL_SHOW_RIP] = { "rip", FILTER_ANY | CTL_FILTER_ADDR },
	[CTL_SHOW_RIP_INTERFACES] = { "rip_interfaces", FILTER_ANY },
	[CTL_SHOW_RIP_NEIGHBOURS] = { "rip_neighbours", FILTER_ANY | CTL_FILTER_ADDR },
	[CTL_SHOW_FPM] = { "fpm", FILTER_ANY },
	[CTL_SHOW_BFD] = { "bfd", FILTER_ANY | CTL_FILTER_ADDR },
	[CTL_SHOW_CONFIG] = { "config", CTL_FILTER_ALL },
};

static const struct {
	const char *name;
	enum ctl_filter filter;
} ctl_filters[] = {
	{ "addr", CTL_FILTER_ADDR },       { "port", CTL_FILTER_PORT },
	{ "icmp_id", CTL_FILTER_ICMP_ID }, { "proto", CTL_FILTER_PROTO },
	{ "state", CTL_FILTER_STATE },     { "unanswered", CTL_FILTER_UNANSWERED },
	{ "limit", CTL_FILTER_LIMIT },     { "count", CTL_FILTER_COUNT },
	{ "all", CTL_FILTER_ALL },         { "set", CTL_FILTER_SET },
	{ "zone", CTL_FILTER_ZONE },       { "kind", CTL_FILTER_KIND },
	{ "peer", CTL_FILTER_PEER },       { "chain", CTL_FILTER_CHAIN },
	{ "name", CTL_FILTER_NAME },
};

static const struct {
	const char *name;
	unsigned filters;
} ctl_verbs[CTL_VERB_COUNT] = {
	[CTL_VERB_SHOW] = { "show", 0 },
	[CTL_VERB_EVENTS] = { "events", FILTER_TUPLE | CTL_FILTER_KIND },
	[CTL_VERB_FLUSH] = { "flush", FILTER_TUPLE | CTL_FILTER_STATE | CTL_FILTER_UNANSWERED },
	[CTL_VERB_EXPLAIN] = { "explain", 0 },
	[CTL_VERB_TOP] = { "top", CTL_FILTER_LIMIT },
};

const char *ctl_verb_name(enum ctl_verb verb)
{
	return ctl_verbs[verb].name;
}

unsigned ctl_verb_filters(enum ctl_verb verb)
{
	return ctl_verbs[verb].filters;
}

const char *ctl_show_name(enum ctl_show show)
{
	return ctl_shows[show].name;
}

unsigned ctl_show_filters(enum ctl_show show)
{
	return ctl_shows[show].filters;
}

const char *ctl_filter_name(enum ctl_filter filter)
{
	for (size_t i = 0; i < ARRAY_COUNT(ctl_filters); i++) {
		if (ctl_filters[i].filter == filter)
			return ctl_filters[i].name;
	}
	return "";
}

/* Always false, so that a reader can end with it. */
static bool refuse(struct ctl_why *why, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static bool refuse(struct ctl_why *why, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why->text, sizeof why->text, format, args);
	va_end(args);
	return false;
}

static void append(char *list, size_t size, const char *word)
{
	size_t len = strlen(list);

	snprintf(list + len, size - len, "%s%s", len ? ", " : "", word);
}

static const char *list_shows(char list[CTL_WHY_SIZE / 2])
{
	list[0] = 0;
	for (int i = 0; i < CTL_SHOW_COUNT; i++)
		append(list, CTL_WHY_SIZE / 2, ctl_shows[i].name);
	return list;
}

static const char *list_filters(unsigned filters, char list[CTL_WHY_SIZE / 2])
{
	list[0] = 0;
	for (size_t i = 0; i < ARRAY_COUNT(ctl_filters); i++) {
		if (filters & ctl_filters[i].filter)
			append(list, CTL_WHY_SIZE / 2, ctl_filters[i].name);
	}
	return list;
}

const char *ctl_chain_name(enum filter_chain chain)
{
	static const char *const names[FILTER_CHAINS] = { "input", "forward", "output" };

	return names[chain];
}

bool ctl_parse_chain(const char *text, enum filter_chain *chain)
{
	for (int i = 0; i < FILTER_CHAINS; i++) {
		*chain = (enum filter_chain)i;
		if (strcmp(text, ctl_chain_name(*chain)) == 0)
			return true;
	}
	return false;
}

bool ctl_parse_proto(const char *text, u8 *proto)
{
	char *end;
	unsigned long number;

	*proto = ip4_proto_find(text);
	if (*proto)
		return true;
	if (text[0] < '0' || text[0] > '9')
		return false;
	number = strtoul(text, &end, 10);
	if (*end || number < 1 || number > 255)
		return false;
	*proto = (u8)number;
	return true;
}

/* The kind that the first len bytes of text are the name of; 0: none. */
static unsigned kind_of_word(const char *text, size_t len)
{
	static const struct {
		const char *name;
		enum ctl_kind kind;
	} kinds[] = { { "flows", CTL_KIND_FLOWS },
		      { "interfaces", CTL_KIND_INTERFACES },
		      { "warnings", CTL_KIND_WARNINGS },
		      { "filter", CTL_KIND_FILTER },
		      { "routing", CTL_KIND_ROUTING } };

	for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
		if (strlen(kinds[i].name) == len && strncmp(kinds[i].name, text, len) == 0)
			return kinds[i].kind;
	}
	return 0;
}

bool ctl_parse_kinds(const char *text, unsigned *kinds)
{
	for (*kinds = 0;; text++) {
		size_t len = strcspn(text, ",");
		unsigned kind = kind_of_word(text, len);

		*kinds |= kind;
		text += len;
		if (!kind || !*text)
			return kind != 0;
	}
}

bool ctl_parse_prefix(const char *text, be32 *addr, u8 *prefix_len)
{
	char host[INET_ADDRSTRLEN];
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	char *end;
	unsigned long bits = 32;

	if (len >= sizeof host)
		return false;
	memcpy(host, text, len);
	host[len] = 0;
	if (inet_pton(AF_INET, host, addr) != 1)
		return false;
	if (slash) {
		if (slash[1] < '0' || slash[1] > '9')
			return false;
		bits = strtoul(slash + 1, &end, 10);
		if (*end || bits > 32)
			return false;
	}
	*prefix_len = (u8)bits;
	return bits == 32 || (be32_host(*addr) & (UINT32_MAX >> bits)) == 0;
}

static bool read_text(json_t *value, const char *key, const char *right, struct ctl_why *why)
{
	if (json_is_string(value))
		return true;
	return refuse(why, "filter.%s has to be a string: %s", key, right);
}

static bool read_bool(json_t *value, const char *key, bool *out, struct ctl_why *why)
{
	if (!json_is_boolean(value))
		return refuse(why, "filter.%s has to be true or false", key);
	*out = json_is_true(value);
	return true;
}

static bool read_addr(json_t *value, struct ctl_request *request, struct ctl_why *why)
{
	static const char right[] = "an address or prefix like 10.0.0.1 or 10.0.0.0/8";

	if (!read_text(value, "addr", right, why))
		return false;
	if (!ctl_parse_prefix(json_string_value(value), &request->flow.addr,
			      &request->flow.addr_len))
		return refuse(why,
			      "filter.addr \"%.40s\" is not %s, without bits beyond the prefix",
			      json_string_value(value), right);
	return true;
}

static bool read_proto(json_t *value, struct ctl_request *request, struct ctl_why *why)
{
	static const char right[] =
		"tcp, udp, icmp, sctp, dccp, udplite, gre or a number from 1 to 255";

	if (!read_text(value, "proto", right, why))
		return false;
	if (!ctl_parse_proto(json_string_value(value), &request->flow.proto))
		return refuse(why, "filter.proto \"%.40s\" is not %s", json_string_value(value),
			      right);
	return true;
}

static bool read_state(json_t *value, struct ctl_request *request, struct ctl_why *why)
{
	static const char right[] = "the name of a state, as show flows or what is shown prints it";

	if (!read_text(value, "state", right, why))
		return false;
	if (json_string_length(value) == 0 || json_string_length(value) >= CTL_STATE_SIZE)
		return refuse(why, "filter.state \"%.40s\" is not %s", json_string_value(value),
			      right);
	memcpy(request->state, json_string_value(value), json_string_length(value) + 1);
	return true;
}

static bool read_set(json_t *value, struct ctl_request *request, struct ctl_why *why)
{
	static const char right[] = "the name of a set, as show sets prints it";

	if (!read_text(value, "set", right, why))
		return false;
	if (json_string_length(value) == 0 || json_string_length(value) >= CTL_SET_SIZE)
		return refuse(why, "filter.set \"%.40s\" is not %s", json_string_value(value),
			      right);
	memcpy(request->set, json_string_value(value), json_string_length(value) + 1);
	return true;
}

static bool read_peer(json_t *value, struct ctl_request *request, struct ctl_why *why)
{
	static const char right[] = "the name or the address of a peer, as show bgp prints it";

	if (!read_text(value, "peer", right, why))
		return false;
	if (json_string_length(value) == 0 || json_string_length(value) >= CTL_PEER_SIZE)
		return refuse(why, "filter.peer \"%.40s\" is not %s", json_string_value(value),
			      right);
	memcpy(request->peer, json_string_value(value), json_string_length(value) + 1);
	return true;
}

static bool read_zone(json_t *value, struct ctl_request *request, struct ctl_why *why)
{
	static const char right[] = "the name of a zone, as show zones prints it, or none";

	if (!read_text(value, "zone", right, why))
		return false;
	if (json_string_length(value) == 0 || json_string_length(value) >= IFACE_NAME_SIZE)
		return refuse(why, "filter.zone \"%.40s\" is not %s", json_string_value(value),
			      right);
	memcpy(request->zone, json_string_value(value), json_string_length(value) + 1);
	return true;
}

static bool read_chain(json_t *value, struct ctl_request *request, struct ctl_why *why)
{
	if (!read_text(value, "chain", CTL_CHAIN_WORDS, why))
		return false;
	request->by_chain = ctl_parse_chain(json_string_value(value), &request->chain);
	return request->by_chain || refuse(why, "filter.chain \"%.40s\" is not " CTL_CHAIN_WORDS,
					   json_string_value(value));
}

static bool read_name(json_t *value, struct ctl_request *request, struct ctl_why *why)
{
	static const char right[] = "a name, as it is shown without this filter";

	if (!read_text(value, "name", right, why))
		return false;
	if (json_string_length(value) == 0 || json_string_length(value) >= CTL_SHOWN_SIZE)
		return refuse(why, "filter.name \"%.40s\" is not %s", json_string_value(value),
			      right);
	memcpy(request->name, json_string_value(value), json_string_length(value) + 1);
	return true;
}

static bool read_kind(json_t *value, struct ctl_request *request, struct ctl_why *why)
{
	if (!read_text(value, "kind", CTL_KIND_WORDS, why))
		return false;
	return ctl_parse_kinds(json_string_value(value), &request->kinds) ||
	       refuse(why, "filter.kind \"%.40s\" is not " CTL_KIND_WORDS,
		      json_string_value(value));
}

static bool read_count(json_t *value, const char *key, json_int_t min, json_int_t max,
		       struct ctl_why *why)
{
	if (json_is_integer(value) && json_integer_value(value) >= min &&
	    json_integer_value(value) <= max)
		return true;
	return refuse(why, "filter.%s has to be a number from %lld to %lld", key, (long long)min,
		      (long long)max);
}

static bool read_filter(enum ctl_filter filter, json_t *value, struct ctl_request *request,
			struct ctl_why *why)
{
	switch (filter) {
	case CTL_FILTER_ADDR: return read_addr(value, request, why);
	case CTL_FILTER_PROTO: return read_proto(value, request, why);
	case CTL_FILTER_STATE: return read_state(value, request, why);
	case CTL_FILTER_UNANSWERED:
		return read_bool(value, "unanswered", &request->flow.unanswered_only, why);
	case CTL_FILTER_COUNT: return read_bool(value, "count", &request->count_only, why);
	case CTL_FILTER_ALL: return read_bool(value, "all", &request->all, why);
	case CTL_FILTER_SET: return read_set(value, request, why);
	case CTL_FILTER_ZONE: return read_zone(value, request, why);
	case CTL_FILTER_PEER: return read_peer(value, request, why);
	case CTL_FILTER_KIND: return read_kind(value, request, why);
	case CTL_FILTER_CHAIN: return read_chain(value, request, why);
	case CTL_FILTER_NAME: return read_name(value, request, why);
	case CTL_FILTER_PORT:
		if (!read_count(value, "port", 1, UINT16_MAX, why))
			return false;
		request->flow.port = (u16)json_integer_value(value);
		return true;
	case CTL_FILTER_ICMP_ID:
		if (!read_count(value, "icmp_id", 0, UINT16_MAX, why))
			return false;
		request->flow.icmp_id = (u16)json_integer_value(value);
		request->flow.by_icmp_id = true;
		return true;
	case CTL_FILTER_LIMIT:
		if (!read_count(value, "limit", 1, UINT32_MAX, why))
			return false;
		request->limit = (u64)json_integer_value(value);
		return true;
	}
	return refuse(why, "this filter is not known");
}

static bool find_filter(const char *key, enum ctl_filter *filter)
{
	for (size_t i = 0; i < ARRAY_COUNT(ctl_filters); i++) {
		if (strcmp(key, ctl_filters[i].name) == 0) {
			*filter = ctl_filters[i].filter;
			return true;
		}
	}
	return false;
}

static bool read_filters(json_t *filters, struct ctl_request *request, struct ctl_why *why)
{
	bool show = request->verb == CTL_VERB_SHOW;
	unsigned allowed = show ? ctl_show_filters(request->show) : ctl_verb_filters(request->verb);
	char list[CTL_WHY_SIZE / 2];
	enum ctl_filter filter;
	const char *key;
	json_t *value;

	if (!filters)
		return true;
	if (!json_is_object(filters))
		return refuse(why, "\"filter\" has to be an object like {\"proto\":\"tcp\"}");
	json_object_foreach(filters, key, value)
	{
		if (!find_filter(key, &filter) || !(allowed & filter))
			return refuse(why, "%s%s has no filter \"%.40s\"; it has %s",
				      show ? "show " : ctl_verb_name(request->verb),
				      show ? ctl_show_name(request->show) : "", key,
				      list_filters(allowed, list));
		if (!read_filter(filter, value, request, why))
			return false;
	}
	return true;
}

static bool read_show(json_t *show, struct ctl_request *request, struct ctl_why *why)
{
	char list[CTL_WHY_SIZE / 2];

	if (!json_is_string(show))
		return refuse(why, "\"show\" is missing: it has to be one of %s", list_shows(list));
	for (int i = 0; i < CTL_SHOW_COUNT; i++) {
		if (strcmp(json_string_value(show), ctl_shows[i].name) == 0) {
			request->show = (enum ctl_show)i;
			return true;
		}
	}
	return refuse(why, "\"show\":\"%.40s\" is not one of %s", json_string_value(show),
		      list_shows(list));
}

/* ---- the other verbs ------------------------------------------------------------------------- */

static bool read_events(json_t *value, struct ctl_request *request, struct ctl_why *why)
{
	request->verb = CTL_VERB_EVENTS;
	request->kinds = CTL_KIND_ALL;
	return json_is_true(value) || refuse(why, "\"events\" has to be true");
}

static bool read_flush(json_t *value, struct ctl_request *request, struct ctl_why *why)
{
	request->verb = CTL_VERB_FLUSH;
	return (json_is_string(value) && strcmp(json_string_value(value), "flows") == 0) ||
	       refuse(why, "\"flush\" has to be \"flows\"");
}

static bool read_top(json_t *value, struct ctl_request *request, struct ctl_why *why)
{
	request->verb = CTL_VERB_TOP;
	return (json_is_string(value) && strcmp(json_string_value(value), "hosts") == 0) ||
	       refuse(why, "\"top\" has to be \"hosts\"");
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_packet(const char *hex, struct ctl_request *request)
{
	size_t len = strlen(hex);

	if (len == 0 || len % 2 != 0 || len / 2 > CTL_PACKET_MAX)
		return false;
	for (size_t i = 0; i < len / 2; i++) {
		int high = hex_digit(hex[2 * i]), low = hex_digit(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		request->packet[i] = (u8)(high << 4 | low);
	}
	request->packet_len = (u32)(len / 2);
	return true;
}

static bool read_explain(json_t *value, struct ctl_request *request, struct ctl_why *why)
{
	const char *in_if = json_string_value(json_object_get(value, "in"));
	const char *packet = json_string_value(json_object_get(value, "packet"));
	json_t *len = json_object_get(value, "len");

	request->verb = CTL_VERB_EXPLAIN;
	if (!in_if || strlen(in_if) == 0 || strlen(in_if) >= IFACE_NAME_SIZE)
		return refuse(why, "explain.in has to be the name of an interface");
	memcpy(request->in_if, in_if, strlen(in_if) + 1);
	if (!packet || !read_packet(packet, request))
		return refuse(why,
			      "explain.packet has to be an IP packet, or its first %d bytes, in "
			      "lower-case hexadecimal",
			      CTL_PACKET_MAX);
	request->full_len = request->packet_len;
	if (!len)
		return true;
	if (!json_is_integer(len) || json_integer_value(len) < request->packet_len ||
	    json_integer_value(len) > UINT16_MAX)
		return refuse(why, "explain.len has to be the bytes of the whole packet, at most "
				   "65535");
	request->full_len = (u32)json_integer_value(len);
	return true;
}

static bool read_verb(json_t *root, struct ctl_request *request, struct ctl_why *why)
{
	static bool (*const readers[CTL_VERB_COUNT])(json_t *, struct ctl_request *,
						     struct ctl_why *) = {
		[CTL_VERB_SHOW] = read_show,   [CTL_VERB_EVENTS] = read_events,
		[CTL_VERB_FLUSH] = read_flush, [CTL_VERB_EXPLAIN] = read_explain,
		[CTL_VERB_TOP] = read_top,
	};
	int wanted = -1;

	for (int i = 0; i < CTL_VERB_COUNT; i++) {
		if (!json_object_get(root, ctl_verbs[i].name))
			continue;
		if (wanted >= 0)
			return refuse(why, "\"%s\" and \"%s\": one thing can be asked at a time",
				      ctl_verbs[wanted].name, ctl_verbs[i].name);
		wanted = i;
	}
	if (wanted < 0)
		return read_show(NULL, request, why);
	return readers[wanted](json_object_get(root, ctl_verbs[wanted].name), request, why);
}

static bool key_is_known(const char *key)
{
	for (int i = 0; i < CTL_VERB_COUNT; i++) {
		if (strcmp(key, ctl_verbs[i].name) == 0)
			return true;
	}
	return strcmp(key, "version") == 0 || strcmp(key, "filter") == 0;
}

static bool read_root(json_t *root, struct ctl_request *request, struct ctl_why *why)
{
	json_t *version = json_object_get(root, "version");
	const char *key;
	json_t *value;

	if (!json_is_object(root))
		return refuse(why,
			      "a request is an object like {\"version\":1,\"show\":\"flows\"}");
	if (!json_is_integer(version) || json_integer_value(version) != CTL_VERSION)
		return refuse(why, "\"version\" has to be %d", CTL_VERSION);
	if (json_object_get(root, "do"))
		return ctl_action_read(root, &request->action, why);
	json_object_foreach(root, key, value)
	{
		if (!key_is_known(key))
			return refuse(why,
				      "\"%.40s\" is not known: a request has version, filter, "
				      "and one of show, events, flush, explain and top",
				      key);
	}
	if (!read_verb(root, request, why) ||
	    !read_filters(json_object_get(root, "filter"), request, why))
		return false;
	if (request->verb == CTL_VERB_SHOW && request->show == CTL_SHOW_CONFIG)
		request->action = (struct ctl_action){ .what = CTL_DO_CONFIG, .all = request->all };
	return true;
}

bool ctl_request_parse(const char *line, size_t len_bytes, struct ctl_request *request,
		       struct ctl_why *why)
{
	json_error_t error;
	json_t *root;
	bool good;

	memset(request, 0, sizeof *request);
	if (len_bytes > CTL_REQUEST_MAX)
		return refuse(why, "the request is longer than %d bytes", CTL_REQUEST_MAX);
	root = json_loadb(line, len_bytes, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		return refuse(why, "the request is no JSON, column %d: %.120s", error.column,
			      error.text);
	good = read_root(root, request, why);
	json_decref(root);
	return good;
}

struct sluice_flow_filter ctl_request_filter(const struct ctl_request *request)
{
	struct sluice_flow_filter filter = request->flow;

	filter.state = request->state[0] ? request->state : NULL;
	return filter;
}
