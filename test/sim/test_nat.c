/* Scenarios of translation: mappings, filters, hairpins, one-to-one, and errors about flows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/wire/icmp.h"
#include "sim/scene.h"

static const char outside_addr[] = "198.18.0.1";

static void assert_addr(be32 a, const char *text)
{
	assert_int_equal(be32_host(a), be32_host(addr(text)));
}

static void udp_goes_out_and_its_answer_comes_back(void **state)
{
	struct scene *s = scene_begin();
	struct sluice_flow_filter all = { 0 };
	struct sluice_flow flow;

	(void)state;
	scene_udp(s, "10.10.0.5", 5000, "203.0.113.9", 53, 32);
	scene_pass(s, RIG_IN, RIG_OUT);
	assert_addr(s->out.seen.src, outside_addr);
	assert_addr(s->out.seen.dst, "203.0.113.9");
	assert_int_equal(s->out.seen.dport, 53);
	assert_true(s->out.seen.sport >= 1024);
	assert_int_equal(s->out.seen.ttl, 63);
	assert_memory_equal(s->out.seen.data, build_data(&s->in), 32);
	scene_reply(s, 100);
	scene_pass(s, RIG_OUT, RIG_IN);
	assert_addr(s->out.seen.dst, "10.10.0.5");
	assert_addr(s->out.seen.src, "203.0.113.9");
	assert_int_equal(s->out.seen.dport, 5000);
	assert_int_equal(s->out.seen.sport, 53);
	assert_true(rig_find_flow(&s->rig, &all, &flow));
	assert_true(flow.answered);
	assert_true(flow.translated);
	assert_true(flow.endpoint_independent);
	assert_int_equal(sluice_flow_count(s->rig.s), 1);
	scene_end(s);
}

/* RFC 768: no checksum was made, so none may appear. */
static void udp_without_checksum_stays_so(void **state)
{
	struct scene *s = scene_begin();

	(void)state;
	for (u32 n = 0; n < 3; n++) {
		scene_udp(s, "10.10.0.5", 5000, "203.0.113.9", 53, 32);
		build_udp_hdr(&s->in)->csum.raw = 0;
		scene_pass(s, RIG_IN, RIG_OUT);
		assert_int_equal(s->out.seen.csum, 0);
		scene_reply(s, 10);
		build_udp_hdr(&s->in)->csum.raw = 0;
		scene_pass(s, RIG_OUT, RIG_IN);
		assert_int_equal(s->out.seen.csum, 0);
	}
	scene_end(s);
}

/* A sum that comes out as zero is sent as 0xffff. Over all values of a payload word one has it. */
static void udp_checksum_never_becomes_zero(void **state)
{
	struct scene *s = scene_begin();
	u32 all_ones = 0;

	(void)state;
	for (u32 word = 0; word < 65536; word++) {
		scene_udp(s, "10.10.0.5", 5000, "203.0.113.9", 53, 2);
		be16_store(build_data(&s->in), be16_of((u16)word));
		build_seal(&s->in);
		assert_true(rig_send(&s->rig, RIG_IN, &s->in));
		scene_expect(s, RIG_OUT);
		assert_int_not_equal(s->out.seen.csum, 0);
		all_ones += s->out.seen.csum == 0xffff;
	}
	assert_true(all_ones > 0);
	scene_end(s);
}

/* RFC 4787 REQ-1. */
static void one_inside_endpoint_is_one_public_endpoint(void **state)
{
	static const char *const dsts[] = { "203.0.113.9", "203.0.113.10", "198.18.0.77" };
	struct scene *s = scene_begin();
	u16 port = 0;

	(void)state;
	for (u32 n = 0; n < 3; n++) {
		scene_udp(s, "10.10.0.5", 5000, dsts[n], (u16)(53 + n), 10);
		scene_pass(s, RIG_IN, RIG_OUT);
		assert_true(n == 0 || s->out.seen.sport == port);
		port = s->out.seen.sport;
	}
	assert_int_equal(sluice_flow_count(s->rig.s), 3);
	assert_int_equal(rig_mapping_count(&s->rig), 1);
	scene_end(s);
}

/* RFC 4787 REQ-3: never two inside endpoints on one mapping; (a) low ports stay low. */
static void two_hosts_with_one_source_port_do_not_collide(void **state)
{
	struct scene *s = scene_begin();
	u16 port;

	(void)state;
	scene_udp(s, "10.10.0.5", 500, "203.0.113.9", 500, 10);
	scene_pass(s, RIG_IN, RIG_OUT);
	port = s->out.seen.sport;
	assert_in_range(port, 512, 1023);
	scene_udp(s, "10.20.0.5", 500, "203.0.113.9", 500, 10);
	scene_pass(s, RIG_IN2, RIG_OUT);
	assert_in_range(s->out.seen.sport, 512, 1023);
	assert_int_not_equal(s->out.seen.sport, port);
	scene_end(s);
}

static void strangers(struct scene *s, bool same_host_passes, bool other_host_passes)
{
	u16 port;

	scene_udp(s, "10.10.0.5", 5000, "203.0.113.9", 53, 10);
	scene_pass(s, RIG_IN, RIG_OUT);
	port = s->out.seen.sport;
	scene_udp(s, "203.0.113.9", 99, outside_addr, port, 10);
	if (same_host_passes) {
		scene_pass(s, RIG_OUT, RIG_IN);
		assert_addr(s->out.seen.dst, "10.10.0.5");
		assert_int_equal(s->out.seen.dport, 5000);
	} else {
		scene_dies(s, RIG_OUT, DROP_NAT_FILTERED);
	}
	scene_udp(s, "203.0.113.77", 53, outside_addr, port, 10);
	if (other_host_passes) {
		scene_pass(s, RIG_OUT, RIG_IN);
		assert_addr(s->out.seen.dst, "10.10.0.5");
		assert_addr(s->out.seen.src, "203.0.113.77");
	} else {
		scene_dies(s, RIG_OUT, DROP_NAT_FILTERED);
	}
	assert_int_equal(sluice_flow_count(s->rig.s), 1 + same_host_passes + other_host_passes);
	scene_end(s);
}

/* RFC 4787 REQ-8. */
static void filtering_endpoint_independent(void **state)
{
	struct scene *s = scene_conf();

	(void)state;
	rig_conf_mapping(&s->conf, NAT_MAP_ENDPOINT_INDEPENDENT, NAT_FILTER_ENDPOINT_INDEPENDENT);
	rig_open(&s->rig, &s->conf);
	strangers(s, true, true);
}

static void filtering_by_address(void **state)
{
	struct scene *s = scene_conf();

	(void)state;
	rig_conf_mapping(&s->conf, NAT_MAP_ENDPOINT_INDEPENDENT, NAT_FILTER_ADDRESS);
	rig_open(&s->rig, &s->conf);
	strangers(s, true, false);
}

/* Nor has who was reached through a public address been spoken to outside: somebody there who says
 * that he has the inside address is a stranger.                                                  */
static void filtering_by_address_of_the_outside(void **state)
{
	struct scene *s = scene_conf();
	u16 port, far;

	(void)state;
	rig_conf_mapping(&s->conf, NAT_MAP_ENDPOINT_INDEPENDENT, NAT_FILTER_ADDRESS);
	rig_open(&s->rig, &s->conf);
	scene_udp(s, "10.20.0.7", 53, "203.0.113.9", 53, 10);
	scene_pass(s, RIG_IN2, RIG_OUT);
	far = s->out.seen.sport;
	scene_udp(s, "10.10.0.5", 5000, outside_addr, far, 10);
	scene_pass(s, RIG_IN, RIG_IN2);
	port = s->out.seen.sport;
	scene_udp(s, "10.20.0.7", 99, outside_addr, port, 10);
	scene_dies(s, RIG_OUT, DROP_NAT_FILTERED);
	scene_end(s);
}

static void filtering_by_address_and_port(void **state)
{
	struct scene *s = scene_conf();

	(void)state;
	rig_conf_mapping(&s->conf, NAT_MAP_ENDPOINT_INDEPENDENT, NAT_FILTER_ADDRESS_PORT);
	rig_open(&s->rig, &s->conf);
	strangers(s, false, false);
}

/* RFC 5382 REQ-4: silence. */
static void unsolicited_from_outside_is_met_with_silence(void **state)
{
	struct scene *s = scene_begin();

	(void)state;
	scene_tcp(s, "203.0.113.9", 4000, outside_addr, 2222, TCP_SYN);
	scene_dies(s, RIG_OUT, DROP_NAT_UNSOLICITED);
	scene_is_empty(s);
	scene_end(s);
}

/* RFC 4787 REQ-9: the answer's way, too; and what is shown are the public endpoints. */
static void hairpin(void **state)
{
	struct scene *s = scene_begin();
	u16 port_a, port_b;

	(void)state;
	scene_udp(s, "10.20.0.5", 6000, "203.0.113.9", 53, 10);
	scene_pass(s, RIG_IN2, RIG_OUT);
	port_b = s->out.seen.sport;
	/* The owner speaks first, as peers do that were introduced to each other. */
	scene_udp(s, "10.10.0.5", 5000, "203.0.113.9", 53, 10);
	scene_pass(s, RIG_IN, RIG_OUT);
	port_a = s->out.seen.sport;
	scene_udp(s, "10.20.0.5", 6000, outside_addr, port_a, 10);
	assert_true(rig_send(&s->rig, RIG_IN2, &s->in));
	(void)rig_drain(&s->rig);
	scene_udp(s, "10.10.0.5", 5000, outside_addr, port_b, 10);
	scene_pass(s, RIG_IN, RIG_IN2);
	assert_addr(s->out.seen.src, outside_addr);
	assert_int_equal(s->out.seen.sport, port_a);
	assert_addr(s->out.seen.dst, "10.20.0.5");
	assert_int_equal(s->out.seen.dport, 6000);
	scene_reply(s, 40);
	scene_pass(s, RIG_IN2, RIG_IN);
	assert_addr(s->out.seen.src, outside_addr);
	assert_int_equal(s->out.seen.sport, port_b);
	assert_addr(s->out.seen.dst, "10.10.0.5");
	assert_int_equal(s->out.seen.dport, 5000);
	scene_end(s);
}

static void hairpin_may_be_off(void **state)
{
	struct scene *s = scene_conf();
	u16 port_b;

	(void)state;
	s->conf.nat.rule[0].hairpin = false;
	rig_open(&s->rig, &s->conf);
	scene_udp(s, "10.20.0.5", 6000, "203.0.113.9", 53, 10);
	scene_pass(s, RIG_IN2, RIG_OUT);
	port_b = s->out.seen.sport;
	scene_udp(s, "10.10.0.5", 5000, outside_addr, port_b, 10);
	assert_true(rig_send(&s->rig, RIG_IN, &s->in));
	while (rig_next(&s->rig, &s->out))
		assert_int_not_equal(s->out.out_if, RIG_IN2);
	scene_end(s);
}

static struct scene *scene_fixed(void)
{
	struct scene *s = scene_conf();

	s->conf.nat.static_count = 1;
	s->conf.nat.fixed[0] = (struct nat_static_conf){ addr("10.10.0.0"), addr("198.18.7.0"),
							 24, 0 };
	rig_open(&s->rig, &s->conf);
	return s;
}

static void one_to_one_both_ways(void **state)
{
	struct scene *s = scene_fixed();

	(void)state;
	scene_tcp(s, "203.0.113.9", 4000, "198.18.7.5", 22, TCP_SYN);
	scene_pass(s, RIG_OUT, RIG_IN);
	assert_addr(s->out.seen.dst, "10.10.0.5");
	assert_int_equal(s->out.seen.dport, 22);
	scene_tcp_reply(s, TCP_SYN | TCP_ACK);
	scene_pass(s, RIG_IN, RIG_OUT);
	assert_addr(s->out.seen.src, "198.18.7.5");
	scene_udp(s, "10.10.0.5", 700, "203.0.113.9", 53, 10);
	scene_pass(s, RIG_IN, RIG_OUT);
	assert_addr(s->out.seen.src, "198.18.7.5");
	assert_int_equal(s->out.seen.sport, 700);
	scene_end(s);
}

/* What comes back to an inside host of an ICMP error from a router outside: its own packet. */
static void check_related(struct scene *s, u16 in_if, const struct build *sent)
{
	struct seen about;
	u32 cut;

	assert_true(seen_parse_quote(&about, s->out.seen.quote, s->out.seen.quote_len));
	cut = s->out.seen.quote_len;
	assert_int_equal(s->out.out_if, in_if);
	assert_int_equal(s->out.seen.type, build_icmp_hdr(&s->in)->type);
	assert_int_equal(s->out.seen.code, build_icmp_hdr(&s->in)->code);
	/* All but TTL and header checksum, which had changed on the way to the router. */
	assert_memory_equal(s->out.seen.quote, sent->bytes, 8);
	assert_memory_equal(s->out.seen.quote + 12, sent->bytes + 12, cut - 12);
	assert_int_equal(about.wrong & (SEEN_IP_CSUM | SEEN_L4_CSUM), 0);
	assert_int_equal(about.ttl, 63);
}

/* RFC 5508 REQ-4: outer and inner addresses, ports and every checksum; whole and cut quotations. */
static void related_error_through_snat(void **state)
{
	static const u32 lens[] = { 28, 30, 48, 576 };

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(lens); n++) {
		struct scene *s = scene_begin();
		struct build sent;

		scene_udp(s, "10.10.0.5", 5000, "203.0.113.9", 53, 64);
		sent = s->in;
		scene_pass(s, RIG_IN, RIG_OUT);
		scene_complain(s, "198.18.0.250", ICMP_UNREACH, ICMP_UNREACH_FRAG, 1400, lens[n]);
		scene_pass(s, RIG_OUT, RIG_IN);
		assert_addr(s->out.seen.src, "198.18.0.250");
		assert_addr(s->out.seen.dst, "10.10.0.5");
		assert_int_equal(s->out.seen.icmp_seq, 1400);
		check_related(s, RIG_IN, &sent);
		/* RFC 5508 REQ-6: the flow stands, and answers still come in. */
		scene_udp(s, "203.0.113.9", 53, outside_addr, 1, 4);
		assert_int_equal(sluice_flow_count(s->rig.s), 1);
		scene_end(s);
	}
}

static void related_error_about_tcp_and_ping(void **state)
{
	struct scene *s = scene_begin();
	struct build sent;

	(void)state;
	scene_tcp(s, "10.10.0.5", 5000, "203.0.113.9", 80, TCP_SYN);
	sent = s->in;
	scene_pass(s, RIG_IN, RIG_OUT);
	scene_complain(s, "198.18.0.250", ICMP_TIME_EXCEEDED, 0, 0, 28);
	scene_pass(s, RIG_OUT, RIG_IN);
	check_related(s, RIG_IN, &sent);
	build_echo4(&s->in, addr("10.10.0.5"), addr("203.0.113.9"), ICMP_ECHO, 77, 1);
	sent = s->in;
	scene_pass(s, RIG_IN, RIG_OUT);
	scene_complain(s, "198.18.0.250", ICMP_TIME_EXCEEDED, 0, 0, 128);
	scene_pass(s, RIG_OUT, RIG_IN);
	check_related(s, RIG_IN, &sent);
	scene_end(s);
}

/* RFC 5508 REQ-5: an inside host complains about what came from outside. */
static void related_error_from_inside(void **state)
{
	struct scene *s = scene_begin();
	struct build sent;

	(void)state;
	scene_udp(s, "10.10.0.5", 5000, "203.0.113.9", 53, 64);
	scene_pass(s, RIG_IN, RIG_OUT);
	scene_reply(s, 30);
	sent = s->in;
	scene_pass(s, RIG_OUT, RIG_IN);
	scene_complain(s, "10.10.0.5", ICMP_UNREACH, ICMP_UNREACH_PORT, 0, 58);
	scene_pass(s, RIG_IN, RIG_OUT);
	assert_addr(s->out.seen.src, outside_addr);
	assert_addr(s->out.seen.dst, "203.0.113.9");
	check_related(s, RIG_OUT, &sent);
	scene_end(s);
}

static void related_error_through_one_to_one(void **state)
{
	struct scene *s = scene_fixed();
	struct build sent;

	(void)state;
	scene_udp(s, "10.10.0.5", 700, "203.0.113.9", 53, 10);
	sent = s->in;
	scene_pass(s, RIG_IN, RIG_OUT);
	scene_complain(s, "203.0.113.9", ICMP_UNREACH, ICMP_UNREACH_PORT, 0, 576);
	scene_pass(s, RIG_OUT, RIG_IN);
	assert_addr(s->out.seen.dst, "10.10.0.5");
	check_related(s, RIG_IN, &sent);
	scene_end(s);
}

/* RFC 5508 REQ-7: the complaint of a hairpin's far end comes from its public address. */
static void related_error_through_hairpin(void **state)
{
	struct scene *s = scene_conf();
	struct build sent;
	u16 port_b;

	(void)state;
	rig_conf_mapping(&s->conf, NAT_MAP_ENDPOINT_INDEPENDENT, NAT_FILTER_ENDPOINT_INDEPENDENT);
	rig_open(&s->rig, &s->conf);
	scene_udp(s, "10.20.0.5", 6000, "203.0.113.9", 53, 10);
	scene_pass(s, RIG_IN2, RIG_OUT);
	port_b = s->out.seen.sport;
	scene_udp(s, "10.10.0.5", 5000, outside_addr, port_b, 10);
	sent = s->in;
	scene_pass(s, RIG_IN, RIG_IN2);
	scene_complain(s, "10.20.0.5", ICMP_UNREACH, ICMP_UNREACH_PORT, 0, 576);
	scene_pass(s, RIG_IN2, RIG_IN);
	assert_addr(s->out.seen.src, outside_addr);
	assert_addr(s->out.seen.dst, "10.10.0.5");
	check_related(s, RIG_IN, &sent);
	scene_end(s);
}

/* RFC 5508 REQ-3, REQ-4. */
static void broken_errors_are_not_related(void **state)
{
	struct scene *s = scene_begin();

	(void)state;
	scene_udp(s, "10.10.0.5", 5000, "203.0.113.9", 53, 64);
	scene_pass(s, RIG_IN, RIG_OUT);
	scene_complain(s, "203.0.113.9", ICMP_UNREACH, ICMP_UNREACH_PORT, 0, 60);
	build_icmp_hdr(&s->in)->csum.raw ^= 1;
	scene_dies(s, RIG_OUT, DROP_L4_CHECKSUM);
	scene_complain(s, "203.0.113.9", ICMP_UNREACH, ICMP_UNREACH_PORT, 0, 60);
	build_data(&s->in)[4] ^= 1; /* inside the quoted IP header: its checksum is wrong now */
	build_seal(&s->in);
	assert_true(rig_send(&s->rig, RIG_OUT, &s->in));
	while (rig_next(&s->rig, &s->out))
		assert_int_not_equal(s->out.out_if, RIG_IN);
	/* To somebody else than the sender of what it quotes: forged. */
	scene_complain(s, "203.0.113.9", ICMP_UNREACH, ICMP_UNREACH_PORT, 0, 60);
	build_ip(&s->in)->dst = addr("10.10.0.77");
	build_seal_ip(&s->in);
	scene_dies(s, RIG_OUT, DROP_CT_RELATED);
	scene_complain(s, "203.0.113.9", ICMP_UNREACH, ICMP_UNREACH_PORT, 0, 27);
	assert_true(rig_send(&s->rig, RIG_OUT, &s->in));
	scene_nothing(s);
	assert_int_equal(sluice_flow_count(s->rig.s), 1);
	scene_end(s);
}

/* An error about no flow, for somebody behind the gateway. */
static void error_about_nothing_dies(void **state)
{
	struct scene *s = scene_begin();
	struct build about;

	(void)state;
	build_udp4(&about, addr("203.0.113.9"), 53, addr("10.10.0.5"), 5000, 8);
	build_error4(&s->in, addr("10.10.0.5"), addr("203.0.113.9"), ICMP_UNREACH, 3, 0);
	build_quote(&s->in, about.bytes, about.len);
	scene_dies(s, RIG_IN, DROP_CT_RELATED);
	scene_is_empty(s);
	scene_end(s);
}

/* RFC 6888 REQ-8: the port of a mapping rests; only the same inside endpoint gets it meanwhile. */
static void freed_port_rests(void **state)
{
	struct scene *s = scene_conf();
	u16 port;

	(void)state;
	s->conf.nat.masquerade_port_first = 2000;
	s->conf.nat.masquerade_port_last = 2000;
	s->conf.nat.quarantine_s = 120;
	s->conf.ct.timeout_s[CT_TIMEOUT_UDP_NEW] = 30;
	rig_open(&s->rig, &s->conf);
	scene_udp(s, "10.10.0.5", 5000, "203.0.113.9", 53, 10);
	scene_pass(s, RIG_IN, RIG_OUT);
	port = s->out.seen.sport;
	assert_int_equal(port, 2000);
	scene_wait(s, 40);
	assert_int_equal(sluice_flow_count(s->rig.s), 0);
	scene_udp(s, "10.10.0.6", 5000, "203.0.113.9", 53, 10);
	scene_error(s, RIG_IN, DROP_NAT_NO_PORT, ICMP_UNREACH, ICMP_UNREACH_PROHIBITED);
	scene_udp(s, "10.10.0.5", 5000, "203.0.113.9", 53, 10);
	scene_pass(s, RIG_IN, RIG_OUT);
	assert_int_equal(s->out.seen.sport, port);
	scene_wait(s, 40 + 130);
	scene_udp(s, "10.10.0.6", 5000, "203.0.113.9", 53, 10);
	scene_pass(s, RIG_IN, RIG_OUT);
	scene_end(s);
}

/* RFC 5382, RFC 9293 3.5.2: a connection that nobody knows is refused, to the inside only. */
static void midstream_gets_a_reset(void **state)
{
	struct scene *s = scene_begin();

	(void)state;
	scene_tcp(s, "10.10.0.5", 5000, "203.0.113.9", 80, TCP_ACK | TCP_PSH);
	assert_true(rig_send(&s->rig, RIG_IN, &s->in));
	scene_expect(s, RIG_IN);
	assert_int_equal(s->out.seen.flags, TCP_RST);
	assert_int_equal(s->out.seen.seq, 5000);
	assert_int_equal(s->out.seen.dport, 5000);
	assert_addr(s->out.seen.src, "203.0.113.9");
	assert_int_equal(rig_drop_count(&s->rig, DROP_CT_MIDSTREAM), 1);
	scene_nothing(s);
	scene_is_empty(s);
	scene_tcp(s, "203.0.113.9", 80, outside_addr, 5000, TCP_ACK);
	assert_true(rig_send(&s->rig, RIG_OUT, &s->in));
	scene_nothing(s);
	scene_is_empty(s);
	scene_end(s);
}

static void midstream_may_be_picked_up(void **state)
{
	struct scene *s = scene_conf();

	(void)state;
	s->conf.ct.midstream = true;
	rig_open(&s->rig, &s->conf);
	scene_tcp(s, "10.10.0.5", 5000, "203.0.113.9", 80, TCP_ACK | TCP_PSH);
	scene_pass(s, RIG_IN, RIG_OUT);
	scene_tcp_reply(s, TCP_ACK);
	scene_pass(s, RIG_OUT, RIG_IN);
	assert_int_equal(s->out.seen.dport, 5000);
	scene_end(s);
}

/* A RST from far outside of the window reaches the host, which may challenge it (RFC 5961); it has
 * neither ended the flow nor kept it.                                                            */
static void blind_reset_is_passed_and_keeps_nothing(void **state)
{
	struct scene *s = scene_begin();
	struct sluice_flow_filter any = { 0 };
	struct sluice_flow flow;

	(void)state;
	scene_handshake(s, "10.10.0.5", 5000, "203.0.113.9", 80);
	scene_wait(s, 7000);
	scene_tcp_reply(s, TCP_RST);
	build_tcp4_at(&s->in, 0x70000000, 0);
	scene_pass(s, RIG_OUT, RIG_IN);
	assert_true(be32_eq(s->out.seen.dst, addr("10.10.0.5")));
	assert_int_equal(s->out.seen.dport, 5000);
	assert_int_equal(s->out.seen.flags, TCP_RST);
	assert_int_equal(rig_counter(&s->rig, "tcp_out_of_window"), 1);
	assert_true(rig_find_flow(&s->rig, &any, &flow));
	assert_string_equal(flow.state, "established");
	assert_int_equal(flow.idle_ms, 7000000);
	assert_int_equal(flow.packets[1], 2);
	scene_wait(s, 438);
	assert_int_equal(sluice_flow_count(s->rig.s), 1);
	scene_wait(s, 4);
	assert_int_equal(sluice_flow_count(s->rig.s), 0);
	scene_end(s);
}

/* RFC 5382 REQ-5: 2 h 4 min of silence. */
static void established_tcp_stands_two_hours(void **state)
{
	struct scene *s = scene_begin();

	(void)state;
	scene_handshake(s, "10.10.0.5", 5000, "203.0.113.9", 80);
	scene_wait(s, 7440 - 2);
	scene_tcp_reply(s, TCP_ACK | TCP_PSH);
	scene_pass(s, RIG_OUT, RIG_IN);
	assert_int_equal(s->out.seen.dport, 5000);
	scene_wait(s, 7440 + 3);
	assert_int_equal(sluice_flow_count(s->rig.s), 0);
	scene_end(s);
}

/* RFC 4787 REQ-5: two minutes at least; after the default of five it is over. */
static void udp_mapping_stands_two_minutes(void **state)
{
	struct scene *s = scene_begin();
	u16 port;

	(void)state;
	scene_udp(s, "10.10.0.5", 5000, "203.0.113.9", 53, 10);
	scene_pass(s, RIG_IN, RIG_OUT);
	port = s->out.seen.sport;
	scene_reply(s, 10);
	scene_pass(s, RIG_OUT, RIG_IN);
	scene_wait(s, 119);
	scene_udp(s, "203.0.113.9", 53, outside_addr, port, 10);
	scene_pass(s, RIG_OUT, RIG_IN);
	scene_wait(s, s->conf.ct.timeout_s[CT_TIMEOUT_UDP] + 1);
	scene_udp(s, "203.0.113.9", 53, outside_addr, port, 10);
	assert_true(rig_send(&s->rig, RIG_OUT, &s->in));
	while (rig_next(&s->rig, &s->out))
		assert_int_not_equal(s->out.out_if, RIG_IN);
	scene_end(s);
}

/* RFC 4787 REQ-2: all flows of one host by one address of the pool. */
static void pool_is_paired(void **state)
{
	struct scene *s = scene_conf();
	be32 first = { 0 };

	(void)state;
	rig_conf_pool(&s->conf, "198.18.1.0", "198.18.1.15");
	rig_open(&s->rig, &s->conf);
	for (u16 n = 0; n < 64; n++) {
		scene_udp(s, "10.10.0.5", (u16)(5000 + n), "203.0.113.9", 53, 10);
		scene_pass(s, RIG_IN, RIG_OUT);
		assert_true(n == 0 || be32_eq(first, s->out.seen.src));
		first = s->out.seen.src;
	}
	scene_end(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(udp_goes_out_and_its_answer_comes_back),
		cmocka_unit_test(udp_without_checksum_stays_so),
		cmocka_unit_test(udp_checksum_never_becomes_zero),
		cmocka_unit_test(one_inside_endpoint_is_one_public_endpoint),
		cmocka_unit_test(two_hosts_with_one_source_port_do_not_collide),
		cmocka_unit_test(filtering_endpoint_independent),
		cmocka_unit_test(filtering_by_address),
		cmocka_unit_test(filtering_by_address_of_the_outside),
		cmocka_unit_test(filtering_by_address_and_port),
		cmocka_unit_test(unsolicited_from_outside_is_met_with_silence),
		cmocka_unit_test(hairpin),
		cmocka_unit_test(hairpin_may_be_off),
		cmocka_unit_test(one_to_one_both_ways),
		cmocka_unit_test(related_error_through_snat),
		cmocka_unit_test(related_error_about_tcp_and_ping),
		cmocka_unit_test(related_error_from_inside),
		cmocka_unit_test(related_error_through_one_to_one),
		cmocka_unit_test(related_error_through_hairpin),
		cmocka_unit_test(broken_errors_are_not_related),
		cmocka_unit_test(error_about_nothing_dies),
		cmocka_unit_test(freed_port_rests),
		cmocka_unit_test(midstream_gets_a_reset),
		cmocka_unit_test(midstream_may_be_picked_up),
		cmocka_unit_test(established_tcp_stands_two_hours),
		cmocka_unit_test(blind_reset_is_passed_and_keeps_nothing),
		cmocka_unit_test(udp_mapping_stands_two_minutes),
		cmocka_unit_test(pool_is_paired),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
