/* `sluice traceroute`: the routers on the way, as users of traceroute know them.
 *
 * One loop: hand what has arrived to the table, give up on what waited long enough, send what may
 * be sent, print what is settled, sleep. Printing may wait for names; answers that arrive meanwhile
 * keep their times (the kernel's), and are taken before the clock is asked who waited too long. */
#include "tool/traceroute.h"

#include <stdlib.h>

#include "tool/resolve.h"
#include "tool/trace_args.h"
#include "tool/trace_net.h"
#include "tool/trace_report.h"
#include "tool/trace_table.h"

struct traceroute {
	struct trace_args args;
	struct trace_table table;
	struct trace_net net;
	struct trace_report report;
	struct resolver resolver;
};

static bool run(struct traceroute *trace, struct tool_why *why)
{
	struct trace_table *table = &trace->table;
	ns_t wake_ns;
	u32 index;

	for (;;) {
		trace_net_collect(&trace->net);
		wake_ns = trace_expire(table, probe_now());
		while ((index = trace_next(table)) != TRACE_NONE) {
			if (!trace_net_send(&trace->net, index, why))
				return false;
			wake_ns = 0;
		}
		trace_report_progress(&trace->report);
		if (trace_is_done(table))
			return true;
		/* Deadlines of what was just sent are known when the loop comes round. */
		trace_net_sleep(&trace->net, wake_ns);
	}
}

static bool prepare(struct traceroute *trace, struct tool_why *why)
{
	struct probe_path path = { .source_text = trace->args.source_text,
				   .iface_text = trace->args.iface_text };
	struct in_addr dst;
	bool is_numeric;

	resolve_init(&trace->resolver, trace->args.numeric);
	if (!resolve_host(trace->args.host, &dst, &is_numeric, why))
		return false;
	trace_init(&trace->table, &trace->args, dst);
	trace->report.out = stdout;
	trace->report.args = &trace->args;
	trace->report.table = &trace->table;
	trace->report.resolver = &trace->resolver;
	if (!probe_find_source(&path, dst, &trace->report.source, why))
		return false;
	return trace_net_open(&trace->net, why);
}

static int complain(const struct tool_why *why)
{
	fprintf(stderr, "sluice traceroute: %s\n", why->text);
	return TOOL_EXIT_ERROR;
}

static int traceroute_run(struct traceroute *trace)
{
	struct tool_why why;

	if (!prepare(trace, &why))
		return complain(&why);
	trace_report_header(&trace->report);
	if (!run(trace, &why)) {
		if (!trace->args.json)
			putchar('\n');
		return complain(&why);
	}
	trace_report_end(&trace->report);
	return trace_exit_code(&trace->table);
}

int traceroute_main(int argc, char **argv)
{
	struct traceroute *trace = calloc(1, sizeof(*trace));
	struct tool_why why;
	int code = TOOL_EXIT_OK;

	if (!trace) {
		fputs("sluice traceroute: no memory\n", stderr);
		return TOOL_EXIT_ERROR;
	}
	trace_net_init(&trace->net, &trace->args, &trace->table);
	switch (trace_args_parse(argc, argv, &trace->args, &why)) {
	case ARGS_RUN:
		code = traceroute_run(trace);
		trace_net_close(&trace->net);
		break;
	case ARGS_HELP: trace_args_help(stdout); break;
	case ARGS_BAD: code = complain(&why); break;
	}
	free(trace);
	return code;
}
