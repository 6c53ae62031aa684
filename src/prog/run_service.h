/* Services of a configuration as the engine takes them. */
#ifndef PROG_RUN_SERVICE_H
#define PROG_RUN_SERVICE_H

#include "prog/run_conf.h"

/* Fills conf->nat.balance; each mistake becomes one of errors. */
void run_service_build(const struct run_source *source, struct sluice_conf *conf,
		       struct run_errors *errors);

/* The word of the configuration for what a service is for; that for every protocol is 0. */
enum conf_service_proto run_service_proto(u8 proto);

/* Of another configuration, the service of that name; NULL: it has none. */
const struct conf_service *run_service_find(const struct conf *conf, const char *name);
/* Whether the service has this backend; NULL has none. */
bool run_service_has(const struct conf_service *service, const struct backend_conf *backend);

#endif
