/* Inside of the table: sections that have a file of their own. A new section is a file
 * conf_schema_x.c with its group, a line here, and a field of conf_root that leads to it.       */
#ifndef HOST_CONF_CONF_SCHEMA_PART_H
#define HOST_CONF_CONF_SCHEMA_PART_H

#include "host/conf/conf_schema.h"

extern const struct conf_group conf_pool_group;
extern const struct conf_group conf_nat_group;
extern const struct conf_group conf_service_group;
extern const struct conf_group conf_filter_group;
extern const struct conf_group conf_subscriber_group;
extern const struct conf_group conf_accelerate_group;
extern const struct conf_group conf_routing_group;
extern const struct conf_group conf_policy_group;
extern const struct conf_group conf_bgp_group;
extern const struct conf_group conf_ospf_group;
extern const struct conf_group conf_rip_group;
extern const struct conf_group conf_fpm_group;
extern const struct conf_group conf_key_group;

#endif
