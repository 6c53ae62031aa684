/* Header checks, TTL, sizes, and the checksum arithmetic that they rest on. */
#include "unit/core_ip/bed.h"

#include "core/pkt/segment.h"
#include "core/wire/checksum.h"

#define INSIDE  "10.10.0.5"
#define OUTSIDE "198.18.0.9"

static void make_udp(struct build *b, const char *src, const char *dst)
{
	build_udp4(b, addr(src), 5000, addr(dst), 53, 32);
}

/* Both doors must say the same. */
static void expect_invalid(struct bed *bed, const struct build *b, enum drop reason)
{
	struct pkt *pkt = bed_pkt_raw(bed, b);

	bed_expect_dead(bed, ip_validate(&bed->stats, pkt), pkt, reason);
	pkt = bed_pkt_raw(bed, b);
	assert_false(ip_is_plain(pkt));
	bed_expect_dead(bed, ip_validate_fast(&bed->stats, pkt), pkt, reason);
}

static void test_plain_packet_passes_both_doors(void **state)
{
	struct bed bed;
	struct build b;
	struct pkt *pkt;

	(void)state;
	bed_open(&bed, 8, 1);
	make_udp(&b, INSIDE, OUTSIDE);
	pkt = bed_pkt_raw(&bed, &b);
	assert_true(ip_is_plain(pkt));
	assert_int_equal(pkt->l4, pkt->l3 + 20);
	bed_expect_accept(ip_validate_fast(&bed.stats, pkt), pkt);
	pkt = bed_pkt_raw(&bed, &b);
	bed_expect_accept(ip_validate(&bed.stats, pkt), pkt);
	bed_close(&bed);
}

static void test_invalid_headers(void **state)
{
	struct bed bed;
	struct build b;

	(void)state;
	bed_open(&bed, 8, 1);
	make_udp(&b, INSIDE, OUTSIDE);
	b.len = 19;
	expect_invalid(&bed, &b, DROP_IP_SHORT);
	make_udp(&b, INSIDE, OUTSIDE);
	build_ip(&b)->version_ihl = 0x65;
	build_seal_ip(&b);
	expect_invalid(&bed, &b, DROP_IP_VERSION);
	build_ip(&b)->version_ihl = 0x44;
	expect_invalid(&bed, &b, DROP_IP_HEADER_LEN);
	build_ip(&b)->version_ihl = 0x4f;
	b.len = 56;
	expect_invalid(&bed, &b, DROP_IP_HEADER_LEN);
	make_udp(&b, INSIDE, OUTSIDE);
	build_ip(&b)->csum.raw ^= 0x0100;
	expect_invalid(&bed, &b, DROP_IP_CHECKSUM);
	make_udp(&b, INSIDE, OUTSIDE);
	build_ip(&b)->len = be16_of(19);
	build_seal_ip(&b);
	expect_invalid(&bed, &b, DROP_IP_LENGTH);
	build_ip(&b)->len = be16_of((u16)(b.len + 1));
	build_seal_ip(&b);
	expect_invalid(&bed, &b, DROP_IP_LENGTH);
	bed_close(&bed);
}

static void test_header_with_options_must_hold_them(void **state)
{
	static const u8 nops[4] = { 1, 1, 1, 1 };
	struct bed bed;
	struct build b;
	struct pkt *pkt;

	(void)state;
	bed_open(&bed, 8, 1);
	build_start(&b);
	build_ip4(&b, addr(INSIDE), addr(OUTSIDE), IP_PROTO_UDP);
	build_ip_options(&b, nops, sizeof nops);
	build_udp(&b, 1, 2);
	build_seal(&b);
	pkt = bed_pkt_raw(&bed, &b);
	assert_false(ip_is_plain(pkt));
	assert_true(verdict_is_accept(ip_validate_fast(&bed.stats, pkt)));
	assert_int_equal(pkt->l4, pkt->l3 + 24);
	pkt_put(pkt);
	build_ip(&b)->len = be16_of(23);
	build_seal_ip(&b);
	expect_invalid(&bed, &b, DROP_IP_LENGTH);
	bed_close(&bed);
}

static void test_impossible_sources(void **state)
{
	static const char *const bad[] = {
		"224.0.0.1",       "239.255.255.255", "240.0.0.1",
		"255.255.255.255", "127.0.0.1",       "127.255.255.255"
	};
	static const char *const good[] = { "0.0.0.0",   "1.0.0.1",         "126.255.255.255",
					    "128.0.0.1", "223.255.255.255", "169.254.1.1" };
	struct bed bed;
	struct build b;

	(void)state;
	bed_open(&bed, 8, 1);
	for (u32 n = 0; n < ARRAY_COUNT(bad); n++) {
		make_udp(&b, bad[n], OUTSIDE);
		expect_invalid(&bed, &b, DROP_IP_SOURCE);
	}
	for (u32 n = 0; n < ARRAY_COUNT(good); n++) {
		struct pkt *pkt;

		make_udp(&b, good[n], OUTSIDE);
		pkt = bed_pkt_raw(&bed, &b);
		assert_true(ip_is_plain(pkt));
		bed_expect_accept(ip_validate(&bed.stats, pkt), pkt);
	}
	bed_close(&bed);
}

static void test_padding_is_cut(void **state)
{
	struct bed bed;
	struct build b;
	struct pkt *pkt;

	(void)state;
	bed_open(&bed, 8, 1);
	for (u32 fast = 0; fast < 2; fast++) {
		build_udp4(&b, addr(INSIDE), 1, addr(OUTSIDE), 2, 3);
		build_payload(&b, 15, 0);
		pkt = bed_pkt_raw(&bed, &b);
		assert_int_equal(pkt->len, 46);
		assert_true(verdict_is_accept(fast ? ip_validate_fast(&bed.stats, pkt)
						   : ip_validate(&bed.stats, pkt)));
		assert_int_equal(pkt->len, 31);
		pkt_put(pkt);
	}
	bed_close(&bed);
}

/* A merged segment may carry more than its header says; the header is put right. */
static void test_gso_length_is_taken_from_the_driver(void **state)
{
	static const u16 lens[] = { 0, 40, 1500 };
	struct bed bed;
	struct build b;
	struct pkt *pkt;

	(void)state;
	bed_open(&bed, 8, 2);
	for (u32 n = 0; n < ARRAY_COUNT(lens); n++) {
		build_tcp4(&b, addr(INSIDE), 1, addr(OUTSIDE), 2, TCP_ACK);
		build_payload(&b, 5000, 0);
		build_ip(&b)->len = be16_of(lens[n]);
		build_seal_ip(&b);
		pkt = bed_pkt_raw(&bed, &b);
		pkt->gso_type = GSO_TCP4;
		pkt->gso_size = 1448;
		assert_true(verdict_is_accept(ip_validate_fast(&bed.stats, pkt)));
		assert_int_equal(pkt->len, 5040);
		assert_int_equal(be16_host(((struct ip4_hdr *)pkt_l3(pkt))->len), 5040);
		assert_int_equal(csum_fold(csum_sum(pkt_l3(pkt), 20)), 0xffff);
		pkt_put(pkt);
	}
	/* No length can say it. */
	build_tcp4(&b, addr(INSIDE), 1, addr(OUTSIDE), 2, TCP_ACK);
	build_payload(&b, 65535 - 40, 0);
	build_ip(&b)->len = be16_of(0);
	build_seal_ip(&b);
	pkt = bed_pkt_raw(&bed, &b);
	pkt->gso_type = GSO_TCP4;
	pkt->len = 65536;
	bed_expect_dead(&bed, ip_validate(&bed.stats, pkt), pkt, DROP_IP_LENGTH);
	bed_close(&bed);
}

static void make_fragment(struct build *b, u16 frag, u32 payload_len)
{
	build_start(b);
	build_ip4(b, addr(INSIDE), addr(OUTSIDE), IP_PROTO_UDP);
	build_payload(b, payload_len, 0);
	build_ip(b)->frag = be16_of(frag);
	build_seal(b);
}

static void test_impossible_fragments(void **state)
{
	struct bed bed;
	struct build b;

	(void)state;
	bed_open(&bed, 8, 1);
	make_fragment(&b, IP4_MF, 0);
	expect_invalid(&bed, &b, DROP_FRAG_MALFORMED);
	make_fragment(&b, 100, 0);
	expect_invalid(&bed, &b, DROP_FRAG_MALFORMED);
	make_fragment(&b, IP4_MF, 12);
	expect_invalid(&bed, &b, DROP_FRAG_MALFORMED);
	/* Offset 65512 and 20 + 8 bytes reach 65540. */
	make_fragment(&b, 8189, 8);
	expect_invalid(&bed, &b, DROP_FRAG_MALFORMED);
	make_fragment(&b, 8191, 8);
	expect_invalid(&bed, &b, DROP_FRAG_MALFORMED);
	/* 65504 + 20 + 11 is the last byte there can be. */
	make_fragment(&b, 8188, 11);
	pkt_put(bed_pkt(&bed, &b));
	bed_close(&bed);
}

static void test_fragments_with_df_are_possible(void **state)
{
	struct bed bed;
	struct build b;

	(void)state;
	bed_open(&bed, 8, 1);
	make_fragment(&b, IP4_DF | IP4_MF, 16);
	pkt_put(bed_pkt(&bed, &b));
	make_fragment(&b, IP4_DF | 2, 3);
	pkt_put(bed_pkt(&bed, &b));
	bed_close(&bed);
}

static void expect_forwardable(struct bed *bed, const char *src, const char *dst, enum drop reason)
{
	struct build b;
	struct pkt *pkt;
	verdict v;

	make_udp(&b, src, dst);
	pkt = bed_pkt_raw(bed, &b);
	v = ip_check_forwardable(&bed->stats, pkt);
	if (reason == DROP_NONE)
		bed_expect_accept(v, pkt);
	else
		bed_expect_dead(bed, v, pkt, reason);
}

static void test_what_is_not_forwarded(void **state)
{
	static const char *const sources[] = { "0.0.0.0", "0.1.2.3", "127.0.0.1", "169.254.3.4" };
	static const char *const destinations[] = { "0.0.0.0",   "0.9.9.9",         "127.0.0.1",
						    "240.0.0.1", "255.255.255.255", "169.254.0.1" };
	struct bed bed;

	(void)state;
	bed_open(&bed, 8, 1);
	for (u32 n = 0; n < ARRAY_COUNT(sources); n++)
		expect_forwardable(&bed, sources[n], OUTSIDE, DROP_IP_SOURCE);
	for (u32 n = 0; n < ARRAY_COUNT(destinations); n++)
		expect_forwardable(&bed, INSIDE, destinations[n], DROP_IP_DESTINATION);
	expect_forwardable(&bed, INSIDE, OUTSIDE, DROP_NONE);
	expect_forwardable(&bed, "169.253.255.255", "169.255.0.0", DROP_NONE);
	bed_close(&bed);
}

/* ---- transport headers ----------------------------------------------------------------------- */

static void expect_l4(struct bed *bed, struct build *b, enum drop reason)
{
	struct pkt *pkt = bed_pkt(bed, b);
	verdict v = ip_check_l4(&bed->stats, pkt);

	if (reason == DROP_NONE)
		bed_expect_accept(v, pkt);
	else
		bed_expect_dead(bed, v, pkt, reason);
}

static void make_proto(struct build *b, u8 proto, u32 payload_len)
{
	build_start(b);
	build_ip4(b, addr(INSIDE), addr(OUTSIDE), proto);
	build_payload(b, payload_len, 1);
	build_ip(b)->len = be16_of((u16)b->len);
	build_seal_ip(b);
}

static void test_short_transport_headers(void **state)
{
	static const struct {
		u8 proto;
		u32 need;
	} protos[] = { { 33, 12 }, { 132, 12 }, { 136, 8 } };
	struct bed bed;
	struct build b;

	(void)state;
	bed_open(&bed, 8, 1);
	make_proto(&b, IP_PROTO_UDP, 7);
	expect_l4(&bed, &b, DROP_L4_SHORT);
	make_proto(&b, IP_PROTO_TCP, 19);
	expect_l4(&bed, &b, DROP_L4_SHORT);
	make_proto(&b, IP_PROTO_ICMP, 7);
	expect_l4(&bed, &b, DROP_L4_SHORT);
	for (u32 n = 0; n < ARRAY_COUNT(protos); n++) {
		make_proto(&b, protos[n].proto, protos[n].need - 1);
		expect_l4(&bed, &b, DROP_L4_SHORT);
		make_proto(&b, protos[n].proto, protos[n].need);
		expect_l4(&bed, &b, DROP_NONE);
	}
	make_proto(&b, 47, 0);
	expect_l4(&bed, &b, DROP_NONE);
	bed_close(&bed);
}

static void test_impossible_transport_lengths(void **state)
{
	struct bed bed;
	struct build b;

	(void)state;
	bed_open(&bed, 8, 1);
	make_udp(&b, INSIDE, OUTSIDE);
	build_udp_hdr(&b)->len = be16_of(7);
	expect_l4(&bed, &b, DROP_L4_SHORT);
	build_udp_hdr(&b)->len = be16_of(41);
	expect_l4(&bed, &b, DROP_L4_SHORT);
	build_udp_hdr(&b)->len = be16_of(40);
	expect_l4(&bed, &b, DROP_NONE);
	build_udp_hdr(&b)->len = be16_of(8);
	expect_l4(&bed, &b, DROP_NONE);
	build_tcp4(&b, addr(INSIDE), 1, addr(OUTSIDE), 2, TCP_ACK);
	build_tcp_hdr(&b)->doff = 4 << 4;
	expect_l4(&bed, &b, DROP_L4_SHORT);
	build_tcp_hdr(&b)->doff = 6 << 4;
	expect_l4(&bed, &b, DROP_L4_SHORT);
	build_tcp_hdr(&b)->doff = 5 << 4;
	expect_l4(&bed, &b, DROP_NONE);
	bed_close(&bed);
}

/* Every value of the six flags against the list of what can stand in a segment. */
static void test_tcp_flags(void **state)
{
	static const u8 good[] = {
		TCP_SYN,           TCP_SYN | TCP_URG, TCP_SYN | TCP_ACK,
		TCP_RST,           TCP_RST | TCP_ACK, TCP_ACK,
		TCP_ACK | TCP_URG, TCP_FIN | TCP_ACK, TCP_FIN | TCP_ACK | TCP_URG
	};
	struct bed bed;
	struct build b;

	(void)state;
	bed_open(&bed, 8, 1);
	for (u32 flags = 0; flags < 256; flags++) {
		u8 bare = (u8)(flags & (TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK | TCP_URG));
		bool expected = false;

		for (u32 n = 0; n < ARRAY_COUNT(good); n++)
			expected = expected || good[n] == bare;
		build_tcp4(&b, addr(INSIDE), 1, addr(OUTSIDE), 2, (u8)flags);
		expect_l4(&bed, &b, expected ? DROP_NONE : DROP_TCP_FLAGS);
	}
	bed_close(&bed);
}

static void test_icmp_checksum(void **state)
{
	struct bed bed;
	struct build b;
	struct pkt *pkt;

	(void)state;
	bed_open(&bed, 8, 1);
	build_echo4(&b, addr(INSIDE), addr(OUTSIDE), ICMP_ECHO, 1, 2);
	expect_l4(&bed, &b, DROP_NONE);
	build_icmp_hdr(&b)->csum.raw ^= 1;
	expect_l4(&bed, &b, DROP_L4_CHECKSUM);
	/* The driver vouches for it, or has it still to do. */
	pkt = bed_pkt(&bed, &b);
	pkt->flags |= PKT_CSUM_VALID;
	bed_expect_accept(ip_check_l4(&bed.stats, pkt), pkt);
	pkt = bed_pkt(&bed, &b);
	pkt->flags |= PKT_CSUM_PARTIAL;
	pkt->csum_start = 20;
	pkt->csum_offset = 2;
	bed_expect_accept(ip_check_l4(&bed.stats, pkt), pkt);
	bed_close(&bed);
}

/* An odd number of bytes: the last one is the high half of a word. */
static void test_icmp_checksum_of_odd_length(void **state)
{
	struct bed bed;
	struct build b;

	(void)state;
	bed_open(&bed, 8, 1);
	for (u32 len = 0; len < 40; len++) {
		build_start(&b);
		build_ip4(&b, addr(INSIDE), addr(OUTSIDE), IP_PROTO_ICMP);
		build_icmp(&b, ICMP_ECHO, 0, 0x12345678);
		build_payload(&b, len, 0x91);
		build_seal(&b);
		expect_l4(&bed, &b, DROP_NONE);
		b.bytes[b.len - 1] ^= 0x10;
		expect_l4(&bed, &b, DROP_L4_CHECKSUM);
	}
	bed_close(&bed);
}

static void test_fragments_are_not_judged_by_transport(void **state)
{
	struct bed bed;
	struct build b;

	(void)state;
	bed_open(&bed, 8, 1);
	make_fragment(&b, IP4_MF, 8);
	expect_l4(&bed, &b, DROP_NONE);
	make_fragment(&b, 1, 3);
	expect_l4(&bed, &b, DROP_NONE);
	bed_close(&bed);
}

static void expect_csum_field(struct bed *bed, const struct build *b, const u16 field[2],
			      enum drop reason)
{
	struct pkt *pkt = bed_pkt(bed, b);

	pkt->flags |= PKT_CSUM_PARTIAL;
	pkt->csum_start = field[0];
	pkt->csum_offset = field[1];
	if (reason == DROP_NONE)
		bed_expect_accept(ip_check_l4(&bed->stats, pkt), pkt);
	else
		bed_expect_dead(bed, ip_check_l4(&bed->stats, pkt), pkt, reason);
}

/* Never in the IP header, which is nobody's to finish; in the transport header only its own field;
 * behind that, whatever a tunnel carries.                                                        */
static void test_where_a_checksum_may_be_unfinished(void **state)
{
	struct bed bed;
	struct build b;

	(void)state;
	bed_open(&bed, 8, 1);
	make_udp(&b, INSIDE, OUTSIDE); /* 60 bytes */
	expect_csum_field(&bed, &b, (const u16[]){ 20, 6 }, DROP_NONE);
	expect_csum_field(&bed, &b, (const u16[]){ 36, 6 }, DROP_NONE);
	expect_csum_field(&bed, &b, (const u16[]){ 0, 12 }, DROP_L4_SHORT);
	expect_csum_field(&bed, &b, (const u16[]){ 19, 7 }, DROP_L4_SHORT);
	expect_csum_field(&bed, &b, (const u16[]){ 20, 4 }, DROP_L4_SHORT);
	expect_csum_field(&bed, &b, (const u16[]){ 22, 0 }, DROP_L4_SHORT);
	build_tcp4(&b, addr(INSIDE), 1, addr(OUTSIDE), 2, TCP_ACK);
	expect_csum_field(&bed, &b, (const u16[]){ 20, 16 }, DROP_NONE);
	expect_csum_field(&bed, &b, (const u16[]){ 20, 6 }, DROP_L4_SHORT);
	bed_close(&bed);
}

static void test_impossible_driver_facts(void **state)
{
	struct bed bed;
	struct build b;
	struct pkt *pkt;

	(void)state;
	bed_open(&bed, 8, 1);
	make_udp(&b, INSIDE, OUTSIDE); /* 60 bytes */
	pkt = bed_pkt(&bed, &b);
	pkt->flags |= PKT_CSUM_PARTIAL;
	pkt->csum_start = 53;
	pkt->csum_offset = 6;
	bed_expect_dead(&bed, ip_check_l4(&bed.stats, pkt), pkt, DROP_L4_SHORT);
	pkt = bed_pkt(&bed, &b);
	pkt->gso_type = GSO_TCP4;
	pkt->gso_size = 8;
	bed_expect_dead(&bed, ip_check_l4(&bed.stats, pkt), pkt, DROP_L4_SHORT);
	pkt = bed_pkt(&bed, &b);
	pkt->gso_type = GSO_UDP_L4;
	bed_expect_dead(&bed, ip_check_l4(&bed.stats, pkt), pkt, DROP_L4_SHORT);
	pkt = bed_pkt(&bed, &b);
	pkt->gso_type = GSO_UDP_L4;
	pkt->gso_size = 8;
	bed_expect_accept(ip_check_l4(&bed.stats, pkt), pkt);
	build_tcp4(&b, addr(INSIDE), 1, addr(OUTSIDE), 2, TCP_ACK);
	pkt = bed_pkt(&bed, &b);
	pkt->gso_type = GSO_UDP_L4;
	pkt->gso_size = 8;
	bed_expect_dead(&bed, ip_check_l4(&bed.stats, pkt), pkt, DROP_L4_SHORT);
	make_fragment(&b, IP4_MF, 16);
	pkt = bed_pkt_raw(&bed, &b);
	pkt->gso_type = GSO_UDP_FRAG;
	bed_expect_dead(&bed, ip_validate(&bed.stats, pkt), pkt, DROP_FRAG_MALFORMED);
	bed_close(&bed);
}

/* ---- TTL and checksum arithmetic ------------------------------------------------------------- */

static void test_ttl_ends_at_one(void **state)
{
	struct bed bed;
	struct build b;
	struct pkt *pkt;

	(void)state;
	bed_open(&bed, 8, 1);
	for (u32 ttl = 0; ttl < 256; ttl++) {
		make_udp(&b, INSIDE, OUTSIDE);
		build_ip(&b)->ttl = (u8)ttl;
		build_seal_ip(&b);
		pkt = bed_pkt(&bed, &b);
		if (ttl <= 1)
			bed_expect_dead(&bed, ip_check_ttl(&bed.stats, pkt), pkt, DROP_TTL_EXPIRED);
		else
			bed_expect_accept(ip_check_ttl(&bed.stats, pkt), pkt);
	}
	bed_close(&bed);
}

/* Every checksum that a header can have must follow the TTL; RFC 1141 got 0xffff wrong. */
static void test_decrement_keeps_every_checksum(void **state)
{
	struct bed bed;
	struct build b;
	struct pkt *pkt;

	(void)state;
	bed_open(&bed, 8, 1);
	make_udp(&b, INSIDE, OUTSIDE);
	pkt = bed_pkt(&bed, &b);
	for (u32 id = 0; id < 65536; id++) {
		struct ip4_hdr *ip = (struct ip4_hdr *)pkt_l3(pkt);

		ip->id = be16_of((u16)id);
		ip->ttl = 1 + (u8)(id % 255);
		ip_set_csum(ip);
		ip_decrement_ttl(pkt);
		assert_int_equal(ip->ttl, id % 255);
		assert_int_equal(csum_fold(csum_sum(ip, 20)), 0xffff);
		assert_int_not_equal(ip->csum.raw, 0xffff);
	}
	assert_true((pkt->flags & PKT_TTL_TAKEN) != 0);
	pkt_put(pkt);
	bed_close(&bed);
}

/* The example of RFC 1624 section 4, which equation 2 gets wrong: 0xdd2f becomes 0x0000. */
static void test_rfc1624_example(void **state)
{
	be16 csum = csum_replace16(be16_of(0xdd2f), be16_of(0x5555), be16_of(0x3285));

	(void)state;
	assert_int_equal(be16_host(csum), 0x0000);
	/* And back. */
	csum = csum_replace16(csum, be16_of(0x3285), be16_of(0x5555));
	assert_int_equal(be16_host(csum), 0xdd2f);
	/* No change is no change, at both zeros. */
	assert_int_equal(csum_replace16(be16_of(0), be16_of(7), be16_of(7)).raw, 0);
	assert_int_equal(csum_delta(0x1234, 0x1234), 0xffff);
	assert_int_equal(csum_apply(be16_of(0x1234), 0xffff).raw, be16_of(0x1234).raw);
}

static void test_incremental_equals_new_sum(void **state)
{
	struct rng rng = bed_rng(3);

	(void)state;
	for (u32 round = 0; round < 100000; round++) {
		u16 words[6];
		u32 at = rng_below(&rng, 5);
		be16 before, moved;
		u16 delta;
		u64 old_sum, new_sum;

		words[0] = 0x4500; /* data that is not all zero, like a header's */
		for (u32 n = 1; n < 6; n++)
			words[n] = (u16)(rng_u32(&rng) >> (rng_u32(&rng) & 15));
		before = csum_finish(csum_sum(words, sizeof words));
		old_sum = csum_sum(&words[at], 4);
		words[at + 1] = (u16)rng_u32(&rng);
		if (at > 0)
			words[at] = (u16)(rng_u32(&rng) & 1 ? 0xffff : 0);
		new_sum = csum_sum(&words[at], 4);
		delta = csum_delta(old_sum, new_sum);
		moved = csum_apply(before, delta);
		assert_int_equal(csum_fold(csum_sum(words, sizeof words) + moved.raw), 0xffff);
	}
}

static void test_sum_of_any_length_and_alignment(void **state)
{
	u8 bytes[128 + 8];

	(void)state;
	for (u32 n = 0; n < sizeof bytes; n++)
		bytes[n] = (u8)(n * 37 + 11);
	for (u32 start = 0; start < 8; start++) {
		for (u32 len = 0; len <= 128; len++) {
			u32 sum = 0;

			for (u32 n = 0; n < len; n++)
				sum += n % 2 == 0 ? (u32)bytes[start + n] << 8 : bytes[start + n];
			while (sum >> 16 != 0)
				sum = (sum & 0xffff) + (sum >> 16);
			assert_int_equal(csum_fold(csum_sum(bytes + start, len)),
					 be16_of((u16)sum).raw);
		}
	}
}

/* ---- sizes ----------------------------------------------------------------------------------- */

static void test_fit_mtu(void **state)
{
	struct bed bed;
	struct build b;
	struct pkt *pkt;

	(void)state;
	bed_open(&bed, 8, 2);
	for (u32 df = 0; df < 2; df++) {
		build_udp4(&b, addr(INSIDE), 1, addr(OUTSIDE), 2, 1472);
		build_ip(&b)->frag = be16_of(df ? IP4_DF : 0);
		build_seal_ip(&b);
		pkt = bed_pkt(&bed, &b);
		assert_int_equal(ip_wire_len(pkt), 1500);
		assert_true(verdict_is_accept(ip_fit_mtu(&bed.stats, pkt, 1500)));
		if (df == 0) {
			bed_expect_accept(ip_fit_mtu(&bed.stats, pkt, 1499), pkt);
			continue;
		}
		(void)ip_fit_mtu(&bed.stats, pkt, 1499);
		assert_int_equal(pkt->drop_arg, 1499);
		bed.stats.count[DROP_TOO_BIG_DF] = 0;
		bed_expect_dead(&bed, ip_fit_mtu(&bed.stats, pkt, 1499), pkt, DROP_TOO_BIG_DF);
	}
	bed_close(&bed);
}

/* The MTU is for what goes over the wire, not for the segment that stands for it. */
static void test_gso_is_measured_by_its_parts(void **state)
{
	struct bed bed;
	struct build b;
	struct pkt *pkt;

	(void)state;
	bed_open(&bed, 8, 2);
	build_start(&b);
	build_ip4(&b, addr(INSIDE), addr(OUTSIDE), IP_PROTO_TCP);
	build_ip(&b)->frag = be16_of(IP4_DF);
	build_tcp(&b, 1, 2, TCP_ACK, 3, 4);
	build_tcp_options(&b, "\1\1\1\1\1\1\1\1\1\1\1\1", 12);
	build_payload(&b, 60000, 0);
	build_seal(&b);
	pkt = bed_pkt(&bed, &b);
	pkt->gso_type = GSO_TCP4;
	pkt->gso_size = 1448;
	assert_int_equal(ip_wire_len(pkt), 1500);
	assert_true(verdict_is_accept(ip_fit_mtu(&bed.stats, pkt, 1500)));
	bed_expect_dead(&bed, ip_fit_mtu(&bed.stats, pkt, 1499), pkt, DROP_TOO_BIG_DF);
	build_udp4(&b, addr(INSIDE), 1, addr(OUTSIDE), 2, 6000);
	pkt = bed_pkt(&bed, &b);
	pkt->gso_type = GSO_UDP_L4;
	pkt->gso_size = 1000;
	assert_int_equal(ip_wire_len(pkt), 1028);
	pkt->gso_type = GSO_UDP_FRAG;
	assert_int_equal(ip_wire_len(pkt), 1020);
	pkt->gso_size = 9000;
	assert_int_equal(ip_wire_len(pkt), 6028);
	pkt_put(pkt);
	bed_close(&bed);
}

static void test_reassembled_is_measured_by_its_largest_fragment(void **state)
{
	struct bed bed;
	struct build b;
	struct pkt *pkt;

	(void)state;
	bed_open(&bed, 8, 2);
	build_udp4(&b, addr(INSIDE), 1, addr(OUTSIDE), 2, 3000);
	pkt = bed_pkt(&bed, &b);
	pkt->flags |= PKT_REASSEMBLED | PKT_FRAG_DF;
	pkt->frag_max = 1500;
	assert_true(verdict_is_accept(ip_fit_mtu(&bed.stats, pkt, 1500)));
	bed_expect_dead(&bed, ip_fit_mtu(&bed.stats, pkt, 1400), pkt, DROP_TOO_BIG_DF);
	pkt = bed_pkt(&bed, &b);
	pkt->flags |= PKT_REASSEMBLED;
	pkt->frag_max = 1500;
	bed_expect_accept(ip_fit_mtu(&bed.stats, pkt, 1400), pkt);
	bed_close(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain_packet_passes_both_doors),
		cmocka_unit_test(test_invalid_headers),
		cmocka_unit_test(test_header_with_options_must_hold_them),
		cmocka_unit_test(test_impossible_sources),
		cmocka_unit_test(test_padding_is_cut),
		cmocka_unit_test(test_gso_length_is_taken_from_the_driver),
		cmocka_unit_test(test_impossible_fragments),
		cmocka_unit_test(test_fragments_with_df_are_possible),
		cmocka_unit_test(test_what_is_not_forwarded),
		cmocka_unit_test(test_short_transport_headers),
		cmocka_unit_test(test_impossible_transport_lengths),
		cmocka_unit_test(test_tcp_flags),
		cmocka_unit_test(test_icmp_checksum),
		cmocka_unit_test(test_icmp_checksum_of_odd_length),
		cmocka_unit_test(test_fragments_are_not_judged_by_transport),
		cmocka_unit_test(test_where_a_checksum_may_be_unfinished),
		cmocka_unit_test(test_impossible_driver_facts),
		cmocka_unit_test(test_ttl_ends_at_one),
		cmocka_unit_test(test_decrement_keeps_every_checksum),
		cmocka_unit_test(test_rfc1624_example),
		cmocka_unit_test(test_incremental_equals_new_sum),
		cmocka_unit_test(test_sum_of_any_length_and_alignment),
		cmocka_unit_test(test_fit_mtu),
		cmocka_unit_test(test_gso_is_measured_by_its_parts),
		cmocka_unit_test(test_reassembled_is_measured_by_its_largest_fragment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
