/* The decisions: mappings that own their ports, filters, pools, one-to-one, hairpin, clashes. */
#include "fake/service.h"
#include "unit/core_nat/nat_bed.h"

enum { TCP = IP_PROTO_TCP, UDP = IP_PROTO_UDP, ICMP = IP_PROTO_ICMP, GRE = 47 };

static void expect_end(struct end got, struct end want)
{
	assert_int_equal(be32_host(got.addr), be32_host(want.addr));
	assert_int_equal(got.port, want.port);
}

static struct end dst_of(struct tuple out)
{
	return (struct end){ out.dst, be16_host(out.dport) };
}

static struct end src_of(struct tuple out)
{
	return (struct end){ out.src, be16_host(out.sport) };
}

/* ---- endpoint-independent mapping ------------------------------------------------------------ */

/* RFC 4787 REQ-1; another inside endpoint never shares the port, to whatever destination. */
static void test_mapping_is_one_for_all_destinations(void **state)
{
	struct nat_bed *bed = nat_bed_new(4096);
	static u8 owner[65536];

	(void)state;
	memset(owner, 0, sizeof owner);
	bed->conf.masquerade_port_first = 2048;
	bed->conf.masquerade_port_last = 2048 + 255;
	nat_bed_start(bed);
	for (u32 n = 0; n < 256; n++) {
		struct end mine = nat_bed_public(bed, inside_end(n), SERVER, UDP);

		assert_int_equal(owner[mine.port], 0);
		owner[mine.port] = 1;
		for (u32 dst = 0; dst < 3; dst++)
			expect_end(nat_bed_public(bed, inside_end(n),
						  (struct end){ be32_of(0xcb007100 + dst), 9 },
						  UDP),
				   mine);
	}
	assert_int_equal(bed->nat.mapping.live, 256);
	/* Other destinations or not: the ports are owned. */
	nat_bed_dies(bed, inside_end(256), SERVER2, UDP, DROP_NAT_NO_PORT);
	nat_bed_check(bed);
	nat_bed_close(bed);
}

/* RFC 4787 REQ-4. */
static void test_mapping_keeps_parity_while_it_can(void **state)
{
	struct nat_bed *bed = nat_bed_new(4096);
	u32 other = 0;

	(void)state;
	bed->conf.masquerade_port_first = 2048;
	bed->conf.masquerade_port_last = 2048 + 255;
	nat_bed_start(bed);
	for (u32 n = 0; n < 128; n++) {
		struct end src = { inside_end(n).addr, 5000 };

		assert_int_equal(nat_bed_public(bed, src, SERVER, UDP).port % 2, 0);
	}
	for (u32 n = 0; n < 10; n++) {
		struct end src = { inside_end(200 + n).addr, 5000 };

		other += nat_bed_public(bed, src, SERVER, UDP).port % 2;
	}
	assert_int_equal(other, 10);
	nat_bed_close(bed);
}

/* RFC 7857 section 8: it may be turned off; then even and odd come as they fall. */
static void test_mapping_without_parity(void **state)
{
	struct nat_bed *bed = nat_bed_new(4096);
	u32 odd = 0;

	(void)state;
	bed->conf.rule[0].parity = false;
	nat_bed_start(bed);
	for (u32 n = 0; n < 400; n++) {
		struct end src = { inside_end(n).addr, 5000 };

		odd += nat_bed_public(bed, src, SERVER, UDP).port % 2;
	}
	assert_in_range(odd, 140, 260);
	nat_bed_close(bed);
}

/* RFC 6888 REQ-8: a port that was left rests; only who had it gets it again. */
static void test_mapping_rests_before_others_get_it(void **state)
{
	struct nat_bed *bed = nat_bed_new(64);
	struct end mine;

	(void)state;
	bed->conf.masquerade_port_first = bed->conf.masquerade_port_last = 4000;
	nat_bed_start(bed);
	mine = nat_bed_public(bed, inside_end(1), SERVER, UDP);
	nat_bed_dies(bed, inside_end(2), SERVER2, UDP, DROP_NAT_NO_PORT);
	nat_bed_end(bed, inside_end(1), SERVER, UDP);
	nat_bed_check(bed);
	/* Its time is over: nobody comes in by it any more, though the port is still held. */
	assert_int_equal(nat_bed_pass(bed, SERVER, mine, UDP).dport.raw, be16_of(4000).raw);
	bed->now += (bed->conf.quarantine_s - 1) * NS_PER_SEC;
	nat_tick(&bed->nat, bed->now);
	nat_bed_dies(bed, inside_end(2), SERVER2, UDP, DROP_NAT_NO_PORT);
	expect_end(nat_bed_public(bed, inside_end(1), SERVER2, UDP), mine);
	assert_int_equal(bed->nat.stats.mappings_revived, 1);
	nat_bed_end(bed, inside_end(1), SERVER2, UDP);
	assert_true(nat_next(&bed->nat, bed->now) ==
		    bed->now + bed->conf.quarantine_s * NS_PER_SEC);
	bed->now += bed->conf.quarantine_s * NS_PER_SEC;
	nat_tick(&bed->nat, bed->now);
	assert_true(nat_next(&bed->nat, bed->now) == NS_NEVER);
	assert_int_equal(nat_bed_public(bed, inside_end(2), SERVER2, UDP).port, 4000);
	nat_bed_check(bed);
	nat_bed_close(bed);
}

/* Nobody uses those that rest: the oldest makes room, one with flows never. */
static void test_resting_mappings_make_room(void **state)
{
	struct nat_bed *bed = nat_bed_new(64);
	struct end second, third;

	(void)state;
	bed->conf.mapping_count = 3;
	nat_bed_start(bed);
	(void)nat_bed_public(bed, inside_end(1), SERVER, UDP);
	second = nat_bed_public(bed, inside_end(2), SERVER, UDP);
	third = nat_bed_public(bed, inside_end(3), SERVER, UDP);
	nat_bed_end(bed, inside_end(1), SERVER, UDP);
	bed->now += NS_PER_SEC;
	nat_bed_end(bed, inside_end(2), SERVER, UDP);
	(void)nat_bed_public(bed, inside_end(4), SERVER, UDP);
	nat_bed_check(bed);
	assert_int_equal(bed->nat.stats.mappings_taken, 1);
	assert_int_equal(nat_mapping_by_inside(&bed->nat, inside_end(1).addr,
					       be16_of(inside_end(1).port), UDP, 0),
			 IDX_NONE);
	expect_end(nat_bed_public(bed, inside_end(2), SERVER2, UDP), second);
	assert_int_equal(bed->nat.stats.mappings_revived, 1);
	nat_bed_dies(bed, inside_end(5), SERVER, UDP, DROP_NAT_MAPPING_FULL);
	expect_end(nat_bed_public(bed, inside_end(3), SERVER2, UDP), third);
	assert_int_equal(bed->nat.stats.mappings_taken, 1);
	nat_bed_check(bed);
	nat_bed_close(bed);
}

/* One that rests is not taken for a flow that then gets no port. */
static void test_no_port_takes_no_mapping(void **state)
{
	struct nat_bed *bed = nat_bed_new(64);

	(void)state;
	bed->conf.mapping_count = 1;
	bed->conf.masquerade_port_first = bed->conf.masquerade_port_last = 4000;
	nat_bed_start(bed);
	(void)nat_bed_public(bed, inside_end(1), SERVER, UDP);
	nat_bed_end(bed, inside_end(1), SERVER, UDP);
	nat_bed_dies(bed, inside_end(2), SERVER, UDP, DROP_NAT_NO_PORT);
	assert_int_equal(bed->nat.mapping.live, 1);
	assert_int_equal(bed->nat.stats.mappings_taken, 0);
	nat_bed_check(bed);
	nat_bed_close(bed);
}

/* A packet that died after its mapping was made leaves none behind. */
static void test_abandoned_mapping_does_not_rest(void **state)
{
	struct nat_bed *bed = nat_bed_open(64);
	struct tuple_key key = { { inside_end(1).addr, SERVER.addr, be16_of(2000), be16_of(443) },
				 UDP,
				 0 };
	struct nat_way way = { 1, true, true, bed->now };
	struct pkt pkt = { .drop = DROP_NONE };
	u32 idx = ct_new(&bed->ct, &key, bed->now);

	(void)state;
	assert_true(verdict_is_accept(nat_src(&bed->nat, &bed->ct, &bed->stats, &pkt, idx, &way)));
	assert_int_equal(bed->nat.mapping.live, 1);
	ct_abandon(&bed->ct, idx);
	nat_bed_drain(bed);
	assert_int_equal(bed->nat.mapping.live, 0);
	assert_int_equal(bed->nat.peer.live, 0);
	nat_bed_check(bed);
	nat_bed_close(bed);
}

static void test_mapping_table_full(void **state)
{
	struct nat_bed *bed = nat_bed_new(64);

	(void)state;
	bed->conf.mapping_count = 3;
	nat_bed_start(bed);
	for (u32 n = 0; n < 3; n++)
		(void)nat_bed_pass(bed, inside_end(n), SERVER, UDP);
	nat_bed_dies(bed, inside_end(3), SERVER, UDP, DROP_NAT_MAPPING_FULL);
	assert_int_equal(bed->nat.stats.no_mapping, 1);
	(void)nat_bed_pass(bed, inside_end(2), SERVER2, UDP);
	nat_bed_check(bed);
	nat_bed_close(bed);
}

/* ---- filters --------------------------------------------------------------------------------- */

struct filter_case {
	enum nat_filtering filtering;
	bool same_host, stranger;
};

/* RFC 4787 REQ-8. */
static void test_filters(void **state)
{
	static const struct filter_case cases[] = {
		{ NAT_FILTER_ENDPOINT_INDEPENDENT, true, true },
		{ NAT_FILTER_ADDRESS, true, false },
		{ NAT_FILTER_ADDRESS_PORT, false, false },
	};

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(cases); n++) {
		struct nat_bed *bed = nat_bed_new(64);
		struct end mine, senders[2] = { { SERVER.addr, 9999 }, SERVER2 };
		bool admits[2] = { cases[n].same_host, cases[n].stranger };

		conf_kind(&bed->conf, NAT_MAP_ENDPOINT_INDEPENDENT, cases[n].filtering);
		nat_bed_start(bed);
		mine = nat_bed_public(bed, inside_end(1), SERVER, UDP);
		expect_end(dst_of(nat_bed_pass(bed, SERVER, mine, UDP)), inside_end(1));
		for (u32 who = 0; who < 2; who++) {
			if (admits[who])
				expect_end(dst_of(nat_bed_pass(bed, senders[who], mine, UDP)),
					   inside_end(1));
			else
				nat_bed_dies(bed, senders[who], mine, UDP, DROP_NAT_FILTERED);
		}
		nat_bed_check(bed);
		nat_bed_close(bed);
	}
}

/* Whom the owner does not speak to any more is a stranger again. */
static void test_filter_forgets_with_the_last_flow(void **state)
{
	struct nat_bed *bed = nat_bed_open(64);
	struct end mine = nat_bed_public(bed, inside_end(1), SERVER, UDP);
	struct end second = { SERVER.addr, 444 }, late = { SERVER.addr, 9999 };

	(void)state;
	(void)nat_bed_pass(bed, inside_end(1), second, UDP);
	(void)nat_bed_pass(bed, inside_end(1), SERVER2, UDP);
	nat_bed_end(bed, inside_end(1), SERVER, UDP);
	(void)nat_bed_pass(bed, late, mine, UDP);
	nat_bed_end(bed, late, mine, UDP);
	nat_bed_end(bed, inside_end(1), second, UDP);
	nat_bed_dies(bed, late, mine, UDP, DROP_NAT_FILTERED);
	nat_bed_check(bed);
	nat_bed_close(bed);
}

/* It is about who was sent to, wherever the sender thought it would go: here a service's address,
 * and behind it a backend outside (RFC 4787 section 5, "external endpoint").                     */
static void test_filter_knows_the_backend(void **state)
{
	struct nat_bed *bed = nat_bed_new(64);
	struct end public = { addr("198.18.0.1"), 53 };
	struct service_conf *service;
	be32 none[NAT_IFACE_MAX] = { 0 };
	struct end mine, backend = SERVER;

	(void)state;
	conf_kind(&bed->conf, NAT_MAP_ENDPOINT_INDEPENDENT, NAT_FILTER_ADDRESS);
	service = fake_service(&bed->conf.balance, "dns", "198.18.0.1", 53);
	service->proto = UDP;
	service->hairpin = true;
	(void)fake_backend(&bed->conf.balance, "203.0.113.77", 0);
	backend.addr = addr("203.0.113.77");
	nat_bed_start(bed);
	balance_configure(&bed->nat.balance, &bed->conf.balance, none, bed->now);
	mine = nat_bed_public(bed, inside_end(1), public, UDP);
	backend.port = 9999;
	expect_end(dst_of(nat_bed_pass(bed, backend, mine, UDP)), inside_end(1));
	nat_bed_end(bed, backend, mine, UDP);
	nat_bed_end(bed, inside_end(1), public, UDP);
	(void)nat_bed_pass(bed, inside_end(1), SERVER2, UDP);
	nat_bed_dies(bed, backend, mine, UDP, DROP_NAT_FILTERED);
	nat_bed_check(bed);
	nat_bed_close(bed);
}

/* A port of a service is given to no mapping: what comes for it would go to the service. */
static void test_mappings_leave_services_their_ports(void **state)
{
	struct nat_bed *bed = nat_bed_new(64);
	be32 none[NAT_IFACE_MAX] = { 0 };
	struct service_conf *service;

	(void)state;
	bed->conf.masquerade_port_first = 4000;
	bed->conf.masquerade_port_last = 4009;
	service = fake_service(&bed->conf.balance, "dns", "198.18.0.1", 4000);
	service->port_last = 4008;
	service->proto = UDP;
	(void)fake_backend(&bed->conf.balance, "10.10.1.1", 0);
	nat_bed_start(bed);
	balance_configure(&bed->nat.balance, &bed->conf.balance, none, bed->now);
	assert_int_equal(nat_bed_public(bed, inside_end(1), SERVER, UDP).port, 4009);
	nat_bed_dies(bed, inside_end(2), SERVER, UDP, DROP_NAT_NO_PORT);
	nat_bed_check(bed);
	nat_bed_close(bed);
}

static bool claims(const struct nat_bed *bed, const struct end *at, u8 proto)
{
	struct tuple_key key = { { SERVER.addr, at->addr, be16_of(SERVER.port), be16_of(at->port) },
				 proto,
				 0 };

	return nat_claims(&bed->nat, &key, false);
}

/* What comes for a public port without a mapping stays as it is: route decides (unsolicited). */
static void test_no_mapping_no_translation(void **state)
{
	struct nat_bed *bed = nat_bed_open(64);
	struct end mine = nat_bed_public(bed, inside_end(1), SERVER, UDP);
	struct end other = { mine.addr, (u16)(mine.port ^ 1) };

	(void)state;
	expect_end(dst_of(nat_bed_pass(bed, SERVER, other, UDP)), other);
	assert_true(claims(bed, &mine, UDP));
	assert_false(claims(bed, &mine, TCP));
	assert_false(claims(bed, &other, UDP));
	nat_bed_check(bed);
	nat_bed_close(bed);
}

/* ---- pools ----------------------------------------------------------------------------------- */

/* RFC 4787 REQ-2: one host, one address, whatever the protocol; several hosts spread. */
static void test_pool_is_paired_and_spread(void **state)
{
	struct nat_bed *bed = nat_bed_new(1024);
	bool used[4] = { false };

	(void)state;
	conf_pool(&bed->conf, "198.18.1.1", "198.18.1.4");
	nat_bed_start(bed);
	for (u32 n = 0; n < 40; n++) {
		be32 first = nat_bed_public(bed, inside_end(n), SERVER, TCP).addr;

		used[be32_host(first) - 0xc6120101] = true;
		for (u16 port = 5000; port < 5005; port++) {
			struct end src = { inside_end(n).addr, port };

			assert_true(be32_eq(nat_bed_public(bed, src, SERVER, TCP).addr, first));
			assert_true(be32_eq(nat_bed_public(bed, src, SERVER2, UDP).addr, first));
		}
	}
	assert_true(used[0] && used[1] && used[2] && used[3]);
	nat_bed_check(bed);
	nat_bed_close(bed);
}

/* Ports out on the paired address: the next ones serve, until all n times as many are given. */
static void test_pool_overflows_and_strict_does_not(void **state)
{
	(void)state;
	for (u32 strict = 0; strict < 2; strict++) {
		for (u32 mapping = 0; mapping < 2; mapping++) {
			struct nat_bed *bed = nat_bed_new(256);
			u32 passed = 0;
			enum drop drop;

			conf_pool(&bed->conf, "198.18.1.1", "198.18.1.3");
			bed->conf.pool[0].port_first = 2000;
			bed->conf.pool[0].port_last = 2009;
			bed->conf.pool[0].strict_pairing = strict;
			conf_kind(&bed->conf, (enum nat_mapping)mapping, NAT_FILTER_ADDRESS);
			nat_bed_start(bed);
			for (u16 port = 5000; port < 5040; port++) {
				struct end src = { inside_end(1).addr, port };

				passed += nat_bed_packet(bed, src, SERVER, UDP, &drop) != IDX_NONE;
			}
			assert_int_equal(passed, strict ? 10 : 30);
			assert_string_equal(drop_name(drop), drop_name(DROP_NAT_NO_PORT));
			nat_bed_check(bed);
			nat_bed_close(bed);
		}
	}
}

/* Nothing but the address tells flows of other protocols apart: one per destination and address. */
static void test_other_protocols_share_no_address(void **state)
{
	struct nat_bed *bed = nat_bed_new(64);
	struct end any = { SERVER.addr, 0 };
	struct tuple out[2];

	(void)state;
	conf_pool(&bed->conf, "198.18.1.1", "198.18.1.2");
	nat_bed_start(bed);
	for (u32 n = 0; n < 2; n++)
		out[n] = nat_bed_pass(bed, (struct end){ inside_end(n).addr, 0 }, any, GRE);
	assert_false(be32_eq(out[0].src, out[1].src));
	nat_bed_dies(bed, (struct end){ inside_end(2).addr, 0 }, any, GRE, DROP_NAT_NO_PORT);
	(void)nat_bed_pass(bed, (struct end){ inside_end(2).addr, 0 },
			   (struct end){ SERVER2.addr, 0 }, GRE);
	nat_bed_check(bed);
	nat_bed_close(bed);
}

/* ---- one-to-one ------------------------------------------------------------------------------ */

static struct nat_bed *bed_static(void)
{
	struct nat_bed *bed = nat_bed_new(64);

	bed->conf.static_count = 1;
	bed->conf.fixed[0] = (struct nat_static_conf){
		addr("10.10.0.0"), addr("198.18.5.0"), 24, 0 };
	nat_bed_start(bed);
	return bed;
}

static void test_one_to_one_both_ways(void **state)
{
	struct nat_bed *bed = bed_static();
	struct end host = end_of("10.10.0.33", 5555), seen = end_of("198.18.5.33", 5555);

	(void)state;
	expect_end(nat_bed_public(bed, host, SERVER, TCP), seen);
	expect_end(dst_of(nat_bed_pass(bed, SERVER, seen, TCP)), host);
	/* From outside, to a port that was never used. */
	expect_end(dst_of(nat_bed_pass(bed, SERVER2, end_of("198.18.5.77", 22), TCP)),
		   end_of("10.10.0.77", 22));
	expect_end(nat_bed_public(bed, end_of("10.10.0.77", 22), SERVER2, TCP),
		   end_of("198.18.5.77", 22));
	assert_true(be32_eq(
		nat_bed_pass(bed, end_of("10.10.0.2", 0), end_of("203.0.113.9", 0), GRE).src,
		addr("198.18.5.2")));
	/* Its neighbours outside of the prefix masquerade. */
	assert_true(be32_eq(nat_bed_public(bed, end_of("10.10.1.1", 1), SERVER, TCP).addr,
			    addr("198.18.0.1")));
	nat_bed_check(bed);
	nat_bed_close(bed);
}

/* RFC 4787 REQ-9: inside hosts reach each other by public addresses, and see public addresses. */
static void test_hairpin(void **state)
{
	struct nat_bed *bed = nat_bed_open(64);
	struct end a = inside_end(1), b = inside_end(2);
	struct end public_b = nat_bed_public(bed, b, SERVER, UDP);
	struct tuple out = nat_bed_pass(bed, a, public_b, UDP);

	(void)state;
	expect_end(dst_of(out), b);
	assert_true(be32_eq(out.src, addr("198.18.0.1")));
	/* The answer goes back as it came; a mapping is one for all, hairpin or not. */
	out = nat_bed_pass(bed, b, src_of(out), UDP);
	expect_end(dst_of(out), a);
	expect_end(src_of(out), public_b);
	nat_bed_check(bed);
	nat_bed_close(bed);
}

static void test_hairpin_off(void **state)
{
	struct nat_bed *bed = nat_bed_new(64);
	struct end public_b;

	(void)state;
	bed->conf.rule[0].hairpin = false;
	nat_bed_start(bed);
	public_b = nat_bed_public(bed, inside_end(2), SERVER, UDP);
	nat_bed_dies(bed, inside_end(1), public_b, UDP, DROP_NAT_FILTERED);
	nat_bed_close(bed);
}

/* A host that masquerades to the public address of one that is translated one-to-one. */
static void test_hairpin_to_one_to_one(void **state)
{
	struct nat_bed *bed = bed_static();
	struct end a = end_of("10.20.0.1", 4000), b = end_of("10.10.0.33", 80);
	struct tuple out;

	(void)state;
	for (u32 n = 0; n < 2; n++) {
		out = nat_bed_pass(bed, a, end_of("198.18.5.33", 80), n ? UDP : TCP);
		expect_end(dst_of(out), b);
		assert_true(be32_eq(out.src, addr("198.18.0.1")));
		out = nat_bed_pass(bed, b, src_of(out), n ? UDP : TCP);
		expect_end(dst_of(out), a);
		expect_end(src_of(out), end_of("198.18.5.33", 80));
	}
	nat_bed_check(bed);
	nat_bed_close(bed);
}

/* To its own public endpoint: the host sees its packet come back from there. */
static void test_hairpin_to_oneself(void **state)
{
	struct nat_bed *bed = nat_bed_open(64);
	struct end a = inside_end(1), mine = nat_bed_public(bed, a, SERVER, UDP);
	struct tuple out = nat_bed_pass(bed, a, mine, UDP);

	(void)state;
	expect_end(src_of(out), mine);
	expect_end(dst_of(out), a);
	nat_bed_check(bed);
	nat_bed_close(bed);
}

/* ---- clashes --------------------------------------------------------------------------------- */

/* A spoofed packet whose answers would have the tuple of a standing flow: it must not take them. */
static void test_spoofed_public_source_clashes(void **state)
{
	struct nat_bed *bed = nat_bed_new(64);
	struct end mine;

	(void)state;
	conf_pool(&bed->conf, "198.18.1.1", "198.18.1.1");
	nat_bed_start(bed);
	mine = nat_bed_public(bed, inside_end(1), SERVER, TCP);
	nat_bed_dies(bed, mine, SERVER, TCP, DROP_CT_CLASH);
	expect_end(dst_of(nat_bed_pass(bed, SERVER, mine, TCP)), inside_end(1));
	nat_bed_check(bed);
	nat_bed_close(bed);
}

/* One-to-one onto an address that is also masqueraded with: the second flow with the same port. */
static void test_one_to_one_clashes_with_masquerade(void **state)
{
	struct nat_bed *bed = nat_bed_new(64);
	struct end mine;

	(void)state;
	bed->conf.static_count = 1;
	bed->conf.fixed[0] = (struct nat_static_conf){
		addr("10.30.0.1"), addr("198.18.0.1"), 32, 0 };
	nat_bed_start(bed);
	mine = nat_bed_public(bed, inside_end(1), SERVER, TCP);
	nat_bed_dies(bed, end_of("10.30.0.1", mine.port), SERVER, TCP, DROP_CT_CLASH);
	nat_bed_check(bed);
	nat_bed_close(bed);
}

/* ---- rules ----------------------------------------------------------------------------------- */

static void test_rules_in_order_and_what_none_covers(void **state)
{
	struct nat_bed *bed = nat_bed_new(64);

	(void)state;
	bed->conf.rule_count = 2;
	bed->conf.rule[1] = bed->conf.rule[0];
	bed->conf.rule[0].source = addr("10.10.0.0");
	bed->conf.rule[0].source_len = 24;
	bed->conf.rule[0].kind = NAT_KIND_NONE;
	bed->conf.rule[1].source = addr("10.10.0.0");
	bed->conf.rule[1].source_len = 16;
	nat_bed_start(bed);
	expect_end(nat_bed_public(bed, end_of("10.10.0.7", 5), SERVER, TCP),
		   end_of("10.10.0.7", 5));
	assert_true(be32_eq(nat_bed_public(bed, end_of("10.10.1.7", 5), SERVER, TCP).addr,
			    addr("198.18.0.1")));
	/* RFC 6888 REQ-1: what no rule covers does not leave with an inside address. */
	nat_bed_dies(bed, end_of("10.99.0.7", 5), SERVER, TCP, DROP_MARTIAN_OUT);
	/* From one inside network to another nothing is translated. */
	expect_end(nat_bed_public(bed, end_of("10.10.1.7", 6), end_of("10.20.0.1", 80), TCP),
		   end_of("10.10.1.7", 6));
	nat_bed_check(bed);
	nat_bed_close(bed);
}

/* RFC 6888 REQ-6: by prefix, by port, by both; what is left translated is so as before. */
static void test_rules_by_destination(void **state)
{
	struct nat_bed *bed = nat_bed_new(64);
	struct end a = inside_end(1), web = end_of("203.0.113.9", 80);

	(void)state;
	conf_kind(&bed->conf, NAT_MAP_ENDPOINT_INDEPENDENT, NAT_FILTER_ADDRESS);
	bed->conf.rule_count = 3;
	bed->conf.rule[2] = bed->conf.rule[0];
	nat_rule_defaults(&bed->conf.rule[0]);
	bed->conf.rule[0].kind = NAT_KIND_NONE;
	bed->conf.rule[0].dest = addr("203.0.113.8");
	bed->conf.rule[0].dest_len = 29;
	bed->conf.rule[1] = bed->conf.rule[0];
	bed->conf.rule[0].dest_port = 80;
	bed->conf.rule[1].dest = addr("198.51.100.1");
	bed->conf.rule[1].dest_len = 32;
	nat_bed_start(bed);
	/* A rule that translates nothing has no part in how ports are shared. */
	assert_false(bed->nat.mixed[NAT_PROTO_TCP]);
	for (u32 n = 0; n < 2; n++) {
		u8 proto = n ? UDP : TCP;

		expect_end(nat_bed_public(bed, a, web, proto), a);
		expect_end(dst_of(nat_bed_pass(bed, web, a, proto)), a);
		expect_end(nat_bed_public(bed, a, end_of("198.51.100.1", 9), proto), a);
		assert_true(be32_eq(nat_bed_public(bed, a, end_of("203.0.113.9", 81), proto).addr,
				    addr("198.18.0.1")));
		assert_true(be32_eq(nat_bed_public(bed, a, end_of("203.0.113.16", 80), proto).addr,
				    addr("198.18.0.1")));
	}
	/* A query has no port, though its type and code stand where one would. */
	bed->conf.rule[0].dest_port = 0x0800;
	assert_int_equal(nat_bed_configure(bed, &bed->conf), ERR_OK);
	assert_true(be32_eq(nat_bed_public(bed, a, end_of("203.0.113.9", 0x0800), ICMP).addr,
			    addr("198.18.0.1")));
	bed->conf.rule[0].dest_len = 33;
	assert_int_equal(nat_bed_configure(bed, &bed->conf), ERR_RANGE);
	nat_bed_close(bed);
}

/* ---- everything at once ---------------------------------------------------------------------- */

static void test_random_flows_keep_the_books(void **state)
{
	struct nat_bed *bed = nat_bed_new(600);
	struct rng rng = rng_of(11);
	enum drop drop;

	(void)state;
	bed->conf.masquerade_port_first = 2048;
	bed->conf.masquerade_port_last = 2048 + 127;
	bed->conf.quarantine_s = 5;
	nat_bed_start(bed);
	for (u32 step = 0; step < 6000; step++) {
		struct end src = { be32_of(0x0a0a0000 + rng_below(&rng, 40)),
				   (u16)(2000 + rng_below(&rng, 3)) };
		struct end dst = { be32_of(0xcb007100 + rng_below(&rng, 4)), 443 };
		u8 proto = rng_below(&rng, 2) ? TCP : UDP;

		if (rng_below(&rng, 4) == 0) {
			src = (struct end){ addr("198.18.0.1"),
					    (u16)(2048 + rng_below(&rng, 128)) };
			(void)nat_bed_packet(bed, dst, src, proto, &drop);
		} else {
			(void)nat_bed_packet(bed, src, dst, proto, &drop);
		}
		for (u32 ends = 0; ends < 2; ends++) {
			u32 idx = rng_below(&rng, 600);

			if (flow_is_confirmed(&bed->ct.flow[idx]))
				ct_end(&bed->ct, idx);
		}
		nat_bed_drain(bed);
		bed->now += 10 * NS_PER_MS;
		nat_tick(&bed->nat, bed->now);
		if (step % 100 == 0)
			nat_bed_check(bed);
	}
	assert_true(bed->nat.stats.created > 1000);
	nat_bed_close(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mapping_is_one_for_all_destinations),
		cmocka_unit_test(test_mapping_keeps_parity_while_it_can),
		cmocka_unit_test(test_mapping_without_parity),
		cmocka_unit_test(test_mapping_rests_before_others_get_it),
		cmocka_unit_test(test_resting_mappings_make_room),
		cmocka_unit_test(test_no_port_takes_no_mapping),
		cmocka_unit_test(test_abandoned_mapping_does_not_rest),
		cmocka_unit_test(test_mapping_table_full),
		cmocka_unit_test(test_filters),
		cmocka_unit_test(test_filter_forgets_with_the_last_flow),
		cmocka_unit_test(test_filter_knows_the_backend),
		cmocka_unit_test(test_no_mapping_no_translation),
		cmocka_unit_test(test_mappings_leave_services_their_ports),
		cmocka_unit_test(test_pool_is_paired_and_spread),
		cmocka_unit_test(test_pool_overflows_and_strict_does_not),
		cmocka_unit_test(test_other_protocols_share_no_address),
		cmocka_unit_test(test_one_to_one_both_ways),
		cmocka_unit_test(test_hairpin),
		cmocka_unit_test(test_hairpin_off),
		cmocka_unit_test(test_hairpin_to_one_to_one),
		cmocka_unit_test(test_hairpin_to_oneself),
		cmocka_unit_test(test_spoofed_public_source_clashes),
		cmocka_unit_test(test_one_to_one_clashes_with_masquerade),
		cmocka_unit_test(test_rules_in_order_and_what_none_covers),
		cmocka_unit_test(test_rules_by_destination),
		cmocka_unit_test(test_random_flows_keep_the_books),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
