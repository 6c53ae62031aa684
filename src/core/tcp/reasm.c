/* Data into the receive ring, in order or not, and the window that is offered.
 *
 * What lies behind rcv_nxt is written to its place at once; a list of ranges says which bytes are
 * there. So nothing is copied twice and the reader finds one run of bytes. The list is short: it
 * grows with the holes, not with the segments. What a window may promise is budget.c's.          */
#include "core/tcp/isn.h"
#include "core/tcp/tcp_part.h"

enum {
	RANGES_MAX = 256,        /* holes of one connection: a walk over them is bounded by it */
	RECV_GROWTH_SEGMENTS = 16,
};

/* ---- ranges out of order --------------------------------------------------------------------- */

static void range_remember(struct tcb *tcb, u32 seq)
{
	/* The newest first: RFC 2018 section 4. */
	for (u32 at = TCP_SACK_BLOCKS_MAX - 1; at > 0; at--)
		tcb->recent[at] = tcb->recent[at - 1];
	tcb->recent[0] = seq;
}

/* Joins what follows to `at` as far as it touches. */
static void range_join(struct tcp *tcp, struct tcb *tcb, u32 at)
{
	struct rx_range *range = range_at(tcp, at);

	while (range->next != IDX_NONE) {
		u32 next = range->next;
		const struct rx_range *after = range_at(tcp, next);

		if (seq_lt(range->end, after->start))
			return;
		if (seq_lt(range->end, after->end))
			range->end = after->end;
		range->next = after->next;
		slab_del(&tcp->ranges, next);
		tcb->range_count--;
	}
}

/* [start, end) is there. Returns false when it can not be noted; it counts as not received. */
static bool range_add(struct tcp *tcp, struct tcb *tcb, u32 start, u32 end)
{
	u32 prev = IDX_NONE;
	u32 at = tcb->range;
	u32 fresh;

	while (at != IDX_NONE && seq_lt(range_at(tcp, at)->end, start)) {
		prev = at;
		at = range_at(tcp, at)->next;
	}
	if (at != IDX_NONE && seq_le(range_at(tcp, at)->start, end)) {
		struct rx_range *range = range_at(tcp, at);

		/* All of it had come: the sender should know (RFC 2883 section 4.2.2). */
		if (seq_le(range->start, start) && seq_le(end, range->end))
			tcb->dsack = (struct sack_block){ start, end };
		if (seq_lt(start, range->start))
			range->start = start;
		if (seq_lt(range->end, end))
			range->end = end;
		range_join(tcp, tcb, at);
		return true;
	}
	fresh = tcb->range_count < RANGES_MAX ? slab_new(&tcp->ranges) : IDX_NONE;
	if (fresh == IDX_NONE) {
		tcp->stats.no_range++;
		return false;
	}
	*range_at(tcp, fresh) = (struct rx_range){ .start = start, .end = end, .next = at };
	if (prev == IDX_NONE)
		tcb->range = fresh;
	else
		range_at(tcp, prev)->next = fresh;
	tcb->range_count++;
	return true;
}

/* What has become contiguous with rcv_nxt can be read. */
static void range_take(struct tcp *tcp, struct tcb *tcb)
{
	while (tcb->range != IDX_NONE && seq_le(range_at(tcp, tcb->range)->start, tcb->rcv_nxt)) {
		u32 at = tcb->range;
		const struct rx_range *range = range_at(tcp, at);

		if (seq_lt(tcb->rcv_nxt, range->end)) {
			tcb->rcv.len += range->end - tcb->rcv_nxt;
			tcb->rcv_nxt = range->end;
		}
		tcb->range = range->next;
		slab_del(&tcp->ranges, at);
		tcb->range_count--;
	}
}

void reasm_fini(struct tcp *tcp, struct tcb *tcb)
{
	while (tcb->range != IDX_NONE) {
		u32 at = tcb->range;

		tcb->range = range_at(tcp, at)->next;
		slab_del(&tcp->ranges, at);
	}
	tcb->range_count = 0;
	budget_end(tcp, tcb);
}

/* ---- data ------------------------------------------------------------------------------------ */

bool reasm_in(struct tcp *tcp, struct tcb *tcb, const struct tcp_seg *seg, ns_t now)
{
	u32 start = seg->seq;
	u32 end = seg->seq + seg->len;
	const u8 *data = seg->data;
	u32 at;

	if (seq_lt(start, tcb->rcv_nxt)) {
		u32 old = tcb->rcv_nxt - start;

		if (seq_le(end, tcb->rcv_nxt)) {
			tcb->dsack = (struct sack_block){ start, end };
			return false;
		}
		tcb->dsack = (struct sack_block){ start, tcb->rcv_nxt };
		data += old;
		start = tcb->rcv_nxt;
	}
	if (seq_gt(end, tcb->rcv_adv))
		end = tcb->rcv_adv;
	if (seq_ge(start, end))
		return false;
	at = tcb->rcv.len + (start - tcb->rcv_nxt);
	if (!ring_reserve(&tcb->rcv, &tcp->buffers, at + (end - start))) {
		tcp->stats.no_buffer++;
		return false;
	}
	budget_arrived(tcp, tcb, now);
	if (start != tcb->rcv_nxt) {
		if (!range_add(tcp, tcb, start, end))
			return false;
		ring_write(&tcb->rcv, &tcp->buffers, at, data, end - start);
		range_remember(tcb, start);
		return false;
	}
	ring_write(&tcb->rcv, &tcp->buffers, at, data, end - start);
	tcb->bytes_received += end - start;
	tcb->rcv.len += end - start;
	tcb->rcv_nxt = end;
	range_take(tcp, tcb);
	return true;
}

static const struct rx_range *range_with(const struct tcp *tcp, const struct tcb *tcb, u32 seq)
{
	for (u32 at = tcb->range; at != IDX_NONE; at = range_at(tcp, at)->next) {
		const struct rx_range *range = range_at(tcp, at);

		if (seq_le(range->start, seq) && seq_lt(seq, range->end))
			return range;
	}
	return NULL;
}

static bool sack_is_there(const struct tcp_opts *opts, u32 from, const struct rx_range *range)
{
	for (u32 at = from; at < opts->sack_count; at++) {
		if (opts->sack[at].start == range->start)
			return true;
	}
	return false;
}

void reasm_sacks(const struct tcp *tcp, struct tcb *tcb, struct tcp_opts *opts)
{
	u32 first = 0;

	opts->sack_count = 0;
	if ((tcb->flags & TCB_SACK) == 0)
		return;
	if (tcb->dsack.start != tcb->dsack.end) {
		opts->sack[opts->sack_count++] = tcb->dsack;
		tcb->dsack.end = tcb->dsack.start;
		first = 1;
	}
	for (u32 at = 0; at < TCP_SACK_BLOCKS_MAX && opts->sack_count < TCP_SACK_BLOCKS_MAX; at++) {
		const struct rx_range *range = range_with(tcp, tcb, tcb->recent[at]);

		if (range != NULL && !sack_is_there(opts, first, range))
			opts->sack[opts->sack_count++] =
				(struct sack_block){ range->start, range->end };
	}
}

/* ---- the window ------------------------------------------------------------------------------ */

u16 reasm_window(struct tcp *tcp, struct tcb *tcb, ns_t now)
{
	u32 room = budget_receive(tcp, tcb, tcb->recv_limit, now);
	u32 shift = tcb_is_opening(tcb) ? 0 : tcb->rcv_wscale;
	u32 most = (u32)UINT16_MAX << shift;
	u32 offered = tcb_rcv_wnd(tcb);
	u32 free = room > tcb->rcv.len ? room - tcb->rcv.len : 0;
	u32 step = u32_min(room / 2, u32_max(tcb->rcv_mss, 1));
	u32 wnd = offered;
	u32 field;

	/* Silly windows: the edge moves by a segment, or half of what there is, or not at all. */
	if (free >= offered + step)
		wnd = u32_min(free, most);
	/* Rounded up where rounding down would draw back what was offered, as long as there is
	 * room: else small segments that nobody reads would push the edge on for ever. A sender
	 * bears that it falls back by less than a unit (RFC 7323 section 2.4); rcv_adv stays.    */
	field = wnd >> shift;
	if (field << shift < offered && (field + 1) << shift <= free)
		field++;
	field = u32_min(field, UINT16_MAX);
	if (seq_gt(tcb->rcv_nxt + (field << shift), tcb->rcv_adv)) {
		tcb->rcv_adv = tcb->rcv_nxt + (field << shift);
		budget_note(tcp, tcb, now);
	}
	return (u16)field;
}

/* The end of all that has come, what is behind a hole included. */
static u32 high_seq(const struct tcb *tcb)
{
	return tcb->rcv_nxt - tcb->rcv.len + tcb->rcv.span;
}

/* Bytes that came, and were read, in a round. What waited behind a hole is read in one when that is
 * filled, and did not come in it.                                                                */
static u32 round_bytes(const struct tcb *tcb)
{
	return u32_min(tcb->recv_copied, high_seq(tcb) - tcb->recv_high);
}

void reasm_round_begin(struct tcb *tcb, ns_t now)
{
	tcb->recv_copied = 0;
	tcb->recv_high = high_seq(tcb);
	tcb->recv_round_ns = now;
}

/* A receive buffer is large enough when twice what the reader takes in one round trip fits. */
static void recv_limit_grow(struct tcp *tcp, struct tcb *tcb, ns_t now)
{
	ns_t rtt = tcb->recv_rtt_us != 0 ? tcb->recv_rtt_us * NS_PER_US : tcb->srtt_ns;
	u32 bytes = round_bytes(tcb);
	u32 space = tcb->recv_space;
	u32 room;

	if (tcb->recv_fixed || rtt == 0 || now - tcb->recv_round_ns < rtt)
		return;
	if (bytes > space) {
		u64 want = 2 * (u64)bytes +
			   (u64)RECV_GROWTH_SEGMENTS * u32_max(tcb->rcv_mss, TCP_MSS_DEFAULT);

		/* What grows by the round, as slow start does, is met by growing with it; it
		 * doubles, and a round that was short, as the first may be, says no more.        */
		if (space != 0)
			want += 2 * (u64)bytes * u32_min(bytes - space, space) / space;
		want = u64_min(want, tcp->conf.recv_buffer_max);
		room = budget_receive(tcp, tcb, (u32)want, now);
		tcb->recv_limit = u32_max(tcb->recv_limit, room);
		/* What there was no room for is asked for again. */
		if (room == want)
			tcb->recv_space = bytes;
	}
	reasm_round_begin(tcb, now);
}

bool reasm_was_read(struct tcp *tcp, struct tcb *tcb, u32 bytes, ns_t now)
{
	u32 room, free;

	tcb->recv_copied += bytes;
	budget_note(tcp, tcb, now);
	recv_limit_grow(tcp, tcb, now);
	/* The peer hears of it when the window has opened by two segments, or half of the limit. */
	room = budget_receive(tcp, tcb, tcb->recv_limit, now);
	free = room > tcb->rcv.len ? room - tcb->rcv.len : 0;
	return free >=
	       tcb_rcv_wnd(tcb) + u32_min(room / 2, 2 * u32_max(tcb->rcv_mss, TCP_MSS_DEFAULT));
}

void reasm_rtt(struct tcb *tcb, const struct tcp_seg *seg, ns_t now)
{
	u32 age_ms;
	u32 rtt_us;

	/* What it echoes left here when the data before it were acknowledged: a round trip at
	 * least, so the smallest counts.                                                        */
	if ((tcb->flags & TCB_TS) == 0 || !seg->opt.has_ts || seg->len < tcb->rcv_mss)
		return;
	age_ms = tcp_ts(tcb->ts_offset, now) - seg->opt.tsecr;
	if (age_ms > INT32_MAX)
		return;
	rtt_us = u32_min(age_ms == 0 ? 1 : age_ms, 60000) * 1000;
	if (tcb->recv_rtt_us == 0 || rtt_us < tcb->recv_rtt_us)
		tcb->recv_rtt_us = rtt_us;
	else
		tcb->recv_rtt_us += (rtt_us - tcb->recv_rtt_us) / 8;
}

void reasm_check(const struct tcp *tcp, const struct tcb *tcb)
{
	u32 count = 0;
	u32 end = tcb->rcv_nxt;

	CHECK(tcb->rcv.len <= tcb->rcv.span || tcb->rcv.block == IDX_NONE);
	for (u32 at = tcb->range; at != IDX_NONE; at = range_at(tcp, at)->next) {
		const struct rx_range *range = range_at(tcp, at);

		CHECK(seq_lt(end, range->start) && seq_lt(range->start, range->end));
		CHECK(seq_le(range->end, tcb->rcv_adv));
		end = range->end;
		count++;
	}
	CHECK(count == tcb->range_count);
}
