/* The command line of `sluice link`, as a value. */
#ifndef SLUICE_TOOL_LINK_ARGS_H
#define SLUICE_TOOL_LINK_ARGS_H

#include <stdio.h>

#include "core/base/bytes.h"
#include "core/link/link.h"
#include "tool/tool_text.h"

enum link_way { LINK_A_TO_B, LINK_B_TO_A, LINK_WAYS };

struct link_args {
	const char *iface[LINK_WAYS];     /* [way]: where it begins */
	struct link_conf conf[LINK_WAYS]; /* whole: link_conf_check accepts each */
	bool has_seed;
	u64 seed;
	ns_t end_ns;   /* after so long; 0: when asked */
	ns_t stats_ns; /* tell so often; 0: at the end only */
	bool json;
	bool realtime; /* ask the scheduler for precedence */
};

/* argv[0] is the subcommand's name. On ARGS_BAD the sentence in why names the argument, its value
 * and what would be right. */
enum args_result link_args_parse(int argc, char **argv, struct link_args *args,
				 struct tool_why *why);

void link_args_help(FILE *out);

#endif
