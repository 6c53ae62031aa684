/* A forwarding table with its memory, for its tests. */
#ifndef TEST_UNIT_CORE_FIB_FIB_BED_H
#define TEST_UNIT_CORE_FIB_FIB_BED_H

#include "core/fib/fib.h"

#include <assert.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>

#include <cmocka.h>

static inline void *bed_open(struct fib *fib, u32 prefix_count, u32 route_count)
{
	struct fib_conf conf = { .prefix_count = prefix_count, .route_count = route_count };
	struct mem mem;
	void *region;
	u64 size;

	conf.key = (struct hash_key){ { 0x1234567890abcdef, 77, 0x9988776655443322, 5 } };
	mem_init_plan(&mem);
	fib_layout(fib, &conf, &mem);
	size = mem.used;
	region = aligned_alloc(MEM_LINE, size);
	assert_non_null(region);
	memset(region, 0, size);
	mem_init(&mem, region, size);
	fib_layout(fib, &conf, &mem);
	assert_false(mem.short_of);
	fib_init(fib);
	return region;
}

/* One next hop whose gateway is the value that a model would answer. */
static inline struct fib_route bed_route(u32 value)
{
	return (struct fib_route){
		.type = FIB_UNICAST,
		.path_count = 1,
		.path = { { .gateway = be32_of(value), .out_if = 1, .weight = 1 } },
	};
}

static inline u32 ip(u32 a, u32 b, u32 c, u32 d)
{
	return a << 24 | b << 16 | c << 8 | d;
}

static inline void bed_add(struct fib *fib, u32 prefix, u8 len, u32 value)
{
	struct fib_route route = bed_route(value);

	assert_int_equal(fib_add(fib, be32_of(prefix), len, &route), ERR_OK);
}

static inline void bed_del(struct fib *fib, u32 prefix, u8 len)
{
	assert_int_equal(fib_del(fib, be32_of(prefix), len), ERR_OK);
}

/* The gateway that the table answers with; 0 without a next hop. */
static inline u32 bed_lookup(const struct fib *fib, u32 addr)
{
	const struct fib_route *route = fib_route_at(fib, fib_lookup(fib, be32_of(addr)));

	return route->path_count == 0 ? 0 : be32_host(route->path[0].gateway);
}

static inline enum fib_type bed_type(const struct fib *fib, u32 addr)
{
	return fib_route_at(fib, fib_lookup(fib, be32_of(addr)))->type;
}

#endif
