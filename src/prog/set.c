/* `sluice set`: elements go to the gateway as text, and what became of them comes back. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/text.h"
#include "host/ctl/ctl_request.h"
#include "prog/gateway.h"
#include "prog/prog.h"
#include "prog/record.h"
#include "prog/set_args.h"

enum { SET_WAIT_S = 120, READ_STEP = 1 << 16, FILE_MAX = 32 << 20 };

struct sending {
	char *text;
	size_t len_bytes;
};

/* ---- what is sent ---------------------------------------------------------------------------- */

static bool refuse(const struct set_args *args, const char *what, const char *why)
{
	fprintf(stderr, "sluice set %s: %s: %s\n", set_args_verb(args->what), what, why);
	return false;
}

static bool read_stream(const struct set_args *args, FILE *in, FILE *out)
{
	char piece[READ_STEP];
	size_t sum = 0, got;

	while ((got = fread(piece, 1, sizeof piece, in)) > 0) {
		sum += got;
		if (sum > FILE_MAX)
			return refuse(args, args->file, "is larger than 32 MB");
		fwrite(piece, 1, got, out);
	}
	return !ferror(in) || refuse(args, args->file, strerror(errno));
}

static bool read_file(const struct set_args *args, FILE *out)
{
	bool is_input = strcmp(args->file, "-") == 0;
	FILE *in = is_input ? stdin : fopen(args->file, "re");
	bool good;

	if (!in)
		return refuse(args, args->file, strerror(errno));
	good = read_stream(args, in, out);
	if (!is_input)
		fclose(in);
	return good;
}

/* One element a line; an empty text is a line without any. */
static bool gather(const struct set_args *args, struct sending *sending)
{
	FILE *out = open_memstream(&sending->text, &sending->len_bytes);
	bool good = true;

	if (!out)
		return refuse(args, args->name, strerror(errno));
	for (u32 i = 0; i < args->elem_count; i++)
		fprintf(out, "%s\n", args->elem[i]);
	if (args->file)
		good = read_file(args, out);
	fputc('\n', out);
	if (fclose(out) != 0)
		good = refuse(args, args->name, "there is no memory for the elements");
	return good;
}

/* ---- the answer ------------------------------------------------------------------------------ */

/* NULL: it was said why. */
static json_t *ask(const struct set_args *args, const struct sending *sending)
{
	json_t *request = json_pack("{s:i, s:s, s:s}", "version", CTL_VERSION, "do",
				    ctl_do_name(args->what), "set", args->name);
	json_t *answer;
	FILE *stream = NULL;
	char *line;
	int fd;

	if (sending->len_bytes)
		json_object_set_new(request, "bytes", json_integer((json_int_t)sending->len_bytes));
	line = request ? json_dumps(request, JSON_COMPACT) : NULL;
	json_decref(request);
	fd = line ? gateway_connect(args->control, SET_WAIT_S) : -1;
	if (fd >= 0 && gateway_send(fd, line, strlen(line)) && gateway_send(fd, "\n", 1) &&
	    gateway_send(fd, sending->text, sending->len_bytes))
		stream = fdopen(fd, "r");
	if (!line)
		refuse(args, args->name, "is no name of a set");
	if (fd >= 0 && !stream)
		close(fd);
	free(line);
	if (!stream)
		return NULL;
	answer = json_loadf(stream, JSON_REJECT_DUPLICATES, NULL);
	fclose(stream);
	if (!answer)
		fprintf(stderr, "sluice set: the gateway broke off its answer\n");
	return answer;
}

static long long number_of(const json_t *answer, const char *key)
{
	return (long long)json_integer_value(json_object_get(answer, key));
}

static void say_errors(const struct set_args *args, const json_t *answer)
{
	json_t *error;
	size_t i;

	json_array_foreach(json_object_get(answer, "errors"), i, error)
	{
		if (args->file)
			fprintf(stderr, "%s:%lld: %s\n",
				strcmp(args->file, "-") == 0 ? "standard input" : args->file,
				number_of(error, "line"), text_of(error, "text"));
		else
			fprintf(stderr, "%s\n", text_of(error, "text"));
	}
	fprintf(stderr, "sluice set %s: %s\n", set_args_verb(args->what), text_of(answer, "error"));
}

static void say_tests(const json_t *answer)
{
	json_t *test;
	size_t i;

	json_array_foreach(json_object_get(answer, "tests"), i, test)
	{
		if (json_is_true(json_object_get(test, "in")))
			printf("%s is in it: %s\n", text_of(test, "element"), text_of(test, "by"));
		else
			printf("%s is not in it\n", text_of(test, "element"));
	}
}

static void say_done(const struct set_args *args, const json_t *answer)
{
	static const char *const words[CTL_DO_COUNT] = {
		[CTL_DO_SET_ADD] = "added",
		[CTL_DO_SET_DEL] = "taken out",
		[CTL_DO_SET_FLUSH] = "taken out",
		[CTL_DO_SET_REPLACE] = "given",
	};
	long long elements = number_of(answer, "elements");

	if (args->what == CTL_DO_SET_TEST)
		say_tests(answer);
	else
		printf("%s: %lld %s, has %lld element%s\n", args->name,
		       number_of(answer, "changed"), words[args->what], elements,
		       text_plural((u64)elements));
}

static bool all_in(const json_t *answer)
{
	json_t *test;
	size_t i;

	json_array_foreach(json_object_get(answer, "tests"), i, test)
	{
		if (!json_is_true(json_object_get(test, "in")))
			return false;
	}
	return true;
}

static bool take_answer(const struct set_args *args, const json_t *answer)
{
	bool done = json_is_true(json_object_get(answer, "done"));

	if (args->json) {
		char *line = json_dumps(answer, JSON_COMPACT);

		printf("%s\n", line ? line : "");
		free(line);
	} else if (done) {
		say_done(args, answer);
	} else {
		say_errors(args, answer);
	}
	return done && all_in(answer);
}

int set_main(int argc, char **argv)
{
	const char **word = calloc((size_t)argc + 1, sizeof *word);
	struct sending sending = { .text = NULL };
	struct set_args args;
	struct ctl_why why = { "there is no memory" };
	json_t *answer = NULL;
	int code = PROG_EXIT_FAILED;

	if (!word || !set_args_parse(argc, argv, word, &args, &why)) {
		fprintf(stderr, "sluice set: %s\n'sluice set --help' tells more.\n", why.text);
		code = PROG_EXIT_USAGE;
	} else if (args.help) {
		set_args_help(stdout);
		code = PROG_EXIT_OK;
	} else if (args.what == CTL_DO_SET_FLUSH || gather(&args, &sending)) {
		answer = ask(&args, &sending);
	}
	if (answer && take_answer(&args, answer))
		code = PROG_EXIT_OK;
	json_decref(answer);
	free(sending.text);
	free(word);
	return code;
}
