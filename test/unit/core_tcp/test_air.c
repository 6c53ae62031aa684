/* Who has a struct tcp_air, who waits for one, and what is left when it goes: core/tcp/air.c. */
#include "unit/core_tcp/loss_bed.h"

enum { KEPT_BW = 123456 };

/* Two connections, one place. */
struct two {
	struct bed bed; /* of the first one, which has the place at the beginning */
	struct tcb *other;
};

static struct {
	u32 count;
	u64 bw;
	u32 cwnd;
	u32 ssthresh;
	ns_t min_rtt_ns;
} resumed;

static u64 two_keep(const struct cc *cc)
{
	(void)cc;
	return KEPT_BW;
}

static void two_resume(struct cc *cc, u64 bw, ns_t now)
{
	(void)now;
	resumed.count++;
	resumed.bw = bw;
	resumed.cwnd = cc->cwnd;
	resumed.ssthresh = cc->ssthresh;
	resumed.min_rtt_ns = cc->min_rtt_ns;
}

/* As an algorithm does it. */
static void two_init(struct cc *cc, ns_t now)
{
	(void)now;
	cc->ssthresh = UINT32_MAX;
}

static const struct cc_ops two_cc = {
	.name = "two",
	.init = two_init,
	.on_ack = bed_cc_on_ack,
	.on_event = bed_cc_on_event,
	.keep = two_keep,
	.resume = two_resume,
};

static struct tcb *one_more(struct tcp *tcp)
{
	struct tcb *tcb = tcb_at(tcp, slab_new(&tcp->tcbs));

	tcb->state = TCP_ESTABLISHED;
	tcb->flags = TCB_SACK;
	tcb->snd_mss = MSS;
	tcb->cc_ops = &two_cc;
	for (u32 n = 0; n < TCP_TIMER_COUNT; n++)
		tcb->timer[n] = NS_NEVER;
	loss_init(tcp, tcb);
	return tcb;
}

static void two_open(struct two *two)
{
	struct tcp *tcp = &two->bed.tcp;

	memset(&resumed, 0, sizeof resumed);
	bed_open(&two->bed, TCB_SACK);
	two->bed.tcb->cc_ops = two->bed.tcb->air->cc.ops = &two_cc;
	two->other = one_more(tcp);
	air_check(tcp);
}

static void two_close(struct two *two)
{
	loss_fini(&two->bed.tcp, two->other);
	bed_close(&two->bed);
}

static bool other_may_send(struct two *two)
{
	bool may = loss_make_room(&two->bed.tcp, two->other, two->bed.now);

	air_check(&two->bed.tcp);
	loss_check(&two->bed.tcp, two->other);
	return may;
}

static void test_who_would_begin_waits_for_what_is_in_flight(void **state)
{
	struct two two;

	(void)state;
	two_open(&two);
	bed_send(&two.bed, 2);
	assert_false(other_may_send(&two));
	assert_int_equal(two.bed.tcp.stats.no_air, 1);
	assert_false(tcb_has_air(two.other));
	bed_ack_to(&two.bed, SEG(1));
	assert_false(other_may_send(&two));
	bed_ack_to(&two.bed, SEG(2));
	assert_true(tcb_has_air(two.bed.tcb));
	assert_true(other_may_send(&two));
	assert_true(tcb_has_air(two.other) && !tcb_has_air(two.bed.tcb));
	assert_int_equal(two.bed.tcp.stats.no_air, 2);
	two_close(&two);
}

/* Two places: of two with nothing in flight it is not who was the last to send. */
static void test_who_rests_longest_goes_first(void **state)
{
	struct two two;
	struct tcb *third;

	(void)state;
	bed_airs = 2;
	two_open(&two);
	assert_true(other_may_send(&two));
	third = one_more(&two.bed.tcp);
	bed_warm(&two.bed, 2, 30);
	assert_true(loss_make_room(&two.bed.tcp, third, two.bed.now));
	assert_false(tcb_has_air(two.other));
	assert_true(tcb_has_air(two.bed.tcb));
	assert_true(other_may_send(&two));
	assert_false(tcb_has_air(two.bed.tcb));
	assert_true(tcb_has_air(third));
	loss_fini(&two.bed.tcp, third);
	two_close(&two);
	bed_airs = 1;
}

/* Without records there is nothing to have a place for. */
static void test_no_record(void **state)
{
	struct bed bed;

	(void)state;
	bed_open_sized(&bed, TCB_SACK, 1);
	assert_true(loss_make_room(&bed.tcp, bed.tcb, bed.now));
	bed_send(&bed, 1);
	assert_false(loss_make_room(&bed.tcp, bed.tcb, bed.now));
	assert_int_equal(bed.tcp.stats.no_record, 1);
	assert_int_equal(bed.tcp.stats.no_air, 0);
	bed_close(&bed);
}

static void test_what_is_left_and_how_it_goes_on(void **state)
{
	struct two two;
	struct tcb *tcb;

	(void)state;
	two_open(&two);
	tcb = two.bed.tcb;
	bed_warm(&two.bed, 2, 30);
	tcb->air->cc.cwnd = 7 * MSS;
	tcb->air->cc.ssthresh = 5 * MSS;
	tcb->air->pacing_ns = NS_NEVER - 1;
	tcb->flags |= TCB_PACED | TCB_CWND_LIMITED;
	tcb->timer[TCP_TIMER_PACING] = two.bed.now + 1;
	tcb->rack_reordering = true;
	bed_log.want_count = 0;
	assert_true(other_may_send(&two));
	assert_int_equal(tcb->rest.cwnd, 7 * MSS);
	assert_int_equal(tcb->rest.ssthresh, 5 * MSS);
	assert_int_equal(tcb->rest.bw, KEPT_BW);
	assert_int_equal(tcb->rest.min_rtt_ns, 30 * NS_PER_MS);
	assert_int_equal(tcb->flags & (TCB_PACED | TCB_CWND_LIMITED), 0);
	assert_true(tcb->timer[TCP_TIMER_PACING] == NS_NEVER);
	assert_int_equal(bed_log.want_count, 1); /* its pace kept something back */
	assert_int_equal(resumed.count, 0);

	loss_fini(&two.bed.tcp, two.other);
	assert_true(loss_make_room(&two.bed.tcp, tcb, two.bed.now));
	assert_int_equal(resumed.count, 1);
	assert_int_equal(resumed.bw, KEPT_BW);
	assert_int_equal(resumed.cwnd, 7 * MSS);
	assert_int_equal(resumed.ssthresh, 5 * MSS);
	assert_int_equal(resumed.min_rtt_ns, 30 * NS_PER_MS);
	assert_int_equal(tcb->air->cc.mss, MSS);
	assert_true(tcb->air->cc.has_sack);
	assert_int_equal(tcb->air->cc.app_limited, 1);
	assert_true(tcb->rack_reordering);
	bed_send(&two.bed, 3);
	bed_ack_to(&two.bed, SEG(5));
	two_close(&two);
}

/* The first one that has had none was never at rest. */
static void test_the_first_time_is_no_return(void **state)
{
	struct two two;

	(void)state;
	two_open(&two);
	assert_true(other_may_send(&two));
	assert_int_equal(resumed.count, 0);
	assert_int_equal(two.other->air->cc.cwnd, cc_initial_window(MSS));
	assert_int_equal(two.other->air->cc.ssthresh, UINT32_MAX);
	two_close(&two);
}

/* What comes late for who rests: SACKs, ECE, a measured round trip. None of it may be written to
 * what all that rest have in common; air_check() looks.                                          */
static void test_who_rests_hears_no_late_news(void **state)
{
	struct two two;

	(void)state;
	two_open(&two);
	two.bed.tcb->flags |= TCB_ECN;
	bed_warm(&two.bed, 2, 30);
	assert_true(other_may_send(&two));
	bed_ack(&two.bed, (struct bed_ack){ .ack = SEG(2),
					    .ece = true,
					    .sack_count = 1,
					    .sack = { { SEG(0), SEG(1) } } });
	assert_false(two.bed.acked.progress);
	rtt_sample(&two.bed.tcp, two.bed.tcb, 20 * NS_PER_MS);
	loss_on_reorder(&two.bed.tcp, two.bed.idx, two.bed.now);
	assert_false(loss_on_timer(&two.bed.tcp, two.bed.idx, two.bed.now));
	loss_on_pmtu(&two.bed.tcp, two.bed.idx, two.bed.now);
	air_check(&two.bed.tcp);
	assert_int_equal(two.bed.tcb->rest.min_rtt_ns, 20 * NS_PER_MS);
	assert_false(tcb_has_air(two.bed.tcb));
	two_close(&two);
}

/* Another algorithm knows nothing of the bandwidth that the one before it found. */
static void test_exchanged_at_rest(void **state)
{
	static const struct cc_ops third = {
		.name = "third",
		.init = two_init,
		.on_ack = bed_cc_on_ack,
		.on_event = bed_cc_on_event,
		.resume = two_resume,
	};
	struct two two;

	(void)state;
	two_open(&two);
	bed_warm(&two.bed, 2, 30);
	assert_true(other_may_send(&two));
	loss_exchange_cc(two.bed.tcb, &third, two.bed.now);
	loss_fini(&two.bed.tcp, two.other);
	assert_true(loss_make_room(&two.bed.tcp, two.bed.tcb, two.bed.now));
	assert_ptr_equal(two.bed.tcb->air->cc.ops, &third);
	assert_int_equal(resumed.count, 1);
	assert_int_equal(resumed.bw, 0);
	two_close(&two);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_would_begin_waits_for_what_is_in_flight),
		cmocka_unit_test(test_who_rests_longest_goes_first),
		cmocka_unit_test(test_no_record),
		cmocka_unit_test(test_what_is_left_and_how_it_goes_on),
		cmocka_unit_test(test_the_first_time_is_no_return),
		cmocka_unit_test(test_who_rests_hears_no_late_news),
		cmocka_unit_test(test_exchanged_at_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
