/* What `sluice perf` measured, and how it is told. */
#include "prog/perf_report.h"

#include <stdlib.h>

#include "host/conf/values.h"
#include "tool/tool_json.h"
#include "tool/tool_text.h"

enum { PEER_SIZE = VALUE_PREFIX_SIZE + 8, JSON_DIGITS = 12, BITS = 8 };

#define SECOND    1e9
#define MEGABIT   1e6
#define US_PER_MS 1e3

/* ---- measuring ------------------------------------------------------------------------------- */

void perf_meter_init(struct perf_meter *meter, ns_t interval_ns)
{
	memset(meter, 0, sizeof *meter);
	meter->interval_ns = interval_ns;
	meter->rtt_every = 1;
}

void perf_meter_begin(struct perf_meter *meter, ns_t now)
{
	meter->begin_ns = meter->last_ns = now;
}

void perf_meter_rtt(struct perf_meter *meter, u64 rtt_us, u64 min_rtt_us)
{
	if (min_rtt_us > 0 && (meter->rtt_min_us == 0 || min_rtt_us < meter->rtt_min_us))
		meter->rtt_min_us = min_rtt_us;
	if (rtt_us == 0 || ++meter->rtt_skipped < meter->rtt_every)
		return;
	meter->rtt_skipped = 0;
	if (meter->rtt_count == PERF_RTTS_MAX) {
		for (u32 at = 0; at < PERF_RTTS_MAX / 2; at++)
			meter->rtt_us[at] = meter->rtt_us[2 * at];
		meter->rtt_count /= 2;
		meter->rtt_every *= 2;
	}
	meter->rtt_us[meter->rtt_count++] = (u32)u64_min(rtt_us, UINT32_MAX);
}

ns_t perf_meter_next(const struct perf_meter *meter)
{
	return meter->begin_ns == 0 ? NS_NEVER : meter->last_ns + meter->interval_ns;
}

struct perf_rate perf_meter_end(struct perf_meter *meter, u64 bytes, u32 cwnd_bytes, ns_t now)
{
	struct perf_rate rate = {
		.end_ns = now - meter->begin_ns,
		.length_ns = now - meter->last_ns,
		.bytes = bytes - meter->last_bytes,
		.rtt_us = meter->rtt_count > 0 ? meter->rtt_us[meter->rtt_count - 1] : 0,
		.cwnd_bytes = cwnd_bytes,
	};

	meter->last_ns = now;
	meter->last_bytes = bytes;
	if (meter->rate_count < PERF_RATES_MAX)
		meter->rate[meter->rate_count++] = rate;
	return rate;
}

static int compare(const void *left, const void *right)
{
	u32 a = *(const u32 *)left, b = *(const u32 *)right;

	return (a > b) - (a < b);
}

bool perf_meter_rtts(const struct perf_meter *meter, u64 rtt_us[3])
{
	u32 sorted[PERF_RTTS_MAX];

	if (meter->rtt_count == 0)
		return false;
	memcpy(sorted, meter->rtt_us, meter->rtt_count * sizeof *sorted);
	qsort(sorted, meter->rtt_count, sizeof *sorted, compare);
	rtt_us[0] = meter->rtt_min_us > 0 ? u64_min(meter->rtt_min_us, sorted[0]) : sorted[0];
	rtt_us[1] = sorted[meter->rtt_count / 2];
	rtt_us[2] = sorted[meter->rtt_count - 1];
	return true;
}

/* ---- telling --------------------------------------------------------------------------------- */

static double seconds(ns_t ns)
{
	return (double)ns / SECOND;
}

static double bits_per_second(u64 bytes, ns_t length_ns)
{
	return length_ns > 0 ? (double)bytes * BITS / seconds(length_ns) : 0;
}

static void peer_show(const struct sock_addr *peer, char text[PEER_SIZE])
{
	snprintf(text, PEER_SIZE, "%s:%u", value_show_addr(peer->addr).text, be16_host(peer->port));
}

void perf_report_rate(const struct perf_rate *rate, FILE *out)
{
	fprintf(out, "%9.3f s  %10.3f Mbit/s", seconds(rate->end_ns),
		bits_per_second(rate->bytes, rate->length_ns) / MEGABIT);
	if (rate->rtt_us > 0)
		fprintf(out, "  round trip %.3f ms", (double)rate->rtt_us / US_PER_MS);
	if (rate->cwnd_bytes > 0)
		fprintf(out, "  window %u kB", rate->cwnd_bytes / 1000);
	fputc('\n', out);
	fflush(out);
}

static void report_text(const struct perf_result *result, const struct perf_meter *meter, FILE *out)
{
	char peer[PEER_SIZE] = "all";
	u64 rtt_us[3];

	if (result->peer.port.raw != 0)
		peer_show(&result->peer, peer);
	fprintf(out, "%s %s: %llu bytes in %.3f s, %.3f Mbit/s", result->sends ? "to" : "from",
		peer, (unsigned long long)result->bytes, seconds(result->length_ns),
		bits_per_second(result->bytes, result->length_ns) / MEGABIT);
	if (result->sends && result->cc)
		fprintf(out, " with %s", result->cc);
	fputc('\n', out);
	if (result->sends)
		fprintf(out,
			"  sent again: %llu bytes in %llu segments; time-outs %u, recoveries %u\n",
			(unsigned long long)result->again_bytes,
			(unsigned long long)result->again_segments, result->timeouts,
			result->recoveries);
	if (meter && perf_meter_rtts(meter, rtt_us))
		fprintf(out, "  round trip: %.3f ms at least, %.3f in the median, %.3f at most\n",
			(double)rtt_us[0] / US_PER_MS, (double)rtt_us[1] / US_PER_MS,
			(double)rtt_us[2] / US_PER_MS);
	if (result->error[0])
		fprintf(out, "  ended by: %s\n", result->error);
}

static json_t *rtt_json(const struct perf_meter *meter)
{
	u64 rtt_us[3];
	json_t *object;

	if (!meter || !perf_meter_rtts(meter, rtt_us))
		return json_null();
	object = json_object();
	tool_json_set_ms(object, "min", rtt_us[0] * NS_PER_US);
	tool_json_set_ms(object, "median", rtt_us[1] * NS_PER_US);
	tool_json_set_ms(object, "max", rtt_us[2] * NS_PER_US);
	return object;
}

static json_t *rates_json(const struct perf_meter *meter)
{
	json_t *array = json_array();

	for (u32 at = 0; at < meter->rate_count; at++) {
		const struct perf_rate *rate = &meter->rate[at];
		json_t *object = json_object();

		json_object_set_new(object, "seconds", json_real(seconds(rate->end_ns)));
		tool_json_set_count(object, "bytes", rate->bytes);
		json_object_set_new(object, "bps",
				    json_real(bits_per_second(rate->bytes, rate->length_ns)));
		tool_json_set_ms(object, "rtt_ms", rate->rtt_us * NS_PER_US);
		tool_json_set_count(object, "cwnd_bytes", rate->cwnd_bytes);
		json_array_append_new(array, object);
	}
	return array;
}

static void set_text(json_t *object, const char *key, const char *text)
{
	json_object_set_new(object, key, text && text[0] ? json_string(text) : json_null());
}

static void report_json(const struct perf_result *result, const struct perf_meter *meter, FILE *out)
{
	json_t *object = json_object(), *again = json_object();
	char peer[PEER_SIZE] = "";

	if (result->peer.port.raw != 0)
		peer_show(&result->peer, peer);
	tool_json_set_count(object, "version", 1);
	tool_json_set_text(object, "tool", "perf");
	tool_json_set_text(object, "role", result->sends ? "send" : "recv");
	json_object_set_new(object, "final", json_boolean(result->final));
	set_text(object, "peer", peer);
	tool_json_set_count(object, "connections", result->connections);
	tool_json_set_count(object, "bytes", result->bytes);
	json_object_set_new(object, "seconds", json_real(seconds(result->length_ns)));
	json_object_set_new(object, "goodput_bps",
			    json_real(bits_per_second(result->bytes, result->length_ns)));
	tool_json_set_count(again, "bytes", result->again_bytes);
	tool_json_set_count(again, "segments", result->again_segments);
	json_object_set_new(object, "retransmitted", again);
	tool_json_set_count(object, "timeouts", result->timeouts);
	tool_json_set_count(object, "recoveries", result->recoveries);
	json_object_set_new(object, "rtt_ms", rtt_json(meter));
	if (meter)
		json_object_set_new(object, "rates", rates_json(meter));
	set_text(object, "cc", result->cc);
	set_text(object, "error", result->error);
	json_dumpf(object, out, JSON_COMPACT | JSON_REAL_PRECISION(JSON_DIGITS));
	fputc('\n', out);
	json_decref(object);
}

void perf_report(const struct perf_result *result, const struct perf_meter *meter, bool json,
		 FILE *out)
{
	if (json)
		report_json(result, meter, out);
	else
		report_text(result, meter, out);
	fflush(out);
}
