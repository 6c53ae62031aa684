/* Help, read back: the shapes that commands print. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "prog/help_read.h"
#include "prog/run_args.h"
#include "prog/show_args.h"
#include "tool/ping_args.h"
#include "tool/trace_args.h"

static struct help help;

static const struct help_option *option(const char *name)
{
	for (u32 i = 0; i < help.option_count; i++) {
		if (strcmp(help.option[i].name, name) == 0)
			return &help.option[i];
	}
	return NULL;
}

static bool word(const char *name)
{
	for (u32 i = 0; i < help.word_count; i++) {
		if (strcmp(help.word[i], name) == 0)
			return true;
	}
	return false;
}

static void commands_that_take_a_file(void **state)
{
	(void)state;
	help_read("x", "sluice x FILE: for a test\n", &help);
	assert_true(help.takes_file);
	help_read("x", "sluice x [FILE]: for a test\n", &help);
	assert_true(help.takes_file);
	help_read("x", "sluice x: for a test\n\n  --pcap FILE   a capture\n", &help);
	assert_false(help.takes_file);
}

static void shapes_of_options(void **state)
{
	(void)state;
	help_read("x",
		  "sluice x: for a test\n"
		  "\n"
		  "  --long VALUE   what it does\n"
		  "  --flag         a switch\n"
		  "  -s bytes       short\n"
		  "  -b, --both n   two names\n"
		  "  --wide a[,b]\n"
		  "                 goes on below\n"
		  "  --last",
		  &help);
	assert_int_equal(help.option_count, 6);
	assert_string_equal(option("--long")->value, "VALUE");
	assert_string_equal(option("--long")->text, "what it does");
	assert_string_equal(option("--flag")->value, "");
	assert_string_equal(option("--flag")->text, "a switch");
	assert_string_equal(option("-s")->value, "bytes");
	assert_string_equal(option("--both")->alias, "-b");
	assert_string_equal(option("--both")->value, "n");
	assert_string_equal(option("--wide")->value, "a[,b]");
	assert_string_equal(option("--last")->value, "");
	assert_int_equal(help.word_count, 0);
	assert_false(help.takes_host);
}

static void words_of_the_command_only(void **state)
{
	(void)state;
	help_read("show",
		  "  sluice show flows --addr\n  sluice show flows\n  sluice showing no\n"
		  "  sluice run other\n  sluice show --json\n  sluice show 4\n  sluice show nat",
		  &help);
	assert_int_equal(help.word_count, 2);
	assert_true(word("flows") && word("nat"));
}

static void places_of_a_usage(void **state)
{
	static const char *const right[][HELP_PLACES_MAX] = {
		{ "add", "SET" }, { "show", "SET" }, { "KEY" }, { "FILE" },
		{ "a", "b", "c", "d" },   { "last" },
	};

	(void)state;
	help_read("x",
		  "  sluice x add SET ELEM... | --file F\n  sluice x show [SET]  explained\n"
		  "  sluice x KEY   one key\n  sluice x FILE -o out.pcap\n  sluice x a b c d e\n"
		  "  sluice x --option VALUE\n  sluice x in.pcap\n  sluice x\n  sluice x [option]\n"
		  "  sluice xy other\n  sluice x last",
		  &help);
	assert_int_equal(help.usage_count, ARRAY_COUNT(right));
	for (u32 i = 0; i < help.usage_count; i++) {
		u32 count = 0;

		for (; count < HELP_PLACES_MAX && right[i][count]; count++)
			assert_string_equal(help.usage[i].place[count], right[i][count]);
		assert_int_equal(help.usage[i].count, count);
	}
	assert_true(help.takes_file);
}

static void what_is_too_long_or_too_much_is_left_out(void **state)
{
	static char text[HELP_OPTIONS_MAX * 64];
	size_t len = 0;

	(void)state;
	for (int i = 0; i < HELP_OPTIONS_MAX + 20; i++)
		len += (size_t)snprintf(text + len, sizeof text - len, "  --%d N  text\n", i);
	for (int i = 0; i < HELP_WORDS_MAX + 20; i++)
		len += (size_t)snprintf(text + len, sizeof text - len, "  sluice x %c%c\n",
					'a' + i / 26, 'a' + i % 26);
	(void)snprintf(text + len, sizeof text - len, "  sluice x %0*d\n", 2 * HELP_NAME_SIZE, 0);
	help_read("x", text, &help);
	assert_int_equal(help.option_count, HELP_OPTIONS_MAX);
	assert_int_equal(help.word_count, HELP_WORDS_MAX);
	text[0] = 0;
	for (int i = 0; i < HELP_USAGES_MAX + 20; i++)
		strcpy(text + strlen(text), "  sluice x again\n");
	help_read("x", text, &help);
	assert_int_equal(help.usage_count, HELP_USAGES_MAX);
	help_read("x", "  --a-name-that-is-longer-than-the-place-for-it VALUE  text", &help);
	assert_int_equal(strlen(help.option[0].name), HELP_NAME_SIZE - 1);
	assert_string_equal(help.option[0].value, "VALUE");
}

static void choices(void **state)
{
	(void)state;
	assert_true(help_is_choice("text|json"));
	assert_false(help_is_choice("A-B|A/LEN"));
	assert_false(help_is_choice("text"));
}

/* The help of the commands themselves. */
static void commands_print_these_shapes(void **state)
{
	static void (*const print[])(FILE *) = { run_args_help, show_args_help, ping_args_help,
						 trace_args_help };
	static const char *const name[] = { "run", "show", "ping", "traceroute" };
	static const char *const has[] = { "--lan", "--addr", "-c", "--max-hops" };
	static const char *const value[] = { "IF[=ADDR/LEN,..]", "A[/L]", "count", "ttl" };

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(print); i++) {
		char *text = NULL;
		size_t size = 0;
		FILE *out = open_memstream(&text, &size);

		print[i](out);
		fclose(out);
		help_read(name[i], text, &help);
		free(text);
		assert_non_null(option(has[i]));
		assert_string_equal(option(has[i])->value, value[i]);
		assert_non_null(option("--help"));
		assert_int_equal(help.takes_host, i >= 2);
		for (u32 j = 0; j < help.option_count; j++)
			assert_true(strlen(help.option[j].name) < HELP_NAME_SIZE - 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_that_take_a_file),
		cmocka_unit_test(shapes_of_options),
		cmocka_unit_test(words_of_the_command_only),
		cmocka_unit_test(places_of_a_usage),
		cmocka_unit_test(what_is_too_long_or_too_much_is_left_out),
		cmocka_unit_test(choices),
		cmocka_unit_test(commands_print_these_shapes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
