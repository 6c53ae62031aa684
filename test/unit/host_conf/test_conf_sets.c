/* Elements of sets: as text, and those of a configuration with its files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "host/conf/conf_load.h"
#include "host/conf/conf_sets.h"
#include "host/conf/elem_text.h"
#include "host/conf/values.h"

static struct conf conf;
static struct conf_marks marks;
static struct conf_errors errors;
static struct conf_set_files files;

#define IFACES "interfaces: [{name: a, side: inside}, {name: b, side: outside}]\n"

static void load(const char *text)
{
	memset(&files, 0, sizeof files);
	if (!conf_load(text, strlen(text), &conf, &marks, &errors))
		fail_msg("%u:%u: %s", errors.error[0].place.line, errors.error[0].place.column,
			 errors.error[0].text);
}

static void file_is(u32 set, const char *text)
{
	files.file[set] = (struct conf_set_file){ .text = text, .len_bytes = strlen(text) };
}

static void elements_as_text(void **state)
{
	static const struct {
		const char *text;
		enum filter_set_kind kind;
	} good[] = {
		{ "10.0.0.1", FILTER_SET_ADDRS },      { "10.0.0.0/8", FILTER_SET_ADDRS },
		{ "0.0.0.0/0", FILTER_SET_ADDRS },     { "443", FILTER_SET_PORTS },
		{ "1-65535", FILTER_SET_PORTS },       { "10.0.0.1:443", FILTER_SET_PAIRS },
		{ "0.0.0.0:65535", FILTER_SET_PAIRS },
	};
	static const char *const bad[] = { "",           "10.0.0.1/8",    "10.0.0.0/33",
					   "0",          "65536",         "9-8",
					   "10.0.0.1:0", "10.0.0.0/8:80", ":80",
					   "10.0.0.1:",  "::1",           "1.2.3",
					   "443 444",    "10.0.0.1:80-90" };
	struct filter_elem elem;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(good); i++) {
		assert_true(value_elem(good[i].text, &elem));
		assert_int_equal(value_elem_kind(&elem), good[i].kind);
		assert_string_equal(value_show_elem(&elem).text, good[i].text);
	}
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
		assert_false(value_elem(bad[i], &elem));
}

static void lines_of_a_file(void **state)
{
	static const char text[] =
		"# a list\n"
		"\n"
		"10.0.0.1\r\n"
		"  10.1.0.0/16\t# a network\n"
		"443\n"
		"10.0.0.2 10.0.0.3\n"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"
		"10.0.0.4";
	static const struct {
		enum elem_found found;
		u32 line;
	} right[] = { { ELEM_ONE, 3 },   { ELEM_ONE, 4 },   { ELEM_WRONG, 5 },
		      { ELEM_WRONG, 6 }, { ELEM_WRONG, 7 }, { ELEM_ONE, 8 } };
	struct filter_elem elem;
	struct elem_text lines;

	(void)state;
	elem_text_begin(&lines, text, sizeof text - 1);
	for (size_t i = 0; i < ARRAY_COUNT(right); i++) {
		assert_int_equal(elem_text_next(&lines, FILTER_SET_ADDRS, &elem), right[i].found);
		assert_int_equal(lines.line, right[i].line);
	}
	assert_int_equal(elem_text_next(&lines, FILTER_SET_ADDRS, &elem), ELEM_END);
	/* A byte of zero hides nothing behind it. */
	elem_text_begin(&lines, "10.0.0.1\0x\n", 11);
	assert_int_equal(elem_text_next(&lines, FILTER_SET_ADDRS, &elem), ELEM_WRONG);
}

static void what_a_set_has_and_what_its_file_has(void **state)
{
	struct conf_elems elems;
	u64 stamp;

	(void)state;
	load(IFACES "filter:\n  sets:\n"
		    "  - {name: one, kind: addresses, elements: [10.0.0.1, 10.0.0.2], file: /f}\n"
		    "  - {name: two, kind: ports, elements: 80}\n"
		    "  - {name: three, kind: addresses}\n");
	file_is(0, "10.0.0.3\n10.0.0.4\n");
	assert_true(conf_sets_read(&conf, &marks, &files, &elems, &errors));
	assert_int_equal(elems.count, 5);
	assert_int_equal(conf.filter.set[0].all_count, 4);
	assert_int_equal(conf.filter.set[1].all_count, 1);
	assert_int_equal(conf.filter.set[2].all_count, 0);
	assert_int_equal(elems.elem[4].port_first, 80);
	assert_true(conf.filter.set[2].stamp != 0);
	stamp = conf.filter.set[0].stamp;
	conf_elems_free(&elems);
	/* Spelt in another way, and others. */
	file_is(0, "# new\n10.0.0.3\n\n10.0.0.4/32");
	assert_true(conf_sets_read(&conf, &marks, &files, &elems, &errors));
	assert_true(conf.filter.set[0].stamp == stamp);
	conf_elems_free(&elems);
	file_is(0, "10.0.0.3\n10.0.0.4/31");
	assert_true(conf_sets_read(&conf, &marks, &files, &elems, &errors));
	assert_false(conf.filter.set[0].stamp == stamp);
	conf_elems_free(&elems);
}

static void error_is(u32 index, u32 line, u32 column, const char *text)
{
	assert_true(index < errors.count);
	assert_string_equal(errors.error[index].text, text);
	assert_int_equal(errors.error[index].place.line, line);
	assert_int_equal(errors.error[index].place.column, column);
}

static void mistakes_of_a_file(void **state)
{
	struct conf_elems elems;

	(void)state;
	load(IFACES "limits: {filter-elements: 3}\nfilter:\n  sets:\n"
		    "  - {name: one, kind: addresses, file: /f}\n"
		    "  - {name: two, kind: address-ports, file: /g}\n");
	file_is(0, "10.0.0.3\n443\n");
	files.file[1].why = "Permission denied";
	assert_false(conf_sets_read(&conf, &marks, &files, &elems, &errors));
	assert_null(elems.elem);
	assert_int_equal(errors.count, 2);
	error_is(0, 5, 40,
		 "/f:2: '443' has to be an address or a prefix like 10.20.0.0/16, without bits "
		 "beyond its length");
	error_is(1, 6, 44, "'/g': Permission denied");
	errors.count = 0;
	file_is(0, "10.0.0.3\n10.0.0.4");
	file_is(1, "10.0.0.3:1\n10.0.0.4:1");
	assert_false(conf_sets_read(&conf, &marks, &files, &elems, &errors));
	error_is(0, 6, 44,
		 "with set 'two' the sets have 4 elements; limits.filter-elements allows 3");
	/* Not a line for each of many. */
	errors.count = 0;
	file_is(0, "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n");
	file_is(1, "");
	assert_false(conf_sets_read(&conf, &marks, &files, &elems, &errors));
	assert_int_equal(errors.count, CONF_SET_ERRORS_MAX + 1);
	error_is(CONF_SET_ERRORS_MAX, 5, 40, "/f: and 2 more lines like that");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(elements_as_text),
		cmocka_unit_test(lines_of_a_file),
		cmocka_unit_test(what_a_set_has_and_what_its_file_has),
		cmocka_unit_test(mistakes_of_a_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
