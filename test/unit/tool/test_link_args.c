/* The command line of link: defaults, every option, every refusal; and how late packets left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "tool/link_args.h"
#include "tool/link_report.h"

#define WORDS_MAX 40
#define MBIT      UINT64_C(1000000)

/* Splits a line at its blanks, as a shell would without quotes. */
static enum args_result parse_line(const char *line, struct link_args *args, struct tool_why *why)
{
	static char copy[512];
	char *words[WORDS_MAX] = { 0 };
	char *rest = copy;
	int count = 0;

	why->text[0] = '\0';
	snprintf(copy, sizeof(copy), "link %s", line);
	while (count < WORDS_MAX - 1 && (words[count] = strsep(&rest, " ")) != NULL)
		count++;
	return link_args_parse(count, words, args, why);
}

/* Behind the interfaces. */
static const struct link_conf *parse(const char *line, struct link_args *args)
{
	char whole[512];
	struct tool_why why;

	snprintf(whole, sizeof(whole), "--a x0 --b y0%s%s", line[0] ? " " : "", line);
	if (parse_line(whole, args, &why) != ARGS_RUN)
		fail_msg("'%s' says '%s'", whole, why.text);
	assert_int_equal(link_conf_check(&args->conf[LINK_A_TO_B]), ERR_OK);
	assert_int_equal(link_conf_check(&args->conf[LINK_B_TO_A]), ERR_OK);
	return args->conf;
}

static void without_options_it_is_a_cable(void **state)
{
	struct link_args args;
	const struct link_conf *conf = parse("", &args);

	(void)state;
	for (u32 way = 0; way < LINK_WAYS; way++) {
		assert_int_equal(conf[way].rate_bps, 0);
		assert_int_equal(conf[way].delay_ns, 0);
		assert_int_equal(conf[way].buffer_packets, 1000);
		assert_int_equal(conf[way].loss_ppm + conf[way].reorder_ppm, 0);
		assert_int_equal(conf[way].header_bytes, 0);
		assert_true(conf[way].flight_max > 1000);
	}
	assert_string_equal(args.iface[LINK_A_TO_B], "x0");
	assert_string_equal(args.iface[LINK_B_TO_A], "y0");
	assert_false(args.has_seed || args.json);
	assert_true(args.realtime);
	assert_int_equal(args.end_ns + args.stats_ns, 0);
}

static void every_option_arrives(void **state)
{
	struct link_args args;
	const struct link_conf *conf = parse(
		"--rate 2.5mbit --delay 50ms --jitter 5ms:reorder --buffer 64kb --ecn 20p "
		"--loss 1% --reorder 0.5%:7us --duplicate 0.0001% --overhead 38 --seed 7 "
		"--packets 99 --seconds 1.5 --stats 1s --json --no-realtime",
		&args);

	(void)state;
	for (u32 way = 0; way < LINK_WAYS; way++) {
		assert_int_equal(conf[way].rate_bps, 2500000);
		assert_int_equal(conf[way].delay_ns, 50 * NS_PER_MS);
		assert_int_equal(conf[way].jitter_ns, 5 * NS_PER_MS);
		assert_true(conf[way].jitter_reorders);
		assert_int_equal(conf[way].buffer_packets, 0);
		assert_int_equal(conf[way].buffer_bytes, 65536);
		assert_int_equal(conf[way].mark_packets, 20);
		assert_int_equal(conf[way].loss_ppm, 10000);
		assert_int_equal(conf[way].reorder_ppm, 5000);
		assert_int_equal(conf[way].reorder_ns, 7000);
		assert_int_equal(conf[way].duplicate_ppm, 1);
		assert_int_equal(conf[way].header_bytes, 38);
		assert_int_equal(conf[way].flight_max, 99);
	}
	assert_true(args.has_seed && args.json);
	assert_false(args.realtime);
	assert_int_equal(args.seed, 7);
	assert_int_equal(args.end_ns, 1500 * NS_PER_MS);
	assert_int_equal(args.stats_ns, NS_PER_SEC);
}

static void a_direction_may_differ(void **state)
{
	struct link_args args;
	const struct link_conf *conf = parse(
		"--b-to-a rate=1mbit,delay=5ms --rate 10mbit --delay 20ms --loss 2% "
		"--a-to-b loss=0%,jitter=1ms",
		&args);

	(void)state;
	assert_int_equal(conf[LINK_A_TO_B].rate_bps, 10 * MBIT);
	assert_int_equal(conf[LINK_A_TO_B].delay_ns, 20 * NS_PER_MS);
	assert_int_equal(conf[LINK_A_TO_B].jitter_ns, NS_PER_MS);
	assert_int_equal(conf[LINK_A_TO_B].loss_ppm, 0);
	assert_int_equal(conf[LINK_B_TO_A].rate_bps, MBIT);
	assert_int_equal(conf[LINK_B_TO_A].delay_ns, 5 * NS_PER_MS);
	assert_int_equal(conf[LINK_B_TO_A].jitter_ns, 0);
	assert_int_equal(conf[LINK_B_TO_A].loss_ppm, 20000);
}

static void values_have_units(void **state)
{
	struct link_args args;

	(void)state;
	assert_int_equal(parse("--rate 1gbit", &args)->rate_bps, 1000 * MBIT);
	assert_int_equal(parse("--rate 64kbit", &args)->rate_bps, 64000);
	assert_int_equal(parse("--rate 9600bit", &args)->rate_bps, 9600);
	assert_int_equal(parse("--rate 1mbit --rate unlimited", &args)->rate_bps, 0);
	assert_int_equal(parse("--delay 0", &args)->delay_ns, 0);
	assert_int_equal(parse("--delay .5s", &args)->delay_ns, 500 * NS_PER_MS);
	assert_int_equal(parse("--delay 3600s", &args)->delay_ns, 3600 * NS_PER_SEC);
	assert_int_equal(parse("--buffer 7p", &args)->buffer_packets, 7);
	assert_int_equal(parse("--buffer 1mb", &args)->buffer_bytes, 1 << 20);
	assert_int_equal(parse("--ecn 0", &args)->mark_packets, 0);
	assert_int_equal(parse("--ecn 3kb", &args)->mark_bytes, 3072);
	assert_int_equal(parse("--loss 100%", &args)->loss_ppm, 1000000);
}

static void a_buffer_by_rate_and_delay(void **state)
{
	struct link_args args;
	const struct link_conf *conf;

	(void)state;
	/* 100 Mbit/s for 100 ms are 1,250,000 bytes. */
	conf = parse("--buffer 2bdp --rate 100mbit --delay 50ms", &args);
	assert_int_equal(conf[LINK_B_TO_A].buffer_bytes, 2500000);
	assert_int_equal(conf[LINK_B_TO_A].buffer_packets, 0);
	conf = parse("--buffer .5bdp --rate 100mbit --delay 50ms --b-to-a delay=30ms,rate=1mbit",
		     &args);
	assert_int_equal(conf[LINK_A_TO_B].buffer_bytes, 500000);
	assert_int_equal(conf[LINK_B_TO_A].buffer_bytes, 5000);
	/* A packet has to fit. */
	assert_int_equal(parse("--buffer 1bdp --rate 1mbit --delay 1us", &args)->buffer_bytes,
			 2000);
}

static void room_by_what_may_be_on_the_way(void **state)
{
	struct link_args args;

	(void)state;
	/* 12,500,000 bytes travel. */
	assert_in_range(parse("--rate 1gbit --delay 100ms", &args)->flight_max, 50000, 60000);
	assert_int_equal(parse("--rate 100gbit --delay 10s", &args)->flight_max, 1 << 19);
	assert_int_equal(parse("--packets 1", &args)->flight_max, 1);
}

static void help_is_help(void **state)
{
	struct link_args args;
	struct tool_why why;

	(void)state;
	assert_int_equal(parse_line("-h", &args, &why), ARGS_HELP);
	assert_int_equal(parse_line("--a x --help", &args, &why), ARGS_HELP);
}

static void refusals_name_argument_value_and_remedy(void **state)
{
	static const struct {
		const char *line;
		const char *says;
	} bad[] = {
		{ "--json", "which interfaces? Right is 'sluice link --a IF --b IF'" },
		{ "--a x", "which interfaces?" },
		{ "--a x --b x", "--a x --b x: right are two interfaces" },
		{ "--a x --b y z", "z: not an option" },
		{ "--a x --b y --rate", "--rate: needs a value" },
		{ "--a x --b y --speed 1", "--speed: no such option" },
		{ "-z", "-z: no such option" },
		{ "--rate 100", "--rate 100: right is a number with bit, kbit, mbit or gbit" },
		{ "--rate 0bit", "--rate 0bit: right is" },
		{ "--rate 999bit", "--rate 999bit: right is" },
		{ "--rate 1001gbit", "--rate 1001gbit: right is" },
		{ "--rate mbit", "--rate mbit: right is" },
		{ "--rate 1mbits", "--rate 1mbits: right is" },
		{ "--rate -1mbit", "--rate -1mbit: right is" },
		{ "--rate 1.2.3mbit", "--rate 1.2.3mbit: right is" },
		{ "--rate 99999999999999999999999999999999999mbit", "--rate 999" },
		{ "--delay 50", "--delay 50: right is a number with s, ms, us or ns" },
		{ "--delay 3601s", "--delay 3601s: right is" },
		{ "--delay 0.1ns", "--delay 0.1ns: right is" },
		{ "--jitter 5ms:", "--jitter 5ms:: right is" },
		{ "--jitter 5ms:order", "--jitter 5ms:order: right is" },
		{ "--buffer 100", "--buffer 100: right is packets as 100p" },
		{ "--buffer 0p", "--buffer 0p: right is" },
		{ "--buffer 0.5p", "--buffer 0.5p: right is" },
		{ "--buffer 4194305p", "--buffer 4194305p: right is" },
		{ "--a x --b y --buffer 2bdp", "--buffer in bdp needs a rate and a delay" },
		{ "--a x --b y --buffer 2bdp --rate 1mbit", "--buffer in bdp needs a rate" },
		{ "--ecn 1bdp", "--ecn 1bdp: right is packets as 20p" },
		{ "--loss 1", "--loss 1: right is a number with %, from 0.0001% to 100%" },
		{ "--loss 101%", "--loss 101%: right is" },
		{ "--loss 0.00001%", "--loss 0.00001%: right is" },
		{ "--reorder 1%", "--reorder 1%: right is a share and a time, as 1%:5ms" },
		{ "--reorder 1%:5", "--reorder 1%:5: right is" },
		{ "--reorder 1:5ms", "--reorder 1:5ms: right is" },
		{ "--duplicate x%", "--duplicate x%: right is" },
		{ "--overhead 1001", "--overhead 1001: not a number of bytes for each packet;" },
		{ "--seed x", "--seed x: not a seed; right is a whole number" },
		{ "--packets 0", "--packets 0: not a number of packets; right is" },
		{ "--packets 4194305", "--packets 4194305: not a number of packets" },
		{ "--seconds 0", "--seconds 0: not a time; right is a number of seconds" },
		{ "--stats 9ms", "--stats 9ms: right is a number with s, ms, us or ns, from 10ms" },
		{ "--a x --b y --a-to-b delay", "--a-to-b delay: 'delay' is no setting" },
		{ "--a x --b y --a-to-b loss=1%,seed=5", "--a-to-b loss=1%,seed=5: 'seed' is no" },
		{ "--a x --b y --b-to-a loss=1%,delay=5", "--b-to-a delay 5: right is" },
		{ "--a x --b y --b-to-a ", "--b-to-a : '' is no setting" },
	};
	struct link_args args;
	struct tool_why why;

	(void)state;
	for (size_t index = 0; index < ARRAY_COUNT(bad); index++) {
		assert_int_equal(parse_line(bad[index].line, &args, &why), ARGS_BAD);
		if (strncmp(why.text, bad[index].says, strlen(bad[index].says)) != 0)
			fail_msg("'%s' says '%s'", bad[index].line, why.text);
	}
}

static void lateness_in_shares(void **state)
{
	static struct link_late late;

	(void)state;
	for (u32 n = 0; n < 990; n++)
		link_late_add(&late, n < 500 ? 3 * NS_PER_US : 40 * NS_PER_US + 999);
	for (u32 n = 0; n < 10; n++)
		link_late_add(&late, NS_PER_SEC);
	assert_int_equal(late.total, 1000);
	assert_int_equal(link_late_at(&late, 500), 3);
	assert_int_equal(link_late_at(&late, 501), 40);
	assert_int_equal(link_late_at(&late, 990), 40);
	assert_int_equal(link_late_at(&late, 991), LINK_LATE_COUNT - 1);
	assert_int_equal(late.most_ns, NS_PER_SEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_options_it_is_a_cable),
		cmocka_unit_test(every_option_arrives),
		cmocka_unit_test(a_direction_may_differ),
		cmocka_unit_test(values_have_units),
		cmocka_unit_test(a_buffer_by_rate_and_delay),
		cmocka_unit_test(room_by_what_may_be_on_the_way),
		cmocka_unit_test(help_is_help),
		cmocka_unit_test(refusals_name_argument_value_and_remedy),
		cmocka_unit_test(lateness_in_shares),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
