/* Who reads configurations: what the process has while a text is with it, that what it says is what
 * conf_load() says, and what becomes of the gateway when it does not do its work.               */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/conf/conf_load.h"
#include "prog/reader.h"

enum { STATUS_SIZE = 8192, CHILDREN_MAX = 8 };

static struct conf conf, expected;
static struct conf_marks marks;
static struct conf_errors errors;
static struct conf_elems elems;
static char folder[] = "/tmp/test_reader.XXXXXX";

static const char with_sets[] = "interfaces: [{name: a, side: inside}, {name: b, side: outside}]\n"
				"filter: {sets: [{name: s, kind: addresses, file: /sets/s.txt}]}\n";
static const char wrong[] = "interfaces: [{name: a, side: insid}]\n";

static const struct read_into into = { &conf, &marks, &elems, &errors, NULL };

static bool load(struct readers *readers, struct reader *reader, const char *text)
{
	return reader_load(readers, reader, text, strlen(text), &into);
}

/* ---- the process ----------------------------------------------------------------------------- */

static void status_of(pid_t pid, char status[STATUS_SIZE])
{
	char path[64];
	FILE *file;
	size_t len;

	(void)snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
	file = fopen(path, "re");
	assert_non_null(file);
	len = fread(status, 1, STATUS_SIZE - 1, file);
	status[len] = 0;
	fclose(file);
}

static u64 number_of(const char *status, const char *name, int base)
{
	const char *line = strstr(status, name);

	assert_non_null(line);
	return strtoull(line + strlen(name), NULL, base);
}

/* Those that live; what has ended and nobody has waited for does not. */
static u32 children_of(pid_t parent, pid_t child[CHILDREN_MAX])
{
	DIR *all = opendir("/proc");
	struct dirent *entry;
	u32 count = 0;

	assert_non_null(all);
	while ((entry = readdir(all)) != NULL) {
		char path[300], line[256] = "", state = 'Z';
		int pid = 0, of = 0;
		FILE *file;

		(void)snprintf(path, sizeof path, "/proc/%s/stat", entry->d_name);
		file = entry->d_name[0] >= '0' && entry->d_name[0] <= '9' ? fopen(path, "re")
									  : NULL;
		if (!file)
			continue;
		if (fgets(line, sizeof line, file) &&
		    sscanf(line, "%d (%*[^)]) %c %d", &pid, &state, &of) == 3 && of == parent &&
		    state != 'Z' && count < CHILDREN_MAX)
			child[count++] = pid;
		fclose(file);
	}
	closedir(all);
	return count;
}

static void has_nothing(pid_t pid, u64 seccomp)
{
	char status[STATUS_SIZE];

	status_of(pid, status);
	assert_int_equal(number_of(status, "\nCapEff:", 16), 0);
	assert_int_equal(number_of(status, "\nCapPrm:", 16), 0);
	assert_int_equal(number_of(status, "\nCapInh:", 16), 0);
	assert_int_equal(number_of(status, "\nCapAmb:", 16), 0);
	assert_int_equal(number_of(status, "\nNoNewPrivs:", 10), 1);
	assert_int_equal(number_of(status, "\nSeccomp:", 10), seccomp);
}

static u32 open_files(pid_t pid)
{
	struct dirent *entry;
	char path[64];
	u32 count = 0;
	DIR *all;

	(void)snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
	all = opendir(path);
	assert_non_null(all);
	while ((entry = readdir(all)) != NULL)
		count += entry->d_name[0] != '.';
	closedir(all);
	return count;
}

/* It has said what the text is, and waits for the file of the set. */
static void it_has_no_privilege(void **state)
{
	int secret = open("/proc/self/status", O_RDONLY); /* not for others */
	pid_t starter[CHILDREN_MAX], child[CHILDREN_MAX];
	struct conf_set_files files = { .file[0] = { "10.1.0.0/16\n", 12, NULL } };
	struct readers readers;
	struct reader reader;

	(void)state;
	assert_true(secret >= 0);
	assert_true(readers_begin(&readers, true));
	assert_true(load(&readers, &reader, with_sets));
	assert_int_equal(children_of(getpid(), starter), 1);
	assert_int_equal(children_of(starter[0], child), 1);
	has_nothing(starter[0], 0);
	has_nothing(child[0], 2);
	/* Nowhere twice, stderr, and a socket. */
	assert_int_equal(open_files(starter[0]), 4);
	assert_int_equal(open_files(child[0]), 4);
	assert_true(reader_sets(&reader, &files));
	assert_int_equal(elems.count, 1);
	assert_int_equal(conf.filter.set[0].all_count, 1);
	conf_elems_free(&elems);
	reader_end(&reader);
	readers_end(&readers);
	assert_int_equal(waitpid(starter[0], NULL, 0), starter[0]);
	close(secret);
}

/* What a text is given to has not seen the one before. */
static void each_text_has_its_own(void **state)
{
	pid_t starter[CHILDREN_MAX], child[CHILDREN_MAX];
	struct readers readers;
	struct reader first, second;

	(void)state;
	assert_true(readers_begin(&readers, true));
	assert_true(load(&readers, &first, with_sets));
	assert_true(load(&readers, &second, with_sets));
	assert_int_equal(children_of(getpid(), starter), 1);
	assert_int_equal(children_of(starter[0], child), 2);
	reader_end(&first);
	reader_end(&second);
	readers_end(&readers);
	assert_int_equal(waitpid(starter[0], NULL, 0), starter[0]);
}

/* ---- what it says ---------------------------------------------------------------------------- */

static void it_says_what_the_text_says(void **state)
{
	struct conf_errors wanted;
	struct readers readers;
	struct reader reader;

	(void)state;
	assert_true(readers_begin(&readers, true));
	assert_true(load(&readers, &reader, with_sets));
	reader_end(&reader);
	assert_true(conf_load(with_sets, strlen(with_sets), &expected, &marks, &wanted));
	assert_memory_equal(&conf, &expected, sizeof conf);
	assert_false(load(&readers, &reader, wrong));
	reader_end(&reader);
	assert_false(conf_load(wrong, strlen(wrong), &expected, &marks, &wanted));
	assert_int_equal(errors.count, wanted.count);
	assert_string_equal(errors.error[0].text, wanted.error[0].text);
	readers_end(&readers);
}

static void a_file_of_a_set_that_is_not_there(void **state)
{
	struct readers readers;

	(void)state;
	assert_true(readers_begin(&readers, true));
	assert_false(reader_load_all(&readers, with_sets, strlen(with_sets), &into));
	assert_int_equal(errors.count, 1);
	assert_string_equal(errors.error[0].text, "'/sets/s.txt': No such file or directory");
	assert_null(elems.elem);
	readers_end(&readers);
}

/* Opened here with what this process may, read there. */
static void a_file_that_only_its_owner_may_read(void **state)
{
	char path[64], text[512];
	struct readers readers;
	FILE *file;

	(void)state;
	(void)snprintf(path, sizeof path, "%s/s.txt", folder);
	file = fopen(path, "we");
	assert_non_null(file);
	fputs("10.1.0.0/16\n10.2.0.0/16\n", file);
	fclose(file);
	/* Others' file, where that can be: then it takes a capability to open it. */
	if (geteuid() == 0)
		assert_int_equal(chown(path, 65534, 65534), 0);
	assert_int_equal(chmod(path, 0600), 0);
	(void)snprintf(text, sizeof text,
		       "interfaces: [{name: a, side: inside}, {name: b, side: outside}]\n"
		       "filter: {sets: [{name: s, kind: addresses, file: %s}]}\n",
		       path);
	assert_true(readers_begin(&readers, true));
	assert_true(reader_load_all(&readers, text, strlen(text), &into));
	assert_int_equal(elems.count, 2);
	conf_elems_free(&elems);
	readers_end(&readers);
	assert_int_equal(unlink(path), 0);
}

static void count_turn(void *arg)
{
	(*(u32 *)arg)++;
}

/* More than a socket holds, so that it has to be waited for. */
static void others_get_turns_meanwhile(void **state)
{
	static char text[CONF_FILE_MAX];
	u32 given = 0;
	struct turns turns = { .give = count_turn, .arg = &given, .each = 1u << 30 };
	const struct read_into with_others = { &conf, &marks, &elems, &errors, &turns };
	struct readers readers;
	struct reader reader;
	size_t len;

	(void)state;
	len = (size_t)snprintf(text, sizeof text, "%s", with_sets);
	memset(text + len, '\n', sizeof text - len);
	assert_true(readers_begin(&readers, true));
	assert_true(
		reader_load(&readers, &reader, text, sizeof text, &with_others));
	assert_true(given > 0);
	reader_end(&reader);
	readers_end(&readers);
}

/* ---- when it does not do its work ------------------------------------------------------------ */

static void one_that_ends_is_an_error_and_no_more(void **state)
{
	pid_t starter[CHILDREN_MAX], child[CHILDREN_MAX];
	struct conf_set_files files = { .file[0] = { "10.1.0.0/16\n", 12, NULL } };
	struct readers readers;
	struct reader reader;

	(void)state;
	assert_true(readers_begin(&readers, true));
	assert_true(load(&readers, &reader, with_sets));
	assert_int_equal(children_of(getpid(), starter), 1);
	assert_int_equal(children_of(starter[0], child), 1);
	assert_int_equal(kill(child[0], SIGKILL), 0);
	while (children_of(starter[0], child) > 0)
		usleep(1000);
	assert_false(reader_sets(&reader, &files));
	assert_int_equal(errors.count, 1);
	assert_non_null(strstr(errors.error[0].text, "the process that reads configurations"));
	reader_end(&reader);
	/* The next one is another. */
	assert_true(load(&readers, &reader, with_sets));
	reader_end(&reader);
	readers_end(&readers);
}

static void nobody_who_starts_one_is_an_error(void **state)
{
	pid_t starter[CHILDREN_MAX];
	struct readers readers;
	struct reader reader;

	(void)state;
	assert_true(readers_begin(&readers, true));
	assert_int_equal(children_of(getpid(), starter), 1);
	assert_int_equal(kill(starter[0], SIGKILL), 0);
	assert_int_equal(waitpid(starter[0], NULL, 0), starter[0]);
	assert_false(load(&readers, &reader, with_sets));
	assert_int_equal(errors.count, 1);
	reader_end(&reader);
	readers_end(&readers);
}

/* The end of the gateway is for the gateway. */
static void signals_of_a_group_do_not_end_it(void **state)
{
	static const int numbers[] = { SIGHUP, SIGINT, SIGTERM, SIGUSR1 };
	pid_t starter[CHILDREN_MAX];
	struct readers readers;
	struct reader reader;

	(void)state;
	assert_true(readers_begin(&readers, true));
	assert_true(load(&readers, &reader, with_sets)); /* it has settled */
	reader_end(&reader);
	assert_int_equal(children_of(getpid(), starter), 1);
	for (size_t i = 0; i < ARRAY_COUNT(numbers); i++)
		assert_int_equal(kill(starter[0], numbers[i]), 0);
	assert_true(load(&readers, &reader, with_sets));
	reader_end(&reader);
	readers_end(&readers);
	assert_int_equal(waitpid(starter[0], NULL, 0), starter[0]);
}

/* Those of the test before may still be on their way. */
static int nobody_is_left(void **state)
{
	(void)state;
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(it_has_no_privilege, nobody_is_left),
		cmocka_unit_test_teardown(each_text_has_its_own, nobody_is_left),
		cmocka_unit_test_teardown(it_says_what_the_text_says, nobody_is_left),
		cmocka_unit_test_teardown(a_file_of_a_set_that_is_not_there, nobody_is_left),
		cmocka_unit_test_teardown(a_file_that_only_its_owner_may_read, nobody_is_left),
		cmocka_unit_test_teardown(others_get_turns_meanwhile, nobody_is_left),
		cmocka_unit_test_teardown(one_that_ends_is_an_error_and_no_more, nobody_is_left),
		cmocka_unit_test_teardown(nobody_who_starts_one_is_an_error, nobody_is_left),
		cmocka_unit_test_teardown(signals_of_a_group_do_not_end_it, nobody_is_left),
	};
	int failed;

	if (!mkdtemp(folder))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	(void)rmdir(folder);
	return failed;
}
