/* What `sluice traceroute` tells: lines as users of traceroute know them, and JSON. */
#include "tool/trace_report.h"

#include <arpa/inet.h>

#include "core/wire/icmp.h"
#include "tool/tool_json.h"

int trace_exit_code(const struct trace_table *table)
{
	return table->reached ? TOOL_EXIT_OK : TOOL_EXIT_NO_REPLY;
}

void trace_report_header(struct trace_report *report)
{
	char dst[INET_ADDRSTRLEN];

	if (report->args->json)
		return;
	inet_ntop(AF_INET, &report->table->dst, dst, sizeof(dst));
	fprintf(report->out, "traceroute to %s (%s), %u hops max, %u byte packets\n",
		report->args->host, dst, report->args->max_ttl, report->args->packet_len_bytes);
	fflush(report->out);
}

static void print_origin(struct trace_report *report, struct in_addr from)
{
	const char *name = resolve_name(report->resolver, from);
	char dotted[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &from, dotted, sizeof(dotted));
	if (report->args->numeric)
		fprintf(report->out, " %s", dotted);
	else
		fprintf(report->out, " %s (%s)", name ? name : dotted, dotted);
	report->shown_addr = from;
}

static void print_probe(struct trace_report *report, const struct trace_probe *probe)
{
	char note[TRACE_NOTE_SIZE];
	char rtt[TOOL_MS_SIZE];

	if (probe->state == TRACE_SILENT) {
		fprintf(report->out, " *");
		return;
	}
	if (probe->answer.from.s_addr != report->shown_addr.s_addr)
		print_origin(report, probe->answer.from);
	fprintf(report->out, "  %s ms", tool_format_ms(probe->rtt_ns, rtt));
	trace_note(&probe->answer, note);
	if (note[0] != '\0')
		fprintf(report->out, " %s", note);
}

static bool is_settled(const struct trace_probe *probe)
{
	return probe->state == TRACE_ANSWERED || probe->state == TRACE_SILENT;
}

void trace_report_progress(struct trace_report *report)
{
	const struct trace_table *table = report->table;
	u32 before = report->shown_count;

	if (report->args->json)
		return;
	while (report->shown_count < trace_probe_count(table) &&
	       is_settled(&table->probes[report->shown_count])) {
		u32 index = report->shown_count;

		if (index % table->per_hop == 0) {
			report->shown_addr.s_addr = 0;
			fprintf(report->out, "%2u ", trace_ttl_of(table, index));
		}
		print_probe(report, &table->probes[index]);
		report->shown_count++;
		if (report->shown_count % table->per_hop == 0)
			fputc('\n', report->out);
	}
	if (report->shown_count != before)
		fflush(report->out);
}

static json_t *probe_json(struct trace_report *report, const struct trace_probe *probe)
{
	const struct trace_answer *answer = &probe->answer;
	json_t *object = json_object();
	char note[TRACE_NOTE_SIZE];
	const char *name;

	if (probe->state != TRACE_ANSWERED) {
		json_object_set_new(object, "timeout", json_true());
		return object;
	}
	tool_json_set_addr(object, "from", answer->from);
	name = resolve_name(report->resolver, answer->from);
	if (name)
		tool_json_set_text(object, "name", name);
	tool_json_set_ms(object, "rtt_ms", probe->rtt_ns);
	if (answer->is_icmp) {
		tool_json_set_count(object, "type", answer->type);
		tool_json_set_count(object, "code", answer->code);
	}
	if (answer->is_icmp && answer->type == ICMP_UNREACH && answer->code == ICMP_UNREACH_FRAG)
		tool_json_set_count(object, "mtu", answer->info);
	trace_note(answer, note);
	if (note[0] != '\0')
		tool_json_set_text(object, "note", note);
	return object;
}

static json_t *hops_json(struct trace_report *report)
{
	const struct trace_table *table = report->table;
	json_t *hops = json_array();

	for (u32 hop = 0; hop < table->hop_count; hop++) {
		json_t *object = json_object();
		json_t *probes = json_array();
		u32 first = hop * table->per_hop;

		for (u32 at = 0; at < table->per_hop; at++)
			json_array_append_new(probes,
					      probe_json(report, &table->probes[first + at]));
		tool_json_set_count(object, "ttl", trace_ttl_of(table, first));
		json_object_set_new(object, "probes", probes);
		json_array_append_new(hops, object);
	}
	return hops;
}

void trace_report_end(struct trace_report *report)
{
	static const char *const methods[] = {
		[TRACE_UDP] = "udp",
		[TRACE_ICMP] = "icmp",
		[TRACE_TCP] = "tcp",
	};
	const struct trace_args *args = report->args;
	json_t *object;

	if (!args->json)
		return;
	object = json_object();
	tool_json_set_count(object, "version", 1);
	tool_json_set_text(object, "tool", "traceroute");
	tool_json_set_text(object, "host", args->host);
	tool_json_set_addr(object, "address", report->table->dst);
	tool_json_set_addr(object, "source", report->source);
	tool_json_set_text(object, "method", methods[args->method]);
	tool_json_set_count(object, "max_hops", args->max_ttl);
	tool_json_set_count(object, "packet_bytes", args->packet_len_bytes);
	json_object_set_new(object, "hops", hops_json(report));
	json_object_set_new(object, "reached", json_boolean(report->table->reached));
	json_object_set_new(object, "exit_code", json_integer(trace_exit_code(report->table)));
	tool_json_write(object, report->out);
}
