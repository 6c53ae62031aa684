/* Options: what is malformed and where, what is refused, what is filled in on the way. */
#include "unit/core_ip/bed.h"

#include "core/ip/ip_opt.h"

#define INSIDE  "10.10.0.5"
#define OUTSIDE "198.18.0.9"
#define OURS    "192.0.2.1"

enum { MS = 0x01020304 };

static struct pkt *pkt_with(struct bed *bed, const u8 *options, u32 len)
{
	struct build b;

	build_start(&b);
	build_ip4(&b, addr(INSIDE), addr(OUTSIDE), IP_PROTO_UDP);
	build_ip_options(&b, options, len);
	build_udp(&b, 1, 2);
	build_payload(&b, 8, 0);
	build_seal(&b);
	return bed_pkt(bed, &b);
}

struct option_case {
	u32 len;
	u8 bytes[40];
	u32 pointer; /* from the beginning of the header */
};

static void test_malformed_options_point_at_the_octet(void **state)
{
	static const struct option_case cases[] = {
		{ 4, { 1, 1, 1, 7 }, 23 },             /* no length */
		{ 4, { 1, 99, 1, 0 }, 21 },            /* length 1 */
		{ 4, { 1, 99, 0, 0 }, 21 },            /* length 0 */
		{ 4, { 1, 99, 4, 0 }, 21 },            /* beyond the header */
		{ 4, { 7, 2, 0, 0 }, 21 },             /* record route without pointer */
		{ 8, { 7, 7, 3, 0, 0, 0, 0, 0 }, 22 }, /* pointer into the header */
		{ 8, { 7, 7, 0, 0, 0, 0, 0, 0 }, 22 },
		{ 8, { 7, 7, 5, 0, 0, 0, 0, 0 }, 22 }, /* no whole address left */
		{ 8, { 7, 3, 4, 7, 3, 4, 0, 0 }, 23 }, /* twice */
		{ 4, { 68, 3, 5, 0 }, 21 },            /* timestamp without flags */
		{ 8, { 68, 8, 4, 0, 0, 0, 0, 0 }, 22 },
		{ 8, { 68, 8, 6, 0, 0, 0, 0, 0 }, 22 },  /* no whole time left */
		{ 12, { 68, 8, 5, 1, 0, 0, 0, 0 }, 22 }, /* address and time do not fit */
		{ 12, { 68, 8, 5, 3, 0, 0, 0, 0 }, 22 },
		{ 8, { 68, 8, 5, 2, 0, 0, 0, 0 }, 23 },    /* no such flag */
		{ 8, { 68, 8, 9, 0xf0, 0, 0, 0, 0 }, 23 }, /* full, and overflow too */
		{ 8, { 68, 4, 5, 0, 68, 4, 5, 0 }, 24 },   /* twice */
		{ 4, { 148, 3, 0, 0 }, 21 },               /* router alert too short */
	};
	struct bed bed;

	(void)state;
	bed_open(&bed, 8, 0);
	for (u32 n = 0; n < ARRAY_COUNT(cases); n++) {
		struct pkt *pkt = pkt_with(&bed, cases[n].bytes, cases[n].len);
		verdict v = ip_check_options(&bed.stats, pkt);

		assert_int_equal(pkt->drop_arg, cases[n].pointer);
		bed_expect_dead(&bed, v, pkt, DROP_IP_OPTIONS);
	}
	bed_close(&bed);
}

static void test_good_options_pass(void **state)
{
	static const struct option_case cases[] = {
		{ 4, { 0, 99, 0, 0 }, 0 }, /* nothing counts behind END */
		{ 4, { 1, 1, 1, 1 }, 0 },
		{ 4, { 99, 4, 1, 2 }, 0 }, /* nobody knows it */
		{ 4, { 130, 3, 5, 0 }, 0 },
		{ 8, { 7, 7, 4, 0, 0, 0, 0, 0 }, 0 },
		{ 8, { 7, 7, 8, 1, 2, 3, 4, 0 }, 0 }, /* full */
		{ 8, { 68, 8, 5, 0, 0, 0, 0, 0 }, 0 },
		{ 8, { 68, 8, 9, 0xe0, 0, 0, 0, 0 }, 0 }, /* full, one overflow left */
		{ 12, { 68, 12, 5, 1, 0 }, 0 },
		{ 12, { 68, 12, 5, 3, 192, 0, 2, 1 }, 0 },
		{ 12, { 68, 12, 13, 0xf3, 192, 0, 2, 1 }, 0 },
		{ 4, { 148, 4, 0, 0 }, 0 },
	};
	struct bed bed;

	(void)state;
	bed_open(&bed, 8, 0);
	for (u32 n = 0; n < ARRAY_COUNT(cases); n++) {
		struct pkt *pkt = pkt_with(&bed, cases[n].bytes, cases[n].len);

		bed_expect_accept(ip_check_options(&bed.stats, pkt), pkt);
	}
	bed_close(&bed);
}

static void test_no_options_nothing_to_check(void **state)
{
	struct bed bed;
	struct build b;
	struct pkt *pkt;

	(void)state;
	bed_open(&bed, 8, 0);
	build_udp4(&b, addr(INSIDE), 1, addr(OUTSIDE), 2, 8);
	pkt = bed_pkt(&bed, &b);
	bed_expect_accept(ip_check_options(&bed.stats, pkt), pkt);
	bed_close(&bed);
}

static void test_source_routes_are_refused(void **state)
{
	static const u8 loose[8] = { 1, 131, 7, 4, 1, 2, 3, 4 };
	static const u8 strict[8] = { 137, 7, 4, 1, 2, 3, 4, 0 };
	struct bed bed;
	struct pkt *pkt;

	(void)state;
	bed_open(&bed, 8, 0);
	pkt = pkt_with(&bed, loose, sizeof loose);
	bed_expect_dead(&bed, ip_check_options(&bed.stats, pkt), pkt, DROP_IP_SOURCE_ROUTE);
	pkt = pkt_with(&bed, strict, sizeof strict);
	bed_expect_dead(&bed, ip_check_options(&bed.stats, pkt), pkt, DROP_IP_SOURCE_ROUTE);
	bed_close(&bed);
}

/* Whatever stands there, the walk ends inside the header. The sanitizers watch. */
static void test_random_options_end(void **state)
{
	struct bed bed;
	struct rng rng = bed_rng(7);
	u32 accepted = 0;

	(void)state;
	bed_open(&bed, 8, 0);
	for (u32 round = 0; round < 20000; round++) {
		static const u8 types[8] = { 0, 1, 7, 68, 148, 99, 7, 68 };
		u32 len = 4 * (1 + rng_below(&rng, 10));
		u8 options[40];
		struct pkt *pkt;

		for (u32 n = 0; n < len; n++)
			options[n] = rng_below(&rng, 3) ? types[rng_below(&rng, 8)]
							: (u8)rng_below(&rng, 12);
		pkt = pkt_with(&bed, options, len);
		if (verdict_is_accept(ip_check_options(&bed.stats, pkt))) {
			ip_fill_options(pkt, addr(OURS), MS);
			(void)bed_see(pkt);
			accepted++;
		} else {
			assert_in_range(pkt->drop_arg, 20, 20 + len - 1);
		}
		pkt_put(pkt);
	}
	assert_int_not_equal(accepted, 0);
	bed_close(&bed);
}

static void expect_filled(struct bed *bed, const u8 *before, const u8 *after, u32 len)
{
	struct pkt *pkt = pkt_with(bed, before, len);

	assert_true(verdict_is_accept(ip_check_options(&bed->stats, pkt)));
	ip_fill_options(pkt, addr(OURS), MS);
	assert_memory_equal(pkt_l3(pkt) + 20, after, len);
	(void)bed_see(pkt);
	pkt_put(pkt);
}

static void test_record_route_is_filled_in(void **state)
{
	static const u8 empty[12] = { 7, 11, 4 };
	static const u8 once[12] = { 7, 11, 8, 192, 0, 2, 1 };
	static const u8 twice[12] = { 7, 11, 12, 192, 0, 2, 1, 192, 0, 2, 1 };
	struct bed bed;

	(void)state;
	bed_open(&bed, 8, 0);
	expect_filled(&bed, empty, once, sizeof empty);
	expect_filled(&bed, once, twice, sizeof once);
	expect_filled(&bed, twice, twice, sizeof twice);
	bed_close(&bed);
}

static void test_timestamps_are_filled_in(void **state)
{
	static const u8 bare[2][8] = { { 68, 8, 5, 0 }, { 68, 8, 9, 0, 1, 2, 3, 4 } };
	static const u8 full[8] = { 68, 8, 9, 0x10, 1, 2, 3, 4 };
	static const u8 both[2][12] = { { 68, 12, 5, 1 },
					{ 68, 12, 13, 1, 192, 0, 2, 1, 1, 2, 3, 4 } };
	static const u8 named[2][12] = { { 68, 12, 5, 3, 192, 0, 2, 1 },
					 { 68, 12, 13, 3, 192, 0, 2, 1, 1, 2, 3, 4 } };
	static const u8 other[12] = { 68, 12, 5, 3, 192, 0, 2, 9 };
	static const u8 named_full[12] = { 68, 12, 13, 3, 192, 0, 2, 1 };
	struct bed bed;

	(void)state;
	bed_open(&bed, 8, 0);
	expect_filled(&bed, bare[0], bare[1], 8);
	expect_filled(&bed, bare[1], full, 8);
	expect_filled(&bed, both[0], both[1], 12);
	expect_filled(&bed, named[0], named[1], 12);
	expect_filled(&bed, other, other, 12);
	expect_filled(&bed, named_full, named_full, 12);
	bed_close(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_malformed_options_point_at_the_octet),
		cmocka_unit_test(test_good_options_pass),
		cmocka_unit_test(test_no_options_nothing_to_check),
		cmocka_unit_test(test_source_routes_are_refused),
		cmocka_unit_test(test_random_options_end),
		cmocka_unit_test(test_record_route_is_filled_in),
		cmocka_unit_test(test_timestamps_are_filled_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
