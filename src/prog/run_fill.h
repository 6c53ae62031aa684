/* The command line of `sluice run` as a configuration: another way to fill what a file fills. */
#ifndef PROG_RUN_FILL_H
#define PROG_RUN_FILL_H

#include "prog/run_args.h"

/* False: options contradict each other, and errors says which. */
bool run_args_fill(const struct run_args *args, struct conf *conf, struct run_errors *errors);

#endif
