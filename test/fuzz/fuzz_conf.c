/* Configurations of any bytes: a mistake has a sentence and a place; what is taken is printed and
 * read back as the same, differs from itself in nothing, and can be built, or it is said why not.
 *
 *     the input is the file                                                                      */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz/input.h"
#include "host/conf/conf_diff.h"
#include "host/conf/conf_load.h"
#include "prog/run_conf.h"

struct read {
	struct conf conf;
	struct conf_marks marks;
	struct conf_errors errors;
};

static void judge_errors(const struct conf_errors *errors)
{
	CHECK(errors->count > 0 && errors->count <= CONF_ERROR_MAX);
	for (u32 n = 0; n < errors->count; n++) {
		const char *text = errors->error[n].text;

		CHECK(text[0] != 0 && strlen(text) < CONF_ERROR_SIZE);
		CHECK(errors->error[n].place.line > 0 && errors->error[n].place.column > 0);
		for (; *text; text++)
			CHECK((u8)*text >= ' ' && (u8)*text != 0x7f);
		if (n > 0)
			CHECK(errors->error[n - 1].place.line <= errors->error[n].place.line);
	}
}

static void judge_marks(const struct conf_marks *marks)
{
	CHECK(marks->count <= CONF_MARK_MAX);
	for (u32 n = 0; n < marks->count; n++)
		CHECK(marks->mark[n].at < sizeof(struct conf));
}

static void print_and_read_back(const struct read *first, bool all)
{
	static struct read second;
	static struct conf_diff diff;
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	CHECK(out != NULL);
	conf_print(&first->conf, all, out);
	fclose(out);
	if (len <= CONF_FILE_MAX) {
		CHECK(conf_load(text, len, &second.conf, &second.marks, &second.errors));
		CHECK(memcmp(&first->conf, &second.conf, sizeof first->conf) == 0);
		conf_diff(&first->conf, &second.conf, &diff);
		CHECK(diff.count == 0);
	}
	free(text);
}

static void build(const struct read *first)
{
	static struct run_facts facts;
	static struct sluice_conf conf;
	static struct run_errors errors;
	struct run_source source = { .conf = &first->conf, .marks = &first->marks, .file = "f" };
	static struct run_rules rules;
	struct run_notes notes;
	struct mem plan;

	facts.offline = true;
	facts.running = true;
	errors.count = 0;
	if (run_conf_build(&source, &facts, &conf, &rules, &notes, &errors))
		sluice_plan(&conf, &plan);
	else
		CHECK(errors.count > 0 && errors.text[0][0] != 0);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct read first;

	if (!conf_load((const char *)data, size, &first.conf, &first.marks, &first.errors)) {
		judge_errors(&first.errors);
		judge_marks(&first.marks);
		return 0;
	}
	CHECK(first.errors.count == 0);
	judge_marks(&first.marks);
	print_and_read_back(&first, false);
	print_and_read_back(&first, true);
	build(&first);
	return 0;
}
