/* `sluice schema`: what can be set in a configuration. */
#include <stdio.h>

#include "host/conf/conf_doc.h"
#include "prog/prog.h"

static int schema_help(void)
{
	printf("sluice schema [KEY]: what can be set in a configuration\n\n"
	       "  sluice schema                the sections\n"
	       "  sluice schema KEY            one key, or one section: limits.flows\n\n"
	       "  --markdown   all of it, docs/configuration.md\n"
	       "  --man        the manual page, sluice.yaml(5)\n"
	       "  --json       a JSON schema, for editors\n"
	       "  --help       this text\n");
	return PROG_EXIT_OK;
}

/* The whole language in one form; false: the word names none. */
static bool schema_whole(const char *word)
{
	static const struct {
		const char *option;
		void (*write)(FILE *out);
	} forms[] = {
		{ "--markdown", conf_doc_page },
		{ "--man", conf_doc_man },
		{ "--json", conf_doc_schema },
	};

	for (size_t i = 0; i < ARRAY_COUNT(forms); i++) {
		if (strcmp(word, forms[i].option) == 0) {
			forms[i].write(stdout);
			return true;
		}
	}
	return false;
}

int schema_main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : NULL;
	const char *near = NULL;

	if (word && (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0))
		return schema_help();
	if (word && schema_whole(word))
		return PROG_EXIT_OK;
	if (argc <= 2 && conf_doc_key(stdout, word, &near))
		return PROG_EXIT_OK;
	fprintf(stderr,
		"sluice schema: there is no key '%s'%s%s%s 'sluice schema' lists the sections\n",
		argc > 2 ? argv[2] : word, near ? "; did you mean '" : "", near ? near : "",
		near ? "'?" : ";");
	return PROG_EXIT_USAGE;
}
