/* The flat form: what was read from a file comes over whole, errors as well, and bytes of somebody
 * who means harm are refused, or are a configuration that a file could have had.                */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <glob.h>

#include "host/conf/conf_flat.h"
#include "host/conf/conf_load.h"
#include "host/conf/conf_schema.h"

enum { TEXT_SIZE = CONF_FILE_MAX };

static struct conf conf, again;
static struct conf_marks marks, marks_again;
static struct conf_errors errors, errors_again;
static struct conf_elems elems, elems_again;
static char text[TEXT_SIZE];

static const char small[] =
	"interfaces: [{name: a, side: inside, addresses: 10.0.0.1/8},"
	" {name: b, side: outside, addresses: 198.18.0.1/16}]\n"
	"routes: [{to: 203.0.113.0/24, via: 198.18.0.9}]\n"
	"filter:\n"
	"  sets:\n"
	"    - {name: some, kind: addresses, elements: [10.1.0.0/16], file: /f}\n"
	"    - {name: web, kind: ports, elements: [80, 8000-8010]}\n"
	"    - {name: one, kind: address-ports, elements: '10.0.0.1:443'}\n"
	"  rules: [{source-set: some, action: drop}]\n"
	"limits: {filter-elements: 4}\n";

struct bytes {
	char *at;
	size_t len;
};

static struct bytes flat(void)
{
	struct bytes bytes = { NULL, 0 };
	FILE *out = open_memstream(&bytes.at, &bytes.len);

	assert_non_null(out);
	conf_flat_write(&conf, &marks, &errors, out);
	fclose(out);
	return bytes;
}

static bool read_back(struct bytes bytes)
{
	return conf_flat_read(bytes.at, bytes.len, &again, &marks_again, &errors_again, NULL);
}

static struct bytes flat_of(const char *from)
{
	(void)conf_load(from, strlen(from), &conf, &marks, &errors);
	return flat();
}

/* ---- what was read --------------------------------------------------------------------------- */

static void same_errors(const char *path)
{
	if (errors.count != errors_again.count || errors.left_out != errors_again.left_out)
		fail_msg("%s: %u and %u errors", path, errors.count, errors_again.count);
	for (u32 i = 0; i < errors.count; i++) {
		assert_string_equal(errors.error[i].text, errors_again.error[i].text);
		assert_memory_equal(&errors.error[i].place, &errors_again.error[i].place,
				    sizeof errors.error[i].place);
	}
}

static void one_file(const char *path)
{
	FILE *file = fopen(path, "re");
	size_t len;
	struct bytes bytes;
	bool good;

	assert_non_null(file);
	len = fread(text, 1, sizeof text, file);
	fclose(file);
	good = conf_load(text, len, &conf, &marks, &errors);
	bytes = flat();
	if (!read_back(bytes))
		fail_msg("%s is not read back", path);
	same_errors(path);
	if (good && memcmp(&conf, &again, sizeof conf) != 0)
		fail_msg("%s becomes another value", path);
	if (good) {
		assert_int_equal(marks.count, marks_again.count);
		assert_memory_equal(marks.mark, marks_again.mark,
				    marks.count * sizeof marks.mark[0]);
		assert_true(marks_again.sorted && !marks_again.doubt_all);
	}
	free(bytes.at);
}

static void golden_files_come_over_whole(void **state)
{
	glob_t found;

	(void)state;
	assert_int_equal(glob("test/golden/conf/*.yaml", 0, NULL, &found), 0);
	assert_true(found.gl_pathc > 50);
	for (size_t i = 0; i < found.gl_pathc; i++)
		one_file(found.gl_pathv[i]);
	globfree(&found);
}

static void count_turn(void *arg)
{
	(*(u32 *)arg)++;
}

/* Who reads it on the thread of the packets lets them go on, however much it is. */
static void others_get_turns(void **state)
{
	u32 given = 0;
	struct turns turns = { .give = count_turn, .arg = &given, .each = 16 };
	size_t len = (size_t)snprintf(text, sizeof text, "%s", small);
	struct bytes bytes;

	(void)state;
	len = (size_t)(strstr(text, "  rules:") - text);
	len += (size_t)snprintf(text + len, sizeof text - len, "  rules:\n");
	for (u32 rule = 0; rule < 200; rule++)
		len += (size_t)snprintf(text + len, sizeof text - len, "    - {action: drop}\n");
	bytes = flat_of(text);
	assert_true(
		conf_flat_read(bytes.at, bytes.len, &again, &marks_again, &errors_again, &turns));
	assert_int_equal(again.filter.rule_count, 200);
	/* A value and a mark of each. */
	assert_in_range(given, 2 * 200 / 16, turns.steps / 16);
	free(bytes.at);
}

/* ---- what is none ---------------------------------------------------------------------------- */

static void a_part_is_refused(void **state)
{
	struct bytes bytes = flat_of(small);
	struct bytes longer = { NULL, bytes.len + 1 };

	(void)state;
	assert_int_equal(errors.count, 0);
	assert_true(read_back(bytes));
	for (size_t len = 0; len < bytes.len; len++) {
		/* Behind it nothing may be looked at. */
		struct bytes part = { malloc(len + 1), len };

		memcpy(part.at, bytes.at, len);
		assert_false(read_back(part));
		free(part.at);
	}
	longer.at = calloc(1, longer.len);
	memcpy(longer.at, bytes.at, bytes.len);
	assert_false(read_back(longer));
	free(longer.at);
	free(bytes.at);
}

/* Each byte as another one: what is taken is as good as what a file says. */
static void another_byte_is_refused_or_good(void **state)
{
	struct bytes bytes = flat_of(small);
	u32 taken = 0, refused = 0;

	(void)state;
	for (size_t at = 0; at < bytes.len; at++) {
		const char was = bytes.at[at];
		const char others[] = { (char)(was + 1), (char)(was ^ 0x20), 0 };

		for (size_t i = 0; i < ARRAY_COUNT(others); i++) {
			bytes.at[at] = others[i];
			if (!read_back(bytes)) {
				refused++;
				continue;
			}
			taken++;
			if (errors_again.count == 0)
				assert_true(conf_check(&again, &marks_again, &errors_again));
		}
		bytes.at[at] = was;
	}
	assert_true(taken > 0 && refused > taken);
	free(bytes.at);
}

/* Where the group of the whole begins: behind the marks. */
static size_t head_of(void)
{
	return 3 * sizeof(u32) + marks.count * sizeof marks.mark[0];
}

static void replace(struct bytes *bytes, size_t at, size_t len, const char *by, size_t by_len)
{
	char *made = malloc(bytes->len - len + by_len);

	memcpy(made, bytes->at, at);
	memcpy(made + at, by, by_len);
	memcpy(made + at + by_len, bytes->at + at + len, bytes->len - at - len);
	free(bytes->at);
	*bytes = (struct bytes){ made, bytes->len - len + by_len };
}

static size_t find(const struct bytes *bytes, const char *what, size_t len)
{
	const char *at = memmem(bytes->at + head_of(), bytes->len - head_of(), what, len);

	assert_non_null(at);
	return (size_t)(at - bytes->at);
}

static void what_has_to_be_there_is(void **state)
{
	struct bytes bytes = flat_of(small);

	(void)state;
	/* The name of the first interface, with its number before it. */
	replace(&bytes, find(&bytes, "\1a", 3), 3, "", 0);
	assert_false(read_back(bytes));
	free(bytes.at);
}

static void a_field_comes_once_and_in_its_place(void **state)
{
	struct bytes bytes = flat_of(small);
	size_t at = find(&bytes, "\1a\0\2inside", 11);

	(void)state;
	replace(&bytes, at, 11, "\2inside\0\1a", 11);
	assert_false(read_back(bytes));
	free(bytes.at);
	bytes = flat_of(small);
	replace(&bytes, at, 3, "\1a\0\1a", 6);
	assert_false(read_back(bytes));
	free(bytes.at);
	bytes = flat_of(small);
	replace(&bytes, at, 1, "\xff", 1);
	assert_false(read_back(bytes));
	free(bytes.at);
}

static void a_value_is_one_of_its_field(void **state)
{
	static const char *const bad[] = { "", "inside ", "insid", "sideways", "a\nb" };
	struct bytes bytes;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
		bytes = flat_of(small);
		replace(&bytes, find(&bytes, "inside", 7), 6, bad[i], strlen(bad[i]));
		assert_false(read_back(bytes));
		free(bytes.at);
	}
	memset(text, 'x', CONF_VALUE_SIZE);
	bytes = flat_of(small);
	replace(&bytes, find(&bytes, "\1a", 3) + 1, 1, text, CONF_VALUE_SIZE);
	assert_false(read_back(bytes));
	free(bytes.at);
}

static void a_list_has_no_more_than_there_is_room_for(void **state)
{
	static const char elem[] = "\1"
				   "10.1.0.0/16";
	struct bytes bytes = flat_of(small);
	size_t at = find(&bytes, elem, sizeof elem);

	(void)state;
	for (u32 i = 1; i < CONF_SET_ELEM_MAX; i++)
		replace(&bytes, at, 0, elem, sizeof elem);
	assert_true(read_back(bytes));
	assert_int_equal(again.filter.set[0].elem_count, CONF_SET_ELEM_MAX);
	replace(&bytes, at, 0, elem, sizeof elem);
	assert_false(read_back(bytes));
	free(bytes.at);
}

/* Each value is one, and together they are none. */
static void what_may_not_stand_together_does_not(void **state)
{
	struct bytes bytes = flat_of(small);

	(void)state;
	replace(&bytes, find(&bytes, "outside", 8), 7, "inside", 6);
	assert_false(read_back(bytes));
	free(bytes.at);
}

static void marks_are_of_values_and_sorted(void **state)
{
	const size_t first = 3 * sizeof(u32);
	const u32 beyond = sizeof(struct conf), many = CONF_MARK_MAX + 1;
	struct bytes bytes = flat_of(small);

	(void)state;
	memcpy(bytes.at + head_of() - sizeof marks.mark[0], &beyond, sizeof beyond);
	assert_false(read_back(bytes));
	free(bytes.at);
	bytes = flat_of(small);
	memcpy(bytes.at + first, &marks.mark[marks.count - 1], sizeof marks.mark[0]);
	assert_false(read_back(bytes));
	free(bytes.at);
	bytes = flat_of(small);
	memcpy(bytes.at + first - sizeof many, &many, sizeof many);
	assert_false(read_back(bytes));
	free(bytes.at);
}

static void words_of_errors_are_cleaned(void **state)
{
	struct bytes bytes = flat_of("nothing: [");
	char *end = bytes.at + bytes.len - 2; /* of the last one */
	const char *text_again;

	(void)state;
	assert_true(errors.count > 0);
	*end = '\033';
	assert_true(read_back(bytes));
	assert_int_equal(errors_again.count, errors.count);
	text_again = errors_again.error[errors.count - 1].text;
	assert_int_equal(text_again[strlen(text_again) - 1], '?');
	end[1] = 'x';
	assert_false(read_back(bytes));
	free(bytes.at);
}

/* ---- sets ------------------------------------------------------------------------------------ */

static struct bytes flat_sets(void)
{
	static const char lines[] = "10.2.0.0/16\n";
	struct conf_set_files files = { .file[0] = { lines, sizeof lines - 1, NULL } };
	struct bytes bytes = { NULL, 0 };
	FILE *out = open_memstream(&bytes.at, &bytes.len);

	assert_non_null(out);
	assert_true(conf_load(small, sizeof small - 1, &conf, &marks, &errors));
	assert_true(conf_sets_read(&conf, &marks, &files, &elems, &errors));
	assert_int_equal(elems.count, 5);
	conf_flat_write_sets(&conf, &elems, &errors, out);
	fclose(out);
	return bytes;
}

static bool read_sets(struct bytes bytes)
{
	assert_true(conf_load(small, sizeof small - 1, &again, &marks, &errors_again));
	return conf_flat_read_sets(bytes.at, bytes.len, &again, &elems_again, &errors_again, NULL);
}

static void sets_come_over_whole(void **state)
{
	struct bytes bytes = flat_sets();

	(void)state;
	assert_true(read_sets(bytes));
	assert_int_equal(elems_again.count, elems.count);
	assert_memory_equal(elems_again.elem, elems.elem, elems.count * sizeof elems.elem[0]);
	assert_memory_equal(&again, &conf, sizeof conf);
	conf_elems_free(&elems_again);
	for (size_t len = 0; len < bytes.len; len++)
		assert_false(read_sets((struct bytes){ bytes.at, len }));
	conf_elems_free(&elems);
	free(bytes.at);
}

static void elements_are_of_their_set(void **state)
{
	/* By their place: own, of the file, a port, a range, a pair. */
	static const struct {
		u32 at;
		struct filter_elem elem;
	} bad[] = {
		{ 0, { .addr = { 0x000000aa }, .len = 16 } },
		{ 1, { .addr = { 0x010000aa }, .len = 16 } },
		{ 1, { .addr = { 0 }, .len = 33 } },
		{ 1, { .addr = { 0 }, .len = 255 } },
		{ 1, { .len = 32, .port_first = 1, .port_last = 1 } },
		{ 1, { .len = 32, .port_last = 1 } },
		{ 1, { .port_first = 1, .port_last = 1 } },
	};
	struct bytes bytes = flat_sets();
	char *first = bytes.at + bytes.len - elems.count * sizeof elems.elem[0];

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
		char *at = first + bad[i].at * sizeof bad[i].elem;
		struct filter_elem was;

		memcpy(&was, at, sizeof was);
		memcpy(at, &bad[i].elem, sizeof was);
		if (read_sets(bytes))
			fail_msg("element %zu is taken", i);
		memcpy(at, &was, sizeof was);
	}
	assert_true(read_sets(bytes));
	conf_elems_free(&elems_again);
	conf_elems_free(&elems);
	free(bytes.at);
}

/* As many as were said, no fewer than the set has itself, none but its own without a file, and no
 * more than the limit.                                                                           */
static void counts_are_believed_no_further(void **state)
{
	static const u32 bad[][3] = {
		{ 3, 1, 1 }, { 0, 4, 1 }, { 2, 2, 0 }, { 1, 3, 1 }, { 2, 2, UINT32_MAX }
	};
	struct bytes bytes = flat_sets();
	char *counts = bytes.at + 2 * sizeof(u32);
	char was[sizeof bad[0]];

	(void)state;
	memcpy(was, counts, sizeof was);
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
		memcpy(counts, bad[i], sizeof was);
		assert_false(read_sets(bytes));
	}
	memcpy(counts, was, sizeof was);
	assert_true(read_sets(bytes));
	conf_elems_free(&elems_again);
	assert_true(conf_load(small, sizeof small - 1, &again, &marks, &errors_again));
	again.filter.elem_limit = 2;
	assert_false(conf_flat_read_sets(bytes.at, bytes.len, &again, &elems_again, &errors_again,
					 NULL));
	conf_elems_free(&elems);
	free(bytes.at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_files_come_over_whole),
		cmocka_unit_test(others_get_turns),
		cmocka_unit_test(a_part_is_refused),
		cmocka_unit_test(another_byte_is_refused_or_good),
		cmocka_unit_test(what_has_to_be_there_is),
		cmocka_unit_test(a_field_comes_once_and_in_its_place),
		cmocka_unit_test(a_value_is_one_of_its_field),
		cmocka_unit_test(a_list_has_no_more_than_there_is_room_for),
		cmocka_unit_test(what_may_not_stand_together_does_not),
		cmocka_unit_test(marks_are_of_values_and_sorted),
		cmocka_unit_test(words_of_errors_are_cleaned),
		cmocka_unit_test(sets_come_over_whole),
		cmocka_unit_test(elements_are_of_their_set),
		cmocka_unit_test(counts_are_believed_no_further),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
