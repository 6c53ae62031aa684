/* Health checks of the services' backends: what they find goes to the engine and into the log. They
 * follow the configuration: what stays goes on from what was known of it.                        */
#ifndef PROG_RUN_HEALTH_H
#define PROG_RUN_HEALTH_H

#include "prog/run_state.h"

/* False: run->errors has why. */
bool run_health_begin(struct run *run, ns_t now);
/* Check what conf says from now on; nothing happens if it is the same. The engine has got conf. */
void run_health_follow(struct run *run, const struct conf *conf, ns_t now);
/* What checks have to do, between two batches. */
void run_health_turn(struct run *run, ns_t now);
/* When there is something without a packet that comes in; NS_NEVER. */
ns_t run_health_next(const struct run *run);
/* The engine has gone from one configuration to the other: a new backend that is to be checked
 * gets no flows before the first check says yes, and what the checks said of one that is not
 * checked any more is forgotten.                                                                 */
void run_health_settle(struct run *run, const struct conf *from, const struct conf *to, ns_t now);
/* How often backends were checked is the engine's to show. */
void run_health_tell(struct run *run);
void run_health_end(struct run *run);

#endif
