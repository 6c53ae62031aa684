/* Routers that speak BGP with each other, in virtual time: how they come up, and how they end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake/bgp_raw.h"
#include "fake/build.h"

#define NET1 "203.0.113.0/24"
#define NET2 "198.51.100.0/24"

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

static bool both_up(struct bgp_net *net)
{
	return bgp_net_is_up(net, 0, "10.0.0.2") && bgp_net_is_up(net, 1, "10.0.0.1");
}

/* The host of the pair that a test plays is the second one: it has no speaker. */
static struct bgp_raw *played(struct bgp_net *net)
{
	bgp_net_start(net, 0);
	return bgp_raw_new(net, 1);
}

static void done(struct bgp_net *net, struct bgp_raw *raw)
{
	free(raw);
	bgp_net_del(net);
}

static void assert_notified(const struct bgp_raw *raw, u8 code, u8 subcode)
{
	const u8 *msg = bgp_raw_last(raw, BGP_NOTIFICATION);

	assert_non_null(msg);
	assert_int_equal(msg[19], code);
	assert_int_equal(msg[20], subcode);
	assert_true(raw->ended);
}

/* ---- coming up ------------------------------------------------------------------------------- */

static void two_peers_come_up_and_tell(void **state)
{
	struct bgp_net *net = pair(65001, 65002);
	struct bgp_attrs_shown attrs;
	struct bgp_peer_shown shown;

	(void)state;
	start_all(net);
	bgp_net_originate(net, 0, NET1);
	bgp_net_run(net, 5 * NS_PER_SEC);
	assert_true(both_up(net));
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
	/* What came from there is not told to there. */
	assert_int_equal(shown.announced, 1);
	bgp_net_retract(net, 0, NET1);
	bgp_net_run(net, NS_PER_SEC);
	assert_false(bgp_net_has(net, 1, NET1));
	assert_int_equal(bgp_net_shown(net, 1, "10.0.0.1").paths_in, 1);
	bgp_net_run(net, 3600 * NS_PER_SEC);
	assert_int_equal(net->host[0]->ups, 1);
	assert_int_equal(net->host[1]->downs, 0);
	bgp_net_del(net);
}

/* A byte at a time in, a few bytes at a time out, and a long way. */
static void bytes_come_one_by_one(void **state)
{
	struct bgp_net *net = pair(65001, 65002);

	(void)state;
	net->dribble = 1;
	net->delay = 40 * NS_PER_MS;
	start_all(net);
	for (u32 n = 0; n < 50; n++) {
		char text[32];

		(void)snprintf(text, sizeof text, "198.18.%u.0/24", n);
		bgp_net_originate(net, 0, text);
	}
	bgp_net_run(net, 60 * NS_PER_SEC);
	assert_true(both_up(net));
	assert_true(bgp_net_has(net, 1, "198.18.49.0/24"));
	assert_int_equal(bgp_net_shown(net, 1, "10.0.0.1").paths_in, 51);
	assert_int_equal(bgp_net_shown(net, 0, "10.0.0.2").announced, 51);
	bgp_net_del(net);
}

/* RFC 4271 section 6.8: both call at the same moment, and one connection is left. */
static void calls_collide(void **state)
{
	(void)state;
	for (u32 n = 0; n < 40; n++) {
		struct bgp_net *net = pair(65001, 65002);
		u32 lines = 0;

		net->delay = (n + 1) * 7 * NS_PER_MS;
		start_all(net);
		bgp_net_run(net, n % 4 * net->delay / 2 + 1);
		bgp_net_run(net, 20 * NS_PER_SEC);
		assert_true(both_up(net));
		for (u32 at = 0; at < BGP_NET_SOCKS; at++)
			lines += net->sock[at].used && !net->sock[at].listening;
		assert_int_equal(lines, 2);
		assert_int_equal(net->host[0]->downs, 0);
		bgp_net_del(net);
	}
}

/* The call of who has the higher identifier stays, and of equal ones (RFC 6286 section 2.3) that of
 * the higher AS, in whichever order the OPENs come.                                              */
static void which_call_stays(void **state)
{
	static const struct {
		const char *id;
		u32 as;
		bool theirs;
	} row[] = {
		{ "192.0.2.2", 65002, true }, { "192.0.2.0", 65002, false },
		{ "200.0.0.0", 65002, true }, { "10.0.0.1", 65002, false },
		{ "192.0.2.1", 65002, true }, { "192.0.2.1", 65000, false },
	};

	(void)state;
	for (u32 at = 0; at < 2 * ARRAY_COUNT(row); at++) {
		struct bgp_net *net = pair(65001, row[at / 2].as);
		struct bgp_open open = bgp_raw_usual(row[at / 2].as, row[at / 2].id);
		struct bgp_raw *called = bgp_raw_new(net, 1), *calls = bgp_raw_new(net, 1);
		struct bgp_raw *gone;

		bgp_raw_listen(called);
		bgp_net_start(net, 0);
		bgp_net_run(net, NS_PER_SEC / 10);
		assert_true(bgp_raw_accept(called));
		bgp_raw_call(calls, "10.0.0.1");
		bgp_raw_open(at % 2 == 0 ? called : calls, &open);
		bgp_net_run(net, NS_PER_SEC / 10);
		bgp_raw_open(at % 2 == 0 ? calls : called, &open);
		bgp_raw_run(called, NS_PER_SEC / 10);
		bgp_raw_run(calls, NS_PER_SEC / 10);
		gone = row[at / 2].theirs ? called : calls;
		assert_notified(gone, BGP_ERROR_CEASE, BGP_CEASE_COLLISION);
		assert_false((gone == called ? calls : called)->ended);
		free(calls);
		done(net, called);
	}
}

static void one_side_waits(void **state)
{
	struct bgp_net *net = pair(65001, 65002);

	(void)state;
	net->host[0]->conf.peer[0].passive = true;
	bgp_net_start(net, 1);
	bgp_net_run(net, 3 * NS_PER_SEC);
	bgp_net_start(net, 0);
	bgp_net_run(net, 90 * NS_PER_SEC);
	assert_true(both_up(net));
	assert_true(bgp_net_shown(net, 0, "10.0.0.2").called);
	bgp_net_del(net);
}

/* The connect retry timer: a peer that appears later is found, and not asked in a hurry. */
static void a_peer_that_comes_later(void **state)
{
	struct bgp_net *net = pair(65001, 65002);

	(void)state;
	net->host[1]->conf.peer[0].passive = true;
	bgp_net_start(net, 0);
	bgp_net_run(net, 600 * NS_PER_SEC);
	assert_int_equal(bgp_net_shown(net, 0, "10.0.0.2").state == BGP_ESTABLISHED, false);
	bgp_net_start(net, 1);
	bgp_net_run(net, 61 * NS_PER_SEC);
	assert_true(both_up(net));
	bgp_net_del(net);
}

static void strangers_are_refused(void **state)
{
	struct bgp_net *net = pair(65001, 65002);
	struct bgp_raw *raw = played(net);

	(void)state;
	bgp_net_attach(net, 1, "10.0.1.2/24");
	bgp_net_attach(net, 0, "10.0.1.1/24");
	bgp_raw_call(raw, "10.0.1.1");
	bgp_raw_run(raw, NS_PER_SEC);
	assert_true(raw->ended);
	assert_int_equal(raw->count, 0);
	done(net, raw);
}

/* ---- OPEN ------------------------------------------------------------------------------------ */

static void opens_that_do_not_suit(void **state)
{
	static const struct {
		struct bgp_open change;
		u8 subcode;
	} row[] = {
		{ { .as = 65003, .hold_s = 180 }, BGP_OPEN_BAD_AS },
		{ { .as = 65002, .hold_s = 2 }, BGP_OPEN_BAD_HOLD },
		{ { .as = 65002, .hold_s = 1 }, BGP_OPEN_BAD_HOLD },
		{ { .as = 0, .hold_s = 180 }, BGP_OPEN_BAD_AS },
	};

	(void)state;
	for (u32 at = 0; at < ARRAY_COUNT(row); at++) {
		struct bgp_net *net = pair(65001, 65002);
		struct bgp_raw *raw = played(net);
		struct bgp_open open = bgp_raw_usual(row[at].change.as, "192.0.2.2");

		open.hold_s = row[at].change.hold_s;
		bgp_raw_call(raw, "10.0.0.1");
		bgp_raw_open(raw, &open);
		bgp_raw_run(raw, NS_PER_SEC);
		assert_notified(raw, BGP_ERROR_OPEN, row[at].subcode);
		done(net, raw);
	}
}

static void identifiers_that_can_not_be(void **state)
{
	static const struct {
		u32 as;
		const char *id;
		bool refused;
	} row[] = {
		{ 65002, "0.0.0.0", true },
		{ 65001, "192.0.2.1", true },  /* iBGP with our own */
		{ 65002, "192.0.2.1", false }, /* RFC 6286: of another AS it may be the same */
	};

	(void)state;
	for (u32 at = 0; at < ARRAY_COUNT(row); at++) {
		struct bgp_net *net = pair(65001, row[at].as);
		struct bgp_raw *raw = played(net);
		struct bgp_open open = bgp_raw_usual(row[at].as, row[at].id);

		bgp_raw_call(raw, "10.0.0.1");
		bgp_raw_open(raw, &open);
		bgp_raw_run(raw, NS_PER_SEC);
		if (row[at].refused)
			assert_notified(raw, BGP_ERROR_OPEN, BGP_OPEN_BAD_ID);
		else
			assert_false(raw->ended);
		done(net, raw);
	}
}

/* RFC 4271 section 4.2: zero hold time: no keepalives, and no end. */
static void no_hold_time(void **state)
{
	struct bgp_net *net = pair(65001, 65002);
	struct bgp_raw *raw = played(net);
	struct bgp_open open = bgp_raw_usual(65002, "192.0.2.2");

	(void)state;
	open.hold_s = 0;
	bgp_raw_up(raw, "10.0.0.1", &open);
	bgp_raw_forget(raw);
	bgp_raw_run(raw, 7200 * NS_PER_SEC);
	assert_int_equal(bgp_raw_got(raw, BGP_KEEPALIVE), 0);
	assert_true(bgp_net_is_up(net, 0, "10.0.0.2"));
	done(net, raw);
}

static void keepalives_are_sent_in_time(void **state)
{
	struct bgp_net *net = pair(65001, 65002);
	struct bgp_raw *raw = played(net);
	struct bgp_open open = bgp_raw_usual(65002, "192.0.2.2");

	(void)state;
	open.hold_s = 9;
	bgp_raw_up(raw, "10.0.0.1", &open);
	for (u32 n = 0; n < 200; n++) {
		bgp_raw_forget(raw);
		bgp_raw_run(raw, 3 * NS_PER_SEC + 10 * NS_PER_MS);
		assert_in_range(bgp_raw_got(raw, BGP_KEEPALIVE), 1, 2);
		bgp_raw_message(raw, BGP_KEEPALIVE, NULL, 0);
	}
	assert_true(bgp_net_is_up(net, 0, "10.0.0.2"));
	done(net, raw);
}

/* ---- ends ------------------------------------------------------------------------------------ */

/* The least and the most of some times. */
struct spread {
	ns_t least;
	ns_t most;
	u32 count;
};

static void spread_add(struct spread *spread, ns_t time)
{
	spread->least = spread->count == 0 ? time : u64_min(spread->least, time);
	spread->most = time > spread->most ? time : spread->most;
	spread->count++;
}

/* The retry timer of the line that calls, of the first peer. */
enum { RETRY_OUT = BGP_LINE_OUT * BGP_LINE_TIMERS + BGP_TIMER_RETRY };

/* RFC 4271 section 10: three quarters of a time to all of it, so that peers are not in step. */
static void times_have_jitter(void **state)
{
	struct bgp_net *net = pair(65001, 65002);
	struct spread alive = { 0 }, retry = { 0 };
	struct bgp_peer_shown shown;
	ns_t last;
	u64 said;

	(void)state;
	net->host[0]->conf.peer[0].hold_s = 12;
	net->host[0]->conf.peer[0].keepalive_s = 4;
	net->host[0]->conf.peer[0].connect_retry_s = 8;
	start_all(net);
	bgp_net_run(net, 20 * NS_PER_SEC);
	assert_true(both_up(net));
	/* With nothing to tell, KEEPALIVEs are all that is said. */
	said = bgp_net_shown(net, 0, "10.0.0.2").counters.messages_out;
	last = net->now;
	for (u32 turn = 0; turn < 6000; turn++) {
		bgp_net_run(net, 50 * NS_PER_MS);
		shown = bgp_net_shown(net, 0, "10.0.0.2");
		if (shown.counters.messages_out == said)
			continue;
		/* The first one was under way. */
		if (turn > 80)
			spread_add(&alive, net->now - last);
		said = shown.counters.messages_out;
		last = net->now;
	}
	assert_in_range(alive.least / NS_PER_MS, 2950, 3250);
	assert_in_range(alive.most / NS_PER_MS, 3750, 4050);
	/* Nobody answers: each call is given up for the next one. */
	bgp_net_kill(net, 1);
	net->cut[0][1] = net->cut[1][0] = true;
	bgp_net_run(net, 60 * NS_PER_SEC);
	last = heap_when(&net->host[0]->bgp.timers, RETRY_OUT);
	for (u32 turn = 0; turn < 6000; turn++) {
		ns_t when = heap_when(&net->host[0]->bgp.timers, RETRY_OUT);

		if (when != last && when != NS_NEVER)
			spread_add(&retry, when - net->now);
		last = when;
		bgp_net_run(net, 100 * NS_PER_MS);
	}
	assert_true(alive.count > 60 && retry.count > 50);
	assert_in_range(retry.least / NS_PER_MS, 5890, 6250);
	assert_in_range(retry.most / NS_PER_MS, 7600, 8000);
	bgp_net_del(net);
}

static void silence_ends_by_the_hold_timer(void **state)
{
	struct bgp_net *net = pair(65001, 65002);

	(void)state;
	start_all(net);
	bgp_net_originate(net, 1, NET1);
	bgp_net_run(net, 100 * NS_PER_SEC);
	assert_true(bgp_net_has(net, 0, NET1));
	net->cut[1][0] = true;
	bgp_net_run(net, 119 * NS_PER_SEC);
	assert_true(bgp_net_is_up(net, 0, "10.0.0.2"));
	bgp_net_run(net, 62 * NS_PER_SEC);
	assert_false(bgp_net_is_up(net, 0, "10.0.0.2"));
	assert_false(bgp_net_has(net, 0, NET1));
	assert_string_equal(net->host[0]->last_down, "down: sent hold timer expired");
	net->cut[1][0] = false;
	bgp_net_run(net, 200 * NS_PER_SEC);
	assert_true(both_up(net));
	assert_true(bgp_net_has(net, 0, NET1));
	bgp_net_del(net);
}

static void a_reset_ends_at_once(void **state)
{
	struct bgp_net *net = pair(65001, 65002);

	(void)state;
	start_all(net);
	bgp_net_originate(net, 1, NET1);
	bgp_net_run(net, 100 * NS_PER_SEC);
	bgp_net_reset(net, bgp_net_line(net, 0, 1));
	bgp_net_run(net, 100 * NS_PER_MS);
	assert_int_equal(net->host[0]->downs, 1);
	assert_int_equal(net->host[1]->downs, 1);
	assert_false(bgp_net_has(net, 0, NET1));
	bgp_net_run(net, 20 * NS_PER_SEC);
	assert_true(both_up(net));
	assert_true(bgp_net_has(net, 0, NET1));
	bgp_net_del(net);
}

/* RFC 9003: the reason reaches the other end, and who was told waits with it. */
static void shutdown_says_why(void **state)
{
	struct bgp_net *net = pair(65001, 65002);
	struct bgp_peer_shown shown;

	(void)state;
	start_all(net);
	bgp_net_run(net, 10 * NS_PER_SEC);
	bgp_stop(&net->host[1]->bgp, "maintenance until six", net->now);
	bgp_net_run(net, NS_PER_SEC);
	shown = bgp_net_shown(net, 0, "10.0.0.2");
	assert_true(shown.last_got.ever);
	assert_int_equal(shown.last_got.code, BGP_ERROR_CEASE);
	assert_int_equal(shown.last_got.subcode, BGP_CEASE_SHUTDOWN);
	assert_string_equal(shown.last_got.text, "maintenance until six");
	assert_string_equal(
		net->host[0]->last_down,
		"down: the peer says: cease, administrative shutdown, maintenance until "
		"six");
	bgp_net_run(net, 100 * NS_PER_SEC);
	for (u32 at = 0; at < BGP_NET_SOCKS; at++)
		assert_false(net->sock[at].used && net->sock[at].host == 1);
	assert_int_equal(net->host[1]->bgp.store.attrs.live, 0);
	bgp_net_del(net);
}

/* It stops and begins anew at once, while paths of before still leave the RIB. */
static void stopped_and_begun_again(void **state)
{
	struct bgp_net *net = pair(65001, 65002);

	(void)state;
	start_all(net);
	for (u32 n = 0; n < 1000; n++) {
		char text[32];

		(void)snprintf(text, sizeof text, "198.%u.%u.0/24", 18 + n / 256, n % 256);
		bgp_net_originate(net, 1, text);
	}
	bgp_net_run(net, 20 * NS_PER_SEC);
	assert_int_equal(bgp_net_shown(net, 0, "10.0.0.2").paths_in, 1001);
	bgp_stop(&net->host[0]->bgp, NULL, net->now);
	assert_int_not_equal(net->host[0]->bgp.store.attrs.live, 0);
	net->host[0]->conf.peer[0].hold_s = 30;
	bgp_net_again(net, 0);
	bgp_net_run(net, 40 * NS_PER_SEC);
	assert_true(both_up(net));
	assert_int_equal(bgp_net_shown(net, 0, "10.0.0.2").hold_s, 30);
	assert_int_equal(bgp_net_shown(net, 0, "10.0.0.2").paths_in, 1001);
	bgp_stop(&net->host[0]->bgp, NULL, net->now);
	bgp_net_run(net, NS_PER_SEC);
	assert_int_equal(net->host[0]->bgp.store.attrs.live, 0);
	bgp_net_del(net);
}

static void a_reset_by_an_administrator(void **state)
{
	struct bgp_net *net = pair(65001, 65002);

	(void)state;
	start_all(net);
	bgp_net_run(net, 10 * NS_PER_SEC);
	assert_int_equal(bgp_peer_reset(&net->host[0]->bgp, addr("10.0.0.2"), "again", net->now),
			 ERR_OK);
	bgp_net_run(net, NS_PER_SEC / 10);
	assert_int_equal(bgp_net_shown(net, 1, "10.0.0.1").last_got.subcode, BGP_CEASE_RESET);
	bgp_net_run(net, 40 * NS_PER_SEC);
	assert_true(both_up(net));
	assert_int_equal(bgp_peer_reset(&net->host[0]->bgp, addr("10.9.9.9"), "", net->now),
			 ERR_NOT_FOUND);
	bgp_net_del(net);
}

/* RFC 9687: a peer that keeps talking and takes nothing; also one that wants no hold timer. It is
 * not waited for any longer: the connection is reset.                                            */
static void a_peer_that_takes_nothing(void **state)
{
	(void)state;
	for (u16 hold_s = 0; hold_s <= 180; hold_s += 180) {
		struct bgp_net *net = pair(65001, 65002);
		struct bgp_raw *raw = played(net);
		struct bgp_open open = bgp_raw_usual(65002, "192.0.2.2");

		open.hold_s = hold_s;
		bgp_raw_up(raw, "10.0.0.1", &open);
		net->sock[(u32)raw->sock].cork = true;
		bgp_net_originate(net, 0, NET1);
		for (u32 n = 0; n < 47; n++) {
			bgp_net_run(net, 10 * NS_PER_SEC);
			bgp_raw_message(raw, BGP_KEEPALIVE, NULL, 0);
		}
		assert_true(bgp_net_is_up(net, 0, "10.0.0.2"));
		bgp_raw_message(raw, BGP_KEEPALIVE, NULL, 0);
		bgp_net_run(net, 15 * NS_PER_SEC);
		assert_false(bgp_net_is_up(net, 0, "10.0.0.2"));
		assert_int_equal(bgp_net_shown(net, 0, "10.0.0.2").last_sent.code,
				 BGP_ERROR_SEND_HOLD);
		assert_string_equal(net->host[0]->last_down, "down: sent send hold timer expired");
		assert_int_equal(net->sock[(u32)raw->sock].error, SOCK_RESET);
		done(net, raw);
	}
}

/* What is not said for want of room is not told as said. */
static void no_room_for_the_last_word(void **state)
{
	struct bgp_net *net = pair(65001, 65002);
	struct bgp_raw *raw = played(net);
	struct bgp_open open = bgp_raw_usual(65002, "192.0.2.2");

	(void)state;
	bgp_raw_up(raw, "10.0.0.1", &open);
	net->sock[(u32)raw->sock].cork = true;
	while (bgp_peer_refresh_in(&net->host[0]->bgp, addr("10.0.0.2"), net->now) == ERR_OK)
		;
	for (u32 n = 0; n < 49; n++) {
		bgp_raw_message(raw, BGP_KEEPALIVE, NULL, 0);
		bgp_net_run(net, 10 * NS_PER_SEC);
	}
	assert_false(bgp_net_is_up(net, 0, "10.0.0.2"));
	assert_false(bgp_net_shown(net, 0, "10.0.0.2").last_sent.ever);
	assert_string_equal(net->host[0]->last_down,
			    "down: no room to send send hold timer expired");
	done(net, raw);
}

/* RFC 5882: BFD knows before the hold timer does. */
static void somebody_else_knows(void **state)
{
	struct bgp_net *net = pair(65001, 65002);

	(void)state;
	start_all(net);
	bgp_net_run(net, 10 * NS_PER_SEC);
	assert_int_equal(
		bgp_peer_lost(&net->host[0]->bgp, addr("10.0.0.2"), "BFD says so", net->now),
		ERR_OK);
	bgp_net_run(net, NS_PER_MS);
	assert_string_equal(net->host[0]->last_down, "down: BFD says so");
	bgp_net_del(net);
}

static void an_interface_goes_down(void **state)
{
	struct bgp_net *net = pair(65001, 65002);

	(void)state;
	start_all(net);
	bgp_net_run(net, 10 * NS_PER_SEC);
	net->host[0]->ifaces.iface[0].up = false;
	bgp_ifaces(&net->host[0]->bgp, net->now);
	bgp_net_run(net, NS_PER_MS);
	assert_int_equal(net->host[0]->downs, 1);
	assert_string_equal(net->host[0]->last_down, "down: its interface is down");
	bgp_net_del(net);
}

/* ---- garbage --------------------------------------------------------------------------------- */

static void headers_that_can_not_be(void **state)
{
	static const struct {
		u8 at, value, subcode;
	} row[] = {
		{ 3, 0, BGP_HEADER_NOT_SYNCHRONIZED }, { 16, 0x20, BGP_HEADER_BAD_LENGTH },
		{ 17, 18, BGP_HEADER_BAD_LENGTH },     { 17, 20, BGP_HEADER_BAD_LENGTH },
		{ 18, 9, BGP_HEADER_BAD_TYPE },        { 18, 0, BGP_HEADER_BAD_TYPE },
	};

	(void)state;
	for (u32 at = 0; at < ARRAY_COUNT(row); at++) {
		struct bgp_net *net = pair(65001, 65002);
		struct bgp_raw *raw = played(net);
		struct bgp_open open = bgp_raw_usual(65002, "192.0.2.2");
		u8 msg[64];

		bgp_raw_up(raw, "10.0.0.1", &open);
		bgp_keepalive_write(msg);
		msg[row[at].at] = row[at].value;
		bgp_raw_send(raw, msg, BGP_HLEN);
		bgp_raw_run(raw, NS_PER_SEC);
		assert_notified(raw, BGP_ERROR_HEADER, row[at].subcode);
		assert_int_equal(net->host[0]->downs, 1);
		done(net, raw);
	}
}

/* RFC 6608: which state it was. */
static void messages_out_of_order(void **state)
{
	struct bgp_net *net = pair(65001, 65002);
	struct bgp_raw *raw = played(net);
	struct bgp_open open = bgp_raw_usual(65002, "192.0.2.2");

	(void)state;
	bgp_raw_call(raw, "10.0.0.1");
	bgp_raw_message(raw, BGP_KEEPALIVE, NULL, 0);
	bgp_raw_run(raw, NS_PER_SEC);
	assert_notified(raw, BGP_ERROR_FSM, BGP_FSM_IN_OPEN_SENT);
	bgp_raw_close(raw);
	bgp_raw_forget(raw);
	bgp_net_run(net, 10 * NS_PER_SEC);
	bgp_raw_call(raw, "10.0.0.1");
	bgp_raw_open(raw, &open);
	bgp_raw_message(raw, BGP_UPDATE, "\0\0\0\0", 4);
	bgp_raw_run(raw, NS_PER_SEC);
	assert_notified(raw, BGP_ERROR_FSM, BGP_FSM_IN_OPEN_CONFIRM);
	bgp_raw_close(raw);
	bgp_raw_forget(raw);
	bgp_net_run(net, 10 * NS_PER_SEC);
	bgp_raw_up(raw, "10.0.0.1", &open);
	bgp_raw_open(raw, &open);
	bgp_raw_run(raw, NS_PER_SEC);
	assert_notified(raw, BGP_ERROR_FSM, BGP_FSM_IN_ESTABLISHED);
	done(net, raw);
}

/* A peer that fails again and again is let in less and less often. */
static void failures_are_answered_later(void **state)
{
	struct bgp_net *net = pair(65001, 65002);
	struct bgp_raw *raw = played(net);
	u32 taken = 0;

	(void)state;
	for (u32 n = 0; n < 600; n++) {
		bgp_raw_call(raw, "10.0.0.1");
		bgp_raw_message(raw, BGP_KEEPALIVE, NULL, 0);
		bgp_raw_run(raw, NS_PER_SEC);
		taken += bgp_raw_got(raw, BGP_OPEN);
		bgp_raw_close(raw);
		bgp_raw_forget(raw);
	}
	assert_in_range(taken, 8, 20);
	done(net, raw);
}

/* One peer sends without end, the other one is served all the same. */
static void a_peer_that_never_stops(void **state)
{
	struct bgp_net *net = pair(65001, 65002);
	struct bgp_open open = bgp_raw_usual(65002, "192.0.2.2");
	struct bgp_raw *raw;
	u32 third = bgp_net_host(net, 65003, "192.0.2.3");
	u8 keepalive[BGP_HLEN * 1024];

	(void)state;
	bgp_net_attach(net, third, "10.0.0.3/24");
	bgp_net_peer(net, 0, "10.0.0.3", 65003);
	bgp_net_peer(net, third, "10.0.0.1", 65001);
	for (u32 n = 0; n < 1024; n++)
		bgp_keepalive_write(keepalive + (size_t)n * BGP_HLEN);
	raw = played(net);
	bgp_net_start(net, third);
	bgp_raw_up(raw, "10.0.0.1", &open);
	for (u32 n = 0; n < 200; n++) {
		bgp_raw_send(raw, keepalive, sizeof keepalive);
		bgp_raw_send(raw, keepalive, sizeof keepalive);
		bgp_raw_send(raw, keepalive, sizeof keepalive);
		bgp_raw_run(raw, NS_PER_MS);
		bgp_raw_forget(raw);
	}
	bgp_net_originate(net, third, NET2);
	bgp_net_run(net, 3 * NS_PER_SEC);
	assert_true(bgp_net_is_up(net, 0, "10.0.0.3"));
	assert_true(bgp_net_has(net, 0, NET2));
	done(net, raw);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_peers_come_up_and_tell),
		cmocka_unit_test(bytes_come_one_by_one),
		cmocka_unit_test(calls_collide),
		cmocka_unit_test(which_call_stays),
		cmocka_unit_test(one_side_waits),
		cmocka_unit_test(a_peer_that_comes_later),
		cmocka_unit_test(strangers_are_refused),
		cmocka_unit_test(opens_that_do_not_suit),
		cmocka_unit_test(identifiers_that_can_not_be),
		cmocka_unit_test(no_hold_time),
		cmocka_unit_test(keepalives_are_sent_in_time),
		cmocka_unit_test(times_have_jitter),
		cmocka_unit_test(silence_ends_by_the_hold_timer),
		cmocka_unit_test(a_reset_ends_at_once),
		cmocka_unit_test(shutdown_says_why),
		cmocka_unit_test(stopped_and_begun_again),
		cmocka_unit_test(a_reset_by_an_administrator),
		cmocka_unit_test(a_peer_that_takes_nothing),
		cmocka_unit_test(no_room_for_the_last_word),
		cmocka_unit_test(somebody_else_knows),
		cmocka_unit_test(an_interface_goes_down),
		cmocka_unit_test(headers_that_can_not_be),
		cmocka_unit_test(messages_out_of_order),
		cmocka_unit_test(failures_are_answered_later),
		cmocka_unit_test(a_peer_that_never_stops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
