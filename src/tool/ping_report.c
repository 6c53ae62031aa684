/* What `sluice ping` tells: lines as iputils prints them, and the summary. */
#include "tool/ping_report.h"

#include <arpa/inet.h>
#include <errno.h>
#include <time.h>

#include "core/wire/icmp.h"
#include "core/wire/ip4.h"
#include "tool/ping_json.h"

bool ping_report_init(struct ping_report *report)
{
	if (!report->args->json)
		return true;
	report->replies = json_array();
	report->errors = json_array();
	return report->replies && report->errors;
}

void ping_report_fini(struct ping_report *report)
{
	json_decref(report->replies);
	json_decref(report->errors);
	report->replies = NULL;
	report->errors = NULL;
}

/* Lines that come and go with the packets are for neither -q, -f nor --json. */
static bool shows_lines(const struct ping_report *report)
{
	return !report->args->quiet && !report->args->flood && !report->args->json;
}

static void print_stamp(struct ping_report *report)
{
	struct timespec now;

	if (!report->args->stamps)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	fprintf(report->out, "[%lld.%06ld] ", (long long)now.tv_sec, now.tv_nsec / 1000);
}

void ping_report_header(struct ping_report *report)
{
	const struct ping_args *args = report->args;
	char dst[INET_ADDRSTRLEN];
	char source[INET_ADDRSTRLEN];

	if (args->json)
		return;
	inet_ntop(AF_INET, &report->dst, dst, sizeof(dst));
	inet_ntop(AF_INET, &report->source, source, sizeof(source));
	if (args->verbose)
		fprintf(report->out, "sluice ping: %s ICMP socket\n",
			report->is_raw ? "raw" : "datagram");
	if (args->pattern.len > 0) {
		fprintf(report->out, "PATTERN: 0x");
		for (u32 at = 0; at < args->pattern.len; at++)
			fprintf(report->out, "%02x", args->pattern.bytes[at]);
		fputc('\n', report->out);
	}
	fprintf(report->out, "PING %s (%s) ", args->host, dst);
	if (args->source_text || args->iface_text)
		fprintf(report->out, "from %s %s: ", source,
			args->iface_text ? args->iface_text : "");
	fprintf(report->out, "%u(%u) bytes of data.\n", args->size_bytes,
		args->size_bytes + ICMP_HLEN + IP4_HLEN_MIN);
	fflush(report->out);
}

static void print_reply(struct ping_report *report, const struct ping_reply *reply)
{
	char from[RESOLVE_SHOWN_SIZE];
	char rtt[TOOL_MS_SIZE];

	print_stamp(report);
	fprintf(report->out, "%u bytes from %s: icmp_seq=%u", reply->len_bytes,
		resolve_show(report->resolver, reply->from, from), reply->seq);
	if (reply->ttl >= 0)
		fprintf(report->out, " ttl=%d", reply->ttl);
	if (reply->truncated)
		fprintf(report->out, " (truncated)");
	fprintf(report->out, " time=%s ms", tool_format_rtt(reply->rtt_ns, rtt));
	if (reply->duplicate)
		fprintf(report->out, " (DUP!)");
	if (reply->csum_bad)
		fprintf(report->out, " (BAD CHECKSUM!)");
	if (reply->payload_wrong)
		fprintf(report->out, "\nwrong data byte #%u should be 0x%x but was 0x%x",
			reply->wrong.at, reply->wrong.want, reply->wrong.got);
	fputc('\n', report->out);
	fflush(report->out);
}

void ping_report_reply(struct ping_report *report, const struct ping_reply *reply)
{
	if (report->args->json)
		ping_json_reply(report, reply);
	if (shows_lines(report)) {
		print_reply(report, reply);
	} else if (report->args->flood && !report->args->quiet && !report->args->json) {
		fputs(reply->csum_bad ? "\bC" : "\b \b", report->out);
		fflush(report->out);
	}
}

static void print_local_error(struct ping_report *report, const struct ping_error *error)
{
	if (error->error_number == EMSGSIZE && error->info > 0)
		fprintf(report->complaints, "sluice ping: local error: message too long, mtu=%u\n",
			error->info);
	else
		fprintf(report->complaints, "sluice ping: local error: %s\n",
			strerror(error->error_number));
}

static void print_icmp_error(struct ping_report *report, const struct ping_error *error)
{
	char from[RESOLVE_SHOWN_SIZE];
	char text[ICMP_TEXT_SIZE];

	print_stamp(report);
	fprintf(report->out, "From %s", resolve_show(report->resolver, error->from, from));
	if (error->has_seq)
		fprintf(report->out, " icmp_seq=%u", error->seq);
	fprintf(report->out, " %s\n", icmp_error_text(error->type, error->code, error->info, text));
	fflush(report->out);
}

void ping_report_error(struct ping_report *report, const struct ping_error *error)
{
	if (report->args->json)
		ping_json_error(report, error);
	if (shows_lines(report) && error->is_icmp) {
		print_icmp_error(report, error);
	} else if (shows_lines(report)) {
		print_local_error(report, error);
	} else if (report->args->flood && !report->args->quiet && !report->args->json) {
		fputs("\bE", report->out);
		fflush(report->out);
	}
}

void ping_report_outstanding(struct ping_report *report, u16 seq)
{
	if (!shows_lines(report))
		return;
	print_stamp(report);
	fprintf(report->out, "no answer yet for icmp_seq=%u\n", seq);
	fflush(report->out);
}

void ping_report_dot(struct ping_report *report)
{
	if (!report->args->flood || report->args->quiet || report->args->json)
		return;
	fputc('.', report->out);
	fflush(report->out);
}

static void print_counts(struct ping_report *report, const struct ping_tally *tally)
{
	FILE *out = report->out;

	fprintf(out, "%llu packets transmitted, %llu received",
		(unsigned long long)tally->transmitted, (unsigned long long)tally->received);
	if (tally->duplicates > 0)
		fprintf(out, ", +%llu duplicates", (unsigned long long)tally->duplicates);
	if (tally->corrupted > 0)
		fprintf(out, ", +%llu corrupted", (unsigned long long)tally->corrupted);
	if (tally->errors > 0)
		fprintf(out, ", +%llu errors", (unsigned long long)tally->errors);
	if (tally->transmitted > 0)
		fprintf(out, ", %g%% packet loss, time %llums",
			stats_loss_percent(tally->transmitted, tally->received),
			(unsigned long long)((tally->last_ns - tally->first_ns) / NS_PER_MS));
	fputc('\n', out);
}

static void print_times(struct ping_report *report, const struct ping_tally *tally)
{
	char min[TOOL_MS_SIZE], avg[TOOL_MS_SIZE], max[TOOL_MS_SIZE], mdev[TOOL_MS_SIZE];
	const struct rtt_stats *rtt = &tally->rtt;
	const char *comma = "";

	if (rtt->count > 0) {
		fprintf(report->out, "rtt min/avg/max/mdev = %s/%s/%s/%s ms",
			tool_format_ms(rtt->min_ns, min), tool_format_ms(stats_mean_ns(rtt), avg),
			tool_format_ms(rtt->max_ns, max), tool_format_ms(stats_mdev_ns(rtt), mdev));
		comma = ", ";
	}
	if (tally->in_flight_max > 1)
		fprintf(report->out, "%spipe %llu", comma,
			(unsigned long long)tally->in_flight_max);
	fputc('\n', report->out);
}

void ping_report_end(struct ping_report *report, const struct ping_tally *tally)
{
	if (report->args->json) {
		ping_json_write(report, tally);
		return;
	}
	fprintf(report->out, "\n--- %s ping statistics ---\n", report->args->host);
	print_counts(report, tally);
	print_times(report, tally);
	fflush(report->out);
}

int ping_exit_code(const struct ping_args *args, const struct ping_tally *tally)
{
	if (tally->received == 0)
		return TOOL_EXIT_NO_REPLY;
	if (args->deadline_ns > 0 && tally->received < args->count)
		return TOOL_EXIT_NO_REPLY;
	return TOOL_EXIT_OK;
}
