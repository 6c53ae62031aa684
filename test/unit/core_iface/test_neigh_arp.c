/* ARP messages: who is answered, who is believed, and what is malformed. */
#include "neigh_bed.h"

static void test_answers_for_own(void **state)
{
	struct bed bed;
	struct arp_hdr arp;
	struct eth_hdr eth;
	u16 idx;

	(void)state;
	bed_open(&bed);
	bed_arp(&bed, ARP_REQUEST, &bed_mac_a, "10.0.0.9", "10.0.0.1");
	assert_int_equal(bed.out.count, 1);
	arp = bed_arp_of(bed.out.pkt[0]);
	eth = bed_eth_of(bed.out.pkt[0]);
	assert_int_equal(be16_host(arp.op), ARP_REPLY);
	assert_true(mac_eq(&arp.sha, &bed_own_mac));
	assert_true(mac_eq(&arp.tha, &bed_mac_a));
	assert_addr(arp.spa, "10.0.0.1");
	assert_addr(arp.tpa, "10.0.0.9");
	assert_true(mac_eq(&eth.dst, &bed_mac_a));
	assert_true(mac_eq(&eth.src, &bed_own_mac));
	assert_int_equal(bed.out.pkt[0]->out_if, BED_ETH);
	assert_int_equal(bed.out.pkt[0]->flags, 0);
	bed_empty(&bed.out);
	/* RFC 826: who asks for us is known from then on; its first use asks by unicast. */
	idx = neigh_find(&bed.table, BED_ETH, addr("10.0.0.9"));
	assert_int_not_equal(idx, NEXTHOP_NONE);
	assert_int_equal(bed_send(&bed, idx, 7), VERDICT_CODE_ACCEPT);
	assert_int_equal(bed.out.count, 2);
	eth = bed_eth_of(bed.out.pkt[0]);
	assert_true(mac_eq(&eth.dst, &bed_mac_a));
	assert_int_equal(be16_host(bed_arp_of(bed.out.pkt[0]).op), ARP_REQUEST);
	assert_int_equal(bed_mark(bed.out.pkt[1]), 7);
	bed_close(&bed);
}

static void test_does_not_answer(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed);
	bed_arp(&bed, ARP_REQUEST, &bed_mac_a, "10.0.0.9", "10.0.0.2");   /* the host's */
	bed_arp(&bed, ARP_REQUEST, &bed_mac_a, "10.0.0.9", "198.18.0.1"); /* another interface's */
	bed_arp(&bed, ARP_REQUEST, &bed_mac_a, "10.0.0.9", "10.0.0.50");
	bed_arp(&bed, ARP_REPLY, &bed_mac_a, "10.0.0.9", "10.0.0.1");
	assert_int_equal(bed.out.count, 0);
	/* None of these made an entry. */
	assert_int_equal(bed.table.live_count, 0);
	assert_int_equal(bed.table.stats.requests_received, 3);
	assert_int_equal(bed.table.stats.replies_received, 1);
	/* A sender from elsewhere is answered, not remembered. */
	bed_arp(&bed, ARP_REQUEST, &bed_mac_a, "192.168.7.7", "10.0.0.1");
	assert_int_equal(bed.out.count, 1);
	assert_int_equal(bed.table.live_count, 0);
	bed_close(&bed);
}

static void test_probe_is_answered(void **state)
{
	struct bed bed;
	struct arp_hdr arp;

	(void)state;
	bed_open(&bed);
	bed_arp(&bed, ARP_REQUEST, &bed_mac_a, "0.0.0.0", "10.0.0.1");
	assert_int_equal(bed.out.count, 1);
	arp = bed_arp_of(bed.out.pkt[0]);
	assert_int_equal(be16_host(arp.op), ARP_REPLY);
	assert_addr(arp.spa, "10.0.0.1");
	assert_addr(arp.tpa, "0.0.0.0");
	assert_int_equal(bed.table.live_count, 0);
	bed_close(&bed);
}

static void test_no_room_for_the_answer(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed);
	while (bed.out.count < BATCH_MAX)
		assert_true(batch_add(&bed.out, bed_pkt(&bed, 0, 0)));
	bed_arp(&bed, ARP_REQUEST, &bed_mac_a, "10.0.0.9", "10.0.0.1");
	assert_int_equal(bed.table.stats.replies_sent, 0);
	assert_int_equal(bed.table.stats.no_buffer, 1);
	bed_close(&bed);
}

/* Gratuitous ARP (RFC 5227 section 3): updates whom we know, makes nobody known. */
static void test_gratuitous(void **state)
{
	struct bed bed;
	u16 idx;

	(void)state;
	bed_open(&bed);
	bed_arp(&bed, ARP_REQUEST, &bed_mac_a, "10.0.0.9", "10.0.0.9");
	assert_int_equal(bed.table.live_count, 0);
	idx = neigh_get(&bed.table, BED_ETH, addr("10.0.0.9"), bed.now);
	assert_int_equal(bed_send(&bed, idx, 1), VERDICT_CODE_STOLEN);
	bed_arp(&bed, ARP_REPLY, &bed_mac_a, "10.0.0.9", "10.0.0.1");
	bed_empty(&bed.out);
	bed_arp(&bed, ARP_REQUEST, &bed_mac_b, "10.0.0.9", "10.0.0.9");
	assert_int_equal(bed.out.count, 0);
	assert_int_equal(bed_send(&bed, idx, 2), VERDICT_CODE_ACCEPT);
	assert_memory_equal(pkt_frame(bed.out.pkt[0]), &bed_mac_b, ETH_ALEN);
	bed_close(&bed);
}

static void test_proxy(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed);
	assert_int_equal(neigh_set_proxy(&bed.table, BED_ETH, addr("10.0.0.65"), 26), ERR_RANGE);
	assert_int_equal(neigh_set_proxy(&bed.table, 9, addr("10.0.0.64"), 26), ERR_RANGE);
	assert_int_equal(neigh_set_proxy(&bed.table, BED_ETH, addr("10.0.0.64"), 33), ERR_RANGE);
	assert_int_equal(neigh_set_proxy(&bed.table, BED_ETH, addr("10.0.0.64"), 26), ERR_OK);
	assert_true(neigh_owns(&bed.table, BED_ETH, addr("10.0.0.64")));
	assert_true(neigh_owns(&bed.table, BED_ETH, addr("10.0.0.127")));
	assert_false(neigh_owns(&bed.table, BED_ETH, addr("10.0.0.128")));
	assert_false(neigh_owns(&bed.table, BED_OTHER, addr("10.0.0.64")));
	bed_arp(&bed, ARP_REQUEST, &bed_mac_a, "10.0.0.9", "10.0.0.100");
	assert_int_equal(bed.out.count, 1);
	assert_addr(bed_arp_of(bed.out.pkt[0]).spa, "10.0.0.100");
	/* Somebody else claims one of them: counted, not learned. */
	bed_arp(&bed, ARP_REQUEST, &bed_mac_b, "10.0.0.100", "10.0.0.100");
	assert_int_equal(bed.table.stats.conflicts, 1);
	assert_int_equal(bed.out.count, 1);
	assert_int_equal(neigh_find(&bed.table, BED_ETH, addr("10.0.0.100")), NEXTHOP_NONE);
	for (u32 i = 1; i < NEIGH_PROXY_MAX; i++)
		assert_int_equal(neigh_set_proxy(&bed.table, BED_ETH, addr("10.0.0.64"), 32),
				 ERR_OK);
	assert_int_equal(neigh_set_proxy(&bed.table, BED_ETH, addr("10.0.0.64"), 32), ERR_FULL);
	neigh_clear_proxies(&bed.table);
	assert_false(neigh_owns(&bed.table, BED_ETH, addr("10.0.0.64")));
	bed_close(&bed);
}

static struct arp_hdr *good_arp(struct build *b)
{
	build_arp(b, ARP_REQUEST, &bed_mac_a, addr("10.0.0.9"), addr("10.0.0.1"));
	return (struct arp_hdr *)(void *)(b->bytes + ETH_HLEN);
}

static void assert_malformed(struct bed *bed, u16 in_if, const struct build *b)
{
	u64 count = bed->stats.count[DROP_ARP_MALFORMED];
	verdict fate = bed_in(bed, in_if, b);

	assert_true(verdict_is_dead(fate));
	assert_int_equal(bed->stats.count[DROP_ARP_MALFORMED], count + 1);
	assert_int_equal(bed->out.count, 0);
	bed_empty(&bed->dead);
}

static void test_malformed(void **state)
{
	static struct build b;
	struct bed bed;

	(void)state;
	bed_open(&bed);
	good_arp(&b);
	b.len--;
	assert_malformed(&bed, BED_ETH, &b);
	good_arp(&b)->htype = be16_of(6);
	assert_malformed(&bed, BED_ETH, &b);
	good_arp(&b)->ptype = be16_of(0x86dd);
	assert_malformed(&bed, BED_ETH, &b);
	good_arp(&b)->hlen = 8;
	assert_malformed(&bed, BED_ETH, &b);
	good_arp(&b)->plen = 16;
	assert_malformed(&bed, BED_ETH, &b);
	good_arp(&b)->op = be16_of(3);
	assert_malformed(&bed, BED_ETH, &b);
	good_arp(&b)->op = be16_of(0);
	assert_malformed(&bed, BED_ETH, &b);
	good_arp(&b)->sha = MAC_BROADCAST; /* RFC 1812 section 3.3.2 */
	assert_malformed(&bed, BED_ETH, &b);
	good_arp(&b)->sha = (struct mac){ { 0 } };
	assert_malformed(&bed, BED_ETH, &b);
	good_arp(&b)->spa = addr("224.0.0.1");
	assert_malformed(&bed, BED_ETH, &b);
	good_arp(&b)->spa = addr("255.255.255.255");
	assert_malformed(&bed, BED_ETH, &b);
	good_arp(&b)->spa = addr("127.0.0.1");
	assert_malformed(&bed, BED_ETH, &b);
	good_arp(&b)->spa = addr("0.0.0.0");
	((struct arp_hdr *)(void *)(b.bytes + ETH_HLEN))->op = be16_of(ARP_REPLY);
	assert_malformed(&bed, BED_ETH, &b);
	good_arp(&b);
	assert_malformed(&bed, BED_RAW, &b);
	assert_int_equal(bed.table.live_count, 0);
	/* And the good one is good, trailing bytes of the frame or not. */
	good_arp(&b);
	memset(b.bytes + b.len, 0, 18);
	b.len += 18;
	assert_true(verdict_is_stolen(bed_in(&bed, BED_ETH, &b)));
	assert_int_equal(bed.out.count, 1);
	bed_arp_of(bed.out.pkt[0]);
	bed_close(&bed);
}

/* A request that comes while we ask answers our question too. */
static void test_request_resolves(void **state)
{
	struct bed bed;
	u16 idx;

	(void)state;
	bed_open(&bed);
	idx = neigh_get(&bed.table, BED_ETH, addr("10.0.0.9"), bed.now);
	assert_int_equal(bed_send(&bed, idx, 1), VERDICT_CODE_STOLEN);
	bed_empty(&bed.out);
	bed_arp(&bed, ARP_REQUEST, &bed_mac_a, "10.0.0.9", "10.0.0.1");
	assert_int_equal(bed.out.count, 2);
	assert_true(bed_is_arp(bed.out.pkt[0]));
	assert_int_equal(bed_mark(bed.out.pkt[1]), 1);
	bed_close(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers_for_own),
		cmocka_unit_test(test_does_not_answer),
		cmocka_unit_test(test_probe_is_answered),
		cmocka_unit_test(test_no_room_for_the_answer),
		cmocka_unit_test(test_gratuitous),
		cmocka_unit_test(test_proxy),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_request_resolves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
