/* Two speakers of BFD on one link in virtual time, or one and a neighbour that is written by hand.
 * 192.0.2.1 is ours, side 0; 192.0.2.2 the neighbour's, side 1.                                  */
#ifndef TEST_UNIT_CORE_ROUTING_BFD_BFD_BED_H
#define TEST_UNIT_CORE_ROUTING_BFD_BFD_BED_H

#include "core/base/check.h"
#include "fake/bfd_side.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { BED_FLYING = 256 };

struct bfd_flight {
	ns_t when;
	u32 to;
	struct dgram dgram;
};

struct bfd_bed {
	ns_t now;
	struct rng rng;
	struct bfd_side side[2];
	/* the link */
	bool passes[2]; /* by who sends */
	u32 loss_ppm;
	ns_t delay_ns;
	u32 flying;
	struct bfd_flight flight[BED_FLYING];
	/* the last packet that each sent, and when */
	u32 sent[2];
	ns_t sent_ns[2];
	struct dgram last[2];
};

static inline be32 side_addr(u32 side)
{
	return be32_of(0xc0000201u + side);
}

static inline struct bfd_bed *bed_new(u64 seed)
{
	struct bfd_bed *bed = calloc(1, sizeof *bed);
	u8 bytes[32] = { 0 };

	CHECK(bed != NULL);
	memcpy(bytes, &seed, sizeof seed);
	rng_init(&bed->rng, bytes);
	bed->now = 5 * NS_PER_SEC;
	bed->delay_ns = NS_PER_MS;
	for (u32 n = 0; n < 2; n++) {
		bed->passes[n] = true;
		bfd_side_init(&bed->side[n], side_addr(n));
	}
	return bed;
}

static inline void bed_free(struct bfd_bed *bed)
{
	bfd_side_end(&bed->side[0]);
	bfd_side_end(&bed->side[1]);
	free(bed);
}

/* Without a neighbour yet. */
static inline void side_start(struct bfd_bed *bed, u32 n)
{
	u8 seed[32];

	for (u32 at = 0; at < sizeof seed; at++)
		seed[at] = (u8)rng_u32(&bed->rng);
	bfd_side_start(&bed->side[n], seed);
}

static inline void bed_carry(struct bfd_bed *bed, u32 from)
{
	struct dgram out;

	while (dgram_take(bed->side[from].host, &out)) {
		bed->sent[from]++;
		bed->sent_ns[from] = bed->now;
		bed->last[from] = out;
		if (!bed->passes[from] || rng_below(&bed->rng, 1000000) < bed->loss_ppm)
			continue;
		CHECK(bed->flying < BED_FLYING);
		bed->flight[bed->flying++] = (struct bfd_flight){ bed->now + bed->delay_ns,
								  1 - from, out };
	}
}

static inline void side_turn(struct bfd_bed *bed, u32 n)
{
	if (!bed->side[n].running)
		return;
	bfd_side_turn(&bed->side[n], bed->now);
	bed_carry(bed, n);
}

/* A use of the session with the other side. */
static inline void side_get(struct bfd_bed *bed, u32 n)
{
	bed->side[n].id = bfd_get(&bed->side[n].bfd, side_addr(1 - n), 0, ROUTE_STATIC, bed->now);
	CHECK(bed->side[n].id != BFD_NONE);
	side_turn(bed, n);
}

static inline void side_put(struct bfd_bed *bed, u32 n)
{
	bfd_put(&bed->side[n].bfd, bed->side[n].id, ROUTE_STATIC, bed->now);
	bed->side[n].id = BFD_NONE;
	side_turn(bed, n);
}

static inline u32 bed_first(const struct bfd_bed *bed)
{
	u32 first = 0;

	for (u32 n = 1; n < bed->flying; n++) {
		if (bed->flight[n].when < bed->flight[first].when)
			first = n;
	}
	return first;
}

static inline ns_t bed_due(const struct bfd_bed *bed, u32 *who)
{
	ns_t next = NS_NEVER;

	for (u32 n = 0; n < 2; n++) {
		ns_t when = bed->side[n].running ? bfd_next(&bed->side[n].bfd) : NS_NEVER;

		if (when < next) {
			next = when;
			*who = n;
		}
	}
	return next;
}

/* One event; false: there is none until then. */
static inline bool bed_step(struct bfd_bed *bed, ns_t until)
{
	u32 who = 0, first = bed_first(bed);
	ns_t due = bed_due(bed, &who);
	ns_t arrives = bed->flying > 0 ? bed->flight[first].when : NS_NEVER;
	ns_t next = u64_min(due, arrives);

	if (next > until) {
		bed->now = until;
		return false;
	}
	bed->now = next > bed->now ? next : bed->now;
	if (arrives <= due) {
		struct bfd_flight flight = bed->flight[first];

		bed->flight[first] = bed->flight[--bed->flying];
		who = flight.to;
		if (bed->side[who].running && bed->side[who].ifaces.iface[0].up)
			dgram_put(bed->side[who].host, &flight.dgram);
	}
	side_turn(bed, who);
	return true;
}

static inline void bed_wait(struct bfd_bed *bed, ns_t for_ns)
{
	ns_t until = bed->now + for_ns;

	while (bed_step(bed, until))
		;
}

static inline struct bfd_info side_info(const struct bfd_bed *bed, u32 n)
{
	struct bfd_info info;
	u32 cursor = 0;

	CHECK(bfd_show(&bed->side[n].bfd, &cursor, &info, 1, bed->now) == 1);
	return info;
}

/* Both speak, and are up. */
static inline struct bfd_bed *bed_up(u64 seed, void (*set)(struct bfd_bed *bed))
{
	struct bfd_bed *bed = bed_new(seed);

	if (set != NULL)
		set(bed);
	for (u32 n = 0; n < 2; n++) {
		side_start(bed, n);
		side_get(bed, n);
	}
	bed_wait(bed, 10 * NS_PER_SEC);
	return bed;
}

static inline struct bfd_msg msg_of(const struct dgram *dgram)
{
	struct bfd_msg msg = { 0 };

	CHECK(bfd_msg_read(dgram->data, dgram->bytes, &msg) == BFD_GOOD);
	return msg;
}

/* ---- a neighbour by hand --------------------------------------------------------------------- */

static inline struct bfd_msg hand_msg(enum bfd_state state, u32 yours)
{
	return (struct bfd_msg){
		.state = state,
		.multiplier = 3,
		.len_bytes = BFD_LEN,
		.mine = 0x77,
		.yours = yours,
		.min_tx_us = 1000000,
		.min_rx_us = 1000000,
	};
}

static inline struct dgram hand_dgram(const struct bfd_msg *msg)
{
	struct dgram in = {
		.from = { side_addr(1), be16_of(50000) },
		.to = { side_addr(0), be16_of(BFD_PORT) },
		.ttl = 255,
		.bytes = msg->len_bytes,
	};

	bfd_msg_write(in.data, msg);
	return in;
}

static inline void hand_say(struct bfd_bed *bed, const struct bfd_msg *msg)
{
	struct dgram in = hand_dgram(msg);

	CHECK(dgram_put(bed->side[0].host, &in) == 1);
	side_turn(bed, 0);
}

#endif
