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

bool sim_has_zones(const struct sluice_conf *conf)
{
	return conf->seed[4] >= 64 && conf->seed[4] < 128;
}

/* What each interface asks of sources. Drawn from the secrets, like the rest of what follows. */
static void sim_conf_sources(struct sluice_conf *conf)
{
	for (u32 n = 0; n < conf->iface_count && conf->seed[23] < 80; n++)
		conf->iface[n].source_check =
			(enum iface_source_check)((conf->seed[31] >> 2 * n & 3) % 3);
}

static void sim_conf_in_zone(struct iface_conf *iface, u8 zone)
{
	static const char *const names[] = { "", "blue", "red", "green" };

	iface->zone = zone;
	snprintf(iface->zone_name, IFACE_NAME_SIZE, "%s", names[zone]);
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

/* The whole inside is one zone: nothing else may be different for it. Drawn as below. */
static void sim_conf_zone(struct sluice_conf *conf)
{
	sim_conf_in_zone(&conf->iface[RIG_IN], 1);
	sim_conf_in_zone(&conf->iface[RIG_IN2], 1);
	for (u32 at = 0; at < conf->nat.static_count; at++)
		conf->nat.fixed[at].zone = 1;
}

static void sim_conf_own_pool(struct sluice_conf *conf, struct nat_rule_conf *rule, u16 at)
{
	struct nat_pool_conf *pool = &conf->nat.pool[at];

	rule->kind = NAT_KIND_POOL;
	rule->pool = at;
	pool->port_first = conf->nat.pool[0].port_first;
	pool->port_last = conf->nat.pool[0].port_last;
	pool->range_count = 1;
	pool->range[0].first = be32_of(be32_host(addr("198.18.4.0")) + at * 256u);
	pool->range[0].last = be32_of(be32_host(pool->range[0].first) + at % 2);
	conf->nat.pool_count = at + 1u;
}

/* Each zone is translated as all are, or by a rule of its own: to the same addresses with other
 * mappings and filters, or to a pool of its own; or one of them masquerades.                    */
static void sim_conf_zone_rules(struct sluice_conf *conf, u32 nets)
{
	static const u16 ifaces[] = { RIG_IN, RIG_IN2, SIM_IN3 };
	struct nat_rule_conf all = conf->nat.rule[--conf->nat.rule_count];
	u32 kind = conf->seed[12] % 4;

	for (u16 at = 0; at < (kind == 0 ? 1 : nets); at++) {
		struct nat_rule_conf *rule = &conf->nat.rule[conf->nat.rule_count++];

		*rule = all;
		if (kind > 0)
			rule->zone = conf->iface[ifaces[at]].zone;
		for (u32 proto = 0; proto < NAT_PROTO_COUNT && kind == 1 && at > 0; proto++) {
			rule->mapping[proto] = (enum nat_mapping)(conf->seed[13] >> proto & 1);
			rule->filtering[proto] = (enum nat_filtering)(conf->seed[14 - at] % 3);
		}
		if (kind == 2)
			sim_conf_own_pool(conf, rule, at);
		else if (kind == 3 && at > 0)
			sim_conf_own_pool(conf, rule, at - 1);
		else if (kind == 3)
			rule->kind = NAT_KIND_MASQUERADE;
	}
}

/* Two or three inside networks with the same addresses, each a zone; the third may be the common
 * one, and then has a network more, which no zone may reach.                                     */
static void sim_conf_zones(struct sluice_conf *conf)
{
	bool three = conf->seed[10] < 128, common = conf->seed[11] < 128;
	struct nat_static_conf *fixed = conf->nat.fixed;

	sim_conf_in_zone(&conf->iface[RIG_IN], 1);
	sim_conf_in_zone(&conf->iface[RIG_IN2], 2);
	conf->iface[RIG_IN2].addr[0] = conf->iface[RIG_IN].addr[0];
	if (three) {
		conf->iface[SIM_IN3] = conf->iface[RIG_IN];
		conf->iface[SIM_IN3].mac.byte[5] = 3;
		snprintf(conf->iface[SIM_IN3].name, IFACE_NAME_SIZE, "in2");
		sim_conf_in_zone(&conf->iface[SIM_IN3], common ? 0 : 3);
		conf->iface[SIM_IN3].addr[1] = (struct iface_addr){ addr("10.20.0.1"), 16, false };
		conf->iface[SIM_IN3].addr_count = common ? 2 : 1;
		conf->iface_count = SIM_IN3 + 1;
	}
	sim_conf_zone_rules(conf, three ? 3 : 2);
	if (conf->nat.rule[0].kind == NAT_KIND_NONE && conf->seed[15] < 128)
		conf->nat.rule[0].zone = 1;
	if (conf->nat.static_count == 0)
		return;
	fixed[0].zone = 1;
	if (conf->seed[15] % 2 == 0)
		return;
	fixed[1] = fixed[0];
	fixed[1].zone = 2;
	fixed[1].outside = be32_of(be32_host(fixed[0].outside) + 256);
	conf->nat.static_count = 2;
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
		.exception = { { .prefix = addr("10.10.0.8"),
				 .prefix_len = 30,
				 .limits = { .flows = 4 },
				 .by_zone = (conf->seed[9] & 2) != 0,
				 .zone = 1 } },
	};
	return true;
}

/* Tables that are soon full, one of them at a time: port maps of busy destinations, neighbours,
 * large buffers, packets that wait for neighbours. Of these the model is told when one is lost, and
 * may refuse nothing else. (Without a small buffer no neighbour could be asked, and packets would
 * leave later than anybody can tell.) Drawn from the secrets.                                    */
static bool sim_conf_full(struct sluice_conf *conf)
{
	u32 choice = conf->seed[20];

	switch (conf->seed[19] / 20) {
	case 0: conf->nat.dest_count = 1 + choice % 3; break;
	case 1: conf->neigh.count = 8 + choice % 8; break;
	case 2: conf->packets.large_count = 2 + choice % 4; break;
	case 3: conf->neigh.queue_count = 1 + choice % 6; return false;
	default: return false;
	}
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
	if (conf->seed[4] < 64)
		sim_conf_zone(conf);
	else if (sim_has_zones(conf))
		sim_conf_zones(conf);
	*lenient |= sim_conf_subscribers(conf);
	*lenient |= sim_conf_full(conf);
	sim_conf_sources(conf);
	sim_conf_services(conf);
	conf->ct.outbound_refresh_only = conf->seed[0] % 4 == 0;
}
