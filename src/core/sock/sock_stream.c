/* Sockets over TCP. */
#include "core/sock/sock.h"

enum sock_error stream_listen(struct sock_table *t, struct sock *sock, u32 backlog)
{
	struct tcp_listen conf = {
		.addr = sock->local.addr,
		.port = sock->local.port,
		.zone = sock->zone,
		.backlog = backlog,
		.owner = sock_idx(t, sock),
		.ring = stream_ring(t, sock),
		.opt = sock->opt,
	};
	enum err err;

	if (sock->state != SOCK_IDLE || sock->held_port == 0)
		return SOCK_INVALID;
	err = tcp_listen(&t->tcp, &conf, &sock->under);
	if (err != ERR_OK)
		return err == ERR_EXISTS ? SOCK_IN_USE
		       : err == ERR_FULL ? SOCK_LIMIT
					 : SOCK_INVALID;
	sock->state = SOCK_LISTENING;
	return SOCK_OK;
}

/* TCP names no connection that nobody has accepted; the listener counts them. */
static bool is_waited_at(const struct sock_table *t, const struct sock *sock)
{
	const struct listener *listener = slab_at(&t->tcp.listen.listeners, (u32)sock->under);

	return listener->waiting > 0;
}

enum sock_error sock_accept(struct sock_table *t, sock_id id, sock_id *accepted,
			    struct sock_addr *peer)
{
	struct sock *sock = sock_find(t, id);
	const struct tcb *tcb;
	struct sock *child;
	tcp_id under;

	if (sock == NULL)
		return SOCK_BAD;
	if (sock->state != SOCK_LISTENING)
		return SOCK_INVALID;
	if (!is_waited_at(t, sock))
		return SOCK_AGAIN;
	/* First a place for it: who is accepted has left the listener's queue. */
	child = sock_new(t, SOCK_STREAM_KIND);
	if (child == NULL)
		return SOCK_LIMIT;
	under = tcp_accept(&t->tcp, sock->under, sock_idx(t, child));
	tcb = tcp_find(&t->tcp, under);
	if (tcb == NULL) {
		slab_del(&t->socks, sock_idx(t, child));
		return SOCK_AGAIN;
	}
	child->proto = sock->proto;
	child->zone = sock->zone;
	child->owner = sock->owner;
	child->opt = sock->opt;
	child->under = under;
	child->state = SOCK_OPEN;
	child->told = tcb->ready;
	child->local = (struct sock_addr){ tcb->key.local, tcb->key.local_port };
	child->peer = (struct sock_addr){ tcb->key.peer, tcb->key.peer_port };
	sock_hold_port(t, child, child->local.port);
	*peer = child->peer;
	*accepted = sock_id_of(t, child);
	return SOCK_OK;
}

enum sock_error stream_connect(struct sock_table *t, struct sock *sock, const struct sock_way *way,
			       ns_t now)
{
	struct tcp_open open = {
		.key = { .local = sock->local.addr.raw != 0 ? sock->local.addr : way->src,
			 .peer = sock->peer.addr,
			 .local_port = sock->local.port,
			 .peer_port = sock->peer.port,
			 .zone = sock->zone },
		.opt = sock->opt,
		.mtu = way->mtu,
		.owner = sock_idx(t, sock),
		.ring = stream_ring(t, sock),
	};
	enum err err;

	if (sock->held_port == 0 || sock->peer.port.raw == 0)
		return SOCK_INVALID;
	err = tcp_connect(&t->tcp, &open, &sock->under, now);
	switch (err) {
	case ERR_OK: break;
	case ERR_EXISTS: return SOCK_IN_USE;
	case ERR_FULL: return SOCK_LIMIT;
	default: return SOCK_INVALID;
	}
	sock->local.addr = open.key.local;
	sock->state = SOCK_CONNECTING;
	return SOCK_IN_PROGRESS;
}

void stream_close(struct sock_table *t, struct sock *sock, ns_t now)
{
	switch ((enum sock_state)sock->state) {
	case SOCK_LISTENING: tcp_unlisten(&t->tcp, sock->under, now); break;
	case SOCK_CONNECTING:
	case SOCK_OPEN:
	case SOCK_ENDED: tcp_close(&t->tcp, sock->under, now); break;
	case SOCK_IDLE: break;
	}
	tcp_keys_forget(&t->tcp, stream_ring(t, sock));
}

/* ---- what TCP knows of it now ---------------------------------------------------------------- */

/* Of one that is gone, what was said last. */
static u8 tcp_bits(const struct sock_table *t, const struct sock *sock)
{
	const struct tcb *tcb = tcp_find(&t->tcp, sock->under);

	return tcb != NULL ? tcb->ready : sock->told;
}

_Static_assert((u32)SOCK_READABLE == (u32)TCP_READABLE && (u32)SOCK_WRITABLE == (u32)TCP_WRITABLE &&
		       (u32)SOCK_CONNECTED == (u32)TCP_CONNECTED &&
		       (u32)SOCK_PEER_DONE == (u32)TCP_PEER_DONE &&
		       (u32)SOCK_FAILED == (u32)TCP_FAILED,
	       "readiness has one set of bits");
_Static_assert((u32)SOCK_READABLE == (u32)UDP_READABLE && (u32)SOCK_WRITABLE == (u32)UDP_WRITABLE &&
		       (u32)SOCK_FAILED == (u32)UDP_FAILED,
	       "readiness has one set of bits");

u8 stream_ready(const struct sock_table *t, const struct sock *sock)
{
	u8 bits;

	switch ((enum sock_state)sock->state) {
	case SOCK_IDLE: return 0;
	case SOCK_LISTENING: return is_waited_at(t, sock) ? SOCK_READABLE : 0;
	case SOCK_CONNECTING:
	case SOCK_OPEN:
	case SOCK_ENDED: break;
	}
	bits = tcp_bits(t, sock);
	if ((bits & TCP_FAILED) == 0)
		return bits;
	/* To read and to write end at once; the error itself is told once. */
	bits |= SOCK_READABLE | SOCK_WRITABLE;
	return (u8)(sock->error == SOCK_OK ? bits & ~(u32)SOCK_FAILED : bits);
}

/* The error of a connection is noted when it is heard of, so that it is told once. */
static void note_end(struct sock_table *t, struct sock *sock, u8 bits, u8 error)
{
	if ((bits & TCP_FAILED) != 0 && (sock->told & TCP_FAILED) == 0) {
		sock->error = (u8)sock_error_of_tcp((enum tcp_error)error);
		if (sock->state == SOCK_CONNECTING)
			sock->state = SOCK_ENDED;
	}
	if (sock->state == SOCK_CONNECTING && (bits & TCP_CONNECTED) != 0)
		sock->state = SOCK_OPEN;
	sock->told = bits;
	sock_stir(t, sock);
}

/* What a call finds before the news are read. */
static void look(struct sock_table *t, struct sock *sock)
{
	const struct tcb *tcb = tcp_find(&t->tcp, sock->under);

	if (tcb != NULL && tcb->ready != sock->told)
		note_end(t, sock, tcb->ready, tcb->error);
}

void stream_news(struct sock_table *t, const struct tcp_news *news, ns_t now)
{
	struct sock *sock;

	/* The owner of a connection may have closed it since, and his place be another's. */
	if (news->owner >= t->socks.cap || !slab_is_live(&t->socks, news->owner))
		return;
	sock = sock_at(t, news->owner);
	if (sock->kind != SOCK_STREAM_KIND)
		return;
	if (sock->under != news->id || sock->state == SOCK_IDLE || sock->state == SOCK_LISTENING)
		return;
	note_end(t, sock, news->ready, news->error);
	sock_ops_run(t, sock, now);
}

void stream_look_at_listeners(struct sock_table *t, ns_t now)
{
	const struct slab *listeners = &t->tcp.listen.listeners;

	if (listeners->live == 0)
		return;
	for (u32 at = 0; at < listeners->cap; at++) {
		const struct listener *listener = slab_at(listeners, at);
		struct sock *sock;

		if (!slab_is_live(listeners, at) || listener->waiting == 0)
			continue;
		sock = sock_at(t, listener->owner);
		sock_stir(t, sock);
		sock_ops_run(t, sock, now);
	}
}

/* ---- data ------------------------------------------------------------------------------------ */

static enum sock_error data_refused(const struct sock *sock)
{
	return sock->state == SOCK_IDLE || sock->state == SOCK_LISTENING ? SOCK_NOT_CONNECTED
									 : SOCK_OK;
}

enum sock_error stream_send(struct sock_table *t, struct sock *sock, struct sock_out *out, ns_t now)
{
	enum sock_error error = data_refused(sock);

	if (error != SOCK_OK)
		return error;
	look(t, sock);
	error = sock_take_error(t, sock);
	if (error != SOCK_OK)
		return error;
	if ((sock->shut & SOCK_SHUT_WRITE) != 0 || (tcp_bits(t, sock) & TCP_FAILED) != 0)
		return SOCK_PIPE;
	out->sent = tcp_write(&t->tcp, sock->under, out->data, out->bytes,
			      (out->flags & SOCK_MORE) != 0, now);
	t->stirred = true;
	if (out->sent == 0 && out->bytes > 0)
		return tcp_find(&t->tcp, sock->under) == NULL ? SOCK_PIPE : SOCK_AGAIN;
	return SOCK_OK;
}

static u32 peek(const struct sock_table *t, const struct sock *sock, struct sock_buf *buf)
{
	u32 bytes = 0;
	const u8 *data = tcp_peek(&t->tcp, sock->under, &bytes);

	bytes = u32_min(bytes, buf->bytes);
	if (bytes > 0)
		memcpy(buf->to, data, bytes);
	return bytes;
}

enum sock_error stream_recv(struct sock_table *t, struct sock *sock, struct sock_buf *buf,
			    u32 flags, ns_t now)
{
	enum sock_error error = data_refused(sock);
	u8 bits;

	if (error != SOCK_OK)
		return error;
	look(t, sock);
	buf->got = (flags & SOCK_PEEK) != 0
			   ? peek(t, sock, buf)
			   : tcp_read(&t->tcp, sock->under, buf->to, buf->bytes, now);
	t->stirred = true;
	if (buf->got > 0 || buf->bytes == 0)
		return SOCK_OK;
	error = sock_take_error(t, sock);
	if (error != SOCK_OK)
		return error;
	/* Nothing is left and nothing will come: the end, as often as it is asked for. */
	bits = tcp_bits(t, sock);
	return (bits & (TCP_PEER_DONE | TCP_FAILED)) != 0 || tcp_find(&t->tcp, sock->under) == NULL
		       ? SOCK_OK
		       : SOCK_AGAIN;
}
