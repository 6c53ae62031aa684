/* The configuration: what is usual, and what can not be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/routing/bgp/bgp_conf.h"
#include "fake/build.h"

static struct bgp_conf conf;

static void usual(void)
{
	bgp_conf_defaults(&conf);
	conf.as = 65001;
	conf.router_id = addr("192.0.2.1");
	conf.peer_count = 2;
	for (u32 at = 0; at < 2; at++) {
		bgp_peer_conf_defaults(&conf.peer[at]);
		conf.peer[at].addr = be32_of(0x0a000001 + at);
		conf.peer[at].as = 65002;
	}
}

static void defaults(void **state)
{
	(void)state;
	bgp_conf_defaults(&conf);
	assert_null(bgp_conf_wrong(&conf));
	usual();
	assert_null(bgp_conf_wrong(&conf));
	/* RFC 4271 section 10, and what the gateway's makers take for granted. */
	assert_int_equal(conf.peer[0].hold_s, 180);
	assert_int_equal(conf.peer[0].keepalive_s, 60);
	assert_int_equal(conf.local_pref, 100);
	assert_int_equal(conf.distance_ebgp, 20);
	assert_int_equal(conf.distance_ibgp, 200);
	assert_int_equal(conf.peer[0].import, POLICY_NONE);
}

/* Each of these alone. */
static void wrong_ones(void **state)
{
	(void)state;
	for (u32 n = 0; n < 20; n++) {
		usual();
		switch (n) {
		case 0: conf.as = 0; break;
		case 1: conf.router_id.raw = 0; break;
		case 2: conf.peer[1].as = 0; break;
		case 3: conf.peer[1].addr.raw = 0; break;
		case 4: conf.peer[1].addr = conf.peer[0].addr; break;
		case 5: conf.peer[1].hold_s = 2; break;
		case 6: conf.peer[1].keepalive_s = 0; break;
		case 7: conf.peer[1].port = 0; break;
		case 8: conf.peer[1].import = 0; break;
		case 9: conf.peer[1].export = 3; break;
		case 10: conf.peer[1].auth.kind = BGP_AUTH_MD5; break;
		case 11: conf.peer[1].auth.key_count = 1; break;
		case 12: conf.peer[1].prefix_warn_percent = 101; break;
		case 13: conf.peer[1].paths_out = 2; break;
		case 14: conf.peer[1].connect_retry_s = 0; break;
		case 15: conf.peer_limit = 1; break;
		case 16: conf.multipath = 0; break;
		case 17: conf.paths_out_limit = 9; break;
		case 18: conf.attr_limit = 0; break;
		default: conf.distance_ibgp = 255; break;
		}
		assert_non_null(bgp_conf_wrong(&conf));
	}
	usual();
	conf.peer[1].hold_s = 0;
	conf.peer[1].keepalive_s = 0;
	assert_null(bgp_conf_wrong(&conf));
}

/* MD5 has one key, TCP-AO up to four, of which no two have an identifier in common. */
static void keys(void **state)
{
	static const struct {
		enum bgp_auth_kind kind;
		u32 count;
		bool good;
	} counts[] = {
		{ BGP_AUTH_NONE, 0, true }, { BGP_AUTH_NONE, 1, false }, { BGP_AUTH_MD5, 0, false },
		{ BGP_AUTH_MD5, 1, true },  { BGP_AUTH_MD5, 2, false },  { BGP_AUTH_AO, 0, false },
		{ BGP_AUTH_AO, 1, true },   { BGP_AUTH_AO, 4, true },    { BGP_AUTH_AO, 5, false },
	};
	struct bgp_auth_conf *auth = &conf.peer[1].auth;

	(void)state;
	usual();
	for (u32 n = 0; n < BGP_KEYS_MAX; n++)
		auth->key[n] = (struct bgp_key){ .send_id = (u8)n,
						 .recv_id = (u8)(9 - n),
						 .len_bytes = n == 0 ? 80 : 1 };
	for (u32 n = 0; n < ARRAY_COUNT(counts); n++) {
		auth->kind = counts[n].kind;
		auth->key_count = counts[n].count;
		assert_true((bgp_conf_wrong(&conf) == NULL) == counts[n].good);
	}
	auth->key_count = 4;
	assert_null(bgp_conf_wrong(&conf));
	auth->key[3].send_id = 1;
	assert_non_null(bgp_conf_wrong(&conf));
	auth->key[3].send_id = 3;
	auth->key[3].recv_id = 9;
	assert_non_null(bgp_conf_wrong(&conf));
	auth->key[3].recv_id = 6;
	auth->key[3].len_bytes = 81;
	assert_non_null(bgp_conf_wrong(&conf));
	auth->key[3].len_bytes = 0;
	assert_non_null(bgp_conf_wrong(&conf));
	auth->key_count = 3;
	assert_null(bgp_conf_wrong(&conf));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(wrong_ones),
		cmocka_unit_test(keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
