/* Tens of routers that speak RIP, hours of their time: each event is looked at, and after quiet
 * time everything is reached at least cost and nothing else is left.                             */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sim/rip_net.h"

enum { CHAIN = 12, TREE = 16, SEEDS = 6, CHAOS_EVENTS = 60 };

static void start_all(struct rip_net_sim *sim)
{
	for (u32 n = 0; n < sim->router_count; n++)
		rip_net_start(sim, n);
}

/* r0 - r1 - ... - r11, and a network behind r0: link 0. */
static struct rip_net_sim *chain_new(u64 seed)
{
	struct rip_net_sim *sim = rip_net_new(seed);

	for (u32 n = 0; n < CHAIN; n++)
		rip_net_router(sim);
	rip_net_join(sim, 0, rip_net_link(sim), 1);
	for (u32 n = 0; n + 1 < CHAIN; n++) {
		u32 link = rip_net_link(sim);

		rip_net_join(sim, n, link, 1);
		rip_net_join(sim, n + 1, link, 1);
	}
	return sim;
}

/* RFC 2453 section 3.10.1: at most 5 seconds at each router; regular updates take half a minute. */
#define CHAIN_TIME (CHAIN * 5 * NS_PER_SEC + NS_PER_SEC)

static void test_a_change_runs_through_a_chain(void **state)
{
	(void)state;
	for (u64 seed = 1; seed <= SEEDS; seed++) {
		struct rip_net_sim *sim = chain_new(seed);

		start_all(sim);
		rip_net_carrier(sim, 0, false);
		rip_net_run(sim, 400 * NS_PER_SEC);
		assert_true(rip_net_is_settled(sim));
		rip_net_carrier(sim, 0, true);
		rip_net_run(sim, CHAIN_TIME);
		assert_int_equal(rip_net_metric_of(sim, CHAIN - 1, 0), CHAIN);
		rip_net_carrier(sim, 0, false);
		rip_net_run(sim, CHAIN_TIME);
		assert_int_equal(rip_net_metric_of(sim, CHAIN - 1, 0), RIP_INFINITY);
		rip_net_run(sim, 121 * NS_PER_SEC);
		assert_true(rip_net_is_settled(sim));
		assert_int_equal(sim->loops, 0);
		rip_net_free(sim);
	}
}

/* A chain of more than 15: what is too far is not there. */
static void test_sixteen_is_too_far(void **state)
{
	struct rip_net_sim *sim = rip_net_new(7);

	(void)state;
	for (u32 n = 0; n < 20; n++)
		rip_net_router(sim);
	rip_net_join(sim, 0, rip_net_link(sim), 1);
	for (u32 n = 0; n + 1 < 20; n++) {
		u32 link = rip_net_link(sim);

		rip_net_join(sim, n, link, 1);
		rip_net_join(sim, n + 1, link, 1);
	}
	start_all(sim);
	rip_net_run(sim, 600 * NS_PER_SEC);
	assert_int_equal(rip_net_metric_of(sim, 14, 0), 15);
	assert_int_equal(rip_net_metric_of(sim, 15, 0), RIP_INFINITY);
	assert_true(rip_net_is_settled(sim));
	rip_net_free(sim);
}

static void test_who_leaves_says_so(void **state)
{
	struct rip_net_sim *sim = chain_new(3);

	(void)state;
	start_all(sim);
	rip_net_run(sim, 200 * NS_PER_SEC);
	assert_true(rip_net_is_settled(sim));
	rip_net_halt(sim, 1, true);
	rip_net_run(sim, NS_PER_SEC / 10);
	assert_int_equal(rip_net_metric_of(sim, 2, 0), RIP_INFINITY);
	rip_net_run(sim, CHAIN_TIME);
	assert_int_equal(rip_net_metric_of(sim, CHAIN - 1, 0), RIP_INFINITY);
	rip_net_start(sim, 1);
	rip_net_run(sim, CHAIN_TIME);
	assert_int_equal(rip_net_metric_of(sim, CHAIN - 1, 0), CHAIN);
	rip_net_free(sim);
}

/* Section 3.8: 180 seconds, and no less. */
static void test_who_dies_is_missed(void **state)
{
	struct rip_net_sim *sim = chain_new(4);

	(void)state;
	start_all(sim);
	rip_net_run(sim, 200 * NS_PER_SEC);
	rip_net_halt(sim, 1, false);
	rip_net_run(sim, 140 * NS_PER_SEC);
	assert_int_equal(rip_net_metric_of(sim, 2, 0), 3);
	rip_net_run(sim, 45 * NS_PER_SEC);
	assert_int_equal(rip_net_metric_of(sim, 2, 0), RIP_INFINITY);
	rip_net_run(sim, CHAIN_TIME + 120 * NS_PER_SEC);
	assert_true(rip_net_is_settled(sim));
	rip_net_free(sim);
}

/* ---- trees ----------------------------------------------------------------------------------- */

/* Each router hangs on an earlier one, each has a network of its own. */
static struct rip_net_sim *tree_new(u64 seed)
{
	struct rip_net_sim *sim = rip_net_new(seed);

	for (u32 n = 0; n < TREE; n++) {
		rip_net_router(sim);
		rip_net_join(sim, n, rip_net_link(sim), 1);
		if (n > 0) {
			u32 link = rip_net_link(sim);

			rip_net_join(sim, rng_below(&sim->rng, n), link, 1);
			rip_net_join(sim, n, link, 1);
		}
	}
	return sim;
}

static u32 farthest(const struct rip_net_sim *sim)
{
	u32 metric[RIP_NET_ROUTERS][RIP_NET_LINKS], most = 0;

	rip_net_oracle(sim, metric);
	for (u32 n = 0; n < sim->router_count; n++) {
		for (u32 k = 0; k < sim->link_count; k++) {
			if (metric[n][k] < RIP_INFINITY)
				most = u32_max(most, metric[n][k]);
		}
	}
	return most;
}

/* Where there is one way only, nobody ever believes an echo of what it said itself: no loop, and
 * no metric that no way has (section 3.4.3).                                                     */
static void test_a_tree_never_counts(void **state)
{
	(void)state;
	for (u64 seed = 1; seed <= SEEDS; seed++) {
		struct rip_net_sim *sim = tree_new(seed);
		u32 most;

		start_all(sim);
		most = farthest(sim);
		rip_net_run(sim, 300 * NS_PER_SEC);
		assert_true(rip_net_is_settled(sim));
		for (u32 n = 0; n < 40; n++) {
			u32 link = rng_below(&sim->rng, sim->link_count);

			rip_net_carrier(sim, link, !sim->link[link].carrier);
			rip_net_run(sim, rng_u64(&sim->rng) % (60 * NS_PER_SEC));
		}
		assert_int_equal(sim->loops, 0);
		assert_in_range(sim->worst_metric, 2, most);
		rip_net_run(sim, 400 * NS_PER_SEC);
		assert_true(rip_net_is_settled(sim));
		rip_net_free(sim);
	}
}

/* ---- meshes ---------------------------------------------------------------------------------- */

/* A ring, so that there are two ways to everything, LANs across it and networks of their own. */
static struct rip_net_sim *mesh_new(u64 seed)
{
	struct rip_net_sim *sim = rip_net_new(seed);
	u32 routers = 8 + rng_below(&sim->rng, 9);

	for (u32 n = 0; n < routers; n++)
		rip_net_router(sim);
	for (u32 n = 0; n < routers; n++) {
		u32 link = rip_net_link(sim);

		rip_net_join(sim, n, link, 1);
		rip_net_join(sim, (n + 1) % routers, link, 1);
		if (n % 2 == 0)
			rip_net_join(sim, n, rip_net_link(sim), 1);
	}
	for (u32 n = 0; n < routers / 2; n++) {
		u32 link = rip_net_link(sim), first = rng_below(&sim->rng, routers);
		u32 members = 2 + rng_below(&sim->rng, 3);

		for (u32 k = 0; k < members; k++)
			rip_net_join(sim, (first + k * 2) % routers, link,
				     (u8)(1 + rng_below(&sim->rng, 3)));
	}
	return sim;
}

static void sign_all(struct rip_net_sim *sim, enum digest_alg alg)
{
	for (u32 n = 0; n < sim->router_count; n++) {
		struct rip_conf *conf = &sim->router[n]->conf;

		for (u32 k = 0; k < conf->iface_count; k++)
			conf->iface[k].auth = (struct rip_auth_conf){
				.kind = RIP_AUTH_DIGEST,
				.key_count = 1,
				.key = { { .id = 3,
					   .alg = alg,
					   .len_bytes = 6,
					   .secret = "secret" } },
			};
	}
}

static void disturb(struct rip_net_sim *sim)
{
	u32 link = rng_below(&sim->rng, sim->link_count);
	u32 router = rng_below(&sim->rng, sim->router_count);

	switch (rng_below(&sim->rng, 5)) {
	case 0:
	case 1: rip_net_carrier(sim, link, !sim->link[link].carrier); break;
	case 2: sim->link[link].passes = !sim->link[link].passes; break;
	case 3:
		if (sim->router[router]->running)
			rip_net_halt(sim, router, rng_below(&sim->rng, 2) == 0);
		else
			rip_net_start(sim, router);
		break;
	default:
		sim->link[link].loss_ppm = rng_below(&sim->rng, 300000);
		sim->link[link].delay_max_ns = NS_PER_MS * (1 + rng_below(&sim->rng, 2000));
		break;
	}
}

static void calm(struct rip_net_sim *sim)
{
	for (u32 n = 0; n < sim->link_count; n++)
		sim->link[n].loss_ppm = 0;
}

static void chaos(u64 seed)
{
	struct rip_net_sim *sim = mesh_new(seed);

	if (seed % 2 == 0)
		sign_all(sim, seed % 4 == 0 ? DIGEST_MD5 : DIGEST_SHA256);
	start_all(sim);
	rip_net_run(sim, 60 * NS_PER_SEC);
	for (u32 n = 0; n < CHAOS_EVENTS; n++) {
		disturb(sim);
		rip_net_run(sim, rng_u64(&sim->rng) % (120 * NS_PER_SEC));
	}
	calm(sim);
	rip_net_run(sim, 900 * NS_PER_SEC);
	if (!rip_net_is_settled(sim))
		fail_msg("seed %u", (u32)seed);
	for (u32 n = 0; n < sim->link_count; n++)
		assert_int_equal(sim->loop_since[n], 0);
	rip_net_free(sim);
}

/* SEEDS=n in the environment runs more of them. */
static void test_after_chaos_all_is_well(void **state)
{
	const char *more = getenv("SEEDS");
	u64 seeds = more != NULL ? strtoull(more, NULL, 10) : SEEDS;

	(void)state;
	for (u64 seed = 1; seed <= seeds; seed++)
		chaos(seed);
}

/* Where nothing is lost, a count to infinity is a matter of triggered updates: fifteen at most. */
static void test_loops_end_soon(void **state)
{
	u64 loops = 0;

	(void)state;
	for (u64 seed = 1; seed <= SEEDS; seed++) {
		struct rip_net_sim *sim = mesh_new(seed);

		start_all(sim);
		rip_net_run(sim, 300 * NS_PER_SEC);
		for (u32 n = 0; n < 40; n++) {
			u32 link = rng_below(&sim->rng, sim->link_count);

			rip_net_carrier(sim, link, !sim->link[link].carrier);
			rip_net_run(sim, rng_u64(&sim->rng) % (90 * NS_PER_SEC));
		}
		loops += sim->loops;
		assert_in_range(sim->loop_longest_ns, 0, 15 * 5 * NS_PER_SEC);
		rip_net_free(sim);
	}
	/* Else this has seen nothing. */
	assert_true(loops > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_change_runs_through_a_chain),
		cmocka_unit_test(test_sixteen_is_too_far),
		cmocka_unit_test(test_who_leaves_says_so),
		cmocka_unit_test(test_who_dies_is_missed),
		cmocka_unit_test(test_a_tree_never_counts),
		cmocka_unit_test(test_after_chaos_all_is_well),
		cmocka_unit_test(test_loops_end_soon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
