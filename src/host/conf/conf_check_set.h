/* Inside of conf_check(): sets of the filter, and rules that name them. */
#ifndef HOST_CONF_CONF_CHECK_SET_H
#define HOST_CONF_CONF_CHECK_SET_H

#include "host/conf/conf.h"

void conf_check_sets(const struct conf *conf, const struct conf_marks *marks,
		     struct conf_errors *errors);
/* What one rule asks of sets. */
void conf_check_set_names(const struct conf *conf, const struct conf_marks *marks,
			  const struct conf_filter_rule *rule, struct conf_errors *errors);
bool conf_rule_has_ports(const struct conf_filter_rule *rule);
/* NULL: there is none of that name. */
const struct conf_set *conf_set_find(const struct conf *conf, const char *name);

#endif
