/* Inside of run_conf_build(): what the engine's routing is given of what was asked for. */
#ifndef PROG_RUN_ROUTING_H
#define PROG_RUN_ROUTING_H

#include "prog/run_conf.h"

/* Leaves conf->routing NULL where there is none. */
void run_routing_build(const struct run_source *source, const struct run_facts *facts,
		       struct sluice_conf *conf, struct run_rules *rules,
		       struct run_errors *errors);
/* What an engine that was built of conf has room for, as facts of later ones. */
void run_routing_started(const struct sluice_conf *conf, struct run_routing_facts *facts);

#endif
