/* Segments of up to 64 KB split as hardware would, and partial checksums finished. */
#include "unit/core_ip/bed.h"

#include "core/pkt/segment.h"
#include "core/wire/checksum.h"

#define INSIDE  "10.10.0.5"
#define OUTSIDE "198.18.0.9"

enum { TCP_ECE_FLAG = 0x40, TCP_CWR_FLAG = 0x80 };

/* As a kernel hands it over: the pseudo-header's sum stands in the field. */
static void set_partial(struct pkt *pkt, u32 csum_offset)
{
	struct ip4_hdr *ip = (struct ip4_hdr *)pkt_l3(pkt);
	u32 hlen = ip4_hlen(ip);
	u64 pseudo = csum_pseudo(ip->src, ip->dst, ip->proto, pkt->len - hlen);

	be16_store(pkt_l3(pkt) + hlen + csum_offset, (be16){ csum_fold(pseudo) });
	pkt->flags |= PKT_CSUM_PARTIAL;
	pkt->csum_start = (u16)hlen;
	pkt->csum_offset = (u16)csum_offset;
}

static void make_tcp(struct build *b, u32 data_len, u8 flags)
{
	build_start(b);
	build_ip4(b, addr(INSIDE), addr(OUTSIDE), IP_PROTO_TCP);
	build_ip(b)->id = be16_of(0xfffe);
	build_ip(b)->frag = be16_of(IP4_DF);
	build_tcp(b, 1, 2, flags, 0xfffffc00, 5);
	build_tcp_options(b, "\1\1\10\12abcdefgh", 12);
	build_payload(b, data_len, 0);
	build_seal(b);
}

static struct pkt *gso_pkt(struct bed *bed, const struct build *b, enum gso_type type, u16 size)
{
	struct pkt *pkt = bed_pkt(bed, b);

	pkt->gso_type = (u8)type;
	pkt->gso_size = size;
	set_partial(pkt, type == GSO_TCP4 ? 16 : 6);
	assert_true(verdict_is_accept(ip_check_l4(&bed->stats, pkt)));
	return pkt;
}

static void expect_tcp_parts(const struct build *b, const struct batch *out, u8 flags, u32 mss)
{
	u32 at = 0;

	for (u32 n = 0; n < out->count; n++) {
		const struct pkt *part = out->pkt[n];
		bool last = n + 1 == out->count;
		u8 expected = flags;
		struct seen seen = bed_see(part);

		if (n > 0)
			expected &= (u8)~TCP_CWR_FLAG;
		if (!last)
			expected &= (u8) ~(TCP_FIN | TCP_PSH);
		assert_int_equal(seen.flags, expected);
		assert_int_equal(seen.seq, (u32)(0xfffffc00 + at));
		assert_int_equal(seen.ack, 5);
		assert_int_equal(seen.id, (u16)(0xfffe + n));
		assert_true(seen.df);
		assert_memory_equal(pkt_l4(part) + 20, b->bytes + 40, 12); /* options */
		if (!last)
			assert_int_equal(seen.data_len, mss);
		assert_memory_equal(seen.data, b->bytes + 52 + at, seen.data_len);
		assert_int_equal(part->gso_type, GSO_NONE);
		assert_int_equal(part->flags & (PKT_CSUM_PARTIAL | PKT_CSUM_VALID), 0);
		at += seen.data_len;
	}
	assert_int_equal(at, b->len - 52);
}

static void test_tcp_of_64_kb(void **state)
{
	static const u8 all = TCP_ACK | TCP_PSH | TCP_FIN | TCP_CWR_FLAG | TCP_ECE_FLAG;
	struct bed bed;
	struct build b;
	struct pkt *pkt;

	(void)state;
	bed_open(&bed, 64, 2);
	make_tcp(&b, 65535 - 52, all);
	pkt = gso_pkt(&bed, &b, GSO_TCP4, 1448);
	assert_int_equal(pkt_gso_header_len(pkt), 52);
	assert_int_equal(pkt_segment_count(pkt), 46);
	assert_true(pkt_segment(&bed.pool, pkt, PKT_CSUM_COMPLETE, &bed.out));
	assert_int_equal(bed.out.count, 46);
	expect_tcp_parts(&b, &bed.out, all, 1448);
	pkt_put(pkt);
	bed_close(&bed);
}

static void test_tcp_of_every_length(void **state)
{
	struct bed bed;
	struct build b;

	(void)state;
	bed_open(&bed, 64, 2);
	for (u32 len = 0; len < 700; len += 7) {
		struct pkt *pkt;

		make_tcp(&b, len, TCP_ACK | TCP_PSH);
		pkt = gso_pkt(&bed, &b, GSO_TCP4, 100);
		assert_int_equal(pkt_segment_count(pkt), len == 0 ? 1 : (len + 99) / 100);
		assert_true(pkt_segment(&bed.pool, pkt, PKT_CSUM_COMPLETE, &bed.out));
		assert_int_equal(bed.out.count, pkt_segment_count(pkt));
		expect_tcp_parts(&b, &bed.out, TCP_ACK | TCP_PSH, 100);
		bed_put_all(&bed.out);
		pkt_put(pkt);
	}
	bed_close(&bed);
}

static void test_udp_datagrams(void **state)
{
	struct bed bed;
	struct build b;
	struct pkt *pkt;

	(void)state;
	bed_open(&bed, 64, 2);
	build_udp4(&b, addr(INSIDE), 1, addr(OUTSIDE), 2, 5500);
	pkt = gso_pkt(&bed, &b, GSO_UDP_L4, 1200);
	assert_int_equal(pkt_gso_header_len(pkt), 28);
	assert_true(pkt_segment(&bed.pool, pkt, PKT_CSUM_COMPLETE, &bed.out));
	assert_int_equal(bed.out.count, 5);
	for (u32 n = 0; n < 5; n++) {
		struct seen seen = bed_see(bed.out.pkt[n]);
		const struct udp_hdr *udp = (const struct udp_hdr *)pkt_l4(bed.out.pkt[n]);

		assert_int_equal(seen.data_len, n < 4 ? 1200 : 700);
		assert_int_equal(be16_host(udp->len), seen.data_len + 8);
		assert_int_not_equal(udp->csum.raw, 0);
		assert_int_equal(seen.id, n);
		assert_memory_equal(seen.data, b.bytes + 28 + n * 1200, seen.data_len);
	}
	pkt_put(pkt);
	bed_close(&bed);
}

/* Left partial: what the hardware makes of it must be what software makes of it. */
static void test_left_partial(void **state)
{
	struct bed bed;
	struct build b;
	struct pkt *pkt;
	struct batch partial = { .count = 0 };

	(void)state;
	bed_open(&bed, 64, 2);
	make_tcp(&b, 5000, TCP_ACK);
	pkt = gso_pkt(&bed, &b, GSO_TCP4, 1448);
	assert_true(pkt_segment(&bed.pool, pkt, PKT_CSUM_LEAVE_PARTIAL, &partial));
	assert_true(pkt_segment(&bed.pool, pkt, PKT_CSUM_COMPLETE, &bed.out));
	for (u32 n = 0; n < partial.count; n++) {
		struct pkt *part = partial.pkt[n];

		assert_true((part->flags & PKT_CSUM_PARTIAL) != 0);
		assert_int_equal(part->csum_start, 20);
		assert_int_equal(part->csum_offset, 16);
		pkt_finish_csum(part);
		assert_int_equal(part->len, bed.out.pkt[n]->len);
		assert_memory_equal(pkt_l3(part), pkt_l3(bed.out.pkt[n]), part->len);
	}
	bed_put_all(&partial);
	pkt_put(pkt);
	bed_close(&bed);
}

static void test_parts_inherit(void **state)
{
	struct bed bed;
	struct build b;
	struct pkt *pkt;

	(void)state;
	bed_open(&bed, 8, 2);
	make_tcp(&b, 2000, TCP_ACK);
	pkt = gso_pkt(&bed, &b, GSO_TCP4, 1000);
	pkt->out_if = 2;
	pkt->nexthop = 3;
	pkt->flow = 8;
	pkt->flow_gen = 4;
	pkt->rx_ns = 99;
	pkt->flags |= PKT_TRANSLATED | PKT_TTL_TAKEN;
	assert_true(pkt_segment(&bed.pool, pkt, PKT_CSUM_COMPLETE, &bed.out));
	for (u32 n = 0; n < bed.out.count; n++) {
		const struct pkt *part = bed.out.pkt[n];

		assert_int_equal(part->in_if, 1);
		assert_int_equal(part->out_if, 2);
		assert_int_equal(part->nexthop, 3);
		assert_int_equal(part->flow, 8);
		assert_int_equal(part->flow_gen, 4);
		assert_int_equal(part->rx_ns, 99);
		assert_int_equal(part->flags, PKT_RAW_IP | PKT_TRANSLATED | PKT_TTL_TAKEN);
		assert_int_equal(part->l4, part->l3 + 20);
	}
	pkt_put(pkt);
	bed_close(&bed);
}

static void test_all_or_nothing(void **state)
{
	struct bed bed;
	struct build b;
	struct pkt *pkt, *other;

	(void)state;
	bed_open(&bed, 4, 2);
	make_tcp(&b, 4000, TCP_ACK);
	pkt = gso_pkt(&bed, &b, GSO_TCP4, 1000);
	other = pkt_new(&bed.pool, 10);
	assert_true(batch_add(&bed.out, other));
	assert_false(pkt_segment(&bed.pool, pkt, PKT_CSUM_COMPLETE, &bed.out));
	assert_int_equal(bed.out.count, 1);
	assert_int_equal(bed.pool.free_count[PKT_CLASS_SMALL], 3);
	pkt->gso_size = 1334;
	assert_true(pkt_segment(&bed.pool, pkt, PKT_CSUM_COMPLETE, &bed.out));
	assert_int_equal(bed.out.count, 4);
	pkt_put(pkt);
	bed_close(&bed);
}

static void test_no_room_in_the_batch(void **state)
{
	struct bed bed;
	struct build b;
	struct pkt *pkt;

	(void)state;
	bed_open(&bed, 300, 2);
	make_tcp(&b, 2570, TCP_ACK);
	pkt = gso_pkt(&bed, &b, GSO_TCP4, 10);
	assert_int_equal(pkt_segment_count(pkt), 257);
	assert_false(pkt_segment(&bed.pool, pkt, PKT_CSUM_COMPLETE, &bed.out));
	assert_int_equal(bed.out.count, 0);
	/* One by one it goes. */
	assert_true(batch_add(&bed.out, pkt_segment_at(&bed.pool, pkt, 256, PKT_CSUM_COMPLETE)));
	assert_int_equal(bed_see(bed.out.pkt[0]).seq, (u32)(0xfffffc00 + 2560));
	pkt_put(pkt);
	bed_close(&bed);
}

static void test_plain_packet_is_one(void **state)
{
	struct bed bed;
	struct build b;
	struct pkt *pkt;

	(void)state;
	bed_open(&bed, 4, 2);
	build_udp4(&b, addr(INSIDE), 1, addr(OUTSIDE), 2, 1000);
	pkt = bed_pkt(&bed, &b);
	assert_int_equal(pkt_segment_count(pkt), 1);
	pkt->gso_type = GSO_UDP_FRAG;
	pkt->gso_size = 100;
	assert_int_equal(pkt_segment_count(pkt), 1);
	pkt_put(pkt);
	bed_close(&bed);
}

/* ---- partial checksums ----------------------------------------------------------------------- */

static void test_finish_restores_the_checksum(void **state)
{
	struct bed bed;
	struct build b;

	(void)state;
	bed_open(&bed, 4, 2);
	for (u32 len = 0; len < 200; len++) {
		struct pkt *pkt;

		build_udp4(&b, addr(INSIDE), (u16)(len * 331), addr(OUTSIDE), 2, len);
		pkt = bed_pkt(&bed, &b);
		set_partial(pkt, 6);
		pkt_finish_csum(pkt);
		assert_memory_equal(pkt_l3(pkt), b.bytes, b.len);
		assert_int_equal(pkt->flags & PKT_CSUM_PARTIAL, 0);
		pkt_put(pkt);
		make_tcp(&b, len, TCP_ACK);
		pkt = bed_pkt(&bed, &b);
		set_partial(pkt, 16);
		pkt_finish_csum(pkt);
		assert_memory_equal(pkt_l3(pkt), b.bytes, b.len);
		/* And once only. */
		pkt_finish_csum(pkt);
		assert_memory_equal(pkt_l3(pkt), b.bytes, b.len);
		pkt_put(pkt);
	}
	bed_close(&bed);
}

/* Data chosen so that the sum comes out as zero: UDP sends ones, TCP sends zero. */
static void test_sum_of_zero(void **state)
{
	struct bed bed;
	struct build b;
	struct pkt *pkt;

	(void)state;
	bed_open(&bed, 4, 2);
	build_udp4(&b, addr(INSIDE), 1, addr(OUTSIDE), 2, 2);
	memcpy(build_data(&b), "\0\0", 2);
	build_seal(&b);
	/* The data takes over what the checksum was. */
	memcpy(build_data(&b), &build_udp_hdr(&b)->csum, 2);
	pkt = bed_pkt(&bed, &b);
	set_partial(pkt, 6);
	pkt_finish_csum(pkt);
	assert_int_equal(be16_load(pkt_l4(pkt) + 6).raw, 0xffff);
	assert_int_equal(bed_see(pkt).csum, 0xffff);
	pkt_put(pkt);

	make_tcp(&b, 2, TCP_ACK);
	memcpy(build_data(&b), "\0\0", 2);
	build_seal(&b);
	memcpy(build_data(&b), &build_tcp_hdr(&b)->csum, 2);
	pkt = bed_pkt(&bed, &b);
	set_partial(pkt, 16);
	pkt_finish_csum(pkt);
	assert_int_equal(be16_load(pkt_l4(pkt) + 16).raw, 0);
	(void)bed_see(pkt);
	pkt_put(pkt);
	bed_close(&bed);
}

/* The same for a part of a UDP segment. */
static void test_sum_of_zero_in_a_part(void **state)
{
	struct bed bed;
	struct build b;
	struct pkt *pkt;

	(void)state;
	bed_open(&bed, 8, 2);
	build_udp4(&b, addr(INSIDE), 1, addr(OUTSIDE), 2, 2);
	memcpy(build_data(&b), "\0\0", 2);
	build_seal(&b);
	memcpy(build_data(&b), &build_udp_hdr(&b)->csum, 2);
	build_bytes(&b, build_data(&b), 2);
	build_ip(&b)->len.raw = build_udp_hdr(&b)->len.raw = 0;
	build_seal(&b);
	pkt = gso_pkt(&bed, &b, GSO_UDP_L4, 2);
	assert_true(pkt_segment(&bed.pool, pkt, PKT_CSUM_COMPLETE, &bed.out));
	assert_int_equal(bed.out.count, 2);
	for (u32 n = 0; n < 2; n++)
		assert_int_equal(bed_see(bed.out.pkt[n]).csum, 0xffff);
	pkt_put(pkt);
	bed_close(&bed);
}

/* Nonsense from a driver changes no byte of the packet or behind it. */
static void test_field_outside_the_packet(void **state)
{
	struct bed bed;
	struct build b;
	struct pkt *pkt;

	(void)state;
	bed_open(&bed, 4, 2);
	build_udp4(&b, addr(INSIDE), 1, addr(OUTSIDE), 2, 10);
	pkt = bed_pkt(&bed, &b);
	memset(pkt_l3(pkt) + pkt->len, 0x77, 16);
	pkt->flags |= PKT_CSUM_PARTIAL;
	pkt->csum_start = 20;
	pkt->csum_offset = 17;
	pkt_finish_csum(pkt);
	assert_int_equal(pkt->flags & PKT_CSUM_PARTIAL, 0);
	assert_memory_equal(pkt_l3(pkt), b.bytes, b.len);
	assert_int_equal(pkt_l3(pkt)[pkt->len], 0x77);
	pkt_put(pkt);
	bed_close(&bed);
}

static bool is_right(struct bed *bed, const struct build *b, u32 flags, enum gso_type type)
{
	struct pkt *pkt = bed_pkt(bed, b);
	bool right;

	pkt->flags |= flags;
	pkt->gso_type = (u8)type;
	right = pkt_csum_is_right(pkt);
	pkt_put(pkt);
	return right;
}

/* The driver's word counts; a segment that stands for many has no checksum of its own. */
static void expect_judged(struct bed *bed, struct build *b)
{
	assert_true(is_right(bed, b, 0, GSO_NONE));
	b->bytes[b->len - 1] ^= 1;
	assert_false(is_right(bed, b, 0, GSO_NONE));
	assert_true(is_right(bed, b, PKT_CSUM_PARTIAL, GSO_NONE));
	assert_true(is_right(bed, b, PKT_CSUM_VALID, GSO_NONE));
	assert_true(is_right(bed, b, 0, GSO_TCP4));
}

static void test_checksum_is_judged(void **state)
{
	static struct build b;
	struct bed bed;

	(void)state;
	bed_open(&bed, 8, 2);
	for (u32 len = 1; len < 40; len++) {
		make_tcp(&b, len, TCP_ACK);
		expect_judged(&bed, &b);
		build_udp4(&b, addr(INSIDE), 1, addr(OUTSIDE), 2, len);
		expect_judged(&bed, &b);
		/* No checksum: there is nothing to be wrong. */
		build_udp_hdr(&b)->csum.raw = 0;
		assert_true(is_right(&bed, &b, 0, GSO_NONE));
	}
	/* What follows a datagram in its packet is no part of it. */
	build_udp4(&b, addr(INSIDE), 1, addr(OUTSIDE), 2, 9);
	build_payload(&b, 3, 0x55);
	build_ip(&b)->len = be16_of((u16)b.len);
	build_seal_ip(&b);
	assert_true(is_right(&bed, &b, 0, GSO_NONE));
	/* Of other protocols nothing is known. */
	build_start(&b);
	build_ip4(&b, addr(INSIDE), addr(OUTSIDE), 47);
	build_payload(&b, 20, 0);
	build_seal(&b);
	assert_true(is_right(&bed, &b, 0, GSO_NONE));
	bed_close(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tcp_of_64_kb),
		cmocka_unit_test(test_tcp_of_every_length),
		cmocka_unit_test(test_udp_datagrams),
		cmocka_unit_test(test_left_partial),
		cmocka_unit_test(test_parts_inherit),
		cmocka_unit_test(test_all_or_nothing),
		cmocka_unit_test(test_no_room_in_the_batch),
		cmocka_unit_test(test_plain_packet_is_one),
		cmocka_unit_test(test_finish_restores_the_checksum),
		cmocka_unit_test(test_sum_of_zero),
		cmocka_unit_test(test_sum_of_zero_in_a_part),
		cmocka_unit_test(test_field_outside_the_packet),
		cmocka_unit_test(test_checksum_is_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
