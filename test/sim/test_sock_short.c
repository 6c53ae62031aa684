/* A hundred thousand short connections between sockets, or as many as CONNECTIONS in the
 * environment says, half of them closed first by who connected, half by who was connected to: more
 * than there are ports, and none waits for one.                                                  */
#include "sim/sock_short.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
	/* With sanitizers still more for each side than there are ports to connect from. */
	MANY = DCHECK_ON ? 60000 : 100000,
	PORTS = 28232,
	FEW = 64,
	FEW_FIRST = 40000,
};

static void short_go(struct sock_short *run, u64 count, u8 first)
{
	for (u64 at = 0; at < count; at++) {
		enum sock_error error = sock_short_one(run, first);

		if (error != SOCK_OK)
			fail_msg("connection %llu: %s", (unsigned long long)run->done,
				 sock_error_text(error));
	}
}

static const struct tcp_stats *tcp_stats_of(const struct sock_short *run, u32 n)
{
	return &run->rig[n].s->socks.tcp.stats;
}

static void test_each_side_closes_first(void **state)
{
	const char *asked = getenv("CONNECTIONS");
	u64 count = asked != NULL ? strtoull(asked, NULL, 10) : MANY;
	struct sock_short *run = sock_short_new();

	(void)state;
	assert_true(count > 1);
	sock_short_open(run);
	short_go(run, count / 2, 0);
	assert_true(tcp_stats_of(run, 1)->time_waits == 0);
	short_go(run, count - count / 2, 1);
	assert_true(run->done == count);
	/* Three round trips and a bit: nobody waited for a timer. */
	assert_true(run->longest_ns < 2 * NS_PER_MS);
	if (count / 2 > PORTS)
		assert_true(tcp_stats_of(run, 0)->time_wait_reused >= count / 2 - PORTS);
	for (u32 n = 0; n < 2; n++) {
		assert_int_equal(tcp_stats_of(run, n)->segs_again, 0);
		assert_int_equal(tcp_stats_of(run, n)->resets_out, 0);
		assert_int_equal(tcp_stats_of(run, n)->time_wait_full, 0);
	}
	sock_short_close(run);
}

/* One port after the other rests in TIME-WAIT; as long as there is another one, it is found. When
 * there is none the caller hears it, and timestamps give all of them back after a second.        */
static void test_the_last_port_is_found(void **state)
{
	struct sock_short *run = sock_short_new();

	(void)state;
	run->conf[0].sockets.port_first = FEW_FIRST;
	run->conf[0].sockets.port_last = FEW_FIRST + FEW - 1;
	sock_short_open(run);
	short_go(run, FEW, 0);
	assert_int_equal(sock_short_one(run, 0), SOCK_IN_USE);
	sock_short_wait(run, NS_PER_SEC);
	short_go(run, FEW, 0);
	assert_int_equal(tcp_stats_of(run, 0)->time_wait_reused, FEW);
	assert_int_equal(sock_short_one(run, 0), SOCK_IN_USE);
	/* What rests at the other end is no matter here. */
	sock_short_wait(run, NS_PER_SEC);
	short_go(run, 4 * FEW, 1);
	sock_short_close(run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_side_closes_first),
		cmocka_unit_test(test_the_last_port_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
