/* Configurations of test/golden/conf: what is wrong with each, with line and column (NAME.err), or
 * what is read of it in the canonical form (NAME.ok). With UPDATE set in the environment the files
 * are written instead; their changes are to be read before they are believed.                    */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <glob.h>

#include "host/conf/conf_load.h"

enum { PATH_SIZE = 256, TEXT_SIZE = 65536 };

static struct conf conf;
static struct conf_marks marks;
static struct conf_errors errors;

static size_t file_read(const char *path, char text[TEXT_SIZE])
{
	FILE *file = fopen(path, "r");
	size_t len;

	if (!file)
		return 0;
	len = fread(text, 1, TEXT_SIZE - 1, file);
	fclose(file);
	text[len] = 0;
	return len;
}

static void file_write(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void say_errors(FILE *out)
{
	for (u32 i = 0; i < errors.count; i++)
		fprintf(out, "%u:%u: %s\n", errors.error[i].place.line,
			errors.error[i].place.column, errors.error[i].text);
	if (errors.left_out)
		fprintf(out, "and more\n");
}

/* "x.yaml" to "x.err" */
static void beside(const char *path, const char *suffix, char out[PATH_SIZE])
{
	size_t len = strlen(path) - strlen(".yaml");

	snprintf(out, PATH_SIZE, "%.*s%s", (int)len, path, suffix);
}

/* Everything, defaults too, is good as well, and says the same. */
static void is_good_in_full(const char *path)
{
	static struct conf again;
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	conf_print(&conf, true, out, NULL);
	fclose(out);
	if (!conf_load(text, len, &again, &marks, &errors))
		fail_msg("%s in full, %u:%u: %s", path, errors.error[0].place.line,
			 errors.error[0].place.column, errors.error[0].text);
	assert_memory_equal(&again, &conf, sizeof conf);
	free(text);
}

static void one_file(const char *path)
{
	static char text[TEXT_SIZE];
	static char wanted[TEXT_SIZE];
	char *got = NULL;
	size_t got_len = 0;
	FILE *out = open_memstream(&got, &got_len);
	char golden[PATH_SIZE];
	bool good = conf_load(text, file_read(path, text), &conf, &marks, &errors);

	assert_non_null(out);
	beside(path, good ? ".ok" : ".err", golden);
	if (good)
		conf_print(&conf, false, out, NULL);
	else
		say_errors(out);
	fclose(out);
	if (getenv("UPDATE"))
		file_write(golden, got);
	wanted[0] = 0;
	file_read(golden, wanted);
	if (strcmp(got, wanted) != 0)
		fail_msg("%s says:\n%s\nbut it was:\n%s", golden, wanted, got);
	free(got);
	if (good)
		is_good_in_full(path);
}

static void golden_files(void **state)
{
	glob_t found;

	(void)state;
	assert_int_equal(glob("test/golden/conf/*.yaml", 0, NULL, &found), 0);
	assert_true(found.gl_pathc > 30);
	for (size_t i = 0; i < found.gl_pathc; i++)
		one_file(found.gl_pathv[i]);
	globfree(&found);
}

/* As the begin of a file that is still being written. */
static void every_begin_of_a_file_ends(void **state)
{
	static char text[TEXT_SIZE];
	size_t len = file_read("test/golden/conf/good-all.yaml", text);

	(void)state;
	assert_true(len > 1000);
	for (size_t i = 0; i < len; i++) {
		if (!conf_load(text, i, &conf, &marks, &errors))
			assert_true(errors.count > 0 && errors.error[0].place.line > 0);
	}
}

static void a_file_that_is_too_large(void **state)
{
	char *text = malloc(CONF_FILE_MAX + 1);

	(void)state;
	assert_non_null(text);
	memset(text, '#', CONF_FILE_MAX + 1);
	assert_false(conf_load(text, CONF_FILE_MAX + 1, &conf, &marks, &errors));
	assert_string_equal(errors.error[0].text, "the file is larger than 2097152 bytes");
	assert_false(conf_load(text, CONF_FILE_MAX, &conf, &marks, &errors));
	assert_string_equal(errors.error[0].text, "the file says nothing; it needs 'interfaces'");
	free(text);
}

static void what_is_not_said_is_as_ever(void **state)
{
	static char text[TEXT_SIZE];
	static struct conf standard;

	(void)state;
	conf_defaults(&standard);
	assert_true(conf_load(text, file_read("test/golden/conf/good-small.yaml", text), &conf,
			      &marks, &errors));
	assert_memory_equal(&conf.ct, &standard.ct, sizeof conf.ct);
	assert_memory_equal(&conf.icmp, &standard.icmp, sizeof conf.icmp);
	assert_int_equal(conf.mapping_count, standard.mapping_count);
	assert_string_equal(conf.control, "/run/sluice/control.sock");
	assert_int_equal(conf.rule_count, 0);
	assert_true(conf.host_port);
}

/* As many rules as there may be, and one more. */
static void ten_thousand_rules(void **state)
{
	char *text = NULL;
	size_t len = 0;

	(void)state;
	for (u32 more = 0; more < 2; more++) {
		FILE *out = open_memstream(&text, &len);

		assert_non_null(out);
		fprintf(out, "interfaces: [{name: a, side: inside}, {name: b, side: outside}]\n"
			     "limits: {filter-rules: 10000}\nfilter:\n  rules:\n");
		for (u32 i = 0; i < CONF_FILTER_RULE_MAX + more; i++)
			fprintf(out,
				"  - {name: r%u, source: 10.%u.%u.0/24, ports: 80, "
				"action: drop}\n",
				i, i >> 8, i & 255);
		fclose(out);
		assert_int_equal(conf_load(text, len, &conf, &marks, &errors), more == 0);
		assert_int_equal(conf.filter.rule_count, CONF_FILTER_RULE_MAX);
		assert_string_equal(conf.filter.rule[9999].name, "r9999");
		assert_int_equal(
			conf_place_of(&marks, offsetof(struct conf, filter.rule[9999].name)).line,
			10004);
		free(text);
	}
	assert_string_equal(errors.error[0].text, "'rules' has more than 10000 entries");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_files),
		cmocka_unit_test(every_begin_of_a_file_ends),
		cmocka_unit_test(a_file_that_is_too_large),
		cmocka_unit_test(what_is_not_said_is_as_ever),
		cmocka_unit_test(ten_thousand_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
