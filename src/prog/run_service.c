/* Building services. */
#include "prog/run_service.h"

#include "core/wire/ip4.h"
#include "host/conf/conf_zone.h"

static const u8 protos[CONF_SERVICE_PROTOS] = {
	[CONF_SERVICE_TCP] = IP_PROTO_TCP,
	[CONF_SERVICE_UDP] = IP_PROTO_UDP,
	[CONF_SERVICE_SCTP] = IP_PROTO_SCTP,
	[CONF_SERVICE_DCCP] = IP_PROTO_DCCP,
	[CONF_SERVICE_UDPLITE] = IP_PROTO_UDPLITE,
	[CONF_SERVICE_ANY] = 0,
};

enum conf_service_proto run_service_proto(u8 proto)
{
	for (u32 at = 0; at < CONF_SERVICE_PROTOS; at++) {
		if (protos[at] == proto)
			return (enum conf_service_proto)at;
	}
	return CONF_SERVICE_ANY;
}

static void build_service(const struct conf *asked, const struct conf_service *given,
			  struct balance_conf *balance)
{
	struct service_conf *service = &balance->service[balance->service_count++];

	service_conf_defaults(service);
	memcpy(service->name, given->name, sizeof service->name);
	service->addr = given->addr;
	service->zone = conf_zone_find(asked, given->zone);
	if (given->iface[0])
		service->addr_if = conf_iface_find(asked, given->iface);
	service->proto = protos[given->proto];
	service->hairpin = given->hairpin;
	service->port_first = given->port_first;
	service->port_last = given->port_last;
	service->method = given->method;
	service->slow_start_s = given->slow_start_s;
	service->drain_s = given->drain_s;
	service->backend_first = (u16)balance->backend_count;
	service->backend_count = (u16)given->backend_count;
	memcpy(&balance->backend[balance->backend_count], given->backend,
	       given->backend_count * sizeof given->backend[0]);
	balance->backend_count += given->backend_count;
}

/* What conf_check() has seen to in a file. */
static bool may_be_built(const struct run_source *source, struct run_errors *errors)
{
	const struct conf *asked = source->conf;
	u32 before = errors->count;
	u32 backends = 0;

	for (u32 i = 0; i < asked->service_count; i++) {
		const struct conf_service *given = &asked->service[i];

		backends += given->backend_count;
		if (given->iface[0] && conf_iface_find(asked, given->iface) == IFACE_NONE)
			run_error(errors,
				  "%s %s: %s is neither an address nor an interface of --lan or "
				  "--wan",
				  run_asked_by(source, given->iface, "--dnat").text, given->name,
				  given->iface);
	}
	if (backends > BALANCE_BACKEND_MAX)
		run_error(errors, "%s: more than %d backends in all",
			  run_asked_by(source, asked->service, "--dnat").text, BALANCE_BACKEND_MAX);
	return errors->count == before;
}

void run_service_build(const struct run_source *source, struct sluice_conf *conf,
		       struct run_errors *errors)
{
	const struct conf *asked = source->conf;
	struct balance_conf *balance = &conf->nat.balance;
	const char *wrong;

	balance->service_limit = asked->service_limit;
	balance->backend_limit = asked->backend_limit;
	if (!may_be_built(source, errors))
		return;
	for (u32 i = 0; i < asked->service_count; i++)
		build_service(asked, &asked->service[i], balance);
	wrong = balance_conf_wrong(balance);
	if (wrong)
		run_error(errors, "%s: %s", run_asked_by(source, asked->service, "--dnat").text,
			  wrong);
}

const struct conf_service *run_service_find(const struct conf *conf, const char *name)
{
	for (u32 i = 0; i < conf->service_count; i++) {
		if (strcmp(conf->service[i].name, name) == 0)
			return &conf->service[i];
	}
	return NULL;
}

bool run_service_has(const struct conf_service *service, const struct backend_conf *backend)
{
	for (u32 i = 0; service && i < service->backend_count; i++) {
		if (be32_eq(service->backend[i].addr, backend->addr) &&
		    service->backend[i].port == backend->port)
			return true;
	}
	return false;
}
