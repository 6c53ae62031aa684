/* A gateway between the outside and two zones with the same inside addresses. */
#ifndef TEST_UNIT_CORE_PATH_ZONE_BED_H
#define TEST_UNIT_CORE_PATH_ZONE_BED_H

#include "unit/core_path/path_bed.h"

enum { BLUE = RIG_IN, RED = RIG_IN2 };

#define BLUE_PUBLIC "198.18.5.1"
#define RED_PUBLIC  "198.18.6.1"

static inline void zone_set(struct iface_conf *iface, u8 zone, const char *name)
{
	iface->zone = zone;
	snprintf(iface->zone_name, sizeof iface->zone_name, "%s", name);
}

/* Two zones with the same network, each with a pool of its own. */
static inline struct path_bed *zones_new(void)
{
	struct path_bed *bed = path_bed_new();
	struct nat_conf *nat = &bed->conf.nat;

	rig_conf_zones(&bed->conf);
	nat->pool_count = 2;
	for (u32 at = 0; at < 2; at++) {
		be32 public = addr(at == 0 ? BLUE_PUBLIC : RED_PUBLIC);

		nat->pool[at].range_count = 1;
		nat->pool[at].range[0] = (struct nat_range){ public, public };
	}
	nat->rule_count = 2;
	nat->rule[1] = nat->rule[0];
	for (u16 at = 0; at < 2; at++) {
		nat->rule[at].kind = NAT_KIND_POOL;
		nat->rule[at].pool = at;
		nat->rule[at].zone = (u8)(at + 1);
	}
	return bed;
}

#endif
