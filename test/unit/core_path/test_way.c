/* Two ways out, and routes that move from one to the other: what becomes of flows. */
#include "unit/core_path/path_bed.h"

#define OTHER "198.51.100.1" /* our address on the second way out */

enum { RIG_OUT2 = RIG_IN2 };

static struct path_bed *two_ways(void)
{
	struct path_bed *bed = path_bed_new();
	struct iface_conf *second = &bed->conf.iface[RIG_OUT2];

	second->side = IFACE_OUTSIDE;
	second->addr[0] = (struct iface_addr){ .addr = addr(OTHER), .prefix_len = 24 };
	return bed;
}

static void lead_by(struct path_bed *bed, u16 out_if)
{
	bed->conf.route[0].route.path[0] = (struct fib_path){
		out_if == RIG_OUT ? addr("198.18.0.2") : addr("198.51.100.2"), out_if, 1
	};
	assert_true(rig_configure(&bed->rig, &bed->conf));
}

static void leaves_as(struct path_bed *bed, u16 out_if, const char *as)
{
	assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
	assert_true(rig_next(&bed->rig, &bed->out));
	assert_int_equal(bed->out.out_if, out_if);
	assert_true(be32_eq(bed->out.seen.src, addr(as)));
}

/* Its endpoint is mapped anew: the old mapping stays with the flows that came by it. */
static void test_udp_begins_anew(void **state)
{
	struct path_bed *bed = two_ways();

	(void)state;
	path_bed_start(bed);
	(void)udp_out(bed);
	leaves_as(bed, RIG_OUT, GATEWAY_OUT);
	lead_by(bed, RIG_OUT2);
	leaves_as(bed, RIG_OUT2, OTHER);
	leaves_as(bed, RIG_OUT2, OTHER);
	assert_int_equal(sluice_flow_count(bed->rig.s), 1);
	lead_by(bed, RIG_OUT);
	leaves_as(bed, RIG_OUT, GATEWAY_OUT);
	assert_int_equal(rig_drop_sum(&bed->rig), 0);
	path_bed_close(bed);
}

static void test_tcp_is_reset(void **state)
{
	struct path_bed *bed = two_ways();
	u16 port;

	(void)state;
	path_bed_start(bed);
	(void)tcp_out(bed, TCP_SYN);
	leaves_as(bed, RIG_OUT, GATEWAY_OUT);
	port = bed->out.seen.sport;
	build_tcp4(&bed->b, addr(SERVER), 80, addr(GATEWAY_OUT), port, TCP_SYN | TCP_ACK);
	assert_true(rig_send(&bed->rig, RIG_OUT, &bed->b));
	assert_int_equal(rig_drain(&bed->rig), 1);
	lead_by(bed, RIG_OUT2);
	(void)tcp_out(bed, TCP_ACK);
	assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
	assert_true(rig_next(&bed->rig, &bed->out));
	assert_int_equal(bed->out.out_if, RIG_IN);
	assert_int_equal(bed->out.seen.flags & TCP_RST, TCP_RST);
	assert_int_equal(rig_drop_count(&bed->rig, DROP_NAT_WAY_GONE), 1);
	assert_int_equal(sluice_flow_count(bed->rig.s), 0);
	/* It may call again at once. */
	(void)tcp_out(bed, TCP_SYN);
	leaves_as(bed, RIG_OUT2, OTHER);
	path_bed_close(bed);
}

/* A SYN that was not answered moves with the next one. */
static void test_tcp_that_begins_moves(void **state)
{
	struct path_bed *bed = two_ways();

	(void)state;
	path_bed_start(bed);
	(void)tcp_out(bed, TCP_SYN);
	leaves_as(bed, RIG_OUT, GATEWAY_OUT);
	lead_by(bed, RIG_OUT2);
	leaves_as(bed, RIG_OUT2, OTHER);
	assert_int_equal(rig_drop_sum(&bed->rig), 0);
	path_bed_close(bed);
}

/* Who has an address of a pool has it by either way. */
static void test_pool_moves_over(void **state)
{
	struct path_bed *bed = two_ways();

	(void)state;
	rig_conf_pool(&bed->conf, "203.0.113.7", "203.0.113.7");
	path_bed_start(bed);
	(void)tcp_out(bed, TCP_SYN);
	leaves_as(bed, RIG_OUT, "203.0.113.7");
	lead_by(bed, RIG_OUT2);
	(void)tcp_out(bed, TCP_ACK);
	leaves_as(bed, RIG_OUT2, "203.0.113.7");
	assert_int_equal(rig_drop_sum(&bed->rig), 0);
	path_bed_close(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_udp_begins_anew),
		cmocka_unit_test(test_tcp_is_reset),
		cmocka_unit_test(test_tcp_that_begins_moves),
		cmocka_unit_test(test_pool_moves_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
