/* The model of a link: time, buffer, chance, and that no packet is lost but by them. */
#include "unit/core_link/bed.h"

#define MBIT UINT64_C(1000000)

static u64 dropped(const struct bed *bed, enum link_drop reason)
{
	return link_stats(&bed->link)->drop_packets[reason];
}

static void test_nothing_is_nothing(void **state)
{
	const struct link_conf conf = { .rate_bps = 0 };
	struct bed bed;
	ns_t at;

	(void)state;
	bed_open(&bed, &conf);
	assert_true(link_next(&bed.link) == NS_NEVER);
	assert_int_equal(link_out(&bed.link, &bed.out, NS_NEVER), 0);
	for (u32 n = 0; n < 100; n++)
		bed_in(&bed, 1500, 7);
	for (u32 n = 0; n < 100; n++) {
		assert_int_equal(bed_take(&bed, &at), n);
		assert_int_equal(at, 7);
	}
	assert_int_equal(link_stats(&bed.link)->out_bytes, 150000);
	assert_int_equal(link_stats(&bed.link)->queue_packets_most, 0);
	bed_close(&bed);
}

static void test_delay_begins_behind_the_last_bit(void **state)
{
	const struct link_conf conf = { .rate_bps = 8 * MBIT, .delay_ns = 50 * NS_PER_MS };
	struct bed bed;
	ns_t at;

	(void)state;
	bed_open(&bed, &conf);
	bed_in(&bed, 1000, NS_PER_SEC);
	bed_in(&bed, 500, NS_PER_SEC);
	/* The link has been idle for long: nothing is saved up. */
	bed_in(&bed, 1000, 3 * NS_PER_SEC);
	(void)bed_take(&bed, &at);
	assert_int_equal(at, NS_PER_SEC + 51 * NS_PER_MS);
	(void)bed_take(&bed, &at);
	assert_int_equal(at, NS_PER_SEC + 51 * NS_PER_MS + 500 * NS_PER_US);
	(void)bed_take(&bed, &at);
	assert_int_equal(at, 3 * NS_PER_SEC + 51 * NS_PER_MS);
	bed_close(&bed);
}

static void test_header_takes_time_too(void **state)
{
	const struct link_conf conf = { .rate_bps = 8 * MBIT, .header_bytes = 38 };
	struct bed bed;
	ns_t at;

	(void)state;
	bed_open(&bed, &conf);
	bed_in(&bed, 962, 0);
	(void)bed_take(&bed, &at);
	assert_int_equal(at, NS_PER_MS);
	assert_int_equal(link_stats(&bed.link)->out_bytes, 962);
	bed_close(&bed);
}

/* A rate that no packet's time is a whole number of nanoseconds at. */
static void test_rate_is_exact_over_time(void **state)
{
	const struct link_conf conf = { .rate_bps = 7 * MBIT + 3 };
	const u64 rate = conf.rate_bps;
	u64 bits = 0;
	struct bed bed;
	ns_t at = 0;

	(void)state;
	bed_open(&bed, &conf);
	bed_in(&bed, 999, 0);
	bits += 999 * 8;
	for (u32 n = 0; n < 200000; n++) {
		u32 len = 60 + n * 7919 % 1441;

		/* There is always one that waits. */
		bed_in(&bed, len, at);
		(void)bed_take(&bed, &at);
		assert_int_equal(at, bits * NS_PER_SEC / rate);
		bits += (u64)len * 8;
	}
	bed_close(&bed);
}

static void test_buffer_in_packets(void **state)
{
	const struct link_conf conf = { .rate_bps = 8 * MBIT, .buffer_packets = 3 };
	struct bed bed;
	ns_t at;

	(void)state;
	bed_open(&bed, &conf);
	/* One is being sent, three wait. */
	for (u32 n = 0; n < 10; n++)
		bed_in(&bed, 1000, 0);
	assert_int_equal(dropped(&bed, LINK_DROP_QUEUE), 6);
	/* At this moment the second begins: one place. */
	bed_in(&bed, 1000, NS_PER_MS - 1);
	bed_in(&bed, 1000, NS_PER_MS);
	bed_in(&bed, 1000, NS_PER_MS);
	assert_int_equal(dropped(&bed, LINK_DROP_QUEUE), 8);
	for (u32 n = 0; n < 4; n++)
		assert_int_equal(bed_take(&bed, &at), n);
	assert_int_equal(bed_take(&bed, &at), 11);
	assert_int_equal(at, 5 * NS_PER_MS);
	assert_true(link_next(&bed.link) == NS_NEVER);
	assert_int_equal(link_stats(&bed.link)->queue_packets_most, 3);
	assert_int_equal(link_stats(&bed.link)->queue_bytes_most, 3000);
	bed_close(&bed);
}

static void test_buffer_in_bytes(void **state)
{
	const struct link_conf conf = { .rate_bps = 8 * MBIT, .buffer_bytes = 2000 };
	struct bed bed;

	(void)state;
	bed_open(&bed, &conf);
	bed_in(&bed, 1500, 0); /* is sent */
	bed_in(&bed, 1500, 0);
	bed_in(&bed, 501, 0); /* does not fit */
	bed_in(&bed, 500, 0);
	bed_in(&bed, 60, 0); /* does not fit */
	assert_int_equal(dropped(&bed, LINK_DROP_QUEUE), 2);
	assert_int_equal(link_stats(&bed.link)->queue_bytes_most, 2000);
	assert_int_equal(bed_drain(&bed), 3);
	bed_close(&bed);
}

static void test_loss_by_seed(void **state)
{
	const struct link_conf conf = { .loss_ppm = 10000 };
	u64 lost[3];

	(void)state;
	for (u32 run = 0; run < 3; run++) {
		struct bed bed;

		bed_open_seeded(&bed, &conf, (u8)(run / 2));
		for (u32 n = 0; n < 200000; n++) {
			bed_in(&bed, 100, n);
			if (n % 1000 == 999)
				(void)bed_drain(&bed);
		}
		lost[run] = dropped(&bed, LINK_DROP_LOSS);
		assert_int_equal(lost[run] + link_stats(&bed.link)->out_packets, 200000);
		bed_close(&bed);
	}
	/* Of 2,000 the deviation is 45. */
	assert_in_range(lost[0], 1800, 2200);
	assert_in_range(lost[2], 1800, 2200);
	assert_int_equal(lost[0], lost[1]);
	assert_int_not_equal(lost[0], lost[2]);
}

static void test_all_or_none_are_lost(void **state)
{
	struct link_conf conf = { .loss_ppm = LINK_MILLION };
	struct bed bed;

	(void)state;
	bed_open(&bed, &conf);
	for (u32 n = 0; n < 1000; n++)
		bed_in(&bed, 100, 0);
	assert_int_equal(dropped(&bed, LINK_DROP_LOSS), 1000);
	assert_true(link_next(&bed.link) == NS_NEVER);
	bed_close(&bed);
}

static void test_what_is_lost_took_its_time(void **state)
{
	const struct link_conf conf = { .rate_bps = 8 * MBIT,
					.buffer_packets = 1000,
					.loss_ppm = 500000 };
	struct bed bed;
	ns_t at;

	(void)state;
	bed_open(&bed, &conf);
	for (u32 n = 0; n < 1000; n++)
		bed_in(&bed, 1000, 0);
	assert_int_equal(link_stats(&bed.link)->queue_packets_most, 999);
	while (link_next(&bed.link) != NS_NEVER) {
		u32 number = bed_take(&bed, &at);

		assert_int_equal(at, (number + 1) * NS_PER_MS);
	}
	assert_in_range(dropped(&bed, LINK_DROP_LOSS), 400, 600);
	bed_close(&bed);
}

static void test_jitter_keeps_the_order(void **state)
{
	const struct link_conf conf = { .delay_ns = 50 * NS_PER_MS, .jitter_ns = 5 * NS_PER_MS };
	ns_t at, last = 0, least = NS_NEVER, most = 0;
	struct bed bed;

	(void)state;
	bed_open(&bed, &conf);
	for (u32 n = 0; n < 1000; n++)
		bed_in(&bed, 100, n * 20 * NS_PER_MS);
	for (u32 n = 0; n < 1000; n++) {
		ns_t travel;

		assert_int_equal(bed_take(&bed, &at), n);
		assert_true(at >= last);
		last = at;
		travel = at - n * 20 * NS_PER_MS;
		least = u64_min(least, travel);
		most = travel > most ? travel : most;
	}
	assert_in_range(least, 50 * NS_PER_MS, 50 * NS_PER_MS + 100 * NS_PER_US);
	assert_in_range(most, 55 * NS_PER_MS - 100 * NS_PER_US, 55 * NS_PER_MS);
	/* Close together, those behind a late one are held. */
	for (u32 n = 0; n < 1000; n++)
		bed_in(&bed, 100, 100 * NS_PER_SEC + n * NS_PER_US);
	for (u32 n = 1000; n < 2000; n++)
		assert_int_equal(bed_take(&bed, &at), n);
	bed_close(&bed);
}

static void test_jitter_may_reorder(void **state)
{
	const struct link_conf conf = { .delay_ns = 50 * NS_PER_MS,
					.jitter_ns = 5 * NS_PER_MS,
					.jitter_reorders = true };
	u32 overtaken = 0, number, before = 0;
	struct bed bed;
	ns_t at, last = 0;

	(void)state;
	bed_open(&bed, &conf);
	for (u32 n = 0; n < 1000; n++)
		bed_in(&bed, 100, n * NS_PER_US);
	for (u32 n = 0; n < 1000; n++) {
		number = bed_take(&bed, &at);
		overtaken += number < before;
		before = number;
		assert_true(at >= last);
		last = at;
		assert_in_range(at - number * NS_PER_US, 50 * NS_PER_MS, 55 * NS_PER_MS);
	}
	assert_in_range(overtaken, 300, 700);
	bed_close(&bed);
}

static void test_reordering(void **state)
{
	const struct link_conf conf = { .delay_ns = 10 * NS_PER_MS,
					.reorder_ppm = 100000,
					.reorder_ns = 5 * NS_PER_MS };
	u32 late = 0;
	struct bed bed;
	ns_t at;

	(void)state;
	bed_open(&bed, &conf);
	for (u32 n = 0; n < 1000; n++)
		bed_in(&bed, 100, n * NS_PER_MS);
	for (u32 n = 0; n < 1000; n++) {
		u32 number = bed_take(&bed, &at);
		ns_t travel = at - number * NS_PER_MS;

		/* Nobody else is held by one that is late. */
		assert_true(travel == 10 * NS_PER_MS || travel == 15 * NS_PER_MS);
		late += travel != 10 * NS_PER_MS;
	}
	assert_in_range(late, 60, 140);
	assert_int_equal(link_stats(&bed.link)->reordered, late);
	bed_close(&bed);
}

static void test_duplication(void **state)
{
	const struct link_conf conf = { .delay_ns = NS_PER_MS, .duplicate_ppm = 100000 };
	u32 again = 0, before = UINT32_MAX;
	struct bed bed;
	ns_t at;

	(void)state;
	bed_open(&bed, &conf);
	for (u32 n = 0; n < 1000; n++)
		bed_in(&bed, 100, n);
	while (link_next(&bed.link) != NS_NEVER) {
		u32 number = bed_take(&bed, &at);

		again += number == before;
		assert_true(number == before || number == before + 1);
		before = number;
	}
	assert_in_range(again, 60, 140);
	assert_int_equal(link_stats(&bed.link)->duplicated, again);
	assert_int_equal(link_stats(&bed.link)->out_packets, 1000 + again);
	bed_close(&bed);
}

/* All of them at once, twice; what comes out, and when, is folded into one number. */
static u64 fate(u8 seed, u32 jitter_us)
{
	const struct link_conf conf = { .rate_bps = 50 * MBIT,
					.delay_ns = 3 * NS_PER_MS,
					.jitter_ns = jitter_us * NS_PER_US,
					.buffer_packets = 40,
					.loss_ppm = 20000,
					.reorder_ppm = 20000,
					.reorder_ns = NS_PER_MS,
					.duplicate_ppm = 20000 };
	u64 folded = 0;
	struct bed bed;
	ns_t at;

	bed_open_seeded(&bed, &conf, seed);
	for (u32 n = 0; n < 5000; n++) {
		bed_in(&bed, 100 + n * 13 % 1400, n / 30 * 3 * NS_PER_MS);
		link_check(&bed.link);
		while (link_next(&bed.link) <= n / 30 * 3 * NS_PER_MS) {
			folded = folded * 31 + bed_take(&bed, &at);
			folded = folded * 31 + at;
		}
	}
	bed_close(&bed);
	return folded;
}

static void test_same_seed_same_fate(void **state)
{
	(void)state;
	assert_true(fate(1, 700) == fate(1, 700));
	assert_true(fate(1, 700) != fate(2, 700));
	assert_true(fate(1, 700) != fate(1, 701));
}

/* Which ones are lost depends on nothing but the seed and their place. */
static void test_loss_does_not_move(void **state)
{
	const struct link_conf plain = { .loss_ppm = 300000 };
	const struct link_conf busy = { .rate_bps = 8 * MBIT,
					.loss_ppm = 300000,
					.jitter_ns = 999,
					.duplicate_ppm = 1,
					.reorder_ppm = 1,
					.reorder_ns = 5 };
	struct bed bed[2];
	ns_t at;

	(void)state;
	bed_open(&bed[0], &plain);
	bed_open(&bed[1], &busy);
	for (u32 n = 0; n < 1000; n++) {
		bed_in(&bed[0], 100, n + 1);
		bed_in(&bed[1], 100, n + 1);
	}
	assert_true(link_next(&bed[0].link) != NS_NEVER);
	while (link_next(&bed[0].link) != NS_NEVER)
		assert_int_equal(bed_take(&bed[0], &at), bed_take(&bed[1], &at));
	bed_close(&bed[0]);
	bed_close(&bed[1]);
}

static void test_times_that_go_back(void **state)
{
	const struct link_conf conf = { .rate_bps = 8 * MBIT };
	struct bed bed;
	ns_t at;

	(void)state;
	bed_open(&bed, &conf);
	bed_in(&bed, 1000, 5 * NS_PER_MS);
	bed_in(&bed, 1000, 0);
	(void)bed_take(&bed, &at);
	assert_int_equal(at, 6 * NS_PER_MS);
	(void)bed_take(&bed, &at);
	assert_int_equal(at, 7 * NS_PER_MS);
	bed_close(&bed);
}

static void test_memory_is_bounded(void **state)
{
	const struct link_conf conf = { .delay_ns = NS_PER_SEC,
					.duplicate_ppm = LINK_MILLION,
					.flight_max = 7 };
	struct bed bed;

	(void)state;
	bed_open(&bed, &conf);
	for (u32 n = 0; n < 10; n++)
		bed_in(&bed, 100, n);
	/* Three with their copies, one for whose copy there was no room, six for nobody. */
	assert_int_equal(link_stats(&bed.link)->duplicated, 3);
	assert_int_equal(dropped(&bed, LINK_DROP_MEMORY), 6);
	assert_int_equal(bed_drain(&bed), 7);
	bed_close(&bed);
}

/* All are lost, so none travels; those that wait are bounded all the same. */
static void test_waiting_is_bounded(void **state)
{
	const struct link_conf conf = { .rate_bps = 8 * MBIT,
					.loss_ppm = LINK_MILLION,
					.flight_max = 7 };
	struct bed bed;

	(void)state;
	bed_open(&bed, &conf);
	for (u32 n = 0; n < 10; n++)
		bed_in(&bed, 1000, 0);
	assert_int_equal(dropped(&bed, LINK_DROP_LOSS), 8);
	assert_int_equal(dropped(&bed, LINK_DROP_MEMORY), 2);
	bed_close(&bed);
}

static void test_a_ring_frame_is_given_back(void **state)
{
	const struct link_conf conf = { .delay_ns = NS_PER_SEC };
	u8 frame[256] = { 0 };
	struct pkt *pkt;
	struct bed bed;
	u32 done = 1;

	(void)state;
	bed_open(&bed, &conf);
	pkt = pkt_new_ring(&bed.pool, frame, sizeof frame, &done);
	assert_non_null(pkt);
	pkt->l2 = 64;
	pkt->l3 = 64 + ETH_HLEN;
	pkt->len = 100;
	link_in(&bed.link, pkt, 0);
	assert_int_equal(done, 0);
	assert_int_equal(bed_drain(&bed), 1);
	bed_close(&bed);
}

static void test_a_batch_has_an_end(void **state)
{
	const struct link_conf conf = { .rate_bps = 0 };
	struct bed bed;

	(void)state;
	bed_open(&bed, &conf);
	for (u32 n = 0; n < BATCH_MAX + 10; n++)
		bed_in(&bed, 100, 0);
	assert_int_equal(link_out(&bed.link, &bed.out, 0), BATCH_MAX);
	assert_int_equal(link_next(&bed.link), 0);
	bed_put_out(&bed);
	assert_int_equal(link_out(&bed.link, &bed.out, 0), 10);
	bed_close(&bed);
}

static void test_bounds_of_the_settings(void **state)
{
	struct link_conf conf = { .flight_max = 1 };

	(void)state;
	assert_int_equal(link_conf_check(&conf), ERR_OK);
	conf.loss_ppm = LINK_MILLION + 1;
	assert_int_equal(link_conf_check(&conf), ERR_RANGE);
	conf = (struct link_conf){ .flight_max = 0 };
	assert_int_equal(link_conf_check(&conf), ERR_RANGE);
	conf = (struct link_conf){ .flight_max = 1, .delay_ns = LINK_TIME_MAX_NS + 1 };
	assert_int_equal(link_conf_check(&conf), ERR_RANGE);
	conf = (struct link_conf){ .flight_max = 1, .rate_bps = LINK_RATE_MAX_BPS };
	assert_int_equal(link_conf_check(&conf), ERR_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_is_nothing),
		cmocka_unit_test(test_delay_begins_behind_the_last_bit),
		cmocka_unit_test(test_header_takes_time_too),
		cmocka_unit_test(test_rate_is_exact_over_time),
		cmocka_unit_test(test_buffer_in_packets),
		cmocka_unit_test(test_buffer_in_bytes),
		cmocka_unit_test(test_loss_by_seed),
		cmocka_unit_test(test_all_or_none_are_lost),
		cmocka_unit_test(test_what_is_lost_took_its_time),
		cmocka_unit_test(test_jitter_keeps_the_order),
		cmocka_unit_test(test_jitter_may_reorder),
		cmocka_unit_test(test_reordering),
		cmocka_unit_test(test_duplication),
		cmocka_unit_test(test_same_seed_same_fate),
		cmocka_unit_test(test_loss_does_not_move),
		cmocka_unit_test(test_times_that_go_back),
		cmocka_unit_test(test_memory_is_bounded),
		cmocka_unit_test(test_waiting_is_bounded),
		cmocka_unit_test(test_a_ring_frame_is_given_back),
		cmocka_unit_test(test_a_batch_has_an_end),
		cmocka_unit_test(test_bounds_of_the_settings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
