/* From single checks to a state: only several of a kind in a row change it. Pure. */
#ifndef HOST_HEALTH_HEALTH_RUN_H
#define HOST_HEALTH_HEALTH_RUN_H

#include <stddef.h>

#include "host/health/health_conf.h"

enum health_outcome { HEALTH_GOOD, HEALTH_BAD, HEALTH_DRAIN };

struct health_run {
	enum health_outcome state; /* as it was told last */
	enum health_outcome last;
	u16 count;  /* of `last` in a row */
	bool known; /* there was a check: the very first decides alone */
	u64 checks; /* all of them, and those that were bad */
	u64 failed;
	bool told; /* whoever listens now knows the state */
};

/* Whether the state is to be told: it has changed, or is not known to the listener. */
bool health_run_add(struct health_run *run, const struct health_conf *conf,
		    enum health_outcome outcome);

enum { HEALTH_STATUS_NONE, HEALTH_STATUS_MORE = -1 };
/* The status of what an HTTP server has sent so far; HEALTH_STATUS_MORE: that can not be said yet;
 * HEALTH_STATUS_NONE: it is no HTTP.                                                             */
int health_http_status(const char *text, size_t len_bytes);

#endif
