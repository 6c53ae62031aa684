/* Completion: buffers that were left with a socket, in order, and what came of them.
 *
 * An operation is one record from submission until it is taken: it waits in a queue of its socket,
 * one for what comes in and one for what goes out, and then in the list of those that are complete.
 * So a completion needs no room of its own.                                                      */
#include "core/base/check.h"
#include "core/sock/sock.h"

static struct sock_op_rec *op_at(const struct sock_table *t, u32 idx)
{
	return slab_at(&t->ops, idx);
}

static u32 queue_of(enum sock_op_kind kind)
{
	return kind == SOCK_OP_RECV || kind == SOCK_OP_ACCEPT ? SOCK_OPS_IN : SOCK_OPS_OUT;
}

static void queue_push(struct sock_table *t, struct sock *sock, u32 idx)
{
	u32 queue = queue_of(op_at(t, idx)->op.kind);

	op_at(t, idx)->next = IDX_NONE;
	if (sock->op_first[queue] == IDX_NONE)
		sock->op_first[queue] = idx;
	else
		op_at(t, sock->op_last[queue])->next = idx;
	sock->op_last[queue] = idx;
}

/* The first of a queue is complete. */
static void finish(struct sock_table *t, struct sock *sock, u32 queue, enum sock_error error)
{
	u32 idx = sock->op_first[queue];
	struct sock_op_rec *rec = op_at(t, idx);

	sock->op_first[queue] = rec->next;
	if (rec->next == IDX_NONE)
		sock->op_last[queue] = IDX_NONE;
	rec->done.error = error;
	rec->next = IDX_NONE;
	if (t->done_last == IDX_NONE)
		t->done_first = idx;
	else
		op_at(t, t->done_last)->next = idx;
	t->done_last = idx;
}

static enum sock_error run_recv(struct sock_table *t, struct sock *sock, struct sock_op_rec *rec,
				ns_t now)
{
	struct sock_buf buf = { .to = rec->op.data, .bytes = rec->op.bytes };
	enum sock_error error = sock_recv(t, sock_id_of(t, sock), &buf, rec->op.flags,
					  &rec->done.info, now);

	rec->done.bytes = buf.got;
	return error;
}

/* What fits is taken over; the rest waits. */
static enum sock_error run_send(struct sock_table *t, struct sock *sock, struct sock_op_rec *rec,
				ns_t now)
{
	const u8 *data = rec->op.data;
	struct sock_out out = { data + rec->done.bytes, rec->op.bytes - rec->done.bytes,
				rec->op.flags, 0 };
	enum sock_error error = sock_send(t, sock_id_of(t, sock), &out, now);

	rec->done.bytes += out.sent;
	if (error == SOCK_OK && rec->done.bytes < rec->op.bytes)
		return SOCK_AGAIN;
	return error;
}

static enum sock_error run_connect(struct sock_table *t, struct sock *sock)
{
	enum sock_error error;

	if (sock->state == SOCK_CONNECTING)
		return SOCK_AGAIN;
	error = sock_take_error(t, sock);
	return error != SOCK_OK || sock->state == SOCK_OPEN ? error : SOCK_RESET;
}

static enum sock_error run(struct sock_table *t, struct sock *sock, struct sock_op_rec *rec,
			   ns_t now)
{
	switch (rec->op.kind) {
	case SOCK_OP_RECV: return run_recv(t, sock, rec, now);
	case SOCK_OP_SEND: return run_send(t, sock, rec, now);
	case SOCK_OP_ACCEPT:
		return sock_accept(t, sock_id_of(t, sock), &rec->done.accepted, &rec->done.peer);
	case SOCK_OP_CONNECT: return run_connect(t, sock);
	}
	return SOCK_INVALID;
}

/* An accept that finds no socket free waits for one like everything else that waits. */
static bool waits(const struct sock_op_rec *rec, enum sock_error error)
{
	return error == SOCK_AGAIN || (rec->op.kind == SOCK_OP_ACCEPT && error == SOCK_LIMIT);
}

void sock_ops_run(struct sock_table *t, struct sock *sock, ns_t now)
{
	/* Out first: a connect has its error before a read takes it. */
	for (u32 queue = SOCK_OP_QUEUES; queue-- > 0;) {
		while (sock->op_first[queue] != IDX_NONE) {
			struct sock_op_rec *rec = op_at(t, sock->op_first[queue]);
			enum sock_error error = run(t, sock, rec, now);

			if (waits(rec, error))
				break;
			finish(t, sock, queue, error);
		}
	}
}

void sock_ops_cancel(struct sock_table *t, struct sock *sock)
{
	for (u32 queue = 0; queue < SOCK_OP_QUEUES; queue++) {
		while (sock->op_first[queue] != IDX_NONE)
			finish(t, sock, queue, SOCK_CANCELED);
	}
}

static enum sock_error refused(const struct sock *sock, const struct sock_op *op)
{
	bool stream = sock->kind == SOCK_STREAM_KIND;

	switch (op->kind) {
	case SOCK_OP_RECV: return SOCK_OK;
	/* A datagram leaves at once or not at all: there is nothing to wait for. */
	case SOCK_OP_SEND: return stream ? SOCK_OK : SOCK_NOT_SUPPORTED;
	case SOCK_OP_CONNECT: return sock->state != SOCK_IDLE ? SOCK_OK : SOCK_INVALID;
	case SOCK_OP_ACCEPT: return sock->state == SOCK_LISTENING ? SOCK_OK : SOCK_INVALID;
	}
	return SOCK_INVALID;
}

enum sock_error sock_submit(struct sock_table *t, sock_id id, const struct sock_op *op, ns_t now)
{
	struct sock *sock = sock_find(t, id);
	enum sock_error error;
	u32 idx;

	if (sock == NULL)
		return SOCK_BAD;
	error = refused(sock, op);
	if (error != SOCK_OK)
		return error;
	idx = slab_new(&t->ops);
	if (idx == IDX_NONE)
		return SOCK_LIMIT;
	*op_at(t, idx) = (struct sock_op_rec){
		.op = *op,
		.done = { .token = op->token,
			  .sock = id,
			  .kind = op->kind,
			  .accepted = SOCK_ID_NONE },
	};
	queue_push(t, sock, idx);
	sock_ops_run(t, sock, now);
	return SOCK_OK;
}

u32 sock_take_done(struct sock_table *t, struct sock_done *out, u32 max)
{
	u32 count = 0;

	while (count < max && t->done_first != IDX_NONE) {
		u32 idx = t->done_first;

		out[count++] = op_at(t, idx)->done;
		t->done_first = op_at(t, idx)->next;
		if (t->done_first == IDX_NONE)
			t->done_last = IDX_NONE;
		slab_del(&t->ops, idx);
	}
	return count;
}

void sock_ops_check(const struct sock_table *t)
{
	u32 count = 0;

	for (u32 at = t->done_first; at != IDX_NONE; at = op_at(t, at)->next)
		count++;
	for (u32 idx = 0; idx < t->socks.cap; idx++) {
		for (u32 queue = 0; queue < SOCK_OP_QUEUES && slab_is_live(&t->socks, idx);
		     queue++) {
			for (u32 at = sock_at(t, idx)->op_first[queue]; at != IDX_NONE;
			     at = op_at(t, at)->next) {
				CHECK(queue_of(op_at(t, at)->op.kind) == queue);
				count++;
			}
		}
	}
	CHECK(count == t->ops.live);
}
