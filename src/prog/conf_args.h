/* The command lines of check, print, plan, diff, reload, apply, confirm and rollback. Pure. */
#ifndef PROG_CONF_ARGS_H
#define PROG_CONF_ARGS_H

#include <stdio.h>

#include "core/base/bytes.h"

enum { CONF_ARGS_WHY_SIZE = 256, CONF_CONFIRM_DEFAULT_S = 60 };

enum conf_take {
	CONF_TAKE_FILE = 1 << 0,     /* a file, which has to be given */
	CONF_TAKE_ANY_FILE = 1 << 1, /* a file, which may be given */
	CONF_TAKE_CONTROL = 1 << 2,
	CONF_TAKE_CONFIRM = 1 << 3,
	CONF_TAKE_ALL = 1 << 4,
	CONF_TAKE_JSON = 1 << 5,
};

struct conf_command {
	const char *name;
	unsigned takes; /* enum conf_take or'ed */
	const char *help;
};

struct conf_args {
	const char *file; /* NULL: none */
	const char *control; /* NULL: see gateway_path() */
	u32 confirm_s;
	bool json;
	bool all;
	bool help;
	char why[CONF_ARGS_WHY_SIZE];
};

/* False: why names the argument and what would be right. */
bool conf_args_parse(const struct conf_command *command, int argc, char **argv,
		     struct conf_args *args);
void conf_args_help(const struct conf_command *command, FILE *out);
/* Prints help or the mistake when there is nothing else to do; then *code is the exit code. */
bool conf_args_take(const struct conf_command *command, int argc, char **argv,
		    struct conf_args *args, int *code);

#endif
