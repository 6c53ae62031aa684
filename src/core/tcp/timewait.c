/* Records of TIME-WAIT. All last equally long, so they end in the order of one list. */
#include "core/tcp/timewait.h"
#include "core/tcp/emit.h"
#include "core/tcp/isn.h"

void timewait_layout(struct timewait_table *table, const struct tcp_conf *conf, struct mem *mem)
{
	slab_layout(&table->slab, mem, "tcp_time_wait", conf->time_wait_limit,
		    sizeof(struct time_wait));
	map_layout(&table->by_key, mem, "tcp_time_wait", conf->time_wait_limit);
}

void timewait_init(struct timewait_table *table)
{
	slab_init(&table->slab);
	map_init(&table->by_key);
	table->first = table->last = IDX_NONE;
}

static struct time_wait *wait_at(const struct tcp *tcp, u32 idx)
{
	return slab_at(&tcp->timewait.slab, idx);
}

u32 timewait_find(const struct tcp *tcp, const struct tcp_key *key)
{
	const struct map *map = &tcp->timewait.by_key;
	u64 hash = tcp_key_hash(tcp, key);

	for (u32 at = map_first(map, hash); at != IDX_NONE; at = map_next(map, at)) {
		if (tcp_key_eq(&wait_at(tcp, at)->key, key))
			return at;
	}
	return IDX_NONE;
}

/* ---- the list -------------------------------------------------------------------------------- */

/* To the end of the list, 2 MSL from now; never before the one in front of it: MSL may have been
 * made shorter since.                                                                            */
static void list_add(struct tcp *tcp, u32 idx, ns_t now)
{
	struct timewait_table *table = &tcp->timewait;
	struct time_wait *wait = wait_at(tcp, idx);

	wait->due_ns = now + (u64)tcp->conf.msl_ms * 2 * NS_PER_MS;
	wait->next = IDX_NONE;
	wait->prev = table->last;
	if (table->last == IDX_NONE) {
		table->first = idx;
	} else {
		struct time_wait *before = wait_at(tcp, table->last);

		before->next = idx;
		if (wait->due_ns < before->due_ns)
			wait->due_ns = before->due_ns;
	}
	table->last = idx;
}

static void list_remove(struct tcp *tcp, u32 idx)
{
	struct timewait_table *table = &tcp->timewait;
	const struct time_wait *wait = wait_at(tcp, idx);

	if (wait->prev == IDX_NONE)
		table->first = wait->next;
	else
		wait_at(tcp, wait->prev)->next = wait->next;
	if (wait->next == IDX_NONE)
		table->last = wait->prev;
	else
		wait_at(tcp, wait->next)->prev = wait->prev;
}

static void wait_del(struct tcp *tcp, u32 idx)
{
	list_remove(tcp, idx);
	auth_drop(tcp, wait_at(tcp, idx)->auth);
	map_del(&tcp->timewait.by_key, tcp_key_hash(tcp, &wait_at(tcp, idx)->key), idx);
	slab_del(&tcp->timewait.slab, idx);
}

/* A record, with the oldest one's memory if there is no other; IDX_NONE: none are kept at all. */
static u32 wait_take(struct tcp *tcp)
{
	u32 idx = slab_new(&tcp->timewait.slab);

	if (idx != IDX_NONE || tcp->timewait.first == IDX_NONE)
		return idx;
	tcp->stats.time_wait_full++;
	wait_del(tcp, tcp->timewait.first);
	return slab_new(&tcp->timewait.slab);
}

/* The window as it stands in a header; a FIN may have taken the number behind its end. */
static u16 last_window(const struct tcb *tcb)
{
	if (!seq_gt(tcb->rcv_adv, tcb->rcv_nxt))
		return 0;
	return (u16)u32_min((tcb->rcv_adv - tcb->rcv_nxt) >> tcb->rcv_wscale, UINT16_MAX);
}

void timewait_new(struct tcp *tcp, struct tcb *tcb, ns_t now)
{
	u32 idx = wait_take(tcp);

	tcp->stats.time_waits++;
	if (idx == IDX_NONE) {
		tcp->stats.time_wait_full++;
		return;
	}
	*wait_at(tcp, idx) = (struct time_wait){
		.key = tcb->key,
		.snd_nxt = tcb->snd_nxt,
		.rcv_nxt = tcb->rcv_nxt,
		.ts_recent = tcb->ts_recent,
		.ts_offset = tcb->ts_offset,
		.window = last_window(tcb),
		.has_ts = (tcb->flags & TCB_TS) != 0,
		.rcv_wscale = tcb->rcv_wscale,
		.auth = tcb->auth,
		.ts_recent_ns = tcb->ts_recent_ns,
	};
	tcb->auth = 0;
	map_add(&tcp->timewait.by_key, tcp_key_hash(tcp, &tcb->key), idx);
	list_add(tcp, idx, now);
}

struct auth_state *timewait_auth(const struct tcp *tcp, u32 idx)
{
	return auth_at(tcp, wait_at(tcp, idx)->auth);
}

bool timewait_give_up_auth(struct tcp *tcp)
{
	u32 idx = tcp->timewait.first;

	while (idx != IDX_NONE && wait_at(tcp, idx)->auth == 0)
		idx = wait_at(tcp, idx)->next;
	if (idx == IDX_NONE)
		return false;
	tcp->stats.time_wait_full++;
	wait_del(tcp, idx);
	return true;
}

void timewait_tick(struct tcp *tcp, ns_t now)
{
	while (tcp->timewait.first != IDX_NONE && timewait_next(tcp) <= now)
		wait_del(tcp, tcp->timewait.first);
}

ns_t timewait_next(const struct tcp *tcp)
{
	u32 first = tcp->timewait.first;

	return first == IDX_NONE ? NS_NEVER : wait_at(tcp, first)->due_ns;
}

/* ---- a segment ------------------------------------------------------------------------------- */

static void wait_ack(struct tcp *tcp, const struct time_wait *wait, ns_t now)
{
	struct emit emit = {
		.key = wait->key,
		.auth = auth_at(tcp, wait->auth),
		.seq = wait->snd_nxt,
		.ack = wait->rcv_nxt,
		.window = wait->window,
		.flags = TCP_ACK,
	};

	if (wait->has_ts) {
		emit.opt.has_ts = true;
		emit.opt.tsval = tcp_ts(wait->ts_offset, now);
		emit.opt.tsecr = wait->ts_recent;
	}
	emit_answer(tcp, &emit);
}

static void wait_challenge(struct tcp *tcp, const struct time_wait *wait, ns_t now)
{
	if (tcp_may_challenge(tcp, now))
		wait_ack(tcp, wait, now);
}

/* Whether a SYN is provably of a new connection: RFC 6191 section 2 with timestamps on both, RFC
 * 1122 section 4.2.2.13 with the sequence number alone. RFC 6191 would believe a SYN with
 * timestamps after a connection without any, whatever its number: that proves nothing of it, an old
 * duplicate of a connection before may have them.                                                */
static bool is_new(const struct time_wait *wait, const struct tcp_seg *seg)
{
	bool is_beyond = seq_gt(seg->seq, wait->rcv_nxt);

	if (!wait->has_ts || !seg->opt.has_ts)
		return is_beyond;
	return seq_gt(seg->opt.tsval, wait->ts_recent) ||
	       (seg->opt.tsval == wait->ts_recent && is_beyond);
}

/* The peer did not get our last ACK: its FIN, the one that we had, is here again. */
static bool is_fin_again(const struct time_wait *wait, const struct tcp_seg *seg)
{
	return (seg->flags & (TCP_FIN | TCP_SYN | TCP_ACK)) == (TCP_FIN | TCP_ACK) &&
	       seg->seq + tcp_seg_space(seg) == wait->rcv_nxt && seq_le(seg->ack, wait->snd_nxt);
}

static void wait_fin_again(struct tcp *tcp, u32 idx, const struct tcp_seg *seg, ns_t now)
{
	struct time_wait *wait = wait_at(tcp, idx);

	if (wait->has_ts) {
		wait->ts_recent = seg->opt.tsval;
		wait->ts_recent_ns = now;
	}
	wait_ack(tcp, wait, now);
	list_remove(tcp, idx);
	list_add(tcp, idx, now);
}

/* RFC 5961 section 3.2: only one with exactly the next number is believed; RFC 1337 asks not to
 * believe any, since an old duplicate would end TIME-WAIT before its time.                       */
static void wait_reset(struct tcp *tcp, u32 idx, const struct tcp_seg *seg, bool fits, ns_t now)
{
	struct time_wait *wait = wait_at(tcp, idx);

	if (!fits || tcp->conf.rfc1337)
		return;
	if (seg->seq == wait->rcv_nxt)
		wait_del(tcp, idx);
	else
		wait_challenge(tcp, wait, now);
}

/* Timestamps: RFC 7323 sections 3.2 and 5.3. True: the segment is dealt with. */
static bool wait_timestamps(struct tcp *tcp, const struct time_wait *wait,
			    const struct tcp_seg *seg, ns_t now)
{
	if (!wait->has_ts)
		return false;
	if (!seg->opt.has_ts)
		return true;
	if (!seq_lt(seg->opt.tsval, wait->ts_recent))
		return false;
	tcp->stats.paws++;
	wait_challenge(tcp, wait, now);
	return true;
}

/* A SYN takes the record's place only where somebody listens: else it would be lost for nothing.
 * All others are challenged (RFC 9293 section 3.10.7.4, fourth; RFC 5961 section 4.2).           */
static enum timewait_answer wait_syn(struct tcp *tcp, u32 idx, const struct tcp_seg *seg, u32 *iss,
				     ns_t now)
{
	struct time_wait *wait = wait_at(tcp, idx);

	if ((seg->flags & (TCP_ACK | TCP_FIN)) != 0 || !is_new(wait, seg) ||
	    listen_find(tcp, &seg->key) == IDX_NONE) {
		wait_challenge(tcp, wait, now);
		return TIMEWAIT_DONE;
	}
	*iss = wait->snd_nxt;
	tcp->stats.time_wait_reused++;
	wait_del(tcp, idx);
	return TIMEWAIT_SYN;
}

enum timewait_answer timewait_in(struct tcp *tcp, u32 idx, const struct tcp_seg *seg, u32 *iss,
				 ns_t now)
{
	struct time_wait *wait = wait_at(tcp, idx);
	bool fits = tcp_seg_fits(seg, wait->rcv_nxt, (u32)wait->window << wait->rcv_wscale);

	if ((seg->flags & TCP_RST) != 0)
		wait_reset(tcp, idx, seg, fits, now);
	else if ((seg->flags & TCP_SYN) != 0)
		return wait_syn(tcp, idx, seg, iss, now);
	else if (wait_timestamps(tcp, wait, seg, now))
		return TIMEWAIT_DONE;
	else if (is_fin_again(wait, seg))
		wait_fin_again(tcp, idx, seg, now);
	else if (!fits)
		wait_challenge(tcp, wait, now);
	/* What fits is an ACK, or data behind the end: nothing is left to be done with it. */
	return TIMEWAIT_DONE;
}

bool timewait_reuse(struct tcp *tcp, u32 idx, u32 *iss, ns_t now)
{
	const struct time_wait *wait = wait_at(tcp, idx);

	if (!wait->has_ts || now - wait->ts_recent_ns < NS_PER_SEC)
		return false;
	*iss = wait->snd_nxt;
	tcp->stats.time_wait_reused++;
	wait_del(tcp, idx);
	return true;
}

void timewait_check(const struct tcp *tcp)
{
	const struct timewait_table *table = &tcp->timewait;
	u32 prev = IDX_NONE, count = 0;

	for (u32 at = table->first; at != IDX_NONE; at = wait_at(tcp, at)->next) {
		const struct time_wait *wait = wait_at(tcp, at);

		CHECK(slab_is_live(&table->slab, at) && ++count <= table->slab.live);
		CHECK(wait->prev == prev && timewait_find(tcp, &wait->key) == at);
		if (prev != IDX_NONE)
			CHECK(wait->due_ns >= wait_at(tcp, prev)->due_ns);
		prev = at;
	}
	CHECK(table->last == prev);
	CHECK(count == table->slab.live && count == table->by_key.count);
}
