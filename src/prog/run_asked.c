/* Reading what is asked for. */
#include "prog/run_asked.h"

#include "prog/conf_text.h"

struct run_source run_source_of(const struct run_asked *asked)
{
	return (struct run_source){ .conf = &asked->conf,
				    .marks = asked->from_file ? &asked->marks : NULL,
				    .elems = &asked->elems,
				    .file = asked->file };
}

static void take_conf_errors(const struct run_asked *asked, const struct conf_errors *found,
			     struct run_errors *errors)
{
	for (u32 i = 0; i < found->count; i++)
		run_error(errors, "%s:%u:%u: %s", asked->file, found->error[i].place.line,
			  found->error[i].place.column, found->error[i].text);
	errors->left_out += found->left_out;
}

bool run_asked_load(struct run_asked *asked, struct readers *readers, const char *path,
		    const char *name, struct run_errors *errors)
{
	struct conf_errors found;
	const struct read_into into = { &asked->conf, &asked->marks, &asked->elems, &found, NULL };
	struct conf_text text;
	bool good;

	asked->from_file = true;
	snprintf(asked->file, sizeof asked->file, "%s", name);
	if (!conf_text_read(path, &text)) {
		run_error(errors, "%s", text.why);
		return false;
	}
	good = reader_load_all(readers, text.text, text.len_bytes, &into);
	conf_text_free(&text);
	if (!good)
		take_conf_errors(asked, &found, errors);
	return good;
}
