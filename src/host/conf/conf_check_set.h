/* Inside of conf_check(): sets of the filter, and rules that name them. */
#ifndef HOST_CONF_CONF_CHECK_SET_H
#define HOST_CONF_CONF_CHECK_SET_H

#include "host/conf/conf_checking.h"

void conf_check_sets(struct checking *c);
/* What one rule asks of sets. */
void conf_check_set_names(struct checking *c, const struct conf_filter_rule *rule);
bool conf_rule_has_ports(const struct conf_filter_rule *rule);
/* NULL: there is none of that name. */
const struct conf_set *conf_set_find(const struct conf *conf, const char *name);

#endif
