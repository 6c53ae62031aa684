/* Writing the log. */
#include "prog/run_log.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <time.h>

#include "core/wire/ip4.h"
#include "host/conf/values.h"

enum { STAMP_SIZE = 40 };

static const char *const level_names[] = { "info", "warning", "error" };
static const char *const event_names[RUN_LOG_KINDS] = {
	[SLUICE_EVENT_PORTS_OUT] = "ports_out",
	[SLUICE_EVENT_TABLE_FULL] = "table_full",
	[SLUICE_EVENT_MAPPINGS_FULL] = "mappings_full",
	[SLUICE_EVENT_ARP_CONFLICT] = "arp_conflict",
};

void run_log_init(struct run_log *log, FILE *out, bool json)
{
	*log = (struct run_log){ .out = out, .json = json };
}

static void stamp(char text[STAMP_SIZE])
{
	struct timespec now;
	struct tm parts;
	size_t len;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &parts);
	len = strftime(text, STAMP_SIZE, "%Y-%m-%dT%H:%M:%S", &parts);
	snprintf(text + len, STAMP_SIZE - len, ".%03ldZ", now.tv_nsec / 1000000);
}

/* An object with what every line has; the caller adds and writes it. */
static json_t *line_new(enum run_level level, const char *name, const char *message)
{
	char text[STAMP_SIZE];

	stamp(text);
	return json_pack("{s:s, s:s, s:s, s:s}", "time", text, "level", level_names[level], "event",
			 name, "message", message);
}

static void line_write(struct run_log *log, json_t *line)
{
	if (line) {
		json_dumpf(line, log->out, JSON_COMPACT);
		fputc('\n', log->out);
		fflush(log->out);
	}
	json_decref(line);
}

static void text_write(struct run_log *log, enum run_level level, const char *message)
{
	fprintf(log->out, "sluice: %s%s%s\n", level == RUN_INFO ? "" : level_names[level],
		level == RUN_INFO ? "" : ": ", message);
	fflush(log->out);
}

void run_log_say(struct run_log *log, enum run_level level, const char *name, const char *format,
		 ...)
{
	char message[RUN_LOG_LINE_SIZE];
	va_list list;

	va_start(list, format);
	vsnprintf(message, sizeof message, format, list);
	va_end(list);
	if (log->json)
		line_write(log, line_new(level, name, message));
	else
		text_write(log, level, message);
}

static const char *proto_name(u8 proto)
{
	return proto == IP_PROTO_TCP ? "TCP" : proto == IP_PROTO_UDP ? "UDP" : "ICMP";
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

static void append_holders(char text[RUN_LOG_LINE_SIZE], const struct sluice_event *event)
{
	for (u32 i = 0; i < u32_min(event->holder_count, SLUICE_HOLDER_MAX); i++)
		append(text, "%s%s with %u", i ? ", " : "; most are held by ",
		       value_show_addr(event->holder[i].addr).text, event->holder[i].held);
}

void run_log_describe(const struct iface_table *ifaces, const struct sluice_event *event,
		      u64 refused, char text[RUN_LOG_LINE_SIZE])
{
	text[0] = 0;
	switch (event->kind) {
	case SLUICE_EVENT_PORTS_OUT:
		append(text, "no %s port is left on %s towards %s", proto_name(event->proto),
		       value_show_addr(event->public_addr).text, value_show_addr(event->dst).text);
		if (be16_host(event->dport))
			append(text, ":%u", be16_host(event->dport));
		append(text, "; new flows refused: %" PRIu64, refused);
		append_holders(text, event);
		append(text, ". More addresses (--pool) or a wider --ports would help.");
		return;
	case SLUICE_EVENT_TABLE_FULL:
		append(text,
		       "the flow table is full of answered flows; new flows refused: %" PRIu64,
		       refused);
		append_holders(text, event);
		append(text, ". A larger --flows would help.");
		return;
	case SLUICE_EVENT_MAPPINGS_FULL:
		append(text,
		       "the table of endpoint-independent mappings is full; new flows "
		       "refused: %" PRIu64,
		       refused);
		append_holders(text, event);
		append(text, ". A larger --mappings would help.");
		return;
	case SLUICE_EVENT_ARP_CONFLICT:
		append(text,
		       "another station on %s says that it is %s; one of the two has to "
		       "change its address",
		       iface_name(ifaces, event->iface), value_show_addr(event->dst).text);
		return;
	}
}

static json_t *holders_json(const struct sluice_event *event)
{
	json_t *list = json_array();

	for (u32 i = 0; i < u32_min(event->holder_count, SLUICE_HOLDER_MAX); i++)
		json_array_append_new(list, json_pack("{s:s, s:I}", "addr",
						      value_show_addr(event->holder[i].addr).text,
						      "held", (json_int_t)event->holder[i].held));
	return list;
}

static void event_json(struct run_log *log, const struct iface_table *ifaces,
		       const struct sluice_event *event, const char *message, u64 refused)
{
	json_t *line = line_new(RUN_WARNING, event_names[event->kind], message);

	json_object_set_new(line, "refused", json_integer((json_int_t)refused));
	if (event->kind == SLUICE_EVENT_PORTS_OUT) {
		json_object_set_new(line, "proto", json_integer(event->proto));
		json_object_set_new(line, "public_addr",
				    json_string(value_show_addr(event->public_addr).text));
		json_object_set_new(line, "dport", json_integer(be16_host(event->dport)));
	}
	if (event->kind == SLUICE_EVENT_PORTS_OUT || event->kind == SLUICE_EVENT_ARP_CONFLICT)
		json_object_set_new(line, "addr", json_string(value_show_addr(event->dst).text));
	if (event->kind == SLUICE_EVENT_ARP_CONFLICT)
		json_object_set_new(line, "interface",
				    json_string(iface_name(ifaces, event->iface)));
	else
		json_object_set_new(line, "holders", holders_json(event));
	line_write(log, line);
}

void run_log_event(struct run_log *log, const struct iface_table *ifaces,
		   const struct sluice_event *event)
{
	struct run_log_kind *kind = &log->kind[event->kind];
	char message[RUN_LOG_LINE_SIZE];

	kind->refused += event->refused;
	if (kind->seen && event->when_ns - kind->written_ns < RUN_LOG_EVERY_NS) {
		kind->held_back++;
		return;
	}
	run_log_describe(ifaces, event, kind->refused, message);
	if (log->json)
		event_json(log, ifaces, event, message, kind->refused);
	else
		text_write(log, RUN_WARNING, message);
	*kind = (struct run_log_kind){ .seen = true, .written_ns = event->when_ns };
}
