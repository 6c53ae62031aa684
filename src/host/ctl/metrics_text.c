/* The page of metrics: names begin with sluice_, units are seconds and bytes, counters end with
 * _total (prometheus.io/docs/practices/naming).                                                  */
#include <ctype.h>
#include <event2/buffer.h>
#include <inttypes.h>

#include "host/ctl/metrics_part.h"
#include "host/loop/turns.h"

enum { STEP = 32, NAME_SIZE = 64 };

void metrics_put_head(struct metrics_page *page, const char *name, const char *type,
		      const char *help)
{
	evbuffer_add_printf(page->out, "# HELP sluice_%s %s\n# TYPE sluice_%s %s\n", name, help,
			    name, type);
}

static void put_gauge(struct metrics_page *page, const char *name, const char *help, u64 value)
{
	metrics_put_head(page, name, "gauge", help);
	evbuffer_add_printf(page->out, "sluice_%s", name);
	metrics_put_value(page, value);
}

static void put_by_proto(struct metrics_page *page, const char *name, const char *type,
			 const char *help, const u64 value[NAT_PROTO_COUNT])
{
	metrics_put_head(page, name, type, help);
	for (u32 i = 0; i < NAT_PROTO_COUNT; i++) {
		evbuffer_add_printf(page->out, "sluice_%s{proto=\"%s\"}", name, nat_proto_name(i));
		metrics_put_value(page, value[i]);
	}
}

void metrics_put_label(struct metrics_page *page, const char *text)
{
	for (;;) {
		size_t plain = strcspn(text, "\"\\");

		evbuffer_add(page->out, text, plain);
		text += plain;
		if (!*text)
			return;
		evbuffer_add_printf(page->out, "\\%c", *text++);
	}
}

void metrics_put_value(struct metrics_page *page, u64 value)
{
	evbuffer_add_printf(page->out, " %" PRIu64 "\n", value);
	turns_step(page->turns);
}

void metrics_put_labelled(struct metrics_page *page, u64 value)
{
	evbuffer_add(page->out, "\"}", 2);
	metrics_put_value(page, value);
}

static void lower(const char *name, char out[NAME_SIZE])
{
	u32 at = 0;

	for (; name[at] && at < NAME_SIZE - 1; at++)
		out[at] = (char)tolower((unsigned char)name[at]);
	out[at] = 0;
}

static void put_drops(struct metrics_page *page, const struct sluice *s)
{
	struct sluice_counter found[STEP];
	char name[NAME_SIZE];
	u32 cursor = 0;

	metrics_put_head(page, "dropped_packets_total", "counter",
		 "Packets that ended, by reason; 'sluice show drops' has the sentences.");
	while (cursor != SLUICE_CURSOR_END) {
		u32 count = sluice_show_drops(s, &cursor, found, STEP);

		for (u32 i = 0; i < count; i++) {
			lower(found[i].name, name);
			evbuffer_add_printf(page->out,
					    "sluice_dropped_packets_total{reason=\"%s\"}", name);
			metrics_put_value(page, found[i].count);
		}
	}
}

/* These are how many stand now; all others only grow. */
static bool is_gauge(const char *name)
{
	return strcmp(name, "flows") == 0 || strcmp(name, "split_connections") == 0;
}

static void put_counters(struct metrics_page *page, const struct sluice *s)
{
	struct sluice_counter found[STEP];
	char name[NAME_SIZE];
	u32 cursor = 0;

	while (cursor != SLUICE_CURSOR_END) {
		u32 count = sluice_show_counters(s, &cursor, found, STEP);

		for (u32 i = 0; i < count; i++) {
			bool gauge = is_gauge(found[i].name);

			evutil_snprintf(name, sizeof name, "%s%s", found[i].name,
					gauge ? "" : "_total");
			metrics_put_head(page, name, gauge ? "gauge" : "counter",
					 found[i].sentence);
			evbuffer_add_printf(page->out, "sluice_%s", name);
			metrics_put_value(page, found[i].count);
		}
	}
}

static const struct {
	const char *name;
	const char *help;
	size_t at; /* in struct iface */
} iface_counters[] = {
	{ "interface_receive_packets_total", "Packets that came in.",
	  offsetof(struct iface, stats.rx_packets) },
	{ "interface_receive_bytes_total", "Bytes that came in.",
	  offsetof(struct iface, stats.rx_bytes) },
	{ "interface_transmit_packets_total", "Packets given to the driver.",
	  offsetof(struct iface, stats.tx_packets) },
	{ "interface_transmit_bytes_total", "Bytes given to the driver.",
	  offsetof(struct iface, stats.tx_bytes) },
	{ "interface_receive_lost_packets_total", "Packets lost before the gateway saw them.",
	  offsetof(struct iface, losses.rx_lost) },
	{ "interface_receive_no_buffer_packets_total", "Packets for which no buffer was free.",
	  offsetof(struct iface, losses.rx_no_packet) },
	{ "interface_receive_bad_packets_total", "Frames too short or cut.",
	  offsetof(struct iface, losses.rx_bad) },
	{ "interface_transmit_full_packets_total", "Packets for which the way out had no room.",
	  offsetof(struct iface, losses.tx_full) },
	{ "interface_transmit_refused_packets_total", "Packets that the system refused to send.",
	  offsetof(struct iface, losses.tx_refused) },
};

static const struct {
	const char *name;
	const char *type;
	const char *help;
	size_t at; /* in struct iface */
	size_t size;
} iface_links[] = {
	{ "interface_up", "gauge", "Whether the link is up.", offsetof(struct iface, up),
	  sizeof(bool) },
	{ "interface_gone", "gauge", "Whether the system has no such interface now.",
	  offsetof(struct iface, gone), sizeof(bool) },
	{ "interface_link_downs_total", "counter", "Times that the link went down.",
	  offsetof(struct iface, link_stats.downs), sizeof(u32) },
	{ "interface_retaken_total", "counter",
	  "Times that the interface was there again, and taken.",
	  offsetof(struct iface, link_stats.takes), sizeof(u32) },
};

static void put_iface_sample(struct metrics_page *page, const char *name,
			     const struct iface *iface, u64 value)
{
	evbuffer_add_printf(page->out, "sluice_%s{interface=\"", name);
	metrics_put_label(page, iface->conf.name);
	metrics_put_labelled(page, value);
}

static void put_links(struct metrics_page *page, const struct iface_table *ifaces)
{
	for (size_t which = 0; which < ARRAY_COUNT(iface_links); which++) {
		const char *name = iface_links[which].name;

		metrics_put_head(page, name, iface_links[which].type, iface_links[which].help);
		for (u32 i = 0; i < ifaces->count; i++) {
			const u8 *iface = (const u8 *)&ifaces->iface[i];
			u32 value = iface[iface_links[which].at];

			if (iface_links[which].size == sizeof value)
				memcpy(&value, iface + iface_links[which].at, sizeof value);
			put_iface_sample(page, name, &ifaces->iface[i], value);
		}
	}
}

static void put_ifaces(struct metrics_page *page, const struct iface_table *ifaces)
{
	for (size_t which = 0; which < ARRAY_COUNT(iface_counters); which++) {
		const char *name = iface_counters[which].name;

		metrics_put_head(page, name, "counter", iface_counters[which].help);
		for (u32 i = 0; i < ifaces->count; i++) {
			const u8 *iface = (const u8 *)&ifaces->iface[i];
			u64 value;

			memcpy(&value, iface + iface_counters[which].at, sizeof value);
			put_iface_sample(page, name, &ifaces->iface[i], value);
		}
	}
	put_links(page, ifaces);
}

static u64 row_count(const struct mem *mem, const char *name)
{
	for (u32 i = 0; i < mem->row_count; i++) {
		if (strcmp(mem->row[i].name, name) == 0)
			return mem->row[i].count;
	}
	return 0;
}

void metrics_put(struct metrics_page *page, const struct sluice *s, const struct metrics_sums *sums,
		 const char *version)
{
	metrics_put_head(page, "build_info", "gauge", "The version of the program; always 1.");
	evbuffer_add_printf(page->out, "sluice_build_info{version=\"");
	metrics_put_label(page, version);
	metrics_put_labelled(page, 1);
	put_gauge(page, "settled", "Whether all addresses are known to be the gateway's own.",
		  sluice_is_settled(s));
	put_gauge(page, "memory_bytes", "Memory of all tables, planned at start.",
		  sluice_mem(s)->used);
	put_gauge(page, "flows_limit", "Flows that can stand at once, list heads included.",
		  row_count(sluice_mem(s), "flows"));
	put_counters(page, s);
	put_drops(page, s);
	put_ifaces(page, sluice_ifaces(s));
	metrics_put_named(page, s);
	metrics_put_routing(page, s);
	put_gauge(page, "nat_public_addresses", "Public addresses that flows may use.",
		  sums->addresses);
	put_by_proto(page, "nat_ports", "gauge", "Ports that may be given out, on all addresses.",
		     sums->ports);
	put_by_proto(page, "nat_ports_mapped", "gauge",
		     "Ports owned by endpoint-independent mappings, resting ones included.",
		     sums->mapped);
	put_by_proto(page, "nat_ports_resting", "gauge", "Ports in quarantine.", sums->resting);
	put_by_proto(page, "nat_port_flows", "gauge", "Flows that hold a port per destination.",
		     sums->flows);
	put_by_proto(page, "nat_ports_refused_total", "counter",
		     "New flows that found no port, by the first address tried.", sums->refused);
	put_gauge(page, "nat_busy_destinations",
		  "Destinations so busy that they have a port map of their own.", sums->busy);
	if (sums->busy)
		put_gauge(page, "nat_least_ports_left",
			  "Ports left to the busy destination that has fewest.", sums->least_left);
}
