/* Command lines of small subcommands: a table of options, values kept as they were typed. */
#ifndef PROG_OPTIONS_H
#define PROG_OPTIONS_H

#include <stdio.h>

#include "host/ctl/ctl_request.h"

struct option_spec {
	const char *name;  /* "--addr" */
	const char *value; /* what the help calls it; NULL: takes none */
	const char *help;
};

struct options {
	const struct option_spec *specs;
	size_t count;
	const char **value; /* of each spec: NULL when not given, "" when it takes none */
	const char **word;  /* those that are no options, up to word_max */
	size_t word_count;
	size_t word_max;
};

/* False: why says what is wrong. -h is --help. */
bool options_parse(int argc, char **argv, struct options *options, struct ctl_why *why);
void options_help(FILE *out, const struct option_spec *specs, size_t count);
/* Says what is wrong; always false. */
bool options_refuse(struct ctl_why *why, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The same of a protocol that there is not, with the one that is nearest; words: what there is. */
bool options_refuse_proto(struct ctl_why *why, const char *typed, const char *words);

#endif
