/* From what a file says of routing to what the engine is given: names become indices, limits stay
 * those of the start, and who asks for what there is no memory for is told where.                */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "host/conf/conf_load.h"
#include "prog/run_routing.h"

enum { TEXT_SIZE = 65536 };

static struct conf asked;
static struct conf_marks marks;
static struct conf_errors mistakes;
static struct sluice_conf conf;
static struct run_rules rules;
static struct run_errors errors;
static struct run_facts facts;

static const char head[] = "interfaces:\n"
			   "- {name: gw0, side: inside, addresses: 10.10.0.1/16}\n"
			   "- {name: gw1, side: inside, addresses: 10.20.0.1/16}\n"
			   "- {name: up0, side: outside, addresses: 198.18.0.1/24}\n";

static void build(void)
{
	struct run_source source = { .conf = &asked, .marks = &marks, .file = "gw.yaml" };

	errors.count = 0;
	sluice_conf_defaults(&conf);
	conf.iface_count = asked.iface_count;
	for (u32 i = 0; i < asked.iface_count; i++) {
		conf.iface[i].addr_count = asked.iface[i].addr_count;
		memcpy(conf.iface[i].addr, asked.iface[i].addr, sizeof asked.iface[i].addr);
	}
	run_routing_build(&source, &facts, &conf, &rules, &errors);
}

static void load(const char *text)
{
	if (!conf_load(text, strlen(text), &asked, &marks, &mistakes))
		fail_msg("%s", mistakes.error[0].text);
	build();
}

/* Of what is told in the lines of `routing`; it is as good as the speakers want it. */
static const struct routing_conf *built(const char *lines)
{
	char text[8192];

	snprintf(text, sizeof text, "%srouting:\n%s", head, lines);
	load(text);
	if (errors.count > 0)
		fail_msg("%s", errors.text[0]);
	return conf.routing;
}

static void start_anew(void)
{
	memset(&facts, 0, sizeof facts);
	facts.start_s = 1000;
}

/* As if an engine ran that was built of it. */
static void run_it(void)
{
	run_routing_started(&conf, &facts.routing);
	facts.running = true;
	facts.address_limit = 64;
}

static int begin_anew(void **state)
{
	(void)state;
	start_anew();
	return 0;
}

/* ---- what is planned ------------------------------------------------------------------------- */

static void nothing_is_planned_without_a_protocol(void **state)
{
	(void)state;
	load(head);
	assert_null(conf.routing);
	assert_int_equal(conf.sockets.sock_limit, 0);
	assert_null(built("  router-id: 1.1.1.1\n  policies: [{name: p}]\n"));
	assert_null(built("  bfd: {multiplier: 5}\n"));
}

static void each_protocol_gets_its_own(void **state)
{
	const struct routing_conf *routing = built("  rip: {interfaces: [{name: gw0}]}\n");

	(void)state;
	assert_true(routing->has_rip);
	assert_false(routing->has_bgp || routing->has_ospf || routing->has_bfd);
	assert_int_equal(routing->bfd.peer_limit, 0);
	assert_int_equal(routing->rib.net_limit, asked.fib.prefix_count);
	assert_int_equal(routing->rib.path_limit, 2 * asked.fib.prefix_count);
	assert_true(conf.udp.endpoint_limit > 1);
	assert_int_equal(conf.tcp.tcb_limit, 1);
	routing = built(
		"  bgp: {as: 65010}\nlimits: {bgp-peers: 200, rib-routes: 1M, routes: 1M}\n");
	assert_true(routing->has_bgp);
	assert_int_equal(routing->bgp.peer_limit, 200);
	assert_int_equal(routing->bgp.net_limit, 1000000);
	assert_int_equal(routing->bgp.attr_limit, 250000);
	assert_true(conf.tcp.tcb_limit >= 2 * 200);
	routing = built("  router-id: 1.1.1.1\nlimits: {ospf-lsas: 100}\n");
	assert_true(routing->has_ospf);
	assert_int_equal(routing->ospf.lsa_limit, 100);
	assert_int_equal(routing->ospf.area_count, 0);
	assert_false(routing->has_fpm);
	routing = built("  fpm: {listen: 127.0.0.1:2620, distance: 30, limit: 7k, hold: 5s}\n"
			"limits: {fpm-next-hops: 100}\n");
	assert_true(routing->has_fpm);
	assert_int_equal(routing->fpm.distance, 30);
	assert_int_equal(routing->fpm.route_limit, 7000);
	assert_int_equal(routing->fpm.hold_ns, 5 * NS_PER_SEC);
	assert_int_equal(routing->fpm.object_limit, 100);
	routing = built("  fpm: {listen: 127.0.0.1:2620, hold: none}\n");
	assert_int_equal(routing->fpm.distance, RIB_DISTANCE_FPM);
	assert_int_equal(routing->fpm.route_limit, FPM_ROUTES_MAX);
	assert_int_equal(routing->fpm.hold_ns, 0);
}

static void limits_stay_while_it_runs(void **state)
{
	static const char more[] =
		"  bgp: {as: 1, peers: [{name: a, address: 10.10.0.2, as: 2, add-path-send: 3},"
		" {name: b, address: 10.10.0.3, as: 2}]}\n";
	const struct routing_conf *routing = built("  bgp: {as: 1}\n");
	u32 peers = routing->bgp.peer_limit;
	u32 socks = conf.sockets.sock_limit;

	(void)state;
	assert_int_equal(routing->rip.sequence_base, 1000);
	run_it();
	facts.start_s = 2000;
	routing = built("  bgp: {as: 1, peers: [{name: a, address: 10.10.0.2, as: 2}]}\n");
	assert_int_equal(routing->bgp.peer_limit, peers);
	assert_int_equal(routing->bgp.peer_count, 1);
	assert_int_equal(routing->rip.sequence_base, 1000);
	/* Not even when nothing is asked for any more. */
	load(head);
	assert_non_null(conf.routing);
	assert_int_equal(conf.routing->bgp.peer_limit, peers);
	assert_int_equal(conf.routing->bgp.peer_count, 0);
	assert_false(conf.routing->has_bgp);
	assert_int_equal(conf.sockets.sock_limit, socks);
	{
		char text[1024];

		snprintf(text, sizeof text, "%srouting:\n%s", head, more);
		load(text);
	}
	assert_int_equal(errors.count, 1);
	if (!strstr(errors.text[0], "gw.yaml:6:76: the gateway was started with memory "
				    "for 1 (limits.bgp-announced-paths)"))
		fail_msg("said: %s", errors.text[0]);
}

static void no_memory_has_its_place(void **state)
{
	static const char *const cases[][2] = {
		{ "  bgp: {as: 1}\n", "gw.yaml:6:13: the gateway was started without memory for "
				      "BGP" },
		{ "  ospf: {areas: [{id: 0, interfaces: [{name: gw0}]}]}\n", "gw.yaml:6:23:" },
		{ "  rip: {interfaces: [{name: gw0}]}\n", "gw.yaml:6:29:" },
	};

	(void)state;
	load(head);
	run_it();
	for (u32 i = 0; i < ARRAY_COUNT(cases); i++) {
		char text[1024];

		snprintf(text, sizeof text, "%srouting:\n%s", head, cases[i][0]);
		load(text);
		assert_int_equal(errors.count, 1);
		if (strncmp(errors.text[0], cases[i][1], strlen(cases[i][1])) != 0)
			fail_msg("said '%s'", errors.text[0]);
		assert_null(conf.routing);
	}
}

/* ---- what each is given ---------------------------------------------------------------------- */

static void the_name_of_the_router(void **state)
{
	(void)state;
	assert_int_equal(be32_host(built("  bgp: {as: 1}\n")->bgp.router_id), 0xc6120001);
	assert_int_equal(conf.routing->ospf.router_id, 0xc6120001);
	run_it();
	/* Chosen once: an address more does not end what stands. */
	asked.iface[2].addr[0].addr = be32_of(0xdfffffff);
	build();
	assert_int_equal(conf.routing->ospf.router_id, 0xc6120001);
	assert_int_equal(built("  router-id: 1.2.3.4\n  bgp: {as: 1}\n")->ospf.router_id,
			 0x01020304);
}

static void no_name_is_refused(void **state)
{
	(void)state;
	load("interfaces: [{name: gw0, side: inside}, {name: up0, side: outside}]\n"
	     "routing: {bgp: {as: 1}}\n");
	assert_int_equal(errors.count, 1);
	assert_non_null(strstr(errors.text[0], "say 'router-id: 192.0.2.1'"));
	facts.offline = true;
	build();
	assert_int_equal(errors.count, 0);
}

static void policies_by_index(void **state)
{
	const struct routing_conf *routing = built(
		"  prefix-lists:\n"
		"  - {name: a, prefixes: [10.0.0.0/8, 10.0.0.0/8 ge 9 le 24]}\n"
		"  - {name: b, prefixes: 192.0.2.0/24}\n"
		"  policies:\n"
		"  - name: one\n"
		"    rules:\n"
		"    - {prefixes: b, sources: [static, rip], tag: 0, set-med: 0, set-tag: 5,"
		" metric-type: 2, set-metric: 3, action: next}\n"
		"    - {communities: [no-export, 1:2], prepend: 3, clear-communities: true,"
		" set-next-hop: 10.0.0.9, action: accept}\n"
		"  - name: two\n"
		"    rules: [{as-path-has: 7, origin-as: 8, neighbour-as: 9, max-as-path: 4,"
		" action: reject}]\n"
		"  rip: {import: two, export: any, interfaces: [{name: gw0}]}\n"
		"  ospf: {import: none, areas: [{id: 0, interfaces: [{name: gw1}]}]}\n");
	const struct policy_conf *policy = &routing->policy;
	const struct policy_rule *rule = policy->rule;
	struct policy_view view = { .prefix = ip_prefix4(be32_of(0x0a000000), 8) };
	struct policy_result result;

	(void)state;
	assert_int_equal(policy->list_count, 2);
	assert_int_equal(policy->list[1].first, 2);
	assert_int_equal(policy->list[1].count, 1);
	assert_int_equal(policy->prefix[1].min_len, 9);
	assert_int_equal(policy->prefix[1].max_len, 24);
	assert_int_equal(rule[0].list, 1);
	assert_int_equal(rule[0].sources, 1U << ROUTE_STATIC | 1U << ROUTE_RIP);
	assert_true(rule[0].has_tag);
	assert_int_equal(rule[0].set,
			 POLICY_SET_MED | POLICY_SET_TAG | POLICY_SET_TYPE2 | POLICY_SET_METRIC);
	assert_int_equal(rule[0].new_tag, 5);
	assert_int_equal(rule[0].metric, 3);
	assert_int_equal(rule[0].action, POLICY_NEXT);
	assert_int_equal(rule[1].list, POLICY_NONE);
	assert_false(rule[1].has_tag);
	assert_int_equal(rule[1].community_count, 2);
	assert_int_equal(rule[1].community[0], 0xffffff01);
	assert_int_equal(rule[1].prepend_count, 3);
	assert_int_equal(rule[1].set, POLICY_SET_NEXTHOP | POLICY_CLEAR_COMMUNITIES);
	assert_int_equal(rule[2].as[0], 7);
	assert_int_equal(rule[2].origin_as, 8);
	assert_int_equal(rule[2].neighbour_as, 9);
	assert_int_equal(rule[2].max_as_path, 4);
	assert_int_equal(routing->rip.import, 1);
	policy_run(policy, routing->rip.export, &view, &result);
	assert_true(result.accepted);
	policy_run(policy, routing->ospf.import_policy, &view, &result);
	assert_false(result.accepted);
	assert_int_equal(routing->ospf.export_policy, POLICY_NONE);
}

static void peers_as_they_are_asked_for(void **state)
{
	const struct bgp_conf *bgp =
		&built("  bgp:\n    as: 65010\n    port: none\n    peers:\n"
		       "    - {name: a, address: 198.18.0.2, as: 1.1, md5: x y, import: any,"
		       " hold-time: 9s, keepalive: 3s, multihop: 2, max-prefixes: 10,"
		       " route-server: true, bfd: true}\n"
		       "    - {name: b, address: 10.10.0.2, as: 65010, ao: [{algorithm: aes-cmac,"
		       " send-id: 3, receive-id: 4, secret: z}, {secret: w}], shutdown: true,"
		       " shutdown-text: gone, ttl-security: 1}\n"
		       "    - {name: c, address: 10.10.0.3, as: 65010, ao: {secret: v}}\n")
			 ->bgp;

	(void)state;
	assert_int_equal(bgp->as, 65010);
	assert_int_equal(bgp->port, 0);
	assert_int_equal(bgp->peer_count, 3);
	assert_string_equal(bgp->peer[0].name, "a");
	assert_int_equal(bgp->peer[0].as, 65537);
	assert_int_equal(bgp->peer[0].hold_s, 9);
	assert_int_equal(bgp->peer[0].keepalive_s, 3);
	assert_int_equal(bgp->peer[0].multihop, 2);
	assert_int_equal(bgp->peer[0].prefix_limit, 10);
	assert_true(bgp->peer[0].any_first_as);
	assert_true(bgp->peer[0].bfd);
	assert_true(conf.routing->has_bfd);
	assert_int_equal(bgp->peer[0].auth.kind, BGP_AUTH_MD5);
	assert_int_equal(bgp->peer[0].auth.key_count, 1);
	assert_int_equal(bgp->peer[0].auth.key[0].len_bytes, 3);
	assert_memory_equal(bgp->peer[0].auth.key[0].secret, "x y", 3);
	assert_string_equal(bgp->policy->policy[bgp->peer[0].import].name, "any");
	assert_int_equal(bgp->peer[0].export, POLICY_NONE);
	assert_int_equal(bgp->peer[1].auth.kind, BGP_AUTH_AO);
	assert_int_equal(bgp->peer[1].auth.key_count, 2);
	assert_int_equal(bgp->peer[1].auth.key[0].alg, BGP_KEY_AES_CMAC);
	assert_int_equal(bgp->peer[1].auth.key[0].send_id, 3);
	assert_int_equal(bgp->peer[1].auth.key[0].recv_id, 4);
	assert_int_equal(bgp->peer[1].auth.key[0].len_bytes, 1);
	assert_memory_equal(bgp->peer[1].auth.key[0].secret, "z", 1);
	assert_int_equal(bgp->peer[1].auth.key[1].alg, BGP_KEY_SHA1);
	assert_int_equal(bgp->peer[1].auth.key[1].send_id, 1);
	assert_int_equal(bgp->peer[1].auth.key[1].recv_id, 1);
	assert_int_equal(bgp->peer[2].auth.kind, BGP_AUTH_AO);
	assert_int_equal(bgp->peer[2].auth.key_count, 1);
	assert_memory_equal(bgp->peer[2].auth.key[0].secret, "v", 1);
	assert_int_equal(bgp->peer[1].gtsm_hops, 1);
	assert_true(bgp->peer[1].shutdown);
	assert_string_equal(bgp->peer[1].shutdown_text, "gone");
}

static void interfaces_and_keys(void **state)
{
	const struct routing_conf *routing = built(
		"  ospf:\n    areas:\n"
		"    - {id: 0, interfaces: [{name: gw1, cost: 7, type: point-to-point, bfd: true,"
		" keys: [{id: 9, algorithm: sha512, secret: new}, {id: 8, algorithm: md5,"
		" secret: old}]}]}\n"
		"    - {id: 5, type: nssa, ranges: [{prefix: 10.10.0.0/16, hidden: true}],"
		" interfaces: [{name: gw0, password: x}]}\n"
		"  rip: {interfaces: [{name: up0, cost: 3, neighbours: 198.18.0.9, password: pw},"
		" {name: gw0, keys: [{id: 1, secret: s}]}]}\n"
		"  bfd: {min-tx: 50ms, interfaces: [{name: gw1, authentication: sha1,"
		" keys: [{id: 2, secret: t}]}]}\n");
	const struct ospf_iface_conf *iface = routing->ospf.iface;

	(void)state;
	assert_int_equal(routing->ospf.area_count, 2);
	assert_int_equal(routing->ospf.area[1].id, 5);
	assert_int_equal(routing->ospf.area[1].kind, OSPF_AREA_NSSA);
	assert_true(routing->ospf.area[1].range[0].hidden);
	assert_int_equal(routing->ospf.iface_count, 2);
	assert_int_equal(iface[0].iface, 1);
	assert_int_equal(iface[0].cost, 7);
	assert_int_equal(iface[0].type, OSPF_NET_PTP);
	assert_true(iface[0].bfd);
	assert_int_equal(iface[0].auth.kind, OSPF_AUTH_CRYPTO);
	assert_int_equal(iface[0].auth.send_key, 0);
	assert_int_equal(iface[0].auth.key[0].id, 9);
	assert_int_equal(iface[0].auth.key[0].alg, OSPF_KEY_SHA512);
	assert_int_equal(iface[0].auth.key[1].alg, OSPF_KEY_MD5);
	assert_int_equal(iface[1].iface, 0);
	assert_int_equal(iface[1].area_id, 5);
	assert_int_equal(iface[1].auth.kind, OSPF_AUTH_PLAIN);
	assert_memory_equal(iface[1].auth.plain, "x\0\0\0\0\0\0\0", 8);
	assert_int_equal(routing->rip.iface[0].iface, 2);
	assert_int_equal(routing->rip.iface[0].cost, 3);
	assert_int_equal(routing->rip.iface[0].peer_count, 1);
	assert_int_equal(routing->rip.iface[0].auth.kind, RIP_AUTH_PASSWORD);
	assert_int_equal(routing->rip.iface[1].auth.kind, RIP_AUTH_DIGEST);
	assert_int_equal(routing->rip.iface[1].auth.key[0].alg, DIGEST_SHA256);
	assert_int_equal(routing->bfd.params.min_tx_us, 50000);
	assert_int_equal(routing->bfd.iface[0].iface, 1);
	assert_int_equal(routing->bfd.iface[0].params.min_tx_us, 300000);
	assert_int_equal(routing->bfd.iface[0].params.auth.kind, BFD_AUTH_SHA1);
}

/* Everything that can be said becomes something that the speakers take. */
static void all_that_can_be_said(void **state)
{
	static char text[TEXT_SIZE];
	FILE *file = fopen("test/golden/conf/good-routing.yaml", "r");

	(void)state;
	assert_non_null(file);
	text[fread(text, 1, sizeof text - 1, file)] = 0;
	fclose(file);
	load(text);
	if (errors.count > 0)
		fail_msg("%s", errors.text[0]);
	assert_true(conf.routing->has_bgp && conf.routing->has_ospf && conf.routing->has_rip &&
		    conf.routing->has_bfd && conf.routing->has_fpm);
	assert_int_equal(conf.routing->bgp.peer_count, 5);
	assert_int_equal(conf.routing->bgp.paths_out_limit, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nothing_is_planned_without_a_protocol, begin_anew),
		cmocka_unit_test_setup(each_protocol_gets_its_own, begin_anew),
		cmocka_unit_test_setup(limits_stay_while_it_runs, begin_anew),
		cmocka_unit_test_setup(no_memory_has_its_place, begin_anew),
		cmocka_unit_test_setup(the_name_of_the_router, begin_anew),
		cmocka_unit_test_setup(no_name_is_refused, begin_anew),
		cmocka_unit_test_setup(policies_by_index, begin_anew),
		cmocka_unit_test_setup(peers_as_they_are_asked_for, begin_anew),
		cmocka_unit_test_setup(interfaces_and_keys, begin_anew),
		cmocka_unit_test_setup(all_that_can_be_said, begin_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
