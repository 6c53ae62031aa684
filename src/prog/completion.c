/* `sluice completion bash|zsh|words`: the help of every command, caught and read. */
#include "prog/completion.h"

#include <stdlib.h>
#include <unistd.h>

#include "core/base/check.h"
#include "prog/prog.h"

enum { COMMANDS_MAX = 32, HELP_BYTES_MAX = 32 * 1024 };

/* What the command prints to stdout when it is asked for help. */
static bool help_catch(const struct prog_command *command, char text[HELP_BYTES_MAX])
{
	char name[HELP_NAME_SIZE], option[] = "--help";
	char *argv[] = { name, option, NULL };
	FILE *file = tmpfile();
	int saved = dup(STDOUT_FILENO);
	bool good = file && saved >= 0;

	snprintf(name, sizeof name, "%s", command->name);
	text[0] = 0;
	fflush(stdout);
	if (good && dup2(fileno(file), STDOUT_FILENO) >= 0) {
		good = command->main(2, argv) == PROG_EXIT_OK;
		fflush(stdout);
		good = dup2(saved, STDOUT_FILENO) >= 0 && good;
		rewind(file);
		text[fread(text, 1, HELP_BYTES_MAX - 1, file)] = 0;
	}
	if (saved >= 0)
		close(saved);
	if (file)
		fclose(file);
	return good;
}

static void take_commands(struct help *help)
{
	for (const struct prog_command *command = prog_commands(); command->name; command++) {
		struct help_usage *usage = &help->usage[help->usage_count++];

		usage->count = 1;
		snprintf(usage->place[0], HELP_NAME_SIZE, "%s", command->name);
	}
}

static bool one_read(const struct prog_command *command, struct help *help)
{
	char text[HELP_BYTES_MAX];

	if (!help_catch(command, text))
		return false;
	help_read(command->name, text, help);
	if (command->main == help_main)
		take_commands(help);
	return true;
}

static bool all_read(struct completion *all, u32 *count)
{
	for (const struct prog_command *command = prog_commands(); command->name; command++) {
		struct completion *completion = &all[(*count)++];

		CHECK(*count <= COMMANDS_MAX);
		completion->command = command->name;
		completion->text = command->help;
		if (!one_read(command, &completion->help))
			return false;
	}
	return true;
}

static int print(const char *shell)
{
	struct completion *all = calloc(COMMANDS_MAX, sizeof *all);
	u32 count = 0;
	bool good = all && all_read(all, &count);

	if (good && strcmp(shell, "bash") == 0)
		completion_bash(all, count, stdout);
	else if (good)
		completion_zsh(all, count, stdout);
	else
		fprintf(stderr, "sluice completion: the help of the commands can not be read\n");
	free(all);
	return good ? PROG_EXIT_OK : PROG_EXIT_FAILED;
}

/* word: the command, and what follows it. What is no command has nothing behind it. */
static int words(const char *const *word, u32 count)
{
	const struct prog_command *command = prog_commands();
	struct completion_next next = { 0 };
	struct help *help = calloc(1, sizeof *help);

	while (command->name && strcmp(command->name, word[0]) != 0)
		command++;
	if (help && command->name && one_read(command, help))
		completion_next(help, word + 1, count - 1, &next);
	for (u32 i = 0; i < next.count; i++) {
		if (help_is_word(next.place[i]))
			printf("%s\n", next.place[i]);
		else
			completion_names(next.place[i], next.control, stdout);
	}
	free(help);
	return PROG_EXIT_OK;
}

int completion_main(int argc, char **argv)
{
	if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		printf("sluice completion: the completion script of a shell, on stdout\n\n"
		       "  sluice completion bash   source <(sluice completion bash)\n"
		       "  sluice completion zsh    sluice completion zsh >~/.zfunc/_sluice\n"
		       "  sluice completion words COMMAND [WORD...]\n"
		       "                           what may stand behind them, one a line: the "
		       "scripts ask\n\n"
		       "  --help   this text\n");
		return PROG_EXIT_OK;
	}
	if (argc > 2 && strcmp(argv[1], "words") == 0)
		return words((const char *const *)argv + 2, (u32)argc - 2);
	if (argc != 2 || (strcmp(argv[1], "bash") != 0 && strcmp(argv[1], "zsh") != 0)) {
		fprintf(stderr, "sluice completion: for which shell? bash or zsh\n");
		return PROG_EXIT_USAGE;
	}
	return print(argv[1]);
}
