/* The command lines of `sluice drain` and `sluice undrain`. Pure. */
#ifndef PROG_DRAIN_ARGS_H
#define PROG_DRAIN_ARGS_H

#include <stdio.h>

#include "host/ctl/ctl_request.h"

struct drain_args {
	const char *control; /* NULL: see gateway_path() */
	bool json;
	bool help;
	char *request; /* a line of JSON; to be freed */
	bool wait;     /* until nothing is left that neighbours have to hear */
	bool flows;    /* and no flow either */
	u32 wait_s;    /* at most */
};

/* what: CTL_DO_DRAIN or CTL_DO_UNDRAIN. False: why names the argument and what is right. */
bool drain_args_parse(int argc, char **argv, enum ctl_do what, struct drain_args *args,
		      struct ctl_why *why);
void drain_args_help(FILE *out, enum ctl_do what);

#endif
