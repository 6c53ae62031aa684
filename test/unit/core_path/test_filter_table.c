/* Every hook with every verdict: what becomes of the packet, what its sender hears, what is
 * counted, and that a packet that ends leaves no flow.                                           */
#include "unit/core_path/rules_bed.h"

/* What the sender hears of a packet that ends: a code of ICMP unreachable, or one of these. */
enum { HEARS_NOTHING = -1, HEARS_RESET = -2 };

static const struct ruling {
	const char *name;
	struct filter_fate fate;
	s32 hears;
} rulings[] = {
	{ "accept", { FILTER_ACCEPT, 0 }, HEARS_NOTHING },
	{ "drop", { FILTER_DROP, 0 }, HEARS_NOTHING },
	{ "reject with prohibited", { FILTER_REJECT, FILTER_REJECT_PROHIBITED }, 13 },
	{ "reject with port", { FILTER_REJECT, FILTER_REJECT_PORT }, 3 },
	{ "reject with host", { FILTER_REJECT, FILTER_REJECT_HOST }, 1 },
	{ "reject with net", { FILTER_REJECT, FILTER_REJECT_NET }, 0 },
	{ "reject with a reset", { FILTER_REJECT, FILTER_REJECT_RESET }, HEARS_RESET },
};

/* A packet by one of the hooks, and where the gateway is spoken to. */
static const struct way {
	const char *name;
	u8 chain; /* enum filter_chain */
	u16 in_if;
	const char *src;
	const char *dst;
	enum drop dropped;
} ways[] = {
	{ "INPUT from inside", FILTER_INPUT, RIG_IN, HOST, GATEWAY_IN, DROP_FILTER_INPUT },
	{ "INPUT from outside", FILTER_INPUT, RIG_OUT, SERVER, GATEWAY_OUT, DROP_FILTER_INPUT },
	{ "FORWARD from inside", FILTER_FORWARD, RIG_IN, HOST, SERVER, DROP_FILTER_FORWARD },
	{ "FORWARD from outside", FILTER_FORWARD, RIG_OUT, SERVER, HOST, DROP_FILTER_FORWARD },
};

static const u8 protos[] = { IP_PROTO_TCP, IP_PROTO_UDP, IP_PROTO_ICMP };

static void make(struct path_bed *bed, const struct way *way, u8 proto)
{
	be32 src = addr(way->src), dst = addr(way->dst);

	if (proto == IP_PROTO_TCP)
		build_tcp4(&bed->b, src, 5000, dst, 80, TCP_SYN);
	else if (proto == IP_PROTO_UDP)
		build_udp4(&bed->b, src, 5000, dst, 53, 20);
	else
		build_echo4(&bed->b, src, dst, ICMP_ECHO, 7, 1);
}

static void hears(struct path_bed *bed, const struct way *way, s32 what)
{
	const struct seen *seen = &bed->out.seen;

	if (what == HEARS_NOTHING) {
		in_silence(bed);
		return;
	}
	assert_true(rig_next(&bed->rig, &bed->out));
	assert_int_equal(bed->out.out_if, way->in_if);
	assert_int_equal(seen->wrong, 0);
	assert_true(be32_eq(seen->dst, build_ip(&bed->b)->src));
	if (what == HEARS_RESET) {
		assert_int_equal(seen->flags, TCP_RST | TCP_ACK);
		assert_true(be32_eq(seen->src, build_ip(&bed->b)->dst));
	} else {
		assert_int_equal(seen->type, ICMP_UNREACH);
		assert_int_equal(seen->code, what);
		assert_memory_equal(seen->quote, bed->b.bytes,
				    u32_min(seen->quote_len, bed->b.len));
	}
	in_silence(bed);
}

/* It is past the filter: forwarded, answered, or for the host. */
static void is_let_through(struct path_bed *bed, const struct way *way, u8 proto)
{
	bool heard;

	assert_true(rig_send(&bed->rig, way->in_if, &bed->b));
	for (u32 chain = 0; chain < ARRAY_COUNT(ways); chain++)
		assert_int_equal(rig_drop_count(&bed->rig, ways[chain].dropped), 0);
	assert_int_equal(rig_drop_count(&bed->rig, DROP_FILTER_REJECTED), 0);
	heard = rig_next(&bed->rig, &bed->out);
	if (way->chain == FILTER_FORWARD) {
		assert_true(heard);
		assert_int_equal(bed->out.out_if, way->in_if == RIG_IN ? RIG_OUT : RIG_IN);
	} else if (proto == IP_PROTO_ICMP) {
		assert_true(heard);
		assert_int_equal(bed->out.seen.type, ICMP_ECHO_REPLY);
	}
	sluice_check(bed->rig.s);
}

static void try(const struct way *way, const struct ruling *ruling, u8 proto)
{
	struct rules rules = { 0 };
	struct filter_rule_conf *rule = add(&rules, (enum filter_chain)way->chain, FILTER_ACCEPT);
	struct path_bed *bed;

	rule->proto = proto;
	rule->fate = ruling->fate;
	bed = open_with(&rules);
	make(bed, way, proto);
	if (ruling->fate.action == FILTER_ACCEPT) {
		is_let_through(bed, way, proto);
	} else {
		dies(bed, way->in_if,
		     ruling->fate.action == FILTER_DROP ? way->dropped : DROP_FILTER_REJECTED);
		hears(bed, way, ruling->hears);
		assert_int_equal(rig_ports_held(&bed->rig), 0);
	}
	path_bed_close(bed);
}

static void test_what_comes_in(void **state)
{
	(void)state;
	for (u32 w = 0; w < ARRAY_COUNT(ways); w++) {
		for (u32 r = 0; r < ARRAY_COUNT(rulings); r++) {
			for (u32 p = 0; p < ARRAY_COUNT(protos); p++) {
				if (rulings[r].hears == HEARS_RESET && protos[p] != IP_PROTO_TCP)
					continue;
				print_message("%s: %s, protocol %u\n", ways[w].name,
					      rulings[r].name, protos[p]);
				try(&ways[w], &rulings[r], protos[p]);
			}
		}
	}
}

/* What the gateway says itself: an answer to an echo request, which belongs to a flow, and an error
 * about a packet whose time is over.                                                             */
static void say(struct path_bed *bed, bool error)
{
	if (error) {
		build_ip(udp_out(bed))->ttl = 1;
		build_seal(&bed->b);
	} else {
		build_echo4(&bed->b, addr(HOST), addr(GATEWAY_IN), ICMP_ECHO, 7, 1);
	}
	assert_true(rig_send(&bed->rig, RIG_IN, &bed->b));
}

static void test_what_is_made_here(void **state)
{
	(void)state;
	for (u32 n = 0; n < 4; n++) {
		bool error = n % 2 != 0, drop = n / 2 != 0;
		struct rules rules = { 0 };
		struct path_bed *bed;

		add(&rules, FILTER_OUTPUT, drop ? FILTER_DROP : FILTER_ACCEPT)
			->proto = IP_PROTO_ICMP;
		bed = open_with(&rules);
		say(bed, error);
		assert_int_equal(rig_drop_count(&bed->rig, DROP_FILTER_OUTPUT), drop);
		if (!drop) {
			assert_true(rig_next(&bed->rig, &bed->out));
			assert_int_equal(bed->out.seen.type,
					 error ? ICMP_TIME_EXCEEDED : ICMP_ECHO_REPLY);
		}
		in_silence(bed);
		path_bed_close(bed);
	}
}

/* Who would hear of it is the gateway itself. */
static void test_nothing_made_here_is_rejected(void **state)
{
	(void)state;
	for (u32 r = 0; r < ARRAY_COUNT(rulings); r++) {
		struct rules rules = { 0 };
		struct filter_rule_conf *rule = add(&rules, FILTER_OUTPUT, FILTER_ACCEPT);
		struct path_bed *bed = path_bed_new();

		path_bed_start(bed);
		rule->proto = IP_PROTO_TCP;
		rule->fate = rulings[r].fate;
		put(bed, &rules);
		assert_int_equal(rig_configure(&bed->rig, &bed->conf),
				 rulings[r].fate.action != FILTER_REJECT);
		path_bed_close(bed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_comes_in),
		cmocka_unit_test(test_what_is_made_here),
		cmocka_unit_test(test_nothing_made_here_is_rejected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
