/* What `sluice perf` measured, and how it is told: as text, or as lines of JSON.
 *
 * {"version":1, "tool":"perf", "role":"send"|"recv", "final":bool, "peer":"ADDR:PORT"|null,
 *  "connections", "bytes", "seconds", "goodput_bps", "retransmitted":{"bytes","segments"},
 *  "timeouts", "recoveries", "rtt_ms":{"min","median","max"}|null,
 *  "rates":[{"seconds","bytes","bps","rtt_ms","cwnd_bytes"}], "cc":name|null, "error":text|null}
 *
 * Of a sender bytes are those that the peer has acknowledged, of a receiver those that came. The
 * smallest round trip is one measurement; median and greatest are of the smoothed one, looked at
 * every 10 ms. Before the last object a receiver tells one of each connection, without rates.   */
#ifndef PROG_PERF_REPORT_H
#define PROG_PERF_REPORT_H

#include <stdio.h>

#include "sluice/sock.h"

enum { PERF_RATES_MAX = 4096, PERF_RTTS_MAX = 8192, PERF_ERROR_SIZE = 128 };

struct perf_rate {
	ns_t end_ns; /* since the beginning */
	ns_t length_ns;
	u64 bytes;
	u64 rtt_us; /* smoothed, at the end; zero: not known */
	u32 cwnd_bytes;
};

/* Rates of intervals and round trips, in room that does not grow: of more round trips than there is
 * room for every second one is kept, then every fourth; more rates are left out.                */
struct perf_meter {
	ns_t interval_ns;
	ns_t begin_ns; /* 0: nothing has begun */
	ns_t last_ns;  /* the end of the last interval */
	u64 last_bytes;
	u32 rate_count;
	struct perf_rate rate[PERF_RATES_MAX];
	u64 rtt_min_us; /* zero: none */
	u32 rtt_every;
	u32 rtt_skipped;
	u32 rtt_count;
	u32 rtt_us[PERF_RTTS_MAX];
};

struct perf_result {
	bool sends;
	bool final;
	struct sock_addr peer; /* port zero: none, or several */
	u32 connections;
	u64 bytes;
	ns_t length_ns;
	u64 again_bytes;
	u64 again_segments;
	u32 timeouts;
	u32 recoveries;
	const char *cc;              /* NULL: not known */
	char error[PERF_ERROR_SIZE]; /* empty: none */
};

void perf_meter_init(struct perf_meter *meter, ns_t interval_ns);
void perf_meter_begin(struct perf_meter *meter, ns_t now);
void perf_meter_rtt(struct perf_meter *meter, u64 rtt_us, u64 min_rtt_us);
/* When the interval ends; NS_NEVER before the beginning. */
ns_t perf_meter_next(const struct perf_meter *meter);
/* The interval ends, with so many bytes since the beginning. */
struct perf_rate perf_meter_end(struct perf_meter *meter, u64 bytes, u32 cwnd_bytes, ns_t now);
/* Smallest, median, greatest; false: there is no round trip. */
bool perf_meter_rtts(const struct perf_meter *meter, u64 rtt_us[3]);

void perf_report_rate(const struct perf_rate *rate, FILE *out);
/* meter: NULL in what is of one connection among others. */
void perf_report(const struct perf_result *result, const struct perf_meter *meter, bool json,
		 FILE *out);

#endif
