/* Routers that speak BGP with each other, in virtual time: what they tell and what they forget. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake/bgp_net.h"
#include "fake/build.h"

#define NET1 "203.0.113.0/24"

/* Two hosts on one network, of the AS given. */
static struct bgp_net *pair(u32 as_a, u32 as_b)
{
	struct bgp_net *net = bgp_net_new();
	u32 a = bgp_net_host(net, as_a, "192.0.2.1");
	u32 b = bgp_net_host(net, as_b, "192.0.2.2");

	bgp_net_attach(net, a, "10.0.0.1/24");
	bgp_net_attach(net, b, "10.0.0.2/24");
	bgp_net_peer(net, a, "10.0.0.2", as_b);
	bgp_net_peer(net, b, "10.0.0.1", as_a);
	return net;
}

static void start_all(struct bgp_net *net)
{
	for (u32 at = 0; at < net->host_count; at++)
		bgp_net_start(net, at);
}

static void two_peers_come_up_and_tell(void **state)
{
	struct bgp_net *net = pair(65001, 65002);
	struct bgp_attrs_shown attrs;
	struct bgp_peer_shown shown;

	(void)state;
	start_all(net);
	bgp_net_originate(net, 0, NET1);
	bgp_net_run(net, 5 * NS_PER_SEC);
	assert_true(bgp_net_is_up(net, 0, "10.0.0.2"));
	assert_true(bgp_net_is_up(net, 1, "10.0.0.1"));
	assert_true(bgp_net_has(net, 1, NET1));
	attrs = bgp_net_attrs(net, 1, NET1);
	assert_string_equal(attrs.path, "65001");
	assert_string_equal(attrs.origin, "IGP");
	assert_int_equal(attrs.nexthop.raw, addr("10.0.0.1").raw);
	assert_false(attrs.has_local_pref);
	shown = bgp_net_shown(net, 1, "10.0.0.1");
	assert_int_equal(shown.hold_s, 180);
	assert_int_equal(shown.keepalive_s, 60);
	assert_true(shown.as4);
	/* Its own network is told, too, and is not used there: connected is nearer. */
	assert_int_equal(shown.paths_in, 2);
	bgp_net_retract(net, 0, NET1);
	bgp_net_run(net, NS_PER_SEC);
	assert_false(bgp_net_has(net, 1, NET1));
	assert_int_equal(bgp_net_shown(net, 1, "10.0.0.1").paths_in, 1);
	bgp_net_run(net, 3600 * NS_PER_SEC);
	assert_int_equal(net->host[0]->ups, 1);
	assert_int_equal(net->host[1]->downs, 0);
	bgp_net_del(net);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_peers_come_up_and_tell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
