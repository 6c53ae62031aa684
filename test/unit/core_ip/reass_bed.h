/* A table of fragments on the bench: reass_check() runs after each fragment, and reass_close()
 * finds what was lost.                                                                           */
#ifndef TEST_UNIT_CORE_IP_REASS_BED_H
#define TEST_UNIT_CORE_IP_REASS_BED_H

#include "core/ip/reass.h"
#include "unit/core_ip/bed.h"

#define INSIDE  "10.10.0.5"
#define OUTSIDE "198.18.0.9"

static const ns_t timeout_ns = 30 * NS_PER_SEC;

struct reass_bed {
	struct bed bed;
	struct reass reass;
	struct batch dead;
	ns_t now;
};

static const struct reass_conf small_conf = { 4, 16, 8, 12, 30 * NS_PER_SEC };
static const struct reass_conf wide_conf = { 64, 256, 64, 128, 30 * NS_PER_SEC };

static inline void reass_open(struct reass_bed *r, const struct reass_conf *conf, u32 small_count)
{
	struct hash_key key = bed_key();

	bed_open(&r->bed, small_count, 2);
	reass_layout(&r->reass, conf, &r->bed.mem);
	assert_false(r->bed.mem.short_of);
	reass_init(&r->reass, &r->bed.pool, &key);
	r->dead.count = 0;
	r->now = 1000 * NS_PER_SEC;
	assert_true(reass_next(&r->reass) == NS_NEVER);
}

static inline void reass_close(struct reass_bed *r)
{
	r->now += timeout_ns;
	for (u32 n = 0; n < 100; n++) {
		bed_put_all(&r->dead);
		reass_tick(&r->reass, &r->bed.stats, r->now, &r->dead);
		reass_check(&r->reass);
	}
	assert_true(reass_next(&r->reass) == NS_NEVER);
	assert_int_equal(r->reass.frags.live, 0);
	assert_int_equal(r->reass.sources.live, 0);
	bed_put_all(&r->dead);
	bed_close(&r->bed);
}

/* Give one fragment; *pkt is the whole afterwards if the verdict is ACCEPT. */
static inline verdict reass_give(struct reass_bed *r, const struct build *b, struct pkt **pkt)
{
	verdict v;

	*pkt = bed_pkt(&r->bed, b);
	v = ip_reassemble(&r->reass, &r->bed.stats, pkt, 0, r->now, &r->dead);
	reass_check(&r->reass);
	return v;
}

static inline void expect_stolen(struct reass_bed *r, const struct build *b)
{
	struct pkt *pkt;

	assert_true(verdict_is_stolen(reass_give(r, b, &pkt)));
}

static inline void expect_dead(struct reass_bed *r, const struct build *b, enum drop reason,
			       u32 others)
{
	struct pkt *pkt;

	assert_true(verdict_is_dead(reass_give(r, b, &pkt)));
	assert_string_equal(drop_name((enum drop)pkt->drop), drop_name(reason));
	pkt_put(pkt);
	assert_int_equal(r->dead.count, others);
	for (u32 n = 0; n < others; n++)
		assert_string_equal(drop_name((enum drop)r->dead.pkt[n]->drop), drop_name(reason));
	assert_int_equal(r->bed.stats.count[reason], others + 1);
	r->bed.stats.count[reason] = 0;
	bed_put_all(&r->dead);
}

static inline void make_whole(struct build *b, u32 payload_len, u16 id)
{
	build_udp4(b, addr(INSIDE), 1, addr(OUTSIDE), 2, payload_len);
	build_ip(b)->id = be16_of(id);
	build_seal_ip(b);
}

static inline void expect_whole(struct reass_bed *r, const struct build *fragment,
				const struct build *whole)
{
	struct pkt *pkt;
	struct seen seen;

	assert_true(verdict_is_accept(reass_give(r, fragment, &pkt)));
	seen = bed_see(pkt);
	assert_false(seen.mf || seen.df || seen.frag_offset != 0);
	assert_int_equal(pkt->len, whole->len);
	assert_memory_equal(pkt_l3(pkt), whole->bytes, whole->len);
	assert_int_equal(pkt->l4, pkt->l3 + seen.hlen);
	assert_true((pkt->flags & PKT_REASSEMBLED) != 0);
	pkt_put(pkt);
}

#endif
