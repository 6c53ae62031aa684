/* Helpers of the scenario tests. */
#include "sim/scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

struct scene *scene_conf(void)
{
	struct scene *s = calloc(1, sizeof *s);

	assert_non_null(s);
	rig_conf(&s->conf);
	s->conf.icmp = (struct icmp_conf){ 100000, 10000, 100000, 10000 };
	return s;
}

struct scene *scene_begin(void)
{
	struct scene *s = scene_conf();

	rig_open(&s->rig, &s->conf);
	return s;
}

void scene_end(struct scene *s)
{
	rig_close(&s->rig);
	free(s);
}

void scene_nothing(struct scene *s)
{
	if (rig_next(&s->rig, &s->out)) {
		char text[256] = "";

		seen_print(&s->out.seen, text, sizeof text);
		print_error("came out of %u: %s\n", s->out.out_if, text);
		fail();
	}
}

void scene_expect(struct scene *s, u16 out_if)
{
	assert_true(rig_next(&s->rig, &s->out));
	assert_true(s->out.parsed);
	assert_int_equal(s->out.out_if, out_if);
	assert_int_equal(s->out.seen.wrong, 0);
	assert_int_equal(s->out.seen.len, s->out.frame.len - s->out.frame.l3);
}

void scene_pass(struct scene *s, u16 in_if, u16 out_if)
{
	assert_true(rig_send(&s->rig, in_if, &s->in));
	scene_expect(s, out_if);
	scene_nothing(s);
	sluice_check(s->rig.s);
}

void scene_swallow(struct scene *s, u16 in_if)
{
	assert_true(rig_send(&s->rig, in_if, &s->in));
	scene_nothing(s);
	sluice_check(s->rig.s);
}

void scene_dies(struct scene *s, u16 in_if, enum drop drop)
{
	u64 sum = rig_drop_sum(&s->rig);
	u64 count = rig_drop_count(&s->rig, drop);

	scene_swallow(s, in_if);
	if (rig_drop_count(&s->rig, drop) != count + 1)
		print_error("no %s was counted\n", drop_name(drop));
	assert_int_equal(rig_drop_count(&s->rig, drop), count + 1);
	assert_int_equal(rig_drop_sum(&s->rig), sum + 1);
}

void scene_error(struct scene *s, u16 in_if, enum drop drop, u8 type, u8 code)
{
	const struct ip4_hdr *ip = build_ip(&s->in);
	u64 count = rig_drop_count(&s->rig, drop);
	u32 quoted;

	assert_true(rig_send(&s->rig, in_if, &s->in));
	scene_expect(s, in_if);
	assert_int_equal(rig_drop_count(&s->rig, drop), count + 1);
	assert_int_equal(s->out.seen.proto, IP_PROTO_ICMP);
	assert_int_equal(s->out.seen.type, type);
	assert_int_equal(s->out.seen.code, code);
	assert_true(be32_eq(s->out.seen.dst, ip->src));
	assert_true(s->out.seen.len <= ICMP_ERROR_LEN_MAX);
	quoted = s->out.seen.quote_len;
	assert_true(quoted >= u32_min(s->in.len, s->in.l4 + 8));
	assert_memory_equal(s->out.seen.quote, s->in.bytes, quoted);
	scene_nothing(s);
	sluice_check(s->rig.s);
}

void scene_udp(struct scene *s, const char *src, u16 sport, const char *dst, u16 dport, u32 len)
{
	build_udp4(&s->in, addr(src), sport, addr(dst), dport, len);
}

void scene_tcp(struct scene *s, const char *src, u16 sport, const char *dst, u16 dport, u8 flags)
{
	build_tcp4(&s->in, addr(src), sport, addr(dst), dport, flags);
}

void scene_reply(struct scene *s, u32 len)
{
	build_udp4(&s->in, s->out.seen.dst, s->out.seen.dport, s->out.seen.src, s->out.seen.sport,
		   len);
}

void scene_tcp_reply(struct scene *s, u8 flags)
{
	const struct seen seen = s->out.seen;

	build_tcp4(&s->in, seen.dst, seen.dport, seen.src, seen.sport, flags);
	build_tcp4_at(&s->in, seen.ack != 0 ? seen.ack : 9000,
		      seen.seq + seen.data_len + ((seen.flags & TCP_SYN) != 0) +
			      ((seen.flags & TCP_FIN) != 0));
}

void scene_complain(struct scene *s, const char *from, u8 type, u8 code, u32 word, u32 quote_len)
{
	build_error4(&s->in, addr(from), s->out.seen.src, type, code, word);
	build_quote(&s->in, s->out.frame.bytes + s->out.frame.l3,
		    u32_min(quote_len, s->out.seen.len));
}

void scene_handshake(struct scene *s, const char *src, u16 sport, const char *dst, u16 dport)
{
	u16 in_if = addr(src).raw == addr("10.20.0.5").raw ? RIG_IN2 : RIG_IN;

	scene_tcp(s, src, sport, dst, dport, TCP_SYN);
	scene_pass(s, in_if, RIG_OUT);
	scene_tcp_reply(s, TCP_SYN | TCP_ACK);
	scene_pass(s, RIG_OUT, in_if);
	scene_tcp_reply(s, TCP_ACK);
	scene_pass(s, in_if, RIG_OUT);
}

void scene_is_empty(const struct scene *s)
{
	assert_int_equal(sluice_flow_count(s->rig.s), 0);
	assert_int_equal(rig_mapping_count(&s->rig), 0);
	assert_int_equal(rig_ports_held(&s->rig), 0);
}

void scene_wait(struct scene *s, u32 seconds)
{
	rig_advance(&s->rig, seconds * NS_PER_SEC);
}
