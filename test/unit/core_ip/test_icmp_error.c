/* ICMP errors: the code for each death, every rule that forbids one, what is quoted. */
#include "unit/core_ip/icmp_bed.h"

#include "core/wire/checksum.h"

static void expect_refused(struct icmp_bed *i, enum drop reason, u32 facts, enum icmp_refusal why)
{
	struct icmp_error_spec spec;

	assert_string_equal(icmp_refusal_name(decide(i, reason, 0, facts, &spec)),
			    icmp_refusal_name(why));
}

/* ---- which error ----------------------------------------------------------------------------- */

struct answer_case {
	enum drop reason;
	u32 arg;
	u8 type;
	u8 code;
	u32 word;
};

static const struct answer_case answered[] = {
	{ DROP_TTL_EXPIRED, 0, 11, 0, 0 },      { DROP_FRAG_TIMEOUT, 0, 11, 1, 0 },
	{ DROP_TOO_BIG_DF, 1400, 3, 4, 1400 },  { DROP_NO_ROUTE, 0, 3, 0, 0 },
	{ DROP_NEIGH_FAILED, 0, 3, 1, 0 },      { DROP_IFACE_DOWN, 0, 3, 1, 0 },
	{ DROP_ROUTE_ZONE, 0, 3, 13, 0 },       { DROP_ROUTE_PROHIBITED, 0, 3, 13, 0 },
	{ DROP_NAT_NO_PORT, 0, 3, 13, 0 },
	{ DROP_NAT_NO_ADDRESS, 0, 3, 13, 0 },   { DROP_NAT_MAPPING_FULL, 0, 3, 13, 0 },
	{ DROP_CT_FULL, 0, 3, 13, 0 },          { DROP_NO_SOCKET, 0, 3, 3, 0 },
	{ DROP_NO_PROTOCOL, 0, 3, 2, 0 },       { DROP_IP_OPTIONS, 22, 12, 0, 22u << 24 },
	{ DROP_IP_SOURCE_ROUTE, 0, 3, 5, 0 },   { DROP_NAT_NO_BACKEND, 0, 3, 3, 0 },
	{ DROP_SUBSCRIBER_FLOWS, 0, 3, 13, 0 },
	{ DROP_SUBSCRIBER_PORTS, 0, 3, 13, 0 }, { DROP_SUBSCRIBER_RATE, 0, 3, 13, 0 },
	{ DROP_SUBSCRIBER_FULL, 0, 3, 13, 0 },  { DROP_SPLIT_UNREACHABLE, 0, 3, 1, 0 },
	{ DROP_FILTER_REJECTED, 13, 3, 13, 0 },
};

static void test_code_for_each_death(void **state)
{
	struct icmp_bed i;

	(void)state;
	icmp_open(&i);
	for (u32 n = 0; n < ARRAY_COUNT(answered); n++) {
		const struct answer_case *c = &answered[n];
		struct icmp_error_spec spec;

		assert_int_equal(decide(&i, c->reason, c->arg, 0, &spec), ICMP_SENT);
		assert_int_equal(spec.type, c->type);
		assert_int_equal(spec.code, c->code);
		assert_int_equal(be32_host(spec.word), c->word);
	}
	bed_close(&i.bed);
}

/* Every other reason of drop.def is silent; a new one must be thought about here. */
static void test_all_other_deaths_are_silent(void **state)
{
	static const enum drop invalid[] = { DROP_IP_SHORT, DROP_IP_VERSION, DROP_IP_HEADER_LEN,
					     DROP_IP_CHECKSUM, DROP_IP_LENGTH };
	struct icmp_bed i;

	(void)state;
	icmp_open(&i);
	for (u32 reason = 1; reason < DROP_COUNT; reason++) {
		enum icmp_refusal why = ICMP_REFUSED_SILENT;
		bool is_answered = false;

		for (u32 n = 0; n < ARRAY_COUNT(answered); n++)
			is_answered = is_answered || answered[n].reason == (enum drop)reason;
		for (u32 n = 0; n < ARRAY_COUNT(invalid); n++) {
			if (invalid[n] == (enum drop)reason)
				why = ICMP_REFUSED_HEADER;
		}
		if (!is_answered)
			expect_refused(&i, (enum drop)reason, 0, why);
	}
	bed_close(&i.bed);
}

static void test_port_unreachable_is_for_udp(void **state)
{
	struct icmp_bed i;
	struct icmp_error_spec spec;

	(void)state;
	icmp_open(&i);
	build_tcp4(&i.b, addr(INSIDE), 1, addr(OUTSIDE), 2, TCP_SYN);
	expect_refused(&i, DROP_NO_SOCKET, 0, ICMP_REFUSED_TCP_RESET);
	expect_refused(&i, DROP_NAT_NO_BACKEND, 0, ICMP_REFUSED_TCP_RESET);
	expect_refused(&i, DROP_NAT_BACKEND_GONE, 0, ICMP_REFUSED_TCP_RESET);
	expect_refused(&i, DROP_NAT_WAY_GONE, 0, ICMP_REFUSED_TCP_RESET);
	expect_refused(&i, DROP_CT_MIDSTREAM, 0, ICMP_REFUSED_TCP_RESET);
	assert_int_equal(decide(&i, DROP_NO_ROUTE, 0, 0, &spec), ICMP_SENT);
	build_echo4(&i.b, addr(INSIDE), addr(OUTSIDE), ICMP_ECHO, 1, 1);
	expect_refused(&i, DROP_NO_SOCKET, 0, ICMP_REFUSED_SILENT);
	bed_close(&i.bed);
}

/* A gateway whose MTU does not fit into the field says the largest. */
static void test_mtu_is_clamped(void **state)
{
	struct icmp_bed i;
	struct icmp_error_spec spec;

	(void)state;
	icmp_open(&i);
	assert_int_equal(decide(&i, DROP_TOO_BIG_DF, 70000, 0, &spec), ICMP_SENT);
	assert_int_equal(be32_host(spec.word), 65535);
	bed_close(&i.bed);
}

/* ---- never about ----------------------------------------------------------------------------- */

/* Each ICMP type: queries may cause an error; errors, and what nobody knows, never. */
static void test_about_icmp(void **state)
{
	struct icmp_bed i;

	(void)state;
	icmp_open(&i);
	for (u32 type = 0; type < 256; type++) {
		bool query = type == 0 || type == 8 || (type >= 13 && type <= 18);

		build_echo4(&i.b, addr(INSIDE), addr(OUTSIDE), (u8)type, 1, 1);
		expect_refused(&i, DROP_TTL_EXPIRED, 0, query ? ICMP_SENT : ICMP_REFUSED_ERROR);
	}
	/* Cut off before the type: it could be anything. */
	build_start(&i.b);
	build_ip4(&i.b, addr(INSIDE), addr(OUTSIDE), IP_PROTO_ICMP);
	build_seal(&i.b);
	expect_refused(&i, DROP_TTL_EXPIRED, 0, ICMP_REFUSED_ERROR);
	bed_close(&i.bed);
}

static void test_about_groups(void **state)
{
	static const struct {
		const char *dst;
		enum icmp_refusal why;
	} cases[] = { { "224.0.0.1", ICMP_REFUSED_DST_MULTICAST },
		      { "239.1.2.3", ICMP_REFUSED_DST_MULTICAST },
		      { "255.255.255.255", ICMP_REFUSED_DST_BROADCAST },
		      { "223.255.255.255", ICMP_SENT } };
	struct icmp_bed i;

	(void)state;
	icmp_open(&i);
	for (u32 n = 0; n < ARRAY_COUNT(cases); n++) {
		build_udp4(&i.b, addr(INSIDE), 1, addr(cases[n].dst), 2, 8);
		expect_refused(&i, DROP_NO_SOCKET, 0, cases[n].why);
	}
	/* A directed broadcast looks like any address; the caller knows. */
	build_udp4(&i.b, addr(INSIDE), 1, addr("10.10.255.255"), 2, 8);
	expect_refused(&i, DROP_NO_SOCKET, ICMP_DST_IS_BROADCAST, ICMP_REFUSED_DST_BROADCAST);
	bed_close(&i.bed);
}

static void test_about_link_layer_groups(void **state)
{
	static const u32 flags[] = { PKT_LINK_BROADCAST, PKT_LINK_MULTICAST };
	struct icmp_bed i;
	struct icmp_error_spec spec;

	(void)state;
	icmp_open(&i);
	for (u32 n = 0; n < ARRAY_COUNT(flags); n++) {
		struct pkt *pkt = bed_pkt(&i.bed, &i.b);

		pkt->flags |= flags[n];
		pkt->drop = DROP_NO_ROUTE;
		assert_int_equal(icmp_error_decide(pkt, 0, &spec), ICMP_REFUSED_LINK_GROUP);
		pkt_put(pkt);
	}
	bed_close(&i.bed);
}

static void test_about_fragments(void **state)
{
	struct icmp_bed i;

	(void)state;
	icmp_open(&i);
	for (u32 offset = 0; offset < 3; offset++) {
		build_start(&i.b);
		build_ip4(&i.b, addr(INSIDE), addr(OUTSIDE), IP_PROTO_UDP);
		build_payload(&i.b, 16, 0);
		build_ip(&i.b)->frag = be16_of((u16)(IP4_MF | offset));
		build_seal(&i.b);
		expect_refused(&i, DROP_FRAG_TIMEOUT, 0,
			       offset == 0 ? ICMP_SENT : ICMP_REFUSED_FRAGMENT);
	}
	bed_close(&i.bed);
}

static void test_source_that_is_no_single_host(void **state)
{
	static const struct {
		const char *src;
		enum icmp_refusal why;
	} cases[] = { { "0.0.0.0", ICMP_REFUSED_SRC_ZERO },
		      { "0.255.0.1", ICMP_REFUSED_SRC_ZERO },
		      { "127.0.0.1", ICMP_REFUSED_SRC_LOOPBACK },
		      { "224.0.0.5", ICMP_REFUSED_SRC_MULTICAST },
		      { "240.0.0.1", ICMP_REFUSED_SRC_CLASS_E },
		      { "255.255.255.255", ICMP_REFUSED_SRC_BROADCAST },
		      { "1.0.0.1", ICMP_SENT } };
	struct icmp_bed i;

	(void)state;
	icmp_open(&i);
	for (u32 n = 0; n < ARRAY_COUNT(cases); n++) {
		build_udp4(&i.b, addr(cases[n].src), 1, addr(OUTSIDE), 2, 8);
		expect_refused(&i, DROP_NO_ROUTE, 0, cases[n].why);
	}
	build_udp4(&i.b, addr("10.10.255.255"), 1, addr(OUTSIDE), 2, 8);
	expect_refused(&i, DROP_NO_ROUTE, ICMP_SRC_IS_BROADCAST, ICMP_REFUSED_SRC_BROADCAST);
	bed_close(&i.bed);
}

/* A reset, too, is never the answer to a group. */
static void test_rules_come_before_the_reset(void **state)
{
	struct icmp_bed i;

	(void)state;
	icmp_open(&i);
	build_tcp4(&i.b, addr(INSIDE), 1, addr("224.0.0.9"), 2, TCP_SYN);
	expect_refused(&i, DROP_NO_SOCKET, 0, ICMP_REFUSED_DST_MULTICAST);
	bed_close(&i.bed);
}

static void test_every_refusal_has_a_sentence(void **state)
{
	(void)state;
	for (u32 a = 0; a < ICMP_REFUSAL_COUNT; a++) {
		const char *name = icmp_refusal_name((enum icmp_refusal)a);

		assert_non_null(name);
		assert_true(strlen(name) > 10);
		for (u32 b = 0; b < a; b++)
			assert_string_not_equal(name, icmp_refusal_name((enum icmp_refusal)b));
	}
}

/* ---- the message ----------------------------------------------------------------------------- */

static struct pkt *make_about(struct icmp_bed *i, struct pkt *dead, enum drop reason, u32 arg)
{
	struct icmp_error_spec spec;
	enum icmp_refusal why;
	struct pkt *error;

	dead->drop = (u8)reason;
	dead->drop_arg = arg;
	assert_int_equal(icmp_error_decide(dead, 0, &spec), ICMP_SENT);
	error = icmp_error_make(&i->icmp, dead, &spec, addr(OURS), i->now, &why);
	assert_non_null(error);
	assert_int_equal(why, ICMP_SENT);
	return error;
}

static void test_header_of_the_error(void **state)
{
	struct icmp_bed i;
	struct pkt *dead, *error;
	struct seen seen;
	const struct icmp_hdr *message;

	(void)state;
	icmp_open(&i);
	dead = bed_pkt(&i.bed, &i.b);
	error = make_about(&i, dead, DROP_TOO_BIG_DF, 1280);
	seen = bed_see(error);
	assert_true(be32_eq(seen.src, addr(OURS)));
	assert_true(be32_eq(seen.dst, addr(INSIDE)));
	assert_int_equal(seen.tos, 0xc0);
	assert_int_equal(seen.ttl, 64);
	assert_false(seen.df || seen.mf);
	assert_int_equal(seen.hlen, 20);
	assert_int_equal(seen.type, 3);
	assert_int_equal(seen.code, 4);
	assert_int_equal(seen.icmp_seq, 1280);
	message = (const struct icmp_hdr *)pkt_l4(error);
	assert_int_equal(message->frag.unused.raw, 0);
	assert_int_equal(error->flags, PKT_LOCAL_OUT | PKT_ICMP_ERROR);
	assert_int_equal(error->in_if, UINT16_MAX);
	assert_int_equal(error->flow, IDX_NONE);
	pkt_put(error);
	pkt_put(dead);
	bed_close(&i.bed);
}

/* RFC 1812 section 4.3.2.5: precedence 6, the type of service of what it is about; no congestion
 * mark, since nobody would react to it.                                                          */
static void test_type_of_service(void **state)
{
	struct icmp_bed i;

	(void)state;
	icmp_open(&i);
	for (u32 tos = 0; tos < 256; tos++) {
		struct pkt *dead, *error;

		build_ip(&i.b)->tos = (u8)tos;
		build_seal_ip(&i.b);
		dead = bed_pkt(&i.bed, &i.b);
		error = make_about(&i, dead, DROP_TTL_EXPIRED, 0);
		assert_int_equal(bed_see(error).tos, 6 << 5 | (tos >> 2 & 7) << 2);
		pkt_put(error);
		pkt_put(dead);
		i.now += NS_PER_SEC;
	}
	bed_close(&i.bed);
}

static void test_identifiers_differ(void **state)
{
	struct icmp_bed i;
	struct pkt *dead, *first, *second;

	(void)state;
	icmp_open(&i);
	dead = bed_pkt(&i.bed, &i.b);
	first = make_about(&i, dead, DROP_NO_ROUTE, 0);
	second = make_about(&i, dead, DROP_NO_ROUTE, 0);
	assert_int_not_equal(bed_see(first).id, bed_see(second).id);
	pkt_put(first);
	pkt_put(second);
	pkt_put(dead);
	bed_close(&i.bed);
}

/* As much as fits into 576 bytes, and never more than there is. */
static void test_quotation_sizes(void **state)
{
	static const u32 lens[] = { 0, 1, 8, 100, 519, 520, 521, 1472, 60000 };
	struct icmp_bed i;

	(void)state;
	icmp_open(&i);
	for (u32 n = 0; n < ARRAY_COUNT(lens); n++) {
		u32 expected = u32_min(lens[n] + 28, QUOTE_MAX);
		struct pkt *dead, *error;
		struct seen seen;

		build_udp4(&i.b, addr(INSIDE), 1, addr(OUTSIDE), 2, lens[n]);
		dead = bed_pkt(&i.bed, &i.b);
		error = make_about(&i, dead, DROP_TTL_EXPIRED, 0);
		seen = bed_see(error);
		assert_int_equal(seen.quote_len, expected);
		assert_int_equal(error->len, 28 + expected);
		assert_true(error->len <= 576);
		assert_memory_equal(seen.quote, i.b.bytes, expected);
		pkt_put(error);
		pkt_put(dead);
	}
	bed_close(&i.bed);
}

static void test_quotation_with_options(void **state)
{
	u8 options[40];
	struct icmp_bed i;
	struct pkt *dead, *error;

	(void)state;
	icmp_open(&i);
	memset(options, 1, sizeof options);
	build_start(&i.b);
	build_ip4(&i.b, addr(INSIDE), addr(OUTSIDE), IP_PROTO_UDP);
	build_ip_options(&i.b, options, sizeof options);
	build_udp(&i.b, 1, 2);
	build_payload(&i.b, 1000, 0);
	build_seal(&i.b);
	dead = bed_pkt(&i.bed, &i.b);
	error = make_about(&i, dead, DROP_IP_OPTIONS, 37);
	assert_int_equal(bed_see(error).hlen, 20);
	assert_memory_equal(bed_see(error).quote, i.b.bytes, QUOTE_MAX);
	assert_int_equal(pkt_l4(error)[4], 37);
	pkt_put(error);
	pkt_put(dead);
	bed_close(&i.bed);
}

/* The sender looks for the packet that it sent: the TTL that FORWARD took is given back. */
static void test_quotation_has_the_ttl_that_arrived(void **state)
{
	struct icmp_bed i;

	(void)state;
	icmp_open(&i);
	for (u32 ttl = 1; ttl < 256; ttl++) {
		struct pkt *dead, *error;

		i.now += NS_PER_SEC;
		build_ip(&i.b)->ttl = (u8)ttl;
		build_seal_ip(&i.b);
		dead = bed_pkt(&i.bed, &i.b);
		ip_decrement_ttl(dead);
		error = make_about(&i, dead, DROP_NEIGH_FAILED, 0);
		assert_memory_equal(bed_see(error).quote, i.b.bytes, i.b.len);
		pkt_put(error);
		pkt_put(dead);
	}
	bed_close(&i.bed);
}

static void make_partial(struct pkt *pkt, u32 csum_offset)
{
	struct ip4_hdr *ip = (struct ip4_hdr *)pkt_l3(pkt);
	u64 pseudo = csum_pseudo(ip->src, ip->dst, ip->proto, pkt->len - 20);

	be16_store(pkt_l3(pkt) + 20 + csum_offset, (be16){ csum_fold(pseudo) });
	pkt->flags |= PKT_CSUM_PARTIAL;
	pkt->csum_start = 20;
	pkt->csum_offset = (u16)csum_offset;
}

/* The whole checksum is quoted even when only a part of the data is. */
static void test_partial_checksum_is_quoted_complete(void **state)
{
	static const u32 lens[] = { 33, 1400 };
	struct icmp_bed i;

	(void)state;
	icmp_open(&i);
	for (u32 n = 0; n < ARRAY_COUNT(lens); n++) {
		struct pkt *dead, *error;
		u8 before[64];

		build_udp4(&i.b, addr(INSIDE), 1, addr(OUTSIDE), 2, lens[n]);
		dead = bed_pkt(&i.bed, &i.b);
		make_partial(dead, 6);
		memcpy(before, pkt_l3(dead), sizeof before);
		error = make_about(&i, dead, DROP_NO_ROUTE, 0);
		assert_memory_equal(bed_see(error).quote, i.b.bytes, u32_min(i.b.len, QUOTE_MAX));
		assert_memory_equal(pkt_l3(dead), before, sizeof before);
		pkt_put(error);
		pkt_put(dead);
	}
	bed_close(&i.bed);
}

/* A field in the IP header is not the driver's to have finished. */
static void test_impossible_checksum_is_left_alone(void **state)
{
	struct icmp_bed i;
	struct pkt *dead, *error;

	(void)state;
	icmp_open(&i);
	dead = bed_pkt(&i.bed, &i.b);
	dead->flags |= PKT_CSUM_PARTIAL;
	dead->csum_offset = 2;
	error = make_about(&i, dead, DROP_IP_OPTIONS, 20);
	assert_memory_equal(bed_see(error).quote, i.b.bytes, i.b.len);
	pkt_put(error);
	pkt_put(dead);
	bed_close(&i.bed);
}

/* What the sender would have sent if it had split the segment itself. */
static void test_gso_is_quoted_as_its_first_part(void **state)
{
	struct icmp_bed i;
	struct pkt *dead, *error;
	struct seen quoted;
	struct build part;

	(void)state;
	icmp_open(&i);
	build_start(&i.b);
	build_ip4(&i.b, addr(INSIDE), addr(OUTSIDE), IP_PROTO_TCP);
	build_ip(&i.b)->frag = be16_of(IP4_DF);
	build_tcp(&i.b, 1, 2, TCP_ACK | TCP_PSH, 1000, 1);
	build_payload(&i.b, 4000, 5);
	build_seal(&i.b);
	dead = bed_pkt(&i.bed, &i.b);
	make_partial(dead, 16);
	dead->gso_type = GSO_TCP4;
	dead->gso_size = 400;
	error = make_about(&i, dead, DROP_TOO_BIG_DF, 300);
	build_start(&part);
	build_ip4(&part, addr(INSIDE), addr(OUTSIDE), IP_PROTO_TCP);
	build_ip(&part)->frag = be16_of(IP4_DF);
	build_tcp(&part, 1, 2, TCP_ACK, 1000, 1);
	build_payload(&part, 400, 5);
	build_seal(&part);
	assert_int_equal(bed_see(error).quote_len, 440);
	assert_memory_equal(bed_see(error).quote, part.bytes, 440);
	assert_true(seen_parse_quote(&quoted, bed_see(error).quote, 440));
	assert_int_equal(quoted.len, 440);
	pkt_put(error);
	pkt_put(dead);
	bed_close(&i.bed);
}

static void expect_quoted_whole(struct icmp_bed *i, u8 type, u16 size_bytes)
{
	struct pkt *dead = bed_pkt(&i->bed, &i->b);
	struct pkt *error;

	dead->gso_type = type;
	dead->gso_size = size_bytes;
	error = make_about(i, dead, DROP_IP_OPTIONS, 20);
	assert_int_equal(bed_see(error).quote_len, i->b.len);
	assert_memory_equal(bed_see(error).quote, i->b.bytes, i->b.len);
	pkt_put(error);
	pkt_put(dead);
}

/* A packet can die of its options before anybody looks at its transport header: then nobody knows
 * whether it can be split.                                                                       */
static void test_impossible_segment_is_quoted_as_it_is(void **state)
{
	struct icmp_bed i;

	(void)state;
	icmp_open(&i);
	build_tcp4(&i.b, addr(INSIDE), 1, addr(OUTSIDE), 2, TCP_ACK);
	build_tcp_hdr(&i.b)->doff = 15 << 4;
	expect_quoted_whole(&i, GSO_TCP4, 400);
	build_tcp_hdr(&i.b)->doff = 4 << 4;
	expect_quoted_whole(&i, GSO_TCP4, 400);
	build_tcp_hdr(&i.b)->doff = 5 << 4;
	expect_quoted_whole(&i, GSO_TCP4, 0);
	expect_quoted_whole(&i, GSO_UDP_L4, 4);
	build_udp4(&i.b, addr(INSIDE), 1, addr(OUTSIDE), 2, 0);
	expect_quoted_whole(&i, GSO_TCP4, 4);
	build_start(&i.b);
	build_ip4(&i.b, addr(INSIDE), addr(OUTSIDE), IP_PROTO_UDP);
	build_payload(&i.b, 4, 1);
	build_seal(&i.b);
	expect_quoted_whole(&i, GSO_UDP_L4, 2);
	bed_close(&i.bed);
}

/* DF of a packet that came in pieces: kept apart while it was whole. */
static void test_reassembled_is_quoted_with_df(void **state)
{
	struct icmp_bed i;
	struct pkt *dead, *error;
	struct seen quoted;

	(void)state;
	icmp_open(&i);
	dead = bed_pkt(&i.bed, &i.b);
	dead->flags |= PKT_REASSEMBLED | PKT_FRAG_DF;
	error = make_about(&i, dead, DROP_TOO_BIG_DF, 1280);
	assert_true(seen_parse_quote(&quoted, bed_see(error).quote, bed_see(error).quote_len));
	assert_true(quoted.df);
	pkt_put(error);
	pkt_put(dead);
	bed_close(&i.bed);
}

static void test_no_buffer(void **state)
{
	struct icmp_bed i;
	struct icmp_error_spec spec = { ICMP_UNREACH, 0, { 0 } };
	enum icmp_refusal why;
	struct pkt *dead, *taken[15];

	(void)state;
	icmp_open(&i);
	dead = bed_pkt(&i.bed, &i.b);
	for (u32 n = 0; n < ARRAY_COUNT(taken); n++)
		taken[n] = pkt_new(&i.bed.pool, 100);
	assert_null(icmp_error_make(&i.icmp, dead, &spec, addr(OURS), i.now, &why));
	assert_int_equal(why, ICMP_REFUSED_NO_BUFFER);
	assert_int_equal(i.icmp.count[ICMP_REFUSED_NO_BUFFER], 1);
	for (u32 n = 0; n < ARRAY_COUNT(taken); n++)
		pkt_put(taken[n]);
	pkt_put(dead);
	bed_close(&i.bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_code_for_each_death),
		cmocka_unit_test(test_all_other_deaths_are_silent),
		cmocka_unit_test(test_port_unreachable_is_for_udp),
		cmocka_unit_test(test_mtu_is_clamped),
		cmocka_unit_test(test_about_icmp),
		cmocka_unit_test(test_about_groups),
		cmocka_unit_test(test_about_link_layer_groups),
		cmocka_unit_test(test_about_fragments),
		cmocka_unit_test(test_source_that_is_no_single_host),
		cmocka_unit_test(test_rules_come_before_the_reset),
		cmocka_unit_test(test_every_refusal_has_a_sentence),
		cmocka_unit_test(test_header_of_the_error),
		cmocka_unit_test(test_type_of_service),
		cmocka_unit_test(test_identifiers_differ),
		cmocka_unit_test(test_quotation_sizes),
		cmocka_unit_test(test_quotation_with_options),
		cmocka_unit_test(test_quotation_has_the_ttl_that_arrived),
		cmocka_unit_test(test_partial_checksum_is_quoted_complete),
		cmocka_unit_test(test_impossible_checksum_is_left_alone),
		cmocka_unit_test(test_gso_is_quoted_as_its_first_part),
		cmocka_unit_test(test_impossible_segment_is_quoted_as_it_is),
		cmocka_unit_test(test_reassembled_is_quoted_with_df),
		cmocka_unit_test(test_no_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
