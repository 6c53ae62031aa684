/* The canonical form of a configuration. */
#include "host/conf/conf_load.h"

#include "host/conf/conf_schema.h"

struct printing {
	FILE *out;
	bool all;
	bool hide;
	u32 depth;
	bool dash;   /* the next line begins an element of a list */
	bool spaced; /* an empty line before the next section */
	struct turns *turns;
};

static void begin_line(struct printing *p)
{
	for (u32 i = 0; i < p->depth; i++)
		fputs(i + 1 == p->depth && p->dash ? "- " : "  ", p->out);
	p->dash = false;
}

static bool differs(const struct conf_field *field, const void *base, const void *standard)
{
	char is[CONF_VALUE_SIZE];
	char would_be[CONF_VALUE_SIZE];

	conf_value_show(field, base, is);
	conf_value_show(field, standard, would_be);
	return strcmp(is, would_be) != 0;
}

static bool group_differs(const struct conf_group *group, const void *base, const void *standard)
{
	for (u32 i = 0; i < group->field_count; i++) {
		const struct conf_field *field = &group->field[i];

		if (field->kind == CONF_GROUP) {
			if (group_differs(field->group, (const u8 *)base + field->at,
					  (const u8 *)standard + field->at))
				return true;
		} else if (conf_is_value(field) ? differs(field, base, standard)
						: conf_count_of(field, base) != 0) {
			return true;
		}
	}
	return false;
}

static void print_values(struct printing *p, const struct conf_field *list, const void *base)
{
	struct conf_field element = conf_value_element(list);
	u32 count = conf_count_of(list, base);

	begin_line(p);
	if (count == 0) {
		fprintf(p->out, "%s: %s\n", list->key, list->zero ? list->zero : "[]");
		return;
	}
	fprintf(p->out, "%s: [", list->key);
	for (u32 i = 0; i < count; i++) {
		char text[CONF_VALUE_SIZE];

		conf_value_show(&element, conf_element_of(list, base, i), text);
		fprintf(p->out, "%s%s", i ? ", " : "", text);
	}
	fputs("]\n", p->out);
}

/* In quotes, and both of YAML's own in it with a backslash. */
static void print_text(FILE *out, const char *key, const char *text)
{
	fprintf(out, "%s: \"", key);
	for (; *text; text++)
		fprintf(out, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
	fputs("\"\n", out);
}

/* A plain word, unless YAML reads something else of it. */
static void print_value(struct printing *p, const struct conf_field *field, const void *base)
{
	char text[CONF_VALUE_SIZE];
	bool quoted;

	conf_value_show(field, base, text);
	if (field->kind == CONF_TEXT || field->kind == CONF_SECRET) {
		bool none = conf_value_is_none(field, base);

		begin_line(p);
		if (none || (field->kind == CONF_SECRET && p->hide))
			fprintf(p->out, "%s: %s\n", field->key, none ? text : CONF_HIDDEN);
		else
			print_text(p->out, field->key, text);
		return;
	}
	quoted = (field->kind == CONF_NAME || field->kind == CONF_PATH ||
		  field->kind == CONF_LISTEN) &&
		 strspn(text,
			"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/-") !=
			 strlen(text);
	quoted = quoted || text[0] == '-';
	begin_line(p);
	fprintf(p->out, quoted ? "%s: \"%s\"\n" : "%s: %s\n", field->key, text);
}

static void print_group(struct printing *p, const struct conf_group *group, const void *base,
			const void *standard);

static void print_list(struct printing *p, const struct conf_field *list, const void *base)
{
	union conf_element standard;

	begin_line(p);
	fprintf(p->out, "%s:\n", list->key);
	conf_element_defaults(list->group, &standard);
	for (u32 i = 0; i < conf_count_of(list, base); i++) {
		const void *element = conf_element_of(list, base, i);

		p->depth++;
		p->dash = true;
		print_group(p, list->group, element, &standard);
		if (p->dash) {
			begin_line(p);
			fputs("{}\n", p->out);
		}
		p->depth--;
	}
}

static void print_field(struct printing *p, const struct conf_field *field, const void *base,
			const void *standard)
{
	if (field->kind == CONF_GROUP) {
		begin_line(p);
		fprintf(p->out, "%s:\n", field->key);
		p->depth++;
		print_group(p, field->group, (const u8 *)base + field->at,
			    (const u8 *)standard + field->at);
		p->depth--;
	} else if (field->kind == CONF_LIST) {
		print_list(p, field, base);
	} else if (field->kind == CONF_VALUES) {
		print_values(p, field, base);
	} else {
		print_value(p, field, base);
	}
}

bool conf_is_printed(const struct conf_field *field, const void *base, const void *standard,
		     bool all)
{
	switch (field->kind) {
	case CONF_LIST: return conf_count_of(field, base) > 0;
	case CONF_VALUES: return conf_count_of(field, base) > 0 || (all && field->zero);
	case CONF_GROUP:
		return all || group_differs(field->group, (const u8 *)base + field->at,
					    (const u8 *)standard + field->at);
	default: return all || field->required || field->shown || differs(field, base, standard);
	}
}

static void print_group(struct printing *p, const struct conf_group *group, const void *base,
			const void *standard)
{
	for (u32 i = 0; i < group->field_count; i++) {
		const struct conf_field *field = &group->field[i];

		turns_step(p->turns);
		if (!conf_is_printed(field, base, standard, p->all))
			continue;
		if (p->depth == 0 && !conf_is_value(field)) {
			if (p->spaced)
				fputc('\n', p->out);
			p->spaced = true;
		}
		print_field(p, field, base, standard);
	}
}

void conf_print(const struct conf *conf, u32 flags, FILE *out, struct turns *turns)
{
	struct printing printing = { .out = out,
				     .all = (flags & CONF_PRINT_ALL) != 0,
				     .hide = (flags & CONF_PRINT_HIDE) != 0,
				     .turns = turns };
	static struct conf standard;

	conf_defaults(&standard);
	print_group(&printing, &conf_root, conf, &standard);
}
