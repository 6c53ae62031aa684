/* A backend, and how long, as a request. */
#include "prog/drain_args.h"

#include <jansson.h>

#include "host/conf/conf_schema.h"
#include "prog/gateway.h"
#include "prog/options.h"

enum { DRAIN_WAIT_S = 60 };

enum {
	OPT_SERVICE,
	OPT_CONTROL,
	OPT_JSON,
	OPT_HELP,
	OPT_DEADLINE, /* from here on: drain only */
	OPT_WAIT,
	OPT_FLOWS,
	OPT_COUNT,
};

static const struct option_spec specs[OPT_COUNT] = {
	[OPT_SERVICE] = { "--service", "SERVICE", "of this service only; else of every one" },
	[OPT_CONTROL] = { "--control", "PATH", GATEWAY_CONTROL_HELP },
	[OPT_JSON] = { "--json", NULL, "for programs" },
	[OPT_HELP] = { "--help", NULL, "this text" },
	[OPT_DEADLINE] = { "--deadline", "TIME",
			   "until its flows are given up, like 60s; else the service's time. With "
			   "--wait: how long is waited" },
	[OPT_WAIT] = { "--wait", NULL, "of the gateway: until its neighbours know" },
	[OPT_FLOWS] = { "--flows", NULL, "with --wait: until it has no flow, too" },
};

static size_t spec_count(enum ctl_do what)
{
	return what == CTL_DO_DRAIN ? OPT_COUNT : OPT_DEADLINE;
}

static bool fits(const char *word, const char *what, struct ctl_why *why)
{
	return strlen(word) < CTL_BACKEND_SIZE ||
	       options_refuse(why, "%.60s: is too long for a %s", word, what);
}

static bool check_values(const struct options *options, enum ctl_do what, u32 *deadline_s,
			 struct ctl_why *why)
{
	const struct conf_field field = { .kind = CONF_SECONDS, .max = CTL_DRAIN_MAX_S };
	bool drains = what == CTL_DO_DRAIN;
	const char *deadline = drains ? options->value[OPT_DEADLINE] : NULL;
	bool waits = drains && options->value[OPT_WAIT] != NULL;
	bool gateway = options->word_count > 0 && strcmp(options->word[0], CTL_DRAIN_GATEWAY) == 0;

	if (options->word_count == 0)
		return options_refuse(why,
				      "which backend? As in 'sluice %s 10.10.0.5:8080'; 'sluice "
				      "show backends' lists them",
				      ctl_do_name(what));
	if (gateway && options->value[OPT_SERVICE])
		return options_refuse(why, "--service: the gateway is of no service");
	if (gateway && deadline && !waits)
		return options_refuse(why, "--deadline: the gateway has one with --wait only");
	if (waits && !gateway)
		return options_refuse(why,
				      "--wait: is for 'gateway'; show backends has the flows of "
				      "a backend");
	if (drains && options->value[OPT_FLOWS] && !waits)
		return options_refuse(why, "--flows: goes with --wait");
	if (deadline && !conf_value_read(&field, deadline, deadline_s))
		return options_refuse(why,
				      "--deadline %.40s: has to be a time from 0s to 1d, like 60s "
				      "or 5m",
				      deadline);
	return fits(options->word[0], "backend", why) &&
	       (!options->value[OPT_SERVICE] || fits(options->value[OPT_SERVICE], "service", why));
}

static char *request_of(const struct options *options, enum ctl_do what, u32 deadline_s)
{
	json_t *root = json_pack("{s:i, s:s, s:s}", "version", CTL_VERSION, "do", ctl_do_name(what),
				 "backend", options->word[0]);
	char *line;

	if (options->value[OPT_SERVICE])
		json_object_set_new(root, "service", json_string(options->value[OPT_SERVICE]));
	if (options->value[OPT_DEADLINE] && !options->value[OPT_WAIT])
		json_object_set_new(root, "deadline_s", json_integer(deadline_s));
	line = json_dumps(root, JSON_COMPACT | JSON_PRESERVE_ORDER);
	json_decref(root);
	return line;
}

bool drain_args_parse(int argc, char **argv, enum ctl_do what, struct drain_args *args,
		      struct ctl_why *why)
{
	const char *value[OPT_COUNT] = { NULL };
	const char *word[1];
	struct options options = { .specs = specs,
				   .count = spec_count(what),
				   .value = value,
				   .word = word,
				   .word_max = 1 };
	u32 deadline_s = 0;

	*args = (struct drain_args){ 0 };
	if (!options_parse(argc, argv, &options, why))
		return false;
	args->help = value[OPT_HELP] != NULL;
	args->json = value[OPT_JSON] != NULL;
	if (args->help)
		return true;
	args->control = value[OPT_CONTROL];
	if (!check_values(&options, what, &deadline_s, why))
		return false;
	args->wait = value[OPT_WAIT] != NULL;
	args->flows = value[OPT_FLOWS] != NULL;
	args->wait_s = value[OPT_DEADLINE] ? deadline_s : DRAIN_WAIT_S;
	args->request = request_of(&options, what, deadline_s);
	return args->request || options_refuse(why, "there is no memory, or the name is no text");
}

void drain_args_help(FILE *out, enum ctl_do what)
{
	if (what == CTL_DO_DRAIN)
		fprintf(out, "sluice drain: a backend gets no new flows; those it has may go on "
			     "until the deadline,\nand are given up then; or the gateway withdraws "
			     "what it announces to other routers, and\nforwards as ever\n\n"
			     "  sluice drain BACKEND [--deadline TIME] [--service SERVICE]\n"
			     "  sluice drain gateway [--wait [--flows] [--deadline TIME]]\n\n");
	else
		fprintf(out, "sluice undrain: takes back what 'sluice drain' ordered\n\n"
			     "  sluice undrain BACKEND [--service SERVICE]\n"
			     "  sluice undrain gateway\n\n");
	options_help(out, specs, spec_count(what));
	fprintf(out,
		"\nA backend is 10.10.0.5:8080; an address without a port means all its ports.\n"
		"Exit codes: 0 done, 1 no gateway answers or it refuses, 2 wrong arguments%s.\n",
		what == CTL_DO_DRAIN ? ", 3 the time of --wait is over" : "");
}
