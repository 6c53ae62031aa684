/* Filter rules as anybody may configure them, and packets: refused, or what reading them from end
 * to end finds.
 *
 *     rules        a count, then what each asks about, from few addresses and ports
 *     packets      until the input ends
 *
 * A set of each kind is there, and changes between packets; so the model's elements do.          */
#include "core/filter/filter.h"
#include "core/wire/ip4.h"
#include "fuzz/input.h"
#include "model/filter_model.h"

#include <stdlib.h>

enum { RULES = 24, ELEMS = 8, PACKETS_MAX = 128, IFACES = 5 };

struct stage {
	struct filter filter;
	struct filter_conf conf;
	struct filter_rule_conf rule[RULES];
	struct filter_set_conf set[FILTER_SET_KINDS];
	struct filter_elem elem[FILTER_SET_KINDS][ELEMS];
	void *memory;
	u64 size;
};

static struct stage *stage_new(void)
{
	struct stage *stage = calloc(1, sizeof *stage);
	struct mem mem;

	CHECK(stage != NULL);
	filter_conf_defaults(&stage->conf);
	stage->conf.rule_limit = RULES;
	stage->conf.set_limit = FILTER_SET_KINDS;
	stage->conf.port_set_limit = 1;
	stage->conf.elem_limit = 2 * ELEMS;
	stage->conf.source_limit = 4;
	mem_init_plan(&mem);
	filter_layout(&stage->filter, &stage->conf, 1, &mem);
	stage->size = mem.used;
	stage->memory = aligned_alloc(MEM_LINE, stage->size);
	CHECK(stage->memory != NULL);
	return stage;
}

static void stage_begin(struct stage *stage)
{
	struct filter_conf conf = stage->conf;
	const struct hash_key key = { { 11, 77, 1234, 5 } };
	struct mem mem;

	memset(stage->memory, 0, stage->size);
	memset(stage->rule, 0, sizeof stage->rule);
	memset(stage->set, 0, sizeof stage->set);
	mem_init(&mem, stage->memory, stage->size);
	filter_layout(&stage->filter, &conf, 1, &mem);
	filter_init(&stage->filter, &key);
	for (u32 kind = 0; kind < FILTER_SET_KINDS; kind++) {
		stage->set[kind].name[0] = (char)('a' + kind);
		stage->set[kind].kind = (u8)kind;
		stage->set[kind].elem = stage->elem[kind];
	}
	stage->conf.set = stage->set;
	stage->conf.set_count = FILTER_SET_KINDS;
	stage->conf.rule = stage->rule;
}

/* Few bits of each byte, so that prefixes hold addresses. */
static be32 next_addr(struct input *in)
{
	u8 bits = next_byte(in);

	return be32_of(UINT32_C(0x0a000000) | (u32)(bits & 3) << 24 | (u32)(bits >> 2 & 3) << 16 |
		       (u32)(bits >> 4 & 3) << 7 | bits >> 6);
}

static u16 next_port(struct input *in)
{
	u8 bits = next_byte(in);

	return (u16)(bits < 128 ? bits : bits << 8 | 0xff);
}

static void next_end(struct input *in, struct filter_addr *at)
{
	u8 what = next_byte(in);

	at->prefix = next_addr(in);
	at->len = what & 63;
	if (at->len <= 32)
		at->prefix = be32_of(be32_host(at->prefix) &
				     (at->len == 0 ? 0 : UINT32_MAX << (32 - at->len)));
	at->not = (what & 64) != 0;
	at->set = (what & 128) != 0 ? next_byte(in) % 4 : FILTER_SET_NONE;
}

static void next_ports(struct input *in, struct filter_ports *at)
{
	u8 what = next_byte(in);

	at->not = (what & 1) != 0;
	at->set = (what & 6) == 6 ? FILTER_SET_PORTS : FILTER_SET_NONE;
	at->last = UINT16_MAX;
	if ((what & 8) == 0)
		return;
	at->first = next_port(in);
	at->last = next_port(in);
}

static void next_rule(struct input *in, struct filter_rule_conf *rule)
{
	static const s32 protos[] = { FILTER_PROTO_ANY, 6, 17, 1, 47, 132, 136, 33 };
	u8 what;

	filter_rule_defaults(rule);
	rule->chain = next_byte(in) % 4;
	rule->states = next_byte(in);
	what = next_byte(in);
	rule->proto = protos[what & 7];
	if ((what & 31) == 8)
		rule->proto = 0;
	rule->proto_not = (what & 24) == 24;
	next_end(in, &rule->src);
	next_end(in, &rule->dst);
	next_ports(in, &rule->sport);
	next_ports(in, &rule->dport);
	if ((what & 32) != 0)
		rule->src_pair = next_byte(in) % 4;
	if ((what & 64) != 0) {
		rule->in_ifs = next_byte(in);
		rule->out_ifs = next_byte(in);
	}
	if ((what & 128) != 0) {
		rule->icmp = rule->proto == 1;
		rule->icmp_type = next_byte(in) & 15;
		rule->icmp_code = (s32)(next_byte(in) & 3) - 1;
		rule->tcp_mask = next_byte(in);
		rule->tcp_flags = next_byte(in);
	}
	rule->fate.action = next_byte(in) & 3;
}

/* The same change to the filter's set and to the model's, if both can take it. */
static void change_set(struct stage *stage, struct input *in)
{
	u32 kind = next_byte(in) % FILTER_SET_KINDS;
	struct filter_set_conf *set = &stage->set[kind];
	struct filter_elem elem = { .addr = { 0 } };

	if (kind != FILTER_SET_PORTS)
		elem.addr = next_addr(in);
	elem.len = kind == FILTER_SET_PORTS ? 0 : 32;
	if (kind != FILTER_SET_ADDRS)
		elem.port_first = elem.port_last = next_port(in);
	if (set->elem_count == ELEMS) {
		struct filter_elem gone = stage->elem[kind][--set->elem_count];

		CHECK(filter_set_del(&stage->filter, set->name, &gone) == ERR_OK);
		return;
	}
	if (filter_set_add(&stage->filter, set->name, &elem) == ERR_OK)
		stage->elem[kind][set->elem_count++] = elem;
}

/* All of the set anew, from what the model has of it, some of it left out. */
static void fill_set(struct stage *stage, struct input *in)
{
	struct filter_set_conf *set = &stage->set[next_byte(in) % FILTER_SET_KINDS];
	u32 fill, taken, gone, keep = next_byte(in) % (set->elem_count + 1);

	if (keep == 0) {
		CHECK(filter_set_flush(&stage->filter, set->name, &gone) == ERR_OK);
		set->elem_count = 0;
		return;
	}
	CHECK(filter_fill_begin(&stage->filter, set->name, &fill) == ERR_OK);
	CHECK(filter_fill_put(&stage->filter, set->name, fill, set->elem, keep, &taken) == ERR_OK);
	CHECK(taken == keep);
	if ((next_byte(in) & 3) == 0) {
		filter_fill_drop(&stage->filter, fill);
		return;
	}
	CHECK(filter_fill_end(&stage->filter, set->name, fill) == ERR_OK);
	set->elem_count = keep;
}

/* The same rules in another order of building: sets keep what they have. */
static void reload(struct stage *stage)
{
	struct filter_conf conf = stage->conf;
	struct filter_set_conf none[FILTER_SET_KINDS];
	const char *why;

	memcpy(none, stage->set, sizeof none);
	for (u32 kind = 0; kind < FILTER_SET_KINDS; kind++)
		none[kind].elem_count = 0;
	conf.set = none;
	conf.policy[FILTER_INPUT].action = stage->filter.rules == stage->filter.live;
	CHECK(filter_prepare(&stage->filter, &conf, IFACES, &why) == ERR_OK);
	filter_commit(&stage->filter);
}

static void ask(struct stage *stage, struct input *in)
{
	static const u8 protos[] = { 6, 17, 1, 47, 33, 132, 136, 0 };
	struct filter_model_packet p = { .src = next_addr(in), .dst = next_addr(in) };
	u8 what = next_byte(in), where = next_byte(in);
	struct filter_key key;
	u32 want, got;

	p.proto = protos[(what & 3) | (where >> 7) << 2];
	p.state = (u8)(1 << (what >> 2 & 3));
	p.in_if = (what >> 4) % IFACES;
	p.out_if = where % IFACES;
	if (ip4_has_ports(p.proto)) {
		p.sport = next_port(in);
		p.dport = next_port(in);
	}
	p.tcp_flags = p.proto == 6 ? next_byte(in) : 0;
	p.icmp_type = p.proto == 1 ? next_byte(in) & 15 : 0;
	p.icmp_code = p.proto == 1 ? next_byte(in) & 3 : 0;
	key = (struct filter_key){
		.field = { be32_host(p.src), be32_host(p.dst), p.sport, p.dport, p.proto, p.in_if,
			   p.out_if },
		.state = p.state,
		.ports = ip4_has_ports(p.proto),
		.icmp_type = p.icmp_type,
		.icmp_code = p.icmp_code,
		.tcp_flags = p.tcp_flags,
	};
	want = filter_model_find(&stage->conf, FILTER_FORWARD, &p, 0);
	got = filter_find(stage->filter.live, &stage->filter.key, FILTER_FORWARD, &key, 0);
	CHECK(got == (want == stage->conf.rule_count ? FILTER_RULE_NONE : want));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct stage *stage;
	struct input in = { data, size };
	const char *why;

	if (stage == NULL)
		stage = stage_new();
	stage_begin(stage);
	stage->conf.rule_count = next_byte(&in) % (RULES + 1);
	for (u32 at = 0; at < stage->conf.rule_count; at++)
		next_rule(&in, &stage->rule[at]);
	if (filter_prepare(&stage->filter, &stage->conf, IFACES, &why) != ERR_OK) {
		CHECK(why != NULL);
		return 0;
	}
	filter_commit(&stage->filter);
	for (u32 n = 0; n < PACKETS_MAX && in.left > 0; n++) {
		u8 what = next_byte(&in);

		if ((what & 7) == 0)
			change_set(stage, &in);
		else if (what == 255)
			reload(stage);
		else if ((what & 31) == 31)
			fill_set(stage, &in);
		else
			ask(stage, &in);
		if ((what & 31) == 1)
			filter_tick(&stage->filter, n * NS_PER_MS);
	}
	filter_check(&stage->filter);
	return 0;
}
