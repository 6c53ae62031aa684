/* SCTP, DCCP, UDP-Lite and GRE through the gateway: told apart, translated, every sum right. The
 * sums are computed here bit by bit, from the RFCs alone.                                        */
#include "core/ip/ip.h"
#include "unit/core_path/rules_bed.h"

enum { SCTP = IP_PROTO_SCTP, DCCP = IP_PROTO_DCCP, LITE = IP_PROTO_UDPLITE, GRE = IP_PROTO_GRE };
enum { L4 = 20, DATA = 40, LONG = 1000 };

static const u8 with_ports[] = { SCTP, DCCP, LITE };

static u32 crc_bit_by_bit(const u8 *at, u32 len)
{
	u32 sum = 0xffffffff;

	for (u32 n = 0; n < len; n++) {
		u8 byte = n >= 8 && n < 12 ? 0 : at[n];

		for (u32 bit = 0; bit < 8; bit++)
			sum = sum >> 1 ^ (((sum ^ byte >> bit) & 1) != 0 ? 0x82f63b78 : 0);
	}
	return ~sum;
}

/* What the sum over a pseudo-header and `covered` bytes comes to: all ones when it is right. */
static u32 sum_word_by_word(const u8 *ip, u32 len, u32 covered)
{
	u32 sum = ip[9] + len;

	for (u32 n = 12; n < 20; n += 2)
		sum += (u32)(ip[n] << 8 | ip[n + 1]);
	for (u32 n = 0; n < covered; n += 2)
		sum += (u32)(ip[L4 + n] << 8 | (n + 1 < covered ? ip[L4 + n + 1] : 0));
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static u32 covered_of(const u8 *ip, u32 len)
{
	u32 words = ip[L4 + 5] & 15u;

	if (ip[9] == LITE)
		return (u32)(ip[L4 + 4] << 8 | ip[L4 + 5]);
	/* RFC 4340 section 9.2: none of the data, or all but so many words of it, or everything. */
	return words == 0 ? len : (u32)ip[L4 + 4] * 4 + (words - 1) * 4;
}

static void sum_set(u8 *ip, u32 len)
{
	if (ip[9] == SCTP) {
		u32 sum = crc_bit_by_bit(ip + L4, len);

		for (u32 n = 0; n < 4; n++)
			ip[L4 + 8 + n] = (u8)(sum >> 8 * n);
	} else if (ip[9] != GRE) {
		u32 sum;

		ip[L4 + 6] = ip[L4 + 7] = 0;
		sum = ~sum_word_by_word(ip, len, covered_of(ip, len)) & 0xffff;
		sum = sum == 0 && ip[9] == LITE ? 0xffff : sum;
		ip[L4 + 6] = (u8)(sum >> 8);
		ip[L4 + 7] = (u8)sum;
	}
}

static bool sum_is_right(const u8 *ip, u32 len)
{
	if (ip[9] == SCTP)
		return ((u32)ip[L4 + 8] | (u32)ip[L4 + 9] << 8 | (u32)ip[L4 + 10] << 16 |
			(u32)ip[L4 + 11] << 24) == crc_bit_by_bit(ip + L4, len);
	return ip[9] == GRE || sum_word_by_word(ip, len, covered_of(ip, len)) == 0xffff;
}

/* A packet of so many bytes behind its IP header, which may be cut. */
static void make_data(struct path_bed *bed, u8 proto, u32 len, const char *src, const char *dst)
{
	build_start(&bed->b);
	build_ip4(&bed->b, addr(src), addr(dst), proto);
	build_ip(&bed->b)->frag = be16_of(0);
	build_payload(&bed->b, len, 0x41);
	build_seal(&bed->b);
}

/* Its transport header. */
static void make_header(struct path_bed *bed, u32 len, u16 sport, u16 dport)
{
	u8 proto = build_ip(&bed->b)->proto;
	u8 *l4 = bed->b.bytes + L4;

	be16_store(l4, be16_of(sport));
	be16_store(l4 + 2, be16_of(dport));
	if (proto == DCCP) {
		l4[4] = 4; /* words of the header */
		l4[5] = 1; /* no data covered */
	} else if (proto == LITE) {
		l4[4] = 0;
		l4[5] = 8; /* the header alone */
	}
	sum_set(bed->b.bytes, len);
}

static void make(struct path_bed *bed, u8 proto, const char *src, u16 sport, const char *dst,
		 u16 dport)
{
	make_data(bed, proto, DATA, src, dst);
	make_header(bed, DATA, sport, dport);
}

static const u8 *out_ip(const struct path_bed *bed)
{
	return bed->out.frame.bytes + bed->out.frame.l3;
}

static u16 out_port(const struct path_bed *bed, u32 at)
{
	return be16_host(be16_load(out_ip(bed) + L4 + at));
}

/* It passes, with every sum right. */
static void pass(struct path_bed *bed, u16 in_if)
{
	(void)path_pass(bed, in_if);
	assert_true(sum_is_right(out_ip(bed), DATA));
}

/* Out as somebody else, and the answer back; the data is untouched. */
static void there_and_back(struct path_bed *bed, u8 proto, const char *host, u16 sport, u16 *public)
{
	u8 data[DATA - 12];

	make(bed, proto, host, sport, SERVER, 80);
	memcpy(data, bed->b.bytes + L4 + 12, sizeof data);
	pass(bed, RIG_IN);
	assert_int_equal(bed->out.out_if, RIG_OUT);
	assert_true(be32_eq(bed->out.seen.src, addr(GATEWAY_OUT)));
	*public = out_port(bed, 0);
	assert_int_equal(out_port(bed, 2), 80);
	assert_memory_equal(out_ip(bed) + L4 + 12, data, sizeof data);
	make(bed, proto, SERVER, 80, GATEWAY_OUT, *public);
	pass(bed, RIG_OUT);
	assert_int_equal(bed->out.out_if, RIG_IN);
	assert_true(be32_eq(bed->out.seen.dst, addr(host)));
	assert_int_equal(out_port(bed, 2), sport);
}

static void test_two_hosts_with_one_port(void **state)
{
	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(with_ports); n++) {
		for (u32 mapping = 0; mapping < 2; mapping++) {
			struct path_bed *bed = path_bed_new();
			u16 first, second;

			rig_conf_mapping(&bed->conf, (enum nat_mapping)mapping,
					 NAT_FILTER_ADDRESS_PORT);
			path_bed_start(bed);
			there_and_back(bed, with_ports[n], HOST, 5000, &first);
			there_and_back(bed, with_ports[n], "10.10.0.6", 5000, &second);
			assert_int_not_equal(first, second);
			there_and_back(bed, with_ports[n], HOST, 5000, &second);
			assert_int_equal(first, second);
			path_bed_close(bed);
		}
	}
}

/* One port for all destinations (RFC 5597 REQ-1), one that no other protocol is confused by. */
static void test_endpoint_independent_by_default(void **state)
{
	struct path_bed *bed = path_bed_open();

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(with_ports); n++) {
		u16 port;

		make(bed, with_ports[n], HOST, 5000, SERVER, 80);
		pass(bed, RIG_IN);
		port = out_port(bed, 0);
		make(bed, with_ports[n], HOST, 5000, "203.0.113.77", 90);
		pass(bed, RIG_IN);
		assert_int_equal(out_port(bed, 0), port);
		/* The filter is by address: another port of that host may answer. */
		make(bed, with_ports[n], "203.0.113.77", 99, GATEWAY_OUT, port);
		pass(bed, RIG_OUT);
		assert_true(be32_eq(bed->out.seen.dst, addr(HOST)));
	}
	path_bed_close(bed);
}

/* RFC 3828 section 3.1 has none: whoever receives it has to drop it, so it stays what it is, and an
 * error about it quotes what its sender made.                                                    */
static void test_udplite_without_a_sum(void **state)
{
	struct path_bed *bed = path_bed_open();

	(void)state;
	make(bed, LITE, HOST, 5000, SERVER, 80);
	be16_store(bed->b.bytes + L4 + 6, be16_of(0));
	assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
	assert_true(rig_next(&bed->rig, &bed->out));
	assert_true(be32_eq(bed->out.seen.src, addr(GATEWAY_OUT)));
	assert_int_equal(out_port(bed, 6), 0);
	path_bed_close(bed);
}

/* The receiver is to see the damage: a sum is never made right. */
static void test_damage_stays(void **state)
{
	struct path_bed *bed = path_bed_open();

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(with_ports); n++) {
		make(bed, with_ports[n], HOST, 5000, SERVER, 80);
		bed->b.bytes[L4 + (with_ports[n] == SCTP ? 30 : 6)] ^= 0x10;
		assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
		assert_true(rig_next(&bed->rig, &bed->out));
		assert_false(sum_is_right(out_ip(bed), DATA));
	}
	path_bed_close(bed);
}

/* An error about a translated packet: its sender gets its own bytes back, sums and all. */
static void test_errors_quote_the_sender(void **state)
{
	struct path_bed *bed = path_bed_open();
	struct build sent, left;

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(with_ports); n++) {
		make(bed, with_ports[n], HOST, 5000, SERVER, 80);
		sent = bed->b;
		pass(bed, RIG_IN);
		build_start(&left);
		build_bytes(&left, out_ip(bed), bed->out.seen.len);
		build_error4(&bed->b, addr("198.18.0.2"), addr(GATEWAY_OUT), ICMP_UNREACH, 1, 0);
		build_quote(&bed->b, left.bytes, left.len);
		(void)path_pass(bed, RIG_OUT);
		assert_true(be32_eq(bed->out.seen.dst, addr(HOST)));
		assert_memory_equal(bed->out.seen.quote + L4, sent.bytes + L4, DATA);
		/* Cut behind the ports. */
		build_error4(&bed->b, addr("198.18.0.2"), addr(GATEWAY_OUT), ICMP_UNREACH, 1, 0);
		build_quote(&bed->b, left.bytes, 28);
		(void)path_pass(bed, RIG_OUT);
		assert_memory_equal(bed->out.seen.quote + L4, sent.bytes + L4, 8);
		/* And behind the header: how long the whole was stands in its IP header. */
		build_error4(&bed->b, addr("198.18.0.2"), addr(GATEWAY_OUT), ICMP_UNREACH, 1, 0);
		build_quote(&bed->b, left.bytes, 33);
		(void)path_pass(bed, RIG_OUT);
		assert_memory_equal(bed->out.seen.quote + L4, sent.bytes + L4, 13);
	}
	path_bed_close(bed);
}

/* Of a first fragment nobody knows how long the whole was: the ports are the sender's, and the sum
 * is the one that left.                                                                          */
static void test_quoted_fragments_of_sctp(void **state)
{
	struct path_bed *bed = path_bed_open();
	struct build sent, left;

	(void)state;
	make(bed, SCTP, HOST, 5000, SERVER, 80);
	sent = bed->b;
	pass(bed, RIG_IN);
	build_start(&left);
	build_bytes(&left, out_ip(bed), bed->out.seen.len);
	build_ip(&left)->frag = be16_of(IP4_MF);
	ip_set_csum(build_ip(&left));
	build_error4(&bed->b, addr("198.18.0.2"), addr(GATEWAY_OUT), ICMP_UNREACH, 1, 0);
	build_quote(&bed->b, left.bytes, left.len);
	(void)path_pass(bed, RIG_OUT);
	assert_memory_equal(bed->out.seen.quote + L4, sent.bytes + L4, 8);
	assert_memory_equal(bed->out.seen.quote + L4 + 8, left.bytes + L4 + 8, DATA - 8);
	path_bed_close(bed);
}

/* What was cut here, and dies when its next hop does not answer, is quoted with the sum of the
 * whole packet that its sender made.                                                             */
static void test_the_cut_are_quoted_as_sent(void **state)
{
	struct path_bed *bed = path_bed_new();
	struct build sent;

	(void)state;
	bed->conf.iface[RIG_OUT].mtu = 600;
	path_bed_start(bed);
	bed->rig.silent[bed->rig.silent_count++] = addr("198.18.0.2");
	for (u32 n = 0; n < ARRAY_COUNT(with_ports); n++) {
		u64 failed = rig_drop_count(&bed->rig, DROP_NEIGH_FAILED);

		make_data(bed, with_ports[n], LONG, HOST, SERVER);
		make_header(bed, LONG, 5000, 80);
		sent = bed->b;
		assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
		for (u32 step = 0; step < 200 && !rig_next(&bed->rig, &bed->out); step++)
			rig_advance(&bed->rig, 100 * NS_PER_MS);
		assert_true(rig_drop_count(&bed->rig, DROP_NEIGH_FAILED) > failed);
		assert_int_equal(bed->out.seen.type, ICMP_UNREACH);
		assert_true(bed->out.seen.quote_len > L4 + 100);
		assert_memory_equal(bed->out.seen.quote + L4, sent.bytes + L4,
				    bed->out.seen.quote_len - L4);
		rig_drain(&bed->rig);
	}
	path_bed_close(bed);
}

/* What dies behind POSTROUTING is turned back before it is quoted. */
static void test_the_dead_are_quoted_as_sent(void **state)
{
	struct path_bed *bed = path_bed_open();

	(void)state;
	sluice_set_link(bed->rig.s, RIG_OUT, false);
	for (u32 n = 0; n < ARRAY_COUNT(with_ports); n++) {
		make(bed, with_ports[n], HOST, 5000, SERVER, 80);
		assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
		assert_true(rig_next(&bed->rig, &bed->out));
		assert_int_equal(bed->out.seen.type, ICMP_UNREACH);
		assert_memory_equal(bed->out.seen.quote, bed->b.bytes, bed->b.len);
	}
	path_bed_close(bed);
}

/* A sender on this machine leaves the sum to a device that does not exist. */
static void test_sctp_left_to_the_hardware(void **state)
{
	struct path_bed *bed = path_bed_open();
	struct pkt *pkt;

	(void)state;
	make(bed, SCTP, HOST, 5000, SERVER, 80);
	bed->b.bytes[L4 + 8] ^= 0x55;
	pkt = rig_make(&bed->rig, RIG_IN, &bed->b);
	pkt->flags |= PKT_CSUM_PARTIAL;
	pkt->csum_start = L4;
	pkt->csum_offset = 8;
	rig_input(&bed->rig, pkt);
	assert_true(rig_next(&bed->rig, &bed->out));
	assert_int_equal(bed->out.flags & PKT_CSUM_PARTIAL, 0);
	assert_true(sum_is_right(out_ip(bed), DATA));
	/* A place where no sum stands is refused. */
	for (u32 n = 0; n < ARRAY_COUNT(with_ports); n++) {
		make(bed, with_ports[n], HOST, 5000, SERVER, 80);
		pkt = rig_make(&bed->rig, RIG_IN, &bed->b);
		pkt->flags |= PKT_CSUM_PARTIAL;
		pkt->csum_start = L4;
		pkt->csum_offset = 2;
		rig_input(&bed->rig, pkt);
		assert_int_equal(rig_drop_count(&bed->rig, DROP_L4_SHORT), n + 1);
	}
	path_bed_close(bed);
}

/* ---- GRE ------------------------------------------------------------------------------------- */

static void make_gre(struct path_bed *bed, const char *src, const char *dst, u8 flags, u8 version,
		     u32 key)
{
	u8 *gre, *at;

	make(bed, GRE, src, 0, dst, 0);
	gre = bed->b.bytes + L4;
	gre[0] = flags;
	gre[1] = version;
	at = gre + ((flags & 0x80) != 0 ? 8 : 4);
	be32_store(at, be32_of(key));
}

static void expect_host(struct path_bed *bed, const char *host)
{
	(void)path_pass(bed, RIG_OUT);
	assert_int_equal(bed->out.out_if, RIG_IN);
	assert_true(be32_eq(bed->out.seen.dst, addr(host)));
}

/* Two tunnels to one end through one address, by their keys; the bytes stay as they are. */
static void test_gre_keys_tell_tunnels_apart(void **state)
{
	static const u8 flags[] = { 0x20, 0xa0, 0x30 };

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(flags); n++) {
		struct path_bed *bed = path_bed_open();

		make_gre(bed, HOST, SERVER, flags[n], 0, 0x00010002);
		(void)path_pass(bed, RIG_IN);
		assert_memory_equal(out_ip(bed) + L4, bed->b.bytes + L4, DATA);
		make_gre(bed, "10.10.0.6", SERVER, flags[n], 0, 77);
		(void)path_pass(bed, RIG_IN);
		make_gre(bed, SERVER, GATEWAY_OUT, flags[n], 0, 0x00010002);
		expect_host(bed, HOST);
		make_gre(bed, SERVER, GATEWAY_OUT, flags[n], 0, 77);
		expect_host(bed, "10.10.0.6");
		/* A key that somebody has already: nothing would tell the answers apart. */
		make_gre(bed, "10.10.0.7", SERVER, flags[n], 0, 77);
		assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
		assert_int_equal(rig_drop_count(&bed->rig, DROP_NAT_NO_PORT), 1);
		path_bed_close(bed);
	}
}

/* Without a key, and for PPTP, whose call identifiers differ each way, addresses have to do. */
static void test_gre_without_a_key(void **state)
{
	(void)state;
	for (u32 pptp = 0; pptp < 2; pptp++) {
		struct path_bed *bed = path_bed_open();

		make_gre(bed, HOST, SERVER, pptp ? 0x30 : 0, pptp ? 0x81 : 0, 0x00200005);
		(void)path_pass(bed, RIG_IN);
		make_gre(bed, SERVER, GATEWAY_OUT, pptp ? 0x30 : 0, pptp ? 0x81 : 0, 0x00200009);
		expect_host(bed, HOST);
		path_bed_close(bed);
	}
}

/* Shorter than its flags say: no key, and nothing is read beyond the end. */
static void test_gre_cut_off(void **state)
{
	struct path_bed *bed = path_bed_open();

	(void)state;
	for (u32 len = 0; len < 12; len++) {
		build_start(&bed->b);
		build_ip4(&bed->b, addr(HOST), addr(SERVER), GRE);
		build_bytes(&bed->b, "\xb0\0\x08\0\1\2\3\4\5\6\7\x08", len);
		build_seal(&bed->b);
		(void)path_pass(bed, RIG_IN);
	}
	assert_int_equal(sluice_flow_count(bed->rig.s), 1);
	path_bed_close(bed);
}

static void test_gre_errors_find_the_tunnel(void **state)
{
	struct path_bed *bed = path_bed_open();
	struct build left;

	(void)state;
	make_gre(bed, HOST, SERVER, 0x20, 0, 5);
	(void)path_pass(bed, RIG_IN);
	make_gre(bed, "10.10.0.6", SERVER, 0x20, 0, 6);
	(void)path_pass(bed, RIG_IN);
	build_start(&left);
	build_bytes(&left, out_ip(bed), bed->out.seen.len);
	build_error4(&bed->b, addr("198.18.0.2"), addr(GATEWAY_OUT), ICMP_UNREACH, 1, 0);
	build_quote(&bed->b, left.bytes, 28);
	expect_host(bed, "10.10.0.6");
	path_bed_close(bed);
}

/* ---- the filter ------------------------------------------------------------------------------ */

/* A rule about ports stops each protocol that has them, named or not. */
static void test_filter_by_port(void **state)
{
	(void)state;
	for (u32 n = 0; n < 2 * ARRAY_COUNT(with_ports); n++) {
		struct rules rules = { 0 };
		struct filter_rule_conf *rule = add(&rules, FILTER_FORWARD, FILTER_DROP);
		u8 proto = with_ports[n / 2];
		struct path_bed *bed;

		rule->proto = n % 2 == 0 ? proto : FILTER_PROTO_ANY;
		rule->dport.first = rule->dport.last = 80;
		bed = open_with(&rules);
		make(bed, proto, HOST, 5000, SERVER, 80);
		dies(bed, RIG_IN, DROP_FILTER_FORWARD);
		make(bed, proto, HOST, 5000, SERVER, 81);
		pass(bed, RIG_IN);
		path_bed_close(bed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_hosts_with_one_port),
		cmocka_unit_test(test_endpoint_independent_by_default),
		cmocka_unit_test(test_udplite_without_a_sum),
		cmocka_unit_test(test_damage_stays),
		cmocka_unit_test(test_errors_quote_the_sender),
		cmocka_unit_test(test_quoted_fragments_of_sctp),
		cmocka_unit_test(test_the_dead_are_quoted_as_sent),
		cmocka_unit_test(test_the_cut_are_quoted_as_sent),
		cmocka_unit_test(test_sctp_left_to_the_hardware),
		cmocka_unit_test(test_gre_keys_tell_tunnels_apart),
		cmocka_unit_test(test_gre_without_a_key),
		cmocka_unit_test(test_gre_cut_off),
		cmocka_unit_test(test_gre_errors_find_the_tunnel),
		cmocka_unit_test(test_filter_by_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
