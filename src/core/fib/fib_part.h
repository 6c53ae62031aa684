/* What the files of the forwarding table share. */
#ifndef CORE_FIB_FIB_PART_H
#define CORE_FIB_FIB_PART_H

#include "core/base/check.h"
#include "core/fib/fib.h"
#include "core/wire/ip4.h"

/* A value: the page below, or a route and the length of its prefix within the level (1..16 in the
 * root, 1..8 in a page). Zero: nothing at this level.                                           */
#define FIB_VALUE_PAGE       0x80000000u
#define FIB_VALUE_ROUTE_MASK 0x03ffffffu
#define FIB_VALUE_LEN_SHIFT  26
/* In runs[FIB_INLINE_RUNS - 1]: runs[0] is the unit of a block. No value looks like it. */
#define FIB_RUNS_IN_BLOCK UINT32_MAX

enum { FIB_BLOCK_UNIT = 8 };

static inline u32 fib_value(u32 route, u32 level_len)
{
	return route | level_len << FIB_VALUE_LEN_SHIFT;
}

static inline u32 fib_value_len(u32 value)
{
	return value >> FIB_VALUE_LEN_SHIFT & 0x1f;
}

static inline u32 fib_value_route(u32 value)
{
	return value & FIB_VALUE_ROUTE_MASK;
}

static inline u32 fib_page_run_count(const struct fib_page *page)
{
	return page->before[FIB_PAGE_WORDS - 1] + u64_count_bits(page->starts[FIB_PAGE_WORDS - 1]);
}

static inline bool fib_page_has_block(const struct fib_page *page)
{
	return page->runs[FIB_INLINE_RUNS - 1] == FIB_RUNS_IN_BLOCK;
}

static inline u32 fib_page_value(const struct fib *fib, const struct fib_page *page, u32 slot)
{
	u32 word = slot / 64;
	u64 upto = UINT64_MAX >> (63 - slot % 64);
	u32 run = page->before[word] + u64_count_bits(page->starts[word] & upto) - 1;

	if (fib_page_has_block(page))
		return fib->blocks.store[page->runs[0] * FIB_BLOCK_UNIT + run];
	return page->runs[run];
}

/* block.c */
void fib_blocks_layout(struct fib_blocks *blocks, u32 unit_count, struct mem *mem);
void fib_blocks_init(struct fib_blocks *blocks);
/* The smallest class for so many values. */
u32 fib_block_class(u32 value_count);
/* First unit, or IDX_NONE. */
u32 fib_block_new(struct fib_blocks *blocks, u32 class);
void fib_block_del(struct fib_blocks *blocks, u32 unit);
/* Units of a block in use. */
u32 fib_block_units(const struct fib_blocks *blocks, u32 unit);
void fib_blocks_check(const struct fib_blocks *blocks);

/* lpm.c */
void fib_pages_layout(struct fib *fib, struct mem *mem);
void fib_pages_init(struct fib *fib);
/* All slots of the prefix's level that belong to nobody longer get this route; 0 takes it away
 * (level_len is then the length of what covers it, 0 for nothing). ERR_FULL: nothing changed.   */
enum err fib_pages_write(struct fib *fib, u32 prefix, u32 len, u32 value);
void fib_pages_publish(struct fib *fib);
/* First bit of the level that a length belongs to: 0, 16 or 24. */
u32 fib_level_base(u32 len);
/* Spread a page over its slots. */
void fib_page_read(const struct fib *fib, u32 idx, u32 slot[FIB_PAGE_SLOTS]);

/* nexthop.c */
void fib_nexthops_layout(struct fib *fib, struct mem *mem);
void fib_nexthops_init(struct fib *fib);
bool fib_route_is_good(const struct fib_route *route);
/* The interned set, one reference more; IDX_NONE when there is no room. */
u32 fib_nexthop_get(struct fib *fib, const struct fib_route *route);
/* One reference more of a set that somebody has. */
void fib_nexthop_more(struct fib *fib, u32 idx);
void fib_nexthop_put(struct fib *fib, u32 idx);
void fib_nexthops_publish(struct fib *fib);
/* Sets of several paths stay for as long as that, whoever gives them back. */
void fib_nexthops_keep(struct fib *fib);
void fib_nexthops_keep_end(struct fib *fib);

/* ecmp.c */
/* Which path each slot has. like: a set whose slots stay as far as they can; NULL. */
void fib_spread(const struct hash_key *key, const struct fib_route *route,
		const struct fib_nexthop *like, u8 bucket[FIB_BUCKETS]);
/* Ways that are in both; paths of a route are different. */
u32 fib_spread_shared(const struct fib_route *a, const struct fib_route *b);

/* fib.c */
u32 fib_prefix_find(const struct fib *fib, u32 prefix, u32 len);

#endif
