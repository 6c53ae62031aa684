/* From a configuration to an engine in memory that was planned. */
#include "core/base/text.h"
#include "core/engine/engine.h"

void sluice_conf_defaults(struct sluice_conf *conf)
{
	memset(conf, 0, sizeof *conf);
	conf->host_if = IFACE_NONE;
	ct_conf_defaults(&conf->ct);
	subscriber_conf_defaults(&conf->subscribers);
	nat_conf_defaults(&conf->nat);
	filter_conf_defaults(&conf->filter);
	sock_conf_defaults(&conf->sockets);
	udp_conf_defaults(&conf->udp);
	tcp_conf_defaults(&conf->tcp);
	neigh_conf_default(&conf->neigh);
	conf->fib = (struct fib_conf){ .prefix_count = 4096, .route_count = 1024 };
	conf->reass = (struct reass_conf){
		.queue_count = 1024,
		.fragment_count = 4096,
		.fragments_per_packet = REASS_FRAGMENTS_MAX,
		.fragments_per_source = 1024,
		.timeout_ns = 30 * NS_PER_SEC,
	};
	conf->icmp = ICMP_CONF_DEFAULT;
	conf->packets = (struct pkt_pool_conf){
		.small_count = 16384,
		.large_count = 256,
		.ring_count = 8192,
	};
}

u32 engine_zone_count(const struct sluice_conf *conf)
{
	u32 count = 1;

	for (u32 at = 0; at < conf->iface_count; at++)
		count = u32_max(count, conf->iface[at].zone + 1u);
	return count;
}

static void fibs_layout(struct fib **fib, const struct sluice_conf *conf, struct mem *mem)
{
	u32 count = engine_zone_count(conf);
	struct fib counted;

	*fib = mem_take(mem, "fib_zone", count, sizeof **fib);
	for (u32 zone = 0; zone < count; zone++)
		fib_layout(*fib == NULL ? &counted : &(*fib)[zone], &conf->fib, mem);
}

void engine_layout(const struct engine_tables *t, const struct sluice_conf *conf, struct mem *mem)
{
	pkt_pool_layout(t->pool, &conf->packets, mem);
	neigh_layout(t->neigh, &conf->neigh, mem);
	fibs_layout(t->fib, conf, mem);
	reass_layout(t->reass, &conf->reass, mem);
	ct_layout(t->ct, &conf->ct, mem);
	subscriber_layout(t->subscribers, &conf->subscribers, &conf->ct, mem);
	nat_layout(t->nat, &conf->nat, conf->ct.flow_count, mem);
	filter_layout(t->filter, &conf->filter, conf->ct.flow_count, mem);
	sock_layout(t->socks, &(struct sock_table_conf){ conf->sockets, conf->udp, conf->tcp },
		    mem);
	splice_layout(t->splice, &conf->splice, conf->ct.flow_count, mem);
	path_layout(t->path, mem);
	routing_layout(t->routing, conf, mem);
}

void sluice_plan(const struct sluice_conf *conf, struct mem *mem)
{
	struct pkt_pool pool;
	struct neigh_table neigh;
	struct fib *fib;
	struct reass reass;
	struct ct ct;
	struct subscriber_table subscribers;
	struct nat nat;
	struct filter filter;
	struct sock_table socks;
	struct splice splice;
	struct path path;
	struct routing *routing;
	struct engine_tables tables = {
		&pool, &neigh, &fib, &reass, &ct, &subscribers, &nat, &filter, &socks, &splice,
		&path, &routing
	};

	mem_init_plan(mem);
	(void)mem_take(mem, "engine", 1, sizeof(struct sluice));
	engine_layout(&tables, conf, mem);
}

/* The host's own stack can not be a backend: what is local is not translated. */
static bool backend_is_own(const struct sluice_conf *conf, be32 addr, u8 zone)
{
	for (u32 at = 0; at < conf->iface_count; at++) {
		const struct iface_conf *iface = &conf->iface[at];

		for (u32 own = 0; own < iface->addr_count; own++) {
			if (iface->zone == zone && be32_eq(iface->addr[own].addr, addr))
				return true;
		}
	}
	return false;
}

static const char *services_wrong(const struct sluice_conf *conf)
{
	const struct balance_conf *balance = &conf->nat.balance;
	const char *wrong = balance_conf_wrong(balance);

	if (wrong != NULL)
		return wrong;
	for (u32 at = 0; at < balance->service_count; at++) {
		const struct service_conf *service = &balance->service[at];

		if (service->zone >= engine_zone_count(conf))
			return "a service is of a zone that no interface is in";
		if (service->addr_if != IFACE_NONE && service->addr_if >= conf->iface_count)
			return "a service takes the address of an interface that does not exist";
		for (u32 each = 0; each < service->backend_count; each++) {
			if (backend_is_own(conf,
					   balance->backend[service->backend_first + each].addr,
					   service->zone))
				return "a backend is the gateway itself";
		}
	}
	return NULL;
}

_Static_assert((u32)IFACE_ZONE_MAX == (u32)CT_ZONE_MAX, "a zone is of interfaces and of flows");

/* Equal names and equal zones are the same thing, and no name means the common one. */
static bool zone_names_agree(const struct sluice_conf *conf)
{
	for (u32 at = 0; at < conf->iface_count; at++) {
		const struct iface_conf *one = &conf->iface[at];

		if ((one->zone == 0) != (one->zone_name[0] == '\0') ||
		    one->zone_name[IFACE_NAME_SIZE - 1] != '\0')
			return false;
		for (u32 before = 0; before < at; before++) {
			const struct iface_conf *other = &conf->iface[before];

			if ((one->zone == other->zone) !=
			    text_equal(one->zone_name, other->zone_name, IFACE_NAME_SIZE))
				return false;
		}
	}
	return true;
}

/* How many rules there may be is NAT's to say. */
static const char *zones_wrong(const struct sluice_conf *conf)
{
	u32 count = engine_zone_count(conf);

	for (u32 at = 0; at < conf->iface_count; at++) {
		if (conf->iface[at].zone >= IFACE_ZONE_MAX)
			return "more than 63 zones beside the common one are not possible";
		if (conf->iface[at].zone != 0 &&
		    (conf->iface[at].side == IFACE_OUTSIDE || at == conf->host_if))
			return "the outside and the host port are common to all zones";
	}
	if (!zone_names_agree(conf))
		return "zones and their names do not agree";
	for (u32 at = 0; at < conf->route_count; at++) {
		if (conf->route[at].zone >= count)
			return "a route is of a zone that no interface is in";
	}
	for (u32 at = 0; at < u32_min(conf->nat.rule_count, NAT_RULE_MAX); at++) {
		if (conf->nat.rule[at].zone != NAT_ZONE_ANY && conf->nat.rule[at].zone >= count)
			return "a NAT rule is of a zone that no interface is in";
	}
	for (u32 at = 0; at < u32_min(conf->nat.static_count, NAT_STATIC_MAX); at++) {
		if (conf->nat.fixed[at].zone >= count)
			return "a one-to-one entry is of a zone that no interface is in";
	}
	return NULL;
}

const char *engine_conf_wrong(const struct sluice_conf *conf)
{
	const char *why;

	if (conf->iface_count == 0 || conf->iface_count > IFACE_MAX)
		return "an engine needs 1 to 64 interfaces";
	if (conf->host_if != IFACE_NONE && conf->host_if >= conf->iface_count)
		return "the host port is not one of the interfaces";
	if (conf->route_count > SLUICE_ROUTE_MAX)
		return "too many routes";
	why = zones_wrong(conf);
	if (why != NULL)
		return why;
	if (conf->ct.flow_count == 0 || conf->ct.flow_count > UINT32_C(1) << 30)
		return "the flow table needs 1 to 2^30 flows";
	for (u32 class = 0; class < CT_TIMEOUT_COUNT; class ++) {
		if (conf->ct.timeout_s[class] == 0 ||
		    conf->ct.timeout_s[class] > CT_TIMEOUT_MAX_S)
			return "a time-out is zero or longer than a week";
	}
	if (conf->ct.expiry_probes && !conf->ct.counters)
		return "expiry probes need the sequence numbers that counters keep";
	if (conf->reass.fragments_per_packet < 2 ||
	    conf->reass.fragments_per_packet > REASS_FRAGMENTS_MAX)
		return "fragments per packet are 2 to 64";
	if (conf->nat.address_count == 0 || conf->nat.mapping_count == 0 ||
	    conf->nat.dest_count == 0)
		return "limits of NAT must not be zero";
	if (conf->nat.address_count > UINT16_MAX)
		return "more than 65,535 public addresses are not possible";
	if (conf->filter.rule_limit > FILTER_RULE_LIMIT)
		return "more than 32,768 filter rules are not possible (limit rule_limit)";
	if (conf->filter.set_limit > FILTER_SET_LIMIT)
		return "more than 256 filter sets are not possible (limit set_limit)";
	if (conf->filter.elem_limit > FILTER_ELEM_LIMIT)
		return "more than 4,194,304 elements of filter sets are not possible (limit "
		       "elem_limit)";
	if (conf->sockets.port_first == 0 || conf->sockets.port_first > conf->sockets.port_last)
		return "the first port that sockets are given is zero, or behind the last";
	why = splice_conf_wrong(&conf->splice, conf->iface_count);
	if (why == NULL)
		why = subscriber_conf_wrong(&conf->subscribers);
	if (why == NULL)
		why = routing_conf_wrong(conf);
	return why != NULL ? why : services_wrong(conf);
}
