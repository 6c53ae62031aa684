/* Inside of the checks of routing: what its files share. */
#ifndef HOST_CONF_CONF_CHECK_ROUTING_PART_H
#define HOST_CONF_CONF_CHECK_ROUTING_PART_H

#include "host/conf/conf_checking.h"

/* The policy that is named: it has to be there, or a word. */
void check_policy_name(struct checking *c, const char *name);
/* The interface that is named. NULL: there is none, which was said if it can be. */
const struct conf_iface *check_routing_iface(struct checking *c, const char *name);
/* What stands there is what is shown in place of a secret. */
void check_secret(struct checking *c, const char *secret);
/* Of an interface of OSPF or RIP. */
void check_keys(struct checking *c, const char *password, const struct conf_key *key,
		const u32 *count);
/* Names of entries of size bytes, which begin with them: the index is that of the last one. */
void check_twice(struct checking *c, const struct checking_names *names, u32 index);

void check_bgp(struct checking *c);
void check_ospf(struct checking *c);

#endif
