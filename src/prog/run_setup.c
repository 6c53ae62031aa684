/* From arguments to an engine with ports. */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>

#include "host/conf/nearest.h"
#include "host/io/afpacket.h"
#include "host/io/hostport.h"
#include "host/io/tun.h"
#include "host/os/claim.h"
#include "host/os/clock.h"
#include "host/os/entropy.h"
#include "host/os/hugepages.h"
#include "host/os/netlink.h"
#include "host/os/ssh.h"
#include "prog/run_fill.h"
#include "prog/run_routing.h"
#include "prog/run_sockets.h"
#include "prog/run_state.h"

enum { IFACE_NAMES_MAX = 256 };

/* ---- asking ---------------------------------------------------------------------------------- */

bool run_ask(struct run *run)
{
	/* Without a file, too: one can come over the control socket. */
	if (!readers_begin(&run->readers, !run->args.no_sandbox)) {
		run_error(&run->errors, "no process for reading files can be started: %s",
			  strerror(errno));
		return false;
	}
	if (!run->args.config)
		return run_args_fill(&run->args, &run->asked.conf, &run->errors);
	run->config_path = realpath(run->args.config, NULL);
	if (!run->config_path) {
		run_error(&run->errors, "--config %s: %s", run->args.config,
			  strcmp(run->args.config, "-") == 0
				  ? "has to be a file, which can be read again"
				  : strerror(errno));
		return false;
	}
	return run_asked_load(&run->asked, &run->readers, run->config_path, run->args.config,
			      &run->errors);
}

/* ---- looking --------------------------------------------------------------------------------- */

/* The nearest name of an interface there is, for a mistyped one. */
static void say_no_iface(struct run *run, const struct conf_iface *given, const char *why)
{
	struct if_nameindex *all = if_nameindex();
	struct run_source source = run_source_of(&run->asked);
	const char *option = given->side == IFACE_INSIDE ? "--lan " : "--wan ";
	const char *names[IFACE_NAMES_MAX];
	size_t count = 0;
	const char *near;

	for (; all && all[count].if_name && count < IFACE_NAMES_MAX; count++)
		names[count] = all[count].if_name;
	near = nearest_word(given->name, names, count);
	run_error(&run->errors, "%s%s: %s%s%s%s", run_asked_by(&source, given->name, option).text,
		  source.marks ? "" : given->name, why, near ? "; did you mean " : "",
		  near ? near : "", near ? "?" : "");
	if (all)
		if_freenameindex(all);
}

void run_take_facts(struct run_iface_facts *facts, const struct os_iface *os)
{
	facts->addr_count = os->addr_count;
	memcpy(facts->addr, os->addr, sizeof facts->addr);
	facts->route_count = os->route_count;
	memcpy(facts->route, os->route, sizeof facts->route);
}

static bool claim_iface(struct run *run, const struct os_iface *os)
{
	char why[OS_WHY_SIZE];
	int claim = os_iface_claim(os->index, why, sizeof why);

	if (claim < 0) {
		run_error(&run->errors, "%s: %s", os->name, why);
		return false;
	}
	run->claim[run->claim_count++] = claim;
	return true;
}

static void look_at(struct run *run, u32 index)
{
	const struct conf_iface *given = &run->asked.conf.iface[index];
	struct os_iface os;
	char why[OS_WHY_SIZE];

	if (given->driver == CONF_DRIVER_TUN)
		return;
	if (!os_iface_read(given->name, &os, why, sizeof why)) {
		say_no_iface(run, given, why);
		return;
	}
	if (!run->args.yes && os_ssh_uses_iface(given->name, why, sizeof why)) {
		run_error(&run->errors,
			  "%s carries an ssh session: %s. Its packets will pass through sluice to "
			  "the host and should live on, but if anything is wrong with the gateway "
			  "you may lose this way in; --yes takes the interface all the same",
			  given->name, why);
		return;
	}
	if (!claim_iface(run, &os))
		return;
	if (!os.up && !os_iface_set_up(os.index, why, sizeof why))
		run_error(&run->errors, "%s: %s", given->name, why);
	run_take_facts(&run->facts.iface[index], &os);
}

bool run_look(struct run *run)
{
	for (u32 i = 0; i < run->asked.conf.iface_count; i++)
		look_at(run, i);
	if (!os_local_ports(&run->facts.local_first, &run->facts.local_last))
		run->facts.local_first = 0;
	if (run->args.seed_given)
		memcpy(run->facts.seed, run->args.seed, sizeof run->facts.seed);
	else
		os_entropy(run->facts.seed, sizeof run->facts.seed);
	run->facts.slow_road = run->args.slow_road;
	return run->errors.count == 0;
}

/* ---- ports ----------------------------------------------------------------------------------- */

struct port *run_open_port(const struct run *run, u32 index, char *why)
{
	const struct conf_iface *given = &run->asked.conf.iface[index];
	struct afpacket_conf packet = { .name = given->name, .iface = (u16)index };
	struct tun_conf tun = { .name = given->name, .iface = (u16)index, .mtu = given->mtu };

	if (given->driver == CONF_DRIVER_TUN)
		return tun_open(&tun, why, PORT_WHY_SIZE);
	return afpacket_open(&packet, why, PORT_WHY_SIZE);
}

/* Interfaces of the kernel are taken over; a TUN device is the engine's from the beginning. */
static void open_host_port(struct run *run)
{
	struct hostport_conf conf = { .iface = (u16)run->port_count };
	char why[PORT_WHY_SIZE];
	struct port *port;

	for (u32 i = 0; i < run->port_count; i++) {
		if (run->asked.conf.iface[i].driver == CONF_DRIVER_AFPACKET)
			conf.taken[conf.taken_count++] = run->port[i];
	}
	if (!run->asked.conf.host_port || conf.taken_count == 0)
		return;
	port = hostport_open(&conf, why, sizeof why);
	if (!port) {
		run_error(&run->errors,
			  "the way to the host's own stack: %s. %s does without, on interfaces "
			  "that have no addresses",
			  why, run->args.config ? "'host-port: false'" : "--no-host");
		return;
	}
	run->host_port = port;
	run->port[run->port_count++] = port;
	run->facts.host_port = true;
	port_describe(port, &run->facts.host);
}

bool run_open_ports(struct run *run)
{
	char why[PORT_WHY_SIZE];

	for (u32 i = 0; i < run->asked.conf.iface_count; i++) {
		run->port[i] = run_open_port(run, i, why);
		if (!run->port[i]) {
			run_error(&run->errors, "%s: %s", run->asked.conf.iface[i].name, why);
			return false;
		}
		run->port_count++;
		if (run->asked.conf.iface[i].driver == CONF_DRIVER_AFPACKET)
			run->facts.ring_frames += AFPACKET_FRAMES;
		port_describe(run->port[i], &run->facts.iface[i].port);
	}
	open_host_port(run);
	return run->errors.count == 0;
}

void run_close_ports(struct run *run)
{
	/* The host port first: it was opened last, on top of the others. */
	while (run->port_count > 0)
		port_close(run->port[--run->port_count]);
	while (run->claim_count > 0)
		os_iface_release(run->claim[--run->claim_count]);
}

/* ---- the engine ------------------------------------------------------------------------------ */

static void tell_links(struct run *run)
{
	for (u32 i = 0; i < run->port_count; i++) {
		run->link_up[i] = run->port[i]->up;
		sluice_set_link(run->sluice, (u16)i, run->port[i]->up);
	}
}

bool run_make_engine(struct run *run, ns_t now)
{
	struct run_source source = run_source_of(&run->asked);
	struct mem plan;
	const char *why = "";

	run->facts.start_s = (u32)(os_wall() / NS_PER_SEC);
	if (!run_conf_build(&source, &run->facts, &run->conf, &run->rules, &run->notes,
			    &run->errors))
		return false;
	sluice_plan(&run->conf, &plan);
	run->region_bytes = plan.used;
	run->region = os_region_new(plan.used, &run->huge);
	if (!run->region) {
		run_error(&run->errors,
			  "there is no memory for %llu MB of tables; the limits set their size "
			  "(--flows, --mappings, or 'limits' in a file)",
			  (unsigned long long)(plan.used >> 20));
		return false;
	}
	if (sluice_new(&run->sluice, &run->conf, run->region, run->region_bytes, now, &why) !=
	    ERR_OK) {
		run_error(&run->errors, "the engine refuses this configuration: %s", why);
		return false;
	}
	run->facts.address_limit = run->conf.nat.address_count;
	run->facts.filter_limit = run->conf.filter.rule_limit;
	run_routing_started(&run->conf, &run->facts.routing);
	run->facts.check_limit = run_sockets_checks(&run->asked.conf, run->asked.from_file);
	tell_links(run);
	return true;
}
