/* The TCP tracker: dialogues as tables. Each line is a segment as it passes the middle, and the
 * state of the flow after it. Sequence numbers are relative to each side's first (0 is the SYN);
 * windows are as the header has them.                                                            */
#include "unit/core_ct/ct_bed.h"

#include <stdio.h>

enum { O = TUPLE_ORIG, R = TUPLE_REPLY };
enum { S = TCP_SYN, A = TCP_ACK, F = TCP_FIN, RST = TCP_RST, SA = S | A, FA = F | A, RA = RST | A };

struct step {
	u8 dir;
	u8 flags;
	u32 seq;
	u32 ack;
	u32 data_len;
	const char *state;
	u32 out_of_window; /* counted so far */
};

struct dialogue {
	struct ct_bed *bed;
	u32 idx;
	u32 base[2]; /* first sequence numbers */
	u32 window;
	u8 scale[2];     /* in SYNs; 0xff: no option */
	bool timestamps; /* in SYNs */
};

static struct dialogue dialogue_open(bool counters, bool midstream)
{
	struct dialogue d = { .bed = ct_bed_new(8),
			      .base = { 0xfffffff0, 0x7ffffffe }, /* both wrap soon */
			      .window = 1000,
			      .scale = { 0xff, 0xff } };

	d.idx = IDX_NONE;
	d.bed->conf.counters = counters;
	d.bed->conf.midstream = midstream;
	ct_bed_start(d.bed);
	return d;
}

static struct pkt *segment(struct dialogue *d, const struct step *step)
{
	struct build *b = &d->bed->b;
	struct tuple_key key = ct_bed_key(1, IP_PROTO_TCP);
	struct tuple t = step->dir == O ? key.tuple : tuple_reversed(&key.tuple);
	u8 wscale[4] = { TCP_OPT_NOP, TCP_OPT_WSCALE, 3, d->scale[step->dir] };
	static const u8 timestamps[12] = { TCP_OPT_NOP, TCP_OPT_NOP, TCP_OPT_TIMESTAMPS, 10, 1 };

	build_start(b);
	build_ip4(b, t.src, t.dst, IP_PROTO_TCP);
	build_tcp(b, be16_host(t.sport), be16_host(t.dport), step->flags,
		  d->base[step->dir] + step->seq,
		  (step->flags & A) != 0 ? d->base[!step->dir] + step->ack : 0);
	build_tcp_hdr(b)->window = be16_of((u16)d->window);
	if ((step->flags & S) != 0 && d->scale[step->dir] != 0xff)
		build_tcp_options(b, wscale, sizeof wscale);
	if ((step->flags & S) != 0 && d->timestamps)
		build_tcp_options(b, timestamps, sizeof timestamps);
	build_payload(b, step->data_len, 0);
	build_seal(b);
	return ct_bed_wrap(d->bed);
}

/* As path_prerouting does it. */
static void pass(struct dialogue *d, const struct step *step)
{
	struct pkt *pkt = segment(d, step);
	struct tuple_key key = ct_bed_key(1, IP_PROTO_TCP);
	struct ct *ct = &d->bed->ct;

	if (d->idx == IDX_NONE) {
		assert_true(verdict_is_accept(ct_may_begin(ct, &d->bed->stats, pkt)));
		d->idx = ct_new(ct, &key, d->bed->now);
		ct_track(ct, d->idx, TUPLE_ORIG, pkt, ct_ms(d->bed->now));
		assert_int_equal(ct_confirm(ct, d->idx, d->bed->now), ERR_OK);
		return;
	}
	if (ct_reopens(ct, d->idx, step->dir, pkt))
		ct_reopen(ct, d->idx);
	ct_track(ct, d->idx, step->dir, pkt, ct_ms(d->bed->now));
}

static void run(struct dialogue *d, const struct step *steps, u32 count)
{
	for (u32 n = 0; n < count; n++) {
		const char *state;

		d->bed->now += 10 * NS_PER_MS;
		pass(d, &steps[n]);
		state = flow_state_name(d->bed->ct.flow[d->idx].state);
		if (strcmp(state, steps[n].state) != 0 ||
		    d->bed->ct.stats.out_of_window != steps[n].out_of_window)
			fprintf(stderr, "step %u\n", n);
		assert_string_equal(state, steps[n].state);
		assert_int_equal(d->bed->ct.stats.out_of_window, steps[n].out_of_window);
	}
	ct_check(&d->bed->ct);
}

#define RUN(d, ...)                                                                                \
	run(d, (const struct step[]){ __VA_ARGS__ },                                               \
	    sizeof((const struct step[]){ __VA_ARGS__ }) / sizeof(struct step))

#define OPENED                                                                                     \
	{ O, S, 0, 0, 0, "syn-sent", 0 }, { R, SA, 0, 1, 0, "syn-recv", 0 },                       \
	{                                                                                          \
		O, A, 1, 1, 0, "established", 0                                                    \
	}

static void dialogue_close(struct dialogue *d)
{
	ct_bed_close(d->bed);
}

static u16 flags_of(const struct dialogue *d)
{
	return d->bed->ct.flow[d->idx].flags;
}

/* ---- opening and closing --------------------------------------------------------------------- */

static void test_four_way_close(void **state)
{
	(void)state;
	for (u32 counters = 0; counters < 2; counters++) {
		struct dialogue d = dialogue_open(counters, false);

		RUN(&d, OPENED, { O, A, 1, 1, 100, "established", 0 },
		    { R, A, 1, 101, 0, "established", 0 }, { O, FA, 101, 1, 0, "fin-wait", 0 },
		    { R, A, 1, 102, 0, "close-wait", 0 }, { R, A, 1, 102, 50, "close-wait", 0 },
		    { R, FA, 51, 102, 0, "last-ack", 0 }, { O, A, 102, 52, 0, "time-wait", 0 });
		assert_int_equal(flags_of(&d) & FLOW_ASSURED, FLOW_ASSURED);
		dialogue_close(&d);
	}
}

static void test_server_closes_first(void **state)
{
	(void)state;
	for (u32 counters = 0; counters < 2; counters++) {
		struct dialogue d = dialogue_open(counters, false);

		RUN(&d, OPENED, { R, FA, 1, 1, 0, "fin-wait", 0 },
		    { O, A, 1, 2, 0, "close-wait", 0 }, { O, FA, 1, 2, 0, "last-ack", 0 },
		    { R, A, 2, 2, 0, "time-wait", 0 });
		dialogue_close(&d);
	}
}

static void test_three_way_close(void **state)
{
	(void)state;
	for (u32 counters = 0; counters < 2; counters++) {
		struct dialogue d = dialogue_open(counters, false);

		RUN(&d, OPENED, { O, FA, 1, 1, 0, "fin-wait", 0 },
		    { R, FA, 1, 2, 0, "last-ack", 0 }, { O, A, 2, 2, 0, "time-wait", 0 });
		dialogue_close(&d);
	}
}

/* RFC 9293 section 3.6, figure 13. */
static void test_simultaneous_close(void **state)
{
	(void)state;
	for (u32 counters = 0; counters < 2; counters++) {
		struct dialogue d = dialogue_open(counters, false);

		RUN(&d, OPENED, { O, FA, 1, 1, 0, "fin-wait", 0 },
		    { R, FA, 1, 1, 0, "last-ack", 0 }, { O, A, 2, 2, 0, "time-wait", 0 },
		    { R, A, 2, 2, 0, "time-wait", 0 });
		dialogue_close(&d);
	}
}

/* RFC 9293 section 3.5, figure 7; RFC 5382 REQ-2. */
static void test_simultaneous_open(void **state)
{
	struct dialogue d = dialogue_open(true, false);

	(void)state;
	RUN(&d, { O, S, 0, 0, 0, "syn-sent", 0 }, { R, S, 0, 0, 0, "syn-sent2", 0 },
	    { O, SA, 0, 1, 0, "syn-recv", 0 }, { R, SA, 0, 1, 0, "syn-recv", 0 },
	    { O, A, 1, 1, 0, "established", 0 }, { R, A, 1, 1, 10, "established", 0 });
	assert_int_equal(flags_of(&d) & FLOW_ASSURED, FLOW_ASSURED);
	dialogue_close(&d);
}

/* One side has sent all, the other goes on for long. */
static void test_half_close(void **state)
{
	struct dialogue d = dialogue_open(true, false);

	(void)state;
	RUN(&d, OPENED, { O, FA, 1, 1, 0, "fin-wait", 0 }, { R, A, 1, 2, 500, "close-wait", 0 },
	    { O, A, 2, 501, 0, "close-wait", 0 }, { R, A, 501, 2, 500, "close-wait", 0 },
	    { O, A, 2, 1001, 0, "close-wait", 0 }, { R, FA, 1001, 2, 0, "last-ack", 0 },
	    { O, A, 2, 1002, 0, "time-wait", 0 });
	dialogue_close(&d);
}

static void test_retransmissions_change_nothing(void **state)
{
	(void)state;
	for (u32 counters = 0; counters < 2; counters++) {
		struct dialogue d = dialogue_open(counters, false);

		RUN(&d, { O, S, 0, 0, 0, "syn-sent", 0 }, { O, S, 0, 0, 0, "syn-sent", 0 },
		    { R, SA, 0, 1, 0, "syn-recv", 0 }, { R, SA, 0, 1, 0, "syn-recv", 0 },
		    { O, A, 1, 1, 0, "established", 0 }, { R, SA, 0, 1, 0, "established", 0 },
		    { O, A, 1, 1, 100, "established", 0 }, { O, A, 1, 1, 100, "established", 0 },
		    { R, A, 1, 101, 0, "established", 0 }, { O, FA, 101, 1, 0, "fin-wait", 0 },
		    { O, FA, 101, 1, 0, "fin-wait", 0 }, { R, FA, 1, 102, 0, "last-ack", 0 },
		    { R, FA, 1, 102, 0, "last-ack", 0 }, { O, A, 102, 2, 0, "time-wait", 0 },
		    { R, FA, 1, 102, 0, "time-wait", 0 }, { O, A, 102, 2, 0, "time-wait", 0 });
		dialogue_close(&d);
	}
}

/* ---- reset ----------------------------------------------------------------------------------- */

static void test_reset_in_window_closes(void **state)
{
	static const struct step resets[] = { { O, RST, 1, 0, 0, "close", 0 },
					      { R, RST, 1, 0, 0, "close", 0 },
					      { R, RA, 1, 1, 0, "close", 0 } };

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(resets); n++) {
		struct dialogue d = dialogue_open(true, false);

		RUN(&d, OPENED);
		run(&d, &resets[n], 1);
		dialogue_close(&d);
	}
}

/* RFC 5961 section 3: a blind attacker must not shorten a flow's life. */
static void test_reset_out_of_window_changes_nothing(void **state)
{
	struct dialogue d = dialogue_open(true, false);

	(void)state;
	RUN(&d, OPENED, { R, RST, 1002, 0, 0, "established", 1 },
	    { R, RST, 0x40000000, 0, 0, "established", 2 },
	    { R, RST, (u32)-2000, 0, 0, "established", 3 },
	    { O, RST, 0x80000000, 0, 0, "established", 4 },
	    { O, A, 1, 1, 10, "established", 4 }, { R, RST, 1001, 0, 0, "close", 4 });
	dialogue_close(&d);
}

/* The answer to a SYN acknowledges it; anything else is forged. */
static u32 idle_ms(const struct dialogue *d)
{
	return ct_ms(d->bed->now) - d->bed->ct.flow[d->idx].seen_ms;
}

/* RFC 5961 section 3.2, RFC 7857 section 7.1: who can not end a connection can not keep it either.
 * A RST that counts begins the time of a closed flow, its repetitions do not.                    */
static void test_resets_keep_nothing(void **state)
{
	struct dialogue d = dialogue_open(true, false);

	(void)state;
	RUN(&d, OPENED);
	d.bed->now += 5000 * NS_PER_SEC;
	RUN(&d, { R, RST, 0x40000000, 0, 0, "established", 1 },
	    { O, RST, 0x80000000, 0, 0, "established", 2 });
	assert_int_equal(idle_ms(&d), 5000020);
	RUN(&d, { R, RST, 1, 0, 0, "close", 2 });
	assert_int_equal(idle_ms(&d), 0);
	d.bed->now += 100 * NS_PER_SEC;
	RUN(&d, { O, RST, 1, 0, 0, "close", 2 }, { R, RST, 1, 0, 0, "close", 2 });
	assert_int_equal(idle_ms(&d), 100020);
	assert_int_equal(d.bed->ct.more[d.idx].packets[R], 4);
	assert_int_equal(ct_bed_pass(d.bed, 139 * NS_PER_SEC), 0);
	assert_int_equal(ct_bed_pass(d.bed, 3 * NS_PER_SEC), 1);
	dialogue_close(&d);
}

/* A guessed RST is no answer: the flow may still be taken to make room. */
static void test_blind_reset_is_no_answer(void **state)
{
	struct dialogue d = dialogue_open(true, false);

	(void)state;
	RUN(&d, { O, S, 0, 0, 0, "syn-sent", 0 });
	d.bed->now += 30 * NS_PER_SEC;
	RUN(&d, { R, RA, 0, 77, 0, "syn-sent", 1 });
	assert_int_equal(idle_ms(&d), 30010);
	assert_int_equal(flags_of(&d) & (FLOW_ANSWERED | FLOW_EMBRYO), FLOW_EMBRYO);
	RUN(&d, { R, RA, 0, 1, 0, "close", 1 });
	assert_int_equal(flags_of(&d) & (FLOW_ANSWERED | FLOW_EMBRYO), FLOW_ANSWERED);
	dialogue_close(&d);
}

static void test_reset_answers_a_syn(void **state)
{
	struct dialogue d = dialogue_open(true, false);

	(void)state;
	RUN(&d, { O, S, 0, 0, 0, "syn-sent", 0 }, { R, RST, 0, 0, 0, "syn-sent", 1 },
	    { R, RA, 0, 5, 0, "syn-sent", 2 }, { R, RA, 0, 1, 0, "close", 2 });
	dialogue_close(&d);
}

/* A host that restarted begins with another sequence number; what answers that one counts. */
static void test_second_syn_with_another_number(void **state)
{
	struct dialogue d = dialogue_open(true, false);

	(void)state;
	RUN(&d, { O, S, 0, 0, 0, "syn-sent", 0 }, { O, S, (u32)-70000, 0, 0, "syn-sent", 0 },
	    { R, SA, 0, (u32)-69999, 0, "syn-recv", 0 },
	    { O, A, (u32)-69999, 1, 0, "established", 0 },
	    { O, A, (u32)-69999, 1, 100, "established", 0 },
	    { R, A, 1, (u32)-69899, 100, "established", 0 },
	    { O, RST, (u32)-69899, 0, 0, "close", 0 });
	dialogue_close(&d);
}

/* RFC 7857 section 2.2: the RST may have been somebody else's; data shows that the flow lives. */
static void test_data_after_reset_brings_it_back(void **state)
{
	struct dialogue d = dialogue_open(true, false);

	(void)state;
	RUN(&d, OPENED, { R, RST, 1, 0, 0, "close", 0 }, { O, A, 1, 1, 0, "close", 0 },
	    { O, A, 1, 1, 10, "established", 0 });
	dialogue_close(&d);
}

/* ---- anew ------------------------------------------------------------------------------------ */

/* RFC 1122 section 4.2.2.13: a SYN beyond the old numbers begins a new connection. */
static void test_reopened_in_time_wait(void **state)
{
	(void)state;
	for (u32 counters = 0; counters < 2; counters++) {
		struct dialogue d = dialogue_open(counters, false);

		RUN(&d, OPENED, { O, FA, 1, 1, 0, "fin-wait", 0 },
		    { R, FA, 1, 2, 0, "last-ack", 0 }, { O, A, 2, 2, 0, "time-wait", 0 });
		if (counters)
			RUN(&d, { O, S, 1, 0, 0, "time-wait", 0 });
		RUN(&d, { O, S, 5000, 0, 0, "syn-sent", 0 });
		assert_int_equal(flags_of(&d) & FLOW_ASSURED, 0);
		RUN(&d, { R, SA, 90000, 5001, 0, "syn-recv", 0 },
		    { O, A, 5001, 90001, 10, "established", 0 },
		    { O, FA, 5011, 90001, 0, "fin-wait", 0 },
		    { R, A, 90001, 5012, 0, "close-wait", 0 },
		    { R, FA, 90001, 5012, 0, "last-ack", 0 },
		    { O, A, 5012, 90002, 0, "time-wait", 0 });
		assert_int_equal(d.bed->ct.stats.reopened, 1);
		dialogue_close(&d);
	}
}

/* RFC 6191 section 2: with timestamps a SYN may be new whatever its number is. Until both ends have
 * said their last word it is not.                                                                */
static void test_reopened_by_timestamps(void **state)
{
	struct dialogue d = dialogue_open(true, false);

	(void)state;
	RUN(&d, OPENED, { O, A, 1, 1, 900, "established", 0 }, { O, FA, 901, 1, 0, "fin-wait", 0 },
	    { R, FA, 1, 902, 0, "last-ack", 0 });
	d.timestamps = true;
	RUN(&d, { O, S, (u32)-50000, 0, 0, "last-ack", 1 }, { O, A, 902, 2, 0, "time-wait", 1 });
	d.timestamps = false;
	RUN(&d, { O, S, 300, 0, 0, "time-wait", 1 });
	d.timestamps = true;
	RUN(&d, { O, S, 300, 0, 0, "syn-sent", 1 }, { R, SA, 90000, 301, 0, "syn-recv", 1 },
	    { O, A, 301, 90001, 0, "established", 1 }, { O, A, 301, 90001, 10, "established", 1 },
	    { R, RST, 90001, 0, 0, "close", 1 });
	assert_int_equal(d.bed->ct.stats.reopened, 1);
	dialogue_close(&d);
}

/* An old SYN that comes late: the other end, still in TIME-WAIT, says so, and it is over again. */
static void test_reopened_by_an_old_syn(void **state)
{
	struct dialogue d = dialogue_open(true, false);

	(void)state;
	d.timestamps = true;
	RUN(&d, OPENED, { O, FA, 1, 1, 0, "fin-wait", 0 }, { R, FA, 1, 2, 0, "last-ack", 0 },
	    { O, A, 2, 2, 0, "time-wait", 0 }, { O, S, 0, 0, 0, "syn-sent", 0 },
	    { R, A, 2, 2, 0, "syn-sent", 0 }, { O, RST, 2, 0, 0, "close", 0 });
	dialogue_close(&d);
}

static void test_reopened_after_reset(void **state)
{
	struct dialogue d = dialogue_open(true, false);

	(void)state;
	RUN(&d, OPENED, { O, RST, 1, 0, 0, "close", 0 },
	    { O, S, (u32)-100000, 0, 0, "syn-sent", 0 },
	    { R, SA, 90000, (u32)-99999, 0, "syn-recv", 0 },
	    { O, A, (u32)-99999, 90001, 0, "established", 0 });
	dialogue_close(&d);
}

/* Who has sent its FIN has nothing more to say on the old connection: a SYN beyond it is of a new
 * one, whose other end may have forgotten the old one (it would answer with an ACK otherwise).   */
static void test_reopened_while_half_closed(void **state)
{
	static const struct step closings[][2] = {
		{ { O, FA, 1, 1, 0, "fin-wait", 0 }, { R, A, 1, 1, 0, "close-wait", 0 } },
		{ { O, FA, 1, 1, 0, "fin-wait", 0 }, { R, A, 1, 2, 5, "close-wait", 0 } },
		{ { O, FA, 1, 1, 0, "fin-wait", 0 }, { O, FA, 1, 1, 0, "fin-wait", 0 } },
	};

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(closings); n++) {
		struct dialogue d = dialogue_open(true, false);

		RUN(&d, OPENED);
		run(&d, closings[n], 2);
		/* The old SYN, late, is none of a new connection. */
		RUN(&d, { O, S, 0, 0, 0, closings[n][1].state, 0 },
		    { O, S, 5000, 0, 0, "syn-sent", 0 }, { R, SA, 90000, 5001, 0, "syn-recv", 0 },
		    { O, A, 5001, 90001, 10, "established", 0 });
		assert_int_equal(d.bed->ct.stats.reopened, 1);
		dialogue_close(&d);
	}
}

/* The side that began the flow is still talking, or nobody knows its numbers. */
static void test_not_reopened_while_it_talks(void **state)
{
	struct dialogue d = dialogue_open(true, false);

	(void)state;
	RUN(&d, OPENED, { R, FA, 1, 1, 0, "fin-wait", 0 }, { O, S, 500, 0, 0, "fin-wait", 0 });
	assert_int_equal(d.bed->ct.stats.reopened, 0);
	dialogue_close(&d);
	d = dialogue_open(false, false);
	RUN(&d, OPENED, { O, FA, 1, 1, 0, "fin-wait", 0 }, { O, S, 5000, 0, 0, "fin-wait", 0 });
	assert_int_equal(d.bed->ct.stats.reopened, 0);
	dialogue_close(&d);
}

static void test_syn_reopens_nothing_that_stands(void **state)
{
	struct dialogue d = dialogue_open(true, false);

	(void)state;
	RUN(&d, OPENED, { O, S, 500, 0, 0, "established", 0 },
	    { O, FA, 1, 1, 0, "fin-wait", 0 });
	assert_int_equal(d.bed->ct.stats.reopened, 0);
	dialogue_close(&d);
}

/* ---- windows --------------------------------------------------------------------------------- */

/* Counted, translated all the same; what fits afterwards is not held against it. */
static void test_out_of_window_is_counted_and_passed(void **state)
{
	struct dialogue d = dialogue_open(true, false);

	(void)state;
	RUN(&d, OPENED, { O, A, 1, 1, 1000, "established", 0 },
	    { O, A, 1002, 1, 10, "established", 1 }, { O, A, 50000, 1, 10, "established", 2 },
	    { R, A, 1, 5000, 0, "established", 3 }, { R, A, 1, 1001, 0, "established", 3 },
	    { O, A, 1001, 1, 1000, "established", 3 });
	assert_int_equal(d.bed->ct.more[d.idx].packets[O], 2 + 4);
	assert_int_equal(d.bed->ct.more[d.idx].packets[R], 1 + 2);
	dialogue_close(&d);
}

/* RFC 7323: scaled when both offered it, never in the SYN, never when one did not. */
static void test_window_scaling(void **state)
{
	static const u8 scales[3][2] = { { 7, 3 }, { 7, 0xff }, { 0xff, 3 } };

	(void)state;
	for (u32 n = 0; n < 3; n++) {
		struct dialogue d = dialogue_open(true, false);
		u32 room = n == 0 ? 1000 << 3 : 1000;
		const struct step fits = { O, A, 1001, 1, room - 1000, "established", 0 };
		const struct step beyond = { O, A, room + 2, 1, 1, "established", 1 };

		memcpy(d.scale, scales[n], 2);
		RUN(&d, OPENED, { O, A, 1, 1, 1000, "established", 0 },
		    { R, A, 1, 1, 0, "established", 0 });
		run(&d, &fits, 1);
		run(&d, &beyond, 1);
		assert_int_equal(d.bed->ct.more[d.idx].window[O].max_end, d.base[O] + 1 + room);
		dialogue_close(&d);
	}
}

/* RFC 7323 section 2.3: more than 14 is taken as 14. */
static void test_window_scale_ends_at_14(void **state)
{
	static const u8 scales[] = { 13, 14, 15, 200 };

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(scales); n++) {
		struct dialogue d = dialogue_open(true, false);
		u32 room = 1000u << u32_min(scales[n], 14);
		const struct step beyond = { O, A, room + 2, 1, 1, "established", 1 };

		memcpy(d.scale, (u8[2]){ 0, scales[n] }, 2);
		RUN(&d, OPENED, { R, A, 1, 1, 0, "established", 0 },
		    { O, A, room - 10, 1, 10, "established", 0 });
		run(&d, &beyond, 1);
		dialogue_close(&d);
	}
}

/* ---- midstream ------------------------------------------------------------------------------- */

static void test_midstream_is_refused_by_default(void **state)
{
	static const struct {
		u8 flags;
		bool midstream, accepted;
		enum drop why;
	} cases[] = {
		{ S, false, true, DROP_NONE },
		{ A, false, false, DROP_CT_MIDSTREAM },
		{ SA, false, false, DROP_CT_MIDSTREAM },
		{ FA, false, false, DROP_CT_MIDSTREAM },
		{ RST, false, false, DROP_CT_INVALID },
		{ S, true, true, DROP_NONE },
		{ A, true, true, DROP_NONE },
		{ FA, true, true, DROP_NONE },
		{ SA, true, false, DROP_CT_MIDSTREAM },
		{ RA, true, false, DROP_CT_INVALID },
	};

	(void)state;
	for (u32 n = 0; n < ARRAY_COUNT(cases); n++) {
		struct dialogue d = dialogue_open(true, cases[n].midstream);
		struct step step = { O, cases[n].flags, 5, 5, 0, "", 0 };
		struct pkt *pkt = segment(&d, &step);
		verdict v = ct_may_begin(&d.bed->ct, &d.bed->stats, pkt);

		assert_int_equal(verdict_is_accept(v), cases[n].accepted);
		if (!cases[n].accepted)
			assert_string_equal(drop_name(pkt->drop), drop_name(cases[n].why));
		dialogue_close(&d);
	}
}

static void test_midstream_pick_up(void **state)
{
	struct dialogue d = dialogue_open(true, true);

	(void)state;
	RUN(&d, { O, A, 70000, 90000, 100, "established", 0 },
	    { R, A, 90000, 70100, 500, "established", 0 },
	    { O, A, 70100, 90500, 0, "established", 0 },
	    { R, RST, 0x40000000, 0, 0, "established", 1 },
	    { O, FA, 70100, 90500, 0, "fin-wait", 1 }, { R, FA, 90500, 70101, 0, "last-ack", 1 },
	    { O, A, 70101, 90501, 0, "time-wait", 1 });
	assert_int_equal(d.bed->ct.stats.midstream, 1);
	assert_int_equal(flags_of(&d) & FLOW_ANSWERED, FLOW_ANSWERED);
	dialogue_close(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_four_way_close),
		cmocka_unit_test(test_server_closes_first),
		cmocka_unit_test(test_three_way_close),
		cmocka_unit_test(test_simultaneous_close),
		cmocka_unit_test(test_simultaneous_open),
		cmocka_unit_test(test_half_close),
		cmocka_unit_test(test_retransmissions_change_nothing),
		cmocka_unit_test(test_reset_in_window_closes),
		cmocka_unit_test(test_reset_out_of_window_changes_nothing),
		cmocka_unit_test(test_resets_keep_nothing),
		cmocka_unit_test(test_blind_reset_is_no_answer),
		cmocka_unit_test(test_reset_answers_a_syn),
		cmocka_unit_test(test_second_syn_with_another_number),
		cmocka_unit_test(test_data_after_reset_brings_it_back),
		cmocka_unit_test(test_reopened_in_time_wait),
		cmocka_unit_test(test_reopened_by_timestamps),
		cmocka_unit_test(test_reopened_by_an_old_syn),
		cmocka_unit_test(test_reopened_after_reset),
		cmocka_unit_test(test_reopened_while_half_closed),
		cmocka_unit_test(test_not_reopened_while_it_talks),
		cmocka_unit_test(test_syn_reopens_nothing_that_stands),
		cmocka_unit_test(test_out_of_window_is_counted_and_passed),
		cmocka_unit_test(test_window_scaling),
		cmocka_unit_test(test_window_scale_ends_at_14),
		cmocka_unit_test(test_midstream_is_refused_by_default),
		cmocka_unit_test(test_midstream_pick_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
