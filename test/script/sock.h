/* Sockets as POSIX has them, over the stack of a world. What a call returns, and errno, are those
 * of Linux. A call that has to wait lets time pass until it can end.                             */
#ifndef TEST_SCRIPT_SOCK_H
#define TEST_SCRIPT_SOCK_H

#include "script/world.h"

#include <netinet/in.h>
#include <sys/socket.h>

enum { SOCKS_MAX = 256, SOCK_WAIT_MAX_S = 3600 };

enum sock_kind {
	SOCK_NONE,
	SOCK_FRESH,
	SOCK_LISTENER,
	SOCK_CONNECTION,
};

struct sock {
	enum sock_kind kind;
	tcp_id id;
	struct tcp_sockopt opt;
	be32 addr; /* bound to; zero: none */
	be16 port;
	be32 peer;
	be16 peer_port;
	bool is_bound;
	bool nonblocking;
	bool connecting; /* connect() has not been told of the outcome */
	bool read_shut;
	bool write_shut;
	bool error_told; /* an error is told once, then it is the end */
	int send_buffer; /* as SO_SNDBUF tells it: twice what was asked for */
};

/* What a call waits for. */
struct sock_wait {
	const struct sock *sock;
	bool (*is_over)(const struct world *world, const struct sock *sock);
};

struct socks {
	struct world world;
	struct sock at[SOCKS_MAX]; /* by file descriptor: a real one, so that nobody else has it */
	be32 local;                /* of connections that were not bound */
	bool no_timestamps;        /* what each new socket begins with */
	bool no_sack;
	/* Lets time pass until it is over; false: nothing would ever end it. */
	bool (*wait)(struct socks *socks, const struct sock_wait *wait);
	void *wait_arg;
};

void socks_init(struct socks *socks, const struct tcp_conf *conf);
void socks_fini(struct socks *socks);
/* The descriptor's socket; NULL with EBADF. */
struct sock *sock_at(struct socks *socks, int fd);
const struct tcb *sock_tcb(const struct world *world, const struct sock *sock);
/* Waits, or sets errno to EAGAIN and returns false. */
bool sock_await(struct socks *socks, const struct sock *sock, bool dont_wait,
		bool (*is_over)(const struct world *world, const struct sock *sock));

int sock_socket(struct socks *socks, int domain, int type, int protocol);
int sock_bind(struct socks *socks, int fd, const struct sockaddr *addr, socklen_t len);
int sock_listen(struct socks *socks, int fd, int backlog);
int sock_accept(struct socks *socks, int fd, struct sockaddr *addr, socklen_t *len);
int sock_connect(struct socks *socks, int fd, const struct sockaddr *addr, socklen_t len);
int sock_shutdown(struct socks *socks, int fd, int how);
int sock_close(struct socks *socks, int fd);
int sock_fcntl(struct socks *socks, int fd, int command, int arg);
/* sock_data.c */
ssize_t sock_recv(struct socks *socks, int fd, void *data, size_t bytes, int flags);
ssize_t sock_send(struct socks *socks, int fd, const void *data, size_t bytes, int flags);
/* poll()'s events that have come. */
short sock_events(const struct socks *socks, const struct sock *sock);
/* SIOCINQ, SIOCOUTQ. */
int sock_ioctl(struct socks *socks, int fd, unsigned long request, int *value);
/* What ended it, as errno has it; 0. Told once. */
int sock_take_error(struct socks *socks, struct sock *sock);
/* sock_opt.c */
int sock_setsockopt(struct socks *socks, int fd, int level, int name, const void *value,
		    socklen_t len);
int sock_getsockopt(struct socks *socks, int fd, int level, int name, void *value, socklen_t *len);

#endif
