/* Who may be promised how much of the buffers.
 *
 * A window is a promise (RFC 9293 section 3.8.6), and it can not be taken back. What every
 * connection begins with is small, is promised to as many as there are control blocks, and lives
 * off the part of the pool that is kept for it: most of them have nothing to receive at a time.
 * What is promised beyond that is counted, as the block that would have to be found for it, and no
 * more is promised, or given to a writer beyond what he begins with, than is neither used nor
 * promised. Each takes a part of what is left, so that who comes later finds something, and who
 * reads slowly leaves the others theirs.
 *
 * Who was promised much and is silent since would keep it from the others for ever. Where somebody
 * is in need, the counted ones are looked at in turn, a few each time, and who is idle counts no
 * more until data come: then its window is as wide as ever, and counts again.
 *
 * Bytes that are free may lie apart, in blocks that are too small. That is what the last refusal,
 * tcp_stats.no_buffer, is for.                                                                   */
#include "core/tcp/tcp_part.h"

enum {
	KEPT_PART = 4,  /* of the pool: for what nobody counts */
	SHARE_PART = 2, /* of what is left: for one more connection */
	LOOKS_MAX = 8,  /* at others, for one window */
};

#define IDLE_NS NS_PER_SEC

u32 budget_limit(const struct tcp_conf *conf)
{
	u64 most = conf->buffer_bytes / u32_max(conf->recv_buffer_start, BUFFER_BLOCK_MIN) + 1;

	return (u32)u64_min(u64_min(most, conf->tcb_limit), UINT16_MAX - 1);
}

static struct tcp_share *share_of(const struct tcp *tcp, const struct tcb *tcb)
{
	return tcb->share == 0 ? NULL : slab_at(&tcp->shares, tcb->share - 1u);
}

static u64 pool_bytes(const struct tcp *tcp)
{
	return (u64)tcp->buffers.block_count * BUFFER_BLOCK_MIN;
}

/* Neither used nor promised; own: what of the promises is the asker's. */
static u64 spare_bytes(const struct tcp *tcp, u64 own)
{
	u64 taken = tcp->buffers.used_bytes + tcp->promised_bytes - own;

	return pool_bytes(tcp) > taken ? pool_bytes(tcp) - taken : 0;
}

/* What one may have of it beyond what everybody has. */
static u64 part_of(const struct tcp *tcp, u64 spare)
{
	u64 kept = pool_bytes(tcp) / KEPT_PART;

	return spare > kept ? (spare - kept) / SHARE_PART : 0;
}

/* The block that a ring of so many bytes is in. */
static u64 block_bytes(u64 bytes)
{
	u64 size = BUFFER_BLOCK_MIN;

	while (size < bytes)
		size *= 2;
	return size;
}

/* The largest ring of at most `bytes` that fits a block of at most `most`; zero: none does. */
static u32 fitting(u32 bytes, u64 most)
{
	u64 size = BUFFER_BLOCK_MIN;

	if (block_bytes(bytes) <= most)
		return bytes;
	while (size * 2 <= most)
		size *= 2;
	return size <= most ? (u32)size : 0;
}

/* Bytes that its ring holds once all has come that it was promised, and none of it is read. */
static u32 due_bytes(const struct tcb *tcb)
{
	if (!tcb_is_synchronized(tcb) || (tcb->flags & TCB_FIN_RECEIVED) != 0)
		return tcb->rcv.len;
	return tcb->rcv.len + tcb_rcv_wnd(tcb);
}

/* A ring grows into a new block before the old one is given back, so that all of it is owed. */
static u64 owed_bytes(const struct tcp *tcp, const struct tcb *tcb)
{
	u32 due = due_bytes(tcb);

	return due > tcb->rcv.size && due > tcp->conf.recv_buffer_start ? block_bytes(due) : 0;
}

static void share_del(struct tcp *tcp, struct tcb *tcb)
{
	tcp->promised_bytes -= share_of(tcp, tcb)->bytes;
	slab_del(&tcp->shares, tcb->share - 1u);
	tcb->share = 0;
}

void budget_end(struct tcp *tcp, struct tcb *tcb)
{
	if (tcb->share != 0)
		share_del(tcp, tcb);
}

static bool share_is_idle(const struct tcp *tcp, const struct tcp_share *share, ns_t now)
{
	return tcb_at(tcp, share->tcb)->rcv.span == 0 && now >= share->data_ns + IDLE_NS;
}

/* Who is idle counts no more. */
static void look_for_idle(struct tcp *tcp, const struct tcb *asker, ns_t now)
{
	for (u32 count = 0; count < LOOKS_MAX && tcp->shares.cap > 0; count++) {
		u32 at = tcp->share_hand;
		const struct tcp_share *share = slab_at(&tcp->shares, at);

		tcp->share_hand = at + 1 < tcp->shares.cap ? at + 1 : 0;
		if (slab_is_live(&tcp->shares, at) && tcb_at(tcp, share->tcb) != asker &&
		    share_is_idle(tcp, share, now))
			share_del(tcp, tcb_at(tcp, share->tcb));
	}
}

/* NULL: all are in use. Then it was promised before, and others took its place meanwhile. */
static struct tcp_share *share_new(struct tcp *tcp, struct tcb *tcb, ns_t now)
{
	u32 at = slab_new(&tcp->shares);
	struct tcp_share *share;

	if (at == IDX_NONE)
		return NULL;
	tcb->share = (u16)(at + 1);
	share = slab_at(&tcp->shares, at);
	*share = (struct tcp_share){ .tcb = tcb_idx(tcp, tcb), .data_ns = now };
	return share;
}

void budget_note(struct tcp *tcp, struct tcb *tcb, ns_t now)
{
	u64 owed = owed_bytes(tcp, tcb);
	struct tcp_share *share = share_of(tcp, tcb);

	if (owed == 0) {
		budget_end(tcp, tcb);
		return;
	}
	if (share == NULL)
		share = share_new(tcp, tcb, now);
	if (share == NULL)
		return;
	tcp->promised_bytes += owed - share->bytes;
	share->bytes = (u32)owed;
}

void budget_arrived(struct tcp *tcp, struct tcb *tcb, ns_t now)
{
	budget_note(tcp, tcb, now);
	if (tcb->share != 0)
		share_of(tcp, tcb)->data_ns = now;
}

static u32 room_now(const struct tcp *tcp, const struct tcb *tcb, u32 bytes)
{
	const struct tcp_share *share = share_of(tcp, tcb);
	u64 spare = spare_bytes(tcp, share != NULL ? share->bytes : 0);
	u64 most = part_of(tcp, spare);
	u32 have = u32_max(due_bytes(tcb), tcb->rcv.size);

	if (share == NULL && tcp->shares.live == tcp->shares.cap)
		most = 0;
	/* What everybody has. */
	if (most < tcp->conf.recv_buffer_start)
		most = u64_min(spare, block_bytes(tcp->conf.recv_buffer_start));
	return u32_max(u32_min(have, bytes), fitting(bytes, most));
}

u32 budget_receive(struct tcp *tcp, const struct tcb *tcb, u32 bytes, ns_t now)
{
	u32 room = room_now(tcp, tcb, bytes);

	if (room >= bytes)
		return room;
	look_for_idle(tcp, tcb, now);
	return room_now(tcp, tcb, bytes);
}

u32 budget_send(const struct tcp *tcp, const struct tcb *tcb, u32 bytes)
{
	u32 have = u32_max(tcb->snd.size, TCP_SEND_START);

	if (bytes <= have)
		return bytes;
	return u32_max(have, fitting(bytes, part_of(tcp, spare_bytes(tcp, 0))));
}

void budget_check(const struct tcp *tcp)
{
	u64 bytes = 0;
	u32 count = 0;

	for (u32 at = 0; at < tcp->shares.cap; at++) {
		const struct tcp_share *share = slab_at(&tcp->shares, at);
		const struct tcb *tcb;

		if (!slab_is_live(&tcp->shares, at))
			continue;
		tcb = tcb_at(tcp, share->tcb);
		CHECK(slab_is_live(&tcp->tcbs, share->tcb) && tcb->share == at + 1);
		CHECK(share->bytes == owed_bytes(tcp, tcb));
		bytes += share->bytes;
		count++;
	}
	CHECK(count == tcp->shares.live);
	CHECK(bytes == tcp->promised_bytes);
}
