/* Reading the command line of `sluice run`, and its help. */
#include "prog/run_args.h"

#include <stdarg.h>

#include "core/base/check.h"
#include "host/conf/nearest.h"
#include "host/ctl/ctl.h"
#include "prog/run_options.h"

void run_error(struct run_errors *errors, const char *format, ...)
{
	va_list list;

	if (errors->count == RUN_ERRORS_MAX) {
		errors->left_out++;
		return;
	}
	va_start(list, format);
	vsnprintf(errors->text[errors->count++], RUN_ERROR_SIZE, format, list);
	va_end(list);
}

static const struct run_option *option_find(const char *word)
{
	size_t len = strcspn(word, "=");

	for (size_t i = 0; i < run_option_count; i++) {
		if (strlen(run_options[i].name) == len &&
		    strncmp(run_options[i].name, word, len) == 0)
			return &run_options[i];
	}
	return strcmp(word, "-h") == 0 ? option_find("--help") : NULL;
}

bool run_option_takes_next(const char *word)
{
	const struct run_option *option = option_find(word);

	return option && option->value && !strchr(word, '=');
}

static void unknown(struct run_errors *errors, const char *word)
{
	const char *names[RUN_OPTIONS_MAX];
	const char *near;

	CHECK(run_option_count <= RUN_OPTIONS_MAX);
	for (size_t i = 0; i < run_option_count; i++)
		names[i] = run_options[i].name;
	near = nearest_word(word, names, run_option_count);
	run_error(errors, "%s: there is no such option%s%s; 'sluice run --help' lists them", word,
		  near ? "; did you mean " : "", near ? near : "");
}

/* What is about the process, or what a file has no key for. */
static bool stands_beside_file(const struct run_option *option)
{
	static const char *const names[] = {
		"--config", "--yes", "--verbose", "--seed", "--no-sandbox", "--slow-road", "--help",
	};

	for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
		if (strcmp(option->name, names[i]) == 0)
			return true;
	}
	return false;
}

/* Reads the option at argv[at] when it belongs to the phase; answers where the next one stands. */
static int read_option(struct run_reading *reading, enum run_phase phase, char **argv, int at)
{
	const struct run_option *option = option_find(argv[at]);
	const char *joined = strchr(argv[at], '=');
	const char *value = joined ? joined + 1 : argv[at + 1];
	int next = at + (option && option->value && !joined ? 2 : 1);

	if (!option) {
		if (phase == PHASE_FILE)
			unknown(reading->errors, argv[at]);
		/* What follows is its value, most likely: one complaint is enough. */
		return next + (argv[at][0] == '-' && !joined && value && value[0] != '-');
	}
	if (option->value && !joined && (!value || strncmp(value, "--", 2) == 0)) {
		value = NULL;
		next = at + 1;
	}
	if (option->phase != phase)
		return next;
	reading->option = option->name;
	if (reading->args->config && !stands_beside_file(option))
		run_error(reading->errors, "%s: with --config this is said in the file",
			  option->name);
	else if (option->value && (!value || !*value))
		run_error(reading->errors, "%s: needs a value: %s %s", option->name, option->name,
			  option->value);
	else if (!option->value && joined)
		run_error(reading->errors, "%s: takes no value", argv[at]);
	else if (option->read)
		option->read(reading, value);
	else
		*(bool *)((char *)reading->args + option->sets) = true;
	return next;
}

static void need_sides(const struct run_args *args, struct run_errors *errors)
{
	bool inside = false;
	bool outside = false;

	if (args->config)
		return;
	for (u32 i = 0; i < args->iface_count; i++) {
		inside |= args->iface[i].side == IFACE_INSIDE;
		outside |= args->iface[i].side == IFACE_OUTSIDE;
	}
	if (!inside)
		run_error(errors,
			  "--lan is missing: the interface of the inside, as in --lan eth1");
	if (!outside)
		run_error(errors,
			  "--wan is missing: the interface of the outside, as in --wan eth0");
}

void run_args_parse(int argc, char **argv, struct run_args *args, struct run_errors *errors)
{
	struct run_reading reading = { .args = args, .errors = errors };

	memset(args, 0, sizeof *args);
	memset(errors, 0, sizeof *errors);
	args->control = CTL_PATH_DEFAULT;
	for (int phase = 0; phase < PHASE_COUNT; phase++) {
		for (int at = 1; at < argc;)
			at = read_option(&reading, (enum run_phase)phase, argv, at);
	}
	if (!args->help && errors->count == 0)
		need_sides(args, errors);
}

void run_args_help(FILE *out)
{
	fprintf(out, "sluice run: be the gateway between interfaces, and translate what leaves\n\n"
		     "  sluice run --lan eth1 --wan eth0\n"
		     "        takes the addresses, routes and default gateway that they have\n"
		     "  sluice run --lan gw0=10.10.0.1/16 --wan gw1=198.18.0.1/16 "
		     "--gateway 198.18.0.2\n"
		     "        on interfaces that have no addresses\n"
		     "  sluice run --config /etc/sluice/sluice.yaml\n"
		     "        what a file says; 'sluice check' looks at it, 'sluice reload' "
		     "changes it\n\n");
	for (size_t i = 0; i < run_option_count; i++) {
		char left[48];

		snprintf(left, sizeof left, "%s %s", run_options[i].name,
			 run_options[i].value ? run_options[i].value : "");
		fprintf(out, "  %-28s %s\n", left, run_options[i].help);
	}
	fprintf(out, "\nTime-outs:");
	for (int i = 0; i < CT_TIMEOUT_COUNT; i++)
		fprintf(out, " %s", run_timeout_name((enum ct_timeout)i));
	fprintf(out,
		"\n\n--dnat 'tcp:198.18.0.1:80=10.10.0.5:8080*2,10.10.0.6:8080;method=least;"
		"check=http:/alive'\n"
		"  PUBLIC: tcp, udp, sctp, dccp, udplite or any; an address or an interface; "
		"a port or a range\n"
		"  BACKEND: an address, maybe a port, maybe *WEIGHT from 1 to 256\n"
		"  method=maglev|sticky|least  hairpin=yes (inside clients, too)\n"
		"  slow-start=S (10)  drain=S (300)\n"
		"  check=tcp|icmp|http:/PATH  status=N (200)  drain-status=N (no new flows)\n"
		"  check-port=N  interval-ms=N (2000)  timeout-ms=N (1000)  rise=N (2)  "
		"fall=N (3)\n");
	fprintf(out,
		"\nThe control socket is %s unless --control says otherwise.\n"
		"Ends on SIGINT and SIGTERM and gives the interfaces back.\n"
		"Exit codes: 0 ended as asked, 1 a failure of the system, 2 wrong arguments.\n",
		CTL_PATH_DEFAULT);
}
