/* `sluice diff`, `reload`, `apply`, `confirm` and `rollback`: what a running gateway does with a
 * configuration. The file is read here, with the rights of whoever asks, and its text is sent.  */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "host/ctl/ctl_request.h"
#include "prog/conf_args.h"
#include "prog/conf_text.h"
#include "prog/gateway.h"
#include "prog/prog.h"
#include "prog/reader.h"
#include "prog/record.h"
#include "prog/set_files.h"

/* ---- asking ---------------------------------------------------------------------------------- */

/* What follows a request: a configuration, and the files of its sets. */
struct sending {
	struct conf_text text;
	char *files;
	size_t files_bytes;
};

static bool send_request(int fd, json_t *request, const struct sending *sending)
{
	char *line = json_dumps(request, JSON_COMPACT);
	bool good = line && gateway_send(fd, line, strlen(line)) && gateway_send(fd, "\n", 1);

	if (good && sending)
		good = gateway_send(fd, sending->text.text, sending->text.len_bytes) &&
		       gateway_send(fd, sending->files, sending->files_bytes);
	if (!good)
		fprintf(stderr, "sluice: the gateway takes no request: %s\n", strerror(errno));
	free(line);
	return good;
}

static json_t *read_answer(int fd)
{
	FILE *stream = fdopen(fd, "r");
	json_t *answer;

	if (!stream) {
		close(fd);
		return NULL;
	}
	answer = json_loadf(stream, JSON_REJECT_DUPLICATES, NULL);
	fclose(stream);
	if (!answer)
		fprintf(stderr, "sluice: the gateway broke off its answer\n");
	return answer;
}

/* NULL: it was said why. */
static json_t *ask(const char *control, json_t *request, const struct sending *sending)
{
	json_t *answer = NULL;
	int fd = gateway_connect(control, GATEWAY_WAIT_S);

	if (fd >= 0 && send_request(fd, request, sending))
		answer = read_answer(fd);
	else if (fd >= 0)
		close(fd);
	json_decref(request);
	return answer;
}

static json_t *request_of(enum ctl_do what)
{
	return json_pack("{s:i, s:s}", "version", CTL_VERSION, "do", ctl_do_name(what));
}

/* ---- the answer ------------------------------------------------------------------------------ */

static void print_errors(const json_t *answer, const char *file)
{
	json_t *error;
	size_t i;

	json_array_foreach(json_object_get(answer, "errors"), i, error)
	{
		fprintf(stderr, "%s:%lld:%lld: %s\n", file,
			(long long)json_integer_value(json_object_get(error, "line")),
			(long long)json_integer_value(json_object_get(error, "column")),
			text_of(error, "text"));
	}
}

static void print_change(const json_t *change)
{
	const char *from = text_of(change, "from");
	const char *to = text_of(change, "to");

	printf("%-7s  %s  ", text_of(change, "when"), text_of(change, "path"));
	if (*from && *to)
		printf("%s -> %s\n", from, to);
	else
		printf("%s %s\n", *to ? "new:" : "gone:", *to ? to : from);
}

/* What the words mean that stand before changes which can not be made now. */
static void print_legend(const json_t *changes)
{
	static const char *const legend[][2] = {
		{ "session", "sessions with the neighbours that it concerns begin anew" },
		{ "restart", "needs the gateway to be started again" },
		{ "planned", "memory was planned at the start; it needs to be started again" },
	};

	for (size_t n = 0; n < ARRAY_COUNT(legend); n++) {
		const json_t *change;
		size_t i;

		json_array_foreach(changes, i, change)
		{
			if (strcmp(text_of(change, "when"), legend[n][0]) != 0)
				continue;
			printf("%s: %s\n", legend[n][0], legend[n][1]);
			break;
		}
	}
}

static void print_changes(const json_t *answer, bool would)
{
	json_int_t left_out = json_integer_value(json_object_get(answer, "left_out"));
	const json_t *changes = json_object_get(answer, "changes");
	json_t *change;
	size_t i;

	json_array_foreach(changes, i, change)
	{
		print_change(change);
	}
	if (left_out)
		printf("and %lld more\n", (long long)left_out);
	if (changes && json_array_size(changes) == 0)
		printf("%s\n", would ? "nothing would change" : "nothing changes");
	print_legend(changes);
}

static void print_notes(const json_t *answer)
{
	const json_t *note;
	size_t i;

	json_array_foreach(json_object_get(answer, "notes"), i, note)
	{
		printf("note: %s\n", json_string_value(note));
	}
}

static bool take_answer(const struct conf_command *command, enum ctl_do what,
			const struct conf_args *args, const char *file, json_t *answer)
{
	bool done = json_is_true(json_object_get(answer, "done"));
	const char *error = text_of(answer, "error");

	if (args->json) {
		char *line = json_dumps(answer, JSON_COMPACT);

		printf("%s\n", line ? line : "");
		free(line);
		return done;
	}
	print_errors(answer, file);
	print_changes(answer, what == CTL_DO_DIFF);
	print_notes(answer);
	if (!done)
		fprintf(stderr, "sluice %s: %s\n", command->name, error);
	return done;
}

/* ---- the commands ---------------------------------------------------------------------------- */

/* The file that the gateway runs from; to be freed. */
static char *file_of_gateway(const char *control)
{
	json_t *answer = ask(control, request_of(CTL_DO_STATUS), NULL);
	const char *name = json_string_value(json_object_get(answer, "file"));
	char *file = name ? strdup(name) : NULL;

	if (answer && !name)
		fprintf(stderr, "sluice reload: the gateway does not run from a file; name one\n");
	json_decref(answer);
	return file;
}

/* The files that its sets name. A text with mistakes is sent without: the gateway tells them. */
static bool read_set_files(const char *file, struct sending *sending)
{
	struct conf *conf = calloc(1, sizeof *conf);
	struct conf_marks *marks = calloc(1, sizeof *marks);
	struct conf_errors errors = { .count = 0 };
	const struct read_into into = { conf, marks, NULL, &errors, NULL };
	struct readers readers = { -1 };
	bool good = conf && marks && readers_begin(&readers, true);

	if (good &&
	    reader_load_all(&readers, sending->text.text, sending->text.len_bytes, &into)) {
		sending->files = set_files_pack(conf, marks, &sending->files_bytes, &errors);
		good = sending->files != NULL;
	}
	for (u32 i = 0; !good && i < errors.count; i++)
		fprintf(stderr, "%s:%u:%u: %s\n", file, errors.error[i].place.line,
			errors.error[i].place.column, errors.error[i].text);
	readers_end(&readers);
	free(conf);
	free(marks);
	return good;
}

static json_t *ask_with_file(enum ctl_do what, const struct conf_args *args, const char *file)
{
	struct sending sending = { .files = NULL };
	json_t *request = request_of(what);
	json_t *answer = NULL;

	if (!conf_text_read(file, &sending.text) || sending.text.len_bytes == 0) {
		fprintf(stderr, "sluice: %s\n",
			sending.text.why[0] ? sending.text.why : "the file is empty");
		json_decref(request);
	} else if (!read_set_files(file, &sending)) {
		fprintf(stderr, "sluice %s: a file of a set can not be read; nothing was asked\n",
			ctl_do_name(what));
		json_decref(request);
	} else {
		json_object_set_new(request, "bytes",
				    json_integer((json_int_t)(sending.text.len_bytes +
							      sending.files_bytes)));
		json_object_set_new(request, "config",
				    json_integer((json_int_t)sending.text.len_bytes));
		json_object_set_new(request, "name", json_string(file));
		if (what == CTL_DO_APPLY)
			json_object_set_new(request, "confirm_s", json_integer(args->confirm_s));
		answer = ask(args->control, request, &sending);
	}
	conf_text_free(&sending.text);
	free(sending.files);
	return answer;
}

/* What has become of the running gateway, after the changes that a file would make of it, too. */
static void print_outcome(enum ctl_do what, const struct conf_args *args, const char *file,
			  const json_t *answer)
{
	bool changed = json_array_size(json_object_get(answer, "changes")) > 0;

	if (what == CTL_DO_RELOAD && changed)
		printf("taken from %s\n", file);
	if (what == CTL_DO_APPLY && changed)
		printf("applied; 'sluice confirm' within %u s keeps it, or else it is taken back\n",
		       args->confirm_s);
	if (what == CTL_DO_CONFIRM)
		printf("confirmed: the last change stays\n");
	if (what == CTL_DO_ROLLBACK)
		printf("back to what was before\n");
}

static int run_command(const struct conf_command *command, enum ctl_do what, int argc, char **argv)
{
	struct conf_args args;
	char *own = NULL;
	const char *file;
	json_t *answer;
	bool good;
	int code;

	if (!conf_args_take(command, argc, argv, &args, &code))
		return code;
	file = args.file;
	if (!file && ctl_do_has_text(what)) {
		own = file_of_gateway(args.control);
		file = own;
		if (!file)
			return PROG_EXIT_FAILED;
	}
	answer = file ? ask_with_file(what, &args, file)
		      : ask(args.control, request_of(what), NULL);
	good = answer && take_answer(command, what, &args, file ? file : "", answer);
	if (good && !args.json)
		print_outcome(what, &args, file ? file : "", answer);
	json_decref(answer);
	free(own);
	return good ? PROG_EXIT_OK : PROG_EXIT_FAILED;
}

int diff_main(int argc, char **argv)
{
	static const struct conf_command command = {
		"diff", CONF_TAKE_FILE | CONF_TAKE_CONTROL | CONF_TAKE_JSON,
		"what a file would change of the running gateway, and whether it could"
	};

	return run_command(&command, CTL_DO_DIFF, argc, argv);
}

int reload_main(int argc, char **argv)
{
	static const struct conf_command command = {
		"reload", CONF_TAKE_ANY_FILE | CONF_TAKE_CONTROL | CONF_TAKE_JSON,
		"the running gateway takes its file again, or another one"
	};

	return run_command(&command, CTL_DO_RELOAD, argc, argv);
}

int apply_main(int argc, char **argv)
{
	static const struct conf_command command = {
		"apply", CONF_TAKE_FILE | CONF_TAKE_CONTROL | CONF_TAKE_CONFIRM | CONF_TAKE_JSON,
		"the running gateway takes a file, and goes back unless 'sluice confirm' follows"
	};

	return run_command(&command, CTL_DO_APPLY, argc, argv);
}

int confirm_main(int argc, char **argv)
{
	static const struct conf_command command = { "confirm", CONF_TAKE_CONTROL | CONF_TAKE_JSON,
						     "keep what 'sluice apply' changed" };

	return run_command(&command, CTL_DO_CONFIRM, argc, argv);
}

int rollback_main(int argc, char **argv)
{
	static const struct conf_command command = {
		"rollback", CONF_TAKE_CONTROL | CONF_TAKE_JSON,
		"the running gateway goes back to what it was before the last change"
	};

	return run_command(&command, CTL_DO_ROLLBACK, argc, argv);
}
