/* Configurations of any bytes: a mistake has a sentence and a place; what is taken is printed and
 * read back as the same, differs from itself in nothing, and can be built, or it is said why not.
 *
 *     the input is the file                                                                      */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz/input.h"
#include "host/conf/conf_diff.h"
#include "host/conf/conf_load.h"
#include "host/conf/conf_sets.h"
#include "host/conf/elem_text.h"
#include "host/conf/values.h"
#include "prog/run_conf.h"
#include "prog/set_files.h"

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
	conf_print(&first->conf, all, out, NULL);
	fclose(out);
	if (len <= CONF_FILE_MAX) {
		CHECK(conf_load(text, len, &second.conf, &second.marks, &second.errors));
		CHECK(memcmp(&first->conf, &second.conf, sizeof first->conf) == 0);
		conf_diff(&first->conf, &second.conf, &diff);
		CHECK(diff.count == 0);
	}
	free(text);
}

/* The same bytes as elements: what is one is printed and read back. */
static void read_elements(const char *bytes, size_t len, enum filter_set_kind kind)
{
	struct filter_elem elem, again;
	enum elem_found found;
	struct elem_text text;
	u32 line = 0;

	elem_text_begin(&text, bytes, len);
	while ((found = elem_text_next(&text, kind, &elem)) != ELEM_END) {
		CHECK(text.line > line && strlen(text.word) < ELEM_WORD_SIZE);
		line = text.line;
		if (found == ELEM_WRONG)
			continue;
		CHECK(value_elem(value_show_elem(&elem).text, &again));
		CHECK(memcmp(&elem, &again, sizeof elem) == 0);
	}
}

/* And as what follows a configuration over the control socket, and as the files of its sets. */
static void read_sets(struct read *first, const char *bytes, size_t len)
{
	static struct conf_set_files files;
	struct conf_elems elems;
	u32 sum = 0;

	set_files_unpack(&first->conf, bytes, len, &files);
	for (u32 i = 0; i < first->conf.filter.set_count; i++) {
		CHECK(!files.file[i].text ||
		      (files.file[i].text >= bytes &&
		       files.file[i].text + files.file[i].len_bytes <= bytes + len));
		files.file[i] = (struct conf_set_file){ .text = bytes, .len_bytes = len };
	}
	if (!conf_sets_read(&first->conf, &first->marks, &files, &elems, &first->errors)) {
		judge_errors(&first->errors);
		return;
	}
	for (u32 i = 0; i < first->conf.filter.set_count; i++)
		sum += first->conf.filter.set[i].all_count;
	CHECK(sum == elems.count);
	conf_elems_free(&elems);
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

	read_elements((const char *)data, size, (enum filter_set_kind)(size % FILTER_SET_KINDS));
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
	read_sets(&first, (const char *)data, size);
	return 0;
}
