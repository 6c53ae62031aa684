/* SYNs on the road between links of different size. */
#include "unit/core_path/path_bed.h"

enum { MSS_AT = 3 };                                          /* of the value, in odd_options */
static const u8 odd_options[] = { 1, 2, 4, 5, 180, 1, 1, 1 }; /* 1460 */

static void make_syn(struct path_bed *bed, const char *src, u16 sport, const char *dst, u16 dport,
		     u8 flags)
{
	build_start(&bed->b);
	build_ip4(&bed->b, addr(src), addr(dst), IP_PROTO_TCP);
	build_tcp(&bed->b, sport, dport, flags, 1000, 0);
	build_tcp_options(&bed->b, odd_options, sizeof odd_options);
	build_seal(&bed->b);
}

static u32 mss_of(const u8 *ip)
{
	return (u32)(ip[40 + MSS_AT] << 8 | ip[40 + MSS_AT + 1]);
}

static u32 mss_seen(const struct path_bed *bed)
{
	return mss_of(bed->out.frame.bytes + bed->out.frame.l3);
}

/* Translated and lowered both ways, each checksum right (path_pass). */
static void test_both_directions(void **state)
{
	struct path_bed *bed = path_bed_new();
	u16 port;

	(void)state;
	bed->conf.iface[RIG_OUT].mtu = 1492;
	bed->conf.iface[RIG_OUT].mss = IFACE_MSS_OF_MTU;
	path_bed_start(bed);
	make_syn(bed, HOST, 5000, SERVER, 80, TCP_SYN);
	port = path_pass(bed, RIG_IN)->sport;
	assert_int_equal(mss_seen(bed), 1452);
	make_syn(bed, SERVER, 80, GATEWAY_OUT, port, TCP_SYN | TCP_ACK);
	(void)path_pass(bed, RIG_OUT);
	assert_int_equal(bed->out.out_if, RIG_IN);
	assert_int_equal(mss_seen(bed), 1452);
	/* Between the two inside links nothing is asked for. */
	make_syn(bed, HOST, 5001, "10.20.0.9", 80, TCP_SYN);
	(void)path_pass(bed, RIG_IN);
	assert_int_equal(mss_seen(bed), 1460);
	path_bed_close(bed);
}

static void test_none_by_default(void **state)
{
	struct path_bed *bed = path_bed_new();

	(void)state;
	bed->conf.iface[RIG_OUT].mtu = 1492;
	path_bed_start(bed);
	make_syn(bed, HOST, 5000, SERVER, 80, TCP_SYN);
	(void)path_pass(bed, RIG_IN);
	assert_int_equal(mss_seen(bed), 1460);
	path_bed_close(bed);
}

/* It waits for its next hop as it will leave, and is quoted as it came. */
static void test_while_it_waits_for_arp(void **state)
{
	struct path_bed *bed = path_bed_new();
	struct build sent;

	(void)state;
	bed->conf.iface[RIG_OUT].mss = 1000;
	path_bed_start(bed);
	make_syn(bed, HOST, 5000, "198.18.0.77", 80, TCP_SYN);
	assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
	assert_true(rig_next(&bed->rig, &bed->out));
	assert_int_equal(mss_seen(bed), 1000);
	assert_int_equal(bed->out.seen.wrong, 0);
	bed->rig.silent[bed->rig.silent_count++] = addr("198.18.0.78");
	make_syn(bed, HOST, 5000, "198.18.0.78", 80, TCP_SYN);
	sent = bed->b;
	assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
	for (u32 n = 0; n < 200 && rig_drop_count(&bed->rig, DROP_NEIGH_FAILED) == 0; n++) {
		assert_false(rig_next(&bed->rig, &bed->out));
		rig_advance(&bed->rig, 100 * NS_PER_MS);
	}
	assert_true(rig_next(&bed->rig, &bed->out));
	assert_int_equal(bed->out.seen.type, ICMP_UNREACH);
	assert_memory_equal(bed->out.seen.quote, sent.bytes, sent.len);
	path_bed_close(bed);
}

/* The setting follows a new configuration; one that makes no sense is refused. */
static void test_a_new_configuration(void **state)
{
	struct path_bed *bed = path_bed_open();

	(void)state;
	bed->conf.iface[RIG_IN].mss = IFACE_MSS_MIN - 1;
	assert_false(rig_configure(&bed->rig, &bed->conf));
	bed->conf.iface[RIG_IN].mss = 1200;
	assert_true(rig_configure(&bed->rig, &bed->conf));
	make_syn(bed, HOST, 5000, SERVER, 80, TCP_SYN);
	(void)path_pass(bed, RIG_IN);
	assert_int_equal(mss_seen(bed), 1200);
	path_bed_close(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_directions),
		cmocka_unit_test(test_none_by_default),
		cmocka_unit_test(test_while_it_waits_for_arp),
		cmocka_unit_test(test_a_new_configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
