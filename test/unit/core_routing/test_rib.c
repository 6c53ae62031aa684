/* The promises of rib.h, one by one: clients, choice, next hops, limits. */
#include "rib_bed.h"

static void choice_follows_distance_then_metric(void **state)
{
	struct rib_bed *bed = bed_open(64, 64, 64, 64);
	u16 rip = rib_client_new(&bed->rib, ROUTE_RIP);
	u16 ospf = rib_client_new(&bed->rib, ROUTE_OSPF);
	u32 a = bed_hop(bed, "192.0.2.1", 0), b = bed_hop(bed, "192.0.2.2", 0);
	u32 c = bed_hop(bed, "192.0.2.3", 1);

	(void)state;
	assert_int_equal(bed_offer(bed, "10.0.0.0/8", bed_path(rip, 120, 1, a)), ERR_OK);
	bed_settle(bed);
	assert_int_equal(bed_gateway(bed, "10.1.1.1"), ip(192, 0, 2, 1));
	assert_int_equal(bed_offer(bed, "10.0.0.0/8", bed_path(ospf, 110, 50, b)), ERR_OK);
	bed_settle(bed);
	assert_int_equal(bed_gateway(bed, "10.1.1.1"), ip(192, 0, 2, 2));
	/* Another path of the same source with a lower metric, by its path id. */
	struct rib_path lower = bed_path(ospf, 110, 40, c);

	lower.path_id = 7;
	assert_int_equal(bed_offer(bed, "10.0.0.0/8", lower), ERR_OK);
	bed_settle(bed);
	assert_int_equal(bed_gateway(bed, "10.1.1.1"), ip(192, 0, 2, 3));
	rib_client_del(&bed->rib, ospf);
	bed_settle(bed);
	assert_int_equal(bed_gateway(bed, "10.1.1.1"), ip(192, 0, 2, 1));
	assert_int_equal(bed_withdraw(bed, "10.0.0.0/8", rip), ERR_OK);
	assert_int_equal(bed_withdraw(bed, "10.0.0.0/8", rip), ERR_NOT_FOUND);
	bed_settle(bed);
	assert_int_equal(bed_route(bed, "10.1.1.1")->type, FIB_NONE);
	bed_close(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(choice_follows_distance_then_metric),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
