/* Routers that speak BGP: limits, routes that are told again, peers that restart, several paths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake/bgp_raw.h"
#include "fake/build.h"

#define NET1 "203.0.113.0/24"
#define NET2 "198.51.100.0/24"

static void done(struct bgp_net *net, struct bgp_raw *raw)
{
	free(raw);
	bgp_net_del(net);
}

/* ---- limits ---------------------------------------------------------------------------------- */

static void too_many_prefixes(void **state)
{
	static const u32 as[] = { 65001, 65002 };
	struct bgp_net *net = bgp_net_row(as, ARRAY_COUNT(as));
	char text[32];

	(void)state;
	net->host[1]->conf.peer[0].prefix_limit = 20;
	net->host[1]->conf.peer[0].prefix_warn_percent = 50;
	net->host[1]->conf.peer[0].prefix_restart_s = 600;
	bgp_net_start_all(net);
	for (u32 n = 0; n < 15; n++) {
		(void)snprintf(text, sizeof text, "198.18.%u.0/24", n);
		bgp_net_originate(net, 0, text);
	}
	bgp_net_run(net, 20 * NS_PER_SEC);
	assert_true(bgp_net_is_up(net, 1, "10.1.0.1"));
	assert_int_equal(net->host[1]->warnings, 1);
	for (u32 n = 15; n < 30; n++) {
		(void)snprintf(text, sizeof text, "198.18.%u.0/24", n);
		bgp_net_originate(net, 0, text);
	}
	bgp_net_run(net, 3 * NS_PER_SEC);
	assert_int_equal(bgp_net_shown(net, 1, "10.1.0.1").held, BGP_HELD_PREFIXES);
	assert_false(bgp_net_has(net, 1, "198.18.0.0/24"));
	assert_int_equal(bgp_net_shown(net, 0, "10.1.0.2").last_got.subcode, BGP_CEASE_PREFIXES);
	bgp_net_run(net, 590 * NS_PER_SEC);
	assert_int_equal(net->host[1]->ups, 1);
	for (u32 n = 15; n < 30; n++) {
		(void)snprintf(text, sizeof text, "198.18.%u.0/24", n);
		bgp_net_retract(net, 0, text);
	}
	bgp_net_run(net, 100 * NS_PER_SEC);
	assert_int_equal(net->host[1]->ups, 2);
	assert_true(bgp_net_has(net, 1, "198.18.0.0/24"));
	/* A limit that is lowered is looked at at once. */
	net->host[1]->conf.peer[0].prefix_limit = 5;
	net->host[1]->conf.peer[0].prefix_restart_s = 0;
	bgp_configure(&net->host[1]->bgp, &net->host[1]->conf, net->now);
	bgp_net_run(net, 3600 * NS_PER_SEC);
	assert_int_equal(net->host[1]->ups, 2);
	assert_int_equal(bgp_peer_reset(&net->host[1]->bgp, addr("10.1.0.1"), NULL, net->now),
			 ERR_OK);
	bgp_net_run(net, 100 * NS_PER_SEC);
	assert_int_equal(net->host[1]->ups, 3);
	bgp_net_del(net);
}

/* Who is held down for too many prefixes comes back at once when more of them are allowed, and when
 * it is said that it may after a while, after that while.                                        */
static void another_limit(void **state)
{
	static const u32 as[] = { 65001, 65002 };
	struct bgp_net *net = bgp_net_row(as, ARRAY_COUNT(as));
	struct bgp_peer_conf *peer = &net->host[1]->conf.peer[0];

	(void)state;
	peer->prefix_limit = 1;
	bgp_net_start_all(net);
	bgp_net_originate(net, 0, NET1);
	bgp_net_originate(net, 0, NET2);
	bgp_net_run(net, 20 * NS_PER_SEC);
	assert_int_equal(bgp_net_shown(net, 1, "10.1.0.1").held, BGP_HELD_PREFIXES);
	peer->prefix_restart_s = 600;
	bgp_configure(&net->host[1]->bgp, &net->host[1]->conf, net->now);
	bgp_net_run(net, 590 * NS_PER_SEC);
	assert_int_equal(net->host[1]->ups, 1);
	bgp_net_run(net, 100 * NS_PER_SEC);
	assert_int_equal(net->host[1]->ups, 2);
	assert_int_equal(bgp_net_shown(net, 1, "10.1.0.1").held, BGP_HELD_PREFIXES);
	/* A change of something else is none of its limit. */
	peer->prefix_warn_percent++;
	bgp_configure(&net->host[1]->bgp, &net->host[1]->conf, net->now);
	bgp_net_run(net, 300 * NS_PER_SEC);
	assert_int_equal(net->host[1]->ups, 2);
	peer->prefix_limit = 20;
	bgp_configure(&net->host[1]->bgp, &net->host[1]->conf, net->now);
	bgp_net_run(net, 100 * NS_PER_SEC);
	assert_int_equal(net->host[1]->ups, 3);
	assert_true(bgp_net_has(net, 1, NET1) && bgp_net_has(net, 1, NET2));
	bgp_net_del(net);
}

/* What finds no room is not taken and told of; everything else goes on. */
static void full_tables(void **state)
{
	(void)state;
	for (u32 kind = 0; kind < 4; kind++) {
		struct bgp_open open = bgp_raw_usual(65002, "192.0.2.2");
		struct bgp_net *net = bgp_net_new();
		struct bgp_raw *raw;

		bgp_net_host(net, 65001, "192.0.2.1");
		bgp_net_host(net, 65002, "192.0.2.2");
		bgp_net_attach(net, 0, "10.0.0.1/24");
		bgp_net_attach(net, 1, "10.0.0.2/24");
		bgp_net_peer(net, 0, "10.0.0.2", 65002);
		if (kind == 0)
			net->host[0]->rib_conf.net_limit = net->host[0]->conf.net_limit = 40;
		if (kind == 1)
			net->host[0]->conf.attr_limit = 40;
		if (kind == 2)
			net->host[0]->conf.cell_limit = 40;
		if (kind == 3) {
			/* Two sets a route, and at the end room for one of them. */
			struct policy_rule *rule = bgp_net_rule(net, 0, BGP_NET_ANY);

			net->host[0]->conf.attr_limit = 41;
			rule->add_count = 1;
			rule->add[0] = 77;
		}
		bgp_net_start(net, 0);
		raw = bgp_raw_new(net, 1);
		bgp_raw_up(raw, "10.0.0.1", &open);
		for (u32 n = 0; n < 100; n++) {
			struct bgp_raw_update update = { 0 };
			u32 path[2] = { 65002, 1 + n };
			char text[32];

			(void)snprintf(text, sizeof text, "198.18.%u.0/24", n);
			bgp_raw_usual_attrs(&update, path, 2, "10.0.0.2");
			bgp_raw_prefix(&update, text);
			bgp_raw_update_send(raw, &update);
			bgp_raw_run(raw, 10 * NS_PER_MS);
		}
		assert_true(bgp_net_is_up(net, 0, "10.0.0.2"));
		assert_true(bgp_net_has(net, 0, "198.18.5.0/24"));
		assert_false(bgp_net_has(net, 0, "198.18.99.0/24"));
		assert_true(bgp_net_shown(net, 0, "10.0.0.2").counters.no_room > 50);
		assert_int_equal(net->host[0]->warnings, kind == 0 ? 1 : net->host[0]->warnings);
		/* What stands there and comes again as something that has no room is gone. */
		if (kind > 0) {
			struct bgp_raw_update update = { 0 };
			u32 path[2] = { 65002, 999 };

			bgp_raw_usual_attrs(&update, path, 2, "10.0.0.2");
			bgp_raw_prefix(&update, "198.18.5.0/24");
			bgp_raw_update_send(raw, &update);
			bgp_raw_run(raw, 10 * NS_PER_MS);
			assert_false(bgp_net_has(net, 0, "198.18.5.0/24"));
		}
		bgp_raw_close(raw);
		bgp_raw_run(raw, NS_PER_SEC);
		assert_int_equal(net->host[0]->bgp.store.attrs.live, 0);
		done(net, raw);
	}
}

/* ---- refresh, restart, several paths --------------------------------------------------------- */

/* RFC 2918, and RFC 7313 with its marks. */
static void a_refresh_is_asked_for(void **state)
{
	static const u32 as[] = { 65001, 65002 };
	struct bgp_net *net = bgp_net_row(as, ARRAY_COUNT(as));
	struct bgp_raw *raw;
	u64 heard;
	u8 body[4] = { 0, 1, 0, 1 };

	(void)state;
	bgp_net_start_all(net);
	bgp_net_originate(net, 0, NET1);
	bgp_net_run(net, 10 * NS_PER_SEC);
	heard = bgp_net_shown(net, 1, "10.1.0.1").counters.prefixes_in;
	assert_int_equal(bgp_peer_refresh_in(&net->host[1]->bgp, addr("10.1.0.1"), net->now),
			 ERR_OK);
	bgp_net_run(net, 10 * NS_PER_SEC);
	assert_int_equal(bgp_net_shown(net, 1, "10.1.0.1").counters.prefixes_in, heard + 2);
	assert_false(bgp_net_shown(net, 1, "10.1.0.1").stale);
	assert_true(bgp_net_has(net, 1, NET1));
	bgp_net_del(net);

	net = bgp_raw_played(65001, 65002, &raw);
	bgp_net_originate(net, 0, NET1);
	bgp_raw_run(raw, NS_PER_SEC);
	bgp_raw_forget(raw);
	bgp_raw_message(raw, BGP_ROUTE_REFRESH, body, 4);
	bgp_raw_run(raw, NS_PER_SEC);
	assert_true(bgp_raw_got(raw, BGP_UPDATE) > 0);
	assert_int_equal(bgp_raw_got(raw, BGP_ROUTE_REFRESH), 0);
	/* Another family is not ours to tell. */
	bgp_raw_forget(raw);
	body[1] = 2;
	bgp_raw_message(raw, BGP_ROUTE_REFRESH, body, 4);
	bgp_raw_run(raw, NS_PER_SEC);
	assert_int_equal(bgp_raw_got(raw, BGP_UPDATE), 0);
	assert_false(raw->ended);
	done(net, raw);
}

static void an_enhanced_refresh(void **state)
{
	struct bgp_open open = bgp_raw_usual(65002, "192.0.2.2");
	static const u32 path[] = { 65002 };
	struct bgp_raw_update update = { 0 };
	struct bgp_raw *raw;
	struct bgp_net *net = bgp_raw_played(65001, 65002, &raw);
	u8 body[4] = { 0, 1, 0, 1 };

	(void)state;
	bgp_raw_close(raw);
	bgp_raw_forget(raw);
	bgp_net_run(net, 10 * NS_PER_SEC);
	open.enhanced_refresh = true;
	bgp_raw_up(raw, "10.0.0.1", &open);
	bgp_net_originate(net, 0, NET2);
	bgp_raw_run(raw, NS_PER_SEC);
	bgp_raw_forget(raw);
	bgp_raw_message(raw, BGP_ROUTE_REFRESH, body, 4);
	bgp_raw_run(raw, NS_PER_SEC);
	assert_int_equal(bgp_raw_got(raw, BGP_ROUTE_REFRESH), 2);
	assert_int_equal(bgp_msg_type(raw->msg[0]), BGP_ROUTE_REFRESH);
	assert_int_equal(raw->msg[0][21], BGP_REFRESH_BEGIN);
	assert_int_equal(bgp_raw_last(raw, BGP_ROUTE_REFRESH)[21], BGP_REFRESH_END);
	assert_ptr_equal(bgp_raw_last(raw, BGP_ROUTE_REFRESH), raw->msg[raw->count - 1]);
	/* The other way: what is not told again between the marks is gone. */
	bgp_raw_usual_attrs(&update, path, 1, "10.0.0.2");
	bgp_raw_prefix(&update, NET1);
	bgp_raw_update_send(raw, &update);
	update.nlri_len = 0;
	bgp_raw_prefix(&update, "198.18.0.0/15");
	bgp_raw_update_send(raw, &update);
	body[2] = BGP_REFRESH_BEGIN;
	bgp_raw_message(raw, BGP_ROUTE_REFRESH, body, 4);
	bgp_raw_run(raw, NS_PER_SEC);
	assert_true(bgp_net_has(net, 0, NET1));
	bgp_raw_update_send(raw, &update);
	body[2] = BGP_REFRESH_END;
	bgp_raw_message(raw, BGP_ROUTE_REFRESH, body, 4);
	bgp_raw_run(raw, NS_PER_SEC);
	assert_false(bgp_net_has(net, 0, NET1));
	assert_true(bgp_net_has(net, 0, "198.18.0.0/15"));
	/* RFC 7313 section 5: a length of its own. */
	bgp_raw_message(raw, BGP_ROUTE_REFRESH, body, 3);
	bgp_raw_run(raw, NS_PER_SEC);
	assert_int_equal(bgp_raw_last(raw, BGP_NOTIFICATION)[19], BGP_ERROR_REFRESH);
	assert_int_equal(bgp_raw_last(raw, BGP_NOTIFICATION)[20], BGP_REFRESH_BAD_LENGTH);
	done(net, raw);
}

static struct bgp_open restarting_open(void)
{
	struct bgp_open open = bgp_raw_usual(65002, "192.0.2.2");

	open.restart = open.restart_ip4 = open.forwarding_ip4 = true;
	open.restart_s = 100;
	return open;
}

static void tell_net(struct bgp_raw *raw, const char *prefix)
{
	static const u32 path[] = { 65002 };
	struct bgp_raw_update update = { 0 };

	bgp_raw_usual_attrs(&update, path, 1, "10.0.0.2");
	bgp_raw_prefix(&update, prefix);
	bgp_raw_update_send(raw, &update);
}

/* RFC 4724 section 4.2. */
static void a_peer_restarts(void **state)
{
	struct bgp_open open = restarting_open();
	struct bgp_raw *raw;
	struct bgp_net *net = bgp_raw_played(65001, 65002, &raw);
	struct rib_shown shown[2];

	(void)state;
	bgp_raw_close(raw);
	bgp_raw_forget(raw);
	bgp_net_run(net, 10 * NS_PER_SEC);
	bgp_raw_up(raw, "10.0.0.1", &open);
	/* We tell the end of our table: it may be waiting for it. */
	bgp_raw_run(raw, NS_PER_SEC);
	assert_int_equal(raw->len[raw->count - 1], BGP_UPDATE_LEAST);
	tell_net(raw, NET1);
	tell_net(raw, NET2);
	bgp_raw_run(raw, NS_PER_SEC);
	bgp_raw_close(raw);
	bgp_raw_forget(raw);
	bgp_net_run(net, 50 * NS_PER_SEC);
	assert_true(bgp_net_shown(net, 0, "10.0.0.2").stale);
	assert_true(bgp_net_has(net, 0, NET1));
	bgp_net_paths(net, 0, NET1, shown, 2);
	assert_true(shown[0].path.stale);
	open.restarting = true;
	bgp_raw_up(raw, "10.0.0.1", &open);
	tell_net(raw, NET2);
	bgp_raw_run(raw, NS_PER_SEC);
	assert_true(bgp_net_has(net, 0, NET1));
	bgp_raw_message(raw, BGP_UPDATE, "\0\0\0\0", 4);
	bgp_raw_run(raw, NS_PER_SEC);
	assert_false(bgp_net_has(net, 0, NET1));
	assert_true(bgp_net_has(net, 0, NET2));
	assert_false(bgp_net_shown(net, 0, "10.0.0.2").stale);
	/* It does not come back in its time. */
	bgp_raw_close(raw);
	bgp_raw_forget(raw);
	bgp_net_run(net, 99 * NS_PER_SEC);
	assert_true(bgp_net_has(net, 0, NET2));
	bgp_net_run(net, 2 * NS_PER_SEC);
	assert_false(bgp_net_has(net, 0, NET2));
	/* It comes back and has not kept forwarding. */
	bgp_raw_up(raw, "10.0.0.1", &open);
	tell_net(raw, NET1);
	bgp_raw_run(raw, NS_PER_SEC);
	bgp_raw_close(raw);
	bgp_raw_forget(raw);
	bgp_net_run(net, 50 * NS_PER_SEC);
	assert_true(bgp_net_has(net, 0, NET1));
	open.forwarding_ip4 = false;
	bgp_raw_up(raw, "10.0.0.1", &open);
	bgp_raw_run(raw, NS_PER_SEC);
	assert_false(bgp_net_has(net, 0, NET1));
	done(net, raw);
}

/* It calls while its old connection still stands: that one is dead (RFC 4724 section 4.2). After a
 * NOTIFICATION nothing is kept.                                                                  */
static void a_peer_restarts_unnoticed(void **state)
{
	struct bgp_open open = restarting_open();
	struct bgp_raw *raw, *again;
	struct bgp_net *net = bgp_raw_played(65001, 65002, &raw);

	(void)state;
	bgp_raw_close(raw);
	bgp_raw_forget(raw);
	bgp_net_run(net, 10 * NS_PER_SEC);
	bgp_raw_up(raw, "10.0.0.1", &open);
	tell_net(raw, NET1);
	bgp_raw_run(raw, NS_PER_SEC);
	again = bgp_raw_new(net, 1);
	bgp_raw_up(again, "10.0.0.1", &open);
	assert_true(bgp_net_is_up(net, 0, "10.0.0.2"));
	assert_true(bgp_net_shown(net, 0, "10.0.0.2").stale);
	assert_true(bgp_net_has(net, 0, NET1));
	bgp_raw_message(again, BGP_UPDATE, "\0\0\0\0", 4);
	bgp_raw_run(again, NS_PER_SEC);
	assert_false(bgp_net_has(net, 0, NET1));
	tell_net(again, NET1);
	bgp_raw_run(again, NS_PER_SEC);
	assert_true(bgp_net_has(net, 0, NET1));
	bgp_raw_message(again, BGP_NOTIFICATION, "\6\2", 2);
	bgp_raw_run(again, NS_PER_SEC);
	assert_false(bgp_net_has(net, 0, NET1));
	free(again);
	done(net, raw);
}

/* RFC 7911: host 1 has two ways to a prefix, and tells both. */
static void several_paths_are_told(void **state)
{
	static const u32 as[] = { 65001, 65002, 65003, 65004 };
	struct bgp_net *net = bgp_net_mesh(as, ARRAY_COUNT(as));
	struct bgp_told_shown told[BGP_TOLD_SHOWN_MAX];
	struct rib_shown shown[8];
	u32 count, ids = 0;
	u64 cursor = 0;

	(void)state;
	/* Hosts 0 and 2 have the prefix; host 3 hears of it from host 1 alone. */
	net->host[0]->conf.peer_count = net->host[2]->conf.peer_count =
		net->host[3]->conf.peer_count = 1;
	net->host[2]->conf.peer[0] = net->host[2]->conf.peer[1];
	net->host[3]->conf.peer[0] = net->host[3]->conf.peer[1];
	net->host[1]->conf.peer[2].paths_out = 3;
	net->host[3]->conf.peer[0].add_path_in = true;
	bgp_net_start_all(net);
	bgp_net_originate(net, 0, NET1);
	bgp_net_originate(net, 2, NET1);
	bgp_net_run(net, 20 * NS_PER_SEC);
	assert_true(bgp_net_shown(net, 1, "10.0.0.4").add_path_out);
	assert_true(bgp_net_shown(net, 3, "10.0.0.2").add_path_in);
	assert_int_equal(bgp_net_paths(net, 3, NET1, shown, 8), 2);
	assert_int_not_equal(shown[0].path.path_id, shown[1].path.path_id);
	(void)bgp_show_announced(&net->host[1]->bgp, addr("10.0.0.4"), &cursor, told, &count);
	for (u32 at = 0; at < count; at++)
		ids += told[at].path_id << 4 * at;
	assert_int_equal(ids & 0xff, 0x21);
	/* One of them goes, whichever. */
	bgp_net_retract(net, 2, NET1);
	bgp_net_run(net, 3 * NS_PER_SEC);
	assert_int_equal(bgp_net_paths(net, 3, NET1, shown, 8), 1);
	assert_string_equal(bgp_net_attrs(net, 3, NET1).path, "65002 65001");
	bgp_net_originate(net, 2, NET1);
	bgp_net_retract(net, 0, NET1);
	bgp_net_run(net, 3 * NS_PER_SEC);
	assert_int_equal(bgp_net_paths(net, 3, NET1, shown, 8), 1);
	assert_string_equal(bgp_net_attrs(net, 3, NET1).path, "65002 65003");
	bgp_net_retract(net, 2, NET1);
	bgp_net_run(net, 3 * NS_PER_SEC);
	assert_int_equal(bgp_net_paths(net, 3, NET1, shown, 8), 0);
	bgp_net_del(net);
}

/* RFC 4271 section 9.2.1.1: a prefix that comes and goes is told as it stands in the end. */
static void announcements_have_a_pace(void **state)
{
	static const u32 as[] = { 65001, 65002 };
	struct bgp_net *net = bgp_net_row(as, ARRAY_COUNT(as));
	u64 heard;

	(void)state;
	net->host[0]->conf.peer[0].advertise_ms = 5000;
	bgp_net_start_all(net);
	bgp_net_originate(net, 0, NET2);
	bgp_net_run(net, 30 * NS_PER_SEC);
	heard = bgp_net_shown(net, 1, "10.1.0.1").counters.got[BGP_UPDATE];
	for (u32 n = 0; n < 100; n++) {
		bgp_net_originate(net, 0, NET1);
		bgp_net_run(net, 50 * NS_PER_MS);
		bgp_net_retract(net, 0, NET1);
		bgp_net_run(net, 50 * NS_PER_MS);
	}
	assert_in_range(bgp_net_shown(net, 1, "10.1.0.1").counters.got[BGP_UPDATE], heard + 1,
			heard + 4);
	bgp_net_originate(net, 0, NET1);
	bgp_net_run(net, 6 * NS_PER_SEC);
	assert_true(bgp_net_has(net, 1, NET1));
	bgp_net_del(net);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(too_many_prefixes),
		cmocka_unit_test(another_limit),
		cmocka_unit_test(full_tables),
		cmocka_unit_test(a_refresh_is_asked_for),
		cmocka_unit_test(an_enhanced_refresh),
		cmocka_unit_test(a_peer_restarts),
		cmocka_unit_test(a_peer_restarts_unnoticed),
		cmocka_unit_test(several_paths_are_told),
		cmocka_unit_test(announcements_have_a_pace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
