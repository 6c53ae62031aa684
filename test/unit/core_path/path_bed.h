/* What tests of the road begin with: an engine, one packet of each kind, and what came of it. */
#ifndef TEST_UNIT_CORE_PATH_PATH_BED_H
#define TEST_UNIT_CORE_PATH_PATH_BED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/engine/engine.h"
#include "fake/engine.h"

#define HOST "10.10.0.5"
#define SERVER "203.0.113.9"
#define GATEWAY_IN "10.10.0.1"
#define GATEWAY_OUT "198.18.0.1"

struct path_bed {
	struct sluice_conf conf;
	struct rig rig;
	struct build b;
	struct rig_out out;
};

static inline struct path_bed *path_bed_new(void)
{
	struct path_bed *bed = calloc(1, sizeof *bed);

	assert_non_null(bed);
	rig_conf(&bed->conf);
	return bed;
}

/* Both stations that packets go to by default are known. */
static inline void path_bed_start(struct path_bed *bed)
{
	rig_open(&bed->rig, &bed->conf);
	rig_drain(&bed->rig);
}

static inline struct path_bed *path_bed_open(void)
{
	struct path_bed *bed = path_bed_new();

	path_bed_start(bed);
	return bed;
}

static inline void path_bed_close(struct path_bed *bed)
{
	rig_close(&bed->rig);
	free(bed);
}

/* The first piece of packet number n, whose others never come. */
static inline void piece_in(struct path_bed *bed, u16 in_if, const char *src, u16 n)
{
	struct build whole;

	build_udp4(&whole, addr(src), (u16)(5000 + n), addr(SERVER), 53, 500);
	build_ip(&whole)->id = be16_of(n);
	build_seal(&whole);
	assert_true(build_fragment(&bed->b, &whole, 400, 0));
	assert_true(rig_send(&bed->rig, in_if, &bed->b));
}

static inline struct build *udp_out(struct path_bed *bed)
{
	build_udp4(&bed->b, addr(HOST), 5000, addr(SERVER), 53, 20);
	return &bed->b;
}

static inline struct build *tcp_out(struct path_bed *bed, u8 flags)
{
	build_tcp4(&bed->b, addr(HOST), 5000, addr(SERVER), 80, flags);
	return &bed->b;
}

/* It must pass: what came out. */
static inline const struct seen *path_pass(struct path_bed *bed, u16 in_if)
{
	u64 drops = rig_drop_sum(&bed->rig);

	assert_true(rig_send(&bed->rig, in_if, &bed->b));
	if (!rig_next(&bed->rig, &bed->out)) {
		for (enum drop drop = 1; drop < DROP_COUNT; drop++) {
			if (rig_drop_count(&bed->rig, drop) > 0)
				fprintf(stderr, "dropped: %s\n", drop_name(drop));
		}
		fail_msg("nothing came out");
	}
	assert_int_equal(rig_drop_sum(&bed->rig), drops);
	assert_true(bed->out.parsed);
	assert_int_equal(bed->out.seen.wrong, 0);
	return &bed->out.seen;
}

#endif
