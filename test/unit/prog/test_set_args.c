/* The command line of `sluice set`, and the files that travel with a configuration. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "prog/set_args.h"
#include "prog/set_files.h"

enum { WORDS_MAX = 16 };

static const char *word[WORDS_MAX + 1];
static struct set_args args;
static struct ctl_why why;

static bool parse(const char *line)
{
	static char text[256];
	char *argv[WORDS_MAX + 1] = { NULL };
	int argc = 0;

	snprintf(text, sizeof text, "%s", line);
	for (char *at = strtok(text, " "); at; at = strtok(NULL, " "))
		argv[argc++] = at;
	return set_args_parse(argc, argv, word, &args, &why);
}

static void good_lines(void **state)
{
	(void)state;
	assert_true(parse("set add bad 10.0.0.1 10.1.0.0/16 --json"));
	assert_int_equal(args.what, CTL_DO_SET_ADD);
	assert_string_equal(args.name, "bad");
	assert_int_equal(args.elem_count, 2);
	assert_string_equal(args.elem[1], "10.1.0.0/16");
	assert_true(args.json);
	assert_true(parse("set del bad --file -"));
	assert_int_equal(args.what, CTL_DO_SET_DEL);
	assert_string_equal(args.file, "-");
	assert_true(parse("set test web 80 1-2 --control /c"));
	assert_string_equal(args.control, "/c");
	assert_true(parse("set flush bad"));
	assert_int_equal(args.what, CTL_DO_SET_FLUSH);
	assert_true(parse("set replace pairs 10.0.0.1:80"));
	assert_string_equal(set_args_verb(args.what), "replace");
	assert_true(parse("set --help"));
	assert_true(args.help);
}

static void bad_lines(void **state)
{
	static const struct {
		const char *line;
		const char *why;
	} bad[] = {
		{ "set", "set what?" },
		{ "set addd bad 1", "did you mean add" },
		{ "set add", "which set?" },
		{ "set add bad", "which elements?" },
		{ "set replace bad", "which elements?" },
		{ "set add bad 10.0.0.300", "10.0.0.300: has to be" },
		{ "set add bad 10.0.0.1#x", "has to be" },
		{ "set add bad 1 --file f", "one of them" },
		{ "set flush bad 1", "flush takes no elements" },
		{ "set flush bad --file f", "flush takes no elements" },
		{ "set add a-name-that-is-longer-than-those-of-sets 1", "so long a name" },
		{ "set add bad 1 --jsn", "--json" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
		assert_false(parse(bad[i].line));
		if (!strstr(why.text, bad[i].why))
			fail_msg("%s: %s", bad[i].line, why.text);
	}
}

static void files_are_unpacked(void **state)
{
	static struct conf_set_files files;
	static struct conf conf;
	static const struct {
		const char *text;
		bool good;
	} all[] = { { "2\nab3\nxyz", true }, { "0\n0\n", true },
		    { "2\nab3\nxy", false }, { "2\nab", false },
		    { "", false },           { "2\nab-3\nxyz", false },
		    { "2 ab3\nxyz", false }, { "2\nab4294967299\nxyz", false } };

	(void)state;
	conf.filter.set_count = 3;
	conf.filter.set[0].file[0] = conf.filter.set[2].file[0] = '/';
	for (size_t i = 0; i < ARRAY_COUNT(all); i++) {
		set_files_unpack(&conf, all[i].text, strlen(all[i].text), &files);
		assert_int_equal(files.file[2].text != NULL, all[i].good);
		assert_null(files.file[1].text);
		assert_true(files.file[2].text || files.file[2].why);
	}
	set_files_unpack(&conf, "2\nab3\nxyz", 9, &files);
	assert_int_equal(files.file[2].len_bytes, 3);
	assert_memory_equal(files.file[2].text, "xyz", 3);
	assert_memory_equal(files.file[0].text, "ab", 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_lines),
		cmocka_unit_test(bad_lines),
		cmocka_unit_test(files_are_unpacked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
