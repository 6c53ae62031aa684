/* Configurations that an engine would take and nobody can mean: a gateway that is the gateway
 * itself, a public address that no packet comes back to, a route that cuts off an own network.
 *
 * Pure. Asked at the start, and when somebody asks for a change; a running gateway goes on when its
 * host gets an address that would have been refused.                                             */
#ifndef PROG_RUN_CHECK_H
#define PROG_RUN_CHECK_H

#include "prog/run_conf.h"

/* conf has the interfaces with their addresses. Each mistake becomes one of errors. */
void run_check(const struct run_source *source, const struct sluice_conf *conf,
	       struct run_errors *errors);

#endif
