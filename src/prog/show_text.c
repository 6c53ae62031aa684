/* Lines for people: one record, one line, aligned for the usual widths. */
#include "prog/show_text.h"

#include "core/base/text.h"
#include "prog/record.h"
#include "prog/show_routing.h"
#include "prog/show_rules.h"
#include "prog/show_sock.h"

#include <inttypes.h>

enum { END_SIZE = 32 };

static u64 pair_of(const json_t *object, const char *key, size_t index)
{
	return (u64)json_integer_value(json_array_get(json_object_get(object, key), index));
}

static u64 seconds_of(const json_t *object, const char *key)
{
	return count_of(object, key) / 1000;
}

static bool has_ports(const char *proto)
{
	static const char *const names[] = { "tcp", "udp", "sctp", "dccp", "udplite" };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (strcmp(proto, names[i]) == 0)
			return true;
	}
	return false;
}

/* The name that records have for what stands beside an address. */
static const char *ident_key(const char *proto, const char *port_key)
{
	return strcmp(proto, "icmp") == 0 ? "icmp_id" : port_key;
}

/* One end of a flow: with its port, with its ICMP identifier, or alone. */
static const char *end_text(char text[END_SIZE], const char *proto, const char *addr, u64 port)
{
	if (has_ports(proto))
		snprintf(text, END_SIZE, "%s:%" PRIu64, addr, port);
	else if (strcmp(proto, "icmp") == 0)
		snprintf(text, END_SIZE, "%s id %" PRIu64, addr, port);
	else
		snprintf(text, END_SIZE, "%s", addr);
	return text;
}

static bool ends_differ(const char *a, u64 a_port, const char *b, u64 b_port)
{
	return strcmp(a, b) != 0 || a_port != b_port;
}

static void put_zone(FILE *out, const json_t *record)
{
	if (*text_of(record, "zone"))
		fprintf(out, "  zone %s", text_of(record, "zone"));
}

static void put_flow(FILE *out, const json_t *flow)
{
	const json_t *orig = json_object_get(flow, "orig");
	const json_t *repl = json_object_get(flow, "repl");
	const char *proto = text_of(flow, "proto");
	const char *dst = text_of(orig, "dst");
	u64 asked = count_of(orig, ident_key(proto, "sport"));
	u64 answered = count_of(repl, ident_key(proto, "dport"));
	char text[END_SIZE];

	fprintf(out, "%-4s  %-11s  %-21s", proto, text_of(flow, "state"),
		end_text(text, proto, text_of(orig, "src"), asked));
	if (has_ports(proto))
		end_text(text, proto, dst, count_of(orig, "dport"));
	else
		snprintf(text, sizeof text, "%s", dst);
	fprintf(out, " -> %-21s", text);
	if (ends_differ(text_of(repl, "dst"), answered, text_of(orig, "src"), asked))
		fprintf(out, "  as %-21s", end_text(text, proto, text_of(repl, "dst"), answered));
	if (strcmp(text_of(repl, "src"), dst) != 0 ||
	    (has_ports(proto) && count_of(repl, "sport") != count_of(orig, "dport")))
		fprintf(out, "  at %-21s",
			end_text(text, proto, text_of(repl, "src"), count_of(repl, "sport")));
	fprintf(out, "  idle %" PRIu64 "s  expires %" PRIu64 "s", seconds_of(flow, "idle_ms"),
		seconds_of(flow, "expires_ms"));
	fprintf(out, "  packets %" PRIu64 "/%" PRIu64 "  bytes %" PRIu64 "/%" PRIu64,
		pair_of(flow, "packets", 0), pair_of(flow, "packets", 1), pair_of(flow, "bytes", 0),
		pair_of(flow, "bytes", 1));
	if (is_so(flow, "accelerated"))
		fprintf(out, "  accelerated");
	put_zone(out, flow);
	if (*text_of(flow, "reply_zone"))
		fprintf(out, "  to zone %s", text_of(flow, "reply_zone"));
	fprintf(out, "%s\n", is_so(flow, "answered") ? "" : "  unanswered");
}

static void put_mapping(FILE *out, const json_t *mapping)
{
	const char *proto = text_of(mapping, "proto");
	char inside[END_SIZE];
	char outside[END_SIZE];

	bool icmp = strcmp(proto, "icmp") == 0;

	end_text(inside, proto, text_of(mapping, "inside_addr"),
		 count_of(mapping, icmp ? "inside_icmp_id" : "inside_port"));
	end_text(outside, proto, text_of(mapping, "public_addr"),
		 count_of(mapping, icmp ? "public_icmp_id" : "public_port"));
	fprintf(out, "%-4s  %-21s  as %-21s  flows %" PRIu64 "  idle %" PRIu64 "s%s", proto, inside,
		outside, count_of(mapping, "flows"), seconds_of(mapping, "idle_ms"),
		count_of(mapping, "flows") ? "" : "  resting");
	put_zone(out, mapping);
	fprintf(out, "\n");
}

static void put_ports(FILE *out, const json_t *ports)
{
	fprintf(out,
		"%-15s  %-4s  ports %" PRIu64 "  mapped %" PRIu64 "  resting %" PRIu64
		"  flows %" PRIu64 "  refused %" PRIu64 "\n",
		text_of(ports, "public_addr"), text_of(ports, "proto"), count_of(ports, "ports"),
		count_of(ports, "mapped"), count_of(ports, "resting"), count_of(ports, "flows"),
		count_of(ports, "refused"));
}

static void put_dest(FILE *out, const json_t *dest)
{
	const char *proto = text_of(dest, "proto");
	char text[END_SIZE];

	if (strcmp(proto, "icmp") == 0)
		snprintf(text, sizeof text, "%s type %" PRIu64, text_of(dest, "dst"),
			 count_of(dest, "icmp_type"));
	else
		end_text(text, proto, text_of(dest, "dst"), count_of(dest, "dport"));
	fprintf(out, "%-15s  %-4s  to %-21s  used %" PRIu64 "  left %s%" PRIu64 "\n",
		text_of(dest, "public_addr"), proto, text, count_of(dest, "used"),
		is_so(dest, "exact") ? "" : "about ", count_of(dest, "left"));
}

static void put_backend(FILE *out, const json_t *backend)
{
	const char *state = text_of(backend, "state");
	char text[END_SIZE];

	snprintf(text, sizeof text, "%s", text_of(backend, "addr"));
	if (count_of(backend, "port"))
		end_text(text, "tcp", text_of(backend, "addr"), count_of(backend, "port"));
	fprintf(out, "%-24s  %-21s  %-8s  weight %" PRIu64, text_of(backend, "service"), text,
		state, count_of(backend, "weight"));
	if (strcmp(state, "warming") == 0)
		fprintf(out, "  share %" PRIu64 "%%", count_of(backend, "share"));
	if (strcmp(state, "draining") == 0)
		fprintf(out, "  left %" PRIu64 "s", seconds_of(backend, "left_ms"));
	if (is_so(backend, "ordered"))
		fprintf(out, "  by order");
	fprintf(out, "  flows %" PRIu64 "  made %" PRIu64 "  moved %" PRIu64 "  reset %" PRIu64,
		count_of(backend, "flows"), count_of(backend, "made"), count_of(backend, "moved"),
		count_of(backend, "reset"));
	if (count_of(backend, "checks"))
		fprintf(out, "  checks failed %" PRIu64 " of %" PRIu64,
			count_of(backend, "checks_failed"), count_of(backend, "checks"));
	put_zone(out, backend);
	fprintf(out, "\n");
}

static void put_service(FILE *out, const json_t *service)
{
	u64 first = count_of(service, "port_first"), last = count_of(service, "port_last");

	fprintf(out, "%-24s  %s %s", text_of(service, "service"), text_of(service, "proto"),
		text_of(service, "addr"));
	if (first)
		fprintf(out, ":%" PRIu64, first);
	if (last != first)
		fprintf(out, "-%" PRIu64, last);
	fprintf(out,
		"  %s  up %" PRIu64 " of %" PRIu64 "  flows %" PRIu64 "  made %" PRIu64
		"  refused %" PRIu64 "  moved %" PRIu64 "  reset %" PRIu64,
		text_of(service, "method"), count_of(service, "up"), count_of(service, "backends"),
		count_of(service, "flows"), count_of(service, "made"), count_of(service, "refused"),
		count_of(service, "moved"), count_of(service, "reset"));
	put_zone(out, service);
	fprintf(out, "\n");
}

static void put_limit(FILE *out, const json_t *subscriber, const char *held, const char *limit,
		      const char *refused)
{
	fprintf(out, "  %s %" PRIu64, held, count_of(subscriber, held));
	if (count_of(subscriber, limit))
		fprintf(out, " of %" PRIu64, count_of(subscriber, limit));
	if (count_of(subscriber, refused))
		fprintf(out, " (refused %" PRIu64 ")", count_of(subscriber, refused));
}

static void put_subscriber(FILE *out, const json_t *subscriber)
{
	fprintf(out, "%-18s", text_of(subscriber, "subscriber"));
	put_limit(out, subscriber, "flows", "flow_limit", "refused_flows");
	put_limit(out, subscriber, "ports", "port_limit", "refused_ports");
	if (count_of(subscriber, "rate_limit"))
		fprintf(out, "  at most %" PRIu64 " new/s (refused %" PRIu64 ")",
			count_of(subscriber, "rate_limit"), count_of(subscriber, "refused_rate"));
	put_zone(out, subscriber);
	fprintf(out, "\n");
}

static void put_route(FILE *out, const json_t *route)
{
	const json_t *paths = json_object_get(route, "paths");
	const char *type = text_of(route, "type");
	size_t index;
	const json_t *path;

	fprintf(out, "%-18s", text_of(route, "prefix"));
	if (strcmp(type, "unicast") != 0)
		fprintf(out, "  %s", type);
	json_array_foreach(paths, index, path)
	{
		if (*text_of(path, "gateway"))
			fprintf(out, "  via %s", text_of(path, "gateway"));
		if (*text_of(path, "interface"))
			fprintf(out, "  on %s", text_of(path, "interface"));
		if (json_array_size(paths) > 1)
			fprintf(out, "  weight %" PRIu64, count_of(path, "weight"));
	}
	put_zone(out, route);
	fprintf(out, "\n");
}

/* Losses on the way to the engine and from it; none, no words. */
static void put_losses(FILE *out, const json_t *iface)
{
	static const struct {
		const char *name, *words;
	} losses[] = {
		{ "rx_lost", "in: ring full" },    { "rx_no_packet", "in: no buffer" },
		{ "rx_vlan", "in: tagged" },       { "rx_bad", "in: malformed" },
		{ "tx_full", "out: device full" }, { "tx_refused", "out: refused" },
	};

	for (size_t at = 0; at < sizeof losses / sizeof losses[0]; at++) {
		if (count_of(iface, losses[at].name))
			fprintf(out, "  lost %s %" PRIu64, losses[at].words,
				count_of(iface, losses[at].name));
	}
}

static void put_iface(FILE *out, const json_t *iface)
{
	const json_t *offloads = json_object_get(iface, "offloads");
	const json_t *addrs = json_object_get(iface, "addresses");
	size_t index;
	const json_t *entry;

	fprintf(out, "%-15s  %-7s  %-4s  %s", text_of(iface, "name"), text_of(iface, "side"),
		text_of(iface, "state"), text_of(iface, "link"));
	if (*text_of(iface, "mac"))
		fprintf(out, " %s", text_of(iface, "mac"));
	put_zone(out, iface);
	fprintf(out, "  mtu %" PRIu64, count_of(iface, "mtu"));
	json_array_foreach(addrs, index, entry)
		fprintf(out, "  %s%s", text_of(entry, "addr"),
			is_so(entry, "host") ? " (the host's, too)" : "");
	fprintf(out,
		"  in %" PRIu64 " packet%s %" PRIu64 " bytes  out %" PRIu64 " packet%s %" PRIu64
		" bytes",
		count_of(iface, "rx_packets"), text_plural(count_of(iface, "rx_packets")),
		count_of(iface, "rx_bytes"), count_of(iface, "tx_packets"),
		text_plural(count_of(iface, "tx_packets")), count_of(iface, "tx_bytes"));
	put_losses(out, iface);
	if (json_array_size(offloads))
		fprintf(out, "  offloads");
	json_array_foreach(offloads, index, entry)
		fprintf(out, " %s", json_string_value(entry) ? json_string_value(entry) : "");
	fprintf(out, "\n");
}

static void put_neigh(FILE *out, const json_t *neigh)
{
	fprintf(out, "%-15s  %-15s  %-17s  %-10s", text_of(neigh, "addr"),
		text_of(neigh, "interface"), *text_of(neigh, "mac") ? text_of(neigh, "mac") : "-",
		text_of(neigh, "state"));
	if (json_object_get(neigh, "confirmed_ms"))
		fprintf(out, "  confirmed %" PRIu64 "s ago", seconds_of(neigh, "confirmed_ms"));
	if (count_of(neigh, "waiting"))
		fprintf(out, "  waiting packets %" PRIu64, count_of(neigh, "waiting"));
	fprintf(out, "\n");
}

static void put_counter(FILE *out, const json_t *counter)
{
	fprintf(out, "%12" PRIu64 "  %-20s", count_of(counter, "count"), text_of(counter, "name"));
	if (*text_of(counter, "sentence"))
		fprintf(out, "  %s", text_of(counter, "sentence"));
	if (*text_of(counter, "law"))
		fprintf(out, " (%s)", text_of(counter, "law"));
	fprintf(out, "\n");
}

static void put_bytes(FILE *out, u64 bytes)
{
	if (bytes < 10 * 1024)
		fprintf(out, "%8" PRIu64 " B  ", bytes);
	else if (bytes < UINT64_C(10) << 20)
		fprintf(out, "%8.1f KiB", (double)bytes / 1024);
	else
		fprintf(out, "%8.1f MiB", (double)bytes / (1024 * 1024));
}

static void put_mem_row(FILE *out, const json_t *row)
{
	put_bytes(out, count_of(row, "bytes"));
	fprintf(out, "  %-24s  %" PRIu64 "\n", text_of(row, "name"), count_of(row, "count"));
}

static void put_zone_record(FILE *out, const json_t *zone)
{
	const json_t *names = json_object_get(zone, "interfaces");
	size_t index;
	const json_t *name;

	fprintf(out, "%-15s  flows %" PRIu64 "  routes %" PRIu64, text_of(zone, "zone"),
		count_of(zone, "flows"), count_of(zone, "routes"));
	json_array_foreach(names, index, name)
		fprintf(out, "  %s", json_string_value(name) ? json_string_value(name) : "");
	fprintf(out, "\n");
}

void show_text_record(FILE *out, enum ctl_show show, u32 part, const json_t *record)
{
	if (show_text_routing(out, show, record))
		return;
	switch (show) {
	case CTL_SHOW_FLOWS: put_flow(out, record); return;
	case CTL_SHOW_NAT: put_mapping(out, record); return;
	case CTL_SHOW_PORTS:
		if (part)
			put_dest(out, record);
		else
			put_ports(out, record);
		return;
	case CTL_SHOW_BACKENDS:
		if (part)
			put_service(out, record);
		else
			put_backend(out, record);
		return;
	case CTL_SHOW_SUBSCRIBERS: put_subscriber(out, record); return;
	case CTL_SHOW_ROUTES: put_route(out, record); return;
	case CTL_SHOW_INTERFACES: put_iface(out, record); return;
	case CTL_SHOW_NEIGHBOURS: put_neigh(out, record); return;
	case CTL_SHOW_DROPS:
	case CTL_SHOW_COUNTERS: put_counter(out, record); return;
	case CTL_SHOW_MEMORY: put_mem_row(out, record); return;
	case CTL_SHOW_ZONES: put_zone_record(out, record); return;
	case CTL_SHOW_SOCKETS: show_text_sock(out, record); return;
	case CTL_SHOW_RULES: show_text_rule(out, record); return;
	case CTL_SHOW_SETS:
		if (part)
			show_text_element(out, record);
		else
			show_text_set(out, record);
		return;
	default: return; /* of a configuration there are no records: show_config.c */
	}
}

void show_text_end(FILE *out, enum ctl_show show, bool filtered, const json_t *end)
{
	static const char *const nothing[CTL_SHOW_COUNT] = {
		[CTL_SHOW_FLOWS] = "no flows",
		[CTL_SHOW_NAT] = "no endpoint-independent mappings",
		[CTL_SHOW_PORTS] = "no public addresses",
		[CTL_SHOW_BACKENDS] = "no services",
		[CTL_SHOW_SUBSCRIBERS] = "no inside host holds anything, or nobody is counted",
		[CTL_SHOW_ROUTES] = "no routes",
		[CTL_SHOW_INTERFACES] = "no interfaces",
		[CTL_SHOW_NEIGHBOURS] = "no neighbours",
		[CTL_SHOW_DROPS] = "no packet was dropped",
		[CTL_SHOW_COUNTERS] = "nothing was counted",
		[CTL_SHOW_MEMORY] = "no memory",
		[CTL_SHOW_RULES] = "no filter rules, and none were planned",
		[CTL_SHOW_SETS] = "no filter sets",
		[CTL_SHOW_ZONES] = "no zones",
		[CTL_SHOW_SOCKETS] = "no sockets of the gateway's own",
	};

	const char *routing = show_routing_nothing(show);

	if (count_of(end, "count") == 0)
		fprintf(out, "%s\n",
			filtered  ? "nothing matches"
			: routing ? routing
				  : nothing[show]);
	if (show == CTL_SHOW_MEMORY) {
		put_bytes(out, count_of(end, "used_bytes"));
		fprintf(out, "  in all; flows now %" PRIu64 "\n", count_of(end, "flows"));
	}
}
