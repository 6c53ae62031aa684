/* Random filters and packets. */
#include "model/filter_random.h"

#include "core/wire/ip4.h"

static u32 below(struct filter_random *random, u32 count)
{
	return rng_below(&random->rng, count);
}

static bool chance(struct filter_random *random, u32 percent)
{
	return below(random, 100) < percent;
}

void filter_random_init(struct filter_random *random, u64 seed, u32 spread)
{
	u8 bytes[32] = { 0 };

	memset(random, 0, sizeof *random);
	memcpy(bytes, &seed, sizeof seed);
	rng_init(&random->rng, bytes);
	random->spread = spread;
}

/* Near each other, so that prefixes of all lengths hold some of them and not others. */
static be32 draw_addr(struct filter_random *random)
{
	u32 at = below(random, random->spread);

	return be32_of(UINT32_C(0x0a000000) + (at % 7 << 24) + (at << 9) + (at * 37 & 255));
}

static u16 draw_port(struct filter_random *random)
{
	static const u16 known[] = { 0, 1, 22, 53, 80, 443, 1023, 1024, 8080, 65534, 65535 };

	if (chance(random, 40))
		return known[below(random, ARRAY_COUNT(known))];
	return (u16)(1000 + below(random, random->spread));
}

static be32 draw_prefix(struct filter_random *random, u8 len)
{
	return be32_of(be32_host(draw_addr(random)) & ip4_mask(len));
}

static u8 draw_len(struct filter_random *random)
{
	static const u8 usual[] = { 32, 32, 32, 24, 24, 16, 8 };

	return chance(random, 70) ? usual[below(random, ARRAY_COUNT(usual))]
				  : (u8)below(random, 33);
}

void filter_random_sets(struct filter_random *random, struct filter_conf *conf)
{
	for (u32 at = 0; at < FILTER_RANDOM_SETS; at++) {
		struct filter_set_conf *set = &random->set[at];

		memset(set, 0, sizeof *set);
		set->name[0] = (char)('a' + at);
		set->kind = (u8)(at % FILTER_SET_KINDS);
		set->elem_count = below(random, FILTER_RANDOM_ELEMS + 1);
		set->elem = random->elem[at];
		for (u32 n = 0; n < set->elem_count; n++) {
			struct filter_elem *elem = &random->elem[at][n];

			memset(elem, 0, sizeof *elem);
			if (set->kind == FILTER_SET_PORTS) {
				elem->port_first = draw_port(random);
				elem->port_last = (u16)(elem->port_first +
							below(random, 65536U - elem->port_first) %
								40);
				continue;
			}
			elem->len = set->kind == FILTER_SET_PAIRS ? 32 : draw_len(random);
			elem->addr = draw_prefix(random, elem->len);
			if (set->kind == FILTER_SET_PAIRS)
				elem->port_first = elem->port_last = draw_port(random);
		}
	}
	conf->set = random->set;
	conf->set_count = FILTER_RANDOM_SETS;
}

static u16 draw_set(struct filter_random *random, enum filter_set_kind kind)
{
	return (u16)(kind + FILTER_SET_KINDS * below(random, 2));
}

static void draw_end(struct filter_random *random, struct filter_addr *at, u16 *pair, bool ports)
{
	u32 kind = below(random, 100);

	at->not = chance(random, 10);
	if (kind < 45) {
		at->len = draw_len(random);
		at->prefix = draw_prefix(random, at->len);
		at->not = at->not &&at->len > 0;
	} else if (kind < 55) {
		at->set = draw_set(random, FILTER_SET_ADDRS);
	} else {
		at->not = false;
		if (kind < 60 && ports)
			*pair = draw_set(random, FILTER_SET_PAIRS);
	}
}

static void draw_ports(struct filter_random *random, struct filter_ports *at, u32 percent)
{
	if (!chance(random, percent))
		return;
	at->not = chance(random, 10);
	if (chance(random, 15)) {
		at->set = draw_set(random, FILTER_SET_PORTS);
		return;
	}
	at->first = at->last = draw_port(random);
	if (chance(random, 40))
		at->last = (u16)u32_min(65535, at->first + below(random, 2 * random->spread));
	at->not = at->not &&(at->first != 0 || at->last != 65535);
}

static u64 draw_ifs(struct filter_random *random)
{
	u64 ifs = rng_u64(&random->rng) % (1 << FILTER_RANDOM_IFACES);

	return ifs == 0 || chance(random, 60) ? FILTER_IFACE_ANY : ifs;
}

static void draw_l4(struct filter_random *random, struct filter_rule_conf *rule)
{
	static const s32 protos[] = { FILTER_PROTO_ANY, 6, 6, 6, 17, 17, 1, 1, 47, 0, 255 };

	rule->proto = protos[below(random, ARRAY_COUNT(protos))];
	rule->proto_not = rule->proto != FILTER_PROTO_ANY && chance(random, 5);
	if (rule->proto == 1 && !rule->proto_not && chance(random, 60)) {
		rule->icmp = true;
		rule->icmp_type = chance(random, 70) ? 8 : (u8)below(random, 14);
		rule->icmp_code = (s32)below(random, 4) - 1;
	}
	if (rule->proto == 6 && !rule->proto_not && chance(random, 20)) {
		rule->tcp_mask = (u8)rng_u32(&random->rng);
		rule->tcp_flags = (u8)rng_u32(&random->rng) & rule->tcp_mask;
	}
}

void filter_random_rule(struct filter_random *random, enum filter_chain chain,
			struct filter_rule_conf *rule)
{
	bool ports;

	filter_rule_defaults(rule);
	rule->chain = (u8)chain;
	if (chance(random, 50))
		rule->states = (u8)(1 + below(random, FILTER_STATES));
	draw_l4(random, rule);
	ports = !rule->proto_not && (rule->proto == FILTER_PROTO_ANY || rule->proto == 6 ||
				     rule->proto == 17);
	draw_end(random, &rule->src, &rule->src_pair, ports);
	draw_end(random, &rule->dst, &rule->dst_pair, ports);
	if (ports) {
		draw_ports(random, &rule->sport, 15);
		draw_ports(random, &rule->dport, 55);
	}
	if (chain != FILTER_OUTPUT)
		rule->in_ifs = draw_ifs(random);
	if (chain != FILTER_INPUT)
		rule->out_ifs = draw_ifs(random);
	rule->fate.action = (u8)below(random, chain == FILTER_OUTPUT ? 2 : 3);
	rule->fate.reject = (u8)below(random, FILTER_REJECTS);
	if (rule->fate.reject == FILTER_REJECT_RESET && (rule->proto != 6 || rule->proto_not))
		rule->fate.reject = FILTER_REJECT_PORT;
}

void filter_random_packet(struct filter_random *random, enum filter_chain chain,
			  struct filter_model_packet *packet)
{
	static const u8 protos[] = { 6, 6, 17, 17, 1, 47, 50, 0, 255 };

	*packet = (struct filter_model_packet){
		.src = draw_addr(random),
		.dst = draw_addr(random),
		.proto = protos[below(random, ARRAY_COUNT(protos))],
		.state = (u8)(1 << below(random, 4)),
		.in_if = chain == FILTER_OUTPUT ? UINT16_MAX
						: (u16)below(random, FILTER_RANDOM_IFACES),
		.out_if = chain == FILTER_INPUT ? UINT16_MAX
						: (u16)below(random, FILTER_RANDOM_IFACES),
	};
	if (packet->proto == 6 || packet->proto == 17) {
		packet->sport = draw_port(random);
		packet->dport = draw_port(random);
	}
	if (packet->proto == 6)
		packet->tcp_flags = (u8)rng_u32(&random->rng);
	if (packet->proto == 1) {
		packet->icmp_type = chance(random, 70) ? 8 : (u8)below(random, 14);
		packet->icmp_code = (u8)below(random, 3);
	}
}
