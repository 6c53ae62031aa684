/* The short cut for the first packet of a flow gives what the whole road gives. */
#include "fake/service.h"
#include "unit/core_path/twins_bed.h"

enum { STEPS = 4000, SEEDS = 6 };

static const char *const sources[] = {
	"10.10.0.5", "10.10.0.6", "10.10.3.7", "10.10.9.9", "10.10.0.5", "10.10.0.6", "10.10.3.7",
	"10.10.9.9", GATEWAY_IN,  GATEWAY_OUT, "10.10.255.255", "169.254.3.4", "0.0.0.0",
	"203.0.113.71", "203.0.113.66", "127.0.0.1", "224.0.0.5",
};

static const char *const targets[] = {
	SERVER, "203.0.113.10", "198.18.0.2", "8.8.8.8", SERVER, "203.0.113.11", "9.9.9.9",
	GATEWAY_IN, GATEWAY_OUT, "203.0.113.71", "203.0.113.72", "198.18.9.9", "10.10.0.6",
	"10.20.0.7", "10.10.255.255", "198.18.255.255", "255.255.255.255", "224.0.0.5",
	"240.0.0.1", "127.0.0.1", "0.0.0.1", "169.254.1.1", "203.0.113.73",
};

static const u8 flags[] = { TCP_SYN, TCP_SYN, TCP_SYN, TCP_SYN | TCP_PSH, TCP_SYN | TCP_URG,
			    TCP_SYN | TCP_FIN, TCP_ACK, TCP_RST, TCP_SYN | TCP_ACK, 0 };

#define PICK(rng, list) ((list)[rng_below(rng, ARRAY_COUNT(list))])

/* Of the first packets that an inside network sends, the odd ones are many here. */
static void make_first(struct build *b, struct rng *rng)
{
	bool tcp = rng_below(rng, 2) == 0;
	u16 sport = (u16)(1000 + rng_below(rng, 3000)), dport = (u16)(79 + rng_below(rng, 4));

	build_start(b);
	build_ip4(b, addr(PICK(rng, sources)), addr(PICK(rng, targets)),
		  tcp ? IP_PROTO_TCP : IP_PROTO_UDP);
	if (tcp)
		build_tcp(b, sport, dport, PICK(rng, flags), 1000, 0);
	else
		build_udp(b, sport, dport);
	build_payload(b, rng_below(rng, 8) == 0 ? 1400 + rng_below(rng, 200) : rng_below(rng, 40),
		      7);
	if (rng_below(rng, 12) == 0)
		build_ip(b)->ttl = (u8)rng_below(rng, 3);
	if (rng_below(rng, 2) == 0)
		build_ip(b)->frag = be16_of(IP4_DF);
	build_seal(b);
	if (tcp && rng_below(rng, 16) == 0)
		build_tcp_hdr(b)->doff = (u8)rng_u32(rng);
	if (!tcp && rng_below(rng, 16) == 0)
		build_udp_hdr(b)->len = be16_of((u16)rng_below(rng, 64));
	if (rng_below(rng, 40) == 0)
		build_ip(b)->csum.raw ^= 0x10;
}

static void conf_both(struct twins *t, u8 seed)
{
	static struct filter_rule_conf rule;
	struct path_bed *bed[] = { t->fast, t->slow };

	filter_rule_defaults(&rule);
	rule.dport.first = rule.dport.last = 81;
	rule.fate.action = FILTER_REJECT;
	for (u32 n = 0; n < 2; n++) {
		struct sluice_conf *conf = &bed[n]->conf;

		if (seed % 2 == 0)
			rig_conf_pool(conf, "203.0.113.71", "203.0.113.72");
		conf->nat.static_count = seed % 3 == 0;
		conf->nat.fixed[0] = (struct nat_static_conf){ addr("10.10.3.7"),
							       addr("203.0.113.73"), 32, 0 };
		conf->ct.flow_count = seed < 3 ? 300 : 4096;
		conf->subscribers.limits.flows = seed == 1 ? 100 : 0;
		conf->subscribers.limits.rate = seed == 2 ? 20 : 0;
		conf->filter.rule = &rule;
		conf->filter.rule_count = seed % 3 == 1;
		conf->iface[RIG_OUT].mss = seed == 4 ? 1200 : 0;
		conf->redirects = seed == 5;
		if (seed == 3) {
			(void)fake_service(&conf->nat.balance, "web", GATEWAY_OUT, 80);
			(void)fake_backend(&conf->nat.balance, "10.10.0.6", 80);
			conf->nat.balance.service[0].hairpin = true;
		}
	}
}

static void test_same_as_the_whole_road(void **state)
{
	u64 dropped = 0;

	(void)state;
	for (u8 seed = 0; seed < SEEDS; seed++) {
		const struct facts none = { 0 };
		struct twins t;
		u64 opened;

		twins_prepare(&t, seed, seed % 2 == 0);
		conf_both(&t, seed);
		twins_start(&t);
		for (u32 step = 0; step < STEPS; step++) {
			make_first(&t.fast->b, &t.rng);
			(void)both(&t, rng_below(&t.rng, 8) == 0 ? RIG_OUT : RIG_IN, &t.fast->b,
				   &none);
			if (rng_below(&t.rng, 50) == 0)
				pass_time(&t, rng_below(&t.rng, 40) * NS_PER_SEC);
		}
		opened = rig_counter(&t.fast->rig, "packets_opening");
		assert_true(opened > STEPS / 50);
		assert_true(rig_counter(&t.fast->rig, "packets_slow") > STEPS / 4);
		assert_int_equal(rig_counter(&t.slow->rig, "packets_opening"), 0);
		for (enum drop drop = 1; drop < DROP_COUNT; drop++)
			dropped += rig_drop_count(&t.fast->rig, drop);
		twins_close(&t);
	}
	assert_true(dropped > SEEDS * STEPS / 4);
}

/* A next hop that was used before can be used at once. */
static void use_next_hop(struct path_bed *bed)
{
	tcp_out(bed, TCP_SYN);
	(void)path_pass(bed, RIG_IN);
	assert_int_equal(rig_counter(&bed->rig, "packets_opening"), 0);
}

/* The same packet twice in one batch: the second belongs to the flow that the first makes. */
static void test_opens_once_in_a_batch(void **state)
{
	struct path_bed *bed = path_bed_open();
	struct batch rx = { .count = 0 };

	(void)state;
	use_next_hop(bed);
	for (u32 n = 0; n < 2; n++)
		CHECK(batch_add(&rx, rig_make(&bed->rig, RIG_IN, udp_out(bed))));
	sluice_input(bed->rig.s, &rx, bed->rig.now);
	assert_int_equal(rig_drain(&bed->rig), 2);
	assert_int_equal(sluice_flow_count(bed->rig.s), 2);
	assert_int_equal(rig_counter(&bed->rig, "packets_opening"), 1);
	path_bed_close(bed);
}

/* Nothing is sent by a next hop that does not answer. */
static void test_unknown_next_hop_takes_the_road(void **state)
{
	struct path_bed *bed = path_bed_open();

	(void)state;
	use_next_hop(bed);
	sluice_set_link(bed->rig.s, RIG_OUT, false);
	sluice_set_link(bed->rig.s, RIG_OUT, true);
	assert_true(rig_send(&bed->rig, RIG_IN, udp_out(bed)));
	assert_int_equal(rig_counter(&bed->rig, "packets_opening"), 0);
	rig_drain(&bed->rig);
	path_bed_close(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_as_the_whole_road),
		cmocka_unit_test(test_opens_once_in_a_batch),
		cmocka_unit_test(test_unknown_next_hop_takes_the_road),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
