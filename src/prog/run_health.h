/* Health checks of the services' backends: what they find goes to the engine and into the log. They
 * follow the configuration: what stays goes on from what was known of it.                        */
#ifndef PROG_RUN_HEALTH_H
#define PROG_RUN_HEALTH_H

#include "prog/run_state.h"

/* False: run->errors has why. */
bool run_health_begin(struct run *run);
/* Check what conf says from now on, nothing if it is the same; the engine has to get conf before
 * the loop turns. False, with nothing changed: why says so.                                      */
bool run_health_follow(struct run *run, const struct conf *conf, const char **why);
/* False: why says why run_health_follow() would refuse it. Nothing is changed. */
bool run_health_may(struct run *run, const struct conf *conf, const char **why);
/* The engine has gone from one configuration to the other: a new backend that is to be checked
 * gets no flows before the first check says yes, and what the checks said of one that is not
 * checked any more is forgotten.                                                                 */
void run_health_settle(struct run *run, const struct conf *from, const struct conf *to, ns_t now);
/* How often backends were checked is the engine's to show. */
void run_health_tell(struct run *run);
void run_health_end(struct run *run);

#endif
