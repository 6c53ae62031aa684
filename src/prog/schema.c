/* `sluice schema`: what can be set in a configuration; and `sluice completion`: words for shells.
 * Both come from tables: commands, options of run, shows, keys of the configuration.            */
#include <stdio.h>

#include "host/conf/conf_doc.h"
#include "host/ctl/ctl_request.h"
#include "prog/prog.h"
#include "prog/run_args.h"

static int schema_help(void)
{
	printf("sluice schema [KEY]: what can be set in a configuration\n\n"
	       "  sluice schema                the sections\n"
	       "  sluice schema limits.flows   one key, or one section\n"
	       "  sluice schema --markdown     the manual page, docs/configuration.md\n"
	       "  sluice schema --json         a JSON schema, for editors\n");
	return PROG_EXIT_OK;
}

int schema_main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : NULL;
	const char *near = NULL;

	if (word && (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0))
		return schema_help();
	if (word && strcmp(word, "--markdown") == 0) {
		conf_doc_page(stdout);
		return PROG_EXIT_OK;
	}
	if (word && strcmp(word, "--json") == 0) {
		conf_doc_schema(stdout);
		return PROG_EXIT_OK;
	}
	if (argc <= 2 && conf_doc_key(stdout, word, &near))
		return PROG_EXIT_OK;
	fprintf(stderr,
		"sluice schema: there is no key '%s'%s%s%s; 'sluice schema' lists the "
		"sections\n",
		argc > 2 ? argv[2] : word, near ? "; did you mean '" : "", near ? near : "",
		near ? "'?" : "");
	return PROG_EXIT_USAGE;
}

/* ---- completion ------------------------------------------------------------------------------ */

static void put_commands(void)
{
	for (const struct prog_command *command = prog_commands(); command->name; command++)
		printf("%s%s", command == prog_commands() ? "" : " ", command->name);
}

static void put_shows(void)
{
	for (int i = 0; i < CTL_SHOW_COUNT; i++)
		printf("%s%s", i ? " " : "", ctl_show_name((enum ctl_show)i));
}

static void put_options(void)
{
	const char *name;

	for (u32 i = 0; (name = run_option_name(i)) != NULL; i++)
		printf("%s%s", i ? " " : "", name);
}

/* The words are the same for both; zsh has bash's way of completing built in. */
static void put_words(void)
{
	printf("_sluice_commands='");
	put_commands();
	printf("'\n_sluice_shows='");
	put_shows();
	printf("'\n_sluice_run_options='");
	put_options();
	printf("'\n_sluice_keys='");
	fflush(stdout);
	conf_doc_paths(stdout);
	printf("'\n");
}

static void put_function(void)
{
	fputs("_sluice() {\n"
	      "\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
	      "\tlocal words= files=\n"
	      "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
	      "\t\twords=$_sluice_commands\n"
	      "\telse\n"
	      "\t\tcase \"${COMP_WORDS[1]}\" in\n"
	      "\t\trun) words=$_sluice_run_options; [ \"$before\" = --config ] && files=1 ;;\n"
	      "\t\tshow) words=\"$_sluice_shows --json --control --help\" ;;\n"
	      "\t\tschema) words=\"$_sluice_keys --json --markdown\" ;;\n"
	      "\t\tcompletion) words='bash zsh' ;;\n"
	      "\t\thelp) words=$_sluice_commands ;;\n"
	      "\t\tcheck | plan) files=1 words='--json --help' ;;\n"
	      "\t\tprint) files=1 words='--all --help' ;;\n"
	      "\t\tdiff | reload) files=1 words='--control --json --help' ;;\n"
	      "\t\tapply) files=1 words='--confirm --control --json --help' ;;\n"
	      "\t\tconfirm | rollback) words='--control --json --help' ;;\n"
	      "\t\tesac\n"
	      "\tfi\n"
	      "\tcase \"$word\" in -*) files= ;; esac\n"
	      "\tCOMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
	      "\t[ -z \"$files\" ] || COMPREPLY+=($(compgen -f -- \"$word\"))\n"
	      "}\n"
	      "complete -F _sluice sluice\n",
	      stdout);
}

int completion_main(int argc, char **argv)
{
	const char *shell = argc > 1 ? argv[1] : "";

	if (strcmp(shell, "--help") == 0 || strcmp(shell, "-h") == 0) {
		printf("sluice completion bash|zsh: words for the shell\n\n"
		       "  eval \"$(sluice completion bash)\"\n");
		return PROG_EXIT_OK;
	}
	if (strcmp(shell, "bash") != 0 && strcmp(shell, "zsh") != 0) {
		fprintf(stderr, "sluice completion: which shell? bash or zsh\n");
		return PROG_EXIT_USAGE;
	}
	printf("# Words for %s, made by 'sluice completion %s'.\n", shell, shell);
	if (strcmp(shell, "zsh") == 0)
		printf("autoload -U +X bashcompinit && bashcompinit\n");
	put_words();
	put_function();
	return PROG_EXIT_OK;
}
