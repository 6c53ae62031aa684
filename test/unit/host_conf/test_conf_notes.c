/* What is noted of configurations that are good. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "host/conf/conf_load.h"
#include "host/conf/conf_notes.h"

enum { PING = 1, TRACE = 2, WEB = 4, MAIL = 8 };

static struct conf conf;
static struct conf_marks marks;
static struct conf_errors errors;
static struct conf_notes notes;

#define SERVICES                                                                                   \
	"services:\n"                                                                              \
	"  - {name: web, interface: b, ports: 443, check: {kind: http, port: 8080}, "              \
	"backends: [{address: 10.1.0.5}, {address: 10.1.0.6}]}\n"                                  \
	"  - {name: mail, interface: b, ports: 25, check: {kind: icmp}, "                          \
	"backends: [{address: 10.1.0.7}]}\n"                                                       \
	"  - {name: dns, interface: b, ports: 53, backends: [{address: 10.1.0.8}]}\n"

static bool is_noted(const char *word)
{
	for (u32 i = 0; i < notes.count; i++) {
		if (strstr(notes.text[i], word))
			return true;
	}
	return false;
}

/* Which notes there are with this policy and these rules, one a line of YAML. */
static unsigned noted(const char *policy, const char *rules)
{
	char text[4096];
	unsigned all = 0;

	snprintf(text, sizeof text,
		 "interfaces: [{name: a, side: inside}, {name: b, side: outside}]\n"
		 "nat: {rules: [{}]}\n%sfilter:\n  input: %s\n%s%s",
		 SERVICES, policy, *rules ? "  rules:\n" : "", rules);
	if (!conf_load(text, strlen(text), &conf, &marks, &errors))
		fail_msg("%s: %s", text, errors.error[0].text);
	conf_notes(&conf, &notes);
	all |= is_noted("no ping") ? PING : 0;
	all |= is_noted("traceroute") ? TRACE : 0;
	all |= is_noted("'web'") ? WEB : 0;
	all |= is_noted("'mail'") ? MAIL : 0;
	return all;
}

#define RULE(rest) "    - {chain: input, action: accept" rest "}\n"

static void a_policy_cuts_off(void **state)
{
	(void)state;
	assert_int_equal(noted("accept", ""), 0);
	assert_int_equal(noted("drop", ""), PING | TRACE | WEB | MAIL);
	assert_int_equal(noted("reject", ""), PING | WEB | MAIL);
	assert_int_equal(noted("drop", RULE(", states: [established, related]")), PING | TRACE);
	assert_int_equal(noted("drop", "    - {action: accept}\n"), PING | TRACE | WEB | MAIL);
	assert_int_equal(noted("drop", "    - {chain: input, action: drop}\n"),
			 PING | TRACE | WEB | MAIL);
	assert_int_equal(noted("drop", RULE("")), 0);
}

static void rules_let_in(void **state)
{
	(void)state;
	assert_int_equal(noted("drop", RULE(", protocol: icmp")), TRACE | WEB);
	assert_int_equal(noted("drop", RULE(", protocol: icmp, icmp: echo-request")),
			 TRACE | WEB | MAIL);
	assert_int_equal(noted("drop", RULE(", protocol: icmp, protocol-not: true")), PING | MAIL);
	assert_int_equal(noted("drop", RULE(", states: new, protocol: icmp")), TRACE | WEB | MAIL);
	assert_int_equal(noted("drop", RULE(", protocol: udp, ports: 33434-33534")),
			 PING | WEB | MAIL);
	assert_int_equal(noted("drop", RULE(", protocol: udp, source-ports: 53")),
			 PING | TRACE | WEB | MAIL);
	assert_int_equal(noted("drop", RULE(", protocol: udp, ports: 53")),
			 PING | TRACE | WEB | MAIL);
	assert_int_equal(noted("drop", RULE(", ports: 53, ports-not: true")), PING | MAIL);
	assert_int_equal(noted("drop", "    - {chain: input, protocol: udp, action: reject}\n"),
			 PING | WEB | MAIL);
}

static void rules_let_answers_in(void **state)
{
	(void)state;
	assert_int_equal(
		noted("drop", RULE(", states: established, protocol: tcp, tcp-flags: [ack]")),
		PING | TRACE | MAIL);
	/* Answers are of flows that the gateway has begun. */
	assert_int_equal(noted("drop", RULE(", states: [new, untracked]")), WEB | MAIL);
	assert_int_equal(noted("drop", RULE(", protocol: tcp, tcp-flags: [no-ack]")),
			 PING | TRACE | WEB | MAIL);
	assert_int_equal(noted("drop", RULE(", protocol: tcp, source-ports: 8080")),
			 PING | TRACE | MAIL);
	assert_int_equal(noted("drop", RULE(", protocol: tcp, source-ports: 443")),
			 PING | TRACE | WEB | MAIL);
	/* Of one backend is not of all. */
	assert_int_equal(noted("drop", RULE(", protocol: tcp, source: 10.1.0.5")),
			 PING | TRACE | WEB | MAIL);
	assert_int_equal(noted("drop", RULE(", source: 10.1.0.0/16")), 0);
	assert_int_equal(
		noted("drop", RULE(", states: established, protocol: icmp, source: 10.1.0.7")),
		PING | TRACE | WEB);
}

#define NOTHING_OUT "accept\n  output: drop"

static void rules_let_checks_out(void **state)
{
	(void)state;
	assert_int_equal(noted(NOTHING_OUT, ""), WEB | MAIL);
	assert_int_equal(noted(NOTHING_OUT, RULE("")), WEB | MAIL);
	assert_int_equal(noted(NOTHING_OUT, "    - {chain: output, protocol: tcp, ports: 8080, "
					    "action: accept}\n"),
			 MAIL);
	assert_int_equal(noted(NOTHING_OUT, "    - {chain: output, states: established, "
					    "action: accept}\n"),
			 WEB | MAIL);
	assert_int_equal(noted(NOTHING_OUT, "    - {chain: output, protocol: icmp, icmp: "
					    "echo-request, action: accept}\n"),
			 WEB);
}

/* What a note says would help does. */
static void helps(const char *policy, u32 count)
{
	char rules[2048] = "";

	(void)noted(policy, "");
	assert_int_equal(notes.count, count);
	for (u32 i = 0; i < notes.count; i++) {
		size_t len = strlen(rules);

		snprintf(rules + len, sizeof rules - len, "    - %s\n", strchr(notes.text[i], '{'));
	}
	assert_int_equal(noted(policy, rules), 0);
}

static void notes_say_what_helps(void **state)
{
	(void)state;
	helps("drop", 4);
	helps(NOTHING_OUT, 2);
}

static void without_translation(void **state)
{
	static const char text[] =
		"interfaces: [{name: a, side: inside}, {name: b, side: outside}]\n";

	(void)state;
	assert_true(conf_load(text, sizeof text - 1, &conf, &marks, &errors));
	conf_notes(&conf, &notes);
	assert_int_equal(notes.count, 1);
	assert_non_null(strstr(notes.text[0], "every packet keeps its addresses"));
}

/* RFC 8212: who is of another AS and has no policy is told of, once for both. */
static void peers_without_policies(void **state)
{
	static const char text[] =
		"interfaces: [{name: a, side: inside}, {name: b, side: outside}]\n"
		"nat: {rules: [{}]}\n"
		"routing:\n"
		"  bgp:\n"
		"    as: 65010\n"
		"    peers:\n"
		"    - {name: both, address: 10.0.0.1, as: 1}\n"
		"    - {name: takes, address: 10.0.0.2, as: 1, import: any}\n"
		"    - {name: tells, address: 10.0.0.3, as: 1, export: none}\n"
		"    - {name: fine, address: 10.0.0.4, as: 1, import: none, export: any}\n"
		"    - {name: own, address: 10.0.0.5, as: 65010}\n";

	(void)state;
	if (!conf_load(text, strlen(text), &conf, &marks, &errors))
		fail_msg("%s", errors.error[0].text);
	conf_notes(&conf, &notes);
	assert_int_equal(notes.count, 3);
	assert_non_null(strstr(notes.text[0], "'both' is of another AS and has no 'import' and "
					      "'export', so that nothing is taken of it or"));
	assert_non_null(strstr(notes.text[1], "'takes' is of another AS and has no 'export', so "
					      "that nothing is announced to it"));
	assert_non_null(strstr(notes.text[2], "'tells' is of another AS and has no 'import', so "
					      "that nothing is taken of what it announces"));
}

static u32 notes_of_fpm(const char *fpm)
{
	char text[256];

	snprintf(text, sizeof text,
		 "interfaces: [{name: a, side: inside}, {name: b, side: outside}]\n"
		 "nat: {rules: [{}]}\nrouting: {fpm: {%s}}\n",
		 fpm);
	if (!conf_load(text, strlen(text), &conf, &marks, &errors))
		fail_msg("%s", errors.error[0].text);
	conf_notes(&conf, &notes);
	return notes.count;
}

static void anybody_may_tell_routes(void **state)
{
	(void)state;
	assert_int_equal(notes_of_fpm("listen: 127.0.0.1:2620"), 0);
	assert_int_equal(notes_of_fpm("listen: 10.0.0.1:2620, from: 10.0.0.2"), 0);
	assert_int_equal(notes_of_fpm("hold: 3s"), 0);
	assert_int_equal(notes_of_fpm("listen: 10.0.0.1:2620"), 1);
	assert_non_null(strstr(notes.text[0], "whoever reaches 10.0.0.1:2620 may tell routes"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(anybody_may_tell_routes), cmocka_unit_test(peers_without_policies),
		cmocka_unit_test(a_policy_cuts_off),       cmocka_unit_test(rules_let_in),
		cmocka_unit_test(rules_let_answers_in),    cmocka_unit_test(rules_let_checks_out),
		cmocka_unit_test(notes_say_what_helps),    cmocka_unit_test(without_translation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
