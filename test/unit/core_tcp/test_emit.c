/* Segments as they leave, and the reset that RFC 9293 section 3.10.7.1 asks for. */
#include "unit/core_tcp/tcp_bed.h"

static void open_bed(struct tcp_bed *bed)
{
	struct tcp_conf conf = tcp_bed_conf();

	tcp_bed_open(bed, &conf);
}

static void test_header(void **state)
{
	struct emit emit = { .key = tcp_bed_key(CLIENT_PORT),
			     .seq = 0xfffffffe,
			     .ack = 77,
			     .window = 4000,
			     .flags = TCP_ACK | TCP_PSH | TCP_ECE,
			     .tos = 0xb2,
			     .ttl = 9 };
	struct tcp_bed bed;
	struct said said;

	(void)state;
	open_bed(&bed);
	said = tcp_bed_read(emit_segment(&bed.tcp, &emit));
	assert_true(be32_eq(said.seen.src, addr(SERVER)) && be32_eq(said.seen.dst, addr(CLIENT)));
	assert_int_equal(said.seen.sport, SERVER_PORT);
	assert_int_equal(said.seen.dport, CLIENT_PORT);
	assert_int_equal(said.seen.seq, 0xfffffffe);
	assert_int_equal(said.seen.ack, 77);
	assert_int_equal(said.seen.flags, emit.flags);
	assert_int_equal(said.seen.tos, 0xb2);
	assert_int_equal(said.seen.ttl, 9);
	assert_int_equal(said.seen.len, 40);
	assert_int_equal(said.window, 4000);
	assert_int_equal(said.zone, BED_ZONE);
	/* RFC 6864 section 4.1: without an identification of its own it must not be cut. */
	assert_true(said.seen.df);
	assert_int_equal(said.seen.id, 0);
	emit.ttl = 0;
	emit.flags = TCP_SYN;
	said = tcp_bed_read(emit_segment(&bed.tcp, &emit));
	assert_int_equal(said.seen.ttl, 64);
	/* A number that nothing says is not sent. */
	assert_int_equal(said.seen.ack, 0);
	assert_true(bed.tcp.stats.segs_out == 2 && bed.tcp.stats.resets_out == 0);
	tcp_bed_close(&bed);
}

/* Data in two runs of every parity, with and without options: the checksum is always right, which
 * tcp_bed_read() insists on.                                                                     */
static void test_data_in_two_runs(void **state)
{
	struct emit emit = { .key = tcp_bed_key(CLIENT_PORT), .flags = TCP_ACK };
	u8 bytes[3000];
	struct tcp_bed bed;

	(void)state;
	open_bed(&bed);
	for (u32 n = 0; n < sizeof bytes; n++)
		bytes[n] = (u8)rng_u32(&bed.tcp.rng);
	for (u32 first = 0; first < 40; first++) {
		for (u32 second = 0; second < 40; second++) {
			struct pkt *pkt;

			emit.opt.has_ts = (first + second) % 3 == 0;
			emit.data[0] = first == 0 ? NULL : bytes;
			emit.data[1] = second == 0 ? NULL : bytes + 1000;
			emit.data_len[0] = first;
			emit.data_len[1] = second;
			pkt = emit_segment(&bed.tcp, &emit);
			assert_int_equal(pkt->len,
					 40 + (emit.opt.has_ts ? 12u : 0u) + first + second);
			assert_memory_equal(pkt_l3(pkt) + pkt->len - second, bytes + 1000, second);
			assert_memory_equal(pkt_l3(pkt) + pkt->len - second - first, bytes, first);
			(void)tcp_bed_read(pkt);
		}
	}
	emit.data[0] = bytes;
	emit.data_len[0] = 2999;
	emit.data_len[1] = 2000;
	assert_int_equal(tcp_bed_read(emit_segment(&bed.tcp, &emit)).seen.data_len, 4999);
	tcp_bed_close(&bed);
}

static void test_no_packet_is_counted(void **state)
{
	struct emit emit = { .key = tcp_bed_key(CLIENT_PORT), .flags = TCP_ACK };
	struct pkt *held[BED_PACKETS];
	struct tcp_bed bed;

	(void)state;
	open_bed(&bed);
	for (u32 n = 0; n < BED_PACKETS; n++)
		held[n] = pkt_new(&bed.bed.pool, 40);
	assert_null(emit_segment(&bed.tcp, &emit));
	emit_answer(&bed.tcp, &emit);
	assert_true(bed.tcp.stats.no_packet == 2 && bed.tcp.stats.segs_out == 0);
	tcp_bed_silent(&bed);
	for (u32 n = 0; n < BED_PACKETS; n++)
		pkt_put(held[n]);
	tcp_bed_close(&bed);
}

/* Answers come out in order, whatever the batch has room for; what is too much is counted. */
static void test_outbox(void **state)
{
	struct emit emit = { .key = tcp_bed_key(CLIENT_PORT), .flags = TCP_ACK };
	struct tcp_bed bed;
	u32 next = 0;

	(void)state;
	open_bed(&bed);
	for (u32 round = 0; round < 3; round++) {
		for (u32 n = 0; n < TCP_OUTBOX_MAX + 5; n++) {
			emit.seq = round * TCP_OUTBOX_MAX + n;
			emit_answer(&bed.tcp, &emit);
		}
		assert_true(bed.tcp.stats.outbox_full == 5 * (round + 1));
		/* One by one, and then all that are left. */
		for (u32 n = 0; n < 100; n++)
			assert_int_equal(tcp_bed_said(&bed).seen.seq, next++);
		assert_int_equal(emit_take(&bed.tcp, &bed.bed.out), TCP_OUTBOX_MAX - 100);
		assert_int_equal(bed_see(bed.bed.out.pkt[0]).seq, next);
		next += TCP_OUTBOX_MAX - 100;
		bed_put_all(&bed.bed.out);
		assert_int_equal(emit_take(&bed.tcp, &bed.bed.out), 0);
	}
	tcp_bed_close(&bed);
}

static struct said reset_of(struct tcp_bed *bed, u8 flags, u32 len)
{
	struct tcp_seg seg = tcp_bed_seg(CLIENT_PORT, flags, 100, 0xfffffff0);

	seg.len = len;
	emit_reset_for(&bed->tcp, &seg);
	return tcp_bed_said(bed);
}

/* With ACK: the number that the sender expects, and no acknowledgement. */
static void test_reset_of_an_ack(void **state)
{
	static const u8 flags[] = { TCP_ACK, TCP_SYN | TCP_ACK, TCP_FIN | TCP_ACK,
				    TCP_PSH | TCP_ACK };
	struct tcp_bed bed;

	(void)state;
	open_bed(&bed);
	for (u32 n = 0; n < ARRAY_COUNT(flags); n++) {
		struct said said = reset_of(&bed, flags[n], 50);

		assert_int_equal(said.seen.flags, TCP_RST);
		assert_int_equal(said.seen.seq, 0xfffffff0);
		assert_int_equal(said.seen.ack, 0);
		assert_int_equal(said.seen.len, 40);
		assert_true(be32_eq(said.seen.dst, addr(CLIENT)));
		assert_int_equal(said.seen.dport, CLIENT_PORT);
	}
	assert_true(bed.tcp.stats.resets_out == ARRAY_COUNT(flags));
	tcp_bed_close(&bed);
}

/* Without: zero, and all of the segment is acknowledged; SYN and FIN count. */
static void test_reset_of_others(void **state)
{
	static const struct {
		u8 flags;
		u32 len;
		u32 ack;
	} cases[] = { { TCP_SYN, 0, 101 },
		      { TCP_SYN, 7, 108 },
		      { TCP_FIN, 3, 104 },
		      { TCP_SYN | TCP_FIN, 0, 102 },
		      { 0, 9, 109 } };
	struct tcp_bed bed;

	(void)state;
	open_bed(&bed);
	for (u32 n = 0; n < ARRAY_COUNT(cases); n++) {
		struct said said = reset_of(&bed, cases[n].flags, cases[n].len);

		assert_int_equal(said.seen.flags, TCP_RST | TCP_ACK);
		assert_int_equal(said.seen.seq, 0);
		assert_int_equal(said.seen.ack, cases[n].ack);
	}
	tcp_bed_close(&bed);
}

static void test_no_reset_of_a_reset(void **state)
{
	struct tcp_seg seg = tcp_bed_seg(CLIENT_PORT, TCP_RST, 1, 2);
	struct tcp_bed bed;

	(void)state;
	open_bed(&bed);
	emit_reset_for(&bed.tcp, &seg);
	seg.flags = TCP_RST | TCP_ACK;
	emit_reset_for(&bed.tcp, &seg);
	tcp_bed_silent(&bed);
	tcp_bed_close(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_data_in_two_runs),
		cmocka_unit_test(test_no_packet_is_counted),
		cmocka_unit_test(test_outbox),
		cmocka_unit_test(test_reset_of_an_ack),
		cmocka_unit_test(test_reset_of_others),
		cmocka_unit_test(test_no_reset_of_a_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
