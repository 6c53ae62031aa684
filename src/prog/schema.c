/* `sluice schema`: what can be set in a configuration. */
#include <stdio.h>

#include "host/conf/conf_doc.h"
#include "prog/prog.h"

static int schema_help(void)
{
	printf("sluice schema [KEY]: what can be set in a configuration\n\n"
	       "  sluice schema                the sections\n"
	       "  sluice schema limits.flows   one key, or one section\n\n"
	       "  --markdown   the manual page, docs/configuration.md\n"
	       "  --json       a JSON schema, for editors\n"
	       "  --help       this text\n");
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
