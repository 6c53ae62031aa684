/* Inside of conf_check(): rules for connections that are split. */
#ifndef HOST_CONF_CONF_CHECK_ACCELERATE_H
#define HOST_CONF_CONF_CHECK_ACCELERATE_H

#include "host/conf/conf.h"

void conf_check_accelerate(const struct conf *conf, const struct conf_marks *marks,
			   struct conf_errors *errors);

#endif
