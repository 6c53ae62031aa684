/* Reassembly: floods, full tables, time, and random packets there and back. */
#include "core/ip/frag.h"
#include "unit/core_ip/reass_bed.h"

/* ---- bounds ---------------------------------------------------------------------------------- */

static void test_too_many_fragments_of_one_packet(void **state)
{
	struct reass_bed r;
	struct build whole, fragment;

	(void)state;
	reass_open(&r, &small_conf, 32);
	make_whole(&whole, 200, 7);
	for (u32 index = 0; index < 8; index++) {
		build_fragment(&fragment, &whole, 8, index);
		expect_stolen(&r, &fragment);
	}
	build_fragment(&fragment, &whole, 8, 7);
	expect_stolen(&r, &fragment); /* a duplicate is not one too many */
	build_fragment(&fragment, &whole, 8, 8);
	expect_dead(&r, &fragment, DROP_FRAG_TOO_MANY, 8);
	reass_close(&r);
}

static void give_from(struct reass_bed *r, u32 host, u16 id, u32 index)
{
	struct build whole, fragment;

	build_udp4(&whole, be32_of(0x0a0a0000 + host), 1, addr(OUTSIDE), 2, 200);
	build_ip(&whole)->id = be16_of(id);
	build_seal_ip(&whole);
	build_fragment(&fragment, &whole, 16, index);
	expect_stolen(r, &fragment);
}

/* The oldest packet of all makes room. */
static void test_queues_full(void **state)
{
	struct reass_bed r;

	(void)state;
	reass_open(&r, &small_conf, 32);
	for (u32 host = 1; host <= 4; host++)
		give_from(&r, host, 1, 0);
	give_from(&r, 1, 1, 1);
	assert_int_equal(r.dead.count, 0);
	give_from(&r, 5, 1, 0);
	assert_int_equal(r.dead.count, 2); /* both of host 1 */
	assert_int_equal(r.dead.pkt[0]->drop, DROP_FRAG_FULL);
	assert_int_equal(r.bed.stats.count[DROP_FRAG_FULL], 2);
	assert_int_equal(bed_see(r.dead.pkt[0]).src.raw, be32_of(0x0a0a0001).raw);
	assert_int_equal(r.reass.stats.evicted_count, 1);
	assert_int_equal(r.reass.queues.live, 4);
	reass_close(&r);
}

/* 16 fragments in all: the oldest packet makes room. */
static void test_fragments_full(void **state)
{
	struct reass_bed r;

	(void)state;
	reass_open(&r, &small_conf, 32);
	for (u32 index = 0; index < 8; index++)
		give_from(&r, 1, 1, index);
	for (u32 index = 0; index < 8; index++)
		give_from(&r, 2, 1, index);
	assert_int_equal(r.dead.count, 0);
	give_from(&r, 3, 1, 0);
	assert_int_equal(r.dead.count, 8);
	assert_int_equal(r.bed.stats.count[DROP_FRAG_FULL], 8);
	assert_int_equal(r.reass.frags.live, 9);
	reass_close(&r);
}

/* More fragments are allowed than there are packets: a quarter of those is left to others. */
static void test_packets_for_others(void **state)
{
	struct reass_bed r;

	(void)state;
	reass_open(&r, &small_conf, 16);
	for (u32 index = 0; index < 6; index++)
		give_from(&r, 1, 1, index);
	for (u32 index = 0; index < 6; index++)
		give_from(&r, 2, 1, index);
	assert_int_equal(r.dead.count, 0);
	give_from(&r, 3, 1, 0);
	assert_int_equal(r.dead.count, 6);
	assert_int_equal(r.bed.stats.count[DROP_FRAG_FULL], 6);
	assert_int_equal(r.reass.frags.live, 7);
	reass_close(&r);
}

/* A flooder loses his own; others do not notice. */
static void test_share_of_one_source(void **state)
{
	struct reass_bed r;
	struct build whole, fragment;

	(void)state;
	reass_open(&r, &small_conf, 32);
	make_whole(&whole, 24, 9);
	build_fragment(&fragment, &whole, 16, 0);
	expect_stolen(&r, &fragment); /* the oldest of all */
	for (u16 id = 0; id < 300; id++) {
		for (u32 index = 0; index < 5; index++)
			give_from(&r, 66, id, index);
		bed_put_all(&r.dead);
		assert_true(r.reass.frags.live <= 13);
	}
	build_fragment(&fragment, &whole, 16, 1);
	expect_whole(&r, &fragment, &whole);
	reass_close(&r);
}

/* One packet larger than the share of its source can not be. */
static void test_packet_beyond_the_share(void **state)
{
	static const struct reass_conf conf = { 4, 16, 8, 3, 30 * NS_PER_SEC };
	struct reass_bed r;
	struct build whole, fragment;

	(void)state;
	reass_open(&r, &conf, 32);
	make_whole(&whole, 200, 7);
	for (u32 index = 0; index < 3; index++) {
		build_fragment(&fragment, &whole, 16, index);
		expect_stolen(&r, &fragment);
	}
	build_fragment(&fragment, &whole, 16, 3);
	expect_dead(&r, &fragment, DROP_FRAG_FULL, 3);
	assert_int_equal(r.reass.queues.live, 0);
	reass_close(&r);
}

static void test_no_buffer_for_the_whole(void **state)
{
	struct reass_bed r;
	struct build whole, fragment;

	(void)state;
	reass_open(&r, &small_conf, 2);
	make_whole(&whole, 24, 7);
	build_fragment(&fragment, &whole, 16, 0);
	expect_stolen(&r, &fragment);
	build_fragment(&fragment, &whole, 16, 1);
	expect_dead(&r, &fragment, DROP_NO_BUFFER, 1);
	reass_close(&r);
}

/* A frame of a driver's ring is copied and given back at once; without a buffer it dies. */
static void test_ring_frames_are_not_held(void **state)
{
	struct reass_bed r;
	struct build whole, fragment;
	u8 frame[256];
	struct pkt *pkt, *taken[3];
	u32 busy = 1;

	(void)state;
	reass_open(&r, &small_conf, 3);
	make_whole(&whole, 24, 7);
	build_fragment(&fragment, &whole, 16, 0);
	memcpy(frame, fragment.bytes, fragment.len);
	for (u32 full = 0; full < 2; full++) {
		busy = 1;
		pkt = pkt_new_ring(&r.bed.pool, frame, sizeof frame, &busy);
		pkt->len = fragment.len;
		assert_true(verdict_is_accept(ip_validate(&r.bed.stats, pkt)));
		for (u32 n = 0; full && n < 3; n++)
			taken[n] = pkt_new(&r.bed.pool, 10);
		if (full) {
			assert_true(verdict_is_dead(
				ip_reassemble(&r.reass, &r.bed.stats, &pkt, 3, r.now, &r.dead)));
			assert_int_equal(pkt->drop, DROP_NO_BUFFER);
			assert_int_equal(busy, 1);
			pkt_put(pkt);
		} else {
			assert_true(verdict_is_stolen(
				ip_reassemble(&r.reass, &r.bed.stats, &pkt, 0, r.now, &r.dead)));
			memset(frame, 0xee, 30);
			build_fragment(&fragment, &whole, 16, 1);
			expect_whole(&r, &fragment, &whole);
			build_fragment(&fragment, &whole, 16, 0);
			memcpy(frame, fragment.bytes, fragment.len);
		}
		assert_int_equal(busy, 0);
	}
	for (u32 n = 0; n < 3; n++)
		pkt_put(taken[n]);
	reass_check(&r.reass);
	reass_close(&r);
}

/* ---- time ------------------------------------------------------------------------------------ */

static void test_timeout_with_the_first_fragment(void **state)
{
	struct reass_bed r;
	struct build whole, fragment;

	(void)state;
	reass_open(&r, &small_conf, 16);
	make_whole(&whole, 56, 7);
	for (u32 index = 3; index > 0; index--) {
		build_fragment(&fragment, &whole, 16, index - 1);
		expect_stolen(&r, &fragment);
		r.now += NS_PER_SEC;
	}
	/* Counted from the fragment that came first, whichever it was. */
	r.now += timeout_ns - 3 * NS_PER_SEC;
	assert_true(reass_next(&r.reass) == r.now);
	reass_tick(&r.reass, &r.bed.stats, r.now - 1, &r.dead);
	assert_int_equal(r.reass.queues.live, 1);
	reass_tick(&r.reass, &r.bed.stats, r.now, &r.dead);
	reass_check(&r.reass);
	assert_int_equal(r.dead.count, 1);
	assert_int_equal(r.dead.pkt[0]->drop, DROP_FRAG_TIMEOUT);
	assert_memory_equal(pkt_l3(r.dead.pkt[0]), fragment.bytes, fragment.len);
	assert_int_equal(r.bed.stats.count[DROP_FRAG_TIMEOUT], 3);
	assert_int_equal(r.reass.stats.timeout_count, 1);
	reass_close(&r);
}

static void test_timeout_without_the_first_fragment(void **state)
{
	struct reass_bed r;
	struct build whole, fragment;

	(void)state;
	reass_open(&r, &small_conf, 16);
	make_whole(&whole, 56, 7);
	for (u32 index = 1; index < 4; index++) {
		build_fragment(&fragment, &whole, 16, index);
		expect_stolen(&r, &fragment);
	}
	r.now += timeout_ns;
	reass_tick(&r.reass, &r.bed.stats, r.now, &r.dead);
	assert_int_equal(r.dead.count, 0);
	assert_int_equal(r.bed.stats.count[DROP_FRAG_TIMEOUT], 3);
	/* The late one begins a new packet. */
	build_fragment(&fragment, &whole, 16, 0);
	expect_stolen(&r, &fragment);
	reass_close(&r);
}

/* Nobody ticked, and the rest comes too late: it does not join what is over time. */
static void test_late_fragment_finds_nothing(void **state)
{
	struct reass_bed r;
	struct build whole, fragment;

	(void)state;
	reass_open(&r, &small_conf, 16);
	make_whole(&whole, 24, 7);
	build_fragment(&fragment, &whole, 16, 0);
	expect_stolen(&r, &fragment);
	r.now += timeout_ns;
	build_fragment(&fragment, &whole, 16, 1);
	expect_stolen(&r, &fragment);
	assert_int_equal(r.dead.count, 1);
	assert_int_equal(r.dead.pkt[0]->drop, DROP_FRAG_TIMEOUT);
	assert_int_equal(r.reass.queues.live, 1);
	reass_close(&r);
}

static void test_tick_is_bounded(void **state)
{
	static const struct reass_conf conf = { 400, 400, 8, 400, 30 * NS_PER_SEC };
	struct reass_bed r;

	(void)state;
	reass_open(&r, &conf, 600);
	for (u32 host = 0; host < 400; host++)
		give_from(&r, host, 1, 0);
	r.now += timeout_ns;
	reass_tick(&r.reass, &r.bed.stats, r.now, &r.dead);
	assert_int_equal(r.reass.queues.live, 400 - REASS_TICK_MAX);
	assert_int_equal(r.dead.count, REASS_TICK_MAX);
	for (u32 n = 0; n < 10; n++)
		reass_tick(&r.reass, &r.bed.stats, r.now, &r.dead);
	/* The batch is full: the rest waits. */
	assert_int_equal(r.dead.count, BATCH_MAX);
	assert_int_equal(r.reass.queues.live, 400 - BATCH_MAX);
	assert_true(reass_next(&r.reass) <= r.now);
	bed_put_all(&r.dead);
	reass_close(&r);
}

/* ---- there and back -------------------------------------------------------------------------- */

/* Random packets cut at random sizes, shuffled, with duplicates, come back as they were. */
static void test_round_trip(void **state)
{
	struct reass_bed r;
	struct rng rng = bed_rng(11);
	u32 whole_count = 0;

	(void)state;
	reass_open(&r, &wide_conf, 256);
	for (u32 round = 0; round < 400; round++) {
		struct build whole;
		struct batch out = { .count = 0 };
		u32 mtu = 68 + rng_below(&rng, 1433);
		u32 len_max = u32_min(60 * (mtu - 48), 9000);
		struct pkt *pkt;

		make_whole(&whole, 70 + rng_below(&rng, len_max - 69), (u16)round);
		pkt = bed_pkt(&r.bed, &whole);
		if (!ip_needs_fragments(pkt, mtu)) {
			pkt_put(pkt);
			continue;
		}
		assert_true(ip_fragment(&r.bed.pool, pkt, mtu, &out));
		pkt_put(pkt);
		for (u32 n = out.count; n > 0; n--) {
			u32 pick = rng_below(&rng, n);
			verdict v;

			pkt = out.pkt[pick];
			out.pkt[pick] = out.pkt[n - 1];
			if (n > 1 && rng_below(&rng, 4) == 0) {
				struct pkt *twin = pkt_copy(&r.bed.pool, pkt);

				v = ip_reassemble(&r.reass, &r.bed.stats, &twin, 0, r.now, &r.dead);
				assert_true(verdict_is_stolen(v));
			}
			v = ip_reassemble(&r.reass, &r.bed.stats, &pkt, 0, r.now, &r.dead);
			reass_check(&r.reass);
			assert_true(n == 1 ? verdict_is_accept(v) : verdict_is_stolen(v));
		}
		assert_int_equal(pkt->len, whole.len);
		assert_memory_equal(pkt_l3(pkt), whole.bytes, whole.len);
		pkt_put(pkt);
		whole_count++;
	}
	assert_int_equal(r.reass.stats.whole_count, whole_count);
	assert_true(whole_count > 200);
	reass_close(&r);
}

/* Anything at all, at full tables: bounds hold, invariants hold, no buffer is lost. */
static void test_random_flood(void **state)
{
	struct reass_bed r;
	struct rng rng = bed_rng(12);

	(void)state;
	reass_open(&r, &small_conf, 64);
	for (u32 round = 0; round < 30000; round++) {
		struct build b;
		struct pkt *pkt;
		verdict v;
		bool more = rng_below(&rng, 3) > 0;
		u32 offset = rng_below(&rng, 4);

		build_start(&b);
		build_ip4(&b, be32_of(0x0a000001 + rng_below(&rng, 5)), addr(OUTSIDE), 17);
		build_ip(&b)->id = be16_of((u16)rng_below(&rng, 3));
		build_payload(&b, 8 * (rng_below(&rng, 4) == 0 ? 2 : 1), (u8)offset);
		build_ip(&b)->frag = be16_of((u16)(offset | (more || offset == 0 ? IP4_MF : 0)));
		build_seal(&b);
		v = reass_give(&r, &b, &pkt);
		if (!verdict_is_stolen(v))
			pkt_put(pkt);
		r.now += rng_below(&rng, 3) * NS_PER_SEC;
		if (rng_below(&rng, 8) == 0)
			reass_tick(&r.reass, &r.bed.stats, r.now, &r.dead);
		bed_put_all(&r.dead);
		assert_true(r.reass.frags.live <= 16);
	}
	assert_true(r.reass.stats.whole_count > 100);
	assert_true(r.reass.stats.evicted_count > 100);
	assert_true(r.bed.stats.count[DROP_FRAG_OVERLAP] > 100);
	reass_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_too_many_fragments_of_one_packet),
		cmocka_unit_test(test_queues_full),
		cmocka_unit_test(test_fragments_full),
		cmocka_unit_test(test_packets_for_others),
		cmocka_unit_test(test_share_of_one_source),
		cmocka_unit_test(test_packet_beyond_the_share),
		cmocka_unit_test(test_no_buffer_for_the_whole),
		cmocka_unit_test(test_ring_frames_are_not_held),
		cmocka_unit_test(test_timeout_with_the_first_fragment),
		cmocka_unit_test(test_timeout_without_the_first_fragment),
		cmocka_unit_test(test_late_fragment_finds_nothing),
		cmocka_unit_test(test_tick_is_bounded),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_random_flood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
