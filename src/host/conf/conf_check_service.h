/* Inside of conf_check(): services. */
#ifndef HOST_CONF_CONF_CHECK_SERVICE_H
#define HOST_CONF_CONF_CHECK_SERVICE_H

#include "host/conf/conf.h"

void conf_check_services(const struct conf *conf, const struct conf_marks *marks,
			 struct conf_errors *errors);

#endif
