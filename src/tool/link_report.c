/* What `sluice link` tells: as text, or as lines of JSON. */
#include "tool/link_report.h"

#include <inttypes.h>
#include <jansson.h>

#include "tool/tool_json.h"

enum { THOUSAND = 1000, P99 = 990, MEDIAN = 500, JSON_DIGITS = 12 };

/* What never came to the link, and what left it and was not taken. */
struct link_lost {
	u64 received;
	u64 sent;
};

void link_late_add(struct link_late *late, ns_t late_ns)
{
	u64 late_us = late_ns / NS_PER_US;

	late->count[u64_min(late_us, LINK_LATE_COUNT - 1)]++;
	late->total++;
	if (late_ns > late->most_ns)
		late->most_ns = late_ns;
}

u32 link_late_at(const struct link_late *late, u32 thousandths)
{
	u64 need = (late->total * thousandths + THOUSAND - 1) / THOUSAND, seen = 0;
	u32 late_us = 0;

	for (; late_us < LINK_LATE_COUNT - 1; late_us++) {
		seen += late->count[late_us];
		if (seen >= need)
			break;
	}
	return late_us;
}

static struct link_lost lost_of(const struct link_report *report, u32 way)
{
	const struct iface_losses *in = &port_count(report->port[way])->losses;
	const struct iface_losses *out = &port_count(report->port[!way])->losses;

	return (struct link_lost){ in->rx_lost + in->rx_no_packet + in->rx_bad,
				   out->tx_full + out->tx_refused };
}

static void way_text(const struct link_report *report, u32 way)
{
	const struct link_stats *stats = link_stats(report->link[way]);
	const struct link_late *late = report->late[way];
	struct link_lost lost = lost_of(report, way);
	FILE *out = report->out;

	fprintf(out,
		"%s to %s: in %" PRIu64 " packets, %" PRIu64 " bytes; out %" PRIu64
		" packets, %" PRIu64 " bytes; on the way %u\n",
		report->port[way]->name, report->port[!way]->name, stats->in_packets,
		stats->in_bytes, stats->out_packets, stats->out_bytes,
		report->link[way]->flight_count);
	fprintf(out,
		"  dropped: queue full %" PRIu64 ", loss %" PRIu64 ", memory %" PRIu64
		"; duplicated %" PRIu64 ", reordered %" PRIu64 ", marked %" PRIu64 "\n",
		stats->drop_packets[LINK_DROP_QUEUE], stats->drop_packets[LINK_DROP_LOSS],
		stats->drop_packets[LINK_DROP_MEMORY], stats->duplicated, stats->reordered,
		stats->marked);
	fprintf(out, "  most in the queue: %u packets, %" PRIu64 " bytes\n",
		stats->queue_packets_most, stats->queue_bytes_most);
	if (late->total > 0)
		fprintf(out,
			"  sent late by: %u us in the median, %u us for 99%%, %" PRIu64
			" us at most\n",
			link_late_at(late, MEDIAN), link_late_at(late, P99),
			late->most_ns / NS_PER_US);
	if (lost.received > 0 || lost.sent > 0)
		fprintf(out, "  beside the link: %" PRIu64 " not received, %" PRIu64 " not sent\n",
			lost.received, lost.sent);
}

static json_t *amounts(u64 packets, u64 bytes)
{
	json_t *object = json_object();

	tool_json_set_count(object, "packets", packets);
	tool_json_set_count(object, "bytes", bytes);
	return object;
}

static json_t *late_json(const struct link_late *late)
{
	json_t *object;

	if (late->total == 0)
		return json_null();
	object = json_object();
	tool_json_set_count(object, "median", link_late_at(late, MEDIAN));
	tool_json_set_count(object, "p99", link_late_at(late, P99));
	tool_json_set_count(object, "most", late->most_ns / NS_PER_US);
	return object;
}

static json_t *way_json(const struct link_report *report, u32 way)
{
	const struct link_stats *stats = link_stats(report->link[way]);
	struct link_lost lost = lost_of(report, way);
	json_t *object = json_object(), *dropped = json_object();

	tool_json_set_text(object, "from", report->port[way]->name);
	tool_json_set_text(object, "to", report->port[!way]->name);
	json_object_set_new(object, "in", amounts(stats->in_packets, stats->in_bytes));
	json_object_set_new(object, "out", amounts(stats->out_packets, stats->out_bytes));
	tool_json_set_count(dropped, "queue", stats->drop_packets[LINK_DROP_QUEUE]);
	tool_json_set_count(dropped, "loss", stats->drop_packets[LINK_DROP_LOSS]);
	tool_json_set_count(dropped, "memory", stats->drop_packets[LINK_DROP_MEMORY]);
	json_object_set_new(object, "dropped", dropped);
	tool_json_set_count(object, "duplicated", stats->duplicated);
	tool_json_set_count(object, "reordered", stats->reordered);
	tool_json_set_count(object, "marked", stats->marked);
	json_object_set_new(object, "queue_most",
			    amounts(stats->queue_packets_most, stats->queue_bytes_most));
	tool_json_set_count(object, "on_the_way", report->link[way]->flight_count);
	json_object_set_new(object, "late_us", late_json(report->late[way]));
	tool_json_set_count(object, "not_received", lost.received);
	tool_json_set_count(object, "not_sent", lost.sent);
	return object;
}

static void report_json(const struct link_report *report, ns_t elapsed_ns, bool is_final)
{
	json_t *object = json_object(), *ways = json_array();

	tool_json_set_count(object, "version", 1);
	tool_json_set_text(object, "tool", "link");
	json_object_set_new(object, "final", json_boolean(is_final));
	json_object_set_new(object, "seconds", json_real(tool_ms(elapsed_ns) / THOUSAND));
	tool_json_set_count(object, "seed", report->seed);
	for (u32 way = 0; way < LINK_WAYS; way++)
		json_array_append_new(ways, way_json(report, way));
	json_object_set_new(object, "ways", ways);
	json_dumpf(object, report->out, JSON_COMPACT | JSON_REAL_PRECISION(JSON_DIGITS));
	fputc('\n', report->out);
	json_decref(object);
}

void link_report(const struct link_report *report, ns_t elapsed_ns, bool is_final)
{
	if (report->json) {
		report_json(report, elapsed_ns, is_final);
	} else {
		fprintf(report->out, "after %.3f s, with seed %" PRIu64 ":\n",
			tool_ms(elapsed_ns) / THOUSAND, report->seed);
		for (u32 way = 0; way < LINK_WAYS; way++)
			way_text(report, way);
	}
	fflush(report->out);
}
