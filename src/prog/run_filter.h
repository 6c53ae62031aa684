/* Inside of run_conf_build(): the engine's filter of what was asked for. */
#ifndef PROG_RUN_FILTER_H
#define PROG_RUN_FILTER_H

#include "prog/run_conf.h"

void run_filter_build(const struct run_source *source, const struct run_facts *facts,
		      struct sluice_conf *conf, struct run_rules *rules, struct run_errors *errors);

#endif
