/* What the listener for FRR's zebra is given. Plain values. */
#ifndef CORE_ROUTING_FPM_FPM_CONF_H
#define CORE_ROUTING_FPM_FPM_CONF_H

#include "core/base/bytes.h"

enum {
	FPM_OBJECTS_MAX = 1 << 16,
	FPM_ROUTES_MAX = 1 << 22,
	FPM_HOLD_MAX_S = 86400,
};

struct fpm_conf {
	u32 object_limit; /* of the plan: next hops and groups of them that have a number */

	u32 route_limit; /* what zebra tells beyond it is refused */
	u8 distance;     /* of all its routes beside those of others */
	ns_t hold_ns;    /* its routes are kept for so long after it is gone; 0: not at all */
};

void fpm_conf_defaults(struct fpm_conf *conf);
/* A static sentence on the first thing that can not be; NULL. */
const char *fpm_conf_wrong(const struct fpm_conf *conf);

#endif
