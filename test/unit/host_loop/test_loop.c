/* The loop: turns end, waits end, signals arrive. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <unistd.h>

#include "host/loop/loop.h"

static void count(void *arg)
{
	(*(u32 *)arg)++;
}

struct bed {
	struct loop *loop;
	int pipe[2];
	u32 called;
	struct loop_watch *watch;
};

static void bed_open(struct bed *bed)
{
	bed->called = 0;
	bed->loop = loop_new();
	assert_non_null(bed->loop);
	assert_int_equal(pipe(bed->pipe), 0);
	bed->watch = loop_watch_new(bed->loop, bed->pipe[0], count, &bed->called);
	assert_non_null(bed->watch);
}

static void bed_close(struct bed *bed)
{
	loop_watch_del(bed->watch);
	loop_del(bed->loop);
	close(bed->pipe[0]);
	close(bed->pipe[1]);
}

static void write_byte(const struct bed *bed)
{
	assert_int_equal(write(bed->pipe[1], "x", 1), 1);
}

/* Ports stay readable while packets come; a turn has to end all the same. */
static void a_turn_ends_though_nobody_reads(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed);
	loop_turn(bed.loop);
	assert_int_equal(bed.called, 0);
	write_byte(&bed);
	loop_turn(bed.loop);
	assert_int_equal(bed.called, 1);
	loop_turn(bed.loop);
	assert_int_equal(bed.called, 2);
	bed_close(&bed);
}

static void a_wait_ends_when_something_is_ready(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed);
	write_byte(&bed);
	/* Would be an hour. */
	loop_wait(bed.loop, NS_NEVER);
	assert_int_equal(bed.called, 1);
	bed_close(&bed);
}

static void a_wait_ends_by_itself(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed);
	loop_wait(bed.loop, 0);
	loop_wait(bed.loop, NS_PER_MS);
	assert_int_equal(bed.called, 0);
	bed_close(&bed);
}

static void a_signal_comes_beside_a_busy_descriptor(void **state)
{
	struct loop_watch *watch;
	u32 signalled = 0;
	struct bed bed;

	(void)state;
	bed_open(&bed);
	watch = loop_signal_new(bed.loop, SIGUSR1, count, &signalled);
	assert_non_null(watch);
	write_byte(&bed);
	assert_int_equal(raise(SIGUSR1), 0);
	for (int i = 0; i < 3; i++)
		loop_turn(bed.loop);
	assert_int_equal(signalled, 1);
	assert_true(bed.called > 0);
	loop_watch_del(watch);
	bed_close(&bed);
}

static void a_watch_that_was_taken_away_is_silent(void **state)
{
	struct bed bed;

	(void)state;
	bed_open(&bed);
	loop_watch_del(bed.watch);
	bed.watch = NULL;
	write_byte(&bed);
	loop_turn(bed.loop);
	assert_int_equal(bed.called, 0);
	bed_close(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_turn_ends_though_nobody_reads),
		cmocka_unit_test(a_wait_ends_when_something_is_ready),
		cmocka_unit_test(a_wait_ends_by_itself),
		cmocka_unit_test(a_signal_comes_beside_a_busy_descriptor),
		cmocka_unit_test(a_watch_that_was_taken_away_is_silent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
