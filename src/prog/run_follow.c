/* Following the system: what it has changed of interfaces, addresses and routes becomes a new
 * configuration of the engine.
 *
 * An interface that comes again, or whose link was set up again, has lost what was configured on
 * it: the kernel forgets addresses with the interface, and routes with its link. Somebody puts them
 * back, one by one. Flows that stand would bear it, but each new one would be refused for want of
 * an address or a route. So the engine keeps what was, until something new is there (another
 * address by DHCP, say), or RUN_HOLD_NS after the link is up.                                   */
#include "prog/run_fpm.h"

#define RUN_HOLD_NS (30 * NS_PER_SEC)

void run_set_link(struct run *run, u32 index, bool up)
{
	if (run->link_up[index] == up)
		return;
	run->link_up[index] = up;
	sluice_set_link(run->sluice, (u16)index, up);
	run_log_say(&run->log, up ? RUN_INFO : RUN_WARNING, "link", "%s is %s",
		    run->port[index]->name, up ? "up" : "down");
}

/* ---- what is kept ---------------------------------------------------------------------------- */

static bool addr_is_among(const struct os_addr *addr, const struct os_addr *all, u32 count)
{
	for (u32 i = 0; i < count; i++) {
		if (be32_eq(all[i].addr, addr->addr) && all[i].prefix_len == addr->prefix_len)
			return true;
	}
	return false;
}

static bool route_is_among(const struct os_route *route, const struct os_route *all, u32 count)
{
	for (u32 i = 0; i < count; i++) {
		if (be32_eq(all[i].prefix, route->prefix) &&
		    all[i].prefix_len == route->prefix_len &&
		    be32_eq(all[i].gateway, route->gateway))
			return true;
	}
	return false;
}

/* Whether the system has nothing that is not known, and less than that. */
static bool is_less(const struct os_iface *os, const struct run_iface_facts *known)
{
	u32 addrs = 0, routes = 0;

	for (u32 i = 0; i < os->addr_count; i++) {
		if (!addr_is_among(&os->addr[i], known->addr, known->addr_count))
			return false;
	}
	for (u32 i = 0; i < os->route_count; i++) {
		if (!route_is_among(&os->route[i], known->route, known->route_count))
			return false;
	}
	for (u32 i = 0; i < known->addr_count; i++)
		addrs += addr_is_among(&known->addr[i], os->addr, os->addr_count);
	for (u32 i = 0; i < known->route_count; i++)
		routes += route_is_among(&known->route[i], os->route, os->route_count);
	return addrs < known->addr_count || routes < known->route_count;
}

static void follow_facts(struct run *run, u32 index, ns_t now)
{
	struct run_iface_facts *facts = &run->facts.iface[index];
	struct run_watched *watched = &run->watched[index];
	struct os_iface os;
	char why[OS_WHY_SIZE];

	if (!os_iface_read(run->port[index]->name, &os, why, sizeof why))
		return;
	if (!run->port[index]->up)
		watched->hold_ns = NS_NEVER;
	else if (watched->hold_ns == NS_NEVER)
		watched->hold_ns = now + RUN_HOLD_NS;
	if (watched->hold_ns > now && is_less(&os, facts))
		return;
	if (watched->hold_ns != NS_NEVER)
		watched->hold_ns = 0;
	run_take_facts(facts, &os);
}

/* ---- all of it ------------------------------------------------------------------------------- */

static void follow_port(struct run *run, u32 index, ns_t now)
{
	struct run_watched *watched = &run->watched[index];

	if (!watched->gone && !port_refresh(run->port[index]))
		run_lose(run, index);
	if (watched->gone && !run_retake(run, index, now))
		return;
	run_set_link(run, index, run->port[index]->up);
	if (run->port[index] == run->host_port)
		return;
	run->facts.iface[index].down = !run->port[index]->up;
	port_describe(run->port[index], &run->facts.iface[index].port);
	if (run->asked.conf.iface[index].driver == CONF_DRIVER_AFPACKET)
		follow_facts(run, index, now);
}

static void look_again(struct run *run, ns_t when)
{
	if (when && when != NS_NEVER && (!run->follow_ns || when < run->follow_ns))
		run->follow_ns = when;
}

void run_follow(struct run *run, ns_t now)
{
	char changes[RUN_LOG_LINE_SIZE];
	struct run_source source = run_source_of(&run->asked);
	const char *why = "";

	run->facts.running = true;
	run->errors.count = 0;
	run->follow_ns = 0;
	for (u32 i = 0; i < run->port_count; i++) {
		follow_port(run, i, now);
		look_again(run, run->watched[i].again_ns);
		look_again(run, run->watched[i].hold_ns);
	}
	run_fpm_ifaces(run);
	if (!run_conf_build(&source, &run->facts, &run->next_conf, &run->rules, &run->notes,
			    &run->errors)) {
		for (u32 i = 0; i < run->errors.count; i++)
			run_log_say(&run->log, RUN_ERROR, "follow", "not followed: %s",
				    run->errors.text[i]);
		return;
	}
	if (memcmp(&run->conf, &run->next_conf, sizeof run->conf) == 0)
		return;
	if (sluice_configure(run->sluice, &run->next_conf, now, &why) != ERR_OK) {
		run_log_say(&run->log, RUN_ERROR, "follow",
			    "a change of interfaces or routes is not followed: %s", why);
		return;
	}
	run_log_changes(&run->conf, &run->next_conf, changes);
	memcpy(&run->conf, &run->next_conf, sizeof run->conf);
	run_log_say(&run->log, RUN_INFO, "follow", "%s", changes);
}
