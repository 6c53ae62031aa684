/* Changes of the configuration. */
#include "prog/run_change.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/text.h"
#include "host/conf/conf_diff.h"
#include "host/conf/conf_load.h"
#include "host/conf/conf_notes.h"
#include "host/os/clock.h"
#include "prog/conf_text.h"
#include "prog/run_drain.h"
#include "prog/run_fpm.h"
#include "prog/run_health.h"
#include "prog/set_files.h"

enum {
	WHY_SIZE = 320,
	STEPS_EACH = 64, /* of reading, between two questions whether packets have a turn */
};

struct change {
	struct run *run;
	json_t *answer;
	char why[WHY_SIZE]; /* empty: all is well */
	struct conf_diff diff;
};

/* ---- answers --------------------------------------------------------------------------------- */

static void say_errors(struct change *change, const struct conf_errors *errors)
{
	json_t *list = json_array();

	for (u32 i = 0; i < errors->count; i++)
		json_array_append_new(list, json_pack("{s:i, s:i, s:s}", "line",
						      (int)errors->error[i].place.line, "column",
						      (int)errors->error[i].place.column, "text",
						      errors->error[i].text));
	json_object_set_new(change->answer, "errors", list);
}

static void say_changes(struct change *change)
{
	const struct conf_diff *diff = &change->diff;
	json_t *list = json_array();

	for (u32 i = 0; i < diff->count; i++)
		json_array_append_new(
			list, json_pack("{s:s, s:s, s:s, s:s}", "path", diff->change[i].path,
					"from", diff->change[i].from, "to", diff->change[i].to,
					"when", conf_when_name(diff->change[i].when)));
	json_object_set_new(change->answer, "changes", list);
	if (diff->left_out)
		json_object_set_new(change->answer, "left_out", json_integer(diff->left_out));
}

static bool has_note(const struct conf_notes *notes, const char *text)
{
	for (u32 i = 0; i < notes->count; i++) {
		if (strcmp(notes->text[i], text) == 0)
			return true;
	}
	return false;
}

/* What was perhaps not meant, unless it is so already. */
static void say_notes(struct change *change)
{
	struct conf_notes before, next;
	json_t *list = json_array();

	conf_notes(&change->run->asked.conf, &before);
	conf_notes(&change->run->asked_next.conf, &next);
	for (u32 i = 0; i < next.count; i++) {
		if (!has_note(&before, next.text[i]))
			json_array_append_new(list, json_string(next.text[i]));
	}
	json_object_set_new(change->answer, "notes", list);
}

/* ---- looking --------------------------------------------------------------------------------- */

/* The engine knows interfaces by their place, a file by their names. */
static void align_ifaces(const struct conf *running, struct run_asked *next)
{
	struct conf_iface sorted[CONF_IFACE_MAX];
	u32 moved_to[CONF_IFACE_MAX];
	u32 base = offsetof(struct conf, iface);
	bool moves = false;

	if (running->iface_count != next->conf.iface_count)
		return;
	for (u32 i = 0; i < running->iface_count; i++) {
		u32 from = 0;

		while (from < running->iface_count &&
		       strcmp(next->conf.iface[from].name, running->iface[i].name) != 0)
			from++;
		if (from == running->iface_count)
			return;
		sorted[i] = next->conf.iface[from];
		moved_to[from] = i;
		moves |= from != i;
	}
	if (!moves)
		return;
	memcpy(next->conf.iface, sorted, running->iface_count * sizeof sorted[0]);
	for (u32 i = 0; i < next->marks.count; i++) {
		u32 *at = &next->marks.mark[i].at;
		u32 index = (*at - base) / (u32)sizeof sorted[0];

		if (*at >= base && index < running->iface_count)
			*at += (moved_to[index] - index) * (u32)sizeof sorted[0];
	}
	conf_marks_sort(&next->marks);
}

/* The elements go along, to one place only; marks are many, and few of them are used. */
static void asked_move(struct run_asked *to, struct run_asked *from)
{
	conf_elems_free(&to->elems);
	memcpy(&to->conf, &from->conf, sizeof to->conf);
	to->from_file = from->from_file;
	to->marks.count = from->marks.count;
	to->marks.sorted = from->marks.sorted;
	memcpy(to->marks.mark, from->marks.mark, from->marks.count * sizeof from->marks.mark[0]);
	memcpy(to->file, from->file, sizeof to->file);
	to->elems = from->elems;
	from->elems = (struct conf_elems){ 0 };
}

/* The files of sets come behind the text, or are read here when nobody has sent it. Packets go on
 * meanwhile.                                                                                     */
static bool load_text(struct run *run, const struct ctl_call *call, struct conf_errors *errors)
{
	struct turns turns = { .give = run_carry, .arg = run, .each = STEPS_EACH };
	const struct ctl_action *action = &call->action;
	struct run_asked *next = &run->asked_next;
	const struct read_into into = { &next->conf, &next->marks, &next->elems, errors, &turns };
	struct conf_set_files files;
	struct reader reader;
	bool good;

	conf_elems_free(&next->elems);
	if (call->client == CTL_CLIENT_NONE)
		return reader_load_all(&run->readers, call->text, action->config_bytes, &into);
	good = reader_load(&run->readers, &reader, call->text, action->config_bytes, &into);
	run_carry(run);
	if (good) {
		set_files_unpack(&next->conf, call->text + action->config_bytes,
				 action->text_bytes - action->config_bytes, &files);
		good = reader_sets(&reader, &files);
	}
	reader_end(&reader);
	return good;
}

static bool look_at_text(struct change *change, const struct ctl_call *call)
{
	struct run_asked *next = &change->run->asked_next;
	struct conf_errors errors;
	bool good = load_text(change->run, call, &errors);

	next->from_file = true;
	snprintf(next->file, sizeof next->file, "%s", call->action.name);
	say_errors(change, &errors);
	if (!good) {
		snprintf(change->why, sizeof change->why,
			 "the configuration has mistakes; nothing was changed");
		return false;
	}
	align_ifaces(&change->run->asked.conf, next);
	conf_diff(&change->run->asked.conf, &next->conf, &change->diff);
	run_carry(change->run);
	say_changes(change);
	say_notes(change);
	run_carry(change->run);
	return true;
}

static u32 taken_of(const struct change *change)
{
	return change->diff.by_when[CONF_LIVE] + change->diff.by_when[CONF_ANEW];
}

/* Of the changes that can not be made while the gateway runs, one by name. */
static bool may_change(struct change *change)
{
	const struct conf_diff *diff = &change->diff;
	u32 others = diff->by_when[CONF_RESTART] + diff->by_when[CONF_PLANNED];

	for (u32 i = 0; i < diff->count; i++) {
		if (diff->change[i].when <= CONF_ANEW)
			continue;
		snprintf(change->why, sizeof change->why,
			 "%s can not change while the gateway runs%s%s; nothing was changed",
			 diff->change[i].path,
			 diff->change[i].when == CONF_PLANNED ? ": memory is planned at start" : "",
			 others > 1 ? ", and it is not the only one" : "");
		return false;
	}
	return others == 0;
}

/* An interface whose addresses shall be the host's from now on, while the host has none there. One
 * that has lost them since is waited for.                                                       */
static bool hosts_have_addresses(struct change *change)
{
	const struct run *run = change->run;

	for (u32 i = 0; i < run->asked.conf.iface_count; i++) {
		const struct conf_iface *iface = &run->asked_next.conf.iface[i];

		if (iface->addr_count || !run->asked.conf.iface[i].addr_count ||
		    run->facts.iface[i].addr_count)
			continue;
		snprintf(change->why, sizeof change->why,
			 "%s shall have the host's addresses, and the host has none on it; nothing "
			 "was changed",
			 iface->name);
		return false;
	}
	return true;
}

/* ---- taking ---------------------------------------------------------------------------------- */

/* The first of what is wrong, and how much more there is. */
static void say_refused(struct change *change)
{
	const struct run_errors *errors = &change->run->errors;
	u32 more = errors->count + errors->left_out - 1;
	char text[32] = "";

	if (more)
		snprintf(text, sizeof text, " (and %u more)", more);
	snprintf(change->why, sizeof change->why, "%.250s%s; nothing was changed", errors->text[0],
		 text);
}

/* Makes next_conf of asked_next. */
static bool build(struct change *change, bool changing)
{
	struct run *run = change->run;
	struct run_source source = run_source_of(&run->asked_next);
	bool built;

	run->facts.running = true;
	run->facts.changing = changing;
	run->errors.count = run->errors.left_out = 0;
	built = run_conf_build(&source, &run->facts, &run->next_conf, &run->rules, &run->notes,
			       &run->errors);
	run->facts.changing = false;
	if (!built)
		say_refused(change);
	return built;
}

/* What is the same as before is no step to go back. */
static void keep_last(struct change *change)
{
	asked_move(&change->run->asked_last, &change->run->asked);
	change->run->has_last = true;
}

static bool engine_refuses(struct change *change, const char *why)
{
	snprintf(change->why, sizeof change->why, "the engine refuses it: %s; nothing was changed",
		 why);
	return false;
}

/* Gives asked_next to the engine. */
static bool take(struct change *change, bool changing, bool step, ns_t now)
{
	struct run *run = change->run;
	const char *why = "";

	if (!build(change, changing))
		return false;
	run_carry(run);
	now = os_now(); /* packets have been further than what was asked at */
	if (sluice_configure(run->sluice, &run->next_conf, now, &why) != ERR_OK)
		return engine_refuses(change, why);
	run_health_follow(run, &run->asked_next.conf, now);
	run_health_settle(run, &run->asked.conf, &run->asked_next.conf, now);
	run_fpm_follow(run, &run->asked.conf, &run->asked_next.conf, now);
	memcpy(&run->conf, &run->next_conf, sizeof run->conf);
	if (step)
		keep_last(change);
	asked_move(&run->asked, &run->asked_next);
	run->log.json = run->asked.conf.log == CONF_LOG_JSON;
	return true;
}

static bool may_begin(struct change *change, ns_t now)
{
	const struct run *run = change->run;

	if (run->confirm_ns == 0)
		return true;
	snprintf(change->why, sizeof change->why,
		 "the last change waits to be confirmed, for %llu s more; 'sluice confirm' or "
		 "'sluice rollback' comes first",
		 run->confirm_ns > now ? (unsigned long long)((run->confirm_ns - now) / NS_PER_SEC)
				       : 0);
	return false;
}

static bool change_to(struct change *change, const struct ctl_call *call, ns_t now)
{
	const struct ctl_action *action = &call->action;
	struct run *run = change->run;
	bool step;

	if (!may_begin(change, now) || !look_at_text(change, call) || !may_change(change) ||
	    !hosts_have_addresses(change))
		return false;
	step = change->diff.count > 0;
	if (!take(change, true, step, now))
		return false;
	if (action->what == CTL_DO_APPLY && step)
		run->confirm_ns = os_now() + action->confirm_s * NS_PER_SEC;
	run_log_say(&run->log, RUN_INFO, ctl_do_name(action->what),
		    "%s: %u change%s taken from %s%s%s", ctl_do_name(action->what),
		    taken_of(change), text_plural(taken_of(change)),
		    run->asked.file, run->confirm_ns ? ", to be confirmed" : "",
		    change->diff.by_when[CONF_ANEW] ? "; sessions with neighbours begin anew"
						       : "");
	return true;
}

/* What could be taken live, would it be? */
static bool compare(struct change *change, const struct ctl_call *call)
{
	const u32 *by_when = change->diff.by_when;
	struct run *run = change->run;
	const char *why;

	if (!look_at_text(change, call))
		return false;
	if (by_when[CONF_RESTART] + by_when[CONF_PLANNED] > 0)
		return true;
	if (!hosts_have_addresses(change) || !build(change, true))
		return false;
	run_carry(run);
	return sluice_look(run->sluice, &run->next_conf, &why) == ERR_OK ||
	       engine_refuses(change, why);
}

static bool roll_back(struct change *change, ns_t now)
{
	struct run *run = change->run;

	if (!run->has_last) {
		snprintf(change->why, sizeof change->why,
			 "there is no change to go back from: one step back is kept, and there was "
			 "no change since the start or since that step was gone");
		return false;
	}
	asked_move(&run->asked_next, &run->asked_last);
	conf_diff(&run->asked.conf, &run->asked_next.conf, &change->diff);
	say_changes(change);
	/* It ran before: what the system has become since is no reason not to go back. */
	if (!take(change, false, true, now)) {
		asked_move(&run->asked_last, &run->asked_next);
		return false;
	}
	run->has_last = false;
	run->confirm_ns = 0;
	run_log_say(&run->log, RUN_INFO, "rollback", "rollback: %u change%s taken back",
		    taken_of(change), text_plural(taken_of(change)));
	return true;
}

static bool confirm(struct change *change)
{
	if (change->run->confirm_ns == 0) {
		snprintf(change->why, sizeof change->why, "no change waits to be confirmed");
		return false;
	}
	change->run->confirm_ns = 0;
	run_log_say(&change->run->log, RUN_INFO, "confirm", "the last change is confirmed");
	return true;
}

static bool say_status(struct change *change, ns_t now)
{
	const struct run *run = change->run;
	u64 left_ns = run->confirm_ns > now ? run->confirm_ns - now : 0;

	json_object_set_new(change->answer, "file",
			    run->config_path ? json_string(run->config_path) : json_null());
	json_object_set_new(change->answer, "confirm_s",
			    json_integer((json_int_t)(left_ns / NS_PER_SEC)));
	return true;
}

/* Packets go on while it is written. */
static bool say_config(struct change *change, const struct ctl_action *action)
{
	struct run *run = change->run;
	struct turns turns = { .give = run_carry, .arg = run, .each = STEPS_EACH };
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out) {
		snprintf(change->why, sizeof change->why, "there is no memory to write it");
		return false;
	}
	conf_print(&run->asked.conf, CONF_PRINT_HIDE | (action->all ? CONF_PRINT_ALL : 0), out,
		   &turns);
	fclose(out);
	json_object_set_new(change->answer, "config", json_string(text));
	free(text);
	return true;
}

static bool order_drain(struct change *change, const struct ctl_action *action, ns_t now)
{
	struct drain_why why = { "" };
	bool done = run_drain(change->run, action, now, change->answer, &why);

	snprintf(change->why, sizeof change->why, "%s", why.text);
	return done;
}

/* ---- the doors ------------------------------------------------------------------------------- */

static bool act(struct change *change, const struct ctl_call *call, ns_t now)
{
	switch (call->action.what) {
	case CTL_DO_CONFIG: return say_config(change, &call->action);
	case CTL_DO_STATUS: return say_status(change, now);
	case CTL_DO_DIFF: return compare(change, call);
	case CTL_DO_RELOAD:
	case CTL_DO_APPLY: return change_to(change, call, now);
	case CTL_DO_CONFIRM: return confirm(change);
	case CTL_DO_ROLLBACK: return roll_back(change, now);
	case CTL_DO_DRAIN:
	case CTL_DO_UNDRAIN: return order_drain(change, &call->action, now);
	default: break; /* sets: run_sets.c */
	}
	return false;
}

char *run_change(struct run *run, const struct ctl_call *call, ns_t now)
{
	struct change *change = calloc(1, sizeof *change);
	char *line;
	bool done;

	if (!change)
		return NULL;
	change->run = run;
	change->answer = json_pack("{s:i, s:s}", "version", CTL_VERSION, "do",
				   ctl_do_name(call->action.what));
	done = act(change, call, now);
	json_object_set_new(change->answer, "done", json_boolean(done));
	if (change->why[0])
		json_object_set_new(change->answer, "error", json_string(change->why));
	if (!done)
		run_log_say(&run->log, RUN_WARNING, ctl_do_name(call->action.what), "%s: %s",
			    ctl_do_name(call->action.what), change->why);
	line = json_dumps(change->answer, JSON_COMPACT);
	json_decref(change->answer);
	free(change);
	return line;
}

/* What nobody reads goes to the log. */
static void log_errors(struct run *run, const char *answer)
{
	json_t *root = answer ? json_loads(answer, 0, NULL) : NULL;
	json_t *error;
	size_t i;

	json_array_foreach(json_object_get(root, "errors"), i, error)
	{
		run_log_say(&run->log, RUN_ERROR, "mistake", "%s:%lld:%lld: %s",
			    run->asked_next.file,
			    (long long)json_integer_value(json_object_get(error, "line")),
			    (long long)json_integer_value(json_object_get(error, "column")),
			    json_string_value(json_object_get(error, "text")));
	}
	json_decref(root);
}

void run_change_reload(struct run *run, ns_t now)
{
	struct ctl_call call = { .action.what = CTL_DO_RELOAD, .client = CTL_CLIENT_NONE };
	struct conf_text text;
	char *answer;

	if (!conf_text_read(run->config_path, &text)) {
		run_log_say(&run->log, RUN_ERROR, "reload", "%s; nothing was changed", text.why);
		return;
	}
	call.text = text.text;
	call.action.text_bytes = call.action.config_bytes = (u32)text.len_bytes;
	snprintf(call.action.name, sizeof call.action.name, "%s", run->args.config);
	answer = run_change(run, &call, now);
	log_errors(run, answer);
	free(answer);
	conf_text_free(&text);
}

void run_change_tick(struct run *run, ns_t now)
{
	struct ctl_call call = { .action.what = CTL_DO_ROLLBACK };

	if (run->confirm_ns == 0 || now < run->confirm_ns)
		return;
	run_log_say(&run->log, RUN_WARNING, "rollback",
		    "nobody confirmed the last change in time: back to what was before");
	/* Once: what can not be gone back to now would not be later either. */
	run->confirm_ns = 0;
	free(run_change(run, &call, now));
}
