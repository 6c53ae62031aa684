/* Reassembly: every order, what the whole carries, and fragments that lie. */
#include "unit/core_ip/reass_bed.h"

/* ---- order ----------------------------------------------------------------------------------- */

/* All permutations of count pieces, by counting in the factorial base. */
static void run_permutations(struct reass_bed *r, const struct build *whole, u32 count, u32 piece)
{
	u32 total = 1;

	for (u32 n = 2; n <= count; n++)
		total *= n;
	for (u32 number = 0; number < total; number++) {
		u32 left[4] = { 0, 1, 2, 3 };
		u32 rest = number;

		for (u32 n = count; n > 0; n--) {
			u32 pick = rest % n;
			struct build fragment;

			rest /= n;
			assert_true(build_fragment(&fragment, whole, piece, left[pick]));
			memmove(&left[pick], &left[pick + 1], (n - pick - 1) * sizeof left[0]);
			if (n > 1)
				expect_stolen(r, &fragment);
			else
				expect_whole(r, &fragment, whole);
		}
	}
	assert_int_equal(r->reass.stats.whole_count, total);
	assert_int_equal(r->reass.queues.live, 0);
}

static void test_two_in_every_order(void **state)
{
	struct reass_bed r;
	struct build whole;

	(void)state;
	reass_open(&r, &small_conf, 16);
	make_whole(&whole, 24, 7);
	run_permutations(&r, &whole, 2, 16);
	reass_close(&r);
}

static void test_three_in_every_order(void **state)
{
	struct reass_bed r;
	struct build whole;

	(void)state;
	reass_open(&r, &small_conf, 16);
	make_whole(&whole, 30, 7);
	run_permutations(&r, &whole, 3, 16);
	reass_close(&r);
}

static void test_four_in_every_order(void **state)
{
	struct reass_bed r;
	struct build whole;

	(void)state;
	reass_open(&r, &small_conf, 16);
	make_whole(&whole, 3993, 7);
	run_permutations(&r, &whole, 4, 1008);
	reass_close(&r);
}

/* Pieces of packets of several hosts, all mixed. */
static void test_packets_do_not_mix(void **state)
{
	static const u32 order[12] = { 0, 4, 8, 5, 1, 9, 10, 2, 6, 3, 11, 7 };
	struct reass_bed r;
	struct build wholes[3], fragment;

	(void)state;
	reass_open(&r, &small_conf, 32);
	make_whole(&wholes[0], 500, 7);
	make_whole(&wholes[1], 500, 8);
	build_udp4(&wholes[2], addr("10.10.0.6"), 1, addr(OUTSIDE), 2, 500);
	build_ip(&wholes[2])->id = be16_of(7);
	build_seal_ip(&wholes[2]);
	for (u32 n = 0; n < 12; n++) {
		const struct build *whole = &wholes[order[n] / 4];

		assert_true(build_fragment(&fragment, whole, 128, order[n] % 4));
		if (n < 9)
			expect_stolen(&r, &fragment);
		else
			expect_whole(&r, &fragment, whole);
	}
	assert_int_equal(r.reass.stats.whole_count, 3);
	reass_close(&r);
}

/* Each part of the key counts: zone, protocol, destination. */
static void test_key(void **state)
{
	struct reass_bed r;
	struct build whole, first, second;
	struct pkt *pkt;

	(void)state;
	reass_open(&r, &small_conf, 16);
	make_whole(&whole, 24, 7);
	build_fragment(&first, &whole, 16, 0);
	build_fragment(&second, &whole, 16, 1);
	expect_stolen(&r, &first);
	pkt = bed_pkt(&r.bed, &second);
	assert_true(
		verdict_is_stolen(ip_reassemble(&r.reass, &r.bed.stats, &pkt, 1, r.now, &r.dead)));
	build_ip(&second)->proto = 200;
	build_seal_ip(&second);
	expect_stolen(&r, &second);
	build_ip(&second)->proto = IP_PROTO_UDP;
	build_ip(&second)->dst = addr("198.18.0.10");
	build_seal_ip(&second);
	expect_stolen(&r, &second);
	assert_int_equal(r.reass.queues.live, 4);
	reass_check(&r.reass);
	build_fragment(&second, &whole, 16, 1);
	expect_whole(&r, &second, &whole);
	reass_close(&r);
}

/* ---- what the whole carries ------------------------------------------------------------------ */

static void test_whole_is_of_the_first_fragment(void **state)
{
	static const u8 options[4] = { 148, 4, 0, 0 };
	struct reass_bed r;
	struct build whole, fragment;
	struct pkt *pkt;
	struct seen seen;

	(void)state;
	reass_open(&r, &small_conf, 16);
	build_start(&whole);
	build_ip4(&whole, addr(INSIDE), addr(OUTSIDE), IP_PROTO_UDP);
	build_ip_options(&whole, options, sizeof options);
	build_udp(&whole, 1, 2);
	build_payload(&whole, 100, 3);
	build_ip(&whole)->ttl = 9;
	build_ip(&whole)->tos = 0x20;
	build_seal(&whole);
	/* The last one comes first, with another TTL and without options. */
	build_start(&fragment);
	build_ip4(&fragment, addr(INSIDE), addr(OUTSIDE), IP_PROTO_UDP);
	build_bytes(&fragment, whole.bytes + 24 + 48, 60);
	build_ip(&fragment)->frag = be16_of(6);
	build_seal(&fragment);
	pkt = bed_pkt(&r.bed, &fragment);
	pkt->in_if = 5;
	assert_true(
		verdict_is_stolen(ip_reassemble(&r.reass, &r.bed.stats, &pkt, 0, r.now, &r.dead)));
	build_fragment_at(&fragment, &whole, 0, 48, true);
	pkt = bed_pkt(&r.bed, &fragment);
	pkt->in_if = 4;
	pkt->rx_ns = 321;
	pkt->flags |= PKT_LINK_BROADCAST | PKT_CSUM_VALID;
	assert_true(
		verdict_is_accept(ip_reassemble(&r.reass, &r.bed.stats, &pkt, 0, r.now, &r.dead)));
	seen = bed_see(pkt);
	assert_int_equal(seen.ttl, 9);
	assert_int_equal(seen.tos, 0x20);
	assert_int_equal(seen.hlen, 24);
	assert_memory_equal(pkt_l3(pkt), whole.bytes, whole.len);
	assert_int_equal(pkt->in_if, 4);
	assert_int_equal(pkt->rx_ns, 321);
	assert_int_equal(pkt->flags, PKT_RAW_IP | PKT_LINK_BROADCAST | PKT_REASSEMBLED);
	assert_int_equal(pkt->frag_max, 80);
	pkt_put(pkt);
	reass_close(&r);
}

/* RFC 1812 section 5.3.4: what came to all stations of the link is not passed on, and a packet did
 * so if any part of it did.                                                                      */
static void test_each_fragment_may_come_to_all_stations(void **state)
{
	static const u32 flags[] = { PKT_LINK_BROADCAST, PKT_LINK_MULTICAST };
	struct reass_bed r;
	struct build whole, fragment;
	struct pkt *pkt;

	(void)state;
	reass_open(&r, &small_conf, 16);
	make_whole(&whole, 40, 7);
	for (u32 n = 0; n < 6; n++) {
		for (u32 index = 0; index < 3; index++) {
			build_fragment(&fragment, &whole, 16, index);
			pkt = bed_pkt(&r.bed, &fragment);
			pkt->flags |= index == n % 3 ? flags[n / 3] : 0;
			assert_int_equal(verdict_is_accept(ip_reassemble(&r.reass, &r.bed.stats,
									 &pkt, 0, r.now, &r.dead)),
					 index == 2);
		}
		assert_int_equal(pkt->flags, PKT_RAW_IP | flags[n / 3] | PKT_REASSEMBLED);
		pkt_put(pkt);
	}
	reass_close(&r);
}

static struct pkt *whole_of(struct reass_bed *r, const struct build *first,
			    const struct build *second)
{
	struct pkt *pkt;

	expect_stolen(r, first);
	assert_true(verdict_is_accept(reass_give(r, second, &pkt)));
	return pkt;
}

static void set_frag_bits(struct build *b, u16 bits, u8 tos)
{
	build_ip(b)->frag = be16_of((u16)(be16_host(build_ip(b)->frag) | bits));
	build_ip(b)->tos = tos;
	build_seal_ip(b);
}

static void test_df_counts_on_the_largest(void **state)
{
	struct reass_bed r;
	struct build whole, first, second;
	struct pkt *pkt;

	(void)state;
	reass_open(&r, &small_conf, 16);
	make_whole(&whole, 24, 7);
	for (u32 df = 0; df < 4; df++) {
		build_fragment(&first, &whole, 16, 0);
		build_fragment(&second, &whole, 16, 1);
		set_frag_bits(&first, (df & 1) != 0 ? IP4_DF : 0, 0);
		set_frag_bits(&second, (df & 2) != 0 ? IP4_DF : 0, 0);
		second.len -= 1; /* the first is the largest */
		build_ip(&second)->len = be16_of((u16)second.len);
		build_seal_ip(&second);
		pkt = whole_of(&r, &first, &second);
		assert_int_equal(pkt->frag_max, 36);
		assert_int_equal((pkt->flags & PKT_FRAG_DF) != 0, (df & 1) != 0);
		assert_int_equal(be16_host(((struct ip4_hdr *)pkt_l3(pkt))->frag), 0);
		pkt_put(pkt);
	}
	reass_close(&r);
}

/* RFC 3168 section 5.3. */
static void test_congestion_marks(void **state)
{
	static const struct {
		u8 first;
		u8 second;
		u8 whole; /* 0xff: dropped */
	} cases[] = { { 0, 0, 0 },    { 1, 1, 1 },    { 2, 2, 2 },   { 3, 3, 3 },
		      { 2, 3, 3 },    { 3, 1, 3 },    { 1, 2, 1 },   { 0, 3, 0xff },
		      { 3, 0, 0xff }, { 0, 2, 0xff }, { 1, 0, 0xff } };
	struct reass_bed r;
	struct build whole, first, second;
	struct pkt *pkt;

	(void)state;
	reass_open(&r, &small_conf, 16);
	make_whole(&whole, 24, 7);
	for (u32 n = 0; n < ARRAY_COUNT(cases); n++) {
		build_fragment(&first, &whole, 16, 0);
		build_fragment(&second, &whole, 16, 1);
		set_frag_bits(&first, 0, cases[n].first);
		set_frag_bits(&second, 0, cases[n].second);
		if (cases[n].whole == 0xff) {
			expect_stolen(&r, &first);
			expect_dead(&r, &second, DROP_FRAG_MALFORMED, 1);
			continue;
		}
		pkt = whole_of(&r, &first, &second);
		assert_int_equal(bed_see(pkt).tos, cases[n].whole);
		pkt_put(pkt);
	}
	reass_close(&r);
}

/* ---- lies ------------------------------------------------------------------------------------ */

static void test_overlap_kills_all(void **state)
{
	static const struct {
		u32 offset;
		u32 len;
	} lies[] = { { 8, 24 }, { 16, 8 }, { 8, 8 }, { 0, 8 }, { 40, 16 }, { 0, 64 }, { 24, 32 } };
	struct reass_bed r;
	struct build whole, fragment;

	(void)state;
	reass_open(&r, &small_conf, 16);
	make_whole(&whole, 200, 7);
	for (u32 n = 0; n < ARRAY_COUNT(lies); n++) {
		/* There: 0 to 24 and 48 to 72. */
		build_fragment_at(&fragment, &whole, 0, 24, true);
		expect_stolen(&r, &fragment);
		build_fragment_at(&fragment, &whole, 48, 24, true);
		expect_stolen(&r, &fragment);
		build_fragment_at(&fragment, &whole, lies[n].offset, lies[n].len, true);
		expect_dead(&r, &fragment, DROP_FRAG_OVERLAP, 2);
		assert_int_equal(r.reass.queues.live, 0);
	}
	reass_close(&r);
}

/* Where one stands already, with other bytes: two packets under one identifier (RFC 4963). Of both
 * nothing is put together, for it would be neither.                                              */
static void test_other_bytes_in_the_same_place_kill_all(void **state)
{
	struct reass_bed r;
	struct build whole, fragment;

	(void)state;
	reass_open(&r, &small_conf, 16);
	make_whole(&whole, 56, 7);
	for (u32 index = 0; index < 3; index++) {
		build_fragment(&fragment, &whole, 16, index);
		expect_stolen(&r, &fragment);
	}
	build_fragment(&fragment, &whole, 16, 1);
	fragment.bytes[fragment.len - 1] ^= 1;
	expect_dead(&r, &fragment, DROP_FRAG_OVERLAP, 3);
	assert_int_equal(r.reass.queues.live, 0);
	assert_int_equal(r.reass.stats.duplicate_count, 0);
	reass_close(&r);
}

static void test_exact_duplicates_are_put_away(void **state)
{
	struct reass_bed r;
	struct build whole, fragment;

	(void)state;
	reass_open(&r, &small_conf, 16);
	make_whole(&whole, 56, 7);
	for (u32 index = 0; index < 3; index++) {
		for (u32 again = 0; again < 3; again++) {
			build_fragment(&fragment, &whole, 16, (index + 1) % 4);
			build_ip(&fragment)->ttl -= (u8)again; /* came another way */
			build_seal_ip(&fragment);
			expect_stolen(&r, &fragment);
		}
	}
	assert_int_equal(r.reass.stats.duplicate_count, 6);
	assert_int_equal(r.reass.frags.live, 3);
	build_fragment(&fragment, &whole, 16, 0);
	expect_whole(&r, &fragment, &whole);
	for (u32 reason = 0; reason < DROP_COUNT; reason++)
		assert_int_equal(r.bed.stats.count[reason], 0);
	reass_close(&r);
}

/* Two ends, or something behind the end. */
static void test_contradictions_about_the_end(void **state)
{
	struct reass_bed r;
	struct build whole, fragment;

	(void)state;
	reass_open(&r, &small_conf, 16);
	make_whole(&whole, 200, 7);
	build_fragment_at(&fragment, &whole, 64, 16, false);
	expect_stolen(&r, &fragment);
	build_fragment_at(&fragment, &whole, 80, 16, true);
	expect_dead(&r, &fragment, DROP_FRAG_MALFORMED, 1);
	build_fragment_at(&fragment, &whole, 64, 16, false);
	expect_stolen(&r, &fragment);
	build_fragment_at(&fragment, &whole, 80, 16, false);
	expect_dead(&r, &fragment, DROP_FRAG_MALFORMED, 1);
	build_fragment_at(&fragment, &whole, 64, 16, false);
	expect_stolen(&r, &fragment);
	build_fragment_at(&fragment, &whole, 32, 16, false);
	expect_dead(&r, &fragment, DROP_FRAG_MALFORMED, 1);
	build_fragment_at(&fragment, &whole, 64, 16, true);
	expect_stolen(&r, &fragment);
	build_fragment_at(&fragment, &whole, 32, 16, false);
	expect_dead(&r, &fragment, DROP_FRAG_MALFORMED, 1);
	/* The same bytes in the same place, and only one of the two has something behind it. */
	for (u32 n = 0; n < 2; n++) {
		build_fragment_at(&fragment, &whole, 64, 16, n == 0);
		expect_stolen(&r, &fragment);
		build_fragment_at(&fragment, &whole, 64, 16, n != 0);
		expect_dead(&r, &fragment, DROP_FRAG_MALFORMED, 1);
	}
	assert_int_equal(r.reass.stats.duplicate_count, 0);
	reass_close(&r);
}

/* The header of the first may be longer than those of the others: the sum is what counts. */
static void test_longer_than_any_packet(void **state)
{
	u8 nops[40];
	struct reass_bed r;
	struct build whole, fragment;
	u32 at = 0;

	(void)state;
	reass_open(&r, &wide_conf, 128);
	memset(nops, 1, sizeof nops);
	build_start(&whole);
	build_ip4(&whole, addr(INSIDE), addr(OUTSIDE), 99);
	build_payload(&whole, 65515, 1);
	for (; at + 1480 < 65515; at += 1480) {
		if (at == 0)
			continue;
		build_fragment_at(&fragment, &whole, at, 1480, true);
		expect_stolen(&r, &fragment);
	}
	build_fragment_at(&fragment, &whole, at, 65515 - at, false);
	expect_stolen(&r, &fragment);
	build_start(&fragment);
	build_ip4(&fragment, addr(INSIDE), addr(OUTSIDE), 99);
	build_ip_options(&fragment, nops, 4);
	build_payload(&fragment, 1480, 1);
	build_ip(&fragment)->frag = be16_of(IP4_MF);
	build_seal(&fragment);
	expect_dead(&r, &fragment, DROP_FRAG_MALFORMED, 44);
	/* With 20 bytes of header it is the longest packet that there is. */
	for (at = 0; at + 1480 < 65515; at += 1480) {
		build_fragment_at(&fragment, &whole, at, 1480, true);
		expect_stolen(&r, &fragment);
	}
	build_ip(&whole)->len = be16_of(65535);
	build_seal_ip(&whole);
	build_fragment_at(&fragment, &whole, at, 65515 - at, false);
	expect_whole(&r, &fragment, &whole);
	reass_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_in_every_order),
		cmocka_unit_test(test_three_in_every_order),
		cmocka_unit_test(test_four_in_every_order),
		cmocka_unit_test(test_packets_do_not_mix),
		cmocka_unit_test(test_key),
		cmocka_unit_test(test_whole_is_of_the_first_fragment),
		cmocka_unit_test(test_each_fragment_may_come_to_all_stations),
		cmocka_unit_test(test_df_counts_on_the_largest),
		cmocka_unit_test(test_congestion_marks),
		cmocka_unit_test(test_overlap_kills_all),
		cmocka_unit_test(test_other_bytes_in_the_same_place_kill_all),
		cmocka_unit_test(test_exact_duplicates_are_put_away),
		cmocka_unit_test(test_contradictions_about_the_end),
		cmocka_unit_test(test_longer_than_any_packet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
