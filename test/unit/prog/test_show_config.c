/* The configuration of a running gateway: as a file, as JSON, of options as well. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <jansson.h>

#include "host/conf/conf_load.h"
#include "prog/run_fill.h"
#include "prog/show_config.h"

static struct conf conf;
static struct conf again;
static struct conf_marks marks;
static struct conf_errors errors;

/* What the command prints of an answer; the complaint, where there is one. */
static char *heard(const char *answer, bool json, bool all, bool *good)
{
	struct show_args args = { .show = CTL_SHOW_CONFIG,
				  .json = json,
				  .given = all ? CTL_FILTER_ALL : 0 };
	FILE *stream = fmemopen((void *)(uintptr_t)answer, strlen(answer), "r");
	char *said = NULL, *complained = NULL;
	size_t said_size, complained_size;
	FILE *out = open_memstream(&said, &said_size);
	FILE *complaints = open_memstream(&complained, &complained_size);

	assert_non_null(stream);
	*good = show_config_read(stream, &args, out, complaints);
	fclose(stream);
	fclose(out);
	fclose(complaints);
	free(*good ? complained : said);
	return *good ? said : complained;
}

static char *printed(const struct conf *of)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	conf_print(of, false, out, NULL);
	fclose(out);
	return text;
}

static char *answer_of(const char *text)
{
	json_t *root = json_pack("{s:i, s:s}", "version", 1, "config", text);
	char *line = json_dumps(root, JSON_COMPACT);

	json_decref(root);
	assert_non_null(line);
	return line;
}

#define SMALL                                                                                      \
	"interfaces: [{name: \"7\", side: inside, mtu: 1400}, "                                    \
	"{name: b, side: outside}]\n"                                                              \
	"nat: {rules: [{kind: masquerade, hairpin: false}]}\n"                                     \
	"filter: {rules: [{tcp-flags: [syn, no-ack], protocol: tcp, ports: 80, action: drop}]}\n"

static void it_is_printed_as_it_came(void **state)
{
	char *answer, *text, *said;
	bool good;

	(void)state;
	assert_true(conf_load(SMALL, strlen(SMALL), &conf, &marks, &errors));
	text = printed(&conf);
	answer = answer_of(text);
	said = heard(answer, false, false, &good);
	assert_true(good);
	assert_string_equal(said, text);
	free(said);
	free(answer);
	free(text);
}

static void json_has_the_types_of_the_schema(void **state)
{
	char *answer = answer_of(SMALL);
	bool good;
	char *said = heard(answer, true, false, &good);

	(void)state;
	assert_true(good);
	assert_string_equal(
		said,
		"{\"version\":1,\"config\":{\"interfaces\":[{\"name\":\"7\",\"side\":\"inside\","
		"\"mtu\":1400},{\"name\":\"b\",\"side\":\"outside\"}],"
		"\"nat\":{\"rules\":[{\"kind\":\"masquerade\",\"hairpin\":false}]},"
		"\"filter\":{\"rules\":[{\"protocol\":\"tcp\",\"ports\":80,"
		"\"tcp-flags\":[\"syn\",\"no-ack\"],\"action\":\"drop\"}]}}}\n");
	free(said);
	said = heard(answer, true, true, &good);
	assert_true(good);
	assert_non_null(strstr(said, "\"tcp-established\":\"2h4m\""));
	assert_non_null(strstr(said, "\"addresses\":\"from-host\""));
	free(said);
	free(answer);
}

static void who_is_no_gateway_is_not_believed(void **state)
{
	static const char *const answers[][2] = {
		{ "{\"version\":1,\"error\":\"a \\u001b[2J b\"}", "answered: a \\u001b[2J b" },
		{ "{\"version\":1,\"config\":7}", "nothing that is a configuration" },
		{ "{\"version\":1,\"config\":\"x: 1\"}", "can not be read: 'x' is no key" },
		{ "{\"version\":1,\"con", "broke off" },
		{ "[]", "nothing that is a configuration" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(answers); i++) {
		bool good;
		char *said = heard(answers[i][0], true, false, &good);

		assert_false(good);
		if (!strstr(said, answers[i][1]))
			fail_msg("%s: said %s", answers[i][0], said);
		free(said);
	}
}

/* A gateway that was started with options shows a file that is the same gateway. */
static void options_are_a_file_too(void **state)
{
	static const char *const words[] = {
		"run",
		"--lan",
		"a=10.0.0.1/8",
		"--wan",
		"b=198.18.0.1/16",
		"--gateway",
		"198.18.0.2",
		"--route",
		"192.0.2.0/24=blackhole",
		"--pool",
		"198.18.9.0-198.18.9.9",
		"--one-to-one",
		"10.0.0.7=198.18.8.7",
		"--no-nat-to",
		"10.9.0.0/16",
		"--mapping",
		"tcp=endpoint",
		"--dnat",
		"tcp:198.18.0.1:443=10.0.0.5:8443,10.0.0.6:8443",
		"--subscriber",
		"flows=100",
		"--flows",
		"5000",
	};
	static struct run_args args;
	static struct run_errors said;
	char *argv[ARRAY_COUNT(words)];
	char *text;

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(words); i++)
		argv[i] = (char *)(uintptr_t)words[i];
	run_args_parse((int)ARRAY_COUNT(words), argv, &args, &said);
	if (said.count || !run_args_fill(&args, &conf, &said))
		fail_msg("%s", said.text[0]);
	text = printed(&conf);
	if (!conf_load(text, strlen(text), &again, &marks, &errors))
		fail_msg("%u: %s\n%s", errors.error[0].place.line, errors.error[0].text, text);
	assert_memory_equal(&again, &conf, sizeof conf);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_printed_as_it_came),
		cmocka_unit_test(json_has_the_types_of_the_schema),
		cmocka_unit_test(who_is_no_gateway_is_not_believed),
		cmocka_unit_test(options_are_a_file_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
