/* Comparing two configurations along the table. */
#include "host/conf/conf_diff.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/base/text.h"

static void add(struct conf_diff *diff, enum conf_when when, const char *path, const char *from,
		const char *to)
{
	struct conf_change *change;

	diff->by_when[when]++;
	if (diff->count == CONF_CHANGE_MAX) {
		diff->left_out++;
		return;
	}
	change = &diff->change[diff->count++];
	change->when = when;
	snprintf(change->path, sizeof change->path, "%s", path);
	snprintf(change->from, sizeof change->from, "%s", from);
	snprintf(change->to, sizeof change->to, "%s", to);
}

static void join(char path[CONF_DIFF_PATH_SIZE], const char *prefix, const char *key)
{
	snprintf(path, CONF_DIFF_PATH_SIZE, "%.120s%.30s", prefix, key);
}

/* ---- values ---------------------------------------------------------------------------------- */

static const char cut_mark[] = " ...";

/* Behind what stands there; the mark at the end says that there would be more. */
static void append(char text[CONF_DIFF_TEXT_SIZE], const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void append(char text[CONF_DIFF_TEXT_SIZE], const char *format, ...)
{
	size_t len = strlen(text);
	va_list args;
	int more;

	va_start(args, format);
	more = vsnprintf(text + len, CONF_DIFF_TEXT_SIZE - len, format, args);
	va_end(args);
	if (more > 0 && (size_t)more >= CONF_DIFF_TEXT_SIZE - len)
		memcpy(text + CONF_DIFF_TEXT_SIZE - sizeof cut_mark, cut_mark, sizeof cut_mark);
}

static bool is_cut(const char text[CONF_DIFF_TEXT_SIZE])
{
	size_t len = strlen(text);

	return len == CONF_DIFF_TEXT_SIZE - 1 &&
	       strcmp(text + len - strlen(cut_mark), cut_mark) == 0;
}

/* Of a list of values those from begin to before end. */
static void show_values(const struct conf_field *list, const void *base, u32 begin, u32 end,
			char text[CONF_DIFF_TEXT_SIZE])
{
	struct conf_field element = conf_value_element(list);

	text[0] = 0;
	for (u32 i = begin; i < end && !is_cut(text); i++) {
		char value[CONF_VALUE_SIZE];

		conf_value_show(&element, conf_element_of(list, base, i), value);
		append(text, "%s%s", i > begin ? ", " : "", value);
	}
}

static bool value_equal(const struct conf_field *list, const void *from, u32 i, const void *to,
			u32 j)
{
	struct conf_field element = conf_value_element(list);
	char one[CONF_VALUE_SIZE];
	char two[CONF_VALUE_SIZE];

	conf_value_show(&element, conf_element_of(list, from, i), one);
	conf_value_show(&element, conf_element_of(list, to, j), two);
	return strcmp(one, two) == 0;
}

static bool values_equal(const struct conf_field *list, const void *from, const void *to)
{
	u32 count = conf_count_of(list, from);

	if (count != conf_count_of(list, to))
		return false;
	for (u32 i = 0; i < count; i++) {
		if (!value_equal(list, from, i, to, i))
			return false;
	}
	return true;
}

/* Of two lists that are too long to be told, what is between their common ends. */
static void show_middle(const struct conf_field *list, const void *from, const void *to,
			char one[CONF_DIFF_TEXT_SIZE], char two[CONF_DIFF_TEXT_SIZE])
{
	u32 from_end = conf_count_of(list, from);
	u32 to_end = conf_count_of(list, to);
	u32 begin = 0;

	while (begin < from_end && begin < to_end && value_equal(list, from, begin, to, begin))
		begin++;
	while (from_end > begin && to_end > begin &&
	       value_equal(list, from, from_end - 1, to, to_end - 1)) {
		from_end--;
		to_end--;
	}
	show_values(list, from, begin, from_end, one);
	show_values(list, to, begin, to_end, two);
}

static void show_field(const struct conf_field *field, const void *base,
		       char text[CONF_DIFF_TEXT_SIZE])
{
	char value[CONF_VALUE_SIZE];

	if (field->kind == CONF_VALUES && conf_count_of(field, base) > 0) {
		show_values(field, base, 0, conf_count_of(field, base), text);
		return;
	}
	if (field->kind == CONF_VALUES) {
		snprintf(text, CONF_DIFF_TEXT_SIZE, "%s", field->zero ? field->zero : "[]");
		return;
	}
	conf_value_show(field, base, value);
	if (field->kind == CONF_SECRET && !conf_value_is_none(field, base))
		snprintf(value, sizeof value, CONF_HIDDEN);
	snprintf(text, CONF_DIFF_TEXT_SIZE, "%s", value);
}

static bool field_equal(const struct conf_field *field, const void *from, const void *to)
{
	char one[CONF_VALUE_SIZE];
	char two[CONF_VALUE_SIZE];

	if (field->kind == CONF_VALUES)
		return values_equal(field, from, to);
	conf_value_show(field, from, one);
	conf_value_show(field, to, two);
	return strcmp(one, two) == 0;
}

/* ---- elements of lists ----------------------------------------------------------------------- */

/* What is the same byte for byte needs no second look: that is most of a long list. */
static bool bytes_equal(const struct conf_field *list, const void *from, const void *to)
{
	return memcmp(from, to, list->size) == 0;
}

static bool element_equal(const struct conf_group *group, const void *from, const void *to);

static bool place_equal(const struct conf_field *list, const void *from, u32 i, const void *to,
			u32 j)
{
	const void *one = conf_element_of(list, from, i);
	const void *two = conf_element_of(list, to, j);

	return bytes_equal(list, one, two) || element_equal(list->group, one, two);
}

static bool list_equal(const struct conf_field *list, const void *from, const void *to)
{
	u32 count = conf_count_of(list, from);

	if (count != conf_count_of(list, to))
		return false;
	for (u32 i = 0; i < count; i++) {
		if (!place_equal(list, from, i, to, i))
			return false;
	}
	return true;
}

static bool element_equal(const struct conf_group *group, const void *from, const void *to)
{
	for (u32 i = 0; i < group->field_count; i++) {
		const struct conf_field *field = &group->field[i];
		bool equal;

		if (field->kind == CONF_GROUP)
			equal = element_equal(field->group, (const u8 *)from + field->at,
					      (const u8 *)to + field->at);
		else if (field->kind == CONF_LIST)
			equal = list_equal(field, from, to);
		else
			equal = field_equal(field, from, to);
		if (!equal)
			return false;
	}
	return true;
}

/* What differs from the defaults. Of lists that are not empty is said how long they are. */
static void append_fields(const struct conf_group *group, const void *base, const void *standard,
			  char text[CONF_DIFF_TEXT_SIZE])
{
	const char *comma = "";

	for (u32 i = 0; i < group->field_count; i++) {
		const struct conf_field *field = &group->field[i];
		const u8 *inner = (const u8 *)base + field->at;
		const u8 *plain = (const u8 *)standard + field->at;
		char value[CONF_DIFF_TEXT_SIZE];

		if (field->kind == CONF_GROUP) {
			if (element_equal(field->group, inner, plain))
				continue;
			append(text, "%s%s {", comma, field->key);
			append_fields(field->group, inner, plain, text);
			append(text, "}");
		} else if (field->kind == CONF_LIST) {
			if (conf_count_of(field, base) == 0)
				continue;
			append(text, "%s%s (%u)", comma, field->key, conf_count_of(field, base));
		} else {
			if (!field->required && !field->shown && field_equal(field, base, standard))
				continue;
			show_field(field, base, value);
			append(text, "%s%s %s", comma, field->key, value);
		}
		comma = ", ";
	}
}

/* As one line. */
static void show_element(const struct conf_group *group, const void *element,
			 char text[CONF_DIFF_TEXT_SIZE])
{
	union conf_element standard;

	conf_element_defaults(group, &standard);
	text[0] = 0;
	append_fields(group, element, &standard, text);
}

static void diff_group(struct conf_diff *diff, const struct conf_group *group, const char *prefix,
		       const void *from, const void *to);

/* A name stands in the element; of another kind of value it is what is shown of it. */
static const char *name_of(const struct conf_group *group, const void *element,
			   char shown[CONF_VALUE_SIZE])
{
	const struct conf_field *field = conf_field_find(group, group->name);

	if (field->kind == CONF_NAME)
		return (const char *)element + field->at;
	conf_value_show(field, element, shown);
	return shown;
}

static const void *find_named(const struct conf_field *list, const void *base, const char *name)
{
	char shown[CONF_VALUE_SIZE];

	for (u32 i = 0; i < conf_count_of(list, base); i++) {
		const void *element = conf_element_of(list, base, i);

		if (strcmp(name_of(list->group, element, shown), name) == 0)
			return element;
	}
	return NULL;
}

static void diff_named(struct conf_diff *diff, const struct conf_field *list, const char *path,
		       const void *from, const void *to)
{
	char inner[CONF_DIFF_PATH_SIZE];
	char text[CONF_DIFF_TEXT_SIZE];
	char shown[CONF_VALUE_SIZE];

	for (u32 i = 0; i < conf_count_of(list, from); i++) {
		const void *element = conf_element_of(list, from, i);
		const char *name = name_of(list->group, element, shown);
		const void *other = find_named(list, to, name);

		snprintf(inner, sizeof inner, "%.105s.%.47s%s", path, name, other ? "." : "");
		if (other && bytes_equal(list, element, other))
			continue;
		if (other) {
			diff_group(diff, list->group, inner, element, other);
			continue;
		}
		show_element(list->group, element, text);
		add(diff, list->when, inner, text, "");
	}
	for (u32 i = 0; i < conf_count_of(list, to); i++) {
		const void *element = conf_element_of(list, to, i);
		const char *name = name_of(list->group, element, shown);

		if (find_named(list, from, name))
			continue;
		snprintf(inner, sizeof inner, "%.105s.%.47s", path, name);
		show_element(list->group, element, text);
		add(diff, list->when, inner, "", text);
	}
}

/* What will be left out needs no words: it may be thousands of rules. */
static void show_for(const struct conf_diff *diff, const struct conf_field *list, const void *base,
		     u32 index, char text[CONF_DIFF_TEXT_SIZE])
{
	text[0] = 0;
	if (diff->count < CONF_CHANGE_MAX)
		show_element(list->group, conf_element_of(list, base, index), text);
}

static void diff_placed(struct conf_diff *diff, const struct conf_field *list, const char *path,
			const void *from, const void *to)
{
	u32 from_end = conf_count_of(list, from);
	u32 to_end = conf_count_of(list, to);
	char inner[CONF_DIFF_PATH_SIZE];
	char text[CONF_DIFF_TEXT_SIZE];
	enum conf_when when = list->when_of ? list->when_of(from, to) : list->when;
	u32 begin = 0;

	while (begin < from_end && begin < to_end && place_equal(list, from, begin, to, begin))
		begin++;
	while (from_end > begin && to_end > begin &&
	       place_equal(list, from, from_end - 1, to, to_end - 1)) {
		from_end--;
		to_end--;
	}
	for (u32 i = begin; i < from_end; i++) {
		snprintf(inner, sizeof inner, "%.120s[%u]", path, i);
		show_for(diff, list, from, i, text);
		add(diff, when, inner, text, "");
	}
	for (u32 i = begin; i < to_end; i++) {
		snprintf(inner, sizeof inner, "%.120s[%u]", path, i);
		show_for(diff, list, to, i, text);
		add(diff, when, inner, "", text);
	}
}

/* ---- groups ---------------------------------------------------------------------------------- */

static void diff_field(struct conf_diff *diff, const struct conf_field *field, const char *path,
		       const void *from, const void *to)
{
	char one[CONF_DIFF_TEXT_SIZE];
	char two[CONF_DIFF_TEXT_SIZE];

	if (field->kind == CONF_LIST) {
		if (field->group->name)
			diff_named(diff, field, path, from, to);
		else
			diff_placed(diff, field, path, from, to);
		return;
	}
	if (field_equal(field, from, to))
		return;
	show_field(field, from, one);
	show_field(field, to, two);
	if (field->kind == CONF_VALUES && (is_cut(one) || is_cut(two)))
		show_middle(field, from, to, one, two);
	else if (strcmp(one, two) == 0)
		snprintf(two, sizeof two, "another one, " CONF_HIDDEN " as well");
	add(diff, field->when, path, one, two);
}

static void diff_group(struct conf_diff *diff, const struct conf_group *group, const char *prefix,
		       const void *from, const void *to)
{
	for (u32 i = 0; i < group->field_count; i++) {
		const struct conf_field *field = &group->field[i];
		char path[CONF_DIFF_PATH_SIZE];

		join(path, prefix, field->key);
		if (field->kind == CONF_GROUP) {
			snprintf(path, sizeof path, "%.120s%.30s.", prefix, field->key);
			diff_group(diff, field->group, path, (const u8 *)from + field->at,
				   (const u8 *)to + field->at);
		} else {
			diff_field(diff, field, path, from, to);
		}
	}
}

static const struct conf_set *set_named(const struct conf *conf, const char *name)
{
	for (u32 i = 0; i < conf->filter.set_count; i++) {
		if (strcmp(conf->filter.set[i].name, name) == 0)
			return &conf->filter.set[i];
	}
	return NULL;
}

/* How many the file of a set has. */
static void say_elements(const struct conf_set *set, const char *more,
			 char text[CONF_DIFF_TEXT_SIZE])
{
	u32 count = set->all_count - set->elem_count;

	snprintf(text, CONF_DIFF_TEXT_SIZE, "%u element%s%s", count, text_plural(count), more);
}

/* The same file may have other elements by now. */
static void diff_set_files(struct conf_diff *diff, const struct conf *from, const struct conf *to)
{
	for (u32 i = 0; i < from->filter.set_count; i++) {
		const struct conf_set *old = &from->filter.set[i];
		const struct conf_set *new = set_named(to, old->name);
		char path[CONF_DIFF_PATH_SIZE];
		char one[CONF_DIFF_TEXT_SIZE];
		char two[CONF_DIFF_TEXT_SIZE];

		if (!new || !old->file[0] || strcmp(old->file, new->file) != 0 ||
		    old->file_stamp == new->file_stamp)
			continue;
		snprintf(path, sizeof path, "filter.sets.%s.file", old->name);
		say_elements(old, "", one);
		say_elements(new, ", not the same ones", two);
		add(diff, CONF_LIVE, path, one, two);
	}
}

void conf_diff(const struct conf *from, const struct conf *to, struct conf_diff *diff)
{
	memset(diff, 0, sizeof *diff);
	diff_group(diff, &conf_root, "", from, to);
	diff_set_files(diff, from, to);
}
