/* A hundred thousand connections that nobody uses cost their control blocks and nothing else: no
 * buffer, no record, no work in any tick.                                                        */
#include "fake/build.h"
#include "sim/tcp_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
	CONNECTIONS = 100000,
	PER_ADDRESS = 20000, /* of the ports to connect from */
	AT_ONCE = 100,
	IDLE_S = 7200,
};

static struct tcp_pair *pair_new(void)
{
	struct tcp_pair *pair = calloc(1, sizeof *pair);
	struct tcp_pair_conf conf;

	assert_non_null(pair);
	tcp_pair_conf_defaults(&conf);
	conf.check = false;
	for (u32 n = 0; n < 2; n++) {
		conf.tcp[n].tcb_limit = CONNECTIONS + 1;
		conf.tcp[n].segment_limit = 1024;
		conf.tcp[n].buffer_bytes = 4 << 20;
		conf.tcp[n].fin_wait_2_ms = 1000;
	}
	tcp_pair_init(pair, &conf);
	return pair;
}

static void wait_ns(struct tcp_pair *pair, ns_t span_ns)
{
	ns_t until = pair->now + span_ns;

	while (tcp_pair_turn(pair, until))
		;
}

/* Opens them, a hundred at once; ids: of both ends. */
static void open_all(struct tcp_pair *pair, tcp_id *ids, const struct tcp_sockopt *opt)
{
	u32 accepted = 0;

	for (u32 at = 0; at < CONNECTIONS; at++) {
		struct tcp_open open = {
			.key = { .local = be32_of(0x0a000001 + at / PER_ADDRESS),
				 .peer = tcp_pair_addr(1),
				 .peer_port = be16_of(TCP_PAIR_PORT) },
			.opt = *opt,
			.mtu = 1500,
		};

		assert_int_equal(tcp_connect(&pair->end[0].tcp, &open, &ids[2 * at], pair->now),
				 ERR_OK);
		if ((at + 1) % AT_ONCE != 0)
			continue;
		wait_ns(pair, 100 * NS_PER_MS);
		while (accepted <= at) {
			tcp_id id = tcp_accept(&pair->end[1].tcp, pair->end[1].listener, 0);

			assert_true(id != TCP_ID_NONE);
			ids[2 * accepted++ + 1] = id;
		}
	}
}

static void assert_holds_nothing(const struct tcp *tcp)
{
	assert_int_equal(tcp->tcbs.live, CONNECTIONS);
	assert_int_equal(tcp->recs.live, 0);
	assert_int_equal(tcp->ranges.live, 0);
	assert_true(tcp->buffers.used_bytes == 0);
	assert_int_equal(tcp->send.first, IDX_NONE);
}

static void close_all(struct tcp_pair *pair, const tcp_id *ids)
{
	struct tcp_news news;

	for (u32 n = 0; n < 2; n++) {
		for (u32 at = 0; at < CONNECTIONS; at++) {
			tcp_abort(&pair->end[n].tcp, ids[2 * at + n], pair->now);
			if (at % AT_ONCE == 0)
				wait_ns(pair, NS_PER_MS);
		}
		assert_int_equal(pair->end[n].tcp.tcbs.live, 0);
		assert_false(tcp_news(&pair->end[n].tcp, &news));
	}
	wait_ns(pair, 300 * NS_PER_SEC);
	tcp_pair_fini(pair);
	free(pair);
}

static void test_no_work_at_all(void **state)
{
	static tcp_id ids[2 * CONNECTIONS];
	struct tcp_pair *pair = pair_new();
	struct tcp_sockopt opt;
	u64 events;

	(void)state;
	tcp_sockopt_defaults(&opt);
	open_all(pair, ids, &opt);
	for (u32 n = 0; n < 2; n++) {
		const struct tcp *tcp = &pair->end[n].tcp;

		assert_holds_nothing(tcp);
		assert_int_equal(tcp->deadlines.count, 0);
		assert_true(tcp_next(tcp) == NS_NEVER);
	}
	events = pair->events;
	wait_ns(pair, IDLE_S * NS_PER_SEC);
	assert_true(pair->events == events);
	close_all(pair, ids);
}

/* With keepalive, each of them has its own time every two hours, and no other one is looked at. */
static void test_keepalive_alone(void **state)
{
	static tcp_id ids[2 * CONNECTIONS];
	struct tcp_pair *pair = pair_new();
	struct tcp_sockopt opt;
	ns_t begin, first;
	u64 events, segs;

	(void)state;
	tcp_sockopt_defaults(&opt);
	opt.keepalive = true;
	begin = pair->now;
	open_all(pair, ids, &opt);
	assert_int_equal(pair->end[0].tcp.deadlines.count, CONNECTIONS);
	first = tcp_next(&pair->end[0].tcp);
	assert_in_range(first, begin + IDLE_S * NS_PER_SEC, pair->now + IDLE_S * NS_PER_SEC);
	events = pair->events;
	segs = pair->end[0].tcp.stats.segs_out;
	wait_ns(pair, first - pair->now - 1);
	assert_true(pair->events == events);
	/* The hundred that were opened first: one probe each, and its answer. */
	wait_ns(pair, 90 * NS_PER_MS);
	assert_int_equal(pair->end[0].tcp.stats.segs_out - segs, AT_ONCE);
	assert_holds_nothing(&pair->end[0].tcp);
	close_all(pair, ids);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_work_at_all),
		cmocka_unit_test(test_keepalive_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
