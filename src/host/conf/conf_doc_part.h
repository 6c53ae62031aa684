/* What the files of conf_doc.h share: pieces of which each of them tells a key, and the two pages,
 * which say the same in two forms.                                                              */
#ifndef HOST_CONF_CONF_DOC_PART_H
#define HOST_CONF_CONF_DOC_PART_H

#include <stdio.h>

#include "host/conf/conf_schema.h"

enum { CONF_DOC_PATH_SIZE = 128, CONF_DOC_TEXT_SIZE = 256 };

/* "required", a value, or nothing; standard: the struct of the group at its defaults. */
void conf_doc_default(const struct conf_field *field, const void *standard,
		      char text[CONF_VALUE_SIZE]);
/* What a value may be. */
void conf_doc_right(const struct conf_field *field, char text[CONF_DOC_TEXT_SIZE]);
/* "echo-reply 0, unreachable 3, unreachable/net 3/0, ..." in lines of up to width letters. */
void conf_doc_icmp_names(FILE *out, const char *indent, size_t width);

/* How a page is written. */
struct conf_doc_form {
	/* Lines of prose, with `words of the language` and *stresses*. */
	void (*paragraph)(FILE *out, const char *text, bool first);
	/* Lines as they are. */
	void (*example)(FILE *out, const char *text);
	/* path: "nat.rules[]"; NULL: the file itself. help: of the field that leads there. */
	void (*begin)(FILE *out, const char *path, const char *help);
	/* right is empty for a section, which has a part of the page. */
	void (*row)(FILE *out, const struct conf_field *field, const char *right,
		    const char *standard);
	void (*end)(FILE *out);
};

/* The prose, and then all sections. */
void conf_doc_prose(FILE *out, const struct conf_doc_form *form);
void conf_doc_sections(FILE *out, const struct conf_doc_form *form);

#endif
