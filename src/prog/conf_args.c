/* Reading command lines about configurations. */
#include "prog/conf_args.h"

#include "host/conf/conf_schema.h"
#include "host/ctl/ctl_action.h"
#include "host/conf/nearest.h"
#include "prog/gateway.h"
#include "prog/prog.h"

static const struct conf_option {
	const char *name;
	const char *value; /* NULL: takes none */
	unsigned takes;    /* 0: every command has it */
	const char *help;
} options[] = {
	{ "--control", "PATH", CONF_TAKE_CONTROL, GATEWAY_CONTROL_HELP },
	{ "--confirm", "TIME", CONF_TAKE_CONFIRM,
	  "how long to wait for 'sluice confirm', or else 60s; then back to what was" },
	{ "--all", NULL, CONF_TAKE_ALL, "defaults, too" },
	{ "--json", NULL, CONF_TAKE_JSON, "for programs" },
	{ "--help", NULL, 0, "this text" },
};

static bool is_of(const struct conf_option *option, const struct conf_command *command)
{
	return option->takes == 0 || (option->takes & command->takes) != 0;
}

static bool read_confirm(const char *value, u32 *seconds)
{
	struct conf_field field = { .kind = CONF_SECONDS, .min = 1, .max = CTL_CONFIRM_MAX_S };

	return conf_value_read(&field, value, seconds);
}

static bool wrong_option(const struct conf_command *command, const char *word,
			 struct conf_args *args)
{
	const char *names[ARRAY_COUNT(options)];
	size_t count = 0;
	const char *near;

	for (size_t i = 0; i < ARRAY_COUNT(options); i++) {
		if (is_of(&options[i], command))
			names[count++] = options[i].name;
	}
	near = nearest_word(word, names, count);
	snprintf(args->why, sizeof args->why, "%.100s: there is no such option%s%s", word,
		 near ? "; did you mean " : "", near ? near : "");
	return false;
}

static const struct conf_option *option_find(const struct conf_command *command, const char *word)
{
	size_t len = strcspn(word, "=");

	if (strcmp(word, "-h") == 0)
		word = "--help";
	for (size_t i = 0; i < ARRAY_COUNT(options); i++) {
		if (is_of(&options[i], command) && strncmp(options[i].name, word, len) == 0 &&
		    strlen(options[i].name) == (word[len] ? len : strlen(word)))
			return &options[i];
	}
	return NULL;
}

static bool take_option(const struct conf_option *option, const char *value, struct conf_args *args)
{
	if (option->value && (!value || !*value)) {
		snprintf(args->why, sizeof args->why, "%s: needs a value: %s %s", option->name,
			 option->name, option->value);
		return false;
	}
	if (strcmp(option->name, "--control") == 0)
		args->control = value;
	else if (strcmp(option->name, "--all") == 0)
		args->all = true;
	else if (strcmp(option->name, "--json") == 0)
		args->json = true;
	else if (strcmp(option->name, "--help") == 0)
		args->help = true;
	else if (!read_confirm(value, &args->confirm_s)) {
		snprintf(args->why, sizeof args->why,
			 "--confirm %.60s: has to be a time from 1s to 1d, like 60s or 5m", value);
		return false;
	}
	return true;
}

static bool take_file(const struct conf_command *command, const char *word, struct conf_args *args)
{
	if ((command->takes & (CONF_TAKE_FILE | CONF_TAKE_ANY_FILE)) && !args->file) {
		args->file = word;
		return true;
	}
	snprintf(args->why, sizeof args->why, "%.100s: %s", word,
		 args->file ? "is a second file; one is one gateway" : "no file is taken here");
	return false;
}

bool conf_args_parse(const struct conf_command *command, int argc, char **argv,
		     struct conf_args *args)
{
	memset(args, 0, sizeof *args);
	args->confirm_s = CONF_CONFIRM_DEFAULT_S;
	for (int at = 1; at < argc; at++) {
		const char *joined = strchr(argv[at], '=');
		const struct conf_option *option;

		if (argv[at][0] != '-' || strcmp(argv[at], "-") == 0) {
			if (!take_file(command, argv[at], args))
				return false;
			continue;
		}
		option = option_find(command, argv[at]);
		if (!option)
			return wrong_option(command, argv[at], args);
		if (!take_option(option,
				 joined          ? joined + 1
				 : option->value ? argv[++at]
						 : NULL,
				 args))
			return false;
		if (at >= argc)
			break;
	}
	if (args->help || args->file || !(command->takes & CONF_TAKE_FILE))
		return true;
	snprintf(args->why, sizeof args->why,
		 "which file? As in 'sluice %s /etc/sluice/sluice.yaml'",
		 command->name);
	return false;
}

void conf_args_help(const struct conf_command *command, FILE *out)
{
	const char *file = "";

	if (command->takes & CONF_TAKE_FILE)
		file = " FILE";
	else if (command->takes & CONF_TAKE_ANY_FILE)
		file = " [FILE]";
	fprintf(out, "sluice %s%s: %s\n\n", command->name, file, command->help);
	for (size_t i = 0; i < ARRAY_COUNT(options); i++) {
		char left[32];

		if (!is_of(&options[i], command))
			continue;
		snprintf(left, sizeof left, "%s %s", options[i].name,
			 options[i].value ? options[i].value : "");
		fprintf(out, "  %-18s %s\n", left, options[i].help);
	}
	fprintf(out,
		"\n%sExit codes: 0 all is well, 1 it is refused or failed, 2 wrong "
		"arguments.\n",
		*file ? "FILE may be -, for standard input. " : "");
}

bool conf_args_take(const struct conf_command *command, int argc, char **argv,
		    struct conf_args *args, int *code)
{
	if (!conf_args_parse(command, argc, argv, args)) {
		fprintf(stderr, "sluice %s: %s\n'sluice %s --help' tells more.\n", command->name,
			args->why, command->name);
		*code = PROG_EXIT_USAGE;
		return false;
	}
	if (args->help)
		conf_args_help(command, stdout);
	*code = PROG_EXIT_OK;
	return !args->help;
}
