/* What it costs to ask the filter's rules about a packet, beside reading them from end to end.
 *
 *     bench_filter [runs]
 *
 * Three kinds of rulesets, in sizes of 1 to 10,000 rules: a list of hosts to be dropped; servers,
 * each with a network and a port; and a mixture with ranges, negations and some wide rules. Half of
 * the packets are made to meet a rule, chosen at random; the others meet what they may. Both ways
 * use the compiled rules (struct filter_rule); each result is compared with the other's.
 *
 * Then one rule that asks a named set, of 1,000 to a million elements: hosts; prefixes of nine
 * lengths; addresses with a port. Half of the packets are made to be in it.
 *
 * Packets come in random order and their keys lie in a list, so rules and trees are as warm in the
 * cache as a gateway keeps them that does nothing else. Times are those of this thread alone: what
 * others do on the same core is not in them, but for what they leave of the cache.               */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "model/filter_random.h"
#include "core/filter/filter.h"
#include "core/wire/ip4.h"

enum { RULES_MAX = 10000, PACKETS = 16384, RUNS = 5, LINEAR_LOOKS = 20000000 };

static const u32 set_sizes[] = { 1000, 100000, 1000000 };

struct bench {
	struct filter filter;
	struct filter_conf conf;
	struct filter_rule_conf rule[RULES_MAX];
	struct filter_key packet[PACKETS];
	u16 found[PACKETS];
	struct filter_random random;
	u64 memory_bytes;
};

static u64 now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (u64)now.tv_sec * NS_PER_SEC + (u64)now.tv_nsec;
}

/* ---- rulesets -------------------------------------------------------------------------------- */

static void rule_host(struct bench *b, u32 at)
{
	struct filter_rule_conf *rule = &b->rule[at];

	filter_rule_defaults(rule);
	rule->src.prefix = be32_of(rng_u32(&b->random.rng));
	rule->src.len = 32;
	rule->fate.action = FILTER_DROP;
}

static void rule_server(struct bench *b, u32 at)
{
	static const u16 ports[] = { 22, 25, 53, 80, 443, 993, 3306, 5432, 8080, 8443 };
	struct filter_rule_conf *rule = &b->rule[at];

	filter_rule_defaults(rule);
	rule->states = FILTER_NEW;
	rule->dst.prefix = be32_of(UINT32_C(0x0a000000) | (at / 10) << 8);
	rule->dst.len = 24;
	rule->proto = at % 10 == 2 ? IP_PROTO_UDP : IP_PROTO_TCP;
	rule->dport.first = rule->dport.last = ports[at % 10];
}

/* Sets are another matter. */
static void without_set(struct filter_addr *at)
{
	at->set = FILTER_SET_NONE;
	at->not = at->not &&at->len > 0;
}

static void without_port_set(struct filter_ports *at)
{
	at->set = FILTER_SET_NONE;
	at->not = at->not &&(at->first != 0 || at->last != UINT16_MAX);
}

/* One of sixteen is as it comes, and may be wide; of the others no source is. */
static void rule_mixed(struct bench *b, u32 at)
{
	struct filter_rule_conf *rule = &b->rule[at];

	do {
		filter_random_rule(&b->random, FILTER_FORWARD, rule);
		without_set(&rule->src);
		without_set(&rule->dst);
		without_port_set(&rule->sport);
		without_port_set(&rule->dport);
		rule->src_pair = rule->dst_pair = FILTER_SET_NONE;
	} while (at % 16 != 15 && (rule->src.len < 16 || rule->src.not ));
	/* Behind one that takes everything nothing would ever be reached. */
	if (at % 16 == 15 && rule->src.len < 8 && rule->dst.len < 8) {
		rule->dst.prefix = be32_of(rng_u32(&b->random.rng));
		rule->dst.len = 32;
		rule->dst.not = false;
	}
}

static const struct {
	const char *name;
	void (*make)(struct bench *b, u32 at);
} kinds[] = { { "hosts", rule_host }, { "servers", rule_server }, { "mixed", rule_mixed } };

/* A packet that meets the rule, unless it is one of the odd ones. */
static void packet_for(struct bench *b, struct filter_key *key, const struct filter_rule *rule)
{
	key->field[FILTER_SRC] = (rule->src & rule->src_mask) |
				 (key->field[FILTER_SRC] & ~rule->src_mask);
	key->field[FILTER_DST] = (rule->dst & rule->dst_mask) |
				 (key->field[FILTER_DST] & ~rule->dst_mask);
	if ((rule->flags & FILTER_PROTO_ONE) != 0)
		key->field[FILTER_PROTO] = rule->proto;
	key->ports = ip4_has_ports((u8)key->field[FILTER_PROTO]);
	key->field[FILTER_SPORT] = rule->sport_first +
				   rng_below(&b->random.rng,
					     (u32)rule->sport_last - rule->sport_first + 1);
	key->field[FILTER_DPORT] = rule->dport_first +
				   rng_below(&b->random.rng,
					     (u32)rule->dport_last - rule->dport_first + 1);
}

static void packets_make(struct bench *b)
{
	for (u32 n = 0; n < PACKETS; n++) {
		struct filter_key *key = &b->packet[n];
		u32 rule = rng_below(&b->random.rng, b->conf.rule_count);

		*key = (struct filter_key){ .state = FILTER_NEW, .ports = true };
		key->field[FILTER_SRC] = rng_u32(&b->random.rng);
		key->field[FILTER_DST] = UINT32_C(0x0a000000) |
					 (rng_u32(&b->random.rng) & 0xffffff);
		key->field[FILTER_SPORT] = rng_below(&b->random.rng, 65536);
		key->field[FILTER_DPORT] = rng_below(&b->random.rng, 65536);
		key->field[FILTER_PROTO] = IP_PROTO_TCP;
		key->field[FILTER_IN_IF] = rng_below(&b->random.rng, 2);
		key->field[FILTER_OUT_IF] = rng_below(&b->random.rng, 2);
		if (rng_below(&b->random.rng, 2) == 0)
			packet_for(b, key, &b->filter.live->rule[rule]);
	}
}

/* ---- measuring ------------------------------------------------------------------------------- */

/* With room for a set of so many elements. */
static void engine_make(struct bench *b, u32 rules, u32 elems)
{
	const struct hash_key key = { { 0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb,
					0x2545f4914f6cdd1d } };
	struct mem mem;
	void *memory;

	filter_conf_defaults(&b->conf);
	b->conf.rule_limit = rules;
	b->conf.set_limit = elems > 0;
	b->conf.port_set_limit = 0;
	b->conf.elem_limit = elems;
	b->conf.source_limit = 4;
	mem_init_plan(&mem);
	filter_layout(&b->filter, &b->conf, 1, &mem);
	b->memory_bytes = mem.used;
	memory = aligned_alloc(MEM_LINE, mem.used);
	CHECK(memory != NULL);
	memset(memory, 0, mem.used);
	mem_init(&mem, memory, b->memory_bytes);
	filter_layout(&b->filter, &b->conf, 1, &mem);
	filter_init(&b->filter, &key);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double trees_ns(struct bench *b)
{
	u64 begin = now_ns();

	for (u32 n = 0; n < PACKETS; n++)
		b->found[n] = filter_find(b->filter.live, &b->filter.key, FILTER_FORWARD,
					  &b->packet[n], 0);
	return (double)(now_ns() - begin) / PACKETS;
}

static double linear_ns(struct bench *b)
{
	u32 count = u32_min(PACKETS, LINEAR_LOOKS / b->conf.rule_count);
	u64 begin = now_ns();

	for (u32 n = 0; n < count; n++) {
		u32 at = 0;

		while (at < b->conf.rule_count &&
		       !filter_rule_matches(b->filter.live, &b->filter.key, (u16)at, &b->packet[n]))
			at++;
		CHECK(b->found[n] == (at == b->conf.rule_count ? FILTER_RULE_NONE : at));
	}
	return (double)(now_ns() - begin) / count;
}

static void measure(struct bench *b, u32 kind, u32 rules, u32 runs)
{
	double trees[64], linear[64], build_us;
	const char *why;
	u32 met = 0;
	u64 begin;

	engine_make(b, rules, 0);
	filter_random_init(&b->random, 7, 5 * rules + 4);
	for (u32 at = 0; at < rules; at++)
		kinds[kind].make(b, at);
	b->conf.rule = b->rule;
	b->conf.rule_count = rules;
	begin = now_ns();
	if (filter_prepare(&b->filter, &b->conf, 2, &why) != ERR_OK) {
		fprintf(stderr, "refused: %s\n", why);
		exit(1);
	}
	filter_commit(&b->filter);
	build_us = (double)(now_ns() - begin) / 1000;
	packets_make(b);
	for (u32 run = 0; run < runs; run++) {
		trees[run] = trees_ns(b);
		linear[run] = linear_ns(b);
	}
	qsort(trees, runs, sizeof *trees, by_size);
	qsort(linear, runs, sizeof *linear, by_size);
	for (u32 n = 0; n < PACKETS; n++)
		met += b->found[n] != FILTER_RULE_NONE;
	printf("%-8s %6u %10.1f %12.1f %10.0f %10.1f %7u%%\n", kinds[kind].name, rules,
	       trees[runs / 2], linear[runs / 2], build_us, (double)b->memory_bytes / 1024,
	       100 * met / PACKETS);
	free(b->filter.rules[0].rule);
}

/* ---- sets ------------------------------------------------------------------------------------ */

/* Elements have the highest bit of their address clear; packets that are in none have it set. */
#define OUTSIDE (UINT32_C(1) << 31)

static void elem_host(struct bench *b, struct filter_elem *elem)
{
	*elem = (struct filter_elem){ .addr = be32_of(rng_u32(&b->random.rng) & ~OUTSIDE),
				      .len = 32 };
}

static void elem_prefix(struct bench *b, struct filter_elem *elem)
{
	elem->len = (u8)(24 + rng_below(&b->random.rng, 9));
	elem->addr = be32_of(rng_u32(&b->random.rng) & ~OUTSIDE & ip4_mask(elem->len));
	elem->port_first = elem->port_last = 0;
}

static void elem_pair(struct bench *b, struct filter_elem *elem)
{
	elem_host(b, elem);
	elem->port_first = elem->port_last = (u16)(1 + rng_below(&b->random.rng, 65535));
}

static const struct {
	const char *name;
	enum filter_set_kind kind;
	void (*make)(struct bench *b, struct filter_elem *elem);
} sets[] = { { "hosts", FILTER_SET_ADDRS, elem_host },
	     { "prefixes", FILTER_SET_ADDRS, elem_prefix },
	     { "pairs", FILTER_SET_PAIRS, elem_pair } };

/* found[] says whether the packet is in the set. */
static void set_packets_make(struct bench *b, const struct filter_elem *elem, u32 count)
{
	for (u32 n = 0; n < PACKETS; n++) {
		const struct filter_elem *one = &elem[rng_below(&b->random.rng, count)];
		struct filter_key *key = &b->packet[n];
		u32 in = rng_below(&b->random.rng, 2);

		*key = (struct filter_key){ .state = FILTER_NEW, .ports = true };
		key->field[FILTER_PROTO] = IP_PROTO_TCP;
		key->field[FILTER_DPORT] = 443;
		key->field[FILTER_SPORT] = one->port_first;
		key->field[FILTER_SRC] =
			be32_host(one->addr) | (rng_u32(&b->random.rng) & ~ip4_mask(one->len));
		if (!in)
			key->field[FILTER_SRC] |= OUTSIDE;
		b->found[n] = in ? 0 : FILTER_RULE_NONE;
	}
}

static double set_ns(struct bench *b)
{
	u64 begin = now_ns();

	for (u32 n = 0; n < PACKETS; n++)
		CHECK(filter_find(b->filter.live, &b->filter.key, FILTER_FORWARD, &b->packet[n],
				  0) == b->found[n]);
	return (double)(now_ns() - begin) / PACKETS;
}

static void set_measure(struct bench *b, u32 kind, u32 count, u32 runs)
{
	struct filter_elem *elem = calloc(count, sizeof *elem);
	struct filter_set_conf set = { .name = "set",
				       .kind = (u8)sets[kind].kind,
				       .elem_count = count,
				       .elem = elem };
	double found[64];
	const char *why = "no memory";

	CHECK(elem != NULL);
	engine_make(b, 1, count);
	filter_random_init(&b->random, 7, 1);
	for (u32 n = 0; n < count; n++)
		sets[kind].make(b, &elem[n]);
	filter_rule_defaults(&b->rule[0]);
	if (sets[kind].kind == FILTER_SET_PAIRS)
		b->rule[0].src_pair = 0;
	else
		b->rule[0].src.set = 0;
	b->conf.rule = b->rule;
	b->conf.rule_count = b->conf.set_count = 1;
	b->conf.set = &set;
	if (filter_prepare(&b->filter, &b->conf, 2, &why) != ERR_OK) {
		fprintf(stderr, "refused: %s\n", why);
		exit(1);
	}
	filter_commit(&b->filter);
	set_packets_make(b, elem, count);
	for (u32 run = 0; run < runs; run++)
		found[run] = set_ns(b);
	qsort(found, runs, sizeof *found, by_size);
	printf("%-8s %8u %10.1f %10.1f\n", sets[kind].name, count, found[runs / 2],
	       (double)b->memory_bytes / 1024);
	free(b->filter.rules[0].rule);
	free(elem);
}

int main(int argc, char **argv)
{
	static struct bench b;
	int runs = argc > 1 ? atoi(argv[1]) : RUNS;

	runs = runs < 1 ? 1 : runs > 64 ? 64 : runs;
	printf("%-8s %6s %10s %12s %10s %10s %8s\n", "rules", "count", "trees ns", "linear ns",
	       "build us", "KiB", "met");
	for (u32 kind = 0; kind < ARRAY_COUNT(kinds); kind++) {
		for (u32 rules = 1; rules <= RULES_MAX; rules *= 10)
			measure(&b, kind, rules, (u32)runs);
	}
	printf("\n%-8s %8s %10s %10s\n", "set of", "elements", "look-up ns", "KiB");
	for (u32 kind = 0; kind < ARRAY_COUNT(sets); kind++) {
		for (u32 size = 0; size < ARRAY_COUNT(set_sizes); size++)
			set_measure(&b, kind, set_sizes[size], (u32)runs);
	}
	return 0;
}
