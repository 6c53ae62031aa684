/* A flow table with a clock, and packets for it that lie in a builder. */
#ifndef TEST_UNIT_CORE_CT_CT_BED_H
#define TEST_UNIT_CORE_CT_CT_BED_H

#include "unit/core_base/base_bed.h"

#include "core/ct/ct.h"
#include "fake/build.h"

#define BED_START (1000 * NS_PER_SEC)

struct ct_bed {
	struct ct ct;
	struct ct_conf conf;
	struct drop_stats stats;
	ns_t now;
	void *region;
	struct build b;
	struct pkt pkt; /* lies in b */
};

static inline struct hash_key bed_key(void)
{
	return (struct hash_key){ { 0x0123456789abcdef, 0xfedcba9876543210, 0x1357924680acebdf,
				    0x2468ace13579bdf0 } };
}

/* With default time-outs; conf may be changed by the caller between the two. */
static inline struct ct_bed *ct_bed_new(u32 flow_count)
{
	struct ct_bed *bed = calloc(1, sizeof *bed);

	assert_non_null(bed);
	ct_conf_defaults(&bed->conf);
	bed->conf.flow_count = flow_count;
	bed->now = BED_START;
	return bed;
}

static inline void ct_bed_start(struct ct_bed *bed)
{
	struct hash_key key = bed_key();
	struct mem mem;

	mem_init_plan(&mem);
	ct_layout(&bed->ct, &bed->conf, &mem);
	bed->region = region_new(mem.used);
	mem_init(&mem, bed->region, mem.used);
	ct_layout(&bed->ct, &bed->conf, &mem);
	assert_false(mem.short_of);
	ct_init(&bed->ct, &key, bed->now);
}

static inline struct ct_bed *ct_bed_open(u32 flow_count)
{
	struct ct_bed *bed = ct_bed_new(flow_count);

	ct_bed_start(bed);
	return bed;
}

static inline void ct_bed_close(struct ct_bed *bed)
{
	ct_check(&bed->ct);
	free(bed->region);
	free(bed);
}

/* Inside host n, to port 53 of one server. */
static inline struct tuple_key ct_bed_key(u32 n, u8 proto)
{
	return (struct tuple_key){ { be32_of(0x0a0a0000 + n), addr("198.18.0.9"), be16_of(5000),
				     be16_of(proto == IP_PROTO_ICMP ? 0x0800 : 53) },
				   proto,
				   0 };
}

/* The bytes of b as a packet. */
static inline struct pkt *ct_bed_wrap(struct ct_bed *bed)
{
	bed->pkt = (struct pkt){ .buf = bed->b.bytes,
				 .buf_size = BUILD_MAX,
				 .len = bed->b.len,
				 .l4 = (u16)bed->b.l4 };
	return &bed->pkt;
}

/* A packet of the flow with this key in direction dir. */
static inline struct pkt *ct_bed_pkt(struct ct_bed *bed, const struct tuple_key *key,
				     enum tuple_dir dir)
{
	struct tuple t = dir == TUPLE_ORIG ? key->tuple : tuple_reversed(&key->tuple);
	bool asks = dir == TUPLE_ORIG;

	switch (key->proto) {
	case IP_PROTO_UDP:
		build_udp4(&bed->b, t.src, be16_host(t.sport), t.dst, be16_host(t.dport), 10);
		break;
	case IP_PROTO_ICMP:
		build_echo4(&bed->b, t.src, t.dst, asks ? ICMP_ECHO : ICMP_ECHO_REPLY,
			    be16_host(asks ? t.sport : t.dport), 1);
		break;
	case IP_PROTO_TCP:
		build_tcp4(&bed->b, t.src, be16_host(t.sport), t.dst, be16_host(t.dport),
			   asks ? TCP_SYN : TCP_SYN | TCP_ACK);
		break;
	default:
		build_start(&bed->b);
		build_ip4(&bed->b, t.src, t.dst, key->proto);
		build_payload(&bed->b, 20, 0);
		build_seal(&bed->b);
		break;
	}
	return ct_bed_wrap(bed);
}

/* As path does it with a packet of the key's own direction that is let through: its flow. */
static inline u32 ct_bed_begin(struct ct_bed *bed, const struct tuple_key *key)
{
	u32 idx = ct_new(&bed->ct, key, bed->now);

	ct_track(&bed->ct, idx, TUPLE_ORIG, ct_bed_pkt(bed, key, TUPLE_ORIG), ct_ms(bed->now));
	assert_int_equal(ct_confirm(&bed->ct, idx, bed->now), ERR_OK);
	return idx;
}

static inline void ct_bed_again(struct ct_bed *bed, u32 idx, const struct tuple_key *key,
				enum tuple_dir dir)
{
	ct_track(&bed->ct, idx, dir, ct_bed_pkt(bed, key, dir), ct_ms(bed->now));
}

/* Ended flows are freed; how many there were. */
static inline u32 ct_bed_drain(struct ct_bed *bed)
{
	u32 count = 0;

	while (ct_ended_next(&bed->ct) != IDX_NONE) {
		ct_free(&bed->ct);
		count++;
	}
	return count;
}

/* The daemon's loop: every tick that is due until `by` later; how many flows ended. */
static inline u32 ct_bed_pass(struct ct_bed *bed, ns_t by)
{
	ns_t until = bed->now + by;
	u32 count = 0;

	for (u32 ticks = 0; ct_next(&bed->ct, bed->now) <= until; ticks++) {
		ns_t next = ct_next(&bed->ct, bed->now);

		assert_true(ticks < 10000000);
		bed->now = next > bed->now ? next : bed->now;
		ct_tick(&bed->ct, bed->now);
		count += ct_bed_drain(bed);
	}
	bed->now = until;
	return count;
}

/* A packet of flow 1 of a protocol, as path_prerouting() takes it: *idx is IDX_NONE until there is
 * the flow. False when none may begin so.                                                        */
static inline bool ct_bed_take(struct ct_bed *bed, u32 *idx, u8 proto, u8 dir, struct pkt *pkt)
{
	struct tuple_key key = ct_bed_key(1, proto);
	struct ct *ct = &bed->ct;

	if (*idx == IDX_NONE) {
		if (!verdict_is_accept(ct_may_begin(ct, &bed->stats, pkt)))
			return false;
		*idx = ct_new(ct, &key, bed->now);
		ct_track(ct, *idx, TUPLE_ORIG, pkt, ct_ms(bed->now));
		assert_int_equal(ct_confirm(ct, *idx, bed->now), ERR_OK);
		return true;
	}
	if (ct_reopens(ct, *idx, dir, pkt))
		ct_reopen(ct, *idx);
	ct_track(ct, *idx, dir, pkt, ct_ms(bed->now));
	return true;
}

/* Where a dialogue stands after its step n: the flow's state, and what was not explained so far. */
static inline void ct_bed_judge(const struct ct_bed *bed, u32 idx, u32 n, const char *state,
				u32 unexplained)
{
	const char *is = flow_state_name(bed->ct.flow[idx].state);

	if (strcmp(is, state) != 0 || bed->ct.stats.unexplained != unexplained)
		print_error("step %u\n", n);
	assert_string_equal(is, state);
	assert_int_equal(bed->ct.stats.unexplained, unexplained);
}

#endif
