/* The calls of packetdrill's interface, each under the lock of the two threads. */
#include "packetdrill/drill.h"
#include "core/wire/checksum.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

/* What a packet is waited for, beyond any retransmission of a script. */
enum { RECEIVE_WAIT_S = 300 };

static void face_free(void *me)
{
	drill_del(me);
}

static int face_socket(void *me, int domain, int type, int protocol)
{
	struct drill *drill = me;
	int fd;

	drill_enter(drill);
	fd = sock_socket(&drill->socks, domain, type, protocol);
	drill_leave(drill);
	return fd;
}

static int face_bind(void *me, int fd, const struct sockaddr *addr, socklen_t len)
{
	struct drill *drill = me;
	int result;

	drill_enter(drill);
	result = sock_bind(&drill->socks, fd, addr, len);
	drill_leave(drill);
	return result;
}

static int face_listen(void *me, int fd, int backlog)
{
	struct drill *drill = me;
	int result;

	drill_enter(drill);
	result = sock_listen(&drill->socks, fd, backlog);
	drill_leave(drill);
	return result;
}

static int face_accept(void *me, int fd, struct sockaddr *addr, socklen_t *len)
{
	struct drill *drill = me;
	int result;

	drill_enter(drill);
	result = sock_accept(&drill->socks, fd, addr, len);
	drill_leave(drill);
	return result;
}

static int face_connect(void *me, int fd, const struct sockaddr *addr, socklen_t len)
{
	struct drill *drill = me;
	int result;

	drill_enter(drill);
	result = sock_connect(&drill->socks, fd, addr, len);
	drill_leave(drill);
	return result;
}

static ssize_t face_recv(void *me, int fd, void *data, size_t bytes, int flags)
{
	struct drill *drill = me;
	ssize_t result;

	drill_enter(drill);
	result = sock_recv(&drill->socks, fd, data, bytes, flags);
	drill_leave(drill);
	return result;
}

static ssize_t face_read(void *me, int fd, void *data, size_t bytes)
{
	return face_recv(me, fd, data, bytes, 0);
}

static ssize_t face_recvfrom(void *me, int fd, void *data, size_t bytes, int flags,
			     struct sockaddr *addr, socklen_t *len)
{
	(void)addr;
	(void)len;
	return face_recv(me, fd, data, bytes, flags);
}

static ssize_t face_send(void *me, int fd, const void *data, size_t bytes, int flags)
{
	struct drill *drill = me;
	ssize_t result;

	drill_enter(drill);
	result = sock_send(&drill->socks, fd, data, bytes, flags);
	drill_leave(drill);
	return result;
}

static ssize_t face_write(void *me, int fd, const void *data, size_t bytes)
{
	return face_send(me, fd, data, bytes, 0);
}

static ssize_t face_sendto(void *me, int fd, const void *data, size_t bytes, int flags,
			   const struct sockaddr *addr, socklen_t len)
{
	(void)addr;
	(void)len;
	return face_send(me, fd, data, bytes, flags);
}

/* The parts of a vector, one after the other, until one is not done in full. */
static ssize_t each_part(void *me, int fd, const struct iovec *part, size_t count, int flags,
			 bool is_send)
{
	ssize_t done = 0;

	for (size_t n = 0; n < count; n++) {
		bool is_last = n + 1 == count;
		ssize_t result = is_send ? face_send(me, fd, part[n].iov_base, part[n].iov_len,
						     is_last ? flags : flags | MSG_MORE) :
					   face_recv(me, fd, part[n].iov_base, part[n].iov_len,
						     done > 0 ? flags | MSG_DONTWAIT : flags);

		if (result < 0)
			return done > 0 ? done : result;
		done += result;
		if ((size_t)result < part[n].iov_len)
			break;
	}
	return done;
}

static ssize_t face_readv(void *me, int fd, const struct iovec *part, int count)
{
	return each_part(me, fd, part, (size_t)count, 0, false);
}

static ssize_t face_recvmsg(void *me, int fd, struct msghdr *msg, int flags)
{
	msg->msg_controllen = 0;
	msg->msg_flags = 0;
	return each_part(me, fd, msg->msg_iov, msg->msg_iovlen, flags, false);
}

static ssize_t face_writev(void *me, int fd, const struct iovec *part, int count)
{
	return each_part(me, fd, part, (size_t)count, 0, true);
}

static ssize_t face_sendmsg(void *me, int fd, const struct msghdr *msg, int flags)
{
	return each_part(me, fd, msg->msg_iov, msg->msg_iovlen, flags, true);
}

static int face_fcntl(void *me, int fd, int command, ...)
{
	struct drill *drill = me;
	va_list args;
	int result;

	va_start(args, command);
	drill_enter(drill);
	result = sock_fcntl(&drill->socks, fd, command, va_arg(args, int));
	drill_leave(drill);
	va_end(args);
	return result;
}

static int face_ioctl(void *me, int fd, unsigned long request, ...)
{
	struct drill *drill = me;
	va_list args;
	int result;

	va_start(args, request);
	drill_enter(drill);
	result = sock_ioctl(&drill->socks, fd, request, va_arg(args, int *));
	drill_leave(drill);
	va_end(args);
	return result;
}

static int face_close(void *me, int fd)
{
	struct drill *drill = me;
	int result;

	drill_enter(drill);
	result = sock_close(&drill->socks, fd);
	drill_leave(drill);
	return result;
}

static int face_shutdown(void *me, int fd, int how)
{
	struct drill *drill = me;
	int result;

	drill_enter(drill);
	result = sock_shutdown(&drill->socks, fd, how);
	drill_leave(drill);
	return result;
}

static int face_getsockopt(void *me, int fd, int level, int name, void *value, socklen_t *len)
{
	struct drill *drill = me;
	int result;

	drill_enter(drill);
	result = sock_getsockopt(&drill->socks, fd, level, name, value, len);
	drill_leave(drill);
	return result;
}

static int face_setsockopt(void *me, int fd, int level, int name, const void *value, socklen_t len)
{
	struct drill *drill = me;
	int result;

	drill_enter(drill);
	result = sock_setsockopt(&drill->socks, fd, level, name, value, len);
	drill_leave(drill);
	return result;
}

static int face_poll(void *me, struct pollfd *polled, nfds_t count, int timeout_ms)
{
	struct drill *drill = me;
	int result;

	drill_enter(drill);
	result = drill_poll(drill, polled, count, timeout_ms);
	drill_leave(drill);
	return result;
}

static int face_netdev_send(void *me, const void *packet, size_t bytes)
{
	struct drill *drill = me;

	drill_enter(drill);
	world_in(&drill->socks.world, packet, (u32)bytes);
	drill_leave(drill);
	return 0;
}

static bool has_sent(void *arg)
{
	const struct world *world = arg;

	return world->sent_count > 0;
}

/* Scripts are judged without PSH (run.py says why); their side of it is taken away there. */
static void take_push(struct pkt *pkt)
{
	struct tcp_hdr *hdr = (struct tcp_hdr *)pkt_l4(pkt);
	be16 *word = (be16 *)(void *)&hdr->doff;
	be16 before = *word;

	hdr->flags &= (u8)~TCP_PSH;
	hdr->csum = csum_replace16(hdr->csum, before, *word);
}

static int face_netdev_receive(void *me, void *packet, size_t *bytes, long long *time_us)
{
	struct drill *drill = me;
	struct world *world = &drill->socks.world;
	struct pkt *pkt;

	drill_enter(drill);
	(void)drill_until(drill, world->now + RECEIVE_WAIT_S * NS_PER_SEC, has_sent, world);
	pkt = world_out(world);
	if (pkt == NULL) {
		*bytes = 0;
	} else {
		take_push(pkt);
		*bytes = pkt->len < *bytes ? pkt->len : *bytes;
		memcpy(packet, pkt_l3(pkt), *bytes);
		*time_us = (long long)(pkt->rx_ns / 1000);
		pkt_put(pkt);
	}
	drill_leave(drill);
	return 0;
}

static int face_usleep(void *me, useconds_t us)
{
	struct drill *drill = me;

	drill_enter(drill);
	(void)drill_until(drill, drill->socks.world.now + us * UINT64_C(1000), NULL, NULL);
	drill_leave(drill);
	return 0;
}

static int face_gettimeofday(void *me, struct timeval *tv, struct timezone *zone)
{
	struct drill *drill = me;
	ns_t now;

	(void)zone;
	drill_enter(drill);
	now = drill_clock(drill);
	drill_leave(drill);
	tv->tv_sec = (time_t)(now / NS_PER_SEC);
	tv->tv_usec = (suseconds_t)(now % NS_PER_SEC / 1000);
	return 0;
}

static int face_epoll_create(void *me, int size)
{
	struct drill *drill = me;
	int result;

	(void)size;
	drill_enter(drill);
	result = drill_epoll_create(drill);
	drill_leave(drill);
	return result;
}

static int face_epoll_ctl(void *me, int epoll, int op, int fd, struct epoll_event *event)
{
	struct drill *drill = me;
	int result;

	drill_enter(drill);
	result = drill_epoll_ctl(drill, epoll, op, fd, event);
	drill_leave(drill);
	return result;
}

static int face_epoll_wait(void *me, int epoll, struct epoll_event *events, int max,
			   int timeout_ms)
{
	struct drill *drill = me;
	int result;

	drill_enter(drill);
	result = drill_epoll_wait(drill, epoll, events, max, timeout_ms);
	drill_leave(drill);
	return result;
}

static int face_pipe(void *me, int ends[2])
{
	(void)me;
	(void)ends;
	errno = ENOSYS;
	return -1;
}

static ssize_t face_splice(void *me, int in, loff_t *in_at, int out, loff_t *out_at, size_t bytes,
			   unsigned int flags)
{
	(void)me;
	(void)in;
	(void)in_at;
	(void)out;
	(void)out_at;
	(void)bytes;
	(void)flags;
	errno = ENOSYS;
	return -1;
}

__attribute__((visibility("default"))) void packetdrill_interface_init(const char *flags,
								       struct face *face)
{
	*face = (struct face){
		.me = drill_new(flags),
		.free = face_free,
		.socket = face_socket,
		.bind = face_bind,
		.listen = face_listen,
		.accept = face_accept,
		.connect = face_connect,
		.read = face_read,
		.readv = face_readv,
		.recv = face_recv,
		.recvfrom = face_recvfrom,
		.recvmsg = face_recvmsg,
		.write = face_write,
		.writev = face_writev,
		.send = face_send,
		.sendto = face_sendto,
		.sendmsg = face_sendmsg,
		.fcntl = face_fcntl,
		.ioctl = face_ioctl,
		.close = face_close,
		.shutdown = face_shutdown,
		.getsockopt = face_getsockopt,
		.setsockopt = face_setsockopt,
		.poll = face_poll,
		.netdev_send = face_netdev_send,
		.netdev_receive = face_netdev_receive,
		.usleep = face_usleep,
		.gettimeofday = face_gettimeofday,
		.epoll_create = face_epoll_create,
		.epoll_ctl = face_epoll_ctl,
		.epoll_wait = face_epoll_wait,
		.pipe = face_pipe,
		.splice = face_splice,
	};
}
