/* Cutting: sizes, offsets, options, and that nothing of the payload is lost or added. */
#include "unit/core_ip/bed.h"

#include "core/ip/frag.h"
#include "core/wire/checksum.h"

#define INSIDE  "10.10.0.5"
#define OUTSIDE "198.18.0.9"

/* Put the pieces beside each other and compare with the payload of the whole. */
static void expect_pieces(const struct pkt *whole, const struct batch *out, u32 limit)
{
	u32 hlen = ip4_hlen((const struct ip4_hdr *)pkt_l3(whole));
	u32 begin = 0;

	for (u32 n = 0; n < out->count; n++) {
		const struct pkt *piece = out->pkt[n];
		struct seen seen = bed_see(piece);

		assert_true(seen.len <= limit);
		assert_memory_equal(pkt_l3(piece) + 4, pkt_l3(whole) + 4, 2); /* identifier */
		assert_memory_equal(pkt_l3(piece) + 8, pkt_l3(whole) + 8, 2); /* TTL, protocol */
		assert_memory_equal(pkt_l3(piece) + 12, pkt_l3(whole) + 12, 8);
		assert_int_equal(seen.frag_offset, begin);
		assert_int_equal(seen.mf, n + 1 < out->count);
		assert_int_equal(piece->l4, piece->l3 + seen.hlen);
		if (seen.mf)
			assert_int_equal((seen.len - seen.hlen) % 8, 0);
		assert_memory_equal(pkt_l3(piece) + seen.hlen, pkt_l3(whole) + hlen + begin,
				    seen.len - seen.hlen);
		begin += seen.len - seen.hlen;
	}
	assert_int_equal(begin, whole->len - hlen);
}

static void test_pieces_of_every_mtu(void **state)
{
	static const u32 lens[] = { 41, 48, 1472, 1473, 1480, 3000, 9000 };
	struct bed bed;
	struct build b;

	(void)state;
	bed_open(&bed, 256, 4);
	for (u32 n = 0; n < ARRAY_COUNT(lens); n++) {
		build_udp4(&b, addr(INSIDE), 1, addr(OUTSIDE), 2, lens[n]);
		build_ip(&b)->id = be16_of(0xbeef);
		build_seal_ip(&b);
		for (u32 mtu = 68; mtu < 1600; mtu += n == 0 ? 1 : 61) {
			struct pkt *pkt = bed_pkt(&bed, &b);

			assert_int_equal(ip_needs_fragments(pkt, mtu), pkt->len > mtu);
			assert_true(ip_fragment(&bed.pool, pkt, mtu, &bed.out));
			assert_int_equal(bed.out.count, ip_fragment_count(pkt, mtu));
			assert_int_equal(bed.out.count == 1, pkt->len <= mtu);
			expect_pieces(pkt, &bed.out, mtu);
			bed_put_all(&bed.out);
			pkt_put(pkt);
		}
	}
	bed_close(&bed);
}

static void test_pieces_are_as_large_as_they_can_be(void **state)
{
	struct bed bed;
	struct build b;
	struct pkt *pkt;

	(void)state;
	bed_open(&bed, 16, 2);
	build_udp4(&b, addr(INSIDE), 1, addr(OUTSIDE), 2, 2952); /* 2960 of IP payload */
	pkt = bed_pkt(&bed, &b);
	assert_int_equal(ip_fragment_count(pkt, 1500), 2);
	assert_true(ip_fragment(&bed.pool, pkt, 1500, &bed.out));
	assert_int_equal(bed.out.pkt[0]->len, 1500);
	assert_int_equal(bed.out.pkt[1]->len, 1500);
	bed_put_all(&bed.out);
	pkt_put(pkt);
	/* The last piece need not be a multiple of 8: 1476 + 4 fit where 1472 + 8 would. */
	build_udp4(&b, addr(INSIDE), 1, addr(OUTSIDE), 2, 1472 + 1476 - 8);
	pkt = bed_pkt(&bed, &b);
	assert_int_equal(ip_fragment_count(pkt, 1496), 2);
	assert_int_equal(ip_fragment_count(pkt, 1495), 3);
	pkt_put(pkt);
	bed_close(&bed);
}

static void test_metadata_is_inherited(void **state)
{
	struct bed bed;
	struct build b;
	struct pkt *pkt;

	(void)state;
	bed_open(&bed, 16, 2);
	build_udp4(&b, addr(INSIDE), 1, addr(OUTSIDE), 2, 2000);
	pkt = bed_pkt(&bed, &b);
	pkt->out_if = 3;
	pkt->nexthop = 9;
	pkt->flow = 77;
	pkt->rx_ns = 12345;
	pkt->flags |= PKT_TRANSLATED | PKT_TTL_TAKEN | PKT_CSUM_VALID;
	assert_true(ip_fragment(&bed.pool, pkt, 1000, &bed.out));
	assert_int_equal(bed.out.count, 3);
	for (u32 n = 0; n < 3; n++) {
		const struct pkt *piece = bed.out.pkt[n];

		assert_int_equal(piece->in_if, 1);
		assert_int_equal(piece->out_if, 3);
		assert_int_equal(piece->nexthop, 9);
		assert_int_equal(piece->flow, 77);
		assert_int_equal(piece->rx_ns, 12345);
		assert_int_equal(piece->flags & ~(u32)PKT_CUT,
				 PKT_RAW_IP | PKT_TRANSLATED | PKT_TTL_TAKEN);
	}
	pkt_put(pkt);
	bed_close(&bed);
}

/* Only options with the copied flag go into every piece; the others are in the first. */
static void test_options_are_copied_as_they_ask(void **state)
{
	static const u8 options[16] = { 7, 7, 4, 0, 0, 0, 0, 1, 148, 4, 0, 0, 130, 3, 9, 0 };
	static const u8 copied[8] = { 148, 4, 0, 0, 130, 3, 9, 0 };
	struct bed bed;
	struct build b;
	struct pkt *pkt;

	(void)state;
	bed_open(&bed, 64, 2);
	build_start(&b);
	build_ip4(&b, addr(INSIDE), addr(OUTSIDE), IP_PROTO_UDP);
	build_ip_options(&b, options, sizeof options);
	build_udp(&b, 1, 2);
	build_payload(&b, 1000, 0);
	build_seal(&b);
	for (u32 mtu = 68; mtu < 1000; mtu += 57) {
		pkt = bed_pkt(&bed, &b);
		assert_true(ip_fragment(&bed.pool, pkt, mtu, &bed.out));
		expect_pieces(pkt, &bed.out, mtu);
		assert_int_equal(bed_see(bed.out.pkt[0]).hlen, 36);
		assert_memory_equal(pkt_l3(bed.out.pkt[0]) + 20, options, sizeof options);
		for (u32 n = 1; n < bed.out.count; n++) {
			assert_int_equal(bed_see(bed.out.pkt[n]).hlen, 28);
			assert_memory_equal(pkt_l3(bed.out.pkt[n]) + 20, copied, sizeof copied);
		}
		bed_put_all(&bed.out);
		pkt_put(pkt);
	}
	bed_close(&bed);
}

/* 40 bytes of options and the smallest MTU: 8 bytes in each piece. */
static void test_longest_header_through_smallest_mtu(void **state)
{
	u8 options[40];
	struct bed bed;
	struct build b;
	struct pkt *pkt;

	(void)state;
	bed_open(&bed, 64, 2);
	memset(options, 0x55, sizeof options);
	options[0] = 0x82;
	options[1] = sizeof options;
	build_start(&b);
	build_ip4(&b, addr(INSIDE), addr(OUTSIDE), IP_PROTO_UDP);
	build_ip_options(&b, options, sizeof options);
	build_udp(&b, 1, 2);
	build_payload(&b, 200, 0);
	build_seal(&b);
	pkt = bed_pkt(&bed, &b);
	assert_int_equal(ip_fragment_count(pkt, 68), 26);
	assert_true(ip_fragment(&bed.pool, pkt, 68, &bed.out));
	expect_pieces(pkt, &bed.out, 68);
	pkt_put(pkt);
	bed_close(&bed);
}

static void test_fragment_is_cut_again(void **state)
{
	struct bed bed;
	struct build b;
	struct pkt *pkt;

	(void)state;
	bed_open(&bed, 16, 2);
	for (u32 more = 0; more < 2; more++) {
		build_start(&b);
		build_ip4(&b, addr(INSIDE), addr(OUTSIDE), IP_PROTO_UDP);
		build_payload(&b, 800, 0);
		build_ip(&b)->frag = be16_of((u16)(100 | (more ? IP4_MF : 0)));
		build_seal(&b);
		pkt = bed_pkt(&bed, &b);
		assert_true(ip_fragment(&bed.pool, pkt, 420, &bed.out));
		assert_int_equal(bed.out.count, 2);
		assert_int_equal(bed_see(bed.out.pkt[0]).frag_offset, 800);
		assert_true(bed_see(bed.out.pkt[0]).mf);
		assert_int_equal(bed_see(bed.out.pkt[1]).frag_offset, 1200);
		assert_int_equal(bed_see(bed.out.pkt[1]).mf, more);
		bed_put_all(&bed.out);
		pkt_put(pkt);
	}
	bed_close(&bed);
}

/* The first piece knows what its transport checksum is about, cut once or twice; of what came as a
 * fragment nobody does.                                                                          */
static void test_first_piece_knows_the_whole(void **state)
{
	struct pkt *pkt, *piece;
	struct bed bed;
	struct build b;

	(void)state;
	bed_open(&bed, 64, 2);
	build_udp4(&b, addr(INSIDE), 1, addr(OUTSIDE), 2, 3000);
	pkt = bed_pkt(&bed, &b);
	assert_true(ip_fragment(&bed.pool, pkt, 1500, &bed.out));
	assert_int_equal(bed.out.count, 3);
	for (u32 n = 0; n < 3; n++)
		assert_int_equal((bed.out.pkt[n]->flags & PKT_CUT) != 0, n == 0);
	assert_int_equal(bed.out.pkt[0]->whole_l4_len, 3008);
	piece = pkt_copy(&bed.pool, bed.out.pkt[0]);
	bed_put_all(&bed.out);
	assert_true(ip_fragment(&bed.pool, piece, 700, &bed.out));
	for (u32 n = 0; n < bed.out.count; n++)
		assert_int_equal((bed.out.pkt[n]->flags & PKT_CUT) != 0, n == 0);
	assert_int_equal(bed.out.pkt[0]->whole_l4_len, 3008);
	bed_put_all(&bed.out);
	piece->flags &= ~(u32)PKT_CUT; /* as it would come from elsewhere */
	assert_true(ip_fragment(&bed.pool, piece, 700, &bed.out));
	assert_int_equal(bed.out.pkt[0]->flags & PKT_CUT, 0);
	bed_put_all(&bed.out);
	pkt_put(piece);
	pkt_put(pkt);
	bed_close(&bed);
}

/* What came in pieces leaves in pieces that are no larger, with DF if the largest had it. */
static void test_reassembled_keeps_its_sizes(void **state)
{
	struct bed bed;
	struct build b;
	struct pkt *pkt;

	(void)state;
	bed_open(&bed, 64, 2);
	for (u32 df = 0; df < 2; df++) {
		build_udp4(&b, addr(INSIDE), 1, addr(OUTSIDE), 2, 2000);
		pkt = bed_pkt(&bed, &b);
		pkt->flags |= PKT_REASSEMBLED | (df ? PKT_FRAG_DF : 0);
		pkt->frag_max = 620;
		assert_true(ip_needs_fragments(pkt, 9000));
		assert_true(ip_fragment(&bed.pool, pkt, 9000, &bed.out));
		assert_int_equal(bed.out.count, 4);
		expect_pieces(pkt, &bed.out, 620);
		for (u32 n = 0; n < bed.out.count; n++) {
			assert_int_equal(bed_see(bed.out.pkt[n]).df, df);
			assert_int_equal(bed.out.pkt[n]->flags & ~(u32)PKT_CUT, PKT_RAW_IP);
		}
		bed_put_all(&bed.out);
		assert_int_equal(ip_fragment_count(pkt, 320), 7);
		pkt_put(pkt);
	}
	bed_close(&bed);
}

static void test_partial_checksum_is_finished_first(void **state)
{
	struct bed bed;
	struct build b;
	struct pkt *pkt;
	be16 right;

	(void)state;
	bed_open(&bed, 64, 2);
	build_udp4(&b, addr(INSIDE), 1, addr(OUTSIDE), 2, 2001);
	right = build_udp_hdr(&b)->csum;
	build_udp_hdr(&b)->csum = (be16){ csum_fold(
		csum_pseudo(addr(INSIDE), addr(OUTSIDE), IP_PROTO_UDP, 2009)) };
	pkt = bed_pkt(&bed, &b);
	pkt->flags |= PKT_CSUM_PARTIAL;
	pkt->csum_start = 20;
	pkt->csum_offset = 6;
	assert_true(ip_fragment(&bed.pool, pkt, 1500, &bed.out));
	assert_int_equal(be16_load(pkt_l4(bed.out.pkt[0]) + 6).raw, right.raw);
	assert_int_equal(bed.out.pkt[0]->flags & PKT_CSUM_PARTIAL, 0);
	pkt_put(pkt);
	bed_close(&bed);
}

/* A datagram that a driver was to cut (UFO) is cut here, in the sizes that it asked for. */
static void test_ufo_is_cut(void **state)
{
	struct bed bed;
	struct build b;
	struct pkt *pkt;

	(void)state;
	bed_open(&bed, 64, 2);
	build_udp4(&b, addr(INSIDE), 1, addr(OUTSIDE), 2, 4000);
	pkt = bed_pkt(&bed, &b);
	pkt->gso_type = GSO_UDP_FRAG;
	pkt->gso_size = 1480;
	assert_true(ip_needs_fragments(pkt, 9000));
	assert_true(ip_fragment(&bed.pool, pkt, 9000, &bed.out));
	assert_int_equal(bed.out.count, 3);
	expect_pieces(pkt, &bed.out, 1500);
	assert_int_equal(bed.out.pkt[0]->gso_type, GSO_NONE);
	pkt_put(pkt);
	bed_close(&bed);
}

static void test_all_or_nothing(void **state)
{
	struct bed bed;
	struct build b;
	struct pkt *pkt, *other;

	(void)state;
	bed_open(&bed, 4, 2);
	build_udp4(&b, addr(INSIDE), 1, addr(OUTSIDE), 2, 100);
	other = bed_pkt(&bed, &b);
	assert_true(batch_add(&bed.out, other));
	build_udp4(&b, addr(INSIDE), 1, addr(OUTSIDE), 2, 4000);
	pkt = bed_pkt(&bed, &b);
	/* Four pieces and three small buffers. */
	assert_false(ip_fragment(&bed.pool, pkt, 1100, &bed.out));
	assert_int_equal(bed.out.count, 1);
	assert_ptr_equal(bed.out.pkt[0], other);
	assert_true(ip_fragment(&bed.pool, pkt, 1500, &bed.out));
	assert_int_equal(bed.out.count, 4);
	bed_put_all(&bed.out);
	pkt_put(pkt);
	bed_close(&bed);
}

static void test_no_room_in_the_batch(void **state)
{
	struct bed bed;
	struct build b;
	struct pkt *pkt;

	(void)state;
	bed_open(&bed, 300, 2);
	build_udp4(&b, addr(INSIDE), 1, addr(OUTSIDE), 2, 60000);
	pkt = bed_pkt(&bed, &b);
	assert_true(ip_fragment_count(pkt, 68) > BATCH_MAX);
	assert_false(ip_fragment(&bed.pool, pkt, 68, &bed.out));
	assert_int_equal(bed.out.count, 0);
	assert_true(ip_fragment(&bed.pool, pkt, 576, &bed.out));
	expect_pieces(pkt, &bed.out, 576);
	pkt_put(pkt);
	bed_close(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces_of_every_mtu),
		cmocka_unit_test(test_pieces_are_as_large_as_they_can_be),
		cmocka_unit_test(test_metadata_is_inherited),
		cmocka_unit_test(test_options_are_copied_as_they_ask),
		cmocka_unit_test(test_longest_header_through_smallest_mtu),
		cmocka_unit_test(test_fragment_is_cut_again),
		cmocka_unit_test(test_first_piece_knows_the_whole),
		cmocka_unit_test(test_reassembled_keeps_its_sizes),
		cmocka_unit_test(test_partial_checksum_is_finished_first),
		cmocka_unit_test(test_ufo_is_cut),
		cmocka_unit_test(test_all_or_nothing),
		cmocka_unit_test(test_no_room_in_the_batch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
