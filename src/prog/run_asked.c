/* Reading what is asked for. */
#include "prog/run_asked.h"

#include "host/conf/conf_load.h"
#include "prog/conf_text.h"
#include "prog/set_files.h"

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

bool run_asked_load(struct run_asked *asked, const char *path, const char *name,
		    struct run_errors *errors)
{
	struct conf_errors found;
	struct conf_text text;
	bool good;

	asked->from_file = true;
	snprintf(asked->file, sizeof asked->file, "%s", name);
	if (!conf_text_read(path, &text)) {
		run_error(errors, "%s", text.why);
		return false;
	}
	good = conf_load(text.text, text.len_bytes, &asked->conf, &asked->marks, &found, NULL) &&
	       set_files_load(&asked->conf, &asked->marks, &asked->elems, &found, NULL);
	conf_text_free(&text);
	if (!good)
		take_conf_errors(asked, &found, errors);
	return good;
}
