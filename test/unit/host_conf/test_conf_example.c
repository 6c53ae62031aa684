/* The example that is installed: it is right, and shows every section that the table has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "host/conf/conf_load.h"
#include "host/conf/conf_schema.h"

enum { TEXT_SIZE = 65536, NAME_SIZE = 96 };

static struct conf conf;
static struct conf_marks marks;
static struct conf_errors errors;

static void example_is_right(void **state)
{
	static char text[TEXT_SIZE];
	FILE *file = fopen("examples/sluice.yaml", "r");

	(void)state;
	assert_non_null(file);
	assert_true(conf_load(text, fread(text, 1, sizeof text, file), &conf, &marks, &errors));
	fclose(file);
}

static bool is_said(const struct conf_field *field, const void *base)
{
	if (field->kind == CONF_VALUES)
		return conf_count_of(field, base) > 0;
	return conf_is_marked(&marks, (u32)((const u8 *)base - (const u8 *)&conf) + field->at);
}

static bool says(const struct conf_field *field, const void *base);

static bool group_says(const struct conf_group *group, const void *base)
{
	bool any = false;

	for (u32 i = 0; i < group->field_count && !any; i++)
		any = says(&group->field[i], base);
	return any;
}

/* Does the example say anything of this? */
static bool says(const struct conf_field *field, const void *base)
{
	if (field->kind == CONF_LIST)
		return conf_count_of(field, base) > 0;
	if (field->kind == CONF_GROUP)
		return group_says(field->group, (const u8 *)base + field->at);
	return is_said(field, base);
}

/* In one of the places that are a section of this name. */
static bool says_anywhere(const struct conf_field *field, const void *const *base, u32 count)
{
	for (u32 i = 0; i < count; i++) {
		if (says(field, base[i]))
			return true;
	}
	return false;
}

enum { PLACES_MAX = 256 };

static void shows_all(const struct conf_group *group, const char *path, const void *const *base,
		      u32 count);

/* The section in each of its places, and in each of its elements. */
static void shows_section(const struct conf_field *field, const char *path, const void *const *base,
			  u32 count)
{
	const void *inner[PLACES_MAX];
	u32 inner_count = 0;

	if (!says_anywhere(field, base, count))
		fail_msg("the example shows no %s", path);
	for (u32 i = 0; i < count; i++) {
		u32 elements = field->kind == CONF_LIST ? conf_count_of(field, base[i]) : 1;

		for (u32 j = 0; j < elements && inner_count < PLACES_MAX; j++)
			inner[inner_count++] = field->kind == CONF_LIST
						       ? conf_element_of(field, base[i], j)
						       : (const u8 *)base[i] + field->at;
	}
	shows_all(field->group, path, inner, inner_count);
}

static void shows_all(const struct conf_group *group, const char *path, const void *const *base,
		      u32 count)
{
	for (u32 i = 0; i < group->field_count; i++) {
		const struct conf_field *field = &group->field[i];
		char inner[NAME_SIZE];

		snprintf(inner, sizeof inner, "%.40s%s%.40s", path, *path ? "." : "", field->key);
		if (field->group)
			shows_section(field, inner, base, count);
		else if (*path == 0 && !says_anywhere(field, base, count))
			fail_msg("the example does not name %s", inner);
	}
}

static void example_shows_every_section(void **state)
{
	const void *root = &conf;

	example_is_right(state);
	shows_all(&conf_root, "", &root, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(example_is_right),
		cmocka_unit_test(example_shows_every_section),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
