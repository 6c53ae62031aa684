/* Completion for zsh, by its function _arguments. */
#include "prog/completion.h"

/* Between single quotes, inside of brackets. */
static void print_text(const char *text, FILE *out)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", out);
		else if (strchr("[]:\\", *text))
			fprintf(out, "\\%c", *text);
		else
			fputc(*text, out);
	}
}

static void print_action(const char *value, FILE *out)
{
	fputc(':', out);
	print_text(value, out);
	fputc(':', out);
	if (strncmp(value, "IF", 2) == 0)
		fputs("_sluice_interfaces", out);
	else if (strcmp(value, "PATH") == 0 || strcmp(value, "FILE") == 0)
		fputs("_files", out);
	else if (completion_has_names(value))
		fputs("_sluice_next", out);
	else if (help_is_choice(value)) {
		fputc('(', out);
		for (; *value; value++)
			fputc(*value == '|' ? ' ' : *value, out);
		fputc(')', out);
	}
}

static void print_option(const char *name, const struct help_option *option, FILE *out)
{
	/* The star: what may be repeated is not told apart, and does no harm. */
	fprintf(out, " \\\n\t\t\t'*%s[", name);
	print_text(option->text, out);
	fputc(']', out);
	if (option->value[0])
		print_action(option->value, out);
	fputc('\'', out);
}

static void print_command(const struct completion *completion, FILE *out)
{
	const struct help *help = &completion->help;

	fprintf(out, "\t%s)\n\t\t_arguments", completion->command);
	for (u32 i = 0; i < help->option_count; i++) {
		print_option(help->option[i].name, &help->option[i], out);
		if (help->option[i].alias[0])
			print_option(help->option[i].alias, &help->option[i], out);
	}
	if (help->takes_host)
		fputs(" \\\n\t\t\t'1:host:_hosts'", out);
	else if (help->takes_file)
		fputs(" \\\n\t\t\t'*:file:_files'", out);
	else if (help->usage_count)
		fputs(" \\\n\t\t\t'*:what:_sluice_next'", out);
	fputs("\n\t\t;;\n", out);
}

void completion_zsh(const struct completion *all, u32 count, FILE *out)
{
	fputs("#compdef sluice\n"
	      "# zsh completion of sluice, written by 'sluice completion zsh'.\n"
	      "\n"
	      "_sluice_interfaces() {\n"
	      "\tlocal -a interfaces\n"
	      "\tinterfaces=(/sys/class/net/*(N:t))\n"
	      "\tcompadd -a interfaces\n"
	      "}\n"
	      "\n"
	      "# What the program knows of the words that may stand here.\n"
	      "_sluice_next() {\n"
	      "\tlocal -a found\n"
	      "\tfound=(${(f)\"$($program completion words \"${(@)words[1,CURRENT-1]}\" "
	      "2>/dev/null)\"})\n"
	      "\tcompadd -a found\n"
	      "}\n"
	      "\n"
	      "_sluice() {\n"
	      "\tlocal program=$words[1]\n"
	      "\tlocal -a commands\n"
	      "\tcommands=(\n",
	      out);
	for (u32 i = 0; i < count; i++) {
		fprintf(out, "\t\t'%s:", all[i].command);
		print_text(all[i].text, out);
		fputs("'\n", out);
	}
	fputs("\t)\n"
	      "\tif ((CURRENT == 2)); then\n"
	      "\t\t_describe command commands\n"
	      "\t\treturn\n"
	      "\tfi\n"
	      "\tshift words\n"
	      "\t((CURRENT--))\n"
	      "\tcase $words[1] in\n",
	      out);
	for (u32 i = 0; i < count; i++)
		print_command(&all[i], out);
	fputs("\tesac\n"
	      "}\n"
	      "\n"
	      "if [ \"$funcstack[1]\" = _sluice ]; then\n"
	      "\t_sluice \"$@\"\n"
	      "else\n"
	      "\tcompdef _sluice sluice\n"
	      "fi\n",
	      out);
}
