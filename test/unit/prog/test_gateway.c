/* Which gateway is asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "prog/gateway.h"

static void the_option_then_the_environment_then_the_usual(void **state)
{
	(void)state;
	unsetenv("SLUICE_CONTROL");
	assert_string_equal(gateway_path(NULL), "/run/sluice/control.sock");
	assert_string_equal(gateway_path("/a"), "/a");
	setenv("SLUICE_CONTROL", "/b", 1);
	assert_string_equal(gateway_path(NULL), "/b");
	assert_string_equal(gateway_path("/a"), "/a");
	setenv("SLUICE_CONTROL", "", 1);
	assert_string_equal(gateway_path(NULL), "/run/sluice/control.sock");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_option_then_the_environment_then_the_usual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
