/* Configurations drawn from a seed: mappings, filters, pools, sizes, small limits. */
#include <stdio.h>

#include "sim/sim.h"

static void sim_conf_nat(struct net *net, struct sluice_conf *conf)
{
	struct nat_rule_conf *rule = &conf->nat.rule[0];

	for (u32 proto = 0; proto < NAT_PROTO_COUNT; proto++) {
		if (net_chance(net, 50))
			rule->mapping[proto] = (enum nat_mapping)net_below(net, 2);
		if (net_chance(net, 50))
			rule->filtering[proto] = (enum nat_filtering)net_below(net, 3);
	}
	if (net_chance(net, 50)) {
		static const char *const lasts[] = { "198.18.1.0", "198.18.1.1", "198.18.1.3" };

		rig_conf_pool(conf, "198.18.1.0", lasts[net_below(net, 3)]);
		conf->nat.pool[0].range[0].first = addr("198.18.1.0");
	}
	if (net_chance(net, 40)) {
		conf->nat.static_count = 1;
		conf->nat.fixed[0] = (struct nat_static_conf){ addr("10.10.0.12"),
							       addr("198.18.2.12"), 32, 0 };
		if (net_chance(net, 50))
			conf->nat.fixed[0] = (struct nat_static_conf){ addr("10.10.0.8"),
								       addr("198.18.2.8"), 29, 0 };
	}
	rule->hairpin = net_chance(net, 80);
}

/* Limits that hurt: what is new may be refused, what stands may not. */
static bool sim_conf_limits(struct net *net, struct sluice_conf *conf)
{
	bool lenient = false;

	if (net_chance(net, 15)) {
		conf->ct.flow_count = 16 + net_below(net, 32);
		lenient = true;
	}
	if (net_chance(net, 15)) {
		conf->nat.mapping_count = 8 + net_below(net, 16);
		lenient = true;
	}
	if (net_chance(net, 15)) {
		conf->nat.masquerade_port_first = 4000;
		conf->nat.masquerade_port_last = (u16)(4000 + net_below(net, 60));
		conf->nat.pool[0].port_first = 4000;
		conf->nat.pool[0].port_last = (u16)(4000 + net_below(net, 60));
		lenient = true;
	}
	if (net_chance(net, 10)) {
		conf->reass.queue_count = 2;
		conf->reass.fragment_count = 16;
		lenient = true;
	}
	if (net_chance(net, 10)) {
		conf->icmp.rate_per_second = 5;
		conf->icmp.burst = 5;
		lenient = true;
	}
	return lenient;
}

/* The whole inside is one zone: nothing else may be different for it. Drawn as below; not where
 * outside hosts may speak to inside addresses.                                                  */
static void sim_conf_zone(struct sluice_conf *conf)
{
	if (conf->seed[4] >= 64 || conf->nat.rule_count > 1)
		return;
	for (u32 at = 0; at < conf->iface_count; at++) {
		if (conf->iface[at].side == IFACE_OUTSIDE || at == conf->host_if)
			continue;
		conf->iface[at].zone = 1;
		snprintf(conf->iface[at].zone_name, IFACE_NAME_SIZE, "blue");
	}
	for (u32 at = 0; at < conf->nat.static_count; at++)
		conf->nat.fixed[at].zone = 1;
}

/* One host outside is spoken to without translation, or one of its ports. Drawn from the secrets,
 * so that everything else of a seed stays what it is.                                            */
static void sim_conf_exempt(struct sluice_conf *conf)
{
	struct nat_rule_conf *rule = conf->nat.rule;

	if (conf->seed[0] >= 64)
		return;
	rule[conf->nat.rule_count] = rule[0];
	nat_rule_defaults(rule);
	rule[0].kind = NAT_KIND_NONE;
	rule[0].dest = addr(conf->seed[1] < 128 ? "203.0.113.5" : "198.18.0.9");
	rule[0].dest_len = 32;
	rule[0].dest_port = conf->seed[2] < 64 ? 80 : 0;
	conf->nat.rule_count++;
}

/* Small shares, of a host or of some together, in a table that may be too small for all. */
static bool sim_conf_subscribers(struct sluice_conf *conf)
{
	if (conf->seed[3] >= 64)
		return false;
	conf->subscribers = (struct subscriber_conf){
		.subscriber_count = 2 + conf->seed[4] % 8,
		.prefix_len = (u8)(conf->seed[5] < 128 ? 32 : 30),
		.limits = { .flows = conf->seed[6] % 32,
			    .ports = conf->seed[7] % 32,
			    .rate = conf->seed[8] % 64 },
		.exception_count = conf->seed[9] % 2,
		.exception = { { addr("10.10.0.8"), 30, { .flows = 4 } } },
	};
	return true;
}

void sim_configure(struct net *net, struct sluice_conf *conf, bool *lenient)
{
	static const u32 mtus[] = { 1500, 1500, 1400, 1280, 576 };

	rig_conf(conf);
	conf->ct.flow_count = 512;
	conf->nat.mapping_count = 512;
	conf->packets.large_count = 64;
	conf->icmp = (struct icmp_conf){ 100000, 10000, 100000, 10000 };
	conf->iface[RIG_IN].mtu = mtus[net_below(net, ARRAY_COUNT(mtus))];
	conf->iface[RIG_OUT].mtu = mtus[net_below(net, ARRAY_COUNT(mtus))];
	conf->ct.midstream = net_chance(net, 15);
	conf->ct.counters = net_chance(net, 70);
	conf->redirects = net_chance(net, 30);
	if (net_chance(net, 40)) {
		for (u32 n = 0; n < CT_TIMEOUT_COUNT; n++)
			conf->ct.timeout_s[n] = 2 + net_below(net, 40);
	}
	conf->nat.quarantine_s = net_chance(net, 50) ? net_below(net, 20) : 120;
	sim_conf_nat(net, conf);
	*lenient = sim_conf_limits(net, conf);
	for (u32 n = 0; n < sizeof conf->seed; n++)
		conf->seed[n] = (u8)net_random(net);
	sim_conf_exempt(conf);
	sim_conf_zone(conf);
	*lenient |= sim_conf_subscribers(conf);
	conf->ct.outbound_refresh_only = conf->seed[0] % 4 == 0;
}
