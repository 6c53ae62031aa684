/* Handshakes between two stacks over links that lose: whoever begins a connection gets it, with
 * half-open records, with cookies, and with an owner whose queue is short.                       */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sim/tcp_pair.h"

enum { TALKS = 48, BYTES = 3000, LIMIT_S = 400 };

struct scene {
	struct tcp_pair pair;
	struct tcp_talk talk[TALKS];
};

/* All of them within `within_ns`, half of the data each way. */
static struct scene *scene_run(const struct tcp_pair_conf *conf, ns_t within_ns)
{
	struct scene *scene = calloc(1, sizeof *scene);

	assert_non_null(scene);
	tcp_pair_init(&scene->pair, conf);
	for (u32 n = 0; n < TALKS; n++) {
		struct tcp_talk *talk = &scene->talk[n];

		tcp_sockopt_defaults(&talk->opt);
		talk->start_ns = scene->pair.now + within_ns / TALKS * n;
		talk->goal[0] = talk->goal[1] = BYTES;
		tcp_pair_talk(&scene->pair, 0, talk);
	}
	tcp_pair_run(&scene->pair, scene->pair.now + LIMIT_S * NS_PER_SEC);
	for (u32 n = 0; n < TALKS; n++) {
		if (scene->talk[n].finished_ns == 0)
			fail_msg("talk %u: error %u, %u", n, scene->talk[n].error[0],
				 scene->talk[n].error[1]);
	}
	return scene;
}

static void scene_end(struct scene *scene)
{
	tcp_pair_fini(&scene->pair);
	free(scene);
}

static struct tcp_pair_conf conf_of(u32 loss_ppm, u64 seed)
{
	struct tcp_pair_conf conf;

	tcp_pair_conf_defaults(&conf);
	conf.seed = seed;
	for (u32 n = 0; n < 2; n++) {
		conf.tcp[n].cc = "cubic";
		conf.link[n].loss_ppm = loss_ppm;
	}
	return conf;
}

static void test_over_loss(void **state)
{
	u64 again = 0;

	(void)state;
	for (u64 seed = 1; seed <= 5; seed++) {
		struct tcp_pair_conf conf = conf_of(200000, seed);
		struct scene *scene = scene_run(&conf, 10 * NS_PER_SEC);
		const struct tcp_stats *stats = &scene->pair.end[1].tcp.stats;

		assert_true(stats->opened_passive == TALKS && stats->cookies_sent == 0);
		again += stats->segs_again;
		scene_end(scene);
	}
	assert_true(again > TALKS);
}

/* No record at all: every connection comes by a cookie, its options too. */
static void test_by_cookies(void **state)
{
	(void)state;
	for (u64 seed = 1; seed <= 5; seed++) {
		struct tcp_pair_conf conf = conf_of(100000, seed);
		struct scene *scene;
		const struct tcp_stats *stats;

		conf.tcp[1].half_open_limit = 0;
		scene = scene_run(&conf, 10 * NS_PER_SEC);
		stats = &scene->pair.end[1].tcp.stats;
		assert_true(stats->cookies_good == TALKS && stats->opened_passive == TALKS);
		assert_true(stats->cookies_sent >= TALKS);
		scene_end(scene);
	}
}

/* A table of two records, and all begin at once: some by records, some by cookies. */
static void test_by_both(void **state)
{
	struct tcp_pair_conf conf = conf_of(50000, 1);
	struct scene *scene;
	const struct tcp_stats *stats;

	(void)state;
	conf.tcp[1].half_open_limit = 2;
	scene = scene_run(&conf, 0);
	stats = &scene->pair.end[1].tcp.stats;
	assert_true(stats->cookies_good > 0 && stats->cookies_good < TALKS);
	assert_true(stats->opened_passive == TALKS);
	scene_end(scene);
}

/* Neither records enough nor cookies, nor control blocks for all: they come one after the other. */
static void test_one_after_the_other(void **state)
{
	struct tcp_pair_conf conf = conf_of(20000, 1);
	struct scene *scene;
	const struct tcp_stats *stats;

	(void)state;
	conf.tcp[1].half_open_limit = 8;
	conf.tcp[1].syn_cookies = false;
	conf.tcp[1].tcb_limit = 12;
	conf.tcp[0].syn_retries = 8;
	scene = scene_run(&conf, 0);
	stats = &scene->pair.end[1].tcp.stats;
	assert_true(stats->syn_dropped > 0 && stats->cookies_sent == 0);
	assert_true(stats->opened_passive == TALKS);
	scene_end(scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_over_loss),
		cmocka_unit_test(test_by_cookies),
		cmocka_unit_test(test_by_both),
		cmocka_unit_test(test_one_after_the_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
