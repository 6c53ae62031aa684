/* `sluice run`: start, tell, forward, end. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/text.h"
#include "host/io/hostport.h"
#include "host/os/clock.h"
#include "host/os/hugepages.h"
#include "host/os/notify.h"
#include "host/os/sandbox.h"
#include "prog/prog.h"
#include "prog/run_state.h"
#include "host/conf/values.h"

enum { TOP_DROPS = 5, DROPS_STEP = 32 };

/* What the log is for: with words for programs, or priorities. */
static void log_errors(struct run_log *log, const struct run_errors *errors)
{
	for (u32 i = 0; i < errors->count; i++)
		run_log_say(log, RUN_ERROR, "start", "%s", errors->text[i]);
}

static void say_errors(const struct run_errors *errors)
{
	for (u32 i = 0; i < errors->count; i++)
		fprintf(stderr, "sluice run: %s\n", errors->text[i]);
	if (errors->left_out)
		fprintf(stderr, "sluice run: and %u more\n", errors->left_out);
}

/* ---- what is running ------------------------------------------------------------------------- */

static void say_iface(const struct run *run, u32 index)
{
	const struct iface_conf *iface = &run->conf.iface[index];

	printf("  %-7s %s", iface->side == IFACE_INSIDE ? "inside" : "outside", iface->name);
	for (u32 i = 0; i < iface->addr_count; i++)
		printf("  %s",
		       value_show_prefix(iface->addr[i].addr, iface->addr[i].prefix_len).text);
	printf("  mtu %u  %s%s\n", iface->mtu, run->port[index]->driver->name,
	       run->port[index]->up ? "" : "  DOWN");
}

static void say_pool(const struct nat_pool_conf *pool)
{
	printf("to the pool");
	for (u32 i = 0; i < pool->range_count; i++)
		printf(" %s-%s", value_show_addr(pool->range[i].first).text,
		       value_show_addr(pool->range[i].last).text);
}

/* The last rule is the general one; exceptions stand before it. */
static void say_translation(const struct run *run)
{
	const struct nat_conf *nat = &run->conf.nat;
	const struct nat_rule_conf *general = &nat->rule[nat->rule_count - 1];
	u32 others = 0;

	if (nat->rule_count == 0) {
		printf("  NAT     none: every packet keeps its addresses\n");
		return;
	}
	printf("  NAT     ");
	if (general->kind == NAT_KIND_NONE)
		printf("none");
	else if (general->kind == NAT_KIND_MASQUERADE)
		printf("to the address of the way out");
	else
		say_pool(&nat->pool[general->pool]);
	for (int i = 0; i < NAT_PROTO_COUNT; i++) {
		static const char *const names[NAT_PROTO_COUNT] = { "TCP", "UDP", "ICMP",
								    "others" };
		bool shared = general->mapping[i] == NAT_MAP_DESTINATION;

		printf("; %s %s", names[i], shared ? "by destination" : "endpoint-independent");
	}
	printf("%s\n", general->hairpin ? "" : "; no hairpin");
	for (u32 i = 0; i < nat->rule_count - 1; i++) {
		const struct nat_rule_conf *rule = &nat->rule[i];

		if (rule->kind != NAT_KIND_NONE) {
			others++;
			continue;
		}
		printf("  NAT     not to %s", value_show_prefix(rule->dest, rule->dest_len).text);
		if (rule->dest_port)
			printf(" port %u", rule->dest_port);
		printf("\n");
	}
	if (others)
		printf("  NAT     %u other rule%s before that\n", others,
		       others == 1 ? " is" : "s are");
	if (nat->static_count)
		printf("  NAT     %u one-to-one\n", nat->static_count);
}

static void say_services(const struct run *run)
{
	static const char *const methods[] = { [BALANCE_MAGLEV] = "maglev",
					       [BALANCE_STICKY] = "sticky",
					       [BALANCE_LEAST] = "least flows" };

	for (u32 i = 0; i < run->asked.conf.service_count; i++) {
		const struct conf_service *service = &run->asked.conf.service[i];

		printf("  service %s on %u backend%s, %s%s%s\n", service->name,
		       service->backend_count, service->backend_count == 1 ? "" : "s",
		       methods[service->method], service->hairpin ? ", for the inside too" : "",
		       service->check.kind ? ", checked" : "");
	}
}

static void say_notes(struct run *run)
{
	const char *ports = run->args.config ? "nat.masquerade-ports" : "--ports";

	if (run->notes.shares_ports)
		printf("  ports   %u-%u stay with this host's own connections; %s "
		       "changes which ones flows get\n",
		       run->conf.nat.masquerade_spare_first, run->conf.nat.masquerade_spare_last,
		       ports);
	if (run->notes.overlapping)
		run_log_say(&run->log, RUN_WARNING, "ports",
			    "%s overlaps %u-%u, which this host's own connections use: a "
			    "reply may reach the wrong one",
			    ports, run->facts.local_first, run->facts.local_last);
	if (run->notes.no_default)
		run_log_say(&run->log, RUN_WARNING, "route",
			    "no default gateway is known: only networks of the interfaces are "
			    "reached; %s gives one",
			    run->args.config ? "'gateway: ADDR'" : "--gateway ADDR");
}

static void say_routes(const struct run *run)
{
	for (u32 i = 0; i < run->conf.route_count; i++) {
		const struct sluice_route_conf *route = &run->conf.route[i];
		const struct fib_path *path = &route->route.path[0];

		if (route->route.type != FIB_UNICAST || (route->prefix_len && !run->args.verbose))
			continue;
		printf("  route   %s via %s on %s\n",
		       value_show_prefix(route->prefix, route->prefix_len).text,
		       value_show_addr(path->gateway).text, run->conf.iface[path->out_if].name);
	}
}

static void say_memory(const struct run *run)
{
	const struct mem *mem = sluice_mem(run->sluice);

	printf("  memory  %" PRIu64 " MB for %u flows and %u mappings, %s pages of 2 MiB\n",
	       run->region_bytes >> 20, run->conf.ct.flow_count, run->conf.nat.mapping_count,
	       run->huge ? "in" : "without");
	for (u32 i = 0; run->args.verbose && i < mem->row_count; i++)
		printf("          %-24s %12" PRIu64 " bytes\n", mem->row[i].name,
		       mem->row[i].bytes);
}

static void say_sandbox(struct run *run)
{
	char text[SANDBOX_TEXT_SIZE];

	if (run->args.no_sandbox) {
		run_log_say(&run->log, RUN_WARNING, "sandbox",
			    "--no-sandbox: the gateway runs with every privilege that it was "
			    "started with");
		return;
	}
	sandbox_describe(&run->sandbox, text);
	printf("  sandbox %s\n", text);
	if (run->log.json)
		run_log_say(&run->log, RUN_INFO, "sandbox", "%s", text);
	if (!sandbox_is_whole(&run->sandbox))
		run_log_say(&run->log, RUN_WARNING, "sandbox", "not all of it: %s", text);
}

static void say_start(struct run *run)
{
	printf("sluice " PROG_VERSION " is the gateway\n");
	for (u32 i = 0; i < run->asked.conf.iface_count; i++)
		say_iface(run, i);
	say_routes(run);
	say_translation(run);
	say_services(run);
	if (run->host_port)
		printf("  host    its own packets go to it %s\n", hostport_way(run->host_port));
	say_memory(run);
	say_sandbox(run);
	printf("  control %s\n", run->asked.conf.control);
	if (run->metrics)
		printf("  metrics %s\n", run->asked.conf.metrics);
	if (run->asked.from_file)
		printf("  file    %s\n", run->asked.file);
	say_notes(run);
	fflush(stdout);
}

/* ---- what has been --------------------------------------------------------------------------- */

/* Keeps the counters with the highest counts, the highest first. */
static void keep_top(struct sluice_counter top[TOP_DROPS], const struct sluice_counter *counter)
{
	struct sluice_counter carried = *counter;

	for (int i = 0; i < TOP_DROPS; i++) {
		struct sluice_counter other = top[i];

		if (carried.count <= other.count)
			continue;
		top[i] = carried;
		carried = other;
	}
}

static void say_drops(const struct run *run)
{
	struct sluice_counter top[TOP_DROPS] = { 0 };
	struct sluice_counter found[DROPS_STEP];
	u32 cursor = 0;
	u32 before;

	do {
		u32 count;

		before = cursor;
		count = sluice_show_drops(run->sluice, &cursor, found, DROPS_STEP);
		for (u32 i = 0; i < count; i++)
			keep_top(top, &found[i]);
	} while (cursor != SLUICE_CURSOR_END && cursor != before);
	for (int i = 0; i < TOP_DROPS && top[i].count; i++)
		printf("  dropped %" PRIu64 " %s: %s\n", top[i].count, top[i].name,
		       top[i].sentence);
}

static void say_end(const struct run *run)
{
	printf("sluice ends\n");
	for (u32 i = 0; i < run->asked.conf.iface_count; i++) {
		const struct port_stats *stats = port_count(run->port[i]);

		printf("  %-7s in %" PRIu64 " packet%s %" PRIu64 " bytes, out %" PRIu64
		       " packet%s %" PRIu64 " bytes",
		       run->port[i]->name, stats->rx_packets, text_plural(stats->rx_packets),
		       stats->rx_bytes, stats->tx_packets, text_plural(stats->tx_packets),
		       stats->tx_bytes);
		if (stats->losses.rx_lost + stats->losses.rx_no_packet + stats->losses.tx_full)
			printf(", lost for want of room %" PRIu64 " in, %" PRIu64 " out",
			       stats->losses.rx_lost + stats->losses.rx_no_packet,
			       stats->losses.tx_full);
		printf("\n");
	}
	printf("  flows   %u at the end\n", sluice_flow_count(run->sluice));
	say_drops(run);
	fflush(stdout);
}

/* ---- the command ----------------------------------------------------------------------------- */

static void run_end(struct run *run)
{
	run_loop_end(run);
	run_close_ports(run);
	if (run->region)
		os_region_del(run->region, run->region_bytes);
}

static bool run_begin(struct run *run)
{
	return run_look(run) && run_open_ports(run) && run_make_engine(run, os_now()) &&
	       run_loop_begin(run);
}

/* Files of sets, which SIGHUP reads again. */
static u32 set_paths(const struct conf *conf, const char *paths[CONF_SET_MAX])
{
	u32 count = 0;

	for (u32 i = 0; i < conf->filter.set_count; i++) {
		if (conf->filter.set[i].file[0])
			paths[count++] = conf->filter.set[i].file;
	}
	return count;
}

/* After everything is open, before a byte from outside is read. */
static void enter_sandbox(struct run *run)
{
	const char *more[CONF_SET_MAX];
	u32 more_count = set_paths(&run->asked.conf, more);
	const struct sandbox_conf conf = { .control = run->asked.conf.control,
					   .config = run->config_path,
					   .more_count = more_count,
					   .more = more,
					   .log = { .json = run->log.json,
						    .priorities = run->log.priorities } };

	if (!run->args.no_sandbox)
		sandbox_enter(&conf, &run->sandbox);
}

static int run_gateway(struct run *run)
{
	bool begun;

	run_log_init(&run->log, stderr, run->asked.conf.log == CONF_LOG_JSON);
	run->log.priorities = run_log_is_journal(stderr, getenv("JOURNAL_STREAM"));
	if (!notify_open(&run->notify))
		run_log_say(&run->log, RUN_WARNING, "notify",
			    "the service manager can not be told that the gateway is there: %s",
			    strerror(errno));
	begun = run_begin(run);
	if (begun) {
		enter_sandbox(run);
		say_start(run);
		run_loop(run);
		notify_stopping(&run->notify);
		if (run->log.json)
			run_log_say(&run->log, RUN_INFO, "end",
				    "the gateway ends as it was asked to");
		say_end(run);
	} else if (run->log.json || run->log.priorities) {
		log_errors(&run->log, &run->errors);
	} else {
		say_errors(&run->errors);
	}
	run_end(run);
	notify_close(&run->notify);
	return begun ? PROG_EXIT_OK : PROG_EXIT_FAILED;
}

int run_main(int argc, char **argv)
{
	struct run *run = calloc(1, sizeof *run);
	int code = PROG_EXIT_USAGE;

	if (!run) {
		fprintf(stderr, "sluice run: there is no memory\n");
		return PROG_EXIT_FAILED;
	}
	run->readers.fd = -1;
	run_args_parse(argc, argv, &run->args, &run->errors);
	if (run->args.help) {
		run_args_help(stdout);
		code = PROG_EXIT_OK;
	} else if (run->errors.count) {
		say_errors(&run->errors);
		fprintf(stderr, "'sluice run --help' tells more.\n");
	} else if (!run_ask(run)) {
		say_errors(&run->errors);
	} else {
		code = run_gateway(run);
	}
	readers_end(&run->readers);
	conf_elems_free(&run->asked.elems);
	conf_elems_free(&run->asked_last.elems);
	conf_elems_free(&run->asked_next.elems);
	free(run->config_path);
	free(run);
	return code;
}
