/* The calls that packetdrill makes to a stack in a shared object, in the order in which it expects
 * them: a description of that interface, written from its documentation and its use.             */
#ifndef TEST_PACKETDRILL_FACE_H
#define TEST_PACKETDRILL_FACE_H

#include <poll.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>

struct face {
	void *me;
	void (*free)(void *me);
	int (*socket)(void *me, int domain, int type, int protocol);
	int (*bind)(void *me, int fd, const struct sockaddr *addr, socklen_t len);
	int (*listen)(void *me, int fd, int backlog);
	int (*accept)(void *me, int fd, struct sockaddr *addr, socklen_t *len);
	int (*connect)(void *me, int fd, const struct sockaddr *addr, socklen_t len);
	ssize_t (*read)(void *me, int fd, void *data, size_t bytes);
	ssize_t (*readv)(void *me, int fd, const struct iovec *part, int count);
	ssize_t (*recv)(void *me, int fd, void *data, size_t bytes, int flags);
	ssize_t (*recvfrom)(void *me, int fd, void *data, size_t bytes, int flags,
			    struct sockaddr *addr, socklen_t *len);
	ssize_t (*recvmsg)(void *me, int fd, struct msghdr *msg, int flags);
	ssize_t (*write)(void *me, int fd, const void *data, size_t bytes);
	ssize_t (*writev)(void *me, int fd, const struct iovec *part, int count);
	ssize_t (*send)(void *me, int fd, const void *data, size_t bytes, int flags);
	ssize_t (*sendto)(void *me, int fd, const void *data, size_t bytes, int flags,
			  const struct sockaddr *addr, socklen_t len);
	ssize_t (*sendmsg)(void *me, int fd, const struct msghdr *msg, int flags);
	int (*fcntl)(void *me, int fd, int command, ...);
	int (*ioctl)(void *me, int fd, unsigned long request, ...);
	int (*close)(void *me, int fd);
	int (*shutdown)(void *me, int fd, int how);
	int (*getsockopt)(void *me, int fd, int level, int name, void *value, socklen_t *len);
	int (*setsockopt)(void *me, int fd, int level, int name, const void *value,
			  socklen_t len);
	int (*poll)(void *me, struct pollfd *polled, nfds_t count, int timeout_ms);
	int (*netdev_send)(void *me, const void *packet, size_t bytes);
	int (*netdev_receive)(void *me, void *packet, size_t *bytes, long long *time_us);
	int (*usleep)(void *me, useconds_t us);
	int (*gettimeofday)(void *me, struct timeval *now, struct timezone *zone);
	int (*epoll_create)(void *me, int size);
	int (*epoll_ctl)(void *me, int epoll, int op, int fd, struct epoll_event *event);
	int (*epoll_wait)(void *me, int epoll, struct epoll_event *events, int max,
			  int timeout_ms);
	int (*pipe)(void *me, int ends[2]);
	ssize_t (*splice)(void *me, int in, loff_t *in_at, int out, loff_t *out_at, size_t bytes,
			  unsigned int flags);
};

/* What packetdrill looks for in the object. flags: words of its option --so_flags, NULL: none. */
void packetdrill_interface_init(const char *flags, struct face *face);

#endif
