/* NAT with a flow table, driven as path drives them: look up, or make, translate, confirm.
 *
 * Inside is 10.0.0.0/8; interface 0 is inside, 1 is outside with address 198.18.0.1.            */
#ifndef TEST_UNIT_CORE_NAT_NAT_BED_H
#define TEST_UNIT_CORE_NAT_NAT_BED_H

#include "unit/core_base/base_bed.h"

#include "core/nat/nat.h"
#include "fake/build.h"

enum { BED_IFACES = 3 };

struct nat_bed {
	struct ct ct;
	struct nat nat;
	struct ct_conf ct_conf;
	struct nat_conf conf;
	struct drop_stats stats;
	be32 masquerade[BED_IFACES];
	ns_t now;
	u8 seed;
	const char *why;
	void *region;
};

/* An address and a port. */
struct end {
	be32 addr;
	u16 port;
};

static inline struct end end_of(const char *text, u16 port)
{
	return (struct end){ addr(text), port };
}

static inline struct nat_bed *nat_bed_new(u32 flow_count)
{
	struct nat_bed *bed = calloc(1, sizeof *bed);

	assert_non_null(bed);
	ct_conf_defaults(&bed->ct_conf);
	bed->ct_conf.flow_count = flow_count;
	nat_conf_defaults(&bed->conf);
	bed->conf.address_count = 8;
	bed->conf.mapping_count = 4096;
	bed->conf.dest_count = 8;
	bed->conf.rule_count = 1;
	nat_rule_defaults(&bed->conf.rule[0]);
	bed->conf.rule[0].source = addr("10.0.0.0");
	bed->conf.rule[0].source_len = 8;
	bed->masquerade[1] = addr("198.18.0.1");
	bed->now = 1000 * NS_PER_SEC;
	return bed;
}

static inline void nat_bed_check(const struct nat_bed *bed)
{
	ct_check(&bed->ct);
	nat_check(&bed->nat, &bed->ct);
}

static inline enum err nat_bed_configure(struct nat_bed *bed, const struct nat_conf *conf)
{
	enum err err = nat_configure(&bed->nat, conf, bed->masquerade, BED_IFACES, &bed->why);

	nat_bed_check(bed);
	return err;
}

static inline void nat_bed_start(struct nat_bed *bed)
{
	struct hash_key key = { { 0x0123456789abcdef, 0xfedcba9876543210, 0x1357924680acebdf,
				  0x2468ace13579bdf0 } };
	u8 seed[32] = { 1, 2, 3, bed->seed };
	struct mem mem;

	mem_init_plan(&mem);
	ct_layout(&bed->ct, &bed->ct_conf, &mem);
	nat_layout(&bed->nat, &bed->conf, bed->ct_conf.flow_count, &mem);
	bed->region = region_new(mem.used);
	mem_init(&mem, bed->region, mem.used);
	ct_layout(&bed->ct, &bed->ct_conf, &mem);
	nat_layout(&bed->nat, &bed->conf, bed->ct_conf.flow_count, &mem);
	assert_false(mem.short_of);
	ct_init(&bed->ct, &key, bed->now);
	nat_init(&bed->nat, &key, seed);
	assert_int_equal(nat_bed_configure(bed, &bed->conf), ERR_OK);
}

static inline struct nat_bed *nat_bed_open(u32 flow_count)
{
	struct nat_bed *bed = nat_bed_new(flow_count);

	nat_bed_start(bed);
	return bed;
}

static inline void nat_bed_drain(struct nat_bed *bed)
{
	while (ct_ended_next(&bed->ct) != IDX_NONE) {
		nat_release(&bed->nat, &bed->ct, ct_ended_next(&bed->ct), bed->now);
		ct_free(&bed->ct);
	}
}

/* All flows end, and what they held comes back. */
static inline void nat_bed_close(struct nat_bed *bed)
{
	for (u32 idx = 0; idx < bed->ct_conf.flow_count; idx++) {
		if (flow_is_confirmed(&bed->ct.flow[idx]))
			ct_end(&bed->ct, idx);
	}
	nat_bed_drain(bed);
	nat_bed_check(bed);
	for (u32 at = 0; at < bed->nat.address_count; at++) {
		for (u32 kind = 0; kind < NAT_PROTO_COUNT; kind++)
			assert_int_equal(bed->nat.address[at].space[kind].flow_count, 0);
	}
	assert_int_equal(bed->nat.peer.live, 0);
	free(bed->region);
	free(bed);
}

static inline bool is_inside(be32 a)
{
	return be32_host(a) >> 24 == 10;
}

/* A packet of src to dst: its flow and direction, or the reason of its death in *drop. */
static inline u32 nat_bed_packet(struct nat_bed *bed, struct end src, struct end dst, u8 proto,
				 enum drop *drop)
{
	struct tuple_key key = {
		{ src.addr, dst.addr, be16_of(src.port), be16_of(dst.port) }, proto, 0
	};
	struct nat_way way = { .now = bed->now, .from_inside = is_inside(src.addr) };
	struct pkt pkt = { .drop = DROP_NONE };
	u32 ref = ct_find(&bed->ct, &key, bed->now);
	verdict v;
	u32 idx;

	*drop = DROP_NONE;
	nat_bed_drain(bed);
	if (ref != IDX_NONE)
		return ref;
	idx = ct_new(&bed->ct, &key, bed->now);
	v = nat_dst(&bed->nat, &bed->ct, &bed->stats, &pkt, idx, way.from_inside);
	way.to_outside = !is_inside(bed->ct.flow[idx].repl.src);
	way.out_if = way.to_outside;
	if (verdict_is_accept(v))
		v = nat_src(&bed->nat, &bed->ct, &bed->stats, &pkt, idx, &way);
	nat_bed_drain(bed);
	if (verdict_is_accept(v)) {
		assert_int_equal(ct_confirm(&bed->ct, idx, bed->now), ERR_OK);
		return idx << 1 | TUPLE_ORIG;
	}
	*drop = pkt.drop;
	ct_abandon(&bed->ct, idx);
	nat_bed_drain(bed);
	return IDX_NONE;
}

/* It must pass; how it leaves. */
static inline struct tuple nat_bed_pass(struct nat_bed *bed, struct end src, struct end dst,
					u8 proto)
{
	enum drop drop;
	u32 ref = nat_bed_packet(bed, src, dst, proto, &drop);

	assert_string_equal(drop == DROP_NONE ? "passes" : drop_name(drop), "passes");
	return flow_tuple_out(&bed->ct.flow[ref >> 1], ref & 1);
}

/* The public endpoint that an inside one gets to a destination. */
static inline struct end nat_bed_public(struct nat_bed *bed, struct end src, struct end dst,
					u8 proto)
{
	struct tuple out = nat_bed_pass(bed, src, dst, proto);

	return (struct end){ out.src, be16_host(out.sport) };
}

static inline void nat_bed_dies(struct nat_bed *bed, struct end src, struct end dst, u8 proto,
				enum drop reason)
{
	enum drop drop;
	u32 live = bed->ct.live;

	nat_bed_packet(bed, src, dst, proto, &drop);
	assert_string_equal(drop == DROP_NONE ? "passes" : drop_name(drop), drop_name(reason));
	assert_int_equal(bed->ct.live, live);
}

/* The flow of this packet ends. */
static inline void nat_bed_end(struct nat_bed *bed, struct end src, struct end dst, u8 proto)
{
	struct tuple_key key = {
		{ src.addr, dst.addr, be16_of(src.port), be16_of(dst.port) }, proto, 0
	};
	u32 ref = ct_peek(&bed->ct, &key);

	assert_int_not_equal(ref, IDX_NONE);
	ct_end(&bed->ct, ref >> 1);
	nat_bed_drain(bed);
}

/* n-th inside endpoint, each with a high port. */
static inline struct end inside_end(u32 n)
{
	return (struct end){ be32_of(0x0a0a0000 + n % 60000), (u16)(2000 + n / 60000) };
}

static inline void conf_pool(struct nat_conf *conf, const char *first, const char *last)
{
	conf->pool_count = 1;
	conf->pool[0] = (struct nat_pool_conf){ .range_count = 1,
						.range = { { addr(first), addr(last) } } };
	conf->rule[0].kind = NAT_KIND_POOL;
	conf->rule[0].pool = 0;
}

static inline void conf_kind(struct nat_conf *conf, enum nat_mapping mapping,
			     enum nat_filtering filtering)
{
	for (u32 kind = 0; kind < NAT_PROTO_COUNT; kind++) {
		conf->rule[0].mapping[kind] = mapping;
		conf->rule[0].filtering[kind] = filtering;
	}
}

#define SERVER (end_of("203.0.113.9", 443))
#define SERVER2 (end_of("203.0.113.10", 443))

#endif
