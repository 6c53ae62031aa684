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

static const char *const SERVICES =
	"\"services\":[{\"service\":\"web\",\"addr\":\"198.18.0.1\",\"proto\":\"tcp\","
	"\"port_first\":80,\"port_last\":89,\"backends\":2,\"up\":1,\"flows\":8,\"made\":%u,"
	"\"refused\":17},{\"service\":\"dns\",\"addr\":\"198.18.0.1\",\"proto\":\"any\","
	"\"port_first\":0,\"port_last\":0,\"backends\":1,\"up\":1,\"flows\":90,\"made\":90}]";

/* Backends of web and of dns, that made so many flows. */
static void take_backends(struct top_view *view, u32 first, u32 second, u32 other)
{
	char services[512], text[1024];

	snprintf(services, sizeof services, SERVICES, first + second);
	snprintf(text, sizeof text,
		 "{\"backends\":[{\"service\":\"web\",\"addr\":\"10.10.0.5\",\"port\":8080,"
		 "\"state\":\"draining\",\"flows\":7,\"made\":%u},{\"service\":\"web\","
		 "\"addr\":\"10.10.0.6\",\"port\":8080,\"state\":\"up\",\"flows\":1,"
		 "\"made\":%u},{\"service\":\"dns\",\"addr\":\"10.10.0.5\",\"port\":0,"
		 "\"state\":\"up\",\"flows\":90,\"made\":%u}],%s}",
		 first, second, other, services);
	take(top_take_backends, view, text);
}

static const char *row_of(const struct top_view *view, const char *begin)
{
	return view->line[line_of(view, begin)];
}

static void backends_below_their_service(void **state)
{
	struct top_view *view = view_new();
	u32 web;

	(void)state;
	top_layout(view, 60);
	for (u32 i = 0; i < view->line_count; i++)
		assert_null(strstr(view->line[i], "SERVICE"));
	top_begin_look(view, 5 * NS_PER_SEC);
	take_backends(view, 100, 20, 90);
	top_layout(view, 60);
	web = line_of(view, "web  tcp 198.18.0.1:80-89 ");
	assert_non_null(strstr(view->line[web], " 1 of 2 up "));
	assert_non_null(strstr(view->line[web], " 8          -         17"));
	assert_int_equal(line_of(view, "  10.10.0.5:8080 "), web + 1);
	assert_int_equal(line_of(view, "  10.10.0.6:8080 "), web + 2);
	assert_non_null(strstr(view->line[web + 1], " draining              7          -"));
	assert_int_equal(line_of(view, "dns  any 198.18.0.1 "), web - 2); /* has more flows */
	assert_int_equal(line_of(view, "  10.10.0.5  "), web - 1);
	free(view);
}

/* Flows a second are those of the time between two looks, whatever --interval says. */
static void new_flows_of_backends_have_a_rate(void **state)
{
	struct top_view *view = view_new();

	(void)state;
	top_begin_look(view, 5 * NS_PER_SEC);
	take_backends(view, 100, 20, 90);
	top_begin_look(view, 9 * NS_PER_SEC);
	take_backends(view, 110, 1020, 90);
	view->order = TOP_BY_NEW;
	top_layout(view, 60);
	assert_true(line_of(view, "web ") < line_of(view, "dns "));
	assert_true(line_of(view, "  10.10.0.6:8080 ") < line_of(view, "  10.10.0.5:8080 "));
	assert_non_null(strstr(row_of(view, "  10.10.0.6:8080 "), "      250"));
	assert_non_null(strstr(row_of(view, "  10.10.0.5:8080 "), "      2.5"));
	assert_non_null(strstr(row_of(view, "  10.10.0.5  "), "      0.0"));
	assert_non_null(strstr(row_of(view, "web "), "      252 "));
	/* Its counters began again. */
	top_begin_look(view, 11 * NS_PER_SEC);
	take_backends(view, 4, 1020, 90);
	top_layout(view, 60);
	assert_non_null(strstr(row_of(view, "  10.10.0.5:8080 "), "      2.0"));
	/* Who is new has no rate yet; a service of the same name elsewhere is another one. */
	top_begin_look(view, 12 * NS_PER_SEC);
	take(top_take_backends, view,
	     "{\"backends\":[{\"service\":\"web\",\"addr\":\"10.10.0.7\",\"made\":9}],"
	     "\"services\":[{\"service\":\"web\",\"proto\":\"udp\",\"made\":3}]}");
	top_layout(view, 60);
	assert_non_null(strstr(row_of(view, "  10.10.0.7 "), "      -"));
	assert_non_null(strstr(row_of(view, "web "), "      - "));
	for (u32 i = 0; i < view->line_count; i++)
		assert_null(strstr(view->line[i], "10.10.0.5"));
	free(view);
}

/* The chosen list gets what the others leave, none of which takes more than a fifth. */
static void the_chosen_list_gets_the_room(void **state)
{
	struct top_view *view = view_new();
	char text[64 * 80] = "{\"top\":[";

	(void)state;
	for (u32 n = 0; n < 60; n++)
		snprintf(text + strlen(text), sizeof text - strlen(text),
			 "%s{\"addr\":\"10.0.1.%u\",\"flows\":1}", n ? "," : "", n);
	snprintf(text + strlen(text), sizeof text - strlen(text), "],\"hosts\":60}");
	take(top_take_hosts, view, text);
	take_backends(view, 1, 2, 3);
	top_layout(view, 20);
	assert_int_equal(line_of(view, "SERVICE"), 13); /* behind are 3 lines and 2 and 2 */
	assert_int_equal(view->line_count, 20);
	view->list = TOP_LIST_BACKENDS;
	top_layout(view, 20);
	assert_int_equal(line_of(view, "SERVICE"), 5);
	assert_int_equal(line_of(view, "DROPPED"), 14);
	(void)line_of(view, "  10.10.0.6:8080 ");
	free(view);
}

/* More than a gateway has. */
static void too_many_backends(void **state)
{
	struct top_view *view = view_new();
	json_t *answer = json_pack("{s:[], s:[]}", "backends", "services");

	(void)state;
	for (u32 n = 0; n < TOP_BACKENDS_MAX + 9; n++)
		json_array_append_new(json_object_get(answer, "backends"),
				      json_pack("{s:s, s:i}", "service", "web", "made", n));
	for (u32 n = 0; n < TOP_SERVICES_MAX + 9; n++)
		json_array_append_new(json_object_get(answer, "services"),
				      json_pack("{s:s, s:i}", "service", "web", "made", n));
	top_take_backends(view, answer);
	assert_int_equal(view->backend_count, TOP_BACKENDS_MAX);
	assert_int_equal(view->service_count, TOP_SERVICES_MAX);
	top_layout(view, TOP_LINES_MAX);
	assert_true(view->line_count <= TOP_LINES_MAX);
	json_decref(answer);
	free(view);
}

/* Few lines: hosts give way to the rest, and nothing is written behind the last one. */
static void few_lines(void **state)
{
	struct top_view *view = view_new();

	(void)state;
	for (u32 lines = 1; lines < 30; lines++) {
		view->list = lines % 2 ? TOP_LIST_HOSTS : TOP_LIST_BACKENDS;
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
		cmocka_unit_test(backends_below_their_service),
		cmocka_unit_test(new_flows_of_backends_have_a_rate),
		cmocka_unit_test(the_chosen_list_gets_the_room),
		cmocka_unit_test(too_many_backends),
		cmocka_unit_test(few_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
