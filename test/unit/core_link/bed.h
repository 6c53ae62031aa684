/* A pool and a link over it, for tests of core/link. bed_close() fails the test when a packet was
 * lost or put twice.                                                                             */
#ifndef TEST_UNIT_CORE_LINK_BED_H
#define TEST_UNIT_CORE_LINK_BED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/link/link.h"
#include "fake/build.h"
#include "fake/seen.h"

enum { BED_SMALL = 3000, BED_LARGE = 4, BED_RING = 4, BED_FLIGHT = 2000 };

struct bed {
	struct pkt_pool pool;
	struct link link;
	struct batch out;
	void *memory;
	u32 next_number;
};

static inline void bed_layout(struct bed *bed, const struct link_conf *conf, struct mem *mem)
{
	const struct pkt_pool_conf pool = { BED_SMALL, BED_LARGE, BED_RING };

	pkt_pool_layout(&bed->pool, &pool, mem);
	link_layout(&bed->link, conf, mem);
}

static inline void bed_open_seeded(struct bed *bed, const struct link_conf *given, u8 seed)
{
	struct link_conf conf = *given;
	u8 secret[32] = { seed };
	struct mem mem;

	if (conf.flight_max == 0)
		conf.flight_max = BED_FLIGHT;
	memset(bed, 0, sizeof *bed);
	mem_init_plan(&mem);
	bed_layout(bed, &conf, &mem);
	bed->memory = aligned_alloc(MEM_LINE, mem.used);
	assert_non_null(bed->memory);
	memset(bed->memory, 0, mem.used);
	mem_init(&mem, bed->memory, mem.used);
	bed_layout(bed, &conf, &mem);
	assert_false(mem.short_of);
	pkt_pool_init(&bed->pool);
	link_init(&bed->link, secret);
}

static inline void bed_open(struct bed *bed, const struct link_conf *conf)
{
	bed_open_seeded(bed, conf, 1);
}

static inline void bed_put_out(struct bed *bed)
{
	while (bed->out.count > 0)
		pkt_put(bed->out.pkt[--bed->out.count]);
}

static inline void bed_close(struct bed *bed)
{
	bed_put_out(bed);
	link_check(&bed->link);
	link_fini(&bed->link);
	pkt_pool_check(&bed->pool);
	for (u32 class = 0; class < PKT_CLASS_COUNT; class ++)
		assert_int_equal(bed->pool.free_count[class], bed->pool.count[class]);
	free(bed->memory);
}

/* A frame whose len, from l3 on, is as given, and which bears a number of its own: 0, 1, ... It is
 * of a kind that the model knows nothing of.                                                     */
static inline struct pkt *bed_pkt(struct bed *bed, u32 len)
{
	struct pkt *pkt = pkt_new(&bed->pool, len);

	assert_non_null(pkt);
	pkt->l2 = (u16)(pkt->l3 - ETH_HLEN);
	memset(pkt_frame(pkt), 0x5a, ETH_HLEN);
	be32_store(pkt_l3(pkt), be32_of(bed->next_number++));
	return pkt;
}

static inline void bed_in(struct bed *bed, u32 len, ns_t now)
{
	link_in(&bed->link, bed_pkt(bed, len), now);
}

static inline u32 bed_number(const struct pkt *pkt)
{
	return be32_host(be32_load(pkt_l3(pkt)));
}

/* The next one, put already; its number, and *at_ns when it arrived. */
static inline u32 bed_take(struct bed *bed, ns_t *at_ns)
{
	struct batch one = { .count = BATCH_MAX - 1 };
	u32 number;

	*at_ns = link_next(&bed->link);
	assert_true(*at_ns != NS_NEVER);
	assert_int_equal(link_out(&bed->link, &one, *at_ns - 1), 0);
	assert_int_equal(link_out(&bed->link, &one, *at_ns), 1);
	assert_int_equal(one.pkt[BATCH_MAX - 1]->rx_ns, *at_ns);
	number = bed_number(one.pkt[BATCH_MAX - 1]);
	pkt_put(one.pkt[BATCH_MAX - 1]);
	return number;
}

/* Takes everything that is on its way; how many those were. */
static inline u32 bed_drain(struct bed *bed)
{
	u32 count = 0;

	while (link_out(&bed->link, &bed->out, NS_NEVER) > 0) {
		count += bed->out.count;
		bed_put_out(bed);
	}
	return count;
}

#endif
