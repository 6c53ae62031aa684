/* `sluice help`: the list of commands, or the help of one. */
#include <stdio.h>

#include "core/base/bytes.h"
#include "prog/prog.h"

static int help_of(const char *name)
{
	char help[] = "--help";
	char *argv[] = { NULL, help, NULL };

	for (const struct prog_command *command = prog_commands(); command->name; command++) {
		char word[16];

		if (strcmp(name, command->name) != 0 || command->main == help_main)
			continue;
		snprintf(word, sizeof word, "%s", name);
		argv[0] = word;
		return command->main(2, argv);
	}
	return prog_unknown(name);
}

int help_main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--help") != 0)
		return help_of(argv[1]);
	printf("sluice: a NAT gateway in user space\n\n");
	for (const struct prog_command *command = prog_commands(); command->name; command++)
		printf("  sluice %-11s %s\n", command->name, command->help);
	printf("\nExit codes: 0 done, 1 it could not be done (ping: no reply), 2 wrong arguments.\n"
	       "Start with: sluice run --lan eth1 --wan eth0\n");
	return PROG_EXIT_OK;
}
