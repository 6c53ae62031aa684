/* Blocks that are cut and put together again, and rings against a plain array of bytes. */
#include "unit/core_base/base_bed.h"

#include "core/tcp/buffer.h"

enum {
	POOL_BLOCKS = 300, /* no power of two */
	HELD_MAX = 64,
	STEPS = 20000,
	RINGS = 6,
	RING_MAX = 256 << 10,
};

static void *pool_open(struct buffer_pool *pool, u32 blocks)
{
	u64 size = (u64)(blocks + 4) * (BUFFER_BLOCK_MIN + 16);
	void *region = region_new(size);
	struct mem mem;

	mem_init(&mem, region, size / MEM_LINE * MEM_LINE);
	buffer_pool_layout(pool, &mem, (u64)blocks * BUFFER_BLOCK_MIN);
	assert_false(mem.short_of);
	buffer_pool_init(pool);
	buffer_pool_check(pool);
	return region;
}

/* All is free, and as much in one as it was at the begin. */
static void expect_all_back(struct buffer_pool *pool, u32 largest)
{
	u32 block;

	assert_true(pool->used_bytes == 0);
	block = buffer_new(pool, largest);
	assert_int_not_equal(block, IDX_NONE);
	buffer_del(pool, block);
	buffer_pool_check(pool);
}

static void test_sizes_are_rounded_up(void **state)
{
	static const u32 cases[][2] = { { 0, 4096 },      { 1, 4096 },    { 4096, 4096 },
					{ 4097, 8192 },   { 8192, 8192 }, { 12288, 16384 },
					{ 70000, 131072 } };
	struct buffer_pool pool;
	void *region = pool_open(&pool, POOL_BLOCKS);

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(cases); n++) {
		u32 block = buffer_new(&pool, cases[n][0]);

		assert_int_not_equal(block, IDX_NONE);
		assert_int_equal(buffer_size(&pool, block), cases[n][1]);
		assert_true(pool.used_bytes == cases[n][1]);
		buffer_del(&pool, block);
	}
	expect_all_back(&pool, 256 * BUFFER_BLOCK_MIN);
	free(region);
}

static void test_full_is_an_answer(void **state)
{
	struct buffer_pool pool;
	void *region = pool_open(&pool, POOL_BLOCKS);

	(void)state;
	/* 300 blocks are 256, 32, 8 and 4. */
	assert_int_equal(buffer_new(&pool, 257 * BUFFER_BLOCK_MIN), IDX_NONE);
	assert_int_equal(buffer_new(&pool, UINT32_MAX), IDX_NONE);
	assert_true(pool.refused == 2);
	for (u32 n = 0; n < POOL_BLOCKS; n++)
		assert_int_not_equal(buffer_new(&pool, BUFFER_BLOCK_MIN), IDX_NONE);
	assert_int_equal(buffer_new(&pool, 1), IDX_NONE);
	assert_true(pool.refused == 3);
	buffer_pool_check(&pool);
	for (u32 block = 0; block < POOL_BLOCKS; block++)
		buffer_del(&pool, block);
	expect_all_back(&pool, 256 * BUFFER_BLOCK_MIN);
	free(region);
}

static void test_a_pool_of_nothing(void **state)
{
	struct buffer_pool pool;
	void *region = pool_open(&pool, 0);

	(void)state;
	assert_int_equal(buffer_new(&pool, 1), IDX_NONE);
	buffer_pool_check(&pool);
	free(region);
}

/* Each block is filled with a byte of its own: nobody else may write there. */
static void expect_filled(const struct buffer_pool *pool, u32 block, u32 size, u8 fill)
{
	const u8 *at = buffer_at(pool, block);

	assert_int_equal(at[0], fill);
	assert_memory_equal(at, at + 1, size - 1);
}

static void test_random_blocks_are_apart(void **state)
{
	struct rng rng = rng_of(1);
	struct buffer_pool pool;
	void *region = pool_open(&pool, POOL_BLOCKS);
	u32 held[HELD_MAX];
	u32 count = 0;

	(void)state;
	for (u32 step = 0; step < STEPS / 4; step++) {
		u32 at = rng_below(&rng, HELD_MAX);

		if (at < count) {
			expect_filled(&pool, held[at], buffer_size(&pool, held[at]), (u8)held[at]);
			buffer_del(&pool, held[at]);
			held[at] = held[--count];
		} else {
			u32 bytes = UINT32_C(1) << rng_below(&rng, 18);
			u32 block = buffer_new(&pool, bytes + rng_below(&rng, bytes));

			if (block == IDX_NONE)
				continue;
			memset(buffer_at(&pool, block), (u8)block, buffer_size(&pool, block));
			held[count++] = block;
		}
		buffer_pool_check(&pool);
	}
	assert_true(pool.refused > 0);
	while (count > 0) {
		count--;
		expect_filled(&pool, held[count], buffer_size(&pool, held[count]), (u8)held[count]);
		buffer_del(&pool, held[count]);
	}
	buffer_pool_check(&pool);
	expect_all_back(&pool, 256 * BUFFER_BLOCK_MIN);
	free(region);
}

/* A ring, and what should be in it; written says which bytes up to span are known. */
struct pair {
	struct ring ring;
	u8 *bytes;
	bool *written;
	u32 len;
	u32 span;
};

static void pair_write(struct pair *pair, struct buffer_pool *pool, struct rng *rng)
{
	static u8 data[20000];
	u32 bytes = rng_below(rng, rng_below(rng, 4) == 0 ? sizeof data : 1500);
	/* At the end of what is in order, or a gap behind it. */
	u32 at = pair->len + (rng_below(rng, 3) == 0 ? rng_below(rng, 3000) : 0);

	if (at + bytes > RING_MAX || !ring_reserve(&pair->ring, pool, at + bytes))
		return;
	assert_true(pair->ring.size >= at + bytes);
	for (u32 n = 0; n < bytes; n++)
		data[n] = (u8)rng_u32(rng);
	ring_write(&pair->ring, pool, at, data, bytes);
	memcpy(pair->bytes + at, data, bytes);
	memset(pair->written + at, true, bytes);
	if (bytes > 0)
		pair->span = u32_max(pair->span, at + bytes);
	while (pair->len < pair->span && pair->written[pair->len])
		pair->len++;
	pair->ring.len = pair->len;
}

static void pair_drop(struct pair *pair, struct buffer_pool *pool, struct rng *rng)
{
	u32 bytes = rng_below(rng, 2) == 0 ? pair->len : rng_below(rng, pair->len + 1);

	ring_drop(&pair->ring, pool, bytes);
	memmove(pair->bytes, pair->bytes + bytes, RING_MAX - bytes);
	memmove(pair->written, pair->written + bytes, RING_MAX - bytes);
	memset(pair->written + RING_MAX - bytes, false, bytes);
	pair->len -= bytes;
	pair->span -= bytes;
}

static void pair_compare(const struct pair *pair, const struct buffer_pool *pool, struct rng *rng)
{
	static u8 copy[RING_MAX];
	u32 from = rng_below(rng, pair->span + 1);
	u32 at = rng_below(rng, pair->len + 1);
	u32 runs = 0, bytes;
	const u8 *run;

	assert_int_equal(pair->ring.len, pair->len);
	assert_int_equal(pair->ring.span, pair->span);
	if (pair->span == 0)
		assert_true(pair->ring.block == IDX_NONE || pair->ring.size > 0);
	ring_copy(&pair->ring, pool, from, copy, pair->span - from);
	for (u32 n = from; n < pair->span; n++) {
		if (pair->written[n] && copy[n - from] != pair->bytes[n])
			fail_msg("byte %u of %u", n, pair->span);
	}
	/* Two runs at most, and together all that is there. */
	while ((run = ring_peek(&pair->ring, pool, at, UINT32_MAX, &bytes)) != NULL) {
		assert_true(bytes > 0 && ++runs <= 2);
		assert_memory_equal(run, pair->bytes + at, bytes);
		at += bytes;
	}
	assert_int_equal(bytes, 0);
	assert_int_equal(at, pair->len);
}

static void test_random_rings_against_an_array(void **state)
{
	struct rng rng = rng_of(2);
	struct buffer_pool pool;
	void *region = pool_open(&pool, POOL_BLOCKS);
	struct pair pairs[RINGS];

	(void)state;
	for (u32 n = 0; n < RINGS; n++) {
		pairs[n] = (struct pair){ .bytes = calloc(1, RING_MAX),
					  .written = calloc(1, RING_MAX) };
		ring_init(&pairs[n].ring);
	}
	for (u32 step = 0; step < STEPS; step++) {
		struct pair *pair = &pairs[rng_below(&rng, RINGS)];

		if (rng_below(&rng, 3) == 0)
			pair_drop(pair, &pool, &rng);
		else
			pair_write(pair, &pool, &rng);
		pair_compare(pair, &pool, &rng);
		buffer_pool_check(&pool);
	}
	for (u32 n = 0; n < RINGS; n++) {
		ring_fini(&pairs[n].ring, &pool);
		assert_int_equal(pairs[n].ring.block, IDX_NONE);
		free(pairs[n].bytes);
		free(pairs[n].written);
	}
	expect_all_back(&pool, 256 * BUFFER_BLOCK_MIN);
	free(region);
}

/* An idle ring holds nothing; one that was emptied gave its block back. */
static void test_empty_holds_nothing(void **state)
{
	struct buffer_pool pool;
	void *region = pool_open(&pool, 8);
	struct ring ring;
	u32 bytes;

	(void)state;
	ring_init(&ring);
	assert_null(ring_peek(&ring, &pool, 0, 100, &bytes));
	assert_int_equal(bytes, 0);
	assert_true(ring_reserve(&ring, &pool, 3));
	assert_true(pool.used_bytes == BUFFER_BLOCK_MIN);
	ring_write(&ring, &pool, 0, (const u8 *)"abc", 3);
	ring.len = 3;
	ring_drop(&ring, &pool, 3);
	assert_int_equal(ring.block, IDX_NONE);
	assert_int_equal(ring.size, 0);
	expect_all_back(&pool, 8 * BUFFER_BLOCK_MIN);
	free(region);
}

/* Writes, reads all, and tells how large the block was. */
static u32 ring_use(struct ring *ring, struct buffer_pool *pool, u32 bytes)
{
	static const u8 data[4 * RING_BEGIN_MAX];
	u32 size;

	assert_true(ring_reserve(ring, pool, bytes));
	ring_write(ring, pool, 0, data, bytes);
	ring->len = bytes;
	size = ring->size;
	ring_drop(ring, pool, bytes);
	assert_int_equal(ring->block, IDX_NONE);
	return size;
}

/* It begins with what it had before, once; not beyond the bound, and with less when that is all. */
static void test_it_begins_with_what_it_had(void **state)
{
	struct buffer_pool pool;
	void *region = pool_open(&pool, 64);
	u32 half = 32 * BUFFER_BLOCK_MIN;
	struct ring ring;
	u32 held;

	(void)state;
	ring_init(&ring);
	assert_int_equal(ring_use(&ring, &pool, 20000), 32768);
	assert_int_equal(ring_use(&ring, &pool, 100), 32768);
	assert_int_equal(ring_use(&ring, &pool, 100), BUFFER_BLOCK_MIN);
	assert_int_equal(ring_use(&ring, &pool, 2 * RING_BEGIN_MAX), 2 * RING_BEGIN_MAX);
	assert_int_equal(ring_use(&ring, &pool, 100), RING_BEGIN_MAX);
	assert_int_equal(ring_use(&ring, &pool, 20000), 32768);
	held = buffer_new(&pool, half);
	for (u32 at = 0; at < 8; at++)
		assert_int_not_equal(buffer_new(&pool, 4 * BUFFER_BLOCK_MIN), IDX_NONE);
	assert_int_equal(buffer_new(&pool, BUFFER_BLOCK_MIN), IDX_NONE);
	buffer_del(&pool, held);
	for (u32 at = 0; at < 31; at++)
		assert_int_not_equal(buffer_new(&pool, BUFFER_BLOCK_MIN), IDX_NONE);
	assert_int_equal(ring_use(&ring, &pool, 100), BUFFER_BLOCK_MIN);
	buffer_pool_check(&pool);
	free(region);
}

/* Without memory nothing changes: what is in the ring stays, and where it was. */
static void test_no_room_to_grow(void **state)
{
	struct buffer_pool pool;
	void *region = pool_open(&pool, 2);
	struct ring ring, before;
	u8 copy[4096];

	(void)state;
	ring_init(&ring);
	assert_true(ring_reserve(&ring, &pool, 4096));
	memset(copy, 0x5a, sizeof copy);
	ring_write(&ring, &pool, 0, copy, sizeof copy);
	ring.len = ring.span;
	before = ring;
	assert_false(ring_reserve(&ring, &pool, 4097));
	assert_memory_equal(&ring, &before, sizeof ring);
	memset(copy, 0, sizeof copy);
	ring_copy(&ring, &pool, 0, copy, sizeof copy);
	assert_int_equal(copy[0], 0x5a);
	assert_int_equal(copy[4095], 0x5a);
	ring_fini(&ring, &pool);
	expect_all_back(&pool, 2 * BUFFER_BLOCK_MIN);
	free(region);
}

/* What is behind a gap is not there to be read, but is kept when the ring doubles. */
static void test_a_gap_survives_doubling(void **state)
{
	struct buffer_pool pool;
	void *region = pool_open(&pool, 16);
	struct ring ring;
	u8 copy[4];
	u32 bytes;

	(void)state;
	ring_init(&ring);
	assert_true(ring_reserve(&ring, &pool, 4096));
	ring_write(&ring, &pool, 4000, (const u8 *)"late", 4);
	assert_null(ring_peek(&ring, &pool, 0, 4096, &bytes));
	assert_true(ring_reserve(&ring, &pool, 5000));
	assert_int_equal(ring.size, 8192);
	ring_copy(&ring, &pool, 4000, copy, 4);
	assert_memory_equal(copy, "late", 4);
	ring_fini(&ring, &pool);
	free(region);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes_are_rounded_up),
		cmocka_unit_test(test_full_is_an_answer),
		cmocka_unit_test(test_a_pool_of_nothing),
		cmocka_unit_test(test_random_blocks_are_apart),
		cmocka_unit_test(test_random_rings_against_an_array),
		cmocka_unit_test(test_empty_holds_nothing),
		cmocka_unit_test(test_it_begins_with_what_it_had),
		cmocka_unit_test(test_no_room_to_grow),
		cmocka_unit_test(test_a_gap_survives_doubling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
