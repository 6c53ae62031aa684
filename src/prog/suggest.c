/* Names come as those for completion do. */
#include "prog/suggest.h"

#include <stdio.h>
#include <stdlib.h>

#include "host/conf/nearest.h"
#include "prog/completion_next.h"

enum { NAMES_MAX = 512 };

/* Lines of text, which it cuts; how many there are. */
static size_t split(char *text, const char *names[NAMES_MAX])
{
	size_t count = 0;
	char *rest = NULL;

	for (char *line = strtok_r(text, "\n", &rest); line && count < NAMES_MAX;
	     line = strtok_r(NULL, "\n", &rest))
		names[count++] = line;
	return count;
}

void suggest_name(const char *place, const char *typed, const char *control)
{
	const char *names[NAMES_MAX];
	const char *near = NULL;
	char *text = NULL;
	size_t size = 0;
	FILE *out = place && typed ? open_memstream(&text, &size) : NULL;

	if (!out)
		return;
	completion_names(place, control, out);
	if (fclose(out) == 0)
		near = nearest_word(typed, names, split(text, names));
	if (near && strcmp(near, typed) != 0)
		fprintf(stderr, "Did you mean '%s'?\n", near);
	free(text);
}
