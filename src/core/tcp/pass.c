/* From one connection into another: what was received here is sent there.
 *
 * One buffer serves all, so both rings may want what the other one holds: all memory could lie in
 * rings of data that wait to be read, and none be left to send any of it. Then, as soon as nothing
 * is queued any more, the whole ring changes hands, which takes no memory at all.                */
#include "core/tcp/tcp_part.h"

/* As much as there is memory for, a block at least. */
static u32 write_some(struct tcp *tcp, tcp_id to, const u8 *data, u32 bytes, ns_t now)
{
	u32 done = 0;

	while (bytes > 0 && done == 0) {
		done = tcp_write(tcp, to, data, bytes, false, now);
		bytes = bytes > BUFFER_BLOCK_MIN ? bytes / 2 : 0;
	}
	return done;
}

/* Nothing is out of order, and all of it may be queued. */
static bool may_exchange(const struct tcb *from, const struct tcb *to)
{
	return from->rcv.len > 0 && from->rcv.span == from->rcv.len && to->snd.len == 0 &&
	       from->rcv.len <= to->send_limit && to->state != TCP_CLOSED &&
	       (to->flags & TCB_FIN_QUEUED) == 0;
}

static u32 exchange(struct tcp *tcp, tcp_id from_id, tcp_id to_id, ns_t now)
{
	struct tcb *from = tcb_at(tcp, (u32)from_id);
	struct tcb *to = tcb_at(tcp, (u32)to_id);
	u32 bytes = from->rcv.len;

	ring_fini(&to->snd, &tcp->buffers);
	to->snd = from->rcv;
	ring_init(&from->rcv);
	to->snd_push = tcb_snd_base(to) + bytes;
	tcp_want_send(tcp, (u32)to_id);
	if ((from->ready & (TCP_PEER_DONE | TCP_FAILED)) == 0)
		tcp_set_ready(tcp, from, 0, TCP_READABLE);
	if (from->state != TCP_CLOSED && reasm_was_read(tcp, from, bytes, now)) {
		from->flags |= TCB_ACK_NOW;
		tcp_want_send(tcp, (u32)from_id);
	}
	return bytes;
}

u32 tcp_pass(struct tcp *tcp, tcp_id from, tcp_id to, ns_t now)
{
	const struct tcb *source = tcp_find(tcp, from);
	const struct tcb *target = tcp_find(tcp, to);
	u32 passed = 0;
	u32 bytes = 0, done = 0;

	if (source == NULL || target == NULL)
		return 0;
	while (source->rcv.len > 0 && done == bytes) {
		const u8 *data = tcp_peek(tcp, from, &bytes);

		done = write_some(tcp, to, data, bytes, now);
		tcp_read_done(tcp, from, done, now);
		passed += done;
	}
	if (done == 0 && may_exchange(source, target))
		passed += exchange(tcp, from, to, now);
	return passed;
}
