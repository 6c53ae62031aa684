/* What an address resolves to is for its owner to choose. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tool/resolve.h"

static void names_of_hosts_are_names(void **state)
{
	static const char *const names[] = { "a", "gw-1.example.net", "_srv.Example", "10.in" };

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(names); n++)
		assert_true(resolve_is_name(names[n]));
}

static void what_a_terminal_obeys_is_no_name(void **state)
{
	static const char *const texts[] = { "",	    "\x1b[2Jgw", "gw\n", "a b",
					     ("\x9b" "31mgw"), "g\x7fw",   "g\xc3\xa9" };

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(texts); n++)
		assert_false(resolve_is_name(texts[n]));
}

static void an_address_without_name_is_shown_alone(void **state)
{
	static struct resolver resolver;
	char text[RESOLVE_SHOWN_SIZE];
	struct in_addr addr = { .s_addr = 0x0100000a };

	(void)state;
	resolve_init(&resolver, true);
	assert_string_equal(resolve_show(&resolver, addr, text), "10.0.0.1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_hosts_are_names),
		cmocka_unit_test(what_a_terminal_obeys_is_no_name),
		cmocka_unit_test(an_address_without_name_is_shown_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
