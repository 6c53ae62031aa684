/* Reading a configuration: libyaml gives events with their places, the table says what they mean.
 *
 * A value is read where its first event stands, and left on its last. Recursion follows the table,
 * so it is as deep as the table; what is not in the table is skipped by counting.                */
#include "host/conf/conf_load.h"

#include <yaml.h>

#include "host/conf/conf_schema.h"
#include "host/conf/nearest.h"

enum { SHOWN_MAX = 40, KEYS_MAX = 64 };

struct loading {
	yaml_parser_t parser;
	yaml_event_t event;
	bool has_event;
	bool broken; /* nothing more can be read */
	struct conf *conf;
	struct conf_marks *marks;
	struct conf_errors *errors;
	u32 entry_depth; /* entries of lists that the place is in */
};

/* ---- events ---------------------------------------------------------------------------------- */

static struct conf_place place_of(yaml_mark_t mark)
{
	return (struct conf_place){ (u32)mark.line + 1, (u32)mark.column + 1 };
}

static struct conf_place here(const struct loading *l)
{
	return place_of(l->event.start_mark);
}

/* The sentences of libyaml are about grammar; these are about files. */
static const char *problem_hint(const char *problem)
{
	static const struct {
		const char *problem;
		const char *hint;
	} hints[] = {
		{ "found character that cannot start any token",
		  "; tabs do not indent, and a value that begins with @ or ` needs quotes" },
		{ "did not find expected key",
		  "; does this line stand as deep as its neighbours?" },
		{ "did not find expected '-' indicator",
		  "; does this line stand as deep as its neighbours, with '- ' before it?" },
		{ "mapping values are not allowed in this context",
		  "; 'key: value' needs a line of its own, a value with ': ' in it quotes" },
		{ "did not find expected node content",
		  "; is a bracket not closed, or does a value begin with % or @?" },
		{ "could not find expected ':'", "; a key is followed by ': ' and its value" },
	};

	for (size_t i = 0; problem && i < ARRAY_COUNT(hints); i++) {
		if (strcmp(hints[i].problem, problem) == 0)
			return hints[i].hint;
	}
	return "";
}

/* A bracket or a quote that is missing is missed at the end of the file only. */
static bool is_open(const yaml_parser_t *parser)
{
	static const char *const contexts[] = { "while parsing a flow mapping",
						"while parsing a flow sequence",
						"while scanning a quoted scalar" };

	for (size_t i = 0; parser->context && i < ARRAY_COUNT(contexts); i++) {
		if (strcmp(contexts[i], parser->context) == 0)
			return parser->context_mark.line != parser->problem_mark.line;
	}
	return false;
}

static void break_off(struct loading *l)
{
	const yaml_parser_t *parser = &l->parser;
	struct conf_place begin = place_of(parser->context_mark);
	char open[64] = "";

	l->broken = true;
	if (is_open(parser))
		snprintf(open, sizeof open, "; what begins in line %u, column %u, is not closed",
			 begin.line, begin.column);
	conf_error(l->errors, place_of(parser->problem_mark), "this is no YAML: %s%s%s",
		   parser->problem ? parser->problem : "out of memory",
		   problem_hint(parser->problem), open);
}

static void refuse_extras(struct loading *l)
{
	const yaml_event_t *event = &l->event;
	const yaml_char_t *anchor = NULL;
	const yaml_char_t *tag = NULL;

	if (event->type == YAML_SCALAR_EVENT) {
		anchor = event->data.scalar.anchor;
		tag = event->data.scalar.tag;
	} else if (event->type == YAML_SEQUENCE_START_EVENT) {
		anchor = event->data.sequence_start.anchor;
		tag = event->data.sequence_start.tag;
	} else if (event->type == YAML_MAPPING_START_EVENT) {
		anchor = event->data.mapping_start.anchor;
		tag = event->data.mapping_start.tag;
	} else if (event->type == YAML_ALIAS_EVENT) {
		conf_error(l->errors, here(l),
			   "'*%.*s': aliases are not used in a configuration; write the value "
			   "again",
			   SHOWN_MAX, (const char *)event->data.alias.anchor);
	}
	if (anchor)
		conf_error(l->errors, here(l), "'&%.*s': anchors are not used in a configuration",
			   SHOWN_MAX, (const char *)anchor);
	if (tag)
		conf_error(l->errors, here(l), "'%.*s': tags are not used in a configuration",
			   SHOWN_MAX, (const char *)tag);
}

/* To the next event; false at the end, or when nothing more can be read. */
static bool advance(struct loading *l)
{
	/* Who has that many mistakes reads no more of them. */
	l->broken = l->broken || l->errors->left_out > 0;
	if (l->broken)
		return false;
	if (l->has_event)
		yaml_event_delete(&l->event);
	l->has_event = yaml_parser_parse(&l->parser, &l->event) != 0;
	if (!l->has_event) {
		break_off(l);
		return false;
	}
	refuse_extras(l);
	return l->event.type != YAML_STREAM_END_EVENT;
}

static bool opens(const struct loading *l)
{
	return l->event.type == YAML_MAPPING_START_EVENT ||
	       l->event.type == YAML_SEQUENCE_START_EVENT;
}

static bool closes(const struct loading *l)
{
	return l->event.type == YAML_MAPPING_END_EVENT || l->event.type == YAML_SEQUENCE_END_EVENT;
}

/* Over a value that nothing can be made of. */
static void skip(struct loading *l)
{
	u32 depth = opens(l) ? 1 : 0;

	while (depth > 0 && advance(l)) {
		if (opens(l) && ++depth > CONF_DEPTH_MAX) {
			conf_error(l->errors, here(l), "this is nested deeper than %d levels",
				   CONF_DEPTH_MAX);
			l->broken = true;
			return;
		}
		if (closes(l))
			depth--;
	}
}

/* ---- what is not known after a mistake ------------------------------------------------------- */

static u32 offset_of(const struct loading *l, const void *at)
{
	return (u32)((const u8 *)at - (const u8 *)l->conf);
}

/* An entry of a list is doubted as a whole, once it is read to its end. */
static void doubt(struct loading *l, const void *at, u32 size)
{
	if (l->entry_depth == 0)
		conf_doubt(l->marks, offset_of(l, at), size);
}

static void doubt_group(struct loading *l, const struct conf_group *group, const void *base);

/* Of a list, which entries it has. */
static void doubt_field(struct loading *l, const struct conf_field *field, const void *base)
{
	if (field->kind == CONF_GROUP)
		doubt_group(l, field->group, (const u8 *)base + field->at);
	else if (field->kind == CONF_LIST)
		doubt(l, (const u8 *)base + field->count_at, sizeof(u32));
	else
		doubt(l, (const u8 *)base + field->at, 1);
}

static void doubt_group(struct loading *l, const struct conf_group *group, const void *base)
{
	for (u32 i = 0; i < group->field_count; i++)
		doubt_field(l, &group->field[i], base);
}

/* ---- values ---------------------------------------------------------------------------------- */

/* The text of a scalar; NULL for one that has a NUL in it. */
static const char *scalar_text(const struct loading *l)
{
	const char *text = (const char *)l->event.data.scalar.value;

	return strlen(text) == l->event.data.scalar.length ? text : NULL;
}

static bool is_empty(const struct loading *l)
{
	return l->event.type == YAML_SCALAR_EVENT && l->event.data.scalar.length == 0 &&
	       l->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

static void expected(struct loading *l, const struct conf_field *field)
{
	char right[CONF_ERROR_SIZE / 2];

	conf_value_expect(field, right, sizeof right);
	if (is_empty(l))
		conf_error(l->errors, here(l), "'%s' has no value; it has to be %s", field->key,
			   right);
	else if (l->event.type == YAML_MAPPING_START_EVENT)
		conf_error(l->errors, here(l), "'%s' has keys of its own here; it has to be %s",
			   field->key, right);
	else if (l->event.type == YAML_SEQUENCE_START_EVENT)
		conf_error(l->errors, here(l), "'%s' is a list here; it has to be %s", field->key,
			   right);
	else if (l->event.type == YAML_SCALAR_EVENT && field->kind == CONF_SECRET)
		conf_error(l->errors, here(l), "'%s' has to be %s", field->key, right);
	else if (l->event.type == YAML_SCALAR_EVENT)
		conf_error(l->errors, here(l), "'%.*s': '%s' has to be %s", SHOWN_MAX,
			   (const char *)l->event.data.scalar.value, field->key, right);
}

static void wrong_value(struct loading *l, const struct conf_field *field, const char *text)
{
	const char *near = text && field->kind != CONF_SECRET ? conf_value_near(field, text) : NULL;
	char right[CONF_ERROR_SIZE / 2];

	if (!near) {
		expected(l, field);
		return;
	}
	conf_value_expect(field, right, sizeof right);
	conf_error(l->errors, here(l), "'%.*s': '%s' has to be %s; did you mean '%s'?", SHOWN_MAX,
		   text, field->key, right, near);
}

static bool load_value(struct loading *l, const struct conf_field *field, void *base)
{
	const char *text;

	if (l->event.type != YAML_SCALAR_EVENT || is_empty(l)) {
		expected(l, field);
		skip(l);
		return false;
	}
	text = scalar_text(l);
	if (!text || !conf_value_read(field, text, base)) {
		wrong_value(l, field, text);
		return false;
	}
	conf_mark(l->marks, offset_of(l, base) + field->at, here(l));
	return true;
}

/* To the end of a list that has too many. */
static void skip_rest(struct loading *l)
{
	while (!closes(l) && !l->broken) {
		skip(l);
		if (!advance(l))
			return;
	}
}

/* ---- lists of values ------------------------------------------------------------------------- */

static void load_values(struct loading *l, const struct conf_field *list, void *base)
{
	struct conf_field element = conf_value_element(list);
	u32 *count = (u32 *)((u8 *)base + list->count_at);
	bool many = l->event.type == YAML_SEQUENCE_START_EVENT;
	struct conf_place place = here(l);
	bool any = false;

	*count = 0;
	if (!many && list->zero && l->event.type == YAML_SCALAR_EVENT && scalar_text(l) &&
	    strcmp(scalar_text(l), list->zero) == 0)
		return;
	if (!many) {
		element.zero = list->zero;
		*count = load_value(l, &element, (u8 *)base + list->at);
		return;
	}
	while (advance(l) && !closes(l)) {
		any = true;
		if (*count == list->count_max) {
			conf_error(l->errors, here(l), "'%s' has more than %u values", list->key,
				   list->count_max);
			skip_rest(l);
			return;
		}
		if (load_value(l, &element, (u8 *)base + list->at + *count * list->size))
			(*count)++;
	}
	if (!any && !l->broken)
		conf_error(l->errors, place, "'%s' is an empty list%s%s", list->key,
			   list->zero ? "; the word for none is " : "",
			   list->zero ? list->zero : "");
}

/* ---- mappings and lists of mappings ---------------------------------------------------------- */

static void load_field(struct loading *l, const struct conf_field *field, void *base);

/* What other tools call it, where the group has such a key. */
static const char *other_word(const struct conf_group *group, const char *key)
{
	static const char *const words[][2] = {
		{ "from", "source" },    { "saddr", "source" },       { "src", "source" },
		{ "to", "destination" }, { "daddr", "destination" },  { "dst", "destination" },
		{ "dport", "ports" },    { "sport", "source-ports" }, { "proto", "protocol" },
		{ "verdict", "action" }, { "jump", "action" },        { "iif", "in" },
		{ "oif", "out" },        { "ct-state", "states" },    { "prefix", "to" },
		{ "network", "to" },     { "destination", "to" },     { "gateway", "via" },
		{ "nexthop", "via" },    { "address", "addresses" },  { "servers", "backends" },
		{ "vrf", "zone" },       { "flags", "tcp-flags" },    { "icmp-type", "icmp" },
	};

	for (size_t i = 0; i < ARRAY_COUNT(words); i++) {
		for (u32 at = 0; at < group->field_count && strcmp(words[i][0], key) == 0; at++) {
			if (strcmp(words[i][1], group->field[at].key) == 0)
				return words[i][1];
		}
	}
	return NULL;
}

static const char *meant_key(const struct conf_group *group, const char *key)
{
	const char *other = other_word(group, key);
	const char *keys[KEYS_MAX];

	for (u32 i = 0; i < group->field_count; i++)
		keys[i] = group->field[i].key;
	return other ? other : nearest_word(key, keys, group->field_count);
}

/* As many keys as there is room for. */
static void list_keys(const struct conf_group *group, char *all, size_t size)
{
	static const char more[] = " and others";
	size_t len = 0;

	for (u32 i = 0; i < group->field_count; i++) {
		const char *key = group->field[i].key;

		if (len + strlen(key) + sizeof ", " + sizeof more > size) {
			snprintf(all + len, size - len, "%s", more);
			return;
		}
		len += (size_t)snprintf(all + len, size - len, "%s%s", i ? ", " : "", key);
	}
}

static void unknown_key(struct loading *l, const struct conf_group *group, const char *key)
{
	const char *meant = meant_key(group, key);
	char all[CONF_ERROR_SIZE / 2] = "";

	list_keys(group, all, sizeof all);
	if (meant)
		conf_error(l->errors, here(l), "'%.*s' is no key of %s; did you mean '%s'?",
			   SHOWN_MAX, key, group->what, meant);
	else
		conf_error(l->errors, here(l), "'%.*s' is no key of %s; it has %s", SHOWN_MAX, key,
			   group->what, all);
}

/* What the key means can be a field that it is like, or any. */
static void doubt_key(struct loading *l, const struct conf_group *group, const char *key,
		      const void *base)
{
	const char *meant = meant_key(group, key);

	if (meant)
		doubt_field(l, conf_field_find(group, meant), base);
	else
		doubt_group(l, group, base);
}

/* The field that the key names; NULL, said why, and skipped together with its value. */
static const struct conf_field *load_key(struct loading *l, const struct conf_group *group,
					 const void *base, u32 seen_line[KEYS_MAX])
{
	const struct conf_field *field;
	const char *key;

	if (l->event.type != YAML_SCALAR_EVENT || !scalar_text(l)) {
		conf_error(l->errors, here(l), "a key has to be a word");
		doubt_group(l, group, base);
		skip(l);
		return NULL;
	}
	key = scalar_text(l);
	field = conf_field_find(group, key);
	if (!field) {
		unknown_key(l, group, key);
		doubt_key(l, group, key, base);
		return NULL;
	}
	if (seen_line[field - group->field]) {
		conf_error(l->errors, here(l), "'%s' is given twice; the first is in line %u", key,
			   seen_line[field - group->field]);
		doubt_key(l, group, key, base);
		return NULL;
	}
	seen_line[field - group->field] = here(l).line;
	return field;
}

static void check_required(struct loading *l, const struct conf_group *group, const void *base,
			   const u32 seen_line[KEYS_MAX], struct conf_place place)
{
	for (u32 i = 0; i < group->field_count; i++) {
		char right[CONF_ERROR_SIZE / 2];

		if (!group->field[i].required || seen_line[i])
			continue;
		conf_value_expect(&group->field[i], right, sizeof right);
		conf_error(l->errors, place, "%s needs '%s': %s", group->what, group->field[i].key,
			   right);
		doubt_field(l, &group->field[i], base);
	}
}

static void load_group(struct loading *l, const struct conf_group *group, void *base)
{
	u32 seen_line[KEYS_MAX] = { 0 };
	struct conf_place place = here(l);

	while (advance(l) && !closes(l)) {
		const struct conf_field *field = load_key(l, group, base, seen_line);

		if (!advance(l))
			return;
		if (field)
			load_field(l, field, base);
		else
			skip(l);
	}
	if (!l->broken)
		check_required(l, group, base, seen_line, place);
}

/* wrong: how many errors there were before it. */
static void load_element(struct loading *l, const struct conf_field *list, void *base, u32 wrong)
{
	u32 *count = (u32 *)((u8 *)base + list->count_at);
	u8 *at = (u8 *)base + list->at + *count * list->size;

	if (list->group->defaults)
		list->group->defaults(at);
	(*count)++;
	l->entry_depth++;
	load_group(l, list->group, at);
	l->entry_depth--;
	if (l->errors->count != wrong)
		doubt(l, at, list->size);
}

static void load_list(struct loading *l, const struct conf_field *list, void *base)
{
	struct conf_field element = { .key = list->group->what, .kind = CONF_GROUP };
	const u32 *count = (const u32 *)((const u8 *)base + list->count_at);
	u32 wrong = l->errors->count;

	if (l->event.type == YAML_MAPPING_START_EVENT) {
		load_element(l, list, base, wrong);
		return;
	}
	while (advance(l) && !closes(l)) {
		if (*count == list->count_max) {
			conf_error(l->errors, here(l), "'%s' has more than %u entries", list->key,
				   list->count_max);
			doubt_field(l, list, base);
			skip_rest(l);
			return;
		}
		if (l->event.type != YAML_MAPPING_START_EVENT) {
			expected(l, &element);
			skip(l);
			doubt_field(l, list, base);
			wrong = l->errors->count;
			continue;
		}
		load_element(l, list, base, wrong);
		wrong = l->errors->count;
	}
}

static void load_field(struct loading *l, const struct conf_field *field, void *base)
{
	yaml_event_type_t wanted = field->kind == CONF_LIST ? YAML_SEQUENCE_START_EVENT
							    : YAML_MAPPING_START_EVENT;

	if (conf_is_value(field)) {
		if (!load_value(l, field, base))
			doubt_field(l, field, base);
	} else if (field->kind == CONF_VALUES) {
		load_values(l, field, base);
	} else if (l->event.type != wanted &&
		   !(field->lone && l->event.type == YAML_MAPPING_START_EVENT)) {
		expected(l, field);
		skip(l);
		doubt_field(l, field, base);
	} else if (field->kind == CONF_LIST) {
		load_list(l, field, base);
	} else {
		load_group(l, field->group, (u8 *)base + field->at);
	}
}

/* ---- the file -------------------------------------------------------------------------------- */

static void refuse_directives(struct loading *l)
{
	if (l->event.data.document_start.version_directive ||
	    l->event.data.document_start.tag_directives.start !=
		    l->event.data.document_start.tag_directives.end)
		conf_error(l->errors, here(l),
			   "lines that begin with %% are not used in a "
			   "configuration");
}

static void load_document(struct loading *l)
{
	if (!advance(l) || l->event.type != YAML_STREAM_START_EVENT || !advance(l)) {
		if (!l->broken)
			conf_error(l->errors, (struct conf_place){ 1, 1 },
				   "the file says nothing; it needs 'interfaces'");
		l->broken = true;
		return;
	}
	refuse_directives(l);
	if (!advance(l))
		return;
	if (l->event.type == YAML_MAPPING_START_EVENT) {
		load_group(l, &conf_root, l->conf);
	} else {
		conf_error(l->errors, here(l),
			   "a configuration has to be keys and values, like 'interfaces:'");
		skip(l);
		doubt_group(l, &conf_root, l->conf);
	}
	/* The end of this document, and perhaps the begin of another. */
	if (advance(l) && advance(l))
		conf_error(l->errors, here(l),
			   "a file is one configuration: nothing may follow "
			   "a line of '---'");
}

/* A rule that names a pool translates to it. */
static void complete_rules(struct loading *l)
{
	for (u32 i = 0; i < l->conf->rule_count; i++) {
		struct conf_rule *rule = &l->conf->rule[i];

		if (rule->pool[0] && !conf_is_marked(l->marks, offset_of(l, &rule->rule.kind)))
			rule->rule.kind = NAT_KIND_POOL;
	}
}

bool conf_parse(const char *text, size_t len_bytes, struct conf *conf, struct conf_marks *marks,
		struct conf_errors *errors)
{
	struct loading loading = { .conf = conf, .marks = marks, .errors = errors };

	conf_defaults(conf);
	marks->count = 0;
	marks->sorted = false;
	marks->doubt_count = 0;
	marks->doubt_all = true;
	memset(errors, 0, sizeof *errors);
	if (len_bytes > CONF_FILE_MAX) {
		conf_error(errors, (struct conf_place){ 1, 1 }, "the file is larger than %d bytes",
			   CONF_FILE_MAX);
		return false;
	}
	if (!yaml_parser_initialize(&loading.parser)) {
		conf_error(errors, (struct conf_place){ 1, 1 }, "there is no memory to read it");
		return false;
	}
	yaml_parser_set_encoding(&loading.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&loading.parser, (const unsigned char *)text, len_bytes);
	marks->doubt_all = false;
	load_document(&loading);
	if (loading.has_event)
		yaml_event_delete(&loading.event);
	yaml_parser_delete(&loading.parser);
	conf_marks_sort(marks);
	marks->doubt_all |= loading.broken;
	complete_rules(&loading);
	conf_errors_sort(errors);
	return errors->count == 0;
}

bool conf_load(const char *text, size_t len_bytes, struct conf *conf, struct conf_marks *marks,
	       struct conf_errors *errors)
{
	bool good = conf_parse(text, len_bytes, conf, marks, errors);

	/* What a broken file did not get to say is not missing. */
	if (!marks->doubt_all)
		good = conf_check(conf, marks, errors) && good;
	conf_errors_sort(errors);
	return good;
}
