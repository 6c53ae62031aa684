/* The value of --dnat: a service, its backends and their check, on one line.
 *
 *     tcp:198.18.0.1:80=10.10.0.5:8080*2,10.10.0.6:8080;method=least;check=http:/alive
 *
 * Pure.                                                                                         */
#ifndef PROG_DNAT_ARGS_H
#define PROG_DNAT_ARGS_H

#include "core/iface/iface.h"
#include "core/nat/balance_conf.h"
#include "host/health/health_conf.h"

enum { DNAT_BACKENDS_MAX = 32, DNAT_WHY_SIZE = 160 };

struct dnat_args {
	struct service_conf service; /* without places of interfaces and backends */
	char iface[IFACE_NAME_SIZE]; /* whose address it takes; empty: service.addr */
	u32 backend_count;
	struct backend_conf backend[DNAT_BACKENDS_MAX];
	struct health_conf health;
};

/* False: why says what would be right. */
bool dnat_args_read(const char *text, struct dnat_args *out, char why[DNAT_WHY_SIZE]);

#endif
