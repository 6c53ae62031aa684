/* Filling a configuration from options. */
#include "prog/run_fill.h"

#include "core/wire/ip4.h"
#include "prog/run_service.h"

/* The only pool there is on a command line. */
static const char pool_name[] = "pool";

static void fill_ifaces(const struct run_args *args, struct conf *conf)
{
	conf->iface_count = args->iface_count;
	memcpy(conf->iface, args->iface, args->iface_count * sizeof conf->iface[0]);
	conf->host_port = !args->no_host;
	if (args->gateway_given)
		conf->gateway = args->gateway;
	conf->route_count = args->route_count;
	memcpy(conf->route, args->route, args->route_count * sizeof conf->route[0]);
}

static struct conf_rule *add_rule(struct conf *conf)
{
	struct conf_rule *rule = &conf->rule[conf->rule_count++];

	nat_rule_defaults(&rule->rule);
	return rule;
}

static void fill_exempt(const struct run_args *args, struct conf *conf)
{
	for (u32 i = 0; i < args->exempt_count; i++) {
		struct nat_rule_conf *rule = &add_rule(conf)->rule;

		rule->kind = NAT_KIND_NONE;
		rule->dest = args->exempt[i].prefix;
		rule->dest_len = args->exempt[i].prefix_len;
		rule->dest_port = args->exempt[i].port;
	}
}

static void fill_pool(const struct run_args *args, struct conf *conf, struct conf_rule *rule)
{
	struct conf_pool *pool = &conf->pool[conf->pool_count++];

	memcpy(pool->name, pool_name, sizeof pool_name);
	memcpy(rule->pool, pool_name, sizeof pool_name);
	rule->rule.kind = NAT_KIND_POOL;
	pool->pool.range_count = args->pool_count;
	memcpy(pool->pool.range, args->pool, args->pool_count * sizeof args->pool[0]);
	pool->pool.port_first = args->port_first;
	pool->pool.port_last = args->port_last;
	pool->pool.strict_pairing = args->strict_pairing;
}

static void fill_rule(const struct run_args *args, struct conf *conf, struct run_errors *errors)
{
	struct conf_rule *rule = add_rule(conf);

	if (args->pool_count)
		fill_pool(args, conf, rule);
	else
		rule->rule.kind = NAT_KIND_MASQUERADE;
	conf->masquerade_port_first = args->port_first;
	conf->masquerade_port_last = args->port_last;
	for (int proto = 0; proto < NAT_PROTO_COUNT; proto++) {
		if (args->mapping_given[proto])
			rule->rule.mapping[proto] = args->mapping[proto];
		if (args->filtering_given[proto])
			rule->rule.filtering[proto] = args->filtering[proto];
		if (rule->rule.mapping[proto] == NAT_MAP_DESTINATION &&
		    args->filtering_given[proto] &&
		    args->filtering[proto] != NAT_FILTER_ADDRESS_PORT)
			run_error(errors,
				  "--filtering: with --mapping destination only the endpoint that "
				  "was spoken to can answer; say address-port, or --mapping "
				  "endpoint");
	}
	rule->rule.hairpin = !args->no_hairpin;
	rule->rule.parity = !args->no_parity;
	if (args->strict_pairing && !args->pool_count)
		run_error(errors, "--strict-pairing: is about pools; give a --pool as well");
}

static void fill_nat(const struct run_args *args, struct conf *conf, struct run_errors *errors)
{
	/* Nothing of it would be used: better said than silently ignored. */
	if (args->no_nat && (args->pool_count || args->static_count || args->exempt_count))
		run_error(errors,
			  "--no-nat: leaves every address as it is; take --pool, --one-to-one and "
			  "--no-nat-to away, or --no-nat");
	if (args->no_nat)
		return;
	fill_exempt(args, conf);
	fill_rule(args, conf, errors);
	conf->static_count = args->static_count;
	for (u32 i = 0; i < args->static_count; i++) {
		const struct nat_static_conf *fixed = &args->fixed[i];

		conf->fixed[i] = (struct conf_static){ .inside = fixed->inside,
						       .outside = fixed->outside,
						       .inside_len = fixed->prefix_len,
						       .outside_len = fixed->prefix_len };
	}
	if (args->quarantine_given)
		conf->quarantine_s = args->quarantine_s;
	if (args->mappings)
		conf->mapping_count = args->mappings;
}

/* Named by what stands before their backends; there is room for all that options can say. */
static void fill_services(const struct run_args *args, struct conf *conf)
{
	u32 backends = 0;

	conf->service_count = args->dnat_count;
	for (u32 i = 0; i < args->dnat_count; i++) {
		const struct dnat_args *dnat = &args->dnat[i];
		struct conf_service *service = &conf->service[i];

		memcpy(service->name, dnat->service.name, sizeof service->name);
		memcpy(service->iface, dnat->iface, sizeof service->iface);
		service->addr = dnat->service.addr;
		service->proto = run_service_proto(dnat->service.proto);
		service->port_first = dnat->service.port_first;
		service->port_last = dnat->service.port_last;
		service->method = dnat->service.method;
		service->hairpin = dnat->service.hairpin;
		service->slow_start_s = dnat->service.slow_start_s;
		service->drain_s = dnat->service.drain_s;
		service->check = dnat->health;
		/* As in a file: the path of a check that asks for none. */
		if (!service->check.path[0])
			service->check.path[0] = '/';
		service->backend_count = dnat->backend_count;
		memcpy(service->backend, dnat->backend,
		       dnat->backend_count * sizeof dnat->backend[0]);
		backends += dnat->backend_count;
	}
	conf->service_limit = u32_max(conf->service_limit, conf->service_count);
	conf->backend_limit = u32_max(conf->backend_limit, backends);
}

static void fill_tracking(const struct run_args *args, struct conf *conf)
{
	if (args->flows)
		conf->ct.flow_count = args->flows;
	for (int i = 0; i < CT_TIMEOUT_COUNT; i++) {
		if (args->timeout_s[i])
			conf->ct.timeout_s[i] = args->timeout_s[i];
	}
	conf->ct.midstream = args->midstream;
	conf->ct.expiry_probes = args->expiry_probes;
	conf->ct.outbound_refresh_only = args->outbound_refresh_only;
}

static void fill_subscribers(const struct run_args *args, struct conf *conf,
			     struct run_errors *errors)
{
	conf->subscribers.limits = args->subscriber;
	if (args->subscriber_prefix_len)
		conf->subscribers.prefix_len = args->subscriber_prefix_len;
	if (args->subscriber.burst && !args->subscriber.rate)
		run_error(errors, "--subscriber burst=%u: needs a rate; give --subscriber rate=N",
			  args->subscriber.burst);
}

/* A path of a socket, which the system bounds. */
static void fill_path(const char *option, const char *path, char out[CONF_PATH_SIZE],
		      struct run_errors *errors)
{
	if (!path)
		return;
	if (strlen(path) >= CONF_PATH_SIZE) {
		run_error(errors, "%s %s: is longer than %d letters", option, path,
			  CONF_PATH_SIZE - 1);
		return;
	}
	memset(out, 0, CONF_PATH_SIZE);
	memcpy(out, path, strlen(path));
}

bool run_args_fill(const struct run_args *args, struct conf *conf, struct run_errors *errors)
{
	u32 before = errors->count;

	conf_defaults(conf);
	fill_ifaces(args, conf);
	fill_nat(args, conf, errors);
	fill_services(args, conf);
	fill_tracking(args, conf);
	fill_subscribers(args, conf, errors);
	conf->log = args->json_log ? CONF_LOG_JSON : CONF_LOG_TEXT;
	fill_path("--control", args->control, conf->control, errors);
	fill_path("--metrics", args->metrics, conf->metrics, errors);
	return errors->count == before;
}
