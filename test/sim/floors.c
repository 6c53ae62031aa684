/* Figures beside the least that they may be. */
#include "sim/floors.h"
#include "core/base/check.h"

#include <stdlib.h>

enum { LINE_MAX_BYTES = 200 };

/* False: there is none left. */
static bool line_next(struct floors *floors, char line[LINE_MAX_BYTES])
{
	while (fgets(line, LINE_MAX_BYTES, floors->file) != NULL) {
		if (line[0] != '#')
			return true;
	}
	return false;
}

void floors_open(struct floors *floors, const char *path)
{
	*floors = (struct floors){ .path = path, .file = fopen(path, "r") };
	CHECK(floors->file != NULL);
}

void floors_judge(struct floors *floors, const char *row, const u32 *figure, u32 count)
{
	char line[LINE_MAX_BYTES];
	size_t len = strlen(row);
	char *at, *end;

	if (!line_next(floors, line) || strncmp(line, row, len) != 0 || line[len] != ':') {
		printf("%s has no line for '%s' in its place\n", floors->path, row);
		floors->below++;
		return;
	}
	at = line + len + 1;
	for (u32 n = 0; n < count; n++, at = end) {
		unsigned long least = strtoul(at, &end, 10);

		CHECK(end != at);
		if (figure[n] >= least)
			continue;
		printf("%s: figure %u is %u, and may be %lu at least\n", row, n + 1, figure[n],
		       least);
		floors->below++;
	}
}

void floors_skip(struct floors *floors)
{
	char line[LINE_MAX_BYTES];

	if (!line_next(floors, line))
		floors->below++;
}

bool floors_close(struct floors *floors)
{
	char line[LINE_MAX_BYTES];

	if (line_next(floors, line)) {
		printf("%s has a line for no row: %s", floors->path, line);
		floors->below++;
	}
	fclose(floors->file);
	return floors->below == 0;
}
