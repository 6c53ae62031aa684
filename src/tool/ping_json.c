/* The JSON object of `sluice ping`; its shape is in tool/ping_report.h. */
#include "tool/ping_json.h"

#include "core/wire/icmp.h"
#include "tool/tool_json.h"

static void append(struct ping_report *report, json_t *list, json_t *entry)
{
	if (json_array_size(list) < PING_LOG_MAX) {
		json_array_append_new(list, entry);
		return;
	}
	report->left_out++;
	json_decref(entry);
}

static void set_origin(struct ping_report *report, json_t *entry, struct in_addr from)
{
	const char *name = resolve_name(report->resolver, from);

	tool_json_set_addr(entry, "from", from);
	if (name)
		tool_json_set_text(entry, "name", name);
}

void ping_json_reply(struct ping_report *report, const struct ping_reply *reply)
{
	json_t *entry = json_object();
	json_t *wrong;

	tool_json_set_count(entry, "seq", reply->seq);
	set_origin(report, entry, reply->from);
	tool_json_set_count(entry, "bytes", reply->len_bytes);
	json_object_set_new(entry, "ttl", reply->ttl < 0 ? json_null() : json_integer(reply->ttl));
	tool_json_set_ms(entry, "rtt_ms", reply->rtt_ns);
	json_object_set_new(entry, "duplicate", json_boolean(reply->duplicate));
	tool_json_set_time(entry, "time");
	if (reply->csum_bad)
		json_object_set_new(entry, "bad_checksum", json_true());
	if (reply->truncated)
		json_object_set_new(entry, "truncated", json_true());
	if (reply->payload_wrong) {
		wrong = json_object();
		tool_json_set_count(wrong, "at", reply->wrong.at);
		tool_json_set_count(wrong, "want", reply->wrong.want);
		tool_json_set_count(wrong, "got", reply->wrong.got);
		json_object_set_new(entry, "wrong_byte", wrong);
	}
	append(report, report->replies, entry);
}

static void set_icmp(struct ping_report *report, json_t *entry, const struct ping_error *error)
{
	char text[ICMP_TEXT_SIZE];

	set_origin(report, entry, error->from);
	tool_json_set_count(entry, "type", error->type);
	tool_json_set_count(entry, "code", error->code);
	if (error->type == ICMP_UNREACH && error->code == ICMP_UNREACH_FRAG)
		tool_json_set_count(entry, "mtu", error->info);
	tool_json_set_text(entry, "text",
			   icmp_error_text(error->type, error->code, error->info, text));
}

void ping_json_error(struct ping_report *report, const struct ping_error *error)
{
	json_t *entry = json_object();

	json_object_set_new(entry, "seq", error->has_seq ? json_integer(error->seq) : json_null());
	if (error->is_icmp) {
		set_icmp(report, entry, error);
	} else {
		json_object_set_new(entry, "from", json_null());
		if (error->info > 0)
			tool_json_set_count(entry, "mtu", error->info);
		tool_json_set_text(entry, "text", strerror(error->error_number));
	}
	tool_json_set_time(entry, "time");
	append(report, report->errors, entry);
}

static json_t *statistics(const struct ping_tally *tally)
{
	json_t *object = json_object();
	json_t *rtt = json_null();

	tool_json_set_count(object, "transmitted", tally->transmitted);
	tool_json_set_count(object, "received", tally->received);
	tool_json_set_count(object, "duplicates", tally->duplicates);
	tool_json_set_count(object, "corrupted", tally->corrupted);
	tool_json_set_count(object, "errors", tally->errors);
	json_object_set_new(object, "loss_percent",
			    json_real(stats_loss_percent(tally->transmitted, tally->received)));
	tool_json_set_ms(object, "time_ms", tally->last_ns - tally->first_ns);
	if (tally->rtt.count > 0) {
		rtt = json_object();
		tool_json_set_ms(rtt, "min", tally->rtt.min_ns);
		tool_json_set_ms(rtt, "avg", stats_mean_ns(&tally->rtt));
		tool_json_set_ms(rtt, "max", tally->rtt.max_ns);
		tool_json_set_ms(rtt, "mdev", stats_mdev_ns(&tally->rtt));
	}
	json_object_set_new(object, "rtt_ms", rtt);
	return object;
}

void ping_json_write(struct ping_report *report, const struct ping_tally *tally)
{
	json_t *object = json_object();

	tool_json_set_count(object, "version", 1);
	tool_json_set_text(object, "tool", "ping");
	tool_json_set_text(object, "host", report->args->host);
	tool_json_set_addr(object, "address", report->dst);
	tool_json_set_addr(object, "source", report->source);
	tool_json_set_text(object, "socket", report->is_raw ? "raw" : "datagram");
	tool_json_set_count(object, "size_bytes", report->args->size_bytes);
	json_object_set(object, "replies", report->replies);
	json_object_set(object, "errors", report->errors);
	tool_json_set_count(object, "left_out", report->left_out);
	json_object_set_new(object, "statistics", statistics(tally));
	json_object_set_new(object, "exit_code", json_integer(ping_exit_code(report->args, tally)));
	tool_json_write(object, report->out);
}
