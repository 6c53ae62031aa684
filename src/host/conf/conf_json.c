/* A configuration in JSON, as the schema for editors describes it. */
#include "host/conf/conf_json.h"

#include <stdlib.h>

#include "host/conf/conf_schema.h"

static json_t *json_value(const struct conf_field *field, const void *base)
{
	bool is_text = field->kind == CONF_NAME || field->kind == CONF_PATH ||
		       field->kind == CONF_LISTEN || field->kind == CONF_TEXT ||
		       field->kind == CONF_SECRET;
	char text[CONF_VALUE_SIZE];

	conf_value_show(field, base, text);
	if (field->kind == CONF_BOOL || field->kind == CONF_INVERTED)
		return json_boolean(strcmp(text, "true") == 0);
	if (!is_text && text[0] && strspn(text, "0123456789") == strlen(text))
		return json_integer(strtoll(text, NULL, 10));
	return json_string(text);
}

/* Of no value, the word for it. */
static json_t *json_values(const struct conf_field *list, const void *base)
{
	struct conf_field element = conf_value_element(list);
	json_t *array;

	if (conf_count_of(list, base) == 0 && list->zero)
		return json_string(list->zero);
	array = json_array();
	for (u32 i = 0; i < conf_count_of(list, base); i++)
		json_array_append_new(array, json_value(&element, conf_element_of(list, base, i)));
	return array;
}

static json_t *json_group(const struct conf_group *group, const void *base, const void *standard,
			  bool all);

static json_t *json_list(const struct conf_field *list, const void *base, bool all)
{
	json_t *array = json_array();
	union conf_element standard;

	conf_element_defaults(list->group, &standard);
	for (u32 i = 0; i < conf_count_of(list, base); i++)
		json_array_append_new(array, json_group(list->group, conf_element_of(list, base, i),
							&standard, all));
	return array;
}

static json_t *json_field(const struct conf_field *field, const void *base, const void *standard,
			  bool all)
{
	switch (field->kind) {
	case CONF_GROUP:
		return json_group(field->group, (const u8 *)base + field->at,
				  (const u8 *)standard + field->at, all);
	case CONF_LIST: return json_list(field, base, all);
	case CONF_VALUES: return json_values(field, base);
	default: return json_value(field, base);
	}
}

static json_t *json_group(const struct conf_group *group, const void *base, const void *standard,
			  bool all)
{
	json_t *object = json_object();

	for (u32 i = 0; i < group->field_count; i++) {
		const struct conf_field *field = &group->field[i];

		if (conf_is_printed(field, base, standard, all))
			json_object_set_new(object, field->key,
					    json_field(field, base, standard, all));
	}
	return object;
}

json_t *conf_json(const struct conf *conf, bool all)
{
	static struct conf standard;

	conf_defaults(&standard);
	return json_group(&conf_root, conf, &standard, all);
}
