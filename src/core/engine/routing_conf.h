/* What routing is given: the RIB, policies, and what each protocol is to do. Plain values.
 *
 * It is long, so that a struct sluice_conf points to it, and the engine keeps a copy: whoever built
 * it may build another one in the same place.                                                    */
#ifndef CORE_ENGINE_ROUTING_CONF_H
#define CORE_ENGINE_ROUTING_CONF_H

#include "core/routing/bfd/bfd_conf.h"
#include "core/routing/bgp/bgp_conf.h"
#include "core/routing/fpm/fpm_conf.h"
#include "core/routing/ospf/ospf_conf.h"
#include "core/routing/policy.h"
#include "core/routing/rib.h"
#include "core/routing/rip/rip_conf.h"

/* When neighbours are told of prefixes of NAT: only while packets of flows can cross. */
enum routing_pools {
	ROUTING_POOLS_HEALTHY, /* while a link inside and one outside are up */
	ROUTING_POOLS_WHOLE,   /* while each link inside and one outside are up */
	ROUTING_POOLS_ALWAYS,
};

struct routing_conf {
	/* Of the plan, as the limits of the protocols: memory for those that are there. One that
	 * was not there at the start can not be had later.                                       */
	bool has_rip;
	bool has_ospf;
	bool has_bgp;
	bool has_bfd;
	bool has_fpm;
	enum routing_pools pools;
	struct rib_conf rib;       /* limits of zero: nothing of all this is there */
	struct policy_conf policy; /* the engine has the pointers of the others lead to its copy */
	struct rip_conf rip;
	struct ospf_conf ospf;
	struct bgp_conf bgp;
	struct bfd_conf bfd;
	struct fpm_conf fpm;
};

#endif
