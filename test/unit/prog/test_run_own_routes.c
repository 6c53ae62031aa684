/* Which routes of the host's table an interface that has the host's addresses brings along. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "host/conf/conf_load.h"
#include "prog/run_conf.h"

static const char without[] = "interfaces:\n"
			      "- {name: gw0, side: inside}\n"
			      "- {name: up0, side: outside}\n";
static const char with_fpm[] = "interfaces:\n"
			       "- {name: gw0, side: inside}\n"
			       "- {name: up0, side: outside}\n"
			       "routing: {fpm: {listen: 127.0.0.1:2620}}\n";

static struct conf asked;
static struct conf_marks marks;
static struct conf_errors mistakes;
static struct sluice_conf conf;
static struct run_rules rules;
static struct run_notes notes;
static struct run_errors errors;
static struct run_facts facts;

static void host_addr(struct run_iface_facts *iface, u32 addr)
{
	iface->port.mtu = 1500;
	iface->addr_count = 1;
	iface->addr[0].addr = be32_of(addr);
	iface->addr[0].prefix_len = 16;
}

/* Routes of the outside that the engine gets, when who has put there the only one is this. */
static u32 taken_of(const char *text, u8 protocol)
{
	struct run_source source = { .conf = &asked, .marks = &marks, .file = "gw.yaml" };

	if (!conf_load(text, strlen(text), &asked, &marks, &mistakes))
		fail_msg("%s", mistakes.error[0].text);
	memset(&facts, 0, sizeof facts);
	host_addr(&facts.iface[0], 0x0a0a0001);
	host_addr(&facts.iface[1], 0xc6120001);
	facts.iface[1].route_count = 1;
	facts.iface[1].route[0] = (struct os_route){ .prefix = be32_of(0x14000000),
						     .prefix_len = 24,
						     .gateway = be32_of(0xc6120002),
						     .protocol = protocol };
	errors.count = 0;
	if (!run_conf_build(&source, &facts, &conf, &rules, &notes, &errors))
		fail_msg("%s", errors.text[0]);
	return conf.route_count;
}

/* A gateway that is looked up has no interface; there is a RIB for it, or it is said that there is
 * no memory for one.                                                                             */
static void a_recursive_route_has_no_interface(void **state)
{
	static const char text[] = "interfaces:\n"
				   "- {name: gw0, side: inside}\n"
				   "- {name: up0, side: outside}\n"
				   "routes:\n"
				   "- {to: 10.20.0.0/16, via: 11.0.0.1, recursive: true}\n";
	struct run_source source = { .conf = &asked, .marks = &marks, .file = "gw.yaml" };

	(void)state;
	assert_int_equal(taken_of(text, 0), 2);
	assert_int_equal(be32_host(conf.route[0].route.path[0].gateway), 0x0b000001);
	assert_int_equal(conf.route[0].route.path[0].out_if, IFACE_NONE);
	assert_non_null(conf.routing);
	assert_true(conf.routing->rib.net_limit > 0);
	/* Of an engine that was started without. */
	facts.address_limit = 64;
	assert_false(run_conf_build(&source, &facts, &conf, &rules, &notes, &errors));
	if (!strstr(errors.text[0], "gw.yaml:5:48: the gateway was started without memory"))
		fail_msg("said '%s'", errors.text[0]);
}

/* A zebra that tells its routes by FPM is not heard twice, nor with one next hop of several. */
static void those_of_a_zebra_that_tells_them_are_left(void **state)
{
	static const u8 zebras[] = { 11, 42, 186, 197 }, others[] = { 0, 4, 12, 16, 185, 198 };

	(void)state;
	for (u32 i = 0; i < ARRAY_COUNT(zebras); i++) {
		assert_int_equal(taken_of(without, zebras[i]), 1);
		assert_int_equal(taken_of(with_fpm, zebras[i]), 0);
	}
	for (u32 i = 0; i < ARRAY_COUNT(others); i++)
		assert_int_equal(taken_of(with_fpm, others[i]), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(those_of_a_zebra_that_tells_them_are_left),
		cmocka_unit_test(a_recursive_route_has_no_interface),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
