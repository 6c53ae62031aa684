/* Services in a configuration. */
#include "fake/service.h"

#include <stdio.h>

#include "fake/build.h"

struct service_conf *fake_service(struct balance_conf *conf, const char *name, const char *public,
				  u16 port)
{
	struct service_conf *service = &conf->service[conf->service_count++];

	service_conf_defaults(service);
	snprintf(service->name, sizeof service->name, "%s", name);
	service->addr = addr(public);
	service->proto = IP_PROTO_TCP;
	service->port_first = service->port_last = port;
	service->slow_start_s = 0;
	service->backend_first = (u16)conf->backend_count;
	return service;
}

struct backend_conf *fake_backend(struct balance_conf *conf, const char *address, u16 port)
{
	struct backend_conf *backend = &conf->backend[conf->backend_count++];

	*backend = (struct backend_conf){ .addr = addr(address), .port = port, .weight = 1 };
	conf->service[conf->service_count - 1].backend_count++;
	return backend;
}
