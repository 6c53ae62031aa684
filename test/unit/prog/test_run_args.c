/* The command line of `sluice run`: what it means, and what is said when it means nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "prog/run_args.h"
#include "prog/run_fill.h"

enum { WORDS_MAX = 32 };

struct parsed {
	char words[512];
	char *argv[WORDS_MAX + 1];
	struct run_args args;
	struct run_errors errors;
};

/* The line is parted at spaces. */
static struct parsed *parse(const char *line)
{
	struct parsed *parsed = calloc(1, sizeof *parsed);
	int argc = 0;

	assert_non_null(parsed);
	assert_true(strlen(line) < sizeof parsed->words);
	memcpy(parsed->words, line, strlen(line) + 1);
	for (char *word = strtok(parsed->words, " "); word; word = strtok(NULL, " ")) {
		assert_true(argc < WORDS_MAX);
		parsed->argv[argc++] = word;
	}
	run_args_parse(argc, parsed->argv, &parsed->args, &parsed->errors);
	return parsed;
}

static struct parsed *parse_good(const char *line)
{
	struct parsed *parsed = parse(line);

	if (parsed->errors.count)
		fail_msg("%s: %s", line, parsed->errors.text[0]);
	return parsed;
}

/* Exactly one complaint, and each of the given words is in it. */
static void refused(const char *line, const char *first, const char *second)
{
	struct parsed *parsed = parse(line);

	if (parsed->errors.count != 1)
		fail_msg("%s: %u complaints", line, parsed->errors.count);
	if (!strstr(parsed->errors.text[0], first) || !strstr(parsed->errors.text[0], second))
		fail_msg("%s: said '%s'", line, parsed->errors.text[0]);
	free(parsed);
}

static void two_interfaces(void **state)
{
	struct parsed *parsed = parse_good("run --lan eth1 --wan eth0");

	(void)state;
	assert_int_equal(parsed->args.iface_count, 2);
	assert_string_equal(parsed->args.iface[0].name, "eth1");
	assert_int_equal(parsed->args.iface[0].side, IFACE_INSIDE);
	assert_int_equal(parsed->args.iface[0].addr_count, 0);
	assert_int_equal(parsed->args.iface[1].side, IFACE_OUTSIDE);
	assert_string_equal(parsed->args.control, "/run/sluice/control.sock");
	assert_false(parsed->args.gateway_given);
	free(parsed);
}

static void interfaces_with_addresses(void **state)
{
	struct parsed *parsed = parse_good("run --lan gw0=10.10.0.1/16,10.20.0.1/24 "
					   "--wan=gw1=198.18.0.1/16 --gateway 198.18.0.2");
	const struct conf_iface *lan = &parsed->args.iface[0];

	(void)state;
	assert_string_equal(lan->name, "gw0");
	assert_int_equal(lan->addr_count, 2);
	assert_int_equal(be32_host(lan->addr[1].addr), 0x0a140001);
	assert_int_equal(lan->addr[1].prefix_len, 24);
	assert_false(lan->addr[0].host);
	assert_string_equal(parsed->args.iface[1].name, "gw1");
	assert_int_equal(be32_host(parsed->args.iface[1].addr[0].addr), 0xc6120001);
	assert_true(parsed->args.gateway_given);
	free(parsed);
}

static void translation(void **state)
{
	struct parsed *parsed = parse_good(
		"run --lan a --wan b --pool 198.51.100.0/28 --pool 198.51.100.32-198.51.100.40 "
		"--one-to-one 10.0.0.5=198.51.100.50 --mapping tcp=endpoint,icmp=destination "
		"--filtering udp=address-port --ports 2000-3000 --quarantine 0 --no-hairpin "
		"--no-parity "
		"--no-nat-to 203.0.113.0/24 --no-nat-to 203.0.114.9:443");
	const struct run_args *args = &parsed->args;

	(void)state;
	assert_int_equal(args->pool_count, 2);
	assert_int_equal(be32_host(args->pool[0].last), 0xc633640f);
	assert_int_equal(args->static_count, 1);
	assert_int_equal(args->fixed[0].prefix_len, 32);
	assert_true(args->mapping_given[NAT_PROTO_TCP]);
	assert_int_equal(args->mapping[NAT_PROTO_TCP], NAT_MAP_ENDPOINT_INDEPENDENT);
	assert_false(args->mapping_given[NAT_PROTO_UDP]);
	assert_int_equal(args->mapping[NAT_PROTO_ICMP], NAT_MAP_DESTINATION);
	assert_int_equal(args->filtering[NAT_PROTO_UDP], NAT_FILTER_ADDRESS_PORT);
	assert_int_equal(args->port_first, 2000);
	assert_int_equal(args->port_last, 3000);
	assert_true(args->quarantine_given);
	assert_int_equal(args->quarantine_s, 0);
	assert_true(args->no_hairpin);
	assert_true(args->no_parity);
	assert_int_equal(args->exempt_count, 2);
	assert_int_equal(be32_host(args->exempt[0].prefix), 0xcb007100);
	assert_int_equal(args->exempt[0].prefix_len, 24);
	assert_int_equal(args->exempt[0].port, 0);
	assert_int_equal(args->exempt[1].prefix_len, 32);
	assert_int_equal(args->exempt[1].port, 443);
	free(parsed);
}

/* An option may name an interface that comes later on the line. */
static void order_does_not_matter(void **state)
{
	struct parsed *parsed = parse_good(
		"run --mtu eth0=1400 --mss eth0=1200 --mss t0=clamp-to-mtu "
		"--source-check eth0=strict --source-check t0=loose "
		"--driver t0=tun --wan eth0 --lan t0=10.0.0.1/24");

	(void)state;
	assert_string_equal(parsed->args.iface[0].name, "eth0");
	assert_int_equal(parsed->args.iface[0].mtu, 1400);
	assert_int_equal(parsed->args.iface[0].mss, 1200);
	assert_int_equal(parsed->args.iface[1].mss, IFACE_MSS_OF_MTU);
	assert_int_equal(parsed->args.iface[0].source_check, IFACE_SOURCE_HERE);
	assert_int_equal(parsed->args.iface[1].source_check, IFACE_SOURCE_ROUTED);
	assert_int_equal(parsed->args.iface[1].driver, CONF_DRIVER_TUN);
	free(parsed);
}

static void routes_and_limits(void **state)
{
	struct parsed *parsed = parse_good(
		"run --lan a --wan b --route 10.20.0.0/16=10.10.0.7 --route 192.0.2.0/24=blackhole "
		"--route 192.0.3.0/24=prohibit --flows 1000 --mappings 2000 --timeout udp=30 "
		"--timeout tcp-established=60 --timeout icmp=90 --midstream "
		"--strict-pairing --log json --yes --inbound-refresh no");
	const struct run_args *args = &parsed->args;

	(void)state;
	assert_int_equal(args->route_count, 3);
	assert_int_equal(args->route[0].kind, CONF_VIA_GATEWAY);
	assert_int_equal(be32_host(args->route[0].gateway), 0x0a0a0007);
	assert_int_equal(args->route[1].kind, CONF_VIA_BLACKHOLE);
	assert_int_equal(args->route[2].kind, CONF_VIA_PROHIBIT);
	assert_int_equal(args->flows, 1000);
	assert_int_equal(args->mappings, 2000);
	assert_int_equal(args->timeout_s[CT_TIMEOUT_UDP], 30);
	assert_int_equal(args->timeout_s[CT_TIMEOUT_TCP_ESTABLISHED], 60);
	assert_int_equal(args->timeout_s[CT_TIMEOUT_ICMP], 90);
	assert_int_equal(args->timeout_s[CT_TIMEOUT_UDP_NEW], 0);
	assert_true(args->midstream && args->strict_pairing && args->json_log && args->yes);
	assert_true(args->outbound_refresh_only);
	free(parsed);
	parsed = parse_good("run --lan a --wan b --inbound-refresh no --inbound-refresh yes");
	assert_false(parsed->args.outbound_refresh_only);
	free(parsed);
}

/* The words of the file, one option each. */
static void what_a_subscriber_may_hold(void **state)
{
	struct parsed *parsed = parse_good(
		"run --lan a --wan b --subscriber flows=2000 --subscriber ports=1 --subscriber "
		"rate=1000000 --subscriber burst=7 --subscriber prefix-length=24");
	static struct run_errors errors;
	static struct conf conf;

	(void)state;
	assert_true(run_args_fill(&parsed->args, &conf, &errors));
	assert_int_equal(conf.subscribers.prefix_len, 24);
	assert_int_equal(conf.subscribers.limits.flows, 2000);
	assert_int_equal(conf.subscribers.limits.ports, 1);
	assert_int_equal(conf.subscribers.limits.rate, 1000000);
	assert_int_equal(conf.subscribers.limits.burst, 7);
	free(parsed);
	parsed = parse_good("run --lan a --wan b --subscriber flows=9");
	assert_true(run_args_fill(&parsed->args, &conf, &errors));
	assert_int_equal(conf.subscribers.prefix_len, 32);
	assert_int_equal(conf.subscribers.limits.rate, 0);
	free(parsed);
	parsed = parse_good("run --lan a --wan b --subscriber burst=9");
	assert_false(run_args_fill(&parsed->args, &conf, &errors));
	assert_non_null(strstr(errors.text[0], "--subscriber burst=9: needs a rate"));
	free(parsed);
}

static void each_mistake_is_named(void **state)
{
	(void)state;
	refused("run --wan eth0", "--lan is missing", "--lan eth1");
	refused("run --lan eth0", "--wan is missing", "--wan eth0");
	refused("run --lan a --wan b --gatewy 1.2.3.4x", "--gatewy", "--gateway");
	refused("run --lan a --wan b --gateway 1.2.3", "--gateway 1.2.3", "198.18.0.2");
	refused("run --lan a --wan b --gateway", "--gateway", "needs a value");
	refused("run --lan a --wan b --gateway --yes", "--gateway", "needs a value");
	refused("run --lan a --wan b --yes=no", "--yes=no", "no value");
	refused("run --lan a=10.0.0.1 --wan b", "a=10.0.0.1", "10.10.0.1/16");
	refused("run --lan a --wan a", "--wan a", "twice");
	refused("run --lan aninterfacewithalongname --wan b", "aninterface", "eth0");
	refused("run --lan a --wan b --flows many", "--flows many", "256");
	refused("run --lan a --wan b --flows 1", "--flows 1", "67108864");
	refused("run --lan eth1 --wan b --mtu eth2=1400", "eth2", "did you mean eth1");
	refused("run --lan a --wan b --mtu a=60", "a=60", "576");
	refused("run --lan a --wan b --source-check a=on", "a=on", "loose and strict");
	refused("run --lan a --wan b --mss a=100", "a=100", "clamp-to-mtu, or 128");
	refused("run --lan a --wan b --driver a=dpdk", "a=dpdk", "afpacket");
	refused("run --lan a --wan b --timeout udpp=3", "udpp", "did you mean udp");
	refused("run --lan a --wan b --timeout udp=0", "udp=0", "604800");
	refused("run --lan a --wan b --subscriber 7", "--subscriber 7", "flows=2000");
	refused("run --lan a --wan b --subscriber flow=7", "flow=7", "did you mean flows");
	refused("run --lan a --wan b --subscriber flows=0", "flows=0", "67108864");
	refused("run --lan a --wan b --subscriber rate=1000001", "rate=1000001", "1 to 1000000");
	refused("run --lan a --wan b --subscriber prefix-length=33", "=33", "1 to 32");
	refused("run --config gw.yaml --subscriber flows=7", "--subscriber", "in the file");
	refused("run --lan a --wan b --mapping udp=adress", "udp=adress", "destination");
	refused("run --lan a --wan b --filtering sctp=address", "sctp=address", "address-port");
	refused("run --lan a --wan b --pool 10.0.0.9-10.0.0.1", "10.0.0.9-10.0.0.1", "198.51.100");
	refused("run --lan a --wan b --pool 10.0.0.0/24 --pool 10.0.0.7", "10.0.0.7", "overlaps");
	refused("run --lan a --wan b --one-to-one 10.0.0.0/24=10.1.0.0/25", "10.1.0.0/25",
		"one length");
	refused("run --lan a --wan b --one-to-one 10.0.0.5=9.9.9.9 --one-to-one 10.0.0.6=9.9.9.9",
		"10.0.0.6=9.9.9.9", "overlaps");
	refused("run --lan a --wan b --one-to-one 10.0.0.0/24=9.9.9.0/24 --one-to-one "
		"10.0.0.6=8.8.8.8",
		"10.0.0.6=8.8.8.8", "overlaps");
	refused("run --lan a --wan b --gateway 1.2.3.4 --gateway 1.2.3.5", "1.2.3.5", "twice");
	refused("run --lan a --wan b --route 10.0.0.0/8=1.2.3.4 --route 10.0.0.0/8=prohibit",
		"10.0.0.0/8=prohibit", "second");
	refused("run --lan a --wan b --route 10.0.0.1/8=1.2.3.4", "10.0.0.1/8", "beyond");
	refused("run --lan a --wan b --route 10.0.0.0/8=nowhere", "nowhere", "blackhole");
	refused("run --lan a --wan b --no-nat-to 203.0.113.9/24", "9/24", "203.0.113.0/24");
	refused("run --lan a --wan b --no-nat-to 203.0.113.9:0", "9:0", "203.0.113.9:443");
	refused("run --lan a --wan b --ports 9-1", "--ports 9-1", "1024-65535");
	refused("run --lan a --wan b --seed 00", "--seed 00", "64");
	refused("run --lan a --wan b --log xml", "--log xml", "json");
	refused("run --lan a --wan b --quarantine -1", "-1", "3600");
	refused("run --lan a --wan b eth3", "eth3", "no such option");
}

/* One place says what the gateway is. */
static void a_file_instead_of_options(void **state)
{
	struct parsed *parsed = parse_good("run --config gw.yaml --yes --verbose");

	(void)state;
	assert_string_equal(parsed->args.config, "gw.yaml");
	assert_int_equal(parsed->args.iface_count, 0);
	free(parsed);
	refused("run --config gw.yaml --dnat tcp:198.18.0.1:80=10.10.0.5", "--dnat", "in the file");
	refused("run --lan a --config gw.yaml", "--lan", "in the file");
	refused("run --config gw.yaml --flows 300", "--flows", "in the file");
	refused("run --config gw.yaml --metrics 127.0.0.1:9100", "--metrics", "in the file");
	refused("run --config", "--config", "needs a value");
}

static void all_mistakes_at_once(void **state)
{
	struct parsed *parsed = parse(
		"run --lan a --wan b --flows x --gateway y --bogus --ports z");

	(void)state;
	assert_int_equal(parsed->errors.count, 4);
	free(parsed);
}

static void more_mistakes_than_fit_are_counted(void **state)
{
	char bad[] = "--bogus";
	char run[] = "run";
	char *argv[RUN_ERRORS_MAX + 5] = { run };
	struct parsed *parsed = calloc(1, sizeof *parsed);

	(void)state;
	assert_non_null(parsed);
	for (int i = 1; i < RUN_ERRORS_MAX + 4; i++)
		argv[i] = bad;
	run_args_parse(RUN_ERRORS_MAX + 4, argv, &parsed->args, &parsed->errors);
	assert_int_equal(parsed->errors.count, RUN_ERRORS_MAX);
	assert_int_equal(parsed->errors.left_out, 3);
	free(parsed);
}

static void help_needs_no_interfaces(void **state)
{
	struct parsed *parsed = parse_good("run -h");

	(void)state;
	assert_true(parsed->args.help);
	free(parsed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_interfaces),
		cmocka_unit_test(interfaces_with_addresses),
		cmocka_unit_test(translation),
		cmocka_unit_test(order_does_not_matter),
		cmocka_unit_test(routes_and_limits),
		cmocka_unit_test(what_a_subscriber_may_hold),
		cmocka_unit_test(each_mistake_is_named),
		cmocka_unit_test(a_file_instead_of_options),
		cmocka_unit_test(all_mistakes_at_once),
		cmocka_unit_test(more_mistakes_than_fit_are_counted),
		cmocka_unit_test(help_needs_no_interfaces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
