/* The command line of perf: defaults, every option, every refusal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "prog/perf_args.h"

#define WORDS_MAX 40

static bool parse_line(const char *line, struct perf_args *args, struct ctl_why *why)
{
	static char copy[512];
	char *words[WORDS_MAX] = { 0 };
	char *rest = copy;
	int count = 0;

	why->text[0] = '\0';
	snprintf(copy, sizeof(copy), "perf %s", line);
	while (count < WORDS_MAX - 1 && (words[count] = strsep(&rest, " ")) != NULL)
		count++;
	return perf_args_parse(count, words, args, why);
}

static void parse(const char *line, struct perf_args *args)
{
	struct ctl_why why;

	if (!parse_line(line, args, &why))
		fail_msg("'%s' says '%s'", line, why.text);
}

static void refused(const char *line, const char *says)
{
	struct perf_args args;
	struct ctl_why why;

	if (parse_line(line, &args, &why))
		fail_msg("'%s' was taken", line);
	if (strstr(why.text, says) == NULL)
		fail_msg("'%s' says '%s', not '%s'", line, why.text, says);
}

static void what_is_not_said_has_a_default(void **state)
{
	struct perf_args args;

	(void)state;
	parse("send --dev x0 --addr 10.9.0.1/24 --peer 10.9.0.2:5001", &args);
	assert_true(args.sends && args.realtime);
	assert_string_equal(args.dev, "x0");
	assert_int_equal(be32_host(args.addr), 0x0a090001);
	assert_int_equal(args.addr_len, 24);
	assert_int_equal(be32_host(args.peer.addr), 0x0a090002);
	assert_int_equal(be16_host(args.peer.port), 5001);
	assert_int_equal(args.time_ns, 10 * NS_PER_SEC);
	assert_int_equal(args.interval_ns, NS_PER_SEC);
	assert_int_equal(args.bytes + args.buffer + args.mss, 0);
	assert_null(args.cc);
	assert_null(args.md5);
	assert_false(args.json || args.once || args.tun || args.has_gateway);
	parse("recv --dev x0 --addr 10.9.0.1/24 --port 7", &args);
	assert_false(args.sends);
	assert_int_equal(be16_host(args.port), 7);
}

static void every_option_arrives(void **state)
{
	struct perf_args args;

	(void)state;
	parse("send --dev x0 --addr 10.9.0.1/24 --peer 10.9.1.2:1 --gateway 10.9.0.3 --cc newreno "
	      "--seconds 1.5 --bytes 64kb --interval 20ms --buffer 2mb --mss 1000 --tun --json "
	      "--no-realtime",
	      &args);
	assert_true(args.has_gateway && args.tun && args.json);
	assert_false(args.realtime);
	assert_int_equal(be32_host(args.gateway), 0x0a090003);
	assert_string_equal(args.cc, "newreno");
	assert_int_equal(args.time_ns, NS_PER_SEC + NS_PER_SEC / 2);
	assert_int_equal(args.bytes, 65536);
	assert_int_equal(args.interval_ns, 20 * NS_PER_MS);
	assert_int_equal(args.buffer, 2 << 20);
	assert_int_equal(args.mss, 1000);
	parse("recv --dev x0 --addr 10.9.0.1/24 --port 1 --once", &args);
	assert_true(args.once);
	parse("recv --dev x0 --addr 10.9.0.1/24 --port 1 --md5 secret", &args);
	assert_string_equal(args.md5, "secret");
}

static void bytes_alone_have_no_time(void **state)
{
	struct perf_args args;

	(void)state;
	parse("send --dev x0 --addr 10.9.0.1/24 --peer 10.9.0.2:1 --bytes 5000000", &args);
	assert_int_equal(args.bytes, 5000000);
	assert_int_equal(args.time_ns, 0);
}

static void what_is_wrong_is_named(void **state)
{
#define SEND "send --dev x0 --addr 10.9.0.1/24 --peer 10.9.0.2:1"
#define RECV "recv --dev x0 --addr 10.9.0.1/24 --port 1"
	(void)state;
	refused("--dev x0", "'sluice perf send' or 'sluice perf recv'");
	refused("both", "right is send or recv");
	refused("send --addr 10.9.0.1/24 --peer 10.9.0.2:1", "--dev: is missing");
	refused("send --dev x0 --peer 10.9.0.2:1", "--addr: is missing");
	refused("send --dev x0 --addr 10.9.0.1/24", "--peer: is missing");
	refused("recv --dev x0 --addr 10.9.0.1/24", "--port: is missing");
	refused("send --dev x0 --addr 10.9.0.1 --peer 10.9.0.2:1", "10.9.0.1/24");
	refused("send --dev x0 --addr 10.9.0.1/24 --peer 10.9.0.2", "an address and a port");
	refused("send --dev x0 --addr 10.9.0.1/24 --peer 10.9.0.2:0", "an address and a port");
	refused("send --dev x0 --addr 10.9.0.1/24 --peer 10.9.0.1:1", "is the address of --addr");
	refused("recv --dev x0 --addr 10.9.0.1/24 --port 65536", "a port from 1 to 65535");
	refused(SEND " --gateway x", "--gateway x: right is an address");
	refused(SEND " --cc reno", "--cc reno: right is one of");
	refused(SEND " --cc reno", "newreno");
	refused(SEND " --seconds 0", "--seconds");
	refused(SEND " --bytes 0", "--bytes 0: right is");
	refused(SEND " --bytes 5tb", "--bytes 5tb: right is");
	refused(SEND " --interval 5ms", "from 10ms");
	refused(SEND " --interval 5", "with s or ms");
	refused(SEND " --buffer 1kb", "from 4kb");
	refused(SEND " --buffer 512mb", "to 256mb");
	refused(SEND " --mss 87", "88 to 65495");
	refused(SEND " --md5 123456789.123456789.123456789.123456789.123456789.123456789."
		     "123456789.123456789.1",
		"--md5: is no key");
	refused(SEND " --once", "--once: is for 'sluice perf recv' only");
	refused(SEND " --port 1", "--port: is for 'sluice perf recv' only");
	refused(RECV " --bytes 1", "--bytes: is for 'sluice perf send' only");
	refused(RECV " --seconds 1", "--seconds: is for 'sluice perf send' only");
	refused(RECV " --onse", "did you mean --once");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_said_has_a_default),
		cmocka_unit_test(every_option_arrives),
		cmocka_unit_test(bytes_alone_have_no_time),
		cmocka_unit_test(what_is_wrong_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
