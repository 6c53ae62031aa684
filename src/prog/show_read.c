/* The answer of a gateway, line by line.
 *
 * Whoever listens at the path may say anything, and names come from outside of the gateway, too:
 * what would move a terminal is shown instead, and a line has a limit. A gateway's own lines are
 * ASCII and far below it.                                                                        */
#include "prog/show_read.h"

#include <jansson.h>
#include <stdlib.h>

#include "prog/show_text.h"

enum { SORTED_MAX = 65536, /* records that wait for the others */
	LINE_MAX_BYTES = 256 * 1024 };

/* An answer that is being read, line by line (ctl_answer.h). */
struct reading {
	const struct show_args *args;
	FILE *out;
	FILE *complaints;
	FILE *text; /* lines for people, before they are looked through */
	char *buffer;
	size_t size;
	u32 part;
	bool ended;     /* the last line has come */
	bool refused;   /* it was an error */
	json_t *sorted; /* records that wait for the others; NULL: they are printed as they come */
};

/* Control characters, and bytes that some terminals take for them, as JSON writes them. */
void show_shown(FILE *to, const char *text, size_t len, bool lines)
{
	for (size_t at = 0; at < len; at++) {
		unsigned char byte = (unsigned char)text[at];

		if ((byte >= 0x20 && byte < 0x7f) || (lines && byte == '\n'))
			putc(byte, to);
		else
			fprintf(to, "\\u%04x", byte);
	}
}

/* What was written for people goes out. */
static void put_text(struct reading *reading)
{
	fflush(reading->text);
	show_shown(reading->out, reading->buffer, reading->size, true);
	rewind(reading->text);
}

/* The whole answer in one line: an error, or a count. */
static void take_single(struct reading *reading, const json_t *answer)
{
	const char *error = json_string_value(json_object_get(answer, "error"));

	reading->ended = true;
	reading->refused = error != NULL;
	if (error) {
		fprintf(reading->complaints, "sluice: the gateway answered: ");
		show_shown(reading->complaints, error, strlen(error), false);
		fprintf(reading->complaints, "\n");
	} else if (!reading->args->json) {
		fprintf(reading->out, "%lld\n",
			(long long)json_integer_value(json_object_get(answer, "count")));
	}
}

static void take_first(struct reading *reading, const char *line)
{
	json_t *answer = json_loads(line, 0, NULL);

	if (answer)
		take_single(reading, answer);
	json_decref(answer);
}

/* Who holds most comes first. */
static int compare_held(const void *a, const void *b)
{
	static const char *const keys[] = { "flows", "ports" };
	const json_t *const *left = a, *const *right = b;

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		json_int_t l = json_integer_value(json_object_get(*left, keys[i]));
		json_int_t r = json_integer_value(json_object_get(*right, keys[i]));

		if (l != r)
			return l < r ? 1 : -1;
	}
	return 0;
}

static void put_sorted(struct reading *reading)
{
	size_t count = json_array_size(reading->sorted);
	size_t limit = reading->args->limit && reading->args->limit < count ? reading->args->limit
									    : count;
	json_t **list = calloc(count ? count : 1, sizeof *list);

	if (!list)
		return;
	for (size_t i = 0; i < count; i++)
		list[i] = json_array_get(reading->sorted, i);
	qsort(list, count, sizeof *list, compare_held);
	for (size_t i = 0; i < limit; i++)
		show_text_record(reading->text, reading->args->show, 0, list[i]);
	put_text(reading);
	free(list);
}

/* "],"key":..." closes a list: another one opens, or it was the last. */
static void take_close(struct reading *reading, char *line)
{
	json_t *end;

	line[1] = '{';
	end = json_loads(line + 1, 0, NULL);
	if (!end) {
		reading->part++;
		return;
	}
	reading->ended = true;
	if (reading->sorted)
		put_sorted(reading);
	/* A set that is named was printed before its elements, if it has none, too. */
	if (!reading->args->json && !reading->args->set) {
		show_text_end(reading->text, reading->args->show,
			      (reading->args->given & ~(unsigned)CTL_FILTER_ALL) != 0, end);
		put_text(reading);
	}
	json_decref(end);
}

static void take_record(struct reading *reading, char *line, size_t len)
{
	json_t *record;

	if (len && line[len - 1] == ',')
		line[len - 1] = 0;
	record = json_loads(line, 0, NULL);
	/* Beyond what is kept, records come as they come. */
	if (record && reading->sorted && json_array_size(reading->sorted) < SORTED_MAX) {
		json_array_append(reading->sorted, record);
	} else if (record) {
		show_text_record(reading->text, reading->args->show, reading->part, record);
		put_text(reading);
	}
	json_decref(record);
}

static void take_line(struct reading *reading, bool first, char *line, size_t len)
{
	if (len && line[len - 1] == '\n')
		line[--len] = 0;
	if (reading->args->json && !(first && strstr(line, "\"error\":"))) {
		show_shown(reading->out, line, len, false);
		putc('\n', reading->out);
	}
	if (first)
		take_first(reading, line);
	else if (line[0] == ']' && line[1] == ',')
		take_close(reading, line);
	else if (!reading->args->json)
		take_record(reading, line, len);
}

/* False when a line is longer than any of a gateway. */
static bool read_lines(struct reading *reading, FILE *stream, char *line)
{
	bool first = true;

	while (fgets(line, LINE_MAX_BYTES, stream)) {
		size_t len = strlen(line);

		if (len == LINE_MAX_BYTES - 1 && line[len - 1] != '\n')
			return false;
		take_line(reading, first, line, len);
		first = false;
	}
	if (!reading->ended)
		fprintf(reading->complaints, "sluice: the gateway broke off its answer%s\n",
			first ? " before it began" : "; what is above is not all");
	return true;
}

bool show_read(FILE *stream, const struct show_args *args, FILE *out, FILE *complaints)
{
	struct reading reading = { .args = args, .out = out, .complaints = complaints };
	char *line = malloc(LINE_MAX_BYTES);
	bool good;

	if (show_args_is_sorted(args))
		reading.sorted = json_array();
	reading.text = open_memstream(&reading.buffer, &reading.size);
	good = line && reading.text;
	if (!good) {
		fprintf(complaints, "sluice: there is no memory to read an answer\n");
	} else if (!read_lines(&reading, stream, line)) {
		fprintf(complaints,
			"sluice: a line is longer than %d bytes; whoever answers is no gateway\n",
			LINE_MAX_BYTES);
		good = false;
	}
	if (good && !reading.ended && reading.sorted)
		put_sorted(&reading);
	if (reading.text)
		fclose(reading.text);
	free(reading.buffer);
	free(line);
	json_decref(reading.sorted);
	fflush(out);
	return good && reading.ended && !reading.refused;
}
