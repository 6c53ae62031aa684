/* What can be set, for readers: a page in two forms, a JSON schema for editors, one key at a time.
 * All from the table (conf_schema.h).                                                           */
#ifndef HOST_CONF_CONF_DOC_H
#define HOST_CONF_CONF_DOC_H

#include <stdio.h>

#include "core/base/bytes.h"

/* docs/configuration.md, and sluice.yaml(5). */
void conf_doc_page(FILE *out);
void conf_doc_man(FILE *out);
void conf_doc_schema(FILE *out);
/* "limits.flows", "nat.rules": what it is; NULL: the sections. False: there is no such key; near
 * is the word that is nearest, or NULL.                                                          */
bool conf_doc_key(FILE *out, const char *path, const char **near);
/* Every path that conf_doc_key() knows, one a line: "limits", "limits.flows". */
void conf_doc_paths(FILE *out);

#endif
