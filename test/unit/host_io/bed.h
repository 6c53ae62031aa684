/* What the tests of drivers share: a pool, and a packet put into it. */
#ifndef TEST_UNIT_HOST_IO_BED_H
#define TEST_UNIT_HOST_IO_BED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/pkt/pkt.h"
#include "fake/build.h"
#include "host/io/port.h"

enum { BED_SMALL = 300, BED_LARGE = 4, BED_RING = 4 };

struct bed {
	struct pkt_pool pool;
	struct batch batch;
	void *memory;
};

static inline void bed_open(struct bed *bed)
{
	const struct pkt_pool_conf conf = { BED_SMALL, BED_LARGE, BED_RING };
	struct mem mem;

	memset(bed, 0, sizeof *bed);
	mem_init_plan(&mem);
	pkt_pool_layout(&bed->pool, &conf, &mem);
	bed->memory = aligned_alloc(MEM_LINE, mem.used);
	assert_non_null(bed->memory);
	memset(bed->memory, 0, mem.used);
	mem_init(&mem, bed->memory, mem.used);
	pkt_pool_layout(&bed->pool, &conf, &mem);
	pkt_pool_init(&bed->pool);
}

/* Every packet must have come home. */
static inline void bed_close(struct bed *bed)
{
	while (bed->batch.count > 0)
		pkt_put(bed->batch.pkt[--bed->batch.count]);
	assert_int_equal(bed->pool.free_count[PKT_CLASS_SMALL], BED_SMALL);
	assert_int_equal(bed->pool.free_count[PKT_CLASS_LARGE], BED_LARGE);
	assert_int_equal(bed->pool.free_count[PKT_CLASS_RING], BED_RING);
	pkt_pool_check(&bed->pool);
	free(bed->memory);
}

static inline struct pkt *bed_add(struct bed *bed, const struct build *b)
{
	struct pkt *pkt = build_pkt(&bed->pool, b, 0);

	assert_non_null(pkt);
	assert_true(batch_add(&bed->batch, pkt));
	return pkt;
}

#endif
