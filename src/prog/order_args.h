/* The command lines of `sluice events` and `sluice flush`: what flows, of which gateway. */
#ifndef PROG_ORDER_ARGS_H
#define PROG_ORDER_ARGS_H

#include <stdio.h>

#include "host/ctl/ctl_request.h"

struct order_args {
	const char *control; /* NULL: see gateway_path() */
	bool help;
	const char *zone; /* NULL: of any */
	char *request;    /* a line of JSON; to be freed */
};

/* verb: CTL_VERB_EVENTS or CTL_VERB_FLUSH. False: why names the argument and what is right. */
bool order_args_parse(int argc, char **argv, enum ctl_verb verb, struct order_args *args,
		      struct ctl_why *why);
void order_args_help(FILE *out, enum ctl_verb verb);

#endif
