/* How many sockets an engine is given for checks of backends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "host/conf/conf_load.h"
#include "host/health/health.h"
#include "prog/run_routing.h"
#include "prog/run_sockets.h"

static struct conf asked;
static struct conf_marks marks;
static struct conf_errors mistakes;
static struct sluice_conf conf;
static struct run_rules rules;
static struct run_errors errors;
static struct run_facts facts;

#define HEAD                                                                                       \
	"interfaces:\n"                                                                            \
	"- {name: gw0, side: inside, addresses: 10.10.0.1/16}\n"                                   \
	"- {name: up0, side: outside, addresses: 198.18.0.1/24}\n"
#define SERVICE(check)                                                                             \
	"limits: {backends: 20}\n"                                                                 \
	"services: [{name: web, interface: up0, ports: 80, backends: [{address: 10.10.0.5}]" check \
	"}]\n"
#define CHECKED SERVICE(", check: {kind: http}")
#define BGP     "routing: {bgp: {as: 65010}}\n"

static void build(const char *text, bool from_file)
{
	struct run_source source = { .conf = &asked,
				     .marks = from_file ? &marks : NULL,
				     .file = "gw.yaml" };

	if (!conf_load(text, strlen(text), &asked, &marks, &mistakes))
		fail_msg("%s", mistakes.error[0].text);
	errors.count = 0;
	sluice_conf_defaults(&conf);
	conf.iface_count = asked.iface_count;
	for (u32 i = 0; i < asked.iface_count; i++) {
		conf.iface[i].addr_count = asked.iface[i].addr_count;
		memcpy(conf.iface[i].addr, asked.iface[i].addr, sizeof asked.iface[i].addr);
	}
	run_routing_build(&source, &facts, &conf, &rules, &errors);
	run_sockets_build(&source, &facts, &conf, &errors);
}

static int begin_anew(void **state)
{
	(void)state;
	memset(&facts, 0, sizeof facts);
	facts.start_s = 1000;
	return 0;
}

/* Options are all there will be, and a file may bring checks later. */
static void who_may_get_checks(void **state)
{
	(void)state;
	build(HEAD SERVICE(""), false);
	assert_int_equal(conf.sockets.sock_limit, 0);
	build(HEAD CHECKED, false);
	assert_int_equal(conf.sockets.sock_limit, 20);
	build(HEAD SERVICE(""), true);
	assert_int_equal(conf.sockets.sock_limit, 20);
	assert_int_equal(errors.count, 0);
}

/* By limits.backends, and nothing else is planned. */
static void what_checks_need(void **state)
{
	const struct tcp_conf *tcp = &conf.tcp;

	(void)state;
	build(HEAD CHECKED, true);
	assert_int_equal(conf.udp.endpoint_limit, 20);
	assert_int_equal(conf.udp.datagram_limit, 20 * HEALTH_DATAGRAMS);
	assert_int_equal(tcp->tcb_limit, 20);
	assert_int_equal(tcp->air_limit, 20);
	assert_int_equal(tcp->buffer_bytes, 20 * 2 * HEALTH_BUFFER_BYTES);
	assert_int_equal(tcp->time_wait_limit, 20 * HEALTH_TIME_WAITS);
	assert_int_equal(tcp->key_limit, 0);
}

/* They come on top of what peers need. */
static void beside_routing(void **state)
{
	struct sluice_conf alone;

	(void)state;
	build(HEAD BGP, false);
	alone = conf;
	assert_true(alone.sockets.sock_limit > 0);
	build(HEAD BGP CHECKED, false);
	assert_int_equal(conf.sockets.sock_limit, alone.sockets.sock_limit + 20);
	assert_int_equal(conf.udp.endpoint_limit, alone.udp.endpoint_limit + 20);
	assert_int_equal(conf.tcp.tcb_limit, alone.tcp.tcb_limit + 20);
	assert_int_equal(conf.tcp.air_limit, alone.tcp.air_limit + 20);
	assert_int_equal(conf.tcp.key_limit, alone.tcp.key_limit);
	assert_int_equal(conf.tcp.send_buffer_max, alone.tcp.send_buffer_max);
	assert_int_equal(conf.tcp.buffer_bytes - alone.tcp.buffer_bytes,
			 20 * 2 * HEALTH_BUFFER_BYTES);
}

static void a_running_one_keeps_its_room(void **state)
{
	(void)state;
	facts.address_limit = 64;
	facts.check_limit = 7;
	build(HEAD CHECKED, true);
	assert_int_equal(errors.count, 0);
	assert_int_equal(conf.sockets.sock_limit, 7);
	facts.check_limit = 0;
	build(HEAD SERVICE(""), true);
	assert_int_equal(errors.count, 0);
	assert_int_equal(conf.sockets.sock_limit, 0);
	build(HEAD CHECKED, true);
	assert_int_equal(errors.count, 1);
	assert_non_null(strstr(errors.text[0], "without memory for checks of backends"));
}

/* Where the host has the same addresses its own connections have ports of their own. */
static void ports_are_parted(void **state)
{
	u16 first, last;

	(void)state;
	build(HEAD CHECKED, true);
	first = conf.sockets.port_first;
	last = conf.sockets.port_last;
	facts.local_first = 32768;
	facts.local_last = 60999;
	build(HEAD CHECKED, true);
	assert_int_equal(conf.sockets.port_first, first);
	assert_int_equal(conf.sockets.port_last, last);
	facts.host_port = true;
	build(HEAD CHECKED, true);
	assert_int_equal(conf.sockets.port_first, 61000);
	assert_int_equal(conf.sockets.port_last, 65535);
	facts.local_last = 65000;
	build(HEAD CHECKED, true);
	assert_int_equal(conf.sockets.port_first, 1024);
	assert_int_equal(conf.sockets.port_last, 32767);
	/* All are the host's: there is nothing to part. */
	facts.local_first = 1024;
	build(HEAD CHECKED, true);
	assert_int_equal(conf.sockets.port_first, first);
	assert_int_equal(conf.sockets.port_last, last);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(who_may_get_checks, begin_anew),
		cmocka_unit_test_setup(what_checks_need, begin_anew),
		cmocka_unit_test_setup(beside_routing, begin_anew),
		cmocka_unit_test_setup(a_running_one_keeps_its_room, begin_anew),
		cmocka_unit_test_setup(ports_are_parted, begin_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
