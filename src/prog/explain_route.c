/* Asking why a route is the best. */
#include "prog/explain_route.h"

#include <stdlib.h>

#include "host/conf/values.h"
#include "prog/explain_args.h"
#include "prog/gateway.h"
#include "prog/options.h"
#include "prog/prog.h"
#include "prog/show_args.h"
#include "prog/show_read.h"

enum { OPT_CONTROL, OPT_JSON, OPT_HELP, OPT_COUNT };

static const struct option_spec specs[OPT_COUNT] = {
	[OPT_CONTROL] = { "--control", "PATH", "" },
	[OPT_JSON] = { "--json", NULL, "" },
	[OPT_HELP] = { "--help", NULL, "" },
};

static bool parse(int argc, char **argv, struct show_args *args, struct ctl_why *why)
{
	const char *value[OPT_COUNT] = { NULL };
	const char *word[1] = { NULL };
	struct options options = {
		.specs = specs, .count = OPT_COUNT, .value = value, .word = word, .word_max = 1
	};
	be32 addr;

	*args = (struct show_args){ .show = CTL_SHOW_PATHS };
	if (!options_parse(argc, argv, &options, why))
		return false;
	args->help = value[OPT_HELP] != NULL;
	args->json = value[OPT_JSON] != NULL;
	args->control = value[OPT_CONTROL];
	if (args->help)
		return true;
	if (!word[0])
		return options_refuse(why, "to where? As in 'sluice explain route 192.0.2.1'");
	args->addr = word[0];
	args->given = CTL_FILTER_ADDR;
	return value_addr(word[0], &addr) ||
	       options_refuse(why, "%.40s: has to be an address, like 192.0.2.1", word[0]);
}

static int ask(const struct show_args *args)
{
	char *request = show_args_request(args);
	FILE *stream = request ? gateway_ask(args->control, request, GATEWAY_WAIT_S) : NULL;
	bool good;

	free(request);
	if (!stream)
		return PROG_EXIT_FAILED;
	good = show_read(stream, args, stdout, stderr);
	fclose(stream);
	return good ? PROG_EXIT_OK : PROG_EXIT_FAILED;
}

int explain_route(int argc, char **argv)
{
	struct show_args args;
	struct ctl_why why;

	if (!parse(argc, argv, &args, &why)) {
		fprintf(stderr, "sluice explain: route: %s\n'sluice explain --help' tells more.\n",
			why.text);
		return PROG_EXIT_USAGE;
	}
	if (args.help) {
		explain_args_help(stdout);
		return PROG_EXIT_OK;
	}
	return ask(&args);
}
