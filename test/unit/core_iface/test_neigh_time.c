/* Neighbours over time: repeated questions, failure, refreshing, forgetting, bounds of a tick. */
#include "neigh_bed.h"

static u16 known(struct bed *bed, const char *who)
{
	u16 idx = neigh_get(&bed->table, BED_ETH, addr(who), bed->now);

	assert_int_equal(bed_send(bed, idx, 1), VERDICT_CODE_STOLEN);
	bed_arp(bed, ARP_REPLY, &bed_mac_a, who, "10.0.0.1");
	bed_empty(&bed->out);
	assert_true(neigh_at(&bed->table, idx)->usable);
	return idx;
}

static void test_no_answer(void **state)
{
	struct bed bed;
	u16 idx;

	(void)state;
	bed_open(&bed);
	idx = neigh_get(&bed.table, BED_ETH, addr("10.0.0.9"), bed.now);
	for (u32 i = 0; i < NEIGH_TRIES; i++) {
		assert_int_equal(bed_send(&bed, idx, i), VERDICT_CODE_STOLEN);
		assert_int_equal(bed.table.stats.requests_sent, i + 1);
		bed_pass(&bed, NS_PER_SEC);
	}
	assert_int_equal(bed.table.stats.requests_sent, NEIGH_TRIES);
	assert_int_equal(neigh_at(&bed.table, idx)->state, NEIGH_FAILED);
	assert_int_equal(bed.dead.count, NEIGH_TRIES);
	for (u32 i = 0; i < NEIGH_TRIES; i++) {
		assert_int_equal(bed_mark(bed.dead.pkt[i]), i);
		assert_int_equal(bed.dead.pkt[i]->drop, DROP_NEIGH_FAILED);
	}
	bed_empty(&bed.dead);
	/* For a while packets fail at once, and nobody is asked. */
	assert_int_equal(bed_send(&bed, idx, 9), VERDICT_CODE_DEAD);
	assert_int_equal(bed.dead.pkt[0]->drop, DROP_NEIGH_FAILED);
	assert_int_equal(bed.stats.count[DROP_NEIGH_FAILED], NEIGH_TRIES + 1);
	assert_int_equal(bed.table.stats.requests_sent, NEIGH_TRIES);
	assert_int_equal(bed.table.stats.failures, 1);
	/* Then it is tried again. */
	bed_pass(&bed, 4 * NS_PER_SEC);
	assert_int_equal(bed_send(&bed, idx, 10), VERDICT_CODE_STOLEN);
	assert_int_equal(bed.table.stats.requests_sent, NEIGH_TRIES + 1);
	bed_close(&bed);
}

/* Its address may have been ours, and nobody asks the link for what is ours. */
static void test_failure_is_forgotten_with_a_change(void **state)
{
	struct bed bed;
	u16 idx;

	(void)state;
	bed_open(&bed);
	idx = neigh_get(&bed.table, BED_ETH, addr("10.0.0.9"), bed.now);
	assert_int_equal(bed_send(&bed, idx, 1), VERDICT_CODE_STOLEN);
	bed_pass(&bed, 3 * NS_PER_SEC);
	assert_int_equal(neigh_at(&bed.table, idx)->state, NEIGH_FAILED);
	neigh_iface_changed(&bed.table, BED_OTHER);
	assert_int_equal(neigh_at(&bed.table, idx)->state, NEIGH_FAILED);
	neigh_iface_changed(&bed.table, BED_ETH);
	bed_empty(&bed.out);
	bed_empty(&bed.dead);
	assert_int_equal(bed_send(&bed, idx, 2), VERDICT_CODE_STOLEN);
	assert_int_equal(bed.out.count, 1);
	bed_empty(&bed.out);
	bed_arp(&bed, ARP_REPLY, &bed_mac_a, "10.0.0.9", "10.0.0.1");
	assert_int_equal(bed_send(&bed, idx, 3), VERDICT_CODE_ACCEPT);
	bed_close(&bed);
}

static void test_late_answer_revives(void **state)
{
	struct bed bed;
	u16 idx;

	(void)state;
	bed_open(&bed);
	idx = neigh_get(&bed.table, BED_ETH, addr("10.0.0.9"), bed.now);
	assert_int_equal(bed_send(&bed, idx, 1), VERDICT_CODE_STOLEN);
	bed_pass(&bed, 3 * NS_PER_SEC);
	assert_int_equal(neigh_at(&bed.table, idx)->state, NEIGH_FAILED);
	bed_empty(&bed.out);
	bed_arp(&bed, ARP_REPLY, &bed_mac_a, "10.0.0.9", "10.0.0.1");
	assert_int_equal(bed_send(&bed, idx, 2), VERDICT_CODE_ACCEPT);
	bed_close(&bed);
}

/* Traffic that never stops: asked again by unicast, usable all the time. */
static void test_refreshed_while_used(void **state)
{
	struct bed bed;
	u32 asked = 0;
	u16 idx;

	(void)state;
	bed_open(&bed);
	idx = known(&bed, "10.0.0.9");
	for (u32 second = 0; second < 200; second++) {
		assert_true(neigh_at(&bed.table, idx)->usable);
		neigh_at(&bed.table, idx)->used = true;
		bed_pass(&bed, NS_PER_SEC);
		if (bed.out.count > 0) {
			struct eth_hdr eth = bed_eth_of(bed.out.pkt[0]);

			assert_int_equal(bed.out.count, 1);
			assert_true(mac_eq(&eth.dst, &bed_mac_a));
			assert_int_equal(neigh_at(&bed.table, idx)->state, NEIGH_PROBE);
			assert_true(neigh_at(&bed.table, idx)->usable);
			asked++;
			bed_empty(&bed.out);
			bed_arp(&bed, ARP_REPLY, &bed_mac_a, "10.0.0.9", "10.0.0.1");
			assert_int_equal(neigh_at(&bed.table, idx)->state, NEIGH_REACHABLE);
		}
	}
	assert_in_range(asked, 5, 7);
	bed_close(&bed);
}

/* NEIGH_TRIES by unicast, one to everybody, then it is gone. */
static void test_refresh_unanswered(void **state)
{
	struct bed bed;
	u16 idx;

	(void)state;
	bed_open(&bed);
	idx = known(&bed, "10.0.0.9");
	neigh_at(&bed.table, idx)->used = true;
	bed_pass(&bed, 30 * NS_PER_SEC);
	for (u32 i = 0; i <= NEIGH_TRIES; i++) {
		struct eth_hdr eth;

		assert_int_equal(bed.out.count, 1);
		eth = bed_eth_of(bed.out.pkt[0]);
		assert_int_equal(mac_is_broadcast(&eth.dst), i == NEIGH_TRIES);
		assert_true(neigh_at(&bed.table, idx)->usable);
		bed_empty(&bed.out);
		bed_pass(&bed, NS_PER_SEC);
	}
	assert_int_equal(bed.out.count, 0);
	assert_false(neigh_at(&bed.table, idx)->usable);
	assert_int_equal(neigh_at(&bed.table, idx)->state, NEIGH_FAILED);
	assert_int_equal(bed.table.lost_count, 1);
	bed_close(&bed);
}

/* The hint that packets come back by it saves the question. */
static void test_confirmed(void **state)
{
	struct bed bed;
	u16 idx;

	(void)state;
	bed_open(&bed);
	idx = known(&bed, "10.0.0.9");
	for (u32 i = 0; i < 20; i++) {
		neigh_at(&bed.table, idx)->used = true;
		bed_pass(&bed, 20 * NS_PER_SEC);
		neigh_confirm(&bed.table, idx, bed.now);
	}
	assert_int_equal(bed.table.stats.requests_sent, 1);
	assert_true(neigh_at(&bed.table, idx)->usable);
	/* In the middle of a probing too. */
	bed_pass(&bed, 30 * NS_PER_SEC);
	assert_int_equal(neigh_at(&bed.table, idx)->state, NEIGH_PROBE);
	neigh_confirm(&bed.table, idx, bed.now);
	bed_pass(&bed, NS_PER_SEC);
	assert_int_equal(neigh_at(&bed.table, idx)->state, NEIGH_REACHABLE);
	assert_int_equal(bed.table.stats.requests_sent, 2);
	bed_close(&bed);
}

static void test_unused_goes_idle_and_is_forgotten(void **state)
{
	struct bed bed;
	u32 gen;
	u16 idx;

	(void)state;
	bed_open(&bed);
	idx = known(&bed, "10.0.0.9");
	neigh_at(&bed.table, idx)->used = false;
	gen = neigh_at(&bed.table, idx)->gen;
	bed_pass(&bed, 31 * NS_PER_SEC);
	assert_int_equal(neigh_at(&bed.table, idx)->state, NEIGH_IDLE);
	assert_false(neigh_at(&bed.table, idx)->usable);
	assert_int_equal(bed.out.count, 0);
	/* Used again it is there at once, and asked by unicast. */
	assert_int_equal(bed_send(&bed, idx, 1), VERDICT_CODE_ACCEPT);
	assert_int_equal(bed.out.count, 2);
	assert_true(neigh_at(&bed.table, idx)->usable);
	bed_empty(&bed.out);
	bed_arp(&bed, ARP_REPLY, &bed_mac_a, "10.0.0.9", "10.0.0.1");
	neigh_at(&bed.table, idx)->used = false;
	bed_pass(&bed, 400 * NS_PER_SEC);
	assert_int_equal(neigh_find(&bed.table, BED_ETH, addr("10.0.0.9")), NEXTHOP_NONE);
	assert_false(neigh_is_current(&bed.table, idx, gen));
	assert_int_equal(bed.table.live_count, 0);
	assert_true(neigh_next(&bed.table) == NS_NEVER);
	/* A holder who did not look: its packet dies, nobody gets it. */
	assert_int_equal(bed_send(&bed, idx, 2), VERDICT_CODE_DEAD);
	assert_int_equal(bed.dead.pkt[0]->drop, DROP_NEIGH_FAILED);
	bed_close(&bed);
}

/* An entry that is looked up now and then is not forgotten. */
static void test_looked_up_stays(void **state)
{
	struct bed bed;
	u16 idx;

	(void)state;
	bed_open(&bed);
	idx = neigh_get(&bed.table, BED_ETH, addr("10.0.0.9"), bed.now);
	for (u32 i = 0; i < 10; i++) {
		bed_pass(&bed, 200 * NS_PER_SEC);
		assert_int_equal(neigh_get(&bed.table, BED_ETH, addr("10.0.0.9"), bed.now), idx);
	}
	bed_pass(&bed, 300 * NS_PER_SEC);
	assert_int_equal(bed.table.live_count, 0);
	bed_close(&bed);
}

/* A thousand entries due at once: so many in one tick, the rest in the next ones. */
static void test_tick_is_bounded(void **state)
{
	enum { COUNT = 400 };
	struct bed bed;
	u32 ticks = 0;

	(void)state;
	bed_open(&bed);
	for (u32 i = 0; i < COUNT; i++) {
		be32 who = be32_of(be32_host(addr("10.0.1.0")) + i);

		neigh_get(&bed.table, BED_ETH, who, bed.now);
	}
	bed.now += 300 * NS_PER_SEC;
	while (neigh_next(&bed.table) <= bed.now) {
		u32 before = bed.table.live_count;

		bed_tick(&bed);
		assert_in_range(before - bed.table.live_count, 1, NEIGH_TICK_MAX);
		ticks++;
	}
	assert_int_equal(bed.table.live_count, 0);
	assert_int_equal(ticks, (COUNT + NEIGH_TICK_MAX - 1) / NEIGH_TICK_MAX);
	bed_close(&bed);
}

/* What finds no room in a batch waits for the next tick; nothing is lost. */
static void test_tick_respects_batches(void **state)
{
	enum { COUNT = 40, EACH = 10 };
	struct bed bed;
	u32 dead_count = 0;

	(void)state;
	bed_open(&bed);
	for (u32 i = 0; i < COUNT; i++) {
		u16 idx = neigh_get(&bed.table, BED_ETH,
				    be32_of(be32_host(addr("10.0.0.100")) + i), bed.now);

		for (u32 j = 0; j < EACH; j++)
			assert_int_equal(bed_send(&bed, idx, j), VERDICT_CODE_STOLEN);
	}
	bed_empty(&bed.out);
	for (u32 i = 0; i + 1 < NEIGH_TRIES; i++) {
		bed_pass(&bed, NS_PER_SEC);
		assert_int_equal(bed.out.count, COUNT);
		bed_empty(&bed.out);
	}
	bed.now += NS_PER_SEC;
	while (neigh_next(&bed.table) <= bed.now) {
		bed_tick(&bed);
		assert_true(bed.dead.count > 0);
		dead_count += bed.dead.count;
		bed_empty(&bed.dead);
	}
	assert_int_equal(dead_count, COUNT * EACH);
	assert_int_equal(bed.stats.count[DROP_NEIGH_FAILED], COUNT * EACH);
	bed_close(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_answer),
		cmocka_unit_test(test_failure_is_forgotten_with_a_change),
		cmocka_unit_test(test_late_answer_revives),
		cmocka_unit_test(test_refreshed_while_used),
		cmocka_unit_test(test_refresh_unanswered),
		cmocka_unit_test(test_confirmed),
		cmocka_unit_test(test_unused_goes_idle_and_is_forgotten),
		cmocka_unit_test(test_looked_up_stays),
		cmocka_unit_test(test_tick_is_bounded),
		cmocka_unit_test(test_tick_respects_batches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
