/* Reading the request of an action. */
#include "host/ctl/ctl_action_read.h"

#include <stdio.h>

static const struct {
	const char *name;
	bool has_text;
} actions[CTL_DO_COUNT] = {
	[CTL_DO_NOTHING] = { "", false },
	[CTL_DO_CONFIG] = { "config", false },
	[CTL_DO_STATUS] = { "status", false },
	[CTL_DO_DIFF] = { "diff", true },
	[CTL_DO_RELOAD] = { "reload", true },
	[CTL_DO_APPLY] = { "apply", true },
	[CTL_DO_CONFIRM] = { "confirm", false },
	[CTL_DO_ROLLBACK] = { "rollback", false },
	[CTL_DO_DRAIN] = { "drain", false },
	[CTL_DO_UNDRAIN] = { "undrain", false },
	[CTL_DO_SET_ADD] = { "set-add", true },
	[CTL_DO_SET_DEL] = { "set-del", true },
	[CTL_DO_SET_TEST] = { "set-test", true },
	[CTL_DO_SET_FLUSH] = { "set-flush", false },
	[CTL_DO_SET_REPLACE] = { "set-replace", true },
};

const char *ctl_do_name(enum ctl_do what)
{
	return actions[what].name;
}

bool ctl_do_is_set(enum ctl_do what)
{
	return what >= CTL_DO_SET_ADD && what < CTL_DO_COUNT;
}

bool ctl_do_has_text(enum ctl_do what)
{
	return actions[what].has_text;
}

static bool read_what(const json_t *value, struct ctl_action *action, struct ctl_why *why)
{
	for (int i = CTL_DO_STATUS; json_is_string(value) && i < CTL_DO_COUNT; i++) {
		if (strcmp(json_string_value(value), actions[i].name) != 0)
			continue;
		action->what = (enum ctl_do)i;
		return true;
	}
	snprintf(why->text, sizeof why->text,
		 "\"do\":\"%.40s\" is not one of status, diff, reload, apply, confirm, rollback, "
		 "drain, undrain, set-add, set-del, set-test, set-flush, set-replace",
		 json_is_string(value) ? json_string_value(value) : "");
	return false;
}

static bool read_number(const json_t *value, json_int_t max, u32 *out)
{
	if (!json_is_integer(value) || json_integer_value(value) < 1 ||
	    json_integer_value(value) > max)
		return false;
	*out = (u32)json_integer_value(value);
	return true;
}

/* Printable: it is shown in messages of the log. */
static bool read_name(const json_t *value, char *name, size_t size)
{
	const char *text = json_string_value(value);

	if (!text || json_string_length(value) >= size)
		return false;
	for (size_t i = 0; i < json_string_length(value); i++) {
		if ((u8)text[i] < ' ' || text[i] == 0x7f)
			return false;
	}
	memcpy(name, text, json_string_length(value) + 1);
	return true;
}

/* No time at all is one, too: what stands ends at once. */
static bool read_deadline(const json_t *value, u32 *out)
{
	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
	    json_integer_value(value) > CTL_DRAIN_MAX_S)
		return false;
	*out = (u32)json_integer_value(value);
	return true;
}

static bool is_about_backend(const struct ctl_action *action)
{
	return action->what == CTL_DO_DRAIN || action->what == CTL_DO_UNDRAIN;
}

static bool read_about_backend(json_t *root, struct ctl_action *action, struct ctl_why *why)
{
	const char *key;
	json_t *value;

	action->deadline_s = CTL_DRAIN_DEFAULT;
	json_object_foreach(root, key, value)
	{
		bool good = strcmp(key, "version") == 0 || strcmp(key, "do") == 0;

		if (strcmp(key, "backend") == 0)
			good = read_name(value, action->backend, sizeof action->backend);
		else if (strcmp(key, "service") == 0)
			good = read_name(value, action->service, sizeof action->service);
		else if (action->what == CTL_DO_DRAIN && strcmp(key, "deadline_s") == 0)
			good = read_deadline(value, &action->deadline_s);
		else if (action->what == CTL_DO_DRAIN && strcmp(key, "look") == 0)
			good = action->look = json_is_true(value);
		if (good)
			continue;
		snprintf(why->text, sizeof why->text,
			 "\"%.40s\": drain and undrain take backend and service, which are names, "
			 "drain deadline_s (0 to %d), and look, which is true",
			 key, CTL_DRAIN_MAX_S);
		return false;
	}
	snprintf(why->text, sizeof why->text,
		 "%s needs \"backend\": its address, and its port if it has one",
		 ctl_do_name(action->what));
	return action->backend[0] != 0;
}

static bool read_set(const json_t *value, char set[CTL_SET_SIZE])
{
	char name[CTL_NAME_SIZE];

	if (!read_name(value, name, sizeof name) || name[0] == 0 || strlen(name) >= CTL_SET_SIZE)
		return false;
	memcpy(set, name, strlen(name) + 1);
	return true;
}

static bool read_key(const char *key, const json_t *value, struct ctl_action *action)
{
	bool about_file = ctl_do_has_text(action->what) && !ctl_do_is_set(action->what);

	if (strcmp(key, "version") == 0 || strcmp(key, "do") == 0)
		return true;
	if (ctl_do_has_text(action->what) && strcmp(key, "bytes") == 0)
		return read_number(value, CTL_TEXT_MAX, &action->text_bytes);
	if (about_file && strcmp(key, "config") == 0)
		return read_number(value, CTL_TEXT_MAX, &action->config_bytes);
	if (about_file && strcmp(key, "name") == 0)
		return read_name(value, action->name, sizeof action->name);
	if (action->what == CTL_DO_APPLY && strcmp(key, "confirm_s") == 0)
		return read_number(value, CTL_CONFIRM_MAX_S, &action->confirm_s);
	if (ctl_do_is_set(action->what) && strcmp(key, "set") == 0)
		return read_set(value, action->set);
	return false;
}

static bool is_whole(struct ctl_action *action, struct ctl_why *why)
{
	if (ctl_do_is_set(action->what) && action->set[0] == 0) {
		snprintf(why->text, sizeof why->text, "%s needs \"set\", the name of one",
			 ctl_do_name(action->what));
		return false;
	}
	snprintf(why->text, sizeof why->text,
		 "%s needs \"bytes\", which is how long the text is that follows%s",
		 ctl_do_name(action->what),
		 action->what == CTL_DO_APPLY ? ", and \"confirm_s\"" : "");
	if ((ctl_do_has_text(action->what) && action->text_bytes == 0) ||
	    (action->what == CTL_DO_APPLY && action->confirm_s == 0))
		return false;
	snprintf(why->text, sizeof why->text, "\"config\" is more than \"bytes\"");
	if (action->config_bytes == 0)
		action->config_bytes = action->text_bytes;
	return action->config_bytes <= action->text_bytes;
}

static bool read_rest(json_t *root, struct ctl_action *action, struct ctl_why *why)
{
	const char *key;
	json_t *value;

	json_object_foreach(root, key, value)
	{
		if (read_key(key, value, action))
			continue;
		snprintf(why->text, sizeof why->text,
			 "\"%.40s\": diff, reload and apply take bytes and config (1 to %d) and "
			 "name, apply confirm_s (1 to %d); set- and a verb takes set, and bytes "
			 "unless it is flush; the others nothing",
			 key, CTL_TEXT_MAX, CTL_CONFIRM_MAX_S);
		return false;
	}
	return is_whole(action, why);
}

bool ctl_action_read(json_t *root, struct ctl_action *action, struct ctl_why *why)
{
	memset(action, 0, sizeof *action);
	if (!read_what(json_object_get(root, "do"), action, why))
		return false;
	return is_about_backend(action) ? read_about_backend(root, action, why)
					: read_rest(root, action, why);
}
