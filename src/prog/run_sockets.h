/* Inside of run_conf_build(): sockets of the engine that checks of backends need, beside those of
 * routing.                                                                                       */
#ifndef PROG_RUN_SOCKETS_H
#define PROG_RUN_SOCKETS_H

#include "prog/run_conf.h"

/* Routing has been built. Who is started by options is checked by them or never; a file may bring
 * checks later. A running engine keeps the room it has (facts->check_limit).                     */
void run_sockets_build(const struct run_source *source, const struct run_facts *facts,
		       struct sluice_conf *conf, struct run_errors *errors);
/* For how many backends an engine that is built now has sockets. */
u32 run_sockets_checks(const struct conf *conf, bool from_file);

#endif
