/* The command lines of `sluice drain` and `undrain`, and that the gateway understands them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "prog/drain_args.h"

enum { WORDS_MAX = 8 };

static bool parse(enum ctl_do what, const char *line, struct drain_args *args, struct ctl_why *why)
{
	static char text[256];
	char *argv[WORDS_MAX + 1] = { NULL };
	int argc = 1;

	argv[0] = "drain";
	assert_true(strlen(line) < sizeof text);
	memcpy(text, line, strlen(line) + 1);
	for (char *word = strtok(text, " "); word; word = strtok(NULL, " ")) {
		assert_true(argc < WORDS_MAX);
		argv[argc++] = word;
	}
	return drain_args_parse(argc, argv, what, args, why);
}

static struct ctl_action good(enum ctl_do what, const char *line)
{
	struct ctl_request request;
	struct drain_args args;
	struct ctl_why why;

	if (!parse(what, line, &args, &why))
		fail_msg("%s: %s", line, why.text);
	if (!ctl_request_parse(args.request, strlen(args.request), &request, &why))
		fail_msg("%s: %s", args.request, why.text);
	free(args.request);
	assert_int_equal(request.action.what, what);
	return request.action;
}

static void refused(enum ctl_do what, const char *line, const char *part)
{
	struct drain_args args;
	struct ctl_why why;

	if (parse(what, line, &args, &why))
		fail_msg("%s is let through", line);
	if (!strstr(why.text, part))
		fail_msg("%s: said '%s'", line, why.text);
}

static void orders(void **state)
{
	struct ctl_action action = good(CTL_DO_DRAIN, "10.10.0.5:8080 --deadline 5m --service web");

	(void)state;
	assert_string_equal(action.backend, "10.10.0.5:8080");
	assert_string_equal(action.service, "web");
	assert_int_equal(action.deadline_s, 300);
	assert_int_equal(good(CTL_DO_DRAIN, "10.10.0.5").deadline_s, CTL_DRAIN_DEFAULT);
	assert_int_equal(good(CTL_DO_DRAIN, "--deadline 0s 10.10.0.5").deadline_s, 0);
	action = good(CTL_DO_UNDRAIN, "10.10.0.5 --service web");
	assert_string_equal(action.backend, "10.10.0.5");
	assert_string_equal(action.service, "web");
}

static void mistakes(void **state)
{
	(void)state;
	refused(CTL_DO_DRAIN, "", "which backend? As in 'sluice drain");
	refused(CTL_DO_UNDRAIN, "", "which backend? As in 'sluice undrain");
	refused(CTL_DO_DRAIN, "10.10.0.5 10.10.0.6", "10.10.0.6");
	refused(CTL_DO_DRAIN, "10.10.0.5 --deadline soon", "like 60s");
	refused(CTL_DO_DRAIN, "10.10.0.5 --deadline 2d", "to 1d");
	refused(CTL_DO_UNDRAIN, "10.10.0.5 --deadline 5s", "--deadline");
	refused(CTL_DO_DRAIN, "10.10.0.5 --dedline 5s", "--deadline");
	refused(CTL_DO_DRAIN, "1234567890123456789012345678901234567890123456789", "too long");
}

/* It is no backend, and what goes with one does not go with it. */
static void the_gateway_itself(void **state)
{
	(void)state;
	assert_string_equal(good(CTL_DO_DRAIN, "gateway").backend, CTL_DRAIN_GATEWAY);
	assert_string_equal(good(CTL_DO_UNDRAIN, "gateway").backend, CTL_DRAIN_GATEWAY);
	refused(CTL_DO_DRAIN, "gateway --deadline 5s", "--deadline: the gateway");
	refused(CTL_DO_DRAIN, "gateway --service web", "--service: the gateway");
	refused(CTL_DO_UNDRAIN, "gateway --wait", "--wait");
}

/* The deadline of a wait is the client's, not the gateway's. */
static void waiting_for_neighbours(void **state)
{
	struct drain_args args;
	struct ctl_why why;

	(void)state;
	assert_int_equal(good(CTL_DO_DRAIN, "gateway --wait --deadline 5s").deadline_s,
			 CTL_DRAIN_DEFAULT);
	assert_true(parse(CTL_DO_DRAIN, "gateway --wait --flows --deadline 5s", &args, &why));
	assert_true(args.wait && args.flows);
	assert_int_equal(args.wait_s, 5);
	free(args.request);
	assert_true(parse(CTL_DO_DRAIN, "gateway --wait", &args, &why));
	assert_true(args.wait && !args.flows);
	assert_int_equal(args.wait_s, 60);
	free(args.request);
	assert_true(parse(CTL_DO_DRAIN, "gateway", &args, &why));
	assert_false(args.wait);
	free(args.request);
	refused(CTL_DO_DRAIN, "10.10.0.5 --wait", "--wait: is for 'gateway'");
	refused(CTL_DO_DRAIN, "gateway --flows", "--flows: goes with --wait");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_gateway_itself),
		cmocka_unit_test(waiting_for_neighbours),
		cmocka_unit_test(orders),
		cmocka_unit_test(mistakes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
