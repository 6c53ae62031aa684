/* Inside of conf_check(): addresses that can not be meant where they stand. */
#ifndef HOST_CONF_CONF_CHECK_ADDRESS_H
#define HOST_CONF_CONF_CHECK_ADDRESS_H

#include "host/conf/conf.h"

void conf_check_addresses(const struct conf *conf, const struct conf_marks *marks,
			  struct conf_errors *errors);

#endif
