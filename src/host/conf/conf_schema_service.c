/* The table of services: what is offered to the outside, who answers, and how that is found out. */
#include <assert.h>

#include "host/conf/conf_schema_part.h"

static const char *const proto_words[] = { "tcp",  "udp",     "sctp",
					    "dccp", "udplite", "any", NULL };
static const char *const method_words[] = { "maglev", "sticky", "least", NULL };
static const char *const check_words[] = { "none", "icmp", "tcp", "http", NULL };

static_assert(ARRAY_COUNT(proto_words) == CONF_SERVICE_PROTOS + 1, "words");
static_assert(CONF_SERVICE_TCP == 0 && CONF_SERVICE_ANY == 5, "words");
static_assert(BALANCE_MAGLEV == 0 && BALANCE_STICKY == 1 && BALANCE_LEAST == 2, "words");
static_assert(HEALTH_NONE == 0 && HEALTH_ICMP == 1 && HEALTH_TCP == 2 && HEALTH_HTTP == 3, "words");

static void backend_defaults(void *element)
{
	struct backend_conf *backend = element;

	backend->weight = 1;
}

static const struct conf_field backend_fields[] = {
	{ .key = "address",
	  .kind = CONF_ADDR,
	  .required = true,
	  .at = offsetof(struct backend_conf, addr),
	  .help = "a host, of the inside as a rule; its answers have to come back this way" },
	{ .key = "port",
	  .kind = CONF_PORT,
	  .zero = "same",
	  .min = 1,
	  .max = UINT16_MAX,
	  .at = offsetof(struct backend_conf, port),
	  .help = "where the first of 'ports' leads, the others follow; same: ports are kept" },
	{ .key = "weight",
	  .kind = CONF_PORT,
	  .min = 1,
	  .max = BALANCE_WEIGHT_MAX,
	  .at = offsetof(struct backend_conf, weight),
	  .help = "its share beside the others'" },
	{ .key = "drain",
	  .kind = CONF_BOOL,
	  .at = offsetof(struct backend_conf, drain),
	  .help = "it gets no new flows; those that stand go on for 'drain-time'" },
};

static const struct conf_group backend_group = {
	.what = "a backend",
	.defaults = backend_defaults,
	.field = backend_fields,
	.field_count = ARRAY_COUNT(backend_fields),
};

static const struct conf_field check_fields[] = {
	{ .key = "kind",
	  .kind = CONF_WORD,
	  .words = check_words,
	  .at = offsetof(struct health_conf, kind),
	  .help = "icmp: it answers an echo request; tcp: it takes a connection; http: it answers "
		  "GET with 'status'; none: it is always up" },
	{ .key = "path",
	  .kind = CONF_PATH,
	  .at = offsetof(struct health_conf, path),
	  .size = HEALTH_PATH_SIZE,
	  .help = "what http asks for" },
	{ .key = "port",
	  .kind = CONF_PORT,
	  .zero = "same",
	  .min = 1,
	  .max = UINT16_MAX,
	  .at = offsetof(struct health_conf, port),
	  .help = "where it is asked; same: where its flows go" },
	{ .key = "status",
	  .kind = CONF_PORT,
	  .min = 100,
	  .max = 599,
	  .at = offsetof(struct health_conf, status),
	  .help = "the HTTP status that says up" },
	{ .key = "drain-status",
	  .kind = CONF_PORT,
	  .zero = "none",
	  .min = 100,
	  .max = 599,
	  .at = offsetof(struct health_conf, drain_status),
	  .help = "the one by which it asks to be drained" },
	{ .key = "interval",
	  .kind = CONF_MILLIS,
	  .min = HEALTH_INTERVAL_MIN_MS,
	  .max = HEALTH_INTERVAL_MAX_MS,
	  .at = offsetof(struct health_conf, interval_ms),
	  .help = "from the end of one check to the next" },
	{ .key = "timeout",
	  .kind = CONF_MILLIS,
	  .min = HEALTH_INTERVAL_MIN_MS,
	  .max = HEALTH_INTERVAL_MAX_MS,
	  .at = offsetof(struct health_conf, timeout_ms),
	  .help = "how long a check may take" },
	{ .key = "rise",
	  .kind = CONF_PORT,
	  .min = 1,
	  .max = HEALTH_RUN_MAX,
	  .at = offsetof(struct health_conf, rise),
	  .help = "good checks in a row that bring it up; the very first decides alone" },
	{ .key = "fall",
	  .kind = CONF_PORT,
	  .min = 1,
	  .max = HEALTH_RUN_MAX,
	  .at = offsetof(struct health_conf, fall),
	  .help = "bad checks in a row that bring it down" },
};

static const struct conf_group check_group = {
	.what = "a check",
	.field = check_fields,
	.field_count = ARRAY_COUNT(check_fields),
};

static void service_defaults(void *element)
{
	struct conf_service *service = element;
	struct service_conf engine;

	service_conf_defaults(&engine);
	health_conf_defaults(&service->check);
	service->check.path[0] = '/';
	service->method = engine.method;
	service->slow_start_s = engine.slow_start_s;
	service->drain_s = engine.drain_s;
}

static const struct conf_field service_fields[] = {
	{ .key = "name",
	  .kind = CONF_NAME,
	  .required = true,
	  .at = offsetof(struct conf_service, name),
	  .size = CONF_NAME_SIZE,
	  .help = "by which it is known again after a reload" },
	{ .key = "address",
	  .kind = CONF_ADDR,
	  .zero = "none",
	  .at = offsetof(struct conf_service, addr),
	  .help = "its public address" },
	{ .key = "interface",
	  .kind = CONF_NAME,
	  .zero = "none",
	  .at = offsetof(struct conf_service, iface),
	  .size = IFACE_NAME_SIZE,
	  .help = "in place of 'address': the first address that this one has, whatever it is" },
	{ .key = "protocol",
	  .kind = CONF_WORD,
	  .words = proto_words,
	  .at = offsetof(struct conf_service, proto),
	  .help = "any: each, with all ports" },
	{ .key = "ports",
	  .kind = CONF_PORTS,
	  .required = true,
	  .zero = "all",
	  .at = offsetof(struct conf_service, port_first),
	  .more = offsetof(struct conf_service, port_last),
	  .help = "one port or a range" },
	{ .key = "zone",
	  .kind = CONF_NAME,
	  .zero = "none",
	  .at = offsetof(struct conf_service, zone),
	  .size = IFACE_NAME_SIZE,
	  .help = "where the backends are" },
	{ .key = "backends",
	  .kind = CONF_LIST,
	  .required = true,
	  .group = &backend_group,
	  .at = offsetof(struct conf_service, backend),
	  .size = sizeof(struct backend_conf),
	  .count_at = offsetof(struct conf_service, backend_count),
	  .count_max = BALANCE_EACH_MAX,
	  .help = "who answers. One that is taken out has its TCP flows reset and its UDP flows "
		  "decided again" },
	{ .key = "method",
	  .kind = CONF_WORD,
	  .words = method_words,
	  .at = offsetof(struct conf_service, method),
	  .help = "maglev: by addresses and ports; sticky: by the client's address; least: who "
		  "has fewest flows for its weight" },
	{ .key = "hairpin",
	  .kind = CONF_BOOL,
	  .at = offsetof(struct conf_service, hairpin),
	  .help = "for clients of the inside, too" },
	{ .key = "slow-start",
	  .kind = CONF_SECONDS,
	  .max = BALANCE_SECONDS_MAX,
	  .at = offsetof(struct conf_service, slow_start_s),
	  .help = "until one that has come up, or joins others, has its whole share" },
	{ .key = "drain-time",
	  .kind = CONF_SECONDS,
	  .max = BALANCE_SECONDS_MAX,
	  .at = offsetof(struct conf_service, drain_s),
	  .help = "how long the flows of one that is drained may go on" },
	{ .key = "check",
	  .kind = CONF_GROUP,
	  .group = &check_group,
	  .at = offsetof(struct conf_service, check),
	  .help = "how the gateway finds out who is up; it asks as one of its addresses, in the "
		  "zone of the service, and what it sends and hears passes the filter's output and "
		  "input" },
};

const struct conf_group conf_service_group = {
	.what = "a service",
	.name = "name",
	.defaults = service_defaults,
	.field = service_fields,
	.field_count = ARRAY_COUNT(service_fields),
};
