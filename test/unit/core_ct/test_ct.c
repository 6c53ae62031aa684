/* The life of a flow: made, confirmed or abandoned, found by both tuples, ended, its slot reused;
 * and what is taken when the table is full.                                                     */
#include "unit/core_ct/ct_bed.h"

static struct tuple_key reply_of(const struct tuple_key *key)
{
	return (struct tuple_key){ tuple_reversed(&key->tuple), key->proto, key->zone };
}

static void test_unconfirmed_is_never_found(void **state)
{
	struct ct_bed *bed = ct_bed_open(4);
	struct tuple_key key = ct_bed_key(1, IP_PROTO_UDP), back = reply_of(&key);
	u32 idx = ct_new(&bed->ct, &key, bed->now);

	(void)state;
	assert_int_equal(ct_find(&bed->ct, &key, bed->now), IDX_NONE);
	assert_int_equal(ct_find(&bed->ct, &back, bed->now), IDX_NONE);
	assert_int_equal(ct_confirm(&bed->ct, idx, bed->now), ERR_OK);
	assert_int_equal(ct_find(&bed->ct, &key, bed->now), idx << 1 | TUPLE_ORIG);
	assert_int_equal(ct_find(&bed->ct, &back, bed->now), idx << 1 | TUPLE_REPLY);
	ct_bed_close(bed);
}

static void test_abandoned_leaves_nothing(void **state)
{
	struct ct_bed *bed = ct_bed_open(4);
	struct tuple_key key = ct_bed_key(1, IP_PROTO_UDP);
	u32 idx = ct_new(&bed->ct, &key, bed->now);

	(void)state;
	ct_abandon(&bed->ct, idx);
	assert_int_equal(ct_find(&bed->ct, &key, bed->now), IDX_NONE);
	assert_int_equal(ct_ended_next(&bed->ct), idx);
	assert_int_equal(ct_bed_drain(bed), 1);
	assert_int_equal(bed->ct.live, 0);
	assert_int_equal(bed->ct.stats.created, 0);
	assert_int_equal(bed->ct.index.entry_count, 0);
	assert_int_equal(ct_next(&bed->ct, bed->now), NS_NEVER);
	ct_bed_close(bed);
}

static void test_ended_is_gone_but_readable(void **state)
{
	struct ct_bed *bed = ct_bed_open(4);
	struct tuple_key a = ct_bed_key(1, IP_PROTO_UDP), b = ct_bed_key(2, IP_PROTO_UDP);
	u32 first = ct_bed_begin(bed, &a), second = ct_bed_begin(bed, &b);

	(void)state;
	ct_end(&bed->ct, second);
	ct_end(&bed->ct, first);
	assert_int_equal(ct_find(&bed->ct, &a, bed->now), IDX_NONE);
	assert_int_equal(ct_find(&bed->ct, &b, bed->now), IDX_NONE);
	assert_int_equal(bed->ct.confirmed, 0);
	assert_int_equal(bed->ct.live, 2);
	assert_int_equal(ct_ended_next(&bed->ct), second);
	assert_true(tuple_eq(&bed->ct.flow[second].orig, &b.tuple));
	ct_free(&bed->ct);
	assert_int_equal(ct_ended_next(&bed->ct), first);
	ct_free(&bed->ct);
	assert_int_equal(ct_ended_next(&bed->ct), IDX_NONE);
	ct_bed_close(bed);
}

/* What the tuple is looked up by: addresses, ports, protocol and zone, all of them. */
static void test_every_part_of_the_key_counts(void **state)
{
	struct ct_bed *bed = ct_bed_open(4);
	struct tuple_key key = ct_bed_key(1, IP_PROTO_UDP), other;

	(void)state;
	ct_bed_begin(bed, &key);
	other = key;
	other.proto = IP_PROTO_TCP;
	assert_int_equal(ct_find(&bed->ct, &other, bed->now), IDX_NONE);
	other = key;
	other.zone = 1;
	assert_int_equal(ct_find(&bed->ct, &other, bed->now), IDX_NONE);
	other = key;
	other.tuple.sport = be16_of(5001);
	assert_int_equal(ct_find(&bed->ct, &other, bed->now), IDX_NONE);
	other = key;
	other.tuple.dst = addr("198.18.0.8");
	assert_int_equal(ct_find(&bed->ct, &other, bed->now), IDX_NONE);
	assert_int_not_equal(ct_find(&bed->ct, &key, bed->now), IDX_NONE);
	ct_bed_close(bed);
}

static void test_slot_comes_back_late_with_a_new_generation(void **state)
{
	struct ct_bed *bed = ct_bed_open(4);
	struct tuple_key key = ct_bed_key(1, IP_PROTO_UDP);
	u32 first = ct_bed_begin(bed, &key);
	u16 gen = bed->ct.flow[first].handle_gen;

	(void)state;
	ct_end(&bed->ct, first);
	ct_bed_drain(bed);
	for (u32 n = 0; n < 3; n++) {
		key = ct_bed_key(10 + n, IP_PROTO_UDP);
		assert_int_not_equal(ct_bed_begin(bed, &key), first);
	}
	key = ct_bed_key(20, IP_PROTO_UDP);
	assert_int_equal(ct_bed_begin(bed, &key), first);
	assert_int_not_equal(bed->ct.flow[first].handle_gen, gen);
	assert_false(ct_has_room(&bed->ct));
	ct_bed_close(bed);
}

/* A reply that NAT changed: both tuples of the flow are found, the plain reverse is not. */
static void test_translated_reply_is_found(void **state)
{
	struct ct_bed *bed = ct_bed_open(4);
	struct tuple_key key = ct_bed_key(1, IP_PROTO_UDP), plain = reply_of(&key), back = plain;
	u32 idx = ct_new(&bed->ct, &key, bed->now);

	(void)state;
	back.tuple.dst = addr("198.18.0.1");
	back.tuple.dport = be16_of(40000);
	bed->ct.flow[idx].repl = back.tuple;
	assert_int_equal(ct_confirm(&bed->ct, idx, bed->now), ERR_OK);
	assert_int_equal(ct_peek(&bed->ct, &back), idx << 1 | TUPLE_REPLY);
	assert_int_equal(ct_peek(&bed->ct, &plain), IDX_NONE);
	ct_end(&bed->ct, idx);
	assert_int_equal(ct_peek(&bed->ct, &back), IDX_NONE);
	ct_bed_close(bed);
}

/* ---- full ------------------------------------------------------------------------------------ */

static void test_room_expired_before_unanswered(void **state)
{
	struct ct_bed *bed = ct_bed_open(2);
	struct tuple_key udp = ct_bed_key(1, IP_PROTO_UDP), ping = ct_bed_key(2, IP_PROTO_ICMP);
	u32 old = ct_bed_begin(bed, &udp);
	u32 expired;

	(void)state;
	bed->now += NS_PER_SEC;
	expired = ct_bed_begin(bed, &ping);
	bed->now += 61 * NS_PER_SEC;
	assert_false(ct_has_room(&bed->ct));
	assert_true(ct_make_room(&bed->ct, bed->now));
	assert_int_equal(ct_ended_next(&bed->ct), expired);
	assert_int_equal(bed->ct.stats.expired, 1);
	assert_int_equal(bed->ct.stats.taken, 0);
	assert_true(flow_is_confirmed(&bed->ct.flow[old]));
	ct_bed_close(bed);
}

/* Of those never answered the one that was silent longest, whatever its protocol. */
static void test_room_takes_the_longest_silent_unanswered(void **state)
{
	static const u8 protos[4] = { IP_PROTO_UDP, IP_PROTO_TCP, IP_PROTO_ICMP, 47 };
	struct ct_bed *bed = ct_bed_open(5);
	struct tuple_key key[4], answered = ct_bed_key(99, IP_PROTO_UDP);
	u32 idx[4], kept = ct_bed_begin(bed, &answered);

	(void)state;
	ct_bed_again(bed, kept, &answered, TUPLE_REPLY);
	for (u32 n = 0; n < 4; n++) {
		bed->now += 2 * NS_PER_SEC;
		key[n] = ct_bed_key(n, protos[n]);
		idx[n] = ct_bed_begin(bed, &key[n]);
	}
	/* The first repeats itself: now it is the youngest. */
	bed->now += 2 * NS_PER_SEC;
	ct_bed_again(bed, idx[0], &key[0], TUPLE_ORIG);
	for (u32 n = 1; n <= 4; n++) {
		assert_true(ct_make_room(&bed->ct, bed->now));
		assert_int_equal(ct_ended_next(&bed->ct), idx[n % 4]);
		assert_int_equal(ct_bed_drain(bed), 1);
	}
	assert_int_equal(bed->ct.stats.taken, 4);
	assert_false(ct_make_room(&bed->ct, bed->now));
	assert_true(flow_is_confirmed(&bed->ct.flow[kept]));
	ct_bed_close(bed);
}

/* A sender that repeats itself all the time is not the one that was silent longest, however old
 * it is, and hides nobody behind it.                                                             */
static void test_room_passes_over_the_busy_unanswered(void **state)
{
	struct ct_bed *bed = ct_bed_open(2);
	struct tuple_key busy = ct_bed_key(1, IP_PROTO_UDP), quiet = ct_bed_key(2, IP_PROTO_UDP);
	u32 first = ct_bed_begin(bed, &busy), second = ct_bed_begin(bed, &quiet);

	(void)state;
	for (u32 n = 0; n < 100; n++) {
		bed->now += 100 * NS_PER_MS;
		ct_bed_again(bed, first, &busy, TUPLE_ORIG);
	}
	assert_true(ct_make_room(&bed->ct, bed->now));
	assert_int_equal(ct_ended_next(&bed->ct), second);
	ct_bed_close(bed);
}

static void test_room_never_takes_answered(void **state)
{
	static const u8 protos[4] = { IP_PROTO_UDP, IP_PROTO_TCP, IP_PROTO_ICMP, 47 };
	struct ct_bed *bed = ct_bed_open(4);

	(void)state;
	for (u32 n = 0; n < 4; n++) {
		struct tuple_key key = ct_bed_key(n, protos[n]);
		u32 idx = ct_bed_begin(bed, &key);

		ct_bed_again(bed, idx, &key, TUPLE_REPLY);
	}
	assert_false(ct_has_room(&bed->ct));
	assert_false(ct_make_room(&bed->ct, bed->now));
	assert_int_equal(bed->ct.confirmed, 4);
	assert_int_equal(bed->ct.stats.taken, 0);
	ct_bed_close(bed);
}

/* ---- beside a plain list --------------------------------------------------------------------- */

static void test_many_flows_beside_a_list(void **state)
{
	enum { FLOWS = 500, STEPS = 20000 };
	struct ct_bed *bed = ct_bed_open(FLOWS);
	struct rng rng = rng_of(5);
	static u32 at[2 * FLOWS];

	(void)state;
	memset(at, 0xff, sizeof at);
	for (u32 step = 0; step < STEPS; step++) {
		u32 n = rng_below(&rng, 2 * FLOWS);
		struct tuple_key key = ct_bed_key(n, IP_PROTO_UDP), back = reply_of(&key);

		if (at[n] != IDX_NONE) {
			assert_int_equal(ct_peek(&bed->ct, &key), at[n] << 1 | TUPLE_ORIG);
			assert_int_equal(ct_peek(&bed->ct, &back), at[n] << 1 | TUPLE_REPLY);
			ct_end(&bed->ct, at[n]);
			ct_free(&bed->ct);
			at[n] = IDX_NONE;
		} else {
			assert_int_equal(ct_peek(&bed->ct, &key), IDX_NONE);
			if (ct_has_room(&bed->ct))
				at[n] = ct_bed_begin(bed, &key);
		}
		if (step % 1000 == 0)
			ct_check(&bed->ct);
	}
	ct_bed_close(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unconfirmed_is_never_found),
		cmocka_unit_test(test_abandoned_leaves_nothing),
		cmocka_unit_test(test_ended_is_gone_but_readable),
		cmocka_unit_test(test_every_part_of_the_key_counts),
		cmocka_unit_test(test_slot_comes_back_late_with_a_new_generation),
		cmocka_unit_test(test_translated_reply_is_found),
		cmocka_unit_test(test_room_expired_before_unanswered),
		cmocka_unit_test(test_room_takes_the_longest_silent_unanswered),
		cmocka_unit_test(test_room_passes_over_the_busy_unanswered),
		cmocka_unit_test(test_room_never_takes_answered),
		cmocka_unit_test(test_many_flows_beside_a_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
