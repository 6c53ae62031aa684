/* Which flows the sweep wants to be asked before they end, and how many at once. */
#include "unit/core_ct/ct_bed.h"

static struct ct_bed *bed_open(u32 flow_count)
{
	struct ct_bed *bed = ct_bed_new(flow_count);

	bed->conf.expiry_probes = true;
	ct_bed_start(bed);
	return bed;
}

static u32 established(struct ct_bed *bed, u32 n)
{
	struct tuple_key key = ct_bed_key(n, IP_PROTO_TCP);
	u32 idx = ct_bed_begin(bed, &key);

	ct_bed_again(bed, idx, &key, TUPLE_REPLY);
	(void)ct_bed_pkt(bed, &key, TUPLE_ORIG);
	build_tcp_hdr(&bed->b)->flags = TCP_ACK;
	ct_track(&bed->ct, idx, TUPLE_ORIG, ct_bed_wrap(bed), ct_ms(bed->now));
	assert_string_equal(flow_state_name(bed->ct.flow[idx].state), "established");
	return idx;
}

/* How many are named until `by` later, and the most at one tick; what ended is freed. */
static u32 asked_in(struct ct_bed *bed, ns_t by, u32 *most, u32 *ended)
{
	ns_t until = bed->now + by;
	u32 asked = 0;

	*most = *ended = 0;
	for (; bed->now < until; bed->now += NS_PER_SEC / 32) {
		u32 now_asked = 0;

		ct_tick(&bed->ct, bed->now);
		while (ct_probe_next(&bed->ct, bed->now) != IDX_NONE)
			now_asked++;
		*most = u32_max(*most, now_asked);
		*ended += ct_bed_drain(bed);
		asked += now_asked;
	}
	return asked;
}

static ns_t full_ns(const struct ct_bed *bed)
{
	return bed->conf.timeout_s[CT_TIMEOUT_TCP_ESTABLISHED] * NS_PER_SEC;
}

static void test_a_flow_is_named_thrice(void **state)
{
	struct ct_bed *bed = bed_open(8);
	u32 most, ended;

	(void)state;
	(void)established(bed, 1);
	assert_int_equal(asked_in(bed, full_ns(bed), &most, &ended), 0);
	assert_int_equal(asked_in(bed, CT_PROBE_STEP_MS * NS_PER_MS, &most, &ended), 1);
	assert_int_equal(asked_in(bed, CT_PROBE_STEP_MS * NS_PER_MS, &most, &ended), 1);
	assert_int_equal(asked_in(bed, CT_PROBE_STEP_MS * NS_PER_MS, &most, &ended), 1);
	assert_int_equal(ended, 0);
	assert_int_equal(asked_in(bed, 3 * NS_PER_SEC, &most, &ended), 0);
	assert_int_equal(ended, 1);
	assert_int_equal(bed->ct.stats.probes_missed, 0);
	ct_bed_close(bed);
}

/* Many flows end in one second: a bounded number is asked in each tick and each second, and whose
 * turn does not come ends in time all the same, and is counted.                                  */
static void test_many_at_once(void **state)
{
	enum { FLOWS = 40000 };
	struct ct_bed *bed = bed_open(FLOWS);
	u32 most, ended, asked;

	(void)state;
	for (u32 n = 0; n < FLOWS; n++)
		(void)established(bed, n);
	bed->now += full_ns(bed);
	asked = asked_in(bed, NS_PER_SEC * 2, &most, &ended);
	assert_in_range(asked, CT_PROBES_SLOT, 3 * CT_PROBES_SLOT); /* slots in two seconds */
	assert_in_range(most, 1, CT_PROBES_TICK);
	assert_int_equal(ended, 0);
	(void)asked_in(bed, (CT_PROBE_COUNT * CT_PROBE_STEP_MS / 1000 + 3) * NS_PER_SEC, &most,
		       &ended);
	assert_int_equal(ended, FLOWS);
	assert_in_range(bed->ct.stats.probes_missed, FLOWS / 2, FLOWS - 1);
	ct_bed_close(bed);
}

/* A full table sweeps too, and nobody takes the list then: a flow that ended since is not asked. */
static void test_list_outlives_no_flow(void **state)
{
	struct ct_bed *bed = bed_open(8);
	u32 idx = established(bed, 1);

	(void)state;
	bed->now += full_ns(bed) + 2 * NS_PER_SEC;
	ct_tick(&bed->ct, bed->now);
	assert_int_equal(bed->ct.probe_count, 1);
	ct_end(&bed->ct, idx);
	assert_int_equal(ct_bed_drain(bed), 1);
	assert_int_equal(ct_probe_next(&bed->ct, bed->now), IDX_NONE);
	assert_int_equal(bed->ct.probe_count, 0);
	ct_bed_close(bed);
}

/* Without memory for numbers there is nothing to ask with. */
static void test_not_without_counters(void **state)
{
	struct ct_bed *bed = ct_bed_new(8);
	u32 most, ended;

	(void)state;
	bed->conf.expiry_probes = true;
	bed->conf.counters = false;
	ct_bed_start(bed);
	(void)established(bed, 1);
	assert_int_equal(asked_in(bed, full_ns(bed) + 3 * NS_PER_SEC, &most, &ended), 0);
	assert_int_equal(ended, 1);
	ct_bed_close(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_flow_is_named_thrice),
		cmocka_unit_test(test_many_at_once),
		cmocka_unit_test(test_list_outlives_no_flow),
		cmocka_unit_test(test_not_without_counters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
