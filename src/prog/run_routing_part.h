/* Inside of run_routing_build(): what its files share. */
#ifndef PROG_RUN_ROUTING_PART_H
#define PROG_RUN_ROUTING_PART_H

#include "core/engine/routing_conf.h"
#include "prog/run_conf.h"

void run_routing_policies(const struct conf_routing *asked, struct policy_conf *policy);
/* POLICY_NONE: none is named. */
u16 run_routing_policy(const struct policy_conf *policy, const char *name);

/* Of the protocols, what is asked for; limits and the identifier are set by the caller. */
void run_routing_bgp(const struct conf *asked, struct routing_conf *routing);
void run_routing_ospf(const struct conf *asked, struct routing_conf *routing);
void run_routing_rip(const struct conf *asked, struct routing_conf *routing);
void run_routing_bfd(const struct conf *asked, struct routing_conf *routing);
void run_routing_fpm(const struct conf *asked, struct routing_conf *routing);

#endif
