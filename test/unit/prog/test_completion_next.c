/* What may stand behind some words of a command line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "prog/completion_next.h"

enum { WORDS_MAX = 12 };

static const char *const TEXT = "sluice x: for a test\n"
				"\n"
				"  sluice x add SET ELEM\n"
				"  sluice x add all\n"
				"  sluice x del SET\n"
				"  sluice x show bgp PEER\n"
				"  sluice x ADDRESS\n"
				"\n"
				"  -z, --zone ZONE   a zone\n"
				"  --json            for programs\n"
				"  --control PATH    the socket\n";

static struct completion_next next;

/* Behind these words stands one of those, with spaces between them, in their order. */
static void follows(const char *line, const char *right)
{
	static struct help help;
	static char words[256];
	const char *word[WORDS_MAX];
	char text[256] = "";
	u32 count = 0;

	help_read("x", TEXT, &help);
	snprintf(words, sizeof words, "%s", line);
	for (char *at = strtok(words, " "); at; at = strtok(NULL, " ")) {
		assert_true(count < WORDS_MAX);
		word[count++] = at;
	}
	completion_next(&help, word, count, &next);
	for (u32 i = 0; i < next.count; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i ? " " : "",
			 next.place[i]);
	if (strcmp(text, right) != 0)
		fail_msg("'%s': '%s' and not '%s'", line, text, right);
}

static void words_lead_to_places(void **state)
{
	(void)state;
	follows("", "add del show ADDRESS");
	follows("add", "SET all");
	follows("del", "SET");
	follows("add bad", "ELEM");
	follows("del bad", "");
	follows("show", "bgp");
	follows("show bgp", "PEER");
	follows("show ospf", "");
	follows("10.0.0.1", "");
	follows("add bad 10.0.0.1", "");
	follows("add bad 10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4", "");
}

/* Options stand anywhere, and their values are no words. */
static void options_are_stepped_over(void **state)
{
	(void)state;
	follows("--json", "add del show ADDRESS");
	follows("--zone blue add", "SET all");
	follows("--zone=blue add", "SET all");
	follows("-z blue add --json", "SET all");
	follows("--unknown add", "SET all");
	follows("add --zone", "ZONE");
	follows("add -z", "ZONE");
	follows("add --zone=", "SET all");
	follows("add --json", "SET all");
}

static void the_socket_is_found(void **state)
{
	(void)state;
	follows("add", "SET all");
	assert_null(next.control);
	follows("--control /run/a.sock add", "SET all");
	assert_string_equal(next.control, "/run/a.sock");
	follows("add --control=/run/b.sock", "SET all");
	assert_string_equal(next.control, "/run/b.sock");
	follows("add --control", "PATH");
	assert_null(next.control);
	follows("--control /run/a.sock add --zone", "ZONE");
	assert_string_equal(next.control, "/run/a.sock");
}

static void places_with_names(void **state)
{
	static const char *const known[] = { "REASON",  "COUNTER", "KEY",       "SET", "ZONE",
					     "SERVICE", "BACKEND", "INTERFACE", "PEER" };

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(known); i++)
		assert_true(completion_has_names(known[i]));
	assert_false(completion_has_names("IF"));
	assert_false(completion_has_names("ADDRESS"));
	assert_false(completion_has_names(""));
}

/* All of the table, and what the table says of each is found by that name. */
static void keys_are_those_of_the_table(void **state)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	u32 lines = 0;

	(void)state;
	completion_names("KEY", "/nowhere", out);
	fclose(out);
	assert_non_null(strstr(text, "limits\n"));
	assert_non_null(strstr(text, "limits.flows\n"));
	assert_non_null(strstr(text, "nat.rules.kind\n"));
	for (char *at = strtok(text, "\n"); at; at = strtok(NULL, "\n"))
		lines++;
	assert_true(lines > 100);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_lead_to_places),
		cmocka_unit_test(options_are_stepped_over),
		cmocka_unit_test(the_socket_is_found),
		cmocka_unit_test(places_with_names),
		cmocka_unit_test(keys_are_those_of_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
