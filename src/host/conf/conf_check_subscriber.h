/* Inside of conf_check(): limits of subscribers. */
#ifndef HOST_CONF_CONF_CHECK_SUBSCRIBER_H
#define HOST_CONF_CONF_CHECK_SUBSCRIBER_H

#include "host/conf/conf.h"

void conf_check_subscribers(const struct conf *conf, const struct conf_marks *marks,
			    struct conf_errors *errors);

#endif
