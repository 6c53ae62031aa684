/* Services in a configuration. */
#ifndef TEST_FAKE_SERVICE_H
#define TEST_FAKE_SERVICE_H

#include "core/nat/balance_conf.h"

/* Appends a service without backends: TCP, one port, no slow start, called "web" and so on. */
struct service_conf *fake_service(struct balance_conf *conf, const char *name, const char *public,
				  u16 port);
/* Appends a backend of weight 1 to the last service. */
struct backend_conf *fake_backend(struct balance_conf *conf, const char *address, u16 port);

#endif
