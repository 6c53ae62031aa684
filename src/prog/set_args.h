/* The command line of `sluice set`, as a value. Pure. */
#ifndef PROG_SET_ARGS_H
#define PROG_SET_ARGS_H

#include <stdio.h>

#include "host/ctl/ctl_request.h"

struct set_args {
	enum ctl_do what;
	const char *name;
	const char *control; /* NULL: see gateway_path() */
	const char *file; /* NULL: none */
	u32 elem_count;
	const char *const *elem; /* as typed, and found to be elements of some kind */
	bool json;
	bool help;
};

/* word: room for as many words as there are arguments; the elements lie there. False: why says what
 * is wrong.                                                                                      */
bool set_args_parse(int argc, char **argv, const char **word, struct set_args *args,
		    struct ctl_why *why);
/* "add" */
const char *set_args_verb(enum ctl_do what);
void set_args_help(FILE *out);

#endif
