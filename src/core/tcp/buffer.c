/* The buddy allocator, and rings in its blocks. */
#include "core/tcp/buffer.h"
#include "core/base/check.h"

/* state[] of a block: its order with one of these; zero inside of a larger one. */
enum { BLOCK_FREE = 0x40, BLOCK_USED = 0x80, BLOCK_ORDER = 0x3f };

/* ---- the pool -------------------------------------------------------------------------------- */

void buffer_pool_layout(struct buffer_pool *pool, struct mem *mem, u64 bytes)
{
	memset(pool, 0, sizeof *pool);
	CHECK(bytes / BUFFER_BLOCK_MIN < IDX_NONE);
	pool->block_count = (u32)(bytes / BUFFER_BLOCK_MIN);
	pool->base = mem_take(mem, "tcp_buffers", pool->block_count, BUFFER_BLOCK_MIN);
	pool->state = mem_take(mem, "tcp_buffers_state", pool->block_count, sizeof *pool->state);
	pool->next = mem_take(mem, "tcp_buffers_state", pool->block_count, sizeof *pool->next);
	pool->prev = mem_take(mem, "tcp_buffers_state", pool->block_count, sizeof *pool->prev);
}

static void free_add(struct buffer_pool *pool, u32 block, u32 order)
{
	u32 head = pool->free_head[order];

	pool->state[block] = (u8)(BLOCK_FREE | order);
	pool->next[block] = head;
	pool->prev[block] = IDX_NONE;
	if (head != IDX_NONE)
		pool->prev[head] = block;
	pool->free_head[order] = block;
}

static void free_remove(struct buffer_pool *pool, u32 block, u32 order)
{
	u32 next = pool->next[block];
	u32 prev = pool->prev[block];

	if (prev == IDX_NONE)
		pool->free_head[order] = next;
	else
		pool->next[prev] = next;
	if (next != IDX_NONE)
		pool->prev[next] = prev;
	pool->state[block] = 0;
}

/* The region is no power of two: it begins as the largest blocks that fit at their places. */
void buffer_pool_init(struct buffer_pool *pool)
{
	u32 order;

	for (order = 0; order <= BUFFER_ORDER_MAX; order++)
		pool->free_head[order] = IDX_NONE;
	pool->used_bytes = 0;
	pool->refused = 0;
	for (u32 at = 0; at < pool->block_count; at += UINT32_C(1) << order) {
		order = BUFFER_ORDER_MAX;
		while (at % (UINT32_C(1) << order) != 0 ||
		       UINT32_C(1) << order > pool->block_count - at)
			order--;
		free_add(pool, at, order);
	}
}

static u64 order_bytes(u32 order)
{
	return (u64)BUFFER_BLOCK_MIN << order;
}

u32 buffer_new(struct buffer_pool *pool, u32 bytes)
{
	u32 wanted = 0;
	u32 order, block;

	while (wanted <= BUFFER_ORDER_MAX && order_bytes(wanted) < bytes)
		wanted++;
	for (order = wanted; order <= BUFFER_ORDER_MAX; order++) {
		if (pool->free_head[order] != IDX_NONE)
			break;
	}
	if (order > BUFFER_ORDER_MAX) {
		pool->refused++;
		return IDX_NONE;
	}
	block = pool->free_head[order];
	free_remove(pool, block, order);
	while (order > wanted) {
		order--;
		free_add(pool, block + (UINT32_C(1) << order), order);
	}
	pool->state[block] = (u8)(BLOCK_USED | order);
	pool->used_bytes += order_bytes(order);
	return block;
}

void buffer_del(struct buffer_pool *pool, u32 block)
{
	u32 order;

	CHECK(block < pool->block_count && (pool->state[block] & BLOCK_USED) != 0);
	order = pool->state[block] & BLOCK_ORDER;
	pool->used_bytes -= order_bytes(order);
	pool->state[block] = 0;
	/* A free buddy of the same size makes one block of twice the size with it. */
	for (; order < BUFFER_ORDER_MAX; order++) {
		u32 buddy = block ^ UINT32_C(1) << order;

		if (buddy >= pool->block_count || pool->state[buddy] != (BLOCK_FREE | order))
			break;
		free_remove(pool, buddy, order);
		block = u32_min(block, buddy);
	}
	free_add(pool, block, order);
}

u32 buffer_size(const struct buffer_pool *pool, u32 block)
{
	CHECK(block < pool->block_count && (pool->state[block] & BLOCK_USED) != 0);
	return (u32)order_bytes(pool->state[block] & BLOCK_ORDER);
}

/* Whether a free block's buddy is free, too, and of its size: they should be one. */
static bool buddy_is_free(const struct buffer_pool *pool, u32 block, u32 order)
{
	u32 buddy = block ^ UINT32_C(1) << order;

	return order < BUFFER_ORDER_MAX && buddy < pool->block_count &&
	       pool->state[buddy] == (BLOCK_FREE | order);
}

void buffer_pool_check(const struct buffer_pool *pool)
{
	u32 free_count = 0, listed = 0;
	u64 used = 0;
	u32 size;

	for (u32 at = 0; at < pool->block_count; at += size) {
		u32 order = pool->state[at] & BLOCK_ORDER;

		CHECK(pool->state[at] == (BLOCK_FREE | order) ||
		      pool->state[at] == (BLOCK_USED | order));
		CHECK(order <= BUFFER_ORDER_MAX);
		size = UINT32_C(1) << order;
		CHECK(at % size == 0 && size <= pool->block_count - at);
		for (u32 inside = 1; inside < size; inside++)
			CHECK(pool->state[at + inside] == 0);
		if ((pool->state[at] & BLOCK_USED) != 0) {
			used += order_bytes(order);
			continue;
		}
		free_count++;
		CHECK(!buddy_is_free(pool, at, order));
	}
	CHECK(used == pool->used_bytes);
	for (u32 order = 0; order <= BUFFER_ORDER_MAX; order++) {
		u32 prev = IDX_NONE;

		for (u32 at = pool->free_head[order]; at != IDX_NONE; at = pool->next[at]) {
			CHECK(pool->state[at] == (BLOCK_FREE | order));
			CHECK(pool->prev[at] == prev);
			CHECK(++listed <= free_count);
			prev = at;
		}
	}
	CHECK(listed == free_count);
}

/* ---- rings ----------------------------------------------------------------------------------- */

void ring_init(struct ring *ring)
{
	*ring = (struct ring){ .block = IDX_NONE };
}

void ring_fini(struct ring *ring, struct buffer_pool *pool)
{
	if (ring->block != IDX_NONE)
		buffer_del(pool, ring->block);
	ring_init(ring);
}

/* Where the byte `at` behind head lies, and in *run how many follow it up to the ring's end. */
static u8 *ring_run(const struct ring *ring, const struct buffer_pool *pool, u32 at, u32 *run)
{
	u32 place = (ring->head + at) & (ring->size - 1);

	*run = ring->size - place;
	return buffer_at(pool, ring->block) + place;
}

/* The first block: as large as was needed last time, if there is such a one. */
static u32 ring_begin(struct ring *ring, struct buffer_pool *pool, u32 bytes)
{
	u32 again = u32_min(ring->peak, RING_BEGIN_MAX);
	u32 block = again > bytes ? buffer_new(pool, again) : IDX_NONE;

	if (block == IDX_NONE)
		block = buffer_new(pool, bytes);
	if (block != IDX_NONE)
		ring->peak = 0;
	return block;
}

bool ring_reserve(struct ring *ring, struct buffer_pool *pool, u32 bytes)
{
	u32 block;

	if (bytes <= ring->size)
		return true;
	/* Sizes are powers of two: whatever is larger is twice as large, at least. */
	block = ring->block == IDX_NONE ? ring_begin(ring, pool, bytes) : buffer_new(pool, bytes);
	if (block == IDX_NONE)
		return false;
	if (ring->block != IDX_NONE) {
		ring_copy(ring, pool, 0, buffer_at(pool, block), ring->span);
		buffer_del(pool, ring->block);
	}
	ring->block = block;
	ring->size = buffer_size(pool, block);
	ring->head = 0;
	return true;
}

void ring_write(struct ring *ring, struct buffer_pool *pool, u32 at, const u8 *data, u32 bytes)
{
	u32 run;
	u8 *to;

	if (bytes == 0)
		return;
	CHECK(at <= ring->size && bytes <= ring->size - at);
	to = ring_run(ring, pool, at, &run);
	run = u32_min(run, bytes);
	memcpy(to, data, run);
	/* What wraps goes to the block's begin. */
	if (bytes > run)
		memcpy(buffer_at(pool, ring->block), data + run, bytes - run);
	ring->span = u32_max(ring->span, at + bytes);
}

const u8 *ring_peek(const struct ring *ring, const struct buffer_pool *pool, u32 at, u32 max,
		    u32 *bytes)
{
	const u8 *from;
	u32 run;

	*bytes = 0;
	if (at >= ring->len || max == 0)
		return NULL;
	from = ring_run(ring, pool, at, &run);
	*bytes = u32_min(u32_min(max, run), ring->len - at);
	return from;
}

void ring_copy(const struct ring *ring, const struct buffer_pool *pool, u32 at, u8 *to, u32 bytes)
{
	const u8 *from;
	u32 run;

	if (bytes == 0)
		return;
	CHECK(at <= ring->span && bytes <= ring->span - at);
	from = ring_run(ring, pool, at, &run);
	run = u32_min(run, bytes);
	memcpy(to, from, run);
	if (bytes > run)
		memcpy(to + run, buffer_at(pool, ring->block), bytes - run);
}

void ring_drop(struct ring *ring, struct buffer_pool *pool, u32 bytes)
{
	u32 peak = u32_max(ring->peak, ring->span);

	CHECK(bytes <= ring->len);
	ring->len -= bytes;
	ring->span -= bytes;
	if (ring->span == 0)
		ring_fini(ring, pool);
	ring->peak = peak;
	if (ring->span == 0)
		return;
	ring->head = (ring->head + bytes) & (ring->size - 1);
}
