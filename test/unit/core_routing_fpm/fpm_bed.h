/* A RIB with a client that zebra tells, and two links: 10.1.0.1/16 on interface 0, which the system
 * counts as 3, and 10.2.0.1/16 on interface 1, its 5.                                            */
#ifndef TEST_UNIT_CORE_ROUTING_FPM_FPM_BED_H
#define TEST_UNIT_CORE_ROUTING_FPM_FPM_BED_H

#include "core/routing/fpm/fpm.h"
#include "fake/fpm_wire.h"
#include "unit/core_routing/rib_bed.h"

enum { A = 0x0a010002, B = 0x0a020002, OF_A = 3, OF_B = 5, OBJECTS = 8 };

struct fpm_bed {
	struct rib_bed *bed;
	struct fpm fpm;
	struct iface_table ifaces;
	struct speaker_log log;
	struct fpm_wire wire;
	void *region;
};

static struct fpm_bed *tb;

static inline void fpm_cut(const struct fpm_conf *conf)
{
	struct mem mem;

	mem_init_plan(&mem);
	fpm_layout(&tb->fpm, conf, &mem);
	tb->region = aligned_alloc(MEM_LINE, mem.used);
	assert_non_null(tb->region);
	memset(tb->region, 0, mem.used);
	mem_init(&mem, tb->region, mem.used);
	fpm_layout(&tb->fpm, conf, &mem);
	assert_false(mem.short_of);
}

static inline struct fpm_conf fpm_usual(void)
{
	struct fpm_conf conf;

	fpm_conf_defaults(&conf);
	conf.object_limit = OBJECTS;
	return conf;
}

static inline int fpm_begin(void **state)
{
	struct fpm_conf conf = fpm_usual();
	struct fpm_start start;
	u16 links;

	(void)state;
	tb = calloc(1, sizeof *tb);
	assert_non_null(tb);
	tb->bed = bed_open(256, 512, 64, 256);
	tb->ifaces.count = 2;
	for (u32 at = 0; at < 2; at++) {
		tb->ifaces.iface[at].up = true;
		tb->ifaces.iface[at].conf.addr_count = 1;
		tb->ifaces.iface[at].conf.addr[0] = (struct iface_addr){
			be32_of(0x0a010001 + (at << 16)), 16, false
		};
	}
	start = (struct fpm_start){ .rib = &tb->bed->rib,
				    .ifaces = &tb->ifaces,
				    .log = &tb->log,
				    .key = { { 1, 2, 3, 4 } } };
	fpm_cut(&conf);
	assert_true(fpm_init(&tb->fpm, &conf, &start));
	fpm_os_index(&tb->fpm, 0, OF_A);
	fpm_os_index(&tb->fpm, 1, OF_B);
	links = rib_client_new(&tb->bed->rib, ROUTE_CONNECTED);
	assert_int_equal(
		bed_offer(tb->bed, "10.1.0.0/16", bed_path(links, 0, 0, bed_hop(tb->bed, "", 0))),
		ERR_OK);
	assert_int_equal(
		bed_offer(tb->bed, "10.2.0.0/16", bed_path(links, 0, 0, bed_hop(tb->bed, "", 1))),
		ERR_OK);
	bed_settle(tb->bed);
	return 0;
}

static inline int fpm_end(void **state)
{
	(void)state;
	bed_close(tb->bed);
	free(tb->region);
	free(tb);
	return 0;
}

static inline void fpm_settle(void)
{
	for (u32 steps = 0; fpm_next(&tb->fpm) <= tb->bed->now; steps++) {
		fpm_tick(&tb->fpm, tb->bed->now);
		assert_true(steps < 1000);
	}
	bed_settle(tb->bed);
	fpm_check(&tb->fpm);
}

static inline void connects(bool same_host)
{
	const struct fpm_peer peer = { be32_of(0x7f000001), 40000, same_host };

	fpm_open(&tb->fpm, &peer, tb->bed->now);
	fpm_check(&tb->fpm);
}

/* What was written is told, and all that follows from it done. */
static inline void tells(void)
{
	assert_null(fpm_input(&tb->fpm, tb->wire.at, tb->wire.bytes, tb->bed->now));
	tb->wire.bytes = 0;
	fpm_settle();
}

static inline void goes(void)
{
	fpm_close(&tb->fpm, "it is gone", tb->bed->now);
	fpm_settle();
}

static inline void passes(ns_t ns)
{
	tb->bed->now += ns;
	fpm_settle();
}

/* The last thing that was said. */
static inline struct speaker_event last_said(void)
{
	struct speaker_event event = { .text = "" };

	while (speaker_log_take(&tb->log, &event))
		;
	return event;
}

#endif
