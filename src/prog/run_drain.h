/* Backends of services put into drain while the gateway runs, and taken back. */
#ifndef PROG_RUN_DRAIN_H
#define PROG_RUN_DRAIN_H

#include <jansson.h>

#include "host/ctl/ctl_action.h"
#include "prog/run_state.h"

struct drain_why {
	char text[OS_WHY_SIZE];
};

/* CTL_DO_DRAIN or CTL_DO_UNDRAIN of every backend that the action means. Adds what became of them:
 *     "backends":[{"service":"web","backend":"10.10.0.5:8080","state":"draining","left_s":60,
 *                  "flows":12}]
 * Of CTL_DRAIN_GATEWAY, what is announced by routing protocols is withdrawn, or announced again:
 *     "gateway":{"drained":true,"was_drained":false}
 * False: why says what there is instead, and nothing was done.                                  */
bool run_drain(struct run *run, const struct ctl_action *action, ns_t now, json_t *answer,
	       struct drain_why *why);

#endif
