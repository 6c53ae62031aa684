/* Where data lies that was not acknowledged, or not read, yet.
 *
 * One region for all sockets, cut into blocks whose sizes are powers of two (a buddy allocator).
 * Each direction of a connection is a ring in one block: its data are one run of bytes, or two, so
 * that sending again and data out of order are arithmetic. A ring begins with nothing, doubles when
 * it has to, and gives its block back when it is empty; who is idle holds none. The next block has
 * room for what the last one held, up to a bound, or a busy ring would be copied each time until it
 * has its size again. Full is a normal answer: the writer waits, the window closes, or a segment
 * out of order is dropped.                                                                       */
#ifndef CORE_TCP_BUFFER_H
#define CORE_TCP_BUFFER_H

#include "core/base/bytes.h"
#include "core/base/mem.h"

enum {
	BUFFER_BLOCK_MIN = 4096,
	BUFFER_ORDER_MAX = 14,   /* 64 MB */
	RING_BEGIN_MAX = 65536,  /* bytes that a ring begins with because it had them before */
};

/* Free blocks of each size are linked through their first one; state: per smallest block, order
 * and whether a free, or used, block begins there.                                               */
struct buffer_pool {
	u8 *base;
	u8 *state;
	u32 *next;
	u32 *prev;
	u32 block_count; /* of BUFFER_BLOCK_MIN */
	u32 free_head[BUFFER_ORDER_MAX + 1];
	u64 used_bytes;
	u64 refused;     /* requests that found nothing */
};

void buffer_pool_layout(struct buffer_pool *pool, struct mem *mem, u64 bytes);
void buffer_pool_init(struct buffer_pool *pool);
/* A block of at least `bytes`, rounded up to a power of two; IDX_NONE. */
u32 buffer_new(struct buffer_pool *pool, u32 bytes);
void buffer_del(struct buffer_pool *pool, u32 block);
u32 buffer_size(const struct buffer_pool *pool, u32 block);
void buffer_pool_check(const struct buffer_pool *pool);

static inline u8 *buffer_at(const struct buffer_pool *pool, u32 block)
{
	return pool->base + (u64)block * BUFFER_BLOCK_MIN;
}

/* len bytes from head on are there; head < size. What lies beyond len may be data out of order,
 * which its owner knows of: span says how far it reaches, span >= len.                           */
struct ring {
	u32 block; /* IDX_NONE: none; then everything but peak is zero */
	u32 size;  /* bytes, a power of two */
	u32 head;
	u32 len;
	u32 span;
	u32 peak;  /* bytes that were there at once; without a block, in the last one */
};

void ring_init(struct ring *ring);
/* Give everything back. */
void ring_fini(struct ring *ring, struct buffer_pool *pool);
/* Room for `bytes` from head on: span never falls. False: no memory; nothing has changed. */
bool ring_reserve(struct ring *ring, struct buffer_pool *pool, u32 bytes);
/* Copies data to `at` bytes behind head. Requires: reserved. Extends span, not len. */
void ring_write(struct ring *ring, struct buffer_pool *pool, u32 at, const u8 *data, u32 bytes);
/* What of the len bytes lies from `at` on without a break: at most max bytes, NULL and 0 when there
 * is none; the second run is found by asking again from at + *bytes.                             */
const u8 *ring_peek(const struct ring *ring, const struct buffer_pool *pool, u32 at, u32 max,
		    u32 *bytes);
/* Copies bytes from `at` on. Requires: at + bytes <= span. */
void ring_copy(const struct ring *ring, const struct buffer_pool *pool, u32 at, u8 *to, u32 bytes);
/* The first `bytes` are done with; the block goes back when nothing is left. Requires: <= len. */
void ring_drop(struct ring *ring, struct buffer_pool *pool, u32 bytes);

#endif
