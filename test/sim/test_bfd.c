/* Two speakers of BFD on a link that loses, breaks in one direction or both, and ends that start
 * anew: every event is looked at.                                                                */
#include "unit/core_routing_bfd/bfd_bed.h"

enum { SEEDS = 40, TURNS = 60 };

static void draw(struct bfd_bed *bed)
{
	static const u32 intervals_us[] = { 10000, 50000, 300000, 1000000 };
	struct bfd_auth_conf auth = {
		.kind = (enum bfd_auth_kind)rng_below(&bed->rng, BFD_AUTH_KINDS),
		.key_count = 1,
		.key = { { .id = 1, .len_bytes = 3, .secret = "key" } },
	};

	for (u32 n = 0; n < 2; n++) {
		struct bfd_params *params = &bed->side[n].conf.params;

		params->min_tx_us = intervals_us[rng_below(&bed->rng, 4)];
		params->min_rx_us = intervals_us[rng_below(&bed->rng, 4)];
		params->multiplier = (u8)(3 + rng_below(&bed->rng, 3));
		params->auth = auth;
	}
	bed->side[0].conf.params.passive = rng_below(&bed->rng, 4) == 0;
}

/* A change of the network or of an end. */
static void disturb(struct bfd_bed *bed)
{
	u32 n = rng_below(&bed->rng, 2);
	struct bfd_side *side = &bed->side[n];

	switch (rng_below(&bed->rng, 6)) {
	case 0: bed->passes[n] = !bed->passes[n]; break;
	case 1: bed->loss_ppm = rng_below(&bed->rng, 400000); break;
	case 2:
		bfd_side_end(side);
		side_start(bed, n);
		side_get(bed, n);
		break;
	case 3:
		side->ifaces.iface[0].up = !side->ifaces.iface[0].up;
		bfd_ifaces(&side->bfd, bed->now);
		side_turn(bed, n);
		break;
	case 4:
		if (side->id != BFD_NONE)
			side_put(bed, n);
		else
			side_get(bed, n);
		break;
	default:
		draw(bed);
		bed->side[0].conf.params.auth = bed->side[1].conf.params.auth =
			side->bfd.conf.params.auth;
		for (u32 k = 0; k < 2; k++)
			bfd_configure(&bed->side[k].bfd, &bed->side[k].conf, bed->now);
		break;
	}
}

static void heal(struct bfd_bed *bed)
{
	bed->loss_ppm = 0;
	for (u32 n = 0; n < 2; n++) {
		bed->passes[n] = true;
		bed->side[n].ifaces.iface[0].up = true;
		bfd_ifaces(&bed->side[n].bfd, bed->now);
		side_turn(bed, n);
		if (bed->side[n].id == BFD_NONE)
			side_get(bed, n);
	}
}

/* What up means: something was heard within the detection time. */
static void look(const struct bfd_bed *bed)
{
	for (u32 n = 0; n < 2; n++) {
		const struct bfd_side *side = &bed->side[n];
		const struct bfd_peer *peer;

		if (side->id == BFD_NONE)
			continue;
		peer = slab_at(&side->bfd.peers, side->id);
		if (peer->state == BFD_UP)
			assert_true(peer->expires_ns > bed->now && peer->heard_ns <= bed->now);
	}
}

static void run(struct bfd_bed *bed, ns_t for_ns)
{
	ns_t until = bed->now + for_ns;

	while (bed_step(bed, until))
		look(bed);
}

static void live(u64 seed)
{
	struct bfd_bed *bed = bed_new(seed);
	u32 downs;

	draw(bed);
	for (u32 n = 0; n < 2; n++) {
		side_start(bed, n);
		side_get(bed, n);
	}
	run(bed, 10 * NS_PER_SEC);
	for (u32 n = 0; n < TURNS; n++) {
		disturb(bed);
		run(bed, rng_u64(&bed->rng) % (8 * NS_PER_SEC));
	}
	heal(bed);
	run(bed, 60 * NS_PER_SEC);
	for (u32 n = 0; n < 2; n++) {
		if (side_info(bed, n).state != BFD_UP)
			fail_msg("seed %u: side %u is %s", (u32)seed, n,
				 bfd_state_name(side_info(bed, n).state));
	}
	/* Nothing is lost, nothing changes: it stays. */
	downs = side_info(bed, 0).downs + side_info(bed, 1).downs;
	run(bed, 600 * NS_PER_SEC);
	assert_int_equal(side_info(bed, 0).downs + side_info(bed, 1).downs, downs);
	/* And a link that breaks is noticed by both in their time, not more. */
	bed->passes[0] = bed->passes[1] = false;
	run(bed, (ns_t)side_info(bed, 0).detect_us * NS_PER_US + 2 * bed->delay_ns);
	assert_int_not_equal(side_info(bed, 0).state, BFD_UP);
	run(bed, (ns_t)side_info(bed, 1).detect_us * NS_PER_US + 2 * bed->delay_ns);
	assert_int_not_equal(side_info(bed, 1).state, BFD_UP);
	bed_free(bed);
}

/* SEEDS=n in the environment runs more of them. */
static void test_whatever_happens(void **state)
{
	const char *more = getenv("SEEDS");
	u64 seeds = more != NULL ? strtoull(more, NULL, 10) : SEEDS;

	(void)state;
	for (u64 seed = 1; seed <= seeds; seed++)
		live(seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whatever_happens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
