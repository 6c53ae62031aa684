/* Sockets over the stack of a world: from open to close. */
#include "script/sock.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Alone, nobody else moves time: the next event does, until it is over. */
static bool wait_alone(struct socks *socks, const struct sock_wait *wait)
{
	ns_t end = socks->world.now + SOCK_WAIT_MAX_S * NS_PER_SEC;

	while (!wait->is_over(&socks->world, wait->sock)) {
		if (!world_step(&socks->world, end))
			return false;
	}
	return true;
}

void socks_init(struct socks *socks, const struct tcp_conf *conf)
{
	memset(socks, 0, sizeof *socks);
	socks->wait = wait_alone;
	world_init(&socks->world, conf);
}

void socks_fini(struct socks *socks)
{
	for (int fd = 0; fd < SOCKS_MAX; fd++) {
		if (socks->at[fd].kind != SOCK_NONE)
			(void)close(fd);
	}
	world_fini(&socks->world);
}

struct sock *sock_at(struct socks *socks, int fd)
{
	if (fd < 0 || fd >= SOCKS_MAX || socks->at[fd].kind == SOCK_NONE) {
		errno = EBADF;
		return NULL;
	}
	return &socks->at[fd];
}

const struct tcb *sock_tcb(const struct world *world, const struct sock *sock)
{
	return sock->kind == SOCK_CONNECTION ? tcp_find(&world->tcp, sock->id) : NULL;
}

bool sock_await(struct socks *socks, const struct sock *sock, bool dont_wait,
		bool (*is_over)(const struct world *world, const struct sock *sock))
{
	struct sock_wait wait = { sock, is_over };

	if (is_over(&socks->world, sock))
		return true;
	if (!dont_wait && !sock->nonblocking && socks->wait(socks, &wait))
		return true;
	errno = EAGAIN;
	return false;
}

static int sock_new(struct socks *socks, enum sock_kind kind)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (fd >= SOCKS_MAX) {
		(void)close(fd);
		errno = EMFILE;
		return -1;
	}
	socks->at[fd] = (struct sock){ .kind = kind, .id = TCP_ID_NONE };
	tcp_sockopt_defaults(&socks->at[fd].opt);
	socks->at[fd].opt.no_timestamps = socks->no_timestamps;
	socks->at[fd].opt.no_sack = socks->no_sack;
	return fd;
}

int sock_socket(struct socks *socks, int domain, int type, int protocol)
{
	int fd;

	if (domain != AF_INET || (type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) != SOCK_STREAM ||
	    (protocol != 0 && protocol != IPPROTO_TCP)) {
		errno = EPROTONOSUPPORT;
		return -1;
	}
	fd = sock_new(socks, SOCK_FRESH);
	if (fd >= 0)
		socks->at[fd].nonblocking = (type & SOCK_NONBLOCK) != 0;
	return fd;
}

int sock_bind(struct socks *socks, int fd, const struct sockaddr *addr, socklen_t len)
{
	const struct sockaddr_in *in = (const void *)addr;
	struct sock *sock = sock_at(socks, fd);

	if (sock == NULL)
		return -1;
	if (sock->is_bound || len < sizeof *in || in->sin_family != AF_INET) {
		errno = EINVAL;
		return -1;
	}
	sock->addr = (be32){ in->sin_addr.s_addr };
	sock->port = (be16){ in->sin_port };
	sock->is_bound = true;
	return 0;
}

int sock_listen(struct socks *socks, int fd, int backlog)
{
	struct sock *sock = sock_at(socks, fd);
	struct tcp_listen conf;

	if (sock == NULL)
		return -1;
	/* Linux lets one more wait than was asked for. */
	conf = (struct tcp_listen){ .addr = sock->addr,
				    .port = sock->port,
				    .backlog = (u32)(backlog < 0 ? 0 : backlog) + 1,
				    .owner = (u32)fd,
				    .opt = sock->opt };
	if (sock->kind != SOCK_FRESH) {
		errno = EINVAL;
		return -1;
	}
	if (tcp_listen(&socks->world.tcp, &conf, &sock->id) != ERR_OK) {
		errno = EADDRINUSE;
		return -1;
	}
	sock->kind = SOCK_LISTENER;
	return 0;
}

static bool has_waiting(const struct world *world, const struct sock *sock)
{
	const struct listener *listener = slab_at(&world->tcp.listen.listeners, (u32)sock->id);

	return listener->waiting > 0;
}

static void put_name(struct sockaddr *addr, socklen_t *len, be32 host, be16 port)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_port = port.raw,
				  .sin_addr.s_addr = host.raw };

	if (addr == NULL || len == NULL)
		return;
	memcpy(addr, &in, *len < sizeof in ? *len : sizeof in);
	*len = sizeof in;
}

int sock_accept(struct socks *socks, int fd, struct sockaddr *addr, socklen_t *len)
{
	struct sock *listener = sock_at(socks, fd);
	const struct tcb *tcb;
	struct sock *sock;
	int fresh;

	if (listener == NULL)
		return -1;
	if (listener->kind != SOCK_LISTENER) {
		errno = EINVAL;
		return -1;
	}
	if (!sock_await(socks, listener, false, has_waiting))
		return -1;
	fresh = sock_new(socks, SOCK_CONNECTION);
	if (fresh < 0)
		return -1;
	sock = &socks->at[fresh];
	sock->opt = listener->opt;
	sock->send_buffer = listener->send_buffer;
	sock->id = tcp_accept(&socks->world.tcp, listener->id, (u32)fresh);
	tcb = sock_tcb(&socks->world, sock);
	sock->peer = tcb->key.peer;
	sock->peer_port = tcb->key.peer_port;
	put_name(addr, len, sock->peer, sock->peer_port);
	return fresh;
}

static bool is_decided(const struct world *world, const struct sock *sock)
{
	const struct tcb *tcb = sock_tcb(world, sock);

	return tcb == NULL || (tcb->ready & (TCP_CONNECTED | TCP_FAILED)) != 0;
}

static int begin_connect(struct socks *socks, int fd, const struct sockaddr_in *in)
{
	struct sock *sock = &socks->at[fd];
	struct tcp_open open = { .key = { .local = sock->addr,
					  .peer = { in->sin_addr.s_addr },
					  .local_port = sock->port,
					  .peer_port = { in->sin_port } },
				 .opt = sock->opt,
				 .mtu = socks->world.mtu,
				 .owner = (u32)fd };

	if (sock->addr.raw == 0)
		open.key.local = socks->local;
	if (tcp_connect(&socks->world.tcp, &open, &sock->id, socks->world.now) != ERR_OK) {
		errno = EADDRNOTAVAIL;
		return -1;
	}
	sock->kind = SOCK_CONNECTION;
	sock->peer = open.key.peer;
	sock->peer_port = open.key.peer_port;
	sock->connecting = true;
	world_flush(&socks->world);
	return 0;
}

int sock_connect(struct socks *socks, int fd, const struct sockaddr *addr, socklen_t len)
{
	struct sock *sock = sock_at(socks, fd);
	int error;

	if (sock == NULL)
		return -1;
	if (len < sizeof(struct sockaddr_in) || addr->sa_family != AF_INET) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	if (sock->kind == SOCK_FRESH) {
		if (begin_connect(socks, fd, (const void *)addr) < 0)
			return -1;
		if (!sock_await(socks, sock, false, is_decided)) {
			errno = EINPROGRESS;
			return -1;
		}
	} else if (sock->kind == SOCK_LISTENER || !sock->connecting) {
		errno = EISCONN;
		return -1;
	} else if (!sock_await(socks, sock, false, is_decided)) {
		errno = EALREADY;
		return -1;
	}
	sock->connecting = false;
	error = sock_take_error(socks, sock);
	if (error == 0)
		return 0;
	errno = error;
	return -1;
}

int sock_shutdown(struct socks *socks, int fd, int how)
{
	struct sock *sock = sock_at(socks, fd);

	if (sock == NULL)
		return -1;
	if (sock->kind != SOCK_CONNECTION) {
		errno = ENOTCONN;
		return -1;
	}
	sock->read_shut |= how != SHUT_WR;
	if (how != SHUT_RD) {
		sock->write_shut = true;
		tcp_shutdown(&socks->world.tcp, sock->id, socks->world.now);
		world_flush(&socks->world);
	}
	return 0;
}

int sock_close(struct socks *socks, int fd)
{
	struct sock *sock = sock_at(socks, fd);

	if (sock == NULL)
		return -1;
	if (sock->kind == SOCK_LISTENER)
		tcp_unlisten(&socks->world.tcp, sock->id, socks->world.now);
	else if (sock->kind == SOCK_CONNECTION)
		tcp_close(&socks->world.tcp, sock->id, socks->world.now);
	sock->kind = SOCK_NONE;
	world_flush(&socks->world);
	return close(fd);
}

int sock_fcntl(struct socks *socks, int fd, int command, int arg)
{
	struct sock *sock = sock_at(socks, fd);

	if (sock == NULL)
		return -1;
	if (command == F_GETFL)
		return O_RDWR | (sock->nonblocking ? O_NONBLOCK : 0);
	if (command != F_SETFL) {
		errno = EINVAL;
		return -1;
	}
	sock->nonblocking = (arg & O_NONBLOCK) != 0;
	return 0;
}
