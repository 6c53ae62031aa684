/* Routing of an engine, from outside: who speaks, and what they have to tell. */
#ifndef CORE_ENGINE_ROUTING_H
#define CORE_ENGINE_ROUTING_H

#include "core/routing/bfd/bfd.h"
#include "core/routing/bgp/bgp.h"
#include "core/routing/ospf/ospf.h"
#include "core/routing/rib.h"
#include "core/routing/rip/rip.h"
#include "sluice/sluice.h"

/* For show functions; NULL: the engine was built without it. */
const struct rib *sluice_rib(const struct sluice *s);
const struct bgp *sluice_bgp(const struct sluice *s);
const struct ospf *sluice_ospf(const struct sluice *s);
const struct rip *sluice_rip(const struct sluice *s);
const struct bfd *sluice_bfd(const struct sluice *s);

/* The oldest thing that a speaker has to tell; false: there is nothing. */
bool sluice_speaker_event(struct sluice *s, struct speaker_event *out);

/* All that is announced to others is withdrawn, and nothing more is until this is taken back;
 * packets are forwarded as ever, and what others announce is used.                               */
void sluice_routing_drain(struct sluice *s, bool drain, ns_t now);
bool sluice_routing_is_drained(const struct sluice *s);

#endif
