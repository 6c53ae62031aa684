/* What services may say together. */
#include "host/conf/conf_check_service.h"

#include "core/wire/ip4.h"
#include "host/conf/conf_checking.h"
#include "host/conf/values.h"

static void check_host(struct checking *c, const be32 *addr)
{
	if (ip4_is_zeronet(*addr) || ip4_is_loopback(*addr) || ip4_is_multicast(*addr) ||
	    ip4_is_class_e(*addr))
		conf_error(c->errors, checking_at(c, addr),
			   "%s: no host can have an address of 0.0.0.0/8, 127.0.0.0/8 or "
			   "224.0.0.0/3",
			   value_show_addr(*addr).text);
}

/* ---- where it is offered --------------------------------------------------------------------- */

static void check_public(struct checking *c, const struct conf_service *service)
{
	struct checking_names ifaces = checking_ifaces(c);

	if (service->addr.raw == 0 && service->iface[0] == 0)
		checking_wrong(c, service->name,
			       "a service needs an 'address', or an 'interface' whose "
			       "address it takes");
	else if (service->addr.raw && service->iface[0])
		checking_wrong(c, service->iface,
			       "a service has an 'address' or an 'interface', not both");
	else if (service->iface[0])
		(void)checking_find(c, &ifaces, service->iface);
	else
		check_host(c, &service->addr);
	if (service->proto == CONF_SERVICE_ANY && service->port_first)
		checking_wrong(
			c, &service->port_first,
			"'protocol: any' has no ports to choose among; it needs 'ports: all'");
}

static bool same_address(const struct conf_service *a, const struct conf_service *b)
{
	return be32_eq(a->addr, b->addr) && strcmp(a->iface, b->iface) == 0;
}

/* Does a match all that b would? */
static bool covers(const struct conf_service *a, const struct conf_service *b)
{
	return same_address(a, b) && (a->proto == CONF_SERVICE_ANY || a->proto == b->proto) &&
	       (a->hairpin || !b->hairpin) &&
	       (a->port_first == 0 ||
		(b->port_first >= a->port_first && b->port_first && b->port_last <= a->port_last));
}

static void check_others(struct checking *c, u32 index)
{
	const struct conf_service *service = &c->conf->service[index];

	for (u32 i = 0; i < index; i++) {
		const struct conf_service *other = &c->conf->service[i];

		if (checking_doubts(c, other))
			continue;
		if (strcmp(other->name, service->name) == 0)
			conf_error(c->errors, checking_at(c, service->name),
				   "there is a service '%s' already, in line %u", service->name,
				   checking_at(c, other->name).line);
		else if (covers(other, service))
			conf_error(c->errors, checking_at(c, &service->port_first),
				   "service '%s' gets nothing: '%s' in line %u takes all of it and "
				   "stands before it",
				   service->name, other->name, checking_at(c, other->name).line);
		else
			continue;
		return;
	}
}

/* ---- backends -------------------------------------------------------------------------------- */

/* As far as the file says which addresses the gateway has. */
static bool is_own(const struct conf *conf, be32 addr)
{
	for (u32 i = 0; i < conf->iface_count; i++) {
		for (u32 j = 0; j < conf->iface[i].addr_count; j++) {
			if (be32_eq(conf->iface[i].addr[j].addr, addr))
				return true;
		}
	}
	return false;
}

static void check_backend(struct checking *c, const struct conf_service *service, u32 index)
{
	const struct backend_conf *backend = &service->backend[index];
	u32 width = (u32)service->port_last - service->port_first;

	check_host(c, &backend->addr);
	if (is_own(c->conf, backend->addr) || be32_eq(backend->addr, service->addr))
		conf_error(c->errors, checking_at(c, &backend->addr),
			   "%s is an address of this gateway itself, which can not be a backend",
			   value_show_addr(backend->addr).text);
	if (backend->port && service->port_first == 0)
		checking_wrong(c, &backend->port,
			       "a service for all ports keeps them: 'port' has no "
			       "meaning here");
	else if (backend->port + width > UINT16_MAX)
		conf_error(c->errors, checking_at(c, &backend->port),
			   "the service has %u ports, and from %u on there are not as many",
			   width + 1, backend->port);
	for (u32 i = 0; i < index; i++) {
		const struct backend_conf *other = &service->backend[i];

		if (!be32_eq(other->addr, backend->addr) || other->port != backend->port)
			continue;
		conf_error(c->errors, checking_at(c, &backend->addr),
			   "this backend is given already, in line %u; 'weight' gives it more",
			   checking_at(c, &other->addr).line);
		return;
	}
}

static void check_backends(struct checking *c, const struct conf_service *service)
{
	if (service->backend_count == 0)
		checking_wrong(c, service->name, "a service needs at least one backend");
	for (u32 i = 0; i < service->backend_count; i++)
		check_backend(c, service, i);
}

/* ---- health ---------------------------------------------------------------------------------- */

static void check_health(struct checking *c, const struct conf_service *service)
{
	const struct health_conf *check = &service->check;
	bool http = check->kind == HEALTH_HTTP;
	struct health_conf standard;

	health_conf_defaults(&standard);
	/* What is said and is the default anyway does no harm: so is what is printed in full. */
	if (!http && strcmp(check->path, "/") != 0)
		checking_wrong(c, check->path, "'path' needs 'kind: http'");
	if (!http && check->status != standard.status)
		checking_wrong(c, &check->status, "'status' needs 'kind: http'");
	if (!http && check->drain_status)
		checking_wrong(c, &check->drain_status, "'drain-status' needs 'kind: http'");
	if (check->kind <= HEALTH_ICMP && check->port)
		checking_wrong(c, &check->port, "'port' needs 'kind: tcp' or 'kind: http'");
	if (http && check->status == check->drain_status)
		checking_wrong(c, &check->drain_status,
			       "one status can not say up and ask for draining as well");
	if (check->kind > HEALTH_ICMP && check->port == 0 && service->port_first == 0)
		checking_wrong(c, &check->kind,
			       "a service for all ports has to say at which 'port' its "
			       "backends are checked");
}

/* ---- all ------------------------------------------------------------------------------------- */

static void check_limits(struct checking *c)
{
	const struct conf *conf = c->conf;
	u32 sum = 0;

	if (conf->service_count > conf->service_limit && !checking_doubts(c, &conf->service_limit))
		conf_error(c->errors, checking_at(c, conf->service[conf->service_limit].name),
			   "there are %u services; limits.services allows %u", conf->service_count,
			   conf->service_limit);
	for (u32 i = 0; i < conf->service_count; i++) {
		u32 before = sum;

		sum += conf->service[i].backend_count;
		if (before <= conf->backend_limit && sum > conf->backend_limit &&
		    !checking_doubts(c, &conf->backend_limit))
			conf_error(c->errors, checking_at(c, conf->service[i].name),
				   "with service '%s' there are %u backends; limits.backends "
				   "allows %u",
				   conf->service[i].name, sum, conf->backend_limit);
	}
}

void conf_check_services(const struct conf *conf, const struct conf_marks *marks,
			 struct conf_errors *errors)
{
	struct checking c = { .conf = conf, .marks = marks, .errors = errors };

	for (u32 i = 0; i < conf->service_count; i++) {
		if (checking_doubts(&c, &conf->service[i]))
			continue;
		check_public(&c, &conf->service[i]);
		check_others(&c, i);
		check_backends(&c, &conf->service[i]);
		check_health(&c, &conf->service[i]);
	}
	check_limits(&c);
}
