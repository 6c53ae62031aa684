/* Changing what a running gateway is: looking at another configuration, taking it, going back.
 *
 * A change is whole or it is not: the text is read and checked, compared with what runs, built, and
 * given to the engine between two batches, which takes all of it or nothing. Until then nothing is
 * touched, so that a bad file changes nothing.
 *
 * A change by `apply` has to be confirmed; when the time is over without, the gateway goes back to
 * what it was before. While it waits, no other change is taken.                                 */
#ifndef PROG_RUN_CHANGE_H
#define PROG_RUN_CHANGE_H

#include "host/ctl/ctl_action.h"
#include "prog/run_state.h"

/* The answer, a line of JSON, to be freed; NULL when memory is out:
 *     {"version":1,"do":"reload","done":true,"changes":[{"path":..,"from":..,"to":..,"when":..}],
 *      "errors":[{"line":1,"column":1,"text":".."}],"error":".."}                               */
char *run_change(struct run *run, const struct ctl_call *call, ns_t now);
/* SIGHUP: the file that the gateway was started with, as it is now. */
void run_change_reload(struct run *run, ns_t now);
/* Goes back when the time to confirm is over. */
void run_change_tick(struct run *run, ns_t now);

#endif
