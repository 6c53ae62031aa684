/* Sockets over the stack of a world: options, as Linux numbers them. */
#include "script/sock.h"

#include <errno.h>
#include <linux/tcp.h>

/* What is kept in struct tcp_sockopt. False: no such option. */
static bool opt_of_socket(struct sock *sock, int name, int value)
{
	struct tcp_sockopt *opt = &sock->opt;

	switch (name) {
	case SO_SNDBUF:
		sock->send_buffer = 2 * value;
		opt->send_buffer = (u32)(2 * value);
		return true;
	case SO_RCVBUF: opt->recv_buffer = (u32)(2 * value); return true;
	case SO_KEEPALIVE: opt->keepalive = value != 0; return true;
	case SO_MAX_PACING_RATE: opt->pacing_max = (u32)value; return true;
	case SO_REUSEADDR:
	case SO_REUSEPORT: return true;
	default: return false;
	}
}

static bool opt_of_tcp(struct tcp_sockopt *opt, int name, int value)
{
	switch (name) {
	case TCP_NODELAY: opt->nodelay = value != 0; return true;
	case TCP_CORK: opt->cork = value != 0; return true;
	case TCP_MAXSEG: opt->mss_max = (u16)value; return true;
	case TCP_KEEPIDLE: opt->keepalive_idle_ms = (u32)value * 1000; return true;
	case TCP_KEEPINTVL: opt->keepalive_interval_ms = (u32)value * 1000; return true;
	case TCP_KEEPCNT: opt->keepalive_probes = (u32)value; return true;
	case TCP_USER_TIMEOUT: opt->user_timeout_ms = (u32)value; return true;
	case TCP_QUICKACK: opt->quickack = value != 0; return true;
	default: return false;
	}
}

static bool opt_of_ip(struct tcp_sockopt *opt, int name, int value)
{
	switch (name) {
	case IP_TOS: opt->tos = (u8)value; return true;
	case IP_TTL: opt->ttl = (u8)value; return true;
	case IP_MINTTL: opt->min_ttl = (u8)value; return true;
	case IP_MTU_DISCOVER:
	case IP_FREEBIND: return true;
	default: return false;
	}
}

static int set_named(struct socks *socks, struct sock *sock, int level, int name, const void *value)
{
	const char *cc = value;
	int number;
	bool known;

	if (level == IPPROTO_TCP && name == TCP_CONGESTION) {
		if (cc_find(cc) == NULL) {
			errno = ENOENT;
			return -1;
		}
		sock->opt.cc = cc_find(cc)->name;
	} else if (level == SOL_SOCKET && name == SO_LINGER) {
		const struct linger *linger = value;

		sock->opt.linger = linger->l_onoff != 0;
		sock->opt.linger_ms = (u32)linger->l_linger * 1000;
	} else {
		memcpy(&number, value, sizeof number);
		known = level == SOL_SOCKET ? opt_of_socket(sock, name, number)
			: level == IPPROTO_TCP
				? opt_of_tcp(&sock->opt, name, number)
				: level == IPPROTO_IP && opt_of_ip(&sock->opt, name, number);
		if (!known) {
			errno = ENOPROTOOPT;
			return -1;
		}
	}
	if (sock->kind == SOCK_LISTENER)
		((struct listener *)slab_at(&socks->world.tcp.listen.listeners, (u32)sock->id))
			->opt = sock->opt;
	if (sock->kind == SOCK_CONNECTION) {
		struct tcp_sockopt before = sock->opt;

		/* Said again, it pushes again. */
		if (level == IPPROTO_TCP && name == TCP_NODELAY)
			before.nodelay = false;
		(void)tcp_set_opt(&socks->world.tcp, sock->id, &before, socks->world.now);
		(void)tcp_set_opt(&socks->world.tcp, sock->id, &sock->opt, socks->world.now);
		world_flush(&socks->world);
	}
	return 0;
}

int sock_setsockopt(struct socks *socks, int fd, int level, int name, const void *value,
		    socklen_t len)
{
	struct sock *sock = sock_at(socks, fd);
	int number;

	if (sock == NULL)
		return -1;
	/* Those of IP may be one byte. */
	if (len == 1 && level == IPPROTO_IP) {
		number = *(const u8 *)value;
		value = &number;
	} else if (len < sizeof number) {
		errno = EINVAL;
		return -1;
	}
	return set_named(socks, sock, level, name, value);
}

static int max_segment(const struct socks *socks, const struct sock *sock)
{
	const struct tcb *tcb = sock_tcb(&socks->world, sock);

	if (tcb != NULL && tcb->state >= TCP_ESTABLISHED)
		return tcb->snd_mss - tcb->hdr_opt_len;
	return sock->opt.mss_max != 0 ? sock->opt.mss_max : TCP_MSS_DEFAULT;
}

int sock_getsockopt(struct socks *socks, int fd, int level, int name, void *value, socklen_t *len)
{
	struct sock *sock = sock_at(socks, fd);
	int number;

	if (sock == NULL)
		return -1;
	if (level == SOL_SOCKET && name == SO_ERROR) {
		number = sock_take_error(socks, sock);
	} else if (level == SOL_SOCKET && name == SO_SNDBUF) {
		number = sock->send_buffer;
	} else if (level == IPPROTO_TCP && name == TCP_MAXSEG) {
		number = max_segment(socks, sock);
	} else if (level == IPPROTO_TCP && name == TCP_NODELAY) {
		number = sock->opt.nodelay;
	} else {
		errno = ENOPROTOOPT;
		return -1;
	}
	if (*len > sizeof number)
		*len = sizeof number;
	memcpy(value, &number, *len);
	return 0;
}
