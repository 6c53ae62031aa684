/* A table beside the one that is kept. */
#include "sim/golden.h"
#include "core/base/check.h"

#include <stdarg.h>
#include <stdlib.h>

enum { LINE_MAX_BYTES = 512 };

/* The next line that is kept; empty: there is none. */
static void line_kept(struct golden *golden, char line[LINE_MAX_BYTES])
{
	line[0] = 0;
	if (golden->kept != NULL && fgets(line, LINE_MAX_BYTES, golden->kept) == NULL)
		line[0] = 0;
}

static void line_judge(struct golden *golden, const char *kept, const char *made)
{
	if (strcmp(kept, made) == 0)
		return;
	golden->differences++;
	printf("%s\n  was %s%s   is %s%s", golden->path, kept, kept[0] == 0 ? "nothing\n" : "",
	       made, made[0] == 0 ? "nothing\n" : "");
}

void golden_open(struct golden *golden, const char *path)
{
	*golden = (struct golden){ .path = path, .kept = fopen(path, "r") };
	golden->made = open_memstream(&golden->text, &golden->text_len);
	CHECK(golden->made != NULL);
}

void golden_line(struct golden *golden, const char *format, ...)
{
	char kept[LINE_MAX_BYTES];
	char made[LINE_MAX_BYTES];
	va_list values;
	int len;

	va_start(values, format);
	len = vsnprintf(made, sizeof made, format, values);
	va_end(values);
	CHECK(len > 0 && len < LINE_MAX_BYTES && made[len - 1] == '\n');
	line_kept(golden, kept);
	line_judge(golden, kept, made);
	fputs(made, golden->made);
}

void golden_skip(struct golden *golden)
{
	char kept[LINE_MAX_BYTES];

	line_kept(golden, kept);
	fputs(kept, golden->made);
}

static void write_anew(const struct golden *golden)
{
	FILE *file = fopen(golden->path, "w");

	CHECK(file != NULL);
	CHECK(fwrite(golden->text, 1, golden->text_len, file) == golden->text_len);
	CHECK(fclose(file) == 0);
}

bool golden_close(struct golden *golden)
{
	char kept[LINE_MAX_BYTES];
	bool update = getenv("UPDATE") != NULL;

	line_kept(golden, kept);
	line_judge(golden, kept, "");
	fclose(golden->made);
	if (golden->kept != NULL)
		fclose(golden->kept);
	if (update && golden->differences > 0)
		write_anew(golden);
	free(golden->text);
	return update || golden->differences == 0;
}
