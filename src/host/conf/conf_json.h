/* A configuration for programs. */
#ifndef HOST_CONF_CONF_JSON_H
#define HOST_CONF_CONF_JSON_H

#include <jansson.h>

#include "host/conf/conf.h"

/* The same keys and values as the canonical form has; all: defaults, too. */
json_t *conf_json(const struct conf *conf, bool all);

#endif
