/* The configuration of an engine from arguments and what the system says of its interfaces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "core/wire/ip4.h"
#include "host/conf/conf_load.h"
#include "prog/run_conf.h"
#include "prog/run_fill.h"

/* The engine's defaults, as far as they show in the result. */
void sluice_conf_defaults(struct sluice_conf *conf)
{
	conf->ct.flow_count = 111;
	conf->ct.timeout_s[CT_TIMEOUT_UDP] = 300;
	conf->ct.timeout_s[CT_TIMEOUT_ICMP] = 60;
	conf->nat.address_count = 16;
	conf->fib.prefix_count = 4096;
	conf->nat.mapping_count = 222;
	conf->nat.quarantine_s = 120;
	balance_conf_defaults(&conf->nat.balance);
}

void nat_rule_defaults(struct nat_rule_conf *rule)
{
	*rule = (struct nat_rule_conf){ .out_if = IFACE_NONE, .hairpin = true, .parity = true };
	rule->mapping[NAT_PROTO_TCP] = NAT_MAP_DESTINATION;
	rule->filtering[NAT_PROTO_TCP] = NAT_FILTER_ADDRESS_PORT;
	rule->filtering[NAT_PROTO_UDP] = NAT_FILTER_ADDRESS;
}

struct bed {
	struct run_args args;
	struct conf asked;
	struct run_facts facts;
	struct sluice_conf conf;
	struct run_notes notes;
	struct run_rules rules;
	struct run_errors errors;
};

static void add_iface(struct bed *bed, const char *name, enum iface_side side)
{
	u32 index = bed->args.iface_count++;

	memcpy(bed->args.iface[index].name, name, strlen(name) + 1);
	bed->args.iface[index].side = side;
	bed->facts.iface[index].port.mtu = 1500;
	bed->facts.iface[index].port.link = IFACE_ETHERNET;
	bed->facts.iface[index].port.mac.byte[5] = (u8)(index + 1);
}

static void host_addr(struct bed *bed, u32 index, u32 addr, u8 prefix_len)
{
	struct run_iface_facts *facts = &bed->facts.iface[index];

	facts->addr[facts->addr_count++] = (struct os_addr){ .addr = be32_of(addr),
							     .prefix_len = prefix_len };
}

static void given_addr(struct bed *bed, u32 index, u32 addr, u8 prefix_len)
{
	struct conf_iface *iface = &bed->args.iface[index];

	iface->addr[iface->addr_count++] = (struct iface_addr){ .addr = be32_of(addr),
								.prefix_len = prefix_len };
}

/* eth1 inside 10.10.0.1/16, eth0 outside 198.18.0.1/16 with a default gateway: the host's. */
static struct bed *host_bed(void)
{
	struct bed *bed = calloc(1, sizeof *bed);

	assert_non_null(bed);
	add_iface(bed, "eth1", IFACE_INSIDE);
	add_iface(bed, "eth0", IFACE_OUTSIDE);
	host_addr(bed, 0, 0x0a0a0001, 16);
	host_addr(bed, 1, 0xc6120001, 16);
	bed->facts.iface[1].route_count = 2;
	bed->facts.iface[1].route[0] = (struct os_route){ .prefix = be32_of(0xc6120000),
							  .prefix_len = 16,
							  .connected = true };
	bed->facts.iface[1].route[1] = (struct os_route){ .gateway = be32_of(0xc6120002) };
	bed->facts.local_first = 32768;
	bed->facts.local_last = 60999;
	bed->facts.host_port = true;
	bed->facts.host.link = IFACE_RAW_IP;
	bed->facts.host.mtu = 65535;
	memcpy(bed->facts.host.name, "host", 5);
	return bed;
}

/* The same addresses, given on the command line to interfaces without any. */
static struct bed *bare_bed(void)
{
	struct bed *bed = calloc(1, sizeof *bed);

	assert_non_null(bed);
	add_iface(bed, "gw0", IFACE_INSIDE);
	add_iface(bed, "gw1", IFACE_OUTSIDE);
	given_addr(bed, 0, 0x0a0a0001, 16);
	given_addr(bed, 1, 0xc6120001, 16);
	bed->args.gateway_given = true;
	bed->args.gateway = be32_of(0xc6120002);
	bed->facts.local_first = 32768;
	bed->facts.local_last = 60999;
	return bed;
}

static bool build(struct bed *bed)
{
	struct run_source source = { .conf = &bed->asked };

	return run_args_fill(&bed->args, &bed->asked, &bed->errors) &&
	       run_conf_build(&source, &bed->facts, &bed->conf, &bed->rules, &bed->notes,
			      &bed->errors);
}

static void build_good(struct bed *bed)
{
	if (!build(bed))
		fail_msg("%s", bed->errors.text[0]);
}

static void build_refused(struct bed *bed, const char *first, const char *second)
{
	assert_false(build(bed));
	assert_int_equal(bed->errors.count, 1);
	if (!strstr(bed->errors.text[0], first) || !strstr(bed->errors.text[0], second))
		fail_msg("said '%s'", bed->errors.text[0]);
	free(bed);
}

static void the_hosts_addresses_and_gateway(void **state)
{
	struct bed *bed = host_bed();
	const struct sluice_conf *conf = &bed->conf;

	(void)state;
	build_good(bed);
	assert_int_equal(conf->iface_count, 3);
	assert_string_equal(conf->iface[0].name, "eth1");
	assert_int_equal(conf->iface[0].side, IFACE_INSIDE);
	assert_int_equal(conf->iface[0].mac.byte[5], 1);
	assert_int_equal(be32_host(conf->iface[1].addr[0].addr), 0xc6120001);
	assert_true(conf->iface[1].addr[0].host);
	assert_int_equal(conf->host_if, 2);
	assert_int_equal(conf->iface[2].link, IFACE_RAW_IP);
	assert_int_equal(conf->route_count, 1);
	assert_int_equal(conf->route[0].prefix_len, 0);
	assert_int_equal(conf->route[0].route.type, FIB_UNICAST);
	assert_int_equal(conf->route[0].route.path[0].out_if, 1);
	assert_int_equal(be32_host(conf->route[0].route.path[0].gateway), 0xc6120002);
	assert_false(bed->notes.no_default);
	free(bed);
}

static void given_addresses_are_not_the_hosts(void **state)
{
	struct bed *bed = bare_bed();

	(void)state;
	build_good(bed);
	assert_int_equal(bed->conf.iface_count, 2);
	assert_int_equal(bed->conf.host_if, IFACE_NONE);
	assert_false(bed->conf.iface[0].addr[0].host);
	assert_int_equal(bed->conf.route_count, 1);
	assert_int_equal(bed->conf.route[0].route.path[0].out_if, 1);
	assert_int_equal(bed->conf.nat.masquerade_spare_first, 0);
	assert_false(bed->notes.shares_ports);
	free(bed);
}

/* Otherwise a flow could get the port of a connection of the host itself. */
static void the_hosts_own_ports_are_spared(void **state)
{
	struct bed *bed = host_bed();

	(void)state;
	build_good(bed);
	assert_int_equal(bed->conf.nat.rule[0].kind, NAT_KIND_MASQUERADE);
	assert_int_equal(bed->conf.nat.masquerade_spare_first, 32768);
	assert_int_equal(bed->conf.nat.masquerade_spare_last, 60999);
	assert_true(bed->notes.shares_ports);
	free(bed);
}

static void ports_that_were_asked_for(void **state)
{
	struct bed *bed = host_bed();

	(void)state;
	bed->args.port_first = 40000;
	bed->args.port_last = 50000;
	build_good(bed);
	assert_int_equal(bed->conf.nat.masquerade_port_first, 40000);
	assert_int_equal(bed->conf.nat.masquerade_spare_first, 0);
	assert_true(bed->notes.overlapping);
	bed->args.port_first = 1024;
	bed->args.port_last = 32767;
	build_good(bed);
	assert_false(bed->notes.overlapping);
	free(bed);
}

/* The address of an interface may be in a pool; the host's sockets are there all the same. */
static void the_hosts_own_ports_are_spared_in_a_pool(void **state)
{
	struct bed *bed = host_bed();

	(void)state;
	bed->args.pool_count = 1;
	bed->args.pool[0] = (struct nat_range){ be32_of(0xc6120002), be32_of(0xc6120009) };
	build_good(bed);
	assert_false(bed->notes.shares_ports);
	bed->args.pool[0].first = be32_of(0xc6120001);
	build_good(bed);
	assert_int_equal(bed->conf.nat.masquerade_spare_first, 32768);
	assert_int_equal(bed->conf.nat.masquerade_spare_last, 60999);
	assert_true(bed->notes.shares_ports);
	free(bed);
}

/* What a link can not carry would be lost; while the gateway runs, the smaller of both holds. */
static void an_mtu_that_the_link_has_not_got(void **state)
{
	struct bed *bed = host_bed();

	(void)state;
	bed->args.iface[1].mtu = 1400;
	build_good(bed);
	assert_int_equal(bed->conf.iface[1].mtu, 1400);
	bed->facts.iface[1].port.mtu = 1300;
	bed->facts.running = true;
	build_good(bed);
	assert_int_equal(bed->conf.iface[1].mtu, 1300);
	bed->facts.running = false;
	build_refused(bed, "--mtu eth0=1400", "at most 1300");
}

static void a_pool(void **state)
{
	struct bed *bed = bare_bed();
	const struct nat_conf *nat = &bed->conf.nat;

	(void)state;
	bed->args.pool_count = 1;
	bed->args.pool[0] = (struct nat_range){ be32_of(0xc6336400), be32_of(0xc63364ff) };
	bed->args.strict_pairing = true;
	build_good(bed);
	assert_int_equal(nat->rule[0].kind, NAT_KIND_POOL);
	assert_int_equal(nat->pool_count, 1);
	assert_true(nat->pool[0].strict_pairing);
	assert_true(nat->address_count >= 256);
	bed->args.pool[0].last = be32_of(0xc6436400);
	build_refused(bed, "--pool", "65471");
}

static void forwarding_only(void **state)
{
	struct bed *bed = host_bed();

	(void)state;
	bed->args.no_nat = true;
	build_good(bed);
	assert_int_equal(bed->conf.nat.rule_count, 0);
	assert_int_equal(bed->conf.nat.pool_count, 0);
	assert_false(bed->notes.shares_ports);
	bed->args.static_count = 1;
	build_refused(bed, "--no-nat", "--one-to-one");
}

/* The first rule that covers a packet decides, so the exceptions come before the rule. */
static void destinations_without_translation(void **state)
{
	struct bed *bed = bare_bed();
	const struct nat_rule_conf *rule = bed->conf.nat.rule;

	(void)state;
	bed->args.exempt_count = 2;
	bed->args.exempt[0].prefix = be32_of(0xcb007100);
	bed->args.exempt[0].prefix_len = 24;
	bed->args.exempt[1].prefix = be32_of(0xcb007209);
	bed->args.exempt[1].prefix_len = 32;
	bed->args.exempt[1].port = 443;
	bed->args.no_hairpin = true;
	build_good(bed);
	assert_int_equal(bed->conf.nat.rule_count, 3);
	assert_int_equal(rule[0].kind, NAT_KIND_NONE);
	assert_int_equal(be32_host(rule[0].dest), 0xcb007100);
	assert_int_equal(rule[0].dest_len, 24);
	assert_int_equal(rule[1].kind, NAT_KIND_NONE);
	assert_int_equal(rule[1].dest_port, 443);
	assert_int_equal(rule[2].kind, NAT_KIND_MASQUERADE);
	assert_int_equal(rule[2].dest_len, 0);
	assert_false(rule[2].hairpin);
	bed->args.no_nat = true;
	build_refused(bed, "--no-nat", "--no-nat-to");
}

static void rules_follow_the_arguments(void **state)
{
	struct bed *bed = bare_bed();
	const struct nat_rule_conf *rule = &bed->conf.nat.rule[0];

	(void)state;
	bed->args.mapping_given[NAT_PROTO_TCP] = true;
	bed->args.mapping[NAT_PROTO_TCP] = NAT_MAP_ENDPOINT_INDEPENDENT;
	bed->args.filtering_given[NAT_PROTO_UDP] = true;
	bed->args.filtering[NAT_PROTO_UDP] = NAT_FILTER_ENDPOINT_INDEPENDENT;
	bed->args.no_hairpin = true;
	bed->args.outbound_refresh_only = true;
	bed->args.timeout_s[CT_TIMEOUT_UDP] = 30;
	bed->args.quarantine_given = true;
	build_good(bed);
	assert_true(rule->parity);
	bed->args.no_parity = true;
	build_good(bed);
	assert_false(rule->parity);
	assert_int_equal(rule->mapping[NAT_PROTO_TCP], NAT_MAP_ENDPOINT_INDEPENDENT);
	assert_int_equal(rule->filtering[NAT_PROTO_TCP], NAT_FILTER_ADDRESS_PORT);
	assert_int_equal(rule->filtering[NAT_PROTO_UDP], NAT_FILTER_ENDPOINT_INDEPENDENT);
	assert_false(rule->hairpin);
	assert_true(bed->conf.ct.outbound_refresh_only);
	assert_int_equal(bed->conf.ct.timeout_s[CT_TIMEOUT_UDP], 30);
	assert_int_equal(bed->conf.ct.timeout_s[CT_TIMEOUT_ICMP], 60);
	assert_int_equal(bed->conf.nat.quarantine_s, 0);
	assert_int_equal(bed->conf.ct.flow_count, 111);
	free(bed);
}

static void a_filter_that_can_not_be(void **state)
{
	struct bed *bed = bare_bed();

	(void)state;
	bed->args.filtering_given[NAT_PROTO_TCP] = true;
	bed->args.filtering[NAT_PROTO_TCP] = NAT_FILTER_ADDRESS;
	build_refused(bed, "--filtering", "--mapping");
}

static void add_dnat(struct bed *bed, const char *text)
{
	char why[DNAT_WHY_SIZE];

	assert_true(dnat_args_read(text, &bed->args.dnat[bed->args.dnat_count++], why));
}

static void services(void **state)
{
	struct bed *bed = host_bed();
	const struct balance_conf *balance = &bed->conf.nat.balance;

	(void)state;
	add_dnat(bed, "tcp:198.18.0.1:80=10.10.0.5:8080,10.10.0.6:8080");
	add_dnat(bed, "udp:eth0:53=10.10.0.7;method=sticky");
	build_good(bed);
	assert_int_equal(balance->service_count, 2);
	assert_int_equal(balance->backend_count, 3);
	assert_int_equal(balance->service[0].addr_if, IFACE_NONE);
	assert_int_equal(balance->service[0].backend_count, 2);
	assert_int_equal(balance->service[1].addr.raw, 0);
	assert_int_equal(balance->service[1].addr_if, 1);
	assert_int_equal(balance->service[1].backend_first, 2);
	assert_int_equal(balance->service[1].method, BALANCE_STICKY);
	assert_int_equal(be32_host(balance->backend[2].addr), 0x0a0a0007);
	free(bed);
}

static void services_that_can_not_be(void **state)
{
	struct bed *bed = host_bed();

	(void)state;
	add_dnat(bed, "tcp:eth7:80=10.10.0.5");
	build_refused(bed, "tcp:eth7:80", "neither an address nor an interface");
	bed = host_bed();
	add_dnat(bed, "tcp:198.18.0.1:80=10.10.0.5");
	add_dnat(bed, "tcp:198.18.0.1:80=10.10.0.6");
	build_refused(bed, "--dnat", "two services have the same name");
}

static void routes(void **state)
{
	struct bed *bed = bare_bed();
	const struct sluice_conf *conf = &bed->conf;

	(void)state;
	bed->args.route_count = 2;
	bed->args.route[0] = (struct conf_route){ be32_of(0x0a140000), 16,
						  .gateway = be32_of(0x0a0a0007) };
	bed->args.route[1] = (struct conf_route){
		.prefix = be32_of(0xc0000200), .prefix_len = 24, .kind = CONF_VIA_BLACKHOLE
	};
	bed->args.route[0].tag = bed->args.route[1].tag = 7;
	build_good(bed);
	assert_true(conf->route_count == 3 && conf->route[0].tag == 7 && conf->route[1].tag == 7);
	assert_int_equal(conf->route[0].route.path[0].out_if, 0);
	assert_int_equal(conf->route[1].route.type, FIB_BLACKHOLE);
	bed->args.route[0].gateway = be32_of(0x0b000001);
	build_refused(bed, "--route", "11.0.0.1");
}

/* The command line comes before the system; among the system's, the lowest metric comes first. */
static void the_first_route_to_a_prefix_stays(void **state)
{
	struct bed *bed = host_bed();

	(void)state;
	bed->args.gateway_given = true;
	bed->args.gateway = be32_of(0xc6120009);
	build_good(bed);
	assert_int_equal(bed->conf.route_count, 1);
	assert_int_equal(be32_host(bed->conf.route[0].route.path[0].gateway), 0xc6120009);
	free(bed);
}

/* What an interface had stays while its link is down, behind what others have. */
static void routes_of_a_link_that_is_down_stand_back(void **state)
{
	struct bed *bed = host_bed();

	(void)state;
	add_iface(bed, "eth2", IFACE_OUTSIDE);
	host_addr(bed, 2, 0xc6130001, 16);
	bed->facts.iface[2].route_count = 1;
	bed->facts.iface[2].route[0] = (struct os_route){ .gateway = be32_of(0xc6130002) };
	build_good(bed);
	assert_int_equal(bed->conf.route[0].route.path[0].out_if, 1);
	bed->facts.iface[1].down = true;
	build_good(bed);
	assert_int_equal(bed->conf.route[0].route.path[0].out_if, 2);
	bed->facts.iface[2].down = true;
	build_good(bed);
	assert_int_equal(bed->conf.route[0].route.path[0].out_if, 1);
	free(bed);
}

static void a_default_route_of_the_inside_is_not_taken(void **state)
{
	struct bed *bed = host_bed();

	(void)state;
	bed->facts.iface[1].route_count = 1;
	bed->facts.iface[0].route_count = 2;
	bed->facts.iface[0].route[0] = (struct os_route){ .gateway = be32_of(0x0a0a0009) };
	bed->facts.iface[0].route[1] = (struct os_route){ .prefix = be32_of(0x0a140000),
							  .prefix_len = 16,
							  .gateway = be32_of(0x0a0a0007) };
	build_good(bed);
	assert_int_equal(bed->conf.route_count, 1);
	assert_int_equal(bed->conf.route[0].prefix_len, 16);
	assert_true(bed->notes.no_default);
	free(bed);
}

static void a_gateway_nobody_is_near(void **state)
{
	struct bed *bed = bare_bed();

	(void)state;
	bed->args.gateway = be32_of(0x01020304);
	build_refused(bed, "--gateway", "1.2.3.4");
}

static void addresses_of_both_kinds(void **state)
{
	struct bed *bed = bare_bed();

	(void)state;
	host_addr(bed, 1, 0xc6120003, 16);
	build_refused(bed, "gw1=198.18.0.1/16", "198.18.0.3/16");
}

/* A lease may run out while the gateway runs; at start it is a mistake. */
static void no_address_at_all(void **state)
{
	struct bed *bed = host_bed();

	(void)state;
	bed->facts.iface[1].addr_count = 0;
	bed->facts.running = true;
	build_good(bed);
	assert_int_equal(bed->conf.iface[1].addr_count, 0);
	bed->facts.running = false;
	build_refused(bed, "eth0 has no IPv4 address", "--wan eth0=");
}

/* Who asks is told what can not be meant, at the start and for a change; a host may be given such
 * an address in between.                                                                        */
static void a_running_gateway_goes_on(void **state)
{
	struct bed *bed = host_bed();

	(void)state;
	bed->args.gateway_given = true;
	bed->args.gateway = be32_of(0xc6120001);
	bed->facts.running = true;
	build_good(bed);
	bed->facts.changing = true;
	assert_false(build(bed));
	assert_non_null(strstr(bed->errors.text[0], "own address"));
	bed->errors.count = 0;
	bed->facts.running = bed->facts.changing = false;
	build_refused(bed, "--gateway", "own address");
}

static void networks_that_overlap(void **state)
{
	struct bed *bed = bare_bed();

	(void)state;
	bed->args.iface[1].addr[0].addr = be32_of(0x0a0a0909);
	bed->args.iface[1].addr[0].prefix_len = 24;
	bed->args.gateway = be32_of(0x0a0a0902);
	build_refused(bed, "overlap", "10.10.9.9/24");
}

static void without_the_host(void **state)
{
	struct bed *bed = host_bed();

	(void)state;
	bed->args.no_host = true;
	bed->facts.iface[0].addr_count = 0;
	given_addr(bed, 0, 0x0a0a0001, 16);
	build_refused(bed, "--no-host", "198.18.0.1");
}

/* What only the system can say is wrong has its place in the file, too. */
static void a_file_is_spoken_of_by_its_lines(void **state)
{
	static const char text[] = "interfaces:\n"
				   "  - {name: eth1, side: inside}\n"
				   "  - {name: eth0, side: outside}\n"
				   "routes:\n  - {to: 10.20.0.0/16, via: 11.0.0.1}\n";
	static struct conf_marks marks;
	static struct conf_errors errors;
	struct bed *bed = host_bed();
	struct run_source source = { .conf = &bed->asked, .marks = &marks, .file = "gw.yaml" };

	(void)state;
	assert_true(conf_load(text, sizeof text - 1, &bed->asked, &marks, &errors));
	bed->facts.iface[0].addr_count = 0;
	assert_false(run_conf_build(&source, &bed->facts, &bed->conf, &bed->rules, &bed->notes,
				    &bed->errors));
	assert_int_equal(bed->errors.count, 2);
	if (!strstr(bed->errors.text[0], "gw.yaml:2:12: eth1 has no IPv4 address; say 'addresses:"))
		fail_msg("said '%s'", bed->errors.text[0]);
	if (!strstr(bed->errors.text[1], "gw.yaml:5:29: the gateway 11.0.0.1 is on no network"))
		fail_msg("said '%s'", bed->errors.text[1]);
	free(bed);
}

/* What can not be meant has its place, too. */
static void checks_of_a_file(void **state)
{
	static const char text[] = "interfaces:\n"
				   "  - {name: eth1, side: inside}\n"
				   "  - {name: eth0, side: outside}\n"
				   "gateway: 10.10.0.2\n";
	static struct conf_marks marks;
	static struct conf_errors errors;
	struct bed *bed = host_bed();
	struct run_source source = { .conf = &bed->asked, .marks = &marks, .file = "gw.yaml" };

	(void)state;
	assert_true(conf_load(text, sizeof text - 1, &bed->asked, &marks, &errors));
	assert_false(run_conf_build(&source, &bed->facts, &bed->conf, &bed->rules, &bed->notes,
				    &bed->errors));
	assert_int_equal(bed->errors.count, 1);
	if (!strstr(bed->errors.text[0], "gw.yaml:4:10: 10.10.0.2 is on the network of eth1"))
		fail_msg("said '%s'", bed->errors.text[0]);
	free(bed);
}

/* Services, subscribers and segment sizes of a file are the engine's. */
static void what_only_a_file_says(void **state)
{
	static const char text[] =
		"interfaces:\n"
		"  - {name: eth1, side: inside, mss: 1200, source-check: strict}\n"
		"  - {name: eth0, side: outside, mss: clamp-to-mtu}\n"
		"services:\n"
		"  - name: web\n    interface: eth0\n"
		"    ports: 80-89\n"
		"    backends: [{address: 10.10.0.5, port: 8080, drain: true}]\n"
		"    drain-time: 7s\n"
		"  - name: all\n"
		"    address: 198.18.0.9\n"
		"    protocol: any\n    ports: all\n"
		"    backends: [{address: 10.10.0.6}, {address: 10.10.0.7, weight: 5}]\n"
		"subscribers:\n"
		"  {prefix-length: 28, flows: 9, exceptions: [{source: 10.10.0.16/28}]}\n"
		"limits: {services: 3, backends: 4, subscribers: 100}\n";
	static struct conf_marks marks;
	static struct conf_errors errors;
	struct bed *bed = host_bed();
	struct run_source source = { .conf = &bed->asked, .marks = &marks, .file = "gw.yaml" };
	const struct balance_conf *balance = &bed->conf.nat.balance;
	const struct subscriber_conf *subscribers = &bed->conf.subscribers;

	(void)state;
	assert_true(conf_load(text, sizeof text - 1, &bed->asked, &marks, &errors));
	if (!run_conf_build(&source, &bed->facts, &bed->conf, &bed->rules, &bed->notes,
			    &bed->errors))
		fail_msg("%s", bed->errors.text[0]);
	assert_int_equal(bed->conf.iface[0].mss, 1200);
	assert_int_equal(bed->conf.iface[1].mss, IFACE_MSS_OF_MTU);
	assert_int_equal(bed->conf.iface[0].source_check, IFACE_SOURCE_HERE);
	assert_int_equal(bed->conf.iface[1].source_check, IFACE_SOURCE_ANY);
	assert_int_equal(balance->service_limit, 3);
	assert_int_equal(balance->backend_limit, 4);
	assert_int_equal(balance->service_count, 2);
	assert_string_equal(balance->service[0].name, "web");
	assert_int_equal(balance->service[0].addr_if, 1);
	assert_int_equal(balance->service[0].proto, 6);
	assert_int_equal(balance->service[0].port_last, 89);
	assert_int_equal(balance->service[0].drain_s, 7);
	assert_int_equal(balance->service[1].proto, 0);
	assert_int_equal(balance->service[1].backend_first, 1);
	assert_int_equal(balance->backend[0].port, 8080);
	assert_true(balance->backend[0].drain);
	assert_int_equal(balance->backend[2].weight, 5);
	assert_int_equal(subscribers->subscriber_count, 100);
	assert_int_equal(subscribers->prefix_len, 28);
	assert_int_equal(subscribers->limits.flows, 9);
	assert_int_equal(subscribers->exception_count, 1);
	assert_int_equal(subscribers->exception[0].limits.flows, 0);
	free(bed);
}

/* Names become places; what is more than a running engine has room for stays its matter. */
static void pools_and_interfaces_by_name(void **state)
{
	static const char text[] =
		"interfaces:\n"
		"  - {name: eth1, side: inside}\n"
		"  - {name: eth0, side: outside}\n"
		"pools: [{name: x, ranges: 198.51.100.1}, {name: y, ranges: 198.51.101.0/24}]\n"
		"nat: {rules: [{pool: y, out: eth0}, {pool: x}]}\n";
	static struct conf_marks marks;
	static struct conf_errors errors;
	struct bed *bed = host_bed();
	struct run_source source = { .conf = &bed->asked, .marks = &marks, .file = "gw.yaml" };
	const struct nat_conf *nat = &bed->conf.nat;

	(void)state;
	assert_true(conf_load(text, sizeof text - 1, &bed->asked, &marks, &errors));
	assert_true(run_conf_build(&source, &bed->facts, &bed->conf, &bed->rules, &bed->notes,
				   &bed->errors));
	assert_int_equal(nat->rule[0].pool, 1);
	assert_int_equal(nat->rule[0].out_if, 1);
	assert_int_equal(nat->rule[1].pool, 0);
	assert_int_equal(nat->rule[1].out_if, IFACE_NONE);
	assert_int_equal(nat->address_count, 257 + 64);
	bed->facts.address_limit = 100;
	assert_true(run_conf_build(&source, &bed->facts, &bed->conf, &bed->rules, &bed->notes,
				   &bed->errors));
	assert_int_equal(nat->address_count, 100);
	free(bed);
}

static void the_same_facts_give_the_same_bytes(void **state)
{
	struct bed *one = host_bed();
	struct bed *two = host_bed();

	(void)state;
	memset(&two->conf, 0xff, sizeof two->conf);
	build_good(one);
	build_good(two);
	assert_memory_equal(&one->conf, &two->conf, sizeof one->conf);
	free(one);
	free(two);
}

/* ---- filter ---------------------------------------------------------------------------------- */

static void filter_rule_asked(struct bed *bed)
{
	struct conf_filter_rule *rule = &bed->asked.filter.rule[0];

	bed->asked.filter.rule_count = 1;
	bed->asked.filter.policy[FILTER_FORWARD] = FILTER_DROP;
	*rule = (struct conf_filter_rule){
		.name = "web",
		.chain = FILTER_FORWARD,
		.state_count = 2,
		.state = { CONF_UNTRACKED, CONF_NEW },
		.in = "gw1",
		.proto = IP_PROTO_TCP,
		.icmp_type = CONF_ANY,
		.dest = be32_of(0x0a0a0005),
		.dest_len = 32,
		.dport_first = 80,
		.dport_last = 81,
		.action = FILTER_REJECT,
		.reject = FILTER_REJECT_RESET,
		.log = true,
	};
}

static bool build_asked(struct bed *bed)
{
	struct run_source source = { .conf = &bed->asked };

	return run_conf_build(&source, &bed->facts, &bed->conf, &bed->rules, &bed->notes,
			      &bed->errors);
}

static void filter_rules_name_what_the_engine_counts(void **state)
{
	struct bed *bed = bare_bed();
	const struct filter_rule_conf *rule = &bed->rules.rule[0];

	(void)state;
	build_good(bed);
	assert_int_equal(bed->conf.filter.rule_limit, 0);
	filter_rule_asked(bed);
	assert_true(build_asked(bed));
	assert_int_equal(bed->conf.filter.rule_limit, CONF_FILTER_RULE_USUAL);
	assert_int_equal(bed->conf.filter.rule_count, 1);
	assert_ptr_equal(bed->conf.filter.rule, rule);
	assert_int_equal(bed->conf.filter.policy[FILTER_FORWARD].action, FILTER_DROP);
	assert_int_equal(bed->conf.filter.policy[FILTER_INPUT].action, FILTER_ACCEPT);
	assert_string_equal(rule->name, "web");
	assert_int_equal(rule->states, FILTER_UNTRACKED | FILTER_NEW);
	assert_int_equal(rule->in_ifs, 2);
	assert_true(rule->out_ifs == FILTER_IFACE_ANY);
	assert_int_equal(rule->proto, 6);
	assert_int_equal(rule->src.len, 0);
	assert_int_equal(be32_host(rule->dst.prefix), 0x0a0a0005);
	assert_int_equal(rule->dport.first, 80);
	assert_int_equal(rule->dport.last, 81);
	assert_int_equal(rule->sport.last, UINT16_MAX);
	assert_int_equal(rule->fate.action, FILTER_REJECT);
	assert_int_equal(rule->fate.reject, FILTER_REJECT_RESET);
	assert_true(rule->log);
	free(bed);
}

static void a_filter_needs_memory_from_the_start(void **state)
{
	struct bed *bed = bare_bed();

	(void)state;
	build_good(bed);
	bed->facts.running = true;
	bed->facts.address_limit = bed->conf.nat.address_count;
	filter_rule_asked(bed);
	assert_false(build_asked(bed));
	assert_non_null(strstr(bed->errors.text[0], "limits.filter-rules"));
	bed->errors.count = 0;
	bed->facts.filter_limit = 9;
	assert_true(build_asked(bed));
	assert_int_equal(bed->conf.filter.rule_limit, 9);
	free(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(filter_rules_name_what_the_engine_counts),
		cmocka_unit_test(a_filter_needs_memory_from_the_start),
		cmocka_unit_test(the_hosts_addresses_and_gateway),
		cmocka_unit_test(given_addresses_are_not_the_hosts),
		cmocka_unit_test(the_hosts_own_ports_are_spared),
		cmocka_unit_test(ports_that_were_asked_for),
		cmocka_unit_test(the_hosts_own_ports_are_spared_in_a_pool),
		cmocka_unit_test(an_mtu_that_the_link_has_not_got),
		cmocka_unit_test(a_pool),
		cmocka_unit_test(forwarding_only),
		cmocka_unit_test(destinations_without_translation),
		cmocka_unit_test(rules_follow_the_arguments),
		cmocka_unit_test(a_filter_that_can_not_be),
		cmocka_unit_test(services),
		cmocka_unit_test(services_that_can_not_be),
		cmocka_unit_test(routes),
		cmocka_unit_test(the_first_route_to_a_prefix_stays),
		cmocka_unit_test(routes_of_a_link_that_is_down_stand_back),
		cmocka_unit_test(a_default_route_of_the_inside_is_not_taken),
		cmocka_unit_test(a_gateway_nobody_is_near),
		cmocka_unit_test(addresses_of_both_kinds),
		cmocka_unit_test(no_address_at_all),
		cmocka_unit_test(a_running_gateway_goes_on),
		cmocka_unit_test(networks_that_overlap),
		cmocka_unit_test(without_the_host),
		cmocka_unit_test(a_file_is_spoken_of_by_its_lines),
		cmocka_unit_test(checks_of_a_file),
		cmocka_unit_test(what_only_a_file_says),
		cmocka_unit_test(pools_and_interfaces_by_name),
		cmocka_unit_test(the_same_facts_give_the_same_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
