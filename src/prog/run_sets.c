/* Carrying out orders about sets. */
#include "prog/run_sets.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/text.h"
#include "host/conf/elem_text.h"
#include "host/conf/nearest.h"
#include "host/conf/values.h"

enum { WHY_SIZE = 256, SETS_MAX = FILTER_SET_LIMIT, ERRORS_MAX = 16 };

struct run_sets {
	struct ctl_call call;
	struct sluice_set set; /* as it was found */
	char name[FILTER_NAME_SIZE];
	struct elem_text text;
	bool is_read;
	struct filter_elem *elem;
	u32 count;
	u32 room;
	u32 done;
	u32 fill;
	bool filling;
	u64 changed;
	u32 wrong;
	json_t *errors;
	json_t *tests;
	char why[WHY_SIZE]; /* empty: all is well */
};

/* ---- the set --------------------------------------------------------------------------------- */

static bool set_find(struct run *run, const char *name, struct sluice_set *out)
{
	struct sluice_set found;
	u32 cursor = 0;

	while (cursor != SLUICE_CURSOR_END) {
		if (sluice_show_sets(run->sluice, &cursor, &found, 1) == 0 ||
		    strcmp(found.name, name) != 0)
			continue;
		*out = found;
		return true;
	}
	return false;
}

static void no_such_set(struct run *run, struct run_sets *order)
{
	const char *names[SETS_MAX];
	struct sluice_set found;
	size_t count = 0;
	const char *near;
	u32 cursor = 0;

	while (cursor != SLUICE_CURSOR_END && count < SETS_MAX) {
		if (sluice_show_sets(run->sluice, &cursor, &found, 1) > 0)
			names[count++] = found.name;
	}
	near = nearest_word(order->call.action.set, names, count);
	if (count == 0)
		snprintf(order->why, WHY_SIZE,
			 "there is no set '%s': the running configuration has no filter.sets",
			 order->call.action.set);
	else
		snprintf(order->why, WHY_SIZE, "there is no set '%s'%s%s%s", order->call.action.set,
			 near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* ---- answers --------------------------------------------------------------------------------- */

static void log_done(struct run *run, const struct run_sets *order, u32 elem_count)
{
	enum ctl_do what = order->call.action.what;

	if (order->why[0])
		run_log_say(&run->log, RUN_WARNING, ctl_do_name(what), "%s: %s", ctl_do_name(what),
			    order->why);
	else if (what != CTL_DO_SET_TEST)
		run_log_say(&run->log, RUN_INFO, ctl_do_name(what),
			    "%s: %llu element%s of '%s' changed, it has %u", ctl_do_name(what),
			    (unsigned long long)order->changed, text_plural(order->changed),
			    order->name, elem_count);
}

/* Answers, and ends it. */
static void finish(struct run *run)
{
	struct run_sets *order = run->sets;
	struct sluice_set now = { .elem_count = 0 };
	json_t *answer = json_pack("{s:i, s:s, s:s, s:b}", "version", CTL_VERSION, "do",
				   ctl_do_name(order->call.action.what), "set",
				   order->call.action.set, "done", order->why[0] == 0);
	char *line;

	if (set_find(run, order->call.action.set, &now))
		json_object_set_new(answer, "elements", json_integer(now.elem_count));
	if (order->why[0])
		json_object_set_new(answer, "error", json_string(order->why));
	else
		json_object_set_new(answer, "changed", json_integer((json_int_t)order->changed));
	if (order->errors)
		json_object_set(answer, "errors", order->errors);
	if (order->tests)
		json_object_set(answer, "tests", order->tests);
	log_done(run, order, now.elem_count);
	line = json_dumps(answer, JSON_COMPACT);
	ctl_action_answer(run->ctl, &order->call,
			  line ? line
			       : "{\"version\":1,\"done\":false,\"error\":\"out of memory\"}");
	free(line);
	json_decref(answer);
	run_sets_end(run);
}

static void fail(struct run *run, enum err err)
{
	struct run_sets *order = run->sets;

	if (err == ERR_FULL)
		snprintf(order->why, WHY_SIZE,
			 "there is no room for so many: limits.filter-elements allows %u in all "
			 "sets together%s",
			 run->conf.filter.elem_limit,
			 order->changed ? "; some were added before" : "");
	else
		snprintf(order->why, WHY_SIZE,
			 "another configuration took the set away, or made another kind of it");
	finish(run);
}

/* ---- reading --------------------------------------------------------------------------------- */

static void say_wrong(struct run_sets *order)
{
	char text[CTL_NAME_SIZE];

	if (order->wrong++ >= ERRORS_MAX)
		return;
	if (!order->errors)
		order->errors = json_array();
	snprintf(text, sizeof text, "'%s' has to be %s", order->text.word,
		 elem_text_expect(order->set.kind));
	for (char *at = text; *at; at++) {
		if ((u8)*at < ' ' || (u8)*at >= 0x7f)
			*at = '?';
	}
	json_array_append_new(order->errors,
			      json_pack("{s:i, s:s}", "line", (int)order->text.line, "text", text));
}

static bool keep(struct run_sets *order, const struct filter_elem *elem)
{
	if (order->count == order->room) {
		u32 room = order->room ? 2 * order->room : RUN_SETS_READ;
		struct filter_elem *more = realloc(order->elem, room * sizeof *order->elem);

		if (!more) {
			snprintf(order->why, WHY_SIZE, "there is no memory for so many elements");
			return false;
		}
		order->elem = more;
		order->room = room;
	}
	order->elem[order->count++] = *elem;
	return true;
}

/* What is wrong with all of them, once they were read; nothing was changed. */
static void check(struct run *run, struct run_sets *order)
{
	enum ctl_do what = order->call.action.what;
	u32 limit = run->conf.filter.elem_limit;

	if (order->wrong)
		snprintf(order->why, WHY_SIZE,
			 "%u of %u element%s %s not of set '%s'; nothing was changed", order->wrong,
			 order->wrong + order->count, text_plural(order->wrong + order->count),
			 order->wrong == 1 ? "is" : "are", order->name);
	else if (order->count == 0 && what != CTL_DO_SET_REPLACE)
		snprintf(order->why, WHY_SIZE, "no element was given; nothing was changed");
	else if (what == CTL_DO_SET_ADD && order->set.kind != FILTER_SET_PORTS &&
		 order->count > order->set.room && order->count > 1)
		snprintf(order->why, WHY_SIZE,
			 "there is room for %u more element%s, and not for %u: "
			 "limits.filter-elements allows %u in all sets together; nothing was "
			 "changed",
			 order->set.room, text_plural(order->set.room), order->count, limit);
	else if (what == CTL_DO_SET_TEST && order->count > RUN_SETS_TESTS)
		snprintf(order->why, WHY_SIZE, "at most %d elements are tested at once",
			 RUN_SETS_TESTS);
}

static void read_step(struct run *run)
{
	struct run_sets *order = run->sets;

	for (u32 i = 0; i < RUN_SETS_READ && !order->is_read && !order->why[0]; i++) {
		struct filter_elem elem;

		switch (elem_text_next(&order->text, order->set.kind, &elem)) {
		case ELEM_ONE: keep(order, &elem); break;
		case ELEM_WRONG: say_wrong(order); break;
		case ELEM_END: order->is_read = true; break;
		}
	}
	if (order->is_read && !order->why[0])
		check(run, order);
	if (order->why[0])
		finish(run);
}

/* ---- doing ----------------------------------------------------------------------------------- */

static void change_step(struct run *run)
{
	struct run_sets *order = run->sets;
	u32 count = u32_min(order->count - order->done, RUN_SETS_TAKE), changed = 0;
	enum err err = sluice_set_change(run->sluice, order->name, order->elem + order->done, count,
					 order->call.action.what == CTL_DO_SET_ADD, &changed);

	order->changed += changed;
	order->done += count;
	if (err != ERR_OK)
		fail(run, err);
	else if (order->done == order->count)
		finish(run);
}

static void replace_step(struct run *run)
{
	struct run_sets *order = run->sets;
	u32 count = u32_min(order->count - order->done, RUN_SETS_TAKE), taken = 0;
	enum err err = ERR_OK;

	if (!order->filling) {
		err = sluice_set_fill_begin(run->sluice, order->name, &order->fill);
		order->filling = err == ERR_OK;
	}
	if (err == ERR_OK && count > 0)
		err = sluice_set_fill(run->sluice, order->name, order->fill,
				      order->elem + order->done, count, &taken);
	order->done += taken;
	if (err == ERR_OK && order->done == order->count) {
		err = sluice_set_fill_end(run->sluice, order->name, order->fill);
		order->filling = err != ERR_OK;
		order->changed = order->count;
		if (err == ERR_OK) {
			finish(run);
			return;
		}
	}
	if (err != ERR_OK) {
		order->changed = 0;
		fail(run, err);
	}
}

static void test_all(struct run *run)
{
	struct run_sets *order = run->sets;

	order->tests = json_array();
	for (u32 i = 0; i < order->count; i++) {
		struct filter_elem holder;
		bool in = false;
		json_t *test;

		if (sluice_set_find(run->sluice, order->name, &order->elem[i], &in, &holder) !=
		    ERR_OK)
			in = false;
		test = json_pack("{s:s, s:b}", "element", value_show_elem(&order->elem[i]).text,
				 "in", in);
		if (in)
			json_object_set_new(test, "by", json_string(value_show_elem(&holder).text));
		json_array_append_new(order->tests, test);
	}
	finish(run);
}

static void flush(struct run *run)
{
	struct run_sets *order = run->sets;
	u32 gone = 0;
	enum err err = sluice_set_flush(run->sluice, order->name, &gone);

	order->changed = gone;
	if (err == ERR_OK)
		finish(run);
	else
		fail(run, err);
}

/* ---- the doors ------------------------------------------------------------------------------- */

void run_sets_begin(struct run *run, const struct ctl_call *call)
{
	struct run_sets *order = calloc(1, sizeof *order);

	if (!order) {
		ctl_action_answer(run->ctl, call,
				  "{\"version\":1,\"done\":false,\"error\":\"out of memory\"}");
		return;
	}
	run->sets = order;
	order->call = *call;
	if (!set_find(run, call->action.set, &order->set)) {
		no_such_set(run, order);
		finish(run);
		return;
	}
	snprintf(order->name, sizeof order->name, "%s", call->action.set);
	elem_text_begin(&order->text, call->text, call->action.text_bytes);
	order->is_read = call->action.what == CTL_DO_SET_FLUSH;
}

void run_sets_step(struct run *run)
{
	if (!run->sets->is_read) {
		read_step(run);
		return;
	}
	switch (run->sets->call.action.what) {
	case CTL_DO_SET_ADD:
	case CTL_DO_SET_DEL: change_step(run); return;
	case CTL_DO_SET_REPLACE: replace_step(run); return;
	case CTL_DO_SET_TEST: test_all(run); return;
	default: flush(run); return;
	}
}

void run_sets_end(struct run *run)
{
	struct run_sets *order = run->sets;

	if (!order)
		return;
	if (order->filling)
		sluice_set_fill_drop(run->sluice, order->fill);
	json_decref(order->errors);
	json_decref(order->tests);
	free(order->elem);
	free(order);
	run->sets = NULL;
}
