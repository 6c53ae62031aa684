/* Listeners and the queue of connections that wait for their owner. */
#include "unit/core_tcp/listen_bed.h"

static void test_in_order(void **state)
{
	struct listen_bed bed;
	u32 idx[3];

	(void)state;
	listen_bed_open(&bed);
	assert_true(tcp_accept(bed.tcp, bed.id, 5) == TCP_ID_NONE);
	for (u32 n = 0; n < 3; n++) {
		idx[n] = listen_bed_wait(&bed);
		tcb_at(bed.tcp, idx[n])->gen = 100 + n;
		assert_int_equal(tcb_at(bed.tcp, idx[n])->owner, OWNER);
	}
	for (u32 n = 0; n < 3; n++) {
		assert_int_equal(listen_bed_listener(&bed)->waiting, 3 - n);
		assert_true(tcp_accept(bed.tcp, bed.id, 5) == ((u64)(100 + n) << 32 | idx[n]));
		assert_int_equal(tcb_at(bed.tcp, idx[n])->owner, 5);
		assert_int_equal(tcb_at(bed.tcp, idx[n])->flags, TCB_ACCEPTED);
		listen_check(bed.tcp);
	}
	assert_true(tcp_accept(bed.tcp, bed.id, 5) == TCP_ID_NONE);
	listen_bed_close(&bed);
}

/* Emptied, the queue begins anew. */
static void test_to_and_fro(void **state)
{
	struct rng rng = bed_rng(5);
	struct listen_bed bed;
	u32 first = 0, last = 0;

	(void)state;
	listen_bed_open(&bed);
	for (u32 n = 0; n < 1000; n++) {
		if (last - first < 8 && rng_below(&rng, 2) == 0) {
			u32 idx = listen_bed_wait(&bed);

			tcb_at(bed.tcp, idx)->gen = last++;
		} else if (first < last) {
			u64 id = tcp_accept(bed.tcp, bed.id, 1);

			assert_int_equal(id >> 32, first++);
			slab_del(&bed.tcp->tcbs, (u32)id);
		} else {
			assert_true(tcp_accept(bed.tcp, bed.id, 1) == TCP_ID_NONE);
		}
		assert_int_equal(listen_bed_listener(&bed)->waiting, last - first);
		listen_check(bed.tcp);
	}
	listen_bed_close(&bed);
}

static void test_one_listener_a_place(void **state)
{
	struct tcp_listen listen = listen_conf();
	struct listen_bed bed;
	u64 id;

	(void)state;
	listen_bed_open(&bed);
	assert_int_equal(tcp_listen(bed.tcp, &listen, &id), ERR_EXISTS);
	assert_true(id == TCP_ID_NONE);
	listen.any_zone = true;
	assert_int_equal(tcp_listen(bed.tcp, &listen, &id), ERR_OK);
	/* Of any zone, whatever stands beside it. */
	listen.zone++;
	assert_int_equal(tcp_listen(bed.tcp, &listen, &id), ERR_EXISTS);
	listen.any_zone = false;
	assert_int_equal(tcp_listen(bed.tcp, &listen, &id), ERR_OK);
	listen.addr = (be32){ 0 };
	assert_int_equal(tcp_listen(bed.tcp, &listen, &id), ERR_OK);
	listen.port = be16_of(SERVER_PORT + 1);
	assert_int_equal(tcp_listen(bed.tcp, &listen, &id), ERR_OK);
	listen_bed_close(&bed);
}

static void test_what_is_refused(void **state)
{
	struct tcp_listen listen = listen_conf();
	struct listen_bed bed;
	u64 id;

	(void)state;
	listen_bed_open(&bed);
	listen.port = be16_of(0);
	assert_int_equal(tcp_listen(bed.tcp, &listen, &id), ERR_RANGE);
	listen.port = be16_of(1);
	listen.backlog = 0;
	assert_int_equal(tcp_listen(bed.tcp, &listen, &id), ERR_RANGE);
	listen.backlog = 1;
	for (u16 n = 1; n < 8; n++) {
		listen.port = be16_of(n);
		assert_int_equal(tcp_listen(bed.tcp, &listen, &id), ERR_OK);
	}
	listen.port = be16_of(8);
	assert_int_equal(tcp_listen(bed.tcp, &listen, &id), ERR_FULL);
	/* Handles of nothing. */
	assert_true(tcp_accept(bed.tcp, TCP_ID_NONE, 1) == TCP_ID_NONE);
	assert_true(tcp_accept(bed.tcp, bed.id + (UINT64_C(1) << 40), 1) == TCP_ID_NONE);
	listen_bed_close(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_order),
		cmocka_unit_test(test_to_and_fro),
		cmocka_unit_test(test_one_listener_a_place),
		cmocka_unit_test(test_what_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
