/* Thirty thousand short connections, or as many as CONNECTIONS in the environment says, through
 * TIME-WAIT at one side and at the other: none stalls, and nothing grows.                        */
#include "sim/tcp_short.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
	/* More than there are ports to connect from: user.c. */
	MANY = 30000,
	PORTS = 28232,
	SOME = 2000,
};

static struct short_run *run_new(const struct tcp_pair_conf *conf)
{
	struct short_run *run = calloc(1, sizeof *run);

	assert_non_null(run);
	tcp_sockopt_defaults(&run->opt);
	tcp_pair_init(&run->pair, conf);
	return run;
}

static void run_end(struct short_run *run)
{
	ns_t until = run->pair.now + 300 * NS_PER_SEC;

	assert_in_range(run->most_tcbs, 1, 4);
	assert_in_range(run->most_recs, 0, 8);
	assert_in_range(run->most_buffer_bytes, 0, 64 << 10);
	while (tcp_pair_turn(&run->pair, until))
		;
	for (u32 n = 0; n < 2; n++) {
		const struct tcp *tcp = &run->pair.end[n].tcp;

		tcp_check(tcp);
		assert_int_equal(tcp->tcbs.live, 0);
		assert_int_equal(tcp->recs.live, 0);
		assert_int_equal(tcp->timewait.slab.live, 0);
		assert_int_equal(tcp->listen.half_open.live, 0);
		assert_true(tcp->buffers.used_bytes == 0);
		assert_int_equal(tcp->stats.segs_again, 0);
		assert_int_equal(tcp->stats.resets_out, 0);
		assert_int_equal(tcp->stats.no_tcb, 0);
	}
	tcp_pair_fini(&run->pair);
	free(run);
}

/* The first half is closed by who connected, the second by who was connected to. */
static void test_each_side_closes_first(void **state)
{
	const char *asked = getenv("CONNECTIONS");
	u64 count = asked != NULL ? strtoull(asked, NULL, 10) : MANY;
	struct tcp_pair_conf conf;
	struct short_run *run;

	(void)state;
	assert_true(count > 1);
	short_conf_defaults(&conf);
	run = run_new(&conf);
	short_go(run, count / 2, 0);
	assert_true(run->pair.end[1].tcp.stats.time_waits == 0);
	short_go(run, count - count / 2, 1);
	assert_int_equal(run->done, count);
	assert_int_equal(run->no_port, 0);
	/* Three round trips and a bit: nobody waited for a timer. */
	assert_true(run->longest_ns < 2 * NS_PER_MS);
	/* The last ACK of the last one is still on its way. */
	for (u32 n = 0; n < 2; n++) {
		assert_true(run->pair.end[n].tcp.stats.time_waits >= count / 2 - 1);
		assert_int_equal(run->pair.end[n].tcp.stats.time_wait_full, 0);
	}
	run_end(run);
}

/* Every port is in TIME-WAIT: one whose peer was last heard two seconds ago is taken over. */
static void test_ports_are_taken_over_with_timestamps(void **state)
{
	struct tcp_pair_conf conf;
	struct short_run *run;

	(void)state;
	short_conf_defaults(&conf);
	run = run_new(&conf);
	short_go(run, MANY, 0);
	assert_int_equal(run->no_port, 0);
	assert_true(run->pair.end[0].tcp.stats.time_wait_reused >= MANY - PORTS);
	assert_true(run->longest_ns < 2 * NS_PER_MS);
	run_end(run);
}

/* Without timestamps nothing proves that the old connection is over: who connects is told so, and
 * finds a port again when 2 MSL have passed.                                                     */
static void test_ports_run_out_without_timestamps(void **state)
{
	struct tcp_pair_conf conf;
	struct short_run *run;
	ns_t begin;

	(void)state;
	short_conf_defaults(&conf);
	run = run_new(&conf);
	run->opt.no_timestamps = true;
	begin = run->pair.now;
	short_go(run, MANY, 0);
	assert_true(run->no_port > 0);
	assert_int_equal(run->pair.end[0].tcp.stats.time_wait_reused, 0);
	/* All, and the connection that has the last one is not over. */
	assert_int_equal(run->most_time_waits, PORTS - 1);
	assert_true(run->pair.now - begin >= 60 * NS_PER_SEC);
	run_end(run);
}

/* Records of TIME-WAIT are few: the oldest go, and nobody stalls. */
static void test_few_records(void **state)
{
	struct tcp_pair_conf conf;
	struct short_run *run;

	(void)state;
	short_conf_defaults(&conf);
	for (u32 n = 0; n < 2; n++)
		conf.tcp[n].time_wait_limit = 100;
	run = run_new(&conf);
	short_go(run, SOME / 2, 0);
	short_go(run, SOME / 2, 1);
	assert_int_equal(run->most_time_waits, 100);
	assert_true(run->longest_ns < 2 * NS_PER_MS);
	run_end(run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_side_closes_first),
		cmocka_unit_test(test_ports_are_taken_over_with_timestamps),
		cmocka_unit_test(test_ports_run_out_without_timestamps),
		cmocka_unit_test(test_few_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
