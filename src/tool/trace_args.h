/* The command line of `sluice traceroute`, as a value. */
#ifndef SLUICE_TOOL_TRACE_ARGS_H
#define SLUICE_TOOL_TRACE_ARGS_H

#include <stdio.h>

#include "core/base/bytes.h"
#include "tool/tool_text.h"

#define TRACE_HOPS_MAX    255
#define TRACE_PER_HOP_MAX 10
#define TRACE_AT_ONCE_MAX 64
#define TRACE_PROBES_MAX  (TRACE_HOPS_MAX * TRACE_PER_HOP_MAX)
/* An IP header and the eight bytes of UDP or ICMP. */
#define TRACE_LEN_MIN 28

enum trace_method { TRACE_UDP, TRACE_ICMP, TRACE_TCP };

struct trace_args {
	const char *host;
	const char *source_text;
	const char *iface_text;
	enum trace_method method;
	u32 first_ttl;
	u32 max_ttl;
	u32 per_hop; /* probes */
	u32 at_once; /* probes under way */
	u16 port;    /* UDP: of the first probe; TCP: of all; ICMP: first sequence number */
	u32 packet_len_bytes;
	u64 wait_ns;
	double here_factor; /* of a round trip of the same hop; 0: not looked at */
	double near_factor; /* of a round trip of a later hop; 0: not looked at */
	bool numeric;
	bool dont_fragment;
	bool json;
};

/* argv[0] is the subcommand's name. On ARGS_BAD the sentence in why names the argument, its value
 * and what would be right. */
enum args_result trace_args_parse(int argc, char **argv, struct trace_args *args,
				  struct tool_why *why);

void trace_args_help(FILE *out);

#endif
