/* The options of `sluice run`: a table; a small reader for each that takes a value. */
#ifndef PROG_RUN_OPTIONS_H
#define PROG_RUN_OPTIONS_H

#include "prog/run_args.h"

enum { RUN_OPTIONS_MAX = 64 };

struct run_reading {
	struct run_args *args;
	struct run_errors *errors;
	const char *option; /* that is being read: "--lan" */
};

/* A file forbids most others; interfaces are read before others, which name them in any order. */
enum run_phase { PHASE_FILE, PHASE_INTERFACES, PHASE_REST, PHASE_COUNT };

struct run_option {
	const char *name;
	const char *value; /* what the help calls it; NULL: takes none */
	enum run_phase phase;
	void (*read)(struct run_reading *reading, const char *value); /* NULL: sets a bool */
	size_t sets; /* where, in struct run_args */
	const char *help;
};

extern const struct run_option run_options[];
extern const u32 run_option_count;

#endif
