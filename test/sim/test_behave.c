/* Scenarios of what the RFCs ask of a NAT's behaviour beyond translating: RFC 4787, 5382, 5508,
 * 6888 and 7857, each with its requirement.                                                      */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/wire/icmp.h"
#include "sim/scene.h"

static const char outside_addr[] = "198.18.0.1";
static const char server[] = "203.0.113.9";

static void assert_addr(be32 a, const char *text)
{
	assert_int_equal(be32_host(a), be32_host(addr(text)));
}

static void expect_from(const struct scene *s, const char *src, u16 sport)
{
	assert_addr(s->out.seen.src, src);
	assert_int_equal(s->out.seen.sport, sport);
}

static void expect_to(const struct scene *s, const char *dst, u16 dport)
{
	assert_addr(s->out.seen.dst, dst);
	assert_int_equal(s->out.seen.dport, dport);
}

/* 10.10.0.0/24 has 198.18.7.0/24. */
static void conf_fixed(struct sluice_conf *conf)
{
	conf->nat.static_count = 1;
	conf->nat.fixed[0] = (struct nat_static_conf){
		addr("10.10.0.0"), addr("198.18.7.0"), 24, 0 };
}

/* ---- RFC 5382: TCP --------------------------------------------------------------------------- */

/* The TCP packet of s->in with ten bytes of data. */
static void add_data(struct scene *s, u32 seq, u32 ack)
{
	build_payload(&s->in, 10, 0);
	build_ip(&s->in)->len = be16_of(0);
	build_tcp4_at(&s->in, seq, ack);
}

/* REQ-2 (a): both ends send a SYN and both acknowledge, or the acknowledgement of one of them is
 * lost; then the connection stands as any other.                                                 */
static void simultaneous_open(void **state)
{
	(void)state;
	for (u32 lost = 0; lost < 2; lost++) {
		struct scene *s = scene_begin();
		u16 port;

		scene_tcp(s, "10.10.0.5", 5000, server, 80, TCP_SYN);
		scene_pass(s, RIG_IN, RIG_OUT);
		port = s->out.seen.sport;
		scene_tcp(s, server, 80, outside_addr, port, TCP_SYN);
		build_tcp4_at(&s->in, 9000, 0);
		scene_pass(s, RIG_OUT, RIG_IN);
		expect_to(s, "10.10.0.5", 5000);
		scene_tcp(s, "10.10.0.5", 5000, server, 80, TCP_SYN | TCP_ACK);
		build_tcp4_at(&s->in, 1000, 9001);
		scene_pass(s, RIG_IN, RIG_OUT);
		expect_from(s, outside_addr, port);
		if (!lost) {
			scene_tcp(s, server, 80, outside_addr, port, TCP_SYN | TCP_ACK);
			build_tcp4_at(&s->in, 9000, 1001);
			scene_pass(s, RIG_OUT, RIG_IN);
		}
		scene_tcp(s, "10.10.0.5", 5000, server, 80, TCP_ACK | TCP_PSH);
		add_data(s, 1001, 9001);
		scene_pass(s, RIG_IN, RIG_OUT);
		scene_wait(s, 3600);
		scene_tcp(s, server, 80, outside_addr, port, TCP_ACK | TCP_PSH);
		add_data(s, 9001, 1011);
		scene_pass(s, RIG_OUT, RIG_IN);
		expect_to(s, "10.10.0.5", 5000);
		scene_end(s);
	}
}

/* The handshake of an inside client with an inside server by public addresses. */
struct hairpin {
	const char *client;
	u16 client_if;
	const char *client_public;
	const char *server;
	u16 server_if;
	const char *server_public;
	u16 server_port;
};

static void shake_hands(struct scene *s, const struct hairpin *h)
{
	scene_tcp(s, h->client, 5000, h->server_public, h->server_port, TCP_SYN);
	scene_pass(s, h->client_if, h->server_if);
	assert_addr(s->out.seen.src, h->client_public);
	assert_addr(s->out.seen.dst, h->server);
	scene_tcp_reply(s, TCP_SYN | TCP_ACK);
	scene_pass(s, h->server_if, h->client_if);
	expect_from(s, h->server_public, h->server_port);
	expect_to(s, h->client, 5000);
	scene_tcp_reply(s, TCP_ACK);
	scene_pass(s, h->client_if, h->server_if);
	assert_addr(s->out.seen.src, h->client_public);
	scene_wait(s, 3600);
	scene_tcp_reply(s, TCP_ACK);
	scene_pass(s, h->server_if, h->client_if);
	expect_from(s, h->server_public, h->server_port);
	expect_to(s, h->client, 5000);
}

/* REQ-8, and (a): what is shown is public. */
static void tcp_hairpin_with_endpoint_independent_mapping(void **state)
{
	struct scene *s = scene_conf();
	struct hairpin h = { "10.10.0.5",  RIG_IN, outside_addr, "10.20.0.5", RIG_IN2,
			     outside_addr, 0 };

	(void)state;
	rig_conf_mapping(&s->conf, NAT_MAP_ENDPOINT_INDEPENDENT, NAT_FILTER_ADDRESS_PORT);
	rig_open(&s->rig, &s->conf);
	scene_tcp(s, "10.20.0.5", 6000, server, 80, TCP_SYN);
	scene_pass(s, RIG_IN2, RIG_OUT);
	h.server_port = s->out.seen.sport;
	shake_hands(s, &h);
	scene_end(s);
}

static void tcp_hairpin_with_one_to_one(void **state)
{
	static const struct hairpin ways[2] = {
		{ "10.20.0.5", RIG_IN2, outside_addr, "10.10.0.5", RIG_IN, "198.18.7.5", 80 },
		{ "10.10.0.6", RIG_IN, "198.18.7.6", "10.10.0.5", RIG_IN, "198.18.7.5", 80 },
	};

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(ways); n++) {
		struct scene *s = scene_conf();

		conf_fixed(&s->conf);
		rig_open(&s->rig, &s->conf);
		shake_hands(s, &ways[n]);
		scene_end(s);
	}
}

/* RFC 7857 section 2.2: a RST is translated and ends nothing at once; with data after it the
 * connection stands as before.                                                                   */
static void data_after_a_reset_brings_the_flow_back(void **state)
{
	struct scene *s = scene_begin();
	u16 port;

	(void)state;
	scene_handshake(s, "10.10.0.5", 5000, server, 80);
	port = s->out.seen.sport;
	scene_tcp_reply(s, TCP_RST);
	scene_pass(s, RIG_OUT, RIG_IN);
	expect_to(s, "10.10.0.5", 5000);
	scene_wait(s, 230);
	scene_tcp(s, "10.10.0.5", 5000, server, 80, TCP_ACK | TCP_PSH);
	add_data(s, s->out.seen.ack != 0 ? s->out.seen.ack : 1001, s->out.seen.seq);
	scene_pass(s, RIG_IN, RIG_OUT);
	expect_from(s, outside_addr, port);
	scene_wait(s, 3600);
	scene_tcp(s, server, 80, outside_addr, port, TCP_ACK | TCP_PSH);
	add_data(s, s->out.seen.ack, s->out.seen.seq + 10);
	scene_pass(s, RIG_OUT, RIG_IN);
	expect_to(s, "10.10.0.5", 5000);
	scene_end(s);
}

/* ---- RFC 5508: ICMP -------------------------------------------------------------------------- */

static void echo(struct scene *s, const char *src, const char *dst, u8 type, u16 id)
{
	build_echo4(&s->in, addr(src), addr(dst), type, id, 1);
}

/* The answer to the query that came out last. */
static void echo_reply(struct scene *s)
{
	build_echo4(&s->in, s->out.seen.dst, s->out.seen.src, ICMP_ECHO_REPLY, s->out.seen.icmp_id,
		    1);
}

/* REQ-1 (a): one identifier for all destinations, and nobody else's. */
static void query_identifier_is_one_for_all_destinations(void **state)
{
	static const char *const dsts[] = { "203.0.113.9", "203.0.113.10", "198.18.0.77" };
	struct scene *s = scene_begin();
	u16 id = 0;

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(dsts); n++) {
		echo(s, "10.10.0.5", dsts[n], ICMP_ECHO, 77);
		scene_pass(s, RIG_IN, RIG_OUT);
		assert_true(n == 0 || s->out.seen.icmp_id == id);
		id = s->out.seen.icmp_id;
		echo_reply(s);
		scene_pass(s, RIG_OUT, RIG_IN);
		assert_addr(s->out.seen.dst, "10.10.0.5");
		assert_int_equal(s->out.seen.icmp_id, 77);
	}
	assert_int_equal(rig_mapping_count(&s->rig), 1);
	echo(s, "10.20.0.5", dsts[0], ICMP_ECHO, 77);
	scene_pass(s, RIG_IN2, RIG_OUT);
	assert_int_not_equal(s->out.seen.icmp_id, id);
	scene_end(s);
}

/* REQ-7: queries between inside hosts by their one-to-one addresses, and the answers. */
static void query_hairpin_with_one_to_one(void **state)
{
	static const struct hairpin ways[2] = {
		{ "10.20.0.5", RIG_IN2, outside_addr, "10.10.0.5", RIG_IN, "198.18.7.5", 0 },
		{ "10.10.0.6", RIG_IN, "198.18.7.6", "10.10.0.5", RIG_IN, "198.18.7.5", 0 },
	};

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(ways); n++) {
		const struct hairpin *h = &ways[n];
		struct scene *s = scene_conf();

		conf_fixed(&s->conf);
		rig_open(&s->rig, &s->conf);
		echo(s, h->client, h->server_public, ICMP_ECHO, 77);
		scene_pass(s, h->client_if, h->server_if);
		assert_addr(s->out.seen.src, h->client_public);
		assert_addr(s->out.seen.dst, h->server);
		echo_reply(s);
		scene_pass(s, h->server_if, h->client_if);
		assert_addr(s->out.seen.src, h->server_public);
		assert_addr(s->out.seen.dst, h->client);
		assert_int_equal(s->out.seen.icmp_id, 77);
		scene_end(s);
	}
}

/* REQ-3 (b): the ports are behind the options of the quoted header, wherever those end. */
static void options_in_a_quotation_are_passed_over(void **state)
{
	static const u8 options[12] = { 7, 11, 4 };
	struct scene *s = scene_begin();
	struct build sent;

	(void)state;
	build_start(&s->in);
	build_ip4(&s->in, addr("10.10.0.5"), addr(server), IP_PROTO_UDP);
	build_ip_options(&s->in, options, sizeof options);
	build_udp(&s->in, 5000, 53);
	build_payload(&s->in, 20, 0);
	build_seal(&s->in);
	sent = s->in;
	scene_pass(s, RIG_IN, RIG_OUT);
	scene_complain(s, "198.18.0.250", ICMP_UNREACH, ICMP_UNREACH_HOST, 0, 40);
	scene_pass(s, RIG_OUT, RIG_IN);
	assert_addr(s->out.seen.dst, "10.10.0.5");
	assert_int_equal(s->out.seen.quote_len, 40);
	assert_memory_equal(s->out.seen.quote + 12, sent.bytes + 12, 8);
	assert_memory_equal(s->out.seen.quote + 32, sent.bytes + 32, 8);
	scene_end(s);
}

/* Section 7.3: a source route in a quotation would show inside routers. */
static void source_route_in_a_quotation_dies(void **state)
{
	static const u8 routes[2][7] = { { 131, 7, 4, 10, 10, 9, 1 }, { 137, 7, 4, 10, 10, 9, 1 } };
	struct scene *s = scene_begin();
	struct build about;

	(void)state;
	scene_udp(s, "10.10.0.5", 5000, server, 53, 20);
	scene_pass(s, RIG_IN, RIG_OUT);
	for (u32 n = 0; n < 2; n++) {
		build_start(&about);
		build_ip4(&about, addr(server), addr("10.10.0.5"), IP_PROTO_UDP);
		build_ip_options(&about, routes[n], sizeof routes[n]);
		build_udp(&about, 53, 5000);
		build_payload(&about, 20, 0);
		build_seal(&about);
		build_error4(&s->in, addr("10.10.0.254"), addr(server), ICMP_UNREACH,
			     ICMP_UNREACH_SRC_ROUTE, 0);
		build_quote(&s->in, about.bytes, 36);
		scene_dies(s, RIG_IN, DROP_IP_SOURCE_ROUTE);
	}
	scene_end(s);
}

/* REQ-3 (d), RFC 4884: what stands behind the quotation is none of it. */
static void extensions_behind_a_quotation_stay(void **state)
{
	static const u8 extension[12] = { 0x20, 0, 0xdf, 0xff, 0, 8, 1, 1, 1, 2, 3, 4 };
	static const u8 zeros[72];
	struct scene *s = scene_begin();

	(void)state;
	scene_udp(s, "10.10.0.5", 5000, server, 53, 28);
	scene_pass(s, RIG_IN, RIG_OUT);
	assert_int_equal(s->out.seen.len, 56);
	build_error4(&s->in, addr("198.18.0.250"), s->out.seen.src, ICMP_TIME_EXCEEDED, 0,
		     32 << 16);
	build_bytes(&s->in, s->out.frame.bytes + s->out.frame.l3, s->out.seen.len);
	build_bytes(&s->in, zeros, sizeof zeros);
	build_bytes(&s->in, extension, sizeof extension);
	build_seal(&s->in);
	scene_pass(s, RIG_OUT, RIG_IN);
	assert_addr(s->out.seen.dst, "10.10.0.5");
	assert_int_equal(s->out.seen.icmp_id, 32);
	assert_int_equal(s->out.seen.quote_len, 128 + sizeof extension);
	assert_memory_equal(s->out.seen.quote + 56, zeros, sizeof zeros);
	assert_memory_equal(s->out.seen.quote + 128, extension, sizeof extension);
	scene_end(s);
}

/* REQ-5 (c): a router with a one-to-one address complains as that; one without is not seen. */
static void inside_router_appears_as_its_one_to_one_address(void **state)
{
	static const struct {
		const char *host;
		const char *router;
		const char *seen_as;
	} cases[] = {
		{ "10.10.9.5", "10.10.0.254", "198.18.7.254" },
		{ "10.10.9.5", "10.10.9.254", outside_addr },
		{ "10.10.0.5", "10.10.0.254", "198.18.7.254" },
		{ "10.10.0.5", "10.10.9.254", "198.18.7.5" },
		{ "10.10.0.5", "10.10.0.5", "198.18.7.5" },
	};

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(cases); n++) {
		struct scene *s = scene_conf();

		conf_fixed(&s->conf);
		rig_open(&s->rig, &s->conf);
		scene_udp(s, cases[n].host, 5000, server, 53, 20);
		scene_pass(s, RIG_IN, RIG_OUT);
		scene_reply(s, 20);
		scene_pass(s, RIG_OUT, RIG_IN);
		scene_complain(s, cases[n].router, ICMP_UNREACH, ICMP_UNREACH_HOST, 0, 48);
		scene_pass(s, RIG_IN, RIG_OUT);
		assert_addr(s->out.seen.src, cases[n].seen_as);
		assert_addr(s->out.seen.dst, server);
		scene_end(s);
	}
}

/* REQ-10 (c): the gateway knows no information request, and makes no source quench of its own. */
static void information_requests_are_not_answered(void **state)
{
	static const u8 types[] = { ICMP_INFO, ICMP_MASK, ICMP_TIMESTAMP };
	struct scene *s = scene_begin();

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(types); n++) {
		build_echo4(&s->in, addr("10.10.0.5"), addr("10.10.0.1"), types[n], 7, 1);
		scene_swallow(s, RIG_IN);
	}
	scene_end(s);
}

/* REQ-11: router discovery, mobile host redirect, Photuris and types that nobody knows. */
static void neither_query_nor_error_dies(void **state)
{
	static const u8 types[] = { 1, 2, 6, 9, 10, 30, 32, 37, 40, 42, 253 };
	struct scene *s = scene_begin();

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(types); n++) {
		build_echo4(&s->in, addr("10.10.0.5"), addr(server), types[n], 7, 1);
		scene_dies(s, RIG_IN, DROP_CT_INVALID);
		build_echo4(&s->in, addr(server), addr(outside_addr), types[n], 7, 1);
		scene_dies(s, RIG_OUT, DROP_CT_INVALID);
	}
	scene_is_empty(s);
	scene_end(s);
}

/* ---- RFC 7857 sections 5 and 6: protocols know nothing of each other --------------------- */

static void mapping_of_one_protocol_is_none_of_another(void **state)
{
	struct scene *s = scene_conf();

	(void)state;
	rig_conf_mapping(&s->conf, NAT_MAP_ENDPOINT_INDEPENDENT, NAT_FILTER_ENDPOINT_INDEPENDENT);
	s->conf.nat.masquerade_port_first = s->conf.nat.masquerade_port_last = 2000;
	rig_open(&s->rig, &s->conf);
	scene_udp(s, "10.10.0.5", 5000, server, 53, 10);
	scene_pass(s, RIG_IN, RIG_OUT);
	expect_from(s, outside_addr, 2000);
	/* Anybody may come in by it, with UDP. */
	scene_tcp(s, "203.0.113.77", 4000, outside_addr, 2000, TCP_SYN);
	scene_dies(s, RIG_OUT, DROP_NAT_UNSOLICITED);
	/* The only port there is, once more: of another host, with TCP. */
	scene_tcp(s, "10.10.0.6", 5000, server, 80, TCP_SYN);
	scene_pass(s, RIG_IN, RIG_OUT);
	expect_from(s, outside_addr, 2000);
	scene_tcp(s, "203.0.113.77", 4000, outside_addr, 2000, TCP_SYN);
	scene_pass(s, RIG_OUT, RIG_IN);
	expect_to(s, "10.10.0.6", 5000);
	scene_udp(s, "203.0.113.77", 4000, outside_addr, 2000, 10);
	scene_pass(s, RIG_OUT, RIG_IN);
	expect_to(s, "10.10.0.5", 5000);
	scene_end(s);
}

/* ---- RFC 6888 -------------------------------------------------------------------------------- */

/* REQ-3: ranges that do not touch are one pool, and each of its addresses serves. */
static void pool_of_ranges_apart(void **state)
{
	static const char *const addrs[] = { "198.18.1.4", "198.18.1.5", "198.18.3.9" };
	struct scene *s = scene_conf();
	bool used[3] = { false };

	(void)state;
	rig_conf_pool(&s->conf, addrs[0], addrs[1]);
	s->conf.nat.pool[0].range_count = 2;
	s->conf.nat.pool[0].range[1] = (struct nat_range){ addr(addrs[2]), addr(addrs[2]) };
	rig_open(&s->rig, &s->conf);
	for (u32 n = 0; n < 60; n++) {
		bool known = false;

		build_udp4(&s->in, be32_of(be32_host(addr("10.10.2.0")) + n), 5000, addr(server),
			   53, 10);
		scene_pass(s, RIG_IN, RIG_OUT);
		for (u32 at = 0; at < 3; at++) {
			bool here = be32_eq(s->out.seen.src, addr(addrs[at]));

			used[at] |= here;
			known |= here;
		}
		assert_true(known);
	}
	assert_true(used[0] && used[1] && used[2]);
	scene_end(s);
}

/* REQ-6: no translation for some destinations; from there inside hosts are reached as they are. */
static void destinations_without_translation(void **state)
{
	struct scene *s = scene_conf();
	struct nat_rule_conf *rule = s->conf.nat.rule;

	(void)state;
	rule[1] = rule[0];
	rule[0].kind = NAT_KIND_NONE;
	rule[0].dest = addr("203.0.113.0");
	rule[0].dest_len = 24;
	s->conf.nat.rule_count = 2;
	rig_open(&s->rig, &s->conf);
	for (u32 n = 0; n < 3; n++) {
		scene_udp(s, "10.10.0.5", 5000, server, 53, 10);
		scene_pass(s, RIG_IN, RIG_OUT);
		expect_from(s, "10.10.0.5", 5000);
		scene_reply(s, 10);
		scene_pass(s, RIG_OUT, RIG_IN);
		expect_to(s, "10.10.0.5", 5000);
	}
	assert_int_equal(rig_mapping_count(&s->rig), 0);
	scene_tcp(s, server, 4000, "10.10.0.6", 22, TCP_SYN);
	scene_pass(s, RIG_OUT, RIG_IN);
	scene_tcp_reply(s, TCP_SYN | TCP_ACK);
	scene_pass(s, RIG_IN, RIG_OUT);
	expect_from(s, "10.10.0.6", 22);
	scene_udp(s, "10.10.0.5", 5000, "203.0.114.9", 53, 10);
	scene_pass(s, RIG_IN, RIG_OUT);
	assert_addr(s->out.seen.src, outside_addr);
	scene_end(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(simultaneous_open),
		cmocka_unit_test(tcp_hairpin_with_endpoint_independent_mapping),
		cmocka_unit_test(tcp_hairpin_with_one_to_one),
		cmocka_unit_test(data_after_a_reset_brings_the_flow_back),
		cmocka_unit_test(query_identifier_is_one_for_all_destinations),
		cmocka_unit_test(query_hairpin_with_one_to_one),
		cmocka_unit_test(options_in_a_quotation_are_passed_over),
		cmocka_unit_test(source_route_in_a_quotation_dies),
		cmocka_unit_test(extensions_behind_a_quotation_stay),
		cmocka_unit_test(inside_router_appears_as_its_one_to_one_address),
		cmocka_unit_test(information_requests_are_not_answered),
		cmocka_unit_test(neither_query_nor_error_dies),
		cmocka_unit_test(mapping_of_one_protocol_is_none_of_another),
		cmocka_unit_test(pool_of_ranges_apart),
		cmocka_unit_test(destinations_without_translation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
