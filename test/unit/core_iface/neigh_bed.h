/* A neighbour table with interfaces, packets and a clock; frames in and out are read as ARP. */
#ifndef TEST_UNIT_CORE_IFACE_NEIGH_BED_H
#define TEST_UNIT_CORE_IFACE_NEIGH_BED_H

#include "core/iface/neigh.h"
#include "fake/build.h"

#include <assert.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>

#include <cmocka.h>

enum { BED_ETH = 0, BED_RAW = 1, BED_OTHER = 2, BED_PKTS = 600 };
#define BED_START (100 * NS_PER_SEC)

struct bed {
	struct iface_table ifaces;
	struct pkt_pool pool;
	struct neigh_table table;
	struct drop_stats stats;
	struct batch out;
	struct batch dead;
	ns_t now;
	void *region;
};

static const struct mac bed_own_mac = { { 2, 0, 0, 0, 0, 1 } };
static const struct mac bed_mac_a = { { 2, 0, 0, 0, 0xaa, 1 } };
static const struct mac bed_mac_b = { { 2, 0, 0, 0, 0xbb, 1 } };

/* Interface 0: Ethernet, 10.0.0.1/24 ours, 10.0.0.2/24 the host's. 1: raw IP. 2: Ethernet. */
static inline void bed_ifaces(struct iface_table *ifaces)
{
	static struct iface_conf conf[3];

	memset(conf, 0, sizeof conf);
	memcpy(conf[0].name, "lan", 4);
	memcpy(conf[1].name, "tun", 4);
	memcpy(conf[2].name, "wan", 4);
	for (u32 i = 0; i < 3; i++) {
		conf[i].mtu = 1500;
		conf[i].mac = bed_own_mac;
		conf[i].mac.byte[5] = (u8)(1 + i);
	}
	conf[1].link = IFACE_RAW_IP;
	conf[0].addr_count = 2;
	conf[0].addr[0] = (struct iface_addr){ addr("10.0.0.1"), 24, false };
	conf[0].addr[1] = (struct iface_addr){ addr("10.0.0.2"), 24, true };
	conf[2].addr_count = 1;
	conf[2].addr[0] = (struct iface_addr){ addr("198.18.0.1"), 24, false };
	assert_int_equal(iface_init(ifaces, conf, 3), ERR_OK);
}

static inline void bed_layout(struct bed *bed, const struct neigh_conf *conf, struct mem *mem)
{
	struct pkt_pool_conf pool_conf = { .small_count = BED_PKTS, .ring_count = 4 };

	pkt_pool_layout(&bed->pool, &pool_conf, mem);
	neigh_layout(&bed->table, conf, mem);
}

static inline void bed_open_with(struct bed *bed, const struct neigh_conf *conf)
{
	struct hash_key key = { { 1, 0x9e3779b97f4a7c15, 3, 0xc2b2ae3d27d4eb4f } };
	struct mem mem;

	memset(bed, 0, sizeof *bed);
	bed->now = BED_START;
	bed_ifaces(&bed->ifaces);
	mem_init_plan(&mem);
	bed_layout(bed, conf, &mem);
	bed->region = aligned_alloc(MEM_LINE, mem.used);
	assert_non_null(bed->region);
	memset(bed->region, 0, mem.used);
	mem_init(&mem, bed->region, mem.used);
	bed_layout(bed, conf, &mem);
	assert_false(mem.short_of);
	pkt_pool_init(&bed->pool);
	neigh_init(&bed->table, &bed->ifaces, &bed->pool, &key);
}

static inline void bed_open(struct bed *bed)
{
	struct neigh_conf conf;

	neigh_conf_default(&conf);
	bed_open_with(bed, &conf);
}

static inline void bed_empty(struct batch *batch)
{
	for (u32 i = 0; i < batch->count; i++)
		pkt_put(batch->pkt[i]);
	batch->count = 0;
}

/* Every packet that was taken is somewhere: waiting, or given back. */
static inline void bed_close(struct bed *bed)
{
	bed_empty(&bed->out);
	bed_empty(&bed->dead);
	neigh_check(&bed->table);
	pkt_pool_check(&bed->pool);
	assert_int_equal(bed->pool.free_count[PKT_CLASS_SMALL] + bed->table.wait_count, BED_PKTS);
	free(bed->region);
}

/* An IP packet that begins with this mark. */
static inline struct pkt *bed_pkt(struct bed *bed, u16 nexthop, u32 mark)
{
	struct pkt *pkt = pkt_new(&bed->pool, 100);

	assert_non_null(pkt);
	memcpy(pkt_l3(pkt), &mark, sizeof mark);
	pkt->nexthop = nexthop;
	return pkt;
}

static inline u32 bed_mark(const struct pkt *pkt)
{
	u32 mark;

	memcpy(&mark, pkt_l3(pkt), sizeof mark);
	return mark;
}

/* Send one; a dead one goes to bed->dead, an accepted one to bed->out. */
static inline enum verdict_code bed_send(struct bed *bed, u16 nexthop, u32 mark)
{
	struct pkt *pkt = bed_pkt(bed, nexthop, mark);
	verdict fate = neigh_resolve(&bed->table, &bed->stats, pkt, bed->now, &bed->out,
				     &bed->dead);

	if (verdict_is_dead(fate))
		assert_true(batch_add(&bed->dead, pkt));
	if (verdict_is_accept(fate))
		assert_true(batch_add(&bed->out, pkt));
	neigh_check(&bed->table);
	return (enum verdict_code)fate.code;
}

static inline verdict bed_in(struct bed *bed, u16 in_if, const struct build *b)
{
	struct pkt *pkt = build_pkt(&bed->pool, b, in_if);
	verdict fate;

	assert_non_null(pkt);
	fate = neigh_in(&bed->table, &bed->stats, pkt, bed->now, &bed->out);
	if (verdict_is_dead(fate))
		assert_true(batch_add(&bed->dead, pkt));
	neigh_check(&bed->table);
	return fate;
}

static inline void bed_arp(struct bed *bed, u16 op, const struct mac *sha, const char *spa,
			   const char *tpa)
{
	struct build b;

	build_arp(&b, op, sha, addr(spa), addr(tpa));
	assert_true(verdict_is_stolen(bed_in(bed, BED_ETH, &b)));
}

static inline void bed_tick(struct bed *bed)
{
	neigh_tick(&bed->table, &bed->stats, bed->now, &bed->out, &bed->dead);
	neigh_check(&bed->table);
}

/* Let time pass, ticking whenever something is due. */
static inline void bed_pass(struct bed *bed, ns_t span)
{
	ns_t end = bed->now + span;

	while (neigh_next(&bed->table) <= end) {
		if (neigh_next(&bed->table) > bed->now)
			bed->now = neigh_next(&bed->table);
		bed_tick(bed);
	}
	bed->now = end;
}

static inline bool bed_is_arp(const struct pkt *pkt)
{
	struct eth_hdr eth;

	memcpy(&eth, pkt_frame(pkt), sizeof eth);
	return be16_host(eth.type) == ETH_TYPE_ARP;
}

static inline struct arp_hdr bed_arp_of(const struct pkt *pkt)
{
	struct arp_hdr arp;

	assert_true(bed_is_arp(pkt));
	assert_int_equal(pkt->len, ARP_LEN);
	assert_int_equal(pkt->l3 - pkt->l2, ETH_HLEN);
	memcpy(&arp, pkt_l3(pkt), sizeof arp);
	return arp;
}

static inline struct eth_hdr bed_eth_of(const struct pkt *pkt)
{
	struct eth_hdr eth;

	memcpy(&eth, pkt_frame(pkt), sizeof eth);
	return eth;
}

static inline void assert_addr(be32 is, const char *should)
{
	assert_int_equal(be32_host(is), be32_host(addr(should)));
}

#endif
