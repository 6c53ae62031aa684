/* The answer of a gateway, line by line. */
#include "prog/show_read.h"

#include <jansson.h>
#include <stdlib.h>

#include "prog/show_text.h"

/* An answer that is being read, line by line (ctl_answer.h). */
struct reading {
	const struct show_args *args;
	FILE *out;
	FILE *complaints;
	u32 part;
	bool ended;     /* the last line has come */
	bool refused;   /* it was an error */
	json_t *sorted; /* records that wait for the others; NULL: they are printed as they come */
};

/* The whole answer in one line: an error, or a count. */
static void take_single(struct reading *reading, const json_t *answer)
{
	const char *error = json_string_value(json_object_get(answer, "error"));

	reading->ended = true;
	reading->refused = error != NULL;
	if (error)
		fprintf(reading->complaints, "sluice: the gateway answered: %s\n", error);
	else if (!reading->args->json)
		fprintf(reading->out, "%lld\n",
			(long long)json_integer_value(json_object_get(answer, "count")));
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

static void put_sorted(const struct reading *reading)
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
		show_text_record(reading->out, reading->args->show, 0, list[i]);
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
	if (!reading->args->json)
		show_text_end(reading->out, reading->args->show, end);
	json_decref(end);
}

static void take_record(const struct reading *reading, char *line, size_t len)
{
	json_t *record;

	if (len && line[len - 1] == ',')
		line[len - 1] = 0;
	record = json_loads(line, 0, NULL);
	if (record && reading->sorted)
		json_array_append(reading->sorted, record);
	else if (record)
		show_text_record(reading->out, reading->args->show, reading->part, record);
	json_decref(record);
}

static void take_line(struct reading *reading, bool first, char *line, size_t len)
{
	if (len && line[len - 1] == '\n')
		line[--len] = 0;
	if (reading->args->json && !(first && strstr(line, "\"error\":")))
		fprintf(reading->out, "%s\n", line);
	if (first)
		take_first(reading, line);
	else if (line[0] == ']' && line[1] == ',')
		take_close(reading, line);
	else if (!reading->args->json)
		take_record(reading, line, len);
}

bool show_read(FILE *stream, const struct show_args *args, FILE *out, FILE *complaints)
{
	struct reading reading = { .args = args, .out = out, .complaints = complaints };
	char *line = NULL;
	size_t size = 0;
	bool first = true;
	ssize_t len;

	if (show_args_is_sorted(args))
		reading.sorted = json_array();
	while ((len = getline(&line, &size, stream)) > 0) {
		take_line(&reading, first, line, (size_t)len);
		first = false;
	}
	free(line);
	if (!reading.ended && reading.sorted)
		put_sorted(&reading);
	json_decref(reading.sorted);
	fflush(out);
	if (!reading.ended)
		fprintf(complaints, "sluice: the gateway broke off its answer%s\n",
			first ? " before it began" : "; what is above is not all");
	return reading.ended && !reading.refused;
}
