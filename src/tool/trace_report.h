/* What `sluice traceroute` tells: lines as users of traceroute know them, and JSON.
 *
 * {"version":1, "tool":"traceroute", "host", "address", "source", "method":"udp"|"icmp"|"tcp",
 *  "max_hops", "packet_bytes",
 *  "hops":[{"ttl", "probes":[{"from","name"?,"rtt_ms","type"?,"code"?,"mtu"?,"note"?}
 *                             | {"timeout":true}]}],
 *  "reached", "exit_code"} */
#ifndef SLUICE_TOOL_TRACE_REPORT_H
#define SLUICE_TOOL_TRACE_REPORT_H

#include <stdio.h>

#include "tool/resolve.h"
#include "tool/trace_args.h"
#include "tool/trace_table.h"

struct trace_report {
	FILE *out;
	const struct trace_args *args;
	const struct trace_table *table;
	struct resolver *resolver;
	struct in_addr source;
	u32 shown_count;           /* probes printed */
	struct in_addr shown_addr; /* of the line; 0 none yet */
};

void trace_report_header(struct trace_report *report);

/* Prints the probes whose fate is known, as far as there is no gap. May wait for names. */
void trace_report_progress(struct trace_report *report);

/* The JSON object, if that is asked for. */
void trace_report_end(struct trace_report *report);

int trace_exit_code(const struct trace_table *table);

#endif
