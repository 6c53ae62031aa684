/* A pool, counters and a batch, for tests of one module: what every test of core/ip begins with.
 *
 * bed_close() fails the test when a buffer was lost or a packet put twice.                      */
#ifndef TEST_UNIT_CORE_IP_BED_H
#define TEST_UNIT_CORE_IP_BED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/base/hash.h"
#include "core/base/rng.h"
#include "core/ip/ip.h"
#include "fake/build.h"
#include "fake/seen.h"

enum { BED_TABLES_BYTES = 4 << 20 };

struct bed {
	void *region;
	struct mem mem; /* the pool is cut already; the module under test may cut more */
	struct pkt_pool pool;
	struct drop_stats stats;
	struct batch out;
};

static inline void bed_open(struct bed *bed, u32 small_count, u32 large_count)
{
	struct pkt_pool_conf conf = { small_count, large_count, 4 };
	u64 size = BED_TABLES_BYTES + (u64)small_count * (PKT_SMALL_SIZE + 128) +
		   (u64)large_count * (PKT_LARGE_SIZE + 128);

	memset(bed, 0, sizeof *bed);
	size = (size + MEM_LINE - 1) / MEM_LINE * MEM_LINE;
	bed->region = aligned_alloc(MEM_LINE, size);
	assert_non_null(bed->region);
	memset(bed->region, 0, size);
	mem_init(&bed->mem, bed->region, size);
	pkt_pool_layout(&bed->pool, &conf, &bed->mem);
	assert_false(bed->mem.short_of);
	pkt_pool_init(&bed->pool);
}

static inline void bed_put_all(struct batch *batch)
{
	for (u32 n = 0; n < batch->count; n++)
		pkt_put(batch->pkt[n]);
	batch->count = 0;
}

static inline void bed_close(struct bed *bed)
{
	bed_put_all(&bed->out);
	pkt_pool_check(&bed->pool);
	for (u32 class = 0; class < PKT_CLASS_COUNT; class ++)
		assert_int_equal(bed->pool.free_count[class], bed->pool.count[class]);
	free(bed->region);
}

static inline struct pkt *bed_pkt_raw(struct bed *bed, const struct build *b)
{
	struct pkt *pkt = build_pkt(&bed->pool, b, 1);

	assert_non_null(pkt);
	return pkt;
}

/* As it is after ip_validate. */
static inline struct pkt *bed_pkt(struct bed *bed, const struct build *b)
{
	struct pkt *pkt = bed_pkt_raw(bed, b);
	verdict v = ip_validate(&bed->stats, pkt);

	assert_true(verdict_is_accept(v));
	return pkt;
}

/* The verdict is dead for this reason, counted once; the packet is put and the counter cleared. */
static inline void bed_expect_dead(struct bed *bed, verdict v, struct pkt *pkt, enum drop reason)
{
	assert_true(verdict_is_dead(v));
	assert_string_equal(drop_name((enum drop)pkt->drop), drop_name(reason));
	assert_int_equal(bed->stats.count[reason], 1);
	bed->stats.count[reason] = 0;
	pkt_put(pkt);
}

static inline void bed_expect_accept(verdict v, struct pkt *pkt)
{
	assert_true(verdict_is_accept(v));
	pkt_put(pkt);
}

/* What is in a packet that was made; it must be whole and every checksum in it right. */
static inline struct seen bed_see(const struct pkt *pkt)
{
	struct seen seen;

	assert_true(seen_parse(&seen, pkt_l3(pkt), pkt->len));
	assert_int_equal(seen.wrong, 0);
	assert_int_equal(seen.len, pkt->len);
	return seen;
}

static inline struct rng bed_rng(u8 seed)
{
	u8 bytes[32];
	struct rng rng;

	memset(bytes, seed, sizeof bytes);
	rng_init(&rng, bytes);
	return rng;
}

static inline struct hash_key bed_key(void)
{
	return (struct hash_key){ { 0x0123456789abcdef, 0xfedcba9876543210, 0x1357924680acebdf,
				    0x2468ace13579bdf0 } };
}

#endif
