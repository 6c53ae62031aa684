/* A peer that is slow, or never stops: what becomes of it, and that nobody else notices. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake/bgp_raw.h"
#include "fake/build.h"

#define NET1 "203.0.113.0/24"
#define NET2 "198.51.100.0/24"
#define PLAYED "10.0.0.2"

/* Host 0 speaks with host 1, which is played and up, and with host 2. */
static struct bgp_raw *three(const struct bgp_open *open)
{
	struct bgp_net *net = bgp_net_new();
	struct bgp_raw *raw;

	for (u32 at = 0; at < 3; at++) {
		char text[32];

		(void)snprintf(text, sizeof text, "192.0.2.%u", at + 1);
		bgp_net_host(net, 65001 + at, text);
		(void)snprintf(text, sizeof text, "10.0.0.%u/24", at + 1);
		bgp_net_attach(net, at, text);
	}
	bgp_net_peer(net, 0, PLAYED, 65002);
	bgp_net_peer(net, 0, "10.0.0.3", 65003);
	bgp_net_peer(net, 2, "10.0.0.1", 65001);
	bgp_net_start(net, 0);
	bgp_net_start(net, 2);
	raw = bgp_raw_new(net, 1);
	bgp_raw_up(raw, "10.0.0.1", open);
	bgp_net_run(net, 20 * NS_PER_SEC);
	return raw;
}

static void done(struct bgp_raw *raw)
{
	bgp_net_del(raw->net);
	free(raw);
}

static void tell(struct bgp_raw *raw, const char *prefix)
{
	static const u32 path[] = { 65002 };
	struct bgp_raw_update update = { 0 };

	bgp_raw_usual_attrs(&update, path, 1, PLAYED);
	bgp_raw_prefix(&update, prefix);
	bgp_raw_update_send(raw, &update);
}

/* Host 2 tells something, and it is there at once. */
static void the_other_is_heard(struct bgp_net *net)
{
	bgp_net_originate(net, 2, NET2);
	bgp_net_run(net, NS_PER_SEC);
	assert_true(bgp_net_has(net, 0, NET2));
	bgp_net_retract(net, 2, NET2);
	bgp_net_run(net, NS_PER_SEC);
	assert_false(bgp_net_has(net, 0, NET2));
}

static u16 client_of(const struct bgp_net *net)
{
	return bgp_peer_find(&net->host[0]->bgp, addr(PLAYED))->client;
}

/* RFC 7313: each BoRR marks all routes, and none makes the table be read from end to end. */
static void marks_without_end(void **state)
{
	struct bgp_open open = bgp_raw_usual(65002, "192.0.2.2");
	struct bgp_raw *raw;
	struct rib *rib;

	(void)state;
	open.refresh = open.enhanced_refresh = true;
	raw = three(&open);
	rib = &raw->net->host[0]->rib;
	tell(raw, NET1);
	bgp_raw_run(raw, NS_PER_SEC);
	for (u32 n = 0; n < 3 * RIB_ERAS; n++) {
		static const u8 borr[] = { 0, 1, BGP_REFRESH_BEGIN, 1 };

		bgp_raw_message(raw, BGP_ROUTE_REFRESH, borr, sizeof borr);
		if (n == 10)
			tell(raw, NET1);
		bgp_raw_run(raw, 10 * NS_PER_MS);
	}
	bgp_raw_run(raw, NS_PER_SEC);
	assert_false(rib_client_has_era(rib, client_of(raw->net)));
	assert_true(bgp_net_has(raw->net, 0, NET1));
	assert_true(bgp_net_shown(raw->net, 0, PLAYED).stale);
	the_other_is_heard(raw->net);
	/* What is not told again is gone when it says that it told all, and then there is room. */
	bgp_raw_message(raw, BGP_ROUTE_REFRESH, (const u8[]){ 0, 1, BGP_REFRESH_END, 1 }, 4);
	bgp_raw_run(raw, NS_PER_SEC);
	assert_false(bgp_net_has(raw->net, 0, NET1));
	assert_true(rib_client_has_era(rib, client_of(raw->net)));
	assert_true(bgp_net_is_up(raw->net, 0, PLAYED));
	done(raw);
}

/* A part of a message is nothing heard: the hold timer ends it (RFC 4271 section 6.5). */
static void byte_by_byte(void **state)
{
	struct bgp_open open = bgp_raw_usual(65002, "192.0.2.2");
	struct bgp_raw *raw = three(&open);
	u8 head[BGP_HLEN];
	u32 seconds;

	(void)state;
	(void)bgp_keepalive_write(head);
	head[17] = 200;
	head[18] = BGP_UPDATE;
	for (seconds = 0; bgp_net_is_up(raw->net, 0, PLAYED) && seconds < 1000; seconds++) {
		bgp_raw_send(raw, seconds < sizeof head ? head + seconds : (const u8[]){ 0 }, 1);
		bgp_raw_run(raw, NS_PER_SEC);
	}
	assert_in_range(seconds, 100, 180);
	assert_int_equal(bgp_net_shown(raw->net, 0, PLAYED).last_sent.code, BGP_ERROR_HOLD);
	the_other_is_heard(raw->net);
	done(raw);
}

/* Each of its requests is answered by everything, one after the other, and it takes none of it. */
static void requests_without_end(void **state)
{
	struct bgp_open open = bgp_raw_usual(65002, "192.0.2.2");
	struct bgp_raw *raw;

	(void)state;
	open.refresh = true;
	raw = three(&open);
	raw->net->sock[(u32)raw->sock].cork = true;
	for (u32 n = 0; n < 2000; n++) {
		bgp_raw_message(raw, BGP_ROUTE_REFRESH, (const u8[]){ 0, 1, 0, 1 }, 4);
		bgp_net_run(raw->net, 10 * NS_PER_MS);
	}
	the_other_is_heard(raw->net);
	assert_true(bgp_net_shown(raw->net, 0, PLAYED).out_bytes < BGP_OUT_SIZE);
	raw->net->sock[(u32)raw->sock].cork = false;
	bgp_net_run(raw->net, NS_PER_SEC);
	assert_int_equal(bgp_net_shown(raw->net, 0, PLAYED).out_bytes, 0);
	assert_true(bgp_net_is_up(raw->net, 0, PLAYED));
	done(raw);
}

/* Up, a route, and away, as fast as it is let: it waits longer each time, and leaves nothing. */
static void comes_and_goes(void **state)
{
	struct bgp_open open = bgp_raw_usual(65002, "192.0.2.2");
	struct bgp_raw *raw = three(&open);
	u32 ups = raw->net->host[0]->ups;

	(void)state;
	for (u32 n = 0; n < 600; n++) {
		tell(raw, NET1);
		bgp_raw_close(raw);
		bgp_raw_run(raw, NS_PER_SEC / 2);
		assert_false(bgp_net_has(raw->net, 0, NET1));
		bgp_raw_forget(raw);
		bgp_raw_call(raw, "10.0.0.1");
		bgp_raw_open(raw, &open);
		bgp_raw_message(raw, BGP_KEEPALIVE, NULL, 0);
		bgp_raw_run(raw, NS_PER_SEC / 2);
	}
	/* Ten minutes: a minute apart, but for the first ones. */
	assert_in_range(raw->net->host[0]->ups - ups, 8, 20);
	the_other_is_heard(raw->net);
	done(raw);
}

/* Neither who is not configured nor who is up already leaves anything behind by calling. */
static void calls_without_end(void **state)
{
	struct bgp_open open = bgp_raw_usual(65002, "192.0.2.2");
	struct bgp_raw *raw = three(&open);
	struct bgp_raw *caller[2];

	(void)state;
	bgp_net_host(raw->net, 65004, "192.0.2.4");
	bgp_net_attach(raw->net, 3, "10.0.0.4/24");
	caller[0] = bgp_raw_new(raw->net, 3);
	caller[1] = bgp_raw_new(raw->net, 1);
	for (u32 n = 0; n < 200; n++) {
		struct bgp_raw *by = caller[n % 2];

		bgp_raw_call(by, "10.0.0.1");
		bgp_raw_run(by, 10 * NS_PER_MS);
		assert_int_equal(raw->net->sock[(u32)by->sock].error, SOCK_RESET);
		bgp_raw_close(by);
	}
	assert_true(bgp_net_is_up(raw->net, 0, PLAYED));
	the_other_is_heard(raw->net);
	free(caller[0]);
	free(caller[1]);
	done(raw);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(marks_without_end),
		cmocka_unit_test(byte_by_byte),
		cmocka_unit_test(requests_without_end),
		cmocka_unit_test(comes_and_goes),
		cmocka_unit_test(calls_without_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
