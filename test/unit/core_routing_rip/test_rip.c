/* One speaker of RIP, clause by clause of RFC 2453. */
#include "unit/core_routing_rip/rip_bed.h"

#include <stdio.h>

/* ---- beginning, sockets ---------------------------------------------------------------------- */

/* Section 3.9.1: it asks for whole tables, on each interface, to the group and from port 520. */
static void test_it_asks_when_it_begins(void **state)
{
	struct rip_bed *bed = rip_bed_new();
	struct rip_entry entry;
	struct dgram out;

	(void)state;
	rip_bed_start(bed);
	for (u16 iface = 0; iface < 2; iface++) {
		assert_true(dgram_take(bed->host, &out));
		assert_int_equal(out.iface, iface);
		assert_true(be32_eq(out.to.addr, addr("224.0.0.9")));
		assert_int_equal(be16_host(out.to.port), 520);
		assert_int_equal(be16_host(out.from.port), 520);
		assert_int_equal(out.ttl, 1);
		assert_int_equal(out.bytes, RIP_HEADER_LEN + RIP_ENTRY_LEN);
		assert_int_equal(out.data[0], RIP_REQUEST);
		assert_int_equal(out.data[1], 2);
		rip_entry_read(out.data + RIP_HEADER_LEN, &entry);
		assert_int_equal(entry.family, 0);
		assert_int_equal(entry.metric, 16);
	}
	assert_false(dgram_take(bed->host, &out));
	assert_int_equal(dgram_open_count(bed->host), 2);
	rip_bed_free(bed);
}

static void test_no_socket_is_tried_again(void **state)
{
	struct rip_bed *bed = bed_ready();
	struct speaker_event event;

	(void)state;
	bed->host->refuse = SOCK_IN_USE;
	bed->ifaces.iface[0].up = false;
	rip_ifaces(&bed->rip, bed->now);
	bed->ifaces.iface[0].up = true;
	rip_ifaces(&bed->rip, bed->now);
	rip_check(&bed->rip);
	assert_int_equal(dgram_open_count(bed->host), 1);
	assert_true(speaker_log_take(&bed->log, &event));
	assert_int_equal(event.kind, SPEAKER_WARNING);
	bed->host->refuse = SOCK_OK;
	bed_wait(bed, 9 * NS_PER_SEC);
	assert_int_equal(dgram_open_count(bed->host), 1);
	bed_wait(bed, 2 * NS_PER_SEC);
	assert_int_equal(dgram_open_count(bed->host), 2);
	rip_bed_free(bed);
}

/* ---- what is told ---------------------------------------------------------------------------- */

static void test_connected_networks_are_told(void **state)
{
	struct rip_bed *bed = rip_bed_new();

	(void)state;
	bed->conf.iface[1].cost = 4;
	rip_bed_start(bed);
	rip_bed_turn(bed);
	/* Of the other interface with its cost; its own link knows it. */
	assert_int_equal(bed_told(bed, 0, "198.51.100.0", NULL), 4);
	bed_wait(bed, 36 * NS_PER_SEC);
	assert_int_equal(bed_told(bed, 1, "198.51.100.0", NULL), 0);
	rip_bed_free(bed);
}

/* Section 3.8: every 30 seconds, up to five more or less. */
static void test_updates_are_regular_and_not_in_step(void **state)
{
	struct rip_bed *bed = bed_ready();
	ns_t last = 0, least = NS_NEVER, most = 0;
	struct dgram out;

	(void)state;
	bed_wait(bed, 40 * NS_PER_SEC);
	bed_forget_sent(bed);
	for (u32 n = 0; n < 200; n++) {
		bed->now = rip_next(&bed->rip);
		rip_bed_turn(bed);
		if (!bed_sent(bed, 0, &out))
			continue;
		if (last != 0) {
			least = u64_min(least, bed->now - last);
			most = bed->now - last > most ? bed->now - last : most;
		}
		last = bed->now;
		bed_forget_sent(bed);
	}
	assert_in_range(least, 25 * NS_PER_SEC, 27 * NS_PER_SEC);
	assert_in_range(most, 33 * NS_PER_SEC, 35 * NS_PER_SEC);
	rip_bed_free(bed);
}

/* Section 3.4.3: poisoned reverse, and the others are told. */
static void test_split_horizon(void **state)
{
	struct rip_bed *bed = bed_ready();

	(void)state;
	bed_wait(bed, 6 * NS_PER_SEC);
	bed_hear_one(bed, "192.0.2.9", 0, "10.1.2.0", 3);
	assert_int_equal(bed_told(bed, 1, "10.1.2.0", NULL), 4);
	bed_wait(bed, 36 * NS_PER_SEC);
	assert_int_equal(bed_told(bed, 0, "10.1.2.0", NULL), 16);
	rip_bed_free(bed);
}

/* Section 3.10.1: the first at once, the next not before 1 to 5 seconds, all of them in one. */
static void test_triggered_updates(void **state)
{
	struct rip_bed *bed = bed_ready();
	struct rip_iface_info info;
	ns_t begun;
	u32 cursor = 1;
	struct dgram out;

	(void)state;
	bed_wait(bed, 6 * NS_PER_SEC);
	bed_forget_sent(bed);
	begun = bed->now;
	bed_hear_one(bed, "192.0.2.9", 0, "10.1.1.0", 1);
	assert_true(bed_sent(bed, 1, &out));
	/* Only what changed. */
	assert_int_equal(out.bytes, RIP_HEADER_LEN + RIP_ENTRY_LEN);
	bed_hear_one(bed, "192.0.2.9", 0, "10.1.2.0", 1);
	bed_hear_one(bed, "192.0.2.9", 0, "10.1.3.0", 1);
	assert_false(bed_sent(bed, 1, &out));
	while (!bed_sent(bed, 1, &out)) {
		bed->now = rip_next(&bed->rip);
		rip_bed_turn(bed);
	}
	assert_in_range(bed->now - begun, NS_PER_SEC, 5 * NS_PER_SEC);
	assert_int_equal(out.bytes, RIP_HEADER_LEN + 2 * RIP_ENTRY_LEN);
	assert_int_equal(rip_show_ifaces(&bed->rip, &cursor, &info, 1, bed->now), 1);
	assert_int_equal(info.iface, 1);
	assert_int_equal(info.stats.triggered, 3);
	rip_bed_free(bed);
}

/* Section 3.6: 25 entries, 24 with a password and 23 with a digest. */
static void test_messages_have_a_limit(void **state)
{
	(void)state;
	for (u32 kind = RIP_AUTH_NONE; kind <= RIP_AUTH_DIGEST; kind++) {
		struct rip_bed *bed = rip_bed_new();
		struct dgram out;

		bed->conf.iface[1].auth.kind = (enum rip_auth_kind)kind;
		bed->conf.iface[1].auth.key_count = 1;
		bed->conf.iface[1].auth.key[0].len_bytes = 3;
		bed->conf.iface[1].auth.key[0].alg = DIGEST_MD5;
		rip_bed_start(bed);
		rip_bed_turn(bed);
		bed_wait(bed, 6 * NS_PER_SEC);
		for (u32 n = 0; n < 2; n++) {
			struct told told[20];
			char text[20][16];

			for (u32 k = 0; k < 20; k++) {
				snprintf(text[k], sizeof text[k], "10.%u.%u.0", n, k);
				told[k] = (struct told){ text[k], "255.255.255.0", 1, NULL, 0 };
			}
			bed_hear(bed, "192.0.2.9", 0, told, 20);
		}
		bed_wait(bed, 40 * NS_PER_SEC);
		bed_forget_sent(bed);
		while (!bed_sent(bed, 1, &out)) {
			bed->now = rip_next(&bed->rip);
			rip_bed_turn(bed);
		}
		/* With what authentication takes, MD5's trailer too, always the same. */
		assert_int_equal(out.bytes, RIP_HEADER_LEN + 25 * RIP_ENTRY_LEN);
		rip_bed_free(bed);
	}
}

/* ---- what is heard --------------------------------------------------------------------------- */

static void test_a_route_is_used(void **state)
{
	struct rip_bed *bed = bed_ready();
	struct rip_route_info info;
	struct fib_path path = { 0 };
	u32 count;

	(void)state;
	bed_hear_one(bed, "192.0.2.9", 0, "10.1.2.0", 3);
	info = bed_route(bed, "10.1.2.0");
	assert_int_equal(info.kind, RIP_ROUTE_LEARNED);
	assert_int_equal(info.metric, 4);
	assert_int_equal(info.left_ns, 180 * NS_PER_SEC);
	assert_true(be32_eq(info.hop[0].from, addr("192.0.2.9")));
	assert_true(bed_way(bed, "10.1.2.77", &path, &count));
	assert_int_equal(count, 1);
	assert_true(be32_eq(path.gateway, addr("192.0.2.9")));
	assert_int_equal(path.out_if, 0);
	rip_bed_free(bed);
}

/* Section 3.9.2: who is not on the link or not at port 520 is not believed. */
static void test_sources(void **state)
{
	struct told told = { "10.1.2.0", "255.255.255.0", 1, NULL, 0 };
	struct rip_bed *bed = bed_ready();
	struct dgram in = said_by("198.51.100.9", 0, RIP_RESPONSE);

	(void)state;
	add_entry(&in, &told);
	assert_int_equal(dgram_put(bed->host, &in), 1);
	rip_bed_turn(bed);
	assert_int_equal(bed->rip.iface[0].stats.bad_source, 1);
	in = said_by("192.0.2.9", 0, RIP_RESPONSE);
	add_entry(&in, &told);
	in.from.port = be16_of(521);
	dgram_put(bed->host, &in);
	rip_bed_turn(bed);
	assert_int_equal(bed->rip.iface[0].stats.bad_source, 2);
	/* Our own, come back. */
	in.from = (struct sock_addr){ addr("192.0.2.1"), be16_of(520) };
	dgram_put(bed->host, &in);
	in.from.addr = addr("192.0.2.255");
	dgram_put(bed->host, &in);
	rip_bed_turn(bed);
	assert_int_equal(bed->rip.iface[0].stats.bad_source, 3);
	assert_int_equal(bed_route(bed, "10.1.2.0").metric, 0);
	assert_int_equal(bed->rip.neighs.live, 0);
	rip_bed_free(bed);
}

static void test_versions_and_commands(void **state)
{
	struct rip_bed *bed = bed_ready();

	(void)state;
	for (u8 version = 0; version < 2; version++) {
		struct dgram in = said_by("192.0.2.9", 0, RIP_RESPONSE);

		add_entry(&in, &(struct told){ "10.0.0.0", "0.0.0.0", 1, NULL, 0 });
		in.data[1] = version;
		dgram_put(bed->host, &in);
		rip_bed_turn(bed);
	}
	assert_int_equal(bed->rip.iface[0].stats.bad[RIP_MSG_VERSION0], 1);
	assert_int_equal(bed->rip.iface[0].stats.bad[RIP_MSG_VERSION1], 1);
	assert_int_equal(bed_route(bed, "10.0.0.0").metric, 0);
	rip_bed_free(bed);
}

/* One entry that makes no sense spoils no other. */
static void test_bad_entries_are_passed_over(void **state)
{
	static const struct told told[] = {
		{ "10.1.1.0", "255.255.255.0", 0, NULL, 0 },
		{ "10.1.2.0", "255.255.255.0", 17, NULL, 0 },
		{ "127.0.0.0", "255.0.0.0", 1, NULL, 0 },
		{ "10.1.3.7", "255.255.255.0", 1, NULL, 0 },
		{ "10.1.4.0", "255.255.255.0", 15, NULL, 0 },
		{ "10.1.5.0", "255.255.255.0", 14, NULL, 9 },
	};
	struct rip_bed *bed = bed_ready();
	struct rip_neigh_info info;
	u32 cursor = 0;

	(void)state;
	bed_hear(bed, "192.0.2.9", 0, told, ARRAY_COUNT(told));
	assert_int_equal(bed->rip.iface[0].stats.bad_routes, 4);
	/* 15 and the cost of the link: too far. */
	assert_int_equal(bed_route(bed, "10.1.4.0").metric, 0);
	assert_int_equal(bed_route(bed, "10.1.5.0").metric, 15);
	assert_int_equal(bed_route(bed, "10.1.5.0").tag, 9);
	assert_int_equal(rip_show_neighbours(&bed->rip, &cursor, &info, 1, bed->now), 1);
	assert_int_equal(info.bad_routes, 4);
	assert_int_equal(info.routes, 6);
	assert_int_equal(info.packets, 1);
	rip_bed_free(bed);
}

/* Section 3.9.2: better ones at once, worse ones from the same router only. */
static void test_which_route_is_taken(void **state)
{
	struct rip_bed *bed = rip_bed_new();

	(void)state;
	bed->conf.hop_limit = 1;
	rip_bed_start(bed);
	rip_bed_turn(bed);
	bed_hear_one(bed, "192.0.2.9", 0, "10.1.2.0", 5);
	bed_hear_one(bed, "192.0.2.8", 0, "10.1.2.0", 7);
	assert_int_equal(bed_route(bed, "10.1.2.0").metric, 6);
	bed_hear_one(bed, "198.51.100.8", 1, "10.1.2.0", 2);
	assert_int_equal(bed_route(bed, "10.1.2.0").metric, 3);
	assert_int_equal(bed_route(bed, "10.1.2.0").hop[0].iface, 1);
	bed_hear_one(bed, "198.51.100.8", 1, "10.1.2.0", 9);
	assert_int_equal(bed_route(bed, "10.1.2.0").metric, 10);
	/* As good as: not before half of the time is over. */
	bed_hear_one(bed, "192.0.2.9", 0, "10.1.2.0", 9);
	assert_int_equal(bed_route(bed, "10.1.2.0").hop[0].iface, 1);
	bed_wait(bed, 91 * NS_PER_SEC);
	bed_hear_one(bed, "192.0.2.9", 0, "10.1.2.0", 9);
	assert_int_equal(bed_route(bed, "10.1.2.0").hop[0].iface, 0);
	rip_bed_free(bed);
}

static void test_equal_ways_are_used_together(void **state)
{
	struct rip_bed *bed = bed_ready();
	struct fib_path path = { 0 };
	u32 count;

	(void)state;
	bed_hear_one(bed, "192.0.2.9", 0, "10.1.2.0", 2);
	bed_hear_one(bed, "198.51.100.8", 1, "10.1.2.0", 2);
	assert_true(bed_way(bed, "10.1.2.77", &path, &count));
	assert_int_equal(count, 2);
	/* Both links are told that it is not here. */
	bed_forget_sent(bed);
	bed_wait(bed, 36 * NS_PER_SEC);
	assert_int_equal(bed_told(bed, 0, "10.1.2.0", NULL), 16);
	bed_wait(bed, 36 * NS_PER_SEC);
	assert_int_equal(bed_told(bed, 1, "10.1.2.0", NULL), 16);
	/* One of them loses it, the other goes on. */
	bed_hear_one(bed, "192.0.2.9", 0, "10.1.2.0", 16);
	assert_true(bed_way(bed, "10.1.2.77", &path, &count));
	assert_int_equal(count, 1);
	assert_int_equal(path.out_if, 1);
	assert_int_equal(bed_route(bed, "10.1.2.0").metric, 3);
	rip_bed_free(bed);
}

/* Section 4.4. */
static void test_next_hop(void **state)
{
	static const struct told told[] = {
		{ "10.1.1.0", "255.255.255.0", 1, "192.0.2.77", 0 },
		{ "10.1.2.0", "255.255.255.0", 1, "203.0.113.1", 0 },
		{ "10.1.3.0", "255.255.255.0", 1, "192.0.2.1", 0 },
		{ "10.1.4.0", "255.255.255.0", 1, "192.0.2.255", 0 },
	};
	struct rip_bed *bed = bed_ready();
	struct fib_path path = { 0 };
	u32 count;

	(void)state;
	bed_hear(bed, "192.0.2.9", 0, told, ARRAY_COUNT(told));
	assert_true(bed_way(bed, "10.1.1.1", &path, &count));
	assert_true(be32_eq(path.gateway, addr("192.0.2.77")));
	assert_true(bed_way(bed, "10.1.2.1", &path, &count));
	assert_true(be32_eq(path.gateway, addr("192.0.2.9")));
	/* Us: that would be a circle. */
	assert_false(bed_way(bed, "10.1.3.1", &path, &count));
	assert_true(bed_way(bed, "10.1.4.1", &path, &count));
	assert_true(be32_eq(path.gateway, addr("192.0.2.9")));
	rip_bed_free(bed);
}

/* ---- time ------------------------------------------------------------------------------------ */

/* Section 3.8: 180 seconds to be heard again, then 120 in which it is told to be unreachable. */
static void test_timeout_and_garbage(void **state)
{
	struct rip_bed *bed = bed_ready();
	struct fib_path path = { 0 };
	u32 count;

	(void)state;
	bed_hear_one(bed, "192.0.2.9", 0, "10.1.2.0", 2);
	bed_wait(bed, 100 * NS_PER_SEC);
	bed_hear_one(bed, "192.0.2.9", 0, "10.1.2.0", 2);
	bed_wait(bed, 180 * NS_PER_SEC - 1);
	assert_true(bed_way(bed, "10.1.2.1", &path, &count));
	bed_forget_sent(bed);
	bed_wait(bed, 1);
	assert_false(bed_way(bed, "10.1.2.1", &path, &count));
	assert_int_equal(bed_told(bed, 1, "10.1.2.0", NULL), 16);
	assert_int_equal(bed_route(bed, "10.1.2.0").kind, RIP_ROUTE_GARBAGE);
	bed_wait(bed, 60 * NS_PER_SEC);
	assert_int_equal(bed_told(bed, 1, "10.1.2.0", NULL), 16);
	/* Another 16 does not begin the time anew. */
	bed_hear_one(bed, "192.0.2.9", 0, "10.1.2.0", 16);
	bed_wait(bed, 60 * NS_PER_SEC - 1);
	assert_int_equal(bed_route(bed, "10.1.2.0").metric, 16);
	bed_wait(bed, 1);
	assert_int_equal(bed_route(bed, "10.1.2.0").metric, 0);
	bed_forget_sent(bed);
	bed_wait(bed, 40 * NS_PER_SEC);
	assert_int_equal(bed_told(bed, 1, "10.1.2.0", NULL), 0);
	rip_bed_free(bed);
}

static void test_garbage_comes_to_life(void **state)
{
	struct rip_bed *bed = bed_ready();
	struct fib_path path = { 0 };
	u32 count;

	(void)state;
	bed_hear_one(bed, "192.0.2.9", 0, "10.1.2.0", 2);
	bed_hear_one(bed, "192.0.2.9", 0, "10.1.2.0", 16);
	assert_false(bed_way(bed, "10.1.2.1", &path, &count));
	bed_wait(bed, 100 * NS_PER_SEC);
	bed_hear_one(bed, "192.0.2.8", 0, "10.1.2.0", 11);
	assert_true(bed_way(bed, "10.1.2.1", &path, &count));
	bed_wait(bed, 100 * NS_PER_SEC);
	assert_int_equal(bed_route(bed, "10.1.2.0").metric, 12);
	rip_bed_free(bed);
}

static void test_an_interface_that_goes_takes_its_routes(void **state)
{
	struct rip_bed *bed = bed_ready();
	struct fib_path path = { 0 };
	u32 count;

	(void)state;
	bed_hear_one(bed, "192.0.2.9", 0, "10.1.2.0", 2);
	bed_wait(bed, 11 * NS_PER_SEC);
	bed_forget_sent(bed);
	bed->ifaces.iface[0].up = false;
	rip_ifaces(&bed->rip, bed->now);
	rip_bed_turn(bed);
	assert_false(bed_way(bed, "10.1.2.1", &path, &count));
	assert_int_equal(bed->rip.neighs.live, 0);
	assert_int_equal(dgram_open_count(bed->host), 1);
	assert_int_equal(bed_told(bed, 1, "10.1.2.0", NULL), 16);
	bed->ifaces.iface[0].up = true;
	rip_ifaces(&bed->rip, bed->now);
	rip_bed_turn(bed);
	assert_int_equal(dgram_open_count(bed->host), 2);
	assert_int_equal(bed_told(bed, 1, "192.0.2.0", NULL), 0);
	bed_wait(bed, 5 * NS_PER_SEC);
	assert_int_equal(bed_told(bed, 1, "192.0.2.0", NULL), 1);
	rip_bed_free(bed);
}

/* RFC 4822 section 3.3 forgets a sequence number with its neighbour. */
static void test_silent_neighbours_go(void **state)
{
	struct rip_bed *bed = bed_ready();
	struct speaker_event event;

	(void)state;
	bed_hear_one(bed, "192.0.2.9", 0, "10.1.2.0", 2);
	assert_true(speaker_log_take(&bed->log, &event));
	assert_int_equal(event.kind, SPEAKER_UP);
	bed_wait(bed, 180 * NS_PER_SEC - 1);
	assert_int_equal(bed->rip.neighs.live, 1);
	bed_wait(bed, 1);
	assert_int_equal(bed->rip.neighs.live, 0);
	assert_true(speaker_log_take(&bed->log, &event));
	assert_int_equal(event.kind, SPEAKER_DOWN);
	rip_bed_free(bed);
}

/* ---- others' routes, policies ---------------------------------------------------------------- */

static void add_rule(struct rip_bed *bed, u32 set, u32 metric, u32 tag, enum policy_action action)
{
	struct policy_conf *conf = &bed->policy;

	conf->policy_count = 1;
	conf->policy[0].count++;
	conf->rule[conf->rule_count++] = (struct policy_rule){
		.list = POLICY_NONE,
		.set = set,
		.metric = metric,
		.new_tag = tag,
		.action = action,
	};
}

static void offer_tagged(struct rip_bed *bed, const char *text, const char *gateway, u16 iface,
			 u32 tag)
{
	struct rib_hop hop = { .gateway = ip_addr4(addr(gateway)), .iface = iface, .weight = 1 };
	struct rib_path path = {
		.client = bed->other, .type = FIB_UNICAST, .distance = 1, .extra = tag
	};
	struct ip_prefix prefix;

	assert_true(ip_prefix_parse(text, &prefix));
	path.hops = rib_hops_get(&bed->rib, &hop, 1);
	assert_int_equal(rib_offer(&bed->rib, &prefix, &path), ERR_OK);
	rip_bed_turn(bed);
}

static void offer_static(struct rip_bed *bed, const char *text, const char *gateway, u16 iface)
{
	offer_tagged(bed, text, gateway, iface, 0);
}

/* Routes that have a tag are let out by it, and keep what of it RIP has room for. */
static void test_tags_are_exported(void **state)
{
	struct rip_bed *bed = rip_bed_new();

	(void)state;
	bed->conf.export = 0;
	add_rule(bed, 0, 0, 0, POLICY_ACCEPT);
	bed->policy.rule[0].has_tag = true;
	bed->policy.rule[0].tag = 0x10007;
	rip_bed_start(bed);
	rip_bed_turn(bed);
	offer_tagged(bed, "10.7.0.0/16", "192.0.2.50", 0, 0x10007);
	offer_tagged(bed, "10.8.0.0/16", "192.0.2.50", 0, 7);
	offer_static(bed, "10.9.0.0/16", "192.0.2.50", 0);
	assert_int_equal(bed_route(bed, "10.7.0.0").kind, RIP_ROUTE_EXPORTED);
	assert_int_equal(bed_route(bed, "10.7.0.0").tag, 7);
	assert_int_equal(bed_route(bed, "10.8.0.0").metric, 0);
	assert_int_equal(bed_route(bed, "10.9.0.0").metric, 0);
	/* What is heard has its tag for others, too. */
	bed_hear(bed, "192.0.2.9", 0,
		 &(struct told){ "10.1.2.0", "255.255.255.0", 2, NULL, 99 }, 1);
	{
		struct ip_prefix prefix;
		struct rib_path path;
		u32 tag;

		assert_true(ip_prefix_parse("10.1.2.0/24", &prefix));
		assert_true(rib_best(&bed->rib, &prefix, &path));
		assert_true(rib_path_tag(ROUTE_RIP, &path, &tag));
		assert_int_equal(tag, 99);
	}
	rip_bed_free(bed);
}

static void test_routes_of_others(void **state)
{
	struct rip_bed *bed = rip_bed_new();
	struct ip_prefix prefix;
	struct rip_entry entry = { 0 };

	(void)state;
	bed->conf.export = 0;
	add_rule(bed, POLICY_SET_METRIC | POLICY_SET_TAG, 5, 77, POLICY_ACCEPT);
	rip_bed_start(bed);
	rip_bed_turn(bed);
	bed_wait(bed, 6 * NS_PER_SEC);
	offer_static(bed, "10.7.0.0/16", "192.0.2.50", 0);
	assert_int_equal(bed_route(bed, "10.7.0.0").kind, RIP_ROUTE_EXPORTED);
	/* Section 4.4: on the link of the gateway they may go there directly. */
	bed_wait(bed, 36 * NS_PER_SEC);
	assert_int_equal(bed_told(bed, 0, "10.7.0.0", &entry), 5);
	assert_true(be32_eq(entry.next_hop, addr("192.0.2.50")));
	assert_int_equal(entry.tag, 77);
	bed_wait(bed, 36 * NS_PER_SEC);
	assert_int_equal(bed_told(bed, 1, "10.7.0.0", &entry), 5);
	assert_int_equal(entry.next_hop.raw, 0);
	assert_true(ip_prefix_parse("10.7.0.0/16", &prefix));
	assert_int_equal(rib_withdraw(&bed->rib, &prefix, bed->other, 0), ERR_OK);
	rip_bed_turn(bed);
	bed_wait(bed, 6 * NS_PER_SEC);
	assert_int_equal(bed_told(bed, 1, "10.7.0.0", NULL), 16);
	bed_wait(bed, 121 * NS_PER_SEC);
	assert_int_equal(bed_route(bed, "10.7.0.0").metric, 0);
	rip_bed_free(bed);
}

/* Without a policy nothing of others is told, and what RIP hears and the RIB does not use is not
 * told either: packets would not go there.                                                       */
static void test_what_does_not_forward_is_not_told(void **state)
{
	struct rip_bed *bed = bed_ready();
	struct ip_prefix prefix;

	(void)state;
	offer_static(bed, "10.1.2.0/24", "198.51.100.50", 1);
	bed_hear_one(bed, "192.0.2.9", 0, "10.1.2.0", 2);
	bed_wait(bed, 40 * NS_PER_SEC);
	assert_int_equal(bed_told(bed, 1, "10.1.2.0", NULL), 0);
	assert_true(ip_prefix_parse("10.1.2.0/24", &prefix));
	assert_int_equal(rib_withdraw(&bed->rib, &prefix, bed->other, 0), ERR_OK);
	rip_bed_turn(bed);
	assert_int_equal(bed_told(bed, 1, "10.1.2.0", NULL), 3);
	offer_static(bed, "10.1.2.0/24", "198.51.100.50", 1);
	bed_wait(bed, 5 * NS_PER_SEC);
	assert_int_equal(bed_told(bed, 1, "10.1.2.0", NULL), 16);
	rip_bed_free(bed);
}

static void test_import_policy(void **state)
{
	struct rip_bed *bed = rip_bed_new();

	(void)state;
	bed->conf.import = 0;
	add_rule(bed, POLICY_SET_METRIC, 9, 0, POLICY_ACCEPT);
	bed->policy.rule[0].has_tag = true;
	bed->policy.rule[0].tag = 5;
	rip_bed_start(bed);
	rip_bed_turn(bed);
	bed_hear(bed, "192.0.2.9", 0, &(struct told){ "10.1.1.0", "255.255.255.0", 2, NULL, 5 }, 1);
	assert_int_equal(bed_route(bed, "10.1.1.0").metric, 9);
	bed_hear(bed, "192.0.2.9", 0, &(struct told){ "10.1.2.0", "255.255.255.0", 2, NULL, 6 }, 1);
	assert_int_equal(bed_route(bed, "10.1.2.0").metric, 0);
	assert_int_equal(bed->rip.stats.routes_rejected, 1);
	rip_bed_free(bed);
}

/* ---- limits ---------------------------------------------------------------------------------- */

static void test_full_is_an_answer(void **state)
{
	struct rip_bed *bed = rip_bed_new();

	(void)state;
	bed->conf.net_limit = 4;
	bed->conf.neighbour_limit = 1;
	rip_bed_start(bed);
	rip_bed_turn(bed);
	bed_hear_one(bed, "192.0.2.9", 0, "10.1.1.0", 1);
	bed_hear_one(bed, "192.0.2.9", 0, "10.1.2.0", 1);
	bed_hear_one(bed, "192.0.2.9", 0, "10.1.3.0", 1);
	assert_int_equal(bed->rip.stats.nets_full, 1);
	bed_hear_one(bed, "192.0.2.8", 0, "10.1.1.0", 1);
	assert_int_equal(bed->rip.iface[0].stats.neighbours_full, 1);
	rip_bed_free(bed);
}

/* What finds the way out full is sent a little later, and completely. */
static void test_the_way_out_is_full(void **state)
{
	struct rip_bed *bed = bed_ready();

	(void)state;
	bed_wait(bed, 6 * NS_PER_SEC);
	bed_forget_sent(bed);
	bed->host->room = 0;
	bed_hear_one(bed, "192.0.2.9", 0, "10.1.1.0", 1);
	assert_int_equal(bed_told(bed, 1, "10.1.1.0", NULL), 0);
	assert_true(rip_next(&bed->rip) > bed->now);
	bed->host->room = DGRAM_OUT;
	bed_wait(bed, NS_PER_SEC / 10);
	assert_int_equal(bed_told(bed, 1, "10.1.1.0", NULL), 2);
	/* What can not be sent at all does not keep anybody busy. */
	bed->host->fail = SOCK_NET_UNREACHABLE;
	bed_hear_one(bed, "192.0.2.9", 0, "10.1.2.0", 1);
	bed_wait(bed, 6 * NS_PER_SEC);
	assert_true(bed->rip.iface[1].stats.send_failed < 5);
	rip_bed_free(bed);
}

/* ---- another configuration, the end ---------------------------------------------------------- */

static void test_configure(void **state)
{
	struct rip_bed *bed = bed_ready();
	struct rip_conf conf = bed->conf;
	struct dgram out;

	(void)state;
	bed_hear_one(bed, "192.0.2.9", 0, "10.1.2.0", 2);
	bed_wait(bed, 6 * NS_PER_SEC);
	bed_forget_sent(bed);
	/* Nothing is another one: nobody notices. */
	rip_configure(&bed->rip, &conf, bed->now);
	rip_bed_turn(bed);
	assert_false(dgram_take(bed->host, &out));
	assert_int_equal(bed_route(bed, "10.1.2.0").metric, 3);
	/* An interface leaves. */
	conf.iface_count = 1;
	conf.iface[0] = conf.iface[1];
	rip_configure(&bed->rip, &conf, bed->now);
	assert_int_equal(bed_told(bed, 0, "198.51.100.0", NULL), 16);
	rip_bed_turn(bed);
	bed_wait(bed, 5 * NS_PER_SEC);
	assert_int_equal(dgram_open_count(bed->host), 1);
	assert_int_equal(bed_route(bed, "10.1.2.0").metric, 16);
	rip_bed_free(bed);
}

/* Drained: everything is told as unreachable, at once and as long as it is; what is heard is used.
 * Undone: all is as it was, at once.                                                             */
static void test_drained(void **state)
{
	struct rip_bed *bed = rip_bed_new();
	struct rip_conf conf;
	struct fib_path path;
	struct dgram asked;
	u32 count;

	(void)state;
	bed->conf.export = 0;
	add_rule(bed, POLICY_SET_METRIC, 5, 0, POLICY_ACCEPT);
	conf = bed->conf;
	rip_bed_start(bed);
	rip_bed_turn(bed);
	offer_static(bed, "10.7.0.0/16", "192.0.2.50", 0);
	bed_hear_one(bed, "192.0.2.9", 0, "10.1.2.0", 2);
	bed_wait(bed, 40 * NS_PER_SEC);
	bed_hear_one(bed, "192.0.2.9", 0, "10.1.2.0", 2);
	for (u32 turn = 0; turn < 3; turn++) {
		bool drained = turn == 1;
		const char *net[] = { "192.0.2.0", "10.7.0.0", "10.1.2.0" };
		const u32 metric[] = { 1, 5, 3 };

		bed_forget_sent(bed);
		conf.drained = drained;
		if (turn > 0)
			rip_configure(&bed->rip, &conf, bed->now);
		bed_wait(bed, (turn == 0 ? 40 : 5) * NS_PER_SEC);
		/* Longer than garbage is kept, too. */
		for (u32 n = 0; n < ARRAY_COUNT(net); n++) {
			struct rip_entry entry = { 0 };
			u32 told = bed_told(bed, 1, net[n], &entry);

			assert_int_equal(told, drained ? 16 : metric[n]);
			bed_forget_sent(bed);
			asked = said_by("198.51.100.9", 1, RIP_REQUEST);
			asked.from.port = be16_of(1520);
			add_entry(&asked, &(struct told){ "10.7.0.0", "255.255.0.0", 1, NULL, 0 });
			assert_int_equal(dgram_put(bed->host, &asked), 1);
			rip_bed_turn(bed);
			assert_int_equal(bed_told(bed, 1, "10.7.0.0", NULL), drained ? 16 : 5);
			for (u32 again = 0; again < 4; again++) {
				bed_wait(bed, 40 * NS_PER_SEC);
				bed_hear_one(bed, "192.0.2.9", 0, "10.1.2.0", 2);
			}
		}
		assert_true(bed_way(bed, "10.1.2.1", &path, &count));
		assert_int_equal(bed_route(bed, "10.7.0.0").kind, RIP_ROUTE_EXPORTED);
	}
	rip_bed_free(bed);
}

static void test_stop(void **state)
{
	struct rip_bed *bed = bed_ready();
	struct fib_path path = { 0 };
	struct dgram out;
	u32 count;

	(void)state;
	bed_hear_one(bed, "192.0.2.9", 0, "10.1.2.0", 2);
	bed_forget_sent(bed);
	rip_stop(&bed->rip, bed->now);
	rip_check(&bed->rip);
	assert_true(bed_sent(bed, 1, &out));
	assert_int_equal(out.bytes, RIP_HEADER_LEN + 2 * RIP_ENTRY_LEN);
	for (u32 at = RIP_HEADER_LEN; at < out.bytes; at += RIP_ENTRY_LEN) {
		struct rip_entry entry;

		rip_entry_read(out.data + at, &entry);
		assert_int_equal(entry.metric, 16);
	}
	assert_int_equal(dgram_open_count(bed->host), 0);
	while (rib_tick(&bed->rib, bed->now))
		;
	assert_false(bed_way(bed, "10.1.2.1", &path, &count));
	assert_true(rip_next(&bed->rip) == NS_NEVER);
	rip_bed_free(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_asks_when_it_begins),
		cmocka_unit_test(test_no_socket_is_tried_again),
		cmocka_unit_test(test_connected_networks_are_told),
		cmocka_unit_test(test_updates_are_regular_and_not_in_step),
		cmocka_unit_test(test_split_horizon),
		cmocka_unit_test(test_triggered_updates),
		cmocka_unit_test(test_messages_have_a_limit),
		cmocka_unit_test(test_a_route_is_used),
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_versions_and_commands),
		cmocka_unit_test(test_bad_entries_are_passed_over),
		cmocka_unit_test(test_which_route_is_taken),
		cmocka_unit_test(test_equal_ways_are_used_together),
		cmocka_unit_test(test_next_hop),
		cmocka_unit_test(test_timeout_and_garbage),
		cmocka_unit_test(test_garbage_comes_to_life),
		cmocka_unit_test(test_an_interface_that_goes_takes_its_routes),
		cmocka_unit_test(test_silent_neighbours_go),
		cmocka_unit_test(test_tags_are_exported),
		cmocka_unit_test(test_routes_of_others),
		cmocka_unit_test(test_what_does_not_forward_is_not_told),
		cmocka_unit_test(test_import_policy),
		cmocka_unit_test(test_full_is_an_answer),
		cmocka_unit_test(test_the_way_out_is_full),
		cmocka_unit_test(test_configure),
		cmocka_unit_test(test_drained),
		cmocka_unit_test(test_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
