/* Rewriting of packets whose checksum the driver finishes: which field is the unfinished one? */
#include "unit/core_nat/nat_bed.h"

#include "core/pkt/segment.h"
#include "core/wire/checksum.h"
#include "fake/seen.h"

#define INSIDE "10.10.0.5"
#define REMOTE "198.18.0.9"
#define PUBLIC "198.18.0.1"

enum { UDP_FIELD = 6, TCP_FIELD = 16, INNER = 8 };

/* INSIDE:5000 > REMOTE:80 leaves as PUBLIC:6000. */
static struct flow make_flow(u8 proto)
{
	struct flow flow = {
		.orig = { addr(INSIDE), addr(REMOTE), be16_of(5000), be16_of(80) },
		.repl = { addr(REMOTE), addr(PUBLIC), be16_of(80), be16_of(6000) },
		.proto = proto,
	};

	if (proto == IP_PROTO_ICMP) {
		flow.orig.dport = be16_of(ICMP_ECHO << 8);
		flow.repl.sport = be16_of(ICMP_ECHO << 8);
	}
	nat_bind(&flow);
	return flow;
}

static struct pkt over(struct build *b, u16 csum_start, u16 csum_offset)
{
	return (struct pkt){
		.buf = b->bytes,
		.buf_size = sizeof b->bytes,
		.len = b->len,
		.l4 = IP4_HLEN_MIN,
		.flags = PKT_CSUM_PARTIAL,
		.csum_start = csum_start,
		.csum_offset = csum_offset,
	};
}

static void expect_right(const struct pkt *pkt)
{
	struct seen seen;

	assert_true(seen_parse(&seen, pkt_l3(pkt), pkt->len));
	assert_int_equal(seen.wrong, 0);
	assert_true(be32_eq(seen.src, addr(PUBLIC)));
}

/* The field of the transport itself: the sum of the pseudo-header, to be finished. */
static void test_own_field(void **state)
{
	static const u8 protos[] = { IP_PROTO_TCP, IP_PROTO_UDP };

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(protos); n++) {
		struct flow flow = make_flow(protos[n]);
		struct build b;
		struct pkt pkt;
		u16 field = protos[n] == IP_PROTO_TCP ? TCP_FIELD : UDP_FIELD;

		if (protos[n] == IP_PROTO_TCP)
			build_tcp4(&b, addr(INSIDE), 5000, addr(REMOTE), 80, TCP_ACK);
		else
			build_udp4(&b, addr(INSIDE), 5000, addr(REMOTE), 80, 31);
		pkt = over(&b, IP4_HLEN_MIN, field);
		be16_store(pkt_l4(&pkt) + field,
			   (be16){ csum_fold(csum_pseudo(addr(INSIDE), addr(REMOTE), protos[n],
							 pkt_l4_len(&pkt))) });
		nat_rewrite(&pkt, &flow, TUPLE_ORIG);
		pkt_finish_csum(&pkt);
		expect_right(&pkt);
	}
}

/* RFC 7348: a tunnel over UDP, whose inner packet is the unfinished one. The outer checksum counts
 * on what the inner will be, or there is none.                                                   */
static void test_field_inside_of_a_tunnel(void **state)
{
	struct flow flow = make_flow(IP_PROTO_UDP);
	struct build b;
	struct pkt pkt;
	u8 *inner;

	(void)state;
	build_udp4(&b, addr(INSIDE), 5000, addr(REMOTE), 80, 64);
	pkt = over(&b, IP4_HLEN_MIN + UDP_HLEN + INNER, UDP_FIELD);
	inner = pkt_l3(&pkt) + pkt.csum_start + UDP_FIELD;
	be16_store(inner, be16_of(0x1234));
	/* The outer checksum is that of the finished packet. */
	be16_store(inner, pkt_csum_value(&pkt));
	build_seal(&b);
	be16_store(inner, be16_of(0x1234));
	nat_rewrite(&pkt, &flow, TUPLE_ORIG);
	pkt_finish_csum(&pkt);
	expect_right(&pkt);

	build_udp4(&b, addr(INSIDE), 5000, addr(REMOTE), 80, 64);
	build_udp_hdr(&b)->csum.raw = 0;
	pkt = over(&b, IP4_HLEN_MIN + UDP_HLEN + INNER, UDP_FIELD);
	nat_rewrite(&pkt, &flow, TUPLE_ORIG);
	assert_int_equal(build_udp_hdr(&b)->csum.raw, 0);
}

/* Nothing of ICMP's sum is known before it is finished. */
static void test_unfinished_icmp(void **state)
{
	struct flow flow = make_flow(IP_PROTO_ICMP);
	struct build b;
	struct pkt pkt;

	(void)state;
	build_echo4(&b, addr(INSIDE), addr(REMOTE), ICMP_ECHO, 5000, 1);
	build_icmp_hdr(&b)->csum.raw = 0;
	pkt = over(&b, IP4_HLEN_MIN, 2);
	nat_rewrite(&pkt, &flow, TUPLE_ORIG);
	pkt_finish_csum(&pkt);
	expect_right(&pkt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_field),
		cmocka_unit_test(test_field_inside_of_a_tunnel),
		cmocka_unit_test(test_unfinished_icmp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
