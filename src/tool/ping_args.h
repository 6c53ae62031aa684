/* The command line of `sluice ping`, as a value. */
#ifndef SLUICE_TOOL_PING_ARGS_H
#define SLUICE_TOOL_PING_ARGS_H

#include <stdio.h>

#include "core/base/bytes.h"
#include "tool/icmp_msg.h"
#include "tool/tool_text.h"

#define PING_SIZE_DEFAULT    56
#define PING_INTERVAL_MIN_NS (2 * NS_PER_MS) /* without privilege */

struct ping_args {
	const char *host;
	const char *source_text; /* -I with an address */
	const char *iface_text;  /* -I with a name */
	u64 count;               /* 0: until stopped */
	u64 interval_ns;
	u64 wait_ns;     /* -W: after the last request, while nothing was ever received */
	u64 deadline_ns; /* 0: none */
	u32 size_bytes;
	int ttl; /* 0: the system's */
	int pmtud;
	struct icmp_pattern pattern;
	bool quiet;
	bool numeric;
	bool flood;
	bool stamps;
	bool outstanding; /* -O */
	bool verbose;
	bool broadcast;
	bool json;
};

/* argv[0] is the subcommand's name. is_root lifts the lower bound of the interval. On ARGS_BAD the
 * sentence in why names the argument, its value and what would be right. */
enum args_result ping_args_parse(int argc, char **argv, bool is_root, struct ping_args *args,
				 struct tool_why *why);

void ping_args_help(FILE *out);

#endif
