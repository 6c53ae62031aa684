/* Two stacks talk over links of every kind: whatever the links do, each byte arrives once and in
 * its place, and every invariant holds after every event.                                        */
#include "core/wire/ip4.h"
#include "sim/tcp_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MB = 1 << 20 };

struct bed {
	struct tcp_pair pair;
	struct tcp_pair_conf conf;
	struct tcp_talk talk[8];
	u32 talk_count;
};

static struct bed *bed_new(void)
{
	struct bed *bed = calloc(1, sizeof *bed);

	assert_non_null(bed);
	tcp_pair_conf_defaults(&bed->conf);
	return bed;
}

static struct tcp_talk *bed_talk(struct bed *bed, u8 from, u64 there, u64 back)
{
	struct tcp_talk *talk = &bed->talk[bed->talk_count++];

	tcp_sockopt_defaults(&talk->opt);
	talk->goal[from] = there;
	talk->goal[!from] = back;
	tcp_pair_talk(&bed->pair, from, talk);
	return talk;
}

static void bed_run(struct bed *bed, u32 seconds)
{
	tcp_pair_run(&bed->pair, bed->pair.now + seconds * NS_PER_SEC);
}

static void bed_close(struct bed *bed)
{
	/* Whatever there was has ended, and left nothing behind. */
	bed_run(bed, 300);
	for (u32 n = 0; n < 2; n++) {
		const struct tcp *tcp = &bed->pair.end[n].tcp;

		assert_int_equal(tcp->tcbs.live, 0);
		assert_int_equal(tcp->recs.live, 0);
		assert_int_equal(tcp->ranges.live, 0);
		assert_int_equal(tcp->timewait.slab.live, 0);
		assert_int_equal(tcp->listen.half_open.live, 0);
		assert_true(tcp->buffers.used_bytes == 0);
	}
	tcp_pair_fini(&bed->pair);
	free(bed);
}

static void assert_done(const struct tcp_talk *talk)
{
	assert_int_equal(talk->error[0], TCP_ERR_NONE);
	assert_int_equal(talk->error[1], TCP_ERR_NONE);
	assert_true(talk->finished_ns != 0);
	assert_true(talk->read[0] == talk->goal[1] && talk->read[1] == talk->goal[0]);
}

static void test_a_clean_link(void **state)
{
	struct bed *bed = bed_new();
	const struct tcp_talk *talk;

	(void)state;
	tcp_pair_init(&bed->pair, &bed->conf);
	talk = bed_talk(bed, 0, 4 * MB, MB);
	bed_run(bed, 20);
	assert_done(talk);
	assert_int_equal(bed->pair.end[0].tcp.stats.segs_again, 0);
	assert_int_equal(bed->pair.end[1].tcp.stats.segs_again, 0);
	bed_close(bed);
}

/* Loss, order and doubles at once, both ways. */
static void run_bad_link(const char *cc, u64 seed, u32 gso_max_bytes)
{
	struct bed *bed = bed_new();
	const struct tcp_talk *talk[2];

	bed->conf.seed = seed;
	for (u32 n = 0; n < 2; n++) {
		bed->conf.tcp[n].cc = cc;
		bed->conf.tcp[n].gso_max_bytes = gso_max_bytes;
		bed->conf.link[n].loss_ppm = 20000;
		bed->conf.link[n].duplicate_ppm = 5000;
		bed->conf.link[n].reorder_ppm = 20000;
		bed->conf.link[n].reorder_ns = 3 * NS_PER_MS;
		bed->conf.link[n].buffer_packets = 60;
	}
	tcp_pair_init(&bed->pair, &bed->conf);
	talk[0] = bed_talk(bed, 0, MB, MB / 2);
	talk[1] = bed_talk(bed, 1, MB / 2, 1);
	bed_run(bed, 240);
	assert_done(talk[0]);
	assert_done(talk[1]);
	bed_close(bed);
}

static void test_bad_links(void **state)
{
	(void)state;
	for (u32 at = 0; cc_name_at(at) != NULL; at++) {
		for (u64 seed = 1; seed <= 3; seed++)
			run_bad_link(cc_name_at(at), seed, 0);
	}
}

/* Segments that leave as one packet are the same segments: each arrives with a right checksum, and
 * what is lost of them is sent again alone.                                                      */
static void test_segments_leave_together(void **state)
{
	struct bed *bed = bed_new();
	const struct tcp_talk *talk;

	(void)state;
	for (u32 n = 0; n < 2; n++) {
		bed->conf.tcp[n].gso_max_bytes = 65536;
		bed->conf.tcp[n].cc = "cubic";
	}
	tcp_pair_init(&bed->pair, &bed->conf);
	talk = bed_talk(bed, 0, 4 * MB, MB);
	bed_run(bed, 20);
	assert_done(talk);
	assert_true(bed->pair.split > 100);
	for (u32 n = 0; n < 2; n++) {
		const struct tcp_stats *stats = &bed->pair.end[n].tcp.stats;

		assert_int_equal(stats->segs_again, 0);
		assert_int_equal(stats->bad_segments, 0);
		assert_true(stats->segs_out == bed->pair.end[!n].tcp.stats.segs_in);
	}
	bed_close(bed);
	for (u32 at = 0; cc_name_at(at) != NULL; at++) {
		for (u64 seed = 1; seed <= 2; seed++)
			run_bad_link(cc_name_at(at), seed, 40000);
	}
}

/* A segment that is lost three times is no sign of a path that takes no such segments: others of
 * its size come through.                                                                         */
static void test_losses_are_no_black_hole(void **state)
{
	(void)state;
	for (u64 seed = 1; seed <= 5; seed++) {
		struct bed *bed = bed_new();
		const struct tcp_talk *talk;

		bed->conf.seed = seed;
		bed->conf.tcp[0].cc = "bbr";
		bed->conf.link[0].loss_ppm = 200000;
		bed->conf.link[0].rate_bps = 20000000;
		tcp_pair_init(&bed->pair, &bed->conf);
		talk = bed_talk(bed, 0, 4 * MB, 0);
		bed_run(bed, 120);
		assert_done(talk);
		assert_int_equal(bed->pair.end[0].tcp.stats.black_holes, 0);
		bed_close(bed);
	}
}

/* What was on the wire: each packet's length, time and bytes in one number, in their order. But for
 * the identification and the sum over it: what is not to be fragmented needs none, and who splits
 * counts it (RFC 6864 section 4.1).                                                              */
struct wire {
	u64 sum[8192];
	u32 count;
};

static bool note_wire(struct tcp_pair *pair, u32 from, const struct pkt *pkt, void *to)
{
	struct wire *wire = to;
	const u8 *bytes = pkt_l3(pkt);
	const struct ip4_hdr *ip = (const void *)bytes;
	u64 sum = pair->now ^ from;

	assert_true(be16_eq(ip->frag, be16_of(IP4_DF)));
	for (u32 at = 0; at < pkt->len; at++) {
		if (at / 2 == offsetof(struct ip4_hdr, id) / 2 ||
		    at / 2 == offsetof(struct ip4_hdr, csum) / 2)
			continue;
		sum = (sum ^ bytes[at]) * UINT64_C(0x100000001b3);
	}
	if (wire->count < ARRAY_COUNT(wire->sum))
		wire->sum[wire->count] = sum ^ pkt->len;
	wire->count++;
	return true;
}

static u64 run_wire(struct wire *wire, const char *cc, u32 gso_max_bytes, bool ts, u32 loss_ppm)
{
	struct bed *bed = bed_new();
	struct tcp_talk *talk;
	u64 split;

	wire->count = 0;
	for (u32 n = 0; n < 2; n++) {
		bed->conf.tcp[n].gso_max_bytes = gso_max_bytes;
		bed->conf.tcp[n].cc = cc;
		bed->conf.tcp[n].ecn = true;
		bed->conf.link[n].loss_ppm = loss_ppm;
	}
	tcp_pair_init(&bed->pair, &bed->conf);
	bed->pair.look = note_wire;
	bed->pair.look_of = wire;
	talk = bed_talk(bed, 0, 2 * MB, 100001);
	talk->opt.no_timestamps = !ts;
	bed_run(bed, 60);
	assert_done(talk);
	split = bed->pair.split;
	bed_close(bed);
	return split;
}

/* A way out that takes large packets, and one that takes none: what a card, or pkt_segment(), makes
 * of the large ones is byte for byte what the other one gets, and at the same times.             */
static void test_large_packets_are_the_same_segments(void **state)
{
	static struct wire whole, split;

	(void)state;
	for (u32 what = 0; what < 8; what++) {
		const char *cc = (what & 1) != 0 ? "cubic" : "newreno";
		bool ts = (what & 2) != 0;
		u32 loss_ppm = (what & 4) != 0 ? 5000 : 0;

		assert_int_equal(run_wire(&whole, cc, 0, ts, loss_ppm), 0);
		assert_true(run_wire(&split, cc, 65535, ts, loss_ppm) > 100);
		assert_true(whole.count > 1500 && whole.count < ARRAY_COUNT(whole.sum));
		assert_int_equal(whole.count, split.count);
		assert_memory_equal(whole.sum, split.sum, whole.count * sizeof whole.sum[0]);
	}
}

/* Half of everything is lost: slow, and still right. */
static void test_half_is_lost(void **state)
{
	struct bed *bed = bed_new();
	const struct tcp_talk *talk;

	(void)state;
	for (u32 n = 0; n < 2; n++) {
		bed->conf.link[n].loss_ppm = 500000;
		bed->conf.tcp[n].syn_retries = 20;
		bed->conf.tcp[n].syn_ack_retries = 7;
		bed->conf.tcp[n].rto_max_ms = 2000;
		bed->conf.tcp[n].cc = "newreno";
	}
	tcp_pair_init(&bed->pair, &bed->conf);
	talk = bed_talk(bed, 0, 20000, 20000);
	bed_run(bed, 600);
	assert_true(talk->read[1] == 20000 && talk->read[0] == 20000);
	bed_close(bed);
}

static void test_options_are_not_needed(void **state)
{
	(void)state;
	for (u32 which = 0; which < 8; which++) {
		struct bed *bed = bed_new();
		struct tcp_talk *talk;

		for (u32 n = 0; n < 2; n++)
			bed->conf.link[n].loss_ppm = 10000;
		tcp_pair_init(&bed->pair, &bed->conf);
		talk = bed_talk(bed, 0, MB, 1000);
		talk->opt.no_sack = (which & 1) != 0;
		talk->opt.no_timestamps = (which & 2) != 0;
		talk->opt.no_wscale = (which & 4) != 0;
		bed_run(bed, 120);
		assert_done(talk);
		bed_close(bed);
	}
}

/* How many packets of end 0 could be marked, and how many said CWR. */
struct marks {
	u32 capable;
	u32 cwr;
};

static bool note_marks(struct tcp_pair *pair, u32 from, const struct pkt *pkt, void *to)
{
	const struct tcp_hdr *tcp = (const void *)pkt_l4(pkt);
	const struct ip4_hdr *ip = (const void *)pkt_l3(pkt);
	struct marks *marks = to;

	(void)pair;
	if (from != 0 || (tcp->flags & TCP_SYN) != 0)
		return true;
	marks->capable += (ip->tos & IP4_ECN_MASK) != 0;
	marks->cwr += (tcp->flags & TCP_CWR) != 0;
	return true;
}

/* Over a queue that marks. Who answers marks loses nothing; who does not sends nothing that could
 * be marked, and says nothing of having answered.                                                */
static void run_ecn(const struct cc_ops *ops)
{
	struct bed *bed = bed_new();
	struct marks marks = { 0 };
	const struct link_stats *link;
	const struct tcp_talk *talk;

	for (u32 n = 0; n < 2; n++) {
		bed->conf.tcp[n].ecn = true;
		bed->conf.tcp[n].cc = ops->name;
		bed->conf.link[n].mark_packets = 20;
	}
	tcp_pair_init(&bed->pair, &bed->conf);
	bed->pair.look = note_marks;
	bed->pair.look_of = &marks;
	talk = bed_talk(bed, 0, 8 * MB, 0);
	bed_run(bed, 30);
	assert_done(talk);
	link = link_stats(&bed->pair.link[0]);
	if (ops->answers_marks) {
		/* Marks did what drops would have done. */
		assert_true(link->marked > 0 && marks.cwr > 0 && marks.cwr <= link->marked);
		assert_true(link->drop_packets[LINK_DROP_QUEUE] == 0);
		assert_int_equal(bed->pair.end[0].tcp.stats.segs_again, 0);
	} else {
		assert_int_equal(link->marked, 0);
		assert_int_equal(marks.capable, 0);
		assert_int_equal(marks.cwr, 0);
	}
	bed_close(bed);
}

static void test_ecn(void **state)
{
	u32 answering = 0;

	(void)state;
	for (u32 at = 0; cc_name_at(at) != NULL; at++) {
		run_ecn(cc_find(cc_name_at(at)));
		answering += cc_find(cc_name_at(at))->answers_marks;
	}
	assert_int_equal(answering, 2);
}

/* A link that carries nothing for a while: who waits goes on afterwards. */
static void test_the_link_is_cut(void **state)
{
	struct bed *bed = bed_new();
	const struct tcp_talk *talk;

	(void)state;
	tcp_pair_init(&bed->pair, &bed->conf);
	talk = bed_talk(bed, 0, 4 * MB, 0);
	bed_run(bed, 0);
	tcp_pair_run(&bed->pair, bed->pair.now + 200 * NS_PER_MS);
	bed->pair.link[0].conf.loss_ppm = LINK_MILLION;
	bed_run(bed, 10);
	assert_true(talk->finished_ns == 0);
	bed->pair.link[0].conf.loss_ppm = 0;
	bed_run(bed, 60);
	assert_done(talk);
	bed_close(bed);
}

/* And one that never comes back ends the connection, with the error that says so. */
static void test_nobody_answers_any_more(void **state)
{
	struct bed *bed = bed_new();
	const struct tcp_talk *talk;

	(void)state;
	for (u32 n = 0; n < 2; n++)
		bed->conf.tcp[n].user_timeout_ms = 30000;
	tcp_pair_init(&bed->pair, &bed->conf);
	talk = bed_talk(bed, 0, UINT64_MAX, 1);
	tcp_pair_run(&bed->pair, bed->pair.now + 200 * NS_PER_MS);
	bed->pair.link[0].conf.loss_ppm = LINK_MILLION;
	bed_run(bed, 120);
	assert_int_equal(talk->error[0], TCP_ERR_TIMEOUT_RETRANSMIT);
	bed->pair.link[0].conf.loss_ppm = 0;
	/* The other end has nothing to send, and learns of it when it asks. */
	tcp_abort(&bed->pair.end[1].tcp, talk->id[1], bed->pair.now);
	bed->talk[0].open[1] = false;
	bed_close(bed);
}

static void test_nobody_is_there(void **state)
{
	struct bed *bed = bed_new();
	const struct tcp_talk *talk;

	(void)state;
	bed->conf.link[0].loss_ppm = LINK_MILLION;
	tcp_pair_init(&bed->pair, &bed->conf);
	talk = bed_talk(bed, 0, 100, 0);
	bed_run(bed, 300);
	assert_int_equal(talk->error[0], TCP_ERR_TIMEOUT_CONNECT);
	bed_close(bed);
}

static void test_tiny_windows(void **state)
{
	struct bed *bed = bed_new();
	struct tcp_talk *talk;

	(void)state;
	bed->conf.tcp[1].recv_buffer_max = bed->conf.tcp[1].recv_buffer_start = 4096;
	tcp_pair_init(&bed->pair, &bed->conf);
	talk = bed_talk(bed, 0, 200000, 0);
	bed_run(bed, 60);
	assert_done(talk);
	bed_close(bed);
}

/* Buffers, records and packets run out now and then; nothing is lost for it. */
static void test_everything_is_scarce(void **state)
{
	struct bed *bed = bed_new();

	(void)state;
	for (u32 n = 0; n < 2; n++) {
		bed->conf.tcp[n].segment_limit = 24;
		bed->conf.tcp[n].range_limit = 4;
		bed->conf.tcp[n].air_limit = 3;
		bed->conf.tcp[n].buffer_bytes = 128 << 10;
		bed->conf.link[n].loss_ppm = 10000;
		bed->conf.link[n].flight_max = 256;
	}
	bed->conf.packets = 64;
	tcp_pair_init(&bed->pair, &bed->conf);
	for (u32 at = 0; at < 4; at++)
		(void)bed_talk(bed, at % 2, 300000, 1000);
	bed_run(bed, 600);
	for (u32 at = 0; at < 4; at++)
		assert_done(&bed->talk[at]);
	bed_close(bed);
}

/* With what a connection needs to have something in flight scarce, all of them end, and nothing is
 * sent twice: ACKs need none of it.                                                              */
static void test_few_in_flight(void **state)
{
	struct bed *bed = bed_new();

	(void)state;
	for (u32 n = 0; n < 2; n++)
		bed->conf.tcp[n].air_limit = 2;
	tcp_pair_init(&bed->pair, &bed->conf);
	for (u32 at = 0; at < 4; at++)
		(void)bed_talk(bed, at % 2, 300000, 100000);
	bed_run(bed, 600);
	for (u32 at = 0; at < 4; at++)
		assert_done(&bed->talk[at]);
	for (u32 n = 0; n < 2; n++) {
		assert_true(bed->pair.end[n].tcp.stats.no_air > 0);
		assert_true(bed->pair.end[n].tcp.stats.segs_again == 0);
	}
	bed_close(bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_clean_link),
		cmocka_unit_test(test_bad_links),
		cmocka_unit_test(test_losses_are_no_black_hole),
		cmocka_unit_test(test_segments_leave_together),
		cmocka_unit_test(test_large_packets_are_the_same_segments),
		cmocka_unit_test(test_half_is_lost),
		cmocka_unit_test(test_options_are_not_needed),
		cmocka_unit_test(test_ecn),
		cmocka_unit_test(test_the_link_is_cut),
		cmocka_unit_test(test_nobody_answers_any_more),
		cmocka_unit_test(test_nobody_is_there),
		cmocka_unit_test(test_tiny_windows),
		cmocka_unit_test(test_everything_is_scarce),
		cmocka_unit_test(test_few_in_flight),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
