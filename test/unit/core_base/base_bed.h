/* What every test of core/base begins with. */
#ifndef TEST_UNIT_CORE_BASE_BASE_BED_H
#define TEST_UNIT_CORE_BASE_BASE_BED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/base/check.h"
#include "core/base/mem.h"
#include "core/base/rng.h"

/* size zeroed bytes on a line of memory; free() them. */
static inline void *region_new(u64 size)
{
	void *region = aligned_alloc(MEM_LINE, (size + MEM_LINE - 1) / MEM_LINE * MEM_LINE);

	assert_non_null(region);
	memset(region, 0, size);
	return region;
}

static inline struct rng rng_of(u8 seed)
{
	u8 bytes[32];
	struct rng rng;

	memset(bytes, seed, sizeof bytes);
	rng_init(&rng, bytes);
	return rng;
}

#endif
