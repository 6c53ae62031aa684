/* IP options of forwarded packets: what the gateway fills in on its way out. */
#include "unit/core_path/path_bed.h"

/* RFC 1812 section 5.2.4: the address of the way out, and no more than there is room for. */
static void test_record_route_names_the_way_out(void **state)
{
	static const u8 empty[8] = { 7, 7, 4 };
	static const u8 full[8] = { 7, 7, 8, 192, 0, 2, 1 };
	struct path_bed *bed = path_bed_open();
	be32 recorded;

	(void)state;
	udp_out(bed);
	(void)path_pass(bed, RIG_IN);
	for (u32 n = 0; n < 2; n++) {
		const u8 *options = n == 0 ? empty : full;
		const u8 *out;

		build_start(&bed->b);
		build_ip4(&bed->b, addr(HOST), addr(SERVER), IP_PROTO_UDP);
		build_ip_options(&bed->b, options, sizeof empty);
		build_udp(&bed->b, 5000, 53);
		build_payload(&bed->b, 20, 0);
		build_seal(&bed->b);
		assert_int_equal(path_pass(bed, RIG_IN)->hlen, 28);
		out = bed->out.frame.bytes + bed->out.frame.l3 + 20;
		assert_int_equal(out[2], 8);
		recorded = be32_load(out + 3);
		assert_true(be32_eq(recorded, n == 0 ? addr(GATEWAY_OUT) : addr("192.0.2.1")));
	}
	path_bed_close(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_record_route_names_the_way_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
