/* Writing the log. */
#include "prog/run_log.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <sys/stat.h>

#include "core/base/text.h"
#include "core/wire/ip4.h"
#include "host/conf/values.h"
#include "host/os/clock.h"

static const char *const level_names[] = { "info", "warning", "error" };
/* As syslog(3) numbers them. */
static const char *const level_priorities[] = { "<6>", "<4>", "<3>" };
static const char *const event_names[RUN_LOG_KINDS] = {
	[SLUICE_EVENT_PORTS_OUT] = "ports_out",
	[SLUICE_EVENT_TABLE_FULL] = "table_full",
	[SLUICE_EVENT_MAPPINGS_FULL] = "mappings_full",
	[SLUICE_EVENT_ARP_CONFLICT] = "arp_conflict",
	[SLUICE_EVENT_NO_BACKEND] = "no_backend",
	[SLUICE_EVENT_SUBSCRIBER_LIMIT] = "subscriber_limit",
	[SLUICE_EVENT_FILLING] = "filling",
	[SLUICE_EVENT_FILTER] = "filter",
	[SLUICE_EVENT_IFACE] = "interface",
};

static const char *was_or_were(u64 count)
{
	return count == 1 ? "was" : "were";
}

void run_log_init(struct run_log *log, FILE *out, bool json)
{
	*log = (struct run_log){ .out = out, .json = json };
}

bool run_log_is_journal(FILE *out, const char *stream)
{
	unsigned long long device, file;
	struct stat stat;

	return stream && sscanf(stream, "%llu:%llu", &device, &file) == 2 &&
	       fstat(fileno(out), &stat) == 0 && stat.st_dev == device && stat.st_ino == file;
}

/* An object with what every line has; the caller adds and writes it. */
static json_t *line_new(enum run_level level, const char *name, const char *message)
{
	char text[OS_STAMP_SIZE];

	os_stamp(text);
	return json_pack("{s:s, s:s, s:s, s:s}", "time", text, "level", level_names[level], "event",
			 name, "message", message);
}

static void line_write(struct run_log *log, enum run_level level, json_t *line)
{
	if (line) {
		fputs(log->priorities ? level_priorities[level] : "", log->out);
		json_dumpf(line, log->out, JSON_COMPACT);
		fputc('\n', log->out);
		fflush(log->out);
	}
	json_decref(line);
}

static void text_write(struct run_log *log, enum run_level level, const char *message,
		       u64 held_back)
{
	fprintf(log->out, "%ssluice: %s%s%s", log->priorities ? level_priorities[level] : "",
		level == RUN_INFO ? "" : level_names[level], level == RUN_INFO ? "" : ": ",
		message);
	if (held_back)
		fprintf(log->out, " (%" PRIu64 " more like it %s held back)", held_back,
			was_or_were(held_back));
	fputc('\n', log->out);
	fflush(log->out);
}

static void add_held_back(json_t *line, u64 held_back)
{
	if (held_back)
		json_object_set_new(line, "held_back", json_integer((json_int_t)held_back));
}

static void say(struct run_log *log, enum run_level level, const char *name, const char *message,
		u64 held_back)
{
	json_t *line;

	if (!log->json) {
		text_write(log, level, message, held_back);
		return;
	}
	line = line_new(level, name, message);
	add_held_back(line, held_back);
	line_write(log, level, line);
}

/* ---- how often ------------------------------------------------------------------------------- */

static struct run_log_name *name_of(struct run_log *log, const char *name)
{
	for (u32 i = 0; i < log->name_count; i++) {
		if (strcmp(log->name[i].name, name) == 0)
			return &log->name[i];
	}
	if (log->name_count == RUN_LOG_NAMES_MAX)
		return &log->name[RUN_LOG_NAMES_MAX - 1];
	log->name[log->name_count] = (struct run_log_name){ .name = name, .since_ns = log->now_ns };
	return &log->name[log->name_count++];
}

/* Whether a line may be written now; held_back: how many were not, before it. */
static bool name_may(struct run_log *log, const char *name, u64 *held_back)
{
	struct run_log_name *place = name_of(log, name);

	if (log->now_ns - place->since_ns >= RUN_LOG_EVERY_NS) {
		place->since_ns = log->now_ns;
		place->written = 0;
	}
	if (place->written == RUN_LOG_BURST) {
		place->held_back++;
		return false;
	}
	place->written++;
	*held_back = place->held_back;
	place->held_back = 0;
	return true;
}

static void turn_name(struct run_log *log, struct run_log_name *place)
{
	char message[RUN_LOG_LINE_SIZE];
	u64 held_back = place->held_back;

	if (held_back == 0 || log->now_ns - place->since_ns < RUN_LOG_EVERY_NS)
		return;
	place->held_back = 0;
	snprintf(message, sizeof message, "%" PRIu64 " more line%s of '%s' %s held back",
		 held_back, text_plural(held_back), place->name, was_or_were(held_back));
	say(log, RUN_WARNING, place->name, message, 0);
}

static void turn_kind(struct run_log *log, int index)
{
	struct run_log_kind *kind = &log->kind[index];
	char message[RUN_LOG_LINE_SIZE];

	if (kind->held_back == 0 || log->now_ns - kind->written_ns < RUN_LOG_EVERY_NS)
		return;
	snprintf(message, sizeof message,
		 "%" PRIu64 " more event%s of '%s' %s held back; new flows refused: %" PRIu64,
		 kind->held_back, text_plural(kind->held_back), event_names[index],
		 was_or_were(kind->held_back), kind->refused);
	*kind = (struct run_log_kind){ .seen = true, .written_ns = log->now_ns };
	say(log, RUN_WARNING, event_names[index], message, 0);
}

void run_log_turn(struct run_log *log, ns_t now)
{
	log->now_ns = now;
	for (u32 i = 0; i < log->name_count; i++)
		turn_name(log, &log->name[i]);
	for (int i = 0; i < RUN_LOG_KINDS; i++)
		turn_kind(log, i);
}

void run_log_say(struct run_log *log, enum run_level level, const char *name, const char *format,
		 ...)
{
	char message[RUN_LOG_LINE_SIZE];
	u64 held_back;
	va_list list;

	if (!name_may(log, name, &held_back))
		return;
	va_start(list, format);
	vsnprintf(message, sizeof message, format, list);
	va_end(list);
	say(log, level, name, message, held_back);
}

/* ---- events of the engine -------------------------------------------------------------------- */

static const char *proto_name(u8 proto)
{
	switch (proto) {
	case IP_PROTO_TCP: return "TCP";
	case IP_PROTO_UDP: return "UDP";
	case IP_PROTO_ICMP: return "ICMP";
	default: return "SCTP, DCCP or UDP-Lite";
	}
}

static const char *iface_name(const struct iface_table *ifaces, u16 index)
{
	return index < ifaces->count ? ifaces->iface[index].conf.name : "an interface";
}

static void append(char text[RUN_LOG_LINE_SIZE], const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void append(char text[RUN_LOG_LINE_SIZE], const char *format, ...)
{
	size_t len = strlen(text);
	va_list list;

	va_start(list, format);
	vsnprintf(text + len, RUN_LOG_LINE_SIZE - len, format, list);
	va_end(list);
}

/* An inside host, by its zone as well if it is in one. */
static void append_host(char text[RUN_LOG_LINE_SIZE], const struct iface_table *ifaces, be32 addr,
			u8 zone)
{
	const char *name = iface_zone_name(ifaces, zone);

	append(text, "%s%s%s", value_show_addr(addr).text, name[0] ? " of zone " : "", name);
}

static void append_holders(char text[RUN_LOG_LINE_SIZE], const struct iface_table *ifaces,
			   const struct sluice_event *event)
{
	for (u32 i = 0; i < u32_min(event->holder_count, SLUICE_HOLDER_MAX); i++) {
		append(text, i ? ", " : "; most are held by ");
		append_host(text, ifaces, event->holder[i].addr, event->holder[i].zone);
		append(text, " with %u", event->holder[i].held);
	}
}

static void append_end(char text[RUN_LOG_LINE_SIZE], be32 addr, be16 port, bool has_port)
{
	append(text, "%s", value_show_addr(addr).text);
	if (has_port)
		append(text, ":%u", be16_host(port));
}

/* Whereto: with its port, or with the type of ICMP that is asked with. */
static void append_dest(char text[RUN_LOG_LINE_SIZE], const char *before,
			const struct sluice_event *event)
{
	bool icmp = event->proto == IP_PROTO_ICMP;

	append(text, "%s", before);
	append_end(text, event->dst, event->dport, !icmp && be16_host(event->dport));
	if (icmp)
		append(text, " type %u", be16_host(event->dport) >> 8);
}

static void describe_filling(const struct iface_table *ifaces, const struct sluice_event *event,
			     char text[RUN_LOG_LINE_SIZE])
{
	append(text, "%s: %" PRIu64 " of %" PRIu64 ", more than %u percent", event->what,
	       event->used, event->limit, event->percent);
	if (event->public_addr.raw)
		append(text, ", are in use for %s on %s", proto_name(event->proto),
		       value_show_addr(event->public_addr).text);
	else
		append(text, ", are in use");
	if (event->dst.raw)
		append_dest(text, " towards ", event);
	append_holders(text, ifaces, event);
	append(text, ".");
}

static void append_filter(char text[RUN_LOG_LINE_SIZE], const struct iface_table *ifaces,
			  const struct sluice_event *event)
{
	static const char *const chains[] = { "input", "forward", "output" };
	static const char *const actions[] = { "accepted", "dropped", "rejected" };
	bool ports = ip4_has_ports(event->proto);
	const char *proto = ip4_proto_name(event->proto);

	append(text, "filter: %s rule %u", chains[event->chain], event->rule);
	if (event->rule_name[0])
		append(text, " (%s)", event->rule_name);
	append(text, " %s ", actions[event->action]);
	if (proto)
		append(text, "%s ", proto);
	else
		append(text, "protocol %u ", event->proto);
	append_end(text, event->src, event->sport, ports);
	append_dest(text, " -> ", event);
	if (event->iface < ifaces->count)
		append(text, ", in by %s", iface_name(ifaces, event->iface));
	if (event->out_if < ifaces->count)
		append(text, ", out by %s", iface_name(ifaces, event->out_if));
	if (event->refused)
		append(text, "; before it, not logged: %" PRIu64, event->refused);
}

void run_log_describe(const struct iface_table *ifaces, const struct sluice_event *event,
		      u64 refused, char text[RUN_LOG_LINE_SIZE])
{
	text[0] = 0;
	switch (event->kind) {
	case SLUICE_EVENT_PORTS_OUT:
		append(text, "no %s %s is left on %s", proto_name(event->proto),
		       event->proto == IP_PROTO_ICMP ? "identifier" : "port",
		       value_show_addr(event->public_addr).text);
		append_dest(text, " towards ", event);
		append(text, "; new flows refused: %" PRIu64, refused);
		append_holders(text, ifaces, event);
		append(text, ". More addresses (--pool) or a wider --ports would help.");
		return;
	case SLUICE_EVENT_TABLE_FULL:
		append(text,
		       "the flow table is full of answered flows; new flows refused: %" PRIu64,
		       refused);
		append_holders(text, ifaces, event);
		append(text, ". A larger --flows would help.");
		return;
	case SLUICE_EVENT_MAPPINGS_FULL:
		append(text,
		       "the table of endpoint-independent mappings is full; new flows "
		       "refused: %" PRIu64,
		       refused);
		append_holders(text, ifaces, event);
		append(text, ". A larger --mappings would help.");
		return;
	case SLUICE_EVENT_NO_BACKEND:
		append_dest(text, "no backend is up for ", event);
		append(text, "; new flows refused: %" PRIu64, refused);
		return;
	case SLUICE_EVENT_ARP_CONFLICT:
		append(text,
		       "another station on %s says that it is %s; one of the two has to "
		       "change its address",
		       iface_name(ifaces, event->iface), value_show_addr(event->dst).text);
		return;
	case SLUICE_EVENT_SUBSCRIBER_LIMIT:
		append(text,
		       "inside hosts have their share; new flows refused: %" PRIu64
		       ", the last of ",
		       refused);
		append_host(text, ifaces, event->dst, event->zone);
		append(text, " (limit: %s)", event->what);
		append_holders(text, ifaces, event);
		append(text, ".");
		return;
	case SLUICE_EVENT_FILLING: describe_filling(ifaces, event, text); return;
	case SLUICE_EVENT_FILTER: append_filter(text, ifaces, event); return;
	case SLUICE_EVENT_IFACE:
		append(text, "%s: %s", iface_name(ifaces, event->iface), event->what);
		return;
	}
}

/* Always named: a reader that looks for the key has it. */
static json_t *zone_json(const struct iface_table *ifaces, u8 zone)
{
	const char *name = iface_zone_name(ifaces, zone);

	return json_string(name[0] ? name : "none");
}

static json_t *holders_json(const struct iface_table *ifaces, const struct sluice_event *event)
{
	json_t *list = json_array();

	for (u32 i = 0; i < u32_min(event->holder_count, SLUICE_HOLDER_MAX); i++)
		json_array_append_new(list, json_pack("{s:s, s:o, s:I}", "addr",
						      value_show_addr(event->holder[i].addr).text,
						      "zone",
						      zone_json(ifaces, event->holder[i].zone),
						      "held", (json_int_t)event->holder[i].held));
	return list;
}

/* An event without a protocol is about a service of any. */
static void add_dport(json_t *line, const struct sluice_event *event)
{
	u16 dport = be16_host(event->dport);

	if (event->proto == IP_PROTO_ICMP) {
		json_object_set_new(line, "icmp_type", json_integer(dport >> 8));
		json_object_set_new(line, "icmp_code", json_integer(dport & 255));
	} else if (event->proto == 0 || ip4_has_ports(event->proto)) {
		json_object_set_new(line, "dport", json_integer(dport));
	}
}

static void event_json(struct run_log *log, const struct iface_table *ifaces,
		       const struct sluice_event *event, const char *message)
{
	const struct run_log_kind *kind = &log->kind[event->kind];
	json_t *line = line_new(RUN_WARNING, event_names[event->kind], message);

	add_held_back(line, kind->held_back);
	if (event->kind == SLUICE_EVENT_FILLING) {
		json_object_set_new(line, "used", json_integer((json_int_t)event->used));
		json_object_set_new(line, "limit", json_integer((json_int_t)event->limit));
		json_object_set_new(line, "percent", json_integer(event->percent));
	} else {
		json_object_set_new(line, "refused", json_integer((json_int_t)kind->refused));
	}
	if (event->public_addr.raw) {
		json_object_set_new(line, "proto", json_integer(event->proto));
		json_object_set_new(line, "public_addr",
				    json_string(value_show_addr(event->public_addr).text));
		add_dport(line, event);
	}
	if (event->kind == SLUICE_EVENT_NO_BACKEND) {
		json_object_set_new(line, "proto", json_integer(event->proto));
		add_dport(line, event);
	}
	if (event->what)
		json_object_set_new(line, "what", json_string(event->what));
	if (event->dst.raw)
		json_object_set_new(line, "addr", json_string(value_show_addr(event->dst).text));
	if (event->kind == SLUICE_EVENT_SUBSCRIBER_LIMIT)
		json_object_set_new(line, "zone", zone_json(ifaces, event->zone));
	if (event->kind == SLUICE_EVENT_ARP_CONFLICT)
		json_object_set_new(line, "interface",
				    json_string(iface_name(ifaces, event->iface)));
	else
		json_object_set_new(line, "holders", holders_json(ifaces, event));
	line_write(log, RUN_WARNING, line);
}

static void filter_json(struct run_log *log, const struct iface_table *ifaces,
			const struct sluice_event *event, const char *message)
{
	static const char *const chains[] = { "input", "forward", "output" };
	static const char *const actions[] = { "accept", "drop", "reject" };
	json_t *line = line_new(RUN_INFO, event_names[event->kind], message);

	json_object_set_new(line, "chain", json_string(chains[event->chain]));
	json_object_set_new(line, "rule", json_integer(event->rule));
	json_object_set_new(line, "name", json_string(event->rule_name));
	json_object_set_new(line, "action", json_string(actions[event->action]));
	json_object_set_new(line, "proto", json_integer(event->proto));
	json_object_set_new(line, "src", json_string(value_show_addr(event->src).text));
	if (ip4_has_ports(event->proto))
		json_object_set_new(line, "sport", json_integer(be16_host(event->sport)));
	json_object_set_new(line, "dst", json_string(value_show_addr(event->dst).text));
	add_dport(line, event);
	if (event->iface < ifaces->count) {
		json_object_set_new(line, "in", json_string(iface_name(ifaces, event->iface)));
		json_object_set_new(line, "zone",
				    zone_json(ifaces, ifaces->iface[event->iface].conf.zone));
	}
	if (event->out_if < ifaces->count)
		json_object_set_new(line, "out", json_string(iface_name(ifaces, event->out_if)));
	json_object_set_new(line, "held_back", json_integer((json_int_t)event->refused));
	line_write(log, RUN_INFO, line);
}

/* The engine has limited their rate as the administrator wants; each is about another packet. */
static void filter_event(struct run_log *log, const struct iface_table *ifaces,
			 const struct sluice_event *event)
{
	char message[RUN_LOG_LINE_SIZE];

	run_log_describe(ifaces, event, 0, message);
	if (log->json)
		filter_json(log, ifaces, event, message);
	else
		text_write(log, RUN_INFO, message, 0);
}

void run_log_event(struct run_log *log, const struct iface_table *ifaces,
		   const struct sluice_event *event)
{
	struct run_log_kind *kind = &log->kind[event->kind];
	char message[RUN_LOG_LINE_SIZE];

	if (event->kind == SLUICE_EVENT_FILTER) {
		filter_event(log, ifaces, event);
		return;
	}
	kind->refused += event->refused;
	/* Of these the engine sends few, and each is about something else. */
	if (event->kind != SLUICE_EVENT_FILLING && kind->seen &&
	    event->when_ns - kind->written_ns < RUN_LOG_EVERY_NS) {
		kind->held_back++;
		return;
	}
	run_log_describe(ifaces, event, kind->refused, message);
	if (log->json)
		event_json(log, ifaces, event, message);
	else
		text_write(log, RUN_WARNING, message, kind->held_back);
	*kind = (struct run_log_kind){ .seen = true, .written_ns = event->when_ns };
}

/* ---- changes --------------------------------------------------------------------------------- */

static const struct sluice_route_conf *default_route(const struct sluice_conf *conf)
{
	for (u32 i = 0; i < conf->route_count; i++) {
		if (conf->route[i].prefix_len == 0)
			return &conf->route[i];
	}
	return NULL;
}

static bool same_addrs(const struct iface_conf *a, const struct iface_conf *b)
{
	return a->addr_count == b->addr_count &&
	       memcmp(a->addr, b->addr, a->addr_count * sizeof a->addr[0]) == 0;
}

static void append_addrs(char text[RUN_LOG_LINE_SIZE], const struct iface_conf *iface)
{
	append(text, "; %s has %s", iface->name, iface->addr_count ? "" : "no address");
	for (u32 i = 0; i < iface->addr_count; i++)
		append(text, "%s%s", i ? ", " : "",
		       value_show_prefix(iface->addr[i].addr, iface->addr[i].prefix_len).text);
}

static void append_routes(char text[RUN_LOG_LINE_SIZE], const struct sluice_conf *was,
			  const struct sluice_conf *now)
{
	const struct sluice_route_conf *old = default_route(was);
	const struct sluice_route_conf *new = default_route(now);

	if (was->route_count == now->route_count &&
	    memcmp(was->route, now->route, sizeof now->route) == 0)
		return;
	if (old && new &&memcmp(old, new, sizeof *old) == 0)
		append(text, "; routes are %u, were %u", now->route_count, was->route_count);
	else if (!new)
		append(text, "; there is no default gateway");
	else if (new->route.type == FIB_UNICAST &&new->route.path[0].out_if == IFACE_NONE)
		append(text, "; the default gateway is %s, wherever that is",
		       value_show_addr(new->route.path[0].gateway).text);
	else if (new->route.type == FIB_UNICAST)
		append(text, "; the default gateway is %s on %s",
		       value_show_addr(new->route.path[0].gateway).text,
		       now->iface[new->route.path[0].out_if].name);
}

void run_log_changes(const struct sluice_conf *was, const struct sluice_conf *now,
		     char text[RUN_LOG_LINE_SIZE])
{
	text[0] = 0;
	append(text, "the gateway follows");
	for (u32 i = 0; i < now->iface_count; i++) {
		const struct iface_conf *old = &was->iface[i];
		const struct iface_conf *new = &now->iface[i];

		if (!same_addrs(old, new))
			append_addrs(text, new);
		if (old->mtu != new->mtu)
			append(text, "; %s has mtu %u", new->name, new->mtu);
		if (memcmp(&old->mac, &new->mac, sizeof old->mac) != 0)
			append(text, "; %s has another MAC address", new->name);
	}
	append_routes(text, was, now);
}

/* ---- routing --------------------------------------------------------------------------------- */

void run_log_speaker(struct run_log *log, const struct iface_table *ifaces,
		     const struct speaker_event *event)
{
	bool bad = event->kind == SPEAKER_DOWN || event->kind == SPEAKER_WARNING;
	bool has_iface = event->iface < ifaces->count;
	char addr[IP_TEXT_SIZE] = "";

	if (event->neighbour.family != FAMILY_NONE)
		ip_addr_print(&event->neighbour, addr, sizeof addr);
	run_log_say(log, bad ? RUN_WARNING : RUN_INFO, route_source_name(event->source),
		    "%s%s%s%s%s: %s", route_source_name(event->source), *addr ? " " : "", addr,
		    has_iface ? " on " : "",
		    has_iface ? ifaces->iface[event->iface].conf.name : "", event->text);
}
