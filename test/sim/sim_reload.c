/* Reloads in the middle of a simulation: other rules, pools, one-to-one maps, time-outs, limits.
 * Flows that stand keep their bindings; what is new goes by what stands then.                    */
#include <stdio.h>
#include <stdlib.h>

#include "sim/sim.h"

enum { POOL_MORE = 3 }; /* addresses that a pool may have beyond its first */

struct sluice_conf *sim_next_conf(struct sim *sim)
{
	u32 at = sim->conf_next++ % SIM_CONFS;

	if (sim->conf[at] == NULL)
		sim->conf[at] = malloc(sizeof *sim->conf[at]);
	CHECK(sim->conf[at] != NULL);
	*sim->conf[at] = *sim->gate->conf;
	return sim->conf[at];
}

static const char *change_times(struct net *net, struct sluice_conf *conf)
{
	for (u32 n = 0; n < CT_TIMEOUT_COUNT; n++) {
		if (net_chance(net, 50))
			conf->ct.timeout_s[n] = 2 + net_below(net, net_chance(net, 50) ? 40 : 600);
	}
	if (net_chance(net, 50))
		conf->nat.quarantine_s = net_below(net, 20);
	return "times";
}

static struct nat_rule_conf *one_rule(struct net *net, struct sluice_conf *conf)
{
	return &conf->nat.rule[net_below(net, conf->nat.rule_count)];
}

static const char *change_mapping(struct net *net, struct sluice_conf *conf)
{
	struct nat_rule_conf *rule = one_rule(net, conf);

	rule->mapping[net_below(net, NAT_PROTO_COUNT)] = (enum nat_mapping)net_below(net, 2);
	rule->parity = net_chance(net, 50);
	rule->hairpin = net_chance(net, 80);
	return "mappings";
}

static const char *change_filtering(struct net *net, struct sluice_conf *conf)
{
	one_rule(net, conf)->filtering[net_below(net, NAT_PROTO_COUNT)] =
		(enum nat_filtering)net_below(net, 3);
	return "filtering of mappings";
}

/* From a pool to the address of the way out, and back. */
static const char *change_kind(struct net *net, struct sluice_conf *conf)
{
	struct nat_rule_conf *rule = one_rule(net, conf);

	if (rule->kind == NAT_KIND_NONE || conf->nat.pool_count == 0)
		return "nothing";
	rule->kind = rule->kind == NAT_KIND_POOL ? NAT_KIND_MASQUERADE : NAT_KIND_POOL;
	if (rule->kind == NAT_KIND_POOL)
		rule->pool = (u16)net_below(net, conf->nat.pool_count);
	return "kind of a rule";
}

/* One host outside is spoken to without translation, or is not any longer. */
static const char *change_exempt(struct net *net, struct sluice_conf *conf, u32 rules)
{
	struct nat_rule_conf *rule = conf->nat.rule;

	if (conf->nat.rule_count > rules) {
		memmove(rule, rule + 1, --conf->nat.rule_count * sizeof *rule);
		return "an exemption less";
	}
	memmove(rule + 1, rule, conf->nat.rule_count++ * sizeof *rule);
	nat_rule_defaults(rule);
	rule->kind = NAT_KIND_NONE;
	rule->dest = addr(net_chance(net, 50) ? "203.0.113.6" : "198.18.0.9");
	rule->dest_len = 32;
	rule->dest_port = net_chance(net, 50) ? 81 : 0;
	return "an exemption more";
}

/* The last address of a pool is taken away, or one is added behind it. */
static const char *change_pool(struct net *net, struct sluice_conf *conf)
{
	struct nat_range *range;
	u32 first, last;

	if (conf->nat.pool_count == 0)
		return "nothing";
	range = conf->nat.pool[net_below(net, conf->nat.pool_count)].range;
	first = be32_host(range->first);
	last = be32_host(range->last);
	if (last == first || (last < first + POOL_MORE && net_chance(net, 50)))
		last++;
	else
		last--;
	range->last = be32_of(last);
	return "addresses of a pool";
}

static const char *change_ifaces(struct net *net, struct sluice_conf *conf)
{
	static const u32 mtus[] = { 1500, 1400, 1280, 576 };

	for (u32 n = 0; n < conf->iface_count; n++) {
		conf->iface[n].mtu = mtus[net_below(net, ARRAY_COUNT(mtus))];
		if (net_chance(net, 20))
			conf->iface[n].source_check = (enum iface_source_check)net_below(net, 3);
	}
	return "interfaces";
}

static const char *change_tracking(struct net *net, struct sluice_conf *conf)
{
	conf->ct.midstream = net_chance(net, 30);
	conf->ct.outbound_refresh_only = net_chance(net, 30);
	conf->redirects = net_chance(net, 40);
	return "tracking and redirects";
}

/* Of a gateway that may refuse what is new only. */
static const char *change_limits(struct net *net, struct sluice_conf *conf)
{
	conf->icmp.rate_per_second = conf->icmp.burst = 5 + net_below(net, 100);
	if (conf->subscribers.subscriber_count > 0)
		conf->subscribers.limits = (struct subscriber_limits){
			.flows = net_below(net, 32),
			.ports = net_below(net, 32),
			.rate = net_below(net, 64),
		};
	return "limits";
}

/* Where there is a filter, another one, or others of its sets. */
static const char *change_filter(struct sim *sim, struct sluice_conf *conf, bool sets)
{
	if (conf->filter.rule_count == 0)
		return "nothing";
	if (sets)
		sim_draw_sets(sim, conf);
	else
		sim_draw_filter(sim, conf);
	return sets ? "sets of the filter" : "filter";
}

/* The zone of one of the inside networks. */
static u8 inside_zone(struct net *net, const struct sluice_conf *conf)
{
	static const u16 ifaces[] = { RIG_IN, RIG_IN2, SIM_IN3 };

	return conf->iface[ifaces[net_below(net, conf->iface_count - 1)]].zone;
}

/* None, one or two, which lead from elsewhere to somewhere else. Two of one zone are for other
 * hosts; pools and services have other addresses.                                                */
static const char *change_fixed(struct net *net, struct sluice_conf *conf)
{
	static const char *const outside[][2] = { { "198.18.2.0", "198.18.10.0" },
						  { "198.18.3.0", "198.18.11.0" } };

	conf->nat.static_count = net_below(net, 3);
	for (u32 at = 0; at < conf->nat.static_count; at++) {
		struct nat_static_conf *fixed = &conf->nat.fixed[at];
		u32 host = 8;

		fixed->prefix_len = 29;
		if (net_chance(net, 50)) {
			fixed->prefix_len = 32;
			host = net_chance(net, 50) ? 11 : 12;
		}
		fixed->zone = inside_zone(net, conf);
		fixed->inside = addr("10.10.0.0");
		if (at == 1 && fixed->zone == conf->nat.fixed[0].zone)
			fixed->inside = addr("10.20.0.0");
		fixed->inside = be32_of(be32_host(fixed->inside) + host);
		fixed->outside =
			be32_of(be32_host(addr(outside[at][net_below(net, 2)])) + host);
	}
	return "one-to-one";
}

/* A rule is for another zone, or for all. */
static const char *change_zone(struct net *net, struct sluice_conf *conf)
{
	struct nat_rule_conf *rule = one_rule(net, conf);

	rule->zone = net_chance(net, 40) ? NAT_ZONE_ANY : inside_zone(net, conf);
	return "zone of a rule";
}

/* What no reload may do is refused: an interface stays in its zone. */
static void try_zone(struct sim *sim)
{
	struct sluice_conf *conf = sim_next_conf(sim);
	struct iface_conf *iface = &conf->iface[net_below(&sim->net, conf->iface_count)];

	iface->zone = iface->zone == 1 ? 0 : 1;
	snprintf(iface->zone_name, IFACE_NAME_SIZE, "%s", iface->zone == 0 ? "" : "blue");
	change_times(&sim->net, conf);
	net_trace(&sim->net, "reload: an interface in another zone");
	gate_refuse(sim->gate, conf);
	sim->conf_next--;
}

void sim_reload(struct sim *sim)
{
	struct net *net = &sim->net;
	struct sluice_conf *conf;
	const char *what;

	gate_pause(sim->gate);
	if (net->why != NULL)
		return;
	if (net_chance(net, 8))
		try_zone(sim);
	conf = sim_next_conf(sim);
	switch (net_below(net, sim->gate->model->lenient ? 13 : 12)) {
	case 0: what = change_times(net, conf); break;
	case 1: what = change_mapping(net, conf); break;
	case 2: what = change_filtering(net, conf); break;
	case 3: what = change_kind(net, conf); break;
	case 4: what = change_exempt(net, conf, sim->gate->own->nat.rule_count); break;
	case 5: what = change_pool(net, conf); break;
	case 6: what = change_ifaces(net, conf); break;
	case 7: what = change_tracking(net, conf); break;
	case 8: what = change_filter(sim, conf, false); break;
	case 9: what = change_filter(sim, conf, true); break;
	case 10: what = change_fixed(net, conf); break;
	case 11: what = change_zone(net, conf); break;
	default: what = change_limits(net, conf); break;
	}
	net_trace(net, "reload: %s", what);
	gate_configure(sim->gate, conf);
	if (net->why == NULL)
		gate_compare(sim->gate);
}
