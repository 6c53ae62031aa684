/* Public addresses: what a configuration may name, refusals that change nothing, addresses that
 * come, stay and go.                                                                            */
#include "unit/core_nat/nat_bed.h"

static void test_nonsense_is_refused_with_a_reason(void **state)
{
	struct nat_bed *bed = nat_bed_open(64);
	struct nat_conf good = bed->conf, bad;

	(void)state;
	bad = good;
	bad.rule[0].source_len = 33;
	assert_int_equal(nat_bed_configure(bed, &bad), ERR_RANGE);
	assert_non_null(bed->why);
	bad = good;
	conf_pool(&bad, "203.0.113.9", "203.0.113.8");
	assert_int_equal(nat_bed_configure(bed, &bad), ERR_RANGE);
	bad = good;
	conf_pool(&bad, "198.18.1.1", "198.18.1.1");
	bad.rule[0].pool = 1;
	assert_int_equal(nat_bed_configure(bed, &bad), ERR_RANGE);
	bad.rule[0].pool = 0;
	bad.pool[0].range_count = 0;
	assert_int_equal(nat_bed_configure(bed, &bad), ERR_RANGE);
	bad.pool[0].range_count = 1;
	bad.pool[0].port_first = 5000;
	bad.pool[0].port_last = 4999;
	assert_int_equal(nat_bed_configure(bed, &bad), ERR_RANGE);
	bad.pool[0].port_first = 0; /* which says 1024 */
	bad.pool[0].port_last = 1000;
	assert_int_equal(nat_bed_configure(bed, &bad), ERR_RANGE);
	bad = good;
	bad.masquerade_port_first = 6000;
	bad.masquerade_port_last = 5000;
	assert_int_equal(nat_bed_configure(bed, &bad), ERR_RANGE);
	bad = good;
	bad.masquerade_spare_first = 6000;
	bad.masquerade_spare_last = 5000;
	assert_int_equal(nat_bed_configure(bed, &bad), ERR_RANGE);
	bad = good;
	bad.static_count = 1;
	bad.fixed[0].prefix_len = 40;
	assert_int_equal(nat_bed_configure(bed, &bad), ERR_RANGE);
	assert_int_equal(nat_bed_configure(bed, &good), ERR_OK);
	nat_bed_close(bed);
}

/* After each refusal flows are translated as before. */
static void test_refusals_change_nothing(void **state)
{
	struct nat_bed *bed = nat_bed_open(64);
	struct nat_conf bad = bed->conf;

	(void)state;
	assert_true(be32_eq(nat_bed_public(bed, inside_end(1), SERVER, 17).addr,
			    addr("198.18.0.1")));
	conf_pool(&bad, "198.18.1.1", "198.18.1.200");
	assert_int_equal(nat_bed_configure(bed, &bad), ERR_FULL);
	assert_non_null(bed->why);
	assert_int_equal(bed->nat.address_count, 1);
	assert_false(nat_owns(&bed->nat, addr("198.18.1.1")));
	assert_true(be32_eq(nat_bed_public(bed, inside_end(2), SERVER, 17).addr,
			    addr("198.18.0.1")));
	nat_bed_close(bed);
}

/* The limit is 8. Addresses that stay take no part in what is free for new ones. */
static void test_growing_beyond_the_limit_is_refused(void **state)
{
	struct nat_bed *bed = nat_bed_new(64);
	struct nat_conf conf;

	(void)state;
	bed->masquerade[1].raw = 0;
	conf_pool(&bed->conf, "198.18.1.1", "198.18.1.8");
	nat_bed_start(bed);
	conf = bed->conf;
	conf_pool(&conf, "198.18.1.1", "198.18.1.9");
	assert_int_equal(nat_bed_configure(bed, &conf), ERR_FULL);
	/* All others than before fit, since nothing holds the old ones. */
	conf_pool(&conf, "198.18.2.1", "198.18.2.8");
	assert_int_equal(nat_bed_configure(bed, &conf), ERR_OK);
	conf_pool(&conf, "198.18.2.5", "198.18.2.12");
	assert_int_equal(nat_bed_configure(bed, &conf), ERR_OK);
	assert_false(nat_owns(&bed->nat, addr("198.18.2.4")));
	assert_true(nat_owns(&bed->nat, addr("198.18.2.5")));
	assert_true(nat_owns(&bed->nat, addr("198.18.2.12")));
	nat_bed_close(bed);
}

/* A slot that an address with standing flows holds is not free, whatever the order of the names. */
static void test_a_held_slot_is_not_free(void **state)
{
	struct nat_bed *bed = nat_bed_new(64);
	struct nat_conf conf;

	(void)state;
	bed->conf.address_count = 2;
	bed->masquerade[1] = addr("198.18.0.1");
	bed->masquerade[2] = addr("198.19.0.1");
	nat_bed_start(bed);
	(void)nat_bed_pass(bed, inside_end(1), SERVER, 6); /* by interface 1 */
	conf = bed->conf;
	bed->masquerade[1] = addr("198.18.0.7");
	assert_int_equal(nat_bed_configure(bed, &conf), ERR_FULL);
	nat_bed_end(bed, inside_end(1), SERVER, 6);
	assert_int_equal(nat_bed_configure(bed, &conf), ERR_OK);
	assert_true(nat_owns(&bed->nat, addr("198.19.0.1")));
	assert_true(nat_owns(&bed->nat, addr("198.18.0.7")));
	nat_bed_close(bed);
}

/* New flows take the new address, of standing flows nothing moves; also the new flows of an inside
 * endpoint that has a mapping on the old one.                                                    */
static void test_masquerade_follows_the_address(void **state)
{
	static const u8 protos[2] = { IP_PROTO_TCP, IP_PROTO_UDP };
	struct nat_bed *bed = nat_bed_open(64);
	struct end before[2], after;

	(void)state;
	for (u32 n = 0; n < 2; n++) {
		before[n] = nat_bed_public(bed, inside_end(1), SERVER, protos[n]);
		assert_true(be32_eq(before[n].addr, addr("198.18.0.1")));
	}
	bed->masquerade[1] = addr("198.18.0.77");
	assert_int_equal(nat_bed_configure(bed, &bed->conf), ERR_OK);
	for (u32 n = 0; n < 2; n++) {
		after = nat_bed_public(bed, inside_end(1), SERVER, protos[n]);
		assert_true(be32_eq(after.addr, before[n].addr));
		assert_int_equal(after.port, before[n].port);
		after = nat_bed_public(bed, inside_end(1), SERVER2, protos[n]);
		assert_true(be32_eq(after.addr, addr("198.18.0.77")));
		nat_bed_check(bed);
	}
	/* One more stays with the new mapping; the old flow and its answers still pass. */
	after = nat_bed_public(bed, inside_end(1), SERVER2, IP_PROTO_UDP);
	assert_int_equal(
		nat_bed_public(bed, inside_end(1), end_of("203.0.113.11", 1), IP_PROTO_UDP).port,
		after.port);
	assert_true(be32_eq(nat_bed_pass(bed, SERVER, before[1], IP_PROTO_UDP).dst,
			    inside_end(1).addr));
	nat_bed_end(bed, inside_end(1), SERVER, IP_PROTO_UDP);
	nat_bed_check(bed);
	bed->now += 500 * NS_PER_SEC;
	nat_tick(&bed->nat, bed->now);
	nat_bed_check(bed);
	nat_bed_close(bed);
}

/* An endpoint whose mapping only rests on an address that is gone. */
static void test_resting_mapping_of_a_gone_address(void **state)
{
	struct nat_bed *bed = nat_bed_open(64);

	(void)state;
	(void)nat_bed_pass(bed, inside_end(1), SERVER, IP_PROTO_UDP);
	nat_bed_end(bed, inside_end(1), SERVER, IP_PROTO_UDP);
	bed->masquerade[1] = addr("198.18.0.77");
	assert_int_equal(nat_bed_configure(bed, &bed->conf), ERR_OK);
	assert_true(be32_eq(nat_bed_public(bed, inside_end(1), SERVER, IP_PROTO_UDP).addr,
			    addr("198.18.0.77")));
	nat_bed_close(bed);
}

/* Somebody else may have the address now: it is not ours. */
static void test_gone_address_is_not_owned(void **state)
{
	struct nat_bed *bed = nat_bed_open(64);

	(void)state;
	(void)nat_bed_pass(bed, inside_end(1), SERVER, IP_PROTO_TCP);
	bed->masquerade[1] = addr("198.18.0.77");
	assert_int_equal(nat_bed_configure(bed, &bed->conf), ERR_OK);
	assert_false(nat_owns(&bed->nat, addr("198.18.0.1")));
	assert_true(nat_owns(&bed->nat, addr("198.18.0.77")));
	nat_bed_close(bed);
}

static void test_no_address_to_masquerade_with(void **state)
{
	struct nat_bed *bed = nat_bed_new(64);

	(void)state;
	bed->masquerade[1].raw = 0;
	nat_bed_start(bed);
	nat_bed_dies(bed, inside_end(1), SERVER, IP_PROTO_TCP, DROP_NAT_NO_ADDRESS);
	nat_bed_dies(bed, inside_end(1), SERVER, IP_PROTO_UDP, DROP_NAT_NO_ADDRESS);
	nat_bed_dies(bed, inside_end(1), SERVER, 47, DROP_NAT_NO_ADDRESS);
	assert_int_equal(bed->nat.stats.no_address, 3);
	nat_bed_close(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nonsense_is_refused_with_a_reason),
		cmocka_unit_test(test_refusals_change_nothing),
		cmocka_unit_test(test_growing_beyond_the_limit_is_refused),
		cmocka_unit_test(test_a_held_slot_is_not_free),
		cmocka_unit_test(test_masquerade_follows_the_address),
		cmocka_unit_test(test_resting_mapping_of_a_gone_address),
		cmocka_unit_test(test_gone_address_is_not_owned),
		cmocka_unit_test(test_no_address_to_masquerade_with),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
