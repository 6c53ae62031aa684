/* Routing of an engine, for who shows it: the RIB and the speakers with their show functions. */
#ifndef CORE_ENGINE_SHOW_ROUTING_H
#define CORE_ENGINE_SHOW_ROUTING_H

#include "core/routing/bfd/bfd.h"
#include "core/routing/bgp/bgp.h"
#include "core/routing/fpm/fpm.h"
#include "core/routing/ospf/ospf.h"
#include "core/routing/rib.h"
#include "core/routing/rip/rip.h"
#include "sluice/sluice.h"

/* Borrowed until the engine is called. NULL: there is none, or it is not spoken. */
const struct rib *sluice_rib(const struct sluice *s);
const struct bgp *sluice_bgp(const struct sluice *s);
const struct ospf *sluice_ospf(const struct sluice *s);
const struct rip *sluice_rip(const struct sluice *s);
const struct bfd *sluice_bfd(const struct sluice *s);
const struct fpm *sluice_fpm(const struct sluice *s);
/* bgp_show_announced(); false as well when BGP is not spoken. */
bool sluice_bgp_announced(const struct sluice *s, be32 peer, u64 *cursor,
			  struct bgp_told_shown *out, u32 *count);
/* Why prefixes of NAT are announced to nobody, a static text; NULL: they are, or there are none. */
const char *sluice_pools_withheld(const struct sluice *s);
/* Whether nothing is announced, by order of sluice_routing_drain(). */
bool sluice_routing_is_drained(const struct sluice *s);
/* Who has not heard of that yet; all zero: everybody has, as far as the protocols can know. */
struct sluice_drain_left {
	u32 bgp_peers; /* bgp_count_told() */
	u32 ospf_lsas; /* ospf_count_untold() */
	u32 rip_talks; /* rip_count_untold() */
};
void sluice_routing_drain_left(const struct sluice *s, struct sluice_drain_left *out);

#endif
