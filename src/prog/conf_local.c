/* `sluice check`, `print` and `plan`: what a file says, without a gateway. */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/text.h"
#include "host/conf/conf_load.h"
#include "host/conf/conf_notes.h"
#include "host/io/afpacket.h"
#include "prog/conf_args.h"
#include "prog/conf_text.h"
#include "prog/prog.h"
#include "prog/reader.h"
#include "prog/run_conf.h"

#define HUGE_PAGE (UINT64_C(2) << 20)

/* A file that was read. */
struct looking {
	struct conf_args args;
	struct conf conf;
	struct conf_marks marks;
	struct conf_errors errors;
	struct conf_elems elems;
	struct conf_notes notes; /* of a good one */
};

/* ---- errors ---------------------------------------------------------------------------------- */

static void say_errors(const struct looking *l)
{
	for (u32 i = 0; i < l->errors.count; i++)
		fprintf(stderr, "%s:%u:%u: %s\n", l->args.file, l->errors.error[i].place.line,
			l->errors.error[i].place.column, l->errors.error[i].text);
	if (l->errors.left_out)
		fprintf(stderr, "and more\n");
}

static void print_json(json_t *root)
{
	char *line = json_dumps(root, JSON_COMPACT);

	if (line)
		printf("%s\n", line);
	free(line);
	json_decref(root);
}

static void print_errors_json(const struct looking *l)
{
	json_t *list = json_array();
	json_t *notes = json_array();

	for (u32 i = 0; i < l->errors.count; i++)
		json_array_append_new(list, json_pack("{s:i, s:i, s:s}", "line",
						      (int)l->errors.error[i].place.line, "column",
						      (int)l->errors.error[i].place.column, "text",
						      l->errors.error[i].text));
	for (u32 i = 0; i < l->notes.count; i++)
		json_array_append_new(notes, json_string(l->notes.text[i]));
	print_json(json_pack("{s:i, s:s, s:b, s:o, s:b, s:o}", "version", 1, "file", l->args.file,
			     "good", l->errors.count == 0, "errors", list, "more",
			     l->errors.left_out > 0, "notes", notes));
}

/* ---- the commands ---------------------------------------------------------------------------- */

/* with_files: those that its sets name, too. */
static bool look(struct looking *l, bool with_files)
{
	const struct read_into into = { &l->conf, &l->marks, with_files ? &l->elems : NULL,
					&l->errors, NULL };
	struct readers readers;
	struct conf_text text;
	bool good;

	if (!conf_text_read(l->args.file, &text)) {
		fprintf(stderr, "sluice: %s\n", text.why);
		return false;
	}
	good = readers_begin(&readers, true);
	if (good)
		good = reader_load_all(&readers, text.text, text.len_bytes, &into);
	else
		fprintf(stderr, "sluice: no process for reading files can be started: %s\n",
			strerror(errno));
	readers_end(&readers);
	conf_text_free(&text);
	return good;
}

static void say_count(const char *before, u32 count, const char *what)
{
	printf("%s%u %s%s", before, count, what, text_plural(count));
}

static void say_counts(const struct looking *l)
{
	const struct conf *conf = &l->conf;

	printf("%s is good", l->args.file);
	say_count(": ", conf->iface_count, "interface");
	say_count(", ", conf->route_count, "route");
	say_count(", ", conf->pool_count, "pool");
	say_count(", ", conf->rule_count, "nat rule");
	printf(", %u one-to-one", conf->static_count);
	say_count(", ", conf->service_count, "service");
	if (conf->filter.rule_count + conf->filter.set_count > 0) {
		say_count(", ", conf->filter.rule_count, "filter rule");
		say_count(", ", conf->filter.set_count, "set");
		say_count(" of ", l->elems.count, "element");
	}
	printf("\n");
}

static bool check(struct looking *l)
{
	bool good = look(l, true);

	if (!good && l->errors.count == 0)
		return false;
	if (good)
		conf_notes(&l->conf, &l->notes);
	if (l->args.json) {
		print_errors_json(l);
		return good;
	}
	say_errors(l);
	if (!good)
		return false;
	say_counts(l);
	for (u32 i = 0; i < l->notes.count; i++)
		printf("note: %s\n", l->notes.text[i]);
	if (l->notes.left_out)
		printf("and more\n");
	return true;
}

static bool print(struct looking *l)
{
	bool good = look(l, false);

	if (good)
		conf_print(&l->conf, l->args.all ? CONF_PRINT_ALL : 0, stdout, NULL);
	else
		say_errors(l);
	return good;
}

static void print_plan(const struct mem *mem)
{
	u64 pages = (mem->used + HUGE_PAGE - 1) / HUGE_PAGE;

	printf("%-24s %12s %14s\n", "table", "entries", "bytes");
	for (u32 i = 0; i < mem->row_count; i++)
		printf("%-24s %12" PRIu64 " %14" PRIu64 "\n", mem->row[i].name, mem->row[i].count,
		       mem->row[i].bytes);
	printf("%-24s %12s %14" PRIu64 "\n", "total", "", mem->used);
	printf("%" PRIu64 " MB, %" PRIu64 " huge pages of 2 MiB\n", mem->used >> 20, pages);
}

static void print_plan_json(const struct mem *mem)
{
	json_t *rows = json_array();

	for (u32 i = 0; i < mem->row_count; i++)
		json_array_append_new(rows, json_pack("{s:s, s:I, s:I}", "name", mem->row[i].name,
						      "count", (json_int_t)mem->row[i].count,
						      "bytes", (json_int_t)mem->row[i].bytes));
	print_json(json_pack("{s:i, s:o, s:I, s:I}", "version", 1, "rows", rows, "bytes",
			     (json_int_t)mem->used, "huge_pages",
			     (json_int_t)((mem->used + HUGE_PAGE - 1) / HUGE_PAGE)));
}

/* What the drivers bring along is known without asking them. */
static void guess_facts(const struct conf *conf, struct run_facts *facts)
{
	facts->offline = true;
	facts->running = true;
	for (u32 i = 0; i < conf->iface_count; i++) {
		if (conf->iface[i].driver == CONF_DRIVER_AFPACKET)
			facts->ring_frames += AFPACKET_FRAMES;
	}
}

static bool plan(struct looking *l)
{
	struct run_source source = {
		.conf = &l->conf, .marks = &l->marks, .elems = &l->elems, .file = l->args.file
	};
	struct run_facts *facts = calloc(1, sizeof *facts);
	struct sluice_conf *conf = calloc(1, sizeof *conf);
	struct run_rules *rules = calloc(1, sizeof *rules);
	struct run_errors *errors = calloc(1, sizeof *errors);
	struct run_notes notes;
	bool good = facts && conf && rules && errors && look(l, true);
	struct mem mem;

	say_errors(l);
	if (good) {
		guess_facts(&l->conf, facts);
		good = run_conf_build(&source, facts, conf, rules, &notes, errors);
		for (u32 i = 0; i < errors->count; i++)
			fprintf(stderr, "sluice plan: %s\n", errors->text[i]);
	}
	if (good) {
		sluice_plan(conf, &mem);
		if (l->args.json)
			print_plan_json(&mem);
		else
			print_plan(&mem);
	}
	free(facts);
	free(conf);
	free(rules);
	free(errors);
	return good;
}

static int run_command(const struct conf_command *command, bool (*act)(struct looking *l), int argc,
		       char **argv)
{
	struct looking *l = calloc(1, sizeof *l);
	int code = PROG_EXIT_FAILED;

	if (l && conf_args_take(command, argc, argv, &l->args, &code))
		code = act(l) ? PROG_EXIT_OK : PROG_EXIT_FAILED;
	if (l)
		conf_elems_free(&l->elems);
	free(l);
	return code;
}

int check_main(int argc, char **argv)
{
	static const struct conf_command command = { "check", CONF_TAKE_FILE | CONF_TAKE_JSON,
						     "is a configuration file right?" };

	return run_command(&command, check, argc, argv);
}

int print_main(int argc, char **argv)
{
	static const struct conf_command command = {
		"print", CONF_TAKE_FILE | CONF_TAKE_ALL,
		"a configuration in its canonical form: one spelling, only what differs from the "
		"defaults"
	};

	return run_command(&command, print, argc, argv);
}

int plan_main(int argc, char **argv)
{
	static const struct conf_command command = { "plan", CONF_TAKE_FILE | CONF_TAKE_JSON,
						     "the memory that a configuration needs" };

	return run_command(&command, plan, argc, argv);
}
