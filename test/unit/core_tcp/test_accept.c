/* Listeners and the queue of connections that wait for their owner. */
#include "unit/core_tcp/listen_bed.h"

static u64 id_of(struct listen_bed *bed, u32 idx)
{
	return tcp_id_at(bed->tcp, idx);
}

static void test_in_order(void **state)
{
	struct listen_bed bed;
	u64 id[3];

	(void)state;
	listen_bed_open(&bed);
	assert_true(tcp_accept(bed.tcp, bed.id, 5) == TCP_ID_NONE);
	for (u32 n = 0; n < 3; n++)
		id[n] = id_of(&bed, listen_bed_wait(&bed));
	for (u32 n = 0; n < 3; n++) {
		const struct tcb *tcb = tcp_find(bed.tcp, id[n]);

		assert_int_equal(listen_bed_listener(&bed)->waiting, 3 - n);
		assert_int_equal(tcb->owner, OWNER);
		assert_int_equal(tcb->flags & TCB_ACCEPTED, 0);
		assert_true(tcp_accept(bed.tcp, bed.id, 5) == id[n]);
		assert_int_equal(tcb->owner, 5);
		assert_int_equal(tcb->flags & TCB_ACCEPTED, TCB_ACCEPTED);
		tcp_check(bed.tcp);
	}
	assert_true(tcp_accept(bed.tcp, bed.id, 5) == TCP_ID_NONE);
	listen_bed_close(&bed);
}

/* Emptied, the queue begins anew. */
static void test_to_and_fro(void **state)
{
	struct rng rng = bed_rng(5);
	struct listen_bed bed;
	u64 id[1000];
	u32 first = 0, last = 0;

	(void)state;
	listen_bed_open(&bed);
	for (u32 n = 0; n < 1000; n++) {
		if (last - first < BACKLOG && rng_below(&rng, 2) == 0) {
			id[last++] = id_of(&bed, listen_bed_wait(&bed));
		} else if (first < last) {
			assert_true(tcp_accept(bed.tcp, bed.id, 1) == id[first]);
			tcp_abort(bed.tcp, id[first++], bed.bed.now);
		} else {
			assert_true(tcp_accept(bed.tcp, bed.id, 1) == TCP_ID_NONE);
		}
		assert_int_equal(listen_bed_listener(&bed)->waiting, last - first);
		tcp_check(bed.tcp);
		listen_bed_drain(&bed);
	}
	listen_bed_close(&bed);
}

/* The listener's owner hears of each that waits, once; then it is its own owner's. */
static void test_news(void **state)
{
	struct listen_bed bed;
	struct tcp_news news;
	u64 id[2];

	(void)state;
	listen_bed_open(&bed);
	for (u32 n = 0; n < 2; n++)
		id[n] = id_of(&bed, listen_bed_wait(&bed));
	assert_true(tcp_news(bed.tcp, &news));
	assert_true(news.id == id[0] && news.owner == OWNER);
	assert_int_equal(news.ready, TCP_CONNECTED | TCP_WRITABLE);
	assert_true(tcp_accept(bed.tcp, bed.id, 5) == id[0]);
	assert_true(tcp_accept(bed.tcp, bed.id, 6) == id[1]);
	/* Nobody asked before it was accepted. */
	assert_true(tcp_news(bed.tcp, &news));
	assert_true(news.id == id[1] && news.owner == 6);
	assert_false(tcp_news(bed.tcp, &news));
	listen_bed_close(&bed);
}

/* One that its peer resets meanwhile is accepted, and says so. */
static void test_one_that_fails(void **state)
{
	struct listen_bed bed;
	const struct tcb *tcb;
	u64 id;

	(void)state;
	listen_bed_open(&bed);
	id = id_of(&bed, listen_bed_wait(&bed));
	tcb_fail(bed.tcp, (u32)id, TCP_ERR_RESET, bed.bed.now);
	tcp_check(bed.tcp);
	assert_true(tcp_accept(bed.tcp, bed.id, 5) == id);
	tcb = tcp_find(bed.tcp, id);
	assert_int_equal(tcb->error, TCP_ERR_RESET);
	assert_int_equal(tcb->ready & TCP_FAILED, TCP_FAILED);
	tcp_close(bed.tcp, id, bed.bed.now);
	assert_null(tcp_find(bed.tcp, id));
	listen_bed_close(&bed);
}

/* The handshakes go in silence, those who wait with RST; who was accepted stays. */
static void test_unlisten(void **state)
{
	struct tcp_listen listen = listen_conf();
	struct tcp_seg syn = syn_of(CLIENT_PORT);
	struct listen_bed bed;
	u64 id[3], again;

	(void)state;
	listen_bed_open(&bed);
	for (u32 n = 0; n < 3; n++)
		id[n] = id_of(&bed, listen_bed_wait(&bed));
	assert_true(tcp_accept(bed.tcp, bed.id, 5) == id[0]);
	(void)listen_bed_syn_ack(&bed, &syn);
	tcp_unlisten(bed.tcp, bed.id, bed.bed.now);
	tcp_check(bed.tcp);
	for (u32 n = 1; n < 3; n++) {
		struct said said = tcp_bed_said(&bed.bed);

		assert_int_equal(said.seen.flags & TCP_RST, TCP_RST);
		assert_int_equal(said.seen.dport, 50000 + n);
		assert_null(tcp_find(bed.tcp, id[n]));
	}
	tcp_bed_silent(&bed.bed);
	assert_non_null(tcp_find(bed.tcp, id[0]));
	assert_int_equal(listen_find(bed.tcp, &syn.key), IDX_NONE);
	assert_int_equal(listen_of_half_open(bed.tcp, &syn.key), IDX_NONE);
	/* Its handle is nobody's, not the next one's either. */
	for (u32 n = 0; n < 8; n++) {
		assert_int_equal(tcp_listen(bed.tcp, &listen, &again), ERR_OK);
		assert_true(again != bed.id);
		tcp_unlisten(bed.tcp, bed.id, bed.bed.now);
		assert_int_equal(listen_find(bed.tcp, &syn.key), (u32)again);
		assert_true(tcp_accept(bed.tcp, bed.id, 1) == TCP_ID_NONE);
		tcp_unlisten(bed.tcp, again, bed.bed.now);
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
	listen.opt.cc = "no such";
	assert_int_equal(tcp_listen(bed.tcp, &listen, &id), ERR_RANGE);
	listen.opt.cc = "cubic";
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
		cmocka_unit_test(test_news),
		cmocka_unit_test(test_one_that_fails),
		cmocka_unit_test(test_unlisten),
		cmocka_unit_test(test_one_listener_a_place),
		cmocka_unit_test(test_what_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
