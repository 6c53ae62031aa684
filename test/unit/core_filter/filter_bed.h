/* A filter on the bench, with memory of its own. */
#ifndef TEST_UNIT_CORE_FILTER_FILTER_BED_H
#define TEST_UNIT_CORE_FILTER_FILTER_BED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/filter/filter.h"
#include "fake/build.h"
#include "model/filter_model.h"

enum { BED_FLOWS = 64, BED_IFACES = 8 };

struct filter_bed {
	struct filter filter;
	struct filter_conf conf;
	void *memory;
	const char *why;
};

/* The limits of conf count; its rules come with bed_use(). */
static inline void bed_open_with(struct filter_bed *bed, const struct filter_conf *conf)
{
	const struct hash_key key = { { 0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb,
					0x2545f4914f6cdd1d } };
	struct filter planned;
	struct mem mem;

	mem_init_plan(&mem);
	filter_layout(&planned, conf, BED_FLOWS, &mem);
	bed->memory = aligned_alloc(MEM_LINE, mem.used);
	assert_non_null(bed->memory);
	memset(bed->memory, 0, mem.used);
	mem_init(&mem, bed->memory, mem.used);
	filter_layout(&bed->filter, conf, BED_FLOWS, &mem);
	assert_false(mem.short_of);
	filter_init(&bed->filter, &key);
	bed->conf = *conf;
	bed->why = NULL;
}

static inline void bed_open(struct filter_bed *bed)
{
	struct filter_conf conf;

	filter_conf_defaults(&conf);
	bed_open_with(bed, &conf);
}

static inline void bed_close(struct filter_bed *bed)
{
	filter_check(&bed->filter);
	free(bed->memory);
}

static inline enum err bed_try(struct filter_bed *bed)
{
	enum err err = filter_prepare(&bed->filter, &bed->conf, BED_IFACES, &bed->why);

	if (err == ERR_OK)
		filter_commit(&bed->filter);
	filter_check(&bed->filter);
	return err;
}

static inline void bed_use(struct filter_bed *bed)
{
	if (bed_try(bed) != ERR_OK)
		fail_msg("refused: %s", bed->why);
}

static inline struct filter_key bed_key(const struct filter_model_packet *p)
{
	return (struct filter_key){
		.field = { be32_host(p->src), be32_host(p->dst), p->sport, p->dport, p->proto,
			   u32_min(p->in_if, FILTER_IFACES), u32_min(p->out_if, FILTER_IFACES) },
		.state = p->state,
		.ports = ip4_has_ports(p->proto),
		.icmp_type = p->icmp_type,
		.icmp_code = p->icmp_code,
		.tcp_flags = p->tcp_flags,
	};
}

#endif
