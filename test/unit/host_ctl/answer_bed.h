/* Whole answers of the control socket, as JSON, from tables that the test gives. */
#ifndef TEST_UNIT_HOST_CTL_ANSWER_BED_H
#define TEST_UNIT_HOST_CTL_ANSWER_BED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <event2/buffer.h>
#include <jansson.h>

#include "host/ctl/ctl_answer.h"
#include "host/ctl/ctl_records.h"
#include "unit/host_ctl/fake_show.h"

enum { STEPS_MAX = 10000 };

static inline struct fake_tables *tables_new(void)
{
	struct fake_tables *tables = calloc(1, sizeof *tables);

	assert_non_null(tables);
	return tables;
}

static inline json_t *load(struct evbuffer *out)
{
	size_t len = evbuffer_get_length(out);
	const char *text = (const char *)evbuffer_pullup(out, -1);
	json_error_t error;
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);

	if (!root)
		fail_msg("%s at %d:%d", error.text, error.line, error.column);
	return root;
}

/* The whole answer as JSON; *steps how many steps it took. */
static inline json_t *answer_steps(struct fake_tables *tables, const struct ctl_request *request,
				   u32 *steps)
{
	struct evbuffer *out = evbuffer_new();
	struct ctl_answer answer;
	json_t *root;

	ctl_answer_init(&answer, request);
	*steps = 1;
	while (ctl_answer_step(&answer, fake_sluice(tables), 10 * NS_PER_SEC, out)) {
		assert_true(*steps < STEPS_MAX);
		(*steps)++;
	}
	root = load(out);
	evbuffer_free(out);
	assert_int_equal(json_integer_value(json_object_get(root, "version")), 1);
	return root;
}

static inline json_t *answer(struct fake_tables *tables, enum ctl_show show)
{
	struct ctl_request request = { .show = show, .all = true };
	u32 steps;

	return answer_steps(tables, &request, &steps);
}

static inline const json_t *list_of(const json_t *root, const char *key, size_t size)
{
	const json_t *list = json_object_get(root, key);

	assert_true(json_is_array(list));
	assert_int_equal(json_array_size(list), size);
	return list;
}

static inline void text_is(const json_t *object, const char *key, const char *right)
{
	assert_string_equal(json_string_value(json_object_get(object, key)), right);
}

static inline void count_is(const json_t *object, const char *key, u64 right)
{
	assert_int_equal(json_integer_value(json_object_get(object, key)), right);
}

#endif
