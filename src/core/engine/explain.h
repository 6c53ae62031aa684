/* A packet on the road with somebody who writes everything down. */
#ifndef CORE_ENGINE_EXPLAIN_H
#define CORE_ENGINE_EXPLAIN_H

#include "sluice/explain.h"

/* Changes the engine as the packet would: called only in the copy of the core that keeps what it
 * overwrites (host/dry/dry.c). False as sluice_explain().                                       */
bool engine_explain(struct sluice *s, const struct sluice_question *question, ns_t now,
		    struct sluice_explanation *out);

#endif
