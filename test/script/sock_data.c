/* Sockets over the stack of a world: data, readiness, errors. */
#include "script/sock.h"

#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>

static int errno_of(enum tcp_error error)
{
	switch (error) {
	case TCP_ERR_NONE: return 0;
	case TCP_ERR_REFUSED:
	case TCP_ERR_PORT_UNREACHABLE: return ECONNREFUSED;
	case TCP_ERR_RESET: return ECONNRESET;
	case TCP_ERR_TIMEOUT_CONNECT:
	case TCP_ERR_TIMEOUT_RETRANSMIT:
	case TCP_ERR_TIMEOUT_KEEPALIVE: return ETIMEDOUT;
	case TCP_ERR_NET_UNREACHABLE: return ENETUNREACH;
	case TCP_ERR_HOST_UNREACHABLE: return EHOSTUNREACH;
	default: return ENOBUFS;
	}
}

int sock_take_error(struct socks *socks, struct sock *sock)
{
	const struct tcb *tcb = sock_tcb(&socks->world, sock);

	if (tcb == NULL || tcb->error == TCP_ERR_NONE || sock->error_told)
		return 0;
	sock->error_told = true;
	return errno_of(tcb->error);
}

static bool may_read(const struct world *world, const struct sock *sock)
{
	const struct tcb *tcb = sock_tcb(world, sock);

	return tcb == NULL || sock->read_shut ||
	       (tcb->ready & (TCP_READABLE | TCP_PEER_DONE | TCP_FAILED)) != 0;
}

static bool may_write(const struct world *world, const struct sock *sock)
{
	const struct tcb *tcb = sock_tcb(world, sock);

	return tcb == NULL || sock->write_shut || (tcb->ready & (TCP_WRITABLE | TCP_FAILED)) != 0;
}

ssize_t sock_recv(struct socks *socks, int fd, void *data, size_t bytes, int flags)
{
	struct sock *sock = sock_at(socks, fd);
	u32 read;
	int error;

	if (sock == NULL)
		return -1;
	if (sock->kind != SOCK_CONNECTION) {
		errno = ENOTCONN;
		return -1;
	}
	if (!sock_await(socks, sock, (flags & MSG_DONTWAIT) != 0, may_read))
		return -1;
	read = tcp_read(&socks->world.tcp, sock->id, data, (u32)bytes, socks->world.now);
	world_flush(&socks->world);
	if (read > 0 || bytes == 0)
		return read;
	error = sock_take_error(socks, sock);
	if (error == 0)
		return 0;
	errno = error;
	return -1;
}

/* What ended it, told as a writer hears of it. */
static ssize_t write_error(struct socks *socks, struct sock *sock)
{
	int error = sock_take_error(socks, sock);

	errno = error != 0 ? error : EPIPE;
	return -1;
}

ssize_t sock_send(struct socks *socks, int fd, const void *data, size_t bytes, int flags)
{
	struct sock *sock = sock_at(socks, fd);
	bool more = (flags & MSG_MORE) != 0;
	size_t done = 0;

	if (sock == NULL)
		return -1;
	if (sock->kind != SOCK_CONNECTION) {
		errno = EPIPE;
		return -1;
	}
	for (;;) {
		const struct tcb *tcb = sock_tcb(&socks->world, sock);

		if (tcb == NULL || tcb->state == TCP_CLOSED || sock->write_shut)
			return done > 0 ? (ssize_t)done : write_error(socks, sock);
		done += tcp_write(&socks->world.tcp, sock->id, (const u8 *)data + done,
				  (u32)(bytes - done), more, socks->world.now);
		world_flush(&socks->world);
		if (done == bytes)
			return (ssize_t)done;
		if (!sock_await(socks, sock, (flags & MSG_DONTWAIT) != 0, may_write))
			return done > 0 ? (ssize_t)done : -1;
	}
}

short sock_events(const struct socks *socks, const struct sock *sock)
{
	const struct tcb *tcb = sock_tcb(&socks->world, sock);
	short events = 0;

	if (sock->kind == SOCK_LISTENER) {
		const struct listener *listener = slab_at(&socks->world.tcp.listen.listeners,
							  (u32)sock->id);

		return listener->waiting > 0 ? POLLIN | POLLRDNORM : 0;
	}
	if (tcb == NULL)
		return POLLOUT | POLLHUP;
	if (may_read(&socks->world, sock))
		events |= POLLIN | POLLRDNORM;
	if (may_write(&socks->world, sock))
		events |= POLLOUT | POLLWRNORM;
	if ((tcb->ready & TCP_PEER_DONE) != 0 || sock->read_shut)
		events |= POLLRDHUP;
	if ((tcb->ready & TCP_FAILED) != 0)
		events |= POLLHUP | (sock->error_told ? 0 : POLLERR);
	else if ((tcb->ready & TCP_PEER_DONE) != 0 && sock->write_shut)
		events |= POLLHUP;
	return events;
}

int sock_ioctl(struct socks *socks, int fd, unsigned long request, int *value)
{
	struct sock *sock = sock_at(socks, fd);
	const struct tcb *tcb;

	if (sock == NULL)
		return -1;
	tcb = sock_tcb(&socks->world, sock);
	if (tcb == NULL || (request != SIOCINQ && request != SIOCOUTQ)) {
		errno = EINVAL;
		return -1;
	}
	*value = (int)(request == SIOCINQ ? tcb->rcv.len : tcb->snd.len);
	return 0;
}
