/* Inside of conf_check(): what rules of the filter may say together. */
#ifndef HOST_CONF_CONF_CHECK_FILTER_H
#define HOST_CONF_CONF_CHECK_FILTER_H

#include "host/conf/conf.h"

void conf_check_filter(const struct conf *conf, const struct conf_marks *marks,
		       struct conf_errors *errors);

#endif
