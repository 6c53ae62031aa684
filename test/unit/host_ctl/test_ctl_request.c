/* Requests over the control socket: what they mean, and what is answered to those that mean
 * nothing.                                                                                       */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "host/ctl/ctl_request.h"

static struct ctl_request good(const char *line)
{
	struct ctl_request request;
	struct ctl_why why;

	if (!ctl_request_parse(line, strlen(line), &request, &why))
		fail_msg("%s: %s", line, why.text);
	return request;
}

static void refused(const char *line, const char *first, const char *second)
{
	struct ctl_request request;
	struct ctl_why why;

	if (ctl_request_parse(line, strlen(line), &request, &why))
		fail_msg("%s: taken", line);
	if (!strstr(why.text, first) || !strstr(why.text, second))
		fail_msg("%s: said '%s'", line, why.text);
}

static void every_show_has_a_name(void **state)
{
	static const char *const names[CTL_SHOW_COUNT] = {
		"flows",
		"nat",
		"ports",
		"backends",
		"subscribers",
		"routes",
		"interfaces",
		"neighbours",
		"drops",
		"counters",
		"memory",
		"rules",
		"sets",
		"zones",
		"sockets",
		"rib",
		"paths",
		"bgp",
		"bgp_peer",
		"bgp_routes",
		"bgp_announced",
		"ospf",
		"ospf_interfaces",
		"ospf_database",
		"ospf_routes",
		"rip",
		"rip_interfaces",
		"rip_neighbours",
		"fpm",
		"bfd",
		"config",
	};

	(void)state;
	for (int i = 0; i < CTL_SHOW_COUNT; i++) {
		char line[64];

		snprintf(line, sizeof line, "{\"version\":1,\"show\":\"%s\"}", names[i]);
		assert_int_equal(good(line).show, i);
	}
}

static void a_peer_is_named(void **state)
{
	(void)state;
	assert_string_equal(good("{\"version\":1,\"show\":\"bgp_routes\",\"filter\":{\"peer\":"
				 "\"north\",\"addr\":\"10.0.0.0/8\"}}")
				    .peer,
			    "north");
	refused("{\"version\":1,\"show\":\"bgp_routes\",\"filter\":{\"peer\":\"\"}}", "filter.peer",
		"show bgp");
	refused("{\"version\":1,\"show\":\"bgp_announced\",\"filter\":{\"peer\":7}}", "filter.peer",
		"string");
	refused("{\"version\":1,\"show\":\"bgp\",\"filter\":{\"peer\":\"north\"}}", "no filter",
		"addr");
	assert_int_equal(
		good("{\"version\":1,\"events\":true,\"filter\":{\"kind\":\"routing\"}}").kinds,
		CTL_KIND_ROUTING);
}

static void all_filters_of_flows(void **state)
{
	struct ctl_request request = good(
		"{\"version\":1,\"show\":\"flows\",\"filter\":{\"addr\":\"10.0.0.0/8\","
		"\"port\":80,\"proto\":\"tcp\",\"state\":\"established\",\"unanswered\":true,"
		"\"limit\":7,\"count\":true}}");
	struct sluice_flow_filter filter = ctl_request_filter(&request);

	(void)state;
	assert_int_equal(be32_host(filter.addr), 0x0a000000);
	assert_int_equal(filter.addr_len, 8);
	assert_int_equal(filter.port, 80);
	assert_int_equal(filter.proto, 6);
	assert_true(filter.unanswered_only);
	assert_string_equal(filter.state, "established");
	assert_int_equal(request.limit, 7);
	assert_true(request.count_only);
}

static void each_end_of_a_socket(void **state)
{
	struct ctl_request request = good(
		"{\"version\":1,\"show\":\"sockets\",\"filter\":{\"src\":\"10.0.0.0/8\","
		"\"sport\":\"80\",\"dst\":\"198.18.0.2\",\"dport\":\"1024-65535\"}}");

	(void)state;
	assert_int_equal(be32_host(request.local.addr), 0x0a000000);
	assert_int_equal(request.local.port_last, 80);
	assert_int_equal(request.remote.addr_len, 32);
	assert_int_equal(request.remote.port_first, 1024);
	assert_int_equal(request.remote.port_last, 65535);
	refused("{\"version\":1,\"show\":\"sockets\",\"filter\":{\"sport\":80}}", "filter.sport",
		"string");
	refused("{\"version\":1,\"show\":\"sockets\",\"filter\":{\"dport\":\"70000\"}}",
		"filter.dport \"70000\"", "65535");
	refused("{\"version\":1,\"show\":\"sockets\",\"filter\":{\"src\":\"10.0.0.1/8\"}}",
		"filter.src \"10.0.0.1/8\"", "beyond");
	refused("{\"version\":1,\"show\":\"flows\",\"filter\":{\"sport\":\"80\"}}",
		"no filter \"sport\"", "port");
}

static void a_zone_is_named(void **state)
{
	(void)state;
	assert_string_equal(
		good("{\"version\":1,\"show\":\"routes\",\"filter\":{\"zone\":\"blue\"}}").zone,
		"blue");
	refused("{\"version\":1,\"show\":\"nat\",\"filter\":{\"zone\":\"\"}}", "filter.zone",
		"show zones");
	refused("{\"version\":1,\"show\":\"nat\",\"filter\":{\"zone\":7}}", "filter.zone",
		"string");
	refused("{\"version\":1,\"show\":\"ports\",\"filter\":{\"zone\":\"blue\"}}",
		"no filter \"zone\"", "addr");
	refused("{\"version\":1,\"show\":\"memory\",\"filter\":{\"zone\":\"blue\"}}",
		"no filter \"zone\"", "it has limit, count");
}

static void chains_and_names(void **state)
{
	struct ctl_request request = good(
		"{\"version\":1,\"show\":\"rules\",\"filter\":{\"chain\":\"forward\"}}");

	(void)state;
	assert_true(request.by_chain);
	assert_int_equal(request.chain, FILTER_FORWARD);
	assert_false(good("{\"version\":1,\"show\":\"rules\"}").by_chain);
	assert_string_equal(
		good("{\"version\":1,\"show\":\"drops\",\"filter\":{\"name\":\"nat\"}}").name,
		"nat");
	refused("{\"version\":1,\"show\":\"rules\",\"filter\":{\"chain\":\"forwards\"}}",
		"filter.chain \"forwards\"", "input, forward or output");
	refused("{\"version\":1,\"show\":\"rules\",\"filter\":{\"chain\":1}}", "filter.chain",
		"string");
	refused("{\"version\":1,\"show\":\"sets\",\"filter\":{\"chain\":\"input\"}}",
		"no filter \"chain\"", "set");
	refused("{\"version\":1,\"show\":\"drops\",\"filter\":{\"name\":\"\"}}", "filter.name",
		"as it is shown");
	refused("{\"version\":1,\"show\":\"drops\",\"filter\":{\"name\":"
		"\"a-name-longer-than-those-of-counters\"}}",
		"filter.name", "as it is shown");
}

static void no_filter_is_any(void **state)
{
	struct ctl_request request = good("{\"version\":1,\"show\":\"flows\",\"filter\":{}}");
	struct sluice_flow_filter filter = ctl_request_filter(&request);

	(void)state;
	assert_null(filter.state);
	assert_int_equal(filter.addr_len, 0);
	assert_int_equal(request.limit, 0);
	assert_false(request.count_only || request.all);
}

static void protocols(void **state)
{
	u8 proto = 0;

	(void)state;
	assert_true(ctl_parse_proto("udp", &proto));
	assert_int_equal(proto, 17);
	assert_true(ctl_parse_proto("132", &proto));
	assert_int_equal(proto, 132);
	assert_false(ctl_parse_proto("0", &proto));
	assert_false(ctl_parse_proto("256", &proto));
	assert_false(ctl_parse_proto("-1", &proto));
	assert_false(ctl_parse_proto("tcpx", &proto));
	assert_false(ctl_parse_proto("", &proto));
}

static void prefixes(void **state)
{
	be32 addr;
	u8 len;

	(void)state;
	assert_true(ctl_parse_prefix("10.0.0.1", &addr, &len));
	assert_int_equal(len, 32);
	assert_true(ctl_parse_prefix("0.0.0.0/0", &addr, &len));
	assert_int_equal(len, 0);
	assert_false(ctl_parse_prefix("10.0.0.1/8", &addr, &len));
	assert_false(ctl_parse_prefix("10.0.0.0/", &addr, &len));
	assert_false(ctl_parse_prefix("10.0.0.0/33", &addr, &len));
	assert_false(ctl_parse_prefix("10.0.0.0/+8", &addr, &len));
	assert_false(ctl_parse_prefix("::1", &addr, &len));
}

static void what_is_wrong_is_named(void **state)
{
	(void)state;
	refused("", "no JSON", "");
	refused("{\"version\":1", "no JSON", "column");
	refused("[]", "object", "\"show\"");
	refused("7", "no JSON", "");
	refused("{\"show\":\"flows\"}", "\"version\"", "1");
	refused("{\"version\":2,\"show\":\"flows\"}", "\"version\"", "1");
	refused("{\"version\":1}", "\"show\" is missing", "flows, nat");
	refused("{\"version\":1,\"show\":7}", "\"show\"", "memory");
	refused("{\"version\":1,\"show\":\"flow\"}", "\"flow\"", "flows, nat");
	refused("{\"version\":1,\"show\":\"flows\",\"fliter\":{}}", "\"fliter\"", "filter");
	refused("{\"version\":1,\"show\":\"flows\",\"filter\":[]}", "\"filter\"", "object");
	refused("{\"version\":1,\"version\":1,\"show\":\"flows\"}", "no JSON", "duplicate");
	refused("{\"version\":1,\"show\":\"flows\",\"filter\":{\"adr\":\"1.2.3.4\"}}", "\"adr\"",
		"addr, port, icmp_id, proto, state, unanswered, limit, count");
	refused("{\"version\":1,\"show\":\"routes\",\"filter\":{\"port\":4}}", "\"port\"",
		"addr, limit, count");
	refused("{\"version\":1,\"show\":\"flows\",\"filter\":{\"addr\":4}}", "filter.addr",
		"10.0.0.0/8");
	refused("{\"version\":1,\"show\":\"flows\",\"filter\":{\"addr\":\"10.0.0.1/8\"}}",
		"10.0.0.1/8", "beyond");
	refused("{\"version\":1,\"show\":\"flows\",\"filter\":{\"port\":65536}}", "filter.port",
		"65535");
	refused("{\"version\":1,\"show\":\"flows\",\"filter\":{\"port\":\"80\"}}", "filter.port",
		"number");
	refused("{\"version\":1,\"show\":\"flows\",\"filter\":{\"icmp_id\":65536}}",
		"filter.icmp_id", "from 0 to 65535");
	refused("{\"version\":1,\"show\":\"flows\",\"filter\":{\"proto\":\"sctpp\"}}", "sctpp",
		"icmp");
	refused("{\"version\":1,\"show\":\"flows\",\"filter\":{\"limit\":0}}", "filter.limit", "1");
	refused("{\"version\":1,\"show\":\"flows\",\"filter\":{\"count\":1}}", "filter.count",
		"true");
	refused("{\"version\":1,\"show\":\"flows\",\"filter\":{\"state\":\"\"}}", "filter.state",
		"show flows");
	refused("{\"version\":1,\"show\":\"flows\",\"filter\":{\"state\":"
		"\"a-state-with-a-name-longer-than-any\"}}",
		"filter.state", "a-state");
}

static void actions(void **state)
{
	struct ctl_request request = good("{\"version\":1,\"do\":\"apply\",\"bytes\":41943040,"
					  "\"config\":9,\"name\":\"gw.yaml\",\"confirm_s\":86400}");

	(void)state;
	assert_int_equal(request.action.what, CTL_DO_APPLY);
	assert_int_equal(request.action.text_bytes, CTL_TEXT_MAX);
	assert_int_equal(request.action.config_bytes, 9);
	assert_int_equal(request.action.confirm_s, CTL_CONFIRM_MAX_S);
	assert_string_equal(request.action.name, "gw.yaml");
	for (int i = CTL_DO_STATUS; i < CTL_DO_COUNT; i++) {
		char line[96];

		snprintf(line, sizeof line, "{\"version\":1,\"do\":\"%s\"%s%s%s}",
			 ctl_do_name((enum ctl_do)i),
			 ctl_do_has_text((enum ctl_do)i) ? ",\"bytes\":1" : "",
			 i == CTL_DO_APPLY                          ? ",\"confirm_s\":1"
			 : i == CTL_DO_DRAIN || i == CTL_DO_UNDRAIN ? ",\"backend\":\"10.0.0.1\""
								    : "",
			 ctl_do_is_set((enum ctl_do)i) ? ",\"set\":\"bad\"" : "");
		assert_int_equal(good(line).action.what, i);
	}
	assert_int_equal(good("{\"version\":1,\"show\":\"nat\"}").action.what, CTL_DO_NOTHING);
}

/* One of the shows is none of the engine. */
static void the_configuration_is_an_action(void **state)
{
	struct ctl_request request = good("{\"version\":1,\"show\":\"config\"}");

	(void)state;
	assert_int_equal(request.action.what, CTL_DO_CONFIG);
	assert_false(request.action.all);
	request = good("{\"version\":1,\"show\":\"config\",\"filter\":{\"all\":true}}");
	assert_true(request.action.all);
	refused("{\"version\":1,\"show\":\"config\",\"filter\":{\"limit\":1}}", "no filter", "all");
	refused("{\"version\":1,\"do\":\"config\"}", "is not one of", "status");
}

static void actions_about_backends(void **state)
{
	struct ctl_request request = good("{\"version\":1,\"do\":\"drain\",\"backend\":"
					  "\"10.0.0.5:8080\",\"service\":\"web\","
					  "\"deadline_s\":0}");

	(void)state;
	assert_int_equal(request.action.what, CTL_DO_DRAIN);
	assert_string_equal(request.action.backend, "10.0.0.5:8080");
	assert_string_equal(request.action.service, "web");
	assert_int_equal(request.action.deadline_s, 0);
	request = good("{\"version\":1,\"do\":\"undrain\",\"backend\":\"10.0.0.5\"}");
	assert_int_equal(request.action.what, CTL_DO_UNDRAIN);
	assert_int_equal(request.action.deadline_s, CTL_DRAIN_DEFAULT);
	assert_string_equal(request.action.service, "");
	request = good("{\"version\":1,\"do\":\"drain\",\"backend\":\"gateway\",\"look\":true}");
	assert_true(request.action.look);
	refused("{\"version\":1,\"do\":\"undrain\",\"backend\":\"gateway\",\"look\":true}",
		"look", "drain");
	refused("{\"version\":1,\"do\":\"drain\"}", "drain needs", "backend");
	refused("{\"version\":1,\"do\":\"drain\",\"backend\":5}", "\"backend\"", "names");
	refused("{\"version\":1,\"do\":\"drain\",\"backend\":\"\"}", "drain needs", "backend");
	refused("{\"version\":1,\"do\":\"drain\",\"backend\":\"a\",\"deadline_s\":86401}",
		"deadline_s", "86400");
	refused("{\"version\":1,\"do\":\"drain\",\"backend\":\"a\",\"deadline_s\":-1}",
		"deadline_s", "86400");
	refused("{\"version\":1,\"do\":\"undrain\",\"backend\":\"a\",\"deadline_s\":1}",
		"deadline_s", "drain");
	refused("{\"version\":1,\"do\":\"drain\",\"backend\":\"a\",\"bytes\":5}", "\"bytes\"",
		"backend");
	refused("{\"version\":1,\"do\":\"drain\",\"backend\":"
		"\"123456789012345678901234567890123456789012345678\"}",
		"\"backend\"", "names");
	refused("{\"version\":1,\"do\":\"drain\",\"backend\":\"a\\nb\"}", "\"backend\"", "names");
}

static void actions_that_mean_nothing(void **state)
{
	(void)state;
	refused("{\"version\":1,\"do\":\"relaod\"}", "relaod", "reload");
	refused("{\"version\":1,\"do\":\"\"}", "\"\"", "reload");
	refused("{\"version\":1,\"do\":7}", "not one of", "rollback");
	refused("{\"version\":2,\"do\":\"status\"}", "\"version\"", "1");
	refused("{\"version\":1,\"do\":\"reload\"}", "reload needs", "bytes");
	refused("{\"version\":1,\"do\":\"apply\",\"bytes\":5}", "apply needs", "confirm_s");
	refused("{\"version\":1,\"do\":\"reload\",\"bytes\":0}", "\"bytes\"", "41943040");
	refused("{\"version\":1,\"do\":\"reload\",\"bytes\":41943041}", "\"bytes\"", "41943040");
	refused("{\"version\":1,\"do\":\"reload\",\"bytes\":5,\"confirm_s\":5}", "confirm_s",
		"apply");
	refused("{\"version\":1,\"do\":\"apply\",\"bytes\":5,\"confirm_s\":86401}", "confirm_s",
		"86400");
	refused("{\"version\":1,\"do\":\"reload\",\"bytes\":5,\"config\":6}", "\"config\"",
		"more than");
	refused("{\"version\":1,\"do\":\"set-add\",\"bytes\":5}", "set-add needs", "\"set\"");
	refused("{\"version\":1,\"do\":\"set-add\",\"set\":\"a\"}", "set-add needs", "bytes");
	refused("{\"version\":1,\"do\":\"set-add\",\"set\":\"\",\"bytes\":5}", "\"set\"",
		"takes set");
	refused("{\"version\":1,\"do\":\"set-add\",\"set\":"
		"\"a-name-that-is-longer-than-any-set's\",\"bytes\":5}",
		"\"set\"", "takes set");
	refused("{\"version\":1,\"do\":\"set-flush\",\"set\":\"a\",\"bytes\":5}", "\"bytes\"",
		"unless it is flush");
	refused("{\"version\":1,\"do\":\"set-test\",\"set\":\"a\",\"bytes\":5,\"name\":\"b\"}",
		"\"name\"", "takes set");
	refused("{\"version\":1,\"show\":\"sets\",\"filter\":{\"set\":\"\"}}", "filter.set",
		"show sets");
	refused("{\"version\":1,\"do\":\"confirm\",\"bytes\":5}", "\"bytes\"", "nothing");
	refused("{\"version\":1,\"do\":\"status\",\"show\":\"nat\"}", "\"show\"", "nothing");
	refused("{\"version\":1,\"do\":\"diff\",\"bytes\":5,\"name\":\"a\\nb\"}", "\"name\"",
		"name");
}

static void longer_than_allowed(void **state)
{
	static char line[CTL_REQUEST_MAX + 2];
	struct ctl_request request;
	struct ctl_why why;

	(void)state;
	memset(line, ' ', sizeof line);
	memcpy(line, "{\"version\":1,\"show\":\"nat\"}", 26);
	assert_true(ctl_request_parse(line, CTL_REQUEST_MAX, &request, &why));
	assert_false(ctl_request_parse(line, CTL_REQUEST_MAX + 1, &request, &why));
	assert_non_null(strstr(why.text, "4096"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_show_has_a_name),
		cmocka_unit_test(a_peer_is_named),
		cmocka_unit_test(all_filters_of_flows),
		cmocka_unit_test(each_end_of_a_socket),
		cmocka_unit_test(a_zone_is_named),
		cmocka_unit_test(chains_and_names),
		cmocka_unit_test(no_filter_is_any),
		cmocka_unit_test(protocols),
		cmocka_unit_test(prefixes),
		cmocka_unit_test(what_is_wrong_is_named),
		cmocka_unit_test(actions),
		cmocka_unit_test(the_configuration_is_an_action),
		cmocka_unit_test(actions_about_backends),
		cmocka_unit_test(actions_that_mean_nothing),
		cmocka_unit_test(longer_than_allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
