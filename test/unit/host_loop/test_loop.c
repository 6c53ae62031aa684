/* The loop: turns end, waits end, signals arrive. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <sys/resource.h>
#include <sys/un.h>
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

struct door {
	struct loop_watch *watch;
	u32 knocks;
	int fd; /* of who was let in */
};

static void open_door(void *arg)
{
	struct door *door = arg;

	door->knocks++;
	door->fd = loop_accept(door->watch, NULL, NULL);
}

/* Whoever can not be let in knocks on: the loop has other work. */
static void a_listener_rests_while_descriptors_are_out(void **state)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	socklen_t size = sizeof at;
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	int caller = socket(AF_UNIX, SOCK_STREAM, 0);
	struct loop *loop = loop_new();
	struct door door = { .fd = -1 };
	struct rlimit before, none;

	(void)state;
	/* Without a name the system finds one. */
	assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof at.sun_family), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &size), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(connect(caller, (struct sockaddr *)&at, size), 0);
	door.watch = loop_watch_new(loop, listener, open_door, &door);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = (struct rlimit){ .rlim_cur = 0, .rlim_max = before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	for (u32 turn = 0; turn < 3; turn++)
		loop_turn(loop);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(door.knocks, 1);
	assert_int_equal(door.fd, -1);
	while (door.knocks < 2) /* the rest ends */
		loop_wait(loop, NS_NEVER);
	assert_true(door.fd >= 0);
	close(door.fd);
	loop_watch_del(door.watch);
	loop_del(loop);
	close(caller);
	close(listener);
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
		cmocka_unit_test(a_listener_rests_while_descriptors_are_out),
		cmocka_unit_test(a_wait_ends_when_something_is_ready),
		cmocka_unit_test(a_wait_ends_by_itself),
		cmocka_unit_test(a_signal_comes_beside_a_busy_descriptor),
		cmocka_unit_test(a_watch_that_was_taken_away_is_silent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
