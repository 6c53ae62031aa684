/* The lines of `sluice top`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <stdio.h>

#include "prog/top_view.h"

static void take(void (*fn)(struct top_view *, json_t *), struct top_view *view, const char *text)
{
	json_t *answer = json_loads(text, 0, NULL);

	assert_non_null(answer);
	fn(view, answer);
	json_decref(answer);
}

static struct top_view *view_new(void)
{
	struct top_view *view = calloc(1, sizeof *view);

	assert_non_null(view);
	take(top_take_hosts, view,
	     "{\"top\":[{\"addr\":\"10.0.0.1\",\"flows\":5,\"ports\":1,\"bytes\":900},"
	     "{\"addr\":\"10.0.0.2\",\"flows\":9,\"ports\":0,\"bytes\":20480000},"
	     "{\"addr\":\"10.0.0.3\",\"flows\":7,\"ports\":8,\"bytes\":7}],\"hosts\":40}");
	return view;
}

static u32 line_of(const struct top_view *view, const char *begin)
{
	for (u32 i = 0; i < view->line_count; i++) {
		if (strncmp(view->line[i], begin, strlen(begin)) == 0)
			return i;
	}
	fail_msg("no line begins with %s", begin);
	return 0;
}

static void hosts_are_sorted(void **state)
{
	struct top_view *view = view_new();

	(void)state;
	top_layout(view, 60);
	assert_non_null(strstr(view->line[0], "hosts 40, by flows"));
	assert_true(line_of(view, "10.0.0.2 ") < line_of(view, "10.0.0.3 "));
	assert_true(line_of(view, "10.0.0.3 ") < line_of(view, "10.0.0.1 "));
	assert_non_null(strstr(view->line[line_of(view, "10.0.0.2 ")], "19.5M"));
	view->order = TOP_BY_PORTS;
	top_layout(view, 60);
	assert_true(line_of(view, "10.0.0.3 ") < line_of(view, "10.0.0.1 "));
	assert_true(line_of(view, "10.0.0.1 ") < line_of(view, "10.0.0.2 "));
	free(view);
}

/* A host that holds little but begins much is shown, too. */
static void new_flows_come_from_events(void **state)
{
	struct top_view *view = view_new();

	(void)state;
	for (u32 n = 0; n < 30; n++)
		take(top_take_event, view, "{\"event\":\"new\",\"orig\":{\"src\":\"10.0.0.9\"}}");
	take(top_take_event, view, "{\"event\":\"update\",\"orig\":{\"src\":\"10.0.0.1\"}}");
	take(top_take_event, view, "{\"event\":\"skipped\",\"count\":4}");
	view->order = TOP_BY_NEW;
	top_layout(view, 60);
	assert_int_equal(line_of(view, "10.0.0.9 "), 2);
	assert_non_null(strstr(view->line[2], " 30 "));
	assert_non_null(strstr(view->line[0], "not all new flows were heard"));
	top_forget_new(view);
	take(top_take_hosts, view, "{\"top\":[],\"hosts\":0}");
	top_layout(view, 60);
	assert_null(strstr(view->line[0], "not all"));
	free(view);
}

/* One address in two zones is two hosts; who has no zones sees none. */
static void hosts_of_zones(void **state)
{
	struct top_view *view = view_new();
	u32 blue, red;

	(void)state;
	top_layout(view, 60);
	assert_null(strstr(view->line[1], "ZONE"));
	assert_null(strstr(view->line[2], "none"));
	take(top_take_hosts, view,
	     "{\"top\":[{\"addr\":\"10.0.0.1\",\"zone\":\"blue\",\"flows\":5},"
	     "{\"addr\":\"10.0.0.1\",\"zone\":\"none\",\"flows\":1},"
	     "{\"addr\":\"10.0.0.1\",\"zone\":\"red\",\"flows\":9}],\"hosts\":3}");
	for (u32 n = 0; n < 30; n++)
		take(top_take_event, view,
		     "{\"event\":\"new\",\"zone\":\"blue\",\"orig\":{\"src\":\"10.0.0.1\"}}");
	take(top_take_event, view,
	     "{\"event\":\"new\",\"zone\":\"green\",\"orig\":{\"src\":\"10.0.0.1\"}}");
	top_layout(view, 60);
	assert_non_null(strstr(view->line[1], "HOST             ZONE "));
	blue = line_of(view, "10.0.0.1         blue ");
	red = line_of(view, "10.0.0.1         red ");
	assert_true(red < blue);
	assert_non_null(strstr(view->line[blue], " 30 "));
	assert_null(strstr(view->line[red], " 30 "));
	assert_true(blue < line_of(view, "10.0.0.1         none "));
	assert_non_null(strstr(view->line[line_of(view, "10.0.0.1         green ")], " 1 "));
	free(view);
}

static void destinations_and_drops(void **state)
{
	struct top_view *view = view_new();

	(void)state;
	take(top_take_dests, view,
	     "{\"destinations\":[{\"proto\":\"tcp\",\"dst\":\"9.9.9.9\",\"dport\":443,"
	     "\"public_addr\":\"1.1.1.1\",\"left\":500,\"used\":9},{\"proto\":\"udp\",\"dst\":"
	     "\"8.8.8.8\",\"dport\":53,\"public_addr\":\"1.1.1.1\",\"left\":3,\"used\":7},"
	     "{\"proto\":\"icmp\",\"dst\":\"7.7.7.7\",\"icmp_type\":8,\"public_addr\":\"1.1.1.1\","
	     "\"left\":9,\"used\":9}]}");
	take(top_take_drops, view,
	     "{\"drops\":[{\"name\":\"a\",\"sentence\":\"one\",\"count\":1000},"
	     "{\"name\":\"b\",\"sentence\":\"two\",\"count\":5}]}");
	top_layout(view, 60); /* the first look: what was before is not now */
	assert_non_null(strstr(view->line[line_of(view, "a ")], " 0       1000"));
	take(top_take_drops, view,
	     "{\"drops\":[{\"name\":\"a\",\"sentence\":\"one\",\"count\":1000},"
	     "{\"name\":\"b\",\"sentence\":\"two\",\"count\":9}]}");
	top_layout(view, 60);
	assert_true(line_of(view, "udp 8.8.8.8:53") < line_of(view, "tcp 9.9.9.9:443"));
	(void)line_of(view, "icmp 7.7.7.7 type 8");
	assert_true(line_of(view, "b ") < line_of(view, "a ")); /* what is dropped now */
	assert_non_null(strstr(view->line[line_of(view, "b ")], " 4 "));
	free(view);
}

/* Few lines: hosts give way to the rest, and nothing is written behind the last one. */
static void few_lines(void **state)
{
	struct top_view *view = view_new();

	(void)state;
	for (u32 lines = 1; lines < 30; lines++) {
		top_layout(view, lines);
		assert_true(view->line_count <= lines);
		assert_true(view->line_count > 0);
	}
	free(view);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts_are_sorted),
		cmocka_unit_test(new_flows_come_from_events),
		cmocka_unit_test(hosts_of_zones),
		cmocka_unit_test(destinations_and_drops),
		cmocka_unit_test(few_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
