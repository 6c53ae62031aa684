/* Peers with secrets: whose keys suit each other come up, and nobody else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake/bgp_net.h"
#include "fake/build.h"

static struct bgp_secret secret(enum bgp_auth kind, const char *text, u8 send_id, u8 recv_id)
{
	struct bgp_secret out = { .kind = kind, .send_id = send_id, .recv_id = recv_id };

	out.len_bytes = (u32)strlen(text);
	memcpy(out.byte, text, out.len_bytes);
	return out;
}

static bool comes_up(struct bgp_secret a, struct bgp_secret b)
{
	struct bgp_net *net = bgp_net_new();
	bool up;

	bgp_net_host(net, 65001, "192.0.2.1");
	bgp_net_host(net, 65002, "192.0.2.2");
	bgp_net_attach(net, 0, "10.0.0.1/24");
	bgp_net_attach(net, 1, "10.0.0.2/24");
	bgp_net_peer(net, 0, "10.0.0.2", 65002)->secret = a;
	bgp_net_peer(net, 1, "10.0.0.1", 65001)->secret = b;
	bgp_net_start(net, 0);
	bgp_net_start(net, 1);
	bgp_net_run(net, 100 * NS_PER_SEC);
	up = bgp_net_is_up(net, 0, "10.0.0.2") && bgp_net_is_up(net, 1, "10.0.0.1");
	bgp_net_del(net);
	return up;
}

static void md5(void **state)
{
	struct bgp_secret none = { .kind = BGP_AUTH_NONE };

	(void)state;
	assert_true(comes_up(secret(BGP_AUTH_MD5, "open sesame", 0, 0),
			     secret(BGP_AUTH_MD5, "open sesame", 0, 0)));
	assert_false(comes_up(secret(BGP_AUTH_MD5, "open sesame", 0, 0),
			      secret(BGP_AUTH_MD5, "open sesamE", 0, 0)));
	assert_false(comes_up(secret(BGP_AUTH_MD5, "open sesame", 0, 0), none));
	assert_false(comes_up(none, secret(BGP_AUTH_MD5, "open sesame", 0, 0)));
}

static void ao(void **state)
{
	(void)state;
	assert_true(comes_up(secret(BGP_AUTH_AO_SHA1, "open sesame", 1, 2),
			     secret(BGP_AUTH_AO_SHA1, "open sesame", 2, 1)));
	assert_false(comes_up(secret(BGP_AUTH_AO_SHA1, "open sesame", 1, 2),
			      secret(BGP_AUTH_AO_SHA1, "open sesame", 1, 2)));
	assert_false(comes_up(secret(BGP_AUTH_AO_SHA1, "open sesame", 1, 1),
			      secret(BGP_AUTH_MD5, "open sesame", 1, 1)));
}

/* A secret that changes on both sides ends the connection and begins another one; one that goes
 * leaves no key behind.                                                                          */
static void secrets_change(void **state)
{
	struct bgp_net *net = bgp_net_new();
	u32 keys = 0;

	(void)state;
	bgp_net_host(net, 65001, "192.0.2.1");
	bgp_net_host(net, 65002, "192.0.2.2");
	bgp_net_attach(net, 0, "10.0.0.1/24");
	bgp_net_attach(net, 1, "10.0.0.2/24");
	bgp_net_peer(net, 0, "10.0.0.2", 65002);
	bgp_net_peer(net, 1, "10.0.0.1", 65001);
	bgp_net_start(net, 0);
	bgp_net_start(net, 1);
	bgp_net_run(net, 100 * NS_PER_SEC);
	assert_true(bgp_net_is_up(net, 0, "10.0.0.2"));
	for (u32 at = 0; at < 2; at++) {
		net->host[at]->conf.peer[0].secret = secret(BGP_AUTH_MD5, "new", 0, 0);
		bgp_configure(&net->host[at]->bgp, &net->host[at]->conf, net->now);
	}
	bgp_net_run(net, 200 * NS_PER_SEC);
	assert_true(bgp_net_is_up(net, 0, "10.0.0.2"));
	assert_int_equal(net->host[0]->ups, 2);
	for (u32 at = 0; at < 2; at++) {
		net->host[at]->conf.peer[0].secret = secret(BGP_AUTH_AO_AES_CMAC, "newer", 5, 5);
		bgp_configure(&net->host[at]->bgp, &net->host[at]->conf, net->now);
	}
	bgp_net_run(net, 200 * NS_PER_SEC);
	assert_int_equal(net->host[0]->ups, 3);
	for (u32 at = 0; at < 2; at++) {
		net->host[at]->conf.peer[0].secret = secret(BGP_AUTH_NONE, "", 0, 0);
		bgp_configure(&net->host[at]->bgp, &net->host[at]->conf, net->now);
	}
	bgp_net_run(net, 200 * NS_PER_SEC);
	assert_int_equal(net->host[0]->ups, 4);
	/* Another listener has the keys as well. */
	for (u32 at = 0; at < 2; at++) {
		net->host[at]->conf.peer[0].secret = secret(BGP_AUTH_MD5, "newest", 0, 0);
		net->host[at]->conf.peer[0].passive = at == 0;
		bgp_configure(&net->host[at]->bgp, &net->host[at]->conf, net->now);
	}
	bgp_net_run(net, 200 * NS_PER_SEC);
	assert_int_equal(net->host[0]->ups, 5);
	net->host[0]->conf.port = 1179;
	net->host[1]->conf.peer[0].port = 1179;
	for (u32 at = 0; at < 2; at++)
		bgp_configure(&net->host[at]->bgp, &net->host[at]->conf, net->now);
	bgp_net_run(net, 200 * NS_PER_SEC);
	assert_int_equal(net->host[0]->ups, 6);
	net->host[0]->conf.peer_count = 0;
	bgp_configure(&net->host[0]->bgp, &net->host[0]->conf, net->now);
	bgp_net_run(net, NS_PER_SEC);
	for (u32 at = 0; at < BGP_NET_SOCKS; at++) {
		if (net->sock[at].used && net->sock[at].host == 0)
			keys += net->sock[at].key_count;
	}
	assert_int_equal(keys, 0);
	bgp_net_del(net);
}

/* Sockets without room for keys: no connection without one instead. */
static void no_room_for_keys(void **state)
{
	struct bgp_net *net = bgp_net_new();

	(void)state;
	bgp_net_host(net, 65001, "192.0.2.1");
	bgp_net_host(net, 65002, "192.0.2.2");
	bgp_net_attach(net, 0, "10.0.0.1/24");
	bgp_net_attach(net, 1, "10.0.0.2/24");
	bgp_net_peer(net, 0, "10.0.0.2", 65002)->secret = secret(BGP_AUTH_MD5, "key", 0, 0);
	bgp_net_peer(net, 1, "10.0.0.1", 65001);
	net->keyless = true;
	bgp_net_start(net, 0);
	bgp_net_start(net, 1);
	bgp_net_run(net, 300 * NS_PER_SEC);
	assert_false(bgp_net_is_up(net, 0, "10.0.0.2"));
	assert_string_equal(net->host[0]->last_warning, "no room for its key: it can not call");
	assert_int_equal(bgp_net_shown(net, 0, "10.0.0.2").counters.messages_out, 0);
	bgp_net_del(net);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(md5),
		cmocka_unit_test(ao),
		cmocka_unit_test(secrets_change),
		cmocka_unit_test(no_room_for_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
