/* One connection and what it sent, for the tests of core/tcp/loss.h.
 *
 * Sequence numbers are said in bytes since the first one of data, and go around 2^32 after four
 * segments. The timer and the list of who wants to send are fakes: they are defined here, in each
 * test's own object, so that the archive's are not looked for.                                   */
#ifndef TEST_UNIT_CORE_TCP_LOSS_BED_H
#define TEST_UNIT_CORE_TCP_LOSS_BED_H

#include "core/tcp/isn.h"
#include "core/tcp/loss.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
	MSS = 1000,
	BED_RECS = 256,
	BED_LOG_MAX = 512,
	BED_DELACK_MS = 200,
};

#define BED_ISS UINT32_C(0xfffff05f)
#define SEG(n)  ((n)*MSS)

/* What congestion control, the timers and the stack were told. */
struct bed_log {
	u32 event_count;
	enum cc_event event[BED_LOG_MAX];
	struct cc_ack event_ack[BED_LOG_MAX];
	u32 ack_count;
	struct cc_ack ack;
	u32 sent_count;
	u32 sent_bytes;
	u32 sent_in_flight;
	u32 want_count;
	u32 lost_count;
	struct cc_lost lost;
	u32 saved_cwnd;
	u32 saved_ssthresh;
};

static struct bed_log bed_log;
static u32 bed_airs = 1; /* connections that may have something in flight */

struct bed {
	struct tcp tcp;
	struct tcb *tcb;
	void *region;
	u32 idx;
	u32 unsent; /* bytes that wait behind snd_nxt */
	ns_t now;
	struct loss_acked acked;
};

struct bed_ack {
	u32 ack;
	u32 sack_count;
	u32 sack[TCP_SACK_BLOCKS_MAX][2];
	bool dup;
	bool ece;
	bool syn;
	bool has_ts;
	ns_t ts_ns; /* when the segment whose tsval is echoed left */
};

void timer_set(struct tcp *tcp, struct tcb *tcb, enum tcp_timer timer, ns_t when)
{
	(void)tcp;
	tcb->timer[timer] = when;
}

void tcp_want_send(struct tcp *tcp, u32 idx)
{
	(void)tcp;
	(void)idx;
	bed_log.want_count++;
}

static inline void bed_cc_init(struct cc *cc, ns_t now)
{
	(void)cc;
	(void)now;
}

static inline void bed_cc_on_sent(struct cc *cc, u32 bytes, u32 in_flight, ns_t now)
{
	(void)cc;
	(void)now;
	bed_log.sent_count++;
	bed_log.sent_bytes = bytes;
	bed_log.sent_in_flight = in_flight;
}

static inline void bed_cc_on_ack(struct cc *cc, const struct cc_ack *ack)
{
	(void)cc;
	bed_log.ack_count++;
	bed_log.ack = *ack;
}

static inline void bed_cc_on_lost(struct cc *cc, const struct cc_lost *lost)
{
	(void)cc;
	bed_log.lost_count++;
	bed_log.lost = *lost;
}

static inline void bed_cc_on_event(struct cc *cc, enum cc_event event, const struct cc_ack *ack)
{
	assert_true(bed_log.event_count < BED_LOG_MAX);
	bed_log.event[bed_log.event_count] = event;
	bed_log.event_ack[bed_log.event_count++] = *ack;
	if (event == CC_ENTER_RECOVERY || event == CC_TIMEOUT) {
		bed_log.saved_cwnd = cc->cwnd;
		bed_log.saved_ssthresh = cc->ssthresh;
		cc->ssthresh = u32_max(ack->prior_in_flight / 2, 2 * cc->mss);
	}
	if (event == CC_TIMEOUT)
		cc->cwnd = cc->mss;
	if (event == CC_UNDO) {
		cc->cwnd = bed_log.saved_cwnd;
		cc->ssthresh = bed_log.saved_ssthresh;
	}
}

static const struct cc_ops bed_cc = {
	.name = "bed",
	.answers_marks = true,
	.init = bed_cc_init,
	.on_sent = bed_cc_on_sent,
	.on_lost = bed_cc_on_lost,
	.on_ack = bed_cc_on_ack,
	.on_event = bed_cc_on_event,
};

static const struct cc_ops bed_cc_prr = {
	.name = "bed-prr",
	.wants_prr = true,
	.answers_marks = true,
	.init = bed_cc_init,
	.on_sent = bed_cc_on_sent,
	.on_lost = bed_cc_on_lost,
	.on_ack = bed_cc_on_ack,
	.on_event = bed_cc_on_event,
};

static inline u32 bed_seq(u32 offset)
{
	return BED_ISS + 1 + offset;
}

static inline void bed_layout(struct tcp *tcp, struct mem *mem, u32 recs)
{
	slab_layout(&tcp->tcbs, mem, "tcbs", 3, sizeof(struct tcb));
	slab_layout(&tcp->airs, mem, "airs", bed_airs, sizeof(struct tcp_air));
	slab_layout(&tcp->recs, mem, "recs", recs, sizeof(struct tx_rec));
}

/* flags: TCB_SACK, TCB_TS, TCB_ECN. Nothing has been sent, the time is one second. */
static inline void bed_open_sized(struct bed *bed, u32 flags, u32 recs)
{
	struct tcp *tcp = &bed->tcp;
	struct mem mem;
	u64 size;

	memset(bed, 0, sizeof *bed);
	memset(&bed_log, 0, sizeof bed_log);
	mem_init_plan(&mem);
	bed_layout(tcp, &mem, recs);
	size = mem.used;
	bed->region = aligned_alloc(MEM_LINE, size);
	assert_non_null(bed->region);
	memset(bed->region, 0, size);
	mem_init(&mem, bed->region, size);
	bed_layout(tcp, &mem, recs);
	slab_init(&tcp->tcbs);
	slab_init(&tcp->airs);
	slab_init(&tcp->recs);
	air_clear(&tcp->at_rest);
	tcp->idle = (struct tcb_list){ IDX_NONE, IDX_NONE };
	tcp->conf.rto_min_ms = 200;
	tcp->conf.rto_initial_ms = 1000;
	tcp->conf.rto_max_ms = 120000;
	tcp->conf.delack_ms = BED_DELACK_MS;
	bed->now = NS_PER_SEC;
	bed->idx = slab_new(&tcp->tcbs);
	bed->tcb = tcb_at(tcp, bed->idx);
	bed->tcb->state = TCP_ESTABLISHED;
	bed->tcb->flags = flags;
	bed->tcb->iss = BED_ISS;
	bed->tcb->snd_una = bed->tcb->snd_nxt = BED_ISS + 1;
	bed->tcb->snd_wnd = 1 << 20;
	bed->tcb->snd_mss = MSS;
	bed->tcb->ts_offset = 0xfffffc00;
	bed->tcb->cc_ops = &bed_cc;
	for (u32 n = 0; n < TCP_TIMER_COUNT; n++)
		bed->tcb->timer[n] = NS_NEVER;
	loss_init(tcp, bed->tcb);
	assert_true(loss_make_room(tcp, bed->tcb, bed->now));
	bed->tcb->air->cc.mss = MSS;
	bed->tcb->air->cc.cwnd = 100 * MSS;
	loss_check(tcp, bed->tcb);
}

static inline void bed_open(struct bed *bed, u32 flags)
{
	bed_open_sized(bed, flags, BED_RECS);
}

/* Everything goes back. */
static inline void bed_close(struct bed *bed)
{
	loss_fini(&bed->tcp, bed->tcb);
	assert_int_equal(bed->tcp.recs.live, 0);
	assert_int_equal(bed->tcp.airs.live, 0);
	air_check(&bed->tcp);
	free(bed->region);
}

static inline void bed_wait_ms(struct bed *bed, u32 ms)
{
	bed->now += ms * NS_PER_MS;
}

/* Milliseconds from now until a timer; UINT32_MAX: it does not run. */
static inline u32 bed_timer_ms(const struct bed *bed, enum tcp_timer timer)
{
	ns_t when = bed->tcb->timer[timer];

	return when == NS_NEVER ? UINT32_MAX : (u32)((when - bed->now) / NS_PER_MS);
}

static inline void bed_send_one(struct bed *bed, u32 len, u16 flags)
{
	u32 seq = bed->tcb->snd_nxt;

	assert_true(loss_has_room(&bed->tcp));
	bed->tcb->snd_nxt += len;
	loss_sent(&bed->tcp, bed->idx, seq, bed->tcb->snd_nxt, flags, bed->now);
	loss_check(&bed->tcp, bed->tcb);
}

/* Full segments of new data leave at once. */
static inline void bed_send(struct bed *bed, u32 count)
{
	for (u32 n = 0; n < count; n++)
		bed_send_one(bed, MSS, 0);
	loss_arm(&bed->tcp, bed->tcb, bed->now);
	loss_check(&bed->tcp, bed->tcb);
}

static inline u32 bed_offset(const struct bed *bed, u32 rec)
{
	return rec_at(&bed->tcp, rec)->seq - bed_seq(0);
}

/* What is to be sent again, as an offset; UINT32_MAX: nothing. */
static inline u32 bed_next_again(const struct bed *bed)
{
	u32 rec = loss_again(&bed->tcp, bed->tcb);

	return rec == IDX_NONE ? UINT32_MAX : bed_offset(bed, rec);
}

/* It is sent again. */
static inline u32 bed_again(struct bed *bed)
{
	u32 rec = loss_again(&bed->tcp, bed->tcb);

	if (rec == IDX_NONE)
		return UINT32_MAX;
	loss_sent_again(&bed->tcp, bed->idx, rec, false, bed->now);
	loss_arm(&bed->tcp, bed->tcb, bed->now);
	loss_check(&bed->tcp, bed->tcb);
	return bed_offset(bed, rec);
}

static inline void bed_ack(struct bed *bed, struct bed_ack ack)
{
	struct tcp_seg seg;

	memset(&seg, 0, sizeof seg);
	seg.flags = (u8)(TCP_ACK | (ack.ece ? TCP_ECE : 0) | (ack.syn ? TCP_SYN : 0));
	seg.ack = bed_seq(ack.ack);
	seg.opt.sack_count = (u8)ack.sack_count;
	for (u32 n = 0; n < ack.sack_count; n++) {
		seg.opt.sack[n].start = bed_seq(ack.sack[n][0]);
		seg.opt.sack[n].end = bed_seq(ack.sack[n][1]);
	}
	seg.opt.has_ts = ack.has_ts;
	seg.opt.tsecr = tcp_ts(bed->tcb->ts_offset, ack.ts_ns);
	bed->tcb->snd.len = bed->tcb->snd_nxt - bed->tcb->snd_una + bed->unsent;
	loss_on_ack(&bed->tcp, bed->idx, &seg, ack.dup, &bed->acked, bed->now);
	bed->tcb->bytes_acked += bed->acked.una_bytes - bed->acked.syn - bed->acked.fin;
	bed->tcb->snd.len = bed->tcb->snd_nxt - bed->tcb->snd_una + bed->unsent;
	loss_check(&bed->tcp, bed->tcb);
}

static inline void bed_ack_to(struct bed *bed, u32 offset)
{
	bed_ack(bed, (struct bed_ack){ .ack = offset });
}

/* One block. */
static inline void bed_sack(struct bed *bed, u32 ack, u32 start, u32 end)
{
	bed_ack(bed,
		(struct bed_ack){
			.ack = ack, .dup = true, .sack_count = 1, .sack = { { start, end } } });
}

/* The time of a timer comes. For TCP_TIMER_RETRANSMIT: whether it was the RTO. */
static inline bool bed_fire(struct bed *bed, enum tcp_timer timer)
{
	bool was_rto = false;

	assert_true(bed->tcb->timer[timer] != NS_NEVER);
	assert_true(bed->tcb->timer[timer] >= bed->now);
	bed->now = bed->tcb->timer[timer];
	bed->tcb->timer[timer] = NS_NEVER;
	if (timer == TCP_TIMER_REORDER)
		loss_on_reorder(&bed->tcp, bed->idx, bed->now);
	else
		was_rto = loss_on_timer(&bed->tcp, bed->idx, bed->now);
	loss_check(&bed->tcp, bed->tcb);
	return was_rto;
}

/* A probe, when there is one before, and then the RTO. The probe is the last record again. */
static inline void bed_time_out(struct bed *bed)
{
	if (bed->tcb->retransmit_is_probe) {
		assert_false(bed_fire(bed, TCP_TIMER_RETRANSMIT));
		bed->tcb->flags &= ~(u32)TCB_PROBE;
		loss_arm(&bed->tcp, bed->tcb, bed->now);
	}
	assert_true(bed_fire(bed, TCP_TIMER_RETRANSMIT));
}

static inline u32 bed_events(enum cc_event event)
{
	u32 count = 0;

	for (u32 n = 0; n < bed_log.event_count; n++)
		count += bed_log.event[n] == event;
	return count;
}

static inline const struct tx_rec *bed_rec(const struct bed *bed, u32 offset)
{
	for (u32 at = bed->tcb->air->tx_first; at != IDX_NONE; at = rec_at(&bed->tcp, at)->next) {
		if (bed_offset(bed, at) == offset)
			return rec_at(&bed->tcp, at);
	}
	fail_msg("no record begins at %u", offset);
	return NULL;
}

/* The first `count` segments were sent and acknowledged after rtt_ms: a round trip is known. */
static inline void bed_warm(struct bed *bed, u32 count, u32 rtt_ms)
{
	bed_send(bed, count);
	bed_wait_ms(bed, rtt_ms);
	bed_ack_to(bed, SEG(count));
	bed_log.ack_count = 0;
}

#endif
