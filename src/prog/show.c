/* `sluice show`: ask a running gateway over its control socket, and print what it says. */
#include <stdio.h>
#include <stdlib.h>

#include "prog/gateway.h"
#include "prog/prog.h"
#include "prog/show_args.h"
#include "prog/show_config.h"
#include "prog/show_read.h"
#include "prog/suggest.h"

/* For a name that the gateway may not have known. */
static void suggest(const struct show_args *args)
{
	const char *place = args->show == CTL_SHOW_INTERFACES ? "INTERFACE"
			    : args->show == CTL_SHOW_DROPS    ? "REASON"
							      : "COUNTER";

	suggest_name("SET", args->set, args->control);
	suggest_name(place, args->name, args->control);
	suggest_name("ZONE", args->zone, args->control);
}

static int show_ask(const struct show_args *args)
{
	char *request = show_args_request(args);
	FILE *stream = request ? gateway_ask(args->control, request, GATEWAY_WAIT_S) : NULL;
	bool good;

	free(request);
	if (!stream)
		return PROG_EXIT_FAILED;
	good = args->show == CTL_SHOW_CONFIG ? show_config_read(stream, args, stdout, stderr)
					     : show_read(stream, args, stdout, stderr);
	fclose(stream);
	if (!good)
		suggest(args);
	return good ? PROG_EXIT_OK : PROG_EXIT_FAILED;
}

int show_main(int argc, char **argv)
{
	struct show_args args;
	struct ctl_why why;

	if (!show_args_parse(argc, argv, &args, &why)) {
		fprintf(stderr, "sluice show: %s\n'sluice show --help' tells more.\n", why.text);
		return PROG_EXIT_USAGE;
	}
	if (args.help) {
		show_args_help(stdout);
		return PROG_EXIT_OK;
	}
	return show_ask(&args);
}
