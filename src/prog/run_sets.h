/* Orders about sets of the filter: `sluice set`.
 *
 * One at a time, in steps between batches: first every element is read, so that a mistake changes
 * nothing, then they are put in or taken out some hundred a step; what replaces all of a set is
 * filled beside it and exchanged in the last step.                                               */
#ifndef PROG_RUN_SETS_H
#define PROG_RUN_SETS_H

#include "prog/run_state.h"

enum {
	RUN_SETS_READ = 1024, /* lines in a step */
	RUN_SETS_TAKE = 512,  /* elements in a step */
	RUN_SETS_TESTS = 1024,
};

/* Requires: none is under way. It is answered when it is done. */
void run_sets_begin(struct run *run, const struct ctl_call *call);
void run_sets_step(struct run *run);
/* What is under way ends without an answer. */
void run_sets_end(struct run *run);

#endif
