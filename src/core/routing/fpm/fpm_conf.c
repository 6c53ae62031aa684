/* What the listener takes for granted, and what it refuses. */
#include "core/routing/fpm/fpm_conf.h"

#include "core/routing/rib.h"

void fpm_conf_defaults(struct fpm_conf *conf)
{
	*conf = (struct fpm_conf){
		.object_limit = 4096,
		.route_limit = FPM_ROUTES_MAX,
		.distance = RIB_DISTANCE_FPM,
		.hold_ns = 60 * NS_PER_SEC,
	};
}

const char *fpm_conf_wrong(const struct fpm_conf *conf)
{
	if (conf->object_limit == 0 || conf->object_limit > FPM_OBJECTS_MAX)
		return "zebra may have 1 to 65536 next hops";
	if (conf->route_limit == 0 || conf->route_limit > FPM_ROUTES_MAX)
		return "zebra may have 1 to 4194304 routes";
	if (conf->distance == 0 || conf->distance == RIB_DISTANCE_UNREACHABLE)
		return "the distance of zebra's routes is 1 to 254";
	if (conf->hold_ns > FPM_HOLD_MAX_S * NS_PER_SEC)
		return "routes of a zebra that is gone are held for a day at most";
	return NULL;
}
