/* Resets: RFC 9293 section 3.10.7.1. */
#include "unit/core_ip/bed.h"

#include "core/ip/tcp_reset.h"

#define INSIDE  "10.10.0.5"
#define OUTSIDE "198.18.0.9"

static void make_segment(struct build *b, u8 flags, u32 seq, u32 ack, u32 data_len)
{
	build_start(b);
	build_ip4(b, addr(INSIDE), addr(OUTSIDE), IP_PROTO_TCP);
	build_tcp(b, 5000, 80, flags, seq, ack);
	build_tcp_options(b, "\1\1\1\1", 4);
	build_payload(b, data_len, 0);
	build_seal(b);
}

static struct seen reset_of(struct bed *bed, const struct build *b)
{
	struct pkt *pkt = bed_pkt(bed, b);
	struct pkt *reset = ip_tcp_reset(&bed->pool, pkt);
	struct seen seen;

	assert_non_null(reset);
	seen = bed_see(reset);
	assert_true(be32_eq(seen.src, addr(OUTSIDE)));
	assert_true(be32_eq(seen.dst, addr(INSIDE)));
	assert_int_equal(seen.sport, 80);
	assert_int_equal(seen.dport, 5000);
	assert_int_equal(seen.len, 40);
	assert_int_equal(seen.ttl, 64);
	/* RFC 6864 section 4.1: without an identification of its own it must not be cut. */
	assert_int_equal(seen.id, 0);
	assert_true(seen.df);
	assert_int_equal(reset->flags, PKT_LOCAL_OUT);
	pkt_put(reset);
	pkt_put(pkt);
	return seen;
}

/* With ACK the reset takes the number that the sender expects, and acknowledges nothing. */
static void test_segment_with_ack(void **state)
{
	static const u8 flags[] = { TCP_ACK, TCP_SYN | TCP_ACK, TCP_FIN | TCP_ACK,
				    TCP_PSH | TCP_ACK };
	struct bed bed;
	struct build b;

	(void)state;
	bed_open(&bed, 4, 2);
	for (u32 n = 0; n < ARRAY_COUNT(flags); n++) {
		struct seen seen;

		make_segment(&b, flags[n], 100, 0xfffffff0, 50);
		seen = reset_of(&bed, &b);
		assert_int_equal(seen.flags, TCP_RST);
		assert_int_equal(seen.seq, 0xfffffff0);
		assert_int_equal(seen.ack, 0);
	}
	bed_close(&bed);
}

/* Without, it begins at zero and acknowledges all of the segment; SYN and FIN count. */
static void test_segment_without_ack(void **state)
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
	struct bed bed;
	struct build b;
	struct seen seen;

	(void)state;
	bed_open(&bed, 4, 2);
	for (u32 n = 0; n < ARRAY_COUNT(cases); n++) {
		make_segment(&b, cases[n].flags, 100, 77, cases[n].len);
		seen = reset_of(&bed, &b);
		assert_int_equal(seen.flags, TCP_RST | TCP_ACK);
		assert_int_equal(seen.seq, 0);
		assert_int_equal(seen.ack, cases[n].ack);
	}
	/* The numbers go round. */
	make_segment(&b, TCP_SYN, 0xffffffff, 0, 0);
	assert_int_equal(reset_of(&bed, &b).ack, 0);
	bed_close(&bed);
}

static void expect_none(struct bed *bed, struct build *b)
{
	struct pkt *pkt = bed_pkt(bed, b);

	assert_null(ip_tcp_reset(&bed->pool, pkt));
	pkt_put(pkt);
}

static void test_no_reset(void **state)
{
	static const char *const groups[] = { "224.0.0.1", "255.255.255.255", "127.0.0.1",
					      "0.0.0.0" };
	struct bed bed;
	struct build b;
	struct pkt *pkt;

	(void)state;
	bed_open(&bed, 4, 2);
	make_segment(&b, TCP_RST, 1, 2, 0);
	expect_none(&bed, &b);
	make_segment(&b, TCP_RST | TCP_ACK, 1, 2, 0);
	expect_none(&bed, &b);
	for (u32 n = 0; n < ARRAY_COUNT(groups); n++) {
		build_tcp4(&b, addr(INSIDE), 1, addr(groups[n]), 2, TCP_SYN);
		expect_none(&bed, &b);
	}
	build_tcp4(&b, addr("0.0.0.0"), 1, addr(OUTSIDE), 2, TCP_SYN);
	expect_none(&bed, &b);
	build_udp4(&b, addr(INSIDE), 1, addr(OUTSIDE), 2, 40);
	expect_none(&bed, &b);
	make_segment(&b, TCP_SYN, 1, 2, 0);
	build_ip(&b)->frag = be16_of(IP4_MF);
	build_seal_ip(&b);
	expect_none(&bed, &b);
	make_segment(&b, TCP_SYN, 1, 2, 0);
	build_tcp_hdr(&b)->doff = 0xf0;
	expect_none(&bed, &b);
	build_tcp_hdr(&b)->doff = 0x40;
	expect_none(&bed, &b);
	build_ip(&b)->len = be16_of(39);
	build_seal_ip(&b);
	expect_none(&bed, &b);
	make_segment(&b, TCP_SYN, 1, 2, 0);
	pkt = bed_pkt(&bed, &b);
	pkt->flags |= PKT_LINK_MULTICAST;
	assert_null(ip_tcp_reset(&bed.pool, pkt));
	pkt_put(pkt);
	bed_close(&bed);
}

static void test_no_buffer(void **state)
{
	struct bed bed;
	struct build b;

	(void)state;
	bed_open(&bed, 1, 0);
	make_segment(&b, TCP_SYN, 1, 2, 0);
	expect_none(&bed, &b);
	bed_close(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_segment_with_ack),
		cmocka_unit_test(test_segment_without_ack),
		cmocka_unit_test(test_no_reset),
		cmocka_unit_test(test_no_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
