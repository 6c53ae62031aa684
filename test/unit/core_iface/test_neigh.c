/* Neighbours: entries, waiting packets, and what happens when something is full. */
#include "neigh_bed.h"

static void test_request_reply_queue_order(void **state)
{
	struct bed bed;
	struct arp_hdr arp;
	struct eth_hdr eth;
	u16 idx;

	(void)state;
	bed_open(&bed);
	idx = neigh_get(&bed.table, BED_ETH, addr("10.0.0.9"), bed.now);
	assert_false(neigh_at(&bed.table, idx)->usable);
	for (u32 mark = 1; mark <= 5; mark++)
		assert_int_equal(bed_send(&bed, idx, mark), VERDICT_CODE_STOLEN);
	/* One question for five packets. */
	assert_int_equal(bed.out.count, 1);
	arp = bed_arp_of(bed.out.pkt[0]);
	eth = bed_eth_of(bed.out.pkt[0]);
	assert_true(mac_is_broadcast(&eth.dst));
	assert_true(mac_eq(&eth.src, &bed_own_mac));
	assert_int_equal(be16_host(arp.op), ARP_REQUEST);
	assert_addr(arp.spa, "10.0.0.1");
	assert_addr(arp.tpa, "10.0.0.9");
	assert_int_equal(bed.out.pkt[0]->out_if, BED_ETH);
	bed_empty(&bed.out);
	bed_arp(&bed, ARP_REPLY, &bed_mac_a, "10.0.0.9", "10.0.0.1");
	assert_int_equal(bed.out.count, 5);
	for (u32 i = 0; i < 5; i++) {
		struct pkt *pkt = bed.out.pkt[i];

		eth = bed_eth_of(pkt);
		assert_int_equal(bed_mark(pkt), i + 1);
		assert_true(mac_eq(&eth.dst, &bed_mac_a));
		assert_true(mac_eq(&eth.src, &bed_own_mac));
		assert_int_equal(be16_host(eth.type), ETH_TYPE_IP4);
		assert_int_equal(pkt->out_if, BED_ETH);
		assert_int_equal(pkt->nexthop, idx);
	}
	bed_empty(&bed.out);
	assert_true(neigh_at(&bed.table, idx)->usable);
	assert_int_equal(bed_send(&bed, idx, 6), VERDICT_CODE_ACCEPT);
	assert_int_equal(bed.out.count, 1);
	eth = bed_eth_of(bed.out.pkt[0]);
	assert_true(mac_eq(&eth.dst, &bed_mac_a));
	bed_close(&bed);
}

static void test_queue_full_drops_the_oldest(void **state)
{
	struct bed bed;
	u16 idx;

	(void)state;
	bed_open(&bed);
	idx = neigh_get(&bed.table, BED_ETH, addr("10.0.0.9"), bed.now);
	for (u32 mark = 0; mark < NEIGH_QUEUE_MAX + 3; mark++)
		assert_int_equal(bed_send(&bed, idx, mark), VERDICT_CODE_STOLEN);
	assert_int_equal(bed.dead.count, 3);
	for (u32 i = 0; i < 3; i++) {
		assert_int_equal(bed_mark(bed.dead.pkt[i]), i);
		assert_int_equal(bed.dead.pkt[i]->drop, DROP_NEIGH_QUEUE_FULL);
	}
	assert_int_equal(bed.stats.count[DROP_NEIGH_QUEUE_FULL], 3);
	bed_empty(&bed.out);
	bed_arp(&bed, ARP_REPLY, &bed_mac_a, "10.0.0.9", "10.0.0.1");
	assert_int_equal(bed.out.count, NEIGH_QUEUE_MAX);
	assert_int_equal(bed_mark(bed.out.pkt[0]), 3);
	bed_close(&bed);
}

/* All queues together are bounded too: who has nothing to push out is refused. */
static void test_all_queues_full(void **state)
{
	struct neigh_conf conf;
	struct bed bed;
	u16 first, second;

	(void)state;
	neigh_conf_default(&conf);
	conf.queue_count = 2;
	bed_open_with(&bed, &conf);
	first = neigh_get(&bed.table, BED_ETH, addr("10.0.0.9"), bed.now);
	second = neigh_get(&bed.table, BED_ETH, addr("10.0.0.10"), bed.now);
	assert_int_equal(bed_send(&bed, first, 1), VERDICT_CODE_STOLEN);
	assert_int_equal(bed_send(&bed, first, 2), VERDICT_CODE_STOLEN);
	assert_int_equal(bed_send(&bed, second, 3), VERDICT_CODE_DEAD);
	assert_int_equal(bed.dead.pkt[0]->drop, DROP_NEIGH_QUEUE_FULL);
	assert_int_equal(bed_send(&bed, first, 4), VERDICT_CODE_STOLEN);
	assert_int_equal(bed_mark(bed.dead.pkt[1]), 1);
	assert_int_equal(bed.stats.count[DROP_NEIGH_QUEUE_FULL], 2);
	bed_close(&bed);
}

/* A packet that finds no room to wait is lost; its neighbour is asked for all the same, or nobody
 * could be reached for as long as others keep all queues full.                                   */
static void test_who_finds_no_room_is_asked_for(void **state)
{
	struct neigh_conf conf;
	struct bed bed;
	u16 silent, idx;

	(void)state;
	neigh_conf_default(&conf);
	conf.queue_count = 1;
	bed_open_with(&bed, &conf);
	silent = neigh_get(&bed.table, BED_ETH, addr("10.0.0.9"), bed.now);
	idx = neigh_get(&bed.table, BED_ETH, addr("10.0.0.10"), bed.now);
	assert_int_equal(bed_send(&bed, silent, 1), VERDICT_CODE_STOLEN);
	bed_empty(&bed.out);
	for (u32 mark = 2; mark < 4; mark++)
		assert_int_equal(bed_send(&bed, idx, mark), VERDICT_CODE_DEAD);
	/* Once in its time, as ever. */
	assert_int_equal(bed.out.count, 1);
	assert_true(be32_eq(bed_arp_of(bed.out.pkt[0]).tpa, addr("10.0.0.10")));
	bed_empty(&bed.out);
	bed_arp(&bed, ARP_REPLY, &bed_mac_a, "10.0.0.10", "10.0.0.1");
	assert_int_equal(bed_send(&bed, idx, 4), VERDICT_CODE_ACCEPT);
	bed_empty(&bed.out);
	/* Who does not answer is asked again, by what comes then. */
	idx = neigh_get(&bed.table, BED_ETH, addr("10.0.0.11"), bed.now);
	for (u32 mark = 5; mark < 9; mark++) {
		bed.now += conf.retry_ns / 2;
		assert_int_equal(bed_send(&bed, idx, mark), VERDICT_CODE_DEAD);
	}
	assert_in_range(bed.out.count, 2, 3);
	bed_close(&bed);
}

static void test_flush_waits_for_room(void **state)
{
	struct bed bed;
	u16 idx;

	(void)state;
	bed_open(&bed);
	idx = neigh_get(&bed.table, BED_ETH, addr("10.0.0.9"), bed.now);
	for (u32 mark = 0; mark < 6; mark++)
		assert_int_equal(bed_send(&bed, idx, mark), VERDICT_CODE_STOLEN);
	while (bed.out.count < BATCH_MAX - 2)
		assert_true(batch_add(&bed.out, bed_pkt(&bed, idx, 99)));
	bed_arp(&bed, ARP_REPLY, &bed_mac_a, "10.0.0.9", "10.0.0.1");
	assert_int_equal(bed.out.count, BATCH_MAX);
	/* Nobody overtakes the four that still wait. */
	assert_false(neigh_at(&bed.table, idx)->usable);
	assert_int_equal(bed_send(&bed, idx, 6), VERDICT_CODE_STOLEN);
	assert_true(neigh_next(&bed.table) <= bed.now);
	bed_tick(&bed); /* no room: nothing happens */
	assert_int_equal(neigh_at(&bed.table, idx)->queue_count, 5);
	bed_empty(&bed.out);
	bed_tick(&bed);
	assert_int_equal(bed.out.count, 5);
	for (u32 i = 0; i < 5; i++)
		assert_int_equal(bed_mark(bed.out.pkt[i]), i + 2);
	assert_true(neigh_at(&bed.table, idx)->usable);
	bed_close(&bed);
}

static void test_iface_down(void **state)
{
	struct bed bed;
	u16 idx;

	(void)state;
	bed_open(&bed);
	idx = neigh_get(&bed.table, BED_ETH, addr("10.0.0.9"), bed.now);
	bed.ifaces.iface[BED_ETH].up = false;
	assert_int_equal(bed_send(&bed, idx, 1), VERDICT_CODE_DEAD);
	assert_int_equal(bed.dead.pkt[0]->drop, DROP_IFACE_DOWN);
	assert_int_equal(bed.stats.count[DROP_IFACE_DOWN], 1);
	assert_int_equal(bed.out.count, 0);
	/* A known one: not usable over the change, at once again after it, with the new MAC. */
	bed.ifaces.iface[BED_ETH].up = true;
	assert_int_equal(bed_send(&bed, idx, 2), VERDICT_CODE_STOLEN);
	bed_arp(&bed, ARP_REPLY, &bed_mac_a, "10.0.0.9", "10.0.0.1");
	bed_empty(&bed.out);
	bed.ifaces.iface[BED_ETH].conf.mac.byte[4] = 0x77;
	bed.ifaces.iface[BED_ETH].conf.mtu = 1400;
	neigh_iface_changed(&bed.table, BED_ETH);
	assert_false(neigh_at(&bed.table, idx)->usable);
	assert_int_equal(bed_send(&bed, idx, 3), VERDICT_CODE_ACCEPT);
	assert_int_equal(bed_eth_of(bed.out.pkt[0]).src.byte[4], 0x77);
	assert_int_equal(neigh_at(&bed.table, idx)->mtu, 1400);
	bed_close(&bed);
}

/* After its link was down whoever has an address may be somebody else. */
static void test_forget(void **state)
{
	struct bed bed;
	u16 known, other, asked, set;
	struct eth_hdr eth;

	(void)state;
	bed_open(&bed);
	known = neigh_get(&bed.table, BED_ETH, addr("10.0.0.9"), bed.now);
	assert_int_equal(bed_send(&bed, known, 1), VERDICT_CODE_STOLEN);
	bed_arp(&bed, ARP_REPLY, &bed_mac_a, "10.0.0.9", "10.0.0.1");
	set = neigh_get(&bed.table, BED_ETH, addr("10.0.0.7"), bed.now);
	assert_int_equal(neigh_set_permanent(&bed.table, BED_ETH, addr("10.0.0.7"), &bed_mac_b,
					     bed.now),
			 ERR_OK);
	other = neigh_get(&bed.table, BED_RAW, addr("10.0.0.9"), bed.now);
	asked = neigh_get(&bed.table, BED_ETH, addr("10.0.0.8"), bed.now);
	assert_int_equal(bed_send(&bed, asked, 2), VERDICT_CODE_STOLEN);
	bed_empty(&bed.out);
	neigh_forget(&bed.table, BED_ETH, bed.now);
	neigh_check(&bed.table);
	assert_int_equal(neigh_at(&bed.table, known)->state, NEIGH_IDLE);
	assert_int_equal(bed_send(&bed, set, 3), VERDICT_CODE_ACCEPT);
	assert_int_equal(bed_send(&bed, other, 4), VERDICT_CODE_ACCEPT);
	bed_empty(&bed.out);
	/* Asked for by broadcast, as one that nothing is known of; what waited still waits. */
	assert_int_equal(bed_send(&bed, known, 5), VERDICT_CODE_STOLEN);
	assert_int_equal(bed.out.count, 1);
	eth = bed_eth_of(bed.out.pkt[0]);
	assert_true(mac_is_broadcast(&eth.dst));
	bed_empty(&bed.out);
	bed_arp(&bed, ARP_REPLY, &bed_mac_b, "10.0.0.9", "10.0.0.1");
	assert_int_equal(bed.out.count, 1);
	assert_int_equal(bed_mark(bed.out.pkt[0]), 5);
	assert_memory_equal(bed_eth_of(bed.out.pkt[0]).dst.byte, bed_mac_b.byte, ETH_ALEN);
	bed_empty(&bed.out);
	bed_arp(&bed, ARP_REPLY, &bed_mac_a, "10.0.0.8", "10.0.0.1");
	assert_int_equal(bed_mark(bed.out.pkt[0]), 2);
	bed_close(&bed);
}

static void test_no_buffer(void **state)
{
	struct bed bed;
	u8 frame[256];
	u32 done = 1;
	struct pkt *pkt, *held;
	verdict fate;
	u16 idx;

	(void)state;
	bed_open(&bed);
	idx = neigh_get(&bed.table, BED_ETH, addr("10.0.0.9"), bed.now);
	for (u32 i = 0; i < BED_PKTS; i++) {
		held = pkt_new(&bed.pool, 10);
		if (i < BATCH_MAX)
			assert_true(batch_add(&bed.out, held));
		else if (i < 2 * BATCH_MAX)
			assert_true(batch_add(&bed.dead, held));
	}
	pkt = pkt_new_ring(&bed.pool, frame, sizeof frame, &done);
	pkt->l2 = pkt->l3 = 64;
	pkt->len = 100;
	pkt->nexthop = idx;
	fate = neigh_resolve(&bed.table, &bed.stats, pkt, bed.now, &bed.out, &bed.dead);
	assert_true(verdict_is_dead(fate));
	assert_int_equal(pkt->drop, DROP_NO_BUFFER);
	assert_int_equal(done, 1);
	pkt_put(pkt);
	assert_int_equal(done, 0);
	neigh_check(&bed.table);
	free(bed.region);
}

/* A frame of a driver's ring is copied, and given back at once. */
static void test_ring_frame_is_copied(void **state)
{
	struct bed bed;
	u8 frame[256] = { 0 };
	u32 done = 1;
	struct pkt *pkt;
	verdict fate;
	u16 idx;

	(void)state;
	bed_open(&bed);
	idx = neigh_get(&bed.table, BED_ETH, addr("10.0.0.9"), bed.now);
	pkt = pkt_new_ring(&bed.pool, frame, sizeof frame, &done);
	pkt->l2 = pkt->l3 = 64;
	pkt->len = 100;
	pkt->nexthop = idx;
	frame[64] = 0x42;
	fate = neigh_resolve(&bed.table, &bed.stats, pkt, bed.now, &bed.out, &bed.dead);
	assert_true(verdict_is_stolen(fate));
	assert_int_equal(done, 0);
	bed_empty(&bed.out);
	bed_arp(&bed, ARP_REPLY, &bed_mac_a, "10.0.0.9", "10.0.0.1");
	assert_int_equal(bed.out.count, 1);
	assert_int_equal(pkt_l3(bed.out.pkt[0])[0], 0x42);
	assert_int_equal(bed.out.pkt[0]->len, 100);
	bed_close(&bed);
}

static void test_raw_ip(void **state)
{
	struct bed bed;
	u16 idx;

	(void)state;
	bed_open(&bed);
	idx = neigh_get(&bed.table, BED_RAW, addr("192.0.2.1"), bed.now);
	assert_int_equal(neigh_get(&bed.table, BED_RAW, addr("192.0.2.77"), bed.now), idx);
	assert_true(neigh_at(&bed.table, idx)->usable);
	assert_int_equal(bed_send(&bed, idx, 1), VERDICT_CODE_ACCEPT);
	assert_int_equal(bed.out.pkt[0]->l2, bed.out.pkt[0]->l3);
	assert_int_equal(bed.out.pkt[0]->out_if, BED_RAW);
	neigh_iface_changed(&bed.table, BED_RAW);
	assert_int_equal(bed_send(&bed, idx, 2), VERDICT_CODE_ACCEPT);
	bed_pass(&bed, 1000 * NS_PER_SEC);
	assert_true(neigh_at(&bed.table, idx)->usable);
	bed_close(&bed);
}

static void test_groups(void **state)
{
	static const struct mac multicast = { { 0x01, 0x00, 0x5e, 0x7f, 0xff, 0xfa } };
	struct bed bed;
	struct eth_hdr eth;
	u16 idx;

	(void)state;
	bed_open(&bed);
	idx = neigh_get(&bed.table, BED_ETH, addr("10.0.0.255"), bed.now);
	assert_int_equal(bed_send(&bed, idx, 1), VERDICT_CODE_ACCEPT);
	eth = bed_eth_of(bed.out.pkt[0]);
	assert_true(mac_is_broadcast(&eth.dst));
	idx = neigh_get(&bed.table, BED_ETH, addr("239.255.255.250"), bed.now);
	assert_int_equal(bed_send(&bed, idx, 1), VERDICT_CODE_ACCEPT);
	eth = bed_eth_of(bed.out.pkt[1]);
	assert_true(mac_eq(&eth.dst, &multicast));
	bed_empty(&bed.out);
	/* Nobody is asked, however long it is used or not. */
	for (u32 i = 0; i < 10; i++) {
		assert_int_equal(bed_send(&bed, idx, 1), VERDICT_CODE_ACCEPT);
		bed_empty(&bed.out);
		bed_pass(&bed, 29 * NS_PER_SEC);
		assert_int_equal(bed.out.count, 0);
	}
	bed_pass(&bed, 70 * NS_PER_SEC);
	assert_false(neigh_at(&bed.table, idx)->usable);
	assert_int_equal(bed_send(&bed, idx, 1), VERDICT_CODE_ACCEPT);
	assert_int_equal(bed.table.stats.requests_sent, 0);
	bed_close(&bed);
}

static void test_permanent(void **state)
{
	struct mac all = MAC_BROADCAST;
	struct bed bed;
	u16 idx;

	(void)state;
	bed_open(&bed);
	assert_int_equal(neigh_set_permanent(&bed.table, BED_ETH, addr("10.0.0.9"), &all, bed.now),
			 ERR_RANGE);
	assert_int_equal(neigh_set_permanent(&bed.table, BED_RAW, addr("10.0.0.9"), &bed_mac_a,
					     bed.now),
			 ERR_RANGE);
	assert_int_equal(neigh_set_permanent(&bed.table, BED_ETH, addr("10.0.0.9"), &bed_mac_a,
					     bed.now),
			 ERR_OK);
	bed_arp(&bed, ARP_REPLY, &bed_mac_b, "10.0.0.9", "10.0.0.1");
	bed_pass(&bed, 1000 * NS_PER_SEC);
	idx = neigh_get(&bed.table, BED_ETH, addr("10.0.0.9"), bed.now);
	assert_int_equal(bed_send(&bed, idx, 1), VERDICT_CODE_ACCEPT);
	assert_memory_equal(neigh_at(&bed.table, idx)->link, &bed_mac_a, ETH_ALEN);
	bed_close(&bed);
}

static void test_table_full(void **state)
{
	struct neigh_conf conf;
	struct bed bed;
	struct pkt *pkt;
	u32 old_gen;
	u16 a, b, c;

	(void)state;
	neigh_conf_default(&conf);
	conf.count = 2;
	bed_open_with(&bed, &conf);
	a = neigh_get(&bed.table, BED_ETH, addr("10.0.0.10"), bed.now);
	b = neigh_get(&bed.table, BED_ETH, addr("10.0.0.11"), bed.now);
	/* Handed out at this moment: both may stand in a batch. */
	assert_int_equal(neigh_get(&bed.table, BED_ETH, addr("10.0.0.12"), bed.now),
			 NEXTHOP_NONE);
	assert_int_equal(bed.table.stats.full, 1);
	pkt = bed_pkt(&bed, NEXTHOP_NONE, 1);
	assert_true(verdict_is_dead(neigh_drop_full(&bed.stats, pkt)));
	assert_int_equal(pkt->drop, DROP_NEIGH_FULL);
	assert_int_equal(bed.stats.count[DROP_NEIGH_FULL], 1);
	pkt_put(pkt);
	/* A moment later the longest unused goes: b, because a is touched again. */
	bed.now++;
	assert_int_equal(neigh_get(&bed.table, BED_ETH, addr("10.0.0.10"), bed.now), a);
	old_gen = neigh_at(&bed.table, b)->gen;
	assert_true(neigh_is_current(&bed.table, b, old_gen));
	c = neigh_get(&bed.table, BED_ETH, addr("10.0.0.12"), bed.now);
	assert_int_equal(c, b);
	assert_false(neigh_is_current(&bed.table, b, old_gen));
	assert_int_equal(neigh_find(&bed.table, BED_ETH, addr("10.0.0.11")), NEXTHOP_NONE);
	assert_int_equal(bed.table.stats.evictions, 1);
	/* Where packets wait, nothing is taken. */
	assert_int_equal(bed_send(&bed, a, 1), VERDICT_CODE_STOLEN);
	assert_int_equal(bed_send(&bed, c, 2), VERDICT_CODE_STOLEN);
	bed.now++;
	assert_int_equal(neigh_get(&bed.table, BED_ETH, addr("10.0.0.13"), bed.now),
			 NEXTHOP_NONE);
	assert_false(neigh_is_current(&bed.table, NEXTHOP_NONE, 0));
	bed_close(&bed);
}

/* The same address on two interfaces is two neighbours. */
static void test_per_interface(void **state)
{
	struct bed bed;
	u16 a, b;

	(void)state;
	bed_open(&bed);
	a = neigh_get(&bed.table, BED_ETH, addr("10.0.0.9"), bed.now);
	b = neigh_get(&bed.table, BED_OTHER, addr("10.0.0.9"), bed.now);
	assert_int_not_equal(a, b);
	assert_int_equal(bed_send(&bed, a, 1), VERDICT_CODE_STOLEN);
	assert_int_equal(bed_send(&bed, b, 2), VERDICT_CODE_STOLEN);
	assert_addr(bed_arp_of(bed.out.pkt[1]).spa, "198.18.0.1");
	bed_empty(&bed.out);
	bed_arp(&bed, ARP_REPLY, &bed_mac_a, "10.0.0.9", "10.0.0.1");
	assert_int_equal(bed.out.count, 1);
	assert_false(neigh_at(&bed.table, b)->usable);
	bed_close(&bed);
}

static void test_show(void **state)
{
	struct neigh_info info[2];
	struct bed bed;
	u32 cursor = 0;
	u16 idx;

	(void)state;
	bed_open(&bed);
	idx = neigh_get(&bed.table, BED_ETH, addr("10.0.0.9"), bed.now);
	assert_int_equal(bed_send(&bed, idx, 1), VERDICT_CODE_STOLEN);
	neigh_get(&bed.table, BED_OTHER, addr("198.18.0.2"), bed.now);
	neigh_get(&bed.table, BED_RAW, addr("198.18.0.2"), bed.now);
	assert_int_equal(neigh_show(&bed.table, &cursor, info, 2), 2);
	assert_addr(info[0].addr, "10.0.0.9");
	assert_int_equal(info[0].state, NEIGH_INCOMPLETE);
	assert_int_equal(info[0].queue_count, 1);
	assert_false(info[0].mac_known);
	assert_int_equal(info[1].out_if, BED_OTHER);
	assert_int_equal(neigh_show(&bed.table, &cursor, info, 2), 1);
	assert_int_equal(neigh_show(&bed.table, &cursor, info, 2), 0);
	bed_arp(&bed, ARP_REPLY, &bed_mac_a, "10.0.0.9", "10.0.0.1");
	cursor = 0;
	assert_int_equal(neigh_show(&bed.table, &cursor, info, 1), 1);
	assert_true(mac_eq(&info[0].mac, &bed_mac_a));
	assert_int_equal(info[0].confirmed_ns, bed.now);
	assert_string_equal(neigh_state_name((enum neigh_state)info[0].state), "reachable");
	assert_string_equal(neigh_own_state_name(NEIGH_OWN_PROBING), "probing");
	bed_close(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request_reply_queue_order),
		cmocka_unit_test(test_queue_full_drops_the_oldest),
		cmocka_unit_test(test_all_queues_full),
		cmocka_unit_test(test_who_finds_no_room_is_asked_for),
		cmocka_unit_test(test_flush_waits_for_room),
		cmocka_unit_test(test_iface_down),
		cmocka_unit_test(test_forget),
		cmocka_unit_test(test_no_buffer),
		cmocka_unit_test(test_ring_frame_is_copied),
		cmocka_unit_test(test_raw_ip),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_permanent),
		cmocka_unit_test(test_table_full),
		cmocka_unit_test(test_per_interface),
		cmocka_unit_test(test_show),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
