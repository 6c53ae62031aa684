/* Expiry: exactly at the time-out for whoever looks, within two seconds by the tick, whatever the
 * clock does.                                                                                    */
#include "unit/core_ct/ct_bed.h"

/* One flow of each time-out class, brought there by packets. */
struct class_case {
	const char *state;
	enum ct_timeout class;
	u8 proto;
	bool answered;
	u8 then[4][2]; /* TCP: direction and flags that follow */
};

static const struct class_case cases[] = {
	{ "syn-sent", CT_TIMEOUT_TCP_OPENING, IP_PROTO_TCP, false, { { 0 } } },
	{ "syn-recv", CT_TIMEOUT_TCP_OPENING, IP_PROTO_TCP, true, { { 0 } } },
	{ "established", CT_TIMEOUT_TCP_ESTABLISHED, IP_PROTO_TCP, true, { { 0, TCP_ACK } } },
	{ "fin-wait",
	  CT_TIMEOUT_TCP_CLOSING,
	  IP_PROTO_TCP,
	  true,
	  { { 0, TCP_ACK }, { 0, TCP_FIN | TCP_ACK } } },
	{ "close", CT_TIMEOUT_TCP_CLOSED, IP_PROTO_TCP, true, { { 0, TCP_ACK }, { 1, TCP_RST } } },
	{ "new", CT_TIMEOUT_UDP_NEW, IP_PROTO_UDP, false, { { 0 } } },
	{ "stream", CT_TIMEOUT_UDP, IP_PROTO_UDP, true, { { 0 } } },
	{ "query", CT_TIMEOUT_ICMP, IP_PROTO_ICMP, false, { { 0 } } },
	{ "answered", CT_TIMEOUT_ICMP, IP_PROTO_ICMP, true, { { 0 } } },
	{ "unanswered", CT_TIMEOUT_GENERIC, 47, false, { { 0 } } },
	{ "two-way", CT_TIMEOUT_GENERIC, 47, true, { { 0 } } },
};

static u32 case_begin(struct ct_bed *bed, const struct class_case *c, u32 n)
{
	struct tuple_key key = ct_bed_key(n, c->proto);
	u32 idx = ct_bed_begin(bed, &key);

	if (c->answered)
		ct_bed_again(bed, idx, &key, TUPLE_REPLY);
	for (u32 step = 0; step < 4 && c->then[step][1] != 0; step++) {
		(void)ct_bed_pkt(bed, &key, c->then[step][0]);
		build_tcp_hdr(&bed->b)->flags = c->then[step][1];
		ct_track(&bed->ct, idx, c->then[step][0], ct_bed_wrap(bed), ct_ms(bed->now));
	}
	assert_string_equal(flow_state_name(bed->ct.flow[idx].state), c->state);
	assert_int_equal(flow_timeout_class(bed->ct.flow[idx].state), c->class);
	return idx;
}

static ns_t case_timeout(const struct ct_bed *bed, const struct class_case *c)
{
	return bed->conf.timeout_s[c->class] * NS_PER_SEC;
}

/* RFC 5382 REQ-5, RFC 4787 REQ-5, RFC 5508 REQ-2. */
static void test_defaults_are_those_of_the_rfcs(void **state)
{
	struct ct_conf conf;

	(void)state;
	ct_conf_defaults(&conf);
	assert_true(conf.timeout_s[CT_TIMEOUT_TCP_ESTABLISHED] >= 7440);
	assert_true(conf.timeout_s[CT_TIMEOUT_TCP_OPENING] >= 240);
	assert_true(conf.timeout_s[CT_TIMEOUT_TCP_CLOSING] >= 240);
	assert_true(conf.timeout_s[CT_TIMEOUT_UDP] >= 300);
	assert_true(conf.timeout_s[CT_TIMEOUT_UDP_NEW] >= 120);
	assert_true(conf.timeout_s[CT_TIMEOUT_ICMP] >= 60);
}

static void test_lookup_ends_it_exactly(void **state)
{
	struct ct_bed *bed = ct_bed_open(64);

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(cases); n++) {
		struct tuple_key key = ct_bed_key(n, cases[n].proto);
		u32 idx = case_begin(bed, &cases[n], n);
		u64 expired = bed->ct.stats.expired;

		bed->now += case_timeout(bed, &cases[n]) - NS_PER_MS;
		assert_int_equal(ct_find(&bed->ct, &key, bed->now), idx << 1 | TUPLE_ORIG);
		bed->now += NS_PER_MS;
		assert_int_equal(ct_find(&bed->ct, &key, bed->now), IDX_NONE);
		assert_int_equal(bed->ct.stats.expired, expired + 1);
		assert_int_equal(ct_bed_drain(bed), 1);
	}
	ct_bed_close(bed);
}

static void test_tick_ends_it_within_two_seconds(void **state)
{
	struct ct_bed *bed = ct_bed_open(64);

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(cases); n++) {
		case_begin(bed, &cases[n], n);
		assert_int_equal(ct_bed_pass(bed, case_timeout(bed, &cases[n]) - NS_PER_MS), 0);
		assert_int_equal(ct_bed_pass(bed, 2 * NS_PER_SEC + NS_PER_SEC / 10), 1);
		assert_int_equal(ct_next(&bed->ct, bed->now), NS_NEVER);
		bed->now += 777 * NS_PER_MS;
	}
	ct_bed_close(bed);
}

/* Wherever in a slot it began, and in whichever it ends: the sweep is there one slot later. */
static void test_sweep_comes_in_the_next_slot(void **state)
{
	struct ct_bed *bed = ct_bed_open(16);

	(void)state;
	for (u32 phase = 0; phase < 64; phase++) {
		ns_t over, latest;

		bed->now += 1040 * NS_PER_MS;
		case_begin(bed, &cases[ARRAY_COUNT(cases) - 1], phase);
		over = bed->now + case_timeout(bed, &cases[ARRAY_COUNT(cases) - 1]);
		latest = over + (1 << CT_SLOT_SHIFT) * NS_PER_MS;
		for (bed->now = over; bed->ct.confirmed > 0 && bed->now < latest;) {
			bed->now += NS_PER_MS;
			ct_tick(&bed->ct, bed->now);
		}
		assert_int_equal(ct_bed_drain(bed), 1);
	}
	ct_bed_close(bed);
}

static void test_packets_keep_it(void **state)
{
	struct ct_bed *bed = ct_bed_open(64);

	(void)state;
	for (u32 n = 5; n < ARRAY_COUNT(cases); n++) { /* TCP has dialogues of its own */
		struct tuple_key key = ct_bed_key(n, cases[n].proto);
		u32 idx = case_begin(bed, &cases[n], n);
		ns_t step = case_timeout(bed, &cases[n]) * 3 / 4;

		for (u32 round = 0; round < 5; round++) {
			assert_int_equal(ct_bed_pass(bed, step), 0);
			ct_bed_again(bed, idx, &key, TUPLE_ORIG);
		}
		assert_int_equal(ct_bed_pass(bed, step * 2), 1);
	}
	ct_bed_close(bed);
}

/* One that repeats itself more than once a second is never moved by silence: it must not stand
 * first in its list for ever.                                                                    */
static void test_busy_unanswered_hides_nobody(void **state)
{
	struct ct_bed *bed = ct_bed_open(16);
	struct tuple_key busy = ct_bed_key(0, IP_PROTO_UDP);
	u32 first = ct_bed_begin(bed, &busy);
	u32 ended = 0;

	(void)state;
	for (u32 n = 1; n < 10; n++) {
		struct tuple_key key = ct_bed_key(n, IP_PROTO_UDP);

		ct_bed_begin(bed, &key);
	}
	for (u32 step = 0; step < 130 * 5; step++) {
		ended += ct_bed_pass(bed, NS_PER_SEC / 5);
		ct_bed_again(bed, first, &busy, TUPLE_ORIG);
	}
	assert_int_equal(ended, 9);
	assert_true(flow_is_confirmed(&bed->ct.flow[first]));
	ct_bed_close(bed);
}

/* 7440 s lie far beyond the wheel's 1,024 slots: several turns. */
static void test_beyond_the_wheel(void **state)
{
	struct ct_bed *bed = ct_bed_new(16);

	(void)state;
	bed->conf.timeout_s[CT_TIMEOUT_UDP] = CT_TIMEOUT_MAX_S;
	ct_bed_start(bed);
	case_begin(bed, &cases[2], 1);
	case_begin(bed, &cases[6], 2);
	assert_int_equal(ct_bed_pass(bed, 7439 * NS_PER_SEC), 0);
	assert_int_equal(ct_bed_pass(bed, 3 * NS_PER_SEC), 1);
	assert_int_equal(ct_bed_pass(bed, (CT_TIMEOUT_MAX_S - 7443) * NS_PER_SEC), 0);
	assert_int_equal(ct_bed_pass(bed, 3 * NS_PER_SEC), 1);
	ct_bed_close(bed);
}

/* The host slept: no tick for hours; then what is over ends at the next ticks, and nothing else. */
static void test_clock_jumps(void **state)
{
	static const u32 jumps_s[] = { 1, 100, 1023, 1024, 1025, 2048, 7000, 100000 };

	(void)state;
	for (u32 jump = 0; jump < ARRAY_COUNT(jumps_s); jump++) {
		struct ct_bed *bed = ct_bed_open(64);
		u32 want = 0, ended = 0;

		for (u32 n = 0; n < ARRAY_COUNT(cases); n++) {
			case_begin(bed, &cases[n], n);
			want += bed->conf.timeout_s[cases[n].class] <= jumps_s[jump];
		}
		bed->now += jumps_s[jump] * NS_PER_SEC;
		for (u32 tick = 0; tick < 4; tick++) {
			bed->now += NS_PER_MS;
			ct_tick(&bed->ct, bed->now);
			ended += ct_bed_drain(bed);
			ct_check(&bed->ct);
		}
		assert_int_equal(ended, want);
		assert_int_equal(ct_bed_pass(bed, 7445 * NS_PER_SEC), ARRAY_COUNT(cases) - want);
		ct_bed_close(bed);
	}
}

/* Milliseconds are kept in 32 bits: 49.7 days after the clock's zero they begin anew. */
static void test_across_the_millisecond_wrap(void **state)
{
	struct ct_bed *bed = ct_bed_new(64);
	const ns_t wrap = (UINT64_C(1) << 32) * NS_PER_MS;

	(void)state;
	bed->now = wrap - 30 * NS_PER_SEC;
	ct_bed_start(bed);
	for (u32 n = 0; n < ARRAY_COUNT(cases); n++) {
		struct tuple_key key = ct_bed_key(n, cases[n].proto);
		u32 idx;

		bed->now = wrap - 30 * NS_PER_SEC + n * NS_PER_SEC;
		idx = case_begin(bed, &cases[n], n);
		assert_int_equal(ct_find(&bed->ct, &key, bed->now + 40 * NS_PER_SEC),
				 idx << 1 | TUPLE_ORIG);
	}
	assert_int_equal(ct_bed_pass(bed, 39 * NS_PER_SEC), 0);
	/* Both ICMP flows at 60 s, seen 4 and 3 seconds before the last. */
	assert_int_equal(ct_bed_pass(bed, 21 * NS_PER_SEC), 2);
	assert_int_equal(ct_bed_pass(bed, 7445 * NS_PER_SEC), ARRAY_COUNT(cases) - 2);
	ct_bed_close(bed);
}

/* More flows end at once than one tick may look at: the rest is due at once, not a second later. */
static void test_backlog_is_due_at_once(void **state)
{
	enum { FLOWS = 4 * CT_SWEEP_MAX };
	struct ct_bed *bed = ct_bed_open(FLOWS);
	u32 ended;

	(void)state;
	for (u32 answered = 0; answered < 2; answered++) {
		ns_t timeout_ns = (answered ? 300 : 120) * NS_PER_SEC;

		for (u32 n = 0; n < FLOWS; n++) {
			struct tuple_key key = ct_bed_key(n, IP_PROTO_UDP);
			u32 idx = ct_bed_begin(bed, &key);

			if (answered)
				ct_bed_again(bed, idx, &key, TUPLE_REPLY);
		}
		ended = ct_bed_pass(bed, timeout_ns - NS_PER_MS);
		assert_int_equal(ended, 0);
		ct_bed_pass(bed, 3 * NS_PER_SEC);
		assert_int_equal(bed->ct.confirmed, 0);
	}
	ct_bed_close(bed);
}

/* One tick looks at a bounded number of flows. */
static void test_tick_is_bounded(void **state)
{
	enum { FLOWS = 3 * CT_SWEEP_MAX };
	struct ct_bed *bed = ct_bed_open(FLOWS);

	(void)state;
	for (u32 n = 0; n < FLOWS; n++) {
		struct tuple_key key = ct_bed_key(n, IP_PROTO_UDP);

		ct_bed_begin(bed, &key);
	}
	bed->now += 200 * NS_PER_SEC;
	ct_tick(&bed->ct, bed->now);
	assert_in_range(ct_bed_drain(bed), 1, CT_SWEEP_MAX);
	ct_bed_close(bed);
}

/* A flow hangs where its time-out would have ended; a shorter one ends it as soon all the same. */
static void test_shorter_time_outs_take_hold_at_once(void **state)
{
	struct ct_bed *bed = ct_bed_open(64);

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(cases); n++)
		(void)case_begin(bed, &cases[n], n);
	ct_tick(&bed->ct, bed->now);
	bed->now += NS_PER_SEC;
	for (u32 class = 0; class < CT_TIMEOUT_COUNT; class ++)
		bed->conf.timeout_s[class] = 5;
	ct_configure(&bed->ct, &bed->conf);
	for (u32 second = 1; second < 5; second++) {
		ct_tick(&bed->ct, bed->now);
		assert_int_equal(ct_bed_drain(bed), 0);
		ct_check(&bed->ct);
		bed->now += NS_PER_SEC;
	}
	bed->now += 2 * NS_PER_SEC;
	ct_tick(&bed->ct, bed->now);
	assert_int_equal(ct_bed_drain(bed), ARRAY_COUNT(cases));
	ct_bed_close(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults_are_those_of_the_rfcs),
		cmocka_unit_test(test_lookup_ends_it_exactly),
		cmocka_unit_test(test_tick_ends_it_within_two_seconds),
		cmocka_unit_test(test_sweep_comes_in_the_next_slot),
		cmocka_unit_test(test_packets_keep_it),
		cmocka_unit_test(test_busy_unanswered_hides_nobody),
		cmocka_unit_test(test_beyond_the_wheel),
		cmocka_unit_test(test_clock_jumps),
		cmocka_unit_test(test_across_the_millisecond_wrap),
		cmocka_unit_test(test_backlog_is_due_at_once),
		cmocka_unit_test(test_tick_is_bounded),
		cmocka_unit_test(test_shorter_time_outs_take_hold_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
