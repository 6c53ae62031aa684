/* Buffers that grow with the path, out of a pool that all share: what a window has promised is not
 * dropped, whoever wants more than there is.                                                     */
#include "sim/tcp_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
	MB = 1 << 20,
	TALKS = 40,
	START = 16 << 10, /* what a window begins with */
	POOL = 4 * MB,    /* of the end that receives */
};

struct bed {
	struct tcp_pair pair;
	struct tcp_pair_conf conf;
	struct tcp_talk talk[TALKS];
	u32 edge[TALKS]; /* the right edge of the window that end 1 has offered */
	u32 talk_count;
};

/* 100 Mbit/s and 40 ms each way: a megabyte is in flight. */
static struct bed *bed_new(void)
{
	struct bed *bed = calloc(1, sizeof *bed);

	assert_non_null(bed);
	tcp_pair_conf_defaults(&bed->conf);
	bed->conf.check = false;
	bed->conf.tcp[1].buffer_bytes = POOL;
	bed->conf.tcp[1].recv_buffer_start = START;
	for (u32 n = 0; n < 2; n++) {
		bed->conf.tcp[n].tcb_limit = 64;
		bed->conf.link[n].delay_ns = 40 * NS_PER_MS;
	}
	return bed;
}

static struct tcp_talk *bed_talk(struct bed *bed, u64 bytes)
{
	struct tcp_talk *talk = &bed->talk[bed->talk_count++];

	tcp_sockopt_defaults(&talk->opt);
	talk->goal[0] = bytes;
	talk->start_ns = bed->pair.now;
	tcp_pair_talk(&bed->pair, 0, talk);
	return talk;
}

static void bed_run(struct bed *bed, u32 ms)
{
	tcp_pair_run(&bed->pair, bed->pair.now + ms * NS_PER_MS);
	tcp_check(&bed->pair.end[0].tcp);
	tcp_check(&bed->pair.end[1].tcp);
}

static const struct tcb *tcb_of(const struct bed *bed, const struct tcp_talk *talk, u8 n)
{
	const struct tcb *tcb = tcp_find(&bed->pair.end[n].tcp, talk->id[n]);

	assert_non_null(tcb);
	return tcb;
}

static void assert_done(const struct tcp_talk *talk)
{
	assert_int_equal(talk->error[0], TCP_ERR_NONE);
	assert_int_equal(talk->error[1], TCP_ERR_NONE);
	assert_true(talk->finished_ns != 0);
	assert_true(talk->read[1] == talk->goal[0]);
}

static void bed_close(struct bed *bed)
{
	for (u32 at = 0; at < bed->talk_count; at++) {
		struct tcp_talk *talk = &bed->talk[at];

		for (u32 n = 0; n < 2; n++) {
			if (talk->open[n])
				tcp_abort(&bed->pair.end[n].tcp, talk->id[n], bed->pair.now);
			talk->open[n] = false;
		}
	}
	bed_run(bed, 300000);
	for (u32 n = 0; n < 2; n++) {
		const struct tcp *tcp = &bed->pair.end[n].tcp;

		assert_int_equal(tcp->tcbs.live, 0);
		assert_int_equal(tcp->shares.live, 0);
		assert_true(tcp->promised_bytes == 0);
		assert_true(tcp->buffers.used_bytes == 0);
	}
	tcp_pair_fini(&bed->pair);
	free(bed);
}

/* RFC 9293 section 3.8.6: the right edge of a window does not move back; but for what the unit of
 * its field cuts off (RFC 7323 section 2.4).                                                     */
static bool judge_edge(struct tcp_pair *pair, u32 from, const struct pkt *pkt, void *of)
{
	const struct tcp_hdr *tcp = (const void *)pkt_l4(pkt);
	struct bed *bed = of;

	for (u32 at = 0; from == 1 && (tcp->flags & (TCP_SYN | TCP_RST)) == 0 &&
			 at < bed->talk_count;
	     at++) {
		const struct tcb *tcb = tcp_find(&pair->end[1].tcp, bed->talk[at].id[1]);
		u32 edge;

		if (!bed->talk[at].open[1] || tcb == NULL ||
		    !be16_eq(tcb->key.peer_port, tcp->dport))
			continue;
		edge = be32_host(tcp->ack) + ((u32)be16_host(tcp->window) << tcb->rcv_wscale);
		if (bed->edge[at] != 0)
			assert_true(seq_gt(edge + (1u << tcb->rcv_wscale), bed->edge[at]));
		if (bed->edge[at] == 0 || seq_gt(edge, bed->edge[at]))
			bed->edge[at] = edge;
	}
	return true;
}

static void bed_begin(struct bed *bed)
{
	tcp_pair_init(&bed->pair, &bed->conf);
	bed->pair.look = judge_edge;
	bed->pair.look_of = bed;
}

/* One takes in all that it can get and reads none of it; the others are served beside it. */
static void test_one_is_greedy(void **state)
{
	struct bed *bed = bed_new();
	const struct tcp *tcp = &bed->pair.end[1].tcp;
	struct tcp_talk *greedy;

	(void)state;
	bed_begin(bed);
	greedy = bed_talk(bed, 40 * MB);
	bed_run(bed, 3000);
	assert_true(tcb_of(bed, greedy, 1)->recv_limit > 16 * START);
	greedy->is_deaf[1] = true;
	while (bed->talk_count < TALKS)
		(void)bed_talk(bed, 200000);
	bed_run(bed, 20000);
	for (u32 at = 1; at < TALKS; at++)
		assert_done(&bed->talk[at]);
	assert_true(greedy->finished_ns == 0 && greedy->open[1]);
	greedy->is_deaf[1] = false;
	bed_run(bed, 20000);
	assert_done(greedy);
	assert_int_equal(tcp->stats.no_buffer, 0);
	bed_close(bed);
}

/* All of them have what they could get, and stop to read at once. */
static void test_nobody_reads_any_more(void **state)
{
	struct bed *bed = bed_new();
	const struct tcp *tcp = &bed->pair.end[1].tcp;

	(void)state;
	bed_begin(bed);
	for (u32 at = 0; at < 12; at++)
		(void)bed_talk(bed, 6 * MB);
	bed_run(bed, 3000);
	for (u32 at = 0; at < bed->talk_count; at++)
		bed->talk[at].is_deaf[1] = true;
	bed_run(bed, 20000);
	/* They hold what they were promised. */
	assert_true(tcp->buffers.used_bytes > POOL / 2);
	assert_true(tcp->promised_bytes == 0);
	for (u32 at = 0; at < bed->talk_count; at++) {
		const struct tcb *tcb = tcb_of(bed, &bed->talk[at], 1);

		/* A segment that would be a silly one is left. */
		assert_in_range(tcb->rcv_adv - tcb->rcv_nxt, 0, 1500);
		bed->talk[at].is_deaf[1] = false;
	}
	bed_run(bed, 120000);
	for (u32 at = 0; at < bed->talk_count; at++)
		assert_done(&bed->talk[at]);
	assert_int_equal(tcp->stats.no_buffer, 0);
	bed_close(bed);
}

/* Writers, too, leave what was promised: here the end that receives writes as much as it may. */
static void test_writers_are_greedy(void **state)
{
	struct bed *bed = bed_new();
	const struct tcp *tcp = &bed->pair.end[1].tcp;

	(void)state;
	bed->conf.tcp[0].recv_buffer_start = 16 * MB;
	bed_begin(bed);
	for (u32 at = 0; at < 8; at++)
		bed_talk(bed, 4 * MB)->goal[1] = 4 * MB;
	bed_run(bed, 60000);
	for (u32 at = 0; at < bed->talk_count; at++)
		assert_done(&bed->talk[at]);
	assert_int_equal(tcp->stats.no_buffer, 0);
	bed_close(bed);
}

/* Who was promised much, and has been silent since, does not keep it from who comes later. */
static void test_who_is_idle_counts_no_more(void **state)
{
	struct bed *bed = bed_new();
	u32 first = 0;

	(void)state;
	bed_begin(bed);
	for (u32 at = 0; at < 8; at++) {
		struct tcp_talk *talk = bed_talk(bed, UINT64_MAX);
		u32 limit;

		bed_run(bed, 2000);
		limit = tcb_of(bed, talk, 1)->recv_limit;
		first = at == 0 ? limit : first;
		assert_in_range(limit, first / 2, UINT32_MAX);
		talk->is_mute[0] = true;
		bed_run(bed, 2000);
	}
	assert_true(first > 32 * START);
	assert_int_equal(bed->pair.end[1].tcp.stats.no_buffer, 0);
	bed_close(bed);
}

/* ---- how far they grow ----------------------------------------------------------------------- */

/* Bytes: the bandwidth that a link has for data, times its round trip. */
static u32 bdp_of(const struct link_conf *link)
{
	return (u32)(link->rate_bps / 8 * (2 * link->delay_ns / NS_PER_MS) / 1000);
}

struct growth {
	u32 bdp;
	u32 recv; /* limits after five seconds */
	u32 send;
};

static struct growth run_growth(u64 rate_bps, ns_t delay_ns, u32 buffer_packets, const char *cc)
{
	struct growth growth;
	struct bed *bed = bed_new();
	struct tcp_talk *talk;

	bed->conf.tcp[1].buffer_bytes = 64 * MB;
	for (u32 n = 0; n < 2; n++) {
		bed->conf.tcp[n].cc = cc;
		bed->conf.link[n].rate_bps = rate_bps;
		bed->conf.link[n].delay_ns = delay_ns;
		bed->conf.link[n].buffer_packets = buffer_packets;
	}
	growth.bdp = bdp_of(&bed->conf.link[0]);
	bed_begin(bed);
	talk = bed_talk(bed, UINT64_MAX);
	bed_run(bed, 5000);
	growth.recv = tcb_of(bed, talk, 1)->recv_limit;
	growth.send = tcb_of(bed, talk, 0)->send_limit;
	/* And it is used: the path is full. */
	assert_in_range(tcp_pair_goodput(&bed->pair, 0, talk->read[1], talk->start_ns), 600, 1000);
	bed_close(bed);
	return growth;
}

/* Twice what is in flight, so that a hole that is sent again does not stop the sender; and some
 * more, since Startup and a hole that is filled look like more.                                  */
static void test_a_fast_long_path(void **state)
{
	(void)state;
	for (u32 at = 0; cc_name_at(at) != NULL; at++) {
		struct growth growth =
			run_growth(100000000, 40 * NS_PER_MS, 400, cc_name_at(at));
		assert_int_equal(growth.bdp, 1000000);
		assert_in_range(growth.recv, growth.bdp * 19 / 10, 8 * growth.bdp);
		assert_in_range(growth.send, growth.bdp * 19 / 10, 12 * growth.bdp);
	}
}

static void test_a_slow_path(void **state)
{
	(void)state;
	for (u32 at = 0; cc_name_at(at) != NULL; at++) {
		struct growth growth = run_growth(1000000, 2 * NS_PER_MS, 10, cc_name_at(at));

		assert_true(growth.bdp < 1000);
		assert_in_range(growth.recv, START, 8 * START);
		assert_in_range(growth.send, 65536, 4 * 65536);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_is_greedy),
		cmocka_unit_test(test_nobody_reads_any_more),
		cmocka_unit_test(test_writers_are_greedy),
		cmocka_unit_test(test_who_is_idle_counts_no_more),
		cmocka_unit_test(test_a_fast_long_path),
		cmocka_unit_test(test_a_slow_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
