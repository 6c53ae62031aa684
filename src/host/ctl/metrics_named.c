/* Metrics of what a configuration has named: zones, services, backends. There are as many series as
 * it has of these, whatever traffic does: IFACE_ZONE_MAX, BALANCE_SERVICE_MAX, BALANCE_BACKEND_MAX.
 * A backend has no name but its address and port, the only address that is a label.              */
#include <event2/buffer.h>

#include "host/ctl/ctl_records.h"
#include "host/ctl/metrics_part.h"

enum { STEP = 32 };

/* ---- zones ----------------------------------------------------------------------------------- */

static void put_zone_sample(struct metrics_page *page, const char *name,
			    const struct sluice_zone *zone, u64 value)
{
	evbuffer_add_printf(page->out, "sluice_%s{zone=\"", name);
	metrics_put_label(page, zone->name[0] ? zone->name : "none");
	metrics_put_labelled(page, value);
}

static u64 sum_of_ifaces(const struct iface_table *ifaces, u8 zone, size_t at)
{
	u64 sum = 0;

	for (u32 i = 0; i < ifaces->count; i++) {
		u64 value;

		memcpy(&value, (const u8 *)&ifaces->iface[i] + at, sizeof value);
		sum += ifaces->iface[i].conf.zone == zone ? value : 0;
	}
	return sum;
}

static void put_zones(struct metrics_page *page, const struct sluice *s)
{
	static const struct {
		const char *name;
		const char *help;
		size_t at; /* in struct iface */
	} sums[] = {
		{ "zone_receive_packets_total", "Packets that came in by the zone's interfaces.",
		  offsetof(struct iface, stats.rx_packets) },
		{ "zone_receive_bytes_total", "Bytes that came in by the zone's interfaces.",
		  offsetof(struct iface, stats.rx_bytes) },
		{ "zone_transmit_packets_total", "Packets given to drivers of the zone.",
		  offsetof(struct iface, stats.tx_packets) },
		{ "zone_transmit_bytes_total", "Bytes given to drivers of the zone.",
		  offsetof(struct iface, stats.tx_bytes) },
	};
	struct sluice_zone zone[IFACE_ZONE_MAX];
	u32 cursor = 0;
	u32 count = sluice_show_zones(s, &cursor, zone, IFACE_ZONE_MAX);

	metrics_put_head(page, "zone_flows", "gauge",
			 "Flows that began in the zone and stand; none: the outside, too.");
	for (u32 i = 0; i < count; i++)
		put_zone_sample(page, "zone_flows", &zone[i], zone[i].flows);
	metrics_put_head(page, "zone_routes", "gauge", "Prefixes in the zone's routing table.");
	for (u32 i = 0; i < count; i++)
		put_zone_sample(page, "zone_routes", &zone[i], zone[i].routes);
	for (size_t which = 0; which < ARRAY_COUNT(sums); which++) {
		metrics_put_head(page, sums[which].name, "counter", sums[which].help);
		for (u32 i = 0; i < count; i++)
			put_zone_sample(page, sums[which].name, &zone[i],
					sum_of_ifaces(sluice_ifaces(s), zone[i].zone,
						      sums[which].at));
	}
}

/* ---- services -------------------------------------------------------------------------------- */

static void put_services(struct metrics_page *page, const struct sluice *s)
{
	static const char name[] = "service_flows_refused_total";
	struct sluice_service service[STEP];
	u32 cursor = 0;

	metrics_put_head(page, name, "counter",
			 "New flows to the service that found none of its backends up.");
	while (cursor != SLUICE_CURSOR_END) {
		u32 count = sluice_show_services(s, &cursor, service, STEP);

		for (u32 i = 0; i < count; i++) {
			evbuffer_add_printf(page->out, "sluice_%s{service=\"", name);
			metrics_put_label(page, service[i].name);
			metrics_put_labelled(page, service[i].refused);
		}
	}
}

/* ---- backends -------------------------------------------------------------------------------- */

static void put_backend_sample(struct metrics_page *page, const char *name,
			       const struct sluice_backend *backend, u64 value)
{
	evbuffer_add_printf(page->out, "sluice_%s{service=\"", name);
	metrics_put_label(page, backend->service);
	evbuffer_add_printf(page->out, "\",backend=\"%s", ctl_addr_text(backend->addr).text);
	if (backend->port)
		evbuffer_add_printf(page->out, ":%u", backend->port);
	metrics_put_labelled(page, value);
}

/* How far its state is one of these: 0 or 1. */
static const struct {
	const char *name;
	const char *help;
	const char *state[2]; /* either of them */
} backend_states[] = {
	{ "backend_up", "Whether the backend gets new flows.", { "up", "warming" } },
	{ "backend_draining", "Whether the backend keeps its flows and gets no new ones.",
	  { "draining", "draining" } },
};

static const struct {
	const char *name;
	const char *type;
	const char *help;
	size_t at; /* in struct sluice_backend */
} backend_counts[] = {
	{ "backend_flows", "gauge", "Flows that the backend has now.",
	  offsetof(struct sluice_backend, flows) },
	{ "backend_flows_created_total", "counter", "Flows that the backend got.",
	  offsetof(struct sluice_backend, made) },
	{ "backend_flows_moved_total", "counter",
	  "Flows that went to another backend because this one was gone.",
	  offsetof(struct sluice_backend, moved) },
	{ "backend_flows_reset_total", "counter",
	  "TCP flows reset because the backend was gone.",
	  offsetof(struct sluice_backend, reset) },
	{ "backend_checks_total", "counter", "Checks of the backend's health.",
	  offsetof(struct sluice_backend, checks) },
	{ "backend_check_failures_total", "counter", "Checks of the backend's health that failed.",
	  offsetof(struct sluice_backend, checks_failed) },
};

static u64 backend_value(const struct sluice_backend *backend, size_t which)
{
	u64 value;

	if (which < ARRAY_COUNT(backend_states))
		return strcmp(backend->state, backend_states[which].state[0]) == 0 ||
		       strcmp(backend->state, backend_states[which].state[1]) == 0;
	which -= ARRAY_COUNT(backend_states);
	memcpy(&value, (const u8 *)backend + backend_counts[which].at, sizeof value);
	return value;
}

/* All values of one moment: packets have turns while they are written. What depends on the time,
 * which is not known here, is not among them.                                                   */
static void put_backends(struct metrics_page *page, const struct sluice *s)
{
	u32 cursor = 0;
	u32 count = sluice_show_backends(s, 0, &cursor, page->backend, BALANCE_BACKEND_MAX);
	size_t which = 0;

	for (size_t i = 0; i < ARRAY_COUNT(backend_states); i++, which++) {
		metrics_put_head(page, backend_states[i].name, "gauge", backend_states[i].help);
		for (u32 at = 0; at < count; at++)
			put_backend_sample(page, backend_states[i].name, &page->backend[at],
					   backend_value(&page->backend[at], which));
	}
	for (size_t i = 0; i < ARRAY_COUNT(backend_counts); i++, which++) {
		metrics_put_head(page, backend_counts[i].name, backend_counts[i].type,
				 backend_counts[i].help);
		for (u32 at = 0; at < count; at++)
			put_backend_sample(page, backend_counts[i].name, &page->backend[at],
					   backend_value(&page->backend[at], which));
	}
}

void metrics_put_named(struct metrics_page *page, const struct sluice *s)
{
	struct sluice_service any;
	u32 cursor = 0;

	put_zones(page, s);
	if (sluice_show_services(s, &cursor, &any, 1) == 0)
		return;
	put_services(page, s);
	put_backends(page, s);
}
