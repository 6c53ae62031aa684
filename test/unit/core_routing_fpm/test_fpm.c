/* The promises of fpm.h: what is told becomes routes, and what becomes of them when zebra goes. */
#include "fpm_bed.h"

#include <stdio.h>

enum { NET = 0x14000000, NET2 = 0x14000100, HOLD_S = 60 };

static const struct fib_route *route_to(const char *addr)
{
	return bed_route(tb->bed, addr);
}

static u32 via(const char *addr)
{
	return bed_gateway(tb->bed, addr);
}

static u64 refused(enum fpm_why why)
{
	return tb->fpm.stats.refused[why];
}

/* ---- routes ---------------------------------------------------------------------------------- */

static void routes_come_and_go(void **state)
{
	struct rib_path path;
	struct ip_prefix prefix = net("20.0.0.0/24");

	(void)state;
	connects(true);
	wire_route_via(&tb->wire, NET, 24, A, OF_A);
	tells();
	assert_int_equal(via("20.0.0.7"), A);
	assert_int_equal(route_to("20.0.0.7")->path[0].out_if, 0);
	assert_true(rib_best(&tb->bed->rib, &prefix, &path));
	assert_int_equal(path.distance, RIB_DISTANCE_FPM);
	assert_int_equal(path.metric, 20);
	assert_int_equal(path.attr, WIRE_BGP);
	assert_int_equal(tb->fpm.routes, 1);
	/* Told anew, it is another one. */
	wire_route_via(&tb->wire, NET, 24, B, OF_B);
	tells();
	assert_int_equal(via("20.0.0.7"), B);
	assert_int_equal(tb->fpm.routes, 1);
	wire_route_gone(&tb->wire, NET, 24);
	wire_route_gone(&tb->wire, NET2, 24);
	tells();
	assert_int_equal(route_to("20.0.0.7")->type, FIB_NONE);
	assert_int_equal(tb->fpm.routes, 0);
	assert_int_equal(tb->fpm.stats.sets, 2);
	assert_int_equal(tb->fpm.stats.unsets, 2);
}

/* As zebra changes one: the reader of the RIB never hears that it was gone. */
static void a_change_is_no_gap(void **state)
{
	struct rib_change change;
	u16 reader;

	(void)state;
	connects(true);
	wire_route_via(&tb->wire, NET, 24, A, OF_A);
	tells();
	reader = rib_reader_new(&tb->bed->rib);
	while (rib_read(&tb->bed->rib, reader, &change))
		;
	wire_frame(&tb->wire);
	wire_route(&tb->wire, WIRE_DEL_ROUTE, NET, 24, 0);
	wire_route(&tb->wire, WIRE_NEW_ROUTE, NET, 24, WIRE_UNICAST);
	wire_addr(&tb->wire, 5, B);
	tells();
	assert_true(rib_read(&tb->bed->rib, reader, &change));
	assert_false(change.gone);
	assert_false(rib_read(&tb->bed->rib, reader, &change));
	assert_int_equal(via("20.0.0.7"), B);
}

static void bytes_may_be_cut_anywhere(void **state)
{
	(void)state;
	connects(true);
	wire_route_via(&tb->wire, NET, 24, A, OF_A);
	wire_route_via(&tb->wire, NET2, 24, B, OF_B);
	for (u32 at = 0; at < tb->wire.bytes; at++) {
		assert_int_equal(tb->fpm.routes,
				 at == tb->wire.bytes ? 2 : at >= tb->wire.bytes / 2);
		assert_null(fpm_input(&tb->fpm, tb->wire.at + at, 1, tb->bed->now));
		fpm_check(&tb->fpm);
	}
	fpm_settle();
	assert_int_equal(via("20.0.0.7"), A);
	assert_int_equal(via("20.0.1.7"), B);
	assert_int_equal(tb->fpm.stats.frames, 2);
}

static void kinds_of_routes(void **state)
{
	(void)state;
	connects(true);
	wire_frame(&tb->wire);
	wire_route(&tb->wire, WIRE_NEW_ROUTE, NET, 24, WIRE_BLACKHOLE);
	wire_route(&tb->wire, WIRE_NEW_ROUTE, NET2, 24, WIRE_UNREACHABLE);
	tells();
	assert_int_equal(route_to("20.0.0.7")->type, FIB_BLACKHOLE);
	assert_int_equal(route_to("20.0.1.7")->type, FIB_PROHIBIT);
}

static void gateways_and_interfaces(void **state)
{
	(void)state;
	connects(true);
	/* On no link of ours, on a link that says it is there, and on the link itself. */
	wire_route_via(&tb->wire, NET, 24, 0x0b000001, OF_A);
	wire_route_via(&tb->wire, NET2, 24, 0x0b000001, OF_A);
	tb->wire.at[tb->wire.message + 24] = 4;
	wire_route_via(&tb->wire, NET + 0x200, 24, 0, OF_B);
	wire_route_via(&tb->wire, NET + 0x300, 24, B, OF_A);
	tells();
	assert_int_equal(route_to("20.0.0.7")->type, FIB_NONE);
	assert_int_equal(via("20.0.1.7"), 0x0b000001);
	assert_int_equal(route_to("20.0.2.7")->path[0].out_if, 1);
	/* A gateway that is on another link than it says is where it is. */
	assert_int_equal(route_to("20.0.3.7")->path[0].out_if, 1);
	/* Something leads to it: it is found. */
	wire_route_gone(&tb->wire, NET2, 24);
	tells();
	/* An interface that is none of ours. */
	wire_route_via(&tb->wire, NET2, 24, 0, 77);
	tells();
	assert_int_equal(refused(FPM_INTERFACE), 1);
	assert_non_null(strstr(last_said().text, "refused 20.0.1.0/24, and what is like it: a "
						 "route is on a link that is none of ours"));
	wire_route_via(&tb->wire, NET2, 24, 0, 77);
	tells();
	assert_int_equal(refused(FPM_INTERFACE), 2);
	assert_string_equal(last_said().text, "");
}

/* Its numbers say nothing: 3 may be anything there. */
static void another_hosts_numbers_are_not_ours(void **state)
{
	(void)state;
	connects(false);
	wire_route_via(&tb->wire, NET, 24, B, OF_A);
	wire_route_via(&tb->wire, NET2, 24, 0, OF_A);
	tells();
	assert_int_equal(route_to("20.0.0.7")->path[0].out_if, 1);
	assert_int_equal(route_to("20.0.1.7")->type, FIB_NONE);
	assert_int_equal(refused(FPM_INTERFACE), 1);
}

/* zebra has replaced what stood, so that it must not be forwarded by any longer. */
static void what_is_refused_replaces_what_stood(void **state)
{
	(void)state;
	connects(true);
	wire_route_via(&tb->wire, NET, 24, A, OF_A);
	tells();
	wire_route_via(&tb->wire, NET, 24, A, OF_A);
	wire_attr(&tb->wire, 22, "labels", 6);
	tells();
	assert_int_equal(route_to("20.0.0.7")->type, FIB_NONE);
	assert_int_equal(refused(FPM_LABELS), 1);
	wire_route_via(&tb->wire, NET, 24, A, OF_A);
	wire_frame(&tb->wire);
	wire_route(&tb->wire, WIRE_NEW_ROUTE, NET, 24, WIRE_UNICAST);
	tells();
	assert_int_equal(refused(FPM_NO_HOP), 1);
	assert_int_equal(tb->fpm.routes, 0);
	/* What the host of zebra has by itself, or a VRF, says nothing of it. */
	wire_route_via(&tb->wire, NET, 24, A, OF_A);
	wire_route_via(&tb->wire, NET, 24, B, OF_B);
	tb->wire.at[tb->wire.message + 16 + 5] = FPM_PROTOCOL_KERNEL;
	wire_route_via(&tb->wire, NET, 24, B, OF_B);
	wire_u32(&tb->wire, 15, 9);
	wire_route_gone(&tb->wire, NET, 24);
	tb->wire.at[tb->wire.message + 16 + 5] = FPM_PROTOCOL_KERNEL;
	tells();
	assert_int_equal(via("20.0.0.7"), A);
	assert_int_equal(refused(FPM_OF_KERNEL), 2);
	assert_int_equal(refused(FPM_OTHER_TABLE), 1);
}

static void hops_that_can_not_be_are_left_out(void **state)
{
	u8 hops[2][16] = { { 16, 0, 0, 0, OF_A, 0, 0, 0, 8, 0, 5, 0, 10, 1, 0, 2 },
			   { 8, 0, 0, 0, 77 } };

	(void)state;
	connects(true);
	wire_frame(&tb->wire);
	wire_route(&tb->wire, WIRE_NEW_ROUTE, NET, 24, WIRE_UNICAST);
	wire_attr(&tb->wire, 9, hops, 24);
	tells();
	assert_int_equal(via("20.0.0.7"), A);
	assert_int_equal(refused(FPM_INTERFACE), 1);
}

static void there_is_a_limit(void **state)
{
	struct fpm_conf conf = fpm_usual();

	(void)state;
	conf.route_limit = 2;
	fpm_configure(&tb->fpm, &conf, tb->bed->now);
	connects(true);
	for (u32 at = 0; at < 3; at++)
		wire_route_via(&tb->wire, NET + at * 0x100, 24, A, OF_A);
	tells();
	assert_int_equal(tb->fpm.routes, 2);
	assert_int_equal(refused(FPM_FULL), 1);
	assert_int_equal(route_to("20.0.2.7")->type, FIB_NONE);
	/* Those that stand may change, and where one goes there is room. */
	wire_route_via(&tb->wire, NET, 24, B, OF_B);
	wire_route_gone(&tb->wire, NET2, 24);
	wire_route_via(&tb->wire, NET + 0x200, 24, A, OF_A);
	tells();
	assert_int_equal(via("20.0.0.7"), B);
	assert_int_equal(via("20.0.2.7"), A);
	/* What is stale is replaced within the limit, too. */
	goes();
	connects(true);
	wire_route_via(&tb->wire, NET, 24, A, OF_A);
	wire_route_via(&tb->wire, NET2, 24, A, OF_A);
	wire_route_via(&tb->wire, NET + 0x200, 24, B, OF_B);
	tells();
	assert_int_equal(tb->fpm.routes, 2);
	assert_int_equal(tb->fpm.stale, 0);
	assert_int_equal(route_to("20.0.2.7")->type, FIB_NONE);
}

static void another_distance_is_given_to_all(void **state)
{
	struct fpm_conf conf = fpm_usual();
	struct ip_prefix prefix = net("20.0.0.0/24");
	struct rib_path path;

	(void)state;
	connects(true);
	wire_object_via(&tb->wire, 9, A, OF_A);
	wire_route_by(&tb->wire, NET2, 24, 9);
	wire_route_via(&tb->wire, NET, 24, A, OF_A);
	wire_frame(&tb->wire);
	wire_route(&tb->wire, WIRE_NEW_ROUTE, NET + 0x200, 24, WIRE_BLACKHOLE);
	tells();
	conf.distance = 15;
	fpm_configure(&tb->fpm, &conf, tb->bed->now);
	fpm_settle();
	for (u32 at = 0; at < 3; at++) {
		prefix.addr.word[0] = be32_of(NET + at * 0x100);
		assert_true(rib_best(&tb->bed->rib, &prefix, &path));
		assert_int_equal(path.distance, 15);
	}
	assert_int_equal(via("20.0.0.7"), A);
	assert_int_equal(via("20.0.1.7"), A);
	assert_int_equal(tb->fpm.routes, 3);
}

/* ---- next hops that have a number ------------------------------------------------------------ */

static void groups_forward_by_their_parts(void **state)
{
	static const u32 parts[] = { 1, 2 };

	(void)state;
	connects(true);
	/* A group comes before one of its parts, as zebra walks over them. */
	wire_object_via(&tb->wire, 1, A, OF_A);
	wire_group(&tb->wire, 7, parts, 2);
	wire_route_by(&tb->wire, NET, 24, 7);
	tells();
	assert_int_equal(via("20.0.0.7"), A);
	wire_object_via(&tb->wire, 2, B, OF_B);
	tells();
	assert_int_equal(route_to("20.0.0.7")->path_count, 2);
	/* A part that changes, one that goes, and one that is back. */
	wire_object_via(&tb->wire, 2, B + 1, OF_B);
	tells();
	assert_int_equal(be32_host(route_to("20.0.0.7")->path[1].gateway), B + 1);
	wire_object(&tb->wire, WIRE_DEL_OBJECT, 2);
	tells();
	assert_int_equal(via("20.0.0.7"), A);
	wire_object_via(&tb->wire, 2, B, OF_B);
	tells();
	assert_int_equal(route_to("20.0.0.7")->path_count, 2);
	/* The group with fewer parts. */
	wire_group(&tb->wire, 7, parts + 1, 1);
	tells();
	assert_int_equal(via("20.0.0.7"), B);
	assert_int_equal(fpm_next(&tb->fpm), NS_NEVER);
}

static void a_group_in_use_is_taken_back(void **state)
{
	static const u32 parts[] = { 1 };

	(void)state;
	connects(true);
	wire_object_via(&tb->wire, 1, A, OF_A);
	wire_group(&tb->wire, 7, parts, 1);
	wire_route_by(&tb->wire, NET, 24, 7);
	wire_route_by(&tb->wire, NET2, 24, 7);
	tells();
	wire_object(&tb->wire, WIRE_DEL_OBJECT, 7);
	tells();
	assert_int_equal(route_to("20.0.0.7")->type, FIB_NONE);
	assert_int_equal(tb->fpm.routes, 2);
	assert_int_equal(tb->fpm.hidden, 2);
	/* Its part is referred to no longer, and it itself only by the routes. */
	wire_object(&tb->wire, WIRE_DEL_OBJECT, 1);
	wire_route_gone(&tb->wire, NET, 24);
	tells();
	assert_int_equal(tb->fpm.objects.live, 1);
	wire_object_via(&tb->wire, 7, B, OF_B);
	tells();
	assert_int_equal(via("20.0.1.7"), B);
	assert_int_equal(tb->fpm.hidden, 0);
	wire_route_gone(&tb->wire, NET2, 24);
	wire_object(&tb->wire, WIRE_DEL_OBJECT, 7);
	tells();
	assert_int_equal(tb->fpm.objects.live, 0);
}

static void a_route_may_come_before_its_next_hop(void **state)
{
	struct ip_addr to = ip_addr4(be32_of(NET + 7));
	struct rib_shown shown;

	(void)state;
	connects(true);
	wire_route_by(&tb->wire, NET, 24, 7);
	tells();
	assert_int_equal(route_to("20.0.0.7")->type, FIB_NONE);
	assert_int_equal(tb->fpm.hidden, 1);
	assert_int_equal(rib_explain(&tb->bed->rib, &to, &shown, 1), 1);
	assert_false(shown.best);
	assert_string_equal(shown.why,
			    "it waits for next hop number 7, which leads nowhere or was not told");
	wire_object(&tb->wire, WIRE_NEW_OBJECT, 7);
	wire_attr(&tb->wire, 4, "", 0);
	tells();
	assert_int_equal(route_to("20.0.0.7")->type, FIB_BLACKHOLE);
	assert_int_equal(tb->fpm.hidden, 0);
	/* By another number the first one is nobody's. */
	wire_object_via(&tb->wire, 8, A, OF_A);
	wire_route_by(&tb->wire, NET, 24, 8);
	wire_object(&tb->wire, WIRE_DEL_OBJECT, 7);
	tells();
	assert_int_equal(via("20.0.0.7"), A);
	assert_int_equal(tb->fpm.objects.live, 1);
}

static void there_is_a_limit_of_numbers(void **state)
{
	static const u32 parts[] = { 100, 101, 102 };

	(void)state;
	connects(true);
	for (u32 id = 1; id <= OBJECTS - 2; id++)
		wire_object_via(&tb->wire, id, A, OF_A);
	tells();
	/* The group and its parts are four: nothing of it stays. */
	wire_group(&tb->wire, 50, parts, 3);
	tells();
	assert_int_equal(refused(FPM_FULL), 1);
	assert_int_equal(tb->fpm.objects.live, OBJECTS - 2);
	wire_object_via(&tb->wire, 51, A, OF_A);
	wire_object_via(&tb->wire, 52, A, OF_A);
	wire_object_via(&tb->wire, 53, A, OF_A);
	wire_route_by(&tb->wire, NET, 24, 54);
	wire_object_via(&tb->wire, 52, B, OF_B);
	wire_route_by(&tb->wire, NET2, 24, 52);
	tells();
	assert_int_equal(refused(FPM_FULL), 3);
	assert_int_equal(tb->fpm.objects.live, OBJECTS);
	assert_int_equal(via("20.0.1.7"), B);
}

static void groups_of_groups_are_nothing(void **state)
{
	static const u32 self[] = { 7 }, parts[] = { 1 }, group[] = { 7 };

	(void)state;
	connects(true);
	wire_group(&tb->wire, 7, self, 1);
	tells();
	assert_int_equal(refused(FPM_MALFORMED), 1);
	wire_object_via(&tb->wire, 1, A, OF_A);
	wire_group(&tb->wire, 7, parts, 1);
	wire_group(&tb->wire, 8, group, 1);
	wire_route_by(&tb->wire, NET, 24, 8);
	tells();
	assert_int_equal(route_to("20.0.0.7")->type, FIB_NONE);
	/* In a circle, they go all the same. */
	wire_group(&tb->wire, 7, (const u32[]){ 8 }, 1);
	wire_route_gone(&tb->wire, NET, 24);
	wire_object(&tb->wire, WIRE_DEL_OBJECT, 7);
	wire_object(&tb->wire, WIRE_DEL_OBJECT, 8);
	wire_object(&tb->wire, WIRE_DEL_OBJECT, 1);
	tells();
	assert_int_equal(tb->fpm.objects.live, 0);
}

/* More routes than a step takes, changed while a sweep is under way. */
static void a_sweep_takes_steps(void **state)
{
	(void)state;
	connects(true);
	wire_object_via(&tb->wire, 1, A, OF_A);
	for (u32 at = 0; at < 3 * FPM_STEP_ROUTES; at++)
		wire_route_by(&tb->wire, NET + at * 0x100, 24, 1);
	tells();
	wire_object_via(&tb->wire, 1, B, OF_B);
	assert_null(fpm_input(&tb->fpm, tb->wire.at, tb->wire.bytes, tb->bed->now));
	tb->wire.bytes = 0;
	assert_int_equal(fpm_next(&tb->fpm), 0);
	fpm_tick(&tb->fpm, tb->bed->now);
	assert_int_equal(fpm_next(&tb->fpm), 0);
	wire_object_via(&tb->wire, 1, A + 1, OF_A);
	tells();
	for (u32 at = 0; at < 3 * FPM_STEP_ROUTES; at++) {
		char addr[16];

		snprintf(addr, sizeof addr, "20.0.%u.7", at);
		assert_int_equal(via(addr), A + 1);
	}
}

/* ---- connections ----------------------------------------------------------------------------- */

static void routes_are_held(void **state)
{
	struct rib_path path;
	struct ip_prefix prefix = net("20.0.0.0/24");

	(void)state;
	connects(true);
	wire_object_via(&tb->wire, 1, A, OF_A);
	wire_route_by(&tb->wire, NET, 24, 1);
	wire_route_via(&tb->wire, NET2, 24, B, OF_B);
	tells();
	goes();
	assert_string_equal(last_said().text, "it is gone");
	assert_int_equal(via("20.0.0.7"), A);
	assert_int_equal(tb->fpm.stale, 2);
	assert_int_equal(tb->fpm.objects.live, 0);
	assert_true(rib_best(&tb->bed->rib, &prefix, &path));
	assert_true(path.stale);
	passes(HOLD_S * NS_PER_SEC - NS_PER_MS * 10);
	assert_int_equal(via("20.0.0.7"), A);
	passes(NS_PER_MS * 20);
	assert_int_equal(route_to("20.0.0.7")->type, FIB_NONE);
	assert_int_equal(tb->fpm.stale, 0);
	assert_int_equal(tb->fpm.stats.expired, 2);
	assert_string_equal(last_said().text, "not told again in the hold time: 2 routes gone");
}

static void what_is_told_again_stays(void **state)
{
	(void)state;
	connects(true);
	for (u32 at = 0; at < 3; at++)
		wire_route_via(&tb->wire, NET + at * 0x100, 24, A, OF_A);
	tells();
	goes();
	passes((HOLD_S - 5) * NS_PER_SEC);
	connects(true);
	assert_int_equal(fpm_next(&tb->fpm), tb->fpm.hold_ns);
	wire_route_via(&tb->wire, NET, 24, A, OF_A);
	tells();
	/* The whole hold time again for what is told last. */
	passes((HOLD_S - 5) * NS_PER_SEC);
	assert_int_equal(tb->fpm.stale, 2);
	wire_route_via(&tb->wire, NET2, 24, B, OF_B);
	tells();
	passes(6 * NS_PER_SEC);
	assert_int_equal(via("20.0.0.7"), A);
	assert_int_equal(via("20.0.1.7"), B);
	assert_int_equal(route_to("20.0.2.7")->type, FIB_NONE);
	assert_int_equal(tb->fpm.routes, 2);
	assert_int_equal(tb->fpm.stats.expired, 1);
}

/* RFC 4724 section 4.2: stale twice is gone. */
static void who_comes_and_goes_keeps_nothing(void **state)
{
	(void)state;
	connects(true);
	wire_route_via(&tb->wire, NET, 24, A, OF_A);
	wire_route_via(&tb->wire, NET2, 24, A, OF_A);
	tells();
	goes();
	connects(true);
	wire_route_via(&tb->wire, NET, 24, A, OF_A);
	tells();
	goes();
	assert_int_equal(via("20.0.0.7"), A);
	assert_int_equal(route_to("20.0.1.7")->type, FIB_NONE);
	/* But who has told no route has said nothing of those, and has no more time for it. */
	passes((HOLD_S - 5) * NS_PER_SEC);
	connects(true);
	wire_object_via(&tb->wire, 1, A, OF_A);
	tells();
	goes();
	assert_int_equal(via("20.0.0.7"), A);
	passes(6 * NS_PER_SEC);
	assert_int_equal(route_to("20.0.0.7")->type, FIB_NONE);
}

static void stale_routes_may_be_taken_back(void **state)
{
	(void)state;
	connects(true);
	wire_object_via(&tb->wire, 1, A, OF_A);
	wire_route_by(&tb->wire, NET, 24, 1);
	wire_route_by(&tb->wire, NET2, 24, 1);
	tells();
	goes();
	connects(true);
	/* The number is that of another one now; what is stale does not follow it. */
	wire_object_via(&tb->wire, 1, B, OF_B);
	wire_route_by(&tb->wire, NET + 0x200, 24, 1);
	wire_object_via(&tb->wire, 1, B + 1, OF_B);
	wire_route_gone(&tb->wire, NET, 24);
	tells();
	assert_int_equal(route_to("20.0.0.7")->type, FIB_NONE);
	assert_int_equal(via("20.0.1.7"), A);
	assert_int_equal(via("20.0.2.7"), B + 1);
	assert_int_equal(tb->fpm.stale, 1);
	assert_int_equal(tb->fpm.routes, 1);
}

static void nothing_is_held_where_nobody_wants_it(void **state)
{
	struct fpm_conf conf = fpm_usual();

	(void)state;
	conf.hold_ns = 0;
	fpm_configure(&tb->fpm, &conf, tb->bed->now);
	connects(true);
	wire_route_via(&tb->wire, NET, 24, A, OF_A);
	tells();
	goes();
	assert_int_equal(route_to("20.0.0.7")->type, FIB_NONE);
	assert_int_equal(fpm_next(&tb->fpm), NS_NEVER);
}

static void a_newer_connection_counts(void **state)
{
	struct fpm_shown shown;

	(void)state;
	connects(true);
	wire_route_via(&tb->wire, NET, 24, A, OF_A);
	wire_route_via(&tb->wire, NET2, 24, A, OF_A);
	/* Half a frame, which the other one does not go on with. */
	assert_null(fpm_input(&tb->fpm, tb->wire.at, tb->wire.bytes - 9, tb->bed->now));
	tb->wire.bytes = 0;
	connects(false);
	fpm_show(&tb->fpm, &shown, tb->bed->now);
	assert_true(shown.connected);
	assert_string_equal(shown.ended, "another connection came in its place");
	assert_int_equal(shown.stale, 1);
	assert_int_equal(shown.hold_in_ns, HOLD_S * NS_PER_SEC);
	wire_route_via(&tb->wire, NET, 24, B, 0);
	tells();
	assert_int_equal(via("20.0.0.7"), B);
	assert_int_equal(tb->fpm.stale, 0);
}

static void garbage_ends_the_connection(void **state)
{
	const char *why;

	(void)state;
	connects(true);
	wire_route_via(&tb->wire, NET, 24, A, OF_A);
	tells();
	why = fpm_input(&tb->fpm, (const u8 *)"GET / HTTP/1.0\r\n", 16, tb->bed->now);
	assert_string_equal(why, "it does not speak FPM version 1");
	assert_string_equal(last_said().text, why);
	assert_false(tb->fpm.connected);
	assert_int_equal(tb->fpm.stats.broken, 1);
	fpm_settle();
	assert_int_equal(via("20.0.0.7"), A);
	/* A message that is longer than its frame. */
	connects(true);
	wire_route_via(&tb->wire, NET2, 24, A, OF_A);
	tb->wire.at[tb->wire.message]++;
	why = fpm_input(&tb->fpm, tb->wire.at, tb->wire.bytes, tb->bed->now);
	assert_string_equal(why, "a message is longer than its frame");
	assert_int_equal(tb->fpm.stats.broken, 2);
	/* A malformed one inside of its length is left out, and the next one is not. */
	tb->wire.bytes = 0;
	connects(true);
	wire_route_via(&tb->wire, NET2 + 1, 24, A, OF_A);
	wire_route_via(&tb->wire, NET2, 24, B, OF_B);
	tells();
	assert_int_equal(refused(FPM_MALFORMED), 1);
	assert_int_equal(via("20.0.1.7"), B);
}

static void its_end_takes_all_along(void **state)
{
	struct fpm_conf conf = fpm_usual();
	struct fpm_start start;

	(void)state;
	connects(true);
	wire_route_via(&tb->wire, NET, 24, A, OF_A);
	tells();
	fpm_stop(&tb->fpm, tb->bed->now);
	bed_settle(tb->bed);
	assert_int_equal(route_to("20.0.0.7")->type, FIB_NONE);
	start = tb->fpm.start;
	assert_true(fpm_init(&tb->fpm, &conf, &start));
	connects(true);
	wire_route_via(&tb->wire, NET, 24, A, OF_A);
	tells();
	assert_int_equal(via("20.0.0.7"), A);
}

static void configurations_that_can_not_be(void **state)
{
	struct fpm_conf conf = fpm_usual();

	(void)state;
	assert_null(fpm_conf_wrong(&conf));
	conf.distance = 0;
	assert_non_null(fpm_conf_wrong(&conf));
	conf.distance = RIB_DISTANCE_UNREACHABLE;
	assert_non_null(fpm_conf_wrong(&conf));
	conf = fpm_usual();
	conf.object_limit = 0;
	assert_non_null(fpm_conf_wrong(&conf));
	conf = fpm_usual();
	conf.route_limit = FPM_ROUTES_MAX + 1;
	assert_non_null(fpm_conf_wrong(&conf));
	conf = fpm_usual();
	conf.hold_ns = FPM_HOLD_MAX_S * NS_PER_SEC + 1;
	assert_non_null(fpm_conf_wrong(&conf));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fpm_begin, fpm_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(routes_come_and_go),
		TEST(a_change_is_no_gap),
		TEST(bytes_may_be_cut_anywhere),
		TEST(kinds_of_routes),
		TEST(gateways_and_interfaces),
		TEST(another_hosts_numbers_are_not_ours),
		TEST(what_is_refused_replaces_what_stood),
		TEST(hops_that_can_not_be_are_left_out),
		TEST(there_is_a_limit),
		TEST(another_distance_is_given_to_all),
		TEST(groups_forward_by_their_parts),
		TEST(a_group_in_use_is_taken_back),
		TEST(a_route_may_come_before_its_next_hop),
		TEST(there_is_a_limit_of_numbers),
		TEST(groups_of_groups_are_nothing),
		TEST(a_sweep_takes_steps),
		TEST(routes_are_held),
		TEST(what_is_told_again_stays),
		TEST(who_comes_and_goes_keeps_nothing),
		TEST(stale_routes_may_be_taken_back),
		TEST(nothing_is_held_where_nobody_wants_it),
		TEST(a_newer_connection_counts),
		TEST(garbage_ends_the_connection),
		TEST(its_end_takes_all_along),
		TEST(configurations_that_can_not_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
