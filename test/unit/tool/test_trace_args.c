/* The command line of traceroute: defaults, every option, and every refusal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "tool/trace_args.h"

#define WORDS_MAX 24

static enum args_result parse(const char *line, struct trace_args *args, struct tool_why *why)
{
	static char copy[256];
	char *words[WORDS_MAX] = { 0 };
	char *rest = copy;
	int count = 0;

	why->text[0] = '\0';
	snprintf(copy, sizeof(copy), "traceroute %s", line);
	while (count < WORDS_MAX - 1 && (words[count] = strsep(&rest, " ")) != NULL)
		count++;
	return trace_args_parse(count, words, args, why);
}

static void defaults_are_those_of_traceroute(void **state)
{
	struct trace_args args;
	struct tool_why why;

	(void)state;
	assert_int_equal(parse("h", &args, &why), ARGS_RUN);
	assert_int_equal(args.method, TRACE_UDP);
	assert_int_equal(args.first_ttl, 1);
	assert_int_equal(args.max_ttl, 30);
	assert_int_equal(args.per_hop, 3);
	assert_int_equal(args.at_once, 16);
	assert_int_equal(args.port, 33434);
	assert_int_equal(args.packet_len_bytes, 60);
	assert_int_equal(args.wait_ns, 5 * NS_PER_SEC);
	assert_int_equal(parse("-I h", &args, &why), ARGS_RUN);
	assert_int_equal(args.port, 1);
	assert_int_equal(parse("-T h", &args, &why), ARGS_RUN);
	assert_int_equal(args.port, 80);
	/* The kernel's second SYN comes after one second. */
	assert_true(args.wait_ns < NS_PER_SEC);
}

static void every_option_arrives(void **state)
{
	struct trace_args args;
	struct tool_why why;

	(void)state;
	assert_int_equal(parse("-f 2 -m 255 -q 10 -N 64 -w 1.5,2,0 -p 1000 -s 10.0.0.1 -i e0 -nF "
			       "--json h 1400",
			       &args, &why),
			 ARGS_RUN);
	assert_int_equal(args.first_ttl, 2);
	assert_int_equal(args.max_ttl, 255);
	assert_int_equal(args.per_hop, 10);
	assert_int_equal(args.at_once, 64);
	assert_int_equal(args.wait_ns, 1500 * NS_PER_MS);
	assert_true(args.here_factor == 2.0 && args.near_factor == 0.0);
	assert_int_equal(args.port, 1000);
	assert_string_equal(args.source_text, "10.0.0.1");
	assert_string_equal(args.iface_text, "e0");
	assert_true(args.numeric && args.dont_fragment && args.json);
	assert_int_equal(args.packet_len_bytes, 1400);
	assert_int_equal(parse("--tcp --first 3 --max-hops 4 --port 443 h", &args, &why), ARGS_RUN);
	assert_int_equal(args.method, TRACE_TCP);
	assert_int_equal(args.first_ttl, 3);
	assert_int_equal(args.port, 443);
	assert_int_equal(parse("--help", &args, &why), ARGS_HELP);
}

static void refusals_name_argument_value_and_remedy(void **state)
{
	static const struct {
		const char *line;
		const char *says;
	} bad[] = {
		{ "-f 0 h", "-f 0: not a hop; right is a whole number from 1 to 255" },
		{ "-m 256 h", "-m 256: not a hop; right is a whole number from 1 to 255" },
		{ "-f 5 -m 4 h", "-f 5: beyond the last hop; right is at most -m, which is 4" },
		{ "-q 11 h",
		  "-q 11: not a number of probes; right is a whole number from 1 to 10" },
		{ "-N 0 h", "-N 0: not a number of probes" },
		{ "-p 0 h", "-p 0: not a port; right is a whole number from 1 to 65535" },
		{ "-p 65500 h",
		  "-p 65500: no room for 90 probes with a port each; right is at most "
		  "65446" },
		{ "-w 0 h", "-w 0: not a time to wait" },
		{ "-w 1,2,3,4 h", "-w 1,2,3,4: not a time to wait" },
		{ "-w 1,x h", "-w 1,x: not a time to wait" },
		{ "h 27", "packetlen 27: not a packet's length in bytes; right is a whole number "
			  "from 28 to 65535" },
		{ "h 60 x", "x: one destination and one length only" },
		{ "-n", "no destination" },
		{ "-6 h", "-6: IPv6 is not spoken here" },
		{ "-x h", "-x: no such option" },
		{ "-q", "-q: needs a value" },
	};
	struct trace_args args;
	struct tool_why why;

	(void)state;
	for (size_t index = 0; index < ARRAY_COUNT(bad); index++) {
		assert_int_equal(parse(bad[index].line, &args, &why), ARGS_BAD);
		if (strncmp(why.text, bad[index].says, strlen(bad[index].says)) != 0)
			fail_msg("'%s' says '%s'", bad[index].line, why.text);
	}
}

static void the_last_port_may_be_used(void **state)
{
	struct trace_args args;
	struct tool_why why;

	(void)state;
	assert_int_equal(parse("-p 65446 h", &args, &why), ARGS_RUN);
	assert_int_equal(parse("-T -p 65535 h", &args, &why), ARGS_RUN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_those_of_traceroute),
		cmocka_unit_test(every_option_arrives),
		cmocka_unit_test(refusals_name_argument_value_and_remedy),
		cmocka_unit_test(the_last_port_may_be_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
