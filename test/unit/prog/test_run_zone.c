/* What a file says of zones, as the engine takes it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "host/conf/conf_load.h"
#include "prog/run_check.h"
#include "prog/run_conf.h"

#define ZONES                                                                                      \
	"interfaces:\n"                                                                            \
	"  - {name: blue0, side: inside, zone: blue, addresses: 10.0.0.1/24}\n"                    \
	"  - {name: wan0, side: outside, addresses: 198.18.0.1/24}\n"                              \
	"  - {name: red0, side: inside, zone: red, addresses: 10.0.0.1/24}\n"                      \
	"  - {name: blue1, side: inside, zone: blue, addresses: 10.0.1.1/24}\n"                    \
	"  - {name: lan0, side: inside, addresses: 10.0.0.1/16}\n"                                 \
	"gateway: 198.18.0.2\n"

struct built {
	struct conf asked;
	struct conf_marks marks;
	struct conf_errors mistakes;
	struct run_facts facts;
	struct run_notes notes;
	struct run_rules rules;
	struct run_errors errors;
	struct sluice_conf conf;
};

static struct built *built(const char *text)
{
	struct built *b = calloc(1, sizeof *b);
	struct run_source source = { .conf = &b->asked, .marks = &b->marks, .file = "gw.yaml" };

	assert_non_null(b);
	b->facts.offline = b->facts.running = true;
	if (!conf_load(text, strlen(text), &b->asked, &b->marks, &b->mistakes))
		fail_msg("%s", b->mistakes.error[0].text);
	if (!run_conf_build(&source, &b->facts, &b->conf, &b->rules, &b->notes, &b->errors))
		fail_msg("%s", b->errors.text[0]);
	return b;
}

static void a_rule_for_a_zone_is_for_its_ways_in(void **state)
{
	struct built *b = built(ZONES "filter:\n"
				      "  rules:\n"
				      "    - {zone: blue, action: drop}\n"
				      "    - {zone: red, out: wan0, action: drop}\n"
				      "    - {zone: blue, in: blue1, action: drop}\n"
				      "    - {action: drop}\n");
	const struct filter_rule_conf *rule = b->conf.filter.rule;

	(void)state;
	assert_int_equal(rule[0].in_ifs, 1 << 0 | 1 << 3);
	assert_int_equal(rule[0].out_ifs, FILTER_IFACE_ANY);
	assert_int_equal(rule[1].in_ifs, 1 << 2);
	assert_int_equal(rule[1].out_ifs, 1 << 1);
	assert_int_equal(rule[2].in_ifs, 1 << 3);
	assert_int_equal(rule[3].in_ifs, FILTER_IFACE_ANY);
	free(b);
}

/* What an interface of another zone has is no matter of a route. */
static void routes_over_what_another_zone_has(void **state)
{
	struct built *b = built(ZONES "routes:\n"
				      "  - {to: 10.0.1.0/24, via: 198.18.0.2}\n"
				      "  - {to: 10.9.0.0/16, via: 10.0.1.1}\n"
				      "  - {to: 10.8.0.0/16, via: 10.0.1.255}\n"
				      "  - {to: 0.0.0.0/0, via: blackhole, zone: blue}\n");
	struct run_source source = { .conf = &b->asked, .marks = &b->marks, .file = "gw.yaml" };

	(void)state;
	run_check(&source, &b->conf, &b->errors);
	if (b->errors.count > 0)
		fail_msg("%s", b->errors.text[0]);
	assert_true(b->conf.route_count >= 4);
	assert_int_equal(b->conf.route[0].zone, 0);
	free(b);
}

static void an_exception_for_a_zone(void **state)
{
	struct built *b = built(ZONES "subscribers:\n"
				      "  exceptions:\n"
				      "    - {source: 10.0.0.5, zone: red, flows: 9}\n"
				      "    - {source: 10.0.0.0/24, rate: 8}\n");
	const struct subscriber_conf *subscribers = &b->conf.subscribers;

	(void)state;
	assert_int_equal(subscribers->exception_count, 2);
	assert_true(subscribers->exception[0].by_zone);
	assert_int_equal(subscribers->exception[0].zone, b->conf.iface[2].zone);
	assert_int_equal(subscribers->exception[0].prefix_len, 32);
	assert_int_equal(subscribers->exception[0].limits.flows, 9);
	assert_false(subscribers->exception[1].by_zone);
	assert_int_equal(subscribers->exception[1].prefix_len, 24);
	assert_int_equal(subscribers->exception[1].limits.rate, 8);
	free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rule_for_a_zone_is_for_its_ways_in),
		cmocka_unit_test(routes_over_what_another_zone_has),
		cmocka_unit_test(an_exception_for_a_zone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
