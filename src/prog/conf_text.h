/* The text of a configuration, from a file or from standard input. */
#ifndef PROG_CONF_TEXT_H
#define PROG_CONF_TEXT_H

#include "core/base/bytes.h"

enum { CONF_TEXT_WHY_SIZE = 320 };

struct conf_text {
	char *text; /* not ended by a zero */
	size_t len_bytes;
	char why[CONF_TEXT_WHY_SIZE];
};

/* path "-" is standard input. Never waits for a file that is none. False: why names the file. */
bool conf_text_read(const char *path, struct conf_text *text);
void conf_text_free(struct conf_text *text);

#endif
