/* The table, key by key and as a schema. */
#include "host/conf/conf_doc.h"

#include <jansson.h>
#include <stdlib.h>

#include "host/conf/conf_doc_part.h"
#include "host/conf/nearest.h"
#include "host/conf/value_icmp.h"

struct walk {
	FILE *out;
	const char *wanted; /* path of the key that is looked for */
	const char *near;   /* the nearest word of its last part */
	bool found;
};

/* ---- pieces ---------------------------------------------------------------------------------- */

void conf_doc_default(const struct conf_field *field, const void *standard,
		      char text[CONF_VALUE_SIZE])
{
	text[0] = 0;
	if (field->required)
		snprintf(text, CONF_VALUE_SIZE, "required");
	else if (field->kind == CONF_VALUES && field->zero)
		snprintf(text, CONF_VALUE_SIZE, "%s", field->zero);
	else if (conf_is_value(field))
		conf_value_show(field, standard, text);
}

void conf_doc_right(const struct conf_field *field, char text[CONF_DOC_TEXT_SIZE])
{
	struct conf_field element = conf_value_element(field);
	char one[CONF_DOC_TEXT_SIZE - 32];

	if (field->kind != CONF_VALUES) {
		conf_value_expect(field, text, CONF_DOC_TEXT_SIZE);
		return;
	}
	conf_value_expect(&element, one, sizeof one);
	snprintf(text, CONF_DOC_TEXT_SIZE, "a list of up to %u: %s", field->count_max, one);
}

void conf_doc_icmp_names(FILE *out, const char *indent, size_t width)
{
	struct value_icmp number;
	size_t column = 0;
	const char *name;

	for (u32 i = 0; (name = value_icmp_name(i, &number)) != NULL; i++) {
		size_t len = strlen(name) + strlen(number.text) + 3;
		bool fits = i > 0 && column + len <= width;

		fprintf(out, "%s%s%s %s", fits || i == 0 ? "" : ",\n", fits ? ", " : indent, name,
			number.text);
		column = fits ? column + len : strlen(indent) + len;
	}
	fputs("\n", out);
}

/* ---- one key --------------------------------------------------------------------------------- */

static void show_key(struct walk *walk, const struct conf_field *field, const char *path,
		     const void *standard)
{
	char value[CONF_VALUE_SIZE];
	char right[CONF_DOC_TEXT_SIZE];

	fprintf(walk->out, "%s: %s\n", path, field->help);
	conf_doc_right(field, right);
	fprintf(walk->out, "  value    %s\n", right);
	conf_doc_default(field, standard, value);
	if (value[0])
		fprintf(walk->out, "  default  %s\n", value);
	fprintf(walk->out, "  change   %s\n", conf_when_name(field->when));
	if (field->kind == CONF_ICMP) {
		fprintf(walk->out, "  names\n");
		conf_doc_icmp_names(walk->out, "    ", 78);
	}
	for (u32 i = 0; field->group && i < field->group->field_count; i++)
		fprintf(walk->out, "  %-22s %s\n", field->group->field[i].key,
			field->group->field[i].help);
}

/* wanted: NULL prints every path. */
static void walk_group(struct walk *walk, const struct conf_group *group, const char *prefix,
		       const u8 *base, bool is_element)
{
	for (u32 i = 0; i < group->field_count; i++) {
		const struct conf_field *field = &group->field[i];
		union conf_element element;
		char path[CONF_DOC_PATH_SIZE];
		char inner[CONF_DOC_PATH_SIZE];

		snprintf(path, sizeof path, "%.80s%.40s", prefix, field->key);
		if (!walk->wanted)
			fprintf(walk->out, "%s\n", path);
		else if (strcmp(walk->wanted, path) == 0) {
			show_key(walk, field, path, base);
			walk->found = true;
		}
		if (!field->group)
			continue;
		snprintf(inner, sizeof inner, "%.120s.", path);
		if (field->kind == CONF_LIST) {
			conf_element_defaults(field->group, &element);
			walk_group(walk, field->group, inner, (const u8 *)&element, true);
		} else {
			walk_group(walk, field->group, inner, base + field->at, is_element);
		}
	}
}

/* The first part of the path that is none, and what it may have meant. */
static const char *near_key(const char *path)
{
	const struct conf_group *group = &conf_root;

	while (group) {
		const char *keys[64];
		char word[CONF_DOC_PATH_SIZE];
		size_t len = strcspn(path, ".");
		const struct conf_field *field;

		snprintf(word, sizeof word, "%.*s", (int)u32_min((u32)len, sizeof word - 1), path);
		field = conf_field_find(group, word);
		for (u32 i = 0; i < group->field_count; i++)
			keys[i] = group->field[i].key;
		if (!field)
			return nearest_word(word, keys, group->field_count);
		group = field->group;
		path += len + (path[len] == '.');
	}
	return NULL;
}

/* The page has "nat.rules[].kind". */
static void without_brackets(const char *path, char text[CONF_DOC_PATH_SIZE])
{
	size_t len = 0;

	while (*path && len + 1 < CONF_DOC_PATH_SIZE) {
		if (strncmp(path, "[]", 2) == 0)
			path += 2;
		else
			text[len++] = *path++;
	}
	text[len] = '\0';
}

bool conf_doc_key(FILE *out, const char *path, const char **near)
{
	char wanted[CONF_DOC_PATH_SIZE];
	struct walk walk = { .out = out, .wanted = wanted };
	static struct conf standard;

	conf_defaults(&standard);
	if (!path) {
		for (u32 i = 0; i < conf_root.field_count; i++)
			fprintf(out, "  %-12s %s\n", conf_root.field[i].key,
				conf_root.field[i].help);
		return true;
	}
	without_brackets(path, wanted);
	walk_group(&walk, &conf_root, "", (const u8 *)&standard, false);
	*near = walk.found ? NULL : near_key(wanted);
	return walk.found;
}

void conf_doc_paths(FILE *out)
{
	struct walk walk = { .out = out };
	static struct conf standard;

	conf_defaults(&standard);
	walk_group(&walk, &conf_root, "", (const u8 *)&standard, false);
}

/* ---- the schema ------------------------------------------------------------------------------ */

static json_t *schema_words(const struct conf_field *field)
{
	json_t *words = json_array();

	for (u32 i = 0; field->words && field->words[i]; i++)
		json_array_append_new(words, json_string(field->words[i]));
	return words;
}

static const char *pattern_of(enum conf_kind kind)
{
	static const char *const patterns[CONF_KIND_COUNT] = {
		[CONF_NUMBER] = "^[0-9]+[kM]?$",
		[CONF_NAME] = "^[A-Za-z0-9._:@-]+$",
		[CONF_PATH] = "^/[!-~]*$",
		[CONF_LISTEN] = "^(/[!-~]*|127(\\.[0-9]+){3}:[0-9]+)$",
		[CONF_SECONDS] = "^([0-9]+(d|h|m|s|ms))+$",
		[CONF_MILLIS] = "^([0-9]+(d|h|m|s|ms))+$",
		[CONF_NANOS] = "^([0-9]+(d|h|m|s|ms))+$",
		[CONF_ADDR] = "^[0-9]+(\\.[0-9]+){3}$",
		[CONF_ENDPOINT] = "^[0-9]+(\\.[0-9]+){3}:[0-9]+$",
		[CONF_PREFIX] = "^[0-9]+(\\.[0-9]+){3}(/[0-9]+)?$",
		[CONF_HOST] = "^[0-9]+(\\.[0-9]+){3}/[0-9]+$",
		[CONF_RANGE] = "^[0-9]+(\\.[0-9]+){3}(/[0-9]+|-[0-9]+(\\.[0-9]+){3})?$",
		[CONF_PORTS] = "^[0-9]+(-[0-9]+)?$",
		[CONF_VIA] = "^[0-9]+(\\.[0-9]+){3}$",
		[CONF_ELEM] = "^[0-9]+(\\.[0-9]+){3}([/:][0-9]+)?$|^[0-9]+(-[0-9]+)?$",
		[CONF_MAYBE] = "^[0-9]+[kM]?$",
		[CONF_AS] = "^[0-9]+\\.[0-9]+$",
		[CONF_AREA] = "^[0-9]+(\\.[0-9]+){3}$",
		[CONF_LIST_PREFIX] =
			"^[0-9]+(\\.[0-9]+){3}(/[0-9]+)?( +ge +[0-9]+)?( +le +[0-9]+)?$",
		[CONF_COMMUNITY] = "^[0-9]+:[0-9]+$",
		[CONF_LARGE] = "^[0-9]+:[0-9]+:[0-9]+$",
		[CONF_TEXT] = "^[ -~]+$",
		[CONF_SECRET] = "^[ -~]+$",
		[CONF_ICMP] = "^[0-9]+$|^([a-z-]+|[0-9]+)/([a-z-]+|[0-9]+)$",
	};

	return patterns[kind] ? patterns[kind] : "^.*$";
}

static json_t *schema_icmp_names(void)
{
	json_t *names = json_array();
	struct value_icmp number;
	const char *name;

	for (u32 i = 0; (name = value_icmp_name(i, &number)) != NULL; i++)
		json_array_append_new(names, json_string(name));
	return names;
}

static json_t *schema_pattern(const struct conf_field *field)
{
	return json_pack("{s:s, s:s}", "type", "string", "pattern", pattern_of(field->kind));
}

static json_t *schema_number(const struct conf_field *field)
{
	return json_pack("{s:s, s:I, s:I}", "type", "integer", "minimum", (json_int_t)field->min,
			 "maximum", (json_int_t)field->max);
}

/* All the shapes that a single value may have. */
static json_t *schema_value(const struct conf_field *field)
{
	json_t *shapes = json_array();

	switch (field->kind) {
	case CONF_BOOL:
	case CONF_INVERTED:
		json_array_append_new(shapes, json_pack("{s:s}", "type", "boolean"));
		break;
	case CONF_WORD:
		json_array_append_new(shapes, json_pack("{s:o}", "enum", schema_words(field)));
		break;
	case CONF_NUMBER:
	case CONF_MAYBE:
		json_array_append_new(shapes, schema_number(field));
		json_array_append_new(shapes, schema_pattern(field));
		break;
	case CONF_AS:
	case CONF_AREA:
		json_array_append_new(shapes, json_pack("{s:s, s:i, s:I}", "type", "integer",
							"minimum", field->kind == CONF_AS,
							"maximum", (json_int_t)UINT32_MAX));
		json_array_append_new(shapes, schema_pattern(field));
		break;
	case CONF_COMMUNITY:
		json_array_append_new(shapes, json_pack("{s:o}", "enum", schema_words(field)));
		json_array_append_new(shapes, schema_pattern(field));
		break;
	case CONF_PORT: json_array_append_new(shapes, schema_number(field)); break;
	case CONF_ELEM:
	case CONF_PORTS:
		json_array_append_new(shapes, json_pack("{s:s, s:i, s:i}", "type", "integer",
							"minimum", 1, "maximum", UINT16_MAX));
		json_array_append_new(shapes, schema_pattern(field));
		break;
	case CONF_PROTO:
		json_array_append_new(shapes, json_pack("{s:o}", "enum", schema_words(field)));
		json_array_append_new(shapes, schema_number(field));
		break;
	case CONF_ICMP:
		json_array_append_new(shapes, json_pack("{s:o}", "enum", schema_icmp_names()));
		json_array_append_new(shapes, schema_number(field));
		json_array_append_new(shapes, schema_pattern(field));
		break;
	case CONF_VIA:
		json_array_append_new(shapes, json_pack("{s:o}", "enum", schema_words(field)));
		json_array_append_new(shapes, schema_pattern(field));
		break;
	default: json_array_append_new(shapes, schema_pattern(field)); break;
	}
	if (field->zero)
		json_array_append_new(shapes, json_pack("{s:s}", "const", field->zero));
	if (field->top)
		json_array_append_new(shapes, json_pack("{s:s}", "const", field->top));
	return json_pack("{s:o}", "anyOf", shapes);
}

static json_t *schema_group(const struct conf_group *group);

static json_t *schema_field(const struct conf_field *field)
{
	struct conf_field element = conf_value_element(field);
	json_t *schema;

	if (field->kind == CONF_GROUP) {
		schema = schema_group(field->group);
	} else if (field->kind == CONF_LIST) {
		schema = json_pack("{s:s, s:i, s:o}", "type", "array", "maxItems",
				   (int)field->count_max, "items", schema_group(field->group));
		if (field->lone)
			schema = json_pack("{s:[o, o]}", "anyOf", schema,
					   schema_group(field->group));
	} else if (field->kind == CONF_VALUES) {
		json_t *list = json_pack("{s:s, s:i, s:i, s:o}", "type", "array", "minItems", 1,
					 "maxItems", (int)field->count_max, "items",
					 schema_value(&element));

		element.zero = field->zero;
		schema = json_pack("{s:[o, o]}", "anyOf", list, schema_value(&element));
	} else {
		schema = schema_value(field);
	}
	json_object_set_new(schema, "description", json_string(field->help));
	return schema;
}

static json_t *schema_group(const struct conf_group *group)
{
	json_t *properties = json_object();
	json_t *required = json_array();
	json_t *schema;

	for (u32 i = 0; i < group->field_count; i++) {
		json_object_set_new(properties, group->field[i].key,
				    schema_field(&group->field[i]));
		if (group->field[i].required)
			json_array_append_new(required, json_string(group->field[i].key));
	}
	schema = json_pack("{s:s, s:b, s:o}", "type", "object", "additionalProperties", 0,
			   "properties", properties);
	if (json_array_size(required))
		json_object_set(schema, "required", required);
	json_decref(required);
	return schema;
}

void conf_doc_schema(FILE *out)
{
	json_t *schema = schema_group(&conf_root);

	json_object_set_new(schema, "$schema",
			    json_string("https://json-schema.org/draft/2020-12/schema"));
	json_object_set_new(schema, "title", json_string("The configuration of sluice"));
	json_dumpf(schema, out, JSON_INDENT(2) | JSON_SORT_KEYS);
	fputc('\n', out);
	json_decref(schema);
}
