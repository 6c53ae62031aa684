/* What is asked for of routing, as far as it can be judged by itself. */
#ifndef HOST_CONF_CONF_CHECK_ROUTING_H
#define HOST_CONF_CONF_CHECK_ROUTING_H

#include "host/conf/conf.h"

/* As conf_check(). */
void conf_check_routing(const struct conf *conf, const struct conf_marks *marks,
			struct conf_errors *errors);

#endif
