/* sluice: one program, a file per subcommand. */
#include <stdio.h>

#include "core/base/bytes.h"
#include "host/conf/nearest.h"
#include "prog/prog.h"
#include "tool/link.h"
#include "tool/ping.h"
#include "tool/traceroute.h"

static const struct prog_command commands[] = {
	{ "run", run_main, "be the gateway between interfaces" },
	{ "show", show_main, "what a running gateway knows: flows, ports, routes, drops ..." },
	{ "explain", explain_main, "what the gateway would do with a packet, and why" },
	{ "events", events_main, "flows and interfaces as they come and go, as lines of JSON" },
	{ "flush", flush_main, "end flows" },
	{ "drain", drain_main, "a backend gets no new flows, and loses those it has in time" },
	{ "undrain", undrain_main, "a backend takes part again" },
	{ "set", set_main, "change a set of the filter" },
	{ "replay", replay_main, "captures through the gateway, in virtual time" },
	{ "top", top_main, "who holds most flows and ports, refreshed" },
	{ "check", check_main, "is a configuration file right?" },
	{ "print", print_main, "a configuration file in its canonical form" },
	{ "plan", plan_main, "the memory that a configuration needs" },
	{ "diff", diff_main, "what a file would change of the running gateway" },
	{ "reload", reload_main, "the running gateway takes its file again" },
	{ "apply", apply_main, "take a file, and go back unless it is confirmed" },
	{ "confirm", confirm_main, "keep what was applied" },
	{ "rollback", rollback_main, "go back to what was before the last change" },
	{ "schema", schema_main, "what can be set in a configuration" },
	{ "ping", ping_main, "send echo requests" },
	{ "traceroute", traceroute_main, "the way to a host, hop by hop" },
	{ "link", link_main, "join two interfaces by a link with a rate, a delay and losses" },
	{ "perf", perf_main, "how much this program's own TCP carries, to and from any other" },
	{ "help", help_main, "this list; 'sluice help COMMAND' tells more of one" },
	{ "completion", completion_main, "the completion script of bash or zsh" },
	{ "version", version_main, "the version of the program" },
	{ NULL, NULL, NULL },
};

const struct prog_command *prog_commands(void)
{
	return commands;
}

/* Spellings that other programs have taught people. */
static const char *usual_name(const char *word)
{
	if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0)
		return "help";
	if (strcmp(word, "-V") == 0 || strcmp(word, "--version") == 0)
		return "version";
	return word;
}

int prog_unknown(const char *word)
{
	const char *names[ARRAY_COUNT(commands)];
	size_t count = 0;
	const char *near;

	for (const struct prog_command *command = commands; command->name; command++)
		names[count++] = command->name;
	near = nearest_word(word, names, count);
	fprintf(stderr, "sluice: there is no command '%s'%s%s%s 'sluice help' lists them\n", word,
		near ? "; did you mean '" : "", near ? near : "", near ? "'?" : ";");
	return PROG_EXIT_USAGE;
}

int main(int argc, char **argv)
{
	const char *name;

	if (argc < 2) {
		fprintf(stderr, "sluice: which command? 'sluice help' lists them\n");
		return PROG_EXIT_USAGE;
	}
	name = usual_name(argv[1]);
	for (const struct prog_command *command = commands; command->name; command++) {
		if (strcmp(name, command->name) == 0)
			return command->main(argc - 1, argv + 1);
	}
	return prog_unknown(argv[1]);
}
