/* Ports: exact, reused per destination, random, in their class; and two kinds on one address. */
#include "unit/core_nat/nat_bed.h"

enum { TCP = IP_PROTO_TCP, UDP = IP_PROTO_UDP, ICMP = IP_PROTO_ICMP };

static struct nat_bed *bed_of_pool(u32 flow_count, u16 first, u16 last)
{
	struct nat_bed *bed = nat_bed_new(flow_count);

	conf_pool(&bed->conf, "198.18.1.1", "198.18.1.1");
	bed->conf.pool[0].port_first = first;
	bed->conf.pool[0].port_last = last;
	conf_kind(&bed->conf, NAT_MAP_DESTINATION, NAT_FILTER_ADDRESS_PORT);
	return bed;
}

/* `count` new flows to dst with ports in first..last, each port once; seen: 65,536 marks. */
static void take_all(struct nat_bed *bed, struct end dst, u32 count, u8 *seen)
{
	memset(seen, 0, 65536);
	for (u32 n = 0; n < count; n++) {
		struct end got = nat_bed_public(bed, inside_end(n), dst, TCP);

		assert_in_range(got.port, bed->nat.address[0].port_first,
				bed->nat.address[0].port_last);
		assert_int_equal(seen[got.port], 0);
		seen[got.port] = 1;
	}
}

static void test_a_range_of_n_gives_exactly_n(void **state)
{
	static const u16 ranges[][2] = { { 1024, 1024 }, { 2000, 2002 },   { 4096, 4159 },
					 { 4160, 4223 }, { 5001, 5777 },   { 1, 70 },
					 { 65500, 65535 }, { 30000, 33000 } };
	static u8 seen[65536];

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(ranges); n++) {
		struct nat_bed *bed = bed_of_pool(8192, ranges[n][0], ranges[n][1]);
		u32 count = (u32)ranges[n][1] - ranges[n][0] + 1;

		nat_bed_start(bed);
		take_all(bed, SERVER, count, seen);
		nat_bed_check(bed);
		nat_bed_dies(bed, inside_end(count), SERVER, TCP, DROP_NAT_NO_PORT);
		assert_int_equal(bed->nat.stats.no_port, 1);
		assert_true(bed->nat.refusal.fresh);
		/* The same ports again for another destination. */
		take_all(bed, SERVER2, count, seen);
		nat_bed_dies(bed, inside_end(count), SERVER2, TCP, DROP_NAT_NO_PORT);
		nat_bed_close(bed);
	}
}

/* As one would count them one by one. */
static void test_a_range_has_as_many_as_are_counted(void **state)
{
	static const struct nat_ports ranges[] = {
		{ 1024, 65535, 0, 0 },        { 1, 65535, 32768, 60999 },
		{ 1024, 65535, 1, 1023 },     { 1024, 65535, 1000, 1024 },
		{ 2000, 2003, 2001, 2001 },   { 2000, 2003, 2003, 4000 },
		{ 2000, 2003, 1, 65535 },     { 5000, 5000, 5001, 5001 },
		{ 5000, 5000, 5000, 5000 },   { 40000, 65535, 65000, 65535 },
	};

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(ranges); n++) {
		const struct nat_ports *ports = &ranges[n];
		u32 count = 0;

		for (u32 port = ports->first; port <= ports->last; port++)
			count += ports->spare_first == 0 || port < ports->spare_first ||
				 port > ports->spare_last;
		assert_int_equal(nat_ports_count(ports), count);
	}
}

/* What is drawn ahead for a flow to SERVER. */
static struct nat_draw *draw_ahead(struct nat_bed *bed, struct end src)
{
	struct tuple t = { src.addr, SERVER.addr, be16_of(src.port), be16_of(SERVER.port) };

	nat_expect(&bed->nat, &bed->ct, &t, TCP, 0);
	return nat_draw_of(&bed->nat, &t);
}

/* A port that was drawn ahead is given if it is free, and not if somebody was quicker. */
static void test_a_drawn_port_is_given_if_it_is_free(void **state)
{
	struct nat_bed *bed = bed_of_pool(512, 2000, 9999);

	(void)state;
	nat_bed_start(bed);
	for (u32 n = 0; n < 100; n += 2) {
		u16 drawn = draw_ahead(bed, inside_end(n))->port;

		draw_ahead(bed, inside_end(n + 1))->port = drawn;
		assert_int_equal(nat_bed_public(bed, inside_end(n), SERVER, TCP).port, drawn);
		assert_int_not_equal(nat_bed_public(bed, inside_end(n + 1), SERVER, TCP).port,
				     drawn);
		nat_bed_check(bed);
	}
	nat_bed_close(bed);
}

/* One flow ends: its port, and no other, is given to the next. */
static void test_released_port_is_the_next_one(void **state)
{
	struct nat_bed *bed = bed_of_pool(512, 2000, 2099);
	static u8 seen[65536];

	(void)state;
	nat_bed_start(bed);
	take_all(bed, SERVER, 100, seen);
	for (u32 n = 0; n < 100; n += 7) {
		struct end before = nat_bed_public(bed, inside_end(n), SERVER, TCP);
		struct end after;

		nat_bed_dies(bed, inside_end(500 + n), SERVER, TCP, DROP_NAT_NO_PORT);
		nat_bed_end(bed, inside_end(n), SERVER, TCP);
		after = nat_bed_public(bed, inside_end(500 + n), SERVER, TCP);
		assert_int_equal(after.port, before.port);
		nat_bed_check(bed);
	}
	nat_bed_close(bed);
}

/* All 64,512 ports of an address to one destination; the map becomes exact. */
static void test_every_port_of_an_address(void **state)
{
	enum { PORTS = 65536 - 1024 };
	struct nat_bed *bed = bed_of_pool(PORTS + 8, 0, 0);
	const struct nat_dest *dest;
	static u8 seen[65536];

	(void)state;
	nat_bed_start(bed);
	take_all(bed, SERVER, PORTS, seen);
	nat_bed_dies(bed, inside_end(PORTS), SERVER, TCP, DROP_NAT_NO_PORT);
	assert_int_equal(bed->nat.dest.live, 1);
	dest = slab_at(&bed->nat.dest, 0);
	assert_int_equal(dest->filled, 65536);
	assert_int_equal(dest->used_count, PORTS);
	assert_int_equal(nat_dest_left(&bed->nat, dest), 0);
	nat_bed_end(bed, inside_end(7), SERVER, TCP);
	assert_int_equal(nat_dest_left(&bed->nat, dest), 1);
	nat_bed_check(bed);
	nat_bed_close(bed);
}

/* A closed connection gives its port to a new one when nothing else is left, the one that is closed
 * longest; an open one never does.                                                               */
static void test_closed_tcp_is_reused_when_full(void **state)
{
	struct nat_bed *bed = bed_of_pool(64, 2000, 2007);
	static u8 seen[65536];
	struct end closed[2], got;
	struct tuple_key key = { .proto = TCP };

	(void)state;
	nat_bed_start(bed);
	take_all(bed, SERVER, 8, seen);
	for (u32 n = 0; n < 2; n++) {
		u32 ref;

		closed[n] = nat_bed_public(bed, inside_end(2 + n), SERVER, TCP);
		key.tuple = (struct tuple){ inside_end(2 + n).addr, SERVER.addr,
					    be16_of(inside_end(2 + n).port),
					    be16_of(SERVER.port) };
		ref = ct_peek(&bed->ct, &key);
		bed->ct.flow[ref >> 1].state = n == 0 ? FLOW_TCP_TIME_WAIT : FLOW_TCP_CLOSE;
		bed->ct.flow[ref >> 1].seen_ms -= 2000 - n * 1000;
		ct_relink(&bed->ct, ref >> 1, ct_ms(bed->now));
	}
	for (u32 n = 0; n < 2; n++) {
		got = nat_bed_public(bed, inside_end(100 + n), SERVER, TCP);
		assert_int_equal(got.port, closed[n].port);
		nat_bed_check(bed);
	}
	assert_int_equal(bed->nat.stats.reused_closed, 2);
	nat_bed_dies(bed, inside_end(102), SERVER, TCP, DROP_NAT_NO_PORT);
	nat_bed_close(bed);
}

/* RFC 4787 REQ-3 (a): 0 to 1023 stays below 1024, above stays above. */
static void test_low_ports_stay_low(void **state)
{
	struct nat_bed *bed = nat_bed_open(2048);

	(void)state;
	for (u32 n = 0; n < 512; n++) {
		struct end src = { inside_end(n).addr, (u16)(n * 1023 / 511) };

		assert_in_range(nat_bed_public(bed, src, SERVER, n % 2 ? TCP : UDP).port, 512,
				1023);
		src.port = (u16)(1024 + n);
		assert_in_range(nat_bed_public(bed, src, SERVER, n % 2 ? TCP : UDP).port, 1024,
				65535);
	}
	nat_bed_check(bed);
	nat_bed_close(bed);
}

/* Ports that the host's own sockets use are nobody else's. */
static void test_spare_range_is_never_used(void **state)
{
	static const u16 spares[][2] = { { 2010, 2019 }, { 2000, 2063 }, { 2047, 2048 },
					 { 2099, 2099 }, { 1, 2001 },    { 2090, 65535 } };

	(void)state;
	for (u32 kind = 0; kind < 2; kind++) {
		for (u32 n = 0; n < ARRAY_COUNT(spares); n++) {
			struct nat_bed *bed = nat_bed_new(256);
			u32 passed = 0, want = 0;
			enum drop drop;

			bed->conf.masquerade_port_first = 2000;
			bed->conf.masquerade_port_last = 2099;
			bed->conf.masquerade_spare_first = spares[n][0];
			bed->conf.masquerade_spare_last = spares[n][1];
			conf_kind(&bed->conf, (enum nat_mapping)kind, NAT_FILTER_ADDRESS);
			nat_bed_start(bed);
			for (u32 port = 2000; port < 2100; port++)
				want += port < spares[n][0] || port > spares[n][1];
			for (u32 at = 0; at < 110; at++) {
				u32 ref = nat_bed_packet(bed, inside_end(at), SERVER, UDP, &drop);
				u16 port;

				if (ref == IDX_NONE)
					continue;
				port = be16_host(bed->ct.flow[ref >> 1].repl.dport);
				assert_true(port < spares[n][0] || port > spares[n][1]);
				passed++;
			}
			assert_int_equal(passed, want);
			nat_bed_check(bed);
			nat_bed_close(bed);
		}
	}
}

/* RFC 6056: ports can not be guessed from those before. Here: they spread over the words, do not
 * follow each other, and another seed gives others.                                              */
static void test_ports_are_random(void **state)
{
	static const enum nat_mapping kinds[2] = { NAT_MAP_DESTINATION,
						   NAT_MAP_ENDPOINT_INDEPENDENT };

	(void)state;
	for (u32 kind = 0; kind < 2; kind++) {
		struct nat_bed *bed = nat_bed_new(2048);
		u8 words[1024] = { 0 };
		u32 used = 0, near = 0, rising = 0, bit_set[6] = { 0 };
		u16 last = 0;

		conf_kind(&bed->conf, kinds[kind], NAT_FILTER_ADDRESS);
		nat_bed_start(bed);
		for (u32 n = 0; n < 1000; n++) {
			u16 port = nat_bed_public(bed, inside_end(n), SERVER, UDP).port;

			words[port / 64] = 1;
			near += port - last < 64 && last - port < 64;
			rising += port > last;
			for (u32 bit = 1; bit < 6; bit++)
				bit_set[bit] += port >> bit & 1;
			last = port;
		}
		for (u32 word = 0; word < 1024; word++)
			used += words[word];
		/* 1,000 balls into 1,008 words hit about 634 of them. */
		assert_in_range(used, 560, 720);
		assert_in_range(near, 0, 15);
		assert_in_range(rising, 430, 570);
		for (u32 bit = 1; bit < 6; bit++)
			assert_in_range(bit_set[bit], 430, 570);
		nat_bed_close(bed);
	}
}

enum { DRAWS = 5000, BINS = 60, SPARE_FIRST = 32768, SPARE_LAST = 60999 };

/* The ports that DRAWS hosts get from an engine with this seed. */
static void draw_ports(enum nat_mapping mapping, bool spare, u8 seed, u16 *port)
{
	struct nat_bed *bed = nat_bed_new(DRAWS);

	bed->seed = seed;
	bed->conf.mapping_count = DRAWS;
	bed->conf.masquerade_spare_first = spare ? SPARE_FIRST : 0;
	bed->conf.masquerade_spare_last = spare ? SPARE_LAST : 0;
	conf_kind(&bed->conf, mapping, NAT_FILTER_ADDRESS);
	nat_bed_start(bed);
	for (u32 n = 0; n < DRAWS; n++)
		port[n] = nat_bed_public(bed, inside_end(n), SERVER, UDP).port;
	nat_bed_close(bed);
}

/* RFC 6056 section 3.2: all of 1024 to 65535 alike, those of the host left out. Pearson's sum over
 * 59 degrees of freedom is between 28 and 103 except twice in a thousand times.                  */
static void expect_even(const u16 *port, bool spare)
{
	u32 width = spare ? SPARE_LAST - SPARE_FIRST + 1 : 0;
	u32 bin[BINS] = { 0 };
	u64 sum = 0;

	for (u32 n = 0; n < DRAWS; n++) {
		u32 rank = port[n] - 1024u;

		assert_in_range(port[n], 1024, 65535);
		assert_true(!spare || port[n] < SPARE_FIRST || port[n] > SPARE_LAST);
		if (port[n] > SPARE_LAST)
			rank -= width;
		bin[rank * BINS / (65536 - 1024 - width)]++;
	}
	for (u32 at = 0; at < BINS; at++)
		sum += (u64)bin[at] * bin[at];
	assert_in_range(sum * BINS / DRAWS - DRAWS, 28, 103);
}

/* RFC 6056 sections 3.1 and 4: who has seen one engine's ports, even all of them, knows nothing of
 * another's: neither the port of a turn, nor which one follows another.                          */
static void expect_strange(const u16 *one, const u16 *other)
{
	static u32 turn[65536];
	u32 same = 0, follows = 0;

	memset(turn, 0, sizeof turn);
	for (u32 n = 0; n < DRAWS; n++) {
		same += one[n] == other[n];
		turn[one[n]] = n + 1;
	}
	for (u32 n = 1; n < DRAWS; n++)
		follows += turn[other[n - 1]] != 0 && turn[other[n]] == turn[other[n - 1]] + 1;
	assert_in_range(same, 0, 3);
	assert_in_range(follows, 0, 3);
}

static void test_ports_are_hard_to_guess(void **state)
{
	static const enum nat_mapping kinds[2] = { NAT_MAP_DESTINATION,
						   NAT_MAP_ENDPOINT_INDEPENDENT };
	static u16 port[2][DRAWS];

	(void)state;
	for (u32 n = 0; n < 4; n++) {
		for (u8 seed = 0; seed < 2; seed++) {
			draw_ports(kinds[n % 2], n / 2, seed, port[seed]);
			expect_even(port[seed], n / 2);
		}
		expect_strange(port[0], port[1]);
	}
}

/* A flow to a destination that few talk to needs no map, whatever part of the range is spare. */
static void test_spare_ports_are_no_collisions(void **state)
{
	struct nat_bed *bed = nat_bed_new(1024);

	(void)state;
	bed->conf.masquerade_spare_first = 2048;
	bed->conf.masquerade_spare_last = 65535;
	conf_kind(&bed->conf, NAT_MAP_DESTINATION, NAT_FILTER_ADDRESS_PORT);
	nat_bed_start(bed);
	for (u16 n = 0; n < 1000; n++)
		(void)nat_bed_public(bed, inside_end(n), end_of("203.0.113.9", (u16)(1 + n)), TCP);
	assert_int_equal(bed->nat.dest.live, 0);
	assert_int_equal(bed->nat.stats.probes, 1000);
	nat_bed_close(bed);
}

/* ICMP identifiers are like ports, from 1 to 65535, with no classes. */
static void test_icmp_identifiers(void **state)
{
	struct nat_bed *bed = nat_bed_open(2048);
	u32 low = 0;

	(void)state;
	for (u32 n = 0; n < 1000; n++) {
		struct end src = { inside_end(n).addr, 0 };
		struct end got =
			nat_bed_public(bed, src, (struct end){ SERVER.addr, 0x0800 }, ICMP);

		assert_int_not_equal(got.port, 0);
		low += got.port < 1024;
	}
	assert_true(low > 0);
	nat_bed_check(bed);
	nat_bed_close(bed);
}

/* ---- both kinds on one address --------------------------------------------------------------- */

/* Rule 0: 10.1.0.0/16 keeps its ports against all destinations. Rule 1: the others per destination.
 * The ports of the one kind are never those of the other, and all ports of the range serve.      */
static struct nat_bed *bed_mixed(u16 first, u16 last)
{
	struct nat_bed *bed = bed_of_pool(4096, first, last);

	bed->conf.rule_count = 2;
	bed->conf.rule[1] = bed->conf.rule[0];
	bed->conf.rule[0].source = addr("10.1.0.0");
	bed->conf.rule[0].source_len = 16;
	for (u32 kind = 0; kind < NAT_PROTO_COUNT; kind++)
		bed->conf.rule[0].mapping[kind] = NAT_MAP_ENDPOINT_INDEPENDENT;
	nat_bed_start(bed);
	return bed;
}

static struct end mapped_end(u32 n)
{
	return (struct end){ be32_of(0x0a010000 + n), 3000 };
}

static void test_mixed_kinds_never_collide(void **state)
{
	struct nat_bed *bed = bed_mixed(2048, 2048 + 255);
	static u8 owner[65536];
	u32 mapped = 0, per_dest = 0;
	struct rng rng = rng_of(3);

	(void)state;
	memset(owner, 0, sizeof owner);
	for (u32 n = 0; n < 600; n++) {
		bool maps = rng_below(&rng, 2) == 0;
		enum drop drop;
		u32 ref = nat_bed_packet(bed, maps ? mapped_end(n) : inside_end(n),
					 n % 3 ? SERVER : SERVER2, UDP, &drop);
		u16 port;

		if (ref == IDX_NONE) {
			assert_string_equal(drop_name(drop), drop_name(DROP_NAT_NO_PORT));
			continue;
		}
		port = be16_host(bed->ct.flow[ref >> 1].repl.dport);
		if (maps) {
			assert_int_equal(owner[port], 0);
			owner[port] = 1;
			mapped++;
		} else {
			assert_int_not_equal(owner[port], 1);
			owner[port] = 2;
			per_dest++;
		}
		if (n % 50 == 0)
			nat_bed_check(bed);
	}
	/* Four words of 64: neither kind is starved of its own two. */
	assert_true(mapped >= 128);
	assert_true(per_dest >= 128);
	nat_bed_close(bed);
}

/* Exact also where mappings stand in the range: every port that they leave, and those that they
 * give back, serves a destination that is full.                                                  */
static void test_ports_of_gone_mappings_serve_again(void **state)
{
	struct nat_bed *bed = bed_mixed(2048, 2048 + 127);
	u32 passed = 0;
	enum drop drop;

	(void)state;
	for (u32 n = 0; n < 20; n++)
		(void)nat_bed_pass(bed, mapped_end(n), SERVER, UDP);
	for (u32 n = 0; n < 200; n++)
		passed += nat_bed_packet(bed, inside_end(n), SERVER, UDP, &drop) != IDX_NONE;
	assert_int_equal(passed, 128 - 20);
	for (u32 n = 0; n < 20; n++)
		nat_bed_end(bed, mapped_end(n), SERVER, UDP);
	nat_bed_dies(bed, inside_end(300), SERVER, UDP, DROP_NAT_NO_PORT);
	bed->now += (bed->conf.quarantine_s + 1) * NS_PER_SEC;
	nat_tick(&bed->nat, bed->now);
	assert_int_equal(bed->nat.mapping.live, 0);
	for (u32 n = 0; n < 20; n++)
		(void)nat_bed_pass(bed, inside_end(400 + n), SERVER, UDP);
	nat_bed_dies(bed, inside_end(500), SERVER, UDP, DROP_NAT_NO_PORT);
	nat_bed_check(bed);
	nat_bed_close(bed);
}

/* More busy destinations than port maps: flows go on, and idle maps are given away. */
static void test_more_destinations_than_maps(void **state)
{
	struct nat_bed *bed = bed_of_pool(8192, 2000, 2199);

	(void)state;
	bed->conf.dest_count = 2;
	nat_bed_start(bed);
	for (u32 dst = 0; dst < 12; dst++) {
		struct end server = { be32_of(0xcb007100 + dst), 80 };

		for (u32 n = 0; n < 150; n++)
			(void)nat_bed_pass(bed, inside_end(n), server, TCP);
		nat_bed_check(bed);
	}
	assert_true(bed->nat.stats.dest_full > 0);
	assert_int_equal(bed->nat.dest.live, 2);
	for (u32 n = 0; n < 150; n++) {
		nat_bed_end(bed, inside_end(n), (struct end){ be32_of(0xcb007100), 80 }, TCP);
		nat_bed_end(bed, inside_end(n), (struct end){ be32_of(0xcb007101), 80 }, TCP);
	}
	for (u32 n = 0; n < 200; n++)
		(void)nat_bed_pass(bed, inside_end(n), SERVER, TCP);
	nat_bed_dies(bed, inside_end(200), SERVER, TCP, DROP_NAT_NO_PORT);
	nat_bed_check(bed);
	nat_bed_close(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_range_of_n_gives_exactly_n),
		cmocka_unit_test(test_a_range_has_as_many_as_are_counted),
		cmocka_unit_test(test_a_drawn_port_is_given_if_it_is_free),
		cmocka_unit_test(test_released_port_is_the_next_one),
		cmocka_unit_test(test_every_port_of_an_address),
		cmocka_unit_test(test_closed_tcp_is_reused_when_full),
		cmocka_unit_test(test_low_ports_stay_low),
		cmocka_unit_test(test_spare_range_is_never_used),
		cmocka_unit_test(test_ports_are_random),
		cmocka_unit_test(test_ports_are_hard_to_guess),
		cmocka_unit_test(test_spare_ports_are_no_collisions),
		cmocka_unit_test(test_icmp_identifiers),
		cmocka_unit_test(test_mixed_kinds_never_collide),
		cmocka_unit_test(test_ports_of_gone_mappings_serve_again),
		cmocka_unit_test(test_more_destinations_than_maps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
