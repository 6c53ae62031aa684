/* Two engines, one of them without its short cuts: the same packets go into both at the same times,
 * and every frame that comes out and every record of a flow is compared.                         */
#ifndef TEST_UNIT_CORE_PATH_TWINS_BED_H
#define TEST_UNIT_CORE_PATH_TWINS_BED_H

#include "unit/core_path/path_bed.h"

#include "core/base/rng.h"

struct twins {
	struct path_bed *fast, *slow;
	struct rng rng;
	u64 compared;
};

/* What a driver says of a packet besides its bytes. */
struct facts {
	bool partial;
	u8 gso_type;
	u16 gso_size;
	u16 csum_start;
	u16 csum_offset;
};

/* Beds that are not started yet; the seed also chooses what their ways out can. */
static inline void twins_prepare(struct twins *t, u8 seed, bool counters)
{
	u8 bytes[32];

	memset(bytes, seed, sizeof bytes);
	rng_init(&t->rng, bytes);
	t->compared = 0;
	t->fast = path_bed_new();
	t->slow = path_bed_new();
	t->fast->conf.ct.counters = t->slow->conf.ct.counters = counters;
	t->fast->conf.ct.outbound_refresh_only = seed % 3 == 2;
	t->slow->conf.ct.outbound_refresh_only = seed % 3 == 2;
	t->slow->conf.slow_road = true;
	/* A way out that takes everything, one that only takes unfinished sums, one neither. */
	for (u32 n = 0; n < 2; n++) {
		const u32 offloads[] = { IFACE_TX_CSUM | IFACE_TX_TSO | IFACE_TX_USO,
					 IFACE_TX_CSUM, 0 };

		t->fast->conf.iface[n].offloads = offloads[seed / 2 % 3];
		t->slow->conf.iface[n].offloads = offloads[seed / 2 % 3];
	}
}

static inline void twins_start(struct twins *t)
{
	path_bed_start(t->fast);
	path_bed_start(t->slow);
}

static inline void twins_open(struct twins *t, u8 seed, bool counters)
{
	twins_prepare(t, seed, counters);
	twins_start(t);
}

static inline void expect_same_flows(struct twins *t)
{
	struct sluice_flow_filter any = { 0 };
	struct sluice_flow a[64], b[64];
	u32 at = 0, bt = 0;
	u32 count = sluice_show_flows(t->fast->rig.s, &any, t->fast->rig.now, &at, a, 64);

	assert_int_equal(sluice_show_flows(t->slow->rig.s, &any, t->slow->rig.now, &bt, b, 64),
			 count);
	for (u32 n = 0; n < count; n++) {
		assert_true(a[n].handle == b[n].handle);
		assert_memory_equal(&a[n].orig, &b[n].orig, sizeof a[n].orig);
		assert_memory_equal(&a[n].repl, &b[n].repl, sizeof a[n].repl);
		assert_string_equal(a[n].state, b[n].state);
		assert_int_equal(a[n].idle_ms, b[n].idle_ms);
		assert_int_equal(a[n].answered, b[n].answered);
		assert_int_equal(a[n].assured, b[n].assured);
		assert_memory_equal(a[n].packets, b[n].packets, sizeof a[n].packets);
		assert_memory_equal(a[n].bytes, b[n].bytes, sizeof a[n].bytes);
	}
}

static inline void twins_close(struct twins *t)
{
	expect_same_flows(t);
	for (enum drop drop = 1; drop < DROP_COUNT; drop++)
		assert_int_equal(rig_drop_count(&t->fast->rig, drop),
				 rig_drop_count(&t->slow->rig, drop));
	assert_int_equal(rig_counter(&t->fast->rig, "tcp_out_of_window"),
			 rig_counter(&t->slow->rig, "tcp_out_of_window"));
	assert_int_equal(rig_counter(&t->slow->rig, "packets_fast"), 0);
	path_bed_close(t->fast);
	path_bed_close(t->slow);
}

static inline void hand_in(struct rig *rig, u16 in_if, const struct build *b,
			   const struct facts *facts)
{
	struct pkt *pkt = rig_make(rig, in_if, b);

	assert_non_null(pkt);
	if (facts->partial) {
		pkt->flags |= PKT_CSUM_PARTIAL;
		pkt->csum_start = facts->csum_start;
		pkt->csum_offset = facts->csum_offset;
	}
	pkt->gso_type = facts->gso_type;
	pkt->gso_size = facts->gso_size;
	rig_input(rig, pkt);
}

static inline void expect_same_facts(const struct rig_out *a, const struct rig_out *b)
{
	assert_int_equal(a->flags & PKT_CSUM_PARTIAL, b->flags & PKT_CSUM_PARTIAL);
	assert_int_equal(a->gso_type, b->gso_type);
	assert_int_equal(a->gso_size, b->gso_size);
	if ((a->flags & PKT_CSUM_PARTIAL) != 0) {
		assert_int_equal(a->csum_start, b->csum_start);
		assert_int_equal(a->csum_offset, b->csum_offset);
	}
}

/* Hands b in to both; whether something came out, which lies in fast->out. */
static inline bool both(struct twins *t, u16 in_if, const struct build *b,
			const struct facts *facts)
{
	bool any = false;

	hand_in(&t->fast->rig, in_if, b, facts);
	hand_in(&t->slow->rig, in_if, b, facts);
	while (rig_next(&t->fast->rig, &t->fast->out)) {
		assert_true(rig_next(&t->slow->rig, &t->slow->out));
		assert_int_equal(t->fast->out.out_if, t->slow->out.out_if);
		assert_int_equal(t->fast->out.frame.len, t->slow->out.frame.len);
		assert_memory_equal(t->fast->out.frame.bytes, t->slow->out.frame.bytes,
				    t->fast->out.frame.len);
		expect_same_facts(&t->fast->out, &t->slow->out);
		/* Transport checksums may have come in wrong. */
		assert_int_equal(t->fast->out.seen.wrong &
					 (SEEN_CUT | SEEN_IP_CSUM | SEEN_QUOTE_IP_CSUM),
				 0);
		t->compared++;
		any = true;
	}
	assert_false(rig_next(&t->slow->rig, &t->slow->out));
	return any;
}

/* What is due for one is looked at in both: a next hop that only the road touches is looked at at
 * other times, and when a flow's end is noticed depends on when anything is.                     */
static inline void pass_time(struct twins *t, ns_t by)
{
	struct rig *fast = &t->fast->rig, *slow = &t->slow->rig;
	ns_t until = fast->now + by;

	while (fast->now < until) {
		ns_t next = u64_min(sluice_next(fast->s), sluice_next(slow->s));

		next = u64_min(next > fast->now ? next : fast->now, until);
		fast->now = slow->now = next;
		sluice_tick(fast->s, next);
		sluice_tick(slow->s, next);
	}
	rig_drain(&t->fast->rig);
	rig_drain(&t->slow->rig);
}

#endif
