/* ICMP errors: how often, in all and for each host. */
#include "unit/core_ip/icmp_bed.h"

static enum icmp_refusal send_one(struct icmp_bed *i, u32 host)
{
	struct icmp_error_spec spec = { ICMP_TIME_EXCEEDED, 0, { 0 } };
	enum icmp_refusal why;
	struct pkt *dead, *error;

	build_ip(&i->b)->src = be32_of(0x0a0a0000 + host);
	build_seal_ip(&i->b);
	dead = bed_pkt(&i->bed, &i->b);
	error = icmp_error_make(&i->icmp, dead, &spec, addr(OURS), i->now, &why);
	assert_int_equal(error != NULL, why == ICMP_SENT);
	if (error != NULL)
		pkt_put(error);
	pkt_put(dead);
	return why;
}

/* How many of count errors to one host are sent, at the same instant. */
static u32 send_many(struct icmp_bed *i, u32 host, u32 count, enum icmp_refusal refused)
{
	u32 sent = 0;

	for (u32 n = 0; n < count; n++) {
		enum icmp_refusal why = send_one(i, host);

		if (why == ICMP_SENT)
			sent++;
		else
			assert_string_equal(icmp_refusal_name(why), icmp_refusal_name(refused));
	}
	return sent;
}

static void test_burst_and_refill_of_one_host(void **state)
{
	static const struct icmp_conf conf = { 1000, 500, 10, 20 };
	struct icmp_bed i;

	(void)state;
	icmp_open_conf(&i, &conf);
	assert_int_equal(send_many(&i, 5, 100, ICMP_REFUSED_DEST_RATE), 20);
	assert_int_equal(i.icmp.count[ICMP_SENT], 20);
	assert_int_equal(i.icmp.count[ICMP_REFUSED_DEST_RATE], 80);
	i.now += NS_PER_SEC / 10 - 1;
	assert_int_equal(send_many(&i, 5, 5, ICMP_REFUSED_DEST_RATE), 0);
	i.now += 1;
	assert_int_equal(send_many(&i, 5, 5, ICMP_REFUSED_DEST_RATE), 1);
	i.now += NS_PER_SEC;
	assert_int_equal(send_many(&i, 5, 50, ICMP_REFUSED_DEST_RATE), 10);
	i.now += 3600 * NS_PER_SEC;
	assert_int_equal(send_many(&i, 5, 50, ICMP_REFUSED_DEST_RATE), 20);
	bed_close(&i.bed);
}

static void test_burst_and_refill_of_all(void **state)
{
	static const struct icmp_conf conf = { 100, 30, 1000, 1000 };
	struct icmp_bed i;
	u32 sent = 0;

	(void)state;
	icmp_open_conf(&i, &conf);
	for (u32 host = 0; host < 60; host++)
		sent += send_many(&i, host, 1, ICMP_REFUSED_RATE);
	assert_int_equal(sent, 30);
	assert_int_equal(i.icmp.count[ICMP_REFUSED_RATE], 30);
	i.now += NS_PER_SEC / 2;
	for (u32 host = 0; host < 60; host++)
		sent += send_many(&i, host, 1, ICMP_REFUSED_RATE);
	assert_int_equal(sent, 60);
	bed_close(&i.bed);
}

/* What the common bucket refuses costs the host nothing of its own. */
static void test_refused_by_all_is_not_charged(void **state)
{
	static const struct icmp_conf conf = { 1, 1, 1, 2 };
	struct icmp_bed i;

	(void)state;
	icmp_open_conf(&i, &conf);
	assert_int_equal(send_many(&i, 1, 1, ICMP_REFUSED_RATE), 1);
	assert_int_equal(send_many(&i, 2, 10, ICMP_REFUSED_RATE), 0);
	i.now += NS_PER_SEC;
	assert_int_equal(send_many(&i, 2, 1, ICMP_REFUSED_RATE), 1);
	bed_close(&i.bed);
}

/* 30 hops with 3 probes each to one host, all at once, with what is there by default. */
static void test_traceroute_passes(void **state)
{
	struct icmp_bed i;

	(void)state;
	icmp_open(&i);
	assert_int_equal(send_many(&i, 5, 90, ICMP_REFUSED_DEST_RATE), 90);
	bed_close(&i.bed);
}

/* 10,000 packets a second that all deserve an error, for ten seconds, and one honest host. */
static void test_flooder_does_not_starve_others(void **state)
{
	struct icmp_bed i;
	u32 flooder_sent = 0;

	(void)state;
	icmp_open(&i);
	for (u32 tick = 0; tick < 100; tick++) {
		flooder_sent += send_many(&i, 66, 1000, ICMP_REFUSED_DEST_RATE);
		assert_int_equal(send_one(&i, 5), ICMP_SENT);
		i.now += NS_PER_SEC / 10;
	}
	assert_in_range(flooder_sent, 100 + 980, 100 + 1000);
	bed_close(&i.bed);
}

/* Many forged sources: the common limit holds. */
static void test_flood_from_many_sources_is_bounded(void **state)
{
	struct icmp_bed i;
	u32 sent = 0;

	(void)state;
	icmp_open(&i);
	for (u32 n = 0; n < 10000; n++) {
		sent += send_one(&i, n) == ICMP_SENT;
		i.now += NS_PER_MS / 10; /* one second in all */
	}
	assert_in_range(sent, 1100, 1200);
	bed_close(&i.bed);
}

static void test_rate_zero_is_never(void **state)
{
	static const struct icmp_conf none[] = {
		{ 0, 10, 10, 10 }, { 10, 0, 10, 10 }, { 10, 10, 0, 10 }, { 10, 10, 10, 0 }
	};
	struct icmp_bed i;

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(none); n++) {
		icmp_open_conf(&i, &none[n]);
		assert_int_equal(
			send_many(&i, 1, 3, n < 2 ? ICMP_REFUSED_RATE : ICMP_REFUSED_DEST_RATE), 0);
		bed_close(&i.bed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_burst_and_refill_of_one_host),
		cmocka_unit_test(test_burst_and_refill_of_all),
		cmocka_unit_test(test_refused_by_all_is_not_charged),
		cmocka_unit_test(test_traceroute_passes),
		cmocka_unit_test(test_flooder_does_not_starve_others),
		cmocka_unit_test(test_flood_from_many_sources_is_bounded),
		cmocka_unit_test(test_rate_zero_is_never),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
