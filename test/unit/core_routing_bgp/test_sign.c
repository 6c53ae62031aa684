/* Peers with secrets: whose keys suit each other come up, and nobody else; and keys that change
 * while they are up.                                                                             */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake/bgp_net.h"
#include "fake/build.h"

static struct bgp_key key(u8 send_id, u8 recv_id, const char *text)
{
	struct bgp_key out = { .send_id = send_id, .recv_id = recv_id };

	out.len_bytes = (u32)strlen(text);
	memcpy(out.secret, text, out.len_bytes);
	return out;
}

static struct bgp_auth_conf md5_of(const char *text)
{
	return (struct bgp_auth_conf){ BGP_AUTH_MD5, 1, { key(0, 0, text) } };
}

static struct bgp_auth_conf ao_of(struct bgp_key one)
{
	return (struct bgp_auth_conf){ BGP_AUTH_AO, 1, { one } };
}

/* Keys by letters, the first one first: 'a' has the identifiers 1 and 101 and "a" as a secret, 'b'
 * has 2 and 102. At the other end they are the other way round.                                  */
static struct bgp_auth_conf letters(u32 end, const char *which)
{
	struct bgp_auth_conf out = { .kind = BGP_AUTH_AO, .key_count = (u32)strlen(which) };

	for (u32 n = 0; n < out.key_count; n++) {
		const char text[] = { which[n], '\0' };
		u8 low = (u8)(1 + which[n] - 'a'), high = (u8)(100 + low);

		out.key[n] = end == 0 ? key(low, high, text) : key(high, low, text);
	}
	return out;
}

/* Two hosts, of which the second one calls. */
static struct bgp_net *two_hosts(void)
{
	struct bgp_net *net = bgp_net_new();

	bgp_net_host(net, 65001, "192.0.2.1");
	bgp_net_host(net, 65002, "192.0.2.2");
	bgp_net_attach(net, 0, "10.0.0.1/24");
	bgp_net_attach(net, 1, "10.0.0.2/24");
	bgp_net_peer(net, 0, "10.0.0.2", 65002)->passive = true;
	bgp_net_peer(net, 1, "10.0.0.1", 65001);
	return net;
}

static void both_start(struct bgp_net *net)
{
	bgp_net_start(net, 0);
	bgp_net_start(net, 1);
	bgp_net_run(net, 100 * NS_PER_SEC);
}

static bool both_up(const struct bgp_net *net)
{
	struct bgp_net *of = (struct bgp_net *)net;

	return bgp_net_is_up(of, 0, "10.0.0.2") && bgp_net_is_up(of, 1, "10.0.0.1");
}

static void reload(struct bgp_net *net, u32 host, struct bgp_auth_conf auth)
{
	net->host[host]->conf.peer[0].auth = auth;
	net->host[host]->key_calls[0] = '\0';
	assert_null(bgp_conf_wrong(&net->host[host]->conf));
	bgp_configure(&net->host[host]->bgp, &net->host[host]->conf, net->now);
}

static void reload_both(struct bgp_net *net, struct bgp_auth_conf auth)
{
	reload(net, 0, auth);
	reload(net, 1, auth);
}

static bool comes_up(struct bgp_auth_conf a, struct bgp_auth_conf b)
{
	struct bgp_net *net = two_hosts();
	bool up;

	net->host[0]->conf.peer[0].auth = a;
	net->host[1]->conf.peer[0].auth = b;
	both_start(net);
	up = both_up(net);
	bgp_net_del(net);
	return up;
}

static void md5(void **state)
{
	struct bgp_auth_conf none = { .kind = BGP_AUTH_NONE };

	(void)state;
	assert_true(comes_up(md5_of("open sesame"), md5_of("open sesame")));
	assert_false(comes_up(md5_of("open sesame"), md5_of("open sesamE")));
	assert_false(comes_up(md5_of("open sesame"), none));
	assert_false(comes_up(none, md5_of("open sesame")));
}

static void ao(void **state)
{
	struct bgp_key other = key(2, 1, "open sesame");

	(void)state;
	assert_true(comes_up(ao_of(key(1, 2, "open sesame")), ao_of(other)));
	other.alg = BGP_KEY_AES_CMAC;
	assert_false(comes_up(ao_of(key(1, 2, "open sesame")), ao_of(other)));
	assert_false(comes_up(ao_of(key(1, 2, "open sesame")), ao_of(key(1, 2, "open sesame"))));
	assert_false(comes_up(ao_of(key(1, 1, "open sesame")), md5_of("open sesame")));
}

/* Whoever calls begins with the first; it has to be one of the other end's. */
static void ao_of_several_keys(void **state)
{
	(void)state;
	assert_true(comes_up(letters(0, "abcd"), letters(1, "d")));
	assert_true(comes_up(letters(0, "ab"), letters(1, "bc")));
	assert_false(comes_up(letters(0, "ab"), letters(1, "ca")));
	assert_false(comes_up(letters(0, "abcd"), letters(1, "e")));
}

/* A secret that changes on both sides ends the connection and begins another one; one that goes
 * leaves no key behind.                                                                          */
static void secrets_change(void **state)
{
	struct bgp_net *net = two_hosts();
	struct bgp_key cmac = key(5, 5, "newer");
	u32 keys = 0;

	(void)state;
	net->host[0]->conf.peer[0].passive = false;
	both_start(net);
	assert_true(both_up(net));
	reload_both(net, md5_of("new"));
	bgp_net_run(net, 200 * NS_PER_SEC);
	assert_true(both_up(net));
	assert_int_equal(net->host[0]->ups, 2);
	cmac.alg = BGP_KEY_AES_CMAC;
	reload_both(net, ao_of(cmac));
	bgp_net_run(net, 200 * NS_PER_SEC);
	assert_int_equal(net->host[0]->ups, 3);
	reload_both(net, (struct bgp_auth_conf){ .kind = BGP_AUTH_NONE });
	bgp_net_run(net, 200 * NS_PER_SEC);
	assert_int_equal(net->host[0]->ups, 4);
	/* Another listener has the keys as well. */
	net->host[0]->conf.peer[0].passive = true;
	reload_both(net, md5_of("newest"));
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
	struct bgp_net *net = two_hosts();

	(void)state;
	net->host[0]->conf.peer[0].auth = md5_of("key");
	net->host[0]->conf.peer[0].passive = false;
	net->keyless = true;
	both_start(net);
	bgp_net_run(net, 200 * NS_PER_SEC);
	assert_false(bgp_net_is_up(net, 0, "10.0.0.2"));
	assert_string_equal(net->host[0]->last_warning, "no room for its key: it can not call");
	assert_int_equal(bgp_net_shown(net, 0, "10.0.0.2").counters.messages_out, 0);
	bgp_net_del(net);
}

/* ---- keys that change while it is up --------------------------------------------------------- */

static struct bgp_net *up_with(const char *which)
{
	struct bgp_net *net = two_hosts();

	for (u32 at = 0; at < 2; at++)
		net->host[at]->conf.peer[0].auth = letters(at, which);
	both_start(net);
	assert_true(both_up(net));
	return net;
}

/* In the same session as ever, for longer than silence would be borne. */
static void goes_on(struct bgp_net *net)
{
	bgp_net_run(net, 400 * NS_PER_SEC);
	assert_true(both_up(net));
	for (u32 at = 0; at < 2; at++) {
		assert_int_equal(net->host[at]->ups, 1);
		assert_int_equal(net->host[at]->downs, 0);
		assert_int_equal(net->host[at]->warnings, 0);
	}
}

/* What an end of the connection sends with, and asks for. */
static void uses(const struct bgp_net *net, u32 host, u8 current_id, u8 rnext_id)
{
	const struct bgp_net_sock *sock = &net->sock[bgp_net_line(net, host, !host)];

	assert_int_equal(sock->current_id, current_id);
	assert_int_equal(sock->rnext_id, rnext_id);
}

static void calls_were(const struct bgp_net *net, u32 host, const char *calls)
{
	assert_string_equal(net->host[host]->key_calls, calls);
}

/* As an administrator does it, at one end after the other. */
static void a_key_rolls_over(void **state)
{
	struct bgp_net *net = up_with("a");

	(void)state;
	uses(net, 0, 1, 101);
	reload(net, 0, letters(0, "ab"));
	calls_were(net, 0, "C=1,101 C+1 C+2 C=1,101 L+1 L+2 ");
	goes_on(net);
	reload(net, 1, letters(1, "ab"));
	goes_on(net);
	uses(net, 1, 101, 1);
	/* The wanted one: asked for at once, and sent with when the other end asks. */
	reload(net, 0, letters(0, "ba"));
	calls_were(net, 0, "C=1,101 C+2 C+1 C=1,102 L+2 L+1 ");
	bgp_net_run(net, NS_PER_SEC);
	uses(net, 0, 1, 102);
	uses(net, 1, 102, 1);
	goes_on(net);
	reload(net, 1, letters(1, "ba"));
	bgp_net_run(net, NS_PER_SEC);
	uses(net, 0, 2, 102);
	uses(net, 1, 102, 2);
	goes_on(net);
	reload(net, 0, letters(0, "b"));
	calls_were(net, 0, "C=2,102 C-1 C+2 C=2,102 L-1 L+2 ");
	goes_on(net);
	reload(net, 1, letters(1, "b"));
	goes_on(net);
	/* And whoever calls now is heard with it alone. */
	bgp_net_reset(net, bgp_net_line(net, 1, 0));
	bgp_net_run(net, 200 * NS_PER_SEC);
	assert_true(both_up(net));
	assert_int_equal(net->host[0]->ups, 2);
	uses(net, 0, 2, 102);
	bgp_net_del(net);
}

/* All but one at once: there is room for no more than four, and what is used goes last. */
static void all_but_one_are_others(void **state)
{
	struct bgp_net *net = up_with("abcd");

	(void)state;
	uses(net, 0, 1, 101);
	reload(net, 0, letters(0, "efdg"));
	calls_were(net, 0,
		   "C=4,104 C-1 C-2 C-3 C+5 C+6 C+4 C+7 C=4,104 "
		   "L-1 L-2 L-3 L+5 L+6 L+4 L+7 ");
	bgp_net_run(net, NS_PER_SEC / 10);
	uses(net, 0, 4, 104);
	uses(net, 1, 104, 1);
	/* It has what it was asked for, and may be asked for what it has not. */
	goes_on(net);
	uses(net, 0, 4, 105);
	uses(net, 1, 104, 1);
	reload(net, 1, letters(1, "efdg"));
	goes_on(net);
	uses(net, 0, 5, 105);
	uses(net, 1, 105, 5);
	bgp_net_del(net);
}

/* What the peer asks for stays what we send with, whichever we want ourselves. */
static void the_peer_says_what_is_sent(void **state)
{
	struct bgp_net *net = up_with("ab");

	(void)state;
	reload(net, 0, letters(0, "ca"));
	calls_were(net, 0, "C=1,101 C-2 C+3 C+1 C=1,103 L-2 L+3 L+1 ");
	goes_on(net);
	/* It has no such key: what it sends with stays as well. */
	uses(net, 0, 1, 103);
	uses(net, 1, 101, 1);
	bgp_net_del(net);
}

/* A key with identifiers that another one had. */
static void identifiers_again(void **state)
{
	struct bgp_net *net = up_with("ab");
	struct bgp_auth_conf auth[2] = { letters(0, "ba"), letters(1, "ba") };

	(void)state;
	for (u32 at = 0; at < 2; at++) {
		auth[at].key[1].secret[0] = 'z';
		reload(net, at, auth[at]);
	}
	calls_were(net, 0, "C=2,102 C-1 C+2 C+1 C=2,102 L-1 L+2 L+1 ");
	goes_on(net);
	uses(net, 0, 2, 102);
	bgp_net_del(net);
}

static void the_same_keys(void **state)
{
	struct bgp_net *net = up_with("ab");

	(void)state;
	reload(net, 0, letters(0, "ab"));
	calls_were(net, 0, "");
	goes_on(net);
	bgp_net_del(net);
}

/* Each of these is another key, and nobody could go on with it. */
static void without_a_key_in_common(void **state)
{
	(void)state;
	for (u32 n = 0; n < 5; n++) {
		struct bgp_net *net = up_with("ab");
		struct bgp_auth_conf auth[2] = { letters(0, "ab"), letters(1, "ab") };

		for (u32 at = 0; at < 2; at++) {
			for (u32 k = 0; k < 2; k++) {
				struct bgp_key *one = &auth[at].key[k];
				u8 *id = (at == 0) == (n == 0) ? &one->send_id : &one->recv_id;

				switch (n) {
				case 0:
				case 1: *id = (u8)(50 + k); break;
				case 2: one->alg = BGP_KEY_AES_CMAC; break;
				case 3: one->secret[0] = 'z'; break;
				default: one->len_bytes = 2; break;
				}
			}
			reload(net, at, auth[at]);
		}
		bgp_net_run(net, 200 * NS_PER_SEC);
		assert_true(both_up(net));
		assert_int_equal(net->host[0]->ups, 2);
		assert_int_equal(net->host[0]->warnings, 0);
		bgp_net_del(net);
	}
}

/* Between MD5 and TCP-AO, and for none, with the same secret. */
static void another_kind(void **state)
{
	struct bgp_net *net = up_with("a");

	(void)state;
	reload_both(net, md5_of("a"));
	bgp_net_run(net, 200 * NS_PER_SEC);
	assert_true(both_up(net));
	assert_int_equal(net->host[0]->ups, 2);
	reload_both(net, ao_of(key(0, 0, "a")));
	bgp_net_run(net, 200 * NS_PER_SEC);
	assert_true(both_up(net));
	assert_int_equal(net->host[0]->ups, 3);
	bgp_net_del(net);
}

/* Whoever is called asks for its own first one, and the caller for its. */
static void who_is_called_asks(void **state)
{
	struct bgp_net *net = two_hosts();

	(void)state;
	net->host[0]->conf.peer[0].auth = letters(0, "ab");
	net->host[1]->conf.peer[0].auth = letters(1, "ba");
	both_start(net);
	goes_on(net);
	uses(net, 0, 2, 101);
	uses(net, 1, 101, 2);
	bgp_net_del(net);
}

static u64 said(struct bgp_net *net)
{
	return bgp_net_shown(net, 0, "10.0.0.2").counters.messages_out;
}

/* RFC 4271 section 4.4: the word to the peer is a KEEPALIVE, no more than one in a second, and none
 * where none are agreed on, or nothing else is wanted.                                           */
static void it_is_said_at_once(void **state)
{
	for (u32 hold = 0; hold < 2; hold++) {
		struct bgp_net *net = two_hosts();
		u64 before;

		(void)state;
		for (u32 at = 0; at < 2; at++) {
			net->host[at]->conf.peer[0].auth = letters(at, "ab");
			net->host[at]->conf.peer[0].hold_s = hold ? 180 : 0;
		}
		both_start(net);
		before = said(net);
		reload(net, 0, letters(0, "abc"));
		assert_int_equal(said(net), before);
		reload(net, 0, letters(0, "ba"));
		assert_int_equal(said(net), before + hold);
		reload(net, 0, letters(0, "ab"));
		assert_int_equal(said(net), before + hold);
		bgp_net_del(net);
	}
}

/* The listener and the connection keep what they have. */
static void no_room_for_another_key(void **state)
{
	struct bgp_net *net = up_with("a");

	(void)state;
	net->keyless = true;
	reload(net, 0, letters(0, "ba"));
	bgp_net_run(net, 400 * NS_PER_SEC);
	assert_int_equal(net->host[0]->warnings, 2);
	assert_string_equal(net->host[0]->last_warning, "no room for its key: it can not call");
	assert_true(both_up(net));
	assert_int_equal(net->host[0]->ups, 1);
	uses(net, 0, 1, 101);
	bgp_net_del(net);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(md5),
		cmocka_unit_test(ao),
		cmocka_unit_test(ao_of_several_keys),
		cmocka_unit_test(secrets_change),
		cmocka_unit_test(no_room_for_keys),
		cmocka_unit_test(a_key_rolls_over),
		cmocka_unit_test(all_but_one_are_others),
		cmocka_unit_test(the_peer_says_what_is_sent),
		cmocka_unit_test(identifiers_again),
		cmocka_unit_test(the_same_keys),
		cmocka_unit_test(without_a_key_in_common),
		cmocka_unit_test(another_kind),
		cmocka_unit_test(who_is_called_asks),
		cmocka_unit_test(it_is_said_at_once),
		cmocka_unit_test(no_room_for_another_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
