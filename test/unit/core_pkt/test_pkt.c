/* Packets and their pool: classes, the frame of a driver's ring, copies, keeping. */
#include "unit/core_base/base_bed.h"

#include "core/pkt/pkt.h"

enum { SMALL = 3, LARGE = 2, RING = 2, REGION = 1 << 19 };

struct pool_bed {
	struct pkt_pool pool;
	void *region;
};

static void bed_open(struct pool_bed *bed)
{
	struct pkt_pool_conf conf = { SMALL, LARGE, RING };
	struct mem mem;

	bed->region = region_new(REGION);
	mem_init(&mem, bed->region, REGION);
	pkt_pool_layout(&bed->pool, &conf, &mem);
	assert_false(mem.short_of);
	pkt_pool_init(&bed->pool);
}

static void bed_close(struct pool_bed *bed)
{
	pkt_pool_check(&bed->pool);
	assert_int_equal(bed->pool.free_count[PKT_CLASS_SMALL], SMALL);
	assert_int_equal(bed->pool.free_count[PKT_CLASS_LARGE], LARGE);
	assert_int_equal(bed->pool.free_count[PKT_CLASS_RING], RING);
	free(bed->region);
}

static void test_new_is_blank_and_has_room(void **state)
{
	struct pool_bed bed;
	struct pkt *pkt;

	(void)state;
	bed_open(&bed);
	for (u32 round = 0; round < 2; round++) {
		pkt = pkt_new(&bed.pool, PKT_SMALL_SIZE - PKT_HEADROOM);
		assert_int_equal(bed.pool.free_count[PKT_CLASS_SMALL], SMALL - 1);
		assert_int_equal(pkt->l3, PKT_HEADROOM);
		assert_int_equal(pkt->l2, PKT_HEADROOM);
		assert_int_equal(pkt->l4, 0);
		assert_int_equal(pkt->flow, IDX_NONE);
		assert_int_equal(pkt->in_if, UINT16_MAX);
		assert_int_equal(pkt->out_if, UINT16_MAX);
		assert_int_equal(pkt->nexthop, UINT16_MAX);
		assert_int_equal(pkt->flags | pkt->drop | pkt->gso_type, 0);
		memset(pkt->buf, 0x11, pkt->buf_size);
		pkt->l2 = pkt->l3 = pkt->l4 = pkt->in_if = pkt->out_if = pkt->nexthop = 7;
		pkt->flags = pkt->flow = 7;
		pkt->drop = pkt->gso_type = 1;
		pkt_put(pkt);
	}
	bed_close(&bed);
}

static void test_classes_and_exhaustion(void **state)
{
	struct pool_bed bed;
	struct pkt *taken[SMALL + LARGE];
	u32 ring_done = 1;
	u8 frame[64];

	(void)state;
	bed_open(&bed);
	for (u32 n = 0; n < SMALL; n++)
		taken[n] = pkt_new(&bed.pool, 1500);
	assert_null(pkt_new(&bed.pool, 1500));
	assert_int_equal(bed.pool.empty_count[PKT_CLASS_SMALL], 1);
	for (u32 n = SMALL; n < SMALL + LARGE; n++) {
		taken[n] = pkt_new(&bed.pool, 65535);
		assert_non_null(taken[n]);
		memset(pkt_l3(taken[n]), 0x22, 65535);
	}
	assert_null(pkt_new(&bed.pool, PKT_SMALL_SIZE - PKT_HEADROOM + 1));
	pkt_pool_check(&bed.pool);
	pkt_put(taken[0]);
	assert_ptr_equal(pkt_new(&bed.pool, 1), taken[0]);
	for (u32 n = 0; n < SMALL + LARGE; n++)
		pkt_put(taken[n]);
	taken[0] = pkt_new_ring(&bed.pool, frame, sizeof frame, &ring_done);
	taken[1] = pkt_new_ring(&bed.pool, frame, sizeof frame, &ring_done);
	assert_null(pkt_new_ring(&bed.pool, frame, sizeof frame, &ring_done));
	pkt_put(taken[0]);
	pkt_put(taken[1]);
	bed_close(&bed);
}

static struct pkt *ring_pkt(struct pool_bed *bed, u8 *frame, u32 size, u32 *done)
{
	struct pkt *pkt = pkt_new_ring(&bed->pool, frame, size, done);

	for (u32 n = 0; n < size; n++)
		frame[n] = (u8)n;
	pkt->l2 = 2;
	pkt->l3 = 16;
	pkt->l4 = 36;
	pkt->len = size - 20;
	pkt->flags = PKT_LINK_BROADCAST | PKT_CSUM_PARTIAL;
	pkt->csum_start = 20;
	pkt->gso_size = 9;
	pkt->in_if = 4;
	return pkt;
}

static void test_ring_frame_is_given_back(void **state)
{
	struct pool_bed bed;
	u32 done = 1;
	u8 frame[100];
	struct pkt *pkt;

	(void)state;
	bed_open(&bed);
	pkt = ring_pkt(&bed, frame, sizeof frame, &done);
	assert_ptr_equal(pkt->buf, frame);
	assert_int_equal(done, 1);
	pkt_put(pkt);
	assert_int_equal(done, 0);
	bed_close(&bed);
}

static void test_keep_copies_a_ring_frame(void **state)
{
	struct pool_bed bed;
	u32 done = 1;
	u8 frame[100];
	struct pkt *pkt, *kept;

	(void)state;
	bed_open(&bed);
	pkt = ring_pkt(&bed, frame, sizeof frame, &done);
	pkt->mss_before = 1460;
	kept = pkt_keep(pkt);
	assert_int_equal(done, 0);
	assert_ptr_not_equal(kept->buf, frame);
	assert_int_equal(kept->len, 80);
	assert_int_equal(kept->l3 - kept->l2, 14);
	assert_int_equal(kept->l4 - kept->l3, 20);
	assert_memory_equal(pkt_frame(kept), frame + 2, 94);
	assert_int_equal(kept->flags, PKT_LINK_BROADCAST | PKT_CSUM_PARTIAL);
	assert_int_equal(kept->csum_start, 20);
	assert_int_equal(kept->gso_size, 9);
	assert_int_equal(kept->in_if, 4);
	assert_int_equal(kept->mss_before, 1460);
	assert_ptr_equal(pkt_keep(kept), kept);
	pkt_put(kept);
	bed_close(&bed);
}

static void test_keep_without_buffers_leaves_all(void **state)
{
	struct pool_bed bed;
	u32 done = 1;
	u8 frame[100];
	struct pkt *pkt, *taken[SMALL];

	(void)state;
	bed_open(&bed);
	for (u32 n = 0; n < SMALL; n++)
		taken[n] = pkt_new(&bed.pool, 10);
	pkt = ring_pkt(&bed, frame, sizeof frame, &done);
	assert_null(pkt_keep(pkt));
	assert_null(pkt_copy(&bed.pool, pkt));
	assert_int_equal(done, 1);
	assert_ptr_equal(pkt->buf, frame);
	pkt_put(pkt);
	for (u32 n = 0; n < SMALL; n++)
		pkt_put(taken[n]);
	bed_close(&bed);
}

static void test_batch_is_bounded(void **state)
{
	static struct batch batch;
	static struct pkt pkt;

	(void)state;
	for (u32 n = 0; n < BATCH_MAX; n++)
		assert_true(batch_add(&batch, &pkt));
	assert_false(batch_add(&batch, &pkt));
	assert_int_equal(batch.count, BATCH_MAX);
}

/* Counting happens where the verdict is made; every reason has a name, a sentence and a law. */
static void test_drop_counts_and_is_explained(void **state)
{
	struct drop_stats stats = { { 0 } };
	struct pkt pkt = { .drop = DROP_NONE };

	(void)state;
	for (u32 drop = DROP_NONE + 1; drop < DROP_COUNT; drop++) {
		assert_true(verdict_is_dead(pkt_drop_arg(&stats, &pkt, drop, drop * 3)));
		assert_int_equal(pkt.drop, drop);
		assert_int_equal(pkt.drop_arg, drop * 3);
		assert_int_equal(stats.count[drop], 1);
		assert_true(strlen(drop_name(drop)) > 3);
		assert_true(strlen(drop_sentence(drop)) > 10);
		assert_true(strlen(drop_law(drop)) > 3);
		for (u32 other = DROP_NONE + 1; other < drop; other++)
			assert_string_not_equal(drop_name(drop), drop_name(other));
	}
	assert_string_equal(drop_name(DROP_LINK_SHORT), "LINK_SHORT");
	assert_string_equal(drop_name(DROP_TX_FULL), "TX_FULL");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new_is_blank_and_has_room),
		cmocka_unit_test(test_classes_and_exhaustion),
		cmocka_unit_test(test_ring_frame_is_given_back),
		cmocka_unit_test(test_keep_copies_a_ring_frame),
		cmocka_unit_test(test_keep_without_buffers_leaves_all),
		cmocka_unit_test(test_batch_is_bounded),
		cmocka_unit_test(test_drop_counts_and_is_explained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
