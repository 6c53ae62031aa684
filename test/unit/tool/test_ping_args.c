/* The command line of ping: defaults, every option, and every refusal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "tool/ping_args.h"
#include "tool/probe_socket.h"

#define WORDS_MAX 32

/* Splits a line at its blanks, as a shell would without quotes. */
static enum args_result parse(const char *line, bool is_root, struct ping_args *args,
			      struct tool_why *why)
{
	static char copy[256];
	char *words[WORDS_MAX] = { 0 };
	char *rest = copy;
	int count = 0;

	why->text[0] = '\0';
	snprintf(copy, sizeof(copy), "ping %s", line);
	while (count < WORDS_MAX - 1 && (words[count] = strsep(&rest, " ")) != NULL)
		count++;
	return ping_args_parse(count, words, is_root, args, why);
}

static void defaults_are_those_of_iputils(void **state)
{
	struct ping_args args;
	struct tool_why why;

	(void)state;
	assert_int_equal(parse("10.0.0.1", false, &args, &why), ARGS_RUN);
	assert_string_equal(args.host, "10.0.0.1");
	assert_int_equal(args.count, 0);
	assert_int_equal(args.size_bytes, 56);
	assert_int_equal(args.interval_ns, NS_PER_SEC);
	assert_int_equal(args.wait_ns, 10 * NS_PER_SEC);
	assert_int_equal(args.deadline_ns, 0);
	assert_int_equal(args.ttl, 0);
	assert_int_equal(args.pmtud, PROBE_PMTUD_DEFAULT);
	assert_false(args.quiet || args.numeric || args.json || args.flood || args.stamps);
}

static void every_option_arrives(void **state)
{
	struct ping_args args;
	struct tool_why why;

	(void)state;
	assert_int_equal(parse("host -c 3 -i 0.002 -W 0.5 -w 7 -s 0 -t 255 -M do -p 0aFf -qnD",
			       false, &args, &why),
			 ARGS_RUN);
	assert_string_equal(args.host, "host");
	assert_int_equal(args.count, 3);
	assert_int_equal(args.interval_ns, 2 * NS_PER_MS);
	assert_int_equal(args.wait_ns, 500 * NS_PER_MS);
	assert_int_equal(args.deadline_ns, 7 * NS_PER_SEC);
	assert_int_equal(args.size_bytes, 0);
	assert_int_equal(args.ttl, 255);
	assert_int_equal(args.pmtud, PROBE_PMTUD_DO);
	assert_int_equal(args.pattern.len, 2);
	assert_int_equal(args.pattern.bytes[1], 0xff);
	assert_true(args.quiet && args.numeric && args.stamps);
	assert_int_equal(parse("-Ovb4f --json -I eth0 -I 10.0.0.9 host", true, &args, &why),
			 ARGS_RUN);
	assert_true(args.outstanding && args.verbose && args.broadcast && args.flood && args.json);
	assert_string_equal(args.iface_text, "eth0");
	assert_string_equal(args.source_text, "10.0.0.9");
	assert_int_equal(args.interval_ns, 0);
	assert_int_equal(parse("-h", false, &args, &why), ARGS_HELP);
	assert_int_equal(parse("--help", false, &args, &why), ARGS_HELP);
}

static void refusals_name_argument_value_and_remedy(void **state)
{
	static const struct {
		const char *line;
		const char *says;
	} bad[] = {
		{ "-c 0 h", "-c 0: not a count; right is a whole number from 1 to" },
		{ "-c -3 h", "-c -3: not a count" },
		{ "-s 65508 h", "-s 65508: not a payload size in bytes; right is a whole number "
				"from 0 to 65507" },
		{ "-t 0 h", "-t 0: not a time to live; right is a whole number from 1 to 255" },
		{ "-t 256 h", "-t 256: not a time to live" },
		{ "-i 0.001 h", "-i 0.001: not an interval for a user without privilege; right is "
				"a number of seconds from 0.002" },
		{ "-W 0 h", "-W 0: not a time to wait" },
		{ "-w x h", "-w x: not a deadline" },
		{ "-M perhaps h", "-M perhaps: not a mode; right is do, want, dont or probe" },
		{ "-p 1 h", "-p 1: not a pattern; right is 1 to 16 bytes, two hex digits each" },
		{ "-p zz h", "-p zz: not a pattern" },
		{ "-p 0123456789abcdef0123456789abcdef00 h", "-p 0123456789abcdef0123456789abcdef00"
							     ": not a pattern" },
		{ "-f h", "-f: a flood without an interval is for root" },
		{ "-6 h", "-6: IPv6 is not spoken here" },
		{ "-Z h", "-Z: no such option; see 'sluice ping -h'" },
		{ "--jsn h", "--jsn: no such option" },
		{ "h -c", "-c: needs a value" },
		{ "-n", "no destination; right is 'sluice ping [options] host'" },
		{ "a b", "b: one destination only, a is it" },
	};
	struct ping_args args;
	struct tool_why why;

	(void)state;
	for (size_t index = 0; index < ARRAY_COUNT(bad); index++) {
		assert_int_equal(parse(bad[index].line, false, &args, &why), ARGS_BAD);
		if (strncmp(why.text, bad[index].says, strlen(bad[index].says)) != 0)
			fail_msg("'%s' says '%s'", bad[index].line, why.text);
	}
}

static void root_may_go_without_an_interval(void **state)
{
	struct ping_args args;
	struct tool_why why;

	(void)state;
	assert_int_equal(parse("-i 0 h", true, &args, &why), ARGS_RUN);
	assert_int_equal(args.interval_ns, 0);
	assert_int_equal(parse("-f -i 0.002 h", false, &args, &why), ARGS_RUN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_those_of_iputils),
		cmocka_unit_test(every_option_arrives),
		cmocka_unit_test(refusals_name_argument_value_and_remedy),
		cmocka_unit_test(root_may_go_without_an_interval),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
