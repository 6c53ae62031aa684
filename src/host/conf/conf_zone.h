/* Zones of a configuration: interfaces name them, and others speak of them. */
#ifndef HOST_CONF_CONF_ZONE_H
#define HOST_CONF_CONF_ZONE_H

#include "host/conf/conf.h"

#define CONF_ZONE_UNKNOWN UINT8_MAX

/* The number of a zone: from 1 on in the order in which interfaces name them; 0 for an empty name,
 * CONF_ZONE_UNKNOWN when no interface is in it.                                                  */
u8 conf_zone_find(const struct conf *conf, const char *name);
/* Inside of conf_check(): names of zones. */
void conf_check_zones(const struct conf *conf, const struct conf_marks *marks,
		      struct conf_errors *errors);

#endif
