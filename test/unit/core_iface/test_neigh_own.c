/* The gateway's own addresses: probing, announcing, conflicts (RFC 5227). */
#include "neigh_bed.h"

static const struct neigh_own *own(const struct bed *bed)
{
	return neigh_own_at(&bed->table, BED_ETH, 0);
}

/* The times at which frames came out, one tick after the other. */
static u32 watch(struct bed *bed, ns_t span, ns_t at[16], be32 spa[16])
{
	ns_t end = bed->now + span;
	u32 count = 0;

	while (neigh_next(&bed->table) <= end) {
		if (neigh_next(&bed->table) > bed->now)
			bed->now = neigh_next(&bed->table);
		bed_tick(bed);
		for (u32 i = 0; i < bed->out.count && count < 16; i++) {
			struct arp_hdr arp = bed_arp_of(bed->out.pkt[i]);
			struct eth_hdr eth = bed_eth_of(bed->out.pkt[i]);

			assert_int_equal(be16_host(arp.op), ARP_REQUEST);
			assert_addr(arp.tpa, "10.0.0.1");
			assert_true(mac_is_broadcast(&eth.dst));
			assert_true(mac_is_zero(&arp.tha));
			assert_true(mac_eq(&arp.sha, &bed_own_mac));
			at[count] = bed->now;
			spa[count++] = arp.spa;
		}
		bed_empty(&bed->out);
	}
	bed->now = end;
	return count;
}

/* A link that was down: told again, not asked again. What is being probed goes on so. */
static void test_announced_again(void **state)
{
	struct bed bed;
	ns_t at[16], start;
	be32 spa[16];

	(void)state;
	bed_open(&bed);
	start = bed.now;
	neigh_announce_again(&bed.table, BED_ETH, bed.now);
	neigh_announce_again(&bed.table, BED_RAW, bed.now);
	assert_true(neigh_owns(&bed.table, BED_ETH, addr("10.0.0.1")));
	assert_int_equal(watch(&bed, 60 * NS_PER_SEC, at, spa), 2);
	assert_int_equal(at[0] - start, 0);
	assert_addr(spa[0], "10.0.0.1");
	assert_addr(spa[1], "10.0.0.1");
	assert_int_equal(own(&bed)->state, NEIGH_OWN_READY);
	neigh_announce(&bed.table, BED_ETH, bed.now);
	neigh_announce_again(&bed.table, BED_ETH, bed.now);
	assert_int_equal(own(&bed)->state, NEIGH_OWN_PROBING);
	assert_int_equal(watch(&bed, 60 * NS_PER_SEC, at, spa), 5);
	bed_close(&bed);
}

static void test_probes_and_announcements(void **state)
{
	struct bed bed;
	ns_t at[16], start;
	be32 spa[16];

	(void)state;
	bed_open(&bed);
	start = bed.now;
	neigh_announce(&bed.table, BED_ETH, bed.now);
	neigh_announce(&bed.table, BED_RAW, bed.now);
	assert_int_equal(own(&bed)->state, NEIGH_OWN_PROBING);
	assert_int_equal(watch(&bed, 60 * NS_PER_SEC, at, spa), 5);
	/* RFC 5227 section 1.1: PROBE_WAIT 1, PROBE_MIN 1, PROBE_MAX 2, ANNOUNCE_WAIT 2,
	 * ANNOUNCE_INTERVAL 2 seconds. Only the address that is not the host's.                 */
	assert_in_range(at[0] - start, 0, NS_PER_SEC);
	assert_in_range(at[1] - at[0], NS_PER_SEC, 2 * NS_PER_SEC);
	assert_in_range(at[2] - at[1], NS_PER_SEC, 2 * NS_PER_SEC);
	assert_int_equal(at[3] - at[2], 2 * NS_PER_SEC);
	assert_int_equal(at[4] - at[3], 2 * NS_PER_SEC);
	for (u32 i = 0; i < 5; i++)
		assert_addr(spa[i], i < 3 ? "0.0.0.0" : "10.0.0.1");
	assert_int_equal(own(&bed)->state, NEIGH_OWN_READY);
	assert_int_equal(bed.table.stats.probes_sent, 3);
	assert_int_equal(bed.table.stats.announcements_sent, 2);
	bed_close(&bed);
}

static void test_without_probing(void **state)
{
	struct neigh_conf conf;
	struct bed bed;
	ns_t at[16], start;
	be32 spa[16];

	(void)state;
	neigh_conf_default(&conf);
	conf.probe_count = 0;
	bed_open_with(&bed, &conf);
	start = bed.now;
	neigh_announce(&bed.table, BED_ETH, bed.now);
	assert_true(neigh_owns(&bed.table, BED_ETH, addr("10.0.0.1")));
	assert_int_equal(watch(&bed, 60 * NS_PER_SEC, at, spa), 2);
	assert_int_equal(at[0], start);
	assert_addr(spa[0], "10.0.0.1");
	bed_close(&bed);
}

/* Neither answered for nor asked with while it is not ours for certain. */
static void test_not_used_while_probing(void **state)
{
	struct bed bed;
	u16 idx;

	(void)state;
	bed_open(&bed);
	neigh_announce(&bed.table, BED_ETH, bed.now);
	assert_false(neigh_owns(&bed.table, BED_ETH, addr("10.0.0.1")));
	bed_arp(&bed, ARP_REQUEST, &bed_mac_a, "10.0.0.9", "10.0.0.1");
	assert_int_equal(bed.out.count, 0);
	idx = neigh_get(&bed.table, BED_ETH, addr("10.0.0.9"), bed.now);
	assert_int_equal(bed_send(&bed, idx, 1), VERDICT_CODE_STOLEN);
	assert_int_equal(bed.out.count, 1);
	assert_addr(bed_arp_of(bed.out.pkt[0]).spa, "10.0.0.2"); /* the host's is in use */
	bed_close(&bed);
}

static void test_conflict_while_probing(void **state)
{
	struct bed bed;
	ns_t at[16];
	be32 spa[16];

	(void)state;
	bed_open(&bed);
	neigh_announce(&bed.table, BED_ETH, bed.now);
	assert_int_equal(watch(&bed, NS_PER_SEC, at, spa), 1);
	bed_arp(&bed, ARP_REPLY, &bed_mac_b, "10.0.0.1", "0.0.0.0");
	assert_int_equal(own(&bed)->state, NEIGH_OWN_CONFLICT);
	assert_true(own(&bed)->conflict);
	assert_true(mac_eq(&own(&bed)->rival, &bed_mac_b));
	assert_int_equal(bed.table.stats.conflicts, 1);
	assert_false(neigh_owns(&bed.table, BED_ETH, addr("10.0.0.1")));
	assert_int_equal(watch(&bed, 59 * NS_PER_SEC, at, spa), 0);
	/* Tried again after a minute; this time it is free. */
	assert_int_equal(watch(&bed, 60 * NS_PER_SEC, at, spa), 5);
	assert_int_equal(own(&bed)->state, NEIGH_OWN_READY);
	assert_false(own(&bed)->conflict);
	bed_close(&bed);
}

/* Two who probe for the same address at the same time: RFC 5227 section 2.1.1. */
static void test_both_probe(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed);
	neigh_announce(&bed.table, BED_ETH, bed.now);
	bed_arp(&bed, ARP_REQUEST, &bed_own_mac, "0.0.0.0", "10.0.0.1"); /* our own, come back */
	assert_int_equal(own(&bed)->state, NEIGH_OWN_PROBING);
	bed_arp(&bed, ARP_REQUEST, &bed_mac_b, "0.0.0.0", "10.0.0.1");
	assert_int_equal(own(&bed)->state, NEIGH_OWN_CONFLICT);
	bed_close(&bed);
}

/* RFC 5227 section 2.4 (c): one announcement, and not again within ten seconds. */
static void test_defends_rarely(void **state)
{
	struct bed bed;
	struct arp_hdr arp;

	(void)state;
	bed_open(&bed);
	bed_arp(&bed, ARP_REQUEST, &bed_mac_b, "10.0.0.1", "10.0.0.1");
	assert_int_equal(bed.out.count, 1);
	arp = bed_arp_of(bed.out.pkt[0]);
	assert_addr(arp.spa, "10.0.0.1");
	assert_addr(arp.tpa, "10.0.0.1");
	bed_empty(&bed.out);
	bed_pass(&bed, 9 * NS_PER_SEC);
	bed_arp(&bed, ARP_REPLY, &bed_mac_b, "10.0.0.1", "10.0.0.9");
	assert_int_equal(bed.out.count, 0);
	bed_pass(&bed, NS_PER_SEC);
	bed_arp(&bed, ARP_REPLY, &bed_mac_b, "10.0.0.1", "10.0.0.9");
	assert_int_equal(bed.out.count, 1);
	assert_int_equal(bed.table.stats.conflicts, 3);
	assert_true(own(&bed)->conflict);
	assert_int_equal(own(&bed)->state, NEIGH_OWN_READY);
	assert_int_equal(bed.table.live_count, 0); /* the rival is not learned */
	bed_close(&bed);
}

/* The host's stack defends its own. */
static void test_host_address_is_left_alone(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed);
	neigh_announce(&bed.table, BED_ETH, bed.now);
	bed_arp(&bed, ARP_REQUEST, &bed_mac_b, "10.0.0.2", "10.0.0.2");
	assert_int_equal(bed.out.count, 0);
	assert_int_equal(bed.table.stats.conflicts, 0);
	assert_int_equal(neigh_own_at(&bed.table, BED_ETH, 1)->state, NEIGH_OWN_READY);
	bed_close(&bed);
}

static void test_iface_down_waits(void **state)
{
	struct bed bed;
	ns_t at[16];
	be32 spa[16];

	(void)state;
	bed_open(&bed);
	neigh_announce(&bed.table, BED_ETH, bed.now);
	bed.ifaces.iface[BED_ETH].up = false;
	assert_int_equal(watch(&bed, 30 * NS_PER_SEC, at, spa), 0);
	assert_int_equal(own(&bed)->state, NEIGH_OWN_PROBING);
	bed.ifaces.iface[BED_ETH].up = true;
	assert_int_equal(watch(&bed, 30 * NS_PER_SEC, at, spa), 5);
	bed_close(&bed);
}

static void readdress(struct bed *bed, const struct iface_addr *addrs, u32 count)
{
	struct iface_conf *conf = &bed->ifaces.iface[BED_ETH].conf;
	const struct iface_conf old = *conf;

	memcpy(conf->addr, addrs, count * sizeof *addrs);
	conf->addr_count = count;
	neigh_readdress(&bed->table, BED_ETH, &old, bed->now);
}

/* One that stays is in use all the time, in whichever place; one that was the host's is asked about
 * as a new one is. Of those that go nothing is heard any more.                                   */
static void test_what_stays_is_not_probed_again(void **state)
{
	const struct iface_addr more[] = { { addr("10.0.0.3"), 24, false },
					   { addr("10.0.0.1"), 24, false },
					   { addr("10.0.0.2"), 24, false } };
	const struct iface_addr less[] = { { addr("10.0.0.1"), 24, false },
					   { addr("10.0.0.3"), 24, true } };
	struct bed bed;
	ns_t at[16];
	be32 spa[16];

	(void)state;
	bed_open(&bed);
	readdress(&bed, more, 3);
	assert_int_equal(neigh_own_at(&bed.table, BED_ETH, 0)->state, NEIGH_OWN_PROBING);
	assert_int_equal(neigh_own_at(&bed.table, BED_ETH, 1)->state, NEIGH_OWN_READY);
	assert_int_equal(neigh_own_at(&bed.table, BED_ETH, 2)->state, NEIGH_OWN_PROBING);
	assert_false(neigh_owns(&bed.table, BED_ETH, addr("10.0.0.3")));
	bed_arp(&bed, ARP_REQUEST, &bed_mac_a, "10.0.0.9", "10.0.0.1");
	assert_int_equal(bed.out.count, 1);
	assert_addr(bed_arp_of(bed.out.pkt[0]).spa, "10.0.0.1");
	bed_empty(&bed.out);
	readdress(&bed, less, 2);
	assert_int_equal(neigh_own_at(&bed.table, BED_ETH, 1)->state, NEIGH_OWN_READY);
	assert_int_equal(watch(&bed, 60 * NS_PER_SEC, at, spa), 0);
	assert_true(neigh_owns(&bed.table, BED_ETH, addr("10.0.0.1")));
	/* One that is being asked about goes on where it was. */
	neigh_announce(&bed.table, BED_ETH, bed.now);
	assert_int_equal(watch(&bed, 1 * NS_PER_SEC, at, spa), 1);
	readdress(&bed, less, 1);
	assert_int_equal(own(&bed)->state, NEIGH_OWN_PROBING);
	assert_int_equal(watch(&bed, 60 * NS_PER_SEC, at, spa), 4);
	bed_close(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_announced_again),
		cmocka_unit_test(test_probes_and_announcements),
		cmocka_unit_test(test_without_probing),
		cmocka_unit_test(test_not_used_while_probing),
		cmocka_unit_test(test_conflict_while_probing),
		cmocka_unit_test(test_both_probe),
		cmocka_unit_test(test_defends_rarely),
		cmocka_unit_test(test_host_address_is_left_alone),
		cmocka_unit_test(test_iface_down_waits),
		cmocka_unit_test(test_what_stays_is_not_probed_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
