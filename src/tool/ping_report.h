/* What `sluice ping` tells: lines as iputils prints them, the summary, and JSON.
 *
 * Writes to a stream and knows no socket. The JSON object is gathered while the ping runs and
 * written at the end; its lists hold at most PING_LOG_MAX entries each, and say how many were left
 * out.
 *
 * {"version":1, "tool":"ping", "host", "address", "source", "socket":"raw"|"datagram",
 *  "size_bytes",
 *  "replies":[{"seq","from","name"?,"bytes","ttl"|null,"rtt_ms","duplicate","time",
 *              "wrong_byte"?:{"at","want","got"}}],
 *  "errors":[{"seq"|null,"from"|null,"name"?,"type"?,"code"?,"mtu"?,"text","time"}], "left_out",
 *  "statistics":{"transmitted","received","duplicates","corrupted","errors","loss_percent",
 *                "time_ms","rtt_ms":{"min","avg","max","mdev"}|null},
 *  "exit_code"} */
#ifndef SLUICE_TOOL_PING_REPORT_H
#define SLUICE_TOOL_PING_REPORT_H

#include <jansson.h>
#include <netinet/in.h>
#include <stdio.h>

#include "core/base/bytes.h"
#include "tool/icmp_msg.h"
#include "tool/ping_args.h"
#include "tool/resolve.h"
#include "tool/stats.h"

#define PING_LOG_MAX 65536

struct ping_tally {
	u64 transmitted;
	u64 received;
	u64 duplicates;
	u64 corrupted; /* bad checksum: not counted as received */
	u64 errors;
	u64 in_flight_max; /* the most requests that were ever under way at once */
	ns_t first_ns;
	ns_t last_ns; /* of the last request or reply */
	struct rtt_stats rtt;
};

struct ping_reply {
	struct in_addr from;
	u16 seq; /* as in the packet: wraps */
	u32 len_bytes;
	int ttl; /* -1 unknown */
	u64 rtt_ns;
	bool duplicate;
	bool csum_bad;
	bool truncated;
	bool payload_wrong;
	struct icmp_mismatch wrong;
};

struct ping_error {
	bool is_icmp; /* else this host refused to send */
	bool has_seq;
	struct in_addr from;
	u16 seq;
	u8 type;
	u8 code;
	u32 info;
	int error_number;
};

struct ping_report {
	FILE *out;
	FILE *complaints; /* errors of this host */
	const struct ping_args *args;
	struct resolver *resolver;
	struct in_addr dst;
	struct in_addr source;
	bool is_raw;
	json_t *replies; /* NULL without --json */
	json_t *errors;
	u64 left_out;
};

bool ping_report_init(struct ping_report *report);
void ping_report_fini(struct ping_report *report);

void ping_report_header(struct ping_report *report);
void ping_report_reply(struct ping_report *report, const struct ping_reply *reply);
void ping_report_error(struct ping_report *report, const struct ping_error *error);
void ping_report_outstanding(struct ping_report *report, u16 seq);

/* A dot for a request of a flood. */
void ping_report_dot(struct ping_report *report);

/* The summary, or the JSON object. */
void ping_report_end(struct ping_report *report, const struct ping_tally *tally);

int ping_exit_code(const struct ping_args *args, const struct ping_tally *tally);

#endif
