/* From rules of a file to rules of the engine: protocols, types of ICMP, flags of TCP. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "core/filter/filter.h"
#include "core/wire/icmp.h"
#include "core/wire/ip4.h"
#include "core/wire/tcp.h"
#include "host/conf/conf_load.h"
#include "prog/run_filter.h"

static struct conf asked;
static struct conf_marks marks;
static struct conf_errors mistakes;
static struct sluice_conf conf;
static struct run_rules rules;
static struct run_errors errors;

/* The rule that the text of one becomes, which the engine takes. */
static const struct filter_rule_conf *built(const char *rule)
{
	static const char head[] = "interfaces:\n"
				   "  - {name: lan0, side: inside}\n"
				   "  - {name: wan0, side: outside}\n"
				   "filter: {rules: [{action: drop, ";
	struct run_source source = { .conf = &asked };
	struct run_facts facts = { 0 };
	char text[sizeof head + 128];

	snprintf(text, sizeof text, "%s%s}]}\n", head, rule);
	if (!conf_load(text, strlen(text), &asked, &marks, &mistakes))
		fail_msg("%s: %s", rule, mistakes.error[0].text);
	sluice_conf_defaults(&conf);
	run_filter_build(&source, &facts, &conf, &rules, &errors);
	assert_int_equal(errors.count, 0);
	assert_int_equal(conf.filter.rule_count, 1);
	assert_null(filter_conf_wrong(&conf.filter));
	return conf.filter.rule;
}

static void protocols(void **state)
{
	const struct filter_rule_conf *rule = built("protocol: any");

	(void)state;
	assert_int_equal(rule->proto, FILTER_PROTO_ANY);
	assert_false(rule->proto_not);
	assert_int_equal(built("protocol: tcp")->proto, IP_PROTO_TCP);
	assert_int_equal(built("protocol: 255")->proto, 255);
	rule = built("protocol: 0, protocol-not: true");
	assert_int_equal(rule->proto, 0);
	assert_true(rule->proto_not);
}

static void types_of_icmp(void **state)
{
	const struct filter_rule_conf *rule = built("protocol: icmp");

	(void)state;
	assert_false(rule->icmp);
	rule = built("protocol: icmp, icmp: 0");
	assert_true(rule->icmp);
	assert_int_equal(rule->icmp_type, ICMP_ECHO_REPLY);
	assert_int_equal(rule->icmp_code, -1);
	rule = built("protocol: icmp, icmp: unreachable/net");
	assert_true(rule->icmp);
	assert_int_equal(rule->icmp_type, ICMP_UNREACH);
	assert_int_equal(rule->icmp_code, ICMP_UNREACH_NET);
}

static void flags_of_tcp(void **state)
{
	const struct filter_rule_conf *rule = built("protocol: tcp");

	(void)state;
	assert_int_equal(rule->tcp_mask, 0);
	rule = built("protocol: tcp, tcp-flags: [syn, no-ack]");
	assert_int_equal(rule->tcp_mask, TCP_SYN | TCP_ACK);
	assert_int_equal(rule->tcp_flags, TCP_SYN);
	rule = built("protocol: tcp, tcp-flags: [no-fin, rst, no-psh, urg, no-ece, cwr]");
	assert_int_equal(rule->tcp_mask, UINT8_MAX & ~(TCP_SYN | TCP_ACK));
	assert_int_equal(rule->tcp_flags, TCP_RST | TCP_URG | TCP_CWR);
	rule = built("protocol: tcp, tcp-flags: [fin, syn, psh, ack, ece]");
	assert_int_equal(rule->tcp_mask, TCP_FIN | TCP_SYN | TCP_PSH | TCP_ACK | TCP_ECE);
	assert_int_equal(rule->tcp_flags, rule->tcp_mask);
}

/* The refusal stands at what filters, not at whatever the file says before it. */
static void no_memory_has_its_place(void **state)
{
	static const char head[] = "interfaces:\n"
				   "  - {name: lan0, side: inside}\n"
				   "  - {name: wan0, side: outside}\n"
				   "nat: {rules: [{kind: masquerade}]}\n";
	static const char *const cases[][2] = {
		{ "filter: {rules: [{ports: 53, protocol: udp, action: drop}]}", "gw.yaml:5:53:" },
		{ "filter: {forward: drop}", "gw.yaml:5:19:" },
		{ "limits: {filter-sets: 4}\nfilter: {sets: [{name: s, kind: addresses}]}",
		  "gw.yaml:6:24:" },
	};
	struct run_source source = { .conf = &asked, .marks = &marks, .file = "gw.yaml" };
	struct run_facts facts = { .running = true, .address_limit = 64 };

	(void)state;
	for (u32 i = 0; i < ARRAY_COUNT(cases); i++) {
		char text[sizeof head + 128];

		snprintf(text, sizeof text, "%s%s\n", head, cases[i][0]);
		if (!conf_load(text, strlen(text), &asked, &marks, &mistakes))
			fail_msg("%s", mistakes.error[0].text);
		sluice_conf_defaults(&conf);
		errors.count = 0;
		run_filter_build(&source, &facts, &conf, &rules, &errors);
		assert_int_equal(errors.count, 1);
		if (strncmp(errors.text[0], cases[i][1], strlen(cases[i][1])) != 0)
			fail_msg("said '%s'", errors.text[0]);
	}
	errors.count = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(protocols),
		cmocka_unit_test(types_of_icmp),
		cmocka_unit_test(flags_of_tcp),
		cmocka_unit_test(no_memory_has_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
