/* ICMP errors about tracked flows: found by what they quote, and translated so that the receiver
 * sees the packet that it sent (RFC 5508 REQ-3 to REQ-5).
 *
 *   10.10.0.5 --- 10.10.0.1 [gateway] 198.18.0.1 --- 198.18.0.2 (router) --- 203.0.113.9         */
#include "unit/core_nat/nat_bed.h"

#include "core/wire/checksum.h"
#include "fake/seen.h"

enum { TCP = IP_PROTO_TCP, UDP = IP_PROTO_UDP, ICMP = IP_PROTO_ICMP, PAYLOAD = 40 };

#define INSIDE (end_of("10.10.0.5", 5000))

struct error_bed {
	struct nat_bed *nat;
	u32 flow;
	struct tuple orig, out; /* of the flow's own direction */
	struct build sent;      /* as the sender made it */
	struct build quoted;    /* as it left the gateway */
	struct build error;
	struct pkt pkt;
};

static void make(struct build *b, const struct tuple *t, u8 proto)
{
	bool answers = be32_eq(t->dst, INSIDE.addr) || be32_eq(t->dst, addr("198.18.0.1"));

	if (proto == UDP)
		build_udp4(b, t->src, be16_host(t->sport), t->dst, be16_host(t->dport), PAYLOAD);
	else if (proto == TCP)
		build_tcp4(b, t->src, be16_host(t->sport), t->dst, be16_host(t->dport), TCP_ACK);
	else
		build_echo4(b, t->src, t->dst, answers ? ICMP_ECHO_REPLY : ICMP_ECHO,
			    be16_host(answers ? t->dport : t->sport), 3);
}

/* A flow of INSIDE to SERVER, and one of its packets on both sides. */
static struct error_bed *error_open(u8 proto, enum tuple_dir quoted_dir)
{
	struct error_bed *bed = calloc(1, sizeof *bed);
	struct end server = { SERVER.addr, proto == ICMP ? 0x0800 : 443 };
	const struct flow *flow;
	struct tuple out;
	enum drop drop;

	assert_non_null(bed);
	bed->nat = nat_bed_open(64);
	bed->flow = nat_bed_packet(bed->nat, INSIDE, server, proto, &drop) >> 1;
	flow = &bed->nat->ct.flow[bed->flow];
	make(&bed->sent, flow_tuple(flow, quoted_dir), proto);
	out = flow_tuple_out(flow, quoted_dir);
	make(&bed->quoted, &out, proto);
	return bed;
}

static void error_close(struct error_bed *bed)
{
	nat_bed_close(bed->nat);
	free(bed);
}

/* An error of `from` about quoted, with quote_len bytes of it. */
static struct pkt *error_make(struct error_bed *bed, be32 from, u32 quote_len)
{
	const struct ip4_hdr *ip = (const struct ip4_hdr *)bed->quoted.bytes;

	build_error4(&bed->error, from, ip->src, ICMP_UNREACH, ICMP_UNREACH_PORT, 0);
	build_quote(&bed->error, bed->quoted.bytes, quote_len);
	bed->pkt = (struct pkt){ .buf = bed->error.bytes,
				 .buf_size = BUILD_MAX,
				 .len = bed->error.len,
				 .l4 = (u16)bed->error.l4 };
	return &bed->pkt;
}

static u32 related(struct error_bed *bed, const struct pkt *pkt)
{
	return nat_related(&bed->nat->ct, pkt);
}

/* The error after its translation: from, to, and a quotation like what was sent. */
static void expect_translated(struct error_bed *bed, enum tuple_dir dir, be32 from, u32 quote_len)
{
	struct pkt *pkt = &bed->pkt;
	struct seen seen;

	assert_int_equal(related(bed, pkt), bed->flow << 1 | dir);
	nat_rewrite_error(&bed->nat->nat, pkt, &bed->nat->ct.flow[bed->flow], dir);
	assert_true(seen_parse(&seen, pkt_l3(pkt), pkt->len));
	assert_int_equal(seen.wrong, 0);
	assert_true(be32_eq(seen.src, from));
	assert_true(be32_eq(seen.dst, ((struct ip4_hdr *)bed->sent.bytes)->src));
	assert_int_equal(seen.quote_len, quote_len);
	assert_memory_equal(seen.quote, bed->sent.bytes, quote_len);
}

/* A router outside says so about a packet of the inside host. Its address stays (REQ-4). */
static void test_from_outside_router(void **state)
{
	static const u8 protos[3] = { TCP, UDP, ICMP };

	(void)state;
	for (u32 n = 0; n < 3; n++) {
		struct error_bed *bed = error_open(protos[n], TUPLE_ORIG);
		u32 whole = bed->quoted.len;

		/* With the minimum of 8 bytes, around the checksum of TCP, and whole. */
		for (u32 len = 28; len <= whole; len += len == 28 ? 1 : 3) {
			error_make(bed, addr("198.18.0.2"), len);
			expect_translated(bed, TUPLE_REPLY, addr("198.18.0.2"), len);
		}
		error_make(bed, addr("198.18.0.2"), whole);
		expect_translated(bed, TUPLE_REPLY, addr("198.18.0.2"), whole);
		error_close(bed);
	}
}

static void test_from_the_far_end(void **state)
{
	struct error_bed *bed = error_open(UDP, TUPLE_ORIG);

	(void)state;
	error_make(bed, SERVER.addr, bed->quoted.len);
	expect_translated(bed, TUPLE_REPLY, SERVER.addr, bed->quoted.len);
	error_close(bed);
}

/* The inside host about a packet of the server; a router inside, whose address is nobody's business
 * outside (REQ-5): both appear as the public address.                                            */
static void test_from_inside(void **state)
{
	static const u8 protos[3] = { TCP, UDP, ICMP };
	static const char *const from[2] = { "10.10.0.5", "10.10.0.254" };

	(void)state;
	for (u32 n = 0; n < 6; n++) {
		struct error_bed *bed = error_open(protos[n % 3], TUPLE_REPLY);

		error_make(bed, addr(from[n / 3]), 28);
		expect_translated(bed, TUPLE_ORIG, addr("198.18.0.1"), 28);
		error_make(bed, addr(from[n / 3]), bed->quoted.len);
		expect_translated(bed, TUPLE_ORIG, addr("198.18.0.1"), bed->quoted.len);
		error_close(bed);
	}
}

static void test_options_in_the_quotation(void **state)
{
	static const u8 options[8] = { 7, 7, 4, 0, 0, 0, 0, 0 };
	struct error_bed *bed = error_open(UDP, TUPLE_ORIG);
	struct build *both[2] = { &bed->sent, &bed->quoted };

	(void)state;
	for (u32 n = 0; n < 2; n++) {
		struct ip4_hdr ip = *(struct ip4_hdr *)both[n]->bytes;
		struct udp_hdr udp = *(struct udp_hdr *)(both[n]->bytes + 20);

		build_start(both[n]);
		build_ip4(both[n], ip.src, ip.dst, UDP);
		build_ip_options(both[n], options, sizeof options);
		build_udp(both[n], be16_host(udp.sport), be16_host(udp.dport));
		build_payload(both[n], PAYLOAD, 0);
		build_seal(both[n]);
	}
	error_make(bed, addr("198.18.0.2"), 36);
	expect_translated(bed, TUPLE_REPLY, addr("198.18.0.2"), 36);
	error_make(bed, addr("198.18.0.2"), bed->quoted.len);
	expect_translated(bed, TUPLE_REPLY, addr("198.18.0.2"), bed->quoted.len);
	/* Too short by a byte behind the options. */
	assert_int_equal(related(bed, error_make(bed, addr("198.18.0.2"), 35)), IDX_NONE);
	error_close(bed);
}

/* A UDP checksum of every value survives the way out and back; one of zero stays zero. */
static void test_quoted_udp_checksums(void **state)
{
	struct error_bed *bed = error_open(UDP, TUPLE_ORIG);
	const struct flow *flow = &bed->nat->ct.flow[bed->flow];

	(void)state;
	for (u32 value = 0; value < 65536; value++) {
		struct pkt pkt = { .buf = bed->quoted.bytes, .len = bed->quoted.len, .l4 = 20 };
		be16 csum = be16_of((u16)value);

		bed->quoted = bed->sent;
		((struct udp_hdr *)(bed->sent.bytes + 20))->csum = csum;
		((struct udp_hdr *)(bed->quoted.bytes + 20))->csum = csum;
		nat_rewrite(&pkt, flow, TUPLE_ORIG);
		error_make(bed, addr("198.18.0.2"), 28);
		assert_int_equal(related(bed, &bed->pkt), bed->flow << 1 | TUPLE_REPLY);
		nat_rewrite_error(&bed->nat->nat, &bed->pkt, flow, TUPLE_REPLY);
		assert_memory_equal(bed->error.bytes + 28, bed->sent.bytes, 28);
	}
	error_close(bed);
}

/* ---- refused --------------------------------------------------------------------------------- */

static void test_broken_quotations_are_refused(void **state)
{
	struct error_bed *bed = error_open(UDP, TUPLE_ORIG);
	const be32 router = addr("198.18.0.2");
	struct build good = bed->quoted;
	struct ip4_hdr *ip = (struct ip4_hdr *)bed->quoted.bytes;

	(void)state;
	assert_int_not_equal(related(bed, error_make(bed, router, 28)), IDX_NONE);
	assert_int_equal(related(bed, error_make(bed, router, 27)), IDX_NONE);
	assert_int_equal(related(bed, error_make(bed, router, 8)), IDX_NONE);
	assert_int_equal(related(bed, error_make(bed, router, 0)), IDX_NONE);
	ip->csum.raw ^= 1;
	assert_int_equal(related(bed, error_make(bed, router, 48)), IDX_NONE);
	bed->quoted = good;
	ip->version_ihl = 0x65;
	build_seal_ip(&bed->quoted);
	assert_int_equal(related(bed, error_make(bed, router, 48)), IDX_NONE);
	bed->quoted = good;
	ip->version_ihl = 0x44;
	assert_int_equal(related(bed, error_make(bed, router, 48)), IDX_NONE);
	bed->quoted = good;
	ip->version_ihl = 0x4f; /* options beyond the end */
	assert_int_equal(related(bed, error_make(bed, router, 48)), IDX_NONE);
	/* A fragment without ports; the first one has them. */
	bed->quoted = good;
	ip->frag = be16_of(5);
	build_seal_ip(&bed->quoted);
	assert_int_equal(related(bed, error_make(bed, router, 48)), IDX_NONE);
	ip->frag = be16_of(IP4_MF);
	build_seal_ip(&bed->quoted);
	assert_int_not_equal(related(bed, error_make(bed, router, 48)), IDX_NONE);
	error_close(bed);
}

static void test_unknown_flows_are_refused(void **state)
{
	struct error_bed *bed = error_open(UDP, TUPLE_ORIG);
	struct udp_hdr *udp = (struct udp_hdr *)(bed->quoted.bytes + 20);

	(void)state;
	udp->dport = be16_of(444);
	assert_int_equal(related(bed, error_make(bed, addr("198.18.0.2"), 48)), IDX_NONE);
	udp->dport = be16_of(443);
	assert_int_not_equal(related(bed, error_make(bed, addr("198.18.0.2"), 48)), IDX_NONE);
	nat_bed_end(bed->nat, INSIDE, SERVER, UDP);
	assert_int_equal(related(bed, error_make(bed, addr("198.18.0.2"), 48)), IDX_NONE);
	error_close(bed);
}

/* An error about an error, whatever that quotes in its turn. */
static void test_error_about_an_error_is_refused(void **state)
{
	struct error_bed *bed = error_open(ICMP, TUPLE_ORIG);

	(void)state;
	((struct icmp_hdr *)(bed->quoted.bytes + 20))->type = ICMP_UNREACH;
	assert_int_equal(related(bed, error_make(bed, addr("198.18.0.2"), 28)), IDX_NONE);
	((struct icmp_hdr *)(bed->quoted.bytes + 20))->type = 200;
	assert_int_equal(related(bed, error_make(bed, addr("198.18.0.2"), 28)), IDX_NONE);
	error_close(bed);
}

/* An error goes to the sender of what it quotes; one for somebody else is forged. */
static void test_error_for_somebody_else_is_refused(void **state)
{
	struct error_bed *bed = error_open(UDP, TUPLE_ORIG);
	struct pkt *pkt = error_make(bed, addr("198.18.0.2"), 28);

	(void)state;
	assert_int_not_equal(related(bed, pkt), IDX_NONE);
	((struct ip4_hdr *)pkt_l3(pkt))->dst = addr("198.18.0.77");
	assert_int_equal(related(bed, pkt), IDX_NONE);
	error_close(bed);
}

/* Nothing is translated where the flow is not. */
static void test_untranslated_flow(void **state)
{
	struct error_bed *bed = error_open(UDP, TUPLE_ORIG);
	struct end other = end_of("10.20.0.9", 99);
	enum drop drop;
	struct build before;

	(void)state;
	bed->flow = nat_bed_packet(bed->nat, INSIDE, other, UDP, &drop) >> 1;
	build_udp4(&bed->quoted, INSIDE.addr, INSIDE.port, other.addr, other.port, PAYLOAD);
	error_make(bed, addr("10.20.0.9"), 28);
	before = bed->error;
	assert_int_equal(related(bed, &bed->pkt), bed->flow << 1 | TUPLE_REPLY);
	nat_rewrite_error(&bed->nat->nat, &bed->pkt, &bed->nat->ct.flow[bed->flow], TUPLE_REPLY);
	assert_memory_equal(before.bytes, bed->error.bytes, before.len);
	error_close(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_from_outside_router),
		cmocka_unit_test(test_from_the_far_end),
		cmocka_unit_test(test_from_inside),
		cmocka_unit_test(test_options_in_the_quotation),
		cmocka_unit_test(test_quoted_udp_checksums),
		cmocka_unit_test(test_broken_quotations_are_refused),
		cmocka_unit_test(test_unknown_flows_are_refused),
		cmocka_unit_test(test_error_about_an_error_is_refused),
		cmocka_unit_test(test_error_for_somebody_else_is_refused),
		cmocka_unit_test(test_untranslated_flow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
