/* Answers to rows, rows to lines. */
#include "prog/top_view.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "prog/record.h"

enum { TOP_WHO_SIZE = TOP_ADDR_SIZE + TOP_ZONE_SIZE + 4 };

static const char *const order_names[TOP_ORDER_COUNT] = { "flows", "ports", "new", "bytes" };

/* ---- answers --------------------------------------------------------------------------------- */

static struct top_who who_of(struct top_view *view, const char *addr, const char *zone)
{
	struct top_who who;

	snprintf(who.addr, sizeof who.addr, "%s", addr);
	snprintf(who.zone, sizeof who.zone, "%s", *zone ? zone : "none");
	view->zoned |= strcmp(who.zone, "none") != 0;
	return who;
}

static bool is_same(const struct top_who *a, const struct top_who *b)
{
	return strcmp(a->addr, b->addr) == 0 && strcmp(a->zone, b->zone) == 0;
}

void top_take_hosts(struct top_view *view, json_t *answer)
{
	json_t *row;
	size_t index;

	view->host_count = 0;
	view->hosts_in_all = count_of(answer, "hosts");
	json_array_foreach(json_object_get(answer, "top"), index, row)
	{
		struct top_host *host = &view->host[view->host_count];

		if (view->host_count == TOP_ROWS_MAX)
			return;
		host->who = who_of(view, text_of(row, "addr"), text_of(row, "zone"));
		host->flows = count_of(row, "flows");
		host->ports = count_of(row, "ports");
		host->unanswered = count_of(row, "unanswered");
		host->bytes = count_of(row, "bytes");
		host->fresh = 0;
		view->host_count++;
	}
}

void top_take_dests(struct top_view *view, json_t *answer)
{
	json_t *row;
	size_t index;

	view->dest_count = 0;
	json_array_foreach(json_object_get(answer, "destinations"), index, row)
	{
		struct top_dest *dest = &view->dest[view->dest_count];

		if (view->dest_count == TOP_ROWS_MAX)
			return;
		if (json_object_get(row, "icmp_type"))
			snprintf(dest->text, sizeof dest->text,
				 "icmp %.15s type %" PRIu64 " from %.15s", text_of(row, "dst"),
				 count_of(row, "icmp_type"), text_of(row, "public_addr"));
		else
			snprintf(dest->text, sizeof dest->text, "%.4s %.15s:%" PRIu64 " from %.15s",
				 text_of(row, "proto"), text_of(row, "dst"), count_of(row, "dport"),
				 text_of(row, "public_addr"));
		dest->used = count_of(row, "used");
		dest->left = count_of(row, "left");
		view->dest_count++;
	}
}

void top_begin_look(struct top_view *view, ns_t now)
{
	view->past_ns = view->now_ns ? now - view->now_ns : 0;
	view->now_ns = now;
}

/* What it made since the last look. Counters begin at zero where a reload took a backend away and
 * brought it back: then all is new that they say.                                               */
static void note_made(struct top_backend *row, const struct top_backend *old, u32 old_count)
{
	for (u32 i = 0; i < old_count; i++) {
		if (strcmp(old[i].service, row->service) != 0 ||
		    strcmp(old[i].place, row->place) != 0)
			continue;
		row->known = true;
		row->fresh = row->made - (row->made < old[i].made ? 0 : old[i].made);
		return;
	}
}

static struct top_backend row_of(const json_t *row)
{
	struct top_backend out = { .flows = count_of(row, "flows"),
				   .made = count_of(row, "made"),
				   .refused = count_of(row, "refused") };

	snprintf(out.service, sizeof out.service, "%s", text_of(row, "service"));
	return out;
}

static void take_services(struct top_view *view, const json_t *list)
{
	struct top_backend old[TOP_SERVICES_MAX];
	u32 old_count = view->service_count;
	const json_t *row;
	size_t index;

	memcpy(old, view->service, sizeof old);
	view->service_count = 0;
	json_array_foreach(list, index, row)
	{
		u64 first = count_of(row, "port_first"), last = count_of(row, "port_last");
		struct top_backend service = row_of(row);
		int len;

		if (view->service_count == TOP_SERVICES_MAX)
			return;
		len = snprintf(service.place, sizeof service.place, "%.7s %.15s",
			       text_of(row, "proto"), text_of(row, "addr"));
		if (first)
			len += snprintf(service.place + len, sizeof service.place - (size_t)len,
					":%" PRIu64, first);
		if (last != first)
			snprintf(service.place + len, sizeof service.place - (size_t)len,
				 "-%" PRIu64, last);
		snprintf(service.state, sizeof service.state, "%u of %u up",
			 (unsigned)count_of(row, "up"), (unsigned)count_of(row, "backends"));
		note_made(&service, old, old_count);
		view->service[view->service_count++] = service;
	}
}

void top_take_backends(struct top_view *view, json_t *answer)
{
	struct top_backend old[TOP_BACKENDS_MAX];
	u32 old_count = view->backend_count;
	const json_t *row;
	size_t index;

	take_services(view, json_object_get(answer, "services"));
	memcpy(old, view->backend, sizeof old);
	view->backend_count = 0;
	json_array_foreach(json_object_get(answer, "backends"), index, row)
	{
		struct top_backend backend = row_of(row);

		if (view->backend_count == TOP_BACKENDS_MAX)
			return;
		snprintf(backend.place, sizeof backend.place, "%.15s", text_of(row, "addr"));
		if (count_of(row, "port"))
			snprintf(backend.place, sizeof backend.place, "%.15s:%u",
				 text_of(row, "addr"), (u16)count_of(row, "port"));
		snprintf(backend.state, sizeof backend.state, "%s", text_of(row, "state"));
		note_made(&backend, old, old_count);
		view->backend[view->backend_count++] = backend;
	}
}

/* What was there at the last look stays known. */
static struct top_drop *drop_find(struct top_view *view, const char *name)
{
	for (u32 i = 0; i < view->drop_count; i++) {
		if (strcmp(view->drop[i].name, name) == 0)
			return &view->drop[i];
	}
	if (view->drop_count == TOP_ROWS_MAX)
		return NULL;
	memset(&view->drop[view->drop_count], 0, sizeof view->drop[0]);
	return &view->drop[view->drop_count++];
}

void top_take_drops(struct top_view *view, json_t *answer)
{
	json_t *row;
	size_t index;

	for (u32 i = 0; i < view->drop_count; i++)
		view->drop[i].before = view->drop[i].count;
	json_array_foreach(json_object_get(answer, "drops"), index, row)
	{
		struct top_drop *drop = drop_find(view, text_of(row, "name"));

		if (!drop)
			return;
		snprintf(drop->name, sizeof drop->name, "%s", text_of(row, "name"));
		snprintf(drop->sentence, sizeof drop->sentence, "%s", text_of(row, "sentence"));
		drop->count = count_of(row, "count");
		if (!view->drops_seen)
			drop->before = drop->count;
	}
	view->drops_seen = true;
}

static void note_new(struct top_view *view, const char *addr, const char *zone)
{
	struct top_who who = who_of(view, addr, zone);

	for (u32 i = 0; i < view->new_count; i++) {
		if (is_same(&view->fresh[i].who, &who)) {
			view->fresh[i].count++;
			return;
		}
	}
	if (view->new_count == TOP_NEW_MAX) {
		view->skipped++;
		return;
	}
	view->fresh[view->new_count++] = (struct top_new){ .who = who, .count = 1 };
}

void top_take_event(struct top_view *view, json_t *event)
{
	const char *kind = text_of(event, "event");

	if (strcmp(kind, "new") == 0)
		note_new(view, text_of(json_object_get(event, "orig"), "src"),
			 text_of(event, "zone"));
	else if (strcmp(kind, "skipped") == 0)
		view->skipped += count_of(event, "count");
}

void top_forget_new(struct top_view *view)
{
	view->new_count = 0;
	view->skipped = 0;
}

/* ---- order ----------------------------------------------------------------------------------- */

static u64 value_by(const struct top_host *host, enum top_order order)
{
	switch (order) {
	case TOP_BY_PORTS: return host->ports;
	case TOP_BY_NEW: return host->fresh;
	case TOP_BY_BYTES: return host->bytes;
	default: return host->flows;
	}
}

static void sort_hosts(struct top_view *view)
{
	for (u32 i = 1; i < view->host_count; i++) {
		struct top_host host = view->host[i];
		u32 at = i;

		for (; at > 0 &&
		       value_by(&view->host[at - 1], view->order) < value_by(&host, view->order);
		     at--)
			view->host[at] = view->host[at - 1];
		view->host[at] = host;
	}
}

/* Who has most first, or gets most; who has as much as another one stays behind it. */
static void sort_backends(struct top_backend *row, u32 count, enum top_order order)
{
	for (u32 i = 1; i < count; i++) {
		struct top_backend moved = row[i];
		u32 at = i;

		for (; at > 0; at--) {
			const struct top_backend *above = &row[at - 1];

			if (order == TOP_BY_NEW ? above->fresh >= moved.fresh
						: above->flows >= moved.flows)
				break;
			row[at] = *above;
		}
		row[at] = moved;
	}
}

static int by_left(const void *a, const void *b)
{
	const struct top_dest *first = a, *second = b;

	return (first->left > second->left) - (first->left < second->left);
}

static int by_recent(const void *a, const void *b)
{
	const struct top_drop *first = a, *second = b;
	u64 one = first->count - first->before, two = second->count - second->before;

	if (one != two)
		return one < two ? 1 : -1;
	return (first->count < second->count) - (first->count > second->count);
}

/* Hosts that hold little but begin much are not in the answer: they come from the events. */
static void add_new(struct top_view *view)
{
	for (u32 i = 0; i < view->new_count; i++) {
		struct top_host *host = NULL;

		for (u32 at = 0; at < view->host_count && !host; at++) {
			if (is_same(&view->host[at].who, &view->fresh[i].who))
				host = &view->host[at];
		}
		if (!host && view->host_count < TOP_ROWS_MAX) {
			host = &view->host[view->host_count++];
			memset(host, 0, sizeof *host);
			host->who = view->fresh[i].who;
		}
		if (host)
			host->fresh = view->fresh[i].count;
	}
}

/* ---- lines ----------------------------------------------------------------------------------- */

static void line(struct top_view *view, u32 lines, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static void line(struct top_view *view, u32 lines, const char *format, ...)
{
	va_list list;

	if (view->line_count == lines || view->line_count == TOP_LINES_MAX)
		return;
	va_start(list, format);
	vsnprintf(view->line[view->line_count++], TOP_LINE_SIZE, format, list);
	va_end(list);
}

static void bytes_text(u64 bytes, char out[24])
{
	static const char units[] = " KMGTP";
	double value = (double)bytes;
	u32 unit = 0;

	for (; value >= 10000 && unit < sizeof units - 2; unit++)
		value /= 1024;
	if (unit == 0)
		snprintf(out, 24, "%" PRIu64, bytes);
	else
		snprintf(out, 24, "%.1f%c", value, units[unit]);
}

/* The zone has a column of its own when there is one. */
static const char *who_text(const struct top_view *view, const char *addr, const char *zone,
			    char text[TOP_WHO_SIZE])
{
	if (view->zoned)
		snprintf(text, TOP_WHO_SIZE, "%-16s %-15s", addr, zone);
	else
		snprintf(text, TOP_WHO_SIZE, "%-16s", addr);
	return text;
}

static void layout_hosts(struct top_view *view, u32 lines)
{
	char who[TOP_WHO_SIZE];
	char bytes[24];

	line(view, lines, "hosts %" PRIu64 ", by %s%s", view->hosts_in_all,
	     order_names[view->order], view->skipped ? "; not all new flows were heard" : "");
	line(view, lines, "%s %10s %10s %10s %10s %10s", who_text(view, "HOST", "ZONE", who),
	     "FLOWS", "PORTS", "NEW", "UNANSWERED", "BYTES");
	for (u32 i = 0; i < view->host_count; i++) {
		const struct top_host *host = &view->host[i];

		bytes_text(host->bytes, bytes);
		line(view, lines, "%s %10" PRIu64 " %10" PRIu64 " %10" PRIu64 " %10" PRIu64 " %10s",
		     who_text(view, host->who.addr, host->who.zone, who), host->flows, host->ports,
		     host->fresh, host->unanswered, bytes);
	}
}

/* Flows a second since the last look. */
static void rate_text(const struct top_view *view, const struct top_backend *row, char out[24])
{
	double rate;

	if (!row->known || view->past_ns == 0) {
		snprintf(out, 24, "-");
		return;
	}
	rate = (double)row->fresh * NS_PER_SEC / (double)view->past_ns;
	snprintf(out, 24, rate < 100 ? "%.1f" : "%.0f", rate);
}

/* A service, and its backends below it. */
static void layout_service(struct top_view *view, u32 lines, const struct top_backend *service)
{
	char rate[24];
	char head[TOP_SERVICE_SIZE + TOP_PLACE_SIZE + 2];

	rate_text(view, service, rate);
	snprintf(head, sizeof head, "%s  %s", service->service, service->place);
	line(view, lines, "%-52s %-12s %10" PRIu64 " %10s %10" PRIu64, head, service->state,
	     service->flows, rate, service->refused);
	for (u32 i = 0; i < view->backend_count; i++) {
		const struct top_backend *backend = &view->backend[i];

		if (strcmp(backend->service, service->service) != 0)
			continue;
		rate_text(view, backend, rate);
		line(view, lines, "  %-50s %-12s %10" PRIu64 " %10s", backend->place,
		     backend->state, backend->flows, rate);
	}
}

static void layout_backends(struct top_view *view, u32 lines)
{
	line(view, lines, "%-52s %-12s %10s %10s %10s", "SERVICE, BACKENDS", "STATE", "FLOWS",
	     "NEW/S", "REFUSED");
	for (u32 i = 0; i < view->service_count; i++)
		layout_service(view, lines, &view->service[i]);
}

static void layout_dests(struct top_view *view, u32 lines)
{
	line(view, lines, "%-46s %10s %10s", "DESTINATION WITH FEWEST PORTS", "LEFT", "USED");
	for (u32 i = 0; i < view->dest_count; i++)
		line(view, lines, "%-46s %10" PRIu64 " %10" PRIu64, view->dest[i].text,
		     view->dest[i].left, view->dest[i].used);
}

static void layout_drops(struct top_view *view, u32 lines)
{
	line(view, lines, "%-20s %10s %10s", "DROPPED", "NOW", "IN ALL");
	for (u32 i = 0; i < view->drop_count; i++)
		line(view, lines, "%-20s %10" PRIu64 " %10" PRIu64 "  %s", view->drop[i].name,
		     view->drop[i].count - view->drop[i].before, view->drop[i].count,
		     view->drop[i].sentence);
}

/* A list on the screen. */
struct part {
	void (*layout)(struct top_view *view, u32 lines);
	u32 wanted; /* lines, with what stands above its rows */
	u32 given;
};

enum { PART_LINES_MIN = 3 }; /* an empty one, the heading, a row if there are any */

/* Lines for each: all that it wants for those that are not chosen, but no more than a fifth of the
 * screen, and what is left for the chosen one.                                                  */
static void share_lines(struct part *part, u32 count, u32 chosen, u32 lines)
{
	u32 left = lines;

	for (u32 i = 0; i < count; i++) {
		u32 given = u32_min(part[i].wanted, lines / 5);

		if (i == chosen || given < u32_min(part[i].wanted, PART_LINES_MIN))
			continue;
		part[i].given = given;
		left -= given;
	}
	part[chosen].given = left;
}

static void sort_all(struct top_view *view)
{
	add_new(view);
	sort_hosts(view);
	sort_backends(view->service, view->service_count, view->order);
	sort_backends(view->backend, view->backend_count, view->order);
	qsort(view->dest, view->dest_count, sizeof view->dest[0], by_left);
	qsort(view->drop, view->drop_count, sizeof view->drop[0], by_recent);
}

void top_layout(struct top_view *view, u32 lines)
{
	bool backends = view->list == TOP_LIST_BACKENDS;
	u32 chosen = backends ? 1 : 0;
	struct part part[] = { { .layout = layout_hosts },
			       { .layout = layout_backends },
			       { .layout = layout_dests },
			       { .layout = layout_drops } };

	lines = u32_min(lines, TOP_LINES_MAX);
	sort_all(view);
	part[0].wanted = view->host_count + 3;
	/* Who has no services reads nothing of them, unless it is asked for. */
	if (view->service_count > 0)
		part[1].wanted = view->service_count + view->backend_count + 2;
	part[2].wanted = view->dest_count + 2;
	part[3].wanted = view->drop_count + 2;
	share_lines(part, ARRAY_COUNT(part), chosen, lines);
	view->line_count = 0;
	for (u32 i = 0; i < ARRAY_COUNT(part); i++) {
		u32 until = view->line_count + part[i].given;

		if (part[i].given > 0 && i > 0)
			line(view, until, " ");
		if (part[i].given > 0)
			part[i].layout(view, until);
	}
}
