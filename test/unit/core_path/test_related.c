/* ICMP errors about translated flows along the whole road, both ways, and what they do not do:
 * neither keep a flow nor end it (RFC 5508 REQ-6).                                              */
#include "unit/core_path/path_bed.h"

/* What was sent, and how it left. */
struct passed {
	struct build sent;
	struct build left;
};

static void remember(struct path_bed *bed, struct passed *p)
{
	build_start(&p->left);
	p->sent = bed->b;
	build_bytes(&p->left, bed->out.frame.bytes + bed->out.frame.l3, bed->out.seen.len);
}

static void error_about(struct path_bed *bed, const struct passed *p, const char *from, u8 code)
{
	const struct ip4_hdr *ip = (const struct ip4_hdr *)p->left.bytes;

	build_error4(&bed->b, addr(from), ip->src, ICMP_UNREACH, code, 0);
	build_quote(&bed->b, p->left.bytes, p->left.len);
}

static void test_error_from_outside_reaches_the_sender(void **state)
{
	struct path_bed *bed = path_bed_open();
	static struct passed p;
	const struct seen *seen;

	(void)state;
	udp_out(bed);
	(void)path_pass(bed, RIG_IN);
	remember(bed, &p);
	error_about(bed, &p, "198.18.0.2", ICMP_UNREACH_HOST);
	seen = path_pass(bed, RIG_OUT);
	assert_int_equal(bed->out.out_if, RIG_IN);
	assert_true(be32_eq(seen->src, addr("198.18.0.2")));
	assert_true(be32_eq(seen->dst, addr(HOST)));
	/* The TTL that the next router saw; all else as the host sent it. */
	assert_int_equal(seen->quote[8], p.sent.bytes[8] - 1);
	assert_memory_equal(seen->quote + 12, p.sent.bytes + 12, p.sent.len - 12);
	assert_int_equal(rig_counter(&bed->rig, "icmp_related"), 1);
	path_bed_close(bed);
}

/* A router between the gateway and the host is not seen outside (REQ-5). */
static void test_error_from_inside_router(void **state)
{
	struct path_bed *bed = path_bed_open();
	static struct passed p;
	const struct seen *seen;
	u16 port;

	(void)state;
	udp_out(bed);
	port = path_pass(bed, RIG_IN)->sport;
	build_udp4(&bed->b, addr(SERVER), 53, addr(GATEWAY_OUT), port, 20);
	(void)path_pass(bed, RIG_OUT);
	remember(bed, &p);
	error_about(bed, &p, "10.10.0.254", ICMP_UNREACH_HOST);
	seen = path_pass(bed, RIG_IN);
	assert_int_equal(bed->out.out_if, RIG_OUT);
	assert_true(be32_eq(seen->src, addr(GATEWAY_OUT)));
	assert_true(be32_eq(seen->dst, addr(SERVER)));
	assert_memory_equal(seen->quote + 12, p.sent.bytes + 12, p.sent.len - 12);
	path_bed_close(bed);
}

/* Between two inside networks nothing is translated: the gateway that a redirect names is on a link
 * of the same inside, and what to make of it is the receiver's affair.                           */
static void test_redirect_about_an_untranslated_flow(void **state)
{
	struct path_bed *bed = path_bed_open();
	static struct passed p;
	const struct seen *seen;

	(void)state;
	build_udp4(&bed->b, addr(HOST), 5000, addr("10.20.0.5"), 53, 20);
	(void)path_pass(bed, RIG_IN);
	assert_int_equal(bed->out.out_if, RIG_IN2);
	remember(bed, &p);
	build_error4(&bed->b, addr("10.20.0.9"), addr(HOST), ICMP_REDIRECT, 1,
		     be32_host(addr("10.20.0.8")));
	build_quote(&bed->b, p.left.bytes, p.left.len);
	seen = path_pass(bed, RIG_IN2);
	assert_int_equal(bed->out.out_if, RIG_IN);
	assert_int_equal(seen->type, ICMP_REDIRECT);
	assert_true(be32_eq(seen->src, addr("10.20.0.9")));
	path_bed_close(bed);
}

static void test_error_neither_keeps_nor_ends(void **state)
{
	struct path_bed *bed = path_bed_open();
	static struct passed p;

	(void)state;
	udp_out(bed);
	(void)path_pass(bed, RIG_IN);
	remember(bed, &p);
	for (u32 n = 0; n < 11; n++) {
		rig_advance(&bed->rig, 10 * NS_PER_SEC);
		error_about(bed, &p, "198.18.0.2", ICMP_UNREACH_PORT);
		(void)path_pass(bed, RIG_OUT);
		assert_int_equal(sluice_flow_count(bed->rig.s), 1);
	}
	rig_advance(&bed->rig, 13 * NS_PER_SEC);
	assert_int_equal(sluice_flow_count(bed->rig.s), 0);
	error_about(bed, &p, "198.18.0.2", ICMP_UNREACH_PORT);
	assert_true(rig_send(&bed->rig, RIG_OUT, &bed->b));
	assert_false(rig_next(&bed->rig, &bed->out));
	assert_int_equal(rig_drop_count(&bed->rig, DROP_ICMP_CONSUMED), 1);
	path_bed_close(bed);
}

/* An answered flow, and errors from both sides. */
static void test_error_does_not_keep_an_answered_flow(void **state)
{
	struct path_bed *bed = path_bed_open();
	static struct passed out, in;
	struct sluice_flow_filter any = { 0 };
	struct sluice_flow flow;
	u16 port;

	(void)state;
	udp_out(bed);
	port = path_pass(bed, RIG_IN)->sport;
	remember(bed, &out);
	build_udp4(&bed->b, addr(SERVER), 53, addr(GATEWAY_OUT), port, 20);
	(void)path_pass(bed, RIG_OUT);
	remember(bed, &in);
	for (u32 n = 1; n < 30; n++) {
		rig_advance(&bed->rig, 10 * NS_PER_SEC);
		error_about(bed, &out, "198.18.0.2", ICMP_UNREACH_PORT);
		(void)path_pass(bed, RIG_OUT);
		error_about(bed, &in, HOST, ICMP_UNREACH_PORT);
		(void)path_pass(bed, RIG_IN);
		assert_true(rig_find_flow(&bed->rig, &any, &flow));
		assert_int_equal(flow.idle_ms, n * 10000);
	}
	rig_advance(&bed->rig, 12 * NS_PER_SEC);
	assert_int_equal(sluice_flow_count(bed->rig.s), 0);
	path_bed_close(bed);
}

/* A flow whose time is over has no packets to complain about, swept away or not. */
static void test_error_about_an_expired_flow(void **state)
{
	struct path_bed *bed = path_bed_open();
	static struct passed p;

	(void)state;
	udp_out(bed);
	(void)path_pass(bed, RIG_IN);
	remember(bed, &p);
	bed->rig.now += bed->conf.ct.timeout_s[CT_TIMEOUT_UDP] * NS_PER_SEC;
	error_about(bed, &p, "198.18.0.2", ICMP_UNREACH_PORT);
	assert_true(rig_send(&bed->rig, RIG_OUT, &bed->b));
	assert_false(rig_next(&bed->rig, &bed->out));
	assert_int_equal(rig_drop_count(&bed->rig, DROP_ICMP_CONSUMED), 1);
	path_bed_close(bed);
}

/* Between two inside hosts by their public names. */
static void test_error_through_hairpin(void **state)
{
	struct path_bed *bed = path_bed_open();
	static struct passed p;
	const struct seen *seen;
	u16 port;

	(void)state;
	build_udp4(&bed->b, addr("10.10.0.6"), 6000, addr(SERVER), 53, 20);
	port = path_pass(bed, RIG_IN)->sport;
	build_udp4(&bed->b, addr(HOST), 5000, addr(GATEWAY_OUT), port, 20);
	seen = path_pass(bed, RIG_IN);
	assert_true(be32_eq(seen->dst, addr("10.10.0.6")));
	remember(bed, &p);
	error_about(bed, &p, "10.10.0.6", ICMP_UNREACH_PORT);
	seen = path_pass(bed, RIG_IN);
	assert_int_equal(bed->out.out_if, RIG_IN);
	assert_true(be32_eq(seen->src, addr(GATEWAY_OUT)));
	assert_true(be32_eq(seen->dst, addr(HOST)));
	assert_memory_equal(seen->quote + 12, p.sent.bytes + 12, p.sent.len - 12);
	path_bed_close(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_error_from_outside_reaches_the_sender),
		cmocka_unit_test(test_error_from_inside_router),
		cmocka_unit_test(test_redirect_about_an_untranslated_flow),
		cmocka_unit_test(test_error_neither_keeps_nor_ends),
		cmocka_unit_test(test_error_does_not_keep_an_answered_flow),
		cmocka_unit_test(test_error_about_an_expired_flow),
		cmocka_unit_test(test_error_through_hairpin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
