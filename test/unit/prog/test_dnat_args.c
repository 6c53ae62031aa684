/* The value of --dnat. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/wire/ip4.h"
#include "prog/dnat_args.h"

static struct dnat_args good(const char *text)
{
	struct dnat_args args;
	char why[DNAT_WHY_SIZE];

	if (!dnat_args_read(text, &args, why))
		fail_msg("%s: %s", text, why);
	return args;
}

static void refused(const char *text, const char *part)
{
	struct dnat_args args;
	char why[DNAT_WHY_SIZE];

	if (dnat_args_read(text, &args, why))
		fail_msg("%s is let through", text);
	if (!strstr(why, part))
		fail_msg("%s: said '%s'", text, why);
}

static void the_plain_one(void **state)
{
	struct dnat_args args = good("tcp:198.18.0.1:80=10.10.0.5:8080,10.10.0.6:8081*3,10.10.0.7");

	(void)state;
	assert_string_equal(args.service.name, "tcp:198.18.0.1:80");
	assert_int_equal(args.service.proto, IP_PROTO_TCP);
	assert_int_equal(be32_host(args.service.addr), 0xc6120001);
	assert_int_equal(args.service.addr_if, IFACE_NONE);
	assert_int_equal(args.service.port_first, 80);
	assert_int_equal(args.service.port_last, 80);
	assert_int_equal(args.service.method, BALANCE_MAGLEV);
	assert_false(args.service.hairpin);
	assert_int_equal(args.backend_count, 3);
	assert_int_equal(be32_host(args.backend[0].addr), 0x0a0a0005);
	assert_int_equal(args.backend[0].port, 8080);
	assert_int_equal(args.backend[0].weight, 1);
	assert_int_equal(args.backend[1].port, 8081);
	assert_int_equal(args.backend[1].weight, 3);
	assert_int_equal(args.backend[2].port, 0);
	assert_int_equal(args.health.kind, HEALTH_NONE);
}

static void heads(void **state)
{
	struct dnat_args args = good("udp:eth0:5000-5009=10.10.0.5:6000");

	(void)state;
	assert_string_equal(args.iface, "eth0");
	assert_int_equal(args.service.addr.raw, 0);
	assert_int_equal(args.service.proto, IP_PROTO_UDP);
	assert_int_equal(args.service.port_last, 5009);
	args = good("any:198.18.0.7=10.10.0.5");
	assert_int_equal(args.service.proto, 0);
	assert_int_equal(args.service.port_first, 0);
	args = good("sctp:198.18.0.7:2905=10.10.0.5:2906");
	assert_int_equal(args.service.proto, IP_PROTO_SCTP);
	args = good("tcp:198.18.0.7=10.10.0.5*256");
	assert_int_equal(args.service.port_first, 0);
	assert_int_equal(args.backend[0].weight, 256);
}

static void options(void **state)
{
	struct dnat_args args = good(
		"tcp:198.18.0.1:80=10.10.0.5;method=least;hairpin=yes;slow-start=0;drain=60;"
		"check=http:/alive?a=b;status=204;drain-status=404;check-port=81;interval-ms=500;"
		"timeout-ms=400;rise=4;fall=5");

	(void)state;
	assert_int_equal(args.service.method, BALANCE_LEAST);
	assert_true(args.service.hairpin);
	assert_int_equal(args.service.slow_start_s, 0);
	assert_int_equal(args.service.drain_s, 60);
	assert_int_equal(args.health.kind, HEALTH_HTTP);
	assert_string_equal(args.health.path, "/alive?a=b");
	assert_int_equal(args.health.status, 204);
	assert_int_equal(args.health.drain_status, 404);
	assert_int_equal(args.health.port, 81);
	assert_int_equal(args.health.interval_ms, 500);
	assert_int_equal(args.health.timeout_ms, 400);
	assert_int_equal(args.health.rise, 4);
	assert_int_equal(args.health.fall, 5);
	assert_int_equal(good("tcp:198.18.0.1:80=10.10.0.5;check=icmp").health.kind, HEALTH_ICMP);
	assert_int_equal(good("tcp:198.18.0.1:80=10.10.0.5;method=sticky").service.method,
			 BALANCE_STICKY);
}

static void mistakes(void **state)
{
	static const char *const heads_bad[] = {
		"",
		"tcp",
		"tcp:198.18.0.1:80",
		"icmp:198.18.0.1:80=10.10.0.5",
		"tcp:=10.10.0.5",
		"tcp:198.18.0.1:0=10.10.0.5",
		"icmp:1.2.3.4=1.1.1.1",
		"any:1.2.3.4:80=1.1.1.1",
		"tcp:198.18.0.1:90-80=10.10.0.5",
		"tcp:interface-of-a-long-name:80=10.10.0.5",
	};

	(void)state;
	for (size_t at = 0; at < ARRAY_COUNT(heads_bad); at++)
		refused(heads_bad[at], "has to begin like");
	refused("tcp:198.18.0.1:80=", "a backend is missing");
	refused("tcp:198.18.0.1:80=;check=tcp", "a backend is missing");
	refused("tcp:198.18.0.1:80=10.10.0", "a backend reads like");
	refused("tcp:198.18.0.1:80=10.10.0.5:0", "a backend reads like");
	refused("tcp:198.18.0.1:80=10.10.0.5*0", "a backend reads like");
	refused("tcp:198.18.0.1:80=10.10.0.5*257", "a backend reads like");
	refused("tcp:198.18.0.1:80=10.10.0.5;method=random", "options are");
	refused("tcp:198.18.0.1:80=10.10.0.5;check=smtp", "options are");
	refused("tcp:198.18.0.1:80=10.10.0.5;colour=red", "options are");
	refused("tcp:198.18.0.1:80=10.10.0.5;rise=0", "options are");
	refused("tcp:198.18.0.1:80=10.10.0.5;check=http:alive", "begins with /");
	refused("any:198.18.0.1=10.10.0.5;check=tcp", "check-port");
}

static void many_backends(void **state)
{
	char text[1200] = "tcp:198.18.0.1:80=10.10.0.1";

	(void)state;
	for (int n = 1; n < DNAT_BACKENDS_MAX; n++)
		strcat(text, ",10.10.0.1");
	assert_int_equal(good(text).backend_count, DNAT_BACKENDS_MAX);
	strcat(text, ",10.10.0.1");
	refused(text, "at most 32");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_plain_one), cmocka_unit_test(heads),
		cmocka_unit_test(options),       cmocka_unit_test(mistakes),
		cmocka_unit_test(many_backends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
