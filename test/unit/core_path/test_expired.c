/* TCP after its flow's time is over: the inside is told in words that it must believe, the outside
 * is not told anything (RFC 5382 REQ-4, RFC 9293 section 3.10.7.1).                              */
#include "unit/core_path/path_bed.h"

enum { CLIENT = 1000, SERVING = 900000 }; /* initial sequence numbers */

static void segment_out(struct path_bed *bed, u8 flags, u32 seq, u32 ack)
{
	build_tcp4(&bed->b, addr(HOST), 5000, addr(SERVER), 80, flags);
	build_tcp4_at(&bed->b, seq, ack);
}

static void segment_in(struct path_bed *bed, u16 port, u8 flags, u32 seq, u32 ack)
{
	build_tcp4(&bed->b, addr(SERVER), 80, addr(GATEWAY_OUT), port, flags);
	build_tcp4_at(&bed->b, seq, ack);
}

/* Established, then silent until its time is over; returns the public port that it had. */
static u16 open_and_forget(struct path_bed *bed)
{
	u16 port;

	segment_out(bed, TCP_SYN, CLIENT, 0);
	port = path_pass(bed, RIG_IN)->sport;
	segment_in(bed, port, TCP_SYN | TCP_ACK, SERVING, CLIENT + 1);
	(void)path_pass(bed, RIG_OUT);
	segment_out(bed, TCP_ACK, CLIENT + 1, SERVING + 1);
	(void)path_pass(bed, RIG_IN);
	assert_int_equal(sluice_flow_count(bed->rig.s), 1);
	rig_advance(&bed->rig,
		    (ns_t)bed->conf.ct.timeout_s[CT_TIMEOUT_TCP_ESTABLISHED] * NS_PER_SEC);
	return port;
}

/* The reset has the number that its receiver waits for; with one that is off it would only be
 * challenged (RFC 5961 section 3.2).                                                             */
static void test_inside_gets_a_reset(void **state)
{
	static const u8 flags[] = { TCP_ACK, TCP_PSH | TCP_ACK, TCP_FIN | TCP_ACK };

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(flags); n++) {
		struct path_bed *bed = path_bed_new();

		bed->conf.ct.timeout_s[CT_TIMEOUT_TCP_ESTABLISHED] = 60;
		path_bed_start(bed);
		(void)open_and_forget(bed);
		segment_out(bed, flags[n], CLIENT + 1, SERVING + 1);
		assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
		assert_int_equal(rig_drop_count(&bed->rig, DROP_CT_MIDSTREAM), 1);
		assert_true(rig_next(&bed->rig, &bed->out));
		assert_int_equal(bed->out.out_if, RIG_IN);
		assert_int_equal(bed->out.seen.wrong, 0);
		assert_true(be32_eq(bed->out.seen.src, addr(SERVER)));
		assert_true(be32_eq(bed->out.seen.dst, addr(HOST)));
		assert_int_equal(bed->out.seen.sport, 80);
		assert_int_equal(bed->out.seen.dport, 5000);
		assert_int_equal(bed->out.seen.flags, TCP_RST);
		assert_int_equal(bed->out.seen.seq, SERVING + 1);
		assert_false(rig_next(&bed->rig, &bed->out));
		assert_int_equal(sluice_flow_count(bed->rig.s), 0);
		path_bed_close(bed);
	}
}

static void test_outside_gets_silence(void **state)
{
	struct path_bed *bed = path_bed_new();
	u16 port;

	(void)state;
	bed->conf.ct.timeout_s[CT_TIMEOUT_TCP_ESTABLISHED] = 60;
	path_bed_start(bed);
	port = open_and_forget(bed);
	segment_in(bed, port, TCP_ACK, SERVING + 1, CLIENT + 1);
	assert_true(rig_send(&bed->rig, RIG_OUT, &bed->b));
	segment_in(bed, port, TCP_FIN | TCP_ACK, SERVING + 1, CLIENT + 1);
	assert_true(rig_send(&bed->rig, RIG_OUT, &bed->b));
	assert_false(rig_next(&bed->rig, &bed->out));
	assert_int_equal(rig_drop_sum(&bed->rig), 2);
	path_bed_close(bed);
}

/* After the reset the host may begin anew at once. */
static void test_and_begins_anew(void **state)
{
	struct path_bed *bed = path_bed_new();

	(void)state;
	bed->conf.ct.timeout_s[CT_TIMEOUT_TCP_ESTABLISHED] = 60;
	path_bed_start(bed);
	(void)open_and_forget(bed);
	segment_out(bed, TCP_SYN, CLIENT + 77, 0);
	(void)path_pass(bed, RIG_IN);
	assert_int_equal(bed->out.out_if, RIG_OUT);
	path_bed_close(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inside_gets_a_reset),
		cmocka_unit_test(test_outside_gets_silence),
		cmocka_unit_test(test_and_begins_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
