/* The flat form. Recursion follows the table, so it is as deep as the table. */
#include "host/conf/conf_flat.h"

#include <stdlib.h>

#include "host/conf/conf_load.h"
#include "host/conf/conf_schema.h"

enum { GROUP_END = 0, LIST_END = 0, LIST_ONE = 1 };

/* ---- writing --------------------------------------------------------------------------------- */

static void put_u32(FILE *out, u32 number)
{
	fwrite(&number, sizeof number, 1, out);
}

static void put_text(FILE *out, const char *text)
{
	fwrite(text, 1, strlen(text) + 1, out);
}

static void put_value(FILE *out, const struct conf_field *field, const void *base)
{
	char text[CONF_VALUE_SIZE];

	conf_value_show(field, base, text);
	put_text(out, text);
}

static void put_group(FILE *out, const struct conf_group *group, const void *base,
		      const void *standard);

static void put_list(FILE *out, const struct conf_field *list, const void *base)
{
	union conf_element standard;
	struct conf_field value;

	if (list->kind == CONF_LIST)
		conf_element_defaults(list->group, &standard);
	else
		value = conf_value_element(list);
	for (u32 i = 0; i < conf_count_of(list, base); i++) {
		const void *element = conf_element_of(list, base, i);

		fputc(LIST_ONE, out);
		if (list->kind == CONF_LIST)
			put_group(out, list->group, element, &standard);
		else
			put_value(out, &value, element);
	}
	fputc(LIST_END, out);
}

static void put_group(FILE *out, const struct conf_group *group, const void *base,
		      const void *standard)
{
	for (u32 i = 0; i < group->field_count; i++) {
		const struct conf_field *field = &group->field[i];

		if (!conf_is_printed(field, base, standard, false))
			continue;
		fputc((int)i + 1, out);
		if (field->kind == CONF_GROUP)
			put_group(out, field->group, (const u8 *)base + field->at,
				  (const u8 *)standard + field->at);
		else if (conf_is_value(field))
			put_value(out, field, base);
		else
			put_list(out, field, base);
	}
	fputc(GROUP_END, out);
}

static void put_errors(FILE *out, const struct conf_errors *errors)
{
	put_u32(out, errors->count);
	put_u32(out, errors->left_out);
	for (u32 i = 0; i < errors->count; i++) {
		put_u32(out, errors->error[i].place.line);
		put_u32(out, errors->error[i].place.column);
		put_text(out, errors->error[i].text);
	}
}

void conf_flat_write(const struct conf *conf, const struct conf_marks *marks,
		     const struct conf_errors *errors, FILE *out)
{
	static struct conf standard;

	put_errors(out, errors);
	if (errors->count > 0)
		return;
	put_u32(out, marks->count);
	fwrite(marks->mark, sizeof marks->mark[0], marks->count, out);
	conf_defaults(&standard);
	put_group(out, &conf_root, conf, &standard);
}

void conf_flat_write_sets(const struct conf *conf, const struct conf_elems *elems,
			  const struct conf_errors *errors, FILE *out)
{
	put_errors(out, errors);
	if (errors->count > 0)
		return;
	for (u32 i = 0; i < conf->filter.set_count; i++)
		put_u32(out, conf->filter.set[i].all_count);
	if (elems->count > 0)
		fwrite(elems->elem, sizeof elems->elem[0], elems->count, out);
}

/* ---- reading --------------------------------------------------------------------------------- */

/* Each take_ answers false when that is not there. */
struct flat {
	const char *at;
	const char *end;
	struct turns *turns;
};

static bool take_byte(struct flat *in, u8 *byte)
{
	if (in->at == in->end)
		return false;
	*byte = (u8)*in->at++;
	return true;
}

static bool take_u32(struct flat *in, u32 *number)
{
	if ((size_t)(in->end - in->at) < sizeof *number)
		return false;
	memcpy(number, in->at, sizeof *number);
	in->at += sizeof *number;
	return true;
}

/* A text of less than size bytes; it stays where it is. */
static bool take_text(struct flat *in, size_t size, const char **text)
{
	size_t left = (size_t)(in->end - in->at);
	const char *zero = memchr(in->at, 0, left < size ? left : size);

	if (!zero)
		return false;
	*text = in->at;
	in->at = zero + 1;
	return true;
}

static bool take_value(struct flat *in, const struct conf_field *field, void *base)
{
	const char *text;

	turns_step(in->turns);
	return take_text(in, CONF_VALUE_SIZE, &text) && conf_value_read(field, text, base);
}

static bool take_group(struct flat *in, const struct conf_group *group, void *base);

static bool take_list(struct flat *in, const struct conf_field *list, void *base)
{
	struct conf_field value = conf_value_element(list);
	u32 *count = (u32 *)((u8 *)base + list->count_at);
	u8 more;

	for (*count = 0; take_byte(in, &more) && more == LIST_ONE; (*count)++) {
		u8 *at = (u8 *)base + list->at + *count * list->size;

		if (*count == list->count_max)
			return false;
		if (list->kind == CONF_LIST && list->group->defaults)
			list->group->defaults(at);
		if (list->kind == CONF_LIST ? !take_group(in, list->group, at)
					    : !take_value(in, &value, at))
			return false;
	}
	return more == LIST_END;
}

static bool take_field(struct flat *in, const struct conf_field *field, void *base)
{
	if (field->kind == CONF_GROUP)
		return take_group(in, field->group, (u8 *)base + field->at);
	return conf_is_value(field) ? take_value(in, field, base) : take_list(in, field, base);
}

/* In their order, so each once at most; those that have to be there, each. */
static bool take_group(struct flat *in, const struct conf_group *group, void *base)
{
	u32 next = 0;
	u8 key;

	while (take_byte(in, &key)) {
		u32 index = key == GROUP_END ? group->field_count : key - 1u;

		for (; next < index && next < group->field_count; next++) {
			if (group->field[next].required)
				return false;
		}
		if (key == GROUP_END)
			return true;
		if (next != index || index == group->field_count ||
		    !take_field(in, &group->field[index], base))
			return false;
		next++;
	}
	return false;
}

static bool take_errors(struct flat *in, struct conf_errors *errors)
{
	u32 count, left_out;

	if (!take_u32(in, &count) || !take_u32(in, &left_out) || count > CONF_ERROR_MAX ||
	    (count == 0 && left_out > 0))
		return false;
	for (u32 i = 0; i < count; i++) {
		struct conf_place place;
		const char *text;

		if (!take_u32(in, &place.line) || !take_u32(in, &place.column) ||
		    !take_text(in, CONF_ERROR_SIZE, &text))
			return false;
		conf_error(errors, place, "%s", text);
	}
	errors->left_out += left_out;
	return true;
}

/* They are sorted, and of values that there are. */
static bool take_marks(struct flat *in, struct conf_marks *marks)
{
	u32 count;

	marks->count = marks->doubt_count = 0;
	marks->doubt_all = false;
	if (!take_u32(in, &count) || count > CONF_MARK_MAX)
		return false;
	for (u32 i = 0; i < count; i++) {
		struct conf_mark *mark = &marks->mark[i];

		turns_step(in->turns);
		if (!take_u32(in, &mark->at) || !take_u32(in, &mark->place.line) ||
		    !take_u32(in, &mark->place.column) || mark->at >= sizeof(struct conf) ||
		    (i > 0 && mark->at < marks->mark[i - 1].at))
			return false;
	}
	marks->count = count;
	marks->sorted = true;
	return true;
}

bool conf_flat_read(const char *bytes, size_t len_bytes, struct conf *conf,
		    struct conf_marks *marks, struct conf_errors *errors, struct turns *turns)
{
	struct flat in = { bytes, bytes + len_bytes, turns };

	memset(errors, 0, sizeof *errors);
	if (!take_errors(&in, errors))
		return false;
	if (errors->count > 0)
		return in.at == in.end;
	conf_defaults(conf);
	return take_marks(&in, marks) && take_group(&in, &conf_root, conf) && in.at == in.end &&
	       conf_check(conf, marks, errors);
}

bool conf_flat_read_sets(const char *bytes, size_t len_bytes, struct conf *conf,
			 struct conf_elems *elems, struct conf_errors *errors, struct turns *turns)
{
	struct flat in = { bytes, bytes + len_bytes, turns };
	u32 count[CONF_SET_MAX];
	u32 before = errors->count;
	u64 sum = 0;

	*elems = (struct conf_elems){ 0 };
	if (!take_errors(&in, errors))
		return false;
	if (errors->count > before)
		return in.at == in.end;
	for (u32 i = 0; i < conf->filter.set_count; i++) {
		if (!take_u32(&in, &count[i]))
			return false;
		sum += count[i];
	}
	if (sum * sizeof elems->elem[0] != (size_t)(in.end - in.at) || sum > UINT32_MAX)
		return false;
	elems->count = (u32)sum;
	elems->elem = malloc(sum > 0 ? sum * sizeof elems->elem[0] : 1);
	if (!elems->elem)
		return false;
	memcpy(elems->elem, in.at, sum * sizeof elems->elem[0]);
	if (conf_sets_take(conf, count, elems, turns))
		return true;
	conf_elems_free(elems);
	return false;
}
