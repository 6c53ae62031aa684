/* What the owner of a connection calls, where it has no business any more. */
#include "unit/core_tcp/tcp_bed.h"

static tcp_id connecting(struct tcp_bed *bed)
{
	struct tcp_open open = { .key = { .local = addr(SERVER),
					  .peer = addr(CLIENT),
					  .peer_port = be16_of(SERVER_PORT) },
				 .mtu = 1500 };
	tcp_id id;

	tcp_sockopt_defaults(&open.opt);
	assert_int_equal(tcp_connect(&bed->tcp, &open, &id, bed->now), ERR_OK);
	return id;
}

/* A control block that is used again is another connection: the old handle finds nothing of it. */
static void test_handle_of_one_that_is_gone(void **state)
{
	struct tcp_conf conf = tcp_bed_conf();
	struct tcp_bed bed;
	u8 byte = 1;
	u32 bytes;
	tcp_id old, id;

	(void)state;
	tcp_bed_open(&bed, &conf);
	old = connecting(&bed);
	tcp_abort(&bed.tcp, old, bed.now);
	for (u32 at = 0; at < conf.tcb_limit; at++) {
		id = connecting(&bed);
		if ((u32)id == (u32)old)
			break;
	}
	assert_int_equal((u32)id, (u32)old);
	assert_true(id != old);
	assert_null(tcp_find(&bed.tcp, old));
	assert_non_null(tcp_find(&bed.tcp, id));
	assert_int_equal(tcp_write(&bed.tcp, old, &byte, 1, false, bed.now), 0);
	assert_int_equal(tcp_write(&bed.tcp, id, &byte, 1, false, bed.now), 1);
	tcp_shutdown(&bed.tcp, old, bed.now);
	tcp_close(&bed.tcp, old, bed.now);
	assert_null(tcp_peek(&bed.tcp, old, &bytes));
	assert_int_equal(tcp_find(&bed.tcp, id)->flags & TCB_FIN_QUEUED, 0);
	assert_int_equal(tcp_set_opt(&bed.tcp, old, &(struct tcp_sockopt){ 0 }, bed.now),
			 ERR_NOT_FOUND);
	tcp_bed_close(&bed);
}

/* RFC 9293 section 3.10.2: "connection closing". */
static void test_nothing_behind_a_fin(void **state)
{
	struct tcp_conf conf = tcp_bed_conf();
	struct tcp_bed bed;
	u8 byte = 1;
	tcp_id id;

	(void)state;
	tcp_bed_open(&bed, &conf);
	id = connecting(&bed);
	assert_int_equal(tcp_write(&bed.tcp, id, &byte, 1, false, bed.now), 1);
	tcp_shutdown(&bed.tcp, id, bed.now);
	assert_int_equal(tcp_write(&bed.tcp, id, &byte, 1, false, bed.now), 0);
	assert_int_equal(tcp_find(&bed.tcp, id)->snd.len, 1);
	tcp_bed_close(&bed);
}

/* RFC 9293 section 3.10.1: a congestion control that there is none of, and a four-tuple in use. */
static void test_refused(void **state)
{
	struct tcp_conf conf = tcp_bed_conf();
	struct tcp_open open = { .key = { .local = addr(SERVER),
					  .peer = addr(CLIENT),
					  .local_port = be16_of(40001),
					  .peer_port = be16_of(SERVER_PORT) },
				 .mtu = 1500 };
	struct tcp_bed bed;
	tcp_id id;

	(void)state;
	tcp_bed_open(&bed, &conf);
	tcp_sockopt_defaults(&open.opt);
	open.opt.cc = "vegas";
	assert_int_equal(tcp_connect(&bed.tcp, &open, &id, bed.now), ERR_RANGE);
	open.opt.cc = "bbr";
	assert_int_equal(tcp_connect(&bed.tcp, &open, &id, bed.now), ERR_OK);
	assert_int_equal(tcp_connect(&bed.tcp, &open, &id, bed.now), ERR_EXISTS);
	tcp_bed_close(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_handle_of_one_that_is_gone),
		cmocka_unit_test(test_nothing_behind_a_fin),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
