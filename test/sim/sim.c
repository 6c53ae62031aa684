/* One simulation: the network around the gateway, and the passing of time. */
#include "sim/sim.h"

#include <stdio.h>
#include <stdlib.h>

static struct link_conf sim_link(struct net *net)
{
	struct link_conf conf = { NS_PER_MS * (1 + net_below(net, 40)), 0, 0, 0 };

	if (net_chance(net, 50))
		conf.jitter_ns = NS_PER_MS * net_below(net, 60);
	if (net_chance(net, 40))
		conf.loss_percent = net_below(net, 12);
	if (net_chance(net, 30))
		conf.repeat_percent = net_below(net, 8);
	return conf;
}

static void sim_add_host(struct sim *sim, be32 at, u16 iface, bool inside)
{
	struct net *net = &sim->net;
	struct host_conf conf = { at,
				  inside,
				  net_chance(net, 40) ? net_below(net, 12) : 0,
				  net_chance(net, 50) ? net_below(net, 6) : 0,
				  1500,
				  addr(inside ? "10.10.200.254" : "198.18.0.2") };
	struct link_conf up = sim_link(net);
	struct link_conf down = sim_link(net);
	struct host *host = host_new(net, &conf);

	host->up = link_new(net, &up, &sim->gate->actor, iface);
	gate_attach(sim->gate, iface, at, link_new(net, &down, &host->actor, 0));
	sim->host[sim->host_count++] = host;
}

const struct sim_place *sim_places(const struct sluice_conf *conf)
{
	static const struct sim_place one[SIM_INSIDE_MAX] = {
		{ "10.10.0.11", RIG_IN },  { "10.10.0.12", RIG_IN },  { "10.10.0.13", RIG_IN },
		{ "10.20.0.11", RIG_IN2 }, { "10.20.0.12", RIG_IN2 }, { "10.10.7.7", RIG_IN },
	};
	static const struct sim_place two[SIM_INSIDE_MAX] = {
		{ "10.10.0.11", RIG_IN },  { "10.10.0.11", RIG_IN2 }, { "10.10.0.12", RIG_IN2 },
		{ "10.10.0.12", RIG_IN },  { "10.10.0.13", RIG_IN2 }, { "10.10.0.13", RIG_IN },
	};
	static const struct sim_place three[SIM_INSIDE_MAX] = {
		{ "10.10.0.11", RIG_IN2 }, { "10.10.0.11", SIM_IN3 }, { "10.10.0.11", RIG_IN },
		{ "10.20.0.11", SIM_IN3 }, { "10.10.0.12", RIG_IN },  { "10.10.0.12", RIG_IN2 },
	};

	return !sim_has_zones(conf) ? one : conf->iface_count > SIM_IN3 ? three : two;
}

static void sim_add_hosts(struct sim *sim)
{
	static const char *const outside[] = { "198.18.0.9", "203.0.113.5", "203.0.113.6",
					       "198.18.0.10" };
	const struct sim_place *inside = sim_places(sim->gate->conf);
	u32 inside_count = 2 + net_below(&sim->net, SIM_INSIDE_MAX - 1);
	u32 outside_count = 1 + net_below(&sim->net, SIM_OUTSIDE_MAX);

	for (u32 n = 0; n < inside_count; n++)
		sim_add_host(sim, addr(inside[n].addr), inside[n].iface, true);
	for (u32 n = 0; n < outside_count; n++)
		sim_add_host(sim, addr(outside[n]), RIG_OUT, false);
	for (u32 n = 0; n < sim->host_count; n++) {
		struct host *host = sim->host[n];

		for (u32 k = 0; k < outside_count && host->conf.inside; k++)
			host_knows(host, addr(outside[k]));
		host_knows(host, addr(host->conf.inside ? "10.10.0.1" : "198.18.0.1"));
		if (host->conf.inside)
			host_knows(host, addr(inside[net_below(&sim->net, inside_count)].addr));
		if (host->conf.inside && net_chance(&sim->net, 30))
			host_knows(host, addr("198.18.0.66"));
	}
	sim_add_services(sim);
}

void sim_init(struct sim *sim, u64 seed)
{
	static _Thread_local struct sluice_conf conf;
	bool lenient;

	memset(sim, 0, sizeof *sim);
	sim->seed = seed;
	net_init(&sim->net, seed);
	sim_configure(&sim->net, &conf, &lenient);
	if (conf.seed[22] < 80)
		sim_draw_filter(sim, &conf);
	sim->gate = gate_new(&sim->net, &conf);
	sim->gate->model->lenient = lenient;
	/* Each zone has a table of routes, the most of what there is to check. */
	if (sim_has_zones(&conf))
		sim->gate->check_every = conf.iface_count;
	sim_add_hosts(sim);
	gate_silence(sim->gate, addr("198.18.0.66"));
	if (net_chance(&sim->net, 10))
		gate_silence(sim->gate, addr("198.18.0.2"));
}

/* Time jumps: the gateway sleeps through it, or ticks through it while the hosts are silent. */
static void sim_jump(struct sim *sim)
{
	static const u32 seconds[] = { 1, 5, 30, 120, 600, 3600, 8000 };
	struct net *net = &sim->net;
	ns_t until = net->now + seconds[net_below(net, ARRAY_COUNT(seconds))] * NS_PER_SEC;
	struct actor *actor = &sim->gate->actor;
	bool asleep = net_chance(net, 50);

	net_trace(net, "time passes: %u s%s", (u32)((until - net->now) / NS_PER_SEC),
		  asleep ? ", without a tick" : "");
	while (!asleep && actor->ops->next(actor) < until && net->why == NULL) {
		net->now = actor->ops->next(actor) > net->now ? actor->ops->next(actor) : net->now;
		actor->ops->run(actor);
	}
	net->now = until;
	/* Who wakes up looks at the clock first. */
	if (asleep)
		actor->ops->run(actor);
}

/* The configuration in a line, for whoever reads a failure. */
static void sim_trace_conf(struct sim *sim)
{
	const struct sluice_conf *conf = sim->gate->conf;
	const struct nat_rule_conf *rule = &conf->nat.rule[conf->nat.rule_count - 1];

	net_trace(&sim->net,
		  "mapping %u%u%u filtering %u%u%u (TCP, UDP, ICMP) %s hairpin %u fixed /%u "
		  "rules %u "
		  "flows %u mappings %u quarantine %u s MTU %u %u UDP %u %u s midstream %u%s",
		  rule->mapping[0], rule->mapping[1], rule->mapping[2], rule->filtering[0],
		  rule->filtering[1], rule->filtering[2],
		  rule->kind == NAT_KIND_POOL ? "pool" : "masquerade", rule->hairpin,
		  conf->nat.static_count > 0 ? conf->nat.fixed[0].prefix_len : 0,
		  conf->nat.rule_count, conf->ct.flow_count, conf->nat.mapping_count,
		  conf->nat.quarantine_s, conf->iface[RIG_IN].mtu, conf->iface[RIG_OUT].mtu,
		  conf->ct.timeout_s[CT_TIMEOUT_UDP_NEW], conf->ct.timeout_s[CT_TIMEOUT_UDP],
		  conf->ct.midstream, sim->gate->model->lenient ? ", may refuse" : "");
}

bool sim_run(struct sim *sim)
{
	struct net *net = &sim->net;

	sim_trace_conf(sim);
	while (net->why == NULL && sim->gate->packets_in < SIM_PACKETS) {
		u64 before = net->now;

		if (sim->gate->own->nat.balance.service_count > 0)
			sim_run_services(sim);
		net_run(net, before + SIM_PIECE_NS, 4000);
		if (net->now == before)
			net_fail(net, "time stands still");
		if (net->why == NULL && net_chance(net, 25))
			sim_reload(sim);
		if (net->why == NULL && sim->gate->conf->filter.set_count > 0 &&
		    net_chance(net, 60))
			sim_change_set(sim);
		if (net_chance(net, 8))
			sim_jump(sim);
	}
	if (net->why == NULL)
		gate_compare(sim->gate);
	return net->why == NULL;
}

void sim_fini(struct sim *sim)
{
	for (u32 n = 0; n < SIM_CONFS; n++)
		free(sim->conf[n]);
	net_fini(&sim->net);
}
