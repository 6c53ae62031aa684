/* Peers of one speaker that send garbage, a byte a second, or updates without end: each harms
 * itself only. Beside them a peer with a short hold time has a route that comes and goes.        */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/base/rng.h"
#include "fake/bgp_raw.h"
#include "fake/build.h"

#define NET1 "203.0.113.0/24"

enum { GARBAGE = 1, SLOW, FLOOD, GOOD, HOSTS, LIMIT = 100, NETS_BELOW = 50, ROUNDS = 300 };

struct bed {
	struct bgp_net *net;
	struct rng rng;
	struct bgp_raw *raw[HOSTS];
	u8 open[BGP_MSG_MAX];
	u32 open_len;
	u32 open_sent;
	u32 calls;
};

static struct bed *bed_new(void)
{
	static const char *const prefix[] = { "10.0.0.1/24", "10.0.0.2/24", "10.0.0.3/24",
					      "10.0.0.4/24", "10.0.0.5/24" };
	static const char *const peer[] = { "", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5" };
	struct bgp_open open = bgp_raw_usual(65001 + SLOW, "10.0.0.3");
	struct bed *bed = calloc(1, sizeof *bed);

	assert_non_null(bed);
	bed->net = bgp_net_new();
	rng_init(&bed->rng, (u8[32]){ 7 });
	for (u32 host = 0; host < HOSTS; host++) {
		bgp_net_host(bed->net, 65001 + host, host == 0 ? "10.0.0.1" : peer[host]);
		bgp_net_attach(bed->net, host, prefix[host]);
	}
	for (u32 host = 1; host < HOSTS; host++)
		bgp_net_peer(bed->net, 0, peer[host], 65001 + host)->hold_s = 9;
	bed->net->host[0]->conf.peer[FLOOD - 1].prefix_limit = LIMIT;
	bgp_net_peer(bed->net, GOOD, "10.0.0.1", 65001)->hold_s = 3;
	bgp_net_start(bed->net, 0);
	bgp_net_start(bed->net, GOOD);
	for (u32 host = GARBAGE; host <= FLOOD; host++)
		bed->raw[host] = bgp_raw_new(bed->net, host);
	bed->open_len = bgp_open_write(bed->open, &open);
	bgp_net_run(bed->net, 10 * NS_PER_SEC);
	assert_true(bgp_net_is_up(bed->net, 0, "10.0.0.5"));
	return bed;
}

static void bed_del(struct bed *bed)
{
	for (u32 host = GARBAGE; host <= FLOOD; host++)
		free(bed->raw[host]);
	bgp_net_del(bed->net);
	free(bed);
}

/* Calls again whenever its connection has ended. Half of what it sends begins as a message does. */
static void garbage(struct bed *bed)
{
	struct bgp_raw *raw = bed->raw[GARBAGE];
	u8 bytes[256];

	if (raw->sock == SOCK_ID_NONE || raw->ended) {
		bgp_raw_close(raw);
		bgp_raw_call(raw, "10.0.0.1");
		bed->calls++;
	}
	for (u32 n = 0; n < sizeof bytes; n++)
		bytes[n] = (u8)rng_u32(&bed->rng);
	if (bed->calls % 2 == 0)
		bgp_header_write(bytes, 19 + rng_below(&bed->rng, 237),
				 (u8)(1 + rng_below(&bed->rng, 5)));
	bgp_raw_send(raw, bytes, sizeof bytes);
	bgp_raw_run(raw, NS_PER_MS);
	bgp_raw_forget(raw);
}

static void one_byte(struct bed *bed)
{
	struct bgp_raw *raw = bed->raw[SLOW];

	if (raw->sock == SOCK_ID_NONE)
		bgp_raw_call(raw, "10.0.0.1");
	if (bed->open_sent < bed->open_len)
		bgp_raw_send(raw, &bed->open[bed->open_sent++], 1);
}

/* Updates, each with another set of attributes. */
static void flood(struct bed *bed, u32 first, u32 nets)
{
	const u32 path[] = { 65001 + FLOOD, 1 + rng_below(&bed->rng, 60000) };

	for (u32 n = 0; n < nets; n++) {
		struct bgp_raw_update update = { 0 };
		char prefix[32];

		snprintf(prefix, sizeof prefix, "100.64.%u.0/24", first + n);
		bgp_raw_usual_attrs(&update, path, 2, "10.0.0.4");
		bgp_raw_prefix(&update, prefix);
		bgp_raw_update_send(bed->raw[FLOOD], &update);
	}
	bgp_raw_run(bed->raw[FLOOD], NS_PER_MS);
}

static u32 paths_of_flood(struct bed *bed)
{
	return bgp_net_shown(bed->net, 0, "10.0.0.4").paths_in;
}

static void each_harms_itself_only(void **state)
{
	struct bgp_open open = bgp_raw_usual(65001 + FLOOD, "10.0.0.4");
	struct bed *bed = bed_new();
	const struct bgp *bgp = &bed->net->host[0]->bgp;

	(void)state;
	bgp_raw_up(bed->raw[FLOOD], "10.0.0.1", &open);
	for (u32 round = 0; round < ROUNDS; round++) {
		bool there = round / 10 % 2 == 0;

		if (round % 10 == 0 && there)
			bgp_net_originate(bed->net, GOOD, NET1);
		if (round % 10 == 0 && !there)
			bgp_net_retract(bed->net, GOOD, NET1);
		if (round % 10 == 5) {
			one_byte(bed);
			bgp_raw_message(bed->raw[FLOOD], BGP_KEEPALIVE, NULL, 0);
		}
		garbage(bed);
		flood(bed, 0, NETS_BELOW);
		bgp_net_run(bed->net, 95 * NS_PER_MS);
		if (round % 10 == 9)
			assert_int_equal(bgp_net_has(bed->net, 0, NET1), there);
		assert_true(bgp_net_is_up(bed->net, 0, "10.0.0.5"));
		/* Two sets for each path, whatever came before. */
		assert_int_equal(paths_of_flood(bed), NETS_BELOW);
		assert_in_range(bgp->store.attrs.live, 1, 2 * (NETS_BELOW + 2));
	}
	assert_int_equal(bed->net->host[GOOD]->downs, 0);
	assert_true(bgp_net_is_up(bed->net, 0, "10.0.0.4"));
	/* Garbage ends its connection, and who does it again waits longer each time. */
	assert_in_range(bed->calls, 2, ROUNDS);
	assert_false(bgp_net_is_up(bed->net, 0, "10.0.0.2"));
	assert_int_equal(bgp_net_shown(bed->net, 0, "10.0.0.2").counters.established, 0);
	/* Above its limit who floods is thrown out, and what it told goes. */
	for (u32 first = 0; first < 2 * LIMIT; first += NETS_BELOW)
		flood(bed, first, NETS_BELOW);
	bgp_net_run(bed->net, NS_PER_SEC);
	assert_false(bgp_net_is_up(bed->net, 0, "10.0.0.4"));
	assert_int_equal(bgp_net_shown(bed->net, 0, "10.0.0.4").held, BGP_HELD_PREFIXES);
	assert_int_equal(bed->net->host[0]->rib.stats.source_paths[ROUTE_BGP],
			 bgp_net_shown(bed->net, 0, "10.0.0.5").paths_in);
	assert_int_equal(bed->net->host[GOOD]->downs, 0);
	assert_true(bgp_net_is_up(bed->net, 0, "10.0.0.5"));
	bed_del(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_harms_itself_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
