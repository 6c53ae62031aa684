/* Completion for bash, without the package bash-completion. */
#include "prog/completion.h"

static void print_names(const struct help *help, FILE *out)
{
	for (u32 i = 0; i < help->option_count; i++) {
		const struct help_option *option = &help->option[i];

		fprintf(out, "%s%s", i ? " " : "", option->name);
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
	} else if (completion_has_names(value)) {
		fputs("_sluice_next \"$@\"", out);
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
	/* Options are many: they stand where nothing else does, or are asked for. */
	fprintf(out, "\t\"%s \"*)\n\t\t%scompgen -W \"", completion->command,
		completion->help.usage_count ? "_sluice_next \"$@\" ||\n\t\t\t" : "");
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
	      "# _sluice_words WORD COMMAND PREVIOUS PROGRAM [COMMAND ...]: words that fit WORD,\n"
	      "# when it is typed behind what follows PROGRAM.\n"
	      "\n"
	      "# Of those the ones that the program knows; false: there are none.\n"
	      "_sluice_next() {\n"
	      "\t[[ $1 != -* ]] &&\n"
	      "\t\tcompgen -W \"$(\"$4\" completion words \"${@:5}\" 2>/dev/null)\" -- \"$1\"\n"
	      "}\n"
	      "\n"
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
	      "# bash takes words apart at colons and equal signs; the line has them whole.\n"
	      "_sluice() {\n"
	      "\tlocal line=${COMP_LINE:0:COMP_POINT} word= command= kept\n"
	      "\tlocal -a words\n"
	      "\tread -ra words <<<\"$line\"\n"
	      "\tif [[ $line != *[[:space:]] ]]; then\n"
	      "\t\tword=${words[-1]}\n"
	      "\t\tunset 'words[-1]'\n"
	      "\tfi\n"
	      "\tif [[ $word == --*=* ]]; then\n"
	      "\t\twords+=(\"${word%%=*}\")\n"
	      "\t\tword=${word#*=}\n"
	      "\tfi\n"
	      "\t[ \"${#words[@]}\" -gt 1 ] && command=${words[1]}\n"
	      "\tmapfile -t COMPREPLY < <(_sluice_words \"$word\" \"$command\" \\\n"
	      "\t\t\"${words[-1]}\" \"$1\" \"${words[@]:1}\")\n"
	      "\tkept=${word%\"${word##*:}\"}\n"
	      "\t[[ $COMP_WORDBREAKS != *:* ]] || COMPREPLY=(\"${COMPREPLY[@]#\"$kept\"}\")\n"
	      "}\n"
	      "complete -F _sluice sluice\n",
	      out);
}
