/* Completion for bash, without the package bash-completion. */
#include "prog/completion.h"

static void print_names(const struct help *help, FILE *out)
{
	for (u32 i = 0; i < help->word_count; i++)
		fprintf(out, "%s%s", i ? " " : "", help->word[i]);
	for (u32 i = 0; i < help->option_count; i++) {
		const struct help_option *option = &help->option[i];

		fprintf(out, "%s%s", i || help->word_count ? " " : "", option->name);
		if (option->alias[0])
			fprintf(out, " %s", option->alias);
	}
}

static void print_value(const struct help_option *option, FILE *out)
{
	const char *value = option->value;

	if (strncmp(value, "IF", 2) == 0) {
		fputs("compgen -W \"$(command ls /sys/class/net 2>/dev/null)\" -- \"$1\"", out);
	} else if (strcmp(value, "PATH") == 0 || strcmp(value, "FILE") == 0) {
		fputs("compgen -f -- \"$1\"", out);
	} else if (help_is_choice(value)) {
		fputs("compgen -W \"", out);
		for (; *value; value++)
			fputc(*value == '|' ? ' ' : *value, out);
		fputs("\" -- \"$1\"", out);
	} else {
		/* Nobody can guess it; the names of options would be no help. */
		fputs(":", out);
	}
}

static void print_values(const struct completion *completion, FILE *out)
{
	for (u32 i = 0; i < completion->help.option_count; i++) {
		const struct help_option *option = &completion->help.option[i];

		if (!option->value[0])
			continue;
		fprintf(out, "\t\"%s %s\"", completion->command, option->name);
		if (option->alias[0])
			fprintf(out, " | \"%s %s\"", completion->command, option->alias);
		fputs(") ", out);
		print_value(option, out);
		fputs(" ;;\n", out);
	}
}

static void print_command(const struct completion *completion, FILE *out)
{
	fprintf(out, "\t\"%s \"*)\n\t\tcompgen -W \"", completion->command);
	print_names(&completion->help, out);
	fputs("\" -- \"$1\"\n", out);
	if (completion->help.takes_host)
		fputs("\t\t[[ $1 == -* ]] || compgen -A hostname -- \"$1\"\n", out);
	if (completion->help.takes_file)
		fputs("\t\t[[ $1 == -* ]] || compgen -f -- \"$1\"\n", out);
	fputs("\t\t;;\n", out);
}

void completion_bash(const struct completion *all, u32 count, FILE *out)
{
	fputs("# bash completion of sluice, written by 'sluice completion bash'.\n"
	      "\n"
	      "# The words that fit WORD: _sluice_words WORD COMMAND PREVIOUS\n"
	      "_sluice_words() {\n"
	      "\tcase \"$2 $3\" in\n"
	      "\t\" \"*) compgen -W \"",
	      out);
	for (u32 i = 0; i < count; i++)
		fprintf(out, "%s%s", i ? " " : "", all[i].command);
	fputs("\" -- \"$1\" ;;\n", out);
	for (u32 i = 0; i < count; i++)
		print_values(&all[i], out);
	for (u32 i = 0; i < count; i++)
		print_command(&all[i], out);
	fputs("\tesac\n"
	      "}\n"
	      "\n"
	      "_sluice() {\n"
	      "\tlocal command=\n"
	      "\t[ \"$COMP_CWORD\" -gt 1 ] && command=${COMP_WORDS[1]}\n"
	      "\tmapfile -t COMPREPLY < <(_sluice_words \"${COMP_WORDS[COMP_CWORD]}\" \\\n"
	      "\t\t\"$command\" \"${COMP_WORDS[COMP_CWORD - 1]}\")\n"
	      "}\n"
	      "complete -F _sluice sluice\n",
	      out);
}
