/* Routers that speak BGP: what becomes of routes on their way, by attributes, rules and policies.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake/bgp_raw.h"
#include "fake/build.h"

enum { ROUTES = 1000 };

#define NET1 "203.0.113.0/24"
#define NET2 "198.51.100.0/24"

/* ---- along a row ----------------------------------------------------------------------------- */

static void ten_in_a_row(void **state)
{
	static const u32 as[] = { 65001, 65002, 65003, 65004, 65005,
				  65006, 65007, 65008, 65009, 4200000010 };
	struct bgp_net *net = bgp_net_row(as, ARRAY_COUNT(as));

	(void)state;
	bgp_net_start_all(net);
	bgp_net_originate(net, 0, NET1);
	bgp_net_originate(net, 9, NET2);
	bgp_net_run(net, 20 * NS_PER_SEC);
	assert_string_equal(bgp_net_attrs(net, 9, NET1).path,
			    "65009 65008 65007 65006 65005 65004 65003 65002 65001");
	assert_int_equal(bgp_net_attrs(net, 9, NET1).nexthop.raw, addr("10.9.0.1").raw);
	assert_string_equal(bgp_net_attrs(net, 0, NET2).path,
			    "65002 65003 65004 65005 65006 65007 65008 65009 4200000010");
	bgp_net_retract(net, 0, NET1);
	bgp_net_run(net, NS_PER_SEC);
	for (u32 at = 0; at < 10; at++)
		assert_false(bgp_net_has(net, at, NET1));
	bgp_net_del(net);
}

/* RFC 4271 section 9.1.2.2: (a) comes before (d), and 9.1.1 before both; a path from inside of the
 * AS has the higher distance, which is for other protocols to look at.                           */
static void inside_beats_outside_by_the_rules(void **state)
{
	static const u32 as[] = { 65001, 65001, 65002 };
	struct bgp_net *net = bgp_net_mesh(as, ARRAY_COUNT(as));
	struct policy_rule *rule = bgp_net_rule(net, 0, BGP_NET_ANY);
	struct rib_shown shown[4];

	(void)state;
	bgp_net_start_all(net);
	bgp_net_originate(net, 1, NET1);
	bgp_net_originate(net, 2, NET1);
	bgp_net_run(net, 20 * NS_PER_SEC);
	assert_int_equal(bgp_net_paths(net, 0, NET1, shown, ARRAY_COUNT(shown)), 2);
	assert_string_equal(bgp_net_attrs(net, 0, NET1).path, "");
	assert_int_equal(shown[0].path.distance, RIB_DISTANCE_IBGP);
	assert_string_equal(shown[0].why, "9.1.2.2 (a): shorter AS path");
	assert_string_equal(shown[1].why, "9.1.2.2 (a): shorter AS path");
	/* Then it is the outside that is liked more. */
	rule->neighbour_as = 65002;
	rule->set = POLICY_SET_LOCAL_PREF;
	rule->local_pref = 200;
	bgp_configure(&net->host[0]->bgp, &net->host[0]->conf, net->now);
	bgp_net_run(net, 20 * NS_PER_SEC);
	assert_string_equal(bgp_net_attrs(net, 0, NET1).path, "65002");
	bgp_net_del(net);
}

/* RFC 4271 sections 5.1.3, 5.1.5, 9.2: within an AS. */
static void inside_of_an_as(void **state)
{
	static const u32 as[] = { 65001, 65002, 65002, 65002 };
	struct bgp_net *net = bgp_net_row(as, ARRAY_COUNT(as));
	struct bgp_attrs_shown attrs;
	struct rib_shown shown[2];

	(void)state;
	bgp_net_start_all(net);
	bgp_net_originate(net, 0, NET1);
	bgp_net_run(net, 20 * NS_PER_SEC);
	/* Host 2 hears of it, with the next hop as it came: it has no way there. */
	assert_false(bgp_net_has(net, 2, NET1));
	attrs = bgp_net_attrs(net, 2, NET1);
	assert_string_equal(attrs.path, "65001");
	assert_int_equal(attrs.nexthop.raw, addr("10.1.0.1").raw);
	assert_true(attrs.has_local_pref);
	assert_int_equal(attrs.local_pref, 100);
	/* With itself as the next hop there is one. */
	net->host[1]->conf.peer[1].nexthop_self = true;
	bgp_configure(&net->host[1]->bgp, &net->host[1]->conf, net->now);
	bgp_net_run(net, 3 * NS_PER_SEC);
	assert_true(bgp_net_has(net, 2, NET1));
	assert_int_equal(bgp_net_attrs(net, 2, NET1).nexthop.raw, addr("10.2.0.1").raw);
	/* What came from the inside is not told to the inside. */
	assert_int_equal(bgp_net_paths(net, 3, NET1, shown, 2), 0);
	assert_int_equal(bgp_net_shown(net, 3, "10.3.0.1").state, BGP_ESTABLISHED);
	assert_int_equal(net->host[1]->downs, 0);
	bgp_net_del(net);
}

/* RFC 4271 section 9.1.2: our AS in a path. */
static void paths_do_not_come_back(void **state)
{
	static const u32 as[] = { 65001, 65002, 65003, 65001 };
	struct bgp_net *net = bgp_net_row(as, ARRAY_COUNT(as));

	(void)state;
	bgp_net_start_all(net);
	bgp_net_originate(net, 0, NET1);
	bgp_net_run(net, 20 * NS_PER_SEC);
	assert_true(bgp_net_has(net, 2, NET1));
	assert_false(bgp_net_has(net, 3, NET1));
	assert_true(bgp_net_shown(net, 3, "10.3.0.1").counters.loops > 0);
	bgp_net_del(net);
}

/* The policy, and the rule in it, that hides a route; and that there is none (RFC 8212). */
static void who_refused_it_is_said(void **state)
{
	static const u32 as[] = { 65001, 65002 };
	struct bgp_net *net = bgp_net_row(as, ARRAY_COUNT(as));
	struct bgp_peer_conf *peer = &net->host[1]->conf.peer[0];
	u16 policy = bgp_net_policy(net, 1);
	struct rib_shown shown[1];

	(void)state;
	memcpy(net->host[1]->policy.policy[policy].name, "careful", 8);
	peer->import = policy;
	bgp_net_start_all(net);
	bgp_net_originate(net, 0, NET1);
	bgp_net_run(net, 10 * NS_PER_SEC);
	assert_int_equal(bgp_net_paths(net, 1, NET1, shown, 1), 1);
	assert_string_equal(shown[0].why, "policy careful refused it: no rule matches");
	bgp_net_rule(net, 1, policy)->action = POLICY_REJECT;
	bgp_net_rule(net, 1, policy)->action = POLICY_NEXT;
	assert_int_equal(bgp_net_paths(net, 1, NET1, shown, 1), 1);
	assert_string_equal(shown[0].why, "policy careful refused it: rule 1");
	peer->import = POLICY_NONE;
	bgp_configure(&net->host[1]->bgp, &net->host[1]->conf, net->now);
	bgp_net_run(net, NS_PER_SEC);
	assert_int_equal(bgp_net_paths(net, 1, NET1, shown, 1), 1);
	assert_string_equal(shown[0].why,
			    "the peer has no import policy, without which nothing is taken");
	bgp_net_del(net);
}

/* RFC 4271 section 5.1.3: on a network that all share the router that leads there is named. */
static void third_party_next_hops(void **state)
{
	static const u32 as[] = { 65001, 65002, 65003 };
	struct bgp_net *net = bgp_net_mesh(as, ARRAY_COUNT(as));

	(void)state;
	/* Hosts 0 and 2 do not talk to each other. */
	net->host[0]->conf.peer_count = 1;
	net->host[2]->conf.peer[0] = net->host[2]->conf.peer[1];
	net->host[2]->conf.peer_count = 1;
	bgp_net_start_all(net);
	bgp_net_originate(net, 0, NET1);
	bgp_net_run(net, 10 * NS_PER_SEC);
	assert_string_equal(bgp_net_attrs(net, 2, NET1).path, "65002 65001");
	assert_int_equal(bgp_net_attrs(net, 2, NET1).nexthop.raw, addr("10.0.0.1").raw);
	net->host[1]->conf.peer[1].nexthop_self = true;
	bgp_configure(&net->host[1]->bgp, &net->host[1]->conf, net->now);
	bgp_net_run(net, NS_PER_SEC);
	assert_int_equal(bgp_net_attrs(net, 2, NET1).nexthop.raw, addr("10.0.0.2").raw);
	bgp_net_del(net);
}

/* Every host tells every other one, and the one that has it goes away: nobody believes in it. */
static void a_mesh_forgets(void **state)
{
	static const u32 as[] = { 65001, 65002, 65003, 65004, 65005, 65006 };
	struct bgp_net *net = bgp_net_mesh(as, ARRAY_COUNT(as));

	(void)state;
	bgp_net_start_all(net);
	bgp_net_originate(net, 0, NET1);
	bgp_net_run(net, 40 * NS_PER_SEC);
	for (u32 at = 1; at < 6; at++) {
		struct rib_shown shown[8];

		assert_string_equal(bgp_net_attrs(net, at, NET1).path, "65001");
		/* The other four tell of it as well. */
		assert_int_equal(bgp_net_paths(net, at, NET1, shown, 8), 5);
		assert_string_equal(shown[1].why, "9.1.2.2 (a): shorter AS path");
	}
	bgp_net_kill(net, 0);
	bgp_net_run(net, 5 * NS_PER_SEC);
	for (u32 at = 1; at < 6; at++) {
		struct rib_shown shown[8];

		assert_int_equal(bgp_net_paths(net, at, NET1, shown, 8), 0);
	}
	bgp_net_del(net);
}

static void far_peers(void **state)
{
	static const u32 as[] = { 65001, 65002 };
	(void)state;
	for (u32 hops = 0; hops < 4; hops++) {
		struct bgp_net *net = bgp_net_row(as, ARRAY_COUNT(as));

		/* Two routers in between: three hops. */
		net->routers[0][1] = net->routers[1][0] = 2;
		net->host[0]->conf.peer[0].multihop = net->host[1]->conf.peer[0].multihop = (u8)
			hops;
		bgp_net_start_all(net);
		bgp_net_run(net, 60 * NS_PER_SEC);
		assert_int_equal(bgp_net_is_up(net, 0, "10.1.0.2"), hops == 3);
		bgp_net_del(net);
	}
}

/* RFC 5082: what comes from further away than it may is not heard. */
static void gtsm(void **state)
{
	static const u32 as[] = { 65001, 65002 };

	(void)state;
	for (u32 routers = 0; routers < 3; routers++) {
		struct bgp_net *net = bgp_net_row(as, ARRAY_COUNT(as));

		net->routers[0][1] = net->routers[1][0] = routers;
		net->host[0]->conf.peer[0].gtsm_hops = net->host[1]->conf.peer[0].gtsm_hops = 2;
		bgp_net_start_all(net);
		bgp_net_run(net, 60 * NS_PER_SEC);
		assert_int_equal(bgp_net_is_up(net, 0, "10.1.0.2"), routers < 2);
		bgp_net_del(net);
	}
}

/* ---- policies -------------------------------------------------------------------------------- */

/* RFC 8212: no policy, no routes, of either direction; to our own AS it is no matter. */
static void nothing_without_a_policy(void **state)
{
	static const u32 as[] = { 65001, 65002, 65002 };
	struct bgp_net *net = bgp_net_row(as, ARRAY_COUNT(as));
	struct rib_shown shown[2];

	(void)state;
	net->host[1]->conf.peer[0].import = POLICY_NONE;
	net->host[1]->conf.peer[1].import = POLICY_NONE;
	net->host[1]->conf.peer[1].export = POLICY_NONE;
	net->host[1]->conf.peer[1].nexthop_self = true;
	bgp_net_start_all(net);
	bgp_net_originate(net, 0, NET1);
	bgp_net_run(net, 20 * NS_PER_SEC);
	assert_true(bgp_net_paths(net, 1, NET1, shown, 2) > 0);
	assert_true(shown[0].path.hidden);
	assert_false(bgp_net_has(net, 1, NET1));
	net->host[1]->conf.peer[0].import = BGP_NET_ANY;
	bgp_configure(&net->host[1]->bgp, &net->host[1]->conf, net->now);
	bgp_net_run(net, 3 * NS_PER_SEC);
	assert_true(bgp_net_has(net, 1, NET1));
	assert_true(bgp_net_has(net, 2, NET1));
	net->host[0]->conf.peer[0].export = POLICY_NONE;
	bgp_configure(&net->host[0]->bgp, &net->host[0]->conf, net->now);
	bgp_net_run(net, 3 * NS_PER_SEC);
	assert_int_equal(bgp_net_paths(net, 1, NET1, shown, 2), 0);
	assert_int_equal(net->host[0]->downs + net->host[1]->downs, 0);
	bgp_net_del(net);
}

/* An import policy that changes is run over what there is: the peer sends nothing again. */
static u32 refused(struct bgp_net *net)
{
	return bgp_net_shown(net, 1, "10.1.0.1").hidden_in;
}

static void import_policies_change(void **state)
{
	static const u32 as[] = { 65001, 65002 };
	struct bgp_net *net = bgp_net_row(as, ARRAY_COUNT(as));
	struct policy_rule *rule;
	struct bgp_attrs_shown attrs;
	u64 heard;

	(void)state;
	bgp_net_start_all(net);
	bgp_net_originate(net, 0, NET1);
	bgp_net_originate(net, 0, NET2);
	bgp_net_run(net, 10 * NS_PER_SEC);
	heard = bgp_net_shown(net, 1, "10.1.0.1").counters.got[BGP_UPDATE];
	rule = bgp_net_rule(net, 1, BGP_NET_ANY);
	rule->set = POLICY_SET_LOCAL_PREF | POLICY_SET_MED;
	rule->local_pref = 300;
	rule->med = 7;
	rule->add_count = 2;
	rule->add[0] = 65002u << 16 | 1;
	rule->add[1] = BGP_COMMUNITY_NO_EXPORT;
	rule->add_large_count = 1;
	rule->add_large[0] = (struct large_community){ 65002, 3, 4 };
	rule->prepend_count = 2;
	bgp_configure(&net->host[1]->bgp, &net->host[1]->conf, net->now);
	bgp_net_run(net, 3 * NS_PER_SEC);
	attrs = bgp_net_attrs(net, 1, NET1);
	assert_int_equal(attrs.local_pref, 300);
	assert_int_equal(attrs.med, 7);
	assert_string_equal(attrs.communities, "65002:1 no-export");
	assert_string_equal(attrs.large, "65002:3:4");
	assert_string_equal(attrs.path, "65002 65002 65001");
	rule->action = POLICY_REJECT;
	bgp_configure(&net->host[1]->bgp, &net->host[1]->conf, net->now);
	bgp_net_run(net, 3 * NS_PER_SEC);
	assert_false(bgp_net_has(net, 1, NET1));
	assert_int_equal(refused(net), bgp_net_shown(net, 1, "10.1.0.1").paths_in);
	*rule = (struct policy_rule){ .list = POLICY_NONE };
	bgp_configure(&net->host[1]->bgp, &net->host[1]->conf, net->now);
	bgp_net_run(net, 3 * NS_PER_SEC);
	attrs = bgp_net_attrs(net, 1, NET1);
	assert_int_equal(refused(net), 0);
	assert_string_equal(attrs.path, "65001");
	assert_string_equal(attrs.communities, "");
	assert_int_equal(bgp_net_shown(net, 1, "10.1.0.1").counters.got[BGP_UPDATE], heard);
	assert_int_equal(net->host[1]->downs, 0);
	bgp_net_del(net);
}

/* The number of routes that a peer is told of; *of the one of a prefix, if it is there. */
static u32 told(struct bgp_net *net, u32 host, const char *peer, const char *prefix,
		struct bgp_told_shown *of)
{
	struct bgp_told_shown out[BGP_TOLD_SHOWN_MAX];
	char text[IP_TEXT_SIZE];
	u32 count = 0, got;
	u64 cursor = 0;

	memset(of, 0, sizeof *of);
	while (bgp_show_announced(&net->host[host]->bgp, addr(peer), &cursor, out, &got)) {
		for (u32 at = 0; at < got; at++) {
			ip_prefix_print(&out[at].prefix, text, sizeof text);
			if (strcmp(text, prefix) == 0)
				*of = out[at];
		}
		count += got;
	}
	return count;
}

/* After the policy, as the peer has it: made here, and learned from somebody else. */
static void what_is_told_is_shown(void **state)
{
	static const u32 as[] = { 65001, 65002, 65003 };
	struct bgp_net *net = bgp_net_row(as, ARRAY_COUNT(as));
	struct bgp_attrs_shown has;
	struct policy_rule *rule;
	struct bgp_told_shown of;

	(void)state;
	net->host[1]->conf.peer[1].export = bgp_net_policy(net, 1);
	rule = bgp_net_rule(net, 1, net->host[1]->conf.peer[1].export);
	rule->prepend_count = 2;
	rule->set = POLICY_SET_MED;
	rule->med = 7;
	rule->add_count = 1;
	rule->add[0] = 65002u << 16 | 9;
	bgp_net_start_all(net);
	bgp_net_originate(net, 0, NET1);
	bgp_net_originate(net, 1, NET2);
	bgp_net_run(net, 20 * NS_PER_SEC);
	assert_int_equal(told(net, 1, "10.2.0.2", NET1, &of),
			 bgp_net_shown(net, 1, "10.2.0.2").announced);
	has = bgp_net_attrs(net, 2, NET1);
	assert_int_equal(of.source, ROUTE_BGP);
	assert_string_equal(of.attrs.path, "65002 65002 65002 65001");
	assert_string_equal(of.attrs.path, has.path);
	assert_string_equal(of.attrs.communities, "65002:9");
	assert_true(of.attrs.has_med);
	assert_int_equal(of.attrs.med, 7);
	assert_false(of.attrs.has_local_pref);
	assert_int_equal(of.attrs.nexthop.raw, addr("10.2.0.1").raw);
	assert_int_equal(of.attrs.nexthop.raw, has.nexthop.raw);
	assert_int_equal(of.path_id, 0);
	(void)told(net, 1, "10.2.0.2", NET2, &of);
	assert_int_equal(of.source, ROUTE_STATIC);
	assert_string_equal(of.attrs.path, "65002 65002 65002");
	assert_string_equal(of.attrs.origin, "IGP");
	/* What waits to be told is not shown. */
	net->host[1]->conf.peer[1].advertise_ms = 5000;
	bgp_configure(&net->host[1]->bgp, &net->host[1]->conf, net->now);
	bgp_net_run(net, 20 * NS_PER_SEC);
	bgp_net_originate(net, 1, "192.0.2.0/25");
	bgp_net_run(net, NS_PER_SEC);
	bgp_net_originate(net, 1, "192.0.2.128/25");
	bgp_net_run(net, NS_PER_SEC);
	assert_int_equal(told(net, 1, "10.2.0.2", "192.0.2.128/25", &of),
			 bgp_net_shown(net, 1, "10.2.0.2").announced);
	assert_int_equal(of.prefix.len, 0);
	(void)told(net, 1, "10.2.0.2", "192.0.2.0/25", &of);
	assert_int_equal(of.prefix.len, 25);
	/* What came from a peer is not told to it, nor what nobody is told. */
	assert_int_equal(told(net, 2, "10.2.0.1", NET1, &of),
			 bgp_net_shown(net, 2, "10.2.0.1").announced);
	assert_int_equal(of.prefix.len, 0);
	assert_int_equal(told(net, 2, "10.9.0.1", NET1, &of), 0);
	bgp_net_kill(net, 2);
	bgp_net_run(net, NS_PER_SEC);
	assert_int_equal(told(net, 1, "10.2.0.2", NET1, &of), 0);
	bgp_net_del(net);
}

static void export_policies_change(void **state)
{
	static const u32 as[] = { 65001, 65002 };
	struct bgp_net *net = bgp_net_row(as, ARRAY_COUNT(as));
	struct policy_conf *policy = &net->host[0]->policy;
	struct policy_rule *rule;
	u16 own = bgp_net_policy(net, 0);

	(void)state;
	policy->list_count = 1;
	policy->list[0] = (struct policy_list){ "a", 0, 1 };
	policy->prefix_count = 1;
	policy->prefix[0] = (struct policy_prefix){ ip_prefix4(addr("203.0.113.0"), 24), 24, 24 };
	rule = bgp_net_rule(net, 0, own);
	rule->list = 0;
	net->host[0]->conf.peer[0].export = own;
	bgp_net_start_all(net);
	bgp_net_originate(net, 0, NET1);
	bgp_net_originate(net, 0, NET2);
	bgp_net_run(net, 10 * NS_PER_SEC);
	assert_true(bgp_net_has(net, 1, NET1));
	assert_false(bgp_net_has(net, 1, NET2));
	assert_int_equal(bgp_net_shown(net, 0, "10.1.0.2").announced, 1);
	assert_int_equal(bgp_count_told(&net->host[0]->bgp), 1);
	rule->prepend_count = 3;
	rule->set = POLICY_SET_MED;
	rule->med = 55;
	bgp_configure(&net->host[0]->bgp, &net->host[0]->conf, net->now);
	bgp_net_run(net, 3 * NS_PER_SEC);
	assert_string_equal(bgp_net_attrs(net, 1, NET1).path, "65001 65001 65001 65001");
	assert_int_equal(bgp_net_attrs(net, 1, NET1).med, 55);
	/* Only a list that the policy names is another one. */
	policy->prefix[0].prefix = ip_prefix4(addr("198.51.100.0"), 24);
	bgp_configure(&net->host[0]->bgp, &net->host[0]->conf, net->now);
	bgp_net_run(net, 3 * NS_PER_SEC);
	assert_false(bgp_net_has(net, 1, NET1));
	assert_true(bgp_net_has(net, 1, NET2));
	assert_int_equal(net->host[0]->downs, 0);
	net->host[0]->conf.peer[0].export = bgp_net_policy(net, 0);
	bgp_configure(&net->host[0]->bgp, &net->host[0]->conf, net->now);
	bgp_net_run(net, NS_PER_SEC);
	assert_int_equal(bgp_count_told(&net->host[0]->bgp), 0);
	bgp_net_del(net);
}

/* Tags of the configuration, as a policy asks for them. */
static void tags_are_matched(void **state)
{
	static const u32 as[] = { 65001, 65002 };
	struct bgp_net *net = bgp_net_row(as, ARRAY_COUNT(as));
	struct rib_path path = { .type = FIB_BLACKHOLE,
				 .distance = RIB_DISTANCE_STATIC,
				 .extra = 12,
				 .hops = RIB_NONE };
	struct ip_prefix prefix = ip_prefix4(addr("203.0.113.0"), 24);
	struct policy_rule *rule;

	(void)state;
	net->host[0]->conf.peer[0].export = bgp_net_policy(net, 0);
	rule = bgp_net_rule(net, 0, net->host[0]->conf.peer[0].export);
	rule->has_tag = true;
	rule->tag = 12;
	bgp_net_start_all(net);
	path.client = net->host[0]->fixed;
	assert_int_equal(rib_offer(&net->host[0]->rib, &prefix, &path), ERR_OK);
	bgp_net_originate(net, 0, NET2);
	bgp_net_run(net, 10 * NS_PER_SEC);
	assert_true(bgp_net_has(net, 1, NET1));
	assert_false(bgp_net_has(net, 1, NET2));
	/* Another tag is another route. */
	path.extra = 13;
	assert_int_equal(rib_offer(&net->host[0]->rib, &prefix, &path), ERR_OK);
	bgp_net_run(net, 3 * NS_PER_SEC);
	assert_false(bgp_net_has(net, 1, NET1));
	bgp_net_del(net);
}

/* A configuration that says the same tells nobody anything. */
static void the_same_again(void **state)
{
	static const u32 as[] = { 65001, 65002 };
	struct bgp_net *net = bgp_net_row(as, ARRAY_COUNT(as));
	u64 heard;

	(void)state;
	bgp_net_start_all(net);
	bgp_net_originate(net, 0, NET1);
	bgp_net_run(net, 10 * NS_PER_SEC);
	heard = bgp_net_shown(net, 1, "10.1.0.1").counters.got[BGP_UPDATE];
	bgp_configure(&net->host[0]->bgp, &net->host[0]->conf, net->now);
	bgp_configure(&net->host[1]->bgp, &net->host[1]->conf, net->now);
	bgp_net_run(net, 10 * NS_PER_SEC);
	assert_int_equal(bgp_net_shown(net, 1, "10.1.0.1").counters.got[BGP_UPDATE], heard);
	assert_int_equal(net->host[0]->downs + net->host[1]->downs, 0);
	bgp_net_del(net);
}

/* Who is concerned begins anew, and who is not does not notice. */
static void parameters_change(void **state)
{
	static const u32 as[] = { 65001, 65002, 65003 };
	struct bgp_net *net = bgp_net_row(as, ARRAY_COUNT(as));

	(void)state;
	bgp_net_start_all(net);
	bgp_net_run(net, 10 * NS_PER_SEC);
	net->host[1]->conf.peer[0].hold_s = 30;
	bgp_configure(&net->host[1]->bgp, &net->host[1]->conf, net->now);
	bgp_net_run(net, NS_PER_SEC / 10);
	assert_int_equal(bgp_net_shown(net, 0, "10.1.0.2").last_got.subcode, BGP_CEASE_CONFIGURED);
	bgp_net_run(net, 40 * NS_PER_SEC);
	assert_true(bgp_net_is_up(net, 0, "10.1.0.2"));
	assert_int_equal(bgp_net_shown(net, 0, "10.1.0.2").hold_s, 30);
	assert_int_equal(net->host[2]->downs, 0);
	/* One goes, one is shut down. */
	net->host[1]->conf.peer[0].shutdown = true;
	memcpy(net->host[1]->conf.peer[0].shutdown_text, "bye", 4);
	net->host[1]->conf.peer_count = 1;
	bgp_configure(&net->host[1]->bgp, &net->host[1]->conf, net->now);
	bgp_net_run(net, NS_PER_SEC / 10);
	assert_int_equal(bgp_net_shown(net, 2, "10.2.0.1").last_got.subcode,
			 BGP_CEASE_DECONFIGURED);
	assert_string_equal(bgp_net_shown(net, 0, "10.1.0.2").last_got.text, "bye");
	bgp_net_run(net, 300 * NS_PER_SEC);
	assert_false(bgp_net_is_up(net, 0, "10.1.0.2"));
	net->host[1]->conf.peer[0].shutdown = false;
	net->host[1]->conf.peer_count = 2;
	bgp_configure(&net->host[1]->bgp, &net->host[1]->conf, net->now);
	bgp_net_run(net, 100 * NS_PER_SEC);
	assert_true(bgp_net_is_up(net, 0, "10.1.0.2"));
	assert_true(bgp_net_is_up(net, 2, "10.2.0.1"));
	bgp_net_del(net);
}

/* RFC 1997: how far a route may go. */
static void communities_are_obeyed(void **state)
{
	static const struct {
		u32 community;
		bool inside, outside;
	} row[] = {
		{ 65001u << 16 | 5, true, true },
		{ BGP_COMMUNITY_NO_EXPORT, true, false },
		{ BGP_COMMUNITY_NO_EXPORT_SUBCONFED, true, false },
		{ BGP_COMMUNITY_NO_ADVERTISE, false, false },
	};
	static const u32 as[] = { 65001, 65002, 65002, 65003 };

	(void)state;
	for (u32 at = 0; at < ARRAY_COUNT(row); at++) {
		struct bgp_net *net = bgp_net_new();
		struct policy_rule *rule;
		char text[32];

		/* All of them are peers of host 1. */
		for (u32 n = 0; n < 4; n++) {
			(void)snprintf(text, sizeof text, "192.0.2.%u", n + 1);
			bgp_net_host(net, as[n], text);
			(void)snprintf(text, sizeof text, "10.0.0.%u/24", n + 1);
			bgp_net_attach(net, n, text);
		}
		for (u32 n = 0; n < 4; n++) {
			if (n == 1)
				continue;
			(void)snprintf(text, sizeof text, "10.0.0.%u", n + 1);
			bgp_net_peer(net, 1, text, as[n]);
			bgp_net_peer(net, n, "10.0.0.2", 65002);
		}
		rule = bgp_net_rule(net, 0, BGP_NET_ANY);
		rule->add_count = 1;
		rule->add[0] = row[at].community;
		bgp_net_start_all(net);
		bgp_net_originate(net, 0, NET1);
		bgp_net_run(net, 20 * NS_PER_SEC);
		assert_true(bgp_net_has(net, 1, NET1));
		assert_int_equal(bgp_net_has(net, 2, NET1), row[at].inside);
		assert_int_equal(bgp_net_has(net, 3, NET1), row[at].outside);
		bgp_net_del(net);
	}
}

/* RFC 4271 section 5.1.4: a metric of one neighbour is not told to another one. */
static void med_goes_one_as_far(void **state)
{
	static const u32 as[] = { 65001, 65002, 65002, 65003 };
	struct bgp_net *net = bgp_net_row(as, ARRAY_COUNT(as));
	struct policy_rule *rule = bgp_net_rule(net, 0, BGP_NET_ANY);

	(void)state;
	rule->set = POLICY_SET_MED;
	rule->med = 40;
	net->host[1]->conf.peer[1].nexthop_self = true;
	bgp_net_start_all(net);
	bgp_net_originate(net, 0, NET1);
	bgp_net_run(net, 20 * NS_PER_SEC);
	assert_int_equal(bgp_net_attrs(net, 1, NET1).med, 40);
	assert_true(bgp_net_attrs(net, 2, NET1).has_med);
	assert_false(bgp_net_attrs(net, 3, NET1).has_med);
	assert_false(bgp_net_attrs(net, 3, NET1).has_local_pref);
	bgp_net_del(net);
}

/* Many prefixes of few attributes go into few messages. */
static void routes_are_packed(void **state)
{
	static const u32 as[] = { 65001, 65002 };
	struct bgp_net *net = bgp_net_row(as, ARRAY_COUNT(as));
	struct bgp_peer_shown shown;

	(void)state;
	net->host[0]->conf.peer[0].shutdown = true;
	bgp_net_start_all(net);
	for (u32 n = 0; n < 3000; n++) {
		char text[32];

		(void)snprintf(text, sizeof text, "198.%u.%u.0/24", 18 + n / 256, n % 256);
		bgp_net_originate(net, 0, text);
	}
	bgp_net_run(net, 10 * NS_PER_SEC);
	net->host[0]->conf.peer[0].shutdown = false;
	bgp_configure(&net->host[0]->bgp, &net->host[0]->conf, net->now);
	bgp_net_run(net, 40 * NS_PER_SEC);
	shown = bgp_net_shown(net, 1, "10.1.0.1");
	assert_int_equal(shown.paths_in, 3001);
	assert_in_range(shown.counters.got[BGP_UPDATE], 3, 12);
	bgp_net_del(net);
}

/* Many sets of attributes at once, more than UPDATEs are filled at the same time, for a peer that
 * takes nothing for a while, and more than waits for it: none is mixed up with another one, and
 * none is lost.                                                                                  */
static void each_route_has_its_own(void **state)
{
	struct bgp_open open = bgp_raw_usual(65002, "192.0.2.2");
	struct bgp_net *net = bgp_net_new();
	struct bgp_raw *raw;
	u8 list[80];
	char text[64];

	(void)state;
	for (u32 at = 0; at < 3; at++) {
		(void)snprintf(text, sizeof text, "192.0.2.%u", at + 1);
		bgp_net_host(net, 65001 + at, text);
		(void)snprintf(text, sizeof text, "10.0.0.%u/24", at + 1);
		bgp_net_attach(net, at, text);
	}
	bgp_net_peer(net, 0, "10.0.0.2", 65002);
	bgp_net_peer(net, 0, "10.0.0.3", 65003);
	bgp_net_peer(net, 2, "10.0.0.1", 65001);
	bgp_net_start(net, 0);
	bgp_net_start(net, 2);
	raw = bgp_raw_new(net, 1);
	bgp_raw_up(raw, "10.0.0.1", &open);
	bgp_net_run(net, 20 * NS_PER_SEC);
	net->sock[net->sock[bgp_net_line(net, 0, 2)].other].cork = true;
	memset(list, 7, sizeof list);
	for (u32 n = 0; n < ROUTES; n++) {
		struct bgp_raw_update update = { 0 };
		u32 path[2] = { 65002, 1 + n % 400 };

		(void)snprintf(text, sizeof text, "198.%u.%u.0/24", 18 + n / 256, n % 256);
		bgp_raw_usual_attrs(&update, path, 2, "10.0.0.2");
		bgp_raw_attr(&update, BGP_FLAG_OPTIONAL | BGP_FLAG_TRANSITIVE, BGP_COMMUNITIES,
			     list, sizeof list);
		bgp_raw_prefix(&update, text);
		bgp_raw_update_send(raw, &update);
		if (n % 50 == 49)
			bgp_net_run(net, 5 * NS_PER_MS);
	}
	bgp_net_run(net, 3 * NS_PER_SEC);
	assert_true(bgp_net_shown(net, 0, "10.0.0.3").announced < ROUTES);
	assert_true(bgp_net_shown(net, 0, "10.0.0.3").out_bytes > BGP_OUT_SIZE / 2);
	net->sock[net->sock[bgp_net_line(net, 0, 2)].other].cork = false;
	bgp_net_run(net, 3 * NS_PER_SEC);
	assert_int_equal(bgp_net_shown(net, 2, "10.0.0.1").paths_in, ROUTES + 1);
	for (u32 n = 0; n < ROUTES; n += 7) {
		char wanted[64];

		(void)snprintf(text, sizeof text, "198.%u.%u.0/24", 18 + n / 256, n % 256);
		(void)snprintf(wanted, sizeof wanted, "65001 65002 %u", 1 + n % 400);
		assert_string_equal(bgp_net_attrs(net, 2, text).path, wanted);
	}
	free(raw);
	bgp_net_del(net);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ten_in_a_row),
		cmocka_unit_test(inside_of_an_as),
		cmocka_unit_test(inside_beats_outside_by_the_rules),
		cmocka_unit_test(paths_do_not_come_back),
		cmocka_unit_test(who_refused_it_is_said),
		cmocka_unit_test(third_party_next_hops),
		cmocka_unit_test(a_mesh_forgets),
		cmocka_unit_test(far_peers),
		cmocka_unit_test(gtsm),
		cmocka_unit_test(nothing_without_a_policy),
		cmocka_unit_test(import_policies_change),
		cmocka_unit_test(what_is_told_is_shown),
		cmocka_unit_test(export_policies_change),
		cmocka_unit_test(tags_are_matched),
		cmocka_unit_test(the_same_again),
		cmocka_unit_test(parameters_change),
		cmocka_unit_test(communities_are_obeyed),
		cmocka_unit_test(med_goes_one_as_far),
		cmocka_unit_test(routes_are_packed),
		cmocka_unit_test(each_route_has_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
